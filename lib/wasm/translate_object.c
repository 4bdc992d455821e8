/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * translate_object.c - instructions on what an instance has beside its stack: globals, references, tables, segments,
 * whole ranges of memory.  Loads and stores are translate.c's.
 */
#include "base/error.h"
#include "wasm/translate.h"

#if EW_CONFIG_WASM

/* ---- immediates ---- */

static uint32_t memory_index(struct ewi_translator *t)
{
	if (EWI_OFF(t->m, MULTI_MEMORY)) {
		if (ewi_read_zero(t))
			ewi_need_memory(t);
		return 0;
	}
	return ewi_read_index(t, t->m->memory_count, "unknown memory");
}

/* ---- globals ---- */

static unsigned global_set_icode(uint8_t type)
{
#if EW_CONFIG_SIMD
	if (type == EW_V128)
		return EWI_GLOBAL_SET_V128;
#endif
	(void)type;
	return EWI_GLOBAL_SET;
}

static void global_op(struct ewi_translator *t, bool set)
{
	uint32_t x = ewi_read_index(t, t->m->global_count, "unknown global");
	const struct ewi_global_def *g;
	struct ewi_entry v;
	struct ewi_insx *ins;
	uint16_t slot;

	if (t->status != EW_OK || t->r.failed)
		return;
	g = &t->m->globals[x];
	if (!set) {
		ewi_emit_global_get(t, x, g->type, t->next_slot);
		ewi_push(t, g->type);
		return;
	}
	if (!g->is_mutable) {
		ewi_fail(t, EW_ERR_INVALID, "global is immutable");
		return;
	}
	v = ewi_pop(t, g->type);
	slot = ewi_slot(t, &v);
	ins = ewi_emit(t, global_set_icode(g->type), EWI_SS, false);
	ins->i.a = slot;
	ins->i.u.uimm = x;
}

/* ---- references, tables, bulk memory ---- */

/* n operands, the first at the lowest slot, all brought into their slots; returns the first slot. */
static uint16_t take_operands(struct ewi_translator *t, const uint8_t *types, uint32_t n)
{
	struct ewi_block *b = &t->blocks[t->depth - 1];

	if (t->sp - b->height >= n)
		ewi_settle_top(t, n);
	ewi_pop_types(t, types, n);
	return (uint16_t)t->next_slot;
}

/* An instruction with operands in consecutive slots from a. */
static struct ewi_insx *emit_at(struct ewi_translator *t, unsigned icode, uint16_t a, uint32_t imm)
{
	struct ewi_insx *ins;

	ewi_mark(t);
	ins = ewi_emit(t, icode, EWI_SS, false);
	ins->i.a = a;
	ins->i.u.uimm = imm;
	return ins;
}

/* Types of addresses and indices. */
static uint8_t memory_type(const struct ewi_translator *t, uint32_t memory)
{
	return ewi_index_type(EWI_IS64(&t->m->memories[memory]));
}

static uint8_t table_type(const struct ewi_translator *t, uint32_t table)
{
	return ewi_index_type(EWI_IS64(&t->m->tables[table]));
}

/* Of what reaches into two: i64 where both have it. */
static uint8_t length_type(uint8_t a, uint8_t b)
{
	return a == EW_I64 ? b : EW_I32;
}

/* Three operands of these types, into their slots. */
static uint16_t take_three(struct ewi_translator *t, uint8_t first, uint8_t second, uint8_t third)
{
	return take_operands(t, (const uint8_t[]){first, second, third}, 3);
}

/* The index of a table.get or .set, in its slot. */
static void narrow(struct ewi_translator *t, uint32_t table, uint16_t slot)
{
	struct ewi_entry index = {.slot = slot, .home = slot, .place = EWI_TEMP};

	ewi_narrow_index(t, EWI_IS64(&t->m->tables[table]), &index);
}

