/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * size_operators.c - what a program that runs models links: size_operators.sh builds it once with every operator
 * and once with those of a model, and adds up what of lib/tensor/ is left.
 */
#include "edgewasm/model.h"

#ifdef OPERATORS /* &ew_operator_softmax, ... */
static const struct ew_operator *const mine[] = {OPERATORS};
const struct ew_operator_set ew_operators = {mine, sizeof(mine) / sizeof(mine[0])};
#endif

extern const struct ew_alloc host_alloc;
extern const unsigned char model_bytes[];
extern const size_t model_size;
const struct ew_alloc host_alloc;
const unsigned char model_bytes[] = {0};
const size_t model_size = sizeof(model_bytes);

int main(void)
{
	struct ew_model_exec *x;
	struct ew_tensor_view out;
	struct ew_tensor_span in;
	struct ew_model *m;

	if (ew_model_load(&m, model_bytes, model_size, NULL, &host_alloc, NULL) != EW_OK ||
	    ew_model_exec_create(&x, m, &host_alloc, NULL) != EW_OK ||
	    ew_model_exec_input(x, 0, &in) != EW_OK || ew_model_exec_run(x) != EW_OK ||
	    ew_model_exec_output(x, 0, &out) != EW_OK)
		return 1;
	return 0;
}
