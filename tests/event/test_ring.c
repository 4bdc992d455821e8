/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_ring.c - the ring on one thread: limits, wrapping at every offset, and a model that it must agree with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "edgewasm/ring.h"

#define HEADER sizeof(struct ew_event)
#define GUARD 64

/* Memory for one ring with guard bytes on both sides. */
struct box {
	unsigned char *all;
	size_t bytes; /* of the ring's memory */
	struct ew_ring *ring;
};

static void box_init(struct box *b, size_t ring_bytes, const struct ew_ring_config *cfg)
{
	b->bytes = ew_ring_size(ring_bytes);
	assert_true(b->bytes != 0);
	b->all = malloc(b->bytes + 2 * GUARD);
	assert_non_null(b->all);
	memset(b->all, 0xa5, b->bytes + 2 * GUARD);
	assert_int_equal(ew_ring_init(b->all + GUARD, b->bytes, cfg, &b->ring), EW_OK);
}

static void box_check(const struct box *b)
{
	for (size_t i = 0; i < GUARD; i++) {
		assert_int_equal(b->all[i], 0xa5);
		assert_int_equal(b->all[GUARD + b->bytes + i], 0xa5);
	}
}

static void box_free(struct box *b)
{
	box_check(b);
	free(b->all);
}

/* Bytes that say which event they belong to. */
static void fill(void *to, size_t n, uint64_t seed)
{
	unsigned char *p = to;

	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(seed * 31 + i * 7 + (seed >> 8));
}

static int filled(const void *from, size_t n, uint64_t seed)
{
	const unsigned char *p = from;

	for (size_t i = 0; i < n; i++)
		if (p[i] != (unsigned char)(seed * 31 + i * 7 + (seed >> 8)))
			return 0;
	return 1;
}

/* ---- creation ---- */

