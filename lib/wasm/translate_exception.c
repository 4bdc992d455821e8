/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * translate_exception.c - throw, throw_ref, try_table.
 *
 * A try_table emits nothing.  Where its code begins and ends, and for each clause where the label is, goes to a table
 * behind the function (exec.h).  Whoever unwinds puts the values where a branch to that label would have put them; what
 * lies below is in its slots, since every block settles the operands below it.  A clause charges nothing but, as each
 * branch does, takes back what stands on the account of the line at its label: all before was charged at the throw or
 * the call.
 * Source: WebAssembly core specification 3.0, 3.3.8 and 5.4.1.
 */
#include "wasm/translate.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_EXCEPTIONS

static bool carries_values(unsigned kind)
{
	return kind == EWI_CATCH || kind == EWI_CATCH_REF;
}

static bool carries_ref(unsigned kind)
{
	return kind == EWI_CATCH_REF || kind == EWI_CATCH_ALL_REF;
}

/* The label takes the tag's values, and the reference behind them. */
static bool label_fits(const struct ewi_translator *t, const struct ewi_catch *c, const struct ewi_block *b)
{
	const struct ewi_functype *tag = carries_values(c->kind) ? ewi_tag_type(t->m, c->tag) : NULL;
	uint32_t values = tag ? tag->param_count : 0, refs = carries_ref(c->kind), n;
	const uint8_t *types = ewi_label_types(b, &n);

	if (n != values + refs || (refs && types[values] != EW_EXNREF))
		return false;
	return values == 0 || memcmp(types, tag->params, values) == 0;
}

/* Note a clause that can be reached: of a loop its place is known, of anything else when the label is bound. */
static void add_clause(struct ewi_translator *t, struct ewi_catch *c, struct ewi_block *b)
{
	if (t->clause_count == t->clause_cap) {
		size_t cap = ewi_grow(&t->m->alloc, (void **)&t->clauses, t->clause_cap, EW_MAX_BODY_BYTES,
				      sizeof(*t->clauses));

		if (!cap) {
			ewi_fail(t, EW_ERR_NOMEM, "no memory for catch clauses");
			return;
		}
		t->clause_cap = (uint32_t)cap;
	}
	c->slot = (uint16_t)b->base;
	if (b->opcode == 0x03) {
		c->target = b->loop - t->func_code;
		c->cost = -b->loop_cost;
	} else {
		c->target = b->caught;
		b->caught = t->clause_count + 1;
	}
	t->clauses[t->clause_count++] = *c;
}

static void read_clause(struct ewi_translator *t)
{
	size_t at = ewi_reader_at(&t->r);
	struct ewi_catch c = {.kind = ewi_read_u8(&t->r)};
	struct ewi_block *b;

	if (c.kind > EWI_CATCH_ALL_REF) {
		ewi_reader_fail(&t->r, at, "malformed catch clause");
		return;
	}
	if (carries_values(c.kind))
		c.tag = ewi_read_index(t, t->m->tag_count, "unknown tag");
	b = ewi_label(t, ewi_read_u32(&t->r));
	if (!b || t->r.failed || t->status != EW_OK)
		return;
	if (!label_fits(t, &c, b))
		ewi_fail(t, EW_ERR_INVALID, "type mismatch: the label of a catch clause takes other values");
	else if (!t->dead)
		add_clause(t, &c, b);
}

/* Labels of the clauses are those around the block. */
static void try_table(struct ewi_translator *t)
{
	struct ewi_block b = {.opcode = 0x02, .else_branch = EWI_NONE, .was_dead = t->dead}, *top;
	uint32_t n;

	ewi_read_block_type(t, &b);
	n = ewi_read_u32(&t->r);
	b.try_first = t->clause_count;
	for (; n > 0 && t->status == EW_OK && !t->r.failed; n--)
		read_clause(t);
	if (t->status != EW_OK || t->r.failed)
		return;
	b.try_count = t->clause_count - b.try_first;
	top = ewi_block_enter(t, &b);
	if (!top)
		return;
	t->last.pos = EWI_NONE; /* what is emitted from here on lies behind try_start */
	top->try_start = ewi_here(t);
}

