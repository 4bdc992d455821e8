/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * mring.c - the ring of several producers and one consumer.  mring.h explains the protocol.
 * Leaves waking a sleeping consumer, and knowing who died, to the host.
 */
#include "event/mring.h"

#if EW_CONFIG_EVENT
#include <stdatomic.h>
#include <string.h>
#include "base/bits.h"
#include "event/slip.h"

_Static_assert(EWI_MRING_CONTROL_BYTES % EW_RING_ALIGN == 0, "the room after it is aligned");

/* "EWM2", and the width of the control block. */
#define MAGIC (0x324d5745u ^ (uint32_t)sizeof(struct ew_mring) << 24)
#define DEFAULT_ALIGN (EW_CONFIG_SMALL ? 8u : 64u)
/* Bits of the sequence number that the tail keeps at least, beside offset and lap. */
#define LEAST_SEQ_BITS 16u
#define WANT_BYTES 2048 /* at most, of one claim */

/* ---- places: an offset in units, and above it the lap's lowest bit ---- */

static uint32_t *frame_at(const struct ew_mring *r, uint32_t offset)
{
	unsigned char *room = (unsigned char *)(uintptr_t)r + EWI_MRING_CONTROL_BYTES;

	return (uint32_t *)(void *)(room + ((size_t)offset << EWI_MRING_UNIT_BITS(r)));
}

static uint32_t offset_of(const struct ew_mring *r, EWI_WORD place)
{
	(void)r;
	return (uint32_t)(place & (((EWI_WORD)1 << EWI_MRING_OFFSET_BITS(r)) - 1));
}

static uint32_t lap_of(const struct ew_mring *r, EWI_WORD place)
{
	(void)r;
	return (uint32_t)(place >> EWI_MRING_OFFSET_BITS(r) & 1);
}

/* The place so many units further. */
static uint32_t further(const struct ew_mring *r, EWI_WORD place, uint32_t units)
{
	uint32_t offset = offset_of(r, place) + units, lap = lap_of(r, place);

	if (EW_UNLIKELY(offset >= r->units)) {
		offset -= r->units;
		lap ^= 1;
	}
	return offset | lap << EWI_MRING_OFFSET_BITS(r);
}

/* Units from one place to a later one, modulo twice the room. */
static uint32_t distance(const struct ew_mring *r, uint32_t from, EWI_WORD to)
{
	EWI_MRING_WIDE units = (EWI_MRING_WIDE)offset_of(r, to) - (EWI_MRING_WIDE)offset_of(r, from);

	if (lap_of(r, to) != lap_of(r, from))
		units += r->units;
	return (uint32_t)(units < 0 ? units + 2 * (EWI_MRING_WIDE)r->units : units);
}

static bool aligned(const struct ew_mring *r, uint32_t offset)
{
	return EWI_WORD_BITS == 32 || (offset & (r->align - 1)) == 0;
}

/* Does a place lead into the room?  Words of damaged memory may hold any. */
static bool place_ok(const struct ew_mring *r, EWI_WORD place)
{
	uint32_t offset = offset_of(r, place);

	return offset < r->units && aligned(r, offset);
}

/* How far a frame at this offset leads; 0: out of the room, or nowhere, as no producer's does. */
static uint32_t units_of(const struct ew_mring *r, uint32_t offset, uint32_t frame)
{
	uint32_t bytes = frame & EW_RING_OFFSET, units = bytes >> EWI_MRING_UNIT_BITS(r);

	return (bytes & (r->align - 1)) == 0 && units <= r->units - offset ? units : 0;
}

/* Does a committed record hold what it says to have? */
static bool holds(const struct ew_event *e, uint32_t frame)
{
	return frame >= sizeof(*e) && sizeof(*e) + (uint64_t)e->topic_bytes + e->data_bytes <= frame;
}

/* First words of the grains from one offset to another, which is behind it, or the end of the room. */
static void zero(const struct ew_mring *r, uint32_t from, uint32_t to)
{
	unsigned char *at = (unsigned char *)frame_at(r, from), *end = (unsigned char *)frame_at(r, to);

	for (; at < end; at += r->align)
		ew_ring_set((uint32_t *)(void *)at, 0);
}

static size_t max_record(const struct ew_mring *r)
{
	return r->max_payload + sizeof(struct ew_event);
}

/* ---- creation ---- */

