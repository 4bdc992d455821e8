/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_i8mm.c - rows of activations by tiles (tile.h) with Arm's int8 matrix instructions: eight elements of two rows with
 * two channels in one SMMLA.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_I8MM
#ifndef __clang__
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod+i8mm")
#endif
#include "tensor/requant_neon.h"

#define ROWS 4u
#define STEP 8u
#define PAIRS (EWI_TILE / 2)

/* Sums of two rows, x and y, and a pair of channels: x0 x1 y0 y1. */
struct sums {
	int32x4_t v[PAIRS];
};

/* pairs (of rows), 1 or 2, is a constant where this is called. */
EW_INLINE void product(struct sums *out, size_t pairs, const struct ewi_tile_job *j, const struct ewi_tile_finish *f,
		       size_t stride)
{
	const int8_t *w = (const void *)(f + 1), *x = (const void *)j->x;
	struct sums s[2];

	EWI_UNROLL
	for (size_t i = 0; i < PAIRS; i++) {
		int32x2_t bias = vld1_s32(f->bias + 2 * i);

		s[0].v[i] = s[1].v[i] = vcombine_s32(bias, bias);
	}
	for (size_t steps = j->steps; steps > 0; steps--, x += STEP) {
		int8x16_t a = vcombine_s8(vld1_s8(x), vld1_s8(x + stride)), b = a;

		if (pairs > 1)
			b = vcombine_s8(vld1_s8(x + 2 * stride), vld1_s8(x + 3 * stride));
		EWI_UNROLL
		for (size_t i = 0; i < PAIRS; i++, w += 2 * STEP) {
			int8x16_t w2 = vld1q_s8(w);

			s[0].v[i] = vmmlaq_s32(s[0].v[i], a, w2);
			if (pairs > 1)
				s[1].v[i] = vmmlaq_s32(s[1].v[i], b, w2);
		}
	}
	EWI_UNROLL
	for (size_t p = 0; p < pairs; p++)
		out[p] = s[p];
}

/* Four channels of the first, or second, of two rows. */
EW_INLINE int32x4_t four_of(const struct sums *s, size_t i, bool second)
{
	return second ? vcombine_s32(vget_high_s32(s->v[i]), vget_high_s32(s->v[i + 1])) :
			vcombine_s32(vget_low_s32(s->v[i]), vget_low_s32(s->v[i + 1]));
}

EW_INLINE struct ewi_sums_neon row_of(const struct sums *s, bool second)
{
	return (struct ewi_sums_neon){four_of(s, 0, second), four_of(s, 2, second), four_of(s, 4, second),
				      four_of(s, 6, second)};
}

static void run(const struct ewi_tile_job *j, size_t count, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_tile_finish *f = (const void *)t;
		struct sums s[ROWS / 2];

		if (count == 1)
			product(s, 1, j, f, 0);
		else if (count == 2)
			product(s, 1, j, f, j->stride);
		else
			product(s, 2, j, f, j->stride);
		for (size_t r = 0; r < count; r++) {
			struct ewi_sums_neon v = row_of(&s[r / 2], r % 2);

			ewi_finish_neon(&v, f, j, out + r * j->channels + o, j->channels - o);
		}
	}
}

const struct ewi_tile_isa ewi_tile_i8mm = {
	.layout = {.step = STEP, .size = 1, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.rows = ROWS,
	.take = ewi_tile_take_plain,
	.run = run,
};
#ifndef __clang__
#pragma GCC pop_options
#endif
#endif
#endif
