/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* conv_pack_avx2.c - packs the weights of CONV_2D for conv_avx2.c, and decides which way they go (conv_avx2.h). */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/conv_avx2.h"

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

/* The larger one of both ways, each step of bytes by its sign. */
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
};

static uint32_t lane_of(const struct source *s, uint32_t i)
{
	return s->half ? i : ewi_place_avx2(i);
}

/* Element d of channel i of the tile; 0 where its output is the same whatever the sum. */
static int8_t weight(const struct source *s, uint32_t i, size_t d)
{
	if (s->first + i >= s->p->win.out_c || s->steps[i].constant)
		return 0;
	return s->w[(s->first + i) * (size_t)depth_of(s->p) + d];
}

/* A step of `step` elements of each channel; 0 behind the end of its run, and behind all of them. */
static void fetch(const struct source *s, uint32_t number, uint32_t step, int8_t to[TILE][FOUR])
{
	uint32_t each = (s->lines.run + step - 1) / step, run = number / each, at = number % each * step;
	size_t n = run == s->lines.runs ? 0 : s->lines.run - at < step ? s->lines.run - at : step;
	size_t depth = (size_t)depth_of(s->p);

	memset(to, 0, TILE * FOUR);
	for (uint32_t i = 0; i < TILE && s->first + i < s->p->win.out_c; i++) {
		const int8_t *w = s->w + (s->first + i) * depth + (size_t)run * s->lines.run + at;

		if (s->steps[i].constant)
			continue;
		if (n == FOUR)
			memcpy(to[i], w, FOUR);
		else
			memcpy(to[i], w, n);
	}
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

static bool find_steps(struct source *s)
{
	const struct ewi_conv *p = s->p;

	memset(s->steps, 0, sizeof(s->steps));
	for (uint32_t i = 0; i < TILE && s->first + i < p->win.out_c; i++) {
		uint32_t o = s->first + i;
		struct ewi_staircase c = {.scale = ewi_conv_scale(p, o), .single = p->single, .zero = p->out_zero,
					  .min = p->act_min, .max = p->act_max, .bias = bias_at(s->bias, o)};

		for (size_t d = 0; d < depth_of(p); d++)
			ewi_staircase_reach(&c, weight(s, i, d), p->in_zero);
		if (!ewi_steps_find(&c, &s->steps[i]))
			return false;
	}
	return true;
}

/* ---- bytes -------------------------------------------------------------------------------------- */

/*
 * What a step can make of the lanes of int16 that it goes through, at most: the sums of the weights above 0 of each, and
 * of those below without their sign; 255 is that or more.
 */
struct reach {
	uint8_t above[32], below[32];
};

#define REACH_MAX 128u /* 255 * 128 < 2^15 */
#define TRIES 8u       /* steps that are looked at as the other one of two */

/* Returns the largest. */
EW_TARGET("avx2")
static uint32_t reach_of(int8_t v[TILE][FOUR], struct reach *r)
{
	const __m256i ones = _mm256_set1_epi8(1), zero = _mm256_setzero_si256();
	__m256i a = ewi_load_avx2(v), b = ewi_load_avx2(v + 8);
	__m256i above = _mm256_packus_epi16(_mm256_maddubs_epi16(_mm256_max_epi8(a, zero), ones),
					    _mm256_maddubs_epi16(_mm256_max_epi8(b, zero), ones));
	__m256i below = _mm256_packus_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(_mm256_min_epi8(a, zero)), ones),
					    _mm256_maddubs_epi16(_mm256_abs_epi8(_mm256_min_epi8(b, zero)), ones));
	__m128i most;

	_mm256_storeu_si256((void *)r->above, above);
	_mm256_storeu_si256((void *)r->below, below);
	above = _mm256_max_epu8(above, below);
	most = _mm_max_epu8(_mm256_castsi256_si128(above), _mm256_extracti128_si256(above, 1));
	most = _mm_max_epu8(most, _mm_srli_epi16(most, 8)); /* the low byte of each two */
	most = _mm_minpos_epu16(_mm_xor_si128(_mm_and_si128(most, _mm_set1_epi16(0xff)), _mm_set1_epi16(0xff)));
	return 0xff ^ ((uint32_t)_mm_cvtsi128_si32(most) & 0xff);
}

EW_TARGET("avx2")
static bool fit(const struct reach *r, const struct reach *s)
{
	const __m256i max = _mm256_set1_epi8((char)REACH_MAX);
	__m256i above = _mm256_adds_epu8(ewi_load_avx2(r->above), ewi_load_avx2(s->above));
	__m256i below = _mm256_adds_epu8(ewi_load_avx2(r->below), ewi_load_avx2(s->below));
	__m256i over = _mm256_or_si256(_mm256_subs_epu8(above, max), _mm256_subs_epu8(below, max));

	return _mm256_testz_si256(over, over);
}

