/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* softmax.h - what the kernels of SOFTMAX are given: exp(beta x) over its sum, along the last dimension. */
#ifndef EW_TENSOR_SOFTMAX_H
#define EW_TENSOR_SOFTMAX_H

#include "tensor/kernels.h"

#define EWI_CURVE 513 /* a function of int16 in 512 steps, and its end */

/*
 * int8 to int8 or int16: differences to the row's largest go to 5 bits before the point by `scale`; those below
 * diff_min count as exp = 0.  Sums have 12 bits before the point.
 * int16: differences go to 10/65535ths, exp and 1 / (1 + x) are read off two curves.
 */
struct ewi_softmax {
	uint32_t rows, depth;
	bool single, wide; /* wide: int16 out of int8 */
	struct ewi_scale scale;
	int32_t diff_min;
	float beta;
	const int16_t *exp, *reciprocal; /* [EWI_CURVE] */
};

#endif
