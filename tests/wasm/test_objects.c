/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_objects.c - standalone memories, tables and globals, and what finds them in instances. */
#include "wrun.h"

static const struct {
	const char *row;
	uint32_t gaddr, len;
	bool inside;
} spans[] = {
	{"all", 0, 131072, true},
	{"one more", 0, 131073, false},
	{"nothing at the start", 0, 0, true},
	{"nothing at the end", 131072, 0, true},
	{"nothing beyond", 131073, 0, false},
	{"last byte", 131071, 1, true},
	{"behind the last", 131072, 1, false},
	{"wraps to 0", 0xffffffff, 1, false},
	{"wraps inside", 0xfffffff0, 0x20, false},
	{"length -1", 1, 0xffffffff, false},
	{"both -1", 0xffffffff, 0xffffffff, false},
};

static void test_memory(void **state)
{
	struct ew_memory *m;
	struct fail_alloc mem;
	uint8_t *base;

	(void)state;
	fail_alloc_init(&mem);
	assert_int_equal(ew_memory_create(&m, 2, 5, &mem.alloc), EW_OK);
	base = ew_memory_span(m, 0, 1);
	assert_non_null(base);
	for (size_t i = 0; i < ROWS(spans); i++) {
		uint8_t *p = ew_memory_span(m, spans[i].gaddr, spans[i].len);

		check_true(spans[i].row, (p != NULL) == spans[i].inside);
		if (p)
			check_true(spans[i].row, p == base + spans[i].gaddr);
	}
	memset(base, 0x11, 131072);
	assert_int_equal(ew_memory_grow(m, 0), EW_OK);
	assert_int_equal(ew_memory_grow(m, 3), EW_OK);
	assert_true(ew_memory_size(m) == 5 * 65536);
	base = ew_memory_span(m, 0, 5 * 65536);
	for (uint32_t i = 0; i < 5 * 65536; i++)
		if (base[i] != (i < 131072 ? 0x11 : 0))
			fail_msg("byte %u", i);
	assert_int_equal(ew_memory_grow(m, 1), EW_ERR_LIMIT);
	assert_int_equal(ew_memory_grow(m, UINT32_MAX), EW_ERR_LIMIT);
	ew_memory_destroy(m);
	fail_alloc_finish(&mem);
}

static void test_memory_bad(void **state)
{
	struct ew_memory *m;
	struct fail_alloc mem;

	(void)state;
	fail_alloc_init(&mem);
	assert_int_not_equal(ew_memory_create(&m, 3, 2, &mem.alloc), EW_OK);
	assert_int_not_equal(ew_memory_create(&m, 0, 65537, &mem.alloc), EW_OK);
	assert_int_equal(ew_memory_create(&m, 0, 65536, &mem.alloc), EW_OK);
	assert_int_equal(ew_memory_size(m), 0);
	assert_null(ew_memory_span(m, 0, 1));
	ew_memory_destroy(m);
	ew_memory_destroy(NULL);
	fail_alloc_finish(&mem);
}

static void test_table(void **state)
{
	union ew_value v, w;
	struct ew_table *t;
	struct fail_alloc mem;
	int mine[3];

	(void)state;
	fail_alloc_init(&mem);
	assert_int_equal(ew_table_create(&t, EW_EXTERNREF, 2, 5, &mem.alloc), EW_OK);
	assert_int_equal(ew_table_size(t), 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(ew_table_get(t, i, &v), EW_OK);
		assert_null(v.ref);
		w.ref = &mine[i];
		assert_int_equal(ew_table_set(t, i, w), EW_OK);
	}
	assert_int_equal(ew_table_get(t, 2, &v), EW_ERR_BOUNDS);
	assert_int_equal(ew_table_set(t, 2, w), EW_ERR_BOUNDS);
	assert_int_equal(ew_table_get(t, UINT32_MAX, &v), EW_ERR_BOUNDS);
	w.ref = &mine[2];
	assert_int_equal(ew_table_grow(t, 0, w), EW_OK);
	assert_int_equal(ew_table_grow(t, 3, w), EW_OK);
	assert_int_equal(ew_table_size(t), 5);
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(ew_table_get(t, i, &v), EW_OK);
		assert_ptr_equal(v.ref, &mine[i < 2 ? i : 2]);
	}
	assert_int_equal(ew_table_grow(t, 1, w), EW_ERR_LIMIT);
	assert_int_equal(ew_table_grow(t, UINT32_MAX, w), EW_ERR_LIMIT);
	ew_table_destroy(t);
	ew_table_destroy(NULL);
	fail_alloc_finish(&mem);
}

