/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * reduce_ref.c - reductions: the definition.  The contract is in reduce.h.
 * Source: tflite-micro 90b983c2, internal/reference/reduce.h, arg_min_max.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <float.h>
#include "tensor/reduce.h"

/* The next place of an odometer; false where it has come round. */
static bool advance(const struct ewi_nest *n, uint32_t *at, size_t *offset)
{
	for (uint32_t d = n->count; d-- > 0;) {
		*offset += n->step[d];
		if (++at[d] < n->times[d])
			return true;
		*offset -= (size_t)n->step[d] * n->times[d];
		at[d] = 0;
	}
	return false;
}

static int32_t load(const void *p, size_t i, uint8_t type)
{
	return type == EW_TENSOR_I8 ? ((const int8_t *)p)[i] : ((const int16_t *)p)[i];
}

static void store(void *p, size_t i, uint8_t type, int32_t v)
{
	if (type == EW_TENSOR_I8)
		((int8_t *)p)[i] = (int8_t)v;
	else
		((int16_t *)p)[i] = (int16_t)v;
}

/* One more run of elements, which is the innermost of the loops. */
static int32_t run_int(const struct ewi_reduce *p, const void *in, size_t i, int32_t v)
{
	uint32_t inner = p->reduced.count ? p->reduced.count - 1 : 0;
	uint32_t times = p->reduced.count ? p->reduced.times[inner] : 1, step = p->reduced.count ? p->reduced.step[inner] : 0;

	for (uint32_t k = 0; k < times; k++, i += step) {
		int32_t x = load(in, i, p->type);

		switch (p->reduction) {
		case EWI_REDUCE_SUM: v = ewi_wrap_add(v, x); break;
		case EWI_REDUCE_MAX: v = x > v ? x : v; break;
		default: v = x < v ? x : v; break;
		}
	}
	return v;
}

static int32_t reduce_int(const struct ewi_reduce *p, const void *in, size_t i)
{
	int32_t low = p->type == EW_TENSOR_I8 ? INT8_MIN : INT16_MIN;
	int32_t high = p->type == EW_TENSOR_I8 ? INT8_MAX : INT16_MAX;
	int32_t v = p->reduction == EWI_REDUCE_SUM ? 0 : p->reduction == EWI_REDUCE_MAX ? low : high;
	struct ewi_nest outer = p->reduced;
	uint32_t at[EW_MODEL_DIMS] = {0};

	if (p->empty)
		return v;
	outer.count -= outer.count > 0;
	do
		v = run_int(p, in, i, v);
	while (advance(&outer, at, &i));
	if (p->reduction != EWI_REDUCE_SUM)
		return v;
	v = ewi_requant_as((int32_t)((uint32_t)v - (uint32_t)p->total_zero), p->scale, p->single);
	return ewi_clamp(ewi_wrap_add(v, p->out_zero), low, high);
}

static float reduce_float(const struct ewi_reduce *p, const float *in, size_t i)
{
	float v = p->reduction == EWI_REDUCE_SUM ? 0.0f : p->reduction == EWI_REDUCE_MAX ? -FLT_MAX : FLT_MAX;
	uint32_t at[EW_MODEL_DIMS] = {0};

	if (p->empty)
		return v;
	do {
		switch (p->reduction) {
		case EWI_REDUCE_SUM: v = in[i] + v; break;
		case EWI_REDUCE_MAX: v = in[i] > v ? in[i] : v; break;
		default: v = in[i] < v ? in[i] : v; break;
		}
	} while (advance(&p->reduced, at, &i));
	return p->reduction == EWI_REDUCE_SUM ? v / p->divisor : v;
}

void ewk_reduce_ref(const struct ewi_call *c)
{
	const struct ewi_reduce *p = c->params;
	size_t done = 0;

	for (size_t w = 0; w < c->windows && p->out_window; w++) {
		size_t i = w * p->in_window;
		uint32_t at[EW_MODEL_DIMS] = {0};

		do {
			if (p->type == EW_TENSOR_F32)
				((float *)c->out)[done++] = reduce_float(p, c->in[0], i);
			else
				store(c->out, done++, p->type, reduce_int(p, c->in[0], i));
		} while (advance(&p->kept, at, &i));
	}
}

/* ---- ARG_MAX, ARG_MIN --------------------------------------------------------------------------- */

static bool better(const struct ewi_arg *p, const void *in, size_t a, size_t b)
{
	if (p->type == EW_TENSOR_I8) {
		const int8_t *v = in;

		return p->least ? v[a] < v[b] : v[a] > v[b];
	} else {
		const float *v = in;

		return p->least ? v[a] < v[b] : v[a] > v[b];
	}
}

void ewk_arg_ref(const struct ewi_call *c)
{
	const struct ewi_arg *p = c->params;
	int32_t *out = c->out;

	for (size_t o = 0; o < c->windows * p->outer; o++)
		for (size_t k = 0; k < p->inner; k++) {
			size_t first = o * p->size * p->inner + k, best = first;

			for (size_t i = 1; i < p->size; i++)
				if (better(p, c->in[0], first + i * p->inner, best))
					best = first + i * p->inner;
			*out++ = (int32_t)((best - first) / p->inner);
		}
}
#endif
