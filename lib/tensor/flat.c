/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* flat.c - checked FlatBuffers access; the contract is in flat.h. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "base/error.h"
#include "tensor/flat.h"

static const struct ewi_table no_table;
static const struct ewi_vec no_vec;

bool ewi_flat_fail(struct ewi_flat *f, uint32_t at, const char *what)
{
	if (!f->failed)
		ewi_error(f->err, EW_ERR_MALFORMED, at, "byte %u: %s", (unsigned)at, what);
	f->failed = true;
	return false;
}

bool ewi_flat_open(struct ewi_flat *f, const void *bytes, size_t size, const char identifier[4],
		   struct ew_error *err)
{
	*f = (struct ewi_flat){bytes, 0, false, err};
	if (size > EWI_FLAT_SIZE_MAX)
		return ewi_flat_fail(f, 0, "file of 2 GiB or more");
	f->size = (uint32_t)size;
	if (size < 8 || memcmp(f->bytes + 4, identifier, 4) != 0)
		return ewi_flat_fail(f, 4, "not this kind of file: the identifier is another one");
	return true;
}

/* Bytes [at, at + n) are in the file.  at <= 2^31 and n <= 2^32, so 64 bits cannot overflow. */
static bool inside(const struct ewi_flat *f, uint64_t at, uint64_t n)
{
	return at + n <= f->size;
}

/*
 * The table at `at`: a signed offset back to its vtable, then its fields.  The vtable: its own size and
 * the table's, then one 16-bit offset into the table for each field.
 */
static struct ewi_table table_at(struct ewi_flat *f, uint64_t at)
{
	struct ewi_table t;
	int64_t vtable;

	if (!inside(f, at, 4)) {
		ewi_flat_fail(f, f->size, "a table outside the file");
		return no_table;
	}
	vtable = (int64_t)at - (int32_t)ewi_le32(f->bytes + at);
	if (vtable < 0 || !inside(f, (uint64_t)vtable, 4)) {
		ewi_flat_fail(f, (uint32_t)at, "a vtable outside the file");
		return no_table;
	}
	t.at = (uint32_t)at;
	t.vtable = (uint32_t)vtable;
	t.vtable_bytes = ewi_le16(f->bytes + vtable);
	t.table_bytes = ewi_le16(f->bytes + vtable + 2);
	if (t.vtable_bytes < 4 || t.vtable_bytes % 2 != 0 ||
	    !inside(f, t.vtable, t.vtable_bytes)) {
		ewi_flat_fail(f, t.vtable, "a vtable of an impossible size");
		return no_table;
	}
	if (t.table_bytes < 4 || !inside(f, at, t.table_bytes)) {
		ewi_flat_fail(f, t.at, "a table of an impossible size");
		return no_table;
	}
	return t;
}

struct ewi_table ewi_flat_root(struct ewi_flat *f)
{
	if (f->failed)
		return no_table;
	return table_at(f, ewi_le32(f->bytes));
}

struct ewi_table ewi_flat_table_at(struct ewi_flat *f, uint32_t at)
{
	return f->failed ? no_table : table_at(f, at);
}

/* Where field `id` of `width` bytes is; 0 when it is left out (no field can be at 0). */
static uint32_t field_at(struct ewi_flat *f, struct ewi_table t, unsigned id, uint32_t width)
{
	uint32_t slot = 4 + 2 * id, offset;

	if (f->failed || t.at == 0 || slot + 2 > t.vtable_bytes)
		return 0;
	offset = ewi_le16(f->bytes + t.vtable + slot);
	if (offset == 0)
		return 0;
	if (offset < 4 || offset + width > t.table_bytes) {
		ewi_flat_fail(f, t.vtable + slot, "a field outside its table");
		return 0;
	}
	return t.at + offset;
}

uint8_t ewi_flat_u8(struct ewi_flat *f, struct ewi_table t, unsigned id, uint8_t missing)
{
	uint32_t at = field_at(f, t, id, 1);

	return at ? f->bytes[at] : missing;
}

uint32_t ewi_flat_u32(struct ewi_flat *f, struct ewi_table t, unsigned id, uint32_t missing)
{
	uint32_t at = field_at(f, t, id, 4);

	return at ? ewi_le32(f->bytes + at) : missing;
}

uint64_t ewi_flat_u64(struct ewi_flat *f, struct ewi_table t, unsigned id, uint64_t missing)
{
	uint32_t at = field_at(f, t, id, 8);

	return at ? ewi_le64(f->bytes + at) : missing;
}

struct ewi_table ewi_flat_table(struct ewi_flat *f, struct ewi_table t, unsigned id)
{
	uint32_t at = field_at(f, t, id, 4);

	return at ? table_at(f, (uint64_t)at + ewi_le32(f->bytes + at)) : no_table;
}

struct ewi_vec ewi_flat_vec(struct ewi_flat *f, struct ewi_table t, unsigned id,
			    uint32_t element_bytes)
{
	uint32_t at = field_at(f, t, id, 4);
	struct ewi_vec v;
	uint64_t start;

	if (!at)
		return no_vec;
	start = (uint64_t)at + ewi_le32(f->bytes + at);
	if (!inside(f, start, 4)) {
		ewi_flat_fail(f, at, "a vector outside the file");
		return no_vec;
	}
	v.at = (uint32_t)start + 4;
	v.count = ewi_le32(f->bytes + start);
	if (!inside(f, v.at, (uint64_t)v.count * element_bytes)) {
		ewi_flat_fail(f, (uint32_t)start, "a vector that is longer than the file");
		return no_vec;
	}
	return v;
}

const char *ewi_flat_string(struct ewi_flat *f, struct ewi_table t, unsigned id, uint32_t *len)
{
	struct ewi_vec v = ewi_flat_vec(f, t, id, 1);

	*len = v.count;
	return v.count ? (const char *)f->bytes + v.at : "";
}

struct ewi_table ewi_flat_element(struct ewi_flat *f, struct ewi_vec v, uint32_t i)
{
	uint32_t at = v.at + 4 * i;

	return f->failed ? no_table : table_at(f, (uint64_t)at + ewi_le32(f->bytes + at));
}
#endif
