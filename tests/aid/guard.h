/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* guard.h - buffers between two pages that may not be touched: one byte too far is a SIGSEGV. */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include <stddef.h>
#include <stdint.h>

struct guard {
	uint8_t *map;
	size_t map_bytes, page_bytes, cap;
};

/* Room for cap bytes.  Fails the test when the machine has no memory. */
void guard_init(struct guard *g, size_t cap);
void guard_deinit(struct guard *g);
/* size <= cap bytes that begin right behind the lower guard page. */
uint8_t *guard_low(struct guard *g);
/* size <= cap bytes that end right before the upper guard page. */
uint8_t *guard_high(struct guard *g, size_t size);
/* A copy of bytes that ends right before the upper guard page; the rest is 0xa5. */
uint8_t *guard_copy(struct guard *g, const void *bytes, size_t size);

#endif
