/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_sse41.c - rows of activations by tiles (tile.h) with SSE4.1, by way of int16: two elements of a row in one pmaddwd.
 * A pair of products is at most 2 * 128 * 128 < 2^31.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_X86
#include "tensor/requant_sse41.h"

#define ROWS 4u
#define STEP 2u
#define STEP_WORDS (STEP * EWI_TILE)

EW_TARGET("sse4.1")
static void take(void *x, const int8_t *in, size_t n, size_t step, size_t runs)
{
	int16_t *to = x;

	for (; runs > 0; runs--, in += step, to += n)
		for (size_t i = 0; i < n; i += 16) {
			__m128i v = ewi_load_sse41(in + i);

			_mm_storeu_si128((void *)(to + i), _mm_cvtepi8_epi16(v));
			_mm_storeu_si128((void *)(to + i + 8), _mm_cvtepi8_epi16(_mm_srli_si128(v, 8)));
		}
}

/* Sums of two rows and the four vectors of a tile. */
struct sums {
	__m128i a0, a1, a2, a3, b0, b1, b2, b3;
};

EW_TARGET("sse4.1")
EW_INLINE __m128i madd(__m128i acc, __m128i w, __m128i x)
{
	return _mm_add_epi32(acc, _mm_madd_epi16(w, x));
}

/* x, y: a pair of elements of each row, in every lane. */
EW_TARGET("sse4.1")
EW_INLINE void step(struct sums *s, size_t rows, const int16_t *w, __m128i x, __m128i y)
{
	__m128i w0 = ewi_load_sse41(w), w1 = ewi_load_sse41(w + 8), w2 = ewi_load_sse41(w + 16),
		w3 = ewi_load_sse41(w + 24);

	s->a0 = madd(s->a0, w0, x);
	s->a1 = madd(s->a1, w1, x);
	s->a2 = madd(s->a2, w2, x);
	s->a3 = madd(s->a3, w3, x);
	if (rows == 1)
		return;
	s->b0 = madd(s->b0, w0, y);
	s->b1 = madd(s->b1, w1, y);
	s->b2 = madd(s->b2, w2, y);
	s->b3 = madd(s->b3, w3, y);
}

EW_TARGET("sse4.1")
EW_INLINE __m128i pair(const int16_t *x)
{
	int32_t v;

	memcpy(&v, x, sizeof(v));
	return _mm_set1_epi32(v);
}

/* rows, 1 or 2, is a constant where this is called. */
EW_TARGET("sse4.1")
EW_INLINE void product(__m128i *out, size_t rows, size_t steps, const struct ewi_tile_finish *f, const int16_t *x,
		       const int16_t *y)
{
	const int16_t *w = (const void *)(f + 1);
	struct sums s;

	s.a0 = s.b0 = ewi_load_sse41(f->bias);
	s.a1 = s.b1 = ewi_load_sse41(f->bias + 4);
	s.a2 = s.b2 = ewi_load_sse41(f->bias + 8);
	s.a3 = s.b3 = ewi_load_sse41(f->bias + 12);
	for (; steps >= 4; steps -= 4, w += 4 * STEP_WORDS, x += 8, y += 8) {
		__m128i v = ewi_load_sse41(x), u = ewi_load_sse41(y);

		step(&s, rows, w, _mm_shuffle_epi32(v, 0x00), _mm_shuffle_epi32(u, 0x00));
		step(&s, rows, w + STEP_WORDS, _mm_shuffle_epi32(v, 0x55), _mm_shuffle_epi32(u, 0x55));
		step(&s, rows, w + 2 * STEP_WORDS, _mm_shuffle_epi32(v, 0xaa), _mm_shuffle_epi32(u, 0xaa));
		step(&s, rows, w + 3 * STEP_WORDS, _mm_shuffle_epi32(v, 0xff), _mm_shuffle_epi32(u, 0xff));
	}
	for (; steps > 0; steps--, w += STEP_WORDS, x += STEP, y += STEP)
		step(&s, rows, w, pair(x), pair(y));
	out[0] = s.a0, out[1] = s.a1, out[2] = s.a2, out[3] = s.a3;
	if (rows > 1)
		out[4] = s.b0, out[5] = s.b1, out[6] = s.b2, out[7] = s.b3;
}

EW_TARGET("sse4.1")
static EW_NOINLINE void product_2(__m128i *out, size_t steps, const struct ewi_tile_finish *f, const int16_t *x,
				  const int16_t *y)
{
	product(out, 2, steps, f, x, y);
}

EW_TARGET("sse4.1")
static EW_NOINLINE void product_1(__m128i *out, size_t steps, const struct ewi_tile_finish *f, const int16_t *x)
{
	product(out, 1, steps, f, x, x);
}

EW_TARGET("sse4.1")
static void run(const struct ewi_tile_job *j, size_t count, int8_t *out)
{
	const unsigned char *t = j->tiles;

	for (size_t o = 0; o < j->channels; o += EWI_TILE, t += j->tile_bytes) {
		const struct ewi_tile_finish *f = (const void *)t;

		for (size_t r = 0; r < count; r += 2) {
			const int16_t *x = (const void *)(j->x + r * j->stride);
			const int16_t *y = (const void *)(j->x + (r + 1) * j->stride);
			int8_t *to = out + r * j->channels + o;
			__m128i sums[8];

			if (r + 1 == count) {
				product_1(sums, j->steps, f, x);
			} else {
				product_2(sums, j->steps, f, x, y);
				ewi_finish_sse41(sums + 4, f, j, to + j->channels, j->channels - o);
			}
			ewi_finish_sse41(sums, f, j, to, j->channels - o);
		}
	}
}

const struct ewi_tile_isa ewi_tile_sse41 = {
	.layout = {.step = STEP, .size = 2, .head = sizeof(struct ewi_tile_finish), .put = ewi_tile_put},
	.rows = ROWS,
	.take = take,
	.run = run,
};
#endif
#endif
