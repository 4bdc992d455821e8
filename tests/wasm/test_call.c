/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_call.c - finding and calling functions, host functions that fail, re-entrancy, bad use. */
#include "wrun.h"

/* ---- finding ---- */

static const struct {
	const char *name, *signature;
	enum ew_status status;
} finds[] = {
	{"mix", "(iIfFpx)xpFfIi", EW_OK},
	{"mix", NULL, EW_OK},
	{"mix", "(iIfFpx)xpFfI", EW_ERR_TYPE},
	{"mix", "(iIfFpx)xpFfIii", EW_ERR_TYPE},
	{"mix", "(iIfFp)xpFfIi", EW_ERR_TYPE},
	{"mix", "iIfFpx)xpFfIi", EW_ERR_TYPE},
	{"mix", "(iIfFpx", EW_ERR_TYPE},
	{"mix", "", EW_ERR_TYPE},
	{"mix", "(iIfFpx)xpFfIz", EW_ERR_TYPE},
	{"none", "()", EW_OK},
	{"none", "()i", EW_ERR_TYPE},
	{"nothere", NULL, EW_ERR_NOENT},
	{"", NULL, EW_ERR_NOENT},
	{"mi", NULL, EW_ERR_NOENT},
	{"mixx", NULL, EW_ERR_NOENT},
	{"memory", NULL, EW_ERR_TYPE},
};

static void open_mix(struct wrun *w)
{
	wrun_init(w);
	wmod_func(&w->m, "(iIfFpx)xpFfIi", "",
		  CODE(LOCAL_GET(5), LOCAL_GET(4), LOCAL_GET(3), LOCAL_GET(2), LOCAL_GET(1), LOCAL_GET(0)));
	wmod_func(&w->m, "()", "", NO_CODE);
	wmod_memory(&w->m, 0, WMOD_NO_MAX);
	wmod_export(&w->m, "mix", WMOD_FUNC, 0);
	wmod_export(&w->m, "none", WMOD_FUNC, 1);
	wmod_export(&w->m, "memory", WMOD_MEMORY, 0);
	wrun_open(w);
}

static void test_find(void **state)
{
	struct wrun w;

	(void)state;
	open_mix(&w);
	for (size_t i = 0; i < ROWS(finds); i++) {
		struct ew_func *f = (struct ew_func *)&w;

		check_status(finds[i].name, ew_func_find(w.instance, finds[i].name, finds[i].signature, &f),
			     finds[i].status);
		check_true(finds[i].name, (f != NULL) == (finds[i].status == EW_OK));
	}
	wrun_close(&w);
}

/* All types, in and out, every bit as it was: signalling NaNs are values like any other. */
static void test_values_pass(void **state)
{
	const uint8_t *params, *results;
	uint32_t param_count, result_count;
	struct ew_func *f, *self;
	union ew_value v[6];
	struct wrun w;
	int host;

	(void)state;
	open_mix(&w);
	f = wrun_func(&w, "mix", "(iIfFpx)xpFfIi");
	self = wrun_func(&w, "none", "()");
	v[0].i32 = INT32_MIN;
	v[1].i64 = INT64_MIN;
	v[2].u32 = 0xffa00001;
	v[3].u64 = 0xfff4000000000001;
	v[4].func = self;
	v[5].ref = &host;
	assert_int_equal(ew_call(f, v), EW_OK);
	assert_ptr_equal(v[0].ref, &host);
	assert_ptr_equal(v[1].func, self);
	assert_true(v[2].u64 == 0xfff4000000000001);
	assert_int_equal(v[3].u32, 0xffa00001);
	assert_true(v[4].i64 == INT64_MIN);
	assert_int_equal(v[5].i32, INT32_MIN);
	ew_func_type(f, &params, &param_count, &results, &result_count);
	assert_int_equal(param_count, 6);
	assert_int_equal(result_count, 6);
	assert_memory_equal(params, "\x7f\x7e\x7d\x7c\x70\x6f", 6);
	assert_memory_equal(results, "\x6f\x70\x7c\x7d\x7e\x7f", 6);
	wrun_close(&w);
}