/*
 * Chooses the way of each of n steps, whose numbers go where their places will be: twos from the front, ones from behind
 * those, signs at the end.  The largest reach that is left is put together with the smallest with which it fits: if it
 * does not fit with that, it hardly does with another.  The weights' memory is used meanwhile.
 */
static void choose_ways(const struct source *from, uint32_t n, struct ewi_conv_tile *t)
{
	uint32_t *order = (uint32_t *)(void *)(t + 1), count[REACH_MAX + 2] = {0}, *sorted, front = 0, back;
	struct reach *reach = (void *)((char *)order + ewi_conv_places_avx2(n));
	uint8_t *most = (uint8_t *)(reach + n);

	for (uint32_t s = 0; s < n; s++) {
		int8_t v[TILE][FOUR];
		uint32_t r;

		fetch(from, s, FOUR, v);
		r = reach_of(v, &reach[s]);
		most[s] = (uint8_t)(r > REACH_MAX ? REACH_MAX + 1 : r);
		count[most[s]]++;
	}
	t->signs = count[REACH_MAX + 1];
	back = n - t->signs;
	for (uint32_t r = 0, before = 0; r < REACH_MAX + 2; r++) {
		uint32_t here = count[r];

		count[r] = before;
		before += here;
	}
	sorted = (uint32_t *)(void *)(reach + n) + (n + 3) / 4;
	for (uint32_t s = 0; s < n; s++)
		sorted[count[most[s]]++] = s;
	memcpy(order + back, sorted + back, t->signs * sizeof(*order));
	for (uint32_t low = 0, high = back, k; low < high;) {
		uint32_t s = sorted[--high];

		for (k = low; k < high && k < low + TRIES && !fit(&reach[s], &reach[sorted[k]]); k++)
			continue;
		if (k == high || k == low + TRIES) {
			order[--back] = s;
			continue;
		}
		order[front++] = s;
		order[front++] = sorted[k];
		sorted[k] = sorted[low++];
	}
	t->twos = front / 2;
	t->ones = n - t->signs - front;
}

/* The weights of a step, and what they leave to the bias. */
static int8_t *put_step(int8_t v[TILE][FOUR], const struct source *from, bool by_sign, struct ewi_conv_tile *t, int8_t *to)
{
	for (uint32_t i = 0; i < TILE; i++) {
		uint32_t lane = lane_of(from, i), fix = 0;

		for (uint32_t k = 0; k < FOUR; k++) {
			int32_t w = v[i][k];
			size_t at = FOUR * lane + k;

			to[at] = (int8_t)(by_sign && w < 0 ? 0 - w : w);
			if (by_sign)
				to[EWI_CONV_STEP_BYTES + at] = (int8_t)(w < 0 ? 0x7f : 0x80);
			fix += (uint32_t)w * (uint32_t)(from->p->in_zero + (by_sign ? w < 0 : 128));
		}
		t->fix[lane / 8][lane % 8] -= fix;
	}
	return to + (by_sign ? 2 : 1) * EWI_CONV_STEP_BYTES;
}

/* A tile whose ways are chosen. */
static void pack_bytes(const struct source *from, uint32_t steps, struct ewi_conv_tile *t)
{
	int32_t *places = (int32_t *)(void *)(t + 1);
	int8_t *to = (int8_t *)places + ewi_conv_places_avx2(steps), v[TILE][FOUR];

	memset(t->fix, 0, sizeof(t->fix));
	for (uint32_t i = 0; i < steps; i++) {
		uint32_t s = (uint32_t)places[i];

		fetch(from, s, FOUR, v);
		to = put_step(v, from, i >= 2 * t->twos + t->ones, t, to);
		places[i] = place_of(from, s, FOUR);
	}
}

/* ---- tiles -------------------------------------------------------------------------------------- */

static void pack_words(const struct source *from, uint32_t steps, uint32_t act, struct ewi_conv_tile *t)
{
	int16_t *to = (int16_t *)(void *)(t + 1);
	int8_t v[TILE][FOUR];

	memset(t->fix, 0, sizeof(t->fix));
	for (uint32_t s = 0; s < steps; s++) {
		fetch(from, s, PAIR, v);
		for (uint32_t i = 0; i < TILE; i++) {
			uint32_t lane = lane_of(from, i);

			for (uint32_t k = 0; k < PAIR; k++)
				to[(s * TILE + lane) * PAIR + k] =
					(int16_t)(v[i][k] * (1 << from->steps[i].shift >> act));
			t->fix[lane / 8][lane % 8] -= (uint32_t)((v[i][0] + v[i][1]) * from->p->in_zero);
		}
	}
}

