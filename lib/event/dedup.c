/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* dedup.c - event ids seen before: a queue of the last ones, oldest first, found by hash. */
#include "edgewasm/queue.h"

#if EW_CONFIG_EVENT
#include <string.h>
#include "event/index.h"

struct seen {
	uint8_t id[EW_TRACE_ID_BYTES];
	uint64_t time_ns;
};

struct ew_dedup {
	uint32_t ids, chains;
	uint32_t oldest, count;
	uint64_t window_ns, seed;
	struct ew_dedup_stat stat;
	struct seen seen[]; /* then uint32_t next[ids], first[chains] */
};

static uint32_t *next_of(struct ew_dedup *d)
{
	return (uint32_t *)(void *)(d->seen + d->ids);
}

size_t ew_dedup_size(uint32_t ids)
{
	if (ids < 1 || ids > EWI_INDEX_MAX)
		return 0;
	return sizeof(struct ew_dedup) + ids * (sizeof(struct seen) + sizeof(uint32_t)) +
	       ewi_index_chains(ids) * sizeof(uint32_t);
}

enum ew_status ew_dedup_init(void *memory, size_t bytes, uint32_t ids, uint64_t window_ns,
			     uint64_t seed, struct ew_dedup **out)
{
	size_t need = ew_dedup_size(ids);
	struct ew_dedup *d = memory;

	*out = NULL;
	if (!memory || (uintptr_t)memory % 8 != 0 || need == 0 || bytes < need)
		return EW_ERR_INVAL;
	memset(d, 0, sizeof(*d));
	d->ids = ids;
	d->chains = ewi_index_chains(ids);
	d->window_ns = window_ns;
	d->seed = seed;
	for (uint32_t i = 0; i < d->chains; i++)
		next_of(d)[ids + i] = EWI_NONE;
	*out = d;
	return EW_OK;
}

static uint32_t *chain_of(struct ew_dedup *d, const uint8_t id[EW_TRACE_ID_BYTES])
{
	uint64_t half[2];

	memcpy(half, id, sizeof(half));
	half[0] = ewi_index_mix(half[1], ewi_index_mix(half[0], d->seed));
	return next_of(d) + d->ids + ((uint32_t)half[0] & (d->chains - 1));
}

static void forget_oldest(struct ew_dedup *d)
{
	ewi_index_unlink(chain_of(d, d->seen[d->oldest].id), next_of(d), d->oldest);
	d->oldest = d->oldest + 1 == d->ids ? 0 : d->oldest + 1;
	d->count--;
}

enum ew_status ew_dedup_add(struct ew_dedup *d, const uint8_t id[EW_TRACE_ID_BYTES], uint64_t now_ns)
{
	uint32_t *first = chain_of(d, id), at;

	while (d->window_ns != 0 && d->count != 0 && now_ns > d->seen[d->oldest].time_ns &&
	       now_ns - d->seen[d->oldest].time_ns > d->window_ns)
		forget_oldest(d);
	for (at = *first; at != EWI_NONE; at = next_of(d)[at])
		if (memcmp(d->seen[at].id, id, EW_TRACE_ID_BYTES) == 0) {
			d->stat.duplicates++;
			return EW_ERR_EXISTS;
		}
	if (d->count == d->ids) {
		forget_oldest(d);
		d->stat.forgotten++;
	}
	at = (uint32_t)(((uint64_t)d->oldest + d->count) % d->ids);
	memcpy(d->seen[at].id, id, EW_TRACE_ID_BYTES);
	d->seen[at].time_ns = now_ns;
	ewi_index_link(first, next_of(d), at);
	d->count++;
	d->stat.fresh++;
	return EW_OK;
}

void ew_dedup_stat(const struct ew_dedup *d, struct ew_dedup_stat *out)
{
	*out = d->stat;
}

#endif
