/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * move.h - what the kernel of operators that only move elements is given: PAD, SLICE, STRIDED_SLICE, TRANSPOSE,
 * CONCATENATION, SPLIT, PACK, UNPACK, SPACE_TO_DEPTH, DEPTH_TO_SPACE.  Each is a list of strided copies.
 */
#ifndef EW_TENSOR_MOVE_H
#define EW_TENSOR_MOVE_H

#include "edgewasm/model.h"
#include "tensor/kernels.h"

#define EWI_COPY_LOOPS (EW_MODEL_DIMS + 2)

/*
 * `chunk` bytes at a time, from `from` to `to` and on by the loops' steps, outermost first.  All in bytes of one
 * window; every place of every loop is inside both tensors (ewi_add_copy saw to that).
 */
struct ewi_copy {
	uint32_t source, target; /* in ewi_call.list */
	uint32_t from, to, chunk;
	uint32_t from_window, to_window; /* from window to window; 0: a constant */
	uint32_t turn; /* width of elements whose bytes are turned round: the file's, on a big-endian machine; 0: none */
	uint32_t loops;
	uint32_t times[EWI_COPY_LOOPS];
	int32_t from_step[EWI_COPY_LOOPS], to_step[EWI_COPY_LOOPS];
};

struct ewi_move {
	uint32_t count;
	uint32_t fill_bytes;	 /* of the first output, filled with `fill` first; 0: nothing is */
	uint32_t fill_width;	 /* of an element: 1, 2, 4 or 8 */
	uint8_t fill[8];	 /* in the machine's byte order */
	uint32_t fill_source, fill_target; /* in ewi_call.list */
	uint32_t fill_window; /* bytes from window to window of `fill_source`, whose first element is the fill; 0: it is `fill` */
	/*
	 * One copy, forwards, with the fill in its gaps: all is written in order, so the output may lie over the input as far as
	 * ewi_move_lead says.
	 */
	bool in_order;
	struct ewi_copy copies[]; /* [count] */
};

#endif
