/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * aid.h - what every test includes: cmocka, checks that name the row they fail in, files of the
 * data folder, and the other helpers of this folder.
 *
 * A row check prints "file:line: row NAME: GOT, want WANT" and fails the test.  Checks are functions
 * behind thin macros that add file and line only.
 */
#ifndef TESTS_AID_H
#define TESTS_AID_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "edgewasm/status.h"
#include "fail_alloc.h"
#include "guard.h"
#include "wmod.h"

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

#define check_true(row, what) check_true_at(row, (what) ? true : false, #what, __FILE__, __LINE__)
#define check_int(row, got, want)                                                                  \
	check_int_at(row, (long long)(got), (long long)(want), #got, __FILE__, __LINE__)
/* The same, printed in hexadecimal: bit patterns. */
#define check_hex(row, got, want)                                                                  \
	check_hex_at(row, (unsigned long long)(got), (unsigned long long)(want), #got, __FILE__, __LINE__)
#define check_status(row, got, want) check_status_at(row, got, want, #got, __FILE__, __LINE__)
#define check_str(row, got, want) check_str_at(row, got, want, #got, __FILE__, __LINE__)
/* haystack contains needle. */
#define check_has(row, haystack, needle) check_has_at(row, haystack, needle, __FILE__, __LINE__)
#define check_mem(row, got, want, size) check_mem_at(row, got, want, size, #got, __FILE__, __LINE__)

void check_true_at(const char *row, bool ok, const char *what, const char *file, int line);
void check_int_at(const char *row, long long got, long long want, const char *what,
		  const char *file, int line);
void check_hex_at(const char *row, unsigned long long got, unsigned long long want,
		  const char *what, const char *file, int line);
void check_status_at(const char *row, enum ew_status got, enum ew_status want, const char *what,
		     const char *file, int line);
void check_str_at(const char *row, const char *got, const char *want, const char *what,
		  const char *file, int line);
void check_has_at(const char *row, const char *haystack, const char *needle, const char *file,
		  int line);
void check_mem_at(const char *row, const void *got, const void *want, size_t size,
		  const char *what, const char *file, int line);

/*
 * out = EW_SHARED/relative, EW_SHARED from the environment or "../shared".  True when it exists.
 * A test that wants it calls skip_without_shared, which prints the reason.
 */
bool shared_path(char *out, size_t cap, const char *relative);
#define skip_without_shared(out, cap, relative)                                                    \
	do {                                                                                       \
		if (!shared_path(out, cap, relative)) {                                            \
			print_message("skipped: no %s\n", out);                                    \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/* out = path of a program of this build ("ew-spec"): EW_BUILD, or found beside the test itself. */
bool build_path(char *out, size_t cap, const char *program);
/* True when a program of that name is on PATH. */
bool have_program(const char *name);

/* A whole file, to be freed with free(); NULL when it cannot be read. */
uint8_t *read_file(const char *path, size_t *size);
bool write_file(const char *path, const void *bytes, size_t size);

/*
 * Run argv[0] (searched on PATH) without a shell; returns its exit status, 128 + signal, or -1 when it
 * cannot be started.  out and err (may be NULL) receive its output, cut to cap - 1 and terminated.
 */
int run_program(const char *const *argv, char *out, size_t out_cap, char *err, size_t err_cap);

/* xorshift64*: the same numbers on every machine; the state must not be 0. */
uint64_t noise(uint64_t *state);

#endif
