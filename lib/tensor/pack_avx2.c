/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* pack_avx2.c - the functions of pack_avx2.h. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/pack_avx2.h"

void ewi_rows_fetch_avx2(const struct ewi_rows_avx2 *r, size_t at, size_t n, int8_t *to)
{
	uint32_t count = r->count < EWI_PACK_ROWS ? r->count : EWI_PACK_ROWS;

	memset(to, 0, EWI_PACK_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		const int8_t *from = r->w + i * r->stride + at;
		int8_t *row = to + EWI_PACK_STEP * (r->in_order ? i : ewi_place_avx2(i));

		if (!(r->used >> i & 1))
			continue;
		if (n == EWI_PACK_STEP)
			memcpy(row, from, EWI_PACK_STEP);
		else
			for (size_t k = 0; k < n; k++)
				row[k] = from[k];
	}
}

EW_TARGET("avx2")
void ewi_rows_pick_avx2(const struct ewi_rows_avx2 *r, size_t at, const uint8_t which[EWI_PACK_STEP], int8_t *to)
{
	uint32_t count = r->count < EWI_PACK_ROWS ? r->count : EWI_PACK_ROWS;
	const __m128i four = _mm_cvtsi32_si128(ewi_four(which));

	memset(to, 0, EWI_PACK_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		__m128i v = _mm_shuffle_epi8(_mm_loadu_si128((const void *)(r->w + i * r->stride + at)), four);
		int32_t row = _mm_cvtsi128_si32(v);

		if (r->used >> i & 1)
			memcpy(to + EWI_PACK_STEP * (r->in_order ? i : ewi_place_avx2(i)), &row, sizeof(row));
	}
}

EW_TARGET("avx2")
bool ewi_rows_split_avx2(const int8_t v[EWI_PACK_BYTES], int8_t *keep, int8_t *rest)
{
	const __m256i most = _mm256_set1_epi8((char)128), low = _mm256_set1_epi8(0x7f), zero = _mm256_setzero_si256();
	const __m256i other = _mm256_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14, 1, 0, 3, 2, 5, 4,
					       7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
	__m256i left = zero;

	for (size_t i = 0; i < EWI_PACK_BYTES; i += 32) {
		__m256i w = _mm256_loadu_si256((const void *)(v + i)), size = _mm256_abs_epi8(w); /* unsigned: 128 fits */
		__m256i sum = _mm256_adds_epu8(size, _mm256_shuffle_epi8(size, other));
		__m256i fits = _mm256_cmpeq_epi8(_mm256_min_epu8(sum, most), sum);
		__m256i half = _mm256_sign_epi8(_mm256_and_si256(_mm256_srli_epi16(size, 1), low), w);
		__m256i kept = _mm256_blendv_epi8(half, w, fits), more = _mm256_sub_epi8(w, kept);

		_mm256_storeu_si256((void *)(keep + i), kept);
		_mm256_storeu_si256((void *)(rest + i), more);
		left = _mm256_or_si256(left, more);
	}
	return !_mm256_testz_si256(left, left);
}

EW_TARGET("avx2")
void ewi_rows_widen_avx2(const int8_t v[EWI_PACK_BYTES], const int16_t factors[2 * EWI_PACK_ROWS], int16_t *to)
{
	/* Each word's high byte; its low one does not matter, it is shifted out. */
	const __m256i high = _mm256_setr_epi8(-1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13, -1, 0, -1, 1, -1, 4,
					      -1, 5, -1, 8, -1, 9, -1, 12, -1, 13);

	for (size_t i = 0; i < EWI_PACK_BYTES; i += 32) {
		__m256i w = _mm256_shuffle_epi8(_mm256_loadu_si256((const void *)(v + i)), high);

		w = _mm256_mullo_epi16(_mm256_srai_epi16(w, 8), _mm256_loadu_si256((const void *)(factors + i / 2)));
		_mm256_storeu_si256((void *)(to + i / 2), w);
	}
}

/* Sums of bytes with vpsadbw: of those above 0, and of what those below lack to 0. */
EW_TARGET("avx2")
uint32_t ewi_row_reach_avx2(struct ewi_staircase *s, const int8_t *w, size_t n, int32_t in_zero)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i above = zero, below = zero;
	int64_t lanes[4], up, down;
	size_t d = 0;

	for (; n - d >= 32; d += 32) {
		__m256i v = _mm256_loadu_si256((const void *)(w + d));

		above = _mm256_add_epi64(above, _mm256_sad_epu8(_mm256_max_epi8(v, zero), zero));
		below = _mm256_add_epi64(below, _mm256_sad_epu8(_mm256_sub_epi8(zero, _mm256_min_epi8(v, zero)), zero));
	}
	_mm256_storeu_si256((void *)lanes, above);
	up = lanes[0] + lanes[1] + lanes[2] + lanes[3];
	_mm256_storeu_si256((void *)lanes, below);
	down = lanes[0] + lanes[1] + lanes[2] + lanes[3];
	for (; d < n; d++) {
		up += w[d] > 0 ? w[d] : 0;
		down += w[d] < 0 ? -w[d] : 0;
	}
	s->low += up * (INT8_MIN - in_zero) - down * (INT8_MAX - in_zero);
	s->high += up * (INT8_MAX - in_zero) - down * (INT8_MIN - in_zero);
	return (uint32_t)(up - down);
}
#endif
#endif
