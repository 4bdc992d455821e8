/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_hostile_loop.c - takes an event and never comes back.  Its fuel ends
 * it.
 */
#include "edgewasm/guest.h"

EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

int32_t edge_on_event(int32_t pending)
{
	volatile int32_t turns = pending;

	for (;;)
		turns++;
}
