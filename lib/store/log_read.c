/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log_read.c - reading the log: forward, from a sequence number or a time, and verifying all of it.
 *
 * A reader keeps a place and the sequence number it expects there.  What it steps over is gathered in a
 * gap, until the next whole record (or head of a segment) says how many events are missing.
 */
#include "store/log.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/alloc.h"

/* Room in front of the window, for the header of an event whose record begins it. */
#define READER_SLACK (sizeof(struct ew_event) + 8)

struct ew_log_reader {
	struct ew_log *log;
	uint8_t *memory;
	struct ewi_window window;
	uint32_t segment; /* 0: the log had none */
	uint32_t replaced; /* the log's, when the window was filled */
	uint32_t at;
	bool entered;	   /* the head of the segment has been looked at */
	bool tell_all;	   /* also gaps without missing events: for verify */
	bool has_gap;
	uint64_t next_seq; /* expected */
	struct ew_log_damage gap;    /* being gathered */
	struct ew_log_damage damage; /* the last one told */
};

static void go_to(struct ew_log_reader *rd, uint32_t segment)
{
	rd->segment = segment;
	rd->at = rd->log->seg.data;
	rd->entered = false;
}

static void rewind_reader(struct ew_log_reader *rd)
{
	ewi_window_drop(&rd->window);
	memset(&rd->gap, 0, sizeof(rd->gap));
	rd->has_gap = false;
	go_to(rd, rd->log->last ? rd->log->first : 0);
	rd->next_seq = rd->log->last ? rd->log->first_seq : rd->log->next_seq;
}

enum ew_status ew_log_reader_create(struct ew_log *log, struct ew_log_reader **out)
{
	struct ew_log_reader *rd = ewi_alloc(&log->alloc, 1, sizeof(*rd));

	*out = NULL;
	if (!rd)
		return EW_ERR_NOMEM;
	rd->log = log;
	rd->window.size = log->buffer_bytes;
	rd->memory = ewi_alloc(&log->alloc, READER_SLACK + log->buffer_bytes, 1);
	if (!rd->memory) {
		ewi_free(&log->alloc, rd, 1, sizeof(*rd));
		return EW_ERR_NOMEM;
	}
	rd->window.buf = rd->memory + READER_SLACK;
	rewind_reader(rd);
	*out = rd;
	return EW_OK;
}

void ew_log_reader_destroy(struct ew_log_reader *rd)
{
	struct ew_alloc alloc;

	if (!rd)
		return;
	alloc = rd->log->alloc;
	ewi_free(&alloc, rd->memory, READER_SLACK + rd->window.size, 1);
	ewi_free(&alloc, rd, 1, sizeof(*rd));
}

/* ---- gaps ---- */

static void widen_gap(struct ew_log_reader *rd, enum ew_log_damage_kind kind, uint32_t offset,
		      uint32_t bytes, const char *reason)
{
	if (!rd->has_gap) {
		rd->has_gap = true;
		rd->gap = (struct ew_log_damage){
			.kind = kind,
			.segment = rd->segment,
			.block = ewi_segment_block(&rd->log->seg, rd->segment),
			.offset = offset,
			.first_seq = rd->next_seq,
			.reason = reason,
		};
	}
	rd->gap.bytes += bytes;
}

/*
 * The next event there is has number seq.  True: a finding is in rd->damage, and is to be told.  A gap in
 * which nothing is missing is a write that was torn and given up.
 */
static bool close_gap(struct ew_log_reader *rd, uint64_t seq)
{
	uint64_t missing = seq - rd->next_seq;

	if (!rd->has_gap && missing == 0)
		return false;
	if (!rd->has_gap)
		widen_gap(rd, EW_LOG_MISSING, rd->at, 0, "sequence numbers are missing");
	rd->damage = rd->gap;
	rd->damage.events = missing;
	if (missing == 0 && rd->gap.kind == EW_LOG_CHECKSUM) {
		rd->damage.kind = EW_LOG_TORN;
		rd->damage.reason = "a torn write, given up";
	}
	rd->has_gap = false;
	rd->next_seq = seq;
	return missing != 0 || rd->tell_all;
}

/* ---- stepping ---- */

/* Is there a segment after this one?  Another process may have begun it: then only the storage knows. */
static enum ew_status has_next(struct ew_log_reader *rd, bool *out)
{
	struct ew_log *log = rd->log;
	uint32_t next = rd->segment + 1;
	struct ewi_segment_head head;
	enum ew_status st;