static void sizes(void **state)
{
	static const struct row {
		size_t ring_bytes;
		int allowed;
	} rows[] = {
		{0, 0},			       {EW_RING_MIN_BYTES - 8, 0},
		{EW_RING_MIN_BYTES, 1},	       {EW_RING_MIN_BYTES + 4, 0},
		{EW_RING_MIN_BYTES + 8, 1},    {4096 + 8, 1},
		{EW_RING_MAX_BYTES - 8, 1},    {EW_RING_MAX_BYTES, 1},
		{(size_t)EW_RING_MAX_BYTES + 8, 0}, {SIZE_MAX & ~(size_t)7, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t got = ew_ring_size(rows[i].ring_bytes);

		if ((got != 0) != rows[i].allowed)
			fail_msg("ring of %zu bytes: size %zu", rows[i].ring_bytes, got);
		if (got != 0)
			assert_true(got > rows[i].ring_bytes && got - rows[i].ring_bytes < 1024);
	}
}

static void init_refuses(void **state)
{
	static uint64_t memory[200];
	size_t least = ew_ring_size(EW_RING_MIN_BYTES);
	struct ew_ring_config odd = {.struct_bytes = sizeof(odd), .policy = (enum ew_ring_policy)7};
	struct ew_ring *r = (struct ew_ring *)memory;

	(void)state;
	assert_true(least <= sizeof(memory));
	assert_int_equal(ew_ring_init(NULL, 4096, NULL, &r), EW_ERR_INVAL);
	assert_null(r);
	assert_int_equal(ew_ring_init((char *)memory + 4, sizeof(memory) - 4, NULL, &r), EW_ERR_INVAL);
	assert_int_equal(ew_ring_init(memory, least - 1, NULL, &r), EW_ERR_INVAL);
	assert_int_equal(ew_ring_init(memory, 0, NULL, &r), EW_ERR_INVAL);
	assert_int_equal(ew_ring_init(memory, sizeof(memory), &odd, &r), EW_ERR_UNSUPPORTED);
	assert_null(r);
	odd.struct_bytes = 0; /* forgotten */
	assert_int_equal(ew_ring_init(memory, sizeof(memory), &odd, &r), EW_ERR_INVAL);
	odd.struct_bytes = sizeof(size_t); /* older than the policy */
	assert_int_equal(ew_ring_init(memory, sizeof(memory), &odd, &r), EW_OK);
	assert_int_equal(ew_ring_init(memory, least, NULL, &r), EW_OK);
	assert_int_equal(ew_ring_max_record(r), EW_RING_MIN_BYTES / 2);
	assert_int_equal(ew_ring_init(memory, least + 7, NULL, &r), EW_OK);
	assert_int_equal(ew_ring_max_record(r), EW_RING_MIN_BYTES / 2);
}

/* Another process maps the same bytes at another address. */
static void attach(void **state)
{
	struct ew_event e = {.data_bytes = 5, .time_ns = 77};
	const struct ew_event *got;
	struct ew_ring *r;
	struct box b;
	void *copy;

	(void)state;
	box_init(&b, 256, NULL);
	assert_int_equal(ew_ring_push(b.ring, &e, NULL, "hello"), EW_OK);
	copy = malloc(b.bytes);
	assert_non_null(copy);
	memcpy(copy, b.all + GUARD, b.bytes);
	assert_int_equal(ew_ring_attach(copy, b.bytes, &r), EW_OK);
	assert_int_equal(ew_ring_peek(r, &got), EW_OK);
	assert_int_equal(got->time_ns, 77);
	assert_memory_equal(ew_event_data(got), "hello", 5);
	assert_int_equal(ew_ring_attach(copy, b.bytes - 8, &r), EW_ERR_MALFORMED);
	assert_null(r);
	assert_int_equal(ew_ring_attach(copy, 16, &r), EW_ERR_INVAL);
	assert_int_equal(ew_ring_attach(NULL, b.bytes, &r), EW_ERR_INVAL);
	*(unsigned char *)copy ^= 1;
	assert_int_equal(ew_ring_attach(copy, b.bytes, &r), EW_ERR_MALFORMED);
	free(copy);
	box_free(&b);
}

/* ---- limits ---- */

static void record_limits(void **state)
{
	static const struct row {
		size_t topic, data, want;
	} rows[] = {
		{0, 0, HEADER},
		{0, 1, HEADER + 8},
		{3, 5, HEADER + 8},
		{4, 5, HEADER + 16},
		{EW_TOPIC_MAX_BYTES, 0, HEADER + 65536},
		{EW_TOPIC_MAX_BYTES + 1, 0, 0},
		{0, SIZE_MAX, 0},
		{SIZE_MAX, 1, 0},
		{0, EW_RING_MAX_BYTES / 2 + 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ew_ring_record_bytes(rows[i].topic, rows[i].data) != rows[i].want)
			fail_msg("row %zu: %zu", i, ew_ring_record_bytes(rows[i].topic, rows[i].data));
}

/* At every offset an empty ring takes its largest record, and refuses the next size as too big. */
static void largest_at_every_offset(void **state)
{
	(void)state;
	for (size_t size = EW_RING_MIN_BYTES; size <= 360; size += 8) {
		for (size_t offset = 0; offset <= size + 8; offset += 8) {
			struct ew_event e = {0}, got;
			unsigned char data[512], back[512];
			size_t max, moved = 0;
			struct ew_ring_stat st;
			struct box b;

			box_init(&b, size, NULL);
			max = ew_ring_max_record(b.ring);
			assert_int_equal(max, size / 2 & ~(size_t)7);
			while (moved < offset) { /* in steps of at least a header */
				size_t step = offset - moved < 2 * HEADER ? offset - moved : HEADER;

				if (step < HEADER || step > max)
					break;
				e.data_bytes = (uint32_t)(step - HEADER);
				assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_OK);
				assert_int_equal(ew_ring_pop(b.ring, &got, back, sizeof(back)), EW_OK);
				moved += step;
			}
			e.data_bytes = (uint32_t)(max - HEADER);
			fill(data, e.data_bytes, offset);
			if (ew_ring_push(b.ring, &e, NULL, data) != EW_OK)
				fail_msg("size %zu offset %zu", size, offset);
			assert_int_equal(ew_ring_pop(b.ring, &got, back, sizeof(back)), EW_OK);
			assert_true(filled(back, e.data_bytes, offset));
			e.data_bytes++;
			assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_ERR_TOOBIG);
			ew_ring_stat(b.ring, &st);
			assert_int_equal(st.too_big, 1);
			assert_int_equal(st.rejected_full, 0);
			assert_int_equal(st.used_bytes, 0);
			box_free(&b);
		}
	}
}

