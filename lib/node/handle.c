/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * handle.c - modules in the manner of other function services: allocate(len)->ptr, handle(ptr, len)->i32 or ->i64,
 * deallocate(ptr, len).  The pointers that the guest gives are checked like any others; one outside its memory
 * counts as a refusal.
 */
#include "node/node.h"

#if EW_CONFIG_NODE

#define REFUSED (-1)

static struct ewi_outcome call(struct ewi_version *v, struct ew_func *func, union ew_value *values,
			       uint64_t deadline_ns, uint64_t *used)
{
	uint64_t left = v->fuel > *used ? v->fuel - *used : 0;

	return ewi_guest_call(v, func, values, left, deadline_ns, used);
}

static struct ewi_outcome give_back(struct ewi_version *v, uint32_t gaddr, uint32_t len,
				    uint64_t deadline_ns, uint64_t *used)
{
	struct ewi_outcome ok = {EW_OK, 0, false};
	union ew_value values[2] = {{.u64 = 0}, {.u64 = 0}};

	if (!v->deallocate)
		return ok;
	values[0].u32 = gaddr;
	values[1].u32 = len;
	return call(v, v->deallocate, values, deadline_ns, used);
}

/* A place of the guest's own choice, filled with the event's data.  False: the outcome is final. */
static bool put_in(struct ewi_version *v, const struct ew_event *e, uint64_t deadline_ns,
		   uint64_t *used, uint32_t *gaddr, struct ewi_outcome *o)
{
	struct ew_memory *memory = ew_instance_memory(v->instance);
	union ew_value values[1] = {{.u64 = 0}};
	void *room;

	values[0].u32 = ew_event_payload_bytes(e);
	*o = call(v, v->allocate, values, deadline_ns, used);
	if (o->status != EW_OK)
		return false;
	*gaddr = values[0].u32;
	room = memory ? ew_memory_span(memory, *gaddr, ew_event_payload_bytes(e)) : NULL;
	if (!room) {
		o->result = REFUSED;
		return false;
	}
	memcpy(room, ew_event_data(e), ew_event_payload_bytes(e));
	return true;
}

/* What handle() returned as pointer << 32 | length is emitted. */
static int32_t send(struct ewi_version *v, uint32_t gaddr, uint32_t len)
{
	struct ew_memory *memory = ew_instance_memory(v->instance);
	const void *bytes = memory ? ew_memory_span(memory, gaddr, len) : NULL;

	if (!bytes || !v->out_topic)
		return REFUSED;
	return ew_abi_emit(v->abi, v->out_topic, strlen(v->out_topic), bytes, len, 0) == EW_OK ?
		       0 : REFUSED;
}

struct ewi_outcome ewi_guest_handle(struct ewi_version *v, const struct ew_event *e,
				    uint64_t deadline_ns, uint64_t *used)
{
	union ew_value values[2] = {{.u64 = 0}, {.u64 = 0}};
	struct ewi_outcome o, back;
	uint32_t gaddr = 0, out_at, out_len;

	ew_abi_set_trace(v->abi, e->trace_id);
	if (!put_in(v, e, deadline_ns, used, &gaddr, &o))
		return o;
	values[0].u32 = gaddr;
	values[1].u32 = ew_event_payload_bytes(e);
	o = call(v, v->handle, values, deadline_ns, used);
	if (o.status != EW_OK)
		return o;
	out_at = (uint32_t)(values[0].u64 >> 32);
	out_len = (uint32_t)(values[0].u64 & UINT32_MAX);
	if (!v->handle_gives_bytes)
		o.result = values[0].i32;
	else if (values[0].u64)
		o.result = send(v, out_at, out_len);
	back = give_back(v, gaddr, ew_event_payload_bytes(e), deadline_ns, used);
	if (back.status == EW_OK && v->handle_gives_bytes && values[0].u64)
		back = give_back(v, out_at, out_len, deadline_ns, used);
	return back.status == EW_OK ? o : back;
}

#endif
