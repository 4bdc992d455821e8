/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * quick.c - the common instruction, translated fast.
 *
 * The rules stand in translate*.c and emit.c.  What stands here recognizes the instruction that is certainly valid and
 * has operands of the usual kinds, and writes what emit.c would write, byte for byte; for anything else (dead code, an
 * operand of another type, a long immediate) the reader goes back to the opcode and translate*.c decides.  So nothing here refuses anything, and forgetting a row costs time only.
 *
 * Room for what is emitted is looked after once for many instructions: each takes a byte at least, and emits one
 * instruction at most.  All operands that are touched take one slot.
 */
#include "wasm/quick.h"

#if EW_CONFIG_WASM && EW_CONFIG_EXEC_ACC

/* ---- what each opcode is ---- */

enum act {
	OTHER, BEGIN, SECOND_ARM, FINISH, GO, GO_IF, INVOKE, GET, INTEGER, FLOAT, SET, DROP, CHOOSE, READ_GLOBAL, WRITE_GLOBAL,
	EQZ, UNARY, BINARY, LOAD_FROM, STORE_TO
};

struct row {
	uint8_t act;
	uint8_t lower, upper, result; /* types: of the operands, the deeper one first; 0: there is none */
	uint8_t align;		      /* the natural alignment's log2 */
	uint8_t fuel, need;	      /* need: as many operands as types of them */
	uint8_t operand, made;	      /* accumulators: of the upper operand, or the only one, and the result */
	uint8_t op;
	uint16_t ins, key; /* the instruction; of its form SS, that writes its slot */
	uint8_t pad[2];	   /* rows are found by a shift */
};

#define ACC_OF(type) ((type) == EW_F32 ? EWI_ACC_F32 : (type) == EW_F64 ? EWI_ACC_F64 : EWI_ACC_INT)
/* A key in another form. */
#define IN_FORM(key, form) ((key) + EWI_KEY(0, form, 0))

#define BY_HAND_ACT(op)                                                                            \
	((op) == EWI_OP_LOCAL_GET				   ? GET                           \
	 : (op) == EWI_OP_LOCAL_SET || (op) == EWI_OP_LOCAL_TEE	   ? SET                           \
	 : (op) == EWI_OP_DROP					   ? DROP                          \
	 : (op) == EWI_OP_SELECT				   ? CHOOSE                        \
	 : (op) == EWI_OP_GLOBAL_GET				   ? READ_GLOBAL                   \
	 : (op) == EWI_OP_GLOBAL_SET				   ? WRITE_GLOBAL                  \
	 : (op) == EWI_OP_I32_CONST || (op) == EWI_OP_I64_CONST	   ? INTEGER                          \
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
		  .need = (EWI_TYPE_AT(pops, 0) != 0) + (EWI_TYPE_AT(pops, 1) != 0), .op = EWI_OP_##N,            \
		  .operand = ACC_OF(EWI_TYPE_AT(pops, 1) ? EWI_TYPE_AT(pops, 1) : EWI_TYPE_AT(pops, 0)),       \
		  .made = ACC_OF(EWI_TYPE_AT(pushes, 0)), .ins = EWI_##icode, .key = EWI_KEY(EWI_##icode, EWI_SS, 0) & UINT16_MAX},
#define OPX(code, N, text, imm, pops, pushes, icode)
#include "wasm/opcodes.def"
};
/* clang-format on */

/* Alignment and offset of an access to memory 0. */
EW_INLINE bool memarg(const struct quick *f, const struct row *row, const uint8_t **p, uint32_t *offset)
{
	/* One byte only, so not an index of a memory either: that is greater than the natural alignment. */
	return f->memory && *(*p)++ <= row->align && small(p, offset);
}

/* ---- instructions ---- */

EW_INLINE bool get(struct quick *f, uint32_t x, const uint8_t *p)
{
	if (!has_room(f))
		return false;
	put_entry(f->top, x, home_of(f, f->top), f->locals[x], EWI_LOCAL);
	f->top++;
	f->p = p;
	return true;
}

