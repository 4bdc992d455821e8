/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_steps.c - steps.c: what it finds gives the definition's outputs for every sum where there are few, and beside
 * every step where there are many; and it finds something for what trained layers look like.
 */
#include "../aid/aid.h"
#include "base/cpu.h"
#include "tensor/kernels.h"
#include "tensor/steps.h"

#if EWI_KERNELS_X86
/* What a kernel does with it, kept to 32 bits as kernels are. */
static int32_t stepped(const struct ewi_staircase *s, const struct ewi_steps *f, int64_t sum)
{
	int32_t x = (int32_t)(((uint32_t)(f->constant ? 0 : sum) << f->shift) + (uint32_t)f->bias);

	x = (int32_t)((uint32_t)x + (uint32_t)(x < 0 ? f->below : f->above));
	return ewi_clamp((int32_t)((int64_t)x * f->multiplier >> EWI_STEPS_FINAL), s->min, s->max);
}

static int32_t defined(const struct ewi_staircase *s, int64_t sum)
{
	int32_t v = ewi_requant_as(ewi_wrap_add((int32_t)sum, s->bias), s->scale, s->single);

	return ewi_clamp(ewi_wrap_add(v, s->zero), s->min, s->max);
}

static bool same(const struct ewi_staircase *s, const struct ewi_steps *f, int64_t sum)
{
	if (sum < s->low || sum > s->high || defined(s, sum) == stepped(s, f, sum))
		return true;
	print_error("scale %d * 2^%d, bias %d, zero %d, %d to %d, %s: sum %lld of %lld to %lld gives %d, want %d\n",
		    s->scale.multiplier, s->scale.shift, s->bias, s->zero, s->min, s->max, s->single ? "once" : "twice",
		    (long long)sum, (long long)s->low, (long long)s->high, stepped(s, f, sum), defined(s, sum));
	return false;
}

/* The least sum whose output is v or more, by halving: the definition never falls. */
static int64_t first_of(const struct ewi_staircase *s, int32_t v)
{
	int64_t low = s->low, high = s->high + 1;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (defined(s, middle) >= v)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool all_same(const struct ewi_staircase *s, const struct ewi_steps *f)
{
	bool ok = same(s, f, s->low) && same(s, f, s->high) && same(s, f, -s->bias) && same(s, f, -s->bias - 1) &&
		  f->multiplier > 0;

	if (s->high - s->low < 5000) {
		for (int64_t sum = s->low; ok && sum <= s->high; sum++)
			ok = same(s, f, sum);
		return ok;
	}
	for (int32_t v = s->min; ok && v <= s->max; v++) {
		int64_t at = first_of(s, v);

		ok = same(s, f, at) && same(s, f, at - 1) && same(s, f, at + 1);
	}
	return ok;
}

static int32_t between(uint64_t *state, int32_t low, int32_t high)
{
	return low + (int32_t)(noise(state) % (uint64_t)((int64_t)high - low + 1));
}

/* What a layer might have: `trained` ones keep to what quantizers make, others go anywhere. */
static struct ewi_staircase some(uint64_t *state, bool trained)
{
	struct ewi_staircase s = {.scale = {between(state, 1 << 30, INT32_MAX), -between(state, 5, 10)}, .min = -128,
				  .max = 127, .zero = noise(state) % 2 ? -128 : between(state, -128, 127),
				  .single = noise(state) % 4 == 0};
	int32_t reach = trained ? 1 << 17 : 1 << between(state, 0, 30);

	if (!trained) {
		s.scale.shift = between(state, -31, 12);
		s.scale.multiplier = noise(state) % 8 ? s.scale.multiplier : noise(state) % 2 ? 1 << 30 : 0;
		s.min = between(state, -128, 127);
		s.max = between(state, s.min, 127);
	}
	s.bias = between(state, -reach / 4, reach / 4);
	s.low = -between(state, 0, reach);
	s.high = between(state, 0, reach);
	return s;
}

static bool missing(void)
{
	if (ewi_cpu_features() & EW_CPU_AVX2)
		return false;
	print_message("no AVX2 here\n");
	return true;
}

static void staircases(void **unused)
{
	uint64_t state = 11;
	unsigned found = 0;

	(void)unused;
	if (missing())
		skip();
	for (unsigned i = 0; i < 20000; i++) {
		struct ewi_staircase s = some(&state, i % 4 == 0);
		struct ewi_steps f;

		if (!ewi_steps_find(&s, &f))
			continue;
		found += i % 4 == 0;
		assert_true(f.shift >= EWI_STEPS_SHIFT_MIN && f.shift <= EWI_STEPS_SHIFT_MAX);
		assert_true(all_same(&s, &f));
	}
	print_message("%u of 5000 like trained ones\n", found);
	assert_true(found > 4950);
}

/* Edges of the proof: rows that have a function, rows that cannot have one. */
static void edges(void **unused)
{
	static const struct row {
		const char *name;
		struct ewi_staircase s;
		bool found, constant;
	} rows[] = {
		{"a multiplier of 0", {.scale = {0, 0}, .min = -128, .max = 127, .low = -9999, .high = 9999}, true, true},
		{"no sums but one", {.scale = {1 << 30, 0}, .min = -128, .max = 127, .bias = -1073741952}, true, true},
		{"one step, far from 0", {.scale = {1174405120, -20}, .zero = -128, .min = -128, .max = 127,
					  .bias = 25884848, .low = -91290, .high = 65025}, true, false},
		{"halves: multiplier 2^30, shift 1", {.scale = {1 << 30, -1}, .min = -128, .max = 127, .low = -700,
						      .high = 700}, true, false},
		{"sums that wrap", {.scale = {1 << 30, -9}, .min = -128, .max = 127, .bias = INT32_MAX, .low = -5,
				    .high = 5}, false, false},
		{"a scale above 1", {.scale = {1 << 30, 2}, .min = -128, .max = 127, .low = -5, .high = 5}, false, false},
		{"no room for a shift of 5", {.scale = {1 << 30, -19}, .min = -128, .max = 127, .low = -(1 << 27),
					      .high = 1 << 26}, false, false},
	};

	(void)unused;
	if (missing())
		skip();
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ewi_steps f;
		bool found = ewi_steps_find(&rows[i].s, &f);

		check_int(rows[i].name, found, rows[i].found);
		if (!found)
			continue;
		check_int(rows[i].name, f.constant, rows[i].constant);
		assert_true(all_same(&rows[i].s, &f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(staircases), cmocka_unit_test(edges)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void nothing(void **unused)
{
	(void)unused;
	print_message("no kernel of this machine uses steps.c\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
