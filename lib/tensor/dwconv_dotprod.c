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
#include "tensor/requant_neon.h"

EW_INLINE int8x16_t pairs_low(int16x8_t a, int16x8_t b)
{
	return vreinterpretq_s8_s16(vzip1q_s16(a, b));
}

EW_INLINE int8x16_t pairs_high(int16x8_t a, int16x8_t b)
{
	return vreinterpretq_s8_s16(vzip2q_s16(a, b));
}

EW_INLINE void pixel(const struct ewi_tile_job *j, const int8_t *const *taps, size_t at, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, at += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_tile_finish *f = (const void *)t;
		const int8_t *w = (const void *)(f + 1);
		int32x4_t a = vld1q_s32(f->bias), b = vld1q_s32(f->bias + 4), c = vld1q_s32(f->bias + 8),
			  d = vld1q_s32(f->bias + 12);

		for (size_t i = 0; i < j->steps; i++, w += 4 * EWI_TILE) {
			int8x16_t x0 = vld1q_s8(taps[4 * i] + at), x1 = vld1q_s8(taps[4 * i + 1] + at);
			int8x16_t x2 = vld1q_s8(taps[4 * i + 2] + at), x3 = vld1q_s8(taps[4 * i + 3] + at);
			int16x8_t low = vreinterpretq_s16_s8(vzip1q_s8(x0, x1));
			int16x8_t high = vreinterpretq_s16_s8(vzip2q_s8(x0, x1));
			int16x8_t low2 = vreinterpretq_s16_s8(vzip1q_s8(x2, x3));
			int16x8_t high2 = vreinterpretq_s16_s8(vzip2q_s8(x2, x3));

			a = vdotq_s32(a, pairs_low(low, low2), vld1q_s8(w));
			b = vdotq_s32(b, pairs_high(low, low2), vld1q_s8(w + 16));
			c = vdotq_s32(c, pairs_low(high, high2), vld1q_s8(w + 32));
			d = vdotq_s32(d, pairs_high(high, high2), vld1q_s8(w + 48));
		}
		ewi_finish_neon(a, b, c, d, f, j, out + o, j->channels - o);
	}
}

static void pixels(const struct ewi_tile_job *j, const int8_t *const *taps, size_t step, size_t count, int8_t *out)
{
	for (size_t at = 0; count > 0; count--, at += step, out += j->channels)
		pixel(j, taps, at, out);
}

const struct ewi_tile_dwisa ewi_tile_dw_dotprod = {
	.layout = {.step = 4, .size = 1, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.pixels = pixels,
};
#ifndef __clang__
#pragma GCC pop_options
#endif
#endif
#endif
