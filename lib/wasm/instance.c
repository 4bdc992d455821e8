/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * instance.c - from a module to something that runs: one block of memory for an instance and its arrays, its own
 * memory and tables, the initial values, the segments, the start function.
 * Linking and the lifetime of instances that share objects are in link.c.
 * Source: WebAssembly 2.0, 4.5.4 (instantiation).
 */
#include <inttypes.h>
#include "base/error.h"
#include "base/le.h"
#include "wasm/exec.h"

#if EW_CONFIG_WASM

/* ---- the block ------------------------------------------------------------------------------------ */

/* Offsets of the arrays behind struct ew_instance. */
struct layout {
	uint64_t bytes;
	uint64_t globals, tables, funcs, own_funcs, memories, own_memories, own_tables, own_globals, results,
		dropped, tags, own_tags;
};

static uint64_t place(struct layout *l, uint64_t count, size_t size)
{
	uint64_t at = (l->bytes + 7) & ~(uint64_t)7;

	l->bytes = at + count * size;
	return at;
}

static struct layout lay_out(const struct ew_module *m)
{
	struct layout l = {.bytes = sizeof(struct ew_instance)};

	l.globals = place(&l, m->global_count, sizeof(struct ew_global *));
	l.tables = place(&l, m->table_count, sizeof(struct ew_table *));
	l.funcs = place(&l, m->func_count, sizeof(struct ew_func *));
	l.own_funcs = place(&l, m->func_objects, sizeof(struct ew_func));
	l.memories = place(&l, m->memory_count > 1 ? m->memory_count : 0, sizeof(struct ew_memory *));
	l.own_memories = place(&l, m->memory_count - m->memory_imports, sizeof(struct ew_memory));
	l.own_tables = place(&l, m->table_count - m->table_imports, sizeof(struct ew_table));
	l.own_globals = place(&l, m->global_count - m->global_imports, sizeof(struct ew_global));
	if (EW_CONFIG_EXCEPTIONS) {
		l.tags = place(&l, m->tag_count, sizeof(struct ew_tag *));
		l.own_tags = place(&l, m->tag_count - m->tag_imports, sizeof(struct ew_tag));
	}
	l.results = place(&l, m->max_results, sizeof(union ew_value));
	l.dropped = place(&l, ((uint64_t)m->elem_count + m->data_count + 7) / 8, 1);
	return l;
}

static struct ew_instance *new_block(uint64_t bytes, const struct ew_alloc *alloc)
{
	struct ew_instance *i;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	i = ewi_alloc(alloc, (size_t)bytes, 1);
	if (i) {
		i->alloc = *alloc;
		i->block_bytes = (size_t)bytes;
	}
	return i;
}

static struct ew_instance *new_instance(const struct ew_module *m, const struct ew_alloc *alloc)
{
	struct layout l = lay_out(m);
	struct ew_instance *i = new_block(l.bytes, alloc);
	uint8_t *block = (uint8_t *)i;

	if (!i)
		return NULL;
	i->module = m;
	i->late = m->late;
	i->takes_refs = m->takes_refs;
	i->globals = (void *)(block + l.globals);
	i->tables = (void *)(block + l.tables);
	i->funcs = (void *)(block + l.funcs);
	i->own_funcs = (void *)(block + l.own_funcs);
	i->own_tables = (void *)(block + l.own_tables);
	i->tags = (void *)(block + l.tags);
	i->own_tags = (void *)(block + l.own_tags);
	i->own_globals = (void *)(block + l.own_globals);
	i->own_table_count = m->table_count - m->table_imports;
	i->own_global_count = m->global_count - m->global_imports;
	i->memories = m->memory_count > 1 ? (void *)(block + l.memories) : &i->memory;
	i->own_memories = (void *)(block + l.own_memories);
	i->own_memory_count = m->memory_count - m->memory_imports;
	if (m->max_results != 0)
		i->results = (void *)(block + l.results);
	i->result_cap = m->max_results;
	i->dropped = block + l.dropped;
	return i;
}

