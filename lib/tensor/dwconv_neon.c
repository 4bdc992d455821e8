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
#include "tensor/requant_neon.h"

EW_INLINE void pixel(const struct ewi_tile_job *j, const int8_t *const *taps, size_t at, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, at += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_tile_finish *f = (const void *)t;
		const int8_t *w = (const void *)(f + 1);
		int32x4_t a = vld1q_s32(f->bias), b = vld1q_s32(f->bias + 4), c = vld1q_s32(f->bias + 8),
			  d = vld1q_s32(f->bias + 12);

		for (size_t i = 0; i < j->steps; i++, w += EWI_TILE) {
			int8x16_t x = vld1q_s8(taps[i] + at), v = vld1q_s8(w);
			int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(v));
			int16x8_t high = vmull_s8(vget_high_s8(x), vget_high_s8(v));

			a = vaddw_s16(a, vget_low_s16(low));
			b = vaddw_s16(b, vget_high_s16(low));
			c = vaddw_s16(c, vget_low_s16(high));
			d = vaddw_s16(d, vget_high_s16(high));
		}
		ewi_finish_neon(a, b, c, d, f, j, out + o, j->channels - o);
	}
}

static void pixels(const struct ewi_tile_job *j, const int8_t *const *taps, size_t step, size_t count, int8_t *out)
{
	for (size_t at = 0; count > 0; count--, at += step, out += j->channels)
		pixel(j, taps, at, out);
}

const struct ewi_tile_dwisa ewi_tile_dw_neon = {
	.layout = {.step = 1, .size = 1, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.pixels = pixels,
};
#if !defined(__aarch64__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif
#endif
