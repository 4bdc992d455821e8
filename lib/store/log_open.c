/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log_open.c - what is on the storage: the range of segments, the end of the last one, a torn tail.
 *
 * Reads every segment's head and the last segment whole, so opening takes the time of one segment however
 * long the log is.
 */
#include "store/log.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/error.h"

/* What the heads of all blocks say. */
struct heads {
	uint32_t first, last; /* 0: none */
	uint32_t strange;     /* blocks with something else in them */
};

/* Heads of segments below `lowest` are strange. */
static enum ew_status read_heads_from(const struct ewi_segments *s, uint32_t lowest, struct heads *out)
{
	struct ewi_segment_head head;

	memset(out, 0, sizeof(*out));
	for (uint32_t b = 0; b < s->st.block_count; b++) {
		enum ew_status st = ewi_segment_read(s, b, &head);

		if (st == EW_ERR_EMPTY)
			continue;
		if (st == EW_ERR_CORRUPT || (st == EW_OK && head.segment < lowest)) {
			out->strange++;
			continue;
		}
		if (st != EW_OK)
			return st;
		if (out->last == 0 || head.segment > out->last)
			out->last = head.segment;
		if (out->first == 0 || head.segment < out->first)
			out->first = head.segment;
	}
	return EW_OK;
}

/* As many segments as there are blocks can exist, whatever heads say: others are not this log's, or not any more. */
static enum ew_status read_heads(const struct ewi_segments *s, struct heads *out)
{
	enum ew_status st = read_heads_from(s, 0, out);

	if (st == EW_OK && out->last != 0 && out->last - out->first >= s->st.block_count)
		st = read_heads_from(s, out->last - s->st.block_count + 1, out);
	return st;
}

enum ew_status ewi_log_range(const struct ewi_segments *s, uint32_t *first, uint32_t *last)
{
	struct heads h;
	enum ew_status st = read_heads(s, &h);

	*first = h.first;
	if (last)
		*last = h.last;
	return st;
}

/* No event of this log has a lower number: older ones were erased to make room for the newer. */
static uint64_t lowest_seq(const struct ew_log *log)
{
	uint64_t span = ewi_seq_span(&log->seg);

	return log->next_seq > span ? log->next_seq - span : 1;
}

/* Is there a whole record in the block of a segment whose head is damaged?  from_seq as in find. */
static enum ew_status has_records(struct ew_log *log, uint32_t segment, uint64_t from_seq, bool *out)
{
	struct ewi_window w = ewi_log_window(log);
	struct ewi_segment_head head;
	enum ew_status st = ewi_segment_read(&log->seg, ewi_segment_block(&log->seg, segment), &head);
	uint32_t found;

	*out = false;
	if (st != EW_ERR_CORRUPT)
		return st == EW_ERR_EMPTY ? EW_OK : st;
	st = ewi_record_find(&log->seg, &w, segment, log->seg.data, from_seq, &found, NULL);
	*out = found < log->seg.end;
	return st;
}

/* Is what follows the records erased?  If not, the segment was closed. */
static enum ew_status see_index(struct ew_log *log)
{
	const struct ewi_segments *s = &log->seg;
	uint32_t block = ewi_segment_block(s, log->last);
	uint8_t p[64];

	for (uint32_t at = s->end, n; at < s->st.block_bytes && !log->sealed; at += n) {
		enum ew_status st;

		n = s->st.block_bytes - at < sizeof(p) ? s->st.block_bytes - at : (uint32_t)sizeof(p);
		st = s->st.read(s->st.ctx, block, at, p, n);
		if (st != EW_OK)
			return st;
		for (uint32_t i = 0; i < n; i++)
			log->sealed |= p[i] != s->st.erased;
	}
	return EW_OK;
}

/* What a whole record of the last segment says about the log. */
static void count_record(struct ew_log *log, uint32_t at, const struct ewi_record *record)
{
	if (record->kind == EWI_RECORD_CURSORS && record->fits)
		ewi_cursors_decode(log, record->body, record->head.data_bytes);
	if (record->kind != EWI_RECORD_EVENT) {
		if (record->head.seq > log->next_seq)
			log->next_seq = record->head.seq; /* events before it are lost; their numbers are not used again */
		return;
	}
	if (record->head.seq < log->next_seq)
		return; /* not of this log's making; readers step over it too */
	ewi_log_note(log, at, record->head.seq);
	log->next_seq = record->head.seq + 1;
	log->last_time = record->head.time_ns;
	if (log->last_time > log->max_time)
		log->max_time = log->last_time;
}

