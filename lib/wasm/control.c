/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * control.c - handlers that move control or reach outside the frame: branches, calls, returns, tables,
 * bulk memory.  What each finds in its fields stands in icode.def.
 */
#include "base/error.h"
#include "wasm/handler.h"

#if EW_CONFIG_WASM

#define C(name) const struct ewi_ins *ewi_h_##name(EWI_REGS)

/* ---- ends of a run ---- */

EW_COLD const struct ewi_ins *ewi_trap(const struct ewi_ins *pc, union ew_value *fp,
				       struct ew_exec *x, enum ew_trap_code code)
{
	x->pc = pc;
	x->fp = fp;
	x->trap.code = code;
	x->trap.text[0] = '\0';
	x->status = EW_ERR_TRAP;
	return NULL;
}

EW_COLD const struct ewi_ins *ewi_trap_here(EWI_REGS)
{
	IGNORE_REGS;
	return ewi_trap(pc, fp, x, x->trap.code);
}

EW_COLD const struct ewi_ins *ewi_trap_access(EWI_REGS)
{
	IGNORE_REGS;
	ewi_trap(pc, fp, x, EW_TRAP_MEMORY_BOUNDS);
	ewi_format(x->trap.text, sizeof(x->trap.text), "%s: access at %llu+%u >= max value %llu",
		   ew_trap_text(EW_TRAP_MEMORY_BOUNDS), (unsigned long long)x->bad_address, (unsigned)x->bad_bytes,
		   (unsigned long long)x->mem_bytes);
	return NULL;
}

/* The same with the instruction's name in the text. */
static EW_COLD const struct ewi_ins *trap_named(const struct ewi_ins *pc, union ew_value *fp,
						struct ew_exec *x, enum ew_trap_code code,
						const char *name)
{
	ewi_trap(pc, fp, x, code);
	ewi_format(x->trap.text, sizeof(x->trap.text), "%s: %s out of bounds", ew_trap_text(code),
		   name);
	return NULL;
}

static EW_COLD const struct ewi_ins *trap_table(const struct ewi_ins *pc, union ew_value *fp,
						struct ew_exec *x, const char *name, uint32_t index,
						const struct ew_table *t)
{
	ewi_trap(pc, fp, x, EW_TRAP_TABLE_BOUNDS);
	ewi_format(x->trap.text, sizeof(x->trap.text), "%s: %s at %u >= max value %u",
		   ew_trap_text(EW_TRAP_TABLE_BOUNDS), name, (unsigned)index,
		   (unsigned)t->size);
	return NULL;
}

EW_COLD const struct ewi_ins *ewi_suspend(const struct ewi_ins *pc, union ew_value *fp,
					  struct ew_exec *x)
{
	x->pc = pc;
	x->fp = fp;
	x->status = x->fuel < 0 ? EW_ERR_FUEL : EW_ERR_INTERRUPT;
	if (x->status == EW_ERR_INTERRUPT)
		ew_exec_clear_interrupt(x);
	return NULL;
}

H(stop)
{
	IGNORE_REGS;
	x->fp = fp;
	x->status = EW_OK;
	return NULL;
}

/* Back from a function of another instance: fp carries the caller's instance, see enter_foreign. */
H(cross)
{
	IGNORE_REGS;
	ewi_switch_instance(x, (struct ew_instance *)(void *)fp);
	SET_MEM();
	x->top--;
	fp = x->top->fp;
	GO(x->top->pc);
}

const struct ewi_ins ewi_ins_stop = {.h = stop};
const struct ewi_ins ewi_ins_cross = {.h = cross};

enum ew_status ewi_run(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp)
{
#if EW_CONFIG_EXEC_TAIL && EW_CONFIG_EXEC_ACC
	pc->h(pc, fp, x, x->mem, x->r0, x->d0, x->s0 NO_VECTOR);
#elif EW_CONFIG_EXEC_TAIL
	pc->h(pc, fp, x);
#else
	x->fp = fp;
	while (pc)
#if EW_CONFIG_EXEC_ACC
		pc = pc->h(pc, x->fp, x, x->mem, x->r0, x->d0, x->s0 NO_VECTOR);
#else
		pc = pc->h(pc, x->fp, x);
#endif
#endif
	return x->status;
}

