/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_exceptions.c - throw, throw_ref and try_table: which clause catches, where the values go, what stays as it was;
 * calls, tail calls and instances in between; references and how long they live; fuel; refusals, the switch.
 * What hosts do with exceptions is in test_host_exceptions.c.
 * Source: WebAssembly core specification 3.0.
 */
#include "wexn.h"

#if EW_CONFIG_EXCEPTIONS

#define CODE_OF(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}

/* ---- where an exception is caught, and with what ------------------------------------------------------- */

#define UNCAUGHT INT32_MIN     /* want: the run ends with an exception */
#define TRAPS(code) (INT32_MIN + 1 + (code))

/* A function (i)i, called with a. */
static const struct {
	const char *row;
	int32_t a, want;
	size_t len;
	uint8_t code[80];
} rows[] = {
	{"no exception", 0, 40, CODE_OF(BLOCK(T_VOID), TRY(T_I32, 1), CATCH_ALL(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, I32_CONST(1))},
	{"nobody catches", 1, UNCAUGHT, CODE_OF(LOCAL_GET(0), CALL(THROWER))},
	{"by tag", 1, 1, CODE_OF(BLOCK(T_VOID), TRY(T_I32, 1), CATCH(E0, 0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, I32_CONST(1))},
	{"by another tag", 2, UNCAUGHT, CODE_OF(BLOCK(T_VOID), TRY(T_I32, 1), CATCH(E0, 0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, I32_CONST(1))},
	{"a value", 2, 7, CODE_OF(BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END)},
	{"two values", 3, -1, CODE_OF(BLOCK(B_II), TRY(T_I32, 1), CATCH(E_II, 0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, 0xa7, I32_SUB)},
	{"thrown in the block itself", 9, 109, CODE_OF(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), LOCAL_GET(0), I32_CONST5(100), I32_ADD, THROW(E_I), END, I32_CONST(1), END)},
	{"values from deeper slots", 9, 9, CODE_OF(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), I32_CONST(1), LOCAL_GET(0), I32_CONST(2), I32_ADD, LOCAL_GET(0), THROW(E_I), END, I32_CONST(1), END)},
	{"floats", 0, 3, CODE_OF(BLOCK(B_FF), TRY(T_VOID, 1), CATCH(E_FF, 0), 0x43, 0, 0, 0xa0, 0x3f /* 1.25 */, 0x44, 0, 0, 0, 0, 0, 0, 0xfc, 0x3f /* 1.75 */, THROW(E_FF), END, UNREACHABLE, END,
		0xb6, 0x92, 0xa8)},
	{"the first clause that fits", 2, 22, CODE_OF(BLOCK(T_VOID), BLOCK(T_I32), TRY(T_I32, 3), CATCH(E0, 1), CATCH(E_I, 0), CATCH_ALL(1), LOCAL_GET(0), CALL(THROWER), END, END, I32_CONST(15), I32_ADD, OP_RETURN, END, I32_CONST(1))},
	{"all before a tag", 2, 1, CODE_OF(BLOCK(T_VOID), BLOCK(T_I32), TRY(T_I32, 2), CATCH_ALL(1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, END, OP_RETURN, END, I32_CONST(1))},
	{"the same tag twice", 2, 8, CODE_OF(BLOCK(T_I32), BLOCK(T_I32), TRY(T_I32, 2), CATCH(E_I, 0), CATCH(E_I, 1), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, I32_CONST(1), I32_ADD, OP_RETURN, END)},
	{"all", 3, 1, CODE_OF(BLOCK(T_VOID), TRY(T_I32, 1), CATCH_ALL(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, I32_CONST(1))},
	{"the inner one", 2, 7, CODE_OF(BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, END, OP_RETURN, END, END, I32_CONST(1))},
	{"the outer one", 3, 1, CODE_OF(BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, END, OP_RETURN, END, END, I32_CONST(1))},
	{"not in the handler", 2, UNCAUGHT, CODE_OF(BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, THROW(E_I))},
	{"not before the block", 1, UNCAUGHT, CODE_OF(LOCAL_GET(0), CALL(THROWER), LOCAL_SET(0), BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), END, I32_CONST(2), OP_RETURN, END, I32_CONST(1))},
	{"not behind it", 1, UNCAUGHT, CODE_OF(BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), END, LOCAL_GET(0), CALL(THROWER), OP_RETURN, END, I32_CONST(1))},
	{"without clauses", 1, UNCAUGHT, CODE_OF(TRY(T_I32, 0), LOCAL_GET(0), CALL(THROWER), END)},
	{"to the function's label", 2, 7, CODE_OF(TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END)},
	{"to it with operands below", 2, 7, CODE_OF(I32_CONST(1), LOCAL_GET(0), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, I32_ADD, I32_ADD)},
	{"to it, not taken", 0, 42, CODE_OF(I32_CONST(2), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, I32_ADD)},
	{"to a loop", 5, 0, CODE_OF(LOOP(T_VOID), TRY(T_VOID, 1), CATCH(E0, 0), LOCAL_GET(0), I32_CONST(1), I32_SUB, LOCAL_TEE(0), IF(T_VOID), THROW(E0), END, END, END, LOCAL_GET(0))},
	{"to a loop with a parameter", 3, 4, CODE_OF(I32_CONST(1), LOOP(B_I_I), LOCAL_SET(1), TRY(T_VOID, 1), CATCH(E_I, 0), LOCAL_GET(0), I32_CONST(1), I32_SUB, LOCAL_TEE(0), IF(T_VOID), LOCAL_GET(1), I32_CONST(1), I32_ADD,
		THROW(E_I), END, END, LOCAL_GET(1), I32_CONST(1), I32_ADD, END)},
	{"to an if", 1, 7, CODE_OF(LOCAL_GET(0), IF(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), I32_CONST(7), THROW(E_I), END, UNREACHABLE, OP_ELSE, I32_CONST(1), END)},
	{"to an else", 0, 7, CODE_OF(LOCAL_GET(0), IF(T_I32), I32_CONST(1), OP_ELSE, TRY(T_VOID, 1), CATCH(E_I, 0), I32_CONST(7), THROW(E_I), END, UNREACHABLE, END)},
	{"to a try_table around", 2, 8, CODE_OF(TRY(T_I32, 0), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, END, I32_CONST(1), I32_ADD)},
	{"with parameters", 1, 30, CODE_OF(I32_CONST(10), I32_CONST(20), BLOCK(B_II_I), TRY(B_II_I, 1), CATCH(E_I, 0), I32_ADD, END, END)},
	{"operands below stay", 1, 33, CODE_OF(I32_CONST(30), LOCAL_GET(0), I32_CONST(2), I32_MUL, BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), I32_CONST(9), LOCAL_SET(0), CALL0_THROWS, END, END, I32_CONST(1), I32_ADD, I32_ADD)},
	{"a local's operand below stays", 1, 10, CODE_OF(LOCAL_GET(0), BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), I32_CONST(9), LOCAL_SET(0), CALL0_THROWS, END, END, LOCAL_GET(0), I32_ADD)},
	{"locals are as they were left", 1, 9, CODE_OF(BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), I32_CONST(9), LOCAL_SET(0), CALL0_THROWS, END, END, LOCAL_GET(0))},
	{"through frames", 2, 7, CODE_OF(BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(DEEP), END, OP_RETURN, END)},
	{"frames are as before", 0, 42, CODE_OF(LOCAL_GET(0), CALL(DEEP))},
	{"through one that catches others", 2, 7, CODE_OF(BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(PASS), END, OP_RETURN, END)},
	{"through a table", 2, 7, CODE_OF(BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), I32_CONST(DEEP), CALL_INDIRECT(B_I_I, 0), END, OP_RETURN, END)},
	{"of a tail call", 2, 7, CODE_OF(BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(TAIL), END, OP_RETURN, END)},
	{"in a branch's shadow", 1, 1, CODE_OF(BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), LOCAL_GET(0), BR_IF(1), UNREACHABLE, END, I32_CONST(2), OP_RETURN, END, I32_CONST(1))},
	{"br out of it", 0, 5, CODE_OF(BLOCK(T_VOID), BLOCK(T_I32), TRY(T_VOID, 1), CATCH_ALL(1), I32_CONST(5), BR(1), END, UNREACHABLE, END, OP_RETURN, END, UNREACHABLE)},
	{"return out of it", 0, 5, CODE_OF(BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), I32_CONST(5), OP_RETURN, END, END, I32_CONST(1))},
	{"its own label", 0, 5, CODE_OF(TRY(T_I32, 1), CATCH(E_I, 0), I32_CONST(5), BR(0), END)},
	{"traps pass: unreachable", 4, TRAPS(EW_TRAP_UNREACHABLE), CODE_OF(BLOCK(T_VOID), TRY(T_I32, 1), CATCH_ALL(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, I32_CONST(1))},
	{"traps pass: division", 5, TRAPS(EW_TRAP_DIV_ZERO), CODE_OF(BLOCK(T_VOID), TRY(T_I32, 1), CATCH_ALL(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, I32_CONST(1))},
	{"traps pass: the stack", 0, TRAPS(EW_TRAP_STACK), CODE_OF(BLOCK(T_VOID), TRY(T_I32, 1), CATCH_ALL(0), LOCAL_GET(0), CALL(FIRST_FREE), END, OP_RETURN, END, I32_CONST(1))},
	{"dead code", 0, 3, CODE_OF(I32_CONST(3), OP_RETURN, BLOCK(T_VOID), TRY(T_VOID, 2), CATCH_ALL(0), CATCH(E0, 0), THROW(E0), END, END, UNREACHABLE)},
	{"dead behind a throw", 1, 1, CODE_OF(BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), THROW(E0), I32_CONST(3), I32_ADD, DROP, END, UNREACHABLE, END, I32_CONST(1))},
	/* References. */
	{"a reference", 1, 0, CODE_OF(BLOCK(T_EXN), TRY(T_I32, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, REF_IS_NULL)},
	{"a value and a reference", 2, 7, CODE_OF(BLOCK(B_I_E), TRY(T_I32, 1), CATCH_REF(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, REF_IS_NULL, I32_ADD)},
	{"thrown again", 2, 7, CODE_OF(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), BLOCK(T_EXN), TRY(T_I32, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, THROW_REF, END, UNREACHABLE, END)},
	{"thrown again, uncaught", 2, UNCAUGHT, CODE_OF(BLOCK(T_EXN), TRY(T_I32, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, THROW_REF)},
	{"thrown again, by reference", 3, 0, CODE_OF(BLOCK(T_EXN), TRY(T_VOID, 1), CATCH_ALL_REF(0), BLOCK(T_EXN), TRY(T_I32, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, THROW_REF, END, UNREACHABLE, END, REF_IS_NULL)},
	{"null thrown", 0, TRAPS(EW_TRAP_NULL_EXCEPTION), CODE_OF(BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), REF_NULL_EXN, THROW_REF, END, END, I32_CONST(1))},
	{"an exception in an exception", 2, 7, CODE_OF(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), BLOCK(T_EXN), TRY(T_VOID, 1), CATCH(E_E, 0), BLOCK(T_EXN), TRY(T_I32, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END,
		THROW(E_E), END, UNREACHABLE, END, THROW_REF, END, UNREACHABLE, END)},
	{"in a local, a global, a table", 2, 7, CODE_OF(BLOCK(T_EXN), TRY(T_I32, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, LOCAL_TEE(2), GLOBAL_SET(0), I32_CONST(1), GLOBAL_GET(0), 0x26, 1,
		BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), I32_CONST(1), 0x25, 1, THROW_REF, END, UNREACHABLE, END)},
	{"selected", 2, 7, CODE_OF(BLOCK(T_EXN), TRY(T_I32, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(THROWER), END, OP_RETURN, END, REF_NULL_EXN, LOCAL_GET(0), 0x1c, 1, T_EXN, LOCAL_SET(2),
		BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), LOCAL_GET(2), THROW_REF, END, UNREACHABLE, END)},
	{"an untouched local is null", 0, 1, CODE_OF(LOCAL_GET(2), REF_IS_NULL)},
#if EW_CONFIG_TAIL_CALL
	{"not by who gave up its frame", 2, UNCAUGHT, CODE_OF(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), LOCAL_GET(0), 0x12, THROWER, END, UNREACHABLE, END)},
	{"nor for an indirect tail call", 2, UNCAUGHT, CODE_OF(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), LOCAL_GET(0), I32_CONST(THROWER), 0x13, B_I_I, 0, END, UNREACHABLE, END)},
#endif
#if EW_CONFIG_SIMD
	{"a vector", 9, 18, CODE_OF(BLOCK(T_V128), TRY(T_VOID, 1), CATCH(E_V, 0), I32_CONST(3), LOCAL_GET(0), 0xfd, 0x11, THROW(E_V), END, UNREACHABLE, END, 0xfd, 0x1b, 3, LOCAL_GET(0), I32_ADD)},
#endif
};

static void put_row(struct wrun *w, size_t i)
{
	uint32_t f;

	put_helpers(&w->m);
	f = wmod_func(&w->m, "(i)i", "ie", rows[i].code, rows[i].len);
	wmod_table(&w->m, T_FUNC, FIRST_FREE, FIRST_FREE);
	wmod_table(&w->m, T_EXN, 3, 3);
	wmod_elem(&w->m, 0, (const uint32_t[]){THROWER, DEEP, TAIL, PASS}, FIRST_FREE);
	wmod_global(&w->m, T_EXN, 1, CODE(REF_NULL_EXN));
	wmod_export(&w->m, "f", WMOD_FUNC, f);
}

static void check_row(struct wrun *w, size_t i)
{
	union ew_value v = {.i32 = rows[i].a};
	enum ew_status st = wrun_call(w, "f", &v);
	enum ew_trap_code trap = rows[i].want == UNCAUGHT ? EW_TRAP_EXCEPTION : (enum ew_trap_code)(rows[i].want - INT32_MIN - 1);

	if (rows[i].want > INT32_MIN + 100) {
		if (st == EW_ERR_TRAP)
			fail_msg("%s: %s", rows[i].row, ew_exec_trap(w->exec)->text);
		check_status(rows[i].row, st, EW_OK);
		check_int(rows[i].row, v.i32, rows[i].want);
		return;
	}
	check_status(rows[i].row, st, EW_ERR_TRAP);
	check_int(rows[i].row, ew_exec_trap(w->exec)->code, trap);
	check_true(rows[i].row, (ew_exec_exception(w->exec) != NULL) == (trap == EW_TRAP_EXCEPTION));
}

/* Twice on one instance: nothing is left behind.  Translated at once and function by function. */
static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		for (int lazy = 0; lazy <= EW_CONFIG_LAZY; lazy++) {
			struct wrun w;

			wrun_init(&w);
			w.load.flags = lazy ? EW_MODULE_LAZY : 0;
			put_row(&w, i);
			if (wrun_load(&w) != EW_OK)
				fail_msg("%s: %s", rows[i].row, w.err.text);
			check_status(rows[i].row, wrun_link(&w), EW_OK);
			check_row(&w, i);
			check_row(&w, i);
			wrun_close(&w);
		}
}

