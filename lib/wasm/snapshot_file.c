/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * snapshot_file.c - a snapshot as bytes, and back.  Numbers are little-endian.
 *
 *	"ewsnap", u16 version 1
 *	u64 bytes of the module, u64 their check sum
 *	for each memory    u64 pages, u64 size, the first size bytes (all others are 0)
 *	for each table     u32 size, size times u32: 0 for null, or 1 + the index of a function
 *	for each global    u64 value (or as above), u64 upper half of a v128; both 0 where it is immutable
 *	a bit for each element and each data segment that is dropped, in bytes, the lowest bit first
 *	u64 check sum of everything before
 *
 * How many there are of each stands in the module.  Check sums are FNV-1a, 64 bits: they find accidents, not malice.
 */
#include "base/error.h"
#include "base/le.h"
#include "wasm/snapshot.h"

#if EW_CONFIG_WASM && EW_CONFIG_SNAPSHOT

#define HEAD_BYTES 24
#define CHUNK 65536u

static uint64_t sum_of(uint64_t sum, const uint8_t *p, size_t n)
{
	while (n-- > 0)
		sum = (sum ^ *p++) * 0x100000001b3u;
	return sum;
}

#define SUM_START 0xcbf29ce484222325u

static void head_of(const struct ew_module *m, uint8_t head[HEAD_BYTES])
{
	memcpy(head, "ewsnap\1\0", 8);
	ewi_put_le64(head + 8, m->size);
	ewi_put_le64(head + 16, sum_of(SUM_START, m->bytes, m->size));
}

/* ---- writing ---- */

struct sink {
	ew_snapshot_write_fn fn;
	void *user;
	uint64_t sum;
	enum ew_status status; /* the first that was not EW_OK */
};

static void put(struct sink *to, const void *bytes, size_t n)
{
	if (to->status != EW_OK || n == 0)
		return;
	to->sum = sum_of(to->sum, bytes, n);
	to->status = to->fn(to->user, bytes, n);
}

static void put64(struct sink *to, uint64_t v)
{
	uint8_t b[8];

	ewi_put_le64(b, v);
	put(to, b, sizeof(b));
}

static void put32(struct sink *to, uint32_t v)
{
	uint8_t b[4];

	ewi_put_le32(b, v);
	put(to, b, sizeof(b));
}

enum ew_status ew_snapshot_save(const struct ew_snapshot *s, ew_snapshot_write_fn fn, void *user)
{
	struct sink to = {fn, user, SUM_START, EW_OK};
	uint8_t head[HEAD_BYTES];

	head_of(s->module, head);
	put(&to, head, sizeof(head));
	for (uint32_t k = 0; k < s->memory_count; k++) {
		put64(&to, s->memories[k].pages);
		put64(&to, s->memories[k].size);
		put(&to, s->memories[k].bytes, (size_t)s->memories[k].size);
	}
	for (uint32_t k = 0; k < s->table_count; k++) {
		put32(&to, s->tables[k].size);
		for (uint32_t e = 0; e < s->tables[k].size; e++)
			put32(&to, s->tables[k].entries[e]);
	}
	for (uint32_t k = 0; k < s->global_count; k++) {
		put64(&to, s->globals[k].low);
		put64(&to, s->globals[k].high);
	}
	put(&to, s->dropped, s->dropped_bytes);
	put64(&to, to.sum);
	return to.status;
}

/* ---- reading ---- */

struct source {
	ew_snapshot_read_fn fn;
	void *user;
	uint64_t sum;
	enum ew_status status;
};

static bool get(struct source *from, void *bytes, size_t n)
{
	if (from->status == EW_OK && n != 0) {
		from->status = from->fn(from->user, bytes, n);
		if (from->status > EW_OK)
			from->status = EW_OK;
		if (from->status == EW_OK)
			from->sum = sum_of(from->sum, bytes, n);
	}
	return from->status == EW_OK;
}

static uint64_t get64(struct source *from)
{
	uint8_t b[8] = {0};

	return get(from, b, sizeof(b)) ? ewi_le64(b) : 0;
}

static uint32_t get32(struct source *from)
{
	uint8_t b[4] = {0};

	return get(from, b, sizeof(b)) ? ewi_le32(b) : 0;
}

/* n bytes into a block that grows as they come: twice what there is at most.  *have says how large it is. */
static uint8_t *get_block(struct ew_snapshot *s, struct source *from, uint64_t n, uint64_t *have)
{
	uint8_t *block = NULL, *p;

	*have = 0;
	while (*have < n && from->status == EW_OK) {
		uint64_t step = *have < CHUNK ? CHUNK : *have;

		if (step > n - *have)
			step = n - *have;
		p = *have + step <= SIZE_MAX / 2 ? ewi_realloc(&s->alloc, block, (size_t)*have, (size_t)(*have + step), 1)
						 : NULL;
		if (!p) {
			from->status = EW_ERR_NOMEM;
			break;
		}
		block = p;
		get(from, block + *have, (size_t)step);
		*have += step;
	}
	s->bytes += (size_t)*have;
	return block;
}