/* ---- moves ---- */

C(UNREACHABLE)
{
	IGNORE_REGS;
	TRAP(EW_TRAP_UNREACHABLE);
}

C(FUEL)
{
	CHARGE(x, pc->u.imm);
	NEXT;
}

C(COPY)
{
	fp[pc->b] = fp[pc->a];
	NEXT;
}

C(COPY2)
{
	fp[pc->b] = fp[pc->a];
	fp[pc->u.s.d] = fp[pc->u.s.c];
	NEXT;
}

C(CONST32)
{
	fp[pc->b].u32 = pc->u.uimm;
	NEXT;
}

C(CONST64_NARROW)
{
	fp[pc->b].i64 = pc->u.imm;
	NEXT;
}

C(CONST64)
{
	fp[pc->b].u64 = BEHIND_u64;
	NEXTX;
}

#if EW_CONFIG_EXEC_ACC
C(STORE_INT)
{
	fp[pc->b].u64 = r0;
	NEXT;
}

C(STORE_F32)
{
	fp[pc->b].f32 = s0;
	NEXT;
}

C(STORE_F64)
{
	fp[pc->b].f64 = d0;
	NEXT;
}
#else
/* Never emitted without accumulators. */
C(STORE_INT)
{
	NEXT;
}

C(STORE_F32)
{
	NEXT;
}

C(STORE_F64)
{
	NEXT;
}
#endif

C(GLOBAL_SET)
{
	x->globals[pc->u.uimm]->value.u64 = fp[pc->a].u64;
	NEXT;
}

/* ---- branches ---- */

C(BR)
{
	TAKE_JUMP;
}

C(BR_TABLE)
{
	BY_TABLE(fp[pc->a].u32);
}

#if EW_CONFIG_EXEC_ACC
C(BR_TABLE_RS)
{
	BY_TABLE(ACC_u32);
}
#endif

/* ---- returns ---- */

C(RETURN)
{
	LEAVE;
}

#define RETURN_ONE(N, T, value)                                                                    \
	C(N)                                                                                       \
	{                                                                                          \
		C_##T v = (value);                                                                 \
		SET_ACC_##T(v);                                                                    \
		fp[0].T = v;                                                                       \
		LEAVE;                                                                             \
	}

RETURN_ONE(RETURN_INT, u64, fp[pc->a].u64)
RETURN_ONE(RETURN_F32, f32, fp[pc->a].f32)
RETURN_ONE(RETURN_F64, f64, fp[pc->a].f64)
#if EW_CONFIG_EXEC_ACC
RETURN_ONE(RETURN_INT_RS, u64, r0)
RETURN_ONE(RETURN_F32_RS, f32, s0)
RETURN_ONE(RETURN_F64_RS, f64, d0)
#endif

/* ---- calls ---- */

C(CALL)
{
	ENTER(CALLEE(pc), fp + pc->a, pc->b, AFTER);
}

/* References that a host function gives: of the guest's own group, and in the form that slots have. */
static enum ew_status take_references(const struct ew_func *f, const struct ew_instance *guest,
				      union ew_value *results)
{
	const uint8_t *types = ewi_functype_results(f->type);

	for (uint32_t i = 0, at = 0; i < f->type->result_count; at += ewi_slots_of(types[i++])) {
		if (!ewi_is_reftype(types[i]))
			continue;
		if (types[i] == EW_FUNCREF && !ewi_ref_admit(guest, results[at].func))
			return EW_ERR_INVAL;
		if (types[i] == EW_EXNREF && results[at].ref)
			return EW_ERR_INVAL;
		results[at].u64 = (uintptr_t)results[at].ref;
	}
	return EW_OK;
}

