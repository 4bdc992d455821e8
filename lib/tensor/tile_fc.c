/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_fc.c - FULLY_CONNECTED of int8 by tiles (tile.h): the bytes of ewk_fc_s8_ref, for every row of tiles.def.
 * Weights with a zero point are left to kernels that read them in place.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_TILES
static inline size_t bytes_of(const void *params, const struct ewi_tile_isa *isa)
{
	const struct ewi_fc *p = params;

	return p->w_zero ? 0 : ewi_tile_pack_bytes(&isa->layout, p->units, p->depth);
}

static inline void fill(const void *params, const void *const in[EWI_CALL_INPUTS], void *to,
			const struct ewi_tile_isa *isa)
{
	const struct ewi_fc *p = params;
	struct ewi_tile_source s = {.w = in[1], .bias = in[2], .channel_step = p->depth, .depth_step = 1,
				    .channels = p->units, .depth = p->depth, .in_zero = p->in_zero, .scale = p->scale,
				    .multipliers = p->multipliers, .shifts = p->shifts, .single = p->single};

	ewi_tile_pack_fill(&isa->layout, &s, to);
}

/* Bytes of a row, rounded up to what `take` writes. */
static inline size_t stride_of(const struct ewi_fc *p, const struct ewi_tile_isa *isa)
{
	return ((size_t)p->depth + 15) / 16 * 16 * isa->layout.size;
}

static inline size_t scratch_of(const void *params, size_t windows, const struct ewi_tile_isa *isa)
{
	const struct ewi_fc *p = params;

	return (windows * p->rows > 1 ? isa->rows : 1) * stride_of(p, isa);
}

static inline void run(const struct ewi_call *c, const struct ewi_tile_isa *isa)
{
	const struct ewi_fc *p = c->params;
	struct ewi_tile_job j =
		ewi_tile_job_of(&isa->layout, c->packed, p->units, p->out_zero, p->act_min, p->act_max);
	const int8_t *in = c->in[0];
	unsigned char *x = c->scratch;
	int8_t *out = c->out;
	size_t whole = p->depth / 16 * 16;

	j.x = x;
	j.stride = stride_of(p, isa);
	for (size_t left = c->windows * p->rows, n; left > 0; left -= n, out += n * p->units) {
		n = left < isa->rows ? left : isa->rows;
		for (size_t r = 0; r < n; r++, in += p->depth) {
			isa->take(x + r * j.stride, in, whole, 0, 1);
			ewi_tile_take_exact(&isa->layout, x + r * j.stride + whole * isa->layout.size, in + whole,
					    p->depth - whole);
		}
		isa->run(&j, n, out);
	}
}

#define FC_TILE(isa) EWI_TILE_SLOT(fc_s8, isa, &ewi_tile_##isa, bytes_of, fill, scratch_of, run)
#define CONV_TILE(isa)
#define DWCONV_TILE(isa)
#include "tensor/tiles.def"
#endif
#endif
