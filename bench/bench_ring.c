/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_ring.c - events through the ring, on one core and between two, beside two bare copies of the same
 * bytes (which is the least that in and out can cost).
 * Every record's number and bytes are checked before anything is timed, and numbers while it is.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "cpu_text.h"
#include "edgewasm/event.h"
#include "edgewasm/store.h"
#include "harness.h"
#include "store/crc32c.h"

#define RING_BYTES (64u << 10)
#define DATA_MAX 1024u
#define SIZES 1024u /* of the row with variable sizes: a fixed sequence */
#define BATCH_MAX 64u

struct row {
	const char *name;
	uint32_t bytes; /* of data; 0: SIZES different ones, 16 to 1,024 */
	uint32_t batch; /* 0: push and pop, which copy; else claims and reads in place */
	bool two_cores;
};

static const struct row rows[] = {
	{"ring_64", 64, 0, false},
	{"ring_64_in_place", 64, 1, false},
	{"ring_64_batch16", 64, 16, false},
	{"ring_16_1024", 0, 0, false},
	{"ring_16_1024_batch16", 0, 16, false},
	{"cores2_64", 64, 0, true},
	{"cores2_64_in_place", 64, 1, true},
	{"cores2_64_batch16", 64, 16, true},
	{"cores2_64_batch64", 64, 64, true},
	{"cores2_16_1024", 0, 0, true},
};

struct lane {
	const struct row *row;
	struct ew_ring *ring;
	int far_core; /* of the consumer when there are two; -1: not pinned */
	bool check;   /* every byte, not numbers alone */
	_Atomic bool wrong;
	uint64_t iters;
	uint64_t next; /* number that the consumer expects */
	uint8_t *slots; /* RING_BYTES: what the bare copies go through */
	uint32_t sizes[SIZES];
	uint8_t in[DATA_MAX], out[DATA_MAX];
};

