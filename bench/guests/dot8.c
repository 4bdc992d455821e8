/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dot8.c - a fully connected int8 layer, 128 inputs to 16 outputs, with bias,
 * scaling by a multiplier and a shift, and saturation: signed byte loads.
 */
#include "guest.h"

#define INPUTS 128
#define OUTPUTS 16

static int8_t input[INPUTS], weights[OUTPUTS][INPUTS], output[OUTPUTS];
static int32_t bias[OUTPUTS];

static int32_t dot(const int8_t *a, const int8_t *b)
{
	int32_t sum = 0;

	for (int32_t i = 0; i < INPUTS; i++)
		sum += a[i] * b[i];
	return sum;
}

static int8_t scale(int32_t sum)
{
	int64_t x = ((int64_t)sum * 1518500250 + ((int64_t)1 << 37)) >> 38;

	return (int8_t)(x < -128 ? -128 : x > 127 ? 127 : x);
}

GUEST(dot8)
{
	uint32_t seed = 88, h = 1;

	for (int32_t i = 0; i < INPUTS; i++)
		input[i] = (int8_t)(next_random(&seed) >> 24);
	for (int32_t row = 0; row < OUTPUTS; row++) {
		bias[row] = (int32_t)(next_random(&seed) % 4096) - 2048;
		for (int32_t i = 0; i < INPUTS; i++)
			weights[row][i] = (int8_t)(next_random(&seed) >> 24);
	}
	for (int32_t i = 0; i < n; i++) {
		for (int32_t row = 0; row < OUTPUTS; row++) {
			output[row] = scale(dot(weights[row], input) +
					    bias[row]);
			h = fold(h, (uint8_t)output[row]);
		}
		for (int32_t row = 0; row < OUTPUTS; row++)
			input[(i + row * 8) % INPUTS] = output[row];
	}
	return (int32_t)h;
}
