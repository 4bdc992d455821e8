/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * operators.c - the rows of operators.h.  Models are written by the tests' tfl.h; each level of instruction sets must
 * give the bytes of plain C before it is timed, and levels that get the kernel of the one before have no row.  A call
 * of the executor is in all figures, some 50 ns.
 */
#include "operators.h"
#include "../tests/tensor/tfl.h"

enum role { NONE, IN, WEIGHTS, NUMBERS, STATE, LEFT_OUT, OUT };

struct side {
	enum role role;
	uint8_t type;
	float scale;
	int64_t zero;
	int32_t dims[5];    /* up to the first 0 */
	int32_t numbers[8]; /* of NUMBERS, as many as dims[0] */
};

#define SIDES 25

struct row {
	const char *name;
	struct tfl_op op;
	struct side sides[SIDES];
};

#define I8(what, s, z, ...) {.role = what, .type = EW_TENSOR_I8, .scale = s, .zero = z, .dims = {__VA_ARGS__}}
#define I16(what, s, ...) {.role = what, .type = EW_TENSOR_I16, .scale = s, .dims = {__VA_ARGS__}}
#define WIDE(what, kind, ...) {.role = what, .type = EW_TENSOR_##kind, .dims = {__VA_ARGS__}}
#define LIST(n, ...) {.role = NUMBERS, .type = EW_TENSOR_I32, .dims = {n}, .numbers = {__VA_ARGS__}}
#define OPTION(kind, ...) .options = OPTIONS_##kind, .option = {__VA_ARGS__}
#define WORDS(kind, ...) .options = OPTIONS_##kind, .words = {__VA_ARGS__}
#define CONV_WIDTHS .widths = {1, 4, 4, 1, 4, 4}
#define DWCONV_WIDTHS .widths = {1, 4, 4, 4, 1, 4, 4}
#define POOL_WIDTHS .widths = {1, 4, 4, 4, 4, 1}
#define GATES(role_of, type_of, ...) WIDE(role_of, type_of, __VA_ARGS__), WIDE(role_of, type_of, __VA_ARGS__), \
	WIDE(role_of, type_of, __VA_ARGS__), WIDE(role_of, type_of, __VA_ARGS__)
#define GATES_I8(...) I8(WEIGHTS, 0.004f, 0, __VA_ARGS__), I8(WEIGHTS, 0.004f, 0, __VA_ARGS__),              \
	I8(WEIGHTS, 0.004f, 0, __VA_ARGS__), I8(WEIGHTS, 0.004f, 0, __VA_ARGS__)
#define OUT_OF {.role = LEFT_OUT}

