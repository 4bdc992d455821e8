/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_host_exceptions.c - exceptions and hosts: what nobody catches, what host functions throw, catch and let pass,
 * values of every type, references at the border, tags, limits, the start function.
 */
#include "wexn.h"

#if EW_CONFIG_EXCEPTIONS

/* ---- what nobody catches ----------------------------------------------------------------------------------- */

static void test_uncaught(void **state)
{
	static const uint8_t code[] = {OP_NOP, LOCAL_GET(0), CALL(THROWER)};
	const struct ew_trap *trap;
	const uint8_t *params;
	uint32_t param_count;
	union ew_value v = {.i32 = 3}, got[2];
	struct ew_tag *tag;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	put_helpers(&w.m);
	wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, "(i)i", "", code, sizeof(code)));
	wmod_export(&w.m, "pair", WMOD_TAG, E_II);
	wrun_open(&w);
	assert_null(ew_exec_exception(w.exec));
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP);
	trap = ew_exec_trap(w.exec);
	assert_int_equal(trap->code, EW_TRAP_EXCEPTION);
	check_str("text", trap->text, "uncaught exception \"pair\" i32:5 i64:6");
	check_str("words", ew_trap_text(EW_TRAP_EXCEPTION), "uncaught exception");
	assert_int_equal(trap->frame_count, 2);
	assert_int_equal(trap->frames[0].func, THROWER);
	assert_int_equal(trap->frames[1].func, FIRST_FREE);
	assert_int_equal(trap->frames[1].offset, wrun_offset(&w, code, sizeof(code), 3));
	assert_int_equal(ew_tag_find(w.instance, "pair", &tag), EW_OK);
	assert_ptr_equal(ew_exception_tag(ew_exec_exception(w.exec)), tag);
	ew_tag_type(tag, &params, &param_count);
	assert_true(param_count == 2 && params[0] == EW_I32 && params[1] == EW_I64);
	ew_exception_values(ew_exec_exception(w.exec), got);
	assert_true(got[0].i32 == 5 && got[1].i64 == 6);
	v.i32 = 0; /* the next call forgets it */
	assert_int_equal(wrun_call(&w, "f", &v), EW_OK);
	assert_null(ew_exec_exception(w.exec));
	v.i32 = 1; /* a tag without name or values */
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP);
	check_str("text", ew_exec_trap(w.exec)->text, "uncaught exception");
	wrun_close(&w);
}

static void test_start(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_tag(&w.m, "(i)");
	wmod_start(&w.m, wmod_func(&w.m, "()", "", CODE(I32_CONST(3), THROW(0))));
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(wrun_link(&w), EW_ERR_TRAP);
	assert_int_equal(w.trap.code, EW_TRAP_EXCEPTION);
	check_has("text", w.err.text, "start function: uncaught exception i32:3");
	assert_null(ew_exec_exception(w.exec)); /* it went with the instance */
	wrun_close(&w);
}

/* ---- host functions ------------------------------------------------------------------------------------------ */

enum act {
	GIVES_BACK,	/* what it was given */
	THROWS,		/* its tag, with what it was given */
	THROWS_OTHER,	/* a tag that the guest does not know */
	CALLS,		/* the guest's "inner" with what it was given; a trap it passes on */
	CALLS_AND_GOES_ON, /* gives 1000 instead of a trap */
	CALLS_AND_TRAPS,
	CALLS_AND_FAILS,
	CALLS_AND_THROWS,
	CALLS_TWICE, /* goes on after the first, passes the second on */
};

struct host {
	enum act act;
	struct ew_tag *tag, *other;
	int calls;
};

static enum ew_status inner(struct ew_instance *caller, union ew_value *v)
{
	struct ew_func *f;

	assert_int_equal(ew_func_find(caller, "inner", NULL, &f), EW_OK);
	return ew_call(f, v);
}

