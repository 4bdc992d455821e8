/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_cache.c - results from the cache: when they are given, when never, and which make room. */
#include "../abi/tiny_model.h"
#include "nrun.h"

#define PURE (EW_CAP_RECV | EW_CAP_EMIT | EW_CAP_LOG | EW_CAP_STDIO | EW_CAP_CONFIG | EW_CAP_INFER)

static void open_cache(struct nrun *n, size_t bytes)
{
	nrun_init(n);
	n->config.cache_bytes = bytes;
	nrun_open(n);
	n->function.flags = EW_FUNCTION_FRESH | EW_FUNCTION_CACHE;
	n->function.grant.caps = PURE;
}

static void ask(struct nrun *n, const char *topic, const char *data)
{
	nrun_push(n, topic, data);
	nrun_step(n);
}

static struct ew_node_stats stats_of(const struct nrun *n)
{
	struct ew_node_stats s;

	ew_node_stats(n->node, &s);
	return s;
}

static void the_same_is_not_worked_out_twice(void **state)
{
	struct nrun n;
	uint64_t fuel;

	(void)state;
	open_cache(&n, 65536);
	nrun_put(&n, "f", "1", "echo");
	nrun_route(&n, "#", "f");
	ask(&n, "t", "hello");
	nrun_expect(&n, "worked out", "echo", "hello");
	fuel = nrun_stats(&n, "f").fuel;
	n.now += 5;
	ask(&n, "t", "hello");
	nrun_expect(&n, "remembered", "echo", "hello");
	assert_int_equal(n.last_event.time_ns, 1005);	   /* now, */
	assert_int_equal(n.last_event.trace_id[9], 'h'); /* and for the event that asked */
	assert_int_equal(nrun_stats(&n, "f").fuel, fuel);
	assert_int_equal(nrun_stats(&n, "f").calls, 1);
	assert_int_equal(nrun_stats(&n, "f").events, 2);
	assert_int_equal(nrun_stats(&n, "f").emitted_events, 2);
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 1);
	assert_int_equal(nrun_stats(&n, "f").cache_misses, 1);
	assert_int_equal(nrun_stats(&n, "f").latency->count, 2);
	assert_int_equal(stats_of(&n).cache_entries, 1);
	/* Another topic, other data, and what looks the same when joined. */
	ask(&n, "u", "hello");
	ask(&n, "t", "hello!");
	ask(&n, "th", "ello");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 1);
	ask(&n, "th", "ello");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 2);
	nrun_close(&n);
}

/* Flags and content type are part of what was asked, and of what is answered. */
static void flags_and_types_count(void **state)
{
	struct {
		struct ew_event header;
		char payload[3];
	} e = {.header = {.topic_bytes = 1, .data_bytes = 2}, .payload = "tab"};
	struct nrun n;
	char topic[8], data[8];

	(void)state;
	open_cache(&n, 65536);
	nrun_put(&n, "f", "1", "echo");
	nrun_route(&n, "#", "f");
	for (int i = 0; i < 6; i++) {
		e.header.flags = (i % 3 == 1) | 0x80000000u * (uint32_t)(i & 1); /* the high half is not the guest's */
		e.header.content_type = i % 3 == 2 ? 7 : 0;
		assert_int_equal(ew_node_dispatch(n.node, &e.header, n.now), EW_OK);
		assert_true(nrun_pop(&n, topic, data, sizeof(data)));
		assert_string_equal(data, "ab");
		assert_int_equal(n.last_event.flags, i % 3 == 1);
		assert_int_equal(nrun_stats(&n, "f").cache_hits, i < 3 ? 0 : i - 2);
	}
	nrun_close(&n);
}

static void who_may(void **state)
{
	static const struct row {
		const char *name;
		uint32_t flags, caps, batch;
		uint64_t age;
		size_t bytes;
		enum ew_status want;
	} rows[] = {
		{"pure", EW_FUNCTION_FRESH, PURE, 1, 0, 4096, EW_OK},
		{"keeps state", 0, PURE, 1, 0, 4096, EW_ERR_INVAL},
		{"two at a time", EW_FUNCTION_FRESH, PURE, 2, 0, 4096, EW_ERR_INVAL},
		{"waits", EW_FUNCTION_FRESH, PURE, 1, 9, 4096, EW_ERR_INVAL},
		{"clock", EW_FUNCTION_FRESH, PURE | EW_CAP_CLOCK, 1, 0, 4096, EW_ERR_INVAL},
		{"chance", EW_FUNCTION_FRESH, PURE | EW_CAP_RANDOM, 1, 0, 4096, EW_ERR_INVAL},
		{"reads keys", EW_FUNCTION_FRESH, PURE | EW_CAP_KV_READ, 1, 0, 4096, EW_ERR_INVAL},
		{"writes keys", EW_FUNCTION_FRESH, PURE | EW_CAP_KV_WRITE, 1, 0, 4096, EW_ERR_INVAL},
		{"counts", EW_FUNCTION_FRESH, PURE | EW_CAP_METRIC, 1, 0, 4096, EW_ERR_INVAL},
		{"files", EW_FUNCTION_FRESH, PURE | EW_CAP_FS, 1, 0, 4096, EW_ERR_INVAL},
		{"no cache", EW_FUNCTION_FRESH, PURE, 1, 0, 0, EW_ERR_INVAL},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct nrun n;

		open_cache(&n, rows[i].bytes);
		n.function.flags = rows[i].flags | EW_FUNCTION_CACHE;
		n.function.grant.caps = rows[i].caps;
		n.function.batch = rows[i].batch;
		n.function.batch_age_ns = rows[i].age;
		check_status(rows[i].name, nrun_try_put(&n, "f", "1", "echo"), rows[i].want);
		nrun_close(&n);
	}
}

