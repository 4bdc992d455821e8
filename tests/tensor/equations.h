/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * equations.h - for tests that hold an operator to its published equation in double precision: constants and activations
 * of any type with the real values that they stand for, a model of one operator, a comparison within what the type's
 * steps allow.
 */
#ifndef TESTS_EQUATIONS_H
#define TESTS_EQUATIONS_H

#include <math.h>
#include "../aid/aid.h"
#include "tfl.h"

#define COUNT_MAX 1024

/* A constant: bytes as the file has them, and the values they stand for. */
struct constant {
	uint8_t bytes[8 * COUNT_MAX];
	double values[COUNT_MAX];
};

static inline size_t size_of(uint8_t type)
{
	return type == EW_TENSOR_I8 ? 1 : type == EW_TENSOR_I16 ? 2 : type == EW_TENSOR_I64 ? 8 : 4;
}

/* -range to range. */
static inline double some(uint64_t *seed, double range)
{
	return range * ((double)(noise(seed) >> 11) / 4503599627370496.0 - 1.0);
}

/* n values of up to +-range, as the type holds them; scale 0: floats. */
static inline struct tfl_tensor constant(struct constant *c, uint64_t *seed, uint8_t type, size_t n, double range, double scale)
{
	struct tfl_tensor t = {.type = type, .scale_count = scale > 0, .scale = (float)scale, .data = c->bytes,
			       .data_bytes = n * size_of(type)};

	assert_true(n <= COUNT_MAX);
	for (size_t i = 0; i < n; i++) {
		double v = some(seed, range);
		int64_t q = scale > 0 ? llround(v / (double)t.scale) : 0;
		float f = (float)v;

		if (type == EW_TENSOR_F32)
			memcpy(&q, &f, sizeof(f));
		if (type == EW_TENSOR_F32 && EW_BIG_ENDIAN)
			q = (int64_t)((uint64_t)q >> 32);
		for (size_t k = 0; k < size_of(type); k++)
			c->bytes[size_of(type) * i + k] = (uint8_t)((uint64_t)q >> 8 * k);
		c->values[i] = type == EW_TENSOR_F32 ? (double)f : (double)q * (double)t.scale;
	}
	return t;
}

static inline void dims(struct tfl_tensor *t, uint32_t rank, int32_t d0, int32_t d1, int32_t d2)
{
	t->rank = rank;
	t->dims[0] = d0;
	t->dims[1] = d1;
	t->dims[2] = d2;
}

static inline struct tfl_tensor activation(uint8_t type, double scale, int64_t zero)
{
	return (struct tfl_tensor){.type = type, .scale_count = type != EW_TENSOR_F32, .scale = (float)scale, .zero = zero};
}

static inline void put(void *to, size_t i, const struct tfl_tensor *t, double v)
{
	switch (t->type) {
	case EW_TENSOR_F32: ((float *)to)[i] = (float)v; break;
	case EW_TENSOR_I8: ((int8_t *)to)[i] = (int8_t)(lround(v / (double)t->scale) + t->zero); break;
	default: ((int16_t *)to)[i] = (int16_t)(lround(v / (double)t->scale) + t->zero); break;
	}
}

static inline double get(const void *from, size_t i, const struct tfl_tensor *t)
{
	switch (t->type) {
	case EW_TENSOR_F32: return (double)((const float *)from)[i];
	case EW_TENSOR_I8: return (double)(((const int8_t *)from)[i] - t->zero) * (double)t->scale;
	default: return (double)(((const int16_t *)from)[i] - t->zero) * (double)t->scale;
	}
}

static inline struct ew_model *load(const struct tfl *model, uint8_t **bytes, struct ew_error *err)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_model *m;
	size_t size;

	*bytes = tfl_build(model, &size);
	if (ew_model_load(&m, *bytes, size, NULL, &alloc, err) != EW_OK)
		return NULL;
	return m;
}

/* A model that must load, with an executor of its own. */
struct opened {
	uint8_t *bytes;
	struct ew_model *model;
	struct ew_model_exec *x;
};

static inline struct opened open_model(const char *row, const struct tfl *model)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct opened o;

	o.model = load(model, &o.bytes, &err);
	if (!o.model)
		fail_msg("%s: %s", row, err.text);
	check_status(row, ew_model_exec_create(&o.x, o.model, &alloc, NULL), EW_OK);
	return o;
}

static inline void close_model(struct opened *o)
{
	ew_model_exec_destroy(o->x);
	ew_model_free(o->model);
	free(o->bytes);
}

/* One that must not. */
static inline void refuse_model(const char *row, const struct tfl *model, const char *reason)
{
	struct ew_error err;
	uint8_t *bytes;

	check_true(row, load(model, &bytes, &err) == NULL);
	check_has(row, err.text, reason);
	free(bytes);
}

/* Runs a model with one input and one output: values in, values out. */
static inline void run(const char *row, struct ew_model_exec *x, const struct tfl_tensor *in, double *values, size_t n,
		const struct tfl_tensor *out, double *results, size_t m)
{
	struct ew_tensor_span span;
	struct ew_tensor_view view;

	check_status(row, ew_model_exec_input(x, 0, &span), EW_OK);
	check_int(row, span.bytes, n * size_of(in->type));
	for (size_t i = 0; i < n; i++) {
		put(span.data, i, in, values[i]);
		values[i] = get(span.data, i, in); /* what it really is */
	}
	check_status(row, ew_model_exec_run(x), EW_OK);
	check_status(row, ew_model_exec_output(x, 0, &view), EW_OK);
	check_int(row, view.bytes, m * size_of(out->type));
	for (size_t i = 0; i < m; i++)
		results[i] = get(view.data, i, out);
}

static inline void near(const char *row, unsigned round, const double *got, const double *want, size_t n, double off)
{
	for (size_t i = 0; i < n; i++)
		if (!(fabs(got[i] - want[i]) <= off))
			fail_msg("%s, run %u: element %zu is %g, want %g within %g", row, round, i, got[i], want[i], off);
}

#endif