static enum ew_status host(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct host *h = user;
	union ew_value v = values[0];
	enum ew_status st;

	h->calls++;
	switch (h->act) {
	case GIVES_BACK: return EW_OK;
	case THROWS: return ew_throw(caller, h->tag, values);
	case THROWS_OTHER: return ew_throw(caller, h->other, NULL);
	default: break;
	}
	st = inner(caller, values);
	if (st != EW_ERR_TRAP)
		return st;
	values[0].i32 = 1000;
	switch (h->act) {
	case CALLS_AND_GOES_ON: return EW_OK;
	case CALLS_AND_TRAPS: ew_trap_set(caller, "no more"); return EW_ERR_TRAP;
	case CALLS_AND_FAILS: return EW_ERR_IO;
	case CALLS_AND_THROWS: return ew_throw(caller, h->tag, values);
	case CALLS_TWICE: return inner(caller, &v);
	default: return st;
	}
}

/* The guest: tag 0 imported (i), function 0 the host's (i)i; inner is thrower; "f" catches tag 0 and E_I, adds 1 or 2. */
static void put_guest(struct wmod *m, bool tail)
{
	wmod_type(m, "(i)i");
	wmod_import_func(m, "m", "host", "(i)i");
	wmod_import_tag(m, "m", "tag", "(i)");
	wmod_tag(m, "(i)"); /* 1: inner's */
	wmod_export(m, "inner", WMOD_FUNC, /* 1 throws 11 by tag 1, 2 traps, others come back */
		    wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), I32_CONST(1), 0x46, IF(T_VOID), I32_CONST(11), THROW(1), END, LOCAL_GET(0), I32_CONST(2), 0x46, IF(T_VOID), UNREACHABLE, END, LOCAL_GET(0))));
	/* Function 2: calls the host in a try_table that catches tag 1. */
	if (tail)
		wmod_func(m, "(i)i", "", CODE(BLOCK(T_I32), TRY(T_VOID, 1), CATCH(1, 0), LOCAL_GET(0), 0x12, 0, END, UNREACHABLE, END, I32_CONST(2), I32_ADD));
	else
		wmod_func(m, "(i)i", "", CODE(BLOCK(T_I32), TRY(T_I32, 1), CATCH(1, 0), LOCAL_GET(0), CALL(0), END, OP_RETURN, END, I32_CONST(2), I32_ADD));
	/* Calls that; catches tag 0. */
	wmod_export(m, "f", WMOD_FUNC,
		    wmod_func(m, "(i)i", "", CODE(BLOCK(T_I32), TRY(T_I32, 1), CATCH(0, 0), LOCAL_GET(0), CALL(2), END, OP_RETURN, END, I32_CONST(1), I32_ADD)));
	wmod_export(m, "all", WMOD_FUNC,
		    wmod_func(m, "(i)i", "", CODE(BLOCK(T_EXN), TRY(T_I32, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(0), END, OP_RETURN, END, DROP, I32_CONST(-1))));
}

#define ENDS(code) (INT32_MIN + (code))

static const struct {
	const char *row, *call;
	enum act act;
	int32_t a, want;
	int32_t tail; /* the same where the host is tail-called */
	const char *says;
} hosts[] = {
	{"comes back", "f", GIVES_BACK, 5, 5, 5, NULL},
	{"throws", "f", THROWS, 5, 6, 6, NULL},
	{"throws, caught with all", "all", THROWS, 5, -1, -1, NULL},
	{"throws what the guest does not know", "f", THROWS_OTHER, 5, ENDS(EW_TRAP_EXCEPTION), ENDS(EW_TRAP_EXCEPTION), "uncaught exception"},
	{"throws what it does not know, caught with all", "all", THROWS_OTHER, 5, -1, -1, NULL},
	{"calls", "f", CALLS, 5, 5, 5, NULL},
	{"lets pass", "f", CALLS, 1, 13, ENDS(EW_TRAP_EXCEPTION), NULL},
	{"lets pass, caught with all", "all", CALLS, 1, -1, -1, NULL},
	{"a trap passes", "all", CALLS, 2, ENDS(EW_TRAP_UNREACHABLE), ENDS(EW_TRAP_UNREACHABLE), "unreachable"},
	{"catches", "f", CALLS_AND_GOES_ON, 1, 1000, 1000, NULL},
	{"makes a trap of it", "all", CALLS_AND_TRAPS, 1, ENDS(EW_TRAP_HOST), ENDS(EW_TRAP_HOST), "no more"},
	{"makes a failure of it", "all", CALLS_AND_FAILS, 1, ENDS(EW_TRAP_HOST), ENDS(EW_TRAP_HOST), NULL},
	{"makes another of it", "f", CALLS_AND_THROWS, 1, 1001, 1001, NULL},
	{"lets the second pass", "f", CALLS_TWICE, 1, 13, ENDS(EW_TRAP_EXCEPTION), NULL},
};