struct ew_instance *ewi_instance_bare(const struct ew_alloc *alloc, size_t extra, void **object)
{
	struct layout l = {.bytes = sizeof(struct ew_instance)};
	uint64_t at = place(&l, 1, extra);
	struct ew_instance *i = new_block(l.bytes, alloc);

	*object = i ? (uint8_t *)i + at : NULL;
	return i;
}

void ewi_exec_forget(struct ew_exec *x, const struct ew_instance *i)
{
	bool is_func = (uintptr_t)x->func - (uintptr_t)i < i->block_bytes;

	if (x->state == EWI_SUSPENDED && (is_func || x->inst == i))
		ew_cancel(x);
	if (is_func)
		x->func = NULL;
	if (x->inst == i)
		x->inst = NULL;
	if (x->pending && ewi_group_same(x->pending->owner, i))
		x->pending = NULL;
	for (uint32_t k = 0; k < x->trap.frame_count && k < EW_TRAP_FRAMES; k++)
		if (x->trap.frames[k].instance == i)
			x->trap.frames[k].instance = NULL;
	x->stop.top = NULL; /* i may be in it */
}

void ewi_instance_free(struct ew_instance *i)
{
	struct ew_alloc a = i->alloc;

	if (i->owns_exec)
		ew_exec_destroy(i->exec);
	ewi_exceptions_free(i);
	for (uint32_t k = 0; k < i->own_memory_count; k++) {
		ewi_memory_release(&i->own_memories[k]);
		ewi_free(&a, i->own_memories[k].cards, i->own_memories[k].card_count, 1);
	}
	for (uint32_t k = 0; k < i->own_table_count; k++)
		ewi_free(&a, i->own_tables[k].entries, i->own_tables[k].cap, sizeof(void *));
	ewi_free(&a, i, i->block_bytes, 1);
}

/* ---- what it owns ----------------------------------------------------------------------------------- */

/* The functions that somebody may point to; bodies are called by their code alone. */
static void make_funcs(struct ew_instance *i)
{
	const struct ew_module *m = i->module;

	for (uint32_t k = m->func_imports; k < m->func_count; k++) {
		struct ew_func *f;

		if (!ewi_func_is_object(m, k))
			continue;
		f = &i->own_funcs[i->own_func_count++];
		f->type = ewi_func_type(m, k);
		f->type_key = f->type->key;
		f->instance = i;
		f->code = m->late ? NULL : m->code + m->funcs[k].code;
		f->index = k;
		i->funcs[k] = f;
	}
}

static enum ew_status make_spaces(struct ew_instance *i, const struct ew_instance_config *config,
				  struct ew_error *err)
{
	const struct ew_module *m = i->module;
	uint32_t pages = config->max_memory_pages ? config->max_memory_pages : EW_MAX_MEMORY_PAGES;
	enum ew_status st = EW_OK;

	i->table_room =
		config->max_table_entries ? config->max_table_entries : EW_MAX_TABLE_ENTRIES;
	for (uint32_t k = 0; st == EW_OK && k < i->own_table_count; k++) {
		i->tables[m->table_imports + k] = &i->own_tables[k];
		st = ewi_table_setup(&i->own_tables[k], i, &m->tables[m->table_imports + k], err);
	}
#if EW_CONFIG_GUARD
	i->guard = config->guard;
	i->guarded = ewi_is_guarded(m);
	if (i->guarded && !i->guard.resize && i->own_memory_count != 0)
		return ewi_error(err, EW_ERR_INVAL, 0, "a module without checks, and no ew_instance_config.guard");
#endif
	i->memory_room = (uint64_t)pages << 16;
	if (config->max_memory_bytes && config->max_memory_bytes < i->memory_room)
		i->memory_room = config->max_memory_bytes;
	for (uint32_t k = 0; st == EW_OK && k < i->own_memory_count; k++) {
		i->memories[m->memory_imports + k] = &i->own_memories[k];
		st = ewi_memory_setup(&i->own_memories[k], i, &m->memories[m->memory_imports + k], err);
	}
	if (m->memory_count != 0)
		i->memory = i->memories[0];
	return st;
}

