/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_model_threads.c - operators in parts (split.c): on four threads, one after the other, and backwards, the bytes are
 * those of a run in one piece.  Meant to be run under ThreadSanitizer as well (make check-tsan).
 */
#include <pthread.h>
#include "../aid/aid.h"
#include "edgewasm/model.h"
#include "tfl.h"

/* ---- ways to do parts -------------------------------------------------------------------------- */

struct count {
	unsigned calls;
	uint32_t most;
};

static void counted(struct count *c, uint32_t parts)
{
	c->calls++;
	c->most = parts > c->most ? parts : c->most;
}

static void in_order(void *user, uint32_t parts, ew_model_part_fn fn, void *work)
{
	counted(user, parts);
	for (uint32_t i = 0; i < parts; i++)
		fn(work, i);
}

static void backwards(void *user, uint32_t parts, ew_model_part_fn fn, void *work)
{
	counted(user, parts);
	for (uint32_t i = parts; i-- > 0;)
		fn(work, i);
}

#define THREADS 4u

struct share {
	pthread_t thread;
	uint32_t first, parts;
	ew_model_part_fn fn;
	void *work;
};

static void *run_share(void *p)
{
	struct share *s = p;

	for (uint32_t i = s->first; i < s->parts; i += THREADS)
		s->fn(s->work, i);
	return NULL;
}

static void on_threads(void *user, uint32_t parts, ew_model_part_fn fn, void *work)
{
	struct share shares[THREADS];

	counted(user, parts);
	for (uint32_t i = 1; i < THREADS; i++) {
		shares[i] = (struct share){.first = i, .parts = parts, .fn = fn, .work = work};
		assert_int_equal(pthread_create(&shares[i].thread, NULL, run_share, &shares[i]), 0);
	}
	shares[0] = (struct share){.first = 0, .parts = parts, .fn = fn, .work = work};
	run_share(&shares[0]);
	for (uint32_t i = 1; i < THREADS; i++)
		assert_int_equal(pthread_join(shares[i].thread, NULL), 0);
}

/* ---- a model with everything that is split ---------------------------------------------------- */

#define SIDE 26


static int8_t w0[24 * 9 * 8], w1[9 * 24], w2[48 * 24], w3[80 * 48];
static uint8_t b0[4 * 24], b1[4 * 24], b2[4 * 48], b3[4 * 80];

enum { X, W0, B0, Y0, W1, B1, Y1, W2, B2, Y2, SUM, POOLED, ROWED, W3, B3, Y3 };

