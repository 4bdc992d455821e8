/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_alloc.c - libc's allocator keeps the contract; products and growth steps do not overflow. */
#include "../aid/aid.h"
#include "base/alloc.h"

static void test_contract(void **state)
{
	struct ew_alloc libc = ew_alloc_libc();
	struct fail_alloc f;

	(void)state;
	assert_null(alloc_contract(&libc));
	fail_alloc_init(&f);
	assert_null(alloc_contract(&f.alloc));
	fail_alloc_finish(&f);
}

/* The test allocator itself must see what it is there to see. */
static void test_faults_are_seen(void **state)
{
	struct fail_alloc f;
	unsigned char *p;

	(void)state;
	fail_alloc_init(&f);
	p = f.alloc.resize(f.alloc.ctx, NULL, 0, 10);
	assert_string_equal(fail_alloc_verdict(&f), "blocks were leaked");
	f.alloc.resize(f.alloc.ctx, p, 9, 0);
	assert_string_equal(fail_alloc_verdict(&f), "old_bytes is not the size of the block");
	fail_alloc_deinit(&f);

	fail_alloc_init(&f);
	p = f.alloc.resize(f.alloc.ctx, NULL, 0, 10);
	f.alloc.resize(f.alloc.ctx, p, 10, 0);
	assert_null(fail_alloc_verdict(&f));
	f.alloc.resize(f.alloc.ctx, p, 10, 0);
	assert_string_equal(fail_alloc_verdict(&f), "a block that is not live was freed or resized");
	fail_alloc_deinit(&f);

	for (int at = -1; at <= 10; at += 11) {
		fail_alloc_init(&f);
		p = f.alloc.resize(f.alloc.ctx, NULL, 0, 10);
		p[at] = 0;
		f.alloc.resize(f.alloc.ctx, p, 10, 0);
		assert_string_equal(fail_alloc_verdict(&f),
				    at < 0 ? "bytes before a block were written"
					   : "bytes behind a block were written");
		fail_alloc_deinit(&f);
	}
}

static void test_fails_on_demand(void **state)
{
	struct fail_alloc f;
	void *p, *q;

	(void)state;
	fail_alloc_init(&f);
	f.fail_at = 2;
	p = f.alloc.resize(f.alloc.ctx, NULL, 0, 10);
	assert_non_null(p);
	assert_null(f.alloc.resize(f.alloc.ctx, p, 10, 20));
	assert_int_equal(f.failed, 1);
	f.limit_bytes = 20;
	assert_null(f.alloc.resize(f.alloc.ctx, NULL, 0, 11));
	q = f.alloc.resize(f.alloc.ctx, NULL, 0, 10);
	assert_non_null(q);
	assert_int_equal(f.peak_bytes, 20);
	f.alloc.resize(f.alloc.ctx, p, 10, 0);
	f.alloc.resize(f.alloc.ctx, q, 10, 0);
	fail_alloc_finish(&f);
}

static const struct {
	const char *name;
	size_t count, size;
	bool works;
} products[] = {
	{"nothing", 0, 8, false},
	{"one byte", 1, 1, true},
	{"a few", 3, 7, true},
	{"just overflows", SIZE_MAX / 16 + 1, 16, false},
	{"overflows to 0", SIZE_MAX / 2 + 1, 2, false},
	{"overflows to little", SIZE_MAX / 4 + 2, 4, false},
	{"too large", SIZE_MAX, 1, false},
};

static void test_products(void **state)
{
	struct fail_alloc f;

	(void)state;
	for (size_t i = 0; i < ROWS(products); i++) {
		void *p, *q;

		fail_alloc_init(&f);
		p = ewi_alloc(&f.alloc, products[i].count, products[i].size);
		check_true(products[i].name, (p != NULL) == products[i].works);
		if (p)
			check_int(products[i].name, f.live_bytes, products[i].count * products[i].size);
		ewi_free(&f.alloc, p, products[i].count, products[i].size);
		if (products[i].count) {
			q = ewi_alloc(&f.alloc, 1, products[i].size);
			p = ewi_realloc(&f.alloc, q, 1, products[i].count, products[i].size);
			check_true(products[i].name, (p != NULL) == products[i].works);
			ewi_free(&f.alloc, p ? p : q, p ? products[i].count : 1, products[i].size);
		}
		fail_alloc_finish(&f);
	}
}

