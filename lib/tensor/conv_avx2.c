/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * conv_avx2.c - CONV_2D of int8 with AVX2 and packed weights: the bytes of ewk_conv_s8_ref, by way of int16.
 *
 * A convolution is a matrix product: a row of activations for each output pixel (the input under its window), a
 * column of weights for each output channel.  Rows are made a few at a time, in scratch, with zeros for taps outside
 * the picture, and meet 16 channels at a time, a tile.  Which way is decided for each tile at load:
 *
 * - words: activations less their zero point, widened to int16; two elements of a row in one vpmaddwd.  A pair of
 *   products is at most 2 * 255 * 128 < 2^17.  Exact always.
 * - bytes: activations + 128, unsigned; four elements by vpmaddubsw and vpmaddwd.  As many multiplications, but
 *   fewer additions and half the loads.  vpmaddubsw saturates, so this is exact only where |w0| + |w1| <= 128 for
 *   each pair of weights, because 255 * 128 < 2^15.  Pairs beyond that are split, w = a + b, both within the bound;
 *   b goes into an additional step.  A long tile goes by bytes where at most a quarter of its steps need that.
 *
 * Sums wrap modulo 2^32, as the definition's do.
 *
 * All rows of a tile are in scratch before its first output is written.  Groups are left to the definition.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/requant_avx2.h"

/*
 * Keeps the compiler from loading activations of many rows ahead: it runs out of registers then, and sums go
 * through memory (gcc 12).
 */
#define IN_ORDER(a, b) __asm__("" : "+x"(a), "+x"(b))

#define ROWS 6u
#define TILE 16u /* channels that go together */
#define SLACK 16u /* int16 behind a row that a widened run may spill into */

/*
 * Packed: this, then for each 16 channels struct tile and its weights, channels where ewi_place_avx2 puts them:
 *   words  [step][2][channel][2] int16
 *   bytes  [step][channel][4] int8, so of `more` additional steps, then which elements those are of (uint32_t)
 */
struct packed {
	uint32_t steps; /* of four elements of a row */
	uint32_t mode;	/* enum ewi_finish_mode */
	uint32_t any_bytes; /* tiles */
	uint32_t unused[EWI_LINE / 4 - 3];
};

struct tile {
	struct ewi_finish_avx2 finish[2];
	uint32_t bytes, more;
	uint32_t unused[14];
};

#define STEP 4u
#define STEP_WORDS (STEP * TILE)

static uint32_t depth_of(const struct ewi_conv *p)
{
	return p->win.k_h * p->win.k_w * p->tap_c;
}

/* By bytes it takes less: five quarters of half of that, and four bytes for each quarter. */
static size_t tile_bytes(size_t steps)
{
	return sizeof(struct tile) + steps * STEP_WORDS * sizeof(int16_t);
}

/* 0, which is "do not pack": groups, and sizes that a 32-bit machine cannot count. */
static size_t packed_bytes(const void *params)
{
	const struct ewi_conv *p = params;
	uint64_t depth = (uint64_t)p->win.k_h * p->win.k_w * p->tap_c;
	uint64_t tiles = (p->win.out_c + (uint64_t)TILE - 1) / TILE;

	if (p->groups > 1 || depth > INT32_MAX / (4 * TILE) / tiles)
		return 0;
	return EWI_LINE + sizeof(struct packed) + (size_t)tiles * tile_bytes((size_t)(depth + STEP - 1) / STEP);
}

static int32_t bias_at(const uint8_t *bias, uint32_t o)
{
	return bias ? (int32_t)ewi_le32(bias + 4 * (size_t)o) : 0;
}

static enum ewi_finish_mode choose_mode(const struct ewi_conv *p, const int8_t *w, const uint8_t *bias)
{
	uint32_t depth = depth_of(p);

	if (p->single)
		return EWI_FINISH_SINGLE;
	for (uint32_t o = 0; o < p->win.out_c; o++) {
		uint64_t sum = 0;

		for (uint32_t d = 0; d < depth; d++, w++)
			sum += (uint64_t)(*w < 0 ? -*w : *w);
		if (!ewi_finish_near(ewi_conv_scale(p, o), bias_at(bias, o), sum))
			return EWI_FINISH_TWICE;
	}
	return EWI_FINISH_NEAR;
}

