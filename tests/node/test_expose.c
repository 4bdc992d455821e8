/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_expose.c - the page of figures: line by line, in pieces, and read by Prometheus' own tools where they are. */
#include <float.h>
#include <math.h>
#include "node/node.h"
#include "nrun.h"

struct sheet {
	char *text;
	size_t len, cap, pieces, refuse_at; /* refuse_at: from that piece on; 0: never */
};

static bool take(void *user, const char *text, size_t len)
{
	struct sheet *s = user;

	if (s->refuse_at && ++s->pieces >= s->refuse_at)
		return false;
	if (s->len + len + 1 > s->cap)
		s->text = realloc(s->text, s->cap = 2 * (s->len + len + 1));
	memcpy(s->text + s->len, text, len);
	s->len += len;
	s->text[s->len] = '\0';
	return true;
}

/* Two functions, one with a name that must be escaped; events, a failure, metrics of all kinds. */
static void open_busy(struct nrun *n)
{
	struct ewi_function *f, *g;
	uint32_t id;

	nrun_init(n);
	n->config.cache_bytes = 4096;
	nrun_open(n);
	nrun_put(n, "bad \"one\"\\", "1.0", "misbehave");
	n->function.tenant = "a \"tenant\"";
	nrun_put(n, "good", "2", "count");
	nrun_route(n, "t", "bad \"one\"\\");
	nrun_route(n, "t", "good");
	nrun_push(n, "t", "t");
	nrun_push(n, "t", ".");
	nrun_push(n, "u", ".");
	n->now += 5000;
	nrun_step(n);
	f = ewi_function_find(n->node, "good");
	g = ewi_function_find(n->node, "bad \"one\"\\");
	ewi_metric_define(n->node, f, 1, "temp.c", 6, &id);
	ewi_metric_record(n->node, f, id, -12.5);
	ewi_metric_define(n->node, f, 0, "seen", 4, &id);
	ewi_metric_add(n->node, f, id, 7);
	ewi_metric_define(n->node, f, 2, "size", 4, &id);
	ewi_metric_record(n->node, f, id, 3);
	ewi_metric_record(n->node, f, id, 3);
	ewi_metric_record(n->node, f, id, 100);
	ewi_metric_define(n->node, g, 1, "temp c", 6, &id); /* the same family as temp.c */
	ewi_metric_record(n->node, g, id, INFINITY);
}

static void lines(void **state)
{
	static const char *const want[] = {
		"# TYPE edgewasm_events counter\nedgewasm_events_total 3\n",
		"edgewasm_unrouted_events_total 1\n",
		"edgewasm_function_events_total{function=\"good\"} 2\n",
		"edgewasm_function_failed_events_total{function=\"bad \\\"one\\\"\\\\\"} 1\n",
		"edgewasm_function_reports_total{function=\"bad \\\"one\\\"\\\\\",cause=\"trap\"} 1\n",
		"edgewasm_function_parked{function=\"good\"} 0\n",
		"edgewasm_function_memory_bytes{function=\"good\"} 65536\n",
		"edgewasm_function_version{function=\"good\",version=\"2\",sha256=\"",
		"# TYPE edgewasm_function_latency_seconds histogram\n",
		"edgewasm_function_latency_seconds_bucket{function=\"good\",le=\"1.024e-6\"} 0\n",
		"edgewasm_function_latency_seconds_bucket{function=\"good\",le=\"4.096e-6\"} 0\n",
		"edgewasm_function_latency_seconds_bucket{function=\"good\",le=\"8.192e-6\"} 2\n",
		"edgewasm_function_latency_seconds_bucket{function=\"good\",le=\"+Inf\"} 2\n",
		"edgewasm_function_latency_seconds_count{function=\"good\"} 2\n",
		"edgewasm_function_latency_seconds_sum{function=\"good\"} 1e-5\n",
		("# TYPE guest_level_temp_c gauge\nguest_level_temp_c{function=\"good\"} -1.25e+1\n"
		 "guest_level_temp_c{function=\"bad \\\"one\\\"\\\\\"} +Inf\n"),
		"guest_count_seen_total{function=\"good\"} 7\n",
		"guest_observed_size_bucket{function=\"good\",le=\"4\"} 2\n",
		"guest_observed_size_bucket{function=\"good\",le=\"128\"} 3\n",
		"guest_observed_size_bucket{function=\"good\",le=\"+Inf\"} 3\n",
		"guest_observed_size_sum{function=\"good\"} 106\n",
		"edgewasm_function_bytes_total{function=\"good\"} 4\n",
		"edgewasm_function_busy_seconds_total{function=\"good\"} 0\n",
		"# TYPE edgewasm_tenant_events counter\nedgewasm_tenant_events_total{tenant=\"a \\\"tenant\\\"\"} 2\n",
		"edgewasm_tenant_busy_seconds_total{tenant=\"a \\\"tenant\\\"\"} 0\n",
		"# TYPE edgewasm_cache_bytes gauge\nedgewasm_cache_bytes 0\n",
		"edgewasm_function_cache_hits_total{function=\"good\"} 0\n",
		"\n# EOF\n",
	};
	struct sheet s = {NULL, 0, 0, 0, 0}, old = {NULL, 0, 0, 0, 0};
	struct nrun n;

	(void)state;
	open_busy(&n);
	assert_int_equal(ew_node_metrics_write(n.node, EW_METRICS_OPENMETRICS, take, &s), EW_OK);
	for (size_t i = 0; i < ROWS(want); i++)
		check_has(want[i], s.text, want[i]);
	assert_string_equal(s.text + s.len - 6, "# EOF\n");
	assert_int_equal(ew_node_metrics_write(n.node, EW_METRICS_PROMETHEUS, take, &old), EW_OK);
	check_has("older", old.text, "# TYPE edgewasm_events_total counter\nedgewasm_events_total 3\n");
	assert_null(strstr(old.text, "# EOF"));
	free(s.text);
	free(old.text);
	nrun_close(&n);
}

