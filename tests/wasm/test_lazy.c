/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_lazy.c - modules whose functions are translated on their first call.  That they do what others do is the spec
 * suite's part (test_spec.c) and the fuzzer's; here is what is theirs alone.
 */
#include <pthread.h>
#include "wrun.h"

#if EW_CONFIG_LAZY

/*
 *	f0(x) = f1(x) through the table; f1(x) = f2(x) + 1; f2(x) = f3(x), a tail call; f3(x) = 12 / x;
 *	f4(x) = f3(x), a tail call through the table
 */
static void build(struct wrun *w)
{
	wrun_init(w);
	wmod_type(&w->m, "(i)i");
	wmod_table(&w->m, T_FUNC, 2, 2);
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), I32_CONST(0), CALL_INDIRECT(0, 0)));
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), CALL(2), I32_CONST(1), 0x6a));
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), 0x12, 3)); /* return_call */
	wmod_func(&w->m, "(i)i", "i", CODE(I32_CONST(12), LOCAL_GET(0), 0x6d));
	wmod_func(&w->m, "(i)i", "", CODE(LOCAL_GET(0), I32_CONST(1), 0x13, 0, 0)); /* return_call_indirect */
	wmod_elem(&w->m, 0, (const uint32_t[]){1, 3}, 2);
	wmod_export(&w->m, "f", WMOD_FUNC, 0);
	wmod_export(&w->m, "tail", WMOD_FUNC, 4);
	w->load.flags = EW_MODULE_LAZY;
}

static size_t code_bytes(const struct wrun *w)
{
	size_t n;

	ew_module_size(w->module, &n);
	return n;
}

static void test_translated_when_called(void **state)
{
	struct wrun w;
	size_t first, size;

	(void)state;
	build(&w);
	wrun_open(&w);
	assert_int_equal(code_bytes(&w), 0);
	size = ew_module_size(w.module, NULL);
	assert_int_equal(wrun_i32(&w, "tail", 4, 0), 3);
	first = code_bytes(&w);
	assert_true(first > 0);
	assert_true(ew_module_size(w.module, NULL) >= size + first);
	assert_int_equal(wrun_i32(&w, "f", 4, 0), 4);
	assert_true(code_bytes(&w) > first);
	first = code_bytes(&w);
	assert_int_equal(wrun_i32(&w, "f", 6, 0), 3); /* nothing more is made */
	assert_int_equal(code_bytes(&w), first);
	wrun_close(&w);
}

/* A second instance finds what the first has had made. */
static void test_shared_by_instances(void **state)
{
	struct ew_instance *second;
	union ew_value v = {.i32 = 4};
	struct ew_func *f;
	struct wrun w;
	size_t n;

	(void)state;
	build(&w);
	wrun_open(&w);
	assert_int_equal(ew_instance_create(&second, w.module, &w.link, &w.mem.alloc, NULL, NULL), EW_OK);
	assert_int_equal(wrun_i32(&w, "f", 4, 0), 4);
	n = code_bytes(&w);
	assert_int_equal(ew_func_find(second, "f", NULL, &f), EW_OK);
	assert_int_equal(ew_call(f, &v), EW_OK);
	assert_int_equal(v.i32, 4);
	assert_int_equal(code_bytes(&w), n);
	ew_instance_destroy(second);
	wrun_close(&w);
}

/* The same backtrace and the same fuel as in code that was there before, on the first call and on the second. */
static void test_traps_alike(void **state)
{
	struct ew_trap seen[3];
	int64_t fuel[3];

	(void)state;
	for (int k = 0; k < 3; k++) {
		union ew_value v = {.i32 = 0};
		struct wrun w;

		build(&w);
		if (k == 0)
			w.load.flags = 0;
		wrun_open(&w);
		for (int call = 0; call < (k == 2 ? 2 : 1); call++) {
			v.i32 = 0;
			ew_exec_set_fuel(w.exec, 1000);
			assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP);
		}
		seen[k] = *ew_exec_trap(w.exec);
		fuel[k] = ew_exec_fuel(w.exec);
		wrun_close(&w);
	}
	for (int k = 1; k < 3; k++) {
		assert_int_equal(seen[k].code, EW_TRAP_DIV_ZERO);
		assert_int_equal(seen[k].depth, seen[0].depth);
		assert_int_equal(fuel[k], fuel[0]);
		for (uint32_t i = 0; i < seen[0].frame_count; i++) {
			assert_int_equal(seen[k].frames[i].func, seen[0].frames[i].func);
			assert_int_equal(seen[k].frames[i].offset, seen[0].frames[i].offset);
		}
	}
}

