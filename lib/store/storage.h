/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* storage.h - what the back ends share: defaults and checks of geometry and of ranges. */
#ifndef EW_STORE_STORAGE_H
#define EW_STORE_STORAGE_H

#include "edgewasm/store.h"

#define EWI_WRITE_BYTES_MAX 256u

/* A power of two that every storage may have as write_bytes. */
static inline bool ewi_write_bytes_ok(uint32_t n)
{
	return n != 0 && n <= EWI_WRITE_BYTES_MAX && (n & (n - 1)) == 0;
}

/* bytes at `at` lie in block `block`, and begin and end at multiples of unit. */
static inline bool ewi_range_ok(uint32_t block_count, uint32_t block_bytes, uint32_t unit,
				uint32_t block, uint32_t at, uint32_t bytes)
{
	return block < block_count && at <= block_bytes && bytes <= block_bytes - at &&
	       ((at | bytes) & (unit - 1)) == 0;
}

#endif
