/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * direct_avx2.c - convolutions and dense layers with AVX2 whose weights stay where they are: CONV_2D of int8 where they
 * may not be packed or there are groups, DEPTHWISE_CONV_2D likewise, CONV_2D and FULLY_CONNECTED of int16.  The bytes of
 * their definitions.
 *
 * A window's rows are runs of neighbours, in the input as in the weights; four channels go together and share the input's
 * vectors.  int8: sums are modulo 2^32.  int16: a product has 22 bits and a sign, so that 511 of them stay in 32 bits; then
 * they go into 64.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/requant_avx2.h"

#define STEP 16u
#define CHANNELS 4u
#define NARROW 511u /* products of int16 that may be added up in 32 bits */

/* Sums of four channels.  Each is named, not numbered, so that compilers keep it in a register. */
struct sums {
	__m256i a, b, c, d;
	uint32_t rest_a, rest_b, rest_c, rest_d; /* of what is left behind vectors */
	__m256i wide;
	uint32_t count; /* products since `wide` was added to */
};

struct source {
	const int8_t *w[CHANNELS];
	int32_t zero; /* of int8 activations */
	bool is_wide; /* int16 activations */
};

EW_TARGET("avx2")
EW_INLINE struct sums none(void)
{
	const __m256i z = _mm256_setzero_si256();

	return (struct sums){z, z, z, z, 0, 0, 0, 0, z, 0};
}

EW_TARGET("avx2")
EW_INLINE __m256i plus_products(__m256i sum, __m256i x, const int8_t *w, bool half)
{
	__m128i v = half ? _mm_loadl_epi64((const void *)w) : _mm_loadu_si128((const void *)w);

	return _mm256_add_epi32(sum, _mm256_madd_epi16(x, _mm256_cvtepi8_epi16(v)));
}

EW_TARGET("avx2")
EW_INLINE void add_step(struct sums *s, __m256i x, const struct source *f, size_t at, bool half)
{
	s->a = plus_products(s->a, x, f->w[0] + at, half);
	s->b = plus_products(s->b, x, f->w[1] + at, half);
	s->c = plus_products(s->c, x, f->w[2] + at, half);
	s->d = plus_products(s->d, x, f->w[3] + at, half);
}

/* Sixteen activations, or eight and zeros, which meet zeros again. */
EW_TARGET("avx2")
EW_INLINE __m256i activations(const void *x, size_t i, const struct source *f, bool half)
{
	__m128i v;

	if (f->is_wide) {
		const int16_t *p = (const int16_t *)x + i;

		if (!half)
			return _mm256_loadu_si256((const void *)p);
		return _mm256_inserti128_si256(_mm256_setzero_si256(), _mm_loadu_si128((const void *)p), 0);
	}
	v = half ? _mm_loadl_epi64((const void *)((const int8_t *)x + i)) : _mm_loadu_si128((const void *)((const int8_t *)x + i));
	return _mm256_sub_epi16(_mm256_cvtepi8_epi16(v), _mm256_set1_epi16((int16_t)f->zero));
}

/* Four sums of a vector each, in order. */
EW_TARGET("avx2")
EW_INLINE __m128i across(const struct sums *s)
{
	__m256i v = _mm256_hadd_epi32(_mm256_hadd_epi32(s->a, s->b), _mm256_hadd_epi32(s->c, s->d));
	__m128i rest = _mm_setr_epi32((int32_t)s->rest_a, (int32_t)s->rest_b, (int32_t)s->rest_c, (int32_t)s->rest_d);

	return _mm_add_epi32(_mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1)), rest);
}

EW_TARGET("avx2")
EW_INLINE void widen(struct sums *s)
{
	__m256i wide = _mm256_add_epi64(s->wide, _mm256_cvtepi32_epi64(across(s)));

	*s = none();
	s->wide = wide;
}

