/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_flow.c - lanes, batches by key, deduplication, order: each against a plain model or told row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "edgewasm/queue.h"

/* ---- lanes ---- */

#define LANES 3u

struct rig {
	uint64_t memory[LANES][400];
	struct ew_lane lanes[LANES];
	struct ew_queue queue;
	struct ew_queue_config config;
	char told[200];
};

static void high(void *user, uint32_t lane)
{
	struct rig *r = user;

	snprintf(r->told + strlen(r->told), sizeof(r->told) - strlen(r->told), "+%u", (unsigned)lane);
}

static void low(void *user, uint32_t lane)
{
	struct rig *r = user;

	snprintf(r->told + strlen(r->told), sizeof(r->told) - strlen(r->told), "-%u", (unsigned)lane);
}

/* Wanted until ten times its content type. */
static uint64_t deadline(void *user, uint32_t lane, const struct ew_event *e)
{
	(void)user;
	(void)lane;
	return e->content_type ? 10u * e->content_type : UINT64_MAX;
}

static void rig_init(struct rig *r, uint32_t starvation)
{
	memset(r, 0, sizeof(*r));
	for (uint32_t i = 0; i < LANES; i++) {
		if (i == 1)
			assert_int_equal(ew_mring_init(r->memory[i], sizeof(r->memory[i]), NULL, &r->lanes[i].mring), EW_OK);
		else
			assert_int_equal(ew_ring_init(r->memory[i], sizeof(r->memory[i]), NULL, &r->lanes[i].ring), EW_OK);
	}
	r->config = (struct ew_queue_config){.struct_bytes = sizeof(r->config), .lanes = r->lanes, .lane_count = LANES,
					     .starvation = starvation, .high = high, .low = low, .user = r};
}

static enum ew_status put(struct rig *r, uint32_t lane, uint64_t time)
{
	struct ew_event e = {.time_ns = time, .data_bytes = 16};

	return ew_queue_push(&r->queue, lane, &e, NULL, "sixteen bytes...");
}

/* What comes out at `now`, as "lane/time ...", n events at most. */
static void expect(struct rig *r, uint64_t now, unsigned n, const char *want)
{
	const struct ew_event *e, *again;
	char text[300] = "";
	uint32_t lane, same;

	while (n-- > 0 && ew_queue_peek(&r->queue, now, &e, &lane) == EW_OK) {
		assert_int_equal(ew_queue_peek(&r->queue, now, &again, &same), EW_OK);
		assert_true(e == again && lane == same);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u/%u", *text ? " " : "",
			 (unsigned)lane, (unsigned)e->time_ns);
		assert_int_equal(ew_queue_release(&r->queue), EW_OK);
	}
	assert_string_equal(text, want);
}

static void lanes_refused(void **state)
{
	static struct rig r;
	struct ew_queue_config c;
	struct ew_lane lanes[LANES];

	(void)state;
	rig_init(&r, 0);
	assert_int_equal(ew_queue_init(&r.queue, &r.config), EW_OK);
	assert_int_equal(put(&r, LANES, 1), EW_ERR_INVAL);
	ew_queue_watch(&r.queue, LANES);
	assert_int_equal(ew_queue_release(&r.queue), EW_ERR_STATE);
	c = r.config;
	c.lane_count = 0;
	assert_int_equal(ew_queue_init(&r.queue, &c), EW_ERR_INVAL);
	c.lane_count = EW_QUEUE_LANES_MAX + 1;
	assert_int_equal(ew_queue_init(&r.queue, &c), EW_ERR_INVAL);
	c.lane_count = LANES;
	c.struct_bytes = 8;
	assert_int_equal(ew_queue_init(&r.queue, &c), EW_ERR_INVAL);
	c.struct_bytes = sizeof(c);
	memcpy(lanes, r.lanes, sizeof(lanes));
	c.lanes = lanes;
	lanes[2].mring = lanes[1].mring; /* two */
	assert_int_equal(ew_queue_init(&r.queue, &c), EW_ERR_INVAL);
	lanes[2].mring = NULL;
	lanes[2].ring = NULL; /* none */
	assert_int_equal(ew_queue_init(&r.queue, &c), EW_ERR_INVAL);
	lanes[2].ring = r.lanes[2].ring;
	lanes[2].low_bytes = 1;
	assert_int_equal(ew_queue_init(&r.queue, &c), EW_ERR_INVAL);
}

