/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_drift.c - metrics of functions that are watched, events that are sampled: lib/node/watch.c. */
#include <math.h>
#include "../aid/json.h"
#include "nrun.h"

#define LOAD8(at) I32_CONST5(at), 0x2d, 0, 0

/* Records the first byte of an event's data as "score" (and its negative as "other"). */
static void build(struct wmod *m)
{
	wmod_init(m);
	wmod_import_func(m, "edge_v1", "metric_define", "(iii)i");
	wmod_import_func(m, "edge_v1", "metric_record", "(iF)i");
	wmod_import_func(m, "edge_v1", "event_poll", "(iii)i");
	wmod_memory(m, 1, 1);
	wmod_data(m, 0, "scoreother", 10);
	wmod_global(m, T_I32, 1, CODE(I32_CONST(0)));
	wmod_global(m, T_I32, 1, CODE(I32_CONST(0)));
	wmod_export(m, "edge_init", WMOD_FUNC,
		    wmod_func(m, "()i", "", CODE(I32_CONST(1), I32_CONST(0), I32_CONST(5), CALL(0), GLOBAL_SET(0), I32_CONST(1),
						 I32_CONST(5), I32_CONST(5), CALL(0), GLOBAL_SET(1), I32_CONST(0))));
	wmod_export(m, "edge_on_event", WMOD_FUNC,
		    wmod_func(m, "(i)i", "", CODE(I32_CONST5(256), I32_CONST5(512), I32_CONST5(64), CALL(2), OP_DROP, GLOBAL_GET(0),
						  LOAD8(513), 0xb8, CALL(1), OP_DROP, GLOBAL_GET(1), LOAD8(513), 0xb8, 0x9a, CALL(1))));
}

static void put(struct nrun *n, const char *version)
{
	struct wmod m;

	build(&m);
	n->function.name = "f";
	n->function.version = version;
	n->function.flags = EW_FUNCTION_COPY | EW_FUNCTION_KEEP;
	n->function.module_bytes = wmod_finish(&m, &n->function.module_size);
	if (ew_node_function_put(n->node, &n->function, &n->err) != EW_OK)
		fail_msg("put: %s", n->err.text);
	wmod_free(&m);
}

static void send(struct nrun *n, uint32_t count, int first, int step)
{
	char data[2] = "";

	for (uint32_t i = 0; i < count; i++) {
		data[0] = (char)(first + (int)(i % 4) * step);
		nrun_push(n, "t", data);
		nrun_step(n);
	}
}

static struct ew_node_watch_config mean(void)
{
	return (struct ew_node_watch_config){.struct_bytes = sizeof(struct ew_node_watch_config), .function = "f",
					     .metric = "score", .topic = "drift/f", .delta = 2, .lambda = 50, .min_count = 20};
}

static void open_f(struct nrun *n)
{
	nrun_init(n);
	nrun_open(n);
	put(n, "1");
	nrun_route(n, "t", "f");
}

