/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_nomem.c - every allocation of every public entry point fails once; arenas of every size from 0. */
#include "wrun.h"

/* Imports everything and has everything: each kind of allocation is made. */
static void build(struct wmod *m)
{
	static const char *const names[] = {"host", "f", "g"};

	wmod_import_func(m, "e", "host", "(iIfF)i");
	wmod_import_memory(m, "e", "memory", 1, WMOD_NO_MAX);
	wmod_import_global(m, "e", "global", T_I32, 1);
	wmod_import_table(m, "e", "table", T_EXTERN, 1, WMOD_NO_MAX);
	wmod_func(m, "(i)i", "iIfF",
		  CODE(LOCAL_GET(0), LOCAL_GET(2), LOCAL_GET(3), LOCAL_GET(4), CALL(0), IF(T_I32), I32_CONST(1), OP_ELSE,
		       BLOCK(T_VOID), BLOCK(T_VOID), LOCAL_GET(0), 0x0e, 2, 0, 1, 0, OP_END, OP_END, I32_CONST(2), OP_END));
	wmod_func(m, "(IIIIIIIIIIIIIIIIIIIIII)IIIIIIIIIIIIIIIIIIIIII", "", /* a type too long for its key */
		  CODE(LOCAL_GET(0), LOCAL_GET(1), LOCAL_GET(2), LOCAL_GET(3), LOCAL_GET(4), LOCAL_GET(5), LOCAL_GET(6),
		       LOCAL_GET(7), LOCAL_GET(8), LOCAL_GET(9), LOCAL_GET(10), LOCAL_GET(11), LOCAL_GET(12), LOCAL_GET(13),
		       LOCAL_GET(14), LOCAL_GET(15), LOCAL_GET(16), LOCAL_GET(17), LOCAL_GET(18), LOCAL_GET(19),
		       LOCAL_GET(20), LOCAL_GET(21)));
	wmod_func(m, "()", "", CODE(I32_CONST(1), GLOBAL_SET(0)));
	wmod_memory(m, 1, 1);
	wmod_memory(m, 1, 1);
	wmod_table(m, T_FUNC, 10, 20);
	wmod_global(m, T_I64, 1, CODE(I64_CONST(5)));
	for (int i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		wmod_export(m, name, WMOD_FUNC, 1);
	}
	wmod_export(m, "t", WMOD_TABLE, 1);
	wmod_elem_passive(m, (const uint32_t[]){1, 2}, 2);
	wmod_data_passive(m, "data", 4);
	wmod_data(m, 0, "more", 4);
	wmod_start(m, 3);
	wmod_names(m, names, 3);
}

struct input {
	const uint8_t *bytes;
	size_t size;
	uint32_t flags;
	struct ew_module *module;
};

static enum ew_status body_load(void *ctx, const struct ew_alloc *alloc)
{
	const struct input *in = ctx;
	struct ew_module_config config = {sizeof(config), .flags = in->flags};
	struct ew_error err = {0};
	struct ew_module *m = (struct ew_module *)&err;
	enum ew_status status = ew_module_load(&m, in->bytes, in->size, &config, alloc, &err);

	assert_true((m != NULL) == (status == EW_OK));
	assert_int_equal(err.status, status);
	ew_module_free(m);
	return status;
}

static enum ew_status body_exec(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_exec_config config = {sizeof(config), .stack_slots = 64, .call_depth = 8};
	struct ew_exec *x;
	enum ew_status status = ew_exec_create(&x, &config, alloc);

	(void)ctx;
	assert_true((x != NULL) == (status == EW_OK));
	ew_exec_destroy(x);
	return status;
}

static enum ew_status body_memory(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_memory *m;
	enum ew_status status = ew_memory_create(&m, 1, 10, alloc);

	(void)ctx;
	if (status != EW_OK)
		return status;
	memset(ew_memory_span(m, 0, 65536), 3, 65536);
	status = ew_memory_grow(m, 2);
	assert_true(ew_memory_size(m) == (status == EW_OK ? 3u : 1u) * 65536);
	assert_int_equal(*(uint8_t *)ew_memory_span(m, 65535, 1), 3);
	ew_memory_destroy(m);
	return status;
}

static enum ew_status body_table(void *ctx, const struct ew_alloc *alloc)
{
	union ew_value v = {.ref = ctx};
	struct ew_table *t;
	enum ew_status status = ew_table_create(&t, EW_EXTERNREF, 3, 1000, alloc);

	if (status != EW_OK)
		return status;
	assert_int_equal(ew_table_set(t, 2, v), EW_OK);
	status = ew_table_grow(t, 900, v);
	assert_int_equal(ew_table_size(t), status == EW_OK ? 903 : 3);
	assert_int_equal(ew_table_get(t, 2, &v), EW_OK);
	assert_ptr_equal(v.ref, ctx);
	ew_table_destroy(t);
	return status;
}

static enum ew_status body_global(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_global *g;
	enum ew_status status = ew_global_create(&g, EW_I64, true, (union ew_value){.i64 = 9}, alloc);

	(void)ctx;
	if (status == EW_OK)
		ew_global_destroy(g);
	return status;
}

static enum ew_status host(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)user;
	(void)caller;
	values[0].i32 = 1;
	return EW_OK;
}

