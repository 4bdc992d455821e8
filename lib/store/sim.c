/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * sim.c - a storage that loses its power, tears what it was doing, and fails when told to.
 *
 * Files have two images: what reads see, and what would survive.  What was done since the last sync is kept as a
 * journal; a sync replays all of it on the second image, a power cut some of it, each part for itself.  RAM and
 * flash have no journal: what is done is done.
 */
#include "store/storage.h"

#if EW_CONFIG_STORE && EW_CONFIG_STORAGE_SIM
#include <string.h>
#include "base/alloc.h"
#include "store/config.h"

struct entry {
	struct ew_sim_op op; /* data: NULL, it lies in the journal's bytes */
	size_t data_at;
};

struct sim {
	struct ew_alloc alloc;
	struct ew_sim_config cfg;
	uint8_t erased;
	uint8_t *now;	  /* what reads see */
	uint8_t *durable; /* files: what a sync has made so */
	uint8_t *units;	  /* flash: one bit for each unit written since its block was erased */
	uint32_t *erases;
	struct entry *journal;
	size_t entries, entry_cap;
	uint8_t *bytes; /* of the journal's writes */
	size_t byte_count, byte_cap;
	uint32_t fail_in[EW_SIM_REPLACE + 1];
	enum ew_status fail_with[EW_SIM_REPLACE + 1];
	struct ew_sim_stat stat;
};

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t image_bytes(const struct sim *s)
{
	return (size_t)s->cfg.block_bytes * s->cfg.block_count;
}

static size_t unit_bytes(const struct sim *s)
{
	return (image_bytes(s) / s->cfg.write_bytes + 7) / 8;
}

static size_t offset_of(const struct sim *s, const struct ew_sim_op *op)
{
	return (size_t)op->block * s->cfg.block_bytes + op->at;
}

/* ---- what a call does to an image ---- */

static void apply(const struct sim *s, uint8_t *image, const struct ew_sim_op *op, const uint8_t *data)
{
	if (op->call == EW_SIM_WRITE && op->bytes != 0)
		memcpy(image + offset_of(s, op), data, op->bytes);
	if (op->call == EW_SIM_ERASE || op->call == EW_SIM_REPLACE)
		memset(image + offset_of(s, op), s->erased, s->cfg.block_bytes);
	if (op->call == EW_SIM_REPLACE)
		memcpy(image + offset_of(s, op), data, op->bytes);
}

/* Some bits of what byte was becoming: flash cells only go one way in a write, and the other in an erase. */
static uint8_t mix(uint8_t was, uint8_t becoming, uint8_t mask)
{
	return (uint8_t)((was & ~mask) | (becoming & mask));
}

/* Some of it, as the power goes. */
static void apply_torn(const struct sim *s, uint8_t *image, const struct ew_sim_op *op, const uint8_t *data,
		       enum ew_sim_tear tear, uint64_t *seed)
{
	uint32_t bytes = op->call == EW_SIM_WRITE ? op->bytes : s->cfg.block_bytes, whole;
	uint64_t luck = next_random(seed);
	uint8_t *p = image + offset_of(s, op);

	if (op->call == EW_SIM_SYNC || bytes == 0)
		return;
	if (tear == EW_SIM_WHOLE || op->call == EW_SIM_REPLACE) {
		if (luck & 1)
			apply(s, image, op, data);
		return;
	}
	whole = (uint32_t)((luck >> 8) % (bytes + 1));
	for (uint32_t i = 0; i < bytes; i++) {
		uint8_t becoming = op->call == EW_SIM_WRITE ? data[i] : s->erased;

		if (i < whole)
			p[i] = becoming;
		else if (tear == EW_SIM_TORN_BITS && (i == whole || (luck & 1))) /* one byte, or all that follow */
			p[i] = mix(p[i], becoming, (uint8_t)next_random(seed));
	}
}

