/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_wasm_run.c - every limit of running, at, below and above: call depth, value stack, memory pages,
 * table entries.  A guest that meets one gets an error; the instance stays usable.
 */
#include "../wasm/wrun.h"

/* down(n) calls itself n times: n + 1 frames. */
static void build_down(struct wmod *m)
{
	wmod_func(m, "(i)i", "",
		  CODE(LOCAL_GET(0), IF(T_I32), LOCAL_GET(0), I32_CONST(1), 0x6b, CALL(0), I32_CONST(1), 0x6a, OP_ELSE,
		       I32_CONST(0), OP_END));
	wmod_export(m, "down", WMOD_FUNC, 0);
}

static void test_call_depth(void **state)
{
	static const uint32_t depths[] = {1, 2, 3, 16, 100, EW_CALL_DEPTH};

	(void)state;
	for (size_t i = 0; i < ROWS(depths); i++) {
		struct wrun w;

		wrun_init(&w);
		w.stack.call_depth = depths[i];
		w.stack.stack_slots = 16 * EW_CALL_DEPTH; /* not the stack */
		build_down(&w.m);
		wrun_open(&w);
		/* The outermost function is called by the host: call_depth calls of guest by guest fit. */
		for (uint32_t n = depths[i] - 1; n <= depths[i] + 1; n++) {
			union ew_value v = {.u32 = n};
			enum ew_status want = n <= depths[i] ? EW_OK : EW_ERR_TRAP;

			check_status("call depth", wrun_call(&w, "down", &v), want);
			if (want == EW_OK)
				check_int("call depth", v.i32, n);
			else
				check_int("call depth", ew_exec_trap(w.exec)->code, EW_TRAP_STACK);
		}
		assert_int_equal(wrun_i32(&w, "down", 0, 0), 0); /* still alive */
		wrun_close(&w);
	}
}

/* The least stack that down(n) runs on; one slot fewer is EW_TRAP_STACK, and nothing behind is touched. */
static void test_stack_slots(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 20; n++) {
		uint32_t slots = 1;
		bool ok = false;

		for (; !ok && slots < 1000; slots++) {
			union ew_value v = {.u32 = n};
			enum ew_status got;
			struct wrun w;

			wrun_init(&w);
			w.stack.stack_slots = slots;
			build_down(&w.m);
			wrun_open(&w);
			got = wrun_call(&w, "down", &v);
			ok = got == EW_OK;
			if (ok)
				check_int("stack", v.i32, n);
			else
				check_int("stack", ew_exec_trap(w.exec)->code, EW_TRAP_STACK);
			wrun_close(&w);
		}
		assert_true(ok);
		/* A frame is locals, operands and what a call needs: a handful of slots. */
		assert_true(slots >= n + 1 && slots <= 8 * (n + 1) + 8);
	}
}

/* One function with more locals than the whole stack. */
static void test_large_frame(void **state)
{
	static const uint8_t body[] = {1, 0x80, 0x08, T_I64, OP_END}; /* 1024 locals */
	static const uint32_t slots[] = {1, 1000, 1023, 1024, 1025, 1040};

	(void)state;
	for (size_t i = 0; i < ROWS(slots); i++) {
		enum ew_status got;
		struct wrun w;

		wrun_init(&w);
		w.stack.stack_slots = slots[i];
		wmod_func_raw(&w.m, "()", body, sizeof(body));
		wmod_export(&w.m, "f", WMOD_FUNC, 0);
		wrun_open(&w);
		got = wrun_call(&w, "f", NULL);
		if (slots[i] < 1024)
			check_status("frame", got, EW_ERR_TRAP);
		if (slots[i] >= 1040)
			check_status("frame", got, EW_OK);
		wrun_close(&w);
	}
}

/* Endless recursion, direct and mutual and indirect, ends in a trap whatever the limits. */
static void test_endless_recursion(void **state)
{
	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct wrun w;

		wrun_init(&w);
		wmod_type(&w.m, "()");
		wmod_table(&w.m, T_FUNC, 1, 1);
		wmod_elem(&w.m, 0, (const uint32_t[]){0}, 1);
		if (kind == 0)
			wmod_func(&w.m, "()", "", CODE(CALL(0)));
		else if (kind == 1)
			wmod_func(&w.m, "()", "", CODE(CALL(1)));
		else
			wmod_func(&w.m, "()", "", CODE(I32_CONST(0), CALL_INDIRECT(0, 0)));
		wmod_func(&w.m, "()", "II", CODE(CALL(0)));
		wmod_export(&w.m, "f", WMOD_FUNC, 1);
		wrun_open(&w);
		for (int again = 0; again < 3; again++) {
			assert_int_equal(wrun_call(&w, "f", NULL), EW_ERR_TRAP);
			assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_STACK);
			assert_string_equal(ew_exec_trap(w.exec)->text, "call stack exhausted");
			assert_int_equal(ew_exec_trap(w.exec)->frame_count, EW_TRAP_FRAMES);
			assert_true(ew_exec_trap(w.exec)->depth > 1000);
		}
		wrun_close(&w);
	}
}

