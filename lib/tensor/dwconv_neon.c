/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv_neon.c - depthwise windows with NEON, of 64 and of 32 bits (tile.h): bytes by bytes to int16, exact, each added to
 * sums of 32 bits.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_NEON
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("fpu=neon")
#endif
#define TAPS 1u
#include "tensor/dwconv_neon.h"

EW_INLINE void add_taps(struct ewi_sums_neon *s, const int8_t *const *taps, size_t at, const int8_t *w)
{
	int8x16_t x = vld1q_s8(taps[0] + at), v = vld1q_s8(w);
	int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(v));
	int16x8_t high = vmull_s8(vget_high_s8(x), vget_high_s8(v));

	s->a = vaddw_s16(s->a, vget_low_s16(low));
	s->b = vaddw_s16(s->b, vget_high_s16(low));
	s->c = vaddw_s16(s->c, vget_low_s16(high));
	s->d = vaddw_s16(s->d, vget_high_s16(high));
}

const struct ewi_tile_dwisa ewi_tile_dw_neon = {
	.layout = {.step = TAPS, .size = 1, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.pixels = pixels,
	.one = &ewi_tile_neon,
};
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif
#endif
