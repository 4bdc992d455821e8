/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * trace.c - W3C Trace Context: its two headers as text, and its place behind an event's data.
 * Source: https://www.w3.org/TR/trace-context/, 3.2 and 3.3.
 */
#include "edgewasm/trace.h"

#if EW_CONFIG_EVENT
#include <string.h>
#include "base/le.h"

#define V00_LENGTH 55u
#define KNOWN_FLAGS (EW_TRACE_SAMPLED | EW_TRACE_RANDOM)
#define MEMBERS_MAX 32u
#define WORD_MAX 256u /* of a key, of a value */

/* ---- traceparent ------------------------------------------------------------------------------ */

/* Only lower case is allowed. */
static bool nibble(char c, uint8_t *out)
{
	if (c >= '0' && c <= '9')
		*out = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*out = (uint8_t)(c - 'a' + 10);
	else
		return false;
	return true;
}

static bool hex(const char *text, uint8_t *out, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		uint8_t high, low;

		if (!nibble(text[2 * i], &high) || !nibble(text[2 * i + 1], &low))
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

enum ew_status ew_traceparent_parse(const char *text, size_t len, struct ew_trace_context *out)
{
	struct ew_trace_context c = {.flags = 0};
	uint8_t version;

	if (len < V00_LENGTH || !hex(text, &version, 1) || version == 0xff)
		return EW_ERR_MALFORMED;
	if (len > V00_LENGTH && (version == 0 || text[V00_LENGTH] != '-'))
		return EW_ERR_MALFORMED;
	if (text[2] != '-' || text[35] != '-' || text[52] != '-')
		return EW_ERR_MALFORMED;
	if (!hex(text + 3, c.trace_id, sizeof(c.trace_id)) || !hex(text + 36, c.span_id, sizeof(c.span_id)) ||
	    !hex(text + 53, &c.flags, 1))
		return EW_ERR_MALFORMED;
	if (is_zero(c.trace_id, sizeof(c.trace_id)) || is_zero(c.span_id, sizeof(c.span_id)))
		return EW_ERR_MALFORMED;
	c.flags &= KNOWN_FLAGS;
	*out = c;
	return EW_OK;
}

static char *put_hex(char *at, const uint8_t *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*at++ = digits[p[i] >> 4];
		*at++ = digits[p[i] & 15];
	}
	return at;
}

void ew_traceparent_format(const struct ew_trace_context *c, char out[EW_TRACEPARENT_BYTES])
{
	uint8_t flags = c->flags & KNOWN_FLAGS;
	char *at = out;

	*at++ = '0';
	*at++ = '0';
	*at++ = '-';
	at = put_hex(at, c->trace_id, sizeof(c->trace_id));
	*at++ = '-';
	at = put_hex(at, c->span_id, sizeof(c->span_id));
	*at++ = '-';
	at = put_hex(at, &flags, 1);
	*at = '\0';
}

/* ---- tracestate ------------------------------------------------------------------------------- */

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '*' || c == '/' ||
	       c == '@';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct member {
	const char *key;
	size_t key_len;
};

/* key=value between at and end, blanks around it gone; the value must not end in one. */
static bool read_member(const char *at, const char *end, struct member *m)
{
	const char *p = at;

	while (p < end && is_key_char(*p))
		p++;
	m->key = at;
	m->key_len = (size_t)(p - at);
	if (m->key_len == 0 || m->key_len > WORD_MAX || p == end || *p != '=' || *at == '_' || *at == '-' || *at == '*' ||
	    *at == '/' || *at == '@')
		return false;
	at = ++p;
	for (; p < end; p++)
		if (*p < 0x20 || *p > 0x7e || *p == ',' || *p == '=')
			return false;
	return p > at && (size_t)(p - at) <= WORD_MAX;
}

static bool is_known(const struct member *known, uint32_t count, const struct member *m)
{
	for (uint32_t i = 0; i < count; i++)
		if (known[i].key_len == m->key_len && memcmp(known[i].key, m->key, m->key_len) == 0)
			return true;
	return false;
}

enum ew_status ew_tracestate_check(const char *text, size_t len)
{
	struct member members[MEMBERS_MAX];
	const char *end = text + len;
	uint32_t count = 0;

	if (len > EW_TRACESTATE_BYTES)
		return EW_ERR_LIMIT;
	for (const char *at = text; len > 0 && at <= end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at)), *last;
		struct member m;

		comma = comma ? comma : end;
		for (last = comma; at < last && is_blank(*at); at++)
			;
		while (last > at && is_blank(last[-1]))
			last--;
		if (at < last) { /* an empty member is allowed */
			if (!read_member(at, last, &m) || is_known(members, count, &m))
				return EW_ERR_MALFORMED;
			if (count == MEMBERS_MAX)
				return EW_ERR_LIMIT;
			members[count++] = m;
		}
		at = comma + 1;
	}
	return EW_OK;
}

/* ---- behind the data -------------------------------------------------------------------------- */

size_t ew_trace_trailer_bytes(const struct ew_trace_context *c)
{
	return EW_EVENT_CONTEXT_BYTES + (size_t)c->state_bytes;
}

void ew_trace_trailer(const struct ew_trace_context *c, uint8_t *out)
{
	if (c->state_bytes)
		memcpy(out, c->state, c->state_bytes);
	out += c->state_bytes;
	memcpy(out, c->span_id, EW_SPAN_ID_BYTES);
	out[8] = c->flags;
	out[9] = 0;
	ewi_put_le16(out + 10, c->state_bytes);
}

enum ew_status ew_ring_push_traced(struct ew_ring *r, const struct ew_event *e, const void *topic, const void *data,
				   const struct ew_trace_context *c)
{
	size_t more = ew_trace_trailer_bytes(c);
	struct ew_event *out;
	enum ew_status st;

	if (e->data_bytes > UINT32_MAX - more)
		return EW_ERR_TOOBIG;
	st = ew_ring_claim(r, e->topic_bytes, e->data_bytes + more, &out);
	if (st != EW_OK)
		return st;
	out->flags = e->flags | EW_EVENT_CONTEXT;
	out->time_ns = e->time_ns;
	out->content_type = e->content_type;
	memcpy(out->trace_id, c->trace_id, sizeof(out->trace_id));
	if (e->topic_bytes)
		memcpy(ew_event_topic(out), topic, e->topic_bytes);
	if (e->data_bytes)
		memcpy(ew_event_data(out), data, e->data_bytes);
	ew_trace_trailer(c, ew_event_data(out) + e->data_bytes);
	ew_ring_commit(r);
	return EW_OK;
}

bool ew_event_context(const struct ew_event *e, struct ew_trace_context *out)
{
	uint32_t payload = ew_event_payload_bytes(e);
	const uint8_t *p = ew_event_data(e) + payload;

	memset(out, 0, sizeof(*out));
	memcpy(out->trace_id, e->trace_id, sizeof(out->trace_id));
	if (payload == e->data_bytes)
		return false;
	out->state_bytes = (uint16_t)(e->data_bytes - payload - EW_EVENT_CONTEXT_BYTES);
	out->state = out->state_bytes ? (const char *)p : NULL;
	memcpy(out->span_id, p + out->state_bytes, EW_SPAN_ID_BYTES);
	out->flags = p[out->state_bytes + EW_SPAN_ID_BYTES] & KNOWN_FLAGS;
	return true;
}

#endif
