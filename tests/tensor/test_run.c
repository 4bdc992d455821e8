/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_run.c - executors and what a model says about itself: inputs and outputs in place, bound inputs,
 * batches, state, profile hook, caller's memory, several threads on one model.
 */
#include <pthread.h>
#include "small.h"
#include "tensor/ops.h"

struct loaded {
	struct fail_alloc f;
	uint8_t *bytes;
	size_t size;
	struct ew_model *m;
	struct ew_model_exec *x;
};

static void open_with(struct loaded *l, const struct tfl *model, uint32_t batch)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .max_batch = batch};
	struct ew_error err;

	fail_alloc_init(&l->f);
	l->bytes = tfl_build(model, &l->size);
	if (ew_model_load(&l->m, l->bytes, l->size, &config, &l->f.alloc, &err) != EW_OK)
		fail_msg("%s", err.text);
	assert_int_equal(ew_model_exec_create(&l->x, l->m, &l->f.alloc, &err), EW_OK);
}

static void close_all(struct loaded *l)
{
	ew_model_exec_destroy(l->x);
	ew_model_free(l->m);
	free(l->bytes);
	fail_alloc_finish(&l->f);
}

static void *input(struct ew_model_exec *x, uint32_t i)
{
	struct ew_tensor_span span;

	assert_int_equal(ew_model_exec_input(x, i, &span), EW_OK);
	return span.data;
}

static const void *output(const struct ew_model_exec *x, uint32_t i)
{
	struct ew_tensor_view view;

	assert_int_equal(ew_model_exec_output(x, i, &view), EW_OK);
	return view.data;
}

/* ---- what comes out, by hand ------------------------------------------------------------------- */

/*
 * x = {1, -1, 0.5, 0}: quantized by 0.05 and -3 to {17, -23, 7, -3}, that is {20, -20, 10, 0} above the zero point.
 * Unit 0: 12*20 + 7*20 + 33*10 + 16 = 726; times 0.05*0.02/0.03 = 0.0333: 24.2, so 24 - 128 = -104.
 */
static void dense_by_hand(void **state)
{
	static const float x[4] = {1.0f, -1.0f, 0.5f, 0.0f};
	static const int8_t quantized[4] = {17, -23, 7, -3};
	struct ew_tensor_view view;
	struct loaded l;
	int32_t sums[6], h[6];

	(void)state;
	open_with(&l, &small_dense, 1);
	memcpy(input(l.x, 0), x, sizeof(x));
	assert_int_equal(ew_model_exec_run(l.x), EW_OK);
	for (int u = 0; u < 6; u++) {
		sums[u] = (int32_t)ewi_le32(small_b0 + 4 * u);
		for (int d = 0; d < 4; d++)
			sums[u] += (quantized[d] + 3) * small_w0[4 * u + d];
		h[u] = (int32_t)((double)sums[u] / 30.0 + (sums[u] < 0 ? -0.5 : 0.5)) - 128;
		h[u] = h[u] < -128 ? -128 : h[u] > 127 ? 127 : h[u];
	}
	assert_int_equal(sums[0], 726);
	assert_int_equal(h[0], -104);
	for (int u = 0; u < 3; u++) {
		double sum = 0, want;

		for (int d = 0; d < 6; d++)
			sum += (h[d] + 128) * small_w1[6 * u + d];
		want = sum * 0.03 * (double)small_scales1[u] / 0.1;
		want = (double)(int32_t)(want + (want < 0 ? -0.5 : 0.5));
		want = want > 123 ? 123 : want < -132 ? -132 : want;
		assert_true(((const float *)output(l.x, 0))[u] == (float)(want * (double)0.1f));
	}
	assert_int_equal(ew_model_exec_tensor(l.x, 99, &view), EW_ERR_INVAL);
	close_all(&l);
}

/* The product of two scales is a float for a tensor's scale, a double for a channel's; both are told apart here. */
static void products_of_scales(void **state)
{
	static const int8_t w[4] = {1, 2, 3, 4};
	float scales[2];
	int64_t zeros[2] = {0, 0};
	uint64_t seed = 8;
	unsigned differ = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		float in = 0.01f + (float)(noise(&seed) % 1000000) * 1e-7f, by = 0.01f + (float)(noise(&seed) % 1000000) * 1e-7f;
		const struct tfl_tensor tensors[] = {
			TFL_I8("in", in, 0, 1, 2),
			{.name = "w", .type = EW_TENSOR_I8, TFL_DIMS(2, 2), .scale_count = i % 2 ? 2 : 1, .scales = scales,
			 .zero_count = i % 2 ? 2 : 1, .zeros = zeros, .data = w, .data_bytes = 4},
			TFL_I8("out", 0.7f, 0, 1, 2)};
		const struct tfl_op op = {.code = 9, .in_count = 2, .in = {0, 1}, .out = {2}};
		const int32_t first = 0, last = 2;
		const struct tfl model = {.tensors = tensors, .tensor_count = 3, .ops = &op, .op_count = 1, .inputs = &first,
					  .input_count = 1, .outputs = &last, .output_count = 1};
		struct ewi_scale narrow, wide, got;
		volatile float product = in * by;
		struct loaded l;

		scales[0] = scales[1] = by;
		open_with(&l, &model, 1);
		assert_true(ewi_scale_from((double)product / (double)0.7f, false, &narrow));
		assert_true(ewi_scale_from((double)in * (double)by / (double)0.7f, false, &wide));
		got = ewi_fc_scale(l.m->ops[0].params, 1);
		assert_int_equal(got.multiplier, i % 2 ? wide.multiplier : narrow.multiplier);
		assert_int_equal(got.shift, i % 2 ? wide.shift : narrow.shift);
		differ += narrow.multiplier != wide.multiplier;
		close_all(&l);
	}
	assert_true(differ > 100);
}

