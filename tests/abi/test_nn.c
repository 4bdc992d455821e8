/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_nn.c - wasi_ephemeral_nn: lib/abi/nn.c. */
#include "arun.h"
#include "tiny_model.h"

enum { OK, INVALID_ARGUMENT, INVALID_ENCODING, MISSING_MEMORY, BUSY, RUNTIME_ERROR, UNSUPPORTED, TOO_LARGE, NOT_FOUND };

/* Where things are in the guest's memory. */
enum { OUT = 0, TENSOR = 16, DIMS = 64, DATA = 128, NAME = 256, BUILDER = 320, MODEL = 1024 };

static struct tiny fc1, fc2, quantize;

static int make_models(void **state)
{
	(void)state;
	tiny_fc(&fc1, 1);
	tiny_fc(&fc2, 2);
	tiny_quantize(&quantize);
	return 0;
}

static void begin_with(struct arun *r, uint32_t max_contexts, uint32_t max_bytes)
{
	arun_init(r);
	r->config.grant.caps = EW_CAP_INFER | EW_CAP_INFER_LOAD;
	r->config.max_contexts = max_contexts;
	r->config.max_model_bytes = max_bytes;
	assert_int_equal(ew_models_create(&r->config.models, &r->mem.alloc), EW_OK);
	assert_int_equal(ew_models_put(r->config.models, "one", "1", fc1.bytes, fc1.size, 0, NULL), EW_OK);
	assert_int_equal(ew_models_put(r->config.models, "two", "1", fc2.bytes, fc2.size, 0, NULL), EW_OK);
	assert_int_equal(ew_models_put(r->config.models, "q", "1", quantize.bytes, quantize.size, 0, NULL),
			 EW_OK);
	arun_open(r, "wasi_ephemeral_nn", "load", "load_by_name", "init_execution_context", "set_input",
		  "compute", "get_output");
}

static void begin(struct arun *r)
{
	begin_with(r, 0, 0);
}

static int32_t by_name(struct arun *r, const char *name, uint32_t *graph)
{
	int32_t rc;

	arun_pick(r, "load_by_name");
	arun_put(r, NAME, name);
	rc = arun_i32(r, NAME, (int64_t)strlen(name), OUT);
	*graph = arun_le32(r, OUT);
	return rc;
}

static int32_t context(struct arun *r, uint32_t graph, uint32_t *ctx)
{
	int32_t rc;

	arun_pick(r, "init_execution_context");
	rc = arun_i32(r, graph, OUT);
	*ctx = arun_le32(r, OUT);
	return rc;
}

static int32_t set_input(struct arun *r, uint32_t ctx, uint32_t index, uint32_t type,
			 const uint32_t *dims, uint32_t dim_count, const void *data, uint32_t len)
{
	arun_put32(r, TENSOR, DIMS);
	arun_put32(r, TENSOR + 4, dim_count);
	arun_put32(r, TENSOR + 8, type);
	arun_put32(r, TENSOR + 12, DATA);
	arun_put32(r, TENSOR + 16, len);
	for (uint32_t i = 0; i < dim_count && i < 16; i++)
		arun_put32(r, DIMS + 4 * i, dims[i]);
	memcpy(arun_mem(r, DATA, len), data, len);
	arun_pick(r, "set_input");
	return arun_i32(r, ctx, index, TENSOR);
}

static int32_t set4(struct arun *r, uint32_t ctx, uint32_t index, const char *data)
{
	return set_input(r, ctx, index, 3, (const uint32_t[]){1, 4}, 2, data, 4);
}

static int32_t compute(struct arun *r, uint32_t ctx)
{
	arun_pick(r, "compute");
	return arun_i32(r, ctx);
}

static int32_t get_output(struct arun *r, uint32_t ctx, uint32_t index, uint32_t cap)
{
	arun_pick(r, "get_output");
	return arun_i32(r, ctx, index, DATA, cap, OUT);
}

static int32_t load(struct arun *r, const void *bytes, uint32_t size, uint32_t count,
		    uint32_t encoding, uint32_t target, uint32_t *graph)
{
	int32_t rc;

	memcpy(arun_mem(r, MODEL, size), bytes, size);
	arun_put32(r, BUILDER, MODEL);
	arun_put32(r, BUILDER + 4, size);
	arun_put32(r, OUT, 0xffffffff);
	arun_pick(r, "load");
	rc = arun_i32(r, BUILDER, count, encoding, target, OUT);
	*graph = arun_le32(r, OUT);
	return rc;
}

