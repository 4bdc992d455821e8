/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_tail_call.c - return_call and return_call_indirect: values, constant stack, exact fuel, host functions,
 * functions of other instances, traps by offset, refusals, the switch.
 */
#include "wrun.h"

#define RETURN_CALL(f) 0x12, (f)
#define RETURN_CALL_INDIRECT(type, table) 0x13, (type), (table)
#define CODE_OF(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}

/* (func $sum (param n acc) (result i32) n == 0 ? acc : tail $sum(n - 1, acc + n)); an index costs one more. */
#define SUM(tail)                                                                                                      \
	LOCAL_GET(0), 0x45, IF(T_VOID), LOCAL_GET(1), OP_RETURN, OP_END, LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_GET(1), \
		LOCAL_GET(0), 0x6a, tail
enum { SUM_STEP = 3 + 7, SUM_LAST = 5 };

static void open_sum(struct wrun *w, bool indirect, uint32_t slots)
{
	wrun_init(w);
	w->stack.stack_slots = slots;
	w->stack.call_depth = 1;
	wmod_type(&w->m, "(ii)i");
	wmod_table(&w->m, T_FUNC, 1, 1);
	wmod_elem(&w->m, 0, (const uint32_t[]){0}, 1);
	if (indirect)
		wmod_func(&w->m, "(ii)i", "", CODE(SUM(I32_CONST(0)), RETURN_CALL_INDIRECT(0, 0)));
	else
		wmod_func(&w->m, "(ii)i", "", CODE(SUM(RETURN_CALL(0))));
	wmod_export(&w->m, "sum", WMOD_FUNC, 0);
	wrun_open(w);
}

/* A million deep in a stack of five slots and one call frame; each step costs what its instructions cost. */
static void test_deep(void **state)
{
	(void)state;
	for (int indirect = 0; indirect < 2; indirect++) {
		uint32_t n = 1000000, step = SUM_STEP + (uint32_t)indirect;
		struct wrun w;

		open_sum(&w, indirect != 0, indirect ? 6 : 5);
		ew_exec_set_fuel(w.exec, 100000000);
		assert_int_equal((uint32_t)wrun_i32(&w, "sum", (int32_t)n, 7), (uint32_t)(500000500000ull + 7));
		check_int(indirect ? "indirect" : "direct", 100000000 - ew_exec_fuel(w.exec), (uint64_t)n * step + SUM_LAST);
		wrun_close(&w);
	}
}

/* Cut into portions of any size, the same in sum; and stopped from outside between two steps. */
static void test_suspended(void **state)
{
	static const uint64_t portions[] = {1, 7, 100, 12345};
	union ew_value v[2] = {{.i32 = 1000}, {.i32 = 0}};
	enum ew_status status;
	struct wrun w;

	(void)state;
	for (int indirect = 0; indirect < 2; indirect++) {
		open_sum(&w, indirect != 0, 16);
		for (size_t p = 0; p < ROWS(portions); p++) {
			uint64_t given = 0, cost = 1000 * (SUM_STEP + (uint64_t)indirect) + SUM_LAST;

			ew_exec_set_fuel(w.exec, 0);
			assert_int_equal(ew_call_begin(wrun_func(&w, "sum", NULL), v), EW_OK);
			do {
				given += portions[p];
				status = ew_instance_run(w.instance, portions[p]);
			} while (status == EW_ERR_FUEL);
			assert_int_equal(status, EW_OK);
			assert_int_equal(ew_instance_results(w.instance)[0].i32, 500500);
			assert_int_equal((int64_t)given - ew_exec_fuel(w.exec), cost);
		}
		ew_exec_set_fuel(w.exec, EW_FUEL_MAX);
		ew_exec_interrupt(w.exec);
		assert_int_equal(ew_call(wrun_func(&w, "sum", NULL), v), EW_ERR_INTERRUPT);
		assert_int_equal(ew_resume(w.exec, v), EW_OK);
		assert_int_equal(v[0].i32, 500500);
		v[0].i32 = 1000;
		wrun_close(&w);
	}
}

/* ---- values ---- */