static void test_table_bad(void **state)
{
	struct ew_table *t;
	struct fail_alloc mem;

	(void)state;
	fail_alloc_init(&mem);
	assert_int_not_equal(ew_table_create(&t, EW_I32, 2, 5, &mem.alloc), EW_OK);
	assert_int_not_equal(ew_table_create(&t, EW_FUNCREF, 3, 2, &mem.alloc), EW_OK);
	assert_int_not_equal(ew_table_create(&t, EW_FUNCREF, UINT32_MAX, UINT32_MAX, &mem.alloc), EW_OK);
	assert_true(mem.largest_bytes < 1u << 20 || mem.failed > 0);
	fail_alloc_finish(&mem);
}

static const struct {
	const char *row;
	enum ew_type type;
	uint64_t bits;
} values[] = {
	{"i32", EW_I32, 0xdeadbeef},	     {"i64", EW_I64, 0xdeadbeefcafef00d},
	{"f32", EW_F32, 0xffa00001},	     {"f64", EW_F64, 0xfff4000000000001},
	{"externref", EW_EXTERNREF, 0x1234}, {"funcref", EW_FUNCREF, 0},
};

/* Of a narrow type only its half of the slot counts. */
static uint64_t bits_of(enum ew_type type, union ew_value v)
{
	switch (type) {
	case EW_I32:
	case EW_F32: return v.u32;
	case EW_FUNCREF:
	case EW_EXTERNREF: return (uintptr_t)v.ref;
	default: return v.u64;
	}
}

static void test_globals(void **state)
{
	struct ew_global *g;
	struct fail_alloc mem;

	(void)state;
	fail_alloc_init(&mem);
	for (size_t i = 0; i < ROWS(values); i++) {
		for (int mutable_global = 0; mutable_global < 2; mutable_global++) {
			bool narrow = values[i].type == EW_I32 || values[i].type == EW_F32;
			union ew_value v = {.u64 = values[i].bits}, zero = {0};
			bool told = !mutable_global;

			if (narrow)
				v.u32 = (uint32_t)values[i].bits;
			else if (values[i].type == EW_EXTERNREF)
				v.ref = (void *)(uintptr_t)values[i].bits;
			check_status(values[i].row, ew_global_create(&g, values[i].type, mutable_global, v, &mem.alloc),
				     EW_OK);
			check_hex(values[i].row, ew_global_type(g, &told), values[i].type);
			check_int(values[i].row, told, mutable_global);
			check_hex(values[i].row, ew_global_type(g, NULL), values[i].type);
			check_hex(values[i].row, bits_of(values[i].type, ew_global_get(g)), values[i].bits);
			check_status(values[i].row, ew_global_set(g, zero), mutable_global ? EW_OK : EW_ERR_INVAL);
			check_hex(values[i].row, bits_of(values[i].type, ew_global_get(g)),
				  mutable_global ? 0 : values[i].bits);
			ew_global_destroy(g);
		}
	}
	assert_int_not_equal(ew_global_create(&g, (enum ew_type)0x40, true, (union ew_value){0}, &mem.alloc), EW_OK);
	ew_global_destroy(NULL);
	fail_alloc_finish(&mem);
}

