/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tile_rows.c - windows by tiles (tile.h): what CONV_2D and, of one input channel, DEPTHWISE_CONV_2D have in common.  They
 * differ in the order of their weights only.
 *
 * A row is what lies under the window of one output pixel.  Rows are made a few at a time, in scratch; all of them are
 * there before the first of their outputs is written (ewi_conv_rows_lead).
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/tile.h"

#if EWI_KERNELS_TILES
struct work {
	const struct ewi_conv *p;
	const struct ewi_tile_isa *isa;
	struct ewi_tile_job job;
	const int8_t *in_end;
	unsigned char *x; /* the rows */
	size_t depth;
	size_t count; /* rows that wait */
	int8_t *out;
};

static size_t depth_of(const struct ewi_conv *p)
{
	return (size_t)p->win.k_h * p->win.k_w * p->win.in_c;
}

size_t ewi_tile_rows_bytes(const struct ewi_conv *p, const struct ewi_tile_isa *isa)
{
	uint64_t depth = (uint64_t)p->win.k_h * p->win.k_w * p->win.in_c;

	return ewi_tile_pack_bytes(&isa->layout, p->win.out_c, depth);
}

void ewi_tile_rows_fill(const struct ewi_conv *p, const void *const in[EWI_CALL_INPUTS], void *to,
			const struct ewi_tile_isa *isa, bool depthwise)
{
	struct ewi_tile_source s = {.w = in[1], .bias = in[2], .channel_step = depthwise ? 1 : depth_of(p),
				    .depth_step = depthwise ? p->win.out_c : 1, .channels = p->win.out_c,
				    .depth = (uint32_t)depth_of(p), .in_zero = p->in_zero, .multipliers = p->multipliers, .shifts = p->shifts, .single = p->single};

	ewi_tile_pack_fill(&isa->layout, &s, to);
}

/* Bytes of a row, and of what `take` may write behind it. */
static size_t stride_of(const struct ewi_conv *p, const struct ewi_tile_isa *isa)
{
	return (depth_of(p) + 31) / 16 * 16 * isa->layout.size;
}

size_t ewi_tile_rows_scratch(const struct ewi_conv *p, size_t windows, const struct ewi_tile_isa *isa)
{
	uint64_t pixels = (uint64_t)windows * p->win.batches * p->win.out_h * p->win.out_w;

	return (pixels > 1 ? isa->rows : 1) * stride_of(p, isa);
}

/* ---- rows --------------------------------------------------------------------------------------- */

static void *element(const struct work *k, void *x, size_t i)
{
	return (unsigned char *)x + i * k->isa->layout.size;
}

/* n neighbours. */
static void take(const struct work *k, const int8_t *in, size_t n, void *x)
{
	if (EW_LIKELY((size_t)(k->in_end - in) >= (n + 15) / 16 * 16))
		k->isa->take(x, in, n, 0, 1);
	else
		ewi_tile_take_exact(&k->isa->layout, x, in, n);
}

/* One row of taps of one pixel: a run where taps are neighbours, in_zero before and behind it. */
static void take_taps(const struct work *k, const struct ewi_spot *s, uint32_t ky, void *x)
{
	const struct ewi_window *w = &k->p->win;
	const struct ewi_tile_layout *l = &k->isa->layout;
	size_t c = w->in_c;

	ewi_tile_fill(l, x, k->p->in_zero, s->kx * c);
	if (w->dil_w == 1)
		take(k, (const int8_t *)s->in + ewi_spot_at(w, s, ky, s->kx), (s->kx_end - s->kx) * c,
		     element(k, x, s->kx * c));
	else
		for (uint32_t kx = s->kx; kx < s->kx_end; kx++)
			take(k, (const int8_t *)s->in + ewi_spot_at(w, s, ky, kx), c, element(k, x, kx * c));
	ewi_tile_fill(l, element(k, x, s->kx_end * c), k->p->in_zero, (w->k_w - s->kx_end) * c);
}

static EW_NOINLINE void take_window(const struct work *k, const struct ewi_spot *s, void *x)
{
	const struct ewi_window *w = &k->p->win;
	size_t taps = (size_t)w->k_w * w->in_c;

	ewi_tile_fill(&k->isa->layout, x, k->p->in_zero, s->ky * taps);
	for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
		take_taps(k, s, ky, element(k, x, ky * taps));
	ewi_tile_fill(&k->isa->layout, element(k, x, s->ky_end * taps), k->p->in_zero,
		      (w->k_h - s->ky_end) * taps);
}

