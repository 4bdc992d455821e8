/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ring.c - the single-producer, single-consumer ring of events.  ring.h explains the protocol.
 * Leaves waking a sleeping consumer to the host.
 */
#include "event/ring.h"

#if EW_CONFIG_EVENT
#include <string.h>
#include "base/bits.h"
#include "base/le.h"

_Static_assert(sizeof(struct ew_event) == 48, "the header is 48 bytes everywhere");
_Static_assert(EW_TOPIC_MAX_BYTES == (1u << 16) - 1 && EW_RING_MAX_BYTES / 2 == 1u << 30,
	       "record_bytes() shifts by these");
_Static_assert(sizeof(struct ew_ring) % EW_RING_ALIGN == 0, "the room after it is aligned");

/* "EWR1", and the width of size_t: two processes must agree on the layout of the control block. */
#define MAGIC (0x31525745u ^ (uint32_t)sizeof(size_t) << 24)

static unsigned char *room(const struct ew_ring *r)
{
	return (unsigned char *)(uintptr_t)(r + 1);
}

static struct ew_event *event_at(const struct ew_ring *r, uint32_t at)
{
	return (struct ew_event *)(void *)(room(r) + at);
}

/* Every frame is at a multiple of 8, and on all targets an atomic uint32_t is a plain one in memory. */
static _Atomic uint32_t *frame_at(const struct ew_ring *r, uint32_t at)
{
	return (_Atomic uint32_t *)(void *)(room(r) + at);
}

static uint32_t advance(const struct ew_ring *r, uint32_t at, uint32_t bytes)
{
	at += bytes;
	return at == r->size ? 0 : at;
}

