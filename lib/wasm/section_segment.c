/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * section_segment.c - what fills an instance: element segments, data segments, and the frames of function bodies.
 * Source: WebAssembly 2.0, 5.5.12 to 5.5.16.
 */
#include <inttypes.h>
#include "base/error.h"
#include "wasm/decode.h"

#if EW_CONFIG_WASM

/* ---- element segments: flags 0 to 7 -------------------------------------------------------------- */

enum {
	ELEM_PASSIVE = 1,  /* or declarative, with ELEM_EXPLICIT */
	ELEM_EXPLICIT = 2, /* names its table */
	ELEM_EXPRS = 4	   /* entries are expressions, not function indices */
};

/* Table and offset of an active segment. */
static enum ew_status elem_place(struct ewi_decoder *d, uint32_t flags, struct ewi_elem *e)
{
	size_t at = ewi_reader_at(&d->r);

	e->table = flags & ELEM_EXPLICIT ? ewi_read_u32(&d->r) : 0;
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (e->table >= d->m->table_count)
		return ewi_error(d->err, EW_ERR_INVALID, at, "unknown table %" PRIu32, e->table);
	return ewi_decode_const(d, ewi_index_type(EWI_IS64(&d->m->tables[e->table])), &e->offset);
}

/* The type of the entries: elemkind 0 is funcref. */
static enum ew_status elem_type(struct ewi_decoder *d, uint32_t flags, struct ewi_elem *e)
{
	size_t at = ewi_reader_at(&d->r);

	e->type = EW_FUNCREF;
	if (!(flags & (ELEM_PASSIVE | ELEM_EXPLICIT)))
		return EW_OK;
	if (flags & ELEM_EXPRS)
		return ewi_decode_reftype(d, &e->type);
	if (ewi_read_u8(&d->r) != 0)
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed element kind");
	return d->r.failed ? EW_ERR_MALFORMED : EW_OK;
}

static enum ew_status elem_expr(struct ewi_decoder *d, uint8_t type, uint32_t *item)
{
	struct ewi_const c;
	enum ew_status st = ewi_decode_const(d, type, &c);

	if (st != EW_OK)
		return st;
	if (c.kind == EWI_CONST_NULL)
		*item = EWI_NONE;
	else
		*item = c.kind == EWI_CONST_GLOBAL ? EWI_ITEM_GLOBAL | c.index : c.index;
	return EW_OK;
}

static enum ew_status elem_items(struct ewi_decoder *d, uint32_t flags, struct ewi_elem *e)
{
	uint32_t n;
	enum ew_status st = ewi_decode_count(d, 1, UINT32_MAX, "segment entries", &n);

	if (st != EW_OK || n == 0)
		return st;
	e->items = ewi_alloc(&d->m->alloc, n, sizeof(*e->items));
	if (!e->items)
		return EW_ERR_NOMEM;
	e->count = n;
	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = flags & ELEM_EXPRS ? elem_expr(d, e->type, &e->items[i])
					: ewi_decode_func(d, true, &e->items[i]);
	return st;
}

static enum ew_status one_elem(struct ewi_decoder *d, struct ewi_elem *e)
{
	size_t at = ewi_reader_at(&d->r);
	uint32_t flags = ewi_read_u32(&d->r);
	enum ew_status st = EW_OK;

	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (flags > 7)
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "malformed elements segment kind %" PRIu32, flags);
	e->mode = !(flags & ELEM_PASSIVE) ? EWI_ACTIVE
		  : flags & ELEM_EXPLICIT ? EWI_DECLARATIVE
					  : EWI_PASSIVE;
	if (e->mode == EWI_ACTIVE)
		st = elem_place(d, flags, e);
	if (st == EW_OK)
		st = elem_type(d, flags, e);
	if (st == EW_OK)
		st = elem_items(d, flags, e);
	if (st == EW_OK && e->mode == EWI_ACTIVE && e->type != d->m->tables[e->table].type)
		st = ewi_error(d->err, EW_ERR_INVALID, at,
			       "type mismatch: a segment of %s for a table of %s",
			       ewi_type_name(e->type), ewi_type_name(d->m->tables[e->table].type));
	return st;
}

enum ew_status ewi_section_elems(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	uint32_t n;
	enum ew_status st = ewi_decode_count(d, 3, EW_MAX_SEGMENTS, "element segments", &n);

	if (st != EW_OK || n == 0)
		return st;
	m->elems = ewi_alloc(&m->alloc, n, sizeof(*m->elems));
	if (!m->elems)
		return EW_ERR_NOMEM;
	m->elem_count = n;
	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = one_elem(d, &m->elems[i]);
	return st;
}

/* ---- data segments: flags 0 to 2 ----------------------------------------------------------------- */

enum ew_status ewi_section_data_count(struct ewi_decoder *d)
{
	size_t at = ewi_reader_at(&d->r);
	uint32_t n = ewi_read_u32(&d->r);

