/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_ring_policy.c - a full ring: dropping the oldest, replacing by topic; several consumers; and taking over
 * from a producer that died at any of its stores.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "edgewasm/ring.h"

#define ROOM 512u /* eight records of 64 bytes, seven of them used */

struct box {
	void *memory;
	size_t bytes;
	struct ew_ring *ring;
};

static void box_init(struct box *b, enum ew_ring_policy policy, uint32_t consumers)
{
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .policy = policy, .consumers = consumers};

	b->bytes = ew_ring_size_shared(ROOM, consumers);
	b->memory = malloc(b->bytes);
	assert_non_null(b->memory);
	assert_int_equal(ew_ring_init(b->memory, b->bytes, &cfg, &b->ring), EW_OK);
}

static void box_free(struct box *b)
{
	free(b->memory);
}

/* 16 bytes behind the header: a topic of 2 and a number. */
static enum ew_status push(struct ew_ring *r, const char *topic, uint32_t value)
{
	struct ew_event e = {.topic_bytes = 2, .data_bytes = 14, .time_ns = value};
	uint8_t data[14] = {0};

	memcpy(data, &value, sizeof(value));
	return ew_ring_push(r, &e, topic, data);
}

static uint32_t value_of(const struct ew_event *e)
{
	uint32_t v;

	memcpy(&v, ew_event_data(e), sizeof(v));
	assert_int_equal(v, e->time_ns);
	return v;
}

/* What a consumer gets, as "value/seq value/seq ..."; releases it. */
static void expect(struct ew_ring *r, uint32_t consumer, const char *want)
{
	const struct ew_event *list[16];
	uint32_t n = ew_ring_read_as(r, consumer, list, 16);
	char text[256] = "";

	for (uint32_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u/%u", i ? " " : "",
			 (unsigned)value_of(list[i]), (unsigned)list[i]->seq);
	assert_string_equal(text, want);
	assert_int_equal(ew_ring_release_as(r, consumer, n), n);
}

static struct ew_ring_stat stat_of(const struct ew_ring *r)
{
	struct ew_ring_stat st;

	ew_ring_stat(r, &st);
	return st;
}

/* ---- drop the oldest ---- */

static void drop_oldest(void **state)
{
	const struct ew_event *held;
	struct box b;

	(void)state;
	box_init(&b, EW_RING_DROP_OLDEST, 1);
	for (uint32_t i = 1; i <= 10; i++)
		assert_int_equal(push(b.ring, "a/", i), EW_OK);
	assert_int_equal(stat_of(b.ring).dropped_oldest, 3);
	assert_int_equal(stat_of(b.ring).pushed, 10);
	expect(b.ring, 0, "4/4 5/5 6/6 7/7 8/8 9/9 10/10");
	/* what is looked at is not taken away */
	for (uint32_t i = 11; i <= 17; i++)
		assert_int_equal(push(b.ring, "a/", i), EW_OK);
	assert_int_equal(ew_ring_peek(b.ring, &held), EW_OK);
	assert_int_equal(push(b.ring, "a/", 18), EW_ERR_FULL);
	assert_int_equal(value_of(held), 11);
	assert_int_equal(stat_of(b.ring).rejected_full, 1);
	assert_int_equal(ew_ring_release(b.ring, 1), 1);
	assert_int_equal(push(b.ring, "a/", 18), EW_OK);
	assert_int_equal(push(b.ring, "a/", 19), EW_OK);
	expect(b.ring, 0, "13/13 14/14 15/15 16/16 17/17 18/18 19/19");
	assert_int_equal(stat_of(b.ring).released + stat_of(b.ring).dropped_oldest, 19);
	box_free(&b);
}

