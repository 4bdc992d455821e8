/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_watch.c - from what the detector says of single frames to alerts: each camera's output is compared with what
 * that camera usually gives; K of the last N frames far from it are an alert, one for each time that it begins.
 *
 * An event's data is u32 camera, u32 frame, then HEAD_BYTES of int8.  Emits "score" (u32 camera, u32 frame, f32) for
 * each, and "alert" with the same.
 */
#include "edgewasm/guest.h"
#include "frame.h"

#define K 3
#define N 5
#define WARM_UP 4 /* frames before anything can be unusual */

struct camera {
	int16_t usual[HEAD_BYTES]; /* running mean, times 64 */
	uint32_t frames, history;
	int alerted;
};

static struct camera cameras[CAMERAS_MAX];
static uint8_t payload[64 + HEAD_BYTES];
static float threshold;

int32_t edge_init(void)
{
	return edge_config_get("threshold", 9, &threshold, sizeof(threshold)) == sizeof(threshold) ? EDGE_OK : EDGE_INVAL;
}

static float distance(const struct camera *c, const int8_t *head)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < HEAD_BYTES; i++) {
		const int32_t d = head[i] * 64 - c->usual[i];

		sum += (uint32_t)(d < 0 ? -d : d);
	}
	return (float)sum / (64.0f * HEAD_BYTES);
}

static void learn(struct camera *c, const int8_t *head)
{
	const int32_t shift = c->frames < WARM_UP ? 1 : 3;

	for (uint32_t i = 0; i < HEAD_BYTES; i++)
		c->usual[i] = (int16_t)(c->frames ? c->usual[i] + ((head[i] * 64 - c->usual[i]) >> shift) : head[i] * 64);
	c->frames++;
}

static int32_t judge(const uint8_t *data)
{
	uint32_t out[3], camera;
	struct camera *c;
	float score;
	int32_t rc;

	__builtin_memcpy(out, data, 8);
	camera = out[0];
	if (camera >= CAMERAS_MAX)
		return EDGE_INVAL;
	c = &cameras[camera];
	score = c->frames < WARM_UP ? 0 : distance(c, (const int8_t *)data + 8);
	c->history = (c->history << 1 | (score > threshold)) & ((1 << N) - 1);
	if (score <= threshold)
		learn(c, (const int8_t *)data + 8);
	__builtin_memcpy(&out[2], &score, 4);
	rc = edge_emit_str("score", out, sizeof(out), 0);
	if (rc == EDGE_OK && __builtin_popcount(c->history) >= K && !c->alerted) {
		rc = edge_emit_str("alert", out, sizeof(out), EDGE_EMIT_URGENT);
		c->alerted = 1;
	}
	if (!c->history)
		c->alerted = 0;
	return rc;
}

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;

	for (; pending > 0; pending--) {
		int32_t rc = edge_event_poll(&event, payload, sizeof(payload));

		if (rc < 0)
			return rc;
		if (event.data_len != 8 + HEAD_BYTES)
			return EDGE_INVAL;
		rc = judge(payload + event.topic_len);
		if (rc < 0)
			return rc;
		edge_event_ack(event.seq);
	}
	return EDGE_OK;
}
