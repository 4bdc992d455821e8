/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * link.c - imports: what each is bound to, whether that fits, and who must outlive whom.
 * Source: WebAssembly 2.0, 4.5.3 (external typing), 3.4.8 (import matching), 4.5.4 (instantiation).
 */
#include <inttypes.h>
#include "base/error.h"
#include "wasm/instance.h"

#if EW_CONFIG_WASM

/* ---- one import ----------------------------------------------------------------------------------- */

static const char *const kind_names[] = {"a function", "a table", "a memory", "a global", "a tag"};

static enum ew_status refuse(const struct ew_instance *i, const struct ewi_import *im,
			     struct ew_error *err, const char *expects, const char *got)
{
	return ewi_error(err, EW_ERR_UNLINKABLE, ewi_name_at(i->module, &im->module),
			 "import \"%.*s\" \"%.*s\": expects %s, got %s",
			 ewi_name_clip(im->module.text, im->module.len), im->module.text,
			 ewi_name_clip(im->name.text, im->name.len), im->name.text, expects, got);
}

static enum ew_status bind_host(struct ew_instance *i, const struct ewi_import *im,
				const struct ew_import *from, struct ew_error *err)
{
	const struct ewi_functype *type = ewi_func_type(i->module, im->index);
	const char *got = from->u.host.fn ? from->u.host.signature : "nothing";
	char expects[EWI_SIGNATURE_BYTES];
	struct ew_func *f;

	/* A signature of NULL is a host function that fits every import, like a stub. */
	if (!from->u.host.fn || (got && !ewi_signature_matches(got, type))) {
		ewi_signature_format(expects, sizeof(expects), type);
		return refuse(i, im, err, expects, got);
	}
	f = &i->own_funcs[i->own_func_count++];
	f->type = type;
	f->type_key = type->key;
	f->instance = i;
	f->host = from->u.host.fn;
	f->user = from->u.host.user;
	f->index = im->index;
	i->funcs[im->index] = f;
	return EW_OK;
}

static enum ew_status bind_func(struct ew_instance *i, const struct ewi_import *im,
				const struct ew_import *from, struct ew_error *err)
{
	const struct ewi_functype *type = ewi_func_type(i->module, im->index);
	char expects[EWI_SIGNATURE_BYTES], got[EWI_SIGNATURE_BYTES] = "nothing";
	struct ew_func *f = from->u.func;

	if (!from->from_instance)
		return bind_host(i, im, from, err);
	if (!f || !ewi_functype_equal(f->type, type)) {
		ewi_signature_format(expects, sizeof(expects), type);
		if (f)
			ewi_signature_format(got, sizeof(got), f->type);
		return refuse(i, im, err, expects, got);
	}
	i->funcs[im->index] = f;
	return EW_OK;
}

/* Two 64-bit numbers among the longest words for them. */
#define LIMITS_TEXT 88

/* Spec 3.4.8: at least as large now, and bound at least as tightly. */
static bool limits_match(uint64_t size, uint64_t max, const struct ewi_limits *want)
{
	return size >= want->min &&
	       (want->max == EWI_NO_MAX || (max != EWI_NO_MAX && max <= want->max));
}

static void limits_text(char *out, size_t cap, const char *what, bool is64, const char *unit,
			uint64_t min, uint64_t max)
{
	size_t n = ewi_format(out, cap, "%s of %llu", what, (unsigned long long)min);

	if (max == EWI_NO_MAX)
		n += ewi_format(out + n, cap - n, " or more %s", unit);
	else
		n += ewi_format(out + n, cap - n, " to %llu %s", (unsigned long long)max, unit);
	if (is64)
		ewi_format(out + n, cap - n, " (i64)");
}

static const char *table_noun(uint8_t type)
{
	return type == EW_FUNCREF ? "a funcref table" : "an externref table";
}

static const char *page_noun(uint8_t log2)
{
	return log2 ? "pages" : "one-byte pages";
}

static enum ew_status bind_memory(struct ew_instance *i, const struct ewi_import *im,
				  struct ew_memory *m, struct ew_error *err)
{
	const struct ewi_memory_def *want = &i->module->memories[im->index];
	char expects[LIMITS_TEXT], got[LIMITS_TEXT] = "nothing";

