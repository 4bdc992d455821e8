/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_watch.c - drift, votes and samples: against the textbook in floating point, and at their limits. */
#include "../aid/aid.h"
#include <math.h>
#include "edgewasm/watch.h"

/* ---- Page-Hinkley ----------------------------------------------------------------------------- */

static void page_hinkley_limits(void **state)
{
	static const struct row {
		const char *name;
		int32_t delta, lambda;
		uint32_t min_count;
		enum ew_status want;
	} rows[] = {
		{"least", 0, 1, 1, EW_OK},
		{"delta below", -1, 1, 1, EW_ERR_INVAL},
		{"lambda below", 0, 0, 1, EW_ERR_INVAL},
		{"count below", 0, 1, 0, EW_ERR_INVAL},
		{"count at", 0, 1, 1u << 22, EW_OK},
		{"count above", 0, 1, (1u << 22) + 1, EW_ERR_INVAL},
		{"largest", INT32_MAX, INT32_MAX, 1, EW_OK},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_page_hinkley p;

		check_status(rows[i].name,
			     ew_page_hinkley_init(&p, rows[i].delta, rows[i].lambda, rows[i].min_count),
			     rows[i].want);
	}
}

/* Noise of -50 to 50 about `mean`; a step of `step` after 1000 values; found within the header's estimate and some. */
static void page_hinkley_steps(void **state)
{
	static const struct row {
		const char *name;
		int32_t mean, step;
		enum ew_drift want;
		uint32_t within;
	} rows[] = {
		{"quiet", 1000, 0, EW_DRIFT_NONE, 0},
		{"less than delta", 1000, 20, EW_DRIFT_NONE, 0},
		{"up", 1000, 100, EW_DRIFT_UP, 60},
		{"down", 1000, -100, EW_DRIFT_DOWN, 60},
		{"far up", -1000000, 1000, EW_DRIFT_UP, 6},
		{"from the lowest to the highest", INT32_MIN + 50, INT32_MAX, EW_DRIFT_UP, 1},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_page_hinkley p;
		enum ew_drift drift = EW_DRIFT_NONE;
		uint64_t seed = 11 + i;
		uint32_t k;

		ew_page_hinkley_init(&p, 25, 3000, 30);
		for (k = 0; k < 3000 && drift == EW_DRIFT_NONE; k++) {
			int64_t value = rows[i].mean + (int64_t)(noise(&seed) % 101) - 50 + (k < 1000 ? 0 : rows[i].step);

			drift = ew_page_hinkley_add(&p, (int32_t)value);
		}
		check_int(rows[i].name, drift, rows[i].want);
		if (drift != EW_DRIFT_NONE)
			check_true(rows[i].name, k > 1000 && k <= 1000 + rows[i].within);
	}
}

/*
 * The textbook: the sum less its least value so far, in double precision.  Means are cut to 1/256, so the sums may
 * differ by that much for each value, and alarms only where the sum is that near to lambda.
 */
static void page_hinkley_textbook(void **state)
{
	uint64_t seed = 5;
	struct ew_page_hinkley p;
	double sum = 0, up = 0, up_min = 0, down = 0, down_max = 0, n = 0;
	uint32_t alarms = 0;

	(void)state;
	ew_page_hinkley_init(&p, 7, 900, 10);
	for (int k = 0; k < 200000; k++) {
		int32_t value = (int32_t)(noise(&seed) % 201) - 100 + (k / 1700 % 3) * 40;
		enum ew_drift got = ew_page_hinkley_add(&p, value);
		double most, slack = ++n / 256;

		sum += value;
		up += value - sum / n - 7;
		down += value - sum / n + 7;
		up_min = fmin(up_min, up);
		down_max = fmax(down_max, down);
		most = fmax(up - up_min, down_max - down);
		if (n < 10 || most < 900 - slack)
			check_int("quiet", got, EW_DRIFT_NONE);
		else if (most > 900 + slack)
			check_int("alarm", got, up - up_min > down_max - down ? EW_DRIFT_UP : EW_DRIFT_DOWN);
		if (got != EW_DRIFT_NONE) {
			alarms++;
			sum = n = up = up_min = down = down_max = 0;
		} else {
			check_true("sums", fabs(p.up / 256.0 - (up - up_min)) <= slack &&
						   fabs(p.down / 256.0 - (down_max - down)) <= slack);
		}
	}
	check_true("alarms", alarms > 50);
}

