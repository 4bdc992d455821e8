/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * translate_control.c - blocks, branches, returns and calls.
 *
 * Fuel.  cost counts the instructions of the straight line since the last account; it is a function of the
 * position alone.  The place behind a call starts at 0 (what was used before is charged there); a branch
 * charges its own cost less that of its target, backwards as well as forwards.  So the straight line itself
 * needs no instruction, every path adds up exactly, and what a loop runs up before fuel is looked at is at most
 * one straight line of its function.
 */
#include "wasm/translate.h"

#if EW_CONFIG_WASM

struct ewi_block *ewi_block_top(struct ewi_translator *t)
{
	return &t->blocks[t->depth - 1];
}

void ewi_account(struct ewi_translator *t)
{
	if (t->cost != 0)
		ewi_emit(t, EWI_FUEL, EWI_SS, false)->i.u.imm = t->cost;
	t->cost = 0;
}

/* Nothing can be reached from here to the end of the block. */
void ewi_unreachable(struct ewi_translator *t)
{
	struct ewi_block *b = ewi_block_top(t);

	t->sp = b->height;
	t->next_slot = b->base;
	t->lazy_count = 0; /* LOCAL entries lie above the innermost block's height only */
	b->unreachable = true;
	t->dead = true;
}

/* ---- blocks ---- */

/* Types of one value as an array, for block types that are one byte. */
const uint8_t *ewi_single_type(uint8_t type)
{
	static const uint8_t types[] = {EW_I32, EW_I64, EW_F32, EW_F64, EW_FUNCREF, EW_EXTERNREF, EW_V128, EW_EXNREF};

	for (size_t i = 0; i < sizeof(types); i++)
		if (types[i] == type)
			return &types[i];
	return NULL;
}

void ewi_read_block_type(struct ewi_translator *t, struct ewi_block *b)
{
	uint8_t byte = t->r.p < t->r.end ? *t->r.p : 0;
	const struct ewi_functype *type;
	int64_t index;

	if (byte == 0x40) {
		ewi_read_u8(&t->r);
	} else if (ewi_single_type(byte)) {
		ewi_read_type(t);
		b->results = ewi_single_type(byte);
		b->result_count = 1;
	} else {
		index = ewi_read_s33(&t->r);
		if (t->r.failed)
			return;
		if (index < 0) {
			const char *why;

			ewi_check_type(t->m, byte, &why);
			ewi_reader_fail(&t->r, t->at, byte >= 0x60 && byte < 0x80 ? why : "malformed block type");
		} else if (index >= t->m->type_count) {
			ewi_fail(t, EW_ERR_INVALID, "unknown type");
		} else {
			type = &t->m->types[index];
			b->params = type->params;
			b->param_count = type->param_count;
			b->results = ewi_functype_results(type);
			b->result_count = type->result_count;
		}
	}
}

static struct ewi_block *push_block(struct ewi_translator *t, const struct ewi_block *block)
{
	if (t->depth >= t->m->max_nesting) {
		ewi_fail(t, EW_ERR_LIMIT, "blocks nested deeper than max_nesting");
		return NULL;
	}
	if (t->depth == t->block_cap) {
		size_t cap = ewi_grow(&t->m->alloc, (void **)&t->blocks, t->block_cap,
				      t->m->max_nesting, sizeof(*t->blocks));

		if (!cap) {
			ewi_fail(t, EW_ERR_NOMEM, "no memory for nested blocks");
			return NULL;
		}
		t->block_cap = (uint32_t)cap;
	}
	t->blocks[t->depth] = *block;
	return &t->blocks[t->depth++];
}

void ewi_function_begin(struct ewi_translator *t)
{
	struct ewi_block b = {.opcode = 0x02, .else_branch = EWI_NONE, .base = t->next_slot};

	b.results = ewi_functype_results(t->type);
	b.result_count = t->type->result_count;
	push_block(t, &b);
}

/*
 * Operands just popped are there again: what a block takes or gives is the same before and after.  In dead code some may
 * not have been there, or be of no type yet.
 */