/* A result written by hand to its slot a. */
static void push_result(struct ewi_translator *t, uint8_t type)
{
	ewi_wrote_slot(t, t->next_slot);
	ewi_push(t, type);
}

static void table_op(struct ewi_translator *t, enum ewi_opcode op)
{
	uint32_t x = ewi_read_index(t, t->m->table_count, "unknown table");
	uint8_t type, index;
	uint16_t a;

	if (t->status != EW_OK || t->r.failed)
		return;
	type = t->m->tables[x].type;
	index = table_type(t, x);
	switch (op) {
	case EWI_OP_TABLE_GET:
		a = take_operands(t, &index, 1);
		narrow(t, x, a);
		emit_at(t, EWI_TABLE_GET, a, x)->i.b = a;
		push_result(t, type);
		break;
	case EWI_OP_TABLE_SET:
		a = take_operands(t, (const uint8_t[]){index, type}, 2);
		narrow(t, x, a);
		emit_at(t, EWI_TABLE_SET, a, x)->i.b = (uint16_t)(a + 1);
		break;
	case EWI_OP_TABLE_SIZE:
		a = (uint16_t)t->next_slot;
		emit_at(t, EWI_TABLE_SIZE, 0, x)->i.b = a;
		push_result(t, index);
		break;
	case EWI_OP_TABLE_GROW:
		a = take_operands(t, (const uint8_t[]){type, index}, 2);
		emit_at(t, EWI_TABLE_GROW, a, x);
		push_result(t, index);
		break;
	default: /* table.fill */
		emit_at(t, EWI_TABLE_FILL, take_three(t, index, type, index), x);
		break;
	}
}

static void table_copy_op(struct ewi_translator *t)
{
	uint32_t dst = ewi_read_index(t, t->m->table_count, "unknown table");
	uint32_t src = ewi_read_index(t, t->m->table_count, "unknown table");
	struct ewi_insx *ins;
	uint8_t to, from;

	if (t->status != EW_OK || t->r.failed)
		return;
	if (t->m->tables[dst].type != t->m->tables[src].type) {
		ewi_fail(t, EW_ERR_INVALID, "type mismatch: table element types differ");
		return;
	}
	to = table_type(t, dst);
	from = table_type(t, src);
	ins = emit_at(t, EWI_TABLE_COPY, take_three(t, to, from, length_type(to, from)), 0);
	ins->i.u.s.c = (uint16_t)dst;
	ins->i.u.s.d = (uint16_t)src;
}

static void table_init_op(struct ewi_translator *t)
{
	uint32_t elem = ewi_read_index(t, t->m->elem_count, "unknown elem segment");
	uint32_t table = ewi_read_index(t, t->m->table_count, "unknown table");

	if (t->status != EW_OK || t->r.failed)
		return;
	if (t->m->tables[table].type != t->m->elems[elem].type)
		ewi_fail(t, EW_ERR_INVALID, "type mismatch: segment and table differ");
	emit_at(t, EWI_TABLE_INIT, take_three(t, table_type(t, table), EW_I32, EW_I32), elem)->i.b = (uint16_t)table;
}

static uint32_t data_index(struct ewi_translator *t)
{
	if (!t->m->has_data_count)
		ewi_reader_fail(&t->r, t->at, "data count section required");
	return ewi_read_index(t, t->m->data_count, "unknown data segment");
}

