/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * lane_ring.h - our ring of one producer, its hot calls inline: as it is by default, and as it is configured for two
 * cores (LANE_SLIP).
 */
#ifndef EW_BENCH_LANE_RING_H
#define EW_BENCH_LANE_RING_H

#define LANE_PRODUCERS 1
#define LANE_FIXED 0
#define LANE_FILL
#include "lane.h"
#include "lane_one.h"

LANE_INLINE bool lane_put(void *ring, const uint8_t *event, uint32_t bytes)
{
	const struct ew_event head = {.data_bytes = bytes, .time_ns = 1};

	return ew_ring_push_inline(ring, &head, NULL, event) == EW_OK;
}

LANE_INLINE uint32_t lane_fill(void *ring, struct lane_feed *f, uint32_t n)
{
	uint64_t seq = f->next[0];
	struct ew_ring_writer w;
	struct ew_event *e;

	ew_ring_write_begin(&w, ring);
	for (uint32_t i = 0; i < n; i++, seq++) {
		uint32_t bytes = lane_bytes(f, seq);

		lane_barrier();
		e = ew_ring_write_next(&w, 0, bytes);
		if (!e)
			break;
		e->time_ns = 1;
		ew_ring_copy(ew_event_data(e), f->pool[seq % LANE_POOL], bytes);
	}
	f->next[0] = seq;
	return ew_ring_write_end(&w);
}

LANE_INLINE uint32_t lane_take(void *ring, struct lane_feed *f, uint32_t max)
{
	const struct ew_event *e;
	struct ew_ring_scan s;

	ew_ring_scan_begin(&s, ring);
	while (s.count < max && (e = ew_ring_scan_next(&s)) != NULL)
		lane_taken(f, ew_event_data(e), e->data_bytes);
	return ew_ring_scan_end(&s);
}

#endif
