/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* matmul.c - 32-bit integer matrices, 48 by 48: two loads for each multiply. */
#include "guest.h"

#define SIDE 48

static uint32_t a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];

static void multiply(void)
{
	for (int32_t row = 0; row < SIDE; row++) {
		for (int32_t col = 0; col < SIDE; col++) {
			uint32_t sum = 0;

			for (int32_t k = 0; k < SIDE; k++)
				sum += a[row][k] * b[k][col];
			c[row][col] = sum;
		}
	}
}

GUEST(matmul)
{
	uint32_t seed = 5, h = 1;

	for (int32_t row = 0; row < SIDE; row++) {
		for (int32_t col = 0; col < SIDE; col++) {
			a[row][col] = next_random(&seed) >> 16;
			b[row][col] = next_random(&seed) >> 16;
		}
	}
	for (int32_t i = 0; i < n; i++) {
		multiply();
		a[i % SIDE][(i * 7) % SIDE] += c[(i * 5) % SIDE][i % SIDE];
		h = fold(h, c[i % SIDE][(i * 11) % SIDE]);
	}
	return (int32_t)h;
}
