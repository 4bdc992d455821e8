/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_binary.c - prepares operators of two inputs, element by element: broadcasting and scales.
 * Source: tflite-micro 90b983c2, kernels/add_common.cc (ratios in double), sub_common.cc (in float), mul_common.cc
 * (in double), div.cc (in float), squared_difference.cc, maximum_minimum.cc, prelu_common.cc.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "tensor/binary.h"
#include "tensor/ops.h"

struct binary {
	const struct ewi_tensor *a, *b, *out;
	struct ewi_binary *params;
};

/* ---- broadcasting ------------------------------------------------------------------------------ */

/* Dimension i of the output's rank, those that t has not being 1. */
static uint32_t dim_of(const struct ewi_prep *p, const struct ewi_tensor *t, uint32_t i, uint32_t rank)
{
	uint32_t missing = rank - t->rank;

	return i < missing ? 1 : ewi_tensor_dim(p->m, t, i - missing);
}

static void add_loop(struct ewi_loops *l, uint32_t times, uint32_t a_step, uint32_t b_step)
{
	uint32_t k = l->count;

	if (times == 1)
		return;
	/* From the inside out: this dimension goes on where the last one ended. */
	if (k > 0 && a_step == l->a_step[k - 1] * l->times[k - 1] &&
	    b_step == l->b_step[k - 1] * l->times[k - 1]) {
		l->times[k - 1] *= times;
		return;
	}
	l->times[k] = times;
	l->a_step[k] = a_step;
	l->b_step[k] = b_step;
	l->count++;
}

/* Outermost first. */
static void turn(struct ewi_loops *l)
{
	for (uint32_t i = 0, k = l->count - 1; i < k; i++, k--) {
		struct ewi_loops t = *l;

		l->times[i] = t.times[k], l->times[k] = t.times[i];
		l->a_step[i] = t.a_step[k], l->a_step[k] = t.a_step[i];
		l->b_step[i] = t.b_step[k], l->b_step[k] = t.b_step[i];
	}
}

enum ew_status ewi_prep_broadcast(const struct ewi_prep *p, const struct ewi_tensor *a,
				  const struct ewi_tensor *b, const struct ewi_tensor *out,
				  uint32_t inner, struct ewi_loops *l)
{
	uint32_t rank = a->rank > b->rank ? a->rank : b->rank, a_step = 1, b_step = 1;

	if (out->rank > rank)
		rank = out->rank;
	l->count = 0;
	for (uint32_t i = rank; i-- > rank - inner;) {
		a_step *= dim_of(p, a, i, rank);
		b_step *= dim_of(p, b, i, rank);
	}
	for (uint32_t i = rank - inner; i-- > 0;) {
		uint32_t da = dim_of(p, a, i, rank), db = dim_of(p, b, i, rank);
		uint32_t want = da == 1 ? db : da;

		if ((da != db && da != 1 && db != 1) || dim_of(p, out, i, rank) != want)
			return ewi_prep_error(p, EW_ERR_INVALID, "dimension %u: %u and %u make no %u",
					      (unsigned)i, (unsigned)da, (unsigned)db,
					      (unsigned)dim_of(p, out, i, rank));
		add_loop(l, want, da == 1 ? 0 : a_step, db == 1 ? 0 : b_step);
		a_step *= da; /* below 2^31: the tensor's count */
		b_step *= db;
	}
	if (l->count == 0)
		*l = (struct ewi_loops){1, {1}, {0}, {0}};
	turn(l);
	return EW_OK;
}

/* ---- common ------------------------------------------------------------------------------------ */

/* int8_b: the second input is int8 whatever the first is. */
static enum ew_status begin(struct ewi_prep *p, uint32_t types, bool int8_b, struct binary *b)
{
	enum ew_status st = ewi_model_alloc(p->m, 1, sizeof(*b->params), &b->params, p->err);
	struct ewi_binary *q = b->params;

