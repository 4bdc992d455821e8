/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * matmul_ref.c - BATCH_MATMUL: the definition.  The contract is in matmul.h.
 * Source: tflite-micro 90b983c2, internal/reference/batch_matmul.h.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/matmul.h"

typedef void cell_fn(const struct ewi_matmul *p, const void *a, const void *b, void *out, size_t i, size_t j,
		     size_t at);

/* Every cell of every matrix: i and j are where its row and column begin, `at` is its place in the output. */
static void each_cell(const struct ewi_call *c, cell_fn *cell)
{
	const struct ewi_matmul *p = c->params;
	const struct ewi_loops *l = &p->loops;
	size_t at = 0;

	for (size_t w = 0; w < c->windows; w++) {
		size_t a = w * p->a_window, b = w * p->b_window, done = 0;
		uint32_t count[EW_MODEL_DIMS] = {0};

		while (done < p->out_window) {
			for (uint32_t row = 0; row < p->rows; row++)
				for (uint32_t column = 0; column < p->columns; column++, done++, at++)
					cell(p, c->in[0], c->in[1], c->out, a + (size_t)row * p->a_row,
					     b + (size_t)column * p->b_column, at);
			for (uint32_t d = l->count; d-- > 0;) {
				a += l->a_step[d];
				b += l->b_step[d];
				if (++count[d] < l->times[d])
					break;
				count[d] = 0;
				a -= (size_t)l->a_step[d] * l->times[d];
				b -= (size_t)l->b_step[d] * l->times[d];
			}
		}
	}
}

static void cell_s8(const struct ewi_matmul *p, const void *a, const void *b, void *out, size_t i, size_t j, size_t at)
{
	const int8_t *x = (const int8_t *)a + i, *y = (const int8_t *)b + j;
	uint32_t sum = 0;
	int32_t v;

	for (size_t k = 0; k < p->depth; k++)
		sum += (uint32_t)((x[k * p->a_depth] - p->a_zero) * (y[k * p->b_depth] - p->b_zero));
	v = ewi_wrap_add(ewi_requant_as((int32_t)sum, p->scale, p->single), p->out_zero);
	((int8_t *)out)[at] = (int8_t)ewi_clamp(v, INT8_MIN, INT8_MAX);
}

/* Constants may be at any alignment. */
static int32_t int16_at(const void *p, size_t i, bool file)
{
	int16_t v;

	memcpy(&v, (const uint8_t *)p + 2 * i, sizeof(v));
	return file ? (int16_t)ewi_le16((const uint8_t *)p + 2 * i) : v;
}

static void cell_s16(const struct ewi_matmul *p, const void *a, const void *b, void *out, size_t i, size_t j, size_t at)
{
	uint64_t sum = 0;

	for (size_t k = 0; k < p->depth; k++)
		sum += (uint64_t)((int64_t)int16_at(a, i + k * p->a_depth, p->a_file) *
				  int16_at(b, j + k * p->b_depth, p->b_file));
	((int16_t *)out)[at] =
		(int16_t)ewi_clamp(ewi_requant_wide((int64_t)sum, p->scale), INT16_MIN, INT16_MAX);
}

static float float_at(const void *p, size_t i, bool file)
{
	float v;

	memcpy(&v, (const uint8_t *)p + 4 * i, sizeof(v));
	return file ? ewi_float_at(p, i) : v;
}

static void cell_f32(const struct ewi_matmul *p, const void *a, const void *b, void *out, size_t i, size_t j, size_t at)
{
	float sum = 0.0f;

	for (size_t k = 0; k < p->depth; k++)
		sum += float_at(a, i + k * p->a_depth, p->a_file) * float_at(b, j + k * p->b_depth, p->b_file);
	((float *)out)[at] = sum;
}

void ewk_matmul_s8_ref(const struct ewi_call *c)
{
	each_cell(c, cell_s8);
}

void ewk_matmul_s16_ref(const struct ewi_call *c)
{
	each_cell(c, cell_s16);
}

void ewk_matmul_f32_ref(const struct ewi_call *c)
{
	each_cell(c, cell_f32);
}
#endif
