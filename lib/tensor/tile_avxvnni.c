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
#include "tensor/tile_vnni.h"

#ifdef EWI_VNNI_SHIM
#define TARGET "avx2"
#else
#define TARGET "avx2,avxvnni"
#endif
#define ROWS 6u
#define STEP 4u

EW_TARGET("avx2")
static void take(void *x, const int8_t *in, size_t n, size_t step, size_t runs)
{
	take_unsigned(x, in, n, step, runs);
}

EW_TARGET("avx2")
EW_INLINE __m256i four(const unsigned char *x)
{
	int32_t v;

	memcpy(&v, x, sizeof(v));
	return _mm256_set1_epi32(v);
}

/* rows is a constant where this is called. */
EW_TARGET(TARGET)
EW_INLINE void product(__m256i *out, size_t rows, const struct ewi_tile_job *j, const struct ewi_finish_avx2 *f)
{
	const unsigned char *w = (const void *)(f + 2), *x = j->x;
	__m256i a[ROWS], b[ROWS];

	EWI_UNROLL
	for (size_t r = 0; r < rows; r++) {
		a[r] = load_vnni(f[0].bias);
		b[r] = load_vnni(f[1].bias);
	}
	for (size_t steps = j->steps; steps > 0; steps--, w += STEP * EWI_TILE, x += STEP) {
		__m256i w0 = load_vnni(w), w1 = load_vnni(w + 32);

		EWI_UNROLL
		for (size_t r = 0; r < rows; r++) {
			__m256i v = four(x + r * j->stride);

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

const struct ewi_tile_isa ewi_tile_avxvnni = {.layout = VNNI_LAYOUT, .rows = ROWS, .take = take, .run = run};
#endif
#endif
