/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_load.c - what ew_model_load refuses and with what words, each limit at, below and above, every
 * allocation failed in turn, arenas of every size.
 */
#include "small.h"
#include "tensor/ops.h"

/* ---- hostile models ---------------------------------------------------------------------------- */

/* A good model of one FULLY_CONNECTED, that rows spoil in one place. */
enum { IN, W, BIAS, OUT, TENSORS };

struct spoilt {
	struct tfl_tensor tensors[TENSORS];
	struct tfl_op op;
	int32_t inputs[2], outputs[2];
	struct tfl model;
};

static const int8_t weights[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t biases[24] = {1};

static void good(struct spoilt *s)
{
	const struct tfl_tensor tensors[TENSORS] = {
		TFL_I8("in", 0.5f, 3, 2, 4),
		TFL_CONST("w", EW_TENSOR_I8, 0.1f, weights, 3, 4),
		{.name = "bias", .type = EW_TENSOR_I32, TFL_DIMS(3), .data = biases, .data_bytes = 12},
		TFL_I8("out", 1.0f, 0, 2, 3),
	};

	memset(s, 0, sizeof(*s));
	memcpy(s->tensors, tensors, sizeof(tensors));
	s->op = (struct tfl_op){.code = 9, .in_count = 3, .in = {IN, W, BIAS}, .out = {OUT}, .options = OPTIONS_FC};
	s->outputs[0] = OUT;
	s->model = (struct tfl){.tensors = s->tensors, .tensor_count = TENSORS, .ops = &s->op, .op_count = 1,
				.inputs = s->inputs, .input_count = 1, .outputs = s->outputs, .output_count = 1};
}

static const float zero_scale[3] = {0.1f, 0.0f, 0.1f}, good_scales[3] = {0.1f, 0.2f, 0.3f};
static const int64_t odd_zeros[3] = {0, 1, 0}, no_zeros[3] = {0, 0, 0};

static void channels(struct tfl_tensor *t, uint32_t n, const float *scales, const int64_t *zeros)
{
	t->scale_count = n;
	t->zero_count = n;
	t->scales = scales;
	t->zeros = zeros;
}

#define SPOIL(name, ...) static void name(struct spoilt *s) { __VA_ARGS__; }
SPOIL(nothing, (void)s)
SPOIL(version_4, s->model.version = 4)
SPOIL(no_subgraph, s->model.no_subgraph = true)
SPOIL(no_tensors, s->model.tensor_count = 0)
SPOIL(no_buffers, s->model.no_buffers = true)
SPOIL(nine_dims, s->tensors[IN].rank = 9; for (int i = 0; i < 9; i++) s->tensors[IN].dims[i] = 1)
SPOIL(eight_dims, s->tensors[IN].rank = 8; for (int i = 0; i < 8; i++) s->tensors[IN].dims[i] = i == 7 ? 8 : 1)
SPOIL(open_dim, s->tensors[IN].dims[0] = -1)
SPOIL(overflow, s->tensors[IN].dims[0] = s->tensors[IN].dims[1] = 0x10000)
SPOIL(overflow_64, s->tensors[IN].rank = 8; for (int i = 0; i < 8; i++) s->tensors[IN].dims[i] = 0x7fffffff)
SPOIL(overflow_then_zero, overflow_64(s); s->tensors[IN].dims[7] = 0)
SPOIL(many_bytes, s->tensors[IN].type = EW_TENSOR_I64; s->tensors[IN].dims[0] = 0x10000000)
SPOIL(unknown_type, s->tensors[IN].type = 40)
SPOIL(sparse, s->tensors[W].sparse = true)
SPOIL(external, s->tensors[W].external = true)
SPOIL(custom_quantization, s->tensors[W].custom_quantization = true)
SPOIL(nan_scale, uint32_t nan = 0x7fc00000; memcpy(&s->tensors[IN].scale, &nan, 4))
SPOIL(inf_scale, s->tensors[OUT].scale = 1e38f * 10.0f)
SPOIL(no_scale, s->tensors[OUT].scale = 0.0f)
SPOIL(negative_scale, s->tensors[W].scale = -0.1f)
SPOIL(unquantized, s->tensors[IN].scale_count = 0)
SPOIL(zero_128, s->tensors[IN].zero = 128)
SPOIL(zero_m129, s->tensors[IN].zero = -129)
SPOIL(zero_huge, s->tensors[OUT].zero = (int64_t)1 << 40)
SPOIL(zero_127, s->tensors[IN].zero = 127; s->tensors[OUT].zero = -128)
SPOIL(two_zeros, s->tensors[IN].zero_count = 2; s->tensors[IN].zeros = no_zeros)
SPOIL(by_channel, channels(&s->tensors[W], 3, good_scales, no_zeros))
SPOIL(channel_zero_scale, channels(&s->tensors[W], 3, zero_scale, no_zeros))
SPOIL(channel_zeros, channels(&s->tensors[W], 3, good_scales, odd_zeros))
SPOIL(channel_count, channels(&s->tensors[W], 2, good_scales, no_zeros))
SPOIL(channel_dim, channels(&s->tensors[W], 3, good_scales, no_zeros); s->tensors[W].quantized_dim = 1)
SPOIL(channel_dim_4, by_channel(s); s->tensors[W].dims[0] = 4; s->tensors[W].dims[1] = 3; s->tensors[W].quantized_dim = 1;
      s->tensors[IN].dims[1] = 3; s->tensors[OUT].dims[1] = 4; s->op.in_count = 2)
SPOIL(channel_dim_far, by_channel(s); s->tensors[W].quantized_dim = 7)
SPOIL(channel_dim_negative, by_channel(s); s->tensors[W].quantized_dim = -1)
SPOIL(channel_bias, by_channel(s); channels(&s->tensors[BIAS], 3, good_scales, no_zeros); s->tensors[BIAS].quantized_dim = 3)
SPOIL(channel_input, channels(&s->tensors[IN], 2, good_scales, no_zeros))
SPOIL(short_weights, s->tensors[W].data_bytes = 11)
SPOIL(long_weights, s->tensors[W].data = biases; s->tensors[W].data_bytes = 13)
SPOIL(short_bias, s->tensors[BIAS].data_bytes = 11)
SPOIL(buffer_far, s->tensors[W].buffer = 99)
SPOIL(initial_state, s->tensors[W].variable = true)
SPOIL(no_inputs_list, s->model.input_count = 0)
SPOIL(input_far, s->inputs[0] = 4)
SPOIL(input_negative, s->inputs[0] = -1)
SPOIL(input_twice, s->inputs[1] = 0; s->model.input_count = 2)
SPOIL(input_const, s->inputs[0] = W)
SPOIL(input_string, s->inputs[0] = BIAS; s->tensors[BIAS].type = EW_TENSOR_STRING; s->tensors[BIAS].data = NULL)
SPOIL(input_state, s->tensors[IN].variable = true)
SPOIL(output_far, s->outputs[0] = 4)
SPOIL(output_unwritten, s->model.op_count = 0)
SPOIL(many_inputs, s->model.input_count = 2; s->model.tensor_count = 1; s->model.op_count = 0; s->model.output_count = 0)
SPOIL(code_far, s->op.code_index = 1)
SPOIL(not_there, s->op.code = 11)
SPOIL(newest_code, s->op.code = 209)
SPOIL(unknown_code, s->op.code = 100000)
SPOIL(unknown_old_code, s->op.code = 103; s->op.old_code = true)
SPOIL(old_code, s->op.old_code = true)
SPOIL(custom, s->op.code = 32; s->op.custom = "NoSuchThing")
SPOIL(version_12, s->op.version = 12)
SPOIL(version_13, s->op.version = 13)
SPOIL(version_huge, s->op.version = 0x80000000)
SPOIL(one_input, s->op.in_count = 1)
SPOIL(four_inputs, s->op.in_count = 4)
SPOIL(two_outputs, s->op.out_count = 2)
SPOIL(op_input_far, s->op.in[1] = 4)
SPOIL(op_input_left_out, s->op.in[1] = -1)
SPOIL(op_input_m2, s->op.in[2] = -2)
SPOIL(op_output_far, s->op.out[0] = 77)
SPOIL(op_output_const, s->op.out[0] = W)
SPOIL(op_output_input, s->op.out[0] = IN)
SPOIL(op_reads_later, s->op.in[0] = OUT; s->op.out[0] = IN; s->inputs[0] = 0; s->model.input_count = 0)
SPOIL(wrong_options, s->op.options = OPTIONS_QUANTIZE)
SPOIL(no_options, s->op.options = 0)
SPOIL(tanh_activation, s->op.option[FC_ACTIVATION] = ACT_TANH)
SPOIL(sign_activation, s->op.option[FC_ACTIVATION] = ACT_SIGN_BIT)
SPOIL(odd_activation, s->op.option[FC_ACTIVATION] = 200)
SPOIL(shuffled, s->op.option[FC_WEIGHTS_FORMAT] = 1)
SPOIL(keep_dims, s->op.option[FC_KEEP_DIMS] = 1)
SPOIL(keep_dims_rank, keep_dims(s); s->tensors[IN].rank = 3; s->tensors[IN].dims[0] = 1; s->tensors[IN].dims[1] = 2; s->tensors[IN].dims[2] = 4)
SPOIL(keep_dims_differ, keep_dims(s); s->tensors[IN].dims[0] = 1; s->tensors[IN].dims[1] = 8)
SPOIL(types, s->tensors[IN].type = EW_TENSOR_U8)
SPOIL(out_type, s->tensors[OUT].type = EW_TENSOR_I16)
SPOIL(bias_type, s->tensors[BIAS].type = EW_TENSOR_F32)
SPOIL(weights_vector, s->tensors[W].rank = 1; s->tensors[W].dims[0] = 12)
SPOIL(weights_empty, s->tensors[W].dims[0] = 0)
SPOIL(depth, s->tensors[IN].dims[1] = 5)
SPOIL(units, s->tensors[OUT].dims[1] = 4)
SPOIL(out_rows, s->tensors[OUT].dims[0] = 3)
SPOIL(out_scalar, s->tensors[OUT].rank = 0)
SPOIL(empty_input, s->tensors[IN].dims[0] = s->tensors[OUT].dims[0] = 0)
SPOIL(bias_count, s->tensors[BIAS].dims[0] = 4; s->tensors[BIAS].data_bytes = 16)
SPOIL(bias_computed, s->tensors[BIAS].data = NULL; s->inputs[1] = BIAS; s->model.input_count = 2)
SPOIL(bias_scale, s->tensors[BIAS].scale_count = 1; s->tensors[BIAS].scale = 0.5f)
SPOIL(scale_ratio, s->tensors[IN].scale = 1e20f; s->tensors[W].scale = 1e10f)
SPOIL(scale_product, s->tensors[IN].scale = 1e30f; s->tensors[W].scale = 1e30f)
SPOIL(scale_tiny, s->tensors[IN].scale = 1e-20f; s->tensors[W].scale = 1e-20f)
SPOIL(clamp_scale, s->op.option[0] = ACT_RELU6; s->tensors[OUT].scale = 1e-20f; s->tensors[IN].scale = 1e-20f)

static const struct row {
	const char *name;
	void (*spoil)(struct spoilt *s);
	enum ew_status want;
	const char *text;
} rows[] = {
	{"nothing", nothing, EW_OK, ""},
	{"version 4", version_4, EW_ERR_UNSUPPORTED, "schema version 4"},
	{"no subgraph", no_subgraph, EW_ERR_INVALID, "without a model"},
	{"no tensors", no_tensors, EW_ERR_INVALID, "without tensors"},
	{"no buffers", no_buffers, EW_ERR_INVALID, "buffer 0 of 0"},
	{"9 dimensions", nine_dims, EW_ERR_LIMIT, "tensor 0 (in): 9 dimensions, at most 8"},
	{"8 dimensions", eight_dims, EW_OK, ""},
	{"open dimension", open_dim, EW_ERR_UNSUPPORTED, "dimension 0 is -1"},
	{"shape product of 2^32", overflow, EW_ERR_LIMIT, "2^31 elements"},
	{"shape product beyond 2^64", overflow_64, EW_ERR_LIMIT, "2^31 elements"},
	{"overflow times zero", overflow_then_zero, EW_ERR_LIMIT, "2^31 elements"},
	{"2^30 elements of 8 bytes", many_bytes, EW_ERR_LIMIT, "2^31 bytes"},
	{"unknown type", unknown_type, EW_ERR_UNSUPPORTED, "tensor 0 (in): type 40"},
	{"sparse", sparse, EW_ERR_UNSUPPORTED, "tensor 1 (w): sparse"},
	{"external", external, EW_ERR_UNSUPPORTED, "external file"},
	{"custom quantization", custom_quantization, EW_ERR_UNSUPPORTED, "custom quantization"},
	{"scale NaN", nan_scale, EW_ERR_INVALID, "tensor 0 (in): scale 0"},
	{"scale infinite", inf_scale, EW_ERR_INVALID, "tensor 3 (out): scale 0"},
	{"scale 0", no_scale, EW_ERR_INVALID, "tensor 3 (out): scale 0"},
	{"scale negative", negative_scale, EW_ERR_INVALID, "tensor 1 (w): scale 0"},
	{"unquantized input", unquantized, EW_ERR_INVALID, "operator 0 (FULLY_CONNECTED): its input has no scale"},
	{"zero point 128", zero_128, EW_ERR_INVALID, "zero point 128 is outside INT8"},
	{"zero point -129", zero_m129, EW_ERR_INVALID, "zero point -129 is outside INT8"},
	{"zero point 2^40", zero_huge, EW_ERR_INVALID, "zero point 1099511627776"},
	{"zero points 127 and -128", zero_127, EW_OK, ""},
	{"two zero points", two_zeros, EW_ERR_INVALID, "2 zero points for 1 scales"},
	{"by channel", by_channel, EW_OK, ""},
	{"a channel's scale 0", channel_zero_scale, EW_ERR_INVALID, "scale 1"},
	{"a channel's zero point", channel_zeros, EW_ERR_UNSUPPORTED, "zero points"},
	{"too few channels", channel_count, EW_ERR_INVALID, "2 scales do not fit dimension 0"},
	{"wrong channel dimension", channel_dim, EW_ERR_INVALID, "3 scales do not fit dimension 1"},
	{"fitting but wrong dimension", channel_dim_4, EW_ERR_INVALID, "3 scales for 4 units"},
	{"no such dimension", channel_dim_far, EW_ERR_INVALID, "do not fit dimension 7"},
	{"negative dimension", channel_dim_negative, EW_ERR_INVALID, "do not fit dimension -1"},
	{"a bias with its weights' dimension", channel_bias, EW_OK, ""},
	{"input by channel", channel_input, EW_ERR_UNSUPPORTED, "its input has a scale for each channel"},
	{"short weights", short_weights, EW_ERR_INVALID, "11 bytes of data, its shape needs 12"},
	{"long weights", long_weights, EW_OK, ""},
	{"short bias", short_bias, EW_ERR_INVALID, "11 bytes of data, its shape needs 12"},
	{"no such buffer", buffer_far, EW_ERR_INVALID, "buffer 99 of"},
	{"state with data", initial_state, EW_ERR_UNSUPPORTED, "initial value"},
	{"unlisted input", no_inputs_list, EW_ERR_INVALID, "read before it is written"},
	{"input 4 of 4", input_far, EW_ERR_INVALID, "input 0 is tensor 4 of 4"},
	{"input -1", input_negative, EW_ERR_INVALID, "input 0 is tensor -1"},
	{"input twice", input_twice, EW_ERR_INVALID, "input twice"},
	{"input constant", input_const, EW_ERR_UNSUPPORTED, "input 0 is a constant"},
	{"input of strings", input_string, EW_ERR_UNSUPPORTED, "of type STRING"},
	{"input is state", input_state, EW_ERR_UNSUPPORTED, "state"},
	{"output 4 of 4", output_far, EW_ERR_INVALID, "output 0 is tensor 4 of 4"},
	{"output never written", output_unwritten, EW_ERR_INVALID, "output 0, tensor 3, is never written"},
	{"more inputs than tensors", many_inputs, EW_ERR_INVALID, "more inputs than tensors"},
	{"code 1 of 1", code_far, EW_ERR_INVALID, "operator 0: code 1 of 1"},
	{"L2_NORMALIZATION", not_there, EW_ERR_UNSUPPORTED, "operator 0 (L2_NORMALIZATION): not supported"},
	{"newest operator", newest_code, EW_ERR_UNSUPPORTED, "operator 0 (STABLEHLO_CASE): not supported"},
	{"unknown operator", unknown_code, EW_ERR_UNSUPPORTED, "code 100000"},
	{"unknown old operator", unknown_old_code, EW_ERR_UNSUPPORTED, "code 103"},
	{"code in the older field", old_code, EW_OK, ""},
	{"custom operator", custom, EW_ERR_UNSUPPORTED, "operator 0 (CUSTOM NoSuchThing)"},
	{"version 12", version_12, EW_OK, ""},
	{"version 13", version_13, EW_ERR_UNSUPPORTED, "(FULLY_CONNECTED): version 13, the newest supported is 12"},
	{"version -2^31", version_huge, EW_ERR_UNSUPPORTED, "version"},
	{"1 input", one_input, EW_ERR_INVALID, "1 inputs"},
	{"4 inputs", four_inputs, EW_ERR_INVALID, "4 inputs"},
	{"2 outputs", two_outputs, EW_ERR_INVALID, "2 outputs"},
	{"weights tensor 4 of 4", op_input_far, EW_ERR_INVALID, "input 1 is tensor 4 of 4"},
	{"weights left out", op_input_left_out, EW_ERR_INVALID, "input 1 is tensor -1"},
	{"bias -2", op_input_m2, EW_ERR_INVALID, "input 2 is tensor -2"},
	{"operator's output 77", op_output_far, EW_ERR_INVALID, "its output is tensor 77 of 4"},
	{"writes a constant", op_output_const, EW_ERR_INVALID, "its own input"},
	{"writes an input", op_output_input, EW_ERR_INVALID, "its own input"},
	{"reads what nobody wrote", op_reads_later, EW_ERR_INVALID, "tensor 3, is read before it is written"},
	{"options of another", wrong_options, EW_ERR_INVALID, "options of another operator (89)"},
	{"no options", no_options, EW_OK, ""},
	{"TANH", tanh_activation, EW_ERR_UNSUPPORTED, "fused activation TANH"},
	{"SIGN_BIT", sign_activation, EW_ERR_UNSUPPORTED, "fused activation SIGN_BIT"},
	{"activation 200", odd_activation, EW_ERR_UNSUPPORTED, "fused activation"},
	{"shuffled weights", shuffled, EW_ERR_UNSUPPORTED, "shuffled weights"},
	{"keep_num_dims", keep_dims, EW_OK, ""},
	{"keep_num_dims, other rank", keep_dims_rank, EW_ERR_INVALID, "the ranks differ"},
	{"keep_num_dims, other dimension", keep_dims_differ, EW_ERR_INVALID, "dimension 0 differs"},
	{"uint8", types, EW_ERR_UNSUPPORTED, "types UINT8, INT8 to INT8"},
	{"other output type", out_type, EW_ERR_UNSUPPORTED, "types INT8, INT8 to INT16"},
	{"float bias", bias_type, EW_ERR_UNSUPPORTED, "types INT8, INT8 to FLOAT32"},
	{"weights of one dimension", weights_vector, EW_ERR_INVALID, "not a matrix"},
	{"weights without elements", weights_empty, EW_ERR_INVALID, "not a matrix"},
	{"depth that does not divide", depth, EW_ERR_INVALID, "10 inputs do not divide into rows of 4"},
	{"4 outputs for 3 units", units, EW_ERR_INVALID, "its output is not 2 rows of 3"},
	{"a row too many", out_rows, EW_ERR_INVALID, "its output is not 2 rows of 3"},
	{"scalar output", out_scalar, EW_ERR_INVALID, "its output is not"},
	{"no rows", empty_input, EW_OK, ""},
	{"4 biases", bias_count, EW_ERR_INVALID, "4 biases for 3 units"},
	{"computed bias", bias_computed, EW_ERR_UNSUPPORTED, "a bias that is not a constant"},
	{"bias of another scale", bias_scale, EW_ERR_INVALID, "the scale of its bias"},
	{"ratio of scales", scale_ratio, EW_ERR_UNSUPPORTED, "too large"},
	{"product of scales", scale_product, EW_ERR_INVALID, "the product of its scales overflows"},
	{"tiny scales", scale_tiny, EW_OK, ""},
	{"cannot clamp", clamp_scale, EW_ERR_INVALID, "too small to clamp by"},
};

static enum ew_status load(struct ew_model **m, const uint8_t *bytes, size_t size,
			   const struct ew_model_config *config, struct fail_alloc *f, struct ew_error *err)
{
	memset(err, 0x5a, sizeof(*err)); /* what was in it before does not matter */
	return ew_model_load(m, bytes, size, config, &f->alloc, err);
}

static void hostile(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct fail_alloc f;
		struct spoilt s;
		struct ew_error err;
		struct ew_model *m;
		uint8_t *bytes;
		size_t size;

		fail_alloc_init(&f);
		good(&s);
		rows[i].spoil(&s);
		bytes = tfl_build(&s.model, &size);
		check_status(rows[i].name, load(&m, bytes, size, NULL, &f, &err), rows[i].want);
		check_status(rows[i].name, err.status, rows[i].want);
		check_has(rows[i].name, err.text, rows[i].text);
		check_true(rows[i].name, (m != NULL) == (rows[i].want == EW_OK));
		check_true(rows[i].name, err.offset < size);
		ew_model_free(m);
		free(bytes);
		fail_alloc_finish(&f);
	}
}

