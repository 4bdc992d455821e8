/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log.c - the durable log: opening, appending, syncing, making room.
 *
 * A batch is encoded into one buffer and leaves it in one write.  Nothing of the log's state changes until
 * that write has succeeded; a write that fails leaves the storage unknown, so the log then refuses more.
 */
#include "store/log.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/alloc.h"
#include "base/cpu.h"
#include "base/error.h"
#include "store/config.h"
#include "store/storage.h"

/* ---- opening and closing ---- */

static enum ew_status check_geometry(const struct ew_storage *st, uint32_t buffer_bytes,
				     struct ew_error *err)
{
	uint32_t align = st->write_bytes > 8 ? st->write_bytes : 8;

	if (!ewi_write_bytes_ok(st->write_bytes))
		return ewi_error(err, EW_ERR_INVAL, 0, "write_bytes is %u", (unsigned)st->write_bytes);
	if (st->block_count < 2)
		return ewi_error(err, EW_ERR_INVAL, 0, "a log needs 2 blocks, not %u",
				 (unsigned)st->block_count);
	if (st->block_bytes % align != 0 || st->block_bytes > 1u << 31 ||
	    st->block_bytes < 2 * (EWI_SEGMENT_HEAD + align))
		return ewi_error(err, EW_ERR_INVAL, 0, "blocks of %u bytes", (unsigned)st->block_bytes);
	if (buffer_bytes % align != 0 || buffer_bytes < EWI_RECORD_HEAD + align ||
	    buffer_bytes > 1u << 31)
		return ewi_error(err, EW_ERR_INVAL, 0, "buffer_bytes is %u", (unsigned)buffer_bytes);
	return EW_OK;
}

static void destroy(struct ew_log *log)
{
	struct ew_alloc alloc = log->alloc;

	ewi_crc32c_deinit(&log->seg.crc, &alloc);
	ewi_free(&alloc, log->buf, log->buffer_bytes, 1);
	ewi_free(&alloc, log, 1, sizeof(*log));
}

static void configure(struct ew_log *log, const struct ew_log_config *c)
{
	struct ewi_segments *s = &log->seg;
	uint32_t room;

	s->align = s->st.write_bytes > 8 ? s->st.write_bytes : 8;
	s->data = ewi_align_up(s, EWI_SEGMENT_HEAD);
	room = s->st.block_bytes - s->data;
	log->max_record = log->buffer_bytes < room ? log->buffer_bytes : room;
	if (c->max_record_bytes && c->max_record_bytes < log->max_record)
		log->max_record = c->max_record_bytes;
	log->sync_every = c->sync_every;
	log->when_full = c->when_full;
	log->read_only = c->read_only;
}

enum ew_status ew_log_open(const struct ew_storage *st, const struct ew_log_config *cfg,
			   const struct ew_alloc *alloc, struct ew_log **out, struct ew_error *err)
{
	struct ew_log_config c;
	struct ew_log *log;
	enum ew_status status;

	*out = NULL;
	ewi_error_clear(err);
	if (!ewi_store_config(&c, sizeof(c), cfg) ||
	    (c.when_full != EW_LOG_REJECT && c.when_full != EW_LOG_DROP_OLDEST))
		return ewi_error(err, EW_ERR_INVAL, 0, "struct ew_log_config is not filled in");
	c.buffer_bytes = c.buffer_bytes ? c.buffer_bytes : EW_CONFIG_SMALL ? 512 : 64u << 10;
	status = check_geometry(st, c.buffer_bytes, err);
	if (status != EW_OK)
		return status;
	log = ewi_alloc(alloc, 1, sizeof(*log));
	if (!log)
		return ewi_error(err, EW_ERR_NOMEM, 0, "no memory for a log");
	log->alloc = *alloc;
	log->seg.st = *st;
	log->buffer_bytes = c.buffer_bytes;
	configure(log, &c);
	log->buf = ewi_alloc(alloc, log->buffer_bytes, 1);
	if (!log->buf || ewi_crc32c_init(&log->seg.crc, ewi_cpu_features(), alloc) != EW_OK)
		status = ewi_error(err, EW_ERR_NOMEM, 0, "no memory for the log's buffer");
	else
		status = ewi_log_find(log, err);
	if (status != EW_OK) {
		destroy(log);
		return status;
	}
	*out = log;
	return EW_OK;
}

enum ew_status ew_log_close(struct ew_log *log)
{
	enum ew_status st = EW_OK;

	if (!log)
		return EW_OK;
	if (!log->read_only && log->sync_every != 0)
		st = ew_log_sync(log);
	destroy(log);
	return st;
}

