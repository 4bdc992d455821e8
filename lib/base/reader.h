/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * reader.h - the only place where raw input is read byte by byte.
 *
 * A reader never passes its end.  The first failure is remembered with its offset; from then on every
 * read returns 0 and does not move, so a caller may read a whole structure and check once.
 */
#ifndef EW_BASE_READER_H
#define EW_BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/status.h"

struct ewi_reader {
	const uint8_t *start, *p, *end;
	size_t base;	      /* offset of start in the whole input, for messages */
	struct ew_error *err; /* where the first failure is told; may be NULL */
	bool failed;
};

void ewi_reader_init(struct ewi_reader *r, const void *bytes, size_t size, size_t base,
		     struct ew_error *err);

static inline size_t ewi_reader_left(const struct ewi_reader *r)
{
	return (size_t)(r->end - r->p);
}

/* The offset of the next byte in the whole input. */
static inline size_t ewi_reader_at(const struct ewi_reader *r)
{
	return r->base + (size_t)(r->p - r->start);
}

/* Mark the reader failed (EW_ERR_MALFORMED at `at`); returns false. */
bool ewi_reader_fail(struct ewi_reader *r, size_t at, const char *what);

/* As if one more byte were read: fails with "unexpected end", returns 0. */
uint8_t ewi_reader_short(struct ewi_reader *r);

static inline uint8_t ewi_read_u8(struct ewi_reader *r)
{
	return r->p < r->end ? *r->p++ : ewi_reader_short(r);
}

uint32_t ewi_read_le32(struct ewi_reader *r);
uint64_t ewi_read_le64(struct ewi_reader *r);
/* n bytes in place, or NULL after failing with "unexpected end". */
const uint8_t *ewi_read_bytes(struct ewi_reader *r, size_t n);

/*
 * LEB128 as in the WebAssembly spec, 5.2.2: at most ceil(N/7) bytes, unused bits of the last byte zero
 * (unsigned) or copies of the sign (signed).  Messages are the spec suite's: "integer representation
 * too long", "integer too large", "unexpected end".
 */
uint32_t ewi_read_long_u32(struct ewi_reader *r);

static inline uint32_t ewi_read_u32(struct ewi_reader *r)
{
	if (r->p < r->end && *r->p < 0x80) /* nearly every integer in a module */
		return *r->p++;
	return ewi_read_long_u32(r);
}

uint64_t ewi_read_u64(struct ewi_reader *r);
int32_t ewi_read_s32(struct ewi_reader *r);
int64_t ewi_read_s33(struct ewi_reader *r);
int64_t ewi_read_s64(struct ewi_reader *r);

/* True when the bytes are well-formed UTF-8 (Unicode 15, table 3-7). */
bool ewi_utf8_valid(const uint8_t *bytes, size_t size);

#endif
