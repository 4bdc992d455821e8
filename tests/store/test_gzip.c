/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_gzip.c - compressing and expanding, within bounds, whatever the input says. */
#include "../aid/aid.h"
#include "edgewasm/store.h"
#include "store/gzip.h"

#if EW_CONFIG_ZLIB

#define MAX 100000

struct bytes {
	uint8_t plain[MAX], packed[MAX + MAX / 1000 + 64], back[MAX + 1];
};

static void fill(uint8_t *p, size_t n, int kind)
{
	uint64_t seed = 5;

	for (size_t i = 0; i < n; i++)
		p[i] = kind == 0 ? (uint8_t)noise(&seed) : kind == 1 ? 0 : (uint8_t)("temp=21.5;"[i % 10]);
}

static void there_and_back(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 100, 4096, 65535, 65536, MAX};
	static const char *const kinds[] = {"noise", "zeros", "text"};
	struct bytes *b = malloc(sizeof(*b));
	struct fail_alloc f;

	(void)state;
	assert_non_null(b);
	fail_alloc_init(&f);
	for (int kind = 0; kind < 3; kind++)
		for (int level = 1; level <= 9; level += 4)
			for (size_t i = 0; i < ROWS(sizes); i++) {
				size_t n = sizes[i], packed, got, bound = ew_gzip_bound(n);
				const char *row = kinds[kind];

				fill(b->plain, n, kind);
				assert_true(bound <= sizeof(b->packed));
				check_status(row, ew_gzip_compress(&f.alloc, level, b->plain, n, b->packed, bound,
								   &packed), EW_OK);
				if (kind != 0 && n >= 4096)
					check_true(row, packed < n / 20);
				check_status(row, ew_gzip_compress(&f.alloc, level, b->plain, n, b->packed,
								   packed - 1, &got), EW_ERR_TOOBIG);
				check_int(row, got, 0);
				check_status(row, ew_gzip_compress(&f.alloc, level, b->plain, n, b->packed, packed,
								   &got), EW_OK);
				check_status(row, ew_gzip_expand(&f.alloc, b->packed, packed, b->back, n, &got), EW_OK);
				check_int(row, got, n);
				check_mem(row, b->back, b->plain, n);
				if (n > 0)
					check_status(row, ew_gzip_expand(&f.alloc, b->packed, packed, b->back, n - 1,
									 &got), EW_ERR_TOOBIG);
				check_status(row, ew_gzip_expand(&f.alloc, b->packed, packed - 1, b->back, n, &got),
					     EW_ERR_CORRUPT);
				b->packed[packed] = 0;
				check_status(row, ew_gzip_expand(&f.alloc, b->packed, packed + 1, b->back, n, &got),
					     EW_ERR_CORRUPT);
			}
	fail_alloc_finish(&f);
	free(b);
}

/* The same packer for one member after the other; a piece more is asked for until it is done. */
static void in_pieces(void **state)
{
	static const size_t sizes[] = {0, 1, 4096, MAX}, pieces[] = {1, 1000, 4096, MAX};
	struct bytes *b = malloc(sizeof(*b));
	struct ewi_packer *p;
	struct fail_alloc f;

	(void)state;
	assert_non_null(b);
	fail_alloc_init(&f);
	assert_int_equal(ewi_packer_create(&p, 0, &f.alloc), EW_ERR_INVAL);
	assert_int_equal(ewi_packer_create(&p, 10, &f.alloc), EW_ERR_INVAL);
	assert_int_equal(ewi_packer_create(&p, 6, &f.alloc), EW_OK);
	for (int kind = 0; kind < 3; kind++)
		for (size_t i = 0; i < ROWS(sizes) * ROWS(pieces); i++) {
			size_t n = sizes[i / ROWS(pieces)], piece = pieces[i % ROWS(pieces)], packed, got, calls = 1;
			const char *row = i % ROWS(pieces) ? "pieces" : "byte by byte";
			enum ew_status st;

			fill(b->plain, n, kind);
			assert_int_equal(ewi_packer_begin(p, b->plain, n, b->packed, sizeof(b->packed)), EW_OK);
			while ((st = ewi_packer_go(p, piece, &packed)) == EW_ERR_EMPTY) {
				check_int(row, packed, 0);
				calls++;
			}
			check_status(row, st, EW_OK);
			check_int(row, calls, n ? (n + piece - 1) / piece : 1);
			check_status(row, ew_gzip_expand(&f.alloc, b->packed, packed, b->back, n, &got), EW_OK);
			check_int(row, got, n);
			check_mem(row, b->back, b->plain, n);
			assert_int_equal(ewi_packer_begin(p, b->plain, n, b->packed, packed - 1), EW_OK);
			while ((st = ewi_packer_go(p, piece, &got)) == EW_ERR_EMPTY)
				;
			check_status(row, st, EW_ERR_TOOBIG);
			check_int(row, got, 0);
		}
	ewi_packer_destroy(p);
	ewi_packer_destroy(NULL);
	fail_alloc_finish(&f);
	free(b);
}

