/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_quant.c - the arithmetic of quant.h against definitions written another way: exact fractions of 64-bit
 * integers, and libm's frexp and round.
 */
#include <math.h>
#include "../aid/aid.h"
#include "tensor/quant.h"

/* floor(n / 2^s), written without shifting negative numbers. */
static int64_t floor_div(int64_t n, unsigned s)
{
	int64_t d = (int64_t)1 << s, q = n / d;

	return n % d < 0 ? q - 1 : q;
}

/* n / 2^s, ties away from 0. */
static int64_t round_away(int64_t n, unsigned s)
{
	int64_t half = s ? (int64_t)1 << (s - 1) : 0;

	return n < 0 ? -((-n + half) >> s) : (n + half) >> s;
}

static int32_t wrap(int64_t v)
{
	return (int32_t)(uint32_t)(uint64_t)v;
}

/* gemmlowp's two steps as its papers put them: doubled high product, nudged towards +inf, then a rounding divide. */
static int32_t slow_requant(int32_t x, struct ewi_scale s)
{
	int32_t shifted = wrap((int64_t)x * (s.shift > 0 ? (int64_t)1 << s.shift : 1));
	int64_t high = floor_div((int64_t)shifted * s.multiplier + ((int64_t)1 << 30), 31);

	return wrap(round_away(high, (unsigned)(s.shift > 0 ? 0 : -s.shift)));
}

static int32_t slow_single(int32_t x, struct ewi_scale s)
{
	unsigned total = (unsigned)(31 - s.shift);

	return wrap(floor_div((int64_t)x * s.multiplier + ((int64_t)1 << (total - 1)), total));
}

static int32_t extreme(uint64_t *state)
{
	static const int32_t values[] = {0, 1, -1, 2, -2, INT32_MAX, INT32_MIN, INT32_MAX - 1, INT32_MIN + 1,
					 1 << 30, -(1 << 30), 0x55555555, 255 * 128, -255 * 128};

	return noise(state) % 3 ? (int32_t)(noise(state) >> (noise(state) % 32)) :
				  values[noise(state) % ROWS(values)];
}

static void requantization(void **unused)
{
	uint64_t state = 7;

	(void)unused;
	for (int i = 0; i < 2000000; i++) {
		struct ewi_scale s = {(int32_t)(noise(&state) >> 34 | 1 << 30), (int32_t)(noise(&state) % 62) - 31};
		int32_t x = extreme(&state);

		if (i % 50 == 0)
			s = (struct ewi_scale){0, 0};
		if (ewi_requant(x, s) != slow_requant(x, s))
			fail_msg("requant(%d, {%d, %d}) is %d, want %d", x, s.multiplier, s.shift,
				 ewi_requant(x, s), slow_requant(x, s));
		if (ewi_requant_single(x, s) != slow_single(x, s))
			fail_msg("requant_single(%d, {%d, %d}) is %d, want %d", x, s.multiplier, s.shift,
				 ewi_requant_single(x, s), slow_single(x, s));
	}
}

/* Rows by hand, from the specification of each rounding. */
static void requantization_rows(void **unused)
{
	static const struct row {
		const char *name;
		int32_t x;
		struct ewi_scale s;
		int32_t twice, once;
	} rows[] = {
		{"half of 1", 1, {1 << 30, 0}, 1, 1},
		{"half of -1: high product ties up", -1, {1 << 30, 0}, 0, 0},
		{"a quarter of 2", 2, {1 << 30, -1}, 1, 1},
		{"a quarter of -2: tie away from 0, or up", -2, {1 << 30, -1}, -1, 0},
		{"a quarter of 1: both roundings go up", 1, {1 << 30, -1}, 1, 0},
		{"a quarter of -6", -6, {1 << 30, -1}, -2, -1},
		{"one", 12345, {1 << 30, 1}, 12345, 12345},
		{"almost one", INT32_MAX, {INT32_MAX, 0}, INT32_MAX - 1, INT32_MAX - 1},
		{"least of all", INT32_MIN, {INT32_MAX, 0}, -INT32_MAX, -INT32_MAX},
		{"all shifted out", INT32_MAX, {1 << 30, -31}, 1, 0},
	};

	(void)unused;
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_int(rows[i].name, ewi_requant(rows[i].x, rows[i].s), rows[i].twice);
		check_int(rows[i].name, ewi_requant_single(rows[i].x, rows[i].s), rows[i].once);
	}
}

static void wide_requantization(void **unused)
{
	uint64_t state = 11;

	(void)unused;
	for (int i = 0; i < 1000000; i++) {
		struct ewi_scale s = {(int32_t)(noise(&state) >> 34 | 1 << 30), (int32_t)(noise(&state) % 39) - 31};
		int64_t x = (int64_t)noise(&state) >> (17 + noise(&state) % 40); /* |x| < 2^47 */
		int64_t m = s.multiplier < 0x7fff0000 ? ((int64_t)s.multiplier + 32768) / 65536 : 0x7fff;
		unsigned total = (unsigned)(15 - s.shift);
		int64_t want = floor_div(x * m + ((int64_t)1 << (total - 1)), total);

		if (ewi_requant_wide(x, s) != wrap(want))
			fail_msg("requant_wide(%lld, {%d, %d})", (long long)x, s.multiplier, s.shift);
	}
}

