/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * handler.h - how a handler is written.
 *
 *	H(name) { ...; NEXT; }
 *
 * A handler ends by going to the next instruction, or returns NULL: the run is over and x->status says
 * why.  With EW_CONFIG_EXEC_TAIL the going is a sibling call, so that the machine registers of
 * EWI_REGS live across instructions and the C stack does not grow; otherwise they are parked in x and the loop in
 * ewi_run calls on.  Handlers take no address of a parameter: that would forbid the sibling call.
 */
#ifndef EW_WASM_HANDLER_H
#define EW_WASM_HANDLER_H

#include "base/bits.h"
#include "base/le.h"
#include "wasm/icode.h"
#include "wasm/numeric.h"

#define H(name) static const struct ewi_ins *name(EWI_REGS)

#if defined(__clang__)
#define MUST_TAIL __attribute__((musttail))
#else
#define MUST_TAIL
#endif

#if EW_CONFIG_EXEC_TAIL
#define GO(next)                                                                                   \
	do {                                                                                       \
		pc = (next);                                                                       \
		MUST_TAIL return pc->h(EWI_ARGS);                                                  \
	} while (0)
#elif EW_CONFIG_EXEC_ACC
#define GO(next)                                                                                   \
	do {                                                                                       \
		(void)mem;                                                                         \
		x->fp = fp, x->r0 = r0, x->d0 = d0, x->s0 = s0;                                    \
		return (next);                                                                     \
	} while (0)
#else
#define GO(next)                                                                                   \
	do {                                                                                       \
		x->fp = fp;                                                                        \
		return (next);                                                                     \
	} while (0)
#endif

/* For handlers that do not go on. */
#if EW_CONFIG_EXEC_ACC
#if EWI_VACC
#define IGNORE_REGS ((void)pc, (void)fp, (void)x, (void)mem, (void)r0, (void)d0, (void)s0, (void)v0)
#else
#define IGNORE_REGS ((void)pc, (void)fp, (void)x, (void)mem, (void)r0, (void)d0, (void)s0)
#endif
#else
#define IGNORE_REGS ((void)pc, (void)fp, (void)x)
#endif

/* Where a run begins or ends nothing reads the vector made last. */
#if EWI_VACC
#define NO_VECTOR , (ewi_vreg){0, 0}
#else
#define NO_VECTOR
#endif

#define AFTER (pc + 1)
#define AFTERX ((const struct ewi_ins *)((const struct ewi_insx *)pc + 1))
#define NEXT GO(AFTER)
#define NEXTX GO(AFTERX)
#define COST(p) (((const struct ewi_insx *)(p))->cost)
#define REL(p) (((const struct ewi_insx *)(p))->rel)
/* A place in the code is given relative to the pair (rel, cost) that names it. */
#define TARGET(p) ((const void *)((const char *)AFTER + REL(p)))
/* Of a plain call relative to the immediate. */
#define CALLEE(p) ((const void *)((const char *)&(p)->u.imm + (p)->u.imm))

/* The C type of a value type. */
#define C_u32 uint32_t
#define C_u64 uint64_t
#define C_f32 float
#define C_f64 double

#if EW_CONFIG_EXEC_ACC
#define MEM mem
#define ACC_u32 ((uint32_t)r0)
#define ACC_u64 r0
#define ACC_f32 s0
#define ACC_f64 d0
#define SET_ACC_u32(v) (r0 = (v))
#define SET_ACC_u64(v) (r0 = (v))
#define SET_ACC_f32(v) (s0 = (v))
#define SET_ACC_f64(v) (d0 = (v))
#define SET_ACC_FROM(slot) (r0 = (slot).u64, d0 = (slot).f64, s0 = (slot).f32)
#define SET_MEM() (mem = x->mem)
/* Nobody reads the accumulators in what comes next: whatever is in a register anyway stands in one. */
#define DROP_ACC(value) (r0 = (uint64_t)(uintptr_t)(value))
#else
#define MEM x->mem
#define SET_ACC_u32(v) ((void)0)
#define SET_ACC_u64(v) ((void)0)
#define SET_ACC_f32(v) ((void)0)
#define SET_ACC_f64(v) ((void)0)
#define SET_ACC_FROM(slot) ((void)0)
#define SET_MEM() ((void)0)
#define DROP_ACC(value) ((void)0)
#endif

