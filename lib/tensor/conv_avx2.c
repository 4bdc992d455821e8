/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * conv_avx2.c - CONV_2D of int8 with AVX2 and packed weights: the bytes of ewk_conv_s8_ref.  conv_avx2.h has the scheme.
 *
 * A line of outputs is computed tile by tile, up to six pixels at a time, whose sums stay in registers until they are
 * bytes.  All lines of the picture that it needs are in scratch before its first output is written.  Groups are left to
 * the definition.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/conv_avx2.h"

/*
 * Keeps the compiler from loading activations of many rows ahead: it runs out of registers then, and sums go
 * through memory (gcc 12).
 */
#define IN_ORDER(a, b) __asm__("" : "+x"(a), "+x"(b))

/*
 * sum += v, where sum is: in its own register, and with no load moved across.  The compilers otherwise load activations of
 * many rows ahead, keep what all rows read, or have the sum move from register to register; and run out of them.
 */
#define ADD_HERE(sum, v) __asm__ volatile("vpaddd %1, %0, %0" : "+x"(sum) : "x"(v) : "memory")

#define TILE EWI_CONV_TILE
#define WORDS_ROWS 6u
#define BYTES_ROWS 5u
#define HALF_ROWS 8u

struct work {
	const struct ewi_conv *p;
	const struct ewi_conv_packed *head;
	struct ewi_conv_lines lines;
	const int8_t *in_end;
	void *x;   /* the lines */
	size_t px; /* elements from one pixel's window to the next one's */
	size_t out_c;
	struct ewi_clamp_avx2 clamp;
};

/* ---- lines of activations ---------------------------------------------------------------------- */

EW_TARGET("avx2")
EW_INLINE void put_words(const struct work *k, const int8_t *in, size_t n, int16_t *x)
{
	const __m128i act = _mm_cvtsi32_si128((int)k->head->act);
	size_t i = 0;

	for (; i < n && (size_t)(k->in_end - in) >= i + 16; i += 16)
		_mm256_storeu_si256((void *)(x + i),
				    _mm256_sll_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)(in + i))), act));
	for (; i < n; i++)
		x[i] = (int16_t)(in[i] * (1 << k->head->act));
}

EW_TARGET("avx2")
EW_INLINE void put_bytes(const struct work *k, const int8_t *in, size_t n, uint8_t *x)
{
	const __m256i sign = _mm256_set1_epi8(INT8_MIN);
	size_t i = 0;

	for (; i < n && (size_t)(k->in_end - in) >= i + 32; i += 32)
		_mm256_storeu_si256((void *)(x + i), _mm256_xor_si256(_mm256_loadu_si256((const void *)(in + i)), sign));
	for (; i < n; i++)
		x[i] = (uint8_t)in[i] ^ 0x80;
}

/* The same of whole pixels whose channels change places. */
EW_TARGET("avx2")
EW_INLINE void put_ordered(const struct work *k, const int8_t *in, size_t n, uint8_t *x)
{
	const uint8_t *order = ewi_conv_order_avx2(k->head);
	const __m256i sign = _mm256_set1_epi8(INT8_MIN);
	size_t channels = k->p->win.in_c, wide = channels % 32 == 0 ? channels : 0;

	for (size_t i = 0; i < n; i += channels) {
		for (size_t c = 0; c < wide; c += 32)
			_mm256_storeu_si256((void *)(x + i + c),
					    _mm256_xor_si256(_mm256_shuffle_epi8(ewi_load_avx2(in + i + c),
										 ewi_load_avx2(order + c)), sign));
		for (size_t c = wide; c < channels; c += EWI_PAIRS) {
			__m128i v = _mm_shuffle_epi8(_mm_loadu_si128((const void *)(in + i + c)),
						     _mm_loadu_si128((const void *)(order + c)));

			_mm_storeu_si128((void *)(x + i + c), _mm_xor_si128(v, _mm256_castsi256_si128(sign)));
		}
	}
}

