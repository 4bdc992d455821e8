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

/* For each: length of the name, the name, the number. */
uint32_t ewi_cursors_encode(const struct ew_log *log, uint8_t *out)
{
	uint8_t *p = out;

	for (uint32_t i = 0; i < EW_LOG_MAX_CURSORS && log->cursors[i].name[0] != '\0'; i++) {
		size_t n = strlen(log->cursors[i].name);

		*p++ = (uint8_t)n;
		memcpy(p, log->cursors[i].name, n);
		ewi_put_le64(p + n, log->cursors[i].seq);
		p += n + 8;
	}
	return (uint32_t)(p - out);
}

bool ewi_cursors_fit(const struct ew_log *log)
{
	uint32_t room = log->seg.end - log->seg.data, bytes = 0;

	for (uint32_t i = 0; i < EW_LOG_MAX_CURSORS && log->cursors[i].name[0] != '\0'; i++)
		bytes += 1 + (uint32_t)strlen(log->cursors[i].name) + 8;
	return ewi_record_bound(&log->seg, 0, bytes) <= (room < log->buffer_bytes ? room : log->buffer_bytes);
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

/* Write down where all of them stand; they keep the old places when that fails. */
static enum ew_status save(struct ew_log *log, const struct ewi_cursor *old)
{
	uint8_t table[EWI_CURSORS_BYTES];
	enum ew_status st = EW_ERR_FULL;

	if (log->last != 0 && !log->sealed)
		st = ewi_log_put_own(log, EWI_RECORD_CURSORS, table, ewi_cursors_encode(log, table));
	if (st == EW_ERR_FULL) { /* a new segment begins with the table */
		st = ewi_log_begin(log, log->last ? log->last_time : log->now);
		if (st == EW_OK && log->cursors[0].name[0] == '\0')
			st = ewi_log_put_own(log, EWI_RECORD_CURSORS, table, 0);
	}
	if (st != EW_OK) {
		memcpy(log->cursors, old, sizeof(log->cursors));
		return st;
	}
	if (log->unsynced++ == 0)
		log->unsynced_since = log->now;
	st = ewi_log_settle(log);
	return st == EW_OK ? ewi_log_erase_acked(log) : st;
}

enum ew_status ew_log_cursor_ack(struct ew_log *log, const char *name, uint64_t seq)
{
	struct ewi_cursor old[EW_LOG_MAX_CURSORS];
	enum ew_status st = ewi_log_writable(log);
	size_t bytes = strlen(name);
	uint32_t i;

	if (st != EW_OK)
		return st;
	if (bytes == 0 || bytes >= EW_LOG_CURSOR_NAME_BYTES || seq >= log->next_seq)
		return EW_ERR_INVAL;
	i = find(log, name);
	if (i == EW_LOG_MAX_CURSORS)
		return EW_ERR_LIMIT;
	if (log->cursors[i].name[0] != '\0' && seq < log->cursors[i].seq)
		return EW_OK; /* it has been further */
	memcpy(old, log->cursors, sizeof(old));
	memcpy(log->cursors[i].name, name, bytes);
	log->cursors[i].seq = seq + 1;
	if (!ewi_cursors_fit(log)) {
		memcpy(log->cursors, old, sizeof(log->cursors));
		return EW_ERR_LIMIT;
	}
	return save(log, old);
}

enum ew_status ew_log_cursor_remove(struct ew_log *log, const char *name)
{
	struct ewi_cursor old[EW_LOG_MAX_CURSORS];
	enum ew_status st = ewi_log_writable(log);
	uint32_t i = find(log, name);

	if (st != EW_OK)
		return st;
	if (i == EW_LOG_MAX_CURSORS || log->cursors[i].name[0] == '\0')
		return EW_ERR_NOENT;
	memcpy(old, log->cursors, sizeof(old));
	memmove(&log->cursors[i], &log->cursors[i + 1], (EW_LOG_MAX_CURSORS - 1 - i) * sizeof(log->cursors[0]));
	memset(&log->cursors[EW_LOG_MAX_CURSORS - 1], 0, sizeof(log->cursors[0]));
	return save(log, old);
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
