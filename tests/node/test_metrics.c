/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_metrics.c - what counters, gauges and histograms do with what they are given: lib/node/metrics.c. */
#include <math.h>
#include "node/node.h"
#include "nrun.h"

enum { COUNTER, GAUGE, HISTOGRAM };

static struct ewi_function *function_of(struct nrun *n, const char *name)
{
	nrun_put(n, name, "1", "echo");
	return ewi_function_find(n->node, name);
}

static void kinds_take_what_they_are_for(void **state)
{
	static const struct row {
		const char *name;
		uint32_t kind;
		bool record;
		double value;
		enum ew_status want;
		int64_t count;
		double total;
	} rows[] = {
		{"counter adds", COUNTER, false, 5, EW_OK, 5, 0},
		{"counter adds nothing", COUNTER, false, 0, EW_OK, 0, 0},
		{"counter never sinks", COUNTER, false, -1, EW_ERR_INVAL, 0, 0},
		{"counter is not set", COUNTER, true, 5, EW_ERR_INVAL, 0, 0},
		{"gauge adds", GAUGE, false, 5, EW_OK, 0, 5},
		{"gauge sinks", GAUGE, false, -5, EW_OK, 0, -5},
		{"gauge is set", GAUGE, true, 2.5, EW_OK, 0, 2.5},
		{"histogram observes", HISTOGRAM, true, 2.5, EW_OK, 1, 2.5},
		{"histogram does not add", HISTOGRAM, false, 5, EW_ERR_INVAL, 0, 0},
	};
	struct ewi_function *f, *other;
	struct nrun n;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		struct ew_metric m;
		uint32_t id = 99;

		nrun_init(&n);
		nrun_open(&n);
		f = function_of(&n, "f");
		other = function_of(&n, "g");
		check_status(row->name, ewi_metric_define(n.node, f, row->kind, "m", 1, &id), EW_OK);
		check_status(row->name, row->record ? ewi_metric_record(n.node, f, id, row->value) :
						      ewi_metric_add(n.node, f, id, (int64_t)row->value),
			     row->want);
		check_status(row->name, ewi_metric_add(n.node, other, id, 1), EW_ERR_INVAL);
		check_status(row->name, ewi_metric_record(n.node, other, id, 1), EW_ERR_INVAL);
		check_status(row->name, ewi_metric_add(n.node, f, EW_NODE_METRICS, 1), EW_ERR_INVAL);
		check_status(row->name, ewi_metric_add(n.node, f, UINT32_MAX, 1), EW_ERR_INVAL);
		check_status(row->name, ew_node_metric_at(n.node, 0, &m), EW_OK);
		check_int(row->name, m.count, row->count);
		check_true(row->name, m.value == row->total);
		check_true(row->name, (m.bucket != NULL) == (row->kind == HISTOGRAM));
		nrun_close(&n);
	}
}

static void names_are_kept_apart(void **state)
{
	struct ewi_function *f, *g;
	uint32_t a, b, c, again;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.config.max_metrics = 3;
	nrun_open(&n);
	f = function_of(&n, "f");
	g = function_of(&n, "g");
	assert_int_equal(ewi_metric_define(n.node, f, COUNTER, "m", 1, &a), EW_OK);
	assert_int_equal(ewi_metric_define(n.node, g, GAUGE, "m", 1, &b), EW_OK);
	assert_int_equal(ewi_metric_define(n.node, f, COUNTER, "mm", 2, &c), EW_OK);
	assert_true(a != b && b != c && a != c);
	assert_int_equal(ewi_metric_define(n.node, f, COUNTER, "m", 1, &again), EW_OK);
	assert_int_equal(again, a);
	assert_int_equal(ewi_metric_define(n.node, f, GAUGE, "m", 1, &again), EW_ERR_TYPE);
	assert_int_equal(ewi_metric_define(n.node, f, COUNTER, "x", 1, &again), EW_ERR_FULL);
	/* A counter stays at the top. */
	assert_int_equal(ewi_metric_add(n.node, f, a, INT64_MAX), EW_OK);
	assert_int_equal(ewi_metric_add(n.node, f, a, INT64_MAX), EW_OK);
	assert_true(n.node->metrics[a].count == INT64_MAX);
	nrun_close(&n);
}

static void observations_fall_into_powers_of_two(void **state)
{
	static const struct row {
		const char *name;
		double value;
		uint32_t bucket;
	} rows[] = {
		{"1", 1, 32}, {"just below 2", 1.9999999, 32}, {"2", 2, 33}, {"0.5", 0.5, 31}, {"0", 0, 0},
		{"-0", -0.0, 0}, {"-3", -3, 0}, {"2^-32", 0x1p-32, 0}, {"2^-31", 0x1p-31, 1}, {"2^-33", 0x1p-33, 0},
		{"denormal", 0x1p-1074, 0}, {"2^31", 0x1p31, 63}, {"2^30", 0x1p30, 62}, {"1e300", 1e300, 63},
		{"infinity", INFINITY, 63}, {"-infinity", -INFINITY, 0},
	};
	struct ewi_function *f;
	struct nrun n;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t id;

		nrun_init(&n);
		nrun_open(&n);
		f = function_of(&n, "f");
		assert_int_equal(ewi_metric_define(n.node, f, HISTOGRAM, "h", 1, &id), EW_OK);
		assert_int_equal(ewi_metric_record(n.node, f, id, rows[i].value), EW_OK);
		check_int(rows[i].name, n.node->metrics[id].bucket[rows[i].bucket], 1);
		check_true(rows[i].name, n.node->metrics[id].min == rows[i].value);
		assert_int_equal(ewi_metric_record(n.node, f, id, 7), EW_OK);
		check_true(rows[i].name, n.node->metrics[id].max == (rows[i].value > 7 ? rows[i].value : 7));
		nrun_close(&n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_take_what_they_are_for),
		cmocka_unit_test(names_are_kept_apart),
		cmocka_unit_test(observations_fall_into_powers_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
