/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_plan.c - the memory planner: known plans to the byte, and on random graphs that nothing that lives at
 * the same time overlaps, that the arena is no larger than its tensors, and that results do not depend on it.
 */
#include "tensor/ops.h"
#include "../aid/aid.h"
#include "tfl.h"

#define OPS_MAX 40

/* A random graph of QUANTIZE and RESHAPE operators over vectors of several sizes. */
struct graph {
	struct tfl_tensor tensors[2 * OPS_MAX + 2];
	struct tfl_op ops[OPS_MAX];
	int32_t inputs[2], outputs[4];
	struct tfl model;
};

/* Tensors of one length class can be read by each other's operators; class c has 10 + 37 * c elements. */
static void build(struct graph *g, uint64_t *seed)
{
	size_t n = 0, ops = 1 + noise(seed) % OPS_MAX;
	int classes[2 * OPS_MAX + 2];

	memset(g, 0, sizeof(*g));
	for (; n < 2; n++) {
		classes[n] = (int)n;
		g->inputs[n] = (int32_t)n;
	}
	for (size_t i = 0; i < ops; i++, n++) {
		int32_t from = (int32_t)(noise(seed) % n);
		bool alias = noise(seed) % 4 == 0;

		classes[n] = classes[from];
		g->ops[i] = (struct tfl_op){.code = alias ? 22 : 114, .in_count = 1, .in = {from}, .out = {(int32_t)n}};
		g->tensors[n].type = alias ? g->tensors[from].type : noise(seed) % 2 ? EW_TENSOR_I8 : EW_TENSOR_I16;
		if (g->tensors[from].type == 0) /* inputs are typed below; QUANTIZE takes both */
			g->tensors[n].type = alias ? EW_TENSOR_I8 : g->tensors[n].type;
	}
	for (size_t i = 0; i < n; i++) {
		g->tensors[i].name = "t";
		g->tensors[i].type = g->tensors[i].type ? g->tensors[i].type : EW_TENSOR_I8;
		g->tensors[i].rank = 1;
		g->tensors[i].dims[0] = 10 + 37 * classes[i];
		g->tensors[i].scale_count = 1;
		g->tensors[i].scale = 0.5f;
	}
	for (size_t i = 0; i < 3; i++)
		g->outputs[i] = (int32_t)(n - 1 - i * (n - 3) / 3);
	g->model = (struct tfl){.tensors = g->tensors, .tensor_count = n, .ops = g->ops, .op_count = ops,
				.inputs = g->inputs, .input_count = 2, .outputs = g->outputs, .output_count = 1};
}

static struct ew_model *load(const struct tfl *t, uint32_t batch, uint8_t **bytes)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .max_batch = batch};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model *m;
	struct ew_error err;
	size_t size;

	*bytes = tfl_build(t, &size);
	if (ew_model_load(&m, *bytes, size, &config, &alloc, &err) != EW_OK)
		fail_msg("%s", err.text);
	return m;
}

/* Lifetimes told anew, from the operators alone. */
static void lifetimes(const struct ew_model *m, uint32_t *first, uint32_t *last)
{
	for (uint32_t i = 0; i < m->tensor_count; i++)
		first[i] = UINT32_MAX, last[i] = 0;
	for (uint32_t i = 0; i < m->input_count; i++)
		first[m->inputs[i]] = 0;
	for (uint32_t i = 0; i < m->op_count; i++) {
		uint32_t out = m->tensors[m->ops[i].out[0]].root, in = m->tensors[m->ops[i].in[0]].root;

		if (first[out] == UINT32_MAX)
			first[out] = i;
		last[out] = i > last[out] ? i : last[out];
		last[in] = i > last[in] ? i : last[in];
	}
	for (uint32_t i = 0; i < m->output_count; i++)
		last[m->tensors[m->outputs[i]].root] = m->op_count;
}

static void random_graphs(void **state)
{
	uint64_t seed = 77;

	(void)state;
	for (int round = 0; round < 400; round++) {
		uint32_t first[2 * OPS_MAX + 2], last[2 * OPS_MAX + 2], batch = 1 + round % 3;
		struct graph g;
		struct ew_model *m;
		size_t persistent, transient, sum = 0;
		uint8_t *bytes;

		build(&g, &seed);
		m = load(&g.model, batch, &bytes);
		lifetimes(m, first, last);
		ew_model_arena_size(m, &persistent, &transient);
		for (uint32_t a = 0; a < m->tensor_count; a++) {
			const struct ewi_tensor *t = &m->tensors[a];
			uint64_t end = (uint64_t)t->offset + (uint64_t)t->bytes * batch;

			if (t->root != a)
				continue;
			assert_int_equal(t->offset % EW_ALIGN, 0);
			assert_true(end <= transient);
			sum += (size_t)ewi_align((uint64_t)t->bytes * batch);
			for (uint32_t b = 0; b < a; b++) {
				const struct ewi_tensor *u = &m->tensors[b];

				if (u->root != b || last[a] < first[b] || last[b] < first[a])
					continue;
				if (t->offset < u->offset + u->bytes * batch && u->offset < end)
					fail_msg("round %d: tensors %u and %u overlap", round, a, b);
			}
		}
		assert_true(transient <= sum);
		ew_model_free(m);
		free(bytes);
	}
}

