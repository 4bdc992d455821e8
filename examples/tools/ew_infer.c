/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ew_infer.c - runs a .tflite model on raw tensors from the shell: each IN OUT pair of files is one case,
 * all inputs (outputs) of the model one after the other, little-endian.  Without pairs it tells what the
 * model is made of.
 *
 * Exit status: 0; 1 when the model is refused or a file does not fit, with the reason on stderr; 2 for usage.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "edgewasm/model.h"

#define REPEAT_MAX 10000000u

struct options {
	uint32_t isa_mask;
	uint32_t repeat; /* 0: not asked for */
	bool fresh, profile;
	const char *model;
	char **files;
	int pairs;
};

static const struct {
	const char *name;
	uint32_t isa; /* this one and what it is built upon */
} isas[] = {
	{"scalar", EW_ISA_SCALAR},
	{"sse41", EW_ISA_SSE41},
	{"avx2", EW_ISA_SSE41 | EW_ISA_SSE42 | EW_ISA_AVX2},
	{"avxvnni", EW_ISA_SSE41 | EW_ISA_SSE42 | EW_ISA_AVX2 | EW_ISA_AVXVNNI},
	{"avx512", EW_ISA_SSE41 | EW_ISA_SSE42 | EW_ISA_AVX2 | EW_ISA_AVX512},
	{"avx512vnni", EW_ISA_SSE41 | EW_ISA_SSE42 | EW_ISA_AVX2 | EW_ISA_AVX512 | EW_ISA_AVX512VNNI},
	{"neon", EW_ISA_NEON},
	{"dotprod", EW_ISA_NEON | EW_ISA_DOTPROD},
	{"i8mm", EW_ISA_NEON | EW_ISA_DOTPROD | EW_ISA_I8MM},
};

static const char help[] =
	"usage: ew-infer [--isa scalar|sse41|avx2|avxvnni|avx512|avx512vnni|neon|dotprod|i8mm]\n"
	"                [--fresh] [--repeat N] [--profile] MODEL.tflite [IN.bin OUT.bin]...\n"
	"Runs a model on raw little-endian tensors; without files it tells what the model is made of.\n"
	"  --isa NAME   use no kernels beyond this instruction set\n"
	"  --fresh      reset the model's state before each case\n"
	"  --repeat N   time N runs of each case: least and median latency\n"
	"  --profile    print a row for each operator\n";

static int usage(const char *problem)
{
	fprintf(stderr, "ew-infer: %s\n%s", problem, help);
	return 2;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- options ---------------------------------------------------------------------------------- */

static int parse_isa(const char *name, struct options *o)
{
	for (size_t i = 0; i < sizeof(isas) / sizeof(isas[0]); i++)
		if (strcmp(isas[i].name, name) == 0) {
			o->isa_mask = isas[i].isa;
			if (isas[i].isa & ~ew_model_isa()) {
				fprintf(stderr, "ew-infer: this machine has no %s\n", name);
				return 1;
			}
			return 0;
		}
	return usage("no such instruction set");
}

static int parse_repeat(const char *text, struct options *o)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n == 0 || n > REPEAT_MAX)
		return usage("--repeat takes a number from 1 to 10000000");
	o->repeat = (uint32_t)n;
	return 0;
}

static int parse(int argc, char **argv, struct options *o)
{
	int i = 1, rc = 0;

	for (; rc == 0 && i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(help, stdout);
			exit(0);
		}
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (strcmp(argv[i], "--fresh") == 0)
			o->fresh = true;
		else if (strcmp(argv[i], "--profile") == 0)
			o->profile = true;
		else if (strcmp(argv[i], "--isa") == 0 && i + 1 < argc)
			rc = parse_isa(argv[++i], o);
		else if (strcmp(argv[i], "--repeat") == 0 && i + 1 < argc)
			rc = parse_repeat(argv[++i], o);
		else
			rc = usage(argv[i]);
	}
	if (rc)
		return rc;
	if (i >= argc)
		return usage("no model");
	o->model = argv[i++];
	if ((argc - i) % 2)
		return usage("files come in pairs, IN.bin OUT.bin");
	o->files = argv + i;
	o->pairs = (argc - i) / 2;
	return 0;
}

/* ---- files ------------------------------------------------------------------------------------ */

static uint8_t *read_all(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = NULL;
	size_t cap = 0, n;

	*size = 0;
	while (f) {
		if (*size == cap) {
			uint8_t *more = realloc(p, cap = cap ? 2 * cap : 1 << 16);

			if (!more)
				break;
			p = more;
		}
		n = fread(p + *size, 1, cap - *size, f);
		*size += n;
		if (n == 0) {
			if (ferror(f))
				break;
			fclose(f);
			return p;
		}
	}
	fprintf(stderr, "ew-infer: %s: cannot be read\n", path);
	if (f)
		fclose(f);
	free(p);
	return NULL;
}

static bool big_endian(void)
{
	const uint16_t one = 1;

	return *(const uint8_t *)&one == 0;
}