static void push_again(struct ewi_translator *t, uint32_t sp, uint32_t next_slot, const uint8_t *types, uint32_t n)
{
	if (t->dead) {
		ewi_push_types(t, types, n);
		return;
	}
	t->sp = sp;
	t->next_slot = next_slot;
}

/* Operands that stay below the block, and its parameters, into their slots; *sp and *next_slot are those above them. */
static void settle_below(struct ewi_translator *t, struct ewi_block *b, uint32_t *sp, uint32_t *next_slot)
{
	ewi_settle_locals(t, EWI_NONE);
	if (t->sp - ewi_block_top(t)->height >= b->param_count)
		ewi_settle_top(t, b->param_count);
	*sp = t->sp;
	*next_slot = t->next_slot;
	ewi_pop_types(t, b->params, b->param_count);
	b->height = t->sp;
	b->base = t->next_slot;
}

struct ewi_block *ewi_block_enter(struct ewi_translator *t, struct ewi_block *b)
{
	struct ewi_block *top;
	uint32_t sp, next_slot;

	settle_below(t, b, &sp, &next_slot);
	top = push_block(t, b);
	if (top)
		push_again(t, sp, next_slot, b->params, b->param_count);
	return top;
}

static void begin_block(struct ewi_translator *t, enum ewi_opcode op)
{
	struct ewi_block b = {.else_branch = EWI_NONE, .was_dead = t->dead};
	struct ewi_entry cond;
	struct ewi_cond c;
	uint32_t sp, next_slot;

	b.opcode = op == EWI_OP_LOOP ? 0x03 : op == EWI_OP_IF ? 0x04 : 0x02;
	ewi_read_block_type(t, &b);
	if (op == EWI_OP_IF)
		cond = ewi_pop(t, EW_I32);
	if (t->status != EW_OK || t->r.failed)
		return;
	if (op == EWI_OP_IF)
		ewi_take_cond(t, cond, &c);
	settle_below(t, &b, &sp, &next_slot);
	if (op == EWI_OP_IF) {
		b.else_branch = ewi_emit_branch(t, &c, false);
		if (t->dead)
			b.else_branch = EWI_NONE;
		else if (t->status == EW_OK)
			((int32_t *)(void *)(t->code + b.else_branch))[1] = t->cost;
	} else if (op == EWI_OP_LOOP) {
		ewi_forget(t);
		b.loop = ewi_here(t);
		b.loop_cost = t->cost;
	}
	if (push_block(t, &b))
		push_again(t, sp, next_slot, b.params, b.param_count);
}

/* Results of the block are on the stack, and nothing else; bring them into their slots. */
static void finish_arm(struct ewi_translator *t)
{
	struct ewi_block *b = ewi_block_top(t);

	if (t->sp - b->height >= b->result_count)
		ewi_settle_top(t, b->result_count);
	ewi_pop_types(t, b->results, b->result_count);
	if (t->status == EW_OK && t->sp != b->height)
		ewi_fail(t, EW_ERR_INVALID, "type mismatch: values remain on the stack at the end of a block");
}

static void begin_else(struct ewi_translator *t)
{
	struct ewi_block *b = ewi_block_top(t);

	if (b->opcode != 0x04) {
		ewi_reader_fail(&t->r, t->at, "else without if");
		return;
	}
	finish_arm(t);
	if (t->status != EW_OK)
		return;
	if (!t->dead)
		ewi_emit_link(t, b, ewi_emit_jump(t));
	t->dead = b->was_dead;
	if (b->else_branch != EWI_NONE)
		ewi_emit_bind(t, b->else_branch);
	b->else_branch = EWI_NONE;
	b->opcode = 0x05;
	b->unreachable = false;
	ewi_forget(t);
	ewi_push_types(t, b->params, b->param_count);
}

/* ---- returns ---- */

/*
 * Return the top results.  One goes through an accumulator; several are copied down to the frame's
 * first slots: upwards, since each comes from a slot above the one it goes to.  Not last: the results are read
 * again, where a br_if falls through.
 */
