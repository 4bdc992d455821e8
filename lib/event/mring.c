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

/* ---- places: an offset in grains, and above it the lap's lowest bit ---- */

static uint32_t *frame_at(const struct ew_mring *r, uint32_t grain)
{
	unsigned char *room = (unsigned char *)(uintptr_t)r + EWI_MRING_CONTROL_BYTES;

	return (uint32_t *)(void *)(room + ((size_t)grain << r->align_bits));
}

static uint32_t offset_of(const struct ew_mring *r, EWI_WORD place)
{
	return (uint32_t)(place & (((EWI_WORD)1 << r->offset_bits) - 1));
}

static uint32_t lap_of(const struct ew_mring *r, EWI_WORD place)
{
	return (uint32_t)(place >> r->offset_bits & 1);
}

/* The place so many grains further. */
static uint32_t further(const struct ew_mring *r, EWI_WORD place, uint32_t grains)
{
	uint32_t offset = offset_of(r, place) + grains, lap = lap_of(r, place);

	if (offset >= r->grains) {
		offset -= r->grains;
		lap ^= 1;
	}
	return offset | lap << r->offset_bits;
}

/* Grains from one place to a later one, modulo twice the room. */
static uint32_t distance(const struct ew_mring *r, uint32_t from, EWI_WORD to)
{
	uint32_t grains = offset_of(r, to) - offset_of(r, from);

	if (lap_of(r, to) != lap_of(r, from))
		grains += r->grains;
	return (int32_t)grains < 0 ? grains + 2 * r->grains : grains;
}

/* Does a place lead into the room?  Words of damaged memory may hold any. */
static bool place_ok(const struct ew_mring *r, EWI_WORD place)
{
	return offset_of(r, place) < r->grains;
}

/* How far a frame at this offset leads; 0: out of the room, or nowhere, as no producer's does. */
static uint32_t grains_of(const struct ew_mring *r, uint32_t offset, uint32_t frame)
{
	uint32_t bytes = frame & EW_RING_OFFSET, grains = bytes >> r->align_bits;

	return grains << r->align_bits == bytes && grains <= r->grains - offset ? grains : 0;
}

