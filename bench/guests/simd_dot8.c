/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* simd_dot8.c - the int8 layer of dot8.c on vectors: sums of products of 16-bit lanes. */
#include "guest.h"
#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

#define DEPTH 256
#define UNITS 16

static int8_t input[DEPTH], weights[UNITS][DEPTH];

static NOINLINE int32_t dot(const int8_t *a, const int8_t *b)
{
#ifdef __wasm_simd128__
	v128_t sum = wasm_i32x4_const_splat(0);

	for (int i = 0; i < DEPTH; i += 16) {
		v128_t x = wasm_v128_load(a + i), y = wasm_v128_load(b + i);

		sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(x),
							       wasm_i16x8_extend_low_i8x16(y)));
		sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(x),
							       wasm_i16x8_extend_high_i8x16(y)));
	}
	return wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) +
	       wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3);
#else
	int32_t sum = 0;

	for (int i = 0; i < DEPTH; i++)
		sum += a[i] * b[i];
	return sum;
#endif
}

GUEST(simd_dot8)
{
	uint32_t h = 1, random = 0x1234567;

	for (int i = 0; i < DEPTH; i++) {
		input[i] = (int8_t)next_random(&random);
		for (int u = 0; u < UNITS; u++)
			weights[u][i] = (int8_t)next_random(&random);
	}
	for (int32_t k = 0; k < n; k++) {
		for (int u = 0; u < UNITS; u++)
			h = fold(h, (uint32_t)dot(input, weights[u]));
		input[k % DEPTH] ^= (int8_t)h;
	}
	return (int32_t)h;
}
