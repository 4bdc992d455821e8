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
 * Meanwhile the operands of the innermost block are one machine word, four bits for the type of each.  Which instruction
 * comes next, nobody can foretell: so those whose types a table gives, those of locals and constants are checked by
 * arithmetic, the same for all of them, and only others are branched to.  Below the innermost block's operands the
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

/* ---- types in four bits ---- */

#define BITS 4u
#define ONE 0xfu
#define OPERANDS_MAX 16u /* of the innermost block */

/* Of a number; 0: of nothing. */
#define CODE(type) ((type) ? 0x80 - (type) : 0)
enum { CODE_I32 = CODE(EW_I32), CODE_F64 = CODE(EW_F64), CODE_FUNCREF = 6, CODE_EXTERNREF, CODE_EXNREF };

static const uint8_t codes[128] = {
	[EW_I32] = CODE(EW_I32), [EW_I64] = CODE(EW_I64),    [EW_F32] = CODE(EW_F32),	    [EW_F64] = CODE(EW_F64),
	[EW_FUNCREF] = CODE_FUNCREF, [EW_EXTERNREF] = CODE_EXTERNREF, [EW_EXNREF] = CODE_EXNREF};
static const uint8_t types[ONE + 1] = {
	[CODE(EW_I32)] = EW_I32, [CODE(EW_I64)] = EW_I64,    [CODE(EW_F32)] = EW_F32,	    [CODE(EW_F64)] = EW_F64,
	[CODE_FUNCREF] = EW_FUNCREF, [CODE_EXTERNREF] = EW_EXTERNREF, [CODE_EXNREF] = EW_EXNREF};

/* 0: it has none, or takes two slots. */
EW_INLINE unsigned code_of(uint8_t type)
{
	return codes[type & 127];
}

EW_INLINE uint32_t count(uint64_t operands)
{
	return (uint32_t)(64 + BITS - 1 - ewi_clz64(operands)) / BITS;
}

/* ---- what is checked by arithmetic ---- */

/*
 * Bytes are counted from the opcode, which is byte 0.  Where there is a LEB128, it is taken for one of one byte, which is
 * the last.
 */
struct row {
	uint8_t leb;	    /* 0x80: there is one */
	uint8_t want, mask; /* operands that have to be there */
	uint8_t bad;	    /* of what is known of byte 1: bits that may not be set */
	uint8_t pop, push;  /* bits that leave and come */
	uint8_t result, local_want, local_result; /* the latter from what is known of byte 1 */
	uint8_t pad[7];				  /* rows are found by a shift */
};

/* What is known of byte 1: the code of the local that it names; and whether it is none, or too much for an alignment. */
#define LOCAL 0x07u
#define NO_ALIGN(log2) (0x08u << ((log2) & 3)) /* of accesses with this natural alignment; without memory, of any */
#define NO_LOCAL 0x80u			 /* or one that has no code in three bits */
#define NOTHING 0xf8u

#define IS_INT(imm) ((imm) == EWI_IMM_I32 || (imm) == EWI_IMM_I64)
#define IS_LOCAL(imm) ((imm) == EWI_IMM_LOCAL)
#define IS_EQZ(op) ((op) == I32_EQZ || (op) == I64_EQZ)
#define HAS_ROW(op, imm, icode) ((icode) != EWI_BY_HAND || IS_INT(imm) || IS_LOCAL(imm) || (op) == F32_CONST || IS_EQZ(op))
#define LENGTH(imm) (EWI_IMM_IS_ACCESS(imm) ? 3 : IS_INT(imm) || IS_LOCAL(imm) ? 2 : (imm) == EWI_IMM_F32 ? 5 : 1)
#define BAD(imm) (EWI_IMM_IS_ACCESS(imm) ? NO_ALIGN((imm) - EWI_IMM_MEM0) : IS_LOCAL(imm) ? NO_LOCAL : 0)
#define LOWER(op, pops) ((op) == I32_EQZ ? EW_I32 : (op) == I64_EQZ ? EW_I64 : EWI_TYPE_AT(pops, 0))
#define WANT(op, pops)                                                                             \
	(EWI_TYPE_AT(pops, 1) ? CODE(EWI_TYPE_AT(pops, 0)) << BITS | CODE(EWI_TYPE_AT(pops, 1)) : CODE(LOWER(op, pops)))