/* ---- not a model at all ------------------------------------------------------------------------ */

static void every_length(void **state)
{
	struct fail_alloc f;
	struct ew_error err;
	struct ew_model *m;
	struct guard g;
	size_t size;
	uint8_t *bytes = tfl_build(&small_dense, &size);

	(void)state;
	fail_alloc_init(&f);
	guard_init(&g, size);
	for (size_t n = 0; n < size; n++) {
		enum ew_status st = load(&m, guard_copy(&g, bytes, n), n, NULL, &f, &err);

		/* The last bytes may be unused: the end of a string, of metadata. */
		if (st != EW_OK && st != EW_ERR_MALFORMED && st != EW_ERR_INVALID)
			fail_msg("%zu bytes: %s", n, ew_status_name(st));
		if (n < size / 2)
			assert_int_not_equal(st, EW_OK);
		ew_model_free(m);
	}
	guard_deinit(&g);
	free(bytes);
	fail_alloc_finish(&f);
}

static void other_bytes(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t size;
	} files[] = {
		{"nothing", "", 0},
		{"seven bytes", "\0\0\0\0TFL", 7},
		{"another identifier", "\x08\0\0\0TFL2\0\0\0\0", 12},
		{"root beyond the end", "\xff\xff\xff\xffTFL3", 8},
		{"root at the end", "\x08\0\0\0TFL3", 8},
		{"root is its own vtable", "\x08\0\0\0TFL3\0\0\0\0", 12},
		{"vtable before the file", "\x08\0\0\0TFL3\x7f\0\0\0", 12},
		{"vtable behind the file", "\x08\0\0\0TFL3\0\0\0\x80", 12},
		{"vtable of 3 bytes", "\x0c\0\0\0TFL3\3\0\4\0\4\0\0\0", 16},
		{"vtable beyond the end", "\x0c\0\0\0TFL3\xfe\0\4\0\4\0\0\0", 16},
		{"vtable whose fields are behind the end",
		 "\x08\0\0\0TFL3\xf8\xff\xff\xff\3\0\0\0\xfe\0\x08\0\4\0", 22},
		{"table beyond the end", "\x0c\0\0\0TFL3\4\0\xff\xff\4\0\0\0", 16},
		{"field outside its table", "\x0e\0\0\0TFL3\6\0\4\0\4\0\6\0\0\0", 18},
		{"field inside the offset", "\x0e\0\0\0TFL3\6\0\4\0\2\0\6\0\0\0", 18},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(files); i++) {
		struct fail_alloc f;
		struct ew_error err;
		struct ew_model *m;
		struct guard g;

		fail_alloc_init(&f);
		guard_init(&g, 32);
		check_status(files[i].name,
			     load(&m, guard_copy(&g, files[i].bytes, files[i].size), files[i].size, NULL, &f, &err),
			     EW_ERR_MALFORMED);
		check_true(files[i].name, m == NULL && err.text[0] != '\0');
		guard_deinit(&g);
		fail_alloc_finish(&f);
	}
