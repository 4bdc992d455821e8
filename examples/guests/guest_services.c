/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_services.c - calls every edge_v1 function once for each event, and emits what it was given.
 *
 * The reply, "services", is little-endian: i64 capabilities, i64 deadline, i64 monotonic clock, i64 counter kept in
 * the store, u8 random[4], u32 bytes of the setting "limit" and 8 of its bytes, i32 result of the inference and 4
 * of its bytes.
 */
#include "edgewasm/guest.h"

static struct reply {
	int64_t capabilities, deadline_ns, clock_ns, counter;
	uint8_t random[4];
	uint32_t limit_len;
	uint8_t limit[8];
	int32_t infer;
	int8_t out[4];
} reply;

static uint8_t payload[512];
static int32_t model = -1, events, score;

int32_t edge_init(void)
{
	events = edge_metric_define(EDGE_COUNTER, "events_total", 12);
	score = edge_metric_define(EDGE_HISTOGRAM, "score", 5);
	return events < 0 ? events : score < 0 ? score : 0;
}

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;
	int32_t len = edge_event_poll(&event, payload, sizeof(payload));

	(void)pending;
	if (len < 0 || event.data_len < 4)
		return -1;
	reply.capabilities = edge_capabilities();
	reply.deadline_ns = edge_deadline_left();
	reply.clock_ns = edge_clock_now(EDGE_MONOTONIC);
	if (edge_random_fill(reply.random, sizeof(reply.random)) < 0 ||
	    edge_kv_increment("seen", 4, 1, &reply.counter) < 0)
		return -2;
	reply.limit_len = (uint32_t)edge_config_get("limit", 5, reply.limit, sizeof(reply.limit));
	reply.infer = edge_infer_named(&model, "m", payload + event.topic_len, 4, reply.out,
				       sizeof(reply.out));
	if (edge_metric_add(events, 1) < 0 || edge_metric_record(score, reply.out[0]) < 0)
		return -3;
	edge_log_str(EDGE_INFO, "judged");
	return edge_emit_str("services", &reply, sizeof(reply), EDGE_EMIT_URGENT);
}
