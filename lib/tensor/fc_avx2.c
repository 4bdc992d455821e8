/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fc_avx2.c - FULLY_CONNECTED of int8 with AVX2: the bytes of ewk_fc_s8_ref, by way of int16.
 *
 * A row of activations, less its zero point, is widened once to int16 (-255 to 255); weights are widened
 * as they are read, multiplied and added in pairs into int32 lanes (vpmaddwd).  Not vpmaddubsw: it
 * saturates.  A pair is at most 2 * 255 * 128 < 2^17; lanes wrap modulo 2^32 as the definition does.
 * Three rows of a batch go together, because then each widened weight is used three times.
 *
 * What a depth is over a multiple of STEP is taken in one step more, from the last STEP weights of the row:
 * those that were there already meet zeros.  Only rows shorter than STEP can be read past their end, and
 * then only the last few rows have nothing behind them.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include <immintrin.h>
#include "tensor/requant_avx2.h"

#define STEP 16u  /* weights in one widened vector */
#define ROWS 3u	  /* of activations that go together */
#define CHUNK 64u /* units whose sums are taken before they are requantized, so that latencies overlap */

struct work {
	const struct ewi_fc *p;
	const int8_t *w, *w_end;
	const uint8_t *bias;
	size_t whole;  /* depth, down to a multiple of STEP */
	size_t tail;   /* where in a row of weights the step more begins; its x begins at `whole` */
	size_t stride; /* int16 in a widened row */
};

static size_t pad(size_t depth)
{
	return (depth + STEP - 1) / STEP * STEP;
}

size_t ewi_fc_s8_avx2_scratch(const void *params, size_t windows)
{
	const struct ewi_fc *p = params;
	size_t rows = windows * p->rows;

	return (rows < ROWS ? rows : ROWS) * pad(p->depth) * sizeof(int16_t);
}

/* ---- activations ------------------------------------------------------------------------------ */

/* From 16 - n on: 16 - n zeros, then n ones. */
static const int16_t keep_last[2 * STEP] = {0,	0,  0,	0,  0,	0,  0,	0,  0,	0,  0,
					    0,	0,  0,	0,  0,	-1, -1, -1, -1, -1, -1,
					    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

EW_TARGET("avx2")
EW_INLINE __m256i widened(const int8_t *in, __m256i zero)
{
	return _mm256_sub_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)in)), zero);
}

EW_TARGET("avx2")
EW_INLINE void store(int16_t *x, __m256i v)
{
	_mm256_storeu_si256((void *)x, v);
}

/* x = in - in_zero.  Returns what weights with a zero point must give back: -w_zero * sum of x. */
EW_TARGET("avx2")
static int32_t widen(const struct work *k, const int8_t *in, int16_t *x)
{
	const __m256i zero = _mm256_set1_epi16((int16_t)k->p->in_zero);
	size_t d = 0, rest = k->p->depth - k->whole;
	uint32_t sum = 0;

	for (; d < k->whole; d += STEP)
		store(x + d, widened(in + d, zero));
	if (rest && k->whole) {
		__m256i mask = _mm256_loadu_si256((const void *)(keep_last + rest));

		store(x + d, _mm256_and_si256(widened(in + k->tail, zero), mask));
	} else if (rest) {
		store(x, _mm256_setzero_si256());
		for (; d < rest; d++)
			x[d] = (int16_t)(in[d] - k->p->in_zero);
	}
	if (k->p->w_zero == 0)
		return 0;
	for (d = 0; d < k->stride; d++)
		sum += (uint32_t)(int32_t)x[d];
	return (int32_t)(0 - sum * (uint32_t)k->p->w_zero);
}

/* ---- weights ---------------------------------------------------------------------------------- */

/* Row `unit + i` of the weights; for those there are not the last one stands in. */
EW_INLINE const int8_t *row(const struct work *k, size_t unit, size_t i)
{
	size_t last = k->p->units - 1u - unit;

	return k->w + unit * k->p->depth + (EW_LIKELY(i < last) ? i : last) * k->p->depth;
}

EW_TARGET("avx2")
EW_INLINE __m128i load(const int8_t *w)
{
	return _mm_loadu_si128((const void *)w);
}