static void means_are_watched(void **state)
{
	static const struct row {
		const char *name;
		double scale;
		int before, after;
		const char *drift;
	} rows[] = {
		{"rises", 0, 40, 60, "\"up\""},	   {"falls", 0, 60, 40, "\"down\""}, {"stays", 0, 50, 51, NULL},
		{"in tenths", 10, 50, 53, "\"up\""}, {"turned round", -1, 40, 60, "\"down\""}, {"too coarse", 0.01, 40, 120, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_node_watch_config c = mean();
		char topic[32], data[256];
		struct nrun n;

		open_f(&n);
		c.scale = rows[i].scale;
		check_status(rows[i].name, ew_node_watch_put(n.node, &c, &n.err), EW_OK);
		send(&n, 40, rows[i].before, 0);
		nrun_expect_nothing(&n, rows[i].name);
		send(&n, 10, rows[i].after, 0);
		check_int(rows[i].name, n.reports[EW_NODE_DRIFT], rows[i].drift != NULL);
		check_true(rows[i].name, nrun_pop(&n, topic, data, sizeof(data)) == (rows[i].drift != NULL));
		if (rows[i].drift) {
			check_str(rows[i].name, topic, "drift/f");
			check_str(rows[i].name, json_find(data, "drift"), rows[i].drift);
			check_str(rows[i].name, json_find(data, "metric"), "\"score\"");
			check_str(rows[i].name, json_find(data, "function"), "\"f\"");
			check_str(rows[i].name, json_find(data, "version"), "\"1\"");
			check_int(rows[i].name, n.last_event.trace_id[0], rows[i].after); /* about the event that brought it */
			check_has(rows[i].name, n.last_text, rows[i].drift[1] == 'u' ? "f@1: up" : "f@1: down");
			check_int(rows[i].name, nrun_stats(&n, "f").emitted_events, 1);
		}
		nrun_close(&n);
	}
}

static void shapes_are_watched(void **state)
{
	struct ew_node_watch_config c = mean();
	char topic[32], data[256];
	struct nrun n;

	(void)state;
	open_f(&n);
	c.lambda = 0;
	c.metric = "other"; /* -40 -45 -50 -55 */
	c.buckets = 3;
	c.edges[0] = -52;
	c.edges[1] = -47;
	c.reference_count = 64;
	c.window_count = 32;
	c.threshold = 250;
	assert_int_equal(ew_node_watch_put(n.node, &c, &n.err), EW_OK);
	send(&n, 128, 40, 5);
	nrun_expect_nothing(&n, "as it was");
	send(&n, 32, 50, 0); /* the same mean, about, and another shape */
	assert_true(nrun_pop(&n, topic, data, sizeof(data)));
	assert_string_equal(json_find(data, "drift"), "\"shape\"");
	assert_string_equal(json_find(data, "metric"), "\"other\"");
	assert_true(atoi(json_find(data, "psi")) > 250);
	nrun_expect_nothing(&n, "once");
	nrun_close(&n);
}

/* Across versions, and not what a version on trial records; anew when it is put anew. */
static void versions_come_and_go(void **state)
{
	struct ew_canary_config canary = {.struct_bytes = sizeof(canary), .share = 500};
	struct ew_node_watch_config c = mean();
	char topic[32], data[256];
	struct nrun n;

	(void)state;
	open_f(&n);
	assert_int_equal(ew_node_watch_put(n.node, &c, &n.err), EW_OK);
	send(&n, 40, 40, 0);
	put(&n, "2");
	send(&n, 10, 60, 0);
	assert_true(nrun_pop(&n, topic, data, sizeof(data)));
	assert_string_equal(json_find(data, "version"), "\"2\"");
	while (nrun_pop(&n, topic, data, sizeof(data)))
		;
	assert_int_equal(ew_node_watch_put(n.node, &c, &n.err), EW_OK);
	send(&n, 10, 100, 0);
	nrun_expect_nothing(&n, "there is no history any more");
	/* On trial, for a key that the new version has. */
	for (canary.salt = 0;; canary.salt++) {
		struct wmod m;

		build(&m);
		n.function.version = "3";
		n.function.module_bytes = wmod_finish(&m, &n.function.module_size);
		assert_int_equal(ew_node_canary_start(n.node, &n.function, &canary, &n.err), EW_OK);
		wmod_free(&m);
		send(&n, 1, 100, 0);
		if (nrun_stats(&n, "f").canary_events)
			break;
		assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_OK);
	}
	send(&n, 60, 10, 0);
	nrun_expect_nothing(&n, "all of it was the other's");
	nrun_close(&n);
}