#define IMM_u32 (pc->u.uimm)
#define IMM_u64 ((uint64_t)(int64_t)pc->u.imm)
#define IMM_f32 ewi_f32_of(pc->u.uimm)
#define IMM_f64 ((double)ewi_f32_of(pc->u.uimm)) /* constants that a float holds exactly */
#define BEHIND_u64 ewi_behind(pc)
#define BEHIND_f64 ewi_f64_of(ewi_behind(pc))

/* End the run with a trap at pc. */
const struct ewi_ins *ewi_trap(const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x,
			       enum ew_trap_code code);
/* The same with the code in x->trap.code. */
const struct ewi_ins *ewi_trap_here(EWI_REGS);
/* The same for a load or store of x->bad_bytes bytes at address x->bad_address, which the text then names. */
const struct ewi_ins *ewi_trap_access(EWI_REGS);
/* The function about to be called could not be translated. */
const struct ewi_ins *ewi_trap_late(const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x,
				    enum ew_status status);
/* Stop before `pc`, to go on there later: out of fuel or interrupted. */
const struct ewi_ins *ewi_suspend(const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x);

/*
 * A host function, in place on the guest's stack.  BACK: on frame x->fp behind the call; CAUGHT: it threw, and frame
 * x->fp catches that at x->pc.  tail: the calling frame has been given up and catches nothing.
 */
enum ewi_host_end { EWI_HOST_BACK, EWI_HOST_CAUGHT, EWI_HOST_ENDED };
enum ewi_host_end ewi_call_host(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp,
				union ew_value *args, struct ew_func *f, int32_t used, bool tail);

/* gcc turns a short clearing loop into a call of memset unless it cannot see through it. */
#if defined(__GNUC__) || defined(__clang__)
#define KEEP_LOOP __asm__ volatile("")
#else
#define KEEP_LOOP ((void)0)
#endif

#define CLEAR_LOCALS(head, frame)                                                                  \
	do {                                                                                       \
		union ew_value *clear_ = (frame) + (head)->zero_from;                              \
		for (uint32_t n_ = (head)->zero_count; n_ > 0; n_--) {                             \
			(clear_++)->u64 = 0;                                                       \
			KEEP_LOOP;                                                                 \
		}                                                                                  \
	} while (0)

/*
 * Handlers trap by calls that take what a handler takes, in the same machine registers: with other arguments compilers
 * move registers about on the way that does not trap as well.
 */
#define TRAP(reason)                                                                               \
	do {                                                                                       \
		x->trap.code = (reason);                                                           \
		return ewi_trap_here(EWI_ARGS);                                                    \
	} while (0)
#define TRAP_ACCESS(address, size)                                                                 \
	do {                                                                                       \
		x->bad_address = (address);                                                        \
		x->bad_bytes = (size);                                                             \
		return ewi_trap_access(EWI_ARGS);                                                  \
	} while (0)
/* `make bench-fuel` compares with a build in which handlers do not count. */
#ifdef EWI_UNMETERED
#define CHARGE(x, cost) ((void)(cost))
#define FUEL_SIGN(x) 0
#else
#define CHARGE(x, cost) ((void)((x)->fuel -= (cost)))
/* The part of it that has the sign. */
#define FUEL_SIGN(x) ((intptr_t)((x)->fuel >> (64 - 8 * sizeof(intptr_t))))
#endif
/*
 * Fuel below zero, or somebody set the flag: looked at on every jump back and every call.  In one branch: those that
 * are never taken crowd the ones worth remembering out of the history by which a guest's own interpreter loop is predicted.
 */
#define MUST_STOP EW_UNLIKELY((FUEL_SIGN(x) | atomic_load_explicit(&x->interrupt, memory_order_relaxed)) < 0)