/* Of three that were read, two stay held when the first is released. */
static void partly_released(void **state)
{
	const struct ew_event *list[3];
	struct box b;

	(void)state;
	box_init(&b, EW_RING_DROP_OLDEST, 1);
	for (uint32_t i = 1; i <= 7; i++)
		assert_int_equal(push(b.ring, "a/", i), EW_OK);
	assert_int_equal(ew_ring_read(b.ring, list, 3), 3);
	assert_int_equal(ew_ring_release(b.ring, 1), 1);
	assert_int_equal(push(b.ring, "a/", 8), EW_OK);
	assert_int_equal(push(b.ring, "a/", 9), EW_ERR_FULL);
	assert_int_equal(value_of(list[1]), 2);
	assert_int_equal(value_of(list[2]), 3);
	assert_int_equal(ew_ring_release(b.ring, 2), 2);
	assert_int_equal(push(b.ring, "a/", 9), EW_OK);
	expect(b.ring, 0, "4/4 5/5 6/6 7/7 8/8 9/9");
	box_free(&b);
}

/* Claims drop too, and never what they themselves have not published. */
static void claims_drop(void **state)
{
	struct ew_event *e;
	struct box b;

	(void)state;
	box_init(&b, EW_RING_DROP_OLDEST, 1);
	for (uint32_t i = 1; i <= 7; i++)
		assert_int_equal(push(b.ring, "a/", i), EW_OK);
	for (uint32_t i = 8; i <= 14; i++) {
		assert_int_equal(ew_ring_claim(b.ring, 2, 14, &e), EW_OK);
		e->time_ns = i;
		memset(ew_event_data(e), 0, 14);
		memcpy(ew_event_data(e), &i, sizeof(i));
	}
	assert_int_equal(ew_ring_claim(b.ring, 2, 14, &e), EW_ERR_FULL);
	assert_int_equal(stat_of(b.ring).dropped_oldest, 7);
	assert_int_equal(ew_ring_commit(b.ring), 7);
	expect(b.ring, 0, "8/8 9/9 10/10 11/11 12/12 13/13 14/14");
	box_free(&b);
}

/* ---- replace by topic ---- */

static void coalesce(void **state)
{
	struct ew_event big = {.topic_bytes = 2, .data_bytes = 15};
	const struct ew_event *held;
	struct ew_event *e;
	struct box b;

	(void)state;
	box_init(&b, EW_RING_COALESCE, 1);
	for (uint32_t i = 1; i <= 7; i++)
		assert_int_equal(push(b.ring, i % 2 ? "a/" : "b/", i), EW_OK);
	assert_int_equal(push(b.ring, "a/", 8), EW_OK);	       /* for 7 */
	assert_int_equal(push(b.ring, "b/", 9), EW_OK);	       /* for 6 */
	assert_int_equal(push(b.ring, "b/", 10), EW_OK);       /* for 9 */
	assert_int_equal(push(b.ring, "c/", 11), EW_ERR_FULL); /* none is waiting */
	assert_int_equal(ew_ring_push(b.ring, &big, "a/", "fifteen bytes.."), EW_ERR_FULL); /* its record is too small */
	assert_int_equal(ew_ring_claim(b.ring, 2, 14, &e), EW_ERR_FULL);
	assert_int_equal(stat_of(b.ring).coalesced, 3);
	assert_int_equal(stat_of(b.ring).rejected_full, 3);
	assert_int_equal(ew_ring_peek(b.ring, &held), EW_OK);
	assert_int_equal(push(b.ring, "a/", 12), EW_ERR_FULL); /* somebody looks */
	assert_int_equal(ew_ring_release(b.ring, 0), 0);
	expect(b.ring, 0, "1/1 2/2 3/3 4/4 5/5 10/6 8/7");
	assert_int_equal(push(b.ring, "a/", 13), EW_OK); /* not full: nothing is replaced */
	assert_int_equal(push(b.ring, "a/", 14), EW_OK);
	expect(b.ring, 0, "13/8 14/9");
	box_free(&b);
}

/* ---- several consumers ---- */

