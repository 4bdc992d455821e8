/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* error.h - filling struct ew_error, and the small formatter behind it. */
#ifndef EW_BASE_ERROR_H
#define EW_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>
#include "edgewasm/status.h"

/*
 * Record status, offset and text unless err is NULL or already holds a report.  Returns status, so that
 * `return ewi_error(err, EW_ERR_MALFORMED, at, "...")` is the idiom.
 * fmt knows %s %.*s %c %% %d %u %x with the length modifiers l, ll and z, field width and zero fill.
 */
enum ew_status ewi_error(struct ew_error *err, enum ew_status status, size_t offset,
			 const char *fmt, ...) EW_PRINTF(4, 5);
void ewi_error_clear(struct ew_error *err);

/*
 * snprintf without floating point, locale or allocation, so that firmware need not link libc's.
 * Always terminates (cap >= 1); returns the length written, cut text ends on a UTF-8 boundary and
 * bytes below 0x20 from %s are written as '?': guest names end in logs.
 */
size_t ewi_vformat(char *out, size_t cap, const char *fmt, va_list ap);
size_t ewi_format(char *out, size_t cap, const char *fmt, ...) EW_PRINTF(3, 4);

#endif