/* QUANTIZE and DEQUANTIZE of each pair of types, values by hand. */
static void conversions(void **state)
{
	static const struct row {
		const char *name;
		uint32_t code;
		uint8_t from, to;
		float scale_in, scale_out;
		int32_t zero_in, zero_out;
		double in[3], want[3];
	} rows[] = {
		{"f32 i8", 114, EW_TENSOR_F32, EW_TENSOR_I8, 1, 0.5f, 0, 1, {1, -0.25, 1e9}, {3, 0, 127}},
		{"f32 i16", 114, EW_TENSOR_F32, EW_TENSOR_I16, 1, 0.5f, 0, 0, {1, 20000, -1e9}, {2, 32767, -32768}},
		{"i8 i8", 114, EW_TENSOR_I8, EW_TENSOR_I8, 1, 0.5f, 1, 0, {2, -128, 127}, {2, -128, 127}},
		{"i8 u8", 114, EW_TENSOR_I8, EW_TENSOR_U8, 1, 1, 0, 128, {0, -128, 127}, {128, 0, 255}},
		{"i8 i16", 114, EW_TENSOR_I8, EW_TENSOR_I16, 1, 0.25f, -1, 0, {0, -128, 127}, {4, -508, 512}},
		{"i8 i32", 114, EW_TENSOR_I8, EW_TENSOR_I32, 1, 0.00390625f, 0, 5, {0, 1, -128}, {5, 261, -32763}},
		{"u8 i8", 114, EW_TENSOR_U8, EW_TENSOR_I8, 1, 1, 128, 0, {0, 128, 255}, {-128, 0, 127}},
		{"i16 i8", 114, EW_TENSOR_I16, EW_TENSOR_I8, 1, 256, 0, 0, {32767, -32768, 384}, {127, -128, 2}},
		{"i16 i16", 114, EW_TENSOR_I16, EW_TENSOR_I16, 1, 2, 0, 0, {3, -3, 32767}, {2, -1, 16384}},
		{"i16 i32", 114, EW_TENSOR_I16, EW_TENSOR_I32, 1, 0.0625f, 0, 0, {1, -32768, 2}, {16, -524288, 32}},
		{"i32 i8", 114, EW_TENSOR_I32, EW_TENSOR_I8, 1, 1000, 0, 1, {1500, 2147483647.0, -2147483648.0}, {3, 127, -128}},
		{"i32 i16", 114, EW_TENSOR_I32, EW_TENSOR_I16, 1, 4, 0, 0, {6, -2, 1000000}, {2, -1, 32767}},
		{"i8 f32", 6, EW_TENSOR_I8, EW_TENSOR_F32, 0.5f, 1, -2, 0, {-2, 127, -128}, {0, 64.5, -63}},
		{"u8 f32", 6, EW_TENSOR_U8, EW_TENSOR_F32, 0.5f, 1, 2, 0, {2, 255, 0}, {0, 126.5, -1}},
		{"i16 f32", 6, EW_TENSOR_I16, EW_TENSOR_F32, 0.25f, 1, 0, 0, {0, 32767, -32768}, {0, 8191.75, -8192}},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		const struct tfl_tensor tensors[2] = {
			{.name = "in", .type = r->from, TFL_DIMS(3), .scale_count = 1, .scale = r->scale_in, .zero = r->zero_in},
			{.name = "out", .type = r->to, TFL_DIMS(3), .scale_count = 1, .scale = r->scale_out, .zero = r->zero_out}};
		const struct tfl_op op = {.code = r->code, .in_count = 1, .in = {0}, .out = {1}};
		const int32_t in = 0, out = 1;
		const struct tfl model = {.tensors = tensors, .tensor_count = 2, .ops = &op, .op_count = 1, .inputs = &in,
					  .input_count = 1, .outputs = &out, .output_count = 1};
		struct loaded l;
		union {
			float f[3];
			int8_t i8[3];
			uint8_t u8[3];
			int16_t i16[3];
			int32_t i32[3];
		} v;

		open_with(&l, &model, 1);
		for (int k = 0; k < 3; k++)
			switch (r->from) {
			case EW_TENSOR_F32: v.f[k] = (float)r->in[k]; break;
			case EW_TENSOR_I8: v.i8[k] = (int8_t)r->in[k]; break;
			case EW_TENSOR_U8: v.u8[k] = (uint8_t)r->in[k]; break;
			case EW_TENSOR_I16: v.i16[k] = (int16_t)r->in[k]; break;
			default: v.i32[k] = (int32_t)r->in[k]; break;
			}
		memcpy(input(l.x, 0), &v, 3 * ewi_type_bits(r->from) / 8);
		assert_int_equal(ew_model_exec_run(l.x), EW_OK);
		memcpy(&v, output(l.x, 0), 3 * ewi_type_bits(r->to) / 8);
		for (int k = 0; k < 3; k++) {
			double got = r->to == EW_TENSOR_F32 ? (double)v.f[k] : r->to == EW_TENSOR_I8 ? v.i8[k] :
				     r->to == EW_TENSOR_U8  ? v.u8[k] : r->to == EW_TENSOR_I16 ? v.i16[k] : v.i32[k];

			if (got != r->want[k])
				fail_msg("row %s, element %d: %g, want %g", r->name, k, got, r->want[k]);
		}
		close_all(&l);
	}
}

