/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_golden.c - TensorFlow Lite Micro's own bytes: every operator case of the data folder, with each
 * instruction set that this machine has.  Models are test_golden_models.c's.
 */
#define _FILE_OFFSET_BITS 64 /* folders of large file systems, read by 32-bit programs */
#include <dirent.h>
#include "golden.h"

#define CASE_TENSORS 8

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

/* In each of `windows` windows the same. */
static void run_operator(const char *row, const struct case_file *c, struct ew_model_exec *x, uint32_t windows)
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
		for (size_t i = 0; i < t->count * windows; i++)
			store_value(span.data, i, info.type, t->values[i % t->count]);
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
		for (size_t i = 0; i < t->count * windows; i++) {
			double got = load_value(view.data, i, info.type), want = t->values[i % t->count];
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

struct tally {
	unsigned cases, scales, refused, batches;
};

/* The same twice at once, where the operator can be in a batch. */
static void operator_batch(const char *row, const struct case_file *c, const uint8_t *bytes, size_t size,
			   uint32_t isa, struct tally *t)
{
	struct ew_model *m = load(row, bytes, size, 0, isa, 2);
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model_exec *x;

	if (!m)
		return;
	t->batches++;
	assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
	check_status(row, ew_model_exec_set_batch(x, 2), EW_OK);
	run_operator(row, c, x, 2);
	ew_model_exec_destroy(x);
	ew_model_free(m);
}

static void operator_case(const char *folder, const char *name, struct tally *t)
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

		if (!m) {
			t->refused++;
			break;
		}
		snprintf(row, sizeof(row), "%s isa %x", name, masks[l]);
		assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
		check_scales(row, &c, m);
		run_operator(row, &c, x, 1);
		ew_model_exec_destroy(x);
		ew_model_free(m);
		operator_batch(row, &c, bytes, size, masks[l], t);
	}
	t->cases++;
	t->scales += c.multipliers > 0;
	free_case(&c);
	free(bytes);
}

static void operator_files(void **state)
{
	char folder[512], name[128];
	struct dirent *entry;
	struct tally t = {0, 0, 0, 0};
	DIR *dir;

	(void)state;
	skip_without_shared(folder, sizeof(folder), "data/nn/ops");
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".case") != 0 || dot - entry->d_name > 100)
			continue;
		memcpy(name, entry->d_name, (size_t)(dot - entry->d_name));
		name[dot - entry->d_name] = '\0';
		operator_case(folder, name, &t);
	}
	closedir(dir);
	print_message("%u operator cases, %u with their scales, %u refused, %u runs in batches\n", t.cases, t.scales,
		      t.refused, t.batches);
	assert_true(t.cases >= 390 && t.scales >= 170);
	assert_int_equal(t.refused, 0);
	assert_true(t.batches >= 390);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operator_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
