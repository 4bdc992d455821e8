/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_reduce.c - prepares MEAN, SUM, REDUCE_MAX, REDUCE_MIN, ARG_MAX and ARG_MIN.
 * Source: tflite-micro 90b983c2, kernels/reduce_common.cc, arg_min_max.cc, internal/reference/reduce.h: a mean is
 * a sum whose multiplier is divided by the count, the shift being kept as large as it can be.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/op_move.h"
#include "tensor/reduce.h"

#define TYPE(type) (1u << EW_TENSOR_##type)

static void add_loop(struct ewi_nest *n, uint32_t times, uint32_t step)
{
	uint32_t k = n->count;

	if (times == 1)
		return;
	if (k > 0 && step == n->step[k - 1] * n->times[k - 1]) { /* goes on where the last one ends */
		n->times[k - 1] *= times;
		return;
	}
	n->times[k] = times;
	n->step[k] = step;
	n->count++;
}

static void turn(struct ewi_nest *n)
{
	for (uint32_t i = 0; i < n->count / 2; i++) {
		uint32_t j = n->count - 1 - i, times = n->times[i], step = n->step[i];

		n->times[i] = n->times[j], n->times[j] = times;
		n->step[i] = n->step[j], n->step[j] = step;
	}
}

/* Which dimensions are reduced: a bit for each. */
static enum ew_status read_axes(struct ewi_prep *p, uint32_t rank, uint32_t *axes)
{
	int64_t numbers[EW_MODEL_DIMS];
	uint32_t count, axis = 0;
	enum ew_status st = ewi_prep_numbers(p, 1, "an axis", EW_MODEL_DIMS, numbers, &count);

	*axes = 0;
	for (uint32_t i = 0; st == EW_OK && rank > 0 && i < count; i++) {
		st = ewi_prep_axis(p, numbers[i], rank, &axis);
		*axes |= 1u << axis;
	}
	return st;
}

/* *elements: how many make one output. */
static enum ew_status fill_loops(struct ewi_prep *p, struct ewi_reduce *r, uint32_t axes, uint32_t *elements)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	uint64_t kept = 1, reduced = 1;
	uint32_t step = 1;

	for (uint32_t i = in->rank; i-- > 0;) {
		uint32_t dim = ewi_tensor_dim(p->m, in, i);
		bool is_reduced = axes >> i & 1;

		add_loop(is_reduced ? &r->reduced : &r->kept, dim, step);
		*(is_reduced ? &reduced : &kept) *= dim; /* each at most 2^31, or one dimension is 0 */
		step *= dim;
		if (kept > UINT32_MAX || reduced > UINT32_MAX)
			return ewi_prep_error(p, EW_ERR_LIMIT, "2^32 elements or more");
	}
	turn(&r->kept);
	turn(&r->reduced);
	if (kept != out->count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u values to an output of %u", (unsigned)kept,
				      (unsigned)out->count);
	r->empty = in->count == 0;
	r->in_window = in->count;
	r->out_window = out->count;
	*elements = (uint32_t)reduced;
	return EW_OK;
}

static enum ew_status begin(struct ewi_prep *p, enum ewi_reduction reduction, struct ewi_reduce **out,
			    uint32_t *elements)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *to = ewi_prep_out(p);
	enum ew_status st = ewi_prep_readable(p, in, "input");
	struct ewi_reduce *r;
	uint32_t axes;

	if (in->type != to->type || in->type > 31 || !((TYPE(F32) | TYPE(I8) | TYPE(I16)) >> in->type & 1))
		return ewi_prep_types(p, in, NULL, to);
	if (st == EW_OK && in->type != EW_TENSOR_F32) {
		st = ewi_prep_quantized(p, in, "its input");
		if (st == EW_OK)
			st = ewi_prep_quantized(p, to, "its output");
	}
	if (st == EW_OK)
		st = read_axes(p, in->rank, &axes);
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*r), &r, p->err);
	if (st != EW_OK)
		return st;
	r->reduction = reduction;
	r->type = in->type;
	r->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	*out = r;
	return fill_loops(p, r, axes, elements);
}