static void a_model_runs_by_name(void **state)
{
	uint32_t graph, ctx;
	struct arun r;

	(void)state;
	begin(&r);
	assert_int_equal(by_name(&r, "one", &graph), OK);
	assert_int_equal(context(&r, graph, &ctx), OK);
	assert_int_equal(get_output(&r, ctx, 0, 16), RUNTIME_ERROR); /* nothing computed yet */
	assert_int_equal(compute(&r, ctx), INVALID_ARGUMENT);	     /* nothing set */
	assert_int_equal(set4(&r, ctx, 0, "\x0a\x14\x1e\xfb"), OK);
	assert_int_equal(compute(&r, ctx), OK);
	assert_int_equal(get_output(&r, ctx, 0, 1), TOO_LARGE);
	assert_int_equal(get_output(&r, ctx, 0, 2), OK);
	assert_int_equal(arun_le32(&r, OUT), 2);
	check_mem("output", arun_mem(&r, DATA, 3), "\x1e\x23\x1e", 3);
	assert_int_equal(get_output(&r, ctx, 1, 2), INVALID_ARGUMENT);
	/* A run uses its inputs up; writing one invalidates the outputs. */
	assert_int_equal(compute(&r, ctx), INVALID_ARGUMENT);
	assert_int_equal(get_output(&r, ctx, 0, 2), OK);
	assert_int_equal(set4(&r, ctx, 0, "\1\1\1\1"), OK);
	assert_int_equal(get_output(&r, ctx, 0, 2), RUNTIME_ERROR);
	assert_int_equal(compute(&r, ctx), OK);
	assert_int_equal(get_output(&r, ctx, 0, 2), OK);
	check_mem("output", arun_mem(&r, DATA, 2), "\2\0", 2);
	assert_int_equal(ew_abi_stats(r.abi)->used[EW_QUOTA_INFERENCES], 2);
	arun_close(&r);
}

/* What a guest has set, computed or opened is in its state; the same again is the same state. */
static void state_is_told(void **state)
{
	uint64_t seen[8];
	uint32_t graph, a, n = 0;

	(void)state;
	for (int twice = 0; twice < 2; twice++) {
		struct arun r;
		uint64_t now[8];

		begin(&r);
		n = 0;
		now[n++] = arun_state(&r);
		assert_int_equal(by_name(&r, "two", &graph), OK);
		now[n++] = arun_state(&r);
		assert_int_equal(context(&r, graph, &a), OK);
		now[n++] = arun_state(&r);
		set4(&r, a, 0, "\1\1\1\1");
		now[n++] = arun_state(&r);
		set4(&r, a, 0, "\1\2\1\1");
		now[n++] = arun_state(&r);
		set4(&r, a, 1, "\1\2\1\1");
		assert_int_equal(compute(&r, a), OK);
		now[n++] = arun_state(&r);
		assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), OK);
		now[n++] = arun_state(&r);
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t k = 0; k < i; k++)
				assert_true(now[i] != now[k]);
		if (twice)
			assert_memory_equal(seen, now, n * sizeof(*now));
		memcpy(seen, now, sizeof(now));
		ew_abi_reset(r.abi);
		assert_true(arun_state(&r) == now[0]);
		arun_close(&r);
	}
}

/* Two contexts of one graph hold their own inputs and outputs. */
static void contexts_do_not_meet(void **state)
{
	uint32_t graph, a, b;
	struct arun r;

	(void)state;
	begin(&r);
	assert_int_equal(by_name(&r, "two", &graph), OK);
	assert_int_equal(context(&r, graph, &a), OK);
	assert_int_equal(context(&r, graph, &b), OK);
	assert_int_not_equal(a, b);
	set4(&r, a, 0, "\1\1\1\1");
	assert_int_equal(compute(&r, a), INVALID_ARGUMENT); /* the second is missing */
	set4(&r, b, 1, "\2\2\2\2");
	set4(&r, a, 1, "\3\3\3\1");
	set4(&r, b, 0, "\4\4\4\1");
	assert_int_equal(compute(&r, a), OK);
	assert_int_equal(compute(&r, b), OK);
	assert_int_equal(get_output(&r, a, 0, 2), OK);
	check_mem("a0", arun_mem(&r, DATA, 2), "\2\0", 2);
	assert_int_equal(get_output(&r, a, 1, 2), OK);
	check_mem("a1", arun_mem(&r, DATA, 2), "\6\2", 2);
	assert_int_equal(get_output(&r, b, 0, 2), OK);
	check_mem("b0", arun_mem(&r, DATA, 2), "\10\3", 2);
	assert_int_equal(get_output(&r, b, 1, 2), OK);
	check_mem("b1", arun_mem(&r, DATA, 2), "\4\0", 2);
	arun_close(&r);
}

