/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_recurrent.c - UNIDIRECTIONAL_SEQUENCE_LSTM and SVDF of every type against their published equations in double
 * precision, state carried on from run to run; and what must be refused.  The data folder has no case of most of these types.
 *
 * LSTM: i, f, o = sigmoid(W x + R h + b), g = tanh(W x + R h + b), c = f c + i g (clipped), h = o tanh(c).
 * SVDF: memory of each filter moves on by one step, its newest is feature . x; a unit is activation(bias + sum over its
 * filters of time . memory).
 */
#include "equations.h"

static double sigmoid(double v)
{
	return 1.0 / (1.0 + exp(-v));
}

/* ---- LSTM -------------------------------------------------------------------------------------------- */

#define GATES 4 /* input, forget, cell, output: the operator's order */
#define UNITS_MAX 9

static const struct lstm_row {
	const char *name;
	uint8_t type;
	uint32_t batch, steps, input, units;
	bool time_major;
	float clip;
	double off; /* how far a value may be off: what the type's steps add up to */
} lstm_rows[] = {
	{"float", EW_TENSOR_F32, 1, 1, 3, 4, false, 0, 2e-6},
	{"float, two sequences", EW_TENSOR_F32, 2, 5, 4, 3, false, 0, 4e-6},
	{"float, time first", EW_TENSOR_F32, 3, 4, 2, 5, true, 0, 4e-6},
	{"float, clipped", EW_TENSOR_F32, 2, 6, 3, 4, false, 0.4f, 4e-6},
	{"int16", EW_TENSOR_I16, 1, 1, 3, 4, false, 0, 0.0015},
	{"int16, two sequences", EW_TENSOR_I16, 2, 5, 4, 3, false, 0, 0.003},
	{"int16, time first", EW_TENSOR_I16, 3, 4, 2, 9, true, 0, 0.003},
	{"int16, clipped", EW_TENSOR_I16, 2, 6, 3, 4, false, 0.4f, 0.003},
	{"int8", EW_TENSOR_I8, 2, 5, 4, 3, false, 0, 0.03},
	{"int8, time first, clipped", EW_TENSOR_I8, 3, 4, 2, 5, true, 0.4f, 0.03},
};

struct lstm {
	struct constant w[GATES], r[GATES], b[GATES];
	struct tfl_tensor tensors[16];
	struct tfl_op op;
	double hidden[3 * UNITS_MAX], cell[3 * UNITS_MAX];
	int32_t computed; /* when not 0: an input of the model as well */
};

enum { T_IN, T_W, T_R = T_W + GATES, T_B = T_R + GATES, T_HIDDEN = T_B + GATES, T_CELL, T_OUT };

static const int32_t lstm_inputs[] = {T_IN}, lstm_outputs[] = {T_OUT};

static struct tfl lstm_build(const struct lstm_row *r, struct lstm *l, uint64_t *seed)
{
	bool real = r->type == EW_TENSOR_F32;
	uint8_t w_type = real ? EW_TENSOR_F32 : EW_TENSOR_I8;
	uint8_t b_type = real ? EW_TENSOR_F32 : r->type == EW_TENSOR_I8 ? EW_TENSOR_I32 : EW_TENSOR_I64;
	double in_scale = r->type == EW_TENSOR_I8 ? 0.02 : 0.0001, out_scale = r->type == EW_TENSOR_I8 ? 1 / 128.0 : 1 / 32768.0;
	int32_t units = (int32_t)r->units, batch = (int32_t)r->batch, steps = (int32_t)r->steps;
	uint32_t clip;

