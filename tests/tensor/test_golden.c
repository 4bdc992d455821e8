/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_golden.c - TensorFlow Lite Micro's own bytes: every model and every operator case of the data folder
 * whose operators are here, with each instruction set that this machine has, in both rounding modes.
 */
#define _FILE_OFFSET_BITS 64 /* folders of large file systems, read by 32-bit programs */
#include <dirent.h>
#include "../aid/aid.h"
#include "tensor/ops.h"
#include "tfl.h"

#define CASE_TENSORS 8

static const char *const models[] = {"ad01_int8", "hello_world_int8", "hello_world_float"};
static const char *const prefixes[] = {"fc_", "fully_connected", "quantize_", "dequantize_", "reshape_", "conv_",
				       "dwconv_", "depthwise_conv", "tconv_", "avgpool_", "average_pool", "maxpool_"};

/* One mask for plain C, then one for each level that this machine adds to it. */
static size_t isa_levels(uint32_t *masks)
{
	uint32_t have = ew_model_isa();
	size_t n = 0;

	masks[n++] = EW_ISA_SCALAR;
	for (unsigned bit = 0; bit < 16; bit++)
		if (have & 1u << bit)
			masks[n++] = have & ((2u << bit) - 1);
	return n;
}

/* Arena bytes are in the host's order, files are little-endian. */
static void to_host(uint8_t *to, const uint8_t *from, size_t bytes, enum ew_tensor_type type)
{
	size_t step = EW_BIG_ENDIAN ? ewi_type_bits(type) / 8 : 1;

	step = step ? step : 1;
	for (size_t i = 0; i < bytes; i += step)
		for (size_t k = 0; k < step; k++)
			to[i + k] = from[i + step - 1 - k];
}

static struct ew_model *load(const char *row, const uint8_t *bytes, size_t size, uint32_t flags,
			     uint32_t isa, uint32_t batch)
{
	struct ew_model_config config = {.struct_bytes = sizeof(config), .flags = flags,
					 .isa_mask = isa, .max_batch = batch};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model *m;
	struct ew_error err = {0};

	if (ew_model_load(&m, bytes, size, &config, &alloc, &err) != EW_OK)
		fail_msg("%s: %s", row, err.text);
	return m;
}

/* ---- models ------------------------------------------------------------------------------------ */

static void run_case(const char *row, struct ew_model_exec *x, uint32_t at, const uint8_t *in,
		     size_t in_size)
{
	struct ew_tensor_info info;
	struct ew_tensor_span span;

	check_status(row, ew_model_input_info(ew_model_exec_model(x), 0, &info), EW_OK);
	check_status(row, ew_model_exec_input(x, 0, &span), EW_OK);
	check_int(row, in_size, info.bytes);
	to_host((uint8_t *)span.data + at * info.bytes, in, in_size, info.type);
}

static void compare_case(const char *row, const struct ew_model_exec *x, uint32_t at,
			 const uint8_t *want, size_t want_size)
{
	struct ew_tensor_info info;
	struct ew_tensor_view view;
	uint8_t host[4096];

	check_status(row, ew_model_output_info(ew_model_exec_model(x), 0, &info), EW_OK);
	check_status(row, ew_model_exec_output(x, 0, &view), EW_OK);
	check_int(row, want_size, info.bytes);
	assert_true(want_size <= sizeof(host));
	to_host(host, want, want_size, info.type);
	check_mem(row, (const uint8_t *)view.data + at * info.bytes, host, want_size);
}

/* Case files of a model, or of its single-rounding goldens; returns how many there are. */
static size_t read_cases(const char *model, const char *suffix, uint8_t **in, uint8_t **out,
			 size_t *in_size, size_t *out_size, size_t max)
{
	char path[512], name[128];
	size_t n = 0;

	for (; n < max; n++) {
		snprintf(name, sizeof(name), "data/nn/models/%s/%s.in%02zu.bin", model, model, n);
		if (!shared_path(path, sizeof(path), name))
			break;
		in[n] = read_file(path, in_size);
		snprintf(name, sizeof(name), "data/nn/models/%s/%s.out%02zu%s", model, model, n, suffix);
		assert_true(shared_path(path, sizeof(path), name));
		out[n] = read_file(path, out_size);
		assert_non_null(in[n]);
		assert_non_null(out[n]);
	}
	return n;
}

