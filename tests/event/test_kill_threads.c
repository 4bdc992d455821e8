/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_kill_threads.c - producers and consumers in processes of their own on shared memory, killed again and again at
 * whatever instruction they are, for a bounded time: what was committed comes out once and whole, and what comes out twice is
 * what a consumer that died had not released.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "edgewasm/event.h"

#define RUN_NS 1500000000ull
#define RING_BYTES 2048u
#define PRODUCERS 2u

/* In shared memory beside the ring. */
struct table {
	_Atomic uint64_t last;	     /* sequence number that the consumer saw last */
	_Atomic uint64_t seen;	     /* events that were new */
	_Atomic uint64_t again;	     /* events that came a second time */
	_Atomic uint64_t wrong;	     /* line of the first fault */
	_Atomic uint64_t began[PRODUCERS];	/* numbers that a producer began to claim for */
	_Atomic uint64_t committed[PRODUCERS];	/* it is back from commit with this many */
	_Atomic uint64_t arrived[PRODUCERS];	/* one more than the last number that came out */
	_Alignas(64) unsigned char memory[RING_BYTES + 4096];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void fault(struct table *t, int line)
{
	uint64_t none = 0;

	atomic_compare_exchange_strong(&t->wrong, &none, (uint64_t)line);
}

#define check(t, what) ((what) ? (void)0 : fault(t, __LINE__))

static uint32_t length_of(uint64_t n)
{
	return (uint32_t)(n * 2654435761u >> 9) % 150;
}

static void write_event(struct ew_event *e, uint64_t who, uint64_t n)
{
	e->time_ns = who << 48 | n;
	for (uint32_t i = 0; i < e->data_bytes; i++)
		ew_event_data(e)[i] = (uint8_t)(n * 131 + who + i);
}

/* Whole, and not before its turn. */
static void read_event(struct table *t, const struct ew_event *e)
{
	uint64_t who = e->time_ns >> 48, n = e->time_ns & 0xffffffffffffu;

	check(t, who < PRODUCERS);
	who = who < PRODUCERS ? who : 0;
	check(t, e->data_bytes == length_of(n));
	for (uint32_t i = 0; i < e->data_bytes; i++)
		check(t, ew_event_data(e)[i] == (uint8_t)(n * 131 + who + i));
	if (n + 1 == t->arrived[who]) {
		check(t, e->seq == t->last);
		t->again++;
		return;
	}
	check(t, e->seq >= t->last); /* equal: this one's reader died before it was known */
	check(t, n >= t->arrived[who] && n < t->began[who]);
	t->seen++;
	t->last = e->seq;
	t->arrived[who] = n + 1; /* from here on it is known; a death before counts it twice */
}

/* ---- one producer ---- */

static void ring_producer(struct table *t)
{
	uint64_t n = t->began[0];
	struct ew_event *e;
	struct ew_ring *r;

	if (ew_ring_attach(t->memory, sizeof(t->memory), &r) != EW_OK)
		fault(t, __LINE__);
	ew_ring_recover(r);
	for (;;) {
		t->began[0] = n + 1;
		while (ew_ring_claim(r, 0, length_of(n), &e) != EW_OK)
			;
		write_event(e, 0, n);
		(void)ew_ring_commit(r);
		t->committed[0]++;
		n++;
	}
}

static void ring_consumer(struct table *t)
{
	const struct ew_event *e;
	struct ew_ring *r;

	if (ew_ring_attach(t->memory, sizeof(t->memory), &r) != EW_OK)
		fault(t, __LINE__);
	for (;;)
		if (ew_ring_peek(r, &e) == EW_OK) {
			check(t, e->seq == t->last || e->seq == t->last + 1);
			read_event(t, e);
			(void)ew_ring_release(r, 1);
		}
}

/* ---- two producers ---- */

static void mring_produce(struct table *t, uint64_t who)
{
	uint64_t n = t->began[who];
	struct ew_event *e;
	struct ew_mring *r;

	if (ew_mring_attach(t->memory, sizeof(t->memory), &r) != EW_OK)
		fault(t, __LINE__);
	for (;;) {
		t->began[who] = n + 1;
		while (ew_mring_claim(r, 0, length_of(n), &e) != EW_OK)
			;
		write_event(e, who, n);
		ew_mring_commit(r, e);
		t->committed[who]++;
		n++;
	}
}

static void mring_first(struct table *t)
{
	mring_produce(t, 0);
}

static void mring_second(struct table *t)
{
	mring_produce(t, 1);
}

static void mring_consumer(struct table *t)
{
	const struct ew_event *e;
	struct ew_mring *r;

	if (ew_mring_attach(t->memory, sizeof(t->memory), &r) != EW_OK)
		fault(t, __LINE__);
	for (;;)
		if (ew_mring_peek(r, &e) == EW_OK) {
			read_event(t, e);
			(void)ew_mring_release(r, 1);
		}
}

/* ---- killing ---- */

static pid_t begin(void (*life)(struct table *), struct table *t)
{
	pid_t pid = fork();

	if (pid == 0) {
		life(t);
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void nap(uint64_t *random, uint32_t most_us)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	nanosleep(&(struct timespec){0, (long)(*random >> 33) % (most_us * 1000)}, NULL);
}

static struct table *table_new(void)
{
	struct table *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(t != MAP_FAILED);
	return t;
}

static void report(const struct table *t, unsigned deaths)
{
	print_message("%u deaths, %llu events, %llu of them twice\n", deaths, (unsigned long long)t->seen,
		      (unsigned long long)t->again);
	assert_int_equal(t->wrong, 0);
	assert_true(t->seen > 0);
}

static void one_producer(void **state)
{
	uint64_t until = now_ns() + RUN_NS, random = 1;
	struct table *t = table_new();
	unsigned deaths = 0;
	pid_t pids[2];
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .slip = 4};
	struct ew_ring *r;
	const struct ew_event *e;
	struct ew_ring_stat st;

	(void)state;
	assert_int_equal(ew_ring_init(t->memory, sizeof(t->memory), &cfg, &r), EW_OK);
	pids[0] = begin(ring_producer, t);
	pids[1] = begin(ring_consumer, t);
	for (; now_ns() < until; deaths++) {
		nap(&random, 3000);
		end(pids[random >> 40 & 1]);
		pids[random >> 40 & 1] = begin(random >> 40 & 1 ? ring_consumer : ring_producer, t);
	}
	end(pids[0]);
	end(pids[1]);
	ew_ring_recover(r);
	while (ew_ring_peek(r, &e) == EW_OK) {
		read_event(t, e);
		(void)ew_ring_release(r, 1);
	}
	ew_ring_stat(r, &st);
	assert_int_equal(st.used_bytes, 0);
	report(t, deaths + 2);
	/* counted here and not there, or twice: at most one event for each death */
	assert_true(t->seen + deaths + 2 >= t->committed[0] && t->seen <= t->committed[0] + deaths + 2);
	assert_int_equal(t->last, ew_ring_next_seq(r) - 1); /* and each number came, see ring_consumer() */
	munmap(t, sizeof(*t));
}

static void two_producers(void **state)
{
	static void (*const lives[])(struct table *) = {mring_first, mring_second, mring_consumer};
	uint64_t until = now_ns() + RUN_NS, random = 2, sum = 0;
	struct table *t = table_new();
	unsigned deaths = 0;
	struct ew_mring *r;
	const struct ew_event *e;
	struct ew_ring_stat st;

	(void)state;
	assert_int_equal(ew_mring_init(t->memory, sizeof(t->memory), NULL, &r), EW_OK);
	while (now_ns() < until) {
		pid_t pids[3];

		for (int i = 0; i < 3; i++)
			pids[i] = begin(lives[i], t);
		nap(&random, 6000);
		/* the consumer alone dies first, and its successor goes on beside the producers */
		end(pids[2]);
		ew_mring_recover_consumer(r);
		pids[2] = begin(lives[2], t);
		nap(&random, 3000);
		for (int i = 0; i < 3; i++)
			end(pids[(i + (int)(random >> 40 & 3)) % 3]);
		ew_mring_recover_consumer(r);
		ew_mring_recover_producers(r);
		deaths += 4;
	}
	while (ew_mring_peek(r, &e) == EW_OK) {
		read_event(t, e);
		(void)ew_mring_release(r, 1);
	}
	ew_mring_stat(r, &st);
	assert_int_equal(st.used_bytes, 0);
	report(t, deaths);
	print_message("%zu places abandoned\n", st.abandoned);
	for (uint32_t i = 0; i < PRODUCERS; i++)
		sum += t->committed[i];
	assert_true(t->seen + deaths >= sum && t->seen <= sum + deaths);
	munmap(t, sizeof(*t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_producer), cmocka_unit_test(two_producers)};

	return cmocka_run_group_tests_name("rings between processes that are killed", tests, NULL, NULL);
}