/* Filled to the brim at every offset: exactly as many as fit, refusals counted, everything comes back. */
static void full_at_every_offset(void **state)
{
	(void)state;
	for (size_t start = 0; start < 12; start++) {
		struct ew_event e = {.data_bytes = 8}, got; /* 56 bytes each */
		unsigned char data[8], back[8];
		struct ew_ring_stat st;
		uint64_t seq;
		unsigned n = 0;
		struct box b;

		box_init(&b, 400, NULL);
		for (size_t i = 0; i < start; i++) {
			assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_OK);
			assert_int_equal(ew_ring_pop(b.ring, &got, back, 8), EW_OK);
		}
		seq = ew_ring_next_seq(b.ring);
		for (fill(data, 8, seq); ew_ring_push(b.ring, &e, NULL, data) == EW_OK;
		     fill(data, 8, seq + n))
			n++;
		/* 400 / 56 = 7 remainder 8; padding in front of the wrap takes one more at most */
		if (n != 7 && n != 6)
			fail_msg("start %zu: %u events fit", start, n);
		assert_int_equal(ew_ring_next_seq(b.ring), seq + n);
		assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_ERR_FULL);
		ew_ring_stat(b.ring, &st);
		assert_int_equal(st.rejected_full, 2);
		assert_true(st.used_bytes >= n * 56 && st.used_bytes <= 400);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(ew_ring_pop(b.ring, &got, back, 8), EW_OK);
			assert_int_equal(got.seq, seq + i);
			assert_true(filled(back, 8, seq + i));
		}
		assert_int_equal(ew_ring_pop(b.ring, &got, back, 8), EW_ERR_EMPTY);
		box_free(&b);
	}
}

/* ---- single behaviours ---- */

static void header_travels(void **state)
{
	struct ew_event e = {.frame = 99, .flags = 0x1234, .seq = 999, .time_ns = UINT64_MAX - 1,
			     .topic_bytes = 5, .content_type = 7, .data_bytes = 3};
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .first_seq = 41};
	const struct ew_event *got;
	struct ew_event out;
	unsigned char back[8];
	struct box b;

	(void)state;
	memset(e.trace_id, 0xcd, sizeof(e.trace_id));
	box_init(&b, 256, &cfg);
	assert_int_equal(ew_ring_next_seq(b.ring), 41);
	assert_int_equal(ew_ring_push(b.ring, &e, "a/b/c", "xyz"), EW_OK);
	assert_int_equal(ew_ring_peek(b.ring, &got), EW_OK);
	assert_int_equal((uintptr_t)got % EW_RING_ALIGN, 0);
	assert_int_equal(got->seq, 41);
	assert_memory_equal(ew_event_topic(got), "a/b/c", 5);
	assert_memory_equal(ew_event_data(got), "xyz", 3);
	memset(&out, 0, sizeof(out));
	assert_int_equal(ew_ring_pop(b.ring, &out, back, 7), EW_ERR_TOOBIG); /* one byte short */
	assert_int_equal(out.data_bytes, 3);
	assert_int_equal(ew_ring_pop(b.ring, &out, back, 8), EW_OK);
	assert_memory_equal(back, "a/b/cxyz", 8);
	assert_int_equal(out.seq, 41);
	assert_int_equal(out.flags, 0x1234);
	assert_true(out.time_ns == e.time_ns);
	assert_memory_equal(out.trace_id, e.trace_id, sizeof(e.trace_id));
	assert_int_equal(out.content_type, 7);
	assert_int_equal(out.topic_bytes, 5);
	assert_int_equal(ew_ring_pop(b.ring, &out, back, 8), EW_ERR_EMPTY);
	box_free(&b);
}

static void peek_gives_the_same_until_released(void **state)
{
	struct ew_event e = {0};
	const struct ew_event *a, *again, *two[4];
	struct box b;

	(void)state;
	box_init(&b, 512, NULL);
	assert_int_equal(ew_ring_peek(b.ring, &a), EW_ERR_EMPTY);
	assert_null(a);
	assert_int_equal(ew_ring_release(b.ring, 3), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ew_ring_push(b.ring, &e, NULL, NULL), EW_OK);
	assert_int_equal(ew_ring_peek(b.ring, &a), EW_OK);
	assert_int_equal(ew_ring_peek(b.ring, &again), EW_OK);
	assert_ptr_equal(a, again);
	assert_int_equal(ew_ring_read(b.ring, two, 2), 2);
	assert_ptr_equal(two[0], a);
	assert_int_equal(ew_ring_read(b.ring, two, 0), 0);
	assert_int_equal(ew_ring_release(b.ring, 0), 0);
	assert_int_equal(ew_ring_read(b.ring, two, 4), 3);
	assert_int_equal(ew_ring_release(b.ring, 1), 1);
	assert_int_equal(ew_ring_peek(b.ring, &a), EW_OK);
	assert_int_equal(a->seq, 2);
	assert_int_equal(ew_ring_release(b.ring, 9), 2); /* only what is there */
	assert_int_equal(ew_ring_release(b.ring, 1), 0);
	box_free(&b);
}