	*out = rd->segment < log->last;
	if (*out || !log->read_only || next == 0)
		return EW_OK;
	st = ewi_segment_read(&log->seg, ewi_segment_block(&log->seg, next), &head);
	*out = st == EW_OK && head.segment == next;
	return st == EW_ERR_CORRUPT || st == EW_ERR_EMPTY ? EW_OK : st;
}

/* Was the segment erased, and its block perhaps used again, while this reader was in it? */
static enum ew_status is_gone(struct ew_log_reader *rd, uint32_t *first)
{
	struct ew_log *log = rd->log;
	struct ewi_segment_head head;
	enum ew_status st;

	*first = log->first;
	if (!log->read_only)
		return EW_OK;
	st = ewi_segment_read(&log->seg, ewi_segment_block(&log->seg, rd->segment), &head);
	if (st == EW_ERR_CORRUPT || (st == EW_OK && head.segment == rd->segment))
		return EW_OK; /* damaged is not gone */
	if (st == EW_OK || st == EW_ERR_EMPTY)
		st = ewi_log_range(&log->seg, first, NULL);
	return st;
}

/*
 * If the segment was erased, go on with the first that there is.  To be asked after what was seen in it: a segment that is there
 * now was there then.
 */
static enum ew_status leave_if_gone(struct ew_log_reader *rd, bool *gone)
{
	uint32_t first;
	enum ew_status st = is_gone(rd, &first);

	*gone = st == EW_OK && rd->segment < first;
	if (*gone) {
		widen_gap(rd, EW_LOG_DROPPED, 0, 0, "erased before it was read");
		ewi_window_drop(&rd->window);
		go_to(rd, first);
	}
	return st;
}

/*
 * At a place that holds no record: find the next one in the segment, or go to the next segment.
 * EW_ERR_EMPTY: this is the end of the log, for now.
 */
static enum ew_status step_over(struct ew_log_reader *rd)
{
	struct ew_log *log = rd->log;
	const struct ewi_segments *s = &log->seg;
	uint32_t tail = rd->segment < log->last ? s->end
			: rd->segment == log->last ? log->tail : s->data;
	uint32_t found = s->end, garbage = rd->at;
	bool next, gone = false;
	enum ew_status st = has_next(rd, &next);

	/* The window may have been filled before another process wrote more; the whole segment is looked through. */
	ewi_window_drop(&rd->window);
	rd->window.written = 0;
	if (st == EW_OK && (next || rd->at < tail))
		st = ewi_record_find(s, &rd->window, rd->segment, rd->at, rd->next_seq, &found, &garbage);
	if (st == EW_OK && found == s->end)
		st = leave_if_gone(rd, &gone);
	if (st != EW_OK || gone)
		return st;
	if (found < s->end)
		garbage = found;
	if (garbage > rd->at)
		widen_gap(rd, EW_LOG_CHECKSUM, rd->at, garbage - rd->at, "checksum is wrong");
	if (found < s->end) {
		rd->at = found;
		return EW_OK;
	}
	if (!next) {
		ewi_window_drop(&rd->window);
		rd->at = rd->at > tail ? rd->at : tail;
		return EW_ERR_EMPTY;
	}
	go_to(rd, rd->segment + 1);
	return EW_OK;
}

/* Look at the head of a segment.  True through *told: a finding is to be told before going on. */
static enum ew_status enter(struct ew_log_reader *rd, bool *told)
{
	const struct ewi_segments *s = &rd->log->seg;
	struct ewi_segment_head head;
	enum ew_status st = ewi_segment_read(s, ewi_segment_block(s, rd->segment), &head);

	*told = false;
	rd->entered = true;
	if (st == EW_OK && head.segment == rd->segment) {
		if (head.base.seq >= rd->next_seq)
			*told = close_gap(rd, head.base.seq);
		return EW_OK;
	}
	if (st == EW_OK || st == EW_ERR_CORRUPT || st == EW_ERR_EMPTY) {
		widen_gap(rd, EW_LOG_HEAD, 0, s->data, "the segment's head is damaged");
		return EW_OK;
	}
	return st;
}

/* Is this the segment that this process writes?  Then there is nothing in it that the log does not know of. */
static bool writes(const struct ew_log_reader *rd)
{
	const struct ew_log *log = rd->log;

	return !log->read_only && !log->failed && rd->segment == log->last;
}