static void memory_op(struct ewi_translator *t, enum ewi_opcode op)
{
	uint32_t data = op == EWI_OP_MEMORY_INIT ? data_index(t) : 0;
	uint32_t memory = memory_index(t), from = op == EWI_OP_MEMORY_COPY ? memory_index(t) : 0;
	struct ewi_insx *ins;
	uint8_t type, other;
	uint16_t a;

	if (t->status != EW_OK || t->r.failed)
		return;
	type = memory_type(t, memory);
	switch (op) {
	case EWI_OP_MEMORY_SIZE:
		a = (uint16_t)t->next_slot;
		emit_at(t, EWI_MEMORY_SIZE, 0, memory)->i.b = a;
		push_result(t, type);
		break;
	case EWI_OP_MEMORY_GROW:
		a = take_operands(t, &type, 1);
		emit_at(t, EWI_MEMORY_GROW, a, memory)->i.b = a;
		push_result(t, type);
		break;
	case EWI_OP_MEMORY_FILL:
		emit_at(t, EWI_MEMORY_FILL, take_three(t, type, EW_I32, type), memory);
		break;
	case EWI_OP_MEMORY_COPY:
		other = memory_type(t, from);
		ins = emit_at(t, EWI_MEMORY_COPY, take_three(t, type, other, length_type(type, other)), 0);
		ins->i.u.s.c = (uint16_t)memory;
		ins->i.u.s.d = (uint16_t)from;
		break;
	default:
		emit_at(t, EWI_MEMORY_INIT, take_three(t, type, EW_I32, EW_I32), data)->i.b = (uint16_t)memory;
		break;
	}
}

static void ref_op(struct ewi_translator *t, enum ewi_opcode op)
{
	struct ewi_entry e;
	uint32_t x;
	uint8_t type;

	switch (op) {
	case EWI_OP_REF_NULL:
		x = (uint32_t)ewi_reader_at(&t->r);
		type = ewi_read_type(t);
		if (!t->r.failed && t->status == EW_OK && !ewi_is_reftype(type))
			ewi_reader_fail(&t->r, x, "malformed reference type");
		ewi_push_const(t, type, 0);
		break;
	case EWI_OP_REF_IS_NULL:
		e = ewi_pop(t, EWI_UNKNOWN);
		if (e.type != EWI_UNKNOWN && !ewi_is_reftype(e.type))
			ewi_fail(t, EW_ERR_INVALID, "type mismatch: reference expected");
		ewi_emit_unary(t, EWI_REF_IS_NULL, &e, t->next_slot);
		ewi_push(t, EW_I32);
		break;
	default: /* ref.func */
		x = ewi_read_index(t, t->m->func_count, "unknown function");
		if (t->status != EW_OK || t->r.failed)
			return;
		if (!t->m->funcs[x].declared)
			ewi_fail(t, EW_ERR_INVALID, "undeclared function reference");
		emit_at(t, EWI_REF_FUNC, 0, x)->i.b = (uint16_t)t->next_slot;
		push_result(t, EW_FUNCREF);
		break;
	}
}

void ewi_object_op(struct ewi_translator *t, enum ewi_opcode op)
{
	uint32_t x;

	switch (op) {
	case EWI_OP_GLOBAL_GET:
	case EWI_OP_GLOBAL_SET:
		global_op(t, op == EWI_OP_GLOBAL_SET);
		break;
	case EWI_OP_TABLE_GET:
	case EWI_OP_TABLE_SET:
	case EWI_OP_TABLE_SIZE:
	case EWI_OP_TABLE_GROW:
	case EWI_OP_TABLE_FILL:
		table_op(t, op);
		break;
	case EWI_OP_TABLE_COPY:
		table_copy_op(t);
		break;
	case EWI_OP_TABLE_INIT:
		table_init_op(t);
		break;
	case EWI_OP_ELEM_DROP:
		x = ewi_read_index(t, t->m->elem_count, "unknown elem segment");
		emit_at(t, EWI_ELEM_DROP, 0, x);
		break;
	case EWI_OP_DATA_DROP:
		x = data_index(t);
		emit_at(t, EWI_DATA_DROP, 0, x);
		break;
	case EWI_OP_MEMORY_SIZE:
	case EWI_OP_MEMORY_GROW:
	case EWI_OP_MEMORY_INIT:
	case EWI_OP_MEMORY_COPY:
	case EWI_OP_MEMORY_FILL:
		memory_op(t, op);
		break;
	default:
		ref_op(t, op);
		break;
	}
}

#endif