/* Nothing overflows: extremes for longer than the sums are kept (the sanitizers look on), and old values fade. */
static void page_hinkley_extremes(void **state)
{
	struct ew_page_hinkley p;
	enum ew_drift drift = EW_DRIFT_NONE;
	uint32_t k;

	(void)state;
	ew_page_hinkley_init(&p, 0, INT32_MAX, 1u << 22);
	for (k = 0; k < (1u << 22) - 1; k++)
		assert_int_equal(ew_page_hinkley_add(&p, k & 1 ? INT32_MIN : INT32_MAX), EW_DRIFT_NONE);
	ew_page_hinkley_init(&p, 5, 10, 1);
	for (k = 0; k < 10000000; k++)
		assert_int_equal(ew_page_hinkley_add(&p, INT32_MAX), EW_DRIFT_NONE);
	check_true("faded", p.count < 1u << 22);
	for (k = 0; k < 2 && drift == EW_DRIFT_NONE; k++)
		drift = ew_page_hinkley_add(&p, INT32_MAX - 20);
	check_int("still finds a step", drift, EW_DRIFT_DOWN);
}

/* ---- population stability index --------------------------------------------------------------- */

static void psi_limits(void **state)
{
	static const int32_t rising[EW_PSI_BUCKETS] = {
		-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7,
		8,  9,	10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
	};
	static const int32_t flat[] = {1, 1};
	static const struct row {
		const char *name;
		const int32_t *edges;
		uint32_t buckets, reference, window;
		enum ew_status want;
	} rows[] = {
		{"two", rising, 2, 1, 1, EW_OK},
		{"one", rising, 1, 1, 1, EW_ERR_INVAL},
		{"most", rising, EW_PSI_BUCKETS, 1, 1, EW_OK},
		{"above", rising, EW_PSI_BUCKETS + 1, 1, 1, EW_ERR_INVAL},
		{"not ascending", flat, 3, 1, 1, EW_ERR_INVAL},
		{"no reference", rising, 2, 0, 1, EW_ERR_INVAL},
		{"no window", rising, 2, 1, 0, EW_ERR_INVAL},
		{"largest", rising, 2, 1u << 24, 1u << 24, EW_OK},
		{"reference above", rising, 2, (1u << 24) + 1, 1, EW_ERR_INVAL},
		{"window above", rising, 2, 1, (1u << 24) + 1, EW_ERR_INVAL},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_psi p;

		check_status(rows[i].name, ew_psi_init(&p, rows[i].edges, rows[i].buckets, rows[i].reference,
						       rows[i].window, 100), rows[i].want);
	}
}

/* A value goes to the bucket whose edges hold it: at, below and above each edge. */
static void psi_edges(void **state)
{
	static const int32_t edges[] = {INT32_MIN + 1, -3, 0, INT32_MAX};
	static const struct row {
		int32_t value;
		uint32_t bucket;
	} rows[] = {
		{INT32_MIN, 0}, {INT32_MIN + 1, 1}, {-4, 1}, {-3, 2}, {-1, 2}, {0, 3}, {INT32_MAX - 1, 3}, {INT32_MAX, 4},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_psi p;

		ew_psi_init(&p, edges, 5, 1, 9, 100);
		ew_psi_add(&p, rows[i].value);
		check_int("bucket", p.reference[rows[i].bucket], 1);
	}
}

/* The formula in double precision: within a thousandth, or a thousandth of it. */
static void psi_formula(void **state)
{
	uint64_t seed = 23;

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint32_t buckets = 2 + (uint32_t)(noise(&seed) % (EW_PSI_BUCKETS - 1));
		uint32_t window = 1 + (uint32_t)(noise(&seed) % 3000), counts[EW_PSI_BUCKETS], total = 0;
		int32_t edges[EW_PSI_BUCKETS];
		uint32_t seen[EW_PSI_BUCKETS] = {0};
		double want = 0;
		struct ew_psi p;

		for (uint32_t b = 0; b < EW_PSI_BUCKETS; b++)
			edges[b] = (int32_t)b * 10;
		assert_int_equal(ew_psi_init(&p, edges, buckets, 1, window, 200), EW_OK);
		for (uint32_t b = 0; b < buckets; b++)
			total += counts[b] = noise(&seed) % 4 ? (uint32_t)(noise(&seed) % 500) : 0;
		if (total == 0)
			continue;
		assert_int_equal(ew_psi_refer(&p, counts), EW_OK);
		for (uint32_t k = 0; k < window; k++) {
			uint32_t b = (uint32_t)(noise(&seed) % (1 + noise(&seed) % buckets));
			enum ew_drift drift = ew_psi_add(&p, (int32_t)b * 10 - 1);

			seen[b]++;
			check_int("only at a window's end", drift, k + 1 == window && p.last > 200 ? EW_DRIFT_SHAPE : EW_DRIFT_NONE);
		}
		for (uint32_t b = 0; b < buckets; b++) {
			double r = (counts[b] + 0.5) / (total + buckets / 2.0), q = (seen[b] + 0.5) / (window + buckets / 2.0);

			want += (q - r) * log(q / r);
		}
		check_true("index", fabs(p.last / 1000.0 - want) < 0.001 + want / 1000);
	}
}

