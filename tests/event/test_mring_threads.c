/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_mring_threads.c - several threads into one ring, and one ring to several threads, for a bounded time: every event
 * arrives once at everybody, whole, and in its producer's order.  Meant for ThreadSanitizer as well.
 */
#include <setjmp.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "edgewasm/event.h"

#define RUN_NS 250000000ull
#define SIDES_MAX 4u

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Every byte follows from who sent it and its number there. */
static uint32_t length_of(uint64_t who, uint64_t n)
{
	return (uint32_t)((n + who) * 2654435761u >> 7) % 90;
}

static void write_event(struct ew_event *e, uint64_t who, uint64_t n)
{
	e->time_ns = who << 48 | n;
	for (uint32_t i = 0; i < e->data_bytes; i++)
		ew_event_data(e)[i] = (uint8_t)(n * 131 + who + i * 17);
}

static bool event_is_right(const struct ew_event *e)
{
	uint64_t who = e->time_ns >> 48, n = e->time_ns & 0xffffffffffffu;

	if (e->data_bytes != length_of(who, n))
		return false;
	for (uint32_t i = 0; i < e->data_bytes; i++)
		if (ew_event_data(e)[i] != (uint8_t)(n * 131 + who + i * 17))
			return false;
	return true;
}

/* ---- several producers ---- */

static const struct row {
	const char *name;
	size_t ring_bytes;
	uint32_t producers, align, batch, aborts; /* one claim in so many is aborted; 0: none */
	enum ew_ring_policy policy;
} rows[] = {
	{"2 producers", 4096, 2, 64, 1, 0, EW_RING_REJECT},
	{"4 producers, small ring", 512, 4, 8, 1, 0, EW_RING_REJECT},
	{"3 producers, aborts", 1000, 3, 8, 1, 5, EW_RING_REJECT},
	{"2 producers, batches", 4096, 2, 16, 4, 7, EW_RING_REJECT},
	{"3 producers, drop newest", 1024, 3, 64, 1, 0, EW_RING_DROP_NEWEST},
};

struct run {
	const struct row *row;
	struct ew_mring *ring;
	_Atomic int stop;
	_Atomic uint32_t done;
	_Atomic uint64_t sent[SIDES_MAX], aborted, refused;
	uint64_t got[SIDES_MAX], bad, last_seq, gaps;
};

struct side {
	struct run *run;
	uint32_t who;
};

static void *producer(void *arg)
{
	const struct side *s = arg;
	struct run *run = s->run;
	const struct row *row = run->row;
	uint64_t n = 0, tries = 0;

	while (!run->stop) {
		uint32_t count = row->batch, bytes = count > 1 ? 33 : length_of(s->who, n);
		struct ew_event *list[8];

		if (ew_mring_claim_batch(run->ring, count, 0, bytes, list) != EW_OK) {
			run->refused += count;
			sched_yield();
			continue;
		}
		if (row->aborts && ++tries % row->aborts == 0) {
			memset(ew_event_data(list[0]), 0xff, bytes);
			ew_mring_abort_batch(run->ring, list[0], count);
			run->aborted += count;
			continue;
		}
		for (uint32_t i = 0; i < count; i++, n++) {
			if (count > 1)
				list[i]->data_bytes = length_of(s->who, n) % 34;
			list[i]->time_ns = (uint64_t)s->who << 48 | n;
			if (count == 1)
				write_event(list[i], s->who, n);
		}
		ew_mring_commit_batch(run->ring, list[0], count);
	}
	run->sent[s->who] = n;
	run->done++;
	return NULL;
}

static void take(struct run *run, const struct ew_event *e)
{
	uint64_t who = e->time_ns >> 48, n = e->time_ns & 0xffffffffffffu;

	if (who >= run->row->producers || n != run->got[who] || e->seq <= run->last_seq ||
	    (run->row->batch == 1 && !event_is_right(e))) {
		run->bad++;
		return;
	}
	run->gaps += e->seq - run->last_seq - 1;
	run->last_seq = e->seq;
	run->got[who]++;
}

static void consume(struct run *run)
{
	const struct ew_event *list[16];

	for (;;) {
		bool last = run->done == run->row->producers;
		uint32_t n = ew_mring_read(run->ring, list, 16);

		for (uint32_t i = 0; i < n; i++)
			take(run, list[i]);
		if (n > 0)
			(void)ew_mring_release(run->ring, n);
		else if (last)
			return;
		else
			sched_yield();
	}
}

