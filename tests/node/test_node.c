/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_node.c - events through functions, batches, ticks, time, services: lib/node/{node,guest,services}.c. */
#include "../abi/tiny_model.h"
#include "nrun.h"

static void events_go_through(void **state)
{
	struct ew_node_stats stats;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "echo", "1", "echo");
	nrun_route(&n, "a/+", "echo");
	nrun_push(&n, "a/b", "hello");
	nrun_push(&n, "b", "lost");
	nrun_push(&n, "a/c", "world");
	nrun_step(&n);
	assert_int_equal(n.next.events, 3);
	assert_true(n.next.at_ns == EW_NODE_WHENEVER);
	nrun_expect(&n, "first", "echo", "hello");
	assert_int_equal(n.last_event.trace_id[7], 'h'); /* carried from input to output */
	assert_int_equal(n.last_event.time_ns, 1000);
	nrun_expect(&n, "second", "echo", "world");
	assert_int_equal(n.last_event.trace_id[7], 'w');
	nrun_expect_nothing(&n, "third");
	ew_node_stats(n.node, &stats);
	assert_int_equal(stats.events, 3);
	assert_int_equal(stats.unrouted, 1);
	assert_int_equal(stats.emitted, 2);
	assert_int_equal(stats.emit_refused, 0);
	assert_int_equal(nrun_stats(&n, "echo").events, 2);
	assert_int_equal(nrun_stats(&n, "echo").calls, 2);
	assert_int_equal(nrun_stats(&n, "echo").emitted_bytes, 2 * (4 + 5));
	assert_true(nrun_stats(&n, "echo").fuel > 0);
	assert_int_equal(nrun_stats(&n, "echo").instances, 1);
	nrun_close(&n);
}

static void one_event_goes_to_every_function_once(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "first", "1", "echo");
	nrun_put(&n, "second", "1", "count");
	nrun_route(&n, "a/#", "second");
	nrun_route(&n, "#", "first");
	nrun_route(&n, "a/b", "second"); /* matched already */
	nrun_push(&n, "a/b", "x");
	nrun_step(&n);
	assert_int_equal(nrun_u32(&n, "in the order of the routes", "count"), 1);
	nrun_expect(&n, "then", "echo", "x");
	nrun_expect_nothing(&n, "no more");
	nrun_close(&n);
}

static void steps_are_bounded(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.config.step_events = 3;
	nrun_open(&n);
	nrun_put(&n, "echo", "1", "echo");
	nrun_route(&n, "t", "echo");
	for (int i = 0; i < 7; i++)
		nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.next.events, 3);
	assert_int_equal(n.next.at_ns, n.now); /* there is more: at once */
	nrun_step(&n);
	assert_int_equal(n.next.events, 3);
	nrun_step(&n);
	assert_int_equal(n.next.events, 1);
	assert_true(n.next.at_ns == EW_NODE_WHENEVER);
	nrun_step(&n);
	assert_int_equal(n.next.events, 0);
	nrun_close(&n);
}

/* Consecutive events for the same functions come in one call, each function in its own size. */
static void batches(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.config.max_batch = 16;
	nrun_open(&n);
	n.function.batch = 4;
	nrun_put(&n, "four", "1", "count");
	n.function.batch = 3;
	nrun_put(&n, "three", "1", "count");
	n.function.batch = 17;
	assert_int_equal(nrun_try_put(&n, "many", "1", "count"), EW_ERR_INVAL);
	nrun_route(&n, "t", "four");
	nrun_route(&n, "t", "three");
	nrun_route(&n, "u", "four");
	for (int i = 0; i < 6; i++)
		nrun_push(&n, "t", "x");
	nrun_push(&n, "u", "x");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.next.events, 8);
	/* t t t t | t t | u | t  for four, t t t | t | t t | t  for three. */
	assert_int_equal(nrun_stats(&n, "four").calls, 4);
	assert_int_equal(nrun_stats(&n, "four").events, 8);
	assert_int_equal(nrun_stats(&n, "three").calls, 4);
	assert_int_equal(nrun_stats(&n, "three").events, 7);
	assert_int_equal(nrun_u32(&n, "four", "count"), 4);
	assert_int_equal(nrun_u32(&n, "three", "count"), 3);
	assert_int_equal(nrun_u32(&n, "three", "count"), 4);
	assert_int_equal(nrun_u32(&n, "four", "count"), 6);
	assert_int_equal(nrun_u32(&n, "three", "count"), 6);
	assert_int_equal(nrun_u32(&n, "four", "count"), 7);
	assert_int_equal(nrun_u32(&n, "four", "count"), 8);
	assert_int_equal(nrun_u32(&n, "three", "count"), 7);
	nrun_close(&n);
}

