/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * operators.c - reads the operators of a model's subgraphs and has each prepared by its row of ops.def.
 * What an operator demands of its tensors is in op_*.c; the helpers that those share are here.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "base/error.h"
#include "tensor/ops.h"

/* NULL: the set has none of that code, and for a custom operator of that name. */
static const struct ew_operator *find(const struct ew_operator_set *set, uint32_t code,
				      const char *custom, uint32_t len)
{
	for (uint32_t i = 0; i < set->count; i++) {
		const struct ew_operator *o = set->operators[i];

		if (o->code == code && (code != EWI_TFL_CODE_CUSTOM ||
					(strlen(o->name) == len && memcmp(o->name, custom, len) == 0)))
			return o;
	}
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
	return &p->m->tensors[p->op->out[0]];
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

uint8_t ewi_prep_turn(const struct ewi_tensor *t)
{
	unsigned bits = ewi_type_bits(t->type);

	return EW_BIG_ENDIAN && t->data && bits > 8 ? (uint8_t)(bits / 8) : 0;
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

void ewi_prep_list(struct ewi_prep *p)
{
	uint32_t n = (uint32_t)p->op->input_count + p->op->output_count;

	p->op->listed = true;
	if (n > p->m->list_max)
		p->m->list_max = n;
}

enum ew_status ewi_prep_state(struct ewi_prep *p, uint64_t bytes)
{
	if (bytes > p->m->config.max_arena_bytes || bytes > EWI_FLAT_SIZE_MAX)
		return ewi_prep_error(p, EW_ERR_LIMIT, "needs more state than the arena limit");
	p->op->state_bytes = (uint32_t)bytes;
	p->m->has_state = true;
	return EW_OK;
}

/*
 * Rearranges the constants for op->kernel.  A kernel steps back for the one below it, at last for one that reads them in
 * place, when it does not want them, when they are computed, or when packing them takes more than half of what the model may
 * still take (the rest is for what operators cannot do without).
 */
static enum ew_status pack(struct ewi_prep *p, const struct ewi_kernel *slot)
{
	const struct ewi_packing *packing;
	const void *in[EWI_CALL_INPUTS] = {NULL};
	size_t bytes = 0;
	enum ew_status st;
	void *to;

	for (uint32_t i = 0; i < EWI_CALL_INPUTS; i++)
		if (ewi_prep_in(p, i))
			in[i] = ewi_prep_in(p, i)->data;
	while ((packing = p->op->kernel->packing) != NULL) {
		bytes = in[1] || packing->computed ? packing->bytes(p->op->params) : 0;
		if (bytes > 0 && bytes <= (p->m->config.max_model_bytes - p->m->held_bytes) / 2 &&
		    (!packing->worth || packing->worth(p->op->params, in)))
			break;
		p->op->kernel = ewi_kernel_below(slot, p->m->features, p->op->kernel);
	}
	if (!packing)
		return EW_OK;
	st = ewi_model_alloc(p->m, 1, bytes, &to, p->err);
	if (st != EW_OK)
		return st;
	packing->fill(p->op->params, in, to);
	p->op->packed = to;
	return EW_OK;
}

enum ew_status ewi_prep_kernel(struct ewi_prep *p, const struct ewi_kernel *slot,
			       const void *params, uint64_t macs)
{
	struct ewi_op *op = p->op;
	uint64_t scratch = 0;
	enum ew_status st;

	op->params = params;
	op->macs = macs;
	op->kernel = ewi_kernel_best(slot, p->m->features,
				     p->m->config.flags & EW_MODEL_WEIGHTS_IN_PLACE);
	st = pack(p, slot);
	if (st != EW_OK)
		return st;
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

	p->m->tensors[p->op->out[0]].root = from->root; /* from is older: its root is final */
	p->op->kernel = NULL;
	return EW_OK;
}

uint32_t ewi_builtin_code(struct ewi_flat *f, struct ewi_table c)
{
	uint32_t code = ewi_flat_u32(f, c, CODE_BUILTIN, 0);

	if (code < EWI_TFL_CODE_PLACEHOLDER) {
		int8_t old = (int8_t)ewi_flat_u8(f, c, CODE_DEPRECATED, 0);

		if (old >= 0 && (uint32_t)old > code)
			code = (uint32_t)old;
	}
	return code;
}

/* Which operator, in which version. */
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
	code = ewi_builtin_code(&m->file, c);
	p->op->version = ewi_flat_u32(&m->file, c, CODE_VERSION, 1);
	custom = ewi_flat_string(&m->file, c, CODE_CUSTOM, &len);
	if (m->file.failed)
		return EW_ERR_MALFORMED;
	p->op->def = find(m->set, code, custom, len);
	if (!p->op->def && code == EWI_TFL_CODE_CUSTOM)
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

/* A tensor of the operator's part, as an index into all; -1 stays. */
static int32_t tensor_at(const struct ewi_prep *p, struct ewi_vec v, uint32_t i)
{
	int32_t index = ewi_flat_i32_at(&p->m->file, v, i);

	if (index < 0)
		return index;
	return (uint32_t)index < p->part->tensor_count ? index + (int32_t)p->part->tensors : INT32_MAX;
}

static enum ew_status check_input(struct ewi_prep *p, struct ewi_vec v, uint32_t i)
{
	int32_t index = tensor_at(p, v, i);
	const struct ewi_tensor *t;

	if (index == -1 && i >= p->op->def->inputs_min)
		return EW_OK;
	if (index < 0 || index == INT32_MAX)
		return ewi_prep_error(p, EW_ERR_INVALID, "input %u is tensor %d of %u", (unsigned)i,
				      (int)ewi_flat_i32_at(&p->m->file, v, i),
				      (unsigned)p->part->tensor_count);
	t = &p->m->tensors[index];
	if (!t->data &&
	    !(t->flags & (EWI_TENSOR_WRITTEN | EWI_TENSOR_INPUT | EWI_TENSOR_VARIABLE)))
		return ewi_prep_error(p, EW_ERR_INVALID,
				      "input %u, tensor %d, is read before it is written",
				      (unsigned)i, (int)ewi_flat_i32_at(&p->m->file, v, i));
	return EW_OK;
}

static enum ew_status check_output(struct ewi_prep *p, struct ewi_vec v, uint32_t i)
{
	const struct ewi_op *op = p->op;
	int32_t index = tensor_at(p, v, i);
	struct ewi_tensor *t;

	if (index < 0 || index == INT32_MAX)
		return ewi_prep_error(p, EW_ERR_INVALID, "its output is tensor %d of %u",
				      (int)ewi_flat_i32_at(&p->m->file, v, i),
				      (unsigned)p->part->tensor_count);
	for (uint32_t k = 0; k < op->input_count; k++)
		if (op->in[k] == index)
			return ewi_prep_error(p, EW_ERR_INVALID, "its output is its own input");
	t = &p->m->tensors[index];
	if (t->data || t->flags & (EWI_TENSOR_INPUT | EWI_TENSOR_WRITTEN))
		return ewi_prep_error(p, EW_ERR_INVALID,
				      "its output, tensor %d, is a constant, an input, or written before",
				      (int)ewi_flat_i32_at(&p->m->file, v, i));
	if (!(t->flags & EWI_TENSOR_VARIABLE))
		t->flags |= EWI_TENSOR_WRITTEN;
	return EW_OK;
}

/* Both lists, checked one tensor after the other, to where the part's list goes on. */
static enum ew_status read_lists(struct ew_model *m, struct ewi_prep *p)
{
	struct ewi_vec in = ewi_flat_vec(&m->file, p->table, OPERATOR_INPUTS, 4);
	struct ewi_vec out = ewi_flat_vec(&m->file, p->table, OPERATOR_OUTPUTS, 4);
	const struct ew_operator *def = p->op->def;
	enum ew_status st = EW_OK;
	int32_t *list = p->list;

	if (m->file.failed)
		return EW_ERR_MALFORMED;
	if (in.count < def->inputs_min || in.count > def->inputs_max)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u inputs", (unsigned)in.count);
	if (out.count < def->outputs_min || out.count > def->outputs_max)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u outputs", (unsigned)out.count);
	p->list += in.count + out.count;
	p->op->in = list;
	p->op->out = list + in.count;
	for (uint32_t i = 0; st == EW_OK && i < in.count; i++) {
		st = check_input(p, in, i);
		list[i] = tensor_at(p, in, i);
		p->op->input_count++;
	}
	for (uint32_t i = 0; st == EW_OK && i < out.count; i++) {
		st = check_output(p, out, i);
		list[in.count + i] = tensor_at(p, out, i);
		p->op->output_count++;
	}
	return st;
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

static enum ew_status read_operator(struct ew_model *m, struct ewi_prep *p)
{
	enum ew_status st = m->file.failed ? EW_ERR_MALFORMED : EW_OK;

	p->op->at = p->table.at;
	if (st == EW_OK)
		st = read_code(m, p->table, p);
	if (st == EW_OK)
		st = read_lists(m, p);
	if (st == EW_OK)
		st = read_options(m, p->table, p);
	if (st == EW_OK)
		st = p->op->def->prepare(p);
	if (st == EW_OK && m->file.failed) /* an option that does not parse */
		st = EW_ERR_MALFORMED;
	return st;
}

static enum ew_status read_part(struct ew_model *m, const struct ewi_part *part, struct ew_error *err)
{
	struct ewi_vec operators = ewi_flat_vec(&m->file, part->graph, SUBGRAPH_OPERATORS, 4);
	enum ew_status st;
	uint64_t n = 0;
	int32_t *list;

	for (uint32_t i = 0; i < part->op_count; i++) {
		struct ewi_table t = ewi_flat_element(&m->file, operators, i);

		n += ewi_flat_vec(&m->file, t, OPERATOR_INPUTS, 4).count;
		n += ewi_flat_vec(&m->file, t, OPERATOR_OUTPUTS, 4).count;
	}
	if (n > SIZE_MAX / sizeof(*list))
		n = SIZE_MAX / sizeof(*list); /* more than any limit; vectors may share bytes */
	st = ewi_model_alloc(m, (size_t)n, sizeof(*list), &list, err);
	for (uint32_t i = 0; st == EW_OK && i < part->op_count; i++) {
		struct ewi_prep p = {.m = m, .op = &m->ops[part->ops + i], .index = i, .part = part,
				     .list = list, .err = err};

		p.table = ewi_flat_element(&m->file, operators, i);
		st = read_operator(m, &p);
		list = p.list;
	}
	return st;
}

enum ew_status ewi_load_operators(struct ew_model *m, struct ew_error *err)
{
	enum ew_status st = ewi_model_alloc(m, m->op_total, sizeof(*m->ops), &m->ops, err);

	for (uint32_t p = 0; st == EW_OK && p < m->part_count; p++)
		st = read_part(m, &m->parts[p], err);
	for (uint32_t i = 0; st == EW_OK && i < m->output_count; i++)
		if (!(m->tensors[m->outputs[i]].flags & (EWI_TENSOR_WRITTEN | EWI_TENSOR_INPUT)))
			st = ewi_error(err, EW_ERR_INVALID, m->tensors[m->outputs[i]].at,
				       "output %u, tensor %u, is never written", (unsigned)i,
				       (unsigned)m->outputs[i]);
	return st;
}
#endif
