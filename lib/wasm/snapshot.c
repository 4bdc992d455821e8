/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * snapshot.c - the state of an instance, saved and put back.
 *
 * What a snapshot was last restored to an instance is remembered there (base).  From then on tables say whether they
 * were touched, and memories of modules loaded with EW_MODULE_TRACK in which cards of 2^card_log2 bytes, so that the
 * next time with the same snapshot only that is copied.
 */
#include "base/error.h"
#include "wasm/snapshot.h"

#if EW_CONFIG_WASM && EW_CONFIG_SNAPSHOT

/* Of a memory not tracked, a rest of zeroes at least this large is had from the allocator anew, who may have it cheaper. */
#define FRESH_BYTES (1u << 20)
/* A memory has 2^12 cards at most, so that looking through them takes well under a microsecond. */
#define CARD_LOG2_MIN 8
#define CARDS_LOG2_MAX 12

/* ---- an empty one ---- */

static bool is_own(const struct ew_module *m)
{
	for (uint32_t k = 0; k < m->global_imports; k++)
		if (m->globals[k].is_mutable)
			return false;
	return m->memory_imports == 0 && m->table_imports == 0;
}

static void *take(struct ew_snapshot *s, uint64_t count, size_t size, enum ew_status *st)
{
	void *p = count <= SIZE_MAX / 2 / size ? ewi_alloc(&s->alloc, (size_t)count, size) : NULL;

	if (!p && count != 0)
		*st = EW_ERR_NOMEM;
	if (p)
		s->bytes += (size_t)count * size;
	return p;
}

enum ew_status ewi_snapshot_create(struct ew_snapshot **out, const struct ew_module *m, const struct ew_alloc *alloc,
				   struct ew_error *err)
{
	struct ew_snapshot *s;
	enum ew_status st = EW_OK;

	*out = NULL;
	if (!is_own(m))
		return ewi_error(err, EW_ERR_UNSUPPORTED, 0, "a module that imports state cannot be saved");
	s = ewi_alloc(alloc, 1, sizeof(*s));
	if (!s)
		return ewi_error(err, EW_ERR_NOMEM, 0, "%s", ew_status_text(EW_ERR_NOMEM));
	s->alloc = *alloc;
	s->module = m;
	s->bytes = sizeof(*s);
	s->memory_count = m->memory_count;
	s->table_count = m->table_count;
	s->global_count = m->global_count - m->global_imports;
	s->dropped_bytes = (m->elem_count + m->data_count + 7) / 8;
	s->memories = take(s, s->memory_count, sizeof(*s->memories), &st);
	s->tables = take(s, s->table_count, sizeof(*s->tables), &st);
	s->globals = take(s, s->global_count, sizeof(*s->globals), &st);
	s->dropped = take(s, s->dropped_bytes, 1, &st);
	if (st != EW_OK) {
		ew_snapshot_free(s);
		return ewi_error(err, st, 0, "%s", ew_status_text(st));
	}
	*out = s;
	return EW_OK;
}

void ew_snapshot_free(struct ew_snapshot *s)
{
	struct ew_alloc a;

	if (!s)
		return;
	a = s->alloc;
	for (uint32_t k = 0; s->memories && k < s->memory_count; k++)
		ewi_free(&a, s->memories[k].bytes, (size_t)s->memories[k].size, 1);
	for (uint32_t k = 0; s->tables && k < s->table_count; k++)
		ewi_free(&a, s->tables[k].entries, s->tables[k].size, sizeof(uint32_t));
	ewi_free(&a, s->memories, s->memory_count, sizeof(*s->memories));
	ewi_free(&a, s->tables, s->table_count, sizeof(*s->tables));
	ewi_free(&a, s->globals, s->global_count, sizeof(*s->globals));
	ewi_free(&a, s->dropped, s->dropped_bytes, 1);
	ewi_free(&a, s, 1, sizeof(*s));
}

size_t ew_snapshot_size(const struct ew_snapshot *s)
{
	return s->bytes;
}

/* ---- taking ---- */

/* 0, or 1 + the index of a function of i; false: it is none. */
static bool index_of(const struct ew_instance *i, uint8_t type, const void *ref, uint32_t *out)
{
	const struct ew_func *f = ref;

	*out = 0;
	if (!ref)
		return true;
	if (type != EW_FUNCREF || f->instance != i)
		return false;
	*out = f->index + 1;
	return true;
}

static enum ew_status take_memory(struct ew_snapshot *s, struct ewi_memory_image *image, const struct ew_memory *m)
{
	enum ew_status st = EW_OK;
	uint64_t n = m->bytes;

