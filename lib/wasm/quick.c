/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * quick.c - the common instruction, translated fast.
 *
 * The rules stand in translate*.c and emit.c.  What stands here recognizes the instruction that is certainly valid and
 * has operands of the usual kinds, and writes what emit.c would write, byte for byte; for anything else (dead code, an
 * operand of another type, a constant that needs a slot, a long immediate) the reader goes back to the opcode and
 * translate*.c decides.  So nothing here refuses anything, and forgetting a row costs time only.
 *
 * Room for what is emitted is looked after once for many instructions: each takes a byte at least, and emits one
 * instruction at most.  All operands that are touched take one slot.
 */
#include "base/bits.h"
#include "base/le.h"
#include "wasm/translate.h"

#if EW_CONFIG_WASM && EW_CONFIG_EXEC_ACC

/* ---- what each opcode is ---- */

enum act { OTHER, BEGIN, SECOND_ARM, FINISH, GO, GO_IF, INVOKE, PUSH, FLOAT, SET, DROP, EQZ, UNARY, BINARY, LOAD_FROM, STORE_TO };

struct row {
	uint8_t act;
	uint8_t lower, upper, result; /* types: of the operands, the deeper one first; 0: there is none */
	uint8_t align;		      /* the natural alignment's log2 */
	uint8_t fuel, need;	      /* need: as many operands as types of them */
	uint16_t ins, op;
	uint8_t pad[6]; /* rows are found by a shift */
};

#define BY_HAND_ACT(op)                                                                            \
	((op) == EWI_OP_LOCAL_GET				   ? PUSH                          \
	 : (op) == EWI_OP_LOCAL_SET || (op) == EWI_OP_LOCAL_TEE	   ? SET                           \
	 : (op) == EWI_OP_DROP					   ? DROP                          \
	 : (op) == EWI_OP_I32_CONST || (op) == EWI_OP_I64_CONST	   ? PUSH                          \
	 : (op) == EWI_OP_F32_CONST || (op) == EWI_OP_F64_CONST	   ? FLOAT                         \
	 : (op) == EWI_OP_I32_EQZ || (op) == EWI_OP_I64_EQZ	   ? EQZ                           \
	 : (op) == EWI_OP_BLOCK || (op) == EWI_OP_LOOP || (op) == EWI_OP_IF ? BEGIN                \
	 : (op) == EWI_OP_ELSE					   ? SECOND_ARM                    \
	 : (op) == EWI_OP_END					   ? FINISH                        \
	 : (op) == EWI_OP_BR					   ? GO                            \
	 : (op) == EWI_OP_BR_IF					   ? GO_IF                         \
	 : (op) == EWI_OP_CALL					   ? INVOKE                        \
								   : OTHER)
#define ACT(op, imm, icode, operands, results)                                                     \
	((icode) == EWI_BY_HAND ? BY_HAND_ACT(op)                                                  \
	 : EWI_IMM_IS_ACCESS(imm) ? ((results) ? LOAD_FROM : STORE_TO)                             \
	 : (operands) == 1	  ? UNARY                                                          \
				  : BINARY)

