/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* guard.c - see guard.h. */
#include <sys/mman.h>
#include <unistd.h>
#include "aid.h"

void guard_init(struct guard *g, size_t cap)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	g->cap = cap;
	g->page_bytes = page;
	g->map_bytes = (cap + page - 1) / page * page + 2 * page;
	g->map = mmap(NULL, g->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (g->map == MAP_FAILED)
		fail_msg("no guarded pages");
	if (g->map_bytes > 2 * page &&
	    mprotect(g->map + page, g->map_bytes - 2 * page, PROT_READ | PROT_WRITE) != 0)
		fail_msg("no guarded pages");
}

void guard_deinit(struct guard *g)
{
	munmap(g->map, g->map_bytes);
	g->map = NULL;
}

uint8_t *guard_low(struct guard *g)
{
	return g->map + g->page_bytes;
}

uint8_t *guard_high(struct guard *g, size_t size)
{
	assert_true(size <= g->cap);
	return g->map + g->map_bytes - g->page_bytes - size;
}

uint8_t *guard_copy(struct guard *g, const void *bytes, size_t size)
{
	uint8_t *p = guard_high(g, size);

	memset(guard_low(g), 0xa5, g->map_bytes - 2 * g->page_bytes);
	if (size)
		memcpy(p, bytes, size);
	return p;
}
