/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* alloc.h - checked allocation over struct ew_alloc, for the rooms. */
#ifndef EW_BASE_ALLOC_H
#define EW_BASE_ALLOC_H

#include <stdint.h>
#include "edgewasm/alloc.h"

/* count * size zeroed bytes, or NULL when the product overflows or the allocator says no.  0 gives NULL. */
void *ewi_alloc(const struct ew_alloc *a, size_t count, size_t size);
/* Grow or shrink an array in place or by moving; new elements are zero.  NULL: nothing changed. */
void *ewi_realloc(const struct ew_alloc *a, void *block, size_t old_count, size_t new_count,
		  size_t size);
/* Free what ewi_alloc gave; block may be NULL. */
void ewi_free(const struct ew_alloc *a, void *block, size_t count, size_t size);

/*
 * A vector's growth step: room for at least one more element, at most max.  Returns the new capacity,
 * or 0 when it is at max already or the allocator says no (*items is then untouched).
 */
size_t ewi_grow(const struct ew_alloc *a, void **items, size_t cap, size_t max, size_t size);

#endif
