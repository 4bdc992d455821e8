/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * list.c - timers in a sorted linked list over a pool of nodes: loads that
 * depend on each other. Starts and stops one timer, then walks and expires.
 */
#include "guest.h"

#define NODES 256

struct timer {
	struct timer *next;
	uint32_t due, period, fired;
};

static struct timer pool[NODES];
static struct timer *active, *idle;

static void insert(struct timer *t)
{
	struct timer **at = &active;

	while (*at != 0 && (*at)->due <= t->due)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
}

static void start(uint32_t now, uint32_t period)
{
	struct timer *t = idle;

	if (t == 0)
		return;
	idle = t->next;
	t->period = period;
	t->due = now + period;
	t->fired = 0;
	insert(t);
}

static uint32_t expire(uint32_t now, uint32_t h)
{
	while (active != 0 && active->due <= now) {
		struct timer *t = active;

		active = t->next;
		h = fold(h, t->due + (uint32_t)(t - pool));
		if (++t->fired < 4) {
			t->due += t->period;
			insert(t);
		} else {
			t->next = idle;
			idle = t;
		}
	}
	return h;
}

static uint32_t walk(void)
{
	uint32_t sum = 0;

	for (const struct timer *t = active; t != 0; t = t->next)
		sum += t->due ^ t->fired;
	return sum;
}

GUEST(list)
{
	uint32_t seed = 31, h = 1;

	active = 0;
	idle = 0;
	for (int32_t i = NODES - 1; i >= 0; i--) {
		pool[i].next = idle;
		idle = &pool[i];
	}
	for (int32_t i = 0; i < n; i++) {
		uint32_t now = (uint32_t)i * 8;

		start(now, 100 + next_random(&seed) % 900);
		h = expire(now, h);
		h = fold(h, walk());
	}
	return (int32_t)h;
}
