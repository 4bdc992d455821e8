/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lane_one.h - the memory of every lane of our ring of one producer; LANE_SLIP is the configuration's. */
#ifndef EW_BENCH_LANE_ONE_H
#define EW_BENCH_LANE_ONE_H

#include <stdlib.h>
#include "edgewasm/ring.h"

static void *lane_create(uint32_t room_bytes, uint32_t event_bytes)
{
	size_t bytes = ew_ring_size(room_bytes);
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .slip = LANE_SLIP};
	struct ew_ring *r = NULL;

	(void)event_bytes;
	if (memory)
		ew_ring_init(memory, bytes, &cfg, &r);
	return r;
}

static void lane_destroy(void *ring)
{
	free(ring);
}

#endif
