/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_features.c - what the fleet's guest computes (examples/fleet/vib_features.h), compiled natively: its
 * tables and transforms against the definition, each fault's mark where theory puts it, the score, and the
 * exact bits of features, which every compiler and CPU must give.
 */
#include "../../examples/fleet/vib_features.h"

#include <math.h>

#include "../../examples/fleet/hist.h"
#include "../../examples/fleet/rng.h"
#include "../aid/aid.h"

static const double pi = 3.14159265358979323846;

/* ---- tables ---- */

static void test_tables(void **state)
{
	(void)state;
	for (int k = 0; k < 160; k++) {
		const double want = sin(2 * pi * k / 128);

		if (fabs((double)fleet_sine[k] - want) > 3.1e-8)
			check_true_at("sine", false, "within half a unit of the last place", __FILE__, k);
	}
	for (int j = 0; j < 16; j++)
		for (int m = 0; m < 3; m++) {
			const double turn = -2 * pi * j * (m + 1) / 64;

			check_true("twiddle", fabs((double)fleet_twiddle[j][2 * m] - cos(turn)) < 3.1e-8);
			check_true("twiddle", fabs((double)fleet_twiddle[j][2 * m + 1] - sin(turn)) < 3.1e-8);
		}
	for (int k = 0; k < 64; k++)
		check_int("place", fleet_place[k], (k & 3) << 4 | (k & 12) | k >> 4);
}

static void test_bearings(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FLEET_BEARINGS; i++) {
		const struct fleet_bearing *b = &fleet_bearings[i];
		const double g = (double)b->ball / b->pitch * cos(b->contact_deg * pi / 180);

		check_int("outer race", b->bpfo, lround(256 * b->balls * (1 - g) / 2));
		check_int("inner race", b->bpfi, lround(256 * b->balls * (1 + g) / 2));
		check_int("ball", b->bsf2, lround(256.0 * b->pitch / b->ball * (1 - g * g)));
		check_int("cage", b->ftf, lround(128 * (1 - g)));
	}
}

static void test_log2(void **state)
{
	(void)state;
	for (float v = 1e-6f; v < 1e12f; v *= 1.003f)
		if (fabs((double)fleet_log2(v) - log2((double)v)) > 0.001)
			check_true_at("log2", false, "within 0.001", __FILE__, __LINE__);
}

/* ---- transforms ---- */

static double power_at(const double *x, int n, int k)
{
	double re = 0, im = 0;

	for (int i = 0; i < n; i++) {
		re += x[i] * cos(2 * pi * k * i / n);
		im -= x[i] * sin(2 * pi * k * i / n);
	}
	return 4 * (re * re + im * im); /* the transforms leave out the halves */
}

static void test_transform(void **state)
{
	enum { N = 128 };
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 12; round++) {
		float re[64], im[64], power[64];
		double x[N], sum = 0;

		for (int i = 0; i < N; i++) {
			x[i] = round == 0 ? (i == 3) * 1000.0
			       : round < 4 ? 1000 * sin(2 * pi * (21 * round) * i / N)
					   : fleet_rng_range(&seed, -20000, 20000);
			sum += x[i] * x[i];
			(i % 2 ? im : re)[i / 2] = (float)x[i];
		}
		fleet_power128(re, im, power);
		check_true("no offset", power[0] == 0.0f);
		for (int k = 1; k < N / 2; k++)
			check_true("bin", fabs((double)power[k] - power_at(x, N, k)) <= 1e-5 * N * sum);
	}
}

/* ---- windows made by hand ---- */

enum { RPM = 6000, TYPE = 1 };

static void blank_window(uint8_t *w)
{
	memset(w, 0, FLEET_WINDOW_BYTES);
	fleet_put16(w, FLEET_MAGIC);
	w[2] = FLEET_LAYOUT;
	w[3] = TYPE;
	fleet_put16(w + 12, RPM);
	fleet_put16(w + 14, 500);
	fleet_put16(w + 16, 500);
	fleet_put16(w + 18, 3500);
	fleet_put16(w + 20, 2500);
	w[22] = 4;
}

