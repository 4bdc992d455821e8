/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_batch.c - the micro-batcher: each limit at, below and above, and a clock that steps back. */
#include "../aid/aid.h"
#include "edgewasm/event.h"

/* One step: add `bytes` at `now`, or only look at the clock when bytes is NONE. */
#define NONE UINT64_MAX

static const struct step {
	const char *name;
	uint32_t max_count;
	uint64_t max_bytes, max_age;
	struct {
		uint64_t bytes, now;
		enum ew_status want;
		enum ew_batch_cause due;
	} at[6];
	unsigned steps;
	uint32_t closed; /* items in the batch at the end */
} rows[] = {
	{"count", 3, 0, 0, {{9, 5, EW_OK, EW_BATCH_OPEN}, {0, 6, EW_OK, EW_BATCH_OPEN},
			    {7, 7, EW_OK, EW_BATCH_COUNT}, {1, 8, EW_ERR_FULL, EW_BATCH_COUNT}}, 4, 3},
	{"count 1", 1, 0, 0, {{9, 5, EW_OK, EW_BATCH_COUNT}, {9, 5, EW_ERR_FULL, EW_BATCH_COUNT}}, 2, 1},
	{"bytes, one below", 0, 100, 0, {{99, 0, EW_OK, EW_BATCH_OPEN}, {2, 0, EW_ERR_FULL, EW_BATCH_OPEN},
					 {1, 0, EW_OK, EW_BATCH_BYTES}}, 3, 2},
	{"bytes, exactly", 0, 100, 0, {{100, 0, EW_OK, EW_BATCH_BYTES}, {0, 0, EW_ERR_FULL, EW_BATCH_BYTES}}, 2, 1},
	{"bytes, too large alone", 0, 100, 0, {{500, 0, EW_OK, EW_BATCH_BYTES}, {1, 0, EW_ERR_FULL, EW_BATCH_BYTES}}, 2, 1},
	{"age", 0, 0, 50, {{1, 100, EW_OK, EW_BATCH_OPEN}, {1, 149, EW_OK, EW_BATCH_OPEN},
			   {NONE, 149, EW_OK, EW_BATCH_OPEN}, {NONE, 150, EW_OK, EW_BATCH_AGE},
			   {NONE, 151, EW_OK, EW_BATCH_AGE}}, 5, 2},
	{"clock back", 0, 0, 50, {{1, 1000, EW_OK, EW_BATCH_OPEN}, {NONE, 10, EW_OK, EW_BATCH_OPEN},
				  {NONE, 59, EW_OK, EW_BATCH_OPEN}, {NONE, 60, EW_OK, EW_BATCH_AGE}}, 4, 1},
	{"clock back while adding", 0, 0, 50, {{1, 1000, EW_OK, EW_BATCH_OPEN}, {1, 10, EW_OK, EW_BATCH_OPEN},
					       {NONE, 60, EW_OK, EW_BATCH_AGE}}, 3, 2},
	{"whichever first", 2, 100, 50, {{60, 0, EW_OK, EW_BATCH_OPEN}, {60, 1, EW_ERR_FULL, EW_BATCH_OPEN},
					 {10, 49, EW_OK, EW_BATCH_COUNT}}, 3, 2},
	{"empty is never due", 1, 1, 1, {{NONE, 1000, EW_OK, EW_BATCH_OPEN}}, 1, 0},
	{"sum would overflow", 0, 0, 9, {{UINT64_MAX - 1, 0, EW_OK, EW_BATCH_OPEN}, {2, 0, EW_ERR_FULL, EW_BATCH_OPEN},
					 {1, 0, EW_OK, EW_BATCH_OPEN}}, 3, 2},
};

static void closes_when_it_should(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct step *r = &rows[i];
		struct ew_batch_config cfg = {sizeof(cfg), r->max_count, r->max_bytes, r->max_age};
		struct ew_batch b;

		check_status(r->name, ew_batch_init(&b, &cfg), EW_OK);
		for (int again = 0; again < 2; again++) { /* a closed batch starts anew */
			for (unsigned k = 0; k < r->steps; k++) {
				if (r->at[k].bytes != NONE)
					check_status(r->name, ew_batch_add(&b, r->at[k].bytes, r->at[k].now),
						     r->at[k].want);
				check_int(r->name, ew_batch_due(&b, r->at[k].now), r->at[k].due);
			}
			check_int(r->name, ew_batch_close(&b), r->closed);
			check_int(r->name, ew_batch_due(&b, UINT64_MAX), EW_BATCH_OPEN);
		}
	}
}

static void deadlines(void **state)
{
	struct ew_batch_config cfg = {sizeof(cfg), 0, 0, 50};
	struct ew_batch b;

	(void)state;
	assert_int_equal(ew_batch_init(&b, &cfg), EW_OK);
	assert_true(ew_batch_deadline(&b) == UINT64_MAX);
	ew_batch_add(&b, 1, 100);
	assert_true(ew_batch_deadline(&b) == 150);
	ew_batch_close(&b);
	ew_batch_add(&b, 1, UINT64_MAX - 49); /* would wrap */
	assert_true(ew_batch_deadline(&b) == UINT64_MAX);
	ew_batch_close(&b);
	ew_batch_add(&b, 1, UINT64_MAX - 50);
	assert_true(ew_batch_deadline(&b) == UINT64_MAX);
	cfg.max_age_ns = 0;
	assert_int_equal(ew_batch_init(&b, &cfg), EW_ERR_INVAL); /* no limit at all */
	cfg.max_count = 1;
	assert_int_equal(ew_batch_init(&b, &cfg), EW_OK);
	ew_batch_add(&b, 1, 7);
	assert_true(ew_batch_deadline(&b) == UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_when_it_should),
		cmocka_unit_test(deadlines),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
