/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_bucket.c - the token bucket: exact over any pattern of calls, at its limits, and with odd clocks. */
#include "../aid/aid.h"
#include "edgewasm/event.h"

#define SECOND 1000000000ull

static void init_limits(void **state)
{
	static const struct row {
		const char *name;
		uint64_t rate, period, burst;
		enum ew_status want;
	} rows[] = {
		{"ordinary", 100, SECOND, 10, EW_OK},
		{"no limit", 0, 0, 0, EW_OK},
		{"rate without period", 1, 0, 1, EW_ERR_INVAL},
		{"period without rate", 0, 1, 1, EW_ERR_INVAL},
		{"product below", 1ull << 32, (1ull << 31) - 1, 1, EW_OK},
		{"product at", 1ull << 32, 1ull << 31, 1, EW_ERR_LIMIT},
		{"product above", UINT64_MAX, UINT64_MAX, 1, EW_ERR_LIMIT},
		{"long period", 1, (1ull << 63) - 1, 1, EW_OK},
		{"burst below", 1, 1, (1ull << 63) - 1, EW_OK},
		{"burst at", 1, 1, 1ull << 63, EW_ERR_LIMIT},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_bucket b;

		check_status(rows[i].name, ew_bucket_init(&b, rows[i].rate, rows[i].period, rows[i].burst, 5),
			     rows[i].want);
	}
}

/* a * b / m in whole numbers, for a < m < 2^63: long multiplication, divided as it goes. */
static uint64_t mul_div(uint64_t a, uint64_t b, uint64_t m)
{
	uint64_t quotient = 0, rest = 0;

	for (int bit = 63; bit >= 0; bit--) {
		quotient *= 2;
		rest *= 2;
		if (rest >= m)
			rest -= m, quotient++;
		if (b >> bit & 1)
			rest += a;
		if (rest >= m)
			rest -= m, quotient++;
	}
	return quotient;
}

/*
 * However often and at whatever times it is asked, what was given out by time t is the whole part of
 * rate * t / period (the bucket starts empty and never fills up here): no drift.
 */
static void no_drift(void **state)
{
	static const struct row {
		const char *name;
		uint64_t rate, period, step;
	} rows[] = {
		{"3 a second, every 30 us or so", 3, SECOND, 30000},
		{"1/3 a second", 1, 3 * SECOND, SECOND / 7},
		{"1000 a second, odd steps", 1000, SECOND, 12345677},
		{"faster than the clock", 7 * SECOND, SECOND, 5},
		{"large steps", 999999937, SECOND, 77 * SECOND},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint64_t seed = 0x1234567 + i, t = 0, got = 0;
		struct ew_bucket b;

		ew_bucket_init(&b, rows[i].rate, rows[i].period, 1ull << 62, 0);
		check_status(rows[i].name, ew_bucket_take(&b, 1ull << 62, 0), EW_OK);
		for (int k = 0; k < 200000; k++) {
			uint64_t n = b.tokens ? noise(&seed) % (b.tokens + 1) : 0;

			t += noise(&seed) % (2 * rows[i].step) + 1;
			if (ew_bucket_take(&b, n, t) == EW_OK)
				got += n;
			if (k % 1000 == 0 && t / rows[i].period < UINT64_MAX / rows[i].rate / 2) {
				uint64_t want = t / rows[i].period * rows[i].rate +
						mul_div(t % rows[i].period, rows[i].rate, rows[i].period);

				check_int(rows[i].name, got + b.tokens, want);
			}
		}
		check_true(rows[i].name, got > 0);
	}
}

static void bursts_and_refusals(void **state)
{
	struct ew_bucket b;

	(void)state;
	ew_bucket_init(&b, 10, SECOND, 5, 0);
	assert_int_equal(ew_bucket_take(&b, 6, 0), EW_ERR_QUOTA); /* more than ever fits */
	assert_int_equal(ew_bucket_take(&b, 5, 0), EW_OK);	    /* what a refusal asked for is not taken */
	assert_int_equal(ew_bucket_take(&b, 0, 0), EW_OK);
	assert_int_equal(ew_bucket_take(&b, 1, 99999999), EW_ERR_QUOTA);
	assert_int_equal(ew_bucket_take(&b, 1, 100000000), EW_OK);
	assert_int_equal(ew_bucket_take(&b, 1, 100000000), EW_ERR_QUOTA);
	assert_int_equal(ew_bucket_take(&b, 5, 3600 * SECOND), EW_OK); /* saves up no more than burst */
	assert_int_equal(ew_bucket_take(&b, 1, 3600 * SECOND), EW_ERR_QUOTA);
	ew_bucket_init(&b, 0, 0, 0, 0);
	assert_int_equal(ew_bucket_take(&b, UINT64_MAX, 0), EW_OK);
	assert_true(ew_bucket_wait_ns(&b, UINT64_MAX, 0) == 0);
	ew_bucket_init(&b, 1, 1, 0, 0); /* burst 0 lets nothing through */
	assert_int_equal(ew_bucket_take(&b, 1, UINT64_MAX), EW_ERR_QUOTA);
}

/* Whatever is said to be the wait: one nanosecond less is refused, that long is enough. */
static void waits_are_exact(void **state)
{
	uint64_t seed = 99;

	(void)state;
	for (int k = 0; k < 5000; k++) {
		uint64_t rate = noise(&seed) % 5000 + 1, period = noise(&seed) % (3 * SECOND) + 1;
		uint64_t n = noise(&seed) % 50 + 1, t = noise(&seed) % SECOND, wait;
		struct ew_bucket b, copy;

		ew_bucket_init(&b, rate, period, 50, 0);
		assert_int_equal(ew_bucket_take(&b, 50, 0), EW_OK);
		wait = ew_bucket_wait_ns(&b, n, t);
		copy = b;
		if (wait > 0)
			assert_int_equal(ew_bucket_take(&copy, n, t + wait - 1), EW_ERR_QUOTA);
		assert_int_equal(ew_bucket_take(&b, n, t + wait), EW_OK);
	}
}

static void odd_clocks(void **state)
{
	struct ew_bucket b;

	(void)state;
	ew_bucket_init(&b, 10, SECOND, 5, 1000 * SECOND);
	assert_int_equal(ew_bucket_take(&b, 5, 1000 * SECOND), EW_OK);
	assert_int_equal(ew_bucket_take(&b, 1, 0), EW_ERR_QUOTA); /* back: nothing gained */
	assert_int_equal(ew_bucket_take(&b, 1, SECOND / 10), EW_OK); /* and nothing lost from there on */
	assert_int_equal(ew_bucket_take(&b, 5, UINT64_MAX), EW_OK);
	assert_true(ew_bucket_wait_ns(&b, 6, UINT64_MAX) == UINT64_MAX);
	ew_bucket_init(&b, 1, 1ull << 62, 100, 0);
	assert_int_equal(ew_bucket_take(&b, 100, 0), EW_OK);
	assert_true(ew_bucket_wait_ns(&b, 3, 0) == 3ull << 62);
	assert_true(ew_bucket_wait_ns(&b, 4, 0) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_limits),	   cmocka_unit_test(no_drift),
		cmocka_unit_test(bursts_and_refusals), cmocka_unit_test(waits_are_exact),
		cmocka_unit_test(odd_clocks),
	};

	return cmocka_run_group_tests_name("bucket", tests, NULL, NULL);
}
