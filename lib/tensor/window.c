/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * window.c - how far the output of a sliding window may lie over its input.
 *
 * While the taps of output pixel p are still read, up to p + `ahead` pixels are out (those before p, when ahead is
 * 0).  They must end before the first byte that p and later ones read:
 *
 *	lead = max over p of  (p + ahead) * out_c - need(p),  0 at least
 *
 * need(p) is the offset of the first tap of p = (picture, y, x) that is inside, or of row y + 1 where that row of
 * windows begins in the same row of the picture: row(y) * in_w + column(x), or row(y) * in_w + column(0); row and column
 * are 0 while windows begin in the padding, then grow by the stride.  All is linear in the picture, in y and in x
 * but for the ends of the padding; a sum that is linear between some points is largest at one of them.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

#define POINTS 5

/* Outputs at which something changes its slope, `end` - 1 the last one. */
static void find_points(uint32_t stride, int32_t pad, uint32_t end, uint32_t *points)
{
	/* first output that begins inside */
	uint32_t inside = pad > 0 ? ((uint32_t)pad + stride - 1) / stride : 0;

	points[0] = 0;
	points[1] = inside > 1 ? inside - 2 : 0;
	points[2] = inside > 0 ? inside - 1 : 0;
	points[3] = inside;
	points[4] = end - 1;
	for (unsigned i = 0; i < POINTS; i++)
		points[i] = points[i] < end ? points[i] : end - 1;
}

static uint64_t first_inside(uint32_t output, uint32_t stride, int32_t pad)
{
	int64_t at = (int64_t)output * stride - pad;

	return at > 0 ? (uint64_t)at : 0;
}

static uint64_t need(const struct ewi_window *w, uint32_t y, uint32_t x)
{
	uint64_t row = first_inside(y, w->stride_h, w->pad_h);

	if (y + 1 < w->out_h && first_inside(y + 1, w->stride_h, w->pad_h) == row)
		return row * w->in_w + first_inside(0, w->stride_w, w->pad_w);
	return row * w->in_w + first_inside(x, w->stride_w, w->pad_w);
}

uint64_t ewi_window_lead(const struct ewi_window *w, size_t windows, size_t size, uint32_t ahead)
{
	uint64_t picture_in = (uint64_t)w->in_h * w->in_w, picture_out = (uint64_t)w->out_h * w->out_w;
	uint64_t last = (uint64_t)windows * w->batches - 1;
	uint32_t ys[POINTS], xs[POINTS];
	int64_t lead = 0;

	find_points(w->stride_h, w->pad_h, w->out_h, ys);
	find_points(w->stride_w, w->pad_w, w->out_w, xs);
	for (unsigned i = 0; i < POINTS * POINTS * 2; i++) {
		uint32_t y = ys[i / 2 / POINTS], x = xs[i / 2 % POINTS];
		uint64_t b = i % 2 ? last : 0;
		uint64_t out = b * picture_out + (uint64_t)y * w->out_w + x + ahead;
		uint64_t in = b * picture_in + need(w, y, x);
		int64_t d = (int64_t)(out * w->out_c) - (int64_t)(in * w->in_c);

		lead = d > lead ? d : lead;
	}
	return (uint64_t)lead * size;
}

/* Padding behind the picture; negative where the last taps end before it. */
static int32_t pad_behind(uint32_t out, uint32_t stride, uint32_t taps, uint32_t dil, uint32_t in, int32_t pad)
{
	return (int32_t)((int64_t)(out - 1) * stride + (int64_t)(taps - 1) * dil + 1 - in - pad);
}

/* As seen from the last pixel: the same picture, with what is padded behind it padded before it. */
uint64_t ewi_window_behind(const struct ewi_window *w, size_t windows, size_t size)
{
	uint64_t pictures = (uint64_t)windows * w->batches;
	uint64_t in = pictures * w->in_h * w->in_w * w->in_c * size, out = pictures * w->out_h * w->out_w * w->out_c * size;
	struct ewi_window mirror = *w;
	uint64_t end;

	mirror.pad_h = pad_behind(w->out_h, w->stride_h, w->k_h, w->dil_h, w->in_h, w->pad_h);
	mirror.pad_w = pad_behind(w->out_w, w->stride_w, w->k_w, w->dil_w, w->in_w, w->pad_w);
	end = in + ewi_window_lead(&mirror, windows, size, 1); /* where the output must end */
	return end > out ? end - out : 0;
}

/* Kernels that read a pixel's taps for each of its channels. */
static struct ewi_lead lead_of(const struct ewi_window *w, uint32_t input, size_t windows, size_t size, bool walk)
{
	struct ewi_lead lead = {EWI_LEAD_NEVER, EWI_LEAD_NEVER};

	if (input != 0)
		return lead;
	lead.before = ewi_window_lead(w, windows, size, 1);
	if (walk)
		lead.behind = ewi_window_behind(w, windows, size);
	return lead;
}

struct ewi_lead ewi_conv_lead(const void *params, uint32_t input, size_t windows)
{
	return lead_of(&((const struct ewi_conv *)params)->win, input, windows, 1, false);
}

struct ewi_lead ewi_conv_lead_1(const void *params, uint32_t input, size_t windows)
{
	return lead_of(&((const struct ewi_conv *)params)->win, input, windows, 1, true);
}

struct ewi_lead ewi_conv_lead_2(const void *params, uint32_t input, size_t windows)
{
	return lead_of(&((const struct ewi_conv *)params)->win, input, windows, 2, true);
}

struct ewi_lead ewi_conv_lead_4(const void *params, uint32_t input, size_t windows)
{
	return lead_of(&((const struct ewi_conv *)params)->win, input, windows, 4, true);
}

struct ewi_lead ewi_pool_lead_1(const void *params, uint32_t input, size_t windows)
{
	return lead_of(&((const struct ewi_pool *)params)->win, input, windows, 1, true);
}

struct ewi_lead ewi_pool_lead_2(const void *params, uint32_t input, size_t windows)
{
	return lead_of(&((const struct ewi_pool *)params)->win, input, windows, 2, true);
}

struct ewi_lead ewi_pool_lead_4(const void *params, uint32_t input, size_t windows)
{
	return lead_of(&((const struct ewi_pool *)params)->win, input, windows, 4, true);
}

#if EWI_KERNELS_TILES
/* Backwards, pixels from the last one down to p are out while p and those before it are still to be read. */
struct ewi_lead ewi_conv_rows_lead(const void *params, uint32_t input, size_t windows)
{
	const struct ewi_conv *p = params;
	const struct ewi_window *w = &p->win;
	struct ewi_lead lead = {EWI_LEAD_NEVER, EWI_LEAD_NEVER};

	if (input != 0)
		return lead;
	lead.before = ewi_window_lead(w, windows, 1, 0);
	if (ewi_conv_pointwise(w))
		lead.behind = w->in_c > w->out_c ? (uint64_t)windows * w->batches * w->in_h * w->in_w *
							   (w->in_c - w->out_c) : 0;
	return lead;
}
#endif
#endif
