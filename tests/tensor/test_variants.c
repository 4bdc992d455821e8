/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_variants.c - operators whose kernels take more than a few numbers, as models of one operator: with all that this
 * machine has the same bytes as with plain C, over every size around the vector width.  (test_kernels.c and test_conv.c
 * do that for dense layers, windows, ADD and tables.)
 */
#include <math.h>
#include "../aid/aid.h"
#include "tfl.h"

#define VALUES 32768
#define TENSORS 24

/* A model of one operator while it is put together. */
struct maker {
	struct tfl_tensor tensors[TENSORS];
	struct tfl_op op;
	struct tfl model;
	int32_t inputs[2], outputs[1];
	uint8_t data[TENSORS][VALUES]; /* of constants */
	uint64_t seed;
	uint32_t flags;
	unsigned models;
};

static uint32_t upto(struct maker *m, uint32_t n)
{
	return (uint32_t)(noise(&m->seed) % n);
}

static void start(struct maker *m, uint32_t code, uint32_t version, uint8_t options)
{
	m->model = (struct tfl){.tensors = m->tensors, .ops = &m->op, .op_count = 1, .inputs = m->inputs,
				.outputs = m->outputs, .output_count = 1};
	m->op = (struct tfl_op){.code = code, .version = version, .options = options};
	m->flags = noise(&m->seed) % 4 ? 0 : EW_MODEL_SINGLE_ROUNDING;
}

static struct tfl_tensor *tensor(struct maker *m, uint8_t type, float scale, int64_t zero, uint32_t rank, const int32_t *dims)
{
	struct tfl_tensor *t = &m->tensors[m->model.tensor_count++];

	*t = (struct tfl_tensor){.name = "t", .type = type, .rank = rank, .scale_count = scale > 0, .scale = scale, .zero = zero};
	for (uint32_t i = 0; i < rank; i++)
		t->dims[i] = dims[i];
	return t;
}

static int32_t last(const struct maker *m)
{
	return (int32_t)m->model.tensor_count - 1;
}

static void input(struct maker *m, uint8_t type, float scale, int64_t zero, uint32_t rank, const int32_t *dims)
{
	tensor(m, type, scale, zero, rank, dims);
	m->inputs[m->model.input_count++] = last(m);
	m->op.in[m->op.in_count++] = last(m);
}

/* Any bytes, or these. */
static void constant(struct maker *m, uint8_t type, float scale, uint32_t rank, const int32_t *dims, const int32_t *values)
{
	struct tfl_tensor *t = tensor(m, type, scale, 0, rank, dims);
	uint8_t *to = m->data[last(m)];
	size_t size = type == EW_TENSOR_I64 ? 8 : type == EW_TENSOR_I32 ? 4 : type == EW_TENSOR_I16 ? 2 : 1, n = size;

	for (uint32_t i = 0; i < rank; i++)
		n *= (size_t)dims[i];
	assert_true(n <= VALUES);
	for (size_t i = 0; i < n; i++) /* biases stay small */
		to[i] = (uint8_t)(values ? (uint32_t)values[i / 4] >> i % 4 * 8 :
				  size >= 4 && i % size > 1 ? 0 : noise(&m->seed));
	t->data = to;
	t->data_bytes = n;
	m->op.in[m->op.in_count++] = last(m);
}

static void output(struct maker *m, uint8_t type, float scale, int64_t zero, uint32_t rank, const int32_t *dims)
{
	tensor(m, type, scale, zero, rank, dims);
	m->outputs[0] = m->op.out[0] = last(m);
}

static void fill(struct maker *m, void *to, size_t bytes, uint8_t type)
{
	static const float odd[] = {0.5f, -0.5f, 0.49999997f, 1e30f, -1e30f, 3.4e38f, 0.0f, -0.0f, 1.5f, -2.5f, 65535.5f};
	unsigned pattern = upto(m, 8);

	for (size_t i = 0; type == EW_TENSOR_F32 && i < bytes / 4; i++) {
		uint32_t pick = upto(m, 64);
		float v = (float)((double)(int64_t)noise(&m->seed) / 9e18 * (pattern < 6 ? 40.0 : 20000.0));

		v = pick < ROWS(odd) ? odd[pick] : pick == 20 ? (float)NAN : pick == 21 ? (float)INFINITY :
		    pick == 22 ? -(float)INFINITY : pick < 32 ? floorf(v) + 0.5f : v;
		((float *)to)[i] = v;
	}
	for (size_t i = 0; type != EW_TENSOR_F32 && i < bytes; i++)
		((uint8_t *)to)[i] = pattern == 0 ? 0x80 : pattern == 1 ? 0x7f : (uint8_t)noise(&m->seed);
}

