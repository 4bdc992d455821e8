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
	__m256i upper_a, upper_b, lower_a, lower_b;
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
EW_INLINE __m256i widened(const int8_t *p)
{
	return _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)p));
}

/* Channels from c on of columns from `first` on, which may be outside on either side. */
EW_TARGET("avx2")
EW_INLINE void columns_of(const struct line *lines, size_t c, const int8_t *outside, int32_t first,
			  int32_t width, size_t count, struct column *to, bool two)
{
	__m256i last = _mm256_setzero_si256();

	for (size_t i = 0; i < count; i++) {
		int32_t x = first + (int32_t)i;
		__m256i v0 = widened(column_at(&lines[0], c, outside, x, width, two));
		__m256i v1 = widened(column_at(&lines[1], c, outside, x, width, two));
		__m256i v2 = widened(column_at(&lines[2], c, outside, x, width, two));

		to[i].upper_a = _mm256_unpacklo_epi16(v0, v1);
		to[i].upper_b = _mm256_unpackhi_epi16(v0, v1);
		if (i > 0) {
			to[i - 1].lower_a = _mm256_unpacklo_epi16(last, v2);
			to[i - 1].lower_b = _mm256_unpackhi_epi16(last, v2);
		}
		last = v2;
	}
	to[count - 1].lower_a = _mm256_unpacklo_epi16(last, last);
	to[count - 1].lower_b = _mm256_unpackhi_epi16(last, last);
}

EW_TARGET("avx2")
static EW_NOINLINE void make_columns(const struct line *lines, size_t c, const int8_t *outside, int32_t first,
				     int32_t width, size_t count, struct column *to)
{
	columns_of(lines, c, outside, first, width, count, to, false);
}

