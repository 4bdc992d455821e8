/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fail_alloc.h - an allocator for tests: fails on demand and catches every misuse.
 *
 * Each block stands alone between canaries and moves on every resize, so that a kept pointer is a
 * stale one; freed bytes are overwritten.  Watched: leaks, double frees, wrong old_bytes, writes
 * outside, blocks of another allocator.  Not thread-safe.
 */
#ifndef TESTS_FAIL_ALLOC_H
#define TESTS_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include "edgewasm/alloc.h"

struct fail_block;

struct fail_alloc {
	struct ew_alloc alloc; /* hand &f.alloc to the library */
	size_t fail_at;	       /* this allocation or growth fails, counted from 1; 0: none */
	bool fail_after;       /* and every later one too */
	size_t limit_bytes;    /* a request that would take live_bytes above it fails; 0: none */
	size_t requests;       /* allocations and growths asked for so far */
	size_t failed;	       /* of these, refused */
	size_t live_blocks, live_bytes, peak_bytes, largest_bytes;
	size_t total_bytes;    /* ever handed out */
	const char *fault;     /* the first misuse seen, or NULL */
	struct fail_block *buckets[1024];
};

void fail_alloc_init(struct fail_alloc *f);
/* Fails the running test when there was a misuse, or when blocks are left; frees what is left. */
void fail_alloc_finish(struct fail_alloc *f);
/* The same without cmocka: NULL, or what is wrong. */
const char *fail_alloc_verdict(struct fail_alloc *f);
/* Frees what is left. */
void fail_alloc_deinit(struct fail_alloc *f);

/*
 * Calls body with allocation 1, 2, 3 ... failing, until a call in which none had to fail.  In each the
 * body must free all it took, and must return EW_ERR_NOMEM when an allocation failed in it (with
 * `tolerant`: EW_OK is right as well, for code that can do without) and EW_OK in the last.
 * Returns how many allocations a whole run makes.
 */
typedef enum ew_status (*fail_body)(void *ctx, const struct ew_alloc *alloc);
size_t fail_each(fail_body body, void *ctx, bool tolerant);
/* Calls body with arenas of 0, step, 2 * step ... bytes until it returns EW_OK; returns that size. */
size_t arena_each(fail_body body, void *ctx, size_t step, size_t max_bytes);

/* Tries an allocator against the contract of alloc.h: zeroed growth, kept content, alignment. */
const char *alloc_contract(const struct ew_alloc *alloc);

#endif
