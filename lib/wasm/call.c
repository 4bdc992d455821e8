/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * call.c - the executor from outside: create, call, suspend, resume, and what a trap leaves behind.
 *
 * A run stands between ew_call_begin and the stop instruction.  Host functions may call guests again on the
 * same executor: such a nested run works above the frame that called the host, and is never left
 * suspended, since the host function in between could not be.
 */
#include "base/error.h"
#include "wasm/handler.h"

#if EW_CONFIG_WASM

/* ---- create and destroy ---- */

enum ew_status ew_exec_create(struct ew_exec **out, const struct ew_exec_config *config,
			      const struct ew_alloc *alloc)
{
	struct ew_exec_config c;
	struct ew_exec *x;

	if (!out)
		return EW_ERR_INVAL;
	*out = NULL;
	if (!alloc)
		return EW_ERR_INVAL;
	ewi_config_read(&c, sizeof(c), config);
	x = ewi_alloc(alloc, 1, sizeof(*x));
	if (!x)
		return EW_ERR_NOMEM;
	x->alloc = *alloc;
	x->stack_slots = c.stack_slots ? c.stack_slots : EW_STACK_SLOTS;
	x->call_depth = c.call_depth ? c.call_depth : EW_CALL_DEPTH;
	x->stack = ewi_alloc(alloc, x->stack_slots, sizeof(*x->stack));
	/* One more: the frame that ends a run is not a guest's. */
	x->frames = x->call_depth < UINT32_MAX
			    ? ewi_alloc(alloc, (size_t)x->call_depth + 1, sizeof(*x->frames))
			    : NULL;
	if (!x->stack || !x->frames) {
		ew_exec_destroy(x);
		return EW_ERR_NOMEM;
	}
	x->stack_end = x->stack + x->stack_slots;
	x->frames_end = x->frames + x->call_depth + 1;
	x->top = x->frames;
	x->fuel = EW_FUEL_MAX;
	*out = x;
	return EW_OK;
}

void ew_exec_destroy(struct ew_exec *x)
{
	struct ew_alloc a;

	if (!x)
		return;
	a = x->alloc;
	ewi_free(&a, x->frames, (size_t)x->call_depth + 1, sizeof(*x->frames));
	ewi_free(&a, x->stack, x->stack_slots, sizeof(*x->stack));
	ewi_free(&a, x, 1, sizeof(*x));
}

/* ---- fuel and interruption ---- */

void ew_exec_set_fuel(struct ew_exec *x, uint64_t fuel)
{
	x->fuel = fuel > EW_FUEL_MAX ? EW_FUEL_MAX : (int64_t)fuel;
}

int64_t ew_exec_fuel(const struct ew_exec *x)
{
	return x->fuel;
}

/* Not below what one run could owe twice over: no sum of such steps wraps. */
void ew_exec_burn(struct ew_exec *x, uint64_t fuel)
{
	x->fuel -= fuel > EW_FUEL_MAX ? EW_FUEL_MAX : (int64_t)fuel;
	if (x->fuel < -EW_FUEL_MAX)
		x->fuel = -EW_FUEL_MAX;
}

void ew_exec_interrupt(struct ew_exec *x)
{
	atomic_store_explicit(&x->interrupt, EWI_STOP, memory_order_relaxed);
}

void ew_exec_clear_interrupt(struct ew_exec *x)
{
	atomic_store_explicit(&x->interrupt, 0, memory_order_relaxed);
}

/* ---- where a trap happened ---- */

static uint32_t get_varint(const uint8_t **p)
{
	uint32_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = *(*p)++;

		v |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
}

/* Module offset and fuel of the last marked instruction at or before the spot. */
static int32_t position(const struct ew_module *m, const struct ewi_spot *spot, uint32_t *offset)
{
	const uint8_t *p = spot->map;
	uint32_t at = 0, where = m->funcs[spot->func].body_offset;
	int32_t fuel = 0, cost = 0;

	*offset = where;
	while (p < spot->end) {
		uint32_t zigzag;

		at += get_varint(&p) * 4;
		if (at > spot->pos)
			break;
		where += get_varint(&p);
		zigzag = get_varint(&p);
		fuel += (int32_t)(zigzag >> 1 ^ (0 - (zigzag & 1)));
		*offset = where;
		cost = fuel;
	}
	return cost;
}

