/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * requant_avx2.h - eight sums to eight outputs with AVX2: the functions of quant.h, in vectors.  For the AVX2
 * kernels' files alone.
 */
#ifndef EW_TENSOR_REQUANT_AVX2_H
#define EW_TENSOR_REQUANT_AVX2_H

#include <immintrin.h>
#include <string.h>
#include "base/bits.h"
#include "tensor/finish.h"
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
 * Where a packing begins in memory that is aligned to less: loads that cross a cache line take twice as long.
 * Packings ask for EWI_LINE bytes more.
 */
#define EWI_LINE 64u

static inline void *ewi_line_avx2(const void *packed)
{
	uintptr_t at = ((uintptr_t)packed + EWI_LINE - 1) & ~(uintptr_t)(EWI_LINE - 1);

	return (void *)at;
}

/* What eight channels need behind their sums (finish.h). */
struct ewi_finish_avx2 {
	int32_t bias[8];
	int32_t m[8], m_odd[8]; /* multipliers; those of odd channels moved down by one */
	union {
		int32_t shift[8]; /* as in struct ewi_scale; near: to the right */
		int32_t below[8]; /* steps (steps_avx2.h) */
	};
	union {
		int32_t half[8]; /* near: 2^(right-1) */
		int32_t above[8]; /* steps */
	};
};

EW_TARGET("avx2")
EW_INLINE __m256i ewi_load_avx2(const void *p)
{
	return _mm256_loadu_si256(p);
}

/* Four bytes as they lie: two neighbours of int16, or four. */
EW_INLINE int32_t ewi_four(const void *x)
{
	int32_t v;

	memcpy(&v, x, sizeof(v));
	return v;
}

/* In every lane. */
EW_TARGET("avx2")
EW_INLINE __m256i ewi_spread_avx2(const void *x)
{
	return _mm256_set1_epi32(ewi_four(x));
}

/* ewi_high_mul.  In these, mode is a constant where they are called. */
EW_TARGET("avx2")
EW_INLINE __m256i ewi_high_avx2(__m256i x, const struct ewi_finish_avx2 *f)
{
	const __m256i round = _mm256_set1_epi64x(1 << 30);
	__m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, ewi_load_avx2(f->m)), round);
	__m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_shuffle_epi32(x, 0xf5),
							ewi_load_avx2(f->m_odd)), round);

	return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_add_epi64(odd, odd), 0xaa);
}

EW_TARGET("avx2")
EW_INLINE __m256i ewi_near_avx2(__m256i h, const struct ewi_finish_avx2 *f)
{
	h = _mm256_add_epi32(_mm256_add_epi32(h, ewi_load_avx2(f->half)),
			     _mm256_srai_epi32(h, 31));
	return _mm256_srav_epi32(h, ewi_load_avx2(f->shift));
}

/* The first half of the way, or with a far shift all of it. */
EW_TARGET("avx2")
EW_INLINE __m256i ewi_finish_first_avx2(__m256i x, const struct ewi_finish_avx2 *f,
					enum ewi_finish_mode mode)
{
	__m256i m = ewi_load_avx2(f->m), shift = ewi_load_avx2(f->shift);

	return mode == EWI_FINISH_NEAR	? ewi_high_avx2(x, f) :
	       mode == EWI_FINISH_TWICE ? ewi_requant_avx2(x, m, shift) :
					  ewi_requant_single_avx2(x, m, shift);
}

EW_TARGET("avx2")
EW_INLINE __m256i ewi_finish_second_avx2(__m256i x, const struct ewi_finish_avx2 *f,
					 enum ewi_finish_mode mode)
{
	return mode == EWI_FINISH_NEAR ? ewi_near_avx2(x, f) : x;
}

/* Where channel i of 16 is among two vectors of sums: packing goes by halves, and puts them in order again. */
static inline uint32_t ewi_place_avx2(uint32_t i)
{
	return (i & 3) + (i & 8) / 2 + (i & 4) * 2;
}

/* Zero point and clamp of an output. */
struct ewi_clamp_avx2 {
	__m256i zero, min, max;
};

EW_TARGET("avx2")
EW_INLINE struct ewi_clamp_avx2 ewi_clamp_of_avx2(int32_t zero, int32_t min, int32_t max)
{
	return (struct ewi_clamp_avx2){_mm256_set1_epi16((int16_t)zero), _mm256_set1_epi8((char)min),
				       _mm256_set1_epi8((char)max)};
}

/* Of 16 bytes the first n, or all. */
EW_TARGET("avx2")
EW_INLINE void ewi_store_avx2(int8_t *out, __m128i bytes, size_t n)
{
	int8_t all[16];

	if (EW_LIKELY(n >= 16)) {
		_mm_storeu_si128((void *)out, bytes);
	} else if (n == 8) {
		_mm_storel_epi64((void *)out, bytes);
	} else {
		_mm_storeu_si128((void *)all, bytes);
		memcpy(out, all, n);
	}
}

/*
 * Sums of 16 channels of `rows` pixels to their outputs, `step` apart, of which the first n go out.  The sums are
 * overwritten.
 *
 * In two loops: all steps of one vector after the other wait for each other, and the processor (Zen 3: 64 vector
 * operations) does not look far enough ahead to fill the time with the next vectors.
 *
 * Saturating to int16 before the zero point is added changes nothing: the clamp is within int8.
 */
EW_TARGET("avx2")
EW_INLINE void ewi_finish_rows_avx2(__m256i *sums, size_t rows, const struct ewi_finish_avx2 *f,
				    const struct ewi_clamp_avx2 *c, int8_t *out, size_t step, size_t n,
				    enum ewi_finish_mode mode)
{
	for (size_t r = 0; r < rows; r++) {
		sums[2 * r] = ewi_finish_first_avx2(sums[2 * r], &f[0], mode);
		sums[2 * r + 1] = ewi_finish_first_avx2(sums[2 * r + 1], &f[1], mode);
	}
	for (size_t r = 0; r < rows; r += 2) {
		size_t s = r + 1 < rows ? r + 1 : r; /* the last one twice when they are odd */
		__m256i a = _mm256_packs_epi32(ewi_finish_second_avx2(sums[2 * r], &f[0], mode),
					       ewi_finish_second_avx2(sums[2 * r + 1], &f[1], mode));
		__m256i b = _mm256_packs_epi32(ewi_finish_second_avx2(sums[2 * s], &f[0], mode),
					       ewi_finish_second_avx2(sums[2 * s + 1], &f[1], mode));

		a = _mm256_packs_epi16(_mm256_adds_epi16(a, c->zero), _mm256_adds_epi16(b, c->zero));
		a = _mm256_min_epi8(_mm256_max_epi8(a, c->min), c->max);
		a = _mm256_permute4x64_epi64(a, 0xd8);
		ewi_store_avx2(out + r * step, _mm256_castsi256_si128(a), n);
		ewi_store_avx2(out + s * step, _mm256_extracti128_si256(a, 1), n);
	}
}

/* Puts a channel into place i of a block. */
void ewi_finish_put_avx2(struct ewi_scale scale, int32_t bias, enum ewi_finish_mode mode,
			 struct ewi_finish_avx2 *to, uint32_t i);

#endif