/* Element d of channel o; 0 behind the last. */
static int8_t weight(const struct ewi_conv *p, const int8_t *w, uint32_t o, uint32_t d)
{
	return o < p->win.out_c && d < depth_of(p) ? w[(size_t)o * depth_of(p) + d] : 0;
}

/* The part of a weight that stays in its place: all of it, or half when its pair is beyond the bound. */
static int8_t kept(int8_t w, int8_t other)
{
	int32_t sum = (w < 0 ? -w : w) + (other < 0 ? -other : other);

	return sum <= 128 ? w : (int8_t)(w / 2);
}

/*
 * Step s of a tile in bytes.  What is left of halves, w - w / 2, is at most 64 in magnitude, two of them 128
 * together.  Returns whether something is left.
 */
static bool pack_step(const struct ewi_conv *p, const int8_t *w, uint32_t first, uint32_t s, int8_t *keep,
		      int8_t *rest)
{
	bool left = false;

	for (uint32_t i = 0; i < TILE; i++)
		for (uint32_t k = 0; k < STEP; k++) {
			int8_t v = weight(p, w, first + i, STEP * s + k);
			size_t at = STEP * ewi_place_avx2(i) + k;

			keep[at] = kept(v, weight(p, w, first + i, STEP * s + (k ^ 1)));
			rest[at] = (int8_t)(v - keep[at]);
			left |= rest[at] != 0;
		}
	return left;
}

#define BYTES_STEPS 8u /* fewer do not pay for rows of bytes */

/* False, and the tile as it was, when too many steps would have to be split. */
static bool pack_bytes(const struct ewi_conv *p, const int8_t *w, uint32_t first, uint32_t steps,
		       struct tile *t)
{
	int8_t keep[STEP * TILE], rest[STEP * TILE], *to = (int8_t *)(t + 1);
	uint32_t more = 0, n = 0, *which;

	for (uint32_t s = 0; s < steps; s++)
		more += pack_step(p, w, first, s, keep, rest);
	if (more > steps / 4 || steps < BYTES_STEPS)
		return false;
	which = (uint32_t *)(void *)(to + (size_t)(steps + more) * sizeof(keep));
	for (uint32_t s = 0; s < steps; s++) {
		if (pack_step(p, w, first, s, to + s * sizeof(keep), rest)) {
			memcpy(to + (steps + n) * sizeof(keep), rest, sizeof(rest));
			which[n++] = STEP * s;
		}
	}
	t->bytes = true;
	t->more = more;
	return true;
}

static void pack_words(const struct ewi_conv *p, const int8_t *w, uint32_t first, uint32_t steps,
		       struct tile *t)
{
	int16_t *to = (int16_t *)(void *)(t + 1);

	for (uint32_t i = 0; i < TILE; i++)
		for (uint32_t d = 0; d < STEP * steps; d++)
			to[(d / 2 * TILE + ewi_place_avx2(i)) * 2 + d % 2] = weight(p, w, first + i, d);
}

static void pack_tile(const struct ewi_conv *p, const void *const in[], struct packed *head,
		      uint32_t first, struct tile *t)
{
	if (pack_bytes(p, in[1], first, head->steps, t))
		head->any_bytes = true;
	else
		pack_words(p, in[1], first, head->steps, t);
	for (uint32_t i = 0; i < TILE && first + i < p->win.out_c; i++) {
		uint32_t place = ewi_place_avx2(i), bias = (uint32_t)bias_at(in[2], first + i), sum = 0;

		for (uint32_t d = 0; t->bytes && d < depth_of(p); d++)
			sum += (uint32_t)weight(p, in[1], first + i, d);
		/* in + 128 is in - in_zero and this much more */
		bias -= (uint32_t)(p->in_zero + 128) * sum;
		ewi_finish_put_avx2(ewi_conv_scale(p, first + i), (int32_t)bias, head->mode,
				    &t->finish[place / 8], place % 8);
	}
}

