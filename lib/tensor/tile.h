/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile.h - packed weights that several instruction sets share: how they lie, and what an instruction set adds.
 *
 * Sixteen channels are a tile.  CONV_2D and FULLY_CONNECTED are the product of rows of activations with tiles
 * (tile_rows.c, tile_fc.c); DEPTHWISE_CONV_2D is the same with a tap where those have an element of depth, and
 * activations of 16 channels side by side (tile_dwconv.c).  Those files and the packing (tile.c) are plain C; the loop
 * inside is struct ewi_tile_isa or ewi_tile_dwisa of each instruction set (tile_ISA.c, dwconv_ISA.c).  tiles.def lists them.
 *
 * Activations are in + offset there: int8 as they are, or unsigned (offset 128) where an instruction wants that; what lies
 * outside the picture is in_zero + offset.  So a sum is too large by (in_zero + offset) * sum of the weights, which
 * is taken off its bias.  Sums are modulo 2^32, as the definition's.
 */
#ifndef EW_TENSOR_TILE_H
#define EW_TENSOR_TILE_H

#include <stddef.h>
#include <string.h>
#include "tensor/finish.h"
#include "tensor/kernels.h"

#define EWI_TILE 16u
/* Before a loop whose arrays of vectors are to stay in registers. */
#if defined(__clang__)
#define EWI_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define EWI_UNROLL _Pragma("GCC unroll 16")
#else
#define EWI_UNROLL
#endif
#define EWI_TILE_LINE 64u /* tiles begin where a cache line does */

/*
 * A tile: `head` bytes, what its channels need behind their sums, then the weights, [step of depth][channel][elements of a
 * step].
 */
struct ewi_tile_layout {
	uint8_t step;	/* elements of depth side by side: what one instruction adds up */
	uint8_t size;	/* bytes of a weight: 1; or 2, int16 */
	uint8_t offset; /* 0 or 128 */
	uint16_t head;
	/* Puts a channel into the head, at place i; its bias is corrected already. */
	void (*put)(struct ewi_scale scale, int32_t bias, enum ewi_finish_mode mode, void *head, uint32_t i);
	/* Where the sum of channel i comes out; NULL: at i. */
	uint32_t (*place)(uint32_t i);
};

/* The head of instruction sets that do not have one of their own. */
struct ewi_tile_finish {
	int32_t bias[EWI_TILE];
	int32_t m[EWI_TILE], shift[EWI_TILE]; /* as in struct ewi_scale */
	/* near: 2^(right-1); 2^(31-right), for machines that cannot shift each lane by its own distance */
	int32_t half[EWI_TILE], power[EWI_TILE];
};

void ewi_tile_put(struct ewi_scale scale, int32_t bias, enum ewi_finish_mode mode, void *head, uint32_t i);

/* Weights as an operator has them: element d of channel o at w[o * channel_step + d * depth_step]. */
struct ewi_tile_source {
	const int8_t *w;
	const uint8_t *bias; /* [channels], little-endian int32; or NULL */
	size_t channel_step, depth_step;
	uint32_t channels, depth;
	int32_t in_zero;
	struct ewi_scale scale; /* of every channel, unless: */
	const int32_t *multipliers, *shifts;
	bool single;
};

/* The packing begins at the first cache line of its memory. */
struct ewi_tile_pack {
	uint32_t steps;
	uint32_t mode; /* enum ewi_finish_mode */
	uint32_t unused[14];
};

static inline const struct ewi_tile_pack *ewi_tile_pack_at(const void *packed)
{
	uintptr_t at = ((uintptr_t)packed + EWI_TILE_LINE - 1) & ~(uintptr_t)(EWI_TILE_LINE - 1);

	return (const struct ewi_tile_pack *)at;
}

static inline size_t ewi_tile_bytes(const struct ewi_tile_layout *l, size_t steps)
{
	size_t bytes = l->head + steps * l->step * l->size * EWI_TILE;

	return (bytes + EWI_TILE_LINE - 1) / EWI_TILE_LINE * EWI_TILE_LINE;
}

/* Bytes of a packing; 0 when a 32-bit machine could not count them. */
size_t ewi_tile_pack_bytes(const struct ewi_tile_layout *l, uint32_t channels, uint64_t depth);
void ewi_tile_pack_fill(const struct ewi_tile_layout *l, const struct ewi_tile_source *s, void *to);