static void psi_reference(void **state)
{
	static const int32_t edges[] = {0};
	static const uint32_t none[2] = {0, 0}, most[2] = {1u << 24, 0}, above[2] = {1u << 24, 1};
	struct ew_psi p;

	(void)state;
	ew_psi_init(&p, edges, 2, 100, 10, 250);
	assert_int_equal(ew_psi_refer(&p, none), EW_ERR_INVAL);
	assert_int_equal(ew_psi_refer(&p, most), EW_OK);
	assert_int_equal(ew_psi_refer(&p, above), EW_ERR_INVAL);
	ew_psi_init(&p, edges, 2, 100, 10, 250);
	for (int k = 0; k < 100; k++)
		assert_int_equal(ew_psi_add(&p, k & 1 ? -1 : 1), EW_DRIFT_NONE);
	for (int k = 0; k < 10; k++)
		assert_int_equal(ew_psi_add(&p, k & 1 ? -1 : 1), EW_DRIFT_NONE);
	assert_true(p.last < 10);
	for (int k = 0; k < 9; k++)
		assert_int_equal(ew_psi_add(&p, 1), EW_DRIFT_NONE);
	assert_int_equal(ew_psi_add(&p, 1), EW_DRIFT_SHAPE);
}

/* ---- panel ------------------------------------------------------------------------------------ */

static void panel_limits(void **state)
{
	struct ew_panel p;
	int32_t v;

	(void)state;
	assert_int_equal(ew_panel_init(&p, 0, 0, 0), EW_ERR_INVAL);
	assert_int_equal(ew_panel_init(&p, EW_PANEL_SOURCES + 1, 1, 0), EW_ERR_INVAL);
	assert_int_equal(ew_panel_init(&p, 3, 4, 0), EW_ERR_INVAL);
	assert_int_equal(ew_panel_init(&p, 3, 0, 0), EW_ERR_INVAL);
	assert_int_equal(ew_panel_init(&p, EW_PANEL_SOURCES, EW_PANEL_SOURCES, 0), EW_OK);
	assert_int_equal(ew_panel_put(&p, EW_PANEL_SOURCES - 1, 0, 0, 0), EW_OK);
	assert_int_equal(ew_panel_put(&p, EW_PANEL_SOURCES, 0, 0, 0), EW_ERR_BOUNDS);
	assert_int_equal(ew_panel_init(&p, 1, 1, 0), EW_OK);
	assert_int_equal(ew_panel_put(&p, 0, 7, 0, 0), EW_OK);
	assert_int_equal(ew_panel_quantile(&p, 1000, 0, &v), EW_OK);
	assert_int_equal(ew_panel_quantile(&p, 1001, 0, &v), EW_ERR_INVAL);
}

static void panel_ages(void **state)
{
	static const struct row {
		const char *name;
		uint64_t now;
		uint32_t heard;
	} rows[] = {
		{"all", 150, 3}, {"just", 200, 3}, {"one has gone", 201, 2}, {"under quorum", 301, 0}, {"clock behind", 0, 3},
	};
	struct ew_panel p;

	(void)state;
	ew_panel_init(&p, 4, 2, 100);
	ew_panel_put(&p, 0, 5, 1, 100);
	ew_panel_put(&p, 1, 5, 1, 200);
	ew_panel_put(&p, 2, 6, 1, 290);
	ew_panel_put(&p, 2, 9, 1, 289); /* late: ignored */
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_panel_verdict v;

		check_status(rows[i].name, ew_panel_vote(&p, false, rows[i].now, &v), rows[i].heard ? EW_OK : EW_ERR_EMPTY);
		check_int(rows[i].name, v.heard, rows[i].heard);
		if (rows[i].heard == 3)
			check_int(rows[i].name, v.value, 5);
		else if (rows[i].heard == 2)
			check_true(rows[i].name, v.tie && v.value == 5 && v.votes == 1 && v.of == 2);
	}
}

