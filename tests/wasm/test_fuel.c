/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_fuel.c - what runs cost, that they cost the same however they are cut, and how they are stopped.
 *
 * Costs are counted by hand here: one for each instruction except block, loop, else, end and nop.
 */
#include "wrun.h"

#define PLENTY 1000000u

static void build(struct wmod *m)
{
	wmod_type(m, "()");
	wmod_table(m, T_FUNC, 1, 1);
	wmod_elem(m, 0, (const uint32_t[]){0}, 1);
	wmod_memory(m, 1, 4);
	wmod_global(m, T_I32, 1, CODE(I32_CONST(0)));
}

#define CODE_OF(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}

static const struct {
	const char *row;
	int arg; /* of the function, (i)i */
	unsigned cost;
	size_t len;
	uint8_t code[64];
} costs[] = {
	{"constant", 0, 1, CODE_OF(I32_CONST(1))},
	{"nops and ends are free", 0, 1, CODE_OF(OP_NOP, BLOCK(T_VOID), OP_NOP, OP_END, I32_CONST(1), OP_NOP)},
	{"sum of two locals", 0, 3, CODE_OF(LOCAL_GET(0), LOCAL_GET(0), 0x6a)},
	{"with drop", 0, 5, CODE_OF(LOCAL_GET(0), LOCAL_GET(0), 0x6a, OP_DROP, I32_CONST(0))},
	{"copies of locals", 0, 6, CODE_OF(LOCAL_GET(0), LOCAL_SET(0), LOCAL_GET(0), LOCAL_TEE(0), LOCAL_GET(0), 0x6a)},
	{"return", 0, 2, CODE_OF(I32_CONST(1), OP_RETURN)},
	{"behind return", 0, 2, CODE_OF(I32_CONST(1), OP_RETURN, I32_CONST(1), I32_CONST(1), 0x6a)},
	{"br out of a block", 0, 2, CODE_OF(BLOCK(T_VOID), BR(0), I32_CONST(1), OP_DROP, OP_END, I32_CONST(1))},
	{"br_if not taken", 0, 5, CODE_OF(BLOCK(T_VOID), LOCAL_GET(0), BR_IF(0), I32_CONST(1), OP_DROP, OP_END, I32_CONST(1))},
	{"br_if taken", 1, 3, CODE_OF(BLOCK(T_VOID), LOCAL_GET(0), BR_IF(0), I32_CONST(1), OP_DROP, OP_END, I32_CONST(1))},
	{"compare and br_if not taken", 0, 7,
	 CODE_OF(BLOCK(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x46, BR_IF(0), I32_CONST(1), OP_DROP, OP_END, I32_CONST(1))},
	{"compare and br_if taken", 1, 5,
	 CODE_OF(BLOCK(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x46, BR_IF(0), I32_CONST(1), OP_DROP, OP_END, I32_CONST(1))},
	{"if not taken", 0, 3, CODE_OF(LOCAL_GET(0), IF(T_VOID), I32_CONST(1), OP_DROP, OP_END, I32_CONST(1))},
	{"if taken", 1, 5, CODE_OF(LOCAL_GET(0), IF(T_VOID), I32_CONST(1), OP_DROP, OP_END, I32_CONST(1))},
	{"else", 0, 3, CODE_OF(LOCAL_GET(0), IF(T_I32), I32_CONST(1), I32_CONST(1), 0x6a, OP_ELSE, I32_CONST(1), OP_END)},
	{"then", 1, 5, CODE_OF(LOCAL_GET(0), IF(T_I32), I32_CONST(1), I32_CONST(1), 0x6a, OP_ELSE, I32_CONST(1), OP_END)},
	/* 1 + n times (local.get const sub tee br_if) and a get */
	{"loop of one", 1, 6, CODE_OF(LOOP(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_TEE(0), BR_IF(0), OP_END, LOCAL_GET(0))},
	{"loop of ten", 10, 51, CODE_OF(LOOP(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_TEE(0), BR_IF(0), OP_END, LOCAL_GET(0))},
	{"loop of 1000", 1000, 5001, CODE_OF(LOOP(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_TEE(0), BR_IF(0), OP_END, LOCAL_GET(0))},
	/* block and loop with the test in front: n times (get eqz br_if get const sub set br), then get eqz br_if get */
	{"while loop of seven", 7, 60,
	 CODE_OF(BLOCK(T_VOID), LOOP(T_VOID), LOCAL_GET(0), 0x45, BR_IF(1), LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_SET(0),
		 BR(0), OP_END, OP_END, LOCAL_GET(0))},
	{"br_table first", 0, 3, CODE_OF(BLOCK(T_VOID), BLOCK(T_VOID), LOCAL_GET(0), 0x0e, 1, 0, 1, OP_END, OP_END, I32_CONST(1))},
	{"br_table default", 9, 3, CODE_OF(BLOCK(T_VOID), BLOCK(T_VOID), LOCAL_GET(0), 0x0e, 1, 0, 1, OP_END, OP_END, I32_CONST(1))},
	{"call", 0, 2, CODE_OF(CALL(0), I32_CONST(1))},
	{"call_indirect", 0, 3, CODE_OF(I32_CONST(0), CALL_INDIRECT(0, 0), I32_CONST(1))},
	{"call of four instructions", 0, 6, CODE_OF(CALL(1), I32_CONST(1))},
	{"select", 0, 4, CODE_OF(LOCAL_GET(0), LOCAL_GET(0), LOCAL_GET(0), OP_SELECT)},
	{"load", 0, 2, CODE_OF(LOCAL_GET(0), 0x28, 2, 0)},
	{"store", 0, 4, CODE_OF(LOCAL_GET(0), LOCAL_GET(0), 0x36, 2, 0, I32_CONST(1))},
	{"global", 0, 3, CODE_OF(LOCAL_GET(0), GLOBAL_SET(0), GLOBAL_GET(0))},
	{"memory.size and grow", 0, 4, CODE_OF(0x3f, 0, I32_CONST(0), 0x40, 0, 0x6a)},
	{"memory.fill", 0, 5, CODE_OF(I32_CONST(0), I32_CONST(0), I32_CONST(60), 0xfc, 11, 0, I32_CONST(1))},
};

static void open_cost(struct wrun *w, size_t i)
{
	wrun_init(w);
	build(&w->m);
	wmod_func(&w->m, "()", "", NO_CODE);
	wmod_func(&w->m, "()", "", CODE(I32_CONST(1), I32_CONST(2), OP_DROP, OP_DROP));
	wmod_func(&w->m, "(i)i", "", costs[i].code, costs[i].len);
	wmod_export(&w->m, "f", WMOD_FUNC, 2);
	wrun_open(w);
}

static void test_costs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(costs); i++) {
		struct wrun w;

		open_cost(&w, i);
		ew_exec_set_fuel(w.exec, PLENTY);
		wrun_i32(&w, "f", costs[i].arg, 0);
		check_int(costs[i].row, PLENTY - ew_exec_fuel(w.exec), costs[i].cost);
		wrun_close(&w);
	}
}

/* Exactly enough runs to the end; the sum of portions less what is left is the cost, whatever they are. */
static void test_portions(void **state)
{
	static const uint64_t portions[] = {1, 2, 3, 7, 50, 1000, 100000};

	(void)state;
	for (size_t i = 0; i < ROWS(costs); i++) {
		for (size_t p = 0; p < ROWS(portions); p++) {
			union ew_value v = {.i32 = costs[i].arg};
			uint64_t given = 0;
			enum ew_status status;
			int32_t want;
			struct wrun w;

			open_cost(&w, i);
			want = wrun_i32(&w, "f", costs[i].arg, 0);
			ew_instance_destroy(w.instance); /* memory.grow is not to be done twice */
			check_status(costs[i].row, wrun_link(&w), EW_OK);
			ew_exec_set_fuel(w.exec, 0);
			check_status(costs[i].row, ew_call_begin(wrun_func(&w, "f", NULL), &v), EW_OK);
			do {
				status = ew_instance_run(w.instance, portions[p]);
				given += portions[p];
				check_true(costs[i].row, given < 100 * PLENTY);
			} while (status == EW_ERR_FUEL);
			check_status(costs[i].row, status, EW_OK);
			check_int(costs[i].row, (int64_t)given - ew_exec_fuel(w.exec), costs[i].cost);
			check_int(costs[i].row, ew_instance_results(w.instance)[0].i32, want);
			wrun_close(&w);
		}
	}
}

/* A program with calls, loops, loads and recursion: every portion size gives the same total and result. */
static void build_work(struct wmod *m)
{
	wmod_memory(m, 1, 1);
	wmod_func(m, "(i)i", "", /* fib */
		  CODE(LOCAL_GET(0), I32_CONST(2), 0x48, IF(T_I32), LOCAL_GET(0), OP_ELSE, LOCAL_GET(0), I32_CONST(1), 0x6b,
		       CALL(0), LOCAL_GET(0), I32_CONST(2), 0x6b, CALL(0), 0x6a, OP_END));
	wmod_func(m, "(i)i", "ii", /* store fib(k) for k < n, add up, with a conditional inside */
		  CODE(LOOP(T_VOID), LOCAL_GET(1), I32_CONST(2), 0x74, LOCAL_GET(1), CALL(0), 0x36, 2, 0, LOCAL_GET(1),
		       I32_CONST(1), 0x71, IF(T_VOID), LOCAL_GET(2), LOCAL_GET(1), I32_CONST(2), 0x74, 0x28, 2, 0, 0x6a,
		       LOCAL_SET(2), OP_END, LOCAL_GET(1), I32_CONST(1), 0x6a, LOCAL_TEE(1), LOCAL_GET(0), 0x49, BR_IF(0),
		       OP_END, LOCAL_GET(2)));
	wmod_export(m, "f", WMOD_FUNC, 1);
}

static void test_work_in_portions(void **state)
{
	static const uint64_t portions[] = {1, 2, 5, 7, 13, 100, 1000, 4096};
	int64_t cost;
	int32_t want;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	build_work(&w.m);
	wrun_open(&w);
	ew_exec_set_fuel(w.exec, 100 * PLENTY);
	want = wrun_i32(&w, "f", 15, 0);
	cost = 100 * PLENTY - ew_exec_fuel(w.exec);
	assert_int_equal(want, 1 + 2 + 5 + 13 + 34 + 89 + 233); /* fib of 1, 3 ... 13 */
	for (size_t p = 0; p < ROWS(portions); p++) {
		union ew_value v = {.i32 = 15};
		uint64_t given = 0;
		enum ew_status status;

		ew_exec_set_fuel(w.exec, 0);
		assert_int_equal(ew_call_begin(wrun_func(&w, "f", NULL), &v), EW_OK);
		do {
			given += portions[p];
			status = ew_instance_run(w.instance, portions[p]);
		} while (status == EW_ERR_FUEL);
		assert_int_equal(status, EW_OK);
		assert_int_equal((int64_t)given - ew_exec_fuel(w.exec), cost);
		assert_int_equal(ew_instance_results(w.instance)[0].i32, want);
	}
	wrun_close(&w);
}

/* The same through ew_call and ew_resume. */
static void test_resume(void **state)
{
	union ew_value v = {.i32 = 15};
	enum ew_status status;
	int stops = 0;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	build_work(&w.m);
	wrun_open(&w);
	ew_exec_set_fuel(w.exec, 10);
	status = ew_call(wrun_func(&w, "f", NULL), &v);
	while (status == EW_ERR_FUEL) {
		stops++;
		assert_true(ew_exec_fuel(w.exec) <= 0);
		ew_exec_set_fuel(w.exec, 10);
		status = ew_resume(w.exec, &v);
	}
	assert_int_equal(status, EW_OK);
	assert_int_equal(v.i32, 1 + 2 + 5 + 13 + 34 + 89 + 233);
	assert_true(stops > 100);
	wrun_close(&w);
}

/* A trap pays for what ran before it, not for what stands behind it. */
static void test_trap_cost(void **state)
{
	static const struct {
		const char *row;
		size_t len;
		uint8_t code[16];
		int cost;
	} rows[] = {
		{"first", CODE_OF(OP_UNREACHABLE), 1},
		{"behind two", CODE_OF(I32_CONST(1), OP_DROP, OP_UNREACHABLE), 3},
		{"with more behind", CODE_OF(I32_CONST(1), I32_CONST(0), 0x6d, OP_DROP, I32_CONST(1), OP_DROP), 3},
		{"in a called function", CODE_OF(I32_CONST(1), OP_DROP, CALL(0), I32_CONST(1), OP_DROP), 4},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct wrun w;

		wrun_init(&w);
		wmod_func(&w.m, "()", "", CODE(OP_UNREACHABLE));
		wmod_func(&w.m, "()", "", rows[i].code, rows[i].len);
		wmod_export(&w.m, "f", WMOD_FUNC, 1);
		wrun_open(&w);
		ew_exec_set_fuel(w.exec, PLENTY);
		check_status(rows[i].row, wrun_call(&w, "f", NULL), EW_ERR_TRAP);
		check_int(rows[i].row, PLENTY - ew_exec_fuel(w.exec), rows[i].cost);
		wrun_close(&w);
	}
}

static enum ew_status burn(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)user;
	ew_exec_burn(ew_instance_exec(caller), values[0].u32);
	return EW_OK;
}

/* A host function's work is the guest's: the run stops behind the call. */
static void test_burn(void **state)
{
	const struct ew_import in[] = {{.module = "e", .name = "burn", .u.host = {"(i)", burn, NULL}}};
	union ew_value v;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_func(&w.m, "e", "burn", "(i)");
	wmod_func(&w.m, "(i)", "", CODE(LOCAL_GET(0), CALL(0)));
	wmod_func(&w.m, "(i)", "", CODE(LOOP(T_VOID), LOCAL_GET(0), CALL(0), BR(0), OP_END));
	wmod_export(&w.m, "once", WMOD_FUNC, 1);
	wmod_export(&w.m, "for_ever", WMOD_FUNC, 2);
	w.link.imports = in;
	w.link.import_count = 1;
	wrun_open(&w);
	ew_exec_set_fuel(w.exec, 1000);
	v.i32 = 500;
	assert_int_equal(wrun_call(&w, "once", &v), EW_OK);
	assert_int_equal(ew_exec_fuel(w.exec), 1000 - 500 - 2);
	ew_exec_set_fuel(w.exec, 10000);
	v.i32 = 100;
	assert_int_equal(wrun_call(&w, "for_ever", &v), EW_ERR_FUEL);
	assert_true(ew_exec_fuel(w.exec) <= 0 && ew_exec_fuel(w.exec) > -200);
	ew_cancel(w.exec);
	ew_exec_burn(w.exec, UINT64_MAX); /* no sum wraps */
	ew_exec_burn(w.exec, UINT64_MAX);
	assert_true(ew_exec_fuel(w.exec) < 0);
	ew_exec_set_fuel(w.exec, UINT64_MAX);
	assert_true(ew_exec_fuel(w.exec) == EW_FUEL_MAX);
	v.i32 = 1;
	assert_int_equal(wrun_call(&w, "once", &v), EW_OK);
	wrun_close(&w);
}

static enum ew_status burn_give(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)user;
	ew_exec_burn(ew_instance_exec(caller), values[0].u32);
	values[0].u32 += 1;
	return EW_OK;
}

static enum ew_status burn_give_f64(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)user;
	ew_exec_burn(ew_instance_exec(caller), values[0].u32);
	values[0].f64 = values[0].u32 + 0.5;
	return EW_OK;
}

