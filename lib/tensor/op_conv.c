/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_conv.c - prepares CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV: which types go together, shapes,
 * padding, and scales to multipliers.
 * Source: tflite-micro 90b983c2, kernels/conv_common.cc, depthwise_conv_common.cc, transpose_conv.cc and
 * PopulateConvolutionQuantizationParams: the product of scales is taken in double.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/ops.h"

/*
 * What the three differ in.  Each names its own slots, so that a program that has one of them does not link the
 * kernels of the others.
 */
struct kind {
	bool depthwise, transposed;
	uint8_t channel_dim; /* of the weights: where the output's channels are */
	/* Fields of the options; UINT8_MAX: it has none. */
	uint8_t padding, stride_w, stride_h, activation, dilation_w, dilation_h, bias_type;
	/* Slots by type; NULL: it has none. */
	const struct ewi_kernel *f32, *s8, *w4, *s16, *b64;
};

struct conv {
	const struct kind *kind;
	const struct ewi_tensor *in, *w, *bias, *out;
	unsigned bias_type; /* of the options; F32: not said */
	uint8_t padding, activation;
	const struct ewi_kernel *slot;
};

/* The bias is there with that type, or left out. */
static bool bias_is(const struct conv *v, unsigned type)
{
	return !v->bias || v->bias->type == type;
}

static enum ew_status check_types(struct ewi_prep *p, struct conv *v)
{
	unsigned in = v->in->type, w = v->w->type;

	if (v->out->type != in)
		return ewi_prep_types(p, v->in, v->w, v->out);
	if (in == EW_TENSOR_F32 && w == EW_TENSOR_F32 && bias_is(v, EW_TENSOR_F32))
		v->slot = v->kind->f32;
	else if (in == EW_TENSOR_I8 && w == EW_TENSOR_I8 && bias_is(v, EW_TENSOR_I32))
		v->slot = v->kind->s8;
	else if (in == EW_TENSOR_I8 && w == EW_TENSOR_I4 && bias_is(v, EW_TENSOR_I32))
		v->slot = v->kind->w4;
	else if (in == EW_TENSOR_I16 && w == EW_TENSOR_I8 &&
		 (v->bias ? v->bias->type : v->bias_type) == EW_TENSOR_I32)
		v->slot = v->bias || v->kind->s16 ? v->kind->s16 : v->kind->b64;
	else if (in == EW_TENSOR_I16 && w == EW_TENSOR_I8 &&
		 (bias_is(v, EW_TENSOR_I64) || (v->kind->transposed && bias_is(v, EW_TENSOR_I16))))
		v->slot = v->kind->b64;
	if (!v->slot)
		return ewi_prep_types(p, v->in, v->w, v->bias ? v->bias : v->out);
	return EW_OK;
}

static enum ew_status check_places(struct ewi_prep *p, const struct conv *v)
{
	enum ew_status st = ewi_prep_readable(p, v->in, "input");

	if (st != EW_OK)
		return st;
	if (!v->w->data || (v->bias && !v->bias->data))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "weights or a bias that are not constants");
	if (v->in->rank != 4 || v->w->rank != 4 || v->out->rank != 4)
		return ewi_prep_error(p, EW_ERR_INVALID, "tensors that do not have four dimensions");
	if (v->in->count == 0 || v->w->count == 0 || v->out->count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "a tensor without elements");
	return EW_OK;
}

static void read_shapes(struct ewi_prep *p, const struct conv *v, struct ewi_window *w)
{
	const struct ew_model *m = p->m;

	w->batches = ewi_tensor_dim(m, v->in, 0);
	w->in_h = ewi_tensor_dim(m, v->in, 1);
	w->in_w = ewi_tensor_dim(m, v->in, 2);
	w->in_c = ewi_tensor_dim(m, v->in, 3);
	w->out_h = ewi_tensor_dim(m, v->out, 1);
	w->out_w = ewi_tensor_dim(m, v->out, 2);
	w->out_c = ewi_tensor_dim(m, v->out, 3);
	w->k_h = ewi_tensor_dim(m, v->w, 1);
	w->k_w = ewi_tensor_dim(m, v->w, 2);
}

/* Channels: which of them each output sees. */
static enum ew_status check_channels(struct ewi_prep *p, const struct conv *v, struct ewi_conv *c)
{
	const struct ewi_window *w = &c->win;
	uint32_t last = ewi_tensor_dim(p->m, v->w, 3);
	bool fits = ewi_tensor_dim(p->m, v->out, 0) == w->batches &&
		    ewi_tensor_dim(p->m, v->w, v->kind->channel_dim) == w->out_c;

