/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * memory.c - linear memory: an array of bytes in pages of 64 KiB, or of one byte where the module says so.
 * Addresses and lengths have up to 64 bits (memory64): bounds are checked without adding two of them.
 * Source: WebAssembly 2.0, 4.2.8 (memory instances), 4.4.7 (instructions); the proposals memory64 and custom page sizes.
 */
#include "base/error.h"
#include "edgewasm/guard.h"
#include "wasm/instance.h"

#if EW_CONFIG_WASM

#define PAGES_MAX 65536u

/* The most pages that addresses of the memory can tell apart; a size of 2^32 or 2^64 bytes is none that i32 or i64 holds. */
static uint64_t most_pages(const struct ewi_memory_def *def)
{
	if (EWI_IS64(def))
		return def->page_log2 ? (uint64_t)1 << 48 : UINT64_MAX;
	return def->page_log2 ? PAGES_MAX : UINT32_MAX;
}

/*
 * A guarded memory has a page before its first, so that there is something to allocate, and an address, while it has
 * none itself: its handlers look at nothing else.
 */
#define LEAD(m) (ewi_memory_guarded(m) ? (uint64_t)1 << 16 : 0)

static const struct ew_alloc *source(const struct ew_memory *m)
{
#if EW_CONFIG_GUARD
	if (m->guarded)
		return &m->owner->guard;
#endif
	return &m->owner->alloc;
}

enum ew_status ewi_memory_resize(struct ew_memory *m, uint64_t pages)
{
	const struct ew_alloc *a = source(m);
	uint64_t bytes = pages << m->page_log2;
	uint8_t *block = m->base ? m->base - LEAD(m) : NULL;

	if (pages > SIZE_MAX / 2 >> m->page_log2)
		return EW_ERR_NOMEM;
	if (block || bytes + LEAD(m) != 0)
		block = a->resize(a->ctx, block, block ? (size_t)(m->bytes + LEAD(m)) : 0, (size_t)(bytes + LEAD(m)));
	if (!block && bytes + LEAD(m) != 0)
		return EW_ERR_NOMEM;
	m->base = block ? block + LEAD(m) : NULL;
	m->owner->memory_room += m->bytes - bytes;
	m->pages = pages;
	m->bytes = bytes;
	return EW_OK;
}

bool ewi_memory_renew(struct ew_memory *m)
{
	const struct ew_alloc *a = source(m);
	size_t n = (size_t)(m->bytes + LEAD(m));
	uint8_t *block = a->resize(a->ctx, NULL, 0, n);

	if (!block)
		return false;
	a->resize(a->ctx, m->base - LEAD(m), n, 0);
	m->base = block + LEAD(m);
	return true;
}

void ewi_memory_release(struct ew_memory *m)
{
	const struct ew_alloc *a;

	if (!m->base) /* nor an owner, perhaps */
		return;
	a = source(m);
	a->resize(a->ctx, m->base - LEAD(m), (size_t)(m->bytes + LEAD(m)), 0);
	m->base = NULL;
}

enum ew_status ewi_memory_setup(struct ew_memory *m, struct ew_instance *owner,
				const struct ewi_memory_def *def, struct ew_error *err)
{
	uint64_t most = most_pages(def), room = owner->memory_room >> def->page_log2;
	uint64_t max = def->limits.max < most ? def->limits.max : most;

	m->owner = owner;
	m->page_log2 = def->page_log2;
	m->is64 = EWI_IS64(def);
	m->declared_max = def->limits.max;
	m->max_pages = max < room ? max : room;
	if (def->limits.min > m->max_pages)
		return ewi_error(err, EW_ERR_LIMIT, 0,
				 "a memory of %llu pages, limit %llu", (unsigned long long)def->limits.min,
				 (unsigned long long)m->max_pages);
#if EW_CONFIG_GUARD
	m->guarded = owner->guard.resize && !EWI_IS64(m) && m->page_log2 == 16;
#endif
	return ewi_memory_resize(m, def->limits.min);
}

/* pages <= max_pages, whose bytes are within memory_room (64 bits): the shifts lose nothing. */
static enum ew_status grow(struct ew_memory *m, uint64_t pages)
{
	if (pages > m->max_pages - m->pages || pages << m->page_log2 > m->owner->memory_room)
		return EW_ERR_LIMIT;
	return pages == 0 ? EW_OK : ewi_memory_resize(m, m->pages + pages);
}

uint64_t ewi_memory_grow(struct ew_memory *m, uint64_t pages)
{
	uint64_t old = m ? m->pages : 0;

	return m && grow(m, pages) == EW_OK ? old : UINT64_MAX;
}

static bool inside(const struct ew_memory *m, uint64_t at, uint64_t n)
{
	return m && at <= m->bytes && n <= m->bytes - at;
}

