/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * binary_ref.c - operators of two inputs, element by element: the definition.  The contract is in binary.h.
 *
 * One function for each operator says what an element is; the rest, windows, broadcasting and types, is common.
 * Source: tflite-micro 90b983c2, reference/add.h, sub.h, mul.h, div.h, maximum_minimum.h,
 * kernels/squared_difference.cc.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/binary.h"
#include "tensor/fixed.h"

/* ---- elements -------------------------------------------------------------------------------- */

static int32_t finish(const struct ewi_binary *p, int32_t v)
{
	v = ewi_wrap_add(ewi_requant_as(v, p->out_scale, p->single), p->out_zero);
	return ewi_clamp(v, p->act_min, p->act_max);
}

static int32_t negate(int32_t v)
{
	return (int32_t)(0 - (uint32_t)v);
}

static int32_t multiply(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a * (uint32_t)b);
}

static int32_t add_q(const struct ewi_binary *p, int32_t a, int32_t b)
{
	return finish(p, ewi_wrap_add(ewi_scaled(p, a, p->a_zero, p->a_scale),
				      ewi_scaled(p, b, p->b_zero, p->b_scale)));
}

static int32_t sub_q(const struct ewi_binary *p, int32_t a, int32_t b)
{
	return finish(p, ewi_wrap_add(ewi_scaled(p, a, p->a_zero, p->a_scale),
				      negate(ewi_scaled(p, b, p->b_zero, p->b_scale))));
}

static int32_t squared_difference_q(const struct ewi_binary *p, int32_t a, int32_t b)
{
	int32_t d = ewi_wrap_add(ewi_scaled(p, a, p->a_zero, p->a_scale),
				 negate(ewi_scaled(p, b, p->b_zero, p->b_scale)));

	return finish(p, multiply(d, d));
}

static int32_t mul_q(const struct ewi_binary *p, int32_t a, int32_t b)
{
	return finish(p, multiply(a - p->a_zero, b - p->b_zero));
}

static int32_t div_q(const struct ewi_binary *p, int32_t a, int32_t b)
{
	int32_t v = ewi_fixed_divide(a - p->a_zero, b - p->b_zero, p->out_scale, p->single);

	return ewi_clamp(ewi_wrap_add(v, p->out_zero), p->act_min, p->act_max);
}

static int32_t minimum_q(const struct ewi_binary *p, int32_t a, int32_t b)
{
	(void)p;
	return a < b ? a : b;
}

static int32_t maximum_q(const struct ewi_binary *p, int32_t a, int32_t b)
{
	(void)p;
	return a > b ? a : b;
}

static int32_t add_i(const struct ewi_binary *p, int32_t a, int32_t b)
{
	return ewi_clamp(ewi_wrap_add(a, b), p->act_min, p->act_max);
}

static int32_t sub_i(const struct ewi_binary *p, int32_t a, int32_t b)
{
	return ewi_clamp(ewi_wrap_add(a, negate(b)), p->act_min, p->act_max);
}

static int32_t mul_i(const struct ewi_binary *p, int32_t a, int32_t b)
{
	return ewi_clamp(multiply(a, b), p->act_min, p->act_max);
}

static int32_t div_i(const struct ewi_binary *p, int32_t a, int32_t b)
{
	int32_t v = b == 0 ? 0 : b == -1 ? negate(a) : a / b;

	return ewi_clamp(v, p->act_min, p->act_max);
}

static int32_t squared_difference_i(const struct ewi_binary *p, int32_t a, int32_t b)
{
	int32_t d = ewi_wrap_add(a, negate(b));

	(void)p;
	return multiply(d, d);
}

static float add_f(float a, float b)
{
	return a + b;
}

static float sub_f(float a, float b)
{
	return a - b;
}

static float mul_f(float a, float b)
{
	return a * b;
}

static float div_f(float a, float b)
{
	return a / b;
}

static float squared_difference_f(float a, float b)
{
	float d = a - b;

	return d * d;
}

static float minimum_f(float a, float b)
{
	return a < b ? a : b;
}

static float maximum_f(float a, float b)
{
	return a > b ? a : b;
}

static int32_t prelu_q(const struct ewi_binary *p, int32_t a, int32_t b)
{
	a -= p->a_zero;
	if (a < 0)
		return finish(p, multiply(a, b - p->b_zero));
	a = ewi_requant_as(a, p->a_scale, p->single);
	return ewi_clamp(ewi_wrap_add(a, p->out_zero), p->act_min, p->act_max);
}

static float prelu_f(float a, float b)
{
	return a >= 0.0f ? a : a * b;
}

const struct ewi_binary_element ewi_element_add = {add_q, add_i, add_f};
const struct ewi_binary_element ewi_element_sub = {sub_q, sub_i, sub_f};
const struct ewi_binary_element ewi_element_mul = {mul_q, mul_i, mul_f};
const struct ewi_binary_element ewi_element_div = {div_q, div_i, div_f};
const struct ewi_binary_element ewi_element_minimum = {minimum_q, minimum_q, minimum_f};
const struct ewi_binary_element ewi_element_maximum = {maximum_q, maximum_q, maximum_f};
const struct ewi_binary_element ewi_element_squared_difference = {squared_difference_q, squared_difference_i,
								  squared_difference_f};
