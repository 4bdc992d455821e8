/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * steps_avx2.h - sums to outputs as steps.h has it, with AVX2; or as requant_avx2.h has it, for layers that steps.h cannot
 * do.  For the AVX2 kernels' files alone.
 *
 * Sums come shifted already: the shift stands in the weights (int16) or in what vpmaddwd multiplies with.
 */
#ifndef EW_TENSOR_STEPS_AVX2_H
#define EW_TENSOR_STEPS_AVX2_H

#include "tensor/requant_avx2.h"
#include "tensor/steps.h"

/* The output of eight channels, not clamped; those of each four in the order 0, 2, 1, 3. */
EW_TARGET("avx2")
EW_INLINE __m256i ewi_steps_avx2(__m256i x, const struct ewi_finish_avx2 *f, enum ewi_finish_mode mode)
{
	__m256i even, odd;

	if (mode == EWI_FINISH_SIDES)
		x = _mm256_add_epi32(x, _mm256_castps_si256(_mm256_blendv_ps(
						_mm256_castsi256_ps(ewi_load_avx2(f->above)),
						_mm256_castsi256_ps(ewi_load_avx2(f->below)),
						_mm256_castsi256_ps(x))));
	even = _mm256_mul_epi32(x, ewi_load_avx2(f->m));
	odd = _mm256_mul_epi32(_mm256_shuffle_epi32(x, 0xf5), ewi_load_avx2(f->m_odd));
	x = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(even), _mm256_castsi256_ps(odd), 0xdd));
	return _mm256_srai_epi32(x, EWI_STEPS_FINAL - 32);
}

/* Each eight bytes of 0 2 1 3 4 6 5 7 in order. */
EW_TARGET("avx2")
EW_INLINE __m256i ewi_steps_order_avx2(__m256i v)
{
	return _mm256_shuffle_epi8(v, _mm256_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15, 0, 2, 1, 3,
						       4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15));
}

/* ewi_finish_rows_avx2, in any mode. */
EW_TARGET("avx2")
EW_INLINE void ewi_outputs_avx2(__m256i *sums, size_t rows, const struct ewi_finish_avx2 *f,
				const struct ewi_clamp_avx2 *c, int8_t *out, size_t step, size_t n,
				enum ewi_finish_mode mode)
{
	if (mode != EWI_FINISH_STEPS && mode != EWI_FINISH_SIDES) {
		ewi_finish_rows_avx2(sums, rows, f, c, out, step, n, mode);
		return;
	}
	for (size_t r = 0; r < rows; r++)
		sums[r] = _mm256_packs_epi32(ewi_steps_avx2(sums[2 * r], &f[0], mode),
					     ewi_steps_avx2(sums[2 * r + 1], &f[1], mode));
	for (size_t r = 0; r < rows; r += 2) {
		size_t s = r + 1 < rows ? r + 1 : r; /* the last one twice when they are odd */
		__m256i v = ewi_steps_order_avx2(_mm256_packs_epi16(sums[r], sums[s]));

		v = _mm256_min_epi8(_mm256_max_epi8(v, c->min), c->max);
		v = _mm256_permute4x64_epi64(v, 0xd8);
		ewi_store_avx2(out + r * step, _mm256_castsi256_si128(v), n);
		ewi_store_avx2(out + s * step, _mm256_extracti128_si256(v, 1), n);
	}
}

/* Puts a channel into place i of a block; `more` goes with its bias. */
void ewi_steps_put_avx2(const struct ewi_steps *s, uint32_t more, struct ewi_finish_avx2 *to, uint32_t i);

#endif
