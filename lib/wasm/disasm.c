/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * disasm.c - one WebAssembly instruction as text, from its bytes in a module that has been validated.
 *
 * Texts and kinds of immediates are opcodes.def's and simd.def's.  What stands there was checked when the module was
 * loaded, but the caller may give any offset: a read that fails ends the text, and nothing is believed to be in range.
 */
#include "base/error.h"
#include "wasm/disasm.h"

#if EW_CONFIG_WASM

uint32_t ew_module_func_count(const struct ew_module *m, uint32_t *imports)
{
	if (imports)
		*imports = m->func_imports;
	return m->func_count;
}

enum ew_status ew_module_func_body(const struct ew_module *m, uint32_t func, uint32_t *offset, uint32_t *size)
{
	*offset = *size = 0;
	if (func < m->func_imports || func >= m->func_count)
		return EW_ERR_INVAL;
	*offset = m->funcs[func].body_offset;
	*size = m->funcs[func].body_size;
	return EW_OK;
}

#if EW_CONFIG_TRACE

void ewi_text_add(struct ewi_text *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	o->len += ewi_vformat(o->p + o->len, o->cap - o->len, fmt, ap);
	va_end(ap);
}

void ewi_text_func(struct ewi_text *o, const struct ew_module *m, uint32_t func)
{
	size_t len = 0;
	const char *name = func < m->func_count ? ew_func_name(m, func, &len) : NULL;

	ewi_text_add(o, "%u", (unsigned)func);
	if (name)
		ewi_text_add(o, " <%.*s>", ewi_name_clip(name, (uint32_t)len), name);
}

/* ---- immediates ---- */

/*
 * A float as a hexadecimal literal, exact and without libc: sign, 0x1.mantissa, p and the exponent; subnormal numbers
 * keep their exponent and begin with 0.
 */
static void put_float(struct ewi_text *o, uint64_t bits, unsigned mantissa_bits, unsigned exponent_bits)
{
	uint64_t mantissa = bits & (((uint64_t)1 << mantissa_bits) - 1);
	int bias = (1 << (exponent_bits - 1)) - 1;
	int exponent = (int)(bits >> mantissa_bits & ((1u << exponent_bits) - 1));
	const char *sign = bits >> (mantissa_bits + exponent_bits) & 1 ? "-" : "";

	if (exponent == 2 * bias + 1) {
		if (mantissa == 0)
			ewi_text_add(o, " %sinf", sign);
		else if (mantissa == (uint64_t)1 << (mantissa_bits - 1))
			ewi_text_add(o, " %snan", sign);
		else
			ewi_text_add(o, " %snan:0x%llx", sign, (unsigned long long)mantissa);
		return;
	}
	ewi_text_add(o, " %s0x%d%s", sign, exponent != 0, mantissa ? "." : "");
	if (exponent == 0)
		exponent = mantissa ? 1 : bias;
	mantissa <<= 64 - mantissa_bits; /* the next digit is on top */
	for (; mantissa != 0; mantissa <<= 4)
		ewi_text_add(o, "%x", (unsigned)(mantissa >> 60));
	ewi_text_add(o, "p%s%d", exponent < bias ? "" : "+", exponent - bias);
}

static void put_block_type(struct ewi_text *o, struct ewi_reader *r)
{
	int64_t type = ewi_read_s33(r);

	if (type == -64)
		return;
	if (type < 0)
		ewi_text_add(o, " (result %s)", ewi_type_name((uint8_t)(type & 0x7f)));
	else
		ewi_text_add(o, " (type %u)", (unsigned)type);
}

/* n indices. */
static void put_indices(struct ewi_text *o, struct ewi_reader *r, uint32_t n)
{
	for (; n > 0 && !r->failed; n--) {
		uint32_t index = ewi_read_u32(r);

		if (!r->failed)
			ewi_text_add(o, " %u", (unsigned)index);
	}
}

/* The offset, and the memory where it is not 0; an alignment tells nothing about what happens. */
static void put_memarg(struct ewi_text *o, struct ewi_reader *r)
{
	uint32_t align = ewi_read_u32(r);
	uint32_t memory = align & 0x40 ? ewi_read_u32(r) : 0;
	uint64_t offset = ewi_read_u64(r);

	if (memory != 0)
		ewi_text_add(o, " (memory %u)", (unsigned)memory);
	if (offset != 0)
		ewi_text_add(o, " offset=%llu", (unsigned long long)offset);
}

static void put_indirect(struct ewi_text *o, struct ewi_reader *r)
{
	uint32_t type = ewi_read_u32(r), table = ewi_read_u32(r);

	if (table != 0)
		ewi_text_add(o, " %u", (unsigned)table);
	ewi_text_add(o, " (type %u)", (unsigned)type);
}

static void put_try(struct ewi_text *o, struct ewi_reader *r)
{
	static const char *const kinds[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};

	put_block_type(o, r);
	for (uint32_t n = ewi_read_u32(r); n > 0 && !r->failed; n--) {
		uint32_t kind = ewi_read_u8(r) & 3u;

		ewi_text_add(o, " (%s", kinds[kind]);
		put_indices(o, r, kind < EWI_CATCH_ALL ? 2 : 1);
		ewi_text_add(o, ")");
	}
}

static const char *heap_type(uint8_t type)
{
	return type == EW_FUNCREF ? "func" : type == EW_EXNREF ? "exn" : "extern";
}

static void put_bytes(struct ewi_text *o, struct ewi_reader *r, uint32_t n)
{
	for (; n > 0 && !r->failed; n--)
		ewi_text_add(o, " %u", (unsigned)ewi_read_u8(r));
}

