/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log.h - the durable log in memory.
 *
 * Segment n lies in block (n - 1) % block_count, always, so that blocks wear evenly and a segment whose
 * head is damaged is still known by its place.  Segments first..last exist; the last one grows at tail.
 * Heads of segments are read when somebody seeks; of the last segment alone an index is kept in memory, until
 * it is written behind its records.
 */
#ifndef EW_STORE_LOG_H
#define EW_STORE_LOG_H

#include "store/segment.h"

#define EWI_LOG_RUN (32u << 10) /* bytes; log.c, run_ahead() */
#define EWI_LOG_RUN_SYNCED (64u << 10)

struct ewi_cursor {
	char name[EW_LOG_CURSOR_NAME_BYTES]; /* "": not in use */
	uint64_t seq;			     /* acknowledged: every event below it */
};

struct ew_log {
	struct ewi_segments seg;
	struct ew_alloc alloc;
	uint32_t sync_every, buffer_bytes, max_record;
	uint64_t sync_after_ns, max_bytes, max_age_ns;
	uint32_t chunk; /* what writes that need not be now end at a multiple of */
	uint32_t ahead; /* in the last segment, what is before was written, records or not */
	uint32_t synced; /* and what is before this is durable */
	enum ew_log_full when_full;
	enum ew_log_cursors cursor_rule;
	bool read_only, write_behind;
	bool sealed; /* nothing more may be written to the last segment: its tail is torn, and cannot be rewritten */
	bool failed; /* a write or sync failed: what is on the storage is not known */
	bool dirty;  /* something was written or erased since the last sync */
	bool erased; /* a segment was, since then */

	uint32_t first, last; /* segments; last 0: none yet */
	uint32_t tail;	      /* offset in the last one where the next record goes */
	uint32_t written;     /* and to where the storage has it; the buffer holds the rest */
	uint32_t anchor_due;  /* a record that begins here or later says the base again */
	struct ewi_base base; /* what numbers in the last segment count from */
	uint64_t first_seq, next_seq;
	uint64_t written_seq; /* events below are on the storage */
	uint64_t first_time, last_time, max_time;
	uint64_t durable_seq; /* events below are */
	uint32_t unsynced; /* events and acknowledgements */
	uint64_t now, unsynced_since; /* by the host's clock */

	struct ewi_cursor cursors[EW_LOG_MAX_CURSORS];
	bool cursors_known;
	uint32_t deflated; /* segments up to this one need no looking at by ew_log_deflate() */
	uint32_t replaced; /* how often it has put another form in the place of a segment */

	uint8_t *buf; /* buffer_bytes; records on their way out, or a window when there are none */
	struct ewi_index *index; /* of the last segment; NULL where blocks have none */
	/* since open */
	uint64_t appended, writes, syncs, dropped_events, rejected_full, rejected_too_big, torn_bytes;
	uint32_t torn_at; /* where the torn tail that open saw begins; valid while torn_bytes */
};

/* Only while nothing waits in the buffer. */
static inline struct ewi_window ewi_log_window(struct ew_log *log)
{
	return (struct ewi_window){.buf = log->buf, .size = log->buffer_bytes};
}

/* Find the segments, the last one's tail, the times, the cursors; cut what is torn.  log_open.c. */
enum ew_status ewi_log_find(struct ew_log *log, struct ew_error *err);
/* Set first_seq and first_time from what segment `first` holds.  log_open.c. */
enum ew_status ewi_log_load_first(struct ew_log *log);
/*
 * What the head of a segment says or, where that is damaged, its first record: max_time_before is then
 * UINT64_MAX.  EW_ERR_CORRUPT: neither does.  Needs the buffer.  log_open.c.
 */
enum ew_status ewi_log_start(struct ew_log *log, uint32_t segment, struct ewi_segment_head *out);
/* The first segment of the storage, by all heads; 0: none.  last as well unless NULL.  log_open.c. */
enum ew_status ewi_log_range(const struct ewi_segments *s, uint32_t *first, uint32_t *last);

/* ---- log.c ---- */

/* Write what the buffer holds: all of it, or as much as ends at a multiple of chunk. */
enum ew_status ewi_log_flush(struct ew_log *log, bool all);
/* May anything be written? */
enum ew_status ewi_log_writable(const struct ew_log *log);
/* Does the owner care for what a power cut leaves?  Then writes and erases become durable in their order. */
bool ewi_log_keeps_order(const struct ew_log *log);
/* The storage's sync, when there is anything to sync, events or not. */
enum ew_status ewi_log_sync_all(struct ew_log *log);
/* Out of the buffer, and durable, as the owner wants it. */
enum ew_status ewi_log_settle(struct ew_log *log);
/* A new last segment, whose first event has this time. */
enum ew_status ewi_log_begin(struct ew_log *log, uint64_t time_ns);
/* Note where a record of the last segment begins, if the index is due for an entry. */
void ewi_log_note(struct ew_log *log, uint32_t at, uint64_t seq);
/* The table of cursors, in the segment that is open.  EW_ERR_FULL: it has no room. */
enum ew_status ewi_log_put_cursors(struct ew_log *log);

/* The segment of the event that a reader gave last.  log_read.c. */
uint32_t ewi_log_reader_segment(const struct ew_log_reader *rd);

/* ---- log_retain.c ---- */

/* Before a segment is begun: make room by the owner's rules.  EW_ERR_FULL: there is none. */
enum ew_status ewi_log_make_room(struct ew_log *log);
/* Erase what every cursor has left behind, if the owner wants that. */
enum ew_status ewi_log_erase_acked(struct ew_log *log);

/* ---- log_cursor.c ---- */

/* The table of cursors, encoded: its length, and its bytes. */
uint32_t ewi_cursors_bytes(const struct ew_log *log);
void ewi_cursors_encode(const struct ew_log *log, uint8_t *out);
/* Can the table be written, by the room in the buffer and in a segment? */
bool ewi_cursors_fit(const struct ew_log *log);
void ewi_cursors_decode(struct ew_log *log, const uint8_t *bytes, uint32_t n);
/* The lowest number that any cursor still needs; next_seq when there are none. */
uint64_t ewi_cursors_lowest(const struct ew_log *log);

#endif
