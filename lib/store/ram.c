/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ram.c - storage in RAM: as plain memory, and as NOR flash that enforces what flash demands (write only
 * what is erased, in whole units).  Leaves cutting the power to the tests, which wrap it.
 */
#include "store/storage.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/alloc.h"
#include "store/config.h"

struct ram_storage {
	struct ew_alloc alloc;
	uint32_t block_count, block_bytes, write_bytes;
	uint8_t erased;
	uint8_t *bytes;
	uint8_t *units;	  /* flash: one bit for each unit written since its block was erased */
	uint32_t *erases; /* of each block */
};

static size_t unit_bytes(const struct ram_storage *s)
{
	return ((size_t)s->block_bytes / s->write_bytes * s->block_count + 7) / 8;
}

static uint8_t *address(const struct ram_storage *s, uint32_t block, uint32_t at)
{
	return s->bytes + (size_t)block * s->block_bytes + at;
}

static enum ew_status ram_read(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes)
{
	const struct ram_storage *s = ctx;

	if (!ewi_range_ok(s->block_count, s->block_bytes, 1, block, at, bytes))
		return EW_ERR_BOUNDS;
	if (bytes != 0)
		memcpy(out, address(s, block, at), bytes);
	return EW_OK;
}

static enum ew_status ram_write(void *ctx, uint32_t block, uint32_t at, const void *in, uint32_t bytes)
{
	struct ram_storage *s = ctx;

	if (!ewi_range_ok(s->block_count, s->block_bytes, s->write_bytes, block, at, bytes))
		return EW_ERR_BOUNDS;
	if (bytes != 0)
		memcpy(address(s, block, at), in, bytes);
	return EW_OK;
}

/* Every unit must be untouched, by its mark and by its bytes: a torn write leaves no mark. */
static enum ew_status flash_write(void *ctx, uint32_t block, uint32_t at, const void *in, uint32_t bytes)
{
	struct ram_storage *s = ctx;
	size_t first = ((size_t)block * s->block_bytes + at) / s->write_bytes;

	if (!ewi_range_ok(s->block_count, s->block_bytes, s->write_bytes, block, at, bytes))
		return EW_ERR_BOUNDS;
	for (uint32_t i = 0; i < bytes; i++)
		if (*address(s, block, at + i) != s->erased)
			return EW_ERR_STATE;
	for (size_t u = first; u < first + bytes / s->write_bytes; u++)
		if (s->units[u / 8] & 1u << u % 8)
			return EW_ERR_STATE;
	for (size_t u = first; u < first + bytes / s->write_bytes; u++)
		s->units[u / 8] |= (uint8_t)(1u << u % 8);
	return ram_write(ctx, block, at, in, bytes);
}

static enum ew_status ram_erase(void *ctx, uint32_t block)
{
	struct ram_storage *s = ctx;

	if (block >= s->block_count)
		return EW_ERR_BOUNDS;
	memset(address(s, block, 0), s->erased, s->block_bytes);
	if (s->units) {
		size_t first = (size_t)block * s->block_bytes / s->write_bytes;

		for (size_t u = first; u < first + s->block_bytes / s->write_bytes; u++)
			s->units[u / 8] &= (uint8_t)~(1u << u % 8);
	}
	s->erases[block]++;
	return EW_OK;
}

static enum ew_status ram_replace(void *ctx, uint32_t block, const void *in, uint32_t bytes)
{
	struct ram_storage *s = ctx;

	if (!ewi_range_ok(s->block_count, s->block_bytes, 1, block, 0, bytes))
		return EW_ERR_BOUNDS;
	memset(address(s, block, 0), s->erased, s->block_bytes);
	memcpy(address(s, block, 0), in, bytes);
	return EW_OK;
}

static enum ew_status ram_sync(void *ctx)
{
	(void)ctx;
	return EW_OK;
}

static void destroy(struct ram_storage *s)
{
	struct ew_alloc alloc = s->alloc;

	if (s->units)
		ewi_free(&alloc, s->units, unit_bytes(s), 1);
	ewi_free(&alloc, s->erases, s->block_count, sizeof(s->erases[0]));
	ewi_free(&alloc, s->bytes, s->block_count, s->block_bytes);
	ewi_free(&alloc, s, 1, sizeof(*s));
}

static enum ew_status create(const struct ew_storage_config *cfg, const struct ew_alloc *alloc,
			     bool flash, struct ew_storage *out)
{
	struct ew_storage_config c;
	struct ram_storage *s;

	memset(out, 0, sizeof(*out));
	if (!ewi_store_config(&c, sizeof(c), cfg))
		return EW_ERR_INVAL;
	c.block_bytes = c.block_bytes ? c.block_bytes : 4096;
	c.block_count = c.block_count ? c.block_count : 16;
	c.write_bytes = !flash ? 1 : c.write_bytes ? c.write_bytes : 8;
	if (!ewi_write_bytes_ok(c.write_bytes) || c.block_bytes % 8 != 0 ||
	    c.block_bytes % c.write_bytes != 0 || c.block_count > SIZE_MAX / c.block_bytes)
		return EW_ERR_INVAL;
	s = ewi_alloc(alloc, 1, sizeof(*s));
	if (!s)
		return EW_ERR_NOMEM;
	s->alloc = *alloc;
	s->block_count = c.block_count;
	s->block_bytes = c.block_bytes;
	s->write_bytes = c.write_bytes;
	s->erased = flash ? 0xff : 0;
	s->bytes = ewi_alloc(alloc, c.block_count, c.block_bytes);
	s->erases = ewi_alloc(alloc, c.block_count, sizeof(s->erases[0]));
	s->units = flash ? ewi_alloc(alloc, unit_bytes(s), 1) : NULL;
	if (!s->bytes || !s->erases || (flash && !s->units)) {
		destroy(s);
		return EW_ERR_NOMEM;
	}
	memset(s->bytes, s->erased, (size_t)c.block_count * c.block_bytes);
	*out = (struct ew_storage){
		.read = ram_read,
		.write = flash ? flash_write : ram_write,
		.erase = ram_erase,
		.sync = ram_sync,
		.replace = flash ? NULL : ram_replace,
		.ctx = s,
		.block_count = c.block_count,
		.block_bytes = c.block_bytes,
		.write_bytes = c.write_bytes,
		.erased = s->erased,
		.rewrite = !flash,
	};
	return EW_OK;
}

enum ew_status ew_storage_ram_create(const struct ew_storage_config *cfg,
				     const struct ew_alloc *alloc, struct ew_storage *out)
{
	return create(cfg, alloc, false, out);
}

enum ew_status ew_storage_flash_create(const struct ew_storage_config *cfg,
				       const struct ew_alloc *alloc, struct ew_storage *out)
{
	return create(cfg, alloc, true, out);
}

void ew_storage_ram_destroy(struct ew_storage *st)
{
	if (st->ctx)
		destroy(st->ctx);
	memset(st, 0, sizeof(*st));
}

uint8_t *ew_storage_ram_block(const struct ew_storage *st, uint32_t block)
{
	const struct ram_storage *s = st->ctx;

	return block < s->block_count ? address(s, block, 0) : NULL;
}

uint32_t ew_storage_ram_erases(const struct ew_storage *st, uint32_t block)
{
	const struct ram_storage *s = st->ctx;

	return block < s->block_count ? s->erases[block] : 0;
}

#endif
