/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* recurrent.h - what the kernels of SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM are given. */
#ifndef EW_TENSOR_RECURRENT_H
#define EW_TENSOR_RECURRENT_H

#include <string.h>
#include "tensor/kernels.h"

/*
 * SVDF: each filter's dot product with the input goes into its memory of the last `memory` steps; a unit is the sum
 * of its `rank` filters' memories weighted by time.  List: input, feature weights, time weights, bias or NULL, state
 * [batch][filters][memory], output [batch][units].
 *   S8  state and time weights are int8 or int16 (wide); new state is clamp(requant(sum, scale_1)) + state_zero,
 *       where the clamp is to the state's type; output requant(sum, scale_2) + out_zero
 * Weights and bias are the file's own bytes.
 */
struct ewi_svdf {
	uint32_t batch, input, filters, units, rank, memory;
	bool wide, single;
	int32_t in_zero, state_zero, out_zero;
	struct ewi_scale scale_1, scale_2;
	float f_min, f_max;
};

/* Gates, in the operator's order of weights. */
enum { LSTM_INPUT, LSTM_FORGET, LSTM_CELL, LSTM_OUTPUT, LSTM_GATES };

struct ewi_lstm_gate {
	const uint8_t *w, *recurrent, *bias; /* [state][input], [state][state], [state]; the file's bytes */
	int32_t w_zero, recurrent_zero;
	struct ewi_scale scale, recurrent_scale; /* to 2^-12 */
};

/*
 * UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection and normalization.  List: 24 inputs, of which 0 is
 * the input, 18 the hidden and 19 the cell state, then the output.
 *   S8, S16  activations int8 or int16, weights int8, bias int32 or int64, cell int16.  A gate is a curve of the
 *            saturated sum of two int16 products; cell = f * cell + i * g, hidden = o * tanh(cell), each
 *            product requantized and clamped, the sum saturated.
 */
struct ewi_lstm {
	uint32_t batch, steps, input, state;
	bool time_major, single;
	struct ewi_lstm_gate gates[LSTM_GATES];
	int32_t in_zero, hidden_zero;
	struct ewi_scale forget_cell, input_cell, hidden; /* of the products */
	struct ewi_scale tanh;				  /* of the cell's tanh: multiplier, right shift; unary.h */
	int32_t cell_clip;				  /* 0: none */
	float f_clip;
};

/* Sums of (x[i] - x_zero) * (w[i] - w_zero), modulo 2^32; w of int16 has no zero point. */
typedef uint32_t ewi_dot_s8_fn(const int8_t *x, int32_t x_zero, const int8_t *w, int32_t w_zero, uint32_t n);
typedef uint32_t ewi_dot_s16_fn(const int16_t *x, int32_t x_zero, const uint8_t *w, uint32_t n);

/* The new cell and hidden state of unit s from its four gates. */
int32_t ewi_lstm_update(const struct ewi_lstm *p, const int32_t *gate, int16_t *cell);
/* A gate from the saturated sum of its products. */
int32_t ewi_lstm_curve(uint32_t gate, int32_t v);

/* Which of its rows is step t of sequence b. */
static inline size_t ewi_lstm_row(const struct ewi_lstm *p, uint32_t b, uint32_t t)
{
	return p->time_major ? (size_t)t * p->batch + b : (size_t)b * p->steps + t;
}

EW_INLINE int32_t ewi_lstm_gate_s8(const struct ewi_lstm *p, uint32_t g, uint32_t s, const int8_t *in, const int8_t *hidden,
				   ewi_dot_s8_fn *dot)
{
	const struct ewi_lstm_gate *k = &p->gates[g];
	uint32_t a = dot(in, p->in_zero, (const int8_t *)k->w + (size_t)s * p->input, k->w_zero, p->input);
	uint32_t b = dot(hidden, p->hidden_zero, (const int8_t *)k->recurrent + (size_t)s * p->state, k->recurrent_zero,
			 p->state);
	int32_t v = ewi_requant_as((int32_t)(a + ewi_le32(k->bias + 4 * (size_t)s)), k->scale, p->single);
	int32_t w = ewi_requant_as((int32_t)b, k->recurrent_scale, p->single);

	v = ewi_clamp(v, INT16_MIN, INT16_MAX) + ewi_clamp(w, INT16_MIN, INT16_MAX);
	return ewi_lstm_curve(g, ewi_clamp(v, INT16_MIN, INT16_MAX));
}

