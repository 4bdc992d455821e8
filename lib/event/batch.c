/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* batch.c - when to close a micro-batch.  Leaves the items themselves to the caller. */
#include "edgewasm/event.h"

#if EW_CONFIG_EVENT
#include <string.h>

enum ew_status ew_batch_init(struct ew_batch *b, const struct ew_batch_config *cfg)
{
	if (cfg->max_count == 0 && cfg->max_bytes == 0 && cfg->max_age_ns == 0)
		return EW_ERR_INVAL;
	memset(b, 0, sizeof(*b));
	b->config = *cfg;
	return EW_OK;
}

enum ew_status ew_batch_add(struct ew_batch *b, uint64_t bytes, uint64_t now_ns)
{
	const struct ew_batch_config *c = &b->config;

	if (b->count != 0) {
		if (c->max_count != 0 && b->count >= c->max_count)
			return EW_ERR_FULL;
		if (c->max_bytes != 0 && (b->bytes >= c->max_bytes || bytes > c->max_bytes - b->bytes))
			return EW_ERR_FULL;
		if (b->count == UINT32_MAX || bytes > UINT64_MAX - b->bytes)
			return EW_ERR_FULL;
	}
	if (b->count == 0 || now_ns < b->first_ns)
		b->first_ns = now_ns;
	b->count++;
	b->bytes += bytes;
	return EW_OK;
}

enum ew_batch_cause ew_batch_due(struct ew_batch *b, uint64_t now_ns)
{
	const struct ew_batch_config *c = &b->config;

	if (b->count == 0)
		return EW_BATCH_OPEN;
	if (c->max_count != 0 && b->count >= c->max_count)
		return EW_BATCH_COUNT;
	if (c->max_bytes != 0 && b->bytes >= c->max_bytes)
		return EW_BATCH_BYTES;
	if (now_ns < b->first_ns)
		b->first_ns = now_ns; /* or it would wait for as long as the clock went back */
	if (c->max_age_ns != 0 && now_ns - b->first_ns >= c->max_age_ns)
		return EW_BATCH_AGE;
	return EW_BATCH_OPEN;
}

uint64_t ew_batch_deadline(const struct ew_batch *b)
{
	if (b->count == 0 || b->config.max_age_ns == 0 ||
	    b->first_ns > UINT64_MAX - b->config.max_age_ns)
		return UINT64_MAX;
	return b->first_ns + b->config.max_age_ns;
}

uint32_t ew_batch_close(struct ew_batch *b)
{
	uint32_t n = b->count;

	b->count = 0;
	b->bytes = 0;
	return n;
}

#endif
