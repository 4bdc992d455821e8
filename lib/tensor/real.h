/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * real.h - exponentials of real numbers in plain C: the same bits on every machine, whatever its libm.
 * In double, so that a float made of them is the nearest one but for the rarest of ties.
 */
#ifndef EW_TENSOR_REAL_H
#define EW_TENSOR_REAL_H

#include <stdint.h>
#include <string.h>

/* 2^n, -1022 <= n <= 1023. */
static inline double ewi_pow2(int n)
{
	uint64_t bits = (uint64_t)(n + 1023) << 52;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* e^x: x = k ln 2 + r with |r| < 0.35, where fourteen terms of the series leave less than 2^-57.  NaN stays. */
static inline double ewi_exp(double x)
{
	double r, sum = 1.0;
	int k;

	if (x > 709.0)
		return ewi_pow2(1023) * 2.0;
	if (x < -708.0)
		return 0.0;
	if (x != x)
		return x;
	k = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
	r = (x - k * 0x1.62e42fefa0000p-1) - k * 0x1.cf79abc9e3b3ap-40; /* ln 2 in two parts */
	for (int i = 14; i > 0; i--)
		sum = 1.0 + sum * r / i;
	return k > 1022 ? sum * ewi_pow2(k - 1) * 2.0 : sum * ewi_pow2(k);
}

/* sin and cos of any angle up to some thousand turns: to [-pi/4, pi/4] and a quarter, where twelve terms do. */
static inline double ewi_sin(double x)
{
	double q = x * 0.63661977236758134, r, sum = 0.0; /* quarters */
	int n = (int)(q + (q < 0 ? -0.5 : 0.5)), odd = n & 1;

	r = (x - n * 0x1.921fb54400000p+0) - n * 0x1.0b4611a626331p-34; /* pi / 2 in two parts */
	for (int i = 24 - odd; i > 0; i -= 2) /* even for the sine's terms, odd for the cosine's */
		sum = (1.0 - sum) * r * r / (i * (i + 1));
	sum = odd ? 1.0 - sum : r * (1.0 - sum);
	return n & 2 ? -sum : sum;
}

static inline double ewi_cos(double x)
{
	return ewi_sin(x + 1.57079632679489662);
}

/* For small x the quotient would lose what the series keeps. */
static inline double ewi_tanh(double x)
{
	double a = x < 0 ? -x : x, e, v;

	if (a < 1e-3)
		return x - x * x * x / 3.0;
	if (a != a)
		return x;
	e = a > 30.0 ? 0.0 : ewi_exp(-2.0 * a);
	v = (1.0 - e) / (1.0 + e);
	return x < 0 ? -v : v;
}

static inline double ewi_logistic(double x)
{
	return x < -700.0 ? 0.0 : 1.0 / (1.0 + ewi_exp(-x));
}

#endif
