/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pack_avx2.h - what packings for AVX2 have in common: steps of sixteen rows of weights, and their sums.  A model is
 * loaded as fast as this goes.  For the AVX2 kernels' files alone.
 */
#ifndef EW_TENSOR_PACK_AVX2_H
#define EW_TENSOR_PACK_AVX2_H

#include "tensor/steps_avx2.h"

#define EWI_PACK_ROWS 16u
#define EWI_PACK_STEP 4u
#define EWI_PACK_BYTES (EWI_PACK_ROWS * EWI_PACK_STEP)

/* Sixteen rows of weights, `stride` bytes apart.  Rows from `count` on, and those without a bit in `used`, are 0. */
struct ewi_rows_avx2 {
	const int8_t *w;
	size_t stride;
	uint32_t count, used;
	bool in_order; /* row i at place i, not where ewi_place_avx2 puts it */
};

/* Elements at to at + n - 1 of each, n <= 4; 0 behind them: to[EWI_PACK_STEP * place + k]. */
void ewi_rows_fetch_avx2(const struct ewi_rows_avx2 *r, size_t at, size_t n, int8_t *to);

/* The same of any four of the sixteen elements from `at` on. */
void ewi_rows_pick_avx2(const struct ewi_rows_avx2 *r, size_t at, const uint8_t which[EWI_PACK_STEP], int8_t *to);

/*
 * Parts for vpmaddubsw, two of which with 255 stay below 2^15: w, or half of it where |w| + |its neighbour| > 128.  What
 * is left of halves, w - w / 2, is at most 64 in magnitude, two of them 128 together.  Returns whether something is left.
 */
bool ewi_rows_split_avx2(const int8_t v[EWI_PACK_BYTES], int8_t *keep, int8_t *rest);

/* The first two elements of each place as words, times those of `factors`: to[2 * place + k]. */
void ewi_rows_widen_avx2(const int8_t v[EWI_PACK_BYTES], const int16_t factors[2 * EWI_PACK_ROWS], int16_t *to);

/* Takes a row's n weights into the reach of its sums, ewi_staircase_reach; returns their sum, modulo 2^32. */
uint32_t ewi_row_reach_avx2(struct ewi_staircase *s, const int8_t *w, size_t n, int32_t in_zero);

#endif