/* Pairs of types that there are not. */
static void conversions_refused(void **state)
{
	static const struct {
		const char *name;
		uint32_t code;
		uint8_t from, to;
		int32_t count_out;
		const char *text;
	} rows[] = {
		{"f32 i32", 114, EW_TENSOR_F32, EW_TENSOR_I32, 3, "types FLOAT32 to INT32"},
		{"f32 u8", 114, EW_TENSOR_F32, EW_TENSOR_U8, 3, "types FLOAT32 to UINT8"},
		{"f16 i8", 114, EW_TENSOR_F16, EW_TENSOR_I8, 3, "types FLOAT16 to INT8"},
		{"u8 i16", 114, EW_TENSOR_U8, EW_TENSOR_I16, 3, "types UINT8 to INT16"},
		{"i4 i8", 114, EW_TENSOR_I4, EW_TENSOR_I8, 3, "types INT4 to INT8"},
		{"i8 u32", 114, EW_TENSOR_I8, EW_TENSOR_U32, 3, "types INT8 to UINT32"},
		{"i8 i4", 114, EW_TENSOR_I8, EW_TENSOR_I4, 3, "types INT8 to INT4"},
		{"i32 f32", 6, EW_TENSOR_I32, EW_TENSOR_F32, 3, "types INT32 to FLOAT32"},
		{"i8 i8 dequantized", 6, EW_TENSOR_I8, EW_TENSOR_I8, 3, "types INT8 to INT8"},
		{"another count", 114, EW_TENSOR_I8, EW_TENSOR_I16, 4, "3 elements to 4"},
		{"reshape f32 i32", 22, EW_TENSOR_F32, EW_TENSOR_I32, 3, "types FLOAT32 to INT32"},
		{"reshape strings", 22, EW_TENSOR_STRING, EW_TENSOR_STRING, 3, "types STRING"},
		{"reshape to more", 22, EW_TENSOR_I8, EW_TENSOR_I8, 4, "3 elements to 4"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct tfl_tensor tensors[3] = {
			{.name = "x", .type = EW_TENSOR_I8, TFL_DIMS(1)},
			{.name = "in", .type = rows[i].from, TFL_DIMS(3), .scale_count = 1, .scale = 1, .variable = true},
			{.name = "out", .type = rows[i].to, TFL_DIMS(rows[i].count_out), .scale_count = 1, .scale = 1}};
		const struct tfl_op op = {.code = rows[i].code, .in_count = 1, .in = {1}, .out = {2}};
		const int32_t in = 0;
		const struct tfl model = {.tensors = tensors, .tensor_count = 3, .ops = &op, .op_count = 1, .inputs = &in,
					  .input_count = 1, .outputs = &in, .output_count = 1};
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_model *m;
		struct ew_error err;
		size_t size;
		uint8_t *bytes = tfl_build(&model, &size);
		enum ew_status st = ew_model_load(&m, bytes, size, NULL, &alloc, &err);

		check_true(rows[i].name, st == EW_ERR_UNSUPPORTED || st == EW_ERR_INVALID);
		check_has(rows[i].name, err.text, rows[i].text);
		check_has(rows[i].name, err.text, "operator 0 (");
		free(bytes);
	}
}

/* ---- RESHAPE ----------------------------------------------------------------------------------- */

static void reshape(void **state)
{
	static const uint8_t shape_data[8] = {6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}, zero_data[4] = {0};
	static const struct {
		const char *name;
		int32_t in[2], out[2];
		uint32_t out_rank;
		bool operand; /* {6, -1} */
		int options;
		int32_t option[4];
		const char *text; /* NULL: good */
	} rows[] = {
		{"no shape given", {3, 4}, {2, 6}, 2, false, 0, {0}, NULL},
		{"option", {3, 4}, {6, 2}, 2, false, 2, {6, 2}, NULL},
		{"option with -1", {3, 4}, {6, 2}, 2, false, 2, {-1, 2}, NULL},
		{"operand with -1", {3, 4}, {6, 2}, 2, true, 0, {0}, NULL},
		{"operand before option", {3, 4}, {6, 2}, 2, true, 2, {1, 12}, NULL},
		{"scalar as [0]", {1, 1}, {0}, 0, false, 1, {0}, NULL},
		{"option differs", {3, 4}, {6, 2}, 2, false, 2, {4, 3}, "dimension 0 is to be 4, its output's is 6"},
		{"two open", {3, 4}, {6, 2}, 2, false, 2, {-1, -1}, "dimension 1 is to be -1"},
		{"other rank", {3, 4}, {6, 2}, 2, false, 1, {12}, "to 1 dimensions, its output has 2"},
		{"operand differs", {3, 4}, {2, 6}, 2, true, 0, {0}, "dimension 0 is to be 6"},
		{"-2", {3, 4}, {6, 2}, 2, false, 2, {-2, 2}, "dimension 0 is to be -2"},
	};

	(void)state;
	(void)zero_data;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct tfl_tensor tensors[3] = {
			{.name = "in", .type = EW_TENSOR_I8, .rank = 2, .dims = {rows[i].in[0], rows[i].in[1]}},
			{.name = "out", .type = EW_TENSOR_I8, .rank = rows[i].out_rank, .dims = {rows[i].out[0], rows[i].out[1]}},
			TFL_CONST("shape", EW_TENSOR_I32, 0.0f, shape_data, 2)};
		const struct tfl_op op = {.code = 22, .in_count = rows[i].operand ? 2 : 1, .in = {0, 2}, .out = {1},
					  .options = OPTIONS_RESHAPE, .shape_count = rows[i].options,
					  .shape = {rows[i].option[0], rows[i].option[1]}};
		const int32_t in = 0, out = 1;
		const struct tfl model = {.tensors = tensors, .tensor_count = 3, .ops = &op, .op_count = 1, .inputs = &in,
					  .input_count = 1, .outputs = &out, .output_count = 1};
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_model_exec *x;
		struct ew_model *m;
		struct ew_error err;
		size_t size;
		uint8_t *bytes = tfl_build(&model, &size);
		enum ew_status st = ew_model_load(&m, bytes, size, NULL, &alloc, &err);

		if (rows[i].text) {
			check_status(rows[i].name, st, EW_ERR_INVALID);
			check_has(rows[i].name, err.text, rows[i].text);
		} else {
			struct ew_operator_info info;

			check_status(rows[i].name, st, EW_OK);
			assert_int_equal(ew_model_operator(m, 0, &info), EW_OK);
			check_str(rows[i].name, info.kernel, "alias");
			assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
			/* Not a copy: the very bytes. */
			assert_ptr_equal(input(x, 0), output(x, 0));
			ew_model_exec_destroy(x);
			ew_model_free(m);
		}
		free(bytes);
	}
}