/* Against the library functions that the source of the format uses. */
static void scales(void **unused)
{
	static const double edges[] = {0.0, 1.0, 0.5, 2.0, 0x1p-31, 0x1p-32, 0x1.fffffffffffffp-33, 0x1p29, 0x1.fffffffep29,
				       0x1.ffffffffp29, 0x1p-1022, 0x1p-1074, 0x1.fffffffep-1, 0x1.ffffffffp-1};
	uint64_t state = 3;

	(void)unused;
	for (int i = 0; i < 300000; i++) {
		double ratio = (size_t)i < ROWS(edges) ? edges[i] :
							 ldexp((double)(noise(&state) >> 11), (int)(noise(&state) % 70) - 95);
		struct ewi_scale got;
		bool ok = ewi_scale_from(ratio, false, &got);
		int shift = 0;
		int64_t fixed = (int64_t)round(frexp(ratio, &shift) * 2147483648.0);

		if (fixed == (int64_t)1 << 31) {
			fixed /= 2;
			shift++;
		}
		if (shift < -31 || ratio == 0.0)
			fixed = shift = 0;
		if (shift > 30) {
			assert_false(ok);
			assert_true(ewi_scale_from(ratio, true, &got));
			assert_int_equal(got.multiplier, INT32_MAX);
			assert_int_equal(got.shift, 30);
			continue;
		}
		if (!ok || got.multiplier != fixed || got.shift != shift)
			fail_msg("%a is {%d, %d}, want {%lld, %d}", ratio, got.multiplier, got.shift,
				 (long long)fixed, shift);
	}
}

static void rounding(void **unused)
{
	static const float edges[] = {0.0f, -0.0f, 0.5f, -0.5f, 0.49999997f, -0.49999997f, 1.5f, 2.5f, -2.5f, 8388607.5f,
				      -8388607.5f, 8388608.0f, 1e30f, -1e30f, INFINITY, -INFINITY};
	uint64_t state = 5;

	(void)unused;
	for (int i = 0; i < 500000; i++) {
		uint32_t bits = (uint32_t)noise(&state);
		float x, want;

		memcpy(&x, &bits, 4);
		if ((size_t)i < ROWS(edges))
			x = edges[i];
		else if (i % 2)
			x = (float)(int32_t)bits / 512.0f;
		if (isnan(x))
			continue;
		want = roundf(x);
		if (ewi_roundf(x) != want)
			fail_msg("roundf(%a) is %a, want %a", (double)x, (double)ewi_roundf(x), (double)want);
	}
	assert_true(isnan(ewi_roundf(NAN)));
}

static void quantizing(void **unused)
{
	static const struct row {
		const char *name;
		float x, scale;
		int32_t zero, low, high, want;
	} rows[] = {
		{"zero is the zero point", 0.0f, 0.1f, 7, -128, 127, 7},
		{"minus zero", -0.0f, 0.1f, 7, -128, 127, 7},
		{"a tie goes away from zero", 0.25f, 0.5f, 0, -128, 127, 1},
		{"and so below", -0.25f, 0.5f, 0, -128, 127, -1},
		{"clamped above", 100.0f, 0.5f, 0, -128, 127, 127},
		{"clamped below", -100.0f, 0.5f, 0, -128, 127, -128},
		{"more than int32", 1e30f, 0.5f, -5, -128, 127, 127},
		{"less than int32", -1e30f, 0.5f, 5, -128, 127, -128},
		{"infinite", INFINITY, 0.5f, -5, -32768, 32767, 32767},
		{"minus infinite", -INFINITY, 0.5f, 5, -32768, 32767, -32768},
		{"not a number", NAN, 0.5f, -5, -128, 127, -128},
		{"the sum does not wrap", 2147483500.0f, 1.0f, 127, -128, 127, 127},
		{"nor below", -2147483500.0f, 1.0f, -128, -128, 127, -128},
	};

	(void)unused;
	for (size_t i = 0; i < ROWS(rows); i++)
		check_int(rows[i].name,
			  ewi_quantize(rows[i].x, rows[i].scale, rows[i].zero, rows[i].low, rows[i].high),
			  rows[i].want);
	assert_true(ewi_dequantize(-128, 0.05f, 127) == (float)((double)0.05f * -255.0));
	assert_true(ewi_dequantize(-32768, 3e38f, 32767) < 0.0f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requantization),      cmocka_unit_test(requantization_rows),
		cmocka_unit_test(wide_requantization), cmocka_unit_test(scales),
		cmocka_unit_test(rounding),	       cmocka_unit_test(quantizing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