/* n elements from `at` on, of the picture or, without one, what counts as nothing; writes up to 31 more. */
EW_TARGET("avx2")
static EW_NOINLINE void put(const struct work *k, const int8_t *in, size_t n, size_t at)
{
	int16_t *words = (int16_t *)k->x + at;
	uint8_t *bytes = (uint8_t *)k->x + at;

	if (in && k->head->ordered)
		put_ordered(k, in, n, bytes);
	else if (in && k->head->bytes)
		put_bytes(k, in, n, bytes);
	else if (in)
		put_words(k, in, n, words);
	else if (k->head->bytes)
		memset(bytes, k->p->in_zero ^ 0x80, n);
	else
		for (size_t i = 0; i < n; i += 16)
			_mm256_storeu_si256((void *)(words + i), _mm256_set1_epi16((int16_t)(k->p->in_zero *
											      (1 << k->head->act))));
}

/* Line i of those in scratch: row y of the picture, or outside it, with its padding.  Lines are put in order. */
static void put_line(const struct work *k, const int8_t *picture, int64_t y, size_t i)
{
	const struct ewi_window *w = &k->p->win;
	size_t columns = k->lines.columns, left = (size_t)w->pad_w < columns ? (size_t)w->pad_w : columns;
	size_t inside = columns - left < w->in_w ? columns - left : w->in_w, c = w->in_c, at = i * columns * c;

	if (y < 0 || y >= w->in_h) {
		put(k, NULL, columns * c, at);
		return;
	}
	if (left > 0)
		put(k, NULL, left * c, at);
	put(k, picture + (size_t)y * w->in_w * c, inside * c, at + left * c);
	if (left + inside < columns)
		put(k, NULL, (columns - left - inside) * c, at + (left + inside) * c);
}

/* The lines under those of the outputs from y on; those that the ones before had as well are there already. */
static void put_lines(const struct work *k, const int8_t *picture, uint32_t y)
{
	const struct ewi_window *w = &k->p->win;
	size_t size = (size_t)k->lines.columns * w->in_c * (k->head->bytes ? 1 : sizeof(int16_t)), keep = 0;

	if (y > 0 && (uint64_t)w->stride_h * k->lines.together < k->lines.count) {
		size_t old = w->stride_h * k->lines.together;

		keep = k->lines.count - old;
		memmove(k->x, (char *)k->x + old * size, keep * size);
	}
	for (size_t i = keep; i < k->lines.count; i++)
		put_line(k, picture, (int64_t)y * w->stride_h - w->pad_h + (int64_t)i, i);
}

/* ---- sums --------------------------------------------------------------------------------------- */

/* Of row r and the first and second eight channels.  Names, so that they stay in registers. */
struct sums {
	__m256i a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, a5, b5;
};

EW_TARGET("avx2")
EW_INLINE struct sums biases(const struct ewi_conv_tile *t)
{
	const __m256i a = ewi_load_avx2(t->finish[0].bias), b = ewi_load_avx2(t->finish[1].bias);

	return (struct sums){a, b, a, b, a, b, a, b, a, b, a, b};
}

EW_TARGET("avx2")
EW_INLINE void madd(__m256i *a, __m256i *b, __m256i w0, __m256i w1, const int16_t *x)
{
	__m256i v = ewi_spread_avx2(x);

	*a = _mm256_add_epi32(*a, _mm256_madd_epi16(w0, v));
	*b = _mm256_add_epi32(*b, _mm256_madd_epi16(w1, v));
	IN_ORDER(*a, *b);
}

/* One step; rows is a constant where this is called, here and below. */
EW_TARGET("avx2")
EW_INLINE void step_words(struct sums *s, size_t rows, const int16_t *w, const int16_t *x, size_t px)
{
	__m256i w0 = ewi_load_avx2(w), w1 = ewi_load_avx2(w + TILE);
	const int16_t *x3 = x + 3 * px;

	madd(&s->a0, &s->b0, w0, w1, x);
	if (rows > 1)
		madd(&s->a1, &s->b1, w0, w1, x + px);
	if (rows > 2)
		madd(&s->a2, &s->b2, w0, w1, x + 2 * px);
	if (rows > 3)
		madd(&s->a3, &s->b3, w0, w1, x3);
	if (rows > 4)
		madd(&s->a4, &s->b4, w0, w1, x3 + px);
	if (rows > 5)
		madd(&s->a5, &s->b5, w0, w1, x3 + 2 * px);
}

