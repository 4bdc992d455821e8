/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tconv_ref.c - TRANSPOSE_CONV: the definition, for each combination of types.  The contract is in conv.h.
 *
 * The source scatters each input over the outputs into a buffer of sums as large as the output; here each
 * output gathers its inputs, in the same order (rows, columns, channels of the input: taps from last to
 * first), and needs no buffer.
 * Source: TensorFlow Lite 8-bit quantization specification, TRANSPOSE_CONV; the reference_integer_ops and
 * reference_ops of tflite-micro 90b983c2 give the same bytes.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

/* An output pixel of one picture. */
struct spot {
	const struct ewi_call *c;
	const struct ewi_conv *p;
	size_t picture; /* its first element */
	uint32_t y, x;
};

/* The input row (column) whose tap k falls on output y; false when there is none. */
static bool source(uint32_t y, int32_t pad, uint32_t k, uint32_t stride, uint32_t size, uint32_t *at)
{
	int64_t from = (int64_t)y + pad - k;

	*at = (uint32_t)(from / stride);
	return from >= 0 && from % stride == 0 && from / stride < size;
}

/* Element index of the input pixel under tap (ky, kx), or false. */
static bool find(const struct spot *s, uint32_t ky, uint32_t kx, size_t *at)
{
	const struct ewi_window *w = &s->p->win;
	uint32_t iy, ix;

	if (!source(s->y, w->pad_h, ky, w->stride_h, w->in_h, &iy) ||
	    !source(s->x, w->pad_w, kx, w->stride_w, w->in_w, &ix))
		return false;
	*at = s->picture + ((size_t)iy * w->in_w + ix) * w->in_c;
	return true;
}

static size_t weight_at(const struct ewi_conv *p, uint32_t o, uint32_t ky, uint32_t kx)
{
	return (((size_t)o * p->win.k_h + ky) * p->win.k_w + kx) * p->win.in_c;
}

static int8_t output_s8(const struct spot *s, uint32_t o)
{
	const uint8_t *bias = s->c->in[3];
	uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)o) : 0;
	size_t at;

	for (uint32_t ky = s->p->win.k_h; ky-- > 0;)
		for (uint32_t kx = s->p->win.k_w; kx-- > 0;) {
			const int8_t *w = (const int8_t *)s->c->in[1] + weight_at(s->p, o, ky, kx);

			for (uint32_t i = 0; find(s, ky, kx, &at) && i < s->p->win.in_c; i++)
				sum += (uint32_t)((((const int8_t *)s->c->in[2])[at + i] - s->p->in_zero) *
						  w[i]);
		}
	return (int8_t)ewi_conv_finish(s->p, o, (int32_t)sum);
}

static int16_t output_s16(const struct spot *s, uint32_t o)
{
	const uint8_t *bias = s->c->in[3];
	uint64_t sum = !bias ? 0 :
		       s->p->bias_16 ? (uint64_t)(int16_t)ewi_le16(bias + 2 * (size_t)o) :
				       ewi_le64(bias + 8 * (size_t)o);
	size_t at;

	for (uint32_t ky = s->p->win.k_h; ky-- > 0;)
		for (uint32_t kx = s->p->win.k_w; kx-- > 0;) {
			const int8_t *w = (const int8_t *)s->c->in[1] + weight_at(s->p, o, ky, kx);

			for (uint32_t i = 0; find(s, ky, kx, &at) && i < s->p->win.in_c; i++)
				sum += (uint64_t)(((const int16_t *)s->c->in[2])[at + i] * w[i]);
		}
	return (int16_t)ewi_conv_finish_wide(s->p, o, sum);
}

static float output_f32(const struct spot *s, uint32_t o)
{
	float sum = 0.0f;
	size_t at;

	for (uint32_t ky = s->p->win.k_h; ky-- > 0;)
		for (uint32_t kx = s->p->win.k_w; kx-- > 0;) {
			size_t w = weight_at(s->p, o, ky, kx);

			for (uint32_t i = 0; find(s, ky, kx, &at) && i < s->p->win.in_c; i++) {
				float product = ((const float *)s->c->in[2])[at + i] *
						ewi_float_at(s->c->in[1], w + i);

				sum += product;
			}
		}
	if (s->c->in[3])
		sum += ewi_float_at(s->c->in[3], o);
	return ewi_clamp_float(sum, s->p->f_min, s->p->f_max);
}

enum type { S8, S16, F32 };

EW_INLINE void run(const struct ewi_call *c, enum type type)
{
	const struct ewi_conv *p = c->params;
	const struct ewi_window *w = &p->win;
	struct spot s = {c, p, 0, 0, 0};
	size_t to = 0;

	for (size_t b = 0; b < c->windows * w->batches; b++) {
		for (s.y = 0; s.y < w->out_h; s.y++)
			for (s.x = 0; s.x < w->out_w; s.x++)
				for (uint32_t o = 0; o < w->out_c; o++, to++)
					switch (type) {
					case S8: ((int8_t *)c->out)[to] = output_s8(&s, o); break;
					case S16: ((int16_t *)c->out)[to] = output_s16(&s, o); break;
					case F32: ((float *)c->out)[to] = output_f32(&s, o); break;
					}
		s.picture += (size_t)w->in_h * w->in_w * w->in_c;
	}
}

void ewk_tconv_s8_ref(const struct ewi_call *c)
{
	run(c, S8);
}

void ewk_tconv_s16_b64_ref(const struct ewi_call *c)
{
	run(c, S16);
}

void ewk_tconv_f32_ref(const struct ewi_call *c)
{
	run(c, F32);
}
#endif
