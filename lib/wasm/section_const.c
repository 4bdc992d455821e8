/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * section_const.c - constant expressions: the initial values of globals, offsets and entries of segments.
 * Wasm 2.0 allows t.const, ref.null, ref.func and global.get of an immutable import; none of them pops, so a valid
 * expression is exactly one of them.  The extended constant expressions proposal adds add, sub and mul.
 * Source: WebAssembly 2.0, 3.3.10 (constant expressions), 5.4.9 (their bytes); the proposal's overview.
 */
#include <inttypes.h>
#include "base/error.h"
#include "wasm/decode.h"

#if EW_CONFIG_WASM

enum {
	OP_END = 0x0b,
	OP_GLOBAL_GET = 0x23,
	OP_I32_CONST = 0x41,
	OP_I64_CONST = 0x42,
	OP_F32_CONST = 0x43,
	OP_F64_CONST = 0x44,
	OP_I32_ADD = 0x6a,
	OP_I32_MUL = 0x6c,
	OP_I64_ADD = 0x7c,
	OP_I64_MUL = 0x7e,
	OP_REF_NULL = 0xd0,
	OP_REF_FUNC = 0xd2,
	OP_SIMD = 0xfd,
	OP_V128_CONST = 0x0c, /* behind OP_SIMD */
	OP_SIMD_LAST = 0x113
};

#define UNREAD 0xff /* a kind that no constant has */

/* Any other instruction of Wasm 2.0: legal bytes, but not constant. */
static bool is_instruction(uint8_t op)
{
	return op <= 0x05 || (op >= 0x0b && op <= 0x13) || (op >= 0x1a && op <= 0x1c) ||
	       (op >= 0x20 && op <= 0x26) || (op >= 0x28 && op <= 0xc4) || op == 0xd1 || op == 0xfc;
}

static enum ew_status const_global(struct ewi_decoder *d, size_t at, struct ewi_const *c)
{
	const struct ew_module *m = d->m;

	c->kind = EWI_CONST_GLOBAL;
	c->index = ewi_read_u32(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (c->index >= m->global_imports)
		return ewi_error(d->err, EW_ERR_INVALID, at,
				 "unknown global %" PRIu32 ": not among the %" PRIu32
				 " imported ones",
				 c->index, m->global_imports);
	if (m->globals[c->index].is_mutable)
		return ewi_error(d->err, EW_ERR_INVALID, at,
				 "constant expression required: global %" PRIu32 " is mutable",
				 c->index);
	c->type = m->globals[c->index].type;
	return EW_OK;
}

/* v128.const; the value stays in the module's bytes. */
static enum ew_status const_v128(struct ewi_decoder *d, size_t at, struct ewi_const *c)
{
	uint32_t op;

	if (!EW_CONFIG_SIMD)
		return ewi_error(d->err, EW_ERR_UNSUPPORTED, at, "v128 is not supported");
	op = ewi_read_u32(&d->r);
	if (!d->r.failed && op > OP_SIMD_LAST)
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "illegal opcode 0xfd %" PRIu32, op);
	if (!d->r.failed && op != OP_V128_CONST)
		return ewi_error(d->err, EW_ERR_INVALID, at,
				 "constant expression required, not opcode 0xfd %" PRIu32, op);
	c->type = EW_V128;
	/* Cast: value.ref is the host's pointer elsewhere; nothing is written through this one. */
	c->value.ref = (void *)(uintptr_t)ewi_read_bytes(&d->r, 16);
	return EW_OK;
}

static enum ew_status const_op(struct ewi_decoder *d, uint8_t op, size_t at, struct ewi_const *c)
{
	struct ewi_reader *r = &d->r;

