/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_unary.c - prepares the functions of one element: RELU, RELU6, RELU_N1_TO_1, LEAKY_RELU, LOGISTIC, TANH and
 * HARD_SWISH.  Each says which functions it is and scales it needs; the rest is common.
 * Source: tflite-micro 90b983c2, kernels/activations_common.cc, leaky_relu_common.cc, logistic_common.cc, tanh.cc,
 * hard_swish_common.cc; TensorFlow Lite's activations.cc for RELU_N1_TO_1, which tflite-micro does not have.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "tensor/ops.h"
#include "tensor/unary.h"

/* Checks, and the parameters that all have; types: a bit for each that there is. */
static enum ew_status begin(struct ewi_prep *p, uint32_t types, struct ewi_unary **out)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *to = ewi_prep_out(p);
	enum ew_status st = ewi_prep_readable(p, in, "input");
	struct ewi_unary *u;

	if (in->type != to->type || in->type > 31 || !(types >> in->type & 1))
		return ewi_prep_types(p, in, NULL, to);
	if (st != EW_OK)
		return st;
	if (in->count != to->count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u elements to %u", (unsigned)in->count,
				      (unsigned)to->count);
	if (in->type != EW_TENSOR_F32) {
		st = ewi_prep_quantized(p, in, "its input");
		if (st == EW_OK)
			st = ewi_prep_quantized(p, to, "its output");
	}
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*u), &u, p->err);
	if (st != EW_OK)
		return st;
	u->count = in->count;
	u->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	u->in_zero = in->zero;
	u->out_zero = to->zero;
	u->low = in->type == EW_TENSOR_I8 ? INT8_MIN : INT16_MIN;
	u->high = in->type == EW_TENSOR_I8 ? INT8_MAX : INT16_MAX;
	*out = u;
	return EW_OK;
}

#define TYPES_8 (1u << EW_TENSOR_F32 | 1u << EW_TENSOR_I8)
#define TYPES_16 (TYPES_8 | 1u << EW_TENSOR_I16)

/* int8: tabulates the function. */
static enum ew_status finish(struct ewi_prep *p, struct ewi_unary *u)
{
	uint8_t type = ewi_prep_in(p, 0)->type;
	enum ew_status st;
	int8_t *table;

	if (type == EW_TENSOR_F32)
		return ewi_prep_kernel(p, ewi_slot_unary_f32, u, 0);
	if (type == EW_TENSOR_I16)
		return ewi_prep_kernel(p, ewi_slot_unary_s16, u, 0);
	st = ewi_model_alloc(p->m, 256, 1, &table, p->err);
	if (st != EW_OK)
		return st;
	for (int32_t v = INT8_MIN; v <= INT8_MAX; v++)
		table[(uint8_t)v] = (int8_t)u->quantized(u, v);
	u->table = table;
	return ewi_prep_kernel(p, ewi_slot_table_s8, u, 0);
}

static enum ew_status scale_from(struct ewi_prep *p, double ratio, struct ewi_scale *out)
{
	if (ewi_scale_from(ratio, p->m->config.flags & EW_MODEL_SINGLE_ROUNDING, out))
		return EW_OK;
	return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
			      "the scale of its input is too large for its output's");
}

/* int16 has no zero points. */
static enum ew_status no_zeros(struct ewi_prep *p, const struct ewi_unary *u)
{
	if (ewi_prep_in(p, 0)->type == EW_TENSOR_I16 && (u->in_zero | u->out_zero) != 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "int16 with a zero point");
	return EW_OK;
}

/* ---- RELU and its kin -------------------------------------------------------------------------- */

/* Rescaled, and clamped to [low, high]; an infinity leaves the type's end. */
static enum ew_status prepare_relu(struct ewi_prep *p, float low, float high, bool rescaled)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	const struct ewi_tensor *unit = rescaled ? out : in; /* whose quantization the bounds are in */
	struct ewi_unary *u;
	enum ew_status st = begin(p, TYPES_16, &u);

	if (st != EW_OK)
		return st;
	u->f_low = low;
	u->f_high = high;
	u->real = ewi_real_clamp;
	u->quantized = rescaled ? ewi_unary_relu : ewi_unary_clamp;
	if (in->type == EW_TENSOR_F32)
		return finish(p, u);
	u->low = ewi_quantize(low, unit->scale, unit->zero, u->low, u->high);
	if (high <= FLT_MAX)
		u->high = ewi_quantize(high, unit->scale, unit->zero, u->low, u->high);
	if (rescaled) {
		st = no_zeros(p, u);
		if (st == EW_OK)
			st = scale_from(p, (double)(in->scale / out->scale), &u->scale);
	}
	return st == EW_OK ? finish(p, u) : st;
}

enum ew_status ewi_prepare_relu(struct ewi_prep *p)
{
	return prepare_relu(p, 0.0f, ewi_float_infinity(), true);
}

enum ew_status ewi_prepare_relu_n1_to_1(struct ewi_prep *p)
{
	return prepare_relu(p, -1.0f, 1.0f, true);
}

/* tflite-micro does not rescale here: both quantizations are taken for one. */
enum ew_status ewi_prepare_relu6(struct ewi_prep *p)
{
	return prepare_relu(p, 0.0f, 6.0f, false);
}

