/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * segment.h - the log's bytes on a storage: heads and indexes of segments, records, and finding records in a
 * block.  FORMAT.md is the specification.  Knows one block at a time.
 */
#ifndef EW_STORE_SEGMENT_H
#define EW_STORE_SEGMENT_H

#include "edgewasm/store.h"
#include "store/crc32c.h"

#define EWI_SEGMENT_MAGIC 0x334c5745u /* "EWL3", little-endian */
#define EWI_SEGMENT_HEAD 52u
/* crc 4, length 4, options 1, index 5, time 10, topic length 3, type 2, flags 4, trace id 16, anchor 20, kind 1 */
#define EWI_RECORD_HEAD_MAX 70u
#define EWI_RECORD_MIN 7u /* crc, and one byte each of length, index and time */
#define EWI_SEQ_MAX (UINT64_MAX / 2) /* a number above was never given out */
#define EWI_RECORD_DATA_MAX (1u << 26)
#define EWI_ANCHOR_STRIDE (32u << 10)

/* The index at the end of a block, where blocks are large enough to be worth one. */
#define EWI_INDEX_BLOCK_MIN (64u << 10)
#define EWI_INDEX_ENTRIES 31u /* with the 8 bytes in front: fits in the smallest default buffer */
#define EWI_INDEX_ENTRY 16u
#define EWI_INDEX_BYTES (8u + EWI_INDEX_ENTRIES * EWI_INDEX_ENTRY)

/* What the numbers of a segment's records are counted from: event i is expected at time + i * pace. */
struct ewi_base {
	uint64_t seq, time; /* of its first event */
	uint64_t pace; /* nanoseconds between two events; as ewi_pace_round() leaves it */
};

struct ewi_segment_head {
	uint32_t segment; /* from 1; lies in block (segment - 1) % block_count */
	bool deflated;
	bool cursors; /* there were some when it was begun: its first record says where they stand */
	uint32_t max_record; /* no record is longer; a multiple of 1 KiB */
	struct ewi_base base;
	uint64_t max_time_before; /* the latest time of any event in earlier segments */
};

struct ewi_window;

/* What all parts of the log work with. */
struct ewi_segments {
	struct ew_storage st;
	struct ewi_crc32c crc;
	const struct ew_alloc *alloc; /* for what is deflated */
	uint32_t data;	/* offset of the first record: EWI_SEGMENT_HEAD rounded up to write_bytes */
	uint32_t end;	/* records end here; the index follows, if blocks have one */
};

static inline uint32_t ewi_unit_up(const struct ewi_segments *s, uint32_t n)
{
	return (n + s->st.write_bytes - 1) & ~(s->st.write_bytes - 1);
}

static inline uint32_t ewi_segment_block(const struct ewi_segments *s, uint32_t segment)
{
	return (segment - 1) % s->st.block_count;
}

static inline bool ewi_segment_indexed(const struct ewi_segments *s)
{
	return s->end < s->st.block_bytes;
}

/* No more events than this fit on the storage, so their sequence numbers are no further apart. */
static inline uint64_t ewi_seq_span(const struct ewi_segments *s)
{
	return (uint64_t)s->st.block_bytes / EWI_RECORD_MIN * s->st.block_count;
}

/* The most that a record takes on the storage.  No overflow below 2^31. */
static inline uint64_t ewi_record_bound(const struct ewi_segments *s, uint32_t topic, uint32_t data)
{
	uint32_t unit = s->st.write_bytes;

	return ((uint64_t)EWI_RECORD_HEAD_MAX + topic + data + unit - 1) & ~((uint64_t)unit - 1);
}

/* Set data and end from the storage's geometry. */
void ewi_segments_init(struct ewi_segments *s);

/* ---- heads ---- */

/* The nearest pace not above that 32 bits can tell: 26 bits of it, and by how many they are shifted. */
uint64_t ewi_pace_round(uint64_t pace);
/* A base, as heads of segments and anchors have it: sequence number, time, pace. */
#define EWI_BASE_BYTES 20u
void ewi_base_put(const struct ewi_base *base, uint8_t out[EWI_BASE_BYTES]);
void ewi_base_take(const uint8_t p[EWI_BASE_BYTES], struct ewi_base *out);

/* When event `index` of the segment is due.  Modulo 2^64, as all of it: records say how far off it was. */
static inline uint64_t ewi_base_time(const struct ewi_base *base, uint64_t index)
{
	return base->time + index * base->pace;
}

void ewi_segment_encode(const struct ewi_segments *s, const struct ewi_segment_head *head, uint8_t *out);
/*
 * Read the head of a block.  EW_ERR_CORRUPT: it is no whole head of a log of this geometry; EW_ERR_EMPTY:
 * its bytes are erased; EW_ERR_UNSUPPORTED: a log's, of another version or geometry; EW_ERR_IO.
 */
