/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_rows_neon.h - rows of activations by tiles (tile.h) with NEON and dot product: the sums of a row, and all but the loop
 * inside.  The file that includes this has `product`, of one row or of ROWS.
 */
#ifndef EW_TENSOR_TILE_ROWS_NEON_H
#define EW_TENSOR_TILE_ROWS_NEON_H

#include "tensor/requant_neon.h"

#define ROWS 4u

/* rows, 1 or ROWS, is a constant where this is called. */
EW_INLINE void product(struct ewi_sums_neon *out, size_t rows, const struct ewi_tile_job *j,
		       const struct ewi_tile_finish *f);

static void run(const struct ewi_tile_job *j, size_t count, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_tile_finish *f = (const void *)t;
		struct ewi_sums_neon s[ROWS];

		if (count == 1)
			product(s, 1, j, f);
		else
			product(s, ROWS, j, f);
		for (size_t r = 0; r < count; r++)
			ewi_finish_neon(&s[r], f, j, out + r * j->channels + o, j->channels - o);
	}
}

#endif