/* Two steps a turn: what counts is how many instructions there are to dispatch. */
EW_TARGET("avx2")
EW_INLINE struct sums sum_words(const struct work *k, const struct ewi_conv_tile *t, size_t rows, const int16_t *x)
{
	struct sums s = biases(t);
	const int16_t *w = (const void *)(t + 1);
	const int32_t *at = k->head->places, *end = at + k->head->steps;
	size_t px = k->px;

	for (; at < end; at += 2, w += 4 * TILE) {
		step_words(&s, rows, w, x + at[0], px);
		step_words(&s, rows, w + 2 * TILE, x + at[1], px);
	}
	return s;
}

/* The first eight channels of eight rows: of rows 0 to 3 in a, of 4 to 7 in b. */
EW_TARGET("avx2")
EW_INLINE struct sums sum_half(const struct work *k, const struct ewi_conv_tile *t, const int16_t *x)
{
	const __m256i a = ewi_load_avx2(t->finish[0].bias);
	struct sums s = {.a0 = a, .b0 = a, .a1 = a, .b1 = a, .a2 = a, .b2 = a, .a3 = a, .b3 = a};
	const int16_t *w = (const void *)(t + 1);
	const int32_t *at = k->head->places, *end = at + k->head->steps;
	size_t px = k->px;

	for (; at < end; at++, w += 2 * TILE) {
		__m256i w0 = ewi_load_avx2(w);
		const int16_t *v = x + *at, *v3 = v + 3 * px, *v5 = v + 5 * px;

		s.a0 = _mm256_add_epi32(s.a0, _mm256_madd_epi16(w0, ewi_spread_avx2(v)));
		s.a1 = _mm256_add_epi32(s.a1, _mm256_madd_epi16(w0, ewi_spread_avx2(v + px)));
		s.a2 = _mm256_add_epi32(s.a2, _mm256_madd_epi16(w0, ewi_spread_avx2(v + 2 * px)));
		s.a3 = _mm256_add_epi32(s.a3, _mm256_madd_epi16(w0, ewi_spread_avx2(v3)));
		IN_ORDER(s.a0, s.a1);
		s.b0 = _mm256_add_epi32(s.b0, _mm256_madd_epi16(w0, ewi_spread_avx2(v3 + px)));
		s.b1 = _mm256_add_epi32(s.b1, _mm256_madd_epi16(w0, ewi_spread_avx2(v5)));
		s.b2 = _mm256_add_epi32(s.b2, _mm256_madd_epi16(w0, ewi_spread_avx2(v5 + px)));
		s.b3 = _mm256_add_epi32(s.b3, _mm256_madd_epi16(w0, ewi_spread_avx2(v5 + 2 * px)));
	}
	return s;
}

/*
 * What is the same for all rows of a step.  The two halves of a row go side by side, instruction by instruction: that is
 * how Zen 3 spreads them best over its units.
 */
struct step {
	__m256i w0, w1, scale0, scale1;
	const int8_t *more; /* the weights of the other step, or what activations are taken against */
};

EW_TARGET("avx2")
EW_INLINE struct step step_at(const int8_t *w, __m256i scale0, __m256i scale1)
{
	return (struct step){ewi_load_avx2(w), ewi_load_avx2(w + 32), scale0, scale1, w + EWI_CONV_STEP_BYTES};
}

/* Lanes of int16 into a row's sums. */
EW_TARGET("avx2")
EW_INLINE void widen(const struct step *p, __m256i *a, __m256i *b, __m256i t, __m256i u)
{
	t = _mm256_madd_epi16(t, p->scale0);
	u = _mm256_madd_epi16(u, p->scale1);
	ADD_HERE(*a, t);
	ADD_HERE(*b, u);
}