static void pack(const void *params, const void *const in[EWI_CALL_INPUTS], void *to)
{
	const struct ewi_conv *p = params;
	struct packed *head = ewi_line_avx2(to);
	unsigned char *at = (unsigned char *)(head + 1);

	head->steps = (depth_of(p) + STEP - 1) / STEP;
	head->mode = choose_mode(p, in[1], in[2]);
	for (uint32_t o = 0; o < p->win.out_c; o += TILE, at += tile_bytes(head->steps))
		pack_tile(p, in, head, o, (struct tile *)(void *)at);
}

const struct ewi_packing ewi_conv_s8_avx2_packing = {NULL, packed_bytes, pack};

/* int16 of a row: what pairs and whole vectors round the depth up to, and what else is written behind it. */
static size_t stride_of(const struct ewi_conv *p)
{
	return ((size_t)depth_of(p) + 15) / 16 * 16 + (ewi_conv_pointwise(&p->win) ? 0 : SLACK);
}

size_t ewi_conv_s8_avx2_packed_scratch(const void *params, size_t windows)
{
	const struct ewi_conv *p = params;
	uint64_t pixels = (uint64_t)windows * p->win.batches * p->win.out_h * p->win.out_w;

	return (pixels > 3 ? ROWS : pixels > 1 ? 3 : 1) * stride_of(p) * sizeof(int16_t);
}

/* ---- rows of activations ----------------------------------------------------------------------- */

struct work {
	const struct ewi_conv *p;
	const struct packed *head;
	const int8_t *in_end;
	int16_t *x;	/* the rows */
	size_t stride;	/* elements of one */
	size_t depth;
};

/* n bytes to n int16, less the zero point; writes up to SLACK - 1 more, reads no more. */
EW_TARGET("avx2")
EW_INLINE void widen(const struct work *k, const int8_t *in, size_t n, __m256i zero, int16_t *x)
{
	size_t i = 0;

	if (EW_LIKELY((size_t)(k->in_end - in) >= (n + 15) / 16 * 16)) {
		for (; i < n; i += 16)
			_mm256_storeu_si256((void *)(x + i),
					    _mm256_sub_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128(
								     (const void *)(in + i))), zero));
		return;
	}
	for (; i < n; i++)
		x[i] = (int16_t)(in[i] - k->p->in_zero);
}

EW_TARGET("avx2")
EW_INLINE void clear(int16_t *x, size_t n)
{
	for (size_t i = 0; i < n; i += 16)
		_mm256_storeu_si256((void *)(x + i), _mm256_setzero_si256());
}

/* One row of taps of one pixel: a run where taps are neighbours, zeros before and behind it. */
EW_TARGET("avx2")
EW_INLINE void widen_taps(const struct work *k, const struct ewi_spot *s, uint32_t ky, __m256i zero,
			  int16_t *x)
{
	const struct ewi_window *w = &k->p->win;
	size_t c = w->in_c;

	if (s->kx > 0)
		clear(x, s->kx * c);
	if (w->dil_w == 1)
		widen(k, (const int8_t *)s->in + ewi_spot_at(w, s, ky, s->kx),
		      (s->kx_end - s->kx) * c, zero, x + s->kx * c);
	else
		for (uint32_t kx = s->kx; kx < s->kx_end; kx++)
			widen(k, (const int8_t *)s->in + ewi_spot_at(w, s, ky, kx), c, zero, x + kx * c);
	if (s->kx_end < w->k_w)
		clear(x + s->kx_end * c, (w->k_w - s->kx_end) * c);
}

EW_TARGET("avx2")
static EW_NOINLINE void widen_any(const struct work *k, const struct ewi_spot *s, int16_t *x)
{
	const __m256i zero = _mm256_set1_epi16((int16_t)k->p->in_zero);
	size_t taps = (size_t)k->p->win.k_w * k->p->win.in_c;

	if (s->ky > 0)
		clear(x, s->ky * taps);
	for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
		widen_taps(k, s, ky, zero, x + ky * taps);
	clear(x + s->ky_end * taps, k->depth - s->ky_end * taps + 1);
}