/* A chain of dense layers needs its two largest neighbours, no more. */
static void chain(void **state)
{
	static const int8_t w[100 * 100];
	static const struct {
		const char *name;
		int32_t sizes[6];
		size_t want; /* transient bytes with plain C kernels */
	} rows[] = {
		{"narrowing", {96, 48, 32, 16, 16, 16}, 96 + 48},
		{"bottleneck", {96, 64, 16, 64, 96, 16}, 96 + 64},
		{"widest in the middle", {16, 32, 96, 80, 16, 16}, 96 + 80},
		{"odd sizes are padded to 16", {1, 1, 1, 1, 1, 1}, 32},
	};

	(void)state;
	for (size_t r = 0; r < ROWS(rows); r++) {
		struct tfl_tensor tensors[11];
		struct tfl_op ops[5];
		const int32_t in = 0, out = 5;
		struct tfl model = {.tensors = tensors, .tensor_count = 11, .ops = ops, .op_count = 5, .inputs = &in,
				    .input_count = 1, .outputs = &out, .output_count = 1};
		struct ew_model_config config = {.struct_bytes = sizeof(config), .isa_mask = EW_ISA_SCALAR};
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_model *m;
		size_t size, transient;
		uint8_t *bytes;

		for (int i = 0; i < 6; i++)
			tensors[i] = (struct tfl_tensor){.name = "a", .type = EW_TENSOR_I8, .rank = 2,
							 .dims = {1, rows[r].sizes[i]}, .scale_count = 1, .scale = 1.0f};
		for (int i = 0; i < 5; i++) {
			tensors[6 + i] = (struct tfl_tensor){.name = "w", .type = EW_TENSOR_I8, .rank = 2,
							     .dims = {rows[r].sizes[i + 1], rows[r].sizes[i]},
							     .scale_count = 1, .scale = 0.01f, .data = w, .data_bytes = sizeof(w)};
			ops[i] = (struct tfl_op){.code = 9, .in_count = 2, .in = {i, 6 + i}, .out = {i + 1}};
		}
		bytes = tfl_build(&model, &size);
		assert_int_equal(ew_model_load(&m, bytes, size, &config, &alloc, NULL), EW_OK);
		ew_model_arena_size(m, NULL, &transient);
		check_int(rows[r].name, transient, rows[r].want);
		ew_model_free(m);
		free(bytes);
	}
}

/* Scratch has a place of its own while its operator runs. */
static void scratch(void **state)
{
	static const int8_t w[40 * 30];
	static const struct tfl_tensor tensors[] = {TFL_I8("in", 1.0f, 0, 5, 40), TFL_CONST("w", EW_TENSOR_I8, 0.1f, w, 30, 40),
						    TFL_I8("out", 1.0f, 0, 5, 30)};
	static const struct tfl_op op = {.code = 9, .in_count = 2, .in = {0, 1}, .out = {2}};
	const int32_t in = 0, out = 2;
	const struct tfl model = {.tensors = tensors, .tensor_count = 3, .ops = &op, .op_count = 1, .inputs = &in,
				  .input_count = 1, .outputs = &out, .output_count = 1};
	struct ew_model *m;
	uint8_t *bytes;

	(void)state;
	for (uint32_t batch = 1; batch < 5; batch++) {
		const struct ewi_op *o;

		m = load(&model, batch, &bytes);
		o = &m->ops[0];
		for (uint32_t t = 0; o->scratch_bytes && t < 3; t += 2) {
			const struct ewi_tensor *p = &m->tensors[t];

			assert_true(o->scratch + o->scratch_bytes <= p->offset ||
				    p->offset + p->bytes * batch <= o->scratch);
		}
		assert_true(o->scratch + o->scratch_bytes <= m->transient_bytes);
		assert_true(o->kernel->scratch == NULL || o->scratch_bytes > 0);
		ew_model_free(m);
		free(bytes);
	}
}

