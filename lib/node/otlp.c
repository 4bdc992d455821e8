/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * otlp.c - spans and log lines as JSON, one line each.
 *
 * Spans are OTLP's ExportTraceServiceRequest in its JSON encoding, which is proto3's with these exceptions: ids are
 * lower-case hex, enumerations are numbers; 64-bit integers are strings.  Source: opentelemetry-proto 1.x,
 * docs/specification.md, "JSON Protobuf Encoding".
 */
#include "base/error.h"
#include "node/node.h"

#if EW_CONFIG_NODE

#define KIND_CONSUMER 5 /* SPAN_KIND_CONSUMER */
#define STATUS_ERROR 2
#define FLAG_HAS_REMOTE 0x100u /* whether the parent is remote is known, */
#define FLAG_IS_REMOTE 0x200u  /* and it is */

/* A JSON object being written; what does not fit makes `full`, and the whole is given up. */
struct json {
	char *text;
	size_t cap, len;
	bool full, comma;
};

static void put_bytes(struct json *j, const char *text, size_t n)
{
	if (n >= j->cap - j->len) {
		j->full = true;
		return;
	}
	memcpy(j->text + j->len, text, n);
	j->len += n;
}

static void put(struct json *j, const char *text)
{
	put_bytes(j, text, strlen(text));
}

/* The bytes of the UTF-8 sequence that text begins with; 0: it is none.  Unicode 15, table 3-7. */
static size_t utf8(const uint8_t *p, size_t n)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t size = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (size > n)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < size; i++, low = 0x80, high = 0xbf)
		if (p[i] < low || p[i] > high)
			return 0;
	return size;
}

/* One character, escaped where it must be; what is not UTF-8 becomes U+FFFD.  Returns how many bytes it had. */
static size_t put_char(struct json *j, const uint8_t *p, size_t n)
{
	size_t size = utf8(p, n);
	char text[8];

	if (size == 0) {
		put(j, "\xef\xbf\xbd");
		return 1;
	}
	if (*p == '"' || *p == '\\') {
		ewi_format(text, sizeof(text), "\\%c", *p);
		put(j, text);
	} else if (*p < 0x20 || *p == 0x7f) {
		ewi_format(text, sizeof(text), "\\u%04x", (unsigned)*p);
		put(j, text);
	} else {
		put_bytes(j, (const char *)p, size);
	}
	return size;
}

static void put_string(struct json *j, const char *text, size_t n)
{
	put(j, "\"");
	for (size_t i = 0; i < n && !j->full;)
		i += put_char(j, (const uint8_t *)text + i, n - i);
	put(j, "\"");
}

static void put_u64(struct json *j, const char *quote, uint64_t v)
{
	char text[24];

	ewi_format(text, sizeof(text), "%s%llu%s", quote, (unsigned long long)v, quote);
	put(j, text);
}

static void put_hex(struct json *j, const uint8_t *p, size_t n)
{
	char text[4];

	put(j, "\"");
	for (size_t i = 0; i < n; i++) {
		ewi_format(text, sizeof(text), "%02x", p[i]);
		put(j, text);
	}
	put(j, "\"");
}

static void key(struct json *j, const char *name)
{
	if (j->comma)
		put(j, ",");
	j->comma = true;
	put(j, "\"");
	put(j, name);
	put(j, "\":");
}

static void key_string(struct json *j, const char *name, const char *text)
{
	if (!text)
		return;
	key(j, name);
	put_string(j, text, strlen(text));
}

static void key_model(struct json *j, const char *model, const char *version)
{
	put(j, "\"");
	for (size_t i = 0; model[i];)
		i += put_char(j, (const uint8_t *)model + i, strlen(model) - i);
	put(j, "@");
	for (size_t i = 0; version[i];)
		i += put_char(j, (const uint8_t *)version + i, strlen(version) - i);
	put(j, "\"");
}

static size_t finish(struct json *j)
{
	if (j->full)
		return 0;
	j->text[j->len] = '\0';
	return j->len;
}

/* ---- spans ------------------------------------------------------------------------------------ */

/* {"key":"NAME","value":{"TYPE": */
static void attribute(struct json *j, const char *name, const char *type)
{
	put(j, j->comma ? ",{\"key\":\"" : "{\"key\":\"");
	j->comma = true;
	put(j, name);
	put(j, "\",\"value\":{\"");
	put(j, type);
	put(j, "\":");
}

static void attribute_text(struct json *j, const char *name, const char *text, size_t n)
{
	if (!text)
		return;
	attribute(j, name, "stringValue");
	put_string(j, text, n);
	put(j, "}}");
}

static void attribute_u64(struct json *j, const char *name, uint64_t v)
{
	attribute(j, name, "intValue");
	put_u64(j, "\"", v);
	put(j, "}}");
}

static void attribute_true(struct json *j, const char *name, bool v)
{
	if (!v)
		return;
	attribute(j, name, "boolValue");
	put(j, "true}}");
}