/* No allocation and no parsing between two calls. */
static void test_calls_allocate_nothing(void **state)
{
	union ew_value v[2];
	struct ew_func *f;
	struct wrun w;
	size_t before;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x6a));
	wmod_export(&w.m, "add", WMOD_FUNC, 0);
	wrun_open(&w);
	f = wrun_func(&w, "add", "(ii)i");
	before = w.mem.requests;
	for (int i = 0; i < 1000; i++) {
		v[0].i32 = i;
		v[1].i32 = 3 * i;
		assert_int_equal(ew_call(f, v), EW_OK);
		assert_int_equal(v[0].i32, 4 * i);
	}
	assert_int_equal(w.mem.requests, before);
	wrun_close(&w);
}

/* Locals are zero in every call, whatever the stack held. */
static void test_locals_are_zero(void **state)
{
	union ew_value v[1];
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "()I", "IIIIIIII", /* fill eight locals and leave them behind */
		  CODE(I64_CONST(-1), LOCAL_SET(0), I64_CONST(-1), LOCAL_SET(1), I64_CONST(-1), LOCAL_SET(2),
		       I64_CONST(-1), LOCAL_SET(3), I64_CONST(-1), LOCAL_SET(4), I64_CONST(-1), LOCAL_SET(5),
		       I64_CONST(-1), LOCAL_SET(6), I64_CONST(-1), LOCAL_TEE(7)));
	wmod_func(&w.m, "()I", "iIfFpxIi",
		  CODE(LOCAL_GET(0), 0xad, LOCAL_GET(1), 0x84, LOCAL_GET(2), 0xbc, 0xad, 0x84, LOCAL_GET(3), 0xbd,
		       0x84, LOCAL_GET(4), 0xd1, 0x45, 0xad, 0x84, LOCAL_GET(5), 0xd1, 0x45, 0xad, 0x84,
		       LOCAL_GET(6), 0x84, LOCAL_GET(7), 0xad, 0x84));
	wmod_export(&w.m, "dirty", WMOD_FUNC, 0);
	wmod_export(&w.m, "clean", WMOD_FUNC, 1);
	wrun_open(&w);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(wrun_call(&w, "dirty", v), EW_OK);
		assert_true(v[0].i64 == -1);
		assert_int_equal(wrun_call(&w, "clean", v), EW_OK);
		assert_true(v[0].i64 == 0);
	}
	wrun_close(&w);
}

/* ---- host functions that do not end well ---- */

static enum ew_status ends_badly(void *user, struct ew_instance *caller, union ew_value *values)
{
	enum ew_status status = (enum ew_status)values[0].i32;

	(void)user;
	if (status == EW_ERR_TRAP)
		ew_trap_set(caller, "the sensor is on fire");
	return status;
}

static const struct {
	const char *row;
	enum ew_status returned, status;
	enum ew_trap_code code;
	enum ew_status trap_status;
	const char *text;
} endings[] = {
	{"well", EW_OK, EW_OK, EW_TRAP_NONE, EW_OK, ""},
	{"trap with text", EW_ERR_TRAP, EW_ERR_TRAP, EW_TRAP_HOST, EW_ERR_TRAP, "the sensor is on fire"},
	{"exit", EW_ERR_EXIT, EW_ERR_EXIT, EW_TRAP_NONE, EW_OK, ""},
	{"denied", EW_ERR_DENIED, EW_ERR_TRAP, EW_TRAP_HOST, EW_ERR_DENIED, ""},
	{"quota", EW_ERR_QUOTA, EW_ERR_TRAP, EW_TRAP_HOST, EW_ERR_QUOTA, ""},
	{"no memory", EW_ERR_NOMEM, EW_ERR_TRAP, EW_TRAP_HOST, EW_ERR_NOMEM, ""},
};