/* Runs it with everything and with plain C, a few times. */
static void compare(struct maker *m, const char *row, unsigned runs)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model *models[2];
	struct ew_model_exec *x[2];
	struct ew_tensor_span in[2];
	struct ew_tensor_view out[2];
	struct ew_error err;
	size_t size;
	uint8_t *bytes = tfl_build(&m->model, &size);

	for (int i = 0; i < 2; i++) {
		struct ew_model_config config = {.struct_bytes = sizeof(config), .flags = m->flags,
						 .isa_mask = i ? EW_ISA_SCALAR : 0};

		if (ew_model_load(&models[i], bytes, size, &config, &alloc, &err) != EW_OK)
			fail_msg("%s: %s", row, err.text);
		check_status(row, ew_model_exec_create(&x[i], models[i], &alloc, NULL), EW_OK);
	}
	for (unsigned run = 0; run < runs; run++) {
		for (uint32_t k = 0; k < m->model.input_count; k++) {
			check_status(row, ew_model_exec_input(x[0], k, &in[0]), EW_OK);
			check_status(row, ew_model_exec_input(x[1], k, &in[1]), EW_OK);
			fill(m, in[0].data, in[0].bytes, m->tensors[m->inputs[k]].type);
			memcpy(in[1].data, in[0].data, in[0].bytes);
		}
		for (int i = 0; i < 2; i++) {
			check_status(row, ew_model_exec_run(x[i]), EW_OK);
			check_status(row, ew_model_exec_output(x[i], 0, &out[i]), EW_OK);
		}
		check_mem(row, out[0].data, out[1].data, out[1].bytes);
	}
	for (int i = 0; i < 2; i++) {
		ew_model_exec_destroy(x[i]);
		ew_model_free(models[i]);
	}
	free(bytes);
	m->models++;
}

static struct maker *maker_new(uint64_t seed)
{
	struct maker *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->seed = seed;
	return m;
}

/* Inputs of the same shape, and broadcast in each way. */
static void products(void **state)
{
	static const uint8_t kept[][2] = {{7, 7}, {7, 0}, {0, 7}, {7, 4}, {4, 7}, {7, 3}, {7, 5}, {2, 5}, {6, 1}};
	struct maker *m = maker_new(1);

	(void)state;
	for (int32_t n = 1; n <= 36; n++)
		for (size_t k = 0; k < ROWS(kept); k++) {
			int32_t dims[3] = {1 + (int32_t)upto(m, 3), 1 + (int32_t)upto(m, 4), n}, part[2][3];
			char row[80];

			start(m, 18, 2, OPTIONS_MUL);
			m->op.option[0] = (uint8_t)(k % 4);
			for (int i = 0; i < 2; i++) {
				for (int d = 0; d < 3; d++)
					part[i][d] = kept[k][i] >> d & 1 ? dims[d] : 1;
				input(m, EW_TENSOR_I8, 0.1f, (int64_t)upto(m, 256) - 128, 3, part[i]);
			}
			for (int d = 0; d < 3; d++)
				dims[d] = part[0][d] > part[1][d] ? part[0][d] : part[1][d];
			output(m, EW_TENSOR_I8, upto(m, 2) ? 0.4f : 0.0001f, (int64_t)upto(m, 256) - 128, 3, dims);
			snprintf(row, sizeof(row), "MUL %d, broadcast %zu", (int)n, k);
			compare(m, row, 2);
		}
	assert_true(m->models >= 300);
	free(m);
}

static void reductions(void **state)
{
	static const int32_t counts[] = {1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49};
	static const uint32_t codes[] = {40, 74, 82, 89}; /* MEAN, SUM, REDUCE_MAX, REDUCE_MIN */
	struct maker *m = maker_new(2);

	(void)state;
	for (size_t i = 0; i < ROWS(counts); i++)
		for (uint32_t axes = 1; axes < 16; axes++)
			for (size_t k = 0; k < ROWS(codes); k++) {
				int32_t dims[4] = {1 + (int32_t)upto(m, 3), 1 + (int32_t)upto(m, 5), 1 + (int32_t)upto(m, 5), counts[i]};
				int32_t list[4], count = 0;
				int64_t zero = (int64_t)upto(m, 256) - 128;
				char row[80];

				start(m, codes[k], 2, OPTIONS_REDUCER);
				m->op.option[0] = 1; /* dimensions stay */
				input(m, EW_TENSOR_I8, 0.1f, zero, 4, dims);
				for (int32_t d = 0; d < 4; d++)
					if (axes >> d & 1) {
						list[count++] = d;
						dims[d] = 1;
					}
				constant(m, EW_TENSOR_I32, 0, 1, &count, list);
				output(m, EW_TENSOR_I8, k < 2 ? 0.15f : 0.1f, k < 2 ? -zero - 1 : zero, 4, dims);
				snprintf(row, sizeof(row), "operator %u, axes %x, %d channels", codes[k], axes, (int)counts[i]);
				compare(m, row, 2);
			}
	assert_true(m->models >= 600);
	free(m);
}

