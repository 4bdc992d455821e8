/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * calls.c - a PID controller and the motor it drives in Q16 arithmetic,
 * written as many small functions. Every value is clamped to +-2^24 before
 * it is added to another, so no sum overflows.
 */
#include "guest.h"

#define Q(x) ((int32_t)((x) * 65536.0))
#define LIMIT (1 << 24)

struct pid {
	int32_t kp, ki, kd;
	int32_t integral, last;
};

struct motor {
	int32_t speed, load;
};

static NOINLINE int32_t clamp(int32_t x, int32_t low, int32_t high)
{
	return x < low ? low : x > high ? high : x;
}

static NOINLINE int32_t multiply(int32_t a, int32_t b)
{
	return (int32_t)(((int64_t)a * b) >> 16);
}

static NOINLINE int32_t dead_band(int32_t error, int32_t width)
{
	if (error > width)
		return error - width;
	return error < -width ? error + width : 0;
}

static NOINLINE int32_t smooth(int32_t old, int32_t new, int32_t share)
{
	return old + multiply(new - old, share);
}

static NOINLINE int32_t pid_step(struct pid *p, int32_t want, int32_t is)
{
	int32_t error = dead_band(want - is, Q(0.01));
	int32_t slope = smooth(p->last, error, Q(0.5)) - p->last;

	p->integral = clamp(p->integral + multiply(error, p->ki), -LIMIT,
			    LIMIT);
	p->last = error;
	return clamp(multiply(error, p->kp) + p->integral +
		     multiply(slope, p->kd), -LIMIT, LIMIT);
}

static NOINLINE void motor_step(struct motor *m, int32_t drive)
{
	int32_t force = drive - m->load - multiply(m->speed, Q(0.3));

	m->speed = clamp(m->speed + multiply(force, Q(0.05)), -LIMIT, LIMIT);
}

GUEST(calls)
{
	struct pid pid = { Q(2.5), Q(0.04), Q(0.8), 0, 0 };
	struct motor motor = { 0, 0 };
	uint32_t seed = 77, h = 1;

	for (int32_t i = 0; i < n; i++) {
		int32_t want = (int32_t)(next_random(&seed) & 0xfffff);

		motor.load = (int32_t)(next_random(&seed) & 0x3ffff);
		for (int32_t step = 0; step < 50; step++)
			motor_step(&motor, pid_step(&pid, want, motor.speed));
		h = fold(h, (uint32_t)motor.speed);
	}
	return (int32_t)h;
}
