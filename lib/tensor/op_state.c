/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_state.c - prepares the operators of variables: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE.
 *
 * A variable is decided at load: the first handle of a name is its memory, in the persistent part, as large as
 * what is read from it or assigned to it; other handles of that name are aliases.
 * Source: tflite-micro 90b983c2, kernels/var_handle.cc, read_variable.cc, assign_variable.cc, call_once.cc,
 * micro_resource_variable.cc: until something is assigned, each byte is the zero point of the first tensor that
 * an ASSIGN_VARIABLE stores in it.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/ops.h"

#define ASSIGNED 1u /* in quantized_dim of a handle: its first byte is known */

struct name {
	const char *container, *name;
	uint32_t container_len, name_len;
};

static struct name name_of(struct ewi_flat *f, struct ewi_table options)
{
	struct name n;

	n.container = ewi_flat_string(f, options, VAR_HANDLE_CONTAINER, &n.container_len);
	n.name = ewi_flat_string(f, options, VAR_HANDLE_NAME, &n.name_len);
	return n;
}

static bool same(const struct name *a, const struct name *b)
{
	/* Some files leave the container out: it then is any. */
	if (a->container_len && b->container_len &&
	    (a->container_len != b->container_len ||
	     memcmp(a->container, b->container, a->container_len) != 0))
		return false;
	return a->name_len == b->name_len && memcmp(a->name, b->name, a->name_len) == 0;
}

enum ew_status ewi_prepare_var_handle(struct ewi_prep *p)
{
	struct ew_model *m = p->m;
	struct ewi_tensor *out = &m->tensors[p->op->out[0]];
	struct name mine = name_of(&m->file, p->options);

	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (out->type != EW_TENSOR_RESOURCE)
		return ewi_prep_types(p, out, NULL, NULL);
	if (out->flags & EWI_TENSOR_VARIABLE)
		return ewi_prep_error(p, EW_ERR_INVALID, "a handle that is state itself");
	p->op->kernel = NULL;
	p->op->params = NULL;
	for (const struct ewi_op *op = m->ops; op < p->op; op++) {
		struct ewi_table t;
		struct name other;

		if (op->def->prepare != ewi_prepare_var_handle)
			continue;
		t = ewi_flat_table_at(&m->file, op->at);
		other = name_of(&m->file, ewi_flat_table(&m->file, t, OPERATOR_OPTIONS));
		if (same(&mine, &other)) {
			out->root = m->tensors[op->out[0]].root;
			return EW_OK;
		}
	}
	out->flags |= EWI_TENSOR_VARIABLE;
	m->has_state = true;
	return EW_OK;
}

/* Checks that input 0 is a handle of a variable of t's size; *root is it. */
static enum ew_status find_variable(struct ewi_prep *p, const struct ewi_tensor *t,
				    struct ewi_tensor **root)
{
	const struct ewi_tensor *handle = ewi_prep_in(p, 0);
	struct ewi_tensor *v = &p->m->tensors[handle->root];

	if (handle->type != EW_TENSOR_RESOURCE)
		return ewi_prep_types(p, handle, NULL, NULL);
	if (!(v->flags & EWI_TENSOR_VARIABLE) || v->type != EW_TENSOR_RESOURCE)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a handle that no VAR_HANDLE made");
	if (ewi_type_bits(t->type) == 0)
		return ewi_prep_types(p, t, NULL, NULL);
	if (v->bytes == 0)
		v->bytes = t->bytes;
	if (v->bytes != t->bytes || t->bytes == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u bytes of a variable of %u",
				      (unsigned)t->bytes, (unsigned)v->bytes);
	*root = v;
	return EW_OK;
}

/* From the variable to the tensor, or back: where a COPY would find them otherwise. */
static enum ew_status copy(struct ewi_prep *p, const struct ewi_tensor *t, const struct ewi_kernel *slot)
{
	struct ewi_convert *c;
	enum ew_status st = ewi_model_alloc(p->m, 1, sizeof(*c), &c, p->err);

	if (st != EW_OK)
		return st;
	c->count = t->bytes;
	c->turn = ewi_prep_turn(t);
	return ewi_prep_kernel(p, slot, c, 0);
}

enum ew_status ewi_prepare_read_variable(struct ewi_prep *p)
{
	const struct ewi_tensor *out = ewi_prep_out(p);
	struct ewi_tensor *v;
	enum ew_status st = find_variable(p, out, &v);

	return st == EW_OK ? copy(p, out, ewi_slot_copy) : st;
}

enum ew_status ewi_prepare_assign_variable(struct ewi_prep *p)
{
	const struct ewi_tensor *value = ewi_prep_in(p, 1);
	struct ewi_tensor *v;
	enum ew_status st = find_variable(p, value, &v);

	if (st != EW_OK)
		return st;
	if (v->quantized_dim != ASSIGNED) {
		v->quantized_dim = ASSIGNED;
		v->zero = value->scale_count ? (int8_t)value->zero : 0;
		v->unit = (uint8_t)(ewi_type_bits(value->type) / 8);
	}
	return copy(p, value, ewi_slot_assign);
}

enum ew_status ewi_prepare_call_once(struct ewi_prep *p)
{
	struct ew_model *m = p->m;

	if (p->part != m->parts)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "in a subgraph that is called once itself");
	for (uint32_t i = 1; i < m->part_count; i++)
		if (m->parts[i].when == p->index)
			p->op->once = (uint8_t)i;
	m->has_state = true;
	return EW_OK;
}
#endif