/* n neighbours, of int16 NARROW at most, of x and of the weights from `at` on. */
EW_TARGET("avx2")
EW_INLINE void add_run(struct sums *s, const void *x, const struct source *f, size_t at, uint32_t n)
{
	uint32_t i = 0;

	if (f->is_wide && s->count + n > NARROW)
		widen(s);
	s->count += n;
	for (; n - i >= STEP; i += STEP)
		add_step(s, activations(x, i, f, false), f, at + i, false);
	if (n - i >= STEP / 2) {
		add_step(s, activations(x, i, f, true), f, at + i, true);
		i += STEP / 2;
	}
	for (; i < n; i++) {
		int32_t v = f->is_wide ? ((const int16_t *)x)[i] : ((const int8_t *)x)[i] - f->zero;

		s->rest_a += (uint32_t)(v * f->w[0][at + i]);
		s->rest_b += (uint32_t)(v * f->w[1][at + i]);
		s->rest_c += (uint32_t)(v * f->w[2][at + i]);
		s->rest_d += (uint32_t)(v * f->w[3][at + i]);
	}
}

/* The same of any n. */
EW_TARGET("avx2")
EW_INLINE void add_all(struct sums *s, const void *x, const struct source *f, size_t at, uint32_t n)
{
	const uint32_t part = NARROW / STEP * STEP;

	for (; f->is_wide && n > NARROW; n -= part, at += part, x = (const int16_t *)x + part)
		add_run(s, x, f, at, part);
	add_run(s, x, f, at, n);
}

/* ---- convolutions -------------------------------------------------------------------------------- */

/* All under the window, for four channels from o on. */
EW_TARGET("avx2")
EW_INLINE struct sums window(const struct ewi_conv *p, const struct ewi_spot *s, const struct source *f, uint32_t o)
{
	const struct ewi_window *w = &p->win;
	size_t size = f->is_wide ? 2 : 1, group = o / (w->out_c / p->groups) * p->tap_c;
	bool together = w->dil_w == 1 && p->groups == 1; /* taps of a row are neighbours */
	struct sums sums = none();

	for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
		for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
			const uint8_t *x = (const uint8_t *)s->in + (ewi_spot_at(w, s, ky, kx) + group) * size;
			uint32_t taps = together ? s->kx_end - kx : 1;

			add_all(&sums, x, f, ((size_t)ky * w->k_w + kx) * p->tap_c, taps * p->tap_c);
			kx += taps - 1;
		}
	return sums;
}

/* Channels from o on, and how many there are of the same group, four at most; missing ones are the last one again. */
static uint32_t channels(const struct ewi_call *c, uint32_t o, struct source *f)
{
	const struct ewi_conv *p = c->params;
	uint32_t each = p->win.out_c / p->groups, left = each - o % each, n = left < CHANNELS ? left : CHANNELS;
	size_t depth = (size_t)p->win.k_h * p->win.k_w * p->tap_c;

	for (uint32_t k = 0; k < CHANNELS; k++)
		f->w[k] = (const int8_t *)c->in[1] + (o + (k < n ? k : n - 1)) * depth;
	return n;
}

static int32_t bias_at(const uint8_t *bias, uint32_t o)
{
	return bias ? (int32_t)ewi_le32(bias + 4 * (size_t)o) : 0;
}

/* Sums of int8 to outputs, not yet packed. */
EW_TARGET("avx2")
EW_INLINE __m256i finished(const struct ewi_conv *p, __m256i v, __m256i m, __m256i shift)
{
	v = p->single ? ewi_requant_single_avx2(v, m, shift) : ewi_requant_avx2(v, m, shift);
	v = _mm256_add_epi32(v, _mm256_set1_epi32(p->out_zero));
	return _mm256_min_epi32(_mm256_max_epi32(v, _mm256_set1_epi32(p->act_min)), _mm256_set1_epi32(p->act_max));
}

EW_TARGET("avx2")
EW_INLINE __m256i eight(const struct ewi_conv *p, __m256i v, const uint8_t *bias, uint32_t o)
{
	if (bias)
		v = _mm256_add_epi32(v, _mm256_loadu_si256((const void *)(bias + 4 * (size_t)o)));
	return finished(p, v, _mm256_loadu_si256((const void *)(p->multipliers + o)),
			_mm256_loadu_si256((const void *)(p->shifts + o)));
}

