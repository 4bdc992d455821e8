/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * decode.c - a module from its bytes: the header, the frame and order of the sections, what must agree between them.
 * The sections themselves are in section*.c, function bodies in translate.c.
 * Source: WebAssembly 2.0, 5.5 (binary format, modules) and 3.4 (validation, modules).
 */
#include <inttypes.h>
#include "base/error.h"
#include "wasm/decode.h"

#if EW_CONFIG_WASM

static const struct {
	uint8_t order; /* sections come in this order, each at most once; 0: no such id */
	enum ew_status (*read)(struct ewi_decoder *d);
} sections[] = {
	[1] = {1, ewi_section_types},	  [2] = {2, ewi_section_imports},
	[3] = {3, ewi_section_functions}, [4] = {4, ewi_section_tables},
	[5] = {5, ewi_section_memories},  [6] = {7, ewi_section_globals},
	[7] = {8, ewi_section_exports},	  [8] = {9, ewi_section_start},
	[9] = {10, ewi_section_elems},	  [10] = {12, ewi_section_code},
	[11] = {13, ewi_section_datas},	  [12] = {11, ewi_section_data_count},
	[13] = {6, ewi_section_tags},
};

enum ew_status ewi_decode_count(struct ewi_decoder *d, uint32_t min_bytes, uint32_t max,
				const char *what, uint32_t *out)
{
	size_t at = ewi_reader_at(&d->r);
	uint32_t n = ewi_read_u32(&d->r);

	*out = 0;
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (n > ewi_reader_left(&d->r) / min_bytes)
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "unexpected end: %" PRIu32 " %s in %zu bytes", n, what,
				 ewi_reader_left(&d->r));
	if (n > max)
		return ewi_error(d->err, EW_ERR_LIMIT, at, "%" PRIu32 " %s, limit %" PRIu32, n,
				 what, max);
	*out = n;
	return EW_OK;
}

enum ew_status ewi_decode_name(struct ewi_decoder *d, struct ewi_name *out)
{
	size_t at = ewi_reader_at(&d->r);
	uint32_t len = ewi_read_u32(&d->r);
	const uint8_t *text;

	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (len > ewi_reader_left(&d->r))
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "length out of bounds: a name of %" PRIu32 " bytes, %zu left", len,
				 ewi_reader_left(&d->r));
	at = ewi_reader_at(&d->r);
	text = ewi_read_bytes(&d->r, len);
	if (!ewi_utf8_valid(text, len))
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed UTF-8 encoding");
	out->text = (const char *)text;
	out->len = len;
	return EW_OK;
}

void *ewi_decode_reserve(struct ewi_decoder *d, void *items, uint32_t *cap, uint32_t want,
			 size_t size)
{
	void *p;

	if (want <= *cap)
		return items;
	p = ewi_realloc(&d->m->alloc, items, *cap, want, size);
	if (p)
		*cap = want;
	return p;
}

/* A custom section never makes a module malformed, except by its own name. */
static enum ew_status custom_section(struct ewi_decoder *d)
{
	struct ewi_name name;
	enum ew_status st = ewi_decode_name(d, &name);
	size_t size;

	if (st != EW_OK)
		return st;
	size = ewi_reader_left(&d->r);
	if (name.len == 4 && memcmp(name.text, "name", 4) == 0 && !d->m->func_names &&
	    !(d->m->flags & EW_MODULE_NO_NAMES))
		ewi_names_read(d->m, d->r.p, size);
	ewi_read_bytes(&d->r, size);
	return EW_OK;
}

static enum ew_status known_section(struct ewi_decoder *d, uint8_t id, size_t at, unsigned *last)
{
	enum ew_status st;

	if (id >= sizeof(sections) / sizeof(sections[0]))
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed section id %u", id);
	if (sections[id].order <= *last)
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "unexpected content after last section: id %u", id);
	*last = sections[id].order;
	st = sections[id].read(d);
	if (st == EW_OK && d->r.failed)
		st = EW_ERR_MALFORMED;
	if (st == EW_OK && ewi_reader_left(&d->r) != 0)
		st = ewi_error(d->err, EW_ERR_MALFORMED, ewi_reader_at(&d->r),
			       "section size mismatch: %zu bytes too many", ewi_reader_left(&d->r));
	return st;
}

static enum ew_status header(struct ewi_reader *r, struct ew_error *err)
{
	uint32_t magic = ewi_read_le32(r), version;