static const struct row rows[] = {
	{"avgpool_25x5x64", {.code = 1, POOL_WIDTHS, WORDS(POOL, PADDING_VALID, 1, 1, 5, 25)},
	 {I8(IN, 0.1f, 3, 1, 25, 5, 64), I8(OUT, 0.1f, 3, 1, 1, 1, 64)}},
	{"avgpool_3x3_28x28x64", {.code = 1, POOL_WIDTHS, WORDS(POOL, PADDING_SAME, 1, 1, 3, 3)},
	 {I8(IN, 0.1f, 3, 1, 28, 28, 64), I8(OUT, 0.1f, 3, 1, 28, 28, 64)}},
	{"maxpool_2x2_s2_48x48x16", {.code = 17, POOL_WIDTHS, WORDS(POOL, PADDING_VALID, 2, 2, 2, 2)},
	 {I8(IN, 0.1f, 3, 1, 48, 48, 16), I8(OUT, 0.1f, 3, 1, 24, 24, 16)}},
	{"add_32x32x16", {.code = 0, OPTION(ADD, 0)},
	 {I8(IN, 0.1f, 3, 1, 32, 32, 16), I8(IN, 0.07f, -9, 1, 32, 32, 16), I8(OUT, 0.13f, 5, 1, 32, 32, 16)}},
	{"sub_32x32x16", {.code = 41, OPTION(SUB, 0)},
	 {I8(IN, 0.1f, 3, 1, 32, 32, 16), I8(IN, 0.07f, -9, 1, 32, 32, 16), I8(OUT, 0.13f, 5, 1, 32, 32, 16)}},
	{"mul_32x32x16", {.code = 18, OPTION(MUL, 0)},
	 {I8(IN, 0.1f, 3, 1, 32, 32, 16), I8(IN, 0.07f, -9, 1, 32, 32, 16), I8(OUT, 0.5f, 5, 1, 32, 32, 16)}},
	{"mul_channels_32x32x16", {.code = 18, OPTION(MUL, 0)},
	 {I8(IN, 0.1f, 3, 1, 32, 32, 16), I8(IN, 0.07f, -9, 1, 1, 1, 16), I8(OUT, 0.5f, 5, 1, 32, 32, 16)}},
	{"maximum_32x32x16", {.code = 55, OPTION(MAX_MIN, 0)},
	 {I8(IN, 0.1f, 3, 1, 32, 32, 16), I8(IN, 0.1f, 3, 1, 32, 32, 16), I8(OUT, 0.1f, 3, 1, 32, 32, 16)}},
	{"prelu_32x32x16", {.code = 54},
	 {I8(IN, 0.1f, 3, 1, 32, 32, 16), I8(WEIGHTS, 0.01f, -9, 1, 1, 16), I8(OUT, 0.1f, 5, 1, 32, 32, 16)}},
	{"softmax_12", {.code = 25, .widths = {4}, WORDS(SOFTMAX, 0x3f800000)},
	 {I8(IN, 0.1f, 3, 1, 12), I8(OUT, 1 / 256.0f, -128, 1, 12)}},
	{"softmax_1000", {.code = 25, .widths = {4}, WORDS(SOFTMAX, 0x3f800000)},
	 {I8(IN, 0.1f, 3, 1, 1000), I8(OUT, 1 / 256.0f, -128, 1, 1000)}},
	{"softmax_i16_1000", {.code = 25, .widths = {4}, WORDS(SOFTMAX, 0x3f800000)},
	 {I16(IN, 0.001f, 1, 1000), I16(OUT, 1 / 32768.0f, 1, 1000)}},
	{"logistic_4096", {.code = 14}, {I8(IN, 0.05f, 3, 1, 4096), I8(OUT, 1 / 256.0f, -128, 1, 4096)}},
	{"logistic_i16_4096", {.code = 14}, {I16(IN, 0.0003f, 1, 4096), I16(OUT, 1 / 32768.0f, 1, 4096)}},
	{"tanh_i16_4096", {.code = 28}, {I16(IN, 0.0003f, 1, 4096), I16(OUT, 1 / 32768.0f, 1, 4096)}},
	{"quantize_80x80x3", {.code = 114, OPTION(QUANTIZE, 0)},
	 {WIDE(IN, F32, 1, 80, 80, 3), I8(OUT, 0.01f, 3, 1, 80, 80, 3)}},
	{"requantize_4096", {.code = 114, OPTION(QUANTIZE, 0)}, {I8(IN, 0.1f, 3, 1, 4096), I8(OUT, 0.15f, -7, 1, 4096)}},
	{"dequantize_4096", {.code = 6, OPTION(DEQUANTIZE, 0)}, {I8(IN, 0.1f, 3, 1, 4096), WIDE(OUT, F32, 1, 4096)}},
	{"mean_7x7x1280", {.code = 40, OPTION(REDUCER, 1)},
	 {I8(IN, 0.1f, 3, 1, 7, 7, 1280), LIST(2, 1, 2), I8(OUT, 0.12f, 5, 1, 1, 1, 1280)}},
	{"mean_64x256_inner", {.code = 40, OPTION(REDUCER, 1)},
	 {I8(IN, 0.1f, 3, 64, 256), LIST(1, 1), I8(OUT, 0.12f, 5, 64, 1)}},
	{"concatenation_28x28x128", {.code = 2, .widths = {4, 1}, WORDS(CONCATENATION, 3)},
	 {I8(IN, 0.1f, 3, 1, 28, 28, 64), I8(IN, 0.1f, 3, 1, 28, 28, 64), I8(OUT, 0.1f, 3, 1, 28, 28, 128)}},
	{"transpose_64x64x16", {.code = 39, OPTION(TRANSPOSE, 0)},
	 {I8(IN, 0.1f, 3, 64, 64, 16), LIST(3, 2, 0, 1), I8(OUT, 0.1f, 3, 16, 64, 64)}},
	{"resize_nearest_16x16x32", {.code = 97, OPTION(RESIZE_NEAREST, 0)},
	 {I8(IN, 0.1f, 3, 1, 16, 16, 32), LIST(2, 32, 32), I8(OUT, 0.1f, 3, 1, 32, 32, 32)}},
	{"resize_bilinear_16x16x32", {.code = 23, .widths = {0, 0, 1, 1}, WORDS(RESIZE_BILINEAR, 0, 0, 0, 1)},
	 {I8(IN, 0.1f, 3, 1, 16, 16, 32), LIST(2, 32, 32), I8(OUT, 0.1f, 3, 1, 32, 32, 32)}},
	{"conv_groups4_3x3_16x16x64", {.code = 3, CONV_WIDTHS, WORDS(CONV, PADDING_SAME, 1, 1, 0, 1, 1)},
	 {I8(IN, 0.1f, 3, 1, 16, 16, 64), I8(WEIGHTS, 0.02f, 0, 64, 3, 3, 16), WIDE(WEIGHTS, I32, 64), I8(OUT, 0.8f, 5, 1, 16, 16, 64)}},
	{"conv_i16_3x3_32x32x16", {.code = 3, CONV_WIDTHS, WORDS(CONV, PADDING_SAME, 1, 1, 0, 1, 1)},
	 {I16(IN, 0.001f, 1, 32, 32, 16), I8(WEIGHTS, 0.02f, 0, 16, 3, 3, 16), WIDE(WEIGHTS, I64, 16), I16(OUT, 0.01f, 1, 32, 32, 16)}},
	{"dwconv_i16_3x3_32x32x16", {.code = 4, DWCONV_WIDTHS, WORDS(DWCONV, PADDING_SAME, 1, 1, 1, 0, 1, 1)},
	 {I16(IN, 0.001f, 1, 32, 32, 16), I8(WEIGHTS, 0.02f, 0, 1, 3, 3, 16), WIDE(WEIGHTS, I64, 16), I16(OUT, 0.01f, 1, 32, 32, 16)}},
	{"conv_f32_3x3_32x32x16", {.code = 3, CONV_WIDTHS, WORDS(CONV, PADDING_SAME, 1, 1, 0, 1, 1)},
	 {WIDE(IN, F32, 1, 32, 32, 16), WIDE(WEIGHTS, F32, 16, 3, 3, 16), WIDE(WEIGHTS, F32, 16), WIDE(OUT, F32, 1, 32, 32, 16)}},
	{"fc_i16_1x640_128", {.code = 9, OPTION(FC, 0)},
	 {I16(IN, 0.001f, 1, 640), I8(WEIGHTS, 0.02f, 0, 128, 640), WIDE(WEIGHTS, I64, 128), I16(OUT, 0.01f, 1, 128)}},
	{"fc_f32_1x640_128", {.code = 9, OPTION(FC, 0)},
	 {WIDE(IN, F32, 1, 640), WIDE(WEIGHTS, F32, 128, 640), WIDE(WEIGHTS, F32, 128), WIDE(OUT, F32, 1, 128)}},
	{"tconv_3x3_s2_16x16x32", {.code = 67, .widths = {1, 4, 4, 1}, WORDS(TCONV, PADDING_SAME, 2, 2)},
	 {LIST(4, 1, 32, 32, 16), I8(WEIGHTS, 0.02f, 0, 16, 3, 3, 32), I8(IN, 0.1f, 3, 1, 16, 16, 32), I8(OUT, 0.8f, 5, 1, 32, 32, 16)}},
	{"batch_matmul_64x64x64", {.code = 126, .version = 2, OPTION(BATCH_MATMUL, 0)},
	 {I8(IN, 0.1f, 3, 1, 64, 64), I8(IN, 0.07f, -9, 1, 64, 64), I8(OUT, 0.8f, 5, 1, 64, 64)}},
	{"svdf_40_64x10", {.code = 27, .version = 3, .widths = {4, 1}, WORDS(SVDF, 2, ACT_RELU)},
	 {I8(IN, 0.05f, 3, 1, 40), I8(WEIGHTS, 0.02f, 0, 128, 40), I16(WEIGHTS, 0.0001f, 128, 10), WIDE(WEIGHTS, I32, 64),
	  I16(STATE, 0.01f, 1, 1280), I8(OUT, 0.5f, -5, 1, 64)}},
	{"lstm_28x20_20", {.code = 44, .widths = {1}, WORDS(LSTM, ACT_TANH)},
	 {I8(IN, 0.02f, 3, 1, 28, 20), GATES_I8(20, 20), GATES_I8(20, 20), OUT_OF, OUT_OF, OUT_OF, GATES(WEIGHTS, I32, 20),
	  OUT_OF, OUT_OF, I8(STATE, 1 / 128.0f, 3, 1, 20), I16(STATE, 1 / 2048.0f, 1, 20), OUT_OF, OUT_OF, OUT_OF, OUT_OF,
	  I8(OUT, 1 / 128.0f, 3, 1, 28, 20)}},
};

