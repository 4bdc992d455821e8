/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * quant.h - rounding and requantization, defined once.  Kernels of every instruction set compute these
 * functions and nothing else.
 *
 * An output is x * ratio for a real ratio of scales, which travels as multiplier * 2^(shift - 31) with
 * 2^30 <= multiplier < 2^31.  TensorFlow Lite rounds it twice (the default) or once (TFLITE_SINGLE_ROUNDING).
 * Where its C++ overflows, its compiled kernels wrap modulo 2^32; here that is written out.
 *
 * Source: TensorFlow Lite 8-bit quantization specification; tflite-micro 90b983c2,
 * kernels/internal/common.cc, quantization_util.cc.
 */
#ifndef EW_TENSOR_QUANT_H
#define EW_TENSOR_QUANT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct ewi_scale {
	int32_t multiplier; /* 0, or 2^30 <= multiplier < 2^31 */
	int32_t shift;	    /* -31 to 30; positive: left */
};

static inline int32_t ewi_wrap_add(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

static inline int32_t ewi_clamp(int32_t v, int32_t low, int32_t high)
{
	return v < low ? low : v > high ? high : v;
}

/*
 * (x * m + 2^30) >> 31: half of a doubled high product, rounded, ties towards +inf.  Fits: m < 2^31, so
 * the result's magnitude is at most |x|.
 */
static inline int32_t ewi_high_mul(int32_t x, int32_t m)
{
	return (int32_t)(((int64_t)x * m + (1 << 30)) >> 31);
}

/* x / 2^n, 0 <= n <= 31, rounded, ties away from 0. */
static inline int32_t ewi_round_shift(int32_t x, int32_t n)
{
	int32_t mask = (int32_t)((1u << n) - 1), threshold = (mask >> 1) + (x < 0);

	return (x >> n) + ((x & mask) > threshold);
}

/* Two roundings: TensorFlow Lite's default. */
static inline int32_t ewi_requant(int32_t x, struct ewi_scale s)
{
	if (s.shift > 0)
		return ewi_high_mul((int32_t)((uint32_t)x << s.shift), s.multiplier);
	return ewi_round_shift(ewi_high_mul(x, s.multiplier), -s.shift);
}

/* One rounding.  |x * m| < 2^62 and the rounding term is at most 2^61: no overflow. */
static inline int32_t ewi_requant_single(int32_t x, struct ewi_scale s)
{
	int32_t total = 31 - s.shift; /* 1 to 62 */

	return (int32_t)(uint32_t)(((int64_t)x * s.multiplier + ((int64_t)1 << (total - 1))) >> total);
}

/*
 * 64-bit sums of int16 activations: a 16-bit multiplier and one rounding, in either mode.
 * shift <= 7 (checked at load), so that the total shift is 8 to 46.
 */
static inline int32_t ewi_requant_wide(int64_t x, struct ewi_scale s)
{
	int32_t m = s.multiplier < 0x7fff0000 ? (s.multiplier + (1 << 15)) >> 16 : 0x7fff;
	int32_t total = 15 - s.shift;
	uint64_t v = (uint64_t)x * (uint64_t)m + ((uint64_t)1 << (total - 1));

	return (int32_t)(uint32_t)((int64_t)v >> total);
}

static inline int32_t ewi_requant_as(int32_t x, struct ewi_scale s, bool single)
{
	return single ? ewi_requant_single(x, s) : ewi_requant(x, s);
}

/*
 * ratio (finite, >= 0) as multiplier and shift.  Ratios below 2^-32 become 0.  False when it is 2^30 or
 * more and rounds twice; with one rounding such a ratio saturates.
 * The bits of the double are taken apart by hand: no frexp, no round, the same on every libm.
 */
static inline bool ewi_scale_from(double ratio, bool single, struct ewi_scale *out)
{
	uint64_t bits, mantissa, fixed;
	int32_t shift;

	*out = (struct ewi_scale){0, 0};
	memcpy(&bits, &ratio, sizeof(bits));
	if (bits >> 52 == 0) /* 0 or subnormal, below 2^-1022 */
		return true;
	mantissa = (bits & 0xfffffffffffffu) | (uint64_t)1 << 52; /* 2^52 to 2^53 - 1 */
	shift = (int32_t)(bits >> 52 & 0x7ff) - 1022;		  /* ratio = mantissa / 2^53 * 2^shift */
	fixed = (mantissa + (1u << 21)) >> 22;			  /* 2^30 to 2^31 */
	if (fixed >> 31) {
		fixed >>= 1;
		shift++;
	}
	if (shift < -31)
		return true;
	if (shift > 30) {
		*out = (struct ewi_scale){0x7fffffff, 30};
		return single;
	}
	*out = (struct ewi_scale){(int32_t)fixed, shift};
	return true;
}

/*
 * The nearest power of 2 to a positive float, 2^*n; whether x is that power but for 7 in 10,000 (a thousandth of
 * its logarithm, which is how TensorFlow Lite tests for it).
 */
static inline bool ewi_is_power(float x, int32_t *n)
{
	uint32_t bits;
	float m;

	memcpy(&bits, &x, sizeof(bits));
	*n = (int32_t)(bits >> 23) - 127;
	bits = (bits & 0x7fffff) | 127u << 23;
	memcpy(&m, &bits, sizeof(m)); /* 1 to 2 */
	*n += m >= 1.41421356f;
	return m < 1.00069338f || m > 1.99861419f;
}

static inline float ewi_float_infinity(void)
{
	uint32_t bits = 0x7f800000;
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* To the nearest integer, ties away from 0, as C's roundf.  At 2^23 and above floats are integers. */
static inline float ewi_roundf(float x)
{
	float t, rest;

	if (!(x > -8388608.0f && x < 8388608.0f))
		return x;
	t = (float)(int32_t)x;
	rest = x - t; /* exact: both are multiples of the same power of 2 */
	if (rest >= 0.5f)
		return t + 1.0f;
	if (rest <= -0.5f)
		return t - 1.0f;
	return t;
}

/*
 * x / scale + zero, rounded and clamped.  Beyond int32 (where TensorFlow Lite's conversion is undefined) it
 * saturates on the right side, and a NaN becomes the low end.
 */
static inline int32_t ewi_quantize(float x, float scale, int32_t zero, int32_t low, int32_t high)
{
	float v = ewi_roundf(x / scale);
	int64_t q;

	if (!(v > -2147483648.0f))
		return low;
	if (v >= 2147483648.0f)
		return high;
	q = (int64_t)(int32_t)v + zero;
	return q < low ? low : q > high ? high : (int32_t)q;
}

/* The difference is exact in int32 for the types of up to 16 bits that have this conversion. */
static inline float ewi_dequantize(int32_t q, float scale, int32_t zero)
{
	return (float)((double)scale * (q - zero));
}

#endif
