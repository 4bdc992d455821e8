/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * operators.c - reads the operators of a model's main subgraph and has each prepared by its row of ops.def.
 * What an operator demands of its tensors is in op_*.c; the helpers that those share are here.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "base/error.h"
#include "tensor/ops.h"

static const struct ewi_op_def defs[] = {
#define OP(code, name, version, min, max, options, prepare)                                        \
	{#name, code, version, min, max, options, prepare},
#include "tensor/ops.def"
#undef OP
};

#define OP(code, name, version, min, max, options, prepare)                                        \
	_Static_assert(max <= EWI_OP_INPUTS, "room for the inputs of " #name);
#include "tensor/ops.def"
#undef OP

const struct ewi_op_def *ewi_op_def(uint32_t code)
{
	for (size_t i = 0; i < sizeof(defs) / sizeof(defs[0]); i++)
		if (defs[i].code == code)
			return &defs[i];
	return NULL;
}

static enum ew_status fail_op(struct ew_error *err, uint32_t at, uint32_t index, const char *name,
			      enum ew_status status, const char *fmt, va_list ap)
{
	char text[144];

	ewi_vformat(text, sizeof(text), fmt, ap);
	return ewi_error(err, status, at, "operator %u (%s): %s", (unsigned)index, name, text);
}

enum ew_status ewi_prep_error(const struct ewi_prep *p, enum ew_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	status = fail_op(p->err, p->op->at, p->index, p->op->def->name, status, fmt, ap);
	va_end(ap);
	return status;
}

const struct ewi_tensor *ewi_prep_in(const struct ewi_prep *p, uint32_t i)
{
	return i < p->op->input_count && p->op->in[i] >= 0 ? &p->m->tensors[p->op->in[i]] : NULL;
}

const struct ewi_tensor *ewi_prep_out(const struct ewi_prep *p)
{
	return &p->m->tensors[p->op->out];
}

enum ew_status ewi_prep_readable(const struct ewi_prep *p, const struct ewi_tensor *t,
				 const char *what)
{
	if (!t->data)
		return EW_OK;
	if (p->m->config.max_batch > 1)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a constant %s in a batch", what);
	if (ewi_type_bits(t->type) > 8)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a constant %s of type %s", what,
				      ew_tensor_type_name(t->type));
	return EW_OK;
}

enum ew_status ewi_prep_types(const struct ewi_prep *p, const struct ewi_tensor *a,
			      const struct ewi_tensor *b, const struct ewi_tensor *c)
{
	return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "types %s%s%s%s%s", ew_tensor_type_name(a->type),
			      b ? ", " : "", b ? ew_tensor_type_name(b->type) : "", c ? " to " : "",
			      c ? ew_tensor_type_name(c->type) : "");
}

enum ew_status ewi_prep_quantized(const struct ewi_prep *p, const struct ewi_tensor *t,
				  const char *what)
{
	if (t->scale_count == 1)
		return EW_OK;
	return ewi_prep_error(p, t->scale_count ? EW_ERR_UNSUPPORTED : EW_ERR_INVALID,
			      t->scale_count ? "%s has a scale for each channel" : "%s has no scale",
			      what);
}

enum ew_status ewi_prep_kernel(struct ewi_prep *p, enum ewi_slot slot, const void *params,
			       uint64_t macs)
{
	struct ewi_op *op = p->op;
	uint64_t scratch = 0;

	op->kernel = ewi_kernel_for(slot, p->m->features);
	op->params = params;
	op->macs = macs;
	if (op->kernel->scratch)
		scratch = op->kernel->scratch(params, p->m->config.max_batch);
	if (scratch > p->m->config.max_arena_bytes || scratch > EWI_FLAT_SIZE_MAX)
		return ewi_prep_error(p, EW_ERR_LIMIT, "needs more scratch than the arena limit");
	op->scratch_bytes = (uint32_t)scratch;
	return EW_OK;
}