static void get_memory(struct ew_snapshot *s, struct source *from, struct ewi_memory_image *image,
		       const struct ewi_memory_def *def)
{
	uint64_t pages = get64(from), size = get64(from);

	if (from->status != EW_OK)
		return;
	if (pages < def->limits.min || pages > def->limits.max || pages > UINT64_MAX >> 1 >> def->page_log2 ||
	    size > pages << def->page_log2) {
		from->status = EW_ERR_MALFORMED;
		return;
	}
	image->pages = pages;
	image->bytes = get_block(s, from, size, &image->size);
}

static void get_table(struct ew_snapshot *s, struct source *from, struct ewi_table_image *image,
		      const struct ewi_table_def *def)
{
	uint32_t size = get32(from);
	uint64_t have;

	if (from->status != EW_OK)
		return;
	if (size < def->limits.min || size > def->limits.max) {
		from->status = EW_ERR_MALFORMED;
		return;
	}
	image->entries = (void *)get_block(s, from, (uint64_t)size * 4, &have);
	image->size = (uint32_t)(have / 4);
	for (uint32_t k = 0; from->status == EW_OK && k < size; k++)
		image->entries[k] = ewi_le32(&image->entries[k]);
}

/* ---- believing ---- */

/* 0, or 1 + a function that an instance has an object for. */
static bool reference_fits(const struct ew_module *m, uint8_t type, uint64_t ref)
{
	return ref == 0 || (type == EW_FUNCREF && ref <= m->func_count && ewi_func_is_object(m, (uint32_t)ref - 1));
}

static bool global_fits(const struct ew_module *m, const struct ewi_global_def *def, const struct ewi_global_image *g)
{
	if (!def->is_mutable)
		return g->low == 0 && g->high == 0;
	if (ewi_is_reftype(def->type) && !reference_fits(m, def->type, g->low))
		return false;
	if ((def->type == EW_I32 || def->type == EW_F32) && g->low > UINT32_MAX)
		return false;
	return def->type == EW_V128 || g->high == 0;
}

static bool fits(const struct ew_snapshot *s)
{
	const struct ew_module *m = s->module;

	for (uint32_t k = 0; k < s->table_count; k++)
		for (uint32_t e = 0; e < s->tables[k].size; e++)
			if (!reference_fits(m, m->tables[k].type, s->tables[k].entries[e]))
				return false;
	for (uint32_t k = 0; k < s->global_count; k++)
		if (!global_fits(m, &m->globals[m->global_imports + k], &s->globals[k]))
			return false;
	return true;
}

static enum ew_status check_head(struct source *from, const struct ew_module *m, struct ew_error *err)
{
	uint8_t want[HEAD_BYTES], head[HEAD_BYTES];

	if (!get(from, head, sizeof(head)))
		return from->status;
	head_of(m, want);
	if (memcmp(head, want, 6) != 0)
		return ewi_error(err, EW_ERR_MALFORMED, 0, "not a snapshot");
	if (memcmp(head, want, 8) != 0)
		return ewi_error(err, EW_ERR_MALFORMED, 6, "snapshot of version %u, not 1", (unsigned)ewi_le16(head + 6));
	if (memcmp(head, want, sizeof(head)) != 0)
		return ewi_error(err, EW_ERR_MALFORMED, 8, "snapshot of another module");
	return EW_OK;
}

static enum ew_status get_all(struct ew_snapshot *s, struct source *from)
{
	const struct ew_module *m = s->module;
	uint64_t sum;

	for (uint32_t k = 0; k < s->memory_count && from->status == EW_OK; k++)
		get_memory(s, from, &s->memories[k], &m->memories[k]);
	for (uint32_t k = 0; k < s->table_count && from->status == EW_OK; k++)
		get_table(s, from, &s->tables[k], &m->tables[k]);
	for (uint32_t k = 0; k < s->global_count && from->status == EW_OK; k++) {
		s->globals[k].low = get64(from);
		s->globals[k].high = get64(from);
	}
	get(from, s->dropped, s->dropped_bytes);
	sum = from->sum;
	if (get64(from) != sum && from->status == EW_OK)
		from->status = EW_ERR_MALFORMED;
	return from->status;
}

enum ew_status ew_snapshot_load(struct ew_snapshot **out, const struct ew_module *module, ew_snapshot_read_fn fn,
				void *user, const struct ew_alloc *alloc, struct ew_error *err)
{
	struct source from = {fn, user, SUM_START, EW_OK};
	struct ew_snapshot *s;
	enum ew_status st;

	*out = NULL;
	ewi_error_clear(err);
	st = ewi_snapshot_create(&s, module, alloc, err);
	if (st != EW_OK)
		return st;
	st = check_head(&from, module, err);
	if (st == EW_OK)
		st = get_all(s, &from);
	if (st == EW_OK && !fits(s))
		st = EW_ERR_MALFORMED;
	if (st != EW_OK) {
		ew_snapshot_free(s);
		return ewi_error(err, st, 0, "%s", st == EW_ERR_MALFORMED ? "a snapshot that does not fit the module or is not whole"
									  : ew_status_text(st));
	}
	*out = s;
	return EW_OK;
}

#endif
