/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_batch.c - a batch at a time: takes all events that are offered, runs the model "m" once over all of them
 * (4 bytes in, 2 out for each), and answers each with "result" under its own trace id.
 */
#include "edgewasm/guest.h"

#define MOST 16
#define IN 4
#define OUT 2

static uint8_t payload[64], in[MOST * IN], out[MOST * OUT];
static uint64_t seqs[MOST];
static int32_t model = -1;

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;
	int32_t n, rc;

	for (n = 0; n < pending && n < MOST; n++) {
		int32_t len = edge_event_poll(&event, payload, sizeof(payload));

		if (len < 0 || event.data_len != IN)
			return -1;
		for (uint32_t i = 0; i < IN; i++)
			in[(uint32_t)n * IN + i] = payload[event.topic_len + i];
		seqs[n] = event.seq;
	}
	rc = edge_infer_named(&model, "m", in, (uint32_t)n * IN, out, sizeof(out));
	if (rc < 0)
		return rc;
	for (int32_t i = 0; i < n; i++) {
		if (edge_event_about(seqs[i]) < 0)
			return -2;
		rc = edge_emit_str("result", out + i * OUT, OUT, 0);
		if (rc < 0)
			return rc;
		edge_event_ack(seqs[i]);
	}
	return 0;
}