/* Output columns from *first to *end have all their taps inside, and lie so that runs may be read in whole 16s. */
static void inside(const struct work *k, const struct ewi_spot *s, uint32_t *first, uint32_t *end)
{
	const struct ewi_window *w = &k->p->win;
	size_t taps = (size_t)w->k_w * w->in_c, over = (16 - taps % 16) % 16;
	size_t row = (size_t)w->in_w * w->in_c;
	const int8_t *last; /* behind the last row that is read */

	*first = *end = 0;
	if (s->ky != 0 || s->ky_end != w->k_h || w->dil_w != 1 || w->k_w > w->in_w)
		return;
	last = (const int8_t *)s->in + (size_t)((int64_t)s->y + (int64_t)(w->k_h - 1) * w->dil_h + 1) * row;
	if ((size_t)(k->in_end - last) < over)
		return;
	*first = ((uint32_t)w->pad_w + w->stride_w - 1) / w->stride_w;
	*end = (w->in_w - w->k_w + (uint32_t)w->pad_w) / w->stride_w + 1;
	*end = *end < w->out_w ? *end : w->out_w;
}

/* ---- pixels ------------------------------------------------------------------------------------- */

static void flush(struct work *k)
{
	if (k->count)
		k->isa->run(&k->job, k->count, k->out);
	k->out += k->count * k->p->win.out_c;
	k->count = 0;
}

static void window_row(struct work *k, struct ewi_spot *s)
{
	const struct ewi_window *w = &k->p->win;
	size_t step = (size_t)w->dil_h * w->in_w * w->in_c, taps = (size_t)w->k_w * w->in_c;
	uint32_t first, end;

	inside(k, s, &first, &end);
	for (uint32_t x = 0; x < w->out_w; x++) {
		void *to = k->x + k->count * k->job.stride;

		s->x = (int32_t)(x * w->stride_w) - w->pad_w;
		if (x >= first && x < end) {
			size_t at = ((size_t)s->y * w->in_w + (size_t)s->x) * w->in_c;

			k->isa->take(to, (const int8_t *)s->in + at, taps, step, w->k_h);
		} else {
			ewi_window_clip(s->x, w->k_w, w->dil_w, w->in_w, &s->kx, &s->kx_end);
			take_window(k, s, to);
		}
		if (++k->count == k->isa->rows)
			flush(k);
	}
}

static void windows(struct work *k, const int8_t *in, size_t pictures)
{
	const struct ewi_window *w = &k->p->win;
	struct ewi_spot s = {.in = in};

	for (; pictures > 0; pictures--) {
		for (uint32_t y = 0; y < w->out_h; y++) {
			s.y = (int32_t)(y * w->stride_h) - w->pad_h;
			ewi_window_clip(s.y, w->k_h, w->dil_h, w->in_h, &s.ky, &s.ky_end);
			window_row(k, &s);
		}
		s.in = (const int8_t *)s.in + (size_t)w->in_h * w->in_w * w->in_c;
	}
	flush(k);
}

/* Windows of one element in steps of one: rows are the pixels.  The rows that are not full are the last, either way. */
static void pixels(struct work *k, const int8_t *in, size_t n, bool backwards)
{
	size_t rows = k->isa->rows, parts = (n + rows - 1) / rows;
	int8_t *out = k->out;

	for (size_t i = 0; i < parts; i++) {
		size_t first = rows * (backwards ? parts - 1 - i : i);

		k->count = n - first < rows ? n - first : rows;
		k->out = out + first * k->p->win.out_c;
		for (size_t r = 0; r < k->count; r++)
			take(k, in + (first + r) * k->depth, k->depth, k->x + r * k->job.stride);
		flush(k);
	}
}

void ewi_tile_rows_run(const struct ewi_call *c, const struct ewi_tile_isa *isa)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	size_t pictures = c->windows * w->batches, size = (size_t)w->in_h * w->in_w;
	struct work k = {.p = p, .isa = isa, .x = c->scratch, .depth = depth_of(p), .out = c->out,
			 .in_end = (const int8_t *)c->in[0] + pictures * size * w->in_c};

	k.job = ewi_tile_job_of(&isa->layout, c->packed, w->out_c, p->out_zero, p->act_min, p->act_max);
	k.job.x = k.x;
	k.job.stride = stride_of(p, isa);
	if (ewi_conv_pointwise(w))
		pixels(&k, c->in[0], pictures * size, c->backwards);
	else
		windows(&k, c->in[0], pictures);
}
#endif
#endif
