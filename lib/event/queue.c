/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* queue.c - rings as lanes: whose turn it is, what came too late, and who is told of a lane that fills. */
#include "edgewasm/queue.h"

#if EW_CONFIG_EVENT
#include <string.h>
#include "event/cas.h"

#define NONE UINT32_MAX

enum ew_status ew_queue_init(struct ew_queue *q, const struct ew_queue_config *cfg)
{
	if (cfg->struct_bytes < sizeof(*cfg) || !cfg->lanes || cfg->lane_count < 1 ||
	    cfg->lane_count > EW_QUEUE_LANES_MAX)
		return EW_ERR_INVAL;
	for (uint32_t i = 0; i < cfg->lane_count; i++) {
		const struct ew_lane *l = &cfg->lanes[i];

		if (!l->ring == !l->mring || l->low_bytes > l->high_bytes)
			return EW_ERR_INVAL;
	}
	memset(q, 0, sizeof(*q));
	q->config = *cfg;
	memcpy(q->lanes, cfg->lanes, cfg->lane_count * sizeof(q->lanes[0]));
	q->config.lanes = NULL;
	q->current = NONE;
	return EW_OK;
}

static size_t used(const struct ew_lane *l)
{
	struct ew_ring_stat st;

	if (l->ring)
		ew_ring_stat(l->ring, &st);
	else
		ew_mring_stat(l->mring, &st);
	return st.used_bytes;
}

void ew_queue_watch(struct ew_queue *q, uint32_t lane)
{
	uint32_t was = 0;

	if (lane >= q->config.lane_count || q->lanes[lane].high_bytes == 0 ||
	    ew_ring_get(&q->is_high[lane]) || used(&q->lanes[lane]) < q->lanes[lane].high_bytes)
		return;
	while (!ewi_cas(&q->is_high[lane], &was, 1))
		if (was != 0)
			return; /* another producer has told */
	if (q->config.high)
		q->config.high(q->config.user, lane);
}

enum ew_status ew_queue_push(struct ew_queue *q, uint32_t lane, const struct ew_event *e,
			     const void *topic, const void *data)
{
	const struct ew_lane *l;
	enum ew_status st;

	if (lane >= q->config.lane_count)
		return EW_ERR_INVAL;
	l = &q->lanes[lane];
	st = l->ring ? ew_ring_push(l->ring, e, topic, data) : ew_mring_push(l->mring, e, topic, data);
	ew_queue_watch(q, lane);
	return st;
}

static enum ew_status peek_lane(const struct ew_lane *l, const struct ew_event **out)
{
	return l->ring ? ew_ring_peek(l->ring, out) : ew_mring_peek(l->mring, out);
}

static void release_lane(struct ew_queue *q, uint32_t lane)
{
	const struct ew_lane *l = &q->lanes[lane];
	uint32_t was = 1;

	(void)(l->ring ? ew_ring_release(l->ring, 1) : ew_mring_release(l->mring, 1));
	if (!ew_ring_get(&q->is_high[lane]) || used(l) > l->low_bytes)
		return;
	while (!ewi_cas(&q->is_high[lane], &was, 0))
		;
	if (q->config.low)
		q->config.low(q->config.user, lane);
}

static bool too_late(const struct ew_queue *q, uint32_t lane, const struct ew_event *e, uint64_t now_ns)
{
	uint64_t age = q->lanes[lane].max_age_ns;

	if (age != 0 && now_ns > e->time_ns && now_ns - e->time_ns > age)
		return true;
	return q->config.deadline && q->config.deadline(q->config.user, lane, e) < now_ns;
}

/* The oldest event of a lane that is still wanted. */
static enum ew_status wanted(struct ew_queue *q, uint32_t lane, uint64_t now_ns,
			     const struct ew_event **out)
{
	while (peek_lane(&q->lanes[lane], out) == EW_OK) {
		if (!too_late(q, lane, *out, now_ns))
			return EW_OK;
		release_lane(q, lane);
		q->expired[lane]++;
	}
	return EW_ERR_EMPTY;
}

/*
 * The first lane with events, unless others have been passed over as often as they may be: then that of them which
 * has waited longest.
 */
static uint32_t choose(struct ew_queue *q, uint64_t now_ns, const struct ew_event **out)
{
	uint32_t chosen = NONE, most = q->config.starvation ? q->config.starvation - 1 : NONE;
	const struct ew_event *e;

	for (uint32_t i = 0; i < q->config.lane_count; i++) {
		if (chosen != NONE && q->config.starvation == 0)
			break;
		if (wanted(q, i, now_ns, &e) != EW_OK) {
			q->passed[i] = 0;
			continue;
		}
		if (chosen != NONE && q->passed[i] <= most)
			continue;
		if (q->passed[i] > most)
			most = q->passed[i];
		chosen = i;
		*out = e;
	}
	return chosen;
}

enum ew_status ew_queue_peek(struct ew_queue *q, uint64_t now_ns, const struct ew_event **out,
			     uint32_t *lane)
{
	*out = NULL;
	if (q->current == NONE)
		q->current = choose(q, now_ns, out);
	else
		(void)peek_lane(&q->lanes[q->current], out);
	if (q->current == NONE)
		return EW_ERR_EMPTY;
	if (lane)
		*lane = q->current;
	return EW_OK;
}

/* Everybody else who has something waiting was passed over. */
enum ew_status ew_queue_release(struct ew_queue *q)
{
	const struct ew_event *e;
	uint32_t lane = q->current;

	if (lane == NONE)
		return EW_ERR_STATE;
	for (uint32_t i = 0; i < q->config.lane_count && q->config.starvation != 0; i++)
		if (i != lane && peek_lane(&q->lanes[i], &e) == EW_OK)
			q->passed[i]++;
	q->passed[lane] = 0;
	q->current = NONE;
	release_lane(q, lane);
	return EW_OK;
}

#endif
