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
#if !defined(__aarch64__)
#pragma GCC push_options
#pragma GCC target("fpu=neon")
#endif
#include "tensor/requant_neon.h"

static void pixel(const struct ewi_tile_job *j, const int8_t *const *taps, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_tile_finish *f = (const void *)t;
		const int8_t *w = (const void *)(f + 1);
		int32x4_t a = vld1q_s32(f->bias), b = vld1q_s32(f->bias + 4), c = vld1q_s32(f->bias + 8),
			  d = vld1q_s32(f->bias + 12);

		for (size_t i = 0; i < j->steps; i++, w += EWI_TILE) {
			int8x16_t x = vld1q_s8(taps[i] + o), v = vld1q_s8(w);
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

const struct ewi_tile_dwisa ewi_tile_dw_neon = {
	.layout = {.step = 1, .size = 1, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.pixel = pixel,
};
#if !defined(__aarch64__)
#pragma GCC pop_options
#endif
#endif
#endif
