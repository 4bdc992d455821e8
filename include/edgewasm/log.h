/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log.h - the durable log: an append-only sequence of events on a storage.
 *
 *	struct ew_log         written by one process
 *	struct ew_log_reader  reads it from a sequence number or a time; also in other processes
 *
 * Memory comes from the allocator given at creation and from nowhere else.  No object here is shared
 * between threads without the host's lock.  The on-storage format is lib/store/FORMAT.md.
 */
#ifndef EDGEWASM_LOG_H
#define EDGEWASM_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/event.h"
#include "edgewasm/status.h"
#include "edgewasm/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Events get consecutive sequence numbers from 1 (struct ew_event's seq is ignored on the way in) and
 * are written with a CRC32C each.  After a power cut the log opens with every event whose append was
 * followed by a sync, and possibly later ones, never half of one.  A clock that steps back changes nothing:
 * times are kept as they come.
 */
struct ew_log;
struct ew_log_reader;

enum ew_log_full {
	EW_LOG_REJECT = 0,     /* appending returns EW_ERR_FULL */
	EW_LOG_DROP_OLDEST = 1 /* the oldest segment is erased, and counted in ew_log_stat */
};

/* What cursors have to say about erasing the oldest segment. */
enum ew_log_cursors {
	EW_LOG_CURSORS_IGNORE = 0, /* nothing */
	EW_LOG_CURSORS_HOLD = 1,   /* it stays until every cursor is past it; then it may go, also with EW_LOG_REJECT */
	EW_LOG_CURSORS_ERASE = 2   /* likewise, and goes as soon as every cursor is past it */
};

/*
 * Durability: what has been appended is durable
 *	sync_every 1       when the append returns; a batch is one append, so several that wait share one sync
 *	sync_every N       after every N-th event
 *	sync_after_ns T    when ew_log_poll() hears that T has passed; the two may be combined
 *	neither            when ew_log_sync() is called: no append waits for the disk, and of what came since, any part may be lost
 * With small steps between syncs and a buffer of 32 KiB or more, what lies ahead in a block that can be rewritten is first written as
 * it is, 64 KiB at a time: each sync of a file is then a third cheaper, and the disk takes up to twice the bytes.
 * write_behind: events wait in the buffer until it is full, a sync is due, or a reader of this log comes to them.
 * A process that ends without ew_log_close() loses these; readers in other processes do not see them yet.
 */
struct ew_log_config {
	size_t struct_bytes;   /* sizeof(struct ew_log_config) */
	uint32_t sync_every;   /* events between syncs; 0: no such rule */
	uint32_t buffer_bytes; /* for one batched write, and as much for each reader; default 64 KiB, small targets 512 */
	uint32_t max_record_bytes; /* refused above, 70 bytes of head reckoned in; default: what fits in buffer_bytes */
	enum ew_log_full when_full;
	bool read_only; /* nothing is written; a torn tail is stepped over instead of cut */
	bool write_behind;
	uint64_t sync_after_ns; /* 0: no such rule */
	/* Retention, besides when_full: whole segments, the oldest first, never the last. */
	uint64_t max_bytes;  /* of all segments; beyond, the oldest is erased when another begins; 0: the storage's */
	uint64_t max_age_ns; /* for ew_log_expire(); 0: any age */
	enum ew_log_cursors cursors;
};

struct ew_log_stat {
	uint64_t first_seq, next_seq; /* events first_seq..next_seq-1 are (or were, where damaged) in the log */
	uint64_t durable_seq; /* events below would survive a power cut; those found at open are taken to be */
	uint64_t first_time_ns, last_time_ns; /* of the oldest and the newest readable event; 0 when empty */
	uint64_t bytes;		   /* used, headers of segments included */
	uint64_t capacity_bytes;   /* block_bytes * block_count */
	uint32_t segments;	   /* blocks in use */
	uint32_t waiting_bytes;	   /* in the buffer: write_behind */
	uint64_t appended;	   /* events since open */
	uint64_t writes, syncs;	   /* calls to the storage since open */
	uint64_t dropped_events;   /* in segments erased since open, by whatever rule */
	uint64_t rejected_full, rejected_too_big; /* events refused since open */
	uint64_t torn_bytes;	   /* cut (read_only: seen) at the end when the log was opened */
};