/* ---- batches, bindings ------------------------------------------------------------------------- */

#define BATCH 7u

static void batch_is_as_many_runs(void **state)
{
	uint64_t seed = 99;

	(void)state;
	for (size_t k = 0; k < ROWS(small_models); k++) {
		uint8_t in[BATCH * 64], want[BATCH * 64];
		struct ew_tensor_info in_info, out_info;
		struct loaded one, many;
		struct ew_tensor_span span;
		struct ew_tensor_view view;

		open_with(&one, small_models[k].model, 1);
		open_with(&many, small_models[k].model, BATCH);
		assert_int_equal(ew_model_input_info(one.m, 0, &in_info), EW_OK);
		assert_int_equal(ew_model_output_info(one.m, 0, &out_info), EW_OK);
		for (size_t i = 0; i < BATCH * in_info.bytes; i++)
			in[i] = in_info.type == EW_TENSOR_F32 && i % 4 == 3 ? 0x3f : (uint8_t)noise(&seed);
		for (uint32_t w = 0; w < BATCH; w++) {
			memcpy(input(one.x, 0), in + w * in_info.bytes, in_info.bytes);
			assert_int_equal(ew_model_exec_run(one.x), EW_OK);
			memcpy(want + w * out_info.bytes, output(one.x, 0), out_info.bytes);
		}
		for (uint32_t n = 1; n <= BATCH; n++) {
			assert_int_equal(ew_model_exec_set_batch(many.x, n), EW_OK);
			assert_int_equal(ew_model_exec_input(many.x, 0, &span), EW_OK);
			assert_int_equal(span.bytes, n * in_info.bytes);
			memcpy(span.data, in, span.bytes);
			assert_int_equal(ew_model_exec_run(many.x), EW_OK);
			assert_int_equal(ew_model_exec_output(many.x, 0, &view), EW_OK);
			check_int(small_models[k].name, view.bytes, n * out_info.bytes);
			check_mem(small_models[k].name, view.data, want, view.bytes);
		}
		assert_int_equal(ew_model_exec_set_batch(many.x, 0), EW_ERR_INVAL);
		assert_int_equal(ew_model_exec_set_batch(many.x, BATCH + 1), EW_ERR_INVAL);
		assert_int_equal(ew_model_exec_set_batch(one.x, 2), EW_ERR_INVAL);
		close_all(&one);
		close_all(&many);
	}
}

