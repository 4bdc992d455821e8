/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* index.h - chains of entries by hash, in memory of the caller's: what dedup.c and batches.c find their entries by. */
#ifndef EW_EVENT_INDEX_H
#define EW_EVENT_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define EWI_NONE UINT32_MAX
#define EWI_INDEX_MAX (1u << 20) /* entries */

/* As many chains as entries, rounded up to a power of two: at most two words for each entry. */
static inline uint32_t ewi_index_chains(uint32_t entries)
{
	uint32_t n = 1;

	while (n < entries)
		n *= 2;
	return n;
}

/* Two rounds of multiply and shift: every bit of v and of the seed reaches every bit of the result. */
static inline uint64_t ewi_index_mix(uint64_t v, uint64_t seed)
{
	v = (v ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
	v = (v ^ v >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return v ^ v >> 32;
}

/* Put entry i into the chain that begins at *first; `next` is an array by entry. */
static inline void ewi_index_link(uint32_t *first, uint32_t *next, uint32_t i)
{
	next[i] = *first;
	*first = i;
}

static inline void ewi_index_unlink(uint32_t *first, uint32_t *next, uint32_t i)
{
	uint32_t *at = first;

	while (*at != i)
		at = &next[*at];
	*at = next[i];
}

#endif
