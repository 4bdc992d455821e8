/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * crc32c.h - CRC-32C (Castagnoli): reflected polynomial 0x82f63b78, all ones in, inverted out; the check
 * value of "123456789" is 0xe3069283.  Source: RFC 3720, appendix B.4.
 *
 * A running sum starts at 0 and is passed from call to call; it is right after each.
 */
#ifndef EW_STORE_CRC32C_H
#define EW_STORE_CRC32C_H

#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"

#define EWI_CRC32C_POLYNOMIAL 0x82f63b78u

/* Slice-by-8: table [k][b] is the sum of byte b followed by k zero bytes. */
struct ewi_crc32c_tables {
	uint32_t t[8][256];
};

typedef uint32_t ewi_crc32c_update(const struct ewi_crc32c_tables *tables, uint32_t crc,
				   const void *bytes, size_t n);

/* The definition, four bits at a time; 64 bytes of table.  Ignores tables. */
ewi_crc32c_update ewi_crc32c_ref;
/* Eight bytes at a time; needs tables. */
ewi_crc32c_update ewi_crc32c_slice8;
void ewi_crc32c_fill(struct ewi_crc32c_tables *tables);
/* With the CPU's instruction: x86 with SSE4.2, Arm with its CRC extension.  Ignore tables. */
#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define EWI_CRC32C_SSE42 1
ewi_crc32c_update ewi_crc32c_sse42;
#endif
#if defined(EWI_CRC32C_SSE42) && defined(__x86_64__)
#define EWI_CRC32C_CLMUL 1
ewi_crc32c_update ewi_crc32c_clmul; /* and with its carry-less multiplication */
#endif
#if defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
#define EWI_CRC32C_ARM 1
ewi_crc32c_update ewi_crc32c_arm;
#endif

/* The variant chosen for this machine, and its tables if it has any. */
struct ewi_crc32c {
	ewi_crc32c_update *update;
	struct ewi_crc32c_tables *tables;
};

/* cpu: ewi_cpu_features().  Takes 8 KiB on a large machine without the instruction: EW_ERR_NOMEM. */
enum ew_status ewi_crc32c_init(struct ewi_crc32c *c, uint32_t cpu, const struct ew_alloc *alloc);
void ewi_crc32c_deinit(struct ewi_crc32c *c, const struct ew_alloc *alloc);

static inline uint32_t ewi_crc32c(const struct ewi_crc32c *c, uint32_t crc, const void *bytes, size_t n)
{
	return c->update(c->tables, crc, bytes, n);
}

#endif
