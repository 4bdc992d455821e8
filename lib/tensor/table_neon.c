/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * table_neon.c - tabulated functions of int8 (LOGISTIC, TANH, HARD_SWISH, ...) with AArch64's NEON: the bytes of
 * ewk_table_s8_ref, 16 elements at a time.  The table is 16 registers; TBL and TBX look up 64 entries each, TBX leaves
 * elements alone whose index, less 64 for each that went before, is not below 64.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"
#include "tensor/unary.h"

#if EWI_KERNELS_NEON64
#include <arm_neon.h>

EW_INLINE int8x16x4_t quarter(const int8_t *p)
{
	return (int8x16x4_t){{vld1q_s8(p), vld1q_s8(p + 16), vld1q_s8(p + 32), vld1q_s8(p + 48)}};
}

void ewk_table_s8_neon(const struct ewi_call *c)
{
	const struct ewi_unary *p = c->params;
	const int8x16x4_t t0 = quarter(p->table), t1 = quarter(p->table + 64), t2 = quarter(p->table + 128),
			  t3 = quarter(p->table + 192);
	const uint8x16_t step = vdupq_n_u8(64);
	const uint8_t *in = c->in[0];
	int8_t *out = c->out;
	size_t n = c->windows * p->count, i = 0;

	for (; i + 16 <= n; i += 16) {
		uint8x16_t x = vld1q_u8(in + i);
		int8x16_t v = vqtbl4q_s8(t0, x);

		x = vsubq_u8(x, step);
		v = vqtbx4q_s8(v, t1, x);
		x = vsubq_u8(x, step);
		v = vqtbx4q_s8(v, t2, x);
		v = vqtbx4q_s8(v, t3, vsubq_u8(x, step));
		vst1q_s8(out + i, v);
	}
	for (; i < n; i++)
		out[i] = p->table[in[i]];
}
#endif
#endif