enum ew_status ewi_segment_read(const struct ewi_segments *s, uint32_t block,
				struct ewi_segment_head *head);

/* ---- indexes ---- */

struct ewi_index_entry {
	uint32_t at;	/* a record begins here */
	uint32_t index; /* how many events of the segment lie before it */
	uint64_t max_time; /* the latest of any event before it, in this segment or an earlier one */
};

struct ewi_index {
	uint32_t sum; /* on the storage */
	uint32_t count;
	struct ewi_index_entry entries[EWI_INDEX_ENTRIES];
};

/* out has block_bytes - end bytes of room. */
void ewi_index_encode(const struct ewi_segments *s, uint32_t segment, const struct ewi_index *index, uint8_t *out);
/* count is 0 when the segment has no index, or a damaged one, which is the same. */
enum ew_status ewi_index_read(const struct ewi_segments *s, uint32_t segment, struct ewi_index *out);

/* ---- deflated segments: deflated.c; only called where EW_CONFIG_ZLIB is set ---- */

#define EWI_DEFLATED_CHUNK (16u << 10)
#define EWI_DEFLATED_HEAD 16u

/* Fill the window from the start of the chunk that `at` lies in.  EW_ERR_UNSUPPORTED: it has not room for two. */
enum ew_status ewi_deflated_fill(const struct ewi_segments *s, struct ewi_window *w, uint32_t block, uint32_t at);
/* Where its index lies; 0: nowhere. */
enum ew_status ewi_deflated_index(const struct ewi_segments *s, uint32_t block, uint32_t *at);
/* Put the deflated form of a segment in its place.  EW_ERR_TOOBIG: it would not be much smaller. */
enum ew_status ewi_deflate(const struct ewi_segments *s, const struct ewi_segment_head *head, int level);

/* ---- records ---- */

enum ewi_record_kind {
	EWI_RECORD_EVENT = 0,
	EWI_RECORD_CURSORS = 1 /* the log's own: where its cursors stand */
};

/* Where a record is meant to lie, and what its numbers are counted from. */
struct ewi_place {
	uint32_t segment, at;
	bool anchor; /* say the base again */
	struct ewi_base base;
	uint64_t seq; /* the event's; of other kinds, that of the next event */
};

/*
 * Encode a record's head at out, which has EWI_RECORD_HEAD_MAX of room.  Returns its length; 0: the numbers
 * of this event cannot be told from this base.
 */
uint32_t ewi_record_head(const struct ewi_place *place, enum ewi_record_kind kind, const struct ew_event *e,
			 uint8_t *out);
/*
 * Put topic and data (NULL: it is there already) behind a head of so many bytes, and the sum over it all.  Returns the
 * record's length.
 */
uint32_t ewi_record_finish(const struct ewi_segments *s, const struct ewi_place *place, uint32_t head,
			   const struct ew_event *e, const void *topic, const void *data, uint8_t *out);

/*
 * A window on one block: `size` bytes of buf (at least EWI_RECORD_HEAD_MAX) hold the block's bytes from
 * `at`, `have` of them.  Numbers count from the base, which the segment's head says, or an anchor.
 */
struct ewi_window {
	uint8_t *buf;
	uint32_t size;
	uint32_t written; /* nothing but erased bytes is behind this offset, and little of them is wanted; 0: who knows */
	uint32_t block, at, have;
	uint32_t segment; /* 0: none; base and max_record are this one's */
	bool based;
	bool deflated;
	uint32_t max_record;
	struct ewi_base base;
};

enum ewi_record_state {
	EWI_RECORD_WHOLE,  /* *bytes is its length on the storage */
	EWI_RECORD_ERASED, /* nothing was written at this place */
	EWI_RECORD_BAD
};

/* What is at a place.  Of a WHOLE one that fits in the window, topic and data lie in it at body. */
struct ewi_record {
	enum ewi_record_state state;
	enum ewi_record_kind kind;
	uint32_t bytes;
	bool fits;
	uint8_t *body; /* NULL unless it fits */
	struct ew_event head;
	/* for record.c */
	bool anchor; /* and base is what it says */
	uint32_t head_bytes;
	struct ewi_base base;
};

/* Look at offset `at` of a segment.  EW_ERR_IO is the storage's. */
enum ew_status ewi_record_look(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment,
			       uint32_t at, struct ewi_record *out);
/*
 * The first whole record from `at` on whose sequence number is in from_seq..from_seq + what the storage
 * can hold: *found is its offset, or s->end when there is none.  *garbage_end (may be NULL) is the end of
 * the last bytes before it that are not erased, or `at`.
 */
enum ew_status ewi_record_find(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment,
			       uint32_t at, uint64_t from_seq, uint32_t *found, uint32_t *garbage_end);

/* Forget what the window holds: the storage has changed. */
static inline void ewi_window_drop(struct ewi_window *w)
{
	w->have = 0;
	w->segment = 0;
}

#endif