/* One frame of the backtrace, if pc is in code of inst (or just behind a call); the fuel of its straight line. */
static int32_t add_frame(struct ew_trap *trap, const struct ew_instance *inst, const void *pc)
{
	struct ew_frame frame = {.instance = inst};
	struct ewi_spot spot;
	int32_t cost;

	if (trap->frame_count == EW_TRAP_FRAMES) { /* how deep it is: what is there need not be known */
		trap->depth++;
		return 0;
	}
	if (!ewi_spot_find(inst->module, pc, &spot))
		return 0;
	frame.func = spot.func;
	cost = position(inst->module, &spot, &frame.offset);
	trap->frames[trap->frame_count++] = frame;
	trap->depth++;
	return cost;
}

/* From a frame to the one that called it, or false. */
static bool older(struct ewi_stop *s)
{
	while (s->top - s->base > 1) {
		const struct ewi_call_frame *f = --s->top;

		if (f->pc == &ewi_ins_cross) {
			s->inst = (const struct ew_instance *)(const void *)f->fp;
		} else if (f->pc != &ewi_ins_stop) {
			s->pc = (const uint8_t *)f->pc - 1; /* in the call, whatever stands behind it */
			s->fp = f->fp;
			return true;
		}
	}
	return false;
}

/*
 * Walk from the trapping instruction down to the frame that began the run, and take the fuel that the
 * interrupted straight line had used.
 */
static void fill_trap(struct ew_exec *x)
{
	struct ew_trap *trap = &x->trap;
	struct ewi_stop s = x->stop;

	trap->frame_count = trap->depth = 0;
	if (trap->code != EW_TRAP_HOST && trap->code != EW_TRAP_TRANSLATION && trap->code != EW_TRAP_EXCEPTIONS)
		trap->status = EW_OK;
	if (trap->text[0] == '\0')
		ewi_format(trap->text, sizeof(trap->text), "%s",
			   trap->code == EW_TRAP_HOST ? ew_status_text(trap->status)
						      : ew_trap_text(trap->code));
	x->fuel -= add_frame(trap, s.inst, s.pc);
	if (trap->depth == 0)
		return;
	while (older(&s))
		add_frame(trap, s.inst, s.pc);
}

static void locate(struct ewi_walk *w)
{
	struct ewi_spot spot;

	w->inst = ewi_spot_find(w->at.inst->module, w->at.pc, &spot) ? w->at.inst : NULL;
	if (!w->inst)
		return;
	w->fp = w->at.fp;
	w->func = spot.func;
	position(w->inst->module, &spot, &w->offset);
}

bool ewi_walk_begin(struct ewi_walk *w, const struct ew_exec *x)
{
	w->inst = NULL;
	if (x->state == EWI_SUSPENDED)
		w->at = (struct ewi_stop){x->top, x->frames, x->inst, x->pc, x->fp};
	else
		w->at = x->stop;
	if (!w->at.top || !w->at.inst)
		return false;
	locate(w);
	return w->inst != NULL;
}

void ewi_walk_next(struct ewi_walk *w)
{
	if (older(&w->at))
		locate(w);
	else
		w->inst = NULL;
}

void ew_exec_on_trap(struct ew_exec *x, ew_trap_fn fn, void *user)
{
	x->on_trap = fn;
	x->trap_user = user;
}

const char *ew_trap_text(enum ew_trap_code code)
{
	switch (code) {
	case EW_TRAP_NONE: return "no trap";
	case EW_TRAP_UNREACHABLE: return "unreachable";
	case EW_TRAP_MEMORY_BOUNDS: return "out of bounds memory access";
	case EW_TRAP_TABLE_BOUNDS: return "out of bounds table access";
	case EW_TRAP_DIV_ZERO: return "integer divide by zero";
	case EW_TRAP_INT_OVERFLOW: return "integer overflow";
	case EW_TRAP_BAD_CONVERSION: return "invalid conversion to integer";
	case EW_TRAP_UNDEFINED_ELEMENT: return "undefined element";
	case EW_TRAP_UNINITIALIZED_ELEMENT: return "uninitialized element";
	case EW_TRAP_INDIRECT_TYPE: return "indirect call type mismatch";
	case EW_TRAP_STACK: return "call stack exhausted";
	case EW_TRAP_HOST: return "host function failed";
	case EW_TRAP_TRANSLATION: return "function cannot be translated";
	case EW_TRAP_EXCEPTION: return "uncaught exception";
	case EW_TRAP_NULL_EXCEPTION: return "null exception reference";
	case EW_TRAP_EXCEPTIONS: return "no room for an exception";
	}
	return "unknown trap";
}

const struct ew_trap *ew_exec_trap(const struct ew_exec *x)
{
	return &x->trap;
}

