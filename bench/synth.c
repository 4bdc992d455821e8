/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * synth.c - see synth.h. Functions call only functions behind them, and loops
 * count down, so every run ends.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "synth.h"

enum { LOCALS = 12, COUNTER = LOCALS }; /* of each function: parameters, plain ones, a loop counter */
#define FUNCTION_BYTES 640

struct out {
	uint8_t *p;
	size_t len, cap;
	bool failed;
};

struct gen {
	struct out *o;
	uint32_t noise;
	uint32_t func, funcs;
};

static uint32_t noise(struct gen *g, uint32_t below)
{
	g->noise = g->noise * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(g->noise >> 8) * below >> 24);
}

static void put(struct out *o, const void *bytes, size_t n)
{
	if (o->cap - o->len < n) {
		size_t cap = (o->cap + n) * 2;
		uint8_t *p = realloc(o->p, cap);

		if (p == NULL) {
			o->failed = true;
			return;
		}
		o->p = p;
		o->cap = cap;
	}
	memcpy(o->p + o->len, bytes, n);
	o->len += n;
}

static void u8(struct out *o, unsigned byte)
{
	uint8_t b = (uint8_t)byte;

	put(o, &b, 1);
}

static void op(struct out *o, unsigned opcode, unsigned immediate)
{
	u8(o, opcode);
	u8(o, immediate);
}

static void leb(struct out *o, uint32_t v)
{
	for (; v > 0x7f; v >>= 7)
		u8(o, v | 0x80);
	u8(o, v);
}

static void sleb(struct out *o, int32_t v)
{
	for (; v < -64 || v > 63; v >>= 7)
		u8(o, (uint32_t)v | 0x80);
	u8(o, (uint32_t)v & 0x7f);
}

static void constant(struct gen *g)
{
	u8(g->o, 0x41);
	sleb(g->o, (int32_t)(noise(g, 1u << 24) >> noise(g, 24)));
}

static void local(struct gen *g, unsigned opcode)
{
	op(g->o, opcode, noise(g, LOCALS));
}

/* An address inside the one page, with a constant offset. */
static void access(struct gen *g, unsigned opcode, unsigned align)
{
	op(g->o, opcode, align);
	leb(g->o, noise(g, 4) ? noise(g, 128) : noise(g, 60000));
}

static void expression(struct gen *g, unsigned depth);

static void address(struct gen *g, unsigned depth)
{
	expression(g, depth);
	u8(g->o, 0x41);
	sleb(g->o, 1023);
	u8(g->o, 0x71); /* and */
}

/* No recursion beyond depth; the choice between leaf and node is 50 to 50. */
static void expression(struct gen *g, unsigned depth)
{
	static const uint8_t binary[] = {0x6a, 0x6a, 0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73,
					 0x74, 0x76, 0x46, 0x47, 0x48, 0x4d, 0x6a, 0x71};
	uint32_t kind = noise(g, 16);

	if (depth == 0 || kind < 7) {
		if (noise(g, 4) == 0)
			constant(g);
		else
			local(g, 0x20);
	} else if (kind < 12) {
		expression(g, depth - 1);
		expression(g, noise(g, 2) ? 0 : depth - 1);
		u8(g->o, binary[noise(g, sizeof(binary))]);
	} else if (kind < 15) {
		address(g, depth - 1);
		if (noise(g, 4))
			access(g, 0x28, 2); /* i32.load */
		else
			access(g, 0x2d, 0); /* i32.load8_u */
	} else {
		expression(g, depth - 1);
		op(g->o, 0xac, 0x20); /* i64.extend_i32_s, local.get */
		u8(g->o, noise(g, 2));
		u8(g->o, 0xac);
		op(g->o, 0x7e, 0xa7); /* i64.mul, i32.wrap_i64 */
	}
}

static void call(struct gen *g)
{
	uint32_t f = g->func + 1 + noise(g, 300);

	/* Seldom, and at the end of the chain not at all: the run is to end soon. */
	if (f >= g->funcs)
		return;
	local(g, 0x20);
	op(g->o, 0x41, 15);
	u8(g->o, 0x71);
	op(g->o, 0x04, 0x40); /* if */
	local(g, 0x20);
	local(g, 0x20);
	u8(g->o, 0x10);
	leb(g->o, f);
	local(g, 0x21);
	u8(g->o, 0x0b);
}

static void statement(struct gen *g, unsigned depth);

