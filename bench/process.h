/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * process.h - runs a command to its end on the core of the caller, and says
 * what it printed and how much CPU time it took. For comparing whole programs
 * with each other, where in-process timing would favour the one at home.
 */
#ifndef EW_BENCH_PROCESS_H
#define EW_BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/* "{wasm}" in a word of a command becomes the value. */
struct process_place {
	const char *name;	/* with its braces */
	const char *value;
};

struct process_result {
	double cpu_ms;		/* user and system, the children it waited for too */
	bool finished;		/* ran, and exited with status 0 */
	char why[64];		/* when it did not */
	char output[4096];	/* stdout and stderr, what fits */
};

/*
 * Splits command at blanks (no quoting), puts values in the places, runs it.
 * More than cpu_limit_s seconds of CPU time end it. False: not even started.
 */
bool process_run(const char *command, const struct process_place *places,
		 unsigned place_count, unsigned cpu_limit_s,
		 struct process_result *out);

/*
 * Whether text holds value as a number of its own: decimal, signed or
 * unsigned, or hexadecimal after 0x.
 */
bool process_prints(const char *text, int32_t value);

#endif
