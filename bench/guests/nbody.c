/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* nbody.c - six bodies that attract each other: f64 with sqrt and division. */
#include "guest.h"

#define BODIES 6

struct body {
	double x, y, z, vx, vy, vz, mass;
};

static struct body bodies[BODIES];

/* The distance is kept above 0.1, so close passes stay finite. */
static void attract(double dt)
{
	for (int32_t i = 0; i < BODIES; i++) {
		struct body *a = &bodies[i];

		for (int32_t j = i + 1; j < BODIES; j++) {
			struct body *b = &bodies[j];
			double dx = a->x - b->x, dy = a->y - b->y;
			double dz = a->z - b->z;
			double d2 = dx * dx + dy * dy + dz * dz + 0.01;
			double pull = dt / (d2 * __builtin_sqrt(d2));

			a->vx -= dx * b->mass * pull;
			a->vy -= dy * b->mass * pull;
			a->vz -= dz * b->mass * pull;
			b->vx += dx * a->mass * pull;
			b->vy += dy * a->mass * pull;
			b->vz += dz * a->mass * pull;
		}
	}
}

static void move(double dt)
{
	for (int32_t i = 0; i < BODIES; i++) {
		struct body *b = &bodies[i];

		b->x += dt * b->vx;
		b->y += dt * b->vy;
		b->z += dt * b->vz;
	}
}

static double unit(uint32_t *seed)
{
	return (double)(next_random(seed) >> 8) / 16777216.0 - 0.5;
}

GUEST(nbody)
{
	uint32_t seed = 6, h = 1;

	for (int32_t i = 0; i < BODIES; i++) {
		struct body *b = &bodies[i];

		b->x = 4 * unit(&seed);
		b->y = 4 * unit(&seed);
		b->z = 4 * unit(&seed);
		b->vx = unit(&seed);
		b->vy = unit(&seed);
		b->vz = unit(&seed);
		b->mass = 0.6 + unit(&seed);
	}
	for (int32_t i = 0; i < n; i++) {
		attract(0.001);
		move(0.001);
	}
	for (int32_t i = 0; i < BODIES; i++) {
		union {
			double value;
			uint64_t bits;
		} u = { bodies[i].x };

		h = fold(h, (uint32_t)(u.bits ^ u.bits >> 32));
	}
	return (int32_t)h;
}
