/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ring.c - the ring of one producer: what is rare in it, and edgewasm/ring.h's hot calls as functions.
 * That header explains the protocol; ring_full.c has what happens when there is no room.
 * Leaves waking a sleeping consumer to the host.
 */
#include "event/ring_full.h"

#if EW_CONFIG_EVENT
#include <stdatomic.h>
#include <string.h>
#include "base/bits.h"
#include "event/cas.h"
#include "event/slip.h"

_Static_assert(sizeof(struct ew_event) == 48, "the header is 48 bytes everywhere");
_Static_assert(EW_TOPIC_MAX_BYTES == (1u << 16) - 1 && EW_RING_MAX_BYTES / 2 == 1u << 30,
	       "ew_ring_record_bytes() shifts by these");
_Static_assert(EW_RING_CONTROL_BYTES % EW_RING_ALIGN == 0, "the room after it is aligned");
_Static_assert(sizeof(struct ew_ring_cursor) % EW_RING_ALIGN == 0, "and the cursors after that");

/* "EWR3", and the width of the control block: two processes must agree on its layout. */
#define MAGIC (0x33525745u ^ (uint32_t)sizeof(struct ew_ring) << 24)

/* ---- creation ---- */

size_t ew_ring_size_shared(size_t ring_bytes, uint32_t consumers)
{
	if (ring_bytes < EW_RING_MIN_BYTES || ring_bytes > EW_RING_MAX_BYTES ||
	    ring_bytes % EW_RING_ALIGN != 0 || consumers < 1 || consumers > EW_RING_CONSUMERS_MAX)
		return 0;
	return EW_RING_CONTROL_BYTES + ring_bytes +
	       (consumers - 1) * sizeof(struct ew_ring_cursor);
}

size_t ew_ring_size(size_t ring_bytes)
{
	return ew_ring_size_shared(ring_bytes, 1);
}

/* 0 for what no ring takes; never overflows, because both parts are checked first. */
size_t ew_ring_record_bytes(size_t topic_bytes, size_t data_bytes)
{
	if ((topic_bytes >> 16 | data_bytes >> 30) != 0)
		return 0;
	return ew_ring_sum(EW_RING_ALIGN, topic_bytes, data_bytes);
}

struct ew_ring_cursor *ewi_ring_cursor(const struct ew_ring *ring, uint32_t k)
{
	struct ew_ring *r = (struct ew_ring *)(uintptr_t)ring;
	unsigned char *room = (unsigned char *)r + EW_RING_CONTROL_BYTES;

	if (k == 0)
		return &r->own;
	return (struct ew_ring_cursor *)(void *)(room + r->size) + (k - 1);
}

static bool align_ok(uint32_t align)
{
	return align >= EW_RING_ALIGN && align <= EW_RING_MIN_BYTES / 2 && (align & (align - 1)) == 0;
}

/*
 * An empty ring at offset t takes a record of L when L <= size - t or L < t.  In units of the alignment
 * that fails for some t as soon as 2L > size, so half the room always fits.
 */
static uint32_t max_payload(const struct ew_ring *r)
{
	return (r->size / 2 & ~(r->align - 1)) - (uint32_t)sizeof(struct ew_event);
}

enum ew_status ew_ring_init(void *memory, size_t memory_bytes, const struct ew_ring_config *cfg,
			    struct ew_ring **out)
{
	struct ew_ring_config c = {0};
	struct ew_ring *r = memory;
	size_t size, fixed;

