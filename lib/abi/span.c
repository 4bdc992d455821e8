/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* span.c - guest pointers to host pointers; see span.h. */
#include "abi/span.h"

#if EW_CONFIG_ABI

static const uint8_t nothing; /* what an empty span points to when the memory has no bytes at all */

void *ewi_span(struct ew_instance *caller, uint32_t gaddr, uint32_t len)
{
	struct ew_memory *memory = ew_instance_memory(caller);
	void *p;

	if (!memory)
		return NULL;
	p = ew_memory_span(memory, gaddr, len);
	if (!p && len == 0 && gaddr <= ew_memory_size(memory))
		return (void *)(uintptr_t)&nothing;
	return p;
}

void *ewi_span_array(struct ew_instance *caller, uint32_t gaddr, uint32_t count, uint32_t size)
{
	uint64_t bytes = (uint64_t)count * size;

	return bytes > UINT32_MAX ? NULL : ewi_span(caller, gaddr, (uint32_t)bytes);
}

bool ewi_span_overlap(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
	return (uint64_t)a < (uint64_t)b + b_len && (uint64_t)b < (uint64_t)a + a_len;
}

#endif
