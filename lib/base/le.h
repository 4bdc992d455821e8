/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* le.h - little-endian loads and stores at any alignment, on any host.  Compilers make one move of each. */
#ifndef EW_BASE_LE_H
#define EW_BASE_LE_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define EW_BIG_ENDIAN 1
#else
#define EW_BIG_ENDIAN 0
#endif

static inline uint16_t ewi_swap16(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

static inline uint32_t ewi_swap32(uint32_t v)
{
	return (uint32_t)ewi_swap16((uint16_t)v) << 16 | ewi_swap16((uint16_t)(v >> 16));
}

static inline uint64_t ewi_swap64(uint64_t v)
{
	return (uint64_t)ewi_swap32((uint32_t)v) << 32 | ewi_swap32((uint32_t)(v >> 32));
}

static inline uint16_t ewi_le16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return EW_BIG_ENDIAN ? ewi_swap16(v) : v;
}

static inline uint32_t ewi_le32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return EW_BIG_ENDIAN ? ewi_swap32(v) : v;
}

static inline uint64_t ewi_le64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return EW_BIG_ENDIAN ? ewi_swap64(v) : v;
}

static inline void ewi_put_le16(void *p, uint16_t v)
{
	v = EW_BIG_ENDIAN ? ewi_swap16(v) : v;
	memcpy(p, &v, sizeof(v));
}

static inline void ewi_put_le32(void *p, uint32_t v)
{
	v = EW_BIG_ENDIAN ? ewi_swap32(v) : v;
	memcpy(p, &v, sizeof(v));
}

static inline void ewi_put_le64(void *p, uint64_t v)
{
	v = EW_BIG_ENDIAN ? ewi_swap64(v) : v;
	memcpy(p, &v, sizeof(v));
}

#endif