/* Values that are not whole, as they are written. */
static void numbers(void **state)
{
	static const struct row {
		double value;
		const char *want;
	} rows[] = {
		{0, "0"}, {1, "1"}, {-1, "-1"}, {999999999999999, "999999999999999"}, {1e15, "1e+15"}, {0.5, "5e-1"},
		{1.0 / 3, "3.33333333e-1"}, {2.0 / 3, "6.66666667e-1"}, {0.99999999996, "1e+0"}, {123456.789, "1.23456789e+5"},
		{DBL_MAX, "1.79769313e+308"}, {DBL_MIN, "2.22507386e-308"}, {INFINITY, "+Inf"}, {-INFINITY, "-Inf"}, {NAN, "NaN"},
		{5e-324, "4.94065646e-324"},
	};
	struct ewi_function *f;
	struct nrun n;
	uint32_t id;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "f", "1", "count");
	f = ewi_function_find(n.node, "f");
	ewi_metric_define(n.node, f, 1, "g", 1, &id);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct sheet s = {NULL, 0, 0, 0, 0};
		char line[96];

		ewi_metric_record(n.node, f, id, rows[i].value);
		assert_int_equal(ew_node_metrics_write(n.node, EW_METRICS_OPENMETRICS, take, &s), EW_OK);
		snprintf(line, sizeof(line), "\nguest_level_g{function=\"f\"} %s\n", rows[i].want);
		check_has(rows[i].want, s.text, line);
		free(s.text);
	}
	nrun_close(&n);
}

static void a_reader_that_goes_away(void **state)
{
	struct sheet s = {NULL, 0, 0, 0, 0};
	struct nrun n;

	(void)state;
	open_busy(&n);
	for (s.refuse_at = 1;; s.refuse_at++) {
		enum ew_status st;

		s.pieces = 0;
		s.len = 0;
		st = ew_node_metrics_write(n.node, EW_METRICS_OPENMETRICS, take, &s);
		assert_int_equal(st, s.pieces >= s.refuse_at ? EW_ERR_IO : EW_OK);
		assert_true(s.pieces <= s.refuse_at); /* not asked again */
		if (st == EW_OK)
			break;
	}
	assert_true(s.refuse_at > 5);
	free(s.text);
	nrun_close(&n);
}

/* promtool's linter for the older format, the Python client's strict reader for OpenMetrics. */
static void other_readers(void **state)
{
	static const struct row {
		enum ew_metrics_format format;
		const char *program, *script;
	} rows[] = {
		{EW_METRICS_PROMETHEUS, "promtool", "promtool check metrics <"},
		{EW_METRICS_OPENMETRICS, "python3",
		 "python3 -c 'import sys\n"
		 "try: from prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n"
		 "except ImportError: print(\"no reader\"); sys.exit(0)\n"
		 "print(sum(len(f.samples) for f in read(sys.stdin.read())), \"samples\")' <"},
	};
	bool any = false;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct sheet s = {NULL, 0, 0, 0, 0};
		char path[] = "/tmp/ew_expose_XXXXXX", command[1024], out[4096], err[4096];
		const char *argv[] = {"sh", "-c", command, NULL};
		struct nrun n;
		int fd;

		if (!have_program(rows[i].program)) {
			print_message("skipped: no %s\n", rows[i].program);
			continue;
		}
		open_busy(&n);
		assert_int_equal(ew_node_metrics_write(n.node, rows[i].format, take, &s), EW_OK);
		fd = mkstemp(path);
		assert_true(fd >= 0 && write_file(path, s.text, s.len));
		snprintf(command, sizeof(command), "%s %s", rows[i].script, path);
		if (run_program(argv, out, sizeof(out), err, sizeof(err)) != 0)
			fail_msg("%s: %s%s", rows[i].program, out, err);
		print_message("%s: %s%s", rows[i].program, out, err);
		any = true;
		remove(path);
		free(s.text);
		nrun_close(&n);
	}
	if (!any)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(numbers),
		cmocka_unit_test(a_reader_that_goes_away),
		cmocka_unit_test(other_readers),
	};

	return cmocka_run_group_tests_name("expose", tests, NULL, NULL);
}