/* What ew_ring_read() remembered must not be believed a lap later. */
static void release_after_a_lap(void **state)
{
	struct ew_event e = {.data_bytes = 16}, got; /* 64 bytes: the ring has room for 4, 3 of them used */
	const struct ew_event *out[4];
	unsigned char data[16] = {0};
	struct box b;

	(void)state;
	box_init(&b, 256, NULL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_OK);
	assert_int_equal(ew_ring_read(b.ring, out, 4), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ew_ring_pop(b.ring, &got, data, 16), EW_OK);
	assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_OK); /* back at the offset of the read */
	assert_int_equal(ew_ring_pop(b.ring, &got, data, 16), EW_OK);
	assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_OK);
	assert_int_equal(ew_ring_release(b.ring, 3), 1);
	assert_int_equal(ew_ring_peek(b.ring, out), EW_ERR_EMPTY);
	box_free(&b);
}

static void claims(void **state)
{
	const struct ew_event *got;
	struct ew_ring_stat st;
	struct ew_event *e, *first, plain = {0};
	struct box b;

	(void)state;
	box_init(&b, 512, NULL);
	assert_int_equal(ew_ring_commit(b.ring), 0);
	assert_int_equal(ew_ring_abort(b.ring), EW_ERR_STATE);
	assert_int_equal(ew_ring_shrink(b.ring, 0), EW_ERR_STATE);
	assert_int_equal(ew_ring_claim(b.ring, 2, 20, &first), EW_OK);
	assert_int_equal(first->flags + first->time_ns + first->content_type + first->trace_id[15], 0);
	assert_int_equal(ew_ring_push(b.ring, &plain, NULL, NULL), EW_ERR_STATE);
	assert_int_equal(ew_ring_shrink(b.ring, 21), EW_ERR_TOOBIG);
	assert_int_equal(ew_ring_shrink(b.ring, 7), EW_OK);
	memcpy(ew_event_topic(first), "T1", 2);
	memcpy(ew_event_data(first), "seventy", 7);
	assert_int_equal(ew_ring_claim(b.ring, 0, 30, &e), EW_OK);
	assert_int_equal(ew_ring_abort(b.ring), EW_OK);
	assert_int_equal(ew_ring_claim(b.ring, 0, 4, &e), EW_OK);
	assert_int_equal(e->seq, 2); /* again */
	memcpy(ew_event_data(e), "four", 4);
	assert_int_equal(ew_ring_peek(b.ring, &got), EW_ERR_EMPTY); /* nothing before the commit */
	assert_int_equal(ew_ring_commit(b.ring), 2);
	assert_int_equal(ew_ring_peek(b.ring, &got), EW_OK);
	assert_int_equal(got->data_bytes, 7);
	assert_memory_equal(ew_event_topic(got), "T1seventy", 9);
	assert_int_equal(ew_ring_release(b.ring, 1), 1);
	assert_int_equal(ew_ring_peek(b.ring, &got), EW_OK);
	assert_int_equal(got->seq, 2);
	assert_memory_equal(ew_event_data(got), "four", 4);
	ew_ring_stat(b.ring, &st);
	assert_int_equal(st.pushed, 2);
	assert_int_equal(st.released, 1);
	assert_int_equal(st.aborted, 1);
	assert_int_equal(ew_ring_claim(b.ring, EW_TOPIC_MAX_BYTES + 1, 0, &e), EW_ERR_TOOBIG);
	assert_null(e);
	assert_int_equal(ew_ring_claim(b.ring, 0, SIZE_MAX, &e), EW_ERR_TOOBIG);
	box_free(&b);
}

