/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_core.c - capabilities, deadline, log, clock, random: lib/abi/fn_core.c; and fuel, lib/abi/abi.c. */
#include "arun.h"

static struct {
	uint32_t level, calls;
	char text[64];
	uint64_t clock[2];
	enum ew_status status;
} seen;

static void take_log(void *user, uint32_t level, const char *text, size_t len)
{
	(void)user;
	seen.level = level;
	seen.calls++;
	memcpy(seen.text, text, len < sizeof(seen.text) ? len : sizeof(seen.text) - 1);
}

static enum ew_status give_clock(void *user, uint32_t id, uint64_t *ns)
{
	(void)user;
	*ns = seen.clock[id];
	return seen.status;
}

static enum ew_status give_random(void *user, void *out, size_t bytes)
{
	(void)user;
	memset(out, 0x5a, bytes);
	return seen.status;
}

static void begin(struct arun *r)
{
	memset(&seen, 0, sizeof(seen));
	arun_init(r);
	r->config.grant.caps = EW_CAP_LOG | EW_CAP_CLOCK | EW_CAP_RANDOM;
	r->host.log = take_log;
	r->host.clock = give_clock;
	r->host.random = give_random;
}

static void capabilities_are_the_grant(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	r.config.grant.caps = EW_CAP_LOG | EW_CAP_FS;
	arun_open(&r, "edge_v1", "capabilities");
	assert_int_equal(arun_i64(&r, 0), EW_CAP_LOG | EW_CAP_FS);
	arun_close(&r);
}

static void deadline_counts_down(void **state)
{
	static const struct row {
		const char *name;
		uint64_t now, deadline;
		bool has_clock;
		uint64_t clock;
		enum ew_status status;
		int64_t want;
	} rows[] = {
		{"none", 5, 0, true, 9, EW_OK, -1},
		{"without a clock, from the begin", 100, 250, false, 0, EW_OK, 150},
		{"with a clock", 100, 250, true, 240, EW_OK, 10},
		{"at it", 100, 250, true, 250, EW_OK, 0},
		{"past it", 100, 250, true, 251, EW_OK, 0},
		{"a clock that fails", 100, 250, true, 240, EW_ERR_UNSUPPORTED, 150},
		{"further than an int64 holds", 0, UINT64_MAX, false, 0, EW_OK, INT64_MAX},
	};
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin(&r);
		if (!rows[i].has_clock)
			r.host.clock = NULL;
		arun_open(&r, "edge_v1", "deadline_left");
		seen.clock[1] = rows[i].clock;
		seen.status = rows[i].status;
		ew_abi_begin(r.abi, rows[i].now, rows[i].deadline);
		check_int(rows[i].name, arun_i64(&r, 0), rows[i].want);
		arun_close(&r);
	}
}

static void log_passes_lines_on(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, "edge_v1", "log");
	arun_put(&r, 100, "bearing");
	for (int level = 0; level <= 5; level++) {
		assert_int_equal(arun_i32(&r, level, 100, 7), 0);
		assert_int_equal(seen.level, level);
		assert_string_equal(seen.text, "bearing");
	}
	assert_int_equal(arun_i32(&r, 6, 100, 7), INVAL);
	assert_int_equal(arun_i32(&r, -1, 100, 7), INVAL);
	assert_int_equal(seen.calls, 6);
	assert_int_equal(arun_i32(&r, 2, PAGE, 0), 0);
	assert_int_equal(seen.calls, 7);
	arun_close(&r);
	begin(&r);
	r.host.log = NULL;
	arun_open(&r, "edge_v1", "log");
	assert_int_equal(arun_i32(&r, 2, 0, 1), NOSYS);
	arun_close(&r);
}

