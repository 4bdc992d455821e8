/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * index_ref.c - operators that choose elements by numbers, and CAST: the definition.  The contract is in index.h.
 * Source: tflite-micro 90b983c2, kernels/gather.cc, cast.cc, internal/reference/resize_bilinear.h,
 * resize_nearest_neighbor.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/index.h"

static void gather_window(const struct ewi_gather *p, const uint8_t *in, const uint8_t *index, uint8_t *out)
{
	for (uint32_t b = 0; b < p->batch; b++)
		for (uint32_t o = 0; o < p->outer; o++, in += (size_t)p->size * p->inner)
			for (uint32_t c = 0; c < p->coords; c++, out += p->inner) {
				int32_t at;

				memcpy(&at, index + 4 * ((size_t)b * p->coords + c), sizeof(at));
				if (p->index_file)
					at = (int32_t)ewi_le32(index + 4 * ((size_t)b * p->coords + c));
				at = ewi_clamp(at, 0, (int32_t)p->size - 1);
				memcpy(out, in + (size_t)(uint32_t)at * p->inner, p->inner);
				ewi_turn(out, p->inner, p->turn);
			}
}

void ewk_gather_ref(const struct ewi_call *c)
{
	const struct ewi_gather *p = c->params;

	for (size_t w = 0; w < c->windows; w++)
		gather_window(p, (const uint8_t *)c->in[0] + w * p->in_window,
			      (const uint8_t *)c->in[1] + w * p->index_window,
			      (uint8_t *)c->out + w * p->out_window);
}

void ewk_resize_nearest_ref(const struct ewi_call *c)
{
	const struct ewi_resize *p = c->params;
	size_t row = (size_t)p->in_w * p->pixel_bytes;
	const uint8_t *in = c->in[0];
	uint8_t *out = c->out;

	for (size_t b = 0; b < c->windows * p->batch; b++, in += p->in_h * row)
		for (uint32_t y = 0; y < p->out_h; y++)
			for (uint32_t x = 0; x < p->out_w; x++, out += p->pixel_bytes)
				memcpy(out, in + p->rows[y] * row + (size_t)p->columns[x] * p->pixel_bytes,
				       p->pixel_bytes);
}

/* ---- bilinear ----------------------------------------------------------------------------------- */

/* Between two input pixels: their places, and how far from the first, in 1024ths or as it is. */
struct between {
	uint32_t low, high;
	int32_t part;
	float real;
};

static uint32_t bounded(int32_t v, uint32_t size)
{
	return v < 0 ? 0 : (uint32_t)v < size ? (uint32_t)v : size - 1;
}

static struct between fixed_place(const struct ewi_resize *p, uint32_t at, int32_t scale, uint32_t size)
{
	int32_t v = (int32_t)at * scale + (p->half_pixel ? scale / 2 - (1 << 9) : 0);
	struct between b = {bounded(v / (1 << 10), size), bounded((v + (1 << 10) - 1) / (1 << 10), size), 0, 0.0f};

	b.part = v - (int32_t)(b.low << 10);
	return b;
}

