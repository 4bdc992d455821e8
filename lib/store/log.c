/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log.c - the durable log: opening, appending, syncing, beginning segments.
 *
 * Records are encoded into one buffer and leave it in one write: at the end of each call, or with
 * write_behind when the buffer is full, a sync is due or somebody reads.  What the storage refused in the
 * middle leaves it unknown, so the log then takes nothing more.
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
	uint32_t unit = st->write_bytes;

	if (!ewi_write_bytes_ok(unit))
		return ewi_error(err, EW_ERR_INVAL, 0, "write_bytes is %u", (unsigned)unit);
	if (st->block_count < 2)
		return ewi_error(err, EW_ERR_INVAL, 0, "a log needs 2 blocks, not %u",
				 (unsigned)st->block_count);
	if (st->block_bytes % unit != 0 || st->block_bytes % 8 != 0 || st->block_bytes > 1u << 31 ||
	    st->block_bytes < 2 * (EWI_RECORD_HEAD_MAX + unit))
		return ewi_error(err, EW_ERR_INVAL, 0, "blocks of %u bytes", (unsigned)st->block_bytes);
	if (buffer_bytes % unit != 0 || buffer_bytes < EWI_RECORD_HEAD_MAX + unit || buffer_bytes > 1u << 31)
		return ewi_error(err, EW_ERR_INVAL, 0, "buffer_bytes is %u", (unsigned)buffer_bytes);
	return EW_OK;
}

static void destroy(struct ew_log *log)
{
	struct ew_alloc alloc = log->alloc;

	ewi_crc32c_deinit(&log->seg.crc, &alloc);
	ewi_free(&alloc, log->index, 1, sizeof(*log->index));
	ewi_free(&alloc, log->buf, log->buffer_bytes, 1);
	ewi_free(&alloc, log, 1, sizeof(*log));
}

static void configure(struct ew_log *log, const struct ew_log_config *c)
{
	struct ewi_segments *s = &log->seg;
	uint32_t room;

	ewi_segments_init(s);
	room = s->end - s->data;
	if (room > EWI_RECORD_DATA_MAX) /* the segment's head has 16 bits for KiB */
		room = EWI_RECORD_DATA_MAX - 1024;
	log->max_record = log->buffer_bytes < room ? log->buffer_bytes : room;
	if (c->max_record_bytes && c->max_record_bytes < log->max_record)
		log->max_record = c->max_record_bytes;
	for (log->chunk = s->st.write_bytes; log->chunk <= log->buffer_bytes / 4; log->chunk *= 2)
		;
	log->sync_every = c->sync_every;
	log->sync_after_ns = c->sync_after_ns;
	log->when_full = c->when_full;
	log->cursor_rule = c->cursors;
	log->max_bytes = c->max_bytes;
	log->max_age_ns = c->max_age_ns;
	log->read_only = c->read_only;
	log->write_behind = c->write_behind;
}

/* What ew_log_open() allocates besides the log itself. */
static enum ew_status take_memory(struct ew_log *log)
{
	log->buf = ewi_alloc(&log->alloc, log->buffer_bytes, 1);
	if (!log->buf || ewi_crc32c_init(&log->seg.crc, ewi_cpu_features(), &log->alloc) != EW_OK)
		return EW_ERR_NOMEM;
	if (!ewi_segment_indexed(&log->seg) || log->read_only)
		return EW_OK;
	log->index = ewi_alloc(&log->alloc, 1, sizeof(*log->index));
	return log->index ? EW_OK : EW_ERR_NOMEM;
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
	    (c.when_full != EW_LOG_REJECT && c.when_full != EW_LOG_DROP_OLDEST) ||
	    (unsigned)c.cursors > EW_LOG_CURSORS_ERASE)
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
	log->seg.alloc = &log->alloc;
	log->buffer_bytes = c.buffer_bytes;
	configure(log, &c);
	if (take_memory(log) != EW_OK)
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
	if (!log->read_only)
		st = ewi_log_keeps_order(log) ? ew_log_sync(log) : ew_log_flush(log);
	destroy(log);
	return st;
}

/* ---- durability ---- */

static bool has_rule(const struct ew_log *log)
{
	return log->sync_every != 0 || log->sync_after_ns != 0;
}

bool ewi_log_keeps_order(const struct ew_log *log)
{
	return has_rule(log) || log->cursors[0].name[0] != '\0';
}

enum ew_status ewi_log_writable(const struct ew_log *log)
{
	return log->failed ? EW_ERR_IO : log->read_only ? EW_ERR_DENIED : EW_OK;
}

