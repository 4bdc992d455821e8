/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv_avx2.c - DEPTHWISE_CONV_2D of int8 with AVX2 and packed weights: the bytes of ewk_dwconv_s8_ref.
 *
 * Channels go side by side, 16 or 8 at a time; taps in pairs: two taps' bytes are interleaved, widened to int16
 * and multiplied with the pair's weights by one vpmaddwd.  A pair of products is at most 2 * 128 * 128 < 2^17.
 * Activations keep their zero point: what it adds is the same for every pixel, and stands in the bias (sums are
 * modulo 2^32, so that takes no bound).  Where steps.h can do all channels, activations are shifted by
 * EWI_STEPS_SHIFT_MIN and weights by the rest, which fits in int16, and a pair of products in 2^(14 + 13 + 1 + 1).  Taps outside the picture point to a pixel that is all zero point.
 *
 * Channels at the end that make no eight are taken with some before them: those are computed twice.  Fewer than
 * eight channels, and more than one output for each channel, are left to the definition.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/dwconv_avx2.h"

#define TAPS 256u /* largest window */

/*
 * Packed: this, then blocks of 16 channels, at the end of 8: the finish of each eight and their weights,
 * [pair of taps][channel][2] int16.
 */
struct packed {
	uint32_t pairs;
	uint32_t mode; /* enum ewi_finish_mode */
	uint32_t act;  /* what activations are shifted by */
	uint32_t unused[EWI_LINE / 4 - 3];
};

static uint32_t pairs_of(const struct ewi_conv *p)
{
	return (p->win.k_h * p->win.k_w + 1) / 2;
}

/*
 * The tap at place t of the packed weights.  Windows of three by three pair the first two rows, column by column,
 * because columns then serve several outputs (dwconv3_avx2.c); all others go tap by tap.
 */
static uint32_t tap_at(const struct ewi_conv *p, uint32_t t)
{
	static const uint8_t three[] = {0, 3, 1, 4, 2, 5, 6, 7, 8};

	return p->win.k_h == 3 && p->win.k_w == 3 ? three[t] : t;
}

/* Of a block of 8 or 16 channels. */
static size_t block_bytes(size_t channels, size_t pairs)
{
	return channels / 8 * sizeof(struct ewi_finish_avx2) + pairs * channels * 2 * sizeof(int16_t);
}

static size_t packed_bytes(const void *params)
{
	const struct ewi_conv *p = params;
	uint32_t c = p->win.out_c;

	if (p->multiplier != 1 || c < 8 || c > INT32_MAX / 1024 ||
	    (uint64_t)p->win.k_h * p->win.k_w > TAPS)
		return 0;
	return EWI_LINE + sizeof(struct packed) + (size_t)((c + 15) / 8) * block_bytes(8, pairs_of(p));
}

static int32_t bias_at(const uint8_t *bias, uint32_t o)
{
	return bias ? (int32_t)ewi_le32(bias + 4 * (size_t)o) : 0;
}

static int32_t weight_at(const struct ewi_conv *p, const void *const in[], uint32_t t, uint32_t o)
{
	return ((const int8_t *)in[1])[(size_t)t * p->win.out_c + o];
}

/* Of one channel: its place in a block, as steps.h has it; and the sum of its weights.  False when that cannot do it. */
static bool put_channel(const struct ewi_conv *p, const void *const in[], const struct packed *head, uint32_t o,
			struct ewi_finish_avx2 *f, uint32_t lane, struct ewi_steps *steps)
{
	struct ewi_staircase c = {.scale = ewi_conv_scale(p, o), .single = p->single, .zero = p->out_zero,
				  .min = p->act_min, .max = p->act_max, .bias = bias_at(in[2], o)};
	uint32_t more = 0;

	for (uint32_t t = 0; t < p->win.k_h * p->win.k_w; t++) {
		int32_t w = weight_at(p, in, t, o);

		ewi_staircase_reach(&c, w, p->in_zero);
		more -= (uint32_t)w * (uint32_t)p->in_zero;
	}
	*steps = (struct ewi_steps){.shift = 0};
	if (head->mode != EWI_FINISH_STEPS) {
		ewi_finish_put_avx2(c.scale, (int32_t)((uint32_t)c.bias + more), head->mode, f, lane);
		return true;
	}
	if (!ewi_steps_find(&c, steps))
		return false;
	ewi_steps_put_avx2(steps, steps->constant ? 0 : more << steps->shift, f, lane);
	return true;
}

