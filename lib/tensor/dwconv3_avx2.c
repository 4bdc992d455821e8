/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv3_avx2.c - depthwise windows of three by three with AVX2: 16 channels of eight outputs of a row at a time.
 *
 * First each column of the input under them is made ready: its upper two rows interleaved, its lower row
 * interleaved with that of the next column, in int16.  Then an output is five vpmaddwd for each eight channels:
 * the upper rows of three columns, the lower rows of the first two, and of the third (the fourth has weight 0).
 * So a column is widened and interleaved once for the three outputs (two, in steps of two) that see it.
 *
 * Rows and columns outside the picture are those of the pixel that is all zero point.
 *
 * Of eight channels two outputs go side by side, as 16 channels: 16 bytes from a column on are that column and the
 * next one.  Those at the ends of a row, half outside, are put together first.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/dwconv_avx2.h"

#define OUTPUTS EWI_DWCONV3_OUTPUTS
#define COLUMNS (2 * (OUTPUTS - 1) + 3)

/* Two rows of one column, and its third with the next one's; of channels 0 to 3 and 8 to 11, and of the others. */
struct column {
	__m256i upper[2], lower[2];
};

/* A row of the picture, or outside it. */
struct line {
	const int8_t *at; /* column 0 */
	size_t step;	  /* from column to column */
	/* Of eight channels: column -1 with column 0, the last column with the one behind it. */
	int8_t left[16], right[16];
};

/* 16 bytes of column x; `two`: its eight channels and those of the next. */
EW_INLINE const int8_t *column_at(const struct line *l, size_t c, const int8_t *outside, int32_t x,
				  int32_t width, bool two)
{
	if (two && x == -1)
		return l->left;
	if (two && x == width - 1)
		return l->right;
	return x >= 0 && x < width ? l->at + c + (size_t)x * l->step : outside + c;
}

EW_TARGET("avx2")
EW_INLINE __m256i widened(const int8_t *p, __m128i act)
{
	return _mm256_sll_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)p)), act);
}

/* Channels from c on of columns from `first` on, which may be outside on either side. */
EW_TARGET("avx2")
EW_INLINE void columns_of(const struct line *lines, size_t c, const int8_t *outside, int32_t first,
			  int32_t width, size_t count, struct column *to, uint32_t act, bool two)
{
	const __m128i by = _mm_cvtsi32_si128((int)act);
	__m256i last = _mm256_setzero_si256();

	for (size_t i = 0; i < count; i++) {
		int32_t x = first + (int32_t)i;
		__m256i v0 = widened(column_at(&lines[0], c, outside, x, width, two), by);
		__m256i v1 = widened(column_at(&lines[1], c, outside, x, width, two), by);
		__m256i v2 = widened(column_at(&lines[2], c, outside, x, width, two), by);

		to[i].upper[0] = _mm256_unpacklo_epi16(v0, v1);
		to[i].upper[1] = _mm256_unpackhi_epi16(v0, v1);
		if (i > 0) {
			to[i - 1].lower[0] = _mm256_unpacklo_epi16(last, v2);
			to[i - 1].lower[1] = _mm256_unpackhi_epi16(last, v2);
		}
		last = v2;
	}
	to[count - 1].lower[0] = _mm256_unpacklo_epi16(last, last);
	to[count - 1].lower[1] = _mm256_unpackhi_epi16(last, last);
}

EW_TARGET("avx2")
static EW_NOINLINE void make_columns(const struct line *lines, size_t c, const int8_t *outside, int32_t first,
				     int32_t width, size_t count, struct column *to, uint32_t act)
{
	columns_of(lines, c, outside, first, width, count, to, act, false);
}

EW_TARGET("avx2")
static EW_NOINLINE void make_columns_two(const struct line *lines, const int8_t *outside, int32_t first,
					 int32_t width, size_t count, struct column *to, uint32_t act)
{
	columns_of(lines, 0, outside, first, width, count, to, act, true);
}

EW_TARGET("avx2")
EW_INLINE __m256i weight(const int16_t *w, size_t i)
{
	return _mm256_loadu_si256((const void *)(w + 16 * i));
}

EW_TARGET("avx2")
EW_INLINE __m256i madd(__m256i acc, __m256i x, __m256i w)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(x, w));
}

/*
 * Keeps the compiler from adding up in another order: it would hold products in more registers than there are (gcc 12).
 */
#define IN_ORDER(a, b) __asm__("" : "+x"(a), "+x"(b))

/* Sums of two outputs: of channels 0 to 3 and 8 to 11, and of the others. */
struct sums {
	__m256i a, b, c, d;
};

