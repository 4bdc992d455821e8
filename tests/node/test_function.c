/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_function.c - functions that fail, are parked, replaced, fresh: lib/node/{function,guest,handle}.c.
 *
 * Hostile events go to a function that does what they say; a good function beside it must not notice.
 */
#include "../abi/tiny_model.h"
#include "nrun.h"

static void open_hostile(struct nrun *n)
{
	nrun_open(n);
	n->function.fuel = 200000;
	n->function.max_memory_pages = 4;
	nrun_put(n, "bad", "1.0", "misbehave");
	n->function.fuel = 0;
	nrun_put(n, "good", "1", "count");
	nrun_route(n, "t", "bad");
	nrun_route(n, "t", "good");
}

/* Each way to fail costs one event, a report that says why, and a new instance where one is due. */
static void failures_cost_one_event(void **state)
{
	static const struct row {
		const char *name, *data;
		bool fails;
		enum ew_node_cause cause;
		enum ew_status status;
		uint32_t lost;
		bool new_instance;
		const char *text;
	} rows[] = {
		{"well", ".", false, EW_NODE_REFUSED, EW_OK, 0, false, ""},
		{"refuses", "x", true, EW_NODE_REFUSED, EW_OK, 1, false, "bad@1.0 returned -5"},
		{"traps", "t", true, EW_NODE_TRAP, EW_ERR_TRAP, 1, true, "unreachable"},
		{"divides by zero", "b", true, EW_NODE_TRAP, EW_ERR_TRAP, 1, true, "divide by zero"},
		{"recurses", "r", true, EW_NODE_TRAP, EW_ERR_TRAP, 1, true, ""},
		{"loops", "l", true, EW_NODE_FUEL_OUT, EW_ERR_FUEL, 1, true, "out of fuel"},
		{"bad pointers", "p", false, EW_NODE_REFUSED, EW_OK, 0, false, ""},
		{"acknowledges first", "a", true, EW_NODE_TRAP, EW_ERR_TRAP, 0, true, "unreachable"},
		{"grows", "g", false, EW_NODE_REFUSED, EW_OK, 0, false, ""},
	};
	struct nrun n;

	(void)state;
	nrun_init(&n);
	open_hostile(&n);
	for (uint32_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		uint64_t failed = nrun_stats(&n, "bad").failed_events;
		uint64_t instances = nrun_stats(&n, "bad").instances;
		uint32_t reports = n.reports[row->cause];

		/* A fine event before and after. */
		nrun_push(&n, "t", ".");
		nrun_push(&n, "t", row->data);
		nrun_push(&n, "t", ".");
		nrun_step(&n);
		nrun_expect(&n, row->name, "fine", "");
		check_int(row->name, nrun_u32(&n, row->name, "count"), 3 * i + 1);
		if (row->data[0] == '.' || row->data[0] == 'p')
			nrun_expect(&n, row->name, "fine", "");
		if (row->data[0] == 'g')
			check_int(row->name, nrun_u32(&n, row->name, "pages"), 3);
		check_int(row->name, nrun_u32(&n, row->name, "count"), 3 * i + 2);
		nrun_expect(&n, row->name, "fine", "");
		check_int(row->name, nrun_u32(&n, row->name, "count"), 3 * i + 3);
		nrun_expect_nothing(&n, row->name);
		check_int(row->name, n.reports[row->cause] - reports, row->fails);
		check_int(row->name, nrun_stats(&n, "bad").failed_events - failed, row->lost);
		check_int(row->name, nrun_stats(&n, "bad").instances - instances, row->new_instance);
		check_int(row->name, nrun_stats(&n, "bad").fails_in_row, 0);
		if (!row->fails)
			continue;
		check_int(row->name, n.last.cause, row->cause);
		check_status(row->name, n.last.status, row->status);
		check_int(row->name, n.last.events_lost, row->lost);
		check_has(row->name, n.last_text, "bad@1.0");
		check_has(row->name, n.last_text, row->text);
		check_true(row->name, (n.last.trap != NULL) == (row->cause == EW_NODE_TRAP));
		check_true(row->name, (n.last.event != NULL) == (row->lost != 0));
		check_int(row->name, nrun_stats(&n, "bad").causes[row->cause], n.reports[row->cause]);
	}
	assert_int_equal(nrun_stats(&n, "good").failed_events, 0);
	assert_int_equal(nrun_stats(&n, "good").instances, 1);
	nrun_close(&n);
}

