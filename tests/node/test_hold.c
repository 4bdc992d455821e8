/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_hold.c - batches that wait for more: by count, bytes and age; and what becomes of them when versions change. */
#include "../abi/tiny_model.h"
#include "nrun.h"

static void push_bytes(struct nrun *n, const char *topic, char first, uint32_t bytes)
{
	char data[4096];

	assert_true(bytes < sizeof(data));
	memset(data, first, bytes);
	data[bytes] = '\0';
	nrun_push(n, topic, data);
}

/* Counts of guest_count: how many events there were after each call. */
static void expect_counts(struct nrun *n, const char *row, const uint32_t *counts)
{
	for (; *counts; counts++)
		check_int(row, nrun_u32(n, row, "count"), *counts);
	nrun_expect_nothing(n, row);
}

static void batches_close(void **state)
{
	static const struct row {
		const char *name;
		uint32_t batch, bytes;
		uint64_t age;
		uint32_t sizes[8]; /* of data; topics have one byte */
		uint64_t after;	   /* of the second step */
		uint32_t first[8], second[8], held;
	} rows[] = {
		{"by count", 3, 0, 100, {5, 5, 5, 5, 5, 5, 5}, 99, {3, 6}, {0}, 1},
		{"by age, below", 9, 0, 100, {5, 5}, 99, {0}, {0}, 2},
		{"by age, at", 9, 0, 100, {5, 5}, 100, {0}, {2}, 0},
		{"by bytes, below", 9, 21, 100, {9, 9}, 1, {0}, {0}, 2},
		{"by bytes, at", 9, 20, 100, {9, 9}, 1, {2}, {0}, 0},
		{"by bytes, the next would be too much", 9, 21, 100, {9, 9, 9}, 1, {2}, {0}, 1},
		{"larger than all", 9, 20, 100, {9, 20, 9}, 1, {1, 2}, {0}, 1},
		{"as large as all", 9, 20, 100, {9, 19, 9}, 1, {1, 2}, {0}, 1},
		{"one by one", 1, 0, 100, {5, 5}, 1, {1, 2}, {0}, 0},
		{"as many as the node has", 0, 0, 100, {5, 5, 5, 5, 5}, 1, {4}, {0}, 1},
		{"not waiting, by bytes", 4, 20, 0, {9, 9, 9, 50, 1}, 1, {2, 3, 4, 5}, {0}, 0},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		struct nrun n;

		nrun_init(&n);
		n.config.max_batch = row->batch > 4 ? row->batch : 4;
		nrun_open(&n);
		n.function.batch = row->batch;
		n.function.batch_bytes = row->bytes;
		n.function.batch_age_ns = row->age;
		nrun_put(&n, "f", "1", "count");
		nrun_route(&n, "#", "f");
		for (int k = 0; k < 8 && row->sizes[k]; k++)
			push_bytes(&n, "t", 'x', row->sizes[k]);
		nrun_step(&n);
		expect_counts(&n, row->name, row->first);
		if (n.next.held)
			check_int(row->name, n.next.at_ns, 1000 + row->age);
		else
			check_true(row->name, n.next.at_ns == EW_NODE_WHENEVER);
		n.now += row->after;
		nrun_step(&n);
		expect_counts(&n, row->name, row->second);
		check_int(row->name, n.next.held, row->held);
		nrun_close(&n);
	}
}

/* They need not come one behind the other, and each function waits for itself. */
static void batches_gather(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.batch = 2;
	n.function.batch_age_ns = 100;
	nrun_put(&n, "a", "1", "count");
	n.function.batch = 3;
	n.function.batch_age_ns = 50;
	nrun_put(&n, "b", "1", "count");
	n.function.batch_age_ns = 0;
	nrun_put(&n, "now", "1", "echo");
	nrun_route(&n, "a", "a");
	nrun_route(&n, "b", "b");
	nrun_route(&n, "c", "now");
	nrun_push(&n, "a", "1");
	nrun_push(&n, "b", "1");
	nrun_push(&n, "c", "c");
	nrun_step(&n);
	nrun_expect(&n, "does not wait", "echo", "c");
	assert_int_equal(n.next.held, 2);
	assert_int_equal(n.next.at_ns, 1050);
	n.now = 1010;
	nrun_push(&n, "b", "2");
	nrun_push(&n, "a", "2");
	nrun_step(&n);
	assert_int_equal(nrun_u32(&n, "a is whole", "count"), 2);
	assert_int_equal(n.next.held, 2);
	n.now = 1050;
	nrun_step(&n);
	assert_int_equal(nrun_u32(&n, "b is old", "count"), 2);
	assert_true(n.next.at_ns == EW_NODE_WHENEVER);
	assert_int_equal(nrun_stats(&n, "b").calls, 1);
	nrun_close(&n);
}

