/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* crc32c_arm.c - CRC-32C with the instructions of Arm's CRC extension. */
#include "store/crc32c.h"
#include "edgewasm/store.h"

#if EW_CONFIG_STORE && defined(EWI_CRC32C_ARM)
#include "base/le.h"

/*
 * Inline assembly rather than arm_acle.h: gcc 12 declares its intrinsics only when the whole file is
 * compiled for the extension, and this one must not be.
 */
static inline uint32_t step8(uint32_t crc, uint64_t word)
{
	__asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
	return crc;
}

static inline uint32_t step1(uint32_t crc, uint8_t byte)
{
	__asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"((uint32_t)byte));
	return crc;
}

uint32_t ewi_crc32c_arm(const struct ewi_crc32c_tables *tables, uint32_t crc, const void *bytes,
			size_t n)
{
	const uint8_t *p = bytes;

	(void)tables;
	crc = ~crc;
	for (; n >= 8; n -= 8, p += 8)
		crc = step8(crc, ewi_le64(p));
	for (; n > 0; n--, p++)
		crc = step1(crc, *p);
	return ~crc;
}

#endif
