/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_group.c - instances that hold parts of one another: destroyed in any order, linked half-way,
 * failed at the start, and whatever they left in the tables of others still works.
 */
#include "wrun.h"

/* a exports memory, table, a mutable global, and functions; others import from it. */
static void open_a(struct wrun *a)
{
	wrun_init(a);
	wmod_type(&a->m, "()i");
	wmod_memory(&a->m, 1, 4);
	wmod_table(&a->m, T_FUNC, 4, 8);
	wmod_global(&a->m, T_I32, 1, CODE(I32_CONST(10)));
	wmod_func(&a->m, "()i", "", CODE(GLOBAL_GET(0), I32_CONST(1), 0x6a, GLOBAL_SET(0), GLOBAL_GET(0)));
	wmod_func(&a->m, "(i)i", "", CODE(LOCAL_GET(0), CALL_INDIRECT(0, 0)));
	wmod_func(&a->m, "(i)i", "", CODE(LOCAL_GET(0), 0x28, 2, 0));
	wmod_export(&a->m, "count", WMOD_FUNC, 0);
	wmod_export(&a->m, "call", WMOD_FUNC, 1);
	wmod_export(&a->m, "load", WMOD_FUNC, 2);
	wmod_export(&a->m, "table", WMOD_TABLE, 0);
	wmod_export(&a->m, "memory", WMOD_MEMORY, 0);
	wmod_export(&a->m, "global", WMOD_GLOBAL, 0);
	wrun_open(a);
}

/* b imports from a, and puts its own functions into a's table and its bytes into a's memory. */
static void build_b(struct wmod *m, int32_t value)
{
	struct wbytes code = {0};

	wmod_type(m, "()i");
	wmod_import_func(m, "a", "count", "()i");
	wmod_import_table(m, "a", "table", T_FUNC, 4, 8);
	wmod_import_memory(m, "a", "memory", 1, 4);
	wb_u8(&code, 0x41);
	wb_s32(&code, value);
	wmod_func(m, "()i", "", code.p, code.len); /* 1 */
	wmod_func(m, "()i", "", CODE(CALL(0), CALL(1), 0x6a));
	wmod_export(m, "sum", WMOD_FUNC, 2);
	wmod_elem(m, 1, (const uint32_t[]){1, 2, 0}, 3);
	wmod_data(m, 16, "\x2a\0\0\0", 4);
	wb_free(&code);
}

static void imports_of(struct wrun *a, struct ew_import *in)
{
	in[0] = (struct ew_import){.module = "a", .name = "count", .kind = EW_EXTERN_FUNC, .from_instance = true};
	in[1] = (struct ew_import){.module = "a", .name = "table", .kind = EW_EXTERN_TABLE};
	in[2] = (struct ew_import){.module = "a", .name = "memory", .kind = EW_EXTERN_MEMORY};
	in[0].u.func = wrun_func(a, "count", NULL);
	assert_int_equal(ew_table_find(a->instance, "table", &in[1].u.table), EW_OK);
	assert_int_equal(ew_memory_find(a->instance, "memory", &in[2].u.memory), EW_OK);
}

/* b under a's allocator and executor: one group. */
static enum ew_status link_b(struct wrun *a, struct wrun *b)
{
	struct ew_import in[3];
	enum ew_status status;

	imports_of(a, in);
	b->bytes = wmod_finish(&b->m, &b->size);
	status = ew_module_load(&b->module, b->bytes, b->size, NULL, &a->mem.alloc, &b->err);
	assert_int_equal(status, EW_OK);
	b->link.imports = in;
	b->link.import_count = 3;
	b->link.exec = a->exec;
	status = ew_instance_create(&b->instance, b->module, &b->link, &a->mem.alloc, &b->trap, &b->err);
	b->link.imports = NULL;
	b->exec = NULL;
	return status;
}

static void destroy(struct wrun *w)
{
	if (w->instance)
		ew_instance_destroy(w->instance);
	w->instance = NULL;
}

