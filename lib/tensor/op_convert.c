/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_convert.c - prepares QUANTIZE and DEQUANTIZE.
 * Source: tflite-micro 90b983c2, kernels/quantize_common.cc and dequantize_common.cc: which types there are,
 * and that the ratio of scales is taken in double.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/ops.h"

/* Output types of QUANTIZE, a bit for each, by input type. */
#define BIT(type) (1u << EW_TENSOR_##type)
static const uint16_t quantize_types[] = {
	[EW_TENSOR_F32] = BIT(I8) | BIT(I16),
	[EW_TENSOR_I32] = BIT(I8) | BIT(I16),
	[EW_TENSOR_U8] = BIT(I8),
	[EW_TENSOR_I16] = BIT(I8) | BIT(I16) | BIT(I32),
	[EW_TENSOR_I8] = BIT(I8) | BIT(U8) | BIT(I16) | BIT(I32),
};
#undef BIT

static bool quantizes(unsigned in, unsigned out)
{
	return in < sizeof(quantize_types) / sizeof(quantize_types[0]) && out < 16 &&
	       quantize_types[in] >> out & 1;
}

static void fill_range(struct ewi_convert *c)
{
	switch (c->out_type) {
	case EW_TENSOR_I8: c->low = INT8_MIN, c->high = INT8_MAX; break;
	case EW_TENSOR_U8: c->low = 0, c->high = UINT8_MAX; break;
	case EW_TENSOR_I16: c->low = INT16_MIN, c->high = INT16_MAX; break;
	default: c->low = INT32_MIN, c->high = INT32_MAX; break;
	}
}

/* What both have in common. */
static enum ew_status begin(struct ewi_prep *p, struct ewi_convert **out)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *to = ewi_prep_out(p);
	enum ew_status st = ewi_prep_readable(p, in, "input");

	if (st != EW_OK)
		return st;
	if (in->count != to->count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u elements to %u", (unsigned)in->count,
				      (unsigned)to->count);
	st = ewi_model_alloc(p->m, 1, sizeof(**out), out, p->err);
	if (st != EW_OK)
		return st;
	**out = (struct ewi_convert){.count = in->count,
				     .in_type = in->type,
				     .out_type = to->type,
				     .single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING,
				     .in_zero = in->zero,
				     .out_zero = to->zero,
				     .in_scale = in->scale,
				     .out_scale = to->scale};
	fill_range(*out);
	return EW_OK;
}

enum ew_status ewi_prepare_quantize(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	struct ewi_convert *c;
	enum ew_status st;

	if (!quantizes(in->type, out->type))
		return ewi_prep_types(p, in, NULL, out);
	st = begin(p, &c);
	if (st == EW_OK)
		st = ewi_prep_quantized(p, out, "its output");
	if (st != EW_OK)
		return st;
	if (in->type == EW_TENSOR_F32)
		return ewi_prep_kernel(p, ewi_slot_quantize, c, 0);
	st = ewi_prep_quantized(p, in, "its input");
	if (st != EW_OK)
		return st;
	if (!ewi_scale_from((double)in->scale / (double)out->scale, c->single, &c->ratio))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				      "the scale of its input is too large for its output's");
	return ewi_prep_kernel(p, ewi_slot_requantize, c, 0);
}

enum ew_status ewi_prepare_dequantize(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	struct ewi_convert *c;
	enum ew_status st;

	if ((in->type != EW_TENSOR_I8 && in->type != EW_TENSOR_U8 && in->type != EW_TENSOR_I16) ||
	    out->type != EW_TENSOR_F32)
		return ewi_prep_types(p, in, NULL, out);
	st = begin(p, &c);
	if (st == EW_OK)
		st = ewi_prep_quantized(p, in, "its input");
	return st == EW_OK ? ewi_prep_kernel(p, ewi_slot_dequantize, c, 0) : st;
}
#endif
