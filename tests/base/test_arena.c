/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_arena.c - regions of every size and alignment; nothing outside is ever touched. */
#include "../aid/aid.h"
#include "edgewasm/alloc.h"

static void *take(const struct ew_alloc *a, size_t bytes)
{
	return a->resize(a->ctx, NULL, 0, bytes);
}

/* Fill a region of n bytes at each misalignment with blocks of each size until it says no. */
static void test_every_size(void **state)
{
	static const size_t blocks[] = {1, 15, 16, 17, 33};
	struct guard g;

	(void)state;
	guard_init(&g, 300);
	for (size_t n = 0; n <= 160; n++) {
		for (size_t shift = 0; shift < 17; shift++) {
			for (size_t b = 0; b < ROWS(blocks); b++) {
				uint8_t *base = guard_high(&g, n + shift), *end = base + n;
				struct ew_arena arena;
				struct ew_alloc a;
				uint8_t *p, *last = base;

				ew_arena_init(&arena, base, n);
				a = ew_arena_alloc(&arena);
				while ((p = take(&a, blocks[b])) != NULL) {
					assert_int_equal((uintptr_t)p % EW_ALIGN, 0);
					assert_true(p >= last && p + blocks[b] <= end);
					assert_int_equal(p[0] | p[blocks[b] - 1], 0);
					memset(p, 0x5a, blocks[b]);
					last = p + blocks[b];
				}
				/* It said no only because nothing more fits at the next aligned place. */
				last += (size_t)(-(uintptr_t)last) & (EW_ALIGN - 1);
				assert_true(last + blocks[b] > end);
				memset(base, 0x5a, n);
			}
		}
	}
	guard_deinit(&g);
}

static void test_contract(void **state)
{
	static _Alignas(16) unsigned char memory[4u << 20];
	struct ew_arena arena;
	struct ew_alloc a;

	(void)state;
	memset(memory, 0xff, sizeof(memory));
	ew_arena_init(&arena, memory, sizeof(memory));
	a = ew_arena_alloc(&arena);
	assert_null(alloc_contract(&a));
}

static void test_last_block(void **state)
{
	_Alignas(16) unsigned char memory[256];
	struct ew_arena arena;
	struct ew_alloc a;
	unsigned char *p, *q, *r;

	(void)state;
	ew_arena_init(&arena, memory, sizeof(memory));
	a = ew_arena_alloc(&arena);
	p = take(&a, 20);
	q = take(&a, 20);
	assert_ptr_equal(a.resize(a.ctx, q, 20, 60), q); /* the last grows where it is */
	assert_int_equal(arena.used_bytes, 32 + 64);
	r = a.resize(a.ctx, p, 20, 40); /* another moves */
	assert_true(r >= q + 64);
	assert_int_equal(ew_arena_peak(&arena), 96 + 48);
	a.resize(a.ctx, r, 40, 0); /* the last returns its bytes */
	assert_int_equal(arena.used_bytes, 96);
	a.resize(a.ctx, q, 60, 0); /* only the last: q is no longer known as such */
	assert_int_equal(arena.used_bytes, 96);
	assert_null(a.resize(a.ctx, p, 20, 4000));
	assert_int_equal(ew_arena_peak(&arena), 96 + 48);
	ew_arena_reset(&arena);
	assert_int_equal(arena.used_bytes, 0);
	assert_int_equal(ew_arena_peak(&arena), 96 + 48);
	assert_ptr_equal(take(&a, 256), memory);
	assert_null(take(&a, 1));
}

static void test_failed_growth_keeps(void **state)
{
	_Alignas(16) unsigned char memory[64];
	struct ew_arena arena;
	struct ew_alloc a;
	unsigned char *p;

	(void)state;
	ew_arena_init(&arena, memory, sizeof(memory));
	a = ew_arena_alloc(&arena);
	p = take(&a, 32);
	memset(p, 7, 32);
	assert_null(a.resize(a.ctx, p, 32, 65));
	assert_null(a.resize(a.ctx, p, 32, SIZE_MAX));
	assert_null(take(&a, SIZE_MAX));
	for (int i = 0; i < 32; i++)
		assert_int_equal(p[i], 7);
	assert_int_equal(arena.used_bytes, 32);
	assert_ptr_equal(a.resize(a.ctx, p, 32, 64), p);
}

static void test_no_memory_at_all(void **state)
{
	struct ew_arena arena;
	struct ew_alloc a;

	(void)state;
	ew_arena_init(&arena, NULL, 100);
	a = ew_arena_alloc(&arena);
	assert_null(take(&a, 1));
	assert_int_equal(ew_arena_peak(&arena), 0);
}

/* A body of three allocations and a growth, to try the loops of the helpers. */
static enum ew_status three(void *ctx, const struct ew_alloc *alloc)
{
	void *p = take(alloc, 100), *q = p ? take(alloc, 50) : NULL;
	void *r = q ? alloc->resize(alloc->ctx, q, 50, 90) : NULL;
	enum ew_status status = r ? EW_OK : EW_ERR_NOMEM;

	(void)ctx;
	if (q)
		alloc->resize(alloc->ctx, r ? r : q, r ? 90 : 50, 0);
	if (p)
		alloc->resize(alloc->ctx, p, 100, 0);
	return status;
}

static void test_loops(void **state)
{
	(void)state;
	assert_int_equal(fail_each(three, NULL, false), 3);
	/* 112 + 90 bytes, and those before the first aligned one of a region that ends on a page. */
	assert_int_equal(arena_each(three, NULL, 1, 300), 208);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_last_block),
		cmocka_unit_test(test_failed_growth_keeps),
		cmocka_unit_test(test_no_memory_at_all),
		cmocka_unit_test(test_loops),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
