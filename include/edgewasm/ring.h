/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ring.h - how a ring of event.h lies in memory, and its hot calls inline.
 *
 * ew_ring_push_inline() and the others do what their namesakes in event.h do, and call those for all that is
 * rare: no room, padding, a policy that moves the consumer.  They save the call, and the compiler sees
 * which fields of an event are constant.  Who includes this is compiled with the same EW_CONFIG_ switches
 * as the library, and again when it changes: ew_ring_attach() refuses a ring of another layout.
 *
 * A ring is a control block and `size` bytes of room.  Room holds records back to back, each at a
 * multiple of EW_RING_ALIGN, none crossing the end.  A record begins with its frame word, which is both
 * its length and the commit flag:
 *
 *	frame == 0             nothing here yet: the consumer has caught up
 *	frame == bytes         a committed event of so many bytes (a multiple of 8)
 *	frame == bytes | PAD   nothing until the end of the room; the next record is at offset 0
 *	frame == bytes | SKIP  a record that its producer left half-written when it died
 *
 * The invariant that makes this work without clearing memory: before a frame becomes visible, the word
 * after the last record published with it is 0.  The producer therefore always owns at least the word after
 * its last record, and the ring is full while that word is still a consumer's.
 *
 * A batch is a run of records whose first frame is stored last: later frames are stored when they are
 * claimed, hidden behind a first frame that reads 0.  Publishing is one release store, however many
 * records; a consumer that acquires the first frame sees them all.  No index travels between the cores
 * until the producer runs out of room that it knows of, and then reads the consumers' heads.
 *
 * Indices are offsets, not counters, so any size works, and 32-bit atomics are enough.  The proof, and the
 * models that check it, are in lib/event/README.md.
 */
#ifndef EDGEWASM_RING_H
#define EDGEWASM_RING_H

#include <string.h>
#include "edgewasm/event.h"

#define EW_RING_PAD 1u
#define EW_RING_SKIP 2u
/* In a head, with the policies that let the producer move it: whose turn it is. */
#define EW_RING_HELD 1u	  /* the consumer looks at what follows: the producer keeps off */
#define EW_RING_EDITED 2u /* the producer replaces something: the consumer sees an empty ring */
#define EW_RING_BROKEN UINT32_MAX /* no frame is so large */
#define EW_RING_OFFSET (~(EW_RING_ALIGN - 1u))

/*
 * Room between what two sides write.  A whole cache line between two blocks keeps them apart whatever the
 * alignment of the memory; parts without a cache need none.
 */
#if EW_CONFIG_SMALL
#define EW_RING_GAP(name)
#else
#define EW_RING_GAP(name) unsigned char name[64];
#endif

/* What a consumer remembers of the times when nothing was there; the counts are the low bits of what it released. */
struct ew_ring_slip {
	uint32_t idle_at;   /* when it last found nothing */
	uint32_t slip_at;   /* when it last waited */
	uint32_t unslipped; /* how often it does not wait, after a wait that was in vain */
	uint32_t left;	    /* of those; UINT32_MAX: the last time it waited */
};

/* One consumer.  The producer reads head; `dropped` alone is written by it. */
struct ew_ring_cursor {
	EW_RING_GAP(gap)
	uint32_t head;	     /* offset of the oldest event not released, and EW_RING_HELD, EW_RING_EDITED */
	uint32_t pins;	     /* 1: the policy lets the producer move the head */
	uint32_t read_from;  /* head when ew_ring_read() last ran */
	uint32_t read_end;   /* the offset after the events it gave */
	uint32_t read_count; /* how many those were; 0: never ran */
	uint32_t absent;     /* 1: the producer does not wait for this one */
	size_t released;
	size_t dropped; /* oldest events that the producer took away */
#if !EW_CONFIG_SMALL
	struct ew_ring_slip slip;
#endif
};

