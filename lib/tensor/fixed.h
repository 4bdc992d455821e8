/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fixed.h - exp, logistic, tanh and reciprocals of fixed-point numbers, bit for bit as TensorFlow Lite takes
 * them.  "Qn" is an int32 with n bits before the point: its value is raw / 2^(31 - n).
 *
 * Source: gemmlowp's fixedpoint.h as used by tflite-micro 90b983c2: the series, the constants and the order of
 * roundings; kernels/internal/common.h for the reciprocal.
 */
#ifndef EW_TENSOR_FIXED_H
#define EW_TENSOR_FIXED_H

#include "tensor/quant.h"

/* x * 2^n, saturated; 0 <= n <= 31. */
static inline int32_t ewi_fixed_left(int32_t x, int32_t n)
{
	int64_t v = (int64_t)((uint64_t)(int64_t)x << n);

	return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int32_t)v;
}

/* exp(x) in Q0 for x in [-1/4, 0) in Q0: four terms of the series around -1/8. */
static inline int32_t ewi_fixed_exp_quarter(int32_t a)
{
	const int32_t exp_eighth = 1895147668, third = 715827883; /* exp(-1/8), 1/3 */
	int32_t x = a + (1 << 28), x2 = ewi_high_mul(x, x), x3 = ewi_high_mul(x2, x);
	int32_t x4 = ewi_round_shift(ewi_high_mul(x2, x2), 2);
	int32_t rest = ewi_round_shift(ewi_high_mul(x4 + x3, third) + x2, 1);

	return exp_eighth + ewi_high_mul(exp_eighth, x + rest);
}

/* exp(x) in Q0 for x <= 0 in Q`bits`, 0 <= bits <= 5: the fraction's series, then a factor for each whole bit. */
static inline int32_t ewi_fixed_exp(int32_t a, int bits)
{
	static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308,
					  39332535,   720401,	 242}; /* exp(-1/4), ... exp(-16) */
	int fraction = 31 - bits;
	int32_t quarter = 1 << (fraction - 2);
	int32_t low = (a & (quarter - 1)) - quarter;
	int32_t v = ewi_fixed_exp_quarter(ewi_fixed_left(low, bits));
	uint32_t rest = (uint32_t)low - (uint32_t)a;

	if (a == 0)
		return INT32_MAX;
	for (int i = 0; i < bits + 2; i++)
		if (rest >> (fraction - 2 + i) & 1)
			v = ewi_high_mul(v, factors[i]);
	return v;
}

/* 2 / (1 + x) in Q2 for x in [0, 1] in Q0: Newton's division, three steps. */
static inline int32_t ewi_fixed_two_over(int32_t a)
{
	/* Half of the denominator: the sum is positive, its half is rounded up. */
	int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
	int32_t x = 1515870810 + ewi_high_mul(half, -1010580540); /* 48/17 - 32/17 half */

	for (int i = 0; i < 3; i++)
		x = ewi_wrap_add(x, ewi_fixed_left(ewi_high_mul(x, (1 << 29) - ewi_high_mul(half, x)), 2));
	return x;
}

/* 1 / (1 + x), in Q0. */
static inline int32_t ewi_fixed_one_over(int32_t a)
{
	return ewi_fixed_left(ewi_fixed_two_over(a), 1); /* half of it in Q1 has the same bits */
}

/* 1 / (1 + exp(-x)) in Q0 for x in Q`bits`. */
static inline int32_t ewi_fixed_logistic(int32_t a, int bits)
{
	int32_t v;

	if (a == 0)
		return 1 << 30;
	v = ewi_fixed_one_over(ewi_fixed_exp(a > 0 ? -a : a, bits));
	return a > 0 ? v : INT32_MAX - v;
}

/* tanh(x) in Q0 for x in Q`bits`, bits <= 4: (1 - e) / (1 + e) with e = exp(-2 |x|). */
static inline int32_t ewi_fixed_tanh(int32_t a, int bits)
{
	int32_t v;

	if (a == 0)
		return 0;
	v = ewi_fixed_two_over(ewi_fixed_exp(a > 0 ? -a : a, bits + 1)) - (1 << 29);
	v = ewi_fixed_left(v, 2);
	return a > 0 ? v : -v;
}

/*
 * 1 / x as Q0 number and exponent: x = 2^(31 - bits) makes it 1.  x > 0; *over is how many bits x is above that.
 */
static inline int32_t ewi_fixed_reciprocal(int32_t x, int bits, int32_t *over)
{
	int32_t headroom = 0;

	while (!((uint32_t)x << headroom >> 31))
		headroom++;
	*over = bits - headroom;
	return ewi_fixed_one_over((int32_t)(((uint32_t)x << headroom) - 0x80000000u));
}

/* a / b scaled; |a|, |b| < 2^16.  A division by 0, which the source leaves undefined, gives 0. */
static inline int32_t ewi_fixed_divide(int32_t a, int32_t b, struct ewi_scale s, bool single)
{
	int32_t inverse, over, headroom = 0, magnitude;

	if (b == 0)
		return 0;
	if (b < 0) {
		a = -a;
		b = -b;
	}
	inverse = ewi_fixed_reciprocal(b, 31, &over);
	magnitude = a < 0 ? ~a : a;
	while (headroom < 31 && !((uint32_t)magnitude << (headroom + 1) >> 31))
		headroom++;
	a = ewi_requant_as(a, (struct ewi_scale){inverse, headroom}, single);
	s.shift -= over + headroom;
	return s.shift < -31 ? 0 : ewi_requant_as(a, s, single);
}

#endif
