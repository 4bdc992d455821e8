/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * span.c - what is told of each event and each line of the log: whose it was, in which trace, and what it cost.
 * Leaves the text of it to otlp.c.
 */
#include "abi/models.h"
#include "node/mix.h"
#include "node/node.h"

#if EW_CONFIG_NODE

static bool has_trace(const struct ew_event *e)
{
	uint8_t any = 0;

	for (int i = 0; i < EW_TRACE_ID_BYTES; i++)
		any |= e->trace_id[i];
	return any != 0;
}

const struct ew_event *ewi_span_event(const struct ewi_version *v)
{
	const struct ew_abi *abi = v->abi;

	return abi->about && abi->events ? abi->events[abi->about - 1] : v->node->asking;
}

/*
 * The id of a function's work for an event: worked out from both, so that a replay has the same, and nobody needs to
 * remember it between an event's first output and its span.
 */
static void span_id(const struct ewi_version *v, const struct ew_event *e, const struct ew_trace_context *c,
		    uint8_t out[EW_SPAN_ID_BYTES])
{
	uint64_t h = ewi_mix(e->seq, e->time_ns);

	h = ewi_mix_bytes(h, e->trace_id, sizeof(e->trace_id));
	h = ewi_mix_bytes(h, c->span_id, sizeof(c->span_id));
	h = ewi_mix_bytes(h, (const uint8_t *)v->function->name, strlen(v->function->name));
	h = ewi_mix_bytes(h, (const uint8_t *)v->version, strlen(v->version));
	ewi_put_le64(out, h ? h : 1);
}

/* ---- behind what is emitted ------------------------------------------------------------------- */

bool ewi_span_attach(const struct ewi_version *v, struct ew_event *header, const void **data)
{
	struct ew_node *node = v->node;
	const struct ew_event *e = node->trace_room ? ewi_span_event(v) : NULL;
	struct ew_trace_context c;
	size_t more;

	if (!e || !has_trace(e))
		return false;
	/* Who asked without a context begins a trace here. */
	if (!ew_event_context(e, &c))
		c.flags = EW_TRACE_SAMPLED;
	span_id(v, e, &c, c.span_id);
	more = ew_trace_trailer_bytes(&c);
	if (header->data_bytes > node->trace_bytes || more > node->trace_bytes - header->data_bytes)
		return false;
	if (header->data_bytes)
		memcpy(node->trace_room, *data, header->data_bytes);
	ew_trace_trailer(&c, node->trace_room + header->data_bytes);
	header->data_bytes += (uint32_t)more;
	header->flags |= EW_EVENT_CONTEXT;
	*data = node->trace_room;
	return true;
}

/* ---- telling ---------------------------------------------------------------------------------- */

void ewi_span_clock(struct ew_node *node)
{
	uint64_t wall;

	/* Not through the recorder: it changes nothing but what is told. */
	node->wall_offset = 0;
	if ((node->host.span || node->host.entry) && node->host.clock && node->host.clock(node->user, 0, &wall) == EW_OK)
		node->wall_offset = wall - node->now_ns;
}

static const char *tenant_of(const struct ewi_version *v)
{
	return v->tenant ? v->tenant->name : NULL;
}

void ewi_span_tell(struct ewi_version *v, const struct ewi_call *call, const char *failure)
{
	struct ew_node *node = v->node;
	const struct ewi_slot *model = v->abi->last_model;
	struct ew_node_span s = {
		.function = v->function->name,
		.version = v->version,
		.tenant = tenant_of(v),
		.model = model ? model->name : NULL,
		.model_version = model ? model->version : NULL,
		.failure = failure,
		.begin_ns = call->begin_ns + node->wall_offset,
		.end_ns = node->now_ns + node->wall_offset,
		.fuel = call->cost.fuel / call->count,
		.inferences = call->cost.inferences / call->count,
		.batch = call->count,
		.cached = call->cached,
		.canary = v->arm && v != v->function->version,
	};

	for (uint32_t i = 0; i < call->count; i++) {
		const struct ew_event *e = call->events[i];

		s.event = e;
		s.bytes = (uint64_t)e->topic_bytes + ew_event_payload_bytes(e);
		s.has_parent = ew_event_context(e, &s.context);
		if (!s.has_parent)
			s.context.flags = EW_TRACE_SAMPLED;
		memset(s.span_id, 0, sizeof(s.span_id));
		if (has_trace(e))
			span_id(v, e, &s.context, s.span_id);
		node->host.span(node->user, &s);
	}
}

void ewi_span_entry(const struct ewi_version *v, const struct ew_event *e, uint32_t level, const char *text, size_t len)
{
	struct ew_node *node = v->node;
	const struct ewi_slot *model = v->abi->last_model;
	struct ew_trace_context c;
	struct ew_node_entry entry = {
		.level = level,
		.text = text,
		.text_bytes = len,
		.function = v->function->name,
		.version = v->version,
		.tenant = tenant_of(v),
		.model = model ? model->name : NULL,
		.model_version = model ? model->version : NULL,
		.time_ns = node->now_ns + node->wall_offset,
		.event = e,
	};

	if (e && has_trace(e)) {
		(void)ew_event_context(e, &c);
		span_id(v, e, &c, entry.span_id);
	}
	node->host.entry(node->user, &entry);
}

#endif