/*
 * What is erased anyway, written behind the records up to the next round offset, once for each run.  A system's page cache takes long
 * runs in one piece, page by page they cost it twice the time.  And where small writes are synced, the syncs that follow
 * find their pages there: a file system writes down once for a run that it is in use, not with each sync, which costs it more
 * than what is written twice.
 */
static uint32_t run_ahead(struct ew_log *log, uint32_t bytes)
{
	uint32_t run = has_rule(log) ? EWI_LOG_RUN_SYNCED : EWI_LOG_RUN, room = log->buffer_bytes - bytes, to;

	if (!log->seg.st.rewrite || log->buffer_bytes < EWI_LOG_RUN || log->tail <= log->ahead ||
	    (run == EWI_LOG_RUN_SYNCED && log->tail - log->synced > run / 2))
		return 0;
	to = (log->tail + run - 1) & ~(run - 1);
	to = to < log->seg.end ? to : log->seg.end;
	room = room < to - log->tail ? room : to - log->tail;
	memset(log->buf + bytes, log->seg.st.erased, room);
	log->ahead = log->tail + room;
	return room;
}

enum ew_status ewi_log_flush(struct ew_log *log, bool all)
{
	const struct ew_storage *st = &log->seg.st;
	uint32_t bytes = log->tail - log->written, keep = all ? 0 : log->tail & (log->chunk - 1), ahead;
	enum ew_status s;

	if (bytes <= keep)
		keep = 0;
	if (bytes == 0)
		return EW_OK;
	ahead = keep == 0 ? run_ahead(log, bytes) : 0;
	s = st->write(st->ctx, ewi_segment_block(&log->seg, log->last), log->written, log->buf, bytes - keep + ahead);
	if (s != EW_OK) {
		log->failed = true;
		log->next_seq = log->written_seq;
		return s;
	}
	log->writes++;
	log->dirty = true;
	log->written += bytes - keep;
	memmove(log->buf, log->buf + (bytes - keep), keep);
	if (keep == 0)
		log->written_seq = log->next_seq;
	return EW_OK;
}

enum ew_status ew_log_flush(struct ew_log *log)
{
	enum ew_status st = ewi_log_writable(log);

	return st == EW_OK ? ewi_log_flush(log, true) : st;
}

enum ew_status ewi_log_sync_all(struct ew_log *log)
{
	enum ew_status st = ewi_log_flush(log, true);

	if (st != EW_OK || !log->dirty)
		return st;
	st = log->seg.st.sync(log->seg.st.ctx);
	if (st != EW_OK) {
		/* The system may have forgotten what it could not write: asking again proves nothing. */
		log->failed = true;
		return st;
	}
	log->syncs++;
	log->unsynced = 0;
	log->durable_seq = log->next_seq;
	log->dirty = log->erased = false;
	log->synced = log->tail;
	return EW_OK;
}

enum ew_status ew_log_sync(struct ew_log *log)
{
	enum ew_status st = ewi_log_writable(log);

	return st == EW_OK ? ewi_log_sync_all(log) : st;
}

/* The host's clock says so; where it stepped back, so does the time since which events wait. */
static void set_now(struct ew_log *log, uint64_t now_ns)
{
	log->now = now_ns;
	if (log->unsynced_since > now_ns)
		log->unsynced_since = now_ns;
}

static enum ew_status sync_if_due(struct ew_log *log)
{
	if (log->unsynced == 0)
		return EW_OK;
	if ((log->sync_every != 0 && log->unsynced >= log->sync_every) ||
	    (log->sync_after_ns != 0 && log->now - log->unsynced_since >= log->sync_after_ns))
		return ewi_log_sync_all(log);
	return EW_OK;
}

enum ew_status ew_log_poll(struct ew_log *log, uint64_t now_ns)
{
	enum ew_status st = ewi_log_writable(log);

	if (st != EW_OK)
		return st;
	set_now(log, now_ns);
	return sync_if_due(log);
}

