/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * softmax_ref.c - SOFTMAX: the definition.  The contract is in softmax.h.
 * Source: tflite-micro 90b983c2, internal/reference/softmax.h, and LUTLookup of internal/common.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "tensor/fixed.h"
#include "tensor/real.h"
#include "tensor/softmax.h"

static int32_t largest(const int8_t *in, uint32_t n)
{
	int32_t max = INT8_MIN;

	for (uint32_t i = 0; i < n; i++)
		max = in[i] > max ? in[i] : max;
	return max;
}

/* exp of a difference, in Q0. */
static int32_t exp_of(const struct ewi_softmax *p, int32_t diff)
{
	return ewi_fixed_exp(ewi_requant_as(diff, p->scale, p->single), 5);
}

/*
 * The sum is at least 2^19, the largest's exp, and saturates (the source's overflows).  Shares beyond what the
 * source allows (sums of 2^28 and above) become 0.
 */
static void row_s8(const struct ewi_softmax *p, const int8_t *in, void *out, size_t at)
{
	int32_t max = largest(in, p->depth), scale, over, bits = p->wide ? 16 : 8;
	int32_t low = p->wide ? INT16_MIN : INT8_MIN, high = p->wide ? INT16_MAX : INT8_MAX;
	int64_t sum = 0;

	for (uint32_t i = 0; i < p->depth; i++)
		if (in[i] - max >= p->diff_min)
			sum += ewi_round_shift(exp_of(p, in[i] - max), 12);
	scale = ewi_fixed_reciprocal(sum > INT32_MAX ? INT32_MAX : (int32_t)sum, 12, &over);
	for (uint32_t i = 0; i < p->depth; i++) {
		int32_t shift = over + 31 - bits, v = 0;

		if (in[i] - max >= p->diff_min && shift <= 31)
			v = ewi_round_shift(ewi_high_mul(scale, exp_of(p, in[i] - max)), shift);
		v = ewi_clamp(v + low, low, high);
		if (p->wide)
			((int16_t *)out)[at + i] = (int16_t)v;
		else
			((int8_t *)out)[at + i] = (int8_t)v;
	}
}

void ewk_softmax_s8_ref(const struct ewi_call *c)
{
	const struct ewi_softmax *p = c->params;

	for (size_t r = 0; r < c->windows * p->rows; r++)
		row_s8(p, (const int8_t *)c->in[0] + r * p->depth, c->out, r * p->depth);
}

/* The high 9 bits choose a step, the low 7 a place on it. */
static int32_t on_curve(const int16_t *curve, int32_t v)
{
	uint32_t i = (uint32_t)(256 + (v >> 7));
	int32_t slope = (int16_t)(curve[i + 1] - curve[i]);

	return (int16_t)(curve[i] + ((slope * (v & 127) + 64) >> 7));
}

static void row_s16(const struct ewi_softmax *p, const int16_t *in, int16_t *out)
{
	int32_t max = INT16_MIN, headroom = 0, share;
	int64_t sum = 0;

	for (uint32_t i = 0; i < p->depth; i++)
		max = in[i] > max ? in[i] : max;
	for (uint32_t i = 0; i < p->depth; i++) {
		int32_t v = ewi_wrap_add(ewi_requant_as(in[i] - max, p->scale, p->single), INT16_MAX);

		out[i] = (int16_t)on_curve(p->exp, ewi_clamp(v, INT16_MIN, INT16_MAX));
		sum += out[i];
	}
	sum = sum > INT32_MAX ? INT32_MAX : sum < 1 ? 1 : sum;
	while (!((uint32_t)sum << (headroom + 1) >> 31)) /* of a positive int32 */
		headroom++;
	share = (int32_t)(((sum << headroom) + (1 << 13)) >> 14) - ((1 << 15) + (1 << 16));
	share = on_curve(p->reciprocal, ewi_clamp(share, INT16_MIN, INT16_MAX));
	for (uint32_t i = 0; i < p->depth; i++) {
		int32_t shift = 30 - headroom;
		int64_t v = (int64_t)out[i] * share;

		v = shift > 0 ? (v + ((int64_t)1 << (shift - 1))) >> shift : v;
		out[i] = (int16_t)(v < 0 ? 0 : v > INT16_MAX ? INT16_MAX : v);
	}
}

void ewk_softmax_s16_ref(const struct ewi_call *c)
{
	const struct ewi_softmax *p = c->params;

	for (size_t r = 0; r < c->windows * p->rows; r++)
		row_s16(p, (const int16_t *)c->in[0] + r * p->depth, (int16_t *)c->out + r * p->depth);
}

void ewk_softmax_f32_ref(const struct ewi_call *c)
{
	const struct ewi_softmax *p = c->params;
	const float *in = c->in[0];
	float *out = c->out;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth, out += p->depth) {
		float max = -FLT_MAX, sum = 0.0f;

		for (uint32_t i = 0; i < p->depth; i++)
			max = max < in[i] ? in[i] : max;
		for (uint32_t i = 0; i < p->depth; i++) {
			out[i] = (float)ewi_exp((in[i] - max) * p->beta);
			sum += out[i];
		}
		for (uint32_t i = 0; i < p->depth; i++)
			out[i] /= sum;
	}
}
#endif
