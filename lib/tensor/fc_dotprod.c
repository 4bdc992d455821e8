/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fc_dotprod.c - FULLY_CONNECTED of int8 with Arm's dot-product instructions: the bytes of ewk_fc_s8_ref.
 *
 * SDOT multiplies bytes as they are, so the input's zero point is taken off afterwards:
 * sum of (x - z) * w = sum of x * w - z * sum of w, all modulo 2^32.  The sums of the weights are taken with
 * the same instruction, once for up to four rows of activations.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_DOTPROD
#ifndef __clang__
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif
#include <arm_neon.h>

#define STEP 16u /* weights read at once */
#define ROWS 4u	 /* of activations that go together */

struct work {
	const struct ewi_fc *p;
	const int8_t *w, *w_end;
	const uint8_t *bias;
	size_t whole;  /* depth, down to a multiple of STEP */
	size_t stride; /* bytes of a copied row: depth, up to a multiple of STEP */
};

static size_t pad(size_t depth)
{
	return (depth + STEP - 1) / STEP * STEP;
}

size_t ewi_fc_s8_dotprod_scratch(const void *params, size_t windows)
{
	const struct ewi_fc *p = params;
	size_t rows = windows * p->rows;

	return (rows < ROWS ? rows : ROWS) * pad(p->depth);
}

/* A row with zeros behind it.  Returns -w_zero * sum of (in - in_zero). */
static int32_t copy_row(const struct work *k, const int8_t *in, int8_t *x)
{
	size_t depth = k->p->depth;
	uint32_t sum = 0;

	memcpy(x, in, depth);
	memset(x + depth, 0, k->stride - depth);
	if (k->p->w_zero == 0)
		return 0;
	for (size_t d = 0; d < depth; d++)
		sum += (uint32_t)(in[d] - k->p->in_zero);
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

EW_INLINE int32x4_t sum4(int32x4_t a0, int32x4_t a1, int32x4_t a2, int32x4_t a3)
{
	return vpaddq_s32(vpaddq_s32(a0, a1), vpaddq_s32(a2, a3));
}

/* Four rows of weights against x, `stride` bytes of it; behind `depth` x is zero. */
static int32x4_t dot_4(const struct work *k, const int8_t *const w[4], const int8_t *x)
{
	int32x4_t a0 = vdupq_n_s32(0), a1 = a0, a2 = a0, a3 = a0;
	size_t d = 0;
	int8x16_t v;

	for (; d < k->whole; d += STEP) {
		v = vld1q_s8(x + d);
		a0 = vdotq_s32(a0, vld1q_s8(w[0] + d), v);
		a1 = vdotq_s32(a1, vld1q_s8(w[1] + d), v);
		a2 = vdotq_s32(a2, vld1q_s8(w[2] + d), v);
		a3 = vdotq_s32(a3, vld1q_s8(w[3] + d), v);
	}
	if (d < k->stride) {
		v = vld1q_s8(x + d);
		a0 = vdotq_s32(a0, load_tail(k, w[0] + d), v);
		a1 = vdotq_s32(a1, load_tail(k, w[1] + d), v);
		a2 = vdotq_s32(a2, load_tail(k, w[2] + d), v);
		a3 = vdotq_s32(a3, load_tail(k, w[3] + d), v);
	}
	return sum4(a0, a1, a2, a3);
}

/* Sums of four rows of weights. */
static int32x4_t row_sums(const struct work *k, const int8_t *const w[4])
{
	static const int8_t ones[2 * STEP] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	int32x4_t a0 = vdupq_n_s32(0), a1 = a0, a2 = a0, a3 = a0;
	int8x16_t v = vld1q_s8(ones);
	size_t d = 0;

	for (; d < k->whole; d += STEP) {
		a0 = vdotq_s32(a0, vld1q_s8(w[0] + d), v);
		a1 = vdotq_s32(a1, vld1q_s8(w[1] + d), v);
		a2 = vdotq_s32(a2, vld1q_s8(w[2] + d), v);
		a3 = vdotq_s32(a3, vld1q_s8(w[3] + d), v);
	}
	if (d < k->stride) {
		v = vld1q_s8(ones + STEP - (k->p->depth - d)); /* as many ones as the row has weights left */
		a0 = vdotq_s32(a0, load_tail(k, w[0] + d), v);
		a1 = vdotq_s32(a1, load_tail(k, w[1] + d), v);
		a2 = vdotq_s32(a2, load_tail(k, w[2] + d), v);
		a3 = vdotq_s32(a3, load_tail(k, w[3] + d), v);
	}
	return sum4(a0, a1, a2, a3);
}

/* ewi_requant of four values; see fc_neon.c for why not vqrdmulh. */
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
	int32_t sums[4];

	if (n == 4) {
		int32x4_t m = p->multipliers ? vld1q_s32(p->multipliers + unit) :
					       vdupq_n_s32(p->scale.multiplier);
		int32x4_t shift = p->multipliers ? vld1q_s32(p->shifts + unit) :
						   vdupq_n_s32(p->scale.shift);

		if (k->bias)
			v = vaddq_s32(v, vreinterpretq_s32_u8(vld1q_u8(k->bias + 4 * unit)));
		v = p->single ? requant_single(v, m, shift) : requant(v, m, shift);
		v = vaddq_s32(v, vdupq_n_s32(p->out_zero));
		v = vminq_s32(vmaxq_s32(v, vdupq_n_s32(p->act_min)), vdupq_n_s32(p->act_max));
	}
	vst1q_s32(sums, v);
	for (size_t i = 0; i < n; i++) {
		uint32_t bias = n < 4 && k->bias ? ewi_le32(k->bias + 4 * (unit + i)) : 0;

		out[unit + i] = (int8_t)(n == 4 ? sums[i] :
						  ewi_fc_finish(p, (uint32_t)(unit + i),
								(int32_t)((uint32_t)sums[i] + bias)));
	}
}

/* n <= ROWS rows of activations against all units. */
static void some_rows(const struct work *k, const int8_t *x, const int32_t *fix, size_t n, int8_t *out)
{
	const int8_t *w[4];
	size_t units = k->p->units;

	for (size_t u = 0; u < units; u += 4) {
		size_t count = units - u < 4 ? units - u : 4;
		int32x4_t zero_part;

		for (size_t i = 0; i < 4; i++) /* the last row stands in for missing ones */
			w[i] = k->w + (u + (i < count ? i : count - 1)) * k->p->depth;
		zero_part = vmulq_n_s32(row_sums(k, w), k->p->in_zero);
		for (size_t r = 0; r < n; r++) {
			int32x4_t v = vsubq_s32(dot_4(k, w, x + r * k->stride), zero_part);

			finish(k, u, count, vaddq_s32(v, vdupq_n_s32(fix[r])), out + r * units);
		}
	}
}

void ewk_fc_s8_dotprod(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const int8_t *in = c->in[0], *w = c->in[1];
	struct work k = {p, w, w + (size_t)p->units * p->depth, c->in[2], p->depth / STEP * STEP,
			 pad(p->depth)};
	size_t rows = c->windows * p->rows;
	int8_t *x = c->scratch, *out = c->out;
	int32_t fix[ROWS];

	while (rows > 0) {
		size_t n = rows < ROWS ? rows : ROWS;

		for (size_t r = 0; r < n; r++)
			fix[r] = copy_row(&k, in + r * p->depth, x + r * k.stride);
		some_rows(&k, x, fix, n, out);
		rows -= n;
		in += n * p->depth;
		out += n * p->units;
	}
}
#ifndef __clang__
#pragma GCC pop_options
#endif
#endif
#endif