/*
 * What a host function burns beyond what there is stops the run behind the call, on a straight line too, and the
 * result is there when the run goes on.  Burning exactly what is left does not.
 */
static void test_burn_on_a_straight_line(void **state)
{
	static const struct {
		const char *row;
		size_t len;
		uint8_t code[32];
		int calls, cost; /* of host functions; instructions up to the last of them */
		int32_t more;	 /* result less calls times what one burns */
	} rows[] = {
		{"one call", CODE_OF(LOCAL_GET(0), CALL(0)), 1, 2, 1},
		{"result used at once", CODE_OF(LOCAL_GET(0), CALL(0), I32_CONST(5), 0x6a), 1, 2, 6},
		{"two calls", CODE_OF(LOCAL_GET(0), CALL(0), LOCAL_GET(0), CALL(0), 0x6a), 2, 4, 2},
		{"a float", CODE_OF(LOCAL_GET(0), CALL(1), 0xaa), 1, 2, 0},
		{"tail call", CODE_OF(LOCAL_GET(0), 0x12, 0), 1, 2, 1},
		{"tail call in a callee", CODE_OF(LOCAL_GET(0), CALL(2), I32_CONST(5), 0x6a), 1, 4, 6},
		{"by index", CODE_OF(LOCAL_GET(0), I32_CONST(0), CALL_INDIRECT(0, 0)), 1, 3, 1},
	};
	const struct ew_import in[] = {{.module = "e", .name = "burn", .u.host = {"(i)i", burn_give, NULL}},
				       {.module = "e", .name = "burnf", .u.host = {"(i)F", burn_give_f64, NULL}}};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (int over = 0; over < 2; over++) {
			int burns = 500, stops = 0;
			union ew_value v = {.i32 = burns};
			enum ew_status status;
			struct wrun w;

			wrun_init(&w);
			wmod_type(&w.m, "(i)i");
			wmod_import_func(&w.m, "e", "burn", "(i)i");
			wmod_import_func(&w.m, "e", "burnf", "(i)F");
			wmod_table(&w.m, T_FUNC, 1, 1);
			wmod_elem(&w.m, 0, (const uint32_t[]){0}, 1);
			wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), 0x12, 0));
			wmod_func(&w.m, "(i)i", "", rows[i].code, rows[i].len);
			wmod_export(&w.m, "f", WMOD_FUNC, 3);
			w.link.imports = in;
			w.link.import_count = ROWS(in);
			wrun_open(&w);
			/* Behind the last call there is nothing left, or one too little. */
			ew_exec_set_fuel(w.exec, (uint64_t)(rows[i].calls * burns + rows[i].cost - over));
			status = wrun_call(&w, "f", &v);
			while (status == EW_ERR_FUEL && stops < 9) {
				stops++;
				ew_exec_set_fuel(w.exec, 400);
				status = ew_resume(w.exec, &v);
			}
			check_status(rows[i].row, status, EW_OK);
			check_int(rows[i].row, v.i32, rows[i].calls * burns + rows[i].more);
			check_int(rows[i].row, stops, over);
			wrun_close(&w);
		}
	}
}

