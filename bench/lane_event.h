/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_event.h - our ring of one producer, with events of 64 bytes in all; LANE_SLIP is the configuration's. */
#ifndef EW_BENCH_LANE_EVENT_H
#define EW_BENCH_LANE_EVENT_H

#define LANE_NAME "event"
#define LANE_PRODUCERS 1
#define LANE_FIXED 1
#define LANE_FILL
#include "lane_head.h"
#include "lane_one.h"

#define DATA_BYTES (64 - HEAD_BYTES)

/* The size of events is known to the compiler, as that of the elements of a typed ring is. */
LANE_INLINE bool lane_put(void *ring, const uint8_t *event, uint32_t bytes)
{
	struct ew_event head = {.data_bytes = DATA_BYTES};

	(void)bytes;
	fill_head(&head, event + DATA_BYTES);
	return ew_ring_push_inline(ring, &head, NULL, event) == EW_OK;
}

LANE_INLINE uint32_t lane_fill(void *ring, struct lane_feed *f, uint32_t n)
{
	uint64_t seq = f->next[0];
	struct ew_ring_writer w;

	ew_ring_write_begin(&w, ring);
	for (uint32_t i = 0; i < n; i++, seq++) {
		const uint8_t *event = f->pool[seq % LANE_POOL];
		struct ew_event head = {.data_bytes = DATA_BYTES};

		lane_barrier();
		fill_head(&head, event + DATA_BYTES);
		if (!ew_ring_write_event(&w, &head, NULL, event))
			break;
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
		if (e->data_bytes != DATA_BYTES) {
			f->wrong = 1;
			continue;
		}
		memcpy(f->out, e + 1, DATA_BYTES);
		copy_head(f->out + DATA_BYTES, e);
		lane_check(f, HEAD_BYTES + DATA_BYTES);
	}
	return ew_ring_scan_end(&s);
}

#endif
