/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_wasm_arena.c - a guest on a static arena: it takes a size that is known, one byte less is refused, and nothing is
 * allocated once the instance is there, whatever happens in calls.
 */
#include <stdalign.h>
#include "../wasm/wrun.h"

/* An arena behind a gate: what comes through when it is shut is an allocation that must not be. */
struct gate {
	struct ew_arena arena;
	struct ew_alloc inner, alloc;
	bool shut;
	unsigned asked;
};

static void *through(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	struct gate *g = ctx;

	if (g->shut) {
		g->asked++;
		return NULL;
	}
	return g->inner.resize(g->inner.ctx, block, old_bytes, new_bytes);
}

static alignas(EW_ALIGN) unsigned char region[1 << 18];

static void gate_open(struct gate *g, size_t bytes)
{
	memset(g, 0, sizeof(*g));
	ew_arena_init(&g->arena, region, bytes);
	g->inner = ew_arena_alloc(&g->arena);
	g->alloc = (struct ew_alloc){through, g};
}

static enum ew_status host(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct ew_func *f;

	(void)user;
	if (values[0].i32 == 0)
		return EW_ERR_IO;
	if (ew_memory_span(ew_instance_memory(caller), 0, 16) == NULL || ew_func_find(caller, "add", "(i)i", &f) != EW_OK)
		return EW_ERR_STATE;
	return ew_call(f, values); /* the guest again */
}

static void build(struct wmod *m)
{
	wmod_init(m);
	wmod_type(m, "(i)i");
	wmod_import_func(m, "e", "host", "(i)i");
	wmod_memory(m, 1, 1);
	wmod_table(m, T_FUNC, 4, 4);
	wmod_global(m, T_I32, 1, CODE(I32_CONST(3)));
	wmod_export(m, "add", WMOD_FUNC, wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), I32_CONST(1), 0x6a)));
	wmod_export(m, "call host", WMOD_FUNC, wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), CALL(0))));
	wmod_export(m, "divide", WMOD_FUNC, wmod_func(m, "(i)i", "", CODE(I32_CONST(60), LOCAL_GET(0), 0x6d)));
	wmod_export(m, "deep", WMOD_FUNC, wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), CALL(3))));
	wmod_export(m, "for ever", WMOD_FUNC, wmod_func(m, "(i)i", "", CODE(LOOP(T_VOID), BR(0), OP_END, LOCAL_GET(0))));
	wmod_export(m, "recurse", WMOD_FUNC, wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), CALL(6))));
	wmod_export(m, "indirect", WMOD_FUNC, wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), I32_CONST(1), CALL_INDIRECT(0, 0))));
	wmod_export(m, "bulk", WMOD_FUNC,
		    wmod_func(m, "(i)i", "",
			      CODE(I32_CONST(0), I32_CONST(1), I32_CONST(32), 0xfc, 11, 0, I32_CONST(40), I32_CONST(0), I32_CONST(16),
				   0xfc, 10, 0, 0, I32_CONST(0), 0x28, 2, 0)));
	wmod_export(m, "full", WMOD_FUNC, wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0), 0x40, 0)));
	wmod_elem(m, 1, (const uint32_t[]){1}, 1);
}

/* All of it in one arena: a module, an executor, an instance. */
static enum ew_status open_all(struct gate *g, struct wmod *m, struct ew_module **module, struct ew_exec **exec,
			       struct ew_instance **instance)
{
	struct ew_import in = {.module = "e", .name = "host", .u.host = {"(i)i", host, NULL}};
	struct ew_exec_config stack = {sizeof(stack), .stack_slots = 128, .call_depth = 16};
	struct ew_instance_config link = {.struct_bytes = sizeof(link), .imports = &in, .import_count = 1};
	enum ew_status st;
	const uint8_t *bytes;
	size_t size;

	bytes = wmod_finish(m, &size);
	st = ew_module_load(module, bytes, size, NULL, &g->alloc, NULL);
	if (st == EW_OK)
		st = ew_exec_create(exec, &stack, &g->alloc);
	link.exec = *exec;
	if (st == EW_OK)
		st = ew_instance_create(instance, *module, &link, &g->alloc, NULL, NULL);
	return st;
}

/* The size that is needed, found with more than enough; then exactly that, less and more. */
static void test_sizes(void **state)
{
	struct ew_instance *instance;
	struct ew_module *module;
	struct ew_exec *exec;
	struct wmod m;
	struct gate g;
	size_t need;

	(void)state;
	build(&m);
	gate_open(&g, sizeof(region));
	assert_int_equal(open_all(&g, &m, &module, &exec, &instance), EW_OK);
	need = ew_arena_peak(&g.arena);
	assert_true(need > 65536 && need < sizeof(region));
	for (int more = -1; more <= 1; more++) {
		gate_open(&g, (size_t)((long)need + more));
		exec = NULL;
		assert_int_equal(open_all(&g, &m, &module, &exec, &instance), more < 0 ? EW_ERR_NOMEM : EW_OK);
		assert_true(ew_arena_peak(&g.arena) <= need + 1);
	}
	wmod_free(&m);
}