/* ---- loops of every shape end ---- */

static const struct {
	const char *row;
	size_t len;
	uint8_t code[32];
} endless[] = {
	{"loop", CODE_OF(LOOP(T_VOID), BR(0), OP_END)},
	{"loop with br_if", CODE_OF(LOOP(T_VOID), I32_CONST(1), BR_IF(0), OP_END)},
	{"loop with a comparison", CODE_OF(LOOP(T_VOID), LOCAL_GET(0), LOCAL_GET(0), 0x46, BR_IF(0), OP_END)},
	{"loop with br_table", CODE_OF(LOOP(T_VOID), LOCAL_GET(0), 0x0e, 1, 0, 0, OP_END)},
	{"loop in a loop", CODE_OF(LOOP(T_VOID), LOOP(T_VOID), BR(1), OP_END, OP_END)},
	{"loop with work", CODE_OF(LOOP(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x6a, LOCAL_SET(0), BR(0), OP_END)},
	{"loop with parameter", CODE_OF(I32_CONST(0), LOOP(2), I32_CONST(1), 0x6a, BR(0), OP_END, OP_DROP)},
	{"loop of calls", CODE_OF(LOOP(T_VOID), CALL(0), BR(0), OP_END)},
	{"loop of growth", CODE_OF(LOOP(T_VOID), I32_CONST(1), 0x40, 0, OP_DROP, BR(0), OP_END)},
	{"if in a loop", CODE_OF(LOOP(T_VOID), LOCAL_GET(0), 0x45, IF(T_VOID), BR(1), OP_END, OP_END)},
};

static void open_endless(struct wrun *w, size_t i)
{
	wrun_init(w);
	build(&w->m);
	wmod_type(&w->m, "(i)");
	wmod_type(&w->m, "(i)i"); /* type 2 */
	wmod_func(&w->m, "()", "", NO_CODE);
	wmod_func(&w->m, "(i)", "", endless[i].code, endless[i].len);
	wmod_export(&w->m, "f", WMOD_FUNC, 1);
	wrun_open(w);
}

static void test_endless_runs_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(endless); i++) {
		union ew_value v = {.i32 = 0};
		struct wrun w;

		open_endless(&w, i);
		ew_exec_set_fuel(w.exec, 5000);
		check_status(endless[i].row, wrun_call(&w, "f", &v), EW_ERR_FUEL);
		/* One straight line more at most. */
		check_true(endless[i].row, ew_exec_fuel(w.exec) <= 0 && ew_exec_fuel(w.exec) > -16);
		ew_exec_set_fuel(w.exec, 5000);
		check_status(endless[i].row, ew_resume(w.exec, &v), EW_ERR_FUEL);
		ew_cancel(w.exec);
		wrun_close(&w);
	}
}

