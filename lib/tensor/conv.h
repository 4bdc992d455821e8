/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * conv.h - what the kernels of windows are given: convolution, depthwise and transposed convolution, pooling.
 *
 * A window slides over a picture in steps of the strides; its taps lie `dil` apart; taps outside the picture
 * do not count.  Tap (ky, kx) of output (y, x) is the input at
 *	y * stride_h - pad_h + ky * dil_h,  x * stride_w - pad_w + kx * dil_w
 *
 * Checked at load, so that kernels need not: every size is 1 or more; pictures are below 2^31 bytes; a
 * window's reach, (k - 1) * dil + 1, and the padding stay below 2^30.
 */
#ifndef EW_TENSOR_CONV_H
#define EW_TENSOR_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include "base/bits.h"
#include "tensor/quant.h"

struct ewi_call;

struct ewi_window {
	uint32_t batches; /* pictures of one application */
	uint32_t in_h, in_w, in_c;
	uint32_t out_h, out_w, out_c;
	uint32_t k_h, k_w;
	uint32_t stride_h, stride_w;
	uint32_t dil_h, dil_w;
	int32_t pad_h, pad_w;
};

/*
 * out[y][x][o] = clamp(out_zero + requant(bias[o] + sum of (in - in_zero) * w))
 *
 *   CONV    w [out_c][k_h][k_w][tap_c], the sum over all taps and tap_c channels of group o / (out_c / groups)
 *   DWCONV  w [k_h][k_w][out_c], the sum over the taps of channel o / multiplier (out_c = in_c * multiplier)
 *   TCONV   w [out_c][k_h][k_w][in_c], the sum over the inputs (iy, ix) and taps with
 *	     iy * stride_h - pad_h + ky == y, and likewise x; dil is 1
 *
 * (TCONV has its activations in in[2], its bias in in[3]; in[0], the shape of its output, is not read)
 *   in[0]   activations [batches][in_h][in_w][in_c]: int8, int16 (S16), float (F32)
 *   in[1]   weights: int8; W4: two int4 to a byte, the first in the low half, without padding; F32: float
 *   in[2]   bias [out_c] or NULL: int32; B64: int64; F32: float
 *   out     [batches][out_h][out_w][out_c], the type of the activations
 *
 * Sums are modulo 2^32, of B64 modulo 2^64, with one rounding to 16 bits there.  int16 has no zero points.
 * Float sums are taken in the order of rows, columns and channels of the input, the bias last, without fused
 * multiply-add.
 */
struct ewi_conv {
	struct ewi_window win;
	uint32_t tap_c;	     /* CONV: channels of the input in one group */
	uint32_t groups;     /* CONV */
	uint32_t multiplier; /* DWCONV: outputs of each input channel */
	int32_t in_zero, out_zero;
	int32_t act_min, act_max;
	const int32_t *multipliers, *shifts; /* [out_c] */
	float f_min, f_max;
	bool single;	 /* one rounding */
	bool bias_16;	 /* TCONV of int16: its bias is int16 */
};

static inline struct ewi_scale ewi_conv_scale(const struct ewi_conv *p, uint32_t o)
{
	return (struct ewi_scale){p->multipliers[o], p->shifts[o]};
}

static inline int32_t ewi_conv_finish(const struct ewi_conv *p, uint32_t o, int32_t sum)
{
	int32_t v = ewi_requant_as(sum, ewi_conv_scale(p, o), p->single);

	return ewi_clamp(ewi_wrap_add(v, p->out_zero), p->act_min, p->act_max);
}

/* The same of a 64-bit sum. */
static inline int32_t ewi_conv_finish_wide(const struct ewi_conv *p, uint32_t o, uint64_t sum)
{
	return ewi_clamp(ewi_requant_wide((int64_t)sum, ewi_conv_scale(p, o)), p->act_min, p->act_max);
}

/*
 * AVGPOOL  the mean over the taps inside the picture; of integers rounded to the nearest, ties away from 0
 * MAXPOOL  the largest of them
 * int8, int16 (S16), float (F32); channels apart; clamped.  dil is 1; every window has a tap inside, and at
 * most EWI_POOL_TAPS, so that sums of int16 fit in 31 bits.
 */
#define EWI_POOL_TAPS 65535u

struct ewi_pool {
	struct ewi_window win;
	int32_t act_min, act_max;
	float f_min, f_max;
};

