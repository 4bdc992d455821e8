/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_modules.c - function modules of odd shapes, built instruction by instruction: exports of the wrong type,
 * start-ups that fail, functions that exit or print, and the conventions in all their forms.
 */
#include "nrun.h"

#define I32_CONST2(n) 0x41, (uint8_t)((n) & 0x7f) | 0x80, (uint8_t)((n) >> 7)

/* Puts what wmod has built as f@version; the bytes are copied. */
static enum ew_status put(struct nrun *n, struct wmod *m, const char *version)
{
	enum ew_status st;

	n->function.name = "f";
	n->function.version = version;
	n->function.flags |= EW_FUNCTION_COPY;
	n->function.module_bytes = wmod_finish(m, &n->function.module_size);
	st = ew_node_function_put(n->node, &n->function, &n->err);
	wmod_free(m);
	wmod_init(m);
	return st;
}

static void on_event(struct wmod *m, const uint8_t *code, size_t size)
{
	wmod_export(m, "edge_on_event", WMOD_FUNC, wmod_func(m, "(i)i", "", code, size));
}

static void exports_must_have_their_types(void **state)
{
	static const struct row {
		const char *export, *signature;
		uint8_t code[3];
		size_t size;
		enum ew_status want;
	} rows[] = {
		{"edge_on_event", "(i)i", {0x41, 0}, 2, EW_OK},
		{"edge_on_event", "()i", {0x41, 0}, 2, EW_ERR_TYPE},
		{"edge_on_event", "(i)", {0}, 0, EW_ERR_TYPE},
		{"edge_on_event", "(I)i", {0x41, 0}, 2, EW_ERR_TYPE},
		{"edge_init", "()i", {0x41, 0}, 2, EW_OK},
		{"edge_init", "()", {0}, 0, EW_ERR_TYPE},
		{"edge_on_tick", "(I)", {0}, 0, EW_OK},
		{"edge_on_tick", "(i)", {0}, 0, EW_ERR_TYPE},
		{"_initialize", "()", {0}, 0, EW_OK},
		{"_initialize", "()i", {0x41, 0}, 2, EW_ERR_TYPE},
	};
	struct nrun n;
	struct wmod m;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char row[64];

		snprintf(row, sizeof(row), "%s %s", rows[i].export, rows[i].signature);
		nrun_init(&n);
		nrun_open(&n);
		wmod_init(&m);
		if (strcmp(rows[i].export, "edge_on_event") != 0)
			on_event(&m, CODE(I32_CONST(0)));
		wmod_export(&m, rows[i].export, WMOD_FUNC,
			    wmod_func(&m, rows[i].signature, "", rows[i].code, rows[i].size));
		check_status(row, put(&n, &m, "1"), rows[i].want);
		if (rows[i].want != EW_OK)
			check_has(row, n.err.text, rows[i].export);
		wmod_free(&m);
		nrun_close(&n);
	}
}

/* _initialize runs before edge_init, and both before the first event; what fails in them is told. */
static void start_up(void **state)
{
	struct nrun n;
	struct wmod m;
	uint32_t g;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	wmod_init(&m);
	g = wmod_global(&m, T_I32, 1, CODE(I32_CONST(1)));
	wmod_export(&m, "_initialize", WMOD_FUNC,
		    wmod_func(&m, "()", "", CODE(GLOBAL_GET(0), I32_CONST(2), 0x6a, GLOBAL_SET(0)))); /* + 2 */
	wmod_export(&m, "edge_init", WMOD_FUNC,
		    wmod_func(&m, "()i", "", CODE(GLOBAL_GET(0), I32_CONST(10), 0x6c, GLOBAL_SET(0), I32_CONST(0))));
	on_event(&m, CODE(I32_CONST(0), GLOBAL_GET(0), 0x6b)); /* -global */
	(void)g;
	assert_int_equal(put(&n, &m, "1"), EW_OK);
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.last.result, -30);
	wmod_export(&m, "edge_init", WMOD_FUNC, wmod_func(&m, "()i", "", CODE(OP_UNREACHABLE)));
	on_event(&m, CODE(I32_CONST(0)));
	assert_int_equal(put(&n, &m, "2"), EW_ERR_TRAP);
	check_has("trap", n.err.text, "edge_init trapped: unreachable");
	wmod_start(&m, wmod_func(&m, "()", "", CODE(OP_UNREACHABLE)));
	on_event(&m, CODE(I32_CONST(0)));
	assert_int_equal(put(&n, &m, "2"), EW_ERR_TRAP);
	wmod_export(&m, "edge_init", WMOD_FUNC,
		    wmod_func(&m, "()i", "", CODE(LOOP(T_VOID), BR(0), OP_END, I32_CONST(0))));
	on_event(&m, CODE(I32_CONST(0)));
	assert_int_equal(put(&n, &m, "2"), EW_ERR_FUEL);
	check_has("fuel", n.err.text, "edge_init did not finish");
	wmod_free(&m);
	nrun_close(&n);
}

