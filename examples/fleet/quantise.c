/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * quantise.c - see quantise.h.  An int32 sum cannot overflow: 32 products
 * below 2^15 and a bias that is held below 2^30.
 */
#include "strict_float.h"

#include "quantise.h"

#include <string.h>

static float magnitude(float v)
{
	return v < 0.0f ? -v : v;
}

static int32_t nearest(float v, int32_t limit)
{
	if (v >= (float)limit)
		return limit;
	if (v <= (float)-limit)
		return -limit;
	return (int32_t)(v < 0.0f ? v - 0.5f : v + 0.5f);
}

/* real = multiplier / 2^31 * 2^shift with 2^30 <= multiplier < 2^31; real is
 * positive and normal. */
static void split_multiplier(double real, int32_t *multiplier, int *shift)
{
	uint64_t bits;
	int64_t m;

	memcpy(&bits, &real, sizeof(bits));
	*shift = (int)(bits >> 52 & 0x7ff) - 1022;
	/* 53 significant bits to 31, half away from zero */
	m = (int64_t)((bits & 0xfffffffffffffu) | 0x10000000000000u);
	m = (m + (1 << 21)) >> 22;
	if (m == (int64_t)1 << 31) {
		m /= 2;
		++*shift;
	}
	*multiplier = (int32_t)m;
}

static void make_layer(struct q_layer *q, const struct ae_layer *layer, uint32_t inputs,
		       uint32_t outputs)
{
	float top = 1e-6f;

	for (uint32_t o = 0; o < outputs; o++)
		for (uint32_t i = 0; i < inputs; i++)
			if (magnitude(layer->w[o][i]) > top)
				top = magnitude(layer->w[o][i]);
	q->w_scale = top / 127.0f;
	/* the product of the scales is taken in float, as the runtime does */
	const float both = q->in_scale * q->w_scale;

	for (uint32_t o = 0; o < outputs; o++) {
		for (uint32_t i = 0; i < inputs; i++)
			q->w[o * inputs + i] =
				(int8_t)nearest(layer->w[o][i] / q->w_scale, 127);
		q->b[o] = nearest(layer->b[o] / both, 1 << 29);
	}
	split_multiplier((double)both / (double)q->out_scale, &q->multiplier, &q->shift);
}

void q_make(struct q_net *q, const struct ae_net *net, float in_scale,
	    const float top[AE_LAYERS])
{
	float scale = in_scale;
	int32_t zero = 0;

	memset(q, 0, sizeof(*q));
	for (uint32_t l = 0; l < AE_LAYERS; l++) {
		struct q_layer *layer = &q->layer[l];

		layer->relu = l + 1 < AE_LAYERS;
		layer->in_scale = scale;
		layer->in_zero = zero;
		scale = layer->relu ? (top[l] > 1e-3f ? top[l] : 1e-3f) / 255.0f : in_scale;
		zero = layer->relu ? -128 : 0;
		layer->out_scale = scale;
		layer->out_zero = zero;
		make_layer(layer, &net->layer[l], ae_widths[l], ae_widths[l + 1]);
	}
}

static int32_t requantise(int32_t x, int32_t multiplier, int shift)
{
	const int left = shift > 0 ? shift : 0, right = shift < 0 ? -shift : 0;
	const int64_t h = (((int64_t)x * ((int64_t)1 << left)) * multiplier +
			   ((int64_t)1 << 30)) >> 31;

	if (right == 0)
		return (int32_t)h;
	return (int32_t)((h + ((int64_t)1 << (right - 1)) - (h < 0)) >> right);
}

void q_run(const struct q_net *q, const int8_t *in, int8_t *out)
{
	int8_t hidden[2][AE_WIDTH_MAX];

	for (uint32_t l = 0; l < AE_LAYERS; l++) {
		const struct q_layer *layer = &q->layer[l];
		const uint32_t inputs = ae_widths[l];
		const int32_t least = layer->relu ? layer->out_zero : -128;
		int8_t *to = l + 1 < AE_LAYERS ? hidden[l % 2] : out;

		for (uint32_t o = 0; o < ae_widths[l + 1]; o++) {
			int32_t sum = layer->b[o];

			for (uint32_t i = 0; i < inputs; i++)
				sum += (in[i] - layer->in_zero) * layer->w[o * inputs + i];
			sum = requantise(sum, layer->multiplier, layer->shift) +
			      layer->out_zero;
			to[o] = (int8_t)(sum < least ? least : sum > 127 ? 127 : sum);
		}
		in = to;
	}
}