	b->a = ewi_prep_in(p, 0);
	b->b = ewi_prep_in(p, 1);
	b->out = ewi_prep_out(p);
	if (st != EW_OK)
		return st;
	if (b->a->type != b->out->type || b->out->type > 31 || !(types >> b->out->type & 1) ||
	    b->b->type != (int8_b ? (uint8_t)EW_TENSOR_I8 : b->a->type))
		return ewi_prep_types(p, b->a, b->b, b->out);
	st = ewi_prep_broadcast(p, b->a, b->b, b->out, 0, &q->loops);
	if (st != EW_OK)
		return st;
	q->type = b->a->type;
	q->b_type = b->b->type;
	q->a_window = b->a->data ? 0 : b->a->count;
	q->b_window = b->b->data ? 0 : b->b->count;
	q->out_window = b->out->count;
	q->a_file = EW_BIG_ENDIAN && b->a->data;
	q->b_file = EW_BIG_ENDIAN && b->b->data;
	q->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	q->f_min = -ewi_float_infinity();
	q->f_max = ewi_float_infinity();
	q->act_min = q->type == EW_TENSOR_I8 ? INT8_MIN : q->type == EW_TENSOR_I16 ? INT16_MIN : INT32_MIN;
	q->act_max = q->type == EW_TENSOR_I8 ? INT8_MAX : q->type == EW_TENSOR_I16 ? INT16_MAX : INT32_MAX;
	if (q->type != EW_TENSOR_I8 && q->type != EW_TENSOR_I16)
		return EW_OK;
	st = ewi_prep_quantized(p, b->a, "its first input");
	if (st == EW_OK)
		st = ewi_prep_quantized(p, b->b, "its second input");
	if (st == EW_OK)
		st = ewi_prep_quantized(p, b->out, "its output");
	q->a_zero = b->a->zero;
	q->b_zero = b->b->zero;
	q->out_zero = b->out->zero;
	return st;
}

/* int32 clamps to the numbers themselves. */
static enum ew_status activation(struct ewi_prep *p, struct binary *b)
{
	static const struct {
		int32_t low, high;
	} integers[] = {
		[ACT_NONE] = {INT32_MIN, INT32_MAX},
		[ACT_RELU] = {0, INT32_MAX},
		[ACT_RELU_N1_TO_1] = {-1, 1},
		[ACT_RELU6] = {0, 6},
	};
	uint8_t act = ewi_flat_u8(&p->m->file, p->options, BINARY_ACTIVATION, ACT_NONE);
	struct ewi_binary *q = b->params;
	struct ewi_act_range r;
	enum ew_status st;

	if (q->type == EW_TENSOR_I32 && act <= ACT_RELU6) {
		q->act_min = integers[act].low;
		q->act_max = integers[act].high;
		return EW_OK;
	}
	st = ewi_prep_activation(p, act, b->out, &r);
	if (st != EW_OK)
		return st;
	q->f_min = r.f_min;
	q->f_max = r.f_max;
	q->act_min = r.min;
	q->act_max = r.max;
	return EW_OK;
}

static enum ew_status scale_from(struct ewi_prep *p, double ratio, struct ewi_scale *out)
{
	if (ratio <= DBL_MAX && ewi_scale_from(ratio, p->m->config.flags & EW_MODEL_SINGLE_ROUNDING, out))
		return EW_OK;
	return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
			      "the scales of its inputs are too large for its output's");
}

static bool quantized(const struct binary *b)
{
	return b->params->type == EW_TENSOR_I8 || b->params->type == EW_TENSOR_I16;
}

static enum ew_status finish(struct ewi_prep *p, struct binary *b, const struct ewi_binary_element *element,
			     const struct ewi_kernel *narrow)
{
	b->params->element = element;
	return ewi_prep_kernel(p, b->params->type == EW_TENSOR_I8 ? narrow : ewi_slot_binary, b->params, 0);
}

#define TYPE(type) (1u << EW_TENSOR_##type)
#define TYPES (TYPE(F32) | TYPE(I32) | TYPE(I16) | TYPE(I8))

/* ---- operators --------------------------------------------------------------------------------- */

/* Both inputs to twice the larger scale, the result from there: ratios of each input, and of the output. */
static enum ew_status common_scale(struct ewi_prep *p, struct binary *b, double a_ratio, double b_ratio,
				   double out_ratio)
{
	struct ewi_binary *q = b->params;
	enum ew_status st = scale_from(p, a_ratio, &q->a_scale);

	if (st == EW_OK)
		st = scale_from(p, b_ratio, &q->b_scale);
	if (st == EW_OK)
		st = scale_from(p, out_ratio, &q->out_scale);
	return st;
}

enum ew_status ewi_prepare_add(struct ewi_prep *p)
{
	struct binary b;
	enum ew_status st = begin(p, TYPES, false, &b);

	if (st == EW_OK && b.params->type != EW_TENSOR_I32) /* which has no activation here */
		st = activation(p, &b);
	if (st == EW_OK && quantized(&b)) {
		double twice = 2 * (double)(b.a->scale > b.b->scale ? b.a->scale : b.b->scale), ratio;

		b.params->left = b.params->type == EW_TENSOR_I8 ? 20 : 15;
		ratio = twice / ((1 << b.params->left) * (double)b.out->scale);
		if (ratio >= 1.0)
			return scale_from(p, DBL_MAX * 2, &b.params->out_scale);
		st = common_scale(p, &b, (double)b.a->scale / twice, (double)b.b->scale / twice, ratio);
	}
	return st == EW_OK ? finish(p, &b, &ewi_element_add, ewi_slot_add_s8) : st;
}

