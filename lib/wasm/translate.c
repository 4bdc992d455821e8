/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * translate.c - one pass over a function body: decode, validate, emit.
 *
 * The operand stack and the stack of blocks are the validation algorithm's (core specification 2.0,
 * appendix A.3); what their entries know beyond types is emit.h's.  Instructions whose types the table
 * gives go through simple_op; the rest through a switch in hand_op, translate_object.c and translate_control.c.
 */
#include "base/error.h"
#include "wasm/translate.h"

#if EW_CONFIG_WASM

/* clang-format off */
static const struct ewi_op ops[] = {
#define OP(code, N, text, imm, pops, pushes, icode)                                                \
	[EWI_OP_##N] = {EWI_TEXT(text) pops, pushes, EWI_IMM_##imm, EWI_##icode},
#define OPX OP
#include "wasm/opcodes.def"
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms)                            \
	[EWI_OP_##N] = {EWI_TEXT(text) pops, pushes, EWI_IMM_##imm, EWI_##N},
#define VINT(N, cls, R, T, forms)
#define VALIAS(code, N, text, pops, icode) [EWI_OP_##N] = {EWI_TEXT(text) pops, "v", EWI_IMM_NONE, EWI_##icode},
#include "wasm/simd.def"
};

/* Opcode to row + 1; 0: no such opcode. */
static const uint8_t row_of_byte[256] = {
#define OP(code, N, text, imm, pops, pushes, icode) [code] = EWI_OP_##N + 1,
#define OPX(code, N, text, imm, pops, pushes, icode)
#include "wasm/opcodes.def"
};
static const uint8_t row_of_fc[] = {
#define OP(code, N, text, imm, pops, pushes, icode)
#define OPX(code, N, text, imm, pops, pushes, icode) [code] = EWI_OP_##N + 1,
#include "wasm/opcodes.def"
};
#if EW_CONFIG_SIMD
static const uint16_t row_of_fd[] = {
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms) [code] = EWI_OP_##N + 1,
#define VINT(N, cls, R, T, forms)
#define VALIAS(code, N, text, pops, icode) [code] = EWI_OP_##N + 1,
#include "wasm/simd.def"
};
#endif
/* clang-format on */

/* ---- the operand stack ---- */

struct ewi_entry *ewi_push(struct ewi_translator *t, uint8_t type)
{
	struct ewi_entry *e;

	if (t->next_slot + ewi_slots_of(type) > EW_MAX_FRAME_SLOTS) {
		ewi_fail(t, EW_ERR_LIMIT, "frame has more slots than EW_MAX_FRAME_SLOTS");
		return &t->spare; /* the failure ends translation */
	}
	if (t->sp == t->stack_cap) {
		size_t cap = ewi_grow(&t->m->alloc, (void **)&t->stack, t->stack_cap,
				      EW_MAX_FRAME_SLOTS + 1, sizeof(*t->stack));

		if (!cap) {
			ewi_fail(t, EW_ERR_NOMEM, "no memory for the operand stack");
			return &t->spare;
		}
		t->stack_cap = (uint32_t)cap;
	}
	e = &t->stack[t->sp++];
	*e = (struct ewi_entry){.slot = (uint16_t)t->next_slot,
				.home = (uint16_t)t->next_slot,
				.type = type,
				.place = EWI_TEMP};
	t->next_slot += ewi_slots_of(type);
	if (t->next_slot > t->max_slot)
		t->max_slot = t->next_slot;
	return e;
}

struct ewi_entry ewi_pop(struct ewi_translator *t, uint8_t type)
{
	struct ewi_block *b = &t->blocks[t->depth - 1];
	struct ewi_entry e = {.slot = (uint16_t)t->next_slot, .home = (uint16_t)t->next_slot, .place = EWI_TEMP};

	if (t->sp == b->height) {
		if (!b->unreachable)
			ewi_fail(t, EW_ERR_INVALID, "type mismatch: the operand stack is empty");
		return e;
	}
	e = t->stack[--t->sp];
	t->next_slot = e.home;
	if (e.place == EWI_LOCAL)
		t->lazy_count--; /* entries are listed in order of height: it is the last */
	if (e.type != type && e.type != EWI_UNKNOWN && type != EWI_UNKNOWN)
		ewi_fail(t, EW_ERR_INVALID, "type mismatch");
	return e;
}

