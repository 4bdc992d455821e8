/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* matmul.h - what the kernels of BATCH_MATMUL are given: out[r][c] = sum over k of a[r][k] * b[k][c]. */
#ifndef EW_TENSOR_MATMUL_H
#define EW_TENSOR_MATMUL_H

#include "tensor/binary.h"

/*
 * int8: sums modulo 2^32, clamp(out_zero + requant(sum)) of the differences to the zero points; int16: without zero
 * points, sums modulo 2^64 and a 16-bit multiplier; float: from k = 0 upwards.
 */
struct ewi_matmul {
	uint32_t rows, columns, depth;
	uint32_t a_row, a_depth, b_depth, b_column; /* steps, in elements */
	struct ewi_loops loops;			    /* over matrices; steps in elements */
	size_t a_window, b_window, out_window;	    /* elements from window to window; 0: a constant */
	bool a_file, b_file; /* a constant, in the file's byte order */
	bool single;
	int32_t a_zero, b_zero, out_zero;
	struct ewi_scale scale;
};

#endif