/* A large block may stay where it is; what it gains again is zero all the same. */
static void test_large_blocks(void **state)
{
	static const struct {
		size_t first, then;
	} rows[] = {{1 << 20, (1 << 20) - 1}, {1 << 20, 900000}, {1 << 20, 3 << 18}, {1 << 20, (3 << 18) - 1},
		    {1 << 20, 1000},	      {1 << 17, (1 << 17) - 1}, {(1 << 17) + 1, 1 << 17}, {1 << 17, 1 << 17}};
	struct ew_alloc libc = ew_alloc_libc();

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		unsigned char *p = ewi_alloc(&libc, rows[i].first, 1);

		assert_non_null(p);
		memset(p, 0xa5, rows[i].first);
		p = ewi_realloc(&libc, p, rows[i].first, rows[i].then, 1);
		assert_non_null(p);
		p = ewi_realloc(&libc, p, rows[i].then, 2 << 20, 1);
		assert_non_null(p);
		for (size_t k = 0; k < 2 << 20; k++)
			if (p[k] != (k < rows[i].then ? 0xa5 : 0))
				fail_msg("row %zu: byte %zu is 0x%02x", i, k, p[k]);
		ewi_free(&libc, p, 2 << 20, 1);
	}
}

static void test_realloc_from_nothing(void **state)
{
	struct fail_alloc f;
	unsigned char *p;

	(void)state;
	fail_alloc_init(&f);
	p = ewi_realloc(&f.alloc, NULL, 0, 5, 3);
	assert_non_null(p);
	assert_int_equal(f.live_bytes, 15);
	ewi_free(&f.alloc, p, 5, 3);
	ewi_free(&f.alloc, NULL, 5, 3);
	fail_alloc_finish(&f);
}

/* Growth reaches every maximum exactly, in a number of steps that grows with its logarithm. */
static void test_grow(void **state)
{
	static const size_t maxima[] = {1, 2, 7, 8, 9, 12, 13, 100, 65536, 100000};
	struct fail_alloc f;

	(void)state;
	for (size_t i = 0; i < ROWS(maxima); i++) {
		void *items = NULL;
		size_t cap = 0, steps = 0;

		fail_alloc_init(&f);
		while (cap < maxima[i]) {
			size_t next = ewi_grow(&f.alloc, &items, cap, maxima[i], 4);

			assert_true(next > cap && next <= maxima[i]);
			memset(items, 1, next * 4);
			cap = next;
			steps++;
		}
		assert_true(steps < 32);
		assert_int_equal(ewi_grow(&f.alloc, &items, cap, maxima[i], 4), 0);
		ewi_free(&f.alloc, items, cap, 4);
		fail_alloc_finish(&f);
	}
}

static void test_grow_fails(void **state)
{
	struct fail_alloc f;
	void *items = NULL, *before;
	size_t cap;

	(void)state;
	fail_alloc_init(&f);
	cap = ewi_grow(&f.alloc, &items, 0, 1000, 4);
	f.fail_at = f.requests + 1;
	before = items;
	assert_int_equal(ewi_grow(&f.alloc, &items, cap, 1000, 4), 0);
	assert_ptr_equal(items, before);
	ewi_free(&f.alloc, items, cap, 4);
	fail_alloc_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_faults_are_seen),
		cmocka_unit_test(test_fails_on_demand),
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_large_blocks),
		cmocka_unit_test(test_realloc_from_nothing),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_grow_fails),
	};

	return cmocka_run_group_tests_name("base/alloc", tests, NULL, NULL);
}