union ew_value ewi_const_value(const struct ew_instance *i, const struct ewi_const *c)
{
	switch (c->kind) {
	case EWI_CONST_VALUE: return c->value;
	case EWI_CONST_GLOBAL: return i->globals[c->index]->value;
	case EWI_CONST_EXPR: return ewi_const_eval(i, c->index);
	case EWI_CONST_FUNC: return ewi_ref_value(i->funcs[c->index]);
	default: return ewi_ref_value(NULL);
	}
}

static void init_global(const struct ew_instance *i, struct ew_global *g, const struct ewi_const *init)
{
#if EW_CONFIG_SIMD
	if (g->type == EW_V128 && init->kind == EWI_CONST_VALUE) {
		g->value.u64 = ewi_le64(init->value.ref);
		g->high.u64 = ewi_le64((const uint8_t *)init->value.ref + 8);
		return;
	}
	if (init->kind == EWI_CONST_GLOBAL)
		g->high = i->globals[init->index]->high;
#endif
	g->value = ewi_const_value(i, init);
}

static void make_globals(struct ew_instance *i)
{
	const struct ew_module *m = i->module;

	for (uint32_t k = 0; k < i->own_global_count; k++) {
		const struct ewi_global_def *def = &m->globals[m->global_imports + k];
		struct ew_global *g = &i->own_globals[k];

		g->owner = i;
		g->type = def->type;
		g->is_mutable = def->is_mutable;
		init_global(i, g, &def->init);
		i->globals[m->global_imports + k] = g;
	}
}

static void make_tags(struct ew_instance *i)
{
	const struct ew_module *m = i->module;

	for (uint32_t k = m->tag_imports; EW_CONFIG_EXCEPTIONS && k < m->tag_count; k++) {
		i->tags[k] = &i->own_tags[k - m->tag_imports];
		*i->tags[k] = (struct ew_tag){ewi_tag_type(m, k), i};
	}
}

/* ---- what happens when it begins --------------------------------------------------------------------- */

static enum ew_status segment_trap(enum ew_trap_code code, uint32_t segment, uint64_t at,
				   uint32_t n, struct ew_trap *trap, struct ew_error *err)
{
	const char *text = ew_trap_text(code);

	if (trap) {
		trap->code = code;
		ewi_format(trap->text, sizeof(trap->text), "%s", text);
	}
	return ewi_error(err, EW_ERR_TRAP, 0, "%s: %s segment %" PRIu32 " puts %" PRIu32 " at %llu",
			 text, code == EW_TRAP_TABLE_BOUNDS ? "element" : "data", segment, n,
			 (unsigned long long)at);
}

static uint64_t segment_offset(const struct ew_instance *i, const struct ewi_const *offset, bool is64)
{
	union ew_value v = ewi_const_value(i, offset);

	return is64 ? v.u64 : v.u32;
}

static enum ew_status run_elems(struct ew_instance *i, struct ew_trap *trap, struct ew_error *err)
{
	const struct ew_module *m = i->module;

	for (uint32_t k = 0; k < m->elem_count; k++) {
		const struct ewi_elem *e = &m->elems[k];
		enum ew_trap_code code = EW_TRAP_NONE;
		uint64_t at = 0;

		if (e->mode == EWI_PASSIVE)
			continue;
		if (e->mode == EWI_ACTIVE) {
			at = segment_offset(i, &e->offset, EWI_IS64(i->tables[e->table]));
			code = ewi_table_init(i, e->table, k, at, 0, e->count);
		}
		if (code != EW_TRAP_NONE)
			return segment_trap(code, k, at, e->count, trap, err);
		/* Its functions are now in somebody else's table, whatever comes next. */
		if (e->mode == EWI_ACTIVE && e->count != 0 && i->tables[e->table]->owner != i)
			i->pinned = true;
		ewi_elem_drop(i, k);
	}
	return EW_OK;
}

static enum ew_status run_datas(struct ew_instance *i, struct ew_trap *trap, struct ew_error *err)
{
	const struct ew_module *m = i->module;

