/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * exception.c - exceptions that somebody can refer to, and tags.
 *
 * An instance lists its exceptions.  When the list is full, or the allocator refuses, and when an outermost call has
 * ended, those are freed that nothing refers to: slots of the executors in use (whatever is in a slot and looks like a
 * reference is taken for one), globals and tables of the group, other exceptions.  The list is sorted by address, so
 * that this takes a comparison for each slot, and no memory.
 * Throwing is unwind.c's.
 */
#include "base/error.h"
#include "wasm/exec.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_EXCEPTIONS

enum { WHITE, GREY, BLACK }; /* not seen, seen, its values seen as well */

static size_t object_bytes(const struct ew_tag *tag)
{
	return sizeof(struct ew_exception) + tag->type->param_slots * sizeof(union ew_value);
}

static void release(struct ew_exception *e)
{
	ewi_free(&e->owner->alloc, e, 1, object_bytes(e->tag));
}

/* ---- who is referred to ----------------------------------------------------------------------------- */

/* Heap order from k down, among the first n. */
static void sift(struct ew_exception **list, uint32_t k, uint32_t n)
{
	struct ew_exception *e = list[k];

	for (uint32_t child; (child = 2 * k + 1) < n; k = child) {
		child += child + 1 < n && (uintptr_t)list[child] < (uintptr_t)list[child + 1];
		if ((uintptr_t)list[child] <= (uintptr_t)e)
			break;
		list[k] = list[child];
	}
	list[k] = e;
}

static void sort(struct ew_exception **list, uint32_t n)
{
	for (uint32_t k = n / 2; k-- > 0;)
		sift(list, k, n);
	while (n-- > 1) {
		struct ew_exception *e = list[0];

		list[0] = list[n];
		list[n] = e;
		sift(list, 0, n);
	}
}

/* Marks the exception of i that these bits refer to, if they do. */
static void mark(struct ew_instance *i, uint64_t bits)
{
	uint32_t low = 0, high = i->exception_count;

	if (high == 0 || bits < (uintptr_t)i->exceptions[0] || bits > (uintptr_t)i->exceptions[high - 1])
		return;
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if ((uintptr_t)i->exceptions[mid] <= bits)
			low = mid;
		else
			high = mid;
	}
	if ((uintptr_t)i->exceptions[low] == bits && i->exceptions[low]->mark == WHITE)
		i->exceptions[low]->mark = GREY;
}

static void mark_slots(struct ew_instance *i, const union ew_value *from, const union ew_value *end)
{
	for (; from < end; from++)
		mark(i, from->u64);
}

static void mark_values(struct ew_instance *i, const struct ew_exception *e)
{
	mark_slots(i, e->values, e->values + e->tag->type->param_slots);
}

/* Of an executor that is in use; end NULL: nobody knows how far. */
static void mark_exec(struct ew_instance *i, const struct ew_exec *x, const union ew_value *end)
{
	if (x->pending)
		mark(i, (uintptr_t)x->pending);
	if (x->state != EWI_IDLE)
		mark_slots(i, x->stack, end ? end : x->stack_end);
}

/* What a member of the group has: globals, tables, and exceptions if they are not those that are looked through. */
static void mark_member(struct ew_instance *i, const struct ew_instance *j)
{
	for (uint32_t k = 0; k < j->own_global_count; k++)
		if (j->own_globals[k].type == EW_EXNREF)
			mark(i, j->own_globals[k].value.u64);
	for (uint32_t k = 0; k < j->own_table_count; k++)
		for (uint32_t e = 0; j->own_tables[k].type == EW_EXNREF && e < j->own_tables[k].size; e++)
			mark(i, (uintptr_t)j->own_tables[k].entries[e]);
	for (uint32_t k = 0; j != i && k < j->exception_count; k++)
		mark_values(i, j->exceptions[k]);
}

/* Everything that a marked one refers to, until there is nothing new. */
static void mark_on(struct ew_instance *i)
{
	for (bool again = true; again;) {
		again = false;
		for (uint32_t k = 0; k < i->exception_count; k++) {
			if (i->exceptions[k]->mark != GREY)
				continue;
			i->exceptions[k]->mark = BLACK;
			mark_values(i, i->exceptions[k]);
			again = true;
		}
	}
}

