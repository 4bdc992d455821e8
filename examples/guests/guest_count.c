/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_count.c - state in memory: emits "count" with the number of events seen since its instance was made,
 * as a u32.  The setting "start" (decimal) is where it begins; "refuse" keeps edge_init from succeeding.
 */
#include "edgewasm/guest.h"

static uint32_t count;
static uint8_t payload[1024];

int32_t edge_init(void)
{
	char text[16];
	int32_t len = edge_config_get("start", 5, text, sizeof(text));

	if (edge_config_get("refuse", 6, text, 0) >= 0)
		return -7;
	if (len < 0 || len > (int32_t)sizeof(text))
		return 0;
	for (int32_t i = 0; i < len; i++)
		count = count * 10 + (uint32_t)(text[i] - '0');
	return 0;
}

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;

	while (pending-- > 0) {
		if (edge_event_poll(&event, payload, sizeof(payload)) < 0)
			return -1;
		count++;
	}
	return edge_emit_str("count", &count, sizeof(count), 0);
}

void edge_on_tick(int64_t now_ns)
{
	edge_emit_str("tick", &now_ns, sizeof(now_ns), 0);
}
