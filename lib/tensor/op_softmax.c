/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_softmax.c - prepares SOFTMAX.
 * Source: tflite-micro 90b983c2, kernels/softmax_common.cc; PreprocessSoftmaxScaling and CalculateInputRadius of
 * internal/quantization_util.cc; LUTPopulate of internal/common.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/ops.h"
#include "tensor/real.h"
#include "tensor/softmax.h"

static bool near(float scale, float want)
{
	float off = scale - want;

	return (off < 0 ? -off : off) <= 0.001f * want;
}

static float to_int16(float v)
{
	return v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v;
}

static float exp_f(float x)
{
	return (float)ewi_exp(x);
}

static float reciprocal_f(float x)
{
	return 1.0f / (1.0f + x);
}

/*
 * fn over the int16 arguments (v - zero) * scale, in 512 steps, in units of 2 / 65535: each point is moved by half of what the
 * line from it errs in the step's middle.  In float, in the source's order.
 */
static void draw(float (*fn)(float), float scale, int32_t zero, int16_t *curve)
{
	float low = scale * (float)(INT16_MIN - zero), high = scale * (float)(INT16_MAX - zero);
	float unit = 2.0f / 65535, step = (high - low) / (EWI_CURVE - 1), half = step / 2;
	float to_units = 65536.0f / (unit * INT16_MAX - unit * INT16_MIN);

	for (int i = 0; i < EWI_CURVE - 1; i++) {
		float at = fn(low + (float)i * step), middle = fn(low + (float)i * step + half);
		float next = fn(low + (float)(i + 1) * step), here = ewi_roundf(at * to_units);
		float line = ewi_roundf((next * to_units + here) / 2);
		float off = line - ewi_roundf(middle * to_units);

		curve[i] = (int16_t)to_int16(here - ewi_roundf(off / 2));
	}
	curve[EWI_CURVE - 1] = (int16_t)to_int16(ewi_roundf(fn(high) * to_units));
}

static enum ew_status prepare_s16(struct ewi_prep *p, struct ewi_softmax *s)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	double ratio = (double)in->scale * (double)s->beta / (10.0 / 65535.0);
	enum ew_status st;
	int16_t *curves;

	if ((in->zero | out->zero) != 0 || !near(out->scale, 1.0f / 32768))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				      "int16 with a zero point, or an output scale other than 2^-15");
	if (!(ratio >= 0 && ewi_scale_from(ratio, s->single, &s->scale)))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "the scale of its input, or beta, is too large");
	st = ewi_model_alloc(p->m, 2 * EWI_CURVE, sizeof(*curves), &curves, p->err);
	if (st != EW_OK)
		return st;
	draw(exp_f, 10.0f / 65535, INT16_MAX, curves);
	draw(reciprocal_f, 1.0f / 65535, INT16_MIN, curves + EWI_CURVE);
	s->exp = curves;
	s->reciprocal = curves + EWI_CURVE;
	return ewi_prep_kernel(p, ewi_slot_softmax_s16, s, 0);
}

static enum ew_status prepare_s8(struct ewi_prep *p, struct ewi_softmax *s)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	double most = s->single ? 1073741823.0 : 2147483647.0;
	double ratio = (double)s->beta * (double)in->scale * (1 << 26);

	s->wide = out->type == EW_TENSOR_I16;
	if (s->wide ? out->zero != INT16_MIN || !near(out->scale, 1.0f / 65536) :
		      out->zero != INT8_MIN || out->scale != 1.0f / 256)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				      "an output other than from 0 to 1 in its whole range");
	if (!(ratio > 1.0))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "the scale of its input, or beta, is too small");
	ratio = ratio < most ? ratio : most;
	if (!ewi_scale_from(ratio, s->single, &s->scale))
		return ewi_prep_kernel(p, ewi_slot_softmax_s8, s, 0); /* 2^30 or more: diff_min is 0 */
	s->diff_min = -((31 << 26) >> s->scale.shift); /* where 5 bits before the point end */
	return ewi_prep_kernel(p, ewi_slot_softmax_s8, s, 0);
}

enum ew_status ewi_prepare_softmax(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	enum ew_status st = ewi_prep_readable(p, in, "input");
	struct ewi_softmax *s;

	if (in->type != out->type && !(in->type == EW_TENSOR_I8 && out->type == EW_TENSOR_I16))
		return ewi_prep_types(p, in, NULL, out);
	if (st == EW_OK && (in->rank == 0 || in->count != out->count ||
			    ewi_tensor_dim(p->m, in, in->rank - 1u) !=
				    (out->rank ? ewi_tensor_dim(p->m, out, out->rank - 1u) : 0)))
		return ewi_prep_error(p, EW_ERR_INVALID, "its output has another shape than its input");
	if (st == EW_OK && in->type != EW_TENSOR_F32) {
		st = ewi_prep_quantized(p, in, "its input");
		if (st == EW_OK)
			st = ewi_prep_quantized(p, out, "its output");
	}
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*s), &s, p->err);
	if (st != EW_OK)
		return st;
	s->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	s->depth = ewi_tensor_dim(p->m, in, in->rank - 1u);
	s->rows = s->depth ? in->count / s->depth : 0;
	s->beta = ewi_flat_f32(&p->m->file, p->options, SOFTMAX_BETA, 0.0f);
	switch (in->type) {
	case EW_TENSOR_F32: return ewi_prep_kernel(p, ewi_slot_softmax_f32, s, 0);
	case EW_TENSOR_I8: return prepare_s8(p, s);
	case EW_TENSOR_I16: return prepare_s16(p, s);
	default: return ewi_prep_types(p, in, NULL, out);
	}
}
#endif
