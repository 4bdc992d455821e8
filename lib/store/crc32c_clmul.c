/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * crc32c_clmul.c - CRC-32C with x86's instruction on three parts at once.
 *
 * The instruction takes three cycles and can begin every cycle, but each waits for the one before.  So three neighbouring
 * parts of `lane` bytes are summed side by side, and the sums of the first two moved past what follows them: by n bytes is
 * times x^8n modulo the polynomial.  A carry-less product with x^(8n-33), both bit-reversed, is that number before the
 * reduction, 33 bits ahead of where the sum of eight bytes with zero expects them.
 * Source: Gopal et al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction", Intel 2011.
 */
#include "store/crc32c.h"
#include "edgewasm/store.h"

#if EW_CONFIG_STORE && defined(EWI_CRC32C_CLMUL)
#include <immintrin.h>
#include <string.h>
#include "base/bits.h"

/* x^(8n-33) for one lane and for two. */
static const struct lanes {
	size_t bytes;
	uint32_t past_one, past_two;
} lanes[] = {{320, 0xbac2fd7b, 0x6b749fb2}, {80, 0x39d3b296, 0x878a92a7}};

EW_TARGET("sse4.2,pclmul")
static uint64_t load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

EW_TARGET("sse4.2,pclmul")
static uint32_t moved(uint32_t crc, uint32_t factor)
{
	__m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)factor), 0);

	return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

/* Less than eight bytes, in three steps at most. */
EW_TARGET("sse4.2,pclmul")
static uint32_t tail(uint32_t crc, const uint8_t *p, size_t n)
{
	uint32_t four;
	uint16_t two;

	if (n & 4) {
		memcpy(&four, p, sizeof(four));
		crc = _mm_crc32_u32(crc, four);
		p += 4;
	}
	if (n & 2) {
		memcpy(&two, p, sizeof(two));
		crc = _mm_crc32_u16(crc, two);
		p += 2;
	}
	return n & 1 ? _mm_crc32_u8(crc, *p) : crc;
}

EW_TARGET("sse4.2,pclmul")
uint32_t ewi_crc32c_clmul(const struct ewi_crc32c_tables *tables, uint32_t crc, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t a = ~crc, b, c;

	(void)tables;
	for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
		size_t lane = lanes[i].bytes;

		for (; n >= 3 * lane; n -= 3 * lane, p += 2 * lane) {
			b = c = 0;
			for (const uint8_t *end = p + lane; p < end; p += 8) {
				a = _mm_crc32_u64(a, load(p));
				b = _mm_crc32_u64(b, load(p + lane));
				c = _mm_crc32_u64(c, load(p + 2 * lane));
			}
			a = moved((uint32_t)a, lanes[i].past_two) ^ moved((uint32_t)b, lanes[i].past_one) ^ (uint32_t)c;
		}
	}
	for (; n >= 8; n -= 8, p += 8)
		a = _mm_crc32_u64(a, load(p));
	return ~tail((uint32_t)a, p, n);
}

#endif