size_t ew_mring_size(size_t ring_bytes)
{
	if (ring_bytes < EW_RING_MIN_BYTES || ring_bytes > EW_RING_MAX_BYTES ||
	    ring_bytes % EW_RING_ALIGN != 0)
		return 0;
	return EWI_MRING_CONTROL_BYTES + ring_bytes;
}

/* As many as the room needs, so that on 32-bit machines the others are the sequence number's. */
static uint32_t offset_bits(const struct ew_mring *r)
{
	uint32_t bits = 0;

	while (EWI_WORD_BITS == 32 && r->units >> bits != 0)
		bits++;
	return EWI_WORD_BITS == 32 ? bits : 31;
}

/* At any offset, padding and the record are at most twice the record less one grain. */
static uint32_t max_payload(const struct ew_mring *r)
{
	uint32_t grains = (r->units << EWI_MRING_UNIT_BITS(r)) >> r->align_bits;

	return (grains / 2 << r->align_bits) - (uint32_t)sizeof(struct ew_event);
}

enum ew_status ew_mring_init(void *memory, size_t memory_bytes, const struct ew_mring_config *cfg,
			     struct ew_mring **out)
{
	struct ew_mring_config c = {0};
	struct ew_mring *r = memory;
	size_t room;

	*out = NULL;
	if (cfg && cfg->struct_bytes < sizeof(size_t))
		return EW_ERR_INVAL;
	if (cfg)
		memcpy(&c, cfg, cfg->struct_bytes < sizeof(c) ? cfg->struct_bytes : sizeof(c));
	c.record_align = c.record_align ? c.record_align : DEFAULT_ALIGN;
	if (!memory || (uintptr_t)memory % EW_RING_ALIGN != 0 ||
	    memory_bytes < EWI_MRING_CONTROL_BYTES + EW_RING_MIN_BYTES ||
	    c.record_align < EW_RING_ALIGN || c.record_align > EW_RING_MIN_BYTES / 2 ||
	    (c.record_align & (c.record_align - 1)) != 0)
		return EW_ERR_INVAL;
	if (c.policy != EW_RING_REJECT && c.policy != EW_RING_DROP_NEWEST)
		return EW_ERR_UNSUPPORTED;
	if (c.slip > EW_RING_SLIP_MAX)
		return EW_ERR_LIMIT;
	room = memory_bytes - EWI_MRING_CONTROL_BYTES;
	if (room > EW_RING_MAX_BYTES)
		room = EW_RING_MAX_BYTES;
	memset(r, 0, sizeof(*r));
	while (c.record_align >> r->align_bits > 1)
		r->align_bits++;
	r->align = c.record_align;
	r->units = (uint32_t)(room & ~(size_t)(r->align - 1)) >> EWI_MRING_UNIT_BITS(r);
	r->offset_bits = offset_bits(r);
	if (r->offset_bits + 1 + LEAST_SEQ_BITS > EWI_WORD_BITS)
		return EW_ERR_LIMIT;
	r->max_payload = max_payload(r);
	r->policy = c.policy;
	r->slip = EW_CONFIG_SMALL ? 0 : c.slip;
	r->first_seq = r->next_seq = c.first_seq ? c.first_seq : 1;
	r->tail = (EWI_WORD)r->first_seq << (r->offset_bits + 1);
	zero(r, 0, r->units);
	ew_ring_publish(&r->magic, MAGIC);
	*out = r;
	return EW_OK;
}

enum ew_status ew_mring_attach(void *memory, size_t memory_bytes, struct ew_mring **out)
{
	struct ew_mring *r = memory;

	*out = NULL;
	if (!memory || (uintptr_t)memory % EW_RING_ALIGN != 0 ||
	    memory_bytes < EWI_MRING_CONTROL_BYTES)
		return EW_ERR_INVAL;
	if (ew_ring_acquire(&r->magic) != MAGIC || r->align_bits < 3 || r->align_bits > 6 ||
	    r->align != 1u << r->align_bits || r->units < EW_RING_MIN_BYTES >> EWI_MRING_UNIT_BITS(r) ||
	    r->units > (memory_bytes - EWI_MRING_CONTROL_BYTES) >> EWI_MRING_UNIT_BITS(r) ||
	    r->units > EW_RING_MAX_BYTES >> EWI_MRING_UNIT_BITS(r) ||
	    (EWI_MRING_UNIT_BITS(r) == 0 && r->units % r->align != 0) ||
	    r->offset_bits != offset_bits(r) || r->offset_bits + 1 + LEAST_SEQ_BITS > EWI_WORD_BITS ||
	    r->max_payload != max_payload(r) || r->slip > EW_RING_SLIP_MAX || r->policy > EW_RING_DROP_NEWEST)
		return EW_ERR_MALFORMED;
	*out = r;
	return EW_OK;
}

