/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * operators.h - rows of bench_kernels for operators that are not convolutions of int8: each is a model of one operator,
 * run with every instruction set of this machine that has a kernel of its own for it.
 */
#ifndef EW_BENCH_OPERATORS_H
#define EW_BENCH_OPERATORS_H

#include "harness.h"

/*
 * Operations: two to a multiply-accumulate; where there are none one to each element of the largest input or output.
 * best: what a model gets.
 */
typedef void operator_point_fn(double ops_byte, double gops, bool best);

/* peak: GOP/s; 0: not known. */
void operator_rows(struct bench *b, double peak, operator_point_fn *point);

#endif
