/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_dwconv.c - DEPTHWISE_CONV_2D of int8 by tiles (tile.h): the bytes of ewk_dwconv_s8_ref, for every row of
 * tiles.def.
 *
 * The loops inside are given where each tap of a pixel begins, and read its channels 16 at a time.  Taps outside the
 * picture are a pixel of scratch that is all zero point.  What is read
 * behind a tap's last channel is the next pixel's; where there is none any more, taps are copied to scratch first.
 * Several outputs of one input channel are a convolution (tile_rows.c); several of each of more channels are left to the
 * definition.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_TILES
#define TAPS 256u  /* largest window */
#define STEP_MAX 4u

struct work {
	const struct ewi_conv *p;
	const struct ewi_tile_dwisa *isa;
	struct ewi_tile_job job;
	const int8_t *in_end;
	int8_t *outside; /* behind it: room for copies */
	size_t width;	 /* bytes that are read of a tap */
	size_t places;	 /* taps that the loop reads */
	const int8_t *taps[TAPS + STEP_MAX];
};

static uint32_t taps_of(const struct ewi_conv *p)
{
	return p->win.k_h * p->win.k_w;
}

/* Bytes that are read of a tap. */
static size_t width_of(const struct ewi_conv *p)
{
	return ((size_t)p->win.in_c + EWI_TILE - 1) / EWI_TILE * EWI_TILE;
}

static bool one_channel(const struct ewi_conv *p)
{
	return p->win.in_c == 1 && p->multiplier > 1;
}

static inline size_t bytes_of(const void *params, const struct ewi_tile_dwisa *isa)
{
	const struct ewi_conv *p = params;

	if (one_channel(p))
		return ewi_tile_rows_bytes(p, isa->one);
	if (p->multiplier != 1 || (uint64_t)p->win.k_h * p->win.k_w > TAPS)
		return 0;
	return ewi_tile_pack_bytes(&isa->layout, p->win.out_c, taps_of(p));
}

static inline void fill(const void *params, const void *const in[EWI_CALL_INPUTS], void *to,
			const struct ewi_tile_dwisa *isa)
{
	const struct ewi_conv *p = params;
	struct ewi_tile_source s = {.w = in[1], .bias = in[2], .channel_step = 1, .depth_step = p->win.out_c,
				    .channels = p->win.out_c, .depth = taps_of(p), .in_zero = p->in_zero,
				    .multipliers = p->multipliers, .shifts = p->shifts, .single = p->single};

	if (one_channel(p))
		ewi_tile_rows_fill(p, in, to, isa->one, true);
	else
		ewi_tile_pack_fill(&isa->layout, &s, to);
}

/*
 * Copies of taps at the end: none where channels make whole 16s; of more than 16 channels only the very last pixel; of
 * fewer, any tap may be too near.
 */
static size_t copies_of(const struct ewi_conv *p)
{
	return p->win.in_c % EWI_TILE == 0 ? 0 : p->win.in_c > EWI_TILE ? 1 : taps_of(p);
}

static inline size_t scratch_of(const void *params, size_t windows, const struct ewi_tile_dwisa *isa)
{
	if (one_channel(params))
		return ewi_tile_rows_scratch(params, windows, isa->one);
	return width_of(params) * (1 + copies_of(params));
}

static void find_taps(struct work *k, const struct ewi_spot *s)
{
	const struct ewi_window *w = &k->p->win;
	size_t t = 0;

	for (uint32_t ky = 0; ky < w->k_h; ky++)
		for (uint32_t kx = 0; kx < w->k_w; kx++, t++) {
			bool in = ky >= s->ky && ky < s->ky_end && kx >= s->kx && kx < s->kx_end;

			k->taps[t] = in ? (const int8_t *)s->in + ewi_spot_at(w, s, ky, kx) : k->outside;
		}
}