static int32_t log2_of(uint32_t v)
{
	int32_t n = 0;

	while (v >>= 1)
		n++;
	return n;
}

static enum ew_status prepare_sum(struct ewi_prep *p, bool mean)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	struct ewi_reduce *r;
	uint32_t elements;
	enum ew_status st = begin(p, EWI_REDUCE_SUM, &r, &elements);

	if (st != EW_OK)
		return st;
	r->divisor = mean && elements ? (float)elements : 1.0f;
	if (in->type == EW_TENSOR_F32)
		return ewi_prep_kernel(p, ewi_slot_reduce, r, 0);
	r->total_zero = (int32_t)((uint32_t)in->zero * elements);
	r->out_zero = out->zero;
	if (!ewi_scale_from((double)in->scale / (double)out->scale, r->single, &r->scale))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				      "the scale of its input is too large for its output's");
	if (mean && elements) {
		int32_t shift = log2_of(elements);

		if (shift > 31 + r->scale.shift)
			shift = 31 + r->scale.shift;
		r->scale.multiplier = (int32_t)(((int64_t)r->scale.multiplier << shift) / elements);
		r->scale.shift -= shift;
	}
	return ewi_prep_kernel(p, ewi_slot_reduce, r, 0);
}

enum ew_status ewi_prepare_mean(struct ewi_prep *p)
{
	return prepare_sum(p, true);
}

enum ew_status ewi_prepare_sum(struct ewi_prep *p)
{
	return prepare_sum(p, false);
}

static enum ew_status prepare_extreme(struct ewi_prep *p, enum ewi_reduction reduction)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	struct ewi_reduce *r;
	uint32_t elements;
	enum ew_status st = begin(p, reduction, &r, &elements);

	if (st == EW_OK && in->type != EW_TENSOR_F32 && (in->scale != out->scale || in->zero != out->zero))
		return ewi_prep_error(p, EW_ERR_UNSUPPORTED,
				      "an output of another scale or zero point than its input");
	return st == EW_OK ? ewi_prep_kernel(p, ewi_slot_reduce, r, 0) : st;
}

enum ew_status ewi_prepare_reduce_max(struct ewi_prep *p)
{
	return prepare_extreme(p, EWI_REDUCE_MAX);
}

enum ew_status ewi_prepare_reduce_min(struct ewi_prep *p)
{
	return prepare_extreme(p, EWI_REDUCE_MIN);
}

/* ---- ARG_MAX, ARG_MIN --------------------------------------------------------------------------- */

static enum ew_status prepare_arg(struct ewi_prep *p, bool least)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	enum ew_status st = ewi_prep_readable(p, in, "input");
	uint32_t count, axis = 0;
	int64_t numbers[1];
	struct ewi_arg *a;

	if ((in->type != EW_TENSOR_I8 && in->type != EW_TENSOR_F32) || out->type != EW_TENSOR_I32)
		return ewi_prep_types(p, in, NULL, out);
	if (st == EW_OK)
		st = ewi_prep_numbers(p, 1, "an axis", 1, numbers, &count);
	if (st == EW_OK && count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "no axis");
	if (st == EW_OK)
		st = ewi_prep_axis(p, numbers[0], in->rank, &axis);
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*a), &a, p->err);
	if (st != EW_OK)
		return st;
	*a = (struct ewi_arg){1, ewi_tensor_dim(p->m, in, axis), 1, in->type, least};
	if (a->size == 0 || in->count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "a choice among nothing");
	for (uint32_t i = 0; i < in->rank; i++)
		if (i != axis)
			*(i < axis ? &a->outer : &a->inner) *= ewi_tensor_dim(p->m, in, i);
	if ((uint64_t)a->outer * a->inner != out->count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u values to an output of %u",
				      (unsigned)(a->outer * a->inner), (unsigned)out->count);
	return ewi_prep_kernel(p, ewi_slot_arg, a, 0);
}

enum ew_status ewi_prepare_arg_max(struct ewi_prep *p)
{
	return prepare_arg(p, false);
}

enum ew_status ewi_prepare_arg_min(struct ewi_prep *p)
{
	return prepare_arg(p, true);
}
#endif