size_t ew_mring_max_record(const struct ew_mring *r)
{
	return max_record(r);
}

/* The tail's sequence number, made whole: it is ahead of `from` by less than its bits count. */
static uint64_t whole_seq(const struct ew_mring *r, uint64_t from, uint64_t low)
{
	uint32_t bits = EWI_WORD_BITS - r->offset_bits - 1;

	return from + ((low - from) & (((uint64_t)1 << bits) - 1));
}

void ew_mring_stat(const struct ew_mring *r, struct ew_ring_stat *out)
{
	EWI_WORD tail = ewi_word_acquire(&r->tail);
	size_t taken = ew_ring_counted(&r->taken);
	uint64_t next = r->first_seq + taken;

	memset(out, 0, sizeof(*out));
	out->rejected_full = ew_ring_counted(&r->rejected_full);
	out->dropped_newest = ew_ring_counted(&r->dropped_newest);
	out->too_big = ew_ring_counted(&r->too_big);
	out->aborted = ew_ring_counted(&r->aborted);
	out->abandoned = ew_ring_counted(&r->abandoned);
	out->released = ew_ring_counted(&r->released);
	out->pushed = taken + (size_t)(whole_seq(r, next, tail >> (r->offset_bits + 1)) - next) -
		      out->dropped_newest - out->aborted;
	out->used_bytes = (size_t)distance(r, ew_ring_acquire(&r->head), tail) << EWI_MRING_UNIT_BITS(r);
}

/* ---- producers ---- */

/*
 * Are there so many free units behind the tail, and a grain more?  Were the room filled to the last, the consumer
 * would read on into what it has not released.  The exact head is looked at last.
 */
static bool has_room(const struct ew_mring *r, EWI_WORD tail, uint32_t units)
{
	uint32_t used = distance(r, ew_ring_acquire(&r->head_told), tail);

	if (EW_LIKELY(used <= r->units && units < r->units - used))
		return true;
	used = distance(r, ew_ring_acquire(&r->head), tail);
	return used <= r->units && units < r->units - used;
}

static EW_COLD enum ew_status refuse(struct ew_mring *r, EWI_WORD tail, uint32_t count)
{
	/* Who asks again at once takes the consumer's line from it, and has to wait the longer. */
	for (uint32_t i = 0; i < 2 * r->slip; i++)
		ewi_relax();
	if (r->policy != EW_RING_DROP_NEWEST) {
		ewi_count_shared(&r->rejected_full, count);
		return EW_ERR_FULL;
	}
	while (!ewi_word_cas(&r->tail, &tail, tail + ((EWI_WORD)count << (r->offset_bits + 1))))
		;
	ewi_count_shared(&r->dropped_newest, count);
	return EW_ERR_FULL;
}

/*
 * Is there certainly room between the tail and what was told of the head, without a wrap?  In the same lap the head is
 * behind, or a lap and more before; else it is before, in the next.
 */
EW_RING_HOT bool has_room_ahead(const struct ew_mring *r, EWI_WORD tail, uint32_t units)
{
	uint32_t told = ew_ring_acquire(&r->head_told), offset = offset_of(r, tail), head = offset_of(r, told);
	uint32_t limit = lap_of(r, told) != lap_of(r, tail) ? head : head <= offset ? r->units : 0;

	return offset + units < limit && limit <= r->units && aligned(r, offset);
}

/* take(), when there is no room ahead or another producer was faster. */
static EW_NOINLINE enum ew_status take_slowly(struct ew_mring *r, EWI_WORD tail, uint32_t units, uint32_t count,
					      uint32_t *at, EWI_WORD *seq)
{
	uint32_t seq_at = EWI_MRING_OFFSET_BITS(r) + 1, offset, pad;
	EWI_WORD again, next;

	for (;;) {
		if (!place_ok(r, tail))
			return EW_ERR_MALFORMED;
		offset = offset_of(r, tail);
		pad = units > r->units - offset ? r->units - offset : 0;
		if (EW_UNLIKELY(!has_room(r, tail, pad + units))) {
			/* Only of a tail that is still the tail does this say anything. */
			again = ewi_word_acquire(&r->tail);
			if (again == tail)
				return refuse(r, tail, count);
			tail = again;
			continue;
		}
		next = ((tail >> seq_at) + count) << seq_at | further(r, tail, pad + units);
		if (ewi_word_cas(&r->tail, &tail, next))
			break;
	}
	if (pad != 0)
		ew_ring_publish(frame_at(r, offset), pad << EWI_MRING_UNIT_BITS(r) | EW_RING_PAD);
	*at = pad ? 0 : offset;
	*seq = tail >> seq_at;
	return EW_OK;
}

