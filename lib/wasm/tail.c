/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tail.c - tail calls: the callee takes the place of the caller's frame, and no call frame is pushed.
 *
 * Room is checked before anything moves, so that a trap here is one of the calling instruction.  Arguments lie above
 * the place they go to, so moving them upwards in order overwrites nothing unread.
 * Source: the tail call proposal.
 */
#include "wasm/handler.h"

#if EW_CONFIG_WASM

#define C(name) const struct ewi_ins *ewi_h_##name(EWI_REGS)

#if EW_CONFIG_TAIL_CALL

#define MOVE_DOWN(from, slots)                                                                     \
	do {                                                                                       \
		const union ew_value *from_ = (from);                                              \
		uint32_t n_ = (slots);                                                             \
		for (uint32_t k_ = 0; k_ < n_; k_++)                                               \
			fp[k_] = from_[k_];                                                        \
	} while (0)

/* Go on in a function of this instance. */
#define REPLACE(callee, used)                                                                      \
	do {                                                                                       \
		const struct ewi_head *head_ = (callee);                                           \
		if (EW_UNLIKELY(x->stack_end - fp < head_->frame_slots))                           \
			TRAP(EW_TRAP_STACK);                                                       \
		MOVE_DOWN(fp + pc->a, pc->b);                                                      \
		CLEAR_LOCALS(head_, fp);                                                           \
		CHARGE(x, used);                                                                   \
		if (MUST_STOP)                                                                     \
			return ewi_suspend((const struct ewi_ins *)(const void *)(head_ + 1), fp,  \
					   x);                                                     \
		GO((const struct ewi_ins *)(const void *)(head_ + 1));                             \
	} while (0)

/*
 * Go on in a function of another instance.  The way back into ours is not needed, only one into the instance that
 * called us: if that is another one its frame is on top already, so a loop through instances pushes one at most.
 * Functions of this instance come here too while they have no code (lazy modules).
 */
static const struct ewi_ins *replace_code(struct ew_exec *x, const struct ewi_ins *pc,
					     union ew_value *fp, struct ew_func *f, int32_t used)
{
	const struct ewi_head *head = f->code;
	bool crossed = f->instance == x->inst || x->top[-1].pc == &ewi_ins_cross;

	if (GUARD_REFUSED(x, f))
		return ewi_guard_refuse(pc, fp, x);
	if (x->stack_end - fp < head->frame_slots || (!crossed && x->top == x->frames_end))
		return ewi_trap(pc, fp, x, EW_TRAP_STACK);
	if (!crossed)
		*x->top++ = (struct ewi_call_frame){&ewi_ins_cross, (void *)x->inst};
	ewi_switch_instance(x, f->instance);
	MOVE_DOWN(fp + pc->a, pc->b);
	CLEAR_LOCALS(head, fp);
	x->fp = fp;
	CHARGE(x, used);
	if (MUST_STOP)
		return ewi_suspend((const void *)(head + 1), fp, x);
	return (const void *)(head + 1);
}

/*
 * A host function: called where the frame begins, where its results are what the caller waits for.  The frame has
 * room for them: they are as many as the function's own.
 */
static const struct ewi_ins *replace_host(struct ew_exec *x, const struct ewi_ins *pc,
					  union ew_value *fp, struct ew_func *f, int32_t used)
{
	enum ewi_host_end end;

	MOVE_DOWN(fp + pc->a, pc->b);
	end = ewi_call_host(x, pc, fp, fp, f, used, true);
	if (end != EWI_HOST_BACK)
		return end == EWI_HOST_CAUGHT ? x->pc : NULL;
	x->top--;
	x->fp = x->top->fp;
	return x->top->pc;
}

static EW_NOINLINE const struct ewi_ins *replace_any(struct ew_exec *x, const struct ewi_ins *pc,
						     union ew_value *fp, struct ew_func *f,
						     int32_t used)
{
	enum ew_status status;

	if (f->host)
		return replace_host(x, pc, fp, f, used);
	status = ewi_func_ready(f);
	if (status != EW_OK)
		return ewi_trap_late(pc, fp, x, status);
	return replace_code(x, pc, fp, f, used);
}

/* The accumulators get the host's result; in a callee they are dead anyway. */
#define REPLACE_ANY(callee, used)                                                                  \
	do {                                                                                       \
		struct ew_func *f_ = (callee);                                                     \
		const union ew_value *first_ = fp;                                                 \
		bool gives_ = f_->type->result_count > 0;                                          \
		(void)first_;                                                                      \
		const struct ewi_ins *go_ = replace_any(x, pc, fp, f_, (used));                    \
		if (!go_)                                                                          \
			return NULL;                                                               \
		fp = x->fp;                                                                        \
		SET_MEM();                                                                         \
		if (gives_)                                                                        \
			SET_ACC_FROM(*first_);                                                     \
		STOP_AT(go_);                                                                      \
		GO(go_);                                                                           \
	} while (0)

C(RETURN_CALL)
{
	REPLACE(TARGET(pc), COST(pc));
}

#if EW_CONFIG_LAZY
C(RETURN_CALL_LATE)
{
	const struct ewi_head *head =
		atomic_load_explicit(&x->inst->late->heads[pc->u.uimm], memory_order_acquire);

	if (EW_UNLIKELY(!head)) {
		enum ew_status status = ewi_late_ready(x->inst, pc->u.uimm);

		if (status != EW_OK)
			return ewi_trap_late(pc, fp, x, status);
		GO(pc);
	}
	REPLACE(head, COST(pc));
}
#endif

C(RETURN_CALL_IMPORT)
{
	REPLACE_ANY(x->inst->funcs[pc->u.uimm], COST(pc));
}

C(RETURN_CALL_INDIRECT)
{
	const struct ew_table *t = x->inst->tables[COST(pc)];
	uint32_t index = fp[pc->a + pc->b].u32;
	struct ew_func *f;

	if (EW_UNLIKELY(index >= t->size))
		TRAP(EW_TRAP_UNDEFINED_ELEMENT);
	f = t->entries[index];
	if (EW_UNLIKELY(!f))
		TRAP(EW_TRAP_UNINITIALIZED_ELEMENT);
	if (EW_UNLIKELY(!ewi_functype_equal(f->type, &x->inst->module->types[REL(pc)])))
		TRAP(EW_TRAP_INDIRECT_TYPE);
	if (EW_LIKELY(f->instance == x->inst && f->code))
		REPLACE(f->code, pc->u.imm);
	REPLACE_ANY(f, pc->u.imm);
}

#else
/* Never emitted. */
C(RETURN_CALL)
{
	NEXTX;
}

C(RETURN_CALL_IMPORT)
{
	NEXTX;
}

C(RETURN_CALL_INDIRECT)
{
	NEXTX;
}
#endif

#if !EW_CONFIG_TAIL_CALL || !EW_CONFIG_LAZY
/* Never emitted. */
C(RETURN_CALL_LATE)
{
	NEXTX;
}
#endif

#endif