/* From 16 - n on: moves the last n bytes of a vector to its front, zeros behind them. */
static const int8_t to_front[2 * STEP] = {0,  1,  2,  3,  4,  5,	 6,  7,	 8,  9,	 10,
					  11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1,
					  -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

/*
 * The step more of a row.  Rows shorter than STEP may have fewer than STEP weights before the end: then the
 * vector that ends there is read.
 */
EW_TARGET("avx2")
EW_INLINE __m128i load_tail(const struct work *k, const int8_t *w)
{
	size_t left = (size_t)(k->w_end - w);

	if (left >= STEP)
		return load(w);
	return _mm_shuffle_epi8(load(k->w_end - STEP), load(to_front + (STEP - left)));
}

/* Whether all rows of a group can be read in whole vectors. */
EW_INLINE bool readable(const struct work *k, const int8_t *last_row)
{
	return k->whole || (size_t)(k->w_end - last_row) >= STEP;
}

/* ---- sums ------------------------------------------------------------------------------------- */

EW_TARGET("avx2")
EW_INLINE __m256i mac(__m256i acc, __m128i w, __m256i x)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), x));
}

/* Sums of the lanes of eight vectors, in order. */
EW_TARGET("avx2")
EW_INLINE __m256i sum8(__m256i a0, __m256i a1, __m256i a2, __m256i a3, __m256i a4, __m256i a5,
		       __m256i a6, __m256i a7)
{
	__m256i low = _mm256_hadd_epi32(_mm256_hadd_epi32(a0, a1), _mm256_hadd_epi32(a2, a3));
	__m256i high = _mm256_hadd_epi32(_mm256_hadd_epi32(a4, a5), _mm256_hadd_epi32(a6, a7));

	return _mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20),
				_mm256_permute2x128_si256(low, high, 0x31));
}

EW_TARGET("avx2")
EW_INLINE __m128i sum4(__m256i a0, __m256i a1, __m256i a2, __m256i a3)
{
	__m256i s = _mm256_hadd_epi32(_mm256_hadd_epi32(a0, a1), _mm256_hadd_epi32(a2, a3));

	return _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
}

/* sums[i] = w[unit + i] . x for eight rows of weights that can be read in whole vectors. */
EW_TARGET("avx2")
static void dot_8(const struct work *k, size_t unit, const int16_t *x, int32_t *sums)
{
	const int8_t *w0 = row(k, unit, 0), *w1 = row(k, unit, 1), *w2 = row(k, unit, 2),
		     *w3 = row(k, unit, 3), *w4 = row(k, unit, 4), *w5 = row(k, unit, 5),
		     *w6 = row(k, unit, 6), *w7 = row(k, unit, 7);
	__m256i a0 = _mm256_setzero_si256(), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0,
		a7 = a0, v;
	size_t d = 0;

	for (; d < k->whole; d += STEP) {
		v = _mm256_loadu_si256((const void *)(x + d));
		a0 = mac(a0, load(w0 + d), v);
		a1 = mac(a1, load(w1 + d), v);
		a2 = mac(a2, load(w2 + d), v);
		a3 = mac(a3, load(w3 + d), v);
		a4 = mac(a4, load(w4 + d), v);
		a5 = mac(a5, load(w5 + d), v);
		a6 = mac(a6, load(w6 + d), v);
		a7 = mac(a7, load(w7 + d), v);
	}
	if (d < k->stride) {
		v = _mm256_loadu_si256((const void *)(x + d));
		a0 = mac(a0, load(w0 + k->tail), v);
		a1 = mac(a1, load(w1 + k->tail), v);
		a2 = mac(a2, load(w2 + k->tail), v);
		a3 = mac(a3, load(w3 + k->tail), v);
		a4 = mac(a4, load(w4 + k->tail), v);
		a5 = mac(a5, load(w5 + k->tail), v);
		a6 = mac(a6, load(w6 + k->tail), v);
		a7 = mac(a7, load(w7 + k->tail), v);
	}
	_mm256_storeu_si256((void *)sums, sum8(a0, a1, a2, a3, a4, a5, a6, a7));
}