/* A host function, in place on the guest's stack. */
enum ewi_host_end ewi_call_host(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp,
				union ew_value *args, struct ew_func *f, int32_t used, bool tail)
{
	const struct ewi_functype *t = f->type;
	uint32_t n = t->param_slots > t->result_slots ? t->param_slots : t->result_slots;
	struct ew_instance *caller = x->inst;
	struct ew_exec *own = caller->exec;
	enum ew_status status;

	caller->exec = x; /* it may have been reached from an instance on another executor */
	CHARGE(x, used);
	x->pc = pc;
	x->fp = args + n; /* a nested call may use the stack from here */
	x->trap.code = EW_TRAP_NONE;
	x->trap.text[0] = '\0';
	x->pending = NULL;
	status = f->host(f->user, caller, args);
	caller->exec = own;
	if (EW_LIKELY(status >= EW_OK) && !ewi_functype_plain(t))
		status = take_references(f, caller, args);
	ewi_switch_instance(x, caller); /* memory may have grown */
	x->fp = fp;
	if (EW_LIKELY(status >= EW_OK))
		return EWI_HOST_BACK;
	x->pc = pc;
	x->status = status == EW_ERR_EXIT ? EW_ERR_EXIT : EW_ERR_TRAP;
	if (status == EW_ERR_EXIT)
		return EWI_HOST_ENDED;
	if (status == EW_ERR_TRAP && x->trap.code == EW_TRAP_EXCEPTION && x->pending) {
		const struct ewi_ins *go = ewi_rethrow(x, pc, fp, tail);

		x->pc = go ? go : pc;
		if (go)
			return EWI_HOST_CAUGHT;
	} else if (x->trap.code == EW_TRAP_NONE || status != EW_ERR_TRAP) {
		x->trap.code = EW_TRAP_HOST;
		x->trap.status = status;
		x->trap.text[0] = '\0';
	}
	x->fuel += used; /* the trap's own account takes it again */
	return EWI_HOST_ENDED;
}

EW_COLD const struct ewi_ins *ewi_trap_late(const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x,
					    enum ew_status status)
{
	ewi_trap(pc, fp, x, EW_TRAP_TRANSLATION);
	x->trap.status = status;
	ewi_format(x->trap.text, sizeof(x->trap.text), "%s: %s", ew_trap_text(EW_TRAP_TRANSLATION),
		   ew_status_text(status));
	return NULL;
}

#if EW_CONFIG_LAZY
C(CALL_LATE)
{
	const struct ewi_head *head =
		atomic_load_explicit(&x->inst->late->heads[pc->u.uimm], memory_order_acquire);

	if (EW_UNLIKELY(!head)) {
		enum ew_status status = ewi_late_ready(x->inst, pc->u.uimm);

		if (status != EW_OK)
			return ewi_trap_late(pc, fp, x, status);
		GO(pc);
	}
	ENTER(head, fp + pc->a, pc->b, AFTER);
}
#else
/* Never emitted. */
C(CALL_LATE)
{
	NEXT;
}
#endif

/*
 * A function of another instance: two frames, the way back to the caller's code and below it the way back to the
 * caller's instance.  One of this instance, which a lazy module's may be: one frame.
 */
static const struct ewi_ins *enter_code(struct ew_exec *x, const struct ewi_ins *pc,
					   const struct ewi_ins *next, union ew_value *fp,
					   union ew_value *args, struct ew_func *f, int32_t used)
{
	const struct ewi_head *head = f->code;
	bool own = f->instance == x->inst;