void ewi_pop_types(struct ewi_translator *t, const uint8_t *types, uint32_t n)
{
	struct ewi_entry *e = t->stack + t->sp;
	bool wrong = false;

	if (t->sp - t->blocks[t->depth - 1].height < n) { /* too few, or unreachable */
		while (n > 0 && t->status == EW_OK)
			ewi_pop(t, types[--n]);
		return;
	}
	if (n == 0)
		return;
	t->sp -= n;
	while (n-- > 0) {
		e--;
		t->lazy_count -= e->place == EWI_LOCAL; /* the last of them first, as in ewi_pop */
		wrong |= e->type != types[n] && e->type != EWI_UNKNOWN;
	}
	t->next_slot = e->home;
	if (wrong)
		ewi_fail(t, EW_ERR_INVALID, "type mismatch");
}

void ewi_push_types(struct ewi_translator *t, const uint8_t *types, uint32_t n)
{
	uint32_t i = 0;

	/* While there is room for v128s, which take two slots. */
	for (; i < n && t->sp < t->stack_cap && t->next_slot + 2 <= EW_MAX_FRAME_SLOTS; i++) {
		t->stack[t->sp++] = (struct ewi_entry){
			.slot = (uint16_t)t->next_slot, .home = (uint16_t)t->next_slot, .type = types[i]};
		t->next_slot += ewi_slots_of(types[i]);
	}
	if (t->next_slot > t->max_slot)
		t->max_slot = t->next_slot;
	for (; i < n && t->status == EW_OK; i++)
		ewi_push(t, types[i]);
}

void ewi_check_top(struct ewi_translator *t, const uint8_t *types, uint32_t n)
{
	const struct ewi_block *b = &t->blocks[t->depth - 1];
	uint32_t have = t->sp - b->height;

	if (have < n && !b->unreachable)
		ewi_fail(t, EW_ERR_INVALID, "type mismatch: the operand stack is empty");
	for (uint32_t k = 0; k < n && k < have; k++) {
		uint8_t type = t->stack[t->sp - 1 - k].type;

		if (type != types[n - 1 - k] && type != EWI_UNKNOWN)
			ewi_fail(t, EW_ERR_INVALID, "type mismatch");
	}
}

uint8_t ewi_type_of_letter(char c)
{
	return c == 'v' ? EW_V128 : c == 'i' ? EW_I32 : c == 'I' ? EW_I64 : c == 'f' ? EW_F32 : EW_F64;
}

/* ---- immediates ---- */

uint32_t ewi_read_index(struct ewi_translator *t, uint32_t count, const char *what)
{
	uint32_t i = ewi_read_u32(&t->r);

	if (!t->r.failed && i >= count) {
		ewi_fail(t, EW_ERR_INVALID, what);
		return 0;
	}
	return i;
}

uint8_t ewi_read_type(struct ewi_translator *t)
{
	size_t at = ewi_reader_at(&t->r);
	uint8_t type = ewi_read_u8(&t->r);
	const char *why;
	enum ew_status status;

	if (t->r.failed)
		return type;
	status = ewi_check_type(t->m, type, &why);
	if (status == EW_ERR_MALFORMED)
		ewi_reader_fail(&t->r, at, why);
	else if (status != EW_OK)
		ewi_fail(t, status, why);
	return type;
}

bool ewi_read_zero(struct ewi_translator *t)
{
	size_t at = ewi_reader_at(&t->r);

	if (ewi_read_u8(&t->r) != 0 && !t->r.failed)
		return ewi_reader_fail(&t->r, at, "zero byte expected");
	return !t->r.failed;
}

bool ewi_need_memory(struct ewi_translator *t)
{
	return t->m->memory_count > 0 || ewi_fail(t, EW_ERR_INVALID, "unknown memory 0");
}

/* Bit 6 of the alignment: the index of a memory follows. */
#define MEMARG_MEMORY 0x40u

uint64_t ewi_read_memarg(struct ewi_translator *t, unsigned natural)
{
	uint32_t align = ewi_read_u32(&t->r);

	t->memory = 0;
	if (!t->r.failed && (align & ~31u) == MEMARG_MEMORY) {
		align &= 31u;
		if (EWI_OFF(t->m, MULTI_MEMORY))
			ewi_fail(t, EW_ERR_UNSUPPORTED, "multiple memories are disabled");
		else
			t->memory = ewi_read_index(t, t->m->memory_count, "unknown memory");
	}
	if (!t->r.failed && align > natural) {
		if (align >= 32)
			ewi_reader_fail(&t->r, ewi_reader_at(&t->r), "malformed memop flags");
		else
			ewi_fail(t, EW_ERR_INVALID, "alignment must not be larger than natural");
	}
	t->wide = t->memory < t->m->memory_count && EWI_IS64(&t->m->memories[t->memory]);
	return t->wide ? ewi_read_u64(&t->r) : ewi_read_u32(&t->r);
}

