/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * deflated.c - closed segments in chunks of gzip, under the records: what reads records asks for bytes of the plain
 * form and gets them.  FORMAT.md is the specification; zlib is gzip.c's.
 */
#include "store/segment.h"

#if EW_CONFIG_STORE && EW_CONFIG_ZLIB
#include <string.h>
#include "base/alloc.h"
#include "base/le.h"

static uint32_t chunk_count(const struct ewi_segments *s)
{
	return (s->end - s->data + EWI_DEFLATED_CHUNK - 1) / EWI_DEFLATED_CHUNK;
}

static uint32_t chunk_bytes(const struct ewi_segments *s, uint32_t i)
{
	uint32_t left = s->end - s->data - i * EWI_DEFLATED_CHUNK;

	return left < EWI_DEFLATED_CHUNK ? left : EWI_DEFLATED_CHUNK;
}

static uint32_t index_bytes(const struct ewi_segments *s)
{
	return ewi_segment_indexed(s) ? EWI_INDEX_BYTES : 0;
}

/* Where the first chunk begins. */
static uint32_t chunks_at(const struct ewi_segments *s)
{
	return s->data + EWI_DEFLATED_HEAD + 4 * chunk_count(s) + index_bytes(s);
}

/* Is the directory whole?  Read in pieces: it is as long as the block is large. */
static enum ew_status check_directory(const struct ewi_segments *s, uint32_t segment, uint32_t block, bool *ok)
{
	uint32_t crc, want = 0, at = s->data, end = chunks_at(s);
	uint8_t p[64];

	ewi_put_le32(p, segment);
	crc = ewi_crc32c(&s->crc, 0, p, 4);
	*ok = end < s->st.block_bytes;
	while (*ok && at < end) {
		uint32_t n = end - at < sizeof(p) ? end - at : (uint32_t)sizeof(p), skip = at == s->data ? 4 : 0;
		enum ew_status st = s->st.read(s->st.ctx, block, at, p, n);

		if (st != EW_OK)
			return st;
		if (skip != 0) {
			want = ewi_le32(p);
			*ok = ewi_le32(p + 4) == chunk_count(s) && ewi_le32(p + 12) == index_bytes(s);
		}
		crc = ewi_crc32c(&s->crc, crc, p + skip, n - skip);
		at += n;
	}
	*ok = *ok && crc == want;
	return EW_OK;
}

enum ew_status ewi_deflated_index(const struct ewi_segments *s, uint32_t block, uint32_t *at)
{
	(void)block; /* a damaged directory has a damaged index, which its own sum tells */
	*at = index_bytes(s) ? s->data + EWI_DEFLATED_HEAD + 4 * chunk_count(s) : 0;
	return EW_OK;
}

/* One chunk, expanded to out; what cannot be expanded is erased. */
static enum ew_status expand(const struct ewi_segments *s, uint32_t block, uint32_t i, uint8_t *out)
{
	uint32_t from = chunks_at(s), to, want = chunk_bytes(s, i), entry = s->data + EWI_DEFLATED_HEAD + 4 * i;
	size_t got = 0;
	uint8_t ends[8], *in = NULL;
	enum ew_status st = s->st.read(s->st.ctx, block, i ? entry - 4 : entry, ends, i ? 8 : 4);

	if (st != EW_OK)
		return st;
	if (i != 0)
		from = ewi_le32(ends);
	to = ewi_le32(ends + (i ? 4 : 0));
	if (from < to && to <= s->st.block_bytes && to - from <= ew_gzip_bound(EWI_DEFLATED_CHUNK)) {
		in = ewi_alloc(s->alloc, to - from, 1);
		if (!in)
			return EW_ERR_NOMEM;
		st = s->st.read(s->st.ctx, block, from, in, to - from);
		if (st == EW_OK)
			st = ew_gzip_expand(s->alloc, in, to - from, out, want, &got);
		ewi_free(s->alloc, in, to - from, 1);
	}
	if (st == EW_ERR_CORRUPT || st == EW_ERR_TOOBIG || (st == EW_OK && got != want)) {
		memset(out, s->st.erased, want);
		st = EW_OK;
	}
	return st;
}

