/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_conv.c - CONV_2D of int8 by tiles (tile_rows.c): the bytes of ewk_conv_s8_ref, for every row of tiles.def.  Groups
 * are left to the definition.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_TILES
static inline size_t bytes_of(const void *params, const struct ewi_tile_isa *isa)
{
	const struct ewi_conv *p = params;

	return p->groups > 1 ? 0 : ewi_tile_rows_bytes(p, isa);
}

static inline void fill(const void *params, const void *const in[EWI_CALL_INPUTS], void *to,
			const struct ewi_tile_isa *isa)
{
	ewi_tile_rows_fill(params, in, to, isa, false);
}

#define CONV_TILE(isa) \
	EWI_TILE_SLOT(conv_s8, isa, &ewi_tile_##isa, bytes_of, fill, ewi_tile_rows_scratch, ewi_tile_rows_run)
#define FC_TILE(isa)
#define DWCONV_TILE(isa)
#include "tensor/tiles.def"
#endif
#endif
