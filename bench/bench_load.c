/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_load.c - what it takes before a guest runs: loading (everything
 * translated, or only validated), instances, the first call, and the memory
 * that all this holds.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgewasm/snapshot.h"
#include "edgewasm/wasm.h"
#include "base/cpu.h"
#include "cpu_text.h"
#include "harness.h"
#include "synth.h"

#define FILES_MAX 16

static const char usage[] =
	"  --module FILE  time loading this .wasm file too; may be repeated\n";

static struct ew_alloc alloc;

/* ---- loading ---- */

struct loading {
	const void *bytes;
	size_t size;
	uint32_t flags;
};

static enum ew_status load(const struct loading *l, struct ew_module **m,
			   struct ew_error *err)
{
	struct ew_module_config config = { .struct_bytes = sizeof(config),
					   .flags = l->flags };

	return ew_module_load(m, l->bytes, l->size, &config, &alloc, err);
}

static bool load_work(void *ctx, uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		struct ew_module *m;

		if (load(ctx, &m, NULL) != EW_OK)
			return false;
		ew_module_free(m);
	}
	return true;
}

/* Bytes of the code section: what internal code is compared with. */
static size_t code_section_bytes(const uint8_t *p, size_t size)
{
	const uint8_t *end = p + size;

	for (p += 8; p < end;) {
		unsigned id = *p++, shift = 0;
		size_t n = 0;

		do
			n |= (size_t)(*p & 0x7f) << shift, shift += 7;
		while (*p++ & 0x80);
		if (id == 10)
			return n;
		p += n;
	}
	return 0;
}

static void bench_module(struct bench *b, const char *name, const void *bytes,
			 size_t size)
{
	struct loading eager = { bytes, size, 0 };
	struct loading lazy = { bytes, size, EW_MODULE_LAZY };
	struct bench_subject subjects[2] = {
		{ .work = load_work, .ctx = &eager },
		{ .work = load_work, .ctx = &lazy },
	};
	size_t held, held_lazy, code, section;
	struct ew_module *m = NULL;
	struct ew_error err = { 0 };
	enum ew_status status = load(&lazy, &m, &err);

	held_lazy = m != NULL ? ew_module_size(m, NULL) : 0;
	ew_module_free(m);
	if (status == EW_OK)
		status = load(&eager, &m, &err);
	if (!bench_check(b, status == EW_OK, "%s: %s", name, err.text))
		return;
	held = ew_module_size(m, &code);
	ew_module_free(m);
	section = code_section_bytes(bytes, size);
	if (!bench_time_all(b, subjects, 2))
		return;
	bench_row(b, name);
	bench_uint(b, "bytes", size);
	bench_num(b, "us", subjects[0].stat.median / 1e3, 1);
	bench_num(b, "MB/s", (double)size * 1e3 / subjects[0].stat.median, 1);
	bench_num(b, "lazy_us", subjects[1].stat.median / 1e3, 1);
	bench_num(b, "lazy_MB/s", (double)size * 1e3 / subjects[1].stat.median, 1);
	bench_pct(b, "spread", subjects[1].stat.spread);
	bench_uint(b, "held", held);
	bench_uint(b, "held_lazy", held_lazy);
	bench_num(b, "code_factor", section ? (double)code / (double)section : 0, 2);
	bench_end(b);
}

static void bench_file(struct bench *b, const char *path)
{
	const char *name = strrchr(path, '/');
	size_t size = 0;
	void *bytes = bench_read_file(path, &size);

	name = name != NULL ? name + 1 : path;
	if (bench_check(b, bytes != NULL, "cannot read %s", path) &&
	    bench_wanted(b, name))
		bench_module(b, name, bytes, size);
	free(bytes);
}

/* A run of the module with so much fuel: what it ends with. */
static bool run(const struct loading *l, union ew_value *v, int64_t *fuel)
{
	struct ew_instance *instance = NULL;
	struct ew_module *m = NULL;
	struct ew_func *f;
	enum ew_status status;
	bool ok;

	ok = load(l, &m, NULL) == EW_OK &&
	     ew_instance_create(&instance, m, NULL, &alloc, NULL, NULL) == EW_OK &&
	     ew_func_find(instance, "run", "(ii)i", &f) == EW_OK;
	if (ok) {
		ew_exec_set_fuel(ew_instance_exec(instance), 1000000);
		v[0].i32 = 12345;
		v[1].i32 = 678;
		status = ew_call(f, v);
		ok = status == EW_OK || status == EW_ERR_FUEL;
		*fuel = ew_exec_fuel(ew_instance_exec(instance));
	}
	ew_instance_destroy(instance);
	ew_module_free(m);
	return ok;
}