/* ---- memory ---- */

static const struct {
	const char *row;
	uint32_t min, declared, limit; /* pages; declared WMOD_NO_MAX: none; limit 0: the default */
	bool starts;
	uint32_t reaches; /* pages it can grow to, one by one */
} memories[] = {
	{"declared maximum", 1, 3, 0, true, 3},
	{"limit below the maximum", 1, 5, 3, true, 3},
	{"limit above the maximum", 1, 3, 9, true, 3},
	{"limit without maximum", 1, WMOD_NO_MAX, 4, true, 4},
	{"starts at the limit", 4, WMOD_NO_MAX, 4, true, 4},
	{"starts above the limit", 5, WMOD_NO_MAX, 4, false, 0},
	{"nothing at first", 0, 2, 0, true, 2},
	{"nothing ever", 0, 0, 0, true, 0},
	{"limit of one", 0, WMOD_NO_MAX, 1, true, 1},
};

static void check_memory(size_t i)
{
	const char *row = memories[i].row;
	struct wrun w;

	wrun_init(&w);
	wmod_memory(&w.m, memories[i].min, memories[i].declared);
	wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0), 0x40, 0));
	wmod_func(&w.m, "()i", "", CODE(0x3f, 0));
	wmod_export(&w.m, "grow", WMOD_FUNC, 0);
	wmod_export(&w.m, "size", WMOD_FUNC, 1);
	w.link.max_memory_pages = memories[i].limit;
	check_status(row, wrun_load(&w), EW_OK);
	check_status(row, wrun_link(&w), memories[i].starts ? EW_OK : EW_ERR_LIMIT);
	if (memories[i].starts) {
		struct ew_memory *m = ew_instance_memory(w.instance);

		for (uint32_t pages = memories[i].min; pages < memories[i].reaches; pages++) {
			check_int(row, wrun_i32(&w, "grow", 0, 0), pages);
			check_int(row, wrun_i32(&w, "grow", 1, 0), pages);
			check_int(row, ew_memory_size(m), (pages + 1) * 65536ll);
		}
		check_int(row, wrun_i32(&w, "grow", 1, 0), -1);
		check_int(row, wrun_i32(&w, "grow", 65536, 0), -1);
		check_int(row, wrun_i32(&w, "grow", -1, 0), -1);
		check_true(row, ew_memory_grow(m, 1) == EW_ERR_LIMIT);
		check_int(row, wrun_i32(&w, "size", 0, 0), memories[i].reaches);
	} else {
		check_true(row, w.err.text[0] != '\0');
	}
	wrun_close(&w);
}

static void test_memory_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(memories); i++)
		check_memory(i);
}

/* 65,536 pages: asked for as one zeroed block, never touched; where the machine says no, that is NOMEM. */
static void test_whole_address_space(void **state)
{
	struct ew_memory *m;
	struct fail_alloc mem;
	enum ew_status got;

	(void)state;
	fail_alloc_init(&mem);
	got = ew_memory_create(&m, 65536, UINT32_MAX, &mem.alloc);
	if (got == EW_OK) {
		assert_true(ew_memory_size(m) == 1ull << 32);
		assert_non_null(ew_memory_span(m, 0xffffffff, 1));
		assert_null(ew_memory_span(m, 0xffffffff, 2));
		assert_int_equal(ew_memory_grow(m, 1), EW_ERR_LIMIT);
		ew_memory_destroy(m);
	} else {
		assert_int_equal(got, EW_ERR_NOMEM);
	}
	assert_int_not_equal(ew_memory_create(&m, 65537, UINT32_MAX, &mem.alloc), EW_OK);
	fail_alloc_finish(&mem);
}

