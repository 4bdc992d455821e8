/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fc_ref.c - FULLY_CONNECTED: the definition, for each combination of types.  To be read, not to be fast.
 * The contract is in kernels.h.
 * Source: TensorFlow Lite 8-bit quantization specification, FULLY_CONNECTED; the reference_integer_ops and
 * reference_ops of tflite-micro 90b983c2 give the same bytes.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/kernels.h"

void ewk_fc_s8_ref(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const int8_t *in = c->in[0];
	const uint8_t *bias = c->in[2];
	int8_t *out = c->out;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth) {
		const int8_t *w = c->in[1];

		for (uint32_t u = 0; u < p->units; u++, w += p->depth) {
			uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)u) : 0;

			for (uint32_t d = 0; d < p->depth; d++)
				sum += (uint32_t)((in[d] - p->in_zero) * (w[d] - p->w_zero));
			*out++ = (int8_t)ewi_fc_finish(p, u, (int32_t)sum);
		}
	}
}

void ewk_fc_s8_w4_ref(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const int8_t *in = c->in[0];
	const uint8_t *w = c->in[1], *bias = c->in[2];
	int8_t *out = c->out;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth) {
		for (uint32_t u = 0; u < p->units; u++) {
			uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)u) : 0;
			size_t row = (size_t)u * p->depth;

			for (uint32_t d = 0; d < p->depth; d++)
				sum += (uint32_t)((in[d] - p->in_zero) *
						  (ewi_int4_at(w, row + d) - p->w_zero));
			*out++ = (int8_t)ewi_fc_finish(p, u, (int32_t)sum);
		}
	}
}

/* |in - in_zero| < 2^17 and |w - w_zero| < 2^8: a product fits in int32. */
void ewk_fc_s16_ref(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const int16_t *in = c->in[0];
	const uint8_t *bias = c->in[2];
	int16_t *out = c->out;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth) {
		const int8_t *w = c->in[1];

		for (uint32_t u = 0; u < p->units; u++, w += p->depth) {
			uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)u) : 0;

			for (uint32_t d = 0; d < p->depth; d++)
				sum += (uint32_t)((in[d] - p->in_zero) * (w[d] - p->w_zero));
			*out++ = (int16_t)ewi_fc_finish(p, u, (int32_t)sum);
		}
	}
}

void ewk_fc_s16_b64_ref(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const int16_t *in = c->in[0];
	const uint8_t *bias = c->in[2];
	int16_t *out = c->out;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth) {
		const int8_t *w = c->in[1];

		for (uint32_t u = 0; u < p->units; u++, w += p->depth) {
			uint64_t sum = bias ? ewi_le64(bias + 8 * (size_t)u) : 0;
			int32_t v;

			for (uint32_t d = 0; d < p->depth; d++)
				sum += (uint64_t)((in[d] - p->in_zero) * (w[d] - p->w_zero));
			v = ewi_requant_wide((int64_t)sum, ewi_fc_scale(p, u));
			*out++ = (int16_t)ewi_clamp(ewi_wrap_add(v, p->out_zero), p->act_min,
						    p->act_max);
		}
	}
}

void ewk_fc_f32_ref(const struct ewi_call *c)
{
	const struct ewi_fc *p = c->params;
	const float *in = c->in[0];
	const uint8_t *w = c->in[1], *bias = c->in[2];
	float *out = c->out;

	for (size_t r = 0; r < c->windows * p->rows; r++, in += p->depth) {
		for (uint32_t u = 0; u < p->units; u++) {
			float sum = 0.0f;

			for (uint32_t d = 0; d < p->depth; d++) {
				float product = in[d] * ewi_float_at(w, (size_t)u * p->depth + d);

				sum += product;
			}
			sum += bias ? ewi_float_at(bias, u) : 0.0f;
			*out++ = ewi_clamp_float(sum, p->f_min, p->f_max);
		}
	}
}
#endif
