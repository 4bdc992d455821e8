/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_copies.c - two bare copies of each event, in and out of a buffer: the least that passing it on costs. */
#include <stdlib.h>

#define LANE_NAME "copies"
#define LANE_EXPORT lane_copies
#define LANE_PRODUCERS 0 /* nothing that a second thread could use */
#define LANE_FIXED 0
#include "lane.h"

struct copies {
	uint32_t put, take, bytes;
	uint8_t *room;
};

static void *lane_create(uint32_t room_bytes, uint32_t event_bytes)
{
	struct copies *c = calloc(1, sizeof(*c));

	(void)event_bytes;
	if (!c)
		return NULL;
	c->bytes = room_bytes;
	c->room = aligned_alloc(64, room_bytes);
	if (c->room)
		memset(c->room, 1, room_bytes);
	return c;
}

static void lane_destroy(void *ring)
{
	struct copies *c = ring;

	free(c->room);
	free(c);
}

static inline uint32_t copies_step(const struct copies *c, uint32_t at, uint32_t bytes)
{
	at += (bytes + 7) & ~7u;
	return at > c->bytes - LANE_EVENT_MAX ? 0 : at;
}

LANE_INLINE bool lane_put(void *ring, const uint8_t *event, uint32_t bytes)
{
	struct copies *c = ring;

	memcpy(c->room + c->put, event, bytes);
	c->put = copies_step(c, c->put, bytes);
	return true;
}

LANE_INLINE uint32_t lane_take(void *ring, struct lane_feed *f, uint32_t max)
{
	struct copies *c = ring;

	for (uint32_t i = 0; i < max; i++) {
		uint64_t n = f->next[0];
		uint32_t bytes = lane_bytes(f, n);

		memcpy(f->out, c->room + c->take, bytes);
		lane_check(f, bytes);
		c->take = copies_step(c, c->take, bytes);
	}
	return max;
}