static void *stopper(void *arg)
{
	uint64_t until = now_ns() + RUN_NS;
	struct run *run = arg;
	struct ew_ring_stat st;

	while (now_ns() < until) {
		ew_mring_stat(run->ring, &st); /* from a thread of its own */
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	}
	run->stop = 1;
	return NULL;
}

static void one_row(const struct row *row)
{
	struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .record_align = row->align, .policy = row->policy,
				      .slip = (uint32_t)(row - rows) % 2 * 4};
	size_t bytes = ew_mring_size(row->ring_bytes);
	struct run *run = calloc(1, sizeof(*run));
	void *memory = malloc(bytes);
	pthread_t threads[SIDES_MAX + 1];
	struct side sides[SIDES_MAX];
	struct ew_ring_stat st;
	uint64_t got = 0;

	assert_true(run && memory);
	run->row = row;
	assert_int_equal(ew_mring_init(memory, bytes, &cfg, &run->ring), EW_OK);
	for (uint32_t i = 0; i < row->producers; i++) {
		sides[i] = (struct side){run, i};
		assert_int_equal(pthread_create(&threads[i], NULL, producer, &sides[i]), 0);
	}
	assert_int_equal(pthread_create(&threads[row->producers], NULL, stopper, run), 0);
	consume(run);
	for (uint32_t i = 0; i <= row->producers; i++)
		pthread_join(threads[i], NULL);
	ew_mring_stat(run->ring, &st);
	for (uint32_t i = 0; i < row->producers; i++) {
		assert_int_equal(run->got[i], run->sent[i]);
		got += run->got[i];
	}
	print_message("%s: %llu events, %llu refused\n", row->name, (unsigned long long)got,
		      (unsigned long long)run->refused);
	assert_int_equal(run->bad, 0);
	assert_true(got > 0);
	assert_int_equal(st.pushed, got);
	assert_int_equal(st.released, got);
	assert_int_equal(st.aborted, run->aborted);
	assert_int_equal(st.rejected_full + st.dropped_newest, run->refused);
	assert_int_equal(st.used_bytes, 0);
	assert_true(run->gaps <= st.dropped_newest + st.aborted);
	free(memory);
	free(run);
}

static void nothing_is_lost_or_torn(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		one_row(&rows[i]);
}

/* ---- several consumers of a ring with one producer ---- */

struct shared {
	struct ew_ring *ring;
	_Atomic int stop, done;
	uint64_t sent;
	struct reader {
		struct shared *shared;
		uint32_t which;
		uint64_t got, bad, last;
	} readers[SIDES_MAX];
};

static void *reader(void *arg)
{
	struct reader *me = arg;
	struct ew_ring *r = me->shared->ring;
	const struct ew_event *list[8];

	for (;;) {
		int last = me->shared->done;
		uint32_t n = ew_ring_read_as(r, me->which, list, me->which + 1);

		for (uint32_t i = 0; i < n; i++, me->got++) {
			me->bad += list[i]->seq <= me->last || !event_is_right(list[i]);
			me->last = list[i]->seq;
		}
		/* now and then in two parts */
		if (n > 1 && me->got % 3 == 0)
			n -= ew_ring_release_as(r, me->which, 1);
		if (n > 0)
			(void)ew_ring_release_as(r, me->which, n);
		else if (last)
			return NULL;
		else
			sched_yield();
	}
}

static void *sender(void *arg)
{
	struct shared *s = arg;
	uint64_t until = now_ns() + RUN_NS, n = 0;

	while (now_ns() < until) {
		struct ew_event *e;

		if (ew_ring_claim(s->ring, 0, length_of(0, n), &e) != EW_OK) {
			sched_yield();
			continue;
		}
		write_event(e, 0, n++);
		(void)ew_ring_commit(s->ring);
	}
	s->sent = n;
	s->done = 1;
	return NULL;
}

