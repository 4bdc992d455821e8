/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * spec.h - runs one spec script that wabt's wast2json has converted: a JSON list of commands and the
 * binary modules it names, beside it.
 *
 * What is counted: every command that concerns a binary module.  Assertions about the text format
 * (assert_malformed of a .wat) test the converter, which has already read the script; they are told
 * apart in struct spec_totals and are neither passed nor skipped.
 */
#ifndef TOOLS_SPEC_H
#define TOOLS_SPEC_H

#include <stdbool.h>

struct spec_options {
	bool lazy;    /* translate each function on its first call */
	bool strict;  /* a refusal must be of the class (malformed, invalid) the script names */
	bool verbose; /* a line for each script */
	bool guard;   /* no bounds checks: pages that may not be touched instead */
	bool observe; /* run step by step, and look at the steps: see steps.h */
	unsigned disable; /* EW_FEATURE_...: such modules may be refused as unsupported */
};

struct spec_totals {
	unsigned long passed, failed, skipped, text;
};

/* Failing commands are told on stdout, "SCRIPT:LINE: what".  Adds to *totals. */
void spec_run(const char *json_path, const struct spec_options *options, struct spec_totals *totals);

#endif
