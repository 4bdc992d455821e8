/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv_avx2.c - DEPTHWISE_CONV_2D of int8 with AVX2 and packed weights: the bytes of ewk_dwconv_s8_ref.
 *
 * Channels go side by side, 16 or 8 at a time; taps in pairs: two taps' bytes are interleaved, widened to int16
 * and multiplied with the pair's weights by one vpmaddwd.  A pair of products is at most 2 * 128 * 128 < 2^17.
 * Activations keep their zero point: what it adds is the same for every pixel, and stands in the bias (sums are
 * modulo 2^32, so that takes no bound).  Taps outside the picture point to a pixel that is all zero point.
 *
 * Channels at the end that make no eight are taken with some before them: those are computed twice.  Fewer than
 * eight channels, and more than one output for each channel, are left to the definition.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/requant_avx2.h"

#define TAPS 256u /* largest window */

/* Packed: this, then for each block of eight channels its finish and its weights, [pair of taps][channel][2] int16. */
struct packed {
	uint32_t pairs;
	uint32_t mode; /* enum ewi_finish_mode */
};

static uint32_t pairs_of(const struct ewi_conv *p)
{
	return (p->win.k_h * p->win.k_w + 1) / 2;
}

static size_t block_bytes(size_t pairs)
{
	return sizeof(struct ewi_finish_avx2) + pairs * 16 * sizeof(int16_t);
}

/* Where block b begins: the last one ends with the last channel. */
static uint32_t block_start(uint32_t channels, uint32_t b)
{
	return 8 * b + 8 > channels ? channels - 8 : 8 * b;
}

static size_t packed_bytes(const void *params)
{
	const struct ewi_conv *p = params;
	uint32_t c = p->win.out_c;

	if (p->multiplier != 1 || c < 8 || c > INT32_MAX / 1024 ||
	    (uint64_t)p->win.k_h * p->win.k_w > TAPS)
		return 0;
	return sizeof(struct packed) + (size_t)((c + 7) / 8) * block_bytes(pairs_of(p));
}

/* Of channel o: the sum of its weights, and of their magnitudes. */
static int32_t weight_sums(const struct ewi_conv *p, const int8_t *w, uint32_t o, uint64_t *magnitudes)
{
	uint32_t taps = p->win.k_h * p->win.k_w;
	int32_t sum = 0;

	*magnitudes = 0;
	for (uint32_t t = 0; t < taps; t++) {
		int32_t v = w[(size_t)t * p->win.out_c + o];

		sum += v;
		*magnitudes += (uint64_t)(v < 0 ? -v : v);
	}
	return sum;
}

static int32_t bias_at(const uint8_t *bias, uint32_t o)
{
	return bias ? (int32_t)ewi_le32(bias + 4 * (size_t)o) : 0;
}

static enum ewi_finish_mode choose_mode(const struct ewi_conv *p, const int8_t *w, const uint8_t *bias)
{
	uint64_t magnitudes;

	if (p->single)
		return EWI_FINISH_SINGLE;
	for (uint32_t o = 0; o < p->win.out_c; o++) {
		weight_sums(p, w, o, &magnitudes);
		if (!ewi_finish_near_avx2(p, o, bias_at(bias, o), magnitudes))
			return EWI_FINISH_TWICE;
	}
	return EWI_FINISH_NEAR;
}

static void pack(const void *params, const void *const in[EWI_CALL_INPUTS], void *to)
{
	const struct ewi_conv *p = params;
	const int8_t *w = in[1];
	uint32_t c = p->win.out_c, taps = p->win.k_h * p->win.k_w;
	struct packed *head = to;
	unsigned char *at = (unsigned char *)(head + 1);

	head->pairs = pairs_of(p);
	head->mode = choose_mode(p, w, in[2]);
	for (uint32_t b = 0; 8 * b < c; b++, at += block_bytes(head->pairs)) {
		struct ewi_finish_avx2 *finish = (void *)at;
		int16_t *weights = (int16_t *)(void *)(finish + 1);

		for (uint32_t i = 0; i < 8; i++) {
			uint32_t o = block_start(c, b) + i;
			uint64_t magnitudes;
			int32_t sum = weight_sums(p, w, o, &magnitudes);

			ewi_finish_put_avx2(p, o, (int32_t)((uint32_t)bias_at(in[2], o) -
							    (uint32_t)p->in_zero * (uint32_t)sum),
					    head->mode, finish, i);
			for (uint32_t t = 0; t < taps; t++)
				weights[t / 2 * 16 + 2 * i + t % 2] = w[(size_t)t * c + o];
		}
	}
}

