/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* conv_pack_avx2.c - packs the weights of CONV_2D for conv_avx2.c, and decides which way they go (conv_avx2.h). */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/conv_avx2.h"
#include "tensor/pack_avx2.h"

#define TILE EWI_CONV_TILE
#define PAIR 2u
#define FOUR 4u
#define BEHIND 64u /* elements that are read behind a line, by copying and by steps */
#define AHEAD 7u   /* windows behind the last one that half a tile may look at */
#define ELEMENTS_MAX (1u << 26)
#define TOGETHER 6u /* least pixels of a stretch */
#define STRETCH_BYTES 12288u
#define PART 4u /* of the picture, that a stretch may take at most */
#define PIXELS 24u /* least that all weights are read for, where they are not cached */
#define CACHED_BYTES 24576u /* of weights, which then stay in the first cache */

static uint64_t depth_of(const struct ewi_conv *p)
{
	return (uint64_t)p->win.k_h * p->win.k_w * p->tap_c;
}

/*
 * Pixels of a pointwise layer that go together: few, so that scratch is small; more when that saves reading all weights
 * from the second cache again.
 */
static uint32_t stretch_of(const struct ewi_conv *p, size_t windows)
{
	const struct ewi_window *w = &p->win;
	uint64_t pixels = (uint64_t)windows * w->batches * w->out_h * w->out_w, n = TOGETHER;

	if (2 * depth_of(p) * w->out_c > CACHED_BYTES) {
		uint64_t bytes = pixels * w->in_c / PART;

		n = (bytes < STRETCH_BYTES ? bytes : STRETCH_BYTES) / 2 / w->in_c / TOGETHER * TOGETHER;
	}
	n = n < TOGETHER ? TOGETHER : n;
	return (uint32_t)(n < pixels ? n : pixels);
}

bool ewi_conv_lines_avx2(const struct ewi_conv *p, size_t windows, struct ewi_conv_lines *l)
{
	const struct ewi_window *w = &p->win;
	uint64_t reach = ((uint64_t)w->k_w - 1) * w->dil_w + 1, columns, elements, lines;

	l->together = 2 * depth_of(p) * w->out_c > CACHED_BYTES && w->out_w < PIXELS ? (PIXELS - 1) / w->out_w + 1 : 1;
	l->together = l->together < w->out_h ? l->together : w->out_h;
	lines = ((uint64_t)w->k_h - 1) * w->dil_h + 1 + ((uint64_t)l->together - 1) * w->stride_h;
	l->outputs = w->out_w;
	l->run = w->dil_w == 1 ? w->k_w * w->in_c : w->in_c;
	l->runs = w->dil_w == 1 ? w->k_h : w->k_h * w->k_w;
	if (ewi_conv_pointwise(&p->win)) {
		l->outputs = stretch_of(p, windows);
		l->together = lines = 1;
	}
	l->count = (uint32_t)lines;
	columns = ((uint64_t)l->outputs - 1) * w->stride_w + reach;
	elements = columns * w->in_c; /* columns < 2^32 */
	l->columns = (uint32_t)columns;
	if (columns > ELEMENTS_MAX || elements > ELEMENTS_MAX || lines > ELEMENTS_MAX || elements * lines > ELEMENTS_MAX ||
	    (uint64_t)w->stride_w * w->in_c > ELEMENTS_MAX)
		return false;
	l->elements = (size_t)(elements * lines) + BEHIND;
	if ((w->out_c - 1) % TILE < TILE / 2)
		l->elements += AHEAD * (size_t)w->stride_w * w->in_c;
	return true;
}

size_t ewi_conv_s8_avx2_packed_scratch(const void *params, size_t windows)
{
	struct ewi_conv_lines l;

	return ewi_conv_lines_avx2(params, windows, &l) ? l.elements * sizeof(int16_t) : 0;
}

/* Those of words come in twos. */
static uint32_t steps_of(const struct ewi_conv_lines *l, uint32_t step)
{
	uint32_t n = l->runs * ((l->run + step - 1) / step);

	return step == PAIR ? n + n % 2 : n;
}

/* The larger one of both, each step of bytes by its sign. */
static size_t tile_bytes(const struct ewi_conv_lines *l)
{
	size_t words = (size_t)steps_of(l, PAIR) * EWI_CONV_STEP_BYTES;
	size_t steps = steps_of(l, FOUR), bytes = ewi_conv_places_avx2(steps) + steps * 2 * EWI_CONV_STEP_BYTES;

	return sizeof(struct ewi_conv_tile) + (words > bytes ? words : bytes);
}