/* Exports found by name, and told apart by kind. */
static void test_find(void **state)
{
	struct ew_memory *m;
	struct ew_table *t;
	struct ew_global *g;
	struct ew_func *f;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_memory(&w.m, 1, WMOD_NO_MAX);
	wmod_table(&w.m, T_FUNC, 3, WMOD_NO_MAX);
	wmod_global(&w.m, T_F64, 0, CODE(0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f));
	wmod_func(&w.m, "()", "", NO_CODE);
	wmod_export(&w.m, "m", WMOD_MEMORY, 0);
	wmod_export(&w.m, "t", WMOD_TABLE, 0);
	wmod_export(&w.m, "g", WMOD_GLOBAL, 0);
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wmod_elem(&w.m, 1, (const uint32_t[]){0}, 1);
	wrun_open(&w);
	assert_int_equal(ew_memory_find(w.instance, "m", &m), EW_OK);
	assert_ptr_equal(m, ew_instance_memory(w.instance));
	assert_int_equal(ew_table_find(w.instance, "t", &t), EW_OK);
	assert_int_equal(ew_table_size(t), 3);
	assert_int_equal(ew_global_find(w.instance, "g", &g), EW_OK);
	assert_true(ew_global_get(g).f64 == 1.0);
	assert_int_equal(ew_global_set(g, (union ew_value){0}), EW_ERR_INVAL);
	assert_int_equal(ew_memory_find(w.instance, "t", &m), EW_ERR_TYPE);
	assert_int_equal(ew_table_find(w.instance, "g", &t), EW_ERR_TYPE);
	assert_int_equal(ew_global_find(w.instance, "f", &g), EW_ERR_TYPE);
	assert_int_equal(ew_func_find(w.instance, "m", NULL, &f), EW_ERR_TYPE);
	assert_int_equal(ew_memory_find(w.instance, "", &m), EW_ERR_NOENT);
	assert_int_equal(ew_table_find(w.instance, "x", &t), EW_ERR_NOENT);
	assert_int_equal(ew_global_find(w.instance, "gg", &g), EW_ERR_NOENT);
	wrun_close(&w);
}

static void test_func_at(void **state)
{
	struct ew_func *by_name, *f;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_memory(&w.m, 1, WMOD_NO_MAX);
	wmod_func(&w.m, "()", "", NO_CODE);
	wmod_export(&w.m, "m", WMOD_MEMORY, 0);
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wrun_open(&w);
	by_name = wrun_func(&w, "f", "()");
	assert_int_equal(ew_func_at(w.instance, 1, &f), EW_OK);
	assert_ptr_equal(f, by_name);
	assert_int_equal(ew_func_at(w.instance, 0, &f), EW_ERR_TYPE);
	assert_int_equal(ew_func_at(w.instance, 2, &f), EW_ERR_NOENT);
	assert_int_equal(ew_func_at(w.instance, UINT32_MAX, &f), EW_ERR_NOENT);
	wrun_close(&w);
}

/* A function put into a table by the host, called by the guest, and taken out again. */
static void test_host_fills_table(void **state)
{
	struct ew_table *t;
	union ew_value v;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_type(&w.m, "()i");
	wmod_table(&w.m, T_FUNC, 2, WMOD_NO_MAX);
	wmod_func(&w.m, "()i", "", CODE(I32_CONST(7)));
	wmod_func(&w.m, "()i", "", CODE(I32_CONST(1), CALL_INDIRECT(0, 0)));
	wmod_export(&w.m, "seven", WMOD_FUNC, 0);
	wmod_export(&w.m, "call", WMOD_FUNC, 1);
	wmod_export(&w.m, "t", WMOD_TABLE, 0);
	wrun_open(&w);
	assert_int_equal(ew_table_find(w.instance, "t", &t), EW_OK);
	assert_int_equal(wrun_call(&w, "call", &v), EW_ERR_TRAP);
	v.func = wrun_func(&w, "seven", NULL);
	assert_int_equal(ew_table_set(t, 1, v), EW_OK);
	assert_int_equal(wrun_i32(&w, "call", 0, 0), 7);
	v.func = NULL;
	assert_int_equal(ew_table_set(t, 1, v), EW_OK);
	assert_int_equal(wrun_call(&w, "call", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_UNINITIALIZED_ELEMENT);
	wrun_close(&w);
}

static void test_destroy_nothing(void **state)
{
	(void)state;
	ew_instance_destroy(NULL);
	ew_exec_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),	   cmocka_unit_test(test_memory_bad),
		cmocka_unit_test(test_table),	   cmocka_unit_test(test_table_bad),
		cmocka_unit_test(test_globals),	   cmocka_unit_test(test_find),
		cmocka_unit_test(test_func_at),	   cmocka_unit_test(test_host_fills_table),
		cmocka_unit_test(test_destroy_nothing),
	};

	return cmocka_run_group_tests_name("wasm/objects", tests, NULL, NULL);
}