EW_INLINE bool get_any(const struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	uint32_t x;

	return small(&p, &x) && x < t->local_count && get(f, x, p);
}

EW_INLINE bool constant(struct quick *f, uint64_t bits, uint8_t type, const uint8_t *p)
{
	uint32_t home = home_of(f, f->top);

	if (!has_room(f))
		return false;
	f->top->bits = bits;
	put_entry(f->top, home, home, type, EWI_CONST);
	f->top++;
	f->p = p;
	return true;
}

/* Of four bytes at most. */
EW_INLINE bool integer(struct quick *f, const struct row *row, const uint8_t *p)
{
	const uint8_t *first = p;
	uint32_t x, shift;
	int32_t v;

	if (!small(&p, &x))
		return false;
	shift = 32 - 7 * (uint32_t)(p - first);
	v = (int32_t)(x << shift) >> shift;
	return constant(f, row->result == EW_I64 ? (uint64_t)(int64_t)v : (uint32_t)v, row->result, p);
}

EW_INLINE bool float_constant(struct quick *f, const struct row *row, const uint8_t *p)
{
	bool half = row->result == EW_F32;

	return constant(f, half ? ewi_le32(p) : ewi_le64(p), row->result, p + (half ? 4 : 8));
}

/* Where the last instruction's result goes, if it stands in a field that can be changed. */
EW_INLINE uint16_t *dst_field(const struct quick *f)
{
	struct ewi_ins *ins = f->before;
	unsigned cls = ewi_icode_info[EWI_KEY_ICODE(f->before_key)].cls;
	unsigned form = f->before_key / EWI_KEY(0, 1, 0) % EWI_FORMS;

	if (cls >= EWI_CLASS_VUN)
		return NULL;
	if (cls == EWI_CLASS_SEL)
		return &ins->u.s.c;
	if (cls != EWI_CLASS_BIN && cls != EWI_CLASS_CMP && cls != EWI_CLASS_FCMP)
		return &ins->b;
	return form == EWI_SS || form == EWI_RS || form == EWI_SR ? &ins->u.s.c : &ins->b;
}

/* ewi_move of a scalar. */
EW_INLINE void move(struct ewi_translator *t, struct quick *f, uint32_t from, uint32_t to, unsigned kind)
{
	static const uint16_t store[EWI_ACCS] = {EWI_KEY(EWI_STORE_INT, EWI_SS, 0), EWI_KEY(EWI_STORE_F32, EWI_SS, 0),
						 EWI_KEY(EWI_STORE_F64, EWI_SS, 0)};

	if (from == to)
		return;
	if (mirrored(t, f, kind) == from) {
		put(f, store[kind], 0, to, 0);
	} else if (f->before && f->before_key == EWI_KEY(EWI_COPY, EWI_SS, 0)) {
		f->before_key = f->start[-1].key = EWI_KEY(EWI_COPY2, EWI_SS, 0);
		f->before->u.s.c = (uint16_t)from;
		f->before->u.s.d = (uint16_t)to;
	} else {
		put(f, EWI_KEY(EWI_COPY, EWI_SS, 0), from, to, 0);
	}
	wrote_slot(t, f, to);
}

EW_INLINE bool set_constant(struct ewi_translator *t, struct quick *f, const struct ewi_entry *v, uint32_t x)
{
	bool half = v->type == EW_I32 || v->type == EW_F32;

	if (!half && (int64_t)v->bits != (int32_t)(uint32_t)v->bits)
		return false;
	put(f, half ? EWI_KEY(EWI_CONST32, EWI_SS, 0) : EWI_KEY(EWI_CONST64_NARROW, EWI_SS, 0), 0, x, (uint32_t)v->bits);
	wrote_slot(t, f, x);
	return true;
}