	memset(l, 0, sizeof(*l));
	l->tensors[T_IN] = activation(r->type, in_scale, r->type == EW_TENSOR_I8 ? -7 : 0);
	dims(&l->tensors[T_IN], 3, r->time_major ? steps : batch, r->time_major ? batch : steps, (int32_t)r->input);
	for (uint32_t g = 0; g < GATES; g++) {
		l->tensors[T_W + g] = constant(&l->w[g], seed, w_type, r->units * r->input, 1.2, real ? 0 : 0.01);
		dims(&l->tensors[T_W + g], 2, units, (int32_t)r->input, 0);
		l->tensors[T_R + g] = constant(&l->r[g], seed, w_type, r->units * r->units, 1.5, real ? 0 : 0.012);
		dims(&l->tensors[T_R + g], 2, units, units, 0);
		l->tensors[T_B + g] = constant(&l->b[g], seed, b_type, r->units, 0.8, real ? 0 : in_scale * 0.01);
		dims(&l->tensors[T_B + g], 1, units, 0, 0);
	}
	l->tensors[T_HIDDEN] = activation(r->type, out_scale, r->type == EW_TENSOR_I8 ? 3 : 0);
	l->tensors[T_CELL] = activation(real ? EW_TENSOR_F32 : EW_TENSOR_I16, 1 / 2048.0, 0);
	l->tensors[T_OUT] = l->tensors[T_HIDDEN];
	dims(&l->tensors[T_HIDDEN], 2, batch, units, 0);
	dims(&l->tensors[T_CELL], 2, batch, units, 0);
	dims(&l->tensors[T_OUT], 3, l->tensors[T_IN].dims[0], l->tensors[T_IN].dims[1], units);
	l->tensors[T_HIDDEN].variable = l->tensors[T_CELL].variable = true;
	memcpy(&clip, &r->clip, sizeof(clip));
	l->op = (struct tfl_op){.code = 44, .in_count = 24, .out = {T_OUT}, .options = OPTIONS_LSTM,
				.widths = {1, 4, 4, 1}, .words = {ACT_TANH, clip, 0, r->time_major}};
	for (int i = 0; i < 24; i++)
		l->op.in[i] = -1;
	l->op.in[0] = T_IN;
	for (int g = 0; g < GATES; g++) {
		l->op.in[1 + g] = T_W + g;
		l->op.in[5 + g] = T_R + g;
		l->op.in[12 + g] = T_B + g;
	}
	l->op.in[18] = T_HIDDEN;
	l->op.in[19] = T_CELL;
	return (struct tfl){.tensors = l->tensors, .tensor_count = T_OUT + 1, .ops = &l->op, .op_count = 1,
			    .inputs = lstm_inputs, .input_count = 1, .outputs = lstm_outputs, .output_count = 1};
}

/* One step of one sequence by the equations. */
static void lstm_step(const struct lstm_row *r, const struct lstm *l, const double *x, double *h, double *c)
{
	double next[UNITS_MAX];

	for (uint32_t u = 0; u < r->units; u++) {
		double gate[GATES];

		for (uint32_t g = 0; g < GATES; g++) {
			double v = l->b[g].values[u];

			for (uint32_t i = 0; i < r->input; i++)
				v += l->w[g].values[u * r->input + i] * x[i];
			for (uint32_t i = 0; i < r->units; i++)
				v += l->r[g].values[u * r->units + i] * h[i];
			gate[g] = g == 2 ? tanh(v) : sigmoid(v);
		}
		c[u] = gate[1] * c[u] + gate[0] * gate[2];
		if (r->clip > 0)
			c[u] = fmin(fmax(c[u], -(double)r->clip), (double)r->clip);
		next[u] = gate[3] * tanh(c[u]);
	}
	memcpy(h, next, r->units * sizeof(*h));
}