/* Every vote and quantile as counted the slow way. */
static void panel_counts(void **state)
{
	uint64_t seed = 31;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		uint32_t sources = 1 + (uint32_t)(noise(&seed) % EW_PANEL_SOURCES), heard = 0, per_mille = (uint32_t)(noise(&seed) % 1001);
		int32_t values[EW_PANEL_SOURCES], best = 0, got;
		uint32_t weights[EW_PANEL_SOURCES];
		struct ew_panel p;
		struct ew_panel_verdict v;

		ew_panel_init(&p, sources, 1, 0);
		for (uint32_t i = 0; i < sources; i++)
			if (noise(&seed) % 5 || heard == 0) {
				values[heard] = (int32_t)(noise(&seed) % 5) - 2;
				weights[heard] = noise(&seed) % 6 ? (uint32_t)(noise(&seed) % 4) : UINT32_MAX;
				ew_panel_put(&p, i, values[heard], weights[heard], 1);
				heard++;
			}
		for (int weighted = 0; weighted < 2; weighted++) {
			uint64_t most = 0, all = 0;
			int at_most = 0;

			for (int32_t value = -2; value <= 2; value++) {
				uint64_t votes = 0;

				for (uint32_t i = 0; i < heard; i++)
					votes += values[i] != value ? 0 : weighted ? weights[i] : 1;
				all += votes;
				if (votes > most)
					most = votes, best = value, at_most = 0;
				at_most += votes == most && votes != 0;
			}
			check_status("vote", ew_panel_vote(&p, weighted, 1, &v), all ? EW_OK : EW_ERR_EMPTY);
			if (all)
				check_true("vote", v.value == best && v.votes == most && v.of == all && v.tie == (at_most > 1) &&
							   v.heard == heard);
		}
		check_status("quantile", ew_panel_quantile(&p, per_mille, 1, &got), EW_OK);
		{
			uint32_t rank = per_mille * (heard - 1) / 1000, less = 0, same = 0;

			for (uint32_t i = 0; i < heard; i++) {
				less += values[i] < got;
				same += values[i] == got;
			}
			check_true("quantile", less <= rank && rank < less + same);
		}
	}
}

/* ---- reservoir -------------------------------------------------------------------------------- */

static void reservoir_room(void **state)
{
	static const struct row {
		const char *name;
		size_t size;
		uint32_t window, slots;
		enum ew_status want;
	} rows[] = {
		{"none", 11, 8, 0, EW_ERR_INVAL},
		{"one", 12, 8, 1, EW_OK},
		{"nearly two", 23, 8, 1, EW_OK},
		{"two", 24, 8, 2, EW_OK},
		{"odd", 32, 9, 2, EW_OK},
		{"no window", 32, 0, 0, EW_ERR_INVAL},
		{"too large", 32, UINT32_MAX - 7, 0, EW_ERR_INVAL},
	};
	uint32_t memory[8];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		static const char text[] = "0123456789abcdef";
		struct ew_reservoir r;
		uint32_t size;

		check_status(rows[i].name, ew_reservoir_init(&r, memory, rows[i].size, rows[i].window, 1), rows[i].want);
		if (rows[i].want != EW_OK)
			continue;
		check_int(rows[i].name, r.slots, rows[i].slots);
		check_true(rows[i].name, !ew_reservoir_at(&r, 0, &size));
		for (uint32_t k = 0; k < r.slots; k++)
			check_true(rows[i].name, ew_reservoir_offer(&r, text, 16));
		check_mem(rows[i].name, ew_reservoir_at(&r, r.slots - 1, &size), text, rows[i].window);
		check_int(rows[i].name, size, rows[i].window);
		check_true(rows[i].name, !ew_reservoir_at(&r, r.slots, &size));
	}
}

/* Over many seeds, each of 20 windows is in the sample of 5 a quarter of the time. */
static void reservoir_fair(void **state)
{
	uint32_t memory[10], hits[20] = {0}, size, window;

	(void)state;
	for (uint64_t seed = 0; seed < 20000; seed++) {
		struct ew_reservoir r;

		assert_int_equal(ew_reservoir_init(&r, memory, sizeof(memory), 4, seed), EW_OK);
		for (window = 0; window < 20; window++)
			ew_reservoir_offer(&r, &window, sizeof(window));
		for (uint32_t slot = 0; slot < 5; slot++) {
			memcpy(&window, ew_reservoir_at(&r, slot, &size), sizeof(window));
			hits[window]++;
		}
	}
	for (window = 0; window < 20; window++) /* 5000, standard deviation 61: five of them */
		check_true("fair", hits[window] > 4690 && hits[window] < 5310);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_hinkley_limits),	 cmocka_unit_test(page_hinkley_steps),
		cmocka_unit_test(page_hinkley_textbook), cmocka_unit_test(page_hinkley_extremes),
		cmocka_unit_test(psi_limits),		 cmocka_unit_test(psi_edges),
		cmocka_unit_test(psi_formula),		 cmocka_unit_test(psi_reference),
		cmocka_unit_test(panel_limits),		 cmocka_unit_test(panel_ages),
		cmocka_unit_test(panel_counts),		 cmocka_unit_test(reservoir_room),
		cmocka_unit_test(reservoir_fair),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