static void everybody_sees_everything(void **state)
{
	struct ew_ring_consumer_stat cs;
	struct box b;

	(void)state;
	box_init(&b, EW_RING_REJECT, 3);
	for (uint32_t i = 1; i <= 7; i++)
		assert_int_equal(push(b.ring, "a/", i), EW_OK);
	expect(b.ring, 0, "1/1 2/2 3/3 4/4 5/5 6/6 7/7");
	expect(b.ring, 2, "1/1 2/2 3/3 4/4 5/5 6/6 7/7");
	assert_int_equal(push(b.ring, "a/", 8), EW_ERR_FULL); /* the second has not looked */
	assert_int_equal(ew_ring_release_as(b.ring, 1, 2), 2);
	assert_int_equal(push(b.ring, "a/", 8), EW_OK);
	assert_int_equal(push(b.ring, "a/", 9), EW_OK);
	assert_int_equal(push(b.ring, "a/", 10), EW_ERR_FULL);
	expect(b.ring, 0, "8/8 9/9");
	assert_int_equal(ew_ring_consumer_stat(b.ring, 1, &cs), EW_OK);
	assert_int_equal(cs.released, 2);
	assert_true(cs.used_bytes >= 7 * 64);
	assert_int_equal(ew_ring_consumer_stat(b.ring, 3, &cs), EW_ERR_INVAL);
	/* it leaves: nobody waits for it; it comes back: from now on */
	assert_int_equal(ew_ring_leave(b.ring, 1), EW_OK);
	assert_int_equal(push(b.ring, "a/", 10), EW_OK);
	expect(b.ring, 1, "");
	assert_int_equal(ew_ring_join(b.ring, 1), EW_OK);
	assert_int_equal(ew_ring_join(b.ring, 1), EW_OK);
	assert_int_equal(push(b.ring, "a/", 11), EW_OK);
	expect(b.ring, 1, "11/11");
	expect(b.ring, 2, "8/8 9/9 10/10 11/11");
	assert_int_equal(ew_ring_join(b.ring, 3), EW_ERR_INVAL);
	assert_int_equal(ew_ring_leave(b.ring, 3), EW_ERR_INVAL);
	expect(b.ring, 3, "");
	box_free(&b);
}

static void the_slowest_loses(void **state)
{
	struct ew_ring_consumer_stat cs;
	struct box b;

	(void)state;
	box_init(&b, EW_RING_DROP_OLDEST, 2);
	for (uint32_t i = 1; i <= 20; i++) {
		char want[32];

		assert_int_equal(push(b.ring, "a/", i), EW_OK);
		snprintf(want, sizeof(want), "%u/%u", (unsigned)i, (unsigned)i);
		expect(b.ring, 1, want);
	}
	expect(b.ring, 0, "14/14 15/15 16/16 17/17 18/18 19/19 20/20");
	assert_int_equal(stat_of(b.ring).dropped_oldest, 13);
	assert_int_equal(ew_ring_consumer_stat(b.ring, 1, &cs), EW_OK);
	assert_int_equal(cs.released, 20);
	assert_int_equal(cs.dropped_oldest, 0);
	box_free(&b);
}

static void shared_limits(void **state)
{
	struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .consumers = EW_RING_CONSUMERS_MAX};
	size_t bytes = ew_ring_size_shared(ROOM, EW_RING_CONSUMERS_MAX);
	void *memory = malloc(bytes);
	struct ew_ring *r;

	(void)state;
	assert_int_equal(ew_ring_size_shared(ROOM, 0), 0);
	assert_int_equal(ew_ring_size_shared(ROOM, EW_RING_CONSUMERS_MAX + 1), 0);
	assert_int_equal(ew_ring_init(memory, bytes, &cfg, &r), EW_OK);
	assert_int_equal(push(r, "a/", 1), EW_OK);
	for (uint32_t k = 0; k < EW_RING_CONSUMERS_MAX; k++)
		expect(r, k, "1/1");
	assert_int_equal(ew_ring_attach(memory, bytes, &r), EW_OK);
	assert_int_equal(ew_ring_attach(memory, bytes - 8, &r), EW_ERR_MALFORMED);
	cfg.consumers++;
	assert_int_equal(ew_ring_init(memory, bytes, &cfg, &r), EW_ERR_INVAL);
	cfg.consumers = 2;
	cfg.policy = EW_RING_COALESCE;
	assert_int_equal(ew_ring_init(memory, bytes, &cfg, &r), EW_ERR_INVAL);
	free(memory);
}