/* LSTM_S8.  A step's new hidden state goes to the output first: all gates read the old one. */
EW_INLINE void ewi_lstm_s8(const struct ewi_call *c, ewi_dot_s8_fn *dot)
{
	const struct ewi_lstm *p = c->params;
	int8_t *hidden = c->list[18], *output = c->list[24];
	int16_t *cell = c->list[19];
	const int8_t *input = c->list[0];

	for (uint32_t b = 0; b < p->batch; b++, hidden += p->state, cell += p->state)
		for (uint32_t t = 0; t < p->steps; t++) {
			size_t row = ewi_lstm_row(p, b, t);
			int8_t *out = output + row * p->state;

			for (uint32_t s = 0; s < p->state; s++) {
				int32_t gate[LSTM_GATES];

				for (uint32_t g = 0; g < LSTM_GATES; g++)
					gate[g] = ewi_lstm_gate_s8(p, g, s, input + row * p->input, hidden, dot);
				out[s] = (int8_t)ewi_clamp(ewi_lstm_update(p, gate, &cell[s]), INT8_MIN, INT8_MAX);
			}
			memcpy(hidden, out, p->state);
		}
}

/* The newest step of every filter's memory. */
EW_INLINE void ewi_svdf_remember(const struct ewi_svdf *p, const int8_t *in, const int8_t *w, void *state, ewi_dot_s8_fn *dot)
{
	int32_t low = p->wide ? INT16_MIN : INT8_MIN, high = p->wide ? INT16_MAX : INT8_MAX;

	for (uint32_t b = 0; b < p->batch; b++)
		for (uint32_t f = 0; f < p->filters; f++) {
			size_t at = ((size_t)b * p->filters + f) * p->memory + p->memory - 1;
			uint32_t sum = dot(in + (size_t)b * p->input, p->in_zero, w + (size_t)f * p->input, 0, p->input);
			int32_t v = ewi_requant_as((int32_t)sum, p->scale_1, p->single);

			v = ewi_clamp(v, low, high) + p->state_zero;
			if (p->wide)
				((int16_t *)state)[at] = (int16_t)v;
			else
				((int8_t *)state)[at] = (int8_t)v;
		}
}

/* SVDF_S8.  A unit's filters lie side by side, and so do their memories: what is summed up is one run. */
EW_INLINE void ewi_svdf_s8(const struct ewi_call *c, ewi_dot_s8_fn *dot, ewi_dot_s16_fn *wide)
{
	const struct ewi_svdf *p = c->params;
	const uint8_t *time = c->list[2], *bias = c->list[3];
	size_t size = p->wide ? 2 : 1, each = (size_t)p->filters * p->memory, n = p->batch * each;
	uint32_t run = p->rank * p->memory;
	void *state = c->list[4];
	int8_t *out = c->list[5];

	memmove(state, (uint8_t *)state + size, (n - 1) * size);
	ewi_svdf_remember(p, c->list[0], c->list[1], state, dot);
	for (uint32_t b = 0; b < p->batch; b++)
		for (uint32_t u = 0; u < p->units; u++) {
			size_t w = (size_t)u * run, at = b * each + w;
			uint32_t sum = bias ? ewi_le32(bias + 4 * (size_t)u) : 0;
			int32_t v;

			sum += p->wide ? wide((const int16_t *)state + at, p->state_zero, time + 2 * w, run)
				       : dot((const int8_t *)state + at, p->state_zero, (const int8_t *)time + w, 0, run);
			v = ewi_wrap_add(ewi_requant_as((int32_t)sum, p->scale_2, p->single), p->out_zero);
			*out++ = (int8_t)ewi_clamp(v, INT8_MIN, INT8_MAX);
		}
}

#endif
