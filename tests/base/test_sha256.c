/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_sha256.c - the standard's examples, every length around a block, and every way of cutting. */
#include "../aid/aid.h"
#include "base/sha256.h"

static void hex(char out[65], const uint8_t hash[32])
{
	for (int i = 0; i < 32; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

/* FIPS 180-4's own examples (NIST, "Examples with intermediate values"), and the empty string. */
static void examples(void **state)
{
	static const struct row {
		const char *name, *input;
		size_t repeat;
		const char *want;
	} rows[] = {
		{"empty", "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"a million a", "aaaaaaaaaa", 100000,
		 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ewi_sha256 s;
		uint8_t hash[32];
		char text[65];

		ewi_sha256_init(&s);
		for (size_t k = 0; k < rows[i].repeat; k++)
			ewi_sha256_add(&s, rows[i].input, strlen(rows[i].input));
		ewi_sha256_get(&s, hash);
		hex(text, hash);
		check_str(rows[i].name, text, rows[i].want);
	}
}

/* Any two cuts of any length up to three blocks give the hash of the whole; looking at it on the way changes nothing. */
static void cuts(void **state)
{
	uint8_t bytes[192], whole[32], parts[32];
	uint64_t seed = 7;
	char row[96];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)noise(&seed);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		ewi_sha256(bytes, n, whole);
		for (size_t a = 0; a <= n; a += 1 + a / 8) {
			size_t b = a + (n - a) / 2;
			struct ewi_sha256 s;

			ewi_sha256_init(&s);
			ewi_sha256_add(&s, bytes, a);
			ewi_sha256_get(&s, parts);
			ewi_sha256_add(&s, bytes + a, b - a);
			ewi_sha256_add(&s, bytes + b, n - b);
			ewi_sha256_get(&s, parts);
			snprintf(row, sizeof(row), "%zu cut at %zu, %zu", n, a, b);
			check_mem(row, parts, whole, 32);
		}
	}
}

/* One bit of the input changes the hash: lengths of the padding's corner cases among them. */
static void bits_count(void **state)
{
	static const size_t sizes[] = {1, 55, 56, 63, 64, 65, 119, 120};
	uint8_t bytes[120] = {0}, clean[32], changed[32];

	(void)state;
	for (size_t i = 0; i < ROWS(sizes); i++) {
		ewi_sha256(bytes, sizes[i], clean);
		for (size_t bit = 0; bit < 8 * sizes[i]; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			ewi_sha256(bytes, sizes[i], changed);
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_memory_not_equal(clean, changed, 32);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(cuts),
		cmocka_unit_test(bits_count),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