/* Stop before `next` if the run must, with accumulators that will be read there. */
#if EW_CONFIG_EXEC_ACC
#define STOP_AT(next)                                                                              \
	do {                                                                                       \
		if (MUST_STOP) {                                                                   \
			x->r0 = r0, x->d0 = d0, x->s0 = s0;                                        \
			return ewi_suspend((next), fp, x);                                         \
		}                                                                                  \
	} while (0)
#else
#define STOP_AT(next)                                                                              \
	do {                                                                                       \
		if (MUST_STOP)                                                                     \
			return ewi_suspend((next), fp, x);                                         \
	} while (0)
#endif

/*
 * Take the branch at pc.  Its cost is what the straight line before it has used, less what stands on the
 * account of the line at its target: negative where a forward branch skips code.
 */
#define TAKE TAKE_BY(&REL(pc))
#define TAKE_BY(pair)                                                                              \
	do {                                                                                       \
		const int32_t *pair_ = (pair);                                                     \
		const struct ewi_ins *to_ = (const void *)((const char *)pair_ + pair_[0]);        \
		CHARGE(x, pair_[1]);                                                               \
		if (MUST_STOP && pair_[0] < 0)                                                     \
			return ewi_suspend(to_, fp, x);                                            \
		GO(to_);                                                                           \
	} while (0)
/* The jump at pc has no operands: where there are handlers enough, its pair is in their place. */
#if EW_CONFIG_EXEC_ACC
#define TAKE_JUMP TAKE_BY((const int32_t *)(const void *)((const char *)pc + offsetof(struct ewi_ins, a)))
#else
#define TAKE_JUMP TAKE
#endif

/* The same by a table of such pairs behind the instruction, the last of which is for every index that has none. */
#define BY_TABLE(index)                                                                            \
	do {                                                                                       \
		uint32_t index_ = (index);                                                         \
		const int32_t *pair_ = (const int32_t *)(const void *)(pc + 1);                    \
		const struct ewi_ins *to_;                                                         \
		pair_ += 2 * (size_t)(index_ < pc->u.uimm ? index_ : pc->u.uimm);                  \
		to_ = (const void *)((const char *)pair_ + pair_[0]);                              \
		CHARGE(x, pair_[1]);                                                               \
		if (MUST_STOP && pair_[0] < 0)                                                     \
			return ewi_suspend(to_, fp, x);                                            \
		GO(to_);                                                                           \
	} while (0)

/* Back to the caller, with results in place. */
#define LEAVE                                                                                      \
	do {                                                                                       \
		CHARGE(x, pc->u.imm);                                                              \
		struct ewi_call_frame *top_ = --x->top;                                            \
		fp = top_->fp;                                                                     \
		GO(top_->pc);                                                                      \
	} while (0)

/*
 * Enter a function of this instance; its frame starts at its arguments.  The room is checked before
 * anything changes, so that a trap here is one of the calling instruction.
 */
#define ENTER(callee, args, used, next)                                                            \
	do {                                                                                       \
		const struct ewi_head *head_ = (callee);                                           \
		union ew_value *frame_ = (args);                                                   \
		struct ewi_call_frame *top_ = x->top;                                              \
		if (EW_UNLIKELY(x->stack_end - frame_ < head_->frame_slots ||                      \
				top_ == x->frames_end))                                            \
			TRAP(EW_TRAP_STACK);                                                       \
		top_->pc = (next);                                                                 \
		top_->fp = fp;                                                                     \
		x->top = top_ + 1;                                                                 \
		fp = frame_;                                                                       \
		CLEAR_LOCALS(head_, frame_);                                                       \
		DROP_ACC(head_);                                                                   \
		CHARGE(x, used);                                                                   \
		if (MUST_STOP)                                                                     \
			return ewi_suspend((const struct ewi_ins *)(const void *)(head_ + 1), fp, \
					   x);                                                     \
		GO((const struct ewi_ins *)(const void *)(head_ + 1));                             \
	} while (0)

