/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fc_sse41.c - FULLY_CONNECTED of int8 with SSE4.1: the bytes of ewk_fc_s8_ref, by way of int16, four units
 * at a time.  The bounds are those of fc_avx2.c: pairs below 2^17, lanes modulo 2^32.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include <smmintrin.h>

#define STEP 8u /* weights in one widened vector */

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

size_t ewi_fc_s8_sse41_scratch(const void *params, size_t windows)
{
	const struct ewi_fc *p = params;

	return windows == 0 || p->rows == 0 ? 0 : pad(p->depth) * sizeof(int16_t);
}

/* x = in - in_zero, zeros behind depth.  Returns -w_zero * sum of x. */
EW_TARGET("sse4.1")
static int32_t widen(const struct work *k, const int8_t *in, int16_t *x)
{
	const __m128i zero = _mm_set1_epi16((int16_t)k->p->in_zero);
	uint32_t sum = 0;
	size_t d = 0;

	for (; d < k->whole; d += STEP) {
		__m128i v = _mm_cvtepi8_epi16(_mm_loadl_epi64((const void *)(in + d)));

		_mm_storeu_si128((void *)(x + d), _mm_sub_epi16(v, zero));
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

EW_TARGET("sse4.1")
EW_INLINE __m128i load(const int8_t *w)
{
	return _mm_cvtepi8_epi16(_mm_loadl_epi64((const void *)w));
}

/* Behind the end of a row x is zero; only behind the last rows is there nothing to read. */
EW_TARGET("sse4.1")
EW_INLINE __m128i load_tail(const struct work *k, const int8_t *w)
{
	int8_t copy[STEP] = {0};

	if ((size_t)(k->w_end - w) >= STEP)
		return load(w);
	memcpy(copy, w, (size_t)(k->w_end - w));
	return load(copy);
}

EW_TARGET("sse4.1")
EW_INLINE __m128i mac(__m128i acc, __m128i w, __m128i x)
{
	return _mm_add_epi32(acc, _mm_madd_epi16(w, x));
}

/* Four rows of weights against one of activations. */
EW_TARGET("sse4.1")
static __m128i dot_4(const struct work *k, const int8_t *const w[4], const int16_t *x)
{
	__m128i a0 = _mm_setzero_si128(), a1 = a0, a2 = a0, a3 = a0, v;
	size_t d = 0;

	for (; d < k->whole; d += STEP) {
		v = _mm_loadu_si128((const void *)(x + d));
		a0 = mac(a0, load(w[0] + d), v);
		a1 = mac(a1, load(w[1] + d), v);
		a2 = mac(a2, load(w[2] + d), v);
		a3 = mac(a3, load(w[3] + d), v);
	}
	if (d < k->p->depth) {
		v = _mm_loadu_si128((const void *)(x + d));
		a0 = mac(a0, load_tail(k, w[0] + d), v);
		a1 = mac(a1, load_tail(k, w[1] + d), v);
		a2 = mac(a2, load_tail(k, w[2] + d), v);
		a3 = mac(a3, load_tail(k, w[3] + d), v);
	}
	return _mm_hadd_epi32(_mm_hadd_epi32(a0, a1), _mm_hadd_epi32(a2, a3));
}

/* ewi_requant of four values with one scale: SSE has no shift by lane. */
EW_TARGET("sse4.1")
EW_INLINE __m128i requant(__m128i x, struct ewi_scale s)
{
	const __m128i m = _mm_set1_epi32(s.multiplier), round = _mm_set1_epi64x(1 << 30);
	int left = s.shift > 0 ? s.shift : 0, right = s.shift > 0 ? 0 : -s.shift;
	const __m128i mask = _mm_set1_epi32((int32_t)((1u << right) - 1));
	__m128i even, odd, h, threshold;

	x = _mm_sll_epi32(x, _mm_cvtsi32_si128(left));
	even = _mm_add_epi64(_mm_mul_epi32(x, m), round);
	odd = _mm_add_epi64(_mm_mul_epi32(_mm_srli_epi64(x, 32), m), round);
	h = _mm_blend_epi16(_mm_srli_epi64(even, 31), _mm_slli_epi64(odd, 1), 0xcc);
	threshold = _mm_sub_epi32(_mm_srli_epi32(mask, 1), _mm_srai_epi32(h, 31));
	return _mm_sub_epi32(_mm_sra_epi32(h, _mm_cvtsi32_si128(right)),
			     _mm_cmpgt_epi32(_mm_and_si128(h, mask), threshold));
}

/* Four sums, n of them wanted, to outputs. */
EW_TARGET("sse4.1")
static void finish(const struct work *k, size_t unit, size_t n, __m128i v, int8_t *out)
{
	const struct ewi_fc *p = k->p;
	int32_t sums[4], four;

	if (n == 4 && k->bias)
		v = _mm_add_epi32(v, _mm_loadu_si128((const void *)(k->bias + 4 * unit)));
	if (n == 4 && !p->multipliers && !p->single) {
		v = _mm_add_epi32(requant(v, p->scale), _mm_set1_epi32(p->out_zero));
		v = _mm_max_epi32(v, _mm_set1_epi32(p->act_min));
		v = _mm_min_epi32(v, _mm_set1_epi32(p->act_max));
		v = _mm_packs_epi32(v, v);
		four = _mm_cvtsi128_si32(_mm_packs_epi16(v, v));
		memcpy(out + unit, &four, sizeof(four));
		return;
	}
	_mm_storeu_si128((void *)sums, v);
	for (size_t i = 0; i < n; i++) {
		uint32_t bias = n < 4 && k->bias ? ewi_le32(k->bias + 4 * (unit + i)) : 0;

		out[unit + i] = (int8_t)ewi_fc_finish(p, (uint32_t)(unit + i),
						      (int32_t)((uint32_t)sums[i] + bias));
	}
}

EW_TARGET("sse4.1")
void ewk_fc_s8_sse41(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const int8_t *in = c->in[0], *weights = c->in[1], *w[4];
	struct work k = {p, weights, weights + (size_t)p->units * p->depth, c->in[2],
			 p->depth / STEP * STEP};
	int8_t *out = c->out;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth, out += p->units) {
		__m128i fix = _mm_set1_epi32(widen(&k, in, c->scratch));

		for (size_t u = 0; u < p->units; u += 4) {
			size_t n = p->units - u < 4 ? p->units - u : 4;

			for (size_t i = 0; i < 4; i++) /* the last row stands in for missing ones */
				w[i] = weights + (u + (i < n ? i : n - 1)) * p->depth;
			finish(&k, u, n, _mm_add_epi32(dot_4(&k, w, c->scratch), fix), out);
		}
	}
}
#endif
#endif
