/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bignum.c - multiplication modulo 2^255 - 19 in eight 32-bit limbs, as in a
 * signature check: 32 by 32 to 64 bits, carries.
 */
#include "guest.h"

#define LIMBS 8

/* r = a * b, 512 bits. Each step fits: (2^32-1)^2 + 2 * (2^32-1) = 2^64-1. */
static void multiply(uint32_t r[2 * LIMBS], const uint32_t a[LIMBS],
		     const uint32_t b[LIMBS])
{
	for (int32_t i = 0; i < 2 * LIMBS; i++)
		r[i] = 0;
	for (int32_t i = 0; i < LIMBS; i++) {
		uint32_t carry = 0;

		for (int32_t j = 0; j < LIMBS; j++) {
			uint64_t t = (uint64_t)a[i] * b[j] + r[i + j] + carry;

			r[i + j] = (uint32_t)t;
			carry = (uint32_t)(t >> 32);
		}
		r[i + LIMBS] = carry;
	}
}

/* 2^256 = 38 modulo p: fold the upper half in, then what that carries out. */
static void reduce(uint32_t out[LIMBS], const uint32_t r[2 * LIMBS])
{
	uint64_t t = 0;

	for (int32_t i = 0; i < LIMBS; i++) {
		t += r[i] + (uint64_t)38 * r[i + LIMBS];
		out[i] = (uint32_t)t;
		t >>= 32;
	}
	while (t != 0) {
		t *= 38;
		for (int32_t i = 0; i < LIMBS; i++) {
			t += out[i];
			out[i] = (uint32_t)t;
			t >>= 32;
		}
	}
}

GUEST(bignum)
{
	uint32_t x[LIMBS], y[LIMBS], wide[2 * LIMBS], seed = 25519, h = 1;

	for (int32_t i = 0; i < LIMBS; i++) {
		x[i] = next_random(&seed);
		y[i] = next_random(&seed);
	}
	for (int32_t i = 0; i < n; i++) {
		multiply(wide, x, x);
		reduce(x, wide);
		multiply(wide, x, y);
		reduce(x, wide);
	}
	for (int32_t i = 0; i < LIMBS; i++)
		h = fold(h, x[i]);
	return (int32_t)h;
}
