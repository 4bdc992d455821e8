/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fc_packed_avx2.c - FULLY_CONNECTED of int8 with AVX2 and packed weights: the bytes of ewk_fc_s8_ref, by way of
 * bytes.
 *
 * A row is read once for each row of activations, so what counts is how many bytes that takes, and in which order:
 * weights stay bytes, 16 units and four elements of depth in two vectors, one after the other.  vpmaddubsw
 * multiplies them with unsigned activations (in + 128) and adds pairs, vpmaddwd adds the pairs.
 *
 * vpmaddubsw saturates at 16 bits.  A pair of weights is exact with every activation when |w0| + |w1| <= 128, because
 * 255 * 128 < 2^15.  Others are split at load: w = a + b, both of them in that bound; a stays in its place, b goes
 * into an additional step of the tile, with the same activations.  Of trained weights few pairs need it (the
 * anomaly detector of MLPerf Tiny: 3 in 10,000), of noise most do.
 *
 * in + 128 instead of in - in_zero adds the same for every row, which stands in the bias.  Where steps.h can do all units,
 * vpmaddwd multiplies with their shifts; else with ones.  Sums wrap modulo 2^32, as the definition's do.
 *
 * A single row goes through two tiles at a time: one of 128 elements takes 64 cycles, the way from its sums to bytes
 * nearly half as many, in which little else would be done.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/pack_avx2.h"

#define UNITS 16u /* of a tile */
#define STEP 4u	  /* elements of depth */
#define ROWS 4u	  /* of activations that go together */
#define STEP_BYTES (UNITS * STEP)

/*
 * Packed: this, then for each tile struct tile and its steps, one for each four elements: [unit][4] bytes, units
 * where ewi_place_avx2 puts them.  Behind all tiles the additional steps of each, and behind those of which elements
 * they are (uint32_t); with room for as many as there are steps.
 */
struct packed {
	uint32_t steps, tiles;
	uint32_t mode; /* enum ewi_finish_mode */
	uint32_t unused[EWI_LINE / 4 - 3];
};

struct tile {
	struct ewi_finish_avx2 finish[2];
	int32_t scale[2][8]; /* two int16 for each unit */
	uint32_t more; /* additional steps */
	uint32_t unused[15];
};

static size_t tile_bytes(size_t steps)
{
	return sizeof(struct tile) + steps * STEP_BYTES;
}

/* 0, which is "do not pack": weights with a zero point, and sizes that a 32-bit machine cannot count. */
static size_t packed_bytes(const void *params)
{
	const struct ewi_fc *p = params;
	uint64_t steps = ((uint64_t)p->depth + STEP - 1) / STEP;
	uint64_t tiles = ((uint64_t)p->units + UNITS - 1) / UNITS;

	if (p->w_zero != 0 || steps > (1u << 20) || tiles > (1u << 20) || steps * tiles > (1u << 22))
		return 0;
	return EWI_LINE + sizeof(struct packed) +
	       (size_t)tiles * (tile_bytes((size_t)steps) +
				(size_t)steps * (STEP_BYTES + sizeof(uint32_t)));
}

static int32_t bias_at(const uint8_t *bias, size_t u)
{
	return bias ? (int32_t)ewi_le32(bias + 4 * u) : 0;
}

/* Step s of the tile from unit `first` on; whether it takes an additional one. */
static bool pack_step(const struct ewi_fc *p, const int8_t *w, uint32_t first, uint32_t s, int8_t *keep,
		      int8_t *rest)
{
	struct ewi_rows_avx2 rows = {w + (size_t)first * p->depth, p->depth, p->units - first, UINT32_MAX, false};
	uint32_t left = p->depth - STEP * s;
	int8_t v[STEP_BYTES];

	ewi_rows_fetch_avx2(&rows, (size_t)STEP * s, left < STEP ? left : STEP, v);
	return ewi_rows_split_avx2(v, keep, rest);
}

static struct tile *tile_at(const struct packed *head, size_t t)
{
	uintptr_t at = (uintptr_t)(head + 1) + t * tile_bytes(head->steps);

	return (struct tile *)at;
}

/* The additional steps of a tile, and the elements they are of. */
static int8_t *rest_at(const struct packed *head, size_t t)
{
	return (int8_t *)tile_at(head, head->tiles) + t * head->steps * STEP_BYTES;
}

