/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv_sse41.c - depthwise windows with SSE4.1 (tile.h): the bytes of two taps are interleaved, widened to int16 and
 * multiplied with the pair's weights by one pmaddwd.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_X86
#include "tensor/requant_sse41.h"

#define STEP 2u

EW_TARGET("sse4.1")
EW_INLINE __m128i madd(__m128i acc, __m128i pairs, const int16_t *w)
{
	return _mm_add_epi32(acc, _mm_madd_epi16(_mm_cvtepi8_epi16(pairs), ewi_load_sse41(w)));
}

EW_TARGET("sse4.1")
EW_INLINE void pixel(const struct ewi_tile_job *j, const int8_t *const *taps, size_t at, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, at += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_tile_finish *f = (const void *)t;
		const int16_t *w = (const void *)(f + 1);
		__m128i s[4] = {ewi_load_sse41(f->bias), ewi_load_sse41(f->bias + 4), ewi_load_sse41(f->bias + 8),
				ewi_load_sse41(f->bias + 12)};

		for (size_t i = 0; i < j->steps; i++, w += STEP * EWI_TILE) {
			__m128i a = ewi_load_sse41(taps[STEP * i] + at), b = ewi_load_sse41(taps[STEP * i + 1] + at);
			__m128i low = _mm_unpacklo_epi8(a, b), high = _mm_unpackhi_epi8(a, b);

			s[0] = madd(s[0], low, w);
			s[1] = madd(s[1], _mm_srli_si128(low, 8), w + 8);
			s[2] = madd(s[2], high, w + 16);
			s[3] = madd(s[3], _mm_srli_si128(high, 8), w + 24);
		}
		ewi_finish_sse41(s, f, j, out + o, j->channels - o);
	}
}

EW_TARGET("sse4.1")
static void pixels(const struct ewi_tile_job *j, const int8_t *const *taps, size_t step, size_t count, int8_t *out)
{
	for (size_t at = 0; count > 0; count--, at += step, out += j->channels)
		pixel(j, taps, at, out);
}

const struct ewi_tile_dwisa ewi_tile_dw_sse41 = {
	.layout = {.step = STEP, .size = 2, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.pixels = pixels,
	.one = &ewi_tile_sse41,
};
#endif
#endif