static void test_linked(void **state)
{
	struct wrun a, b;

	(void)state;
	open_a(&a);
	wrun_init(&b);
	build_b(&b.m, 100);
	assert_int_equal(link_b(&a, &b), EW_OK);
	assert_int_equal(wrun_i32(&b, "sum", 0, 0), 111);
	assert_int_equal(wrun_i32(&a, "call", 1, 0), 100);
	assert_int_equal(wrun_i32(&a, "call", 2, 0), 112);
	assert_int_equal(wrun_i32(&a, "call", 3, 0), 13);
	assert_int_equal(wrun_i32(&a, "load", 16, 0), 42);
	destroy(&b);
	destroy(&a);
	wrun_close(&b);
	wrun_close(&a);
}

/* b is destroyed; its functions in a's table go on, with b's own globals and a's. */
static void test_importer_goes_first(void **state)
{
	struct wrun a, b;

	(void)state;
	open_a(&a);
	wrun_init(&b);
	build_b(&b.m, 100);
	assert_int_equal(link_b(&a, &b), EW_OK);
	destroy(&b);
	assert_int_equal(wrun_i32(&a, "call", 1, 0), 100);
	assert_int_equal(wrun_i32(&a, "call", 2, 0), 111);
	assert_int_equal(wrun_i32(&a, "call", 3, 0), 12);
	destroy(&a);
	wrun_close(&b);
	wrun_close(&a);
}

/* a is destroyed; b goes on with a's function, table and memory. */
static void test_exporter_goes_first(void **state)
{
	struct ew_table *t;
	union ew_value v;
	struct wrun a, b;

	(void)state;
	open_a(&a);
	assert_int_equal(ew_table_find(a.instance, "table", &t), EW_OK);
	wrun_init(&b);
	build_b(&b.m, 100);
	assert_int_equal(link_b(&a, &b), EW_OK);
	destroy(&a);
	assert_int_equal(wrun_i32(&b, "sum", 0, 0), 111);
	assert_int_equal(ew_table_get(t, 3, &v), EW_OK);
	assert_int_equal(ew_call(v.func, &v), EW_OK);
	assert_int_equal(v.i32, 12);
	assert_non_null(ew_memory_span(ew_instance_memory(b.instance), 16, 4));
	destroy(&b);
	wrun_close(&b);
	wrun_close(&a);
}

/*
 * A chain and a fan: b, c, d import from a; all are destroyed in each of the 24 orders; whoever is
 * left works to the end, and the last one gives everything back.
 */
static void test_every_order(void **state)
{
	static const int orders[24][4] = {
		{0, 1, 2, 3}, {0, 1, 3, 2}, {0, 2, 1, 3}, {0, 2, 3, 1}, {0, 3, 1, 2}, {0, 3, 2, 1},
		{1, 0, 2, 3}, {1, 0, 3, 2}, {1, 2, 0, 3}, {1, 2, 3, 0}, {1, 3, 0, 2}, {1, 3, 2, 0},
		{2, 0, 1, 3}, {2, 0, 3, 1}, {2, 1, 0, 3}, {2, 1, 3, 0}, {2, 3, 0, 1}, {2, 3, 1, 0},
		{3, 0, 1, 2}, {3, 0, 2, 1}, {3, 1, 0, 2}, {3, 1, 2, 0}, {3, 2, 0, 1}, {3, 2, 1, 0}};

	(void)state;
	for (size_t o = 0; o < 24; o++) {
		struct wrun w[4];
		int32_t count = 10;

		open_a(&w[0]);
		for (int i = 1; i < 4; i++) {
			wrun_init(&w[i]);
			build_b(&w[i].m, 100 * i);
			assert_int_equal(link_b(&w[0], &w[i]), EW_OK);
		}
		for (int k = 0; k < 4; k++) {
			for (int i = 1; i < 4; i++)
				if (w[i].instance)
					assert_int_equal(wrun_i32(&w[i], "sum", 0, 0), ++count + 100 * i);
			if (w[0].instance) /* the table's functions are of the last that was linked */
				assert_int_equal(wrun_i32(&w[0], "call", 2, 0), ++count + 300);
			destroy(&w[orders[o][k]]);
		}
		for (int i = 3; i >= 0; i--)
			wrun_close(&w[i]);
	}
}