static void limits(void **state)
{
	static char longest[64], longer[65], topic255[256], topic256[257];
	static const struct row {
		const char *name;
		size_t struct_bytes;
		const char *function, *metric, *topic;
		int32_t delta, lambda;
		uint32_t min_count, buckets;
		enum ew_status want;
	} rows[] = {
		{"good", sizeof(struct ew_node_watch_config), "f", "m", "t", 0, 1, 1, 0, EW_OK},
		{"no size", 0, "f", "m", "t", 0, 1, 1, 0, EW_ERR_INVAL},
		{"no function", sizeof(struct ew_node_watch_config), NULL, "m", "t", 0, 1, 1, 0, EW_ERR_INVAL},
		{"another function", sizeof(struct ew_node_watch_config), "g", "m", "t", 0, 1, 1, 0, EW_ERR_NOENT},
		{"no metric", sizeof(struct ew_node_watch_config), "f", "", "t", 0, 1, 1, 0, EW_ERR_INVAL},
		{"longest metric", sizeof(struct ew_node_watch_config), "f", longest, "t", 0, 1, 1, 0, EW_OK},
		{"longer metric", sizeof(struct ew_node_watch_config), "f", longer, "t", 0, 1, 1, 0, EW_ERR_INVAL},
		{"no topic", sizeof(struct ew_node_watch_config), "f", "m", "", 0, 1, 1, 0, EW_ERR_INVAL},
		{"longest topic", sizeof(struct ew_node_watch_config), "f", "m", topic255, 0, 1, 1, 0, EW_OK},
		{"longer topic", sizeof(struct ew_node_watch_config), "f", "m", topic256, 0, 1, 1, 0, EW_ERR_INVAL},
		{"neither method", sizeof(struct ew_node_watch_config), "f", "m", "t", 0, 0, 0, 0, EW_ERR_INVAL},
		{"a bad mean", sizeof(struct ew_node_watch_config), "f", "m", "t", -1, 1, 1, 0, EW_ERR_INVAL},
		{"a bad shape", sizeof(struct ew_node_watch_config), "f", "m", "t", 0, 0, 0, 2, EW_ERR_INVAL},
	};
	struct nrun n;

	(void)state;
	memset(longest, 'x', 63);
	memset(longer, 'x', 64);
	memset(topic255, 'x', 255);
	memset(topic256, 'x', 256);
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		struct ew_node_watch_config c = {.struct_bytes = r->struct_bytes, .function = r->function, .metric = r->metric,
						 .topic = r->topic, .delta = r->delta, .lambda = r->lambda,
						 .min_count = r->min_count, .buckets = r->buckets};

		open_f(&n);
		check_status(r->name, ew_node_watch_put(n.node, &c, &n.err), r->want);
		if (r->want == EW_OK) {
			n.mem.fail_at = n.mem.requests + 1;
			check_status(r->name, ew_node_watch_put(n.node, &c, &n.err), EW_ERR_NOMEM);
			n.mem.fail_at = 0;
		}
		nrun_close(&n);
	}
	for (int i = 0; i < 3; i++) {
		struct ew_node_watch_config c = mean();

		c.scale = (const double[]){(double)NAN, (double)INFINITY, -(double)INFINITY}[i];
		open_f(&n);
		check_status("a scale without an end", ew_node_watch_put(n.node, &c, &n.err), EW_ERR_INVAL);
		check_has("a scale without an end", n.err.text, "not finite");
		nrun_close(&n);
	}
}

/* What the function was called for is what the reservoir was offered, and nothing else. */
static void events_are_sampled(void **state)
{
	_Alignas(4) static uint8_t memory[512], same[512];
	struct ew_reservoir r, want;
	struct nrun n;

	(void)state;
	open_f(&n);
	assert_int_equal(ew_reservoir_init(&r, memory, sizeof(memory), 8, 7), EW_OK);
	assert_int_equal(ew_reservoir_init(&want, same, sizeof(same), 8, 7), EW_OK);
	assert_int_equal(ew_node_sample(n.node, "g", &r), EW_ERR_NOENT);
	assert_int_equal(ew_node_sample(n.node, "f", &r), EW_OK);
	send(&n, 200, 40, 1);
	nrun_push(&n, "elsewhere", "x");
	nrun_step(&n);
	for (uint32_t i = 0; i < 200; i++) {
		uint8_t byte = (uint8_t)(40 + i % 4);

		ew_reservoir_offer(&want, &byte, 1);
	}
	assert_int_equal(r.offered, 200);
	assert_memory_equal(memory, same, sizeof(memory));
	assert_int_equal(ew_node_sample(n.node, "f", NULL), EW_OK);
	send(&n, 10, 40, 1);
	assert_int_equal(r.offered, 200);
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means_are_watched), cmocka_unit_test(shapes_are_watched),
		cmocka_unit_test(versions_come_and_go), cmocka_unit_test(limits), cmocka_unit_test(events_are_sampled),
	};

	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
