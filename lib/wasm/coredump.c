/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * coredump.c - what a trap leaves behind, as a file for debuggers: frames with their locals, memories, globals.
 *
 * The file is a WebAssembly module that is never instantiated.  Sections begin with their size, so each is made twice:
 * counted, then written; nothing is kept in between but the list of instances that memories and globals belong to.
 * Source: WebAssembly tool-conventions, Coredump.md.
 */
#include "base/error.h"
#include "wasm/exec.h"

#if EW_CONFIG_WASM

enum { SECTION_CUSTOM = 0, SECTION_MEMORY = 5, SECTION_GLOBAL = 6, SECTION_DATA = 11 };
enum { VALUE_MISSING = 0x01 };

/* An instance that has a frame, or owns what one with a frame imports. */
struct holder {
	const struct ew_instance *inst;
	uint32_t index;			     /* among those with a module */
	uint32_t memory_base, global_base; /* its own objects' indices in the dump begin here */
};

struct dump {
	const struct ew_exec *exec;
	const char *name;
	struct holder *holders;
	uint32_t holder_count, holder_cap;
	uint32_t frame_count, instance_count, memory_count, global_count;

	bool counting;
	uint64_t count; /* bytes */
	ew_write_fn write;
	void *user;
	enum ew_status status;
	uint8_t buffer[128];
	size_t fill;
};

/* ---- bytes ---- */

static void flush(struct dump *d)
{
	if (d->status == EW_OK && d->fill > 0)
		d->status = d->write(d->user, d->buffer, d->fill);
	d->fill = 0;
}

static void put(struct dump *d, const void *bytes, size_t n)
{
	if (d->counting) {
		d->count += n;
		return;
	}
	if (n > sizeof(d->buffer) - d->fill)
		flush(d);
	if (n > sizeof(d->buffer)) {
		if (d->status == EW_OK)
			d->status = d->write(d->user, bytes, n);
		return;
	}
	memcpy(d->buffer + d->fill, bytes, n);
	d->fill += n;
}

static void put_u8(struct dump *d, uint8_t byte)
{
	put(d, &byte, 1);
}

static void put_uint(struct dump *d, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		put_u8(d, (uint8_t)(v | 0x80));
	put_u8(d, (uint8_t)v);
}

static void put_sint(struct dump *d, int64_t v)
{
	for (; v < -64 || v > 63; v >>= 7)
		put_u8(d, (uint8_t)(v | 0x80));
	put_u8(d, (uint8_t)(v & 0x7f));
}

static void put_text(struct dump *d, const char *text, size_t len)
{
	put_uint(d, len);
	put(d, text, len);
}

static void put_le(struct dump *d, uint64_t v, unsigned bytes)
{
	for (; bytes > 0; bytes--, v >>= 8)
		put_u8(d, (uint8_t)v);
}

/* A section, custom if it has a name, with what body writes. */
static void put_section(struct dump *d, uint8_t id, const char *name, void (*body)(struct dump *d))
{
	d->counting = true;
	d->count = 0;
	if (name)
		put_text(d, name, strlen(name));
	body(d);
	d->counting = false;
	put_u8(d, id);
	put_uint(d, d->count);
	if (name)
		put_text(d, name, strlen(name));
	body(d);
}

/* ---- values ---- */

static void put_number(struct dump *d, uint8_t type, union ew_value v)
{
	if (type == EW_I32)
		put_sint(d, v.i32);
	else if (type == EW_I64)
		put_sint(d, v.i64);
	else if (type == EW_F32)
		put_le(d, v.u32, 4);
	else
		put_le(d, v.u64, 8);
}

static bool is_number(uint8_t type)
{
	return type >= EW_F64 && type <= EW_I32;
}

/* The local in this slot; the format knows neither vectors nor references. */
static void put_local(struct dump *d, uint8_t type, const union ew_value *slot)
{
	put_u8(d, is_number(type) ? type : VALUE_MISSING);
	if (is_number(type))
		put_number(d, type, *slot);
}