static void ticks_come_when_due(void **state)
{
	struct nrun n;
	char topic[16], data[16];

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_step(&n); /* the node learns the time: 1000 */
	n.function.tick_ns = 100;
	nrun_put(&n, "count", "1", "count");
	n.function.tick_ns = 250;
	nrun_put(&n, "slow", "1", "count");
	n.function.tick_ns = 10;
	nrun_put(&n, "echo", "1", "echo"); /* exports no edge_on_tick */
	nrun_step(&n);
	assert_int_equal(n.next.at_ns, 1100);
	n.now = 1099;
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "count").ticks, 0);
	n.now = 1100;
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "count").ticks, 1);
	assert_int_equal(n.next.at_ns, 1200);
	assert_true(nrun_pop(&n, topic, data, sizeof(data)));
	assert_string_equal(topic, "tick");
	assert_int_equal((uint8_t)data[0] | (uint8_t)data[1] << 8, 1100);
	/* Late by many intervals: one tick, and the next at its old pace. */
	n.now = 1677;
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "count").ticks, 2);
	assert_int_equal(nrun_stats(&n, "slow").ticks, 1);
	assert_int_equal(nrun_stats(&n, "echo").ticks, 0);
	assert_int_equal(n.next.at_ns, 1700);
	/* Time that steps back stands still. */
	n.now = 5;
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "count").ticks, 2);
	assert_int_equal(n.next.at_ns, 1700);
	n.now = UINT64_MAX;
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "count").ticks, 3);
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "count").ticks, 3);
	assert_true(n.next.at_ns == EW_NODE_WHENEVER);
	nrun_close(&n);
}

/* Latency is from the event's time to its verdict, by the host's clock. */
static void latency_is_measured(void **state)
{
	struct ew_function_stats s;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.host.clock = nrun_clock;
	n.clock = 5000;
	nrun_open(&n);
	nrun_put(&n, "echo", "1", "echo");
	nrun_route(&n, "t", "echo");
	n.now = 1000;
	for (int i = 0; i < 10; i++)
		nrun_push(&n, "t", "x");
	nrun_step(&n);
	s = nrun_stats(&n, "echo");
	assert_int_equal(s.latency->count, 10);
	assert_int_equal(s.latency->max, 4000);
	assert_int_equal(s.latency->sum, 40000);
	/* Within the bucket: a quarter at most above. */
	assert_true(ew_histogram_quantile(s.latency, 500) >= 4000);
	assert_true(ew_histogram_quantile(s.latency, 500) <= 4000 + 1000);
	nrun_close(&n);
	/* Without a clock time stands still; events without time are not counted. */
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "echo", "1", "echo");
	nrun_route(&n, "t", "echo");
	n.now = 1000;
	nrun_push(&n, "t", "x");
	n.now = 0;
	nrun_push(&n, "t", "x");
	n.now = 1700;
	nrun_step(&n);
	s = nrun_stats(&n, "echo");
	assert_int_equal(s.latency->count, 1);
	assert_int_equal(s.latency->max, 700);
	nrun_close(&n);
}

