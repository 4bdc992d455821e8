/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* fib.c - recursive calls with one argument and next to no other work. */
#include "guest.h"

static NOINLINE uint32_t fib(uint32_t n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

GUEST(fib)
{
	uint32_t h = 1;

	for (int32_t i = 0; i < n; i++)
		h = fold(h, fib(16 + ((uint32_t)i & 3)));
	return (int32_t)h;
}
