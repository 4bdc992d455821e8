/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_fusion.c - orientation from a gyroscope, an accelerometer and a magnetometer at rates of their own.
 *
 * Samples come in any order.  Each tick takes those measured up to FUSION_WAIT_NS ago in the order of their
 * times, emits the attitude of that moment, and counts what comes after its turn ("late_samples") without using it.
 *
 * The filter is complementary: the gyroscope's rates are integrated, and pulled towards where gravity and the
 * field say that up and north are; what is pulled all the time is the gyroscope's bias.
 * Source: R. Mahony, T. Hamel, J.-M. Pflimlin, "Nonlinear complementary filters on the special orthogonal group",
 * IEEE Transactions on Automatic Control 53 (2008).
 */
#include "edgewasm/guest.h"
#include "wire.h"

#define WAITING_MAX 64u
#define PULL 1.5f
#define PULL_BIAS 0.3f
#define FIELD_WEIGHT 3.0f /* most of the field points down, and says nothing of north */

enum kind { GYRO, ACCEL, MAG };

struct sample {
	int64_t time_ns;
	enum kind kind;
	float v[3];
};

static struct sample waiting[WAITING_MAX]; /* by time */
static uint32_t waiting_count;
static int64_t done_ns = INT64_MIN, turned_ns = INT64_MIN;
static float q[4] = {1, 0, 0, 0}, bias[3], up[3], field[3];
static int has_up, has_field;
static int32_t late, full;
static uint8_t payload[64];

static int normalise(float *v, int n)
{
	float sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[i] * v[i];
	if (!(sum > 1e-12f))
		return 0;
	sum = 1 / __builtin_sqrtf(sum);
	for (int i = 0; i < n; i++)
		v[i] *= sum;
	return 1;
}

static void rotation(float r[3][3])
{
	const float w = q[0], x = q[1], y = q[2], z = q[3];

	r[0][0] = 1 - 2 * (y * y + z * z);
	r[0][1] = 2 * (x * y - w * z);
	r[0][2] = 2 * (x * z + w * y);
	r[1][0] = 2 * (x * y + w * z);
	r[1][1] = 1 - 2 * (x * x + z * z);
	r[1][2] = 2 * (y * z - w * x);
	r[2][0] = 2 * (x * z - w * y);
	r[2][1] = 2 * (y * z + w * x);
	r[2][2] = 1 - 2 * (x * x + y * y);
}

/* e += weight * a x b */
static void add_cross(float *e, float weight, const float *a, const float *b)
{
	e[0] += weight * (a[1] * b[2] - a[2] * b[1]);
	e[1] += weight * (a[2] * b[0] - a[0] * b[2]);
	e[2] += weight * (a[0] * b[1] - a[1] * b[0]);
}

/* How far the attitude is from what gravity and the field say, as a rotation in the body. */
static void disagreement(float e[3])
{
	float r[3][3], h[3], expected[3];

	rotation(r);
	e[0] = e[1] = e[2] = 0;
	if (has_up)
		add_cross(e, 1, up, r[2]);
	if (!has_field)
		return;
	for (int i = 0; i < 3; i++)
		h[i] = r[i][0] * field[0] + r[i][1] * field[1] + r[i][2] * field[2];
	h[0] = __builtin_sqrtf(h[0] * h[0] + h[1] * h[1]); /* north is where the field points, level */
	for (int i = 0; i < 3; i++)
		expected[i] = r[0][i] * h[0] + r[2][i] * h[2];
	add_cross(e, FIELD_WEIGHT, field, expected);
}

static void turn(const float *rate, float dt)
{
	float e[3], w[3], d[4];

	disagreement(e);
	for (int i = 0; i < 3; i++) {
		bias[i] += PULL_BIAS * e[i] * dt;
		w[i] = rate[i] + bias[i] + PULL * e[i];
	}
	d[0] = -q[1] * w[0] - q[2] * w[1] - q[3] * w[2];
	d[1] = q[0] * w[0] + q[2] * w[2] - q[3] * w[1];
	d[2] = q[0] * w[1] - q[1] * w[2] + q[3] * w[0];
	d[3] = q[0] * w[2] + q[1] * w[1] - q[2] * w[0];
	for (int i = 0; i < 4; i++)
		q[i] += 0.5f * dt * d[i];
	normalise(q, 4);
}

static void use(struct sample *s)
{
	if (s->kind == ACCEL) {
		has_up = normalise(s->v, 3);
		for (int i = 0; i < 3; i++)
			up[i] = s->v[i];
	} else if (s->kind == MAG) {
		has_field = normalise(s->v, 3);
		for (int i = 0; i < 3; i++)
			field[i] = s->v[i];
	} else {
		if (turned_ns != INT64_MIN)
			turn(s->v, (float)(s->time_ns - turned_ns) * 1e-9f);
		turned_ns = s->time_ns;
	}
}

static int32_t keep(const struct edge_event *event, enum kind kind)
{
	struct sample s = {(int64_t)event->time_ns, kind, {0}};
	uint32_t at = waiting_count;

	if (s.time_ns < done_ns)
		return edge_metric_add(late, 1);
	if (waiting_count == WAITING_MAX)
		return edge_metric_add(full, 1);
	__builtin_memcpy(s.v, payload + event->topic_len, sizeof(s.v));
	for (; at > 0 && waiting[at - 1].time_ns > s.time_ns; at--)
		waiting[at] = waiting[at - 1];
	waiting[at] = s;
	waiting_count++;
	return EDGE_OK;
}

int32_t edge_init(void)
{
	late = edge_metric_define(EDGE_COUNTER, "late_samples", 12);
	full = edge_metric_define(EDGE_COUNTER, "no_room", 7);
	return late < 0 ? late : full < 0 ? full : EDGE_OK;
}

int32_t edge_on_event(int32_t pending)
{
	struct edge_event event;

	for (; pending > 0; pending--) {
		int32_t rc = edge_event_poll(&event, payload, sizeof(payload));

		if (rc < 0)
			return rc;
		if (event.data_len != FUSION_SAMPLE_BYTES || rc > (int32_t)sizeof(payload))
			return EDGE_INVAL;
		/* "imu/g...", "imu/a...", "imu/m..." */
		rc = keep(&event, payload[4] == 'g' ? GYRO : payload[4] == 'a' ? ACCEL : MAG);
		if (rc < 0)
			return rc;
	}
	return EDGE_OK;
}

void edge_on_tick(int64_t now_ns)
{
	uint8_t out[FUSION_ATTITUDE_BYTES];
	uint32_t used = 0;

	done_ns = now_ns - now_ns % FUSION_FRAME_NS - FUSION_WAIT_NS; /* a tick may come a little late */
	while (used < waiting_count && waiting[used].time_ns < done_ns)
		use(&waiting[used++]);
	for (uint32_t i = used; i < waiting_count; i++)
		waiting[i - used] = waiting[i];
	waiting_count -= used;
	__builtin_memcpy(out, q, sizeof(q));
	__builtin_memcpy(out + sizeof(q), &done_ns, sizeof(done_ns));
	edge_emit_str("attitude", out, sizeof(out), 0);
}