static void block(struct gen *g, unsigned depth)
{
	switch (noise(g, 3)) {
	case 0: /* leave early */
		op(g->o, 0x02, 0x40);
		statement(g, depth);
		expression(g, 1);
		op(g->o, 0x0d, 0);
		statement(g, depth);
		u8(g->o, 0x0b);
		break;
	case 1:
		expression(g, 1);
		op(g->o, 0x04, 0x40);
		statement(g, depth);
		u8(g->o, 0x05);
		statement(g, depth);
		u8(g->o, 0x0b);
		break;
	default: /* three times */
		op(g->o, 0x41, 3);
		op(g->o, 0x21, COUNTER);
		op(g->o, 0x03, 0x40);
		expression(g, 2);
		local(g, 0x21);
		op(g->o, 0x20, COUNTER);
		op(g->o, 0x41, 1);
		u8(g->o, 0x6b);
		op(g->o, 0x22, COUNTER);
		op(g->o, 0x0d, 0);
		u8(g->o, 0x0b);
		break;
	}
}

static void statement(struct gen *g, unsigned depth)
{
	uint32_t kind = noise(g, 16);

	if (kind < 8 || depth == 0) {
		expression(g, 3);
		local(g, noise(g, 4) ? 0x21 : 0x22);
		if (g->o->p[g->o->len - 2] == 0x22)
			local(g, 0x21);
	} else if (kind < 12) {
		address(g, 1);
		expression(g, 2);
		access(g, 0x36, 2); /* i32.store */
	} else if (kind < 13) {
		op(g->o, 0x23, 0); /* global.get, i32.const 16, sub, global.set */
		op(g->o, 0x41, 16);
		u8(g->o, 0x6b);
		op(g->o, 0x24, 0);
	} else if (kind < 14) {
		call(g);
	} else {
		block(g, depth - 1);
	}
}

static void section(struct out *o, unsigned id, const struct out *payload)
{
	u8(o, id);
	leb(o, (uint32_t)payload->len);
	put(o, payload->p, payload->len);
	o->failed |= payload->failed;
}

/* memory[64] = argument; memory[68]++; 0 */
static const uint8_t on_event[] = {24, 0, 0x41, 0xc0, 0, 0x20, 0, 0x36, 2, 0, 0x41, 0xc4, 0, 0x41, 0xc4, 0,
				   0x28, 2, 0, 0x41, 1, 0x6a, 0x36, 2, 0, 0x41, 0, 0x0b};

static void code_section(struct out *to, uint32_t funcs, uint32_t seed, bool function)
{
	static const uint8_t locals[] = {1, LOCALS + 1 - 2, 0x7f};
	struct out body = {0}, payload = {0};
	struct gen g = {.o = &body, .noise = seed, .funcs = funcs};

	leb(&payload, funcs);
	if (function) {
		g.func = 1;
		put(&payload, on_event, sizeof(on_event));
		payload.p[payload.len - sizeof(on_event)] = sizeof(on_event) - 1;
	}
	for (; g.func < funcs; g.func++) {
		body.len = 0;
		put(&body, locals, sizeof(locals));
		while (!body.failed && body.len < FUNCTION_BYTES / 2 + noise(&g, FUNCTION_BYTES))
			statement(&g, 3);
		local(&g, 0x20);
		u8(&body, 0x0b);
		leb(&payload, (uint32_t)body.len);
		put(&payload, body.p, body.len);
	}
	payload.failed |= body.failed;
	section(to, 10, &payload);
	free(payload.p);
	free(body.p);
}

static uint8_t *synth(size_t want_bytes, uint32_t seed, size_t *size, bool function)
{
	static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0,
					 1, 12, 2, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f}; /* and types */
	static const uint8_t rest[] = {5, 3, 1, 0, 1,				 /* memory */
				       6, 8, 1, 0x7f, 1, 0x41, 0x80, 0x80, 4, 0x0b}; /* global */
	static const uint8_t run[] = {7, 7, 1, 3, 'r', 'u', 'n', 0, 0};
	static const uint8_t event[] = {7, 17, 1, 13, 'e', 'd', 'g', 'e', '_', 'o', 'n', '_', 'e', 'v', 'e', 'n', 't', 0, 0};
	uint32_t funcs = function && want_bytes == 0 ? 1 : (uint32_t)(want_bytes / (FUNCTION_BYTES * 7 / 10)) + 1;
	struct out o = {0}, types = {0};

	put(&o, header, sizeof(header));
	leb(&types, funcs);
	for (uint32_t f = 0; f < funcs; f++)
		u8(&types, function && f == 0);
	section(&o, 3, &types);
	put(&o, rest, sizeof(rest));
	put(&o, function ? event : run, function ? sizeof(event) : sizeof(run));
	code_section(&o, funcs, seed, function);
	free(types.p);
	if (o.failed) {
		free(o.p);
		return NULL;
	}
	*size = o.len;
	return o.p;
}

uint8_t *synth_module(size_t want_bytes, uint32_t seed, size_t *size)
{
	return synth(want_bytes, seed, size, false);
}

uint8_t *synth_function(size_t want_bytes, uint32_t seed, size_t *size)
{
	return synth(want_bytes, seed, size, true);
}
