/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* ways_avx2.c - finds for each step of a tile the fastest way that is exact (ways_avx2.h). */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/ways_avx2.h"

#define TRIES 8u /* steps that are looked at as the other one of two */

/* Bytes of two vectors, those of each lane (two neighbours) added; not in order. */
EW_TARGET("avx2")
EW_INLINE __m256i lanes(__m256i a, __m256i b)
{
	const __m256i ones = _mm256_set1_epi8(1);

	return _mm256_packus_epi16(_mm256_maddubs_epi16(a, ones), _mm256_maddubs_epi16(b, ones));
}

EW_TARGET("avx2")
uint32_t ewi_way_reach_avx2(const int8_t v[EWI_PACK_BYTES], struct ewi_reach_avx2 *r)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i a = ewi_load_avx2(v), b = ewi_load_avx2(v + 32);
	__m256i above = lanes(_mm256_max_epi8(a, zero), _mm256_max_epi8(b, zero));
	__m256i below = lanes(_mm256_sub_epi8(zero, _mm256_min_epi8(a, zero)), _mm256_sub_epi8(zero, _mm256_min_epi8(b, zero)));
	__m256i all = _mm256_max_epu8(above, below);
	__m128i most = _mm_max_epu8(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));

	_mm256_storeu_si256((void *)r->above, above);
	_mm256_storeu_si256((void *)r->below, below);
	/* SSE4.1 finds the least of words: of what bytes lack to 255. */
	most = _mm_xor_si128(_mm_max_epu8(most, _mm_srli_epi16(most, 8)), _mm_set1_epi8(-1));
	most = _mm_minpos_epu16(_mm_and_si128(most, _mm_set1_epi16(0xff)));
	return 0xff - (uint32_t)_mm_extract_epi16(most, 0);
}

EW_TARGET("avx2")
bool ewi_way_fit_avx2(const struct ewi_reach_avx2 *r, const struct ewi_reach_avx2 *s)
{
	const __m256i reach = _mm256_set1_epi8((char)EWI_WAY_REACH);
	__m256i above = _mm256_adds_epu8(ewi_load_avx2(r->above), ewi_load_avx2(s->above));
	__m256i below = _mm256_adds_epu8(ewi_load_avx2(r->below), ewi_load_avx2(s->below));
	__m256i over = _mm256_subs_epu8(_mm256_max_epu8(above, below), reach);

	return _mm256_testz_si256(over, over);
}

/* Steps by the largest of their sums, in ascending order: those beyond the bound at the end.  Returns how many are not. */
static uint32_t sort(const uint8_t *most, uint32_t n, uint32_t *sorted)
{
	uint32_t from[EWI_WAY_REACH + 3] = {0};

	for (uint32_t s = 0; s < n; s++)
		from[(most[s] > EWI_WAY_REACH ? EWI_WAY_REACH + 1 : most[s]) + 1]++;
	for (uint32_t r = 1; r < EWI_WAY_REACH + 3; r++)
		from[r] += from[r - 1];
	for (uint32_t s = 0; s < n; s++)
		sorted[from[most[s] > EWI_WAY_REACH ? EWI_WAY_REACH + 1 : most[s]]++] = s;
	return from[EWI_WAY_REACH];
}

/*
 * The step with the largest sum that is left is paired with the one with the smallest: if those do not go together,
 * hardly any other goes with it.
 */
void ewi_ways_choose_avx2(const struct ewi_reach_avx2 *reach, uint32_t n, uint32_t *work, uint32_t *order,
			  struct ewi_ways_avx2 *w)
{
	uint32_t *sorted = work + (n + 3) / 4, front = 0, back = sort((const uint8_t *)work, n, sorted);

	w->signs = n - back;
	memcpy(order + back, sorted + back, w->signs * sizeof(*order));
	for (uint32_t low = 0, high = back, k; low < high;) {
		uint32_t s = sorted[--high];

		for (k = low; k < high && k < low + TRIES && !ewi_way_fit_avx2(&reach[s], &reach[sorted[k]]); k++)
			continue;
		if (k == high || k == low + TRIES) {
			order[--back] = s;
			continue;
		}
		order[front++] = s;
		order[front++] = sorted[k];
		sorted[k] = sorted[low++];
	}
	w->twos = front / 2;
	w->ones = n - w->signs - front;
}

EW_TARGET("avx2")
void ewi_way_sign_avx2(const int8_t v[EWI_PACK_BYTES], int8_t to[2 * EWI_PACK_BYTES], uint32_t fix[EWI_PACK_ROWS])
{
	const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi8(1), words = _mm256_set1_epi16(1);

	for (size_t i = 0; i < EWI_PACK_BYTES; i += 32) {
		__m256i w = ewi_load_avx2(v + i), below = _mm256_cmpgt_epi8(zero, w);
		__m256i sum = _mm256_madd_epi16(_mm256_maddubs_epi16(ones, w), words);
		__m256i more = _mm256_madd_epi16(_mm256_maddubs_epi16(ones, _mm256_and_si256(w, below)), words);

		_mm256_storeu_si256((void *)(to + i), _mm256_abs_epi8(w));
		_mm256_storeu_si256((void *)(to + EWI_PACK_BYTES + i), _mm256_xor_si256(below, _mm256_set1_epi8(INT8_MIN)));
		more = _mm256_sub_epi32(more, _mm256_slli_epi32(sum, 7)); /* w for each w < 0, but not 128 for each */
		_mm256_storeu_si256((void *)(fix + i / 4), _mm256_add_epi32(ewi_load_avx2(fix + i / 4), more));
	}
}
#endif
#endif