/* Dropping the newest says OK, counts, and leaves a gap that the consumer can see. */
static void drop_newest(void **state)
{
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .policy = EW_RING_DROP_NEWEST};
	struct ew_event e = {.data_bytes = 16}, got, *claimed;
	unsigned char data[16] = {0};
	struct ew_ring_stat st;
	uint64_t last = 0;
	struct box b;

	(void)state;
	box_init(&b, 256, &cfg);
	for (int i = 0; i < 10; i++)
		assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_OK);
	assert_int_equal(ew_ring_claim(b.ring, 0, 16, &claimed), EW_ERR_FULL);
	ew_ring_stat(b.ring, &st);
	assert_int_equal(st.pushed, 3);
	assert_int_equal(st.dropped_newest, 8);
	assert_int_equal(st.rejected_full, 0);
	while (ew_ring_pop(b.ring, &got, data, 16) == EW_OK)
		last = got.seq;
	assert_int_equal(last, 3);
	assert_int_equal(ew_ring_push(b.ring, &e, NULL, data), EW_OK);
	assert_int_equal(ew_ring_pop(b.ring, &got, data, 16), EW_OK);
	assert_int_equal(got.seq, 12); /* 4 to 11 are gone */
	box_free(&b);
}

/* An aborted claim's number is used again, but the gap of an event that was dropped stays. */
static void abort_keeps_the_gap(void **state)
{
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .policy = EW_RING_DROP_NEWEST};
	const struct ew_event *got;
	struct ew_event *e;
	struct box b;

	(void)state;
	box_init(&b, 128, &cfg);
	assert_int_equal(ew_ring_claim(b.ring, 0, 16, &e), EW_OK);
	assert_int_equal(e->seq, 1);
	assert_int_equal(ew_ring_claim(b.ring, 0, 16, &e), EW_ERR_FULL); /* dropped */
	assert_int_equal(ew_ring_abort(b.ring), EW_OK);
	assert_int_equal(ew_ring_next_seq(b.ring), 2);
	assert_int_equal(ew_ring_claim(b.ring, 0, 16, &e), EW_OK);
	assert_int_equal(ew_ring_commit(b.ring), 1);
	assert_int_equal(ew_ring_peek(b.ring, &got), EW_OK);
	assert_int_equal(got->seq, 2); /* one is missing, one was dropped */
	box_free(&b);
}

/* ---- the model ---- */

#define WAITING_MAX 64

struct item {
	uint64_t seq, time;
	uint32_t topic, data;
};

struct model {
	struct item open[WAITING_MAX], ready[WAITING_MAX];
	unsigned open_count, ready_count;
	uint64_t pushed, released, rejected, too_big, aborted;
	uint64_t random;
};

static uint32_t rnd(struct model *m, uint32_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (uint32_t)(m->random >> 20) % below;
}

static void check_event(const struct ew_event *e, const struct item *want)
{
	assert_int_equal(e->seq, want->seq);
	assert_int_equal(e->time_ns, want->time);
	assert_int_equal(e->topic_bytes, want->topic);
	assert_int_equal(e->data_bytes, want->data);
	assert_true(filled(ew_event_topic(e), want->topic, want->seq ^ 0x55));
	assert_true(filled(ew_event_data(e), want->data, want->seq));
}

static void take_ready(struct model *m, unsigned n)
{
	m->ready_count -= n;
	memmove(m->ready, m->ready + n, m->ready_count * sizeof(m->ready[0]));
	m->released += n;
}

static void do_claim(struct model *m, struct ew_ring *r)
{
	struct item it = {ew_ring_next_seq(r), m->random, rnd(m, 12), rnd(m, 110)};
	size_t bytes = ew_ring_record_bytes(it.topic, it.data);
	struct ew_event *e;
	enum ew_status s = ew_ring_claim(r, it.topic, it.data, &e);

	if (bytes > ew_ring_max_record(r)) {
		assert_int_equal(s, EW_ERR_TOOBIG);
		m->too_big++;
		return;
	}
	if (s != EW_OK) {
		assert_int_equal(s, EW_ERR_FULL);
		assert_true(m->open_count + m->ready_count > 0);
		m->rejected++;
		return;
	}
	assert_int_equal(e->seq, it.seq);
	e->time_ns = it.time;
	fill(ew_event_topic(e), it.topic, it.seq ^ 0x55);
	fill(ew_event_data(e), it.data, it.seq);
	assert_true(m->open_count < WAITING_MAX);
	m->open[m->open_count++] = it;
}

