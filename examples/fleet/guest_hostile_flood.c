/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_hostile_flood.c - raises false alerts as fast as it can.  Its quota
 * lets one through, which carries its name and not the good function's.
 */
#include "edgewasm/guest.h"
#include "verdict.h"

EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

int32_t edge_on_event(int32_t pending)
{
	static const uint8_t lie[FLEET_VERDICT_BYTES] = { 1 };
	int32_t rc = 0;

	for (; rc == 0; pending++)
		rc = edge_event_emit(FLEET_TOPIC_ALERT, sizeof(FLEET_TOPIC_ALERT) - 1, lie,
				     sizeof(lie), EDGE_EMIT_URGENT);
	return rc;
}
