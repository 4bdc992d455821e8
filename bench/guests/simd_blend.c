/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* simd_blend.c - two camera lines mixed and thresholded: bytes widened, multiplied, shifted and compared. */
#include "guest.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define WIDTH 640

static uint8_t above[WIDTH], below[WIDTH], mixed[WIDTH], mask[WIDTH];

static NOINLINE void mix(uint8_t *restrict to, const uint8_t *restrict a,
			 const uint8_t *restrict b, uint16_t share)
{
#ifdef __wasm_simd128__
	v128_t s = wasm_u16x8_splat(share), r = wasm_u16x8_splat((uint16_t)(256 - share));

	for (int i = 0; i < WIDTH; i += 16) {
		v128_t x = wasm_v128_load(a + i), y = wasm_v128_load(b + i);
		v128_t low = wasm_i16x8_add(wasm_i16x8_mul(wasm_u16x8_extend_low_u8x16(x), s),
					    wasm_i16x8_mul(wasm_u16x8_extend_low_u8x16(y), r));
		v128_t high = wasm_i16x8_add(wasm_i16x8_mul(wasm_u16x8_extend_high_u8x16(x), s),
					     wasm_i16x8_mul(wasm_u16x8_extend_high_u8x16(y), r));

		wasm_v128_store(to + i, wasm_u8x16_narrow_i16x8(wasm_u16x8_shr(low, 8), wasm_u16x8_shr(high, 8)));
	}
#else
	for (int i = 0; i < WIDTH; i++)
		to[i] = (uint8_t)((uint16_t)(a[i] * share + b[i] * (256 - share)) >> 8);
#endif
}

static NOINLINE void threshold(uint8_t *restrict to, const uint8_t *restrict a,
			       uint8_t limit)
{
	for (int i = 0; i < WIDTH; i++)
		to[i] = a[i] > limit ? 255 : 0;
}

GUEST(simd_blend)
{
	uint32_t h = 1, random = 0x2468ace;

	for (int i = 0; i < WIDTH; i++) {
		above[i] = (uint8_t)next_random(&random);
		below[i] = (uint8_t)next_random(&random);
	}
	for (int32_t k = 0; k < n; k++) {
		mix(mixed, above, below, (uint16_t)(k & 255));
		threshold(mask, mixed, (uint8_t)(k >> 3));
		h = fold(h, (uint32_t)mixed[k % WIDTH] << 8 | mask[(k * 7) % WIDTH]);
	}
	return (int32_t)h;
}
