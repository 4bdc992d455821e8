/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* segment.c - encoding, decoding and finding the log's records.  FORMAT.md is the specification. */
#include "store/segment.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/le.h"

/* A record's head has the layout of struct ew_event, with the check sum where the frame word is. */
_Static_assert(sizeof(struct ew_event) == EWI_RECORD_HEAD, "48 bytes");
_Static_assert(offsetof(struct ew_event, flags) == 4 && offsetof(struct ew_event, seq) == 8 &&
		       offsetof(struct ew_event, time_ns) == 16 &&
		       offsetof(struct ew_event, trace_id) == 24 &&
		       offsetof(struct ew_event, topic_bytes) == 40 &&
		       offsetof(struct ew_event, content_type) == 42 &&
		       offsetof(struct ew_event, data_bytes) == 44,
	       "the layout that FORMAT.md describes");

/* ---- heads of segments ---- */

/* Over the magic number and all that follows the sum itself. */
static uint32_t head_sum(const struct ewi_segments *s, const uint8_t *p)
{
	return ewi_crc32c(&s->crc, ewi_crc32c(&s->crc, 0, p, 4), p + 8, EWI_SEGMENT_HEAD - 8);
}

void ewi_segment_encode(const struct ewi_segments *s, const struct ewi_segment_head *head, uint8_t *out)
{
	memset(out, s->st.erased, s->data);
	ewi_put_le32(out, EWI_SEGMENT_MAGIC);
	ewi_put_le32(out + 8, head->align);
	ewi_put_le32(out + 12, head->segment);
	ewi_put_le32(out + 16, head->block_bytes);
	ewi_put_le32(out + 20, head->block_count);
	ewi_put_le64(out + 24, head->first_seq);
	ewi_put_le64(out + 32, head->first_time_ns);
	ewi_put_le64(out + 40, head->max_time_before);
	ewi_put_le32(out + 4, head_sum(s, out));
}

static bool all_erased(const struct ewi_segments *s, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (p[i] != s->st.erased)
			return false;
	return true;
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
	/* "EWL" and the version's digit; the sum is where it is in every version */
	if ((ewi_le32(p) & 0xffffff) != (EWI_SEGMENT_MAGIC & 0xffffff) || ewi_le32(p + 4) != head_sum(s, p))
		return EW_ERR_CORRUPT;
	if (ewi_le32(p) != EWI_SEGMENT_MAGIC)
		return EW_ERR_UNSUPPORTED;
	head->align = ewi_le32(p + 8);
	head->segment = ewi_le32(p + 12);
	head->block_bytes = ewi_le32(p + 16);
	head->block_count = ewi_le32(p + 20);
	head->first_seq = ewi_le64(p + 24);
	head->first_time_ns = ewi_le64(p + 32);
	head->max_time_before = ewi_le64(p + 40);
	if (head->align != s->align || head->block_bytes != s->st.block_bytes ||
	    head->block_count != s->st.block_count)
		return EW_ERR_UNSUPPORTED;
	if (head->segment == 0 || ewi_segment_block(s, head->segment) != block)
		return EW_ERR_CORRUPT;
	return EW_OK;
}

/* ---- records ---- */

/*
 * The sum begins with where the record is meant to lie, so that a record left over from the block's last
 * life, or the image of a log inside an event's data, is never taken for one of this log.
 */
static uint32_t seed(const struct ewi_segments *s, uint32_t segment, uint32_t at)
{
	uint8_t place[8];

	ewi_put_le32(place, segment);
	ewi_put_le32(place + 4, at);
	return ewi_crc32c(&s->crc, 0, place, sizeof(place));
}

void ewi_record_encode(const struct ewi_segments *s, uint32_t segment, uint32_t at, uint64_t seq,
		       const struct ew_event *e, const void *topic, const void *data, uint8_t *out)
{
	uint32_t used = EWI_RECORD_HEAD + e->topic_bytes + e->data_bytes;
	uint32_t bytes = ewi_align_up(s, used);

	ewi_put_le32(out + 4, e->flags);
	ewi_put_le64(out + 8, seq);
	ewi_put_le64(out + 16, e->time_ns);
	memcpy(out + 24, e->trace_id, EW_TRACE_ID_BYTES);
	ewi_put_le16(out + 40, e->topic_bytes);
	ewi_put_le16(out + 42, e->content_type);
	ewi_put_le32(out + 44, e->data_bytes);
	if (e->topic_bytes != 0)
		memcpy(out + EWI_RECORD_HEAD, topic, e->topic_bytes);
	if (e->data_bytes != 0)
		memcpy(out + EWI_RECORD_HEAD + e->topic_bytes, data, e->data_bytes);
	memset(out + used, 0, bytes - used);
	ewi_put_le32(out, ewi_crc32c(&s->crc, seed(s, segment, at), out + 4, bytes - 4));
}

static void decode_head(const uint8_t *p, struct ew_event *e)
{
	struct ew_event h;

	h.frame = 0;
	h.flags = ewi_le32(p + 4);
	h.seq = ewi_le64(p + 8);
	h.time_ns = ewi_le64(p + 16);
	memcpy(h.trace_id, p + 24, EW_TRACE_ID_BYTES);
	h.topic_bytes = ewi_le16(p + 40);
	h.content_type = ewi_le16(p + 42);
	h.data_bytes = ewi_le32(p + 44);
	*e = h;
}

