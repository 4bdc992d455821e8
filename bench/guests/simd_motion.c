/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* simd_motion.c - where a block of a frame has moved to: sums of absolute differences of bytes. */
#include "guest.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define STEPS 24
#define SIDE 16
#define WIDTH 64

static uint8_t frame[SIDE * WIDTH], block[SIDE * SIDE];

static NOINLINE uint32_t difference(const uint8_t *a, const uint8_t *b)
{
#ifdef __wasm_simd128__
	v128_t sum = wasm_i32x4_const_splat(0);

	for (int y = 0; y < SIDE; y++) {
		v128_t p = wasm_v128_load(a + y * WIDTH), q = wasm_v128_load(b + y * SIDE);
		v128_t d = wasm_i8x16_sub(wasm_u8x16_max(p, q), wasm_u8x16_min(p, q));

		sum = wasm_i32x4_add(sum, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(d)));
	}
	return (uint32_t)(wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) +
			  wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3));
#else
	uint32_t sum = 0;

	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			int d = a[y * WIDTH + x] - b[y * SIDE + x];

			sum += (uint32_t)(d < 0 ? -d : d);
		}
	return sum;
#endif
}

GUEST(simd_motion)
{
	uint32_t h = 1, random = 0x13579bd;

	for (int i = 0; i < SIDE * WIDTH; i++)
		frame[i] = (uint8_t)next_random(&random);
	for (int i = 0; i < SIDE * SIDE; i++)
		block[i] = frame[i / SIDE * WIDTH + i % SIDE + 9];
	for (int32_t k = 0; k < n; k++) {
		uint32_t best = UINT32_MAX, place = 0;

		for (uint32_t at = 0; at < STEPS; at++) {
			uint32_t d = difference(frame + at, block);

			if (d < best) {
				best = d;
				place = at;
			}
		}
		h = fold(h, best << 8 | place);
		block[k % (SIDE * SIDE)] ^= (uint8_t)h;
	}
	return (int32_t)h;
}
