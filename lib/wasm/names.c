/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * names.c - a module looked at from outside: exports by name, names of functions, imports and exports as the host
 * sees them, custom sections.
 * Source: WebAssembly 2.0, 5.5.3 (custom sections), appendix "name section".
 */
#include "base/error.h"
#include "wasm/module.h"

#if EW_CONFIG_WASM

/* ---- exports by name ----------------------------------------------------------------------------- */

/*
 * Sorted, not hashed: without a source of entropy a hash can be made to collide, and 10,000 names of one bucket cost
 * 50 million comparisons.  Heapsort is n log n on every input, in place, without recursion.
 */
static int name_order(const struct ewi_name *a, const char *text, size_t len)
{
	if (a->len != len)
		return a->len < len ? -1 : 1;
	return len ? memcmp(a->text, text, len) : 0;
}

static bool export_less(const struct ew_module *m, uint32_t a, uint32_t b)
{
	const struct ewi_name *name = &m->exports[b].name;

	return name_order(&m->exports[a].name, name->text, name->len) < 0;
}

/* Move order[root] down until the heap of n is one again. */
static void sift_down(const struct ew_module *m, uint32_t *order, uint32_t root, uint32_t n)
{
	uint32_t moved = order[root], child;

	while ((child = 2 * root + 1) < n) {
		if (child + 1 < n && export_less(m, order[child], order[child + 1]))
			child++;
		if (!export_less(m, moved, order[child]))
			break;
		order[root] = order[child];
		root = child;
	}
	order[root] = moved;
}

enum ew_status ewi_export_sort(struct ew_module *m, uint32_t *duplicate)
{
	uint32_t n = m->export_count;
	uint32_t *order = ewi_alloc(&m->alloc, n, sizeof(*order));

	if (!order)
		return EW_ERR_NOMEM;
	m->export_order = order;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t i = n / 2; i-- > 0;)
		sift_down(m, order, i, n);
	for (uint32_t last = n; last-- > 1;) {
		uint32_t top = order[0];

		order[0] = order[last];
		order[last] = top;
		sift_down(m, order, 0, last);
	}
	for (uint32_t i = 1; i < n; i++)
		if (!export_less(m, order[i - 1], order[i])) {
			*duplicate = order[i];
			return EW_ERR_INVALID;
		}
	return EW_OK;
}

