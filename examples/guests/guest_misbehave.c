/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_misbehave.c - does what the first byte of an event's data says; for tests.
 *
 *	.  emits "fine"            x  returns -5              t  executes unreachable
 *	l  loops for ever          r  recurses for ever       g  grows memory until it may not, then emits the pages
 *	p  hands out bad pointers  q  emits until refused     a  acknowledges, then traps
 *	i  infers until refused    b  divides by zero         e  emits, then traps
 *	o  emits "fine", then loops for ever
 */
#include "edgewasm/guest.h"

static uint8_t payload[1024];
static volatile uint32_t sink, zero;

static int32_t fine(void)
{
	return edge_emit_str("fine", "", 0, 0);
}

static __attribute__((noinline)) uint32_t recurse(uint32_t n)
{
	volatile uint32_t here = n;

	return zero ? here : recurse(n + 1) + here;
}

static int32_t grow(void)
{
	uint32_t pages = 0;

	while (__builtin_wasm_memory_grow(0, 1) != (unsigned long)-1)
		pages++;
	return edge_emit_str("pages", &pages, sizeof(pages), 0);
}

/* Everything outside memory is answered with EDGE_FAULT, and then it goes on. */
static int32_t bad_pointers(void)
{
	uint32_t end = (uint32_t)__builtin_wasm_memory_size(0) << 16;
	const char *places[] = {(const char *)end, (const char *)(end - 3), (const char *)0xfffffffcu,
				(const char *)0x80000000u};

	for (uint32_t i = 0; i < 4; i++)
		if (edge_event_emit("t", 1, places[i], 8, 0) != EDGE_FAULT ||
		    edge_event_emit(places[i], 8, "d", 1, 0) != EDGE_FAULT ||
		    edge_event_poll((struct edge_event *)(uintptr_t)places[i], payload, 8) != EDGE_FAULT)
			return -99;
	return fine();
}

static int32_t flood(void)
{
	uint32_t sent = 0;

	while (edge_emit_str("flood", &sent, sizeof(sent), 0) == 0)
		sent++;
	return (int32_t)sent;
}

static int32_t infer(void)
{
	static int8_t in[4], out[2];
	int32_t model = -1;
	int32_t rc, n = 0;

	while ((rc = edge_infer_named(&model, "m", in, sizeof(in), out, sizeof(out))) == sizeof(out))
		n++;
	return rc == EDGE_QUOTA ? n : rc;
}

static int32_t one(const struct edge_event *event)
{
	switch (payload[event->topic_len]) {
	case '.': return fine();
	case 'x': return -5;
	case 'p': return bad_pointers();
	case 'g': return grow();
	case 'q': return flood();
	case 'i': return infer();
	case 'r': sink = recurse(0); return 0;
	case 'b': sink = (sink + 100) / zero; return 0;
	case 'o': fine(); /* fall through */
	case 'l':
		for (;;)
			sink = sink + 1;
	case 'e': fine(); __builtin_trap();
	case 'a': edge_event_ack(event->seq); __builtin_trap();
	case 't':
	default: __builtin_trap();
	}
}

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;
	int32_t rc = 0;

	while (pending-- > 0 && rc >= 0) {
		if (edge_event_poll(&event, payload, sizeof(payload)) < 0)
			return -1;
		rc = one(&event);
		if (rc >= 0)
			edge_event_ack(event.seq);
	}
	return rc;
}
