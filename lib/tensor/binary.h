/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * binary.h - what the kernels of two inputs, element by element, are given: ADD, SUB, MUL, DIV, MINIMUM, MAXIMUM,
 * SQUARED_DIFFERENCE and PRELU.
 */
#ifndef EW_TENSOR_BINARY_H
#define EW_TENSOR_BINARY_H

#include "edgewasm/model.h"
#include "tensor/kernels.h"

/*
 * Loops over the output of one window, outermost first: how many times, and how far each input goes on (in
 * elements; 0: its one element is there for all, which is broadcasting).  Dimensions that run on in both inputs are one
 * loop, so that the innermost is long.  The output is dense.
 */
struct ewi_loops {
	uint32_t count; /* 1 to EW_MODEL_DIMS */
	uint32_t times[EW_MODEL_DIMS], a_step[EW_MODEL_DIMS], b_step[EW_MODEL_DIMS];
};

/*
 * Quantized (int8, int16):
 *   add, sub, squared difference
 *              x = requant((a - a_zero) << left, a_scale), y likewise, then clamp(out_zero + requant(x + y, out_scale)),
 *              or of x - y, or of (x - y)^2
 *   mul        clamp(out_zero + requant((a - a_zero) * (b - b_zero), out_scale))
 *   prelu      clamp(out_zero + requant(a - a_zero, a_scale)), below zero
 *              clamp(out_zero + requant((a - a_zero) * (b - b_zero), out_scale)); b is int8 always
 *   div        int8 only: the quotient of the differences by a reciprocal with three Newton steps; see quant.h
 * int32: in two's complement, clamped to [act_min, act_max]; a division by 0 gives 0.
 * float: clamped to [f_min, f_max].
 * minimum, maximum: of the numbers as they are.
 */
struct ewi_binary_element;

struct ewi_binary {
	const struct ewi_binary_element *element;
	struct ewi_loops loops;
	size_t a_window, b_window, out_window; /* elements from window to window; 0: a constant for all */
	uint8_t type, b_type;		       /* enum ew_tensor_type of a and out; of b, which differs only in prelu */
	bool a_file, b_file; /* in the file: little-endian, at any alignment */
	bool single;
	int32_t a_zero, b_zero, out_zero;
	int32_t left;
	struct ewi_scale a_scale, b_scale, out_scale;
	int32_t act_min, act_max;
	float f_min, f_max;
};

typedef int32_t ewi_binary_fn(const struct ewi_binary *p, int32_t a, int32_t b);
typedef float ewi_binary_real_fn(float a, float b);

/* What an element is: for int8 and int16, for int32, for float. */
struct ewi_binary_element {
	ewi_binary_fn *quantized, *integer;
	ewi_binary_real_fn *real;
};

extern const struct ewi_binary_element ewi_element_add, ewi_element_sub, ewi_element_mul, ewi_element_div,
	ewi_element_minimum, ewi_element_maximum, ewi_element_squared_difference, ewi_element_prelu;

/* Both inputs run on with the output, and so do windows: one long row. */
static inline bool ewi_binary_dense(const struct ewi_binary *p)
{
	return p->a_window == p->out_window && p->b_window == p->out_window;
}

/* Elements from `from` to n of such a row of int8, by `ref`. */
static inline void ewi_binary_rest(const struct ewi_call *c, size_t from, size_t n, ewi_kernel_fn *ref)
{
	struct ewi_binary rest = *(const struct ewi_binary *)c->params;
	struct ewi_call tail = *c;

	if (from == n)
		return;
	rest.loops = (struct ewi_loops){.count = 1, .times = {(uint32_t)(n - from)}, .a_step = {1}, .b_step = {1}};
	rest.a_window = rest.b_window = rest.out_window = n - from;
	tail.params = &rest;
	tail.in[0] = (const int8_t *)c->in[0] + from;
	tail.in[1] = (const int8_t *)c->in[1] + from;
	tail.out = (int8_t *)c->out + from;
	tail.windows = 1;
	ref(&tail);
}

typedef void ewi_add_fn(const struct ewi_binary *p, const int8_t *a, const int8_t *b, int8_t *out, size_t n);

/* ADD of int8 by `add`, `step` elements of such a row at a time; where it cannot, or fewer are left, by the definition. */
static inline void ewi_add_rows(const struct ewi_call *c, bool fits, size_t step, ewi_add_fn *add)
{
	const struct ewi_binary *p = c->params;
	size_t n = c->windows * p->out_window, whole = n / step * step;

	if (!fits || !ewi_binary_dense(p) || p->single) {
		ewk_add_s8_ref(c);
		return;
	}
	add(p, c->in[0], c->in[1], c->out, whole);
	ewi_binary_rest(c, whole, n, ewk_add_s8_ref);
}

/* The usual ADD: 20 bits to the left, no scale above 1. */
static inline bool ewi_add_small(const struct ewi_binary *p)
{
	return p->left == 20 && p->a_scale.shift <= 0 && p->b_scale.shift <= 0 && p->out_scale.shift <= 0;
}

/* One input of add, sub and squared difference on the common scale. */
static inline int32_t ewi_scaled(const struct ewi_binary *p, int32_t v, int32_t zero,
				 struct ewi_scale scale)
{
	return ewi_requant_as((int32_t)((uint32_t)(v - zero) << p->left), scale, p->single);
}

#endif