	*out = NULL;
	if (cfg && cfg->struct_bytes < sizeof(size_t))
		return EW_ERR_INVAL;
	if (cfg) /* an older caller's struct is shorter: what it lacks is the default */
		memcpy(&c, cfg, cfg->struct_bytes < sizeof(c) ? cfg->struct_bytes : sizeof(c));
	c.consumers = c.consumers ? c.consumers : 1;
	fixed = ew_ring_size_shared(EW_RING_MIN_BYTES, c.consumers);
	if (!memory || (uintptr_t)memory % EW_RING_ALIGN != 0 || fixed == 0 || memory_bytes < fixed)
		return EW_ERR_INVAL;
	c.record_align = c.record_align ? c.record_align : EW_RING_ALIGN;
	if (!align_ok(c.record_align))
		return EW_ERR_INVAL;
	if (c.slip > EW_RING_SLIP_MAX)
		return EW_ERR_LIMIT;
	if ((uint32_t)c.policy > EW_RING_COALESCE)
		return EW_ERR_UNSUPPORTED;
	if (c.policy == EW_RING_COALESCE && c.consumers != 1)
		return EW_ERR_INVAL;
	size = (memory_bytes - (fixed - EW_RING_MIN_BYTES)) & ~(size_t)(c.record_align - 1);
	if (size > EW_RING_MAX_BYTES)
		size = EW_RING_MAX_BYTES;
	memset(r, 0, sizeof(*r));
	r->size = (uint32_t)size;
	r->align = c.record_align;
	r->max_payload = max_payload(r);
	r->slip = EW_CONFIG_SMALL ? 0 : c.slip;
	r->policy = c.policy;
	r->consumers = c.consumers;
	r->seq_base = c.first_seq ? c.first_seq : 1;
	r->limit = r->size;
	for (uint32_t k = 0; k < r->consumers; k++) {
		struct ew_ring_cursor *cursor = ewi_ring_cursor(r, k);

		memset(cursor, 0, sizeof(*cursor));
		cursor->pins = c.policy == EW_RING_DROP_OLDEST || c.policy == EW_RING_COALESCE;
	}
	ew_ring_set(ew_ring_frame_at(r, 0), 0);
	ew_ring_publish(&r->magic, MAGIC);
	*out = r;
	return EW_OK;
}

enum ew_status ew_ring_attach(void *memory, size_t memory_bytes, struct ew_ring **out)
{
	struct ew_ring *r = memory;
	size_t bytes;

	*out = NULL;
	if (!memory || (uintptr_t)memory % EW_RING_ALIGN != 0 || memory_bytes < sizeof(*r))
		return EW_ERR_INVAL;
	if (ew_ring_acquire(&r->magic) != MAGIC)
		return EW_ERR_MALFORMED;
	bytes = ew_ring_size_shared(r->size, r->consumers);
	if (bytes == 0 || bytes > memory_bytes || !align_ok(r->align) || r->slip > EW_RING_SLIP_MAX ||
	    r->size % r->align != 0 || r->max_payload != max_payload(r) || (uint32_t)r->policy > EW_RING_COALESCE)
		return EW_ERR_MALFORMED;
	*out = r;
	return EW_OK;
}

size_t ew_ring_max_record(const struct ew_ring *r)
{
	return r->max_payload + sizeof(struct ew_event);
}

/* What lies between a consumer and the producer; a consumer that left has nothing before it. */
uint32_t ewi_ring_behind(const struct ew_ring *r, const struct ew_ring_cursor *c, uint32_t at)
{
	uint32_t head = ew_ring_acquire(&c->head) & EW_RING_OFFSET;

	if (ew_ring_get(&c->absent))
		return 0;
	return at >= head ? at - head : r->size - head + at;
}

void ew_ring_stat(const struct ew_ring *r, struct ew_ring_stat *out)
{
	uint32_t at = ew_ring_get(&r->at), used = 0;

	for (uint32_t k = 0; k < r->consumers; k++) {
		uint32_t behind = ewi_ring_behind(r, ewi_ring_cursor(r, k), at);

		used = behind > used ? behind : used;
	}
	out->pushed = ew_ring_counted(&r->pushed);
	out->released = ew_ring_counted(&r->own.released);
	out->rejected_full = ew_ring_counted(&r->rejected_full);
	out->dropped_newest = ew_ring_counted(&r->dropped_newest);
	out->too_big = ew_ring_counted(&r->too_big);
	out->aborted = ew_ring_counted(&r->aborted);
	out->used_bytes = used;
	out->dropped_oldest = ew_ring_counted(&r->own.dropped);
	out->coalesced = ew_ring_counted(&r->coalesced);
	out->abandoned = ew_ring_counted(&r->abandoned);
}

enum ew_status ew_ring_consumer_stat(const struct ew_ring *r, uint32_t consumer,
				     struct ew_ring_consumer_stat *out)
{
	const struct ew_ring_cursor *c;

	memset(out, 0, sizeof(*out));
	if (consumer >= r->consumers)
		return EW_ERR_INVAL;
	c = ewi_ring_cursor(r, consumer);
	out->released = ew_ring_counted(&c->released);
	out->dropped_oldest = ew_ring_counted(&c->dropped);
	out->used_bytes = ewi_ring_behind(r, c, ew_ring_get(&r->at));
	return EW_OK;
}

/* ---- producer ---- */

