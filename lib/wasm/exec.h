/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* exec.h - the executor: the stack that guests run on, and the shape of internal code. */
#ifndef EW_WASM_EXEC_H
#define EW_WASM_EXEC_H

#include <stdatomic.h>
#include "wasm/instance.h"

struct ewi_ins;

/* Where machines have vector registers, and compilers pass arguments in them. */
#if EW_CONFIG_SIMD && EW_CONFIG_EXEC_ACC && EW_CONFIG_EXEC_TAIL && defined(__GNUC__) &&                \
	(defined(__x86_64__) || defined(__AARCH64EL__))
#define EWI_VACC 1
#else
#define EWI_VACC 0
#endif

/*
 * Internal code is a sequence of instructions, each one struct ewi_ins or one struct ewi_insx.  The
 * handler's address is in the instruction (direct threading).  a, b, c, d are frame slots unless the
 * instruction says otherwise (icode.def).
 */
#if EW_CONFIG_EXEC_ACC
/* Registers of the machine: pc and fp, the executor, memory 0, and the three accumulators. */
#define EWI_SCALAR_REGS                                                                            \
	const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x, uint8_t *mem,             \
		uint64_t r0, double d0, float s0
#if EWI_VACC
/* And the vector that was made last. */
typedef uint64_t ewi_vreg __attribute__((vector_size(16)));
#define EWI_REGS EWI_SCALAR_REGS, ewi_vreg v0
#define EWI_ARGS pc, fp, x, mem, r0, d0, s0, v0
#else
#define EWI_REGS EWI_SCALAR_REGS
#define EWI_ARGS pc, fp, x, mem, r0, d0, s0
#endif
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
	int32_t cost; /* of a branch: fuel when it is taken; of a tail call: fuel since the last account */
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
	uint16_t unused;		/* 16 bytes: what comes behind stays aligned to 8 */
	uint32_t tries;			/* bytes from here to its struct ewi_tries; 0: it has none */
	uint32_t func; /* index, for backtraces */
};

/*
 * What a function catches, behind its code: costs nothing while nobody throws.  Positions are bytes from its head; of
 * several ranges that a position is in the first counts, the innermost.
 */
struct ewi_try {
	uint32_t start, end;   /* instructions at start <= position < end */
	uint32_t first, count; /* its clauses */
};

enum ewi_catch_kind { EWI_CATCH, EWI_CATCH_REF, EWI_CATCH_ALL, EWI_CATCH_ALL_REF };

struct ewi_catch {
	uint32_t target; /* where to go on; while it is translated the next clause of the same label, + 1 */
	int32_t cost;	 /* fuel: less what stands on the account of the line there */
	uint32_t tag;
	uint16_t slot; /* of the first value; the reference behind the last */
	uint16_t kind;
};

struct ewi_tries {
	uint32_t tries, clauses; /* so many struct ewi_try, then struct ewi_catch */
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

/* Less than 0, as fuel that is used up: both are looked at in one branch. */
#define EWI_STOP INTPTR_MIN

enum ewi_exec_state { EWI_IDLE, EWI_RUNNING, EWI_SUSPENDED };

struct ew_exec {
	/* Read and written by handlers. */
	int64_t fuel;	    /* may go below 0: owed */
	atomic_intptr_t interrupt; /* 0, or EWI_STOP */
	uint64_t mem_bytes; /* size of memory 0 of inst */
	uint8_t *mem;	    /* its address */
	struct ew_instance *inst;
	struct ew_global **globals;
	struct ew_table **tables;
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
	struct ew_exception *pending; /* thrown by the host, or not caught */
	bool keeps;		      /* a run has made exceptions that nobody has looked through since */
	struct ewi_stop stop; /* of the last trap, while nothing has run since */
	ew_trap_fn on_trap;
	void *trap_user;
#if EW_CONFIG_GUARD
	void *guard_back; /* of the run at work that may fault: where to go on (guard.c) */
#endif
	uint64_t bad_address; /* of an access out of bounds, on the way to trap.text */
	uint32_t bad_bytes;
	struct ew_alloc alloc;
};

/* ---- exception.c, unwind.c ---- */

#if EW_CONFIG_EXCEPTIONS
/*
 * An exception of inst, with room for its tag's values: zero.  end: above the last slot in use on x.  NULL: *why is
 * EW_ERR_LIMIT or EW_ERR_NOMEM; references that slots, globals and tables hold are good still.
 */
struct ew_exception *ewi_exception_new(struct ew_exec *x, struct ew_instance *inst, struct ew_tag *tag,
				       const union ew_value *end, enum ew_status *why);
/* A run on x is over: free what nobody refers to. */
void ewi_exceptions_settle(struct ew_exec *x);
void ewi_exceptions_free(struct ew_instance *i);
size_t ewi_exceptions_size(const struct ew_instance *i);
/* The text of x->trap for an exception that nobody catches; i threw it, and may have a name for the tag. */
void ewi_trap_uncaught(struct ew_exec *x, const struct ew_instance *i, const struct ew_tag *tag,
		       const union ew_value *values);
/*
 * After a host function ended with x->pending: where to go on, on frame x->fp, or NULL: nobody catches it.  tail: the
 * frame that called has been given up.
 */
const struct ewi_ins *ewi_rethrow(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp, bool tail);
#else
static inline void ewi_exceptions_settle(struct ew_exec *x)
{
	(void)x;
}

static inline void ewi_exceptions_free(struct ew_instance *i)
{
	(void)i;
}

static inline size_t ewi_exceptions_size(const struct ew_instance *i)
{
	(void)i;
	return 0;
}

static inline const struct ewi_ins *ewi_rethrow(struct ew_exec *x, const struct ewi_ins *pc, union ew_value *fp,
						bool tail)
{
	(void)x, (void)pc, (void)fp, (void)tail;
	return NULL;
}
#endif

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