/* Which units of flash were touched: those that differ from erased, besides those known. */
static void mark_units(struct sim *s, const struct ew_sim_op *op, bool whole)
{
	uint32_t unit = s->cfg.write_bytes, bytes = op->call == EW_SIM_WRITE ? op->bytes : s->cfg.block_bytes;
	size_t at = offset_of(s, op);

	if (!s->units || op->call == EW_SIM_SYNC)
		return;
	for (size_t u = at / unit; u < (at + bytes) / unit; u++) {
		bool touched = whole && op->call == EW_SIM_WRITE;

		for (uint32_t i = 0; i < unit; i++)
			touched |= s->now[u * unit + i] != s->erased;
		s->units[u / 8] = (uint8_t)((s->units[u / 8] & ~(1u << u % 8)) | (unsigned)touched << u % 8);
	}
}

/* ---- the journal ---- */

static void *grown(const struct ew_alloc *alloc, void *p, size_t *cap, size_t need, size_t size)
{
	size_t want = *cap ? *cap : 64;
	void *q;

	if (need <= *cap)
		return p;
	while (want < need)
		want *= 2;
	q = ewi_realloc(alloc, p, *cap, want, size);
	if (q)
		*cap = want;
	return q;
}

static enum ew_status remember(struct sim *s, const struct ew_sim_op *op)
{
	struct entry *journal = grown(&s->alloc, s->journal, &s->entry_cap, s->entries + 1, sizeof(*journal));
	uint8_t *bytes;

	if (!journal)
		return EW_ERR_NOMEM;
	s->journal = journal;
	bytes = grown(&s->alloc, s->bytes, &s->byte_cap, s->byte_count + op->bytes, 1);
	if (!bytes && op->bytes != 0)
		return EW_ERR_NOMEM;
	s->bytes = bytes;
	if (op->bytes != 0)
		memcpy(bytes + s->byte_count, op->data, op->bytes);
	journal[s->entries] = (struct entry){.op = *op, .data_at = s->byte_count};
	s->entries++;
	s->byte_count += op->bytes;
	return EW_OK;
}

/* ---- the interface ---- */

/* The hook, and whether the call is to fail. */
static enum ew_status begin(struct sim *s, const struct ew_sim_op *op)
{
	struct ew_storage view = {.ctx = s};

	if (op->call != EW_SIM_READ && s->cfg.before)
		s->cfg.before(s->cfg.ctx, &view, op);
	if (s->fail_in[op->call] != 0 && --s->fail_in[op->call] == 0)
		return s->fail_with[op->call];
	return EW_OK;
}

static enum ew_status sim_read(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes)
{
	struct sim *s = ctx;
	struct ew_sim_op op = {.call = EW_SIM_READ, .block = block, .at = at, .bytes = bytes};
	enum ew_status st;

	if (!ewi_range_ok(s->cfg.block_count, s->cfg.block_bytes, 1, block, at, bytes))
		return EW_ERR_BOUNDS;
	st = begin(s, &op);
	if (st != EW_OK)
		return st;
	s->stat.reads++;
	if (bytes != 0)
		memcpy(out, s->now + offset_of(s, &op), bytes);
	return EW_OK;
}

static enum ew_status change(struct sim *s, const struct ew_sim_op *op)
{
	enum ew_status st = begin(s, op);

	if (st == EW_OK && s->durable)
		st = remember(s, op);
	if (st != EW_OK)
		return st;
	apply(s, s->now, op, op->data);
	mark_units(s, op, true);
	return EW_OK;
}

static enum ew_status sim_write(void *ctx, uint32_t block, uint32_t at, const void *in, uint32_t bytes)
{
	struct sim *s = ctx;
	struct ew_sim_op op = {.call = EW_SIM_WRITE, .block = block, .at = at, .bytes = bytes, .data = in};
	uint32_t unit = s->cfg.write_bytes;
	size_t first = offset_of(s, &op) / unit;
	enum ew_status st;

	if (!ewi_range_ok(s->cfg.block_count, s->cfg.block_bytes, unit, block, at, bytes))
		return EW_ERR_BOUNDS;
	for (size_t u = first; s->units && u < first + bytes / unit; u++)
		if (s->units[u / 8] & 1u << u % 8)
			return EW_ERR_STATE;
	st = change(s, &op);
	s->stat.writes += st == EW_OK;
	s->stat.written_bytes += st == EW_OK ? bytes : 0;
	return st;
}