/* Of a batch, what was acknowledged is done; the rest failed, once. */
static void batches_fail_from_where_they_stopped(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.function.batch = 8;
	open_hostile(&n);
	n.function.batch = 0;
	for (int i = 0; i < 3; i++)
		nrun_push(&n, "t", ".");
	nrun_push(&n, "t", "t");
	nrun_push(&n, "t", ".");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "bad").calls, 1);
	assert_int_equal(nrun_stats(&n, "bad").failed_events, 2);
	assert_int_equal(n.last.events_lost, 2);
	assert_int_equal(n.last_event.seq, 4);
	for (int i = 0; i < 3; i++)
		nrun_expect(&n, "fine", "fine", "");
	nrun_close(&n);
}

/* Fuel is for each event, and for the host's work too. */
static void fuel_is_for_each_event(void **state)
{
	uint64_t one;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "echo", "1", "echo");
	nrun_route(&n, "t", "echo");
	nrun_push(&n, "t", "hello");
	nrun_step(&n);
	one = nrun_stats(&n, "echo").fuel;
	assert_true(one > 8 + 8 + 8); /* three host calls at least */
	n.function.fuel = one; /* at it */
	nrun_put(&n, "echo", "2", "echo");
	nrun_push(&n, "t", "hello");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "echo").failed_events, 0);
	assert_int_equal(nrun_stats(&n, "echo").fuel, 2 * one);
	n.function.fuel = 20; /* far below: the loop for the second event is not entered */
	n.function.batch = 2;
	nrun_put(&n, "echo", "3", "echo");
	nrun_push(&n, "t", "hello");
	nrun_push(&n, "t", "hello");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_FUEL_OUT], 1);
	n.function.fuel = one + 10;
	nrun_put(&n, "echo", "4", "echo");
	nrun_push(&n, "t", "hello");
	nrun_push(&n, "t", "hello");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_FUEL_OUT], 1);
	n.function.fuel = EW_FUEL_MAX;
	assert_int_equal(nrun_try_put(&n, "echo", "5", "echo"), EW_ERR_INVAL);
	nrun_close(&n);
}

/* With a clock a loop ends at its deadline; from outside it ends when it is interrupted. */
static void deadlines_end_loops(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.host.clock = nrun_clock;
	n.clock = 1000;
	n.clock_step = 10;
	nrun_open(&n);
	n.function.deadline_ns = 1000;
	nrun_put(&n, "bad", "1", "misbehave");
	nrun_route(&n, "t", "bad");
	nrun_push(&n, "t", "l");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_DEADLINE], 1);
	check_has("text", n.last_text, "deadline");
	assert_true(n.clock >= 2000 && n.clock < 2100);
	/* Fuel that ends before the deadline is the cause then. */
	n.function.fuel = 150000;
	nrun_put(&n, "bad", "2", "misbehave");
	nrun_push(&n, "t", "l");
	n.now = n.clock;
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_FUEL_OUT], 1);
	assert_int_equal(n.reports[EW_NODE_DEADLINE], 1);
	assert_true(nrun_stats(&n, "bad").fuel >= 150000);
	/* Short work does not notice. */
	nrun_push(&n, "t", ".");
	nrun_step(&n);
	nrun_expect(&n, "fine", "fine", "");
	nrun_close(&n);
}

static enum ew_status interrupting_emit(void *user, const char *function,
					const struct ew_event *header, const void *topic,
					const void *data)
{
	struct nrun *n = user;

	(void)function, (void)header, (void)topic, (void)data;
	n->logs++;
	ew_node_interrupt(n->node);
	return EW_OK;
}