static void run_host(size_t i, bool tail)
{
	struct host h = {.act = hosts[i].act};
	struct ew_import imports[] = {{.module = "m", .name = "host", .kind = EW_EXTERN_FUNC, .u.host = {"(i)i", host, &h}},
				      {.module = "m", .name = "tag", .kind = EW_EXTERN_TAG}};
	int32_t want = tail ? hosts[i].tail : hosts[i].want;
	struct wrun w;

	wrun_init(&w);
	put_guest(&w.m, tail);
	assert_int_equal(ew_tag_create(&h.tag, "(i)", &w.mem.alloc), EW_OK);
	assert_int_equal(ew_tag_create(&h.other, "()", &w.mem.alloc), EW_OK);
	imports[1].u.tag = h.tag;
	w.link.imports = imports;
	w.link.import_count = 2;
	wrun_open(&w);
	for (int times = 1; times <= 3; times++) {
		union ew_value v = {.i32 = hosts[i].a};
		enum ew_status st = wrun_call(&w, hosts[i].call, &v);

		check_int(hosts[i].row, h.calls, times);
		if (want > INT32_MIN + 100) {
			check_status(hosts[i].row, st, EW_OK);
			check_int(hosts[i].row, v.i32, want);
			continue;
		}
		check_status(hosts[i].row, st, EW_ERR_TRAP);
		check_int(hosts[i].row, ENDS((int)ew_exec_trap(w.exec)->code), want);
		if (hosts[i].says)
			check_has(hosts[i].row, ew_exec_trap(w.exec)->text, hosts[i].says);
	}
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_tag_destroy(h.tag);
	ew_tag_destroy(h.other);
	wrun_close(&w);
}

static void test_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(hosts); i++)
		for (int tail = 0; tail <= EW_CONFIG_TAIL_CALL; tail++)
			run_host(i, tail);
}

/* Called by the host itself there is nobody to catch. */
static void test_direct(void **state)
{
	struct host h = {.act = THROWS};
	struct ew_import imports[] = {{.module = "m", .name = "host", .kind = EW_EXTERN_FUNC, .u.host = {"(i)i", host, &h}},
				      {.module = "m", .name = "tag", .kind = EW_EXTERN_TAG}};
	union ew_value v = {.i32 = 8};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_func(&w.m, "m", "host", "(i)i");
	wmod_import_tag(&w.m, "m", "tag", "(i)");
	wmod_export(&w.m, "host", WMOD_FUNC, 0);
	assert_int_equal(ew_tag_create(&h.tag, "(i)", &w.mem.alloc), EW_OK);
	imports[1].u.tag = h.tag;
	w.link.imports = imports;
	w.link.import_count = 2;
	w.link.max_exceptions = 2;
	wrun_open(&w);
	for (int times = 0; times < 5; times++) {
		assert_int_equal(wrun_call(&w, "host", &v), EW_ERR_TRAP);
		assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_EXCEPTION);
		check_str("text", ew_exec_trap(w.exec)->text, "uncaught exception \"tag\" i32:8");
		ew_exception_values(ew_exec_exception(w.exec), &v);
		assert_int_equal(v.i32, 8);
	}
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_tag_destroy(h.tag);
	wrun_close(&w);
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

struct carrier {
	struct ew_tag *tag;
	union ew_value values[8];
	enum ew_status want;
};

