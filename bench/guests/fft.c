/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fft.c - the spectrum of a vibration window: 256 points, radix 2, f32, then
 * power in eight bands.
 */
#include "guest.h"

#define POINTS 256
#define BITS 8

static float re[POINTS], im[POINTS];
static float cosine[POINTS / 2], sine[POINTS / 2];

/* cos and sin of 2 pi k / POINTS by turning one small angle k times. */
static void make_table(void)
{
	const double c1 = 0.99969881869620425, s1 = 0.024541228522912288;
	double c = 1, s = 0;

	for (int32_t k = 0; k < POINTS / 2; k++) {
		double next = c * c1 - s * s1;

		cosine[k] = (float)c;
		sine[k] = (float)s;
		s = s * c1 + c * s1;
		c = next;
	}
}

static uint32_t reversed(uint32_t x)
{
	uint32_t r = 0;

	for (int32_t i = 0; i < BITS; i++) {
		r = r << 1 | (x & 1);
		x >>= 1;
	}
	return r;
}

static void reorder(void)
{
	for (uint32_t i = 0; i < POINTS; i++) {
		uint32_t j = reversed(i);
		float t;

		if (j <= i)
			continue;
		t = re[i];
		re[i] = re[j];
		re[j] = t;
		t = im[i];
		im[i] = im[j];
		im[j] = t;
	}
}

static void transform(void)
{
	reorder();
	for (int32_t half = 1; half < POINTS; half *= 2) {
		int32_t turn = POINTS / 2 / half;

		for (int32_t base = 0; base < POINTS; base += 2 * half) {
			for (int32_t k = 0; k < half; k++) {
				int32_t a = base + k, b = a + half;
				float c = cosine[k * turn];
				float s = -sine[k * turn];
				float tr = re[b] * c - im[b] * s;
				float ti = re[b] * s + im[b] * c;

				re[b] = re[a] - tr;
				im[b] = im[a] - ti;
				re[a] += tr;
				im[a] += ti;
			}
		}
	}
}

static uint32_t bands(uint32_t h)
{
	for (int32_t band = 0; band < 8; band++) {
		union {
			float value;
			uint32_t bits;
		} sum = { 0 };

		for (int32_t k = band * 16; k < band * 16 + 16; k++)
			sum.value += re[k] * re[k] + im[k] * im[k];
		h = fold(h, sum.bits);
	}
	return h;
}

GUEST(fft)
{
	uint32_t seed = 12, h = 1;

	make_table();
	for (int32_t i = 0; i < n; i++) {
		for (int32_t at = 0; at < POINTS; at++) {
			re[at] = (float)(next_random(&seed) >> 16) / 65536 +
				 cosine[(at * 9) % (POINTS / 2)];
			im[at] = 0;
		}
		transform();
		h = bands(h);
	}
	return (int32_t)h;
}