/* ---- frames ---- */

/* The parameters and locals of a function, group by group; true while there is one more. */
struct locals {
	const struct ewi_functype *type;
	uint32_t param, groups;
	struct ewi_reader r;
};

static bool next_locals(struct locals *l, uint32_t *count, uint8_t *type)
{
	if (l->param < l->type->param_count) {
		*count = 1;
		*type = l->type->params[l->param++];
		if (l->param == l->type->param_count)
			l->groups = ewi_read_u32(&l->r);
		return true;
	}
	if (l->groups == 0)
		return false;
	l->groups--;
	*count = ewi_read_u32(&l->r);
	*type = ewi_read_u8(&l->r);
	return true;
}

static struct locals locals_of(const struct ew_module *m, uint32_t func)
{
	struct locals l = {.type = ewi_func_type(m, func)};
	const struct ewi_func_def *f = &m->funcs[func];

	ewi_reader_init(&l.r, m->bytes + f->body_offset, f->body_size, f->body_offset, NULL);
	if (l.type->param_count == 0)
		l.groups = ewi_read_u32(&l.r);
	return l;
}

static void put_locals(struct dump *d, const struct ew_module *m, uint32_t func, const union ew_value *slot)
{
	struct locals l = locals_of(m, func);
	uint32_t total = 0, n;
	uint8_t type;

	while (next_locals(&l, &n, &type))
		total += n;
	put_uint(d, total);
	l = locals_of(m, func);
	while (next_locals(&l, &n, &type))
		for (; n > 0; n--, slot += ewi_slots_of(type))
			put_local(d, type, slot);
}

static struct holder *find_holder(const struct dump *d, const struct ew_instance *i)
{
	for (uint32_t k = 0; k < d->holder_count; k++)
		if (d->holders[k].inst == i)
			return &d->holders[k];
	return NULL;
}

/* Youngest first.  The operand stack is left out: only its values' places are known, not their types. */
static void put_stack(struct dump *d)
{
	struct ewi_walk w;

	put_u8(d, 0);
	put_text(d, "main", 4);
	put_uint(d, d->frame_count);
	ewi_walk_begin(&w, d->exec);
	for (; w.inst; ewi_walk_next(&w)) {
		const struct ew_module *m = w.inst->module;

		put_u8(d, 0);
		put_uint(d, find_holder(d, w.inst)->index);
		put_uint(d, w.func);
		put_uint(d, w.offset - m->funcs[w.func].body_offset);
		put_locals(d, m, w.func, w.fp);
		put_uint(d, 0);
	}
}

/* ---- instances ---- */

static void add_holder(struct dump *d, const struct ew_instance *i)
{
	struct holder *h;

	if (d->status != EW_OK || find_holder(d, i))
		return;
	if (d->holder_count == d->holder_cap) {
		size_t cap = ewi_grow(&d->exec->alloc, (void **)&d->holders, d->holder_cap, UINT32_MAX / 2, sizeof(*h));

		if (!cap) {
			d->status = EW_ERR_NOMEM;
			return;
		}
		d->holder_cap = (uint32_t)cap;
	}
	h = &d->holders[d->holder_count++];
	*h = (struct holder){i, d->instance_count, d->memory_count, d->global_count};
	d->instance_count += i->module != NULL;
	d->memory_count += i->own_memory_count;
	d->global_count += i->own_global_count;
}

/* Those with a frame, and the owners of what they use. */
static void collect(struct dump *d)
{
	struct ewi_walk w;

	ewi_walk_begin(&w, d->exec);
	for (; w.inst; ewi_walk_next(&w)) {
		d->frame_count++;
		add_holder(d, w.inst);
	}
	for (uint32_t k = 0; k < d->holder_count; k++) {
		const struct ew_instance *i = d->holders[k].inst;
		const struct ew_module *m = i->module;

		for (uint32_t n = 0; m && n < m->memory_imports; n++)
			add_holder(d, i->memories[n]->owner);
		for (uint32_t n = 0; m && n < m->global_imports; n++)
			add_holder(d, i->globals[n]->owner);
	}
}

