/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_recurrent.c - prepares SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM.
 * Source: tflite-micro 90b983c2, kernels/svdf_common.cc (ratios in float), lstm_eval_common.cc.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "tensor/ops.h"
#include "tensor/recurrent.h"

/* A tensor of exactly these dimensions. */
static bool is_shape(const struct ewi_prep *p, const struct ewi_tensor *t, uint32_t rank, uint32_t d0,
		     uint32_t d1, uint32_t d2)
{
	const uint32_t want[3] = {d0, d1, d2};
	bool same = t && t->rank == rank;

	for (uint32_t i = 0; same && i < rank; i++)
		same = ewi_tensor_dim(p->m, t, i) == want[i];
	return same;
}

/* Weights and biases are read from the file, state is written to. */
static enum ew_status check_place(const struct ewi_prep *p, const struct ewi_tensor *t, uint8_t type, bool state,
				  const char *what)
{
	if (t->type != type)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "%s of type %s", what,
				      ew_tensor_type_name(t->type));
	if (state && !(t->flags & EWI_TENSOR_VARIABLE))
		return ewi_prep_error(p, EW_ERR_INVALID, "%s that is no state", what);
	if (!state && !t->data)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "%s that is computed", what);
	return type == EW_TENSOR_F32 ? EW_OK : ewi_prep_quantized(p, t, what);
}

static enum ew_status scale_from(const struct ewi_prep *p, double ratio, struct ewi_scale *out)
{
	if (ratio <= DBL_MAX &&
	    ewi_scale_from(ratio, p->m->config.flags & EW_MODEL_SINGLE_ROUNDING, out))
		return EW_OK;
	return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "scales that are too large for each other");
}

/* ---- SVDF ---------------------------------------------------------------------------------------- */

struct svdf {
	const struct ewi_tensor *in, *feature, *time, *bias, *state, *out;
};

static enum ew_status svdf_shapes(struct ewi_prep *p, const struct svdf *t, struct ewi_svdf *s)
{
	s->rank = ewi_flat_u32(&p->m->file, p->options, SVDF_RANK, 0);
	if (t->in->rank != 2 || t->feature->rank != 2 || t->time->rank != 2 || t->in->count == 0 ||
	    t->feature->count == 0 || t->time->count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "an input or weights that are no matrix");
	s->batch = ewi_tensor_dim(p->m, t->in, 0);
	s->input = ewi_tensor_dim(p->m, t->in, 1);
	s->filters = ewi_tensor_dim(p->m, t->feature, 0);
	s->memory = ewi_tensor_dim(p->m, t->time, 1);
	if (s->rank == 0 || s->filters % s->rank != 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u filters of rank %d", (unsigned)s->filters,
				      (int)s->rank);
	s->units = s->filters / s->rank;
	if (!is_shape(p, t->feature, 2, s->filters, s->input, 0) ||
	    !is_shape(p, t->time, 2, s->filters, s->memory, 0) ||
	    !is_shape(p, t->out, 2, s->batch, s->units, 0) ||
	    (t->bias && !is_shape(p, t->bias, 1, s->units, 0, 0)) ||
	    t->state->count != (uint64_t)s->batch * s->filters * s->memory)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u filters over %u inputs and %u steps: other shapes",
				      (unsigned)s->filters, (unsigned)s->input, (unsigned)s->memory);
	return EW_OK;
}

static enum ew_status svdf_scales(struct ewi_prep *p, const struct svdf *t, struct ewi_svdf *s)
{
	enum ew_status st = ewi_prep_quantized(p, t->in, "its input");
	double off;

	if (st == EW_OK)
		st = ewi_prep_quantized(p, t->out, "its output");
	if (st == EW_OK && t->bias && t->bias->scale_count) {
		off = (double)t->bias->scale - (double)(t->state->scale * t->time->scale);
		if (!(off < 1e-5 && off > -1e-5))
			return ewi_prep_error(p, EW_ERR_INVALID,
					      "the scale of its bias is not the product of the others");
	}
	if (st == EW_OK)
		st = scale_from(p, (double)(t->in->scale * t->feature->scale / t->state->scale), &s->scale_1);
	if (st == EW_OK)
		st = scale_from(p, (double)(t->state->scale * t->time->scale / t->out->scale), &s->scale_2);
	s->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	s->in_zero = t->in->zero;
	s->state_zero = t->state->zero;
	s->out_zero = t->out->zero;
	return st;
}

enum ew_status ewi_prepare_svdf(struct ewi_prep *p)
{
	struct svdf t = {ewi_prep_in(p, 0), ewi_prep_in(p, 1), ewi_prep_in(p, 2),
			 ewi_prep_in(p, 3), ewi_prep_in(p, 4), ewi_prep_out(p)};
	uint8_t type = t.in->type, time_type, act;
	struct ewi_act_range range = {0, 0, 0.0f, 0.0f};
	struct ewi_svdf *s;
	enum ew_status st = ewi_prep_readable(p, t.in, "input");

