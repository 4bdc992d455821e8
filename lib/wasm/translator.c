/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* translator.c - what a translator owns: its buffers, which become the module's when all functions are done. */
#include "wasm/translate.h"

#if EW_CONFIG_WASM

enum ew_status ewi_translator_create(struct ewi_translator **out, const struct ew_module *m, bool late,
				     struct ew_error *err)
{
	struct ewi_translator *t = ewi_alloc(&m->alloc, 1, sizeof(*t));

	*out = NULL;
	if (!t)
		return EW_ERR_NOMEM;
	t->m = m;
	t->err = err;
	t->late = late;
	if (!late)
		t->calls_count = m->func_count;
	t->calls = ewi_alloc(&m->alloc, t->calls_count, sizeof(*t->calls));
	if (!t->calls && t->calls_count > 0) {
		ewi_free(&m->alloc, t, 1, sizeof(*t));
		return EW_ERR_NOMEM;
	}
	*out = t;
	return EW_OK;
}

/* A little more than most take: about four bytes of code for each on 64-bit machines, and a sixth for its map. */
enum ew_status ewi_translator_expect(struct ewi_translator *t, size_t body_bytes)
{
	size_t code = body_bytes * sizeof(struct ewi_ins) * 9 / 32, map = body_bytes / 4;

	t->code = ewi_alloc(&t->m->alloc, code, 1);
	if (!t->code && code > 0)
		return EW_ERR_NOMEM;
	t->code_cap = code;
	t->map = ewi_alloc(&t->m->alloc, map, 1);
	if (!t->map && map > 0)
		return EW_ERR_NOMEM;
	t->map_cap = map;
	return EW_OK;
}

static enum ew_status trim(const struct ew_alloc *a, uint8_t **buffer, size_t used, size_t *cap)
{
	void *p;

	if (used == *cap)
		return EW_OK;
	p = ewi_realloc(a, *buffer, *cap, used, 1); /* NULL and freed for 0 */
	if (!p && used > 0)
		return EW_ERR_NOMEM;
	*buffer = p;
	*cap = used;
	return EW_OK;
}

enum ew_status ewi_translate_into(struct ewi_translator *t, struct ew_module *m, uint32_t func)
{
	uint32_t map = (uint32_t)t->map_size;
	enum ew_status status = ewi_translate(t, func);

	if (status == EW_OK) {
		m->funcs[func].map = map;
		m->funcs[func].code = t->func_code;
		ewi_resolve_calls(t, func);
	}
	return status;
}

enum ew_status ewi_translator_finish(struct ewi_translator *t, struct ew_module *m)
{
	enum ew_status status = trim(&m->alloc, &t->code, t->code_size, &t->code_cap);

	if (status == EW_OK)
		status = trim(&m->alloc, &t->map, t->map_size, &t->map_cap);
	if (status != EW_OK)
		return status;
	m->code = t->code;
	m->code_size = t->code_size;
	m->map = t->map;
	m->map_size = t->map_size;
	t->code = t->map = NULL;
#if EW_CONFIG_TRACE
	m->notes = t->notes;
	t->notes = (struct ewi_notes){0};
#endif
	return EW_OK;
}

void ewi_translator_destroy(struct ewi_translator *t)
{
	const struct ew_alloc *a;

	if (!t)
		return;
	a = &t->m->alloc;
	ewi_free(a, t->code, t->code_cap, 1);
	ewi_free(a, t->map, t->map_cap, 1);
#if EW_CONFIG_TRACE
	ewi_notes_free(&t->notes, a);
#endif
	ewi_free(a, t->calls, t->calls_count, sizeof(*t->calls));
	ewi_free(a, t->blocks, t->block_cap, sizeof(*t->blocks));
	ewi_free(a, t->stack, t->stack_cap, sizeof(*t->stack));
	ewi_free(a, t->types, t->types_cap, 1);
	ewi_free(a, t->locals, t->local_cap, 1);
	ewi_free(a, t->local_slots, t->slots_cap, sizeof(*t->local_slots));
	ewi_free(a, t->tries, t->try_cap, sizeof(*t->tries));
	ewi_free(a, t->clauses, t->clause_cap, sizeof(*t->clauses));
	ewi_free(a, t->starts, t->start_cap, sizeof(*t->starts));
	ewi_free(a, t, 1, sizeof(*t));
}

#endif