static void bound_inputs(void **state)
{
	static const float x[2][4] = {{1, 2, -3, 0.5f}, {-1, 0, 0.25f, 3}};
	float want[2][3], copy[3][4];
	struct ew_tensor_view view;
	struct loaded l;

	(void)state;
	open_with(&l, &small_dense, 2);
	for (int i = 0; i < 2; i++) {
		memcpy(input(l.x, 0), x[i], sizeof(x[i]));
		assert_int_equal(ew_model_exec_run(l.x), EW_OK);
		memcpy(want[i], output(l.x, 0), sizeof(want[i]));
	}
	memcpy(copy, x, sizeof(x));
	assert_int_equal(ew_model_exec_bind_input(l.x, 1, copy, sizeof(copy[0])), EW_ERR_INVAL);
	assert_int_equal(ew_model_exec_bind_input(l.x, 0, copy, 15), EW_ERR_INVAL);
	assert_int_equal(ew_model_exec_bind_input(l.x, 0, (uint8_t *)copy + 1, 16), EW_ERR_INVAL);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ew_model_exec_bind_input(l.x, 0, copy[i], sizeof(copy[i])), EW_OK);
		assert_int_equal(ew_model_exec_run(l.x), EW_OK);
		assert_memory_equal(output(l.x, 0), want[i], sizeof(want[i]));
	}
	assert_memory_equal(copy, x, sizeof(x)); /* read only */
	/* Another batch: must be bound again. */
	assert_int_equal(ew_model_exec_set_batch(l.x, 2), EW_OK);
	assert_int_equal(ew_model_exec_run(l.x), EW_ERR_STATE);
	assert_int_equal(ew_model_exec_bind_input(l.x, 0, copy, sizeof(x)), EW_OK);
	assert_int_equal(ew_model_exec_run(l.x), EW_OK);
	assert_int_equal(ew_model_exec_output(l.x, 0, &view), EW_OK);
	assert_memory_equal(view.data, want, sizeof(want));
	/* And back to the arena. */
	assert_int_equal(ew_model_exec_bind_input(l.x, 0, NULL, 0), EW_OK);
	assert_int_equal(ew_model_exec_set_batch(l.x, 1), EW_OK);
	memcpy(input(l.x, 0), x[1], sizeof(x[1]));
	assert_int_equal(ew_model_exec_run(l.x), EW_OK);
	assert_memory_equal(output(l.x, 0), want[1], sizeof(want[1]));
	close_all(&l);
}

/* ---- state ------------------------------------------------------------------------------------- */

/* y = quantize(s), then s = requantize(x): the output is the input of the run before. */
static const struct tfl_tensor delay_tensors[] = {
	TFL_I8("x", 1.0f, 0, 4),
	{.name = "s", .type = EW_TENSOR_I8, TFL_DIMS(4), .scale_count = 1, .scale = 1.0f, .zero = 9, .variable = true},
	TFL_I8("y", 1.0f, 0, 4),
	{.name = "s2", .type = EW_TENSOR_I16, TFL_DIMS(4), .scale_count = 1, .scale = 1.0f, .variable = true},
	{.name = "y2", .type = EW_TENSOR_I16, TFL_DIMS(2, 2), .scale_count = 1, .scale = 1.0f},
};
static const struct tfl_op delay_ops[] = {
	{.code = 114, .in_count = 1, .in = {1}, .out = {2}},
	{.code = 22, .in_count = 1, .in = {3}, .out = {4}},
	{.code = 114, .in_count = 1, .in = {0}, .out = {1}},
	{.code = 114, .in_count = 1, .in = {0}, .out = {3}},
};
static const int32_t delay_inputs[] = {0}, delay_outputs[] = {2, 4};
static const struct tfl delay = {.tensors = delay_tensors, .tensor_count = ROWS(delay_tensors), .ops = delay_ops,
				 .op_count = ROWS(delay_ops), .inputs = delay_inputs, .input_count = 1,
				 .outputs = delay_outputs, .output_count = 2};