/* The compiler must not take one round of a loop for another. */
static inline void barrier(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

static uint32_t size_of(const struct lane *l, uint64_t n)
{
	return l->row->bytes ? l->row->bytes : l->sizes[n % SIZES];
}

static void fill_sizes(struct lane *l)
{
	uint32_t x = 12345;

	for (uint32_t i = 0; i < SIZES; i++) {
		x = x * 1664525u + 1013904223u;
		l->sizes[i] = 16 + (x >> 8) % (DATA_MAX - 16 + 1);
	}
}

static uint8_t byte_of(uint64_t seq, uint32_t i)
{
	return (uint8_t)(seq * 167 + i * 31 + (seq >> 8));
}

/* Every event carries its number in its first 8 bytes: stamped before it goes in, looked at when it is out. */
static inline void stamp_event(uint8_t *data, uint64_t seq)
{
	memcpy(data, &seq, sizeof(seq));
}

static inline uint64_t stamp_of(const uint8_t *data)
{
	uint64_t seq;

	memcpy(&seq, data, sizeof(seq));
	return seq;
}

/* ---- two bare copies ---- */

static bool bare_copies(void *ctx, uint64_t iters)
{
	struct lane *l = ctx;
	bool wrong = false;
	uint32_t at = 0;

	for (uint64_t i = 0; i < iters; i++) {
		uint32_t n = size_of(l, i);

		stamp_event(l->in, i);
		barrier();
		memcpy(l->slots + at, l->in, n);
		barrier();
		memcpy(l->out, l->slots + at, n);
		barrier();
		wrong |= stamp_of(l->out) != i;
		at += (n + 63) & ~63u;
		at = at > RING_BYTES - DATA_MAX ? 0 : at;
	}
	return !wrong;
}

/* ---- producing and consuming ---- */

static void check_bytes(struct lane *l, const struct ew_event *e, const uint8_t *data)
{
	bool ok = e->time_ns == e->seq && e->data_bytes == size_of(l, e->seq);

	for (uint32_t i = 8; ok && i < e->data_bytes; i++)
		ok = data[i] == byte_of(e->seq, i);
	if (!ok)
		l->wrong = true;
}

static void fill_bytes(struct lane *l, uint64_t seq, uint32_t n)
{
	for (uint32_t i = 8; i < n; i++)
		l->in[i] = byte_of(seq, i);
}

static inline bool push_one(struct lane *l)
{
	uint64_t seq = ew_ring_next_seq(l->ring);
	struct ew_event e = {.data_bytes = size_of(l, seq), .time_ns = seq};

	if (l->check)
		fill_bytes(l, seq, e.data_bytes);
	stamp_event(l->in, seq);
	barrier();
	return ew_ring_push(l->ring, &e, NULL, l->in) == EW_OK;
}

static inline bool pop_one(struct lane *l)
{
	struct ew_event e;

	if (ew_ring_pop(l->ring, &e, l->out, sizeof(l->out)) != EW_OK)
		return false;
	if (e.seq != l->next || stamp_of(l->out) != e.seq)
		l->wrong = true;
	if (l->check)
		check_bytes(l, &e, l->out);
	l->next++;
	return true;
}

/* As many events as there is room for, at most want; published together. */
static inline uint32_t fill_batch(struct lane *l, uint32_t want)
{
	uint64_t seq = ew_ring_next_seq(l->ring);
	uint32_t n = 0;

	for (; n < want; n++, seq++) {
		uint32_t bytes = size_of(l, seq);
		struct ew_event *e;

		if (ew_ring_claim(l->ring, 0, bytes, &e) != EW_OK)
			break;
		if (l->check)
			fill_bytes(l, seq, bytes);
		e->time_ns = seq;
		stamp_event(l->in, seq);
		barrier();
		memcpy(ew_event_data(e), l->in, bytes);
	}
	ew_ring_commit(l->ring);
	return n;
}

static inline uint32_t take_batch(struct lane *l, uint32_t want)
{
	const struct ew_event *list[BATCH_MAX];
	uint32_t n = ew_ring_read(l->ring, list, want);

	for (uint32_t i = 0; i < n; i++) {
		memcpy(l->out, ew_event_data(list[i]), list[i]->data_bytes);
		barrier();
		if (list[i]->seq != l->next || stamp_of(l->out) != l->next)
			l->wrong = true;
		if (l->check)
			check_bytes(l, list[i], l->out);
		l->next++;
	}
	return ew_ring_release(l->ring, n);
}

static inline uint32_t produce(struct lane *l, uint64_t left)
{
	uint32_t batch = l->row->batch;

	if (batch == 0)
		return push_one(l);
	return fill_batch(l, left < batch ? (uint32_t)left : batch);
}

static inline uint32_t consume(struct lane *l, uint64_t left)
{
	uint32_t batch = l->row->batch;

	if (batch == 0)
		return pop_one(l);
	return take_batch(l, left < batch ? (uint32_t)left : batch);
}

static bool one_core(void *ctx, uint64_t iters)
{
	struct lane *l = ctx;

	for (uint64_t left = iters; left > 0;) {
		uint32_t n = produce(l, left);

		for (uint32_t got = 0; got < n;)
			got += consume(l, n - got);
		left -= n;
	}
	return !l->wrong;
}

/* Spin; now and then let somebody else run, should there be fewer cores than threads. */
static void wait_a_little(unsigned *spins)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
	__builtin_ia32_pause();
#elif defined(__GNUC__) && defined(__aarch64__)
	__asm__ volatile("yield");
#endif
	if (++*spins % 4096 == 0)
		sched_yield();
}

static void *far_side(void *ctx)
{
	struct lane *l = ctx;
	unsigned spins = 0;

	if (l->far_core >= 0)
		bench_pin(l->far_core);
	for (uint64_t left = l->iters; left > 0;) {
		uint32_t n = consume(l, left);

		if (n == 0)
			wait_a_little(&spins);
		left -= n;
	}
	return NULL;
}

static bool two_cores(void *ctx, uint64_t iters)
{
	struct lane *l = ctx;
	unsigned spins = 0;
	pthread_t thread;

	l->iters = iters;
	if (pthread_create(&thread, NULL, far_side, l) != 0)
		return false;
	for (uint64_t left = iters; left > 0;) {
		uint32_t n = produce(l, left);

		if (n == 0)
			wait_a_little(&spins);
		left -= n;
	}
	pthread_join(thread, NULL);
	return !l->wrong;
}

/* ---- rows of rings ---- */

static bool lane_init(struct lane *l, const struct row *row)
{
	size_t bytes = ew_ring_size(RING_BYTES);
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg)};
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

	memset(l, 0, sizeof(*l));
	l->row = row;
	l->far_core = -1;
	l->next = 1;
	fill_sizes(l);
	l->slots = aligned_alloc(64, RING_BYTES);
	if (!memory || !l->slots || ew_ring_init(memory, bytes, &cfg, &l->ring) != EW_OK)
		return false;
	memset(l->slots, 1, RING_BYTES);
	memset(l->in, 2, sizeof(l->in));
	return true;
}

static void lane_deinit(struct lane *l)
{
	free(l->ring);
	free(l->slots);
}