static enum ew_status carry(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct carrier *c = user;
	enum ew_status st = ew_throw(caller, c->tag, c->values);

	(void)values;
	assert_int_equal(st, c->want);
	return st;
}

#if EW_CONFIG_SIMD
#define EVERY "(iIfFxVp)"
#else
#define EVERY "(iIfFxp)"
#endif

/* From the host through the guest, which catches and throws again, and back. */
static void test_values(void **state)
{
	struct carrier c = {.want = EW_ERR_TRAP};
	struct ew_import imports[] = {{.module = "m", .name = "carry", .kind = EW_EXTERN_FUNC, .u.host = {"()", carry, &c}},
				      {.module = "m", .name = "tag", .kind = EW_EXTERN_TAG}};
	union ew_value got[8];
	struct ew_func *stranger;
	struct wrun w, other;
	uint32_t n = 0;

	(void)state;
	wrun_init(&other);
	wmod_export(&other.m, "f", WMOD_FUNC, wmod_func(&other.m, "()", "", NO_CODE));
	wrun_open(&other);
	assert_int_equal(ew_func_find(other.instance, "f", NULL, &stranger), EW_OK);

	wrun_init(&w);
	wmod_import_func(&w.m, "m", "carry", "()");
	wmod_import_tag(&w.m, "m", "tag", EVERY);
	{
		char block[16] = "()", *at = block + 2;
		uint32_t type;

		for (const char *s = &EVERY[1]; *s != ')'; s++)
			*at++ = *s;
		type = wmod_type(&w.m, block);
		wmod_export(&w.m, "f", WMOD_FUNC,
			    wmod_func(&w.m, "()", "", CODE(BLOCK((uint8_t)type), TRY(T_VOID, 1), CATCH(0, 0), CALL(0), END, UNREACHABLE, END, THROW(0))));
	}
	assert_int_equal(ew_tag_create(&c.tag, EVERY, &w.mem.alloc), EW_OK);
	imports[1].u.tag = c.tag;
	w.link.imports = imports;
	w.link.import_count = 2;
	wrun_open(&w);
	c.values[n++].i32 = -5;
	c.values[n++].i64 = INT64_MIN;
	c.values[n++].f32 = 1.5f;
	c.values[n++].f64 = -2.25;
	c.values[n++].ref = &c;
	if (EW_CONFIG_SIMD) {
		c.values[n++].u64 = 0x0123456789abcdef;
		c.values[n++].u64 = 0xfedcba9876543210;
	}
	c.values[n].func = wrun_func(&w, "f", NULL);
	assert_int_equal(wrun_call(&w, "f", got), EW_ERR_TRAP);
	check_has("text", ew_exec_trap(w.exec)->text, "uncaught exception \"tag\" i32:-5 i64:-9223372036854775808 f32 f64 externref");
	ew_exception_values(ew_exec_exception(w.exec), got);
	assert_true(got[0].i32 == -5 && got[1].i64 == INT64_MIN && got[2].f32 == 1.5f && got[3].f64 == -2.25);
	assert_ptr_equal(got[4].ref, &c);
	if (EW_CONFIG_SIMD)
		assert_true(got[5].u64 == 0x0123456789abcdef && got[6].u64 == 0xfedcba9876543210);
	assert_ptr_equal(got[n].func, c.values[n].func);
	c.values[n].func = stranger; /* of another group */
	c.want = EW_ERR_INVAL;
	assert_int_equal(wrun_call(&w, "f", got), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_HOST);
	assert_int_equal(ew_exec_trap(w.exec)->status, EW_ERR_INVAL);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_tag_destroy(c.tag);
	wrun_close(&w);
	wrun_close(&other);
}

/* ---- references at the border --------------------------------------------------------------------------------- */

static enum ew_status give_ref(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)caller;
	values[0].ref = *(void **)user;
	return EW_OK;
}