/* ---- accesses of other than memory 0, and of 64-bit memories ---- */

static void use_memory(struct ewi_translator *t, uint32_t memory)
{
	ewi_emit(t, EWI_MEMORY_USE, EWI_SS, false)->i.u.uimm = memory;
}

#if EW_CONFIG_MEMORY64
static uint32_t wide_offset(struct ewi_translator *t, struct ewi_entry *a, uint64_t offset)
{
	struct ewi_insx *ins;
	uint16_t slot;

	if (offset <= UINT32_MAX)
		return (uint32_t)offset;
	slot = ewi_slot(t, a);
	ins = ewi_emit(t, EWI_ADDRESS_ADD, EWI_SS, true);
	ins->i.a = slot;
	ins->i.b = a->home;
	memcpy(&ins->rel, &offset, sizeof(offset));
	ewi_wrote_slot(t, a->home);
	a->slot = a->home;
	a->place = EWI_TEMP;
	return 0;
}

/* Nothing silences the handler that it gets: what it leaves in an accumulator is in its slot as well. */
static void widen(struct ewi_translator *t)
{
	if (t->dead || t->status != EW_OK)
		return;
#if EW_CONFIG_EXEC_ACC
	t->starts[t->start_count - 1].key = EWI_KEY_WIDE(t->last.icode, t->last.form);
#else
	struct ewi_ins *ins = (void *)(t->code + t->last.pos);

	ins->h = ewi_wide_handlers[t->last.icode][t->last.form != EWI_SS];
#endif
	for (int k = 0; k < EWI_ACCS; k++)
		t->acc[k].start = EWI_NONE;
}
#endif

uint32_t ewi_access_begin(struct ewi_translator *t, struct ewi_entry *a, uint64_t offset)
{
#if EW_CONFIG_MEMORY64
	if (t->wide)
		offset = wide_offset(t, a, offset);
#else
	(void)a;
#endif
	if (t->memory != 0)
		use_memory(t, t->memory);
	return (uint32_t)offset;
}

void ewi_access_end(struct ewi_translator *t)
{
#if EW_CONFIG_MEMORY64
	if (t->wide)
		widen(t);
#endif
	if (t->memory != 0)
		use_memory(t, 0);
}

/* The address stays an operand of the store: whatever made it must leave it in its slot, where TOUCH reads it. */
void ewi_emit_touch(struct ewi_translator *t, const struct ewi_entry *addr, uint32_t offset)
{
	struct ewi_insx *ins;
	uint16_t slot;

	if (!(t->m->flags & EW_MODULE_TRACK) || t->memory != 0 || t->wide)
		return;
	slot = ewi_slot(t, addr);
	ewi_keep_slots(t);
	ins = ewi_emit(t, EWI_TOUCH, EWI_SS, false);
	ins->i.a = slot;
	ins->i.u.uimm = offset;
}

void ewi_narrow_index(struct ewi_translator *t, bool is64, struct ewi_entry *index)
{
	struct ewi_insx *ins;
	uint16_t slot;

	if (!is64)
		return;
	slot = ewi_slot(t, index);
	ins = ewi_emit(t, EWI_TABLE_INDEX, EWI_SS, false);
	ins->i.a = slot;
	ins->i.b = index->home;
	ewi_wrote_slot(t, index->home);
	index->slot = index->home;
	index->place = EWI_TEMP;
}

/* ---- instructions whose types the table gives ---- */