static void interrupts_end_loops(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.host.emit = interrupting_emit; /* in the middle of the call, as a timer's interrupt would */
	nrun_open(&n);
	n.config.out = NULL;
	ew_node_destroy(n.node);
	assert_int_equal(ew_node_create(&n.node, &n.config, &n.mem.alloc, &n.err), EW_OK);
	n.function.fuel = EW_FUEL_MAX / EW_NODE_BATCH_MAX;
	nrun_put(&n, "bad", "1", "misbehave");
	nrun_route(&n, "t", "bad");
	nrun_push(&n, "t", "o");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_DEADLINE], 1);
	assert_int_equal(nrun_stats(&n, "bad").failed_events, 1);
	/* One that came while nothing ran is forgotten. */
	ew_node_interrupt(n.node);
	n.function.fuel = 1000;
	nrun_put(&n, "bad", "2", "misbehave");
	ew_node_interrupt(n.node);
	nrun_push(&n, "t", "l");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_FUEL_OUT], 1);
	assert_int_equal(n.reports[EW_NODE_DEADLINE], 1);
	nrun_close(&n);
}

static void quotas_are_told(void **state)
{
	struct tiny model;
	struct nrun n;

	(void)state;
	tiny_fc(&model, 1);
	nrun_init(&n);
	nrun_open(&n);
	assert_int_equal(ew_models_put(ew_node_models(n.node), "m", "1", model.bytes, model.size, 0, NULL),
			 EW_OK);
	n.function.grant.quota[EW_QUOTA_EMIT_EVENTS].per_call = 3;
	n.function.grant.quota[EW_QUOTA_INFERENCES].per_call = 5;
	nrun_put(&n, "bad", "1", "misbehave");
	nrun_route(&n, "t", "bad");
	nrun_push(&n, "t", "q");
	nrun_step(&n);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(nrun_u32(&n, "flood", "flood"), i);
	nrun_expect_nothing(&n, "the fourth");
	assert_int_equal(n.reports[EW_NODE_QUOTA], 1);
	assert_int_equal(n.last.events_lost, 0); /* the guest took it well */
	assert_int_equal(nrun_stats(&n, "bad").failed_events, 0);
	nrun_push(&n, "t", "i");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "bad").inferences, 5);
	assert_int_equal(n.reports[EW_NODE_QUOTA], 2);
	nrun_push(&n, "t", ".");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_QUOTA], 2);
	/* Strictly, it costs the event. */
	n.function.grant.flags = EW_GRANT_STRICT;
	nrun_put(&n, "bad", "2", "misbehave");
	nrun_push(&n, "t", "q");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_QUOTA], 3);
	assert_int_equal(n.last.events_lost, 1);
	assert_int_equal(nrun_stats(&n, "bad").failed_events, 1);
	assert_int_equal(nrun_stats(&n, "bad").causes[EW_NODE_TRAP], 0);
	nrun_close(&n);
}

/* ---- parking ---------------------------------------------------------------------------------- */

