/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* fail_alloc.c - see fail_alloc.h.  Blocks are kept in a table apart from the memory handed out. */
#include "aid.h"

#define CANARY_BYTES 32 /* on both sides; a multiple of EW_ALIGN */
#define CANARY 0xc5
#define POISON_MAX (1u << 20) /* overwrite at most so much of a freed block: memories are large */

struct fail_block {
	struct fail_block *next;
	unsigned char *raw; /* canary, block, canary */
	size_t bytes;
};

static struct fail_block **slot(struct fail_alloc *f, const void *block)
{
	size_t h = (size_t)((uintptr_t)block >> 4) * 2654435761u >> 8;
	struct fail_block **p = &f->buckets[h % (sizeof(f->buckets) / sizeof(f->buckets[0]))];

	while (*p && (*p)->raw + CANARY_BYTES != block)
		p = &(*p)->next;
	return p;
}

static void fault(struct fail_alloc *f, const char *what)
{
	if (!f->fault)
		f->fault = what;
}

static bool canary_whole(const unsigned char *p)
{
	for (int i = 0; i < CANARY_BYTES; i++)
		if (p[i] != CANARY)
			return false;
	return true;
}

static void release(struct fail_alloc *f, struct fail_block **at)
{
	struct fail_block *b = *at;
	unsigned char *data = b->raw + CANARY_BYTES;

	if (!canary_whole(b->raw))
		fault(f, "bytes before a block were written");
	if (!canary_whole(data + b->bytes))
		fault(f, "bytes behind a block were written");
	memset(data, 0xdd, b->bytes < POISON_MAX ? b->bytes : POISON_MAX);
	f->live_blocks--;
	f->live_bytes -= b->bytes;
	*at = b->next;
	free(b->raw);
	free(b);
}

static bool refuse(struct fail_alloc *f, size_t old_bytes, size_t new_bytes)
{
	bool no;

	f->requests++;
	no = f->fail_at && (f->requests == f->fail_at || (f->fail_after && f->requests > f->fail_at));
	if (f->limit_bytes && new_bytes > f->limit_bytes - (f->live_bytes - old_bytes))
		no = true;
	if (no)
		f->failed++;
	return no;
}

static void *take(struct fail_alloc *f, size_t bytes)
{
	struct fail_block *b, **at;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	b = malloc(sizeof(*b));
	if (!b)
		return NULL;
	b->raw = calloc(1, bytes + 2 * CANARY_BYTES); /* large blocks stay uncommitted */
	if (!b->raw) {
		free(b);
		return NULL;
	}
	b->bytes = bytes;
	b->next = NULL;
	memset(b->raw, CANARY, CANARY_BYTES);
	memset(b->raw + CANARY_BYTES + bytes, CANARY, CANARY_BYTES);
	at = slot(f, b->raw + CANARY_BYTES);
	*at = b;
	f->live_blocks++;
	f->live_bytes += bytes;
	f->total_bytes += bytes;
	if (f->live_bytes > f->peak_bytes)
		f->peak_bytes = f->live_bytes;
	if (bytes > f->largest_bytes)
		f->largest_bytes = bytes;
	return b->raw + CANARY_BYTES;
}

static void *fail_resize(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	struct fail_alloc *f = ctx;
	struct fail_block **at = block ? slot(f, block) : NULL;
	void *p;

	if (at && !*at) {
		fault(f, "a block that is not live was freed or resized");
		return NULL;
	}
	if (old_bytes != (at ? (*at)->bytes : 0))
		fault(f, "old_bytes is not the size of the block");
	if (new_bytes == 0) {
		if (at)
			release(f, at);
		else
			fault(f, "asked for no bytes");
		return NULL;
	}
	if (refuse(f, at ? (*at)->bytes : 0, new_bytes))
		return NULL;
	p = take(f, new_bytes);
	if (!p || !block)
		return p;
	at = slot(f, block); /* the list may have changed */
	memcpy(p, block, (*at)->bytes < new_bytes ? (*at)->bytes : new_bytes);
	release(f, at);
	return p;
}

void fail_alloc_init(struct fail_alloc *f)
{
	memset(f, 0, sizeof(*f));
	f->alloc.resize = fail_resize;
	f->alloc.ctx = f;
}

void fail_alloc_deinit(struct fail_alloc *f)
{
	for (size_t i = 0; i < sizeof(f->buckets) / sizeof(f->buckets[0]); i++)
		while (f->buckets[i])
			release(f, &f->buckets[i]);
}