static void simple_op(struct ewi_translator *t, const struct ewi_op *op)
{
	const struct ewi_icode_info *info = &ewi_icode_info[op->icode];
	struct ewi_entry a, b;
	uint64_t offset = 0;
	uint32_t at;

	t->memory = 0;
	t->wide = false;
	if (op->imm >= EWI_IMM_MEM0 && op->imm <= EWI_IMM_MEM3) {
		offset = ewi_read_memarg(t, op->imm - EWI_IMM_MEM0);
		ewi_need_memory(t);
	}
	b = (struct ewi_entry){0};
	if (op->pops[1])
		b = ewi_pop(t, ewi_type_of_letter(op->pops[1]));
	a = ewi_pop(t, t->wide ? EW_I64 : ewi_type_of_letter(op->pops[0]));
	if (t->status != EW_OK || t->r.failed)
		return;
	at = ewi_access_begin(t, &a, offset);
	switch (info->cls) {
	case EWI_CLASS_UN:
		ewi_emit_unary(t, op->icode, &a, t->next_slot);
		break;
	case EWI_CLASS_LOAD:
		ewi_emit_load(t, op->icode, &a, at, t->next_slot);
		break;
	case EWI_CLASS_STORE:
		ewi_emit_touch(t, &a, at);
		ewi_emit_store(t, op->icode, &a, &b, at);
		break;
	default:
		ewi_emit_binary(t, op->icode, a, b, t->next_slot);
		break;
	}
	ewi_access_end(t);
	if (op->pushes[0])
		ewi_push(t, ewi_type_of_letter(op->pushes[0]));
}

void ewi_push_const(struct ewi_translator *t, uint8_t type, uint64_t bits)
{
	struct ewi_entry *e = ewi_push(t, type);

	if (t->dead)
		return;
	e->place = EWI_CONST;
	e->bits = bits;
}

/* ---- locals and globals ---- */

static uint16_t local_slot(const struct ewi_translator *t, uint32_t x)
{
	return t->has_v128_locals ? t->local_slots[x] : (uint16_t)x;
}

static void local_get(struct ewi_translator *t, uint32_t x)
{
	struct ewi_entry *e;

	if (t->lazy_count == EWI_LAZY_MAX) /* keeps ewi_settle_locals short */
		ewi_settle(t, t->lazy[0]);
	e = ewi_push(t, t->locals[x]);
	if (t->dead || t->status != EW_OK)
		return;
	e->place = EWI_LOCAL;
	e->slot = local_slot(t, x);
	t->lazy[t->lazy_count++] = t->sp - 1;
}

static void local_op(struct ewi_translator *t, enum ewi_opcode op)
{
	uint32_t x = ewi_read_index(t, t->local_count, "unknown local");
	struct ewi_entry v;

	if (t->status != EW_OK || t->r.failed)
		return;
	if (op != EWI_OP_LOCAL_GET) {
		v = ewi_pop(t, t->locals[x]);
		if (t->status == EW_OK)
			ewi_emit_local_set(t, local_slot(t, x), t->locals[x], &v);
	}
	if (op != EWI_OP_LOCAL_SET)
		local_get(t, x);
}

static bool is_number_or_vector(uint8_t type)
{
	return type == EWI_UNKNOWN || ewi_is_v128(type) || (type >= EW_F64 && type <= EW_I32);
}

static void select_op(struct ewi_translator *t, bool typed)
{
	struct ewi_entry c, a, b;
	uint8_t type = EWI_UNKNOWN;

	if (typed) {
		if (ewi_read_u32(&t->r) != 1) {
			ewi_fail(t, EW_ERR_INVALID, "invalid result arity");
			return;
		}
		type = ewi_read_type(t);
	}
	c = ewi_pop(t, EW_I32);
	b = ewi_pop(t, type);
	a = ewi_pop(t, type);
	if (t->status != EW_OK || t->r.failed)
		return;
	if (!typed) {
		if (!is_number_or_vector(a.type) || !is_number_or_vector(b.type) ||
		    (a.type != b.type && a.type != EWI_UNKNOWN && b.type != EWI_UNKNOWN)) {
			ewi_fail(t, EW_ERR_INVALID, "type mismatch");
			return;
		}
		type = a.type != EWI_UNKNOWN ? a.type : b.type;
	}
	ewi_emit_select(t, &a, &b, &c, t->next_slot);
	ewi_push(t, type);
}

/* ---- the loop ---- */

