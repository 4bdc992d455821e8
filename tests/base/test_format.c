/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_format.c - the small formatter against libc's where they agree, and where it must differ. */
#include <inttypes.h>
#include "../aid/aid.h"
#include "base/bits.h"
#include "base/cpu.h"
#include "base/error.h"

#define SAME(...)                                                                                  \
	do {                                                                                       \
		char got[128], want[128];                                                          \
		size_t got_len = ewi_format(got, sizeof(got), __VA_ARGS__);                        \
		int want_len = snprintf(want, sizeof(want), __VA_ARGS__);                          \
		check_str(#__VA_ARGS__, got, want);                                                \
		check_int(#__VA_ARGS__, got_len, want_len);                                        \
	} while (0)

static void test_as_libc(void **state)
{
	static const long long v[] = {0, 1, -1, 9, 10, 99, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 0x89abcdef};

	(void)state;
	SAME("plain");
	SAME("%%");
	SAME("%s|%s", "one", "");
	SAME("%.*s|", 3, "abcdef");
	SAME("%.*s|", 0, "abcdef");
	SAME("%c%c", 'x', 'y');
	for (size_t i = 0; i < ROWS(v); i++) {
		SAME("%d %u %x", (int)v[i], (unsigned)v[i], (unsigned)v[i]);
		SAME("%ld %lu %lx", (long)v[i], (unsigned long)v[i], (unsigned long)v[i]);
		SAME("%lld %llu %llx", v[i], (unsigned long long)v[i], (unsigned long long)v[i]);
		SAME("%zu %zx", (size_t)v[i], (size_t)v[i]);
		SAME("%4d|%04d|%1d|%20lld|%020lld", (int)v[i], (int)v[i], (int)v[i], v[i], v[i]);
		SAME("%08x|%3x|%016llx", (unsigned)v[i], (unsigned)v[i], (unsigned long long)v[i]);
	}
}

static const struct {
	const char *name, *text;
	size_t cap;
	const char *want;
} cuts[] = {
	{"one byte", "abc", 1, ""},
	{"two bytes", "abc", 2, "a"},
	{"exactly full", "abc", 4, "abc"},
	{"room to spare", "abc", 5, "abc"},
	{"two-byte character whole", "a\xc3\xa9", 4, "a\xc3\xa9"},
	{"two-byte character cut", "a\xc3\xa9", 3, "a"},
	{"three-byte character cut at 1", "\xe2\x82\xac", 2, ""},
	{"three-byte character cut at 2", "\xe2\x82\xac", 3, ""},
	{"three-byte character whole", "\xe2\x82\xac", 4, "\xe2\x82\xac"},
	{"four-byte character cut at 3", "x\xf0\x9f\x98\x80", 5, "x"},
	{"control characters", "a\nb\x1b[31m\x7f", 20, "a?b?[31m?"},
};

static void test_cut(void **state)
{
	struct guard g;

	(void)state;
	guard_init(&g, 64);
	for (size_t i = 0; i < ROWS(cuts); i++) {
		char *at = (char *)guard_high(&g, cuts[i].cap);

		check_int(cuts[i].name, ewi_format(at, cuts[i].cap, "%s", cuts[i].text),
			  strlen(cuts[i].want));
		check_str(cuts[i].name, at, cuts[i].want);
	}
	guard_deinit(&g);
}

static void test_null_string(void **state)
{
	char text[16];
	const char *volatile none = NULL; /* a NULL that the compiler cannot warn of */

	(void)state;
	ewi_format(text, sizeof(text), "%s", none);
	assert_string_equal(text, "(null)");
}

static void test_unfinished(void **state)
{
	char text[16];
	const char *fmt[] = {"ab%", "ab%0", "ab%12", "ab%l"};

	(void)state;
	for (size_t i = 0; i < ROWS(fmt); i++) {
		va_list none;

		memset(&none, 0, sizeof(none));
		ewi_vformat(text, sizeof(text), fmt[i], none);
		check_str(fmt[i], text, "ab");
	}
}

/* Bit counting against a loop, for every single bit, pair of bits and their neighbours. */
static void test_bits(void **state)
{
	(void)state;
	assert_int_equal(ewi_clz32(0), 32);
	assert_int_equal(ewi_ctz32(0), 32);
	assert_int_equal(ewi_clz64(0), 64);
	assert_int_equal(ewi_ctz64(0), 64);
	for (int high = 0; high < 64; high++) {
		for (int low = 0; low <= high; low++) {
			uint64_t v = 1ull << high | 1ull << low;

			assert_int_equal(ewi_clz64(v), 63 - high);
			assert_int_equal(ewi_ctz64(v), low);
			assert_int_equal(ewi_popcnt64(v), high == low ? 1 : 2);
			assert_int_equal(ewi_popcnt64(~v), high == low ? 63 : 62);
			if (high < 32) {
				assert_int_equal(ewi_clz32((uint32_t)v), 31 - high);
				assert_int_equal(ewi_ctz32((uint32_t)v), low);
				assert_int_equal(ewi_popcnt32((uint32_t)v), high == low ? 1 : 2);
			}
		}
	}
}

static void test_rotate(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 70; n++) {
		uint32_t v = 0x80000001u;
		uint64_t w = 0x8000000000000001u, left64 = w;

		for (uint32_t k = 0; k < n % 32; k++)
			v = v << 1 | v >> 31;
		assert_int_equal(ewi_rotl32(0x80000001u, n), v);
		assert_int_equal(ewi_rotr32(v, n), 0x80000001u);
		for (uint32_t k = 0; k < n % 64; k++)
			left64 = left64 << 1 | left64 >> 63;
		assert_true(ewi_rotl64(w, n) == left64);
		assert_true(ewi_rotr64(left64, n) == w);
	}
}

/* A vector unit of a generation implies the older ones; twice asked gives the same. */
static void test_cpu(void **state)
{
	uint32_t f = ewi_cpu_features();

	(void)state;
	assert_int_equal(f, ewi_cpu_features());
	if (f & (EW_CPU_AVX512 | EW_CPU_AVXVNNI))
		assert_true(f & EW_CPU_AVX2);
	if (f & EW_CPU_AVX512VNNI)
		assert_true(f & EW_CPU_AVX512);
	if (f & EW_CPU_AVX2)
		assert_true((f & EW_CPU_SSE42) && (f & EW_CPU_SSE41));
#if defined(__x86_64__) && defined(__GNUC__)
	assert_int_equal(!!(f & EW_CPU_AVX2), !!__builtin_cpu_supports("avx2"));
	assert_int_equal(!!(f & EW_CPU_SSE41), !!__builtin_cpu_supports("sse4.1"));
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_libc),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_null_string),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_rotate),
		cmocka_unit_test(test_cpu),
	};

	return cmocka_run_group_tests_name("base/format", tests, NULL, NULL);
}
