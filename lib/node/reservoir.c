/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* reservoir.c - a fair sample of raw windows: Vitter's algorithm R over slots in the caller's memory. */
#include "edgewasm/watch.h"

#if EW_CONFIG_NODE
#include <string.h>

enum ew_status ew_reservoir_init(struct ew_reservoir *r, void *memory, size_t size,
				 uint32_t window_bytes, uint64_t seed)
{
	size_t slots;

	if (window_bytes == 0 || window_bytes > UINT32_MAX - 8)
		return EW_ERR_INVAL;
	slots = size / EW_RESERVOIR_STRIDE(window_bytes);
	if (slots == 0)
		return EW_ERR_INVAL;
	r->memory = memory;
	r->slots = slots > UINT32_MAX ? UINT32_MAX : (uint32_t)slots;
	r->window_bytes = window_bytes;
	r->stride = EW_RESERVOIR_STRIDE(window_bytes);
	r->offered = 0;
	r->state = seed;
	return EW_OK;
}

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Below n, each as likely: numbers of the last, incomplete run of n are drawn again. */
static uint64_t below(uint64_t *state, uint64_t n)
{
	uint64_t end = UINT64_MAX - UINT64_MAX % n, v;

	do
		v = next(state);
	while (v >= end);
	return v % n;
}

bool ew_reservoir_offer(struct ew_reservoir *r, const void *window, uint32_t size)
{
	uint64_t slot = r->offered < r->slots ? r->offered : below(&r->state, r->offered + 1);
	uint8_t *p;

	r->offered++;
	if (slot >= r->slots)
		return false;
	p = r->memory + slot * r->stride;
	size = size > r->window_bytes ? r->window_bytes : size;
	memcpy(p, &size, sizeof(size));
	if (size != 0)
		memcpy(p + 4, window, size);
	return true;
}

const void *ew_reservoir_at(const struct ew_reservoir *r, uint32_t slot, uint32_t *size)
{
	const uint8_t *p = r->memory + (size_t)slot * r->stride;

	if (slot >= r->slots || slot >= r->offered)
		return NULL;
	memcpy(size, p, sizeof(*size));
	return p + 4;
}

#endif