static void model_cases(const char *model, const char *suffix, uint32_t flags)
{
	uint8_t *in[64], *out[64], *bytes;
	char path[512], name[128], row[192];
	size_t size, in_size = 0, out_size = 0, n, levels;
	uint32_t masks[20];

	snprintf(name, sizeof(name), "data/nn/models/%s/%s.tflite", model, model);
	skip_without_shared(path, sizeof(path), name);
	bytes = read_file(path, &size);
	n = read_cases(model, suffix, in, out, &in_size, &out_size, 64);
	assert_true(n >= 4);
	levels = isa_levels(masks);
	for (size_t l = 0; l < levels; l++) {
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_model *m = load(model, bytes, size, flags, masks[l], (uint32_t)n);
		struct ew_model_exec *x;

		assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
		for (uint32_t i = 0; i < n; i++) { /* one by one */
			snprintf(row, sizeof(row), "%s%s isa %x case %u", model, suffix, masks[l], i);
			run_case(row, x, 0, in[i], in_size);
			check_status(row, ew_model_exec_run(x), EW_OK);
			compare_case(row, x, 0, out[i], out_size);
		}
		check_status(model, ew_model_exec_set_batch(x, (uint32_t)n), EW_OK);
		for (uint32_t i = 0; i < n; i++) /* and all at once */
			run_case(model, x, i, in[i], in_size);
		check_status(model, ew_model_exec_run(x), EW_OK);
		for (uint32_t i = 0; i < n; i++) {
			snprintf(row, sizeof(row), "%s%s isa %x batch case %u", model, suffix, masks[l], i);
			compare_case(row, x, i, out[i], out_size);
		}
		ew_model_exec_destroy(x);
		ew_model_free(m);
	}
	for (size_t i = 0; i < n; i++)
		free(in[i]), free(out[i]);
	free(bytes);
}

static void model_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(models); i++)
		model_cases(models[i], ".bin", 0);
}

static void model_files_single_rounding(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(models); i++)
		model_cases(models[i], ".sr.bin", EW_MODEL_SINGLE_ROUNDING);
}

/* Every operator's output of every traced case, not only the last one's. */
struct trace {
	struct ew_model_exec *x;
	uint64_t hash[64];
};

static void on_operator(void *user, uint32_t op, bool done)
{
	struct trace *t = user;
	struct ew_tensor_view view;
	int32_t tensor;

	if (!done)
		return;
	assert_int_equal(ew_model_operator_output(ew_model_exec_model(t->x), op, 0, &tensor), EW_OK);
	assert_int_equal(ew_model_exec_tensor(t->x, (uint32_t)tensor, &view), EW_OK);
	t->hash[op] = 1469598103934665603u;
	for (size_t i = 0; i < view.bytes; i++)
		t->hash[op] = (t->hash[op] ^ ((const uint8_t *)view.data)[i]) * 1099511628211u;
}

static void ad_trace(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct trace t = {0};
	char path[512], name[128], op_name[64], line[256];
	uint8_t *bytes, *in = NULL;
	size_t size, in_size;
	unsigned n, op, last = UINT32_MAX, lines = 0;
	unsigned long long hash;
	struct ew_model *m;
	FILE *f;

	(void)state;
	skip_without_shared(path, sizeof(path), "data/nn/models/ad01_int8/ad01_int8.tflite");
	bytes = read_file(path, &size);
	m = load("ad01_int8", bytes, size, 0, 0, 1);
	assert_int_equal(ew_model_exec_create(&t.x, m, &alloc, NULL), EW_OK);
	ew_model_exec_set_profile(t.x, on_operator, &t);
	assert_true(shared_path(path, sizeof(path), "data/nn/models/ad01_int8/ad01_int8.trace.txt"));
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *h = strstr(line, "fnv1a64 ");

		if (!h || sscanf(line, "case %u op %u %63s", &n, &op, op_name) != 3 || n > 99 ||
		    sscanf(h, "fnv1a64 %llx", &hash) != 1)
			continue;
		if (n != last) {
			last = n;
			snprintf(name, sizeof(name), "data/nn/models/ad01_int8/ad01_int8.in%02u.bin", n);
			assert_true(shared_path(path, sizeof(path), name));
			in = read_file(path, &in_size);
			run_case(name, t.x, 0, in, in_size);
			free(in);
			assert_int_equal(ew_model_exec_run(t.x), EW_OK);
		}
		check_hex(line, t.hash[op], hash);
		lines++;
	}
	fclose(f);
	assert_true(lines >= 100);
	ew_model_exec_destroy(t.x);
	ew_model_free(m);
	free(bytes);
}