static void exiting_costs_the_event(void **state)
{
	struct nrun n;
	struct wmod m;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	wmod_init(&m);
	wmod_import_func(&m, "wasi_snapshot_preview1", "proc_exit", "(i)");
	on_event(&m, CODE(I32_CONST(3), CALL(0), I32_CONST(0)));
	assert_int_equal(put(&n, &m, "1"), EW_OK);
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_EXIT], 2);
	assert_int_equal(nrun_stats(&n, "f").instances, 2);
	assert_int_equal(nrun_stats(&n, "f").failed_events, 2);
	check_has("exit", n.last_text, "f@1: exit");
	nrun_close(&n);
	wmod_free(&m);
}

/* What a function prints is a line of the log. */
static void printing_is_logging(void **state)
{
	struct nrun n;
	struct wmod m;

	(void)state;
	for (int fd = 1; fd <= 2; fd++) {
		nrun_init(&n);
		nrun_open(&n);
		n.function.grant.caps = EW_CAP_STDIO;
		wmod_init(&m);
		wmod_import_func(&m, "wasi_snapshot_preview1", "fd_write", "(iiii)i");
		wmod_memory(&m, 1, 1);
		wmod_data(&m, 0, "\x10\0\0\0\7\0\0\0", 8);
		wmod_data(&m, 16, "panic!\n", 7);
		on_event(&m, CODE(I32_CONST(fd), I32_CONST(0), I32_CONST(1), I32_CONST(32), CALL(0)));
		assert_int_equal(put(&n, &m, "1"), EW_OK);
		nrun_route(&n, "t", "f");
		nrun_push(&n, "t", "x");
		nrun_step(&n);
		assert_string_equal(n.log, "panic!");
		assert_int_equal(n.log_level, fd == 2 ? 4 : 2);
		assert_string_equal(n.log_function, "f");
		assert_int_equal(n.reports[EW_NODE_REFUSED], 0);
		nrun_close(&n);
		wmod_free(&m);
	}
}

/* Without clock and log the services that need them say so or do nothing. */
static void a_host_without_anything(void **state)
{
	struct nrun n;
	struct wmod m;

	(void)state;
	nrun_init(&n);
	memset(&n.host, 0, sizeof(n.host));
	n.host.struct_bytes = sizeof(n.host);
	nrun_open(&n);
	wmod_init(&m);
	wmod_memory(&m, 1, 1);
	wmod_free(&m);
	wmod_init(&m);
	wmod_import_func(&m, "edge_v1", "log", "(iii)i");
	wmod_import_func(&m, "edge_v1", "clock_now", "(i)I");
	wmod_import_func(&m, "edge_v1", "random_fill", "(ii)i");
	wmod_memory(&m, 1, 1);
	/* log + realtime + monotonic - random: 0 + -9 + 1000 - -9 */
	on_event(&m, CODE(I32_CONST(2), I32_CONST(0), I32_CONST(0), CALL(0), I32_CONST(0), CALL(1), 0xa7, 0x6a,
			  I32_CONST(1), CALL(1), 0xa7, 0x6a, I32_CONST(0), I32_CONST(1), CALL(2), 0x6b,
			  I32_CONST2(1000), 0x47)); /* != 1000: 1, else 0 */
	assert_int_equal(put(&n, &m, "1"), EW_OK);
	/* And nobody to report to. */
	on_event(&m, CODE(I32_CONST(-1)));
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "f").failed_events, 0);
	assert_int_equal(put(&n, &m, "2"), EW_OK);
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "f").failed_events, 1);
	nrun_close(&n);
	wmod_free(&m);
}

