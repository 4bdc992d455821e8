/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * conv_avx2.h - CONV_2D of int8 with AVX2: what conv_pack_avx2.c packs and conv_avx2.c runs.
 *
 * A convolution is a matrix product: a row of activations for each output pixel (the input under its window), a
 * column of weights for each output channel, 16 of which go together, a tile.  The rows are not made one by one: the
 * lines of the picture under one line of outputs are copied once, with their padding, and a table says where the
 * elements of a window are, counted from its first.  Which way they are copied is decided for the layer at load:
 *
 * - words: widened to int16; two elements by one vpmaddwd.  Exact always.
 * - bytes: activations + 128, unsigned; four elements by vpmaddubsw and vpmaddwd, each step of each tile in the fastest way
 *   that is exact (ways_avx2.h).  Where that makes more steps fast, channels change places as they are copied (pairs_avx2.h).
 *
 * Zero points (and the 128) stand in the bias: what they add is the same for every row.  Where steps.h can do all
 * channels - of words those of the layer, of bytes those of a tile - sums come out shifted as it wants them: words shift activations by EWI_STEPS_SHIFT_MIN and weights by the
 * rest, which fits in int16, and a pair of products in 2^(14 + 13 + 1 + 1); bytes shift by what the second
 * multiplication is with.  Sums wrap modulo 2^32, as the definition's do.
 */
#ifndef EW_TENSOR_CONV_AVX2_H
#define EW_TENSOR_CONV_AVX2_H

#include "tensor/kernels.h"
#include "tensor/pairs_avx2.h"

#define EWI_CONV_TILE 16u /* channels */

/* How the lines under a line of outputs lie in scratch, and how many steps a window takes. */
struct ewi_conv_lines {
	uint32_t count;	  /* lines; one where that is a stretch of pixels (pointwise) */
	uint32_t columns; /* of one, padding among them */
	uint32_t outputs; /* of a line */
	uint32_t together; /* lines of outputs that go together */
	uint32_t run;	  /* elements of a window that are neighbours */
	uint32_t runs;
	size_t elements; /* of all lines, and what may be read behind them */
};

/* False when they would take too much: then the definition must do. */
bool ewi_conv_lines_avx2(const struct ewi_conv *p, size_t windows, struct ewi_conv_lines *l);

/* Packed: this, places[steps], and from ewi_conv_tile_avx2(head, 0) on the tiles. */
struct ewi_conv_packed {
	uint32_t steps; /* of two elements, bytes: of four */
	uint32_t slow; /* words: steps.h cannot do all channels */
	uint32_t bytes;
	uint32_t act;	   /* what words are shifted by */
	uint32_t tile_size; /* bytes from tile to tile */
	uint32_t ordered;   /* bytes: channels of the input change places, ewi_conv_order_avx2 */
	uint32_t unused[EWI_LINE / 4 - 6];
	int32_t places[];  /* words: of the first element of each step, from that of the window on */
};

/*
 * Then its weights, channels where ewi_place_avx2 puts them (but in half tiles): [step][2][8][2] int16.  Bytes: places of
 * its steps as it takes them (int32_t, as many as there are), and from the next line on their weights, [2][8][4] int8 each;
 * behind those of a step by its sign, what its activations are taken against.
 */
struct ewi_conv_tile {
	struct ewi_finish_avx2 finish[2];
	int32_t scale[2][8]; /* bytes: two int16 for each channel */
	uint32_t fix[EWI_CONV_TILE]; /* bytes: what sums have too much */
	struct ewi_ways_avx2 ways;
	uint32_t mode; /* enum ewi_finish_mode */
	uint32_t unused[12];
};

#define EWI_CONV_STEP_BYTES 64u

/* Of tiles of n channels: all in the first of both vectors, in order, and twice as many pixels go together. */
static inline bool ewi_conv_half_avx2(const struct ewi_conv_packed *head, size_t n)
{
	return n <= 8 && !head->bytes && !head->slow;
}

/* Where words have places: which one of its sixteen channels comes at the place of each (pairs_avx2.h). */
static inline uint8_t *ewi_conv_order_avx2(const struct ewi_conv_packed *head)
{
	return (uint8_t *)(uintptr_t)(head + 1);
}

/* Bytes of the places of so many steps, up to the next line. */
static inline size_t ewi_conv_places_avx2(size_t steps)
{
	return (steps * sizeof(int32_t) + EWI_LINE - 1) / EWI_LINE * EWI_LINE;
}

static inline const struct ewi_conv_tile *ewi_conv_tile_avx2(const struct ewi_conv_packed *head, size_t i)
{
	return (const void *)((const unsigned char *)(head + 1) + ewi_conv_places_avx2(head->steps) + i * head->tile_size);
}

#endif