/* ---- instances ------------------------------------------------------------------------------------------ */

/* a exports its tag and a function that throws it; b imports both and catches; c is a's module once more. */
static void test_instances(void **state)
{
	struct wrun a, c, b;
	struct ew_import imports[3] = {{.module = "m", .name = "f", .kind = EW_EXTERN_FUNC, .from_instance = true},
				       {.module = "m", .name = "t", .kind = EW_EXTERN_TAG},
				       {.module = "m", .name = "u", .kind = EW_EXTERN_TAG}};
	union ew_value v;

	(void)state;
	wrun_init(&a);
	wmod_tag(&a.m, "(i)");
	wmod_func(&a.m, "()", "", CODE(I32_CONST(11), THROW(0)));
	wmod_export(&a.m, "f", WMOD_FUNC, 0);
	wmod_export(&a.m, "t", WMOD_TAG, 0);
	wrun_open(&a);
	wrun_init(&c);
	c.exec = a.exec;
	c.link.exec = a.exec;
	assert_int_equal(ew_instance_create(&c.instance, a.module, &c.link, &a.mem.alloc, NULL, NULL), EW_OK);

	wrun_init(&b);
	wmod_import_func(&b.m, "m", "f", "()");
	wmod_import_tag(&b.m, "m", "t", "(i)");
	wmod_import_tag(&b.m, "m", "u", "(i)");
	wmod_memory(&b.m, 1, 1);
	wmod_export(&b.m, "f", WMOD_FUNC,
		    wmod_func(&b.m, "()i", "", CODE(BLOCK(T_I32), BLOCK(T_I32), TRY(T_VOID, 2), CATCH(1, 0), CATCH(0, 1), CALL(0), END,
						      UNREACHABLE, END, OP_RETURN, END, 0x2d, 0, 0, I32_CONST(50), I32_ADD)));
	wmod_data(&b.m, 11, "\x05", 1);
	assert_int_equal(wrun_load(&b), EW_OK);
	b.exec = a.exec;
	b.link.imports = imports;
	b.link.import_count = 3;
	assert_int_equal(ew_func_find(a.instance, "f", NULL, &imports[0].u.func), EW_OK);
	assert_int_equal(ew_tag_find(a.instance, "t", &imports[1].u.tag), EW_OK);
	assert_int_equal(ew_tag_find(c.instance, "t", &imports[2].u.tag), EW_OK); /* equal, but not the same */
	assert_int_equal(ew_tag_find(a.instance, "f", &imports[2].u.tag), EW_ERR_TYPE);
	assert_int_equal(ew_tag_find(a.instance, "x", &imports[2].u.tag), EW_ERR_NOENT);
	assert_int_equal(ew_tag_find(c.instance, "t", &imports[2].u.tag), EW_OK);
	assert_int_equal(wrun_link(&b), EW_OK);
	assert_int_equal(wrun_call(&b, "f", &v), EW_OK);
	assert_int_equal(v.i32, 55); /* of b's memory: it is its own again */
	ew_instance_destroy(b.instance);

	imports[1].u.tag = imports[2].u.tag; /* nobody here knows the one that is thrown */
	assert_int_equal(wrun_link(&b), EW_OK);
	assert_int_equal(wrun_call(&b, "f", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(a.exec)->code, EW_TRAP_EXCEPTION);
	check_str("text", ew_exec_trap(a.exec)->text, "uncaught exception \"t\" i32:11");
	assert_int_equal(ew_exec_trap(a.exec)->depth, 2);
	assert_ptr_equal(ew_exec_trap(a.exec)->frames[0].instance, a.instance);
	assert_ptr_equal(ew_exec_trap(a.exec)->frames[1].instance, b.instance);
	ew_instance_destroy(b.instance);
	assert_null(ew_exec_exception(a.exec)); /* went with the group that it was of */
	b.instance = NULL;
	b.exec = NULL;
	ew_instance_destroy(c.instance);
	c.instance = NULL;
	c.exec = NULL;
	ew_instance_destroy(a.instance);
	a.instance = NULL;
	wrun_close(&b);
	wrun_close(&c);
	wrun_close(&a);
}

static const struct {
	const char *row, *signature;
	enum ew_status want;
	const char *says;
} links[] = {
	{"equal", "(iI)", EW_OK, NULL},
	{"fewer", "(i)", EW_ERR_UNLINKABLE, "expects a tag (iI), got a tag (i)"},
	{"others", "(Ii)", EW_ERR_UNLINKABLE, "expects a tag (iI), got a tag (Ii)"},
	{"none", NULL, EW_ERR_UNLINKABLE, "expects a tag (iI), got nothing"},
};

static void test_links(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(links); i++) {
		struct ew_import im = {.module = "m", .name = "t", .kind = EW_EXTERN_TAG};
		struct ew_extern_type type;
		struct wrun w;

		wrun_init(&w);
		wmod_import_tag(&w.m, "m", "t", "(iI)");
		wmod_export(&w.m, "u", WMOD_TAG, 0);
		if (links[i].signature)
			assert_int_equal(ew_tag_create(&im.u.tag, links[i].signature, &w.mem.alloc), EW_OK);
		w.link.imports = &im;
		w.link.import_count = 1;
		assert_int_equal(wrun_load(&w), EW_OK);
		assert_int_equal(ew_module_import(w.module, 0, &type), EW_OK);
		assert_true(type.kind == EW_EXTERN_TAG && type.param_count == 2 && type.params[1] == EW_I64 && type.result_count == 0);
		check_status(links[i].row, wrun_link(&w), links[i].want);
		if (links[i].says)
			check_has(links[i].row, w.err.text, links[i].says);
		if (w.instance)
			ew_instance_destroy(w.instance);
		w.instance = NULL;
		ew_tag_destroy(im.u.tag);
		wrun_close(&w);
	}
}