static void put_sample(uint8_t *w, int i, double v)
{
	fleet_put16(w + FLEET_HEADER_BYTES + 2 * i, (uint32_t)(int32_t)lround(v));
}

static void features_of(const uint8_t *w, float *f)
{
	struct fleet_work work;

	check_int("window", fleet_features(w, FLEET_WINDOW_BYTES, &work, f), 0);
}

/* A tone at a multiple of the shaft's speed shows in that feature and not in the others. */
static void test_tones(void **state)
{
	static const struct {
		const char *name;
		int order, feature;
	} rows[] = {
		{ "shaft 1x", 1, FLEET_F_SHAFT1 },
		{ "shaft 2x", 2, FLEET_F_SHAFT2 },
		{ "shaft 3x", 3, FLEET_F_SHAFT3 },
		{ "cutting edges", 4, FLEET_F_TOOTH },
	};

	(void)state;
	for (size_t r = 0; r < ROWS(rows); r++) {
		const double rpm = 9000; /* 150 Hz: orders are three bins apart */
		uint8_t w[FLEET_WINDOW_BYTES];
		float f[FLEET_FEATURES];

		blank_window(w);
		fleet_put16(w + 12, (uint32_t)rpm);
		for (int i = 0; i < (int)FLEET_SAMPLES; i++)
			put_sample(w, i, 1000 * sin(2 * pi * rows[r].order * rpm / 60 * i / FLEET_RATE_HZ));
		features_of(w, f);
		for (int k = FLEET_F_SHAFT1; k <= FLEET_F_TOOTH; k++)
			check_true(rows[r].name,
				   k == rows[r].feature ? f[k] > 35.0f : f[k] < 25.0f);
	}
}

/* Rings at a bearing frequency: that line of the envelope stands out, above the other bearing part's. */
static void test_bearing_faults(void **state)
{
	const struct fleet_bearing *b = &fleet_bearings[TYPE];
	const struct {
		const char *name;
		double order;
		int feature, other;
	} rows[] = {
		{ "outer race", b->bpfo / 256.0, FLEET_F_OUTER1, FLEET_F_INNER1 },
		{ "inner race", b->bpfi / 256.0, FLEET_F_INNER1, FLEET_F_OUTER1 },
		{ "ball", b->bsf2 / 256.0, FLEET_F_BALL1, FLEET_F_INNER1 },
	};

	(void)state;
	for (size_t r = 0; r < ROWS(rows); r++) {
		const double gap = FLEET_RATE_HZ / (rows[r].order * RPM / 60.0);
		uint8_t w[FLEET_WINDOW_BYTES];
		double x[FLEET_SAMPLES] = { 0 };
		float f[FLEET_FEATURES];

		blank_window(w);
		for (double at = 2; at < FLEET_SAMPLES; at += gap)
			for (int i = (int)ceil(at); i < (int)FLEET_SAMPLES; i++)
				x[i] += 4000 * exp(-(i - at) / 4) * sin(2 * pi * 4000 * (i - at) / FLEET_RATE_HZ);
		for (int i = 0; i < (int)FLEET_SAMPLES; i++)
			put_sample(w, i, x[i]);
		features_of(w, f);
		check_true(rows[r].name, f[rows[r].feature] > 2.5f);
		check_true(rows[r].name, f[rows[r].feature] > f[rows[r].other] + 3.0f);
	}
}

static void test_heat(void **state)
{
	uint8_t w[FLEET_WINDOW_BYTES];
	float f[FLEET_FEATURES];

	(void)state;
	blank_window(w);
	features_of(w, f);
	check_true("as warm as its power explains", f[FLEET_F_HEAT] == 0.0f);
	fleet_put16(w + 18, 3500 + 1234);
	features_of(w, f);
	check_true("12.34 degrees more", fabsf(f[FLEET_F_HEAT] - 12.34f) < 1e-4f);
	fleet_put16(w + 18, (uint32_t)-1000);
	features_of(w, f);
	check_true("frost", fabsf(f[FLEET_F_HEAT] + 45.0f) < 1e-4f);
}