/* Frees those of i that nothing refers to.  end: above the last slot in use on x. */
static void collect(struct ew_exec *x, struct ew_instance *i, const union ew_value *end)
{
	const struct ew_instance *j = i->group ? i->group->first : i;
	uint32_t left = 0;

	sort(i->exceptions, i->exception_count);
	for (uint32_t k = 0; k < i->exception_count; k++)
		i->exceptions[k]->mark = WHITE;
	mark_exec(i, x, end);
	for (; j; j = j->group_next) {
		mark_member(i, j);
		if (j->exec && j->exec != x)
			mark_exec(i, j->exec, NULL);
	}
	mark_on(i);
	for (uint32_t k = 0; k < i->exception_count; k++) {
		if (i->exceptions[k]->mark == WHITE)
			release(i->exceptions[k]);
		else
			i->exceptions[left++] = i->exceptions[k];
	}
	i->exception_count = left;
}

/* ---- their life ----------------------------------------------------------------------------------------- */

static struct ew_exception *add(struct ew_instance *i, struct ew_tag *tag)
{
	struct ew_exception *e;

	if (i->exception_count == i->exception_cap) {
		size_t cap = ewi_grow(&i->alloc, (void **)&i->exceptions, i->exception_cap, i->max_exceptions,
				      sizeof(struct ew_exception *));

		if (!cap)
			return NULL;
		i->exception_cap = (uint32_t)cap;
	}
	e = ewi_alloc(&i->alloc, 1, object_bytes(tag));
	if (!e)
		return NULL;
	e->tag = tag;
	e->owner = i;
	i->exceptions[i->exception_count++] = e;
	return e;
}

struct ew_exception *ewi_exception_new(struct ew_exec *x, struct ew_instance *inst, struct ew_tag *tag,
				       const union ew_value *end, enum ew_status *why)
{
	struct ew_exception *e = NULL;

	if (inst->exception_count < inst->max_exceptions)
		e = add(inst, tag);
	if (!e) {
		collect(x, inst, end);
		*why = EW_ERR_LIMIT;
		if (inst->exception_count >= inst->max_exceptions)
			return NULL;
		*why = EW_ERR_NOMEM;
		e = add(inst, tag);
	}
	x->keeps = x->keeps || e;
	return e;
}

void ewi_exceptions_settle(struct ew_exec *x)
{
	struct ew_instance *i = x->func->instance, *j = i->group ? i->group->first : i;

	x->keeps = false;
	for (; j; j = j->group_next) {
		if (j->exception_count == 0)
			continue;
		collect(x, j, NULL);
		x->keeps |= j->exception_count != 0;
	}
}

void ewi_exceptions_free(struct ew_instance *i)
{
	for (uint32_t k = 0; k < i->exception_count; k++)
		release(i->exceptions[k]);
	ewi_free(&i->alloc, i->exceptions, i->exception_cap, sizeof(struct ew_exception *));
}

size_t ewi_exceptions_size(const struct ew_instance *i)
{
	size_t n = i->exception_cap * sizeof(struct ew_exception *);

	for (uint32_t k = 0; k < i->exception_count; k++)
		n += object_bytes(i->exceptions[k]->tag);
	return n;
}

/* ---- what nobody catches, in words ------------------------------------------------------------------------ */

/* The name that the instance exports or imports the tag by. */
static const struct ewi_name *tag_name(const struct ew_instance *i, const struct ew_tag *tag)
{
	const struct ew_module *m = i->module;

	for (uint32_t k = 0; m && k < m->export_count; k++)
		if (m->exports[k].kind == EW_EXTERN_TAG && i->tags[m->exports[k].index] == tag)
			return &m->exports[k].name;
	for (uint32_t k = 0; m && k < m->import_count; k++)
		if (m->imports[k].kind == EW_EXTERN_TAG && i->tags[m->imports[k].index] == tag)
			return &m->imports[k].name;
	return NULL;
}

static size_t put_value(char *out, size_t cap, uint8_t type, const union ew_value *v)
{
	switch (type) {
	case EW_I32: return ewi_format(out, cap, " i32:%d", (int)v->i32);
	case EW_I64: return ewi_format(out, cap, " i64:%lld", (long long)v->i64);
	default: return ewi_format(out, cap, " %s", ewi_type_name(type));
	}
}

void ewi_trap_uncaught(struct ew_exec *x, const struct ew_instance *i, const struct ew_tag *tag,
		       const union ew_value *values)
{
	const struct ewi_name *name = tag_name(i, tag);
	char *out = x->trap.text;
	size_t cap = sizeof(x->trap.text), n;

	n = ewi_format(out, cap, "%s", ew_trap_text(EW_TRAP_EXCEPTION));
	if (name)
		n += ewi_format(out + n, cap - n, " \"%.*s\"", ewi_name_clip(name->text, name->len), name->text);
	for (uint32_t k = 0, at = 0; k < tag->type->param_count && n + 1 < cap; at += ewi_slots_of(tag->type->params[k++]))
		n += put_value(out + n, cap - n, tag->type->params[k], values + at);
}

/* ---- the host's side ---------------------------------------------------------------------------------------- */