/*
 * Open the log on a storage, or begin one where every block is erased.  *st is copied; what it points
 * to outlives the log.  Takes under 700 bytes, buffer_bytes, 504 bytes where blocks have 64 KiB or more, and 8 KiB of
 * CRC tables on large machines without a CRC instruction, however many blocks there are.
 * EW_ERR_MALFORMED: blocks hold something else; EW_ERR_UNSUPPORTED: another version or geometry;
 * EW_ERR_INVAL: less than 2 blocks, or blocks or buffer_bytes too small for one event.
 */
EW_API enum ew_status ew_log_open(const struct ew_storage *st, const struct ew_log_config *cfg,
				  const struct ew_alloc *alloc, struct ew_log **out,
				  struct ew_error *err);
/*
 * Frees everything; writes what waits, and syncs where any rule of durability is set.  Returns what that
 * returned.  Readers go first.
 */
EW_API enum ew_status ew_log_close(struct ew_log *log);

/*
 * Append one event; header fields but frame and seq are taken from *e.  *seq (may be NULL) gets its
 * number.  EW_OK with sync_every 1 means durable.
 * EW_ERR_TOOBIG, EW_ERR_FULL; EW_ERR_IO: the log is then in doubt and takes nothing more until reopened.
 */
EW_API enum ew_status ew_log_append(struct ew_log *log, const struct ew_event *e, const void *topic,
				    const void *data, uint64_t *seq);
/*
 * Append events whose topic and data follow their headers, as ew_ring_read() gives them: one write for
 * each buffer_bytes (and segment), at most one sync.  *done (may be NULL) gets how many are in the log;
 * all of them when EW_OK is returned.
 */
EW_API enum ew_status ew_log_append_batch(struct ew_log *log, const struct ew_event *const *events,
					  uint32_t count, uint32_t *done);
/* Make everything appended durable. */
EW_API enum ew_status ew_log_sync(struct ew_log *log);
/* Write what waits in the buffer, without a sync. */
EW_API enum ew_status ew_log_flush(struct ew_log *log);
/* Tell the time, for sync_after_ns: syncs when it is due.  A clock that steps back makes nothing wait longer. */
EW_API enum ew_status ew_log_poll(struct ew_log *log, uint64_t now_ns);
/* When ew_log_poll() has something to do: what the host's timer is set to.  UINT64_MAX: never. */
EW_API uint64_t ew_log_deadline(const struct ew_log *log);
EW_API void ew_log_stat(struct ew_log *log, struct ew_log_stat *out);

/* ---- Retention ---- */

/* Erase whole segments in which every event is older than seq, never the last.  *segments: how many; may be NULL. */
EW_API enum ew_status ew_log_trim(struct ew_log *log, uint64_t seq, uint32_t *segments);
/*
 * Erase whole segments whose newest event is max_age_ns old or older, as cursors allow; never the last.  An event
 * from a clock that was ahead keeps its segment, and those behind it, until that time.
 */
EW_API enum ew_status ew_log_expire(struct ew_log *log, uint64_t now_ns, uint32_t *segments);

/*
 * Deflate the oldest closed segment that is not: it is read as before, and takes the room of the smaller file.  One
 * segment for each call, in an idle moment: *segments (may be NULL) is 0 when there was none left.  level as of
 * ew_gzip_compress().  Takes block_bytes and zlib's 268 KiB while it works; readers of such a log take 61 KiB for a
 * moment, and need buffer_bytes of 32 KiB.  A segment that would not shrink by an eighth is left alone.
 * EW_ERR_UNSUPPORTED: without zlib, and on storage that cannot replace a block (flash).
 */
EW_API enum ew_status ew_log_deflate(struct ew_log *log, int level, uint32_t *segments);

/*
 * ---- Cursors ----
 *
 * Named places that survive, for store-and-forward: read from ew_log_cursor_get(), send, and when the other side
 * has acknowledged, ew_log_cursor_ack().  An acknowledgement becomes durable as an event appended at that
 * moment does, whole or not at all.
 */
#ifndef EW_LOG_MAX_CURSORS /* 40 bytes of RAM each, and up to 40 at the start of each segment */
#define EW_LOG_MAX_CURSORS (EW_CONFIG_SMALL ? 4 : 8)
#endif
#define EW_LOG_CURSOR_NAME_BYTES 32 /* with the NUL */

/*
 * Every event up to seq has been taken over; makes the cursor when there is none.  seq 0: none has been.  Going back
 * changes nothing and is EW_OK.  EW_ERR_INVAL: the name's length, or seq is beyond the log; EW_ERR_LIMIT: too many
 * cursors; EW_ERR_FULL: no room to write it down, as a log may get that is full of what is not acknowledged: it counts
 * until the log is closed, and is written with the next one that finds room.
 */