/* Instantiation that traps in a data segment or the start function keeps what its element segments wrote. */
static void test_failed_start(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct wrun a, b;

		open_a(&a);
		wrun_init(&b);
		build_b(&b.m, 100);
		if (kind == 0) {
			wmod_data(&b.m, 65534, "beyond", 6);
		} else {
			wmod_func(&b.m, "()", "", CODE(CALL(0), OP_DROP, OP_UNREACHABLE));
			wmod_start(&b.m, 3);
		}
		assert_int_equal(link_b(&a, &b), EW_ERR_TRAP);
		assert_null(b.instance);
		assert_int_equal(b.trap.code, kind ? EW_TRAP_UNREACHABLE : EW_TRAP_MEMORY_BOUNDS);
		assert_int_equal(wrun_i32(&a, "load", 16, 0), 42);
		assert_int_equal(wrun_i32(&a, "call", 1, 0), 100);
		assert_int_equal(wrun_i32(&a, "call", 2, 0), 111 + kind);
		destroy(&a);
		wrun_close(&b);
		wrun_close(&a);
	}
}

/* An element segment beyond the table writes nothing, and later segments are not looked at. */
static void test_failed_segment(void **state)
{
	struct wrun a, b;
	union ew_value v;

	(void)state;
	open_a(&a);
	wrun_init(&b);
	wmod_import_table(&b.m, "a", "table", T_FUNC, 4, 8);
	wmod_import_func(&b.m, "a", "count", "()i");
	wmod_elem(&b.m, 0, (const uint32_t[]){0}, 1);
	wmod_elem(&b.m, 3, (const uint32_t[]){0, 0}, 2);
	wmod_elem(&b.m, 1, (const uint32_t[]){0}, 1);
	assert_int_equal(link_b(&a, &b), EW_ERR_TRAP);
	assert_int_equal(b.trap.code, EW_TRAP_TABLE_BOUNDS);
	v.i32 = 0;
	assert_int_equal(wrun_i32(&a, "call", 0, 0), 11);
	for (int i = 1; i < 4; i++) {
		v.i32 = i;
		assert_int_equal(wrun_call(&a, "call", &v), EW_ERR_TRAP);
		assert_int_equal(ew_exec_trap(a.exec)->code, EW_TRAP_UNINITIALIZED_ELEMENT);
	}
	destroy(&a);
	wrun_close(&b);
	wrun_close(&a);
}

/* Memory that grows through one instance is larger for the other at once, inside one run too. */
static void test_growth_is_seen(void **state)
{
	struct ew_import in[3];
	struct wrun a, b;

	(void)state;
	open_a(&a);
	imports_of(&a, in);
	wrun_init(&b);
	wmod_import_func(&b.m, "a", "load", "(i)i");
	wmod_import_memory(&b.m, "a", "memory", 1, 4);
	wmod_func(&b.m, "()i", "", /* grow by 1; store 77 in the new page; let a load it; size */
		  CODE(I32_CONST(1), 0x40, 0, OP_DROP, I32_CONST5(65536 + 8), I32_CONST5(77), 0x36, 2, 0,
		       I32_CONST5(65536 + 8), CALL(0), 0x3f, 0, 0x6a));
	wmod_export(&b.m, "f", WMOD_FUNC, 1);
	in[0].name = "load";
	in[0].u.func = wrun_func(&a, "load", NULL);
	b.bytes = wmod_finish(&b.m, &b.size);
	assert_int_equal(ew_module_load(&b.module, b.bytes, b.size, NULL, &a.mem.alloc, NULL), EW_OK);
	b.link.imports = in;
	b.link.import_count = 3;
	b.link.exec = a.exec;
	assert_int_equal(ew_instance_create(&b.instance, b.module, &b.link, &a.mem.alloc, NULL, NULL), EW_OK);
	assert_int_equal(wrun_i32(&b, "f", 0, 0), 79);
	assert_int_equal(ew_memory_size(ew_instance_memory(a.instance)), 2 * 65536);
	assert_int_equal(wrun_i32(&a, "load", 65536 + 8, 0), 77);
	destroy(&b);
	destroy(&a);
	wrun_close(&b);
	wrun_close(&a);
}

