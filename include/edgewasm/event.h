/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * event.h - events, and how they pass through memory.
 *
 *	struct ew_event    the fixed header of one event; topic and data follow it in memory
 *	struct ew_ring     one producer, one or several consumers, each on its own core or in an ISR; wait-free
 *	struct ew_mring    several producers, one consumer; lock-free
 *	struct ew_batch    when to close a micro-batch: by count, bytes or age
 *	struct ew_bucket   a token bucket: rates and bursts
 *
 * Nothing here allocates, locks or reads a clock: memory and time are the caller's.
 */
#ifndef EDGEWASM_EVENT_H
#define EDGEWASM_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/config.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EW_TRACE_ID_BYTES 16
#define EW_TOPIC_MAX_BYTES 65535u
/* flags: the low half is the application's and travels unchanged; the high half is the library's. */
#define EW_EVENT_USER_FLAGS 0x0000ffffu
#define EW_EVENT_CONTEXT 0x40000000u /* the data ends in a trace context, see trace.h */
#define EW_EVENT_CONTEXT_BYTES 12u   /* of it, besides its tracestate */

/*
 * The header of an event, in a ring, from a log, or filled in by the host: 48 bytes in host byte order,
 * followed by topic_bytes of topic (UTF-8, no NUL), then at once by data_bytes of data.  Headers lie at
 * multiples of 8; the data is as aligned as 48 + topic_bytes makes it.
 */
struct ew_event {
	uint32_t frame; /* the ring's or the log's own; ignored in what the host passes */
	uint32_t flags;
	uint64_t seq; /* given by the ring or log that took the event; ignored in what the host passes */
	uint64_t time_ns; /* host's clock; 0 means unknown */
	uint8_t trace_id[EW_TRACE_ID_BYTES];
	uint16_t topic_bytes;
	uint16_t content_type; /* the application's number for what data holds; 0 unknown */
	uint32_t data_bytes;
};

static inline char *ew_event_topic(const struct ew_event *e)
{
	return (char *)(e + 1);
}

static inline uint8_t *ew_event_data(const struct ew_event *e)
{
	return (uint8_t *)(e + 1) + e->topic_bytes;
}

/* data_bytes without a trace context; one that is not whole is data. */
static inline uint32_t ew_event_payload_bytes(const struct ew_event *e)
{
	const uint8_t *end = ew_event_data(e) + e->data_bytes;
	uint32_t state;

	if (!(e->flags & EW_EVENT_CONTEXT) || e->data_bytes < EW_EVENT_CONTEXT_BYTES)
		return e->data_bytes;
	state = end[-2] | (uint32_t)end[-1] << 8;
	return state > e->data_bytes - EW_EVENT_CONTEXT_BYTES ? e->data_bytes :
								e->data_bytes - EW_EVENT_CONTEXT_BYTES - state;
}

/*
 * ---- The ring ----
 *
 * Lives in the caller's memory, holds no pointers (so two processes may map it at different
 * addresses), and costs ew_ring_size() bytes.  The producer and each consumer may run at the same
 * time on cores of their own, or in an ISR; every function below is wait-free (with a policy that
 * lets the producer move a consumer, as long as that consumer does not move all the time).  What one
 * side may call is listed under it; ew_ring_stat() may be called from anywhere.
 *
 *	producer                                  consumer
 *	ew_ring_claim(r, 5, n, &e);               while (ew_ring_peek(r, &e) == EW_OK) {
 *	fill *e, topic and data in place;                 use it in place;
 *	ew_ring_commit(r);                                ew_ring_release(r, 1);
 *	                                          }
 *
 * edgewasm/ring.h has the hot ones inline, and describes the memory.  Several producers: see ew_mring.
 */
struct ew_ring;

/* Sizes of records and rings are multiples of this. */
#define EW_RING_ALIGN 8u
#define EW_RING_MIN_BYTES 128u
#define EW_RING_MAX_BYTES 0x80000000u

/* What becomes of a new event when there is no room.  Whatever is lost is counted. */
enum ew_ring_policy {
	/* The caller is told EW_ERR_FULL and keeps the event; no sequence number is used. */
	EW_RING_REJECT = 0,
	/*
	 * ew_ring_push() returns EW_OK and the event is gone; its sequence number is used up, so that
	 * the consumer sees the gap.  ew_ring_claim() has nowhere to write to: EW_ERR_FULL, same gap.
	 */
	EW_RING_DROP_NEWEST = 1,
	/*
	 * The oldest waiting events make room; the consumer sees the gap in the numbers.  Events that a
	 * consumer has peeked at or read, and not released, are not taken from under it: while it holds
	 * the oldest, the new event is refused as by EW_RING_REJECT.
	 */
	EW_RING_DROP_OLDEST = 2,
	/*
	 * ew_ring_push() replaces the newest waiting event of the same topic, if its record is large enough:
	 * everything but its place and sequence number is the new event's.  When there is none (or a
	 * consumer holds the oldest events), and always for ew_ring_claim(): as EW_RING_REJECT.  One
	 * consumer only.  Looks at every waiting event's topic.
	 */
	EW_RING_COALESCE = 3
};