static void failing_functions_are_parked(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.function.fail_limit = 3;
	n.function.park_ns = 500;
	open_hostile(&n);
	/* Below the limit, then a good one: the count starts anew. */
	nrun_push(&n, "t", "t");
	nrun_push(&n, "t", "x");
	nrun_push(&n, "t", ".");
	nrun_push(&n, "t", "t");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_PARKED], 0);
	assert_int_equal(nrun_stats(&n, "bad").fails_in_row, 2);
	nrun_push(&n, "t", "t");
	nrun_push(&n, "t", ".");
	nrun_push(&n, "t", ".");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_PARKED], 1);
	assert_int_equal(n.until, 1500);
	assert_true(nrun_stats(&n, "bad").parked);
	assert_int_equal(nrun_stats(&n, "bad").parked_until_ns, 1500);
	assert_int_equal(nrun_stats(&n, "bad").dropped_parked, 2);
	assert_int_equal(nrun_stats(&n, "bad").failed_events, 5);
	assert_int_equal(nrun_stats(&n, "good").events, 8);
	n.now = 1499;
	nrun_push(&n, "t", ".");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "bad").dropped_parked, 3);
	/* On probation: one failure is enough. */
	n.now = 1500;
	nrun_push(&n, "t", "t");
	nrun_push(&n, "t", ".");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_PARKED], 2);
	assert_int_equal(n.until, 2000);
	assert_int_equal(nrun_stats(&n, "bad").dropped_parked, 4);
	/* One success is enough, too. */
	n.now = 2000;
	nrun_push(&n, "t", ".");
	nrun_push(&n, "t", "t");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_PARKED], 2);
	assert_int_equal(nrun_stats(&n, "bad").fails_in_row, 1);
	assert_false(nrun_stats(&n, "bad").parked);
	/* By hand, and by a new version. */
	nrun_push(&n, "t", "t");
	nrun_push(&n, "t", "t");
	nrun_step(&n);
	assert_true(nrun_stats(&n, "bad").parked);
	assert_int_equal(ew_node_function_unpark(n.node, "bad"), EW_OK);
	assert_int_equal(ew_node_function_unpark(n.node, "nobody"), EW_ERR_NOENT);
	assert_false(nrun_stats(&n, "bad").parked);
	for (int i = 0; i < 3; i++)
		nrun_push(&n, "t", "t");
	nrun_step(&n);
	assert_true(nrun_stats(&n, "bad").parked);
	nrun_put(&n, "bad", "2", "misbehave");
	assert_false(nrun_stats(&n, "bad").parked);
	nrun_close(&n);
}

static void parking_can_be_switched_off(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.function.fail_limit = UINT32_MAX;
	open_hostile(&n);
	for (int i = 0; i < 100; i++)
		nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_PARKED], 0);
	assert_int_equal(nrun_stats(&n, "bad").fails_in_row, 100);
	nrun_close(&n);
	/* The end of time does not wrap around to now. */
	nrun_init(&n);
	n.function.fail_limit = 1;
	n.function.park_ns = UINT64_MAX;
	open_hostile(&n);
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_true(n.until == UINT64_MAX);
	nrun_push(&n, "t", ".");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "bad").dropped_parked, 1);
	nrun_close(&n);
}

/* ---- state and versions ----------------------------------------------------------------------- */

static void warm_fresh_and_after_a_trap(void **state)
{
	static const struct ew_setting start[] = {{"start", "40", 2}};
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.settings = start;
	n.function.setting_count = 1;
	nrun_put(&n, "warm", "1", "count");
	n.function.flags = EW_FUNCTION_FRESH;
	nrun_put(&n, "fresh", "1", "count");
	nrun_route(&n, "t", "warm");
	nrun_route(&n, "t", "fresh");
	for (uint32_t i = 1; i <= 3; i++) {
		nrun_push(&n, "t", "x");
		nrun_step(&n);
		assert_int_equal(nrun_u32(&n, "warm", "count"), 40 + i);
		assert_int_equal(nrun_u32(&n, "fresh", "count"), 41);
	}
	assert_int_equal(nrun_stats(&n, "warm").instances, 1);
	assert_int_equal(nrun_stats(&n, "fresh").instances, 1);
	assert_int_equal(nrun_stats(&n, "fresh").resets, 3);
	assert_true(nrun_stats(&n, "warm").memory_bytes >= 65536);
	nrun_close(&n);
}

