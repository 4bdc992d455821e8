/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_refs.c - references that cross between host and guest: given by host functions, put into tables
 * and globals, passed as arguments; functions of a stranger's group are refused everywhere.
 */
#include "wrun.h"

/* Exports: one()i = 1; id(p)p; is_null(p)i; call(p)i by way of table 0; ext(x)x; the table and a global. */
static void open_refs(struct wrun *w, const struct ew_import *in, size_t count)
{
	uint32_t host = 0, host_ext = 0;

	wrun_init(w);
	wmod_type(&w->m, "()i");
	if (count) {
		host = wmod_import_func(&w->m, "e", "give", "(i)p");
		host_ext = wmod_import_func(&w->m, "e", "give_ext", "(x)x");
	}
	wmod_table(&w->m, T_FUNC, 2, 4);
	wmod_global(&w->m, T_FUNC, 1, CODE(0xd0, T_FUNC));
	wmod_export(&w->m, "one", WMOD_FUNC, wmod_func(&w->m, "()i", "", CODE(I32_CONST(1))));
	wmod_export(&w->m, "id", WMOD_FUNC, wmod_func(&w->m, "(p)p", "", CODE(LOCAL_GET(0))));
	wmod_export(&w->m, "is_null", WMOD_FUNC, wmod_func(&w->m, "(p)i", "", CODE(LOCAL_GET(0), 0xd1)));
	wmod_export(&w->m, "call", WMOD_FUNC,
		    wmod_func(&w->m, "(p)i", "", CODE(I32_CONST(0), LOCAL_GET(0), 0x26, 0, I32_CONST(0), CALL_INDIRECT(0, 0))));
	wmod_export(&w->m, "ext", WMOD_FUNC, wmod_func(&w->m, "(x)x", "", CODE(LOCAL_GET(0))));
	if (count) {
		wmod_export(&w->m, "take", WMOD_FUNC,
			    wmod_func(&w->m, "(i)i", "",
				      CODE(I32_CONST(1), LOCAL_GET(0), CALL((uint8_t)host), 0x26, 0, I32_CONST(1), CALL_INDIRECT(0, 0))));
		wmod_export(&w->m, "take_ext", WMOD_FUNC, wmod_func(&w->m, "(x)x", "", CODE(LOCAL_GET(0), CALL((uint8_t)host_ext))));
	}
	wmod_export(&w->m, "t", WMOD_TABLE, 0);
	wmod_export(&w->m, "g", WMOD_GLOBAL, 0);
	w->link.imports = in;
	w->link.import_count = count;
	wrun_open(w);
}

static void test_own_functions(void **state)
{
	struct ew_func *one;
	union ew_value v;
	struct wrun w;

	(void)state;
	open_refs(&w, NULL, 0);
	one = wrun_func(&w, "one", "()i");
	v.func = one;
	assert_int_equal(wrun_call(&w, "id", &v), EW_OK);
	assert_ptr_equal(v.func, one);
	v.func = one;
	assert_int_equal(wrun_call(&w, "is_null", &v), EW_OK);
	assert_int_equal(v.i32, 0);
	v.func = NULL;
	assert_int_equal(wrun_call(&w, "is_null", &v), EW_OK);
	assert_int_equal(v.i32, 1);
	v.func = one;
	assert_int_equal(wrun_call(&w, "call", &v), EW_OK);
	assert_int_equal(v.i32, 1);
	v.func = NULL;
	assert_int_equal(wrun_call(&w, "call", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_UNINITIALIZED_ELEMENT);
	v.ref = &w;
	assert_int_equal(wrun_call(&w, "ext", &v), EW_OK);
	assert_ptr_equal(v.ref, &w);
	wrun_close(&w);
}

/* A function of an instance that shares nothing with this one could be destroyed under its feet. */
static void test_strangers(void **state)
{
	struct ew_table *t;
	struct ew_global *g;
	struct ew_func *foreign;
	union ew_value v;
	struct wrun a, b;

	(void)state;
	open_refs(&a, NULL, 0);
	open_refs(&b, NULL, 0);
	foreign = wrun_func(&b, "one", "()i");
	assert_int_equal(ew_table_find(a.instance, "t", &t), EW_OK);
	assert_int_equal(ew_global_find(a.instance, "g", &g), EW_OK);
	v.func = foreign;
	assert_int_equal(ew_table_set(t, 0, v), EW_ERR_INVAL);
	assert_int_equal(ew_table_grow(t, 1, v), EW_ERR_INVAL);
	assert_int_equal(ew_table_size(t), 2);
	assert_int_equal(ew_global_set(g, v), EW_ERR_INVAL);
	assert_int_equal(wrun_call(&a, "call", &v), EW_ERR_INVAL);
	v.func = foreign;
	assert_int_equal(ew_call_begin(wrun_func(&a, "call", NULL), &v), EW_ERR_INVAL);
	assert_null(ew_global_get(g).func);
	assert_int_equal(ew_table_get(t, 0, &v), EW_OK);
	assert_null(v.func);
	v.func = wrun_func(&a, "one", "()i"); /* and its own are taken */
	assert_int_equal(ew_table_set(t, 0, v), EW_OK);
	assert_int_equal(ew_global_set(g, v), EW_OK);
	assert_int_equal(ew_table_grow(t, 1, v), EW_OK);
	wrun_close(&b);
	wrun_close(&a);
}

/* ---- references from host functions ---- */

struct gifts {
	struct ew_func *own, *foreign;
};

static enum ew_status give(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct gifts *g = user;
	int which = values[0].i32;

	(void)caller;
	values[0].func = which == 0 ? NULL : which == 1 ? g->own : g->foreign;
	return EW_OK;
}

static enum ew_status give_ext(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)caller;
	assert_ptr_equal(values[0].ref, user);
	values[0].ref = (char *)values[0].ref + 1;
	return EW_OK;
}

