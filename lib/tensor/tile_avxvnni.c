/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_avxvnni.c - rows of activations by tiles (tile.h) with AVX-VNNI: four elements of a row with eight channels in
 * one VPDPBUSD.  How it was verified stands in tile_vnni.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_X86
#define TARGET AVXVNNI
#define ROWS 6u
#define STEP 4u
#include "tensor/tile_rows_vnni.h"

EW_TARGET(TARGET)
EW_INLINE void product(__m256i *out, size_t rows, const struct ewi_tile_job *j, const struct ewi_finish_avx2 *f)
{
	const unsigned char *w = (const void *)(f + 2), *x = j->x;
	__m256i a[ROWS], b[ROWS];

	EWI_UNROLL
	for (size_t r = 0; r < rows; r++) {
		a[r] = ewi_load_avx2(f[0].bias);
		b[r] = ewi_load_avx2(f[1].bias);
	}
	for (size_t steps = j->steps; steps > 0; steps--, w += STEP * EWI_TILE, x += STEP) {
		__m256i w0 = ewi_load_avx2(w), w1 = ewi_load_avx2(w + 32);

		EWI_UNROLL
		for (size_t r = 0; r < rows; r++) {
			__m256i v = ewi_spread_avx2(x + r * j->stride);

			a[r] = _mm256_dpbusd_avx_epi32(a[r], v, w0);
			b[r] = _mm256_dpbusd_avx_epi32(b[r], v, w1);
		}
	}
	EWI_UNROLL
	for (size_t r = 0; r < rows; r++) {
		out[2 * r] = a[r];
		out[2 * r + 1] = b[r];
	}
}

const struct ewi_tile_isa ewi_tile_avxvnni = {.layout = VNNI_LAYOUT, .rows = ROWS, .take = take, .run = run};
#endif
#endif
