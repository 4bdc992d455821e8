/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* reduce.h - what the kernels of MEAN, SUM, REDUCE_MAX, REDUCE_MIN, ARG_MAX and ARG_MIN are given. */
#ifndef EW_TENSOR_REDUCE_H
#define EW_TENSOR_REDUCE_H

#include "edgewasm/model.h"
#include "tensor/kernels.h"

/* Loops, outermost first, with their steps in elements. */
struct ewi_nest {
	uint32_t count;
	uint32_t times[EW_MODEL_DIMS], step[EW_MODEL_DIMS];
};

enum ewi_reduction { EWI_REDUCE_SUM, EWI_REDUCE_MAX, EWI_REDUCE_MIN };

/*
 * Each element of the output, in its order, is made of those that `reduced` reaches from where `kept` stands,
 * in their order.
 *   sum   int8, int16: clamp(out_zero + requant(sum - total_zero)), sums modulo 2^32; a mean differs in its scale only
 *         float: from 0 upwards, divided by `divisor`
 *   max, min  the value itself
 * An output of no elements at all is 0, or the end of the type.
 */
struct ewi_reduce {
	struct ewi_nest kept, reduced;
	size_t in_window, out_window; /* elements */
	enum ewi_reduction reduction;
	uint8_t type; /* enum ew_tensor_type */
	bool single, empty;
	int32_t total_zero, out_zero; /* total_zero: the input's zero point times how many there are, modulo 2^32 */
	struct ewi_scale scale;
	float divisor;
};

/* out[outer][inner] = the first index i where in[outer][i][inner] is largest (or least): int8 or float to int32. */
struct ewi_arg {
	uint32_t outer, size, inner;
	uint8_t type;
	bool least;
};

#endif