/* Waiting changes when a consumer learns that there is nothing, and nothing else. */
static void slipping(void **state)
{
	static const struct row {
		uint32_t slip;
		enum ew_status want;
	} rows[] = {{0, EW_OK}, {1, EW_OK}, {EW_RING_SLIP_MAX, EW_OK}, {EW_RING_SLIP_MAX + 1, EW_ERR_LIMIT}};
	static uint64_t memory[1024 / 8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .slip = rows[i].slip};
		struct ew_event e = {.data_bytes = 4}, head;
		const struct ew_event *out;
		uint8_t payload[4];
		struct ew_ring *r;

		assert_int_equal(ew_ring_init(memory, sizeof(memory), &cfg, &r), rows[i].want);
		for (uint32_t n = 1; rows[i].want == EW_OK && n < 300; n++) {
			assert_int_equal(ew_ring_push(r, &e, NULL, "four"), EW_OK);
			if (n % 3 == 0)
				assert_int_equal(ew_ring_push(r, &e, NULL, "five"), EW_OK);
			assert_int_equal(ew_ring_pop(r, &head, payload, sizeof(payload)), EW_OK);
			assert_int_equal(ew_ring_release(r, 2), n % 3 == 0);
			assert_int_equal(ew_ring_peek(r, &out), EW_ERR_EMPTY);
			assert_int_equal(ew_ring_peek(r, &out), EW_ERR_EMPTY);
			assert_int_equal(head.seq, n + (n - 1) / 3);
		}
	}
}

static void aligned_records(void **state)
{
	static const struct row {
		uint32_t align;
		enum ew_status want;
	} rows[] = {{4, EW_ERR_INVAL}, {8, EW_OK}, {12, EW_ERR_INVAL}, {64, EW_OK}, {128, EW_ERR_INVAL}};
	static uint64_t memory[1024 / 8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .record_align = rows[i].align};
		const struct ew_event *a, *list[2];
		struct ew_ring *r;

		assert_int_equal(ew_ring_init(memory, sizeof(memory), &cfg, &r), rows[i].want);
		if (rows[i].want != EW_OK)
			continue;
		for (uint32_t n = 1; n < 100; n++) {
			struct ew_event e = {.data_bytes = n % 30};

			assert_int_equal(ew_ring_push(r, &e, NULL, "thirty bytes, of which none matters"), EW_OK);
			assert_int_equal(ew_ring_push(r, &e, NULL, "thirty bytes, of which none matters"), EW_OK);
			assert_int_equal(ew_ring_read(r, list, 2), 2);
			a = list[0];
			assert_int_equal(((uintptr_t)list[1] - (uintptr_t)a) % rows[i].align, 0);
			assert_int_equal(ew_ring_release(r, 2), 2);
		}
	}
}

/* ---- a producer that died ---- */

/* Claims are forgotten, what was committed is there, numbers go on. */
static void recover_forgets_claims(void **state)
{
	struct ew_event *e;
	struct box b;

	(void)state;
	box_init(&b, EW_RING_REJECT, 1);
	assert_int_equal(ew_ring_recover(b.ring), 0);
	assert_int_equal(push(b.ring, "a/", 1), EW_OK);
	assert_int_equal(push(b.ring, "a/", 2), EW_OK);
	assert_int_equal(ew_ring_claim(b.ring, 2, 14, &e), EW_OK);
	assert_int_equal(ew_ring_claim(b.ring, 2, 14, &e), EW_OK);
	assert_int_equal(ew_ring_recover(b.ring), 2);
	assert_int_equal(ew_ring_next_seq(b.ring), 3);
	assert_int_equal(push(b.ring, "a/", 3), EW_OK);
	expect(b.ring, 0, "1/1 2/2 3/3");
	assert_int_equal(stat_of(b.ring).abandoned, 2);
	assert_int_equal(ew_ring_recover(b.ring), 0);
	box_free(&b);
}