static void limits(void **state)
{
	struct fail_alloc f;
	uint8_t buf[64];
	size_t n, m;

	(void)state;
	fail_alloc_init(&f);
	assert_int_equal(ew_gzip_compress(&f.alloc, 0, "x", 1, buf, 64, &n), EW_ERR_INVAL);
	assert_int_equal(ew_gzip_compress(&f.alloc, 10, "x", 1, buf, 64, &n), EW_ERR_INVAL);
	assert_int_equal(ew_gzip_compress(&f.alloc, 1, NULL, 0, NULL, 0, &n), EW_ERR_TOOBIG);
	assert_int_equal(ew_gzip_compress(&f.alloc, 1, NULL, 0, buf, 64, &n), EW_OK);
	assert_int_equal(ew_gzip_expand(&f.alloc, buf, n, NULL, 0, &m), EW_OK);
	assert_int_equal(m, 0);
	assert_int_equal(ew_gzip_expand(&f.alloc, NULL, 0, buf, 64, &m), EW_ERR_CORRUPT);
	if (sizeof(size_t) > 4) {
		assert_int_equal(ew_gzip_compress(&f.alloc, 1, buf, (size_t)UINT32_MAX + 1, buf, 64, &n), EW_ERR_LIMIT);
		assert_int_equal(ew_gzip_expand(&f.alloc, buf, (size_t)UINT32_MAX + 1, buf, 64, &n), EW_ERR_LIMIT);
	}
	fail_alloc_finish(&f);
}

/* One bit of the input changed: never more than the room given, never a wrong answer that says OK. */
static void damage(void **state)
{
	uint8_t plain[300], packed[400], back[300];
	struct fail_alloc f;
	size_t n, got, refused = 0;

	(void)state;
	fail_alloc_init(&f);
	fill(plain, sizeof(plain), 2);
	plain[150] = 'x';
	assert_int_equal(ew_gzip_compress(&f.alloc, 6, plain, sizeof(plain), packed, sizeof(packed), &n), EW_OK);
	for (size_t bit = 0; bit < n * 8; bit++) {
		packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* Time, system and the like mean nothing, and two codes may say the same: then it is right. */
		if (ew_gzip_expand(&f.alloc, packed, n, back, sizeof(back), &got) == EW_OK)
			assert_memory_equal(back, plain, sizeof(plain));
		else
			refused++;
		packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(refused > n * 8 / 2);
	fail_alloc_finish(&f);
}

static enum ew_status compress_and_expand(void *ctx, const struct ew_alloc *alloc)
{
	uint8_t plain[100] = {1, 2, 3}, packed[200], back[100];
	size_t n, got;
	enum ew_status st = ew_gzip_compress(alloc, 6, plain, sizeof(plain), packed, sizeof(packed), &n);

	(void)ctx;
	if (st == EW_OK)
		st = ew_gzip_expand(alloc, packed, n, back, sizeof(back), &got);
	if (st == EW_OK)
		assert_memory_equal(back, plain, sizeof(plain));
	return st;
}

static void out_of_memory(void **state)
{
	(void)state;
	assert_true(fail_each(compress_and_expand, NULL, false) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(limits),
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(damage),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}

#else

static void unsupported(void **state)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ewi_packer *p;
	uint8_t buf[8];
	size_t n = 9;

	(void)state;
	assert_int_equal(ew_gzip_compress(&alloc, 1, buf, 1, buf, 8, &n), EW_ERR_UNSUPPORTED);
	assert_int_equal(ew_gzip_expand(&alloc, buf, 1, buf, 8, &n), EW_ERR_UNSUPPORTED);
	assert_int_equal(n, 0);
	assert_true(ew_gzip_bound(1000) > 1000);
	assert_int_equal(ewi_packer_create(&p, 1, &alloc), EW_ERR_UNSUPPORTED);
	assert_null(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(unsupported)};

	return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}

#endif
