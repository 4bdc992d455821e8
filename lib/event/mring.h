/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * mring.h - how a ring of several producers lies in memory, and the protocol.
 *
 * Room is divided into grains of record_align bytes; records begin at a grain and take whole ones.  The first
 * word of a grain is 0 unless a record that has been claimed begins there, or covers it:
 *
 *	frame == 0             not claimed, or claimed this moment: the consumer waits
 *	frame == bytes | BUSY  claimed: so many bytes, one event or a batch
 *	frame == bytes         a committed event
 *	frame == bytes | PAD   nothing until the end of the room
 *	frame == bytes | SKIP  an aborted claim
 *
 * Claiming is one compare-and-swap of the tail, which holds an offset, a lap bit, and above them the low
 * bits of the next sequence number.  The number makes each value of the tail occur once in 2^16 events (2^32 on
 * 64-bit machines), so that a producer that slept between looking and swapping does not succeed with what it
 * saw.  Offsets count units: where the tail has 64 bits, bytes, so that nothing has to be shifted; where it has 32,
 * grains.  The consumer makes the free room all zeros, first words only, before it lets go of it; so payload
 * of the last lap is never taken for a frame, whatever it holds.
 *
 * The consumer's place is told twice.  `head` is exact; `head_told` follows it by less than an eighth of the room, so
 * that producers look at a line that seldom changes, and at `head` only when they seem to be out of room.  With
 * its lap bit the distance tail - head_told, up to 9/8 of the room, is known modulo twice the room.
 */
#ifndef EW_EVENT_MRING_H
#define EW_EVENT_MRING_H

#include "event/cas.h"

#define EWI_RING_BUSY 4u

#if EWI_WORD_BITS == 64
#define EWI_MRING_UNIT_BITS(r) 0u /* a unit has 2^this bytes */
#define EWI_MRING_OFFSET_BITS(r) 31u
#define EWI_MRING_WIDE int64_t /* for twice the room, and a sign */
#else
#define EWI_MRING_UNIT_BITS(r) ((r)->align_bits)
#define EWI_MRING_OFFSET_BITS(r) ((r)->offset_bits)
#define EWI_MRING_WIDE int32_t
#endif

/* Two lines: cores fetch them in pairs, and here several of them write. */
#if EW_CONFIG_SMALL
#define EWI_MRING_GAP(name)
#else
#define EWI_MRING_GAP(name) unsigned char name[128];
#endif

struct ew_mring {
	uint32_t magic;
	uint32_t units;	     /* of room */
	uint32_t align;	     /* bytes of a grain */
	uint32_t align_bits; /* 2^align_bits == align */
	uint32_t offset_bits;
	uint32_t max_payload; /* topic and data, bytes */
	uint32_t policy;
	uint32_t slip;
	uint64_t first_seq;
	EWI_MRING_GAP(gap0)

	/* The producers' */
	EWI_WORD tail; /* offset, lap, sequence number from bit 0 up */
	EWI_MRING_GAP(gap1)
	size_t rejected_full, dropped_newest, too_big, aborted;
	EWI_MRING_GAP(gap2)
	uint32_t head_told; /* offset and lap; written by the consumer, seldom */
	EWI_MRING_GAP(gap3)

	/* The consumer's */
	uint32_t head; /* offset and lap; read by producers in need, so that it has its line for itself */
	EWI_MRING_GAP(gap4)
	uint32_t release_to; /* where head will be when the release under way is done */
	uint32_t read_end, read_count; /* as in struct ew_ring_cursor; a release makes the count 0 */
	uint64_t next_seq; /* of the event at head, if none is missing */
	uint64_t read_seq; /* after the events that were read */
	uint64_t done_seq; /* next_seq and released, when the release under way is done */
	size_t done_released;
	size_t taken;	   /* (size_t)(next_seq - first_seq) */
	size_t released, abandoned;
	struct ew_ring_slip slipping;
	EWI_MRING_GAP(gap5)
};

#define EWI_MRING_CONTROL_BYTES                                                                    \
	(EW_CONFIG_SMALL ? sizeof(struct ew_mring) : (sizeof(struct ew_mring) + 63) & ~(size_t)63)

#endif