/* ---- how long references live ------------------------------------------------------------------------------ */

/* keep(n, slots): n times an exception is caught by reference and put into the table, round and round in `slots` entries. */
static void put_keep(struct wmod *m)
{
	wmod_type(m, "()ie");
	wmod_tag(m, "(i)");
	wmod_table(m, T_EXN, 64, 64);
	wmod_export(m, "keep", WMOD_FUNC,
		    wmod_func(m, "(ii)i", "e",
			      CODE(LOOP(T_VOID), BLOCK(0), TRY(T_VOID, 1), CATCH_REF(0, 0), LOCAL_GET(0), THROW(0), END, UNREACHABLE, END,
				   LOCAL_SET(2), DROP, LOCAL_GET(0), LOCAL_GET(1), 0x70, LOCAL_GET(2), 0x26, 0,
				   LOCAL_GET(0), I32_CONST(1), I32_SUB, LOCAL_TEE(0), BR_IF(0), END, LOCAL_GET(0))));
	wmod_export(m, "get", WMOD_FUNC, /* the value in entry k */
		    wmod_func(m, "(i)i", "", CODE(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(0, 0), LOCAL_GET(0), 0x25, 0, THROW_REF, END, UNREACHABLE, END)));
	wmod_export(m, "clear", WMOD_FUNC,
		    wmod_func(m, "()", "", CODE(I32_CONST(0), REF_NULL_EXN, I32_CONST5(64), 0xfc, 0x11, 0)));
}