static void put_func(struct ewi_text *o, struct ewi_reader *r, const struct ew_module *m)
{
	uint32_t func = ewi_read_u32(r);

	ewi_text_add(o, " ");
	ewi_text_func(o, m, func);
}

/* A segment stands first in the bytes, behind the place it goes to in the text. */
static void put_segment(struct ewi_text *o, struct ewi_reader *r)
{
	uint32_t segment = ewi_read_u32(r), place = ewi_read_u32(r);

	if (place != 0)
		ewi_text_add(o, " %u", (unsigned)place);
	ewi_text_add(o, " %u", (unsigned)segment);
}

static bool takes_lane(const struct ewi_op *op)
{
	unsigned cls = op->icode < EWI_ICODES ? ewi_icode_info[op->icode].cls : EWI_CLASS_CTL;

	return cls == EWI_CLASS_VLOADLANE || cls == EWI_CLASS_VSTORELANE;
}

static void put_immediates(struct ewi_text *o, struct ewi_reader *r, const struct ew_module *m,
			   const struct ewi_op *op)
{
	uint64_t v;

	switch ((enum ewi_imm)op->imm) {
	case EWI_IMM_NONE: break;
	case EWI_IMM_BLOCK: put_block_type(o, r); break;
	case EWI_IMM_TRY: put_try(o, r); break;
	case EWI_IMM_LABELS: put_indices(o, r, ewi_read_u32(r)), put_indices(o, r, 1); break;
	case EWI_IMM_FUNC: put_func(o, r, m); break;
	case EWI_IMM_INDIRECT: put_indirect(o, r); break;
	case EWI_IMM_TYPES:
		for (uint32_t n = ewi_read_u32(r); n > 0 && !r->failed; n--)
			ewi_text_add(o, " (result %s)", ewi_type_name(ewi_read_u8(r)));
		break;
	case EWI_IMM_LABEL:
	case EWI_IMM_LOCAL:
	case EWI_IMM_GLOBAL:
	case EWI_IMM_TABLE:
	case EWI_IMM_TAG:
	case EWI_IMM_DATA:
	case EWI_IMM_ELEM: put_indices(o, r, 1); break;
	case EWI_IMM_TABLE2:
	case EWI_IMM_MEMORY2: put_indices(o, r, 2); break;
	case EWI_IMM_MEMORY:
		v = ewi_read_u32(r);
		if (v != 0)
			ewi_text_add(o, " %u", (unsigned)v);
		break;
	case EWI_IMM_DATA_MEMORY:
	case EWI_IMM_ELEM_TABLE: put_segment(o, r); break;
	case EWI_IMM_MEM0:
	case EWI_IMM_MEM1:
	case EWI_IMM_MEM2:
	case EWI_IMM_MEM3:
	case EWI_IMM_MEM4:
		put_memarg(o, r);
		if (takes_lane(op))
			put_bytes(o, r, 1);
		break;
	case EWI_IMM_REFTYPE: ewi_text_add(o, " %s", heap_type(ewi_read_u8(r))); break;
	case EWI_IMM_I32: ewi_text_add(o, " %d", (int)ewi_read_s32(r)); break;
	case EWI_IMM_I64: ewi_text_add(o, " %lld", (long long)ewi_read_s64(r)); break;
	case EWI_IMM_F32: put_float(o, ewi_read_le32(r), 23, 8); break;
	case EWI_IMM_F64: put_float(o, ewi_read_le64(r), 52, 11); break;
	case EWI_IMM_LANE: put_bytes(o, r, 1); break;
	case EWI_IMM_V128: put_bytes(o, r, 16); break;
	}
}

/* ---- one instruction ---- */

bool ewi_disasm(struct ewi_reader *r, const struct ew_module *m, struct ewi_text *o)
{
	const struct ewi_op *op = ewi_read_opcode(r);

	if (!op)
		return false;
	ewi_text_add(o, "%s", op->text);
	put_immediates(o, r, m, op);
	return !r->failed;
}

uint32_t ewi_func_of_offset(const struct ew_module *m, uint32_t offset)
{
	uint32_t low = m->func_imports, high = m->func_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct ewi_func_def *f = &m->funcs[mid];

		if (offset < f->body_offset)
			high = mid;
		else if (offset - f->body_offset >= f->body_size)
			low = mid + 1;
		else
			return mid;
	}
	return EWI_NONE;
}

enum ew_status ew_module_disasm(const struct ew_module *m, uint32_t offset, char *text, size_t cap, uint32_t *next)
{
	struct ewi_text o = {text, cap, 0};
	uint32_t func = ewi_func_of_offset(m, offset), end;
	struct ewi_reader r;

	text[0] = '\0';
	if (next)
		*next = offset;
	if (func == EWI_NONE)
		return EW_ERR_INVAL;
	end = m->funcs[func].body_offset + m->funcs[func].body_size;
	ewi_reader_init(&r, m->bytes + offset, end - offset, offset, NULL);
	if (!ewi_disasm(&r, m, &o)) {
		text[0] = '\0';
		return EW_ERR_INVAL;
	}
	if (next)
		*next = (uint32_t)ewi_reader_at(&r);
	return EW_OK;
}

#else
enum ew_status ew_module_disasm(const struct ew_module *m, uint32_t offset, char *text, size_t cap, uint32_t *next)
{
	(void)m, (void)cap;
	text[0] = '\0';
	if (next)
		*next = offset;
	return EW_ERR_UNSUPPORTED;
}
#endif

#endif