#if SIZE_MAX > 0xffffffffu
	{
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_error err;
		struct ew_model *m;

		/* Refused before a byte of it is read. */
		assert_int_equal(ew_model_load(&m, "", 0x80000000u, NULL, &alloc, &err), EW_ERR_MALFORMED);
		check_has("2 GiB", err.text, "2 GiB");
	}
#endif
}

/* ---- configuration and limits ------------------------------------------------------------------ */

static void configs(void **state)
{
	static const struct {
		const char *name;
		struct ew_model_config config;
		enum ew_status want;
	} configs_rows[] = {
		{"all default", {.struct_bytes = sizeof(struct ew_model_config)}, EW_OK},
		{"an older header's", {.struct_bytes = offsetof(struct ew_model_config, max_tensors)}, EW_OK},
		{"no size", {.struct_bytes = 0}, EW_ERR_INVAL},
		{"a newer header's", {.struct_bytes = sizeof(struct ew_model_config) + 8}, EW_ERR_INVAL},
		{"single rounding", {.struct_bytes = sizeof(struct ew_model_config), .flags = EW_MODEL_SINGLE_ROUNDING}, EW_OK},
		{"unknown flag", {.struct_bytes = sizeof(struct ew_model_config), .flags = 4}, EW_ERR_INVAL},
		{"scalar only", {.struct_bytes = sizeof(struct ew_model_config), .isa_mask = EW_ISA_SCALAR}, EW_OK},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(configs_rows); i++) {
		struct fail_alloc f;
		struct ew_error err;
		struct ew_model *m;
		size_t size;
		uint8_t *bytes = tfl_build(&small_dense, &size);

		fail_alloc_init(&f);
		check_status(configs_rows[i].name, load(&m, bytes, size, &configs_rows[i].config, &f, &err),
			     configs_rows[i].want);
		if (m && configs_rows[i].config.isa_mask) {
			struct ew_operator_info op;

			assert_int_equal(ew_model_operator(m, 1, &op), EW_OK);
			check_str(configs_rows[i].name, op.kernel, "fc_s8_ref");
		}
		ew_model_free(m);
		free(bytes);
		fail_alloc_finish(&f);
	}
}

