/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_route.c - patterns and topics (lib/node/route.c); histograms and metrics (lib/node/metrics.c). */
#include "nrun.h"

static void patterns_match(void **state)
{
	static const struct row {
		const char *pattern, *topic;
		bool want;
	} rows[] = {
		{"a", "a", true}, {"a", "b", false}, {"a", "aa", false}, {"aa", "a", false}, {"a", "", false},
		{"a/b", "a/b", true}, {"a/b", "a", false}, {"a/b", "a/b/c", false}, {"a/b", "a/bb", false},
		{"a/", "a/", true}, {"a/", "a", false}, {"a", "a/", false}, {"/a", "/a", true}, {"/a", "a", false},
		{"+", "a", true}, {"+", "", true}, {"+", "a/b", false}, {"+/b", "a/b", true}, {"+/b", "/b", true},
		{"+/b", "b", false}, {"a/+", "a/b", true}, {"a/+", "a/", true}, {"a/+", "a", false},
		{"a/+", "a/b/c", false}, {"a/+/c", "a/b/c", true}, {"a/+/c", "a/b/d", false},
		{"a/+/c", "a/b/c/d", false}, {"+/+", "a/b", true}, {"+/+", "/", true}, {"+/+", "a", false},
		{"#", "a", true}, {"#", "", true}, {"#", "a/b/c", true}, {"a/#", "a", true}, {"a/#", "a/b", true},
		{"a/#", "a/b/c", true}, {"a/#", "a/", true}, {"a/#", "b", false}, {"a/#", "ab", false},
		{"a/#", "ab/c", false}, {"a/b/#", "a/b", true}, {"a/b/#", "a", false}, {"+/#", "a", true},
		{"+/b/#", "a/b/c/d", true}, {"+/b/#", "a/c/b", false},
		{"fleet/+/window", "fleet/00123/window", true}, {"fleet/+/window", "fleet/00123/windows", false},
	};
	struct nrun n;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_node_stats stats;
		char row[80];

		snprintf(row, sizeof(row), "%s for %s", rows[i].topic, rows[i].pattern);
		nrun_init(&n);
		nrun_open(&n);
		nrun_put(&n, "echo", "1", "echo");
		nrun_route(&n, rows[i].pattern, "echo");
		nrun_push(&n, rows[i].topic, "x");
		nrun_step(&n);
		ew_node_stats(n.node, &stats);
		check_int(row, stats.unrouted, !rows[i].want);
		check_int(row, nrun_stats(&n, "echo").events, rows[i].want);
		nrun_close(&n);
	}
}

static void bad_patterns_are_refused(void **state)
{
	static const struct row {
		const char *pattern;
		enum ew_status want;
	} rows[] = {
		{"a", EW_OK}, {"", EW_ERR_INVAL}, {"a+", EW_ERR_INVAL}, {"+a", EW_ERR_INVAL}, {"a/b+/c", EW_ERR_INVAL},
		{"++", EW_ERR_INVAL}, {"#/a", EW_ERR_INVAL}, {"a#", EW_ERR_INVAL}, {"a/#/b", EW_ERR_INVAL},
		{"#a", EW_ERR_INVAL}, {"##", EW_ERR_INVAL}, {"a/+#", EW_ERR_INVAL}, {"/", EW_OK}, {"//", EW_OK},
		{"a/#", EW_OK}, {"+/+/#", EW_OK}, {"a/#/", EW_ERR_INVAL},
	};
	char text[300];
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "echo", "1", "echo");
	for (size_t i = 0; i < ROWS(rows); i++)
		check_status(rows[i].pattern, ew_node_route_add(n.node, rows[i].pattern, "echo", &n.err),
			     rows[i].want);
	memset(text, 'x', sizeof(text));
	text[EW_NODE_TOPIC_BYTES] = '\0';
	assert_int_equal(ew_node_route_add(n.node, text, "echo", &n.err), EW_OK);
	text[EW_NODE_TOPIC_BYTES] = 'x';
	text[EW_NODE_TOPIC_BYTES + 1] = '\0';
	assert_int_equal(ew_node_route_add(n.node, text, "echo", &n.err), EW_ERR_INVAL);
	assert_int_equal(ew_node_route_add(n.node, "b", "nobody", &n.err), EW_ERR_NOENT);
	check_has("nobody", n.err.text, "nobody");
	assert_int_equal(ew_node_route_add(n.node, "a", "echo", &n.err), EW_ERR_EXISTS);
	nrun_close(&n);
}

