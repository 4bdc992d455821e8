/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * steps.h - requantization of a channel by one multiplication, proven at load to give the definition's outputs.
 *
 * An output is a staircase of its sum: it never falls, and between its lowest and its highest value there are 255 steps
 * at most.  Any other function that never falls gives the same outputs if it has its steps at the same sums.  So the
 * definition's roundings (quant.h) need not be repeated for each output: it is enough that
 *
 *	x = (sum << shift) + bias;  x += x < 0 ? below : above;  output = clamp(x * multiplier >> 45)
 *
 * steps where the definition does, for all sums that can occur.  That is a system of inequalities with one or two for
 * each step; ewi_steps_find solves it or says that it cannot.
 */
#ifndef EW_TENSOR_STEPS_H
#define EW_TENSOR_STEPS_H

#include "tensor/quant.h"

struct ewi_staircase {
	struct ewi_scale scale;
	bool single; /* one rounding */
	int32_t zero, min, max; /* output = clamp(zero + requant(bias + sum)) */
	int32_t bias;
	int64_t low, high; /* the least and the largest sum that can occur, ewi_staircase_reach */
};

#define EWI_STEPS_FINAL 45
/*
 * Sums are shifted by this much.  Less does not place steps finely enough, more does not leave room: layers of trained
 * models take 7 to 13.
 */
#define EWI_STEPS_SHIFT_MIN 5
#define EWI_STEPS_SHIFT_MAX 13

struct ewi_steps {
	int32_t shift, multiplier, bias;
	int32_t above, below; /* both 0, unless it steps on either side of 0 and rounds away from it */
	bool constant; /* one output whatever the sum: the sum is to be taken as 0 */
};

/* One more weight, in a sum of products with int8 activations less their zero point; that one may be missing. */
static inline void ewi_staircase_reach(struct ewi_staircase *s, int32_t w, int32_t in_zero)
{
	int32_t a = w * (INT8_MIN - in_zero), b = w * (INT8_MAX - in_zero);

	s->low += a < b ? a : b;
	s->high += a < b ? b : a;
}

/*
 * False when there is no such function.  With it, x stays within int32 for all sums that can occur, although what adds
 * up to it may wrap; the multiplier is above 0.  Needs AVX2, as the kernels do that use it.
 */
bool ewi_steps_find(const struct ewi_staircase *s, struct ewi_steps *out);

#endif
