/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * section_const.c - constant expressions: the initial values of globals, offsets and entries of segments.
 * Wasm 2.0 allows t.const, ref.null, ref.func and global.get of an immutable import; none of them pops, so a valid
 * expression is exactly one of them.
 * Source: WebAssembly 2.0, 3.3.10 (constant expressions), 5.4.9 (their bytes).
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
	OP_REF_NULL = 0xd0,
	OP_REF_FUNC = 0xd2,
	OP_SIMD = 0xfd,
	OP_V128_CONST = 0x0c, /* behind OP_SIMD */
	OP_SIMD_LAST = 0xff
};

/* Any other instruction of Wasm 2.0: legal bytes, but not constant. */
static bool is_instruction(uint8_t op)
{
	return op <= 0x05 || (op >= 0x0b && op <= 0x11) || (op >= 0x1a && op <= 0x1c) ||
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

enum ew_status ewi_decode_const(struct ewi_decoder *d, uint8_t want, struct ewi_const *out)
{
	struct ewi_const c;
	size_t start = ewi_reader_at(&d->r);
	uint32_t n = 0; /* at most one for each byte read */

	for (;; n++) {
		size_t at = ewi_reader_at(&d->r);
		uint8_t op = ewi_read_u8(&d->r);
		enum ew_status st = EW_OK;

		if (!d->r.failed && op == OP_END)
			break;
		if (!d->r.failed)
			st = const_op(d, op, at, &c);
		if (d->r.failed)
			return EW_ERR_MALFORMED;
		if (st != EW_OK)
			return st;
		if (n == 0)
			*out = c;
	}
	if (n != 1)
		return ewi_error(d->err, EW_ERR_INVALID, start,
				 "type mismatch: a constant expression of %" PRIu32 " values", n);
	if (out->type != want)
		return ewi_error(d->err, EW_ERR_INVALID, start,
				 "type mismatch: expected %s, got %s", ewi_type_name(want),
				 ewi_type_name(out->type));
	return EW_OK;
}

#endif