/* kept: entries at a time.  The one in a local, and one being made, count as well. */
static const struct {
	const char *row;
	int32_t times, kept;
	uint32_t max;
	bool fits;
} lives[] = {
	{"many, one at a time", 100000, 1, 4, true},
	{"many, a few at a time", 10000, 5, 8, true},
	{"at the limit", 8, 8, 8, true},
	{"above it", 9, 9, 8, false},
	{"round and round at the limit", 1000, 7, 8, true},
	{"round and round above", 1000, 8, 8, false},
	{"one", 1, 1, 1, true},
	{"two where one fits", 2, 2, 1, false},
};

static void test_lives(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(lives); i++) {
		union ew_value v[2] = {{.i32 = lives[i].times}, {.i32 = lives[i].kept}};
		size_t before, blocks;
		struct wrun w;

		wrun_init(&w);
		put_keep(&w.m);
		w.link.max_exceptions = lives[i].max;
		wrun_open(&w);
		before = w.mem.live_bytes;
		blocks = w.mem.live_blocks;
		w.mem.peak_bytes = before;
		check_status(lives[i].row, wrun_call(&w, "keep", v), lives[i].fits ? EW_OK : EW_ERR_TRAP);
		if (!lives[i].fits) {
			check_int(lives[i].row, ew_exec_trap(w.exec)->code, EW_TRAP_EXCEPTIONS);
			check_int(lives[i].row, ew_exec_trap(w.exec)->status, EW_ERR_LIMIT);
			check_has(lives[i].row, ew_exec_trap(w.exec)->text, "no room for an exception");
		}
		/* As config.h has it, and the list while it grows. */
		check_true(lives[i].row, w.mem.peak_bytes - before <= (size_t)lives[i].max * (40 + 8) + 3 * (lives[i].max + 8) * sizeof(void *));
		for (int32_t k = 1; lives[i].fits && k <= lives[i].kept; k++) { /* the last that went to entry k */
			v[0].i32 = k % lives[i].kept;
			assert_int_equal(wrun_call(&w, "get", v), EW_OK);
			check_int(lives[i].row, v[0].i32, k);
		}
		assert_int_equal(wrun_call(&w, "clear", v), EW_OK);
		v[0].i32 = v[1].i32 = 1;
		assert_int_equal(wrun_call(&w, "keep", v), EW_OK);
		assert_int_equal(wrun_call(&w, "clear", v), EW_OK);
		check_true(lives[i].row, w.mem.live_blocks <= blocks + 2); /* the list, and the one until another call looks */
		wrun_close(&w);
	}
}

