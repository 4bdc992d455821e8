/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * lanes.c - events through rings, on one core and between two, beside two bare copies of the same bytes and
 * beside other libraries' rings.  Each round runs every ring once; what counts between cores is the ratio of
 * the same round, because the way between two virtual cores changes under one's feet.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "lane.h"
#include "lanes.h"

#define LANES_MAX 16u
#define PEERS_MAX 4u

extern const struct lane lane_copies, lane_ring, lane_ring_slip, lane_event, lane_event_slip, lane_mring, lane_mevent;

enum kind { ONE_CORE, TWO_CORES, TWO_PRODUCERS, LATENCY };

static const struct row {
	const char *name;
	enum kind kind;
	uint32_t bytes; /* of each event; 0: LANE_SIZES different ones, 16 to 1,024 */
	uint32_t batch;
} rows[] = {
	{"core1_64", ONE_CORE, 64, 1},
	{"core1_64_batch16", ONE_CORE, 64, 16},
	{"core1_16", ONE_CORE, 16, 1},
	{"core1_16_batch16", ONE_CORE, 16, 16},
	{"core1_16_1024", ONE_CORE, 0, 1},
	{"core1_16_1024_batch16", ONE_CORE, 0, 16},
	{"core2_64", TWO_CORES, 64, 1},
	{"core2_64_batch16", TWO_CORES, 64, 16},
	{"core2_64_batch64", TWO_CORES, 64, 64},
	{"core2_16", TWO_CORES, 16, 1},
	{"core2_16_batch16", TWO_CORES, 16, 16},
	{"core2_16_batch64", TWO_CORES, 16, 64},
	{"core2_16_1024", TWO_CORES, 0, 1},
	{"core2_16_1024_batch16", TWO_CORES, 0, 16},
	{"producers2_64", TWO_PRODUCERS, 64, 1},
	{"producers2_64_batch16", TWO_PRODUCERS, 64, 16},
	{"latency_64", LATENCY, 64, 1},
};

#define OURS 7u
static const struct lane *lanes[LANES_MAX] = {&lane_copies,	&lane_ring,  &lane_ring_slip, &lane_event,
					      &lane_event_slip, &lane_mring, &lane_mevent};
static uint32_t lane_count = OURS, room = 65536;

struct run {
	const struct lane *lane;
	const struct row *row;
	void *ring, *back; /* back: LATENCY */
	uint64_t events;
	int cores[3]; /* of the consumer, the producer, the second producer; -1: not pinned */
	struct lane_feed in[2], out, back_in, back_out;
	double samples[BENCH_RUNS_MAX];
};

/* One thread of a run. */
struct side {
	struct run *run;
	pthread_barrier_t *start;
	uint32_t which; /* 0: consumer, 1: first producer, 2: second */
};

static void fill_feed(struct lane_feed *f, uint32_t bytes, uint32_t producer)
{
	uint32_t x = 12345;

	memset(f, 0, sizeof(*f));
	f->bytes = bytes;
	f->producer = producer;
	for (uint32_t i = 0; i < LANE_SIZES; i++) {
		x = x * 1664525u + 1013904223u;
		f->sizes[i] = 16 + (x >> 8) % (LANE_EVENT_MAX - 16 + 1);
	}
	for (uint32_t i = 0; i < LANE_POOL; i++) {
		uint32_t tag[2] = {i, producer};

		memset(f->pool[i], (int)(i * 37 + producer), LANE_EVENT_MAX);
		memcpy(f->pool[i], tag, sizeof(tag));
	}
}

static void *one_side(void *arg)
{
	const struct side *s = arg;
	struct run *r = s->run;
	const struct lane *l = r->lane;

	if (r->cores[s->which] >= 0)
		bench_pin(r->cores[s->which]);
	if (s->start)
		pthread_barrier_wait(s->start);
	if (r->row->kind == LATENCY)
		(s->which ? l->ping : l->pong)(r->ring, r->back, s->which ? &r->in[0] : &r->back_in,
					       s->which ? &r->back_out : &r->out, r->events);
	else if (s->which == 0)
		l->consume(r->ring, &r->out, r->events, r->row->batch);
	else
		l->produce(r->ring, &r->in[s->which - 1],
			   r->row->kind == TWO_PRODUCERS ? r->events / 2 : r->events,
			   r->row->batch);
	return NULL;
}

