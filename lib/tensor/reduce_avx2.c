/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * reduce_avx2.c - SUM, MEAN, REDUCE_MAX and REDUCE_MIN of int8 with AVX2: the bytes of ewk_reduce_ref.
 *
 * Where neighbours of the output come from neighbours of the input (a mean over the picture, channel by channel), sixteen
 * of them go together; the last ones begin sixteen before the end.  All else is the definition's.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/reduce.h"

#if EWI_KERNELS_X86
#include "tensor/requant_avx2.h"

#define STEP 16u

EW_TARGET("avx2")
EW_INLINE __m256i finished(const struct ewi_reduce *p, __m256i v)
{
	const __m256i m = _mm256_set1_epi32(p->scale.multiplier), shift = _mm256_set1_epi32(p->scale.shift);

	v = _mm256_sub_epi32(v, _mm256_set1_epi32(p->total_zero));
	v = p->single ? ewi_requant_single_avx2(v, m, shift) : ewi_requant_avx2(v, m, shift);
	return _mm256_add_epi32(v, _mm256_set1_epi32(p->out_zero));
}

/* Sixteen sums to bytes. */
EW_TARGET("avx2")
EW_INLINE __m128i bytes_of(const struct ewi_reduce *p, __m256i low, __m256i high)
{
	__m256i v = _mm256_packs_epi32(finished(p, low), finished(p, high));

	v = _mm256_permute4x64_epi64(v, 0xd8);
	return _mm_packs_epi16(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

/* Sixteen outputs from the inputs at `in` on. */
EW_TARGET("avx2")
static void sixteen(const struct ewi_reduce *p, const int8_t *in, int8_t *out)
{
	const struct ewi_nest *n = &p->reduced;
	__m256i low = _mm256_setzero_si256(), high = low;
	__m128i most = _mm_set1_epi8(p->reduction == EWI_REDUCE_MAX ? INT8_MIN : INT8_MAX);
	uint32_t at[EW_MODEL_DIMS] = {0}, inner = n->count - 1;

	for (;;) {
		const int8_t *x = in;
		uint32_t d = inner;

		for (uint32_t k = 0; k < n->times[inner]; k++, x += n->step[inner]) {
			__m128i v = _mm_loadu_si128((const void *)x);

			if (p->reduction == EWI_REDUCE_SUM) {
				low = _mm256_add_epi32(low, _mm256_cvtepi8_epi32(v));
				high = _mm256_add_epi32(high, _mm256_cvtepi8_epi32(_mm_srli_si128(v, 8)));
			} else {
				most = p->reduction == EWI_REDUCE_MAX ? _mm_max_epi8(most, v) : _mm_min_epi8(most, v);
			}
		}
		for (; d > 0; d--) { /* the next place of the outer loops */
			in += n->step[d - 1];
			if (++at[d - 1] < n->times[d - 1])
				break;
			in -= (size_t)n->step[d - 1] * n->times[d - 1];
			at[d - 1] = 0;
		}
		if (d == 0)
			break;
	}
	_mm_storeu_si128((void *)out, p->reduction == EWI_REDUCE_SUM ? bytes_of(p, low, high) : most);
}

static bool fits(const struct ewi_reduce *p)
{
	const struct ewi_nest *k = &p->kept;

	return p->type == EW_TENSOR_I8 && !p->empty && p->reduced.count > 0 && k->count > 0 && k->step[k->count - 1] == 1 &&
	       k->times[k->count - 1] >= STEP && p->scale.shift >= -31 && p->scale.shift <= 30;
}

void ewk_reduce_avx2(const struct ewi_call *c)
{
	const struct ewi_reduce *p = c->params;
	uint32_t inner = p->kept.count - 1, run = p->kept.count ? p->kept.times[inner] : 0, d;
	int8_t *out = c->out;

	if (!fits(p)) {
		ewk_reduce_ref(c);
		return;
	}
	for (size_t w = 0; w < c->windows; w++) {
		const int8_t *in = (const int8_t *)c->in[0] + w * p->in_window;
		uint32_t at[EW_MODEL_DIMS] = {0};

		do {
			for (uint32_t i = 0; i < run; i += STEP) {
				uint32_t first = i < run - STEP ? i : run - STEP;

				sixteen(p, in + first, out + first);
			}
			out += run;
			for (d = inner; d > 0; d--) {
				in += p->kept.step[d - 1];
				if (++at[d - 1] < p->kept.times[d - 1])
					break;
				in -= (size_t)p->kept.step[d - 1] * p->kept.times[d - 1];
				at[d - 1] = 0;
			}
		} while (d > 0);
	}
}
#endif
#endif