/* The same of a window that lies inside: equal runs, which may be read behind their ends. */
EW_TARGET("avx2")
EW_INLINE void widen_runs(const struct work *k, const int8_t *in, size_t step, size_t taps, size_t rows,
			  int16_t *x)
{
	const __m256i zero = _mm256_set1_epi16((int16_t)k->p->in_zero);

	for (; rows > 0; rows--, in += step, x += taps)
		for (size_t i = 0; i < taps; i += 16)
			_mm256_storeu_si256((void *)(x + i),
					    _mm256_sub_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128(
								     (const void *)(in + i))), zero));
	_mm256_storeu_si256((void *)x, _mm256_setzero_si256());
}

/* ---- sums --------------------------------------------------------------------------------------- */

/* Two neighbours in a row of activations, in every lane. */
EW_TARGET("avx2")
EW_INLINE __m256i pair(const int16_t *x)
{
	int32_t v;

	memcpy(&v, x, sizeof(v));
	return _mm256_set1_epi32(v);
}

EW_TARGET("avx2")
EW_INLINE __m256i vector(const int16_t *w)
{
	return _mm256_loadu_si256((const void *)w);
}

/* Sums of a tile: of row r and the first and second eight channels.  Names, so that they stay in registers. */
struct sums {
	__m256i a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, a5, b5;
};

EW_TARGET("avx2")
EW_INLINE void madd(__m256i *a, __m256i *b, __m256i w0, __m256i w1, const int16_t *x)
{
	__m256i v = pair(x);

	*a = _mm256_add_epi32(*a, _mm256_madd_epi16(w0, v));
	*b = _mm256_add_epi32(*b, _mm256_madd_epi16(w1, v));
	IN_ORDER(*a, *b);
}

/* rows against 16 channels, from their biases on.  rows is a constant where it is called. */
EW_TARGET("avx2")
EW_INLINE void product_rows(__m256i *sums, size_t rows, size_t steps, const struct tile *t, const int16_t *x,
			    size_t stride)
{
	const __m256i a = ewi_finish_load_avx2(t->finish[0].bias),
		      b = ewi_finish_load_avx2(t->finish[1].bias);
	struct sums s = {a, b, a, b, a, b, a, b, a, b, a, b};
	const int16_t *w = (const void *)(t + 1), *x3 = x + 3 * stride;

	for (size_t pairs = 2 * steps; pairs > 0; pairs--, w += 2 * TILE, x += 2, x3 += 2) {
		__m256i w0 = vector(w), w1 = vector(w + TILE);

		madd(&s.a0, &s.b0, w0, w1, x);
		if (rows > 1) {
			madd(&s.a1, &s.b1, w0, w1, x + stride);
			madd(&s.a2, &s.b2, w0, w1, x + 2 * stride);
		}
		if (rows > 3) {
			madd(&s.a3, &s.b3, w0, w1, x3);
			madd(&s.a4, &s.b4, w0, w1, x3 + stride);
			madd(&s.a5, &s.b5, w0, w1, x3 + 2 * stride);
		}
	}
	sums[0] = s.a0, sums[1] = s.b0;
	if (rows > 1)
		sums[2] = s.a1, sums[3] = s.b1, sums[4] = s.a2, sums[5] = s.b2;
	if (rows > 3)
		sums[6] = s.a3, sums[7] = s.b3, sums[8] = s.a4, sums[9] = s.b4, sums[10] = s.a5,
		sums[11] = s.b5;
}

/* Functions of their own: the loop needs every register there is. */
typedef void product_fn(__m256i *sums, size_t steps, const struct tile *t, const int16_t *x, size_t stride);

EW_TARGET("avx2")
static EW_NOINLINE void product_6(__m256i *sums, size_t steps, const struct tile *t, const int16_t *x,
				  size_t stride)
{
	product_rows(sums, 6, steps, t, x, stride);
}