static void hand_op(struct ewi_translator *t, enum ewi_opcode op)
{
	struct ewi_entry e;
	uint32_t x;

	switch (op) {
	case EWI_OP_NOP:
		break;
	case EWI_OP_DROP:
		ewi_pop(t, EWI_UNKNOWN);
		break;
	case EWI_OP_SELECT:
	case EWI_OP_SELECT_T:
		select_op(t, op == EWI_OP_SELECT_T);
		break;
	case EWI_OP_LOCAL_GET:
	case EWI_OP_LOCAL_SET:
	case EWI_OP_LOCAL_TEE:
		local_op(t, op);
		break;
	case EWI_OP_GLOBAL_GET:
	case EWI_OP_GLOBAL_SET:
	case EWI_OP_TABLE_GET:
	case EWI_OP_TABLE_SET:
	case EWI_OP_TABLE_SIZE:
	case EWI_OP_TABLE_GROW:
	case EWI_OP_TABLE_FILL:
	case EWI_OP_TABLE_COPY:
	case EWI_OP_TABLE_INIT:
	case EWI_OP_ELEM_DROP:
	case EWI_OP_DATA_DROP:
	case EWI_OP_MEMORY_SIZE:
	case EWI_OP_MEMORY_GROW:
	case EWI_OP_MEMORY_INIT:
	case EWI_OP_MEMORY_COPY:
	case EWI_OP_MEMORY_FILL:
	case EWI_OP_REF_NULL:
	case EWI_OP_REF_IS_NULL:
	case EWI_OP_REF_FUNC:
		ewi_object_op(t, op);
		break;
	case EWI_OP_I32_CONST:
		ewi_push_const(t, EW_I32, (uint32_t)ewi_read_s32(&t->r));
		break;
	case EWI_OP_I64_CONST:
		ewi_push_const(t, EW_I64, (uint64_t)ewi_read_s64(&t->r));
		break;
	case EWI_OP_F32_CONST:
		ewi_push_const(t, EW_F32, ewi_read_le32(&t->r));
		break;
	case EWI_OP_F64_CONST:
		ewi_push_const(t, EW_F64, ewi_read_le64(&t->r));
		break;
	case EWI_OP_I32_EQZ:
	case EWI_OP_I64_EQZ:
		x = op == EWI_OP_I32_EQZ ? EW_I32 : EW_I64;
		e = ewi_pop(t, (uint8_t)x);
		e.type = (uint8_t)x;
		ewi_emit_eqz(t, e, t->next_slot);
		ewi_push(t, EW_I32);
		break;
	default:
		ewi_control_op(t, op);
		break;
	}
}

static const struct ewi_op *read_simd_opcode(struct ewi_reader *r)
{
#if EW_CONFIG_SIMD
	uint32_t second = ewi_read_u32(r);

	if (!r->failed && second < sizeof(row_of_fd) / sizeof(row_of_fd[0]) && row_of_fd[second])
		return &ops[row_of_fd[second] - 1];
#else
	(void)r;
#endif
	return NULL;
}

/* What is left out on purpose is named. */
static const char *why_illegal(uint8_t byte)
{
	switch (byte) {
	case 0x06: case 0x07: case 0x09: case 0x18: case 0x19:
		return "illegal opcode: of the older exception handling proposal (try, catch, rethrow, delegate)";
	case 0x14: case 0x15: case 0xd3: case 0xd4: case 0xd5: case 0xd6:
		return "illegal opcode: typed references are not supported";
	case 0xfb: return "illegal opcode: garbage collection is not supported";
	case 0xfe: return "illegal opcode: threads are not supported";
	default: return "illegal opcode";
	}
}

const struct ewi_op *ewi_read_opcode(struct ewi_reader *r)
{
	uint8_t byte = ewi_read_u8(r), row = row_of_byte[byte];
	uint32_t second;

	if (byte == 0xfc) {
		second = ewi_read_u32(r);
		row = second < sizeof(row_of_fc) ? row_of_fc[second] : 0;
	}
	if (r->failed)
		return NULL;
	if (row)
		return &ops[row - 1];
	return byte == 0xfd ? read_simd_opcode(r) : NULL;
}

enum { RELAXED_FIRST = 0x100, RELAXED_LAST = 0x113 };

/* A vector instruction that is not to be; r is at its opcode. */
static const char *refused_vector(const struct ewi_translator *t, struct ewi_reader r)
{
	uint32_t second;

	if (ewi_read_u8(&r) != 0xfd)
		return NULL;
	if (!EW_CONFIG_SIMD)
		return "v128 instructions are not supported";
	second = EWI_OFF(t->m, RELAXED_SIMD) ? ewi_read_u32(&r) : 0;
	return second >= RELAXED_FIRST && second <= RELAXED_LAST ? "relaxed vector instructions are disabled" : NULL;
}

