/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_pack.c - pack_avx2.c against what its header says, element by element. */
#include "../aid/aid.h"
#include "base/cpu.h"
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/pack_avx2.h"

static bool missing(void)
{
	if (ewi_cpu_features() & EW_CPU_AVX2)
		return false;
	print_message("no AVX2 here\n");
	return true;
}

/* Every pair of weights. */
static void split(void **unused)
{
	int8_t v[EWI_PACK_BYTES], keep[EWI_PACK_BYTES], rest[EWI_PACK_BYTES];

	(void)unused;
	if (missing())
		skip();
	for (int a = INT8_MIN; a <= INT8_MAX; a++)
		for (int b = INT8_MIN; b <= INT8_MAX; b++) {
			bool fits = abs(a) + abs(b) <= 128, left;
			size_t at = (size_t)(b & 31) * 2;

			memset(v, 0, sizeof(v));
			v[at] = (int8_t)a;
			v[at + 1] = (int8_t)b;
			left = ewi_rows_split_avx2(v, keep, rest);
			check_int("a", keep[at], fits ? a : a / 2);
			check_int("b", keep[at + 1], fits ? b : b / 2);
			check_int("left of a", rest[at], a - keep[at]);
			check_int("left of b", rest[at + 1], b - keep[at + 1]);
			check_int("left", left, !fits);
			assert_true(abs(rest[at]) + abs(rest[at + 1]) <= 128);
		}
}

static void fetch(void **unused)
{
	int8_t *w, to[EWI_PACK_BYTES];
	uint64_t seed = 3;
	struct guard g;

	(void)unused;
	guard_init(&g, 21 * EWI_PACK_ROWS);
	w = (int8_t *)guard_high(&g, 21 * EWI_PACK_ROWS);
	for (size_t i = 0; i < 21 * EWI_PACK_ROWS; i++)
		w[i] = (int8_t)noise(&seed);
	for (uint32_t count = 0; count <= EWI_PACK_ROWS; count++)
		for (size_t n = 0; n <= EWI_PACK_STEP; n++) {
			struct ewi_rows_avx2 r = {w + (EWI_PACK_ROWS - count) * 21, 21, count, (uint32_t)noise(&seed), count % 2};

			ewi_rows_fetch_avx2(&r, 21 - n, n, to);
			for (uint32_t i = 0; i < EWI_PACK_ROWS; i++)
				for (size_t k = 0; k < EWI_PACK_STEP; k++) {
					bool there = i < count && k < n && (r.used >> i & 1);
					size_t place = r.in_order ? i : ewi_place_avx2(i);

					check_int("element", to[EWI_PACK_STEP * place + k],
						  there ? r.w[i * 21 + 21 - n + k] : 0);
				}
		}
	guard_deinit(&g);
}

static void pick(void **unused)
{
	int8_t *w, to[EWI_PACK_BYTES];
	uint64_t seed = 6;
	struct guard g;

	(void)unused;
	if (missing())
		skip();
	guard_init(&g, 37 * EWI_PACK_ROWS);
	w = (int8_t *)guard_high(&g, 37 * EWI_PACK_ROWS);
	for (size_t i = 0; i < 37 * EWI_PACK_ROWS; i++)
		w[i] = (int8_t)noise(&seed);
	for (uint32_t count = 0; count <= EWI_PACK_ROWS; count++)
		for (unsigned round = 0; round < 50; round++) {
			struct ewi_rows_avx2 r = {w + (EWI_PACK_ROWS - count) * 37, 37, count, (uint32_t)noise(&seed), count % 2};
			uint8_t which[EWI_PACK_STEP];

			for (size_t k = 0; k < EWI_PACK_STEP; k++)
				which[k] = (uint8_t)(noise(&seed) % 16);
			ewi_rows_pick_avx2(&r, 37 - 16, which, to);
			for (uint32_t i = 0; i < EWI_PACK_ROWS; i++)
				for (size_t k = 0; k < EWI_PACK_STEP; k++)
					check_int("element", to[EWI_PACK_STEP * (r.in_order ? i : ewi_place_avx2(i)) + k],
						  i < count && r.used >> i & 1 ? r.w[i * 37 + 37 - 16 + which[k]] : 0);
		}
	guard_deinit(&g);
}

static void widen(void **unused)
{
	int16_t factors[2 * EWI_PACK_ROWS], to[2 * EWI_PACK_ROWS];
	int8_t v[EWI_PACK_BYTES];
	uint64_t seed = 4;

	(void)unused;
	if (missing())
		skip();
	for (int round = 0; round < 1000; round++) {
		for (size_t i = 0; i < EWI_PACK_BYTES; i++)
			v[i] = (int8_t)noise(&seed);
		for (size_t i = 0; i < 2 * EWI_PACK_ROWS; i++)
			factors[i] = (int16_t)(1 << noise(&seed) % 9);
		ewi_rows_widen_avx2(v, factors, to);
		for (size_t i = 0; i < 2 * EWI_PACK_ROWS; i++)
			check_int("word", to[i], (int16_t)(v[i / 2 * EWI_PACK_STEP + i % 2] * factors[i]));
	}
}

static void reach(void **unused)
{
	uint64_t seed = 5;

	(void)unused;
	if (missing())
		skip();
	for (size_t n = 0; n < 200; n++) {
		int32_t zero = n % 3 ? (int8_t)noise(&seed) : n % 2 ? INT8_MIN : INT8_MAX;
		struct ewi_staircase a = {.low = -5, .high = 7}, b = a;
		uint32_t sum = 0;
		struct guard g;
		int8_t *w;

		guard_init(&g, n);
		w = (int8_t *)guard_high(&g, n);
		for (size_t i = 0; i < n; i++) {
			w[i] = n % 5 ? (int8_t)noise(&seed) : noise(&seed) % 2 ? INT8_MIN : INT8_MAX;
			ewi_staircase_reach(&a, w[i], zero);
			sum += (uint32_t)w[i];
		}
		check_int("sum", ewi_row_reach_avx2(&b, w, n, zero), sum);
		check_int("low", b.low, a.low);
		check_int("high", b.high, a.high);
		guard_deinit(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(split), cmocka_unit_test(fetch), cmocka_unit_test(pick), cmocka_unit_test(widen),
					   cmocka_unit_test(reach)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void nothing(void **unused)
{
	(void)unused;
	print_message("no kernel of this machine uses pack_avx2.c\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