/* 0, which is "do not pack": groups, and sizes that a 32-bit machine cannot count. */
static size_t packed_bytes(const void *params)
{
	const struct ewi_conv *p = params;
	uint64_t tiles = (p->win.out_c + (uint64_t)TILE - 1) / TILE;
	struct ewi_conv_lines l;

	if (p->groups > 1 || depth_of(p) > INT32_MAX / (8 * TILE) / tiles || !ewi_conv_lines_avx2(p, TOGETHER, &l))
		return 0;
	return EWI_LINE + sizeof(struct ewi_conv_packed) + steps_of(&l, PAIR) * sizeof(int32_t) + EWI_LINE +
	       (size_t)tiles * tile_bytes(&l);
}

static int32_t bias_at(const uint8_t *bias, uint32_t o)
{
	return bias ? (int32_t)ewi_le32(bias + 4 * (size_t)o) : 0;
}

/* The channels of a tile while it is packed. */
struct source {
	const struct ewi_conv *p;
	const int8_t *w;
	const uint8_t *bias;
	struct ewi_conv_lines lines;
	uint32_t first;
	bool half;
	struct ewi_steps steps[TILE]; /* all 0 where steps.h cannot do the layer */
	uint32_t used;	    /* a bit for each whose output is not the same whatever the sum */
	uint32_t sum[TILE]; /* of their weights */
	enum ewi_finish_mode mode;
	const uint8_t *order; /* bytes: of the input's channels; NULL: as they are */
};

static uint32_t lane_of(const struct source *s, uint32_t i)
{
	return s->half ? i : ewi_place_avx2(i);
}

/* Channels of the tile that are there. */
static uint32_t channels_of(const struct source *s)
{
	uint32_t n = s->p->win.out_c - s->first;

	return n < TILE ? n : TILE;
}

static const int8_t *row_of(const struct source *s, uint32_t i)
{
	return s->w + (s->first + i) * (size_t)depth_of(s->p);
}

/*
 * A step of `step` elements of each channel; 0 behind the end of its run, behind all of them, and where a channel's output
 * is the same whatever the sum.
 */
static void fetch(const struct source *s, uint32_t number, uint32_t step, int8_t *to)
{
	uint32_t each = (s->lines.run + step - 1) / step, run = number / each, at = number % each * step;
	size_t n = run == s->lines.runs ? 0 : s->lines.run - at < step ? s->lines.run - at : step;
	struct ewi_rows_avx2 rows = {row_of(s, 0), (size_t)depth_of(s->p), channels_of(s), s->used, s->half};
	size_t first = (size_t)run * s->lines.run + at;

	if (s->order && step == FOUR)
		ewi_rows_pick_avx2(&rows, first / EWI_PAIRS * EWI_PAIRS, s->order + first % s->p->win.in_c, to);
	else
		ewi_rows_fetch_avx2(&rows, first, n, to);
}

/* Where a step begins; of one behind all of them anywhere. */
static int32_t place_of(const struct source *s, uint32_t number, uint32_t step)
{
	const struct ewi_window *w = &s->p->win;
	uint32_t each = (s->lines.run + step - 1) / step, run = number / each;
	uint32_t across = s->lines.runs / w->k_h; /* runs of one row of taps */

	if (run == s->lines.runs)
		return 0;
	return (int32_t)((run / across * w->dil_h * s->lines.columns + run % across * w->dil_w) * w->in_c +
			 number % each * step);
}

static struct ewi_conv_tile *tile_at(const struct ewi_conv_packed *head, uint32_t channel)
{
	return (struct ewi_conv_tile *)(uintptr_t)ewi_conv_tile_avx2(head, channel / TILE);
}

