/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * pack.h - telemetry made small: each column as differences between neighbours, in as few bytes as they need.
 * Compiled into the guest that packs, and natively into the ground station that unpacks.
 *
 * Packed: u8 number of records, then for each column the first value and the differences, each folded so that small
 * ones of either sign are small (0, -1, 1, -2 ...) and written 7 bits to a byte, the lowest first.
 */
#ifndef SYNC_PACK_H
#define SYNC_PACK_H

#include <stdint.h>

/* A record: little-endian i32 of time (ms), latitude and longitude (1e-7 degrees), altitude (mm), three speeds
 * (cm/s), battery (mV). */
#define PACK_COLUMNS 8u
#define PACK_RECORD_BYTES (4u * PACK_COLUMNS)
#define PACK_RECORDS_MAX 100u
#define PACK_MAX_BYTES (1u + 5u * PACK_COLUMNS * PACK_RECORDS_MAX)

static inline uint32_t pack_get(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* out has PACK_MAX_BYTES; returns how many are used, 0 when `bytes` is not 1 to PACK_RECORDS_MAX records. */
static inline uint32_t pack(const uint8_t *records, uint32_t bytes, uint8_t *out)
{
	const uint32_t count = bytes / PACK_RECORD_BYTES;
	uint32_t used = 1;

	if (bytes % PACK_RECORD_BYTES || count == 0 || count > PACK_RECORDS_MAX)
		return 0;
	out[0] = (uint8_t)count;
	for (uint32_t c = 0; c < PACK_COLUMNS; c++) {
		uint32_t last = 0;

		for (uint32_t r = 0; r < count; r++) {
			const uint32_t now = pack_get(records + r * PACK_RECORD_BYTES + 4 * c), d = now - last;
			uint32_t v = d << 1 ^ (d >> 31 ? UINT32_MAX : 0);

			for (; v >= 128; v >>= 7)
				out[used++] = (uint8_t)(v | 128);
			out[used++] = (uint8_t)v;
			last = now;
		}
	}
	return used;
}

/* out has PACK_RECORDS_MAX records; returns how many there were, 0 when the bytes are none of pack()'s. */
static inline uint32_t unpack(const uint8_t *in, uint32_t bytes, uint8_t *out)
{
	const uint32_t count = bytes ? in[0] : 0;
	uint32_t at = 1;

	if (count == 0 || count > PACK_RECORDS_MAX)
		return 0;
	for (uint32_t c = 0; c < PACK_COLUMNS; c++) {
		uint32_t last = 0;

		for (uint32_t r = 0; r < count; r++) {
			uint8_t *to = out + r * PACK_RECORD_BYTES + 4 * c;
			uint32_t v = 0, shift = 0, byte;

			do {
				if (at == bytes || shift > 28)
					return 0;
				byte = in[at++];
				v |= (byte & 127) << shift;
				shift += 7;
			} while (byte & 128);
			last += v >> 1 ^ (v & 1 ? UINT32_MAX : 0);
			for (int i = 0; i < 4; i++)
				to[i] = (uint8_t)(last >> 8 * i);
		}
	}
	return at == bytes ? count : 0;
}

#endif
