/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * lane.h - one kind of ring as bench-ring drives it, ours and others alike: the same loops, compiled where the
 * ring's own calls are seen, so that each is inlined as far as its headers allow.
 *
 * A peer is a shared object, `bench-ring --peer FILE.so`, of one C file that defines
 *
 *	LANE_NAME                                      a string
 *	LANE_PRODUCERS                                 how many threads may put at the same time
 *	LANE_FIXED                                     1: every event takes the room of the largest
 *	static void *lane_create(uint32_t room_bytes, uint32_t event_bytes);
 *	static void lane_destroy(void *ring);
 *	LANE_INLINE bool lane_put(void *ring, const uint8_t *event, uint32_t bytes);
 *	LANE_INLINE uint32_t lane_take(void *ring, struct lane_feed *f, uint32_t max);
 *
 * and then includes this file.  lane_create() is NULL where the ring takes no events of that size: the row goes without
 * it.  lane_put() is false when there is no room.  A ring that takes batches defines
 * LANE_FILL and its own lane_fill() in the place of the one below.  lane_take() copies at most max events to f->out,
 * each followed by lane_check(), as lane_taken() does, and returns how many.  Rings of a fixed size get
 * room_bytes and the largest event.
 *
 * bench-ring finds the exported `lane` in it.
 */
#ifndef EW_BENCH_LANE_H
#define EW_BENCH_LANE_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define LANE_INLINE static inline __attribute__((always_inline))
#else
#define LANE_INLINE static inline
#endif
#define LANE_VERSION 2u
#define LANE_POOL 16u /* different events, so that none is written just before it is copied */
#define LANE_SIZES 16384u /* more than a branch predictor learns by heart */
#define LANE_EVENT_MAX 1024u
#define LANE_PRODUCERS_MAX 4u

/* What one side puts in, or takes out. */
struct lane_feed {
	uint32_t bytes; /* of each event; 0: `sizes` in turn */
	uint32_t producer;
	uint32_t producers; /* of what comes out */
	uint64_t next[LANE_PRODUCERS_MAX]; /* number of the next event to come, by producer */
	uint32_t wrong; /* not 0: an event was not what it should be */
	uint8_t out[LANE_EVENT_MAX];
	uint32_t sizes[LANE_SIZES];
	uint8_t pool[LANE_POOL][LANE_EVENT_MAX]; /* begins with its place in the pool and its producer */
};

struct lane {
	uint32_t version; /* LANE_VERSION */
	const char *name;
	uint32_t producers;
	uint32_t fixed;
	void *(*create)(uint32_t room_bytes, uint32_t event_bytes);
	void (*destroy)(void *ring);
	/* `events` in and out by turns in one thread, `batch` at a time */
	void (*both)(void *ring, struct lane_feed *in, struct lane_feed *out, uint64_t events,
		     uint32_t batch);
	void (*produce)(void *ring, struct lane_feed *in, uint64_t events, uint32_t batch);
	void (*consume)(void *ring, struct lane_feed *out, uint64_t events, uint32_t batch);
	/* one event there and one back, `rounds` times; the other side of it */
	void (*ping)(void *there, void *back, struct lane_feed *f, struct lane_feed *out,
		     uint64_t rounds);
	void (*pong)(void *there, void *back, struct lane_feed *f, struct lane_feed *out,
		     uint64_t rounds);
};

LANE_INLINE uint32_t lane_bytes(const struct lane_feed *f, uint64_t n)
{
	return f->bytes ? f->bytes : f->sizes[n % LANE_SIZES];
}

/* The compiler must not take one round of a loop for another. */
LANE_INLINE void lane_barrier(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

/* A call of memcpy() for each event would cost more than a short copy. */
LANE_INLINE void lane_copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
	if (n < 16 || n > 64) {
		memcpy(to, from, n);
	} else if (n > 32) {
		memcpy(to, from, 32);
		memcpy(to + n - 32, from + n - 32, 32);
	} else {
		memcpy(to, from, 16);
		memcpy(to + n - 16, from + n - 16, 16);
	}
}

/*
 * An event in f->out is looked at.  With one producer nothing waits for the answer but a word that gathers
 * differences.
 */
LANE_INLINE void lane_check(struct lane_feed *f, uint32_t bytes)
{
	uint32_t tag[2], from = 0;
	uint64_t n;

	lane_barrier();
	memcpy(tag, f->out, sizeof(tag));
	if (f->producers > 1)
		from = tag[1] % LANE_PRODUCERS_MAX;
	n = f->next[from]++;
	f->wrong |= (tag[0] ^ (uint32_t)(n % LANE_POOL)) | (tag[1] ^ from) | (bytes ^ lane_bytes(f, n));
}