	if (r->failed)
		return EW_ERR_MALFORMED;
	if (magic != 0x6d736100u)
		return ewi_error(err, EW_ERR_MALFORMED, 0, "magic header not detected");
	version = ewi_read_le32(r);
	if (r->failed)
		return EW_ERR_MALFORMED;
	if (version != 1)
		return ewi_error(err, EW_ERR_MALFORMED, 4, "unknown binary version %" PRIu32,
				 version);
	return EW_OK;
}

/* What only the whole module shows. */
static enum ew_status agree(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;

	if (d->bodies != m->func_count - m->func_imports)
		return ewi_error(d->err, EW_ERR_MALFORMED, m->size,
				 "function and code section have inconsistent lengths");
	if (m->data_count != 0 && !d->has_data)
		return ewi_error(d->err, EW_ERR_MALFORMED, m->size,
				 "data count and data section have inconsistent lengths");
	for (uint32_t f = 0; f < m->func_count; f++) {
		const struct ewi_functype *t = ewi_func_type(m, f);

		if (!ewi_func_is_object(m, f))
			continue;
		m->func_objects++;
		m->takes_refs |= ewi_functype_has_funcref(t);
		if (f >= m->func_imports && t->result_slots > m->max_results)
			m->max_results = t->result_slots;
	}
	return EW_OK;
}

static enum ew_status decode(struct ewi_decoder *d)
{
	struct ewi_reader all;
	unsigned last = 0;
	enum ew_status st;

	ewi_reader_init(&all, d->m->bytes, d->m->size, 0, d->err);
	st = header(&all, d->err);
	while (st == EW_OK && ewi_reader_left(&all) != 0) {
		size_t at = ewi_reader_at(&all);
		uint8_t id = ewi_read_u8(&all);
		uint32_t size = ewi_read_u32(&all);

		if (all.failed)
			return EW_ERR_MALFORMED;
		if (size > ewi_reader_left(&all))
			return ewi_error(d->err, EW_ERR_MALFORMED, at,
					 "length out of bounds: section %u of %" PRIu32
					 " bytes, %zu left",
					 id, size, ewi_reader_left(&all));
		ewi_reader_init(&d->r, all.p, size, ewi_reader_at(&all), d->err);
		ewi_read_bytes(&all, size);
		st = id == 0 ? custom_section(d) : known_section(d, id, at, &last);
	}
	return st == EW_OK ? agree(d) : st;
}

static uint32_t limit(uint32_t set, uint32_t preset)
{
	return set ? set : preset;
}

static void apply(struct ew_module *m, const struct ew_module_config *config)
{
	struct ew_module_config c;

	ewi_config_read(&c, sizeof(c), config);
	m->flags = c.flags;
	if (c.flags & (EW_MODULE_OBSERVE | EW_MODULE_LISTING))
		m->flags &= ~(uint32_t)EW_MODULE_LAZY;
	m->disable = c.disable;
	m->max_functions = limit(c.max_functions, EW_MAX_FUNCTIONS);
	m->max_locals = limit(c.max_locals, EW_MAX_LOCALS);
	m->max_nesting = limit(c.max_nesting, EW_MAX_NESTING);
	m->max_body_bytes = limit(c.max_body_bytes, EW_MAX_BODY_BYTES);
	m->start = EWI_NONE;
}

/* The bytes, borrowed or copied. */
static enum ew_status take_bytes(struct ew_module *m, const void *bytes, size_t size)
{
	void *copy;

	m->bytes = bytes;
	if (!(m->flags & EW_MODULE_COPY) || size == 0) {
		m->flags &= ~(uint32_t)EW_MODULE_COPY;
	} else {
		copy = ewi_alloc(&m->alloc, size, 1);
		m->bytes = copy;
		if (!copy)
			return EW_ERR_NOMEM;
		memcpy(copy, bytes, size);
	}
	m->size = size;
	return EW_OK;
}

enum ew_status ew_module_load(struct ew_module **out, const void *bytes, size_t size,
			      const struct ew_module_config *config, const struct ew_alloc *alloc,
			      struct ew_error *err)
{
	struct ewi_decoder d = {.err = err};
	enum ew_status st = EW_ERR_NOMEM;

