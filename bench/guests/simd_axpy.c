/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* simd_axpy.c - a bank of f32 filters over a window of samples, by columns: products added to vectors. */
#include "guest.h"

#define TAPS 32
#define LENGTH 256

static float samples[LENGTH + TAPS], taps[TAPS], out[LENGTH];

static NOINLINE void add_scaled(float *restrict y, const float *restrict x, float a)
{
	for (int i = 0; i < LENGTH; i++)
		y[i] += a * x[i];
}

GUEST(simd_axpy)
{
	uint32_t h = 1, random = 0x7654321;

	for (int i = 0; i < LENGTH + TAPS; i++)
		samples[i] = (float)(next_random(&random) % 2001) - 1000.0f;
	for (int i = 0; i < TAPS; i++)
		taps[i] = (float)(next_random(&random) % 201) / 128.0f - 0.75f;
	for (int32_t k = 0; k < n; k++) {
		for (int i = 0; i < LENGTH; i++)
			out[i] = 0.0f;
		for (int i = 0; i < TAPS; i++)
			add_scaled(out, samples + i, taps[i]);
		h = fold(h, (uint32_t)(int32_t)out[k % LENGTH]);
		samples[k % LENGTH] += 1.0f;
	}
	return (int32_t)h;
}