/* Nanoseconds for r->events; 0: something came out wrong. */
static double once(struct run *r)
{
	uint32_t threads = r->row->kind == TWO_PRODUCERS ? 3 : 2;
	pthread_barrier_t start;
	struct side sides[3];
	pthread_t ids[3];
	uint64_t begin;

	if (r->row->kind == ONE_CORE) {
		begin = bench_now_ns();
		r->lane->both(r->ring, &r->in[0], &r->out, r->events, r->row->batch);
		return r->out.wrong ? 0 : (double)(bench_now_ns() - begin);
	}
	pthread_barrier_init(&start, NULL, threads);
	for (uint32_t i = threads; i-- > 0;) {
		sides[i] = (struct side){r, &start, i};
		if (i > 0 && pthread_create(&ids[i], NULL, one_side, &sides[i]) != 0)
			return 0;
	}
	/* The consumer is this thread: it ends last, and the clock starts when all are there. */
	sides[0].start = NULL;
	if (r->cores[0] >= 0)
		bench_pin(r->cores[0]);
	pthread_barrier_wait(&start);
	begin = bench_now_ns();
	one_side(&sides[0]);
	for (uint32_t i = 1; i < threads; i++)
		pthread_join(ids[i], NULL);
	pthread_barrier_destroy(&start);
	return r->out.wrong || r->back_out.wrong ? 0 : (double)(bench_now_ns() - begin);
}

/* Enough events for b->min_ms, found by doubling; this also warms up and checks. */
static bool calibrate(struct bench *b, struct run *r)
{
	for (r->events = 4096;; r->events *= 2) {
		double ns = once(r);

		if (!bench_check(b, ns > 0, "%s, %s: an event is wrong", r->row->name, r->lane->name))
			return false;
		if (ns >= b->min_ms * 1e6 / 2)
			return true;
	}
}

static void rings_destroy(struct run *r)
{
	if (r->ring)
		r->lane->destroy(r->ring);
	if (r->back)
		r->lane->destroy(r->back);
	r->ring = r->back = NULL;
}

/*
 * New rings, each round somewhere else: where a ring lies to the events, modulo a page, makes a difference of up to two,
 * and must not be one ring's luck in all rounds.
 */
static bool rings_create(struct run *r, uint32_t round)
{
	uint32_t largest = r->row->bytes ? r->row->bytes : LANE_EVENT_MAX;
	void *spacer = malloc(64 + round * 7 % 64 * 64);

	rings_destroy(r);
	r->ring = r->lane->create(room, largest);
	r->back = r->row->kind == LATENCY ? r->lane->create(room, largest) : NULL;
	free(spacer);
	return r->ring && (r->row->kind != LATENCY || r->back);
}

static void run_init(struct run *r, const struct row *row, const struct lane *lane)
{
	static int cores[BENCH_CORES_MAX];
	unsigned n = bench_cores(cores, BENCH_CORES_MAX);

	memset(r, 0, sizeof(*r));
	r->lane = lane;
	r->row = row;
	for (unsigned i = 0; i < 3; i++)
		r->cores[i] = i < n ? cores[n - 1 - i] : -1;
	fill_feed(&r->in[0], row->bytes, 0);
	fill_feed(&r->in[1], row->bytes, 1);
	fill_feed(&r->out, row->bytes, 0);
	r->out.producers = row->kind == TWO_PRODUCERS ? 2 : 1;
	fill_feed(&r->back_in, row->bytes, 0);
	fill_feed(&r->back_out, row->bytes, 0);
}

/* Whoever brings a ring may say that it takes no such events; ours take all. */
static bool run_ready(struct bench *b, struct run *r, bool ours)
{
	bool there = rings_create(r, 0);

	if (!there && !ours)
		fprintf(stderr, "%s: left out: %s makes no ring for it\n", r->row->name, r->lane->name);
	return ours ? bench_check(b, there, "%s: no memory", r->lane->name) : there;
}

static void run_deinit(struct run *r)
{
	rings_destroy(r);
	free(r);
}

