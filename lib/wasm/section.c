/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * section.c - the sections that declare: types, imports, functions, tables, memories, tags, globals, exports, start.
 * Each is checked as it is read; segments and code are in section_segment.c.
 * Source: WebAssembly 2.0, 5.3 (types), 5.5.4 to 5.5.11 (sections), 3.2 and 3.4 (their validation).
 */
#include <inttypes.h>
#include "base/error.h"
#include "wasm/decode.h"

#if EW_CONFIG_WASM

#define MEMORY_PAGES_MAX 65536u
#define MEMORY64_PAGES_MAX ((uint64_t)1 << 48)

enum ew_status ewi_decode_valtype(struct ewi_decoder *d, uint8_t *out)
{
	size_t at = ewi_reader_at(&d->r);
	const char *why;
	enum ew_status st;

	*out = ewi_read_u8(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	st = ewi_check_type(d->m, *out, &why);
	return st == EW_OK ? EW_OK : ewi_error(d->err, st, at, "%s: 0x%02x", why, *out);
}

enum ew_status ewi_decode_reftype(struct ewi_decoder *d, uint8_t *out)
{
	size_t at = ewi_reader_at(&d->r);
	enum ew_status st = ewi_decode_valtype(d, out);

	if (st == EW_OK && !ewi_is_reftype(*out))
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed reference type 0x%02x", *out);
	return st;
}

/* ---- types ------------------------------------------------------------------------------------ */

/* Appends a vector of value types to type_bytes, used of which are taken. */
static enum ew_status type_vector(struct ewi_decoder *d, size_t *used, uint32_t *count)
{
	struct ew_module *m = d->m;
	enum ew_status st = ewi_decode_count(d, 1, EW_MAX_LOCALS, "types in a list", count);
	uint8_t type;

	if (st == EW_OK && *count > m->type_bytes_cap - *used)
		st = ewi_error(d->err, EW_ERR_MALFORMED, ewi_reader_at(&d->r), "unexpected end");
	for (uint32_t i = 0; st == EW_OK && i < *count; i++) {
		st = ewi_decode_valtype(d, &type);
		m->type_bytes[(*used)++] = type;
	}
	return st;
}

static enum ew_status one_type(struct ewi_decoder *d, struct ewi_functype *t, size_t *used)
{
	size_t at = ewi_reader_at(&d->r);
	uint8_t form = ewi_read_u8(&d->r);
	enum ew_status st;

	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (form != 0x60)
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed type form 0x%02x%s", form,
				 form >= 0x4e && form <= 0x5f ? ": garbage collection is not supported" : "");
	t->params = d->m->type_bytes + *used;
	st = type_vector(d, used, &t->param_count);
	if (st == EW_OK)
		st = type_vector(d, used, &t->result_count);
	if (st == EW_OK)
		ewi_functype_seal(t);
	return st;
}

enum ew_status ewi_section_types(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	size_t used = 0;
	uint32_t n;
	enum ew_status st = ewi_decode_count(d, 2, EW_MAX_TYPES, "types", &n); /* those of two bytes are refused by name */

	if (st != EW_OK || n == 0)
		return st;
	m->types = ewi_alloc(&m->alloc, n, sizeof(*m->types));
	if (!m->types)
		return EW_ERR_NOMEM;
	m->type_count = n;
	/* Each type has two bytes at least besides its value types; one more, so that it is never empty. */
	m->type_bytes_cap = ewi_reader_left(&d->r) - 2 * (size_t)n + 1;
	m->type_bytes = ewi_alloc(&m->alloc, m->type_bytes_cap, 1);
	if (!m->type_bytes)
		return EW_ERR_NOMEM;
	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = one_type(d, &m->types[i], &used);
	return st;
}

/* ---- tables, memories, globals: their types ---------------------------------------------------- */

/* A maximum; shared between threads, which is nothing we take; i64 addresses; of a memory, a page size of its own. */
#define LIMITS_MAX 0x01
#define LIMITS_SHARED 0x02
#define LIMITS_64 0x04
#define LIMITS_PAGE 0x08

static enum ew_status limits_flags(struct ewi_decoder *d, bool memory, uint8_t *flags)
{
	size_t at = ewi_reader_at(&d->r);