struct ew_ring {
	uint32_t magic;
	uint32_t size; /* bytes of room */
	uint32_t policy;
	uint32_t consumers; /* the first is below, the others lie behind the room */
	uint32_t slip;	    /* not 0: consumers are on other cores than the producer */
	uint32_t max_payload; /* topic and data, bytes: what fits into max_record */
	EW_RING_GAP(gap0)

	/*
	 * The producer's own.  ew_ring_stat() looks at counters from elsewhere.  As few words as can be: in
	 * a ring that stays in one core's cache, stores are what an event costs.
	 */
	uint64_t seq_base; /* of the next claim: seq_base + pushed + open_count */
	size_t pushed;
	uint32_t at;	     /* where the next record goes: 0..size-8 */
	uint32_t limit;	     /* it may go there if it ends before this */
	uint32_t open;	     /* offset of the first frame not yet published; valid while open_count */
	uint32_t open_frame; /* what that frame will be */
	uint32_t open_count; /* events claimed and not published */
	uint32_t align;	     /* records are multiples of this */
	uint32_t edit_at;    /* the record being replaced, while a head is EW_RING_EDITED */
	uint32_t reserved;
	size_t rejected_full, dropped_newest, too_big, aborted, coalesced, abandoned;

	struct ew_ring_cursor own;
	EW_RING_GAP(gap2)
};

/* The room follows, at a cache line's beginning if the memory begins with one. */
#define EW_RING_CONTROL_BYTES                                                                      \
	(EW_CONFIG_SMALL ? sizeof(struct ew_ring) : (sizeof(struct ew_ring) + 63) & ~(size_t)63)

