/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * run.c - executors: the memory of one run, and the run itself.  Everything was decided at load; here
 * offsets become pointers and kernels are called in order.
 *
 * One block: this struct, the bound inputs, the state (persistent), then the plan's part (transient).
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "base/alloc.h"
#include "base/error.h"
#include "base/le.h"
#include "tensor/ops.h"
#include "tensor/split.h"

struct bound {
	const void *data; /* NULL: in the arena */
	uint32_t tensor;
	uint32_t batch; /* windows that it was bound for */
};

struct ew_model_exec {
	const struct ew_model *model;
	unsigned char *state, *arena;
	uint32_t batch;
	uint32_t bound_count; /* inputs bound now */
	uint32_t called;      /* parts that have run since the last reset, a bit for each */
	void **list;	      /* room for the longest list of a kernel */
	ew_model_profile_fn profile;
	void *profile_user;
#if EW_CONFIG_PARALLEL
	ew_model_parallel_fn parallel;
	void *parallel_user;
#endif
	struct ew_alloc alloc; /* of ew_model_exec_create; resize NULL: caller's memory */
	struct bound bound[];  /* one for each input */
};

static size_t head_bytes(const struct ew_model *m)
{
	return (size_t)ewi_align(sizeof(struct ew_model_exec) +
				 m->input_count * sizeof(struct bound) + m->list_max * sizeof(void *));
}

void ew_model_arena_size(const struct ew_model *model, size_t *persistent_bytes,
			 size_t *transient_bytes)
{
	if (persistent_bytes)
		*persistent_bytes = head_bytes(model) + model->state_bytes;
	if (transient_bytes)
		*transient_bytes = model->transient_bytes;
}

/* Both parts are below 2^31 (plan.c), the head is small: no overflow, on 32 bits neither. */
size_t ew_model_exec_size(const struct ew_model *model)
{
	return head_bytes(model) + model->state_bytes + model->transient_bytes;
}

enum ew_status ew_model_exec_init(struct ew_model_exec **out, const struct ew_model *model,
				  void *memory, size_t memory_bytes)
{
	struct ew_model_exec *x = memory;

	*out = NULL;
	if (!memory || (uintptr_t)memory % EW_MODEL_ALIGN != 0)
		return EW_ERR_INVAL;
	if (memory_bytes < ew_model_exec_size(model))
		return EW_ERR_TOOBIG;
	memset(x, 0, head_bytes(model));
	x->model = model;
	x->state = (unsigned char *)memory + head_bytes(model);
	x->arena = x->state + model->state_bytes;
	x->list = (void **)(x->bound + model->input_count);
	x->batch = 1;
	memset(x->arena, 0, model->transient_bytes); /* what nobody writes reads as zero, everywhere */
	for (uint32_t i = 0; i < model->input_count; i++)
		x->bound[i].tensor = model->inputs[i];
	ew_model_exec_reset(x);
	*out = x;
	return EW_OK;
}

enum ew_status ew_model_exec_create(struct ew_model_exec **out, const struct ew_model *model,
				    const struct ew_alloc *alloc, struct ew_error *err)
{
	size_t bytes = ew_model_exec_size(model);
	void *memory = ewi_alloc(alloc, 1, bytes);

	*out = NULL;
	ewi_error_clear(err);
	if (!memory)
		return ewi_error(err, EW_ERR_NOMEM, 0, "no memory for an arena of %zu bytes", bytes);
	if (ew_model_exec_init(out, model, memory, bytes) != EW_OK) {
		ewi_free(alloc, memory, 1, bytes);
		return ewi_error(err, EW_ERR_INVAL, 0, "the allocator's block is not aligned");
	}
	(*out)->alloc = *alloc;
	return EW_OK;
}

void ew_model_exec_destroy(struct ew_model_exec *exec)
{
	struct ew_alloc alloc;

	if (!exec || !exec->alloc.resize)
		return;
	alloc = exec->alloc;
	ewi_free(&alloc, exec, 1, ew_model_exec_size(exec->model));
}

const struct ew_model *ew_model_exec_model(const struct ew_model_exec *exec)
{
	return exec->model;
}

/*
 * int8 state begins at its zero point, all other at 0, a variable (a RESOURCE) with the byte that op_state.c
 * found: TensorFlow Lite Micro's ResetVariableTensors.
 */