static void test_border(void **state)
{
	void *given = NULL;
	struct ew_import import = {.module = "m", .name = "give", .kind = EW_EXTERN_FUNC, .u.host = {"()e", give_ref, &given}};
	union ew_value v = {.ref = NULL};
	struct ew_global *g;
	struct ew_table *t;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_func(&w.m, "m", "give", "()e");
	wmod_tag(&w.m, "()");
	wmod_table(&w.m, T_EXN, 2, 4);
	wmod_global(&w.m, T_EXN, 1, CODE(REF_NULL_EXN));
	wmod_export(&w.m, "take", WMOD_FUNC, wmod_func(&w.m, "(e)i", "", CODE(LOCAL_GET(0), REF_IS_NULL)));
	wmod_export(&w.m, "make", WMOD_FUNC, wmod_func(&w.m, "()e", "", CODE(BLOCK(T_EXN), TRY(T_VOID, 1), CATCH_ALL_REF(0), THROW(0), END, UNREACHABLE, END)));
	wmod_export(&w.m, "null", WMOD_FUNC, wmod_func(&w.m, "()e", "", CODE(REF_NULL_EXN)));
	wmod_export(&w.m, "ask", WMOD_FUNC, wmod_func(&w.m, "()i", "", CODE(CALL(0), REF_IS_NULL)));
	wmod_export(&w.m, "g", WMOD_GLOBAL, 0);
	wmod_export(&w.m, "t", WMOD_TABLE, 0);
	w.link.imports = &import;
	w.link.import_count = 1;
	wrun_open(&w);
	assert_non_null(wrun_func(&w, "take", "(e)i"));
	assert_int_equal(wrun_call(&w, "take", &v), EW_OK);
	assert_int_equal(v.i32, 1);
	v.ref = &w;
	assert_int_equal(wrun_call(&w, "take", &v), EW_ERR_INVAL);
	assert_int_equal(wrun_call(&w, "null", &v), EW_OK);
	assert_null(v.ref);
	assert_int_equal(wrun_call(&w, "make", &v), EW_OK);
	assert_non_null(v.ref);
	assert_int_equal(wrun_call(&w, "ask", &v), EW_OK);
	assert_int_equal(v.i32, 1);
	given = &w;
	assert_int_equal(wrun_call(&w, "ask", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w.exec)->status, EW_ERR_INVAL);
	assert_int_equal(ew_global_find(w.instance, "g", &g), EW_OK);
	assert_int_equal(ew_global_type(g, NULL), EW_EXNREF);
	v.ref = &w;
	assert_int_equal(ew_global_set(g, v), EW_ERR_INVAL);
	assert_int_equal(ew_table_find(w.instance, "t", &t), EW_OK);
	assert_int_equal(ew_table_set(t, 0, v), EW_ERR_INVAL);
	assert_int_equal(ew_table_grow(t, 1, v), EW_ERR_INVAL);
	v.ref = NULL;
	assert_int_equal(ew_global_set(g, v), EW_OK);
	assert_int_equal(ew_table_set(t, 0, v), EW_OK);
	assert_int_equal(ew_table_grow(t, 1, v), EW_OK);
	assert_null(ew_global_get(g).ref);
	wrun_close(&w);
}

static void test_objects(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	union ew_value v = {.ref = NULL};
	struct ew_global *g;
	struct ew_table *t;

	(void)state;
	assert_int_equal(ew_global_create(&g, EW_EXNREF, true, v, &alloc), EW_OK);
	ew_global_destroy(g);
	v.ref = &v;
	assert_int_equal(ew_global_create(&g, EW_EXNREF, true, v, &alloc), EW_ERR_INVAL);
	assert_int_equal(ew_table_create(&t, EW_EXNREF, 1, 2, &alloc), EW_OK);
	ew_table_destroy(t);
}