/* ewi_emit_local_set, of a value that stands in a slot. */
EW_INLINE bool set_value(struct ewi_translator *t, struct quick *f, const struct ewi_entry *v, uint32_t x)
{
	unsigned kind = ewi_acc_of(v->type);
	bool in = mirrored(t, f, kind) == v->slot;
	uint16_t *field;

	if (v->place == EWI_TEMP && f->before && f->before_dst == v->slot) {
		field = dst_field(f);
		if (!field)
			return false;
		*field = (uint16_t)x;
		f->before_dst = EWI_NONE;
		wrote_slot(t, f, x);
	} else {
		move(t, f, v->slot, x, kind);
		if (!in)
			return true;
		consume(t, f, v, kind, true);
	}
	if (in)
		mirror(t, f, kind, x);
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
	if (!(v->place == EWI_CONST ? set_constant(t, f, v, x) : set_value(t, f, v, x)))
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

/* A constant that no instruction takes as it is goes to its slot. */
EW_INLINE bool into_slot(struct ewi_translator *t, struct quick *f, struct ewi_entry *e)
{
	if (!set_constant(t, f, e, e->home))
		return false;
	e->place = EWI_TEMP;
	return true;
}

EW_INLINE bool is_compare(const struct ewi_icode_info *info)
{
	return info->cls == EWI_CLASS_CMP || info->cls == EWI_CLASS_FCMP;
}

/* a op immediate; by the row of the operation, and the key of its form SS or, the operands swapped, of another one's. */
EW_INLINE void with_immediate(struct ewi_translator *t, struct quick *f, const struct row *row, unsigned key,
			      const struct ewi_entry *a, uint32_t imm, uint32_t dst)
{
	bool in = mirrored(t, f, row->operand) == a->slot;

	if (in)
		consume(t, f, a, row->operand, ewi_icode_info[row->ins].bits);
	if (ewi_icode_info[row->ins].traps)
		mark(t, f);
	put(f, IN_FORM(key, in ? EWI_RI : EWI_SI), in ? 0 : a->slot, dst, imm);
	made(t, f, row->made, dst);
}

EW_INLINE void with_slots(struct ewi_translator *t, struct quick *f, const struct row *row, const struct ewi_entry *a,
			  const struct ewi_entry *b, uint32_t dst)
{
	const struct ewi_icode_info *info = &ewi_icode_info[row->ins];
	uint32_t slot = mirrored(t, f, row->operand);
	unsigned form = a->slot == slot ? EWI_RS : b->slot == slot ? EWI_SR : EWI_SS, key = row->key;

	if (form == EWI_SR && is_compare(info)) {
		const struct ewi_entry *e = a;

		key = EWI_KEY((unsigned)info->swapped, EWI_SS, 0);
		a = b;
		b = e;
		form = EWI_RS;
	}
	if (form != EWI_SS && a->slot != b->slot)
		consume(t, f, form == EWI_RS ? a : b, row->operand, info->bits);
	if (info->traps)
		mark(t, f);
	put(f, IN_FORM(key, form), a->slot, b->slot, dst);
	made(t, f, row->made, dst);
}

EW_INLINE bool binary(struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	const struct ewi_icode_info *info = &ewi_icode_info[row->ins];
	struct ewi_entry *a = f->top - 2, *b = f->top - 1;
	uint32_t dst = a->home;

	if (a->type != row->lower || b->type != row->upper)
		return false;
	if (b->place == EWI_CONST) {
		if (!narrow(b) || (a->place == EWI_CONST && !into_slot(t, f, a)))
			return false;
		with_immediate(t, f, row, row->key, a, (uint32_t)b->bits, dst);
	} else if (a->place == EWI_CONST && (info->commutes || is_compare(info))) {
		if (!narrow(a))
			return false;
		with_immediate(t, f, row, info->commutes ? row->key : EWI_KEY((unsigned)info->swapped, EWI_SS, 0), b,
			       (uint32_t)a->bits, dst);
	} else {
		if (a->place == EWI_CONST && !into_slot(t, f, a))
			return false;
		with_slots(t, f, row, a, b, dst);
	}
	push_result(f, a, dst, row->result);
	f->p = p;
	return true;
}

EW_INLINE bool unary(struct ewi_translator *t, struct quick *f, const struct row *row, const uint8_t *p)
{
	struct ewi_entry *a = f->top - 1;
	uint32_t dst = a->home;
	bool in;

	if (a->type != row->lower || (a->place == EWI_CONST && !into_slot(t, f, a)))
		return false;
	in = mirrored(t, f, row->operand) == a->slot;
	if (in)
		consume(t, f, a, row->operand, ewi_icode_info[row->ins].bits);
	if (ewi_icode_info[row->ins].traps)
		mark(t, f);
	put(f, IN_FORM(row->key, in ? EWI_RS : EWI_SS), in ? 0 : a->slot, dst, 0);
	made(t, f, row->made, dst);
	push_result(f, a, dst, row->result);
	f->p = p;
	return true;
}

/* By the rows of i32.eq and i64.eq. */
EW_INLINE bool eqz(struct ewi_translator *t, struct quick *f, bool wide, const uint8_t *p)
{
	const struct row *row = &rows[wide ? 0x51 : 0x46];
	struct ewi_entry *a = f->top - 1;
	uint32_t dst = a->home, icode = EWI_KEY_ICODE(f->before_key);

	if (a->type != row->lower || a->place == EWI_CONST)
		return false;
	if (!wide && f->before && a->place == EWI_TEMP && f->before_dst == a->slot &&
	    ewi_icode_info[icode].cls == EWI_CLASS_CMP) {
		/* The result is where it was: the opposite compare makes it. */
		f->before_key += EWI_KEY((uint32_t)ewi_icode_info[icode].negated, 0, 0) - EWI_KEY(icode, 0, 0);
		f->start[-1].key = (uint16_t)f->before_key;
	} else {
		with_immediate(t, f, row, row->key, a, 0, dst);
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
	unsigned key = row->key;

	if (a->type != EW_I32 || !memarg(f, row, &p, &offset) || !fixed(a, &offset))
		return false;
	if (a->place == EWI_CONST) {
		key += EWI_KEY(1, 0, 0);
	} else if (f->slot == a->slot) {
		consume(t, f, a, EWI_ACC_INT, false);
		key = IN_FORM(key, EWI_RS);
	} else {
		slot = a->slot;
	}
	mark(t, f);
	put(f, key, slot, dst, offset);
	made(t, f, row->made, dst);
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
	unsigned key = row->key, form = EWI_SS;
	uint32_t offset, slot = 0;

	if (!f->stores || a->type != EW_I32 || v->type != row->upper || !memarg(f, row, &p, &offset) || !fixed(a, &offset))
		return false;
	if (is_const && !tiny(v)) {
		if (!into_slot(t, f, v))
			return false;
		is_const = false;
	}
	if (is_const)
		key = row->ins == EWI_F32_STORE	  ? EWI_KEY(EWI_I32_STORE, EWI_SS, 0)
		      : row->ins == EWI_F64_STORE ? EWI_KEY(EWI_I64_STORE, EWI_SS, 0)
						  : key;
	if (!is_const && mirrored(t, f, row->operand) == v->slot && (is_fixed || v->slot != a->slot)) {
		slot = is_fixed ? 0 : a->slot;
		consume(t, f, v, row->operand, true);
		form = EWI_SR;
	} else if (!is_fixed && f->slot == a->slot) {
		consume(t, f, a, EWI_ACC_INT, false);
		form = is_const ? EWI_RI : EWI_RS;
	} else {
		slot = is_fixed ? 0 : a->slot;
		form = is_const ? EWI_SI : EWI_SS;
	}
	mark(t, f);
	put(f, IN_FORM(key, form) + (is_fixed ? EWI_KEY(1, 0, 0) : 0), slot, is_const ? (uint16_t)v->bits : v->slot, offset);
	f->top = a;
	f->p = p;
	return true;
}

/* ---- globals, and choosing: of numbers ---- */

EW_INLINE bool is_number(uint8_t type)
{
	return type >= EW_F64 && type <= EW_I32;
}

EW_INLINE bool read_global(struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	static const uint16_t keys[EWI_ACCS] = {EWI_KEY(EWI_GLOBAL_GET_INT, EWI_SS, 0), EWI_KEY(EWI_GLOBAL_GET_F32, EWI_SS, 0),
						EWI_KEY(EWI_GLOBAL_GET_F64, EWI_SS, 0)};
	uint32_t x, home = home_of(f, f->top);
	uint8_t type;

	if (!small(&p, &x) || x >= t->m->global_count)
		return false;
	type = t->m->globals[x].type;
	if (!is_number(type) || !has_room(f))
		return false;
	put(f, keys[ewi_acc_of(type)], 0, home, x);
	made(t, f, ewi_acc_of(type), home);
	put_entry(f->top++, home, home, type, EWI_TEMP);
	f->p = p;
	return true;
}

EW_INLINE bool write_global(struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	struct ewi_entry *v;
	uint32_t x;

	if (f->top == f->floor || !small(&p, &x) || x >= t->m->global_count || !t->m->globals[x].is_mutable)
		return false;
	v = f->top - 1;
	if (v->type != t->m->globals[x].type || !is_number(v->type) || (v->place == EWI_CONST && !into_slot(t, f, v)))
		return false;
	put(f, EWI_KEY(EWI_GLOBAL_SET, EWI_SS, 0), v->slot, 0, x);
	f->top = v;
	f->p = p;
	return true;
}

EW_INLINE bool choose(struct ewi_translator *t, struct quick *f, const uint8_t *p)
{
	struct ewi_entry *a;
	uint32_t dst;

	if (f->top - f->floor < 3)
		return false;
	a = f->top - 3;
	if (a[2].type != EW_I32 || a[1].type != a->type || !is_number(a->type))
		return false;
	dst = a->home;
	give(t, f);
	ewi_emit_select(t, a, a + 1, a + 2, dst);
	take(t, f);
	push_result(f, a, dst, a->type);
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
		give(t, f);
		ewi_take_cond(t, *top, &c);
		b->else_branch = ewi_emit_branch(t, &c, false);
		((int32_t *)(void *)(t->code + b->else_branch))[1] = t->cost;
		take(t, f);
	} else if (row->op == EWI_OP_LOOP) {
		give(t, f);
		ewi_forget(t);
		b->loop = ewi_here(t);
		b->loop_cost = t->cost;
		take(t, f);
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
	give(t, f);
	ewi_emit_link(t, b, ewi_emit_jump(t));
	ewi_emit_bind(t, b->else_branch);
	take(t, f);
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
	give(t, f);
	if (b->else_branch != EWI_NONE)
		ewi_emit_bind(t, b->else_branch);
	if (b->opcode != 0x03)
		ewi_emit_bind(t, b->chain);
	take(t, f);
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
	give(t, f);
	ewi_emit_link(t, b, ewi_emit_jump(t));
	take(t, f);
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
	give(t, f);
	ewi_take_cond(t, *--f->top, &c);
	ewi_emit_link(t, b, ewi_emit_branch(t, &c, true));
	take(t, f);
	f->p = p;
	return true;
}

/* ewi_settle, of an entry that is no longer popped as it was. */
EW_INLINE void settle(struct ewi_translator *t, struct quick *f, struct ewi_entry *e)
{
	if (e->place != EWI_CONST) {
		move(t, f, e->slot, e->home, ewi_acc_of(e->type));
	} else if (!set_constant(t, f, e, e->home)) {
		give(t, f);
		ewi_const_to(t, e, e->home);
		take(t, f);
	}
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
	    (size_t)(f->top - f->floor) < type->param_count ||
	    (type->result_count > type->param_count && !has_room(f)))
		return false;
	first = f->top - type->param_count;
	for (uint32_t i = 0; i < type->param_count; i++)
		if (first[i].type != type->params[i])
			return false;
	for (struct ewi_entry *e = first; e < f->top; e++)
		settle(t, f, e);
	base = home_of(f, first);
	give(t, f);
	t->at = (uint32_t)(f->p - t->m->bytes);
	ewi_emit_call(t, x, type, (uint16_t)base);
	take(t, f);
	f->top = first;
	if (type->result_count == 1) {
		put_entry(f->top++, base, base, *ewi_functype_results(type), EWI_TEMP);
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
	case GET: return get_any(t, f, p);
	case INTEGER: return integer(f, row, p);
	case FLOAT: return float_constant(f, row, p);
	case SET: return set(t, f, row, p);
	case DROP: return drop(f, p);
	case CHOOSE: return choose(t, f, p);
	case READ_GLOBAL: return read_global(t, f, p);
	case WRITE_GLOBAL: return write_global(t, f, p);
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
	f->stack = t->stack;
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
	take(t, f);
	f->high = f->top = t->stack + t->sp;
	set_floor(t, f, b->height);
	return true;
}

EW_INLINE void leave(struct ewi_translator *t, const struct quick *f)
{
	uint32_t high = home_of(f, f->high);

	give(t, f);
	t->r.p = f->p;
	t->sp = (uint32_t)(f->top - t->stack);
	t->next_slot = home_of(f, f->top);
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
		const uint8_t *at = f->p;
		const struct row *row = &rows[*at];

		if (at[0] == 0x20 && EW_LIKELY(at[1] < f->one_byte)) { /* local.get */
			if (!get(f, at[1], at + 2))
				return;
			f->cost++;
			continue;
		}
		f->cost += row->fuel;
		if (EW_UNLIKELY(f->top - f->floor < row->need || !common(t, f, row))) {
			f->cost -= rows[*f->p].fuel; /* nothing has changed */
			return;
		}
	}
}

/*
 * The end of a block in dead code: it is live again if something leads there, or the block was an if.  The operands are
 * gone, and the block gives nothing, or what of any type is in the slot of its one value.
 */
static bool dead_end(struct ewi_translator *t)
{
	const struct ewi_block *b = innermost(t);
	const uint8_t *type = b->results;
	bool gives = b->result_count == 1, leads = !b->was_dead && (b->chain != 0 || b->else_branch != EWI_NONE);

	if (t->r.p >= t->r.end || *t->r.p != 0x0b || t->depth == 1 || t->sp != b->height || b->result_count > 1 ||
	    (gives && (!b->unreachable || !is_number(*type) || b->opcode == 0x04)) || b->param_count != 0 ||
	    b->caught != 0 || b->try_count != 0)
		return false;
	t->r.p++;
	t->depth--;
	if (leads) {
		t->dead = false;
		if (b->else_branch != EWI_NONE)
			ewi_emit_bind(t, b->else_branch);
		if (b->opcode != 0x03)
			ewi_emit_bind(t, b->chain);
	}
	if (gives)
		ewi_push(t, *type);
	return true;
}

void ewi_quick_ops(struct ewi_translator *t)
{
	struct quick f;

	f.memory = t->m->memory_count != 0 && !EWI_IS64(&t->m->memories[0]);
	f.stores = !(t->m->flags & EW_MODULE_TRACK);
	f.locals = t->locals;
	f.one_byte = t->local_count < 0x80 ? t->local_count : 0x80;
	while (t->depth > 0 && t->status == EW_OK && !t->r.failed) {
		if (t->dead && dead_end(t))
			continue;
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