	*out = NULL;
	ewi_error_clear(err);
	if (size > EW_MAX_MODULE_BYTES)
		return ewi_error(err, EW_ERR_LIMIT, 0, "a module of %zu bytes, limit %u", size,
				 EW_MAX_MODULE_BYTES);
	d.m = ewi_alloc(alloc, 1, sizeof(*d.m));
	if (!d.m)
		return ewi_error(err, st, 0, "%s", ew_status_text(st));
	d.m->alloc = *alloc;
	apply(d.m, config);
	if (!EW_CONFIG_LAZY && d.m->flags & EW_MODULE_LAZY)
		st = ewi_error(err, EW_ERR_UNSUPPORTED, 0, "lazy translation is disabled: EW_CONFIG_LAZY");
	else if (!EW_CONFIG_TRACE && d.m->flags & (EW_MODULE_OBSERVE | EW_MODULE_LISTING))
		st = ewi_error(err, EW_ERR_UNSUPPORTED, 0, "stepping and listing are disabled: EW_CONFIG_TRACE");
	else
		st = take_bytes(d.m, bytes, size);
	if (st == EW_OK)
		st = decode(&d);
	if (st != EW_OK) {
		ew_module_free(d.m);
		return ewi_error(err, st, 0, "%s", ew_status_text(st)); /* if nobody said more */
	}
	*out = d.m;
	return EW_OK;
}

void ew_module_free(struct ew_module *m)
{
	struct ew_alloc a;

	if (!m)
		return;
	a = m->alloc;
	for (uint32_t i = 0; m->elems && i < m->elem_count; i++)
		ewi_free(&a, m->elems[i].items, m->elems[i].count, sizeof(*m->elems[i].items));
	ewi_free(&a, m->types, m->type_count, sizeof(*m->types));
	ewi_free(&a, m->type_bytes, m->type_bytes_cap, 1);
	ewi_free(&a, m->imports, m->import_count, sizeof(*m->imports));
	ewi_free(&a, m->funcs, m->func_cap, sizeof(*m->funcs));
	ewi_free(&a, m->tables, m->table_cap, sizeof(*m->tables));
	ewi_free(&a, m->memories, m->memory_cap, sizeof(*m->memories));
	ewi_free(&a, m->globals, m->global_cap, sizeof(*m->globals));
	ewi_free(&a, m->tags, m->tag_cap, sizeof(*m->tags));
	ewi_free(&a, m->exports, m->export_count, sizeof(*m->exports));
	ewi_free(&a, m->export_order, m->export_count, sizeof(*m->export_order));
	ewi_free(&a, m->elems, m->elem_count, sizeof(*m->elems));
	ewi_free(&a, m->datas, m->data_count, sizeof(*m->datas));
#if EW_CONFIG_LAZY
	ewi_late_free(m);
#endif
	ewi_free(&a, m->code, m->code_size, 1);
	ewi_free(&a, m->map, m->map_size, 1);
#if EW_CONFIG_TRACE
	ewi_notes_free(&m->notes, &a);
#endif
	if (m->flags & EW_MODULE_COPY) {
		/* The only const cast: the copy is ours. */
		ewi_free(&a, (void *)(uintptr_t)m->bytes, m->size, 1);
	}
	ewi_free(&a, m, 1, sizeof(*m));
}

size_t ew_module_size(const struct ew_module *m, size_t *code_bytes)
{
	size_t n = sizeof(*m);

	for (uint32_t i = 0; i < m->elem_count; i++)
		n += m->elems[i].count * sizeof(*m->elems[i].items);
	n += m->type_count * sizeof(*m->types) + m->type_bytes_cap;
	n += m->import_count * sizeof(*m->imports);
	n += m->func_cap * sizeof(*m->funcs);
	n += m->table_cap * sizeof(*m->tables);
	n += m->memory_cap * sizeof(*m->memories);
	n += m->global_cap * sizeof(*m->globals);
	n += m->tag_cap * sizeof(*m->tags);
	n += m->export_count * (sizeof(*m->exports) + sizeof(*m->export_order));
	n += m->elem_count * sizeof(*m->elems);
	n += m->data_count * sizeof(*m->datas);
	n += m->code_size + m->map_size;
#if EW_CONFIG_TRACE
	n += m->notes.step_cap * sizeof(*m->notes.steps) + m->notes.line_cap * sizeof(*m->notes.lines);
#endif
	n += m->flags & EW_MODULE_COPY ? m->size : 0;
	if (code_bytes)
		*code_bytes = m->code_size;
#if EW_CONFIG_LAZY
	n += ewi_late_size(m, code_bytes);
#endif
	return n;
}

#endif