/* What is caught by value alone asks for nothing. */
static void test_by_value(void **state)
{
	struct wrun w;
	size_t requests;

	(void)state;
	wrun_init(&w);
	wmod_tag(&w.m, "(i)");
	wmod_export(&w.m, "f", WMOD_FUNC,
		    wmod_func(&w.m, "(i)i", "", CODE(LOOP(T_VOID), BLOCK(T_I32), TRY(T_VOID, 1), CATCH(0, 0), LOCAL_GET(0), THROW(0), END, UNREACHABLE, END,
						      I32_CONST(1), I32_SUB, LOCAL_TEE(0), BR_IF(0), END, LOCAL_GET(0))));
	wrun_open(&w);
	requests = w.mem.total_bytes;
	assert_int_equal(wrun_i32(&w, "f", 100000, 0), 0);
	assert_true(w.mem.total_bytes == requests);
	wrun_close(&w);
}

/* A chain of exceptions, each holding the one before, hangs on its last link; the others are found through it. */
static void test_chain(void **state)
{
	struct wrun w;

	(void)state;
	for (uint32_t max = 10; max <= 11; max++) {
		union ew_value v = {.i32 = 10};

		wrun_init(&w);
		w.link.max_exceptions = max;
		wmod_tag(&w.m, "(e)");
		wmod_export(&w.m, "f", WMOD_FUNC,
			    wmod_func(&w.m, "(i)i", "e", /* (e)e: thrown, caught by reference, again and again; then undone */
				      CODE(LOOP(T_VOID), BLOCK(T_EXN), TRY(T_VOID, 1), CATCH_ALL_REF(0), LOCAL_GET(1), THROW(0), END, UNREACHABLE, END, LOCAL_SET(1),
					   LOCAL_GET(0), I32_CONST(1), I32_SUB, LOCAL_TEE(0), BR_IF(0), END,
					   /* garbage, so that what is held must be found among it */
					   BLOCK(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), BLOCK(T_EXN), TRY(T_VOID, 1), CATCH_ALL_REF(0), REF_NULL_EXN, THROW(0), END, UNREACHABLE, END, THROW_REF, END, END,
					   LOOP(T_VOID), BLOCK(T_EXN), TRY(T_VOID, 1), CATCH(0, 0), LOCAL_GET(1), THROW_REF, END, UNREACHABLE, END, LOCAL_SET(1),
					   LOCAL_GET(0), I32_CONST(1), I32_ADD, LOCAL_SET(0), LOCAL_GET(1), REF_IS_NULL, 0x45, BR_IF(0), END, LOCAL_GET(0))));
		wrun_open(&w);
		check_status("chain", wrun_call(&w, "f", &v), max == 11 ? EW_OK : EW_ERR_TRAP);
		if (max == 11)
			assert_int_equal(v.i32, 10);
		wrun_close(&w);
	}
}

