/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* crc32c_ref.c - CRC-32C by definition, and what small parts use: half a byte at a time. */
#include "store/crc32c.h"
#include "edgewasm/store.h"

#if EW_CONFIG_STORE

/* Entry i is i put through four steps of the shift register: c = c & 1 ? c >> 1 ^ polynomial : c >> 1. */
static const uint32_t nibble[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t ewi_crc32c_ref(const struct ewi_crc32c_tables *tables, uint32_t crc, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	(void)tables;
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return ~crc;
}

#endif