/*
 * Take `units` for `count` events: *at is where they begin, *seq the low bits of the first one's number.
 * What does not fit before the end of the room begins at 0, behind padding.  The less is done between looking at the
 * tail and swapping it, the less often somebody else was faster.
 */
EW_RING_HOT enum ew_status take(struct ew_mring *r, uint32_t units, uint32_t count, uint32_t *at, EWI_WORD *seq)
{
	uint32_t seq_at = EWI_MRING_OFFSET_BITS(r) + 1;
	EWI_WORD tail;

	if (r->slip) /* to swap it: to fetch it for reading first would be another way */
		EW_RING_WANT(&r->tail);
	tail = ewi_word_acquire(&r->tail);
	if (!EW_CONFIG_SMALL && EW_LIKELY(has_room_ahead(r, tail, units)) &&
	    EW_LIKELY(ewi_word_cas(&r->tail, &tail, tail + ((EWI_WORD)count << seq_at | units)))) {
		*at = offset_of(r, tail);
		*seq = tail >> seq_at;
		return EW_OK;
	}
	return take_slowly(r, tail, units, count, at, seq);
}

/*
 * Ask for the lines of a claim, and for those of the event after the next, as if all were as long: whoever swaps next waits
 * until the stores of its last claim have left the core.
 */
EW_RING_HOT void want(const struct ew_event *e, uint32_t bytes, uint32_t count)
{
	const unsigned char *at = (const unsigned char *)e, *end = at + (size_t)bytes * count;
	const unsigned char *most = end - at < WANT_BYTES ? end : at + WANT_BYTES;

	for (at += 64; at < most; at += 64)
		EW_RING_WANT(at);
	EW_RING_WANT(end + bytes);
	if (bytes > 64)
		EW_RING_WANT(end + bytes + 64);
}

/*
 * Take a place for `count` events of `bytes` each, and say how long it is: from then on its other words may be
 * written.
 */
EW_RING_HOT enum ew_status begin(struct ew_mring *r, uint32_t count, uint32_t bytes, struct ew_event **out,
				 EWI_WORD *seq)
{
	uint32_t at = 0;
	enum ew_status st = take(r, (bytes >> EWI_MRING_UNIT_BITS(r)) * count, count, &at, seq);

	if (EW_UNLIKELY(st != EW_OK))
		return st;
	*out = (struct ew_event *)(void *)frame_at(r, at);
	if (r->slip)
		want(*out, bytes, count);
	ew_ring_set(&(*out)->frame, bytes * count | EWI_RING_BUSY);
	/* For the compiler: should this process die, nothing else was written before that. */
	atomic_signal_fence(memory_order_seq_cst);
	return EW_OK;
}

/* Always inlined, so that there is one for a single event. */
EW_RING_HOT enum ew_status claim(struct ew_mring *r, uint32_t count, size_t topic_bytes, size_t data_bytes,
				 struct ew_event **out)
{
	size_t bytes = ew_ring_sum(r->align, topic_bytes, data_bytes);
	struct ew_event *e = NULL;
	enum ew_status st;
	EWI_WORD seq = 0;

	if (EW_UNLIKELY(!ew_ring_takes(r->max_payload, topic_bytes, data_bytes) ||
			(uint64_t)bytes * count > max_record(r))) {
		ewi_count_shared(&r->too_big, count);
		st = EW_ERR_TOOBIG;
	} else {
		st = begin(r, count, (uint32_t)bytes, &e, &seq);
	}
	if (EW_UNLIKELY(st != EW_OK)) {
		for (uint32_t i = 0; i < count; i++)
			out[i] = NULL;
		return st;
	}
	for (uint32_t i = 0; i < count; i++) {
		out[i] = (struct ew_event *)(void *)((unsigned char *)e + i * bytes);
		if (i != 0) /* hidden behind the first */
			ew_ring_set(&out[i]->frame, (uint32_t)bytes);
		ew_ring_head(out[i], (uint64_t)seq + i, topic_bytes, data_bytes);
	}
	return EW_OK;
}

