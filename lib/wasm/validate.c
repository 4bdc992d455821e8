/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * validate.c - validation alone, for functions that are translated later.
 *
 * The rules stand in translate*.c: validating is translating with everything dead, so that nothing is emitted.  What
 * stands here only recognizes, fast, the common instruction that is certainly valid; for anything else (a long
 * immediate, an operand of another type or none, many values carried by a branch) the reader goes back to the opcode and
 * translate*.c decides.  So nothing here refuses anything, and forgetting a row costs time only.
 *
 * Meanwhile the operand stack is one byte for each operand, its type.  Below the innermost block's operands the
 * translator's own entries are always right; those of the innermost block are written when translate*.c takes over.  All
 * operands take one slot: where one is a v128 nothing is done here.
 */
#include "base/bits.h"
#include "base/le.h"
#include "wasm/translate.h"

#if EW_CONFIG_WASM && EW_CONFIG_LAZY

/* Opcodes by their names. */
enum {
#define OP(code, N, text, imm, pops, pushes, icode) N = code,
#define OPX(code, N, text, imm, pops, pushes, icode)
#include "wasm/opcodes.def"
#undef OP
#undef OPX
};

/* The type of a constant instruction; 0: it is none. */
#define CONST_TYPE(imm)                                                                            \
	((imm) == EWI_IMM_I32	? EW_I32                                                           \
	 : (imm) == EWI_IMM_I64 ? EW_I64                                                           \
	 : (imm) == EWI_IMM_F32 ? EW_F32                                                           \
	 : (imm) == EWI_IMM_F64 ? EW_F64                                                           \
				: 0)

/* No instruction read here is longer than this: nothing is read where the module has fewer bytes left. */
#define LONGEST 16

/* What of the translator is in machine registers meanwhile: types behind the last, of the innermost block, of the room. */
struct fast {
	const uint8_t *p;
	uint8_t *top, *floor, *room;
	const uint8_t *last; /* where an instruction may begin at most */
	bool memory; /* there is one, and its addresses are i32 */
};

EW_INLINE bool has_one(const struct fast *f, uint8_t type)
{
	return f->top > f->floor && f->top[-1] == type;
}

EW_INLINE bool has_two(const struct fast *f, uint8_t lower, uint8_t upper)
{
	return f->top >= f->floor + 2 && f->top[-1] == upper && f->top[-2] == lower;
}

/* An unsigned number of two bytes at most; false: it is longer. */
EW_INLINE bool small(struct fast *f, uint32_t *v)
{
	*v = *f->p++;
	if (*v < 0x80)
		return true;
	*v = (*v & 0x7f) | (uint32_t)*f->p << 7;
	return *f->p++ < 0x80;
}

/* Step over a LEB128 of at most four bytes, so short that every bit pattern is right; false: it is longer. */
EW_INLINE bool skip4(struct fast *f)
{
	uint32_t last = ~ewi_le32(f->p) & 0x80808080u;

	f->p += ewi_ctz32(last | (uint32_t)1 << 31) / 8 + 1;
	return last != 0;
}

/* What the table gives types for: one operand or two, a result or none. */
EW_INLINE bool typed(struct fast *f, enum ewi_imm imm, unsigned operands, uint8_t lower,
		     uint8_t upper, uint8_t result)
{
	if (operands == 1 ? !has_one(f, lower) : !has_two(f, lower, upper))
		return false;
	/* An alignment of more than one byte, or one with an index of a memory, is greater than the natural one too. */
	if (EWI_IMM_IS_ACCESS(imm) && (*f->p++ > imm - EWI_IMM_MEM0 || !f->memory || !skip4(f)))
		return false;
	f->top -= operands;
	if (result)
		*f->top++ = result;
	return true;
}

EW_INLINE bool local(const struct ewi_translator *t, struct fast *f, unsigned opcode)
{
	uint32_t x;
	uint8_t type;

	if (!small(f, &x) || x >= t->local_count)
		return false;
	type = t->locals[x];
	if (opcode == LOCAL_GET) {
		if (f->top == f->room || type == EW_V128)
			return false;
		*f->top++ = type;
		return true;
	}
	if (!has_one(f, type))
		return false;
	f->top -= opcode == LOCAL_SET;
	return true;
}

EW_INLINE bool global(const struct ewi_translator *t, struct fast *f, unsigned opcode)
{
	const struct ewi_global_def *g;
	uint32_t x;

	if (!small(f, &x) || x >= t->m->global_count)
		return false;
	g = &t->m->globals[x];
	if (opcode == GLOBAL_GET) {
		if (f->top == f->room || g->type == EW_V128)
			return false;
		*f->top++ = g->type;
		return true;
	}
	if (!has_one(f, g->type) || !g->is_mutable)
		return false;
	f->top--;
	return true;
}

EW_INLINE bool constant(struct fast *f, unsigned opcode, uint8_t type)
{
	if (f->top == f->room)
		return false;
	if (opcode >= F32_CONST)
		f->p += opcode == F32_CONST ? 4 : 8;
	else if (!skip4(f) && (opcode != I64_CONST || !skip4(f))) /* eight bytes are still any number */
		return false;
	*f->top++ = type;
	return true;
}