/* Fill the window from `at`, which is a multiple of 8, to its own or the block's end. */
static enum ew_status fill(const struct ewi_segments *s, struct ewi_window *w, uint32_t block, uint32_t at)
{
	uint32_t left = s->st.block_bytes - at;
	uint32_t n = left < w->size ? left : w->size;
	enum ew_status st;

	w->have = 0;
	st = s->st.read(s->st.ctx, block, at, w->buf, n);
	if (st != EW_OK)
		return st;
	w->block = block;
	w->at = at;
	w->have = n;
	return EW_OK;
}

static bool holds(const struct ewi_window *w, uint32_t block, uint32_t at, uint32_t bytes)
{
	return w->have != 0 && w->block == block && at >= w->at && at - w->at <= w->have &&
	       bytes <= w->have - (at - w->at);
}

/* The sum of a record larger than the window, which is filled again and again. */
static enum ew_status sum_in_parts(const struct ewi_segments *s, struct ewi_window *w, uint32_t block,
				   uint32_t at, uint32_t bytes, uint32_t *crc)
{
	uint32_t done = 4;

	while (done < bytes) {
		uint32_t from = (at + done) & ~7u, skip = at + done - from, n;
		enum ew_status st = fill(s, w, block, from);

		if (st != EW_OK)
			return st;
		n = w->have - skip;
		n = n < bytes - done ? n : bytes - done;
		*crc = ewi_crc32c(&s->crc, *crc, w->buf + skip, n);
		done += n;
	}
	return EW_OK;
}

enum ew_status ewi_record_look(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment,
			       uint32_t at, struct ewi_record *out)
{
	uint32_t block = ewi_segment_block(s, segment), crc = seed(s, segment, at), want;
	enum ew_status st = EW_OK;
	uint64_t bytes;
	uint8_t *p;

	memset(out, 0, sizeof(*out));
	out->state = EWI_RECORD_ERASED;
	if (s->st.block_bytes - at < EWI_RECORD_HEAD) /* no record fits: the segment ends here */
		return EW_OK;
	if (!holds(w, block, at, EWI_RECORD_HEAD))
		st = fill(s, w, block, at);
	if (st != EW_OK)
		return st;
	p = w->buf + (at - w->at);
	if (all_erased(s, p, EWI_RECORD_HEAD))
		return EW_OK;
	out->state = EWI_RECORD_BAD;
	decode_head(p, &out->head);
	want = ewi_le32(p);
	bytes = ewi_record_bytes(s, out->head.topic_bytes, out->head.data_bytes);
	if (bytes > s->st.block_bytes - at || out->head.seq == 0)
		return EW_OK;
	out->bytes = (uint32_t)bytes;
	out->fits = bytes <= w->size;
	if (out->fits && !holds(w, block, at, out->bytes))
		st = fill(s, w, block, at);
	if (st != EW_OK)
		return st;
	if (out->fits)
		crc = ewi_crc32c(&s->crc, crc, w->buf + (at - w->at) + 4, out->bytes - 4);
	else
		st = sum_in_parts(s, w, block, at, out->bytes, &crc);
	if (st != EW_OK || crc != want)
		return st;
	out->state = EWI_RECORD_WHOLE;
	if (out->fits)
		out->event = (struct ew_event *)(void *)(w->buf + (at - w->at));
	return EW_OK;
}

/*
 * Heads are tried at every multiple of align.  The sequence number must be near, which takes one 64-bit
 * comparison and leaves few places whose sum is worth taking, erased ones never.
 */
enum ew_status ewi_record_find(const struct ewi_segments *s, struct ewi_window *w, uint32_t segment,
			       uint32_t at, uint64_t from_seq, uint32_t *found, uint32_t *garbage_end)
{
	uint32_t block = ewi_segment_block(s, segment), last = at;
	uint64_t span = ewi_seq_span(s);
	struct ewi_record record;
	enum ew_status st;

	*found = s->st.block_bytes;
	for (; at < s->st.block_bytes; at += s->align) {
		uint32_t unit = s->st.block_bytes - at < s->align ? s->st.block_bytes - at : s->align;
		uint32_t need = s->st.block_bytes - at < EWI_RECORD_HEAD ? unit : EWI_RECORD_HEAD;
		const uint8_t *p;

		if (!holds(w, block, at, need > unit ? need : unit)) {
			st = fill(s, w, block, at);
			if (st != EW_OK)
				return st;
		}
		p = w->buf + (at - w->at);
		if (need == EWI_RECORD_HEAD && ewi_le64(p + 8) - from_seq <= span) {
			st = ewi_record_look(s, w, segment, at, &record);
			if (st != EW_OK)
				return st;
			if (record.state == EWI_RECORD_WHOLE) {
				*found = at;
				break;
			}
			if (!holds(w, block, at, unit) && (st = fill(s, w, block, at)) != EW_OK)
				return st;
			p = w->buf + (at - w->at);
		}
		if (!all_erased(s, p, unit))
			last = at + unit;
	}
	if (garbage_end)
		*garbage_end = last;
	return EW_OK;
}

#endif