/* What is at a place of the reader's segment. */
static enum ew_status look(struct ew_log_reader *rd, uint32_t at, struct ewi_record *out)
{
	rd->window.written = writes(rd) ? rd->log->written : 0;
	return ewi_record_look(&rd->log->seg, &rd->window, rd->segment, at, out);
}

/* Where the last record ends; nothing needs to be read to see that. */
static bool is_at_end(struct ew_log_reader *rd)
{
	if (!writes(rd) || rd->at != rd->log->tail)
		return false;
	ewi_window_drop(&rd->window);
	return true;
}

/*
 * Move to the next whole record of this log and look at it.  EW_ERR_CORRUPT: a finding is in rd->damage;
 * call again.  EW_ERR_EMPTY: the end.
 */
static enum ew_status next_record(struct ew_log_reader *rd, struct ewi_record *record)
{
	struct ew_log *log = rd->log;
	bool fresh = false, told;
	enum ew_status st;

	if (rd->replaced != log->replaced) {
		ewi_window_drop(&rd->window);
		rd->replaced = log->replaced;
	}
	if (rd->segment == 0) { /* was empty: have segments come? */
		uint32_t first = log->first;

		if (log->last == 0 && log->read_only) {
			st = ewi_log_range(&log->seg, &first, NULL);
			if (st != EW_OK)
				return st;
		}
		if (first == 0)
			return EW_ERR_EMPTY;
		rd->segment = 1;
		if (first > 1)
			widen_gap(rd, EW_LOG_DROPPED, 0, 0, "erased before it was read");
		go_to(rd, first);
	}
	if (rd->segment < log->first) {
		widen_gap(rd, EW_LOG_DROPPED, 0, 0, "erased before it was read");
		ewi_window_drop(&rd->window);
		go_to(rd, log->first);
	}
	for (;;) {
		if (!rd->entered) {
			st = enter(rd, &told);
			if (st != EW_OK || told)
				return st != EW_OK ? st : EW_ERR_CORRUPT;
		}
		if (is_at_end(rd))
			return EW_ERR_EMPTY;
		if (writes(rd) && rd->at >= log->written) { /* what is sought waits in the buffer */
			st = ewi_log_flush(log, true);
			if (st != EW_OK)
				return st;
			ewi_window_drop(&rd->window);
		}
		st = look(rd, rd->at, record);
		if (st != EW_OK)
			return st;
		if (record->state != EWI_RECORD_WHOLE && !fresh && log->read_only) {
			ewi_window_drop(&rd->window); /* another process may have written since */
			fresh = true;
		} else if (record->state != EWI_RECORD_WHOLE && !fresh && log->tail != log->written && !log->failed) {
			st = ewi_log_flush(log, true); /* what is sought may wait in the buffer */
			if (st != EW_OK)
				return st;
			ewi_window_drop(&rd->window);
			fresh = true;
		} else if (record->state != EWI_RECORD_WHOLE) {
			st = step_over(rd);
			if (st != EW_OK)
				return st;
		} else if (record->head.seq < rd->next_seq) {
			rd->at += record->bytes; /* before the place that was sought */
		} else if (close_gap(rd, record->head.seq)) {
			return EW_ERR_CORRUPT;
		} else if (record->kind != EWI_RECORD_EVENT) {
			rd->at += record->bytes; /* the log's own */
		} else {
			return EW_OK;
		}
	}
}

/* The end: are events missing that this process knows were there? */
static enum ew_status at_end(struct ew_log_reader *rd)
{
	struct ew_log *log = rd->log;

	if (!log->read_only && rd->next_seq < log->next_seq && close_gap(rd, log->next_seq))
		return EW_ERR_CORRUPT;
	return EW_ERR_EMPTY;
}

/* The next whole event, stepped over.  In front of it nothing of the window is needed any more. */
static enum ew_status take_record(struct ew_log_reader *rd, struct ewi_record *record)
{
	enum ew_status st = next_record(rd, record);

	if (st == EW_ERR_EMPTY)
		return at_end(rd);
	if (st != EW_OK)
		return st;
	rd->at += record->bytes;
	rd->next_seq = record->head.seq + 1;
	return record->fits ? EW_OK : EW_ERR_TOOBIG;
}

enum ew_status ew_log_next(struct ew_log_reader *rd, struct ew_log_item *out)
{
	struct ewi_record record;
	enum ew_status st = take_record(rd, &record);

	if (st != EW_OK)
		return st;
	out->event = record.head;
	out->topic = (const char *)record.body;
	out->data = record.body + record.head.topic_bytes;
	return EW_OK;
}