	if (d->r.failed)
		return EW_ERR_MALFORMED;
	/* Each segment will take two bytes of what is left of the module. */
	if (n > (d->m->size - ewi_reader_at(&d->r)) / 2)
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "data count and data section have inconsistent lengths: %" PRIu32
				 " segments",
				 n);
	if (n > EW_MAX_SEGMENTS)
		return ewi_error(d->err, EW_ERR_LIMIT, at, "%" PRIu32 " data segments, limit %u", n,
				 EW_MAX_SEGMENTS);
	d->m->data_count = n;
	d->m->has_data_count = true;
	return EW_OK;
}

static enum ew_status data_place(struct ewi_decoder *d, uint32_t flags, struct ewi_data *s)
{
	size_t at = ewi_reader_at(&d->r);

	s->memory = flags == 2 ? ewi_read_u32(&d->r) : 0;
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (s->memory >= d->m->memory_count)
		return ewi_error(d->err, EW_ERR_INVALID, at, "unknown memory %" PRIu32, s->memory);
	return ewi_decode_const(d, ewi_index_type(EWI_IS64(&d->m->memories[s->memory])), &s->offset);
}

static enum ew_status one_data(struct ewi_decoder *d, struct ewi_data *s)
{
	size_t at = ewi_reader_at(&d->r);
	uint32_t flags = ewi_read_u32(&d->r);
	enum ew_status st = EW_OK;

	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (flags > 2)
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "malformed data segment kind %" PRIu32, flags);
	s->mode = flags == 1 ? EWI_PASSIVE : EWI_ACTIVE;
	if (s->mode == EWI_ACTIVE)
		st = data_place(d, flags, s);
	if (st == EW_OK)
		st = ewi_decode_count(d, 1, UINT32_MAX, "bytes in a data segment", &s->size);
	if (st == EW_OK)
		s->bytes = ewi_read_bytes(&d->r, s->size);
	return st;
}

enum ew_status ewi_section_datas(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	size_t at = ewi_reader_at(&d->r);
	uint32_t n;
	enum ew_status st = ewi_decode_count(d, 2, EW_MAX_SEGMENTS, "data segments", &n);

	d->has_data = true;
	if (st != EW_OK)
		return st;
	if (m->has_data_count && n != m->data_count)
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "data count and data section have inconsistent lengths: %" PRIu32
				 ", %" PRIu32,
				 m->data_count, n);
	if (n == 0)
		return EW_OK;
	m->datas = ewi_alloc(&m->alloc, n, sizeof(*m->datas));
	if (!m->datas)
		return EW_ERR_NOMEM;
	m->data_count = n;
	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = one_data(d, &m->datas[i]);
	return st;
}

/* ---- code ----------------------------------------------------------------------------------------- */

static enum ew_status one_body(struct ewi_decoder *d, struct ewi_translator *t, uint32_t func)
{
	struct ew_module *m = d->m;
	size_t at = ewi_reader_at(&d->r);
	uint32_t size = ewi_read_u32(&d->r);

	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (size > ewi_reader_left(&d->r))
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "unexpected end of section or function: a body of %" PRIu32
				 " bytes, %zu left",
				 size, ewi_reader_left(&d->r));
	if (size > m->max_body_bytes)
		return ewi_error(d->err, EW_ERR_LIMIT, at,
				 "function %" PRIu32 " has %" PRIu32 " bytes, limit %" PRIu32, func,
				 size, m->max_body_bytes);
	m->funcs[func].body_offset = (uint32_t)ewi_reader_at(&d->r);
	m->funcs[func].body_size = size;
	ewi_read_bytes(&d->r, size);
#if EW_CONFIG_LAZY
	if (m->flags & EW_MODULE_LAZY)
		return ewi_validate(t, func);
#endif
	return ewi_translate_into(t, m, func);
}

enum ew_status ewi_section_code(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	size_t at = ewi_reader_at(&d->r);
	uint32_t n = ewi_read_u32(&d->r);
	struct ewi_translator *t;
	enum ew_status st;

	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (n != m->func_count - m->func_imports)
		return ewi_error(d->err, EW_ERR_MALFORMED, at,
				 "function and code section have inconsistent lengths: %" PRIu32
				 ", %" PRIu32,
				 m->func_count - m->func_imports, n);
	if (n == 0)
		return EW_OK;
	st = ewi_translator_create(&t, m, m->flags & EW_MODULE_LAZY, d->err);
	if (st != EW_OK)
		return st;
	if (!(m->flags & EW_MODULE_LAZY))
		st = ewi_translator_expect(t, ewi_reader_left(&d->r));
	for (; st == EW_OK && d->bodies < n; d->bodies++)
		st = one_body(d, t, m->func_imports + d->bodies);
#if EW_CONFIG_LAZY
	if (st == EW_OK && m->flags & EW_MODULE_LAZY)
		st = ewi_late_create(m);
	else
#endif
	if (st == EW_OK)
		st = ewi_translator_finish(t, m);
	ewi_translator_destroy(t);
	return st;
}

#endif