static void results_grow_old(void **state)
{
	static const struct row {
		const char *name;
		uint64_t ttl, after, hits;
	} rows[] = {{"below", 100, 99, 1}, {"at", 100, 100, 0}, {"for ever", 0, 1ull << 60, 1}, {"longest", UINT64_MAX, 1ull << 60, 1}};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct nrun n;

		open_cache(&n, 65536);
		n.function.cache_ttl_ns = rows[i].ttl;
		nrun_put(&n, "f", "1", "echo");
		nrun_route(&n, "#", "f");
		ask(&n, "t", "x");
		n.now += rows[i].after;
		ask(&n, "t", "x");
		check_int(rows[i].name, nrun_stats(&n, "f").cache_hits, rows[i].hits);
		check_int(rows[i].name, stats_of(&n).cache_expired, !rows[i].hits);
		check_int(rows[i].name, stats_of(&n).cache_entries, 1);
		nrun_close(&n);
	}
}

/* However it is asked, there is never more than cache_bytes, and what was used last stays. */
static void the_least_recently_used_goes(void **state)
{
	struct nrun n;
	char data[32];

	(void)state;
	open_cache(&n, 4096);
	nrun_put(&n, "f", "1", "echo");
	nrun_route(&n, "#", "f");
	for (int i = 0; i < 200; i++) {
		ask(&n, "t", "favourite");
		snprintf(data, sizeof(data), "once %d", i);
		ask(&n, "t", data);
		while (nrun_pop(&n, data, data, sizeof(data)))
			;
		assert_true(stats_of(&n).cache_bytes <= 4096);
	}
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 199);
	assert_int_equal(stats_of(&n).cache_evicted + stats_of(&n).cache_entries, 201);
	assert_true(stats_of(&n).cache_entries > 10);
	nrun_close(&n);
}

/* A result of an eighth of the cache is kept, a larger one not; several emits are one result. */
static void how_large_results_may_be(void **state)
{
	uint32_t kept = 0;
	char data[1024];
	struct nrun n;

	(void)state;
	open_cache(&n, 4096);
	nrun_put(&n, "f", "1", "echo");
	nrun_route(&n, "#", "f");
	for (uint32_t size = 1; size < 1000; size++) {
		uint64_t before = stats_of(&n).cache_entries + stats_of(&n).cache_evicted;
		char out[8];

		memset(data, 'x', size);
		data[size] = '\0';
		ask(&n, "t", data);
		assert_true(nrun_pop(&n, out, out, sizeof(out)));
		if (stats_of(&n).cache_entries + stats_of(&n).cache_evicted > before) {
			assert_int_equal(kept, size - 1);
			kept = size;
		}
	}
	assert_true(kept > 150 && kept < 256); /* of 512: the event, the same again, and what it takes to find them */
	nrun_close(&n);
}

/* Updates never give what an older version, another model or other settings had worked out. */
static void updates_are_seen(void **state)
{
	struct tiny model;
	struct nrun n;

	(void)state;
	tiny_fc(&model, 1);
	open_cache(&n, 65536);
	n.function.flags |= EW_FUNCTION_KEEP;
	nrun_put(&n, "f", "1", "echo");
	nrun_put(&n, "g", "1", "echo");
	nrun_route(&n, "t", "f");
	nrun_route(&n, "u", "g");
	ask(&n, "t", "x");
	ask(&n, "t", "x");
	nrun_expect(&n, "1", "echo", "x");
	nrun_expect(&n, "1", "echo", "x");
	nrun_put(&n, "f", "2", "count");
	ask(&n, "t", "x");
	assert_int_equal(nrun_u32(&n, "2", "count"), 1);
	ask(&n, "t", "x");
	assert_int_equal(nrun_u32(&n, "2", "count"), 1);
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 2);
	assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_OK);
	ask(&n, "t", "x"); /* its own results are still right */
	nrun_expect(&n, "1 again", "echo", "x");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 3);
	assert_int_equal(ew_models_put(ew_node_models(n.node), "m", "1", model.bytes, model.size, 0, &n.err), EW_OK);
	ask(&n, "t", "x");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 3);
	ask(&n, "t", "x");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 4);
	assert_int_equal(ew_models_remove(ew_node_models(n.node), "m", NULL), EW_OK);
	ask(&n, "t", "x");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 4);
	assert_int_equal(nrun_stats(&n, "g").cache_hits, 0);
	nrun_close(&n);
}

