/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * conv_avx2.c - CONV_2D of int8 with AVX2 and packed weights: the bytes of ewk_conv_s8_ref, by way of int16.
 *
 * A convolution is a matrix product: a row of activations for each output pixel (the input under its window), a
 * column of weights for each output channel.  Rows are made a few at a time, in scratch: activations less their
 * zero point, widened to int16, with zeros for taps outside the picture.  ROWS of them meet 16 channels at a
 * time, two elements of a row in one vpmaddwd: 12 vectors of sums, two of weights, one of activations.  A pair of
 * products is at most 2 * 255 * 128 < 2^17 and sums wrap modulo 2^32, as the definition's do: exact always.
 *
 * Not vpmaddubsw: half of what it multiplies has to be added up by a vpmaddwd, so that both ways take as many
 * multiplications, and it saturates.
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

/* Packed: this, then for each 16 channels struct tile and its weights, [pair][channel][2] int16, the
 * channels where ewi_place_avx2 puts them. */
struct packed {
	uint32_t pairs;
	uint32_t mode; /* enum ewi_finish_mode */
	uint32_t unused[EWI_LINE / 4 - 2];
};

struct tile {
	struct ewi_finish_avx2 finish[2];
};

static uint32_t depth_of(const struct ewi_conv *p)
{
	return p->win.k_h * p->win.k_w * p->tap_c;
}

static size_t tile_bytes(size_t pairs)
{
	return sizeof(struct tile) + pairs * TILE * 2 * sizeof(int16_t);
}

/* 0, which is "do not pack": groups, and sizes that a 32-bit machine cannot count. */
static size_t packed_bytes(const void *params)
{
	const struct ewi_conv *p = params;
	uint64_t depth = (uint64_t)p->win.k_h * p->win.k_w * p->tap_c;
	uint64_t tiles = (p->win.out_c + (uint64_t)TILE - 1) / TILE;

	if (p->groups > 1 || depth > INT32_MAX / (4 * TILE) / tiles)
		return 0;
	return EWI_LINE + sizeof(struct packed) + (size_t)tiles * tile_bytes((size_t)(depth + 1) / 2);
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
		if (!ewi_finish_near_avx2(ewi_conv_scale(p, o), bias_at(bias, o), sum))
			return EWI_FINISH_TWICE;
	}
	return EWI_FINISH_NEAR;
}

static void pack(const void *params, const void *const in[EWI_CALL_INPUTS], void *to)
{
	const struct ewi_conv *p = params;
	const int8_t *w = in[1];
	uint32_t depth = depth_of(p);
	struct packed *head = ewi_line_avx2(to);
	unsigned char *at = (unsigned char *)(head + 1);

	head->pairs = (depth + 1) / 2;
	head->mode = choose_mode(p, w, in[2]);
	for (uint32_t first = 0; first < p->win.out_c; first += TILE, at += tile_bytes(head->pairs)) {
		struct tile *tile = (struct tile *)(void *)at;
		int16_t *weights = (int16_t *)(void *)(tile + 1);

		for (uint32_t i = 0; i < TILE && first + i < p->win.out_c; i++) {
			uint32_t place = ewi_place_avx2(i);

			ewi_finish_put_avx2(ewi_conv_scale(p, first + i), bias_at(in[2], first + i), head->mode,
					    &tile->finish[place / 8], place % 8);
			for (uint32_t d = 0; d < depth; d++)
				weights[(d / 2 * TILE + place) * 2 + d % 2] =
					w[(size_t)(first + i) * depth + d];
		}
	}
}

const struct ewi_packing ewi_conv_s8_avx2_packing = {packed_bytes, pack};

/* A window of one element in steps of one: rows are the pixels themselves. */
static bool pointwise(const struct ewi_conv *p)
{
	const struct ewi_window *w = &p->win;

	return w->k_h == 1 && w->k_w == 1 && w->stride_h == 1 && w->stride_w == 1;
}

/* int16 of a row: what pairs and whole vectors round the depth up to, and what else is written behind it. */
static size_t stride_of(const struct ewi_conv *p)
{
	return (depth_of(p) + 15) / 16 * 16 + (pointwise(p) ? 0 : SLACK);
}