/* Each allocation of a run fails in turn: a trap that says so, and the next run is as good as new. */
static enum ew_status nomem_body(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_instance_config link = {.struct_bytes = sizeof(link), .max_exceptions = 100};
	struct wrun *w = ctx;
	union ew_value v[2] = {{.i32 = 20}, {.i32 = 20}};
	struct ew_instance *i;
	struct ew_func *f;
	enum ew_status st;

	link.exec = w->exec;
	st = ew_instance_create(&i, w->module, &link, alloc, NULL, NULL);
	if (st != EW_OK)
		return st;
	assert_int_equal(ew_func_find(i, "keep", NULL, &f), EW_OK);
	st = ew_call(f, v);
	if (st == EW_ERR_TRAP) {
		assert_int_equal(ew_exec_trap(w->exec)->code, EW_TRAP_EXCEPTIONS);
		st = ew_exec_trap(w->exec)->status;
	}
	v[0].i32 = v[1].i32 = 20;
	assert_true(ew_call(f, v) == EW_OK || st == EW_ERR_NOMEM);
	ew_instance_destroy(i);
	return st;
}

static void test_nomem(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	put_keep(&w.m);
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(ew_exec_create(&w.exec, &w.stack, &w.mem.alloc), EW_OK);
	assert_true(fail_each(nomem_body, &w, true) > 20);
	wrun_close(&w);
}

/* ---- fuel ------------------------------------------------------------------------------------------------------- */

/* Every instruction that ran counts one, block, loop, try_table and end nothing; the rest of the code thrown over is free. */
static const struct {
	const char *row;
	int32_t a;
	int64_t fuel;
	size_t len;
	uint8_t code[64];
} fuels[] = {
	{"thrown and caught", 0, 5, CODE_OF(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), OP_NOP, I32_CONST(7), THROW(E_I), I32_CONST(1), DROP, END, UNREACHABLE, END, I32_CONST(1), I32_ADD, LOCAL_TEE(0))},
	{"with a line before", 0, 5, CODE_OF(I32_CONST(1), DROP, BLOCK(T_I32), TRY(T_VOID, 1), CATCH(E_I, 0), LOCAL_GET(0), THROW(E_I), END, I32_CONST(1), I32_CONST(2), I32_ADD, END, LOCAL_TEE(0))},
	{"to the function", 0, 4, CODE_OF(I32_CONST(1), DROP, TRY(T_VOID, 1), CATCH(E_I, 0), LOCAL_GET(0), THROW(E_I), END, UNREACHABLE)},
	{"in a callee", 2, 6 + 1, CODE_OF(BLOCK(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), LOCAL_GET(0), CALL(THROWER), END, I32_CONST(1), I32_ADD, END, LOCAL_TEE(0))},
	{"to a loop, 3 times", 3, 8 + 8 + 7 + 1, CODE_OF(LOOP(T_VOID), TRY(T_VOID, 1), CATCH(E0, 0), LOCAL_GET(0), I32_CONST(1), I32_SUB, LOCAL_TEE(0), OP_NOP, I32_CONST(0), 0x47, IF(T_VOID), THROW(E0), END, END, END, LOCAL_GET(0))},
	{"uncaught", 2, 2 + 4, CODE_OF(LOCAL_GET(0), CALL(THROWER))},
};

static void test_fuel(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(fuels); i++)
		for (int64_t portion = 1000; portion > 0; portion = portion == 1000 ? 3 : portion - 1) {
			union ew_value v = {.i32 = fuels[i].a};
			int64_t given = 0;
			enum ew_status st;
			struct wrun w;

			wrun_init(&w);
			put_helpers(&w.m);
			wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, "(i)i", "", fuels[i].code, fuels[i].len));
			wrun_open(&w);
			ew_exec_set_fuel(w.exec, 0);
			assert_int_equal(ew_call_begin(wrun_func(&w, "f", NULL), &v), EW_OK);
			do {
				st = ew_instance_run(w.instance, (uint64_t)portion);
				given += portion;
			} while (st == EW_ERR_FUEL);
			check_true(fuels[i].row, st == EW_OK || st == EW_ERR_TRAP);
			check_int(fuels[i].row, given - ew_exec_fuel(w.exec), fuels[i].fuel);
			wrun_close(&w);
		}
}

/* A loop of nothing but an exception ends as any other. */
static void test_endless(void **state)
{
	union ew_value v;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_tag(&w.m, "()");
	wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, "()", "", CODE(LOOP(T_VOID), TRY(T_VOID, 1), CATCH_ALL(0), THROW(0), END, END)));
	wrun_open(&w);
	ew_exec_set_fuel(w.exec, 1000);
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_FUEL);
	ew_exec_interrupt(w.exec);
	ew_exec_set_fuel(w.exec, EW_FUEL_MAX);
	assert_int_equal(ew_resume(w.exec, NULL), EW_ERR_INTERRUPT);
	ew_cancel(w.exec);
	wrun_close(&w);
}