/* At the default limits the plan is made in bounded time, and a chain of aliases is one buffer. */
static void at_the_limits(void **state)
{
	static struct tfl_tensor tensors[EW_MODEL_OPERATORS + 1];
	static struct tfl_op ops[EW_MODEL_OPERATORS];
	const int32_t in = 0, out = EW_MODEL_OPERATORS;
	struct tfl model = {.tensors = tensors, .tensor_count = EW_MODEL_OPERATORS + 1, .ops = ops,
			    .op_count = EW_MODEL_OPERATORS, .inputs = &in, .input_count = 1, .outputs = &out,
			    .output_count = 1};
	struct ew_model *m;
	uint8_t *bytes;
	size_t transient;

	(void)state;
	for (int alias = 0; alias < 2; alias++) {
		for (uint32_t i = 0; i <= EW_MODEL_OPERATORS; i++)
			tensors[i] = (struct tfl_tensor){.name = "t", .type = EW_TENSOR_I8, TFL_DIMS(16),
							 .scale_count = 1, .scale = 1.0f};
		for (uint32_t i = 0; i < EW_MODEL_OPERATORS; i++)
			ops[i] = (struct tfl_op){.code = alias ? 22 : 114, .in_count = 1,
						 /* not a chain: everything reads the input, which lives all along */
						 .in = {alias ? (int32_t)i : 0}, .out = {(int32_t)i + 1}};
		m = load(&model, 1, &bytes);
		ew_model_arena_size(m, NULL, &transient);
		assert_int_equal(transient, alias ? 16 : 32);
		ew_model_free(m);
		free(bytes);
	}
}

/*
 * PAD: its output lies over its input, as far before it as the last chunk moves on against the input.  Three lines of two
 * pixels of 16 channels become five of four: 320 bytes, of which the last chunk, two pixels, goes from 64 to 208, so that
 * the input may begin at 144 and end at 240.
 */
static void padded(void **state)
{
	static const uint8_t margins[32] = {[8] = 1, [12] = 1, [16] = 1, [20] = 1};
	static const struct row {
		const char *name;
		int32_t channels;
		uint32_t batch;
		size_t bytes;
	} rows[] = {
		{"over its input", 16, 1, 5 * 4 * 16},
		{"in a batch", 16, 3, 3 * 5 * 4 * 16},
		{"short chunks lie apart", 4, 1, 5 * 4 * 4 + 32}, /* 24, and what aligns */
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		const struct tfl_tensor tensors[] = {
			TFL_I8("in", 1.0f, 9, 1, 3, 2, r->channels),
			TFL_CONST("margins", EW_TENSOR_I32, 0.0f, margins, 4, 2),
			TFL_I8("out", 1.0f, 9, 1, 5, 4, r->channels),
		};
		const struct tfl_op op = {.code = 34, .version = 2, .in_count = 2, .in = {0, 1}, .out = {2},
					  .options = OPTIONS_PAD};
		const int32_t in = 0, out = 2;
		const struct tfl model = {.tensors = tensors, .tensor_count = 3, .ops = &op, .op_count = 1, .inputs = &in,
					  .input_count = 1, .outputs = &out, .output_count = 1};
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_tensor_span span;
		struct ew_tensor_view view;
		struct ew_model_exec *x;
		struct ew_model *m;
		uint8_t *bytes;
		size_t transient, c = (size_t)r->channels;

		m = load(&model, r->batch, &bytes);
		ew_model_arena_size(m, NULL, &transient);
		check_int(r->name, transient, r->bytes);
		assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
		assert_int_equal(ew_model_exec_set_batch(x, r->batch), EW_OK);
		assert_int_equal(ew_model_exec_input(x, 0, &span), EW_OK);
		for (size_t k = 0; k < span.bytes; k++)
			((int8_t *)span.data)[k] = (int8_t)(k * 31 % 127 + 1 == 9 ? 3 : k * 31 % 127 + 1);
		assert_int_equal(ew_model_exec_run(x), EW_OK);
		assert_int_equal(ew_model_exec_output(x, 0, &view), EW_OK);
		for (size_t k = 0; k < view.bytes; k++) {
			size_t window = k / (5 * 4 * c), line = k / (4 * c) % 5, pixel = k / c % 4, from;
			int v = 9;

			if (line > 0 && line < 4 && pixel > 0 && pixel < 3) {
				from = ((window * 3 + line - 1) * 2 + pixel - 1) * c + k % c;
				v = (int)(from * 31 % 127 + 1 == 9 ? 3 : from * 31 % 127 + 1);
			}
			check_int(r->name, ((const int8_t *)view.data)[k], v);
		}
		ew_model_exec_destroy(x);
		ew_model_free(m);
		free(bytes);
	}
}