/*
 * The producer's own words may hold anything after it died: between any two of its stores.  The consumer has
 * seen the last commit already, or not, before it was counted.
 */
static void recover_needs_only_frames(void **state)
{
	(void)state;
	for (uint32_t start = 0; start < 16; start++)
		for (uint32_t waiting = 0; waiting <= 7; waiting++)
			for (uint32_t taken = 0; taken <= waiting; taken++) {
				struct box b;
				uint32_t n = 0;

				box_init(&b, EW_RING_REJECT, 1);
				while (n < start) {
					push(b.ring, "a/", ++n);
					ew_ring_release(b.ring, 1);
				}
				for (uint32_t i = 0; i < waiting; i++)
					assert_int_equal(push(b.ring, "a/", ++n), EW_OK);
				ew_ring_release(b.ring, taken);
				b.ring->at = 8 * (start + 1);
				b.ring->limit = 999;
				b.ring->open = 16;
				b.ring->open_frame = 1;
				b.ring->pushed -= n > 0; /* the last one was not counted yet */
				assert_int_equal(ew_ring_recover(b.ring), 0);
				assert_int_equal(ew_ring_next_seq(b.ring), n + 1);
				assert_int_equal(stat_of(b.ring).pushed, n);
				for (uint32_t i = waiting - taken; i < 7; i++)
					if (push(b.ring, "a/", ++n) != EW_OK)
						n--;
				for (uint32_t i = start + taken + 1; i <= n; i++) {
					const struct ew_event *e;

					assert_int_equal(ew_ring_peek(b.ring, &e), EW_OK);
					assert_int_equal(value_of(e), i);
					assert_int_equal(e->seq, i);
					ew_ring_release(b.ring, 1);
				}
				assert_int_equal(stat_of(b.ring).used_bytes, 0);
				box_free(&b);
			}
}

/* A replacement that was under way: that event is gone, the ones around it are not. */
static void recover_skips_a_torn_event(void **state)
{
	(void)state;
	for (uint32_t torn = 1; torn <= 7; torn++) {
		char want[100] = "";
		struct box b;

		box_init(&b, EW_RING_COALESCE, 1);
		for (uint32_t i = 1; i <= 7; i++)
			assert_int_equal(push(b.ring, "a/", i), EW_OK);
		b.ring->own.head |= EW_RING_EDITED;
		b.ring->edit_at = (torn - 1) * 64 + 1;
		expect(b.ring, 0, ""); /* nothing is given out meanwhile */
		assert_int_equal(ew_ring_recover(b.ring), 1);
		assert_int_equal(ew_ring_next_seq(b.ring), 8);
		for (uint32_t i = 1; i <= 7; i++)
			if (i != torn)
				snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s%u/%u",
					 *want ? " " : "", (unsigned)i, (unsigned)i);
		expect(b.ring, 0, want);
		for (uint32_t i = 8; i <= 12; i++)
			assert_int_equal(push(b.ring, "a/", i), EW_OK);
		expect(b.ring, 0, "8/8 9/9 10/10 11/11 12/12");
		assert_int_equal(stat_of(b.ring).abandoned, 1);
		box_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drop_oldest),
		cmocka_unit_test(partly_released),
		cmocka_unit_test(claims_drop),
		cmocka_unit_test(coalesce),
		cmocka_unit_test(everybody_sees_everything),
		cmocka_unit_test(the_slowest_loses),
		cmocka_unit_test(shared_limits),
		cmocka_unit_test(slipping), cmocka_unit_test(aligned_records),
		cmocka_unit_test(recover_forgets_claims),
		cmocka_unit_test(recover_needs_only_frames),
		cmocka_unit_test(recover_skips_a_torn_event),
	};

	return cmocka_run_group_tests_name("ring, policies", tests, NULL, NULL);
}