/*
 * n channels from o on, 8 or 16: their finishes, then the weights.  Of 16, each eight are not neighbours
 * (two_taps).  Where there are only eight, 16 are those twice.
 */
static bool pack_block(const struct ewi_conv *p, const void *const in[], const struct packed *head, uint32_t o,
		       uint32_t n, struct ewi_finish_avx2 *finish, bool *sides)
{
	int16_t *weights = (int16_t *)(void *)(finish + n / 8);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t ch = (o + i) % p->win.out_c, place = n == 8 ? i : ewi_place_avx2(i);
		struct ewi_steps s;
		int32_t times;

		if (!put_channel(p, in, head, ch, &finish[place / 8], place % 8, &s))
			return false;
		*sides |= s.above != s.below;
		times = s.constant ? 0 : 1 << s.shift >> head->act;
		for (uint32_t t = 0; t < p->win.k_h * p->win.k_w; t++)
			weights[t / 2 * 2 * n + 2 * place + t % 2] =
				(int16_t)(weight_at(p, in, tap_at(p, t), ch) * times);
	}
	return true;
}

/* False when steps.h cannot do a channel. */
static bool pack_all(const struct ewi_conv *p, const void *const in[], struct packed *head,
		     enum ewi_finish_mode mode)
{
	unsigned char *at = (unsigned char *)(head + 1);
	uint32_t o = 0, c = p->win.out_c;
	bool sides = false, done = true;

	head->mode = mode;
	head->act = mode == EWI_FINISH_STEPS ? EWI_STEPS_SHIFT_MIN : 0;
	if (c == 8 && ewi_dwconv3_fits_avx2(p)) {
		done = pack_block(p, in, head, 0, 16, (void *)at, &sides);
		o = 8;
	}
	for (; done && o + 16 <= c; o += 16, at += block_bytes(16, head->pairs))
		done = pack_block(p, in, head, o, 16, (void *)at, &sides);
	if (done && c - o > 8) {
		done = pack_block(p, in, head, o, 8, (void *)at, &sides);
		at += block_bytes(8, head->pairs);
	}
	if (done && o < c)
		done = pack_block(p, in, head, c - 8, 8, (void *)at, &sides);
	if (sides)
		head->mode = EWI_FINISH_SIDES;
	return done;
}

static void pack(const void *params, const void *const in[EWI_CALL_INPUTS], void *to)
{
	const struct ewi_conv *p = params;
	struct packed *head = ewi_line_avx2(to);

	head->pairs = pairs_of(p);
	if (!pack_all(p, in, head, EWI_FINISH_STEPS))
		pack_all(p, in, head, p->single ? EWI_FINISH_SINGLE : EWI_FINISH_TWICE);
}

const struct ewi_packing ewi_dwconv_s8_avx2_packing = {NULL, packed_bytes, pack, false};

/* The pixel that is all zero point. */
size_t ewi_dwconv_s8_avx2_packed_scratch(const void *params, size_t windows)
{
	const struct ewi_conv *p = params;

	(void)windows;
	return p->win.in_c < 16 ? 16 : p->win.in_c;
}

struct ewi_lead ewi_dwconv_s8_avx2_packed_lead(const void *params, uint32_t input, size_t windows)
{
	const struct ewi_conv *p = params;
	uint32_t ahead = ewi_dwconv3_fits_avx2(p) ? ewi_dwconv3_outputs_avx2(p) : 1;

	ahead = p->win.out_w < ahead ? p->win.out_w : ahead;
	return (struct ewi_lead){input == 0 ? ewi_window_lead(&p->win, windows, 1, ahead) : EWI_LEAD_NEVER,
				 EWI_LEAD_NEVER};
}

/* ---- one pixel ---------------------------------------------------------------------------------- */

EW_TARGET("avx2")
EW_INLINE __m128i load_8(const int8_t *p)
{
	return _mm_loadl_epi64((const void *)p);
}

EW_TARGET("avx2")
EW_INLINE __m256i madd(__m256i acc, __m256i x, const int16_t *w)
{
	return _mm256_add_epi32(acc, _mm256_madd_epi16(x, _mm256_loadu_si256((const void *)w)));
}