void ew_model_exec_reset(struct ew_model_exec *exec)
{
	const struct ew_model *m = exec->model;

	exec->called = 0;
	if (m->state_bytes)
		memset(exec->state, 0, m->state_bytes);
	for (uint32_t i = 0; m->has_state && i < m->tensor_total; i++) {
		const struct ewi_tensor *t = &m->tensors[i];

		if (t->flags & EWI_TENSOR_VARIABLE && t->offset != EWI_NOWHERE &&
		    (t->type == EW_TENSOR_I8 || t->type == EW_TENSOR_RESOURCE))
			memset(exec->state + t->offset, t->zero, t->bytes);
	}
}

/* Elements of `unit` bytes, little-endian. */
static enum ew_status tell(enum ew_status (*write)(void *user, const void *bytes, size_t size), void *user,
			   const unsigned char *p, size_t bytes, unsigned unit)
{
	enum ew_status st = EW_OK;

	if (!EW_BIG_ENDIAN || unit < 2)
		return bytes ? write(user, p, bytes) : EW_OK;
	for (size_t i = 0; st == EW_OK && i + unit <= bytes; i += unit) {
		unsigned char turned[16];

		for (unsigned k = 0; k < unit; k++)
			turned[k] = p[i + unit - 1 - k];
		st = write(user, turned, unit);
	}
	return st;
}

enum ew_status ew_model_exec_state(const struct ew_model_exec *exec,
				   enum ew_status (*write)(void *user, const void *bytes, size_t size), void *user)
{
	const struct ew_model *m = exec->model;
	enum ew_status st = EW_OK;

	if (!m->has_state)
		return EW_OK;
	for (uint32_t i = 0; st == EW_OK && i < m->tensor_total; i++) {
		const struct ewi_tensor *t = &m->tensors[i];

		if (t->flags & EWI_TENSOR_VARIABLE && t->offset != EWI_NOWHERE && t->root == i)
			st = tell(write, user, exec->state + t->offset, t->bytes,
				  t->type == EW_TENSOR_RESOURCE ? t->unit : ewi_type_bits(t->type) / 8);
	}
	for (uint32_t i = 0; st == EW_OK && i < m->op_total; i++) /* theirs are 32-bit words */
		st = tell(write, user, exec->state + m->ops[i].state, m->ops[i].state_bytes, 4);
	return st == EW_OK ? tell(write, user, (const unsigned char *)&exec->called, sizeof(exec->called), 4) : st;
}

static const void *find_bound(const struct ew_model_exec *x, uint32_t tensor)
{
	for (uint32_t i = 0; i < x->model->input_count; i++)
		if (x->bound[i].tensor == tensor)
			return x->bound[i].data;
	return NULL;
}

/* A tensor's memory, through aliases and bindings; NULL when no operator uses it. */
static void *locate(const struct ew_model_exec *x, uint32_t tensor)
{
	uint32_t root = x->model->tensors[tensor].root;
	const struct ewi_tensor *t = &x->model->tensors[root];

	if (t->data)
		return (void *)(uintptr_t)t->data; /* inputs only: nothing writes to a constant */
	if (x->bound_count && t->flags & EWI_TENSOR_INPUT) {
		const void *data = find_bound(x, root);

		if (data)
			return (void *)(uintptr_t)data; /* likewise */
	}
	if (t->offset == EWI_NOWHERE)
		return NULL;
	return (t->flags & EWI_TENSOR_VARIABLE ? x->state : x->arena) + t->offset;
}

enum ew_status ew_model_exec_input(struct ew_model_exec *exec, uint32_t index,
				   struct ew_tensor_span *out)
{
	const struct ew_model *m = exec->model;
	const struct ewi_tensor *t;

	if (index >= m->input_count)
		return EW_ERR_INVAL;
	t = &m->tensors[m->inputs[index]]; /* an input is its own root */
	out->data = exec->arena + t->offset;
	out->bytes = (size_t)t->bytes * exec->batch;
	return EW_OK;
}

enum ew_status ew_model_exec_tensor(const struct ew_model_exec *exec, uint32_t tensor,
				    struct ew_tensor_view *out)
{
	if (tensor >= exec->model->tensor_count)
		return EW_ERR_INVAL;
	out->data = locate(exec, tensor);
	out->bytes = out->data ? exec->model->tensors[tensor].bytes : 0;
	if (!exec->model->tensors[exec->model->tensors[tensor].root].data)
		out->bytes *= exec->batch;
	return EW_OK;
}

enum ew_status ew_model_exec_output(const struct ew_model_exec *exec, uint32_t index,
				    struct ew_tensor_view *out)
{
	if (index >= exec->model->output_count)
		return EW_ERR_INVAL;
	return ew_model_exec_tensor(exec, exec->model->outputs[index], out);
}

