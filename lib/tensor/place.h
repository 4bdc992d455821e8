/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* place.h - buffers with lifetimes, and where they go. */
#ifndef EW_TENSOR_PLACE_H
#define EW_TENSOR_PLACE_H

#include "tensor/model.h"

struct ewi_buffer {
	uint32_t bytes;	      /* aligned, of the whole batch */
	uint32_t first, last; /* operators, both included */
	uint32_t over, over_count; /* overlaps in which it is the output */
	uint32_t under;	      /* the one in which it is the input, or EWI_NOWHERE */
	int64_t at, best;     /* where it is, relative to the first one placed; of the best layout so far */
	uint32_t *where;      /* receives the offset */
};

/*
 * Buffer `out` may lie over `in`, if it begins at least `before` bytes before it or `behind` bytes behind its
 * beginning.  As large as the buffers, where it may not.
 */
struct ewi_overlap {
	uint32_t out, in, op;
	uint32_t before, behind;
};

struct ewi_layout {
	struct ewi_buffer *buffers;
	uint32_t count;
	struct ewi_overlap *overlaps;
	uint32_t *orders; /* room for 2 * count */
};

/* Places all buffers; returns the height. */
uint64_t ewi_place(struct ewi_layout *l);

#endif
