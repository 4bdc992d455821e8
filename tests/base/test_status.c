/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_status.c - every status has its own name and words; the first report wins. */
#include "../aid/aid.h"
#include "base/error.h"

static const struct {
	const char *name;
	enum ew_status status;
	int value; /* never changes: hosts log it */
} codes[] = {
	{"EW_OK", EW_OK, 0},
	{"EW_ERR_NOMEM", EW_ERR_NOMEM, -1},
	{"EW_ERR_INVAL", EW_ERR_INVAL, -2},
	{"EW_ERR_MALFORMED", EW_ERR_MALFORMED, -3},
	{"EW_ERR_INVALID", EW_ERR_INVALID, -4},
	{"EW_ERR_UNLINKABLE", EW_ERR_UNLINKABLE, -5},
	{"EW_ERR_LIMIT", EW_ERR_LIMIT, -6},
	{"EW_ERR_UNSUPPORTED", EW_ERR_UNSUPPORTED, -7},
	{"EW_ERR_TRAP", EW_ERR_TRAP, -8},
	{"EW_ERR_FUEL", EW_ERR_FUEL, -9},
	{"EW_ERR_INTERRUPT", EW_ERR_INTERRUPT, -10},
	{"EW_ERR_EXIT", EW_ERR_EXIT, -11},
	{"EW_ERR_NOENT", EW_ERR_NOENT, -12},
	{"EW_ERR_EXISTS", EW_ERR_EXISTS, -13},
	{"EW_ERR_TYPE", EW_ERR_TYPE, -14},
	{"EW_ERR_SHAPE", EW_ERR_SHAPE, -15},
	{"EW_ERR_FULL", EW_ERR_FULL, -16},
	{"EW_ERR_EMPTY", EW_ERR_EMPTY, -17},
	{"EW_ERR_TOOBIG", EW_ERR_TOOBIG, -18},
	{"EW_ERR_DENIED", EW_ERR_DENIED, -19},
	{"EW_ERR_QUOTA", EW_ERR_QUOTA, -20},
	{"EW_ERR_IO", EW_ERR_IO, -21},
	{"EW_ERR_CORRUPT", EW_ERR_CORRUPT, -22},
	{"EW_ERR_STATE", EW_ERR_STATE, -23},
	{"EW_ERR_BOUNDS", EW_ERR_BOUNDS, -24},
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(codes); i++) {
		check_int(codes[i].name, codes[i].status, codes[i].value);
		check_str(codes[i].name, ew_status_name(codes[i].status), codes[i].name);
		check_true(codes[i].name, strlen(ew_status_text(codes[i].status)) > 0);
		for (size_t k = 0; k < i; k++)
			check_true(codes[i].name, strcmp(ew_status_text(codes[i].status),
							 ew_status_text(codes[k].status)) != 0);
	}
}

static void test_unknown(void **state)
{
	static const int values[] = {1, -25, -1000, 1000000};

	(void)state;
	for (size_t i = 0; i < ROWS(values); i++) {
		check_str("unknown", ew_status_name((enum ew_status)values[i]), "EW_ERR_?");
		check_str("unknown", ew_status_text((enum ew_status)values[i]), "unknown status");
	}
}

static void test_first_report_wins(void **state)
{
	struct ew_error err;

	(void)state;
	ewi_error_clear(&err);
	assert_int_equal(ewi_error(&err, EW_ERR_INVALID, 7, "first %d", 1), EW_ERR_INVALID);
	assert_int_equal(ewi_error(&err, EW_ERR_NOMEM, 9, "second"), EW_ERR_NOMEM);
	assert_int_equal(err.status, EW_ERR_INVALID);
	assert_int_equal(err.offset, 7);
	assert_string_equal(err.text, "first 1");
	ewi_error_clear(&err);
	assert_int_equal(err.status, EW_OK);
	assert_int_equal(ewi_error(&err, EW_ERR_NOMEM, 9, "second"), EW_ERR_NOMEM);
	assert_string_equal(err.text, "second");
}

static void test_no_error_wanted(void **state)
{
	(void)state;
	ewi_error_clear(NULL);
	assert_int_equal(ewi_error(NULL, EW_ERR_LIMIT, 0, "%s", "nobody listens"), EW_ERR_LIMIT);
}

static void test_text_is_cut(void **state)
{
	struct ew_error err = {0};
	char longer[2 * EW_ERROR_TEXT_BYTES];

	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ewi_error(&err, EW_ERR_INVALID, SIZE_MAX, "%s", longer);
	assert_int_equal(strlen(err.text), EW_ERROR_TEXT_BYTES - 1);
	if (SIZE_MAX > UINT32_MAX)
		assert_int_equal(err.offset, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_first_report_wins),
		cmocka_unit_test(test_no_error_wanted),
		cmocka_unit_test(test_text_is_cut),
	};

	return cmocka_run_group_tests_name("base/status", tests, NULL, NULL);
}
