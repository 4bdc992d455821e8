/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_hostile_grow.c - takes memory for ever and writes to it.  The limit of
 * pages stops the growing, its fuel the asking.
 */
#include "edgewasm/guest.h"

EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

int32_t edge_on_event(int32_t pending)
{
	for (;;) {
		const uint32_t page = (uint32_t)__builtin_wasm_memory_grow(0, 1);

		if (page != UINT32_MAX)
			*(volatile int32_t *)(page * 65536u) = pending;
	}
}