	for (uint32_t k = 0; k < m->data_count; k++) {
		const struct ewi_data *s = &m->datas[k];
		enum ew_trap_code code;
		uint64_t at;

		if (s->mode != EWI_ACTIVE)
			continue;
		at = segment_offset(i, &s->offset, EWI_IS64(i->memories[s->memory]));
		code = ewi_memory_init(i, s->memory, k, at, 0, s->size);
		if (code != EW_TRAP_NONE)
			return segment_trap(code, k, at, s->size, trap, err);
		ewi_data_drop(i, k);
	}
	return EW_OK;
}

static enum ew_status run_start(struct ew_instance *i, struct ew_trap *trap, struct ew_error *err)
{
	union ew_value none;
	enum ew_status st;

	if (i->module->start == EWI_NONE)
		return EW_OK;
	memset(&none, 0, sizeof(none));
	st = ew_call(i->funcs[i->module->start], &none);
	if (st == EW_ERR_FUEL || st == EW_ERR_INTERRUPT)
		ew_cancel(i->exec);
	if (st == EW_ERR_TRAP) {
		const struct ew_trap *t = ew_exec_trap(i->exec);

		ewi_error(err, st, t->frame_count ? t->frames[0].offset : 0, "start function: %s",
			  t->text[0] ? t->text : ew_trap_text(t->code));
		if (trap)
			*trap = *t;
	}
	if (st != EW_OK)
		ewi_error(err, st, 0, "start function: %s", ew_status_text(st));
	return st;
}

/* From here on other instances' objects change, and what was done stays done. */
static enum ew_status begin(struct ew_instance *i, struct ew_trap *trap, struct ew_error *err)
{
	enum ew_status st = run_elems(i, trap, err);

	if (st == EW_OK)
		st = run_datas(i, trap, err);
	if (st != EW_OK)
		return st;
	if (ewi_shares_refs(i))
		i->pinned = true;
	return run_start(i, trap, err);
}

/* Everything that can fail without a trace. */
static enum ew_status prepare(struct ew_instance *i, const struct ew_instance_config *config,
			      struct ew_error *err)
{
	enum ew_status st = ewi_link(i, config, err);

	if (st == EW_OK)
		st = make_spaces(i, config, err);
	if (st == EW_OK && !config->exec) {
		st = ew_exec_create(&i->exec, NULL, &i->alloc);
		i->owns_exec = st == EW_OK;
	}
	if (st != EW_OK)
		return st;
	if (config->exec)
		i->exec = config->exec;
	make_funcs(i);
	make_globals(i);
	make_tags(i);
	i->max_exceptions = config->max_exceptions ? config->max_exceptions : EW_MAX_EXCEPTIONS;
	return ewi_group_enter(i);
}

/* The trap is the host's, but the instance it names is not there any more. */
static void forget_frames(struct ew_trap *trap, const struct ew_instance *i)
{
	for (uint32_t k = 0; trap && k < trap->frame_count && k < EW_TRAP_FRAMES; k++)
		if (trap->frames[k].instance == i)
			trap->frames[k].instance = NULL;
}

enum ew_status ew_instance_create(struct ew_instance **out, const struct ew_module *module,
				  const struct ew_instance_config *config,
				  const struct ew_alloc *alloc, struct ew_trap *trap,
				  struct ew_error *err)
{
	struct ew_instance_config c;
	struct ew_instance *i;
	enum ew_status st;

	*out = NULL;
	ewi_error_clear(err);
	if (trap)
		memset(trap, 0, sizeof(*trap));
	ewi_config_read(&c, sizeof(c), config);
	i = new_instance(module, alloc);
	if (!i)
		return ewi_error(err, EW_ERR_NOMEM, 0, "%s", ew_status_text(EW_ERR_NOMEM));
	i->user = c.user;
	st = prepare(i, &c, err);
	if (st == EW_OK)
		st = begin(i, trap, err);
	if (st != EW_OK) {
		forget_frames(trap, i);
		ew_instance_destroy(i);
		return ewi_error(err, st, 0, "%s", ew_status_text(st)); /* if nobody said more */
	}
	*out = i;
	return EW_OK;
}

void ew_instance_destroy(struct ew_instance *i)
{
	if (!i)
		return;
	/* Now: an executor that i does not own may be gone when its group goes. */
	if (i->exec)
		ewi_exec_forget(i->exec, i);
	ewi_group_leave(i);
}

