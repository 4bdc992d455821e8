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
#include "tensor/tile_vnni.h"

#ifdef EWI_VNNI_SHIM
#define TARGET "avx2"
#else
#define TARGET "avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"
#endif
#define ROWS 8u
#define STEP 4u

EW_TARGET("avx2")
static void take(void *x, const int8_t *in, size_t n, size_t step, size_t runs)
{
	take_unsigned(x, in, n, step, runs);
}

EW_TARGET(TARGET)
EW_INLINE __m512i four(const unsigned char *x)
{
	int32_t v;

	memcpy(&v, x, sizeof(v));
	return _mm512_set1_epi32(v);
}

/* rows is a constant where this is called. */
EW_TARGET(TARGET)
EW_INLINE void product(__m256i *out, size_t rows, const struct ewi_tile_job *j, const struct ewi_finish_avx2 *f)
{
	const unsigned char *w = (const void *)(f + 2), *x = j->x;
	__m512i s[ROWS];

	EWI_UNROLL
	for (size_t r = 0; r < rows; r++)
		s[r] = _mm512_inserti64x4(_mm512_castsi256_si512(load_vnni(f[0].bias)), load_vnni(f[1].bias), 1);
	for (size_t steps = j->steps; steps > 0; steps--, w += STEP * EWI_TILE, x += STEP) {
		__m512i v = _mm512_loadu_si512(w);

		EWI_UNROLL
		for (size_t r = 0; r < rows; r++)
			s[r] = _mm512_dpbusd_epi32(s[r], four(x + r * j->stride), v);
	}
	EWI_UNROLL
	for (size_t r = 0; r < rows; r++) {
		_mm256_storeu_si256(out + 2 * r, _mm512_castsi512_si256(s[r]));
		_mm256_storeu_si256(out + 2 * r + 1, _mm512_extracti64x4_epi64(s[r], 1));
	}
}

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

const struct ewi_tile_isa ewi_tile_avx512vnni = {.layout = VNNI_LAYOUT, .rows = ROWS, .take = take, .run = run};
#endif
#endif
