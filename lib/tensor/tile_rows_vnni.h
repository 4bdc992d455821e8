/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_rows_vnni.h - rows of activations by tiles (tile.h) with VPDPBUSD: all but the loop inside.  The file that includes
 * this defines TARGET, what the instruction needs, and ROWS, how many rows go together; then product.
 */
#ifndef EW_TENSOR_TILE_ROWS_VNNI_H
#define EW_TENSOR_TILE_ROWS_VNNI_H

#include "tensor/tile_vnni.h"

/* Sums of `rows` rows, two vectors each; rows, 1 or ROWS, is a constant where this is called. */
EW_TARGET(TARGET)
EW_INLINE void product(__m256i *out, size_t rows, const struct ewi_tile_job *j, const struct ewi_finish_avx2 *f);

/* Functions of their own: the loop needs every register there is. */
EW_TARGET(TARGET)
static EW_NOINLINE void product_1(__m256i *out, const struct ewi_tile_job *j, const struct ewi_finish_avx2 *f)
{
	product(out, 1, j, f);
}

EW_TARGET(TARGET)
static EW_NOINLINE void product_all(__m256i *out, const struct ewi_tile_job *j, const struct ewi_finish_avx2 *f)
{
	product(out, ROWS, j, f);
}

/* in + 128. */
EW_TARGET("avx2")
static void take(void *x, const int8_t *in, size_t n, size_t step, size_t runs)
{
	const __m128i sign = _mm_set1_epi8(INT8_MIN);
	uint8_t *to = x;

	for (; runs > 0; runs--, in += step, to += n)
		for (size_t i = 0; i < n; i += 16)
			_mm_storeu_si128((void *)(to + i),
					 _mm_xor_si128(_mm_loadu_si128((const void *)(in + i)), sign));
}

EW_TARGET("avx2")
static void run(const struct ewi_tile_job *j, size_t count, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_finish_avx2 *f = (const void *)t;
		__m256i sums[2 * ROWS];

		if (count == 1)
			product_1(sums, j, f);
		else
			product_all(sums, j, f);
		finish_vnni(sums, count, f, j, out + o, j->channels - o);
	}
}

#endif