/* A thousand instances that come and go do not make the group grow for ever once all of a group are gone. */
static void test_no_growth(void **state)
{
	size_t before = 0;

	(void)state;
	struct wrun keep;

	wrun_init(&keep);
	wmod_func(&keep.m, "()", "", NO_CODE);
	wrun_open(&keep);
	for (int i = 0; i < 1000; i++) {
		struct ew_instance *one;

		assert_int_equal(ew_instance_create(&one, keep.module, &keep.link, &keep.mem.alloc, NULL, NULL), EW_OK);
		ew_instance_destroy(one);
		if (i == 0)
			before = keep.mem.live_bytes;
		assert_int_equal(keep.mem.live_bytes, before);
	}
	wrun_close(&keep);
}

/* ---- calls across instances: the way there and back is cut anywhere ---- */

/* Two modules that call each other: a.even(n) -> b.odd(n - 1) -> a.even(n - 2) ... by way of a's table. */
static void open_ping_pong(struct wrun *a, struct wrun *b)
{
	struct ew_import in[2] = {
		{.module = "a", .name = "even", .from_instance = true},
		{.module = "a", .name = "table", .kind = EW_EXTERN_TABLE},
	};

	wrun_init(a);
	wmod_type(&a->m, "(i)i");
	wmod_table(&a->m, T_FUNC, 1, 1);
	wmod_memory(&a->m, 1, 1);
	wmod_func(&a->m, "(i)i", "", /* n == 0 ? mem[0] : table[0](n - 1) */
		  CODE(LOCAL_GET(0), 0x45, IF(T_I32), I32_CONST(0), 0x28, 2, 0, OP_ELSE, LOCAL_GET(0), I32_CONST(1), 0x6b,
		       I32_CONST(0), CALL_INDIRECT(0, 0), OP_END));
	wmod_export(&a->m, "even", WMOD_FUNC, 0);
	wmod_export(&a->m, "table", WMOD_TABLE, 0);
	wmod_data(&a->m, 0, "\x0a\0\0\0", 4);
	wrun_open(a);
	in[0].u.func = wrun_func(a, "even", NULL);
	assert_int_equal(ew_table_find(a->instance, "table", &in[1].u.table), EW_OK);
	wrun_init(b);
	wmod_import_func(&b->m, "a", "even", "(i)i");
	wmod_import_table(&b->m, "a", "table", T_FUNC, 1, 1);
	wmod_memory(&b->m, 1, 1);
	wmod_func(&b->m, "(i)i", "II", /* n == 0 ? mem[0] : even(n - 1), with locals to clear */
		  CODE(LOCAL_GET(0), 0x45, IF(T_I32), I32_CONST(0), 0x28, 2, 0, OP_ELSE, LOCAL_GET(0), I32_CONST(1), 0x6b, CALL(0),
		       LOCAL_GET(1), 0xa7, 0x6a, OP_END));
	wmod_elem(&b->m, 0, (const uint32_t[]){1}, 1);
	wmod_data(&b->m, 0, "\x0b\0\0\0", 4);
	b->bytes = wmod_finish(&b->m, &b->size);
	assert_int_equal(ew_module_load(&b->module, b->bytes, b->size, NULL, &a->mem.alloc, NULL), EW_OK);
	b->link.imports = in;
	b->link.import_count = 2;
	b->link.exec = a->exec;
	assert_int_equal(ew_instance_create(&b->instance, b->module, &b->link, &a->mem.alloc, NULL, NULL), EW_OK);
}

