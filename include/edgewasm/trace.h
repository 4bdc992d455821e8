/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * trace.h - where an event belongs: W3C Trace Context, from the protocol that brought it to the one that takes its
 * answer away.
 *
 *	ew_traceparent_parse(text, len, &c);           from an HTTP header, an MQTT 5 property ...
 *	ew_ring_push_traced(ring, &e, topic, data, &c);
 *	...
 *	ew_event_context(out, &c);                     the node's answer, its span as the parent
 *	ew_traceparent_format(&c, text);
 *
 * Every event has a trace id.  The rest of its context, where there is any, lies behind its data in the same record
 * (flag EW_EVENT_CONTEXT), so it goes wherever the event goes: through rings, logs and other processes.
 *
 *	behind the data: tracestate (n bytes), span id (8), flags (1), 0 (1), n (2, little-endian)
 *
 * Guests do not see it.  Whoever reads events that may have one takes ew_event_payload_bytes for data_bytes.
 * Source: W3C Recommendation Trace Context, level 1, and the flags of level 2.
 */
#ifndef EDGEWASM_TRACE_H
#define EDGEWASM_TRACE_H

#include "edgewasm/event.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EW_SPAN_ID_BYTES 8
#define EW_TRACEPARENT_BYTES 56u /* version 00, and a NUL */
#define EW_TRACESTATE_BYTES 512u /* the longest that is taken */

enum {
	EW_TRACE_SAMPLED = 1u << 0, /* the caller may have recorded it */
	EW_TRACE_RANDOM = 1u << 1   /* the trace id's last 7 bytes are random */
};

struct ew_trace_context {
	uint8_t trace_id[EW_TRACE_ID_BYTES];
	uint8_t span_id[EW_SPAN_ID_BYTES]; /* of the parent, for who receives it; zero: none */
	uint8_t flags;			   /* EW_TRACE_... */
	const char *state; /* borrowed; NULL with state_bytes 0 */
	uint16_t state_bytes;
};

/*
 * A traceparent header's value, without blanks around it.  Of versions above 00 what version 00 has is read.  state
 * becomes empty.  MALFORMED: version ff, a wrong length, another character than 0-9 a-f where it must be, an id that
 * is zero; *out is then unchanged.
 */
EW_API enum ew_status ew_traceparent_parse(const char *text, size_t len, struct ew_trace_context *out);
/* As version 00, with a NUL; flags that it does not know are 0. */
EW_API void ew_traceparent_format(const struct ew_trace_context *c, char out[EW_TRACEPARENT_BYTES]);
/*
 * Is it a tracestate header's value?  One that is not is to be left out, and the traceparent kept.  MALFORMED: not a
 * list of key=value, a key twice.  LIMIT: more than 32 members, or longer than EW_TRACESTATE_BYTES.
 */
EW_API enum ew_status ew_tracestate_check(const char *text, size_t len);

/* Bytes that a context takes behind the data. */
EW_API size_t ew_trace_trailer_bytes(const struct ew_trace_context *c);
/* Write them.  out has ew_trace_trailer_bytes; the event needs flag EW_EVENT_CONTEXT and so many more data_bytes. */
EW_API void ew_trace_trailer(const struct ew_trace_context *c, uint8_t *out);
/*
 * ew_ring_push with a context: its trace id takes the place of the event's.  Open claims are published with it.
 * Errors: those of ew_ring_claim.
 */
EW_API enum ew_status ew_ring_push_traced(struct ew_ring *r, const struct ew_event *e, const void *topic,
					  const void *data, const struct ew_trace_context *c);
/*
 * An event's context; state points into the event.  False: it has a trace id at most, and the rest of *out is zero.
 */
EW_API bool ew_event_context(const struct ew_event *e, struct ew_trace_context *out);

#ifdef __cplusplus
}
#endif
#endif