	if (!own && GUARD_REFUSED(x, f))
		return ewi_guard_refuse(pc, fp, x);
	if (x->stack_end - args < head->frame_slots || x->frames_end - x->top < (own ? 1 : 2))
		return ewi_trap(pc, fp, x, EW_TRAP_STACK);
	*x->top++ = (struct ewi_call_frame){next, fp};
	if (!own) {
		*x->top++ = (struct ewi_call_frame){&ewi_ins_cross, (void *)x->inst};
		ewi_switch_instance(x, f->instance);
	}
	CLEAR_LOCALS(head, args);
	x->fp = args;
	CHARGE(x, used);
	if (MUST_STOP)
		return ewi_suspend((const void *)(head + 1), args, x);
	return (const void *)(head + 1);
}

/* Any function, out of line.  x->fp is the frame to go on with. */
static EW_NOINLINE const struct ewi_ins *call_any(struct ew_exec *x, const struct ewi_ins *pc,
						  const struct ewi_ins *next, union ew_value *fp,
						  union ew_value *args, struct ew_func *f,
						  int32_t used)
{
	enum ew_status status;

	if (f->host) {
		enum ewi_host_end end = ewi_call_host(x, pc, fp, args, f, used, false);

		return end == EWI_HOST_BACK ? next : end == EWI_HOST_CAUGHT ? x->pc : NULL;
	}
	status = ewi_func_ready(f);
	if (status != EW_OK)
		return ewi_trap_late(pc, fp, x, status);
	return enter_code(x, pc, next, fp, args, f, used);
}

/*
 * After it the accumulators hold the host's result, if it has one: otherwise the stack may end here.  In a callee
 * they are dead anyway.  What the host did may have cost fuel.
 */
#define CALL_ANY(f, used, next)                                                                          \
	do {                                                                                       \
		union ew_value *args_ = fp + pc->a;                                                \
		struct ew_func *f_ = (f);                                                          \
		bool gives_ = f_->type->result_count > 0;                                          \
		const struct ewi_ins *go_ = call_any(x, pc, (next), fp, args_, f_, (used));        \
		if (!go_)                                                                          \
			return NULL;                                                               \
		fp = x->fp;                                                                        \
		SET_MEM();                                                                         \
		if (gives_)                                                                        \
			SET_ACC_FROM(*args_);                                                      \
		STOP_AT(go_);                                                                      \
		GO(go_);                                                                           \
	} while (0)

C(CALL_IMPORT)
{
	CALL_ANY(x->inst->funcs[pc->u.uimm], pc->b, AFTER);
}

/* The function of entry `value`, which has the type that is asked for; or a trap. */
#define INDEXED(f, value)                                                                          \
	const struct ew_table *t_ = x->tables[pc->u.uimm >> 24];                                   \
	uint32_t index_ = (value);                                                                 \
	struct ew_func *f;                                                                         \
	if (EW_UNLIKELY(index_ >= t_->size))                                                       \
		TRAP(EW_TRAP_UNDEFINED_ELEMENT);                                                   \
	f = t_->entries[index_];                                                                   \
	if (EW_UNLIKELY(!f))                                                                       \
		TRAP(EW_TRAP_UNINITIALIZED_ELEMENT);                                               \
	if (EW_UNLIKELY(f->type_key != BEHIND_u64))                                                \
		TRAP(EW_TRAP_INDIRECT_TYPE)
#define INDEXED_COST ((int32_t)(pc->u.uimm & 0xffffff))
/*
 * A function with its code in this instance is entered.  In the large profile others are called elsewhere, where they are
 * looked up once more: a handler that calls has registers to save, whichever way it goes.
 */
#if EW_CONFIG_EXEC_ACC
#define ANY(N, value)                                                                              \
	static EW_NOINLINE const struct ewi_ins *any_##N(EWI_REGS)                                 \
	{                                                                                          \
		INDEXED(f, value);                                                                 \
		CALL_ANY(f, INDEXED_COST, AFTERX);                                                         \
	}