static void lstms(void **state)
{
	struct lstm *l = calloc(1, sizeof(*l));
	uint64_t seed = 44;

	(void)state;
	assert_non_null(l);
	for (size_t i = 0; i < ROWS(lstm_rows); i++) {
		const struct lstm_row *r = &lstm_rows[i];
		struct tfl model = lstm_build(r, l, &seed);
		size_t n = r->batch * r->steps * r->input, m = r->batch * r->steps * r->units;
		double in[COUNT_MAX], out[COUNT_MAX], want[COUNT_MAX];
		struct opened o = open_model(r->name, &model);

		for (unsigned round = 0; round < 4; round++) {
			if (round == 3) { /* from the beginning */
				ew_model_exec_reset(o.x);
				memset(l->hidden, 0, sizeof(l->hidden));
				memset(l->cell, 0, sizeof(l->cell));
			}
			for (size_t k = 0; k < n; k++)
				in[k] = some(&seed, 2.4);
			run(r->name, o.x, &l->tensors[T_IN], in, n, &l->tensors[T_OUT], out, m);
			for (uint32_t b = 0; b < r->batch; b++)
				for (uint32_t t = 0; t < r->steps; t++) {
					size_t row = r->time_major ? t * r->batch + b : b * r->steps + t;

					lstm_step(r, l, in + row * r->input, l->hidden + b * r->units, l->cell + b * r->units);
					memcpy(want + row * r->units, l->hidden + b * r->units, r->units * sizeof(*want));
				}
			near(r->name, round, out, want, m, r->off);
		}
		close_model(&o);
	}
	free(l);
}

/* What is not an LSTM that can be run: a change to one that can, and part of the reason. */
static void break_activation(struct lstm *l) { l->op.words[0] = ACT_RELU; }
static void break_peephole(struct lstm *l) { l->op.in[9] = T_B; }
static void break_count(struct lstm *l) { l->op.in_count = 20; }
static void break_shape(struct lstm *l) { l->tensors[T_HIDDEN].dims[1]++; }
static void break_state(struct lstm *l) { l->tensors[T_CELL].variable = false; }
static void break_weights(struct lstm *l) { l->tensors[l->computed = T_W].data = NULL; }
static void break_fixed(struct lstm *l) { l->tensors[l->computed = T_CELL].variable = false; }
static void break_type(struct lstm *l) { l->tensors[T_W + 2].type = EW_TENSOR_U8; }
static void break_bias(struct lstm *l) { l->tensors[T_B + 3].type = EW_TENSOR_F32; }
static void break_cell(struct lstm *l) { l->tensors[T_CELL].scale = 16.0f; }
static void break_scale(struct lstm *l) { l->tensors[T_W].scale = 1e6f; }
static void break_output(struct lstm *l) { l->tensors[T_OUT].type = EW_TENSOR_F32; }
static void break_hidden(struct lstm *l) { l->tensors[T_HIDDEN].scale = 1e-20f; }

static const struct {
	const char *name, *reason;
	void (*change)(struct lstm *l);
} lstm_broken[] = {
	{"activation", "an activation other than TANH", break_activation},
	{"peephole", "peepholes, a projection or normalization (input 9)", break_peephole},
	{"inputs", "20 inputs", break_count},
	{"shape", "other shapes", break_shape},
	{"state", "input 19, tensor 14, is read before it is written", break_state},
	{"state that is an input", "a cell state that is no state", break_fixed},
	{"computed weights", "weights that is computed", break_weights},
	{"type of weights", "weights of type UINT8", break_type},
	{"type of bias", "a bias that is computed, or of type FLOAT32", break_bias},
	{"scale of the cell", "the scale of its cell state", break_cell},
	{"scale of weights", "too large for each other", break_scale},
	{"scale of the hidden state", "too large for each other", break_hidden},
	{"type of the output", "types INT16 to FLOAT32", break_output},
};

static void lstms_refused(void **state)
{
	struct lstm *l = calloc(1, sizeof(*l));
	uint64_t seed = 45;

	(void)state;
	assert_non_null(l);
	for (size_t i = 0; i < ROWS(lstm_broken); i++) {
		struct tfl model = lstm_build(&lstm_rows[5], l, &seed); /* int16 */
		int32_t inputs[2] = {T_IN, 0};

		lstm_broken[i].change(l);
		inputs[1] = l->computed;
		model.inputs = inputs;
		model.input_count = l->computed ? 2 : 1;
		refuse_model(lstm_broken[i].name, &model, lstm_broken[i].reason);
	}
	free(l);
}

/* ---- SVDF -------------------------------------------------------------------------------------------- */

