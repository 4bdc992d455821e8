/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ring.h - how a ring lies in memory, and the protocol between its two sides.
 *
 * A ring is a control block and `size` bytes of room.  Room holds records back to back, each at a
 * multiple of EW_RING_ALIGN, none crossing the end.  A record begins with its frame word, which is both
 * its length and the commit flag (Aeron's idea):
 *
 *	frame == 0             nothing here yet: the consumer has caught up
 *	frame == bytes         a committed event of so many bytes (a multiple of 8)
 *	frame == bytes | PAD   nothing until the end of the room; the next record is at offset 0
 *
 * The invariant that makes this work without clearing memory: before a frame becomes visible, the word
 * after the last record published with it is 0.  The producer therefore always owns at least the word after its last record,
 * and the ring is full while that word is still the consumer's.
 *
 * A batch is a run of records whose first frame is stored last: later frames are stored when they are
 * claimed, hidden behind a first frame that reads 0.  Publishing is one release store, however many
 * records; a consumer that acquires the first frame sees them all.  No index travels between the cores
 * until the producer runs out of room that it knows of, and then reads the consumer's head.
 *
 * Indices are offsets, not counters, so any size works, and 32-bit atomics are enough.
 */
#ifndef EW_EVENT_RING_H
#define EW_EVENT_RING_H

#include <stdatomic.h>
#include "edgewasm/event.h"

#define EWI_FRAME_PAD 1u
#define EWI_FRAME_BYTES (~(EW_RING_ALIGN - 1u))

/*
 * Room between what the two sides write.  A whole cache line between two blocks keeps them apart
 * whatever the alignment of the memory; parts without a cache need none.
 */
#if EW_CONFIG_SMALL
#define EWI_RING_GAP(name)
#else
#define EWI_RING_GAP(name) unsigned char name[64];
#endif

struct ew_ring {
	uint32_t magic;
	uint32_t size;	     /* bytes of room */
	uint32_t max_record; /* bytes */
	uint32_t policy;
	EWI_RING_GAP(gap0)

	/*
	 * The producer's own.  Atomic members are also read by ew_ring_stat(), relaxed.  As few as can
	 * be: in a ring that stays in one core's cache, stores are what an event costs.
	 */
	_Atomic uint32_t tail; /* where the next record goes: 0..size-8 */
	uint32_t limit;	       /* a record may go to tail if it ends before this */
	uint32_t head_seen;    /* the consumer's head, as last read */
	uint32_t open;	       /* offset of the first frame not yet published; valid while open_count */
	uint32_t open_frame;   /* what that frame will be */
	uint32_t open_count;   /* events claimed and not published */
	uint64_t next_seq;     /* of the first open claim; the others follow */
	atomic_size_t pushed, rejected_full, dropped_newest, too_big, aborted;
	EWI_RING_GAP(gap1)

	/* The consumer's own; head is read by the producer. */
	_Atomic uint32_t head;
	uint32_t read_from;  /* head when ew_ring_read() last ran */
	uint32_t read_end;   /* the offset after the events it gave */
	uint32_t read_count; /* how many those were; 0: never ran */
	atomic_size_t released;
	EWI_RING_GAP(gap2)
};

#endif