/* ---- tags ---------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *signature;
	enum ew_status want;
} tags[] = {
	{"()", EW_OK}, {"(i)", EW_OK}, {"(iIfFpxe)", EW_OK}, {"(iiiiiiiiiiiiiiiiiiiiiiiiiiiiii)", EW_OK},
	{"(V)", EW_CONFIG_SIMD ? EW_OK : EW_ERR_INVAL},
	{"", EW_ERR_INVAL}, {"(", EW_ERR_INVAL}, {"(i", EW_ERR_INVAL}, {"i)", EW_ERR_INVAL}, {")", EW_ERR_INVAL}, {"()i", EW_ERR_INVAL},
	{"(?)", EW_ERR_INVAL}, {"(q)", EW_ERR_INVAL}, {"((i)", EW_ERR_INVAL}, {"() ", EW_ERR_INVAL},
};

static enum ew_status tag_body(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_tag *tag;
	enum ew_status st = ew_tag_create(&tag, ctx, alloc);

	ew_tag_destroy(tag);
	return st;
}

static void test_tags(void **state)
{
	struct fail_alloc mem;

	(void)state;
	for (size_t i = 0; i < ROWS(tags); i++) {
		struct ew_tag *tag;
		const uint8_t *params;
		uint32_t n;

		fail_alloc_init(&mem);
		check_status(tags[i].signature, ew_tag_create(&tag, tags[i].signature, &mem.alloc), tags[i].want);
		check_true(tags[i].signature, (tag != NULL) == (tags[i].want == EW_OK));
		if (tag) {
			ew_tag_type(tag, &params, &n);
			check_int(tags[i].signature, n, strlen(tags[i].signature) - 2);
		}
		ew_tag_destroy(tag);
		fail_alloc_finish(&mem);
	}
	ew_tag_destroy(NULL);
	assert_int_equal(fail_each(tag_body, (void *)(uintptr_t)"(iI)", false), 1);
}

/* ---- limits -------------------------------------------------------------------------------------------------------- */

/* The guest holds n exceptions of its host's in locals. */
static void test_limit(void **state)
{
	struct host h = {.act = THROWS};
	struct ew_import imports[] = {{.module = "m", .name = "host", .kind = EW_EXTERN_FUNC, .u.host = {"(i)i", host, &h}},
				      {.module = "m", .name = "tag", .kind = EW_EXTERN_TAG}};

	(void)state;
	for (uint32_t max = 2; max <= 4; max++) {
		union ew_value v = {.i32 = 8};
		struct wrun w;

		wrun_init(&w);
		wmod_import_func(&w.m, "m", "host", "(i)i");
		wmod_import_tag(&w.m, "m", "tag", "(i)");
#define HOLD(local) BLOCK(T_EXN), TRY(T_VOID, 1), CATCH_ALL_REF(0), LOCAL_GET(0), CALL(0), DROP, END, UNREACHABLE, END, LOCAL_SET(local)
		wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, "(i)i", "eee", CODE(HOLD(1), HOLD(2), HOLD(2), HOLD(3), LOCAL_GET(0))));
		assert_int_equal(ew_tag_create(&h.tag, "(i)", &w.mem.alloc), EW_OK);
		imports[1].u.tag = h.tag;
		w.link.imports = imports;
		w.link.import_count = 2;
		w.link.max_exceptions = max;
		wrun_open(&w);
		check_status("limit", wrun_call(&w, "f", &v), max < 3 ? EW_ERR_TRAP : EW_OK);
		if (max < 3) {
			assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_EXCEPTIONS);
			assert_int_equal(ew_exec_trap(w.exec)->status, EW_ERR_LIMIT);
		}
		ew_instance_destroy(w.instance);
		w.instance = NULL;
		ew_tag_destroy(h.tag);
		wrun_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uncaught), cmocka_unit_test(test_start),	 cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_direct),	 cmocka_unit_test(test_values),	 cmocka_unit_test(test_border),
		cmocka_unit_test(test_objects),	 cmocka_unit_test(test_tags),	 cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* test_exceptions.c says what is left. */
static void test_none(void **state)
{
	struct ew_exec *x;
	struct ew_alloc alloc = ew_alloc_libc();

	(void)state;
	assert_int_equal(ew_exec_create(&x, NULL, &alloc), EW_OK);
	assert_null(ew_exec_exception(x));
	ew_exec_destroy(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_none)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