static const struct tfl_tensor tensors[] = {
	[X] = TFL_I8("x", 0.05f, -5, 1, SIDE, SIDE, 8),
	[W0] = TFL_CONST("w0", EW_TENSOR_I8, 0.01f, w0, 24, 3, 3, 8),
	[B0] = TFL_CONST("b0", EW_TENSOR_I32, 0.0005f, b0, 24),
	[Y0] = TFL_I8("y0", 0.1f, -128, 1, SIDE, SIDE, 24),
	[W1] = TFL_CONST("w1", EW_TENSOR_I8, 0.02f, w1, 1, 3, 3, 24),
	[B1] = TFL_CONST("b1", EW_TENSOR_I32, 0.002f, b1, 24),
	[Y1] = TFL_I8("y1", 0.2f, 3, 1, SIDE, SIDE, 24),
	[W2] = TFL_CONST("w2", EW_TENSOR_I8, 0.02f, w2, 48, 1, 1, 24),
	[B2] = TFL_CONST("b2", EW_TENSOR_I32, 0.004f, b2, 48),
	[Y2] = TFL_I8("y2", 0.3f, 7, 1, SIDE, SIDE, 48),
	[SUM] = TFL_I8("sum", 0.5f, 1, 1, SIDE, SIDE, 48),
	[POOLED] = TFL_I8("pooled", 0.5f, 1, 1, SIDE / 2, SIDE / 2, 48),
	[ROWED] = TFL_I8("rowed", 0.5f, 1, SIDE / 2 * SIDE / 2, 48),
	[W3] = TFL_CONST("w3", EW_TENSOR_I8, 0.02f, w3, 80, 48),
	[B3] = TFL_CONST("b3", EW_TENSOR_I32, 0.01f, b3, 80),
	[Y3] = TFL_I8("y3", 0.4f, -9, SIDE / 2 * SIDE / 2, 80),
};
static const struct tfl_op ops[] = {
	{.code = 3, .version = 3, .in_count = 3, .in = {X, W0, B0}, .out = {Y0}, .options = OPTIONS_CONV,
	 .widths = {1, 4, 4, 1, 4, 4}, .words = {0, 1, 1, ACT_RELU, 1, 1}},
	{.code = 4, .version = 3, .in_count = 3, .in = {Y0, W1, B1}, .out = {Y1}, .options = OPTIONS_DWCONV,
	 .widths = {1, 4, 4, 4, 1, 4, 4}, .words = {0, 1, 1, 1, ACT_NONE, 1, 1}},
	{.code = 3, .version = 3, .in_count = 3, .in = {Y1, W2, B2}, .out = {Y2}, .options = OPTIONS_CONV,
	 .widths = {1, 4, 4, 1, 4, 4}, .words = {1, 1, 1, ACT_NONE, 1, 1}},
	{.code = 0, .version = 2, .in_count = 2, .in = {Y2, Y2}, .out = {SUM}},
	{.code = 1, .version = 2, .in_count = 1, .in = {SUM}, .out = {POOLED}, .options = OPTIONS_POOL,
	 .widths = {1, 4, 4, 4, 4, 1}, .words = {1, 2, 2, 2, 2, ACT_NONE}},
	{.code = 22, .in_count = 1, .in = {POOLED}, .out = {ROWED}, .options = OPTIONS_RESHAPE, .shape_count = 2,
	 .shape = {SIDE / 2 * SIDE / 2, 48}},
	{.code = 9, .version = 4, .in_count = 3, .in = {ROWED, W3, B3}, .out = {Y3}, .options = OPTIONS_FC},
};
static const int32_t inputs[] = {X}, outputs[] = {Y3};
static const struct tfl model = {.tensors = tensors, .tensor_count = ROWS(tensors), .ops = ops, .op_count = ROWS(ops),
				 .inputs = inputs, .input_count = 1, .outputs = outputs, .output_count = 1};

static void fill(void *p, size_t n, uint64_t *seed, bool small)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = small && i % 4 > 1 ? 0 : (uint8_t)noise(seed);
}

static uint8_t *build(size_t *size)
{
	uint64_t seed = 5;

	fill(w0, sizeof(w0), &seed, false);
	fill(w1, sizeof(w1), &seed, false);
	fill(w2, sizeof(w2), &seed, false);
	fill(w3, sizeof(w3), &seed, false);
	fill(b0, sizeof(b0), &seed, true);
	fill(b1, sizeof(b1), &seed, true);
	fill(b2, sizeof(b2), &seed, true);
	fill(b3, sizeof(b3), &seed, true);
	return tfl_build(&model, size);
}

/* ---- the test ---------------------------------------------------------------------------------- */

static struct ew_model *open(const char *row, const uint8_t *bytes, size_t size, uint32_t parts, uint32_t batch,
			     uint32_t isa, struct ew_model_exec **x)
{
	struct ew_model_config c = {.struct_bytes = sizeof(c), .max_parts = parts, .max_batch = batch, .isa_mask = isa};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {0};
	struct ew_model *m;

	if (ew_model_load(&m, bytes, size, &c, &alloc, &err) != EW_OK)
		fail_msg("%s: %s", row, err.text);
	assert_int_equal(ew_model_exec_create(x, m, &alloc, NULL), EW_OK);
	return m;
}

static struct ew_tensor_view run(struct ew_model_exec *x, const void *in, uint32_t batch)
{
	struct ew_tensor_span span;
	struct ew_tensor_view out;

	assert_int_equal(ew_model_exec_set_batch(x, batch), EW_OK);
	assert_int_equal(ew_model_exec_input(x, 0, &span), EW_OK);
	memcpy(span.data, in, span.bytes);
	assert_int_equal(ew_model_exec_run(x), EW_OK);
	assert_int_equal(ew_model_exec_output(x, 0, &out), EW_OK);
	return out;
}