static void emit_return(struct ewi_translator *t, bool last)
{
#if EW_CONFIG_SIMD
	static const uint16_t icodes[] = {EWI_RETURN_INT, EWI_RETURN_F32, EWI_RETURN_F64, EWI_RETURN_V128};
#else
	static const uint16_t icodes[] = {EWI_RETURN_INT, EWI_RETURN_F32, EWI_RETURN_F64};
#endif
	uint32_t n = t->type->result_count, to = 0;
	const struct ewi_entry *e;
	struct ewi_insx *ins;
	uint16_t slot;

	if (t->dead)
		return;
	if (n == 1) {
		uint8_t kind = ewi_acc_of(*ewi_functype_results(t->type));
		unsigned form = EWI_SS;

		e = &t->stack[t->sp - 1];
		if (last)
			form = ewi_one_operand(t, e, kind, &slot);
		else
			slot = ewi_slot(t, e);
		ins = ewi_emit(t, icodes[kind], form, false);
		ins->i.a = slot;
	} else {
		ewi_settle_top(t, n);
		for (uint32_t h = t->sp - n; h < t->sp; h++) {
			e = &t->stack[h];
			ewi_move(t, e->slot, to, e->type);
			to += ewi_slots_of(e->type);
		}
		ins = ewi_emit(t, EWI_RETURN, EWI_SS, false);
	}
	ins->i.u.imm = t->cost;
	ewi_keep_slots(t);
}

/* What is caught for the function's own label is in the slots of its results as if they were on the stack: return it. */
static void return_caught(struct ewi_translator *t, const struct ewi_block *b)
{
	t->dead = false;
	t->cost = 0;
	ewi_caught_bind(t, b->caught);
	ewi_push_types(t, b->results, b->result_count);
	if (t->status == EW_OK)
		emit_return(t, true);
	t->sp = 0;
	t->dead = true;
}

static void end_block(struct ewi_translator *t)
{
	struct ewi_block *b = ewi_block_top(t), done;
	uint32_t sp = t->sp, next_slot = t->next_slot;
	bool was_live = !t->dead;

	if (b->opcode == 0x04 &&
	    (b->param_count != b->result_count ||
	     (b->param_count && memcmp(b->params, b->results, b->param_count) != 0))) {
		ewi_fail(t, EW_ERR_INVALID, "type mismatch: if without else must give back its parameters");
		return;
	}
	if (t->depth == 1 && t->sp - b->height >= b->result_count) {
		emit_return(t, true);
		t->dead = true;
	}
	finish_arm(t);
	if (t->status != EW_OK)
		return;
	if (EW_CONFIG_EXCEPTIONS && t->depth == 1 && b->caught != 0)
		return_caught(t, b);
	if (b->try_count != 0)
		ewi_try_end(t, b);
	done = *b;
	t->depth--;
	if (t->depth == 0)
		return;
	if (t->dead)
		t->dead = done.was_dead ||
			  (done.chain == 0 && done.else_branch == EWI_NONE && (done.caught == 0 || done.opcode == 0x03));
	if (done.else_branch != EWI_NONE)
		ewi_emit_bind(t, done.else_branch);
	if (done.opcode != 0x03) {
		ewi_emit_bind(t, done.chain);
		ewi_caught_bind(t, done.caught);
	}
	if (was_live)
		push_again(t, sp, next_slot, done.results, done.result_count);
	else
		ewi_push_types(t, done.results, done.result_count);
}

/* ---- branches ---- */

struct ewi_block *ewi_label(struct ewi_translator *t, uint32_t depth)
{
	if (depth >= t->depth) {
		ewi_fail(t, EW_ERR_INVALID, "unknown label");
		return NULL;
	}
	return &t->blocks[t->depth - 1 - depth];
}

const uint8_t *ewi_label_types(const struct ewi_block *b, uint32_t *n)
{
	*n = b->opcode == 0x03 ? b->param_count : b->result_count;
	return b->opcode == 0x03 ? b->params : b->results;
}

/* The top n entries are not where the label wants them. */
static bool must_move(const struct ewi_translator *t, const struct ewi_block *b, uint32_t n)
{
	uint32_t to = b->base;

	for (uint32_t h = t->sp - n; h < t->sp; h++) {
		const struct ewi_entry *e = &t->stack[h];

		if (e->place != EWI_TEMP || e->slot != to)
			return true;
		to += ewi_slots_of(e->type);
	}
	return false;
}

