/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * late.c - where the code of a function is: all functions' in the module's one buffer, or, in a lazy module, each in
 * a block of its own that is made when the function is called for the first time.
 * Validation is over by then (validate.c), so what can still fail is memory and EW_MAX_CODE_FACTOR.
 */
#include "base/error.h"
#include "wasm/emit.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_LAZY

/* A block: this, the function's struct ewi_head and code, its position map. */
struct block {
	uint32_t code_bytes, map_bytes;
};

static size_t block_bytes(const struct block *b)
{
	return sizeof(*b) + b->code_bytes + b->map_bytes;
}

static size_t late_bytes(const struct ew_module *m)
{
	return sizeof(struct ewi_late) + m->func_count * sizeof(((struct ewi_late *)NULL)->heads[0]);
}

enum ew_status ewi_late_create(struct ew_module *m)
{
	m->late = ewi_alloc(&m->alloc, 1, late_bytes(m));
	return m->late ? EW_OK : EW_ERR_NOMEM;
}

static const struct block *block_of(const struct ewi_head *head)
{
	return (const struct block *)(const void *)head - 1;
}

static void block_free(const struct ew_alloc *a, const struct block *b)
{
	ewi_free(a, (void *)(uintptr_t)b, block_bytes(b), 1);
}

void ewi_late_free(struct ew_module *m)
{
	if (!m->late)
		return;
	for (uint32_t f = 0; f < m->func_count; f++) {
		const struct ewi_head *head = atomic_load_explicit(&m->late->heads[f], memory_order_relaxed);

		if (head)
			block_free(&m->alloc, block_of(head));
	}
	ewi_free(&m->alloc, m->late, 1, late_bytes(m));
}

size_t ewi_late_size(const struct ew_module *m, size_t *code_bytes)
{
	if (!m->late)
		return 0;
	if (code_bytes)
		*code_bytes = atomic_load_explicit(&m->late->code_bytes, memory_order_relaxed);
	return late_bytes(m) + atomic_load_explicit(&m->late->bytes, memory_order_relaxed);
}

/* What the translator has made, in a block of its size. */
static struct block *pack(const struct ew_module *m, const struct ewi_translator *t)
{
	struct block *b = ewi_alloc(&m->alloc, sizeof(*b) + t->code_size + t->map_size, 1);
	uint8_t *p = (uint8_t *)b + sizeof(*b);

	if (!b)
		return NULL;
	b->code_bytes = (uint32_t)t->code_size;
	b->map_bytes = (uint32_t)t->map_size;
	memcpy(p, t->code, t->code_size);
	if (t->map_size != 0)
		memcpy(p + t->code_size, t->map, t->map_size);
	return b;
}

enum ew_status ewi_late_ready(const struct ew_instance *i, uint32_t func)
{
	const struct ew_module *m = i->module;
	struct ewi_late *late = i->late;
	const struct ewi_head *head = NULL;
	struct ewi_translator *t;
	struct block *b = NULL;
	enum ew_status status = ewi_translator_create(&t, m, true, NULL);

	if (status != EW_OK)
		return status;
	status = ewi_translate(t, func);
	if (status == EW_OK) {
		b = pack(m, t);
		status = b ? EW_OK : EW_ERR_NOMEM;
	}
	ewi_translator_destroy(t);
	if (status != EW_OK)
		return status;
	if (!atomic_compare_exchange_strong_explicit(&late->heads[func], &head, (const void *)(b + 1),
						     memory_order_release, memory_order_relaxed)) {
		block_free(&m->alloc, b); /* another thread was faster */
		return EW_OK;
	}
	atomic_fetch_add_explicit(&late->bytes, block_bytes(b), memory_order_relaxed);
	atomic_fetch_add_explicit(&late->code_bytes, b->code_bytes, memory_order_relaxed);
	return EW_OK;
}

/* Linear: only traps and those who look on ask, and they ask for sixteen frames at most. */
static bool late_find(const struct ew_module *m, const void *pc, struct ewi_spot *out)
{
	for (uint32_t f = m->func_imports; f < m->func_count; f++) {
		const struct ewi_head *head = atomic_load_explicit(&m->late->heads[f], memory_order_acquire);
		uintptr_t pos = (uintptr_t)pc - (uintptr_t)head;

		if (!head || pos >= block_of(head)->code_bytes)
			continue;
		out->func = f;
		out->pos = (uint32_t)pos;
		out->map = (const uint8_t *)head + block_of(head)->code_bytes;
		out->end = out->map + block_of(head)->map_bytes;
		return true;
	}
	return false;
}
#endif

enum ew_status ewi_func_ready(struct ew_func *f)
{
#if EW_CONFIG_LAZY
	const struct ewi_late *late = f->instance->late;
	const struct ewi_head *head;
	enum ew_status status;

	if (f->code)
		return EW_OK;
	head = atomic_load_explicit(&late->heads[f->index], memory_order_acquire);
	if (!head) {
		status = ewi_late_ready(f->instance, f->index);
		if (status != EW_OK)
			return status;
		head = atomic_load_explicit(&late->heads[f->index], memory_order_acquire);
	}
	f->code = head;
#else
	(void)f;
#endif
	return EW_OK;
}

/* The function whose code holds position pos: the last that begins at or before it. */
static uint32_t func_at(const struct ew_module *m, uint32_t pos)
{
	uint32_t low = m->func_imports, high = m->func_count;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (m->funcs[mid].code <= pos)
			low = mid;
		else
			high = mid;
	}
	return low;
}

bool ewi_spot_find(const struct ew_module *m, const void *pc, struct ewi_spot *out)
{
	uintptr_t pos = (uintptr_t)pc - (uintptr_t)m->code;

#if EW_CONFIG_LAZY
	if (m->late)
		return late_find(m, pc, out);
#endif
	if (pos >= m->code_size)
		return false;
	out->func = func_at(m, (uint32_t)pos);
	out->pos = (uint32_t)pos - m->funcs[out->func].code;
	out->map = m->map + m->funcs[out->func].map;
	out->end = m->map + (out->func + 1 < m->func_count ? m->funcs[out->func + 1].map : m->map_size);
	return true;
}

#endif