#define ROWS_COUNT (sizeof(rows) / sizeof(rows[0]))

static uint32_t noise(uint32_t *state) /* Marsaglia's xorshift32 */
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static size_t size_of(uint8_t type)
{
	return ewi_type_bits(type) / 8;
}

/* Values that make sense: small floats, small biases, anything else. */
static void fill(void *to, size_t bytes, uint8_t type, bool constant, uint32_t *seed)
{
	uint8_t *p = to;

	for (size_t i = 0; i < bytes; i += size_of(type)) {
		float f = (float)(int32_t)noise(seed) / 2147483648.0f;
		int64_t v = (int32_t)noise(seed) >> (type == EW_TENSOR_I8 ? 24 : 16);

		if (constant && type == EW_TENSOR_I8)
			v = v * 50 / 128;
		if (type == EW_TENSOR_F32)
			memcpy(p + i, &f, sizeof(f));
		for (size_t k = 0; type != EW_TENSOR_F32 && k < size_of(type); k++)
			p[i + k] = (uint8_t)((uint64_t)v >> 8 * k);
	}
}

/* What a row's model is made of; the constants lie one after the other in `data`. */
struct built {
	struct tfl_tensor tensors[SIDES];
	struct tfl_op op;
	int32_t inputs[2], outputs[1];
	struct tfl model;
	uint8_t *data;
	size_t bytes; /* activations and weights */
};