/* Taps too near to the end of the input to be read 16 at a time. */
static void copy_last(struct work *k)
{
	size_t n = taps_of(k->p), c = k->p->win.in_c;
	int8_t *to = k->outside + k->width;

	for (size_t t = 0; t < n; t++)
		if (k->taps[t] != k->outside && (size_t)(k->in_end - k->taps[t]) < k->width) {
			memcpy(to, k->taps[t], c);
			k->taps[t] = to;
			to += c < EWI_TILE ? k->width : 0;
		}
}

/*
 * Output columns from *first to *end have all their taps inside the picture and a tap's width before the end of the input:
 * their taps move on together.
 */
static void inside(const struct work *k, const struct ewi_spot *s, uint32_t *first, uint32_t *end)
{
	const struct ewi_window *w = &k->p->win;
	uint32_t reach = (w->k_w - 1) * w->dil_w + 1, over = (uint32_t)((k->width - 1) / w->in_c);
	const int8_t *last = (const int8_t *)s->in; /* behind the last row of taps */

	*first = *end = 0;
	if (s->ky != 0 || s->ky_end != w->k_h || reach > w->in_w)
		return;
	last += (size_t)((int64_t)s->y + (int64_t)(w->k_h - 1) * w->dil_h + 1) * w->in_w * w->in_c;
	over = last == k->in_end ? over : 0; /* columns that are too near */
	if (last != k->in_end && (size_t)(k->in_end - last) < k->width)
		return;
	if (reach + over > w->in_w)
		return;
	*first = ((uint32_t)w->pad_w + w->stride_w - 1) / w->stride_w;
	*end = (w->in_w - over - reach + (uint32_t)w->pad_w) / w->stride_w + 1;
	*end = *end < w->out_w ? *end : w->out_w;
}

static void row(struct work *k, struct ewi_spot *s, int8_t *out)
{
	const struct ewi_window *w = &k->p->win;
	uint32_t first, end, n;

	inside(k, s, &first, &end);
	for (uint32_t x = 0; x < w->out_w; x += n, out += (size_t)n * w->out_c) {
		n = x == first && end > first ? end - first : 1;
		s->x = (int32_t)(x * w->stride_w) - w->pad_w;
		ewi_window_clip(s->x, w->k_w, w->dil_w, w->in_w, &s->kx, &s->kx_end);
		find_taps(k, s);
		if (n == 1)
			copy_last(k);
		for (size_t t = taps_of(k->p); t < k->places; t++)
			k->taps[t] = k->taps[t - 1]; /* of weight 0 */
		k->isa->pixels(&k->job, k->taps, (size_t)w->stride_w * w->in_c, n, out);
	}
}

static inline void run(const struct ewi_call *c, const struct ewi_tile_dwisa *isa)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	size_t picture = (size_t)w->in_h * w->in_w * w->in_c, pictures = c->windows * w->batches;
	struct ewi_spot s = {.in = c->in[0]};
	struct work k;
	int8_t *out = c->out;

	if (one_channel(p)) {
		ewi_tile_rows_run(c, isa->one);
		return;
	}
	k.p = p;
	k.isa = isa;
	k.job = ewi_tile_job_of(&isa->layout, c->packed, w->out_c, p->out_zero, p->act_min, p->act_max);
	k.in_end = (const int8_t *)c->in[0] + pictures * picture;
	k.width = width_of(p);
	k.outside = c->scratch;
	memset(k.outside, p->in_zero, k.width);
	k.places = k.job.steps * isa->layout.step;
	for (; pictures > 0; pictures--, s.in = (const int8_t *)s.in + picture)
		for (uint32_t y = 0; y < w->out_h; y++, out += (size_t)w->out_w * w->out_c) {
			s.y = (int32_t)(y * w->stride_h) - w->pad_h;
			ewi_window_clip(s.y, w->k_h, w->dil_h, w->in_h, &s.ky, &s.ky_end);
			row(&k, &s, out);
		}
}

#define DWCONV_TILE(isa) EWI_TILE_SLOT(dwconv_s8, isa, &ewi_tile_dw_##isa, bytes_of, fill, scratch_of, run)
#define CONV_TILE(isa)
#define FC_TILE(isa)
#include "tensor/tiles.def"
#endif
#endif
