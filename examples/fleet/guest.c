/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest.c - the function module of the demo: takes sensor windows (window.h),
 * turns each into features, asks the autoencoder to repeat them, and raises an
 * alert when it cannot.  Stateless: what it says of a window depends on that
 * window only.  Compiled twice: vibration.wasm, which runs on Cortex-M too,
 * and vibration_simd.wasm with vector instructions: the same verdicts, bit for
 * bit, several times as fast (bench-fleet --filter split).
 */
#include "guest_judge.h"

#define TOPIC_MAX_BYTES 64u

static struct fleet_norm norm;
static struct fleet_work work;
static uint8_t payload[TOPIC_MAX_BYTES + FLEET_WINDOW_BYTES];
static float features[FLEET_FEATURES];
static int8_t question[FLEET_FEATURES], answer[FLEET_FEATURES];

EDGE_EXPORT("edge_init") int32_t edge_init(void);
EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

int32_t edge_init(void)
{
	if (edge_config_get(FLEET_SETTING_NORM, sizeof(FLEET_SETTING_NORM) - 1, payload,
			    sizeof(payload)) != FLEET_NORM_BYTES) {
		edge_log_str(EDGE_ERROR, "setting \"norm\" is missing");
		return EDGE_INVAL;
	}
	fleet_norm_read(&norm, payload);
#if defined(__wasm_simd128__)
	fleet_vectors_init();
#endif
	return judge_init();
}

static int32_t judge_window(const uint8_t *window, uint32_t len)
{
	float score;
	int32_t rc;

	if (fleet_features(window, len, &work, features) != 0)
		return EDGE_INVAL;
	fleet_quantise(features, &norm, question);
	rc = judge_infer(question, FLEET_FEATURES, answer, FLEET_FEATURES, &score);
	if (rc < 0)
		return rc;
	return judge_emit(fleet_get32(window + 4), fleet_get32(window + 8), score, question, answer);
}

/* A window that cannot be judged is not acknowledged and counts as failed;
 * those after it are judged all the same. */
int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;
	int32_t result = EDGE_OK;

	for (; pending > 0; pending--) {
		int32_t rc = edge_event_poll(&event, payload, sizeof(payload));

		if (rc < 0)
			return rc == EDGE_AGAIN ? result : rc;
		if (rc > (int32_t)sizeof(payload))
			return EDGE_TOOBIG;
		rc = judge_window(payload + event.topic_len, event.data_len);
		if (rc == EDGE_OK)
			edge_event_ack(event.seq);
		else
			result = rc;
	}
	return result;
}