/* One writer for each counter, so no read-modify-write is needed. */
static void count(atomic_size_t *counter, size_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

size_t ew_ring_size(size_t ring_bytes)
{
	if (ring_bytes < EW_RING_MIN_BYTES || ring_bytes > EW_RING_MAX_BYTES ||
	    ring_bytes % EW_RING_ALIGN != 0)
		return 0;
	return sizeof(struct ew_ring) + ring_bytes;
}

/* 0 for what no ring takes; never overflows, because both parts are checked first. */
EW_INLINE size_t record_bytes(size_t topic_bytes, size_t data_bytes)
{
	if ((topic_bytes >> 16 | data_bytes >> 30) != 0) /* one branch for both limits */
		return 0;
	return (sizeof(struct ew_event) + topic_bytes + data_bytes + EW_RING_ALIGN - 1) &
	       ~(size_t)(EW_RING_ALIGN - 1);
}

size_t ew_ring_record_bytes(size_t topic_bytes, size_t data_bytes)
{
	return record_bytes(topic_bytes, data_bytes);
}

/*
 * The offset that a record at `at` must end before, when the consumer's head is at `head`.  Behind the
 * head: the word after the record must still be free.  Otherwise the room's end, which the record may
 * touch when offset 0 (its following word) is free.
 */
static uint32_t limit_of(const struct ew_ring *r, uint32_t at, uint32_t head)
{
	if (at < head)
		return head;
	return r->size + (head != 0);
}

enum ew_status ew_ring_init(void *memory, size_t memory_bytes, const struct ew_ring_config *cfg,
			    struct ew_ring **out)
{
	struct ew_ring_config c = {0};
	struct ew_ring *r = memory;
	size_t size;

	*out = NULL;
	if (!memory || (uintptr_t)memory % EW_RING_ALIGN != 0 ||
	    memory_bytes < sizeof(*r) + EW_RING_MIN_BYTES)
		return EW_ERR_INVAL;
	if (cfg && cfg->struct_bytes < sizeof(size_t))
		return EW_ERR_INVAL;
	if (cfg) /* an older caller's struct is shorter: what it lacks is the default */
		memcpy(&c, cfg, cfg->struct_bytes < sizeof(c) ? cfg->struct_bytes : sizeof(c));
	if (c.policy != EW_RING_REJECT && c.policy != EW_RING_DROP_NEWEST)
		return EW_ERR_UNSUPPORTED;
	size = (memory_bytes - sizeof(*r)) & ~(size_t)(EW_RING_ALIGN - 1);
	if (size > EW_RING_MAX_BYTES)
		size = EW_RING_MAX_BYTES;
	memset(r, 0, sizeof(*r));
	r->size = (uint32_t)size;
	/*
	 * An empty ring at offset t takes a record of L when L <= size - t or L < t.  In units of 8
	 * that fails for some t as soon as 2L > size, so half the room always fits.
	 */
	r->max_record = r->size / 2 & EWI_FRAME_BYTES;
	r->policy = c.policy;
	r->next_seq = c.first_seq ? c.first_seq : 1;
	r->limit = limit_of(r, 0, 0);
	atomic_store_explicit(frame_at(r, 0), 0, memory_order_relaxed);
	r->magic = MAGIC;
	*out = r;
	return EW_OK;
}

enum ew_status ew_ring_attach(void *memory, size_t memory_bytes, struct ew_ring **out)
{
	struct ew_ring *r = memory;

	*out = NULL;
	if (!memory || (uintptr_t)memory % EW_RING_ALIGN != 0 || memory_bytes < sizeof(*r))
		return EW_ERR_INVAL;
	if (r->magic != MAGIC || r->size > memory_bytes - sizeof(*r) || ew_ring_size(r->size) == 0)
		return EW_ERR_MALFORMED;
	*out = r;
	return EW_OK;
}

size_t ew_ring_max_record(const struct ew_ring *r)
{
	return r->max_record;
}

void ew_ring_stat(const struct ew_ring *ring, struct ew_ring_stat *out)
{
	struct ew_ring *r = (struct ew_ring *)(uintptr_t)ring; /* C11's atomic_load takes no const */
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	out->pushed = atomic_load_explicit(&r->pushed, memory_order_relaxed);
	out->released = atomic_load_explicit(&r->released, memory_order_relaxed);
	out->rejected_full = atomic_load_explicit(&r->rejected_full, memory_order_relaxed);
	out->dropped_newest = atomic_load_explicit(&r->dropped_newest, memory_order_relaxed);
	out->too_big = atomic_load_explicit(&r->too_big, memory_order_relaxed);
	out->aborted = atomic_load_explicit(&r->aborted, memory_order_relaxed);
	out->used_bytes = tail >= head ? tail - head : r->size - head + tail;
}

/*
 * All but frame and seq, field by field: a wide load of what narrow stores have just written waits
 * for them to reach the cache, which costs as much as everything else here.
 */
EW_INLINE void copy_header(struct ew_event *to, const struct ew_event *from)
{
	to->flags = from->flags;
	to->time_ns = from->time_ns;
	memcpy(to->trace_id, from->trace_id, sizeof(to->trace_id));
	to->topic_bytes = from->topic_bytes;
	to->content_type = from->content_type;
	to->data_bytes = from->data_bytes;
}

/* ---- producer ---- */

EW_INLINE uint32_t tail_of(struct ew_ring *r)
{
	return atomic_load_explicit(&r->tail, memory_order_relaxed);
}

EW_INLINE void set_tail(struct ew_ring *r, uint32_t at)
{
	atomic_store_explicit(&r->tail, at, memory_order_relaxed);
}

/*
 * Let the consumer see everything up to `end`, the tail: the word there becomes the end that it will meet,
 * then the first frame that it waits for appears.
 */
EW_INLINE void publish(struct ew_ring *r, uint32_t first, uint32_t frame, uint32_t end, uint32_t n)
{
	atomic_store_explicit(frame_at(r, end), 0, memory_order_relaxed);
	atomic_store_explicit(frame_at(r, first), frame, memory_order_release);
	r->next_seq += n;
	count(&r->pushed, n);
}

static EW_COLD void no_room(struct ew_ring *r)
{
	if (r->policy == EW_RING_DROP_NEWEST) {
		r->next_seq++;
		count(&r->dropped_newest, 1);
	} else {
		count(&r->rejected_full, 1);
	}
}

#define NOWHERE UINT32_MAX

/*
 * The record does not fit before the limit known so far: look at the head again, then at the front of
 * the room.  Returns where it goes: the tail, or 0 after padding up to the end, or NOWHERE.
 */
static EW_NOINLINE uint32_t make_room(struct ew_ring *r, uint32_t bytes)
{
	uint32_t tail = tail_of(r), head = atomic_load_explicit(&r->head, memory_order_acquire);

	r->head_seen = head;
	r->limit = limit_of(r, tail, head);
	if (tail + bytes < r->limit)
		return tail;
	if (tail < head || bytes >= head) {
		no_room(r);
		return NOWHERE;
	}
	r->limit = head;
	return 0;
}

/* Move the tail behind a record of `bytes` at `at`; when that is the front, the limit becomes the head. */
EW_INLINE uint32_t end_record(struct ew_ring *r, uint32_t at, uint32_t bytes)
{
	uint32_t end = at + bytes;

	if (EW_UNLIKELY(end == r->size)) {
		end = 0;
		r->limit = limit_of(r, 0, r->head_seen);
	}
	set_tail(r, end);
	return end;
}

/* The record's size, or 0 after counting it as too big. */
EW_INLINE uint32_t checked_bytes(struct ew_ring *r, size_t topic_bytes, size_t data_bytes)
{
	size_t bytes = record_bytes(topic_bytes, data_bytes);

	if (EW_LIKELY(bytes != 0 && bytes <= r->max_record))
		return (uint32_t)bytes;
	count(&r->too_big, 1);
	return 0;
}

/* Store a frame of the open batch: the first waits for the commit, the others are hidden behind it. */
EW_INLINE void set_frame(struct ew_ring *r, uint32_t at, uint32_t frame)
{
	if (at == r->open)
		r->open_frame = frame;
	else
		atomic_store_explicit(frame_at(r, at), frame, memory_order_relaxed);
}

/* Both lengths and the content type, 0, with one store where their order in memory allows it. */
EW_INLINE void set_lengths(struct ew_event *e, size_t topic_bytes, size_t data_bytes)
{
	uint64_t both = topic_bytes | (uint64_t)data_bytes << 32;

	if (EW_BIG_ENDIAN) {
		e->topic_bytes = (uint16_t)topic_bytes;
		e->content_type = 0;
		e->data_bytes = (uint32_t)data_bytes;
	} else {
		memcpy((unsigned char *)e + offsetof(struct ew_event, topic_bytes), &both, sizeof(both));
	}
}

/* Begin an event at `at`; it is not counted as open yet. */
EW_INLINE struct ew_event *begin_event(struct ew_ring *r, uint32_t at, size_t topic_bytes,
				       size_t data_bytes)
{
	struct ew_event *e = event_at(r, at);

	e->flags = 0;
	e->seq = r->next_seq + r->open_count;
	e->time_ns = 0;
	memset(e->trace_id, 0, sizeof(e->trace_id));
	set_lengths(e, topic_bytes, data_bytes);
	return e;
}

/* A claim that has to look for room; a function of its own, so that the other way makes no calls. */
static EW_NOINLINE enum ew_status claim_slowly(struct ew_ring *r, uint32_t bytes, size_t topic_bytes,
					       size_t data_bytes, struct ew_event **out)
{
	uint32_t tail = tail_of(r), at = make_room(r, bytes);

	*out = NULL;
	if (at == NOWHERE)
		return EW_ERR_FULL;
	if (r->open_count == 0)
		r->open = tail;
	if (at != tail)
		set_frame(r, tail, (r->size - tail) | EWI_FRAME_PAD);
	set_frame(r, at, bytes);
	end_record(r, at, bytes);
	*out = begin_event(r, at, topic_bytes, data_bytes);
	r->open_count++;
	return EW_OK;
}

enum ew_status ew_ring_claim(struct ew_ring *r, size_t topic_bytes, size_t data_bytes,
			     struct ew_event **out)
{
	uint32_t bytes = checked_bytes(r, topic_bytes, data_bytes);
	uint32_t at = tail_of(r);

	if (EW_UNLIKELY(bytes == 0)) {
		*out = NULL;
		return EW_ERR_TOOBIG;
	}
	if (EW_UNLIKELY(at + bytes >= r->limit))
		return claim_slowly(r, bytes, topic_bytes, data_bytes, out);
	if (r->open_count == 0) {
		r->open = at;
		r->open_frame = bytes;
	} else {
		atomic_store_explicit(frame_at(r, at), bytes, memory_order_relaxed);
	}
	end_record(r, at, bytes);
	*out = begin_event(r, at, topic_bytes, data_bytes);
	r->open_count++;
	return EW_OK;
}

static uint32_t own_frame(struct ew_ring *r, uint32_t at)
{
	if (at == r->open)
		return r->open_frame;
	return atomic_load_explicit(frame_at(r, at), memory_order_relaxed);
}

/*
 * Where the newest of the open claims begins; *before is the tail as it was before that claim, which
 * differs when padding was put in front.  Walks the batch: it is not linked backwards, and shrinking
 * and aborting are rare.
 */
static uint32_t newest(struct ew_ring *r, uint32_t *before)
{
	uint32_t at = r->open, end = r->open;

	for (uint32_t i = 0; i < r->open_count; i++) {
		*before = at = end;
		if (own_frame(r, at) & EWI_FRAME_PAD)
			at = 0;
		end = advance(r, at, own_frame(r, at));
	}
	return at;
}

enum ew_status ew_ring_shrink(struct ew_ring *r, size_t data_bytes)
{
	uint32_t at, before, bytes, end;
	struct ew_event *e;

	if (r->open_count == 0)
		return EW_ERR_STATE;
	at = newest(r, &before);
	e = event_at(r, at);
	if (data_bytes > e->data_bytes)
		return EW_ERR_TOOBIG;
	e->data_bytes = (uint32_t)data_bytes;
	bytes = (uint32_t)record_bytes(e->topic_bytes, data_bytes);
	end = advance(r, at, bytes);
	r->limit = limit_of(r, end, r->head_seen);
	set_frame(r, at, bytes);
	set_tail(r, end);
	return EW_OK;
}

uint32_t ew_ring_commit(struct ew_ring *r)
{
	uint32_t n = r->open_count;

	if (n == 0)
		return 0;
	publish(r, r->open, r->open_frame, tail_of(r), n);
	r->open_count = 0;
	return n;
}

enum ew_status ew_ring_abort(struct ew_ring *r)
{
	uint32_t before;

	if (r->open_count == 0)
		return EW_ERR_STATE;
	(void)newest(r, &before);
	r->open_count--;
	r->limit = limit_of(r, before, r->head_seen);
	set_tail(r, before);
	count(&r->aborted, 1);
	return EW_OK;
}

/* A batch of one, without the batch's bookkeeping. */
enum ew_status ew_ring_push(struct ew_ring *r, const struct ew_event *e, const void *topic,
			    const void *data)
{
	uint32_t tail = tail_of(r), at = tail, bytes, frame, end;
	struct ew_event *to;

	if (EW_UNLIKELY(r->open_count != 0))
		return EW_ERR_STATE;
	frame = bytes = checked_bytes(r, e->topic_bytes, e->data_bytes);
	if (bytes == 0)
		return EW_ERR_TOOBIG;
	if (EW_UNLIKELY(at + bytes >= r->limit)) {
		at = make_room(r, bytes);
		if (at == NOWHERE)
			return r->policy == EW_RING_DROP_NEWEST ? EW_OK : EW_ERR_FULL;
	}
	if (EW_UNLIKELY(at != tail)) {
		atomic_store_explicit(frame_at(r, at), bytes, memory_order_relaxed);
		frame = (r->size - tail) | EWI_FRAME_PAD;
	}
	end = end_record(r, at, bytes);
	to = event_at(r, at);
	copy_header(to, e);
	to->seq = r->next_seq;
	if (e->topic_bytes != 0)
		memcpy(ew_event_topic(to), topic, e->topic_bytes);
	if (e->data_bytes != 0)
		memcpy(ew_event_data(to), data, e->data_bytes);
	publish(r, tail, frame, end, 1);
	return EW_OK;
}

uint64_t ew_ring_next_seq(const struct ew_ring *r)
{
	return r->next_seq + r->open_count;
}

/* ---- consumer ---- */

EW_INLINE uint32_t head_of(struct ew_ring *r)
{
	return atomic_load_explicit(&r->head, memory_order_relaxed);
}

EW_INLINE void give_back(struct ew_ring *r, uint32_t head, uint32_t n)
{
	atomic_store_explicit(&r->head, head, memory_order_release);
	if (EW_UNLIKELY(r->read_count != 0))
		r->read_count = 0; /* else it would seem right again after a lap */
	count(&r->released, n);
}

/*
 * The event at *at, with *at moved past it; NULL: none yet.  Padding is stepped over: the record that it
 * was made for was published with it.
 */
EW_INLINE struct ew_event *next_event(struct ew_ring *r, uint32_t *at)
{
	uint32_t frame = atomic_load_explicit(frame_at(r, *at), memory_order_acquire);
	struct ew_event *e;

	if (frame == 0)
		return NULL;
	if (EW_UNLIKELY(frame & EWI_FRAME_PAD)) {
		*at = 0;
		frame = atomic_load_explicit(frame_at(r, 0), memory_order_acquire);
	}
	e = event_at(r, *at);
	*at = advance(r, *at, frame);
	return e;
}

enum ew_status ew_ring_peek(struct ew_ring *r, const struct ew_event **out)
{
	uint32_t at = head_of(r);

	*out = next_event(r, &at);
	return *out ? EW_OK : EW_ERR_EMPTY;
}

uint32_t ew_ring_read(struct ew_ring *r, const struct ew_event **out, uint32_t max)
{
	uint32_t at = head_of(r), n = 0;

	r->read_from = at;
	while (n < max && (out[n] = next_event(r, &at)) != NULL)
		n++;
	r->read_end = at;
	r->read_count = n;
	return n;
}

uint32_t ew_ring_release(struct ew_ring *r, uint32_t n)
{
	uint32_t at = head_of(r), done = 0;

	if (n == r->read_count && at == r->read_from) { /* the batch as it was read */
		at = r->read_end;
		done = n;
	}
	while (done < n && next_event(r, &at))
		done++;
	if (done != 0)
		give_back(r, at, done);
	return done;
}

enum ew_status ew_ring_pop(struct ew_ring *r, struct ew_event *e, void *payload, size_t cap)
{
	uint32_t at = head_of(r);
	const struct ew_event *from = next_event(r, &at);
	size_t bytes;

	if (!from)
		return EW_ERR_EMPTY;
	copy_header(e, from);
	e->seq = from->seq;
	bytes = (size_t)from->topic_bytes + from->data_bytes;
	if (bytes > cap)
		return EW_ERR_TOOBIG;
	if (bytes != 0)
		memcpy(payload, from + 1, bytes);
	give_back(r, at, 1);
	return EW_OK;
}

#endif
