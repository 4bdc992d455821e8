/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* crew.c - see crew.h.  Parts are taken one by one, under a lock: there are few, and each takes some hundred microseconds. */
#define _POSIX_C_SOURCE 200809L

#include "crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct crew {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t begun, done;
	ew_model_part_fn fn;
	void *work;
	uint32_t next, parts, finished;
	bool stop;
};

/* With the lock held: parts, until none is left to begin. */
static void take_parts(struct crew *c)
{
	while (c->next < c->parts) {
		const uint32_t part = c->next++;

		pthread_mutex_unlock(&c->lock);
		c->fn(c->work, part);
		pthread_mutex_lock(&c->lock);
		c->finished++;
	}
	if (c->finished == c->parts)
		pthread_cond_signal(&c->done);
}

static void *member(void *arg)
{
	struct crew *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		take_parts(c);
		if (!c->stop && c->next == c->parts)
			pthread_cond_wait(&c->begun, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

void crew_do(void *user, uint32_t parts, ew_model_part_fn fn, void *work)
{
	struct crew *c = user;

	pthread_mutex_lock(&c->lock);
	c->fn = fn;
	c->work = work;
	c->next = c->finished = 0;
	c->parts = parts;
	pthread_cond_signal(&c->begun);
	take_parts(c);
	while (c->finished < c->parts)
		pthread_cond_wait(&c->done, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

struct crew *crew_create(void)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->begun, NULL);
	pthread_cond_init(&c->done, NULL);
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
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->begun);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->begun);
	pthread_cond_destroy(&c->done);
	free(c);
}