static enum ew_status sim_erase(void *ctx, uint32_t block)
{
	struct sim *s = ctx;
	struct ew_sim_op op = {.call = EW_SIM_ERASE, .block = block};
	enum ew_status st;

	if (block >= s->cfg.block_count)
		return EW_ERR_BOUNDS;
	st = change(s, &op);
	s->stat.erases += st == EW_OK;
	s->erases[block] += st == EW_OK;
	return st;
}

static enum ew_status sim_sync(void *ctx)
{
	struct sim *s = ctx;
	struct ew_sim_op op = {.call = EW_SIM_SYNC};
	enum ew_status st = begin(s, &op);

	if (st != EW_OK)
		return st;
	for (size_t i = 0; i < s->entries; i++)
		apply(s, s->durable, &s->journal[i].op, s->bytes + s->journal[i].data_at);
	s->entries = s->byte_count = 0;
	s->stat.syncs++;
	return EW_OK;
}

/* What was done before is durable then, too: more than a file system promises, and nothing that a log needs. */
static enum ew_status sim_replace(void *ctx, uint32_t block, const void *in, uint32_t bytes)
{
	struct sim *s = ctx;
	struct ew_sim_op op = {.call = EW_SIM_REPLACE, .block = block, .bytes = bytes, .data = in};
	enum ew_status st;

	if (!ewi_range_ok(s->cfg.block_count, s->cfg.block_bytes, 1, block, 0, bytes))
		return EW_ERR_BOUNDS;
	st = begin(s, &op);
	if (st == EW_OK)
		st = sim_sync(ctx);
	if (st != EW_OK)
		return st;
	apply(s, s->now, &op, in);
	if (s->durable)
		apply(s, s->durable, &op, in);
	return EW_OK;
}

/* ---- making and cutting ---- */

static void destroy(struct sim *s)
{
	struct ew_alloc alloc = s->alloc;

	ewi_free(&alloc, s->bytes, s->byte_cap, 1);
	ewi_free(&alloc, s->journal, s->entry_cap, sizeof(s->journal[0]));
	ewi_free(&alloc, s->erases, s->cfg.block_count, sizeof(s->erases[0]));
	if (s->units)
		ewi_free(&alloc, s->units, unit_bytes(s), 1);
	ewi_free(&alloc, s->durable, image_bytes(s), 1);
	ewi_free(&alloc, s->now, image_bytes(s), 1);
	ewi_free(&alloc, s, 1, sizeof(*s));
}

static struct sim *make(const struct ew_sim_config *cfg, const struct ew_alloc *alloc)
{
	struct sim *s = ewi_alloc(alloc, 1, sizeof(*s));

	if (!s)
		return NULL;
	s->alloc = *alloc;
	s->cfg = *cfg;
	s->erased = cfg->kind == EW_SIM_FLASH ? 0xff : 0;
	s->now = ewi_alloc(alloc, image_bytes(s), 1);
	s->durable = cfg->kind == EW_SIM_FILES ? ewi_alloc(alloc, image_bytes(s), 1) : NULL;
	s->units = cfg->kind == EW_SIM_FLASH ? ewi_alloc(alloc, unit_bytes(s), 1) : NULL;
	s->erases = ewi_alloc(alloc, cfg->block_count, sizeof(s->erases[0]));
	if (!s->now || !s->erases || (cfg->kind == EW_SIM_FILES && !s->durable) ||
	    (cfg->kind == EW_SIM_FLASH && !s->units)) {
		destroy(s);
		return NULL;
	}
	return s;
}

static void present(struct sim *s, struct ew_storage *out)
{
	*out = (struct ew_storage){
		.read = sim_read,
		.write = sim_write,
		.erase = sim_erase,
		.sync = sim_sync,
		.replace = s->cfg.kind == EW_SIM_FLASH ? NULL : sim_replace,
		.ctx = s,
		.block_count = s->cfg.block_count,
		.block_bytes = s->cfg.block_bytes,
		.write_bytes = s->cfg.write_bytes,
		.erased = s->erased,
		.rewrite = s->cfg.kind != EW_SIM_FLASH,
	};
}

enum ew_status ew_storage_sim_create(const struct ew_sim_config *cfg, const struct ew_alloc *alloc,
				     struct ew_storage *out)
{
	struct ew_sim_config c;
	struct sim *s;