static void do_commit(struct model *m, struct ew_ring *r)
{
	assert_int_equal(ew_ring_commit(r), m->open_count);
	assert_true(m->ready_count + m->open_count <= WAITING_MAX);
	memcpy(m->ready + m->ready_count, m->open, m->open_count * sizeof(m->open[0]));
	m->ready_count += m->open_count;
	m->pushed += m->open_count;
	m->open_count = 0;
}

static void do_shrink(struct model *m, struct ew_ring *r)
{
	struct item *it = m->open_count ? &m->open[m->open_count - 1] : NULL;

	if (!it) {
		assert_int_equal(ew_ring_shrink(r, 0), EW_ERR_STATE);
		return;
	}
	it->data = rnd(m, it->data + 1);
	assert_int_equal(ew_ring_shrink(r, it->data), EW_OK);
}

static void do_abort(struct model *m, struct ew_ring *r)
{
	if (m->open_count == 0) {
		assert_int_equal(ew_ring_abort(r), EW_ERR_STATE);
		return;
	}
	assert_int_equal(ew_ring_abort(r), EW_OK);
	m->open_count--;
	m->aborted++;
	assert_int_equal(ew_ring_next_seq(r), m->open[m->open_count].seq);
}

static void do_read(struct model *m, struct ew_ring *r)
{
	const struct ew_event *out[8];
	uint32_t max = rnd(m, 9), n = ew_ring_read(r, out, max), give;

	assert_int_equal(n, max < m->ready_count ? max : m->ready_count);
	for (uint32_t i = 0; i < n; i++)
		check_event(out[i], &m->ready[i]);
	give = rnd(m, 3) ? n : rnd(m, 6);
	n = ew_ring_release(r, give);
	assert_int_equal(n, give < m->ready_count ? give : m->ready_count);
	take_ready(m, n);
}

static void do_peek(struct model *m, struct ew_ring *r)
{
	const struct ew_event *e;
	enum ew_status s = ew_ring_peek(r, &e);

	assert_int_equal(s, m->ready_count ? EW_OK : EW_ERR_EMPTY);
	if (s == EW_OK)
		check_event(e, &m->ready[0]);
}

static void do_pop(struct model *m, struct ew_ring *r)
{
	struct {
		struct ew_event e;
		unsigned char payload[128];
	} got;
	size_t cap = rnd(m, 128);
	enum ew_status s = ew_ring_pop(r, &got.e, got.payload, cap);

	if (m->ready_count == 0) {
		assert_int_equal(s, EW_ERR_EMPTY);
		return;
	}
	if (m->ready[0].topic + m->ready[0].data > cap) {
		assert_int_equal(s, EW_ERR_TOOBIG);
		return;
	}
	assert_int_equal(s, EW_OK);
	check_event(&got.e, &m->ready[0]);
	take_ready(m, 1);
}

static void do_push(struct model *m, struct ew_ring *r)
{
	struct item it = {ew_ring_next_seq(r), m->random, rnd(m, 12), rnd(m, 110)};
	struct ew_event e = {.time_ns = it.time, .topic_bytes = (uint16_t)it.topic, .data_bytes = it.data};
	unsigned char topic[12], data[110];
	enum ew_status s;

	fill(topic, it.topic, it.seq ^ 0x55);
	fill(data, it.data, it.seq);
	s = ew_ring_push(r, &e, topic, data);
	if (ew_ring_record_bytes(it.topic, it.data) > ew_ring_max_record(r)) {
		assert_int_equal(s, m->open_count ? EW_ERR_STATE : EW_ERR_TOOBIG);
		m->too_big += m->open_count == 0;
	} else if (m->open_count != 0) {
		assert_int_equal(s, EW_ERR_STATE);
	} else if (s == EW_OK) {
		m->ready[m->ready_count++] = it;
		m->pushed++;
	} else {
		assert_int_equal(s, EW_ERR_FULL);
		assert_true(m->ready_count > 0);
		m->rejected++;
	}
}

