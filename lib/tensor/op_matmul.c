/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_matmul.c - prepares BATCH_MATMUL.
 * Source: tflite-micro 90b983c2, kernels/batch_matmul.cc: the product of the inputs' scales is taken in float.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/matmul.h"
#include "tensor/ops.h"

static enum ew_status shapes(struct ewi_prep *p, struct ewi_matmul *m)
{
	const struct ewi_tensor *a = ewi_prep_in(p, 0), *b = ewi_prep_in(p, 1), *out = ewi_prep_out(p);
	bool adj_x = ewi_flat_u8(&p->m->file, p->options, BATCH_MATMUL_ADJ_X, 0);
	bool adj_y = ewi_flat_u8(&p->m->file, p->options, BATCH_MATMUL_ADJ_Y, 0);
	uint32_t a_first, a_second, b_first, b_second;

	if (a->rank < 2 || b->rank < 2 || out->rank < 2)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u and %u dimensions make no matrices", a->rank, b->rank);
	a_first = ewi_tensor_dim(p->m, a, a->rank - 2u);
	a_second = ewi_tensor_dim(p->m, a, a->rank - 1u);
	b_first = ewi_tensor_dim(p->m, b, b->rank - 2u);
	b_second = ewi_tensor_dim(p->m, b, b->rank - 1u);
	m->rows = adj_x ? a_second : a_first;
	m->depth = adj_x ? a_first : a_second;
	m->columns = adj_y ? b_first : b_second;
	m->a_row = adj_x ? 1 : a_second;
	m->a_depth = adj_x ? a_second : 1;
	m->b_depth = adj_y ? 1 : b_second;
	m->b_column = adj_y ? b_second : 1;
	if ((adj_y ? b_second : b_first) != m->depth || ewi_tensor_dim(p->m, out, out->rank - 2u) != m->rows ||
	    ewi_tensor_dim(p->m, out, out->rank - 1u) != m->columns)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u by %u times %u by %u is not its output",
				      (unsigned)m->rows, (unsigned)m->depth,
				      (unsigned)(adj_y ? b_second : b_first), (unsigned)m->columns);
	m->a_window = a->data ? 0 : a->count;
	m->b_window = b->data ? 0 : b->count;
	m->out_window = out->count;
	return ewi_prep_broadcast(p, a, b, out, 2, &m->loops);
}

static enum ew_status scales(struct ewi_prep *p, struct ewi_matmul *m)
{
	const struct ewi_tensor *a = ewi_prep_in(p, 0), *b = ewi_prep_in(p, 1), *out = ewi_prep_out(p);
	enum ew_status st = ewi_prep_quantized(p, a, "its first input");

	if (st == EW_OK)
		st = ewi_prep_quantized(p, b, "its second input");
	if (st == EW_OK)
		st = ewi_prep_quantized(p, out, "its output");
	if (st != EW_OK)
		return st;
	m->a_zero = a->zero;
	m->b_zero = b->zero;
	m->out_zero = out->zero;
	m->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	if (!ewi_scale_from((double)(a->scale * b->scale) / (double)out->scale, m->single, &m->scale) ||
	    (a->type == EW_TENSOR_I16 && m->scale.shift > 7))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				      "the scales of its inputs are too large for its output's");
	if (a->type == EW_TENSOR_I16 && (a->zero | b->zero | out->zero) != 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "int16 with a zero point");
	return EW_OK;
}

enum ew_status ewi_prepare_batch_matmul(struct ewi_prep *p)
{
	const struct ewi_tensor *a = ewi_prep_in(p, 0), *b = ewi_prep_in(p, 1), *out = ewi_prep_out(p);
	const struct ewi_kernel *slot = a->type == EW_TENSOR_I8 ? ewi_slot_matmul_s8 :
					a->type == EW_TENSOR_I16 ? ewi_slot_matmul_s16 : ewi_slot_matmul_f32;
	struct ewi_matmul *m;
	enum ew_status st;

	if (a->type != b->type || a->type != out->type ||
	    (a->type != EW_TENSOR_I8 && a->type != EW_TENSOR_I16 && a->type != EW_TENSOR_F32))
		return ewi_prep_types(p, a, b, out);
	st = ewi_model_alloc(p->m, 1, sizeof(*m), &m, p->err);
	if (st == EW_OK)
		st = shapes(p, m);
	if (st == EW_OK && a->type != EW_TENSOR_F32)
		st = scales(p, m);
	if (st != EW_OK)
		return st;
	m->a_file = a->data;
	m->b_file = b->data;
	return ewi_prep_kernel(p, slot, m, (uint64_t)out->count * m->depth);
}
#endif
