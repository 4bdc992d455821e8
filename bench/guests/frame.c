/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * frame.c - a state machine that takes field-bus frames out of a byte stream:
 * start byte, address, length, payload with an escape, two check bytes.
 */
#include "guest.h"

#define STREAM_BYTES 4096
#define START 0x7e
#define ESCAPE 0x7d

enum state { HUNT, ADDRESS, LENGTH, PAYLOAD, ESCAPED, CHECK_LOW, CHECK_HIGH };

struct parser {
	enum state state;
	uint32_t address, length, got, check, claimed;
	uint32_t good, bad, resyncs;
	uint8_t payload[32];
};

static uint8_t stream[STREAM_BYTES];

static void check_byte(struct parser *p, uint8_t byte)
{
	p->check = (p->check + byte) % 255;
}

static void payload_byte(struct parser *p, uint8_t byte)
{
	p->payload[p->got++] = byte;
	check_byte(p, byte);
	p->state = p->got == p->length ? CHECK_LOW : PAYLOAD;
}

static void parse_byte(struct parser *p, uint8_t byte)
{
	switch (p->state) {
	case HUNT:
		p->check = 0;
		p->got = 0;
		p->state = byte == START ? ADDRESS : HUNT;
		break;
	case ADDRESS:
		p->address = byte;
		check_byte(p, byte);
		p->state = byte < 0x40 ? LENGTH : HUNT;
		break;
	case LENGTH:
		p->length = byte;
		check_byte(p, byte);
		p->state = byte == 0 || byte > 32 ? HUNT : PAYLOAD;
		break;
	case PAYLOAD:
		if (byte == ESCAPE) {
			p->state = ESCAPED;
		} else if (byte == START) {
			p->resyncs++;
			p->check = 0;
			p->got = 0;
			p->state = ADDRESS;
		} else {
			payload_byte(p, byte);
		}
		break;
	case ESCAPED:
		payload_byte(p, byte ^ 0x20);
		break;
	case CHECK_LOW:
		p->claimed = byte;
		p->state = CHECK_HIGH;
		break;
	case CHECK_HIGH:
		if (p->claimed == p->check && byte == (p->address ^ p->length))
			p->good++;
		else
			p->bad++;
		p->state = HUNT;
		break;
	}
}

/* Writes one frame; every 16th is damaged. Returns the bytes written. */
static uint32_t write_frame(uint8_t *out, uint32_t *seed)
{
	uint32_t length = 4 + next_random(seed) % 28, check, at = 3;
	uint8_t address = (uint8_t)(next_random(seed) % 0x40);

	out[0] = START;
	out[1] = address;
	out[2] = (uint8_t)length;
	check = (address + length) % 255;
	for (uint32_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)(next_random(seed) >> 8);

		check = (check + byte) % 255;
		if (byte == START || byte == ESCAPE) {
			out[at++] = ESCAPE;
			byte ^= 0x20;
		}
		out[at++] = byte;
	}
	out[at++] = (uint8_t)check;
	out[at++] = (uint8_t)(address ^ length);
	if (next_random(seed) % 16 == 0)
		out[4] ^= 0x11;
	return at;
}

GUEST(frame)
{
	struct parser p = { .state = HUNT };
	uint32_t seed = 4711, used = 0, h = 1;

	while (used < STREAM_BYTES - 80)
		used += write_frame(stream + used, &seed);
	for (int32_t i = 0; i < n; i++) {
		for (uint32_t at = 0; at < used; at++)
			parse_byte(&p, stream[at]);
		h = fold(h, p.good + 7 * p.bad + 49 * p.resyncs);
	}
	return (int32_t)fold(h, p.payload[0]);
}