/* A flag set before the call stops it at once; it is then clear, and the run goes on when asked. */
static void test_interrupt(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(endless); i++) {
		union ew_value v = {.i32 = 0};
		struct wrun w;

		open_endless(&w, i);
		ew_exec_set_fuel(w.exec, 5000);
		ew_exec_interrupt(w.exec);
		check_status(endless[i].row, wrun_call(&w, "f", &v), EW_ERR_INTERRUPT);
		check_true(endless[i].row, ew_exec_fuel(w.exec) > 4900);
		check_status(endless[i].row, ew_resume(w.exec, &v), EW_ERR_FUEL);
		ew_exec_interrupt(w.exec);
		ew_exec_clear_interrupt(w.exec);
		ew_exec_set_fuel(w.exec, 100);
		check_status(endless[i].row, ew_resume(w.exec, &v), EW_ERR_FUEL);
		ew_cancel(w.exec);
		wrun_close(&w);
	}
}

/* After ew_cancel the executor is as new: no frame, no result, no owed state of the guest. */
static void test_cancel(void **state)
{
	union ew_value v = {.i32 = 15};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	build_work(&w.m);
	wrun_open(&w);
	for (int i = 0; i < 50000; i++) { /* more than the call frames there are, had they been kept */
		ew_exec_set_fuel(w.exec, 20);
		v.i32 = 15;
		assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_FUEL);
		ew_cancel(w.exec);
	}
	ew_exec_set_fuel(w.exec, EW_FUEL_MAX);
	assert_int_equal(wrun_i32(&w, "f", 15, 0), 377);
	wrun_close(&w);
}