static void state_is_kept(void **unused)
{
	static const int8_t zeros[4] = {0};
	static const int16_t zeros2[4] = {0};
	struct ew_model_config config = {.struct_bytes = sizeof(config), .max_batch = 2};
	struct ew_operator_info op;
	struct ew_tensor_info info;
	struct ew_model *m;
	struct ew_error err;
	struct loaded l;
	size_t persistent, transient;

	(void)unused;
	open_with(&l, &delay, 1);
	ew_model_arena_size(l.m, &persistent, &transient);
	assert_true(persistent >= 32);
	assert_int_equal(persistent + transient, ew_model_exec_size(l.m));
	ew_model_arena_size(l.m, NULL, NULL);
	assert_int_equal(ew_model_tensor_info(l.m, 1, &info), EW_OK);
	assert_true(info.is_variable && !info.is_const);
	assert_int_equal(ew_model_operator(l.m, 1, &op), EW_OK);
	assert_string_equal(op.kernel, "copy_ref"); /* what reads state may not be its alias */
	for (int round = 0; round < 2; round++) {
		int8_t last[4] = {0};

		for (int i = 1; i <= 3; i++) {
			int8_t x[4] = {(int8_t)i, (int8_t)-i, (int8_t)(10 * i), 0};

			memcpy(input(l.x, 0), x, 4);
			assert_int_equal(ew_model_exec_run(l.x), EW_OK);
			/* int8 state begins at its zero point, which is 0 here: 9 - 9. */
			assert_memory_equal(output(l.x, 0), last, 4);
			for (int k = 0; k < 4; k++)
				assert_int_equal(((const int16_t *)output(l.x, 1))[k], last[k]);
			memcpy(last, x, 4);
		}
		ew_model_exec_reset(l.x);
	}
	assert_int_equal(ew_model_exec_run(l.x), EW_OK);
	assert_memory_equal(output(l.x, 0), zeros, 4);
	assert_memory_equal(output(l.x, 1), zeros2, 8);
	assert_int_equal(ew_model_load(&m, l.bytes, l.size, &config, &l.f.alloc, &err), EW_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "state"));
	close_all(&l);
}

/* ---- memory ------------------------------------------------------------------------------------ */

static void callers_memory(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (size_t k = 0; k < ROWS(small_models); k++) {
		struct ew_model_exec *x;
		struct ew_tensor_info info;
		struct loaded l;
		struct guard g;
		size_t need;
		uint8_t *memory, want[64];

		open_with(&l, small_models[k].model, 3);
		need = ew_model_exec_size(l.m);
		check_int(small_models[k].name, need % EW_ALIGN, 0);
		guard_init(&g, need);
		memory = guard_high(&g, need); /* one byte too far is a crash */
		assert_int_equal(ew_model_exec_init(&x, l.m, memory, need - 1), EW_ERR_TOOBIG);
		assert_null(x);
		assert_int_equal(ew_model_exec_init(&x, l.m, memory + 4, need), EW_ERR_INVAL);
		assert_int_equal(ew_model_exec_init(&x, l.m, NULL, need), EW_ERR_INVAL);
		memset(memory, 0xa5, need);
		assert_int_equal(ew_model_exec_init(&x, l.m, memory, need), EW_OK);
		assert_ptr_equal(ew_model_exec_model(x), l.m);
		assert_int_equal(ew_model_input_info(l.m, 0, &info), EW_OK);
		assert_int_equal(ew_model_exec_set_batch(x, 3), EW_OK);
		for (size_t i = 0; i < 3 * info.bytes; i++)
			((uint8_t *)input(x, 0))[i] = info.type == EW_TENSOR_F32 ? 0x40 : (uint8_t)noise(&seed);
		assert_int_equal(ew_model_exec_set_batch(l.x, 3), EW_OK);
		memcpy(input(l.x, 0), input(x, 0), 3 * info.bytes);
		assert_int_equal(ew_model_exec_run(x), EW_OK);
		assert_int_equal(ew_model_exec_run(l.x), EW_OK);
		assert_int_equal(ew_model_output_info(l.m, 0, &info), EW_OK);
		memcpy(want, output(l.x, 0), 3 * info.bytes);
		check_mem(small_models[k].name, output(x, 0), want, 3 * info.bytes);
		ew_model_exec_destroy(x); /* nothing to give back */
		guard_deinit(&g);
		close_all(&l);
	}
}

/* An allocator that breaks its promise is found out, not crashed on. */
static void *crooked(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	static uint64_t memory[1024];

	(void)ctx;
	(void)old_bytes;
	return block || new_bytes > sizeof(memory) - 4 ? NULL : (uint8_t *)memory + 4;
}

static void crooked_allocator(void **state)
{
	const struct ew_alloc alloc = {crooked, NULL};
	struct ew_model_exec *x;
	struct ew_error err;
	struct loaded l;

	(void)state;
	open_with(&l, &small_dense, 1);
	assert_int_equal(ew_model_exec_create(&x, l.m, &alloc, &err), EW_ERR_INVAL);
	assert_null(x);
	assert_non_null(strstr(err.text, "not aligned"));
	close_all(&l);
}

/* Nothing is asked of the allocator between creation and destruction. */
static void runs_allocate_nothing(void **state)
{
	struct loaded l;
	size_t requests;

	(void)state;
	open_with(&l, &small_dense, 4);
	requests = l.f.requests;
	for (uint32_t i = 1; i <= 4; i++) {
		assert_int_equal(ew_model_exec_set_batch(l.x, i), EW_OK);
		assert_int_equal(ew_model_exec_run(l.x), EW_OK);
		ew_model_exec_reset(l.x);
	}
	assert_int_equal(l.f.requests, requests);
	close_all(&l);
}

