/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* recurrent.h - what the kernels of SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM are given. */
#ifndef EW_TENSOR_RECURRENT_H
#define EW_TENSOR_RECURRENT_H

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

#endif
