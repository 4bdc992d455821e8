/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* steps.h - are the steps that an observed run tells of consistent?  For ew-spec, which has guests of every kind. */
#ifndef TOOLS_STEPS_H
#define TOOLS_STEPS_H

#include <stdbool.h>
#include "edgewasm/debug.h"

/*
 * Every step must be an instruction that can be taken apart, inside its function; its operands must have types; and
 * from one to the next the fuel must go down by 1, or not at all behind block, loop, else, end and nop.
 */
struct steps {
	bool has_last, last_is_free;
	int64_t fuel;
	unsigned long count, wrong;
};

/* A new run: nothing is known of what comes next. */
void steps_begin(struct steps *s, struct ew_exec *exec);

#endif