enum ew_trap_code ewi_memory_init(struct ew_instance *i, uint32_t memory, uint32_t data, uint64_t dst,
				  uint32_t src, uint32_t n)
{
	struct ew_memory *m = i->memories[memory];
	const struct ewi_data *s = &i->module->datas[data];
	uint32_t bit = i->module->elem_count + data;
	uint32_t size = i->dropped[bit / 8] >> (bit % 8) & 1 ? 0 : s->size;

	if ((uint64_t)src + n > size || !inside(m, dst, n))
		return EW_TRAP_MEMORY_BOUNDS;
	ewi_touch(m, dst, n);
	if (n != 0)
		memcpy(m->base + dst, s->bytes + src, n);
	return EW_TRAP_NONE;
}

void ewi_data_drop(struct ew_instance *i, uint32_t data)
{
	uint32_t bit = i->module->elem_count + data;

	i->dropped[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

enum ew_trap_code ewi_memory_copy(struct ew_memory *to, struct ew_memory *from, uint64_t dst, uint64_t src,
				  uint64_t n)
{
	if (!inside(to, dst, n) || !inside(from, src, n))
		return EW_TRAP_MEMORY_BOUNDS;
	ewi_touch(to, dst, n);
	if (n != 0)
		memmove(to->base + dst, from->base + src, (size_t)n);
	return EW_TRAP_NONE;
}

enum ew_trap_code ewi_memory_fill(struct ew_memory *m, uint64_t dst, uint8_t value, uint64_t n)
{
	if (!inside(m, dst, n))
		return EW_TRAP_MEMORY_BOUNDS;
	ewi_touch(m, dst, n);
	if (n != 0)
		memset(m->base + dst, value, (size_t)n);
	return EW_TRAP_NONE;
}

/* ---- the host's side -------------------------------------------------------------------------------- */

static enum ew_status create(struct ew_memory **out, const struct ewi_memory_def *def, const struct ew_alloc *guard,
			     const struct ew_alloc *alloc)
{
	uint64_t most = most_pages(def), min = def->limits.min, max = def->limits.max;
	struct ew_instance *i;
	struct ew_memory *m;
	void *object;
	enum ew_status st;

	*out = NULL;
	if (min > max || min > most || (max != EWI_NO_MAX && max > most))
		return EW_ERR_INVAL;
	i = ewi_instance_bare(alloc, sizeof(*m), &object);
	if (!i)
		return EW_ERR_NOMEM;
	m = i->own_memories = object;
	i->own_memory_count = 1;
	i->memory_room = (uint64_t)EW_MAX_MEMORY_PAGES << 16;
#if EW_CONFIG_GUARD
	if (guard)
		i->guard = *guard;
#else
	(void)guard;
#endif
	st = ewi_memory_setup(m, i, def, NULL);
	if (st != EW_OK) {
		ewi_instance_free(i);
		return st;
	}
	*out = m;
	return EW_OK;
}

enum ew_status ew_memory_create(struct ew_memory **out, uint32_t min_pages, uint32_t max_pages,
				const struct ew_alloc *alloc)
{
	struct ewi_memory_def def = {{min_pages, max_pages == UINT32_MAX ? EWI_NO_MAX : max_pages}, 16, false};

	return create(out, &def, NULL, alloc);
}

#if EW_CONFIG_GUARD
enum ew_status ew_memory_create_guarded(struct ew_memory **out, uint32_t min_pages, uint32_t max_pages,
					const struct ew_alloc *guard, const struct ew_alloc *alloc)
{
	struct ewi_memory_def def = {{min_pages, max_pages == UINT32_MAX ? EWI_NO_MAX : max_pages}, 16, false};

	return create(out, &def, guard, alloc);
}
#endif

enum ew_status ew_memory_create64(struct ew_memory **out, uint64_t min_pages, uint64_t max_pages,
				  const struct ew_alloc *alloc)
{
	struct ewi_memory_def def = {{min_pages, max_pages}, 16, true};

	*out = NULL;
	return EW_CONFIG_MEMORY64 ? create(out, &def, NULL, alloc) : EW_ERR_UNSUPPORTED;
}

/* Only standalone ones: a memory that a module defined goes with its instance. */
void ew_memory_destroy(struct ew_memory *m)
{
	if (m && !m->owner->module)
		ew_instance_destroy(m->owner);
}

struct ew_memory *ew_instance_memory(struct ew_instance *i)
{
	return i->memory;
}

void *ew_memory_span(struct ew_memory *m, uint64_t gaddr, uint64_t len)
{
	if (!inside(m, gaddr, len))
		return NULL;
	ewi_touch(m, gaddr, len); /* it may be written there */
	/* No bytes of a memory without pages: any address but NULL says "inside". */
	return m->base ? (void *)(m->base + gaddr) : (void *)m;
}

uint64_t ew_memory_size(const struct ew_memory *m)
{
	return m->bytes;
}

uint32_t ew_memory_page_bytes(const struct ew_memory *m)
{
	return 1u << m->page_log2;
}

enum ew_status ew_memory_grow(struct ew_memory *m, uint64_t pages)
{
	return grow(m, pages);
}

#endif
