/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* guest_echo.c - the smallest function: every event goes out again as "echo", its data unchanged. */
#include "edgewasm/guest.h"

static uint8_t payload[4096];

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;

	while (pending-- > 0) {
		int32_t len = edge_event_poll(&event, payload, sizeof(payload));
		int32_t rc;

		if (len < 0)
			return len;
		if ((uint32_t)len > sizeof(payload))
			return EDGE_TOOBIG;
		rc = edge_emit_str("echo", payload + event.topic_len, event.data_len, event.flags);
		if (rc < 0)
			return rc;
		edge_event_ack(event.seq);
	}
	return 0;
}
