/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* config.h - configuration structs of any age. */
#ifndef EW_STORE_CONFIG_H
#define EW_STORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Copy the caller's struct, whose first member is struct_bytes, over zeros: an older caller's is shorter,
 * a newer one's has members that this library does not know.  NULL gives all zeros.  False: not set.
 */
static inline bool ewi_store_config(void *to, size_t to_bytes, const void *from)
{
	size_t given = 0;

	memset(to, 0, to_bytes);
	if (!from)
		return true;
	memcpy(&given, from, sizeof(given));
	if (given < sizeof(size_t))
		return false;
	memcpy(to, from, given < to_bytes ? given : to_bytes);
	return true;
}

#endif