EW_TARGET("avx2")
EW_INLINE __m256i widened(const int8_t *p, __m128i act)
{
	return _mm256_sll_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)p)), act);
}

struct sums {
	__m256i a, b;
};

/* Unpacking goes by halves, so a has channels 0 to 3 and 8 to 11, and packing the sums puts them in order again. */
EW_TARGET("avx2")
EW_INLINE void two_taps(struct sums *s, const int8_t *x, const int8_t *y, const int16_t *w, __m128i act)
{
	__m256i vx = widened(x, act), vy = widened(y, act);

	s->a = madd(s->a, _mm256_unpacklo_epi16(vx, vy), w);
	s->b = madd(s->b, _mm256_unpackhi_epi16(vx, vy), w + 16);
}

/* pairs is a constant where that pays. */
EW_TARGET("avx2")
EW_INLINE void channels_16(const int8_t *const *taps, size_t pairs, size_t c,
			   const struct ewi_finish_avx2 *f, __m128i act, __m256i *sums)
{
	const int16_t *w = (const void *)(f + 2);
	struct sums s = {ewi_load_avx2(f[0].bias), ewi_load_avx2(f[1].bias)};

	if (pairs == 5) {
		two_taps(&s, taps[0] + c, taps[1] + c, w, act);
		two_taps(&s, taps[2] + c, taps[3] + c, w + 32, act);
		two_taps(&s, taps[4] + c, taps[5] + c, w + 64, act);
		two_taps(&s, taps[6] + c, taps[7] + c, w + 96, act);
		two_taps(&s, taps[8] + c, taps[9] + c, w + 128, act);
	} else {
		for (size_t t = 0; t < pairs; t++)
			two_taps(&s, taps[2 * t] + c, taps[2 * t + 1] + c, w + 32 * t, act);
	}
	sums[0] = s.a;
	sums[1] = s.b;
}

/* The same of eight channels, as if there were eight more. */
EW_TARGET("avx2")
EW_INLINE void channels_8(const int8_t *const *taps, size_t pairs, size_t c,
			  const struct ewi_finish_avx2 *f, __m128i act, __m256i *sums)
{
	const int16_t *w = (const void *)(f + 1);

	sums[0] = ewi_load_avx2(f->bias);
	for (size_t t = 0; t < pairs; t++) {
		__m128i bytes = _mm_unpacklo_epi8(load_8(taps[2 * t] + c), load_8(taps[2 * t + 1] + c));

		sums[0] = madd(sums[0], _mm256_sll_epi16(_mm256_cvtepi8_epi16(bytes), act), w + 16 * t);
	}
}

/* ---- outputs ------------------------------------------------------------------------------------ */

/* Eight sums to eight outputs. */
EW_TARGET("avx2")
EW_INLINE void finish_8(__m256i sums, const struct ewi_finish_avx2 *f, const struct ewi_clamp_avx2 *c,
			int8_t *out, enum ewi_finish_mode mode)
{
	__m128i v;

	if (mode == EWI_FINISH_STEPS || mode == EWI_FINISH_SIDES) {
		sums = _mm256_shuffle_epi32(ewi_steps_avx2(sums, f, mode), 0xd8);
		v = _mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
		v = _mm_max_epi8(_mm_packs_epi16(v, v), _mm256_castsi256_si128(c->min));
		_mm_storel_epi64((void *)out, _mm_min_epi8(v, _mm256_castsi256_si128(c->max)));
		return;
	}
	sums = ewi_finish_second_avx2(ewi_finish_first_avx2(sums, f, mode), f, mode);
	v = _mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
	v = _mm_adds_epi16(v, _mm256_castsi256_si128(c->zero));
	v = _mm_max_epi8(_mm_packs_epi16(v, v), _mm256_castsi256_si128(c->min));
	_mm_storel_epi64((void *)out, _mm_min_epi8(v, _mm256_castsi256_si128(c->max)));
}