	while (n >= 4096 && m->base[n - 1] == 0 && memcmp(m->base + n - 4096, m->base + n - 4095, 4095) == 0)
		n -= 4096; /* all bytes equal, and the last is 0 */
	while (n > 0 && m->base[n - 1] == 0)
		n--;
	image->pages = m->pages;
	image->bytes = take(s, n, 1, &st);
	if (st != EW_OK)
		return st;
	image->size = n;
	if (n != 0)
		memcpy(image->bytes, m->base, (size_t)n);
	return EW_OK;
}

static enum ew_status take_table(struct ew_snapshot *s, struct ewi_table_image *image, const struct ew_table *t)
{
	enum ew_status st = EW_OK;

	image->entries = take(s, t->size, sizeof(uint32_t), &st);
	if (st != EW_OK)
		return st;
	image->size = t->size;
	for (uint32_t k = 0; k < t->size; k++)
		if (!index_of(t->owner, t->type, t->entries[k], &image->entries[k]))
			return EW_ERR_UNSUPPORTED;
	return EW_OK;
}

static enum ew_status take_global(struct ewi_global_image *image, const struct ew_global *g)
{
	uint32_t index;

	if (!g->is_mutable)
		return EW_OK;
	if (ewi_is_reftype(g->type)) {
		if (!index_of(g->owner, g->type, ewi_ref_of(g->value), &index))
			return EW_ERR_UNSUPPORTED;
		image->low = index;
		return EW_OK;
	}
	image->low = g->type == EW_I32 || g->type == EW_F32 ? g->value.u32 : g->value.u64;
#if EW_CONFIG_SIMD
	if (g->type == EW_V128)
		image->high = g->high.u64;
#endif
	return EW_OK;
}

enum ew_status ew_snapshot_take(struct ew_snapshot **out, const struct ew_instance *i, const struct ew_alloc *alloc,
				struct ew_error *err)
{
	const struct ew_exec *x = i->exec;
	struct ew_snapshot *s;
	enum ew_status st;

	*out = NULL;
	ewi_error_clear(err);
	if (x->state == EWI_RUNNING || (x->state == EWI_SUSPENDED && (x->inst == i || x->func->instance == i)))
		return ewi_error(err, EW_ERR_STATE, 0, "the instance is in a call");
	st = ewi_snapshot_create(&s, i->module, alloc, err);
	if (st != EW_OK)
		return st;
	for (uint32_t k = 0; st == EW_OK && k < s->memory_count; k++)
		st = take_memory(s, &s->memories[k], &i->own_memories[k]);
	for (uint32_t k = 0; st == EW_OK && k < s->table_count; k++)
		st = take_table(s, &s->tables[k], &i->own_tables[k]);
	for (uint32_t k = 0; st == EW_OK && k < s->global_count; k++)
		st = take_global(&s->globals[k], &i->own_globals[k]);
	if (st != EW_OK) {
		ew_snapshot_free(s);
		return ewi_error(err, st, 0, "%s", st == EW_ERR_UNSUPPORTED
				 ? "a reference to what is not the instance's own cannot be saved" : ew_status_text(st));
	}
	if (s->dropped_bytes != 0)
		memcpy(s->dropped, i->dropped, s->dropped_bytes);
	*out = s;
	return EW_OK;
}

/* ---- putting back ---- */

static enum ew_status resize_memory(struct ew_memory *m, uint64_t pages)
{
	if (pages == m->pages)
		return EW_OK;
	if (pages > m->max_pages || pages << m->page_log2 > m->owner->memory_room + m->bytes)
		return EW_ERR_LIMIT;
	return ewi_memory_resize(m, pages);
}

static void copy_range(struct ew_memory *m, const struct ewi_memory_image *image, uint64_t at, uint64_t n)
{
	uint64_t copied = at < image->size ? image->size - at : 0;

	if (copied > n)
		copied = n;
	if (copied != 0)
		memcpy(m->base + at, image->bytes + at, (size_t)copied);
	if (n > copied)
		memset(m->base + at + copied, 0, (size_t)(n - copied));
}

/* Cards that are marked come in runs; most are not, and are passed over eight at a time. */
static void copy_cards(struct ew_memory *m, const struct ewi_memory_image *image)
{
	uint64_t size = (uint64_t)1 << m->card_log2, eight;

	for (uint32_t c = 0; c < m->card_count; c++) {
		uint64_t at = c * size;

		while (c + 8 <= m->card_count && (memcpy(&eight, m->cards + c, 8), eight == 0))
			c += 8;
		if (c >= m->card_count || !m->cards[c])
			continue;
		at = c * size;
		copy_range(m, image, at, m->bytes - at < size ? m->bytes - at : size);
		m->cards[c] = 0;
	}
}