	if (m && m->page_log2 == want->page_log2 && EWI_IS64(m) == EWI_IS64(want) &&
	    limits_match(m->pages, m->declared_max, &want->limits)) {
		if (ewi_is_guarded(i->module) && !EWI_IS64(m) && !ewi_memory_guarded(m))
			return refuse(i, im, err, "a guarded memory", "one that is not");
		i->memories[im->index] = m;
		return EW_OK;
	}
	limits_text(expects, sizeof(expects), "a memory", EWI_IS64(want), page_noun(want->page_log2),
		    want->limits.min, want->limits.max);
	if (m)
		limits_text(got, sizeof(got), "a memory", EWI_IS64(m), page_noun(m->page_log2), m->pages,
			    m->declared_max);
	return refuse(i, im, err, expects, got);
}

static enum ew_status bind_table(struct ew_instance *i, const struct ewi_import *im,
				 struct ew_table *t, struct ew_error *err)
{
	const struct ewi_table_def *want = &i->module->tables[im->index];
	char expects[LIMITS_TEXT], got[LIMITS_TEXT] = "nothing";

	if (t && t->type == want->type && EWI_IS64(t) == EWI_IS64(want) &&
	    limits_match(t->size, t->declared_max, &want->limits)) {
		i->tables[im->index] = t;
		return EW_OK;
	}
	limits_text(expects, sizeof(expects), table_noun(want->type), EWI_IS64(want), "entries",
		    want->limits.min, want->limits.max);
	if (t)
		limits_text(got, sizeof(got), table_noun(t->type), EWI_IS64(t), "entries", t->size,
			    t->declared_max);
	return refuse(i, im, err, expects, got);
}

static enum ew_status bind_global(struct ew_instance *i, const struct ewi_import *im,
				  struct ew_global *g, struct ew_error *err)
{
	const struct ewi_global_def *want = &i->module->globals[im->index];
	char expects[32], got[32] = "nothing";

	if (g && g->type == want->type && g->is_mutable == want->is_mutable) {
		i->globals[im->index] = g;
		return EW_OK;
	}
	ewi_format(expects, sizeof(expects), "a %s %s", want->is_mutable ? "mutable" : "constant",
		   ewi_type_name(want->type));
	if (g)
		ewi_format(got, sizeof(got), "a %s %s", g->is_mutable ? "mutable" : "constant",
			   ewi_type_name(g->type));
	return refuse(i, im, err, expects, got);
}

static enum ew_status bind_tag(struct ew_instance *i, const struct ewi_import *im, struct ew_tag *tag,
			       struct ew_error *err)
{
	const struct ewi_functype *type = ewi_tag_type(i->module, im->index);
	char want[EWI_SIGNATURE_BYTES], have[EWI_SIGNATURE_BYTES];
	char expects[EWI_SIGNATURE_BYTES + 8], got[EWI_SIGNATURE_BYTES + 8] = "nothing";

	if (tag && ewi_functype_equal(tag->type, type)) {
		i->tags[im->index] = tag;
		return EW_OK;
	}
	ewi_signature_format(want, sizeof(want), type);
	ewi_format(expects, sizeof(expects), "a tag %s", want);
	if (tag) {
		ewi_signature_format(have, sizeof(have), tag->type);
		ewi_format(got, sizeof(got), "a tag %s", have);
	}
	return refuse(i, im, err, expects, got);
}

static bool is_name(const struct ewi_name *name, const char *text)
{
	return text && strlen(text) == name->len && memcmp(text, name->text, name->len) == 0;
}

/* Exact matches first; then an entry for every name of that kind in the module. */
static const struct ew_import *find(const struct ew_instance_config *config,
				    const struct ewi_import *im)
{
	for (size_t k = 0; k < config->import_count; k++)
		if (is_name(&im->module, config->imports[k].module) &&
		    is_name(&im->name, config->imports[k].name))
			return &config->imports[k];
	for (size_t k = 0; k < config->import_count; k++)
		if (is_name(&im->module, config->imports[k].module) && !config->imports[k].name &&
		    config->imports[k].kind == im->kind)
			return &config->imports[k];
	return NULL;
}

/* An import that nobody gave, or that the host refuses with a reason of its own. */
static enum ew_status unbound(const struct ew_instance *i, const struct ewi_import *im,
			      enum ew_status st, const char *what, const char *why,
			      struct ew_error *err)
{
	return ewi_error(err, st, ewi_name_at(i->module, &im->module), "%s \"%.*s\" \"%.*s\": %s", what,
			 ewi_name_clip(im->module.text, im->module.len), im->module.text,
			 ewi_name_clip(im->name.text, im->name.len), im->name.text, why);
}

