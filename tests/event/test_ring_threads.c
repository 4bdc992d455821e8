/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_ring_threads.c - two threads on one ring, for a bounded time: every event arrives once, whole and
 * in order.  Meant to be run under ThreadSanitizer as well (see tests/event/README.md).
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

struct row {
	const char *name;
	size_t ring_bytes;
	uint32_t data_max;
	unsigned batch;	 /* claims for each commit, events for each read; 0: push and pop */
	unsigned aborts; /* one claim in so many is taken back; 0: none */
	enum ew_ring_policy policy;
};

static const struct row rows[] = {
	{"push and pop, smallest ring", EW_RING_MIN_BYTES, 16, 0, 0, EW_RING_REJECT},
	{"push and pop", 4096, 200, 0, 0, EW_RING_REJECT},
	{"push and pop, odd size", 4096 + 8, 200, 0, 0, EW_RING_REJECT},
	{"drop newest", 1024, 100, 0, 0, EW_RING_DROP_NEWEST},
	{"drop oldest", 1024, 100, 0, 0, EW_RING_DROP_OLDEST},
	{"drop oldest, batches", 2000, 100, 4, 5, EW_RING_DROP_OLDEST},
	{"claims one by one", 2048, 300, 1, 7, EW_RING_REJECT},
	{"batches of 16", 16384, 64, 16, 5, EW_RING_REJECT},
	{"batches larger than the room left", 1000, 90, 16, 3, EW_RING_REJECT},
};

struct run {
	const struct row *row;
	struct ew_ring *ring;
	_Atomic int stop, done;
	uint64_t offered, pushed;     /* producer */
	uint64_t got, bad, gaps, last; /* consumer */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The length and every byte follow from the sequence number. */
static uint32_t length_of(const struct row *row, uint64_t seq)
{
	return (uint32_t)(seq * 2654435761u >> 7) % (row->data_max + 1);
}

static uint8_t byte_of(uint64_t seq, uint32_t i)
{
	return (uint8_t)(seq * 131 + i * 17);
}

static void write_data(uint8_t *data, uint64_t seq, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		data[i] = byte_of(seq, i);
}

static void produce_pushes(struct run *run)
{
	uint8_t data[1024];

	while (!run->stop) {
		uint64_t seq = ew_ring_next_seq(run->ring);
		struct ew_event e = {.time_ns = ~seq, .data_bytes = length_of(run->row, seq)};

		write_data(data, seq, e.data_bytes);
		run->offered++;
		if (ew_ring_push(run->ring, &e, NULL, data) == EW_OK)
			run->pushed++;
		else
			sched_yield();
	}
}

static void produce_claims(struct run *run)
{
	uint64_t tries = 0;

	while (!run->stop) {
		unsigned n = 0;

		while (n < run->row->batch) {
			uint64_t seq = ew_ring_next_seq(run->ring);
			struct ew_event *e;

			run->offered++;
			if (ew_ring_claim(run->ring, 0, length_of(run->row, seq), &e) != EW_OK)
				break;
			e->time_ns = ~seq;
			write_data(ew_event_data(e), seq, e->data_bytes);
			if (run->row->aborts && ++tries % run->row->aborts == 0) {
				ew_ring_abort(run->ring);
				break;
			}
			n++;
		}
		run->pushed += ew_ring_commit(run->ring);
		if (n < run->row->batch)
			sched_yield();
	}
}

static void *producer(void *arg)
{
	struct run *run = arg;

	if (run->row->batch == 0)
		produce_pushes(run);
	else
		produce_claims(run);
	run->done = 1;
	return NULL;
}

static void check(struct run *run, const struct ew_event *e, const uint8_t *data)
{
	int bad = e->seq <= run->last || e->time_ns != ~e->seq ||
		  e->data_bytes != length_of(run->row, e->seq);

	run->gaps += e->seq - run->last - 1;
	run->last = e->seq;
	for (uint32_t i = 0; !bad && i < e->data_bytes; i++)
		bad = data[i] != byte_of(e->seq, i);
	run->bad += (uint64_t)bad;
	run->got++;
}

/* Consumes what is there; returns how many. */
static unsigned consume(struct run *run)
{
	const struct ew_event *out[16];
	struct ew_event e;
	uint8_t data[1024];
	unsigned n;

	if (run->row->batch == 0) {
		if (ew_ring_pop(run->ring, &e, data, sizeof(data)) != EW_OK)
			return 0;
		check(run, &e, data);
		return 1;
	}
	n = ew_ring_read(run->ring, out, run->row->batch);
	for (unsigned i = 0; i < n; i++)
		check(run, out[i], ew_event_data(out[i]));
	return ew_ring_release(run->ring, n);
}

static void *consumer(void *arg)
{
	struct run *run = arg;

	for (;;) {
		int done = run->done; /* read before looking: nothing comes after it */

		if (consume(run) != 0)
			continue;
		if (done)
			return NULL;
		sched_yield();
	}
}

static void one_row(const struct row *row)
{
	size_t bytes = ew_ring_size(row->ring_bytes);
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .policy = row->policy,
				     .slip = (uint32_t)(row - rows) % 2 * 4};
	struct run run = {.row = row};
	void *memory = malloc(bytes);
	uint64_t until = now_ns() + RUN_NS;
	struct ew_ring_stat st;
	pthread_t threads[2];

	assert_non_null(memory);
	assert_int_equal(ew_ring_init(memory, bytes, &cfg, &run.ring), EW_OK);
	assert_int_equal(pthread_create(&threads[0], NULL, producer, &run), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, consumer, &run), 0);
	while (now_ns() < until) {
		ew_ring_stat(run.ring, &st); /* from a third thread */
		assert_true(st.used_bytes <= row->ring_bytes);
		nanosleep(&(struct timespec){0, 5000000}, NULL);
	}
	run.stop = 1;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	ew_ring_stat(run.ring, &st);
	print_message("%s: %llu events, %llu without room\n", row->name, (unsigned long long)run.got,
		      (unsigned long long)(st.rejected_full + st.dropped_newest + st.dropped_oldest));
	assert_int_equal(run.bad, 0);
	assert_true(run.got > 0);
	assert_int_equal(st.released, run.got);
	assert_int_equal(st.pushed, run.got + st.dropped_oldest);
	assert_int_equal(st.used_bytes, 0);
	assert_int_equal(st.pushed + st.rejected_full + st.dropped_newest + st.aborted, run.offered);
	/* gaps are what was dropped; drops after the last event that arrived show in none yet */
	assert_true(run.gaps <= st.dropped_newest + st.dropped_oldest);
	assert_int_equal(run.gaps + ew_ring_next_seq(run.ring) - run.last - 1, st.dropped_newest + st.dropped_oldest);
	free(memory);
}

static void nothing_is_lost_or_torn(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		one_row(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_or_torn)};

	return cmocka_run_group_tests_name("ring, two threads", tests, NULL, NULL);
}