/* A window of one element in steps of one: what lies under it is the pixel itself. */
static inline bool ewi_conv_pointwise(const struct ewi_window *w)
{
	return w->k_h == 1 && w->k_w == 1 && w->stride_h == 1 && w->stride_w == 1;
}

/* ---- walking over the output ------------------------------------------------------------------- */

/* One output pixel: where it is, and which taps are inside the picture. */
struct ewi_spot {
	const void *in;	 /* the picture */
	void *out;	 /* the pixel's first channel */
	int32_t y, x;	 /* of tap (0, 0); may lie outside */
	uint32_t ky, kx; /* first taps inside, and the ends: */
	uint32_t ky_end, kx_end;
};

/* The taps of a row or column that starts at `at` and are inside [0, size). */
static inline void ewi_window_clip(int32_t at, uint32_t taps, uint32_t dil, uint32_t size,
				   uint32_t *first, uint32_t *end)
{
	uint32_t before = at < 0 ? (uint32_t)-at : 0; /* this many elements before the picture */
	int64_t room = (int64_t)size - at;	      /* taps at distances below it are inside */
	uint64_t inside = room > 0 ? (uint64_t)room : 0;

	if (dil > 1) { /* divisions are slow */
		before = (before + dil - 1) / dil;
		inside = (inside + dil - 1) / dil;
	}
	*end = inside < taps ? (uint32_t)inside : taps;
	*first = before < *end ? before : *end;
}

/*
 * The lead (kernels.h) of a kernel that computes output pixels in order and, when it writes one, still reads its
 * taps and those of pixels behind it, as far back as `ahead` - 1 pixels before it; 0: it has read its own.
 * Elements of both are `size` bytes.
 */
uint64_t ewi_window_lead(const struct ewi_window *w, size_t windows, size_t size, uint32_t ahead);

/*
 * How far behind the beginning of its input a kernel's output must begin that goes through the pixels backwards, and still
 * reads a pixel's taps when it writes it.
 */
uint64_t ewi_window_behind(const struct ewi_window *w, size_t windows, size_t size);

typedef void ewi_spot_fn(const struct ewi_call *c, const struct ewi_spot *s);

/* Calls fn for each output pixel of each window of each picture, in order, or backwards.  Sizes are of one element. */
EW_INLINE void ewi_window_walk(const struct ewi_call *c, const struct ewi_window *w, const void *in,
			       size_t in_size, void *out, size_t out_size, size_t windows, bool backwards,
			       ewi_spot_fn *fn)
{
	size_t picture = (size_t)w->in_h * w->in_w * w->in_c * in_size, pixel = w->out_c * out_size;
	size_t pictures = windows * w->batches;
	struct ewi_spot s = {.out = out};

	if (backwards) /* the pixel behind the last one */
		s.out = (unsigned char *)out + pictures * w->out_h * w->out_w * pixel;
	for (size_t b = 0; b < pictures; b++) {
		s.in = (const unsigned char *)in + (backwards ? pictures - 1 - b : b) * picture;
		for (uint32_t j = 0; j < w->out_h; j++) {
			s.y = (int32_t)((backwards ? w->out_h - 1 - j : j) * w->stride_h) - w->pad_h;
			ewi_window_clip(s.y, w->k_h, w->dil_h, w->in_h, &s.ky, &s.ky_end);
			for (uint32_t i = 0; i < w->out_w; i++) {
				s.x = (int32_t)((backwards ? w->out_w - 1 - i : i) * w->stride_w) - w->pad_w;
				ewi_window_clip(s.x, w->k_w, w->dil_w, w->in_w, &s.kx, &s.kx_end);
				if (backwards)
					s.out = (unsigned char *)s.out - pixel;
				fn(c, &s);
				if (!backwards)
					s.out = (unsigned char *)s.out + pixel;
			}
		}
	}
}

/* Element index of the input pixel under a tap that is inside. */
static inline size_t ewi_spot_at(const struct ewi_window *w, const struct ewi_spot *s, uint32_t ky,
				 uint32_t kx)
{
	size_t y = (size_t)((int64_t)s->y + (int64_t)ky * w->dil_h);
	size_t x = (size_t)((int64_t)s->x + (int64_t)kx * w->dil_w);

	return (y * w->in_w + x) * w->in_c;
}

#endif
