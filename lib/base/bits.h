/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* bits.h - counting and rotating bits, and the compiler hints, each with its portable form. */
#ifndef EW_BASE_BITS_H
#define EW_BASE_BITS_H

#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define EW_LIKELY(x) __builtin_expect(!!(x), 1)
#define EW_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define EW_NOINLINE __attribute__((noinline))
#define EW_COLD __attribute__((noinline, cold))
#define EW_INLINE static inline __attribute__((always_inline))
#else
#define EW_LIKELY(x) (x)
#define EW_UNLIKELY(x) (x)
#define EW_NOINLINE
#define EW_COLD
#define EW_INLINE static inline
#endif

#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
#define EW_TARGET(isa) __attribute__((target(isa)))
#else
#define EW_TARGET(isa)
#endif

static inline uint32_t ewi_rotl32(uint32_t v, uint32_t n)
{
	return v << (n & 31) | v >> (-n & 31);
}

static inline uint32_t ewi_rotr32(uint32_t v, uint32_t n)
{
	return v >> (n & 31) | v << (-n & 31);
}

static inline uint64_t ewi_rotl64(uint64_t v, uint64_t n)
{
	return v << (n & 63) | v >> (-n & 63);
}

static inline uint64_t ewi_rotr64(uint64_t v, uint64_t n)
{
	return v >> (n & 63) | v << (-n & 63);
}

/* Leading and trailing zeros are 32 (64) for 0, as in Wasm. */
#if defined(__GNUC__) || defined(__clang__)
static inline uint32_t ewi_clz32(uint32_t v)
{
	return v ? (uint32_t)__builtin_clz(v) : 32;
}

static inline uint32_t ewi_ctz32(uint32_t v)
{
	return v ? (uint32_t)__builtin_ctz(v) : 32;
}

static inline uint32_t ewi_popcnt32(uint32_t v)
{
	return (uint32_t)__builtin_popcount(v);
}
#else
static inline uint32_t ewi_popcnt32(uint32_t v)
{
	v -= v >> 1 & 0x55555555u;
	v = (v & 0x33333333u) + (v >> 2 & 0x33333333u);
	return ((v + (v >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
}

static inline uint32_t ewi_clz32(uint32_t v)
{
	v |= v >> 1;
	v |= v >> 2;
	v |= v >> 4;
	v |= v >> 8;
	v |= v >> 16;
	return 32 - ewi_popcnt32(v);
}

static inline uint32_t ewi_ctz32(uint32_t v)
{
	return ewi_popcnt32(~v & (v - 1));
}
#endif

static inline uint64_t ewi_clz64(uint64_t v)
{
	return v >> 32 ? ewi_clz32((uint32_t)(v >> 32)) : 32 + ewi_clz32((uint32_t)v);
}

static inline uint64_t ewi_ctz64(uint64_t v)
{
#if defined(__GNUC__) || defined(__clang__)
	return v ? (uint64_t)__builtin_ctzll(v) : 64;
#endif
	return (uint32_t)v ? ewi_ctz32((uint32_t)v) : 32 + ewi_ctz32((uint32_t)(v >> 32));
}

static inline uint64_t ewi_popcnt64(uint64_t v)
{
	return ewi_popcnt32((uint32_t)v) + ewi_popcnt32((uint32_t)(v >> 32));
}

#endif