static void close_ping_pong(struct wrun *a, struct wrun *b)
{
	destroy(b);
	destroy(a);
	wrun_close(b);
	wrun_close(a);
}

/* Each side sees its own memory again after every return, however often the run was stopped. */
static void test_foreign_calls_in_portions(void **state)
{
	struct wrun a, b;

	(void)state;
	open_ping_pong(&a, &b);
	for (int n = 0; n < 7; n++) {
		int64_t cost;

		ew_exec_set_fuel(a.exec, 10000);
		assert_int_equal(wrun_i32(&a, "even", n, 0), n % 2 ? 11 : 10);
		cost = 10000 - ew_exec_fuel(a.exec);
		for (uint64_t portion = 1; portion < 40; portion++) {
			union ew_value v = {.i32 = n};
			uint64_t given = 0;
			enum ew_status status;

			ew_exec_set_fuel(a.exec, 0);
			assert_int_equal(ew_call_begin(wrun_func(&a, "even", NULL), &v), EW_OK);
			do {
				given += portion;
				status = ew_instance_run(a.instance, portion);
			} while (status == EW_ERR_FUEL);
			assert_int_equal(status, EW_OK);
			assert_int_equal(ew_instance_results(a.instance)[0].i32, n % 2 ? 11 : 10);
			assert_true((int64_t)given - ew_exec_fuel(a.exec) == cost);
		}
	}
	close_ping_pong(&a, &b);
}

/* Recursion across two instances ends in the stack, and leaves both usable. */
static void test_foreign_recursion(void **state)
{
	struct wrun a, b;

	(void)state;
	open_ping_pong(&a, &b);
	for (int again = 0; again < 3; again++) {
		union ew_value v = {.i32 = 1000000};

		assert_int_equal(wrun_call(&a, "even", &v), EW_ERR_TRAP);
		assert_int_equal(ew_exec_trap(a.exec)->code, EW_TRAP_STACK);
		assert_true(ew_exec_trap(a.exec)->depth > 100);
		assert_ptr_not_equal(ew_exec_trap(a.exec)->frames[0].instance, ew_exec_trap(a.exec)->frames[1].instance);
		assert_int_equal(wrun_i32(&a, "even", 3, 0), 11);
		assert_int_equal(wrun_i32(&a, "even", 4, 0), 10);
	}
	close_ping_pong(&a, &b);
}

/* Whoever is destroyed while a call of its is suspended takes the call along. */
static void test_destroyed_while_suspended(void **state)
{
	(void)state;
	for (int who = 0; who < 2; who++) {
		union ew_value v = {.i32 = 5};
		struct wrun a, b;

		open_ping_pong(&a, &b);
		ew_exec_set_fuel(a.exec, 7);
		assert_int_equal(wrun_call(&a, "even", &v), EW_ERR_FUEL);
		if (who == 0) { /* nobody is left to come back to */
			destroy(&a);
			assert_int_equal(ew_resume(a.exec, &v), EW_ERR_STATE);
		} else { /* a may go on in what is left of b */
			enum ew_status got;

			destroy(&b);
			ew_exec_set_fuel(a.exec, 1000);
			got = ew_resume(a.exec, &v);
			assert_true(got == EW_ERR_STATE || (got == EW_OK && v.i32 == 11));
			assert_int_equal(wrun_i32(&a, "even", 3, 0), 11);
		}
		close_ping_pong(&a, &b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linked),	      cmocka_unit_test(test_importer_goes_first),
		cmocka_unit_test(test_exporter_goes_first), cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_failed_start),  cmocka_unit_test(test_failed_segment),
		cmocka_unit_test(test_growth_is_seen), cmocka_unit_test(test_no_growth),
		cmocka_unit_test(test_foreign_calls_in_portions),
		cmocka_unit_test(test_foreign_recursion),
		cmocka_unit_test(test_destroyed_while_suspended),
	};

	return cmocka_run_group_tests_name("wasm/group", tests, NULL, NULL);
}