enum ew_status ewi_prepare_leaky_relu(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	float alpha = ewi_flat_f32(&p->m->file, p->options, LEAKY_RELU_ALPHA, 0.0f), ratio;
	struct ewi_unary *u;
	enum ew_status st = begin(p, TYPES_16, &u);

	if (st != EW_OK)
		return st;
	u->f_alpha = alpha;
	u->real = ewi_real_leaky;
	u->quantized = ewi_unary_leaky;
	if (in->type == EW_TENSOR_F32)
		return finish(p, u);
	ratio = in->scale * alpha / out->scale;
	if (!(ratio >= -FLT_MAX && ratio <= FLT_MAX))
		return ewi_prep_error(p, EW_ERR_INVALID, "alpha is no number that can be used");
	st = scale_from(p, (double)(in->scale / out->scale), &u->scale);
	if (st == EW_OK)
		st = scale_from(p, ratio < 0 ? -(double)ratio : (double)ratio, &u->alpha);
	if (ratio < 0)
		u->alpha.multiplier = -u->alpha.multiplier;
	return st == EW_OK ? finish(p, u) : st;
}

/* ---- LOGISTIC, TANH ----------------------------------------------------------------------------- */

/* int8: to 4 bits before the point; beyond the radius the result is the type's end. */
static enum ew_status to_q4(struct ewi_prep *p, struct ewi_unary *u)
{
	double ratio = (double)ewi_prep_in(p, 0)->scale * (1 << 27);
	int64_t radius;

	if (!ewi_scale_from(ratio, u->single, &u->scale) || u->scale.shift < 0)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "the scale of its input is out of range");
	radius = ((int64_t)15 << 27) >> u->scale.shift;
	u->radius = (int32_t)radius;
	return EW_OK;
}

/* int16: to 24ths with 9 bits behind the point, which is 12,288 to the unit. */
static enum ew_status to_24ths(struct ewi_prep *p, struct ewi_unary *u, int32_t power_max)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	double m = (double)in->scale * 4096.0 * 3.0;
	int32_t n, shift = 0;

	if (no_zeros(p, u) != EW_OK)
		return EW_ERR_INVALID;
	if (!ewi_is_power(out->scale, &n) || n != -15)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "an int16 output whose scale is not 2^-15");
	if (ewi_is_power(in->scale, &n) && n + 12 >= 0 && n + 12 <= power_max) {
		u->scale = (struct ewi_scale){3 << (n + 12), 0};
		return EW_OK;
	}
	for (; m <= 32767.0 / 2.0 && shift <= 30; shift++)
		m *= 2.0;
	if (m >= 32768.0)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "the scale of its input is out of range");
	u->scale = (struct ewi_scale){(int32_t)m, shift};
	return EW_OK;
}

static enum ew_status prepare_curve(struct ewi_prep *p, ewi_unary_fn *narrow, ewi_unary_fn *wide,
				    ewi_unary_real_fn *real, int32_t power_max)
{
	struct ewi_unary *u;
	enum ew_status st = begin(p, TYPES_16, &u);

	if (st != EW_OK)
		return st;
	u->quantized = narrow;
	u->real = real;
	switch (ewi_prep_in(p, 0)->type) {
	case EW_TENSOR_I8: st = to_q4(p, u); break;
	case EW_TENSOR_I16:
		u->quantized = wide;
		st = to_24ths(p, u, power_max);
		break;
	default: break;
	}
	return st == EW_OK ? finish(p, u) : st;
}

enum ew_status ewi_prepare_logistic(struct ewi_prep *p)
{
	const struct ewi_tensor *out = ewi_prep_out(p);

	if (out->type == EW_TENSOR_I8 && out->zero != INT8_MIN)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "an int8 output whose zero point is not -128");
	return prepare_curve(p, ewi_unary_logistic, ewi_unary_logistic16, ewi_real_logistic, 0);
}

enum ew_status ewi_prepare_tanh(struct ewi_prep *p)
{
	return prepare_curve(p, ewi_unary_tanh, ewi_unary_tanh16, ewi_real_tanh, 1);
}

/* ---- HARD_SWISH --------------------------------------------------------------------------------- */

static int32_t to_16_bits(int32_t multiplier)
{
	return multiplier >= INT32_MAX - (1 << 15) ? INT16_MAX : (multiplier + (1 << 15)) >> 16;
}

enum ew_status ewi_prepare_hard_swish(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	float fine = (1.0f / 128.0f) * in->scale;
	struct ewi_unary *u;
	enum ew_status st = begin(p, TYPES_8, &u);

	if (st != EW_OK)
		return st;
	u->quantized = ewi_unary_hard_swish;
	u->real = ewi_real_hard_swish;
	if (in->type == EW_TENSOR_F32)
		return finish(p, u);
	st = scale_from(p, (double)(fine / out->scale), &u->scale);
	if (st == EW_OK)
		st = scale_from(p, (double)(fine / (3.0f / 32768.0f)), &u->alpha);
	if (st == EW_OK && u->scale.shift > 0)
		st = ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				    "the scale of its input is too large for its output's");
	u->scale.multiplier = to_16_bits(u->scale.multiplier);
	u->alpha.multiplier = to_16_bits(u->alpha.multiplier);
	return st == EW_OK ? finish(p, u) : st;
}
#endif
