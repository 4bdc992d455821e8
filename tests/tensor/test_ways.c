/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_ways.c - ways_avx2.c and pairs_avx2.c: that no step goes a way that is not exact, that steps go the fastest one that
 * can, and that another order of channels leaves fewer that cannot.
 */
#include "../aid/aid.h"
#include "base/cpu.h"
#include "tensor/kernels.h"

#if EWI_KERNELS_X86
#include "tensor/pairs_avx2.h"

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

/* Whether any row has too much of a pair of channels. */
static bool is_bad(const int8_t *w, size_t stride, uint32_t count, uint32_t a, uint32_t b)
{
	for (uint32_t i = 0; i < count; i++) {
		int x = w[i * stride + a], y = w[i * stride + b];

		if (saturates(255 * ((x > 0 ? x : 0) + (y > 0 ? y : 0))) || saturates(255 * ((x < 0 ? x : 0) + (y < 0 ? y : 0))))
			return true;
	}
	return false;
}

static void pairs_of_channels(void **unused)
{
	struct ewi_pairs_avx2 p = {.units = 0};
	uint64_t seed = 7;
	struct guard g;

	(void)unused;
	if (missing())
		skip();
	guard_init(&g, 19 * EWI_PACK_ROWS);
	for (uint32_t unit = 0; unit < EWI_PAIRS_UNITS; unit++) {
		uint32_t count = 1 + unit % EWI_PACK_ROWS;
		int8_t *w = (int8_t *)guard_high(&g, 19 * (count - 1) + EWI_PAIRS);

		for (size_t i = 0; i < 19 * (count - 1) + EWI_PAIRS; i++) {
			int v = (int8_t)noise(&seed);

			w[i] = (int8_t)(unit % 4 == 0 ? v : unit % 4 == 1 ? v / 3 : noise(&seed) % 2 ? 64 : unit % 4 == 2 ? 65 : -65);
			if (noise(&seed) % 40 == 0)
				w[i] = INT8_MIN;
		}
		ewi_pairs_look_avx2(&p, w, 19, count);
		check_int("units", p.units, unit + 1);
		for (uint32_t a = 0; a < EWI_PAIRS; a++)
			for (uint32_t b = 0; b < EWI_PAIRS; b++)
				check_int("bad", p.bad[a][b] >> unit & 1, a != b && is_bad(w, 19, count, a, b));
	}
	guard_deinit(&g);
}

/* Steps of an order that some pair spoils. */
static uint32_t spoilt(const struct ewi_pairs_avx2 *p, const uint8_t *order)
{
	uint32_t n = 0;

	for (uint32_t u = 0; u < EWI_PAIRS_UNITS; u++)
		for (uint32_t s = 0; s < EWI_PAIRS; s += 4)
			n += ((p->bad[order[s]][order[s + 1]] | p->bad[order[s + 2]][order[s + 3]]) >> u & 1) != 0;
	return n;
}

static void orders(void **unused)
{
	static const uint8_t plain[EWI_PAIRS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	uint64_t seed = 8;
	uint32_t better = 0;

	(void)unused;
	if (missing())
		skip();
	for (uint32_t round = 0; round < 200; round++) {
		struct ewi_pairs_avx2 p = {.units = EWI_PAIRS_UNITS};
		uint8_t order[EWI_PAIRS];
		uint32_t seen = 0, before, after;

		/* Round 0: none; 1: channels of four neighbours spoil each other, others do not, so that none need be left. */
		for (uint32_t a = 0; a < EWI_PAIRS && round > 0; a++)
			for (uint32_t b = 0; b < a; b++) {
				uint64_t bits = noise(&seed) & noise(&seed);

				for (uint32_t i = 0; i < round % 5; i++)
					bits &= noise(&seed);
				p.bad[a][b] = p.bad[b][a] = round == 1 ? (a / 4 == b / 4 ? UINT64_MAX : 0) : bits;
			}
		ewi_pairs_order_avx2(&p, order);
		for (uint32_t i = 0; i < EWI_PAIRS; i++)
			seen |= 1u << order[i];
		check_int("each channel once", seen, 0xffff);
		before = spoilt(&p, plain);
		after = spoilt(&p, order);
		assert_true(after <= before);
		better += after < before;
		if (round == 0)
			assert_memory_equal(order, plain, sizeof(plain));
		if (round == 1)
			check_int("none left", after, 0);
	}
	assert_true(better > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reaches), cmocka_unit_test(fits), cmocka_unit_test(signs),
					   cmocka_unit_test(choices), cmocka_unit_test(pairs_of_channels),
					   cmocka_unit_test(orders)};

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
