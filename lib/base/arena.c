/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* arena.c - an allocator over one fixed region, for hosts without a heap. */
#include <stdint.h>
#include <string.h>
#include "edgewasm/alloc.h"

void ew_arena_init(struct ew_arena *arena, void *memory, size_t size_bytes)
{
	size_t skip = (size_t)(-(uintptr_t)memory) & (EW_ALIGN - 1);

	if (skip > size_bytes)
		skip = size_bytes;
	arena->base = memory ? (unsigned char *)memory + skip : NULL;
	arena->size_bytes = memory ? size_bytes - skip : 0;
	arena->peak_bytes = 0;
	ew_arena_reset(arena);
}

void ew_arena_reset(struct ew_arena *arena)
{
	arena->used_bytes = 0;
	arena->last = SIZE_MAX;
}

size_t ew_arena_peak(const struct ew_arena *arena)
{
	return arena->peak_bytes;
}

/* Put a block of bytes at offset `at`; used_bytes stays a multiple of EW_ALIGN, or at the very end. */
static void *place(struct ew_arena *arena, size_t at, size_t bytes)
{
	size_t room = arena->size_bytes - at, padded;

	if (bytes > room)
		return NULL;
	padded = bytes + ((0 - bytes) & (EW_ALIGN - 1));
	arena->used_bytes = at + (padded > room || padded < bytes ? room : padded);
	arena->last = at;
	if (arena->used_bytes > arena->peak_bytes)
		arena->peak_bytes = arena->used_bytes;
	return arena->base + at;
}

static void *arena_resize(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	struct ew_arena *arena = ctx;
	unsigned char *old = block, *p;
	int is_last = block && arena->last != SIZE_MAX && old == arena->base + arena->last;

	if (new_bytes == 0) {
		if (is_last) {
			arena->used_bytes = arena->last;
			arena->last = SIZE_MAX;
		}
		return NULL;
	}
	if (block && (is_last || new_bytes <= old_bytes))
		p = is_last ? place(arena, arena->last, new_bytes) : block;
	else
		p = place(arena, arena->used_bytes, new_bytes);
	if (!p)
		return NULL;
	if (block && p != old)
		memcpy(p, old, old_bytes);
	if (new_bytes > old_bytes)
		memset(p + old_bytes, 0, new_bytes - old_bytes);
	return p;
}

struct ew_alloc ew_arena_alloc(struct ew_arena *arena)
{
	return (struct ew_alloc){arena_resize, arena};
}
