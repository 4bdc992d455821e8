/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fc_neon.c - FULLY_CONNECTED of int8 with AArch64's NEON: the bytes of ewk_fc_s8_ref, by way of int16, four
 * units at a time.  A product is at most 255 * 128 < 2^15 in magnitude; lanes wrap modulo 2^32.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_NEON64
#include <arm_neon.h>

#define STEP 16u /* weights read at once */

struct work {
	const struct ewi_fc *p;
	const int8_t *w, *w_end;
	const uint8_t *bias;
	size_t whole; /* depth, down to a multiple of STEP */
};

static size_t pad(size_t depth)
{
	return (depth + STEP - 1) / STEP * STEP;
}

size_t ewi_fc_s8_neon_scratch(const void *params, size_t windows)
{
	const struct ewi_fc *p = params;

	return windows == 0 || p->rows == 0 ? 0 : pad(p->depth) * sizeof(int16_t);
}

/* x = in - in_zero, zeros behind depth.  Returns -w_zero * sum of x. */
static int32_t widen(const struct work *k, const int8_t *in, int16_t *x)
{
	const int16x8_t zero = vdupq_n_s16((int16_t)k->p->in_zero);
	uint32_t sum = 0;
	size_t d = 0;

	for (; d < k->whole; d += STEP) {
		int8x16_t v = vld1q_s8(in + d);

		vst1q_s16(x + d, vsubq_s16(vmovl_s8(vget_low_s8(v)), zero));
		vst1q_s16(x + d + 8, vsubq_s16(vmovl_high_s8(v), zero));
	}
	for (; d < k->p->depth; d++)
		x[d] = (int16_t)(in[d] - k->p->in_zero);
	for (; d < pad(k->p->depth); d++)
		x[d] = 0;
	if (k->p->w_zero == 0)
		return 0;
	for (d = 0; d < k->p->depth; d++)
		sum += (uint32_t)(int32_t)x[d];
	return (int32_t)(0 - sum * (uint32_t)k->p->w_zero);
}

/* Behind the end of a row x is zero; only behind the last rows is there nothing to read. */
EW_INLINE int8x16_t load_tail(const struct work *k, const int8_t *w)
{
	int8_t copy[STEP] = {0};

	if ((size_t)(k->w_end - w) >= STEP)
		return vld1q_s8(w);
	memcpy(copy, w, (size_t)(k->w_end - w));
	return vld1q_s8(copy);
}

EW_INLINE int32x4_t mac(int32x4_t acc, int8x16_t w, int16x8_t low, int16x8_t high)
{
	int16x8_t a = vmovl_s8(vget_low_s8(w)), b = vmovl_high_s8(w);

	acc = vmlal_s16(acc, vget_low_s16(a), vget_low_s16(low));
	acc = vmlal_high_s16(acc, a, low);
	acc = vmlal_s16(acc, vget_low_s16(b), vget_low_s16(high));
	return vmlal_high_s16(acc, b, high);
}

/* Four rows of weights against one of activations. */
static int32x4_t dot_4(const struct work *k, const int8_t *const w[4], const int16_t *x)
{
	int32x4_t a0 = vdupq_n_s32(0), a1 = a0, a2 = a0, a3 = a0;
	int16x8_t low, high;
	size_t d = 0;

	for (; d < k->whole; d += STEP) {
		low = vld1q_s16(x + d);
		high = vld1q_s16(x + d + 8);
		a0 = mac(a0, vld1q_s8(w[0] + d), low, high);
		a1 = mac(a1, vld1q_s8(w[1] + d), low, high);
		a2 = mac(a2, vld1q_s8(w[2] + d), low, high);
		a3 = mac(a3, vld1q_s8(w[3] + d), low, high);
	}
	if (d < k->p->depth) {
		low = vld1q_s16(x + d);
		high = vld1q_s16(x + d + 8);
		a0 = mac(a0, load_tail(k, w[0] + d), low, high);
		a1 = mac(a1, load_tail(k, w[1] + d), low, high);
		a2 = mac(a2, load_tail(k, w[2] + d), low, high);
		a3 = mac(a3, load_tail(k, w[3] + d), low, high);
	}
	return vpaddq_s32(vpaddq_s32(a0, a1), vpaddq_s32(a2, a3));
}

