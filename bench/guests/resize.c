/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * resize.c - bilinear resize of a grey camera frame, 96 by 72 to 64 by 64, in
 * 8-bit fractions, as before an image model.
 */
#include "guest.h"

#define IN_W 96
#define IN_H 72
#define OUT 64

static uint8_t frame[IN_H][IN_W], small[OUT][OUT];

static void resize(void)
{
	const uint32_t step_x = ((IN_W - 1) << 8) / OUT;
	const uint32_t step_y = ((IN_H - 1) << 8) / OUT;

	for (uint32_t y = 0; y < OUT; y++) {
		uint32_t sy = y * step_y, fy = sy & 255;
		const uint8_t *top = frame[sy >> 8];
		const uint8_t *bottom = frame[(sy >> 8) + 1];

		for (uint32_t x = 0; x < OUT; x++) {
			uint32_t sx = x * step_x, fx = sx & 255, at = sx >> 8;
			uint32_t a = top[at] * (256 - fx) + top[at + 1] * fx;
			uint32_t b = bottom[at] * (256 - fx) +
				     bottom[at + 1] * fx;

			small[y][x] = (uint8_t)((a * (256 - fy) + b * fy +
						 32768) >> 16);
		}
	}
}

GUEST(resize)
{
	uint32_t seed = 640, h = 1;

	for (int32_t y = 0; y < IN_H; y++)
		for (int32_t x = 0; x < IN_W; x++)
			frame[y][x] = (uint8_t)(next_random(&seed) >> 20);
	for (int32_t i = 0; i < n; i++) {
		resize();
		frame[i % IN_H][(i * 5) % IN_W] += small[i % OUT][(i * 7) % OUT];
		for (int32_t at = 0; at < OUT; at++)
			h = fold(h, small[at][(at * 3 + i) % OUT]);
	}
	return (int32_t)h;
}