/* ---- operator cases ---------------------------------------------------------------------------- */

struct case_tensor {
	char name[32], type[16];
	int role; /* 'i', 'c' or 'o' */
	size_t count;
	double *values;
};

struct case_file {
	struct case_tensor tensors[CASE_TENSORS];
	size_t count;
	bool tolerant;
	int multipliers, shifts; /* that the source computed; 0: not told */
	int32_t multiplier[64], shift[64];
};

/* "derived multiplier 1 2 3": the numbers to the end of the line. */
static int read_derived(FILE *f, int32_t *to, int max)
{
	char line[2048], *p = line, *end;
	int n = 0;

	if (!fgets(line, sizeof(line), f))
		return 0;
	for (; n < max; p = end) {
		long v = strtol(p, &end, 10);

		if (end == p)
			break;
		to[n++] = (int32_t)v;
	}
	return n;
}

static void read_case(const char *path, struct case_file *c)
{
	FILE *f = fopen(path, "r");
	struct case_tensor *t = NULL;
	char word[64], role[16];

	memset(c, 0, sizeof(*c));
	assert_non_null(f);
	while (fscanf(f, "%63s", word) == 1) {
		if (strcmp(word, "tolerance") == 0) {
			c->tolerant = true;
		} else if (strcmp(word, "multiplier") == 0) {
			c->multipliers = read_derived(f, c->multiplier, 64);
		} else if (strcmp(word, "shift") == 0) {
			c->shifts = read_derived(f, c->shift, 64);
		} else if (strcmp(word, "tensor") == 0) {
			assert_true(c->count < CASE_TENSORS);
			t = &c->tensors[c->count++];
			assert_int_equal(fscanf(f, "%31s %15s %15s", t->name, role, t->type), 3);
			t->role = role[0];
		} else if (strcmp(word, "data") == 0 && t) {
			assert_int_equal(fscanf(f, "%zu", &t->count), 1);
			t->values = calloc(t->count + 1, sizeof(double));
			for (size_t i = 0; i < t->count; i++)
				assert_int_equal(fscanf(f, "%lf", &t->values[i]), 1);
		}
	}
	fclose(f);
}

static void free_case(struct case_file *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->tensors[i].values);
}

static void store_value(void *to, size_t i, enum ew_tensor_type type, double v)
{
	switch (type) {
	case EW_TENSOR_F32: ((float *)to)[i] = (float)v; break;
	case EW_TENSOR_I8: ((int8_t *)to)[i] = (int8_t)v; break;
	case EW_TENSOR_U8: ((uint8_t *)to)[i] = (uint8_t)v; break;
	case EW_TENSOR_I16: ((int16_t *)to)[i] = (int16_t)v; break;
	case EW_TENSOR_I32: ((int32_t *)to)[i] = (int32_t)v; break;
	default: fail_msg("type %d", (int)type);
	}
}

static double load_value(const void *from, size_t i, enum ew_tensor_type type)
{
	switch (type) {
	case EW_TENSOR_F32: return ((const float *)from)[i];
	case EW_TENSOR_I8: return ((const int8_t *)from)[i];
	case EW_TENSOR_U8: return ((const uint8_t *)from)[i];
	case EW_TENSOR_I16: return ((const int16_t *)from)[i];
	default: return ((const int32_t *)from)[i];
	}
}