/* The name that the module's name section gives it. */
static const char *module_name(const struct ew_module *m, size_t *len)
{
	const uint8_t *payload, *text;
	struct ewi_reader r;
	size_t size;
	uint32_t n;

	if (ew_module_custom(m, "name", &payload, &size) != EW_OK)
		return NULL;
	ewi_reader_init(&r, payload, size, 0, NULL);
	if (ewi_read_u8(&r) != 0)
		return NULL;
	ewi_read_u32(&r);
	n = ewi_read_u32(&r);
	text = ewi_read_bytes(&r, n);
	if (!text || !ewi_utf8_valid(text, n))
		return NULL;
	*len = n;
	return (const char *)text;
}

static void put_process(struct dump *d)
{
	put_u8(d, 0);
	put_text(d, d->name, strlen(d->name));
}

/* One for each instance: that two are of the same module is nothing a debugger asks. */
static void put_modules(struct dump *d)
{
	put_uint(d, d->instance_count);
	for (uint32_t k = 0; k < d->holder_count; k++) {
		const struct ew_module *m = d->holders[k].inst->module;
		size_t len = strlen(d->name);
		const char *name;

		if (!m)
			continue;
		name = module_name(m, &len);
		put_u8(d, 0);
		put_text(d, name ? name : d->name, len);
	}
}

static void put_instances(struct dump *d)
{
	put_uint(d, d->instance_count);
	for (uint32_t k = 0; k < d->holder_count; k++) {
		const struct ew_instance *i = d->holders[k].inst;
		const struct ew_module *m = i->module;

		if (!m)
			continue;
		put_u8(d, 0);
		put_uint(d, d->holders[k].index);
		put_uint(d, m->memory_count);
		for (uint32_t n = 0; n < m->memory_count; n++) {
			const struct ew_memory *mem = i->memories[n];

			put_uint(d, find_holder(d, mem->owner)->memory_base + (uint32_t)(mem - mem->owner->own_memories));
		}
		put_uint(d, m->global_count);
		for (uint32_t n = 0; n < m->global_count; n++) {
			const struct ew_global *g = i->globals[n];

			put_uint(d, find_holder(d, g->owner)->global_base + (uint32_t)(g - g->owner->own_globals));
		}
	}
}

/* ---- globals ---- */

static void put_global(struct dump *d, const struct ew_global *g)
{
	put_u8(d, g->type);
	put_u8(d, 0); /* constant, by the convention */
	switch (g->type) {
	case EW_I32: put_u8(d, 0x41); break;
	case EW_I64: put_u8(d, 0x42); break;
	case EW_F32: put_u8(d, 0x43); break;
	case EW_F64: put_u8(d, 0x44); break;
#if EW_CONFIG_SIMD
	case EW_V128:
		put(d, "\xfd\x0c", 2);
		put_le(d, g->value.u64, 8);
		put_le(d, g->high.u64, 8);
		break;
#endif
	default: /* what a reference refers to cannot be written */
		put_u8(d, 0xd0);
		put_u8(d, g->type);
		break;
	}
	if (is_number(g->type))
		put_number(d, g->type, g->value);
	put_u8(d, 0x0b);
}

static void put_globals(struct dump *d)
{
	put_uint(d, d->global_count);
	for (uint32_t k = 0; k < d->holder_count; k++)
		for (uint32_t n = 0; n < d->holders[k].inst->own_global_count; n++)
			put_global(d, &d->holders[k].inst->own_globals[n]);
}

/* ---- memories ---- */