static unsigned element_bytes(enum ew_tensor_type type)
{
	switch (type) {
	case EW_TENSOR_F32:
	case EW_TENSOR_I32:
	case EW_TENSOR_U32: return 4;
	case EW_TENSOR_F16:
	case EW_TENSOR_I16:
	case EW_TENSOR_U16: return 2;
	case EW_TENSOR_I64:
	case EW_TENSOR_U64:
	case EW_TENSOR_F64:
	case EW_TENSOR_C64: return 8;
	case EW_TENSOR_C128: return 16;
	default: return 1;
	}
}

/* Between the file's byte order, little-endian, and the host's. */
static void copy_elements(uint8_t *to, const uint8_t *from, size_t bytes, enum ew_tensor_type type)
{
	unsigned step = big_endian() ? element_bytes(type) : 1;

	if (type == EW_TENSOR_C64 || type == EW_TENSOR_C128) /* two numbers each */
		step = step > 1 ? step / 2 : 1;
	for (size_t i = 0; i < bytes; i += step)
		for (unsigned k = 0; k < step; k++)
			to[i + k] = from[i + step - 1 - k];
}

/* ---- one case --------------------------------------------------------------------------------- */

static int feed(struct ew_model_exec *x, const char *path, const uint8_t *bytes, size_t size)
{
	const struct ew_model *m = ew_model_exec_model(x);
	size_t want = 0;

	for (uint32_t i = 0; i < ew_model_input_count(m); i++) {
		struct ew_tensor_info info;
		struct ew_tensor_span in;

		ew_model_input_info(m, i, &info);
		ew_model_exec_input(x, i, &in);
		if (want + in.bytes <= size)
			copy_elements(in.data, bytes + want, in.bytes, info.type);
		want += in.bytes;
	}
	if (want == size)
		return 0;
	fprintf(stderr, "ew-infer: %s: %zu bytes, the model's inputs take %zu\n", path, size, want);
	return 1;
}

static int save(const struct ew_model_exec *x, const char *path)
{
	const struct ew_model *m = ew_model_exec_model(x);
	FILE *f = fopen(path, "wb");
	bool ok = f != NULL;

	for (uint32_t i = 0; ok && i < ew_model_output_count(m); i++) {
		struct ew_tensor_info info;
		struct ew_tensor_view out;
		uint8_t *copy;

		ew_model_output_info(m, i, &info);
		ew_model_exec_output(x, i, &out);
		copy = malloc(out.bytes ? out.bytes : 1);
		ok = copy != NULL;
		if (ok) {
			copy_elements(copy, out.data, out.bytes, info.type);
			ok = fwrite(copy, 1, out.bytes, f) == out.bytes;
		}
		free(copy);
	}
	if (f)
		ok = fclose(f) == 0 && ok;
	if (!ok)
		fprintf(stderr, "ew-infer: %s: cannot be written\n", path);
	return ok ? 0 : 1;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct profile {
	double begin;
	double *us; /* one for each operator */
	unsigned runs;
};

static void on_operator(void *user, uint32_t op, bool done)
{
	struct profile *p = user;
	double t = now_us();

	if (done)
		p->us[op] += t - p->begin;
	p->begin = now_us();
}

/* The state advances with every run; inputs are given anew because a run may use their memory. */
static int run_again(struct ew_model_exec *x, const struct options *o, const char *path,
		     const uint8_t *bytes, size_t size, double *us)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < o->repeat; i++) {
		double begin;

		if (o->fresh)
			ew_model_exec_reset(x);
		rc = feed(x, path, bytes, size);
		begin = now_us();
		if (rc == 0)
			ew_model_exec_run(x);
		us[i] = now_us() - begin;
	}
	return rc;
}

/* The whole runs first, without the profile's clock readings in them; then the profile's own. */
static int time_case(struct ew_model_exec *x, const struct options *o, struct profile *profile,
		     const char *path, const uint8_t *bytes, size_t size)
{
	double *us = malloc(o->repeat * sizeof(*us));
	int rc = us ? run_again(x, o, path, bytes, size, us) : 1;

	if (rc == 0) {
		qsort(us, o->repeat, sizeof(*us), by_value);
		printf("%s: %u runs, min %.3f us, median %.3f us\n", path, (unsigned)o->repeat, us[0],
		       us[o->repeat / 2]);
	}
	if (rc == 0 && profile->us) {
		ew_model_exec_set_profile(x, on_operator, profile);
		rc = run_again(x, o, path, bytes, size, us);
		ew_model_exec_set_profile(x, NULL, NULL);
		profile->runs += o->repeat;
	}
	free(us);
	return rc;
}

static void print_shape(const struct ew_tensor_info *info)
{
	printf("%s [", ew_tensor_type_name(info->type));
	for (uint32_t i = 0; i < info->dim_count; i++)
		printf(i ? ",%u" : "%u", (unsigned)info->dims[i]);
	printf("]");
}

