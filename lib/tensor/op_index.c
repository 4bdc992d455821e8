/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * op_index.c - prepares GATHER, RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR and CAST.
 * Source: tflite-micro 90b983c2, kernels/gather.cc, resize_nearest_neighbor.cc, resize_bilinear.cc, cast.cc and the
 * reference kernels that they call.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/index.h"
#include "tensor/op_move.h"

/* ---- GATHER ------------------------------------------------------------------------------------- */

static enum ew_status gather_shapes(struct ewi_prep *p, uint32_t axis, uint32_t batch, struct ewi_gather *g)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *index = ewi_prep_in(p, 1);
	uint64_t total;

	*g = (struct ewi_gather){1, 1, ewi_tensor_dim(p->m, in, axis), 1, ewi_type_bits(in->type) / 8,
				 in->data ? 0 : in->bytes, index->data ? 0 : index->bytes,
				 ewi_prep_out(p)->bytes, index->data != NULL, 0};
	for (uint32_t i = 0; i < batch; i++) {
		if (ewi_tensor_dim(p->m, in, i) != ewi_tensor_dim(p->m, index, i))
			return ewi_prep_error(p, EW_ERR_INVALID, "batch dimension %u differs", (unsigned)i);
		g->batch *= ewi_tensor_dim(p->m, in, i);
	}
	for (uint32_t i = batch; i < in->rank; i++)
		if (i != axis)
			*(i < axis ? &g->outer : &g->inner) *= ewi_tensor_dim(p->m, in, i);
	for (uint32_t i = batch; i < index->rank; i++)
		g->coords *= ewi_tensor_dim(p->m, index, i);
	total = (uint64_t)g->batch * g->outer; /* with the others at most the counts of two tensors */
	if (in->count == 0 || index->count == 0 || total * g->coords * g->inner != ewi_prep_out(p)->bytes)
		return ewi_prep_error(p, EW_ERR_INVALID, "its output is not of %u times %u",
				      (unsigned)(in->count / (g->size ? g->size : 1)), (unsigned)g->coords);
	return EW_OK;
}

enum ew_status ewi_prepare_gather(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *index = ewi_prep_in(p, 1), *out = ewi_prep_out(p);
	int32_t axis = (int32_t)ewi_flat_u32(&p->m->file, p->options, GATHER_AXIS, 0);
	int32_t batch = (int32_t)ewi_flat_u32(&p->m->file, p->options, GATHER_BATCH, 0);
	struct ewi_gather *g;
	uint32_t at = 0;
	enum ew_status st;

	if (in->type != out->type || index->type != EW_TENSOR_I32)
		return ewi_prep_types(p, in, index, out);
	st = ewi_move_check(p, in);
	if (st == EW_OK)
		st = ewi_prep_axis(p, axis, in->rank, &at);
	if (st != EW_OK)
		return st;
	batch += batch < 0 ? index->rank : 0;
	if (batch < 0 || (uint32_t)batch > at || (uint32_t)batch > index->rank)
		return ewi_prep_error(p, EW_ERR_INVALID, "%d batch dimensions before axis %u", (int)batch,
				      (unsigned)at);
	st = ewi_model_alloc(p->m, 1, sizeof(*g), &g, p->err);
	if (st == EW_OK)
		st = gather_shapes(p, at, (uint32_t)batch, g);
	if (st != EW_OK)
		return st;
	g->turn = ewi_prep_turn(in);
	return ewi_prep_kernel(p, ewi_slot_gather, g, 0);
}

/* ---- resizing ----------------------------------------------------------------------------------- */

#define PIXELS_MAX (1u << 20) /* in a row or column: 1024ths of it fit in int32 */

static enum ew_status begin_resize(struct ewi_prep *p, unsigned align, unsigned half, struct ewi_resize **out)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *to = ewi_prep_out(p);
	enum ew_status st = ewi_prep_readable(p, in, "input");
	struct ewi_resize *r;
	int64_t size[2];
	uint32_t count;

	if (in->type != to->type || ewi_type_bits(in->type) < 8)
		return ewi_prep_types(p, in, NULL, to);
	if (st == EW_OK)
		st = ewi_prep_numbers(p, 1, "a size", 2, size, &count);
	if (st == EW_OK && (count != 2 || in->rank != 4 || to->rank != 4 || in->count == 0))
		return ewi_prep_error(p, EW_ERR_INVALID, "%u sizes and %u dimensions", (unsigned)count, in->rank);
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*r), &r, p->err);
	if (st != EW_OK)
		return st;
	*r = (struct ewi_resize){.batch = ewi_tensor_dim(p->m, in, 0), .in_h = ewi_tensor_dim(p->m, in, 1),
				 .in_w = ewi_tensor_dim(p->m, in, 2), .out_h = ewi_tensor_dim(p->m, to, 1),
				 .out_w = ewi_tensor_dim(p->m, to, 2), .depth = ewi_tensor_dim(p->m, in, 3)};
	if (ewi_tensor_dim(p->m, to, 0) != r->batch || ewi_tensor_dim(p->m, to, 3) != r->depth ||
	    size[0] != r->out_h || size[1] != r->out_w)
		return ewi_prep_error(p, EW_ERR_INVALID, "its output is not %d by %d", (int)size[0], (int)size[1]);
	if (r->in_h > PIXELS_MAX || r->in_w > PIXELS_MAX || r->out_h > PIXELS_MAX || r->out_w > PIXELS_MAX)
		return ewi_prep_error(p, EW_ERR_LIMIT, "more than %u pixels in a row or column", PIXELS_MAX);
	r->pixel_bytes = r->depth * ewi_type_bits(in->type) / 8;
	r->single = p->m->config.flags & EW_MODEL_SINGLE_ROUNDING;
	r->align_corners = ewi_flat_u8(&p->m->file, p->options, align, 0);
	r->half_pixel = ewi_flat_u8(&p->m->file, p->options, half, 0);
	*out = r;
	return EW_OK;
}

