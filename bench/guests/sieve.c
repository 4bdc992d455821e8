/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* sieve.c - the primes below 2^15: byte stores with a stride, byte loads. */
#include "guest.h"

#define LIMIT 32768

static uint8_t composite[LIMIT];

static uint32_t sieve(uint32_t h)
{
	for (uint32_t i = 0; i < LIMIT; i++)
		composite[i] = 0;
	for (uint32_t i = 2; i < LIMIT; i++) {
		if (composite[i])
			continue;
		h = fold(h, i);
		for (uint32_t j = i * i; i < 182 && j < LIMIT; j += i)
			composite[j] = 1;
	}
	return h;
}

GUEST(sieve)
{
	uint32_t h = 1;

	for (int32_t i = 0; i < n; i++)
		h = sieve(h);
	return (int32_t)h;
}