static void versions_are_replaced_between_events(void **state)
{
	static const struct ew_setting refuse[] = {{"refuse", "1", 1}}, start[] = {{"start", "12345678", 8}};
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "f", "1", "count");
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	nrun_u32(&n, "first", "count");
	assert_int_equal(nrun_u32(&n, "second", "count"), 2);
	/* What does not work changes nothing. */
	assert_int_equal(nrun_try_put(&n, "f", "1", "echo"), EW_ERR_EXISTS);
	n.function.settings = refuse;
	n.function.setting_count = 1;
	assert_int_equal(nrun_try_put(&n, "f", "2", "count"), EW_ERR_STATE);
	check_has("refusal", n.err.text, "edge_init returned -7");
	n.function.setting_count = 0;
	n.function.grant.caps = EW_CAP_RECV;
	assert_int_equal(nrun_try_put(&n, "f", "2", "echo"), EW_ERR_UNLINKABLE);
	check_has("grant", n.err.text, "edge_v1.event_emit needs capability EMIT");
	n.function.grant.caps = NRUN_CAPS;
	n.function.fuel = 3;
	n.function.settings = start;
	n.function.setting_count = 1;
	assert_int_equal(nrun_try_put(&n, "f", "2", "count"), EW_ERR_FUEL);
	n.function.fuel = 0;
	n.function.setting_count = 0;
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(nrun_u32(&n, "third, by the old one with its state", "count"), 3);
	nrun_push(&n, "t", "x");
	nrun_put(&n, "f", "2", "echo");
	nrun_push(&n, "t", "y");
	nrun_step(&n);
	nrun_expect(&n, "fourth", "echo", "x");
	nrun_expect(&n, "fifth", "echo", "y");
	nrun_expect_nothing(&n, "no event is lost or doubled");
	assert_string_equal(nrun_stats(&n, "f").version, "2");
	assert_int_equal(nrun_stats(&n, "f").events, 5);
	assert_int_equal(ew_node_function_remove(n.node, "f"), EW_OK);
	assert_int_equal(ew_node_function_remove(n.node, "f"), EW_ERR_NOENT);
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	nrun_expect_nothing(&n, "nobody");
	nrun_close(&n);
}

static void functions_are_checked(void **state)
{
	static const char name47[] = "12345678901234567890123456789012345678901234567";
	static const char name48[] = "123456789012345678901234567890123456789012345678";
	static const struct row {
		const char *row, *name, *version, *guest;
		enum ew_status want;
	} rows[] = {
		{"longest names", name47, name47, "echo", EW_OK},
		{"name too long", name48, "1", "echo", EW_ERR_INVAL},
		{"version too long", "f", name48, "echo", EW_ERR_INVAL},
		{"no name", "", "1", "echo", EW_ERR_INVAL},
		{"no version", "f", "", "echo", EW_ERR_INVAL},
		{"@", "f@1", "1", "echo", EW_ERR_INVAL},
		{"no entry point", "f", "1", "wasi_hello", EW_ERR_UNLINKABLE},
	};
	struct ew_function_stats s;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.config.max_functions = 2;
	nrun_open(&n);
	for (size_t i = 0; i < ROWS(rows); i++)
		check_status(rows[i].row, nrun_try_put(&n, rows[i].name, rows[i].version, rows[i].guest),
			     rows[i].want);
	n.function.grant.caps = EW_CAP_STDIO;
	assert_int_equal(nrun_try_put(&n, "f", "1", "wasi_hello"), EW_ERR_NOENT);
	check_has("entry", n.err.text, "edge_on_event");
	n.function.grant.caps = NRUN_CAPS;
	nrun_put(&n, "second", "1", "echo");
	assert_int_equal(nrun_try_put(&n, "third", "1", "echo"), EW_ERR_LIMIT);
	assert_int_equal(nrun_try_put(&n, "second", "2", "echo"), EW_OK);
	n.function.flags = 0x80;
	assert_int_equal(nrun_try_put(&n, "second", "3", "echo"), EW_ERR_INVAL);
	n.function.flags = 0;
	n.function.setting_count = 1;
	assert_int_equal(nrun_try_put(&n, "second", "3", "echo"), EW_ERR_INVAL);
	n.function.setting_count = 0;
	n.function.out_topic = "";
	assert_int_equal(nrun_try_put(&n, "second", "3", "echo"), EW_ERR_INVAL);
	n.function.out_topic = NULL;
	n.function.struct_bytes = 0;
	assert_int_equal(nrun_try_put(&n, "second", "3", "echo"), EW_ERR_INVAL);
	n.function.struct_bytes = sizeof(n.function);
	assert_int_equal(ew_node_function_at(n.node, 0, &s), EW_OK);
	assert_string_equal(s.name, name47);
	assert_int_equal(ew_node_function_at(n.node, 1, &s), EW_OK);
	assert_string_equal(s.version, "2");
	assert_int_equal(ew_node_function_at(n.node, 2, &s), EW_ERR_NOENT);
	assert_int_equal(ew_node_function_find(n.node, "third", &s), EW_ERR_NOENT);
	nrun_close(&n);
}