static bool takes_part(const struct lane *l, const struct row *row)
{
	static const uint32_t producers[] = {0, 1, 2, 1};

	bool mring = l == &lane_mring || l == &lane_mevent, one_core = row->kind == ONE_CORE;

	if (mring && row->kind != TWO_PRODUCERS && (row->bytes != 64 || row->batch != 1))
		return false;
	if ((l == &lane_event || l == &lane_event_slip || l == &lane_mevent) && row->bytes != 64)
		return false;
	if ((l == &lane_ring_slip || l == &lane_event_slip) && one_core)
		return false;
	if (l == &lane_event && !one_core)
		return false;
	return l->producers >= producers[row->kind] && (row->bytes != 0 || !l->fixed);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Speed of a against b, round by round: the median. */
static double ratio(const struct run *a, const struct run *b, unsigned rounds)
{
	double list[BENCH_RUNS_MAX];

	for (unsigned i = 0; i < rounds; i++)
		list[i] = b->samples[i] / a->samples[i];
	qsort(list, rounds, sizeof(list[0]), by_size);
	return list[rounds / 2];
}

static void print_row(struct bench *b, struct run **runs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct run *r = runs[i];
		double copy[BENCH_RUNS_MAX], mean = r->row->bytes;
		char name[64];
		struct bench_stat s;

		memcpy(copy, r->samples, sizeof(copy));
		s = bench_stat_of(copy, b->runs);
		for (uint32_t k = 0; r->row->bytes == 0 && k < LANE_SIZES; k++)
			mean += (double)r->in[0].sizes[k] / LANE_SIZES;
		snprintf(name, sizeof(name), "%s.%s", r->row->name, r->lane->name);
		bench_row(b, name);
		bench_num(b, "M/s", 1000 / s.median, 1);
		bench_num(b, "best M/s", 1000 / s.min, 1);
		bench_num(b, "ns", s.median, 2);
		bench_num(b, "GB/s", mean / s.median, 2);
		bench_pct(b, "spread", s.spread);
		for (uint32_t k = 0; k < count && count > 1; k++) {
			static char keys[LANES_MAX][24];

			snprintf(keys[k], sizeof(keys[k]), "/%.20s", runs[k]->lane->name);
			bench_num(b, keys[k], ratio(r, runs[k], b->runs), 2);
		}
		bench_end(b);
	}
}

static void one_row(struct bench *b, const struct row *row)
{
	struct run *runs[LANES_MAX];
	uint32_t count = 0;
	bool ok = true;

	for (uint32_t i = 0; ok && i < lane_count; i++) {
		if (!takes_part(lanes[i], row))
			continue;
		runs[count] = aligned_alloc(64, (sizeof(struct run) + 63) & ~(size_t)63);
		ok = bench_check(b, runs[count], "no memory");
		if (!ok)
			break;
		run_init(runs[count], row, lanes[i]);
		if (run_ready(b, runs[count], i < OURS)) {
			ok = calibrate(b, runs[count++]);
		} else {
			run_deinit(runs[count]);
			ok = i >= OURS;
		}
	}
	for (unsigned round = 0; ok && round < b->runs; round++)
		for (uint32_t i = 0; ok && i < count; i++) {
			double ns = rings_create(runs[i], round) ? once(runs[i]) : 0;

			runs[i]->samples[round] = ns / (double)runs[i]->events / (row->kind == LATENCY ? 2 : 1);
			ok = bench_check(b, ns > 0, "%s, %s: an event is wrong", row->name, runs[i]->lane->name);
		}
	if (ok && count > 0)
		print_row(b, runs, count);
	for (uint32_t i = 0; i < count; i++)
		run_deinit(runs[i]);
	if (b->core >= 0)
		bench_pin(b->core);
}

bool lanes_options(int *argc, char **argv)
{
	const char *option = bench_option("--room", argc, argv);

	if (option)
		room = (uint32_t)strtoul(option, NULL, 0);
	if (room < 8192 || room % 64 != 0) {
		fprintf(stderr, "--room: 8192 or more, a multiple of 64\n");
		return false;
	}
	while ((option = bench_option("--peer", argc, argv)) != NULL) {
		void *file = dlopen(option, RTLD_NOW | RTLD_LOCAL);
		const struct lane *l = file ? dlsym(file, "lane") : NULL;

		if (!l || l->version != LANE_VERSION || lane_count == LANES_MAX) {
			fprintf(stderr, "%s: %s\n", option, file ? "no lane of this version in it" : dlerror());
			return false;
		}
		lanes[lane_count++] = l;
	}
	return true;
}

void lanes_rows(struct bench *b)
{
	static int cores[BENCH_CORES_MAX];
	unsigned n = bench_cores(cores, BENCH_CORES_MAX);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!bench_wanted(b, rows[i].name))
			continue;
		if (rows[i].kind != ONE_CORE && n < (rows[i].kind == TWO_PRODUCERS ? 3u : 2u))
			fprintf(stderr, "%s: left out: too few cores\n", rows[i].name);
		else
			one_row(b, &rows[i]);
	}
}
