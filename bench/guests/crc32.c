/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * crc32.c - CRC-32 (polynomial 0xedb88320, as in Ethernet) over 4 KiB by a
 * table of 256 words: one byte load, one table load, shift and xor.
 */
#include "guest.h"

static uint32_t table[256];
static uint8_t message[4096];

static uint32_t crc32(const uint8_t *data, uint32_t len)
{
	uint32_t crc = 0xffffffffu;

	for (uint32_t i = 0; i < len; i++)
		crc = table[(crc ^ data[i]) & 0xff] ^ crc >> 8;
	return ~crc;
}

GUEST(crc32)
{
	uint32_t seed = 3, h = 1;

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t value = i;

		for (int32_t bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (0xedb88320u & (0 - (value & 1)));
		table[i] = value;
	}
	for (int32_t i = 0; i < COUNT_OF(message); i++)
		message[i] = (uint8_t)next_random(&seed);
	for (int32_t i = 0; i < n; i++) {
		message[i & 4095]++;
		h = fold(h, crc32(message, sizeof(message)));
	}
	return (int32_t)h;
}