	memset(out, 0, sizeof(*out));
	if (!ewi_store_config(&c, sizeof(c), cfg) || (unsigned)c.kind > EW_SIM_FLASH)
		return EW_ERR_INVAL;
	c.block_bytes = c.block_bytes ? c.block_bytes : 4096;
	c.block_count = c.block_count ? c.block_count : 16;
	c.write_bytes = c.kind != EW_SIM_FLASH ? 1 : c.write_bytes ? c.write_bytes : 8;
	if (!ewi_write_bytes_ok(c.write_bytes) || c.block_bytes % 8 != 0 || c.block_bytes % c.write_bytes != 0 ||
	    c.block_count > SIZE_MAX / c.block_bytes)
		return EW_ERR_INVAL;
	s = make(&c, alloc);
	if (!s)
		return EW_ERR_NOMEM;
	memset(s->now, s->erased, image_bytes(s));
	present(s, out);
	return EW_OK;
}

void ew_storage_sim_destroy(struct ew_storage *st)
{
	if (st->ctx)
		destroy(st->ctx);
	memset(st, 0, sizeof(*st));
}

/* Of what a file's writes since the last sync would have done: a half is there, a quarter torn. */
static void survive(struct sim *to, const struct sim *s, const struct ew_sim_op *op, enum ew_sim_tear tear,
		    uint64_t *seed)
{
	for (size_t i = 0; i < s->entries; i++) {
		const struct entry *e = &s->journal[i];
		const uint8_t *data = s->bytes ? s->bytes + e->data_at : NULL;
		unsigned luck = next_random(seed) & 3;

		if (luck < 2)
			apply(to, to->now, &e->op, data);
		else if (luck == 2)
			apply_torn(to, to->now, &e->op, data, tear, seed);
	}
	if (op && (next_random(seed) & 1))
		apply_torn(to, to->now, op, op->data, tear, seed);
}

enum ew_status ew_storage_sim_cut(const struct ew_storage *st, const struct ew_sim_op *op, enum ew_sim_tear tear,
				  uint64_t seed, struct ew_storage *out)
{
	const struct sim *s = st->ctx;
	struct sim *to = make(&s->cfg, &s->alloc);

	memset(out, 0, sizeof(*out));
	if (!to)
		return EW_ERR_NOMEM;
	to->cfg.before = NULL;
	memcpy(to->now, s->durable ? s->durable : s->now, image_bytes(s));
	memcpy(to->erases, s->erases, s->cfg.block_count * sizeof(s->erases[0]));
	if (s->units)
		memcpy(to->units, s->units, unit_bytes(s));
	if (s->durable) {
		survive(to, s, op, tear, &seed);
		memcpy(to->durable, to->now, image_bytes(s));
	} else if (op) {
		apply_torn(to, to->now, op, op->data, tear, &seed);
		mark_units(to, op, false);
	}
	present(to, out);
	return EW_OK;
}

void ew_storage_sim_hook(struct ew_storage *st,
			 void (*before)(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op), void *ctx)
{
	struct sim *s = st->ctx;

	s->cfg.before = before;
	s->cfg.ctx = ctx;
}

void ew_storage_sim_fail(struct ew_storage *st, enum ew_sim_call call, uint32_t n, enum ew_status status)
{
	struct sim *s = st->ctx;

	s->fail_in[call] = n;
	s->fail_with[call] = status;
}

void ew_storage_sim_stat(const struct ew_storage *st, struct ew_sim_stat *out)
{
	const struct sim *s = st->ctx;

	*out = s->stat;
	out->least_erases = UINT32_MAX;
	for (uint32_t i = 0; i < s->cfg.block_count; i++) {
		out->least_erases = s->erases[i] < out->least_erases ? s->erases[i] : out->least_erases;
		out->most_erases = s->erases[i] > out->most_erases ? s->erases[i] : out->most_erases;
	}
}

uint8_t *ew_storage_sim_block(const struct ew_storage *st, uint32_t block)
{
	const struct sim *s = st->ctx;

	return block < s->cfg.block_count ? s->now + (size_t)block * s->cfg.block_bytes : NULL;
}

#endif