/* The same file at every alignment, read only to its last byte. */
static void misaligned_file(void **state)
{
	static const float x[4] = {0.3f, -2.0f, 1.0f, 0.75f};
	struct ew_alloc alloc = ew_alloc_libc();
	struct loaded l;

	(void)state;
	open_with(&l, &small_dense, 1);
	memcpy(input(l.x, 0), x, sizeof(x));
	assert_int_equal(ew_model_exec_run(l.x), EW_OK);
	for (size_t off = 0; off < 9; off++) {
		uint8_t *copy = malloc(l.size + off);
		struct ew_model_exec *e;
		struct ew_model *m;

		memcpy(copy + off, l.bytes, l.size);
		assert_int_equal(ew_model_load(&m, copy + off, l.size, NULL, &alloc, NULL), EW_OK);
		assert_int_equal(ew_model_exec_create(&e, m, &alloc, NULL), EW_OK);
		memcpy(input(e, 0), x, sizeof(x));
		assert_int_equal(ew_model_exec_run(e), EW_OK);
		assert_memory_equal(output(e, 0), output(l.x, 0), 12);
		ew_model_exec_destroy(e);
		ew_model_free(m);
		free(copy);
	}
	close_all(&l);
}

/* ---- what a model says -------------------------------------------------------------------------- */

struct profile {
	unsigned calls, wrong;
	uint32_t op;
	bool open;
};

static void on_operator(void *user, uint32_t op, bool done)
{
	struct profile *p = user;

	p->calls++;
	if (done != p->open || op != p->op)
		p->wrong++;
	p->open = !done;
	p->op = done ? op + 1 : op;
}

static void profile_hook(void **state)
{
	struct profile p = {0};
	struct loaded l;

	(void)state;
	open_with(&l, &small_dense, 1);
	ew_model_exec_set_profile(l.x, on_operator, &p);
	assert_int_equal(ew_model_exec_run(l.x), EW_OK);
	assert_int_equal(p.calls, 10);
	assert_int_equal(p.wrong, 0);
	ew_model_exec_set_profile(l.x, NULL, NULL);
	assert_int_equal(ew_model_exec_run(l.x), EW_OK);
	assert_int_equal(p.calls, 10);
	close_all(&l);
}

static void description(void **state)
{
	struct ew_tensor_info info;
	struct ew_operator_info op;
	const uint8_t *bytes;
	const char *text;
	struct loaded l;
	size_t len, size;
	uint32_t index = 77;
	int32_t tensor;

	(void)state;
	open_with(&l, &small_dense, 1);
	assert_int_equal(ew_model_version(l.m), 3);
	text = ew_model_description(l.m, &len);
	assert_int_equal(len, 11);
	assert_memory_equal(text, "small dense", len);
	assert_int_equal(ew_model_metadata(l.m, "note", &bytes, &size), EW_OK);
	assert_int_equal(size, 13);
	assert_memory_equal(bytes, "four to three", size);
	assert_int_equal(ew_model_metadata(l.m, "nota", &bytes, &size), EW_ERR_NOENT);
	assert_int_equal(ew_model_metadata_count(l.m), 1);
	assert_int_equal(ew_model_metadata_at(l.m, 0, &text, &len, &bytes, &size), EW_OK);
	assert_int_equal(len, 4);
	assert_int_equal(ew_model_metadata_at(l.m, 1, &text, &len, &bytes, &size), EW_ERR_INVAL);

	assert_int_equal(ew_model_input_count(l.m), 1);
	assert_int_equal(ew_model_output_count(l.m), 1);
	assert_int_equal(ew_model_input_find(l.m, "features", &index), EW_OK); /* the signature's name */
	assert_int_equal(index, 0);
	assert_int_equal(ew_model_input_find(l.m, "x", &index), EW_OK); /* the tensor's */
	assert_int_equal(ew_model_input_find(l.m, "verdict", &index), EW_ERR_NOENT);
	assert_int_equal(ew_model_output_find(l.m, "verdict", &index), EW_OK);
	assert_int_equal(ew_model_output_find(l.m, "y_f", &index), EW_OK);
	assert_int_equal(ew_model_output_find(l.m, "", &index), EW_ERR_NOENT);

	assert_int_equal(ew_model_tensor_count(l.m), ROWS(small_dense_tensors));
	assert_int_equal(ew_model_tensor_info(l.m, 5, &info), EW_OK);
	assert_int_equal(info.type, EW_TENSOR_I8);
	assert_int_equal(info.dim_count, 2);
	assert_int_equal(info.dims[0], 3);
	assert_int_equal(info.dims[1], 6);
	assert_int_equal(info.count, 18);
	assert_int_equal(info.bytes, 18);
	assert_int_equal(info.scale_count, 3);
	assert_true(info.scale == 0.01f && info.is_const && !info.is_variable);
	assert_int_equal(info.name_len, 2);
	assert_memory_equal(info.name, "w1", 2);
	assert_int_equal(ew_model_tensor_info(l.m, ROWS(small_dense_tensors), &info), EW_ERR_INVAL);
	assert_int_equal(ew_model_input_info(l.m, 1, &info), EW_ERR_INVAL);
	assert_int_equal(ew_model_output_info(l.m, 1, &info), EW_ERR_INVAL);
	assert_int_equal(ew_model_input_tensor(l.m, 0, &index), EW_OK);
	assert_int_equal(index, 0);
	assert_int_equal(ew_model_output_tensor(l.m, 0, &index), EW_OK);
	assert_int_equal(index, 9);
	assert_int_equal(ew_model_input_tensor(l.m, 1, &index), EW_ERR_INVAL);
	assert_int_equal(ew_model_output_tensor(l.m, 1, &index), EW_ERR_INVAL);

	assert_int_equal(ew_model_operator_count(l.m), 5);
	assert_int_equal(ew_model_operator(l.m, 1, &op), EW_OK);
	assert_string_equal(op.name, "FULLY_CONNECTED");
	assert_int_equal(op.code, 9);
	assert_int_equal(op.version, 4);
	assert_int_equal(op.input_count, 3);
	assert_int_equal(op.output_count, 1);
	assert_int_equal(op.macs, 24);
	assert_int_equal(ew_model_operator(l.m, 5, &op), EW_ERR_INVAL);
	assert_int_equal(ew_model_operator_input(l.m, 2, 2, &tensor), EW_OK);
	assert_int_equal(tensor, -1);
	assert_int_equal(ew_model_operator_input(l.m, 2, 3, &tensor), EW_ERR_INVAL);
	assert_int_equal(ew_model_operator_input(l.m, 5, 0, &tensor), EW_ERR_INVAL);
	assert_int_equal(ew_model_operator_output(l.m, 4, 0, &tensor), EW_OK);
	assert_int_equal(tensor, 9);
	assert_int_equal(ew_model_operator_output(l.m, 4, 1, &tensor), EW_ERR_INVAL);
	assert_int_equal(ew_model_operator_output(l.m, 5, 0, &tensor), EW_ERR_INVAL);
	close_all(&l);

	open_with(&l, &small_int16, 1);
	assert_null(ew_model_description(l.m, &len));
	assert_int_equal(len, 0);
	assert_int_equal(ew_model_metadata_count(l.m), 0);
	assert_int_equal(ew_model_output_find(l.m, "y", &index), EW_OK);
	close_all(&l);
	assert_string_equal(ew_tensor_type_name(EW_TENSOR_I4), "INT4");
	assert_string_equal(ew_tensor_type_name((enum ew_tensor_type)99), "TYPE?");
	assert_true(ew_model_isa() & EW_ISA_SCALAR);
	ew_model_free(NULL);
	ew_model_exec_destroy(NULL);
}