enum ew_status ew_mring_claim_batch(struct ew_mring *r, uint32_t count, size_t topic_bytes,
				    size_t data_bytes, struct ew_event **out)
{
	return count == 0 ? EW_ERR_INVAL : claim(r, count, topic_bytes, data_bytes, out);
}

enum ew_status ew_mring_claim(struct ew_mring *r, size_t topic_bytes, size_t data_bytes,
			      struct ew_event **out)
{
	return claim(r, 1, topic_bytes, data_bytes, out);
}

/* A batch's first frame becomes its own length, and the others appear behind it. */
void ew_mring_commit_batch(struct ew_mring *r, struct ew_event *first, uint32_t count)
{
	uint32_t bytes = ew_ring_get(&first->frame) & EW_RING_OFFSET;

	ew_ring_publish(&first->frame, count == 1 ? bytes : bytes / count);
	(void)r;
}

void ew_mring_commit(struct ew_mring *r, struct ew_event *e)
{
	(void)r;
	ew_ring_publish(&e->frame, ew_ring_get(&e->frame) & EW_RING_OFFSET);
}

void ew_mring_abort_batch(struct ew_mring *r, struct ew_event *first, uint32_t count)
{
	ewi_count_shared(&r->aborted, count);
	ew_ring_publish(&first->frame, (ew_ring_get(&first->frame) & EW_RING_OFFSET) | EW_RING_SKIP);
}

void ew_mring_abort(struct ew_mring *r, struct ew_event *e)
{
	ew_mring_abort_batch(r, e, 1);
}

enum ew_status ew_mring_push(struct ew_mring *r, const struct ew_event *e, const void *topic,
			     const void *data)
{
	uint32_t topic_bytes = e->topic_bytes, data_bytes = e->data_bytes, bytes;
	struct ew_event *to;
	enum ew_status st;
	EWI_WORD seq = 0;

	if (EW_UNLIKELY(!ew_ring_takes(r->max_payload, topic_bytes, data_bytes))) {
		ewi_count_shared(&r->too_big, 1);
		return EW_ERR_TOOBIG;
	}
	bytes = (uint32_t)ew_ring_sum(r->align, topic_bytes, data_bytes);
	st = begin(r, 1, bytes, &to, &seq);
	if (EW_UNLIKELY(st != EW_OK))
		return st == EW_ERR_FULL && r->policy == EW_RING_DROP_NEWEST ? EW_OK : st;
	to->seq = seq;
	ew_ring_copy_header(to, e);
	if (topic_bytes != 0)
		ew_ring_copy(ew_event_topic(to), topic, topic_bytes);
	if (data_bytes != 0)
		ew_ring_copy((unsigned char *)(to + 1) + topic_bytes, data, data_bytes);
	ew_ring_publish(&to->frame, bytes);
	return EW_OK;
}

/* ---- the consumer ---- */

/*
 * Over what is not an event, from *place on: its frame there, or 0.  EW_ERR_MALFORMED: what is there was written by
 * no producer.
 */
static EW_NOINLINE enum ew_status skip(const struct ew_mring *r, uint32_t *place, uint32_t *event)
{
	uint32_t left = r->units, frame, units;

	for (*event = 0; place_ok(r, *place); *place = further(r, *place, units)) {
		frame = ew_ring_acquire(frame_at(r, offset_of(r, *place)));
		if (frame == 0 || frame & EWI_RING_BUSY)
			return EW_OK;
		units = units_of(r, offset_of(r, *place), frame);
		if (units == 0 || units > left)
			break;
		left -= units;
		if ((frame & ~EW_RING_OFFSET) == 0) {
			*event = frame;
			return EW_OK;
		}
	}
	return EW_ERR_MALFORMED;
}

/*
 * Ask for the rest of an event, and for the next, as if it were as long: zeros will be written there in the end, so better
 * at once for that than first for reading.
 */
EW_RING_HOT void want_next(const struct ew_event *e, uint32_t bytes)
{
	const unsigned char *at = (const unsigned char *)e;

	EW_RING_WANT(at + bytes);
	if (bytes > 64) {
		EW_RING_WANT(at + 64);
		EW_RING_WANT(at + bytes + 64);
	}
}

