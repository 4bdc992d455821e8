/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pool_avx2.c - AVERAGE_POOL_2D and MAX_POOL_2D of int8 with AVX2: the bytes of their definitions, 16 channels at a
 * time.  Channels at the end that make no 16 are taken with some before them; fewer than 16 are the definition's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include <immintrin.h>

/* Where 16 channels begin, the last ones at the end. */
static uint32_t block_start(uint32_t c, uint32_t channels)
{
	return c + 16 <= channels ? c : channels - 16;
}

EW_TARGET("avx2")
EW_INLINE __m128i clamped(__m128i v, const struct ewi_pool *p)
{
	v = _mm_max_epi8(v, _mm_set1_epi8((char)p->act_min));
	return _mm_min_epi8(v, _mm_set1_epi8((char)p->act_max));
}

EW_TARGET("avx2")
EW_INLINE __m128i load(const int8_t *p)
{
	return _mm_loadu_si128((const void *)p);
}

/*
 * sum / count, rounded to the nearest, ties away from 0.  Magnitudes with half the count stay below 2^24, exact in
 * float, and a quotient n - 1/count, n <= 128, count < 2^16, is at least 2^-16 below n, where floats are 2^-17
 * apart: rounding does not reach n, so the integer part is right.
 */
EW_TARGET("avx2")
EW_INLINE __m256i mean(__m256i sum, int32_t count)
{
	__m256i v = _mm256_add_epi32(_mm256_abs_epi32(sum), _mm256_set1_epi32(count / 2));
	__m256 q = _mm256_div_ps(_mm256_cvtepi32_ps(v), _mm256_set1_ps((float)count));

	return _mm256_sign_epi32(_mm256_cvttps_epi32(q), sum);
}

EW_TARGET("avx2")
static void average(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	int32_t count = (int32_t)((s->ky_end - s->ky) * (s->kx_end - s->kx));

	for (uint32_t ch = 0; ch < p->win.out_c; ch += 16) {
		uint32_t at = block_start(ch, p->win.out_c);
		__m256i a = _mm256_setzero_si256(), b = a, v;
		__m128i words;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++) {
			const int8_t *in = (const int8_t *)s->in + ewi_spot_at(&p->win, s, ky, s->kx) + at;

			for (uint32_t kx = s->kx; kx < s->kx_end; kx++, in += p->win.in_c) {
				a = _mm256_add_epi32(a, _mm256_cvtepi8_epi32(load(in)));
				b = _mm256_add_epi32(b, _mm256_cvtepi8_epi32(_mm_srli_si128(load(in), 8)));
			}
		}
		v = _mm256_packs_epi32(mean(a, count), mean(b, count));
		v = _mm256_permute4x64_epi64(v, 0xd8);
		words = _mm_packs_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
		_mm_storeu_si128((void *)((int8_t *)s->out + at), clamped(words, p));
	}
}

EW_TARGET("avx2")
static void max(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;

	for (uint32_t ch = 0; ch < p->win.out_c; ch += 16) {
		uint32_t at = block_start(ch, p->win.out_c);
		__m128i v = _mm_set1_epi8(INT8_MIN);

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++) {
			const int8_t *in = (const int8_t *)s->in + ewi_spot_at(&p->win, s, ky, s->kx) + at;

			for (uint32_t kx = s->kx; kx < s->kx_end; kx++, in += p->win.in_c)
				v = _mm_max_epi8(v, load(in));
		}
		_mm_storeu_si128((void *)((int8_t *)s->out + at), clamped(v, p));
	}
}

void ewk_avgpool_s8_avx2(const struct ewi_call *c)
{
	const struct ewi_pool *p = c->params;

	if (p->win.out_c < 16)
		ewk_avgpool_s8_ref(c);
	else
		ewi_window_walk(c, &p->win, c->in[0], 1, c->out, 1, c->windows, average);
}

void ewk_maxpool_s8_avx2(const struct ewi_call *c)
{
	const struct ewi_pool *p = c->params;

	if (p->win.out_c < 16)
		ewk_maxpool_s8_ref(c);
	else
		ewi_window_walk(c, &p->win, c->in[0], 1, c->out, 1, c->windows, max);
}
#endif
#endif