static void open_ends(struct wrun *w, const struct ew_import *in)
{
	wrun_init(w);
	wmod_import_func(&w->m, "env", "end", "(i)i");
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), CALL(0)));
	wmod_export(&w->m, "f", WMOD_FUNC, 1);
	wmod_export(&w->m, "direct", WMOD_FUNC, 0);
	w->link.imports = in;
	w->link.import_count = 1;
	wrun_open(w);
}

static void test_host_endings(void **state)
{
	const struct ew_import in[] = {{.module = "env", .name = "end", .u.host = {"(i)i", ends_badly, NULL}}};
	struct wrun w;

	(void)state;
	open_ends(&w, in);
	for (int direct = 0; direct < 2; direct++) {
		for (size_t i = 0; i < ROWS(endings); i++) {
			union ew_value v = {.i32 = endings[i].returned};

			check_status(endings[i].row, wrun_call(&w, direct ? "direct" : "f", &v), endings[i].status);
			if (endings[i].status != EW_ERR_TRAP)
				continue;
			check_int(endings[i].row, ew_exec_trap(w.exec)->code, endings[i].code);
			if (endings[i].trap_status != EW_ERR_TRAP)
				check_status(endings[i].row, ew_exec_trap(w.exec)->status, endings[i].trap_status);
			if (endings[i].text[0])
				check_str(endings[i].row, ew_exec_trap(w.exec)->text, endings[i].text);
			check_true(endings[i].row, ew_exec_trap(w.exec)->text[0] != '\0');
			if (!direct) {
				check_true(endings[i].row, ew_exec_trap(w.exec)->frame_count >= 1);
				check_int(endings[i].row, ew_exec_trap(w.exec)->frames[ew_exec_trap(w.exec)->depth - 1].func, 1);
			}
		}
	}
	assert_int_equal(wrun_i32(&w, "f", 0, 0), 0); /* and all is well again */
	wrun_close(&w);
}

/* The text of one trap does not show up in the next. */
static void test_trap_text_is_fresh(void **state)
{
	const struct ew_import in[] = {{.module = "env", .name = "end", .u.host = {"(i)i", ends_badly, NULL}}};
	union ew_value v = {.i32 = EW_ERR_TRAP};
	struct wrun w;

	(void)state;
	open_ends(&w, in);
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP);
	v.i32 = EW_ERR_DENIED;
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP);
	assert_null(strstr(ew_exec_trap(w.exec)->text, "fire"));
	wrun_close(&w);
}

/* ---- host calls guest calls host ... ---- */

struct nest {
	struct ew_func *f;
	int deepest;
	enum ew_status status; /* of the innermost call that failed */
};

static enum ew_status call_back(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct nest *n = user;
	union ew_value v = {.i32 = values[0].i32 - 1};
	enum ew_status status;

	(void)caller;
	n->deepest++;
	if (values[0].i32 == 0) {
		values[0].i32 = 100;
		return EW_OK;
	}
	status = ew_call(n->f, &v);
	if (status != EW_OK) {
		if (n->status == EW_OK)
			n->status = status;
		return status;
	}
	values[0].i32 = v.i32 + 1;
	return EW_OK;
}

static void open_nest(struct wrun *w, struct nest *n)
{
	struct ew_import in = {.module = "env", .name = "down", .u.host = {"(i)i", call_back, n}};

	wrun_init(w);
	wmod_import_func(&w->m, "env", "down", "(i)i");
	wmod_func(&w->m, "(i)i", "ii", /* locals live across the nested run */
		  CODE(LOCAL_GET(0), LOCAL_SET(1), LOCAL_GET(0), CALL(0), LOCAL_SET(2), LOCAL_GET(2), LOCAL_GET(1),
		       0x6a, LOCAL_GET(0), 0x6b));
	wmod_export(&w->m, "f", WMOD_FUNC, 1);
	w->link.imports = &in;
	w->link.import_count = 1;
	wrun_open(w);
	w->link.imports = NULL;
	n->f = wrun_func(w, "f", "(i)i");
}

