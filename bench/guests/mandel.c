/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* mandel.c - escape counts over a grid: f64 in registers and one branch. */
#include "guest.h"

static uint32_t escape(double cx, double cy)
{
	double x = 0, y = 0;
	uint32_t count = 0;

	while (count < 100) {
		double xx = x * x, yy = y * y;

		if (xx + yy > 4)
			break;
		y = 2 * x * y + cy;
		x = xx - yy + cx;
		count++;
	}
	return count;
}

GUEST(mandel)
{
	uint32_t h = 1;

	for (int32_t row = 0; row < n; row++) {
		double cy = (double)(row % 64) / 32 - 1;

		for (int32_t col = 0; col < 64; col++)
			h = fold(h, escape((double)col / 24 - 2, cy));
	}
	return (int32_t)h;
}