const struct ewi_export *ewi_export_find(const struct ew_module *m, const char *name, size_t len)
{
	uint32_t low = 0, high = m->export_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct ewi_export *ex = &m->exports[m->export_order[middle]];
		int order = name_order(&ex->name, name, len);

		if (order == 0)
			return ex;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int ewi_name_clip(const char *text, uint32_t len)
{
	uint32_t n = len < 40 ? len : 40;

	while (n < len && n > 0 && ((uint8_t)text[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

/* ---- names of functions --------------------------------------------------------------------------- */

void ewi_names_read(struct ew_module *m, const uint8_t *payload, size_t size)
{
	struct ewi_reader r;

	ewi_reader_init(&r, payload, size, 0, NULL);
	while (ewi_reader_left(&r) != 0) {
		uint8_t id = ewi_read_u8(&r);
		uint32_t n = ewi_read_u32(&r);
		const uint8_t *p = ewi_read_bytes(&r, n);

		if (r.failed)
			return;
		if (id == 1) {
			m->func_names = p;
			m->func_names_size = n;
			return;
		}
	}
}

/* One pass over the map: it is only asked after a trap. */
static const char *name_in_section(const struct ew_module *m, uint32_t func, size_t *len)
{
	struct ewi_reader r;
	uint32_t n;

	if (!m->func_names)
		return NULL;
	ewi_reader_init(&r, m->func_names, m->func_names_size, 0, NULL);
	n = ewi_read_u32(&r);
	for (uint32_t i = 0; i < n && !r.failed; i++) {
		uint32_t index = ewi_read_u32(&r);
		uint32_t size = ewi_read_u32(&r);
		const uint8_t *text = ewi_read_bytes(&r, size);

		if (r.failed || index != func)
			continue;
		if (size == 0 || !ewi_utf8_valid(text, size))
			return NULL;
		*len = size;
		return (const char *)text;
	}
	return NULL;
}

const char *ew_func_name(const struct ew_module *m, uint32_t func, size_t *len)
{
	size_t n = 0;
	const char *name = name_in_section(m, func, &n);

	for (uint32_t i = 0; !name && i < m->export_count; i++) {
		const struct ewi_export *ex = &m->exports[i];

		if (ex->kind == EW_EXTERN_FUNC && ex->index == func && ex->name.len != 0) {
			name = ex->name.text;
			n = ex->name.len;
		}
	}
	if (len)
		*len = n;
	return name;
}

/* ---- imports, exports, custom sections ------------------------------------------------------------- */

static void describe(const struct ew_module *m, enum ew_extern_kind kind, uint32_t index,
		     struct ew_extern_type *out)
{
	const struct ewi_functype *t;

	out->kind = kind;
	out->type = EW_I32;
	switch (kind) {
	case EW_EXTERN_FUNC:
		t = ewi_func_type(m, index);
		out->params = t->params;
		out->param_count = t->param_count;
		out->results = ewi_functype_results(t);
		out->result_count = t->result_count;
		break;
	case EW_EXTERN_TABLE:
		out->type = (enum ew_type)m->tables[index].type;
		out->min = m->tables[index].limits.min;
		out->max = m->tables[index].limits.max;
		out->index64 = EWI_IS64(&m->tables[index]);
		break;
	case EW_EXTERN_MEMORY:
		out->min = m->memories[index].limits.min;
		out->max = m->memories[index].limits.max;
		out->index64 = EWI_IS64(&m->memories[index]);
		out->page_bytes = 1u << m->memories[index].page_log2;
		break;
	case EW_EXTERN_TAG:
		t = ewi_tag_type(m, index);
		out->params = t->params;
		out->param_count = t->param_count;
		break;
	case EW_EXTERN_GLOBAL:
		out->type = (enum ew_type)m->globals[index].type;
		out->mutable_global = m->globals[index].is_mutable;
		break;
	}
}

uint32_t ew_module_import_count(const struct ew_module *m)
{
	return m->import_count;
}

uint32_t ew_module_export_count(const struct ew_module *m)
{
	return m->export_count;
}

enum ew_status ew_module_import(const struct ew_module *m, uint32_t index,
				struct ew_extern_type *out)
{
	const struct ewi_import *im;

	memset(out, 0, sizeof(*out));
	if (index >= m->import_count)
		return EW_ERR_INVAL;
	im = &m->imports[index];
	out->module = im->module.text;
	out->module_len = im->module.len;
	out->name = im->name.text;
	out->name_len = im->name.len;
	describe(m, im->kind, im->index, out);
	return EW_OK;
}

enum ew_status ew_module_export(const struct ew_module *m, uint32_t index,
				struct ew_extern_type *out)
{
	const struct ewi_export *ex;

	memset(out, 0, sizeof(*out));
	if (index >= m->export_count)
		return EW_ERR_INVAL;
	ex = &m->exports[index];
	out->name = ex->name.text;
	out->name_len = ex->name.len;
	describe(m, ex->kind, ex->index, out);
	return EW_OK;
}

/* The sections were framed and checked when the module was loaded: no read here can fail. */
enum ew_status ew_module_custom(const struct ew_module *m, const char *name,
				const uint8_t **payload, size_t *size)
{
	size_t want = strlen(name);
	struct ewi_reader all, r;

	ewi_reader_init(&all, m->bytes, m->size, 0, NULL);
	ewi_read_bytes(&all, 8);
	while (ewi_reader_left(&all) != 0) {
		uint8_t id = ewi_read_u8(&all);
		uint32_t n = ewi_read_u32(&all), len;
		const uint8_t *p = ewi_read_bytes(&all, n), *text;

		if (id != 0 || !p)
			continue;
		ewi_reader_init(&r, p, n, 0, NULL);
		len = ewi_read_u32(&r);
		text = ewi_read_bytes(&r, len);
		if (!text || len != want || memcmp(text, name, want) != 0)
			continue;
		*payload = r.p;
		*size = ewi_reader_left(&r);
		return EW_OK;
	}
	*payload = NULL;
	*size = 0;
	return EW_ERR_NOENT;
}

#endif
