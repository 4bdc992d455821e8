/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_event.c - our ring of one producer, configured for two cores, with events of so many bytes in all. */
#include <stdlib.h>
#include "edgewasm/ring.h"

#define LANE_NAME "event"
#define LANE_EXPORT lane_event
#define LANE_PRODUCERS 1
#define LANE_FIXED 0
#define LANE_FILL
#include "lane_head.h"

static void *lane_create(uint32_t room_bytes, uint32_t event_bytes)
{
	size_t bytes = ew_ring_size(room_bytes);
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .slip = 8};
	struct ew_ring *r = NULL;

	(void)event_bytes;
	if (memory)
		ew_ring_init(memory, bytes, &cfg, &r);
	return r;
}

static void lane_destroy(void *ring)
{
	free(ring);
}

LANE_INLINE bool lane_put(void *ring, const uint8_t *event, uint32_t bytes)
{
	struct ew_event head = {.data_bytes = bytes - HEAD_BYTES};

	fill_head(&head, event + head.data_bytes);
	return ew_ring_push_inline(ring, &head, NULL, event) == EW_OK;
}

LANE_INLINE uint32_t lane_fill(void *ring, struct lane_feed *f, uint32_t n)
{
	uint64_t seq = f->next[0];
	struct ew_ring_writer w;
	struct ew_event *e;

	ew_ring_write_begin(&w, ring);
	for (uint32_t i = 0; i < n; i++, seq++) {
		const uint8_t *event = f->pool[seq % LANE_POOL];
		uint32_t bytes = lane_bytes(f, seq) - HEAD_BYTES;

		lane_barrier();
		e = ew_ring_write_next(&w, 0, bytes);
		if (!e)
			break;
		fill_head(e, event + bytes);
		ew_ring_copy(ew_event_data(e), event, bytes);
	}
	f->next[0] = seq;
	return ew_ring_write_end(&w);
}

LANE_INLINE uint32_t lane_take(void *ring, struct lane_feed *f, uint32_t max)
{
	const struct ew_event *e;
	struct ew_ring_scan s;

	ew_ring_scan_begin(&s, ring);
	while (s.count < max && (e = ew_ring_scan_next(&s)) != NULL) {
		ew_ring_copy(f->out, ew_event_data(e), e->data_bytes);
		copy_head(f->out + e->data_bytes, e);
		lane_check(f, HEAD_BYTES + e->data_bytes);
	}
	return ew_ring_scan_end(&s);
}
