/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_handle.c - a module in the manner of other function services: allocate, handle, deallocate.  Gives the
 * event's data back in capitals; nothing for "quiet", a pointer outside its memory for "wild", a trap for "trap".
 */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name), visibility("default")))

EXPORT("allocate") uint8_t *allocate(uint32_t len);
EXPORT("deallocate") void deallocate(uint8_t *p, uint32_t len);
EXPORT("handle") uint64_t handle(const uint8_t *in, uint32_t len);

static uint8_t heap[2048];
static uint32_t used;

uint8_t *allocate(uint32_t len)
{
	uint8_t *p = heap + used;

	if (len > sizeof(heap) - used)
		return (uint8_t *)0xffffff00u; /* out of memory, told by an address that is none */
	used += len;
	return p;
}

void deallocate(uint8_t *p, uint32_t len)
{
	(void)p;
	used -= len;
}

static int is(const uint8_t *in, uint32_t len, const char *word)
{
	uint32_t n = 0;

	while (word[n] && n < len && in[n] == (uint8_t)word[n])
		n++;
	return n == len && !word[n];
}

uint64_t handle(const uint8_t *in, uint32_t len)
{
	uint8_t *out;

	if (is(in, len, "quiet"))
		return 0;
	if (is(in, len, "wild"))
		return (uint64_t)0xfffffff0u << 32 | 32;
	if (is(in, len, "trap"))
		__builtin_trap();
	out = allocate(len);
	for (uint32_t i = 0; i < len; i++)
		out[i] = in[i] >= 'a' && in[i] <= 'z' ? (uint8_t)(in[i] - 32) : in[i];
	return (uint64_t)(uintptr_t)out << 32 | len;
}
