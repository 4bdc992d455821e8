/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* emit.c - choosing the handler for each operation by where its operands are.  See emit.h. */
#include "base/bits.h"
#include "base/error.h"
#include "wasm/emit.h"
#include "wasm/numeric.h"

#if EW_CONFIG_WASM

#define ACC_u32 EWI_ACC_INT
#define ACC_u64 EWI_ACC_INT
#define ACC_f32 EWI_ACC_F32
#define ACC_f64 EWI_ACC_F64
#define WIDE_u32 false
#define WIDE_u64 true
#define WIDE_f32 false
#define WIDE_f64 true
/* clang-format off */
#define COMMUTES(op)                                                                               \
	((op) == EWI_I32_ADD || (op) == EWI_I32_MUL || (op) == EWI_I32_AND || (op) == EWI_I32_OR || (op) == EWI_I32_XOR || \
	 (op) == EWI_I64_ADD || (op) == EWI_I64_MUL || (op) == EWI_I64_AND || (op) == EWI_I64_OR || (op) == EWI_I64_XOR)
/* Whose operand's bits matter where it is a NaN. */
#define IS_BITS(op)                                                                                \
	((op) == EWI_F32_ABS || (op) == EWI_F32_NEG || (op) == EWI_F32_COPYSIGN || (op) == EWI_I32_REINTERPRET_F32 || \
	 (op) == EWI_F64_ABS || (op) == EWI_F64_NEG || (op) == EWI_F64_COPYSIGN || (op) == EWI_I64_REINTERPRET_F64)