/* An event where it lies in a ring: copied out, and looked at. */
LANE_INLINE void lane_taken(struct lane_feed *f, const void *event, uint32_t bytes)
{
	lane_copy(f->out, event, bytes);
	lane_check(f, bytes);
}

/* Spin; now and then let somebody else run, should there be fewer cores than threads. */
LANE_INLINE void lane_wait(uint32_t *spins)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
	__builtin_ia32_pause();
#elif defined(__GNUC__) && defined(__aarch64__)
	__asm__ volatile("yield");
#endif
	if (++*spins % 4096 == 0)
		sched_yield();
}

#ifdef LANE_NAME
static void *lane_create(uint32_t room_bytes, uint32_t event_bytes);
static void lane_destroy(void *ring);
LANE_INLINE bool lane_put(void *ring, const uint8_t *event, uint32_t bytes);
LANE_INLINE uint32_t lane_fill(void *ring, struct lane_feed *f, uint32_t n);
LANE_INLINE uint32_t lane_take(void *ring, struct lane_feed *f, uint32_t max);

/* One event; the calls below see that there is no batch. */
LANE_INLINE uint32_t lane_one(void *ring, struct lane_feed *f)
{
	uint64_t seq = f->next[f->producer];

	lane_barrier();
	if (!lane_put(ring, f->pool[seq % LANE_POOL], lane_bytes(f, seq)))
		return 0;
	f->next[f->producer] = seq + 1;
	return 1;
}

/* As many as there is room for, at most n. */
#ifndef LANE_FILL
LANE_INLINE uint32_t lane_fill(void *ring, struct lane_feed *f, uint32_t n)
{
	uint64_t seq = f->next[f->producer];
	uint32_t i = 0;

	for (; i < n; i++, seq++) {
		lane_barrier();
		if (!lane_put(ring, f->pool[seq % LANE_POOL], lane_bytes(f, seq)))
			break;
	}
	f->next[f->producer] = seq;
	return i;
}
#endif

static void lane_both(void *ring, struct lane_feed *in, struct lane_feed *out, uint64_t events,
		      uint32_t batch)
{
	for (; batch == 1 && events > 0; events--) {
		lane_one(ring, in);
		while (lane_take(ring, out, 1) == 0)
			;
	}
	while (events > 0) {
		uint32_t n = lane_fill(ring, in, events < batch ? (uint32_t)events : batch);

		for (uint32_t got = 0; got < n;)
			got += lane_take(ring, out, n - got);
		events -= n;
	}
}

static void lane_produce(void *ring, struct lane_feed *in, uint64_t events, uint32_t batch)
{
	uint32_t spins = 0;

	while (batch == 1 && events > 0) {
		if (lane_one(ring, in))
			events--;
		else
			lane_wait(&spins);
	}
	while (events > 0) {
		uint32_t n = lane_fill(ring, in, events < batch ? (uint32_t)events : batch);

		if (n == 0)
			lane_wait(&spins);
		events -= n;
	}
}

static void lane_consume(void *ring, struct lane_feed *out, uint64_t events, uint32_t batch)
{
	uint32_t spins = 0;

	while (batch == 1 && events > 0) {
		if (lane_take(ring, out, 1))
			events--;
		else
			lane_wait(&spins);
	}
	while (events > 0) {
		uint32_t n = lane_take(ring, out, events < batch ? (uint32_t)events : batch);

		if (n == 0)
			lane_wait(&spins);
		events -= n;
	}
}

static void lane_ping(void *there, void *back, struct lane_feed *in, struct lane_feed *out,
		      uint64_t rounds)
{
	for (; rounds > 0; rounds--) {
		lane_produce(there, in, 1, 1);
		lane_consume(back, out, 1, 1);
	}
}

static void lane_pong(void *there, void *back, struct lane_feed *in, struct lane_feed *out,
		      uint64_t rounds)
{
	for (; rounds > 0; rounds--) {
		lane_consume(there, out, 1, 1);
		lane_produce(back, in, 1, 1);
	}
}

#ifndef LANE_EXPORT
#define LANE_EXPORT lane
#endif
__attribute__((visibility("default"))) extern const struct lane LANE_EXPORT;
const struct lane LANE_EXPORT = {
	.version = LANE_VERSION,
	.name = LANE_NAME,
	.producers = LANE_PRODUCERS,
	.fixed = LANE_FIXED,
	.create = lane_create,
	.destroy = lane_destroy,
	.both = lane_both,
	.produce = lane_produce,
	.consume = lane_consume,
	.ping = lane_ping,
	.pong = lane_pong,
};
#endif

#endif