static enum ew_status host_swap(void *user, struct ew_instance *caller, union ew_value *v)
{
	union ew_value first = v[0];

	(void)user, (void)caller;
	v[0] = v[1];
	v[1] = first;
	return EW_OK;
}

static enum ew_status host_seven(void *user, struct ew_instance *caller, union ew_value *v)
{
	(void)user, (void)caller;
	v[0].u64 = 0;
	v[0].i32 = 7;
	return EW_OK;
}

static enum ew_status host_nothing(void *user, struct ew_instance *caller, union ew_value *v)
{
	(void)caller, (void)v;
	++*(int *)user;
	return EW_OK;
}

static enum ew_status host_fails(void *user, struct ew_instance *caller, union ew_value *v)
{
	(void)user, (void)v;
	ew_trap_set(caller, "not today");
	return EW_ERR_TRAP;
}

static const struct {
	const char *row;
	size_t len;
	uint8_t code[64]; /* (ii)i */
	int32_t a, b, want;
} values[] = {
	{"swapped arguments", CODE_OF(LOCAL_GET(1), LOCAL_GET(0), RETURN_CALL(4)), 30, 7, -23},
	{"shifted arguments", CODE_OF(LOCAL_GET(1), I32_CONST(9), RETURN_CALL(4)), 30, 7, -2},
	{"fresh arguments", CODE_OF(LOCAL_GET(1), LOCAL_GET(0), 0x6a, LOCAL_GET(0), RETURN_CALL(4)), 30, 7, 7},
	{"behind values that are dropped", CODE_OF(I32_CONST(1), LOCAL_GET(0), I32_CONST(2), LOCAL_GET(1), LOCAL_GET(0), RETURN_CALL(4)), 30, 7, -23},
	{"fewer arguments", CODE_OF(LOCAL_GET(1), RETURN_CALL(5)), 30, 7, 8},
	{"more arguments", CODE_OF(I32_CONST(1), I32_CONST(2), I32_CONST(3), LOCAL_GET(0), LOCAL_GET(1), RETURN_CALL(6)), 30, 7, 32},
	{"callee clears its locals", CODE_OF(I32_CONST(-1), I32_CONST(-1), I32_CONST(-1), I32_CONST(5), RETURN_CALL(7)), 30, 7, 5},
	{"in a block", CODE_OF(BLOCK(T_I32), BLOCK(T_VOID), LOCAL_GET(0), BR_IF(0), I32_CONST(1), RETURN_CALL(5), OP_END,
			       I32_CONST(2), OP_END), 0, 0, 2},
	{"out of a block", CODE_OF(BLOCK(T_I32), BLOCK(T_VOID), LOCAL_GET(0), BR_IF(0), I32_CONST(1), RETURN_CALL(5), OP_END,
				   I32_CONST(3), OP_END), 1, 0, 3},
	{"unreachable code behind", CODE_OF(I32_CONST(1), RETURN_CALL(5), 0x6a, 0x6a, OP_DROP), 1, 0, 2},
	{"unreachable itself", CODE_OF(I32_CONST(1), OP_RETURN, RETURN_CALL(4)), 1, 0, 1},
	{"through a table", CODE_OF(LOCAL_GET(1), LOCAL_GET(0), I32_CONST(1), RETURN_CALL_INDIRECT(0, 0)), 30, 7, -23},
	{"index from a local", CODE_OF(LOCAL_GET(1), LOCAL_GET(1), LOCAL_GET(0), RETURN_CALL_INDIRECT(0, 0)), 1, 7, 0},
	{"unreachable through a table", CODE_OF(I32_CONST(1), OP_RETURN, RETURN_CALL_INDIRECT(0, 0)), 1, 0, 1},
	{"host function", CODE_OF(LOCAL_GET(1), I32_CONST(1), RETURN_CALL(0)), 0, 0, 7},
	{"host function through a table", CODE_OF(LOCAL_GET(0), LOCAL_GET(1), I32_CONST(0), RETURN_CALL_INDIRECT(0, 0)), 0, 0, 7},
};

