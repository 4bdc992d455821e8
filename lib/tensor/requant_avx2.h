/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * requant_avx2.h - eight sums to eight outputs with AVX2: the functions of quant.h, in vectors.  For the AVX2
 * kernels' files alone.
 */
#ifndef EW_TENSOR_REQUANT_AVX2_H
#define EW_TENSOR_REQUANT_AVX2_H

#include <immintrin.h>
#include "base/bits.h"
#include "tensor/quant.h"

/* ewi_requant.  Shifts within -31 to 30, multipliers not negative. */
EW_TARGET("avx2")
EW_INLINE __m256i ewi_requant_avx2(__m256i x, __m256i m, __m256i shift)
{
	const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi32(1),
		      round = _mm256_set1_epi64x(1 << 30);
	__m256i right = _mm256_sub_epi32(zero, _mm256_min_epi32(shift, zero)), even, odd, h, mask,
		threshold;

	x = _mm256_sllv_epi32(x, _mm256_max_epi32(shift, zero));
	even = _mm256_add_epi64(_mm256_mul_epi32(x, m), round);
	odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(m, 32)),
			       round);
	h = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
	mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
	threshold = _mm256_sub_epi32(_mm256_srli_epi32(mask, 1), _mm256_srai_epi32(h, 31));
	return _mm256_sub_epi32(_mm256_srav_epi32(h, right),
				_mm256_cmpgt_epi32(_mm256_and_si256(h, mask), threshold));
}

/*
 * The low 32 bits of (v + 2^(total-1)) >> total in each 64-bit lane.  AVX2 shifts 64 bits logically only: the
 * sign travels as a bias of 2^63, taken off again at its new place.
 */
EW_TARGET("avx2")
EW_INLINE __m256i ewi_round_shift_64_avx2(__m256i v, __m256i total)
{
	const __m256i one = _mm256_set1_epi64x(1), bias = _mm256_set1_epi64x(INT64_MIN);

	v = _mm256_add_epi64(v, _mm256_sllv_epi64(one, _mm256_sub_epi64(total, one)));
	v = _mm256_srlv_epi64(_mm256_xor_si256(v, bias), total);
	return _mm256_sub_epi64(v, _mm256_srlv_epi64(bias, total));
}

/* ewi_requant_single. */
EW_TARGET("avx2")
EW_INLINE __m256i ewi_requant_single_avx2(__m256i x, __m256i m, __m256i shift)
{
	__m256i total = _mm256_sub_epi32(_mm256_set1_epi32(31), shift), even, odd;
	const __m256i low = _mm256_set1_epi64x(0xffffffff);

	even = ewi_round_shift_64_avx2(_mm256_mul_epi32(x, m), _mm256_and_si256(total, low));
	odd = ewi_round_shift_64_avx2(
		_mm256_mul_epi32(_mm256_srli_epi64(x, 32), _mm256_srli_epi64(m, 32)),
		_mm256_srli_epi64(total, 32));
	return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

/*
 * What eight channels need behind their sums.  Where every channel of a layer shifts right by 1 to 31 and its sums,
 * bias included, stay below 2^30, rounding takes fewer steps ("near"): h is below 2^30 too, adding
 * 2^(right-1) <= 2^30 cannot overflow, and (h + 2^(right-1) - (h < 0)) >> right is ewi_round_shift.
 */
struct ewi_finish_avx2 {
	int32_t bias[8];
	int32_t m[8], m_odd[8]; /* multipliers; those of odd channels moved down by one */
	int32_t shift[8];	/* as in struct ewi_scale; near: to the right */
	int32_t half[8];	/* near: 2^(right-1) */
};

EW_TARGET("avx2")
EW_INLINE __m256i ewi_finish_load_avx2(const int32_t *p)
{
	return _mm256_loadu_si256((const void *)p);
}

/* Sums to requantized ones, the output's zero point not yet added.  mode is a constant where it is called. */
enum ewi_finish_mode { EWI_FINISH_NEAR, EWI_FINISH_TWICE, EWI_FINISH_SINGLE };

EW_TARGET("avx2")
EW_INLINE __m256i ewi_finish_8_avx2(__m256i x, const struct ewi_finish_avx2 *f,
				    enum ewi_finish_mode mode)
{
	__m256i m = ewi_finish_load_avx2(f->m), shift = ewi_finish_load_avx2(f->shift), even, odd, h;
	const __m256i round = _mm256_set1_epi64x(1 << 30);

	if (mode == EWI_FINISH_TWICE)
		return ewi_requant_avx2(x, m, shift);
	if (mode == EWI_FINISH_SINGLE)
		return ewi_requant_single_avx2(x, m, shift);
	even = _mm256_add_epi64(_mm256_mul_epi32(x, m), round);
	odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_shuffle_epi32(x, 0xf5),
						ewi_finish_load_avx2(f->m_odd)), round);
	h = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_add_epi64(odd, odd), 0xaa);
	h = _mm256_add_epi32(_mm256_add_epi32(h, ewi_finish_load_avx2(f->half)),
			     _mm256_srai_epi32(h, 31));
	return _mm256_srav_epi32(h, shift);
}

struct ewi_conv;

/* Whether channel o may be finished "near" when the magnitudes of its weights add up to `weights`. */
bool ewi_finish_near_avx2(const struct ewi_conv *p, uint32_t o, int32_t bias, uint64_t weights);
/* Puts channel o, number i of its block, into the block. */
void ewi_finish_put_avx2(const struct ewi_conv *p, uint32_t o, int32_t bias,
			 enum ewi_finish_mode mode, struct ewi_finish_avx2 *to, uint32_t i);

#endif