static uint32_t *more_at(const struct packed *head, size_t t)
{
	return (uint32_t *)(void *)rest_at(head, head->tiles) + t * head->steps;
}

/* Unit u into place i of a tile.  False when steps.h cannot do it. */
static bool put_unit(const struct ewi_fc *p, const void *const in[], struct packed *head, uint32_t u, uint32_t i,
		     struct tile *tile)
{
	struct ewi_staircase c = {.scale = ewi_fc_scale(p, u), .single = p->single, .zero = p->out_zero,
				  .min = p->act_min, .max = p->act_max, .bias = bias_at(in[2], u)};
	struct ewi_steps s = {.shift = 0};
	const int8_t *w = (const int8_t *)in[1] + (size_t)u * p->depth;
	uint32_t more = ewi_row_reach_avx2(&c, w, p->depth, p->in_zero) * (0u - (uint32_t)(p->in_zero + 128));

	if (head->mode == EWI_FINISH_STEPS || head->mode == EWI_FINISH_SIDES) {
		if (!ewi_steps_find(&c, &s) || s.constant)
			return false;
		if (s.above != s.below)
			head->mode = EWI_FINISH_SIDES;
		ewi_steps_put_avx2(&s, more << s.shift, &tile->finish[i / 8], i % 8);
	} else {
		ewi_finish_put_avx2(c.scale, (int32_t)((uint32_t)c.bias + more), head->mode, &tile->finish[i / 8],
				    i % 8);
	}
	tile->scale[i / 8][i % 8] = 0x10001 << s.shift;
	return true;
}

static bool put_units(const struct ewi_fc *p, const void *const in[], struct packed *head)
{
	for (uint32_t u = 0; u < p->units; u++)
		if (!put_unit(p, in, head, u, ewi_place_avx2(u % UNITS), tile_at(head, u / UNITS)))
			return false;
	return true;
}

static void pack_tile(const struct ewi_fc *p, const void *const in[], const struct packed *head, uint32_t t)
{
	struct tile *tile = tile_at(head, t);
	const int8_t *w = in[1];
	int8_t *steps = (int8_t *)(tile + 1), *rest = rest_at(head, t);
	uint32_t first = UNITS * t, *more = more_at(head, t);

	for (uint32_t s = 0; s < head->steps; s++)
		if (pack_step(p, w, first, s, steps + s * STEP_BYTES, rest + tile->more * STEP_BYTES))
			more[tile->more++] = STEP * s;
}

static void pack(const void *params, const void *const in[EWI_CALL_INPUTS], void *to)
{
	const struct ewi_fc *p = params;
	struct packed *head = ewi_line_avx2(to);

	head->steps = (p->depth + STEP - 1) / STEP;
	head->tiles = (p->units + UNITS - 1) / UNITS;
	head->mode = EWI_FINISH_STEPS;
	if (!put_units(p, in, head)) {
		head->mode = p->single ? EWI_FINISH_SINGLE : EWI_FINISH_TWICE;
		put_units(p, in, head);
	}
	for (uint32_t t = 0; t < head->tiles; t++)
		pack_tile(p, in, head, t);
}

/* Not when more than half of the steps of the first tiles would be two: then int16 (fc_avx2.c) is as fast. */
static bool worth(const void *params, const void *const in[EWI_CALL_INPUTS])
{
	const struct ewi_fc *p = params;
	uint32_t steps = (p->depth + STEP - 1) / STEP, tiles = (p->units + UNITS - 1) / UNITS, split = 0;
	int8_t keep[STEP_BYTES], rest[STEP_BYTES];

	tiles = tiles < 8 ? tiles : 8;
	for (uint32_t t = 0; t < tiles; t++)
		for (uint32_t s = 0; s < steps; s++)
			split += pack_step(p, in[1], UNITS * t, s, keep, rest);
	return split <= steps * tiles / 2;
}

const struct ewi_packing ewi_fc_s8_avx2_packing = {worth, packed_bytes, pack, false};

/* A row, unsigned, rounded up to steps and to whole vectors. */
static size_t stride_of(const struct ewi_fc *p)
{
	return ((size_t)p->depth + 31) / 32 * 32;
}

