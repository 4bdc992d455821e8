/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * recurrent_avx2.c - SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM of int8 with AVX2: the bytes of svdf_ref.c and lstm_ref.c.
 * Nearly all of their time goes into dot products, so those are by vectors; sums are modulo 2^32 in any order.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include <immintrin.h>
#include "tensor/recurrent.h"

#define STEP 16u

EW_TARGET("avx2")
EW_INLINE uint32_t sum_of(__m256i v)
{
	__m128i x = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
	x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(x);
}

/* From n on: ones in the last n words of a vector. */
static const int16_t last[2 * STEP] = {[STEP] = -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

/* Sixteen bytes less a zero point; differences have 9 bits and a sign. */
EW_TARGET("avx2")
EW_INLINE __m256i less(const int8_t *p, __m256i zero)
{
	return _mm256_sub_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)p)), zero);
}

EW_TARGET("avx2")
EW_INLINE uint32_t dot_s8(const int8_t *x, int32_t x_zero, const int8_t *w, int32_t w_zero, uint32_t n)
{
	const __m256i xz = _mm256_set1_epi16((int16_t)x_zero), wz = _mm256_set1_epi16((int16_t)w_zero);
	__m256i sum = _mm256_setzero_si256();
	uint32_t i = 0, rest = 0;

	for (; n - i >= STEP; i += STEP)
		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(less(x + i, xz), less(w + i, wz)));
	if (i > 0 && i < n) { /* the last sixteen, without those that went before */
		__m256i mask = _mm256_loadu_si256((const void *)(last + n - i));
		__m256i v = _mm256_and_si256(less(x + n - STEP, xz), mask);

		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(v, less(w + n - STEP, wz)));
		i = n;
	}
	for (; i < n; i++)
		rest += (uint32_t)((x[i] - x_zero) * (w[i] - w_zero));
	return sum_of(sum) + rest;
}

/* Two products of the least values make 2^31, which is what wraps.  A difference might not fit in 16 bits. */
EW_TARGET("avx2")
EW_INLINE uint32_t dot_s16(const int16_t *x, int32_t x_zero, const uint8_t *w, uint32_t n)
{
	__m256i sum = _mm256_setzero_si256();
	uint32_t i = 0, rest = 0;

	for (; x_zero == 0 && n - i >= STEP; i += STEP)
		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_loadu_si256((const void *)(x + i)),
							      _mm256_loadu_si256((const void *)(w + 2 * (size_t)i))));
	for (; i < n; i++)
		rest += (uint32_t)((x[i] - x_zero) * (int16_t)ewi_le16(w + 2 * (size_t)i));
	return sum_of(sum) + rest;
}

EW_TARGET("avx2")
void ewk_svdf_s8_avx2(const struct ewi_call *c)
{
	ewi_svdf_s8(c, dot_s8, dot_s16);
}

EW_TARGET("avx2")
void ewk_lstm_s8_avx2(const struct ewi_call *c)
{
	ewi_lstm_s8(c, dot_s8);
}
#endif
#endif
