/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * convert.h - CSV to line protocol, however the input is cut into pieces.  Compiled into the guest, and natively into
 * the program that checks it.
 *
 *	time,machine,temp_c,state            machine,machine=lathe\ 7 temp_c=21.5,state="run" 1700000000
 *	1700000000,lathe 7,21.5,run
 *
 * The first line names the columns: the first is the time, the second the tag, the others are fields.  A field that
 * is a number goes out as it is, any other in quotes; an empty one is left out.  Cells may be quoted (RFC 4180), but
 * hold no line feed.  A line longer than LINE_BYTES or with another number of cells is counted and left out.
 *
 * Memory: one line, the header, nothing else; output goes through put().
 */
#ifndef STREAM_CONVERT_H
#define STREAM_CONVERT_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_BYTES 1024u
#define CELLS_MAX 32u
/* What one line gives at most: all names and cells, each byte with a backslash, the tag's name twice, signs between. */
#define LINE_OUT_BYTES (2 * LINE_BYTES + 2 * LINE_BYTES + 2 * LINE_BYTES + 4 * CELLS_MAX)

struct cell {
	uint16_t at, bytes;
};

struct convert {
	uint8_t header[LINE_BYTES], line[LINE_BYTES];
	struct cell names[CELLS_MAX];
	uint32_t name_count, line_bytes;
	bool too_long;
	uint32_t lines, refused; /* data lines seen; of these left out */
	void (*put)(void *user, const uint8_t *bytes, uint32_t len);
	void *user;
};

static inline void put_char(struct convert *c, char ch)
{
	c->put(c->user, (const uint8_t *)&ch, 1);
}

/* With a backslash before what line protocol gives a meaning. */
static inline void put_escaped(struct convert *c, const uint8_t *p, uint32_t len, const char *special)
{
	uint32_t from = 0;

	for (uint32_t i = 0; i < len; i++)
		for (const char *s = special; *s; s++)
			if (p[i] == (uint8_t)*s) {
				c->put(c->user, p + from, i - from);
				put_char(c, '\\');
				from = i;
			}
	c->put(c->user, p + from, len - from);
}

static inline bool is_number(const uint8_t *p, uint32_t len)
{
	uint32_t i = len && (*p == '-' || *p == '+'), digits = 0;

	for (; i < len && (p[i] == '.' || (p[i] >= '0' && p[i] <= '9')); i++)
		digits += p[i] != '.';
	if (i < len && digits && (p[i] == 'e' || p[i] == 'E')) {
		i++;
		i += i < len && (p[i] == '-' || p[i] == '+');
		for (digits = 0; i < len && p[i] >= '0' && p[i] <= '9'; i++)
			digits++;
	}
	return digits && i == len;
}

/* Cells of a line, unquoted in place; CELLS_MAX + 1 when there are too many. */
static inline uint32_t split_cells(uint8_t *line, uint32_t len, struct cell *cells)
{
	uint32_t count = 0, in = 0;

	do {
		uint32_t out = in;
		bool quoted = in < len && line[in] == '"';

		if (count == CELLS_MAX)
			return CELLS_MAX + 1;
		cells[count].at = (uint16_t)in;
		in += quoted;
		for (; in < len && (quoted || line[in] != ','); in++) {
			if (quoted && line[in] == '"' && !(in + 1 < len && line[in + 1] == '"')) {
				quoted = false;
				continue;
			}
			in += quoted && line[in] == '"';
			line[out++] = line[in];
		}
		cells[count].bytes = (uint16_t)(out - cells[count].at);
		count++;
	} while (in++ < len);
	return count;
}

static inline void put_fields(struct convert *c, const struct cell *cells)
{
	char before = ' ';

	for (uint32_t i = 2; i < c->name_count; i++) {
		const uint8_t *value = c->line + cells[i].at;

		if (!cells[i].bytes)
			continue;
		put_char(c, before);
		put_escaped(c, c->header + c->names[i].at, c->names[i].bytes, ", =");
		put_char(c, '=');
		if (is_number(value, cells[i].bytes)) {
			c->put(c->user, value, cells[i].bytes);
		} else {
			put_char(c, '"');
			put_escaped(c, value, cells[i].bytes, "\"\\");
			put_char(c, '"');
		}
		before = ',';
	}
}

static inline bool has_fields(const struct convert *c, const struct cell *cells)
{
	for (uint32_t i = 2; i < c->name_count; i++)
		if (cells[i].bytes)
			return true;
	return false;
}

static inline void end_line(struct convert *c)
{
	struct cell cells[CELLS_MAX];
	uint32_t len = c->line_bytes, count;

	len -= len && c->line[len - 1] == '\r';
	if (!c->name_count) {
		for (uint32_t i = 0; i < len; i++)
			c->header[i] = c->line[i];
		count = split_cells(c->header, len, c->names);
		c->name_count = c->too_long || count > CELLS_MAX ? 0 : count;
		return;
	}
	if (!len && !c->too_long)
		return;
	c->lines++;
	count = split_cells(c->line, len, cells);
	if (c->too_long || count != c->name_count || count < 3 || !has_fields(c, cells) ||
	    !is_number(c->line + cells[0].at, cells[0].bytes)) {
		c->refused++;
		return;
	}
	put_escaped(c, c->header + c->names[1].at, c->names[1].bytes, ", ");
	put_char(c, ',');
	put_escaped(c, c->header + c->names[1].at, c->names[1].bytes, ", =");
	put_char(c, '=');
	put_escaped(c, c->line + cells[1].at, cells[1].bytes, ", =");
	put_fields(c, cells);
	put_char(c, ' ');
	c->put(c->user, c->line + cells[0].at, cells[0].bytes);
	put_char(c, '\n');
}

static inline void convert_chunk(struct convert *c, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			end_line(c);
			c->line_bytes = 0;
			c->too_long = false;
		} else if (c->line_bytes == LINE_BYTES) {
			c->too_long = true;
		} else {
			c->line[c->line_bytes++] = bytes[i];
		}
	}
}

/* A last line may lack its line feed. */
static inline void convert_end(struct convert *c)
{
	if (c->line_bytes || c->too_long)
		end_line(c);
	c->line_bytes = 0;
	c->too_long = false;
}

#endif
