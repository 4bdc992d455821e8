/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* spectest.c - see spectest.h. */
#include <string.h>
#include "edgewasm/guard.h"
#include "spectest.h"

static const struct {
	const char *name;
	enum ew_type type;
} globals[4] = {
	{"global_i32", EW_I32}, {"global_i64", EW_I64}, {"global_f32", EW_F32}, {"global_f64", EW_F64}};

static const struct {
	const char *name, *signature;
} functions[] = {
	{"print", "()"},	  {"print_i32", "(i)"},	     {"print_i64", "(I)"},
	{"print_f32", "(f)"},	  {"print_f64", "(F)"},	     {"print_i32_f32", "(if)"},
	{"print_f64_f64", "(FF)"},
};

/* The scripts do not look at what is printed. */
static enum ew_status silent(void *user, struct ew_instance *caller, union ew_value *values)
{
	(void)user;
	(void)caller;
	(void)values;
	return EW_OK;
}

enum ew_status spectest_init(struct spectest *s, bool guard, const struct ew_alloc *alloc)
{
	struct ew_alloc pages = ew_guard_alloc();
	enum ew_status status;

	memset(s, 0, sizeof(*s));
	status = guard ? ew_memory_create_guarded(&s->memory, 1, 2, &pages, alloc)
		       : ew_memory_create(&s->memory, 1, 2, alloc);
	if (status == EW_OK)
		status = ew_table_create(&s->table, EW_FUNCREF, 10, 20, alloc);
	for (int i = 0; i < 4 && status == EW_OK; i++) {
		union ew_value v = {0};

		switch (globals[i].type) {
		case EW_F32: v.f32 = 666.6f; break;
		case EW_F64: v.f64 = 666.6; break;
		default: v.i64 = 666; break;
		}
		if (globals[i].type == EW_I32)
			v = (union ew_value){.i32 = 666};
		status = ew_global_create(&s->globals[i], globals[i].type, false, v, alloc);
	}
	if (status != EW_OK)
		spectest_deinit(s);
	return status;
}

void spectest_deinit(struct spectest *s)
{
	if (s->memory)
		ew_memory_destroy(s->memory);
	if (s->table)
		ew_table_destroy(s->table);
	for (int i = 0; i < 4; i++)
		if (s->globals[i])
			ew_global_destroy(s->globals[i]);
	memset(s, 0, sizeof(*s));
}

static bool named(const struct ew_extern_type *want, const char *name)
{
	return want->name_len == strlen(name) && memcmp(want->name, name, want->name_len) == 0;
}

enum ew_status spectest_find(struct spectest *s, const struct ew_extern_type *want,
			     struct ew_import *out)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (!named(want, functions[i].name))
			continue;
		out->kind = EW_EXTERN_FUNC;
		out->u.host.fn = silent;
		out->u.host.signature = functions[i].signature;
		return EW_OK;
	}
	for (size_t i = 0; i < 4; i++) {
		if (!named(want, globals[i].name))
			continue;
		out->kind = EW_EXTERN_GLOBAL;
		out->u.global = s->globals[i];
		return EW_OK;
	}
	if (named(want, "table")) {
		out->kind = EW_EXTERN_TABLE;
		out->u.table = s->table;
		return EW_OK;
	}
	if (named(want, "memory")) {
		out->kind = EW_EXTERN_MEMORY;
		out->u.memory = s->memory;
		return EW_OK;
	}
	return EW_ERR_NOENT;
}