	*flags = ewi_read_u8(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (*flags & ~(LIMITS_MAX | LIMITS_64 | LIMITS_PAGE) || (*flags & LIMITS_PAGE && !memory))
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed limits flags 0x%02x: %s", *flags,
				 *flags & 0x80				      ? "integer representation too long"
				 : memory && (*flags & ~1u) == LIMITS_SHARED ? "shared memory (threads) is not supported"
									      : "integer too large");
	if (*flags & LIMITS_PAGE && EWI_OFF(d->m, CUSTOM_PAGE_SIZES))
		return ewi_error(d->err, EW_ERR_UNSUPPORTED, at, "custom page sizes are disabled");
	if (*flags & LIMITS_64 && EWI_OFF(d->m, MEMORY64))
		return ewi_error(d->err, EW_ERR_UNSUPPORTED, at, "64-bit memories and tables are disabled");
	return EW_OK;
}

static enum ew_status limits(struct ewi_decoder *d, uint8_t flags, struct ewi_limits *out)
{
	size_t at = ewi_reader_at(&d->r);
	bool is64 = flags & LIMITS_64;

	out->min = is64 ? ewi_read_u64(&d->r) : ewi_read_u32(&d->r);
	out->max = EWI_NO_MAX;
	if (flags & LIMITS_MAX)
		out->max = is64 ? ewi_read_u64(&d->r) : ewi_read_u32(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (out->min > out->max)
		return ewi_error(d->err, EW_ERR_INVALID, at,
				 "size minimum must not be greater than maximum: %llu, %llu",
				 (unsigned long long)out->min, (unsigned long long)out->max);
	return EW_OK;
}

static enum ew_status page_size(struct ewi_decoder *d, uint8_t *log2)
{
	size_t at = ewi_reader_at(&d->r);
	uint32_t n = ewi_read_u32(&d->r);

	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (n != 0 && n != 16)
		return ewi_error(d->err, n < 64 ? EW_ERR_INVALID : EW_ERR_MALFORMED, at,
				 "invalid custom page size: 2^%" PRIu32 ", not 1 or 65536", n);
	*log2 = (uint8_t)n;
	return EW_OK;
}

static enum ew_status memory_type(struct ewi_decoder *d, struct ewi_memory_def *out)
{
	size_t at = ewi_reader_at(&d->r);
	const struct ewi_limits *lim = &out->limits;
	enum ew_status st;
	uint64_t most;
	uint8_t flags;

	out->page_log2 = 16;
	st = limits_flags(d, true, &flags);
	if (st == EW_OK)
		st = limits(d, flags, &out->limits);
	if (st == EW_OK && flags & LIMITS_PAGE)
		st = page_size(d, &out->page_log2);
	if (st != EW_OK)
		return st;
	out->is64 = flags & LIMITS_64;
	if (out->page_log2 == 0) /* 2^32 - 1 (2^64 - 1) pages of one byte can be addressed */
		return EW_OK;
	most = out->is64 ? MEMORY64_PAGES_MAX : MEMORY_PAGES_MAX;
	if (lim->min > most || (lim->max > most && flags & LIMITS_MAX))
		return ewi_error(d->err, EW_ERR_INVALID, at, "memory size must be at most %llu pages%s",
				 (unsigned long long)most, out->is64 ? "" : " (4GiB)");
	return EW_OK;
}

static enum ew_status add_table(struct ewi_decoder *d)
{
	struct ewi_table_def *t = &d->m->tables[d->m->table_count];
	enum ew_status st = ewi_decode_reftype(d, &t->type);

	uint8_t flags;

	if (st == EW_OK)
		st = limits_flags(d, false, &flags);
	if (st == EW_OK)
		st = limits(d, flags, &t->limits);
	if (st == EW_OK)
		t->is64 = flags & LIMITS_64;
	d->m->table_count += st == EW_OK;
	return st;
}

static enum ew_status add_memory(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	size_t at = ewi_reader_at(&d->r);
	struct ewi_memory_def def;
	enum ew_status st;
	void *p;

	memset(&def, 0, sizeof(def));
	st = memory_type(d, &def);
	if (st != EW_OK)
		return st;
	if (m->memory_count == 1 && EWI_OFF(m, MULTI_MEMORY))
		return ewi_error(d->err, EW_ERR_UNSUPPORTED, at, "multiple memories are disabled");
	if (m->memory_count >= EW_MAX_MEMORIES)
		return ewi_error(d->err, EW_ERR_LIMIT, at, "more than %u memories", EW_MAX_MEMORIES);
	p = ewi_decode_reserve(d, m->memories, &m->memory_cap, m->memory_count + 1, sizeof(def));
	if (!p)
		return EW_ERR_NOMEM;
	m->memories = p;
	m->memories[m->memory_count++] = def;
	return EW_OK;
}

static enum ew_status global_type(struct ewi_decoder *d, struct ewi_global_def *g)
{
	enum ew_status st = ewi_decode_valtype(d, &g->type);
	size_t at = ewi_reader_at(&d->r);
	uint8_t mutability;