/* ---- a nested run is never left hanging ---- */

static enum ew_status call_loop(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct ew_func *loop;

	if (ew_func_find(caller, "loop", "()", &loop) != EW_OK)
		return EW_ERR_NOENT;
	*(enum ew_status *)user = ew_call(loop, NULL);
	values[0].i32 = 5;
	return *(enum ew_status *)user;
}

/* Fuel that runs out below a host function ends everything, since that function cannot be resumed. */
static void test_nested_out_of_fuel(void **state)
{
	enum ew_status inner = EW_OK, outer;
	const struct ew_import in[] = {{.module = "e", .name = "loop", .u.host = {"()i", call_loop, &inner}}};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_func(&w.m, "e", "loop", "()i");
	wmod_func(&w.m, "()", "", CODE(LOOP(T_VOID), BR(0), OP_END));
	wmod_func(&w.m, "()i", "", CODE(CALL(0)));
	wmod_export(&w.m, "loop", WMOD_FUNC, 1);
	wmod_export(&w.m, "f", WMOD_FUNC, 2);
	w.link.imports = in;
	w.link.import_count = 1;
	wrun_open(&w);
	ew_exec_set_fuel(w.exec, 1000);
	outer = ew_call(wrun_func(&w, "f", NULL), (union ew_value[1]){{0}});
	assert_int_not_equal(inner, EW_OK);
	assert_int_equal(outer, EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_HOST);
	assert_int_equal(ew_exec_trap(w.exec)->status, EW_ERR_FUEL);
	assert_int_equal(ew_resume(w.exec, NULL), EW_ERR_STATE);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_costs),		 cmocka_unit_test(test_portions),
		cmocka_unit_test(test_work_in_portions), cmocka_unit_test(test_resume),
		cmocka_unit_test(test_trap_cost),	 cmocka_unit_test(test_burn),
		cmocka_unit_test(test_burn_on_a_straight_line),
		cmocka_unit_test(test_endless_runs_out), cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_cancel),		 cmocka_unit_test(test_nested_out_of_fuel),
	};

	return cmocka_run_group_tests_name("wasm/fuel", tests, NULL, NULL);
}