/* ---- blocks ---- */

static struct ewi_block *innermost(const struct ewi_translator *t)
{
	return &t->blocks[t->depth - 1];
}

/* The entries of the innermost block's operands. */
static void write_entries(struct ewi_translator *t, const uint8_t *floor, const uint8_t *top)
{
	const struct ewi_block *b = innermost(t);
	struct ewi_entry *e = t->stack + b->height;
	uint32_t slot = b->base;

	for (; floor < top; floor++, e++, slot++)
		*e = (struct ewi_entry){.slot = (uint16_t)slot, .home = (uint16_t)slot, .type = *floor};
}

/* A block that takes nothing. */
EW_INLINE bool begin(struct ewi_translator *t, struct fast *f, unsigned opcode)
{
	static const struct ewi_block nothing = {.else_branch = EWI_NONE, .was_dead = true};
	uint8_t type = *f->p++;
	/* Of others the translator knows whether the module may have them. */
	const uint8_t *results = type >= EW_F64 && type <= EW_I32 ? ewi_single_type(type) : NULL;
	const struct ewi_block *b = innermost(t);
	struct ewi_block *next;

	if ((!results && type != 0x40) || t->depth == t->block_cap || t->depth >= t->m->max_nesting)
		return false;
	if (opcode == IF) {
		if (!has_one(f, EW_I32))
			return false;
		f->top--;
	}
	if (f->top != f->floor)
		write_entries(t, f->floor, f->top);
	next = &t->blocks[t->depth++];
	*next = nothing;
	next->results = results;
	next->result_count = results != NULL;
	next->height = b->height + (uint32_t)(f->top - f->floor);
	next->base = b->base + (uint32_t)(f->top - f->floor);
	next->opcode = (uint8_t)opcode;
	f->floor = f->top;
	return true;
}

/* The operands are exactly what the innermost block gives, which is one value at most and no v128. */
EW_INLINE bool gives(const struct ewi_block *b, const struct fast *f)
{
	size_t n = (size_t)(f->top - f->floor);

	return n == b->result_count && b->param_count == 0 &&
	       (n == 0 || (n == 1 && f->top[-1] == *b->results));
}

EW_INLINE bool second_arm(struct ewi_translator *t, struct fast *f)
{
	struct ewi_block *b = innermost(t);

	if (b->opcode != IF || !gives(b, f))
		return false;
	b->opcode = ELSE;
	b->unreachable = false;
	f->top = f->floor;
	return true;
}

EW_INLINE bool finish(struct ewi_translator *t, struct fast *f)
{
	const struct ewi_block *b = innermost(t);

	if (t->depth == 1 || !gives(b, f) || (b->opcode == IF && b->result_count != 0) ||
	    b->base - b[-1].base != b->height - b[-1].height)
		return false;
	t->depth--;
	f->floor -= b->height - b[-1].height;
	for (uint32_t h = b[-1].height; h < b->height; h++)
		f->floor[h - b[-1].height] = t->stack[h].type;
	return true;
}

/* A label that one value of the type on top goes to, or none. */
EW_INLINE bool reaches(const struct ewi_translator *t, struct fast *f)
{
	const struct ewi_block *b;
	uint32_t depth, n;

	if (!small(f, &depth) || depth >= t->depth)
		return false;
	b = &t->blocks[t->depth - 1 - depth];
	n = b->opcode == LOOP ? b->param_count : b->result_count;
	return n == 0 || (n == 1 && has_one(f, b->opcode == LOOP ? *b->params : *b->results));
}

EW_INLINE bool never_on(struct ewi_translator *t, struct fast *f)
{
	innermost(t)->unreachable = true;
	f->top = f->floor;
	return true;
}

EW_INLINE bool go_if(const struct ewi_translator *t, struct fast *f)
{
	if (!has_one(f, EW_I32))
		return false;
	f->top--;
	if (reaches(t, f))
		return true;
	f->top++;
	return false;
}

EW_INLINE bool go_home(struct ewi_translator *t, struct fast *f)
{
	const struct ewi_functype *type = t->type;

	if (type->result_count > 1 || (type->result_count == 1 && !has_one(f, *ewi_functype_results(type))))
		return false;
	return never_on(t, f);
}

/* Arguments that take a slot each, and one result of that kind or none. */
EW_INLINE bool invoke(const struct ewi_translator *t, struct fast *f)
{
	const struct ewi_functype *type;
	uint32_t x, n;

	if (!small(f, &x) || x >= t->m->func_count)
		return false;
	type = ewi_func_type(t->m, x);
	n = type->param_count;
	if (type->result_slots > 1 || type->param_slots != n || (size_t)(f->top - f->floor) < n ||
	    f->top == f->room)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (f->top[(ptrdiff_t)i - (ptrdiff_t)n] != type->params[i])
			return false;
	f->top -= n;
	if (type->result_count == 1)
		*f->top++ = *ewi_functype_results(type);
	return true;
}

