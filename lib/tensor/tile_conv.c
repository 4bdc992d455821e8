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

#define CONV_TILE(isa)                                                                     \
	static size_t isa##_bytes(const void *p)                                                   \
	{                                                                                          \
		return bytes_of(p, &ewi_tile_##isa);                                               \
	}                                                                                          \
	static void isa##_fill(const void *p, const void *const in[EWI_CALL_INPUTS], void *to)     \
	{                                                                                          \
		ewi_tile_rows_fill(p, in, to, &ewi_tile_##isa, false);                             \
	}                                                                                          \
	const struct ewi_packing ewi_conv_s8_##isa##_packing = {NULL, isa##_bytes, isa##_fill, false};    \
	size_t ewi_conv_s8_##isa##_packed_scratch(const void *p, size_t n)                         \
	{                                                                                          \
		return ewi_tile_rows_scratch(p, n, &ewi_tile_##isa);                               \
	}                                                                                          \
	void ewk_conv_s8_##isa##_packed(const struct ewi_call *c)                                  \
	{                                                                                          \
		ewi_tile_rows_run(c, &ewi_tile_##isa);                                             \
	}
#define FC_TILE(isa)
#define DWCONV_TILE(isa)
#include "tensor/tiles.def"
#endif
#endif
