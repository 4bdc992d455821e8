/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * observe.c - runs step by step: the hook that stands before each instruction of a module loaded with
 * EW_MODULE_OBSERVE, how it is emitted, and what it tells.
 *
 * A dispatch mode of its own would need a second set of handlers; a check in each handler would cost everybody.  So the
 * translator is asked for other code: every operand is in its slot when an instruction begins, and a hook stands between
 * the instructions, which also keeps them from being fused.  What is charged, and where, stays as it is: a hook knows
 * the fuel of the straight line before it, so what is left at each instruction is exact.
 */
#include "wasm/handler.h"
#include "wasm/translate.h"

#if EW_CONFIG_WASM

#define C(name) const struct ewi_ins *ewi_h_##name(EWI_REGS)

#if EW_CONFIG_TRACE

/* ---- emitting ---- */

/* Operands of an instruction whose types the table does not give.  What is not listed shows none. */
static uint32_t operands_by_hand(const struct ewi_translator *t, enum ewi_opcode code)
{
	struct ewi_reader peek = t->r;
	uint32_t x;

	switch (code) {
	case EWI_OP_IF: case EWI_OP_BR_IF: case EWI_OP_BR_TABLE:
	case EWI_OP_DROP: case EWI_OP_LOCAL_SET: case EWI_OP_LOCAL_TEE: case EWI_OP_GLOBAL_SET:
	case EWI_OP_TABLE_GET: case EWI_OP_MEMORY_GROW: case EWI_OP_REF_IS_NULL:
		return 1;
	case EWI_OP_TABLE_SET: case EWI_OP_TABLE_GROW:
		return 2;
	case EWI_OP_SELECT: case EWI_OP_SELECT_T: case EWI_OP_TABLE_FILL:
		return 3;
	case EWI_OP_RETURN:
		return t->type->result_count;
	case EWI_OP_CALL: case EWI_OP_RETURN_CALL:
		x = ewi_read_u32(&peek);
		return x < t->m->func_count ? ewi_func_type(t->m, x)->param_count : 0;
	case EWI_OP_CALL_INDIRECT: case EWI_OP_RETURN_CALL_INDIRECT:
		x = ewi_read_u32(&peek);
		return x < t->m->type_count ? t->m->types[x].param_count + 1 : 0;
	default:
		return 0;
	}
}

static struct ewi_step *add_step(struct ewi_translator *t)
{
	struct ewi_notes *n = &t->notes;

	if (n->step_count == n->step_cap) {
		size_t cap = ewi_grow(&t->m->alloc, (void **)&n->steps, n->step_cap, INT32_MAX, sizeof(*n->steps));

		if (!cap) {
			ewi_fail(t, EW_ERR_NOMEM, "no memory for the steps of a module to be observed");
			return NULL;
		}
		n->step_cap = (uint32_t)cap;
	}
	return &n->steps[n->step_count++];
}

/* Only what the last instruction pushed can be elsewhere: one entry at most. */
static void settle_all(struct ewi_translator *t)
{
	ewi_settle_locals(t, EWI_NONE);
	if (t->sp > t->blocks[t->depth - 1].height)
		ewi_settle_top(t, 1);
	ewi_forget(t);
}

void ewi_emit_step(struct ewi_translator *t, const struct ewi_op *op, enum ewi_opcode code)
{
	uint32_t have = t->sp - t->blocks[t->depth - 1].height, n;
	struct ewi_step *step;

	if (t->dead || t->r.failed || t->status != EW_OK)
		return;
	n = op->pops[0] == '?' ? operands_by_hand(t, code) : (uint32_t)strlen(op->pops);
	n = n > have ? have : n; /* too few: the instruction is about to be refused */
	n = n > EW_STEP_VALUES ? EW_STEP_VALUES : n;
	settle_all(t);
	step = add_step(t);
	if (!step)
		return;
	*step = (struct ewi_step){.func = t->func, .offset = (uint32_t)t->at, .cost = t->cost, .count = (uint8_t)n};
	if (n > 0)
		step->base = t->stack[t->sp - n].home;
	for (uint32_t i = 0; i < n; i++)
		step->types[i] = t->stack[t->sp - n + i].type;
	ewi_emit(t, EWI_OBSERVE, EWI_SS, false)->i.u.uimm = t->notes.step_count - 1;
	ewi_forget(t);
}

void ewi_notes_free(struct ewi_notes *n, const struct ew_alloc *a)
{
	ewi_free(a, n->steps, n->step_cap, sizeof(*n->steps));
	ewi_free(a, n->lines, n->line_cap, sizeof(*n->lines));
}

/* ---- running ---- */

/* Tell of the step at pc; false: the run ends before the instruction behind. */
static EW_NOINLINE bool observe(const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x)
{
	const struct ewi_step *s = &x->inst->module->notes.steps[pc->u.uimm];
	struct ew_step step = {
		.instance = x->inst,
		.func = s->func,
		.offset = s->offset,
		.depth = (uint32_t)(x->top - x->frames) - 1,
		.value_count = s->count,
		.fuel = x->fuel - s->cost,
		.types = s->types,
		.values = fp + s->base,
	};

	if (x->step(x->step_user, &step) != EW_ERR_INTERRUPT)
		return true;
	x->pc = pc + 1;
	x->fp = fp;
	x->status = EW_ERR_INTERRUPT;
	return false;
}

C(OBSERVE)
{
	if (x->step && !observe(pc, fp, x))
		return NULL;
	NEXT;
}

enum ew_status ew_exec_observe(struct ew_exec *x, ew_step_fn fn, void *user)
{
	x->step = fn;
	x->step_user = user;
	return EW_OK;
}

#else
/* Never emitted. */
C(OBSERVE)
{
	NEXT;
}

enum ew_status ew_exec_observe(struct ew_exec *x, ew_step_fn fn, void *user)
{
	(void)x, (void)fn, (void)user;
	return EW_ERR_UNSUPPORTED;
}
#endif

#endif
