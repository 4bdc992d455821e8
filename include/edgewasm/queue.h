/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * queue.h - flow of events, each usable alone:
 *
 *	struct ew_queue      rings as lanes of priority: starvation bound, expiry, watermarks
 *	struct ew_batches    a micro-batch for each key
 *	struct ew_dedup      event ids that were there before
 *	struct ew_order      back into the order of sequence numbers
 *
 * Nothing here allocates, locks or reads a clock: memory and time are the caller's.  Time that steps back
 * expires nothing and closes nothing early.
 */
#ifndef EDGEWASM_QUEUE_H
#define EDGEWASM_QUEUE_H

#include "edgewasm/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---- Lanes ----
 *
 * One consumer over several rings, lane 0 first.  The rings are the caller's, and may be used directly as
 * well: to claim in place, call ew_queue_watch() after the commit.  A queue is one process's: it holds pointers.
 * ew_queue_push() and ew_queue_watch() of a lane belong to that ring's producers, ew_queue_peek() and
 * ew_queue_release() to the consumer.
 */
#define EW_QUEUE_LANES_MAX 8u

struct ew_lane {
	struct ew_ring *ring;	/* one of the two */
	struct ew_mring *mring;
	uint64_t max_age_ns; /* an event expires so long after its time_ns; 0: never */
	size_t high_bytes;   /* used room at which high() is called; 0: never */
	size_t low_bytes;    /* and, after that, low() */
};

struct ew_queue_config {
	size_t struct_bytes; /* sizeof(struct ew_queue_config) */
	const struct ew_lane *lanes; /* copied */
	uint32_t lane_count;
	/* A lane with events is passed over so often at most (and once more for each other that starves); 0: no bound. */
	uint32_t starvation;
	/* The last moment at which the event is wanted; UINT64_MAX: always.  NULL: max_age_ns alone decides. */
	uint64_t (*deadline)(void *user, uint32_t lane, const struct ew_event *e);
	/* By the producer that fills the lane; by the consumer that drains it.  Once each, by turns.  NULL: not told. */
	void (*high)(void *user, uint32_t lane);
	void (*low)(void *user, uint32_t lane);
	void *user;
};

struct ew_queue {
	struct ew_queue_config config;
	struct ew_lane lanes[EW_QUEUE_LANES_MAX];
	uint32_t is_high[EW_QUEUE_LANES_MAX]; /* shared by the two sides */
	uint32_t passed[EW_QUEUE_LANES_MAX];  /* how often the lane was passed over */
	size_t expired[EW_QUEUE_LANES_MAX];   /* events that came too late */
	uint32_t current;		      /* lane of the event that is out; UINT32_MAX: none */
};

/* EW_ERR_INVAL: no lanes or too many, a lane with no ring or two, low above high. */
EW_API enum ew_status ew_queue_init(struct ew_queue *q, const struct ew_queue_config *cfg);
/* As ew_ring_push() or ew_mring_push() of that lane.  EW_ERR_INVAL: there is no such lane. */
EW_API enum ew_status ew_queue_push(struct ew_queue *q, uint32_t lane, const struct ew_event *e,
				    const void *topic, const void *data);
/* Call high() if the lane has become full enough. */
EW_API void ew_queue_watch(struct ew_queue *q, uint32_t lane);
/*
 * The next event, borrowed until it is released; asking again gives the same.  lane may be NULL.  Events whose
 * deadline is before now_ns are released and counted instead.  EW_ERR_EMPTY.
 */
EW_API enum ew_status ew_queue_peek(struct ew_queue *q, uint64_t now_ns, const struct ew_event **out,
				    uint32_t *lane);
/* Give back what peek gave.  EW_ERR_STATE: nothing is out. */
EW_API enum ew_status ew_queue_release(struct ew_queue *q);

/*
 * ---- A micro-batch for each key ----
 *
 * As struct ew_batch, for up to `keys` keys that have a batch open.
 */