	c->tap_c = last;
	c->groups = c->multiplier = 1;
	if (!v->kind->depthwise && !v->kind->transposed && fits) {
		c->groups = w->in_c / last;
		fits = w->in_c % last == 0 && w->out_c % c->groups == 0;
	} else if (v->kind->depthwise && fits) {
		c->multiplier = w->out_c / w->in_c;
		fits = ewi_tensor_dim(p->m, v->w, 0) == 1 && w->out_c % w->in_c == 0;
	} else if (fits) {
		fits = last == w->in_c;
	}
	if (!fits)
		return ewi_prep_error(p, EW_ERR_INVALID,
				      "%u weights, by dimension %u %u outputs, do not go with %u x %u channels",
				      (unsigned)last, (unsigned)v->kind->channel_dim,
				      (unsigned)ewi_tensor_dim(p->m, v->w, v->kind->channel_dim),
				      (unsigned)w->in_c, (unsigned)w->out_c);
	if (v->bias && v->bias->count != w->out_c)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u biases for %u channels",
				      (unsigned)v->bias->count, (unsigned)w->out_c);
	return EW_OK;
}

/* A transposed convolution goes the other way: its padding is that of the convolution from output to input. */
static enum ew_status check_padding(struct ewi_prep *p, const struct conv *v, struct ewi_window *w)
{
	bool back = v->kind->transposed;
	struct ewi_extent rows = {back ? w->out_h : w->in_h, w->k_h, w->stride_h, w->dil_h, 0, 0},
			  columns = {back ? w->out_w : w->in_w, w->k_w, w->stride_w, w->dil_w, 0, 0};
	uint32_t want_h = back ? w->in_h : w->out_h, want_w = back ? w->in_w : w->out_w;
	enum ew_status st = ewi_prep_extent(p, v->padding, &rows, "rows");

	if (st == EW_OK)
		st = ewi_prep_extent(p, v->padding, &columns, "columns");
	if (st != EW_OK)
		return st;
	if (rows.out != want_h || columns.out != want_w)
		return ewi_prep_error(p, EW_ERR_INVALID, "its %s is %u x %u, its window makes %u x %u",
				      back ? "input" : "output", (unsigned)want_h, (unsigned)want_w,
				      (unsigned)rows.out, (unsigned)columns.out);
	w->pad_h = rows.pad;
	w->pad_w = columns.pad;
	return EW_OK;
}

static enum ew_status fill_scales(struct ewi_prep *p, const struct conv *v, struct ewi_conv *c)
{
	bool wide = v->slot == v->kind->b64;
	uint32_t n = c->win.out_c;
	int32_t *multipliers;
	enum ew_status st;

	if (v->w->scale_count != 1 &&
	    (v->w->scale_count != n || v->w->quantized_dim != v->kind->channel_dim))
		return ewi_prep_error(p, EW_ERR_INVALID, "%u scales for %u channels",
				      (unsigned)v->w->scale_count, (unsigned)n);
	st = ewi_model_alloc(p->m, n, 2 * sizeof(int32_t), &multipliers, p->err);
	if (st != EW_OK)
		return st;
	c->multipliers = multipliers;
	c->shifts = multipliers + n;
	for (uint32_t o = 0; o < n; o++) {
		float w = ewi_tensor_scale(p->m, v->w, v->w->scale_count == 1 ? 0 : o);
		struct ewi_scale s;

		if (!ewi_scale_from((double)v->in->scale * (double)w / (double)v->out->scale, c->single,
				    &s) ||
		    (wide && s.shift > 7))
			return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
					      "the scales of its inputs are too large for its output's");
		multipliers[o] = s.multiplier;
		multipliers[n + o] = s.shift;
	}
	return EW_OK;
}

static enum ew_status fill_quantization(struct ewi_prep *p, const struct conv *v, struct ewi_conv *c)
{
	enum ew_status st = ewi_prep_quantized(p, v->in, "its input");

	if (st == EW_OK)
		st = ewi_prep_quantized(p, v->out, "its output");
	if (st != EW_OK)
		return st;
	if (v->w->scale_count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "its weights have no scale");
	if (v->w->flags & EWI_TENSOR_ZEROS || v->w->zero != 0 ||
	    (v->in->type == EW_TENSOR_I16 && (v->in->zero != 0 || v->out->zero != 0)))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "weights or int16 with zero points");
	c->in_zero = v->in->zero;
	c->out_zero = v->out->zero;
	c->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	c->bias_16 = v->bias && v->bias->type == EW_TENSOR_I16;
	return fill_scales(p, v, c);
}

static enum ew_status prepare(struct ewi_prep *p, struct conv *v, struct ewi_conv *c)
{
	struct ewi_act_range r;
	enum ew_status st = check_types(p, v);

