/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv_neon.h - depthwise windows with NEON and dot product (tile.h): all but what an instruction does with taps.  The file
 * that includes this defines TAPS, how many go together, and has `add_taps`.
 */
#ifndef EW_TENSOR_DWCONV_NEON_H
#define EW_TENSOR_DWCONV_NEON_H

#include "tensor/requant_neon.h"

/* 16 channels of TAPS taps, from `at` on, times their weights. */
EW_INLINE void add_taps(struct ewi_sums_neon *s, const int8_t *const *taps, size_t at, const int8_t *w);

EW_INLINE void pixel(const struct ewi_tile_job *j, const int8_t *const *taps, size_t at, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, at += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_tile_finish *f = (const void *)t;
		const int8_t *w = (const void *)(f + 1);
		struct ewi_sums_neon s = ewi_biases_neon(f);

		for (size_t i = 0; i < j->steps; i++, w += TAPS * EWI_TILE)
			add_taps(&s, taps + TAPS * i, at, w);
		ewi_finish_neon(&s, f, j, out + o, j->channels - o);
	}
}

static void pixels(const struct ewi_tile_job *j, const int8_t *const *taps, size_t step, size_t count, int8_t *out)
{
	for (size_t at = 0; count > 0; count--, at += step, out += j->channels)
		pixel(j, taps, at, out);
}

#endif