/* Over 1 MB, made here, so that the figure can be had everywhere. */
static void bench_synthetic(struct bench *b, const char *name, size_t want)
{
	struct loading l = { .flags = 0 };
	union ew_value eager[2], lazy[2];
	int64_t fuel = 0, fuel_lazy = 1;
	uint8_t *bytes;

	if (!bench_wanted(b, name))
		return;
	bytes = synth_module(want, 1, &l.size);
	l.bytes = bytes;
	if (bench_check(b, bytes != NULL, "no memory for a module")) {
		bool ok = run(&l, eager, &fuel);

		l.flags = EW_MODULE_LAZY;
		ok = ok && run(&l, lazy, &fuel_lazy);
		if (bench_check(b, ok && eager[0].i32 == lazy[0].i32 && fuel == fuel_lazy,
				"%s: loaded lazily it runs another way", name))
			bench_module(b, name, bytes, l.size);
	}
	free(bytes);
}

/* ---- starting ---- */

/* Load, instantiate, find and call: what has to happen before a first answer. */
struct start {
	struct loading load;
	struct ew_exec *exec; /* NULL: one of its own each time, of the default size */
	int32_t want;
};

static bool start_work(void *ctx, uint64_t iters)
{
	const struct start *s = ctx;
	struct ew_instance_config config = { .struct_bytes = sizeof(config),
					     .exec = s->exec };

	for (uint64_t i = 0; i < iters; i++) {
		struct ew_instance *instance = NULL;
		struct ew_module *m = NULL;
		union ew_value v[2] = { { .i32 = 5 }, { .i32 = 0 } };
		struct ew_func *f;
		bool ok;

		ok = load(&s->load, &m, NULL) == EW_OK &&
		     ew_instance_create(&instance, m, &config, &alloc, NULL, NULL) == EW_OK &&
		     ew_func_find(instance, "run", NULL, &f) == EW_OK &&
		     ew_call(f, v) == EW_OK && v[0].i32 == s->want;
		ew_instance_destroy(instance);
		ew_module_free(m);
		if (!ok)
			return false;
	}
	return true;
}

/* What the module gives, and what an instance of it takes. */
static bool try_once(struct start *s, size_t *held)
{
	struct ew_instance_config config = { .struct_bytes = sizeof(config),
					     .exec = s->exec };
	struct ew_instance *instance = NULL;
	struct ew_module *m = NULL;
	union ew_value v[2] = { { .i32 = 5 }, { .i32 = 0 } };
	struct ew_func *f;
	bool ok;

	ok = load(&s->load, &m, NULL) == EW_OK &&
	     ew_instance_create(&instance, m, &config, &alloc, NULL, NULL) == EW_OK &&
	     ew_func_find(instance, "run", NULL, &f) == EW_OK && ew_call(f, v) == EW_OK;
	*held = ok ? ew_instance_size(instance) : 0;
	s->want = v[0].i32;
	ew_instance_destroy(instance);
	ew_module_free(m);
	return ok;
}

static void bench_start(struct bench *b, const char *name, const void *bytes, size_t size)
{
	struct ew_exec_config stack = { .struct_bytes = sizeof(stack),
					.stack_slots = 1024, .call_depth = 64 };
	struct start whole = { .load = { bytes, size, 0 } }, lazy, own;
	struct bench_subject subjects[3] = {
		{ .work = start_work, .ctx = &whole },
		{ .work = start_work, .ctx = &lazy },
		{ .work = start_work, .ctx = &own },
	};
	size_t held = 0;

	if (!bench_check(b, ew_exec_create(&whole.exec, &stack, &alloc) == EW_OK &&
			 try_once(&whole, &held), "%s does not start", name))
		return;
	lazy = own = whole;
	lazy.load.flags = EW_MODULE_LAZY;
	own.exec = NULL;
	if (bench_time_all(b, subjects, 3)) {
		bench_row(b, name);
		bench_uint(b, "bytes", size);
		bench_num(b, "us", subjects[0].stat.median / 1e3, 2);
		bench_num(b, "min_us", subjects[0].stat.min / 1e3, 2);
		bench_num(b, "lazy_us", subjects[1].stat.median / 1e3, 2);
		bench_num(b, "own_exec_us", subjects[2].stat.median / 1e3, 2);
		bench_uint(b, "instance_bytes", held);
		bench_end(b);
	}
	ew_exec_destroy(whole.exec);
}