/* For each limit: what the small model needs is found by loading it; then at, below, above. */
enum limit { LIMIT_TENSORS, LIMIT_OPERATORS, LIMIT_ARENA, LIMIT_MODEL, LIMIT_BATCH, LIMITS };

static void set_limit(struct ew_model_config *c, enum limit which, size_t value)
{
	switch (which) {
	case LIMIT_TENSORS: c->max_tensors = (uint32_t)value; break;
	case LIMIT_OPERATORS: c->max_operators = (uint32_t)value; break;
	case LIMIT_ARENA: c->max_arena_bytes = value; break;
	case LIMIT_MODEL: c->max_model_bytes = value; break;
	default: c->max_batch = (uint32_t)value; break;
	}
}

static void limits(void **state)
{
	static const char *const names[LIMITS] = {"tensors", "operators", "arena bytes", "model bytes", "batch"};
	size_t size, need[LIMITS];
	uint8_t *bytes = tfl_build(&small_dense, &size);
	/* Packed weights are left out where they do not fit: what cannot be left out is the limit. */
	const struct ew_model_config in_place = {.struct_bytes = sizeof(in_place), .flags = EW_MODEL_WEIGHTS_IN_PLACE};
	struct fail_alloc f;
	struct ew_error err;
	struct ew_model *m;

	(void)state;
	fail_alloc_init(&f);
	assert_int_equal(load(&m, bytes, size, &in_place, &f, &err), EW_OK);
	need[LIMIT_TENSORS] = ew_model_tensor_count(m);
	need[LIMIT_OPERATORS] = ew_model_operator_count(m);
	need[LIMIT_ARENA] = ew_model_exec_size(m);
	need[LIMIT_MODEL] = ew_model_size(m);
	need[LIMIT_BATCH] = EW_MODEL_BATCH;
	ew_model_free(m);
	for (unsigned which = 0; which < LIMITS; which++)
		for (int off = -1; off <= 1; off++) {
			struct ew_model_config c = in_place;
			/* The batch is asked for, the others are allowed: the signs differ. */
			bool ok = which == LIMIT_BATCH ? off <= 0 : off >= 0;

			set_limit(&c, which, (size_t)((long)need[which] + off));
			check_status(names[which], load(&m, bytes, size, &c, &f, &err), ok ? EW_OK : EW_ERR_LIMIT);
			check_true(names[which], ok || err.text[0] != '\0');
			ew_model_free(m);
		}
	free(bytes);
	fail_alloc_finish(&f);
}

