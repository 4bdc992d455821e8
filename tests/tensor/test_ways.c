/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_ways.c - ways_avx2.c: that no step goes a way that is not exact, and that those go the fastest one that can. */
#include "../aid/aid.h"
#include "base/cpu.h"
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/ways_avx2.h"

static bool missing(void)
{
	if (ewi_cpu_features() & EW_CPU_AVX2)
		return false;
	print_message("no AVX2 here\n");
	return true;
}

static bool saturates(int32_t v)
{
	return v < INT16_MIN || v > INT16_MAX;
}

/* Every pair of weights in a lane: what it can reach, and that the bound is where a product saturates first. */
static void reaches(void **unused)
{
	struct ewi_reach_avx2 r;
	int8_t v[EWI_PACK_BYTES];

	(void)unused;
	if (missing())
		skip();
	for (int a = INT8_MIN; a <= INT8_MAX; a++)
		for (int b = INT8_MIN; b <= INT8_MAX; b++) {
			int above = (a > 0 ? a : 0) + (b > 0 ? b : 0), below = (a < 0 ? -a : 0) + (b < 0 ? -b : 0);
			int most = above > below ? above : below, up = 0, down = 0;
			size_t at = (size_t)(b & 31) * 2;

			memset(v, 0, sizeof(v));
			v[at] = (int8_t)a;
			v[at + 1] = (int8_t)b;
			check_int("most", ewi_way_reach_avx2(v, &r), most > 255 ? 255 : most);
			for (size_t i = 0; i < sizeof(r.above); i++) {
				up += r.above[i];
				down += r.below[i];
			}
			check_int("above", up, above);
			check_int("below", down, below > 255 ? 255 : below);
			assert_int_equal(most > (int)EWI_WAY_REACH, saturates(255 * above) || saturates(-255 * below));
		}
}

/* Two lanes, which go together as far as the bound and no farther. */
static void fits(void **unused)
{
	struct ewi_reach_avx2 r, s;

	(void)unused;
	if (missing())
		skip();
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++)
			for (unsigned side = 0; side < 2; side++) {
				size_t lane = (a + b) % sizeof(r.above);

				memset(&r, 0, sizeof(r));
				memset(&s, 0, sizeof(s));
				(side ? r.above : r.below)[lane] = (uint8_t)a;
				(side ? s.above : s.below)[lane] = (uint8_t)b;
				check_int("fit", ewi_way_fit_avx2(&r, &s), a + b <= EWI_WAY_REACH);
				(side ? s.above : s.below)[lane] = 0; /* another lane, and the other side, do not count */
				(side ? s.below : s.above)[lane] = (uint8_t)b;
				check_int("apart", ewi_way_fit_avx2(&r, &s), a <= EWI_WAY_REACH && b <= EWI_WAY_REACH);
			}
}

/* Every weight with every activation, in every place. */
static void signs(void **unused)
{
	int8_t v[EWI_PACK_BYTES], to[2 * EWI_PACK_BYTES];
	uint32_t fix[EWI_PACK_ROWS];

	(void)unused;
	if (missing())
		skip();
	for (int first = INT8_MIN; first <= INT8_MAX; first++) {
		for (size_t i = 0; i < sizeof(v); i++)
			v[i] = (int8_t)(first + (int)i * 5);
		for (size_t i = 0; i < ROWS(fix); i++)
			fix[i] = (uint32_t)i;
		ewi_way_sign_avx2(v, to, fix);
		for (size_t place = 0; place < EWI_PACK_ROWS; place++) {
			int32_t more = (int32_t)place;

			for (size_t k = 0; k < EWI_PACK_STEP; k++) {
				size_t at = EWI_PACK_STEP * place + k;
				int w = v[at];

				for (int x = INT8_MIN; x <= INT8_MAX; x++) {
					int product = (uint8_t)to[at] * (int8_t)((x + 128) ^ (uint8_t)to[EWI_PACK_BYTES + at]);

					assert_int_equal(product, w * x + (w < 0 ? w : 0));
					assert_false(saturates(2 * product));
				}
				more += (w < 0 ? w : 0) - 128 * w;
			}
			check_int("fix", (int32_t)fix[place], more);
		}
	}
}

/* n steps with sums up to `most`; and of some lanes only. */
static void choose(uint64_t *seed, uint32_t n, uint32_t most)
{
	struct ewi_reach_avx2 *reach = calloc(n + 1, sizeof(*reach));
	struct guard g[2];
	uint32_t *work, *order, small = 0, beyond = 0;
	struct ewi_ways_avx2 w;
	bool *seen = calloc(n + 1, sizeof(*seen));

	assert_non_null(reach);
	assert_non_null(seen);
	guard_init(&g[0], (EWI_WAYS_WORK(n) + 1) * sizeof(*work));
	guard_init(&g[1], (n + 1) * sizeof(*order));
	work = (uint32_t *)(void *)guard_high(&g[0], EWI_WAYS_WORK(n) * sizeof(*work));
	order = (uint32_t *)(void *)guard_high(&g[1], n * sizeof(*order));
	for (uint32_t s = 0; s < n; s++) {
		uint32_t largest = 0;

		for (size_t i = 0; i < sizeof(reach->above); i++) {
			reach[s].above[i] = (uint8_t)(noise(seed) % 3 ? 0 : noise(seed) % (most + 1));
			reach[s].below[i] = (uint8_t)(noise(seed) % (most + 1));
			largest = reach[s].above[i] > largest ? reach[s].above[i] : largest;
			largest = reach[s].below[i] > largest ? reach[s].below[i] : largest;
		}
		((uint8_t *)work)[s] = (uint8_t)largest;
		small += largest <= EWI_WAY_REACH / 2;
		beyond += largest > EWI_WAY_REACH;
	}
	ewi_ways_choose_avx2(reach, n, work, order, &w);
	check_int("steps", 2 * w.twos + w.ones + w.signs, n);
	check_int("beyond the bound", w.signs, beyond);
	assert_true(w.twos >= small / 2);
	for (uint32_t i = 0; i < n; i++) {
		bool fit;

		assert_true(order[i] < n && !seen[order[i]]);
		seen[order[i]] = true;
		fit = ewi_way_fit_avx2(&reach[order[i]], &reach[i < 2 * w.twos ? order[i ^ 1] : order[i]]) ||
		      (i >= 2 * w.twos && i < n - w.signs);
		assert_int_equal(fit, i < n - w.signs);
	}
	free(seen);
	free(reach);
	guard_deinit(&g[0]);
	guard_deinit(&g[1]);
}

static void choices(void **unused)
{
	uint64_t seed = 6;

	(void)unused;
	if (missing())
		skip();
	for (uint32_t n = 0; n <= 70; n++)
		for (uint32_t most = 0; most < 256; most += n % 5 ? 17 : 32)
			choose(&seed, n, most);
	choose(&seed, 5000, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reaches), cmocka_unit_test(fits), cmocka_unit_test(signs),
					   cmocka_unit_test(choices)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void nothing(void **unused)
{
	(void)unused;
	print_message("no kernel of this machine uses ways_avx2.c\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