	if (st != EW_OK)
		return st;
	mutability = ewi_read_u8(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (mutability > 1)
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed mutability 0x%02x",
				 mutability);
	g->is_mutable = mutability == 1;
	return EW_OK;
}

/* One more element at the end of an array of which count of *cap are used. */
static void *one_more(struct ewi_decoder *d, void *items, uint32_t *cap, uint32_t count,
		      size_t size)
{
	uint32_t want = count + 1;

	if (want > *cap && *cap != 0)
		want = *cap + *cap / 2 + 1;
	return ewi_decode_reserve(d, items, cap, want, size);
}

static enum ew_status func_type_index(struct ewi_decoder *d, uint32_t *out)
{
	size_t at = ewi_reader_at(&d->r);

	*out = ewi_read_u32(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (*out >= d->m->type_count)
		return ewi_error(d->err, EW_ERR_INVALID, at, "unknown type %" PRIu32, *out);
	return EW_OK;
}

/* A tag's type has no results. */
static enum ew_status add_tag(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	size_t at = ewi_reader_at(&d->r);
	uint32_t *tags, type;
	enum ew_status st;
	uint8_t attribute;

	if (EWI_OFF(m, EXCEPTIONS))
		return ewi_error(d->err, EW_ERR_UNSUPPORTED, at, "exception handling is disabled");
	attribute = ewi_read_u8(&d->r);
	if (!d->r.failed && attribute != 0)
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed tag attribute 0x%02x", attribute);
	st = func_type_index(d, &type);
	if (st != EW_OK)
		return st;
	if (m->types[type].result_count != 0)
		return ewi_error(d->err, EW_ERR_INVALID, at, "non-empty tag result type");
	if (m->tag_count >= EW_MAX_TAGS)
		return ewi_error(d->err, EW_ERR_LIMIT, at, "more than %u tags", EW_MAX_TAGS);
	tags = one_more(d, m->tags, &m->tag_cap, m->tag_count, sizeof(*m->tags));
	if (!tags)
		return EW_ERR_NOMEM;
	m->tags = tags;
	m->tags[m->tag_count++] = type;
	return EW_OK;
}

/* ---- imports ----------------------------------------------------------------------------------- */

static enum ew_status import_func(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	struct ewi_func_def f = {.code = EWI_NONE, .map = EWI_NONE};
	enum ew_status st = func_type_index(d, &f.type);
	void *p;

	if (st != EW_OK)
		return st;
	if (m->func_count >= m->max_functions)
		return ewi_error(d->err, EW_ERR_LIMIT, ewi_reader_at(&d->r),
				 "more than %" PRIu32 " functions", m->max_functions);
	p = one_more(d, m->funcs, &m->func_cap, m->func_count, sizeof(*m->funcs));
	if (!p)
		return EW_ERR_NOMEM;
	m->funcs = p;
	m->funcs[m->func_count++] = f;
	m->func_imports++;
	return EW_OK;
}

static enum ew_status import_table(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	enum ew_status st;
	void *p;

	if (m->table_count >= EW_MAX_TABLES)
		return ewi_error(d->err, EW_ERR_LIMIT, ewi_reader_at(&d->r), "more than %u tables",
				 EW_MAX_TABLES);
	p = one_more(d, m->tables, &m->table_cap, m->table_count, sizeof(*m->tables));
	if (!p)
		return EW_ERR_NOMEM;
	m->tables = p;
	st = add_table(d);
	m->table_imports = m->table_count;
	return st;
}

static enum ew_status import_global(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	struct ewi_global_def g;
	enum ew_status st;
	void *p;

	memset(&g, 0, sizeof(g));
	st = global_type(d, &g);
	if (st != EW_OK)
		return st;
	p = one_more(d, m->globals, &m->global_cap, m->global_count, sizeof(*m->globals));
	if (!p)
		return EW_ERR_NOMEM;
	m->globals = p;
	m->globals[m->global_count++] = g;
	m->global_imports++;
	return EW_OK;
}

static enum ew_status one_import(struct ewi_decoder *d, struct ewi_import *im)
{
	struct ew_module *m = d->m;
	enum ew_status st = ewi_decode_name(d, &im->module);
	size_t at;
	uint8_t kind;