enum ew_status ew_throw(struct ew_instance *caller, struct ew_tag *tag, const union ew_value *values)
{
	const struct ewi_functype *type = tag->type;
	struct ew_exec *x = caller->exec;
	enum ew_status why = EW_ERR_NOMEM;
	struct ew_exception *e;

	for (uint32_t k = 0, at = 0; k < type->param_count; at += ewi_slots_of(type->params[k++]))
		if ((type->params[k] == EW_EXNREF && values[at].ref) ||
		    (type->params[k] == EW_FUNCREF && !ewi_ref_admit(caller, values[at].func)))
			return EW_ERR_INVAL;
	e = ewi_exception_new(x, caller, tag, x->fp, &why);
	x->trap.code = e ? EW_TRAP_EXCEPTION : EW_TRAP_EXCEPTIONS;
	x->trap.status = e ? EW_OK : why;
	x->pending = e;
	if (!e) {
		ewi_format(x->trap.text, sizeof(x->trap.text), "%s: %s", ew_trap_text(EW_TRAP_EXCEPTIONS),
			   ew_status_text(why));
		return EW_ERR_TRAP;
	}
	for (uint32_t k = 0, at = 0; k < type->param_count; k++, at++) {
		if (ewi_is_reftype(type->params[k]))
			e->values[at] = ewi_ref_value(values[at].ref);
		else
			e->values[at] = values[at];
		if (ewi_is_v128(type->params[k])) {
			at++;
			e->values[at] = values[at];
		}
	}
	ewi_trap_uncaught(x, caller, tag, e->values);
	return EW_ERR_TRAP;
}

const struct ew_exception *ew_exec_exception(const struct ew_exec *x)
{
	return x->pending;
}

struct ew_tag *ew_exception_tag(const struct ew_exception *e)
{
	return e->tag;
}

void ew_exception_values(const struct ew_exception *e, union ew_value *values)
{
	const struct ewi_functype *type = e->tag->type;

	for (uint32_t k = 0, at = 0; k < type->param_count; k++, at++) {
		if (ewi_is_reftype(type->params[k]))
			values[at].ref = ewi_ref_of(e->values[at]);
		else
			values[at] = e->values[at];
		if (ewi_is_v128(type->params[k])) {
			at++;
			values[at] = e->values[at];
		}
	}
}

/* A standalone one: with its type, and the types of its values behind. */
struct own_tag {
	struct ew_tag tag;
	struct ewi_functype type;
	uint8_t params[];
};

enum ew_status ew_tag_create(struct ew_tag **out, const char *signature, const struct ew_alloc *alloc)
{
	size_t n = strlen(signature);
	struct ew_instance *i;
	struct own_tag *own;
	void *object;

	*out = NULL;
	if (n > EW_MAX_LOCALS)
		return EW_ERR_INVAL;
	i = ewi_instance_bare(alloc, sizeof(*own) + n, &object);
	if (!i)
		return EW_ERR_NOMEM;
	own = object;
	own->type.params = own->params;
	own->type.param_count = ewi_signature_params(signature, own->params);
	ewi_functype_seal(&own->type);
	if (ewi_functype_has(&own->type, 0) || !ewi_signature_matches(signature, &own->type)) {
		ewi_instance_free(i);
		return EW_ERR_INVAL;
	}
	own->tag = (struct ew_tag){&own->type, i};
	*out = &own->tag;
	return EW_OK;
}

/* Only standalone ones: a tag that a module defined goes with its instance. */
void ew_tag_destroy(struct ew_tag *tag)
{
	if (tag && !tag->owner->module)
		ew_instance_destroy(tag->owner);
}

#else

enum ew_status ew_throw(struct ew_instance *caller, struct ew_tag *tag, const union ew_value *values)
{
	(void)caller, (void)tag, (void)values; /* there are no tags */
	return EW_ERR_INVAL;
}

const struct ew_exception *ew_exec_exception(const struct ew_exec *x)
{
	(void)x;
	return NULL;
}

struct ew_tag *ew_exception_tag(const struct ew_exception *e)
{
	return e->tag;
}

void ew_exception_values(const struct ew_exception *e, union ew_value *values)
{
	(void)e, (void)values;
}

enum ew_status ew_tag_create(struct ew_tag **out, const char *signature, const struct ew_alloc *alloc)
{
	(void)signature, (void)alloc;
	*out = NULL;
	return EW_ERR_UNSUPPORTED;
}

void ew_tag_destroy(struct ew_tag *tag)
{
	(void)tag;
}
#endif

void ew_tag_type(const struct ew_tag *tag, const uint8_t **params, uint32_t *param_count)
{
	*params = tag->type->params;
	*param_count = tag->type->param_count;
}

#endif
