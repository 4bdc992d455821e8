/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * segment.h - the log's bytes on a storage: heads of segments and records, and finding records in a block.
 * FORMAT.md is the specification.  Knows nothing of sequence, only of one block at a time.
 */
#ifndef EW_STORE_SEGMENT_H
#define EW_STORE_SEGMENT_H

#include "edgewasm/store.h"
#include "store/crc32c.h"

#define EWI_SEGMENT_MAGIC 0x314c5745u /* "EWL1", little-endian */
#define EWI_SEGMENT_HEAD 48u
#define EWI_RECORD_HEAD 48u

struct ewi_segment_head {
	uint32_t segment; /* from 1; lies in block (segment - 1) % block_count */
	uint32_t align;
	uint32_t block_bytes, block_count;
	uint64_t first_seq;
	uint64_t first_time_ns;	 /* of its first event */
	uint64_t max_time_before; /* the latest time of any event in earlier segments */
};

/* What all parts of the log work with. */
struct ewi_segments {
	struct ew_storage st;
	struct ewi_crc32c crc;
	uint32_t align; /* records lie at multiples of this: max(8, write_bytes) */
	uint32_t data;	/* offset of the first record: EWI_SEGMENT_HEAD rounded up to align */
};

static inline uint32_t ewi_align_up(const struct ewi_segments *s, uint32_t n)
{
	return (n + s->align - 1) & ~(s->align - 1);
}

static inline uint32_t ewi_segment_block(const struct ewi_segments *s, uint32_t segment)
{
	return (segment - 1) % s->st.block_count;
}

/* No more events than this fit on the storage, so their sequence numbers are no further apart. */
static inline uint64_t ewi_seq_span(const struct ewi_segments *s)
{
	return (uint64_t)s->st.block_bytes / EWI_RECORD_HEAD * s->st.block_count;
}

/* Bytes of a record on the storage.  topic and data as in the record's head; no overflow below 2^31. */
static inline uint64_t ewi_record_bytes(const struct ewi_segments *s, uint32_t topic, uint32_t data)
{
	return ((uint64_t)EWI_RECORD_HEAD + topic + data + s->align - 1) & ~((uint64_t)s->align - 1);
}

void ewi_segment_encode(const struct ewi_segments *s, const struct ewi_segment_head *head, uint8_t *out);
/*
 * Read the head of a block.  EW_ERR_CORRUPT: it is no whole head of a log of this geometry; EW_ERR_EMPTY:
 * its bytes are erased; EW_ERR_UNSUPPORTED: a log's, of another version or geometry; EW_ERR_IO.
 */
enum ew_status ewi_segment_read(const struct ewi_segments *s, uint32_t block,
				struct ewi_segment_head *head);

/* Encode one record at out, which has ewi_record_bytes() of room; it will lie at `at` of `segment`. */
void ewi_record_encode(const struct ewi_segments *s, uint32_t segment, uint32_t at, uint64_t seq,
		       const struct ew_event *e, const void *topic, const void *data, uint8_t *out);

/*
 * A window on one block: `size` bytes of buf (a multiple of align, at least EWI_RECORD_HEAD and align)
 * hold the block's bytes from `at`, `have` of them.
 */
struct ewi_window {
	uint8_t *buf;
	uint32_t size;
	uint32_t block, at, have;
};

enum ewi_record_state {
	EWI_RECORD_WHOLE,  /* *bytes is its length on the storage */
	EWI_RECORD_ERASED, /* nothing was written at this place */
	EWI_RECORD_BAD
};

/*
 * Is there a record at `at`?  A WHOLE one that fits in the window is left in it as a struct ew_event in
 * host order, *event; of a larger one *event is its head alone (copied to *head) and *fits is false.
 */
struct ewi_record {
	enum ewi_record_state state;
	uint32_t bytes;
	bool fits;
	struct ew_event head;
	struct ew_event *event; /* in the window; NULL unless it fits */
};

/* Look at offset `at` of a segment.  EW_ERR_IO is the storage's. */
enum ew_status ewi_record_look(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment,
			       uint32_t at, struct ewi_record *out);
/*
 * The first whole record from `at` on whose sequence number is in from_seq..from_seq + what the storage
 * can hold: *found is its offset, or block_bytes when there is none.  *garbage_end (may be NULL) is the end of
 * the last bytes before it that are not erased, or `at`.
 */
enum ew_status ewi_record_find(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment,
			       uint32_t at, uint64_t from_seq, uint32_t *found, uint32_t *garbage_end);

/* Forget what the window holds: the storage has changed. */
static inline void ewi_window_drop(struct ewi_window *w)
{
	w->have = 0;
}

#endif