/* control.c */
#define CTL(N) const struct ewi_ins *ewi_h_##N(EWI_REGS);
#if EW_CONFIG_EXEC_ACC
#define CTLR(N) CTL(N) const struct ewi_ins *ewi_h_##N##_RS(EWI_REGS);
#else
#define CTLR CTL
#endif
#define BIN(N, R, T, E)
#define BINT(N, R, T, C, E)
#define CMP(N, T, E, S, G)
#define FCMP(N, T, E, S)
#define UN(N, R, T, E)
#define UNT(N, R, T, C, E)
#define LOAD(N, R, B, E)
#define STORE(N, T, B, E)
#define SEL(N, T)
#define GLOB(N, T)
#include "wasm/icode.def"

/* exec_simd.c: handlers by form; see simd.def. */
#define V_PLAIN(N) const struct ewi_ins *ewi_h_##N(EWI_REGS);
#if EW_CONFIG_EXEC_ACC
#define V_ACC(N) V_PLAIN(N) const struct ewi_ins *ewi_h_##N##_RS(EWI_REGS);
#define V_OUT(N) V_PLAIN(N) const struct ewi_ins *ewi_h_##N##_silent(EWI_REGS);
#else
#define V_ACC(N) V_PLAIN(N)
#define V_OUT(N) V_PLAIN(N)
#endif
#define V_SI(N) const struct ewi_ins *ewi_h_##N##_SI(EWI_REGS);
#if EW_CONFIG_EXEC_ACC
#define V_GET(N) V_ACC(N) V_SI(N)
#else
#define V_GET(N) V_ACC(N)
#endif
#if EWI_VACC
#define V_RI(N) const struct ewi_ins *ewi_h_##N##_RI(EWI_REGS);
#define V_PUT(N)                                                                                   \
	V_GET(N) V_RI(N) const struct ewi_ins *ewi_h_##N##_SR(EWI_REGS);                           \
	const struct ewi_ins *ewi_h_##N##_RX(EWI_REGS);
#define V_ONE(N) V_PLAIN(N) const struct ewi_ins *ewi_h_##N##_RS(EWI_REGS);
#define V_TWO(N) V_ONE(N) const struct ewi_ins *ewi_h_##N##_SR(EWI_REGS);
#else
#define V_RI(N)
#define V_PUT(N) V_GET(N)
#define V_ONE(N) V_PLAIN(N)
#define V_TWO(N) V_PLAIN(N)
#endif
#define V_SHIFT(N) V_ACC(N) V_SI(N) V_RI(N)
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms) V_##forms(N)
#define VINT(N, cls, R, T, forms) V_##forms(N)
#include "wasm/simd.def"
#undef V_PLAIN
#undef V_ACC
#undef V_OUT
#undef V_SI
#undef V_RI
#undef V_GET
#undef V_PUT
#undef V_SHIFT
#undef V_ONE
#undef V_TWO

/* Run from pc on frame fp until a handler ends it; returns x->status. */
enum ew_status ewi_run(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp);

#if EW_CONFIG_GUARD
/* guard.c: the same from x->pc on frame x->fp, for a run that may get into instances without checks. */
enum ew_status ewi_guard_run(struct ew_exec *x);
/* One of them is reached by a run that was not begun so: a trap. */
const struct ewi_ins *ewi_guard_refuse(const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x);
#define GUARD_REFUSED(x, f) ((f)->instance->guarded && !(x)->guard_back)
#else
#define GUARD_REFUSED(x, f) false
#define ewi_guard_refuse(pc, fp, x) NULL
#endif

/* The instruction that ends a run: the return address below the outermost frame. */
extern const struct ewi_ins ewi_ins_stop;
/* Returned to when a call into another instance ends: its frame's fp is the caller's instance. */
extern const struct ewi_ins ewi_ins_cross;

/* Make inst the one whose memory and globals handlers see. */
static inline void ewi_switch_instance(struct ew_exec *x, struct ew_instance *inst)
{
	x->inst = inst;
	x->globals = inst->globals;
	x->tables = inst->tables;
	x->mem = inst->memory ? inst->memory->base : NULL;
	x->mem_bytes = inst->memory ? inst->memory->bytes : 0;
}

#endif
