/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_common.c - what several operators prepare alike: the range of a fused activation, and padding.
 * Source: tflite-micro 90b983c2, kernels/kernel_util.cc and padding.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "tensor/ops.h"

/* A float activation clamps to the finite range, as the source does. */
static const struct {
	float low, high;
} float_ranges[] = {
	[ACT_NONE] = {-FLT_MAX, FLT_MAX},
	[ACT_RELU] = {0.0f, FLT_MAX},
	[ACT_RELU_N1_TO_1] = {-1.0f, 1.0f},
	[ACT_RELU6] = {0.0f, 6.0f},
};

enum ew_status ewi_prep_activation(const struct ewi_prep *p, uint8_t act,
				   const struct ewi_tensor *out, struct ewi_act_range *r)
{
	bool narrow = out->type == EW_TENSOR_I8;

	if (act > ACT_RELU6)
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "fused activation %s",
				      act == ACT_TANH ? "TANH" :
				      act == ACT_SIGN_BIT ? "SIGN_BIT" : "?");
	r->f_min = float_ranges[act].low;
	r->f_max = float_ranges[act].high;
	r->min = narrow ? INT8_MIN : INT16_MIN;
	r->max = narrow ? INT8_MAX : INT16_MAX;
	if (out->type == EW_TENSOR_F32 || act == ACT_NONE)
		return EW_OK;
	if (r->f_max / out->scale > 2147483520.0f && act != ACT_RELU)
		return ewi_prep_error(p, EW_ERR_INVALID, "an output scale too small to clamp by");
	r->min = ewi_quantize(r->f_min, out->scale, out->zero, r->min, r->max);
	if (act != ACT_RELU)
		r->max = ewi_quantize(r->f_max, out->scale, out->zero, r->min, r->max);
	return EW_OK;
}

enum ew_status ewi_prep_extent(const struct ewi_prep *p, uint8_t padding, struct ewi_extent *e,
			       const char *what)
{
	uint64_t reach = (uint64_t)(e->taps - 1) * e->dil + 1, last;

	if (padding > PADDING_VALID)
		return ewi_prep_error(p, EW_ERR_INVALID, "padding %u", padding);
	if ((int32_t)e->taps < 1 || (int32_t)e->stride < 1 || (int32_t)e->dil < 1)
		return ewi_prep_error(p, EW_ERR_INVALID, "%s: window %d, stride %d, dilation %d", what,
				      (int)e->taps, (int)e->stride, (int)e->dil);
	if (reach >= 1u << 30)
		return ewi_prep_error(p, EW_ERR_LIMIT, "%s: a window that reaches over 2^30", what);
	if (e->in < 1 || (padding == PADDING_VALID && reach > e->in))
		return ewi_prep_error(p, EW_ERR_INVALID, "%s: a window of %u does not fit into %u",
				      what, (unsigned)reach, (unsigned)e->in);
	e->pad = 0;
	if (padding == PADDING_VALID) {
		e->out = (uint32_t)((e->in - reach) / e->stride + 1);
		return EW_OK;
	}
	e->out = (e->in - 1) / e->stride + 1;
	last = (uint64_t)(e->out - 1) * e->stride + reach; /* below 2^32 */
	if (last > e->in)
		e->pad = (int32_t)((last - e->in) / 2);
	return EW_OK;
}
#endif
