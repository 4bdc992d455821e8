/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_threads.c - one module under many threads, and a guest stopped from another thread. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>
#include "wrun.h"

#define THREADS 4
#define ROUNDS 200

struct worker {
	const struct ew_module *module;
	pthread_t thread;
	int id;
	bool ok;
};

/* An instance, an executor and 200 runs of its own; nothing is shared but the module. */
static void *work(void *arg)
{
	struct worker *w = arg;
	struct ew_alloc alloc = ew_alloc_libc();

	w->ok = true;
	for (int round = 0; round < ROUNDS && w->ok; round++) {
		union ew_value v = {.i32 = 12 + w->id};
		struct ew_instance *i;
		struct ew_func *f;

		w->ok = ew_instance_create(&i, w->module, NULL, &alloc, NULL, NULL) == EW_OK &&
			ew_func_find(i, "f", "(i)i", &f) == EW_OK && ew_call(f, &v) == EW_OK &&
			v.i32 == (int32_t[]){144, 233, 377, 610}[w->id];
		if (w->ok)
			ew_instance_destroy(i);
	}
	return NULL;
}

static void test_shared_module(void **state)
{
	struct worker workers[THREADS];
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_memory(&w.m, 1, WMOD_NO_MAX);
	wmod_func(&w.m, "(i)i", "", /* fib */
		  CODE(LOCAL_GET(0), I32_CONST(2), 0x48, IF(T_I32), LOCAL_GET(0), OP_ELSE, LOCAL_GET(0), I32_CONST(1), 0x6b,
		       CALL(0), LOCAL_GET(0), I32_CONST(2), 0x6b, CALL(0), 0x6a, OP_END));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	assert_int_equal(wrun_load(&w), EW_OK);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.module = w.module, .id = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_true(workers[i].ok);
	}
	wrun_close(&w);
}

/* ---- interrupts ---- */

struct stopper {
	struct ew_exec *exec;
	atomic_bool running; /* the guest has begun */
};

static void *stop_it(void *arg)
{
	struct stopper *s = arg;

	while (!atomic_load(&s->running))
		usleep(100);
	usleep(1000);
	ew_exec_interrupt(s->exec);
	return NULL;
}

static enum ew_status note_begin(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)caller;
	(void)values;
	atomic_store(&((struct stopper *)user)->running, true);
	return EW_OK;
}

static const struct {
	const char *row;
	size_t len;
	uint8_t code[16];
} loops[] = {
#define LOOP_ROW(row, ...) {row, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}}
	LOOP_ROW("empty loop", CALL(0), LOOP(T_VOID), BR(0), OP_END),
	LOOP_ROW("loop of calls", CALL(0), LOOP(T_VOID), CALL(1), BR(0), OP_END),
	LOOP_ROW("loop of host calls", LOOP(T_VOID), CALL(0), BR(0), OP_END),
};

static void open_loop(struct wrun *w, size_t i, struct ew_import *in, struct stopper *s)
{
	*in = (struct ew_import){.module = "e", .name = "begin", .u.host = {"()", note_begin, s}};
	wrun_init(w);
	wmod_import_func(&w->m, "e", "begin", "()");
	wmod_func(&w->m, "()", "", NO_CODE);
	wmod_func(&w->m, "()", "", loops[i].code, loops[i].len);
	wmod_export(&w->m, "f", WMOD_FUNC, 2);
	w->link.imports = in;
	w->link.import_count = 1;
	wrun_open(w);
	s->exec = w->exec;
	atomic_init(&s->running, false);
}

static void test_stopped_from_a_thread(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(loops); i++) {
		struct stopper s;
		struct ew_import in;
		pthread_t thread;
		struct wrun w;

		open_loop(&w, i, &in, &s);
		assert_int_equal(pthread_create(&thread, NULL, stop_it, &s), 0);
		check_status(loops[i].row, wrun_call(&w, "f", NULL), EW_ERR_INTERRUPT);
		pthread_join(thread, NULL);
		ew_cancel(w.exec);
		wrun_close(&w);
	}
}

/* The same from a signal handler, as from an ISR. */
static struct ew_exec *volatile alarmed;

static void on_alarm(int number)
{
	(void)number;
	if (alarmed)
		ew_exec_interrupt(alarmed);
}

static void test_stopped_from_a_signal(void **state)
{
	void (*before)(int) = signal(SIGALRM, on_alarm);
	struct stopper s;
	struct ew_import in;
	struct wrun w;

	(void)state;
	open_loop(&w, 0, &in, &s);
	alarmed = w.exec;
	ualarm(2000, 0);
	assert_int_equal(wrun_call(&w, "f", NULL), EW_ERR_INTERRUPT);
	ualarm(2000, 0);
	assert_int_equal(ew_resume(w.exec, NULL), EW_ERR_INTERRUPT);
	alarmed = NULL;
	signal(SIGALRM, before);
	ew_cancel(w.exec);
	wrun_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared_module),
		cmocka_unit_test(test_stopped_from_a_thread),
		cmocka_unit_test(test_stopped_from_a_signal),
	};

	return cmocka_run_group_tests_name("wasm/threads", tests, NULL, NULL);
}