/* Every service of edge_v1 through a node. */
static void services_work(void **state)
{
	static const struct ew_setting settings[] = {{"other", "x", 1}, {"limit", "12", 2}};
	struct ew_metric metric;
	struct ew_error err;
	struct tiny model;
	char topic[32];
	uint8_t r[64];
	size_t len;
	struct nrun n;

	(void)state;
	tiny_fc(&model, 1);
	nrun_init(&n);
	n.host.clock = nrun_clock;
	n.clock = 777;
	nrun_open(&n);
	assert_int_equal(ew_models_put(ew_node_models(n.node), "m", "1", model.bytes, model.size, 0, &err),
			 EW_OK);
	n.function.settings = settings;
	n.function.setting_count = 2;
	n.function.deadline_ns = 5000;
	nrun_put(&n, "judge", "1", "services");
	nrun_route(&n, "t", "judge");
	nrun_push(&n, "t", "\x0a\x14\x1e\x05");
	n.now = 700;
	nrun_step(&n);
	assert_true(nrun_pop(&n, topic, (char *)r, sizeof(r)));
	assert_string_equal(topic, "services");
	assert_int_equal(n.last_event.flags, 1);
	assert_int_equal(r[0] | r[1] << 8, NRUN_CAPS);
	assert_int_equal(r[8] | r[9] << 8, 700 + 5000 - 777);
	assert_int_equal(r[16] | r[17] << 8, 777);
	assert_int_equal(r[24], 1);
	check_mem("random", r + 32, "BBBB", 4);
	assert_int_equal(r[36], 2);
	check_mem("setting", r + 40, "12\0", 3);
	assert_int_equal(r[48], 2);
	check_mem("inference", r + 52, "\x1e\x19", 2);
	assert_string_equal(n.log, "judged");
	assert_string_equal(n.log_function, "judge");
	assert_int_equal(n.log_level, 2);
	/* The store holds it under the function's name. */
	assert_int_equal(ew_kv_get(n.kv, "judge/seen", 10, r, 8, &len), EW_OK);
	assert_int_equal(ew_node_metric_at(n.node, 0, &metric), EW_OK);
	assert_string_equal(metric.name, "events_total");
	assert_string_equal(metric.function, "judge");
	assert_int_equal(metric.count, 1);
	assert_int_equal(ew_node_metric_at(n.node, 1, &metric), EW_OK);
	assert_string_equal(metric.name, "score");
	assert_true(metric.value == 30.0 && metric.min == 30.0 && metric.max == 30.0);
	assert_int_equal(metric.bucket[32 + 4], 1); /* 16 <= 30 < 32 */
	assert_int_equal(ew_node_metric_at(n.node, 2, &metric), EW_ERR_NOENT);
	assert_int_equal(nrun_stats(&n, "judge").inferences, 1);
	/* A new version of the model between two events: the guest opens it again by itself. */
	assert_int_equal(ew_models_put(ew_node_models(n.node), "m", "2", model.bytes, model.size, 0, &err),
			 EW_OK);
	assert_int_equal(ew_models_remove(ew_node_models(n.node), "m", "1"), EW_OK);
	nrun_push(&n, "t", "\x01\x01\x01\x01");
	nrun_step(&n);
	assert_true(nrun_pop(&n, topic, (char *)r, sizeof(r)));
	check_mem("inference", r + 52, "\x02\x00", 2);
	nrun_close(&n);
}

static void shared_keys_and_printing(void **state)
{
	struct nrun n;
	size_t len;
	char buf[8];

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.flags = EW_FUNCTION_KV_SHARED;
	nrun_put(&n, "a", "1", "services");
	n.function.flags = 0;
	nrun_route(&n, "t", "a");
	nrun_push(&n, "t", "1234");
	nrun_step(&n);
	assert_int_equal(ew_kv_get(n.kv, "seen", 4, buf, 8, &len), EW_OK);
	nrun_close(&n);
}

