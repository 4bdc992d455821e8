/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * lz.c - compresses and restores a telemetry log: a hash table of earlier
 * places, matches of 4 to 67 bytes, a literal run or a match for each token.
 *
 *	0x00..0x7f  token + 1 literal bytes follow
 *	0x80..0xbf  a match of token - 0x80 + 4 bytes, two bytes of distance
 */
#include "guest.h"

#define INPUT 4096
#define HASH_BITS 10
#define MATCH_MIN 4
#define MATCH_MAX 67

static uint8_t input[INPUT], packed[INPUT * 2], restored[INPUT + MATCH_MAX];
static uint16_t places[1 << HASH_BITS];

static uint32_t put_text(uint32_t at, const char *text)
{
	while (*text != 0 && at < INPUT)
		input[at++] = (uint8_t)*text++;
	return at;
}

static uint32_t put_number(uint32_t at, uint32_t value)
{
	char digits[12];
	int32_t i = 11;

	digits[i] = 0;
	do {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return put_text(at, digits + i);
}

static void write_log(uint32_t seed)
{
	static const char *const names[] = { "spindle", "coolant", "axis_x" };
	uint32_t at = 0, time = 1000;

	while (at < INPUT) {
		time += 10 + next_random(&seed) % 3;
		at = put_text(at, "{\"t\":");
		at = put_number(at, time);
		at = put_text(at, ",\"sensor\":\"");
		at = put_text(at, names[next_random(&seed) % 3]);
		at = put_text(at, "\",\"value\":");
		at = put_number(at, 2000 + next_random(&seed) % 50);
		at = put_text(at, "}\n");
	}
}

static uint32_t hash4(const uint8_t *p)
{
	uint32_t v = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		     (uint32_t)p[3] << 24;

	return v * 2654435761u >> (32 - HASH_BITS);
}

static uint32_t match_length(uint32_t a, uint32_t b)
{
	uint32_t len = 0;

	while (len < MATCH_MAX && b + len < INPUT &&
	       input[a + len] == input[b + len])
		len++;
	return len;
}

static uint32_t put_literals(uint32_t out, uint32_t from, uint32_t to)
{
	while (from < to) {
		uint32_t run = to - from < 128 ? to - from : 128;

		packed[out++] = (uint8_t)(run - 1);
		while (run-- > 0)
			packed[out++] = input[from++];
	}
	return out;
}

static uint32_t compress(void)
{
	uint32_t at = 0, start = 0, out = 0;

	for (int32_t i = 0; i < COUNT_OF(places); i++)
		places[i] = 0;
	while (at + MATCH_MIN <= INPUT) {
		uint32_t slot = hash4(input + at), old = places[slot];
		uint32_t len = old < at ? match_length(old, at) : 0;

		places[slot] = (uint16_t)at;
		if (len < MATCH_MIN) {
			at++;
			continue;
		}
		out = put_literals(out, start, at);
		packed[out++] = (uint8_t)(0x80 + len - MATCH_MIN);
		packed[out++] = (uint8_t)(at - old);
		packed[out++] = (uint8_t)((at - old) >> 8);
		at += len;
		start = at;
	}
	return put_literals(out, start, INPUT);
}

static uint32_t restore(uint32_t packed_bytes)
{
	uint32_t in = 0, out = 0;

	while (in < packed_bytes && out < INPUT) {
		uint32_t token = packed[in++];

		if (token < 0x80) {
			for (uint32_t i = 0; i <= token; i++)
				restored[out++] = packed[in++];
		} else {
			uint32_t len = token - 0x80 + MATCH_MIN;
			uint32_t back = packed[in] |
					(uint32_t)packed[in + 1] << 8;

			in += 2;
			for (; len > 0; len--, out++)
				restored[out] = restored[out - back];
		}
	}
	return out;
}

GUEST(lz)
{
	uint32_t h = 1;

	for (int32_t i = 0; i < n; i++) {
		uint32_t bytes;

		write_log((uint32_t)i + 1);
		bytes = compress();
		h = fold(h, bytes);
		if (restore(bytes) != INPUT)
			return -1;
		for (uint32_t at = 0; at < INPUT; at++)
			if (restored[at] != input[at])
				return -2;
		h = fold(h, packed[bytes / 2]);
	}
	return (int32_t)h;
}