static void put_memories(struct dump *d)
{
	put_uint(d, d->memory_count);
	for (uint32_t k = 0; k < d->holder_count; k++) {
		const struct ew_instance *i = d->holders[k].inst;

		for (uint32_t n = 0; n < i->own_memory_count; n++) {
			const struct ew_memory *m = &i->own_memories[n];

			put_u8(d, (uint8_t)((m->page_log2 == 16 ? 0 : 8) | (m->is64 ? 4 : 0)));
			put_uint(d, m->pages);
			if (m->page_log2 != 16)
				put_uint(d, m->page_log2);
		}
	}
}

/* Bytes in a row that are worth writing, found block by block: at most 50,000 rows in a memory. */
struct run {
	uint64_t at, len, block;
};

static bool is_zero(const struct ew_memory *m, uint64_t at, uint64_t n)
{
	const uint8_t *p = m->base + at;

	n = n < m->bytes - at ? n : m->bytes - at;
	return p[0] == 0 && memcmp(p, p + 1, (size_t)n - 1) == 0;
}

static bool next_run(const struct ew_memory *m, struct run *r)
{
	if (r->block == 0)
		for (r->block = 256; m->bytes / r->block > 100000;)
			r->block *= 2;
	for (r->at += r->len; r->at < m->bytes && is_zero(m, r->at, r->block);)
		r->at += r->block;
	if (r->at >= m->bytes)
		return false;
	for (r->len = r->block; r->at + r->len < m->bytes && !is_zero(m, r->at + r->len, r->block);)
		r->len += r->block;
	if (r->len > m->bytes - r->at)
		r->len = m->bytes - r->at;
	return true;
}

static void put_data(struct dump *d, const struct ew_memory *m, uint32_t index, const struct run *r)
{
	put_uint(d, index ? 2 : 0);
	if (index)
		put_uint(d, index);
	put_u8(d, m->is64 ? 0x42 : 0x41);
	put_sint(d, m->is64 ? (int64_t)r->at : (int32_t)(uint32_t)r->at);
	put_u8(d, 0x0b);
	put_uint(d, r->len);
	put(d, m->base + r->at, (size_t)r->len);
}

static void put_datas(struct dump *d)
{
	uint64_t rows = 0;

	for (int pass = 0; pass < 2; pass++) {
		uint32_t index = 0;

		if (pass == 1)
			put_uint(d, rows);
		for (uint32_t k = 0; k < d->holder_count; k++) {
			const struct ew_instance *i = d->holders[k].inst;

			for (uint32_t n = 0; n < i->own_memory_count; n++, index++) {
				struct run r = {0};

				while (next_run(&i->own_memories[n], &r))
					pass == 0 ? (void)rows++ : put_data(d, &i->own_memories[n], index, &r);
			}
		}
	}
}

/* ---- all ---- */

enum ew_status ew_coredump_write(const struct ew_exec *x, const char *name, ew_write_fn write, void *user)
{
	struct dump d = {.exec = x, .name = name ? name : "", .write = write, .user = user};
	struct ewi_walk w;

	if (!ewi_walk_begin(&w, x))
		return EW_ERR_STATE;
	collect(&d);
	if (d.status == EW_OK) {
		put(&d, "\0asm\1\0\0\0", 8);
		put_section(&d, SECTION_CUSTOM, "core", put_process);
		put_section(&d, SECTION_CUSTOM, "coremodules", put_modules);
		put_section(&d, SECTION_CUSTOM, "coreinstances", put_instances);
		put_section(&d, SECTION_CUSTOM, "corestack", put_stack);
		if (d.memory_count)
			put_section(&d, SECTION_MEMORY, NULL, put_memories);
		if (d.global_count)
			put_section(&d, SECTION_GLOBAL, NULL, put_globals);
		if (d.memory_count)
			put_section(&d, SECTION_DATA, NULL, put_datas);
		flush(&d);
	}
	ewi_free(&x->alloc, d.holders, d.holder_cap, sizeof(*d.holders));
	return d.status;
}

#endif