	memset(c, 0, sizeof(*c));
	c->kind = EWI_CONST_VALUE;
	switch (op) {
	case OP_I32_CONST:
		c->type = EW_I32;
		c->value.i32 = ewi_read_s32(r);
		return EW_OK;
	case OP_I64_CONST:
		c->type = EW_I64;
		c->value.i64 = ewi_read_s64(r);
		return EW_OK;
	case OP_F32_CONST:
		c->type = EW_F32;
		c->value.u32 = ewi_read_le32(r); /* as bits: a signalling NaN stays one */
		return EW_OK;
	case OP_F64_CONST:
		c->type = EW_F64;
		c->value.u64 = ewi_read_le64(r);
		return EW_OK;
	case OP_REF_NULL:
		c->kind = EWI_CONST_NULL;
		return ewi_decode_reftype(d, &c->type);
	case OP_REF_FUNC:
		c->kind = EWI_CONST_FUNC;
		c->type = EW_FUNCREF;
		return ewi_decode_func(d, true, &c->index);
	case OP_GLOBAL_GET: return const_global(d, at, c);
	case OP_SIMD: return const_v128(d, at, c);
	default:
		if (is_instruction(op))
			return ewi_error(d->err, EW_ERR_INVALID, at,
					 "constant expression required, not opcode 0x%02x", op);
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "illegal opcode 0x%02x", op);
	}
}

/* An expression being read: the types that its instructions have left. */
struct operands {
	uint8_t types[EW_MAX_CONST_DEPTH];
	uint32_t depth;
};

static bool is_arithmetic(uint8_t op)
{
	return (op >= OP_I32_ADD && op <= OP_I32_MUL) || (op >= OP_I64_ADD && op <= OP_I64_MUL);
}

/* add, sub, mul: two operands of a type give one. */
static enum ew_status const_arithmetic(struct ewi_decoder *d, uint8_t op, size_t at,
				       struct operands *o)
{
	uint8_t type = op <= OP_I32_MUL ? EW_I32 : EW_I64;

	if (EWI_OFF(d->m, EXTENDED_CONST))
		return ewi_error(d->err, EW_ERR_UNSUPPORTED, at,
				 "extended constant expressions are disabled: opcode 0x%02x", op);
	if (o->depth < 2 || o->types[o->depth - 1] != type || o->types[o->depth - 2] != type)
		return ewi_error(d->err, EW_ERR_INVALID, at,
				 "type mismatch: opcode 0x%02x wants two operands of type %s", op,
				 ewi_type_name(type));
	o->depth--;
	return EW_OK;
}

/* One instruction; the first is also decoded into *first. */
static enum ew_status const_step(struct ewi_decoder *d, uint8_t op, size_t at, struct operands *o,
				 struct ewi_const *first)
{
	struct ewi_const c;
	enum ew_status st;

	if (is_arithmetic(op))
		return const_arithmetic(d, op, at, o);
	st = const_op(d, op, at, &c);
	if (st != EW_OK || d->r.failed)
		return st;
	if (o->depth == EW_MAX_CONST_DEPTH)
		return ewi_error(d->err, EW_ERR_LIMIT, at,
				 "more than %u operands in a constant expression", EW_MAX_CONST_DEPTH);
	o->types[o->depth++] = c.type;
	if (first->kind == UNREAD)
		*first = c;
	return EW_OK;
}

enum ew_status ewi_decode_const(struct ewi_decoder *d, uint8_t want, struct ewi_const *out)
{
	size_t start = ewi_reader_at(&d->r);
	struct operands o = {.depth = 0};
	uint32_t n = 0; /* at most one for each byte read */

	memset(out, 0, sizeof(*out));
	out->kind = UNREAD;
	for (;; n++) {
		size_t at = ewi_reader_at(&d->r);
		uint8_t op = ewi_read_u8(&d->r);
		enum ew_status st = EW_OK;

		if (!d->r.failed && op == OP_END)
			break;
		if (!d->r.failed)
			st = const_step(d, op, at, &o, out);
		if (d->r.failed)
			return EW_ERR_MALFORMED;
		if (st != EW_OK)
			return st;
	}
	if (o.depth != 1)
		return ewi_error(d->err, EW_ERR_INVALID, start,
				 "type mismatch: a constant expression of %" PRIu32 " values", o.depth);
	if (o.types[0] != want)
		return ewi_error(d->err, EW_ERR_INVALID, start,
				 "type mismatch: expected %s, got %s", ewi_type_name(want),
				 ewi_type_name(o.types[0]));
	if (n > 1) { /* kept as bytes */
		memset(out, 0, sizeof(*out));
		out->kind = EWI_CONST_EXPR;
		out->type = want;
		out->index = (uint32_t)start;
	}
	return EW_OK;
}

#endif
