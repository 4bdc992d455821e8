/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* flex.c - FlexBuffers maps; the contract is in flex.h. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include <string.h>
#include "base/le.h"
#include "tensor/flex.h"

/* Packed types: the type above two bits for the width. */
enum { FLEX_INT = 1, FLEX_UINT = 2, FLEX_INDIRECT_INT = 6, FLEX_INDIRECT_UINT = 7, FLEX_MAP = 9, FLEX_BOOL = 26 };

struct flex {
	const uint8_t *bytes;
	size_t size;
};

/* An unsigned number of 1, 2, 4 or 8 bytes; false outside the buffer. */
static bool number(const struct flex *f, size_t at, uint32_t width, uint64_t *v)
{
	if (width > f->size || at > f->size - width)
		return false;
	switch (width) {
	case 1: *v = f->bytes[at]; return true;
	case 2: *v = ewi_le16(f->bytes + at); return true;
	case 4: *v = ewi_le32(f->bytes + at); return true;
	default: *v = ewi_le64(f->bytes + at); return true;
	}
}

/* What the offset at `at` points back to. */
static bool follow(const struct flex *f, size_t at, uint32_t width, size_t *to)
{
	uint64_t offset;

	if (!number(f, at, width, &offset) || offset > at)
		return false;
	*to = at - (size_t)offset;
	return true;
}

static int64_t widen(uint64_t v, uint32_t width, bool is_signed)
{
	if (!is_signed || width == 8)
		return (int64_t)v;
	v ^= (uint64_t)1 << (8 * width - 1);
	return (int64_t)(v - ((uint64_t)1 << (8 * width - 1)));
}

static bool value_at(const struct flex *f, size_t at, uint32_t width, uint8_t packed, int64_t *out)
{
	uint32_t type = packed >> 2;
	uint64_t v;

	if (type == FLEX_INDIRECT_INT || type == FLEX_INDIRECT_UINT) {
		if (!follow(f, at, width, &at))
			return false;
		width = 1u << (packed & 3);
		type -= FLEX_INDIRECT_INT - FLEX_INT;
	}
	if ((type != FLEX_INT && type != FLEX_UINT && type != FLEX_BOOL) || !number(f, at, width, &v))
		return false;
	*out = widen(v, width, type == FLEX_INT);
	return true;
}

/* The NUL-terminated key at `at` is this one. */
static bool same_key(const struct flex *f, size_t at, const char *key)
{
	size_t len = strlen(key) + 1;

	return at <= f->size && f->size - at >= len && memcmp(f->bytes + at, key, len) == 0;
}

bool ewi_flex_int(const uint8_t *bytes, size_t size, const char *key, int64_t *value)
{
	struct flex f = {bytes, size};
	uint64_t count, key_width;
	uint32_t width;
	size_t map, keys;

	/* The last byte is the root's width, before it stands its type, before that the root. */
	if (size < 3 || bytes[size - 1] > 8 || (bytes[size - 2] >> 2) != FLEX_MAP ||
	    !bytes[size - 1] || bytes[size - 1] + 2u > size ||
	    !follow(&f, size - 2 - bytes[size - 1], bytes[size - 1], &map))
		return false;
	width = 1u << (bytes[size - 2] & 3);
	/* Before a map's elements: where its keys are, how wide their offsets, how many there are. */
	if (map < 3 * width || !follow(&f, map - 3 * width, width, &keys) ||
	    !number(&f, map - 2 * width, width, &key_width) || !number(&f, map - width, width, &count) ||
	    (key_width != 1 && key_width != 2 && key_width != 4 && key_width != 8) || count > size)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t at = map + count * width + i, name;

		if (at >= size || !follow(&f, keys + i * key_width, (uint32_t)key_width, &name))
			return false;
		if (same_key(&f, name, key))
			return value_at(&f, map + i * width, width, bytes[at], value);
	}
	return false;
}
#endif