/* Channels of a tile as steps.h has them, or without it; false when it cannot do one. */
static bool look_at(struct source *s, bool steps)
{
	const struct ewi_conv *p = s->p;

	memset(s->steps, 0, sizeof(s->steps));
	s->used = 0;
	s->mode = steps ? EWI_FINISH_STEPS : p->single ? EWI_FINISH_SINGLE : EWI_FINISH_NEAR;
	for (uint32_t i = 0; i < channels_of(s); i++) {
		uint32_t o = s->first + i;
		struct ewi_staircase c = {.scale = ewi_conv_scale(p, o), .single = p->single, .zero = p->out_zero,
					  .min = p->act_min, .max = p->act_max, .bias = bias_at(s->bias, o)};

		s->sum[i] = ewi_row_reach_avx2(&c, row_of(s, i), (size_t)depth_of(p), p->in_zero);
		if (steps && !ewi_steps_find(&c, &s->steps[i]))
			return false;
		if (s->steps[i].constant)
			s->sum[i] = 0;
		else
			s->used |= 1u << i;
		if (s->steps[i].above != s->steps[i].below)
			s->mode = EWI_FINISH_SIDES;
		if (s->mode == EWI_FINISH_NEAR &&
		    !ewi_finish_near(c.scale, c.bias, (uint64_t)(c.high - c.low) / UINT8_MAX))
			s->mode = EWI_FINISH_TWICE;
	}
	return true;
}

/* ---- bytes -------------------------------------------------------------------------------------- */

/* Looks for an order of the input's channels, sixteen after sixteen; at some tiles and taps, where they are many. */
static void find_order(struct source *from, struct ewi_conv_packed *head)
{
	uint32_t in_c = from->p->win.in_c, taps = (uint32_t)(depth_of(from->p) / in_c);
	uint64_t units = (from->p->win.out_c + (uint64_t)TILE - 1) / TILE * taps, apart = (units - 1) / EWI_PAIRS_UNITS + 1;
	uint8_t *order = ewi_conv_order_avx2(head);

	head->ordered = false;
	for (uint32_t c = 0; in_c % EWI_PAIRS == 0 && c < in_c; c += EWI_PAIRS) {
		struct ewi_pairs_avx2 p = {.units = 0};

		for (uint64_t u = 0; u < units; u += apart) {
			from->first = (uint32_t)(u / taps) * TILE;
			ewi_pairs_look_avx2(&p, row_of(from, 0) + u % taps * in_c + c, (size_t)depth_of(from->p),
					    channels_of(from));
		}
		ewi_pairs_order_avx2(&p, order + c);
		for (uint32_t i = 0; i < EWI_PAIRS; i++)
			head->ordered |= order[c + i] != i;
	}
	from->order = head->ordered ? order : NULL;
}

/* Numbers of steps go where their places will be; memory of the weights, 128 bytes for each, is used meanwhile. */
static void choose_ways(const struct source *from, uint32_t steps, struct ewi_conv_tile *t)
{
	uint32_t *order = (uint32_t *)(void *)(t + 1), *work;
	struct ewi_reach_avx2 *reach = (void *)((char *)order + ewi_conv_places_avx2(steps));

	work = (uint32_t *)(void *)(reach + steps);
	for (uint32_t s = 0; s < steps; s++) {
		int8_t v[EWI_CONV_STEP_BYTES];

		fetch(from, s, FOUR, v);
		((uint8_t *)work)[s] = (uint8_t)ewi_way_reach_avx2(v, &reach[s]);
	}
	ewi_ways_choose_avx2(reach, steps, work, order, &t->ways);
}

/* A tile whose ways are chosen. */
static void pack_bytes(const struct source *from, uint32_t steps, struct ewi_conv_tile *t)
{
	int32_t *places = (int32_t *)(void *)(t + 1);
	int8_t *to = (int8_t *)places + ewi_conv_places_avx2(steps), v[EWI_CONV_STEP_BYTES];

	memset(t->fix, 0, sizeof(t->fix));
	for (uint32_t i = 0; i < steps; i++, to += EWI_CONV_STEP_BYTES) {
		uint32_t s = (uint32_t)places[i];

		places[i] = place_of(from, s, FOUR);
		if (i < steps - t->ways.signs) {
			fetch(from, s, FOUR, to);
			continue;
		}
		fetch(from, s, FOUR, v);
		ewi_way_sign_avx2(v, to, t->fix);
		to += EWI_CONV_STEP_BYTES;
	}
}

/*
 * Chooses between bytes and words, and packs bytes but for how sums are finished.  Measured on Zen 3, hundredths of a
 * cycle for a row: a step of two elements in words takes 129, two of four in bytes 325, one 206, one by its sign 238.
 */