struct ew_batches;

/* 0 unless keys is 1..2^20. */
EW_API size_t ew_batches_size(uint32_t keys);
/* memory: aligned to 8.  EW_ERR_INVAL: alignment, too little memory, no limit in cfg. */
EW_API enum ew_status ew_batches_init(void *memory, size_t bytes, uint32_t keys,
				      const struct ew_batch_config *cfg, struct ew_batches **out);
/*
 * As ew_batch_add().  *cause says whether that key's batch is to be closed now.  EW_ERR_FULL: it must be closed first.
 * EW_ERR_LIMIT: as many other keys have batches open.
 */
EW_API enum ew_status ew_batches_add(struct ew_batches *s, uint64_t key, uint64_t bytes,
				     uint64_t now_ns, enum ew_batch_cause *cause);
/* A key whose batch is old enough to be closed.  EW_ERR_EMPTY: none. */
EW_API enum ew_status ew_batches_due(struct ew_batches *s, uint64_t now_ns, uint64_t *key);
/* When that will be so; UINT64_MAX: never. */
EW_API uint64_t ew_batches_deadline(const struct ew_batches *s);
/* Close a key's batch; returns how many items it had. */
EW_API uint32_t ew_batches_close(struct ew_batches *s, uint64_t key);

/*
 * ---- Deduplication ----
 *
 * Remembers the last `ids` event ids, no longer than window_ns.
 */
struct ew_dedup;

struct ew_dedup_stat {
	size_t fresh, duplicates;
	size_t forgotten; /* ids that made room for others before window_ns was over: more ids are needed */
};

/* 0 unless ids is 1..2^20. */
EW_API size_t ew_dedup_size(uint32_t ids);
/* window_ns 0: only the number of ids limits.  seed: anything that senders cannot guess.  EW_ERR_INVAL: alignment to 8, size. */
EW_API enum ew_status ew_dedup_init(void *memory, size_t bytes, uint32_t ids, uint64_t window_ns,
				    uint64_t seed, struct ew_dedup **out);
/* EW_OK: new, and remembered.  EW_ERR_EXISTS: it was there within the window. */
EW_API enum ew_status ew_dedup_add(struct ew_dedup *d, const uint8_t id[EW_TRACE_ID_BYTES],
				   uint64_t now_ns);
EW_API void ew_dedup_stat(const struct ew_dedup *d, struct ew_dedup_stat *out);

/*
 * ---- Order ----
 *
 * Items come in with sequence numbers out of order by less than `slots`, and go out in order.  An item is a number of
 * the caller's: an offset, an index, a pointer.
 */
struct ew_order;

struct ew_order_stat {
	size_t given;
	size_t late;	/* came after their turn, or twice */
	size_t missing; /* never came in time */
};

/* 0 unless slots is 1..2^20. */
EW_API size_t ew_order_size(uint32_t slots);
/* max_wait_ns: how long a missing item holds up the others; 0: for ever.  EW_ERR_INVAL: alignment to 8, size. */
EW_API enum ew_status ew_order_init(void *memory, size_t bytes, uint32_t slots, uint64_t first_seq,
				    uint64_t max_wait_ns, struct ew_order **out);
/* EW_ERR_EXISTS: late, or twice.  EW_ERR_FULL: slots or more ahead of the next; nothing is lost, get first. */
EW_API enum ew_status ew_order_put(struct ew_order *o, uint64_t seq, uint64_t item, uint64_t now_ns);
/* EW_ERR_EMPTY: the next is not there yet. */
EW_API enum ew_status ew_order_get(struct ew_order *o, uint64_t now_ns, uint64_t *seq, uint64_t *item);
/* When the missing item is given up; UINT64_MAX: nothing waits. */
EW_API uint64_t ew_order_deadline(const struct ew_order *o);
EW_API void ew_order_stat(const struct ew_order *o, struct ew_order_stat *out);

#ifdef __cplusplus
}
#endif
#endif