/* Upwards: an entry's slot is never below the one it goes to, so nothing is overwritten unread. */
static void move_values(struct ewi_translator *t, const struct ewi_block *b, uint32_t n)
{
	uint32_t to = b->base;

	for (uint32_t h = t->sp - n; h < t->sp; h++) {
		const struct ewi_entry *e = &t->stack[h];

		if (e->place == EWI_CONST)
			ewi_const_to(t, e, to);
		else
			ewi_move(t, e->slot, to, e->type);
		to += ewi_slots_of(e->type);
	}
}

static bool is_function(const struct ewi_translator *t, const struct ewi_block *b)
{
	return b == t->blocks;
}

/* Go to label b with the top n values; last: nothing reads them here afterwards. */
static void emit_goto(struct ewi_translator *t, struct ewi_block *b, uint32_t n, bool last)
{
	if (t->dead)
		return;
	if (is_function(t, b)) {
		emit_return(t, last);
		return;
	}
	move_values(t, b, n);
	ewi_emit_link(t, b, ewi_emit_jump(t));
}

static void br(struct ewi_translator *t)
{
	struct ewi_block *b = ewi_label(t, ewi_read_u32(&t->r));
	const uint8_t *types;
	uint32_t n;

	if (!b || t->r.failed)
		return;
	types = ewi_label_types(b, &n);
	if (t->sp - ewi_block_top(t)->height >= n)
		emit_goto(t, b, n, true);
	ewi_pop_types(t, types, n);
	ewi_unreachable(t);
}

static void br_if(struct ewi_translator *t)
{
	struct ewi_block *b = ewi_label(t, ewi_read_u32(&t->r));
	struct ewi_entry e = ewi_pop(t, EW_I32);
	const uint8_t *types;
	struct ewi_cond c;
	uint32_t n, skip;

	if (!b || t->r.failed || t->status != EW_OK)
		return;
	types = ewi_label_types(b, &n);
	if (!t->dead && t->sp - ewi_block_top(t)->height >= n) {
		ewi_take_cond(t, e, &c);
		/* Before the branch, since both ways rely on it. */
		if (is_function(t, b) ? n > 1 : t->sp - n == b->height)
			ewi_settle_top(t, n);
		if (is_function(t, b) || must_move(t, b, n)) {
			skip = ewi_emit_branch(t, &c, false);
			if (t->status == EW_OK) {
				((int32_t *)(void *)(t->code + skip))[1] = t->cost;
				emit_goto(t, b, n, false);
				ewi_emit_bind(t, skip);
			}
		} else {
			ewi_emit_link(t, b, ewi_emit_branch(t, &c, true));
		}
	}
	if (ewi_block_top(t)->unreachable) { /* operands that are not there become what the label wants */
		ewi_pop_types(t, types, n);
		ewi_push_types(t, types, n);
	} else {
		ewi_check_top(t, types, n); /* what falls through stays where it is */
	}
}

/* Code that moves values and goes on to the label; made once for each label of a br_table. */
static uint32_t stub_for(struct ewi_translator *t, struct ewi_block *b, uint32_t n)
{
	if (b->stub_serial != t->br_table_serial) {
		b->stub_serial = t->br_table_serial;
		b->stub = ewi_here(t);
		emit_goto(t, b, n, false);
	}
	return b->stub;
}

/* After the targets have been read and checked once, read them again to fill the pairs. */
static void fill_table(struct ewi_translator *t, struct ewi_reader targets, uint32_t count,
		       uint32_t pairs, uint32_t arity)
{
	for (uint32_t i = 0; i <= count && t->status == EW_OK; i++) {
		struct ewi_block *b = ewi_label(t, ewi_read_u32(&targets));
		uint32_t pair = pairs + 8 * i;

		if (!b)
			return;
		if (b->placed_serial != t->br_table_serial) {
			b->placed_serial = t->br_table_serial;
			b->moves = is_function(t, b) || must_move(t, b, arity);
		}
		if (b->moves) {
			uint32_t to = stub_for(t, b, arity);
			int32_t *p = (int32_t *)(void *)(t->code + pair);

			p[0] = (int32_t)(to - pair);
			p[1] = 0; /* the stub goes on with this line's account */
		} else {
			ewi_emit_link(t, b, pair);
		}
	}
}