static struct ew_import host(const char *name, const char *signature, ew_host_fn fn, void *user)
{
	struct ew_import i = {.module = "h", .name = name, .kind = EW_EXTERN_FUNC};

	i.u.host.signature = signature;
	i.u.host.fn = fn;
	i.u.host.user = user;
	return i;
}

static int nothings;
static struct ew_import imports[4];

static void build_values(struct wrun *w)
{
	imports[0] = host("seven", "(ii)i", host_seven, NULL);
	imports[1] = host("swap", "(fF)Ff", host_swap, NULL);
	imports[2] = host("nothing", "()", host_nothing, &nothings);
	imports[3] = host("fails", "(ii)i", host_fails, NULL);
	wrun_init(w);
	w->link.imports = imports;
	w->link.import_count = ROWS(imports);
	wmod_import_func(&w->m, "h", "seven", "(ii)i");
	wmod_import_func(&w->m, "h", "swap", "(fF)Ff");
	wmod_import_func(&w->m, "h", "nothing", "()");
	wmod_import_func(&w->m, "h", "fails", "(ii)i");
	wmod_table(&w->m, T_FUNC, 4, 4);
	wmod_elem(&w->m, 0, (const uint32_t[]){0, 4, 5}, 3);
	wmod_func(&w->m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x6b)); /* 4 */
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), I32_CONST(1), 0x6a));
	wmod_func(&w->m, "(iiiii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x6a, LOCAL_GET(2), 0x6c, LOCAL_GET(3), 0x6a,
					      LOCAL_GET(4), 0x6b));
	wmod_func(&w->m, "(i)i", "iii", CODE(LOCAL_GET(1), LOCAL_GET(2), 0x6a, LOCAL_GET(3), 0x6a, LOCAL_GET(0), 0x6a));
}

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(values); i++) {
		struct wrun w;

		build_values(&w);
		wmod_func(&w.m, "(ii)i", "", values[i].code, values[i].len);
		/* Called by another function, which uses the result at once. */
		wmod_func(&w.m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), CALL(8), I32_CONST(0), 0x6a));
		wmod_export(&w.m, "f", WMOD_FUNC, 8);
		wmod_export(&w.m, "g", WMOD_FUNC, 9);
		wrun_open(&w);
		check_int(values[i].row, wrun_i32(&w, "f", values[i].a, values[i].b), values[i].want);
		check_int(values[i].row, wrun_i32(&w, "g", values[i].a, values[i].b), values[i].want);
		wrun_close(&w);
	}
}

/* Results of other kinds, several, and none, from the host and from a guest, into the one who called the tail caller. */
static void test_kinds(void **state)
{
	union ew_value v[4] = {{.f32 = 1.5f}, {.f64 = 2.5}};
	struct wrun w;

	(void)state;
	build_values(&w);
	wmod_func(&w.m, "(fF)Ff", "", CODE(LOCAL_GET(0), LOCAL_GET(1), RETURN_CALL(1))); /* 8 */
	wmod_func(&w.m, "(fF)fF", "fF", CODE(LOCAL_GET(0), LOCAL_GET(1), CALL(8), LOCAL_SET(2), LOCAL_SET(3), LOCAL_GET(2), LOCAL_GET(3)));
	wmod_func(&w.m, "(fF)f", "", CODE(LOCAL_GET(0), RETURN_CALL(11)));
	wmod_func(&w.m, "(f)f", "", CODE(LOCAL_GET(0), LOCAL_GET(0), 0x92));
	wmod_func(&w.m, "(fF)f", "", CODE(LOCAL_GET(0), LOCAL_GET(1), CALL(10), LOCAL_GET(0), 0x92));
	wmod_func(&w.m, "()", "", CODE(RETURN_CALL(2))); /* 13 */
	wmod_func(&w.m, "()", "", CODE(CALL(13), CALL(13), RETURN_CALL(13)));
	wmod_export(&w.m, "both", WMOD_FUNC, 9);
	wmod_export(&w.m, "direct", WMOD_FUNC, 8);
	wmod_export(&w.m, "thrice", WMOD_FUNC, 12);
	wmod_export(&w.m, "nothing", WMOD_FUNC, 14);
	wrun_open(&w);
	assert_int_equal(wrun_call(&w, "both", v), EW_OK);
	assert_true(v[0].f32 == 1.5f && v[1].f64 == 2.5);
	assert_int_equal(wrun_call(&w, "direct", v), EW_OK);
	assert_true(v[0].f64 == 2.5 && v[1].f32 == 1.5f);
	v[0].f32 = 1.5f;
	assert_int_equal(wrun_call(&w, "thrice", v), EW_OK);
	assert_true(v[0].f32 == 4.5f);
	nothings = 0;
	assert_int_equal(wrun_call(&w, "nothing", v), EW_OK);
	assert_int_equal(nothings, 3);
	wrun_close(&w);
}

