/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * crew.c - see crew.h.  A detector's run is a dozen jobs, half a millisecond each, so whoever waits for the other one
 * looks for a while before it sleeps: waking a thread takes some fifty microseconds.  Parts are taken one by one: where the
 * second thread comes late, the first one does them all.
 */
#define _POSIX_C_SOURCE 200809L

#include "crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define LOOKS 20000u /* about 100 microseconds */
#define STOP UINT64_MAX

struct crew {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t job;	   /* its number << 32, and parts that nobody has taken yet; STOP */
	uint32_t finished; /* parts of it */
	uint32_t sleepers;
	/* Of the job: written before `job` is, and not again before all its parts are finished. */
	ew_model_part_fn fn;
	void *work;
};

/*
 * Whoever changes a word looks for sleepers afterwards, and who goes to sleep is counted before it looks at the word once
 * more, all in one order (SEQ_CST): one of them sees the other.
 */
static void wake(struct crew *c)
{
	if (__atomic_load_n(&c->sleepers, __ATOMIC_SEQ_CST) == 0)
		return;
	pthread_mutex_lock(&c->lock);
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
}

static void rest(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

static void await(struct crew *c, bool (*come)(struct crew *c, uint64_t which), uint64_t which)
{
	for (uint32_t i = 0; i < LOOKS; i++) {
		if (come(c, which))
			return;
		rest();
	}
	pthread_mutex_lock(&c->lock);
	__atomic_add_fetch(&c->sleepers, 1, __ATOMIC_SEQ_CST);
	while (!come(c, which))
		pthread_cond_wait(&c->changed, &c->lock);
	__atomic_sub_fetch(&c->sleepers, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&c->lock);
}

static bool job_came(struct crew *c, uint64_t last)
{
	return __atomic_load_n(&c->job, __ATOMIC_SEQ_CST) >> 32 != last;
}

static bool parts_are_finished(struct crew *c, uint64_t parts)
{
	return __atomic_load_n(&c->finished, __ATOMIC_SEQ_CST) == parts;
}

/* Parts, until none is left to begin; the job's number. */
static uint64_t take_parts(struct crew *c)
{
	uint64_t job = __atomic_load_n(&c->job, __ATOMIC_SEQ_CST);

	while (job != STOP && (uint32_t)job != 0) {
		if (!__atomic_compare_exchange_n(&c->job, &job, job - 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
		job--; /* whose part is ours, so that it cannot end before us */
		c->fn(c->work, (uint32_t)job);
		__atomic_add_fetch(&c->finished, 1, __ATOMIC_SEQ_CST);
		wake(c);
	}
	return job >> 32;
}

static void *member(void *arg)
{
	struct crew *c = arg;
	uint64_t last = 0;

	while (last != STOP >> 32) {
		await(c, job_came, last);
		last = take_parts(c);
	}
	return NULL;
}

void crew_do(void *user, uint32_t parts, ew_model_part_fn fn, void *work)
{
	struct crew *c = user;
	const uint64_t number = (c->job >> 32) + 1;

	c->fn = fn;
	c->work = work;
	__atomic_store_n(&c->finished, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&c->job, (number == STOP >> 32 ? 1 : number) << 32 | parts, __ATOMIC_SEQ_CST);
	wake(c);
	take_parts(c);
	await(c, parts_are_finished, parts);
}

struct crew *crew_create(void)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	if (pthread_create(&c->thread, NULL, member, c) != 0) {
		free(c);
		return NULL;
	}
	return c;
}

void crew_destroy(struct crew *c)
{
	if (!c)
		return;
	__atomic_store_n(&c->job, STOP, __ATOMIC_SEQ_CST);
	wake(c);
	pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	free(c);
}