#define EW_RING_SLIP_MAX 1000u

/* Consumers of one ring, each with a cursor of its own. */
#define EW_RING_CONSUMERS_MAX 64u

struct ew_ring_config {
	size_t struct_bytes;	    /* sizeof(struct ew_ring_config) */
	enum ew_ring_policy policy; /* default EW_RING_REJECT */
	uint64_t first_seq;	    /* of the first event; default 1 */
	uint32_t consumers;	    /* default 1; each sees every event */
	/* Records begin at multiples of this, a power of two, EW_RING_ALIGN (the default) to EW_RING_MIN_BYTES / 2. */
	uint32_t record_align;
	/*
	 * For a producer and consumers that run on different cores at the same time; 8 is a good choice, 0 the default.  The
	 * producer fetches lines before it writes to them, and a consumer that has caught up may spin so often (10 to 50 ns
	 * each), once, before it says that nothing is there; it learns when not to.  Twice as fast where both hurry; without
	 * meaning for the policies that move heads, and on small targets.  EW_RING_SLIP_MAX at most.
	 */
	uint32_t slip;
};

/*
 * Counted since ew_ring_init().  Events offered = pushed + the causes of loss of new events + aborted + open
 * claims; events pushed = released + dropped_oldest + waiting, for each consumer.  size_t wide: they
 * wrap at 2^32 on 32-bit machines.
 */
struct ew_ring_stat {
	size_t pushed;	       /* events published to the consumers */
	size_t released;       /* events given back by the first consumer */
	size_t rejected_full;  /* no room; the caller was told */
	size_t dropped_newest; /* no room; policy EW_RING_DROP_NEWEST */
	size_t too_big;	       /* larger than ew_ring_max_record() allows */
	size_t aborted;	       /* claims taken back by the producer */
	size_t used_bytes;     /* records and padding not released by all; exact when all sides are quiet */
	size_t dropped_oldest; /* taken from the first consumer; policy EW_RING_DROP_OLDEST */
	size_t coalesced;      /* readings replaced by newer ones; policy EW_RING_COALESCE */
	size_t abandoned;      /* claims and replacements that a producer left behind when it died */
};

/* The same for one of several consumers. */
struct ew_ring_consumer_stat {
	size_t released;
	size_t dropped_oldest;
	size_t used_bytes; /* records and padding that it has not released */
};

/* Bytes of memory for a ring whose records have ring_bytes of room; 0 when ring_bytes is not a
 * multiple of EW_RING_ALIGN in EW_RING_MIN_BYTES..EW_RING_MAX_BYTES. */
EW_API size_t ew_ring_size(size_t ring_bytes);
/* The same for several consumers; also 0 unless there are 1..EW_RING_CONSUMERS_MAX. */
EW_API size_t ew_ring_size_shared(size_t ring_bytes, uint32_t consumers);
/* Bytes that an event with so much topic and data takes in a ring whose record_align is EW_RING_ALIGN. */
EW_API size_t ew_ring_record_bytes(size_t topic_bytes, size_t data_bytes);

/*
 * Build a ring in memory (aligned to EW_RING_ALIGN), using all of memory_bytes that fits; cfg may be
 * NULL.  EW_ERR_INVAL: alignment, or less than ew_ring_size(EW_RING_MIN_BYTES), or too many consumers;
 * EW_ERR_UNSUPPORTED: a policy not listed above; EW_ERR_LIMIT: slip.  There is no deinit: forget the memory.
 */
EW_API enum ew_status ew_ring_init(void *memory, size_t memory_bytes,
				   const struct ew_ring_config *cfg, struct ew_ring **out);
/* The ring that another process built in shared memory; EW_ERR_MALFORMED when there is none of this layout. */
EW_API enum ew_status ew_ring_attach(void *memory, size_t memory_bytes, struct ew_ring **out);

