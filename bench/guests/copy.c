/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * copy.c - what a libc does with bytes: copy, move with overlap, fill,
 * compare, length of a string, search, written as the loops they are.
 */
#include "guest.h"

#define BYTES 2048

static uint8_t one[BYTES], two[BYTES];

static NOINLINE void copy_bytes(uint8_t *to, const uint8_t *from, uint32_t len)
{
	while (len-- > 0)
		*to++ = *from++;
}

/* Both aligned to 4, len a multiple of 16. */
static NOINLINE void copy_words(uint32_t *to, const uint32_t *from,
				uint32_t len)
{
	for (uint32_t i = 0; i < len / 4; i += 4) {
		to[i] = from[i];
		to[i + 1] = from[i + 1];
		to[i + 2] = from[i + 2];
		to[i + 3] = from[i + 3];
	}
}

static NOINLINE void move_up(uint8_t *at, uint32_t by, uint32_t len)
{
	while (len-- > 0)
		at[len + by] = at[len];
}

static NOINLINE uint32_t string_length(const uint8_t *s)
{
	uint32_t len = 0;

	while (s[len] != 0)
		len++;
	return len;
}

static NOINLINE int32_t compare(const uint8_t *a, const uint8_t *b,
				uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (a[i] != b[i])
			return a[i] - b[i];
	return 0;
}

static NOINLINE uint32_t find(const uint8_t *s, uint8_t byte, uint32_t len)
{
	uint32_t i = 0;

	while (i < len && s[i] != byte)
		i++;
	return i;
}

static uint32_t words_one[BYTES / 4], words_two[BYTES / 4];

GUEST(copy)
{
	uint32_t seed = 8, h = 1;

	for (uint32_t i = 0; i < BYTES; i++)
		one[i] = (uint8_t)(1 + next_random(&seed) % 254);
	for (uint32_t i = 0; i < BYTES / 4; i++)
		words_one[i] = next_random(&seed);
	for (int32_t i = 0; i < n; i++) {
		uint32_t at = (uint32_t)i % 1000;

		copy_bytes(two, one + at, BYTES - at);
		move_up(two, 7, 1000);
		two[BYTES - 1 - at] = 0;
		h = fold(h, string_length(two));
		h = fold(h, find(two, 255, BYTES - 1));
		h = fold(h, (uint32_t)compare(two + 7, one + at, 1000));
		words_one[at & 511] += h;
		copy_words(words_two, words_one, BYTES);
		h = fold(h, words_two[(at * 3) & 511]);
	}
	return (int32_t)h;
}
