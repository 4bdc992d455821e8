/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * dispatch.c - indirect calls: readings of mixed sensors go through the
 * function pointers of their kinds, in an order that does not predict.
 */
#include "guest.h"

struct sensor;

struct kind {
	int32_t (*convert)(const struct sensor *s, int32_t raw);
	bool (*alarm)(const struct sensor *s, int32_t value);
};

struct sensor {
	const struct kind *kind;
	int32_t offset, gain, limit;
};

static int32_t linear(const struct sensor *s, int32_t raw)
{
	return s->offset + raw * s->gain;
}

static int32_t inverse(const struct sensor *s, int32_t raw)
{
	return s->offset - raw * s->gain;
}

static int32_t square(const struct sensor *s, int32_t raw)
{
	return (raw * raw >> 6) + s->offset;
}

static int32_t stepped(const struct sensor *s, int32_t raw)
{
	return raw > s->gain * 64 ? s->limit + 1 : s->offset;
}

static bool above(const struct sensor *s, int32_t value)
{
	return value > s->limit;
}

static bool below(const struct sensor *s, int32_t value)
{
	return value < -s->limit;
}

static bool outside(const struct sensor *s, int32_t value)
{
	return above(s, value) || below(s, value);
}

static const struct kind kinds[] = {
	{ linear, above }, { inverse, below }, { square, outside },
	{ stepped, above }, { linear, outside },
};

static struct sensor sensors[64];

GUEST(dispatch)
{
	uint32_t seed = 99, h = 1, alarms = 0;

	for (int32_t i = 0; i < COUNT_OF(sensors); i++) {
		sensors[i].kind = &kinds[next_random(&seed) % 5];
		sensors[i].offset = (int32_t)(next_random(&seed) % 500);
		sensors[i].gain = (int32_t)(next_random(&seed) % 31) + 1;
		sensors[i].limit = (int32_t)(next_random(&seed) % 20000) + 100;
	}
	for (int32_t i = 0; i < n; i++) {
		for (int32_t at = 0; at < COUNT_OF(sensors); at++) {
			const struct sensor *s = &sensors[at];
			int32_t raw = (int32_t)((uint32_t)(i + at * 37) & 2047);
			int32_t value = s->kind->convert(s, raw);

			if (s->kind->alarm(s, value))
				alarms++;
			h = fold(h, (uint32_t)value);
		}
	}
	return (int32_t)fold(h, alarms);
}