static void quantized(void **state)
{
	struct maker *m = maker_new(3);

	(void)state;
	for (int32_t n = 1; n <= 70; n++)
		for (int wide = 0; wide < 2; wide++) {
			char row[80];

			start(m, 114, 1, OPTIONS_QUANTIZE);
			input(m, EW_TENSOR_F32, 0, 0, 1, &n);
			output(m, wide ? EW_TENSOR_I16 : EW_TENSOR_I8, n % 3 ? 1.0f : 0.0173f,
			       wide ? n % 2 ? -32768 : 77 : (int64_t)upto(m, 256) - 128, 1, &n);
			snprintf(row, sizeof(row), "QUANTIZE %d to %s", (int)n, wide ? "int16" : "int8");
			compare(m, row, 8);
		}
	free(m);
}

static void filters(void **state)
{
	struct maker *m = maker_new(4);

	(void)state;
	for (int32_t n = 1; n <= 40; n++)
		for (int wide = 0; wide < 2; wide++) {
			int32_t rank = 1 + (int32_t)upto(m, 2), units = 1 + (int32_t)upto(m, 5), memory = 1 + (int32_t)upto(m, 20);
			int32_t batch = 1 + (int32_t)upto(m, 2), count = rank * units, in[2] = {batch, n}, w[2] = {count, n};
			int32_t time[2] = {count, memory}, kept[2] = {batch, count * memory}, out[2] = {batch, units};
			uint8_t type = wide ? EW_TENSOR_I16 : EW_TENSOR_I8;
			char row[80];

			start(m, 27, 3, OPTIONS_SVDF);
			m->op.widths[0] = 4, m->op.widths[1] = 1;
			m->op.words[0] = (uint32_t)rank, m->op.words[1] = ACT_RELU;
			input(m, EW_TENSOR_I8, 0.05f, (int64_t)upto(m, 256) - 128, 2, in);
			constant(m, EW_TENSOR_I8, 0.02f, 2, w, NULL);
			constant(m, type, wide ? 0.0001f : 0.02f, 2, time, NULL);
			constant(m, EW_TENSOR_I32, 0, 1, &units, NULL);
			tensor(m, type, wide ? 0.01f : 1.0f, n % 4 ? 0 : 5, 2, kept)->variable = true;
			m->op.in[m->op.in_count++] = last(m);
			output(m, EW_TENSOR_I8, wide ? 0.5f : 2.0f, (int64_t)upto(m, 256) - 128, 2, out);
			snprintf(row, sizeof(row), "SVDF %d, %s", (int)n, wide ? "int16" : "int8");
			compare(m, row, 5);
		}
	free(m);
}

static void sequences(void **state)
{
	struct maker *m = maker_new(5);

	(void)state;
	for (int32_t n = 1; n <= 40; n++) {
		int32_t units = 1 + (int32_t)upto(m, 40), batch = 1 + (int32_t)upto(m, 2), steps = 1 + (int32_t)upto(m, 3);
		int32_t in[3] = {batch, steps, n}, w[2] = {units, n}, r[2] = {units, units}, out[3] = {batch, steps, units};
		int32_t kept[2] = {batch, units};
		char row[80];

		start(m, 44, 1, OPTIONS_LSTM);
		m->op.widths[0] = 1, m->op.words[0] = ACT_TANH;
		input(m, EW_TENSOR_I8, 0.02f, (int64_t)upto(m, 256) - 128, 3, in);
		for (int g = 0; g < 4; g++)
			constant(m, EW_TENSOR_I8, 0.004f, 2, w, NULL);
		for (int g = 0; g < 4; g++)
			constant(m, EW_TENSOR_I8, 0.004f, 2, r, NULL);
		for (int g = 0; g < 3; g++)
			m->op.in[m->op.in_count++] = -1;
		for (int g = 0; g < 4; g++)
			constant(m, EW_TENSOR_I32, 0.00008f, 1, &units, NULL);
		m->op.in[m->op.in_count++] = -1;
		m->op.in[m->op.in_count++] = -1;
		tensor(m, EW_TENSOR_I8, 1 / 128.0f, n % 3 ? 0 : -9, 2, kept)->variable = true;
		m->op.in[m->op.in_count++] = last(m);
		tensor(m, EW_TENSOR_I16, 1 / 2048.0f, 0, 2, kept)->variable = true;
		m->op.in[m->op.in_count++] = last(m);
		while (m->op.in_count < TFL_INPUTS)
			m->op.in[m->op.in_count++] = -1;
		output(m, EW_TENSOR_I8, 1 / 128.0f, n % 3 ? 0 : -9, 3, out);
		snprintf(row, sizeof(row), "LSTM %d to %d", (int)n, (int)units);
		compare(m, row, 3);
	}
	free(m);
}

