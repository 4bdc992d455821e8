/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_hostile_trap.c - traps, each time in another way.
 */
#include "edgewasm/guest.h"

EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

static uint8_t payload[1024];
static volatile int32_t zero, least = INT32_MIN, minus_one = -1;
static int32_t (*volatile nobody)(float);

/* A function of another type, so that there is a table to miss in. */
static int32_t add_one(int32_t v)
{
	return v + 1;
}
static int32_t (*volatile somebody)(int32_t) = add_one;

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;

	if (edge_event_poll(&event, payload, sizeof(payload)) < 0)
		return EDGE_INVAL;
	switch (event.seq % 6) {
	case 0:
		__builtin_trap();
	case 1:
		return pending / zero;
	case 2:
		return least / minus_one;
	case 3:
		return *(volatile int32_t *)0xfffffff0u;
	case 4:
		return nobody(1.0f);
	default:
		nobody = (int32_t (*)(float))(uintptr_t)somebody;
		return nobody(1.0f);
	}
}
