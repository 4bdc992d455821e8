/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fusion.c - orientation from three sensors at different rates, within 10 ms, whatever the bus delays.
 *
 *	fusion [--simulated] [SECONDS]          of simulated motion; default 30
 *
 * Samples and frames are timed by a simulated clock, so the attitudes are the same on every machine.  What the
 * function takes is real time: it counts against its deadline, and is told on standard error.  With --simulated it
 * takes none.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../aid/aid.h"
#include "wire.h"

#define GUEST "examples/fusion/guest_fusion.wasm"
#define NAME "fusion"
#define FUEL 60000
#define SETTLE_NS 15000000000u /* the filter finds the gyroscope's bias; errors count from then on */
#define FLYING 64	      /* samples that are under way */

enum kind { GYRO, ACCEL, MAG, KINDS };

static const struct sensor {
	const char *topic;
	uint64_t period_ns;
	double noise;
} sensors[KINDS] = {
	{"imu/gyro", 2500000, 0.01}, /* 400 Hz, rad/s */
	{"imu/accel", 10000000, 0.02}, /* 100 Hz, g */
	{"imu/mag", 20000000, 0.03}, /* 50 Hz */
};
static const double gyro_bias[3] = {0.02, -0.015, 0.01};

struct sample {
	uint64_t time_ns, arrival_ns;
	enum kind kind;
	float v[3];
};

struct run {
	struct ew_node *node;
	struct ew_ring *in;
	void *memory;
	uint8_t *wasm;
	uint64_t now_ns, step_began;
	bool simulated;
	uint64_t seed;
	struct sample flying[FLYING]; /* by arrival */
	unsigned flying_count;
	uint64_t samples, late, next_ns[KINDS];
	double alone[4]; /* the gyroscope integrated, nothing else */
	uint64_t frames, failures, over_deadline, misplaced;
	double sum_squares, worst, alone_error;
	struct ew_histogram took_ns;
};

/* ---- motion ---- */

/* Roll, pitch, yaw and their rates at a time. */
static void motion(double t, double angle[3], double rate[3])
{
	static const double turn[3][3] = {{0.6, 1.9, 0.0}, {0.4, 1.3, 1.0}, {1.2, 0.6, 0.5}};

	for (int i = 0; i < 3; i++) {
		angle[i] = turn[i][0] * sin(turn[i][1] * t + turn[i][2]);
		rate[i] = turn[i][0] * turn[i][1] * cos(turn[i][1] * t + turn[i][2]);
	}
}

static void quaternion(const double angle[3], double q[4])
{
	const double cr = cos(angle[0] / 2), sr = sin(angle[0] / 2), cp = cos(angle[1] / 2), sp = sin(angle[1] / 2),
		     cy = cos(angle[2] / 2), sy = sin(angle[2] / 2);

	q[0] = cr * cp * cy + sr * sp * sy;
	q[1] = sr * cp * cy - cr * sp * sy;
	q[2] = cr * sp * cy + sr * cp * sy;
	q[3] = cr * cp * sy - sr * sp * cy;
}

/* A vector of the world as the body sees it. */
static void in_body(const double q[4], const double v[3], double out[3])
{
	const double w = q[0], x = -q[1], y = -q[2], z = -q[3];
	const double t[3] = {2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])};

	out[0] = v[0] + w * t[0] + y * t[2] - z * t[1];
	out[1] = v[1] + w * t[1] + z * t[0] - x * t[2];
	out[2] = v[2] + w * t[2] + x * t[1] - y * t[0];
}

static void measure(struct run *r, enum kind kind, uint64_t time_ns, float out[3])
{
	static const double up[3] = {0, 0, 1}, north[3] = {0.45, 0, -0.89};
	double angle[3], rate[3], q[4], v[3];

	motion((double)time_ns * 1e-9, angle, rate);
	quaternion(angle, q);
	if (kind == GYRO) {
		v[0] = rate[0] - rate[2] * sin(angle[1]) + gyro_bias[0];
		v[1] = rate[1] * cos(angle[0]) + rate[2] * cos(angle[1]) * sin(angle[0]) + gyro_bias[1];
		v[2] = -rate[1] * sin(angle[0]) + rate[2] * cos(angle[1]) * cos(angle[0]) + gyro_bias[2];
	} else {
		in_body(q, kind == ACCEL ? up : north, v);
	}
	for (int i = 0; i < 3; i++)
		out[i] = (float)(v[i] + sensors[kind].noise * (aid_uniform(&r->seed) + aid_uniform(&r->seed)));
}

static double angle_between(const double a[4], const double b[4])
{
	double dot = fabs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]);

	return 2 * acos(dot > 1 ? 1 : dot) * 57.29577951308232;
}

