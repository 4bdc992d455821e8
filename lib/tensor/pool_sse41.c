/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pool_sse41.c - AVERAGE_POOL_2D and MAX_POOL_2D of int8 with SSE4.1: the bytes of their definitions, 16 channels at a
 * time.  Channels at the end that make no 16 are taken with some before them; fewer than 16 are the definition's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/pool.h"

#if EWI_KERNELS_X86
#define TARGET "sse4.1"
#include "tensor/pool_x86.h"

/* sum / count, rounded to the nearest, ties away from 0; why floats are exact enough stands in pool_avx2.c. */
EW_TARGET(TARGET)
EW_INLINE __m128i mean(__m128i sum, int32_t count)
{
	__m128i v = _mm_add_epi32(_mm_abs_epi32(sum), _mm_set1_epi32(count / 2));
	__m128 q = _mm_div_ps(_mm_cvtepi32_ps(v), _mm_set1_ps((float)count));

	return _mm_sign_epi32(_mm_cvttps_epi32(q), sum);
}

/* Four of 16 bytes, the first ones of v, to a sum. */
EW_TARGET(TARGET)
EW_INLINE __m128i more(__m128i sum, __m128i v)
{
	return _mm_add_epi32(sum, _mm_cvtepi8_epi32(v));
}

EW_TARGET(TARGET)
static void average(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	int32_t count = (int32_t)((s->ky_end - s->ky) * (s->kx_end - s->kx));

	for (uint32_t ch = 0; ch < p->win.out_c; ch += EWI_POOL_BLOCK) {
		uint32_t at = ewi_pool_block(ch, p->win.out_c);
		__m128i w = _mm_setzero_si128(), x = w, y = w, z = w;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++) {
			const int8_t *in = (const int8_t *)s->in + ewi_spot_at(&p->win, s, ky, s->kx) + at;

			for (uint32_t kx = s->kx; kx < s->kx_end; kx++, in += p->win.in_c) {
				__m128i v = load(in);

				w = more(w, v);
				x = more(x, _mm_srli_si128(v, 4));
				y = more(y, _mm_srli_si128(v, 8));
				z = more(z, _mm_srli_si128(v, 12));
			}
		}
		w = _mm_packs_epi32(mean(w, count), mean(x, count));
		y = _mm_packs_epi32(mean(y, count), mean(z, count));
		store((int8_t *)s->out + at, _mm_packs_epi16(w, y), p);
	}
}

void ewk_avgpool_s8_sse41(const struct ewi_call *c)
{
	ewi_pool_walk(c, average, ewk_avgpool_s8_ref);
}

void ewk_maxpool_s8_sse41(const struct ewi_call *c)
{
	ewi_pool_walk(c, max, ewk_maxpool_s8_ref);
}
#endif
#endif
