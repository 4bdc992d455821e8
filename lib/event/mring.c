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

_Static_assert(EWI_MRING_CONTROL_BYTES % EW_RING_ALIGN == 0, "the room after it is aligned");

/* "EWM1", and the width of the control block. */
#define MAGIC (0x314d5745u ^ (uint32_t)sizeof(struct ew_mring) << 24)
#define DEFAULT_ALIGN (EW_CONFIG_SMALL ? 8u : 64u)
/* Bits of the sequence number that the tail keeps at least, beside offset and lap. */
#define LEAST_SEQ_BITS 16u

/* ---- places: an offset in grains, and above it the lap's lowest bit ---- */

static uint32_t *frame_at(const struct ew_mring *r, uint32_t grain)
{
	unsigned char *room = (unsigned char *)(uintptr_t)r + EWI_MRING_CONTROL_BYTES;

	return (uint32_t *)(void *)(room + (size_t)grain * r->align);
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

static uint32_t grains_of(const struct ew_mring *r, uint32_t frame)
{
	return (frame & EW_RING_OFFSET) / r->align;
}

/* ---- creation ---- */

size_t ew_mring_size(size_t ring_bytes)
{
	if (ring_bytes < EW_RING_MIN_BYTES || ring_bytes > EW_RING_MAX_BYTES ||
	    ring_bytes % EW_RING_ALIGN != 0)
		return 0;
	return EWI_MRING_CONTROL_BYTES + ring_bytes;
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
	room = memory_bytes - EWI_MRING_CONTROL_BYTES;
	if (room > EW_RING_MAX_BYTES)
		room = EW_RING_MAX_BYTES;
	memset(r, 0, sizeof(*r));
	r->align = c.record_align;
	r->grains = (uint32_t)(room / r->align);
	while (r->grains >> r->offset_bits != 0)
		r->offset_bits++;
	if (r->offset_bits + 1 + LEAST_SEQ_BITS > EWI_WORD_BITS)
		return EW_ERR_LIMIT;
	/* At any offset, padding and the record are at most twice the record less one grain. */
	r->max_record = r->grains / 2 * r->align;
	r->policy = c.policy;
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
	if (ew_ring_acquire(&r->magic) != MAGIC || r->align < EW_RING_ALIGN ||
	    r->grains > (memory_bytes - EWI_MRING_CONTROL_BYTES) / r->align)
		return EW_ERR_MALFORMED;
	*out = r;
	return EW_OK;
}

size_t ew_mring_max_record(const struct ew_mring *r)
{
	return r->max_record;
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
	out->used_bytes = (size_t)distance(r, ew_ring_acquire(&r->head), tail) * r->align;
}

/* ---- producers ---- */

static size_t record_bytes(const struct ew_mring *r, size_t topic_bytes, size_t data_bytes)
{
	return ew_ring_sum(r->align, topic_bytes, data_bytes);
}

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
 * Take `grains` for `count` events: *at is where they begin, *seq the low bits of the first one's number.
 * What does not fit before the end of the room begins at 0, behind padding.
 */
static enum ew_status take(struct ew_mring *r, uint32_t grains, uint32_t count, uint32_t *at,
			   EWI_WORD *seq)
{
	EWI_WORD tail = ewi_word_acquire(&r->tail), again, next;
	uint32_t seq_at = r->offset_bits + 1, offset, pad;

	for (;;) {
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
	if (pad != 0)
		ew_ring_publish(frame_at(r, offset), pad * r->align | EW_RING_PAD);
	*at = pad ? 0 : offset;
	*seq = tail >> seq_at;
	return EW_OK;
}

enum ew_status ew_mring_claim_batch(struct ew_mring *r, uint32_t count, size_t topic_bytes,
				    size_t data_bytes, struct ew_event **out)
{
	size_t bytes = record_bytes(r, topic_bytes, data_bytes);
	enum ew_status st;
	EWI_WORD seq = 0;
	uint32_t at = 0;

	if (count == 0)
		return EW_ERR_INVAL;
	for (uint32_t i = 0; i < count; i++)
		out[i] = NULL;
	if (EW_UNLIKELY(topic_bytes > EW_TOPIC_MAX_BYTES || data_bytes > r->max_record ||
			bytes > r->max_record / count)) {
		ewi_count_shared(&r->too_big, count);
		return EW_ERR_TOOBIG;
	}
	st = take(r, (uint32_t)bytes / r->align * count, count, &at, &seq);
	if (EW_UNLIKELY(st != EW_OK))
		return st;
	ew_ring_set(frame_at(r, at), (uint32_t)bytes * count | EWI_RING_BUSY);
	/* For the compiler: should this process die, nothing else was written before that. */
	atomic_signal_fence(memory_order_seq_cst);
	for (uint32_t i = 0; i < count; i++) {
		out[i] = (struct ew_event *)(void *)frame_at(r, at + i * ((uint32_t)bytes / r->align));
		if (i != 0) /* hidden behind the first */
			ew_ring_set(&out[i]->frame, (uint32_t)bytes);
		ew_ring_head(out[i], (uint64_t)seq + i, topic_bytes, data_bytes);
	}
	return EW_OK;
}

enum ew_status ew_mring_claim(struct ew_mring *r, size_t topic_bytes, size_t data_bytes,
			      struct ew_event **out)
{
	return ew_mring_claim_batch(r, 1, topic_bytes, data_bytes, out);
}

/* A batch's first frame becomes its own length, and the others appear behind it. */
void ew_mring_commit_batch(struct ew_mring *r, struct ew_event *first, uint32_t count)
{
	(void)r;
	ew_ring_publish(&first->frame, (ew_ring_get(&first->frame) & EW_RING_OFFSET) / count);
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
	enum ew_status st = ew_mring_claim_batch(r, 1, e->topic_bytes, e->data_bytes, &to);

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

/* The event at *place, with *place moved past it and *seq its number and one more; NULL: none yet. */
static struct ew_event *next_event(const struct ew_mring *r, uint32_t *place, uint64_t *seq)
{
	uint32_t at = *place, frame;
	struct ew_event *e;

	for (;;) {
		uint32_t *word = frame_at(r, offset_of(r, at));

		frame = ew_ring_acquire(word);
		if (frame == 0 || frame & EWI_RING_BUSY) {
			*place = at; /* past what is to be skipped */
			return NULL;
		}
		at = further(r, at, grains_of(r, frame));
		if (EW_LIKELY((frame & (EW_RING_PAD | EW_RING_SKIP)) == 0)) {
			e = (struct ew_event *)(void *)word;
			break;
		}
	}
	e->seq = whole_seq(r, *seq, e->seq);
	*seq = e->seq + 1;
	*place = at;
	return e;
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

uint32_t ew_mring_read(struct ew_mring *r, const struct ew_event **out, uint32_t max)
{
	uint32_t at = r->head, n = 0;
	uint64_t seq = r->next_seq;

	r->read_from = at;
	while (n < max && (out[n] = next_event(r, &at, &seq)) != NULL)
		n++;
	if (n == 0 && at != r->head) /* aborted claims and nothing else */
		release_to(r, at, seq, 0);
	r->read_end = at;
	r->read_seq = seq;
	r->read_count = n;
	return n;
}

enum ew_status ew_mring_peek(struct ew_mring *r, const struct ew_event **out)
{
	return ew_mring_read(r, out, 1) ? EW_OK : EW_ERR_EMPTY;
}

uint32_t ew_mring_release(struct ew_mring *r, uint32_t count)
{
	uint32_t at = r->head, done = 0;
	uint64_t seq = r->next_seq;

	if (count == r->read_count && at == r->read_from) { /* the batch as it was read */
		at = r->read_end;
		seq = r->read_seq;
		done = count;
	}
	while (done < count && next_event(r, &at, &seq))
		done++;
	if (done != 0)
		release_to(r, at, seq, done);
	return done;
}

enum ew_status ew_mring_pop(struct ew_mring *r, struct ew_event *e, void *payload, size_t cap)
{
	const struct ew_event *from;
	size_t bytes;

	if (ew_mring_read(r, &from, 1) == 0)
		return EW_ERR_EMPTY;
	ew_ring_copy_header(e, from);
	e->seq = from->seq;
	bytes = (size_t)from->topic_bytes + from->data_bytes;
	if (bytes > cap)
		return EW_ERR_TOOBIG;
	if (bytes != 0)
		memcpy(payload, from + 1, bytes);
	(void)ew_mring_release(r, 1);
	return EW_OK;
}

/* ---- after somebody died ---- */

void ew_mring_recover_consumer(struct ew_mring *r)
{
	r->read_count = 0;
	if (r->release_to != r->head)
		let_go(r);
}

/*
 * A claim whose frame is still 0 has written nothing: its other grains are 0 too, and the first that is not begins the
 * next record.  If that comes only behind the end of the room, what lies before the end was meant as padding.
 */
uint32_t ew_mring_recover_producers(struct ew_mring *r)
{
	uint32_t lost = 0, left = distance(r, r->head, ewi_word_acquire(&r->tail));
	uint32_t at = offset_of(r, r->head);

	while (left > 0) {
		uint32_t *word = frame_at(r, at), frame = ew_ring_acquire(word), grains = 0;

		if (frame == 0) {
			while (grains < left && at + grains < r->grains &&
			       ew_ring_acquire(frame_at(r, at + grains)) == 0)
				grains++;
			frame = grains * r->align | EWI_RING_BUSY;
		}
		grains = grains_of(r, frame);
		if (frame & EWI_RING_BUSY) {
			ew_ring_publish(word, grains * r->align | EW_RING_SKIP);
			lost++;
		}
		at += grains;
		at = at == r->grains ? 0 : at;
		left -= grains;
	}
	ew_ring_count(&r->abandoned, lost);
	return lost;
}

#endif