/* After a trap a new instance may be impossible: that costs the event, and the next tries again. */
static void instances_may_fail_to_come(void **state)
{
	struct nrun n;
	struct wmod m;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	wmod_init(&m);
	on_event(&m, CODE(OP_UNREACHABLE));
	assert_int_equal(put(&n, &m, "1"), EW_OK);
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_TRAP], 1);
	assert_int_equal(nrun_stats(&n, "f").memory_bytes, 0);
	n.mem.fail_at = n.mem.requests + 1;
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	n.mem.fail_at = 0;
	assert_int_equal(n.reports[EW_NODE_INSTANCE], 1);
	assert_int_equal(n.last.status, EW_ERR_NOMEM);
	assert_int_equal(n.last.events_lost, 1);
	assert_int_equal(nrun_stats(&n, "f").failed_events, 2);
	assert_int_equal(nrun_stats(&n, "f").fails_in_row, 2);
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_TRAP], 2);
	assert_int_equal(nrun_stats(&n, "f").instances, 2);
	nrun_close(&n);
	wmod_free(&m);
}

static void ticks_fail_like_events(void **state)
{
	struct nrun n;
	struct wmod m;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.tick_ns = 10;
	n.function.fail_limit = 2;
	n.function.park_ns = 1000;
	wmod_init(&m);
	on_event(&m, CODE(I32_CONST(0)));
	wmod_export(&m, "edge_on_tick", WMOD_FUNC, wmod_func(&m, "(I)", "", CODE(OP_UNREACHABLE)));
	nrun_step(&n);
	assert_int_equal(put(&n, &m, "1"), EW_OK);
	for (int i = 0; i < 5; i++) {
		n.now += 10;
		nrun_step(&n);
	}
	assert_int_equal(n.reports[EW_NODE_TRAP], 2);
	assert_int_equal(n.reports[EW_NODE_PARKED], 1);
	assert_null(n.last.event);
	assert_int_equal(n.last.events_lost, 0);
	assert_int_equal(nrun_stats(&n, "f").ticks, 2); /* parked ones do not count */
	/* Fresh ones start anew for each tick, too. */
	n.function.flags = EW_FUNCTION_FRESH;
	on_event(&m, CODE(I32_CONST(0)));
	wmod_export(&m, "edge_on_tick", WMOD_FUNC, wmod_func(&m, "(I)", "", NO_CODE));
	assert_int_equal(put(&n, &m, "2"), EW_OK);
	n.now += 10;
	nrun_step(&n);
	n.now += 10;
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "f").ticks, 4);
	assert_int_equal(nrun_stats(&n, "f").instances, 2 + 1);
	assert_int_equal(nrun_stats(&n, "f").resets, 2);
	nrun_close(&n);
	wmod_free(&m);
}