static void tensors_must_fit(void **state)
{
	static const struct row {
		const char *name;
		uint32_t index, type, dims[10], dim_count, len;
		int32_t want;
	} rows[] = {
		{"as declared", 0, 3, {1, 4}, 2, 4, OK},
		{"flat", 0, 3, {4}, 1, 4, OK},
		{"folded", 0, 3, {2, 1, 2}, 3, 4, OK},
		{"eight dimensions", 0, 3, {1, 1, 1, 1, 1, 1, 1, 4}, 8, 4, OK},
		{"nine dimensions", 0, 3, {1, 1, 1, 1, 1, 1, 1, 1, 4}, 9, 4, INVALID_ARGUMENT},
		{"no dimensions", 0, 3, {0}, 0, 4, INVALID_ARGUMENT},
		{"too few elements", 0, 3, {1, 3}, 2, 4, INVALID_ARGUMENT},
		{"too many elements", 0, 3, {1, 5}, 2, 4, INVALID_ARGUMENT},
		{"a product that wraps", 0, 3, {0x10000, 0x10000, 4}, 3, 4, INVALID_ARGUMENT},
		{"a dimension of 0", 0, 3, {0, 4}, 2, 4, INVALID_ARGUMENT},
		{"too few bytes", 0, 3, {1, 4}, 2, 3, INVALID_ARGUMENT},
		{"too many bytes", 0, 3, {1, 4}, 2, 5, INVALID_ARGUMENT},
		{"another type", 0, 1, {1, 4}, 2, 4, INVALID_ARGUMENT},
		{"no type", 0, 9, {1, 4}, 2, 4, INVALID_ARGUMENT},
		{"no such input", 1, 3, {1, 4}, 2, 4, INVALID_ARGUMENT},
	};
	uint32_t graph, ctx;
	struct arun r;

	(void)state;
	begin(&r);
	by_name(&r, "one", &graph);
	context(&r, graph, &ctx);
	for (size_t i = 0; i < ROWS(rows); i++)
		check_int(rows[i].name, set_input(&r, ctx, rows[i].index, rows[i].type, rows[i].dims,
						  rows[i].dim_count, "\1\1\1\1\1", rows[i].len), rows[i].want);
	by_name(&r, "q", &graph);
	context(&r, graph, &ctx);
	check_int("float as f32", set_input(&r, ctx, 0, 1, (const uint32_t[]){4}, 1,
					    "\0\0\x80\x3f\0\0\0\0\0\0\0\0\0\0\0\0", 16), OK);
	check_int("float as u8", set_input(&r, ctx, 0, 3, (const uint32_t[]){16}, 1, "0123456789abcdef", 16),
		  INVALID_ARGUMENT);
	assert_int_equal(compute(&r, ctx), OK);
	assert_int_equal(get_output(&r, ctx, 0, 4), OK);
	check_mem("quantized", arun_mem(&r, DATA, 4), "\1\0\0\0", 4);
	arun_close(&r);
}

/* Pointers inside the tensor: dimensions and data. */
static void inner_pointers_are_checked(void **state)
{
	static const struct row {
		const char *name;
		uint32_t at, value;
		int32_t want;
	} rows[] = {
		{"dims at the end", TENSOR, PAGE - 8, INVALID_ARGUMENT}, /* zeros there: another product */
		{"dims one too far", TENSOR, PAGE - 7, MISSING_MEMORY},
		{"dims wrap", TENSOR, 0xfffffffc, MISSING_MEMORY},
		{"2^30 dims", TENSOR + 4, 0x40000000, MISSING_MEMORY},
		{"2^32 - 1 dims", TENSOR + 4, 0xffffffff, MISSING_MEMORY},
		{"data at the end", TENSOR + 12, PAGE - 4, OK},
		{"data one too far", TENSOR + 12, PAGE - 3, MISSING_MEMORY},
		{"data wraps", TENSOR + 12, 0xfffffffe, MISSING_MEMORY},
		{"data without end", TENSOR + 16, 0xffffffff, MISSING_MEMORY},
	};
	uint32_t graph, ctx;
	struct arun r;

	(void)state;
	begin(&r);
	by_name(&r, "one", &graph);
	context(&r, graph, &ctx);
	for (size_t i = 0; i < ROWS(rows); i++) {
		set4(&r, ctx, 0, "\1\1\1\1");
		arun_put32(&r, rows[i].at, rows[i].value);
		check_int(rows[i].name, arun_i32(&r, ctx, 0, TENSOR), rows[i].want);
	}
	arun_close(&r);
}

