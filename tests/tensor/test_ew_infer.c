/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_ew_infer.c - the program: cases, state kept and reset, what it prints, and the exit status of each kind of
 * mistake.
 */
#include <unistd.h>
#include "small.h"

#define ARGS_MAX 12

struct folder {
	char program[1024], dir[512];
	char out[8192], err[2048];
};

static void path_of(const struct folder *f, const char *name, char *path, size_t cap)
{
	snprintf(path, cap, "%s/%s", f->dir, name);
}

static void put(const struct folder *f, const char *name, const void *bytes, size_t size)
{
	char path[1024];

	path_of(f, name, path, sizeof(path));
	assert_true(write_file(path, bytes, size));
}

/* Four int8 numbers in, the four of the case before out. */
static const struct tfl_tensor delay_tensors[] = {
	TFL_I8("x", 1.0f, 0, 4),
	{.name = "s", .type = EW_TENSOR_I8, TFL_DIMS(4), .scale_count = 1, .scale = 1.0f, .variable = true},
	TFL_I8("y", 1.0f, 0, 4),
};
static const struct tfl_op delay_ops[] = {
	{.code = 114, .in_count = 1, .in = {1}, .out = {2}},
	{.code = 114, .in_count = 1, .in = {0}, .out = {1}},
};
static const struct tfl_op norm_op = {.code = 11, .in_count = 1, .in = {0}, .out = {2}};
static const int32_t delay_in = 0, delay_out = 2;

static void write_models(const struct folder *f)
{
	struct tfl m = {.tensors = delay_tensors, .tensor_count = 3, .ops = delay_ops, .op_count = 2,
			.inputs = &delay_in, .input_count = 1, .outputs = &delay_out, .output_count = 1};
	uint8_t *bytes;
	size_t size;

	bytes = tfl_build(&m, &size);
	put(f, "delay.tflite", bytes, size);
	put(f, "cut.tflite", bytes, size / 3);
	free(bytes);
	m.ops = &norm_op;
	m.op_count = 1;
	bytes = tfl_build(&m, &size);
	put(f, "norm.tflite", bytes, size);
	free(bytes);
	bytes = tfl_build(&small_dense, &size);
	put(f, "dense.tflite", bytes, size);
	free(bytes);
	put(f, "one", "\1\2\3\4", 4);
	put(f, "two", "\5\6\7\x80", 4);
	put(f, "three", "\1\2\3", 3);
	put(f, "floats", "\0\0\x80\x3f\0\0\x80\xbf\0\0\0\x3f\0\0\0\0", 16); /* 1, -1, 0.5, 0 */
}