EW_TARGET("avx2")
static EW_NOINLINE void product_3(__m256i *sums, size_t steps, const struct tile *t, const int16_t *x,
				  size_t stride)
{
	product_rows(sums, 3, steps, t, x, stride);
}

EW_TARGET("avx2")
static EW_NOINLINE void product_1(__m256i *sums, size_t steps, const struct tile *t, const int16_t *x,
				  size_t stride)
{
	product_rows(sums, 1, steps, t, x, stride);
}

EW_TARGET("avx2")
EW_INLINE __m256i four(const uint8_t *x)
{
	int32_t v;

	memcpy(&v, x, sizeof(v));
	return _mm256_set1_epi32(v);
}

EW_TARGET("avx2")
EW_INLINE __m256i madd_bytes(__m256i acc, __m256i x, __m256i w)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)));
}

/* The first six of them. */
EW_TARGET("avx2")
EW_INLINE void step_bytes(struct sums *s, size_t rows, const int8_t *w, const uint8_t *x, size_t stride)
{
	__m256i w0 = vector((const void *)w), w1 = vector((const void *)(w + 32)), v = four(x);

	s->a0 = madd_bytes(s->a0, v, w0);
	s->b0 = madd_bytes(s->b0, v, w1);
	if (rows == 1)
		return;
	v = four(x + stride);
	s->a1 = madd_bytes(s->a1, v, w0);
	s->b1 = madd_bytes(s->b1, v, w1);
	v = four(x + 2 * stride);
	s->a2 = madd_bytes(s->a2, v, w0);
	s->b2 = madd_bytes(s->b2, v, w1);
}

EW_TARGET("avx2")
EW_INLINE void product_bytes(__m256i *sums, size_t rows, size_t steps, const struct tile *t,
			     const uint8_t *x, size_t stride)
{
	const __m256i a = ewi_finish_load_avx2(t->finish[0].bias),
		      b = ewi_finish_load_avx2(t->finish[1].bias);
	struct sums s = {.a0 = a, .b0 = b, .a1 = a, .b1 = b, .a2 = a, .b2 = b};
	const int8_t *w = (const void *)(t + 1), *end = w + (steps + t->more) * STEP * TILE;
	const uint32_t *which = (const void *)end;
	const uint8_t *at = x;

	for (; steps > 0; steps--, w += STEP * TILE, at += STEP)
		step_bytes(&s, rows, w, at, stride);
	for (; w < end; w += STEP * TILE)
		step_bytes(&s, rows, w, x + *which++, stride);
	sums[0] = s.a0, sums[1] = s.b0;
	if (rows > 1)
		sums[2] = s.a1, sums[3] = s.b1, sums[4] = s.a2, sums[5] = s.b2;
}

EW_TARGET("avx2")
static EW_NOINLINE void product_bytes_3(__m256i *sums, size_t steps, const struct tile *t, const uint8_t *x,
					size_t stride)
{
	product_bytes(sums, 3, steps, t, x, stride);
}

EW_TARGET("avx2")
static EW_NOINLINE void product_bytes_1(__m256i *sums, size_t steps, const struct tile *t, const uint8_t *x,
					size_t stride)
{
	product_bytes(sums, 1, steps, t, x, stride);
}

/* Sums of `count` rows and a tile. */
static void product(const struct work *k, const struct tile *t, size_t count, __m256i *sums)
{
	product_fn *words = count > 3 ? product_6 : count > 1 ? product_3 : product_1;
	const uint8_t *bytes = (const uint8_t *)k->x; /* make_bytes */
	size_t stride = k->stride * sizeof(int16_t);

	if (!t->bytes)
		words(sums, k->head->steps, t, k->x, k->stride);
	else if (count == 1)
		product_bytes_1(sums, k->head->steps, t, bytes, stride);
	else
		product_bytes_3(sums, k->head->steps, t, bytes, stride);
	if (t->bytes && count > 3)
		product_bytes_3(sums + 6, k->head->steps, t, bytes + 3 * stride, stride);
}