/* The largest ew_ring_record_bytes() that the ring takes: half its room, so that every empty ring takes it. */
EW_API size_t ew_ring_max_record(const struct ew_ring *r);
EW_API void ew_ring_stat(const struct ew_ring *r, struct ew_ring_stat *out);
/* EW_ERR_INVAL: there is no such consumer. */
EW_API enum ew_status ew_ring_consumer_stat(const struct ew_ring *r, uint32_t consumer,
					    struct ew_ring_consumer_stat *out);

/*
 * Producer: room for one event.  *out gets seq, topic_bytes and data_bytes; time_ns, flags,
 * content_type and trace_id are zero; the caller fills in the rest in place.  Several claims may be
 * open: that is a batch, which ew_ring_commit() publishes at once.
 * EW_ERR_FULL, or EW_ERR_TOOBIG for what never fits (also a topic over EW_TOPIC_MAX_BYTES).
 */
EW_API enum ew_status ew_ring_claim(struct ew_ring *r, size_t topic_bytes, size_t data_bytes,
				    struct ew_event **out);
/* Producer: cut the data of the newest open claim.  EW_ERR_STATE: none open; EW_ERR_TOOBIG: larger. */
EW_API enum ew_status ew_ring_shrink(struct ew_ring *r, size_t data_bytes);
/* Producer: publish all open claims with one store.  Returns how many. */
EW_API uint32_t ew_ring_commit(struct ew_ring *r);
/*
 * Producer: take back the newest open claim; its sequence number is used again.  There are as many gaps
 * in the numbers as events were dropped.  EW_ERR_STATE: none open.
 */
EW_API enum ew_status ew_ring_abort(struct ew_ring *r);
/*
 * Producer: claim, copy and commit one event; all header fields but frame and seq are taken from *e.
 * topic and data may be NULL when their length is 0.  EW_ERR_STATE while a claim is open.
 */
EW_API enum ew_status ew_ring_push(struct ew_ring *r, const struct ew_event *e, const void *topic,
				   const void *data);
/* Producer: the sequence number that the next claim gets. */
EW_API uint64_t ew_ring_next_seq(const struct ew_ring *r);
/*
 * Producer: called by the one that takes over after another died, at whatever instruction that was; it must
 * not run any more.  Everything committed stays; open claims are forgotten, and a record whose replacement
 * (EW_RING_COALESCE) was under way is skipped by the consumer.  Returns how many were abandoned so.
 */
EW_API uint32_t ew_ring_recover(struct ew_ring *r);
/*
 * Producer: wait for a consumer from now on (it starts with the next event committed), or do not: it reads nothing,
 * and holds up nobody.  All are there from the beginning.  EW_ERR_INVAL: no such consumer.
 */
EW_API enum ew_status ew_ring_join(struct ew_ring *r, uint32_t consumer);
EW_API enum ew_status ew_ring_leave(struct ew_ring *r, uint32_t consumer);

/*
 * Consumer: the oldest event, borrowed until it is released; asking again gives the same one, so a
 * consumer that fails half-way loses nothing.  EW_ERR_EMPTY: *out is NULL; EW_ERR_MALFORMED: so is it, as what lies there
 * was written by no producer (ew_ring_read() says 0): memory that is shared can be damaged by others.  No length that
 * leads out of the room is followed.
 */
EW_API enum ew_status ew_ring_peek(struct ew_ring *r, const struct ew_event **out);
/* Consumer: the oldest events, at most max; returns how many.  Always starts at the oldest. */
EW_API uint32_t ew_ring_read(struct ew_ring *r, const struct ew_event **out, uint32_t max);
/* Consumer: give back the count oldest events.  Returns how many there were to give back. */
EW_API uint32_t ew_ring_release(struct ew_ring *r, uint32_t count);
/*
 * Consumer: copy the oldest event out and release it: header to *e, topic and data to payload.
 * EW_ERR_EMPTY, EW_ERR_MALFORMED; EW_ERR_TOOBIG when topic and data exceed cap: *e is filled in, nothing is released.
 */
EW_API enum ew_status ew_ring_pop(struct ew_ring *r, struct ew_event *e, void *payload, size_t cap);

/*
 * The same for any of several consumers, 0..consumers - 1; those above are number 0.  EW_ERR_INVAL, or no
 * events, when there is no such consumer.  A consumer that dies takes nothing with it: whoever takes its
 * number gets the oldest event that it had not released.
 */
EW_API enum ew_status ew_ring_peek_as(struct ew_ring *r, uint32_t consumer,
				      const struct ew_event **out);
EW_API uint32_t ew_ring_read_as(struct ew_ring *r, uint32_t consumer, const struct ew_event **out,
				uint32_t max);
