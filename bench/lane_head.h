/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * lane_head.h - for lanes whose events are so many bytes in all: the 48 of the header, whose fields come from what is put in
 * and go to what is taken out, and the others of data.  Other lanes have the same number of bytes as data, beside
 * a header or without any.
 */
#ifndef EW_BENCH_LANE_HEAD_H
#define EW_BENCH_LANE_HEAD_H

#include <string.h>
#include "edgewasm/event.h"
#include "lane.h"

#define HEAD_BYTES ((uint32_t)sizeof(struct ew_event))

/* Field by field, as a host has them: behind the data, since an event begins with what lane_check() looks at. */
LANE_INLINE void fill_head(struct ew_event *e, const uint8_t *from)
{
	memcpy(&e->flags, from, 4);
	memcpy(&e->time_ns, from + 16, 8);
	memcpy(e->trace_id, from + 24, EW_TRACE_ID_BYTES);
	memcpy(&e->content_type, from + 40, 2);
}

LANE_INLINE void copy_head(uint8_t *to, const struct ew_event *e)
{
	memcpy(to, &e->flags, 4);
	memcpy(to + 8, &e->seq, 8);
	memcpy(to + 16, &e->time_ns, 8);
	memcpy(to + 24, e->trace_id, EW_TRACE_ID_BYTES);
	memcpy(to + 40, &e->content_type, 2);
}

#endif