/* ---- refused ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *row, *signature;
	size_t len;
	uint8_t code[32];
	enum ew_status want;
	const char *says; /* or NULL */
} refused[] = {
	{"throw of no such tag", "()", CODE_OF(THROW(9)), EW_ERR_INVALID, "unknown tag"},
	{"throw without its value", "()", CODE_OF(THROW(E_I)), EW_ERR_INVALID, "type mismatch"},
	{"throw of another type", "()", CODE_OF(I64_CONST(1), THROW(E_I)), EW_ERR_INVALID, "type mismatch"},
	{"throw, anything behind", "()i", CODE_OF(THROW(E0)), EW_OK, NULL},
	{"throw_ref of nothing", "()", CODE_OF(THROW_REF), EW_ERR_INVALID, "type mismatch"},
	{"throw_ref of an externref", "(x)", CODE_OF(LOCAL_GET(0), THROW_REF), EW_ERR_INVALID, "type mismatch"},
	{"throw_ref, anything behind", "(e)i", CODE_OF(LOCAL_GET(0), THROW_REF), EW_OK, NULL},
	{"clause of no such tag", "()", CODE_OF(TRY(T_VOID, 1), CATCH(9, 0), END), EW_ERR_INVALID, "unknown tag"},
	{"clause of no such label", "()", CODE_OF(TRY(T_VOID, 1), CATCH(E0, 1), END), EW_ERR_INVALID, "unknown label"},
	{"clause to the function", "()", CODE_OF(TRY(T_VOID, 1), CATCH(E0, 0), END), EW_OK, NULL},
	{"clause of no such kind", "()", CODE_OF(TRY(T_VOID, 1), 4, 0, END), EW_ERR_MALFORMED, "malformed catch clause"},
	{"clauses cut off", "()", CODE_OF(TRY(T_VOID, 9), CATCH(E0, 0)), EW_ERR_MALFORMED, NULL},
	{"more clauses than bytes", "()", CODE_OF(0x1f, T_VOID, LEB5(0xffffffff), CATCH(E0, 0), END), EW_ERR_MALFORMED, NULL},
	{"label without the value", "()", CODE_OF(TRY(T_VOID, 1), CATCH(E_I, 0), END), EW_ERR_INVALID, "label of a catch clause"},
	{"label of another type", "()I", CODE_OF(TRY(T_I64, 1), CATCH(E_I, 0), I64_CONST(0), END), EW_ERR_INVALID, "label of a catch clause"},
	{"label without the reference", "()i", CODE_OF(TRY(T_I32, 1), CATCH_REF(E_I, 0), I32_CONST(0), END), EW_ERR_INVALID, "label of a catch clause"},
	{"label with too much", "()i", CODE_OF(TRY(T_I32, 1), CATCH_ALL(0), I32_CONST(0), END), EW_ERR_INVALID, "label of a catch clause"},
	{"label of an externref", "()x", CODE_OF(TRY(T_EXTERN, 1), CATCH_ALL_REF(0), 0xd0, T_EXTERN, END), EW_ERR_INVALID, "label of a catch clause"},
	{"label that fits", "()e", CODE_OF(TRY(T_EXN, 1), CATCH_ALL_REF(0), REF_NULL_EXN, END), EW_OK, NULL},
	{"loop's label takes parameters", "()", CODE_OF(LOOP(T_VOID), TRY(T_VOID, 1), CATCH(E0, 0), END, END), EW_OK, NULL},
	{"loop's label without them", "()i", CODE_OF(LOOP(T_I32), TRY(T_I32, 1), CATCH(E_I, 0), I32_CONST(0), END, END), EW_ERR_INVALID, "label of a catch clause"},
	{"its own label is not meant", "()", CODE_OF(TRY(T_I32, 1), CATCH(E_I, 0), I32_CONST(0), END, DROP), EW_ERR_INVALID, "label of a catch clause"},
	{"results missing", "()i", CODE_OF(TRY(T_I32, 0), END), EW_ERR_INVALID, "type mismatch"},
	{"else in it", "()", CODE_OF(TRY(T_VOID, 0), OP_ELSE, END), EW_ERR_MALFORMED, "else without if"},
	{"not closed", "()", CODE_OF(TRY(T_VOID, 0)), EW_ERR_MALFORMED, NULL},
	{"dead, no such tag", "()", CODE_OF(UNREACHABLE, THROW(9)), EW_ERR_INVALID, "unknown tag"},
	{"dead, label of another type", "()", CODE_OF(UNREACHABLE, TRY(T_VOID, 1), CATCH(E_I, 0), END), EW_ERR_INVALID, "label of a catch clause"},
	{"select without a type", "(e)e", CODE_OF(LOCAL_GET(0), LOCAL_GET(0), I32_CONST(0), OP_SELECT), EW_ERR_INVALID, "type mismatch"},
	{"older try", "()", CODE_OF(0x06, T_VOID, 0x19, END), EW_ERR_MALFORMED, "older exception handling"},
	{"older catch", "()", CODE_OF(0x07, 0), EW_ERR_MALFORMED, "older exception handling"},
	{"older rethrow", "()", CODE_OF(0x09, 0), EW_ERR_MALFORMED, "older exception handling"},
	{"older delegate", "()", CODE_OF(0x18, 0), EW_ERR_MALFORMED, "older exception handling"},
	{"older catch_all", "()", CODE_OF(0x19), EW_ERR_MALFORMED, "older exception handling"},
	{"call_ref", "()", CODE_OF(0x14, 0), EW_ERR_MALFORMED, "typed references are not supported"},
	{"an atomic", "()", CODE_OF(0xfe, 3, 0), EW_ERR_MALFORMED, "threads are not supported"},
	{"a structure", "()", CODE_OF(0xfb, 0, 0), EW_ERR_MALFORMED, "garbage collection is not supported"},
	{"an anyref", "()", CODE_OF(BLOCK(0x6e), END), EW_ERR_MALFORMED, NULL},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++)
		for (int lazy = 0; lazy <= EW_CONFIG_LAZY; lazy++) {
			struct wrun w;

			wrun_init(&w);
			w.load.flags = lazy ? EW_MODULE_LAZY : 0;
			put_helpers(&w.m);
			wmod_func(&w.m, refused[i].signature, "", refused[i].code, refused[i].len);
			check_status(refused[i].row, wrun_load(&w), refused[i].want);
			if (refused[i].says)
				check_has(refused[i].row, w.err.text, refused[i].says);
			wrun_close(&w);
		}
}