/* allocate and handle in each form: results as i32, no deallocate, addresses outside, traps on the way. */
static void the_handle_convention(void **state)
{
	static const struct row {
		const char *name, *allocate_signature, *handle_signature, *data;
		uint8_t allocate[4], handle[8];
		size_t allocate_size, handle_size;
		enum ew_node_cause cause;
		enum ew_status put;
		bool fails;
	} rows[] = {
		{"i32, length is fine", "(i)i", "(ii)i", "abc", {I32_CONST(8)}, {LOCAL_GET(1)}, 2, 2, 0, EW_OK, false},
		{"i32, refuses", "(i)i", "(ii)i", "abc", {I32_CONST(8)}, {I32_CONST(-4)}, 2, 2, EW_NODE_REFUSED, EW_OK,
		 true},
		{"i32, reads what was copied", "(i)i", "(ii)i", "\1", {I32_CONST(8)},
		 {I32_CONST(0), LOCAL_GET(0), 0x2d, 0, 0, 0x6b}, 2, 8, EW_NODE_REFUSED, EW_OK, true}, /* -load8 */
		{"allocates outside", "(i)i", "(ii)i", "abc", {I32_CONST(-1)}, {I32_CONST(0)}, 2, 2, EW_NODE_REFUSED,
		 EW_OK, true},
		{"allocate traps", "(i)i", "(ii)i", "abc", {OP_UNREACHABLE}, {I32_CONST(0)}, 1, 2, EW_NODE_TRAP, EW_OK,
		 true},
		{"handle traps", "(i)i", "(ii)i", "abc", {I32_CONST(8)}, {OP_UNREACHABLE}, 2, 1, EW_NODE_TRAP, EW_OK,
		 true},
		{"i64, nothing", "(i)i", "(ii)I", "abc", {I32_CONST(8)}, {I64_CONST(0)}, 2, 2, 0, EW_OK, false},
		{"i64, three bytes at 0", "(i)i", "(ii)I", "abc", {I32_CONST(8)}, {I64_CONST(3)}, 2, 2, 0, EW_OK, false},
		{"allocate of another type", "(I)i", "(ii)i", "", {I32_CONST(8)}, {I32_CONST(0)}, 2, 2, 0, EW_ERR_TYPE,
		 false},
		{"handle of another type", "(i)i", "(i)i", "", {I32_CONST(8)}, {I32_CONST(0)}, 2, 2, 0, EW_ERR_TYPE,
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		struct nrun n;
		struct wmod m;

		nrun_init(&n);
		nrun_open(&n);
		n.function.out_topic = "out";
		wmod_init(&m);
		wmod_memory(&m, 1, 1);
		wmod_export(&m, "allocate", WMOD_FUNC,
			    wmod_func(&m, row->allocate_signature, "", row->allocate, row->allocate_size));
		wmod_export(&m, "handle", WMOD_FUNC,
			    wmod_func(&m, row->handle_signature, "", row->handle, row->handle_size));
		check_status(row->name, put(&n, &m, "1"), row->put);
		if (row->put == EW_OK) {
			nrun_route(&n, "t", "f");
			nrun_push(&n, "t", row->data);
			nrun_step(&n);
			check_int(row->name, nrun_stats(&n, "f").failed_events, row->fails);
			if (row->fails)
				check_int(row->name, n.reports[row->cause], 1);
		}
		nrun_close(&n);
		wmod_free(&m);
	}
}

/* Without memory nothing can be handed over, not even nothing. */
static void handle_without_memory(void **state)
{
	struct nrun n;
	struct wmod m;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	wmod_init(&m);
	wmod_export(&m, "allocate", WMOD_FUNC, wmod_func(&m, "(i)i", "", CODE(I32_CONST(0))));
	wmod_export(&m, "handle", WMOD_FUNC, wmod_func(&m, "(ii)i", "", CODE(I32_CONST(0))));
	assert_int_equal(put(&n, &m, "1"), EW_OK);
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_REFUSED], 1);
	nrun_close(&n);
	wmod_free(&m);
}

static void causes_have_names(void **state)
{
	(void)state;
	for (int c = 0; c < EW_NODE_CAUSES; c++)
		for (int d = 0; d < c; d++)
			assert_string_not_equal(ew_node_cause_name((enum ew_node_cause)c),
						ew_node_cause_name((enum ew_node_cause)d));
	assert_string_equal(ew_node_cause_name(EW_NODE_TRAP), "trap");
	assert_string_equal(ew_node_cause_name(EW_NODE_CAUSES), "unknown cause");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exports_must_have_their_types),
		cmocka_unit_test(start_up),
		cmocka_unit_test(exiting_costs_the_event),
		cmocka_unit_test(printing_is_logging),
		cmocka_unit_test(a_host_without_anything),
		cmocka_unit_test(instances_may_fail_to_come),
		cmocka_unit_test(ticks_fail_like_events),
		cmocka_unit_test(the_handle_convention),
		cmocka_unit_test(handle_without_memory),
		cmocka_unit_test(causes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
