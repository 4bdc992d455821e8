/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * split.c - operators in parts.  No kernel knows of it: a part is a whole call, of fewer windows; or, where there is one
 * window, of fewer lines (a window's padding may be negative, which is how lines before the part are left out) or rows.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/split.h"

#if EW_CONFIG_PARALLEL
/*
 * Multiply-accumulates and bytes written that a part must be worth: a handover between threads takes about as long
 * (1 to 5 us) on the kernels that do 30 to 50 of them in a nanosecond.
 */
#define PART_COST 65536u

/* What lies behind ewi_op.params begins with a window, or is a dense layer's. */
enum kind { WHOLE, CONV, POOL, DENSE };

static enum kind kind_of(const struct ewi_op *op)
{
	switch (op->kernel->slot) {
	case EWI_SLOT_CONV_S8:
	case EWI_SLOT_CONV_S8_W4:
	case EWI_SLOT_CONV_S16:
	case EWI_SLOT_CONV_S16_B64:
	case EWI_SLOT_CONV_F32:
	case EWI_SLOT_DWCONV_S8:
	case EWI_SLOT_DWCONV_S8_W4:
	case EWI_SLOT_DWCONV_S16_B64:
	case EWI_SLOT_DWCONV_F32: return CONV;
	case EWI_SLOT_AVGPOOL_S8:
	case EWI_SLOT_AVGPOOL_S16:
	case EWI_SLOT_AVGPOOL_F32:
	case EWI_SLOT_MAXPOOL_S8:
	case EWI_SLOT_MAXPOOL_S16:
	case EWI_SLOT_MAXPOOL_F32: return POOL;
	case EWI_SLOT_FC_S8:
	case EWI_SLOT_FC_S8_W4:
	case EWI_SLOT_FC_S16:
	case EWI_SLOT_FC_S16_B64:
	case EWI_SLOT_FC_F32: return DENSE;
	default: return WHOLE;
	}
}

/* The parameters of a part, which are of one of these kinds. */
union params {
	struct ewi_conv conv;
	struct ewi_pool pool;
	struct ewi_fc dense;
};

static size_t params_size(enum kind kind)
{
	return kind == CONV ? sizeof(struct ewi_conv) : kind == POOL ? sizeof(struct ewi_pool) : sizeof(struct ewi_fc);
}

static const struct ewi_window *window_of(const struct ewi_op *op, enum kind kind)
{
	return kind == CONV ? &((const struct ewi_conv *)op->params)->win :
			      &((const struct ewi_pool *)op->params)->win;
}

/* Lines or rows of one window. */
static uint32_t pieces_of(const struct ewi_op *op)
{
	enum kind kind = kind_of(op);
	const struct ewi_window *w;

	if (kind == WHOLE)
		return 1;
	if (kind == DENSE)
		return ((const struct ewi_fc *)op->params)->rows;
	w = window_of(op, kind);
	return w->batches == 1 ? w->out_h : 1;
}

uint32_t ewi_split_parts(const struct ew_model *m, const struct ewi_op *op, uint32_t windows)
{
	uint64_t cost, parts = m->config.max_parts;
	uint32_t pieces;

	if (parts == 1 || !op->kernel || op->listed || op->state_bytes || op->once || op->output_count != 1)
		return 1;
	pieces = windows > 1 ? windows : pieces_of(op);
	cost = (op->macs + m->tensors[op->out[0]].bytes) * windows / PART_COST;
	parts = parts < pieces ? parts : pieces;
	parts = parts < cost ? parts : cost;
	return parts > 1 ? (uint32_t)parts : 1;
}

/* A single window has lines to split, two or more the more parts the more they are. */
uint32_t ewi_split_most(const struct ew_model *m, const struct ewi_op *op)
{
	uint32_t one = ewi_split_parts(m, op, 1), all = ewi_split_parts(m, op, m->config.max_batch);

	return one > all ? one : all;
}

/* Bytes of a tensor in one window; 0 of a constant, which is there once for all. */
static size_t bytes_of(const struct ew_model *m, int32_t tensor)
{
	const struct ewi_tensor *t;

	if (tensor < 0)
		return 0;
	t = &m->tensors[tensor];
	return m->tensors[t->root].data ? 0 : t->bytes;
}

static void *further(const void *p, size_t bytes)
{
	return p ? (void *)((uintptr_t)p + bytes) : NULL;
}

/* Of pieces first to end - 1 of one window. */
static void run_pieces(const struct ewi_split *s, struct ewi_call *c, uint32_t first, uint32_t end)
{
	enum kind kind = kind_of(s->op);
	size_t out = bytes_of(s->model, s->op->out[0]) / pieces_of(s->op);
	union params p;

	memcpy(&p, c->params, params_size(kind));
	if (kind == DENSE) {
		c->in[0] = further(c->in[0], bytes_of(s->model, s->op->in[0]) / p.dense.rows * first);
		p.dense.rows = end - first;
	} else {
		struct ewi_window *w = kind == CONV ? &p.conv.win : &p.pool.win;

		if (ewi_conv_pointwise(w)) { /* whose kernels take all pixels of their input */
			c->in[0] = further(c->in[0], bytes_of(s->model, s->op->in[0]) / w->in_h * first);
			w->in_h = end - first;
		} else {
			w->pad_h = (int32_t)(w->pad_h - (int64_t)first * w->stride_h);
		}
		w->out_h = end - first;
	}
	c->out = further(c->out, first * out);
	c->params = &p;
	s->op->kernel->fn(c);
}

void ewi_split_run(void *split, uint32_t part)
{
	const struct ewi_split *s = split;
	struct ewi_call c = s->call;
	uint32_t windows = (uint32_t)c.windows, pieces = windows > 1 ? windows : pieces_of(s->op);
	uint32_t first = (uint32_t)((uint64_t)pieces * part / s->parts);
	uint32_t end = (uint32_t)((uint64_t)pieces * (part + 1) / s->parts);

	c.scratch = further(c.scratch, part * (size_t)ewi_align(s->op->scratch_bytes));
	if (windows == 1) {
		run_pieces(s, &c, first, end);
		return;
	}
	for (uint32_t i = 0; i < EWI_CALL_INPUTS && i < s->op->input_count; i++)
		c.in[i] = further(c.in[i], first * bytes_of(s->model, s->op->in[i]));
	c.out = further(c.out, first * bytes_of(s->model, s->op->out[0]));
	c.windows = end - first;
	s->op->kernel->fn(&c);
}
#endif
#endif
