/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * table.c - tables: arrays of references, a pointer each, NULL is null.
 * Source: WebAssembly 2.0, 4.2.7 (table instances), 4.4.6 (instructions).
 */
#include <inttypes.h>
#include "base/error.h"
#include "wasm/instance.h"

#if EW_CONFIG_WASM

enum ew_status ewi_table_setup(struct ew_table *t, struct ew_instance *owner,
			       const struct ewi_table_def *def, struct ew_error *err)
{
	uint32_t n;

	t->owner = owner;
	t->type = def->type;
	t->is64 = EWI_IS64(def);
	t->declared_max = def->limits.max;
	if (def->limits.min > owner->table_room)
		return ewi_error(err, EW_ERR_LIMIT, 0,
				 "a table of %llu entries, %" PRIu32 " left of the limit",
				 (unsigned long long)def->limits.min, owner->table_room);
	n = (uint32_t)def->limits.min;
	t->max = def->limits.max < owner->table_room ? (uint32_t)def->limits.max : owner->table_room;
	if (n != 0) {
		t->entries = ewi_alloc(&owner->alloc, n, sizeof(*t->entries));
		if (!t->entries)
			return EW_ERR_NOMEM;
	}
	t->size = t->cap = n;
	owner->table_room -= n;
	return EW_OK;
}

/* Room for size entries: half as many more where the limits and the allocator allow it. */
static bool make_room(struct ew_table *t, uint32_t size)
{
	uint32_t room = t->owner->table_room;
	uint32_t most = t->max - t->size < room ? t->max : t->size + room;
	uint32_t cap;
	void **p = NULL;

	if (size <= t->cap)
		return true;
	/* t->cap < size <= most, so the difference does not wrap. */
	cap = t->cap / 2 < most - t->cap ? t->cap + t->cap / 2 : most;
	if (cap > size)
		p = ewi_realloc(&t->owner->alloc, t->entries, t->cap, cap, sizeof(*p));
	if (!p) {
		cap = size;
		p = ewi_realloc(&t->owner->alloc, t->entries, t->cap, cap, sizeof(*p));
	}
	if (!p)
		return false;
	t->entries = p;
	t->cap = cap;
	return true;
}

static enum ew_status grow(struct ew_table *t, uint64_t more, void *fill)
{
	uint32_t count;

	if (more > t->max - t->size || more > t->owner->table_room)
		return EW_ERR_LIMIT;
	count = (uint32_t)more;
	if (count != 0 && !make_room(t, t->size + count))
		return EW_ERR_NOMEM;
	for (uint32_t k = 0; k < count; k++)
		t->entries[t->size + k] = fill;
	t->size += count;
	t->touched = true;
	t->owner->table_room -= count;
	return EW_OK;
}

uint64_t ewi_table_grow(struct ew_table *t, uint64_t count, void *fill)
{
	uint32_t old = t->size;

	return grow(t, count, fill) == EW_OK ? old : UINT64_MAX;
}

static bool inside(const struct ew_table *t, uint64_t at, uint64_t n)
{
	return at <= t->size && n <= t->size - at;
}

static void *item_value(const struct ew_instance *i, uint32_t item)
{
	if (item == EWI_NONE)
		return NULL;
	if (!(item & EWI_ITEM_GLOBAL))
		return i->funcs[item];
	return ewi_ref_of(i->globals[item & ~EWI_ITEM_GLOBAL]->value);
}

enum ew_trap_code ewi_table_init(struct ew_instance *i, uint32_t table, uint32_t elem, uint64_t dst,
				 uint32_t src, uint32_t n)
{
	const struct ewi_elem *e = &i->module->elems[elem];
	uint32_t count = i->dropped[elem / 8] >> (elem % 8) & 1 ? 0 : e->count;
	struct ew_table *t = i->tables[table];

	if ((uint64_t)src + n > count || !inside(t, dst, n))
		return EW_TRAP_TABLE_BOUNDS;
	t->touched = true;
	for (uint32_t k = 0; k < n; k++)
		t->entries[dst + k] = item_value(i, e->items[src + k]);
	return EW_TRAP_NONE;
}

