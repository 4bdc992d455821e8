/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* config_copy.h - reading configuration structs that begin with struct_bytes, and comparing names. */
#ifndef EW_ABI_CONFIG_COPY_H
#define EW_ABI_CONFIG_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * A struct of any age: its first `given` bytes over zeros, so that a field which the caller's header did not have
 * yet is at its default.  False: there is none, or struct_bytes is not set.
 */
static inline bool ewi_config_copy(void *out, size_t out_bytes, const void *in, size_t given)
{
	if (!in || given < sizeof(size_t))
		return false;
	memset(out, 0, out_bytes);
	memcpy(out, in, given < out_bytes ? given : out_bytes);
	return true;
}

/* The len bytes at text are the name; from mem* and strlen alone, as everything in the library. */
static inline bool ewi_name_is(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

static inline bool ewi_same_text(const char *a, const char *b)
{
	return ewi_name_is(a, b, strlen(b));
}

#endif
