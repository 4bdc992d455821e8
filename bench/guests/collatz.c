/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * collatz.c - branches that do not predict and hardly any memory. A chain
 * stops when the next step could leave 32 bits.
 */
#include "guest.h"

static uint32_t chain(uint32_t x)
{
	uint32_t steps = 0;

	while (x != 1 && x < UINT32_MAX / 3) {
		if (x % 2 == 0)
			x /= 2;
		else
			x = 3 * x + 1;
		steps++;
	}
	return steps;
}

GUEST(collatz)
{
	uint32_t h = 1;

	for (int32_t i = 0; i < n; i++)
		h = fold(h, chain((uint32_t)i + 1));
	return (int32_t)h;
}