void ewk_resize_bilinear_s8_ref(const struct ewi_call *c)
{
	const struct ewi_resize *p = c->params;
	const int8_t *in = c->in[0];
	int8_t *out = c->out;
	size_t row = (size_t)p->in_w * p->depth;

	for (size_t b = 0; b < c->windows * p->batch; b++, in += p->in_h * row)
		for (uint32_t i = 0; i < p->out_h * p->out_w; i++) {
			struct between y = fixed_place(p, i / p->out_w, p->fixed_h, p->in_h);
			struct between x = fixed_place(p, i % p->out_w, p->fixed_w, p->in_w);
			const int8_t *a = in + y.low * row + (size_t)x.low * p->depth;
			const int8_t *right = in + y.low * row + (size_t)x.high * p->depth;
			const int8_t *below = in + y.high * row + (size_t)x.low * p->depth;
			const int8_t *both = in + y.high * row + (size_t)x.high * p->depth;
			int64_t v1 = 1024 - y.part, v2 = y.part, h1 = 1024 - x.part, h2 = x.part;

			for (uint32_t d = 0; d < p->depth; d++) {
				int64_t v = a[d] * v1 * h1 + below[d] * v2 * h1 + right[d] * v1 * h2 +
					    both[d] * v2 * h2;

				if (p->single)
					v = (v + (1 << 19)) >> 20;
				else
					v = (v + (v > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20);
				*out++ = (int8_t)v;
			}
		}
}

static int32_t floor_of(float v)
{
	int32_t n = (int32_t)v;

	return (float)n > v ? n - 1 : n;
}

static struct between real_place(const struct ewi_resize *p, uint32_t at, float scale, uint32_t size)
{
	float v = p->half_pixel ? ((float)at + 0.5f) * scale - 0.5f : (float)at * scale;
	int32_t n = floor_of(v);
	struct between b = {bounded(n, size), bounded((float)n < v ? n + 1 : n, size), 0, 0.0f};

	b.real = v - (float)b.low;
	return b;
}

void ewk_resize_bilinear_f32_ref(const struct ewi_call *c)
{
	const struct ewi_resize *p = c->params;
	const float *in = c->in[0];
	float *out = c->out;
	size_t row = (size_t)p->in_w * p->depth;

	for (size_t b = 0; b < c->windows * p->batch; b++, in += p->in_h * row)
		for (uint32_t i = 0; i < p->out_h * p->out_w; i++) {
			struct between y = real_place(p, i / p->out_w, p->scale_h, p->in_h);
			struct between x = real_place(p, i % p->out_w, p->scale_w, p->in_w);
			const float *a = in + y.low * row + (size_t)x.low * p->depth;
			const float *right = in + y.low * row + (size_t)x.high * p->depth;
			const float *below = in + y.high * row + (size_t)x.low * p->depth;
			const float *both = in + y.high * row + (size_t)x.high * p->depth;

			for (uint32_t d = 0; d < p->depth; d++)
				*out++ = a[d] * (1 - y.real) * (1 - x.real) + below[d] * y.real * (1 - x.real) +
					 right[d] * (1 - y.real) * x.real + both[d] * y.real * x.real;
		}
}

/* ---- CAST ---------------------------------------------------------------------------------------- */

static int64_t load_integer(const void *p, size_t i, uint8_t type)
{
	switch (type) {
	case EW_TENSOR_I8: return ((const int8_t *)p)[i];
	case EW_TENSOR_I16: return ((const int16_t *)p)[i];
	case EW_TENSOR_I32: return ((const int32_t *)p)[i];
	case EW_TENSOR_U32: return ((const uint32_t *)p)[i];
	default: return ((const uint8_t *)p)[i] != 0; /* BOOL */
	}
}

static int64_t drop_fraction(float v, uint8_t to)
{
	if (to == EW_TENSOR_U32) /* by way of 64 bits */
		return v > -9.2e18f && v < 9.2e18f ? (int64_t)v : 0;
	return v > -2147483904.0f && v < 2147483648.0f ? (int64_t)v : INT32_MIN;
}

static void store_integer(void *p, size_t i, uint8_t type, int64_t v)
{
	switch (type) {
	case EW_TENSOR_I8: ((int8_t *)p)[i] = (int8_t)(uint64_t)v; break;
	case EW_TENSOR_I16: ((int16_t *)p)[i] = (int16_t)(uint64_t)v; break;
	default: ((uint32_t *)p)[i] = (uint32_t)(uint64_t)v; break;
	}
}

void ewk_cast_ref(const struct ewi_call *c)
{
	const struct ewi_cast *p = c->params;

	for (size_t i = 0; i < c->windows * p->count; i++) {
		if (p->from == EW_TENSOR_F32 && p->to == EW_TENSOR_F32)
			((float *)c->out)[i] = ((const float *)c->in[0])[i];
		else if (p->from == EW_TENSOR_F32)
			store_integer(c->out, i, p->to, drop_fraction(((const float *)c->in[0])[i], p->to));
		else if (p->to == EW_TENSOR_F32)
			((float *)c->out)[i] = (float)load_integer(c->in[0], i, p->from);
		else
			store_integer(c->out, i, p->to, load_integer(c->in[0], i, p->from));
	}
}
#endif