	if (!t.state || (type != EW_TENSOR_I8 && type != EW_TENSOR_F32) || t.out->type != type)
		return ewi_prep_types(p, t.in, t.feature, t.out);
	time_type = type == EW_TENSOR_I8 && t.time->type == EW_TENSOR_I16 ? EW_TENSOR_I16 : type;
	if (st == EW_OK)
		st = check_place(p, t.feature, type, false, "feature weights");
	if (st == EW_OK)
		st = check_place(p, t.time, time_type, false, "time weights");
	if (st == EW_OK)
		st = check_place(p, t.state, time_type, true, "a memory");
	if (st == EW_OK && t.bias &&
	    (t.bias->type != (type == EW_TENSOR_F32 ? EW_TENSOR_F32 : EW_TENSOR_I32) || !t.bias->data))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a bias that is computed, or of type %s",
				      ew_tensor_type_name(t.bias->type));
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*s), &s, p->err);
	if (st == EW_OK)
		st = svdf_shapes(p, &t, s);
	if (st == EW_OK && type == EW_TENSOR_I8)
		st = svdf_scales(p, &t, s);
	act = ewi_flat_u8(&p->m->file, p->options, SVDF_ACTIVATION, ACT_NONE);
	if (st == EW_OK && type == EW_TENSOR_F32) /* the source clamps int8 to its type only */
		st = ewi_prep_activation(p, act, t.out, &range);
	if (st != EW_OK)
		return st;
	s->f_min = range.f_min;
	s->f_max = range.f_max;
	s->wide = time_type == EW_TENSOR_I16;
	ewi_prep_list(p);
	return ewi_prep_kernel(p, type == EW_TENSOR_I8 ? ewi_slot_svdf_s8 : ewi_slot_svdf_f32, s,
			       (uint64_t)s->batch * s->filters * (s->input + s->memory));
}

/* ---- UNIDIRECTIONAL_SEQUENCE_LSTM ---------------------------------------------------------------- */

/* Inputs of the operator; weights and biases in the order of the gates. */
enum { IN_INPUT, IN_WEIGHTS, IN_RECURRENT = 5, IN_PEEPHOLES = 9, IN_BIASES = 12, IN_PROJECTION = 16,
       IN_HIDDEN = 18, IN_CELL, IN_NORMS, IN_COUNT = 24 };

#define GATE_SCALE 0.000244140625f	 /* 2^-12 */
#define CURVE_SCALE 0.000030517578125f /* 2^-15 */

static enum ew_status lstm_shapes(struct ewi_prep *p, struct ewi_lstm *l)
{
	const struct ewi_tensor *in = ewi_prep_in(p, IN_INPUT), *hidden = ewi_prep_in(p, IN_HIDDEN);
	const struct ewi_tensor *cell = ewi_prep_in(p, IN_CELL), *out = ewi_prep_out(p);
	bool fits;

	for (uint32_t i = IN_PEEPHOLES; i < IN_COUNT; i++)
		if (ewi_prep_in(p, i) && (i < IN_BIASES || i == IN_PROJECTION || i == IN_PROJECTION + 1 ||
					  i >= IN_NORMS))
			return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
					      "peepholes, a projection or normalization (input %u)", (unsigned)i);
	if (p->op->input_count != IN_COUNT || !hidden || !cell || in->rank != 3 || hidden->rank != 2)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u inputs, %u dimensions", p->op->input_count, in->rank);
	l->time_major = ewi_flat_u8(&p->m->file, p->options, LSTM_TIME_MAJOR, 0);
	l->batch = ewi_tensor_dim(p->m, in, l->time_major ? 1 : 0);
	l->steps = ewi_tensor_dim(p->m, in, l->time_major ? 0 : 1);
	l->input = ewi_tensor_dim(p->m, in, 2);
	l->state = ewi_tensor_dim(p->m, hidden, 1);
	fits = is_shape(p, out, 3, ewi_tensor_dim(p->m, in, 0), ewi_tensor_dim(p->m, in, 1), l->state) &&
	       hidden->count == (uint64_t)l->batch * l->state && cell->count == hidden->count;
	for (uint32_t g = 0; fits && g < LSTM_GATES; g++)
		fits = is_shape(p, ewi_prep_in(p, IN_WEIGHTS + g), 2, l->state, l->input, 0) &&
		       is_shape(p, ewi_prep_in(p, IN_RECURRENT + g), 2, l->state, l->state, 0) &&
		       is_shape(p, ewi_prep_in(p, IN_BIASES + g), 1, l->state, 0, 0);
	if (!fits)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u units over %u inputs: other shapes",
				      (unsigned)l->state, (unsigned)l->input);
	return EW_OK;
}