	if (st == EW_OK)
		st = ewi_decode_name(d, &im->name);
	if (st != EW_OK)
		return st;
	at = ewi_reader_at(&d->r);
	kind = ewi_read_u8(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	switch (kind) {
	case EW_EXTERN_FUNC:
		im->index = m->func_count;
		st = import_func(d);
		break;
	case EW_EXTERN_TABLE:
		im->index = m->table_count;
		st = import_table(d);
		break;
	case EW_EXTERN_MEMORY:
		im->index = m->memory_count;
		st = add_memory(d);
		m->memory_imports = m->memory_count;
		break;
	case EW_EXTERN_GLOBAL:
		im->index = m->global_count;
		st = import_global(d);
		break;
	case EW_EXTERN_TAG:
		im->index = m->tag_count;
		st = add_tag(d);
		m->tag_imports = m->tag_count;
		break;
	default:
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed import kind 0x%02x",
				 kind);
	}
	im->kind = (enum ew_extern_kind)kind;
	return st;
}

enum ew_status ewi_section_imports(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	uint32_t n;
	enum ew_status st = ewi_decode_count(d, 4, EW_MAX_IMPORTS, "imports", &n);

	if (st != EW_OK || n == 0)
		return st;
	m->imports = ewi_alloc(&m->alloc, n, sizeof(*m->imports));
	if (!m->imports)
		return EW_ERR_NOMEM;
	m->import_count = n;
	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = one_import(d, &m->imports[i]);
	return st;
}

/* ---- definitions ------------------------------------------------------------------------------- */

enum ew_status ewi_section_functions(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	uint32_t n;
	void *p;
	enum ew_status st = ewi_decode_count(d, 1, m->max_functions - m->func_count,
					     "functions beside the imports", &n);

	if (st != EW_OK || n == 0)
		return st;
	p = ewi_decode_reserve(d, m->funcs, &m->func_cap, m->func_count + n, sizeof(*m->funcs));
	if (!p)
		return EW_ERR_NOMEM;
	m->funcs = p;
	for (uint32_t i = 0; st == EW_OK && i < n; i++) {
		struct ewi_func_def f = {.code = EWI_NONE, .map = EWI_NONE};

		st = func_type_index(d, &f.type);
		m->funcs[m->func_count] = f;
		m->func_count += st == EW_OK;
	}
	return st;
}

enum ew_status ewi_section_tables(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	uint32_t n;
	void *p;
	enum ew_status st = ewi_decode_count(d, 3, EW_MAX_TABLES - m->table_count,
					     "tables beside the imports", &n);

	if (st != EW_OK || n == 0)
		return st;
	p = ewi_decode_reserve(d, m->tables, &m->table_cap, m->table_count + n, sizeof(*m->tables));
	if (!p)
		return EW_ERR_NOMEM;
	m->tables = p;
	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = add_table(d);
	return st;
}

enum ew_status ewi_section_memories(struct ewi_decoder *d)
{
	uint32_t n;
	enum ew_status st = ewi_decode_count(d, 2, UINT32_MAX, "memories", &n);

	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = add_memory(d);
	return st;
}

enum ew_status ewi_section_tags(struct ewi_decoder *d)
{
	uint32_t n;
	enum ew_status st = ewi_decode_count(d, 2, UINT32_MAX, "tags", &n);