const struct ewi_binary_element ewi_element_prelu = {prelu_q, NULL, prelu_f};

/* ---- rows ------------------------------------------------------------------------------------ */

struct row {
	const uint8_t *a, *b; /* first elements */
	uint8_t *out;
	size_t a_step, b_step; /* bytes */
	size_t n;
};

/* Elements may be at any alignment, and in the file's byte order. */
static int32_t load(const uint8_t *p, uint8_t type, bool file)
{
	int16_t narrow;
	int32_t wide;

	switch (type) {
	case EW_TENSOR_I8: return (int8_t)*p;
	case EW_TENSOR_I16:
		memcpy(&narrow, p, sizeof(narrow));
		return file ? (int16_t)ewi_le16(p) : narrow;
	default:
		memcpy(&wide, p, sizeof(wide));
		return file ? (int32_t)ewi_le32(p) : wide;
	}
}

static float load_float(const uint8_t *p, bool file)
{
	int32_t bits = load(p, EW_TENSOR_I32, file);
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void row_s8(const struct ewi_binary *p, const struct row *r)
{
	ewi_binary_fn *fn = p->element->quantized;

	for (size_t i = 0; i < r->n; i++)
		r->out[i] = (uint8_t)fn(p, (int8_t)r->a[i * r->a_step], (int8_t)r->b[i * r->b_step]);
}

static void row_s16(const struct ewi_binary *p, const struct row *r)
{
	int16_t *out = (int16_t *)(void *)r->out;

	for (size_t i = 0; i < r->n; i++)
		out[i] = (int16_t)p->element->quantized(p, load(r->a + i * r->a_step, EW_TENSOR_I16, p->a_file),
							load(r->b + i * r->b_step, p->b_type, p->b_file));
}

static void row_s32(const struct ewi_binary *p, const struct row *r)
{
	int32_t *out = (int32_t *)(void *)r->out;

	for (size_t i = 0; i < r->n; i++)
		out[i] = p->element->integer(p, load(r->a + i * r->a_step, EW_TENSOR_I32, p->a_file),
					     load(r->b + i * r->b_step, EW_TENSOR_I32, p->b_file));
}

/* A NaN stays one. */
static void row_f32(const struct ewi_binary *p, const struct row *r)
{
	float *out = (float *)(void *)r->out;

	for (size_t i = 0; i < r->n; i++) {
		float v = p->element->real(load_float(r->a + i * r->a_step, p->a_file),
					   load_float(r->b + i * r->b_step, p->b_file));

		out[i] = ewi_clamp_float(v, p->f_min, p->f_max);
	}
}

static void row(const struct ewi_binary *p, const struct row *r)
{
	switch (p->type) {
	case EW_TENSOR_I8: row_s8(p, r); break;
	case EW_TENSOR_I16: row_s16(p, r); break;
	case EW_TENSOR_I32: row_s32(p, r); break;
	default: row_f32(p, r); break;
	}
}

static size_t bytes_of(uint8_t type)
{
	return type == EW_TENSOR_I8 ? 1 : type == EW_TENSOR_I16 ? 2 : 4;
}

/* Counts the outer loops like an odometer; `at` begins as zeros, a and b are in elements. */
static void advance(const struct ewi_loops *l, uint32_t *at, size_t *a, size_t *b)
{
	for (uint32_t d = l->count - 1; d-- > 0;) {
		*a += l->a_step[d];
		*b += l->b_step[d];
		if (++at[d] < l->times[d])
			return;
		at[d] = 0;
		*a -= (size_t)l->a_step[d] * l->times[d];
		*b -= (size_t)l->b_step[d] * l->times[d];
	}
}

void ewk_binary_ref(const struct ewi_call *c)
{
	const struct ewi_binary *p = c->params;
	const struct ewi_loops *l = &p->loops;
	size_t a_bytes = bytes_of(p->type), b_bytes = bytes_of(p->b_type);
	uint32_t last = l->count - 1;
	struct row r = {.out = c->out, .n = l->times[last], .a_step = l->a_step[last] * a_bytes,
			.b_step = l->b_step[last] * b_bytes};

	for (size_t w = 0; w < c->windows; w++) {
		const uint8_t *a = (const uint8_t *)c->in[0] + w * p->a_window * a_bytes;
		const uint8_t *b = (const uint8_t *)c->in[1] + w * p->b_window * b_bytes;
		uint32_t at[EW_MODEL_DIMS] = {0};
		size_t i = 0, j = 0;

		for (size_t done = 0; done < p->out_window; done += r.n) {
			r.a = a + i * a_bytes;
			r.b = b + j * b_bytes;
			row(p, &r);
			r.out += r.n * a_bytes;
			advance(l, at, &i, &j);
		}
	}
}

void ewk_add_s8_ref(const struct ewi_call *c)
{
	ewk_binary_ref(c);
}

void ewk_mul_s8_ref(const struct ewi_call *c)
{
	ewk_binary_ref(c);
}
#endif
