/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pool_ref.c - AVERAGE_POOL_2D and MAX_POOL_2D: the definition, for each type.  The contract is in conv.h.
 * Source: the reference_integer_ops and reference_ops of tflite-micro 90b983c2 give the same bytes.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "tensor/kernels.h"

static void walk(const struct ewi_call *c, size_t size, ewi_spot_fn *fn)
{
	const struct ewi_pool *p = c->params;

	ewi_window_walk(c, &p->win, c->in[0], size, c->out, size, c->windows, c->backwards, fn);
}

static int32_t taps(const struct ewi_spot *s)
{
	return (int32_t)((s->ky_end - s->ky) * (s->kx_end - s->kx));
}

/* Ties away from 0: half the count goes on top before the division cuts off. */
static int32_t mean(int32_t sum, int32_t count)
{
	return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

static void average_s8(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	int8_t *out = s->out;

	for (uint32_t ch = 0; ch < p->win.out_c; ch++) {
		const int8_t *in = (const int8_t *)s->in + ch;
		int32_t sum = 0;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++)
				sum += in[ewi_spot_at(&p->win, s, ky, kx)];
		out[ch] = (int8_t)ewi_clamp(mean(sum, taps(s)), p->act_min, p->act_max);
	}
}

void ewk_avgpool_s8_ref(const struct ewi_call *c)
{
	walk(c, 1, average_s8);
}

static void average_s16(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	int16_t *out = s->out;

	for (uint32_t ch = 0; ch < p->win.out_c; ch++) {
		const int16_t *in = (const int16_t *)s->in + ch;
		int32_t sum = 0;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++)
				sum += in[ewi_spot_at(&p->win, s, ky, kx)];
		out[ch] = (int16_t)ewi_clamp(mean(sum, taps(s)), p->act_min, p->act_max);
	}
}

void ewk_avgpool_s16_ref(const struct ewi_call *c)
{
	walk(c, 2, average_s16);
}

static void average_f32(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	float *out = s->out;

	for (uint32_t ch = 0; ch < p->win.out_c; ch++) {
		const float *in = (const float *)s->in + ch;
		float sum = 0.0f;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++)
				sum += in[ewi_spot_at(&p->win, s, ky, kx)];
		out[ch] = ewi_clamp_float(sum / (float)taps(s), p->f_min, p->f_max);
	}
}

void ewk_avgpool_f32_ref(const struct ewi_call *c)
{
	walk(c, 4, average_f32);
}

static void max_s8(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	int8_t *out = s->out;

	for (uint32_t ch = 0; ch < p->win.out_c; ch++) {
		const int8_t *in = (const int8_t *)s->in + ch;
		int8_t max = INT8_MIN;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
				int8_t v = in[ewi_spot_at(&p->win, s, ky, kx)];

				max = v > max ? v : max;
			}
		out[ch] = (int8_t)ewi_clamp(max, p->act_min, p->act_max);
	}
}

void ewk_maxpool_s8_ref(const struct ewi_call *c)
{
	walk(c, 1, max_s8);
}

static void max_s16(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	int16_t *out = s->out;

	for (uint32_t ch = 0; ch < p->win.out_c; ch++) {
		const int16_t *in = (const int16_t *)s->in + ch;
		int16_t max = INT16_MIN;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
				int16_t v = in[ewi_spot_at(&p->win, s, ky, kx)];

				max = v > max ? v : max;
			}
		out[ch] = (int16_t)ewi_clamp(max, p->act_min, p->act_max);
	}
}

void ewk_maxpool_s16_ref(const struct ewi_call *c)
{
	walk(c, 2, max_s16);
}

/* A NaN is never the larger one. */
static void max_f32(const struct ewi_call *c, const struct ewi_spot *s)
{
	const struct ewi_pool *p = c->params;
	float *out = s->out;

	for (uint32_t ch = 0; ch < p->win.out_c; ch++) {
		const float *in = (const float *)s->in + ch;
		float max = -FLT_MAX;

		for (uint32_t ky = s->ky; ky < s->ky_end; ky++)
			for (uint32_t kx = s->kx; kx < s->kx_end; kx++) {
				float v = in[ewi_spot_at(&p->win, s, ky, kx)];

				max = v > max ? v : max;
			}
		out[ch] = ewi_clamp_float(max, p->f_min, p->f_max);
	}
}

void ewk_maxpool_f32_ref(const struct ewi_call *c)
{
	walk(c, 4, max_f32);
}
#endif
