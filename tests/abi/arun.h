/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * arun.h - one imported function at a time, called with any arguments.
 *
 *	arun_init(&r);
 *	r.config.grant.caps = EW_CAP_KV_READ;      what the host grants and offers
 *	arun_open(&r, "edge_v1", "kv_get");        a guest of one page that imports it and exports a way to it
 *	rc = arun_i32(&r, 4, 0, 3, 16, 64);        the call; numbers are spread over the signature
 *	memory = arun_mem(&r, 16, 64);
 *	arun_close(&r);                            finds leaks
 *
 * Several functions of one guest share an instance: arun_open takes a list, the last argument NULL, and
 * arun_pick chooses the one that arun_i32 calls.
 */
#ifndef TESTS_ARUN_H
#define TESTS_ARUN_H

#include "../aid/aid.h"
#include "abi/models.h"
#include "edgewasm/abi.h"

#define ARUN_FUNCS 24
#define PAGE 65536u

struct arun {
	struct fail_alloc mem;
	struct ew_abi_host host; /* config.host points here */
	struct ew_abi_fs fs;
	struct ew_abi_config config;
	struct ew_abi *abi;
	struct wmod m;
	struct ew_module *module;
	struct ew_exec *exec;
	struct ew_instance *instance;
	struct ew_func *funcs[ARUN_FUNCS], *func;
	const char *names[ARUN_FUNCS];
	uint32_t func_count;
	uint32_t pages;	 /* of the guest's memory; ARUN_NO_MEMORY: it has none */
	struct ew_error err;
	struct ew_trap trap;
	enum ew_status status;	  /* of the last call */
	union ew_value values[16]; /* of the last call */
};
#define ARUN_NO_MEMORY UINT32_MAX

static inline void arun_init(struct arun *r)
{
	memset(r, 0, sizeof(*r));
	fail_alloc_init(&r->mem);
	r->host.struct_bytes = sizeof(r->host);
	r->fs.struct_bytes = sizeof(r->fs);
	r->config.struct_bytes = sizeof(r->config);
	r->config.host = &r->host;
	r->config.fs = &r->fs;
	r->config.user = r;
	r->pages = 1;
	wmod_init(&r->m);
}

static inline const char *arun_signature(const char *module, const char *name)
{
	struct ew_abi_function f;

	for (uint32_t i = 0; ew_abi_function(i, &f) == EW_OK; i++)
		if (strcmp(f.module, module) == 0 && strcmp(f.name, name) == 0)
			return f.signature;
	fail_msg("%s.%s is not in the table", module, name);
	return "";
}

/* Exported NAME calls import number index with its own parameters. */
static inline void arun_thunk(struct arun *r, const char *name, const char *signature, uint32_t index)
{
	uint8_t code[64];
	uint32_t n = 0, func;

	for (uint32_t i = 0; signature[1 + i] != ')'; i++) {
		code[n++] = 0x20;
		code[n++] = (uint8_t)i;
	}
	code[n++] = 0x10;
	code[n++] = (uint8_t)index;
	func = wmod_func(&r->m, signature, "", code, n);
	wmod_export(&r->m, name, WMOD_FUNC, func);
}

/* Loads and links; EW_OK, or what the linker said with r->err. */
static inline enum ew_status arun_try(struct arun *r, const char *module, const char *const *names)
{
	struct ew_instance_config c = {.struct_bytes = sizeof(c), .resolve = ew_abi_resolve};
	const uint8_t *bytes;
	size_t size;

	for (r->func_count = 0; names[r->func_count]; r->func_count++) {
		r->names[r->func_count] = names[r->func_count];
		wmod_import_func(&r->m, module, names[r->func_count],
				 arun_signature(module, names[r->func_count]));
	}
	for (uint32_t i = 0; i < r->func_count; i++)
		arun_thunk(r, names[i], arun_signature(module, names[i]), i);
	if (r->pages != ARUN_NO_MEMORY)
		wmod_memory(&r->m, r->pages, r->pages);
	bytes = wmod_finish(&r->m, &size);
	if (ew_module_load(&r->module, bytes, size, NULL, &r->mem.alloc, &r->err) != EW_OK)
		fail_msg("the guest does not load: %s", r->err.text);
	if (ew_exec_create(&r->exec, NULL, &r->mem.alloc) != EW_OK)
		fail_msg("no executor");
	if (!r->abi && ew_abi_create(&r->abi, &r->config, &r->mem.alloc, &r->err) != EW_OK)
		fail_msg("no ABI: %s", r->err.text);
	c.resolve_user = r->abi;
	c.exec = r->exec;
	return ew_instance_create(&r->instance, r->module, &c, &r->mem.alloc, &r->trap, &r->err);
}

