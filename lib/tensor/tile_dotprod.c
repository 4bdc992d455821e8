/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_dotprod.c - rows of activations by tiles (tile.h) with Arm's dot-product instructions: four elements of a row, as
 * they are, with four channels in one SDOT.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_DOTPROD
#ifndef __clang__
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif
#include "tensor/tile_rows_neon.h"

#define STEP_BYTES (4 * EWI_TILE)

/* lane is a constant where this is called. */
#define DOT(s, w, x, lane)                                                                         \
	do {                                                                                       \
		(s)->a = vdotq_laneq_s32((s)->a, (w)[0], x, lane);                                 \
		(s)->b = vdotq_laneq_s32((s)->b, (w)[1], x, lane);                                 \
		(s)->c = vdotq_laneq_s32((s)->c, (w)[2], x, lane);                                 \
		(s)->d = vdotq_laneq_s32((s)->d, (w)[3], x, lane);                                 \
	} while (0)

/*
 * Four elements of one or four rows.  The barrier keeps the compiler from loading weights far ahead: it runs out of
 * registers then, and sums go through memory (gcc 12).
 */
#define STEP(s, rows, at, x, lane)                                                                 \
	do {                                                                                       \
		const int8x16_t w4[] = {vld1q_s8(at), vld1q_s8((at) + 16), vld1q_s8((at) + 32),    \
					vld1q_s8((at) + 48)};                                      \
                                                                                                   \
		DOT(&(s)[0], w4, (x)[0], lane);                                                    \
		if ((rows) > 1) {                                                                  \
			DOT(&(s)[1], w4, (x)[1], lane);                                            \
			DOT(&(s)[2], w4, (x)[2], lane);                                            \
			DOT(&(s)[3], w4, (x)[3], lane);                                            \
		}                                                                                  \
		__asm__("" : : : "memory");                                                        \
	} while (0)

EW_INLINE int8x16_t four(const int8_t *x)
{
	int32_t v;

	memcpy(&v, x, sizeof(v));
	return vreinterpretq_s8_s32(vdupq_n_s32(v));
}

EW_INLINE void product(struct ewi_sums_neon *out, size_t rows, const struct ewi_tile_job *j,
		       const struct ewi_tile_finish *f)
{
	const struct ewi_sums_neon first = ewi_biases_neon(f);
	struct ewi_sums_neon s[ROWS] = {first, first, first, first};
	const int8_t *w = (const void *)(f + 1), *x = (const void *)j->x;
	size_t steps = j->steps;
	int8x16_t v[ROWS];

	for (; steps >= 4; steps -= 4, w += 4 * STEP_BYTES, x += 16) {
		EWI_UNROLL
		for (size_t r = 0; r < rows; r++)
			v[r] = vld1q_s8(x + r * j->stride);
		STEP(s, rows, w, v, 0);
		STEP(s, rows, w + STEP_BYTES, v, 1);
		STEP(s, rows, w + 2 * STEP_BYTES, v, 2);
		STEP(s, rows, w + 3 * STEP_BYTES, v, 3);
	}
	for (; steps > 0; steps--, w += STEP_BYTES, x += 4) {
		EWI_UNROLL
		for (size_t r = 0; r < rows; r++)
			v[r] = four(x + r * j->stride);
		STEP(s, rows, w, v, 0);
	}
	EWI_UNROLL
	for (size_t r = 0; r < rows; r++)
		out[r] = s[r];
}

const struct ewi_tile_isa ewi_tile_dotprod = {
	.layout = {.step = 4, .size = 1, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.rows = ROWS,
	.take = ewi_tile_take_plain,
	.run = run,
};
#ifndef __clang__
#pragma GCC pop_options
#endif
#endif
#endif