static void handles_are_checked(void **state)
{
	static const uint32_t bad[] = {1, 7, 8, 0x7fffffff, 0xffffffff};
	uint32_t graph, ctx, none;
	struct arun r;

	(void)state;
	begin(&r);
	assert_int_equal(by_name(&r, "nobody", &graph), NOT_FOUND);
	assert_int_equal(by_name(&r, "one@1", &graph), OK);
	assert_int_equal(context(&r, graph, &ctx), OK);
	for (size_t i = 0; i < ROWS(bad); i++) {
		check_int("context", context(&r, graph + bad[i], &none), INVALID_ARGUMENT);
		check_int("set_input", set4(&r, ctx + bad[i], 0, "\1\1\1\1"), INVALID_ARGUMENT);
		check_int("compute", compute(&r, ctx + bad[i]), INVALID_ARGUMENT);
		check_int("get_output", get_output(&r, ctx + bad[i], 0, 2), INVALID_ARGUMENT);
	}
	arun_close(&r);
}

static void a_guest_may_bring_its_model(void **state)
{
	static const struct row {
		const char *name;
		uint32_t size_less, count, encoding, target;
		int32_t want;
	} rows[] = {
		{"tflite", 0, 1, 4, 0, OK},
		{"autodetected", 0, 1, 5, 0, OK},
		{"autodetected, WAMR's number", 0, 1, 6, 0, OK},
		{"wishing for a GPU", 0, 1, 4, 1, OK},
		{"wishing for a TPU", 0, 1, 4, 2, OK},
		{"wishing for more", 0, 1, 4, 3, INVALID_ARGUMENT},
		{"onnx", 0, 1, 1, 0, INVALID_ENCODING},
		{"no parts", 0, 0, 4, 0, INVALID_ARGUMENT},
		{"two parts", 0, 2, 4, 0, INVALID_ARGUMENT},
		{"cut short", 600, 1, 4, 0, INVALID_ENCODING},
	};
	uint32_t graph, ctx;
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin(&r);
		check_int(rows[i].name, load(&r, fc1.bytes, fc1.size - rows[i].size_less, rows[i].count,
					     rows[i].encoding, rows[i].target, &graph), rows[i].want);
		if (rows[i].want != OK)
			check_hex(rows[i].name, graph, 0xffffffff);
		arun_close(&r);
	}
	begin(&r);
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), OK);
	memset(arun_mem(&r, MODEL, fc1.size), 0, fc1.size); /* the host has its own copy */
	assert_int_equal(context(&r, graph, &ctx), OK);
	assert_int_equal(set4(&r, ctx, 0, "\1\2\3\1"), OK);
	assert_int_equal(compute(&r, ctx), OK);
	assert_int_equal(get_output(&r, ctx, 0, 2), OK);
	check_mem("output", arun_mem(&r, DATA, 2), "\3\2", 2);
	arun_close(&r);
}

static void limits_hold(void **state)
{
	uint32_t graph = 0, ctx = 0;
	struct arun r;

	(void)state;
	/* Graphs, then contexts: two of each. */
	begin_with(&r, 2, 0);
	assert_int_equal(by_name(&r, "one", &graph), OK);
	assert_int_equal(by_name(&r, "one", &graph), OK);
	assert_int_equal(by_name(&r, "one", &graph), TOO_LARGE);
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), TOO_LARGE);
	assert_int_equal(context(&r, 0, &ctx), OK);
	assert_int_equal(context(&r, 0, &ctx), OK);
	assert_int_equal(context(&r, 0, &ctx), TOO_LARGE);
	/* A reset gives everything back, and the registry lets go. */
	assert_int_equal(ew_models_remove(r.config.models, "one", NULL), EW_ERR_STATE);
	ew_abi_reset(r.abi);
	assert_int_equal(context(&r, 0, &ctx), INVALID_ARGUMENT);
	assert_int_equal(by_name(&r, "one", &graph), OK);
	ew_abi_reset(r.abi);
	assert_int_equal(ew_models_remove(r.config.models, "one", NULL), EW_OK);
	arun_close(&r);
	/* Bytes: all models of one guest together. */
	begin_with(&r, 0, 2 * fc1.size);
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), OK);
	assert_int_equal(load(&r, fc1.bytes, fc1.size - 600, 1, 4, 0, &graph), INVALID_ENCODING);
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), OK);
	assert_int_equal(load(&r, fc1.bytes, 1, 1, 4, 0, &graph), TOO_LARGE);
	arun_close(&r);
	begin_with(&r, 0, fc1.size - 1);
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), TOO_LARGE);
	arun_close(&r);
}