EW_TARGET("avx2")
EW_INLINE void four(const struct ewi_conv *p, __m128i v, const uint8_t *bias, uint32_t o, int8_t *out)
{
	__m128i m = _mm_loadu_si128((const void *)(p->multipliers + o)), shift = _mm_loadu_si128((const void *)(p->shifts + o));
	int32_t bytes;

	if (bias)
		v = _mm_add_epi32(v, _mm_loadu_si128((const void *)(bias + 4 * (size_t)o)));
	v = _mm256_castsi256_si128(finished(p, _mm256_castsi128_si256(v), _mm256_castsi128_si256(m), _mm256_castsi128_si256(shift)));
	v = _mm_packs_epi32(v, v);
	bytes = _mm_cvtsi128_si32(_mm_packs_epi16(v, v));
	memcpy(out, &bytes, sizeof(bytes));
}

EW_TARGET("avx2")
static void spot_s8(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	struct source f = {.zero = p->in_zero};
	int8_t *out = s->out;
	int32_t sum[CHANNELS];

	for (uint32_t o = 0, n; o < p->win.out_c; o += n) {
		struct sums sums;

		n = channels(c, o, &f);
		sums = window(p, s, &f, o);
		if (n == CHANNELS) {
			four(p, across(&sums), c->in[2], o, out + o);
			continue;
		}
		_mm_storeu_si128((void *)sum, across(&sums));
		for (uint32_t k = 0; k < n; k++)
			out[o + k] = (int8_t)ewi_conv_finish(p, o + k, ewi_wrap_add(sum[k], bias_at(c->in[2], o + k)));
	}
}

EW_TARGET("avx2")
EW_INLINE void spot_wide(const struct ewi_call *c, const struct ewi_spot *s, bool bias_64)
{
	const struct ewi_conv *p = c->params;
	const uint8_t *bias = c->in[2];
	struct source f = {.is_wide = true};
	int16_t *out = s->out;
	uint64_t sum[CHANNELS];

	for (uint32_t o = 0, n; o < p->win.out_c; o += n) {
		struct sums sums;

		n = channels(c, o, &f);
		sums = window(p, s, &f, o);
		widen(&sums);
		_mm256_storeu_si256((void *)sum, sums.wide);
		for (uint32_t k = 0; k < n; k++) {
			uint64_t b = !bias ? 0 : bias_64 ? ewi_le64(bias + 8 * (size_t)(o + k)) : ewi_le32(bias + 4 * (size_t)(o + k));

			out[o + k] = (int16_t)(bias_64 ? ewi_conv_finish_wide(p, o + k, sum[k] + b) :
							 ewi_conv_finish(p, o + k, (int32_t)(uint32_t)(sum[k] + b)));
		}
	}
}

EW_TARGET("avx2")
static void spot_s16(const struct ewi_call *c, const struct ewi_spot *s)
{
	spot_wide(c, s, false);
}

EW_TARGET("avx2")
static void spot_s16_b64(const struct ewi_call *c, const struct ewi_spot *s)
{
	spot_wide(c, s, true);
}

static void walk(const struct ewi_call *c, size_t size, ewi_spot_fn *fn)
{
	const struct ewi_conv *p = c->params;

	ewi_window_walk(c, &p->win, c->in[0], size, c->out, size, c->windows, c->backwards, fn);
}

void ewk_conv_s8_avx2(const struct ewi_call *c)
{
	walk(c, 1, spot_s8);
}

void ewk_conv_s16_avx2(const struct ewi_call *c)
{
	walk(c, 2, spot_s16);
}

void ewk_conv_s16_b64_avx2(const struct ewi_call *c)
{
	walk(c, 2, spot_s16_b64);
}

/* ---- depthwise, one output of each channel ------------------------------------------------------ */

