/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * mul_avx2.c - MUL of int8 with AVX2: the bytes of ewk_mul_s8_ref, eight elements at a time.
 *
 * Each input runs on with the output along its rows, or is the same for a row (broadcasting).  Products of differences
 * have 17 bits.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/binary.h"

#if EWI_KERNELS_X86
#include "tensor/requant_avx2.h"

#define STEP 8u

struct work {
	const struct ewi_binary *p;
	uint32_t a_step, b_step; /* 0 or 1 */
};

EW_TARGET("avx2")
EW_INLINE __m256i differences(const int8_t *x, uint32_t step, int32_t zero)
{
	__m256i v = step ? _mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *)x)) : _mm256_set1_epi32(*x);

	return _mm256_sub_epi32(v, _mm256_set1_epi32(zero));
}

EW_TARGET("avx2")
static void row(const struct work *w, const int8_t *a, const int8_t *b, int8_t *out, size_t n)
{
	const struct ewi_binary *p = w->p;
	const __m256i m = _mm256_set1_epi32(p->out_scale.multiplier), shift = _mm256_set1_epi32(p->out_scale.shift);
	const __m256i zero = _mm256_set1_epi32(p->out_zero), min = _mm256_set1_epi32(p->act_min),
		      max = _mm256_set1_epi32(p->act_max);
	size_t i = 0;

	for (; n - i >= STEP; i += STEP) {
		__m256i v = _mm256_mullo_epi32(differences(a + i * w->a_step, w->a_step, p->a_zero),
					       differences(b + i * w->b_step, w->b_step, p->b_zero));
		__m128i bytes;

		v = p->single ? ewi_requant_single_avx2(v, m, shift) : ewi_requant_avx2(v, m, shift);
		v = _mm256_min_epi32(_mm256_max_epi32(_mm256_add_epi32(v, zero), min), max);
		bytes = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
		_mm_storel_epi64((void *)(out + i), _mm_packs_epi16(bytes, bytes));
	}
	for (; i < n; i++) {
		int32_t v = (a[i * w->a_step] - p->a_zero) * (b[i * w->b_step] - p->b_zero);

		v = ewi_wrap_add(ewi_requant_as(v, p->out_scale, p->single), p->out_zero);
		out[i] = (int8_t)ewi_clamp(v, p->act_min, p->act_max);
	}
}

/* All rows of a window. */
static void window(const struct work *w, const int8_t *a, const int8_t *b, int8_t *out)
{
	const struct ewi_loops *l = &w->p->loops;
	uint32_t at[EW_MODEL_DIMS] = {0}, inner = l->count - 1, d;

	do {
		row(w, a, b, out, l->times[inner]);
		out += l->times[inner];
		for (d = inner; d > 0; d--) {
			a += l->a_step[d - 1];
			b += l->b_step[d - 1];
			if (++at[d - 1] < l->times[d - 1])
				break;
			a -= (size_t)l->a_step[d - 1] * l->times[d - 1];
			b -= (size_t)l->b_step[d - 1] * l->times[d - 1];
			at[d - 1] = 0;
		}
	} while (d > 0);
}

void ewk_mul_s8_avx2(const struct ewi_call *c)
{
	const struct ewi_binary *p = c->params;
	uint32_t inner = p->loops.count - 1;
	struct work w = {p, p->loops.a_step[inner], p->loops.b_step[inner]};

	if (w.a_step > 1 || w.b_step > 1 || p->out_scale.shift < -31 || p->out_scale.shift > 30 || p->out_window == 0) {
		ewk_mul_s8_ref(c);
		return;
	}
	for (size_t i = 0; i < c->windows; i++)
		window(&w, (const int8_t *)c->in[0] + i * p->a_window, (const int8_t *)c->in[1] + i * p->b_window,
		       (int8_t *)c->out + i * p->out_window);
}
#endif
#endif