/* Element `i` of a tensor in one of three types. */
static double element(const void *data, uint8_t type, size_t i)
{
	return type == EW_TENSOR_I8 ? ((const int8_t *)data)[i] :
	       type == EW_TENSOR_I16 ? ((const int16_t *)data)[i] : (double)((const float *)data)[i];
}

/*
 * PADV2 by an element of its input, which a SLICE before it takes from each window: that lives until the padding is done, and
 * the output, which lies over the input where chunks are long, does not lie over it.  Two lines become five.
 */
static void padded_by_computed(void **state)
{
	static const uint8_t from[8] = {1, [4] = 2}, one[8] = {1, [4] = 1}, margins[16] = {1, [4] = 2};
	static const struct row {
		const char *name;
		uint8_t type;
		int32_t width;
		uint32_t batch;
		size_t bytes; /* values, outputs, and the inputs that they do not lie over */
	} rows[] = {
		{"int8 over its input", EW_TENSOR_I8, 32, 1, 16 + 5 * 32},
		{"int8 in a batch", EW_TENSOR_I8, 32, 3, 16 + 3 * 5 * 32},
		{"short chunks of int8", EW_TENSOR_I8, 3, 3, 16 + 48 + 32}, /* 45 and 18, and what aligns */
		{"int16 over its input", EW_TENSOR_I16, 16, 1, 16 + 5 * 32},
		{"int16 in a batch", EW_TENSOR_I16, 16, 3, 16 + 3 * 5 * 32},
		{"float over its input", EW_TENSOR_F32, 8, 1, 16 + 5 * 32},
		{"float in a batch", EW_TENSOR_F32, 8, 3, 16 + 3 * 5 * 32},
	};
	static const struct tfl_op ops[] = {
		{.code = 65, .in_count = 3, .in = {0, 1, 2}, .out = {3}, .options = OPTIONS_SLICE},
		{.code = 60, .in_count = 3, .in = {0, 4, 3}, .out = {5}, .options = OPTIONS_PADV2},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		struct tfl_tensor tensors[] = {
			TFL_I8("in", 1.0f, 0, 2, r->width), TFL_CONST("from", EW_TENSOR_I32, 0.0f, from, 2),
			TFL_CONST("one", EW_TENSOR_I32, 0.0f, one, 2), TFL_I8("value", 1.0f, 0, 1, 1),
			TFL_CONST("margins", EW_TENSOR_I32, 0.0f, margins, 2, 2), TFL_I8("out", 1.0f, 0, 5, r->width),
		};
		const int32_t in = 0, out = 5;
		const struct tfl model = {.tensors = tensors, .tensor_count = ROWS(tensors), .ops = ops, .op_count = ROWS(ops),
					  .inputs = &in, .input_count = 1, .outputs = &out, .output_count = 1};
		size_t width = (size_t)r->width, transient;
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_tensor_span span;
		struct ew_tensor_view view;
		struct ew_model_exec *x;
		struct ew_model *m;
		uint8_t *bytes;

		tensors[0].type = tensors[3].type = tensors[5].type = r->type;
		m = load(&model, r->batch, &bytes);
		ew_model_arena_size(m, NULL, &transient);
		check_int(r->name, transient, r->bytes);
		assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
		assert_int_equal(ew_model_exec_set_batch(x, r->batch), EW_OK);
		assert_int_equal(ew_model_exec_input(x, 0, &span), EW_OK);
		for (size_t k = 0; k < 2 * width * r->batch; k++) { /* all differ from window to window */
			if (r->type == EW_TENSOR_I8)
				((int8_t *)span.data)[k] = (int8_t)(k * 31 % 127 + 1);
			else if (r->type == EW_TENSOR_I16)
				((int16_t *)span.data)[k] = (int16_t)(k * 31 % 127 + 1);
			else
				((float *)span.data)[k] = (float)(k * 31 % 127 + 1);
		}
		assert_int_equal(ew_model_exec_run(x), EW_OK);
		assert_int_equal(ew_model_exec_output(x, 0, &view), EW_OK);
		for (size_t k = 0; k < 5 * width * r->batch; k++) {
			size_t window = k / (5 * width), line = k / width % 5;
			size_t source = line == 1 || line == 2 ? (2 * window + line - 1) * width + k % width :
								 (2 * window + 1) * width + 2;

			check_int(r->name, (int)element(view.data, r->type, k), source * 31 % 127 + 1);
		}
		ew_model_exec_destroy(x);
		ew_model_free(m);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_graphs),
		cmocka_unit_test(padded),
		cmocka_unit_test(padded_by_computed),
		cmocka_unit_test(chain),
		cmocka_unit_test(scratch),
		cmocka_unit_test(at_the_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