EW_API uint32_t ew_ring_release_as(struct ew_ring *r, uint32_t consumer, uint32_t count);

/*
 * ---- The ring of several producers ----
 *
 * As struct ew_ring, for any number of producers: threads, processes, interrupts of different priority.
 * Claiming is lock-free: a producer that is preempted half-way, or dies, keeps no other from claiming and
 * committing; the consumer waits at its record.  One consumer, wait-free.
 *
 *	ew_mring_claim(r, 5, n, &e);
 *	fill *e, topic and data in place;
 *	ew_mring_commit(r, e);
 *
 * Sequence numbers are complete when the consumer sees the event; before, seq holds their low bits.  Policies:
 * EW_RING_REJECT and EW_RING_DROP_NEWEST; ew_mring_forward() leads to the others, and to several consumers.  Where one
 * producer's unfinished event must not hold up another's, give each producer a ring of its own and an ew_queue over them.
 *
 * On cores without compare-and-swap see EW_CONFIG_CRITICAL.
 */
struct ew_mring;

struct ew_mring_config {
	size_t struct_bytes;	    /* sizeof(struct ew_mring_config) */
	enum ew_ring_policy policy; /* default EW_RING_REJECT */
	uint32_t record_align; /* as in struct ew_ring_config; default 64, on small targets 8 */
	uint64_t first_seq;    /* default 1 */
	uint32_t slip; /* as in struct ew_ring_config; and a producer that finds no room spins twice as often, once */
};

/*
 * Bytes of memory for so much room, a multiple of EW_RING_ALIGN; what is not a multiple of record_align stays unused.
 * 0 when out of EW_RING_MIN_BYTES..EW_RING_MAX_BYTES.
 */
EW_API size_t ew_mring_size(size_t ring_bytes);
/*
 * As ew_ring_init() and ew_ring_attach().  EW_ERR_LIMIT: on 32-bit machines a ring has at most 2^15 times
 * record_align of room.
 */
EW_API enum ew_status ew_mring_init(void *memory, size_t memory_bytes,
				    const struct ew_mring_config *cfg, struct ew_mring **out);
EW_API enum ew_status ew_mring_attach(void *memory, size_t memory_bytes, struct ew_mring **out);
/* The largest record: half the room.  A record has 48 bytes more than topic and data, rounded up to record_align. */
EW_API size_t ew_mring_max_record(const struct ew_mring *r);
/* pushed counts open claims too; dropped_oldest and coalesced are 0. */
EW_API void ew_mring_stat(const struct ew_mring *r, struct ew_ring_stat *out);

/* Any producer: as ew_ring_claim(), and each claim is committed or aborted by itself, in any order. */
EW_API enum ew_status ew_mring_claim(struct ew_mring *r, size_t topic_bytes, size_t data_bytes,
				     struct ew_event **out);
/*
 * Any producer: count events of one size, together: nobody's events come between them, and they are committed or
 * aborted together, by out[0].  EW_ERR_INVAL: count is 0.
 */
EW_API enum ew_status ew_mring_claim_batch(struct ew_mring *r, uint32_t count, size_t topic_bytes,
					   size_t data_bytes, struct ew_event **out);
/* Publish a claim; its data_bytes may have become less than claimed. */
EW_API void ew_mring_commit(struct ew_mring *r, struct ew_event *e);
EW_API void ew_mring_commit_batch(struct ew_mring *r, struct ew_event *first, uint32_t count);
/* Take a claim back.  Its sequence numbers are used up: the consumer sees a gap. */
EW_API void ew_mring_abort(struct ew_mring *r, struct ew_event *e);
EW_API void ew_mring_abort_batch(struct ew_mring *r, struct ew_event *first, uint32_t count);
/* Any producer: claim, copy and commit. */
EW_API enum ew_status ew_mring_push(struct ew_mring *r, const struct ew_event *e, const void *topic,
				    const void *data);

/* The consumer: as ew_ring_peek(), ew_ring_read(), ew_ring_release(), ew_ring_pop(). */
EW_API enum ew_status ew_mring_peek(struct ew_mring *r, const struct ew_event **out);
EW_API uint32_t ew_mring_read(struct ew_mring *r, const struct ew_event **out, uint32_t max);
EW_API uint32_t ew_mring_release(struct ew_mring *r, uint32_t count);
EW_API enum ew_status ew_mring_pop(struct ew_mring *r, struct ew_event *e, void *payload, size_t cap);
/*
 * The consumer: move events to another ring, in order, at most max; returns how many.  So events of several producers
 * get what only a ring of one producer has: several consumers, the oldest dropped, replacement by topic.  The caller is
 * that ring's producer; it gives the numbers.  An event that it refuses (*why, which may be NULL, says so; EW_OK,
 * EW_ERR_EMPTY or EW_ERR_MALFORMED otherwise) stays where it is.  One that dies in between may have moved an event
 * twice, never lost one.
 */
