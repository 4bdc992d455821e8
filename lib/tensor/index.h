/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* index.h - what the kernels of GATHER, RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR and CAST are given. */
#ifndef EW_TENSOR_INDEX_H
#define EW_TENSOR_INDEX_H

#include "edgewasm/model.h"
#include "tensor/kernels.h"

/*
 * out[batch][outer][coord] = in[batch][outer][index[batch][coord]], blocks of `inner` bytes.  Indices are int32; one
 * that is out of range, which the source leaves undefined, takes the nearest that is in it.
 */
struct ewi_gather {
	uint32_t batch, outer, size, coords, inner;
	uint32_t in_window, index_window, out_window; /* bytes; 0: a constant for all windows */
	bool index_file; /* indices are the file's own bytes */
	uint8_t turn;	 /* ewi_turn: elements are a constant's */
};

/* Images [batch][in_h][in_w][depth], of depth * element_bytes bytes a pixel. */
struct ewi_resize {
	uint32_t batch, in_h, in_w, out_h, out_w, depth, pixel_bytes;
	bool align_corners, half_pixel, single;
	float scale_h, scale_w;		  /* input pixels for one of the output */
	int32_t fixed_h, fixed_w;	  /* the same in 1024ths */
	const uint32_t *rows, *columns;	  /* nearest neighbour: which input row, column [out_h], [out_w] */
};

/* Element by element; integers wrap, float to integer drops the fraction (beyond the range: the least integer). */
struct ewi_cast {
	size_t count;
	uint8_t from, to; /* enum ew_tensor_type */
};

#endif