enum ew_status ew_model_exec_bind_input(struct ew_model_exec *exec, uint32_t index,
					const void *data, size_t bytes)
{
	const struct ewi_tensor *t;
	unsigned align;

	if (index >= exec->model->input_count)
		return EW_ERR_INVAL;
	t = &exec->model->tensors[exec->model->inputs[index]];
	align = ewi_type_bits(t->type) > 64 ? 8 : (ewi_type_bits(t->type) + 7) / 8;
	if (data && (bytes != (size_t)t->bytes * exec->batch || (uintptr_t)data % align != 0))
		return EW_ERR_INVAL;
	exec->bound_count += (data != NULL) - (exec->bound[index].data != NULL);
	exec->bound[index].data = data;
	exec->bound[index].batch = exec->batch;
	return EW_OK;
}

enum ew_status ew_model_exec_set_batch(struct ew_model_exec *exec, uint32_t batch)
{
	if (batch == 0 || batch > exec->model->config.max_batch)
		return EW_ERR_INVAL;
	exec->batch = batch;
	return EW_OK;
}

void ew_model_exec_set_profile(struct ew_model_exec *exec, ew_model_profile_fn fn, void *user)
{
	exec->profile = fn;
	exec->profile_user = user;
}

enum ew_status ew_model_exec_set_parallel(struct ew_model_exec *exec, ew_model_parallel_fn parallel, void *user)
{
#if EW_CONFIG_PARALLEL
	if (parallel && exec->model->config.max_parts == 1)
		return EW_ERR_INVAL;
	exec->parallel = parallel;
	exec->parallel_user = user;
	return EW_OK;
#else
	(void)exec, (void)user;
	return parallel ? EW_ERR_INVAL : EW_OK;
#endif
}

/* In parts, where the host wants that. */
static void run_kernel(const struct ew_model_exec *x, const struct ewi_op *op, const struct ewi_call *c)
{
#if EW_CONFIG_PARALLEL
	if (x->parallel) {
		struct ewi_split s = {x->model, op, *c, ewi_split_parts(x->model, op, x->batch)};

		if (s.parts > 1) {
			x->parallel(x->parallel_user, s.parts, ewi_split_run, &s);
			return;
		}
	}
#else
	(void)x;
#endif
	op->kernel->fn(c);
}

static void *input_of(const struct ew_model_exec *x, const struct ewi_op *op, uint32_t i)
{
	return i < op->input_count && op->in[i] >= 0 ? locate(x, (uint32_t)op->in[i]) : NULL;
}

static void run_operator(const struct ew_model_exec *x, const struct ewi_op *op)
{
	struct ewi_call c;

	if (!op->kernel)
		return;
	for (uint32_t i = 0; i < EWI_CALL_INPUTS; i++)
		c.in[i] = input_of(x, op, i);
	c.params = op->params;
	c.packed = op->packed;
	c.out = op->output_count ? locate(x, (uint32_t)op->out[0]) : NULL;
	c.scratch = op->scratch_bytes ? x->arena + op->scratch : NULL;
	c.state = op->state_bytes ? x->state + op->state : NULL;
	c.windows = x->batch;
	c.backwards = op->backwards;
	c.list = NULL;
	if (op->listed) {
		for (uint32_t i = 0; i < op->input_count; i++)
			x->list[i] = input_of(x, op, i);
		for (uint32_t i = 0; i < op->output_count; i++)
			x->list[op->input_count + i] = locate(x, (uint32_t)op->out[i]);
		c.list = x->list;
	}
	run_kernel(x, op, &c);
}

/* CALL_ONCE: the part runs when it is reached for the first time after a reset. */
static void run_once(struct ew_model_exec *x, uint32_t index)
{
	const struct ewi_part *part = &x->model->parts[index];

	if (x->called >> index & 1)
		return;
	x->called |= 1u << index;
	for (uint32_t i = 0; i < part->op_count; i++)
		run_operator(x, &x->model->ops[part->ops + i]);
}

enum ew_status ew_model_exec_run(struct ew_model_exec *exec)
{
	const struct ew_model *m = exec->model;

	for (uint32_t i = 0; exec->bound_count && i < m->input_count; i++)
		if (exec->bound[i].data && exec->bound[i].batch != exec->batch)
			return EW_ERR_STATE;
	for (uint32_t i = 0; i < m->op_count; i++) {
		if (exec->profile)
			exec->profile(exec->profile_user, i, false);
		if (m->ops[i].once)
			run_once(exec, m->ops[i].once);
		else
			run_operator(exec, &m->ops[i]);
		if (exec->profile)
			exec->profile(exec->profile_user, i, true);
	}
	return EW_OK;
}
#endif