/* A module that is no module, and one whose bytes go away after it was copied. */
static void module_bytes(void **state)
{
	struct nrun n;
	uint8_t *copy;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.name = "f";
	n.function.version = "1";
	n.function.module_bytes = "\0asm\1\0\0";
	n.function.module_size = 7;
	assert_int_equal(ew_node_function_put(n.node, &n.function, &n.err), EW_ERR_MALFORMED);
	n.function.module_size = nrun_guest(&n, "echo")->size;
	copy = malloc(n.function.module_size);
	memcpy(copy, nrun_guest(&n, "echo")->bytes, n.function.module_size);
	n.function.module_bytes = copy;
	n.function.flags = EW_FUNCTION_COPY;
	assert_int_equal(ew_node_function_put(n.node, &n.function, &n.err), EW_OK);
	memset(copy, 0, n.function.module_size);
	free(copy);
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	nrun_expect(&n, "copied", "echo", "x");
	nrun_close(&n);
}

/* ---- the other convention --------------------------------------------------------------------- */

static void handle_modules_work(void **state)
{
	struct nrun n;
	char many[1501];

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.out_topic = "shout";
	n.function.batch = 8; /* handle() takes one at a time all the same */
	nrun_put(&n, "h", "1", "handle");
	nrun_route(&n, "t", "h");
	for (int i = 0; i < 50; i++) { /* what it allocates is given back */
		nrun_push(&n, "t", "a word, and another word of many letters");
		nrun_push(&n, "t", "quiet");
		nrun_push(&n, "t", "");
		nrun_step(&n);
		nrun_expect(&n, "capitals", "shout", "A WORD, AND ANOTHER WORD OF MANY LETTERS");
		assert_int_equal(n.last_event.trace_id[0], 'a');
		nrun_expect(&n, "empty", "shout", "");
		nrun_expect_nothing(&n, "quiet");
	}
	assert_int_equal(nrun_stats(&n, "h").failed_events, 0);
	assert_int_equal(nrun_stats(&n, "h").calls, 150);
	nrun_push(&n, "t", "wild");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_REFUSED], 1);
	nrun_push(&n, "t", "trap");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_TRAP], 1);
	/* allocate() that answers with an address outside its memory. */
	memset(many, 'm', sizeof(many));
	many[1500] = '\0';
	nrun_push(&n, "t", many);
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_REFUSED] + n.reports[EW_NODE_TRAP], 3);
	nrun_close(&n);
	/* What it returns is emitted within its grant, and needs a topic. */
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "h", "1", "handle");
	nrun_route(&n, "t", "h");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_REFUSED], 1);
	n.function.out_topic = "shout";
	n.function.grant.caps = 0;
	nrun_put(&n, "h", "2", "handle");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_REFUSED], 2);
	nrun_expect_nothing(&n, "not granted");
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_cost_one_event),
		cmocka_unit_test(batches_fail_from_where_they_stopped),
		cmocka_unit_test(fuel_is_for_each_event),
		cmocka_unit_test(deadlines_end_loops),
		cmocka_unit_test(interrupts_end_loops),
		cmocka_unit_test(quotas_are_told),
		cmocka_unit_test(failing_functions_are_parked),
		cmocka_unit_test(parking_can_be_switched_off),
		cmocka_unit_test(warm_fresh_and_after_a_trap),
		cmocka_unit_test(versions_are_replaced_between_events),
		cmocka_unit_test(functions_are_checked),
		cmocka_unit_test(module_bytes),
		cmocka_unit_test(handle_modules_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