static const struct ewi_op *read_opcode(struct ewi_translator *t)
{
	const uint8_t *first = t->r.p;
	const struct ewi_op *op = ewi_read_opcode(&t->r);
	const char *refused = NULL;

	if (op && *first != 0xfd)
		return op;
	if (!t->r.failed) {
		struct ewi_reader again = t->r;

		again.p = first;
		again.err = NULL;
		refused = refused_vector(t, again);
	}
	if (refused)
		ewi_fail(t, EW_ERR_UNSUPPORTED, refused);
	else if (!op && !t->r.failed) /* at the end there is no opcode to name */
		ewi_reader_fail(&t->r, t->at, why_illegal(*first));
	return refused ? NULL : op;
}

void ewi_translate_op(struct ewi_translator *t)
{
	const struct ewi_op *op;
	enum ewi_opcode code;

	t->at = ewi_reader_at(&t->r);
	op = read_opcode(t);
	if (!op)
		return;
	code = (enum ewi_opcode)(op - ops);
	if (t->cost > EWI_COST_MAX)
		ewi_account(t);
#if EW_CONFIG_TRACE
	if (ewi_is_observed(t->m))
		ewi_emit_step(t, op, code);
#endif
	t->cost += !EWI_IS_FREE(code);
	if (op->icode == EWI_BY_HAND)
		hand_op(t, code);
#if EW_CONFIG_SIMD
	else if (ewi_icode_info[op->icode].cls >= EWI_CLASS_VUN)
		ewi_simd_op(t, op);
#endif
	else
		simple_op(t, op);
}

/* ---- one function ---- */

/* Slots of n more locals.  They are written down from the first v128 on only: functions without have none. */
static bool place_locals(struct ewi_translator *t, uint32_t n, uint8_t type)
{
	uint32_t slots = ewi_slots_of(type), end = t->local_count + n;

	if (n > (EW_MAX_FRAME_SLOTS - t->local_slot_count) / slots)
		return ewi_fail(t, EW_ERR_LIMIT, "locals take more than EW_MAX_FRAME_SLOTS");
	if (ewi_is_v128(type) || t->has_v128_locals) {
		if (t->slots_cap < end) {
			uint16_t *p = ewi_realloc(&t->m->alloc, t->local_slots, t->slots_cap, end + 16,
						  sizeof(*p));

			if (!p)
				return ewi_fail(t, EW_ERR_NOMEM, "no memory for locals");
			t->local_slots = p;
			t->slots_cap = end + 16;
		}
		for (uint32_t i = 0; !t->has_v128_locals && i < t->local_count; i++)
			t->local_slots[i] = (uint16_t)i;
		t->has_v128_locals = true;
		for (uint32_t i = 0; i < n; i++)
			t->local_slots[t->local_count + i] = (uint16_t)(t->local_slot_count + i * slots);
	}
	t->local_slot_count += n * slots;
	return true;
}

static bool add_locals(struct ewi_translator *t, uint32_t n, uint8_t type)
{
	uint32_t limit = t->m->max_locals;

	if (n == 0)
		return true;
	if (n > limit - t->local_count)
		return ewi_fail(t, EW_ERR_LIMIT, "too many locals: more than max_locals");
	if (t->local_cap < t->local_count + n) {
		uint32_t cap = t->local_count + n + 16;
		uint8_t *p = ewi_realloc(&t->m->alloc, t->locals, t->local_cap, cap, 1);

		if (!p)
			return ewi_fail(t, EW_ERR_NOMEM, "no memory for locals");
		t->locals = p;
		t->local_cap = cap;
	}
	memset(t->locals + t->local_count, type, n);
	if (!place_locals(t, n, type))
		return false;
	t->local_count += n;
	return true;
}

