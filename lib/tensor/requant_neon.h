/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * requant_neon.h - sixteen sums to sixteen outputs with NEON: the functions of quant.h.  For the files of NEON, dot-product
 * and i8mm kernels alone; only what 32-bit Arm has as well.
 *
 * VQRDMULH is (2 * x * m + 2^31) >> 32, which is ewi_high_mul: it saturates for two times -2^31 only, and multipliers
 * are not negative.  VRSHL rounds ties upwards where ewi_round_shift rounds them away from 0: negative values are made
 * smaller by one first (but for the smallest, which has no tie), where there is a shift at all.
 */
#ifndef EW_TENSOR_REQUANT_NEON_H
#define EW_TENSOR_REQUANT_NEON_H

#include <arm_neon.h>
#include "tensor/tile.h"

/* ewi_requant. */
EW_INLINE int32x4_t ewi_requant_neon(int32x4_t x, int32x4_t m, int32x4_t shift)
{
	const int32x4_t zero = vdupq_n_s32(0);
	int32x4_t right = vminq_s32(shift, zero), h; /* right <= 0: its sign is set where there is a shift */

	h = vqrdmulhq_s32(vshlq_s32(x, vmaxq_s32(shift, zero)), m);
	h = vqaddq_s32(h, vshrq_n_s32(vandq_s32(h, right), 31));
	return vrshlq_s32(h, right);
}

/* ewi_requant_single: VRSHL on 64 bits is that rounding. */
EW_INLINE int32x4_t ewi_requant_single_neon(int32x4_t x, int32x4_t m, int32x4_t shift)
{
	int32x4_t left = vsubq_s32(shift, vdupq_n_s32(31));
	int64x2_t low = vmull_s32(vget_low_s32(x), vget_low_s32(m));
	int64x2_t high = vmull_s32(vget_high_s32(x), vget_high_s32(m));

	low = vrshlq_s64(low, vmovl_s32(vget_low_s32(left)));
	high = vrshlq_s64(high, vmovl_s32(vget_high_s32(left)));
	return vcombine_s32(vmovn_s64(low), vmovn_s64(high));
}

/* ewi_requant where all shift to the right, by what is below 0, and |x| < 2^30 (finish.h, near). */
EW_INLINE int32x4_t ewi_near_neon(int32x4_t x, int32x4_t m, int32x4_t shift)
{
	int32x4_t h = vqrdmulhq_s32(x, m);

	return vrshlq_s32(vsraq_n_s32(h, h, 31), shift);
}

/* Channels i to i + 3 of a tile; mode is a constant where this is called. */
EW_INLINE int16x4_t ewi_four_neon(int32x4_t x, const struct ewi_tile_finish *f, size_t i, enum ewi_finish_mode mode)
{
	int32x4_t m = vld1q_s32(f->m + i), shift = vld1q_s32(f->shift + i);

	return vqmovn_s32(mode == EWI_FINISH_NEAR   ? ewi_near_neon(x, m, shift) :
			  mode == EWI_FINISH_SINGLE ? ewi_requant_single_neon(x, m, shift) :
						      ewi_requant_neon(x, m, shift));
}

/* Sums of the 16 channels of a tile: one row's, or one pixel's. */
struct ewi_sums_neon {
	int32x4_t a, b, c, d;
};

EW_INLINE struct ewi_sums_neon ewi_biases_neon(const struct ewi_tile_finish *f)
{
	return (struct ewi_sums_neon){vld1q_s32(f->bias), vld1q_s32(f->bias + 4), vld1q_s32(f->bias + 8),
				      vld1q_s32(f->bias + 12)};
}

EW_INLINE void ewi_store_neon(int8_t *out, int8x16_t v, size_t n)
{
	int8_t all[EWI_TILE];

	if (EW_LIKELY(n >= EWI_TILE)) {
		vst1q_s8(out, v);
	} else if (n == 8) {
		vst1_s8(out, vget_low_s8(v));
	} else {
		vst1q_s8(all, v);
		memcpy(out, all, n);
	}
}

EW_INLINE void ewi_finish_as_neon(const struct ewi_sums_neon *s, const struct ewi_tile_finish *f,
				  const struct ewi_tile_job *j, int8_t *out, size_t n, enum ewi_finish_mode mode)
{
	const int16x8_t zero = vdupq_n_s16((int16_t)j->out_zero);
	int16x8_t low = vcombine_s16(ewi_four_neon(s->a, f, 0, mode), ewi_four_neon(s->b, f, 4, mode));
	int16x8_t high = n <= 8 ? low : vcombine_s16(ewi_four_neon(s->c, f, 8, mode), ewi_four_neon(s->d, f, 12, mode));
	int8x16_t v = vcombine_s8(vqmovn_s16(vqaddq_s16(low, zero)), vqmovn_s16(vqaddq_s16(high, zero)));

	v = vmaxq_s8(v, vdupq_n_s8((int8_t)j->act_min));
	ewi_store_neon(out, vminq_s8(v, vdupq_n_s8((int8_t)j->act_max)), n);
}

/* The first n outputs, or all 16.  Saturating before the clamp changes nothing: it is within int8. */
EW_INLINE void ewi_finish_neon(const struct ewi_sums_neon *s, const struct ewi_tile_finish *f, const struct ewi_tile_job *j,
			       int8_t *out, size_t n)
{
	if (EW_LIKELY(j->mode == EWI_FINISH_NEAR))
		ewi_finish_as_neon(s, f, j, out, n, EWI_FINISH_NEAR);
	else if (j->mode == EWI_FINISH_SINGLE)
		ewi_finish_as_neon(s, f, j, out, n, EWI_FINISH_SINGLE);
	else
		ewi_finish_as_neon(s, f, j, out, n, EWI_FINISH_TWICE);
}

#endif
