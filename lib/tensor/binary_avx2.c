/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * binary_avx2.c - ADD of int8 with AVX2: the bytes of ewk_add_s8_ref, eight elements at a time.
 *
 * Only where both inputs run on with the output and everything is small enough that rounding takes few steps:
 * (a - zero) << 20 is below 2^28, its scaled value no larger when its scale is below 1, the sum of two below 2^29.
 * Then h + 2^(right-1) cannot overflow.  All else is the definition's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/binary.h"

#if EWI_KERNELS_X86
#include <immintrin.h>

/* A scale below 1: multiplier, shift to the right, what rounds it. */
struct scale {
	__m256i m, right, half, sign; /* sign: all ones when there is a shift */
};

EW_TARGET("avx2")
EW_INLINE struct scale scale_of(struct ewi_scale s)
{
	return (struct scale){_mm256_set1_epi32(s.multiplier), _mm256_set1_epi32(-s.shift),
			      _mm256_set1_epi32(s.shift ? 1 << (-s.shift - 1) : 0),
			      _mm256_set1_epi32(s.shift ? -1 : 0)};
}

/* ewi_requant of |x| < 2^30. */
EW_TARGET("avx2")
EW_INLINE __m256i scaled(__m256i x, const struct scale *s)
{
	const __m256i round = _mm256_set1_epi64x(1 << 30);
	__m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, s->m), round);
	__m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_shuffle_epi32(x, 0xf5), s->m), round);
	__m256i h = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_add_epi64(odd, odd), 0xaa);

	h = _mm256_add_epi32(_mm256_add_epi32(h, s->half),
			     _mm256_and_si256(_mm256_srai_epi32(h, 31), s->sign));
	return _mm256_srav_epi32(h, s->right);
}

EW_TARGET("avx2")
EW_INLINE __m256i input(const int8_t *p, __m256i zero, const struct scale *s)
{
	__m256i x = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *)p));

	return scaled(_mm256_slli_epi32(_mm256_sub_epi32(x, zero), 20), s);
}

EW_TARGET("avx2")
static void add(const struct ewi_binary *p, const int8_t *a, const int8_t *b, int8_t *out, size_t n)
{
	const struct scale sa = scale_of(p->a_scale), sb = scale_of(p->b_scale), so = scale_of(p->out_scale);
	const __m256i a_zero = _mm256_set1_epi32(p->a_zero), b_zero = _mm256_set1_epi32(p->b_zero);
	const __m128i zero = _mm_set1_epi16((int16_t)p->out_zero), min = _mm_set1_epi8((char)p->act_min),
		      max = _mm_set1_epi8((char)p->act_max);

	for (size_t i = 0; i < n; i += 8) {
		__m256i v = _mm256_add_epi32(input(a + i, a_zero, &sa), input(b + i, b_zero, &sb));
		__m128i bytes;

		v = scaled(v, &so);
		bytes = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
		bytes = _mm_adds_epi16(bytes, zero);
		bytes = _mm_min_epi8(_mm_max_epi8(_mm_packs_epi16(bytes, bytes), min), max);
		_mm_storel_epi64((void *)(out + i), bytes);
	}
}

void ewk_add_s8_avx2(const struct ewi_call *c)
{
	ewi_add_rows(c, ewi_add_small(c->params), 8, add);
}
#endif
#endif