static void br_table(struct ewi_translator *t)
{
	uint32_t count = ewi_read_u32(&t->r), n = 0, pairs;
	struct ewi_entry e = ewi_pop(t, EW_I32);
	struct ewi_reader targets = t->r;
	const uint8_t *types = NULL;
	uint16_t slot;

	if (t->r.failed || t->status != EW_OK)
		return;
	if (count >= ewi_reader_left(&t->r)) { /* a byte each at least, and the default */
		ewi_reader_fail(&t->r, ewi_reader_at(&t->r), "unexpected end");
		return;
	}
	t->br_table_serial++;
	for (uint32_t i = 0; i <= count; i++) {
		struct ewi_block *b = ewi_label(t, ewi_read_u32(&t->r));
		uint32_t arity;

		if (!b || t->r.failed)
			return;
		types = ewi_label_types(b, &arity);
		if (i > 0 && arity != n) {
			ewi_fail(t, EW_ERR_INVALID, "type mismatch: br_table targets differ in arity");
			return;
		}
		n = arity;
		if (b->checked_serial == t->br_table_serial)
			continue;
		b->checked_serial = t->br_table_serial;
		ewi_check_top(t, types, n);
		if (t->status != EW_OK)
			return;
	}
	if (!t->dead && t->sp - ewi_block_top(t)->height >= n) {
		struct ewi_insx *ins;

		/* What settling emits leaves accumulators alone. */
		unsigned form = ewi_one_operand(t, &e, EWI_ACC_INT, &slot);

		ewi_settle_top(t, n); /* before the branch, since every way relies on it */
		ins = ewi_emit(t, EWI_BR_TABLE, form, false);
		ins->i.a = slot;
		ins->i.u.uimm = count;
		pairs = ewi_here(t);
		if (ewi_emit_raw(t, 8 * ((size_t)count + 1))) {
			ewi_keep_slots(t);
			fill_table(t, targets, count, pairs, n);
		}
	}
	ewi_pop_types(t, types, n);
	ewi_unreachable(t);
}

static void return_op(struct ewi_translator *t)
{
	uint32_t n = t->type->result_count;

	if (t->sp - ewi_block_top(t)->height >= n)
		emit_return(t, true);
	ewi_pop_types(t, ewi_functype_results(t->type), n);
	ewi_unreachable(t);
}

/* ---- calls ---- */

/* Arguments into consecutive slots; returns the first.  The callee's frame starts there. */
uint16_t ewi_take_arguments(struct ewi_translator *t, const struct ewi_functype *type)
{
	if (t->sp - ewi_block_top(t)->height >= type->param_count)
		ewi_settle_top(t, type->param_count);
	ewi_pop_types(t, type->params, type->param_count);
	return (uint16_t)t->next_slot;
}

/* Behind a call the account is empty, and one result stands in its accumulator too. */
static void call_done(struct ewi_translator *t, const struct ewi_functype *type, uint16_t base)
{
	t->cost = 0;
	if (type->result_count == 1 && !t->dead)
		ewi_mirror_call(t, base, *ewi_functype_results(type));
	else
		ewi_forget(t);
}

void ewi_resolve_calls(struct ewi_translator *t, uint32_t func)
{
	uint32_t link = t->calls[func];

	while (link != 0) {
		int32_t *rel = (int32_t *)(void *)(t->code + link - 1);
		uint32_t next = (uint32_t)*rel;

		*rel = (int32_t)(t->m->funcs[func].code - (link - 1));
		link = next;
	}
	t->calls[func] = 0;
}

/* The call just emitted leads to func, relative to this field of it, now or when that has its code. */
static void link_call(struct ewi_translator *t, int32_t *rel, uint32_t func)
{
	uint32_t at;

	if (t->dead || t->status != EW_OK || t->late)
		return;
	at = (uint32_t)((uint8_t *)rel - t->code);
	if (t->m->funcs[func].code != EWI_NONE) {
		*rel = (int32_t)(t->m->funcs[func].code - at);
	} else {
		*rel = (int32_t)t->calls[func];
		t->calls[func] = at + 1;
	}
}

