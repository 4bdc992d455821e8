/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_slice.c - prepares STRIDED_SLICE: which elements of each dimension, by begin, end, stride and five masks.
 * Source: tflite-micro 90b983c2, kernels/strided_slice_common.cc and internal/strided_slice_logic.h; ellipsis,
 * new axes and relative ends, which tflite-micro leaves out, as TensorFlow Lite's strided_slice.cc has them.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/op_move.h"

struct slice {
	int64_t begin[EW_MODEL_DIMS], end[EW_MODEL_DIMS], stride[EW_MODEL_DIMS];
	uint32_t count; /* entries */
	uint32_t begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_mask;
	bool relative; /* ends count from the beginnings */
};

/* One dimension of the input: where it begins, how many and how far apart. */
struct range {
	int64_t begin, stride;
	uint32_t count;
};

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static enum ew_status range_of(const struct ewi_prep *p, const struct slice *s, uint32_t i, uint32_t dim,
			       struct range *r)
{
	int64_t stride = s->stride[i], begin = s->begin[i], end = s->end[i], n;
	int64_t low = stride > 0 ? 0 : -1, high = stride > 0 ? dim : (int64_t)dim - 1;

	if (stride == 0 || stride < -INT32_MAX || stride > INT32_MAX)
		return ewi_prep_error(p, EW_ERR_INVALID, "stride %d", (int)stride);
	begin = clamp(begin < 0 ? begin + dim : begin, low, high);
	if (s->begin_mask >> i & 1)
		begin = stride > 0 ? 0 : high;
	if (s->relative)
		end += begin;
	end = clamp(end < 0 ? end + dim : end, low, high);
	if (s->end_mask >> i & 1)
		end = stride > 0 ? high : -1;
	if (s->shrink_mask >> i & 1) {
		if (begin < 0 || begin >= dim)
			return ewi_prep_error(p, EW_ERR_INVALID, "element %d of %u", (int)s->begin[i],
					      (unsigned)dim);
		*r = (struct range){begin, 1, 1};
		return EW_OK;
	}
	n = stride > 0 ? (end - begin + stride - 1) / stride : (begin - end - stride - 1) / -stride;
	*r = (struct range){begin, stride, n > 0 ? (uint32_t)n : 0};
	return EW_OK;
}

/* Ranges of the input's dimensions, from the entries; and the output's shape is checked. */
static enum ew_status ranges(const struct ewi_prep *p, const struct slice *s, struct range *r)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	uint32_t dim = 0, to = 0, news = 0, rest;
	enum ew_status st = EW_OK;
	bool fits = true;

	for (uint32_t i = 0; i < s->count; i++)
		news += s->new_axis_mask >> i & 1 && !(s->ellipsis_mask >> i & 1);
	rest = in->rank + news; /* what an ellipsis stands for, above one each for the other entries */
	for (uint32_t i = 0; st == EW_OK && fits && (i < s->count || dim < in->rank); i++) {
		bool ellipsis = i < s->count && s->ellipsis_mask >> i & 1;
		uint32_t whole = i >= s->count ? in->rank - dim : 0;

		if (ellipsis && rest + 1 >= s->count)
			whole = rest + 1 - s->count;
		for (; whole > 0 && dim < in->rank; whole--, dim++, to++) {
			r[dim] = (struct range){0, 1, ewi_tensor_dim(p->m, in, dim)};
			fits = fits && to < out->rank && ewi_tensor_dim(p->m, out, to) == r[dim].count;
		}
		if (ellipsis || i >= s->count)
			continue;
		if (s->new_axis_mask >> i & 1) {
			fits = to < out->rank && ewi_tensor_dim(p->m, out, to) == 1;
			to++;
			continue;
		}
		if (dim >= in->rank)
			return ewi_prep_error(p, EW_ERR_INVALID, "%u entries for %u dimensions",
					      (unsigned)s->count, in->rank);
		st = range_of(p, s, i, ewi_tensor_dim(p->m, in, dim), &r[dim]);
		if (st == EW_OK && !(s->shrink_mask >> i & 1)) {
			fits = to < out->rank && ewi_tensor_dim(p->m, out, to) == r[dim].count;
			to++;
		}
		dim++;
	}
	if (st == EW_OK && (!fits || to != out->rank))
		return ewi_prep_error(p, EW_ERR_INVALID, "its output has another shape than the slice");
	return st;
}

static enum ew_status read_slice(const struct ewi_prep *p, struct slice *s)
{
	struct ewi_flat *f = &p->m->file;
	uint32_t ends, strides;
	enum ew_status st = ewi_prep_numbers(p, 1, "a beginning", EW_MODEL_DIMS, s->begin, &s->count);

	if (st == EW_OK)
		st = ewi_prep_numbers(p, 2, "an end", EW_MODEL_DIMS, s->end, &ends);
	if (st == EW_OK)
		st = ewi_prep_numbers(p, 3, "a stride", EW_MODEL_DIMS, s->stride, &strides);
	if (st == EW_OK && (ends != s->count || strides != s->count))
		return ewi_prep_error(p, EW_ERR_INVALID, "%u beginnings, %u ends, %u strides",
				      (unsigned)s->count, (unsigned)ends, (unsigned)strides);
	s->begin_mask = ewi_flat_u32(f, p->options, STRIDED_SLICE_BEGIN, 0);
	s->end_mask = ewi_flat_u32(f, p->options, STRIDED_SLICE_END, 0);
	s->ellipsis_mask = ewi_flat_u32(f, p->options, STRIDED_SLICE_ELLIPSIS, 0);
	s->new_axis_mask = ewi_flat_u32(f, p->options, STRIDED_SLICE_NEW_AXIS, 0);
	s->shrink_mask = ewi_flat_u32(f, p->options, STRIDED_SLICE_SHRINK, 0);
	s->relative = ewi_flat_u8(f, p->options, STRIDED_SLICE_OFFSET, 0);
	if (st == EW_OK && (s->ellipsis_mask & (s->ellipsis_mask - 1)) != 0)
		return ewi_prep_error(p, EW_ERR_INVALID, "more than one ellipsis");
	return st;
}

enum ew_status ewi_prepare_strided_slice(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	struct range r[EW_MODEL_DIMS];
	int64_t from_step, to_step, from = 0;
	struct slice s = {.count = 0};
	struct ewi_move *m;
	struct ewi_copy *k;
	enum ew_status st = ewi_move_check(p, in);

	if (st == EW_OK && in->type != out->type)
		return ewi_prep_types(p, in, NULL, out);
	if (st == EW_OK)
		st = read_slice(p, &s);
	if (st == EW_OK)
		st = ranges(p, &s, r);
	if (st == EW_OK)
		st = ewi_move_begin(p, 1, &m);
	if (st != EW_OK)
		return st;
	k = ewi_move_add(p, m, 0, 0);
	from_step = to_step = k->chunk;
	for (uint32_t i = in->rank; i-- > 0;) {
		from += r[i].begin * from_step;
		/* A step counts only where there are two elements; then it is inside the tensor. */
		ewi_copy_loop(k, r[i].count, r[i].count > 1 ? r[i].stride * from_step : 0, to_step);
		from_step *= ewi_tensor_dim(p->m, in, i);
		to_step *= r[i].count;
	}
	k->from = out->count ? (uint32_t)from : 0;
	return ewi_move_finish(p, m);
}
#endif