static void test_reentrant(void **state)
{
	struct nest n = {0};
	struct wrun w;

	(void)state;
	open_nest(&w, &n);
	for (int depth = 0; depth < 5; depth++) {
		n.deepest = 0;
		assert_int_equal(wrun_i32(&w, "f", depth, 0), 100 + depth);
		assert_int_equal(n.deepest, depth + 1);
	}
	wrun_close(&w);
}

static void test_host_depth(void **state)
{
	struct nest n = {0};
	union ew_value v;
	struct wrun w;

	(void)state;
	open_nest(&w, &n);
	/* The outermost call is not nested in any host function; f(n) makes n nested ones. */
	for (int below = EW_HOST_DEPTH - 1; below <= (int)EW_HOST_DEPTH; below++) {
		v.i32 = below;
		assert_int_equal(ew_call(n.f, &v), EW_OK);
		assert_int_equal(v.i32, 100 + below);
	}
	n.deepest = 0;
	v.i32 = EW_HOST_DEPTH + 1;
	assert_int_equal(ew_call(n.f, &v), EW_ERR_TRAP);
	assert_int_equal(n.deepest, EW_HOST_DEPTH + 1);
	assert_int_equal(n.status, EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_STACK);
	n.deepest = 0;
	assert_int_equal(wrun_i32(&w, "f", 3, 0), 103); /* nothing is left of it */
	wrun_close(&w);
}

/* A host function that catches the guest's trap: the outer run goes on unharmed. */
static enum ew_status catch_trap(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct ew_func *boom;

	(void)user;
	if (ew_func_find(caller, "boom", "()", &boom) != EW_OK)
		return EW_ERR_NOENT;
	values[0].i32 = ew_call(boom, NULL) == EW_ERR_TRAP ? 1 : 0;
	return EW_OK;
}

static void test_trap_inside_is_caught(void **state)
{
	const struct ew_import in[] = {{.module = "env", .name = "try", .u.host = {"()i", catch_trap, NULL}}};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_func(&w.m, "env", "try", "()i");
	wmod_func(&w.m, "()", "", CODE(OP_UNREACHABLE));
	wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), CALL(0), 0x6a, CALL(0), 0x6a));
	wmod_export(&w.m, "boom", WMOD_FUNC, 1);
	wmod_export(&w.m, "f", WMOD_FUNC, 2);
	w.link.imports = in;
	w.link.import_count = 1;
	wrun_open(&w);
	assert_int_equal(wrun_i32(&w, "f", 40, 0), 42);
	wrun_close(&w);
}

/* Memory that grows inside a host call is seen at once by the guest that goes on. */
static enum ew_status grow_and_write(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct ew_memory *m = ew_instance_memory(caller);
	uint8_t *p;

	(void)user;
	if (ew_memory_grow(m, 1) != EW_OK)
		return EW_ERR_NOMEM;
	p = ew_memory_span(m, (uint32_t)ew_memory_size(m) - 4, 4);
	memcpy(p, "\x2a\0\0\0", 4);
	values[0].i32 = (int32_t)ew_memory_size(m) - 4;
	return EW_OK;
}

static void test_memory_moves_in_host(void **state)
{
	const struct ew_import in[] = {{.module = "env", .name = "grow", .u.host = {"()i", grow_and_write, NULL}}};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_func(&w.m, "env", "grow", "()i");
	wmod_memory(&w.m, 1, WMOD_NO_MAX);
	wmod_func(&w.m, "()i", "", CODE(I32_CONST(0), I32_CONST(7), 0x36, 2, 0, CALL(0), 0x28, 2, 0, I32_CONST(0),
					0x28, 2, 0, 0x6a));
	wmod_export(&w.m, "f", WMOD_FUNC, 1);
	w.link.imports = in;
	w.link.import_count = 1;
	wrun_open(&w);
	for (int i = 0; i < 5; i++)
		assert_int_equal(wrun_i32(&w, "f", 0, 0), 49);
	assert_int_equal(ew_memory_size(ew_instance_memory(w.instance)), 6 * 65536);
	wrun_close(&w);
}