/* False (and skipped by the caller) where the program is not built. */
static bool open_folder(struct folder *f)
{
	const char *tmp = getenv("TMPDIR");

	if (!build_path(f->program, sizeof(f->program), "ew-infer")) {
		print_message("skipped: no %s\n", f->program);
		return false;
	}
	snprintf(f->dir, sizeof(f->dir), "%.400s/ew-infer-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	write_models(f);
	return true;
}

static void close_folder(const struct folder *f)
{
	static const char *const names[] = {"delay.tflite", "cut.tflite", "norm.tflite", "dense.tflite", "one",
					    "two", "three", "floats", "o1", "o2", "o3"};
	char path[1024];

	for (size_t i = 0; i < ROWS(names); i++) {
		path_of(f, names[i], path, sizeof(path));
		unlink(path);
	}
	assert_int_equal(rmdir(f->dir), 0); /* nothing else was left there */
}

/* Arguments that begin with ':' are files of the folder. */
static int run(struct folder *f, const char *const *args)
{
	static char paths[ARGS_MAX][1024];
	const char *argv[ARGS_MAX + 2] = {f->program};
	size_t n = 1;

	for (; *args; args++, n++) {
		assert_true(n <= ARGS_MAX);
		if ((*args)[0] == ':') {
			path_of(f, *args + 1, paths[n - 1], sizeof(paths[0]));
			argv[n] = paths[n - 1];
		} else {
			argv[n] = *args;
		}
	}
	argv[n] = NULL;
	return run_program(argv, f->out, sizeof(f->out), f->err, sizeof(f->err));
}

static void check_file(const struct folder *f, const char *row, const char *name, const void *want, size_t want_size)
{
	char path[1024];
	uint8_t *bytes;
	size_t size;

	path_of(f, name, path, sizeof(path));
	bytes = read_file(path, &size);
	check_true(row, bytes != NULL);
	check_int(row, size, want_size);
	check_mem(row, bytes, want, want_size);
	free(bytes);
}

static void statuses(void **state)
{
	static const struct row {
		const char *name;
		const char *args[ARGS_MAX];
		int status;
		const char *out, *err;
	} rows[] = {
		{"no arguments", {NULL}, 2, "", "no model"},
		{"only options", {"--fresh", NULL}, 2, "", "no model"},
		{"unknown option", {"--fast", ":delay.tflite", NULL}, 2, "", "--fast"},
		{"odd files", {":delay.tflite", ":one", NULL}, 2, "", "pairs"},
		{"unknown isa", {"--isa", "mmx", ":delay.tflite", NULL}, 2, "", "no such instruction set"},
		{"repeat 0", {"--repeat", "0", ":delay.tflite", NULL}, 2, "", "--repeat"},
		{"repeat -1", {"--repeat", "-1", ":delay.tflite", NULL}, 2, "", "--repeat"},
		{"repeat 10000001", {"--repeat", "10000001", ":delay.tflite", NULL}, 2, "", "--repeat"},
		{"repeat 5x", {"--repeat", "5x", ":delay.tflite", NULL}, 2, "", "--repeat"},
		{"repeat without number", {"--repeat", NULL}, 2, "", "--repeat"},
		{"help", {"--help", NULL}, 0, "usage: ew-infer", ""},
		{"no such model", {":nothing", NULL}, 1, "", "cannot be read"},
		{"cut model", {":cut.tflite", NULL}, 1, "", "malformed: byte"},
		{"not a model", {":one", NULL}, 1, "", "malformed"},
		{"unsupported operator", {":norm.tflite", NULL}, 1, "", "not supported: operator 0 (L2_NORMALIZATION)"},
		{"no such input", {":delay.tflite", ":nothing", ":o1", NULL}, 1, "", "cannot be read"},
		{"short input", {":delay.tflite", ":three", ":o1", NULL}, 1, "", "3 bytes, the model's inputs take 4"},
		{"long input", {":delay.tflite", ":floats", ":o1", NULL}, 1, "", "16 bytes, the model's inputs take 4"},
		{"no such folder", {":delay.tflite", ":one", ":none/o1", NULL}, 1, "", "cannot be written"},
		{"one case", {":delay.tflite", ":one", ":o1", NULL}, 0, "", ""},
		{"scalar", {"--isa", "scalar", "--", ":delay.tflite", ":one", ":o1", NULL}, 0, "", ""},
		{"description", {":dense.tflite", NULL}, 0, "input 0: FLOAT32 [1,4] 16 bytes, \"x\"", ""},
		{"its operators", {":dense.tflite", NULL}, 0, "RESHAPE              v1  alias", ""},
		{"its metadata", {":dense.tflite", NULL}, 0, "metadata: note, 13 bytes", ""},
		{"its arena", {":dense.tflite", NULL}, 0, "bytes persistent, ", ""},
		{"timed", {"--repeat", "20", ":dense.tflite", ":floats", ":o1", NULL}, 0, "20 runs, min ", ""},
		{"profile", {"--profile", ":dense.tflite", ":floats", ":o1", NULL}, 0, "mean of 1 runs", ""},
		{"profile of many", {"--profile", "--repeat", "9", ":dense.tflite", ":floats", ":o1", NULL}, 0, "mean of 9 runs", ""},
	};
	struct folder f;

	(void)state;
	if (!open_folder(&f))
		skip();
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_int(rows[i].name, run(&f, rows[i].args), rows[i].status);
		check_has(rows[i].name, f.out, rows[i].out);
		check_has(rows[i].name, f.err, rows[i].err);
		if (rows[i].status == 0)
			check_str(rows[i].name, f.err, "");
	}
	close_folder(&f);
}

static void cases_and_state(void **state)
{
	static const char *const kept[] = {":delay.tflite", ":one", ":o1", ":two", ":o2", ":one", ":o3", NULL};
	static const char *const fresh[] = {"--fresh", ":delay.tflite", ":one", ":o1", ":two", ":o2", NULL};
	static const char *const dense[] = {":dense.tflite", ":floats", ":o1", NULL};
	struct folder f;
	float want[3];

	(void)state;
	if (!open_folder(&f))
		skip();
	check_int("kept", run(&f, kept), 0);
	check_file(&f, "kept 1", "o1", "\0\0\0\0", 4);
	check_file(&f, "kept 2", "o2", "\1\2\3\4", 4);
	check_file(&f, "kept 3", "o3", "\5\6\7\x80", 4);
	check_int("fresh", run(&f, fresh), 0);
	check_file(&f, "fresh 1", "o1", "\0\0\0\0", 4);
	check_file(&f, "fresh 2", "o2", "\0\0\0\0", 4);
	check_int("dense", run(&f, dense), 0);
	{ /* the same through the library, little-endian as files are */
		struct ew_alloc alloc = ew_alloc_libc();
		static const float x[4] = {1.0f, -1.0f, 0.5f, 0.0f};
		struct ew_tensor_span in;
		struct ew_tensor_view out;
		struct ew_model_exec *e;
		struct ew_model *m;
		uint8_t le[12];
		size_t size;
		uint8_t *bytes = tfl_build(&small_dense, &size);

		assert_int_equal(ew_model_load(&m, bytes, size, NULL, &alloc, NULL), EW_OK);
		assert_int_equal(ew_model_exec_create(&e, m, &alloc, NULL), EW_OK);
		ew_model_exec_input(e, 0, &in);
		memcpy(in.data, x, sizeof(x));
		ew_model_exec_run(e);
		ew_model_exec_output(e, 0, &out);
		memcpy(want, out.data, sizeof(want));
		for (int i = 0; i < 3; i++)
			ewi_put_le32(le + 4 * i, (uint32_t)tfl_float_bits(want[i]));
		check_file(&f, "dense", "o1", le, 12);
		ew_model_exec_destroy(e);
		ew_model_free(m);
		free(bytes);
	}
	close_folder(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses),
		cmocka_unit_test(cases_and_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
