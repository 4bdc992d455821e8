/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pool_avx2.c - AVERAGE_POOL_2D and MAX_POOL_2D of int8 with AVX2: the bytes of their definitions, 16 channels at a
 * time.  Channels at the end that make no 16 are taken with some before them; fewer than 16 are the definition's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/pool.h"

#if EWI_KERNELS_X86
#include <immintrin.h>
#define TARGET "avx2"
#include "tensor/pool_x86.h"

/*
 * sum / count, rounded to the nearest, ties away from 0.  Magnitudes with half the count stay below 2^24, exact in
 * float, and a quotient n - 1/count, n <= 128, count < 2^16, is at least 2^-16 below n, where floats are 2^-17
 * apart: rounding does not reach n, so the integer part is right.
 */
EW_TARGET(TARGET)
EW_INLINE __m256i mean(__m256i sum, int32_t count)
{
	__m256i v = _mm256_add_epi32(_mm256_abs_epi32(sum), _mm256_set1_epi32(count / 2));
	__m256 q = _mm256_div_ps(_mm256_cvtepi32_ps(v), _mm256_set1_ps((float)count));

	return _mm256_sign_epi32(_mm256_cvttps_epi32(q), sum);
}

EW_TARGET(TARGET)
static void average(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	int32_t count = (int32_t)((s->ky_end - s->ky) * (s->kx_end - s->kx));

	for (uint32_t ch = 0; ch < p->win.out_c; ch += EWI_POOL_BLOCK) {
		uint32_t at = ewi_pool_block(ch, p->win.out_c);
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
		store((int8_t *)s->out + at, words, p);
	}
}

void ewk_avgpool_s8_avx2(const struct ewi_call *c)
{
	ewi_pool_walk(c, average, ewk_avgpool_s8_ref);
}

void ewk_maxpool_s8_avx2(const struct ewi_call *c)
{
	ewi_pool_walk(c, max, ewk_maxpool_s8_ref);
}
#endif
#endif