static enum ew_status emit(void *user, const char *function, const struct ew_event *header,
			   const void *topic, const void *data)
{
	struct nrun *n = user;

	snprintf(n->log, sizeof(n->log), "%s %.*s %.*s", function, (int)header->topic_bytes,
		 (const char *)topic, (int)header->data_bytes, (const char *)data);
	return n->clock ? EW_ERR_FULL : EW_OK;
}

static void without_rings(void **state)
{
	union {
		struct ew_event e;
		uint8_t bytes[64];
	} in = {.e = {.time_ns = 3, .topic_bytes = 1, .data_bytes = 2}};
	struct ew_node_stats stats;
	struct nrun n;

	(void)state;
	memcpy(in.bytes + sizeof(struct ew_event), "txy", 3);
	nrun_init(&n);
	n.host.emit = emit;
	assert_int_equal(ew_node_create(&n.node, &n.config, &n.mem.alloc, &n.err), EW_OK);
	nrun_put(&n, "echo", "1", "echo");
	nrun_route(&n, "t", "echo");
	assert_int_equal(ew_node_dispatch(n.node, &in.e, 10), EW_OK);
	assert_string_equal(n.log, "echo echo xy");
	assert_int_equal(nrun_stats(&n, "echo").events, 1);
	/* Nobody takes it: the guest is told, and refuses the event. */
	n.clock = 1;
	assert_int_equal(ew_node_dispatch(n.node, &in.e, 10), EW_OK);
	assert_int_equal(n.last.result, -6);
	ew_node_stats(n.node, &stats);
	assert_int_equal(stats.emit_refused, 1);
	assert_int_equal(stats.emitted, 1);
	nrun_step(&n);
	assert_int_equal(n.next.events, 0);
	in.e.topic_bytes = 2;
	assert_int_equal(ew_node_dispatch(n.node, &in.e, 10), EW_OK);
	ew_node_stats(n.node, &stats);
	assert_int_equal(stats.unrouted, 1);
	nrun_close(&n);
}

/* ---- callbacks must not come back ------------------------------------------------------------- */

static void come_back(void *user, const char *function, uint32_t level, const char *text, size_t len)
{
	struct nrun *n = user;
	union {
		struct ew_event e;
		uint8_t bytes[64];
	} in = {.e = {.topic_bytes = 1}};

	(void)function, (void)level, (void)text, (void)len;
	n->logs++;
	assert_int_equal(ew_node_step(n->node, n->now, NULL), EW_ERR_STATE);
	assert_int_equal(ew_node_dispatch(n->node, &in.e, n->now), EW_ERR_STATE);
	assert_int_equal(ew_node_function_put(n->node, &n->function, NULL), EW_ERR_STATE);
	assert_int_equal(ew_node_function_remove(n->node, "a"), EW_ERR_STATE);
	assert_int_equal(ew_node_route_add(n->node, "x", "a", NULL), EW_ERR_STATE);
	assert_int_equal(ew_node_route_remove(n->node, "t", "a"), EW_ERR_STATE);
}

static void callbacks_cannot_change_the_node(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.host.log = come_back;
	nrun_open(&n);
	nrun_put(&n, "a", "1", "services");
	nrun_route(&n, "t", "a");
	nrun_push(&n, "t", "1234");
	nrun_step(&n);
	assert_int_equal(n.logs, 1);
	nrun_close(&n);
}

/* ---- creating --------------------------------------------------------------------------------- */

