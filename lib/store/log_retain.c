/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log_retain.c - what may be erased, and when: by room, bytes, age, and what cursors have acknowledged.
 * Always the oldest segment, always whole, never the last.
 */
#include "store/log.h"

#if EW_CONFIG_STORE

static bool has_cursors(const struct ew_log *log)
{
	return log->cursors[0].name[0] != '\0';
}

/*
 * Where the owner cares for a power cut, an earlier erase is durable before the next one begins, so that a
 * log never has a hole; and so is where cursors stand, which only this segment may have told until now.
 */
static enum ew_status drop_first(struct ew_log *log)
{
	uint64_t first_seq = log->first_seq;
	enum ew_status st = EW_OK;

	if (ewi_log_keeps_order(log) && (log->erased || (has_cursors(log) && (log->dirty || log->tail != log->written))))
		st = ewi_log_sync_all(log);
	if (st == EW_OK)
		st = log->seg.st.erase(log->seg.st.ctx, ewi_segment_block(&log->seg, log->first));
	if (st != EW_OK)
		return st;
	log->dirty = log->erased = true;
	log->first++;
	st = ewi_log_load_first(log);
	if (log->first_seq > first_seq)
		log->dropped_events += log->first_seq - first_seq;
	return st;
}

/* Has every cursor left the first segment behind?  False where that cannot be told. */
static enum ew_status first_is_acked(struct ew_log *log, bool *out)
{
	struct ewi_segment_head next;
	enum ew_status st = ewi_log_start(log, log->first + 1, &next);

	*out = st == EW_OK && next.base.seq <= ewi_cursors_lowest(log);
	return st == EW_ERR_CORRUPT ? EW_OK : st;
}

/* May the first segment go, as far as cursors are concerned? */
static enum ew_status may_go(struct ew_log *log, bool *out)
{
	*out = true;
	if (log->cursor_rule == EW_LOG_CURSORS_IGNORE || !has_cursors(log))
		return EW_OK;
	return first_is_acked(log, out);
}

enum ew_status ewi_log_make_room(struct ew_log *log)
{
	const struct ew_storage *storage = &log->seg.st;

	while (log->last != 0 && log->first < log->last) {
		uint32_t used = log->last - log->first + 1;
		bool full = used == storage->block_count, go, acked = false;
		enum ew_status st;

		if (!full && (log->max_bytes == 0 || (used + 1) * (uint64_t)storage->block_bytes <= log->max_bytes))
			return EW_OK;
		st = may_go(log, &go);
		if (st == EW_OK && log->cursor_rule != EW_LOG_CURSORS_IGNORE && has_cursors(log))
			acked = go;
		if (st == EW_OK && (!go || (full && !acked && log->max_bytes == 0 && log->when_full == EW_LOG_REJECT)))
			st = EW_ERR_FULL;
		if (st == EW_OK)
			st = drop_first(log);
		if (st != EW_OK)
			return st;
	}
	return EW_OK;
}

enum ew_status ewi_log_erase_acked(struct ew_log *log)
{
	enum ew_status st = EW_OK;
	bool acked = true;

	if (log->cursor_rule != EW_LOG_CURSORS_ERASE || !has_cursors(log))
		return EW_OK;
	while (st == EW_OK && acked && log->first < log->last) {
		st = ewi_log_flush(log, true); /* the buffer is needed */
		if (st == EW_OK)
			st = first_is_acked(log, &acked);
		if (st == EW_OK && acked)
			st = drop_first(log);
	}
	return st;
}

enum ew_status ew_log_trim(struct ew_log *log, uint64_t seq, uint32_t *segments)
{
	enum ew_status st = ew_log_flush(log);
	uint32_t n = 0;

	while (st == EW_OK && log->first < log->last) {
		struct ewi_segment_head next;

		st = ewi_log_start(log, log->first + 1, &next);
		if (st == EW_ERR_CORRUPT || (st == EW_OK && next.base.seq > seq)) {
			st = EW_OK; /* not known to be older, or not older */
			break;
		}
		if (st == EW_OK)
			st = drop_first(log);
		n += st == EW_OK;
	}
	if (segments)
		*segments = n;
	return st;
}

enum ew_status ew_log_expire(struct ew_log *log, uint64_t now_ns, uint32_t *segments)
{
	enum ew_status st = ew_log_flush(log);
	uint32_t n = 0;

	while (st == EW_OK && log->max_age_ns != 0 && log->first < log->last) {
		struct ewi_segment_head next;
		bool go = false;

		/* what the second segment's head says of everything before it */
		st = ewi_log_start(log, log->first + 1, &next);
		if (st == EW_ERR_CORRUPT || (st == EW_OK && (next.max_time_before > now_ns ||
							     now_ns - next.max_time_before < log->max_age_ns))) {
			st = EW_OK;
			break;
		}
		if (st == EW_OK)
			st = may_go(log, &go);
		if (st != EW_OK || !go)
			break;
		st = drop_first(log);
		n += st == EW_OK;
	}
	if (segments)
		*segments = n;
	return st;
}

/* ---- deflating ---- */

#if EW_CONFIG_ZLIB
enum ew_status ew_log_deflate(struct ew_log *log, int level, uint32_t *segments)
{
	enum ew_status st = ew_log_flush(log);

	if (segments)
		*segments = 0;
	if (st != EW_OK)
		return st;
	if (!log->seg.st.replace)
		return EW_ERR_UNSUPPORTED;
	if (level < 1 || level > 9)
		return EW_ERR_INVAL;
	if (log->deflated + 1 < log->first)
		log->deflated = log->first - 1;
	while (log->last != 0 && log->deflated + 1 < log->last) {
		uint32_t segment = log->deflated + 1;
		struct ewi_segment_head head;

		st = ewi_segment_read(&log->seg, ewi_segment_block(&log->seg, segment), &head);
		if (st == EW_OK && head.segment == segment && !head.deflated) {
			st = ewi_deflate(&log->seg, &head, level);
			if (st == EW_OK) {
				log->deflated++;
				log->replaced++;
				if (segments)
					*segments = 1;
				return EW_OK;
			}
		}
		if (st != EW_OK && st != EW_ERR_CORRUPT && st != EW_ERR_EMPTY && st != EW_ERR_TOOBIG)
			return st;
		log->deflated++; /* deflated already, damaged, or not worth it */
	}
	return EW_OK;
}

#else
enum ew_status ew_log_deflate(struct ew_log *log, int level, uint32_t *segments)
{
	(void)log, (void)level;
	if (segments)
		*segments = 0;
	return EW_ERR_UNSUPPORTED;
}
#endif

#endif