enum ew_status ewi_prep_alias(struct ewi_prep *p, uint32_t in)
{
	struct ewi_tensor *from = &p->m->tensors[p->op->in[in]];

	p->m->tensors[p->op->out].root = from->root; /* from is older: its root is final */
	p->op->kernel = NULL;
	return EW_OK;
}

/* Which operator, in which version: the code table speaks in two fields, see tflite.h. */
static enum ew_status read_code(struct ew_model *m, struct ewi_table t, struct ewi_prep *p)
{
	struct ewi_vec codes = ewi_flat_vec(&m->file, m->root, MODEL_CODES, 4);
	uint32_t index = ewi_flat_u32(&m->file, t, OPERATOR_CODE, 0), code, len;
	struct ewi_table c;
	const char *custom;

	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (index >= codes.count)
		return ewi_error(p->err, EW_ERR_INVALID, t.at, "operator %u: code %u of %u",
				 (unsigned)p->index, (unsigned)index, (unsigned)codes.count);
	c = ewi_flat_element(&m->file, codes, index);
	code = ewi_flat_u32(&m->file, c, CODE_BUILTIN, 0);
	if (code < EWI_TFL_CODE_PLACEHOLDER) {
		int8_t old = (int8_t)ewi_flat_u8(&m->file, c, CODE_DEPRECATED, 0);

		if (old >= 0 && (uint32_t)old > code)
			code = (uint32_t)old;
	}
	p->op->version = ewi_flat_u32(&m->file, c, CODE_VERSION, 1);
	custom = ewi_flat_string(&m->file, c, CODE_CUSTOM, &len);
	if (m->file.failed)
		return EW_ERR_MALFORMED;
	p->op->def = ewi_op_def(code);
	if (code == EWI_TFL_CODE_CUSTOM)
		return ewi_error(p->err, EW_ERR_UNSUPPORTED, t.at,
				 "operator %u (CUSTOM %.*s): not supported", (unsigned)p->index,
				 (int)(len < 60 ? len : 60), custom);
	if (!p->op->def)
		return ewi_error(p->err, EW_ERR_UNSUPPORTED, t.at,
				 "operator %u (%s): not supported (code %u)", (unsigned)p->index,
				 ewi_op_name(code), (unsigned)code);
	if (p->op->version < 1 || p->op->version > p->op->def->version)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "version %d, the newest supported is %u",
				      (int)p->op->version, p->op->def->version);
	return EW_OK;
}

static enum ew_status read_inputs(struct ew_model *m, struct ewi_table t, struct ewi_prep *p)
{
	struct ewi_vec in = ewi_flat_vec(&m->file, t, OPERATOR_INPUTS, 4);
	struct ewi_op *op = p->op;

	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (in.count < op->def->inputs_min || in.count > op->def->inputs_max)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u inputs", (unsigned)in.count);
	op->input_count = in.count;
	for (uint32_t i = 0; i < EWI_OP_INPUTS; i++) {
		const struct ewi_tensor *tensor;

		op->in[i] = i < in.count ? ewi_flat_i32_at(&m->file, in, i) : -1;
		if (op->in[i] == -1 && i >= op->def->inputs_min)
			continue;
		if (op->in[i] < 0 || (uint32_t)op->in[i] >= m->tensor_count)
			return ewi_prep_error(p, EW_ERR_INVALID, "input %u is tensor %d of %u",
					      (unsigned)i, (int)op->in[i],
					      (unsigned)m->tensor_count);
		tensor = &m->tensors[op->in[i]];
		if (!tensor->data && !(tensor->flags & (EWI_TENSOR_WRITTEN | EWI_TENSOR_INPUT |
							EWI_TENSOR_VARIABLE)))
			return ewi_prep_error(p, EW_ERR_INVALID,
					      "input %u, tensor %d, is read before it is written",
					      (unsigned)i, (int)op->in[i]);
	}
	return EW_OK;
}