static void pack_tile(const struct source *from, const struct ewi_conv_packed *head, struct ewi_conv_tile *t)
{
	const struct ewi_conv *p = from->p;

	if (!head->bytes)
		pack_words(from, head->steps, head->act, t);
	for (uint32_t i = 0; i < TILE && from->first + i < p->win.out_c; i++) {
		const struct ewi_steps *s = &from->steps[i];
		uint32_t place = lane_of(from, i), o = from->first + i, fix = t->fix[place / 8][place % 8];

		if (s->constant)
			fix = 0;
		if (head->mode == EWI_FINISH_STEPS)
			ewi_steps_put_avx2(s, fix << s->shift, &t->finish[place / 8], place % 8);
		else
			ewi_finish_put_avx2(ewi_conv_scale(p, o), (int32_t)((uint32_t)bias_at(from->bias, o) + fix),
					    head->mode, &t->finish[place / 8], place % 8);
		t->scale[place / 8][place % 8] = s->constant ? 0 : 0x10001 << s->shift;
	}
}

static struct ewi_conv_tile *tile_at(const struct ewi_conv_packed *head, uint32_t channel)
{
	return (struct ewi_conv_tile *)(uintptr_t)ewi_conv_tile_avx2(head, channel / TILE);
}

/* False when steps.h cannot do a channel. */
static bool pack_all(struct source *from, struct ewi_conv_packed *head, enum ewi_finish_mode mode)
{
	bool sides = false;

	head->mode = mode;
	head->act = mode == EWI_FINISH_STEPS ? EWI_STEPS_SHIFT_MIN : 0;
	memset(from->steps, 0, sizeof(from->steps));
	for (from->first = 0; from->first < from->p->win.out_c; from->first += TILE) {
		if (mode == EWI_FINISH_STEPS && !find_steps(from))
			return false;
		from->half = ewi_conv_half_avx2(head, from->p->win.out_c - from->first);
		for (uint32_t i = 0; i < TILE; i++)
			sides |= from->steps[i].above != from->steps[i].below;
		pack_tile(from, head, tile_at(head, from->first));
	}
	if (sides)
		head->mode = EWI_FINISH_SIDES;
	return true;
}

/*
 * Chooses between bytes and words, and packs bytes but for how sums are finished.  Measured on Zen 3, hundredths of a
 * cycle for a row: a step of two elements in words takes 129, those of four in bytes 325 for two, 206 and 238.
 */
static void pack_ways(struct source *from, struct ewi_conv_packed *head)
{
	uint32_t pairs = steps_of(&from->lines, PAIR), out_c = from->p->win.out_c;
	uint64_t words = 0, bytes = 0;

	head->steps = steps_of(&from->lines, FOUR);
	head->mode = EWI_FINISH_STEPS; /* most likely */
	head->bytes = false;
	for (from->first = 0; from->first < out_c; from->first += TILE) {
		struct ewi_conv_tile *t = tile_at(head, from->first);

		choose_ways(from, head->steps, t);
		words += 129 * (uint64_t)pairs / (ewi_conv_half_avx2(head, out_c - from->first) ? 2 : 1);
		bytes += 325 * (uint64_t)t->twos + 206 * (uint64_t)t->ones + 238 * (uint64_t)t->signs;
	}
	head->bytes = bytes < words;
	for (from->first = 0; head->bytes && from->first < out_c; from->first += TILE)
		pack_bytes(from, head->steps, tile_at(head, from->first));
	if (!head->bytes)
		head->steps = pairs;
}

static void pack(const void *params, const void *const in[EWI_CALL_INPUTS], void *to)
{
	struct source from = {.p = params, .w = in[1], .bias = in[2]};
	struct ewi_conv_packed *head = ewi_line_avx2(to);

	ewi_conv_lines_avx2(from.p, 1, &from.lines); /* all but pixels of a stretch are as for more windows */
	head->tile_size = (uint32_t)tile_bytes(&from.lines);
	pack_ways(&from, head);
	for (uint32_t s = 0; s < head->steps; s++)
		head->places[s] = place_of(&from, s, head->bytes ? FOUR : PAIR);
	if (!pack_all(&from, head, EWI_FINISH_STEPS))
		pack_all(&from, head, from.p->single ? EWI_FINISH_SINGLE : EWI_FINISH_TWICE);
}

const struct ewi_packing ewi_conv_s8_avx2_packing = {NULL, packed_bytes, pack, false};
#endif
#endif
