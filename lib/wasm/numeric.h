/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * numeric.h - the arithmetic of WebAssembly that C does not have, and its trap conditions.
 *
 * Pure functions over uint32_t, uint64_t, float and double.  Integer operands are unsigned; signed
 * meaning is a cast, which gcc and clang define as two's complement.
 * Source: WebAssembly core specification 2.0, section 4.3 (numerics).
 */
#ifndef EW_WASM_NUMERIC_H
#define EW_WASM_NUMERIC_H

#include <math.h>
#include "base/bits.h"
#include "edgewasm/wasm.h"

EW_INLINE uint32_t ewi_bits_f32(float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

EW_INLINE uint64_t ewi_bits_f64(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

EW_INLINE float ewi_f32_of(uint32_t bits)
{
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

EW_INLINE double ewi_f64_of(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* ---- integer division: trap condition, then value (only when there is no trap) ---- */

EW_INLINE enum ew_trap_code ewi_div_s32_trap(uint32_t a, uint32_t b)
{
	if (EW_UNLIKELY(b == 0))
		return EW_TRAP_DIV_ZERO;
	return EW_UNLIKELY(a == 0x80000000u && b == UINT32_MAX) ? EW_TRAP_INT_OVERFLOW
								: EW_TRAP_NONE;
}

EW_INLINE enum ew_trap_code ewi_div_s64_trap(uint64_t a, uint64_t b)
{
	if (EW_UNLIKELY(b == 0))
		return EW_TRAP_DIV_ZERO;
	return EW_UNLIKELY(a == (uint64_t)1 << 63 && b == UINT64_MAX) ? EW_TRAP_INT_OVERFLOW
								      : EW_TRAP_NONE;
}

EW_INLINE enum ew_trap_code ewi_div_trap(uint64_t b)
{
	return EW_UNLIKELY(b == 0) ? EW_TRAP_DIV_ZERO : EW_TRAP_NONE;
}

/* INT_MIN % -1 is 0 in Wasm and undefined in C: the machine instruction faults. */
EW_INLINE uint32_t ewi_rem_s32(uint32_t a, uint32_t b)
{
	return b == UINT32_MAX ? 0 : (uint32_t)((int32_t)a % (int32_t)b);
}

EW_INLINE uint64_t ewi_rem_s64(uint64_t a, uint64_t b)
{
	return b == UINT64_MAX ? 0 : (uint64_t)((int64_t)a % (int64_t)b);
}

/* ---- floating point ---- */

/* Makes compilers branch where they would move conditionally, for what nearly never happens. */
#if defined(__GNUC__) || defined(__clang__)
#define EWI_KEEP_BRANCH __asm__ volatile("")
#else
#define EWI_KEEP_BRANCH ((void)0)
#endif

/*
 * Every NaN that arithmetic makes is the canonical one, which the specification always allows: machines differ in the NaNs
 * that they make, guests do not.  ewi_canon asks where an instruction of the machine may have made one.  NaN wins over
 * numbers; -0 < +0.
 */
#define EWI_FLOAT_FUNCTIONS(T, N, BITS, SIGN, QUIET)                                               \
	EW_INLINE T ewi_canon_##N(T a)                                                             \
	{                                                                                          \
		if (EW_UNLIKELY(a != a)) {                                                         \
			a = ewi_##N##_of(QUIET);                                                   \
			EWI_KEEP_BRANCH;                                                           \
		}                                                                                  \
		return a;                                                                          \
	}                                                                                          \
	EW_INLINE T ewi_min_##N(T a, T b)                                                          \
	{                                                                                          \
		if (EW_UNLIKELY(a != a || b != b))                                                 \
			return ewi_##N##_of(QUIET);                                                \
		if (a == b)                                                                        \
			return ewi_##N##_of(ewi_bits_##N(a) | ewi_bits_##N(b));                    \
		return a < b ? a : b;                                                              \
	}                                                                                          \
	EW_INLINE T ewi_max_##N(T a, T b)                                                          \
	{                                                                                          \
		if (EW_UNLIKELY(a != a || b != b))                                                 \
			return ewi_##N##_of(QUIET);                                                \
		if (a == b)                                                                        \
			return ewi_##N##_of(ewi_bits_##N(a) & ewi_bits_##N(b));                    \
		return a > b ? a : b;                                                              \
	}                                                                                          \
	EW_INLINE T ewi_abs_##N(T a)                                                               \
	{                                                                                          \
		return ewi_##N##_of(ewi_bits_##N(a) & ~(SIGN));                                    \
	}                                                                                          \
	EW_INLINE T ewi_neg_##N(T a)                                                               \
	{                                                                                          \
		return ewi_##N##_of(ewi_bits_##N(a) ^ (SIGN));                                     \
	}                                                                                          \
	EW_INLINE T ewi_copysign_##N(T a, T b)                                                     \
	{                                                                                          \
		return ewi_##N##_of((ewi_bits_##N(a) & ~(SIGN)) | (ewi_bits_##N(b) & (SIGN)));     \
	}

EWI_FLOAT_FUNCTIONS(float, f32, uint32_t, 0x80000000u, 0x7fc00000u)
EWI_FLOAT_FUNCTIONS(double, f64, uint64_t, (uint64_t)1 << 63, (uint64_t)0x7ff8 << 48)
#undef EWI_FLOAT_FUNCTIONS

/* Rounding: libm's functions keep the sign of zero. */
#define EWI_ROUND(NAME, FN32, FN64)                                                                \
	EW_INLINE float ewi_##NAME##_f32(float a)                                                  \
	{                                                                                          \
		return ewi_canon_f32(FN32(a));                                                     \
	}                                                                                          \
	EW_INLINE double ewi_##NAME##_f64(double a)                                                \
	{                                                                                          \
		return ewi_canon_f64(FN64(a));                                                     \
	}

EWI_ROUND(ceil, ceilf, ceil)
EWI_ROUND(floor, floorf, floor)
EWI_ROUND(trunc, truncf, trunc)
EWI_ROUND(nearest, rintf, rint) /* ties to even: the host must not change the rounding mode */
#undef EWI_ROUND

/*
 * Float to integer.  The bounds are exact in their type: the largest float below 2^31 is
 * 2147483520, so "x < 2^31" is right as it stands; -2^31 - 1 is no float, so the lower bound is
 * "x >= -2^31" for float and "x > -2^31 - 1" for double.
 */
#define EWI_TRUNC(NAME, T, INT, UINT, LOW_OK, HIGH_OK, MIN, MAX)                                   \
	EW_INLINE enum ew_trap_code ewi_##NAME##_trap(T a)                                         \
	{                                                                                          \
		if (EW_UNLIKELY(a != a))                                                           \
			return EW_TRAP_BAD_CONVERSION;                                             \
		return EW_LIKELY((LOW_OK) && (HIGH_OK)) ? EW_TRAP_NONE : EW_TRAP_INT_OVERFLOW;     \
	}                                                                                          \
	EW_INLINE UINT ewi_##NAME(T a)                                                             \
	{                                                                                          \
		return (UINT)(INT)a;                                                               \
	}                                                                                          \
	EW_INLINE UINT ewi_##NAME##_sat(T a)                                                       \
	{                                                                                          \
		if (a != a)                                                                        \
			return 0;                                                                  \
		if (!(LOW_OK))                                                                     \
			return (UINT)(MIN);                                                        \
		return (HIGH_OK) ? (UINT)(INT)a : (UINT)(MAX);                                     \
	}

EWI_TRUNC(i32_f32_s, float, int32_t, uint32_t, a >= -0x1p31f, a < 0x1p31f, INT32_MIN, INT32_MAX)
EWI_TRUNC(i32_f32_u, float, uint32_t, uint32_t, a > -1.0f, a < 0x1p32f, 0, UINT32_MAX)
EWI_TRUNC(i32_f64_s, double, int32_t, uint32_t, a > -2147483649.0, a < 0x1p31, INT32_MIN, INT32_MAX)
EWI_TRUNC(i32_f64_u, double, uint32_t, uint32_t, a > -1.0, a < 0x1p32, 0, UINT32_MAX)
EWI_TRUNC(i64_f32_s, float, int64_t, uint64_t, a >= -0x1p63f, a < 0x1p63f, INT64_MIN, INT64_MAX)
EWI_TRUNC(i64_f32_u, float, uint64_t, uint64_t, a > -1.0f, a < 0x1p64f, 0, UINT64_MAX)
EWI_TRUNC(i64_f64_s, double, int64_t, uint64_t, a >= -0x1p63, a < 0x1p63, INT64_MIN, INT64_MAX)
EWI_TRUNC(i64_f64_u, double, uint64_t, uint64_t, a > -1.0, a < 0x1p64, 0, UINT64_MAX)
#undef EWI_TRUNC

#endif