/* Each allocation of the first calls fails in turn: told, nothing lost, and the next call goes on. */
static void test_no_memory(void **state)
{
	static const char *const names[] = {"f", "tail"};
	size_t failures = 0;

	(void)state;
	for (size_t n = 0; n < ROWS(names); n++) {
		for (size_t at = 1;; at++) {
			union ew_value v = {.i32 = 4};
			enum ew_status status;
			struct wrun w;

			build(&w);
			wrun_open(&w);
			w.mem.fail_at = w.mem.requests + at;
			status = wrun_call(&w, names[n], &v);
			if (status == EW_OK) {
				wrun_close(&w);
				break;
			}
			failures++;
			if (status == EW_ERR_TRAP) { /* a guest called what has no code */
				assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_TRANSLATION);
				assert_int_equal(ew_exec_trap(w.exec)->status, EW_ERR_NOMEM);
				assert_true(ew_exec_trap(w.exec)->depth > 0);
			} else {
				assert_int_equal(status, EW_ERR_NOMEM);
			}
			v.i32 = 4;
			assert_int_equal(wrun_call(&w, names[n], &v), EW_OK);
			assert_int_equal(v.i32, n == 0 ? 4 : 3);
			wrun_close(&w);
		}
	}
	assert_true(failures > 10);
}

/* What a function may not be translated into is only seen when it is called. */
static void test_code_too_large(void **state)
{
	struct wbytes body = {0};
	union ew_value v = {0};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	/* 200 values carried by each of 5,000 branches, to slots other than their own. */
	wb_u32(&body, 0);
	wb_put(&body, CODE(BLOCK(0), I32_CONST(7)));
	for (int i = 0; i < 200; i++)
		wb_put(&body, CODE(I32_CONST(1)));
	for (int i = 0; i < 5000; i++)
		wb_put(&body, CODE(I32_CONST(0), BR_IF(0)));
	wb_put(&body, CODE(BR(0), OP_END));
	for (int i = 0; i < 200; i++)
		wb_u8(&body, OP_DROP);
	wb_put(&body, CODE(OP_END));
	{
		char wide[256] = "()";

		for (int i = 0; i < 200; i++)
			strcat(wide, "i");
		wmod_type(&w.m, wide);
	}
	wmod_func_raw(&w.m, "()", body.p, body.len);
	wmod_func(&w.m, "()", "", CODE(CALL(0)));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wmod_export(&w.m, "g", WMOD_FUNC, 1);
	assert_int_equal(wrun_load(&w), EW_ERR_LIMIT);
	w.load.flags = EW_MODULE_LAZY;
	wrun_open(&w);
	assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_LIMIT);
	assert_int_equal(wrun_call(&w, "g", &v), EW_ERR_TRAP);
	assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_TRANSLATION);
	assert_int_equal(ew_exec_trap(w.exec)->status, EW_ERR_LIMIT);
	assert_int_equal(ew_exec_trap(w.exec)->frames[0].func, 1);
	check_has("text", ew_exec_trap(w.exec)->text, "cannot be translated");
	wb_free(&body);
	wrun_close(&w);
}

/* ---- threads ---- */

#define THREADS 4
#define FUNCTIONS 200

static pthread_barrier_t start_line;

/* All call all functions at about the same time: each is translated by whoever comes first. */
static void *call_all(void *arg)
{
	struct ew_alloc alloc = ew_alloc_libc();
	union ew_value v = {.i32 = 0};
	struct ew_instance *i;
	struct ew_func *f;
	bool ok;

	ok = ew_instance_create(&i, arg, NULL, &alloc, NULL, NULL) == EW_OK &&
	     ew_func_find(i, "f", "(i)i", &f) == EW_OK;
	pthread_barrier_wait(&start_line);
	ok = ok && ew_call(f, &v) == EW_OK && v.i32 == FUNCTIONS - 1;
	ew_instance_destroy(i);
	return ok ? arg : NULL;
}

static void test_threads(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	pthread_t threads[THREADS];

	(void)state;
	pthread_barrier_init(&start_line, NULL, THREADS);
	for (int round = 0; round < 50; round++) {
		struct wrun w;
		struct ew_module *m;
		size_t used;

		wrun_init(&w);
		for (int k = 0; k < FUNCTIONS - 1; k++)
			wmod_func(&w.m, "(i)i", "",
				  CODE(LOCAL_GET(0), I32_CONST(1), 0x6a, 0x10, (uint8_t)(0x80 | ((k + 1) & 0x7f)),
				       (uint8_t)((k + 1) >> 7)));
		wmod_func(&w.m, "(i)i", "", CODE(LOCAL_GET(0)));
		wmod_export(&w.m, "f", WMOD_FUNC, 0);
		w.bytes = wmod_finish(&w.m, &w.size);
		w.load.flags = EW_MODULE_LAZY;
		assert_int_equal(ew_module_load(&m, w.bytes, w.size, &w.load, &alloc, &w.err), EW_OK);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, call_all, m), 0);
		for (int i = 0; i < THREADS; i++) {
			void *result;

			pthread_join(threads[i], &result);
			assert_ptr_equal(result, m);
		}
		ew_module_size(m, &used);
		assert_true(used > 0);
		ew_module_free(m);
		wrun_close(&w);
	}
	pthread_barrier_destroy(&start_line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_translated_when_called),
		cmocka_unit_test(test_shared_by_instances),
		cmocka_unit_test(test_traps_alike),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_code_too_large),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("wasm/lazy", tests, NULL, NULL);
}
#else
int main(void)
{
	puts("0 passed, 0 failed, 0 skipped: EW_CONFIG_LAZY is 0");
	return 0;
}
#endif