/* Extremes give numbers, never an infinity or NaN. */
static void test_extremes(void **state)
{
	static const struct {
		const char *name;
		int32_t even, odd;
		uint16_t rpm;
		uint8_t edges;
	} rows[] = {
		{ "silence", 0, 0, RPM, 4 },
		{ "stuck high", 32767, 32767, RPM, 4 },
		{ "stuck low", -32768, -32768, RPM, 4 },
		{ "full swing", 32767, -32768, RPM, 4 },
		{ "standing still", 100, -100, 0, 0 },
		{ "nonsense header", 100, -100, 65535, 255 },
	};

	(void)state;
	for (size_t r = 0; r < ROWS(rows); r++) {
		uint8_t w[FLEET_WINDOW_BYTES];
		float f[FLEET_FEATURES];

		blank_window(w);
		fleet_put16(w + 12, rows[r].rpm);
		w[22] = rows[r].edges;
		for (int i = 0; i < (int)FLEET_SAMPLES; i++)
			put_sample(w, i, i % 2 ? rows[r].odd : rows[r].even);
		features_of(w, f);
		for (int k = 0; k < (int)FLEET_FEATURES; k++)
			check_true(rows[r].name, isfinite(f[k]) && fabsf(f[k]) < 100.0f);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *name;
		uint32_t len;
		int at;
		uint8_t value;
	} rows[] = {
		{ "short", FLEET_WINDOW_BYTES - 1, 0, 0x46 },
		{ "long", FLEET_WINDOW_BYTES + 1, 0, 0x46 },
		{ "empty", 0, 0, 0x46 },
		{ "magic", FLEET_WINDOW_BYTES, 0, 0x47 },
		{ "layout", FLEET_WINDOW_BYTES, 2, 2 },
		{ "bearing", FLEET_WINDOW_BYTES, 3, FLEET_BEARINGS },
	};

	(void)state;
	for (size_t r = 0; r < ROWS(rows); r++) {
		uint8_t w[FLEET_WINDOW_BYTES + 1];
		float f[FLEET_FEATURES] = { 42.0f };
		struct fleet_work work;

		blank_window(w);
		w[rows[r].at] = rows[r].value;
		check_int(rows[r].name, fleet_features(w, rows[r].len, &work, f), -1);
		check_true(rows[r].name, f[0] == 42.0f);
	}
}

/* The same bits from every compiler, with every flag, on every CPU; and from the guest, which test_fleet
 * compares with this code. */
static void test_bits(void **state)
{
	uint64_t seed = 99;
	uint64_t h = 14695981039346656037u;

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint8_t w[FLEET_WINDOW_BYTES];
		float f[FLEET_FEATURES];

		blank_window(w);
		w[3] = (uint8_t)fleet_rng_below(&seed, FLEET_BEARINGS);
		fleet_put16(w + 12, (uint32_t)fleet_rng_range(&seed, 2000, 12000));
		fleet_put16(w + 18, (uint32_t)fleet_rng_range(&seed, -500, 9000));
		for (int i = 0; i < (int)FLEET_SAMPLES; i++)
			fleet_put16(w + FLEET_HEADER_BYTES + 2 * i,
				    (uint32_t)fleet_rng_range(&seed, -3000, 3000) >> (round % 4));
		features_of(w, f);
		for (int k = 0; k < (int)FLEET_FEATURES; k++)
			h = (h ^ fleet_float_bits(f[k])) * 1099511628211u;
	}
	check_hex("digest of 6,400 features", h, 0x8fe90cfbb9b9cd19);
}

/* ---- quantising and judging ---- */

