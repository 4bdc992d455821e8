/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * conv_ref.c - CONV_2D: the definition, for each combination of types.  To be read, not to be fast.
 * The contract is in conv.h.
 * Source: TensorFlow Lite 8-bit quantization specification, CONV_2D; the reference_integer_ops and
 * reference_ops of tflite-micro 90b983c2 give the same bytes.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

static void walk(const struct ewi_call *c, size_t size, ewi_spot_fn *fn)
{
	const struct ewi_conv *p = c->params;

	ewi_window_walk(c, &p->win, c->in[0], size, c->out, size, c->windows, c->backwards, fn);
}

/* The first of the channels that output o sees. */
static uint32_t group_start(const struct ewi_conv *p, uint32_t o)
{
	return o / (p->win.out_c / p->groups) * p->tap_c;
}

static size_t weight_at(const struct ewi_conv *p, uint32_t o, uint32_t ky, uint32_t kx)
{
	return (((size_t)o * p->win.k_h + ky) * p->win.k_w + kx) * p->tap_c;
}

static void spot_s8(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const uint8_t *bias = c->in[2];
	int8_t *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		const int8_t *in = (const int8_t *)s->in + group_start(p, o);
		uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)o) : 0;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
				const int8_t *x = in + ewi_spot_at(&p->win, s, ky, kx);
				const int8_t *w = (const int8_t *)c->in[1] + weight_at(p, o, ky, kx);

				for (uint32_t i = 0; i < p->tap_c; i++)
					sum += (uint32_t)((x[i] - p->in_zero) * w[i]);
			}
		out[o] = (int8_t)ewi_conv_finish(p, o, (int32_t)sum);
	}
}

void ewk_conv_s8_ref(const struct ewi_call *c)
{
	walk(c, 1, spot_s8);
}

static void spot_s8_w4(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const uint8_t *bias = c->in[2];
	int8_t *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		const int8_t *in = (const int8_t *)s->in + group_start(p, o);
		uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)o) : 0;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
				const int8_t *x = in + ewi_spot_at(&p->win, s, ky, kx);
				size_t w = weight_at(p, o, ky, kx);

				for (uint32_t i = 0; i < p->tap_c; i++)
					sum += (uint32_t)((x[i] - p->in_zero) *
							  ewi_int4_at(c->in[1], w + i));
			}
		out[o] = (int8_t)ewi_conv_finish(p, o, (int32_t)sum);
	}
}

void ewk_conv_s8_w4_ref(const struct ewi_call *c)
{
	walk(c, 1, spot_s8_w4);
}

/* Sum of products modulo 2^64, whose low half is the sum modulo 2^32. */
static uint64_t sum_s16(const struct ewi_call *c, const struct ewi_spot *s, uint32_t o)
{
	const struct ewi_conv *p = c->params;
	const int16_t *in = (const int16_t *)s->in + group_start(p, o);
	uint64_t sum = 0;

	for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
		for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
			const int16_t *x = in + ewi_spot_at(&p->win, s, ky, kx);
			const int8_t *w = (const int8_t *)c->in[1] + weight_at(p, o, ky, kx);

			for (uint32_t i = 0; i < p->tap_c; i++)
				sum += (uint64_t)(x[i] * w[i]);
		}
	return sum;
}

static void spot_s16(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const uint8_t *bias = c->in[2];
	int16_t *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)o) : 0;

		sum += (uint32_t)sum_s16(c, s, o);
		out[o] = (int16_t)ewi_conv_finish(p, o, (int32_t)sum);
	}
}

void ewk_conv_s16_ref(const struct ewi_call *c)
{
	walk(c, 2, spot_s16);
}

static void spot_s16_b64(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const uint8_t *bias = c->in[2];
	int16_t *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		uint64_t sum = bias ? ewi_le64(bias + 8 * (size_t)o) : 0;

		out[o] = (int16_t)ewi_conv_finish_wide(p, o, sum + sum_s16(c, s, o));
	}
}

void ewk_conv_s16_b64_ref(const struct ewi_call *c)
{
	walk(c, 2, spot_s16_b64);
}

static void spot_f32(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_conv *p = c->params;
	const uint8_t *bias = c->in[2];
	float *out = s->out;

	for (uint32_t o = 0; o < p->win.out_c; o++) {
		const float *in = (const float *)s->in + group_start(p, o);
		float sum = 0.0f;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
				const float *x = in + ewi_spot_at(&p->win, s, ky, kx);
				size_t w = weight_at(p, o, ky, kx);

				for (uint32_t i = 0; i < p->tap_c; i++) {
					float product = x[i] * ewi_float_at(c->in[1], w + i);

					sum += product;
				}
			}
		sum += bias ? ewi_float_at(bias, o) : 0.0f;
		out[o] = ewi_clamp_float(sum, p->f_min, p->f_max);
	}
}

void ewk_conv_f32_ref(const struct ewi_call *c)
{
	walk(c, 4, spot_f32);
}
#endif
