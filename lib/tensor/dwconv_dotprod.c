/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv_dotprod.c - depthwise windows with Arm's dot-product instructions (tile.h): the bytes of four taps are
 * interleaved, so that an SDOT adds up four taps of four channels.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_DOTPROD
#ifndef __clang__
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#endif
#define TAPS 4u
#include "tensor/dwconv_neon.h"

EW_INLINE int8x16_t pairs_low(int16x8_t a, int16x8_t b)
{
	return vreinterpretq_s8_s16(vzip1q_s16(a, b));
}

EW_INLINE int8x16_t pairs_high(int16x8_t a, int16x8_t b)
{
	return vreinterpretq_s8_s16(vzip2q_s16(a, b));
}

EW_INLINE void add_taps(struct ewi_sums_neon *s, const int8_t *const *taps, size_t at, const int8_t *w)
{
	int8x16_t x0 = vld1q_s8(taps[0] + at), x1 = vld1q_s8(taps[1] + at);
	int8x16_t x2 = vld1q_s8(taps[2] + at), x3 = vld1q_s8(taps[3] + at);
	int16x8_t low = vreinterpretq_s16_s8(vzip1q_s8(x0, x1));
	int16x8_t high = vreinterpretq_s16_s8(vzip2q_s8(x0, x1));
	int16x8_t low2 = vreinterpretq_s16_s8(vzip1q_s8(x2, x3));
	int16x8_t high2 = vreinterpretq_s16_s8(vzip2q_s8(x2, x3));

	s->a = vdotq_s32(s->a, pairs_low(low, low2), vld1q_s8(w));
	s->b = vdotq_s32(s->b, pairs_high(low, low2), vld1q_s8(w + 16));
	s->c = vdotq_s32(s->c, pairs_low(high, high2), vld1q_s8(w + 32));
	s->d = vdotq_s32(s->d, pairs_high(high, high2), vld1q_s8(w + 48));
}

const struct ewi_tile_dwisa ewi_tile_dw_dotprod = {
	.layout = {.step = TAPS, .size = 1, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.pixels = pixels,
	.one = &ewi_tile_dotprod,
};
#ifndef __clang__
#pragma GCC pop_options
#endif
#endif
#endif