EW_INLINE bool choose(struct fast *f)
{
	if (f->top - f->floor < 3 || f->top[-1] != EW_I32 || f->top[-2] != f->top[-3] || f->top[-2] < EW_F64)
		return false;
	f->top -= 2;
	return true;
}

/* ---- the loop ---- */

/* An instruction that is translated by hand. */
EW_INLINE bool by_hand(struct ewi_translator *t, struct fast *f, unsigned opcode, uint8_t type)
{
	switch (opcode) {
	case LOCAL_GET:
	case LOCAL_SET:
	case LOCAL_TEE: return local(t, f, opcode);
	case I32_CONST:
	case I64_CONST:
	case F32_CONST:
	case F64_CONST: return constant(f, opcode, type);
	case I32_EQZ:
	case I64_EQZ: return typed(f, EWI_IMM_NONE, 1, opcode == I32_EQZ ? EW_I32 : EW_I64, 0, EW_I32);
	case GLOBAL_GET:
	case GLOBAL_SET: return global(t, f, opcode);
	case BLOCK:
	case LOOP:
	case IF: return begin(t, f, opcode);
	case ELSE: return second_arm(t, f);
	case END: return finish(t, f);
	case BR: return reaches(t, f) && never_on(t, f);
	case BR_IF: return go_if(t, f);
	case RETURN: return go_home(t, f);
	case UNREACHABLE: return never_on(t, f);
	case CALL: return invoke(t, f);
	case SELECT: return choose(f);
	case DROP:
		if (f->top == f->floor)
			return false;
		f->top--;
		return true;
	default: return false;
	}
}

/*
 * One instruction, if it is one of those; otherwise nothing of f has changed but p.  A case for each opcode, in which
 * all about it is constant: what costs here is that the next one cannot be foretold.
 */
EW_INLINE bool common(struct ewi_translator *t, struct fast *f)
{
	switch (*f->p++) {
#define OP(code, N, text, imm, pops, pushes, icode)                                                \
	case code:                                                                                 \
		if (EWI_##icode == EWI_BY_HAND)                                                    \
			return by_hand(t, f, code, CONST_TYPE(EWI_IMM_##imm));                     \
		return typed(f, EWI_IMM_##imm, sizeof(pops) - 1, EWI_TYPE_AT(pops, 0), EWI_TYPE_AT(pops, 1), \
			     EWI_TYPE_AT(pushes, 0));
#define OPX(code, N, text, imm, pops, pushes, icode)
#include "wasm/opcodes.def"
#undef OP
#undef OPX
	default: return false;
	}
}

/* Room for some more operands, in both forms of the stack; false: there is none, and translate*.c will say so. */
static bool make_room(struct ewi_translator *t)
{
	size_t cap;
	void *p;

	if (t->stack_cap - t->sp < LONGEST) {
		cap = ewi_grow(&t->m->alloc, (void **)&t->stack, t->stack_cap, EW_MAX_FRAME_SLOTS + 1, sizeof(*t->stack));
		if (cap)
			t->stack_cap = (uint32_t)cap;
	}
	if (t->types_cap < t->stack_cap) {
		p = ewi_realloc(&t->m->alloc, t->types, t->types_cap, t->stack_cap, 1);
		if (!p)
			return false;
		t->types = p;
		t->types_cap = t->stack_cap;
	}
	return true;
}

EW_INLINE bool enter(struct ewi_translator *t, struct fast *f)
{
	const struct ewi_block *b = innermost(t);
	uint32_t left = EW_MAX_FRAME_SLOTS - t->next_slot, room;

	if (t->next_slot - b->base != t->sp - b->height || !make_room(t))
		return false; /* some operand takes two slots */
	f->p = t->r.p;
	f->memory = t->m->memory_count != 0 && !EWI_IS64(&t->m->memories[0]);
	f->last = t->m->size - ewi_reader_at(&t->r) < LONGEST ? f->p : t->m->bytes + t->m->size - LONGEST + 1;
	if (f->last > t->r.end)
		f->last = t->r.end;
	f->top = t->types + t->sp;
	f->floor = t->types + b->height;
	room = t->stack_cap - t->sp;
	f->room = f->top + (room < left ? room : left);
	for (uint32_t h = b->height; h < t->sp; h++)
		t->types[h] = t->stack[h].type;
	return true;
}

EW_INLINE void leave(struct ewi_translator *t, const struct fast *f)
{
	write_entries(t, f->floor, f->top);
	t->r.p = f->p;
	t->sp = (uint32_t)(f->top - t->types);
	t->next_slot = innermost(t)->base + (uint32_t)(f->top - f->floor);
}

void ewi_validate_ops(struct ewi_translator *t)
{
	while (t->depth > 0 && t->status == EW_OK && !t->r.failed) {
		struct fast f;

		if (enter(t, &f)) {
			const uint8_t *at;

			do
				at = f.p;
			while (at < f.last && common(t, &f) && f.p <= t->r.end);
			/*
			 * An instruction that would end behind the function fails in translate*.c when its
			 * immediate is read, before any operand is looked at.
			 */
			f.p = at;
			leave(t, &f);
		}
		ewi_translate_op(t);
	}
}

#endif