/* Read the last segment to its end: next_seq, tail, the times, the cursors, and what is torn behind the tail. */
static enum ew_status scan_last(struct ew_log *log)
{
	const struct ewi_segments *s = &log->seg;
	struct ewi_window w = ewi_log_window(log);
	struct ewi_segment_head head;
	uint32_t at = s->data, found, garbage;
	enum ew_status st = ewi_segment_read(s, ewi_segment_block(s, log->last), &head);

	if (st == EW_OK) {
		log->base.seq = head.base.seq;
		if (head.base.seq > log->next_seq)
			log->next_seq = head.base.seq;
		if (head.max_time_before > log->max_time)
			log->max_time = head.max_time_before;
	} else if (st != EW_ERR_CORRUPT) {
		return st;
	}
	if (log->index)
		log->index->count = 0;
	for (;;) {
		struct ewi_record record;

		st = ewi_record_look(s, &w, log->last, at, &record);
		if (st != EW_OK)
			return st;
		if (record.state == EWI_RECORD_WHOLE) {
			log->base.seq = w.base.seq;
			count_record(log, at, &record);
			at += record.bytes;
			continue;
		}
		st = ewi_record_find(s, &w, log->last, at, log->next_seq, &found, &garbage);
		if (st != EW_OK)
			return st;
		if (found == s->end)
			break;
		at = found; /* damage in the middle: readers will tell */
	}
	log->base = w.base;
	log->tail = log->written = log->synced = log->torn_at = at;
	log->torn_bytes = garbage - at;
	log->sealed = !w.based;
	return see_index(log);
}

/* The newest table of cursors in a segment, if it has any. */
static enum ew_status read_cursors(struct ew_log *log, uint32_t segment)
{
	const struct ewi_segments *s = &log->seg;
	struct ewi_window w = ewi_log_window(log);
	uint32_t at = s->data;

	for (;;) {
		struct ewi_record record;
		enum ew_status st = ewi_record_find(s, &w, segment, at, lowest_seq(log), &at, NULL);

		if (st == EW_OK && at < s->end)
			st = ewi_record_look(s, &w, segment, at, &record);
		if (st != EW_OK || at == s->end || record.state != EWI_RECORD_WHOLE)
			return st;
		if (record.kind == EWI_RECORD_CURSORS && record.fits)
			ewi_cursors_decode(log, record.body, record.head.data_bytes);
		at += record.bytes;
	}
}

/*
 * The cursors, when the last segment's head says that there were some and none of its tables is whole: then
 * an earlier segment has the newest.
 */
static enum ew_status find_cursors(struct ew_log *log)
{
	const struct ewi_segments *s = &log->seg;

	for (uint32_t segment = log->last; !log->cursors_known; segment--) {
		struct ewi_segment_head head;
		enum ew_status st = EW_OK;
		bool began_without;

		if (segment != log->last)
			st = read_cursors(log, segment);
		if (st == EW_OK)
			st = ewi_segment_read(s, ewi_segment_block(s, segment), &head);
		began_without = st == EW_OK && head.segment == segment && !head.cursors;
		if (st == EW_ERR_CORRUPT || st == EW_ERR_EMPTY)
			st = EW_OK;
		if (st != EW_OK || began_without || segment == log->first)
			return st;
	}
	return EW_OK;
}

enum ew_status ewi_log_start(struct ew_log *log, uint32_t segment, struct ewi_segment_head *out)
{
	const struct ewi_segments *s = &log->seg;
	struct ewi_window w = ewi_log_window(log);
	struct ewi_record record;
	uint32_t found;
	enum ew_status st = ewi_segment_read(s, ewi_segment_block(s, segment), out);

	if (st == EW_OK && out->segment == segment)
		return EW_OK;
	if (st != EW_OK && st != EW_ERR_CORRUPT && st != EW_ERR_EMPTY)
		return st;
	st = ewi_record_find(s, &w, segment, s->data, lowest_seq(log), &found, NULL);
	if (st == EW_OK && found < s->end)
		st = ewi_record_look(s, &w, segment, found, &record);
	if (st != EW_OK)
		return st;
	if (found == s->end || record.state != EWI_RECORD_WHOLE)
		return EW_ERR_CORRUPT;
	memset(out, 0, sizeof(*out));
	out->segment = segment;
	out->base = (struct ewi_base){record.head.seq, record.head.time_ns, 0};
	out->max_time_before = UINT64_MAX;
	return EW_OK;
}