static const struct svdf_row {
	const char *name;
	uint8_t type, time_type; /* of activations; of time weights and memory */
	uint32_t batch, input, units, rank, memory;
	bool bias;
	uint8_t act;
	double off;
} svdf_rows[] = {
	{"float", EW_TENSOR_F32, EW_TENSOR_F32, 1, 3, 4, 1, 5, true, ACT_NONE, 4e-6},
	{"float, rank 2, two rows", EW_TENSOR_F32, EW_TENSOR_F32, 2, 4, 3, 2, 6, true, ACT_NONE, 8e-6},
	{"float, RELU, no bias", EW_TENSOR_F32, EW_TENSOR_F32, 3, 2, 5, 3, 2, false, ACT_RELU, 8e-6},
	{"int8, memory of int16", EW_TENSOR_I8, EW_TENSOR_I16, 2, 4, 3, 2, 6, true, ACT_NONE, 0.06},
	{"int8, memory of int8", EW_TENSOR_I8, EW_TENSOR_I8, 2, 4, 3, 2, 6, true, ACT_NONE, 0.25},
	{"int8, memory of int8, one step, no bias", EW_TENSOR_I8, EW_TENSOR_I8, 1, 5, 4, 1, 1, false, ACT_NONE, 0.12},
};

struct svdf {
	struct constant feature, time, bias;
	struct tfl_tensor tensors[6];
	struct tfl_op op;
	double memory[COUNT_MAX];
};

enum { S_IN, S_FEATURE, S_TIME, S_BIAS, S_MEMORY, S_OUT };

static const int32_t svdf_inputs[] = {S_IN}, svdf_outputs[] = {S_OUT};

static struct tfl svdf_build(const struct svdf_row *r, struct svdf *s, uint64_t *seed)
{
	bool real = r->type == EW_TENSOR_F32;
	uint32_t filters = r->units * r->rank;
	double time_scale = r->time_type == EW_TENSOR_I8 ? 0.01 : 0.0001, memory_scale = r->time_type == EW_TENSOR_I8 ? 0.06 : 0.0002;

	memset(s, 0, sizeof(*s));
	s->tensors[S_IN] = activation(r->type, 0.02, 9);
	dims(&s->tensors[S_IN], 2, (int32_t)r->batch, (int32_t)r->input, 0);
	s->tensors[S_FEATURE] = constant(&s->feature, seed, real ? EW_TENSOR_F32 : EW_TENSOR_I8, filters * r->input, 1.0, real ? 0 : 0.01);
	dims(&s->tensors[S_FEATURE], 2, (int32_t)filters, (int32_t)r->input, 0);
	s->tensors[S_TIME] = constant(&s->time, seed, r->time_type, filters * r->memory, 1.0, real ? 0 : time_scale);
	dims(&s->tensors[S_TIME], 2, (int32_t)filters, (int32_t)r->memory, 0);
	s->tensors[S_BIAS] = constant(&s->bias, seed, real ? EW_TENSOR_F32 : EW_TENSOR_I32, r->units, 1.0,
				      real ? 0 : time_scale * memory_scale);
	dims(&s->tensors[S_BIAS], 1, (int32_t)r->units, 0, 0);
	s->tensors[S_MEMORY] = activation(r->time_type, memory_scale, 0);
	s->tensors[S_MEMORY].variable = true;
	dims(&s->tensors[S_MEMORY], 2, (int32_t)r->batch, (int32_t)(filters * r->memory), 0);
	s->tensors[S_OUT] = activation(r->type, 0.1, -4);
	dims(&s->tensors[S_OUT], 2, (int32_t)r->batch, (int32_t)r->units, 0);
	s->op = (struct tfl_op){.code = 27, .in_count = 5, .in = {S_IN, S_FEATURE, S_TIME, r->bias ? S_BIAS : -1, S_MEMORY},
				.out = {S_OUT}, .options = OPTIONS_SVDF, .widths = {4, 1}, .words = {r->rank, r->act}};
	return (struct tfl){.tensors = s->tensors, .tensor_count = S_OUT + 1, .ops = &s->op, .op_count = 1,
			    .inputs = svdf_inputs, .input_count = 1, .outputs = svdf_outputs, .output_count = 1};
}