static void throw_op(struct ewi_translator *t)
{
	uint32_t tag = ewi_read_index(t, t->m->tag_count, "unknown tag");
	struct ewi_insx *ins;
	uint16_t base;

	if (t->status != EW_OK || t->r.failed)
		return;
	base = ewi_take_arguments(t, ewi_tag_type(t->m, tag));
	if (t->status != EW_OK)
		return;
	ewi_mark(t);
	ins = ewi_emit(t, EWI_THROW, EWI_SS, true);
	ins->i.a = base;
	ins->i.u.uimm = tag;
	ins->cost = t->cost;
	ewi_keep_slots(t);
	ewi_unreachable(t);
}

static void throw_ref_op(struct ewi_translator *t)
{
	struct ewi_entry e = ewi_pop(t, EW_EXNREF);
	struct ewi_insx *ins;
	uint16_t slot;

	if (t->status != EW_OK)
		return;
	slot = ewi_slot(t, &e);
	ewi_mark(t);
	ins = ewi_emit(t, EWI_THROW_REF, EWI_SS, false);
	ins->i.a = slot;
	ins->i.u.imm = t->cost;
	ewi_keep_slots(t);
	ewi_unreachable(t);
}

void ewi_caught_bind(struct ewi_translator *t, uint32_t chain)
{
	while (chain != 0) {
		struct ewi_catch *c = &t->clauses[chain - 1];

		chain = c->target;
		c->target = ewi_here(t) - t->func_code;
		c->cost = -t->cost;
	}
}

/* Inner ones end first: that is the order in which they are looked at. */
void ewi_try_end(struct ewi_translator *t, const struct ewi_block *b)
{
	if (t->try_count == t->try_cap) {
		size_t cap = ewi_grow(&t->m->alloc, (void **)&t->tries, t->try_cap, EW_MAX_BODY_BYTES,
				      sizeof(*t->tries));

		if (!cap) {
			ewi_fail(t, EW_ERR_NOMEM, "no memory for try tables");
			return;
		}
		t->try_cap = (uint32_t)cap;
	}
	t->tries[t->try_count++] = (struct ewi_try){b->try_start - t->func_code, ewi_here(t) - t->func_code,
						    b->try_first, b->try_count};
}

uint32_t ewi_tries_write(struct ewi_translator *t)
{
	size_t tries = t->try_count * sizeof(*t->tries), clauses = t->clause_count * sizeof(*t->clauses);
	uint32_t at = ewi_here(t) - t->func_code;
	struct ewi_tries *p;

	if (t->try_count == 0)
		return 0;
	t->dead = false;
	p = ewi_emit_raw(t, sizeof(*p) + tries + clauses);
	if (!p)
		return 0;
	*p = (struct ewi_tries){t->try_count, t->clause_count};
	memcpy(p + 1, t->tries, tries);
	memcpy((uint8_t *)(p + 1) + tries, t->clauses, clauses);
	return at;
}

void ewi_exception_op(struct ewi_translator *t, enum ewi_opcode op)
{
	if (EWI_OFF(t->m, EXCEPTIONS))
		ewi_fail(t, EW_ERR_UNSUPPORTED, "exception handling is disabled");
	else if (op == EWI_OP_THROW)
		throw_op(t);
	else if (op == EWI_OP_THROW_REF)
		throw_ref_op(t);
	else
		try_table(t);
}

#else

void ewi_exception_op(struct ewi_translator *t, enum ewi_opcode op)
{
	(void)op;
	ewi_fail(t, EW_ERR_UNSUPPORTED, "exception handling is disabled");
}

/* No block has clauses, no function tables. */
void ewi_try_end(struct ewi_translator *t, const struct ewi_block *b)
{
	(void)t, (void)b;
}

void ewi_caught_bind(struct ewi_translator *t, uint32_t chain)
{
	(void)t, (void)chain;
}

uint32_t ewi_tries_write(struct ewi_translator *t)
{
	(void)t;
	return 0;
}
#endif

#endif