/*
 * Rows to unsigned bytes, each in the first half of where it was: widened, less the zero point, they fit when both are
 * added again.
 */
EW_TARGET("avx2")
static EW_NOINLINE void make_bytes(const struct work *k, size_t rows)
{
	const __m256i more = _mm256_set1_epi16((int16_t)(k->p->in_zero + 128));

	for (size_t r = 0; r < rows; r++) {
		const int16_t *x = k->x + r * k->stride;
		uint8_t *to = (uint8_t *)(k->x + r * k->stride);

		for (size_t i = 0; i < k->depth; i += 16) {
			__m256i v = _mm256_add_epi16(vector(x + i), more);

			_mm_storeu_si128((void *)(to + i),
					 _mm_packus_epi16(_mm256_castsi256_si128(v),
							  _mm256_extracti128_si256(v, 1)));
		}
	}
}

/* ---- outputs ------------------------------------------------------------------------------------ */

/* `count` rows against the tiles that go by bytes, or against the others. */
EW_TARGET("avx2")
EW_INLINE void run_tiles(const struct work *k, size_t count, int8_t *out, bool bytes, enum ewi_finish_mode mode)
{
	const struct ewi_clamp_avx2 clamp = ewi_clamp_of_avx2(k->p->out_zero, k->p->act_min, k->p->act_max);
	const struct tile *t = (const void *)(k->head + 1);
	size_t out_c = k->p->win.out_c;

	for (size_t o = 0; o < out_c; o += TILE) {
		__m256i sums[2 * ROWS];

		if (t->bytes == bytes) {
			product(k, t, count, sums);
			ewi_finish_rows_avx2(sums, count, t->finish, &clamp, out + o, out_c, out_c - o, mode);
		}
		t = (const void *)((const unsigned char *)t + tile_bytes(k->head->steps));
	}
}

EW_TARGET("avx2")
EW_INLINE void run_rows(const struct work *k, size_t count, int8_t *out, enum ewi_finish_mode mode)
{
	for (uint32_t bytes = 0; bytes <= k->head->any_bytes; bytes++) {
		if (bytes)
			make_bytes(k, count);
		run_tiles(k, count, out, bytes, mode);
	}
}

EW_TARGET("avx2")
static void run_near(const struct work *k, size_t count, int8_t *out)
{
	run_rows(k, count, out, EWI_FINISH_NEAR);
}

EW_TARGET("avx2")
static void run_twice(const struct work *k, size_t count, int8_t *out)
{
	run_rows(k, count, out, EWI_FINISH_TWICE);
}

EW_TARGET("avx2")
static void run_single(const struct work *k, size_t count, int8_t *out)
{
	run_rows(k, count, out, EWI_FINISH_SINGLE);
}

static void (*const modes[])(const struct work *k, size_t count, int8_t *out) = {
	[EWI_FINISH_NEAR] = run_near,
	[EWI_FINISH_TWICE] = run_twice,
	[EWI_FINISH_SINGLE] = run_single,
};

/* ---- pixels ------------------------------------------------------------------------------------- */

/* Makes rows until there are enough for a tile. */
struct cursor {
	void (*run)(const struct work *k, size_t count, int8_t *out);
	size_t count; /* rows that wait */
	int8_t *out;
};

EW_TARGET("avx2")
EW_INLINE void row_done(const struct work *k, struct cursor *c)
{
	if (++c->count == ROWS) {
		c->run(k, ROWS, c->out);
		c->out += ROWS * k->p->win.out_c;
		c->count = 0;
	}
}

EW_TARGET("avx2")
static void pixels_run(const struct work *k, const struct cursor *c, const int8_t *in, size_t count,
		       int8_t *out)
{
	const __m256i zero = _mm256_set1_epi16((int16_t)k->p->in_zero);

	for (size_t r = 0; r < count; r++) {
		int16_t *x = k->x + r * k->stride;

		widen(k, in + r * k->depth, k->depth, zero, x);
		for (size_t d = k->depth; d % STEP; d++)
			x[d] = 0;
	}
	c->run(k, count, out);
}