uint64_t ew_log_deadline(const struct ew_log *log)
{
	if (log->unsynced == 0 || log->sync_after_ns == 0 ||
	    log->unsynced_since > UINT64_MAX - log->sync_after_ns)
		return UINT64_MAX;
	return log->unsynced_since + log->sync_after_ns;
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

/* Behind the last record of a segment that gets no more.  The buffer holds nothing. */
static enum ew_status write_index(struct ew_log *log)
{
	const struct ewi_segments *s = &log->seg;
	uint32_t bytes = s->st.block_bytes - s->end;
	enum ew_status st;

	if (!log->index || log->index->count == 0 || log->sealed || bytes > log->buffer_bytes)
		return EW_OK;
	ewi_index_encode(s, log->last, log->index, log->buf);
	st = s->st.write(s->st.ctx, ewi_segment_block(s, log->last), s->end, log->buf, bytes);
	log->sealed = true;
	log->dirty = true;
	log->writes++;
	if (st != EW_OK)
		log->failed = true;
	return st;
}

void ewi_log_note(struct ew_log *log, uint32_t at, uint64_t seq)
{
	struct ewi_index *index = log->index;
	uint32_t step = (log->seg.end - log->seg.data) / EWI_INDEX_ENTRIES;

	if (!index || index->count == EWI_INDEX_ENTRIES || at - log->seg.data < index->count * step)
		return;
	index->entries[index->count++] =
		(struct ewi_index_entry){at, (uint32_t)(seq - log->base.seq), log->max_time};
}

/* Where the next record goes, and what it counts from. */
static struct ewi_place next_place(const struct ew_log *log)
{
	return (struct ewi_place){.segment = log->last,
				  .at = log->tail,
				  .anchor = log->tail >= log->anchor_due,
				  .base = log->base,
				  .seq = log->next_seq};
}

/* A record is in the buffer, behind what waits there. */
static void took(struct ew_log *log, const struct ewi_place *place, uint32_t bytes)
{
	if (place->anchor)
		log->anchor_due = (place->at / EWI_ANCHOR_STRIDE + 1) * EWI_ANCHOR_STRIDE;
	log->tail += bytes;
}

enum ew_status ewi_log_put_cursors(struct ew_log *log)
{
	struct ew_event e = {.data_bytes = ewi_cursors_bytes(log)};
	uint64_t bound = ewi_record_bound(&log->seg, 0, e.data_bytes);
	struct ewi_place place = next_place(log);
	enum ew_status st = EW_OK;
	uint32_t head;
	uint8_t *out;

	e.time_ns = ewi_base_time(&place.base, place.seq - place.base.seq); /* the shortest to tell */
	if (bound > log->seg.end - log->tail)
		return EW_ERR_FULL;
	if (bound > log->buffer_bytes - (log->tail - log->written))
		st = ewi_log_flush(log, true);
	if (st != EW_OK)
		return st;
	out = log->buf + (log->tail - log->written);
	head = ewi_record_head(&place, EWI_RECORD_CURSORS, &e, out);
	ewi_cursors_encode(log, out + head);
	took(log, &place, ewi_record_finish(&log->seg, &place, head, &e, NULL, NULL, out));
	return EW_OK;
}

/*
 * The head, and where the cursors stand, in one write.  When that fails, the block holds no whole head and is
 * erased again when it is next used; the segment before is closed.
 */
static enum ew_status write_head(struct ew_log *log, const struct ewi_segment_head *head)
{
	enum ew_status st = EW_OK;

	log->last = head->segment;
	log->written = log->ahead = log->synced = 0;
	log->tail = log->seg.data;
	log->anchor_due = 0;
	log->base = head->base;
	log->sealed = false;
	if (log->index)
		log->index->count = 0;
	ewi_segment_encode(&log->seg, head, log->buf);
	/* The first head of all is durable before anything follows: records without any head are somebody else's. */
	if (head->segment == 1)
		st = ewi_log_sync_all(log);
	if (st == EW_OK && head->cursors)
		st = ewi_log_put_cursors(log);
	if (st == EW_OK)
		st = ewi_log_flush(log, true);
	if (st != EW_OK) {
		log->last--;
		log->tail = log->written = log->seg.end;
		log->sealed = true;
		log->failed = false;
	}
	return st;
}

/*
 * Events that come at a steady pace will go on so: then their times cost the next segment a byte each.  The mean of the last one,
 * so that a clock's jitter counts little; where it says nothing, its own pace.
 */
static uint64_t pace_so_far(const struct ew_log *log)
{
	uint64_t events = log->last ? log->next_seq - log->base.seq : 0;

	if (events < 2 || log->last_time < log->base.time)
		return log->last ? log->base.pace : 0;
	return ewi_pace_round((log->last_time - log->base.time) / (events - 1));
}

enum ew_status ewi_log_begin(struct ew_log *log, uint64_t time_ns)
{
	struct ewi_segment_head head = {.segment = log->last + 1,
					.cursors = log->cursors[0].name[0] != '\0',
					.max_record = log->max_record,
					.base = {log->next_seq, time_ns, pace_so_far(log)},
					.max_time_before = log->max_time};
	enum ew_status st = ewi_log_flush(log, true);

	if (st == EW_OK && log->last == UINT32_MAX)
		return EW_ERR_FULL;
	if (st == EW_OK && log->last != 0)
		st = write_index(log);
	/* With a rule no segment may be durable while the end of the one before it is not; without one nobody waits for the disk. */
	if (st == EW_OK && has_rule(log))
		st = ewi_log_sync_all(log);
	if (st == EW_OK)
		st = ewi_log_make_room(log);
	if (st == EW_OK)
		st = make_erased(log, ewi_segment_block(&log->seg, head.segment));
	if (st == EW_OK)
		st = write_head(log, &head);
	if (st == EW_OK && head.segment == 1) {
		log->first = head.segment;
		log->first_seq = head.base.seq;
		log->first_time = time_ns;
	}
	return st;
}

/* ---- appending ---- */

/*
 * What events leave free in the last block that there is: with the log full, cursors must still be able to
 * move, or nothing could ever be erased.
 */
static uint32_t reserve(const struct ew_log *log)
{
	uint32_t room = (log->seg.end - log->seg.data) / 8;

	if (log->cursors[0].name[0] == '\0' || log->last - log->first + 1 < log->seg.st.block_count)
		return 0;
	return room < 1024 ? room : 1024;
}

/* Make sure that this much fits in the segment and in the buffer, where it may wait. */
static enum ew_status make_place(struct ew_log *log, uint64_t bound, uint64_t time_ns)
{
	enum ew_status st = EW_OK;

	if (log->last == 0 || log->sealed || bound + reserve(log) > log->seg.end - log->tail)
		return ewi_log_begin(log, time_ns);
	if (bound > log->buffer_bytes - (log->tail - log->written))
		st = ewi_log_flush(log, false);
	/* what the chunk kept back may still be in the way */
	if (st == EW_OK && bound > log->buffer_bytes - (log->tail - log->written))
		st = ewi_log_flush(log, true);
	return st;
}

static enum ew_status put(struct ew_log *log, const struct ew_event *e, const void *topic, const void *data)
{
	uint64_t bound = ewi_record_bound(&log->seg, e->topic_bytes, e->data_bytes);
	struct ewi_place place;
	enum ew_status st;
	uint32_t head;
	uint8_t *out;

	if (bound > log->max_record) {
		log->rejected_too_big++;
		return EW_ERR_TOOBIG;
	}
	st = make_place(log, bound, e->time_ns);
	if (st != EW_OK) {
		log->rejected_full += st == EW_ERR_FULL;
		return st;
	}
	place = next_place(log);
	out = log->buf + (log->tail - log->written);
	head = ewi_record_head(&place, EWI_RECORD_EVENT, e, out);
	ewi_log_note(log, log->tail, log->next_seq);
	took(log, &place, ewi_record_finish(&log->seg, &place, head, e, topic, data, out));
	log->next_seq++;
	log->appended++;
	if (log->unsynced++ == 0)
		log->unsynced_since = log->now;
	log->last_time = e->time_ns;
	if (e->time_ns > log->max_time)
		log->max_time = e->time_ns;
	return EW_OK;
}

enum ew_status ewi_log_settle(struct ew_log *log)
{
	enum ew_status st = sync_if_due(log);

	return st == EW_OK && !log->write_behind ? ewi_log_flush(log, true) : st;
}

enum ew_status ew_log_append(struct ew_log *log, const struct ew_event *e, const void *topic,
			     const void *data, uint64_t *seq)
{
	enum ew_status st = ewi_log_writable(log);

	if (st == EW_OK)
		st = put(log, e, topic, data);
	if (st != EW_OK)
		return st;
	if (seq)
		*seq = log->next_seq - 1;
	return ewi_log_settle(log);
}

enum ew_status ew_log_append_batch(struct ew_log *log, const struct ew_event *const *events,
				   uint32_t count, uint32_t *done)
{
	uint64_t before = log->next_seq;
	enum ew_status st = ewi_log_writable(log), settled;

	for (uint32_t i = 0; st == EW_OK && i < count; i++)
		st = put(log, events[i], ew_event_topic(events[i]), ew_event_data(events[i]));
	settled = log->failed || log->read_only ? st : ewi_log_settle(log); /* those before the one refused are in */
	if (done)
		*done = log->next_seq > before ? (uint32_t)(log->next_seq - before) : 0;
	return st == EW_OK ? settled : st;
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
	out->durable_seq = log->durable_seq;
	out->waiting_bytes = log->tail - log->written;
	out->writes = log->writes;
	out->syncs = log->syncs;
	out->dropped_events = log->dropped_events;
	out->rejected_full = log->rejected_full;
	out->rejected_too_big = log->rejected_too_big;
	out->torn_bytes = log->torn_bytes;
}

#endif