#define MASK(op, pops)                                                                             \
	(EWI_TYPE_AT(pops, 1) ? 0xff : LOWER(op, pops) || (op) == LOCAL_SET || (op) == LOCAL_TEE ? ONE : 0)
#define POP(op, pops) (EWI_TYPE_AT(pops, 1) ? 2 * BITS : LOWER(op, pops) || (op) == LOCAL_SET ? BITS : 0)
#define RESULT(op, imm, pushes)                                                                    \
	(IS_EQZ(op) || (imm) == EWI_IMM_I32 ? CODE(EW_I32)                                         \
	 : (imm) == EWI_IMM_I64		    ? CODE(EW_I64)                                         \
	 : (imm) == EWI_IMM_F32		    ? CODE(EW_F32)                                         \
					    : CODE(EWI_TYPE_AT(pushes, 0)))
#define ROW(op, imm, pops, pushes)                                                                 \
	{.leb = LENGTH(imm) == 2 || LENGTH(imm) == 3 ? 0x80 : 0,                                           \
	 .want = WANT(op, pops), .mask = MASK(op, pops), .bad = BAD(imm), .pop = POP(op, pops),               \
	 .push = RESULT(op, imm, pushes) || (op) == LOCAL_GET ? BITS : 0, .result = RESULT(op, imm, pushes),     \
	 .local_want = (op) == LOCAL_SET || (op) == LOCAL_TEE ? LOCAL : 0,                                   \
	 .local_result = (op) == LOCAL_GET ? LOCAL : 0}

static const struct row rows[256] = {
#define OP(code, N, text, imm, pops, pushes, icode) [code] = ROW(code, EWI_IMM_##imm, pops, pushes),
#define OPX(code, N, text, imm, pops, pushes, icode)
#include "wasm/opcodes.def"
#undef OP
#undef OPX
};