static void agrees_with_the_model(void **state)
{
	static void (*const ops[])(struct model *, struct ew_ring *) = {
		do_claim, do_claim, do_claim, do_commit, do_push,   do_push,
		do_read,  do_read,  do_pop,   do_peek,	 do_shrink, do_abort,
	};

	uint64_t rejected = 0;

	(void)state;
	for (size_t size = EW_RING_MIN_BYTES; size <= 1024; size += size < 512 ? 8 : 64) {
		struct model m = {.random = 0x9e3779b97f4a7c15u ^ size};
		struct ew_ring_stat st;
		struct box b;

		box_init(&b, size, NULL);
		for (int i = 0; i < 20000; i++)
			ops[rnd(&m, sizeof(ops) / sizeof(ops[0]))](&m, b.ring);
		do_commit(&m, b.ring);
		while (m.ready_count > 0)
			do_read(&m, b.ring);
		ew_ring_stat(b.ring, &st);
		assert_int_equal(st.pushed, m.pushed);
		assert_int_equal(st.released, m.released);
		assert_int_equal(st.released, st.pushed);
		assert_int_equal(st.rejected_full, m.rejected);
		assert_int_equal(st.too_big, m.too_big);
		assert_int_equal(st.aborted, m.aborted);
		assert_int_equal(st.used_bytes, 0);
		assert_true(st.pushed > 300 && st.aborted > 30);
		rejected += m.rejected;
		box_free(&b);
	}
	assert_true(rejected > 10000);
}

/*
 * The same events through ew_ring_write_next(), ew_ring_write_event() and ew_ring_push(), in batches that end where the room
 * does: the same comes out, with the same numbers, and a batch that met the end of the room is whole as far as it went.
 */
static void writer_agrees(void **state)
{
	static uint64_t memory[2][200];
	static const uint8_t bytes[300] = {1, 2, 3};
	const struct ew_event *a, *b;
	struct ew_ring *ring[2];
	uint32_t turn = 0, refused = 0;

	(void)state;
	for (uint32_t k = 0; k < 2; k++)
		assert_int_equal(ew_ring_init(memory[k], sizeof(memory[k]), NULL, &ring[k]), EW_OK);
	for (uint32_t batch = 0; batch < 2000; batch++) {
		uint32_t n = 0, want = batch % 7 + 1;
		struct ew_ring_writer w;
		struct ew_ring_scan scan;

		ew_ring_write_begin(&w, ring[0]);
		for (; n < want; n++, turn++) {
			struct ew_event e = {.flags = turn, .time_ns = turn * 3, .topic_bytes = (uint16_t)(turn % 3 * 5),
					     .content_type = 7, .data_bytes = turn * 29 % 290};
			struct ew_event *to;

			e.trace_id[turn % EW_TRACE_ID_BYTES] = 1;
			if (turn % 2) {
				to = ew_ring_write_event(&w, &e, bytes + 1, bytes + turn % 3);
			} else {
				to = ew_ring_write_next(&w, e.topic_bytes, e.data_bytes);
				if (to) {
					ew_ring_copy_header(to, &e);
					memcpy(ew_event_topic(to), bytes + 1, e.topic_bytes);
					memcpy(ew_event_data(to), bytes + turn % 3, e.data_bytes);
				}
			}
			assert_int_equal(ew_ring_push(ring[1], &e, bytes + 1, bytes + turn % 3), to ? EW_OK : EW_ERR_FULL);
			if (!to)
				break;
		}
		refused += n < want;
		assert_int_equal(ew_ring_peek(ring[0], &a), EW_ERR_EMPTY);
		assert_int_equal(ew_ring_write_end(&w), n);
		ew_ring_scan_begin(&scan, ring[0]);
		while ((a = ew_ring_scan_next(&scan)) != NULL) {
			assert_int_equal(ew_ring_peek(ring[1], &b), EW_OK);
			assert_memory_equal(a, b, sizeof(*a) + a->topic_bytes + a->data_bytes);
			assert_int_equal(ew_ring_release(ring[1], 1), 1);
		}
		assert_int_equal(ew_ring_scan_end(&scan), n);
		assert_int_equal(ew_ring_peek(ring[1], &b), EW_ERR_EMPTY);
		turn += n < want;
	}
	assert_true(refused > 100 && refused < 1900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(init_refuses),
		cmocka_unit_test(attach),
		cmocka_unit_test(record_limits),
		cmocka_unit_test(largest_at_every_offset),
		cmocka_unit_test(full_at_every_offset),
		cmocka_unit_test(header_travels),
		cmocka_unit_test(peek_gives_the_same_until_released),
		cmocka_unit_test(release_after_a_lap),
		cmocka_unit_test(claims),
		cmocka_unit_test(drop_newest),
		cmocka_unit_test(abort_keeps_the_gap),
		cmocka_unit_test(agrees_with_the_model),
		cmocka_unit_test(writer_agrees),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