/* The last tile is the one that is not full, either way. */
static void pixels_all(const struct work *k, const struct cursor *c, const int8_t *in, size_t pixels,
		       bool backwards)
{
	size_t tiles = (pixels + ROWS - 1) / ROWS;

	for (size_t i = 0; i < tiles; i++) {
		size_t first = ROWS * (backwards ? tiles - 1 - i : i);

		pixels_run(k, c, in + first * k->depth, pixels - first < ROWS ? pixels - first : ROWS,
			   c->out + first * k->p->win.out_c);
	}
}

/* Output columns from *first to *end have all their taps inside, and lie so that runs may be read in vectors. */
static void inside(const struct work *k, const struct ewi_spot *s, uint32_t *first, uint32_t *end)
{
	const struct ewi_window *w = &k->p->win;
	size_t taps = (size_t)w->k_w * w->in_c, over = (16 - taps % 16) % 16;
	size_t row = (size_t)w->in_w * w->in_c;
	const int8_t *last; /* behind the last row that is read */

	*first = *end = 0;
	if (s->ky != 0 || s->ky_end != w->k_h || w->dil_w != 1 || w->k_w > w->in_w)
		return;
	last = (const int8_t *)s->in + (size_t)((int64_t)s->y + (int64_t)(w->k_h - 1) * w->dil_h + 1) * row;
	if ((size_t)(k->in_end - last) < over)
		return;
	*first = ((uint32_t)w->pad_w + w->stride_w - 1) / w->stride_w;
	*end = (w->in_w - w->k_w + (uint32_t)w->pad_w) / w->stride_w + 1;
	*end = *end < w->out_w ? *end : w->out_w;
}

EW_TARGET("avx2")
static void window_row(const struct work *k, struct cursor *c, struct ewi_spot *s)
{
	const struct ewi_window *w = &k->p->win;
	size_t step = (size_t)w->dil_h * w->in_w * w->in_c, taps = (size_t)w->k_w * w->in_c;
	uint32_t first, end;

	inside(k, s, &first, &end);
	for (uint32_t x = 0; x < w->out_w; x++) {
		int16_t *to = k->x + c->count * k->stride;

		s->x = (int32_t)(x * w->stride_w) - w->pad_w;
		if (x >= first && x < end) {
			widen_runs(k, (const int8_t *)s->in + ((size_t)s->y * w->in_w + (size_t)s->x) * w->in_c,
				   step, taps, w->k_h, to);
		} else {
			ewi_window_clip(s->x, w->k_w, w->dil_w, w->in_w, &s->kx, &s->kx_end);
			widen_any(k, s, to);
		}
		row_done(k, c);
	}
}

static void windows(const struct work *k, struct cursor *c, const int8_t *in, size_t pictures)
{
	const struct ewi_window *w = &k->p->win;
	struct ewi_spot s = {.in = in};

	for (; pictures > 0; pictures--) {
		for (uint32_t y = 0; y < w->out_h; y++) {
			s.y = (int32_t)(y * w->stride_h) - w->pad_h;
			ewi_window_clip(s.y, w->k_h, w->dil_h, w->in_h, &s.ky, &s.ky_end);
			window_row(k, c, &s);
		}
		s.in = (const int8_t *)s.in + (size_t)w->in_h * w->in_w * w->in_c;
	}
}

void ewk_conv_s8_avx2_packed(const struct ewi_call *c)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	size_t pictures = c->windows * w->batches, pixels = (size_t)w->in_h * w->in_w;
	struct work k = {p, ewi_line_avx2(c->packed), (const int8_t *)c->in[0] + pictures * pixels * w->in_c, c->scratch,
			 stride_of(p), depth_of(p)};
	struct cursor at = {modes[k.head->mode], 0, c->out};

	if (ewi_conv_pointwise(w))
		pixels_all(&k, &at, c->in[0], pictures * pixels, c->backwards);
	else
		windows(&k, &at, c->in[0], pictures);
	if (at.count)
		at.run(&k, at.count, at.out);
}
#endif
#endif
