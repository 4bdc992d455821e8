/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* alloc.c - libc as an allocator, and checked arithmetic in front of every allocation. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"

#if EW_CONFIG_LIBC_ALLOC
#define LARGE ((size_t)128 << 10) /* where glibc begins to map */

/*
 * A large block that becomes a little shorter stays as it is.  Where libc maps such blocks one by one, what is not used
 * of it has no memory; and only while they keep the size that was asked for does libc learn to serve the next from its
 * heap, whose pages are there already.
 */
static bool stays(size_t old_bytes, size_t new_bytes)
{
	return new_bytes >= LARGE && new_bytes <= old_bytes && new_bytes >= old_bytes - old_bytes / 4;
}

static void *libc_resize(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	unsigned char *p;

	(void)ctx;
	if (new_bytes == 0) {
		free(block);
		return NULL;
	}
	if (!block)
		return calloc(1, new_bytes); /* large blocks arrive zeroed and uncommitted */
	if (stays(old_bytes, new_bytes))
		return block;
	p = realloc(block, new_bytes);
	if (p && new_bytes > old_bytes)
		memset(p + old_bytes, 0, new_bytes - old_bytes);
	return p;
}

struct ew_alloc ew_alloc_libc(void)
{
	return (struct ew_alloc){libc_resize, NULL};
}
#endif

void *ewi_alloc(const struct ew_alloc *a, size_t count, size_t size)
{
	if (count == 0 || count > SIZE_MAX / size)
		return NULL;
	return a->resize(a->ctx, NULL, 0, count * size);
}

void *ewi_realloc(const struct ew_alloc *a, void *block, size_t old_count, size_t new_count,
		  size_t size)
{
	if (new_count > SIZE_MAX / size)
		return NULL;
	return a->resize(a->ctx, block, block ? old_count * size : 0, new_count * size);
}

void ewi_free(const struct ew_alloc *a, void *block, size_t count, size_t size)
{
	if (block)
		a->resize(a->ctx, block, count * size, 0);
}

size_t ewi_grow(const struct ew_alloc *a, void **items, size_t cap, size_t max, size_t size)
{
	size_t want = cap < 8 ? 8 : cap + cap / 2;
	void *p;

	if (want > max)
		want = max;
	if (want <= cap)
		return 0;
	p = ewi_realloc(a, *items, cap, want, size);
	if (!p)
		return 0;
	*items = p;
	return want;
}
