/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* split.h - operators in parts, for the host's threads. */
#ifndef EW_TENSOR_SPLIT_H
#define EW_TENSOR_SPLIT_H

#include "tensor/model.h"

#if EW_CONFIG_PARALLEL
/* How many parts an operator is split into with so many windows; 1: it is not. */
uint32_t ewi_split_parts(const struct ew_model *m, const struct ewi_op *op, uint32_t windows);
/* The most of them with any number of windows up to the model's max_batch. */
uint32_t ewi_split_most(const struct ew_model *m, const struct ewi_op *op);

struct ewi_split {
	const struct ew_model *model;
	const struct ewi_op *op;
	struct ewi_call call; /* of the whole */
	uint32_t parts;
};

/* One part of struct ewi_split; ew_model_part_fn. */
void ewi_split_run(void *split, uint32_t part);
#else
static inline uint32_t ewi_split_most(const struct ew_model *m, const struct ewi_op *op)
{
	(void)m, (void)op;
	return 1;
}
#endif

#endif