/* One pair of taps, in both outputs. */
EW_TARGET("avx2")
EW_INLINE void add_taps(struct sums *s, const __m256i *x, const __m256i *y, const int16_t *w)
{
	__m256i a = weight(w, 0), b = weight(w, 1);

	s->a = madd(s->a, x[0], a);
	s->c = madd(s->c, y[0], a);
	IN_ORDER(s->a, s->c);
	s->b = madd(s->b, x[1], b);
	s->d = madd(s->d, y[1], b);
	IN_ORDER(s->b, s->d);
}

/* Sums over the ready columns from x and from y on. */
EW_TARGET("avx2")
EW_INLINE struct sums sum(const struct column *x, const struct column *y, const struct ewi_finish_avx2 *f)
{
	const int16_t *w = (const void *)(f + 2);
	const __m256i a = ewi_load_avx2(f[0].bias), b = ewi_load_avx2(f[1].bias);
	struct sums s = {a, b, a, b};

	add_taps(&s, x[0].upper, y[0].upper, w);
	add_taps(&s, x[1].upper, y[1].upper, w + 32);
	add_taps(&s, x[2].upper, y[2].upper, w + 64);
	add_taps(&s, x[0].lower, y[0].lower, w + 96);
	add_taps(&s, x[2].lower, y[2].lower, w + 128);
	return s;
}

/* Outputs over ready columns. */
struct outputs {
	const struct column *columns;
	size_t stride, count;
	const struct ewi_clamp_avx2 *clamp;
	int8_t *out;
	size_t step; /* from output to output */
	size_t n;    /* channels that are stored */
};

/* Two at a time; of an odd one the last one twice. */
EW_TARGET("avx2")
EW_INLINE void outputs_of(const struct outputs *o, const struct ewi_finish_avx2 *f, enum ewi_finish_mode mode)
{
	for (size_t i = 0; i < o->count; i += 2) {
		size_t k = i + 1 < o->count ? i + 1 : i;
		struct sums s = sum(o->columns + i * o->stride, o->columns + k * o->stride, f);
		__m256i v = _mm256_packs_epi32(ewi_steps_avx2(s.a, &f[0], mode), ewi_steps_avx2(s.b, &f[1], mode));

		v = _mm256_packs_epi16(v, _mm256_packs_epi32(ewi_steps_avx2(s.c, &f[0], mode),
							     ewi_steps_avx2(s.d, &f[1], mode)));
		v = ewi_steps_order_avx2(v);
		v = _mm256_min_epi8(_mm256_max_epi8(v, o->clamp->min), o->clamp->max);
		v = _mm256_permute4x64_epi64(v, 0xd8);
		ewi_store_avx2(o->out + i * o->step, _mm256_castsi256_si128(v), o->n);
		ewi_store_avx2(o->out + k * o->step, _mm256_extracti128_si256(v, 1), o->n);
	}
}

typedef void outputs_fn(const struct outputs *o, const struct ewi_finish_avx2 *f);

EW_TARGET("avx2")
static EW_NOINLINE void outputs_steps(const struct outputs *o, const struct ewi_finish_avx2 *f)
{
	outputs_of(o, f, EWI_FINISH_STEPS);
}

EW_TARGET("avx2")
static EW_NOINLINE void outputs_sides(const struct outputs *o, const struct ewi_finish_avx2 *f)
{
	outputs_of(o, f, EWI_FINISH_SIDES);
}

EW_TARGET("avx2")
EW_INLINE void outputs_slow(const struct outputs *o, const struct ewi_finish_avx2 *f, enum ewi_finish_mode mode)
{
	__m256i sums[2 * OUTPUTS];

	for (size_t i = 0; i < o->count; i++) {
		struct sums s = sum(o->columns + i * o->stride, o->columns + i * o->stride, f);

		sums[2 * i] = s.a;
		sums[2 * i + 1] = s.b;
	}
	ewi_finish_rows_avx2(sums, o->count, f, o->clamp, o->out, o->step, o->n, mode);
}

EW_TARGET("avx2")
static EW_NOINLINE void outputs_twice(const struct outputs *o, const struct ewi_finish_avx2 *f)
{
	outputs_slow(o, f, EWI_FINISH_TWICE);
}

EW_TARGET("avx2")
static EW_NOINLINE void outputs_single(const struct outputs *o, const struct ewi_finish_avx2 *f)
{
	outputs_slow(o, f, EWI_FINISH_SINGLE);
}

