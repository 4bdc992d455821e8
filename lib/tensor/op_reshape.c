/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_reshape.c - prepares RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape, so an alias
 * wherever nobody can see the difference.
 * Source: tflite-micro 90b983c2, kernels/reshape_common.cc, squeeze.cc, expand_dims.cc: the output tensor's own
 * shape counts; operands and options are only checked against it.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/op_move.h"

/* wanted[i] is the output's dimension i, or -1 once for "whatever is left". */
static enum ew_status check_wanted(struct ewi_prep *p, struct ewi_vec wanted)
{
	const struct ewi_tensor *out = ewi_prep_out(p);
	uint32_t open = 0;

	/* [0] is how old converters wrote a scalar's shape. */
	if (wanted.count == 1 && ewi_flat_i32_at(&p->m->file, wanted, 0) == 0 && out->count == 1)
		return EW_OK;
	if (wanted.count != out->rank)
		return ewi_prep_error(p, EW_ERR_INVALID, "to %u dimensions, its output has %u",
				      (unsigned)wanted.count, out->rank);
	for (uint32_t i = 0; i < wanted.count; i++) {
		int32_t dim = ewi_flat_i32_at(&p->m->file, wanted, i);

		if (dim == -1 && open++ == 0)
			continue;
		if (dim < 0 || (uint32_t)dim != ewi_tensor_dim(p->m, out, i))
			return ewi_prep_error(p, EW_ERR_INVALID,
					      "dimension %u is to be %d, its output's is %u",
					      (unsigned)i, (int)dim,
					      (unsigned)ewi_tensor_dim(p->m, out, i));
	}
	return EW_OK;
}

static enum ew_status check_shape(struct ewi_prep *p)
{
	const struct ewi_tensor *shape = ewi_prep_in(p, 1);
	struct ewi_vec wanted = ewi_flat_vec(&p->m->file, p->options, RESHAPE_SHAPE, 4);

	if (p->m->file.failed)
		return EW_ERR_MALFORMED;
	if (shape) { /* takes precedence over the option */
		if (shape->type != EW_TENSOR_I32 || shape->rank != 1)
			return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a shape that is no INT32 vector");
		if (!shape->data && shape->count)
			return ewi_prep_error(p, EW_ERR_UNSUPPORTED, "a shape that is computed");
		wanted.at = shape->count ? (uint32_t)(shape->data - p->m->file.bytes) : 0;
		wanted.count = shape->count;
	} else if (wanted.count == 0) {
		return EW_OK;
	}
	return check_wanted(p, wanted);
}

/* Types and sizes go together. */
static enum ew_status check_same(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);

	if (in->type != out->type)
		return ewi_prep_types(p, in, NULL, out);
	if (ewi_type_bits(in->type) == 0)
		return ewi_prep_types(p, in, NULL, NULL);
	if (in->count != out->count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u elements to %u", (unsigned)in->count,
				      (unsigned)out->count);
	return ewi_prep_readable(p, in, "input");
}

static enum ew_status finish(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	struct ewi_convert *copy;
	enum ew_status st;

	/* State outlives the run and is written in place: neither side of it may be shared. */
	if (!((in->flags | out->flags) & EWI_TENSOR_VARIABLE))
		return ewi_prep_alias(p, 0);
	st = ewi_model_alloc(p->m, 1, sizeof(*copy), &copy, p->err);
	if (st != EW_OK)
		return st;
	copy->count = in->bytes;
	return ewi_prep_kernel(p, ewi_slot_copy, copy, 0);
}

enum ew_status ewi_prepare_reshape(struct ewi_prep *p)
{
	enum ew_status st = check_same(p);

	if (st == EW_OK)
		st = check_shape(p);
	return st == EW_OK ? finish(p) : st;
}

/* The output is the input with a 1 put in before dimension `axis`. */
enum ew_status ewi_prepare_expand_dims(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	int64_t axis[1];
	uint32_t count, at = 0;
	enum ew_status st = check_same(p);

	if (st == EW_OK)
		st = ewi_prep_numbers(p, 1, "an axis", 1, axis, &count);
	if (st == EW_OK && count == 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "no axis");
	if (st == EW_OK)
		st = ewi_prep_axis(p, axis[0], in->rank + 1u, &at);
	if (st == EW_OK && out->rank != in->rank + 1)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u dimensions to %u", in->rank, out->rank);
	for (uint32_t i = 0; st == EW_OK && i < out->rank; i++) {
		uint32_t want = i == at ? 1 : ewi_tensor_dim(p->m, in, i - (i > at));

		if (ewi_tensor_dim(p->m, out, i) != want)
			return ewi_prep_error(p, EW_ERR_INVALID, "dimension %u is to be %u, its output's is %u",
					      (unsigned)i, (unsigned)want,
					      (unsigned)ewi_tensor_dim(p->m, out, i));
	}
	return st == EW_OK ? finish(p) : st;
}

/* The output is the input without some of its dimensions of 1, or without all of them. */
enum ew_status ewi_prepare_squeeze(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0);
	struct ewi_vec dims = ewi_flat_vec(&p->m->file, p->options, SQUEEZE_DIMS, 4);
	enum ew_status st = check_same(p);
	uint32_t at = 0;

	for (uint32_t i = 0; st == EW_OK && i < dims.count; i++) {
		st = ewi_prep_axis(p, ewi_flat_i32_at(&p->m->file, dims, i), in->rank, &at);
		if (st == EW_OK && ewi_tensor_dim(p->m, in, at) != 1)
			return ewi_prep_error(p, EW_ERR_INVALID, "dimension %u is %u", (unsigned)at,
					      (unsigned)ewi_tensor_dim(p->m, in, at));
	}
	return st == EW_OK ? finish(p) : st;
}
#endif