/* ---- other instances ---- */

/* ping in one instance and pong in the other, through a shared table; each adds what its own global says. */
#define PING(other)                                                                                                    \
	LOCAL_GET(0), 0x45, IF(T_VOID), LOCAL_GET(1), OP_RETURN, OP_END, LOCAL_GET(0), I32_CONST(1), 0x6b, LOCAL_GET(1), \
		GLOBAL_GET(0), 0x6a, I32_CONST(other), RETURN_CALL_INDIRECT(0, 0)

static void test_instances(void **state)
{
	struct ew_import share = {.module = "h", .name = "t", .kind = EW_EXTERN_TABLE};
	struct ew_module *module;
	struct ew_instance *second;
	union ew_value v[2];
	struct wmod b;
	struct wrun w;
	const uint8_t *bytes;
	size_t size;

	(void)state;
	wrun_init(&w);
	w.stack.call_depth = 3; /* the caller, its call, and one way back between instances */
	wmod_table(&w.m, T_FUNC, 2, 2);
	wmod_global(&w.m, T_I32, 0, CODE(I32_CONST(1)));
	wmod_func(&w.m, "(ii)i", "", CODE(PING(1)));
	wmod_func(&w.m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), CALL(0), GLOBAL_GET(0), 0x6a));
	wmod_elem(&w.m, 0, (const uint32_t[]){0}, 1);
	wmod_export(&w.m, "t", WMOD_TABLE, 0);
	wmod_export(&w.m, "ping", WMOD_FUNC, 0);
	wmod_export(&w.m, "call", WMOD_FUNC, 1);
	wrun_open(&w);
	assert_int_equal(ew_table_find(w.instance, "t", &share.u.table), EW_OK);
	w.link.imports = &share;
	w.link.import_count = 1;
	wmod_init(&b);
	wmod_import_table(&b, "h", "t", T_FUNC, 2, 2);
	wmod_global(&b, T_I32, 0, CODE(I32_CONST(10)));
	wmod_func(&b, "(ii)i", "", CODE(PING(0)));
	wmod_elem(&b, 1, (const uint32_t[]){0}, 1);
	bytes = wmod_finish(&b, &size);
	assert_int_equal(ew_module_load(&module, bytes, size, NULL, &w.mem.alloc, NULL), EW_OK);
	assert_int_equal(ew_instance_create(&second, module, &w.link, &w.mem.alloc, NULL, NULL), EW_OK);
	assert_int_equal(wrun_i32(&w, "ping", 1000000, 0), 5500000);
	assert_int_equal(wrun_i32(&w, "ping", 3, 0), 12);
	assert_int_equal(wrun_i32(&w, "call", 3, 0), 13); /* back in the first, with its own global */
	assert_int_equal(wrun_i32(&w, "call", 4, 0), 23);
	/* In portions: suspended in either of them. */
	ew_exec_set_fuel(w.exec, 0);
	v[0].i32 = 101;
	v[1].i32 = 0;
	assert_int_equal(ew_call_begin(wrun_func(&w, "call", NULL), v), EW_OK);
	while (ew_instance_run(w.instance, 10) == EW_ERR_FUEL)
		;
	assert_int_equal(ew_instance_results(w.instance)[0].i32, 51 + 500 + 1);
	ew_instance_destroy(second);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_module_free(module);
	wmod_free(&b);
	wrun_close(&w);
}