/*
 * ewi_requant of four values.  Not vqrdmulh with vrshl, which rounds ties upwards where the definition
 * rounds them away from 0.
 */
EW_INLINE int32x4_t requant(int32x4_t x, int32x4_t m, int32x4_t shift)
{
	const int32x4_t zero = vdupq_n_s32(0), one = vdupq_n_s32(1);
	const int64x2_t round = vdupq_n_s64(1 << 30);
	int32x4_t right = vminq_s32(shift, zero), h, mask, threshold; /* right <= 0 */
	int64x2_t low, high;

	x = vshlq_s32(x, vmaxq_s32(shift, zero));
	low = vaddq_s64(vmull_s32(vget_low_s32(x), vget_low_s32(m)), round);
	high = vaddq_s64(vmull_high_s32(x, m), round);
	h = vcombine_s32(vshrn_n_s64(low, 31), vshrn_n_s64(high, 31));
	mask = vsubq_s32(vshlq_s32(one, vnegq_s32(right)), one);
	threshold = vsubq_s32(vshrq_n_s32(mask, 1), vshrq_n_s32(h, 31));
	return vsubq_s32(vshlq_s32(h, right),
			 vreinterpretq_s32_u32(vcgtq_s32(vandq_s32(h, mask), threshold)));
}

/* ewi_requant_single of four values: vrshl on 64 bits is that rounding. */
EW_INLINE int32x4_t requant_single(int32x4_t x, int32x4_t m, int32x4_t shift)
{
	int32x4_t left = vsubq_s32(shift, vdupq_n_s32(31));
	int64x2_t low = vmull_s32(vget_low_s32(x), vget_low_s32(m)), high = vmull_high_s32(x, m);

	low = vrshlq_s64(low, vmovl_s32(vget_low_s32(left)));
	high = vrshlq_s64(high, vmovl_high_s32(left));
	return vcombine_s32(vmovn_s64(low), vmovn_s64(high));
}

/* Four sums, n of them wanted, to outputs. */
static void finish(const struct work *k, size_t unit, size_t n, int32x4_t v, int8_t *out)
{
	const struct ewi_fc *p = k->p;
	int32x4_t m, shift;
	int32_t sums[4];

	if (n < 4) {
		vst1q_s32(sums, v);
		for (size_t i = 0; i < n; i++) {
			uint32_t bias = k->bias ? ewi_le32(k->bias + 4 * (unit + i)) : 0;

			out[unit + i] = (int8_t)ewi_fc_finish(p, (uint32_t)(unit + i),
							      (int32_t)((uint32_t)sums[i] + bias));
		}
		return;
	}
	if (k->bias)
		v = vaddq_s32(v, vreinterpretq_s32_u8(vld1q_u8(k->bias + 4 * unit)));
	m = p->multipliers ? vld1q_s32(p->multipliers + unit) : vdupq_n_s32(p->scale.multiplier);
	shift = p->multipliers ? vld1q_s32(p->shifts + unit) : vdupq_n_s32(p->scale.shift);
	v = p->single ? requant_single(v, m, shift) : requant(v, m, shift);
	v = vaddq_s32(v, vdupq_n_s32(p->out_zero));
	v = vminq_s32(vmaxq_s32(v, vdupq_n_s32(p->act_min)), vdupq_n_s32(p->act_max));
	vst1q_s32(sums, v);
	for (size_t i = 0; i < 4; i++)
		out[unit + i] = (int8_t)sums[i];
}

void ewk_fc_s8_neon(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const int8_t *in = c->in[0], *weights = c->in[1], *w[4];
	struct work k = {p, weights, weights + (size_t)p->units * p->depth, c->in[2],
			 p->depth / STEP * STEP};
	int8_t *out = c->out;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth, out += p->units) {
		int32x4_t fix = vdupq_n_s32(widen(&k, in, c->scratch));

		for (size_t u = 0; u < p->units; u += 4) {
			size_t n = p->units - u < 4 ? p->units - u : 4;

			for (size_t i = 0; i < 4; i++) /* the last row stands in for missing ones */
				w[i] = weights + (u + (i < n ? i : n - 1)) * p->depth;
			finish(&k, u, n, vaddq_s32(dot_4(&k, w, c->scratch), fix), out);
		}
	}
}
#endif
#endif
