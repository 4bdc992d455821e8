/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ring_full.c - a ring's producer without room where it stands: looking at the consumers again, dropping
 * their oldest events or replacing one, consumers that come and go, and taking over from a producer that died.
 */
#include "event/ring_full.h"

#if EW_CONFIG_EVENT
#include <stdatomic.h>
#include <string.h>
#include "base/bits.h"
#include "event/cas.h"

/* Heads, as far as they matter to a producer at `at`. */
struct heads {
	uint32_t ahead;	 /* the nearest between the producer and the end of the room; or the end */
	uint32_t lowest; /* of all; the end when there is none */
};

static struct heads look(const struct ew_ring *r, uint32_t at)
{
	struct heads h = {r->size, r->size};

	for (uint32_t k = 0; k < r->consumers; k++) {
		const struct ew_ring_cursor *c = ewi_ring_cursor(r, k);
		uint32_t head = ew_ring_acquire(&c->head) & EW_RING_OFFSET;

		if (ew_ring_get(&c->absent))
			continue;
		if (head > at && head < h.ahead)
			h.ahead = head;
		if (head < h.lowest)
			h.lowest = head;
	}
	return h;
}

/*
 * A record must end before the next head, whose word stays the producer's.  It may touch the end of
 * the room if its following word, at 0, is free.
 */
static uint32_t find_room(struct ew_ring *r, uint32_t bytes)
{
	struct heads h = look(r, r->at);

	r->limit = h.ahead;
	if (r->at + bytes < h.ahead)
		return r->at;
	if (h.ahead != r->size)
		return EWI_RING_NOWHERE;
	if (r->at + bytes == r->size && h.lowest > 0)
		return r->at;
	return bytes < h.lowest ? 0 : EWI_RING_NOWHERE;
}

void ewi_ring_end_at(struct ew_ring *r, uint32_t end)
{
	end = end == r->size ? 0 : end;
	r->limit = look(r, end).ahead;
	ew_ring_set(&r->at, end);
}

/*
 * Take the oldest event from the consumer that is the furthest behind.  False: it has none that is
 * published, or holds it.  True also when it has just moved by itself: then there is more room now.
 */
static bool drop_oldest(struct ew_ring *r)
{
	uint32_t published = r->open_count ? r->open : r->at, most = 0, head, at;
	struct ew_ring_cursor *c = NULL;

	for (uint32_t k = 0; k < r->consumers; k++) {
		struct ew_ring_cursor *one = ewi_ring_cursor(r, k);
		uint32_t behind = ewi_ring_behind(r, one, published);

		if (behind > most) {
			most = behind;
			c = one;
		}
	}
	if (!c)
		return false;
	head = ew_ring_acquire(&c->head);
	at = head & EW_RING_OFFSET;
	if (head & EW_RING_HELD || !ew_ring_next(r, &at))
		return false;
	if (ewi_cas(&c->head, &head, at))
		ew_ring_count(&c->dropped, 1);
	return true;
}

uint32_t ewi_ring_make_room(struct ew_ring *r, uint32_t bytes)
{
	uint32_t at;

	do
		at = find_room(r, bytes);
	while (at == EWI_RING_NOWHERE && r->policy == EW_RING_DROP_OLDEST && drop_oldest(r));
	return at;
}

EW_COLD enum ew_status ewi_ring_refuse(struct ew_ring *r)
{
	if (r->policy == EW_RING_DROP_NEWEST) {
		r->seq_base++;
		ew_ring_count(&r->dropped_newest, 1);
	} else {
		ew_ring_count(&r->rejected_full, 1);
	}
	return EW_ERR_FULL;
}

static bool same_topic(const struct ew_event *a, const struct ew_event *b, const void *topic)
{
	return a->topic_bytes == b->topic_bytes &&
	       (b->topic_bytes == 0 || memcmp(ew_event_topic(a), topic, b->topic_bytes) == 0);
}

/* The newest waiting event that *e may replace; NULL: none. */
static struct ew_event *waiting(const struct ew_ring *r, uint32_t at, const struct ew_event *e,
				const void *topic)
{
	size_t bytes = ew_ring_sum(r->align, e->topic_bytes, e->data_bytes);
	struct ew_event *found = NULL, *next;

	for (uint32_t left = EWI_RING_EVENTS(r); left > 0 && (next = ew_ring_next(r, &at)) != NULL; left--)
		if (same_topic(next, e, topic))
			found = ew_ring_get(&next->frame) >= bytes ? next : NULL;
	return found;
}