/* ---- looking at it ----------------------------------------------------------------------------------- */

void *ew_instance_user(const struct ew_instance *i)
{
	return i->user;
}

struct ew_exec *ew_instance_exec(const struct ew_instance *i)
{
	return i->exec;
}

const struct ew_module *ew_instance_module(const struct ew_instance *i)
{
	return i->module;
}

/* Its own executor is not counted: that is one of its own, by ew_exec_config. */
size_t ew_instance_size(const struct ew_instance *i)
{
	size_t n = i->block_bytes;

	for (uint32_t k = 0; k < i->own_memory_count; k++)
		n += i->own_memories[k].card_count;
	for (uint32_t k = 0; k < i->own_table_count; k++)
		n += i->own_tables[k].cap * sizeof(void *);
	if (i->group && i->group->first == i)
		n += sizeof(*i->group);
	n += ewi_exceptions_size(i);
	return n;
}

const union ew_value *ew_instance_results(const struct ew_instance *i)
{
	return i->results;
}

static enum ew_status find(const struct ew_instance *i, const char *name, enum ew_extern_kind kind,
			   uint32_t *index)
{
	const struct ewi_export *ex;

	ex = i->module ? ewi_export_find(i->module, name, strlen(name)) : NULL;
	if (!ex)
		return EW_ERR_NOENT;
	*index = ex->index;
	return ex->kind == kind ? EW_OK : EW_ERR_TYPE;
}

enum ew_status ew_func_find(struct ew_instance *i, const char *name, const char *signature,
			    struct ew_func **out)
{
	uint32_t k;
	enum ew_status st = find(i, name, EW_EXTERN_FUNC, &k);

	*out = NULL;
	if (st == EW_OK && signature && !ewi_signature_matches(signature, i->funcs[k]->type))
		st = EW_ERR_TYPE;
	if (st == EW_OK)
		*out = i->funcs[k];
	return st;
}

enum ew_status ew_func_at(struct ew_instance *i, uint32_t export_index, struct ew_func **out)
{
	const struct ew_module *m = i->module;

	*out = NULL;
	if (!m || export_index >= m->export_count)
		return EW_ERR_NOENT;
	if (m->exports[export_index].kind != EW_EXTERN_FUNC)
		return EW_ERR_TYPE;
	*out = i->funcs[m->exports[export_index].index];
	return EW_OK;
}

void ew_func_type(const struct ew_func *f, const uint8_t **params, uint32_t *param_count,
		  const uint8_t **results, uint32_t *result_count)
{
	*params = f->type->params;
	*param_count = f->type->param_count;
	*results = ewi_functype_results(f->type);
	*result_count = f->type->result_count;
}

uint32_t ew_func_index(const struct ew_func *f)
{
	return f->index;
}

struct ew_instance *ew_func_instance(const struct ew_func *f)
{
	return f->instance;
}

enum ew_status ew_memory_find(struct ew_instance *i, const char *name, struct ew_memory **out)
{
	uint32_t k;
	enum ew_status st = find(i, name, EW_EXTERN_MEMORY, &k);

	*out = st == EW_OK ? i->memories[k] : NULL;
	return st;
}

enum ew_status ew_table_find(struct ew_instance *i, const char *name, struct ew_table **out)
{
	uint32_t k;
	enum ew_status st = find(i, name, EW_EXTERN_TABLE, &k);

	*out = st == EW_OK ? i->tables[k] : NULL;
	return st;
}

enum ew_status ew_tag_find(struct ew_instance *i, const char *name, struct ew_tag **out)
{
	uint32_t k;
	enum ew_status st = find(i, name, EW_EXTERN_TAG, &k);

	*out = st == EW_OK ? i->tags[k] : NULL;
	return st;
}

enum ew_status ew_global_find(struct ew_instance *i, const char *name, struct ew_global **out)
{
	uint32_t k;
	enum ew_status st = find(i, name, EW_EXTERN_GLOBAL, &k);

	*out = st == EW_OK ? i->globals[k] : NULL;
	return st;
}

#endif