/* Store a frame of the open batch: the first waits for the commit, the others are hidden behind it. */
static void set_frame(struct ew_ring *r, uint32_t at, uint32_t frame)
{
	if (at == r->open)
		r->open_frame = frame;
	else
		ew_ring_set(ew_ring_frame_at(r, at), frame);
}

/* A claim that has to look for room; EW_ERR_FULL is not counted yet. */
static EW_NOINLINE enum ew_status claim_slowly(struct ew_ring *r, size_t topic_bytes,
					       size_t data_bytes, struct ew_event **out)
{
	uint32_t bytes, before = r->at, at;
	struct ew_event *e;

	*out = NULL;
	bytes = (uint32_t)ew_ring_sum(r->align, topic_bytes, data_bytes);
	if (!ew_ring_takes(r->max_payload, topic_bytes, data_bytes)) {
		ew_ring_count(&r->too_big, 1);
		return EW_ERR_TOOBIG;
	}
	at = ewi_ring_make_room(r, bytes);
	if (at == EWI_RING_NOWHERE)
		return EW_ERR_FULL;
	if (r->open_count == 0)
		r->open = before;
	if (at != before)
		set_frame(r, before, (r->size - before) | EW_RING_PAD);
	set_frame(r, at, bytes);
	*out = e = ew_ring_event_at(r, at);
	ew_ring_head(e, r->seq_base + r->pushed + r->open_count, topic_bytes, data_bytes);
	ewi_ring_end_at(r, at + bytes);
	r->open_count++;
	return EW_OK;
}

enum ew_status ew_ring_claim(struct ew_ring *r, size_t topic_bytes, size_t data_bytes,
			     struct ew_event **out)
{
	enum ew_status st;

	if (EW_LIKELY(ew_ring_fits(r, topic_bytes, data_bytes)))
		return ew_ring_claim_inline(r, topic_bytes, data_bytes, out);
	st = claim_slowly(r, topic_bytes, data_bytes, out);
	return st == EW_ERR_FULL ? ewi_ring_refuse(r) : st;
}

static uint32_t own_frame(struct ew_ring *r, uint32_t at)
{
	return at == r->open ? r->open_frame : ew_ring_get(ew_ring_frame_at(r, at));
}

/*
 * Where the newest of the open claims begins; *before is where the producer stood before that claim, which
 * differs when padding was put in front.  Walks the batch: it is not linked backwards, and shrinking
 * and aborting are rare.  EWI_RING_NOWHERE: none is open, or somebody else wrote to their frames.
 */
static uint32_t newest(struct ew_ring *r, uint32_t *before)
{
	uint32_t at = EWI_RING_NOWHERE, end = r->open, left = r->size;

	for (uint32_t i = 0; i < r->open_count; i++) {
		uint32_t frame = own_frame(r, end);

		*before = at = end;
		if (frame & EW_RING_PAD) {
			left -= left < r->size - at ? left : r->size - at;
			at = 0;
			frame = own_frame(r, at);
		}
		if (frame & ~EW_RING_OFFSET || frame < sizeof(struct ew_event) || frame > left || frame > r->size - at)
			return EWI_RING_NOWHERE;
		left -= frame;
		end = at + frame;
		end = end == r->size ? 0 : end;
	}
	return at;
}

/* Step back to `at`; the limit is found anew by the next claim. */
static void step_back(struct ew_ring *r, uint32_t at)
{
	ew_ring_set(&r->at, at == r->size ? 0 : at);
	r->limit = 0;
}

enum ew_status ew_ring_shrink(struct ew_ring *r, size_t data_bytes)
{
	uint32_t at, before, bytes;
	struct ew_event *e;

	if (r->open_count == 0)
		return EW_ERR_STATE;
	at = newest(r, &before);
	if (at == EWI_RING_NOWHERE)
		return EW_ERR_MALFORMED;
	e = ew_ring_event_at(r, at);
	if (data_bytes > e->data_bytes)
		return EW_ERR_TOOBIG;
	bytes = (uint32_t)ew_ring_sum(r->align, e->topic_bytes, data_bytes);
	if (bytes > own_frame(r, at)) /* somebody wrote to its lengths */
		return EW_ERR_MALFORMED;
	e->data_bytes = (uint32_t)data_bytes;
	set_frame(r, at, bytes);
	step_back(r, at + bytes);
	return EW_OK;
}

uint32_t ew_ring_commit(struct ew_ring *r)
{
	return ew_ring_commit_inline(r);
}