void ewi_emit_call(struct ewi_translator *t, uint32_t func, const struct ewi_functype *type, uint16_t base)
{
	bool import = func < t->m->func_imports;
	struct ewi_ins *ins;

	if (t->cost > UINT16_MAX)
		ewi_account(t);
	ewi_mark(t);
	ins = &ewi_emit(t, import ? EWI_CALL_IMPORT : t->late ? EWI_CALL_LATE : EWI_CALL, EWI_SS, false)->i;
	ins->a = base;
	ins->b = (uint16_t)t->cost;
	ins->u.uimm = func;
	if (!import)
		link_call(t, &ins->u.imm, func);
	call_done(t, type, base);
}

static void call(struct ewi_translator *t)
{
	uint32_t f = ewi_read_u32(&t->r);
	const struct ewi_functype *type;
	uint16_t base;

	if (t->r.failed)
		return;
	if (f >= t->m->func_count) {
		ewi_fail(t, EW_ERR_INVALID, "unknown function");
		return;
	}
	type = ewi_func_type(t->m, f);
	base = ewi_take_arguments(t, type);
	if (t->status != EW_OK)
		return;
	ewi_emit_call(t, f, type, base);
	ewi_push_types(t, ewi_functype_results(type), type->result_count);
}

/* The immediates of an indirect call. */
static bool read_indirect(struct ewi_translator *t, uint32_t *x, uint32_t *table)
{
	*x = ewi_read_u32(&t->r);
	*table = ewi_read_u32(&t->r);
	if (t->r.failed)
		return false;
	if (*table >= t->m->table_count)
		return ewi_fail(t, EW_ERR_INVALID, "unknown table");
	if (*x >= t->m->type_count)
		return ewi_fail(t, EW_ERR_INVALID, "unknown type");
	return t->m->tables[*table].type == EW_FUNCREF ||
	       ewi_fail(t, EW_ERR_INVALID, "type mismatch: table of functions expected");
}

static void call_indirect(struct ewi_translator *t)
{
	const struct ewi_functype *type;
	struct ewi_entry index;
	struct ewi_insx *ins;
	uint16_t base, slot;
	unsigned form = EWI_SS;
	uint32_t x, table;
	bool is64;

	if (!read_indirect(t, &x, &table))
		return;
	type = &t->m->types[x];
	is64 = EWI_IS64(&t->m->tables[table]);
	index = ewi_pop(t, ewi_index_type(is64));
	ewi_narrow_index(t, is64, &index);
	/* What settling the arguments emits leaves accumulators alone. */
	if (type->key & EWI_KEY_HASHED)
		slot = ewi_slot(t, &index);
	else
		form = ewi_one_operand(t, &index, EWI_ACC_INT, &slot);
	base = ewi_take_arguments(t, type);
	if (t->status != EW_OK)
		return;
	ewi_mark(t);
	if (type->key & EWI_KEY_HASHED) {
		ins = ewi_emit(t, EWI_CALL_INDIRECT_LONG, EWI_SS, true);
		ins->i.u.imm = t->cost;
		ins->rel = (int32_t)x;
		ins->cost = (int32_t)table;
	} else {
		ins = ewi_emit(t, EWI_CALL_INDIRECT, form, true);
		ins->i.u.uimm = table << 24 | (uint32_t)t->cost;
		memcpy(&ins->rel, &type->key, sizeof(type->key));
	}
	ins->i.a = base;
	ins->i.b = slot;
	call_done(t, type, base);
	ewi_push_types(t, ewi_functype_results(type), type->result_count);
}

/* ---- tail calls ---- */

/* The callee gives what this function gives. */
static bool same_results(struct ewi_translator *t, const struct ewi_functype *type)
{
	uint32_t n = type->result_count;

	if (n == t->type->result_count &&
	    (n == 0 || memcmp(ewi_functype_results(type), ewi_functype_results(t->type), n) == 0))
		return true;
	return ewi_fail(t, EW_ERR_INVALID, "type mismatch: a tail call of a function with other results");
}

/*
 * Arguments (for an indirect call the index behind them) into consecutive slots, and the call; the handler moves
 * them down to where the frame begins.
 */
