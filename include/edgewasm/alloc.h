/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * alloc.h - the only way the library gets memory.
 *
 * One function resizes, as in Lua.  Every object is created with an allocator, keeps a copy of the
 * struct, and returns all it took when it is destroyed.
 */
#ifndef EDGEWASM_ALLOC_H
#define EDGEWASM_ALLOC_H

#include <stddef.h>
#include "edgewasm/config.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EW_ALIGN 16 /* blocks of an arena and tensors are aligned to this */
#define EW_ALLOC_ALIGN (2 * sizeof(void *)) /* blocks of any allocator at least to this: as malloc */

/*
 * resize(ctx, block, old_bytes, new_bytes):
 *   block NULL, old_bytes 0     allocate
 *   new_bytes 0                 free; returns NULL
 *   otherwise                   grow or shrink, may move
 * Returns NULL when it cannot; the old block is then untouched.  Bytes from old_bytes up to new_bytes
 * MUST read as zero.  Need not be thread-safe unless the host shares the allocator between threads.
 */
struct ew_alloc {
	void *(*resize)(void *ctx, void *block, size_t old_bytes, size_t new_bytes);
	void *ctx;
};

#if EW_CONFIG_LIBC_ALLOC
/* calloc, realloc and free.  Thread-safe as libc's are. */
EW_API struct ew_alloc ew_alloc_libc(void);
#endif

/*
 * An arena over caller's memory: blocks come from the front; only the last block can be given back
 * or grown in place, everything else returns at ew_arena_reset().  For static, malloc-free use.
 */
struct ew_arena {
	unsigned char *base;
	size_t size_bytes;
	size_t used_bytes;
	size_t peak_bytes;
	size_t last; /* offset of the last block, SIZE_MAX: none */
};

/* memory is borrowed until the arena is no longer used; any alignment, 0 bytes allowed. */
EW_API void ew_arena_init(struct ew_arena *arena, void *memory, size_t size_bytes);
EW_API void ew_arena_reset(struct ew_arena *arena);
/* The largest used_bytes since ew_arena_init(): what to size the region by. */
EW_API size_t ew_arena_peak(const struct ew_arena *arena);
EW_API struct ew_alloc ew_arena_alloc(struct ew_arena *arena);

#ifdef __cplusplus
}
#endif
#endif