/* Weights are packed within half of what the model may still take, else read in place; results are the same. */
static void packed_or_not(void **state)
{
	size_t size, in_place_bytes = 0, packed_bytes;
	uint8_t *bytes = tfl_build(&small_dense, &size);
	struct ew_model_config c = {.struct_bytes = sizeof(c), .flags = EW_MODEL_WEIGHTS_IN_PLACE};
	struct fail_alloc f;
	struct ew_error err;
	struct ew_model *m;
	bool packs = false;

	(void)state;
	fail_alloc_init(&f);
	assert_int_equal(load(&m, bytes, size, &c, &f, &err), EW_OK);
	in_place_bytes = ew_model_size(m);
	for (uint32_t i = 0; i < m->op_count; i++)
		assert_null(m->ops[i].packed);
	ew_model_free(m);
	c.flags = 0;
	assert_int_equal(load(&m, bytes, size, &c, &f, &err), EW_OK);
	packed_bytes = ew_model_size(m);
	for (uint32_t i = 0; i < m->op_count; i++)
		packs |= m->ops[i].packed != NULL;
	check_int("packing takes memory", packed_bytes > in_place_bytes, packs);
	ew_model_free(m);
	c.max_model_bytes = in_place_bytes;
	assert_int_equal(load(&m, bytes, size, &c, &f, &err), EW_OK);
	check_true("within the limit", ew_model_size(m) <= in_place_bytes);
	ew_model_free(m);
	free(bytes);
	fail_alloc_finish(&f);
}

