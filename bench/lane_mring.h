/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_mring.h - our ring of several producers; LANE_HEAD_BYTES of an event are its header, or 0. */
#ifndef EW_BENCH_LANE_MRING_H
#define EW_BENCH_LANE_MRING_H

#include <stdlib.h>
#include "edgewasm/event.h"

#define LANE_PRODUCERS LANE_PRODUCERS_MAX
#define LANE_FIXED 0
#define LANE_FILL
#include "lane_head.h"

static void *lane_create(uint32_t room_bytes, uint32_t event_bytes)
{
	size_t bytes = ew_mring_size(room_bytes);
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .slip = 8};
	struct ew_mring *r = NULL;

	(void)event_bytes;
	if (memory)
		ew_mring_init(memory, bytes, &cfg, &r);
	return r;
}

static void lane_destroy(void *ring)
{
	free(ring);
}

LANE_INLINE bool lane_put(void *ring, const uint8_t *event, uint32_t bytes)
{
	struct ew_event head = {.data_bytes = bytes - LANE_HEAD_BYTES, .time_ns = 1};

	if (LANE_HEAD_BYTES)
		fill_head(&head, event + head.data_bytes);
	return ew_mring_push(ring, &head, NULL, event) == EW_OK;
}

/* Events of a batch have one size: that of the rows with batches. */
LANE_INLINE uint32_t lane_fill(void *ring, struct lane_feed *f, uint32_t n)
{
	uint32_t bytes = f->bytes - LANE_HEAD_BYTES;
	uint64_t seq = f->next[f->producer];
	struct ew_event *list[64];

	n = n < 64 ? n : 64;
	if (ew_mring_claim_batch(ring, n, 0, bytes, list) != EW_OK)
		return 0;
	for (uint32_t i = 0; i < n; i++, seq++) {
		lane_barrier();
		if (LANE_HEAD_BYTES)
			fill_head(list[i], f->pool[seq % LANE_POOL] + bytes);
		else
			list[i]->time_ns = 1;
		lane_copy(ew_event_data(list[i]), f->pool[seq % LANE_POOL], bytes);
	}
	ew_mring_commit_batch(ring, list[0], n);
	f->next[f->producer] = seq;
	return n;
}

LANE_INLINE uint32_t lane_take(void *ring, struct lane_feed *f, uint32_t max)
{
	const struct ew_event *list[64];
	uint32_t n = ew_mring_read(ring, list, max < 64 ? max : 64);

	for (uint32_t i = 0; i < n; i++) {
		lane_copy(f->out, ew_event_data(list[i]), list[i]->data_bytes);
		if (LANE_HEAD_BYTES)
			copy_head(f->out + list[i]->data_bytes, list[i]);
		lane_check(f, list[i]->data_bytes + LANE_HEAD_BYTES);
	}
	return n ? ew_mring_release(ring, n) : 0;
}

#endif