static void test_gifts(void **state)
{
	struct gifts gifts = {0};
	const struct ew_import in[] = {
		{.module = "e", .name = "give", .u.host = {"(i)p", give, &gifts}},
		{.module = "e", .name = "give_ext", .u.host = {"(x)x", give_ext, &gifts}},
	};
	union ew_value v;
	struct wrun a, b;

	(void)state;
	open_refs(&a, in, 2);
	open_refs(&b, NULL, 0);
	gifts.own = wrun_func(&a, "one", "()i");
	gifts.foreign = wrun_func(&b, "one", "()i");
	v.i32 = 1;
	assert_int_equal(wrun_call(&a, "take", &v), EW_OK);
	assert_int_equal(v.i32, 1);
	v.i32 = 0;
	assert_int_equal(wrun_call(&a, "take", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(a.exec)->code, EW_TRAP_UNINITIALIZED_ELEMENT);
	v.i32 = 2;
	assert_int_equal(wrun_call(&a, "take", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(a.exec)->code, EW_TRAP_HOST);
	assert_int_equal(ew_exec_trap(a.exec)->status, EW_ERR_INVAL);
	v.ref = &gifts;
	assert_int_equal(wrun_call(&a, "take_ext", &v), EW_OK);
	assert_ptr_equal(v.ref, (char *)&gifts + 1);
	wrun_close(&b);
	wrun_close(&a);
}

/* A standalone global that holds a function joins its group: the function lives as long as the global. */
static void test_global_holds(void **state)
{
	struct ew_global *g;
	union ew_value v;
	struct wrun w;

	(void)state;
	open_refs(&w, NULL, 0);
	v.func = wrun_func(&w, "one", "()i");
	assert_int_equal(ew_global_create(&g, EW_FUNCREF, true, v, &w.mem.alloc), EW_OK);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	v.i32 = 0;
	assert_int_equal(ew_call(ew_global_get(g).func, &v), EW_OK);
	assert_int_equal(v.i32, 1);
	ew_global_destroy(g);
	wrun_close(&w);
}

static void test_func_knows(void **state)
{
	struct ew_func *one;
	struct wrun w;

	(void)state;
	open_refs(&w, NULL, 0);
	one = wrun_func(&w, "one", "()i");
	assert_int_equal(ew_func_index(one), 0);
	assert_int_equal(ew_func_index(wrun_func(&w, "ext", NULL)), 4);
	assert_ptr_equal(ew_func_instance(one), w.instance);
	wrun_close(&w);
}

/* ---- types longer than a key of 64 bits ---- */

#define LONG "IIIIIIIIIIIIIIIIIIIIIIII" /* 24 */

/* Two such types that differ in the last result only, the one of a function imported from another module. */
static void test_long_types(void **state)
{
	static const struct {
		int32_t index;
		enum ew_trap_code code;
	} rows[] = {{0, EW_TRAP_NONE},
		    {1, EW_TRAP_INDIRECT_TYPE},
		    {2, EW_TRAP_UNINITIALIZED_ELEMENT},
		    {3, EW_TRAP_UNDEFINED_ELEMENT},
		    {-1, EW_TRAP_UNDEFINED_ELEMENT}};
	struct wbytes code = {0};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_type(&w.m, "(" LONG ")I");
	wmod_type(&w.m, "(" LONG ")i");
	wmod_table(&w.m, T_FUNC, 3, 3);
	for (uint8_t i = 0; i < 24; i++)
		wb_put(&code, (const uint8_t[]){LOCAL_GET(i)}, 2);
	for (uint8_t i = 1; i < 24; i++)
		wb_u8(&code, 0x7c);
	wmod_func(&w.m, "(" LONG ")I", "", code.p, code.len);
	wmod_func(&w.m, "(" LONG ")i", "", CODE(I32_CONST(1)));
	code.len = 0;
	for (uint8_t i = 0; i < 24; i++)
		wb_put(&code, (const uint8_t[]){I64_CONST(i)}, 2);
	wb_put(&code, (const uint8_t[]){LOCAL_GET(0), CALL_INDIRECT(0, 0)}, 5);
	wmod_func(&w.m, "(i)I", "", code.p, code.len);
	wmod_export(&w.m, "f", WMOD_FUNC, 2);
	wmod_elem(&w.m, 0, (const uint32_t[]){0, 1}, 2);
	wrun_open(&w);
	for (size_t i = 0; i < ROWS(rows); i++) {
		union ew_value v = {.i32 = rows[i].index};

		ew_exec_set_fuel(w.exec, 1000);
		if (rows[i].code == EW_TRAP_NONE) {
			assert_int_equal(wrun_call(&w, "f", &v), EW_OK);
			assert_true(v.i64 == 23 * 24 / 2);
			assert_int_equal(1000 - ew_exec_fuel(w.exec), 24 + 2 + 24 + 23);
		} else {
			assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP);
			assert_int_equal(ew_exec_trap(w.exec)->code, rows[i].code);
			assert_int_equal(1000 - ew_exec_fuel(w.exec), 24 + 2);
		}
	}
	wb_free(&code);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_functions), cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_gifts),	      cmocka_unit_test(test_global_holds),
		cmocka_unit_test(test_func_knows),    cmocka_unit_test(test_long_types),
	};

	return cmocka_run_group_tests_name("wasm/refs", tests, NULL, NULL);
}