EW_API enum ew_status ew_log_cursor_ack(struct ew_log *log, const char *name, uint64_t seq);
/* *next gets the first event not acknowledged; it may be older than what is left.  EW_ERR_NOENT. */
EW_API enum ew_status ew_log_cursor_get(const struct ew_log *log, const char *name, uint64_t *next);
/* The i-th cursor, from 0.  The name is borrowed until cursors change.  EW_ERR_NOENT: there is none. */
EW_API enum ew_status ew_log_cursor_at(const struct ew_log *log, uint32_t i, const char **name, uint64_t *next);
EW_API enum ew_status ew_log_cursor_remove(struct ew_log *log, const char *name);

/* ---- Reading ---- */

enum ew_log_damage_kind {
	EW_LOG_TORN,	 /* a write given up at the end of a segment; no event is missing */
	EW_LOG_TAIL,	 /* the log's last bytes are no whole event: a torn write, or the last one damaged */
	EW_LOG_CHECKSUM, /* bytes that are no event */
	EW_LOG_MISSING,	 /* sequence numbers that are nowhere */
	EW_LOG_HEAD,	 /* the head of a segment; its events can still be read */
	EW_LOG_DROPPED	 /* erased before this reader got there */
};

/* A stretch that could not be read. */
struct ew_log_damage {
	enum ew_log_damage_kind kind;
	uint32_t segment, block; /* number of the segment, and the block it lies in */
	uint32_t offset, bytes;	 /* where in the block, and how much */
	uint64_t first_seq;	 /* the first event that is missing, or would be */
	uint64_t events;	 /* how many are missing */
	const char *reason;	 /* static text */
};

/* A reader starts at the oldest event.  It goes on after the log has grown; at most one process writes. */
EW_API enum ew_status ew_log_reader_create(struct ew_log *log, struct ew_log_reader **out);
EW_API void ew_log_reader_destroy(struct ew_log_reader *rd);
/* Go to the first event whose seq (time_ns) is at least this; the end when there is none.  Times: the
 * first in sequence order, wherever the clock stepped. */
EW_API enum ew_status ew_log_seek_seq(struct ew_log_reader *rd, uint64_t seq);
EW_API enum ew_status ew_log_seek_time(struct ew_log_reader *rd, uint64_t time_ns);
/*
 * The next event, topic and data behind it, borrowed until the next call on rd.
 * EW_ERR_EMPTY: the end; call again when more was appended.
 * EW_ERR_CORRUPT: events are missing here, see ew_log_reader_damage(); go on reading.
 * EW_ERR_TOOBIG: an event larger than this log's buffer_bytes was stepped over (in a deflated segment, than that
 * less 16 KiB).  EW_ERR_UNSUPPORTED: the segment is deflated, and buffer_bytes less than 32 KiB, or zlib not there.
 */
EW_API enum ew_status ew_log_read(struct ew_log_reader *rd, const struct ew_event **out);
/*
 * The same without moving a byte: ew_log_read() has topic and data lie behind a header at a multiple of 8, for
 * which it shifts them by up to 7 bytes; this leaves them where they were read, at any alignment.
 */
struct ew_log_item {
	struct ew_event event; /* a copy */
	const char *topic;     /* borrowed until the next call on the reader */
	const uint8_t *data;
};
EW_API enum ew_status ew_log_next(struct ew_log_reader *rd, struct ew_log_item *out);
EW_API const struct ew_log_damage *ew_log_reader_damage(const struct ew_log_reader *rd);

struct ew_log_report {
	uint64_t events, bytes; /* whole events, and their bytes on the storage */
	uint64_t first_seq, last_seq; /* of these; 0 when there is none */
	uint64_t findings;	/* of all kinds */
	uint64_t missing_events, damaged_bytes;
	uint64_t torn_bytes;	/* in findings of kind EW_LOG_TORN */
	uint64_t clock_steps; /* events whose time is before their predecessor's: allowed, told */
	uint32_t segments;
};

/*
 * Read everything.  told(ctx, damage) is called for each finding in order and may be NULL.  EW_OK: every
 * event is there and whole, and nothing was found but EW_LOG_TORN; else EW_ERR_CORRUPT.  Open the log
 * read_only to find a torn tail: opening it for writing cuts that off.
 */
EW_API enum ew_status ew_log_verify(struct ew_log *log,
				    void (*told)(void *ctx, const struct ew_log_damage *damage),
				    void *ctx, struct ew_log_report *out);

#ifdef __cplusplus
}
#endif
#endif