static void inferences_have_a_quota(void **state)
{
	uint32_t graph, ctx;
	struct arun r;

	(void)state;
	begin(&r);
	ew_abi_destroy(r.abi); /* the same world with a quota */
	ew_instance_destroy(r.instance);
	r.instance = NULL;
	ew_exec_destroy(r.exec);
	ew_module_free(r.module);
	wmod_free(&r.m);
	wmod_init(&r.m);
	r.abi = NULL;
	r.config.grant.quota[EW_QUOTA_INFERENCES].per_call = 2;
	arun_open(&r, "wasi_ephemeral_nn", "load", "load_by_name", "init_execution_context", "set_input",
		  "compute", "get_output");
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), OK);
	assert_int_equal(context(&r, graph, &ctx), OK);
	assert_int_equal(set4(&r, ctx, 0, "\1\1\1\1"), OK);
	assert_int_equal(compute(&r, ctx), OK);
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), BUSY);
	assert_int_equal(set4(&r, ctx, 0, "\1\1\1\1"), OK);
	assert_int_equal(compute(&r, ctx), BUSY);
	ew_abi_begin(r.abi, 0, 0);
	assert_int_equal(compute(&r, ctx), OK);
	arun_close(&r);
}

/* 64 inputs fit the bits of a context; 65 do not. */
static void models_of_up_to_64_inputs(void **state)
{
	static struct tiny many;
	uint32_t graph, ctx;
	struct arun r;

	(void)state;
	for (uint32_t n = 64; n <= 65; n++) {
		begin(&r);
		tiny_fc(&many, n);
		assert_int_equal(ew_models_put(r.config.models, "many", "1", many.bytes, many.size, 0, &r.err),
				 EW_OK);
		assert_int_equal(by_name(&r, "many", &graph), OK);
		assert_int_equal(context(&r, graph, &ctx), n == 64 ? OK : UNSUPPORTED);
		for (uint32_t i = 0; n == 64 && i < n; i++) {
			assert_int_equal(compute(&r, ctx), INVALID_ARGUMENT);
			assert_int_equal(set4(&r, ctx, i, "\1\2\3\4"), OK);
		}
		if (n == 64) {
			assert_int_equal(compute(&r, ctx), OK);
			assert_int_equal(get_output(&r, ctx, 63, 2), OK);
			check_mem("last", arun_mem(&r, DATA, 2), "\3\xff", 2);
		}
		arun_close(&r);
	}
}

static void short_memory_is_an_errno(void **state)
{
	uint32_t graph, ctx;
	struct arun r;

	(void)state;
	begin(&r);
	r.mem.fail_at = r.mem.requests + 1;
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), TOO_LARGE);
	r.mem.fail_at = r.mem.requests + 2;
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), TOO_LARGE);
	r.mem.fail_at = 0;
	assert_int_equal(load(&r, fc1.bytes, fc1.size, 1, 4, 0, &graph), OK);
	r.mem.fail_at = r.mem.requests + 1;
	assert_int_equal(context(&r, graph, &ctx), TOO_LARGE);
	r.mem.fail_at = 0;
	assert_int_equal(context(&r, graph, &ctx), OK);
	arun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_runs_by_name),
		cmocka_unit_test(state_is_told),
		cmocka_unit_test(contexts_do_not_meet),
		cmocka_unit_test(tensors_must_fit),
		cmocka_unit_test(inner_pointers_are_checked),
		cmocka_unit_test(handles_are_checked),
		cmocka_unit_test(a_guest_may_bring_its_model),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(inferences_have_a_quota),
		cmocka_unit_test(models_of_up_to_64_inputs),
		cmocka_unit_test(short_memory_is_an_errno),
	};

	return cmocka_run_group_tests(tests, make_models, NULL);
}