EW_TARGET("avx2")
EW_INLINE void one(struct step *p, __m256i *a, __m256i *b, const uint8_t *x, const uint8_t *y)
{
	__m256i v = ewi_spread_avx2(x);

	(void)y;
	widen(p, a, b, _mm256_maddubs_epi16(v, p->w0), _mm256_maddubs_epi16(v, p->w1));
}

EW_TARGET("avx2")
EW_INLINE void two(struct step *p, __m256i *a, __m256i *b, const uint8_t *x, const uint8_t *y)
{
	__m256i v = ewi_spread_avx2(x), u = ewi_spread_avx2(y), t = _mm256_maddubs_epi16(v, p->w0);

	v = _mm256_maddubs_epi16(v, p->w1);
	t = _mm256_add_epi16(t, _mm256_maddubs_epi16(u, ewi_load_avx2(p->more)));
	v = _mm256_add_epi16(v, _mm256_maddubs_epi16(u, ewi_load_avx2(p->more + 32)));
	widen(p, a, b, t, v);
}

/* w0 and w1 are magnitudes. */
EW_TARGET("avx2")
EW_INLINE void sign(struct step *p, __m256i *a, __m256i *b, const uint8_t *x, const uint8_t *y)
{
	__m256i v = ewi_spread_avx2(x), t;

	(void)y;
	t = _mm256_xor_si256(v, ewi_load_avx2(p->more));
	v = _mm256_xor_si256(v, ewi_load_avx2(p->more + 32));
	t = _mm256_maddubs_epi16(p->w0, t);
	v = _mm256_maddubs_epi16(p->w1, v);
	widen(p, a, b, t, v);
}

typedef void step_fn(struct step *p, __m256i *a, __m256i *b, const uint8_t *x, const uint8_t *y);

/* A step of all rows; y: of the other one of two. */
EW_TARGET("avx2")
EW_INLINE void step_bytes(step_fn *fn, struct sums *s, size_t rows, struct step p, const uint8_t *x, const uint8_t *y,
			  size_t px)
{
	fn(&p, &s->a0, &s->b0, x, y);
	if (rows > 1)
		fn(&p, &s->a1, &s->b1, x + px, y + px);
	if (rows > 2)
		fn(&p, &s->a2, &s->b2, x + 2 * px, y + 2 * px);
	if (rows > 3)
		fn(&p, &s->a3, &s->b3, x + 3 * px, y + 3 * px);
	if (rows > 4)
		fn(&p, &s->a4, &s->b4, x + 4 * px, y + 4 * px);
}

EW_TARGET("avx2")
EW_INLINE struct sums sum_bytes(const struct work *k, const struct ewi_conv_tile *t, size_t rows, const uint8_t *x)
{
	const __m256i scale0 = ewi_load_avx2(t->scale[0]), scale1 = ewi_load_avx2(t->scale[1]);
	struct sums s = biases(t);
	const int32_t *at = (const void *)(t + 1), *end = at + 2 * t->ways.twos;
	const int8_t *w = (const int8_t *)(t + 1) + ewi_conv_places_avx2(k->head->steps);
	size_t px = k->px;

	for (; at < end; at += 2, w += 2 * EWI_CONV_STEP_BYTES)
		step_bytes(two, &s, rows, step_at(w, scale0, scale1), x + at[0], x + at[1], px);
	for (end += t->ways.ones; at < end; at++, w += EWI_CONV_STEP_BYTES)
		step_bytes(one, &s, rows, step_at(w, scale0, scale1), x + at[0], x, px);
	for (end += t->ways.signs; at < end; at++, w += 2 * EWI_CONV_STEP_BYTES)
		step_bytes(sign, &s, rows, step_at(w, scale0, scale1), x + at[0], x, px);
	return s;
}

/* ---- outputs ------------------------------------------------------------------------------------ */

EW_TARGET("avx2")
EW_INLINE __m256i clamped(const struct work *k, __m256i v)
{
	return _mm256_min_epi8(_mm256_max_epi8(v, k->clamp.min), k->clamp.max);
}

