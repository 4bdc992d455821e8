/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log.h - the durable log in memory.
 *
 * Segment n lies in block (n - 1) % block_count, always, so that blocks wear evenly and a segment whose
 * head is damaged is still known by its place.  Segments first..last exist; the last one grows at tail.
 * There is no index in memory: heads of segments are read when somebody seeks.
 */
#ifndef EW_STORE_LOG_H
#define EW_STORE_LOG_H

#include "store/segment.h"

struct ew_log {
	struct ewi_segments seg;
	struct ew_alloc alloc;
	uint32_t sync_every, buffer_bytes, max_record;
	enum ew_log_full when_full;
	bool read_only;
	bool sealed; /* nothing more may be written to the last segment: its tail is torn, and cannot be rewritten */
	bool failed; /* a write or sync failed: what is on the storage is not known */

	uint32_t first, last; /* segments; last 0: none yet */
	uint32_t tail;	      /* offset in the last one where the next record goes */
	uint64_t first_seq, next_seq;
	uint64_t first_time, last_time, max_time;
	uint64_t unsynced; /* events */

	uint8_t *buf; /* buffer_bytes; records of one batch on their way out, or a window when nothing is */
	/* since open */
	uint64_t appended, writes, syncs, dropped_events, rejected_full, rejected_too_big, torn_bytes;
	uint32_t torn_at; /* where the torn tail that open saw begins; valid while torn_bytes */
};

static inline struct ewi_window ewi_log_window(struct ew_log *log)
{
	return (struct ewi_window){.buf = log->buf, .size = log->buffer_bytes};
}

/* Find the segments, the last one's tail and the times; cut what is torn.  log_open.c. */
enum ew_status ewi_log_find(struct ew_log *log, struct ew_error *err);
/* Set first_seq and first_time from what segment `first` holds.  log_open.c. */
enum ew_status ewi_log_load_first(struct ew_log *log);
/* The first segment of the storage, by all heads; 0: none.  last as well unless NULL.  log_open.c. */
enum ew_status ewi_log_range(const struct ewi_segments *s, uint32_t *first, uint32_t *last);

#endif