/*
 * In front of the body there is room for the header: that of this record and what was read before it, or the
 * slack.  Headers lie at multiples of 8, so the body moves down by 7 bytes at most.
 */
enum ew_status ew_log_read(struct ew_log_reader *rd, const struct ew_event **out)
{
	struct ewi_record record;
	struct ew_event *event;
	enum ew_status st = take_record(rd, &record);

	*out = NULL;
	if (st != EW_OK)
		return st;
	event = (struct ew_event *)(void *)(record.body - sizeof(*event) - ((uintptr_t)record.body & 7));
	if ((uint8_t *)(event + 1) != record.body)
		memmove(event + 1, record.body, (size_t)record.head.topic_bytes + record.head.data_bytes);
	*event = record.head;
	*out = event;
	return EW_OK;
}

uint32_t ewi_log_reader_segment(const struct ew_log_reader *rd)
{
	return rd->segment;
}

const struct ew_log_damage *ew_log_reader_damage(const struct ew_log_reader *rd)
{
	return &rd->damage;
}

/* ---- seeking ---- */

/* Read heads from `at` on, step by step towards `end`, until a whole one: *at is where; EW_ERR_EMPTY: none. */
static enum ew_status nearest_head(const struct ewi_segments *s, uint32_t *at, uint32_t end, int step,
				   struct ewi_segment_head *head)
{
	for (;; *at += (uint32_t)step) {
		enum ew_status st;

		if (*at == end)
			return EW_ERR_EMPTY;
		st = ewi_segment_read(s, ewi_segment_block(s, *at), head);
		if (st == EW_OK && head->segment == *at)
			return EW_OK;
		if (st != EW_OK && st != EW_ERR_CORRUPT && st != EW_ERR_EMPTY)
			return st;
	}
}

static bool starts_by_seq(const struct ewi_segment_head *h, uint64_t seq)
{
	return h->base.seq <= seq;
}

/* Every event in the segments before this one is older. */
static bool starts_by_time(const struct ewi_segment_head *h, uint64_t time_ns)
{
	return h->max_time_before < time_ns;
}

/*
 * Go to the last segment whose head says yes, or to the first: what is sought begins there, because first
 * numbers and the latest time so far never fall from segment to segment.  Damaged heads say nothing; the
 * nearest whole ones on both sides then decide.
 */
static enum ew_status seek_segment(struct ew_log_reader *rd,
				   bool (*yes)(const struct ewi_segment_head *, uint64_t), uint64_t what)
{
	struct ew_log *log = rd->log;
	uint32_t low = log->first, high = log->last;
	struct ewi_segment_head head;
	enum ew_status st;

	rewind_reader(rd);
	while (low < high) {
		uint32_t mid = high - (high - low) / 2, at = mid;
		int step = -1;

		st = nearest_head(&log->seg, &at, low, step, &head);
		if (st == EW_ERR_EMPTY) { /* none in low+1..mid */
			at = mid + 1;
			step = 1;
			st = nearest_head(&log->seg, &at, high + 1, step, &head);
		}
		if (st == EW_ERR_EMPTY)
			break;
		if (st != EW_OK)
			return st;
		if (yes(&head, what)) {
			low = at;
			rd->next_seq = head.base.seq;
		} else if (step > 0) {
			break;
		} else {
			high = at - 1;
		}
	}
	if (log->last != 0)
		go_to(rd, low);
	return EW_OK;
}

/*
 * Skip what the index says lies before: entries up to the last that says yes.  A place is tried before it is
 * believed, as the index is no part of what it describes; the numbers are those of the records there.
 */
static enum ew_status skip_by_index(struct ew_log_reader *rd, bool by_time, uint64_t what)
{
	const struct ew_log *log = rd->log;
	const struct ewi_index *index = log->index; /* in memory while the segment is being written */
	struct ewi_index closed;
	struct ewi_record record;
	enum ew_status st = EW_OK;
	uint32_t at = 0;

	if (rd->segment == 0 || !ewi_segment_indexed(&log->seg))
		return EW_OK;
	if (rd->segment != log->last || !index) {
		st = ewi_index_read(&log->seg, rd->segment, &closed);
		index = &closed;
	}
	for (uint32_t i = 1; st == EW_OK && i < index->count; i++)
		if (by_time ? index->entries[i].max_time < what : rd->next_seq + index->entries[i].index <= what)
			at = index->entries[i].at;
	if (st != EW_OK || at < log->seg.data || (rd->segment == log->last && index == log->index && at >= log->written))
		return st;
	st = look(rd, at, &record);
	if (st != EW_OK || record.state != EWI_RECORD_WHOLE || record.head.seq < rd->next_seq)
		return st;
	rd->at = at;
	rd->next_seq = record.head.seq;
	rd->entered = true;
	return EW_OK;
}

