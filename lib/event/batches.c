/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * batches.c - a micro-batch for each key.  Entries are found by hash; those in use stand in a list in the order
 * in which they were begun, which with one max_age_ns for all is the order in which they are due.
 */
#include "edgewasm/queue.h"

#if EW_CONFIG_EVENT
#include <string.h>
#include "event/index.h"

struct entry {
	uint64_t key;
	struct ew_batch batch;
	uint32_t older, newer; /* neighbours in the list; in the list of free ones, newer alone */
};

struct ew_batches {
	uint32_t keys, chains;
	uint32_t oldest, newest, unused;
	struct ew_batch_config config;
	struct entry entry[]; /* then uint32_t next[keys], first[chains] */
};

static uint32_t *next_of(struct ew_batches *s)
{
	return (uint32_t *)(void *)(s->entry + s->keys);
}

static uint32_t *chain_of(struct ew_batches *s, uint64_t key)
{
	return next_of(s) + s->keys + ((uint32_t)ewi_index_mix(key, 0) & (s->chains - 1));
}

size_t ew_batches_size(uint32_t keys)
{
	if (keys < 1 || keys > EWI_INDEX_MAX)
		return 0;
	return sizeof(struct ew_batches) + keys * (sizeof(struct entry) + sizeof(uint32_t)) +
	       ewi_index_chains(keys) * sizeof(uint32_t);
}

enum ew_status ew_batches_init(void *memory, size_t bytes, uint32_t keys,
			       const struct ew_batch_config *cfg, struct ew_batches **out)
{
	size_t need = ew_batches_size(keys);
	struct ew_batches *s = memory;
	struct ew_batch probe;

	*out = NULL;
	if (!memory || (uintptr_t)memory % 8 != 0 || need == 0 || bytes < need ||
	    ew_batch_init(&probe, cfg) != EW_OK)
		return EW_ERR_INVAL;
	memset(s, 0, sizeof(*s));
	s->keys = keys;
	s->chains = ewi_index_chains(keys);
	s->config = probe.config;
	s->oldest = s->newest = EWI_NONE;
	for (uint32_t i = 0; i < keys; i++)
		s->entry[i].newer = i + 1 < keys ? i + 1 : EWI_NONE;
	for (uint32_t i = 0; i < s->chains; i++)
		next_of(s)[keys + i] = EWI_NONE;
	*out = s;
	return EW_OK;
}

static uint32_t find(struct ew_batches *s, uint64_t key)
{
	uint32_t at = *chain_of(s, key);

	while (at != EWI_NONE && s->entry[at].key != key)
		at = next_of(s)[at];
	return at;
}

static uint32_t begin(struct ew_batches *s, uint64_t key)
{
	uint32_t at = s->unused;
	struct entry *e;

	if (at == EWI_NONE)
		return at;
	e = &s->entry[at];
	s->unused = e->newer;
	e->key = key;
	(void)ew_batch_init(&e->batch, &s->config);
	e->older = s->newest;
	e->newer = EWI_NONE;
	if (s->newest != EWI_NONE)
		s->entry[s->newest].newer = at;
	else
		s->oldest = at;
	s->newest = at;
	ewi_index_link(chain_of(s, key), next_of(s), at);
	return at;
}

enum ew_status ew_batches_add(struct ew_batches *s, uint64_t key, uint64_t bytes, uint64_t now_ns,
			      enum ew_batch_cause *cause)
{
	uint32_t at = find(s, key);
	enum ew_status st;

	*cause = EW_BATCH_OPEN;
	if (at == EWI_NONE)
		at = begin(s, key);
	if (at == EWI_NONE)
		return EW_ERR_LIMIT;
	st = ew_batch_add(&s->entry[at].batch, bytes, now_ns);
	*cause = ew_batch_due(&s->entry[at].batch, now_ns);
	return st;
}

enum ew_status ew_batches_due(struct ew_batches *s, uint64_t now_ns, uint64_t *key)
{
	if (s->oldest == EWI_NONE || ew_batch_due(&s->entry[s->oldest].batch, now_ns) == EW_BATCH_OPEN)
		return EW_ERR_EMPTY;
	*key = s->entry[s->oldest].key;
	return EW_OK;
}

uint64_t ew_batches_deadline(const struct ew_batches *s)
{
	return s->oldest == EWI_NONE ? UINT64_MAX : ew_batch_deadline(&s->entry[s->oldest].batch);
}

uint32_t ew_batches_close(struct ew_batches *s, uint64_t key)
{
	uint32_t at = find(s, key), n;
	struct entry *e;

	if (at == EWI_NONE)
		return 0;
	e = &s->entry[at];
	n = ew_batch_close(&e->batch);
	ewi_index_unlink(chain_of(s, key), next_of(s), at);
	if (e->older != EWI_NONE)
		s->entry[e->older].newer = e->newer;
	else
		s->oldest = e->newer;
	if (e->newer != EWI_NONE)
		s->entry[e->newer].older = e->older;
	else
		s->newest = e->older;
	e->newer = s->unused;
	s->unused = at;
	return n;
}

#endif