	if (st == EW_OK && EWI_OFF(d->m, EXCEPTIONS))
		st = ewi_error(d->err, EW_ERR_UNSUPPORTED, ewi_reader_at(&d->r), "exception handling is disabled");
	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = add_tag(d);
	return st;
}

enum ew_status ewi_section_globals(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	uint32_t n;
	void *p;
	enum ew_status st;

	if (m->global_count > EW_MAX_GLOBALS)
		return ewi_error(d->err, EW_ERR_LIMIT, ewi_reader_at(&d->r), "more than %u globals",
				 EW_MAX_GLOBALS);
	st = ewi_decode_count(d, 3, EW_MAX_GLOBALS - m->global_count, "globals beside the imports",
			      &n);
	if (st != EW_OK || n == 0)
		return st;
	p = ewi_decode_reserve(d, m->globals, &m->global_cap, m->global_count + n,
			       sizeof(*m->globals));
	if (!p)
		return EW_ERR_NOMEM;
	m->globals = p;
	for (uint32_t i = 0; st == EW_OK && i < n; i++) {
		struct ewi_global_def *g = &m->globals[m->global_count];

		st = global_type(d, g);
		if (st == EW_OK)
			st = ewi_decode_const(d, g->type, &g->init);
		m->global_count += st == EW_OK;
	}
	return st;
}

/* ---- exports and start -------------------------------------------------------------------------- */

enum ew_status ewi_decode_func(struct ewi_decoder *d, bool declared, uint32_t *out)
{
	size_t at = ewi_reader_at(&d->r);

	*out = ewi_read_u32(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (*out >= d->m->func_count)
		return ewi_error(d->err, EW_ERR_INVALID, at, "unknown function %" PRIu32, *out);
	if (declared)
		d->m->funcs[*out].declared = true;
	return EW_OK;
}

static enum ew_status one_export(struct ewi_decoder *d, struct ewi_export *ex)
{
	static const char *const nouns[] = {"function", "table", "memory", "global", "tag"};
	const struct ew_module *m = d->m;
	const uint32_t counts[] = {m->func_count, m->table_count, m->memory_count, m->global_count,
				    m->tag_count};
	enum ew_status st = ewi_decode_name(d, &ex->name);
	size_t at = ewi_reader_at(&d->r);
	uint8_t kind;

	if (st != EW_OK)
		return st;
	kind = ewi_read_u8(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (kind > EW_EXTERN_TAG)
		return ewi_error(d->err, EW_ERR_MALFORMED, at, "malformed export kind 0x%02x",
				 kind);
	ex->kind = (enum ew_extern_kind)kind;
	if (kind == EW_EXTERN_FUNC)
		return ewi_decode_func(d, true, &ex->index);
	at = ewi_reader_at(&d->r);
	ex->index = ewi_read_u32(&d->r);
	if (d->r.failed)
		return EW_ERR_MALFORMED;
	if (ex->index >= counts[kind])
		return ewi_error(d->err, EW_ERR_INVALID, at, "unknown %s %" PRIu32, nouns[kind],
				 ex->index);
	return EW_OK;
}

enum ew_status ewi_section_exports(struct ewi_decoder *d)
{
	struct ew_module *m = d->m;
	const struct ewi_name *name;
	uint32_t n, twice;
	enum ew_status st = ewi_decode_count(d, 3, EW_MAX_EXPORTS, "exports", &n);

	if (st != EW_OK || n == 0)
		return st;
	m->exports = ewi_alloc(&m->alloc, n, sizeof(*m->exports));
	if (!m->exports)
		return EW_ERR_NOMEM;
	m->export_count = n;
	for (uint32_t i = 0; st == EW_OK && i < n; i++)
		st = one_export(d, &m->exports[i]);
	if (st == EW_OK)
		st = ewi_export_sort(m, &twice);
	if (st != EW_ERR_INVALID || !m->export_order)
		return st;
	name = &m->exports[twice].name;
	return ewi_error(d->err, st, ewi_name_at(m, name), "duplicate export name \"%.*s\"",
			 ewi_name_clip(name->text, name->len), name->text);
}

enum ew_status ewi_section_start(struct ewi_decoder *d)
{
	size_t at = ewi_reader_at(&d->r);
	const struct ewi_functype *t;
	uint32_t f;
	enum ew_status st = ewi_decode_func(d, false, &f);

	if (st != EW_OK)
		return st;
	t = ewi_func_type(d->m, f);
	if (t->param_count || t->result_count)
		return ewi_error(d->err, EW_ERR_INVALID, at,
				 "start function %" PRIu32 " must take and give nothing", f);
	d->m->start = f;
	return EW_OK;
}

#endif