EW_TARGET("avx2")
EW_INLINE void pixel(const struct ewi_conv *p, const int8_t *const *taps, size_t pairs,
		     const struct packed *head, int8_t *out, enum ewi_finish_mode mode)
{
	const struct ewi_clamp_avx2 clamp = ewi_clamp_of_avx2(p->out_zero, p->act_min, p->act_max);
	const unsigned char *block = (const unsigned char *)(head + 1);
	const __m128i act = _mm_cvtsi32_si128((int)head->act);
	size_t c = 0, channels = p->win.out_c;
	__m256i sums[2];

	for (; c + 16 <= channels; c += 16, block += block_bytes(16, pairs)) {
		channels_16(taps, pairs, c, (const void *)block, act, sums);
		ewi_outputs_avx2(sums, 1, (const void *)block, &clamp, out + c, 0, 16, mode);
	}
	if (channels - c > 8) {
		channels_8(taps, pairs, c, (const void *)block, act, sums);
		finish_8(sums[0], (const void *)block, &clamp, out + c, mode);
		block += block_bytes(8, pairs);
	}
	if (c < channels) {
		channels_8(taps, pairs, channels - 8, (const void *)block, act, sums);
		finish_8(sums[0], (const void *)block, &clamp, out + channels - 8, mode);
	}
}

typedef void pixel_fn(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		      int8_t *out);

EW_TARGET("avx2")
static void steps_9(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		    int8_t *out)
{
	pixel(p, taps, 5, head, out, EWI_FINISH_STEPS);
}

EW_TARGET("avx2")
static void steps_any(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		      int8_t *out)
{
	pixel(p, taps, head->pairs, head, out, EWI_FINISH_STEPS);
}

EW_TARGET("avx2")
static void sides_any(const struct ewi_conv *p, const int8_t *const *taps, const struct packed *head,
		      int8_t *out)
{
	pixel(p, taps, head->pairs, head, out, EWI_FINISH_SIDES);
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
	case EWI_FINISH_SIDES: return sides_any;
	default: return head->pairs == 5 ? steps_9 : steps_any;
	}
}

/* ---- pixels ------------------------------------------------------------------------------------- */

/* Where each tap is.  The last one is there twice when they are odd: the second time its weight is 0. */
static void find_taps(const struct ewi_conv *p, const struct ewi_spot *s, const int8_t *outside,
		      const int8_t **taps)
{
	uint32_t n = p->win.k_h * p->win.k_w;

	for (uint32_t t = 0; t < n; t++) {
		uint32_t ky = tap_at(p, t) / p->win.k_w, kx = tap_at(p, t) % p->win.k_w;
		bool inside = ky >= s->ky && ky < s->ky_end && kx >= s->kx && kx < s->kx_end;

		taps[t] = inside ? (const int8_t *)s->in + ewi_spot_at(&p->win, s, ky, kx) : outside;
	}
	taps[n] = taps[n - 1];
}

static void row(const struct ewi_call *c, const struct ewi_spot *at, int8_t *out)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	const int8_t *taps[TAPS + 1];
	struct ewi_spot s = *at;
	const struct packed *head = ewi_line_avx2(c->packed);
	pixel_fn *fn = choose(head);
	uint32_t was_kx = UINT32_MAX, was_end = 0;
	size_t step = (size_t)w->stride_w * w->in_c, n = (size_t)w->k_h * w->k_w + 1;

	for (uint32_t x = 0; x < w->out_w; x++, out += w->out_c) {
		s.x = (int32_t)(x * w->stride_w) - w->pad_w;
		ewi_window_clip(s.x, w->k_w, w->dil_w, w->in_w, &s.kx, &s.kx_end);
		if (s.kx == was_kx && s.kx_end == was_end) {
			for (size_t t = 0; t < n; t++)
				taps[t] += taps[t] == c->scratch ? 0 : step;
		} else {
			find_taps(p, &s, c->scratch, taps);
			was_kx = s.kx;
			was_end = s.kx_end;
		}
		fn(p, taps, head, out);
	}
}

void ewk_dwconv_s8_avx2_packed(const struct ewi_call *c)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	const struct packed *head = ewi_line_avx2(c->packed);
	struct ewi_spot s = {.in = c->in[0]};
	int8_t *out = c->out;

	memset(c->scratch, p->in_zero, w->in_c < 16 ? 16 : w->in_c);
	if (ewi_dwconv3_fits_avx2(p)) {
		ewi_dwconv3_avx2(c, (const void *)(head + 1), head->mode, head->act);
		return;
	}
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