/* Ask the host's function. */
static enum ew_status ask(const struct ew_instance *i, uint32_t index,
			  const struct ew_instance_config *config, struct ew_import *out,
			  struct ew_error *err)
{
	const struct ewi_import *im = &i->module->imports[index];
	enum ew_status st = EW_ERR_NOENT;
	struct ew_extern_type want;
	struct ew_error why;

	memset(out, 0, sizeof(*out));
	memset(&why, 0, sizeof(why));
	out->kind = im->kind;
	if (config->resolve) {
		ew_module_import(i->module, index, &want);
		st = config->resolve(config->resolve_user, &want, out, &why);
	}
	if (st == EW_OK)
		return EW_OK;
	if (st == EW_ERR_NOENT)
		return unbound(i, im, EW_ERR_UNLINKABLE, "unknown import", kind_names[im->kind], err);
	if (st == EW_ERR_DENIED)
		st = EW_ERR_UNLINKABLE;
	why.text[sizeof(why.text) - 1] = '\0';
	if (why.text[0])
		return ewi_error(err, st, ewi_name_at(i->module, &im->module), "%s", why.text);
	return unbound(i, im, st, "import", st == EW_ERR_UNLINKABLE ? "denied" : ew_status_text(st), err);
}

static enum ew_status bind(struct ew_instance *i, uint32_t index,
			   const struct ew_instance_config *config, struct ew_error *err)
{
	const struct ewi_import *im = &i->module->imports[index];
	const struct ew_import *from = find(config, im);
	struct ew_import made;
	enum ew_status st;

	if (!from) {
		st = ask(i, index, config, &made, err);
		if (st != EW_OK)
			return st;
		from = &made;
	}
	if (from->kind != im->kind)
		return refuse(i, im, err, kind_names[im->kind],
			      (unsigned)from->kind <= EW_EXTERN_TAG ? kind_names[from->kind]
								       : "?");
	switch (im->kind) {
	case EW_EXTERN_FUNC: return bind_func(i, im, from, err);
	case EW_EXTERN_TABLE: return bind_table(i, im, from->u.table, err);
	case EW_EXTERN_MEMORY: return bind_memory(i, im, from->u.memory, err);
	case EW_EXTERN_GLOBAL: return bind_global(i, im, from->u.global, err);
	case EW_EXTERN_TAG: return EW_CONFIG_EXCEPTIONS ? bind_tag(i, im, from->u.tag, err) : EW_ERR_INVAL;
	}
	return EW_ERR_INVAL;
}

enum ew_status ewi_link(struct ew_instance *i, const struct ew_instance_config *config,
			struct ew_error *err)
{
	enum ew_status st = EW_OK;

	for (uint32_t k = 0; st == EW_OK && k < i->module->import_count; k++)
		st = bind(i, k, config, err);
	return st;
}

/* ---- groups ---------------------------------------------------------------------------------------- */

/*
 * What keeps pointers good: a function, table, memory or global that somebody outside its instance points to has a
 * pinned instance, and a pinned instance goes only with its group.  An instance is pinned when another one imports
 * from it; when it could have handed its functions out, because it imports a table, a mutable funcref global or a
 * function that takes or gives funcrefs; and when the host puts its function somewhere else (ewi_ref_admit).
 * All others leave their group when they are destroyed, so that a memory shared by many short-lived instances does
 * not keep them; unless another member's module takes funcrefs in calls, for the host may have passed it one.
 */

/* Whose object an import is bound to; i itself: a host function. */
static struct ew_instance *import_owner(const struct ew_instance *i, const struct ewi_import *im)
{
	switch (im->kind) {
	case EW_EXTERN_FUNC: return i->funcs[im->index]->instance;
	case EW_EXTERN_TABLE: return i->tables[im->index]->owner;
	case EW_EXTERN_MEMORY: return i->memories[im->index]->owner;
	case EW_EXTERN_GLOBAL: return i->globals[im->index]->owner;
	case EW_EXTERN_TAG: return i->tags[im->index]->owner;
	}
	return NULL;
}

