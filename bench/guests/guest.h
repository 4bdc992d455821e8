/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest.h - what the bench guests share. A guest is one C file without libc:
 * built for wasm32 it exports run(i32) -> i32, built for the host the same
 * source gives guest_NAME(), whose result is the one expected and whose time
 * is the one compared with. n is the amount of work; the result is a checksum
 * over all of it, the same on every call.
 *
 * Only exact things are allowed, so that both results agree to the bit: no
 * library function, no fused multiply-add, no overflow of signed integers, no
 * conversion of a float out of range.
 */
#ifndef EW_BENCH_GUEST_H
#define EW_BENCH_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __wasm__
#define GUEST(name)							\
	__attribute__((export_name("run"))) int32_t run(int32_t n);	\
	int32_t run(int32_t n)
#else
#define GUEST(name)							\
	int32_t guest_##name(int32_t n);				\
	int32_t guest_##name(int32_t n)
#endif

/* For guests whose character is the call. */
#define NOINLINE __attribute__((noinline))

#define COUNT_OF(a) ((int32_t)(sizeof(a) / sizeof((a)[0])))

/* xorshift32 (Marsaglia 2003); the state is never 0. */
static inline uint32_t next_random(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return x;
}

static inline uint32_t rotl32(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* Folds v into the checksum h; order matters. */
static inline uint32_t fold(uint32_t h, uint32_t v)
{
	return (rotl32(h, 5) ^ v) * 0x9e3779b1u;
}

#endif
