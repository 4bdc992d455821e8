/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* exec.h - the executor: the stack that guests run on, and the shape of internal code. */
#ifndef EW_WASM_EXEC_H
#define EW_WASM_EXEC_H

#include <stdatomic.h>
#include "wasm/instance.h"

struct ewi_ins;

/*
 * Internal code is a sequence of instructions, each one struct ewi_ins or one struct ewi_insx.  The
 * handler's address is in the instruction (direct threading).  a, b, c, d are frame slots unless the
 * instruction says otherwise (icode.def).
 */
#if EW_CONFIG_EXEC_ACC
/* Registers of the machine: pc and fp, the executor, memory 0, and the three accumulators. */
#define EWI_REGS                                                                                   \
	const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x, uint8_t *mem,             \
		uint64_t r0, double d0, float s0
#define EWI_ARGS pc, fp, x, mem, r0, d0, s0
#else
#define EWI_REGS const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x
#define EWI_ARGS pc, fp, x
#endif

typedef const struct ewi_ins *(*ewi_handler)(EWI_REGS);

struct ewi_ins {
	ewi_handler h;
	uint16_t a, b;
	union {
		struct {
			uint16_t c, d;
		} s;
		int32_t imm;
		uint32_t uimm;
	} u;
};

struct ewi_insx {
	struct ewi_ins i;
	int32_t rel;  /* of a branch or call: bytes from this field to the target */
	int32_t cost; /* of a branch: fuel when it is taken; of a call: fuel since the last account */
};

/* A 64-bit constant takes the place of rel and cost; read by bytes, since it is aligned to 4 only. */
static inline uint64_t ewi_behind(const struct ewi_ins *pc)
{
	uint64_t bits;

	memcpy(&bits, &((const struct ewi_insx *)pc)->rel, sizeof(bits));
	return bits;
}

/* Before the first instruction of a function: what a call has to know. */
struct ewi_head {
	uint16_t zero_from, zero_count; /* locals to clear */
	uint16_t frame_slots;		/* locals and operands */
	uint16_t unused[3];		/* 16 bytes: what comes behind stays aligned to 8 */
	uint32_t func; /* index, for backtraces */
};

/*
 * Functions that are translated on their first call.  Each gets a block of its own, and is then published by one
 * compare and exchange: of two threads that translate the same function at once the slower one throws its code away.
 */
struct ewi_late {
	atomic_size_t bytes, code_bytes; /* of all blocks */
	const struct ewi_head *_Atomic heads[]; /* by function; NULL: not yet, or an import */
};

/* Let a function of an instance with .late have its code; any status that translation ends with. */
enum ew_status ewi_late_ready(const struct ew_instance *i, uint32_t func);
/* The same for one that may have f->code already; not a host function. */
enum ew_status ewi_func_ready(struct ew_func *f);

struct ewi_call_frame {
	const struct ewi_ins *pc; /* where the caller goes on */
	union ew_value *fp;	  /* the caller's frame */
};

/* Where a run stopped: by a trap, or suspended.  top NULL: nowhere. */
struct ewi_stop {
	const struct ewi_call_frame *top, *base; /* base: the frame of the stop instruction */
	const struct ew_instance *inst;
	const void *pc;
	const union ew_value *fp;
};

enum ewi_exec_state { EWI_IDLE, EWI_RUNNING, EWI_SUSPENDED };

struct ew_exec {
	/* Read and written by handlers. */
	int64_t fuel;	    /* may go below 0: owed */
	atomic_uint interrupt;
	uint64_t mem_bytes; /* size of memory 0 of inst */
	uint8_t *mem;	    /* its address */
	struct ew_instance *inst;
	struct ew_global **globals;
	struct ewi_call_frame *top, *frames_end;
	union ew_value *stack_end;

	/* Between handlers when they do not call one another (EW_CONFIG_EXEC_TAIL 0), and when suspended. */
	union ew_value *fp;
	const struct ewi_ins *pc;
	uint64_t r0;
	double d0;
	float s0;

	struct ewi_call_frame *frames;
	union ew_value *stack;
	uint32_t stack_slots, call_depth, host_depth;
	enum ewi_exec_state state;
	enum ew_status status;		/* why the last run ended */
	struct ew_func *func;		/* the call in progress at the outermost level */
#if EW_CONFIG_TRACE
	ew_step_fn step;		/* told of every instruction of modules made for it, or NULL */
	void *step_user;
#endif
	struct ew_trap trap;
	struct ewi_stop stop; /* of the last trap, while nothing has run since */
	ew_trap_fn on_trap;
	void *trap_user;
	uint64_t bad_address; /* of an access out of bounds, on the way to trap.text */
	uint32_t bad_bytes;
	struct ew_alloc alloc;
};

/*
 * Frame by frame, the youngest first:
 *
 *	for (ewi_walk_begin(&w, x); w.inst; ewi_walk_next(&w))
 */
struct ewi_walk {
	struct ewi_stop at;	  /* at.top: frames left */
	const struct ew_instance *inst; /* NULL: that was all */
	const union ew_value *fp;
	uint32_t func, offset; /* in inst's module: the function, and the byte of the instruction */
};

/* From where x stopped; false: it did not. */
bool ewi_walk_begin(struct ewi_walk *w, const struct ew_exec *x);
void ewi_walk_next(struct ewi_walk *w);

#endif