enum ew_status ewi_deflated_fill(const struct ewi_segments *s, struct ewi_window *w, uint32_t block, uint32_t at)
{
	uint32_t i = (at - s->data) / EWI_DEFLATED_CHUNK, have = 0;
	enum ew_status st = EW_OK;
	bool ok;

	if (w->size < 2 * EWI_DEFLATED_CHUNK)
		return EW_ERR_UNSUPPORTED;
	st = check_directory(s, w->segment, block, &ok);
	w->at = s->data + i * EWI_DEFLATED_CHUNK;
	for (; st == EW_OK && i < chunk_count(s) && w->size - have >= EWI_DEFLATED_CHUNK; i++) {
		if (ok)
			st = expand(s, block, i, w->buf + have);
		else
			memset(w->buf + have, s->st.erased, chunk_bytes(s, i));
		have += chunk_bytes(s, i);
	}
	if (st != EW_OK)
		return st;
	w->block = block;
	w->have = have;
	return EW_OK;
}

/* All chunks of a segment behind the directory in out, which has `cap` bytes; *bytes: so much is used. */
static enum ew_status compress(const struct ewi_segments *s, uint32_t block, int level, uint8_t *raw, uint8_t *out,
			       uint32_t cap, uint32_t *bytes)
{
	uint8_t *directory = out + s->data;
	uint32_t to = chunks_at(s);
	enum ew_status st = EW_OK;

	if (index_bytes(s))
		st = s->st.read(s->st.ctx, block, s->end, directory + EWI_DEFLATED_HEAD + 4 * chunk_count(s), EWI_INDEX_BYTES);
	for (uint32_t i = 0; st == EW_OK && i < chunk_count(s); i++) {
		size_t n;

		st = s->st.read(s->st.ctx, block, s->data + i * EWI_DEFLATED_CHUNK, raw, chunk_bytes(s, i));
		if (st == EW_OK)
			st = to < cap ? ew_gzip_compress(s->alloc, level, raw, chunk_bytes(s, i), out + to, cap - to, &n)
				      : EW_ERR_TOOBIG;
		if (st == EW_OK)
			to += (uint32_t)n;
		ewi_put_le32(directory + EWI_DEFLATED_HEAD + 4 * i, to);
	}
	ewi_put_le32(directory + 4, chunk_count(s));
	ewi_put_le32(directory + 8, to);
	ewi_put_le32(directory + 12, index_bytes(s));
	*bytes = to;
	return st;
}

enum ew_status ewi_deflate(const struct ewi_segments *s, const struct ewi_segment_head *head, int level)
{
	uint32_t block = ewi_segment_block(s, head->segment), cap = s->st.block_bytes - s->st.block_bytes / 8, bytes;
	struct ewi_segment_head deflated = *head;
	uint8_t place[4], *out, *raw;
	enum ew_status st = EW_ERR_NOMEM;

	if (chunks_at(s) >= cap)
		return EW_ERR_TOOBIG;
	out = ewi_alloc(s->alloc, cap, 1);
	raw = ewi_alloc(s->alloc, EWI_DEFLATED_CHUNK, 1);
	if (out && raw)
		st = compress(s, block, level, raw, out, cap, &bytes);
	if (st == EW_OK) {
		deflated.deflated = true;
		ewi_segment_encode(s, &deflated, out);
		ewi_put_le32(place, head->segment);
		ewi_put_le32(out + s->data, ewi_crc32c(&s->crc, ewi_crc32c(&s->crc, 0, place, 4), out + s->data + 4,
						       chunks_at(s) - s->data - 4));
		st = s->st.replace(s->st.ctx, block, out, bytes);
	}
	ewi_free(s->alloc, raw, EWI_DEFLATED_CHUNK, 1);
	ewi_free(s->alloc, out, cap, 1);
	return st;
}

#endif