bool ewi_ring_coalesce(struct ew_ring *r, const struct ew_event *e, const void *topic,
		       const void *data)
{
	struct ew_ring_cursor *c = &r->own;
	uint32_t head = ew_ring_get(&c->head);
	struct ew_event *to;

	if (ew_ring_get(&c->absent) || head & EW_RING_HELD ||
	    !ewi_cas(&c->head, &head, head | EW_RING_EDITED))
		return false;
	to = waiting(r, head & EW_RING_OFFSET, e, topic);
	if (to) {
		/* Fences for the compiler: should this process die, edit_at tells of a torn record. */
		ew_ring_set(&r->edit_at, (uint32_t)((unsigned char *)to - (unsigned char *)ew_ring_event_at(r, 0)) + 1);
		atomic_signal_fence(memory_order_seq_cst);
		ew_ring_copy_header(to, e);
		if (e->data_bytes != 0)
			memcpy(ew_event_data(to), data, e->data_bytes);
		atomic_signal_fence(memory_order_seq_cst);
		ew_ring_set(&r->edit_at, 0);
		ew_ring_count(&r->coalesced, 1);
	}
	ew_ring_publish(&c->head, head);
	return to != NULL;
}

/* ---- consumers that come and go ---- */

enum ew_status ew_ring_join(struct ew_ring *r, uint32_t consumer)
{
	struct ew_ring_cursor *c;

	if (consumer >= r->consumers)
		return EW_ERR_INVAL;
	c = ewi_ring_cursor(r, consumer);
	if (!ew_ring_get(&c->absent))
		return EW_OK;
	c->read_count = 0;
	ew_ring_set(&c->head, r->open_count ? r->open : r->at);
	ew_ring_publish(&c->absent, 0);
	r->limit = 0; /* to be found anew */
	return EW_OK;
}

enum ew_status ew_ring_leave(struct ew_ring *r, uint32_t consumer)
{
	if (consumer >= r->consumers)
		return EW_ERR_INVAL;
	ew_ring_set(&ewi_ring_cursor(r, consumer)->absent, 1);
	return EW_OK;
}

/* ---- a producer that died ---- */

/* The replacement that was under way may be half of each: whoever comes by skips it. */
static uint32_t undo_edit(struct ew_ring *r)
{
	struct ew_ring_cursor *c = &r->own;
	uint32_t head = ew_ring_get(&c->head), *frame;

	if (!(head & EW_RING_EDITED))
		return 0;
	if (r->edit_at != 0 && r->edit_at - 1 < r->size && (r->edit_at - 1) % EW_RING_ALIGN == 0) {
		frame = ew_ring_frame_at(r, r->edit_at - 1);
		ew_ring_set(frame, ew_ring_get(frame) | EW_RING_SKIP);
	}
	ew_ring_publish(&c->head, head & EW_RING_OFFSET);
	if (r->edit_at == 0)
		return 0;
	r->edit_at = 0;
	ew_ring_count(&c->dropped, 1);
	return 1;
}

/* Where the frames from `at` on end, or stop making sense. */
static uint32_t end_of(const struct ew_ring *r, uint32_t at)
{
	uint32_t frame, left = r->size;

	while ((frame = ew_ring_skip(r, &at)) != 0 && ew_ring_sound(r, at, frame) && frame <= left) {
		left -= frame;
		at = at + frame == r->size ? 0 : at + frame;
	}
	return at;
}

/*
 * Of the producer's own words, none is trusted but counters: the frames from any consumer's head to the
 * first that is 0 are what was committed.  The last of them gives the next sequence number; if
 * the last commit was consumed before it was counted, the consumer's own count does.  Where the memory was damaged, what
 * follows the damage is given up.
 */
uint32_t ew_ring_recover(struct ew_ring *r)
{
	uint32_t lost = undo_edit(r) + r->open_count, at, k = 0;
	uint64_t next = r->seq_base + r->pushed;
	struct ew_ring_cursor *c;
	const struct ew_event *e;
	size_t gone;

	while (k + 1 < r->consumers && ew_ring_get(&ewi_ring_cursor(r, k)->absent))
		k++;
	c = ewi_ring_cursor(r, k);
	at = ew_ring_acquire(&c->head) & EW_RING_OFFSET;
	if (at >= r->size) {
		at = 0;
		ew_ring_set(ew_ring_frame_at(r, at), 0);
		ew_ring_publish(&c->head, at);
	}
	ew_ring_set(&r->at, end_of(r, at));
	ew_ring_set(ew_ring_frame_at(r, r->at), 0);
	gone = ew_ring_counted(&c->released) + c->dropped - r->pushed;
	if (gone <= r->size / sizeof(struct ew_event)) /* else it is negative */
		ew_ring_pushed(r, (uint32_t)gone);
	for (uint32_t left = EWI_RING_EVENTS(r); left > 0 && (e = ew_ring_next(r, &at)) != NULL; left--)
		if (e->seq >= next) {
			ew_ring_pushed(r, 1);
			next = e->seq + 1;
		}
	r->open_count = 0;
	r->limit = 0;
	ew_ring_count(&r->abandoned, lost);
	return lost;
}

#endif