#define GO_ANY(N, f) MUST_TAIL return any_##N(EWI_ARGS)
#else
#define ANY(N, value)
#define GO_ANY(N, f) CALL_ANY(f, INDEXED_COST, AFTERX)
#endif
#define CALL_BY_INDEX(N, value)                                                                    \
	ANY(N, value)                                                                              \
	C(N)                                                                                       \
	{                                                                                          \
		INDEXED(f, value);                                                                 \
		if (EW_LIKELY(f->instance == x->inst && f->code))                                  \
			ENTER(f->code, fp + pc->a, INDEXED_COST, AFTERX);                          \
		GO_ANY(N, f);                                                                      \
	}

CALL_BY_INDEX(CALL_INDIRECT, fp[pc->b].u32)
#if EW_CONFIG_EXEC_ACC
CALL_BY_INDEX(CALL_INDIRECT_RS, ACC_u32)
#endif

C(CALL_INDIRECT_LONG)
{
	const struct ew_table *t = x->inst->tables[COST(pc)];
	uint32_t index = fp[pc->b].u32;
	struct ew_func *f;

	if (index >= t->size)
		TRAP(EW_TRAP_UNDEFINED_ELEMENT);
	f = t->entries[index];
	if (!f)
		TRAP(EW_TRAP_UNINITIALIZED_ELEMENT);
	if (!ewi_functype_equal(f->type, &x->inst->module->types[REL(pc)]))
		TRAP(EW_TRAP_INDIRECT_TYPE);
	if (f->instance == x->inst && f->code)
		ENTER(f->code, fp + pc->a, pc->u.imm, AFTERX);
	CALL_ANY(f, pc->u.imm, AFTERX);
}

/* ---- references and tables ---- */

C(REF_FUNC)
{
	fp[pc->b].u64 = (uintptr_t)x->inst->funcs[pc->u.uimm];
	NEXT;
}

C(TABLE_GET)
{
	const struct ew_table *t = x->inst->tables[pc->u.uimm];
	uint32_t index = fp[pc->a].u32;

	if (index >= t->size)
		return trap_table(pc, fp, x, "table.get", index, t);
	fp[pc->b].u64 = (uintptr_t)t->entries[index];
	NEXT;
}

C(TABLE_SET)
{
	struct ew_table *t = x->inst->tables[pc->u.uimm];
	uint32_t index = fp[pc->a].u32;

	if (index >= t->size)
		return trap_table(pc, fp, x, "table.set", index, t);
	t->entries[index] = (void *)(uintptr_t)fp[pc->b].u64;
	t->touched = true;
	NEXT;
}

/* Of a 64-bit table: an index as 32 bits; what does not fit becomes one that no table reaches. */
C(TABLE_INDEX)
{
	uint64_t index = fp[pc->a].u64;

	fp[pc->b].u32 = index < UINT32_MAX ? (uint32_t)index : UINT32_MAX;
	NEXT;
}

/* An operand that is an address or a length of object, and a result likewise. */
#define INDEX(object, value) (EWI_IS64(object) ? (value).u64 : (value).u32)
#define SET_INDEX(object, slot, v)                                                                 \
	do {                                                                                       \
		uint64_t v_ = (v);                                                                 \
		if (EWI_IS64(object))                                                              \
			(slot)->u64 = v_;                                                          \
		else                                                                               \
			(slot)->u32 = (uint32_t)v_;                                                \
	} while (0)
/* A length that two of them share: i64 only where both are. */
#define LENGTH(a, b, value) (EWI_IS64(a) ? INDEX(b, value) : (value).u32)

C(TABLE_SIZE)
{
	const struct ew_table *t = x->inst->tables[pc->u.uimm];

	SET_INDEX(t, fp + pc->b, t->size);
	NEXT;
}

C(TABLE_GROW)
{
	struct ew_table *t = x->inst->tables[pc->u.uimm];

	SET_INDEX(t, fp + pc->a,
		  ewi_table_grow(t, INDEX(t, fp[pc->a + 1]), (void *)(uintptr_t)fp[pc->a].u64));
	NEXT;
}

