/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* reader.c - bounds-checked reads, LEB128 and UTF-8. */
#include "base/error.h"
#include "base/le.h"
#include "base/reader.h"

void ewi_reader_init(struct ewi_reader *r, const void *bytes, size_t size, size_t base,
		     struct ew_error *err)
{
	r->start = r->p = bytes;
	r->end = size ? r->start + size : r->start; /* bytes may be NULL then */
	r->base = base;
	r->err = err;
	r->failed = false;
}

bool ewi_reader_fail(struct ewi_reader *r, size_t at, const char *what)
{
	if (!r->failed)
		ewi_error(r->err, EW_ERR_MALFORMED, at, "%s", what);
	r->failed = true;
	r->end = r->p;
	return false;
}

static bool need(struct ewi_reader *r, size_t n)
{
	if (ewi_reader_left(r) >= n)
		return true;
	return ewi_reader_fail(r, r->base + (size_t)(r->end - r->start), "unexpected end");
}

uint8_t ewi_reader_short(struct ewi_reader *r)
{
	need(r, 1);
	return 0;
}

uint32_t ewi_read_le32(struct ewi_reader *r)
{
	const uint8_t *p = ewi_read_bytes(r, 4);

	return p ? ewi_le32(p) : 0;
}

uint64_t ewi_read_le64(struct ewi_reader *r)
{
	const uint8_t *p = ewi_read_bytes(r, 8);

	return p ? ewi_le64(p) : 0;
}

const uint8_t *ewi_read_bytes(struct ewi_reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (!need(r, n))
		return NULL;
	r->p += n;
	return p;
}

/*
 * One LEB128 of N bits.  The last byte allowed holds N mod 7 bits (or 7); the rest of it must be a
 * proper extension.  Accumulates in 64 bits: shift is at most 63, so no shift is undefined.
 */
static uint64_t leb(struct ewi_reader *r, unsigned bits, bool is_signed)
{
	size_t at = ewi_reader_at(r);
	uint64_t v = 0;
	uint8_t byte;

	for (unsigned shift = 0;; shift += 7) {
		if (!need(r, 1))
			return 0;
		byte = *r->p++;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (shift + 7 >= bits) {
			unsigned used = bits - shift; /* 1 to 7 bits of this byte count */
			int ext = byte & 0x7f;

			if (byte & 0x80)
				return ewi_reader_fail(r, at, "integer representation too long");
			ext >>= is_signed ? used - 1 : used;
			if (ext != 0 && !(is_signed && ext == 0x7f >> (used - 1)))
				return ewi_reader_fail(r, at, "integer too large");
		}
		if (!(byte & 0x80)) {
			if (is_signed && (byte & 0x40) && shift + 7 < 64)
				v |= ~(uint64_t)0 << (shift + 7);
			return v;
		}
	}
}

uint32_t ewi_read_long_u32(struct ewi_reader *r)
{
	return (uint32_t)leb(r, 32, false);
}

uint64_t ewi_read_u64(struct ewi_reader *r)
{
	return leb(r, 64, false);
}

int32_t ewi_read_s32(struct ewi_reader *r)
{
	return (int32_t)(uint32_t)leb(r, 32, true);
}

int64_t ewi_read_s33(struct ewi_reader *r)
{
	return (int64_t)leb(r, 33, true);
}

int64_t ewi_read_s64(struct ewi_reader *r)
{
	return (int64_t)leb(r, 64, true);
}

/* Length of the sequence a lead byte opens, and the range its second byte must be in; table 3-7. */
static unsigned utf8_lead(uint8_t c, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef) {
		if (c == 0xe0)
			*low = 0xa0; /* overlong */
		if (c == 0xed)
			*high = 0x9f; /* surrogates */
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		if (c == 0xf0)
			*low = 0x90; /* overlong */
		if (c == 0xf4)
			*high = 0x8f; /* beyond U+10FFFF */
		return 4;
	}
	return 0;
}

bool ewi_utf8_valid(const uint8_t *p, size_t size)
{
	uint8_t low, high;

	for (size_t i = 0; i < size;) {
		unsigned n = utf8_lead(p[i], &low, &high);

		if (n == 0 || n > size - i)
			return false;
		if (n > 1 && (p[i + 1] < low || p[i + 1] > high))
			return false;
		for (unsigned k = 2; k < n; k++)
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
		i += n;
	}
	return true;
}