/* ---- using again ---- */

/*
 * (memory 1) (func (export "run") (param i32) (result i32): eight words at 1024 and at 60000 become the argument; the
 * first is given back.
 */
static const uint8_t writer[] = {
	0, 'a', 's', 'm', 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, 2, 1, 0, 5, 3, 1, 0, 1,
	7, 7, 1, 3, 'r', 'u', 'n', 0, 0, 10, 44, 1, 42, 1, 1, 0x7f,
	3, 0x40, 0x20, 1, 0x20, 0, 0x36, 2, 0x80, 8, 0x20, 1, 0x20, 0, 0x36, 2, 0xe0, 0xd4, 3,
	0x20, 1, 0x41, 4, 0x6a, 0x22, 1, 0x41, 32, 0x49, 0x0d, 0, 0x0b, 0x41, 0, 0x28, 2, 0x80, 8, 0x0b};

struct again {
	struct ew_pool *pool; /* NULL: the same instance, never reset */
	struct ew_instance *instance;
};

static bool again_work(void *ctx, uint64_t iters)
{
	struct again *a = ctx;

	for (uint64_t i = 0; i < iters; i++) {
		struct ew_instance *instance = a->instance;
		union ew_value v = { .i32 = (int32_t)i | 1 };
		struct ew_func *f;

		if ((a->pool && ew_pool_get(a->pool, &instance, NULL) != EW_OK) ||
		    ew_func_at(instance, 0, &f) != EW_OK || ew_call(f, &v) != EW_OK ||
		    v.i32 != ((int32_t)i | 1))
			return false;
		if (a->pool)
			ew_pool_put(a->pool, instance);
	}
	return true;
}

static void bench_again(struct bench *b, const char *name, uint32_t flags)
{
	struct loading l = { writer, sizeof(writer), flags };
	struct again same = { 0 }, pooled = { 0 };
	struct bench_subject subjects[2] = {
		{ .work = again_work, .ctx = &same },
		{ .work = again_work, .ctx = &pooled },
	};
	struct ew_instance_config config = { .struct_bytes = sizeof(config) };
	struct ew_pool_config pool = { .struct_bytes = sizeof(pool), .instance = &config };
	struct ew_module *m = NULL;
	bool ok;

	if (!bench_wanted(b, name))
		return;
	ok = load(&l, &m, NULL) == EW_OK && ew_exec_create(&config.exec, NULL, &alloc) == EW_OK &&
	     ew_instance_create(&same.instance, m, &config, &alloc, NULL, NULL) == EW_OK &&
	     ew_pool_create(&pooled.pool, m, &pool, &alloc) == EW_OK;
	if (bench_check(b, ok, "%s: no pool", name) && bench_time_all(b, subjects, 2)) {
		bench_row(b, name);
		bench_num(b, "call_ns", subjects[0].stat.median, 1);
		bench_num(b, "get_call_put_ns", subjects[1].stat.median, 1);
		bench_num(b, "beyond_call_ns", subjects[1].stat.median - subjects[0].stat.median, 1);
		bench_pct(b, "spread", subjects[1].stat.spread);
		bench_end(b);
	}
	ew_pool_destroy(pooled.pool);
	ew_instance_destroy(same.instance);
	ew_exec_destroy(config.exec);
	ew_module_free(m);
}

/* ---- stopping ---- */

/* (func (export "run") (loop br 0)) */
static const uint8_t endless[] = {
	0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0,
	7, 7, 1, 3, 'r', 'u', 'n', 0, 0, 10, 9, 1, 7, 0, 3, 0x40, 0x0c, 0, 0x0b, 0x0b};

struct stop {
	struct ew_exec *exec;
	atomic_int go; /* the guest is about to run; -1: no more */
	atomic_uint_fast64_t at_ns; /* when it was told to stop */
};