EW_API uint32_t ew_mring_forward(struct ew_mring *from, struct ew_ring *to, uint32_t max, enum ew_status *why);
/*
 * The consumer that takes over from one that died calls this first: a release that was under way is finished.
 */
EW_API void ew_mring_recover_consumer(struct ew_mring *r);
/*
 * The consumer, while no producer is between claim and commit but those that died there: their records are
 * skipped from now on.  Returns how many places that were (neighbours count once).
 */
EW_API uint32_t ew_mring_recover_producers(struct ew_mring *r);

#if EW_CONFIG_CRITICAL
/*
 * The firmware's: keep out everything that touches the same rings (interrupts, on one core; another core,
 * where there is one), until exit gets what enter returned.  A few instructions at a time.
 */
uint32_t ew_critical_enter(void);
void ew_critical_exit(uint32_t state);
#endif

/*
 * ---- The micro-batcher ----
 *
 * Says when to close a batch; the items stay where they are (open claims, waiting records, a buffer
 * of the host's).  One struct for each key, or one for all.
 */
struct ew_batch_config {
	size_t struct_bytes; /* sizeof(struct ew_batch_config) */
	uint32_t max_count;  /* 0: no limit */
	uint64_t max_bytes;  /* 0: no limit */
	uint64_t max_age_ns; /* of the oldest item; 0: no limit */
};

/* Why a batch is to be closed. */
enum ew_batch_cause { EW_BATCH_OPEN = 0, EW_BATCH_COUNT, EW_BATCH_BYTES, EW_BATCH_AGE };

struct ew_batch {
	struct ew_batch_config config;
	uint32_t count;	   /* items in the batch */
	uint64_t bytes;	   /* their sizes */
	uint64_t first_ns; /* when the oldest came; the clock stepping back moves it back too */
};

/* cfg is copied; EW_ERR_INVAL when it sets no limit at all. */
EW_API enum ew_status ew_batch_init(struct ew_batch *b, const struct ew_batch_config *cfg);
/*
 * Add an item.  EW_OK: it is in; ask ew_batch_due().  EW_ERR_FULL: max_count or max_bytes would be
 * exceeded, it is not in; close the batch and add it again.  An item larger than max_bytes goes into an empty batch.
 */
EW_API enum ew_status ew_batch_add(struct ew_batch *b, uint64_t bytes, uint64_t now_ns);
/* Is it to be closed, and why?  EW_BATCH_OPEN: not yet (or empty). */
EW_API enum ew_batch_cause ew_batch_due(struct ew_batch *b, uint64_t now_ns);
/* When its age is up: what the host's timer is set to.  UINT64_MAX: never. */
EW_API uint64_t ew_batch_deadline(const struct ew_batch *b);
/* Start the next batch; returns how many items this one had. */
EW_API uint32_t ew_batch_close(struct ew_batch *b);

/*
 * ---- The token bucket ----
 *
 * rate tokens for each period, at most burst saved up.  Whole tokens and the exact rest of the
 * division are kept, so nothing drifts.  A clock that steps back gives and takes nothing.
 */
struct ew_bucket {
	uint64_t rate, period_ns, burst;
	uint64_t tokens;  /* 0..burst */
	uint64_t rest;	  /* 0..period_ns - 1: parts of the next token */
	uint64_t last_ns; /* when tokens and rest were right */
};

/*
 * A full bucket.  rate and period_ns at least 1; rate 0 with period 0 means no limit.
 * EW_ERR_LIMIT unless rate * period_ns < 2^63 (2^33 tokens for each second) and burst < 2^63.
 */
EW_API enum ew_status ew_bucket_init(struct ew_bucket *b, uint64_t rate, uint64_t period_ns,
				     uint64_t burst, uint64_t now_ns);
/* Take n tokens, or none: EW_ERR_QUOTA. */
EW_API enum ew_status ew_bucket_take(struct ew_bucket *b, uint64_t n, uint64_t now_ns);
/* Nanoseconds from now until n tokens are there; 0: now; UINT64_MAX: never (n > burst, or too far off). */
EW_API uint64_t ew_bucket_wait_ns(struct ew_bucket *b, uint64_t n, uint64_t now_ns);

#ifdef __cplusplus
}
#endif
#endif