static void clocks_are_the_host_s(void **state)
{
	static const struct row {
		const char *name;
		int64_t id;
		uint64_t clock;
		enum ew_status status;
		int64_t want;
	} rows[] = {
		{"realtime", 0, 1700000000000000000, EW_OK, 1700000000000000000},
		{"monotonic", 1, 7, EW_OK, 7},
		{"no third", 2, 7, EW_OK, INVAL},
		{"no such clock here", 0, 7, EW_ERR_UNSUPPORTED, NOSYS},
		{"broken", 0, 7, EW_ERR_IO, IO},
		{"the end of time", 0, UINT64_MAX, EW_OK, INT64_MAX},
	};
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin(&r);
		arun_open(&r, "edge_v1", "clock_now");
		if (rows[i].id < 2)
			seen.clock[rows[i].id] = rows[i].clock;
		seen.status = rows[i].status;
		check_int(rows[i].name, arun_i64(&r, rows[i].id), rows[i].want);
		arun_close(&r);
	}
	begin(&r);
	r.host.clock = NULL;
	arun_open(&r, "edge_v1", "clock_now");
	assert_int_equal(arun_i64(&r, 0), NOSYS);
	arun_close(&r);
}

static void random_fills_what_was_asked_for(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, "edge_v1", "random_fill");
	assert_int_equal(arun_i32(&r, 10, 3), 0);
	check_mem("three", arun_mem(&r, 9, 5), "\0ZZZ\0", 5);
	assert_int_equal(arun_i32(&r, 20, 0), 0);
	seen.status = EW_ERR_IO;
	assert_int_equal(arun_i32(&r, 10, 3), IO);
	arun_close(&r);
	begin(&r);
	r.host.random = NULL;
	arun_open(&r, "edge_v1", "random_fill");
	assert_int_equal(arun_i32(&r, 10, 3), NOSYS);
	arun_close(&r);
}

/* 8 a call and 1 for 16 bytes, in the statistics and off the executor. */
static void host_work_costs_fuel(void **state)
{
	static const struct row {
		const char *name;
		uint32_t len;
		uint64_t want;
	} rows[] = {{"empty", 0, 8}, {"15", 15, 8}, {"16", 16, 9}, {"a page", PAGE, 8 + PAGE / 16}};
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint64_t before, plain;

		begin(&r);
		arun_open(&r, "edge_v1", "log");
		ew_exec_set_fuel(r.exec, 100000);
		arun_i32(&r, 2, 0, 0);
		plain = (uint64_t)(100000 - ew_exec_fuel(r.exec) - 8);
		before = ew_abi_stats(r.abi)->fuel_burned;
		ew_exec_set_fuel(r.exec, 100000);
		arun_i32(&r, 2, 0, rows[i].len);
		check_int(rows[i].name, ew_abi_stats(r.abi)->fuel_burned - before, rows[i].want);
		check_int(rows[i].name, 100000 - ew_exec_fuel(r.exec), (int64_t)(rows[i].want + plain));
		arun_close(&r);
	}
}

/* A call that costs more than is left happens; the executor owes the rest. */
static void work_beyond_the_fuel_is_owed(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	arun_open(&r, "edge_v1", "log");
	ew_exec_set_fuel(r.exec, 100);
	arun_call(&r, (const int64_t[]){2, 0, PAGE});
	assert_int_equal(seen.calls, 1);
	assert_true(ew_exec_fuel(r.exec) <= 100 - (int64_t)(8 + PAGE / 16));
	assert_true(ew_exec_fuel(r.exec) > 100 - (int64_t)(8 + PAGE / 16) - 20);
	if (r.status == EW_ERR_FUEL)
		ew_cancel(r.exec);
	arun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_the_grant),
		cmocka_unit_test(deadline_counts_down),
		cmocka_unit_test(log_passes_lines_on),
		cmocka_unit_test(clocks_are_the_host_s),
		cmocka_unit_test(random_fills_what_was_asked_for),
		cmocka_unit_test(host_work_costs_fuel),
		cmocka_unit_test(work_beyond_the_fuel_is_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
