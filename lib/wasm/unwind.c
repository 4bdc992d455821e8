/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * unwind.c - throwing: from the frame that throws down to the one that catches, through instances.
 *
 * First the frames are searched and nothing is changed, so that a trap for what nobody catches has its backtrace; then
 * the values are copied to the label's slots, and the run goes on there.  An exception has an object only where somebody
 * can hold on to it (exception.c).
 * Source: WebAssembly core specification 3.0, 4.6.4 (throw_ref).
 */
#include "base/error.h"
#include "wasm/handler.h"

#if EW_CONFIG_WASM

#define C(name) const struct ewi_ins *ewi_h_##name(EWI_REGS)

#if EW_CONFIG_EXCEPTIONS

/* What is thrown: object NULL where there is none yet. */
struct thrown {
	struct ew_tag *tag;
	const union ew_value *values;
	struct ew_exception *object;
};

/* Who catches it. */
struct landing {
	struct ew_instance *inst;
	union ew_value *fp;
	struct ewi_call_frame *top;
	const struct ewi_head *head;
	const struct ewi_catch *clause;
};

static const struct ewi_head *head_at(const struct ew_instance *inst, const void *pc, uint32_t *pos)
{
	struct ewi_spot spot;

	if (!ewi_spot_find(inst->module, pc, &spot))
		return NULL;
	*pos = spot.pos;
	return (const void *)((const uint8_t *)pc - spot.pos);
}

/* The clause of the function around pc that catches the tag. */
static const struct ewi_catch *clause_at(const struct ew_instance *inst, const void *pc, const struct ew_tag *tag,
					 const struct ewi_head **head)
{
	const struct ewi_tries *table;
	const struct ewi_catch *clauses;
	const struct ewi_try *tries;
	uint32_t pos;

	*head = head_at(inst, pc, &pos);
	if (!*head || (*head)->tries == 0)
		return NULL;
	table = (const void *)((const uint8_t *)*head + (*head)->tries);
	tries = (const void *)(table + 1);
	clauses = (const void *)(tries + table->tries);
	for (uint32_t i = 0; i < table->tries; i++) {
		if (pos < tries[i].start || pos >= tries[i].end)
			continue;
		for (const struct ewi_catch *c = clauses + tries[i].first; c < clauses + tries[i].first + tries[i].count; c++)
			if (c->kind >= EWI_CATCH_ALL || inst->tags[c->tag] == tag)
				return c;
	}
	return NULL;
}

/* Search from pc on frame fp, or with `tail` from the frame below; down to where the run began. */
static bool search(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp, bool tail,
		   const struct ew_tag *tag, struct landing *l)
{
	const void *at = pc;

	*l = (struct landing){.inst = x->inst, .fp = fp, .top = x->top};
	for (;;) {
		if (!tail)
			l->clause = clause_at(l->inst, at, tag, &l->head);
		if (l->clause)
			return true;
		tail = false;
		l->top--;
		if (l->top->pc == &ewi_ins_cross) {
			l->inst = (struct ew_instance *)(void *)l->top->fp;
			l->top--;
		}
		if (l->top->pc == &ewi_ins_stop)
			return false;
		at = (const uint8_t *)l->top->pc - 1; /* within the call */
		l->fp = l->top->fp;
	}
}

/* The object, made now if there is none; NULL: x->trap says why.  end: above the last slot in use. */
static struct ew_exception *materialize(struct ew_exec *x, struct thrown *t, const union ew_value *end)
{
	enum ew_status why;

	if (t->object)
		return t->object;
	t->object = ewi_exception_new(x, x->inst, t->tag, end, &why);
	if (t->object && t->tag->type->param_slots != 0)
		memcpy(t->object->values, t->values, t->tag->type->param_slots * sizeof(*t->values));
	if (!t->object) {
		x->trap.code = EW_TRAP_EXCEPTIONS;
		x->trap.status = why;
		ewi_format(x->trap.text, sizeof(x->trap.text), "%s: %s", ew_trap_text(EW_TRAP_EXCEPTIONS),
			   ew_status_text(why));
	}
	return t->object;
}

