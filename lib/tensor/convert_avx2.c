/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * convert_avx2.c - QUANTIZE of floats to int8 and int16 with AVX2: the numbers of ewi_quantize (quant.h).
 *
 * Division and truncation are exact, and so is what truncation cuts off; half of it or more goes away from 0.  Before
 * that quotients are clamped to +-2^20, which no zero point brings back into the range; NaN becomes the low end.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include <immintrin.h>
#include "edgewasm/model.h"

#define STEP 16u

struct scale {
	__m256 by;
	__m256i zero;
};

EW_TARGET("avx2")
EW_INLINE __m256i eight(const float *in, const struct scale *s)
{
	const __m256 far = _mm256_set1_ps(1048576.0f), sign = _mm256_set1_ps(-0.0f), half = _mm256_set1_ps(0.5f);
	__m256 v = _mm256_div_ps(_mm256_loadu_ps(in), s->by), whole, away, left;

	v = _mm256_max_ps(v, _mm256_sub_ps(_mm256_setzero_ps(), far)); /* of NaN the second one */
	v = _mm256_min_ps(v, far);
	whole = _mm256_round_ps(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
	left = _mm256_andnot_ps(sign, _mm256_sub_ps(v, whole));
	away = _mm256_or_ps(_mm256_and_ps(v, sign), _mm256_set1_ps(1.0f));
	whole = _mm256_add_ps(whole, _mm256_and_ps(_mm256_cmp_ps(left, half, _CMP_GE_OQ), away));
	return _mm256_add_epi32(_mm256_cvttps_epi32(whole), s->zero);
}

/* Sixteen words within low and high, in order. */
EW_TARGET("avx2")
EW_INLINE __m256i sixteen(const float *in, const struct scale *s)
{
	return _mm256_permute4x64_epi64(_mm256_packs_epi32(eight(in, s), eight(in + 8, s)), 0xd8);
}

EW_TARGET("avx2")
void ewk_quantize_avx2(const struct ewi_call *c)
{
	const struct ewi_convert *p = c->params;
	const struct scale s = {_mm256_set1_ps(p->out_scale), _mm256_set1_epi32(p->out_zero)};
	const float *in = c->in[0];
	size_t n = c->windows * p->count, i = 0;

	for (; n - i >= STEP; i += STEP) {
		__m256i v = sixteen(in + i, &s);

		if (p->out_type == EW_TENSOR_I16)
			_mm256_storeu_si256((void *)((int16_t *)c->out + i), v);
		else
			_mm_storeu_si128((void *)((int8_t *)c->out + i),
					 _mm_packs_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)));
	}
	for (; i < n; i++) {
		int32_t v = ewi_quantize(in[i], p->out_scale, p->out_zero, p->low, p->high);

		if (p->out_type == EW_TENSOR_I16)
			((int16_t *)c->out)[i] = (int16_t)v;
		else
			((int8_t *)c->out)[i] = (int8_t)v;
	}
}
#endif
#endif
