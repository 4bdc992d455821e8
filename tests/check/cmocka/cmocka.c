/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* cmocka.c - see cmocka.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "cmocka.h"

enum end { RUNNING, FAILED, SKIPPED };

static jmp_buf out;

void few_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n%s:%d: error: Failure!\n", file, line);
	longjmp(out, FAILED);
}

void _fail(const char *file, int line)
{
	few_fail(file, line, "%s", "");
}

void few_skip(void)
{
	longjmp(out, SKIPPED);
}

void print_message(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void print_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
}

void few_equal(uint64_t a, uint64_t b, bool want, const char *what, const char *file, int line)
{
	if ((a == b) != want)
		few_fail(file, line, "%s: 0x%llx, 0x%llx", what, (unsigned long long)a, (unsigned long long)b);
}

void few_string(const char *a, const char *b, bool want, const char *file, int line)
{
	if ((strcmp(a, b) == 0) != want)
		few_fail(file, line, "\"%s\", \"%s\"", a, b);
}

void few_memory(const void *a, const void *b, size_t size, bool want, const char *file, int line)
{
	if ((size == 0 || memcmp(a, b, size) == 0) != want)
		few_fail(file, line, "%zu bytes are not as they should be", size);
}

static enum end run_one(const struct CMUnitTest *t, void **state)
{
	enum end end = (enum end)setjmp(out);

	if (end == RUNNING) {
		if (t->setup_func && t->setup_func(state) != 0)
			return FAILED;
		t->test_func(state);
	}
	if (t->teardown_func && t->teardown_func(state) != 0)
		return FAILED;
	return end;
}

int few_run(const char *name, const struct CMUnitTest *tests, size_t count, CMFixtureFunction up, CMFixtureFunction down)
{
	unsigned ends[3] = {0};
	void *state = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("[==========] %s: Running %zu test(s).\n", name, count);
	if (up && up(&state) != 0)
		return 1;
	for (size_t i = 0; i < count; i++) {
		enum end end;

		printf("[ RUN      ] %s\n", tests[i].name);
		end = run_one(&tests[i], &state);
		printf("%s %s\n", end == FAILED ? "[  FAILED  ]" : end == SKIPPED ? "[  SKIPPED ]" : "[       OK ]", tests[i].name);
		ends[end]++;
	}
	if (down)
		down(&state);
	printf("[  PASSED  ] %u test(s).\n", ends[RUNNING]);
	if (ends[SKIPPED])
		printf("[  SKIPPED ] %u test(s), listed above\n", ends[SKIPPED]);
	if (ends[FAILED])
		printf("[  FAILED  ] %u test(s), listed above\n", ends[FAILED]);
	return (int)ends[FAILED];
}