static const struct {
	const char *name;
	int32_t argument;
	enum ew_status status;
	int32_t result;
} calls[] = {
	{"add", 4, EW_OK, 5},
	{"call host", 4, EW_OK, 5},
	{"call host", 0, EW_ERR_TRAP, 0},
	{"divide", 4, EW_OK, 15},
	{"divide", 0, EW_ERR_TRAP, 0},
	{"deep", 0, EW_ERR_TRAP, 0},
	{"recurse", 0, EW_ERR_TRAP, 0},
	{"indirect", 6, EW_OK, 7},
	{"bulk", 0, EW_OK, 0x01010101},
	{"for ever", 8, EW_ERR_FUEL, 0},
	{"full", 1, EW_OK, -1}, /* memory.grow beyond the maximum: refused before anybody is asked */
	{"full", 0, EW_OK, 1},
};

static void test_nothing_after_load(void **state)
{
	struct ew_instance *instance;
	struct ew_module *module;
	struct ew_exec *exec;
	struct wmod m;
	struct gate g;
	size_t used;

	(void)state;
	build(&m);
	gate_open(&g, sizeof(region));
	assert_int_equal(open_all(&g, &m, &module, &exec, &instance), EW_OK);
	used = g.arena.used_bytes;
	g.shut = true;
	for (size_t k = 0; k < ROWS(calls); k++) {
		union ew_value v = {.i32 = calls[k].argument};
		struct ew_func *f;

		check_status(calls[k].name, ew_func_find(instance, calls[k].name, "(i)i", &f), EW_OK);
		ew_exec_set_fuel(exec, 10000);
		check_status(calls[k].name, ew_call(f, &v), calls[k].status);
		if (calls[k].status == EW_OK)
			check_int(calls[k].name, v.i32, calls[k].result);
		if (calls[k].status == EW_ERR_TRAP)
			check_true(calls[k].name, ew_exec_trap(exec)->depth > 0 && ew_exec_trap(exec)->text[0]);
		if (calls[k].status == EW_ERR_FUEL) {
			ew_exec_set_fuel(exec, 100);
			ew_exec_interrupt(exec);
			check_status(calls[k].name, ew_resume(exec, &v), EW_ERR_INTERRUPT);
			ew_cancel(exec);
			check_status(calls[k].name, ew_call_begin(f, &v), EW_OK);
			check_status(calls[k].name, ew_instance_run(instance, 100), EW_ERR_FUEL);
			ew_cancel(exec);
		}
		check_int(calls[k].name, g.asked, 0);
	}
	assert_int_equal(g.arena.used_bytes, used);
	wmod_free(&m);
}

/* ---- large memories ---- */

/* Pages of this process that are in RAM; 0: nobody says. */
static size_t resident_pages(void)
{
	unsigned long all = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%lu %lu", &all, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident;
}

/* A memory of 1 GiB of which the guest has data in two pages takes what it touches, where the system can do that. */
static void test_large_memory(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_instance *instance;
	struct ew_module *module;
	const uint8_t *bytes;
	size_t size, before = resident_pages();
	struct wmod m;
	enum ew_status st;

	(void)state;
	if (sizeof(void *) < 8 || before == 0) {
		print_message("skipped: needs 64 bits and /proc\n");
		skip();
	}
	wmod_init(&m);
	wmod_memory(&m, 16384, WMOD_NO_MAX);
	wmod_data(&m, 0, "low", 3);
	wmod_data(&m, 0x3fffff00, "high", 4);
	bytes = wmod_finish(&m, &size);
	assert_int_equal(ew_module_load(&module, bytes, size, NULL, &alloc, NULL), EW_OK);
	st = ew_instance_create(&instance, module, NULL, &alloc, NULL, NULL);
	if (st == EW_OK) {
		assert_memory_equal(ew_memory_span(ew_instance_memory(instance), 0x3fffff00, 4), "high", 4);
		assert_true(resident_pages() < before + 4096);
		ew_instance_destroy(instance);
	} else {
		assert_int_equal(st, EW_ERR_NOMEM); /* no address space to be had here */
	}
	ew_module_free(module);
	wmod_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_nothing_after_load),
		cmocka_unit_test(test_large_memory),
	};

	return cmocka_run_group_tests_name("limit/wasm_arena", tests, NULL, NULL);
}