static void integrate_alone(struct run *r, const float *w)
{
	double *q = r->alone;
	const double h = 0.5 * (double)sensors[GYRO].period_ns * 1e-9;
	const double d[4] = {-q[1] * w[0] - q[2] * w[1] - q[3] * w[2], q[0] * w[0] + q[2] * w[2] - q[3] * w[1],
			     q[0] * w[1] - q[1] * w[2] + q[3] * w[0], q[0] * w[2] + q[1] * w[1] - q[2] * w[0]};
	double norm = 0;

	for (int i = 0; i < 4; i++) {
		q[i] += h * d[i];
		norm += q[i] * q[i];
	}
	for (int i = 0; i < 4; i++)
		q[i] /= sqrt(norm);
}

/* ---- the host ---- */

static enum ew_status on_clock(void *user, uint32_t id, uint64_t *ns)
{
	const struct run *r = user;

	(void)id;
	*ns = r->now_ns + (r->simulated ? 0 : aid_clock_ns() - r->step_began);
	return EW_OK;
}

static enum ew_status on_emit(void *user, const char *function, const struct ew_event *header, const void *topic,
			      const void *data)
{
	struct run *r = user;
	const uint8_t *bytes = data;
	double angle[3], rate[3], truth[4], q[4], error;
	uint64_t time_ns;

	(void)function, (void)topic;
	if (header->data_bytes != FUSION_ATTITUDE_BYTES)
		return EW_ERR_DENIED;
	for (int i = 0; i < 4; i++)
		q[i] = aid_get_float(bytes + 4 * i);
	time_ns = aid_get64(bytes + 16);
	r->frames++;
	r->misplaced += time_ns != r->now_ns - FUSION_WAIT_NS;
	r->over_deadline += aid_clock_ns() - r->step_began + FUSION_WAIT_NS > FUSION_FRAME_NS;
	motion((double)time_ns * 1e-9, angle, rate);
	quaternion(angle, truth);
	error = angle_between(q, truth);
	r->alone_error = angle_between(r->alone, truth);
	if (r->now_ns < SETTLE_NS)
		return EW_OK;
	r->sum_squares += error * error;
	r->worst = error > r->worst ? error : r->worst;
	return EW_OK;
}

static void on_report(void *user, const struct ew_node_report *report)
{
	struct run *r = user;

	r->failures++;
	aid_fail("fusion", "the function", report->text);
}

static bool run_open(struct run *r)
{
	static const struct ew_node_host host = {.struct_bytes = sizeof(host), .clock = on_clock, .emit = on_emit,
						 .report = on_report};
	struct ew_function_config f = {
		.struct_bytes = sizeof(f), .name = NAME, .version = "1", .fuel = FUEL, .max_memory_pages = 2,
		.grant.caps = EW_CAP_RECV | EW_CAP_EMIT | EW_CAP_METRIC, .grant.quota[EW_QUOTA_EMIT_EVENTS].per_call = 1,
		.deadline_ns = FUSION_FRAME_NS - FUSION_WAIT_NS, .tick_ns = FUSION_FRAME_NS,
	};
	struct ew_node_config config = {.struct_bytes = sizeof(config), .host = &host, .user = r};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {EW_OK, 0, "out of memory"};

	r->wasm = aid_read_file(GUEST, &f.module_size);
	r->memory = malloc(ew_ring_size(8192));
	f.module_bytes = r->wasm;
	if (!r->wasm || !r->memory || ew_ring_init(r->memory, ew_ring_size(8192), NULL, &r->in) != EW_OK)
		return false;
	config.in = r->in;
	if (ew_node_create(&r->node, &config, &alloc, &err) != EW_OK ||
	    ew_node_function_put(r->node, &f, &err) != EW_OK ||
	    ew_node_route_add(r->node, "imu/+", NAME, &err) != EW_OK) {
		aid_fail("fusion", GUEST, err.text);
		return false;
	}
	return true;
}

/* ---- the bus ---- */

/* A sample is measured and sent: most take up to 5 ms, one in a hundred up to 30. */
static void send(struct run *r, enum kind kind)
{
	struct sample s = {.time_ns = r->next_ns[kind], .kind = kind};
	const uint64_t chance = aid_noise(&r->seed);
	unsigned at = r->flying_count;
	uint64_t tick;

	s.arrival_ns = s.time_ns + (chance >> 20) % (chance % 100 ? 5000000 : 30000000);
	measure(r, kind, s.time_ns, s.v);
	if (kind == GYRO)
		integrate_alone(r, s.v);
	r->next_ns[kind] += sensors[kind].period_ns;
	/* what the definition says: its frame was closed when it arrived */
	tick = s.arrival_ns / FUSION_FRAME_NS * FUSION_FRAME_NS;
	r->late += tick > FUSION_WAIT_NS && s.time_ns < tick - FUSION_WAIT_NS;
	r->samples++;
	for (; at > 0 && r->flying[at - 1].arrival_ns > s.arrival_ns; at--)
		r->flying[at] = r->flying[at - 1];
	r->flying[at] = s;
	r->flying_count++;
}