/* Growth that the allocator refuses is -1 to the guest, and nothing changes. */
static void test_grow_without_memory(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_memory(&w.m, 1, WMOD_NO_MAX);
	wmod_table(&w.m, T_EXTERN, 1, WMOD_NO_MAX);
	wmod_func(&w.m, "(i)i", "", CODE(I32_CONST(4), I32_CONST(9), 0x36, 2, 0, LOCAL_GET(0), 0x40, 0));
	wmod_func(&w.m, "()i", "", CODE(I32_CONST(4), 0x28, 2, 0));
	wmod_func(&w.m, "(i)i", "", CODE(0xd0, T_EXTERN, LOCAL_GET(0), 0xfc, 15, 0));
	wmod_export(&w.m, "grow", WMOD_FUNC, 0);
	wmod_export(&w.m, "get", WMOD_FUNC, 1);
	wmod_export(&w.m, "more", WMOD_FUNC, 2);
	wrun_open(&w);
	w.mem.fail_at = w.mem.requests + 1;
	assert_int_equal(wrun_i32(&w, "grow", 3, 0), -1);
	w.mem.fail_at = w.mem.requests + 1;
	assert_int_equal(wrun_i32(&w, "more", 1000, 0), -1);
	assert_int_equal(wrun_i32(&w, "get", 0, 0), 9);
	assert_int_equal(ew_memory_size(ew_instance_memory(w.instance)), 65536);
	assert_int_equal(wrun_i32(&w, "grow", 3, 0), 1);
	assert_int_equal(wrun_i32(&w, "more", 1000, 0), 1);
	assert_int_equal(wrun_i32(&w, "get", 0, 0), 9);
	wrun_close(&w);
}

/* ---- tables ---- */

static const struct {
	const char *row;
	uint32_t min, declared, limit;
	bool starts;
	uint32_t reaches;
} tables[] = {
	{"declared maximum", 1, 3, 0, true, 3},
	{"limit below the maximum", 1, 5, 3, true, 3},
	{"limit above the maximum", 1, 3, 9, true, 3},
	{"limit without maximum", 1, WMOD_NO_MAX, 4, true, 4},
	{"starts at the limit", 4, WMOD_NO_MAX, 4, true, 4},
	{"starts above the limit", 5, WMOD_NO_MAX, 4, false, 0},
	{"starts at the default limit", EW_MAX_TABLE_ENTRIES, WMOD_NO_MAX, 0, true, EW_MAX_TABLE_ENTRIES},
	{"starts above the default limit", EW_MAX_TABLE_ENTRIES + 1, WMOD_NO_MAX, 0, false, 0},
	{"as many as can be said", UINT32_MAX, WMOD_NO_MAX, 0, false, 0},
};

static void test_table_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(tables); i++) {
		const char *row = tables[i].row;
		struct wrun w;

		wrun_init(&w);
		wmod_table(&w.m, T_EXTERN, tables[i].min, tables[i].declared);
		wmod_func(&w.m, "(i)i", "", CODE(0xd0, T_EXTERN, LOCAL_GET(0), 0xfc, 15, 0));
		wmod_func(&w.m, "()i", "", CODE(0xfc, 16, 0));
		wmod_export(&w.m, "grow", WMOD_FUNC, 0);
		wmod_export(&w.m, "size", WMOD_FUNC, 1);
		w.link.max_table_entries = tables[i].limit;
		check_status(row, wrun_load(&w), EW_OK);
		check_status(row, wrun_link(&w), tables[i].starts ? EW_OK : EW_ERR_LIMIT);
		if (tables[i].starts) {
			for (uint32_t n = tables[i].min; n < tables[i].reaches; n++)
				check_int(row, wrun_i32(&w, "grow", 1, 0), n);
			check_int(row, wrun_i32(&w, "grow", 0, 0), tables[i].reaches);
			check_int(row, wrun_i32(&w, "grow", 1, 0), -1);
			check_int(row, wrun_i32(&w, "grow", -1, 0), -1);
			check_int(row, wrun_i32(&w, "size", 0, 0), tables[i].reaches);
		} else {
			check_true(row, w.mem.largest_bytes < 8u << 20); /* refused before it was taken */
		}
		wrun_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call_depth),
		cmocka_unit_test(test_stack_slots),
		cmocka_unit_test(test_large_frame),
		cmocka_unit_test(test_endless_recursion),
		cmocka_unit_test(test_memory_pages),
		cmocka_unit_test(test_whole_address_space),
		cmocka_unit_test(test_grow_without_memory),
		cmocka_unit_test(test_table_entries),
	};

	return cmocka_run_group_tests_name("limit/wasm_run", tests, NULL, NULL);
}