void ewi_elem_drop(struct ew_instance *i, uint32_t elem)
{
	i->dropped[elem / 8] |= (uint8_t)(1u << (elem % 8));
}

enum ew_trap_code ewi_table_copy(struct ew_table *to, struct ew_table *from, uint64_t dst,
				 uint64_t src, uint64_t n)
{
	if (!inside(to, dst, n) || !inside(from, src, n))
		return EW_TRAP_TABLE_BOUNDS;
	to->touched = true;
	if (n != 0)
		memmove(to->entries + dst, from->entries + src, (size_t)n * sizeof(*to->entries));
	return EW_TRAP_NONE;
}

enum ew_trap_code ewi_table_fill(struct ew_table *t, uint64_t dst, void *value, uint64_t n)
{
	if (!inside(t, dst, n))
		return EW_TRAP_TABLE_BOUNDS;
	t->touched = true;
	for (uint64_t k = 0; k < n; k++)
		t->entries[dst + k] = value;
	return EW_TRAP_NONE;
}

/* ---- the host's side -------------------------------------------------------------------------------- */

static enum ew_status create(struct ew_table **out, const struct ewi_table_def *def,
			     const struct ew_alloc *alloc)
{
	struct ew_instance *i;
	void *object;
	enum ew_status st;

	*out = NULL;
	if (def->limits.min > def->limits.max || !ewi_is_reftype(def->type))
		return EW_ERR_INVAL;
	i = ewi_instance_bare(alloc, sizeof(**out), &object);
	if (!i)
		return EW_ERR_NOMEM;
	i->table_room = EW_MAX_TABLE_ENTRIES;
	i->own_tables = object;
	i->own_table_count = 1;
	st = ewi_table_setup(object, i, def, NULL);
	if (st != EW_OK) {
		ewi_instance_free(i);
		return st;
	}
	*out = object;
	return EW_OK;
}

enum ew_status ew_table_create(struct ew_table **out, enum ew_type type, uint32_t min, uint32_t max,
			       const struct ew_alloc *alloc)
{
	struct ewi_table_def def = {{min, max == UINT32_MAX ? EWI_NO_MAX : max}, (uint8_t)type, false};

	return create(out, &def, alloc);
}

enum ew_status ew_table_create64(struct ew_table **out, enum ew_type type, uint64_t min, uint64_t max,
				 const struct ew_alloc *alloc)
{
	struct ewi_table_def def = {{min, max}, (uint8_t)type, true};

	*out = NULL;
	return EW_CONFIG_MEMORY64 ? create(out, &def, alloc) : EW_ERR_UNSUPPORTED;
}

/* Only standalone ones. */
void ew_table_destroy(struct ew_table *t)
{
	if (t && !t->owner->module)
		ew_instance_destroy(t->owner);
}

uint32_t ew_table_size(const struct ew_table *t)
{
	return t->size;
}

/* The entry that stands for a host's value; false: a function of another group, or an exception. */
static bool entry_of(const struct ew_table *t, union ew_value value, void **entry)
{
	*entry = t->type == EW_FUNCREF ? (void *)value.func : value.ref;
	if (t->type == EW_EXNREF && value.ref)
		return false;
	return t->type != EW_FUNCREF || ewi_ref_admit(t->owner, value.func);
}

enum ew_status ew_table_get(const struct ew_table *t, uint32_t index, union ew_value *out)
{
	memset(out, 0, sizeof(*out));
	if (index >= t->size)
		return EW_ERR_BOUNDS;
	if (t->type == EW_FUNCREF)
		out->func = t->entries[index];
	else
		out->ref = t->entries[index];
	return EW_OK;
}

enum ew_status ew_table_set(struct ew_table *t, uint32_t index, union ew_value value)
{
	void *entry;

	if (index >= t->size)
		return EW_ERR_BOUNDS;
	if (!entry_of(t, value, &entry))
		return EW_ERR_INVAL;
	t->entries[index] = entry;
	t->touched = true;
	return EW_OK;
}

enum ew_status ew_table_grow(struct ew_table *t, uint32_t count, union ew_value fill)
{
	void *entry;

	if (!entry_of(t, fill, &entry))
		return EW_ERR_INVAL;
	return grow(t, count, entry);
}

#endif