enum ew_status ewi_log_load_first(struct ew_log *log)
{
	struct ewi_segment_head head;
	enum ew_status st = ewi_log_start(log, log->first, &head);

	if (st == EW_OK) {
		log->first_seq = head.base.seq;
		log->first_time = head.base.time;
	}
	return st == EW_ERR_CORRUPT ? EW_OK : st;
}

/*
 * Blocks without a head and without records.  Only as much as a head may be written there: one that was
 * torn.  More is somebody else's data, which is not to be overwritten.
 */
static enum ew_status refuse_foreign(struct ew_log *log, struct ew_error *err)
{
	const struct ewi_segments *s = &log->seg;

	for (uint32_t b = 0; b < s->st.block_count; b++) {
		for (uint32_t at = s->data; at < s->st.block_bytes;) {
			uint32_t n = s->st.block_bytes - at;
			enum ew_status st;

			n = n < log->buffer_bytes ? n : log->buffer_bytes;
			st = s->st.read(s->st.ctx, b, at, log->buf, n);
			if (st != EW_OK)
				return st;
			for (uint32_t i = 0; i < n; i++)
				if (log->buf[i] != s->st.erased)
					return ewi_error(err, EW_ERR_MALFORMED, at + i,
							 "block %u holds something that is no log",
							 (unsigned)b);
			at += n;
		}
	}
	return EW_OK;
}

/* Put erased bytes over what is torn; where that cannot be, the segment is given up. */
static enum ew_status cut(struct ew_log *log)
{
	const struct ew_storage *st = &log->seg.st;
	uint32_t at = log->tail, end = at + (uint32_t)log->torn_bytes;

	if (!st->rewrite) {
		log->sealed = true;
		return EW_OK;
	}
	memset(log->buf, st->erased, log->buffer_bytes);
	while (at < end) {
		uint32_t n = end - at < log->buffer_bytes ? end - at : log->buffer_bytes;
		enum ew_status s = st->write(st->ctx, ewi_segment_block(&log->seg, log->last), at, log->buf, n);

		if (s != EW_OK)
			return s;
		at += n;
	}
	return st->sync(st->ctx);
}

enum ew_status ewi_log_find(struct ew_log *log, struct ew_error *err)
{
	struct heads h;
	enum ew_status st = read_heads(&log->seg, &h);
	bool more;

	if (st == EW_ERR_UNSUPPORTED)
		return ewi_error(err, st, 0, "the log has another version or geometry");
	if (st != EW_OK)
		return ewi_error(err, st, 0, "cannot read the heads of segments");
	log->first = h.first;
	log->last = h.last;
	log->next_seq = log->written_seq = log->durable_seq = 1;
	if (log->last != 0 && (st = scan_last(log)) != EW_OK)
		return ewi_error(err, st, 0, "cannot read segment %u", (unsigned)log->last);
	/* Segments on either side whose head is damaged. */
	while (h.strange != 0 && log->last - log->first + 1 < log->seg.st.block_count) {
		st = has_records(log, log->last + 1, log->next_seq, &more);
		if (st != EW_OK || !more)
			break;
		log->last++;
		if (log->first == 0)
			log->first = log->last;
		st = scan_last(log);
	}
	while (st == EW_OK && h.strange != 0 && log->first > 1 &&
	       log->last - log->first + 1 < log->seg.st.block_count) {
		st = has_records(log, log->first - 1, lowest_seq(log), &more);
		if (st != EW_OK || !more)
			break;
		log->first--;
	}
	if (st != EW_OK)
		return ewi_error(err, st, 0, "cannot look for segments whose head is damaged");
	if (log->last == 0)
		return h.strange ? refuse_foreign(log, err) : EW_OK;
	if (log->torn_bytes != 0 && !log->read_only && (st = cut(log)) != EW_OK)
		return ewi_error(err, st, log->tail, "cannot cut the torn end of segment %u",
				 (unsigned)log->last);
	st = find_cursors(log);
	if (st != EW_OK)
		return ewi_error(err, st, 0, "cannot look for the log's cursors");
	if (!log->read_only && !ewi_cursors_fit(log))
		return ewi_error(err, EW_ERR_INVAL, 0, "buffer_bytes is too small for the log's cursors");
	log->written_seq = log->durable_seq = log->next_seq;
	st = ewi_log_load_first(log);
	return st == EW_OK ? EW_OK : ewi_error(err, st, 0, "cannot read segment %u", (unsigned)log->first);
}

#endif