/* The first step into another instance needs a call frame: beside that of the call before, two. */
static void test_cross_room(void **state)
{
	(void)state;
	for (uint32_t depth = 1; depth <= 3; depth++) {
		struct ew_import give = {.module = "h", .name = "f", .kind = EW_EXTERN_FUNC, .from_instance = true};
		struct ew_instance *second;
		struct ew_module *module;
		union ew_value v[1] = {{0}};
		struct ew_func *f;
		const uint8_t *bytes;
		size_t size;
		struct wmod b;
		struct wrun w;

		wrun_init(&w);
		w.stack.call_depth = depth;
		wmod_func(&w.m, "()i", "", CODE(I32_CONST(5)));
		wmod_export(&w.m, "f", WMOD_FUNC, 0);
		wrun_open(&w);
		give.u.func = wrun_func(&w, "f", NULL);
		w.link.imports = &give;
		w.link.import_count = 1;
		wmod_init(&b);
		wmod_import_func(&b, "h", "f", "()i");
		wmod_func(&b, "()i", "", CODE(RETURN_CALL(0)));
		wmod_func(&b, "()i", "", CODE(CALL(1)));
		wmod_export(&b, "f", WMOD_FUNC, 2);
		bytes = wmod_finish(&b, &size);
		assert_int_equal(ew_module_load(&module, bytes, size, NULL, &w.mem.alloc, NULL), EW_OK);
		assert_int_equal(ew_instance_create(&second, module, &w.link, &w.mem.alloc, NULL, NULL), EW_OK);
		assert_int_equal(ew_func_find(second, "f", NULL, &f), EW_OK);
		if (depth < 2) {
			assert_int_equal(ew_call(f, v), EW_ERR_TRAP);
			assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_STACK);
			assert_int_equal(ew_exec_trap(w.exec)->frames[0].func, 1);
			assert_true(ew_exec_trap(w.exec)->frames[0].instance == second);
		} else {
			assert_int_equal(ew_call(f, v), EW_OK);
			assert_int_equal(v[0].i32, 5);
		}
		ew_instance_destroy(second);
		ew_instance_destroy(w.instance);
		w.instance = NULL;
		ew_module_free(module);
		wmod_free(&b);
		wrun_close(&w);
	}
}

/* ---- limits and traps ---- */

/*
 * A host function without arguments and results, called from a frame that ends where the stack ends.  A read behind
 * it is seen by AddressSanitizer, so the stack is a block of its own.
 */
static void test_full_stack(void **state)
{
	struct ew_alloc libc = ew_alloc_libc();
	union ew_value v[1];
	struct ew_import give;
	struct wrun w;

	(void)state;
	for (int tail = 0; tail < 2; tail++) {
		give = host("nothing", "()", host_nothing, &nothings);
		nothings = 0;
		wrun_init(&w);
		w.stack.stack_slots = 1;
		w.link.imports = &give;
		w.link.import_count = 1;
		wmod_import_func(&w.m, "h", "nothing", "()");
		if (tail)
			wmod_func(&w.m, "()", "i", CODE(RETURN_CALL(0)));
		else
			wmod_func(&w.m, "()", "i", CODE(CALL(0)));
		wmod_export(&w.m, "f", WMOD_FUNC, 1);
		assert_int_equal(ew_exec_create(&w.exec, &w.stack, &libc), EW_OK);
		wrun_open(&w);
		assert_int_equal(wrun_call(&w, "f", v), EW_OK);
		assert_int_equal(nothings, 1);
		wrun_close(&w);
	}
}