/* Everything that links: standalone objects, an executor of its own or given, an instance, a call, growth. */
static enum ew_status run_instance(const struct input *in, const struct ew_alloc *alloc, struct ew_import *imports)
{
	struct ew_instance_config config = {.struct_bytes = sizeof(config), .imports = imports, .import_count = 4};
	struct ew_exec_config stack = {sizeof(stack), .stack_slots = 256, .call_depth = 16};
	struct ew_error err = {0};
	struct ew_instance *i = NULL;
	struct ew_trap trap;
	struct ew_func *f;
	union ew_value v = {.i32 = 1};
	enum ew_status status = ew_exec_create(&config.exec, &stack, alloc);

	if (status != EW_OK)
		return status;
	status = ew_instance_create(&i, in->module, &config, alloc, &trap, &err);
	assert_true((i != NULL) == (status == EW_OK));
	if (status == EW_OK) {
		assert_int_equal(ew_func_find(i, "f7", "(i)i", &f), EW_OK);
		assert_int_equal(ew_call(f, &v), EW_OK);
		assert_int_equal(v.i32, 1);
		ew_instance_destroy(i);
	} else {
		assert_int_equal(err.status, EW_ERR_NOMEM);
	}
	ew_exec_destroy(config.exec);
	return status;
}

static enum ew_status body_instance(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_import in[4] = {
		{.module = "e", .name = "host", .u.host = {"(iIfF)i", host, NULL}},
		{.module = "e", .name = "memory", .kind = EW_EXTERN_MEMORY},
		{.module = "e", .name = "global", .kind = EW_EXTERN_GLOBAL},
		{.module = "e", .name = "table", .kind = EW_EXTERN_TABLE},
	};
	enum ew_status status = ew_memory_create(&in[1].u.memory, 1, 2, alloc);

	if (status != EW_OK)
		return status;
	status = ew_global_create(&in[2].u.global, EW_I32, true, (union ew_value){0}, alloc);
	if (status == EW_OK) {
		status = ew_table_create(&in[3].u.table, EW_EXTERNREF, 1, 2, alloc);
		if (status == EW_OK) {
			status = run_instance(ctx, alloc, in);
			ew_table_destroy(in[3].u.table);
		}
		ew_global_destroy(in[2].u.global);
	}
	ew_memory_destroy(in[1].u.memory);
	return status;
}

/* A module that needs no imports, with an executor made by the instance. */
static enum ew_status body_own_exec(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_instance *i;
	enum ew_status status = ew_instance_create(&i, ((struct input *)ctx)->module, NULL, alloc, NULL, NULL);

	if (status == EW_OK)
		ew_instance_destroy(i);
	return status;
}

static void test_load(void **state)
{
	static const uint32_t flags[] = {0, EW_MODULE_COPY, EW_MODULE_NO_NAMES};
	struct input in = {0};
	struct wmod m;

	(void)state;
	wmod_init(&m);
	build(&m);
	in.bytes = wmod_finish(&m, &in.size);
	for (size_t i = 0; i < ROWS(flags); i++) {
		in.flags = flags[i];
		assert_true(fail_each(body_load, &in, false) > 10);
	}
	assert_true(arena_each(body_load, &in, 97, 1u << 20) > 1000);
	wmod_free(&m);
}

static void test_objects(void **state)
{
	(void)state;
	assert_true(fail_each(body_exec, NULL, false) >= 3);
	assert_true(fail_each(body_memory, NULL, false) >= 3);
	assert_true(fail_each(body_table, NULL, false) >= 3);
	assert_true(fail_each(body_global, NULL, false) >= 1);
	arena_each(body_exec, NULL, 16, 1u << 20);
	arena_each(body_table, NULL, 16, 1u << 20);
	arena_each(body_global, NULL, 1, 1u << 20);
}

static void test_instance(void **state)
{
	struct ew_alloc libc = ew_alloc_libc();
	struct input in = {0};
	struct wmod m;

	(void)state;
	wmod_init(&m);
	build(&m);
	in.bytes = wmod_finish(&m, &in.size);
	assert_int_equal(ew_module_load(&in.module, in.bytes, in.size, NULL, &libc, NULL), EW_OK);
	assert_true(fail_each(body_instance, &in, false) > 10);
	arena_each(body_instance, &in, 997, 1u << 20);
	ew_module_free(in.module);
	wmod_free(&m);

	wmod_init(&m);
	wmod_memory(&m, 1, 2);
	wmod_memory(&m, 1, 2);
	wmod_table(&m, T_FUNC, 3, 4);
	wmod_global(&m, T_I32, 0, CODE(I32_CONST(3)));
	wmod_func(&m, "()i", "", CODE(I32_CONST(3)));
	in.bytes = wmod_finish(&m, &in.size);
	assert_int_equal(ew_module_load(&in.module, in.bytes, in.size, NULL, &libc, NULL), EW_OK);
	assert_true(fail_each(body_own_exec, &in, false) > 5);
	ew_module_free(in.module);
	wmod_free(&m);
}

/* An allocator that says yes to everything but too large a piece: no single block may be absurd. */
static void test_small_module_small_blocks(void **state)
{
	struct input in = {0};
	struct fail_alloc mem;
	struct wmod m;

	(void)state;
	wmod_init(&m);
	build(&m);
	in.bytes = wmod_finish(&m, &in.size);
	fail_alloc_init(&mem);

	assert_int_equal(body_load(&in, &mem.alloc), EW_OK);
	assert_true(mem.peak_bytes < 64 * 1024 + 40 * in.size);
	fail_alloc_finish(&mem);
	wmod_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_instance),
		cmocka_unit_test(test_small_module_small_blocks),
	};

	return cmocka_run_group_tests_name("wasm/nomem", tests, NULL, NULL);
}