/* Two rows of 16 channels; `one`: the second is not there. */
EW_TARGET("avx2")
EW_INLINE void put_two(const struct work *k, const struct ewi_conv_tile *t, __m256i a0, __m256i b0, __m256i a1,
		       __m256i b1, int8_t *out, size_t n, enum ewi_finish_mode mode, bool one)
{
	const struct ewi_finish_avx2 *f = t->finish;
	__m256i v = _mm256_packs_epi32(ewi_steps_avx2(a0, &f[0], mode), ewi_steps_avx2(b0, &f[1], mode)), w = v;

	if (!one)
		w = _mm256_packs_epi32(ewi_steps_avx2(a1, &f[0], mode), ewi_steps_avx2(b1, &f[1], mode));
	v = _mm256_permute4x64_epi64(clamped(k, ewi_steps_order_avx2(_mm256_packs_epi16(v, w))), 0xd8);
	ewi_store_avx2(out, _mm256_castsi256_si128(v), n);
	if (!one)
		ewi_store_avx2(out + k->out_c, _mm256_extracti128_si256(v, 1), n);
}

EW_TARGET("avx2")
EW_INLINE void put_rows(const struct work *k, const struct ewi_conv_tile *t, const struct sums *s, size_t rows,
			int8_t *out, size_t n, enum ewi_finish_mode mode)
{
	put_two(k, t, s->a0, s->b0, s->a1, s->b1, out, n, mode, rows == 1);
	if (rows > 2)
		put_two(k, t, s->a2, s->b2, s->a3, s->b3, out + 2 * k->out_c, n, mode, rows == 3);
	if (rows > 4)
		put_two(k, t, s->a4, s->b4, s->a5, s->b5, out + 4 * k->out_c, n, mode, rows == 5);
}

/* Four rows of eight channels, of which the first n rows are there. */
EW_TARGET("avx2")
EW_INLINE void put_four(const struct work *k, const struct ewi_finish_avx2 *f, __m256i r0, __m256i r1, __m256i r2,
			__m256i r3, int8_t *out, size_t rows, size_t n, enum ewi_finish_mode mode)
{
	int8_t all[32];
	__m256i v = _mm256_packs_epi32(ewi_steps_avx2(r0, f, mode), ewi_steps_avx2(r1, f, mode)),
		w = _mm256_packs_epi32(ewi_steps_avx2(r2, f, mode), ewi_steps_avx2(r3, f, mode));

	v = clamped(k, ewi_steps_order_avx2(_mm256_packs_epi16(v, w)));
	v = _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
	if (rows >= 4 && n == 8 && k->out_c == 8) {
		_mm256_storeu_si256((void *)out, v);
		return;
	}
	_mm256_storeu_si256((void *)all, v);
	for (size_t r = 0; r < rows && r < 4; r++)
		memcpy(out + r * k->out_c, all + 8 * r, n);
}

/* The slow ways, of any number of rows. */
EW_TARGET("avx2")
static EW_NOINLINE void put_slow(const struct work *k, const struct ewi_conv_tile *t, const struct sums *s, size_t rows,
				 int8_t *out, size_t n)
{
	__m256i v[] = {s->a0, s->b0, s->a1, s->b1, s->a2, s->b2, s->a3, s->b3, s->a4, s->b4, s->a5, s->b5};

	switch (t->mode) {
	case EWI_FINISH_NEAR:
		ewi_finish_rows_avx2(v, rows, t->finish, &k->clamp, out, k->out_c, n, EWI_FINISH_NEAR);
		break;
	case EWI_FINISH_SINGLE:
		ewi_finish_rows_avx2(v, rows, t->finish, &k->clamp, out, k->out_c, n, EWI_FINISH_SINGLE);
		break;
	default: ewi_finish_rows_avx2(v, rows, t->finish, &k->clamp, out, k->out_c, n, EWI_FINISH_TWICE);
	}
}

EW_TARGET("avx2")
EW_INLINE void words(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out, size_t n,
		     enum ewi_finish_mode mode)
{
	struct sums s = sum_words(k, t, rows, (const int16_t *)k->x + at);

	if (mode == EWI_FINISH_STEPS || mode == EWI_FINISH_SIDES)
		put_rows(k, t, &s, rows, out, n, mode);
	else
		put_slow(k, t, &s, rows, out, n);
}