/* clang-format off */
static const struct row rows[256] = {
#define OP(code, N, text, imm, pops, pushes, icode)                                                \
	[code] = {.act = ACT(EWI_OP_##N, EWI_IMM_##imm, EWI_##icode, sizeof(pops) - 1, sizeof(pushes) - 1), \
		  .lower = EWI_TYPE_AT(pops, 0), .upper = EWI_TYPE_AT(pops, 1), .result = EWI_TYPE_AT(pushes, 0), \
		  .align = (uint8_t)(EWI_IMM_##imm - EWI_IMM_MEM0), .fuel = !EWI_IS_FREE(EWI_OP_##N), \
		  .need = (EWI_TYPE_AT(pops, 0) != 0) + (EWI_TYPE_AT(pops, 1) != 0), .ins = EWI_##icode,    \
		  .op = EWI_OP_##N},
#define OPX(code, N, text, imm, pops, pushes, icode)
#include "wasm/opcodes.def"
};
/* clang-format on */

/* ---- state ---- */

/* No instruction read here is longer than this: nothing is read where the module has fewer bytes left. */
#define LONGEST 16

/*
 * What of the translator is in machine registers meanwhile.  Between floor, where the innermost block's operands begin,
 * and top each entry takes one slot; room: top may not pass it, and no more than EWI_LAZY_MAX above floor.  The list of
 * LOCAL entries is made when this is left.
 */
struct quick {
	const uint8_t *p, *last; /* last: where an instruction may begin at most */
	struct ewi_entry *top, *floor, *room, *high; /* high: the highest that top was */
	uint32_t bias;	     /* of an entry's slot against its height */
	bool memory, stores; /* accesses, and stores, are of the usual kind */
};

/* An entry without constant, written at once: narrow stores would be waited for by whoever reads it whole. */
EW_INLINE void put_entry(struct ewi_entry *e, uint32_t slot, uint32_t home, uint8_t type, enum ewi_place place)
{
	uint64_t word = slot | home << 16 | (uint64_t)type << 32 | (uint64_t)place << 40;

	_Static_assert(offsetof(struct ewi_entry, slot) == 8 && offsetof(struct ewi_entry, home) == 10 &&
		       offsetof(struct ewi_entry, type) == 12 && offsetof(struct ewi_entry, place) == 13 &&
		       sizeof(*e) == 16, "little-endian, as all that have accumulators");
	memcpy(&e->slot, &word, sizeof(word));
}

EW_INLINE struct ewi_ins *ins_at(struct ewi_translator *t, uint32_t pos)
{
	return (struct ewi_ins *)(void *)(t->code + pos);
}

/* ewi_mark: three bytes, mostly. */
EW_INLINE void mark(struct ewi_translator *t, const struct quick *f)
{
	uint32_t at = (uint32_t)(f->p - t->m->bytes), bytes = at - t->map_offset;
	uint32_t here = (uint32_t)t->code_size, step = (here - t->map_pos) / 4;
	int32_t fuel = t->cost - t->map_cost;
	uint32_t zigzag = (uint32_t)fuel << 1 ^ (uint32_t)(fuel >> 31);

	if (EW_UNLIKELY((step | bytes | zigzag) > 0x7f)) {
		t->at = at;
		ewi_mark(t);
		return;
	}
	ewi_put_le32(t->map + t->map_size, step | bytes << 8 | zigzag << 16);
	t->map_size += 3;
	t->map_pos = here;
	t->map_offset = at;
	t->map_cost = t->cost;
}

/* ewi_emit, of an instruction with these fields. */
EW_INLINE void put(struct ewi_translator *t, unsigned icode, unsigned form, uint32_t a, uint32_t b, uint32_t imm)
{
	uint32_t here = (uint32_t)t->code_size;
	uint64_t fields = a | b << 16 | (uint64_t)imm << 32;
	uint64_t start = here | (t->label_pos == here) | (uint64_t)EWI_KEY(icode, form, 0) << 32;

	_Static_assert(offsetof(struct ewi_start, key) == 4 && sizeof(struct ewi_start) == 8, "written at once");
	memcpy(&ins_at(t, here)->a, &fields, sizeof(fields));
	memcpy(&t->starts[t->start_count++], &start, sizeof(start));
	t->code_size = here + sizeof(struct ewi_ins);
	t->last = (struct ewi_last){here, EWI_NONE, EWI_NONE, (uint16_t)icode, (uint8_t)form};
}

/* What stands in the floats' accumulators seldom goes away. */
EW_INLINE void wrote_slot(struct ewi_translator *t, uint32_t slot)
{
	if (t->acc[EWI_ACC_INT].slot == slot)
		t->acc[EWI_ACC_INT] = (struct ewi_mirror){EWI_NONE, EWI_NONE};
	if (EW_UNLIKELY(t->acc[EWI_ACC_F32].slot == slot))
		t->acc[EWI_ACC_F32] = (struct ewi_mirror){EWI_NONE, EWI_NONE};
	if (EW_UNLIKELY(t->acc[EWI_ACC_F64].slot == slot))
		t->acc[EWI_ACC_F64] = (struct ewi_mirror){EWI_NONE, EWI_NONE};
}

/* ewi_made */
EW_INLINE void made(struct ewi_translator *t, unsigned kind, uint32_t dst)
{
	t->last.dst = dst;
	t->last.mirrored = kind == EWI_ACC_INT ? t->acc[EWI_ACC_INT].slot : EWI_NONE;
	wrote_slot(t, dst);
	t->acc[kind] = (struct ewi_mirror){dst, t->start_count - 1};
}

/* An operand that is read from its accumulator: see consume in emit.c. */
EW_INLINE void consume(struct ewi_translator *t, const struct ewi_entry *e, unsigned kind, bool bits)
{
	struct ewi_mirror *acc = &t->acc[kind];
	uint16_t *key;

	if (e->place != EWI_TEMP || acc->start == EWI_NONE)
		return;
	key = &t->starts[acc->start].key;
	if (!bits || kind == EWI_ACC_INT || !ewi_icode_info[EWI_KEY_ICODE(*key)].nan)
		*key |= 1;
	*acc = (struct ewi_mirror){EWI_NONE, EWI_NONE};
}

/* A result in the place of the operands from e on. */
EW_INLINE void push_result(struct quick *f, struct ewi_entry *e, uint32_t dst, uint8_t type)
{
	put_entry(e, dst, dst, type, EWI_TEMP);
	f->top = e + 1;
}

/* The slot of an entry. */
EW_INLINE uint32_t home_of(const struct ewi_translator *t, const struct quick *f, const struct ewi_entry *e)
{
	return f->bias + (uint32_t)(e - t->stack);
}

EW_INLINE void raise(struct quick *f)
{
	if (++f->top > f->high)
		f->high = f->top;
}

/* ---- immediates ---- */

/* An unsigned number of four bytes at most; false: it is longer. */
EW_INLINE bool small(const uint8_t **p, uint32_t *v)
{
	uint32_t byte = *(*p)++, shift = 7;

	*v = byte & 0x7f;
	for (; byte >= 0x80; shift += 7) {
		if (shift == 28)
			return false;
		byte = *(*p)++;
		*v |= (byte & 0x7f) << shift;
	}
	return true;
}

/* Alignment and offset of an access to memory 0. */
EW_INLINE bool memarg(const struct quick *f, const struct row *row, const uint8_t **p, uint32_t *offset)
{
	/* One byte only, so not an index of a memory either: that is greater than the natural alignment. */
	return f->memory && *(*p)++ <= row->align && small(p, offset);
}

/* ---- instructions ---- */

/* local.get, and constants of integers: which of them, nobody can foretell, so they share their branches. */
EW_INLINE bool push(const struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	bool local = row->op == EWI_OP_LOCAL_GET;
	uint32_t home = home_of(t, f, f->top), limit = local ? t->local_count : UINT32_MAX, x = *p++, bits = 7;
	const uint8_t *type = &row->result;
	int32_t v;

	if (EW_UNLIKELY(x >= 0x80)) {
		const uint8_t *first = --p;

		if (!small(&p, &x))
			return false;
		bits = 7 * (uint32_t)(p - first);
	}
	if (x >= limit || f->top >= f->room)
		return false;
	v = (int32_t)(x << (32 - bits)) >> (32 - bits);
	type = local ? &t->locals[x] : type;
	f->top->bits = row->result == EW_I64 ? (uint64_t)(int64_t)v : (uint32_t)v;
	put_entry(f->top, local ? x : home, home, *type, local ? EWI_LOCAL : EWI_CONST);
	raise(f);
	f->p = p;
	return true;
}

EW_INLINE bool float_constant(const struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	uint32_t home = home_of(t, f, f->top);

	if (f->top >= f->room)
		return false;
	f->top->bits = row->result == EW_F32 ? ewi_le32(p) : ewi_le64(p);
	put_entry(f->top, home, home, row->result, EWI_CONST);
	raise(f);
	f->p = p + (row->result == EW_F32 ? 4 : 8);
	return true;
}

/* Where the last instruction's result goes, if it stands in a field that can be changed. */
EW_INLINE uint16_t *dst_field(struct ewi_translator *t)
{
	struct ewi_ins *ins = ins_at(t, t->last.pos);
	unsigned cls = ewi_icode_info[t->last.icode].cls, form = t->last.form;

	if (cls >= EWI_CLASS_VUN)
		return NULL;
	if (cls == EWI_CLASS_SEL)
		return &ins->u.s.c;
	if (cls != EWI_CLASS_BIN && cls != EWI_CLASS_CMP && cls != EWI_CLASS_FCMP)
		return &ins->b;
	return form == EWI_SS || form == EWI_RS || form == EWI_SR ? &ins->u.s.c : &ins->b;
}

/* ewi_move of a scalar. */
EW_INLINE void move(struct ewi_translator *t, uint32_t from, uint32_t to, unsigned kind)
{
	static const uint16_t store[EWI_ACCS] = {EWI_STORE_INT, EWI_STORE_F32, EWI_STORE_F64};
	struct ewi_ins *ins;

	if (from == to)
		return;
	if (t->acc[kind].slot == from) {
		put(t, store[kind], EWI_SS, 0, to, 0);
	} else if (t->last.pos != EWI_NONE && t->last.icode == EWI_COPY) {
		ins = ins_at(t, t->last.pos);
		t->starts[t->start_count - 1].key = EWI_KEY(EWI_COPY2, EWI_SS, 0);
		ins->u.s.c = (uint16_t)from;
		ins->u.s.d = (uint16_t)to;
		t->last.icode = EWI_COPY2;
	} else {
		put(t, EWI_COPY, EWI_SS, from, to, 0);
	}
	wrote_slot(t, to);
}

EW_INLINE bool set_constant(struct ewi_translator *t, const struct ewi_entry *v, uint32_t x)
{
	bool half = v->type == EW_I32 || v->type == EW_F32;

	if (!half && (int64_t)v->bits != (int32_t)(uint32_t)v->bits)
		return false;
	put(t, half ? EWI_CONST32 : EWI_CONST64_NARROW, EWI_SS, 0, x, (uint32_t)v->bits);
	wrote_slot(t, x);
	return true;
}

/* ewi_emit_local_set, of a value that stands in a slot. */
EW_INLINE bool set_value(struct ewi_translator *t, const struct ewi_entry *v, uint32_t x)
{
	unsigned kind = ewi_acc_of(v->type);
	struct ewi_mirror *acc = &t->acc[kind];
	bool mirrored = acc->slot == v->slot;
	uint16_t *field;

	if (v->place == EWI_TEMP && t->last.pos != EWI_NONE && t->last.dst == v->slot) {
		field = dst_field(t);
		if (!field)
			return false;
		*field = (uint16_t)x;
		t->last.dst = EWI_NONE;
		wrote_slot(t, x);
	} else {
		move(t, v->slot, x, kind);
		if (!mirrored)
			return true;
		consume(t, v, kind, true);
	}
	if (mirrored)
		*acc = (struct ewi_mirror){x, EWI_NONE};
	return true;
}

EW_INLINE bool set(struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	bool tee = row->op == EWI_OP_LOCAL_TEE;
	struct ewi_entry *v;
	uint32_t x, home;

	if (f->top == f->floor || !small(&p, &x) || x >= t->local_count || f->top[-1].type != t->locals[x])
		return false;
	v = f->top - 1;
	for (const struct ewi_entry *e = f->floor; e < v; e++)
		if (e->place == EWI_LOCAL && e->slot == x)
			return false; /* an older value, which has to be kept */
	home = v->home;
	if (!(v->place == EWI_CONST ? set_constant(t, v, x) : set_value(t, v, x)))
		return false;
	put_entry(v, x, home, t->locals[x], EWI_LOCAL); /* what is above top, nobody looks at */
	f->top = v + tee;
	f->p = p;
	return true;
}

EW_INLINE bool drop(struct quick *f, const uint8_t *p)
{
	if (f->top == f->floor)
		return false;
	f->top--;
	f->p = p;
	return true;
}

/* A constant that fits the immediate of a two-operand instruction: of integers and f32. */
EW_INLINE bool narrow(const struct ewi_entry *e)
{
	return e->type == EW_I32 || e->type == EW_F32 || (e->type == EW_I64 && (int64_t)e->bits == (int32_t)(uint32_t)e->bits);
}

EW_INLINE bool is_compare(const struct ewi_icode_info *info)
{
	return info->cls == EWI_CLASS_CMP || info->cls == EWI_CLASS_FCMP;
}

/* a op immediate. */
EW_INLINE void with_immediate(struct ewi_translator *t, const struct quick *f, unsigned icode, const struct ewi_entry *a,
			      uint32_t imm, uint32_t dst)
{
	const struct ewi_icode_info *info = &ewi_icode_info[icode];
	bool in = t->acc[info->operand].slot == a->slot;

	if (in)
		consume(t, a, info->operand, info->bits);
	if (info->traps)
		mark(t, f);
	put(t, icode, in ? EWI_RI : EWI_SI, in ? 0 : a->slot, dst, imm);
	made(t, info->result, dst);
}

EW_INLINE void with_slots(struct ewi_translator *t, const struct quick *f, unsigned icode, const struct ewi_entry *a,
			  const struct ewi_entry *b, uint32_t dst)
{
	const struct ewi_icode_info *info = &ewi_icode_info[icode];
	uint32_t slot = t->acc[info->operand].slot;
	unsigned form = a->slot == slot ? EWI_RS : b->slot == slot ? EWI_SR : EWI_SS;

	if (form == EWI_SR && is_compare(info)) {
		const struct ewi_entry *e = a;

		icode = info->swapped;
		a = b;
		b = e;
		form = EWI_RS;
	}
	if (form != EWI_SS && a->slot != b->slot)
		consume(t, form == EWI_RS ? a : b, info->operand, info->bits);
	if (info->traps)
		mark(t, f);
	put(t, icode, form, a->slot, b->slot, dst);
	made(t, info->result, dst);
}

EW_INLINE bool binary(struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	const struct ewi_icode_info *info = &ewi_icode_info[row->ins];
	struct ewi_entry *a = f->top - 2, *b = f->top - 1;
	uint32_t dst = a->home;

	if (a->type != row->lower || b->type != row->upper)
		return false;
	if (b->place == EWI_CONST) {
		if (a->place == EWI_CONST || !narrow(b))
			return false;
		with_immediate(t, f, row->ins, a, (uint32_t)b->bits, dst);
	} else if (a->place == EWI_CONST) {
		if ((!info->commutes && !is_compare(info)) || !narrow(a))
			return false;
		with_immediate(t, f, info->commutes ? row->ins : info->swapped, b, (uint32_t)a->bits, dst);
	} else {
		with_slots(t, f, row->ins, a, b, dst);
	}
	push_result(f, a, dst, row->result);
	f->p = p;
	return true;
}

EW_INLINE bool unary(struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	const struct ewi_icode_info *info = &ewi_icode_info[row->ins];
	struct ewi_entry *a = f->top - 1;
	uint32_t dst = a->home;
	bool in;

	if (a->type != row->lower || a->place == EWI_CONST)
		return false;
	in = t->acc[info->operand].slot == a->slot;
	if (in)
		consume(t, a, info->operand, info->bits);
	if (info->traps)
		mark(t, f);
	put(t, row->ins, in ? EWI_RS : EWI_SS, in ? 0 : a->slot, dst, 0);
	made(t, info->result, dst);
	push_result(f, a, dst, row->result);
	f->p = p;
	return true;
}

EW_INLINE bool eqz(struct ewi_translator *t, struct quick *f, bool wide, const uint8_t *p)
{
	struct ewi_entry *a = f->top - 1;
	uint32_t dst = a->home;

	if (a->type != (wide ? EW_I64 : EW_I32) || a->place == EWI_CONST)
		return false;
	if (!wide && t->last.pos != EWI_NONE && a->place == EWI_TEMP && t->last.dst == a->slot &&
	    ewi_icode_info[t->last.icode].cls == EWI_CLASS_CMP) {
		/* The result is where it was: the opposite compare makes it. */
		t->last.icode = ewi_icode_info[t->last.icode].negated;
		t->starts[t->start_count - 1].key = EWI_KEY(t->last.icode, t->last.form, 0);
	} else {
		with_immediate(t, f, wide ? EWI_I64_EQ : EWI_I32_EQ, a, 0, dst);
	}
	push_result(f, a, dst, EW_I32);
	f->p = p;
	return true;
}

/* An address that is a constant: the access has an instruction without address operand, unless it wraps around. */
EW_INLINE bool fixed(const struct ewi_entry *addr, uint32_t *offset)
{
	if (addr->place != EWI_CONST)
		return true;
	*offset += (uint32_t)addr->bits;
	return *offset >= (uint32_t)addr->bits;
}

EW_INLINE bool load(struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	struct ewi_entry *a = f->top - 1;
	uint32_t offset, dst = a->home, slot = 0;
	unsigned icode = row->ins, form = EWI_SS;

	if (a->type != EW_I32 || !memarg(f, row, &p, &offset) || !fixed(a, &offset))
		return false;
	if (a->place == EWI_CONST) {
		icode++;
	} else if (t->acc[EWI_ACC_INT].slot == a->slot) {
		consume(t, a, EWI_ACC_INT, false);
		form = EWI_RS;
	} else {
		slot = a->slot;
	}
	mark(t, f);
	put(t, icode, form, slot, dst, offset);
	made(t, ewi_icode_info[icode].result, dst);
	push_result(f, a, dst, row->result);
	f->p = p;
	return true;
}

/* The value of a store as a signed 16-bit immediate. */
EW_INLINE bool tiny(const struct ewi_entry *e)
{
	int64_t v = e->type == EW_I32 || e->type == EW_F32 ? (int32_t)(uint32_t)e->bits : (int64_t)e->bits;

	return v == (int16_t)v;
}

EW_INLINE bool store(struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	struct ewi_entry *a = f->top - 2, *v = f->top - 1;
	bool is_const = v->place == EWI_CONST, is_fixed = a->place == EWI_CONST;
	unsigned icode = row->ins, form = EWI_SS, kind = ewi_icode_info[icode].operand;
	uint32_t offset, slot = 0;

	if (!f->stores || a->type != EW_I32 || v->type != row->upper || (is_const && !tiny(v)) ||
	    !memarg(f, row, &p, &offset) || !fixed(a, &offset))
		return false;
	if (is_const)
		icode = icode == EWI_F32_STORE ? EWI_I32_STORE : icode == EWI_F64_STORE ? EWI_I64_STORE : icode;
	if (!is_const && t->acc[kind].slot == v->slot && (is_fixed || v->slot != a->slot)) {
		slot = is_fixed ? 0 : a->slot;
		consume(t, v, kind, true);
		form = EWI_SR;
	} else if (!is_fixed && t->acc[EWI_ACC_INT].slot == a->slot) {
		consume(t, a, EWI_ACC_INT, false);
		form = is_const ? EWI_RI : EWI_RS;
	} else {
		slot = is_fixed ? 0 : a->slot;
		form = is_const ? EWI_SI : EWI_SS;
	}
	mark(t, f);
	put(t, icode + is_fixed, form, slot, is_const ? (uint16_t)v->bits : v->slot, offset);
	f->top = a;
	f->p = p;
	return true;
}

/* ---- blocks and branches: those that carry one value at most ---- */

EW_INLINE struct ewi_block *innermost(const struct ewi_translator *t)
{
	return &t->blocks[t->depth - 1];
}

EW_INLINE void set_floor(const struct ewi_translator *t, struct quick *f, uint32_t height)
{
	uint32_t room = EWI_LAZY_MAX, slots = EW_MAX_FRAME_SLOTS - (height + f->bias);

	if (room > t->stack_cap - height)
		room = t->stack_cap - height;
	f->floor = t->stack + height;
	f->room = f->floor + (room < slots ? room : slots);
}

/* A condition on top that a branch can be made of. */
EW_INLINE bool is_condition(const struct quick *f)
{
	return f->top > f->floor && f->top[-1].type == EW_I32 && f->top[-1].place != EWI_CONST;
}

EW_INLINE bool begin(struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	static const uint8_t numbers[] = {EW_F64, EW_F32, EW_I64, EW_I32};
	static const struct ewi_block nothing = {.else_branch = EWI_NONE};
	bool is_if = row->op == EWI_OP_IF;
	struct ewi_entry *top;
	uint8_t type = *p++;
	struct ewi_block *b;
	struct ewi_cond c;

	if ((type != 0x40 && (type < EW_F64 || type > EW_I32)) || t->depth == t->block_cap ||
	    t->depth >= t->m->max_nesting || (is_if && !is_condition(f)))
		return false;
	top = f->top - is_if; /* is there: is_condition */
	for (const struct ewi_entry *e = f->floor; e < top; e++)
		if (e->place == EWI_LOCAL)
			return false; /* has to be settled */
	b = &t->blocks[t->depth];
	memcpy(b, &nothing, sizeof(nothing));
	if (type != 0x40) {
		b->results = &numbers[type - EW_F64];
		b->result_count = 1;
	}
	b->opcode = is_if ? 0x04 : row->op == EWI_OP_LOOP ? 0x03 : 0x02;
	b->height = (uint32_t)(top - t->stack);
	b->base = b->height + f->bias;
	if (is_if) {
		ewi_take_cond(t, *top, &c);
		b->else_branch = ewi_emit_branch(t, &c, false);
		((int32_t *)(void *)(t->code + b->else_branch))[1] = t->cost;
	} else if (row->op == EWI_OP_LOOP) {
		ewi_forget(t);
		b->loop = ewi_here(t);
		b->loop_cost = t->cost;
	}
	t->depth++;
	f->top = top;
	f->p = p;
	set_floor(t, f, b->height);
	return true;
}

/* The operands are exactly what the innermost block gives, and where it gives them. */
EW_INLINE bool gives(const struct ewi_block *b, const struct quick *f)
{
	size_t n = (size_t)(f->top - f->floor);

	return n == b->result_count && b->param_count == 0 &&
	       (n == 0 || (n == 1 && f->floor->type == *b->results && f->floor->place == EWI_TEMP));
}

EW_INLINE bool second_arm(struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	struct ewi_block *b = innermost(t);

	if (b->opcode != 0x04 || !gives(b, f))
		return false;
	ewi_emit_link(t, b, ewi_emit_jump(t));
	ewi_emit_bind(t, b->else_branch);
	b->else_branch = EWI_NONE;
	b->opcode = 0x05;
	f->top = f->floor;
	f->p = p;
	return true;
}

EW_INLINE bool finish(struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	const struct ewi_block *b = innermost(t);

	if (t->depth == 1 || !gives(b, f) || (b->opcode == 0x04 && b->result_count != 0) || b->caught != 0 ||
	    b->try_count != 0 || b[-1].base - b[-1].height != f->bias ||
	    f->top - t->stack > (ptrdiff_t)(b[-1].height + EWI_LAZY_MAX))
		return false;
	t->depth--;
	if (b->else_branch != EWI_NONE)
		ewi_emit_bind(t, b->else_branch);
	if (b->opcode != 0x03)
		ewi_emit_bind(t, b->chain);
	set_floor(t, f, b[-1].height);
	f->p = p;
	return true;
}

/* A label, not the function's, that no value goes to; NULL: another. */
EW_INLINE struct ewi_block *label(struct ewi_translator *t, const uint8_t **p)
{
	struct ewi_block *b;
	uint32_t depth;

	if (!small(p, &depth) || depth + 1 >= t->depth)
		return NULL;
	b = &t->blocks[t->depth - 1 - depth];
	return (b->opcode == 0x03 ? b->param_count : b->result_count) == 0 ? b : NULL;
}

EW_INLINE bool go(struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	struct ewi_block *b = label(t, &p);

	if (!b)
		return false;
	ewi_emit_link(t, b, ewi_emit_jump(t));
	innermost(t)->unreachable = true;
	t->dead = true;
	f->top = f->floor;
	f->p = f->last = p;
	return true;
}

EW_INLINE bool go_if(struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	struct ewi_block *b = is_condition(f) ? label(t, &p) : NULL;
	struct ewi_cond c;

	if (!b)
		return false;
	ewi_take_cond(t, *--f->top, &c);
	ewi_emit_link(t, b, ewi_emit_branch(t, &c, true));
	f->p = p;
	return true;
}

/* ewi_settle, of an entry that is no longer popped as it was. */
EW_INLINE void settle(struct ewi_translator *t, struct ewi_entry *e)
{
	if (e->place == EWI_CONST)
		ewi_const_to(t, e, e->home);
	else
		move(t, e->slot, e->home, ewi_acc_of(e->type));
}

/* Arguments, and one result or none, take a slot each. */
EW_INLINE bool invoke(struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	const struct ewi_functype *type;
	struct ewi_entry *first;
	uint32_t x, base;

	if (!small(&p, &x) || x >= t->m->func_count)
		return false;
	type = ewi_func_type(t->m, x);
	if (type->result_slots > 1 || type->result_count > 1 || type->param_slots != type->param_count ||
	    (size_t)(f->top - f->floor) < type->param_count || f->top >= f->room)
		return false;
	first = f->top - type->param_count;
	for (uint32_t i = 0; i < type->param_count; i++)
		if (first[i].type != type->params[i])
			return false;
	for (struct ewi_entry *e = first; e < f->top; e++)
		settle(t, e);
	base = home_of(t, f, first);
	t->at = (uint32_t)(f->p - t->m->bytes);
	ewi_emit_call(t, x, type, (uint16_t)base);
	f->top = first;
	if (type->result_count == 1) {
		put_entry(first, base, base, *ewi_functype_results(type), EWI_TEMP);
		raise(f);
	}
	f->p = p;
	return true;
}

/* ---- the loop ---- */

/* One instruction, if it is one of those; otherwise nothing has changed. */
EW_INLINE bool common(struct ewi_translator *t, struct quick *f, const struct row *row)
{
	const uint8_t *p = f->p + 1;

	switch ((enum act)row->act) {
	case BEGIN: return begin(t, f, row, p);
	case SECOND_ARM: return second_arm(t, f, p);
	case FINISH: return finish(t, f, p);
	case GO: return go(t, f, p);
	case GO_IF: return go_if(t, f, p);
	case INVOKE: return invoke(t, f, p);
	case PUSH: return push(t, f, row, p);
	case FLOAT: return float_constant(t, f, row, p);
	case SET: return set(t, f, row, p);
	case DROP: return drop(f, p);
	case EQZ: return eqz(t, f, row->op == EWI_OP_I64_EQZ, p);
	case UNARY: return unary(t, f, row, p);
	case BINARY: return binary(t, f, row, p);
	case LOAD_FROM: return load(t, f, row, p);
	case STORE_TO: return store(t, f, row, p);
	case OTHER: break;
	}
	return false;
}

/* Instructions that room is made for at once, beside those that operands on the stack may still become. */
#define AT_ONCE 128

EW_INLINE bool enter(struct ewi_translator *t, struct quick *f)
{
	const struct ewi_block *b = innermost(t);
	size_t left = ewi_reader_left(&t->r), more = (size_t)(t->m->bytes + t->m->size - t->r.p); /* bytes that may be read */
	size_t operands = t->sp - b->height, room = operands + (left < AT_ONCE ? left : AT_ONCE);

	f->p = t->r.p;
	f->bias = t->next_slot - t->sp;
	if (t->dead || t->has_v128_locals || t->cost > EWI_COST_MAX - AT_ONCE || f->bias != b->base - b->height ||
	    operands > EWI_LAZY_MAX)
		return false;
	if (!ewi_has_room(t, room))
		room = ewi_emit_room(t, room);
	if (room <= operands || more < LONGEST)
		return false;
	room -= operands;
	if (room > more - LONGEST + 1)
		room = more - LONGEST + 1;
	f->last = f->p + room;
	f->last = f->last > t->r.end ? t->r.end : f->last;
	f->high = f->top = t->stack + t->sp;
	set_floor(t, f, b->height);
	return true;
}

EW_INLINE void leave(struct ewi_translator *t, const struct quick *f)
{
	uint32_t high = home_of(t, f, f->high);

	t->r.p = f->p;
	t->sp = (uint32_t)(f->top - t->stack);
	t->next_slot = home_of(t, f, f->top);
	if (t->max_slot < high)
		t->max_slot = high;
	t->lazy_count = 0;
	for (const struct ewi_entry *e = f->floor; e < f->top; e++)
		if (e->place == EWI_LOCAL)
			t->lazy[t->lazy_count++] = (uint32_t)(e - t->stack);
	if (EW_UNLIKELY(f->p > t->r.end)) { /* the last one's immediate ends behind the function */
		t->r.p = t->r.end;
		ewi_read_u8(&t->r);
	}
}

/* As many as come; behind it is one for translate.c. */
EW_INLINE void many(struct ewi_translator *t, struct quick *f)
{
	while (f->p < f->last) {
		const struct row *row = &rows[*f->p];

		t->cost += row->fuel;
		if (EW_UNLIKELY(f->top - f->floor < row->need || !common(t, f, row))) {
			t->cost -= row->fuel;
			return;
		}
	}
}

void ewi_quick_ops(struct ewi_translator *t)
{
	struct quick f;

	f.memory = t->m->memory_count != 0 && !EWI_IS64(&t->m->memories[0]);
	f.stores = !(t->m->flags & EW_MODULE_TRACK);
	while (t->depth > 0 && t->status == EW_OK && !t->r.failed) {
		if (enter(t, &f)) {
			many(t, &f);
			leave(t, &f);
			if (EW_UNLIKELY(t->r.failed))
				return;
		}
		ewi_translate_op(t);
	}
}

#endif