static void trials_are_worked_out(void **state)
{
	struct ew_canary_config c = {.struct_bytes = sizeof(c), .share = 500};
	struct nrun n;

	(void)state;
	open_cache(&n, 65536);
	nrun_put(&n, "f", "1", "echo");
	nrun_route(&n, "#", "f");
	ask(&n, "t", "x");
	n.function.version = "2";
	assert_int_equal(ew_node_canary_start(n.node, &n.function, &c, &n.err), EW_OK);
	ask(&n, "t", "x");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 0);
	assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_OK);
	ask(&n, "t", "x");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 1);
	nrun_close(&n);
}

/* What failed is tried again each time; what cannot be emitted again is told as if the guest had said it. */
static void failures_are_not_kept(void **state)
{
	static const struct row {
		const char *name, *data;
		uint64_t hits;
	} rows[] = {{"fine", ".", 2}, {"traps", "t", 0}, {"loops", "l", 0}, {"refuses", "x", 0}, {"emits, then traps", "e", 0}};
	struct nrun n;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		open_cache(&n, 65536);
		n.function.fail_limit = UINT32_MAX;
		n.function.fuel = 100000;
		nrun_put(&n, "f", "1", "misbehave");
		nrun_route(&n, "#", "f");
		for (int k = 0; k < 3; k++)
			ask(&n, "t", rows[i].data);
		check_int(rows[i].name, nrun_stats(&n, "f").cache_hits, rows[i].hits);
		check_int(rows[i].name, nrun_stats(&n, "f").failed_events, rows[i].hits ? 0 : 3);
		nrun_close(&n);
	}
	open_cache(&n, 65536);
	n.function.grant.quota[EW_QUOTA_EMIT_EVENTS].per_second = 2;
	nrun_put(&n, "f", "1", "echo");
	nrun_route(&n, "#", "f");
	for (int k = 0; k < 4; k++)
		ask(&n, "t", "x");
	nrun_expect(&n, "1", "echo", "x");
	nrun_expect(&n, "2", "echo", "x");
	nrun_expect_nothing(&n, "the quota is met by results from the cache, too");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 3);
	assert_int_equal(n.reports[EW_NODE_REFUSED], 2);
	assert_int_equal(n.last.result, -7);
	assert_int_equal(nrun_stats(&n, "f").failed_events, 2);
	nrun_close(&n);
}

static void without_memory(void **state)
{
	struct nrun n;
	size_t failures = 0;

	(void)state;
	/* Making it. */
	for (size_t k = 1;; k++) {
		enum ew_status st;
		struct ew_node *node;

		nrun_init(&n);
		n.config.cache_bytes = 4096;
		nrun_open(&n);
		n.mem.fail_at = n.mem.requests + k;
		st = ew_node_create(&node, &n.config, &n.mem.alloc, &n.err);
		n.mem.fail_at = 0;
		ew_node_destroy(st == EW_OK ? node : NULL);
		nrun_close(&n);
		if (st == EW_OK)
			break;
		assert_int_equal(st, EW_ERR_NOMEM);
		failures++;
	}
	assert_true(failures > 8);
	/* Keeping something. */
	open_cache(&n, 4096);
	nrun_put(&n, "f", "1", "echo");
	nrun_route(&n, "#", "f");
	n.mem.fail_at = n.mem.requests + 1;
	ask(&n, "t", "x");
	n.mem.fail_at = 0;
	nrun_expect(&n, "it is only not remembered", "echo", "x");
	assert_int_equal(stats_of(&n).cache_entries, 0);
	ask(&n, "t", "x");
	ask(&n, "t", "x");
	assert_int_equal(nrun_stats(&n, "f").cache_hits, 1);
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_not_worked_out_twice),
		cmocka_unit_test(flags_and_types_count),
		cmocka_unit_test(who_may),
		cmocka_unit_test(results_grow_old),
		cmocka_unit_test(the_least_recently_used_goes),
		cmocka_unit_test(how_large_results_may_be),
		cmocka_unit_test(updates_are_seen),
		cmocka_unit_test(trials_are_worked_out),
		cmocka_unit_test(failures_are_not_kept),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