static bool read_locals(struct ewi_translator *t)
{
	uint32_t groups;
	uint64_t total = 0;

	for (uint32_t i = 0, n; i < t->type->param_count; i += n) {
		n = 1;
		while (!EW_CONFIG_SMALL && i + n < t->type->param_count && t->type->params[i + n] == t->type->params[i])
			n++;
		if (!add_locals(t, n, t->type->params[i]))
			return false;
	}
	groups = ewi_read_u32(&t->r);
	while (groups-- > 0 && !t->r.failed) {
		size_t at = t->at = ewi_reader_at(&t->r);
		uint32_t n = ewi_read_u32(&t->r);
		uint8_t type = ewi_read_type(t);

		if (t->r.failed || t->status != EW_OK)
			return false;
		total += n;
		if (total > UINT32_MAX)
			return ewi_reader_fail(&t->r, at, "too many locals");
		/* Read on past the limit: that more than 2^32 - 1 are malformed comes first. */
		if (total <= t->m->max_locals && !add_locals(t, n, type))
			return false;
	}
	if (!t->r.failed && total > t->m->max_locals)
		return ewi_fail(t, EW_ERR_LIMIT, "too many locals: more than max_locals");
	return !t->r.failed;
}

static void write_head(struct ewi_translator *t, struct ewi_head *head, uint32_t tries)
{
	uint32_t slots = t->max_slot;

	if (slots < t->type->result_slots)
		slots = t->type->result_slots;
	head->zero_from = (uint16_t)t->type->param_slots;
	head->zero_count = (uint16_t)(t->local_slot_count - t->type->param_slots);
	head->frame_slots = (uint16_t)slots;
	head->func = t->func;
	head->tries = tries;
}

/* Ready for the body of func: nothing of the function before is left. */
static void begin(struct ewi_translator *t, uint32_t func)
{
	const struct ewi_func_def *f = &t->m->funcs[func];

	t->func = func;
	t->type = ewi_func_type(t->m, func);
	t->local_count = t->local_slot_count = t->sp = t->depth = t->lazy_count = t->start_count = 0;
	t->try_count = t->clause_count = 0;
	t->has_v128_locals = false;
	t->cost = t->map_cost = 0;
	t->at = f->body_offset;
	t->map_offset = f->body_offset;
	/* A hook before each instruction, of one byte at least; the instruction itself comes on top. */
	t->code_limit = t->code_size + 65536 +
			(EW_MAX_CODE_FACTOR + (ewi_is_observed(t->m) ? 2 * sizeof(struct ewi_insx) : 0)) * (size_t)f->body_size;
	t->code_room = 0;
	ewi_reader_init(&t->r, t->m->bytes + f->body_offset, f->body_size, f->body_offset, t->err);
	ewi_forget(t);
	if (t->type->result_slots > EW_MAX_FRAME_SLOTS)
		ewi_fail(t, EW_ERR_LIMIT, "more results than EW_MAX_FRAME_SLOTS");
}

static void read_body(struct ewi_translator *t, void (*ops_of)(struct ewi_translator *t))
{
	t->next_slot = t->max_slot = t->local_slot_count;
	ewi_function_begin(t);
	ops_of(t);
	if (t->status == EW_OK && !t->r.failed && t->r.p != t->r.end)
		ewi_reader_fail(&t->r, ewi_reader_at(&t->r), "section size mismatch: bytes after end");
}

static enum ew_status end(struct ewi_translator *t)
{
	if (t->r.failed && t->status == EW_OK)
		t->status = EW_ERR_MALFORMED;
	return t->status;
}

static void translate_ops(struct ewi_translator *t)
{
#if EW_CONFIG_EXEC_ACC
	if (!(t->m->flags & (EW_MODULE_OBSERVE | EW_MODULE_LISTING))) {
		ewi_quick_ops(t);
		return;
	}
#endif
	while (t->depth > 0 && t->status == EW_OK && !t->r.failed)
		ewi_translate_op(t);
}

enum ew_status ewi_translate(struct ewi_translator *t, uint32_t func)
{
	uint32_t tries = 0;

	t->dead = false;
	begin(t, func);
	if (read_locals(t) && ewi_emit_raw(t, sizeof(struct ewi_head))) {
		t->func_code = t->map_pos = ewi_here(t) - (uint32_t)sizeof(struct ewi_head);
		read_body(t, translate_ops);
	}
	if (end(t) == EW_OK) {
		ewi_fuse(t);
		tries = ewi_tries_write(t);
	}
	if (t->status == EW_OK)
		write_head(t, (void *)(t->code + t->func_code), tries);
	return t->status;
}

#if EW_CONFIG_LAZY
/* Validation is translation of code that nobody reaches. */
enum ew_status ewi_validate(struct ewi_translator *t, uint32_t func)
{
	t->dead = true;
	begin(t, func);
	if (read_locals(t))
		read_body(t, ewi_validate_ops);
	return end(t);
}
#endif

#endif