/* A module in bytes behind the header, with the proposal and with it off. */
static const struct {
	const char *row;
	size_t len;
	uint8_t bytes[40];
	enum ew_status on, off;
} sections[] = {
	{"tag", CODE_OF(1, 5, 1, 0x60, 1, 0x7f, 0, 13, 3, 1, 0, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"no tags", CODE_OF(13, 1, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"tag with a result", CODE_OF(1, 5, 1, 0x60, 0, 1, 0x7f, 13, 3, 1, 0, 0), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"tag of no such type", CODE_OF(1, 4, 1, 0x60, 0, 0, 13, 3, 1, 0, 1), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"tag of attribute 1", CODE_OF(1, 4, 1, 0x60, 0, 0, 13, 3, 1, 1, 0), EW_ERR_MALFORMED, EW_ERR_UNSUPPORTED},
	{"two tags, one there", CODE_OF(1, 4, 1, 0x60, 0, 0, 13, 3, 2, 0, 0), EW_ERR_MALFORMED, EW_ERR_MALFORMED},
	{"imported tag", CODE_OF(1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 'm', 1, 't', 4, 0, 0), EW_ERR_MALFORMED, EW_ERR_UNSUPPORTED},
	{"imported tag, whole", CODE_OF(1, 4, 1, 0x60, 0, 0, 2, 8, 1, 1, 'm', 1, 't', 4, 0, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"exported tag", CODE_OF(1, 4, 1, 0x60, 0, 0, 13, 3, 1, 0, 0, 7, 5, 1, 1, 't', 4, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"export of no such tag", CODE_OF(7, 5, 1, 1, 't', 4, 0), EW_ERR_INVALID, EW_ERR_INVALID},
	{"tags behind globals", CODE_OF(1, 4, 1, 0x60, 0, 0, 6, 1, 0, 13, 3, 1, 0, 0), EW_ERR_MALFORMED, EW_ERR_MALFORMED},
	{"tags before globals", CODE_OF(1, 4, 1, 0x60, 0, 0, 5, 1, 0, 13, 3, 1, 0, 0, 6, 1, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"exnref in a type", CODE_OF(1, 5, 1, 0x60, 1, 0x69, 0), EW_OK, EW_ERR_UNSUPPORTED},
	{"exnref in a global", CODE_OF(6, 6, 1, 0x69, 0, 0xd0, 0x69, 0x0b), EW_OK, EW_ERR_UNSUPPORTED},
	{"exnref in a table", CODE_OF(4, 4, 1, 0x69, 0, 1), EW_OK, EW_ERR_UNSUPPORTED},
	{"exnref in a local", CODE_OF(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 1, 1, 0x69, 0x0b), EW_OK, EW_ERR_UNSUPPORTED},
	{"exnref as a block's type", CODE_OF(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 0, 0x02, 0x69, 0x00, 0x0b, 0x0b), EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"ref.null exn", CODE_OF(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 7, 1, 5, 0, 0xd0, 0x69, 0x1a, 0x0b), EW_OK, EW_ERR_UNSUPPORTED},
	{"throw_ref, dead", CODE_OF(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x00, 0x0a, 0x0b), EW_OK, EW_ERR_UNSUPPORTED},
	{"try_table", CODE_OF(1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x1f, 0x40, 0, 0x0b, 0x0b), EW_OK, EW_ERR_UNSUPPORTED},
};

static void test_sections(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ROWS(sections); i++) {
		size_t k = i / 2;
		struct wrun w;

		wrun_init(&w);
		wb_put(&w.m.custom, sections[k].bytes, sections[k].len);
		w.load.disable = i % 2 ? EW_FEATURE_EXCEPTIONS : 0;
		check_status(sections[k].row, wrun_load(&w), i % 2 ? sections[k].off : sections[k].on);
		if (i % 2 && sections[k].off == EW_ERR_UNSUPPORTED)
			check_has(sections[k].row, w.err.text, "exception handling is disabled");
		wrun_close(&w);
	}
}

static void test_tag_limit(void **state)
{
	(void)state;
	for (uint32_t n = EW_MAX_TAGS - 1; n <= EW_MAX_TAGS + 1; n++) {
		struct wrun w;

		wrun_init(&w);
		for (uint32_t k = 0; k < n; k++)
			wmod_tag(&w.m, "()");
		check_status("tags", wrun_load(&w), n <= EW_MAX_TAGS ? EW_OK : EW_ERR_LIMIT);
		wrun_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	 cmocka_unit_test(test_instances), cmocka_unit_test(test_links),
		cmocka_unit_test(test_lives),	 cmocka_unit_test(test_by_value),  cmocka_unit_test(test_chain),
		cmocka_unit_test(test_nomem),	 cmocka_unit_test(test_fuel),	   cmocka_unit_test(test_endless),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_sections),  cmocka_unit_test(test_tag_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_closed(void **state)
{
	struct ew_tag *tag;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_tag(&w.m, "()");
	assert_int_equal(wrun_load(&w), EW_ERR_UNSUPPORTED);
	check_has("tag", w.err.text, "exception handling is disabled");
	assert_int_equal(ew_tag_create(&tag, "()", &w.mem.alloc), EW_ERR_UNSUPPORTED);
	assert_null(tag);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_closed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