/* What the loops inside are given: all that is the same for a whole call. */
struct ewi_tile_job {
	const unsigned char *tiles;
	size_t tile_bytes, steps, channels;
	enum ewi_finish_mode mode;
	int32_t out_zero, act_min, act_max;
	const unsigned char *x; /* rows of activations, of steps * step elements */
	size_t stride;		/* bytes from row to row */
};

struct ewi_tile_job ewi_tile_job_of(const struct ewi_tile_layout *l, const void *packed, uint32_t channels,
				    int32_t out_zero, int32_t act_min, int32_t act_max);

struct ewi_tile_isa {
	struct ewi_tile_layout layout;
	uint8_t rows; /* that go together at most */
	/*
	 * Runs of n activations, `step` apart, to elements of rows, one behind the other.  Reads and writes whole 16s: up to 15
	 * elements behind each run.
	 */
	void (*take)(void *x, const int8_t *in, size_t n, size_t step, size_t runs);
	/* `count` rows, at most `rows`; where it is not 1 all `rows` may be read, and count outputs are written. */
	void (*run)(const struct ewi_tile_job *j, size_t count, int8_t *out);
};

struct ewi_tile_dwisa {
	struct ewi_tile_layout layout;
	/*
	 * `count` pixels of a row: steps * step taps, each `step` further on for the next pixel; the channels of each a tile's at
	 * a time, of which up to 15 behind the last are read.  All of a pixel is read before the next one is written.
	 */
	void (*pixels)(const struct ewi_tile_job *j, const int8_t *const *taps, size_t step, size_t count, int8_t *out);
	const struct ewi_tile_isa *one; /* what takes windows of one channel, with several outputs */
};

/* A `take` that leaves elements as they are. */
static inline void ewi_tile_take_plain(void *x, const int8_t *in, size_t n, size_t step, size_t runs)
{
	int8_t *to = x;

	for (; runs > 0; runs--, in += step, to += n)
		for (size_t i = 0; i < n; i += 16)
			memcpy(to + i, in + i, 16);
}

/* CONV_2D without groups, or, depthwise, of one channel: as struct ewi_packing and a kernel have them. */
size_t ewi_tile_rows_bytes(const struct ewi_conv *p, const struct ewi_tile_isa *isa);
void ewi_tile_rows_fill(const struct ewi_conv *p, const void *const in[EWI_CALL_INPUTS], void *to,
			const struct ewi_tile_isa *isa, bool depthwise);
size_t ewi_tile_rows_scratch(const struct ewi_conv *p, size_t windows, const struct ewi_tile_isa *isa);
void ewi_tile_rows_run(const struct ewi_call *c, const struct ewi_tile_isa *isa);

/*
 * A row of tiles.def for one slot: the kernel, its packing and its scratch.  bytes, fill, scratch and run take what such
 * functions are given, and behind it `set`, the instruction set.
 */
#define EWI_TILE_SLOT(slot, isa, set, bytes, fill, scratch, run)                                   \
	static size_t isa##_bytes(const void *p)                                                   \
	{                                                                                          \
		return bytes(p, set);                                                              \
	}                                                                                          \
	static void isa##_fill(const void *p, const void *const in[EWI_CALL_INPUTS], void *to)     \
	{                                                                                          \
		fill(p, in, to, set);                                                              \
	}                                                                                          \
	const struct ewi_packing ewi_##slot##_##isa##_packing = {NULL, isa##_bytes, isa##_fill, false}; \
	size_t ewi_##slot##_##isa##_packed_scratch(const void *p, size_t windows)                  \
	{                                                                                          \
		return scratch(p, windows, set);                                                   \
	}                                                                                          \
	void ewk_##slot##_##isa##_packed(const struct ewi_call *c)                                 \
	{                                                                                          \
		run(c, set);                                                                       \
	}

/* In x: n elements, as take makes them, without reading more. */
void ewi_tile_take_exact(const struct ewi_tile_layout *l, void *x, const int8_t *in, size_t n);
/* In x: n elements of in_zero. */
void ewi_tile_fill(const struct ewi_tile_layout *l, void *x, int32_t in_zero, size_t n);

#define CONV_TILE(isa) extern const struct ewi_tile_isa ewi_tile_##isa;
#define FC_TILE(isa)
#define DWCONV_TILE(isa) extern const struct ewi_tile_dwisa ewi_tile_dw_##isa;
#include "tensor/tiles.def"

#endif