/* Does a committed record hold what it says to have? */
static bool holds(const struct ew_event *e, uint32_t frame)
{
	return sizeof(*e) + (uint64_t)e->topic_bytes + e->data_bytes <= frame;
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

static uint32_t bits_of(uint32_t n)
{
	uint32_t bits = 0;

	while (n >> bits != 0)
		bits++;
	return bits;
}

/* At any offset, padding and the record are at most twice the record less one grain. */
static uint32_t max_payload(const struct ew_mring *r)
{
	return (r->grains / 2 << r->align_bits) - (uint32_t)sizeof(struct ew_event);
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
	r->grains = (uint32_t)(room >> r->align_bits);
	r->offset_bits = bits_of(r->grains);
	if (r->offset_bits + 1 + LEAST_SEQ_BITS > EWI_WORD_BITS)
		return EW_ERR_LIMIT;
	r->max_payload = max_payload(r);
	r->policy = c.policy;
	r->slip = EW_CONFIG_SMALL ? 0 : c.slip;
	r->first_seq = r->next_seq = c.first_seq ? c.first_seq : 1;
	r->tail = (EWI_WORD)r->first_seq << (r->offset_bits + 1);
	for (uint32_t i = 0; i < r->grains; i++)
		ew_ring_set(frame_at(r, i), 0);
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
	    r->grains < EW_RING_MIN_BYTES >> r->align_bits ||
	    r->grains > (memory_bytes - EWI_MRING_CONTROL_BYTES) >> r->align_bits ||
	    r->offset_bits != bits_of(r->grains) || r->offset_bits + 1 + LEAST_SEQ_BITS > EWI_WORD_BITS ||
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
	out->used_bytes = (size_t)distance(r, ew_ring_acquire(&r->head), tail) << r->align_bits;
}

/* ---- producers ---- */

/*
 * Are there so many free grains behind the tail, and one more?  Were the room filled to the last, the consumer
 * would read on into what it has not released.  The exact head is looked at last.
 */
static bool has_room(const struct ew_mring *r, EWI_WORD tail, uint32_t grains)
{
	uint32_t used = distance(r, ew_ring_acquire(&r->head_told), tail);

	if (EW_LIKELY(used <= r->grains && grains < r->grains - used))
		return true;
	used = distance(r, ew_ring_acquire(&r->head), tail);
	return used <= r->grains && grains < r->grains - used;
}

static EW_COLD enum ew_status refuse(struct ew_mring *r, EWI_WORD tail, uint32_t count)
{
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
static bool has_room_ahead(const struct ew_mring *r, EWI_WORD tail, uint32_t grains)
{
	uint32_t told = ew_ring_acquire(&r->head_told), offset = offset_of(r, tail), head = offset_of(r, told);
	uint32_t limit = lap_of(r, told) != lap_of(r, tail) ? head : head <= offset ? r->grains : 0;

	return offset + grains < limit && limit <= r->grains;
}

/*
 * Take `grains` for `count` events: *at is where they begin, *seq the low bits of the first one's number.
 * What does not fit before the end of the room begins at 0, behind padding.  The less is done between looking at the
 * tail and swapping it, the less often somebody else was faster.
 */
static enum ew_status take(struct ew_mring *r, uint32_t grains, uint32_t count, uint32_t *at,
			   EWI_WORD *seq)
{
	EWI_WORD tail = ewi_word_acquire(&r->tail), again, next, step;
	uint32_t seq_at = r->offset_bits + 1, offset, pad;

	step = (EWI_WORD)count << seq_at | grains;
	for (;;) {
		pad = 0;
		next = tail + step;
		if (EW_LIKELY(!EW_CONFIG_SMALL && has_room_ahead(r, tail, grains))) {
			if (EW_LIKELY(ewi_word_cas(&r->tail, &tail, next)))
				break;
			continue;
		}
		if (!place_ok(r, tail))
			return EW_ERR_MALFORMED;
		offset = offset_of(r, tail);
		pad = grains > r->grains - offset ? r->grains - offset : 0;
		if (EW_UNLIKELY(!has_room(r, tail, pad + grains))) {
			/* Only of a tail that is still the tail does this say anything. */
			again = ewi_word_acquire(&r->tail);
			if (again == tail)
				return refuse(r, tail, count);
			tail = again;
			continue;
		}
		next = ((tail >> seq_at) + count) << seq_at | further(r, tail, pad + grains);
		if (ewi_word_cas(&r->tail, &tail, next))
			break;
	}
	offset = offset_of(r, tail);
	if (pad != 0)
		ew_ring_publish(frame_at(r, offset), pad << r->align_bits | EW_RING_PAD);
	*at = pad ? 0 : offset;
	*seq = tail >> seq_at;
	return EW_OK;
}

/* Always inlined, so that there is one for a single event. */
EW_RING_HOT enum ew_status claim(struct ew_mring *r, uint32_t count, size_t topic_bytes, size_t data_bytes,
				 struct ew_event **out)
{
	size_t bytes = ew_ring_sum(1u << r->align_bits, topic_bytes, data_bytes);
	enum ew_status st;
	EWI_WORD seq = 0;
	uint32_t at = 0;

	if (EW_UNLIKELY(!ew_ring_takes(r->max_payload, topic_bytes, data_bytes) ||
			(uint64_t)bytes * count > max_record(r))) {
		ewi_count_shared(&r->too_big, count);
		st = EW_ERR_TOOBIG;
	} else {
		st = take(r, (uint32_t)(bytes >> r->align_bits) * count, count, &at, &seq);
	}
	if (EW_UNLIKELY(st != EW_OK)) {
		for (uint32_t i = 0; i < count; i++)
			out[i] = NULL;
		return st;
	}
	if (r->slip)
		EW_RING_WANT((unsigned char *)frame_at(r, at) + 64);
	ew_ring_set(frame_at(r, at), (uint32_t)bytes * count | EWI_RING_BUSY);
	/* For the compiler: should this process die, nothing else was written before that. */
	atomic_signal_fence(memory_order_seq_cst);
	for (uint32_t i = 0; i < count; i++) {
		out[i] = (struct ew_event *)(void *)frame_at(r, at + i * (uint32_t)(bytes >> r->align_bits));
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
	struct ew_event *to;
	enum ew_status st = claim(r, 1, e->topic_bytes, e->data_bytes, &to);

	if (EW_UNLIKELY(st != EW_OK))
		return st == EW_ERR_FULL && r->policy == EW_RING_DROP_NEWEST ? EW_OK : st;
	ew_ring_copy_header(to, e);
	if (e->topic_bytes != 0)
		ew_ring_copy(ew_event_topic(to), topic, e->topic_bytes);
	if (e->data_bytes != 0)
		ew_ring_copy(ew_event_data(to), data, e->data_bytes);
	ew_mring_commit(r, to);
	return EW_OK;
}

/* ---- the consumer ---- */

/*
 * The event at *place, with *place moved past it and *seq its number and one more.  EW_ERR_EMPTY: none yet; *place is past
 * what is to be skipped.  EW_ERR_MALFORMED: what is there was written by no producer.
 */
EW_RING_HOT enum ew_status next_event(const struct ew_mring *r, uint32_t *place, uint64_t *seq, struct ew_event **out)
{
	uint32_t at = *place, left = r->grains, frame, grains;
	struct ew_event *e;

	for (;;) {
		if (EW_UNLIKELY(!place_ok(r, at)))
			return EW_ERR_MALFORMED;
		e = (struct ew_event *)(void *)frame_at(r, offset_of(r, at));
		frame = ew_ring_acquire(&e->frame);
		if (frame == 0 || frame & EWI_RING_BUSY) {
			*place = at;
			return EW_ERR_EMPTY;
		}
		grains = grains_of(r, offset_of(r, at), frame);
		if (r->slip) /* to write zeros there in the end: better at once than first to read */
			EW_RING_WANT((unsigned char *)e + 64);
		if (EW_UNLIKELY(grains == 0 || grains > left))
			return EW_ERR_MALFORMED;
		at = further(r, at, grains);
		if (EW_LIKELY((frame & (EW_RING_PAD | EW_RING_SKIP)) == 0))
			break;
		left -= grains;
	}
	if (EW_UNLIKELY(!holds(e, frame)))
		return EW_ERR_MALFORMED;
	e->seq = whole_seq(r, *seq, e->seq);
	*seq = e->seq + 1;
	*place = at;
	*out = e;
	return EW_OK;
}

/*
 * Give the room from head to release_to back, zeros first.  Begun again at any point it comes to the same, for a
 * consumer that takes over from one that died here.  Where that one had told producers, the room may be full of their
 * records by now and is left alone.  head_told lags by less than 9/8 of the room here, so it is release_to only
 * when it was told.  It cannot be told behind head instead: by then the tail could be more than twice the room ahead of it.
 */
static void let_go(struct ew_mring *r)
{
	uint32_t from = r->head, to = r->release_to, at = offset_of(r, from);
	uint32_t grains = r->head_told == to ? 0 : distance(r, from, to);

	for (uint32_t i = 0; i < grains; i++) {
		ew_ring_set(frame_at(r, at), 0);
		at = at + 1 == r->grains ? 0 : at + 1;
	}
	r->next_seq = r->done_seq;
	ew_ring_count(&r->taken, (size_t)(r->next_seq - r->first_seq) - r->taken);
	ew_ring_count(&r->released, r->done_released - r->released);
	if (distance(r, r->head_told, to) >= r->grains / 8)
		ew_ring_publish(&r->head_told, to);
	ew_ring_publish(&r->head, to);
}

static void release_to(struct ew_mring *r, uint32_t place, uint64_t seq, uint32_t count)
{
	r->read_count = 0;
	r->done_seq = seq;
	r->done_released = r->released + count;
	ew_ring_publish(&r->release_to, place);
	/* For the compiler: a successor that finds anything of let_go() done finds this too. */
	atomic_signal_fence(memory_order_seq_cst);
	let_go(r);
}

/* *n events, at most max; and why there are no more. */
EW_RING_HOT enum ew_status read_events(struct ew_mring *r, const struct ew_event **out, uint32_t max, uint32_t *n)
{
	uint32_t at = r->head, count = 0;
	enum ew_status st = EW_OK;
	uint64_t seq = r->next_seq;
	struct ew_event *e;

	r->read_from = at;
	do
		while (count < max && (st = next_event(r, &at, &seq, &e)) == EW_OK)
			out[count++] = e;
	while (st == EW_ERR_EMPTY && count == 0 && r->slip != 0 && ewi_slip(&r->slipping, r->slip, r->released));
	if (count == 0 && at != r->head) /* aborted claims and nothing else */
		release_to(r, at, seq, 0);
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

uint32_t ew_mring_release(struct ew_mring *r, uint32_t count)
{
	uint32_t at = r->head, done = 0;
	uint64_t seq = r->next_seq;
	struct ew_event *e;

	if (count == r->read_count && at == r->read_from) { /* the batch as it was read */
		at = r->read_end;
		seq = r->read_seq;
		done = count;
	}
	while (done < count && next_event(r, &at, &seq, &e) == EW_OK)
		done++;
	if (done != 0)
		release_to(r, at, seq, done);
	return done;
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
	if (!place_ok(r, r->head) || !place_ok(r, r->release_to) || distance(r, r->head, r->release_to) > r->grains)
		r->release_to = r->head; /* damaged; what is at head is told by the next ew_mring_peek() */
	if (r->release_to != r->head)
		let_go(r);
}

/*
 * A claim whose frame is still 0 has written nothing: its other grains are 0 too, and the first that is not begins the
 * next record.  If that comes only behind the end of the room, what lies before the end was meant as padding.
 */
static uint32_t empty_grains(const struct ew_mring *r, uint32_t at, uint32_t most)
{
	uint32_t grains = 0;

	while (grains < most && ew_ring_acquire(frame_at(r, at + grains)) == 0)
		grains++;
	return grains;
}

/* A frame that leads out of the room, or behind the tail, was damaged: what follows it, up to there, is given up. */
uint32_t ew_mring_recover_producers(struct ew_mring *r)
{
	EWI_WORD tail = ewi_word_acquire(&r->tail);
	uint32_t lost = 0, at = offset_of(r, r->head), left = distance(r, r->head, tail);

	if (!place_ok(r, r->head) || !place_ok(r, tail) || left > r->grains)
		return 0; /* damaged; ew_mring_peek() tells it of the head, ew_mring_claim() of the tail */
	while (left > 0) {
		uint32_t most = left < r->grains - at ? left : r->grains - at;
		uint32_t frame = ew_ring_acquire(frame_at(r, at)), grains = grains_of(r, at, frame);
		bool dead = frame == 0 || frame & EWI_RING_BUSY || grains == 0 || grains > most;

		dead = dead || ((frame & ~EW_RING_OFFSET) == 0 && !holds((struct ew_event *)(void *)frame_at(r, at), frame));

		if (frame == 0)
			grains = empty_grains(r, at, most);
		else if (grains == 0 || grains > most)
			grains = most;
		if (dead)
			ew_ring_publish(frame_at(r, at), grains << r->align_bits | EW_RING_SKIP);
		lost += dead;
		at = at + grains == r->grains ? 0 : at + grains;
		left -= grains;
	}
	ew_ring_count(&r->abandoned, lost);
	return lost;
}

#endif
