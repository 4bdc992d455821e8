/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_neon.c - rows of activations by tiles (tile.h) with NEON, of 64 and of 32 bits: int16, an element of a row with four
 * channels in one VMLAL.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_NEON
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("fpu=neon")
#endif
#include "tensor/tile_rows_neon.h"

static void take(void *x, const int8_t *in, size_t n, size_t step, size_t runs)
{
	int16_t *to = x;

	for (; runs > 0; runs--, in += step, to += n)
		for (size_t i = 0; i < n; i += 16) {
			int8x16_t v = vld1q_s8(in + i);

			vst1q_s16(to + i, vmovl_s8(vget_low_s8(v)));
			vst1q_s16(to + i + 8, vmovl_s8(vget_high_s8(v)));
		}
}

/* lane is a constant where this is called. */
#define MLAL(s, low, high, x, lane)                                                                \
	do {                                                                                       \
		(s)->a = vmlal_lane_s16((s)->a, vget_low_s16(low), x, lane);                       \
		(s)->b = vmlal_lane_s16((s)->b, vget_high_s16(low), x, lane);                      \
		(s)->c = vmlal_lane_s16((s)->c, vget_low_s16(high), x, lane);                      \
		(s)->d = vmlal_lane_s16((s)->d, vget_high_s16(high), x, lane);                     \
	} while (0)

/* One element of up to four rows, whose next four are in x. */
#define STEP(s, rows, w, x, lane)                                                                  \
	do {                                                                                       \
		int16x8_t low = vld1q_s16(w), high = vld1q_s16((w) + 8);                           \
                                                                                                   \
		MLAL(&(s)[0], low, high, (x)[0], lane);                                            \
		if ((rows) > 1) {                                                                  \
			MLAL(&(s)[1], low, high, (x)[1], lane);                                    \
			MLAL(&(s)[2], low, high, (x)[2], lane);                                    \
			MLAL(&(s)[3], low, high, (x)[3], lane);                                    \
		}                                                                                  \
	} while (0)

EW_INLINE void product(struct ewi_sums_neon *out, size_t rows, const struct ewi_tile_job *j,
		       const struct ewi_tile_finish *f)
{
	const struct ewi_sums_neon first = ewi_biases_neon(f);
	struct ewi_sums_neon s[ROWS] = {first, first, first, first};
	const int16_t *w = (const void *)(f + 1), *x = (const void *)j->x;
	size_t stride = j->stride / sizeof(int16_t), steps = j->steps;
	int16x4_t v[ROWS];

	for (; steps >= 4; steps -= 4, w += 4 * EWI_TILE, x += 4) {
		EWI_UNROLL
		for (size_t r = 0; r < rows; r++)
			v[r] = vld1_s16(x + r * stride);
		STEP(s, rows, w, v, 0);
		STEP(s, rows, w + EWI_TILE, v, 1);
		STEP(s, rows, w + 2 * EWI_TILE, v, 2);
		STEP(s, rows, w + 3 * EWI_TILE, v, 3);
	}
	for (; steps > 0; steps--, w += EWI_TILE, x++) {
		EWI_UNROLL
		for (size_t r = 0; r < rows; r++)
			v[r] = vdup_n_s16(x[r * stride]);
		STEP(s, rows, w, v, 0);
	}
	EWI_UNROLL
	for (size_t r = 0; r < rows; r++)
		out[r] = s[r];
}

const struct ewi_tile_isa ewi_tile_neon = {
	.layout = {.step = 1, .size = 2, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.rows = ROWS,
	.take = take,
	.run = run,
};
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif
#endif