static void put_attributes(struct json *j, const struct ew_node_span *s)
{
	char seq[24];

	key(j, "attributes");
	put(j, "[");
	j->comma = false;
	attribute_text(j, "faas.version", s->version, strlen(s->version));
	attribute_text(j, "edgewasm.tenant", s->tenant, s->tenant ? strlen(s->tenant) : 0);
	if (s->model) {
		attribute(j, "edgewasm.model", "stringValue");
		key_model(j, s->model, s->model_version);
		put(j, "}}");
	}
	attribute_text(j, "messaging.destination.name", ew_event_topic(s->event), s->event->topic_bytes);
	ewi_format(seq, sizeof(seq), "%llu", (unsigned long long)s->event->seq);
	attribute_text(j, "messaging.message.id", seq, strlen(seq));
	attribute_u64(j, "edgewasm.fuel", s->fuel);
	attribute_u64(j, "edgewasm.bytes", s->bytes);
	attribute_u64(j, "edgewasm.inferences", s->inferences);
	attribute_u64(j, "messaging.batch.message_count", s->batch);
	attribute_true(j, "edgewasm.cached", s->cached);
	attribute_true(j, "edgewasm.canary", s->canary);
	put(j, "]");
	j->comma = true;
}

static void put_span(struct json *j, const struct ew_node_span *s)
{
	j->comma = false;
	key(j, "traceId");
	put_hex(j, s->context.trace_id, sizeof(s->context.trace_id));
	key(j, "spanId");
	put_hex(j, s->span_id, sizeof(s->span_id));
	if (s->has_parent) {
		key(j, "parentSpanId");
		put_hex(j, s->context.span_id, sizeof(s->context.span_id));
	}
	if (s->context.state_bytes) {
		key(j, "traceState");
		put_string(j, s->context.state, s->context.state_bytes);
	}
	key(j, "flags");
	put_u64(j, "", s->context.flags | (s->has_parent ? FLAG_HAS_REMOTE | FLAG_IS_REMOTE : 0));
	key_string(j, "name", s->function);
	key(j, "kind");
	put_u64(j, "", KIND_CONSUMER);
	key(j, "startTimeUnixNano");
	put_u64(j, "\"", s->begin_ns);
	key(j, "endTimeUnixNano");
	put_u64(j, "\"", s->end_ns);
	put_attributes(j, s);
	if (s->failure) {
		key(j, "status");
		put(j, "{\"code\":");
		put_u64(j, "", STATUS_ERROR);
		key_string(j, "message", s->failure);
		put(j, "}");
	}
}

size_t ew_node_span_json(const struct ew_node_span *span, const char *service, char *out, size_t cap)
{
	struct json j = {.text = out, .cap = cap};
	static const uint8_t none[EW_SPAN_ID_BYTES];

	if (cap == 0 || memcmp(span->span_id, none, sizeof(none)) == 0)
		return 0;
	put(&j, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":");
	put_string(&j, service, strlen(service));
	put(&j, "}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"libedgewasm\"},\"spans\":[{");
	put_span(&j, span);
	put(&j, "}]}]}]}");
	return finish(&j);
}

/* ---- lines of the log ------------------------------------------------------------------------- */

/* As much of the text as leaves room for what ends the line; "..." says that there was more. */
static void put_body(struct json *j, const char *text, size_t n)
{
	static const char end[] = "...\"}";
	size_t cap = j->cap;

	put(j, "\"");
	if (j->full || j->cap - j->len < sizeof(end)) {
		j->full = true;
		return;
	}
	j->cap -= sizeof(end) - 1;
	for (size_t i = 0; i < n && !j->full;)
		i += put_char(j, (const uint8_t *)text + i, n - i);
	j->cap = cap;
	if (j->full)
		put_bytes(j, end, 3);
	j->full = false;
	put(j, end + 3);
}

size_t ew_node_entry_json(const struct ew_node_entry *e, char *out, size_t cap)
{
	/* Of the levels in guest.h; the numbers are OpenTelemetry's. */
	static const char *const names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
	struct json j = {.text = out, .cap = cap};
	uint32_t level = e->level < 5 ? e->level : 5;
	static const uint8_t none[EW_SPAN_ID_BYTES];

	if (cap == 0)
		return 0;
	put(&j, "{");
	key(&j, "time_unix_nano");
	put_u64(&j, "\"", e->time_ns);
	key_string(&j, "severity", names[level]);
	key(&j, "severity_number");
	put_u64(&j, "", 4 * level + 1);
	key_string(&j, "function", e->function);
	key_string(&j, "function_version", e->version);
	key_string(&j, "tenant", e->tenant);
	if (e->model) {
		key(&j, "model");
		key_model(&j, e->model, e->model_version);
	}
	if (memcmp(e->span_id, none, sizeof(none)) != 0) {
		key(&j, "trace_id");
		put_hex(&j, e->event->trace_id, sizeof(e->event->trace_id));
		key(&j, "span_id");
		put_hex(&j, e->span_id, sizeof(e->span_id));
	}
	if (e->event) {
		key(&j, "request_id");
		put_u64(&j, "\"", e->event->seq);
	}
	key(&j, "body");
	put_body(&j, e->text, e->text_bytes);
	return finish(&j);
}

#endif
