/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* mix.h - a hash of bytes, the same on every machine: for tables and for identifiers, not against enemies. */
#ifndef EW_NODE_MIX_H
#define EW_NODE_MIX_H

#include <stddef.h>
#include <stdint.h>
#include "base/le.h"

/* Fibonacci hashing: 2^64 divided by the golden ratio, and the high bits brought down. */
static inline uint64_t ewi_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static inline uint64_t ewi_mix_bytes(uint64_t h, const uint8_t *p, size_t n)
{
	uint64_t tail = n;

	for (; n >= 8; p += 8, n -= 8)
		h = ewi_mix(h, ewi_le64(p));
	while (n--)
		tail = tail << 8 | p[n];
	return ewi_mix(h, tail);
}

#endif
