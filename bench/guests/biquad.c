/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * biquad.c - four second-order filters in a row over windows of vibration
 * samples, then their mean square: f32 state that each step depends on.
 */
#include "guest.h"

#define STAGES 4
#define WINDOW 128

struct biquad {
	float b0, b1, b2, a1, a2;
	float s1, s2;
};

/* Poles well inside the unit circle: nothing grows. */
static const float coefficients[STAGES][5] = {
	{ 0.0675f, 0.1349f, 0.0675f, -1.1430f, 0.4128f },
	{ 0.2929f, 0.5858f, 0.2929f, 0.0000f, 0.1716f },
	{ 0.8000f, -1.5990f, 0.8000f, -1.5610f, 0.6414f },
	{ 0.1311f, 0.2622f, 0.1311f, -0.7478f, 0.2722f },
};

static struct biquad filters[STAGES];
static float window[WINDOW];

static float filter(float x)
{
	for (int32_t i = 0; i < STAGES; i++) {
		struct biquad *f = &filters[i];
		float y = f->b0 * x + f->s1;

		f->s1 = f->b1 * x - f->a1 * y + f->s2;
		f->s2 = f->b2 * x - f->a2 * y;
		x = y;
	}
	return x;
}

GUEST(biquad)
{
	uint32_t seed = 44, h = 1;

	for (int32_t i = 0; i < STAGES; i++) {
		const float *c = coefficients[i];
		struct biquad f = { c[0], c[1], c[2], c[3], c[4], 0, 0 };

		filters[i] = f;
	}
	for (int32_t at = 0; at < WINDOW; at++)
		window[at] = (float)(int32_t)(next_random(&seed) >> 16) /
			     32768 - 1;
	for (int32_t i = 0; i < n; i++) {
		union {
			float value;
			uint32_t bits;
		} sum = { 0 };

		for (int32_t at = 0; at < WINDOW; at++) {
			float y = filter(window[at]);

			sum.value += y * y;
		}
		window[i % WINDOW] = -window[(i * 3) % WINDOW];
		h = fold(h, sum.bits);
	}
	return (int32_t)h;
}