size_t ewi_conv_s8_avx2_packed_scratch(const void *params, size_t windows)
{
	const struct ewi_conv *p = params;
	uint64_t pixels = (uint64_t)windows * p->win.batches * p->win.out_h * p->win.out_w;

	return (pixels > 3 ? ROWS : pixels > 1 ? 3 : 1) * stride_of(p) * sizeof(int16_t);
}

/* Backwards, pixels from the last one down to p are out while p and those before it are still to be read. */
struct ewi_lead ewi_conv_s8_avx2_packed_lead(const void *params, uint32_t input, size_t windows)
{
	const struct ewi_conv *p = params;
	const struct ewi_window *w = &p->win;
	struct ewi_lead lead = {EWI_LEAD_NEVER, EWI_LEAD_NEVER};

	if (input != 0)
		return lead;
	lead.before = ewi_window_lead(w, windows, 1, 0);
	if (pointwise(p))
		lead.behind = w->in_c > w->out_c ? (uint64_t)windows * w->batches * w->in_h * w->in_w *
							   (w->in_c - w->out_c) : 0;
	return lead;
}

/* ---- rows of activations ----------------------------------------------------------------------- */

struct work {
	const struct ewi_conv *p;
	const struct packed *head;
	const int8_t *in_end;
	int16_t *x;	/* the rows */
	size_t stride;	/* int16 of one */
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
EW_INLINE void product_rows(__m256i *sums, size_t rows, size_t pairs, const struct tile *t, const int16_t *x,
		       size_t stride)
{
	const __m256i a = ewi_finish_load_avx2(t->finish[0].bias),
		      b = ewi_finish_load_avx2(t->finish[1].bias);
	struct sums s = {a, b, a, b, a, b, a, b, a, b, a, b};
	const int16_t *w = (const void *)(t + 1), *x3 = x + 3 * stride;

	for (; pairs > 0; pairs--, w += 2 * TILE, x += 2, x3 += 2) {
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
typedef void product_fn(__m256i *sums, size_t pairs, const struct tile *t, const int16_t *x, size_t stride);

EW_TARGET("avx2")
static EW_NOINLINE void product_6(__m256i *sums, size_t pairs, const struct tile *t, const int16_t *x,
				  size_t stride)
{
	product_rows(sums, 6, pairs, t, x, stride);
}

EW_TARGET("avx2")
static EW_NOINLINE void product_3(__m256i *sums, size_t pairs, const struct tile *t, const int16_t *x,
				  size_t stride)
{
	product_rows(sums, 3, pairs, t, x, stride);
}

EW_TARGET("avx2")
static EW_NOINLINE void product_1(__m256i *sums, size_t pairs, const struct tile *t, const int16_t *x,
				  size_t stride)
{
	product_rows(sums, 1, pairs, t, x, stride);
}

/* ---- outputs ------------------------------------------------------------------------------------ */

/* `count` rows against all channels. */
EW_TARGET("avx2")
EW_INLINE void run_rows(const struct work *k, size_t count, int8_t *out, enum ewi_finish_mode mode)
{
	const struct ewi_clamp_avx2 clamp = ewi_clamp_of_avx2(k->p->out_zero, k->p->act_min, k->p->act_max);
	const struct tile *t = (const void *)(k->head + 1);
	product_fn *product = count > 3 ? product_6 : count > 1 ? product_3 : product_1;
	size_t out_c = k->p->win.out_c;

	for (size_t o = 0; o < out_c; o += TILE) {
		__m256i sums[2 * ROWS];

		product(sums, k->head->pairs, t, k->x, k->stride);
		ewi_finish_rows_avx2(sums, count, t->finish, &clamp, out + o, out_c, out_c - o, mode);
		t = (const void *)((const unsigned char *)t + tile_bytes(k->head->pairs));
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
		if (k->depth % 2)
			x[k->depth] = 0;
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

	if (pointwise(p))
		pixels_all(&k, &at, c->in[0], pictures * pixels, c->backwards);
	else
		windows(&k, &at, c->in[0], pictures);
	if (at.count)
		at.run(&k, at.count, at.out);
}
#endif
#endif
