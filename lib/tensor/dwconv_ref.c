/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dwconv_ref.c - DEPTHWISE_CONV_2D: the definition, for each combination of types.  The contract is in conv.h.
 * Source: TensorFlow Lite 8-bit quantization specification, DEPTHWISE_CONV_2D; the reference_integer_ops and
 * reference_ops of tflite-micro 90b983c2 give the same bytes (where they do not crash: a bias may be left out).
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

static void walk(const struct ewi_call *c, size_t size, ewi_spot_fn *fn)
{
	const struct ewi_conv *p = c->params;

	ewi_window_walk(c, &p->win, c->in[0], size, c->out, size, c->windows, c->backwards, fn);
}

static size_t weight_at(const struct ewi_conv *p, uint32_t o, uint32_t ky, uint32_t kx)
{
	return ((size_t)ky * p->win.k_w + kx) * p->win.out_c + o;
}

static void spot_s8(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const int8_t *w = c->in[1];
	const uint8_t *bias = c->in[2];
	int8_t *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		const int8_t *in = (const int8_t *)s->in + o / p->multiplier;
		uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)o) : 0;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++)
				sum += (uint32_t)((in[ewi_spot_at(&p->win, s, ky, kx)] - p->in_zero) *
						  w[weight_at(p, o, ky, kx)]);
		out[o] = (int8_t)ewi_conv_finish(p, o, (int32_t)sum);
	}
}

void ewk_dwconv_s8_ref(const struct ewi_call *c)
{
	walk(c, 1, spot_s8);
}

static void spot_s8_w4(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const uint8_t *bias = c->in[2];
	int8_t *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		const int8_t *in = (const int8_t *)s->in + o / p->multiplier;
		uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)o) : 0;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++)
				sum += (uint32_t)((in[ewi_spot_at(&p->win, s, ky, kx)] - p->in_zero) *
						  ewi_int4_at(c->in[1], weight_at(p, o, ky, kx)));
		out[o] = (int8_t)ewi_conv_finish(p, o, (int32_t)sum);
	}
}

void ewk_dwconv_s8_w4_ref(const struct ewi_call *c)
{
	walk(c, 1, spot_s8_w4);
}

static void spot_s16_b64(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const int8_t *w = c->in[1];
	const uint8_t *bias = c->in[2];
	int16_t *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		const int16_t *in = (const int16_t *)s->in + o / p->multiplier;
		uint64_t sum = bias ? ewi_le64(bias + 8 * (size_t)o) : 0;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++)
				sum += (uint64_t)(in[ewi_spot_at(&p->win, s, ky, kx)] *
						  w[weight_at(p, o, ky, kx)]);
		out[o] = (int16_t)ewi_conv_finish_wide(p, o, sum);
	}
}

void ewk_dwconv_s16_b64_ref(const struct ewi_call *c)
{
	walk(c, 2, spot_s16_b64);
}

static void spot_f32(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const uint8_t *bias = c->in[2];
	float *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		const float *in = (const float *)s->in + o / p->multiplier;
		float sum = 0.0f;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
				float product = in[ewi_spot_at(&p->win, s, ky, kx)] *
						ewi_float_at(c->in[1], weight_at(p, o, ky, kx));

				sum += product;
			}
		sum += bias ? ewi_float_at(bias, o) : 0.0f;
		out[o] = ewi_clamp_float(sum, p->f_min, p->f_max);
	}
}

void ewk_dwconv_f32_ref(const struct ewi_call *c)
{
	walk(c, 4, spot_f32);
}
#endif
