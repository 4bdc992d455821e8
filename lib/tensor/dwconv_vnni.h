/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv_vnni.h - depthwise windows with VPDPBUSD (tile.h): the bytes of four taps are interleaved, so that it adds up four
 * taps of eight channels.  The file that includes this defines DOT, the instruction, and TARGET, what it needs.
 */
#ifndef EW_TENSOR_DWCONV_VNNI_H
#define EW_TENSOR_DWCONV_VNNI_H

#include "tensor/tile_vnni.h"

/* 16 bytes, unsigned: the first and the last eight at the beginning of each half. */
EW_TARGET("avx2")
EW_INLINE __m256i spread(const int8_t *p)
{
	__m256i v = _mm256_castsi128_si256(_mm_loadu_si128((const void *)p));

	return _mm256_xor_si256(_mm256_permute4x64_epi64(v, 0x10), _mm256_set1_epi8(INT8_MIN));
}

/* Unpacking leaves channels 0 to 3 and 8 to 11 in the first vector, where ewi_place_avx2 has them. */
EW_TARGET(TARGET)
EW_INLINE void pixel(const struct ewi_tile_job *j, const int8_t *const *taps, size_t at, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, at += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_finish_avx2 *f = (const void *)t;
		const unsigned char *w = (const void *)(f + 2);
		__m256i sums[2] = {ewi_load_avx2(f[0].bias), ewi_load_avx2(f[1].bias)};

		for (size_t i = 0; i < j->steps; i++, w += 4 * EWI_TILE) {
			__m256i a = _mm256_unpacklo_epi8(spread(taps[4 * i] + at), spread(taps[4 * i + 1] + at));
			__m256i b = _mm256_unpacklo_epi8(spread(taps[4 * i + 2] + at), spread(taps[4 * i + 3] + at));

			sums[0] = DOT(sums[0], _mm256_unpacklo_epi16(a, b), ewi_load_avx2(w));
			sums[1] = DOT(sums[1], _mm256_unpackhi_epi16(a, b), ewi_load_avx2(w + 32));
		}
		finish_vnni(sums, 1, f, j, out + o, j->channels - o);
	}
}

EW_TARGET(TARGET)
static void pixels(const struct ewi_tile_job *j, const int8_t *const *taps, size_t step, size_t count, int8_t *out)
{
	for (size_t at = 0; count > 0; count--, at += step, out += j->channels)
		pixel(j, taps, at, out);
}

#endif