/* What a row of outputs is made of. */
struct row {
	const struct ewi_conv *p;
	const int8_t *outside;
	const struct ewi_finish_avx2 *blocks;
	outputs_fn *fn;
	uint32_t act;
	struct line lines[3];
	struct ewi_clamp_avx2 clamp;
};

EW_TARGET("avx2")
static void run_row(const struct row *r, int8_t *out)
{
	const struct ewi_window *w = &r->p->win;
	struct column columns[COLUMNS];
	struct outputs o = {.columns = columns, .stride = w->stride_w, .clamp = &r->clamp, .step = w->out_c, .n = 16};

	for (uint32_t x = 0; x < w->out_w; x += OUTPUTS) {
		const struct ewi_finish_avx2 *f = r->blocks;
		int32_t first = (int32_t)(x * w->stride_w) - w->pad_w;

		o.count = w->out_w - x < OUTPUTS ? w->out_w - x : OUTPUTS;
		for (size_t c = 0; c < w->out_c; c += 16, f += 4) {
			make_columns(r->lines, c, r->outside, first, (int32_t)w->in_w,
				     (o.count - 1) * w->stride_w + 3, columns, r->act);
			o.out = out + (size_t)x * w->out_c + c;
			r->fn(&o, f);
		}
	}
}

/* The same of eight channels, two outputs side by side; the last one alone when they are odd. */
EW_TARGET("avx2")
static void run_row_two(const struct row *r, int8_t *out)
{
	const struct ewi_window *w = &r->p->win;
	struct column columns[COLUMNS];

	for (uint32_t x = 0; x < w->out_w; x += 2 * OUTPUTS) {
		size_t left = w->out_w - x < 2 * OUTPUTS ? w->out_w - x : 2 * OUTPUTS;
		struct outputs o = {columns, 2, left / 2, &r->clamp, out + (size_t)x * 8, 16, 16};

		make_columns_two(r->lines, r->outside, (int32_t)x - w->pad_w, (int32_t)w->in_w,
				 2 * ((left + 1) / 2 - 1) + 3, columns, r->act);
		if (o.count)
			r->fn(&o, r->blocks);
		if (left % 2)
			r->fn(&(struct outputs){columns + (left - 1), 2, 1, &r->clamp,
						out + ((size_t)x + left - 1) * 8, 0, 8}, r->blocks);
	}
}

/* A block is two finishes and 5 pairs of taps of 16 channels: four finishes long. */
_Static_assert(2 * sizeof(struct ewi_finish_avx2) == 5 * 16 * 2 * sizeof(int16_t), "the size of a block");

/* Row i of the three under outputs of row y. */
static void make_line(const struct ewi_window *w, const int8_t *in, const int8_t *outside, int64_t at,
		      struct line *l)
{
	bool inside = at >= 0 && at < w->in_h;

	l->at = inside ? in + (size_t)at * w->in_w * w->in_c : outside;
	l->step = inside ? w->in_c : 0;
	if (w->in_c != 8)
		return;
	memcpy(l->left, outside, 8);
	memcpy(l->left + 8, l->at, 8);
	memcpy(l->right, l->at + (w->in_w - 1) * l->step, 8);
	memcpy(l->right + 8, outside, 8);
}

EW_TARGET("avx2")
void ewi_dwconv3_avx2(const struct ewi_call *c, const struct ewi_finish_avx2 *blocks, enum ewi_finish_mode mode,
		      uint32_t act)
{
	static outputs_fn *const fns[] = {[EWI_FINISH_STEPS] = outputs_steps, [EWI_FINISH_SIDES] = outputs_sides,
					  [EWI_FINISH_TWICE] = outputs_twice, [EWI_FINISH_SINGLE] = outputs_single};
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	const int8_t *in = c->in[0];
	int8_t *out = c->out;
	struct row r = {.p = p, .outside = c->scratch, .blocks = blocks, .fn = fns[mode], .act = act,
			.clamp = ewi_clamp_of_avx2(p->out_zero, p->act_min, p->act_max)};

	for (size_t b = 0; b < c->windows * w->batches; b++) {
		for (uint32_t y = 0; y < w->out_h; y++, out += (size_t)w->out_w * w->out_c) {
			for (uint32_t i = 0; i < 3; i++)
				make_line(w, in, c->scratch, (int64_t)y * w->stride_h - w->pad_h + i, &r.lines[i]);
			(w->out_c == 8 ? run_row_two : run_row)(&r, out);
		}
		in += (size_t)w->in_h * w->in_w * w->in_c;
	}
}
#endif
#endif