static bool step(struct run *r, uint64_t now_ns, const struct sample *s)
{
	struct ew_event event = {.data_bytes = FUSION_SAMPLE_BYTES};
	uint8_t data[FUSION_SAMPLE_BYTES];
	bool ok;

	r->now_ns = now_ns;
	if (s) {
		event.time_ns = s->time_ns;
		event.topic_bytes = (uint16_t)strlen(sensors[s->kind].topic);
		for (int i = 0; i < 3; i++)
			aid_put_float(data + 4 * i, s->v[i]);
		if (ew_ring_push(r->in, &event, sensors[s->kind].topic, data) != EW_OK)
			return false;
	}
	r->step_began = aid_clock_ns();
	ok = ew_node_step(r->node, now_ns, NULL) == EW_OK;
	ew_histogram_add(&r->took_ns, aid_clock_ns() - r->step_began);
	return ok;
}

/* Sends, arrivals and ticks in the order of their times; a tick before what arrives with it. */
static bool fly(struct run *r, uint64_t end_ns)
{
	uint64_t tick_ns = 0;

	while (r->now_ns < end_ns) {
		enum kind first = GYRO;

		for (int k = 1; k < KINDS; k++)
			first = r->next_ns[k] < r->next_ns[first] ? (enum kind)k : first;
		if (r->flying_count < FLYING &&
		    (!r->flying_count || r->next_ns[first] <= r->flying[0].arrival_ns) && r->next_ns[first] <= tick_ns) {
			send(r, first);
		} else if (!r->flying_count || tick_ns <= r->flying[0].arrival_ns) {
			if (!step(r, tick_ns, NULL))
				return false;
			tick_ns += FUSION_FRAME_NS;
		} else {
			if (!step(r, r->flying[0].arrival_ns, &r->flying[0]))
				return false;
			memmove(&r->flying[0], &r->flying[1], --r->flying_count * sizeof(r->flying[0]));
		}
	}
	return true;
}

static int report(const struct run *r)
{
	const uint64_t settled = r->frames - SETTLE_NS / FUSION_FRAME_NS;
	struct ew_metric m = {0};
	uint64_t late = 0, flying_late = 0;

	for (uint32_t i = 0; ew_node_metric_at(r->node, i, &m) == EW_OK; i++)
		late += !strcmp(m.name, "late_samples") ? (uint64_t)m.count : 0;
	for (unsigned i = 0; i < r->flying_count; i++) {
		const struct sample *s = &r->flying[i];

		flying_late += s->time_ns < s->arrival_ns / FUSION_FRAME_NS * FUSION_FRAME_NS - FUSION_WAIT_NS;
	}
	printf("%llu samples of 3 sensors, %llu attitudes, one each 10 ms: %s\n", (unsigned long long)r->samples,
	       (unsigned long long)r->frames, r->misplaced ? "NOT for the right moments" : "each for its moment");
	printf("late samples: %llu counted and left out, %llu were sent so\n", (unsigned long long)late,
	       (unsigned long long)(r->late - flying_late));
	printf("error: %.2f degrees rms, %.2f at most; the gyroscope alone is off by %.1f at the end\n",
	       sqrt(r->sum_squares / (double)(settled ? settled : 1)), r->worst, r->alone_error);
	fprintf(stderr, "fusion: 99 %% of steps took at most %.1f us, the longest %.1f; %llu attitudes after their 10 ms\n",
		(double)ew_histogram_quantile(&r->took_ns, 990) * 1e-3, (double)r->took_ns.max * 1e-3,
		(unsigned long long)r->over_deadline);
	return r->failures || r->misplaced || late != r->late - flying_late;
}

int main(int argc, char **argv)
{
	static struct run r = {.seed = 7};
	double angle[3], rate[3], seconds;
	int rc = 1;

	r.simulated = argc > 1 && !strcmp(argv[1], "--simulated");
	argc -= r.simulated;
	seconds = argc > 1 ? atof(argv[1 + r.simulated]) : 30;
	if (argc > 2 || !(seconds > 15 && seconds <= 100000)) {
		fputs("usage: fusion [--simulated] [SECONDS]     more than 15\n", stderr);
		return 2;
	}
	motion(0, angle, rate);
	quaternion(angle, r.alone);
	if (run_open(&r) && fly(&r, (uint64_t)(seconds * 1e9)))
		rc = report(&r);
	ew_node_destroy(r.node);
	free(r.memory);
	free(r.wasm);
	return rc;
}
