/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * log_cursor.c - named places in the log that survive: how far an uplink, say, has acknowledged.
 *
 * All cursors are written as one record each time one of them moves, so the newest whole record says where all
 * of them stand; a segment begins with such a record, so the last segment alone has to be read.
 */
#include "store/log.h"

#if EW_CONFIG_STORE
#include <string.h>
#include "base/le.h"

uint32_t ewi_cursors_bytes(const struct ew_log *log)
{
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < EW_LOG_MAX_CURSORS && log->cursors[i].name[0] != '\0'; i++)
		bytes += 1 + (uint32_t)strlen(log->cursors[i].name) + 8;
	return bytes;
}

/* For each: length of the name, the name, the number. */
void ewi_cursors_encode(const struct ew_log *log, uint8_t *p)
{
	for (uint32_t i = 0; i < EW_LOG_MAX_CURSORS && log->cursors[i].name[0] != '\0'; i++) {
		size_t n = strlen(log->cursors[i].name);

		*p++ = (uint8_t)n;
		memcpy(p, log->cursors[i].name, n);
		ewi_put_le64(p + n, log->cursors[i].seq);
		p += n + 8;
	}
}

bool ewi_cursors_fit(const struct ew_log *log)
{
	uint32_t room = log->seg.end - log->seg.data;

	return ewi_record_bound(&log->seg, 0, ewi_cursors_bytes(log)) <=
	       (room < log->buffer_bytes ? room : log->buffer_bytes);
}

/* A table that another build wrote may hold more than this one keeps: the first ones count. */
void ewi_cursors_decode(struct ew_log *log, const uint8_t *p, uint32_t n)
{
	const uint8_t *end = p + n;

	memset(log->cursors, 0, sizeof(log->cursors));
	log->cursors_known = true;
	for (uint32_t i = 0; i < EW_LOG_MAX_CURSORS && end - p > 9; i++) {
		uint32_t len = *p++;

		if (len == 0 || len >= EW_LOG_CURSOR_NAME_BYTES || (ptrdiff_t)len + 8 > end - p)
			break;
		memcpy(log->cursors[i].name, p, len);
		log->cursors[i].seq = ewi_le64(p + len);
		p += len + 8;
	}
}

uint64_t ewi_cursors_lowest(const struct ew_log *log)
{
	uint64_t lowest = log->next_seq;

	for (uint32_t i = 0; i < EW_LOG_MAX_CURSORS && log->cursors[i].name[0] != '\0'; i++)
		if (log->cursors[i].seq < lowest)
			lowest = log->cursors[i].seq;
	return lowest;
}

static bool is_named(const struct ewi_cursor *c, const char *name, size_t bytes)
{
	return bytes < sizeof(c->name) && memcmp(c->name, name, bytes) == 0 && c->name[bytes] == '\0';
}

/* The cursor of this name, or the free place for it; EW_LOG_MAX_CURSORS: there is none. */
static uint32_t find(const struct ew_log *log, const char *name)
{
	size_t bytes = strlen(name);
	uint32_t i = 0;

	while (i < EW_LOG_MAX_CURSORS && log->cursors[i].name[0] != '\0' && !is_named(&log->cursors[i], name, bytes))
		i++;
	return i;
}

/* Write down where all of them stand. */
static enum ew_status save(struct ew_log *log)
{
	enum ew_status st = EW_ERR_FULL;

	if (log->last != 0 && !log->sealed)
		st = ewi_log_put_cursors(log);
	if (st == EW_ERR_FULL) { /* a new segment begins with the table */
		st = ewi_log_begin(log, log->last ? log->last_time : log->now);
		if (st == EW_OK && log->cursors[0].name[0] == '\0')
			st = ewi_log_put_cursors(log);
	}
	if (st == EW_OK && log->unsynced++ == 0)
		log->unsynced_since = log->now;
	return st;
}

static enum ew_status settle(struct ew_log *log)
{
	enum ew_status st = ewi_log_settle(log);

	return st == EW_OK ? ewi_log_erase_acked(log) : st;
}

enum ew_status ew_log_cursor_ack(struct ew_log *log, const char *name, uint64_t seq)
{
	enum ew_status st = ewi_log_writable(log);
	size_t bytes = strlen(name);
	struct ewi_cursor old, *c;
	uint32_t i;

	if (st != EW_OK)
		return st;
	if (bytes == 0 || bytes >= EW_LOG_CURSOR_NAME_BYTES || seq >= log->next_seq)
		return EW_ERR_INVAL;
	i = find(log, name);
	if (i == EW_LOG_MAX_CURSORS)
		return EW_ERR_LIMIT;
	c = &log->cursors[i];
	old = *c;
	if (old.name[0] != '\0' && seq < old.seq)
		return EW_OK; /* it has been further */
	memcpy(c->name, name, bytes);
	c->seq = seq + 1;
	st = ewi_cursors_fit(log) ? save(log) : EW_ERR_LIMIT;
	/* In a full log one cursor may hold what the other has left: both have to move before either can be written. */
	if (st != EW_OK && (st != EW_ERR_FULL || old.name[0] == '\0'))
		*c = old;
	return st == EW_OK ? settle(log) : st;
}

static void move_cursors(struct ew_log *log, uint32_t to, uint32_t from)
{
	memmove(&log->cursors[to], &log->cursors[from],
		(EW_LOG_MAX_CURSORS - (to > from ? to : from)) * sizeof(log->cursors[0]));
}

enum ew_status ew_log_cursor_remove(struct ew_log *log, const char *name)
{
	enum ew_status st = ewi_log_writable(log);
	uint32_t i = find(log, name);
	struct ewi_cursor old;

	if (st != EW_OK)
		return st;
	if (i == EW_LOG_MAX_CURSORS || log->cursors[i].name[0] == '\0')
		return EW_ERR_NOENT;
	old = log->cursors[i];
	move_cursors(log, i, i + 1);
	memset(&log->cursors[EW_LOG_MAX_CURSORS - 1], 0, sizeof(old));
	st = save(log);
	if (st != EW_OK) {
		move_cursors(log, i + 1, i);
		log->cursors[i] = old;
		return st;
	}
	return settle(log);
}

enum ew_status ew_log_cursor_get(const struct ew_log *log, const char *name, uint64_t *next)
{
	uint32_t i = find(log, name);

	*next = 0;
	if (i == EW_LOG_MAX_CURSORS || log->cursors[i].name[0] == '\0')
		return EW_ERR_NOENT;
	*next = log->cursors[i].seq;
	return EW_OK;
}

enum ew_status ew_log_cursor_at(const struct ew_log *log, uint32_t i, const char **name, uint64_t *next)
{
	if (i >= EW_LOG_MAX_CURSORS || log->cursors[i].name[0] == '\0')
		return EW_ERR_NOENT;
	*name = log->cursors[i].name;
	*next = log->cursors[i].seq;
	return EW_OK;
}

#endif
