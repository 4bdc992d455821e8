/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* fn_event.c - edge_v1: taking, acknowledging and emitting events. */
#include "abi/span.h"

#if EW_CONFIG_ABI

#define GUEST_EVENT_BYTES 48u /* struct edge_event */

static void put_event(uint8_t *p, const struct ew_event *e)
{
	ewi_put_le64(p, e->seq);
	ewi_put_le64(p + 8, e->time_ns);
	memcpy(p + 16, e->trace_id, EW_TRACE_ID_BYTES);
	ewi_put_le32(p + 32, e->topic_bytes);
	ewi_put_le32(p + 36, ew_event_payload_bytes(e));
	ewi_put_le32(p + 40, e->flags & EW_EVENT_USER_FLAGS);
	ewi_put_le32(p + 44, e->content_type);
}

/* event_poll(event, buf, cap) */
enum ew_status ewi_fn_event_poll(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t cap = v[2].u32, gevent = v[0].u32, gbuf = v[1].u32;
	uint8_t *event = ewi_span(caller, gevent, GUEST_EVENT_BYTES);
	uint8_t *buf = ewi_span(caller, gbuf, cap);
	const struct ew_event *e;
	uint64_t len;

	if (!event || !buf) {
		ewi_pay(abi, caller, 0);
		return ewi_ret(abi, v, EDGE_FAULT);
	}
	if (abi->event_next >= abi->event_count) {
		ewi_pay(abi, caller, 0);
		return ewi_ret(abi, v, EDGE_AGAIN);
	}
	e = abi->events[abi->event_next];
	len = (uint64_t)e->topic_bytes + ew_event_payload_bytes(e);
	if (len > INT32_MAX) {
		ewi_pay(abi, caller, 0);
		return ewi_ret(abi, v, EDGE_TOOBIG);
	}
	ewi_pay(abi, caller, GUEST_EVENT_BYTES + (len <= cap ? len : 0));
	/* An event header inside its own payload would lose; the payload is written first. */
	if (len <= cap && len)
		memcpy(buf, ew_event_topic(e), (size_t)len);
	put_event(event, e);
	if (len <= cap) {
		abi->states[abi->event_next++] = EW_EVENT_TAKEN;
		abi->stats.events_taken++;
		memcpy(abi->trace_id, e->trace_id, EW_TRACE_ID_BYTES);
		abi->about = abi->event_next;
	}
	return ewi_ret(abi, v, (int32_t)len);
}

/* event_ack(seq): among the taken ones, newest first, which is where a guest that goes one by one is. */
enum ew_status ewi_fn_event_ack(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint64_t seq = v[0].u64;

	ewi_pay(abi, caller, 0);
	for (size_t i = abi->event_next; i > 0; i--) {
		if (abi->events[i - 1]->seq != seq || abi->states[i - 1] != EW_EVENT_TAKEN)
			continue;
		abi->states[i - 1] = EW_EVENT_ACKED;
		abi->stats.events_acked++;
		return ewi_ret(abi, v, 0);
	}
	return ewi_ret(abi, v, EDGE_STALE);
}

/* event_about(seq): any of the events taken in this call, acknowledged ones too. */
enum ew_status ewi_fn_event_about(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	ewi_pay(abi, caller, 0);
	for (size_t i = abi->event_next; i > 0; i--) {
		if (abi->events[i - 1]->seq != v[0].u64)
			continue;
		memcpy(abi->trace_id, abi->events[i - 1]->trace_id, EW_TRACE_ID_BYTES);
		abi->about = i;
		return ewi_ret(abi, v, 0);
	}
	return ewi_ret(abi, v, EDGE_STALE);
}

static enum ew_status pass_on(struct ew_abi *abi, const struct ew_event *e, const void *topic,
			      const void *data)
{
	if (abi->out)
		return ew_ring_push(abi->out, e, topic, data);
	if (abi->host.emit)
		return abi->host.emit(abi->user, e, topic, data);
	return EW_ERR_UNSUPPORTED;
}

enum ew_status ew_abi_emit(struct ew_abi *abi, const char *topic, size_t topic_len,
			   const void *data, size_t data_len, uint32_t flags)
{
	struct ew_event e = {0};
	enum ew_status st;

	if (!(abi->grant.caps & EW_CAP_EMIT))
		return EW_ERR_DENIED;
	if (topic_len == 0 || topic_len > EWI_TOPIC_BYTES)
		return EW_ERR_INVAL;
	if (data_len > UINT32_MAX - EWI_TOPIC_BYTES)
		return EW_ERR_TOOBIG;
	if (!ewi_quota_allows(abi, EW_QUOTA_EMIT_EVENTS, 1) ||
	    !ewi_quota_allows(abi, EW_QUOTA_EMIT_BYTES, topic_len + data_len))
		return EW_ERR_QUOTA;
	e.flags = flags & EW_EVENT_USER_FLAGS;
	e.content_type = (uint16_t)(flags >> 16);
	e.time_ns = abi->now_ns;
	memcpy(e.trace_id, abi->trace_id, EW_TRACE_ID_BYTES);
	e.topic_bytes = (uint16_t)topic_len;
	e.data_bytes = (uint32_t)data_len;
	st = pass_on(abi, &e, topic, data);
	if (st != EW_OK)
		return st;
	ewi_quota_use(abi, EW_QUOTA_EMIT_EVENTS, 1);
	ewi_quota_use(abi, EW_QUOTA_EMIT_BYTES, topic_len + data_len);
	return EW_OK;
}

/* event_emit(topic, topic_len, data, data_len, flags) */
enum ew_status ewi_fn_event_emit(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t topic_len = v[1].u32, data_len = v[3].u32;
	const void *topic = ewi_span(caller, v[0].u32, topic_len);
	const void *data = ewi_span(caller, v[2].u32, data_len);

	if (!topic || !data) {
		ewi_pay(abi, caller, 0);
		return ewi_ret(abi, v, EDGE_FAULT);
	}
	ewi_pay(abi, caller, (uint64_t)topic_len + data_len);
	return ewi_ret(abi, v, ewi_edge_error(ew_abi_emit(abi, topic, topic_len, data, data_len,
							   v[4].u32)));
}

#endif
