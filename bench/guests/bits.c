/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bits.c - a long serial chain of integer operations without memory: xorshift,
 * counts of bits and zeros, rotates, signed division.
 */
#include "guest.h"

GUEST(bits)
{
	uint32_t x = 2463534242u, h = 1;

	for (int32_t i = 0; i < n; i++) {
		int32_t signed_x;

		x = next_random(&x);
		h += (uint32_t)__builtin_popcount(x);
		h ^= rotl32(x, 1 + ((uint32_t)__builtin_clz(x) & 15));
		h += x >> ((uint32_t)__builtin_ctz(x) & 31);
		signed_x = (int32_t)(x >> 1) - 0x40000000;
		h ^= (uint32_t)(signed_x / 37) + (uint32_t)(signed_x % 11);
		h = h << 3 | h >> 29;
	}
	return (int32_t)h;
}
