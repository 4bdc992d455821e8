/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * lstm_ref.c - UNIDIRECTIONAL_SEQUENCE_LSTM: the definition.  The contract is in recurrent.h.
 *
 * Source: tflite-micro 90b983c2, kernels/lstm_eval.h, lstm_eval.cc.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/real.h"
#include "tensor/recurrent.h"
#include "tensor/unary.h"

static int32_t clamp16(int32_t v)
{
	return ewi_clamp(v, INT16_MIN, INT16_MAX);
}

static int32_t product(int32_t a, int32_t b, struct ewi_scale s, bool single)
{
	return ewi_requant_as((int32_t)((uint32_t)a * (uint32_t)b), s, single);
}

int32_t ewi_lstm_curve(uint32_t gate, int32_t v)
{
	struct ewi_unary u = {.scale = {3, 0}}; /* 2^-12 to 24ths */

	return gate == LSTM_CELL ? ewi_unary_tanh16(&u, v) : ewi_unary_logistic16(&u, v);
}

int32_t ewi_lstm_update(const struct ewi_lstm *p, const int32_t *gate, int16_t *cell)
{
	struct ewi_unary u = {.scale = p->tanh};
	int32_t keep = clamp16(product(gate[LSTM_FORGET], *cell, p->forget_cell, p->single));
	int32_t add = clamp16(product(gate[LSTM_INPUT], gate[LSTM_CELL], p->input_cell, p->single));
	int32_t v = clamp16(keep + add);

	if (p->cell_clip > 0)
		v = ewi_clamp(v, -p->cell_clip, p->cell_clip);
	*cell = (int16_t)v;
	v = product(ewi_unary_tanh16(&u, v), gate[LSTM_OUTPUT], p->hidden, p->single);
	return ewi_wrap_add(v, p->hidden_zero);
}

/* ---- int8 ---------------------------------------------------------------------------------------- */

static uint32_t dot_s8(const int8_t *x, int32_t x_zero, const int8_t *w, int32_t w_zero, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (uint32_t)((x[i] - x_zero) * (w[i] - w_zero));
	return sum;
}

void ewk_lstm_s8_ref(const struct ewi_call *c)
{
	ewi_lstm_s8(c, dot_s8);
}

/* ---- int16 --------------------------------------------------------------------------------------- */

static int32_t product_s16(const int16_t *in, int32_t zero, const uint8_t *w, int32_t w_zero, uint32_t n,
			   uint64_t bias, struct ewi_scale scale)
{
	const int8_t *weights = (const int8_t *)w;

	for (uint32_t i = 0; i < n; i++)
		bias += (uint64_t)((int64_t)(in[i] - zero) * (weights[i] - w_zero));
	return clamp16(ewi_requant_wide((int64_t)bias, scale));
}

static int32_t gate_s16(const struct ewi_lstm *p, uint32_t g, uint32_t s, const int16_t *in, const int16_t *hidden)
{
	const struct ewi_lstm_gate *k = &p->gates[g];
	int32_t a = product_s16(in, p->in_zero, k->w + (size_t)s * p->input, k->w_zero, p->input,
				ewi_le64(k->bias + 8 * (size_t)s), k->scale);
	int32_t b = product_s16(hidden, p->hidden_zero, k->recurrent + (size_t)s * p->state, k->recurrent_zero,
				p->state, 0, k->recurrent_scale);

	return ewi_lstm_curve(g, clamp16(a + b));
}

void ewk_lstm_s16_ref(const struct ewi_call *c)
{
	const struct ewi_lstm *p = c->params;
	int16_t *hidden = c->list[18], *output = c->list[24], *cell = c->list[19];
	const int16_t *input = c->list[0];

	for (uint32_t b = 0; b < p->batch; b++, hidden += p->state, cell += p->state)
		for (uint32_t t = 0; t < p->steps; t++) {
			size_t row = ewi_lstm_row(p, b, t);
			int16_t *out = output + row * p->state;

			for (uint32_t s = 0; s < p->state; s++) {
				int32_t gate[LSTM_GATES];

				for (uint32_t g = 0; g < LSTM_GATES; g++)
					gate[g] = gate_s16(p, g, s, input + row * p->input, hidden);
				out[s] = (int16_t)clamp16(ewi_lstm_update(p, gate, &cell[s]));
			}
			memcpy(hidden, out, p->state * sizeof(*out));
		}
}

/* ---- float --------------------------------------------------------------------------------------- */

static float dot(const uint8_t *w, size_t row, const float *v, uint32_t n)
{
	float sum = 0.0f;

	for (uint32_t i = 0; i < n; i++)
		sum += v[i] * ewi_float_at(w, row * n + i);
	return sum;
}

static float gate_f32(const struct ewi_lstm *p, uint32_t g, uint32_t s, const float *in, const float *hidden)
{
	const struct ewi_lstm_gate *k = &p->gates[g];
	float v = dot(k->w, s, in, p->input) + ewi_float_at(k->bias, s);

	v += dot(k->recurrent, s, hidden, p->state);
	return (float)(g == LSTM_CELL ? ewi_tanh(v) : ewi_logistic(v));
}

void ewk_lstm_f32_ref(const struct ewi_call *c)
{
	const struct ewi_lstm *p = c->params;
	float *hidden = c->list[18], *output = c->list[24], *cell = c->list[19];
	const float *input = c->list[0];

	for (uint32_t b = 0; b < p->batch; b++, hidden += p->state, cell += p->state)
		for (uint32_t t = 0; t < p->steps; t++) {
			size_t row = ewi_lstm_row(p, b, t);
			float *out = output + row * p->state;

			for (uint32_t s = 0; s < p->state; s++) {
				float gate[LSTM_GATES], v;

				for (uint32_t g = 0; g < LSTM_GATES; g++)
					gate[g] = gate_f32(p, g, s, input + row * p->input, hidden);
				v = gate[LSTM_FORGET] * cell[s];
				v += gate[LSTM_INPUT] * gate[LSTM_CELL];
				if (p->f_clip > 0)
					v = ewi_clamp_float(v, -p->f_clip, p->f_clip);
				cell[s] = v;
				out[s] = (float)ewi_tanh(v) * gate[LSTM_OUTPUT];
			}
			memcpy(hidden, out, p->state * sizeof(*out));
		}
}
#endif