static size_t bytes_of(const struct side *s)
{
	size_t n = s->role == NONE || s->role == LEFT_OUT ? 0 : size_of(s->type);

	for (int i = 0; n && i < 5 && s->dims[i]; i++)
		n *= (size_t)s->dims[i];
	return n;
}

static void add_side(struct built *m, const struct side *s, uint8_t *data, uint32_t *seed)
{
	int32_t at = (int32_t)m->model.tensor_count;
	struct tfl_tensor *t = &m->tensors[at];

	if (s->role != OUT)
		m->op.in[m->op.in_count++] = s->role == LEFT_OUT ? -1 : at;
	if (s->role == LEFT_OUT)
		return;
	m->model.tensor_count++;
	*t = (struct tfl_tensor){.name = "t", .type = s->type, .scale_count = s->scale > 0, .scale = s->scale,
				 .zero = s->zero, .variable = s->role == STATE};
	for (; t->rank < 5 && s->dims[t->rank]; t->rank++)
		t->dims[t->rank] = s->dims[t->rank];
	if (s->role == OUT)
		m->outputs[0] = m->op.out[0] = at;
	if (s->role == IN)
		m->inputs[m->model.input_count++] = at;
	if (s->role != WEIGHTS && s->role != NUMBERS)
		return;
	t->data = data;
	t->data_bytes = bytes_of(s);
	fill(data, t->data_bytes, s->type, true, seed);
	for (int32_t i = 0; s->role == NUMBERS && i < s->dims[0]; i++)
		ewi_put_le32(data + 4 * i, (uint32_t)s->numbers[i]);
}

static uint8_t *build(const struct row *r, size_t *size, size_t *bytes)
{
	struct built m = {.op = r->op};
	uint32_t seed = 2026;
	uint8_t *data, *file;

	*bytes = 0;
	for (size_t i = 0; i < SIDES; i++)
		*bytes += bytes_of(&r->sides[i]);
	data = m.data = calloc(*bytes + 1, 1);
	if (!data)
		exit(2);
	m.model = (struct tfl){.tensors = m.tensors, .ops = &m.op, .op_count = 1, .inputs = m.inputs,
			       .outputs = m.outputs, .output_count = 1};
	for (size_t i = 0; i < SIDES && r->sides[i].role != NONE; i++) {
		add_side(&m, &r->sides[i], data, &seed);
		data += bytes_of(&r->sides[i]);
	}
	file = tfl_build(&m.model, size);
	free(m.data);
	return file;
}

/* ---- timing -------------------------------------------------------------------------------------- */

struct subject {
	struct ew_model *model;
	struct ew_model_exec *x;
	struct ew_operator_info info;
	struct ew_tensor_view out;
};