static void print_operator(const struct ew_model *m, uint32_t i, const struct profile *p)
{
	struct ew_operator_info op;
	struct ew_tensor_info out;
	int32_t tensor;

	ew_model_operator(m, i, &op);
	ew_model_operator_output(m, i, 0, &tensor);
	ew_model_tensor_info(m, (uint32_t)tensor, &out);
	printf("  %3u %-20s v%-2u %-18s ", (unsigned)i, op.name, (unsigned)op.version, op.kernel);
	print_shape(&out);
	if (op.macs)
		printf(" %llu MAC", (unsigned long long)op.macs);
	if (p && p->runs) {
		double us = p->us[i] / p->runs;

		printf(" %.3f us", us);
		if (op.macs && us > 0)
			printf(" %.1f GOP/s", 2e-3 * (double)op.macs / us);
	}
	printf("\n");
}

static void print_profile(const struct ew_model *m, const struct profile *p)
{
	double total = 0;

	printf("profile, mean of %u runs (clock readings included):\n", p->runs);
	for (uint32_t i = 0; i < ew_model_operator_count(m); i++) {
		print_operator(m, i, p);
		total += p->us[i] / p->runs;
	}
	printf("  total %.3f us\n", total);
}

/* ---- the model -------------------------------------------------------------------------------- */

static void print_tensor(const char *what, uint32_t i, const struct ew_tensor_info *info)
{
	printf("%s %u: ", what, (unsigned)i);
	print_shape(info);
	printf(" %zu bytes", info->bytes);
	if (info->scale_count)
		printf(", scale %.9g, zero point %d", (double)info->scale, (int)info->zero_point);
	if (info->name_len)
		printf(", \"%.*s\"", (int)info->name_len, info->name);
	printf("\n");
}

static void describe(const struct ew_model *m)
{
	size_t persistent, transient, len;
	const char *text = ew_model_description(m, &len);
	struct ew_tensor_info info;

	if (text)
		printf("description: %.*s\n", (int)len, text);
	for (uint32_t i = 0; i < ew_model_input_count(m); i++) {
		ew_model_input_info(m, i, &info);
		print_tensor("input", i, &info);
	}
	for (uint32_t i = 0; i < ew_model_output_count(m); i++) {
		ew_model_output_info(m, i, &info);
		print_tensor("output", i, &info);
	}
	printf("operators: %u\n", (unsigned)ew_model_operator_count(m));
	for (uint32_t i = 0; i < ew_model_operator_count(m); i++)
		print_operator(m, i, NULL);
	for (uint32_t i = 0; i < ew_model_metadata_count(m); i++) {
		const uint8_t *bytes;
		size_t size;

		if (ew_model_metadata_at(m, i, &text, &len, &bytes, &size) == EW_OK)
			printf("metadata: %.*s, %zu bytes\n", (int)len, text, size);
	}
	ew_model_arena_size(m, &persistent, &transient);
	printf("arena: %zu bytes persistent, %zu bytes transient\n", persistent, transient);
	printf("model: %zu bytes besides its file\n", ew_model_size(m));
}

static int run_case(struct ew_model_exec *x, const struct options *o, struct profile *profile,
		    const char *in_path, const char *out_path)
{
	size_t size;
	uint8_t *bytes = read_all(in_path, &size);
	int rc;

	if (!bytes)
		return 1;
	if (o->fresh)
		ew_model_exec_reset(x);
	rc = feed(x, in_path, bytes, size);
	if (rc == 0) {
		if (profile->us && !o->repeat) {
			ew_model_exec_set_profile(x, on_operator, profile);
			profile->runs++;
		}
		ew_model_exec_run(x);
		rc = save(x, out_path);
		ew_model_exec_set_profile(x, NULL, NULL);
	}
	if (rc == 0 && o->repeat)
		rc = time_case(x, o, profile, in_path, bytes, size);
	free(bytes);
	return rc;
}

static int run_cases(const struct ew_model *m, const struct options *o, const struct ew_alloc *alloc)
{
	struct profile profile = {0};
	struct ew_model_exec *x;
	struct ew_error err;
	int rc = 0;

	if (ew_model_exec_create(&x, m, alloc, &err) != EW_OK) {
		fprintf(stderr, "ew-infer: %s\n", err.text);
		return 1;
	}
	if (o->profile)
		profile.us = calloc(ew_model_operator_count(m) + 1u, sizeof(*profile.us));
	for (int i = 0; rc == 0 && i < o->pairs; i++)
		rc = run_case(x, o, &profile, o->files[2 * i], o->files[2 * i + 1]);
	if (rc == 0 && profile.us && profile.runs)
		print_profile(m, &profile);
	free(profile.us);
	ew_model_exec_destroy(x);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct ew_model_config config = {.struct_bytes = sizeof(config)};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model *model;
	struct ew_error err;
	uint8_t *bytes;
	size_t size;
	int rc = parse(argc, argv, &o);

	if (rc)
		return rc;
	bytes = read_all(o.model, &size);
	if (!bytes)
		return 1;
	config.isa_mask = o.isa_mask;
	if (ew_model_load(&model, bytes, size, &config, &alloc, &err) != EW_OK) {
		fprintf(stderr, "ew-infer: %s: %s: %s\n", o.model, ew_status_text(err.status), err.text);
		rc = 1;
	} else {
		if (o.pairs)
			rc = run_cases(model, &o, &alloc);
		else
			describe(model);
		ew_model_free(model);
	}
	free(bytes);
	return rc;
}