const char *fail_alloc_verdict(struct fail_alloc *f)
{
	if (f->fault)
		return f->fault;
	return f->live_blocks ? "blocks were leaked" : NULL;
}

void fail_alloc_finish(struct fail_alloc *f)
{
	const char *verdict = fail_alloc_verdict(f);
	size_t blocks = f->live_blocks, bytes = f->live_bytes;

	fail_alloc_deinit(f);
	if (!verdict)
		verdict = f->fault; /* a canary found broken just now */
	if (verdict)
		fail_msg("allocator: %s (%zu blocks, %zu bytes left; %zu requests)", verdict,
			 blocks, bytes, f->requests);
}

size_t fail_each(fail_body body, void *ctx, bool tolerant)
{
	static struct fail_alloc f; /* 8 KiB of buckets: not on the stack */
	enum ew_status got;
	const char *verdict;

	for (size_t n = 1;; n++) {
		fail_alloc_init(&f);
		f.fail_at = n;
		got = body(ctx, &f.alloc);
		verdict = fail_alloc_verdict(&f);
		fail_alloc_deinit(&f);
		if (verdict || f.fault)
			fail_msg("allocation %zu failed, then: %s", n, verdict ? verdict : f.fault);
		if (f.failed == 0) {
			check_status("no allocation failed", got, EW_OK);
			return f.requests;
		}
		if (got != EW_ERR_NOMEM && !(tolerant && got == EW_OK))
			fail_msg("allocation %zu failed, status %s", n, ew_status_name(got));
	}
}

size_t arena_each(fail_body body, void *ctx, size_t step, size_t max_bytes)
{
	struct guard g;
	struct ew_arena arena;
	struct ew_alloc alloc;
	enum ew_status got;

	guard_init(&g, max_bytes);
	for (size_t n = 0;; n += step) {
		uint8_t *memory;

		if (n > max_bytes)
			fail_msg("not enough: an arena of %zu bytes", max_bytes);
		memory = guard_high(&g, n);
		memset(memory, 0xee, n);
		ew_arena_init(&arena, memory, n);
		alloc = ew_arena_alloc(&arena);
		got = body(ctx, &alloc);
		if (got == EW_OK) {
			guard_deinit(&g);
			return n;
		}
		if (got != EW_ERR_NOMEM)
			fail_msg("arena of %zu bytes: status %s", n, ew_status_name(got));
	}
}

static bool all(const unsigned char *p, size_t from, size_t to, unsigned char value)
{
	for (size_t i = from; i < to; i++)
		if (p[i] != value)
			return false;
	return true;
}

/* One block through a life: grown, shrunk, grown again. */
static const char *contract_of(const struct ew_alloc *a, size_t bytes)
{
	static const char *const kept = "a resize lost bytes";
	unsigned char *p = a->resize(a->ctx, NULL, 0, bytes), *q;
	const char *verdict = NULL;

	if (!p)
		return "no memory";
	if ((uintptr_t)p % EW_ALLOC_ALIGN)
		verdict = "a block is not aligned";
	if (!all(p, 0, bytes, 0))
		verdict = "a new block is not zero";
	memset(p, 0x77, bytes);
	q = a->resize(a->ctx, p, bytes, bytes * 2 + 1);
	if (!q)
		return "no memory for growth";
	if (!all(q, 0, bytes, 0x77))
		verdict = kept;
	if (!all(q, bytes, bytes * 2 + 1, 0))
		verdict = "growth is not zero";
	memset(q, 0x78, bytes * 2 + 1);
	p = a->resize(a->ctx, q, bytes * 2 + 1, bytes);
	if (!p || !all(p, 0, bytes, 0x78))
		verdict = kept;
	q = p ? a->resize(a->ctx, p, bytes, bytes + 9) : NULL;
	if (!q || !all(q, 0, bytes, 0x78) || !all(q, bytes, bytes + 9, 0))
		verdict = "growth after shrinking is not zero";
	if (q && a->resize(a->ctx, q, bytes + 9, 0))
		verdict = "freeing gave a block";
	return verdict;
}

const char *alloc_contract(const struct ew_alloc *alloc)
{
	static const size_t sizes[] = {1, 2, 15, 16, 17, 100, 4095, 4096, 4097, 200000};

	for (size_t i = 0; i < ROWS(sizes); i++) {
		const char *verdict = contract_of(alloc, sizes[i]);

		if (verdict)
			return verdict;
	}
	return NULL;
}