static void run_operator(const char *row, const struct case_file *c, struct ew_model_exec *x)
{
	const struct ew_model *m = ew_model_exec_model(x);
	uint32_t in = 0, out = 0;

	for (size_t k = 0; k < c->count; k++) {
		const struct case_tensor *t = &c->tensors[k];
		struct ew_tensor_info info;
		struct ew_tensor_span span;

		if (t->role != 'i')
			continue;
		check_status(row, ew_model_input_info(m, in, &info), EW_OK);
		check_status(row, ew_model_exec_input(x, in++, &span), EW_OK);
		check_int(row, t->count, info.count);
		for (size_t i = 0; i < t->count; i++)
			store_value(span.data, i, info.type, t->values[i]);
	}
	check_status(row, ew_model_exec_run(x), EW_OK);
	for (size_t k = 0; k < c->count; k++) {
		const struct case_tensor *t = &c->tensors[k];
		struct ew_tensor_info info;
		struct ew_tensor_view view;

		if (t->role != 'o')
			continue;
		check_status(row, ew_model_output_info(m, out, &info), EW_OK);
		check_status(row, ew_model_exec_output(x, out++, &view), EW_OK);
		check_int(row, t->count, info.count);
		for (size_t i = 0; i < t->count; i++) {
			double got = load_value(view.data, i, info.type), want = t->values[i];
			double off = got > want ? got - want : want - got;
			double size = want < 0 ? -want : want;

			if (info.type == EW_TENSOR_F32 && !c->tolerant)
				want = (float)want;
			if (c->tolerant ? off > 1e-5 + 1e-5 * size : got != want)
				fail_msg("%s: element %zu is %.9g, want %.9g", row, i, got, want);
		}
	}
	assert_true(in > 0 && out > 0);
}

/* The fixed-point scales themselves: outputs alone seldom tell a product in float from one in double. */
static struct ewi_scale scale_of(const struct ewi_op *op, uint32_t channel)
{
	const struct ewi_conv *conv = op->params;

	if (op->kernel->slot == EWI_SLOT_REQUANTIZE)
		return ((const struct ewi_convert *)op->params)->ratio;
	if (op->kernel->slot >= EWI_SLOT_CONV_S8 && op->kernel->slot <= EWI_SLOT_TCONV_F32)
		return (struct ewi_scale){conv->multipliers[channel], conv->shifts[channel]};
	return ewi_fc_scale(op->params, channel);
}

static void check_scales(const char *row, const struct case_file *c, const struct ew_model *m)
{
	check_int(row, c->multipliers, c->shifts);
	for (int i = 0; i < c->multipliers; i++) {
		struct ewi_scale s = scale_of(&m->ops[0], (uint32_t)i);

		check_int(row, s.multiplier, c->multiplier[i]);
		check_int(row, s.shift, c->shift[i]);
	}
}

static unsigned operator_case(const char *folder, const char *name)
{
	struct ew_alloc alloc = ew_alloc_libc();
	char path[768], row[192];
	struct case_file c;
	uint32_t masks[20];
	uint8_t *bytes;
	size_t size, levels = isa_levels(masks);

	snprintf(path, sizeof(path), "%s/%s.case", folder, name);
	read_case(path, &c);
	snprintf(path, sizeof(path), "%s/%s.tflite", folder, name);
	bytes = read_file(path, &size);
	assert_non_null(bytes);
	for (size_t l = 0; l < levels; l++) {
		struct ew_model *m = load(name, bytes, size, 0, masks[l], 1);
		struct ew_model_exec *x;

		snprintf(row, sizeof(row), "%s isa %x", name, masks[l]);
		assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
		check_scales(row, &c, m);
		run_operator(row, &c, x);
		ew_model_exec_destroy(x);
		ew_model_free(m);
	}
	free_case(&c);
	free(bytes);
	return c.multipliers > 0;
}

static void operator_files(void **state)
{
	char folder[512], name[128];
	struct dirent *entry;
	unsigned n = 0, scales = 0;
	DIR *dir;

	(void)state;
	skip_without_shared(folder, sizeof(folder), "data/nn/ops");
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char *dot = strrchr(entry->d_name, '.');
		bool wanted = false;

		for (size_t i = 0; i < ROWS(prefixes); i++)
			wanted |= strncmp(entry->d_name, prefixes[i], strlen(prefixes[i])) == 0;
		if (!wanted || !dot || strcmp(dot, ".case") != 0 || dot - entry->d_name > 100)
			continue;
		memcpy(name, entry->d_name, (size_t)(dot - entry->d_name));
		name[dot - entry->d_name] = '\0';
		scales += operator_case(folder, name);
		n++;
	}
	closedir(dir);
	print_message("%u operator cases, %u with their scales\n", n, scales);
	assert_true(n >= 190 && scales >= 170);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(model_files),
		cmocka_unit_test(model_files_single_rounding),
		cmocka_unit_test(ad_trace),
		cmocka_unit_test(operator_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
