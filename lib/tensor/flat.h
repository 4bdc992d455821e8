/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * flat.h - reads FlatBuffers that nobody vouches for.
 *
 * Every offset, vtable, field, vector and string is checked against the file before a byte of it is read,
 * at any alignment and on hosts of either byte order; nothing recurses.  The first failure is remembered
 * (EW_ERR_MALFORMED and the offset); from then on every look-up finds nothing, so that a caller may read a
 * whole table and check `failed` once.
 *
 * What the fields mean is left to tflite.h.
 * Source: FlatBuffers, "Internals" (tables, vtables, vectors, strings, file identifier).
 */
#ifndef EW_TENSOR_FLAT_H
#define EW_TENSOR_FLAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "base/le.h"
#include "edgewasm/status.h"

struct ewi_flat {
	const uint8_t *bytes;
	uint32_t size; /* at most EWI_FLAT_SIZE_MAX, so that at + width never overflows */
	bool failed;
	struct ew_error *err;
};

#define EWI_FLAT_SIZE_MAX 0x7fffffffu

/* A table whose vtable lies in the file, and all of whose vtable does.  at 0: there is none. */
struct ewi_table {
	uint32_t at;
	uint32_t vtable;
	uint16_t vtable_bytes, table_bytes;
};

/* A vector all of whose elements lie in the file.  count 0: empty, or there is none. */
struct ewi_vec {
	uint32_t at; /* of the first element */
	uint32_t count;
};

/* False (and failed) when it is too long, too short or does not carry the file identifier. */
bool ewi_flat_open(struct ewi_flat *f, const void *bytes, size_t size, const char identifier[4],
		   struct ew_error *err);
/* Remembers the first failure; returns false. */
bool ewi_flat_fail(struct ewi_flat *f, uint32_t at, const char *what);

struct ewi_table ewi_flat_root(struct ewi_flat *f);
/* The table at a place where one was found before. */
struct ewi_table ewi_flat_table_at(struct ewi_flat *f, uint32_t at);

/* Field `id` of a table (of no table too), or the default when it is left out. */
uint8_t ewi_flat_u8(struct ewi_flat *f, struct ewi_table t, unsigned id, uint8_t missing);
uint32_t ewi_flat_u32(struct ewi_flat *f, struct ewi_table t, unsigned id, uint32_t missing);
uint64_t ewi_flat_u64(struct ewi_flat *f, struct ewi_table t, unsigned id, uint64_t missing);
struct ewi_table ewi_flat_table(struct ewi_flat *f, struct ewi_table t, unsigned id);
struct ewi_vec ewi_flat_vec(struct ewi_flat *f, struct ewi_table t, unsigned id,
			    uint32_t element_bytes);
/* A string's bytes; *len 0 and never NULL when it is left out. */
const char *ewi_flat_string(struct ewi_flat *f, struct ewi_table t, unsigned id, uint32_t *len);

/* Element i < v.count of a vector of tables; of 32-bit integers. */
struct ewi_table ewi_flat_element(struct ewi_flat *f, struct ewi_vec v, uint32_t i);

static inline float ewi_flat_f32(struct ewi_flat *f, struct ewi_table t, unsigned id, float missing)
{
	uint32_t bits;
	float v;

	memcpy(&bits, &missing, sizeof(bits));
	bits = ewi_flat_u32(f, t, id, bits);
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static inline int32_t ewi_flat_i32_at(const struct ewi_flat *f, struct ewi_vec v, uint32_t i)
{
	return (int32_t)ewi_le32(f->bytes + v.at + 4 * i);
}

#endif
