/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_eye.c - shrinks frames and makes them what the detector wants, on vectors (frame.h is the definition).
 * Eight pixels at a time: their 48 columns are three vectors, whose bytes are added in pairs (luma) or kept in two
 * halves (U and V), row upon row; of 24 such sums each three neighbours are one pixel's.
 */
#include <wasm_simd128.h>
#include "edgewasm/guest.h"
#include "frame.h"

#define TOPIC_MAX 32u
#define SPLAT(v) wasm_i16x8_const_splat(v)

/* Frames lie at a multiple of 16 whatever their topic's length: the topic goes before. */
static _Alignas(16) uint8_t payload[TOPIC_MAX + FRAME_BYTES];
static _Alignas(16) int8_t seen[SEEN_BYTES];

struct three {
	v128_t a, b, c;
};

/* Sums of three neighbours of the 24. */
static inline v128_t neighbours(struct three s)
{
	const v128_t first = wasm_i16x8_shuffle(wasm_i16x8_shuffle(s.a, s.b, 0, 3, 6, 9, 12, 15, 0, 0), s.c, 0, 1, 2, 3,
						4, 5, 10, 13);
	const v128_t second = wasm_i16x8_shuffle(wasm_i16x8_shuffle(s.a, s.b, 1, 4, 7, 10, 13, 0, 0, 0), s.c, 0, 1, 2, 3,
						 4, 8, 11, 14);
	const v128_t third = wasm_i16x8_shuffle(wasm_i16x8_shuffle(s.a, s.b, 2, 5, 8, 11, 14, 0, 0, 0), s.c, 0, 1, 2, 3, 4,
						9, 12, 15);

	return wasm_i16x8_add(wasm_i16x8_add(first, second), third);
}

static inline v128_t six_rows(const uint8_t *p)
{
	v128_t sum = wasm_u16x8_extadd_pairwise_u8x16(wasm_v128_load(p));

#pragma clang loop unroll(full)
	for (uint32_t row = 1; row < 6; row++)
		sum = wasm_i16x8_add(sum, wasm_u16x8_extadd_pairwise_u8x16(wasm_v128_load(p + row * FRAME_WIDTH)));
	return sum;
}

/* Eight means of 6 x 6. */
static inline v128_t luma8(const uint8_t *p)
{
	const struct three s = {six_rows(p), six_rows(p + 16), six_rows(p + 32)};

	return wasm_i16x8_q15mulr_sat(neighbours(s), SPLAT(Q_36TH));
}

static inline void three_rows(const uint8_t *p, v128_t *u, v128_t *v)
{
	const v128_t a = wasm_v128_load(p), b = wasm_v128_load(p + FRAME_WIDTH), c = wasm_v128_load(p + 2 * FRAME_WIDTH);
	const v128_t low = SPLAT(255);

	*u = wasm_i16x8_add(wasm_i16x8_add(wasm_v128_and(a, low), wasm_v128_and(b, low)), wasm_v128_and(c, low));
	*v = wasm_i16x8_add(wasm_i16x8_add(wasm_u16x8_shr(a, 8), wasm_u16x8_shr(b, 8)), wasm_u16x8_shr(c, 8));
}

/* Eight means of 3 x 3 U and V, less 128. */
static inline void chroma8(const uint8_t *p, v128_t *out_u, v128_t *out_v)
{
	struct three u, v;

	three_rows(p, &u.a, &v.a);
	three_rows(p + 16, &u.b, &v.b);
	three_rows(p + 32, &u.c, &v.c);
	*out_u = wasm_i16x8_sub(wasm_i16x8_q15mulr_sat(neighbours(u), SPLAT(Q_9TH)), SPLAT(128));
	*out_v = wasm_i16x8_sub(wasm_i16x8_q15mulr_sat(neighbours(v), SPLAT(Q_9TH)), SPLAT(128));
}

struct colours {
	v128_t r, g, b;
};

static inline struct colours colours8(const uint8_t *luma, const uint8_t *chroma)
{
	const v128_t y = luma8(luma);
	v128_t u, v;

	chroma8(chroma, &u, &v);
	return (struct colours){
		wasm_i16x8_add(wasm_i16x8_add(y, v), wasm_i16x8_q15mulr_sat(v, SPLAT(Q_RED_V))),
		wasm_i16x8_sub(wasm_i16x8_sub(y, wasm_i16x8_q15mulr_sat(u, SPLAT(Q_GREEN_U))),
			       wasm_i16x8_q15mulr_sat(v, SPLAT(Q_GREEN_V))),
		wasm_i16x8_add(wasm_i16x8_add(y, u), wasm_i16x8_q15mulr_sat(u, SPLAT(Q_BLUE_U))),
	};
}

/* Sixteen pixels, from three vectors of one colour each. */
static inline void store16(int8_t *to, struct colours a, struct colours b)
{
	const v128_t half = wasm_i8x16_const_splat(-128);
	const v128_t r = wasm_v128_xor(wasm_u8x16_narrow_i16x8(a.r, b.r), half);
	const v128_t g = wasm_v128_xor(wasm_u8x16_narrow_i16x8(a.g, b.g), half);
	const v128_t bl = wasm_v128_xor(wasm_u8x16_narrow_i16x8(a.b, b.b), half);

	/* red and green to their places, then blue between them */
	const v128_t first = wasm_i8x16_shuffle(r, g, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
	const v128_t second = wasm_i8x16_shuffle(r, g, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
	const v128_t third = wasm_i8x16_shuffle(r, g, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);

	wasm_v128_store(to, wasm_i8x16_shuffle(first, bl, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
	wasm_v128_store(to + 16, wasm_i8x16_shuffle(second, bl, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15));
	wasm_v128_store(to + 32, wasm_i8x16_shuffle(third, bl, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31));
}

static __attribute__((noinline)) void row(const uint8_t *luma, const uint8_t *chroma, int8_t *to)
{
	for (uint32_t x = 0; x < SEEN_SIDE; x += 16)
		store16(to + 3 * x, colours8(luma + 6 * x, chroma + 6 * x),
			colours8(luma + 6 * x + 48, chroma + 6 * x + 48));
}

int32_t edge_init(void)
{
	for (uint32_t i = 0; i < SEEN_BYTES; i++)
		seen[i] = GREY;
	return EDGE_OK;
}

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;

	for (; pending > 0; pending--) {
		const int32_t rc = edge_event_poll(&event, payload, sizeof(payload));
		const uint8_t *frame = payload + event.topic_len;

		if (rc < 0)
			return rc;
		if (event.data_len != FRAME_BYTES)
			return EDGE_INVAL;
		for (uint32_t y = 0; y < SEEN_ROWS; y++)
			row(frame + 6 * y * FRAME_WIDTH, frame + FRAME_LUMA_BYTES + 3 * y * FRAME_WIDTH,
			    seen + 3 * SEEN_SIDE * (SEEN_TOP + y));
		if (edge_emit_str("seen", seen, sizeof(seen), 0) < 0)
			return EDGE_AGAIN;
		edge_event_ack(event.seq);
	}
	return EDGE_OK;
}
