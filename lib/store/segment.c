/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* segment.c - heads and indexes of the log's segments.  FORMAT.md is the specification. */
#include "store/segment.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/le.h"

#define IS_DEFLATED 1
#define HAS_CURSORS 2

#define PACE_BITS 26
#define PACE_MASK ((1u << PACE_BITS) - 1)

void ewi_segments_init(struct ewi_segments *s)
{
	s->data = ewi_unit_up(s, EWI_SEGMENT_HEAD);
	s->end = s->st.block_bytes;
	if (s->end >= EWI_INDEX_BLOCK_MIN)
		s->end -= ewi_unit_up(s, EWI_INDEX_BYTES);
}

static bool all_erased(const struct ewi_segments *s, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] != s->st.erased)
			return false;
	return true;
}

/* ---- heads ---- */

/* Over the magic number and all that follows the sum itself; before version 3 that was less. */
static uint32_t head_sum(const struct ewi_segments *s, const uint8_t *p)
{
	uint32_t bytes = p[3] < '3' ? 48 : EWI_SEGMENT_HEAD;

	return ewi_crc32c(&s->crc, ewi_crc32c(&s->crc, 0, p, 4), p + 8, bytes - 8);
}

static uint32_t pack_pace(uint64_t pace)
{
	uint32_t shift = 0;

	for (; pace > PACE_MASK; shift++)
		pace >>= 1;
	return shift << PACE_BITS | (uint32_t)pace;
}

static uint64_t unpack_pace(uint32_t packed)
{
	return (uint64_t)(packed & PACE_MASK) << (packed >> PACE_BITS);
}

uint64_t ewi_pace_round(uint64_t pace)
{
	return unpack_pace(pack_pace(pace));
}

void ewi_base_put(const struct ewi_base *base, uint8_t out[EWI_BASE_BYTES])
{
	ewi_put_le64(out, base->seq);
	ewi_put_le64(out + 8, base->time);
	ewi_put_le32(out + 16, pack_pace(base->pace));
}

void ewi_base_take(const uint8_t p[EWI_BASE_BYTES], struct ewi_base *out)
{
	*out = (struct ewi_base){ewi_le64(p), ewi_le64(p + 8), unpack_pace(ewi_le32(p + 16))};
}

static uint8_t log2_of(uint32_t n)
{
	uint8_t bits = 0;

	while (n > 1) {
		n >>= 1;
		bits++;
	}
	return bits;
}

void ewi_segment_encode(const struct ewi_segments *s, const struct ewi_segment_head *head, uint8_t *out)
{
	memset(out, s->st.erased, s->data);
	ewi_put_le32(out, EWI_SEGMENT_MAGIC);
	out[8] = log2_of(s->st.write_bytes);
	out[9] = (head->deflated ? IS_DEFLATED : 0) | (head->cursors ? HAS_CURSORS : 0);
	ewi_put_le16(out + 10, (uint16_t)((head->max_record + 1023) >> 10));
	ewi_put_le32(out + 12, head->segment);
	ewi_put_le32(out + 16, s->st.block_bytes);
	ewi_put_le32(out + 20, s->st.block_count);
	ewi_base_put(&head->base, out + 24);
	ewi_put_le64(out + 44, head->max_time_before);
	ewi_put_le32(out + 4, head_sum(s, out));
}

enum ew_status ewi_segment_read(const struct ewi_segments *s, uint32_t block,
				struct ewi_segment_head *head)
{
	uint8_t p[EWI_SEGMENT_HEAD];
	enum ew_status st = s->st.read(s->st.ctx, block, 0, p, sizeof(p));

	if (st != EW_OK)
		return st;
	if (all_erased(s, p, sizeof(p)))
		return EW_ERR_EMPTY;
	/* "EWL" and the version's digit */
	if ((ewi_le32(p) & 0xffffff) != (EWI_SEGMENT_MAGIC & 0xffffff) || ewi_le32(p + 4) != head_sum(s, p))
		return EW_ERR_CORRUPT;
	if (ewi_le32(p) != EWI_SEGMENT_MAGIC || (p[9] & ~(IS_DEFLATED | HAS_CURSORS)) != 0)
		return EW_ERR_UNSUPPORTED;
	head->deflated = p[9] & IS_DEFLATED;
	head->cursors = p[9] & HAS_CURSORS;
	head->max_record = (uint32_t)ewi_le16(p + 10) << 10;
	head->segment = ewi_le32(p + 12);
	ewi_base_take(p + 24, &head->base);
	head->max_time_before = ewi_le64(p + 44);
	if (p[8] != log2_of(s->st.write_bytes) || ewi_le32(p + 16) != s->st.block_bytes ||
	    ewi_le32(p + 20) != s->st.block_count)
		return EW_ERR_UNSUPPORTED;
	if (head->segment == 0 || ewi_segment_block(s, head->segment) != block || head->base.seq == 0 ||
	    head->base.seq > EWI_SEQ_MAX)
		return EW_ERR_CORRUPT;
	return EW_OK;
}

/* ---- indexes ---- */

/* Begins with the segment's number, so that the index of the block's last life is none. */
static uint32_t index_sum(const struct ewi_segments *s, uint32_t segment, const uint8_t *p)
{
	uint8_t place[4];

	ewi_put_le32(place, segment);
	return ewi_crc32c(&s->crc, ewi_crc32c(&s->crc, 0, place, 4), p + 4, EWI_INDEX_BYTES - 4);
}

void ewi_index_encode(const struct ewi_segments *s, uint32_t segment, const struct ewi_index *index, uint8_t *out)
{
	memset(out, s->st.erased, s->st.block_bytes - s->end);
	memset(out, 0, EWI_INDEX_BYTES);
	ewi_put_le32(out + 4, index->count);
	for (uint32_t i = 0; i < index->count; i++) {
		uint8_t *p = out + 8 + i * EWI_INDEX_ENTRY;

		ewi_put_le32(p, index->entries[i].at);
		ewi_put_le32(p + 4, index->entries[i].index);
		ewi_put_le64(p + 8, index->entries[i].max_time);
	}
	ewi_put_le32(out, index_sum(s, segment, out));
}

_Static_assert(sizeof(struct ewi_index) == EWI_INDEX_BYTES, "read as it lies on the storage, then told apart");

enum ew_status ewi_index_read(const struct ewi_segments *s, uint32_t segment, struct ewi_index *out)
{
	uint32_t block = ewi_segment_block(s, segment), at = s->end;
	uint8_t *p = (uint8_t *)out;
	struct ewi_segment_head head;
	enum ew_status st = ewi_segment_read(s, block, &head);

	out->count = 0;
#if EW_CONFIG_ZLIB
	if (st == EW_OK && head.deflated)
		st = ewi_deflated_index(s, block, &at);
#endif
	if (st == EW_ERR_CORRUPT || st == EW_ERR_EMPTY)
		st = EW_OK;
	if (st != EW_OK || at == 0)
		return st;
	st = s->st.read(s->st.ctx, block, at, p, EWI_INDEX_BYTES);
	if (st != EW_OK || ewi_le32(p) != index_sum(s, segment, p) || ewi_le32(p + 4) > EWI_INDEX_ENTRIES) {
		out->count = 0;
		return st;
	}
	out->count = ewi_le32(p + 4);
	for (uint32_t i = 0; i < out->count; i++) {
		const uint8_t *e = p + 8 + i * EWI_INDEX_ENTRY;

		out->entries[i] = (struct ewi_index_entry){ewi_le32(e), ewi_le32(e + 4), ewi_le64(e + 8)};
	}
	return EW_OK;
}

#endif
