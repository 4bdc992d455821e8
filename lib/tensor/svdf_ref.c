/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * svdf_ref.c - SVDF: the definition.  The contract is in recurrent.h.
 * Source: tflite-micro 90b983c2, kernels/svdf_common.cc.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/recurrent.h"

static int32_t state_at(const struct ewi_svdf *p, const void *state, size_t i)
{
	return p->wide ? ((const int16_t *)state)[i] : ((const int8_t *)state)[i];
}

static int32_t time_at(const struct ewi_svdf *p, const uint8_t *w, size_t i)
{
	return p->wide ? (int16_t)ewi_le16(w + 2 * i) : (int8_t)w[i];
}

/* The newest step of every filter's memory. */
static void remember(const struct ewi_svdf *p, const int8_t *in, const int8_t *w, void *state)
{
	int32_t low = p->wide ? INT16_MIN : INT8_MIN, high = p->wide ? INT16_MAX : INT8_MAX;

	for (uint32_t b = 0; b < p->batch; b++)
		for (uint32_t f = 0; f < p->filters; f++) {
			size_t at = ((size_t)b * p->filters + f) * p->memory + p->memory - 1;
			uint32_t sum = 0;
			int32_t v;

			for (uint32_t i = 0; i < p->input; i++)
				sum += (uint32_t)(w[(size_t)f * p->input + i] *
						  (in[(size_t)b * p->input + i] - p->in_zero));
			v = ewi_requant_as((int32_t)sum, p->scale_1, p->single);
			v = ewi_clamp(v, low, high) + p->state_zero;
			if (p->wide)
				((int16_t *)state)[at] = (int16_t)v;
			else
				((int8_t *)state)[at] = (int8_t)v;
		}
}

void ewk_svdf_s8_ref(const struct ewi_call *c)
{
	const struct ewi_svdf *p = c->params;
	const uint8_t *w = c->list[2], *bias = c->list[3];
	size_t size = p->wide ? 2 : 1, n = (size_t)p->batch * p->filters * p->memory;
	void *state = c->list[4];
	int8_t *out = c->list[5];

	memmove(state, (uint8_t *)state + size, (n - 1) * size);
	remember(p, c->list[0], c->list[1], state);
	for (uint32_t b = 0; b < p->batch; b++)
		for (uint32_t u = 0; u < p->units; u++) {
			size_t first = (size_t)u * p->rank * p->memory;
			uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)u) : 0;
			int32_t v;

			/* Its filters lie side by side, and so do their memories. */
			for (size_t i = first; i < first + (size_t)p->rank * p->memory; i++)
				sum += (uint32_t)(time_at(p, w, i) *
						  (state_at(p, state, (size_t)b * p->filters * p->memory + i) -
						   p->state_zero));
			v = ewi_wrap_add(ewi_requant_as((int32_t)sum, p->scale_2, p->single), p->out_zero);
			*out++ = (int8_t)ewi_clamp(v, INT8_MIN, INT8_MAX);
		}
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
