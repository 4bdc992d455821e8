/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * convert_ref.c - QUANTIZE, DEQUANTIZE and plain copies: the definition.  The contract is in kernels.h, the
 * arithmetic in quant.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "edgewasm/model.h"
#include "tensor/kernels.h"

static int32_t load(const void *p, size_t i, uint8_t type)
{
	switch (type) {
	case EW_TENSOR_I8: return ((const int8_t *)p)[i];
	case EW_TENSOR_U8: return ((const uint8_t *)p)[i];
	case EW_TENSOR_I16: return ((const int16_t *)p)[i];
	default: return ((const int32_t *)p)[i];
	}
}

/* v is within the type. */
static void store(void *p, size_t i, uint8_t type, int32_t v)
{
	switch (type) {
	case EW_TENSOR_I8: ((int8_t *)p)[i] = (int8_t)v; break;
	case EW_TENSOR_U8: ((uint8_t *)p)[i] = (uint8_t)v; break;
	case EW_TENSOR_I16: ((int16_t *)p)[i] = (int16_t)v; break;
	default: ((int32_t *)p)[i] = v; break;
	}
}

void ewk_quantize_ref(const struct ewi_call *c)
{
	const struct ewi_convert *p = c->params;
	const float *in = c->in[0];

	for (size_t i = 0; i < c->windows * p->count; i++)
		store(c->out, i, p->out_type,
		      ewi_quantize(in[i], p->out_scale, p->out_zero, p->low, p->high));
}

void ewk_requantize_ref(const struct ewi_call *c)
{
	const struct ewi_convert *p = c->params;

	for (size_t i = 0; i < c->windows * p->count; i++) {
		int32_t v = ewi_wrap_add(load(c->in[0], i, p->in_type),
					 (int32_t)(0 - (uint32_t)p->in_zero));

		v = ewi_wrap_add(ewi_requant_as(v, p->ratio, p->single), p->out_zero);
		store(c->out, i, p->out_type, ewi_clamp(v, p->low, p->high));
	}
}

void ewk_dequantize_ref(const struct ewi_call *c)
{
	const struct ewi_convert *p = c->params;
	float *out = c->out;

	for (size_t i = 0; i < c->windows * p->count; i++)
		out[i] = ewi_dequantize(load(c->in[0], i, p->in_type), p->in_scale, p->in_zero);
}

void ewk_copy_ref(const struct ewi_call *c)
{
	const struct ewi_convert *p = c->params;

	size_t bytes = c->windows * p->count;

	if (bytes)
		memcpy(c->out, c->in[0], bytes);
}

void ewk_assign_ref(const struct ewi_call *c)
{
	const struct ewi_convert *p = c->params;

	memcpy((void *)(uintptr_t)c->in[0], c->in[1], p->count); /* state: never a batch */
	ewi_turn((void *)(uintptr_t)c->in[0], p->count, p->turn);
}
#endif
