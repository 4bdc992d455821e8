/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * binary_sse41.c - ADD of int8 with SSE4.1: the bytes of ewk_add_s8_ref, four elements at a time, where both inputs run on
 * with the output and no scale is above 1; the bounds are those of binary_avx2.c.  All else is the definition's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/binary.h"

#if EWI_KERNELS_X86
#include <smmintrin.h>

/* A scale below 1: multiplier, shift to the right, what rounds it. */
struct scale {
	__m128i m, right, half, sign; /* sign: all ones when there is a shift */
};

EW_TARGET("sse4.1")
EW_INLINE struct scale scale_of(struct ewi_scale s)
{
	return (struct scale){_mm_set1_epi32(s.multiplier), _mm_cvtsi32_si128(-s.shift),
			      _mm_set1_epi32(s.shift ? 1 << (-s.shift - 1) : 0), _mm_set1_epi32(s.shift ? -1 : 0)};
}

/* ewi_requant of |x| < 2^30. */
EW_TARGET("sse4.1")
EW_INLINE __m128i scaled(__m128i x, const struct scale *s)
{
	const __m128i round = _mm_set1_epi64x(1 << 30);
	__m128i even = _mm_add_epi64(_mm_mul_epi32(x, s->m), round);
	__m128i odd = _mm_add_epi64(_mm_mul_epi32(_mm_srli_epi64(x, 32), s->m), round);
	__m128i h = _mm_blend_epi16(_mm_srli_epi64(even, 31), _mm_add_epi64(odd, odd), 0xcc);

	h = _mm_add_epi32(_mm_add_epi32(h, s->half), _mm_and_si128(_mm_srai_epi32(h, 31), s->sign));
	return _mm_sra_epi32(h, s->right);
}

EW_TARGET("sse4.1")
EW_INLINE __m128i input(__m128i bytes, __m128i zero, const struct scale *s)
{
	return scaled(_mm_slli_epi32(_mm_sub_epi32(_mm_cvtepi8_epi32(bytes), zero), 20), s);
}

EW_TARGET("sse4.1")
static void add(const struct ewi_binary *p, const int8_t *a, const int8_t *b, int8_t *out, size_t n)
{
	const struct scale sa = scale_of(p->a_scale), sb = scale_of(p->b_scale), so = scale_of(p->out_scale);
	const __m128i a_zero = _mm_set1_epi32(p->a_zero), b_zero = _mm_set1_epi32(p->b_zero);
	const __m128i zero = _mm_set1_epi16((int16_t)p->out_zero), min = _mm_set1_epi8((char)p->act_min),
		      max = _mm_set1_epi8((char)p->act_max);

	for (size_t i = 0; i < n; i += 8) {
		__m128i x = _mm_loadl_epi64((const void *)(a + i)), y = _mm_loadl_epi64((const void *)(b + i)), v[2];

		v[0] = _mm_add_epi32(input(x, a_zero, &sa), input(y, b_zero, &sb));
		v[1] = _mm_add_epi32(input(_mm_srli_si128(x, 4), a_zero, &sa), input(_mm_srli_si128(y, 4), b_zero, &sb));
		x = _mm_adds_epi16(_mm_packs_epi32(scaled(v[0], &so), scaled(v[1], &so)), zero);
		x = _mm_min_epi8(_mm_max_epi8(_mm_packs_epi16(x, x), min), max);
		_mm_storel_epi64((void *)(out + i), x);
	}
}

void ewk_add_s8_sse41(const struct ewi_call *c)
{
	ewi_add_rows(c, ewi_add_small(c->params), 8, add);
}
#endif
#endif
