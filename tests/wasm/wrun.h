/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * wrun.h - one module from builder to call, under the test allocator.  wrun_close finds leaks.
 *
 *	wrun_init(&w);
 *	f = wmod_func(&w.m, ...);
 *	wrun_open(&w);            load, executor, instance; the test fails when any of them does
 *	wrun_call(&w, "f", v);
 *	wrun_close(&w);
 */
#ifndef TESTS_WRUN_H
#define TESTS_WRUN_H

#include "../aid/aid.h"
#include "edgewasm/wasm.h"

struct wrun {
	struct wmod m;
	struct fail_alloc mem;
	struct ew_module_config load;
	struct ew_exec_config stack;
	struct ew_instance_config link;
	struct ew_module *module;
	struct ew_exec *exec;
	struct ew_instance *instance;
	struct ew_error err;
	struct ew_trap trap;
	const uint8_t *bytes;
	size_t size;
};

static inline void wrun_init(struct wrun *w)
{
	memset(w, 0, sizeof(*w));
	wmod_init(&w->m);
	fail_alloc_init(&w->mem);
	w->load.struct_bytes = sizeof(w->load);
	w->stack.struct_bytes = sizeof(w->stack);
	w->link.struct_bytes = sizeof(w->link);
}

static inline enum ew_status wrun_load(struct wrun *w)
{
	w->bytes = wmod_finish(&w->m, &w->size);
	return ew_module_load(&w->module, w->bytes, w->size, &w->load, &w->mem.alloc, &w->err);
}

/* Runs on w->exec, made here when there is none. */
static inline enum ew_status wrun_link(struct wrun *w)
{
	if (!w->exec && ew_exec_create(&w->exec, &w->stack, &w->mem.alloc) != EW_OK)
		fail_msg("no executor");
	w->link.exec = w->exec;
	return ew_instance_create(&w->instance, w->module, &w->link, &w->mem.alloc, &w->trap, &w->err);
}

static inline void wrun_open(struct wrun *w)
{
	enum ew_status status = wrun_load(w);

	if (status != EW_OK)
		fail_msg("load: %s: %s at %u", ew_status_name(status), w->err.text, w->err.offset);
	status = wrun_link(w);
	if (status != EW_OK)
		fail_msg("link: %s: %s%s", ew_status_name(status), w->err.text, w->trap.text);
}

static inline struct ew_func *wrun_func(struct wrun *w, const char *name, const char *signature)
{
	struct ew_func *f = NULL;
	enum ew_status status = ew_func_find(w->instance, name, signature, &f);

	if (status != EW_OK)
		fail_msg("find %s: %s", name, ew_status_name(status));
	return f;
}

static inline enum ew_status wrun_call(struct wrun *w, const char *name, union ew_value *values)
{
	return ew_call(wrun_func(w, name, NULL), values);
}

/* A call of an i32 function with up to two i32 arguments that must end well. */
static inline int32_t wrun_i32(struct wrun *w, const char *name, int32_t a, int32_t b)
{
	union ew_value v[4] = {{.i32 = a}, {.i32 = b}};
	enum ew_status status = wrun_call(w, name, v);

	if (status != EW_OK)
		fail_msg("%s(%d, %d): %s %s", name, a, b, ew_status_name(status),
			 status == EW_ERR_TRAP ? ew_exec_trap(w->exec)->text : "");
	return v[0].i32;
}

static inline void wrun_close(struct wrun *w)
{
	if (w->instance)
		ew_instance_destroy(w->instance);
	if (w->exec)
		ew_exec_destroy(w->exec);
	ew_module_free(w->module);
	wmod_free(&w->m);
	fail_alloc_finish(&w->mem);
}

/* Offset in the module of byte `at` of this piece of it; the piece must be there once only. */
static inline uint32_t wrun_offset(const struct wrun *w, const uint8_t *piece, size_t len, size_t at)
{
	uint32_t found = 0, times = 0;

	for (size_t i = 0; i + len <= w->size; i++) {
		if (memcmp(w->bytes + i, piece, len) == 0) {
			found = (uint32_t)i;
			times++;
		}
	}
	if (times != 1)
		fail_msg("the code is in the module %u times", times);
	return found + (uint32_t)at;
}

#endif