/* ---- begin, run, results ---- */

static void test_begin_and_run(void **state)
{
	union ew_value args[2] = {{.i32 = 30}, {.i32 = 12}};
	struct ew_func *f;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "(ii)iI", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x6a, I64_CONST(5)));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wrun_open(&w);
	f = wrun_func(&w, "f", NULL);
	assert_int_equal(ew_call_begin(f, args), EW_OK);
	args[0].i32 = 0; /* they were copied */
	assert_int_equal(ew_instance_run(w.instance, 1000), EW_OK);
	assert_int_equal(ew_instance_results(w.instance)[0].i32, 42);
	assert_true(ew_instance_results(w.instance)[1].i64 == 5);
	wrun_close(&w);
}

/* What the contract forbids is told, and changes nothing. */
static void test_wrong_state(void **state)
{
	union ew_value v[2] = {{.i32 = 1}, {.i32 = 2}};
	struct ew_func *f, *loop;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x6a));
	wmod_func(&w.m, "()", "", CODE(LOOP(T_VOID), BR(0), OP_END));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wmod_export(&w.m, "loop", WMOD_FUNC, 1);
	wrun_open(&w);
	f = wrun_func(&w, "f", NULL);
	loop = wrun_func(&w, "loop", NULL);
	assert_int_equal(ew_resume(w.exec, v), EW_ERR_STATE);
	assert_int_equal(ew_instance_run(w.instance, 5), EW_ERR_STATE);
	ew_cancel(w.exec); /* nothing to cancel */
	assert_int_equal(ew_call_begin(loop, NULL), EW_OK);
	assert_int_equal(ew_instance_run(w.instance, 100), EW_ERR_FUEL);
	assert_int_equal(ew_call(f, v), EW_ERR_STATE); /* a call is suspended here */
	assert_int_equal(ew_call_begin(f, v), EW_ERR_STATE);
	assert_int_equal(ew_instance_run(w.instance, 100), EW_ERR_FUEL); /* and still is */
	ew_cancel(w.exec);
	assert_int_equal(ew_resume(w.exec, v), EW_ERR_STATE);
	ew_exec_set_fuel(w.exec, 1000);
	assert_int_equal(ew_call(f, v), EW_OK);
	assert_int_equal(v[0].i32, 3);
	wrun_close(&w);
}

/* The start function has run when the instance is there. */
static void test_start_function(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_global(&w.m, T_I32, 1, CODE(I32_CONST(1)));
	wmod_func(&w.m, "()", "", CODE(GLOBAL_GET(0), I32_CONST(41), 0x6a, GLOBAL_SET(0)));
	wmod_func(&w.m, "()i", "", CODE(GLOBAL_GET(0)));
	wmod_export(&w.m, "get", WMOD_FUNC, 1);
	wmod_start(&w.m, 0);
	wrun_open(&w);
	assert_int_equal(wrun_i32(&w, "get", 0, 0), 42);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_values_pass),
		cmocka_unit_test(test_calls_allocate_nothing),
		cmocka_unit_test(test_locals_are_zero),
		cmocka_unit_test(test_host_endings),
		cmocka_unit_test(test_trap_text_is_fresh),
		cmocka_unit_test(test_reentrant),
		cmocka_unit_test(test_host_depth),
		cmocka_unit_test(test_trap_inside_is_caught),
		cmocka_unit_test(test_memory_moves_in_host),
		cmocka_unit_test(test_begin_and_run),
		cmocka_unit_test(test_wrong_state),
		cmocka_unit_test(test_start_function),
	};

	return cmocka_run_group_tests_name("wasm/call", tests, NULL, NULL);
}