const struct ewi_packing ewi_dwconv_s8_avx2_packing = {packed_bytes, pack};

/* The pixel that is all zero point. */
size_t ewi_dwconv_s8_avx2_packed_scratch(const void *params, size_t windows)
{
	const struct ewi_conv *p = params;

	(void)windows;
	return p->win.in_c;
}

uint64_t ewi_dwconv_s8_avx2_packed_lead(const void *params, uint32_t input, size_t windows)
{
	const struct ewi_conv *p = params;

	return input == 0 ? ewi_window_lead(&p->win, windows, 1, true) : EWI_LEAD_NEVER;
}

/* ---- one pixel ---------------------------------------------------------------------------------- */

EW_TARGET("avx2")
EW_INLINE __m128i load_8(const int8_t *p)
{
	return _mm_loadl_epi64((const void *)p);
}

EW_TARGET("avx2")
EW_INLINE __m256i madd(__m256i acc, __m128i bytes, const int16_t *w)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_cvtepi8_epi16(bytes),
						       _mm256_loadu_si256((const void *)w)));
}

EW_TARGET("avx2")
EW_INLINE __m128i clamped(const struct ewi_conv *p, __m128i words, __m128i more)
{
	const __m128i zero = _mm_set1_epi16((int16_t)p->out_zero);
	__m128i bytes = _mm_packs_epi16(_mm_adds_epi16(words, zero), _mm_adds_epi16(more, zero));

	bytes = _mm_max_epi8(bytes, _mm_set1_epi8((char)p->act_min));
	return _mm_min_epi8(bytes, _mm_set1_epi8((char)p->act_max));
}

/* Eight sums, requantized, as int16. */
EW_TARGET("avx2")
EW_INLINE __m128i words(__m256i sums, const struct ewi_finish_avx2 *f, enum ewi_finish_mode mode)
{
	__m256i v = ewi_finish_8_avx2(sums, f, mode);

	return _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}

/* pairs and mode are constants where that pays. */
EW_TARGET("avx2")
EW_INLINE void channels_16(const struct ewi_conv *p, const int8_t *const *taps, size_t pairs, size_t c,
			   const unsigned char *block, int8_t *out, enum ewi_finish_mode mode)
{
	const struct ewi_finish_avx2 *f0 = (const void *)block,
				     *f1 = (const void *)(block + block_bytes(pairs));
	const int16_t *w0 = (const void *)(f0 + 1), *w1 = (const void *)(f1 + 1);
	__m256i a0 = ewi_finish_load_avx2(f0->bias), a1 = ewi_finish_load_avx2(f1->bias);

	for (size_t t = 0; t < pairs; t++) {
		__m128i x = _mm_loadu_si128((const void *)(taps[2 * t] + c));
		__m128i y = _mm_loadu_si128((const void *)(taps[2 * t + 1] + c));

		a0 = madd(a0, _mm_unpacklo_epi8(x, y), w0 + 16 * t);
		a1 = madd(a1, _mm_unpackhi_epi8(x, y), w1 + 16 * t);
	}
	_mm_storeu_si128((void *)(out + c), clamped(p, words(a0, f0, mode), words(a1, f1, mode)));
}

EW_TARGET("avx2")
EW_INLINE void channels_8(const struct ewi_conv *p, const int8_t *const *taps, size_t pairs, size_t c,
			  const unsigned char *block, int8_t *out, enum ewi_finish_mode mode)
{
	const struct ewi_finish_avx2 *f = (const void *)block;
	const int16_t *w = (const void *)(f + 1);
	__m256i a = ewi_finish_load_avx2(f->bias);
	__m128i v;

	for (size_t t = 0; t < pairs; t++)
		a = madd(a, _mm_unpacklo_epi8(load_8(taps[2 * t] + c), load_8(taps[2 * t + 1] + c)),
			 w + 16 * t);
	v = words(a, f, mode);
	_mm_storel_epi64((void *)(out + c), clamped(p, v, v));
}