	if (st == EW_OK)
		st = check_places(p, v);
	if (st != EW_OK)
		return st;
	read_shapes(p, v, &c->win);
	st = check_channels(p, v, c);
	if (st == EW_OK)
		st = check_padding(p, v, &c->win);
	if (st == EW_OK && v->in->type != EW_TENSOR_F32)
		st = fill_quantization(p, v, c);
	if (st == EW_OK)
		st = ewi_prep_activation(p, v->activation, v->out, &r);
	if (st != EW_OK)
		return st;
	c->act_min = r.min;
	c->act_max = r.max;
	c->f_min = r.f_min;
	c->f_max = r.f_max;
	return ewi_prep_kernel(p, v->slot, c,
			       (uint64_t)(v->kind->transposed ? v->in : v->out)->count *
				       (v->w->count / (v->kind->transposed ? c->tap_c : c->win.out_c)));
}

static enum ew_status begin(struct ewi_prep *p, const struct kind *k, uint32_t in)
{
	struct ewi_flat *file = &p->m->file;
	struct conv v = {.kind = k, .in = ewi_prep_in(p, in), .w = ewi_prep_in(p, 1),
			 .bias = ewi_prep_in(p, k->transposed ? 3 : 2), .out = ewi_prep_out(p),
			 .bias_type = EW_TENSOR_F32};
	struct ewi_conv *c;
	enum ew_status st = ewi_model_alloc(p->m, 1, sizeof(*c), &c, p->err);

	if (st != EW_OK)
		return st;
	v.padding = ewi_flat_u8(file, p->options, k->padding, PADDING_SAME);
	v.activation = ewi_flat_u8(file, p->options, k->activation, ACT_NONE);
	c->win.stride_h = ewi_flat_u32(file, p->options, k->stride_h, 0);
	c->win.stride_w = ewi_flat_u32(file, p->options, k->stride_w, 0);
	c->win.dil_h = c->win.dil_w = 1;
	if (k->dilation_h != UINT8_MAX) {
		c->win.dil_h = ewi_flat_u32(file, p->options, k->dilation_h, 1);
		c->win.dil_w = ewi_flat_u32(file, p->options, k->dilation_w, 1);
	}
	if (k->bias_type != UINT8_MAX)
		v.bias_type = ewi_flat_u8(file, p->options, k->bias_type, EW_TENSOR_F32);
	return prepare(p, &v, c);
}

enum ew_status ewi_prepare_conv(struct ewi_prep *p)
{
	static const struct kind kind = {
		.padding = CONV_PADDING, .stride_w = CONV_STRIDE_W, .stride_h = CONV_STRIDE_H,
		.activation = CONV_ACTIVATION, .dilation_w = CONV_DILATION_W,
		.dilation_h = CONV_DILATION_H, .bias_type = CONV_BIAS_TYPE,
		.f32 = ewi_slot_conv_f32, .s8 = ewi_slot_conv_s8, .w4 = ewi_slot_conv_s8_w4,
		.s16 = ewi_slot_conv_s16, .b64 = ewi_slot_conv_s16_b64};

	return begin(p, &kind, 0);
}

enum ew_status ewi_prepare_dwconv(struct ewi_prep *p)
{
	static const struct kind kind = {
		.depthwise = true, .channel_dim = 3,
		.padding = DWCONV_PADDING, .stride_w = DWCONV_STRIDE_W, .stride_h = DWCONV_STRIDE_H,
		.activation = DWCONV_ACTIVATION, .dilation_w = DWCONV_DILATION_W,
		.dilation_h = DWCONV_DILATION_H, .bias_type = UINT8_MAX,
		.f32 = ewi_slot_dwconv_f32, .s8 = ewi_slot_dwconv_s8, .w4 = ewi_slot_dwconv_s8_w4,
		.b64 = ewi_slot_dwconv_s16_b64};

	return begin(p, &kind, 0);
}

/* Input 0 repeats the output's shape; like the source's, the output's own is taken. */
enum ew_status ewi_prepare_tconv(struct ewi_prep *p)
{
	static const struct kind kind = {
		.transposed = true,
		.padding = TCONV_PADDING, .stride_w = TCONV_STRIDE_W, .stride_h = TCONV_STRIDE_H,
		.activation = TCONV_ACTIVATION, .dilation_w = UINT8_MAX, .dilation_h = UINT8_MAX,
		.bias_type = TCONV_BIAS_TYPE,
		.f32 = ewi_slot_tconv_f32, .s8 = ewi_slot_tconv_s8, .b64 = ewi_slot_tconv_s16_b64};

	return begin(p, &kind, 2);
}
#endif
