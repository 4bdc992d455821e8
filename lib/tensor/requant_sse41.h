/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * requant_sse41.h - sixteen sums to sixteen outputs with SSE4.1: the functions of quant.h.  For the SSE4.1 kernels'
 * files alone.
 *
 * SSE shifts all lanes by one distance.  A shift to the right by r is a product with 2^(31-r) and a shift by 31: bits
 * 31 to 62 of the 64-bit product, which is exact, are the floor of h / 2^r.  Layers that cannot be finished "near"
 * (finish.h: scales of one half and more, or single rounding) take the plain functions, sum by sum.
 */
#ifndef EW_TENSOR_REQUANT_SSE41_H
#define EW_TENSOR_REQUANT_SSE41_H

#include <smmintrin.h>
#include "tensor/tile.h"

EW_TARGET("sse4.1")
EW_INLINE __m128i ewi_load_sse41(const void *p)
{
	return _mm_loadu_si128(p);
}

/* (x * y + round) >> 31 in each lane. */
EW_TARGET("sse4.1")
EW_INLINE __m128i ewi_high_sse41(__m128i x, __m128i y, __m128i round)
{
	__m128i even = _mm_add_epi64(_mm_mul_epi32(x, y), round);
	__m128i odd = _mm_add_epi64(_mm_mul_epi32(_mm_srli_epi64(x, 32), _mm_srli_epi64(y, 32)), round);

	return _mm_blend_epi16(_mm_srli_epi64(even, 31), _mm_add_epi64(odd, odd), 0xcc);
}

/* Channels i to i + 3 of a tile, near. */
EW_TARGET("sse4.1")
EW_INLINE __m128i ewi_near_sse41(__m128i x, const struct ewi_tile_finish *f, size_t i)
{
	__m128i h = ewi_high_sse41(x, ewi_load_sse41(f->m + i), _mm_set1_epi64x(1 << 30));

	h = _mm_add_epi32(_mm_add_epi32(h, ewi_load_sse41(f->half + i)), _mm_srai_epi32(h, 31));
	return ewi_high_sse41(h, ewi_load_sse41(f->power + i), _mm_setzero_si128());
}

EW_TARGET("sse4.1")
EW_INLINE void ewi_store_sse41(int8_t *out, __m128i bytes, size_t n)
{
	int8_t all[EWI_TILE];

	if (EW_LIKELY(n >= EWI_TILE)) {
		_mm_storeu_si128((void *)out, bytes);
	} else if (n == 8) {
		_mm_storel_epi64((void *)out, bytes);
	} else {
		_mm_storeu_si128((void *)all, bytes);
		memcpy(out, all, n);
	}
}

static EW_NOINLINE void ewi_finish_slow_sse41(const int32_t *sums, const struct ewi_tile_finish *f,
					      const struct ewi_tile_job *j, int8_t *out, size_t n)
{
	for (size_t i = 0; i < n && i < EWI_TILE; i++) {
		struct ewi_scale s = {f->m[i], f->shift[i]};
		int32_t v = ewi_requant_as(sums[i], s, j->mode == EWI_FINISH_SINGLE);

		out[i] = (int8_t)ewi_clamp(ewi_wrap_add(v, j->out_zero), j->act_min, j->act_max);
	}
}

/* Of one pixel; the first n outputs, or all 16.  Saturating before the clamp changes nothing: it is within int8. */
EW_TARGET("sse4.1")
EW_INLINE void ewi_finish_sse41(const __m128i sums[4], const struct ewi_tile_finish *f, const struct ewi_tile_job *j,
				int8_t *out, size_t n)
{
	const __m128i zero = _mm_set1_epi16((int16_t)j->out_zero);
	__m128i a, b;

	if (EW_UNLIKELY(j->mode != EWI_FINISH_NEAR)) {
		int32_t all[EWI_TILE];

		for (size_t i = 0; i < 4; i++)
			_mm_storeu_si128((void *)(all + 4 * i), sums[i]);
		ewi_finish_slow_sse41(all, f, j, out, n);
		return;
	}
	a = _mm_packs_epi32(ewi_near_sse41(sums[0], f, 0), ewi_near_sse41(sums[1], f, 4));
	b = n <= 8 ? a : _mm_packs_epi32(ewi_near_sse41(sums[2], f, 8), ewi_near_sse41(sums[3], f, 12));
	a = _mm_packs_epi16(_mm_adds_epi16(a, zero), _mm_adds_epi16(b, zero));
	a = _mm_max_epi8(a, _mm_set1_epi8((char)j->act_min));
	ewi_store_sse41(out, _mm_min_epi8(a, _mm_set1_epi8((char)j->act_max)), n);
}

#endif
