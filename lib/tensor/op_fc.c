/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_fc.c - prepares FULLY_CONNECTED: which types go together, shapes, and scales to multipliers.
 * Source: tflite-micro 90b983c2, kernels/fully_connected_common.cc: the product of two per-tensor scales
 * is taken in float, of per-channel scales in double.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "tensor/ops.h"

struct fc {
	const struct ewi_tensor *in, *w, *bias, *out;
	const struct ewi_kernel *slot;
};

static enum ew_status check_types(struct ewi_prep *p, struct fc *f)
{
	unsigned in = f->in->type, w = f->w->type, bias = f->bias ? f->bias->type : EW_TENSOR_I32;

	if (f->out->type != in)
		return ewi_prep_types(p, f->in, f->w, f->out);
	if (in == EW_TENSOR_F32 && w == EW_TENSOR_F32 && (!f->bias || bias == EW_TENSOR_F32))
		f->slot = ewi_slot_fc_f32;
	else if (in == EW_TENSOR_I8 && w == EW_TENSOR_I8 && bias == EW_TENSOR_I32)
		f->slot = ewi_slot_fc_s8;
	else if (in == EW_TENSOR_I8 && w == EW_TENSOR_I4 && bias == EW_TENSOR_I32)
		f->slot = ewi_slot_fc_s8_w4;
	else if (in == EW_TENSOR_I16 && w == EW_TENSOR_I8 && bias == EW_TENSOR_I32)
		f->slot = ewi_slot_fc_s16;
	else if (in == EW_TENSOR_I16 && w == EW_TENSOR_I8 && bias == EW_TENSOR_I64)
		f->slot = ewi_slot_fc_s16_b64;
	else
		return ewi_prep_types(p, f->in, f->w, f->bias ? f->bias : f->out);
	/* Without a bias the sum's type is an option; int16 defaults to 64 bits. */
	if (in == EW_TENSOR_I16 && !f->bias &&
	    ewi_flat_u8(&p->m->file, p->options, FC_BIAS_TYPE, EW_TENSOR_F32) != EW_TENSOR_I32)
		f->slot = ewi_slot_fc_s16_b64;
	return EW_OK;
}

/* Weights [units][depth]; any input whose elements divide into rows of depth; output rows of units. */
static enum ew_status check_shapes(struct ewi_prep *p, const struct fc *f, struct ewi_fc *fc)
{
	struct ew_model *m = p->m;

	if (f->w->rank != 2 || f->w->count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "weights that are not a matrix");
	fc->units = ewi_tensor_dim(m, f->w, 0);
	fc->depth = ewi_tensor_dim(m, f->w, 1);
	if (f->in->count % fc->depth != 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u inputs do not divide into rows of %u",
				      (unsigned)f->in->count, (unsigned)fc->depth);
	fc->rows = f->in->count / fc->depth;
	if (f->out->rank == 0 || ewi_tensor_dim(m, f->out, f->out->rank - 1u) != fc->units ||
	    f->out->count != (uint64_t)fc->rows * fc->units)
		return ewi_prep_error(p, EW_ERR_INVALID, "its output is not %u rows of %u",
				      (unsigned)fc->rows, (unsigned)fc->units);
	if (f->bias && f->bias->count != fc->units)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u biases for %u units",
				      (unsigned)f->bias->count, (unsigned)fc->units);
	if (!ewi_flat_u8(&m->file, p->options, FC_KEEP_DIMS, 0))
		return EW_OK;
	if (f->in->rank != f->out->rank)
		return ewi_prep_error(p, EW_ERR_INVALID, "keep_num_dims, but the ranks differ");
	for (uint32_t i = 0; i + 1 < f->in->rank; i++)
		if (ewi_tensor_dim(m, f->in, i) != ewi_tensor_dim(m, f->out, i))
			return ewi_prep_error(p, EW_ERR_INVALID,
					      "keep_num_dims, but dimension %u differs",
					      (unsigned)i);
	return EW_OK;
}

static enum ew_status check_places(struct ewi_prep *p, const struct fc *f)
{
	enum ew_status st = ewi_prep_readable(p, f->in, "input");

	if (st != EW_OK)
		return st;
	if (f->bias && !f->bias->data)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a bias that is not a constant");
	if (!f->w->data && (f->slot == ewi_slot_fc_f32 || p->m->config.max_batch > 1))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "weights that are not a constant%s",
				      f->slot == ewi_slot_fc_f32 ? "" : " in a batch");
	return EW_OK;
}

static enum ew_status fill_activation(struct ewi_prep *p, const struct fc *f, struct ewi_fc *fc)
{
	uint8_t act = ewi_flat_u8(&p->m->file, p->options, FC_ACTIVATION, ACT_NONE);
	struct ewi_act_range r;
	enum ew_status st = ewi_prep_activation(p, act, f->out, &r);