/*
 * The event at *place, with *place moved past it and *seq its number and one more.  EW_ERR_EMPTY: none yet; *place is past
 * what is to be skipped.  EW_ERR_MALFORMED: what is there was written by no producer.
 */
EW_RING_HOT enum ew_status next_event(const struct ew_mring *r, uint32_t *place, uint64_t *seq, struct ew_event **out)
{
	uint32_t at = *place, frame;
	struct ew_event *e;
	uint64_t whole;

	if (EW_UNLIKELY(!place_ok(r, at)))
		return EW_ERR_MALFORMED;
	frame = ew_ring_acquire(frame_at(r, offset_of(r, at)));
	if (EW_UNLIKELY(frame == 0))
		return EW_ERR_EMPTY;
	if (EW_UNLIKELY((frame & (r->align - 1)) != 0)) { /* flags, or nonsense */
		enum ew_status st = skip(r, &at, &frame);

		if (st != EW_OK)
			return st;
		*place = at;
		if (frame == 0)
			return EW_ERR_EMPTY;
	}
	e = (struct ew_event *)(void *)frame_at(r, offset_of(r, at));
	if (r->slip)
		want_next(e, frame);
	if (EW_UNLIKELY(frame >> EWI_MRING_UNIT_BITS(r) > r->units - offset_of(r, at) || !holds(e, frame)))
		return EW_ERR_MALFORMED;
	whole = whole_seq(r, *seq, e->seq);
	if (whole != e->seq)
		e->seq = whole;
	*seq = whole + 1;
	*place = further(r, at, frame >> EWI_MRING_UNIT_BITS(r));
	*out = e;
	return EW_OK;
}

/*
 * Give the room from head to release_to back, zeros first.  Begun again at any point it comes to the same, for a
 * consumer that takes over from one that died here.  Where that one had told producers, the room may be full of their
 * records by now and is left alone.  head_told lags by less than 9/8 of the room here, so it is release_to only
 * when it was told.  It cannot be told behind head instead: by then the tail could be more than twice the room ahead of it.
 */
EW_RING_HOT void let_go(struct ew_mring *r, uint32_t from, uint32_t to, uint64_t seq, size_t released)
{
	uint32_t told = ew_ring_get(&r->head_told), begin_at = offset_of(r, from), end_at = offset_of(r, to);

	if (EW_LIKELY(told != to)) {
		if (EW_LIKELY(begin_at < end_at)) {
			zero(r, begin_at, end_at);
		} else if (from != to) {
			zero(r, begin_at, r->units);
			zero(r, 0, end_at);
		}
	}
	r->next_seq = seq;
	ew_ring_count(&r->taken, (size_t)(seq - r->first_seq) - r->taken);
	ew_ring_count(&r->released, released - r->released);
	if (distance(r, told, to) >= r->units / 8)
		ew_ring_publish(&r->head_told, to);
	ew_ring_publish(&r->head, to);
}

EW_RING_HOT void release_to(struct ew_mring *r, uint32_t from, uint32_t place, uint64_t seq, uint32_t count)
{
	size_t released = r->released + count;

	r->read_count = 0;
	r->done_seq = seq;
	r->done_released = released;
	ew_ring_publish(&r->release_to, place);
	/* For the compiler: a successor that finds anything of let_go() done finds this too. */
	atomic_signal_fence(memory_order_seq_cst);
	let_go(r, from, place, seq, released);
}

/* *n events, at most max; and why there are no more. */
EW_RING_HOT enum ew_status read_events(struct ew_mring *r, const struct ew_event **out, uint32_t max, uint32_t *n)
{
	uint32_t at = r->head, from = at, count = 0;
	enum ew_status st = EW_OK;
	uint64_t seq = r->next_seq;
	struct ew_event *e;

	do
		while (count < max && (st = next_event(r, &at, &seq, &e)) == EW_OK)
			out[count++] = e;
	while (st == EW_ERR_EMPTY && count == 0 && r->slip != 0 && ewi_slip(&r->slipping, r->slip, r->released));
	if (EW_UNLIKELY(count == 0 && at != from)) /* aborted claims and nothing else */
		release_to(r, from, at, seq, 0);
	r->read_end = at;
	r->read_seq = seq;
	r->read_count = count;
	*n = count;
	return st;
}