static void test_quantise(void **state)
{
	static const struct {
		const char *name;
		float feature;
		int want;
	} rows[] = {
		{ "mean", 10.0f, 0 },	  { "rounds down", 10.24f, 0 }, { "rounds up", 10.26f, 1 },
		{ "negative half", 9.75f, -1 }, { "half", 10.25f, 1 },  { "top", 73.5f, 127 },
		{ "above", 1e30f, 127 },  { "bottom", -54.0f, -128 },	{ "below", -1e30f, -128 },
	};
	struct fleet_norm norm;

	(void)state;
	for (int k = 0; k < (int)FLEET_FEATURES; k++) {
		norm.mean[k] = 10.0f;
		norm.gain[k] = 2.0f;
	}
	for (size_t r = 0; r < ROWS(rows); r++) {
		float f[FLEET_FEATURES] = { 0 };
		int8_t q[FLEET_FEATURES];

		f[r] = rows[r].feature;
		fleet_quantise(f, &norm, q);
		check_int(rows[r].name, q[r], rows[r].want);
	}
}

static void test_norm_read(void **state)
{
	uint8_t bytes[FLEET_NORM_BYTES];
	struct fleet_norm norm;

	(void)state;
	for (uint32_t k = 0; k < 2 * FLEET_FEATURES; k++)
		fleet_put32(bytes + 4 * k, fleet_float_bits((float)k + 0.5f));
	fleet_norm_read(&norm, bytes);
	check_true("first mean", norm.mean[0] == 0.5f);
	check_true("last mean", norm.mean[31] == 31.5f);
	check_true("first gain", norm.gain[0] == 32.5f);
	check_true("last gain", norm.gain[31] == 63.5f);
}

static void test_judge(void **state)
{
	static const int8_t in[4] = { 10, -20, 127, 0 };
	static const int8_t out[4] = { 10, -20, 120, -2 };
	const struct fleet_quant same = { 0.5f, 0.5f, 0, 0 };
	const struct fleet_quant shifted = { 0.5f, 0.25f, 10, -6 };
	struct fleet_score s = fleet_judge(in, out, 4, &same);

	(void)state;
	check_true("(3.5^2 + 1^2) / 4", s.score == 3.3125f);
	check_int("worst", s.worst_idx, 2);
	s = fleet_judge(in, in, 4, &same);
	check_true("perfect", s.score == 0.0f);
	/* real in: 0 -15 58.5 -5; real out: 4 -3.5 31.5 1 */
	s = fleet_judge(in, out, 4, &shifted);
	check_true("own scales", s.score == (16.0f + 132.25f + 729.0f + 36.0f) / 4.0f);
}

/* ---- the latency histogram ---- */

static void test_hist(void **state)
{
	static struct hist h;

	(void)state;
	for (uint64_t v = 1; v < (uint64_t)1 << 34; v = v * 17 / 16 + 1) {
		uint64_t got;

		memset(&h, 0, sizeof(h));
		hist_add(&h, v);
		h.max = UINT64_MAX;
		got = hist_quantile(&h, 0.5);
		if (v < 4000000000u && (got < v || got > v + v / 32))
			check_int_at("within 3 %", (long long)got, (long long)v, "quantile", __FILE__, __LINE__);
	}
	memset(&h, 0, sizeof(h));
	check_int("empty", hist_quantile(&h, 0.99), 0);
	for (int i = 1; i <= 1000; i++)
		hist_add(&h, (uint64_t)i);
	check_true("median", hist_quantile(&h, 0.5) >= 500 && hist_quantile(&h, 0.5) <= 516);
	check_true("p99", hist_quantile(&h, 0.99) >= 990 && hist_quantile(&h, 0.99) <= 1000);
	check_int("all", hist_quantile(&h, 1.0), 1000);
	check_int("sum", h.sum, 500500);
	hist_add(&h, UINT64_MAX);
	check_true("beyond the last bucket", hist_quantile(&h, 1.0) > 4000000000u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),	 cmocka_unit_test(test_bearings),
		cmocka_unit_test(test_log2),	 cmocka_unit_test(test_transform),
		cmocka_unit_test(test_tones),	 cmocka_unit_test(test_bearing_faults),
		cmocka_unit_test(test_heat),	 cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_refused),	 cmocka_unit_test(test_bits),
		cmocka_unit_test(test_quantise), cmocka_unit_test(test_norm_read),
		cmocka_unit_test(test_judge),	 cmocka_unit_test(test_hist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