static void configs_are_checked(void **state)
{
	struct ew_node_host host = {.struct_bytes = 0};
	struct ew_node_config c = {.struct_bytes = sizeof(c)};
	static uint64_t memory[64];
	struct fail_alloc mem;
	struct ew_node *node;
	struct ew_error err;

	(void)state;
	fail_alloc_init(&mem);
	assert_int_equal(ew_node_create(&node, &c, &mem.alloc, &err), EW_OK);
	assert_non_null(ew_node_models(node));
	ew_node_destroy(node);
	c.struct_bytes = 0;
	assert_int_equal(ew_node_create(&node, &c, &mem.alloc, &err), EW_ERR_INVAL);
	assert_null(node);
	c.struct_bytes = sizeof(c);
	c.host = &host;
	assert_int_equal(ew_node_create(&node, &c, &mem.alloc, &err), EW_ERR_INVAL);
	check_has("host", err.text, "struct_bytes");
	c.host = NULL;
	c.max_batch = EW_NODE_BATCH_MAX + 1;
	assert_int_equal(ew_node_create(&node, &c, &mem.alloc, &err), EW_ERR_LIMIT);
	c.max_batch = EW_NODE_BATCH_MAX;
	assert_int_equal(ew_node_create(&node, &c, &mem.alloc, &err), EW_OK);
	ew_node_destroy(node);
	assert_int_equal(ew_ring_init(memory, sizeof(memory), NULL, &c.in), EW_OK);
	c.out = c.in;
	assert_int_equal(ew_node_create(&node, &c, &mem.alloc, &err), EW_ERR_INVAL);
	check_has("rings", err.text, "same ring");
	ew_node_destroy(NULL);
	fail_alloc_finish(&mem);
}

/* A whole life: made, given a model and a function, fed, emptied. */
static enum ew_status live(void *ctx, const struct ew_alloc *alloc)
{
	struct nrun *n = ctx;
	struct ew_node_config c = n->config;
	struct ew_function_config f = n->function;
	union {
		struct ew_event e;
		uint8_t bytes[64];
	} in = {.e = {.topic_bytes = 1, .data_bytes = 4}};
	enum ew_status st;

	memcpy(in.bytes + sizeof(struct ew_event), "t1234", 5);
	st = ew_node_create(&n->node, &c, alloc, NULL);
	if (st != EW_OK)
		return st;
	st = ew_node_function_put(n->node, &f, &n->err);
	/* No room for a metric: edge_init is told AGAIN, and refuses. */
	if (st == EW_ERR_STATE && strstr(n->err.text, "edge_init returned -6"))
		st = EW_ERR_NOMEM;
	if (st == EW_OK)
		st = ew_node_route_add(n->node, "t", "f", NULL);
	if (st == EW_OK)
		st = ew_node_dispatch(n->node, &in.e, 1);
	f.version = "2";
	if (st == EW_OK)
		st = ew_node_function_put(n->node, &f, NULL);
	if (st == EW_OK)
		st = ew_node_route_add(n->node, "u", "f", NULL);
	ew_node_destroy(n->node);
	n->node = NULL;
	return st;
}

static void every_allocation_may_fail(void **state)
{
	static const struct ew_setting settings[] = {{"limit", "1", 1}};
	const struct nrun_guest *g;
	struct nrun n;
	size_t count;

	(void)state;
	nrun_init(&n);
	assert_int_equal(ew_kv_ram_create(NULL, &n.mem.alloc, &n.kv), EW_OK);
	n.config.kv = n.kv;
	n.host.emit = emit;
	g = nrun_guest(&n, "services");
	n.function.name = "f";
	n.function.version = "1";
	n.function.module_bytes = g->bytes;
	n.function.module_size = g->size;
	n.function.flags = EW_FUNCTION_COPY;
	n.function.settings = settings;
	n.function.setting_count = 1;
	n.function.out_topic = "o";
	n.function.fail_limit = UINT32_MAX;
	count = fail_each(live, &n, false);
	assert_true(count > 30);
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_go_through),
		cmocka_unit_test(one_event_goes_to_every_function_once),
		cmocka_unit_test(steps_are_bounded),
		cmocka_unit_test(batches),
		cmocka_unit_test(ticks_come_when_due),
		cmocka_unit_test(latency_is_measured),
		cmocka_unit_test(services_work),
		cmocka_unit_test(shared_keys_and_printing),
		cmocka_unit_test(without_rings),
		cmocka_unit_test(callbacks_cannot_change_the_node),
		cmocka_unit_test(configs_are_checked),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