/* ---- durability ---- */

enum ew_status ew_log_sync(struct ew_log *log)
{
	enum ew_status st;

	if (log->failed)
		return EW_ERR_IO;
	if (log->read_only)
		return EW_ERR_DENIED;
	if (log->unsynced == 0)
		return EW_OK;
	st = log->seg.st.sync(log->seg.st.ctx);
	if (st != EW_OK) {
		/* The system may have forgotten what it could not write: asking again proves nothing. */
		log->failed = true;
		return st;
	}
	log->syncs++;
	log->unsynced = 0;
	return EW_OK;
}

static enum ew_status sync_if_due(struct ew_log *log)
{
	if (log->sync_every == 0 || log->unsynced < log->sync_every)
		return EW_OK;
	return ew_log_sync(log);
}

/* ---- segments ---- */

/* The block must read as erased; on flash an erase that is not needed is wear for nothing. */
static enum ew_status make_erased(struct ew_log *log, uint32_t block)
{
	const struct ew_storage *st = &log->seg.st;

	for (uint32_t at = 0; !st->rewrite; at += log->buffer_bytes) {
		uint32_t n = st->block_bytes - at < log->buffer_bytes ? st->block_bytes - at
								      : log->buffer_bytes;
		enum ew_status s = st->read(st->ctx, block, at, log->buf, n);

		if (s != EW_OK)
			return s;
		for (uint32_t i = 0; i < n; i++)
			if (log->buf[i] != st->erased)
				return st->erase(st->ctx, block);
		if (n == st->block_bytes - at)
			return EW_OK;
	}
	return st->erase(st->ctx, block);
}

/* Give up the oldest segment; there are at least two. */
static enum ew_status drop_first(struct ew_log *log)
{
	uint64_t first_seq = log->first_seq;
	enum ew_status st = log->seg.st.erase(log->seg.st.ctx, ewi_segment_block(&log->seg, log->first));

	if (st != EW_OK)
		return st;
	log->first++;
	st = ewi_log_load_first(log);
	if (log->first_seq > first_seq)
		log->dropped_events += log->first_seq - first_seq;
	return st;
}

/* A new last segment, whose first event has this time.  The buffer holds nothing. */
static enum ew_status begin_segment(struct ew_log *log, uint64_t time_ns)
{
	struct ewi_segments *s = &log->seg;
	struct ewi_segment_head head = {.segment = log->last + 1,
					.align = s->align,
					.block_bytes = s->st.block_bytes,
					.block_count = s->st.block_count,
					.first_seq = log->next_seq,
					.first_time_ns = time_ns,
					.max_time_before = log->max_time};
	uint32_t block = ewi_segment_block(s, head.segment);
	enum ew_status st = EW_OK;

	if (log->last == UINT32_MAX)
		return EW_ERR_FULL;
	if (log->last != 0 && log->last - log->first + 1 == s->st.block_count) {
		if (log->when_full != EW_LOG_DROP_OLDEST)
			return EW_ERR_FULL;
		st = drop_first(log);
	}
	/* No segment may be durable while the end of the one before it is not. */
	if (st == EW_OK && log->sync_every != 0)
		st = ew_log_sync(log);
	if (st == EW_OK)
		st = make_erased(log, block);
	if (st != EW_OK)
		return st;
	ewi_segment_encode(s, &head, log->buf);
	st = s->st.write(s->st.ctx, block, 0, log->buf, s->data);
	if (st != EW_OK) /* the block holds no whole head: it is erased again when it is next used */
		return st;
	log->writes++;
	if (log->last == 0) {
		log->first = head.segment;
		log->first_seq = head.first_seq;
		log->first_time = time_ns;
	}
	log->last = head.segment;
	log->tail = s->data;
	log->sealed = false;
	return EW_OK;
}

/* ---- appending ---- */

/* What the buffer holds: records for the tail. */
struct pending {
	uint32_t bytes, count;
	uint64_t last_time, max_time;
};

static enum ew_status flush(struct ew_log *log, struct pending *p)
{
	const struct ew_storage *st = &log->seg.st;
	enum ew_status s;

	if (p->count == 0)
		return EW_OK;
	s = st->write(st->ctx, ewi_segment_block(&log->seg, log->last), log->tail, log->buf, p->bytes);
	if (s != EW_OK) {
		log->failed = true;
		return s;
	}
	log->writes++;
	log->tail += p->bytes;
	log->next_seq += p->count;
	log->appended += p->count;
	log->unsynced += p->count;
	log->last_time = p->last_time;
	if (p->max_time > log->max_time)
		log->max_time = p->max_time;
	memset(p, 0, sizeof(*p));
	return EW_OK;
}

