/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* crc32c_sse42.c - CRC-32C with x86's instruction. */
#include "store/crc32c.h"
#include "edgewasm/store.h"

#if EW_CONFIG_STORE && defined(EWI_CRC32C_SSE42)
#include <nmmintrin.h>
#include <string.h>
#include "base/bits.h"

EW_TARGET("sse4.2")
uint32_t ewi_crc32c_sse42(const struct ewi_crc32c_tables *tables, uint32_t crc, const void *bytes,
			  size_t n)
{
	const uint8_t *p = bytes;

	(void)tables;
	crc = ~crc;
#ifdef __x86_64__
	{
		uint64_t sum = crc, word;

		for (; n >= 8; n -= 8, p += 8) {
			memcpy(&word, p, sizeof(word));
			sum = _mm_crc32_u64(sum, word);
		}
		crc = (uint32_t)sum;
	}
#endif
	for (; n >= 4; n -= 4, p += 4) {
		uint32_t word;

		memcpy(&word, p, sizeof(word));
		crc = _mm_crc32_u32(crc, word);
	}
	for (; n > 0; n--, p++)
		crc = _mm_crc32_u8(crc, *p);
	return ~crc;
}

#endif