static bool run_work(void *ctx, uint64_t iters)
{
	struct subject *s = ctx;
	bool ok = true;

	while (iters-- > 0)
		ok &= ew_model_exec_run(s->x) == EW_OK;
	return ok;
}

/* Loads a model for a level, and runs it once on the same inputs as any other. */
static bool open_subject(struct subject *s, const uint8_t *file, size_t size, uint32_t isa, struct ew_error *err)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .isa_mask = isa};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_tensor_info info;
	struct ew_tensor_span in;
	uint32_t seed = 7;

	*s = (struct subject){.model = NULL};
	if (ew_model_load(&s->model, file, size, &config, &alloc, err) != EW_OK ||
	    ew_model_exec_create(&s->x, s->model, &alloc, err) != EW_OK)
		return false;
	for (uint32_t i = 0; i < ew_model_input_count(s->model); i++) {
		if (ew_model_exec_input(s->x, i, &in) != EW_OK || ew_model_input_info(s->model, i, &info) != EW_OK)
			return false;
		fill(in.data, in.bytes, (uint8_t)info.type, false, &seed);
	}
	return ew_model_operator(s->model, 0, &s->info) == EW_OK && ew_model_exec_run(s->x) == EW_OK &&
	       ew_model_exec_output(s->x, 0, &s->out) == EW_OK;
}

static void close_subject(struct subject *s)
{
	ew_model_exec_destroy(s->x);
	ew_model_free(s->model);
}

static double operations_of(const struct subject *s)
{
	struct ew_tensor_info info;
	uint64_t most = 0;

	for (uint32_t i = 0; i < ew_model_input_count(s->model); i++)
		if (ew_model_input_info(s->model, i, &info) == EW_OK && info.count > most)
			most = info.count;
	if (ew_model_output_info(s->model, 0, &info) == EW_OK && info.count > most)
		most = info.count;
	return s->info.macs ? 2.0 * (double)s->info.macs : (double)most;
}

/* Outputs of plain C, to compare with; then a row for each kernel that a level chooses. */
static void one_row(struct bench *b, const struct row *r, double peak, operator_point_fn *point)
{
	uint32_t have = ew_model_isa(), isa = EW_ISA_SCALAR;
	struct subject plain, s;
	struct ew_error err = {0};
	size_t size, bytes;
	uint8_t *file = build(r, &size, &bytes);
	const char *before = "";
	struct bench_stat t;
	char name[96];
	double ops;

	if (!bench_check(b, open_subject(&plain, file, size, EW_ISA_SCALAR, &err), "%s: %s", r->name, err.text)) {
		free(file);
		return;
	}
	ops = operations_of(&plain);
	for (unsigned bit = 0; bit <= 16; bit++) {
		if (bit > 0 && !(have & 1u << (bit - 1)))
			continue;
		isa = bit > 0 ? have & ((1u << bit) - 1) : isa;
		if (!bench_check(b, open_subject(&s, file, size, isa, &err), "%s: %s", r->name, err.text))
			break;
		snprintf(name, sizeof(name), "%s/%s", r->name, s.info.kernel);
		if (strcmp(before, s.info.kernel) != 0 && bench_wanted(b, name) &&
		    bench_check(b, memcmp(s.out.data, plain.out.data, s.out.bytes) == 0, "%s differs from plain C", name) &&
		    bench_time(b, run_work, &s, &t)) {
			struct ew_operator_info last = {.kernel = ""};
			struct subject all;

			if (open_subject(&all, file, size, 0, &err))
				last = all.info;
			close_subject(&all);
			bench_row(b, name);
			bench_num(b, "us", t.median / 1e3, 3);
			bench_pct(b, "spread", t.spread);
			bench_num(b, "gops", ops / t.median, 1);
			bench_num(b, "best_gops", ops / t.min, 1);
			if (peak > 0)
				bench_pct(b, "of_peak", ops / t.median / peak);
			bench_uint(b, "macs", plain.info.macs);
			bench_end(b);
			point(ops / (double)bytes, ops / t.median, strcmp(last.kernel, s.info.kernel) == 0);
		}
		before = s.info.kernel;
		close_subject(&s);
	}
	close_subject(&plain);
	free(file);
}

void operator_rows(struct bench *b, double peak, operator_point_fn *point)
{
	for (size_t i = 0; i < ROWS_COUNT; i++)
		one_row(b, &rows[i], peak, point);
}