static enum ew_status read_output(struct ew_model *m, struct ewi_table t, struct ewi_prep *p)
{
	struct ewi_vec out = ewi_flat_vec(&m->file, t, OPERATOR_OUTPUTS, 4);
	struct ewi_op *op = p->op;
	struct ewi_tensor *tensor;

	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (out.count != 1)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u outputs", (unsigned)out.count);
	op->out = (uint32_t)ewi_flat_i32_at(&m->file, out, 0);
	if (op->out >= m->tensor_count)
		return ewi_prep_error(p, EW_ERR_INVALID, "its output is tensor %d of %u",
				      (int)op->out, (unsigned)m->tensor_count);
	tensor = &m->tensors[op->out];
	for (uint32_t i = 0; i < op->input_count; i++)
		if (op->in[i] == (int32_t)op->out)
			return ewi_prep_error(p, EW_ERR_INVALID, "its output is its own input");
	if (tensor->data || tensor->flags & (EWI_TENSOR_INPUT | EWI_TENSOR_WRITTEN))
		return ewi_prep_error(p, EW_ERR_INVALID,
				      "its output, tensor %u, is a constant, an input, or written before",
				      (unsigned)op->out);
	if (!(tensor->flags & EWI_TENSOR_VARIABLE))
		tensor->flags |= EWI_TENSOR_WRITTEN;
	return EW_OK;
}

static enum ew_status read_options(struct ew_model *m, struct ewi_table t, struct ewi_prep *p)
{
	uint8_t type = ewi_flat_u8(&m->file, t, OPERATOR_OPTIONS_TYPE, 0);

	if (type != 0)
		p->options = ewi_flat_table(&m->file, t, OPERATOR_OPTIONS);
	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (type != 0 && type != p->op->def->options)
		return ewi_prep_error(p, EW_ERR_INVALID, "options of another operator (%u)", type);
	return EW_OK;
}

static enum ew_status read_operator(struct ew_model *m, struct ewi_table t, struct ewi_prep *p)
{
	enum ew_status st = m->file.failed ? EW_ERR_MALFORMED : EW_OK;

	p->op->at = t.at;
	if (st == EW_OK)
		st = read_code(m, t, p);
	if (st == EW_OK)
		st = read_inputs(m, t, p);
	if (st == EW_OK)
		st = read_output(m, t, p);
	if (st == EW_OK)
		st = read_options(m, t, p);
	if (st == EW_OK)
		st = p->op->def->prepare(p);
	if (st == EW_OK && m->file.failed) /* an option that does not parse */
		st = EW_ERR_MALFORMED;
	return st;
}

enum ew_status ewi_load_operators(struct ew_model *m, struct ew_error *err)
{
	struct ewi_vec operators = ewi_flat_vec(&m->file, m->main, SUBGRAPH_OPERATORS, 4);
	enum ew_status st;

	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (operators.count > m->config.max_operators)
		return ewi_error(err, EW_ERR_LIMIT, operators.at,
				 "%u operators, at most %u are allowed", (unsigned)operators.count,
				 (unsigned)m->config.max_operators);
	st = ewi_model_alloc(m, operators.count, sizeof(*m->ops), &m->ops, err);
	if (st != EW_OK)
		return st;
	m->op_count = operators.count;
	for (uint32_t i = 0; st == EW_OK && i < operators.count; i++) {
		struct ewi_prep p = {.m = m, .op = &m->ops[i], .index = i, .err = err};

		st = read_operator(m, ewi_flat_element(&m->file, operators, i), &p);
	}
	for (uint32_t i = 0; st == EW_OK && i < m->output_count; i++)
		if (!(m->tensors[m->outputs[i]].flags & (EWI_TENSOR_WRITTEN | EWI_TENSOR_INPUT)))
			st = ewi_error(err, EW_ERR_INVALID, m->tensors[m->outputs[i]].at,
				       "output %u, tensor %u, is never written", (unsigned)i,
				       (unsigned)m->outputs[i]);
	return st;
}
#endif