/* Weights in place, groups, int16 with each kind of bias. */
static void convolutions(void **state)
{
	static const int32_t counts[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 24, 33, 64, 67};
	struct maker *m = maker_new(6);

	(void)state;
	for (size_t i = 0; i < ROWS(counts); i++)
		for (int kind = 0; kind < 8; kind++) { /* int8 in place, of 3 groups, depthwise; int16 */
			bool wide = kind >= 4, depthwise = kind == 2;
			int32_t groups = kind == 1 ? 3 : 1, k_h = 1 + (int32_t)upto(m, 4), k_w = 1 + (int32_t)upto(m, 4), out_c;
			int32_t in[4] = {1 + (int32_t)upto(m, 2), 3 + (int32_t)upto(m, 5), 3 + (int32_t)upto(m, 5), counts[i] * groups};
			int32_t w[4], out[4], stride = 1 + (int32_t)upto(m, 2);
			uint8_t type = wide ? EW_TENSOR_I16 : EW_TENSOR_I8;
			char row[80];

			out_c = depthwise ? in[3] : groups * (1 + (int32_t)upto(m, 9));
			memcpy(w, (int32_t[4]){depthwise ? 1 : out_c, k_h, k_w, depthwise ? out_c : counts[i]}, sizeof(w));
			memcpy(out, (int32_t[4]){in[0], (in[1] - 1) / stride + 1, (in[2] - 1) / stride + 1, out_c}, sizeof(out));
			start(m, depthwise ? 4 : 3, 3, depthwise ? OPTIONS_DWCONV : OPTIONS_CONV);
			memcpy(m->op.widths, depthwise ? (uint8_t[8]){1, 4, 4, 4, 1} : (uint8_t[8]){1, 4, 4, 1}, 8);
			m->op.words[1] = m->op.words[2] = (uint32_t)stride;
			m->op.words[3] = depthwise;
			if (kind != 1)
				m->flags |= EW_MODEL_WEIGHTS_IN_PLACE;
			input(m, type, 0.01f, wide ? 0 : (int64_t)upto(m, 256) - 128, 4, in);
			constant(m, EW_TENSOR_I8, 0.02f, 4, w, NULL);
			if (kind == 5)
				constant(m, EW_TENSOR_I32, 0, 1, &out_c, NULL);
			else if (kind != 7)
				constant(m, wide ? EW_TENSOR_I64 : EW_TENSOR_I32, 0, 1, &out_c, NULL);
			output(m, type, wide ? 0.5f : 0.2f, wide ? 0 : (int64_t)upto(m, 256) - 128, 4, out);
			snprintf(row, sizeof(row), "convolution %d of %d channels, %dx%d", kind, (int)counts[i], (int)k_h, (int)k_w);
			compare(m, row, 3);
		}
	free(m);
}

/* Depths around the vector width and around what 32 bits add up. */
static void dense(void **state)
{
	struct maker *m = maker_new(7);

	(void)state;
	for (int32_t depth = 1; depth < 1200; depth += depth < 70 ? 1 : depth > 490 && depth < 530 ? 1 : 37)
		for (int kind = 0; kind < 2; kind++) {
			int32_t units = 1 + (int32_t)upto(m, 6), in[2] = {1 + (int32_t)upto(m, 2), depth}, w[2] = {units, depth};
			int32_t out[2] = {in[0], units};
			char row[80];

			start(m, 9, 4, OPTIONS_FC);
			input(m, EW_TENSOR_I16, 0.001f, 0, 2, in);
			constant(m, EW_TENSOR_I8, 0.02f, 2, w, NULL);
			constant(m, kind ? EW_TENSOR_I64 : EW_TENSOR_I32, 0, 1, &units, NULL);
			output(m, EW_TENSOR_I16, 0.05f, 0, 2, out);
			snprintf(row, sizeof(row), "dense %d, %d units, %s", (int)depth, (int)units, kind ? "int64" : "int32");
			compare(m, row, 4);
		}
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products),
		cmocka_unit_test(reductions),
		cmocka_unit_test(quantized),
		cmocka_unit_test(filters),
		cmocka_unit_test(sequences),
		cmocka_unit_test(convolutions),
		cmocka_unit_test(dense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