static void to_everybody(enum ew_ring_policy policy, uint32_t consumers)
{
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .policy = policy, .consumers = consumers,
				     .slip = consumers * 2};
	size_t bytes = ew_ring_size_shared(2048, consumers);
	struct shared *s = calloc(1, sizeof(*s));
	void *memory = malloc(bytes);
	pthread_t threads[SIDES_MAX + 1];

	assert_true(s && memory);
	assert_int_equal(ew_ring_init(memory, bytes, &cfg, &s->ring), EW_OK);
	for (uint32_t i = 0; i < consumers; i++) {
		s->readers[i] = (struct reader){.shared = s, .which = i};
		assert_int_equal(pthread_create(&threads[i], NULL, reader, &s->readers[i]), 0);
	}
	assert_int_equal(pthread_create(&threads[consumers], NULL, sender, s), 0);
	for (uint32_t i = 0; i <= consumers; i++)
		pthread_join(threads[i], NULL);
	for (uint32_t i = 0; i < consumers; i++) {
		struct ew_ring_consumer_stat cs;

		assert_int_equal(ew_ring_consumer_stat(s->ring, i, &cs), EW_OK);
		assert_int_equal(s->readers[i].bad, 0);
		assert_int_equal(cs.released, s->readers[i].got);
		assert_int_equal(cs.released + cs.dropped_oldest, s->sent);
		assert_true(policy == EW_RING_DROP_OLDEST || cs.dropped_oldest == 0);
		print_message("consumer %u: %llu events, %llu dropped\n", (unsigned)i,
			      (unsigned long long)cs.released, (unsigned long long)cs.dropped_oldest);
	}
	free(memory);
	free(s);
}

static void everybody_gets_everything(void **state)
{
	(void)state;
	to_everybody(EW_RING_REJECT, 3);
}

static void what_is_dropped_is_counted(void **state)
{
	(void)state;
	to_everybody(EW_RING_DROP_OLDEST, 1);
	to_everybody(EW_RING_DROP_OLDEST, 2);
}

/* ---- replacing while somebody reads ---- */

static void *replacer(void *arg)
{
	struct shared *s = arg;
	uint64_t until = now_ns() + RUN_NS, n = 0;

	while (now_ns() < until) {
		struct ew_event e = {.data_bytes = 40, .topic_bytes = 1, .time_ns = n};
		uint8_t data[40];

		for (uint32_t i = 0; i < 40; i++)
			data[i] = (uint8_t)(n * 131 + i * 17);
		if (ew_ring_push(s->ring, &e, n % 2 ? "a" : "b", data) == EW_OK)
			n++;
		else
			sched_yield();
	}
	s->sent = n;
	s->done = 1;
	return NULL;
}

static void replaced_whole(void **state)
{
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .policy = EW_RING_COALESCE};
	struct shared s = {0};
	static uint64_t memory[256];
	const struct ew_event *e;
	struct ew_ring_stat st;
	uint64_t last[2] = {0};
	pthread_t thread;

	(void)state;
	assert_int_equal(ew_ring_init(memory, sizeof(memory), &cfg, &s.ring), EW_OK);
	assert_int_equal(pthread_create(&thread, NULL, replacer, &s), 0);
	for (;;) {
		int end = s.done;

		if (ew_ring_peek(s.ring, &e) != EW_OK) {
			if (end)
				break;
			sched_yield();
			continue;
		}
		for (uint32_t i = 0; i < 40; i++)
			assert_int_equal(ew_event_data(e)[i], (uint8_t)(e->time_ns * 131 + i * 17));
		/* a topic's readings come in order, and only where another was waiting behind may one be older */
		assert_int_equal(*ew_event_topic(e), e->time_ns % 2 ? 'a' : 'b');
		last[e->time_ns % 2]++;
		assert_int_equal(ew_ring_release(s.ring, 1), 1);
	}
	pthread_join(thread, NULL);
	ew_ring_stat(s.ring, &st);
	print_message("%zu replaced of %llu\n", st.coalesced, (unsigned long long)s.sent);
	assert_int_equal(st.pushed + st.coalesced, s.sent);
	assert_int_equal(last[0] + last[1], st.pushed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_or_torn),
		cmocka_unit_test(everybody_gets_everything),
		cmocka_unit_test(what_is_dropped_is_counted),
		cmocka_unit_test(replaced_whole),
	};

	return cmocka_run_group_tests_name("rings, many threads", tests, NULL, NULL);
}