/* Words that two sides share.  On every target an atomic word is a plain one in memory. */
#if defined(__GNUC__) || defined(__clang__)
#define EW_RING_INLINE 1
#if EW_CONFIG_SMALL /* where flash is short, the compiler's choice */
#define EW_RING_HOT static inline
#else
#define EW_RING_HOT static inline __attribute__((always_inline))
#endif
EW_RING_HOT uint32_t ew_ring_get(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

EW_RING_HOT uint32_t ew_ring_acquire(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

EW_RING_HOT void ew_ring_set(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

EW_RING_HOT void ew_ring_publish(uint32_t *p, uint32_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

/* One writer for each counter, so no read-modify-write is needed. */
EW_RING_HOT void ew_ring_count(size_t *counter, size_t n)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

EW_RING_HOT size_t ew_ring_counted(const size_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#define EW_RING_LIKELY(x) __builtin_expect(!!(x), 1)
#define EW_RING_KNOWN(x) __builtin_constant_p(x)
#elif !defined(__cplusplus)
#define EW_RING_INLINE 1
#define EW_RING_HOT static inline
#include <stdatomic.h>
EW_RING_HOT uint32_t ew_ring_get(const uint32_t *p)
{
	return atomic_load_explicit((_Atomic uint32_t *)(uintptr_t)p, memory_order_relaxed);
}

EW_RING_HOT uint32_t ew_ring_acquire(const uint32_t *p)
{
	return atomic_load_explicit((_Atomic uint32_t *)(uintptr_t)p, memory_order_acquire);
}

EW_RING_HOT void ew_ring_set(uint32_t *p, uint32_t v)
{
	atomic_store_explicit((_Atomic uint32_t *)p, v, memory_order_relaxed);
}

EW_RING_HOT void ew_ring_publish(uint32_t *p, uint32_t v)
{
	atomic_store_explicit((_Atomic uint32_t *)p, v, memory_order_release);
}

EW_RING_HOT void ew_ring_count(size_t *counter, size_t n)
{
	atomic_size_t *c = (atomic_size_t *)counter;

	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

EW_RING_HOT size_t ew_ring_counted(const size_t *counter)
{
	return atomic_load_explicit((atomic_size_t *)(uintptr_t)counter, memory_order_relaxed);
}

#define EW_RING_LIKELY(x) (x)
#define EW_RING_KNOWN(x) 0
#else
#define ew_ring_push_inline ew_ring_push
#define ew_ring_claim_inline ew_ring_claim
#define ew_ring_commit_inline ew_ring_commit
#define ew_ring_peek_inline ew_ring_peek
#define ew_ring_read_inline ew_ring_read
#define ew_ring_release_inline ew_ring_release
#define ew_ring_pop_inline ew_ring_pop
#endif

#ifdef __cplusplus
extern "C" {
#endif
/*
 * ew_ring_next()'s, for what is rare: moves *at over padding and abandoned records, and returns the frame that it then
 * stands at, or EW_RING_BROKEN where frames lead round in a circle or out of the room, as no producer's do.
 */
EW_API uint32_t ew_ring_skip(const struct ew_ring *r, uint32_t *at);
#ifdef __cplusplus
}
#endif

#ifdef EW_RING_INLINE
EW_RING_HOT struct ew_event *ew_ring_event_at(const struct ew_ring *r, uint32_t at)
{
	return (struct ew_event *)(void *)((unsigned char *)(uintptr_t)r + EW_RING_CONTROL_BYTES + at);
}

EW_RING_HOT uint32_t *ew_ring_frame_at(const struct ew_ring *r, uint32_t at)
{
	return &ew_ring_event_at(r, at)->frame;
}

/* Without a check for overflow: the parts are at most EW_TOPIC_MAX_BYTES and EW_RING_MAX_BYTES / 2, or too large. */
EW_RING_HOT size_t ew_ring_sum(uint32_t align, size_t topic_bytes, size_t data_bytes)
{
	return (sizeof(struct ew_event) + topic_bytes + data_bytes + align - 1) & ~(size_t)(align - 1);
}

/*
 * Does a record take it?  max_payload is below EW_RING_MAX_BYTES / 2, so once both parts are compared their sum does not
 * overflow, and as max_record is a multiple of align the record is within it if the payload is.
 */
EW_RING_HOT int ew_ring_takes(uint32_t max_payload, size_t topic_bytes, size_t data_bytes)
{
	return EW_RING_LIKELY(topic_bytes <= EW_TOPIC_MAX_BYTES && data_bytes <= max_payload &&
			      topic_bytes + data_bytes <= max_payload);
}

/* Does it fit where the producer stands, with nothing to look at but its own words? */
EW_RING_HOT int ew_ring_fits(const struct ew_ring *r, size_t topic_bytes, size_t data_bytes)
{
	return EW_RING_LIKELY(ew_ring_takes(r->max_payload, topic_bytes, data_bytes) &&
			      r->at + ew_ring_sum(r->align, topic_bytes, data_bytes) < r->limit);
}

/*
 * Topic and data are short more often than not, and then a call of memcpy() costs more than the copy: 16 or 32 bytes from
 * the beginning and as many up to the end, which meet or overlap.
 */
EW_RING_HOT void ew_ring_copy(void *to, const void *from, size_t n)
{
	unsigned char *t = (unsigned char *)to;
	const unsigned char *f = (const unsigned char *)from;

	if (EW_RING_KNOWN(n)) { /* the compiler knows better */
		memcpy(t, f, n);
	} else if (n - 16 > 64 - 16) {
		if (n != 0)
			memcpy(t, f, n);
	} else if (n > 32) {
		memcpy(t, f, 32);
		memcpy(t + n - 32, f + n - 32, 32);
	} else {
		memcpy(t, f, 16);
		memcpy(t + n - 16, f + n - 16, 16);
	}
}

/*
 * All but frame and seq, field by field: a wide load of what narrow stores have just written waits
 * for them to reach the cache, which costs as much as everything else here.
 */
EW_RING_HOT void ew_ring_copy_header(struct ew_event *to, const struct ew_event *from)
{
	to->flags = from->flags;
	to->time_ns = from->time_ns;
	memcpy(to->trace_id, from->trace_id, sizeof(to->trace_id));
	to->topic_bytes = from->topic_bytes;
	to->content_type = from->content_type;
	to->data_bytes = from->data_bytes;
}

/*
 * Ask for lines that are about to be written to, where a consumer on another core has read them: stores leave a core in
 * order, so one that has to fetch its line holds up all behind it.  The distances were found by trying.
 */
#if defined(__x86_64__)
#define EW_RING_WANT(p) __asm__ volatile("prefetchw %0" : : "m"(*(const unsigned char *)(p)))
#elif defined(__GNUC__) && !EW_CONFIG_SMALL
#define EW_RING_WANT(p) __builtin_prefetch(p, 1)
#else
#define EW_RING_WANT(p) ((void)(p))
#endif

/* The rest of a record that is published at once, what follows it, and what the one after next will need. */
EW_RING_HOT void ew_ring_want_one(const struct ew_event *e, size_t bytes)
{
	const unsigned char *next = (const unsigned char *)e + bytes;

	EW_RING_WANT((const unsigned char *)e + 64);
	EW_RING_WANT(next);
	EW_RING_WANT(next + 128);
	EW_RING_WANT(next + 192);
}

/* In a batch: far ahead, as nothing of it is looked at before its end. */
EW_RING_HOT void ew_ring_want_ahead(const struct ew_event *e, size_t bytes)
{
	const unsigned char *next = (const unsigned char *)e + bytes;

	EW_RING_WANT(next + 384);
	if (bytes > 64)
		EW_RING_WANT(next + 448);
}

/* The header of a new claim. */
EW_RING_HOT void ew_ring_head(struct ew_event *e, uint64_t seq, size_t topic_bytes,
			      size_t data_bytes)
{
	e->flags = 0;
	e->seq = seq;
	e->time_ns = 0;
	memset(e->trace_id, 0, sizeof(e->trace_id));
	e->topic_bytes = (uint16_t)topic_bytes;
	e->content_type = 0;
	e->data_bytes = (uint32_t)data_bytes;
}

EW_RING_HOT void ew_ring_pushed(struct ew_ring *r, uint32_t n)
{
	ew_ring_count(&r->pushed, n);
	if (sizeof(r->pushed) < sizeof(r->seq_base) && r->pushed < n)
		r->seq_base += (uint64_t)UINT32_MAX + 1; /* the counter has wrapped */
}

EW_RING_HOT enum ew_status ew_ring_push_inline(struct ew_ring *r, const struct ew_event *e,
						 const void *topic, const void *data)
{
	uint32_t at = r->at, end;
	struct ew_event *to;

	if (!ew_ring_fits(r, e->topic_bytes, e->data_bytes) || r->open_count != 0)
		return ew_ring_push(r, e, topic, data);
	end = at + (uint32_t)ew_ring_sum(r->align, e->topic_bytes, e->data_bytes);
	to = ew_ring_event_at(r, at);
	if (r->slip)
		ew_ring_want_one(to, end - at);
	ew_ring_copy_header(to, e);
	to->seq = r->seq_base + r->pushed;
	if (topic && e->topic_bytes != 0)
		ew_ring_copy(ew_event_topic(to), topic, e->topic_bytes);
	if (data && e->data_bytes != 0)
		ew_ring_copy(ew_event_data(to), data, e->data_bytes);
	ew_ring_set(&r->at, end);
	ew_ring_set(ew_ring_frame_at(r, end), 0);
	ew_ring_publish(&to->frame, end - at);
	ew_ring_pushed(r, 1);
	return EW_OK;
}

EW_RING_HOT enum ew_status ew_ring_claim_inline(struct ew_ring *r, size_t topic_bytes,
						  size_t data_bytes, struct ew_event **out)
{
	uint32_t at = r->at, bytes;
	struct ew_event *e;

	if (!ew_ring_fits(r, topic_bytes, data_bytes))
		return ew_ring_claim(r, topic_bytes, data_bytes, out);
	bytes = (uint32_t)ew_ring_sum(r->align, topic_bytes, data_bytes);
	*out = e = ew_ring_event_at(r, at);
	if (r->open_count == 0) {
		r->open = at;
		r->open_frame = bytes;
	} else {
		ew_ring_set(&e->frame, bytes);
	}
	ew_ring_head(e, r->seq_base + r->pushed + r->open_count, topic_bytes, data_bytes);
	ew_ring_set(&r->at, at + bytes);
	r->open_count++;
	return EW_OK;
}

/*
 * Let the consumers see everything up to `at`: the word there becomes the end that they will meet, then the
 * first frame that they wait for appears.
 */
EW_RING_HOT uint32_t ew_ring_commit_inline(struct ew_ring *r)
{
	uint32_t n = r->open_count;

	if (n == 0)
		return 0;
	ew_ring_set(ew_ring_frame_at(r, r->at), 0);
	ew_ring_publish(ew_ring_frame_at(r, r->open), r->open_frame);
	r->open_count = 0;
	ew_ring_pushed(r, n);
	return n;
}

/* Can an event with this frame begin at `at`, and does its frame hold what it says to have?  Not with 0. */
EW_RING_HOT int ew_ring_sound(const struct ew_ring *r, uint32_t at, uint32_t frame)
{
	const struct ew_event *e = ew_ring_event_at(r, at);

	return EW_RING_LIKELY(frame >= sizeof(*e) && frame <= r->size - at &&
			      sizeof(*e) + (uint64_t)e->topic_bytes + e->data_bytes <= frame);
}

/* ew_ring_next() from a place in the room, as it leaves one itself. */
EW_RING_HOT struct ew_event *ew_ring_next_on(const struct ew_ring *r, uint32_t *at)
{
	uint32_t here = *at, frame = ew_ring_acquire(ew_ring_frame_at(r, here)), end;

	if (!EW_RING_LIKELY((frame & ~EW_RING_OFFSET) == 0)) {
		uint32_t beyond = here; /* so that *at itself may stay in a register */

		frame = ew_ring_skip(r, &beyond);
		*at = here = beyond;
	}
	if (frame < sizeof(struct ew_event) || !ew_ring_sound(r, here, frame)) /* 0 is none */
		return NULL;
	end = here + frame;
	*at = end == r->size ? 0 : end;
	return ew_ring_event_at(r, here);
}

/*
 * The event at *at, with *at moved past it; NULL: none yet, or nothing that a producer writes (ew_ring_peek() tells which).
 * What is to be stepped over is ew_ring_skip()'s: padding, whose record was published with it, and abandoned records.
 */
EW_RING_HOT struct ew_event *ew_ring_next(const struct ew_ring *r, uint32_t *at)
{
	return EW_RING_LIKELY(*at < r->size) ? ew_ring_next_on(r, at) : NULL;
}

EW_RING_HOT enum ew_status ew_ring_peek_inline(struct ew_ring *r, const struct ew_event **out)
{
	uint32_t at = ew_ring_get(&r->own.head) & EW_RING_OFFSET;

	if (!r->own.pins) {
		*out = ew_ring_next(r, &at);
		if (EW_RING_LIKELY(*out != NULL))
			return EW_OK;
	}
	return ew_ring_peek(r, out);
}

EW_RING_HOT uint32_t ew_ring_read_inline(struct ew_ring *r, const struct ew_event **out,
					   uint32_t max)
{
	struct ew_ring_cursor *c = &r->own;
	uint32_t at = ew_ring_get(&c->head) & EW_RING_OFFSET, n = 0;

	if (c->pins)
		return ew_ring_read(r, out, max);
	c->read_from = at;
	while (n < max && (out[n] = ew_ring_next(r, &at)) != NULL)
		n++;
	if (n == 0)
		return ew_ring_read(r, out, max);
	c->read_end = at;
	c->read_count = n;
	return n;
}

EW_RING_HOT void ew_ring_give_back(struct ew_ring_cursor *c, uint32_t head, uint32_t n)
{
	ew_ring_publish(&c->head, head);
	if (c->read_count != 0)
		c->read_count = 0; /* else it would seem right again after a lap */
	ew_ring_count(&c->released, n);
}

EW_RING_HOT uint32_t ew_ring_release_inline(struct ew_ring *r, uint32_t count)
{
	struct ew_ring_cursor *c = &r->own;
	uint32_t at = ew_ring_get(&c->head) & EW_RING_OFFSET;

	if (c->pins || count == 0)
		return ew_ring_release(r, count);
	if (count == c->read_count && at == c->read_from) /* the batch as it was read */
		at = c->read_end;
	else if (count != 1 || !ew_ring_next(r, &at))
		return ew_ring_release(r, count);
	ew_ring_give_back(c, at, count);
	return count;
}

EW_RING_HOT enum ew_status ew_ring_pop_inline(struct ew_ring *r, struct ew_event *e, void *payload,
						size_t cap)
{
	uint32_t at = ew_ring_get(&r->own.head) & EW_RING_OFFSET;
	const struct ew_event *from;
	size_t bytes;

	if (r->own.pins)
		return ew_ring_pop(r, e, payload, cap);
	from = ew_ring_next(r, &at);
	if (!EW_RING_LIKELY(from != NULL))
		return ew_ring_pop(r, e, payload, cap);
	ew_ring_copy_header(e, from);
	e->seq = from->seq;
	bytes = (size_t)e->topic_bytes + e->data_bytes;
	if (bytes > cap)
		return EW_ERR_TOOBIG;
	if (bytes != 0)
		memcpy(payload, from + 1, bytes);
	ew_ring_give_back(&r->own, at, 1);
	return EW_OK;
}

/*
 * A batch with the producer's words in registers: ew_ring_claim_inline() again and again, and its commit.
 *
 *	ew_ring_write_begin(&w, r);
 *	while (more && (e = ew_ring_write_next(&w, topic_bytes, data_bytes)) != NULL)
 *		fill it in, as after a claim;
 *	while (more && ew_ring_write_event(&w, &event, topic, data) != NULL)
 *		;
 *	ew_ring_write_end(&w);
 *
 * Claims that were open before belong to it.  Between begin and end the ring's producer calls nothing else.
 */
struct ew_ring_writer {
	struct ew_ring *r;
	uint32_t at, limit, max_payload, align, open_count, slip;
	uint64_t seq;
};

EW_RING_HOT void ew_ring_write_begin(struct ew_ring_writer *w, struct ew_ring *r)
{
	w->r = r;
	w->at = r->at;
	w->limit = r->limit;
	w->max_payload = r->max_payload;
	w->slip = r->slip;
	w->align = r->align;
	w->open_count = r->open_count;
	w->seq = r->seq_base + r->pushed + r->open_count;
}

EW_RING_HOT void ew_ring_write_back(const struct ew_ring_writer *w)
{
	ew_ring_set(&w->r->at, w->at);
	w->r->open_count = w->open_count;
}

EW_RING_HOT int ew_ring_write_fits(const struct ew_ring_writer *w, size_t topic_bytes, size_t data_bytes)
{
	return EW_RING_LIKELY(ew_ring_takes(w->max_payload, topic_bytes, data_bytes) &&
			      w->at + ew_ring_sum(w->align, topic_bytes, data_bytes) < w->limit);
}

/* The next record of the batch, which is known to fit: its frame, hidden behind the first one's. */
EW_RING_HOT struct ew_event *ew_ring_write_frame(struct ew_ring_writer *w, uint32_t bytes)
{
	struct ew_event *e = ew_ring_event_at(w->r, w->at);

	if (w->slip)
		ew_ring_want_ahead(e, bytes);
	if (w->open_count++ == 0) {
		w->r->open = w->at;
		w->r->open_frame = bytes;
	} else {
		ew_ring_set(&e->frame, bytes);
	}
	w->at += bytes;
	return e;
}

EW_RING_HOT struct ew_event *ew_ring_write_next(struct ew_ring_writer *w, size_t topic_bytes,
						size_t data_bytes)
{
	struct ew_ring *r = w->r;
	struct ew_event *e;

	if (!ew_ring_write_fits(w, topic_bytes, data_bytes)) {
		ew_ring_write_back(w);
		if (ew_ring_claim(r, topic_bytes, data_bytes, &e) != EW_OK)
			e = NULL;
		ew_ring_write_begin(w, r);
		return e;
	}
	e = ew_ring_write_frame(w, (uint32_t)ew_ring_sum(w->align, topic_bytes, data_bytes));
	ew_ring_head(e, w->seq++, topic_bytes, data_bytes);
	return e;
}

/* An event that is there already, as for ew_ring_push(); NULL as above. */
EW_RING_HOT struct ew_event *ew_ring_write_event(struct ew_ring_writer *w, const struct ew_event *from, const void *topic,
						 const void *data)
{
	uint32_t topic_bytes = from->topic_bytes, data_bytes = from->data_bytes;
	struct ew_event *e;

	if (ew_ring_write_fits(w, topic_bytes, data_bytes)) {
		e = ew_ring_write_frame(w, (uint32_t)ew_ring_sum(w->align, topic_bytes, data_bytes));
		e->seq = w->seq++;
	} else {
		e = ew_ring_write_next(w, topic_bytes, data_bytes);
		if (!e)
			return NULL;
	}
	ew_ring_copy_header(e, from);
	if (topic_bytes != 0)
		ew_ring_copy(ew_event_topic(e), topic, topic_bytes);
	if (data_bytes != 0)
		ew_ring_copy((unsigned char *)(e + 1) + topic_bytes, data, data_bytes);
	return e;
}

EW_RING_HOT uint32_t ew_ring_write_end(const struct ew_ring_writer *w)
{
	ew_ring_write_back(w);
	return ew_ring_commit_inline(w->r);
}

/*
 * Everything that is waiting, event by event, without a list: the consumer works on one while the next is
 * being found.  What was read is released together; none of it before.
 *
 *	ew_ring_scan_begin(&s, r);
 *	while (more && (e = ew_ring_scan_next(&s)) != NULL)
 *		use it in place;
 *	ew_ring_scan_end(&s);
 */
struct ew_ring_scan {
	struct ew_ring *r;
	uint32_t at, count;
	uint32_t most; /* more events never wait; 0: a head out of the room */
};

EW_RING_HOT void ew_ring_scan_begin(struct ew_ring_scan *s, struct ew_ring *r)
{
	const struct ew_event *e;

	s->r = r;
	s->count = s->most = 0;
	if (!r->own.pins || ew_ring_peek(r, &e) == EW_OK) { /* which holds it */
		s->at = ew_ring_get(&r->own.head) & EW_RING_OFFSET;
		s->most = s->at < r->size ? r->size / 32 : 0; /* an event is larger */
	}
}

/* Nothing so far: the call that is allowed to wait for it. */
EW_RING_HOT const struct ew_event *ew_ring_scan_again(struct ew_ring *r, uint32_t *at)
{
	const struct ew_event *e;

	return ew_ring_peek(r, &e) == EW_OK ? ew_ring_next(r, at) : NULL;
}

EW_RING_HOT const struct ew_event *ew_ring_scan_next(struct ew_ring_scan *s)
{
	const struct ew_event *e;

	if (!EW_RING_LIKELY(s->count < s->most))
		return NULL;
	e = ew_ring_next_on(s->r, &s->at);
	if (!EW_RING_LIKELY(e != NULL)) {
		e = s->count == 0 ? ew_ring_scan_again(s->r, &s->at) : NULL;
		if (!e)
			return NULL;
	}
	s->count++;
	return e;
}

EW_RING_HOT uint32_t ew_ring_scan_end(const struct ew_ring_scan *s)
{
	if (s->r->own.pins)
		return ew_ring_release(s->r, s->count);
	if (s->count != 0)
		ew_ring_give_back(&s->r->own, s->at, s->count);
	return s->count;
}
#endif

#endif
