/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * cmocka.h - what the tests use of cmocka, for machines that Debian has no cmocka for (cross.sh).
 *
 * Same names, same meaning, same lines at the end of a group; no mocks, no leak checks, no other formats.
 */
#ifndef TESTS_CHECK_CMOCKA_H
#define TESTS_CHECK_CMOCKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
	const char *name;
	void (*test_func)(void **state);
	CMFixtureFunction setup_func, teardown_func;
};

#define cmocka_unit_test(f) {#f, f, NULL, NULL}
#define cmocka_unit_test_setup_teardown(f, up, down) {#f, f, up, down}
#define cmocka_run_group_tests(tests, up, down) cmocka_run_group_tests_name(#tests, tests, up, down)
#define cmocka_run_group_tests_name(name, tests, up, down)                                         \
	few_run((name), (tests), sizeof(tests) / sizeof((tests)[0]), (up), (down))

int few_run(const char *name, const struct CMUnitTest *tests, size_t count, CMFixtureFunction up, CMFixtureFunction down);
/* End the running test. */
void few_fail(const char *file, int line, const char *fmt, ...) __attribute__((noreturn, format(printf, 3, 4)));
void few_skip(void) __attribute__((noreturn));
void _fail(const char *file, int line) __attribute__((noreturn)); /* by this name in cmocka */
void print_message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void print_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void few_equal(uint64_t a, uint64_t b, bool want, const char *what, const char *file, int line);
void few_string(const char *a, const char *b, bool want, const char *file, int line);
void few_memory(const void *a, const void *b, size_t size, bool want, const char *file, int line);

#define FEW_BITS(v) ((uint64_t)(uintmax_t)(v))
#define FEW_HERE __FILE__, __LINE__
#define assert_true(c) few_equal(!!(c), 1, true, #c, FEW_HERE)
#define assert_false(c) few_equal(!!(c), 0, true, #c, FEW_HERE)
#define assert_int_equal(a, b) few_equal(FEW_BITS(a), FEW_BITS(b), true, #a " == " #b, FEW_HERE)
#define assert_int_not_equal(a, b) few_equal(FEW_BITS(a), FEW_BITS(b), false, #a " != " #b, FEW_HERE)
#define assert_in_range(a, low, high) few_equal(FEW_BITS(a) - FEW_BITS(low) <= FEW_BITS(high) - FEW_BITS(low), 1, true, #a " in " #low " .. " #high, FEW_HERE)
#define assert_ptr_equal(a, b) few_equal((uintptr_t)(a), (uintptr_t)(b), true, #a " == " #b, FEW_HERE)
#define assert_ptr_not_equal(a, b) few_equal((uintptr_t)(a), (uintptr_t)(b), false, #a " != " #b, FEW_HERE)
#define assert_null(p) few_equal((uintptr_t)(p), 0, true, #p " is NULL", FEW_HERE)
#define assert_non_null(p) few_equal((uintptr_t)(p), 0, false, #p " is not NULL", FEW_HERE)
#define assert_string_equal(a, b) few_string((a), (b), true, FEW_HERE)
#define assert_string_not_equal(a, b) few_string((a), (b), false, FEW_HERE)
#define assert_memory_equal(a, b, n) few_memory((a), (b), (n), true, FEW_HERE)
#define assert_memory_not_equal(a, b, n) few_memory((a), (b), (n), false, FEW_HERE)
#define fail_msg(...) few_fail(FEW_HERE, __VA_ARGS__)
#define fail() few_fail(FEW_HERE, "failed")
#define skip() few_skip()

#endif