/* No limit of the model's own makes a byte of memory be asked for beyond it. */
static void model_bytes_are_all(void **state)
{
	struct fail_alloc f;
	struct ew_error err;
	struct ew_model *m;
	size_t size;
	uint8_t *bytes = tfl_build(&small_dense, &size);

	(void)state;
	fail_alloc_init(&f);
	assert_int_equal(load(&m, bytes, size, NULL, &f, &err), EW_OK);
	assert_int_equal(f.live_bytes, ew_model_size(m));
	ew_model_free(m);
	free(bytes);
	fail_alloc_finish(&f);
}

/* ---- allocations ------------------------------------------------------------------------------- */

struct body {
	const uint8_t *bytes;
	size_t size;
};

static enum ew_status load_and_run(void *ctx, const struct ew_alloc *alloc)
{
	const struct body *b = ctx;
	struct ew_model_exec *x;
	struct ew_model *m;
	struct ew_error err;
	enum ew_status st = ew_model_load(&m, b->bytes, b->size, NULL, alloc, &err);

	assert_int_equal(err.status, st);
	if (st != EW_OK) {
		assert_null(m);
		return st;
	}
	st = ew_model_exec_create(&x, m, alloc, &err);
	assert_int_equal(err.status, st);
	if (st == EW_OK)
		assert_int_equal(ew_model_exec_run(x), EW_OK);
	else
		assert_null(x);
	ew_model_exec_destroy(x);
	ew_model_free(m);
	return st;
}

static void every_allocation_failed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(small_models); i++) {
		size_t size, requests, arena;
		uint8_t *bytes = tfl_build(small_models[i].model, &size);
		struct body b = {bytes, size};

		requests = fail_each(load_and_run, &b, false);
		assert_true(requests > 5);
		arena = arena_each(load_and_run, &b, 16, 1 << 16);
		assert_true(arena > 500);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile),	       cmocka_unit_test(every_length),
		cmocka_unit_test(other_bytes),	       cmocka_unit_test(configs),
		cmocka_unit_test(limits),
		cmocka_unit_test(packed_or_not),	       cmocka_unit_test(model_bytes_are_all),
		cmocka_unit_test(every_allocation_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