/* A core that is not ours; -1: there is only one. */
static int other_core(const struct bench *b)
{
	static int cores[BENCH_CORES_MAX];
	unsigned n = bench_cores(cores, BENCH_CORES_MAX);

	for (unsigned i = n; i-- > 0;)
		if (cores[i] != b->core)
			return cores[i];
	return -1;
}

static void ring_row(struct bench *b, const struct row *row)
{
	bench_work *work = row->two_cores ? two_cores : one_core;
	struct lane l;
	struct bench_subject subjects[2] = {{.work = work, .ctx = &l}, {.work = bare_copies, .ctx = &l}};
	double mean = row->bytes;

	if (!bench_check(b, lane_init(&l, row), "%s: no memory", row->name))
		return;
	l.far_core = row->two_cores ? other_core(b) : -1;
	if (row->two_cores && l.far_core < 0 && b->core >= 0) {
		fprintf(stderr, "%s: left out: there is one core\n", row->name);
		lane_deinit(&l);
		return;
	}
	l.check = true;
	if (!bench_check(b, work(&l, 100000), "%s: an event is wrong", row->name)) {
		lane_deinit(&l);
		return;
	}
	l.check = false;
	if (bench_time_all(b, subjects, 2)) {
		double ns = subjects[0].stat.median, bare = subjects[1].stat.median;

		for (uint32_t i = 0; row->bytes == 0 && i < SIZES; i++)
			mean += (double)l.sizes[i] / SIZES;
		bench_row(b, row->name);
		bench_num(b, "M/s", 1000 / ns, 1);
		bench_num(b, "best M/s", 1000 / subjects[0].stat.min, 1);
		bench_num(b, "ns", ns, 2);
		bench_num(b, "GB/s", mean / ns, 2);
		bench_pct(b, "spread", subjects[0].stat.spread);
		bench_num(b, "copies M/s", 1000 / bare, 1);
		bench_num(b, "of copies", bare / ns, 2);
		bench_num(b, "best of best", subjects[1].stat.min / subjects[0].stat.min, 2);
		bench_end(b);
	}
	lane_deinit(&l);
}

/* ---- CRC-32C ---- */

struct crc_bench {
	ewi_crc32c_update *update;
	struct ewi_crc32c_tables tables;
	uint8_t bytes[256];
	uint32_t sum;
};

static bool crc_256(void *ctx, uint64_t iters)
{
	struct crc_bench *c = ctx;

	for (uint64_t i = 0; i < iters; i++)
		c->sum ^= c->update(&c->tables, c->sum, c->bytes, sizeof(c->bytes));
	return true;
}

static void crc_row(struct bench *b, const char *name, ewi_crc32c_update *update)
{
	static struct crc_bench c;
	struct bench_stat s;
	uint32_t want;

	if (!bench_wanted(b, name))
		return;
	c.update = update;
	ewi_crc32c_fill(&c.tables);
	for (uint32_t i = 0; i < sizeof(c.bytes); i++)
		c.bytes[i] = byte_of(1, i);
	want = ewi_crc32c_ref(NULL, 0, c.bytes, sizeof(c.bytes));
	if (!bench_check(b, update(&c.tables, 0, c.bytes, sizeof(c.bytes)) == want, "%s", name) ||
	    !bench_time(b, crc_256, &c, &s))
		return;
	bench_row(b, name);
	bench_num(b, "ns", s.median, 1);
	bench_num(b, "GB/s", 256 / s.median, 2);
	bench_pct(b, "spread", s.spread);
	bench_end(b);
}

static void crc_rows(struct bench *b, uint32_t cpu)
{
	crc_row(b, "crc32c_ref", ewi_crc32c_ref);
	crc_row(b, "crc32c_slice8", ewi_crc32c_slice8);
#ifdef EWI_CRC32C_SSE42
	if (cpu & EW_CPU_SSE42)
		crc_row(b, "crc32c_sse42", ewi_crc32c_sse42);
#endif
#ifdef EWI_CRC32C_ARM
	if (cpu & EW_CPU_CRC32)
		crc_row(b, "crc32c_arm", ewi_crc32c_arm);
#endif
	(void)cpu;
}

int main(int argc, char **argv)
{
	uint32_t cpu = ewi_cpu_features();
	char text[CPU_TEXT_BYTES];
	struct bench b;
	int rc = bench_init(&b, "bench-ring", cpu_text(cpu, text), NULL, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (bench_wanted(&b, rows[i].name))
			ring_row(&b, &rows[i]);
	crc_rows(&b, cpu);
	return bench_finish(&b);
}