static void routes_are_limited_and_removed(void **state)
{
	char pattern[16];
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.config.max_routes = 10;
	nrun_open(&n);
	nrun_put(&n, "one", "1", "echo");
	nrun_put(&n, "two", "1", "echo");
	for (int i = 0; i < 11; i++) {
		snprintf(pattern, sizeof(pattern), "t/%d", i);
		check_status(pattern, ew_node_route_add(n.node, pattern, i & 1 ? "one" : "two", &n.err),
			     i < 10 ? EW_OK : EW_ERR_LIMIT);
	}
	assert_int_equal(ew_node_route_remove(n.node, "t/3", "two"), EW_ERR_NOENT);
	assert_int_equal(ew_node_route_remove(n.node, "t/3", "nobody"), EW_ERR_NOENT);
	assert_int_equal(ew_node_route_remove(n.node, "t/3", "one"), EW_OK);
	assert_int_equal(ew_node_route_remove(n.node, "t/3", "one"), EW_ERR_NOENT);
	nrun_route(&n, "t/3/new", "two");
	/* A function that goes takes its routes with it, and no others. */
	assert_int_equal(ew_node_function_remove(n.node, "one"), EW_OK);
	for (int i = 0; i < 10; i++) {
		snprintf(pattern, sizeof(pattern), "t/%d", i);
		nrun_push(&n, pattern, "x");
	}
	nrun_push(&n, "t/3/new", "x");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "two").events, 6);
	nrun_close(&n);
}

/* ---- histograms ------------------------------------------------------------------------------- */

/* Each value is in the bucket that the header describes. */
static void buckets_are_log_linear(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		uint64_t v = noise(&seed) >> (noise(&seed) % 64), low, high;
		struct ew_histogram h = {0};
		uint32_t b = 0, e = 0, n = 1u << EW_HISTOGRAM_BITS;

		ew_histogram_add(&h, v);
		while (h.bucket[b] == 0)
			b++;
		if (b < n) {
			assert_true(v == b);
			continue;
		}
		e = b / n + EW_HISTOGRAM_BITS - 1;
		low = (uint64_t)(n + b % n) << (e - EW_HISTOGRAM_BITS);
		high = (uint64_t)(n + 1 + b % n) << (e - EW_HISTOGRAM_BITS);
		assert_true(v >= low);
		assert_true(v < high || b == EW_HISTOGRAM_BUCKETS - 1);
	}
}

static void quantiles(void **state)
{
	struct ew_histogram h = {0};

	(void)state;
	assert_int_equal(ew_histogram_quantile(&h, 500), 0);
	for (uint64_t v = 1; v <= 1000; v++)
		ew_histogram_add(&h, v);
	assert_int_equal(h.count, 1000);
	assert_int_equal(h.sum, 500500);
	assert_int_equal(h.max, 1000);
	assert_int_equal(ew_histogram_quantile(&h, 0), 1);
	assert_int_equal(ew_histogram_quantile(&h, 1), 1);
	assert_int_equal(ew_histogram_quantile(&h, 3), 3);
	assert_true(ew_histogram_quantile(&h, 500) >= 500 && ew_histogram_quantile(&h, 500) < 500 + 500 / (1 << EW_HISTOGRAM_BITS));
	assert_true(ew_histogram_quantile(&h, 990) >= 990);
	assert_int_equal(ew_histogram_quantile(&h, 1000), 1000);
	assert_int_equal(ew_histogram_quantile(&h, 2000), 1000);
	ew_histogram_add(&h, UINT64_MAX);
	assert_true(ew_histogram_quantile(&h, 1000) == UINT64_MAX);
}

/* ---- metrics of guests ------------------------------------------------------------------------ */

static void metrics_are_the_functions_own(void **state)
{
	struct ew_metric m;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.config.max_metrics = 5;
	nrun_open(&n);
	nrun_put(&n, "a", "1", "services"); /* two metrics each */
	nrun_put(&n, "b", "1", "services");
	assert_int_equal(nrun_try_put(&n, "c", "1", "services"), EW_ERR_STATE);
	check_has("no room", n.err.text, "edge_init returned -5");
	/* What c had taken is given back; a new version of a keeps a's. */
	assert_int_equal(ew_node_metric_at(n.node, 4, &m), EW_ERR_NOENT);
	nrun_put(&n, "a", "2", "services");
	assert_int_equal(ew_node_metric_at(n.node, 3, &m), EW_OK);
	assert_string_equal(m.function, "b");
	assert_int_equal(ew_node_function_remove(n.node, "a"), EW_OK);
	assert_int_equal(ew_node_metric_at(n.node, 0, &m), EW_OK);
	assert_string_equal(m.function, "b");
	assert_int_equal(ew_node_metric_at(n.node, 2, &m), EW_ERR_NOENT);
	nrun_put(&n, "c", "1", "services");
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match),
		cmocka_unit_test(bad_patterns_are_refused),
		cmocka_unit_test(routes_are_limited_and_removed),
		cmocka_unit_test(buckets_are_log_linear),
		cmocka_unit_test(quantiles),
		cmocka_unit_test(metrics_are_the_functions_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
