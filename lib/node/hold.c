/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * hold.c - batches that wait: events of a function, copied and kept until their batch is whole or old enough.
 *
 * The function keeps them, not a version, so that what waits while versions change meets the new one.  Leaves the
 * judging to guest.c, and when a batch is whole to event/batch.c.
 */
#include "node/node.h"

#if EW_CONFIG_NODE

#define ROUND8(n) (((n) + 7) & ~(size_t)7)
#define EVENT_BYTES (sizeof(struct ew_event) + 8) /* of one, besides topic and data: its header, and up to 7 behind */

void ewi_hold_free(struct ew_node *node, struct ewi_hold *h)
{
	if (!h)
		return;
	ewi_free(&node->alloc, h->events, node->max_batch, sizeof(*h->events));
	ewi_free(&node->alloc, h->memory, h->size, 1);
	ewi_free(&node->alloc, h, 1, sizeof(*h));
}

enum ew_status ewi_hold_prepare(struct ewi_version *v)
{
	struct ew_node *node = v->node;
	size_t size = (v->batch_bytes ? v->batch_bytes : EW_NODE_BATCH_BYTES) + v->batch * EVENT_BYTES;
	struct ewi_hold *h;

	if (!v->batch_age_ns || (v->function->hold && v->function->hold->size >= size))
		return EW_OK;
	h = ewi_alloc(&node->alloc, 1, sizeof(*h));
	if (!h)
		return EW_ERR_NOMEM;
	h->size = size;
	h->memory = ewi_alloc(&node->alloc, size, 1);
	h->events = ewi_alloc(&node->alloc, node->max_batch, sizeof(*h->events));
	if (!h->memory || !h->events) {
		ewi_hold_free(node, h);
		return EW_ERR_NOMEM;
	}
	v->hold = h;
	return EW_OK;
}

/* Is something to be kept at all?  A version that needs more room brings it, once the old one is empty. */
static bool waits(struct ewi_function *f)
{
	struct ewi_version *v = f->version;

	if (!v->batch_age_ns)
		return false;
	if (!v->hold)
		return true;
	if (f->hold && f->hold->batch.count)
		return false;
	ewi_hold_free(v->node, f->hold);
	f->hold = v->hold;
	v->hold = NULL;
	return true;
}

/* False: the batch has no room for it. */
static bool keep(struct ewi_function *f, const struct ew_event *e)
{
	const struct ewi_version *v = f->version;
	struct ew_node *node = v->node;
	struct ewi_hold *h = f->hold;
	size_t payload = (size_t)e->topic_bytes + e->data_bytes, room = h->size - h->used;
	struct ew_batch_config c = {sizeof(c), v->batch, v->batch_bytes, v->batch_age_ns};

	if (h->batch.count == 0)
		(void)ew_batch_init(&h->batch, &c); /* it has a limit: v->batch is 1 at least */
	if (payload > room || ROUND8(sizeof(*e) + payload) > room || h->batch.count == node->max_batch ||
	    ew_batch_add(&h->batch, payload, node->now_ns) != EW_OK)
		return false;
	memcpy(h->memory + h->used, e, sizeof(*e) + payload);
	h->events[h->batch.count - 1] = (const struct ew_event *)(const void *)(h->memory + h->used);
	h->used += ROUND8(sizeof(*e) + payload);
	node->held++;
	if (ew_batch_deadline(&h->batch) < node->next_hold)
		node->next_hold = ew_batch_deadline(&h->batch);
	return true;
}

void ewi_hold_flush(struct ewi_function *f)
{
	struct ewi_hold *h = f->hold;
	uint32_t n = h ? ew_batch_close(&h->batch) : 0;

	if (n == 0)
		return;
	h->used = 0;
	f->version->node->held -= n;
	ewi_guest_now(f, h->events, n);
}

void ewi_hold_events(struct ewi_function *f, const struct ew_event *const *events, uint32_t count)
{
	struct ew_node *node = f->version->node;

	for (uint32_t i = 0; i < count; i++) {
		bool kept = waits(f) && keep(f, events[i]);

		if (!kept) {
			ewi_hold_flush(f); /* which may change the version */
			kept = waits(f) && keep(f, events[i]);
		}
		if (!kept)
			ewi_guest_now(f, events + i, 1);
		else if (ew_batch_due(&f->hold->batch, node->now_ns) != EW_BATCH_OPEN)
			ewi_hold_flush(f);
	}
}

void ewi_hold_due(struct ew_node *node)
{
	uint64_t next = EW_NODE_WHENEVER;

	if (node->now_ns < node->next_hold)
		return;
	for (uint32_t i = 0; i < node->function_count; i++) {
		struct ewi_function *f = node->functions[i];

		if (!f->hold || !f->hold->batch.count)
			continue;
		if (!f->version->batch_age_ns || ew_batch_due(&f->hold->batch, node->now_ns) != EW_BATCH_OPEN)
			ewi_hold_flush(f);
		else if (ew_batch_deadline(&f->hold->batch) < next)
			next = ew_batch_deadline(&f->hold->batch);
	}
	node->next_hold = next;
}

#endif