/* Cards for a memory of its present size, all clear.  Without memory for them everything is copied, as if not tracked. */
static void clear_cards(struct ew_memory *m)
{
	const struct ew_alloc *a = &m->owner->alloc;
	uint8_t log2 = CARD_LOG2_MIN;
	uint64_t count;

	if (!(m->owner->module->flags & EW_MODULE_TRACK) || m != m->owner->memory || EWI_IS64(m))
		return;
	while (m->bytes >> log2 > (uint64_t)1 << CARDS_LOG2_MAX)
		log2++;
	count = (m->bytes + ((uint64_t)1 << log2) - 1) >> log2;
	if (m->card_count != count) {
		ewi_free(a, m->cards, m->card_count, 1);
		m->cards = ewi_alloc(a, (size_t)count, 1);
		m->card_count = m->cards ? (uint32_t)count : 0;
	} else if (m->cards) {
		memset(m->cards, 0, m->card_count);
	}
	m->card_log2 = log2;
}

static void copy_memory(struct ew_memory *m, const struct ewi_memory_image *image)
{
	if (m->bytes - image->size < FRESH_BYTES || !ewi_memory_renew(m))
		copy_range(m, image, 0, m->bytes);
	else if (image->size != 0)
		memcpy(m->base, image->bytes, (size_t)image->size);
	clear_cards(m);
}

static enum ew_status restore_memory(struct ew_memory *m, const struct ewi_memory_image *image, bool again)
{
	enum ew_status st = resize_memory(m, image->pages);

	if (st != EW_OK)
		return st;
	if (again && m->cards)
		copy_cards(m, image);
	else
		copy_memory(m, image);
	return EW_OK;
}

static enum ew_status restore_table(struct ew_table *t, const struct ewi_table_image *image)
{
	struct ew_instance *i = t->owner;
	uint32_t room = i->table_room + t->size;
	void **p;

	if (image->size > t->max || image->size > room)
		return EW_ERR_LIMIT;
	if (image->size > t->cap) {
		p = ewi_realloc(&i->alloc, t->entries, t->cap, image->size, sizeof(*p));
		if (!p)
			return EW_ERR_NOMEM;
		t->entries = p;
		t->cap = image->size;
	}
	for (uint32_t k = 0; k < image->size; k++)
		t->entries[k] = image->entries[k] ? i->funcs[image->entries[k] - 1] : NULL;
	for (uint32_t k = image->size; k < t->size; k++)
		t->entries[k] = NULL;
	t->size = image->size;
	i->table_room = room - t->size;
	t->touched = false;
	return EW_OK;
}

static void restore_global(struct ew_instance *i, struct ew_global *g, const struct ewi_global_image *image)
{
	if (!g->is_mutable)
		return;
	if (ewi_is_reftype(g->type))
		g->value = ewi_ref_value(image->low ? i->funcs[image->low - 1] : NULL);
	else if (g->type == EW_I32 || g->type == EW_F32)
		g->value.u32 = (uint32_t)image->low; /* on big-endian machines not where the u64 is */
	else
		g->value.u64 = image->low;
#if EW_CONFIG_SIMD
	g->high.u64 = image->high;
#endif
}

enum ew_status ew_snapshot_restore(struct ew_instance *i, const struct ew_snapshot *s)
{
	bool again = i->base == s;
	enum ew_status st = EW_OK;

	if (i->module != s->module)
		return EW_ERR_INVAL;
	if (i->exec->state == EWI_RUNNING)
		return EW_ERR_STATE;
	ewi_exec_forget(i->exec, i);
	i->base = NULL; /* until all is done */
	for (uint32_t k = 0; st == EW_OK && k < s->memory_count; k++)
		st = restore_memory(&i->own_memories[k], &s->memories[k], again);
	for (uint32_t k = 0; st == EW_OK && k < s->table_count; k++)
		if (!again || i->own_tables[k].touched)
			st = restore_table(&i->own_tables[k], &s->tables[k]);
	if (st != EW_OK)
		return st;
	for (uint32_t k = 0; k < s->global_count; k++)
		restore_global(i, &i->own_globals[k], &s->globals[k]);
	if (s->dropped_bytes != 0)
		memcpy(i->dropped, s->dropped, s->dropped_bytes);
	if (i->result_cap != 0)
		memset(i->results, 0, i->result_cap * sizeof(*i->results));
	i->base = s;
	return EW_OK;
}

#endif
