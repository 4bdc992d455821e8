/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* simd_spectrum.c - power, peaks and limits of two channels of f32 samples: multiplications, minima, square roots. */
#include "guest.h"

#define LENGTH 512

static float re[LENGTH], im[LENGTH], power[LENGTH], peak[LENGTH];

static NOINLINE void powers(float *restrict to, const float *restrict x,
			    const float *restrict y)
{
	for (int i = 0; i < LENGTH; i++)
		to[i] = __builtin_sqrtf(x[i] * x[i] + y[i] * y[i]);
}

static NOINLINE void hold(float *restrict top, const float *restrict x, float decay)
{
	for (int i = 0; i < LENGTH; i++) {
		float old = top[i] * decay;

		top[i] = x[i] > old ? x[i] : old;
	}
}

GUEST(simd_spectrum)
{
	uint32_t h = 1, random = 0x0badcafe;

	for (int i = 0; i < LENGTH; i++) {
		re[i] = (float)(next_random(&random) % 4001) - 2000.0f;
		im[i] = (float)(next_random(&random) % 4001) - 2000.0f;
		peak[i] = 0.0f;
	}
	for (int32_t k = 0; k < n; k++) {
		powers(power, re, im);
		hold(peak, power, 0.9375f);
		h = fold(h, (uint32_t)peak[k % LENGTH]);
		re[k * 5 % LENGTH] = (float)(h & 2047);
	}
	return (int32_t)h;
}