	if (st != EW_OK)
		return st;
	fc->act_min = r.min;
	fc->act_max = r.max;
	fc->f_min = r.f_min;
	fc->f_max = r.f_max;
	return EW_OK;
}

static enum ew_status scale_of(struct ewi_prep *p, const struct fc *f, double ratio,
			       struct ewi_scale *out)
{
	bool single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;

	if (!ewi_scale_from(ratio, single, out) ||
	    (f->slot == ewi_slot_fc_s16_b64 && out->shift > 7))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				      "the scales of its inputs are too large for its output's");
	return EW_OK;
}

static enum ew_status fill_channel_scales(struct ewi_prep *p, const struct fc *f, struct ewi_fc *fc)
{
	int32_t *multipliers, *shifts;
	enum ew_status st;

	if (f->w->scale_count != fc->units || f->w->quantized_dim != 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u scales for %u units",
				      (unsigned)f->w->scale_count, (unsigned)fc->units);
	if (f->w->flags & EWI_TENSOR_ZEROS || f->w->zero != 0 || f->w->type == EW_TENSOR_I4)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				      "scales by channel with zero points or of int4 weights");
	st = ewi_model_alloc(p->m, fc->units, 2 * sizeof(int32_t), &multipliers, p->err);
	if (st != EW_OK)
		return st;
	shifts = multipliers + fc->units;
	for (uint32_t u = 0; st == EW_OK && u < fc->units; u++) {
		double ratio = (double)f->in->scale * (double)ewi_tensor_scale(p->m, f->w, u) /
			       (double)f->out->scale;
		struct ewi_scale s;

		st = scale_of(p, f, ratio, &s);
		multipliers[u] = s.multiplier;
		shifts[u] = s.shift;
	}
	fc->multipliers = multipliers;
	fc->shifts = shifts;
	return st;
}

static enum ew_status fill_scale(struct ewi_prep *p, const struct fc *f, struct ewi_fc *fc)
{
	float product = f->in->scale * f->w->scale;
	double off;

	if (!(product <= FLT_MAX))
		return ewi_prep_error(p, EW_ERR_INVALID, "the product of its scales overflows");
	/* A bias in another scale than the sum's is a broken conversion; the source's bound. */
	if (f->bias && f->bias->scale_count == 1) {
		off = (double)f->in->scale * (double)f->w->scale - (double)f->bias->scale;
		if ((off < 0 ? -off : off) / (double)f->out->scale > 0.02)
			return ewi_prep_error(p, EW_ERR_INVALID,
					      "the scale of its bias is not the product of the others");
	}
	return scale_of(p, f, (double)product / (double)f->out->scale, &fc->scale);
}

static enum ew_status fill_quantization(struct ewi_prep *p, const struct fc *f, struct ewi_fc *fc)
{
	enum ew_status st = ewi_prep_quantized(p, f->in, "its input");

	if (st == EW_OK)
		st = ewi_prep_quantized(p, f->out, "its output");
	if (st != EW_OK)
		return st;
	fc->in_zero = f->in->zero;
	fc->w_zero = f->w->zero;
	fc->out_zero = f->out->zero;
	fc->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	if (f->w->scale_count > 1)
		return fill_channel_scales(p, f, fc);
	st = ewi_prep_quantized(p, f->w, "its weights");
	return st == EW_OK ? fill_scale(p, f, fc) : st;
}

enum ew_status ewi_prepare_fc(struct ewi_prep *p)
{
	struct fc f = {.in = ewi_prep_in(p, 0), .w = ewi_prep_in(p, 1), .bias = ewi_prep_in(p, 2),
		       .out = ewi_prep_out(p)};
	struct ewi_fc *fc;
	enum ew_status st;

	if (ewi_flat_u8(&p->m->file, p->options, FC_WEIGHTS_FORMAT, 0) != 0)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "shuffled weights");
	st = ewi_model_alloc(p->m, 1, sizeof(*fc), &fc, p->err);
	if (st == EW_OK)
		st = check_types(p, &f);
	if (st == EW_OK)
		st = check_shapes(p, &f, fc);
	if (st == EW_OK)
		st = check_places(p, &f);
	if (st == EW_OK && f.slot != ewi_slot_fc_f32)
		st = fill_quantization(p, &f, fc);
	if (st == EW_OK)
		st = fill_activation(p, &f, fc);
	if (st != EW_OK)
		return st;
	return ewi_prep_kernel(p, f.slot, fc, (uint64_t)f.out->count * fc->depth);
}
#endif