/* A callee whose frame is larger than its caller's: room at, below, above. */
static void test_stack_room(void **state)
{
	(void)state;
	for (uint32_t slots = 11; slots <= 13; slots++) {
		union ew_value v[2] = {{0}, {0}};
		enum ew_status status;
		struct wrun w;

		wrun_init(&w);
		w.stack.stack_slots = slots;
		w.stack.call_depth = 1;
		wmod_func(&w.m, "()i", "", CODE(RETURN_CALL(1)));
		wmod_func(&w.m, "()i", "iiiiiiiiiii", CODE(I32_CONST(5))); /* 11 locals and an operand */
		wmod_export(&w.m, "f", WMOD_FUNC, 0);
		wrun_open(&w);
		status = wrun_call(&w, "f", v);
		assert_int_equal(status, slots < 12 ? EW_ERR_TRAP : EW_OK);
		if (status == EW_OK) {
			assert_int_equal(v[0].i32, 5);
		} else {
			const struct ew_trap *trap = ew_exec_trap(w.exec);

			assert_int_equal(trap->code, EW_TRAP_STACK);
			assert_int_equal(trap->frames[0].func, 0);
			assert_int_equal(trap->frames[0].offset, wrun_offset(&w, CODE(RETURN_CALL(1)), 0));
			assert_int_equal(trap->depth, 1);
		}
		wrun_close(&w);
	}
}

static const struct {
	const char *row;
	size_t len;
	uint8_t code[16]; /* behind the mark */
	size_t at;	  /* of the tail call in it */
	enum ew_trap_code code_want;
	const char *said;
	unsigned cost;
} traps[] = {
	{"beyond the table", CODE_OF(LOCAL_GET(0), LOCAL_GET(1), I32_CONST(4), RETURN_CALL_INDIRECT(0, 0)), 6, EW_TRAP_UNDEFINED_ELEMENT,
	 "undefined element", 6},
	{"null entry", CODE_OF(LOCAL_GET(0), LOCAL_GET(1), I32_CONST(3), RETURN_CALL_INDIRECT(0, 0)), 6, EW_TRAP_UNINITIALIZED_ELEMENT,
	 "uninitialized element", 6},
	{"another type", CODE_OF(LOCAL_GET(0), LOCAL_GET(1), I32_CONST(2), RETURN_CALL_INDIRECT(0, 0)), 6, EW_TRAP_INDIRECT_TYPE,
	 "indirect call type mismatch", 6},
	{"host function", CODE_OF(LOCAL_GET(0), LOCAL_GET(1), RETURN_CALL(3)), 4, EW_TRAP_HOST, "not today", 5},
};

#define MARK I32_CONST5(0x5ca1ab1e), OP_DROP

static void test_traps(void **state)
{
	static const uint8_t mark[] = {MARK};

	(void)state;
	for (size_t i = 0; i < ROWS(traps); i++) {
		union ew_value v[2] = {{.i32 = 1}, {.i32 = 2}};
		const struct ew_trap *trap;
		struct wbytes code = {0};
		struct wrun w;

		build_values(&w);
		wb_put(&code, mark, sizeof(mark));
		wb_put(&code, traps[i].code, traps[i].len);
		wmod_func(&w.m, "(ii)i", "", code.p, code.len);
		wmod_export(&w.m, "f", WMOD_FUNC, 8);
		wrun_open(&w);
		ew_exec_set_fuel(w.exec, 1000);
		check_status(traps[i].row, wrun_call(&w, "f", v), EW_ERR_TRAP);
		trap = ew_exec_trap(w.exec);
		check_int(traps[i].row, trap->code, traps[i].code_want);
		check_has(traps[i].row, trap->text, traps[i].said);
		check_int(traps[i].row, trap->depth, 1);
		check_int(traps[i].row, trap->frames[0].func, 8);
		check_int(traps[i].row, trap->frames[0].offset, wrun_offset(&w, mark, sizeof(mark), sizeof(mark) + traps[i].at));
		check_int(traps[i].row, 1000 - ew_exec_fuel(w.exec), traps[i].cost);
		wb_free(&code);
		wrun_close(&w);
	}
}

