/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * binary_neon.c - ADD of int8 with NEON, of 64 and of 32 bits: the bytes of ewk_add_s8_ref, 16 elements at a time, where
 * both inputs run on with the output.  All else is the definition's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/binary.h"

#if EWI_KERNELS_NEON
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("fpu=neon")
#endif
#include "tensor/requant_neon.h"

/* An input: its zero point, how far it is shifted to the left, its scale. */
struct side {
	int16x8_t zero;
	int32x4_t left, m, shift;
};

EW_INLINE struct side side_of(int32_t zero, int32_t left, struct ewi_scale s)
{
	return (struct side){vdupq_n_s16((int16_t)zero), vdupq_n_s32(left), vdupq_n_s32(s.multiplier),
			     vdupq_n_s32(s.shift)};
}

EW_INLINE int32x4_t scaled(int16x4_t x, const struct side *s)
{
	return ewi_requant_neon(vshlq_s32(vmovl_s16(x), s->left), s->m, s->shift);
}

/* Eight elements; a difference to a zero point is at most 255. */
EW_INLINE int8x8_t eight(int8x8_t a, int8x8_t b, const struct side *sa, const struct side *sb, const struct side *out)
{
	int16x8_t x = vsubq_s16(vmovl_s8(a), sa->zero), y = vsubq_s16(vmovl_s8(b), sb->zero);
	int32x4_t low = vaddq_s32(scaled(vget_low_s16(x), sa), scaled(vget_low_s16(y), sb));
	int32x4_t high = vaddq_s32(scaled(vget_high_s16(x), sa), scaled(vget_high_s16(y), sb));

	low = ewi_requant_neon(low, out->m, out->shift);
	high = ewi_requant_neon(high, out->m, out->shift);
	return vqmovn_s16(vqaddq_s16(vcombine_s16(vqmovn_s32(low), vqmovn_s32(high)), out->zero));
}

static void add(const struct ewi_binary *p, const int8_t *a, const int8_t *b, int8_t *out, size_t n)
{
	const struct side sa = side_of(p->a_zero, p->left, p->a_scale), sb = side_of(p->b_zero, p->left, p->b_scale);
	const struct side so = side_of(p->out_zero, 0, p->out_scale);
	const int8x16_t min = vdupq_n_s8((int8_t)p->act_min), max = vdupq_n_s8((int8_t)p->act_max);

	for (size_t i = 0; i < n; i += 16) {
		int8x16_t x = vld1q_s8(a + i), y = vld1q_s8(b + i);

		x = vcombine_s8(eight(vget_low_s8(x), vget_low_s8(y), &sa, &sb, &so),
				eight(vget_high_s8(x), vget_high_s8(y), &sa, &sb, &so));
		vst1q_s8(out + i, vminq_s8(vmaxq_s8(x, min), max));
	}
}

void ewk_add_s8_neon(const struct ewi_call *c)
{
	ewi_add_rows(c, true, 16, add);
}
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif
#endif