/* One run of the model, and every result goes to the event that asked. */
static void results_go_to_their_events(void **state)
{
	static const uint8_t in[5][5] = {"abcd", "efgh", "ijkl", "mnop", "qrst"};
	struct tiny model;
	struct nrun n;
	struct ew_node_model_config mc = {.struct_bytes = sizeof(mc), .name = "m", .version = "1", .max_batch = 4};
	char topic[16], data[16];

	(void)state;
	tiny_fc(&model, 1);
	nrun_init(&n);
	nrun_open(&n);
	mc.bytes = model.bytes;
	mc.size = model.size;
	assert_int_equal(ew_node_model_put(n.node, &mc, &n.err), EW_OK);
	n.function.batch = 4;
	n.function.batch_age_ns = 100;
	nrun_put(&n, "f", "1", "batch");
	nrun_route(&n, "t", "f");
	for (int i = 0; i < 5; i++) {
		nrun_push(&n, "t", (const char *)in[i]);
		nrun_step(&n);
	}
	n.now += 100;
	nrun_step(&n);
	for (int i = 0; i < 5; i++) {
		int8_t sum = (int8_t)(in[i][0] + in[i][1] > 127 ? 127 : in[i][0] + in[i][1]);

		assert_true(nrun_pop(&n, topic, data, sizeof(data)));
		assert_string_equal(topic, "result");
		assert_int_equal((int8_t)data[0], sum);
		assert_int_equal(n.last_event.trace_id[3], in[i][0]);
	}
	nrun_expect_nothing(&n, "no more");
	assert_int_equal(nrun_stats(&n, "f").calls, 2);
	assert_int_equal(nrun_stats(&n, "f").inferences, 5);
	mc.version = "2";
	mc.max_batch = 1025;
	assert_int_equal(ew_node_model_put(n.node, &mc, &n.err), EW_ERR_INVAL);
	nrun_close(&n);
}

/* What waits when a version changes is judged by the new one, once; removing the function judges it first. */
static void versions_change_while_events_wait(void **state)
{
	static const struct row {
		const char *name;
		uint32_t batch, bytes;
		uint64_t age;
		uint32_t steps; /* until it is judged, the time standing still */
	} rows[] = {
		{"as before", 9, 0, 100, 0},	 {"no waiting any more", 1, 0, 0, 1}, {"smaller", 2, 0, 100, 0},
		{"more room", 9, 90000, 100, 0}, {"less room", 9, 10, 100, 0},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct nrun n;

		nrun_init(&n);
		nrun_open(&n);
		n.function.flags = EW_FUNCTION_KEEP;
		n.function.batch = 9;
		n.function.batch_age_ns = 100;
		nrun_put(&n, "f", "1", "count");
		nrun_route(&n, "t", "f");
		for (int k = 0; k < 4; k++)
			nrun_push(&n, "t", "x");
		nrun_step(&n);
		check_int(rows[i].name, n.next.held, 4);
		n.function.batch = rows[i].batch;
		n.function.batch_bytes = rows[i].bytes;
		n.function.batch_age_ns = rows[i].age;
		nrun_put(&n, "f", "2", "echo");
		for (uint32_t k = 0; k < rows[i].steps; k++)
			nrun_step(&n);
		if (!rows[i].steps) {
			nrun_step(&n);
			check_int(rows[i].name, n.next.held, 4);
			nrun_push(&n, "t", "y");
			n.now += 100;
			nrun_step(&n);
		}
		for (int k = 0; k < 4; k++)
			nrun_expect(&n, rows[i].name, "echo", "x");
		if (!rows[i].steps) {
			n.now += 100;
			nrun_step(&n);
			nrun_expect(&n, rows[i].name, "echo", "y");
		}
		nrun_expect_nothing(&n, rows[i].name);
		check_int(rows[i].name, n.next.held, 0);
		/* And back: what waits meets the first version again. */
		nrun_push(&n, "t", "z");
		nrun_step(&n);
		check_int(rows[i].name, ew_node_function_rollback(n.node, "f", &n.err), EW_OK);
		n.now += 100;
		nrun_step(&n);
		if (rows[i].age)
			check_int(rows[i].name, nrun_u32(&n, rows[i].name, "count"), 1);
		else
			nrun_expect(&n, rows[i].name, "echo", "z");
		nrun_close(&n);
	}
}