/* ---- one model, several threads ----------------------------------------------------------------- */

struct runner {
	const struct ew_model *m;
	pthread_t thread;
	float in[4], want[3];
	bool ok;
};

static void *run_often(void *user)
{
	struct runner *r = user;
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model_exec *x;
	struct ew_tensor_span in;
	struct ew_tensor_view out;

	r->ok = ew_model_exec_create(&x, r->m, &alloc, NULL) == EW_OK;
	for (int i = 0; r->ok && i < 3000; i++) {
		ew_model_exec_input(x, 0, &in);
		memcpy(in.data, r->in, sizeof(r->in));
		r->ok = ew_model_exec_run(x) == EW_OK;
		ew_model_exec_output(x, 0, &out);
		r->ok = r->ok && memcmp(out.data, r->want, sizeof(r->want)) == 0;
	}
	ew_model_exec_destroy(x);
	return NULL;
}

static void threads_share_a_model(void **state)
{
	struct runner r[4];
	struct loaded l;

	(void)state;
	open_with(&l, &small_dense, 1);
	for (int i = 0; i < 4; i++) {
		r[i] = (struct runner){.m = l.m, .in = {(float)i, -1.0f, 0.5f * (float)i, 2.0f}};
		memcpy(input(l.x, 0), r[i].in, sizeof(r[i].in));
		assert_int_equal(ew_model_exec_run(l.x), EW_OK);
		memcpy(r[i].want, output(l.x, 0), sizeof(r[i].want));
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&r[i].thread, NULL, run_often, &r[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(r[i].thread, NULL);
		assert_true(r[i].ok);
	}
	close_all(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dense_by_hand),
		cmocka_unit_test(products_of_scales),
		cmocka_unit_test(conversions),
		cmocka_unit_test(conversions_refused),
		cmocka_unit_test(reshape),
		cmocka_unit_test(batch_is_as_many_runs),
		cmocka_unit_test(bound_inputs),
		cmocka_unit_test(state_is_kept),
		cmocka_unit_test(callers_memory),
		cmocka_unit_test(crooked_allocator),
		cmocka_unit_test(runs_allocate_nothing),
		cmocka_unit_test(misaligned_file),
		cmocka_unit_test(profile_hook),
		cmocka_unit_test(description),
		cmocka_unit_test(threads_share_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
