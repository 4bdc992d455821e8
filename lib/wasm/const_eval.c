/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * const_eval.c - the value of a constant expression of several instructions.
 * section_const.c has checked its bytes, their types and that it never holds more than EW_MAX_CONST_DEPTH operands.
 * Source: the extended constant expressions proposal.
 */
#include "wasm/instance.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_EXTENDED_CONST
/* a is the lower operand, and becomes the result. */
static void arithmetic(uint8_t op, union ew_value *a, const union ew_value *b)
{
	switch (op) {
	case 0x6a: a->u32 += b->u32; break;
	case 0x6b: a->u32 -= b->u32; break;
	case 0x6c: a->u32 *= b->u32; break;
	case 0x7c: a->u64 += b->u64; break;
	case 0x7d: a->u64 -= b->u64; break;
	default: a->u64 *= b->u64; break;
	}
}

union ew_value ewi_const_eval(const struct ew_instance *i, uint32_t offset)
{
	union ew_value stack[EW_MAX_CONST_DEPTH + 1], *top = stack; /* top: the highest operand; stack[0] is below all */
	struct ewi_reader r;
	uint8_t op;

	ewi_reader_init(&r, i->module->bytes + offset, i->module->size - offset, offset, NULL);
	while ((op = ewi_read_u8(&r)) != 0x0b) {
		switch (op) {
		case 0x23: *++top = i->globals[ewi_read_u32(&r)]->value; break;
		case 0x41:
			memset(++top, 0, sizeof(*top));
			top->i32 = ewi_read_s32(&r);
			break;
		case 0x42: (++top)->i64 = ewi_read_s64(&r); break;
		default:
			top--;
			arithmetic(op, top, top + 1);
			break;
		}
	}
	return *top;
}
#else
union ew_value ewi_const_eval(const struct ew_instance *i, uint32_t offset)
{
	(void)i, (void)offset; /* never called: section_const.c accepts none */
	return ewi_ref_value(NULL);
}
#endif

#endif