EW_TARGET("avx2")
EW_INLINE void bytes(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out, size_t n,
		     enum ewi_finish_mode mode)
{
	struct sums s = sum_bytes(k, t, rows, (const uint8_t *)k->x + at);

	if (mode == EWI_FINISH_STEPS || mode == EWI_FINISH_SIDES)
		put_rows(k, t, &s, rows, out, n, mode);
	else
		put_slow(k, t, &s, rows, out, n);
}

/* Up to six rows, from element `at` of the lines on; the first n channels of a tile. */
typedef void rows_fn(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out, size_t n);

EW_TARGET("avx2")
EW_INLINE void words_of(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
			size_t n, enum ewi_finish_mode mode)
{
	switch (rows) {
	case 1: words(k, t, 1, at, out, n, mode); break;
	case 2: words(k, t, 2, at, out, n, mode); break;
	case 3: words(k, t, 3, at, out, n, mode); break;
	case 4: words(k, t, 4, at, out, n, mode); break;
	case 5: words(k, t, 5, at, out, n, mode); break;
	default: words(k, t, WORDS_ROWS, at, out, n, mode);
	}
}

EW_TARGET("avx2")
EW_INLINE void bytes_of(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
			size_t n, enum ewi_finish_mode mode)
{
	switch (rows) {
	case 1: bytes(k, t, 1, at, out, n, mode); break;
	case 2: bytes(k, t, 2, at, out, n, mode); break;
	case 3: bytes(k, t, 3, at, out, n, mode); break;
	case 4: bytes(k, t, 4, at, out, n, mode); break;
	default: bytes(k, t, BYTES_ROWS, at, out, n, mode);
	}
}

EW_TARGET("avx2")
EW_INLINE void half_of(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
		       size_t n, enum ewi_finish_mode mode)
{
	struct sums s = sum_half(k, t, (const int16_t *)k->x + at);

	put_four(k, t->finish, s.a0, s.a1, s.a2, s.a3, out, rows, n, mode);
	if (rows > 4)
		put_four(k, t->finish, s.b0, s.b1, s.b2, s.b3, out + 4 * k->out_c, rows - 4, n, mode);
}

EW_TARGET("avx2")
static void words_steps(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
			size_t n)
{
	words_of(k, t, rows, at, out, n, EWI_FINISH_STEPS);
}

EW_TARGET("avx2")
static void words_sides(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
			size_t n)
{
	words_of(k, t, rows, at, out, n, EWI_FINISH_SIDES);
}

EW_TARGET("avx2")
static void words_slow(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
		       size_t n)
{
	words_of(k, t, rows, at, out, n, EWI_FINISH_TWICE);
}

EW_TARGET("avx2")
static void bytes_steps(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
			size_t n)
{
	bytes_of(k, t, rows, at, out, n, EWI_FINISH_STEPS);
}

EW_TARGET("avx2")
static void bytes_sides(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
			size_t n)
{
	bytes_of(k, t, rows, at, out, n, EWI_FINISH_SIDES);
}

EW_TARGET("avx2")
static void bytes_slow(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
		       size_t n)
{
	bytes_of(k, t, rows, at, out, n, EWI_FINISH_TWICE);
}

EW_TARGET("avx2")
static void half_steps(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
		       size_t n)
{
	half_of(k, t, rows, at, out, n, EWI_FINISH_STEPS);
}

EW_TARGET("avx2")
static void half_sides(const struct work *k, const struct ewi_conv_tile *t, size_t rows, size_t at, int8_t *out,
		       size_t n)
{
	half_of(k, t, rows, at, out, n, EWI_FINISH_SIDES);
}

/* A tile of n channels: its function, and how many rows that takes at most. */
static rows_fn *choose(const struct ewi_conv_packed *head, const struct ewi_conv_tile *t, size_t n, size_t *most)
{
	*most = head->bytes ? BYTES_ROWS : WORDS_ROWS;
	if (ewi_conv_half_avx2(head, n)) {
		*most = HALF_ROWS;
		return t->mode == EWI_FINISH_STEPS ? half_steps : half_sides;
	}
	switch (t->mode) {
	case EWI_FINISH_STEPS: return head->bytes ? bytes_steps : words_steps;
	case EWI_FINISH_SIDES: return head->bytes ? bytes_sides : words_sides;
	default: return head->bytes ? bytes_slow : words_slow;
	}
}