static void svdf_step(const struct svdf_row *r, struct svdf *s, const double *in, double *out)
{
	uint32_t filters = r->units * r->rank;

	for (uint32_t b = 0; b < r->batch; b++) {
		for (uint32_t f = 0; f < filters; f++) {
			double *memory = s->memory + (b * filters + f) * r->memory, v = 0;

			memmove(memory, memory + 1, (r->memory - 1) * sizeof(*memory));
			for (uint32_t i = 0; i < r->input; i++)
				v += s->feature.values[f * r->input + i] * in[b * r->input + i];
			memory[r->memory - 1] = v;
		}
		for (uint32_t u = 0; u < r->units; u++) {
			double v = r->bias ? s->bias.values[u] : 0;

			for (uint32_t k = u * r->rank * r->memory; k < (u + 1) * r->rank * r->memory; k++)
				v += s->time.values[k] * s->memory[b * filters * r->memory + k];
			out[b * r->units + u] = r->act == ACT_RELU && v < 0 ? 0 : v;
		}
	}
}

static void svdfs(void **state)
{
	struct svdf *s = calloc(1, sizeof(*s));
	uint64_t seed = 27;

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < ROWS(svdf_rows); i++) {
		const struct svdf_row *r = &svdf_rows[i];
		struct tfl model = svdf_build(r, s, &seed);
		double in[COUNT_MAX], out[COUNT_MAX], want[COUNT_MAX];
		struct opened o = open_model(r->name, &model);

		for (unsigned round = 0; round < 12; round++) {
			if (round == 9) {
				ew_model_exec_reset(o.x);
				memset(s->memory, 0, sizeof(s->memory));
			}
			for (size_t k = 0; k < r->batch * r->input; k++)
				in[k] = some(&seed, 2.3);
			run(r->name, o.x, &s->tensors[S_IN], in, r->batch * r->input, &s->tensors[S_OUT], out,
			    r->batch * r->units);
			svdf_step(r, s, in, want);
			near(r->name, round, out, want, r->batch * r->units, r->off);
		}
		close_model(&o);
	}
	free(s);
}

static void break_rank(struct svdf *s) { s->op.words[0] = 4; }
static void break_memory(struct svdf *s) { s->tensors[S_MEMORY].dims[1]--; }
static void break_matrix(struct svdf *s) { s->tensors[S_TIME].rank = 1; }
static void break_svdf_bias(struct svdf *s) { s->tensors[S_BIAS].type = EW_TENSOR_I16; }
static void break_bias_scale(struct svdf *s) { s->tensors[S_BIAS].scale = 1.0f; }
static void break_svdf_type(struct svdf *s) { s->tensors[S_OUT].type = EW_TENSOR_I16; }
static void break_out_scale(struct svdf *s) { s->tensors[S_OUT].scale = 1e-30f; }
static void break_no_memory(struct svdf *s) { s->op.in[4] = -1; }

static const struct {
	const char *name, *reason;
	void (*change)(struct svdf *s);
} svdf_broken[] = {
	{"rank", "6 filters of rank 4", break_rank},
	{"memory", "other shapes", break_memory},
	{"time weights in a row", "no matrix", break_matrix},
	{"type of bias", "a bias that is computed, or of type INT16", break_svdf_bias},
	{"scale of bias", "not the product of the others", break_bias_scale},
	{"type of the output", "types INT8", break_svdf_type},
	{"scale of the output", "too large for each other", break_out_scale},
	{"no memory", "types INT8", break_no_memory},
};

static void svdfs_refused(void **state)
{
	struct svdf *s = calloc(1, sizeof(*s));
	uint64_t seed = 28;

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < ROWS(svdf_broken); i++) {
		struct tfl model = svdf_build(&svdf_rows[3], s, &seed);

		svdf_broken[i].change(s);
		refuse_model(svdf_broken[i].name, &model, svdf_broken[i].reason);
	}
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lstms),
		cmocka_unit_test(lstms_refused),
		cmocka_unit_test(svdfs),
		cmocka_unit_test(svdfs_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