enum ew_status ewi_prepare_sub(struct ewi_prep *p)
{
	struct binary b;
	enum ew_status st = begin(p, TYPES, false, &b);

	if (st == EW_OK)
		st = activation(p, &b);
	if (st == EW_OK && quantized(&b)) {
		float twice = 2 * (b.a->scale > b.b->scale ? b.a->scale : b.b->scale), ratio;

		b.params->left = b.params->type == EW_TENSOR_I8 ? 20 : 15;
		ratio = twice / ((float)(1 << b.params->left) * b.out->scale);
		if (!(ratio < 1.0f))
			return scale_from(p, DBL_MAX * 2, &b.params->out_scale);
		st = common_scale(p, &b, (double)(b.a->scale / twice), (double)(b.b->scale / twice),
				  (double)ratio);
	}
	return st == EW_OK ? finish(p, &b, &ewi_element_sub, ewi_slot_binary) : st;
}

enum ew_status ewi_prepare_squared_difference(struct ewi_prep *p)
{
	struct binary b;
	enum ew_status st = begin(p, TYPES, false, &b);

	if (st == EW_OK && quantized(&b)) {
		double twice = 2.0 * (double)(b.a->scale > b.b->scale ? b.a->scale : b.b->scale);

		if (b.params->type == EW_TENSOR_I16 && (b.a->zero | b.b->zero | b.out->zero) != 0)
			return ewi_prep_error(p, EW_ERR_INVALID, "int16 with a zero point");
		b.params->left = b.params->type == EW_TENSOR_I8 ? 7 : 0;
		st = common_scale(p, &b, (double)b.a->scale / twice, (double)b.b->scale / twice,
				  twice * twice /
					  (double)((float)(1 << b.params->left * 2) * b.out->scale));
	}
	return st == EW_OK ? finish(p, &b, &ewi_element_squared_difference, ewi_slot_binary) : st;
}

enum ew_status ewi_prepare_mul(struct ewi_prep *p)
{
	struct binary b;
	enum ew_status st = begin(p, TYPES, false, &b);

	if (st == EW_OK)
		st = activation(p, &b);
	if (st == EW_OK && quantized(&b)) {
		if (b.params->type == EW_TENSOR_I16 && (b.a->zero | b.b->zero | b.out->zero) != 0)
			return ewi_prep_error(p, EW_ERR_INVALID, "int16 with a zero point");
		st = scale_from(p, (double)b.a->scale * (double)b.b->scale / (double)b.out->scale,
				&b.params->out_scale);
	}
	return st == EW_OK ? finish(p, &b, &ewi_element_mul, ewi_slot_mul_s8) : st;
}

enum ew_status ewi_prepare_div(struct ewi_prep *p)
{
	struct binary b;
	enum ew_status st = begin(p, TYPE(F32) | TYPE(I32) | TYPE(I8), false, &b);

	if (st == EW_OK)
		st = activation(p, &b);
	if (st == EW_OK && quantized(&b))
		st = scale_from(p, (double)(b.a->scale / (b.b->scale * b.out->scale)),
				&b.params->out_scale);
	return st == EW_OK ? finish(p, &b, &ewi_element_div, ewi_slot_binary) : st;
}

/* Of the numbers as they are: the source takes the quantizations for one. */
static enum ew_status prepare_extreme(struct ewi_prep *p, const struct ewi_binary_element *element)
{
	struct binary b;
	enum ew_status st = begin(p, TYPES, false, &b);

	return st == EW_OK ? finish(p, &b, element, ewi_slot_binary) : st;
}

enum ew_status ewi_prepare_minimum(struct ewi_prep *p)
{
	return prepare_extreme(p, &ewi_element_minimum);
}

enum ew_status ewi_prepare_maximum(struct ewi_prep *p)
{
	return prepare_extreme(p, &ewi_element_maximum);
}

enum ew_status ewi_prepare_prelu(struct ewi_prep *p)
{
	struct binary b;
	enum ew_status st = begin(p, TYPE(F32) | TYPE(I16) | TYPE(I8), ewi_prep_out(p)->type == EW_TENSOR_I16, &b);

	if (st == EW_OK && quantized(&b)) {
		st = scale_from(p, (double)b.a->scale / (double)b.out->scale, &b.params->a_scale);
		if (st == EW_OK)
			st = scale_from(p,
					(double)b.a->scale * (double)b.b->scale / (double)b.out->scale,
					&b.params->out_scale);
	}
	return st == EW_OK ? finish(p, &b, &ewi_element_prelu, ewi_slot_binary) : st;
}
#endif