/* The other thread: lets the guest run a while, and stops it. */
static void *stopper(void *arg)
{
	struct stop *s = arg;

	for (;;) {
		int go = atomic_exchange(&s->go, 0);
		uint64_t until = bench_now_ns() + 20000;

		if (go < 0)
			return NULL;
		if (go == 0)
			continue;
		while (bench_now_ns() < until)
			;
		atomic_store(&s->at_ns, bench_now_ns());
		ew_exec_interrupt(s->exec);
	}
}

/* From the flag set by another thread until the call is back: on two cores, if there are two. */
static void bench_stop(struct bench *b, struct ew_func *f, struct stop *s)
{
	double us[BENCH_RUNS_MAX];
	struct bench_stat stat;
	pthread_t thread;
	int cores[BENCH_CORES_MAX];
	unsigned n = bench_cores(cores, BENCH_CORES_MAX);
	bool ok = true;

	if (!bench_check(b, pthread_create(&thread, NULL, stopper, s) == 0, "no thread"))
		return;
	if (n > 1) /* the thread has the core that this one was pinned to */
		bench_pin(cores[0] == b->core ? cores[1] : cores[0]);
	for (unsigned k = 0; k < BENCH_RUNS_MAX && ok; k++) {
		atomic_store(&s->go, 1);
		ok = ew_call(f, NULL) == EW_ERR_INTERRUPT;
		us[k] = (double)(bench_now_ns() - atomic_load(&s->at_ns)) / 1e3;
		ew_cancel(s->exec);
	}
	atomic_store(&s->go, -1);
	pthread_join(thread, NULL);
	if (b->core >= 0)
		bench_pin(b->core);
	if (!bench_check(b, ok, "the guest was not interrupted"))
		return;
	stat = bench_stat_of(us, BENCH_RUNS_MAX);
	bench_row(b, "interrupt");
	bench_num(b, "us", stat.median, 2);
	bench_num(b, "min_us", stat.min, 2);
	bench_num(b, "max_us", stat.max, 2);
	bench_end(b);
}

static void bench_interrupt(struct bench *b)
{
	struct loading l = { endless, sizeof(endless), 0 };
	struct ew_instance *instance = NULL;
	struct ew_module *m = NULL;
	struct ew_func *f = NULL;
	struct stop s = { 0 };
	bool ok;

	if (!bench_wanted(b, "interrupt"))
		return;
	ok = load(&l, &m, NULL) == EW_OK &&
	     ew_instance_create(&instance, m, NULL, &alloc, NULL, NULL) == EW_OK &&
	     ew_func_find(instance, "run", "()", &f) == EW_OK;
	if (bench_check(b, ok, "an endless loop does not load")) {
		s.exec = ew_instance_exec(instance);
		bench_stop(b, f, &s);
	}
	ew_instance_destroy(instance);
	ew_module_free(m);
}

static void bench_starts(struct bench *b)
{
	uint8_t *bytes;
	size_t size;

	if (bench_wanted(b, "trivial start"))
		bench_start(b, "trivial start", writer, sizeof(writer));
	if (bench_wanted(b, "1 KiB start")) {
		bytes = synth_module(600, 2, &size);
		if (bench_check(b, bytes != NULL, "no memory for a module"))
			bench_start(b, "1 KiB start", bytes, size);
		free(bytes);
	}
	bench_interrupt(b);
	bench_again(b, "pool", 0);
	bench_again(b, "pool, tracked", EW_MODULE_TRACK);
}

int main(int argc, char **argv)
{
	static char cpu[CPU_TEXT_BYTES];
	const char *files[FILES_MAX], *file;
	unsigned file_count = 0;
	struct bench b;
	int rc = bench_init(&b, "bench-load",
			    cpu_text(ewi_cpu_features(), cpu), usage, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	while (file_count < FILES_MAX &&
	       (file = bench_option("--module", &argc, argv)) != NULL)
		files[file_count++] = file;
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	b.cpu_time = true;
	alloc = ew_alloc_libc();
	bench_starts(&b);
	bench_synthetic(&b, "synthetic 1.2 MB", 1200000);
	bench_synthetic(&b, "synthetic 8 KB", 8000);
	for (unsigned i = 0; i < file_count; i++)
		bench_file(&b, files[i]);
	return bench_finish(&b);
}
