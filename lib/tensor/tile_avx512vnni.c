/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_avx512vnni.c - rows of activations by tiles (tile.h) with AVX-512 VNNI: four elements of a row with a whole tile in
 * one VPDPBUSD.  How it was verified stands in tile_vnni.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_X86
#define TARGET AVX512VNNI
#define ROWS 8u
#define STEP 4u
#include "tensor/tile_rows_vnni.h"

EW_TARGET(TARGET)
EW_INLINE void product(__m256i *out, size_t rows, const struct ewi_tile_job *j, const struct ewi_finish_avx2 *f)
{
	const unsigned char *w = (const void *)(f + 2), *x = j->x;
	__m512i s[ROWS];

	EWI_UNROLL
	for (size_t r = 0; r < rows; r++)
		s[r] = _mm512_inserti64x4(_mm512_castsi256_si512(ewi_load_avx2(f[0].bias)), ewi_load_avx2(f[1].bias), 1);
	for (size_t steps = j->steps; steps > 0; steps--, w += STEP * EWI_TILE, x += STEP) {
		__m512i v = _mm512_loadu_si512(w);

		EWI_UNROLL
		for (size_t r = 0; r < rows; r++)
			s[r] = _mm512_dpbusd_epi32(s[r], _mm512_set1_epi32(ewi_four(x + r * j->stride)), v);
	}
	EWI_UNROLL
	for (size_t r = 0; r < rows; r++) {
		_mm256_storeu_si256(out + 2 * r, _mm512_castsi512_si256(s[r]));
		_mm256_storeu_si256(out + 2 * r + 1, _mm512_extracti64x4_epi64(s[r], 1));
	}
}

const struct ewi_tile_isa ewi_tile_avx512vnni = {.layout = VNNI_LAYOUT, .rows = ROWS, .take = take, .run = run};
#endif
#endif