static void pack_ways(struct source *from, struct ewi_conv_packed *head)
{
	uint32_t pairs = steps_of(&from->lines, PAIR), out_c = from->p->win.out_c;
	uint64_t words = 0, bytes = 0;

	head->steps = steps_of(&from->lines, FOUR);
	head->bytes = false;
	from->used = UINT32_MAX;
	find_order(from, head);
	for (from->first = 0; from->first < out_c; from->first += TILE) {
		struct ewi_conv_tile *t = tile_at(head, from->first);

		choose_ways(from, head->steps, t);
		words += (uint64_t)pairs * (ewi_conv_half_avx2(head, out_c - from->first) ? 65 : 129);
		bytes += 325 * (uint64_t)t->ways.twos + 206 * (uint64_t)t->ways.ones + 238 * (uint64_t)t->ways.signs;
	}
	head->bytes = bytes < words;
	for (from->first = 0; head->bytes && from->first < out_c; from->first += TILE)
		pack_bytes(from, head->steps, tile_at(head, from->first));
	if (!head->bytes) {
		head->steps = pairs;
		head->ordered = false;
	}
}

/* ---- tiles -------------------------------------------------------------------------------------- */

static void pack_words(const struct source *from, uint32_t steps, uint32_t act, struct ewi_conv_tile *t)
{
	int16_t *to = (int16_t *)(void *)(t + 1), factors[TILE * PAIR];
	int8_t v[EWI_CONV_STEP_BYTES];

	for (uint32_t i = 0; i < TILE * PAIR; i++)
		factors[lane_of(from, i / PAIR) * PAIR + i % PAIR] = (int16_t)(1 << from->steps[i / PAIR].shift >> act);
	for (uint32_t s = 0; s < steps; s++) {
		fetch(from, s, PAIR, v);
		ewi_rows_widen_avx2(v, factors, to + s * TILE * PAIR);
	}
}

static void pack_tile(const struct source *from, const struct ewi_conv_packed *head, struct ewi_conv_tile *t)
{
	const struct ewi_conv *p = from->p;

	t->mode = from->mode;
	if (!head->bytes)
		pack_words(from, head->steps, head->act, t);
	for (uint32_t i = 0; i < channels_of(from); i++) {
		const struct ewi_steps *s = &from->steps[i];
		uint32_t place = lane_of(from, i), o = from->first + i;
		uint32_t sum = from->sum[i] * (0u - (uint32_t)(p->in_zero + (head->bytes ? 128 : 0)));

		if (head->bytes && !s->constant)
			sum -= t->fix[place];
		if (t->mode == EWI_FINISH_STEPS || t->mode == EWI_FINISH_SIDES)
			ewi_steps_put_avx2(s, sum << s->shift, &t->finish[place / 8], place % 8);
		else
			ewi_finish_put_avx2(ewi_conv_scale(p, o), (int32_t)((uint32_t)bias_at(from->bias, o) + sum),
					    t->mode, &t->finish[place / 8], place % 8);
		t->scale[place / 8][place % 8] = s->constant ? 0 : 0x10001 << s->shift;
	}
}

/* False when steps.h cannot do a channel of words, which are shifted alike for all tiles. */
static bool pack_all(struct source *from, struct ewi_conv_packed *head)
{
	head->act = head->bytes || head->slow ? 0 : EWI_STEPS_SHIFT_MIN;
	for (from->first = 0; from->first < from->p->win.out_c; from->first += TILE) {
		if (head->slow || !look_at(from, true)) {
			if (!head->bytes && !head->slow)
				return false;
			look_at(from, false);
		}
		from->half = ewi_conv_half_avx2(head, from->p->win.out_c - from->first);
		pack_tile(from, head, tile_at(head, from->first));
	}
	return true;
}

static void pack(const void *params, const void *const in[EWI_CALL_INPUTS], void *to)
{
	struct source from = {.p = params, .w = in[1], .bias = in[2]};
	struct ewi_conv_packed *head = ewi_line_avx2(to);

	ewi_conv_lines_avx2(from.p, 1, &from.lines); /* all but pixels of a stretch are as for more windows */
	head->tile_size = (uint32_t)tile_bytes(&from.lines);
	head->slow = false;
	pack_ways(&from, head);
	for (uint32_t s = 0; !head->bytes && s < head->steps; s++)
		head->places[s] = place_of(&from, s, PAIR);
	if (!pack_all(&from, head)) {
		head->slow = true;
		pack_all(&from, head);
	}
}

const struct ewi_packing ewi_conv_s8_avx2_packing = {NULL, packed_bytes, pack, false};
#endif
#endif