#define ROW(N, CLS, R, T, ...) [EWI_##N] = {.cls = EWI_CLASS_##CLS, .result = ACC_##R, .operand = ACC_##T, __VA_ARGS__},
#define BIN(N, R, T, E) ROW(N, BIN, R, T, .wide = WIDE_##T, .commutes = COMMUTES(EWI_##N), .bits = IS_BITS(EWI_##N))
#define FBIN(N, T, E) ROW(N, BIN, T, T, .wide = WIDE_##T, .nan = true)
#define BINT(N, R, T, C, E) ROW(N, BIN, R, T, .traps = true, .wide = WIDE_##T)
#define CMP(N, T, E, S, G) ROW(N, CMP, u32, T, .wide = WIDE_##T, .swapped = EWI_##S, .negated = EWI_##G)
#define FCMP(N, T, E, S) ROW(N, FCMP, u32, T, .wide = WIDE_##T, .swapped = EWI_##S)
#define UN(N, R, T, E) ROW(N, UN, R, T, .bits = IS_BITS(EWI_##N))
#define FUN(N, R, T, E) ROW(N, UN, R, T, .nan = true)
#define UNT(N, R, T, C, E) ROW(N, UN, R, T, .traps = true)
#define LOAD_ROW(N, R) ROW(N, LOAD, R, u32, .traps = true)
#define STORE_ROW(N, T) ROW(N, STORE, u32, T, .traps = true, .bits = true)
#if EW_CONFIG_EXEC_ACC
#define LOAD(N, R, B, E) LOAD_ROW(N, R) LOAD_ROW(N##_AT, R)
#define STORE(N, T, B, E) STORE_ROW(N, T) STORE_ROW(N##_AT, T)
#else
#define LOAD(N, R, B, E) LOAD_ROW(N, R)
#define STORE(N, T, B, E) STORE_ROW(N, T)
#endif
#define SEL(N, T) ROW(N, SEL, T, T, .bits = true)
#define GLOB(N, T) ROW(N, GLOB, T, u32, .bits = true)
#define CTL(N)
#define ACC_v128 EWI_ACC_NONE
#define CANON_NO false
#define CANON_F32 true
#define CANON_F64 true
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms)                            \
	ROW(N, cls, R, T, .nan = CANON_##canon, .bits = !CANON_##canon)
#define VINT(N, cls, R, T, forms) ROW(N, cls, R, T, .bits = true)
const struct ewi_icode_info ewi_icode_info[EWI_ICODES] = {
#include "wasm/icode.def"
#include "wasm/simd.def"
};
/* clang-format on */

bool ewi_fail(struct ewi_translator *t, enum ew_status status, const char *what)
{
	if (t->r.failed && t->status == EW_OK)
		t->status = EW_ERR_MALFORMED; /* told by the reader already */
	if (t->status == EW_OK) {
		t->status = status;
		ewi_error(t->err, status, t->at, "function %u: %s", (unsigned)t->func, what);
	}
	return false;
}

/* ---- the code buffer ---- */

uint32_t ewi_here(const struct ewi_translator *t)
{
	return (uint32_t)t->code_size;
}

/* Positions are 32-bit and rel is signed: 2^30 bytes of code are enough for any module that is let in. */
#define CODE_MAX ((size_t)1 << 30)

static bool grow(struct ewi_translator *t, uint8_t **buffer, size_t used, size_t *cap, size_t n)
{
	size_t want = *cap < 1024 ? 1024 : *cap;
	void *p;

	while (want - used < n)
		want += want / 2;
	p = want > CODE_MAX ? NULL : ewi_realloc(&t->m->alloc, *buffer, *cap, want, 1);
	if (!p)
		return false;
	*buffer = p;
	*cap = want;
	return true;
}

static inline bool reserve(struct ewi_translator *t, uint8_t **buffer, size_t used, size_t *cap, size_t n)
{
	if (EW_LIKELY(*cap - used >= n) || grow(t, buffer, used, cap, n))
		return true;
	return ewi_fail(t, EW_ERR_NOMEM, "no memory for code");
}

/* n more bytes of code, as they are: rewinding may have left something. */
static inline void *more_code(struct ewi_translator *t, size_t bytes)
{
	uint8_t *p;

	if (t->dead || t->status != EW_OK)
		return NULL;
	if (t->code_size + bytes > t->code_limit) {
		ewi_fail(t, EW_ERR_LIMIT, "internal code larger than EW_MAX_CODE_FACTOR times the body");
		return NULL;
	}
	if (!reserve(t, &t->code, t->code_size, &t->code_cap, bytes))
		return NULL;
	p = t->code + t->code_size;
	t->code_size += bytes;
	return p;
}

void *ewi_emit_raw(struct ewi_translator *t, size_t bytes)
{
	void *p = more_code(t, bytes);

	if (p)
		memset(p, 0, bytes);
	t->last.pos = EWI_NONE;
	return p;
}

/* For n more at least. */
static bool grow_starts(struct ewi_translator *t, size_t n)
{
	size_t cap = t->start_cap + t->start_cap / 2;
	void *p;

	cap = cap < t->start_count + n ? t->start_count + n : cap;
	p = cap > 2 * (size_t)EW_MAX_BODY_BYTES ? NULL :
	    ewi_realloc(&t->m->alloc, t->starts, t->start_cap, cap, sizeof(*t->starts));
	if (!p)
		return false;
	t->starts = p;
	t->start_cap = (uint32_t)cap;
	return true;
}

#if EW_CONFIG_EXEC_ACC
size_t ewi_emit_room(struct ewi_translator *t, size_t n)
{
	if (!reserve(t, &t->code, t->code_size, &t->code_cap, n * EWI_EMIT_CODE) ||
	    !reserve(t, &t->map, t->map_size, &t->map_cap, n * EWI_EMIT_MAP))
		return 0;
	if (t->start_cap - t->start_count < n && !grow_starts(t, n)) {
		ewi_fail(t, EW_ERR_NOMEM, "no memory for code");
		return 0;
	}
	t->code_room = t->code_cap < t->code_limit ? t->code_cap : t->code_limit;
	if (EW_LIKELY(t->code_size + n * EWI_EMIT_CODE <= t->code_room))
		return n;
	return t->code_size < t->code_limit ? (t->code_limit - t->code_size) / EWI_EMIT_CODE : 0;
}
#endif

/* Remember the instruction about to be emitted, where handlers of pairs exist. */
static inline bool note_start(struct ewi_translator *t)
{
	if (!EW_CONFIG_EXEC_ACC || t->dead)
		return true;
	if (t->start_count == t->start_cap && !grow_starts(t, 16))
		return ewi_fail(t, EW_ERR_NOMEM, "no memory for code");
	t->starts[t->start_count++] = (struct ewi_start){ewi_here(t) | (t->label_pos == ewi_here(t)), 0, 0};
	return true;
}

#if EW_CONFIG_TRACE
/* Remember where the instruction comes from; what has been taken back is forgotten. */
static bool note_line(struct ewi_translator *t, uint32_t here)
{
	struct ewi_notes *n = &t->notes;

	while (n->line_count > 0 && n->lines[n->line_count - 1].code >= here)
		n->line_count--;
	if (n->line_count == n->line_cap) {
		size_t cap = ewi_grow(&t->m->alloc, (void **)&n->lines, n->line_cap, INT32_MAX, sizeof(*n->lines));

		if (!cap)
			return ewi_fail(t, EW_ERR_NOMEM, "no memory for the listing");
		n->line_cap = (uint32_t)cap;
	}
	n->lines[n->line_count++] = (struct ewi_line){here, (uint32_t)t->at};
	return true;
}
#endif

/* The last instruction is this one. */
static void set_handler(struct ewi_translator *t, struct ewi_ins *ins, unsigned icode, unsigned form)
{
#if EW_CONFIG_EXEC_ACC
	(void)ins;
	t->starts[t->start_count - 1].key = EWI_KEY(icode, form, 0);
#else
	(void)t;
	ins->h = EWI_HANDLER(icode, form, 0);
#endif
}

struct ewi_insx *ewi_emit(struct ewi_translator *t, unsigned icode, unsigned form, bool wide)
{
	size_t bytes = wide ? sizeof(struct ewi_insx) : sizeof(struct ewi_ins);
	struct ewi_insx *ins = note_start(t) ? more_code(t, bytes) : NULL;

#if EW_CONFIG_TRACE
	if (EW_UNLIKELY(t->m->flags & EW_MODULE_LISTING) && ins && !note_line(t, ewi_here(t) - (uint32_t)bytes))
		ins = NULL;
#endif
	if (!ins)
		return &t->sink;
	if (wide)
		ins->rel = ins->cost = 0;
	ins->i.a = ins->i.b = 0;
	ins->i.u.uimm = 0;
	set_handler(t, &ins->i, icode, form);
	t->last = (struct ewi_last){ewi_here(t) - (uint32_t)bytes, EWI_NONE, EWI_NONE, (uint16_t)icode,
				    (uint8_t)form};
	return ins;
}

static struct ewi_ins *ins_at(struct ewi_translator *t, uint32_t pos)
{
	return (struct ewi_ins *)(void *)(t->code + pos);
}

static bool last_is_here(const struct ewi_translator *t)
{
	return t->last.pos != EWI_NONE && !t->dead;
}

static void put_varint(struct ewi_translator *t, uint32_t v)
{
	do {
		t->map[t->map_size++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
	} while ((v >>= 7) != 0);
}

/* Entries are differences to the one before: code position / 4, module offset, fuel (zigzag). */
void ewi_mark(struct ewi_translator *t)
{
	int32_t fuel = t->cost - t->map_cost;
	uint32_t step = (ewi_here(t) - t->map_pos) / 4, bytes = (uint32_t)t->at - t->map_offset;
	uint32_t zigzag = (uint32_t)fuel << 1 ^ (uint32_t)(fuel >> 31);

	if (t->dead || t->status != EW_OK || !reserve(t, &t->map, t->map_size, &t->map_cap, EWI_EMIT_MAP))
		return;
	if (EW_LIKELY((step | bytes | zigzag) < 0x80)) {
		t->map[t->map_size] = (uint8_t)step;
		t->map[t->map_size + 1] = (uint8_t)bytes;
		t->map[t->map_size + 2] = (uint8_t)zigzag;
		t->map_size += 3;
	} else {
		put_varint(t, step);
		put_varint(t, bytes);
		put_varint(t, zigzag);
	}
	t->map_pos = ewi_here(t);
	t->map_offset = (uint32_t)t->at;
	t->map_cost = t->cost;
}

/* ---- accumulators ---- */

void ewi_forget(struct ewi_translator *t)
{
	for (int k = 0; k < EWI_ACCS; k++)
		t->acc[k] = (struct ewi_mirror){EWI_NONE, EWI_NONE};
	t->last.pos = EWI_NONE;
	t->label_pos = ewi_here(t);
}

void ewi_keep_slots(struct ewi_translator *t)
{
	for (int k = 0; k < EWI_ACCS; k++)
		t->acc[k].start = EWI_NONE;
	t->last.pos = EWI_NONE;
}

void ewi_wrote_slot(struct ewi_translator *t, uint32_t slot)
{
	for (int k = 0; k < EWI_ACCS; k++)
		if (t->acc[k].slot == slot)
			t->acc[k] = (struct ewi_mirror){EWI_NONE, EWI_NONE};
}

void ewi_made(struct ewi_translator *t, uint8_t kind, uint32_t dst)
{
	if (t->dead)
		return;
	t->last.dst = dst;
	if (kind == EWI_ACC_INT)
		t->last.mirrored = t->acc[kind].slot;
	ewi_wrote_slot(t, dst);
	if (kind == EWI_ACC_NONE)
		ewi_wrote_slot(t, dst + 1);
	else if (EW_CONFIG_EXEC_ACC)
		t->acc[kind] = (struct ewi_mirror){dst, t->start_count - 1};
}

void ewi_mirror_call(struct ewi_translator *t, uint32_t slot, uint8_t type)
{
	ewi_forget(t);
	if (EW_CONFIG_EXEC_ACC && !t->dead && !ewi_is_v128(type))
		t->acc[ewi_acc_of(type)].slot = slot;
}

static bool in_acc(const struct ewi_translator *t, const struct ewi_entry *e, uint8_t kind)
{
	return EW_CONFIG_EXEC_ACC && kind < EWI_ACCS && e->place != EWI_CONST && t->acc[kind].slot == e->slot;
}

/*
 * e is read from the accumulator, for the last time: if it is a TEMP, its slot need not be written.  bits: the reader may
 * show the bits of a NaN; then what makes NaNs must not be silent, because silent it makes any.
 */
static void consume(struct ewi_translator *t, const struct ewi_entry *e, uint8_t kind, bool bits)
{
#if EW_CONFIG_EXEC_ACC
	struct ewi_mirror *acc = &t->acc[kind];
	uint16_t *key;

	if (e->place != EWI_TEMP || acc->start == EWI_NONE || t->dead || t->status != EW_OK)
		return;
	key = &t->starts[acc->start].key;
	if (!bits || !ewi_icode_info[EWI_KEY_ICODE(*key)].nan)
		*key |= 1;
	acc->start = EWI_NONE;
	acc->slot = EWI_NONE; /* after this instruction the slot and the register part */
#else
	(void)t, (void)e, (void)kind, (void)bits;
#endif
}

/* ---- moves ---- */

#if EW_CONFIG_SIMD
static void move_v128(struct ewi_translator *t, uint32_t from, uint32_t to)
{
	bool made = t->vec_end == ewi_here(t) && t->vec_slot == from;
	struct ewi_insx *ins = ewi_emit(t, EWI_COPY_V128, EWI_SS, false);

	ins->i.a = (uint16_t)from;
	ins->i.b = (uint16_t)to;
	t->vec_end = made ? (uint32_t)ewi_here(t) : EWI_NONE; /* the register keeps it */
	t->vec_copy = to;
	t->vec_start = EWI_NONE;
	ewi_wrote_slot(t, to);
	ewi_wrote_slot(t, to + 1);
}
#endif

void ewi_move(struct ewi_translator *t, uint32_t from, uint32_t to, uint8_t type)
{
	static const uint16_t store[EWI_ACCS] = {EWI_STORE_INT, EWI_STORE_F32, EWI_STORE_F64};
	uint8_t kind = ewi_acc_of(type);
	struct ewi_insx *ins;

	if (from == to)
		return;
#if EW_CONFIG_SIMD
	if (kind == EWI_ACC_NONE) {
		move_v128(t, from, to);
		return;
	}
#endif
	if (EW_CONFIG_EXEC_ACC && t->acc[kind].slot == from) {
		ins = ewi_emit(t, store[kind], EWI_SS, false);
		ins->i.b = (uint16_t)to;
	} else if (last_is_here(t) && t->last.icode == EWI_COPY) {
		ins = (void *)ins_at(t, t->last.pos);
		set_handler(t, &ins->i, EWI_COPY2, EWI_SS);
		ins->i.u.s.c = (uint16_t)from;
		ins->i.u.s.d = (uint16_t)to;
		t->last.icode = EWI_COPY2;
	} else {
		ins = ewi_emit(t, EWI_COPY, EWI_SS, false);
		ins->i.a = (uint16_t)from;
		ins->i.b = (uint16_t)to;
	}
	ewi_wrote_slot(t, to);
}

void ewi_const_to(struct ewi_translator *t, const struct ewi_entry *e, uint32_t to)
{
	bool half = e->type == EW_I32 || e->type == EW_F32;
	bool narrow = half || (int64_t)e->bits == (int32_t)(uint32_t)e->bits;
	struct ewi_insx *ins = ewi_emit(t, half ? EWI_CONST32 : narrow ? EWI_CONST64_NARROW : EWI_CONST64,
					EWI_SS, !narrow);

	ins->i.b = (uint16_t)to;
	if (narrow)
		ins->i.u.uimm = (uint32_t)e->bits;
	else
		memcpy(&ins->rel, &e->bits, sizeof(e->bits));
	ewi_wrote_slot(t, to);
}

void ewi_settle(struct ewi_translator *t, uint32_t h)
{
	struct ewi_entry *e = &t->stack[h];
	uint16_t slot = e->home;

	if (e->place == EWI_LOCAL) {
		uint32_t k = t->lazy_count;

		while (t->lazy[k - 1] != h) /* it is there: every LOCAL entry is listed */
			k--;
		memmove(&t->lazy[k - 1], &t->lazy[k], (t->lazy_count - k) * sizeof(t->lazy[0]));
		t->lazy_count--;
		ewi_move(t, e->slot, slot, e->type);
	} else if (e->place == EWI_CONST) {
		ewi_const_to(t, e, slot);
	}
	e->place = EWI_TEMP;
	e->slot = slot;
}

void ewi_settle_top(struct ewi_translator *t, uint32_t n)
{
	for (uint32_t h = t->sp - n; h < t->sp; h++)
		if (t->stack[h].place != EWI_TEMP)
			ewi_settle(t, h);
}

void ewi_settle_locals(struct ewi_translator *t, uint32_t local_slot)
{
	for (uint32_t k = 0; k < t->lazy_count;) {
		uint32_t h = t->lazy[k];

		if (local_slot == EWI_NONE || t->stack[h].slot == local_slot)
			ewi_settle(t, h); /* takes it off the list */
		else
			k++;
	}
}

uint16_t ewi_slot(struct ewi_translator *t, const struct ewi_entry *e)
{
	if (e->place == EWI_CONST)
		ewi_const_to(t, e, e->slot);
	return (uint16_t)e->slot;
}

/* ---- operations ---- */

static unsigned one_operand(struct ewi_translator *t, const struct ewi_entry *a, uint8_t kind, bool bits, uint16_t *slot)
{
	*slot = 0;
#if EW_CONFIG_EXEC_ACC
	if (in_acc(t, a, kind)) {
		consume(t, a, kind, bits);
		return EWI_RS;
	}
#else
	(void)kind, (void)bits;
#endif
	*slot = ewi_slot(t, a);
	return EWI_SS;
}

unsigned ewi_one_operand(struct ewi_translator *t, const struct ewi_entry *a, uint8_t kind, uint16_t *slot)
{
	return one_operand(t, a, kind, true, slot);
}

void ewi_emit_unary(struct ewi_translator *t, unsigned icode, const struct ewi_entry *a, uint32_t dst)
{
	const struct ewi_icode_info *info = &ewi_icode_info[icode];
	uint16_t slot;
	unsigned form = one_operand(t, a, info->operand, info->bits, &slot);
	struct ewi_insx *ins;

	if (info->traps)
		ewi_mark(t);
	ins = ewi_emit(t, icode, form, false);
	ins->i.a = slot;
	ins->i.b = (uint16_t)dst;
	ewi_made(t, info->result, dst);
}

bool ewi_fixed_address(const struct ewi_translator *t, const struct ewi_entry *addr, uint32_t *offset)
{
	if (!EW_CONFIG_EXEC_ACC || t->wide || addr->place != EWI_CONST || (uint32_t)addr->bits > UINT32_MAX - *offset)
		return false;
	*offset += (uint32_t)addr->bits;
	return true;
}

#if EW_CONFIG_EXEC_ACC
#define AT(icode) ((icode) + 1) /* see icode.h */
#else
#define AT(icode) (icode)
#endif

void ewi_emit_load(struct ewi_translator *t, unsigned icode, const struct ewi_entry *addr,
		   uint32_t offset, uint32_t dst)
{
	uint16_t slot = 0;
	unsigned form = EWI_SS;
	struct ewi_insx *ins;

	if (ewi_fixed_address(t, addr, &offset))
		icode = AT(icode);
	else
		form = ewi_one_operand(t, addr, EWI_ACC_INT, &slot);
	ewi_mark(t);
	ins = ewi_emit(t, icode, form, false);
	ins->i.a = slot;
	ins->i.b = (uint16_t)dst;
	ins->i.u.uimm = offset;
	ewi_made(t, ewi_icode_info[icode].result, dst);
}

/* A constant that fits the immediate of a two-operand instruction. */
static bool immediate(const struct ewi_entry *e, int32_t *imm)
{
	double d;

	if (e->place != EWI_CONST || (!EW_CONFIG_EXEC_ACC && ewi_acc_of(e->type) != EWI_ACC_INT))
		return false;
	*imm = (int32_t)(uint32_t)e->bits;
	if (e->type == EW_I64)
		return (int64_t)e->bits == *imm;
	if (e->type == EW_F64) {
		float f;

		memcpy(&d, &e->bits, sizeof(d));
		if (!(d >= -0x1p100 && d <= 0x1p100))
			return false; /* NaN, infinities and what would overflow stay behind the instruction */
		f = (float)d;
		*imm = (int32_t)ewi_bits_f32(f);
		return ewi_bits_f64((double)f) == e->bits;
	}
	return true;
}

static void swap(struct ewi_entry *a, struct ewi_entry *b)
{
	struct ewi_entry e = *a;

	*a = *b;
	*b = e;
}

/* a op constant. */
static struct ewi_insx *binary_const(struct ewi_translator *t, unsigned icode,
				     const struct ewi_entry *a, const struct ewi_entry *b,
				     uint32_t dst)
{
	const struct ewi_icode_info *info = &ewi_icode_info[icode];
	struct ewi_insx *ins;
	int32_t imm = 0;
	bool narrow = immediate(b, &imm);
	uint16_t slot;
	unsigned form = one_operand(t, a, info->operand, info->bits, &slot);

#if EW_CONFIG_EXEC_ACC
	if (narrow)
		form = form == EWI_RS ? EWI_RI : EWI_SI;
	else
		form = form == EWI_RS ? EWI_RX : EWI_SX;
#else
	form = EWI_SI;
#endif
	if (info->traps)
		ewi_mark(t);
	ins = ewi_emit(t, icode, form, !narrow);
	ins->i.a = slot;
	ins->i.b = (uint16_t)dst;
	if (narrow)
		ins->i.u.imm = imm;
	else
		memcpy(&ins->rel, &b->bits, sizeof(b->bits));
	return ins;
}

static struct ewi_insx *binary_slots(struct ewi_translator *t, unsigned icode,
				     const struct ewi_entry *a, const struct ewi_entry *b,
				     uint32_t dst)
{
	const struct ewi_icode_info *info = &ewi_icode_info[icode];
	uint16_t sa = ewi_slot(t, a), sb = ewi_slot(t, b);
	unsigned form = EWI_SS;
	struct ewi_insx *ins;

#if EW_CONFIG_EXEC_ACC
	/* Both in it (x op x): the slot is read too, so it must be written. */
	if (in_acc(t, a, info->operand)) {
		form = EWI_RS;
		if (sa != sb)
			consume(t, a, info->operand, info->bits);
	} else if (in_acc(t, b, info->operand)) {
		form = EWI_SR;
		consume(t, b, info->operand, info->bits);
	}
#endif
	if (info->traps)
		ewi_mark(t);
	ins = ewi_emit(t, icode, form, false);
	ins->i.a = sa;
	ins->i.b = sb;
	ins->i.u.s.c = (uint16_t)dst;
	return ins;
}

void ewi_emit_binary(struct ewi_translator *t, unsigned icode, struct ewi_entry a,
		     struct ewi_entry b, uint32_t dst)
{
	const struct ewi_icode_info *info = &ewi_icode_info[icode];
	bool compare = info->cls == EWI_CLASS_CMP || info->cls == EWI_CLASS_FCMP;
	int32_t imm;

	if (a.place == EWI_CONST && b.place != EWI_CONST && (compare || info->commutes)) {
		icode = compare ? info->swapped : icode;
		swap(&a, &b);
	} else if (compare && b.place != EWI_CONST && !in_acc(t, &a, info->operand) &&
		   in_acc(t, &b, info->operand)) {
		icode = info->swapped; /* a branch has no form SR */
		swap(&a, &b);
	}
	if (b.place == EWI_CONST && (immediate(&b, &imm) || (EW_CONFIG_EXEC_ACC && info->wide)))
		binary_const(t, icode, &a, &b, dst);
	else
		binary_slots(t, icode, &a, &b, dst);
	ewi_made(t, info->result, dst);
}

void ewi_emit_eqz(struct ewi_translator *t, struct ewi_entry a, uint32_t dst)
{
	struct ewi_entry zero = {.type = a.type, .place = EWI_CONST};
	unsigned icode = a.type == EW_I64 ? EWI_I64_EQ : EWI_I32_EQ;
	uint32_t mirrored;

	/* Not of a compare that has just been emitted: the opposite compare. */
	if (last_is_here(t) && a.place == EWI_TEMP && t->last.dst == a.slot &&
	    ewi_icode_info[t->last.icode].cls == EWI_CLASS_CMP && a.type == EW_I32) {
		t->last.icode = ewi_icode_info[t->last.icode].negated;
		set_handler(t, ins_at(t, t->last.pos), t->last.icode, t->last.form);
		mirrored = t->last.mirrored;
		ewi_made(t, EWI_ACC_INT, dst);
		t->last.mirrored = mirrored;
		return;
	}
	ewi_emit_binary(t, icode, a, zero, dst);
}

/* The value of a store as a signed 16-bit immediate. */
static bool small(const struct ewi_entry *e)
{
	int64_t v = e->type == EW_I32 || e->type == EW_F32 ? (int32_t)(uint32_t)e->bits
							   : (int64_t)e->bits;

	return e->place == EWI_CONST && v == (int16_t)v;
}

void ewi_emit_store(struct ewi_translator *t, unsigned icode, const struct ewi_entry *addr,
		    const struct ewi_entry *value, uint32_t offset)
{
	uint8_t kind = ewi_icode_info[icode].operand;
	bool fixed = ewi_fixed_address(t, addr, &offset);
	unsigned form = EWI_SS;
	uint16_t a = 0, b;
	struct ewi_insx *ins;

	if (!t->wide && small(value)) {
		if (!fixed)
			form = ewi_one_operand(t, addr, EWI_ACC_INT, &a);
#if EW_CONFIG_EXEC_ACC
		form = form == EWI_RS ? EWI_RI : EWI_SI;
#else
		form = EWI_SI;
#endif
		icode = icode == EWI_F32_STORE ? EWI_I32_STORE : icode == EWI_F64_STORE ? EWI_I64_STORE : icode;
		b = (uint16_t)value->bits;
	} else {
		b = ewi_slot(t, value);
#if EW_CONFIG_EXEC_ACC
		if (!t->wide && in_acc(t, value, kind) && (fixed || value->slot != addr->slot)) {
			if (!fixed)
				a = ewi_slot(t, addr);
			consume(t, value, kind, true);
			form = EWI_SR;
		} else
#endif
		if (!fixed)
			form = ewi_one_operand(t, addr, EWI_ACC_INT, &a);
	}
	(void)kind;
	if (fixed)
		icode = AT(icode);
	ewi_mark(t);
	ins = ewi_emit(t, icode, form, false);
	ins->i.a = a;
	ins->i.b = b;
	ins->i.u.uimm = offset;
}

void ewi_emit_select(struct ewi_translator *t, const struct ewi_entry *a, const struct ewi_entry *b,
		     const struct ewi_entry *cond, uint32_t dst)
{
#if EW_CONFIG_SIMD
	static const uint16_t icodes[] = {EWI_SELECT_INT, EWI_SELECT_F32, EWI_SELECT_F64, EWI_SELECT_V128};
#else
	static const uint16_t icodes[] = {EWI_SELECT_INT, EWI_SELECT_F32, EWI_SELECT_F64};
#endif
	uint8_t kind = ewi_acc_of(a->type ? a->type : b->type);
	uint16_t sa = ewi_slot(t, a), sb = ewi_slot(t, b), sc = 0;
	unsigned form = EWI_SS;
	struct ewi_insx *ins;

	form = ewi_one_operand(t, cond, EWI_ACC_INT, &sc);
	ins = ewi_emit(t, icodes[kind], form, false);
	ins->i.a = sa;
	ins->i.b = sb;
	ins->i.u.s.c = (uint16_t)dst;
	ins->i.u.s.d = sc;
	ewi_made(t, kind, dst);
}

void ewi_emit_global_get(struct ewi_translator *t, uint32_t global, uint8_t type, uint32_t dst)
{
#if EW_CONFIG_SIMD
	static const uint16_t icodes[] = {EWI_GLOBAL_GET_INT, EWI_GLOBAL_GET_F32, EWI_GLOBAL_GET_F64,
					  EWI_GLOBAL_GET_V128};
#else
	static const uint16_t icodes[] = {EWI_GLOBAL_GET_INT, EWI_GLOBAL_GET_F32, EWI_GLOBAL_GET_F64};
#endif
	uint8_t kind = ewi_acc_of(type);
	struct ewi_insx *ins = ewi_emit(t, icodes[kind], EWI_SS, false);

	ins->i.b = (uint16_t)dst;
	ins->i.u.uimm = global;
	ewi_made(t, kind, dst);
}

/* Where the last instruction keeps its result's slot. */
static uint16_t *dst_field(struct ewi_translator *t)
{
	struct ewi_ins *ins = ins_at(t, t->last.pos);

	switch (ewi_icode_info[t->last.icode].cls) {
	case EWI_CLASS_SEL:
	case EWI_CLASS_VBIN:
	case EWI_CLASS_VTERN:
	case EWI_CLASS_VREPLACE:
	case EWI_CLASS_VSHUFFLE:
		return &ins->u.s.c;
	case EWI_CLASS_VSHIFT:
	case EWI_CLASS_BIN:
	case EWI_CLASS_CMP:
	case EWI_CLASS_FCMP:
#if EW_CONFIG_EXEC_ACC
		if (t->last.form == EWI_RS || t->last.form == EWI_SR)
			return &ins->u.s.c;
#endif
		return t->last.form == EWI_SS ? &ins->u.s.c : &ins->b;
	default:
		return &ins->b;
	}
}

void ewi_emit_local_set(struct ewi_translator *t, uint32_t local_slot, uint8_t type, const struct ewi_entry *v)
{
	uint8_t kind = ewi_acc_of(type);

	ewi_settle_locals(t, local_slot);
	if (v->place == EWI_CONST) {
		ewi_const_to(t, v, local_slot);
	} else if (v->place == EWI_TEMP && last_is_here(t) && t->last.dst == v->slot) {
		/* It has just been made: make it in the local. */
		*dst_field(t) = (uint16_t)local_slot;
		t->last.dst = EWI_NONE;
		if (t->vec_slot == v->slot)
			t->vec_slot = local_slot;
		ewi_wrote_slot(t, local_slot);
		if (kind == EWI_ACC_NONE)
			ewi_wrote_slot(t, local_slot + 1);
		else if (t->acc[kind].slot == v->slot)
			t->acc[kind] = (struct ewi_mirror){local_slot, EWI_NONE};
	} else {
		bool mirrored = in_acc(t, v, kind);

		ewi_move(t, v->slot, local_slot, type);
		if (mirrored) {
			consume(t, v, kind, true);
			t->acc[kind] = (struct ewi_mirror){local_slot, EWI_NONE};
		}
	}
}

/* ---- branches ---- */

void ewi_take_cond(struct ewi_translator *t, struct ewi_entry e, struct ewi_cond *out)
{
	const struct ewi_icode_info *info = &ewi_icode_info[t->last.icode];

	if (last_is_here(t) && e.place == EWI_TEMP && t->last.dst == e.slot &&
	    (info->cls == EWI_CLASS_CMP || info->cls == EWI_CLASS_FCMP) &&
	    EWI_HANDLER(t->last.icode + 1, t->last.form, 0) != NULL) {
		const struct ewi_ins *ins = ins_at(t, t->last.pos);

		*out = (struct ewi_cond){t->last.icode, ins->a, ins->b, t->last.form, 0};
		if (t->last.form != EWI_SS) /* of RS, c is the result's slot: harmless */
			out->imm = ins->u.imm;
		t->code_size = t->last.pos;
		t->last.pos = EWI_NONE;
		ewi_wrote_slot(t, e.slot);
		if (EW_CONFIG_EXEC_ACC) {
			t->start_count--;
			/* What was in the accumulator is there still. */
			t->acc[EWI_ACC_INT].slot = t->last.mirrored;
		}
		return;
	}
	*out = (struct ewi_cond){.icode = EWI_I32_NE};
	out->form = (uint8_t)ewi_one_operand(t, &e, EWI_ACC_INT, &out->a);
#if EW_CONFIG_EXEC_ACC
	out->form = out->form == EWI_RS ? EWI_RI : EWI_SI;
#else
	out->form = EWI_SI;
#endif
}

uint32_t ewi_emit_branch(struct ewi_translator *t, const struct ewi_cond *c, bool sense)
{
	const struct ewi_icode_info *info = &ewi_icode_info[c->icode];
	unsigned icode;
	struct ewi_insx *ins;

	if (info->cls == EWI_CLASS_FCMP)
		icode = c->icode + (sense ? 1u : 2u);
	else
		icode = (sense ? c->icode : info->negated) + 1u;
	ins = ewi_emit(t, icode, c->form, true);
	ins->i.a = c->a;
	ins->i.b = c->b;
	ins->i.u.imm = c->imm;
	ewi_keep_slots(t);
	return ewi_here(t) - (uint32_t)(sizeof(struct ewi_insx) - sizeof(struct ewi_ins));
}

uint32_t ewi_emit_jump(struct ewi_translator *t)
{
	ewi_emit(t, EWI_BR, EWI_SS, !EW_CONFIG_EXEC_ACC); /* TAKE_JUMP in handler.h */
	ewi_keep_slots(t);
	return ewi_here(t) - (uint32_t)(sizeof(struct ewi_insx) - sizeof(struct ewi_ins));
}

static int32_t *pair_at(struct ewi_translator *t, uint32_t pos)
{
	return (int32_t *)(void *)(t->code + pos);
}

void ewi_emit_link(struct ewi_translator *t, struct ewi_block *block, uint32_t pair)
{
	int32_t *p;

	if (t->dead || t->status != EW_OK)
		return;
	p = pair_at(t, pair);
	p[1] = t->cost;
	if (block->opcode == 0x03) {
		p[0] = (int32_t)(block->loop - pair);
		p[1] -= block->loop_cost;
		return;
	}
	p[0] = (int32_t)block->chain;
	block->chain = pair;
}

void ewi_emit_bind(struct ewi_translator *t, uint32_t chain)
{
	while (chain != 0 && t->status == EW_OK) {
		int32_t *p = pair_at(t, chain);
		uint32_t next = (uint32_t)p[0];

		p[0] = (int32_t)(ewi_here(t) - chain);
		p[1] -= t->cost;
		chain = next;
	}
	ewi_forget(t);
}

#endif