void ew_trap_set(struct ew_instance *caller, const char *text)
{
	struct ew_trap *trap = &caller->exec->trap;

	trap->code = EW_TRAP_HOST;
	trap->status = EW_ERR_TRAP;
	ewi_format(trap->text, sizeof(trap->text), "%s", text ? text : "host function failed");
}

/* ---- runs ---- */

/* What a nested run has to put back. */
struct outer {
	struct ew_instance *inst;
	struct ewi_call_frame *top;
	union ew_value *fp;
	const struct ewi_ins *pc;
	struct ew_func *func;
	enum ewi_exec_state state;
};

static void clear_trap(struct ew_exec *x)
{
	x->trap.code = EW_TRAP_NONE;
	x->trap.status = EW_OK;
	x->trap.text[0] = '\0';
	x->trap.frame_count = x->trap.depth = 0;
	x->pending = NULL;
	x->stop.top = NULL;
}

static enum ew_status trap_outside(struct ew_exec *x, enum ew_trap_code code)
{
	clear_trap(x);
	x->trap.code = code;
	ewi_format(x->trap.text, sizeof(x->trap.text), "%s", ew_trap_text(code));
	return EW_ERR_TRAP;
}

static void copy_plain(const union ew_value *from, union ew_value *to, uint32_t n)
{
	for (; n > 0; n--)
		*to++ = *from++;
}

/* What is not the callee's to have is refused. */
static enum ew_status copy_params(const struct ew_func *f, const union ew_value *from, union ew_value *to)
{
	for (uint32_t i = 0, at = 0; i < f->type->param_count; i++, at++) {
		uint8_t type = f->type->params[i];

		if (type == EW_FUNCREF && !ewi_ref_admit(f->instance, from[at].func))
			return EW_ERR_INVAL;
		if (type == EW_EXNREF && from[at].ref)
			return EW_ERR_INVAL;
		if (ewi_is_reftype(type))
			to[at].u64 = (uintptr_t)from[at].ref;
		else
			to[at] = from[at];
		if (ewi_is_v128(type)) {
			at++;
			to[at] = from[at];
		}
	}
	return EW_OK;
}

static void copy_results(const struct ew_func *f, const union ew_value *from, union ew_value *to)
{
	const uint8_t *types = ewi_functype_results(f->type);

	if (ewi_functype_plain(f->type)) {
		copy_plain(from, to, f->type->result_count);
		return;
	}
	for (uint32_t i = 0, at = 0; i < f->type->result_count; i++, at++) {
		if (ewi_is_reftype(types[i]))
			to[at].ref = (void *)(uintptr_t)from[at].u64;
		else
			to[at] = from[at];
		if (ewi_is_v128(types[i])) {
			at++;
			to[at] = from[at];
		}
	}
}

/* Put the arguments and the two lowest frames in place; x->pc and x->fp say where to run. */
static enum ew_status begin(struct ew_exec *x, struct ew_func *f, const union ew_value *args)
{
	enum ew_status status = f->code ? EW_OK : ewi_func_ready(f);
	const struct ewi_head *head = f->code;
	union ew_value *frame = x->state == EWI_IDLE ? x->stack : x->fp;

	if (status != EW_OK)
		return status;
	if (x->stack_end - frame < head->frame_slots || x->top == x->frames_end)
		return trap_outside(x, EW_TRAP_STACK);
	if (ewi_functype_plain(f->type))
		copy_plain(args, frame, f->type->param_count);
	else
		status = copy_params(f, args, frame);
	if (status != EW_OK)
		return status;
	for (uint32_t i = 0; i < head->zero_count; i++)
		frame[head->zero_from + i].u64 = 0;
	*x->top++ = (struct ewi_call_frame){&ewi_ins_stop, frame};
	x->pc = (const void *)(head + 1);
	x->fp = frame;
	ewi_switch_instance(x, f->instance);
	x->func = f;
	return EW_OK;
}

#if EW_CONFIG_GUARD
/* Without checks on the way there is more to prepare. */
static enum ew_status run_code(struct ew_exec *x)
{
	void *outer = x->guard_back;

	if (x->inst->guarded || (x->inst->group && x->inst->group->guarded != 0))
		return ewi_guard_run(x);
	x->guard_back = NULL;
	ewi_run(x, x->pc, x->fp);
	x->guard_back = outer;
	return x->status;
}
#else
static enum ew_status run_code(struct ew_exec *x)
{
	return ewi_run(x, x->pc, x->fp);
}
#endif

/* Run what begin prepared or a suspension left.  base is the frame of the stop instruction. */
static enum ew_status run(struct ew_exec *x, struct ewi_call_frame *base)
{
	enum ew_status status;

