/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * svdf_ref.c - SVDF: the definition.  The contract is in recurrent.h.
 * Source: tflite-micro 90b983c2, kernels/svdf_common.cc.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/recurrent.h"

static uint32_t dot_s8(const int8_t *x, int32_t x_zero, const int8_t *w, int32_t w_zero, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (uint32_t)((x[i] - x_zero) * (w[i] - w_zero));
	return sum;
}

static uint32_t dot_s16(const int16_t *x, int32_t x_zero, const uint8_t *w, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (uint32_t)((x[i] - x_zero) * (int16_t)ewi_le16(w + 2 * (size_t)i));
	return sum;
}

void ewk_svdf_s8_ref(const struct ewi_call *c)
{
	ewi_svdf_s8(c, dot_s8, dot_s16);
}

static float dot(const uint8_t *w, size_t first, const float *v, uint32_t n)
{
	float sum = 0.0f;

	for (uint32_t i = 0; i < n; i++)
		sum += ewi_float_at(w, first + i) * v[i];
	return sum;
}

void ewk_svdf_f32_ref(const struct ewi_call *c)
{
	const struct ewi_svdf *p = c->params;
	const float *in = c->list[0];
	const uint8_t *feature = c->list[1], *time = c->list[2], *bias = c->list[3];
	float *state = c->list[4], *out = c->list[5];

	memmove(state, state + 1, ((size_t)p->batch * p->filters * p->memory - 1) * sizeof(*state));
	for (uint32_t b = 0; b < p->batch; b++, state += (size_t)p->filters * p->memory) {
		for (uint32_t f = 0; f < p->filters; f++)
			state[(size_t)(f + 1) * p->memory - 1] =
				dot(feature, (size_t)f * p->input, in + (size_t)b * p->input, p->input);
		for (uint32_t u = 0; u < p->units; u++) {
			float sum = bias ? ewi_float_at(bias, u) : 0.0f;

			for (uint32_t r = 0; r < p->rank; r++) {
				size_t first = ((size_t)u * p->rank + r) * p->memory;

				sum += dot(time, first, state + first, p->memory);
			}
			*out++ = ewi_clamp_float(sum, p->f_min, p->f_max);
		}
	}
}
#endif