EW_TARGET("avx2")
static EW_NOINLINE void make_columns_two(const struct line *lines, const int8_t *outside, int32_t first,
					 int32_t width, size_t count, struct column *to)
{
	columns_of(lines, 0, outside, first, width, count, to, true);
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

/* Sums of the outputs over the ready columns.  A function of its own: all its weights stay in registers. */
EW_TARGET("avx2")
static EW_NOINLINE void make_sums(const struct column *x, size_t stride, size_t count,
				  const struct ewi_finish_avx2 *f, __m256i *sums)
{
	const int16_t *w = (const void *)(f + 2);
	const __m256i a0 = weight(w, 0), b0 = weight(w, 1), a1 = weight(w, 2), b1 = weight(w, 3),
		      a2 = weight(w, 4), b2 = weight(w, 5), a3 = weight(w, 6), b3 = weight(w, 7),
		      a4 = weight(w, 8), b4 = weight(w, 9);

	for (; count > 0; count--, x += stride, sums += 2) {
		__m256i a = ewi_finish_load_avx2(f[0].bias), b = ewi_finish_load_avx2(f[1].bias);

		a = madd(a, x[0].upper_a, a0);
		b = madd(b, x[0].upper_b, b0);
		a = madd(a, x[1].upper_a, a1);
		b = madd(b, x[1].upper_b, b1);
		a = madd(a, x[2].upper_a, a2);
		b = madd(b, x[2].upper_b, b2);
		a = madd(a, x[0].lower_a, a3);
		b = madd(b, x[0].lower_b, b3);
		sums[0] = madd(a, x[2].lower_a, a4);
		sums[1] = madd(b, x[2].lower_b, b4);
	}
}

/* A row of outputs. */
EW_TARGET("avx2")
EW_INLINE void row(const struct ewi_conv *p, const struct line *lines, const int8_t *outside,
		   const struct ewi_finish_avx2 *blocks, int8_t *out, enum ewi_finish_mode mode)
{
	const struct ewi_window *w = &p->win;
	const struct ewi_clamp_avx2 clamp = ewi_clamp_of_avx2(p->out_zero, p->act_min, p->act_max);
	struct column columns[COLUMNS];
	__m256i sums[2 * OUTPUTS];

	for (uint32_t x = 0; x < w->out_w; x += OUTPUTS) {
		const struct ewi_finish_avx2 *f = blocks;
		size_t count = w->out_w - x < OUTPUTS ? w->out_w - x : OUTPUTS;
		int32_t first = (int32_t)(x * w->stride_w) - w->pad_w;

		for (size_t c = 0; c < w->out_c; c += 16, f += 4) {
			make_columns(lines, c, outside, first, (int32_t)w->in_w,
				     (count - 1) * w->stride_w + 3, columns);
			make_sums(columns, w->stride_w, count, f, sums);
			ewi_finish_rows_avx2(sums, count, f, &clamp, out + (size_t)x * w->out_c + c,
					     w->out_c, 16, mode);
		}
	}
}

/* The same of eight channels, two outputs side by side; the last one alone when they are odd. */
EW_TARGET("avx2")
EW_INLINE void row_two(const struct ewi_conv *p, const struct line *lines, const int8_t *outside,
		       const struct ewi_finish_avx2 *blocks, int8_t *out, enum ewi_finish_mode mode)
{
	const struct ewi_window *w = &p->win;
	const struct ewi_clamp_avx2 clamp = ewi_clamp_of_avx2(p->out_zero, p->act_min, p->act_max);
	struct column columns[COLUMNS];
	__m256i sums[2 * OUTPUTS];

	for (uint32_t x = 0; x < w->out_w; x += 2 * OUTPUTS) {
		size_t left = w->out_w - x < 2 * OUTPUTS ? w->out_w - x : 2 * OUTPUTS, pairs = left / 2;

		make_columns_two(lines, outside, (int32_t)x - w->pad_w, (int32_t)w->in_w,
				 2 * ((left + 1) / 2 - 1) + 3, columns);
		make_sums(columns, 2, (left + 1) / 2, blocks, sums);
		if (pairs)
			ewi_finish_rows_avx2(sums, pairs, blocks, &clamp, out + (size_t)x * 8, 16, 16, mode);
		if (left % 2)
			ewi_finish_rows_avx2(sums + 2 * pairs, 1, blocks, &clamp,
					     out + ((size_t)x + left - 1) * 8, 0, 8, mode);
	}
}

EW_TARGET("avx2")
EW_INLINE void row_any(const struct ewi_conv *p, const struct line *lines, const int8_t *outside,
		       const struct ewi_finish_avx2 *blocks, int8_t *out, enum ewi_finish_mode mode)
{
	if (p->win.out_c == 8)
		row_two(p, lines, outside, blocks, out, mode);
	else
		row(p, lines, outside, blocks, out, mode);
}

typedef void row_fn(const struct ewi_conv *p, const struct line *lines, const int8_t *outside,
		    const struct ewi_finish_avx2 *blocks, int8_t *out);

EW_TARGET("avx2")
static void row_near(const struct ewi_conv *p, const struct line *lines, const int8_t *outside,
		     const struct ewi_finish_avx2 *blocks, int8_t *out)
{
	row_any(p, lines, outside, blocks, out, EWI_FINISH_NEAR);
}

EW_TARGET("avx2")
static void row_twice(const struct ewi_conv *p, const struct line *lines, const int8_t *outside,
		      const struct ewi_finish_avx2 *blocks, int8_t *out)
{
	row_any(p, lines, outside, blocks, out, EWI_FINISH_TWICE);
}

EW_TARGET("avx2")
static void row_single(const struct ewi_conv *p, const struct line *lines, const int8_t *outside,
		       const struct ewi_finish_avx2 *blocks, int8_t *out)
{
	row_any(p, lines, outside, blocks, out, EWI_FINISH_SINGLE);
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

void ewi_dwconv3_avx2(const struct ewi_call *c, const struct ewi_finish_avx2 *blocks,
		      enum ewi_finish_mode mode)
{
	static row_fn *const rows[] = {[EWI_FINISH_NEAR] = row_near, [EWI_FINISH_TWICE] = row_twice,
				       [EWI_FINISH_SINGLE] = row_single};
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	const int8_t *in = c->in[0];
	int8_t *out = c->out;

	for (size_t b = 0; b < c->windows * w->batches; b++) {
		for (uint32_t y = 0; y < w->out_h; y++, out += (size_t)w->out_w * w->out_c) {
			struct line lines[3];

			for (uint32_t i = 0; i < 3; i++)
				make_line(w, in, c->scratch, (int64_t)y * w->stride_h - w->pad_h + i, &lines[i]);
			rows[mode](p, lines, c->scratch, blocks, out);
		}
		in += (size_t)w->in_h * w->in_w * w->in_c;
	}
}
#endif
#endif