enum ew_status ew_log_seek_seq(struct ew_log_reader *rd, uint64_t seq)
{
	enum ew_status st = seek_segment(rd, starts_by_seq, seq);

	if (st == EW_OK && seq > rd->next_seq)
		st = skip_by_index(rd, false, seq);
	if (seq > rd->next_seq) /* reading steps over what comes before */
		rd->next_seq = seq;
	return st;
}

enum ew_status ew_log_seek_time(struct ew_log_reader *rd, uint64_t time_ns)
{
	enum ew_status st = seek_segment(rd, starts_by_time, time_ns);
	struct ewi_record record;

	if (st == EW_OK)
		st = skip_by_index(rd, true, time_ns);
	while (st == EW_OK || st == EW_ERR_CORRUPT) {
		st = next_record(rd, &record);
		if (st != EW_OK)
			continue;
		if (record.head.time_ns >= time_ns)
			return EW_OK; /* not consumed: it is looked at again when it is read */
		rd->at += record.bytes;
		rd->next_seq = record.head.seq + 1;
	}
	return st == EW_ERR_EMPTY ? EW_OK : st;
}

/* ---- verifying ---- */

struct verifier {
	struct ew_log_report *report;
	void (*told)(void *ctx, const struct ew_log_damage *damage);
	void *ctx;
	uint64_t last_time;
	bool damaged;
};

static void tell(struct verifier *v, const struct ew_log_damage *d)
{
	v->report->findings++;
	v->report->missing_events += d->events;
	if (d->kind == EW_LOG_TORN) {
		v->report->torn_bytes += d->bytes;
	} else {
		v->report->damaged_bytes += d->bytes;
		v->damaged = true;
	}
	if (v->told)
		v->told(v->ctx, d);
}

static void count_event(struct verifier *v, const struct ewi_record *record)
{
	struct ew_log_report *r = v->report;

	if (r->events != 0 && record->head.time_ns < v->last_time)
		r->clock_steps++;
	v->last_time = record->head.time_ns;
	if (r->events++ == 0)
		r->first_seq = record->head.seq;
	r->last_seq = record->head.seq;
	r->bytes += record->bytes;
}

/* A torn tail that opening has not cut, because the log is open for reading only. */
static void tell_tail(struct verifier *v, const struct ew_log *log)
{
	struct ew_log_damage d = {
		.kind = EW_LOG_TAIL,
		.segment = log->last,
		.offset = log->torn_at,
		.bytes = (uint32_t)log->torn_bytes,
		.first_seq = log->next_seq,
		.reason = "a torn write, or the last event is damaged",
	};

	if (!log->read_only || log->torn_bytes == 0)
		return;
	d.block = ewi_segment_block(&log->seg, log->last);
	tell(v, &d);
}

enum ew_status ew_log_verify(struct ew_log *log,
			     void (*told)(void *ctx, const struct ew_log_damage *damage), void *ctx,
			     struct ew_log_report *out)
{
	struct verifier v = {.report = out, .told = told, .ctx = ctx};
	struct ew_log_reader *rd;
	struct ewi_record record;
	enum ew_status st;

	memset(out, 0, sizeof(*out));
	st = ew_log_reader_create(log, &rd);
	if (st != EW_OK)
		return st;
	rd->tell_all = true;
	do {
		st = next_record(rd, &record);
		if (st == EW_ERR_EMPTY)
			st = at_end(rd);
		if (st == EW_ERR_CORRUPT)
			tell(&v, &rd->damage);
		if (st == EW_OK) {
			count_event(&v, &record);
			rd->at += record.bytes;
			rd->next_seq = record.head.seq + 1;
		}
	} while (st == EW_OK || st == EW_ERR_CORRUPT);
	out->segments = rd->segment ? rd->segment - log->first + 1 : 0;
	ew_log_reader_destroy(rd);
	if (st != EW_ERR_EMPTY)
		return st;
	tell_tail(&v, log);
	return v.damaged ? EW_ERR_CORRUPT : EW_OK;
}

#endif