enum ew_status ew_ring_abort(struct ew_ring *r)
{
	uint32_t before = 0;

	if (r->open_count == 0)
		return EW_ERR_STATE;
	if (newest(r, &before) == EWI_RING_NOWHERE)
		return EW_ERR_MALFORMED;
	r->open_count--;
	step_back(r, before);
	ew_ring_count(&r->aborted, 1);
	return EW_OK;
}

/* A push that has to look for room: a claim, a copy and a commit. */
static EW_NOINLINE enum ew_status push_slowly(struct ew_ring *r, const struct ew_event *e,
					      const void *topic, const void *data)
{
	enum ew_status st;
	struct ew_event *to;

	if (r->open_count != 0)
		return EW_ERR_STATE;
	st = claim_slowly(r, e->topic_bytes, e->data_bytes, &to);
	if (st == EW_ERR_FULL && r->policy == EW_RING_COALESCE && ewi_ring_coalesce(r, e, topic, data))
		return EW_OK;
	if (st == EW_ERR_FULL) {
		ewi_ring_refuse(r);
		return r->policy == EW_RING_DROP_NEWEST ? EW_OK : EW_ERR_FULL;
	}
	if (st != EW_OK)
		return st;
	ew_ring_copy_header(to, e);
	if (e->topic_bytes != 0)
		memcpy(ew_event_topic(to), topic, e->topic_bytes);
	if (e->data_bytes != 0)
		memcpy(ew_event_data(to), data, e->data_bytes);
	ew_ring_commit_inline(r);
	return EW_OK;
}

enum ew_status ew_ring_push(struct ew_ring *r, const struct ew_event *e, const void *topic,
			    const void *data)
{
	if (EW_UNLIKELY(!ew_ring_fits(r, e->topic_bytes, e->data_bytes) || r->open_count != 0))
		return push_slowly(r, e, topic, data);
	return ew_ring_push_inline(r, e, topic, data);
}

uint64_t ew_ring_next_seq(const struct ew_ring *r)
{
	return r->seq_base + r->pushed + r->open_count;
}

/* ---- consumer ---- */

uint32_t ew_ring_skip(const struct ew_ring *r, uint32_t *at)
{
	bool wrapped = false;

	while (*at < r->size) {
		uint32_t frame = ew_ring_acquire(ew_ring_frame_at(r, *at)), bytes = frame & EW_RING_OFFSET;
		uint32_t flags = frame & ~EW_RING_OFFSET, left = r->size - *at;

		if (flags == 0)
			return frame;
		if (bytes == 0 || bytes > left || (flags == EW_RING_PAD ? bytes != left : flags != EW_RING_SKIP))
			break;
		if (bytes == left && wrapped)
			break;
		wrapped = wrapped || bytes == left;
		*at = bytes == left ? 0 : *at + bytes;
	}
	return EW_RING_BROKEN;
}

/*
 * Begin to look at what is waiting: with a policy that lets the producer move the head, hold it first.
 * False: the producer replaces an event just now.
 */
static bool hold(struct ew_ring_cursor *c)
{
	uint32_t head;

	if (EW_LIKELY(!c->pins))
		return true;
	head = ew_ring_get(&c->head);
	while (!(head & EW_RING_HELD)) {
		if (head & EW_RING_EDITED)
			return false;
		if (ewi_cas(&c->head, &head, head | EW_RING_HELD))
			break;
	}
	return true;
}

/* Nothing was given out: the producer may have the head back, and what was skipped before `at`. */
static void let_go(struct ew_ring_cursor *c, uint32_t at)
{
	if (EW_UNLIKELY(c->pins))
		ew_ring_publish(&c->head, at);
}

static uint32_t head_of(const struct ew_ring_cursor *c)
{
	return ew_ring_get(&c->head) & EW_RING_OFFSET;
}

/* Wait, for the policies that leave heads alone.  True: look again. */
static bool slip(const struct ew_ring *r, struct ew_ring_cursor *c)
{
#if EW_CONFIG_SMALL
	(void)r;
	(void)c;
	return false;
#else
	return r->slip != 0 && !c->pins && ewi_slip(&c->slip, r->slip, c->released);
#endif
}

