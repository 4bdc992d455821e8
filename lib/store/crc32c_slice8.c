/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * crc32c_slice8.c - CRC-32C from tables, eight bytes at a time, for machines without the instruction.
 * Source: Kounavis and Berry, "A Systematic Approach to Building High Performance Software-Based CRC
 * Generators", 2005.
 */
#include "store/crc32c.h"
#include "edgewasm/store.h"

#if EW_CONFIG_STORE && !EW_CONFIG_SMALL
#include "base/le.h"

void ewi_crc32c_fill(struct ewi_crc32c_tables *tables)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t c = b;

		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (c & 1 ? EWI_CRC32C_POLYNOMIAL : 0);
		tables->t[0][b] = c;
	}
	for (int k = 1; k < 8; k++)
		for (uint32_t b = 0; b < 256; b++) {
			uint32_t c = tables->t[k - 1][b];

			tables->t[k][b] = c >> 8 ^ tables->t[0][c & 0xff];
		}
}

uint32_t ewi_crc32c_slice8(const struct ewi_crc32c_tables *tables, uint32_t crc, const void *bytes,
			   size_t n)
{
	const uint32_t (*t)[256] = tables->t;
	const uint8_t *p = bytes;

	crc = ~crc;
	for (; n >= 8; n -= 8, p += 8) {
		uint32_t a = crc ^ ewi_le32(p), b = ewi_le32(p + 4);

		crc = t[7][a & 0xff] ^ t[6][a >> 8 & 0xff] ^ t[5][a >> 16 & 0xff] ^ t[4][a >> 24] ^
		      t[3][b & 0xff] ^ t[2][b >> 8 & 0xff] ^ t[1][b >> 16 & 0xff] ^ t[0][b >> 24];
	}
	for (; n > 0; n--, p++)
		crc = crc >> 8 ^ t[0][(crc ^ *p) & 0xff];
	return ~crc;
}

#endif