static enum ew_status lstm_gate(struct ewi_prep *p, struct ewi_lstm *l, uint32_t g)
{
	const struct ewi_tensor *in = ewi_prep_in(p, IN_INPUT), *hidden = ewi_prep_in(p, IN_HIDDEN);
	const struct ewi_tensor *w = ewi_prep_in(p, IN_WEIGHTS + g), *r = ewi_prep_in(p, IN_RECURRENT + g);
	const struct ewi_tensor *bias = ewi_prep_in(p, IN_BIASES + g);
	uint8_t type = in->type == EW_TENSOR_F32 ? EW_TENSOR_F32 : EW_TENSOR_I8;
	uint8_t bias_type = in->type == EW_TENSOR_F32 ? EW_TENSOR_F32 :
			    in->type == EW_TENSOR_I8 ? EW_TENSOR_I32 : EW_TENSOR_I64;
	struct ewi_lstm_gate *k = &l->gates[g];
	enum ew_status st = check_place(p, w, type, false, "weights");

	if (st == EW_OK)
		st = check_place(p, r, type, false, "recurrent weights");
	if (st == EW_OK && (bias->type != bias_type || !bias->data))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a bias that is computed, or of type %s",
				      ew_tensor_type_name(bias->type));
	if (st != EW_OK)
		return st;
	*k = (struct ewi_lstm_gate){.w = w->data, .recurrent = r->data, .bias = bias->data,
				    .w_zero = w->zero, .recurrent_zero = r->zero};
	if (type == EW_TENSOR_F32)
		return EW_OK;
	st = scale_from(p, (double)(in->scale * w->scale) / (double)GATE_SCALE, &k->scale);
	if (st == EW_OK)
		st = scale_from(p, (double)(hidden->scale * r->scale) / (double)GATE_SCALE, &k->recurrent_scale);
	if (st == EW_OK && in->type == EW_TENSOR_I16 && (k->scale.shift > 7 || k->recurrent_scale.shift > 7))
		st = scale_from(p, DBL_MAX * 2, &k->scale);
	return st;
}

/* What passes between the gates, in the cell's scale. */
static enum ew_status lstm_scales(struct ewi_prep *p, struct ewi_lstm *l)
{
	const struct ewi_tensor *hidden = ewi_prep_in(p, IN_HIDDEN), *cell = ewi_prep_in(p, IN_CELL);
	double curve = (double)CURVE_SCALE, scale = (double)cell->scale, clip;
	enum ew_status st = scale_from(p, curve * scale / scale, &l->forget_cell);
	int32_t power;

	if (st == EW_OK)
		st = scale_from(p, curve * curve / scale, &l->input_cell);
	if (st == EW_OK)
		st = scale_from(p, curve * curve / (double)hidden->scale, &l->hidden);
	if (st != EW_OK)
		return st;
	(void)ewi_is_power(cell->scale, &power); /* the nearest is taken, however far */
	power += 12;
	if (power > 12 || power < -14)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "the scale of its cell state");
	l->tanh = power < 0 ? (struct ewi_scale){3, -power} : (struct ewi_scale){3 << power, 0};
	clip = (double)l->f_clip / scale;
	l->cell_clip = clip > 0 ? (clip < INT16_MAX ? (int32_t)clip : INT16_MAX) : 0;
	l->in_zero = ewi_prep_in(p, IN_INPUT)->zero;
	l->hidden_zero = hidden->zero;
	l->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	return EW_OK;
}

enum ew_status ewi_prepare_lstm(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, IN_INPUT), *out = ewi_prep_out(p);
	const struct ewi_kernel *slot = in->type == EW_TENSOR_I8 ? ewi_slot_lstm_s8 :
					in->type == EW_TENSOR_I16 ? ewi_slot_lstm_s16 : ewi_slot_lstm_f32;
	uint8_t cell_type = in->type == EW_TENSOR_F32 ? EW_TENSOR_F32 : EW_TENSOR_I16;
	struct ewi_lstm *l;
	enum ew_status st = ewi_prep_readable(p, in, "input");

	if ((in->type != EW_TENSOR_I8 && in->type != EW_TENSOR_I16 && in->type != EW_TENSOR_F32) ||
	    out->type != in->type)
		return ewi_prep_types(p, in, NULL, out);
	if (ewi_flat_u8(&p->m->file, p->options, LSTM_ACTIVATION, ACT_NONE) != ACT_TANH)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "an activation other than TANH");
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*l), &l, p->err);
	if (st == EW_OK)
		st = lstm_shapes(p, l);
	if (st == EW_OK)
		st = check_place(p, ewi_prep_in(p, IN_HIDDEN), in->type, true, "a hidden state");
	if (st == EW_OK)
		st = check_place(p, ewi_prep_in(p, IN_CELL), cell_type, true, "a cell state");
	if (st == EW_OK && in->type != EW_TENSOR_F32)
		st = ewi_prep_quantized(p, in, "its input");
	for (uint32_t g = 0; st == EW_OK && g < LSTM_GATES; g++)
		st = lstm_gate(p, l, g);
	if (st != EW_OK)
		return st;
	l->f_clip = ewi_flat_f32(&p->m->file, p->options, LSTM_CELL_CLIP, 0.0f);
	if (in->type != EW_TENSOR_F32)
		st = lstm_scales(p, l);
	if (st != EW_OK)
		return st;
	ewi_prep_list(p);
	return ewi_prep_kernel(p, slot, l, 4ull * out->count * ((uint64_t)l->input + l->state));
}
#endif