static EW_NOINLINE uint32_t read_from(struct ew_ring *r, struct ew_ring_cursor *c,
				      const struct ew_event **out, uint32_t max)
{
	uint32_t at, n = 0;

	if (max == 0 || ew_ring_get(&c->absent) || !hold(c))
		return 0;
	c->read_from = at = head_of(c);
	do
		while (n < max && (out[n] = ew_ring_next(r, &at)) != NULL)
			n++;
	while (n == 0 && slip(r, c));
	c->read_end = at;
	c->read_count = n;
	if (n == 0)
		let_go(c, at);
	return n;
}

/* Nothing is to be had at the head: because nothing is there, or because what is there makes no sense? */
static EW_COLD enum ew_status why_nothing(const struct ew_ring *r, struct ew_ring_cursor *c)
{
	uint32_t at, frame;
	enum ew_status st;

	if (ew_ring_get(&c->absent) || !hold(c))
		return EW_ERR_EMPTY;
	at = head_of(c); /* only now: a producer that drops the oldest moves a head that nobody holds */
	frame = ew_ring_skip(r, &at);
	st = frame == 0 || ew_ring_sound(r, at, frame) ? EW_ERR_EMPTY : EW_ERR_MALFORMED;
	let_go(c, head_of(c));
	return st;
}

static EW_NOINLINE enum ew_status peek_from(struct ew_ring *r, struct ew_ring_cursor *c,
					    const struct ew_event **out)
{
	const struct ew_event *e;

	*out = NULL;
	if (read_from(r, c, &e, 1) == 0)
		return why_nothing(r, c);
	*out = e;
	return EW_OK;
}

/* What was read and is not released stays held. */
static EW_NOINLINE uint32_t release_from(struct ew_ring *r, struct ew_ring_cursor *c, uint32_t n)
{
	uint32_t at, from = c->read_from, done = 0, still_read;

	if (n == 0 || ew_ring_get(&c->absent) || !hold(c))
		return 0;
	at = head_of(c);
	still_read = at == from ? c->read_count : 0;
	if (n == still_read) { /* the batch as it was read */
		at = c->read_end;
		done = n;
	}
	while (done < n && ew_ring_next(r, &at))
		done++;
	if (c->pins && done < still_read) {
		c->read_from = at;
		c->read_count = still_read - done;
		ew_ring_publish(&c->head, at | EW_RING_HELD);
		ew_ring_count(&c->released, done);
		return done;
	}
	if (done != 0)
		ew_ring_give_back(c, at, done);
	else
		let_go(c, at);
	return done;
}

enum ew_status ew_ring_peek(struct ew_ring *r, const struct ew_event **out)
{
	uint32_t at = head_of(&r->own);

	if (EW_LIKELY(!(r->own.pins | ew_ring_get(&r->own.absent)))) {
		*out = ew_ring_next(r, &at);
		if (EW_LIKELY(*out != NULL))
			return EW_OK;
	}
	return peek_from(r, &r->own, out);
}

uint32_t ew_ring_read(struct ew_ring *r, const struct ew_event **out, uint32_t max)
{
	return read_from(r, &r->own, out, max);
}

uint32_t ew_ring_release(struct ew_ring *r, uint32_t count)
{
	return release_from(r, &r->own, count);
}

enum ew_status ew_ring_pop(struct ew_ring *r, struct ew_event *e, void *payload, size_t cap)
{
	const struct ew_event *from;
	enum ew_status st = ew_ring_peek(r, &from);
	size_t bytes;

	if (st != EW_OK)
		return st;
	ew_ring_copy_header(e, from);
	e->seq = from->seq;
	bytes = (size_t)e->topic_bytes + e->data_bytes;
	if (bytes > cap)
		return EW_ERR_TOOBIG;
	if (bytes != 0)
		memcpy(payload, from + 1, bytes);
	(void)ew_ring_release_inline(r, 1);
	return EW_OK;
}

enum ew_status ew_ring_peek_as(struct ew_ring *r, uint32_t consumer, const struct ew_event **out)
{
	*out = NULL;
	if (consumer >= r->consumers)
		return EW_ERR_INVAL;
	return peek_from(r, ewi_ring_cursor(r, consumer), out);
}

uint32_t ew_ring_read_as(struct ew_ring *r, uint32_t consumer, const struct ew_event **out,
			 uint32_t max)
{
	return consumer < r->consumers ? read_from(r, ewi_ring_cursor(r, consumer), out, max) : 0;
}

uint32_t ew_ring_release_as(struct ew_ring *r, uint32_t consumer, uint32_t count)
{
	return consumer < r->consumers ? release_from(r, ewi_ring_cursor(r, consumer), count) : 0;
}

#endif