#define CHECKED(name, call)                                                                        \
	do {                                                                                       \
		enum ew_trap_code code_ = (call);                                                  \
		if (EW_UNLIKELY(code_ != EW_TRAP_NONE))                                            \
			return trap_named(pc, fp, x, code_, name);                                 \
		NEXT;                                                                              \
	} while (0)

C(TABLE_FILL)
{
	struct ew_table *t = x->inst->tables[pc->u.uimm];
	const union ew_value *v = fp + pc->a;

	CHECKED("table.fill", ewi_table_fill(t, INDEX(t, v[0]), (void *)(uintptr_t)v[1].u64, INDEX(t, v[2])));
}

C(TABLE_COPY)
{
	struct ew_table *to = x->inst->tables[pc->u.s.c], *from = x->inst->tables[pc->u.s.d];
	const union ew_value *v = fp + pc->a;

	CHECKED("table.copy", ewi_table_copy(to, from, INDEX(to, v[0]), INDEX(from, v[1]), LENGTH(to, from, v[2])));
}

C(TABLE_INIT)
{
	const union ew_value *v = fp + pc->a;

	CHECKED("table.init", ewi_table_init(x->inst, pc->b, pc->u.uimm, INDEX(x->inst->tables[pc->b], v[0]), v[1].u32, v[2].u32));
}

C(ELEM_DROP)
{
	ewi_elem_drop(x->inst, pc->u.uimm);
	NEXT;
}

/* ---- memory ---- */

C(MEMORY_SIZE)
{
	const struct ew_memory *m = x->inst->memories[pc->u.uimm];

	SET_INDEX(m, fp + pc->b, m->pages);
	NEXT;
}

C(MEMORY_GROW)
{
	struct ew_memory *m = x->inst->memories[pc->u.uimm];

	SET_INDEX(m, fp + pc->b, ewi_memory_grow(m, INDEX(m, fp[pc->a])));
	ewi_switch_instance(x, x->inst);
	SET_MEM();
	NEXT;
}

C(MEMORY_FILL)
{
	struct ew_memory *m = x->inst->memories[pc->u.uimm];
	const union ew_value *v = fp + pc->a;

	CHECKED("memory.fill", ewi_memory_fill(m, INDEX(m, v[0]), (uint8_t)v[1].u32, INDEX(m, v[2])));
}

C(MEMORY_COPY)
{
	struct ew_memory *to = x->inst->memories[pc->u.s.c], *from = x->inst->memories[pc->u.s.d];
	const union ew_value *v = fp + pc->a;

	CHECKED("memory.copy", ewi_memory_copy(to, from, INDEX(to, v[0]), INDEX(from, v[1]), LENGTH(to, from, v[2])));
}

C(MEMORY_INIT)
{
	const union ew_value *v = fp + pc->a;

	CHECKED("memory.init", ewi_memory_init(x->inst, pc->b, pc->u.uimm, INDEX(x->inst->memories[pc->b], v[0]), v[1].u32, v[2].u32));
}

/* A trap or a call in between cannot leave it: whoever runs next begins with memory 0 of an instance. */
C(MEMORY_USE)
{
	const struct ew_memory *m = x->inst->memories[pc->u.uimm];

	x->mem = m->base;
	x->mem_bytes = m->bytes;
	SET_MEM();
	NEXT;
}

/* Before each store of at most 16 bytes to memory 0.  A store that is out of bounds traps by itself. */
C(TOUCH)
{
	const struct ew_memory *m = x->inst->memory;
	uint64_t ea = (uint64_t)fp[pc->a].u32 + pc->u.uimm;

	if (m->cards) {
		uint64_t first = ea >> m->card_log2, last = (ea + 15) >> m->card_log2;

		if (last < m->card_count)
			m->cards[first] = m->cards[last] = 1;
		else if (first < m->card_count)
			m->cards[first] = 1;
	}
	NEXT;
}

C(DATA_DROP)
{
	ewi_data_drop(x->inst, pc->u.uimm);
	NEXT;
}

#endif