/* Sixteen channels from o on: a product of a difference and a weight fits in 16 bits. */
EW_TARGET("avx2")
EW_INLINE void depthwise(const struct ewi_call *c, const struct ewi_spot *s, uint32_t o, int8_t *out)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	const __m256i zero = _mm256_set1_epi16((int16_t)p->in_zero);
	const uint8_t *bias = c->in[2];
	__m256i low = _mm256_setzero_si256(), high = low;

	for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
		for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
			const int8_t *x = (const int8_t *)s->in + ewi_spot_at(w, s, ky, kx) + o;
			const int8_t *k = (const int8_t *)c->in[1] + ((size_t)ky * w->k_w + kx) * w->out_c + o;
			__m256i v = _mm256_sub_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)x)), zero);

			v = _mm256_mullo_epi16(v, _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)k)));
			low = _mm256_add_epi32(low, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(v)));
			high = _mm256_add_epi32(high, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(v, 1)));
		}
	low = eight(p, low, bias, o);
	high = eight(p, high, bias, o + 8);
	low = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
	_mm_storeu_si128((void *)out, _mm_packs_epi16(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1)));
}

/* The last sixteen begin where they must; what goes twice is kept until all of the pixel's taps are read. */
EW_TARGET("avx2")
static void spot_depthwise(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	uint32_t n = p->win.out_c, o = 0;
	int8_t *out = s->out, end[STEP];

	depthwise(c, s, n - STEP, end);
	for (; n - o >= STEP; o += STEP)
		depthwise(c, s, o, out + o);
	memcpy(out + n - STEP, end, STEP);
}

void ewk_dwconv_s8_avx2(const struct ewi_call *c)
{
	const struct ewi_conv *p = c->params;

	if (p->multiplier != 1 || p->win.out_c < STEP)
		ewk_dwconv_s8_ref(c);
	else
		walk(c, 1, spot_depthwise);
}

/* ---- dense layers of int16 ----------------------------------------------------------------------- */

EW_TARGET("avx2")
EW_INLINE void dense(const struct ewi_call *c, bool bias_64)
{
	const struct ewi_fc *p = c->params;
	const int16_t *in = c->in[0];
	const uint8_t *bias = c->in[2];
	struct source f = {.is_wide = true};
	int16_t *out = c->out;
	uint64_t sum[CHANNELS];

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth)
		for (uint32_t u = 0, n; u < p->units; u += n) {
			struct sums sums = none();

			n = p->units - u < CHANNELS ? p->units - u : CHANNELS;
			for (uint32_t k = 0; k < CHANNELS; k++)
				f.w[k] = (const int8_t *)c->in[1] + (u + (k < n ? k : n - 1)) * (size_t)p->depth;
			add_all(&sums, in, &f, 0, p->depth);
			widen(&sums);
			_mm256_storeu_si256((void *)sum, sums.wide);
			for (uint32_t k = 0; k < n; k++) {
				uint64_t b = !bias ? 0 : bias_64 ? ewi_le64(bias + 8 * (size_t)(u + k)) :
								   ewi_le32(bias + 4 * (size_t)(u + k));
				struct ewi_scale scale = ewi_fc_scale(p, u + k);
				int32_t v = bias_64 ? ewi_requant_wide((int64_t)(sum[k] + b), scale) :
						      ewi_requant_as((int32_t)(uint32_t)(sum[k] + b), scale, p->single);

				*out++ = (int16_t)ewi_clamp(ewi_wrap_add(v, p->out_zero), p->act_min, p->act_max);
			}
		}
}

/* Zero points are 0 in int16 models; a difference might not fit in 16 bits. */
static bool plain(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;

	return p->in_zero == 0 && p->w_zero == 0;
}

EW_TARGET("avx2")
void ewk_fc_s16_avx2(const struct ewi_call *c)
{
	if (plain(c))
		dense(c, false);
	else
		ewk_fc_s16_ref(c);
}

EW_TARGET("avx2")
void ewk_fc_s16_b64_avx2(const struct ewi_call *c)
{
	if (plain(c))
		dense(c, true);
	else
		ewk_fc_s16_b64_ref(c);
}
#endif
#endif