size_t ewi_fc_s8_avx2_packed_scratch(const void *params, size_t windows)
{
	const struct ewi_fc *p = params;
	size_t rows = windows * p->rows;

	return (rows < ROWS ? 1 : ROWS) * stride_of(p);
}

/* ---- rows ------------------------------------------------------------------------------------- */

EW_TARGET("avx2")
static void make_unsigned(const int8_t *in, size_t n, uint8_t *x)
{
	const __m256i sign = _mm256_set1_epi8(INT8_MIN);
	size_t i = 0;

	for (; i + 32 <= n; i += 32)
		_mm256_storeu_si256((void *)(x + i),
				    _mm256_xor_si256(_mm256_loadu_si256((const void *)(in + i)), sign));
	for (; i < n; i++)
		x[i] = (uint8_t)in[i] ^ 0x80;
	for (; i % STEP; i++)
		x[i] = 0;
}

EW_TARGET("avx2")
EW_INLINE __m256i madd(__m256i acc, __m256i x, const int8_t *w, __m256i scale)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(x, ewi_load_avx2(w)), scale));
}

/* A tile, its additional steps and its scales. */
struct cursor {
	const struct tile *t;
	const int8_t *w, *rest;
	const uint32_t *more;
	__m256i scale0, scale1;
};

EW_TARGET("avx2")
EW_INLINE struct cursor cursor_at(const struct packed *head, size_t t)
{
	const struct tile *tile = tile_at(head, t);

	return (struct cursor){tile, (const void *)(tile + 1), rest_at(head, t), more_at(head, t),
			       ewi_load_avx2(tile->scale[0]), ewi_load_avx2(tile->scale[1])};
}

/* One row and two tiles, or one of them twice. */
EW_TARGET("avx2")
EW_INLINE void product_two(__m256i *sums, const struct packed *head, const struct cursor *c, const struct cursor *d,
			   const uint8_t *x)
{
	__m256i a0 = ewi_load_avx2(c->t->finish[0].bias), b0 = ewi_load_avx2(c->t->finish[1].bias);
	__m256i a1 = ewi_load_avx2(d->t->finish[0].bias), b1 = ewi_load_avx2(d->t->finish[1].bias);
	const int8_t *w = c->w, *v = d->w;

	for (size_t i = head->steps; i > 0; i--, w += STEP_BYTES, v += STEP_BYTES, x += STEP) {
		__m256i e = ewi_spread_avx2(x);

		a0 = madd(a0, e, w, c->scale0);
		b0 = madd(b0, e, w + 32, c->scale1);
		a1 = madd(a1, e, v, d->scale0);
		b1 = madd(b1, e, v + 32, d->scale1);
	}
	x -= STEP * (size_t)head->steps;
	for (size_t i = 0; i < c->t->more; i++) {
		a0 = madd(a0, ewi_spread_avx2(x + c->more[i]), c->rest + i * STEP_BYTES, c->scale0);
		b0 = madd(b0, ewi_spread_avx2(x + c->more[i]), c->rest + i * STEP_BYTES + 32, c->scale1);
	}
	for (size_t i = 0; i < d->t->more; i++) {
		a1 = madd(a1, ewi_spread_avx2(x + d->more[i]), d->rest + i * STEP_BYTES, d->scale0);
		b1 = madd(b1, ewi_spread_avx2(x + d->more[i]), d->rest + i * STEP_BYTES + 32, d->scale1);
	}
	sums[0] = a0, sums[1] = b0, sums[2] = a1, sums[3] = b1;
}

struct sums {
	__m256i a0, b0, a1, b1, a2, b2, a3, b3;
};

/* One step of ROWS rows, whose elements begin at x. */
EW_TARGET("avx2")
EW_INLINE void step(struct sums *s, const struct cursor *c, const int8_t *w, const uint8_t *x, size_t stride)
{
	__m256i v = ewi_spread_avx2(x);

	s->a0 = madd(s->a0, v, w, c->scale0);
	s->b0 = madd(s->b0, v, w + 32, c->scale1);
	v = ewi_spread_avx2(x + stride);
	s->a1 = madd(s->a1, v, w, c->scale0);
	s->b1 = madd(s->b1, v, w + 32, c->scale1);
	v = ewi_spread_avx2(x + 2 * stride);
	s->a2 = madd(s->a2, v, w, c->scale0);
	s->b2 = madd(s->b2, v, w + 32, c->scale1);
	v = ewi_spread_avx2(x + 3 * stride);
	s->a3 = madd(s->a3, v, w, c->scale0);
	s->b3 = madd(s->b3, v, w + 32, c->scale1);
}