/* The same for rows shorter than STEP at the end of the weights. */
EW_TARGET("avx2")
static EW_NOINLINE void dot_8_short(const struct work *k, size_t unit, const int16_t *x, int32_t *sums)
{
	const __m256i none = _mm256_setzero_si256(), v = _mm256_loadu_si256((const void *)x);
	__m256i a[8];

	for (size_t i = 0; i < 8; i++)
		a[i] = mac(none, load_tail(k, row(k, unit, i)), v);
	_mm256_storeu_si256((void *)sums, sum8(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]));
}

/* Four rows of weights against three of activations: 12 vectors of sums. */
struct tile {
	__m256i a00, a01, a02, a10, a11, a12, a20, a21, a22, a30, a31, a32;
};

EW_TARGET("avx2")
EW_INLINE __m256i madd(__m256i acc, __m256i w, const int16_t *x)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(w, _mm256_loadu_si256((const void *)x)));
}

EW_TARGET("avx2")
EW_INLINE void tile_step(struct tile *t, const int16_t *x, size_t stride, __m128i w0, __m128i w1,
			 __m128i w2, __m128i w3)
{
	__m256i w = _mm256_cvtepi8_epi16(w0);

	t->a00 = madd(t->a00, w, x);
	t->a01 = madd(t->a01, w, x + stride);
	t->a02 = madd(t->a02, w, x + 2 * stride);
	w = _mm256_cvtepi8_epi16(w1);
	t->a10 = madd(t->a10, w, x);
	t->a11 = madd(t->a11, w, x + stride);
	t->a12 = madd(t->a12, w, x + 2 * stride);
	w = _mm256_cvtepi8_epi16(w2);
	t->a20 = madd(t->a20, w, x);
	t->a21 = madd(t->a21, w, x + stride);
	t->a22 = madd(t->a22, w, x + 2 * stride);
	w = _mm256_cvtepi8_epi16(w3);
	t->a30 = madd(t->a30, w, x);
	t->a31 = madd(t->a31, w, x + stride);
	t->a32 = madd(t->a32, w, x + 2 * stride);
}

/* sums[r][i] = w[unit + i] . x[r] for four rows of weights; a row of sums is CHUNK long. */
EW_TARGET("avx2")
static void dot_4x3(const struct work *k, size_t unit, const int16_t *x, int32_t *sums)
{
	const __m256i z = _mm256_setzero_si256();
	struct tile t = {z, z, z, z, z, z, z, z, z, z, z, z};
	const int8_t *w0 = row(k, unit, 0), *w1 = row(k, unit, 1), *w2 = row(k, unit, 2),
		     *w3 = row(k, unit, 3);
	size_t d = 0;

	for (; d < k->whole; d += STEP)
		tile_step(&t, x + d, k->stride, load(w0 + d), load(w1 + d), load(w2 + d),
			  load(w3 + d));
	if (d < k->stride)
		tile_step(&t, x + d, k->stride, load_tail(k, w0 + k->tail), load_tail(k, w1 + k->tail),
			  load_tail(k, w2 + k->tail), load_tail(k, w3 + k->tail));
	_mm_storeu_si128((void *)sums, sum4(t.a00, t.a10, t.a20, t.a30));
	_mm_storeu_si128((void *)(sums + CHUNK), sum4(t.a01, t.a11, t.a21, t.a31));
	_mm_storeu_si128((void *)(sums + 2 * CHUNK), sum4(t.a02, t.a12, t.a22, t.a32));
}

/* ---- requantization --------------------------------------------------------------------------- */

