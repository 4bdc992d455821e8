/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * unary.h - functions of one element: RELU and its kin, LEAKY_RELU, LOGISTIC, TANH, HARD_SWISH.
 *
 * `quantized` and `real` are the definitions.  int8 has only 256 arguments: their values are tabulated at load,
 * so that a run looks them up.
 */
#ifndef EW_TENSOR_UNARY_H
#define EW_TENSOR_UNARY_H

#include "tensor/kernels.h"

struct ewi_unary;
typedef int32_t ewi_unary_fn(const struct ewi_unary *p, int32_t v);
typedef float ewi_unary_real_fn(const struct ewi_unary *p, float v);

struct ewi_unary {
	size_t count; /* elements of a window */
	ewi_unary_fn *quantized;
	ewi_unary_real_fn *real;
	const int8_t *table; /* int8: by the argument's bits as uint8_t */
	bool single;
	int32_t in_zero, out_zero;
	struct ewi_scale scale, alpha; /* of all values, or of those above and those below zero */
	int32_t low, high;	       /* the result is clamped to them */
	int32_t radius;		       /* beyond it the function is flat */
	float f_low, f_high, f_alpha;
};

/*
 * relu        clamp(out_zero + requant(v - in_zero))
 * clamp       of the value as it is
 * leaky       the same as relu, with another scale (and, alpha being negative, sign) below zero
 * logistic, tanh  int8: fixed.h with 4 bits before the point; int16: by a table of 1 / (1 + exp(-x)) at every 1/24
 * hard_swish  int8: x * clamp(x + 3, 0, 6) / 6 in int16 arithmetic; the two scales' multipliers have 16 bits
 */
ewi_unary_fn ewi_unary_relu, ewi_unary_clamp, ewi_unary_leaky, ewi_unary_logistic, ewi_unary_tanh,
	ewi_unary_logistic16, ewi_unary_tanh16, ewi_unary_hard_swish;
ewi_unary_real_fn ewi_real_clamp, ewi_real_leaky, ewi_real_logistic, ewi_real_tanh, ewi_real_hard_swish;

#endif
