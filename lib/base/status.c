/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* status.c - names of the status codes, and the first-report-wins error struct. */
#include <stdarg.h>
#include <string.h>
#include "base/error.h"

/* No default: a code that is added and not named here is a compiler warning. */
const char *ew_status_name(enum ew_status status)
{
#define NAME(code) case code: return #code
	switch (status) {
	NAME(EW_OK);
	NAME(EW_ERR_NOMEM);
	NAME(EW_ERR_INVAL);
	NAME(EW_ERR_MALFORMED);
	NAME(EW_ERR_INVALID);
	NAME(EW_ERR_UNLINKABLE);
	NAME(EW_ERR_LIMIT);
	NAME(EW_ERR_UNSUPPORTED);
	NAME(EW_ERR_TRAP);
	NAME(EW_ERR_FUEL);
	NAME(EW_ERR_INTERRUPT);
	NAME(EW_ERR_EXIT);
	NAME(EW_ERR_NOENT);
	NAME(EW_ERR_EXISTS);
	NAME(EW_ERR_TYPE);
	NAME(EW_ERR_SHAPE);
	NAME(EW_ERR_FULL);
	NAME(EW_ERR_EMPTY);
	NAME(EW_ERR_TOOBIG);
	NAME(EW_ERR_DENIED);
	NAME(EW_ERR_QUOTA);
	NAME(EW_ERR_IO);
	NAME(EW_ERR_CORRUPT);
	NAME(EW_ERR_STATE);
	NAME(EW_ERR_BOUNDS);
	}
#undef NAME
	return "EW_ERR_?";
}

const char *ew_status_text(enum ew_status status)
{
	switch (status) {
	case EW_OK: return "ok";
	case EW_ERR_NOMEM: return "out of memory";
	case EW_ERR_INVAL: return "invalid argument";
	case EW_ERR_MALFORMED: return "malformed";
	case EW_ERR_INVALID: return "invalid";
	case EW_ERR_UNLINKABLE: return "unlinkable";
	case EW_ERR_LIMIT: return "limit exceeded";
	case EW_ERR_UNSUPPORTED: return "not supported";
	case EW_ERR_TRAP: return "trap";
	case EW_ERR_FUEL: return "out of fuel";
	case EW_ERR_INTERRUPT: return "interrupted";
	case EW_ERR_EXIT: return "guest exited";
	case EW_ERR_NOENT: return "not found";
	case EW_ERR_EXISTS: return "already exists";
	case EW_ERR_TYPE: return "wrong type";
	case EW_ERR_SHAPE: return "wrong shape";
	case EW_ERR_FULL: return "full";
	case EW_ERR_EMPTY: return "empty";
	case EW_ERR_TOOBIG: return "too big";
	case EW_ERR_DENIED: return "not granted";
	case EW_ERR_QUOTA: return "quota used up";
	case EW_ERR_IO: return "storage error";
	case EW_ERR_CORRUPT: return "corrupt";
	case EW_ERR_STATE: return "not possible in this state";
	case EW_ERR_BOUNDS: return "out of bounds";
	}
	return "unknown status";
}

enum ew_status ewi_error(struct ew_error *err, enum ew_status status, size_t offset,
			 const char *fmt, ...)
{
	va_list ap;

	if (!err || err->status != EW_OK)
		return status;
	err->status = status;
	err->offset = offset > UINT32_MAX ? UINT32_MAX : (uint32_t)offset;
	va_start(ap, fmt);
	ewi_vformat(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return status;
}

void ewi_error_clear(struct ew_error *err)
{
	if (err)
		memset(err, 0, sizeof(*err));
}