static const struct row {
	const char *name;
	ew_model_parallel_fn parallel;
	uint32_t parts, max_batch, batch;
	unsigned calls; /* operators that are split: all, or those that have lines or rows */
} rows[] = {
	{"two parts", in_order, 2, 1, 1, 6},
	{"three parts, backwards", backwards, 3, 1, 1, 6},
	{"as many parts as may be", backwards, EW_MODEL_PARTS, 1, 1, 6},
	{"threads", on_threads, 7, 1, 1, 6},
	{"a batch of two on threads", on_threads, 5, 3, 2, 6},
	{"a batch of three, backwards", backwards, 2, 3, 3, 6},
	{"one window of a batch", on_threads, 4, 3, 1, 6},
};

static void same_bytes(void **state)
{
	static int8_t in[3 * SIDE * SIDE * 8];
	const uint32_t isas[] = {EW_ISA_SCALAR, EW_ISA_SCALAR | EW_ISA_SSE41, 0};
	uint64_t seed = 6;
	size_t size;
	uint8_t *bytes = build(&size);

	(void)state;
	fill(in, sizeof(in), &seed, false);
	for (size_t i = 0; i < ROWS(rows) * ROWS(isas); i++) {
		const struct row *r = &rows[i % ROWS(rows)];
		uint32_t isa = isas[i / ROWS(rows)];
		struct ew_model_exec *whole, *split;
		struct ew_model *m = open(r->name, bytes, size, 1, r->max_batch, isa, &whole);
		struct ew_model *n = open(r->name, bytes, size, r->parts, r->max_batch, isa, &split);
		struct count count = {0};
		struct ew_tensor_view want = run(whole, in, r->batch), got = run(split, in, r->batch);

		check_mem("in one piece", got.data, want.data, want.bytes);
		assert_int_equal(ew_model_exec_set_parallel(split, r->parallel, &count), EW_OK);
		got = run(split, in, r->batch);
		check_int(r->name, got.bytes, want.bytes);
		check_mem(r->name, got.data, want.data, want.bytes);
		check_true(r->name, count.calls >= 4 && count.calls <= r->calls && count.most >= 2 && count.most <= r->parts);
		assert_int_equal(ew_model_exec_set_parallel(split, NULL, NULL), EW_OK);
		got = run(split, in, r->batch);
		check_mem("in one piece again", got.data, want.data, want.bytes);
		ew_model_exec_destroy(split);
		ew_model_free(n);
		ew_model_exec_destroy(whole);
		ew_model_free(m);
	}
	free(bytes);
}

static void limits(void **state)
{
	static const struct {
		const char *name;
		uint32_t parts;
		enum ew_status want;
	} limit_rows[] = {
		{"default", 0, EW_OK}, {"one", 1, EW_OK}, {"at the limit", EW_MODEL_PARTS, EW_OK},
		{"above", EW_MODEL_PARTS + 1, EW_ERR_LIMIT},
	};
	struct ew_alloc alloc = ew_alloc_libc();
	struct count count = {0};
	size_t size;
	uint8_t *bytes = build(&size);

	(void)state;
	for (size_t i = 0; i < ROWS(limit_rows); i++) {
		struct ew_model_config c = {.struct_bytes = sizeof(c), .max_parts = limit_rows[i].parts};
		struct ew_model_exec *x;
		struct ew_model *m;

		check_int(limit_rows[i].name, ew_model_load(&m, bytes, size, &c, &alloc, NULL), limit_rows[i].want);
		if (!m)
			continue;
		assert_int_equal(ew_model_exec_create(&x, m, &alloc, NULL), EW_OK);
		check_int(limit_rows[i].name, ew_model_exec_set_parallel(x, in_order, &count),
			  limit_rows[i].parts > 1 ? EW_OK : EW_ERR_INVAL);
		ew_model_exec_destroy(x);
		ew_model_free(m);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(same_bytes), cmocka_unit_test(limits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