EW_TARGET("avx2")
EW_INLINE void pixel(const struct ewi_conv *p, const int8_t *const *taps, size_t pairs,
		     const struct packed *head, int8_t *out, enum ewi_finish_mode mode)
{
	const unsigned char *block = (const unsigned char *)(head + 1);
	uint32_t c = 0, channels = p->win.out_c;

	for (; c + 16 <= channels; c += 16, block += 2 * block_bytes(pairs))
		channels_16(p, taps, pairs, c, block, out, mode);
	for (; c < channels; c += 8, block += block_bytes(pairs))
		channels_8(p, taps, pairs, block_start(channels, c / 8), block, out, mode);
}

typedef void pixel_fn(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		      int8_t *out);

EW_TARGET("avx2")
static void near_9(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		   int8_t *out)
{
	pixel(p, taps, 5, head, out, EWI_FINISH_NEAR);
}

EW_TARGET("avx2")
static void near_any(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		     int8_t *out)
{
	pixel(p, taps, head->pairs, head, out, EWI_FINISH_NEAR);
}

EW_TARGET("avx2")
static void twice_any(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		      int8_t *out)
{
	pixel(p, taps, head->pairs, head, out, EWI_FINISH_TWICE);
}

EW_TARGET("avx2")
static void single_any(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		       int8_t *out)
{
	pixel(p, taps, head->pairs, head, out, EWI_FINISH_SINGLE);
}

static pixel_fn *choose(const struct packed *head)
{
	switch (head->mode) {
	case EWI_FINISH_TWICE: return twice_any;
	case EWI_FINISH_SINGLE: return single_any;
	default: return head->pairs == 5 ? near_9 : near_any;
	}
}

/* ---- pixels ------------------------------------------------------------------------------------- */

/* Where each tap is.  The last one is there twice when they are odd: the second time its weight is 0. */
static void find_taps(const struct ewi_window *w, const struct ewi_spot *s, const int8_t *outside,
		      const int8_t **taps)
{
	size_t n = 0;

	for (uint32_t ky = 0; ky < w->k_h; ky++)
		for (uint32_t kx = 0; kx < w->k_w; kx++) {
			bool inside = ky >= s->ky && ky < s->ky_end && kx >= s->kx && kx < s->kx_end;

			taps[n++] = inside ? (const int8_t *)s->in + ewi_spot_at(w, s, ky, kx) : outside;
		}
	taps[n] = taps[n - 1];
}

static void row(const struct ewi_call *c, const struct ewi_spot *at, int8_t *out)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	const int8_t *taps[TAPS + 1];
	struct ewi_spot s = *at;
	pixel_fn *fn = choose(c->packed);
	uint32_t was_kx = UINT32_MAX, was_end = 0;
	size_t step = (size_t)w->stride_w * w->in_c, n = (size_t)w->k_h * w->k_w + 1;

	for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
		s.x = (int32_t)(x * w->stride_w) - w->pad_w;
		ewi_window_clip(s.x, w->k_w, w->dil_w, w->in_w, &s.kx, &s.kx_end);
		if (s.kx == was_kx && s.kx_end == was_end) {
			for (size_t t = 0; t < n; t++)
				taps[t] += taps[t] == c->scratch ? 0 : step;
		} else {
			find_taps(w, &s, c->scratch, taps);
			was_kx = s.kx;
			was_end = s.kx_end;
		}
		fn(p, taps, c->packed, out);
	}
}

void ewk_dwconv_s8_avx2_packed(const struct ewi_call *c)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	struct ewi_spot s = {.in = c->in[0]};
	int8_t *out = c->out;

	memset(c->scratch, p->in_zero, w->in_c);
	for (size_t b = 0; b < c->windows * w->batches; b++) {
		for (uint32_t y = 0; y < w->out_h; y++, out += (size_t)w->out_w * w->out_c) {
			s.y = (int32_t)(y * w->stride_h) - w->pad_h;
			ewi_window_clip(s.y, w->k_h, w->dil_h, w->in_h, &s.ky, &s.ky_end);
			row(c, &s, out);
		}
		s.in = (const int8_t *)s.in + (size_t)w->in_h * w->in_w * w->in_c;
	}
}
#endif
#endif
