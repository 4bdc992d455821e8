/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * rng.h - the demo's random numbers: SplitMix64, an add and a mix for each
 * number.  The state is one 64-bit word, so a machine can carry its own.
 * Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014 (the mix is David Stafford's variant 13).
 */
#ifndef FLEET_RNG_H
#define FLEET_RNG_H

#include <stdint.h>

static inline uint64_t fleet_mix64(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline uint64_t fleet_rng_next(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	return fleet_mix64(*state);
}

/* A stream of its own for (seed, a, b). */
static inline uint64_t fleet_rng_fork(uint64_t seed, uint64_t a, uint64_t b)
{
	return fleet_mix64(fleet_mix64(seed + 0x9e3779b97f4a7c15u * (a + 1)) ^
			   (0xd1b54a32d192ed03u * (b + 1)));
}

/* Uniform in [0, n), 1 <= n < 2^32; the bias is below n / 2^32. */
static inline uint32_t fleet_rng_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(((fleet_rng_next(state) >> 32) * n) >> 32);
}

/* Uniform in [lo, hi], both within int32 and hi - lo < 2^32 - 1. */
static inline int32_t fleet_rng_range(uint64_t *state, int32_t lo, int32_t hi)
{
	return lo + (int32_t)fleet_rng_below(state, (uint32_t)(hi - lo) + 1u);
}

#endif