/* Above the frame of the function that is at pc. */
static const union ew_value *frame_end(const struct ew_exec *x, const struct ewi_ins *pc, const union ew_value *fp)
{
	uint32_t pos;
	const struct ewi_head *head = head_at(x->inst, pc, &pos);

	return head ? fp + head->frame_slots : x->stack_end;
}

static const struct ewi_ins *uncaught(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp, struct thrown *t)
{
	struct ew_exception *e;

	ewi_trap(pc, fp, x, EW_TRAP_EXCEPTION);
	e = materialize(x, t, frame_end(x, pc, fp));
	if (!e)
		return NULL;
	x->pending = e;
	ewi_trap_uncaught(x, x->inst, e->tag, e->values);
	return NULL;
}

/* used: fuel of the line that ends here.  Values and slots may overlap: the label's slots are below or the same. */
static const struct ewi_ins *throw_from(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp, struct thrown *t,
					int32_t used, bool tail)
{
	const struct ewi_catch *c;
	struct landing l;
	uint32_t n = 0;

	if (!search(x, pc, fp, tail, t->tag, &l))
		return uncaught(x, pc, fp, t);
	c = l.clause;
	if ((c->kind == EWI_CATCH_REF || c->kind == EWI_CATCH_ALL_REF) && !materialize(x, t, frame_end(x, pc, fp))) {
		x->pc = pc;
		x->fp = fp;
		x->status = EW_ERR_TRAP;
		return NULL;
	}
	if (c->kind == EWI_CATCH || c->kind == EWI_CATCH_REF) {
		n = t->tag->type->param_slots;
		if (n != 0)
			memmove(l.fp + c->slot, t->values, n * sizeof(*t->values));
	}
	if (t->object && (c->kind == EWI_CATCH_REF || c->kind == EWI_CATCH_ALL_REF))
		l.fp[c->slot + n].u64 = (uintptr_t)t->object;
	x->pending = NULL;
	x->trap.code = EW_TRAP_NONE;
	x->trap.text[0] = '\0';
	x->top = l.top;
	x->fp = l.fp;
	ewi_switch_instance(x, l.inst);
	CHARGE(x, used + c->cost);
	return (const void *)((const uint8_t *)l.head + c->target);
}

const struct ewi_ins *ewi_rethrow(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp, bool tail)
{
	struct thrown t = {x->pending->tag, x->pending->values, x->pending};

	return throw_from(x, pc, fp, &t, 0, tail);
}

static EW_NOINLINE const struct ewi_ins *throw_tag(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp)
{
	struct thrown t = {x->inst->tags[pc->u.uimm], fp + pc->a, NULL};

	return throw_from(x, pc, fp, &t, COST(pc), false);
}

static EW_NOINLINE const struct ewi_ins *throw_object(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp)
{
	struct ew_exception *e = ewi_ref_of(fp[pc->a]);
	struct thrown t = {NULL, NULL, e};

	if (!e)
		return ewi_trap(pc, fp, x, EW_TRAP_NULL_EXCEPTION);
	t.tag = e->tag;
	t.values = e->values;
	return throw_from(x, pc, fp, &t, pc->u.imm, false);
}

#define LAND(target)                                                                               \
	do {                                                                                       \
		const struct ewi_ins *to_ = (target);                                              \
		if (!to_)                                                                          \
			return NULL;                                                               \
		fp = x->fp;                                                                        \
		SET_MEM();                                                                         \
		STOP_AT(to_);                                                                      \
		GO(to_);                                                                           \
	} while (0)

C(THROW)
{
	LAND(throw_tag(x, pc, fp));
}

C(THROW_REF)
{
	LAND(throw_object(x, pc, fp));
}

#else
/* Never emitted. */
C(THROW)
{
	NEXTX;
}

C(THROW_REF)
{
	NEXT;
}
#endif

#endif