uint32_t ew_mring_read(struct ew_mring *r, const struct ew_event **out, uint32_t max)
{
	uint32_t n;

	(void)read_events(r, out, max, &n);
	return n;
}

enum ew_status ew_mring_peek(struct ew_mring *r, const struct ew_event **out)
{
	uint32_t n;

	*out = NULL;
	return read_events(r, out, 1, &n);
}

/* Not the batch as it was read: event by event. */
static EW_NOINLINE uint32_t release_slowly(struct ew_mring *r, uint32_t count)
{
	uint32_t from = r->head, at = from, done = 0;
	uint64_t seq = r->next_seq;
	struct ew_event *e;

	while (done < count && next_event(r, &at, &seq, &e) == EW_OK)
		done++;
	if (done != 0)
		release_to(r, from, at, seq, done);
	return done;
}

uint32_t ew_mring_release(struct ew_mring *r, uint32_t count)
{
	uint32_t from = r->head;

	if (EW_UNLIKELY(count != r->read_count || !place_ok(r, from)))
		return release_slowly(r, count);
	if (EW_LIKELY(count != 0))
		release_to(r, from, r->read_end, r->read_seq, count);
	return count;
}

enum ew_status ew_mring_pop(struct ew_mring *r, struct ew_event *e, void *payload, size_t cap)
{
	const struct ew_event *from;
	enum ew_status st = ew_mring_peek(r, &from);
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
	(void)ew_mring_release(r, 1);
	return EW_OK;
}

uint32_t ew_mring_forward(struct ew_mring *from, struct ew_ring *to, uint32_t max, enum ew_status *why)
{
	enum ew_status st = EW_OK;
	const struct ew_event *e;
	uint32_t moved = 0;

	while (moved < max && (st = ew_mring_peek(from, &e)) == EW_OK) {
		st = ew_ring_push(to, e, ew_event_topic(e), ew_event_data(e));
		if (st != EW_OK)
			break;
		moved += ew_mring_release(from, 1);
	}
	if (why)
		*why = st;
	return moved;
}

/* ---- after somebody died ---- */

void ew_mring_recover_consumer(struct ew_mring *r)
{
	r->read_count = 0;
	if (!place_ok(r, r->head) || !place_ok(r, r->release_to) || distance(r, r->head, r->release_to) > r->units)
		r->release_to = r->head; /* damaged; what is at head is told by the next ew_mring_peek() */
	if (r->release_to != r->head)
		let_go(r, r->head, r->release_to, r->done_seq, r->done_released);
}

/*
 * A claim whose frame is still 0 has written nothing: its other units are 0 too, and the first that is not begins the
 * next record.  If that comes only behind the end of the room, what lies before the end was meant as padding.
 */
static uint32_t empty_units(const struct ew_mring *r, uint32_t at, uint32_t most)
{
	uint32_t units = 0;

	while (units < most && ew_ring_acquire(frame_at(r, at + units)) == 0)
		units += r->align >> EWI_MRING_UNIT_BITS(r);
	return units;
}

/* A frame that leads out of the room, or behind the tail, was damaged: what follows it, up to there, is given up. */
uint32_t ew_mring_recover_producers(struct ew_mring *r)
{
	EWI_WORD tail = ewi_word_acquire(&r->tail);
	uint32_t lost = 0, at = offset_of(r, r->head), left = distance(r, r->head, tail);

	if (!place_ok(r, r->head) || !place_ok(r, tail) || left > r->units)
		return 0; /* damaged; ew_mring_peek() tells it of the head, ew_mring_claim() of the tail */
	while (left > 0) {
		uint32_t most = left < r->units - at ? left : r->units - at;
		uint32_t frame = ew_ring_acquire(frame_at(r, at)), units = units_of(r, at, frame);
		bool dead = frame == 0 || frame & EWI_RING_BUSY || units == 0 || units > most;

		dead = dead || ((frame & ~EW_RING_OFFSET) == 0 && !holds((struct ew_event *)(void *)frame_at(r, at), frame));

		if (frame == 0)
			units = empty_units(r, at, most);
		else if (units == 0 || units > most)
			units = most;
		if (dead)
			ew_ring_publish(frame_at(r, at), units << EWI_MRING_UNIT_BITS(r) | EW_RING_SKIP);
		lost += dead;
		at = at + units == r->units ? 0 : at + units;
		left -= units;
	}
	ew_ring_count(&r->abandoned, lost);
	return lost;
}

#endif