/* A trap behind tail calls: the frames that were replaced are not in the backtrace. */
static void test_backtrace(void **state)
{
	const struct ew_trap *trap;
	union ew_value v[1];
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "()", "", CODE(OP_NOP, CALL(1)));
	wmod_func(&w.m, "()", "", CODE(OP_NOP, RETURN_CALL(2)));
	wmod_func(&w.m, "()", "", CODE(RETURN_CALL(3)));
	wmod_func(&w.m, "()", "", CODE(OP_UNREACHABLE));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wrun_open(&w);
	assert_int_equal(wrun_call(&w, "f", v), EW_ERR_TRAP);
	trap = ew_exec_trap(w.exec);
	assert_int_equal(trap->code, EW_TRAP_UNREACHABLE);
	assert_int_equal(trap->depth, 2);
	assert_int_equal(trap->frames[0].func, 3);
	assert_int_equal(trap->frames[1].func, 0);
	wrun_close(&w);
}

static const struct {
	const char *row, *signature;
	size_t len;
	uint8_t code[24];
	enum ew_status want;
	const char *said;
} refused[] = {
	{"unknown function", "()i", CODE_OF(RETURN_CALL(9)), EW_ERR_INVALID, "unknown function"},
	{"other results", "()I", CODE_OF(I32_CONST(1), RETURN_CALL(0)), EW_ERR_INVALID, "type mismatch"},
	{"results where there are none", "()", CODE_OF(I32_CONST(1), RETURN_CALL(0)), EW_ERR_INVALID, "type mismatch"},
	{"argument missing", "()i", CODE_OF(RETURN_CALL(0)), EW_ERR_INVALID, "type mismatch"},
	{"argument of another type", "()i", CODE_OF(I64_CONST(1), RETURN_CALL(0)), EW_ERR_INVALID, "type mismatch"},
	{"unknown table", "()i", CODE_OF(I32_CONST(1), I32_CONST(0), RETURN_CALL_INDIRECT(0, 2)), EW_ERR_INVALID, "unknown table"},
	{"table of references", "()i", CODE_OF(I32_CONST(1), I32_CONST(0), RETURN_CALL_INDIRECT(0, 1)), EW_ERR_INVALID, "type mismatch"},
	{"unknown type", "()i", CODE_OF(I32_CONST(1), I32_CONST(0), RETURN_CALL_INDIRECT(9, 0)), EW_ERR_INVALID, "unknown type"},
	{"index missing", "()i", CODE_OF(I32_CONST(1), RETURN_CALL_INDIRECT(0, 0)), EW_ERR_INVALID, "type mismatch"},
	{"index of another type", "()i", CODE_OF(I32_CONST(1), I64_CONST(0), RETURN_CALL_INDIRECT(0, 0)), EW_ERR_INVALID, "type mismatch"},
	{"indirect, other results", "()F", CODE_OF(I32_CONST(1), I32_CONST(0), RETURN_CALL_INDIRECT(0, 0)), EW_ERR_INVALID, "type mismatch"},
	{"index cut off", "()i", CODE_OF(0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80), EW_ERR_MALFORMED, "too long"},
	{"in an expression", "()i", CODE_OF(I32_CONST(1), RETURN_CALL(0)), EW_OK, ""},
};

static enum ew_status load_refused(struct wrun *w, size_t i, uint32_t disable)
{
	wrun_init(w);
	w->load.disable = disable;
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0)));
	wmod_table(&w->m, T_FUNC, 1, 1);
	wmod_table(&w->m, T_EXTERN, 1, 1);
	wmod_func(&w->m, refused[i].signature, "", refused[i].code, refused[i].len);
	return wrun_load(w);
}

static void test_refused(void **state)
{
	struct wrun w;

	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		check_status(refused[i].row, load_refused(&w, i, 0), refused[i].want);
		check_has(refused[i].row, w.err.text, refused[i].said);
		wrun_close(&w);
		if (memchr(refused[i].code, 0x12, refused[i].len) || memchr(refused[i].code, 0x13, refused[i].len)) {
			check_status(refused[i].row, load_refused(&w, i, EW_FEATURE_TAIL_CALL), EW_ERR_UNSUPPORTED);
			check_has(refused[i].row, w.err.text, "tail calls are disabled");
			wrun_close(&w);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_suspended),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_cross_room),
		cmocka_unit_test(test_full_stack),
		cmocka_unit_test(test_stack_room),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_backtrace),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("wasm/tail_call", tests, NULL, NULL);
}