	x->state = EWI_RUNNING;
	x->stop.top = NULL;
	if (x->fuel < 0)
		status = EW_ERR_FUEL;
	else
		status = run_code(x);
	if (status == EW_ERR_TRAP) {
		x->stop = (struct ewi_stop){x->top, base, x->inst, x->pc, x->fp};
		fill_trap(x);
		if (x->on_trap)
			x->on_trap(x->trap_user, x);
	}
	return status;
}

static enum ew_status finish(struct ew_exec *x, enum ew_status status, union ew_value *results)
{
	struct ew_func *f = x->func;
	struct ew_instance *i = f->instance;

	if (status != EW_ERR_TRAP)
		x->stop.top = NULL; /* of a nested run, whose trap the host took care of */
	if (status == EW_ERR_FUEL || status == EW_ERR_INTERRUPT) {
		x->state = EWI_SUSPENDED;
		return status;
	}
	x->state = EWI_IDLE;
	x->top = x->frames;
	if (status == EW_OK && results)
		copy_results(f, x->stack, results);
	if (status == EW_OK && i->results && f->type->result_slots <= i->result_cap)
		copy_results(f, x->stack, i->results);
	if (x->keeps)
		ewi_exceptions_settle(x);
	return status;
}

static enum ew_status call_nested(struct ew_exec *x, struct ew_func *f, union ew_value *values)
{
	struct outer outer = {x->inst, x->top, x->fp, x->pc, x->func, x->state};
	enum ew_status status;

	if (x->host_depth >= EW_HOST_DEPTH)
		return trap_outside(x, EW_TRAP_STACK);
	x->host_depth++;
	status = begin(x, f, values);
	if (status == EW_OK) {
		status = run(x, outer.top);
		if (status == EW_OK)
			copy_results(f, outer.fp, values);
	}
	x->host_depth--;
	x->top = outer.top;
	x->fp = outer.fp;
	x->pc = outer.pc;
	x->func = outer.func;
	x->state = outer.state;
	ewi_switch_instance(x, outer.inst);
	return status;
}

/* A host function called directly by the host: there is no guest frame. */
static enum ew_status call_host(struct ew_exec *x, struct ew_func *f, union ew_value *values)
{
	enum ew_status status;

	clear_trap(x);
	status = f->host(f->user, f->instance, values);
	if (status >= EW_OK)
		return EW_OK;
	if (status == EW_ERR_EXIT)
		return status;
	if (x->trap.code == EW_TRAP_NONE || status != EW_ERR_TRAP) {
		x->trap.code = EW_TRAP_HOST;
		x->trap.status = status;
	}
	if (x->trap.text[0] == '\0')
		ewi_format(x->trap.text, sizeof(x->trap.text), "%s", ew_status_text(status));
	return EW_ERR_TRAP;
}

enum ew_status ew_call_begin(struct ew_func *f, const union ew_value *args)
{
	struct ew_exec *x = f->instance->exec;
	enum ew_status status;

	if (x->state != EWI_IDLE || f->host)
		return EW_ERR_STATE;
	clear_trap(x);
	status = begin(x, f, args);
	if (status == EW_OK)
		x->state = EWI_SUSPENDED;
	return status;
}

enum ew_status ew_call(struct ew_func *f, union ew_value *values)
{
	struct ew_exec *x = f->instance->exec;
	enum ew_status status;

	if (x->state == EWI_SUSPENDED)
		return EW_ERR_STATE;
	if (f->host)
		return call_host(x, f, values);
	if (x->state == EWI_RUNNING)
		return call_nested(x, f, values);
	clear_trap(x);
	status = begin(x, f, values);
	if (status != EW_OK)
		return status;
	return finish(x, run(x, x->frames), values);
}

enum ew_status ew_resume(struct ew_exec *x, union ew_value *results)
{
	if (x->state != EWI_SUSPENDED)
		return EW_ERR_STATE;
	ewi_switch_instance(x, x->inst); /* the host may have grown the memory */
	return finish(x, run(x, x->frames), results);
}

void ew_cancel(struct ew_exec *x)
{
	if (x->state != EWI_SUSPENDED)
		return;
	x->state = EWI_IDLE;
	x->top = x->frames;
}

enum ew_status ew_instance_run(struct ew_instance *instance, uint64_t fuel)
{
	struct ew_exec *x = instance->exec;
	int64_t owed = x->fuel < 0 ? x->fuel : 0;

	if (x->state != EWI_SUSPENDED)
		return EW_ERR_STATE;
	x->fuel = owed + (fuel > EW_FUEL_MAX ? EW_FUEL_MAX : (int64_t)fuel);
	return ew_resume(x, NULL);
}

#endif