/* Which input pixel is nearest, for each output pixel; in float, as the source has it. */
static void nearest(const struct ewi_resize *r, uint32_t in, uint32_t out, uint32_t *table)
{
	float scale = r->align_corners && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
	float offset = r->half_pixel ? 0.5f : 0.0f;

	for (uint32_t i = 0; i < out; i++) {
		float v = ((float)i + offset) * scale;
		uint32_t at = (uint32_t)(r->align_corners ? ewi_roundf(v) : v); /* not negative */

		table[i] = at < in - 1 ? at : in - 1;
	}
}

enum ew_status ewi_prepare_resize_nearest_neighbor(struct ewi_prep *p)
{
	struct ewi_resize *r;
	enum ew_status st = begin_resize(p, RESIZE_NEAREST_ALIGN, RESIZE_NEAREST_HALF, &r);
	uint32_t *table;

	if (st == EW_OK)
		st = ewi_model_alloc(p->m, (size_t)r->out_h + r->out_w, sizeof(*table), &table, p->err);
	if (st != EW_OK)
		return st;
	nearest(r, r->in_h, r->out_h, table);
	nearest(r, r->in_w, r->out_w, table + r->out_h);
	r->rows = table;
	r->columns = table + r->out_h;
	return ewi_prep_kernel(p, ewi_slot_resize_nearest, r, 0);
}

static void bilinear_scale(const struct ewi_resize *r, uint32_t in, uint32_t out, float *real, int32_t *fixed)
{
	if (r->align_corners && out > 1) {
		in--;
		out--;
	}
	*real = out ? (float)in / (float)out : 0.0f;
	*fixed = out ? (int32_t)((((uint64_t)in << 10) + out / 2) / out) : 0;
}

enum ew_status ewi_prepare_resize_bilinear(struct ewi_prep *p)
{
	const struct ewi_tensor *in = ewi_prep_in(p, 0);
	struct ewi_resize *r;
	enum ew_status st = begin_resize(p, RESIZE_BILINEAR_ALIGN, RESIZE_BILINEAR_HALF, &r);

	if (st == EW_OK && r->align_corners && r->half_pixel)
		return ewi_prep_error(p, EW_ERR_INVALID, "align_corners with half_pixel_centers");
	if (st == EW_OK && in->type != EW_TENSOR_I8 && in->type != EW_TENSOR_F32)
		return ewi_prep_types(p, in, NULL, NULL);
	if (st != EW_OK)
		return st;
	bilinear_scale(r, r->in_h, r->out_h, &r->scale_h, &r->fixed_h);
	bilinear_scale(r, r->in_w, r->out_w, &r->scale_w, &r->fixed_w);
	/* The farthest place, in 1024ths: rounding can carry it beyond the input. */
	if ((uint64_t)r->out_h * (uint32_t)r->fixed_h >= 1u << 30 ||
	    (uint64_t)r->out_w * (uint32_t)r->fixed_w >= 1u << 30)
		return ewi_prep_error(p, EW_ERR_LIMIT, "too many pixels in a row or column");
	return ewi_prep_kernel(p, in->type == EW_TENSOR_I8 ? ewi_slot_resize_bilinear_s8 :
							     ewi_slot_resize_bilinear_f32, r, 0);
}

/* ---- CAST ---------------------------------------------------------------------------------------- */

enum ew_status ewi_prepare_cast(struct ewi_prep *p)
{
	const uint32_t to_types = 1u << EW_TENSOR_I8 | 1u << EW_TENSOR_I16 | 1u << EW_TENSOR_I32 |
				  1u << EW_TENSOR_U32 | 1u << EW_TENSOR_F32;
	const struct ewi_tensor *in = ewi_prep_in(p, 0), *out = ewi_prep_out(p);
	enum ew_status st = ewi_prep_readable(p, in, "input");
	struct ewi_cast *c;

	if (in->type > 31 || out->type > 31 || !((to_types | 1u << EW_TENSOR_BOOL) >> in->type & 1) ||
	    !(to_types >> out->type & 1))
		return ewi_prep_types(p, in, NULL, out);
	if (st == EW_OK && in->count != out->count)
		return ewi_prep_error(p, EW_ERR_INVALID, "%u elements to %u", (unsigned)in->count,
				      (unsigned)out->count);
	if (st == EW_OK)
		st = ewi_model_alloc(p->m, 1, sizeof(*c), &c, p->err);
	if (st != EW_OK)
		return st;
	*c = (struct ewi_cast){in->count, in->type, out->type};
	return ewi_prep_kernel(p, ewi_slot_cast, c, 0);
}
#endif