static inline void arun_pick(struct arun *r, const char *name)
{
	for (uint32_t i = 0; i < r->func_count; i++) {
		if (strcmp(r->names[i], name) == 0) {
			r->func = r->funcs[i];
			return;
		}
	}
	fail_msg("%s was not opened", name);
}

static inline void arun_open_list(struct arun *r, const char *module, const char *const *names)
{
	if (arun_try(r, module, names) != EW_OK)
		fail_msg("the guest does not link: %s", r->err.text);
	for (uint32_t i = 0; i < r->func_count; i++)
		if (ew_func_find(r->instance, names[i], NULL, &r->funcs[i]) != EW_OK)
			fail_msg("no export %s", names[i]);
	r->func = r->funcs[0];
	ew_abi_begin(r->abi, 0, 0);
}

#define arun_open(r, module, ...)                                                                  \
	arun_open_list(r, module, (const char *const[]){__VA_ARGS__, NULL})

/* FNV-1a of what the ABI keeps for its guest. */
static inline enum ew_status arun_mix(void *user, const void *bytes, size_t size)
{
	uint64_t *h = user;

	for (size_t i = 0; i < size; i++)
		*h = (*h ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
	return EW_OK;
}

static inline uint64_t arun_state(const struct arun *r)
{
	uint64_t h = 0xcbf29ce484222325u;

	assert_int_equal(ewi_abi_state(r->abi, arun_mix, &h), EW_OK);
	return h;
}

static inline void arun_close(struct arun *r)
{
	ew_instance_destroy(r->instance);
	ew_exec_destroy(r->exec);
	ew_module_free(r->module);
	ew_abi_destroy(r->abi);
	wmod_free(&r->m);
	if (r->config.models)
		ew_models_destroy(r->config.models);
	fail_alloc_finish(&r->mem);
}

static inline void arun_call(struct arun *r, const int64_t *args)
{
	const char *signature = NULL;
	const uint8_t *params, *results;
	uint32_t param_count, result_count;

	(void)signature;
	ew_func_type(r->func, &params, &param_count, &results, &result_count);
	memset(r->values, 0, sizeof(r->values));
	for (uint32_t i = 0; i < param_count; i++) {
		if (params[i] == EW_I32)
			r->values[i].u32 = (uint32_t)args[i];
		else if (params[i] == EW_F64)
			r->values[i].f64 = (double)args[i];
		else
			r->values[i].i64 = args[i];
	}
	r->status = ew_call(r->func, r->values);
}

/* The results of calls that end well. */
#define arun_i32(r, ...) arun_i32_at(r, (const int64_t[]){__VA_ARGS__, 0}, __FILE__, __LINE__)
#define arun_i64(r, ...) arun_i64_at(r, (const int64_t[]){__VA_ARGS__, 0}, __FILE__, __LINE__)

static inline int32_t arun_i32_at(struct arun *r, const int64_t *args, const char *file, int line)
{
	arun_call(r, args);
	if (r->status != EW_OK)
		_fail(file, line);
	return r->values[0].i32;
}

static inline int64_t arun_i64_at(struct arun *r, const int64_t *args, const char *file, int line)
{
	arun_call(r, args);
	if (r->status != EW_OK)
		_fail(file, line);
	return r->values[0].i64;
}

/* Guest memory. */
static inline uint8_t *arun_mem(struct arun *r, uint32_t gaddr, uint32_t len)
{
	uint8_t *p = ew_memory_span(ew_instance_memory(r->instance), gaddr, len);

	if (!p)
		fail_msg("no such guest memory");
	return p;
}

static inline void arun_put(struct arun *r, uint32_t gaddr, const char *text)
{
	memcpy(arun_mem(r, gaddr, (uint32_t)strlen(text)), text, strlen(text));
}

static inline uint32_t arun_le32(struct arun *r, uint32_t gaddr)
{
	const uint8_t *p = arun_mem(r, gaddr, 4);

	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t arun_le64(struct arun *r, uint32_t gaddr)
{
	return arun_le32(r, gaddr) | (uint64_t)arun_le32(r, gaddr + 4) << 32;
}

static inline void arun_put32(struct arun *r, uint32_t gaddr, uint32_t v)
{
	uint8_t *p = arun_mem(r, gaddr, 4);

	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* Errors, as guest.h has them; test_table.c holds the two together. */
enum { DENIED = -1, INVAL = -2, FAULT = -3, NOENT = -4, TOOBIG = -5, AGAIN = -6, QUOTA = -7, IO = -8, NOSYS = -9, STALE = -10 };

#endif