/* Of those that are checked by their rows; 0: it is not. */
static const uint8_t lengths[256] = {
#define OP(code, N, text, imm, pops, pushes, icode)                                                \
	[code] = HAS_ROW(code, EWI_IMM_##imm, EWI_##icode) ? LENGTH(EWI_IMM_##imm) : 0,
#define OPX(code, N, text, imm, pops, pushes, icode)
#include "wasm/opcodes.def"
#undef OP
#undef OPX
};

/* No instruction read here is longer than this: nothing is read where the module has fewer bytes left. */
#define LONGEST 16

/* What of the translator is in machine registers meanwhile. */
struct fast {
	const uint8_t *p;
	uint64_t operands;  /* of the innermost block, the last in the lowest bits */
	const uint8_t *last; /* where an instruction may begin at most */
	const uint8_t *known; /* of byte 1, by its value */
};

/* One instruction of this length, by its row; false: it breaks it, and nothing has changed. */
EW_INLINE bool by_row(struct fast *f, const struct row *row, size_t length)
{
	unsigned known = f->known[f->p[1]];
	uint64_t wrong = (f->operands ^ (row->want | (known & row->local_want))) & row->mask;

	wrong |= known & row->bad;
	wrong |= f->operands >> (64 - BITS);
	if (EW_UNLIKELY(wrong != 0))
		return false;
	f->operands = f->operands >> row->pop << row->push | row->result | (known & row->local_result);
	f->p += length;
	return true;
}

/* The same where the LEB128 that begins in its last byte is longer, but so short that every bit pattern is right. */
EW_INLINE bool by_row_long(struct fast *f, const struct row *row, size_t length)
{
	uint32_t last = ~ewi_le32(f->p + length - 1) & 0x80808080u;

	return last != 0 && by_row(f, row, length + ewi_ctz32(last) / 8);
}

/* ---- others ---- */

EW_INLINE unsigned top(const struct fast *f)
{
	return f->operands & ONE;
}

EW_INLINE bool is_full(const struct fast *f)
{
	return f->operands >> (64 - BITS) != 0;
}

/* 0, which a type without code has, is none. */
EW_INLINE bool push(struct fast *f, unsigned code)
{
	if (code == 0 || is_full(f))
		return false;
	f->operands = f->operands << BITS | code;
	return true;
}

EW_INLINE bool pop(struct fast *f, unsigned code)
{
	if (code == 0 || top(f) != code)
		return false;
	f->operands >>= BITS;
	return true;
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

EW_INLINE bool local(const struct ewi_translator *t, struct fast *f, unsigned opcode)
{
	uint32_t x;
	unsigned code;

	if (!small(f, &x) || x >= t->local_count)
		return false;
	code = code_of(t->locals[x]);
	if (opcode == LOCAL_GET)
		return push(f, code);
	if (code == 0 || top(f) != code)
		return false;
	return opcode == LOCAL_TEE || pop(f, code);
}

EW_INLINE bool global(const struct ewi_translator *t, struct fast *f, unsigned opcode)
{
	const struct ewi_global_def *g;
	uint32_t x;

	if (!small(f, &x) || x >= t->m->global_count)
		return false;
	g = &t->m->globals[x];
	if (opcode == GLOBAL_GET)
		return push(f, code_of(g->type));
	return g->is_mutable && pop(f, code_of(g->type));
}

/* Eight bytes are still any number of 64 bits. */
EW_INLINE bool long_constant(struct fast *f)
{
	uint64_t last = ~ewi_le64(f->p) & 0x8080808080808080u;

	f->p += (ewi_ctz64(last) >> 3) + 1;
	return last != 0 && push(f, CODE(EW_I64));
}

EW_INLINE bool float_constant(struct fast *f)
{
	f->p += 8;
	return push(f, CODE_F64);
}

/* Of two numbers of one type, by a third. */
EW_INLINE bool choose(struct fast *f)
{
	unsigned a = f->operands >> 2 * BITS & ONE, b = f->operands >> BITS & ONE;

	if (top(f) != CODE_I32 || a != b || a == 0 || a > CODE_F64)
		return false;
	f->operands >>= 2 * BITS;
	return true;
}

EW_INLINE bool drop(struct fast *f)
{
	return pop(f, top(f));
}

/* ---- blocks ---- */

EW_INLINE struct ewi_block *innermost(const struct ewi_translator *t)
{
	return &t->blocks[t->depth - 1];
}

/* The entries of the innermost block's operands. */
static void write_entries(struct ewi_translator *t, uint64_t operands)
{
	const struct ewi_block *b = innermost(t);

	for (uint32_t n = count(operands); n-- > 0; operands >>= BITS) {
		uint16_t slot = (uint16_t)(b->base + n);

		t->stack[b->height + n] = (struct ewi_entry){.slot = slot, .home = slot, .type = types[operands & ONE]};
	}
}

/* What entries say, from one height to another; false: one has no code, or they are too many. */
EW_INLINE bool read_entries(const struct ewi_translator *t, uint32_t from, uint32_t to, uint64_t *operands)
{
	unsigned code = 1;

	if (to - from >= OPERANDS_MAX)
		return false;
	for (*operands = 0; from < to && code != 0; from++) {
		code = code_of(t->stack[from].type);
		*operands = *operands << BITS | code;
	}
	return code != 0;
}

/* Room for all operands that a block may have here. */
EW_INLINE bool has_room(const struct ewi_translator *t, uint32_t height, uint32_t base)
{
	return t->stack_cap - height >= OPERANDS_MAX && base <= EW_MAX_FRAME_SLOTS - OPERANDS_MAX;
}

/* A block that takes nothing. */
EW_INLINE bool begin(struct ewi_translator *t, struct fast *f, unsigned opcode)
{
	static const struct ewi_block nothing = {.else_branch = EWI_NONE, .was_dead = true};
	uint8_t type = *f->p++;
	/* Of others the translator knows whether the module may have them. */
	const uint8_t *results = type >= EW_F64 && type <= EW_I32 ? ewi_single_type(type) : NULL;
	const struct ewi_block *b = innermost(t);
	uint64_t below = opcode == IF ? f->operands >> BITS : f->operands;
	uint32_t n = count(below);
	struct ewi_block *next;

	if ((!results && type != 0x40) || t->depth == t->block_cap || t->depth >= t->m->max_nesting ||
	    (opcode == IF && top(f) != CODE_I32) || !has_room(t, b->height + n, b->base + n))
		return false;
	if (below != 0)
		write_entries(t, below);
	next = &t->blocks[t->depth++];
	memcpy(next, &nothing, sizeof(nothing));
	next->results = results;
	next->result_count = results != NULL;
	next->height = b->height + n;
	next->base = b->base + n;
	next->opcode = (uint8_t)opcode;
	f->operands = 0;
	return true;
}

/* The operands are exactly what the innermost block gives, which is one value at most. */
EW_INLINE bool gives(const struct ewi_block *b, const struct fast *f)
{
	if (b->result_count > 1 || b->param_count != 0)
		return false;
	return f->operands == (b->result_count == 0 ? 0 : code_of(*b->results)) && (b->result_count == 0) == (f->operands == 0);
}

EW_INLINE bool second_arm(struct ewi_translator *t, struct fast *f)
{
	struct ewi_block *b = innermost(t);

	if (b->opcode != IF || !gives(b, f))
		return false;
	b->opcode = ELSE;
	b->unreachable = false;
	f->operands = 0;
	return true;
}

EW_INLINE bool finish(struct ewi_translator *t, struct fast *f)
{
	const struct ewi_block *b = innermost(t);
	uint64_t below = 0;

	if (!gives(b, f))
		return false;
	if (t->depth == 1) { /* of the function: with it, all ends */
		if (b->caught != 0 || b->try_count != 0)
			return false;
		t->depth = 0;
		f->last = f->p;
		return true;
	}
	if ((b->opcode == IF && b->result_count != 0) ||
	    b->base - b[-1].base != b->height - b[-1].height ||
	    (b->height != b[-1].height && !read_entries(t, b[-1].height, b->height, &below)))
		return false;
	t->depth--;
	f->operands = f->operands != 0 ? below << BITS | f->operands : below;
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
	return n == 0 || (n == 1 && f->operands != 0 && top(f) == code_of(b->opcode == LOOP ? *b->params : *b->results));
}

EW_INLINE bool never_on(struct ewi_translator *t, struct fast *f)
{
	innermost(t)->unreachable = true;
	f->operands = 0;
	return true;
}

EW_INLINE bool go_if(const struct ewi_translator *t, struct fast *f)
{
	uint64_t before = f->operands;

	if (pop(f, CODE_I32) && reaches(t, f))
		return true;
	f->operands = before;
	return false;
}

EW_INLINE bool go_home(struct ewi_translator *t, struct fast *f)
{
	const struct ewi_functype *type = t->type;

	if (type->result_count > 1 ||
	    (type->result_count == 1 && !pop(f, code_of(*ewi_functype_results(type)))))
		return false;
	return never_on(t, f);
}

/* Arguments that take a slot each, and one result of that kind or none. */
EW_INLINE bool invoke(const struct ewi_translator *t, struct fast *f)
{
	const struct ewi_functype *type;
	uint64_t rest = f->operands;
	uint32_t x, wrong = 0;
	unsigned code;

	if (!small(f, &x) || x >= t->m->func_count)
		return false;
	type = ewi_func_type(t->m, x);
	if (type->result_slots > 1 || type->result_count > 1 || type->param_slots != type->param_count ||
	    type->param_count > OPERANDS_MAX)
		return false;
	for (uint32_t i = type->param_count; i-- > 0; rest >>= BITS)
		wrong |= (uint32_t)(rest & ONE) ^ code_of(type->params[i]);
	code = type->result_count ? code_of(*ewi_functype_results(type)) : 0;
	if (wrong != 0 || (code != 0 && rest >> (64 - BITS) != 0))
		return false;
	f->operands = code ? rest << BITS | code : rest;
	return true;
}

/* ---- the loop ---- */

/* One of the other instructions; otherwise nothing of f has changed but p. */
EW_INLINE bool other(struct ewi_translator *t, struct fast *f)
{
	unsigned opcode = *f->p++;

	switch (opcode) {
	case LOCAL_GET:
	case LOCAL_SET:
	case LOCAL_TEE: return local(t, f, opcode);
	case I64_CONST: return long_constant(f);
	case F64_CONST: return float_constant(f);
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
	case DROP: return drop(f);
	default: return false;
	}
}

/* Room for some more operands; without it nothing is done here. */
static void make_room(struct ewi_translator *t)
{
	size_t cap;

	if (t->stack_cap - t->sp >= 2 * OPERANDS_MAX)
		return;
	cap = ewi_grow(&t->m->alloc, (void **)&t->stack, t->stack_cap, EW_MAX_FRAME_SLOTS + 1, sizeof(*t->stack));
	if (cap)
		t->stack_cap = (uint32_t)cap;
}

EW_INLINE bool enter(struct ewi_translator *t, struct fast *f)
{
	const struct ewi_block *b = innermost(t);
	size_t more = (size_t)(t->m->bytes + t->m->size - t->r.p);

	make_room(t);
	if (more < LONGEST || t->next_slot - b->base != t->sp - b->height || !has_room(t, b->height, b->base) ||
	    !read_entries(t, b->height, t->sp, &f->operands))
		return false;
	f->p = t->r.p;
	f->last = f->p + (more - LONGEST + 1);
	f->last = f->last > t->r.end ? t->r.end : f->last;
	return true;
}

EW_INLINE void leave(struct ewi_translator *t, const struct fast *f)
{
	const struct ewi_block *b;
	uint32_t n = count(f->operands);

	t->r.p = f->p;
	if (t->depth == 0)
		return;
	b = innermost(t);
	write_entries(t, f->operands);
	t->sp = b->height + n;
	t->next_slot = b->base + n;
}

/* As many as come; behind them is one for translate*.c. */
EW_INLINE void many(struct ewi_translator *t, struct fast *f)
{
	const uint8_t *at = f->p;
	const struct row *row;
	size_t length;

	while (f->p < f->last) {
		at = f->p;
		row = &rows[*at];
		length = lengths[*at];
		if (EW_LIKELY(length != 0) && EW_LIKELY(!(at[length - 1] & row->leb)) ? EW_LIKELY(by_row(f, row, length))
										     : length != 0 && by_row_long(f, row, length))
			continue;
		if (other(t, f))
			continue;
		f->p = at;
		return;
	}
	/*
	 * An instruction that would end behind the function fails in translate*.c when its immediate is read, before any
	 * operand is looked at.
	 */
	if (f->p > t->r.end)
		f->p = at;
}

/* All that byte 1 can be. */
static void know(const struct ewi_translator *t, uint8_t known[256])
{
	static const uint8_t aligns[] = {0, NO_ALIGN(0), NO_ALIGN(0) | NO_ALIGN(1), NO_ALIGN(0) | NO_ALIGN(1) | NO_ALIGN(2)};
	bool memory = t->m->memory_count != 0 && !EWI_IS64(&t->m->memories[0]);

	memset(known, NOTHING, 256);
	for (uint32_t k = 0; memory && k < sizeof(aligns); k++)
		known[k] = aligns[k] | NO_LOCAL;
	for (uint32_t k = 0; k < t->local_count && k < 128; k++) {
		unsigned code = code_of(t->locals[k]);

		if (code != 0 && code <= LOCAL)
			known[k] = (uint8_t)((known[k] & ~NO_LOCAL) | code);
	}
}

void ewi_validate_ops(struct ewi_translator *t)
{
	uint8_t known[256];
	struct fast f;

	know(t, known);
	f.known = known;
	while (t->depth > 0 && t->status == EW_OK && !t->r.failed) {
		if (enter(t, &f)) {
			many(t, &f);
			leave(t, &f);
			if (t->depth == 0)
				return;
		}
		ewi_translate_op(t);
	}
}

#endif
