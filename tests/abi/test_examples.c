/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_examples.c - the examples of one file each print what they are there to show. */
#include "../aid/aid.h"

static void examples_print_what_they_should(void **state)
{
	static const struct row {
		const char *name;
		int status;
		const char *out;
	} rows[] = {
		{"hello", 0,
		 "the guest says 14\ntrap: integer divide by zero\n  in divide at byte 60\n  in run at byte 69\n"},
		{"limits", 0,
		 "with 1,000,000 fuel          EW_ERR_FUEL\na portion of 1,000           EW_ERR_FUEL\n"
		 "a portion of 1,000           EW_ERR_FUEL\na portion of 1,000           EW_ERR_FUEL\n"
		 "interrupted after 20 ms      EW_ERR_INTERRUPT\n"},
		{"events", 0, "echo: 21.5\necho: 22.0\n"},
		{"signed", 0,
		 "unsigned       not signed\na stranger     not signed by a trusted key\n"
		 "an old key     signed by a key that has expired\na lost key     signed by a key that was revoked\n"
		 "our key        runs\none bit off    the contents are not those that were signed\n"},
		{"command", 0, "it printed 26 bytes:\nhello, hello\nhello, field\nand ended with 2\n"},
	};
	uint32_t run = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		char path[512], out[1024], err[256];

		if (!build_path(path, sizeof(path), rows[i].name)) {
			print_message("skipped: %s is not built\n", rows[i].name);
			continue;
		}
		run++;
		check_int(rows[i].name, run_program((const char *const[]){path, NULL}, out, sizeof(out), err,
						    sizeof(err)), rows[i].status);
		if (strncmp(out, "skipped", 7) == 0)
			print_message("%s", out); /* what it needs is not here */
		else
			check_str(rows[i].name, out, rows[i].out);
	}
	if (run < ROWS(rows))
		skip();
}

/* Asked for what is not there, they say so. */
static void examples_fail_with_a_reason(void **state)
{
	static const char *const names[] = {"events", "command"};

	(void)state;
	for (size_t i = 0; i < ROWS(names); i++) {
		char path[512], err[256];

		if (!build_path(path, sizeof(path), names[i])) {
			print_message("skipped: %s is not built\n", names[i]);
			skip();
		}
		check_int(names[i], run_program((const char *const[]){path, "no-such-file.wasm", NULL}, NULL, 0, err,
						sizeof(err)), 1);
		check_true(names[i], err[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_print_what_they_should),
		cmocka_unit_test(examples_fail_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