static enum ew_status put(struct ew_log *log, struct pending *p, const struct ew_event *e,
			  const void *topic, const void *data)
{
	uint64_t bytes = ewi_record_bytes(&log->seg, e->topic_bytes, e->data_bytes);
	enum ew_status st = EW_OK;
	bool new_segment;

	if (bytes > log->max_record) {
		log->rejected_too_big++;
		return EW_ERR_TOOBIG;
	}
	new_segment = log->last == 0 || log->sealed ||
		      bytes > log->seg.st.block_bytes - log->tail - p->bytes;
	if (new_segment || bytes > log->buffer_bytes - p->bytes)
		st = flush(log, p);
	if (st == EW_OK && new_segment)
		st = begin_segment(log, e->time_ns);
	if (st != EW_OK) {
		log->rejected_full += st == EW_ERR_FULL;
		return st;
	}
	ewi_record_encode(&log->seg, log->last, log->tail + p->bytes, log->next_seq + p->count, e, topic,
			  data, log->buf + p->bytes);
	p->bytes += (uint32_t)bytes;
	p->count++;
	p->last_time = e->time_ns;
	if (e->time_ns > p->max_time)
		p->max_time = e->time_ns;
	return EW_OK;
}

static enum ew_status may_append(const struct ew_log *log)
{
	return log->failed ? EW_ERR_IO : log->read_only ? EW_ERR_DENIED : EW_OK;
}

enum ew_status ew_log_append(struct ew_log *log, const struct ew_event *e, const void *topic,
			     const void *data, uint64_t *seq)
{
	struct pending p = {0};
	enum ew_status st = may_append(log);

	if (st == EW_OK)
		st = put(log, &p, e, topic, data);
	if (st == EW_OK)
		st = flush(log, &p);
	if (st != EW_OK)
		return st;
	if (seq)
		*seq = log->next_seq - 1;
	return sync_if_due(log);
}

enum ew_status ew_log_append_batch(struct ew_log *log, const struct ew_event *const *events,
				   uint32_t count, uint32_t *done)
{
	uint64_t before = log->next_seq;
	struct pending p = {0};
	enum ew_status st = may_append(log), flushed;

	for (uint32_t i = 0; st == EW_OK && i < count; i++)
		st = put(log, &p, events[i], ew_event_topic(events[i]), ew_event_data(events[i]));
	flushed = log->failed ? st : flush(log, &p); /* those before the one refused are in */
	if (st == EW_OK)
		st = flushed;
	if (done)
		*done = (uint32_t)(log->next_seq - before);
	flushed = log->failed ? st : sync_if_due(log);
	return st == EW_OK ? flushed : st;
}

enum ew_status ew_log_trim(struct ew_log *log, uint64_t seq, uint32_t *segments)
{
	enum ew_status st = may_append(log);
	uint32_t n = 0;

	while (st == EW_OK && log->first < log->last) {
		struct ewi_segment_head next;

		st = ewi_segment_read(&log->seg, ewi_segment_block(&log->seg, log->first + 1), &next);
		if (st == EW_ERR_CORRUPT || (st == EW_OK && next.first_seq > seq)) {
			st = EW_OK; /* not known to be older, or not older */
			break;
		}
		if (st == EW_OK)
			st = log->seg.st.erase(log->seg.st.ctx, ewi_segment_block(&log->seg, log->first));
		if (st != EW_OK)
			break;
		log->first++;
		st = ewi_log_load_first(log);
		n++;
	}
	if (segments)
		*segments = n;
	return st;
}

void ew_log_stat(struct ew_log *log, struct ew_log_stat *out)
{
	const struct ew_storage *st = &log->seg.st;

	memset(out, 0, sizeof(*out));
	out->first_seq = log->last ? log->first_seq : log->next_seq;
	out->next_seq = log->next_seq;
	out->first_time_ns = log->first_time;
	out->last_time_ns = log->last_time;
	out->segments = log->last ? log->last - log->first + 1 : 0;
	out->bytes = log->last ? (uint64_t)(out->segments - 1) * st->block_bytes + log->tail : 0;
	out->capacity_bytes = (uint64_t)st->block_bytes * st->block_count;
	out->appended = log->appended;
	out->synced = log->appended - log->unsynced;
	out->writes = log->writes;
	out->syncs = log->syncs;
	out->dropped_events = log->dropped_events;
	out->rejected_full = log->rejected_full;
	out->rejected_too_big = log->rejected_too_big;
	out->torn_bytes = log->torn_bytes;
}

#endif