EW_TARGET("avx2")
static EW_NOINLINE void product_4(__m256i *sums, const struct packed *head, size_t t, const uint8_t *x, size_t stride)
{
	const struct cursor c = cursor_at(head, t);
	const __m256i a = ewi_load_avx2(c.t->finish[0].bias), b = ewi_load_avx2(c.t->finish[1].bias);
	struct sums s = {a, b, a, b, a, b, a, b};
	const int8_t *w = c.w;

	for (size_t i = 0; i < head->steps; i++, w += STEP_BYTES)
		step(&s, &c, w, x + STEP * i, stride);
	for (size_t i = 0; i < c.t->more; i++)
		step(&s, &c, c.rest + i * STEP_BYTES, x + c.more[i], stride);
	sums[0] = s.a0, sums[1] = s.b0, sums[2] = s.a1, sums[3] = s.b1;
	sums[4] = s.a2, sums[5] = s.b2, sums[6] = s.a3, sums[7] = s.b3;
}

/* One row: 32 units at a time. */
EW_TARGET("avx2")
EW_INLINE void run_one(const struct ewi_fc *p, const struct packed *head, const uint8_t *x, int8_t *out,
		       enum ewi_finish_mode mode)
{
	const struct ewi_clamp_avx2 clamp = ewi_clamp_of_avx2(p->out_zero, p->act_min, p->act_max);

	for (size_t t = 0; t < head->tiles; t += 2) {
		size_t u = t + 1 < head->tiles ? t + 1 : t;
		const struct cursor c = cursor_at(head, t), d = cursor_at(head, u);
		__m256i sums[4];

		product_two(sums, head, &c, &d, x);
		ewi_outputs_avx2(sums, 1, c.t->finish, &clamp, out + UNITS * t, 0, p->units - UNITS * t, mode);
		ewi_outputs_avx2(sums + 2, 1, d.t->finish, &clamp, out + UNITS * u, 0, p->units - UNITS * u, mode);
	}
}

EW_TARGET("avx2")
EW_INLINE void run_rows(const struct ewi_fc *p, const struct packed *head, size_t rows, const uint8_t *x,
			int8_t *out, enum ewi_finish_mode mode)
{
	const struct ewi_clamp_avx2 clamp = ewi_clamp_of_avx2(p->out_zero, p->act_min, p->act_max);

	if (rows == 1) {
		run_one(p, head, x, out, mode);
		return;
	}
	for (size_t t = 0; t < head->tiles; t++) {
		__m256i sums[2 * ROWS];

		product_4(sums, head, t, x, stride_of(p));
		ewi_outputs_avx2(sums, ROWS, tile_at(head, t)->finish, &clamp, out + UNITS * t, p->units,
				 p->units - UNITS * t, mode);
	}
}

EW_TARGET("avx2")
static void run(const struct ewi_fc *p, const struct packed *head, size_t rows, const uint8_t *x, int8_t *out)
{
	switch (head->mode) {
	case EWI_FINISH_STEPS: run_rows(p, head, rows, x, out, EWI_FINISH_STEPS); break;
	case EWI_FINISH_SIDES: run_rows(p, head, rows, x, out, EWI_FINISH_SIDES); break;
	case EWI_FINISH_TWICE: run_rows(p, head, rows, x, out, EWI_FINISH_TWICE); break;
	default: run_rows(p, head, rows, x, out, EWI_FINISH_SINGLE);
	}
}

void ewk_fc_s8_avx2_packed(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const struct packed *head = ewi_line_avx2(c->packed);
	const int8_t *in = c->in[0];
	int8_t *out = c->out;

	for (size_t left = c->windows * p->rows, rows; left > 0; left -= rows) {
		rows = left >= ROWS ? ROWS : 1;
		for (size_t r = 0; r < rows; r++)
			make_unsigned(in + r * p->depth, p->depth,
				      (uint8_t *)c->scratch + r * stride_of(p));
		run(p, head, rows, c->scratch, out);
		in += rows * p->depth;
		out += rows * p->units;
	}
}
#endif
#endif