/* ---- pixels ------------------------------------------------------------------------------------- */

/* `count` pixels of a line, from element `at` of the lines on.  They go in equal parts, as few as may be. */
static void run_line(const struct work *k, const struct ewi_conv_tile *t, rows_fn *fn, size_t most, size_t count,
		     size_t at, int8_t *out, size_t n)
{
	size_t parts = (count + most - 1) / most;

	for (size_t x = 0, rows; x < count; x += rows, parts--) {
		rows = (count - x + parts - 1) / parts;
		fn(k, t, rows, at + x * k->px, out + x * k->out_c, n);
	}
}

/* `lines` lines of outputs over the lines that are in scratch. */
static void run_lines(const struct work *k, size_t lines, size_t count, int8_t *out)
{
	size_t step = (size_t)k->lines.columns * k->p->win.in_c * k->p->win.stride_h;

	for (size_t o = 0, i = 0; o < k->out_c; o += TILE, i++) {
		size_t n = k->out_c - o < TILE ? k->out_c - o : TILE, most;
		const struct ewi_conv_tile *t = ewi_conv_tile_avx2(k->head, i);
		rows_fn *fn = choose(k->head, t, n, &most);

		for (size_t y = 0; y < lines; y++)
			run_line(k, t, fn, most, count, y * step,
				 out + y * count * k->out_c + o, n);
	}
}

/* Pixels of a stretch: of bytes twice as many find room, and they go together in other numbers. */
static size_t stretch_of(const struct work *k)
{
	size_t n = k->lines.outputs;

	if (!k->head->bytes)
		return n;
	return 2 * n < BYTES_ROWS ? 2 * n : 2 * n / BYTES_ROWS * BYTES_ROWS;
}

/* The last stretch is the one that is not full, either way. */
static void run_pixels(const struct work *k, const int8_t *in, size_t pixels, int8_t *out, bool backwards)
{
	size_t each = stretch_of(k), stretches = (pixels + each - 1) / each, depth = k->p->win.in_c;

	for (size_t i = 0; i < stretches; i++) {
		size_t first = each * (backwards ? stretches - 1 - i : i);
		size_t count = pixels - first < each ? pixels - first : each;

		put(k, in + first * depth, count * depth, 0);
		run_lines(k, 1, count, out + first * k->out_c);
	}
}

static void run_windows(const struct work *k, const int8_t *in, size_t pictures, int8_t *out)
{
	const struct ewi_window *w = &k->p->win;

	for (; pictures > 0; pictures--, in += (size_t)w->in_h * w->in_w * w->in_c)
		for (uint32_t y = 0; y < w->out_h; y += k->lines.together) {
			size_t lines = w->out_h - y < k->lines.together ? w->out_h - y : k->lines.together;

			put_lines(k, in, y);
			run_lines(k, lines, w->out_w, out);
			out += lines * w->out_w * k->out_c;
		}
}

EW_TARGET("avx2")
void ewk_conv_s8_avx2_packed(const struct ewi_call *c)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	size_t pictures = c->windows * w->batches, pixels = (size_t)w->in_h * w->in_w;
	struct work k = {.p = p, .head = ewi_line_avx2(c->packed), .x = c->scratch, .out_c = w->out_c,
			 .in_end = (const int8_t *)c->in[0] + pictures * pixels * w->in_c,
			 .px = (size_t)w->stride_w * w->in_c,
			 .clamp = ewi_clamp_of_avx2(p->out_zero, p->act_min, p->act_max)};

	ewi_conv_lines_avx2(p, c->windows, &k.lines);
	if (ewi_conv_pointwise(&p->win))
		run_pixels(&k, c->in[0], pictures * pixels, c->out, c->backwards);
	else
		run_windows(&k, c->in[0], pictures, c->out);
}
#endif
#endif