/* A version that does not wait gets in one call what comes together, as if none had ever waited. */
static void waiting_may_end(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.batch = 4;
	n.function.batch_age_ns = 100;
	nrun_put(&n, "f", "1", "count");
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	n.function.batch_age_ns = 0;
	nrun_put(&n, "f", "2", "count");
	for (int k = 0; k < 4; k++)
		nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(nrun_u32(&n, "what waited", "count"), 1);
	assert_int_equal(nrun_u32(&n, "what came together", "count"), 5);
	nrun_expect_nothing(&n, "two calls");
	nrun_close(&n);
}

static void removing_judges_what_waits(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.batch = 9;
	n.function.batch_age_ns = 100;
	nrun_put(&n, "f", "1", "echo");
	nrun_put(&n, "g", "1", "echo");
	nrun_route(&n, "t", "f");
	nrun_route(&n, "u", "g");
	nrun_push(&n, "t", "x");
	nrun_push(&n, "u", "x");
	nrun_step(&n);
	assert_int_equal(ew_node_function_remove(n.node, "f"), EW_OK);
	nrun_expect(&n, "f", "echo", "x");
	nrun_expect_nothing(&n, "g waits on");
	nrun_step(&n);
	assert_int_equal(n.next.held, 1);
	nrun_close(&n); /* and is forgotten, its memory is not */
}

/* Parked while events wait: they go to the fallback, unless it gets them anyway. */
static void waiting_events_fall_back(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.batch = 4;
	n.function.batch_age_ns = 100;
	n.function.fail_limit = 1;
	n.function.fallback = "spare";
	nrun_put(&n, "f", "1", "misbehave");
	n.function.fallback = NULL;
	n.function.batch_age_ns = 0;
	nrun_put(&n, "spare", "1", "echo");
	nrun_route(&n, "#", "f");
	nrun_route(&n, "b", "spare");
	for (int i = 0; i < 4; i++)
		nrun_push(&n, "a", "t"); /* the first traps, and parks it */
	nrun_push(&n, "a", "1");
	nrun_push(&n, "b", "2");
	nrun_push(&n, "a", "3");
	nrun_step(&n);
	nrun_expect(&n, "by its route, at once", "echo", "2");
	n.now += 100;
	nrun_step(&n);
	nrun_expect(&n, "fell back", "echo", "1");
	nrun_expect(&n, "fell back", "echo", "3");
	nrun_expect_nothing(&n, "once");
	assert_int_equal(nrun_stats(&n, "f").fallen_back, 2);
	assert_int_equal(nrun_stats(&n, "f").dropped_parked, 1);
	nrun_close(&n);
}

static void without_memory(void **state)
{
	uint32_t failures = 0;
	enum ew_status st = EW_ERR_NOMEM;

	(void)state;
	for (size_t k = 1; st != EW_OK; k++) {
		struct nrun n;

		nrun_init(&n);
		nrun_open(&n);
		n.function.batch_age_ns = 100;
		nrun_guest(&n, "echo");
		n.mem.fail_at = n.mem.requests + k;
		st = nrun_try_put(&n, "f", "1", "echo");
		n.mem.fail_at = 0;
		if (st != EW_OK) {
			assert_int_equal(st, EW_ERR_NOMEM);
			failures++;
		}
		nrun_close(&n);
	}
	assert_true(failures > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_close),	      cmocka_unit_test(batches_gather),
		cmocka_unit_test(results_go_to_their_events), cmocka_unit_test(versions_change_while_events_wait),
		cmocka_unit_test(waiting_may_end), cmocka_unit_test(removing_judges_what_waits), cmocka_unit_test(waiting_events_fall_back),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
