/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* order.c - items back into the order of their sequence numbers: slot seq % slots, a window of `slots` numbers. */
#include "edgewasm/queue.h"

#if EW_CONFIG_EVENT
#include <string.h>
#include "event/index.h"

struct slot {
	uint64_t item;
	uint64_t seq;
	uint32_t taken;
	uint32_t reserved;
};

struct ew_order {
	uint32_t slots, waiting;
	uint64_t next;	     /* the number whose turn it is */
	uint64_t stalled_ns; /* since when something waits for it */
	uint64_t max_wait_ns;
	struct ew_order_stat stat;
	struct slot slot[];
};

size_t ew_order_size(uint32_t slots)
{
	if (slots < 1 || slots > EWI_INDEX_MAX)
		return 0;
	return sizeof(struct ew_order) + slots * sizeof(struct slot);
}

enum ew_status ew_order_init(void *memory, size_t bytes, uint32_t slots, uint64_t first_seq,
			     uint64_t max_wait_ns, struct ew_order **out)
{
	size_t need = ew_order_size(slots);
	struct ew_order *o = memory;

	*out = NULL;
	if (!memory || (uintptr_t)memory % 8 != 0 || need == 0 || bytes < need)
		return EW_ERR_INVAL;
	memset(o, 0, need);
	o->slots = slots;
	o->next = first_seq;
	o->max_wait_ns = max_wait_ns;
	*out = o;
	return EW_OK;
}

static struct slot *slot_of(struct ew_order *o, uint64_t seq)
{
	return &o->slot[seq % o->slots];
}

enum ew_status ew_order_put(struct ew_order *o, uint64_t seq, uint64_t item, uint64_t now_ns)
{
	struct slot *s = slot_of(o, seq);

	if (seq < o->next || (s->taken && s->seq == seq)) {
		o->stat.late++;
		return EW_ERR_EXISTS;
	}
	if (seq - o->next >= o->slots)
		return EW_ERR_FULL;
	if (o->waiting++ == 0 || now_ns < o->stalled_ns)
		o->stalled_ns = now_ns;
	*s = (struct slot){.item = item, .seq = seq, .taken = 1};
	return EW_OK;
}

enum ew_status ew_order_get(struct ew_order *o, uint64_t now_ns, uint64_t *seq, uint64_t *item)
{
	struct slot *s = slot_of(o, o->next);

	if (o->waiting == 0)
		return EW_ERR_EMPTY;
	if (!s->taken) {
		if (now_ns < o->stalled_ns)
			o->stalled_ns = now_ns; /* the clock was set back */
		if (o->max_wait_ns == 0 || now_ns - o->stalled_ns < o->max_wait_ns)
			return EW_ERR_EMPTY;
		while (!s->taken) { /* one is: at most `slots` steps */
			o->stat.missing++;
			s = slot_of(o, ++o->next);
		}
	}
	*seq = o->next++;
	*item = s->item;
	s->taken = 0;
	o->waiting--;
	o->stat.given++;
	if (!slot_of(o, o->next)->taken)
		o->stalled_ns = now_ns;
	return EW_OK;
}

uint64_t ew_order_deadline(const struct ew_order *o)
{
	if (o->waiting == 0 || o->max_wait_ns == 0 || o->stalled_ns > UINT64_MAX - o->max_wait_ns)
		return UINT64_MAX;
	return o->stalled_ns + o->max_wait_ns;
}

void ew_order_stat(const struct ew_order *o, struct ew_order_stat *out)
{
	*out = o->stat;
}

#endif
