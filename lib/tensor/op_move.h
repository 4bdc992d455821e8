/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* op_move.h - what the prepare functions of strided copies share. */
#ifndef EW_TENSOR_OP_MOVE_H
#define EW_TENSOR_OP_MOVE_H

#include "tensor/move.h"
#include "tensor/ops.h"

/* Room for so many copies. */
enum ew_status ewi_move_begin(struct ewi_prep *p, uint32_t copies, struct ewi_move **out);
/* Whether a tensor's elements can be moved. */
enum ew_status ewi_move_check(struct ewi_prep *p, const struct ewi_tensor *t);
/* A copy from an input to an output; its chunk is one element, to be widened by loops. */
struct ewi_copy *ewi_move_add(struct ewi_prep *p, struct ewi_move *m, uint32_t input, uint32_t output);
/* The next loop outwards; one that goes on where the last ended makes that one longer. */
void ewi_copy_loop(struct ewi_copy *k, uint32_t times, int64_t from_step, int64_t to_step);
/* Checks every place that the copies touch, and sets the kernel. */
enum ew_status ewi_move_finish(struct ewi_prep *p, struct ewi_move *m);

/* A constant operand's numbers, at most `most`; *count of them. */
enum ew_status ewi_prep_numbers(const struct ewi_prep *p, uint32_t input, const char *what, uint32_t most,
				int64_t *numbers, uint32_t *count);
/* A dimension, counted from the end when negative. */
enum ew_status ewi_prep_axis(const struct ewi_prep *p, int64_t axis, uint32_t rank, uint32_t *out);

#endif
