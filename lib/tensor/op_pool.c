/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_pool.c - prepares AVERAGE_POOL_2D and MAX_POOL_2D.
 * Source: tflite-micro 90b983c2, kernels/pooling_common.cc: scale and zero point do not change.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/ops.h"

static enum ew_status fill_window(struct ewi_prep *p, struct ewi_window *w)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	struct ewi_flat *f = &p->m->file;
	uint8_t padding = ewi_flat_u8(f, p->options, POOL_PADDING, PADDING_SAME);
	struct ewi_extent rows = {.dil = 1}, columns = {.dil = 1};
	enum ew_status st;

	if (in->rank != 4 || out->rank != 4 || in->count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "tensors without four dimensions or elements");
	rows.in = ewi_tensor_dim(p->m, in, 1);
	rows.taps = ewi_flat_u32(f, p->options, POOL_HEIGHT, 0);
	rows.stride = ewi_flat_u32(f, p->options, POOL_STRIDE_H, 0);
	columns.in = ewi_tensor_dim(p->m, in, 2);
	columns.taps = ewi_flat_u32(f, p->options, POOL_WIDTH, 0);
	columns.stride = ewi_flat_u32(f, p->options, POOL_STRIDE_W, 0);
	st = ewi_prep_extent(p, padding, &rows, "rows");
	if (st == EW_OK)
		st = ewi_prep_extent(p, padding, &columns, "columns");
	if (st != EW_OK)
		return st;
	*w = (struct ewi_window){
		.batches = ewi_tensor_dim(p->m, in, 0), .in_h = rows.in, .in_w = columns.in,
		.in_c = ewi_tensor_dim(p->m, in, 3), .out_h = rows.out, .out_w = columns.out,
		.out_c = ewi_tensor_dim(p->m, out, 3), .k_h = rows.taps, .k_w = columns.taps,
		.stride_h = rows.stride, .stride_w = columns.stride, .dil_h = 1, .dil_w = 1,
		.pad_h = rows.pad, .pad_w = columns.pad};
	if (ewi_tensor_dim(p->m, out, 0) != w->batches || ewi_tensor_dim(p->m, out, 1) != w->out_h ||
	    ewi_tensor_dim(p->m, out, 2) != w->out_w || w->out_c != w->in_c)
		return ewi_prep_error(p, EW_ERR_INVALID, "its output is not %u x %u x %u x %u",
				      (unsigned)w->batches, (unsigned)w->out_h, (unsigned)w->out_w,
				      (unsigned)w->in_c);
	return EW_OK;
}

/* Taps that one window can have inside the picture. */
static enum ew_status check_taps(const struct ewi_prep *p, const struct ewi_window *w)
{
	uint64_t rows = w->k_h < w->in_h ? w->k_h : w->in_h, columns = w->k_w < w->in_w ? w->k_w : w->in_w;

	if (rows * columns > EWI_POOL_TAPS)
		return ewi_prep_error(p, EW_ERR_LIMIT, "a window of more than %u elements",
				      EWI_POOL_TAPS);
	return EW_OK;
}

/* Slots of int8, int16 and float. */
static enum ew_status prepare(struct ewi_prep *p, const struct ewi_kernel *const slots[3])
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	uint8_t act = ewi_flat_u8(&p->m->file, p->options, POOL_ACTIVATION, ACT_NONE);
	unsigned k = in->type == EW_TENSOR_I8 ? 0 : in->type == EW_TENSOR_I16 ? 1 : 2;
	struct ewi_pool *c;
	struct ewi_act_range r;
	enum ew_status st;

	if (in->type != out->type || (k == 2 && in->type != EW_TENSOR_F32))
		return ewi_prep_types(p, in, NULL, out);
	st = ewi_prep_readable(p, in, "input");
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*c), &c, p->err);
	if (st == EW_OK)
		st = fill_window(p, &c->win);
	if (st == EW_OK)
		st = check_taps(p, &c->win);
	if (st == EW_OK && k < 2)
		st = ewi_prep_quantized(p, in, "its input");
	if (st == EW_OK && k < 2)
		st = ewi_prep_quantized(p, out, "its output");
	if (st != EW_OK)
		return st;
	if (k < 2 && (in->zero != out->zero || in->scale - out->scale > 1e-6f ||
		      out->scale - in->scale > 1e-6f))
		return ewi_prep_error(p, EW_ERR_INVALID, "its output is scaled in another way than its input");
	st = ewi_prep_activation(p, act, out, &r);
	if (st != EW_OK)
		return st;
	c->act_min = r.min;
	c->act_max = r.max;
	c->f_min = r.f_min;
	c->f_max = r.f_max;
	return ewi_prep_kernel(p, slots[k], c, 0);
}

enum ew_status ewi_prepare_avgpool(struct ewi_prep *p)
{
	static const struct ewi_kernel *const slots[] = {ewi_slot_avgpool_s8, ewi_slot_avgpool_s16,
					      ewi_slot_avgpool_f32};

	return prepare(p, slots);
}

enum ew_status ewi_prepare_maxpool(struct ewi_prep *p)
{
	static const struct ewi_kernel *const slots[] = {ewi_slot_maxpool_s8, ewi_slot_maxpool_s16,
					      ewi_slot_maxpool_f32};

	return prepare(p, slots);
}
#endif
