/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_raw.c - judges windows that are the model's input already, whatever
 * its size (up to 4 KiB): for instance the MLPerf Tiny anomaly detector on log
 * mel spectra of a ToyCar, 640 int8 numbers each.
 */
#include "guest_judge.h"

#define INPUT_MAX_BYTES 4096u
#define TOPIC_MAX_BYTES 64u

static uint8_t payload[TOPIC_MAX_BYTES + INPUT_MAX_BYTES];
static int8_t answer[INPUT_MAX_BYTES];

EDGE_EXPORT("edge_init") int32_t edge_init(void);
EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

int32_t edge_init(void)
{
	return judge_init();
}

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;
	float score;
	int32_t result = EDGE_OK;

	for (; pending > 0; pending--) {
		int32_t rc = edge_event_poll(&event, payload, sizeof(payload));

		if (rc < 0)
			return rc == EDGE_AGAIN ? result : rc;
		if (rc > (int32_t)sizeof(payload))
			return EDGE_TOOBIG;
		rc = judge_infer((const int8_t *)payload + event.topic_len, event.data_len,
				 answer, sizeof(answer), &score);
		if (rc == EDGE_OK)
			rc = judge_emit((uint32_t)event.seq, 0, score,
					(const int8_t *)payload + event.topic_len, answer);
		if (rc == EDGE_OK)
			edge_event_ack(event.seq);
		else
			result = rc;
	}
	return result;
}