static void lanes_in_order(void **state)
{
	static struct rig r;

	(void)state;
	rig_init(&r, 0);
	assert_int_equal(ew_queue_init(&r.queue, &r.config), EW_OK);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(put(&r, 2 - i % 3, i), EW_OK);
	expect(&r, 0, 9, "0/2 0/5 1/1 1/4 2/0 2/3");
	expect(&r, 0, 1, "");
}

/* With a bound of 2, no lane is passed over three times in a row. */
static void nobody_starves(void **state)
{
	static struct rig r;

	(void)state;
	rig_init(&r, 2);
	assert_int_equal(ew_queue_init(&r.queue, &r.config), EW_OK);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(put(&r, 0, i), EW_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(put(&r, 2, i), EW_OK);
	expect(&r, 0, 20, "0/0 0/1 2/0 0/2 0/3 2/1 0/4 0/5 2/2");
}

static void expiry(void **state)
{
	static struct rig r;
	struct ew_event e = {.content_type = 3};

	(void)state;
	rig_init(&r, 0);
	r.lanes[0].max_age_ns = 100;
	r.config.deadline = deadline;
	assert_int_equal(ew_queue_init(&r.queue, &r.config), EW_OK);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(put(&r, 0, i * 50), EW_OK);
	assert_int_equal(put(&r, 2, 7), EW_OK);
	expect(&r, 150, 1, "0/50"); /* as old as may be; the one of 0 is older */
	expect(&r, 151, 1, "0/100");
	expect(&r, 10, 1, "0/150"); /* a clock set back makes nothing late */
	expect(&r, 100000, 2, "2/7");
	assert_int_equal(r.queue.expired[0], 1);
	assert_int_equal(ew_queue_push(&r.queue, 1, &e, NULL, NULL), EW_OK);
	expect(&r, 30, 1, "1/0");
	assert_int_equal(ew_queue_push(&r.queue, 1, &e, NULL, NULL), EW_OK);
	expect(&r, 31, 1, "");
	assert_int_equal(r.queue.expired[1], 1);
}

static void watermarks(void **state)
{
	static struct rig r;

	(void)state;
	rig_init(&r, 0);
	r.lanes[0] = (struct ew_lane){.ring = r.lanes[0].ring, .high_bytes = 4 * 64, .low_bytes = 64};
	r.lanes[1].high_bytes = 2 * 64;
	assert_int_equal(ew_queue_init(&r.queue, &r.config), EW_OK);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(put(&r, 0, i), EW_OK);
	assert_string_equal(r.told, "+0");
	expect(&r, 0, 4, "0/0 0/1 0/2 0/3");
	assert_string_equal(r.told, "+0");
	expect(&r, 0, 1, "0/4");
	assert_string_equal(r.told, "+0-0");
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(put(&r, 0, i), EW_OK);
	assert_int_equal(put(&r, 1, 0), EW_OK);
	assert_int_equal(put(&r, 1, 1), EW_OK);
	assert_string_equal(r.told, "+0-0+0+1");
	expect(&r, 0, 9, "0/5 0/0 0/1 0/2 0/3 1/0 1/1");
	assert_string_equal(r.told, "+0-0+0+1-0-1");
}

/* ---- batches by key ---- */

static void batches(void **state)
{
	struct ew_batch_config cfg = {.struct_bytes = sizeof(cfg), .max_count = 3, .max_age_ns = 100};
	static uint64_t memory[200];
	enum ew_batch_cause cause;
	struct ew_batches *s;
	uint64_t key;

	(void)state;
	assert_int_equal(ew_batches_size(0), 0);
	assert_int_equal(ew_batches_size((1u << 20) + 1), 0);
	assert_int_equal(ew_batches_init(memory, ew_batches_size(4) - 1, 4, &cfg, &s), EW_ERR_INVAL);
	assert_int_equal(ew_batches_init((char *)memory + 4, 1000, 4, &cfg, &s), EW_ERR_INVAL);
	assert_int_equal(ew_batches_init(memory, ew_batches_size(4), 4, &cfg, &s), EW_OK);
	assert_int_equal(ew_batches_due(s, 1000, &key), EW_ERR_EMPTY);
	assert_true(ew_batches_deadline(s) == UINT64_MAX);
	for (uint64_t k = 1; k <= 4; k++)
		assert_int_equal(ew_batches_add(s, k, 10, k * 10, &cause), EW_OK);
	assert_int_equal(ew_batches_add(s, 5, 10, 50, &cause), EW_ERR_LIMIT);
	assert_int_equal(ew_batches_add(s, 3, 10, 55, &cause), EW_OK);
	assert_int_equal(cause, EW_BATCH_OPEN);
	assert_int_equal(ew_batches_add(s, 3, 10, 56, &cause), EW_OK);
	assert_int_equal(cause, EW_BATCH_COUNT);
	assert_int_equal(ew_batches_add(s, 3, 10, 57, &cause), EW_ERR_FULL);
	assert_int_equal(ew_batches_close(s, 3), 3);
	assert_int_equal(ew_batches_close(s, 3), 0);
	assert_int_equal(ew_batches_deadline(s), 110);
	assert_int_equal(ew_batches_due(s, 109, &key), EW_ERR_EMPTY);
	assert_int_equal(ew_batches_add(s, 3, 10, 60, &cause), EW_OK); /* begun last */
	for (uint64_t want = 1; want <= 4; want++) {
		static const uint64_t order[] = {1, 2, 4, 3};

		assert_int_equal(ew_batches_due(s, 160, &key), EW_OK);
		assert_int_equal(key, order[want - 1]);
		assert_int_equal(ew_batches_close(s, key), 1);
	}
	assert_int_equal(ew_batches_due(s, 1000, &key), EW_ERR_EMPTY);
	cfg.max_count = 0;
	cfg.max_age_ns = 0;
	assert_int_equal(ew_batches_init(memory, sizeof(memory), 4, &cfg, &s), EW_ERR_INVAL);
}

/* Many keys begun and closed at random: counts agree with a plain table. */
static void batches_model(void **state)
{
	struct ew_batch_config cfg = {.struct_bytes = sizeof(cfg), .max_count = 1000};
	void *memory = malloc(ew_batches_size(37));
	uint32_t count[64] = {0}, open = 0, x = 1;
	enum ew_batch_cause cause;
	struct ew_batches *s;

	(void)state;
	assert_int_equal(ew_batches_init(memory, ew_batches_size(37), 37, &cfg, &s), EW_OK);
	for (uint32_t i = 0; i < 50000; i++) {
		uint32_t key;

		x = x * 1664525u + 1013904223u;
		key = x >> 26;
		if (x >> 8 & 1) {
			open -= count[key] != 0;
			assert_int_equal(ew_batches_close(s, key * 1000003ull), count[key]);
			count[key] = 0;
		} else if (count[key] == 0 && open == 37) {
			assert_int_equal(ew_batches_add(s, key * 1000003ull, 1, i, &cause), EW_ERR_LIMIT);
		} else {
			assert_int_equal(ew_batches_add(s, key * 1000003ull, 1, i, &cause), EW_OK);
			open += count[key]++ == 0;
		}
	}
	free(memory);
}

/* ---- deduplication ---- */

static void dedup(void **state)
{
	void *memory = malloc(ew_dedup_size(50));
	uint64_t when[200] = {0}, now = 1000;
	struct ew_dedup_stat st;
	uint32_t last[50], used = 0, x = 7;
	struct ew_dedup *d;
	size_t fresh = 0, twice = 0;

	(void)state;
	assert_int_equal(ew_dedup_size(0), 0);
	assert_int_equal(ew_dedup_init(memory, ew_dedup_size(50) - 1, 50, 500, 1, &d), EW_ERR_INVAL);
	assert_int_equal(ew_dedup_init((char *)memory + 1, ew_dedup_size(50), 50, 500, 1, &d), EW_ERR_INVAL);
	assert_int_equal(ew_dedup_init(memory, ew_dedup_size(50), 50, 500, 1, &d), EW_OK);
	for (uint32_t i = 0; i < 30000; i++, now += i % 40) {
		uint8_t id[EW_TRACE_ID_BYTES] = {0};
		bool known = false;
		uint32_t n;

		x = x * 1664525u + 1013904223u;
		n = (x >> 16) % 200;
		id[15] = (uint8_t)n;
		while (used > 0 && now - when[last[0]] > 500) /* out of the window */
			memmove(last, last + 1, --used * sizeof(last[0]));
		for (uint32_t k = 0; k < used; k++)
			known |= last[k] == n;
		assert_int_equal(ew_dedup_add(d, id, now), known ? EW_ERR_EXISTS : EW_OK);
		twice += known;
		if (known)
			continue;
		fresh++;
		if (used == 50)
			memmove(last, last + 1, --used * sizeof(last[0]));
		last[used++] = n;
		when[n] = now;
	}
	ew_dedup_stat(d, &st);
	assert_int_equal(st.fresh, fresh);
	assert_int_equal(st.duplicates, twice);
	assert_true(twice > 1000 && fresh > 1000);
	free(memory);
}

/* Without a window the number of ids decides, and what made room is counted. */
static void dedup_by_count(void **state)
{
	void *memory = malloc(ew_dedup_size(3));
	uint8_t id[EW_TRACE_ID_BYTES] = {0};
	struct ew_dedup_stat st;
	struct ew_dedup *d;

	(void)state;
	assert_int_equal(ew_dedup_init(memory, ew_dedup_size(3), 3, 0, 9, &d), EW_OK);
	for (uint8_t i = 0; i < 4; i++) {
		id[0] = i;
		assert_int_equal(ew_dedup_add(d, id, i * 1000000000ull), EW_OK);
	}
	assert_int_equal(ew_dedup_add(d, id, 0), EW_ERR_EXISTS);
	id[0] = 0;
	assert_int_equal(ew_dedup_add(d, id, 0), EW_OK);
	ew_dedup_stat(d, &st);
	assert_int_equal(st.forgotten, 2);
	free(memory);
}

/* ---- order ---- */

static void order(void **state)
{
	enum { PUT, GET };
	static const struct row {
		int what;
		uint64_t seq, now;
		enum ew_status want;
	} rows[] = {
		{GET, 0, 0, EW_ERR_EMPTY},   {PUT, 11, 100, EW_OK},	 {GET, 0, 149, EW_ERR_EMPTY},
		{PUT, 10, 120, EW_OK},	     {GET, 10, 149, EW_OK},	 {GET, 11, 149, EW_OK},
		{GET, 0, 149, EW_ERR_EMPTY}, {PUT, 11, 150, EW_ERR_EXISTS}, {PUT, 15, 150, EW_OK},
		{PUT, 15, 151, EW_ERR_EXISTS}, {PUT, 16, 151, EW_ERR_FULL}, {GET, 0, 199, EW_ERR_EMPTY},
		{GET, 15, 200, EW_OK},	     {PUT, 12, 200, EW_ERR_EXISTS}, {PUT, 17, 300, EW_OK},
		{PUT, 18, 320, EW_OK},	     {GET, 0, 10, EW_ERR_EMPTY}, {GET, 0, 59, EW_ERR_EMPTY},
		{GET, 17, 60, EW_OK},	     {GET, 18, 60, EW_OK},
	};
	static uint64_t memory[50];
	struct ew_order_stat st;
	struct ew_order *o;

	(void)state;
	assert_int_equal(ew_order_size(0), 0);
	assert_int_equal(ew_order_init(memory, ew_order_size(4) - 1, 4, 10, 50, &o), EW_ERR_INVAL);
	assert_int_equal(ew_order_init(memory, sizeof(memory), 4, 10, 50, &o), EW_OK);
	assert_true(ew_order_deadline(o) == UINT64_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t seq = 0, item = 0;
		enum ew_status st1 = rows[i].what == PUT ? ew_order_put(o, rows[i].seq, rows[i].seq * 3, rows[i].now)
							 : ew_order_get(o, rows[i].now, &seq, &item);

		if (st1 != rows[i].want || (rows[i].what == GET && st1 == EW_OK && (seq != rows[i].seq || item != 3 * seq)))
			fail_msg("row %zu: status %d, seq %llu", i, (int)st1, (unsigned long long)seq);
	}
	ew_order_stat(o, &st);
	assert_int_equal(st.given, 5);
	assert_int_equal(st.late, 3);
	assert_int_equal(st.missing, 4);
	assert_int_equal(ew_order_put(o, 20, 0, 70), EW_OK);
	assert_int_equal(ew_order_deadline(o), 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes_refused), cmocka_unit_test(lanes_in_order),
		cmocka_unit_test(nobody_starves), cmocka_unit_test(expiry),
		cmocka_unit_test(watermarks),	 cmocka_unit_test(batches),
		cmocka_unit_test(batches_model), cmocka_unit_test(dedup),
		cmocka_unit_test(dedup_by_count), cmocka_unit_test(order),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
