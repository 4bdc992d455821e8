/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* report.h - what went wrong, in words: refusals, traps with their backtrace. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <stddef.h>
#include <stdio.h>
#include "edgewasm/wasm.h"

/* "malformed: unexpected end (at byte 0x2a)": the word of a status in front of an error's text. */
void report_refusal(FILE *to, enum ew_status status, const struct ew_error *err);

/* The name of a function, or "func[3]" when it has none; padded with blanks to width. */
void report_func(FILE *to, const struct ew_module *module, uint32_t func, int width);

/*
 * "trap: integer divide by zero", then a line for each frame, innermost first:
 *   #0 div (function 3) at byte 0x4d
 */
void report_trap(FILE *to, const struct ew_trap *trap);

/* A trap as wabt's wasm-interp words it. */
const char *trap_text_wabt(const struct ew_trap *trap);

#endif