/* n >= 8 sums to outputs, from `unit` on.  The last vector may overlap: it writes the same bytes again. */
EW_TARGET("avx2")
static void finish_vectors(const struct work *k, size_t unit, size_t n, const int32_t *sums,
			   int32_t fix, int8_t *out)
{
	const struct ewi_fc *p = k->p;
	__m256i m = _mm256_set1_epi32(p->scale.multiplier), shift = _mm256_set1_epi32(p->scale.shift);

	for (size_t i = 0; i < n; i = i + 16 > n && i + 8 < n ? n - 8 : i + 8) {
		__m256i v = _mm256_add_epi32(_mm256_loadu_si256((const void *)(sums + i)),
					     _mm256_set1_epi32(fix));
		__m128i bytes;

		if (k->bias)
			v = _mm256_add_epi32(v, _mm256_loadu_si256((const void *)(k->bias +
										  4 * (unit + i))));
		if (p->multipliers) {
			m = _mm256_loadu_si256((const void *)(p->multipliers + unit + i));
			shift = _mm256_loadu_si256((const void *)(p->shifts + unit + i));
		}
		v = p->single ? ewi_requant_single_avx2(v, m, shift) : ewi_requant_avx2(v, m, shift);
		v = _mm256_add_epi32(v, _mm256_set1_epi32(p->out_zero));
		v = _mm256_max_epi32(v, _mm256_set1_epi32(p->act_min));
		v = _mm256_min_epi32(v, _mm256_set1_epi32(p->act_max));
		v = _mm256_packs_epi32(v, v);
		v = _mm256_packs_epi16(v, v);
		bytes = _mm_unpacklo_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
		_mm_storel_epi64((void *)(out + unit + i), bytes);
	}
}

EW_TARGET("avx2")
static void finish(const struct work *k, size_t unit, size_t n, const int32_t *sums, int32_t fix,
		   int8_t *out)
{
	if (n >= 8) {
		finish_vectors(k, unit, n, sums, fix, out);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t bias = k->bias ? ewi_le32(k->bias + 4 * (unit + i)) : 0;

		out[unit + i] = (int8_t)ewi_fc_finish(k->p, (uint32_t)(unit + i),
						      (int32_t)((uint32_t)sums[i] + bias +
								(uint32_t)fix));
	}
}

/* ---- rows ------------------------------------------------------------------------------------- */

EW_TARGET("avx2")
static void one_row(const struct work *k, const int16_t *x, int32_t fix, int8_t *out)
{
	int32_t sums[CHUNK];

	for (size_t u = 0; u < k->p->units; u += CHUNK) {
		size_t n = k->p->units - u < CHUNK ? k->p->units - u : CHUNK;

		for (size_t i = 0; i < n; i += 8)
			if (readable(k, row(k, u + i, 7)))
				dot_8(k, u + i, x, sums + i);
			else
				dot_8_short(k, u + i, x, sums + i);
		finish(k, u, n, sums, fix, out);
	}
}

EW_TARGET("avx2")
static void three_rows(const struct work *k, const int16_t *x, const int32_t *fix, int8_t *out)
{
	int32_t sums[ROWS * CHUNK];

	for (size_t u = 0; u < k->p->units; u += CHUNK) {
		size_t n = k->p->units - u < CHUNK ? k->p->units - u : CHUNK;

		for (size_t i = 0; i < n; i += 4)
			dot_4x3(k, u + i, x, sums + i);
		for (size_t r = 0; r < ROWS; r++)
			finish(k, u, n, sums + r * CHUNK, fix[r], out + r * k->p->units);
	}
}

EW_TARGET("avx2")
void ewk_fc_s8_avx2(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const int8_t *in = c->in[0], *w = c->in[1];
	size_t depth = p->depth, weights = p->units * depth, rows = c->windows * p->rows;
	struct work k = {p, w, w + weights, c->in[2], depth / STEP * STEP, depth < STEP ? 0 : depth - STEP,
			 pad(depth)};
	int16_t *x = c->scratch;
	int8_t *out = c->out;
	int32_t fix[ROWS];

	if (weights < STEP) { /* not one vector to be read */
		ewk_fc_s8_ref(c);
		return;
	}
	while (rows > 0) {
		size_t n = rows >= ROWS ? ROWS : 1;

		for (size_t r = 0; r < n; r++)
			fix[r] = widen(&k, in + r * depth, x + r * k.stride);
		if (n == ROWS)
			three_rows(&k, x, fix, out);
		else
			one_row(&k, x, fix[0], out);
		rows -= n;
		in += n * depth;
		out += n * p->units;
	}
}
#endif
#endif