static struct ewi_insx *emit_tail(struct ewi_translator *t, unsigned icode,
				  const struct ewi_functype *type, const struct ewi_table_def *table)
{
	uint32_t indexed = table != NULL;
	struct ewi_entry index;
	struct ewi_insx *ins;
	uint32_t end;
	uint16_t base;

	if (t->sp - ewi_block_top(t)->height >= type->param_count + indexed)
		ewi_settle_top(t, type->param_count + indexed);
	if (table) {
		index = ewi_pop(t, ewi_index_type(EWI_IS64(table)));
		ewi_narrow_index(t, EWI_IS64(table), &index);
	}
	end = t->next_slot;
	base = ewi_take_arguments(t, type);
	if (t->status != EW_OK)
		return NULL;
	ewi_mark(t);
	ins = ewi_emit(t, icode, EWI_SS, true);
	ins->i.a = base;
	ins->i.b = (uint16_t)(end - base);
	return ins;
}

static void return_call(struct ewi_translator *t)
{
	uint32_t f = ewi_read_u32(&t->r);
	const struct ewi_functype *type;
	struct ewi_insx *ins;
	bool import;

	if (t->r.failed)
		return;
	if (f >= t->m->func_count) {
		ewi_fail(t, EW_ERR_INVALID, "unknown function");
		return;
	}
	type = ewi_func_type(t->m, f);
	import = f < t->m->func_imports;
	if (!same_results(t, type))
		return;
	ins = emit_tail(t, import ? EWI_RETURN_CALL_IMPORT : t->late ? EWI_RETURN_CALL_LATE : EWI_RETURN_CALL, type, NULL);
	if (!ins)
		return;
	ins->i.u.uimm = f;
	ins->cost = t->cost;
	if (!import)
		link_call(t, &ins->rel, f);
	ewi_keep_slots(t);
	ewi_unreachable(t);
}

static void return_call_indirect(struct ewi_translator *t)
{
	struct ewi_insx *ins;
	uint32_t x, table;

	if (!read_indirect(t, &x, &table) || !same_results(t, &t->m->types[x]))
		return;
	ins = emit_tail(t, EWI_RETURN_CALL_INDIRECT, &t->m->types[x], &t->m->tables[table]);
	if (!ins)
		return;
	ins->i.u.imm = t->cost;
	ins->rel = (int32_t)x;
	ins->cost = (int32_t)table;
	ewi_keep_slots(t);
	ewi_unreachable(t);
}
static void tail_call(struct ewi_translator *t, bool indirect)
{
	if (EWI_OFF(t->m, TAIL_CALL))
		ewi_fail(t, EW_ERR_UNSUPPORTED, "tail calls are disabled");
	else if (indirect)
		return_call_indirect(t);
	else
		return_call(t);
}

void ewi_control_op(struct ewi_translator *t, enum ewi_opcode op)
{
	switch (op) {
	case EWI_OP_UNREACHABLE:
		ewi_mark(t);
		ewi_emit(t, EWI_UNREACHABLE, EWI_SS, false);
		ewi_unreachable(t);
		break;
	case EWI_OP_BLOCK:
	case EWI_OP_LOOP:
	case EWI_OP_IF: begin_block(t, op); break;
	case EWI_OP_ELSE: begin_else(t); break;
	case EWI_OP_END: end_block(t); break;
	case EWI_OP_BR: br(t); break;
	case EWI_OP_BR_IF: br_if(t); break;
	case EWI_OP_BR_TABLE: br_table(t); break;
	case EWI_OP_RETURN: return_op(t); break;
	case EWI_OP_CALL: call(t); break;
	case EWI_OP_CALL_INDIRECT: call_indirect(t); break;
	case EWI_OP_RETURN_CALL: tail_call(t, false); break;
	case EWI_OP_RETURN_CALL_INDIRECT: tail_call(t, true); break;
	case EWI_OP_THROW:
	case EWI_OP_THROW_REF:
	case EWI_OP_TRY_TABLE: ewi_exception_op(t, op); break;
	default: break; /* every other row is handled by translate.c */
	}
}

#endif