static void add(struct ewi_group *g, struct ew_instance *i)
{
	i->group = g;
	i->group_prev = NULL;
	i->group_next = g->first;
	if (g->first)
		g->first->group_prev = i;
	g->first = i;
	g->count++;
	g->live += !i->destroyed;
	g->takers += i->takes_refs;
#if EW_CONFIG_GUARD
	g->guarded += i->guarded;
#endif
}

static void take_out(struct ew_instance *i)
{
	struct ewi_group *g = i->group;

	if (i->group_prev)
		i->group_prev->group_next = i->group_next;
	else
		g->first = i->group_next;
	if (i->group_next)
		i->group_next->group_prev = i->group_prev;
	g->count--;
	g->live -= !i->destroyed;
	g->takers -= i->takes_refs;
#if EW_CONFIG_GUARD
	g->guarded -= i->guarded;
#endif
	i->group = NULL;
	i->group_next = i->group_prev = NULL;
}

static struct ewi_group *new_group(const struct ew_alloc *alloc)
{
	struct ewi_group *g = ewi_alloc(alloc, 1, sizeof(*g));

	if (g)
		g->alloc = *alloc;
	return g;
}

/* One of them has a group already.  The smaller one moves: n instances move n log n times in all. */
static void unite(struct ew_instance *a, struct ew_instance *b)
{
	struct ewi_group *from, *to;
	struct ew_instance *i;

	if (a == b || (a->group && a->group == b->group))
		return;
	if (!a->group || !b->group) {
		add(a->group ? a->group : b->group, a->group ? b : a);
		return;
	}
	from = a->group->count < b->group->count ? a->group : b->group;
	to = from == a->group ? b->group : a->group;
	while ((i = from->first) != NULL) {
		take_out(i);
		add(to, i);
	}
	ewi_free(&from->alloc, from, 1, sizeof(*from));
}

bool ewi_group_same(const struct ew_instance *a, const struct ew_instance *b)
{
	return a == b || (a->group && a->group == b->group);
}

enum ew_status ewi_group_join(struct ew_instance *a, struct ew_instance *b)
{
	struct ewi_group *g;

	if (ewi_group_same(a, b))
		return EW_OK;
	if (!a->group && !b->group) {
		g = new_group(&a->alloc);
		if (!g)
			return EW_ERR_NOMEM;
		add(g, a);
	}
	unite(a, b);
	return EW_OK;
}

enum ew_status ewi_group_enter(struct ew_instance *i)
{
	const struct ew_module *m = i->module;

	for (uint32_t k = 0; k < m->import_count; k++) {
		struct ew_instance *owner = import_owner(i, &m->imports[k]);

		if (owner == i)
			continue;
		/* Only the first can fail, and then nothing was joined yet. */
		if (ewi_group_join(i, owner) != EW_OK)
			return EW_ERR_NOMEM;
		owner->pinned = true;
	}
	return EW_OK;
}

bool ewi_shares_refs(const struct ew_instance *i)
{
	const struct ew_module *m = i->module;

	if (m->table_imports != 0 && i->group)
		return true;
	for (uint32_t k = 0; k < m->global_imports; k++)
		if (m->globals[k].is_mutable && m->globals[k].type == EW_FUNCREF)
			return true;
	for (uint32_t k = 0; k < m->func_imports; k++)
		if (i->funcs[k]->instance != i && ewi_functype_has_funcref(i->funcs[k]->type))
			return true;
	return false;
}

bool ewi_ref_admit(const struct ew_instance *holder, const struct ew_func *f)
{
	if (!f)
		return true;
	if (!ewi_group_same(holder, f->instance))
		return false;
	if (f->instance != holder)
		f->instance->pinned = true;
	return true;
}

static void free_group(struct ewi_group *g)
{
	struct ew_alloc a = g->alloc;
	struct ew_instance *i;

	while ((i = g->first) != NULL) {
		take_out(i);
		ewi_instance_free(i);
	}
	ewi_free(&a, g, 1, sizeof(*g));
}

void ewi_group_leave(struct ew_instance *i)
{
	struct ewi_group *g = i->group;

	if (!g) {
		ewi_instance_free(i);
		return;
	}
	if (i->pinned || g->takers > i->takes_refs) {
		i->destroyed = true;
		g->live--;
	} else {
		take_out(i);
		ewi_instance_free(i);
	}
	if (g->live == 0)
		free_group(g);
}

#endif
