/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* ring_full.h - what ring.c asks of ring_full.c: room, and what to do without. */
#ifndef EW_EVENT_RING_FULL_H
#define EW_EVENT_RING_FULL_H

#include "edgewasm/ring.h"

#define EWI_RING_NOWHERE UINT32_MAX
/* More never wait: the bound of every walk along frames, which damaged memory might lead round in a circle. */
#define EWI_RING_EVENTS(r) ((uint32_t)((r)->size / sizeof(struct ew_event)))

struct ew_ring_cursor *ewi_ring_cursor(const struct ew_ring *r, uint32_t k);
/* Bytes between a consumer and the offset `at` of the producer. */
uint32_t ewi_ring_behind(const struct ew_ring *r, const struct ew_ring_cursor *c, uint32_t at);

/*
 * Where a record of `bytes` goes that does not fit before the limit known so far: where the producer stands, or 0
 * after padding up to the end; EWI_RING_NOWHERE.  Drops the oldest events if that is the policy.
 */
uint32_t ewi_ring_make_room(struct ew_ring *r, uint32_t bytes);
/* The producer moves on to `end` after making room. */
void ewi_ring_end_at(struct ew_ring *r, uint32_t end);
/* There is none: count it.  Returns EW_ERR_FULL. */
enum ew_status ewi_ring_refuse(struct ew_ring *r);
/* Put *e in the place of a waiting event of its topic; false: there is none. */
bool ewi_ring_coalesce(struct ew_ring *r, const struct ew_event *e, const void *topic,
		       const void *data);

#endif
