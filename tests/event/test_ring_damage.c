/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_ring_damage.c - rings in shared memory that somebody else has written to: every call returns, nothing outside
 * of the room is touched (it ends at a guard page), no event is given out that would lead there, and after recovery the
 * ring works.
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
#include "event/mring.h"
#include "../aid/guard.h"

#define ROOM 512u
#define SEEDS 6000u

static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

/* What lengths and flags go wrong by. */
static uint32_t wrong_word(void)
{
	static const uint32_t words[] = {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 47, 48, 49, 50, 52, 56, 64, 65, 66, 68, 128, 130, 132,
					 ROOM / 2, ROOM - 8, ROOM, ROOM + 1, ROOM + 2, ROOM + 4, ROOM + 8, 0x7ffffff8,
					 0x80000000, 0x80000001, 0x80000002, 0x80000004, 0xfffffff8, 0xffffffff};

	return random_below(8) == 0 ? random_state : words[random_below(sizeof(words) / sizeof(words[0]))];
}

static void damage(uint8_t *room, uint32_t *head)
{
	for (uint32_t n = 1 + random_below(3); n > 0; n--) {
		uint32_t word = wrong_word();

		if (random_below(6) == 0)
			*head = word;
		else
			memcpy(room + random_below(ROOM / 4) * 4, &word, sizeof(word));
	}
}

/* All of an event is in the room.  Its lengths are read once, as a careful consumer does. */
static void check_event(const struct ew_event *e, const uint8_t *room)
{
	const uint8_t *at = (const uint8_t *)e;
	size_t bytes = sizeof(*e) + (size_t)e->topic_bytes + e->data_bytes;

	assert_true(at >= room && at <= room + ROOM && bytes <= (size_t)(room + ROOM - at));
}

/* ---- one producer ---- */

static enum ew_status push(struct ew_ring *r, uint32_t bytes)
{
	struct ew_event e = {.data_bytes = bytes, .topic_bytes = 3};
	uint8_t data[ROOM] = {0};

	memset(data, 0x5a, bytes);
	return ew_ring_push(r, &e, "abc", data);
}

/* Whatever a consumer can ask for, and the producer's looks at waiting events. */
static void use_ring(struct ew_ring *r, const uint8_t *room)
{
	const struct ew_event *list[8], *e;
	uint8_t payload[ROOM];
	struct ew_event head;
	struct ew_ring_scan s;
	uint32_t n;

	for (uint32_t k = 0; k < r->consumers; k++) {
		n = ew_ring_read_as(r, k, list, 8);
		for (uint32_t i = 0; i < n; i++)
			check_event(list[i], room);
		if (ew_ring_peek_as(r, k, &e) == EW_OK)
			check_event(e, room);
		ew_ring_release_as(r, k, random_below(4));
	}
	ew_ring_scan_begin(&s, r);
	while ((e = ew_ring_scan_next(&s)) != NULL)
		check_event(e, room);
	if (random_below(2))
		ew_ring_scan_end(&s);
	(void)ew_ring_pop(r, &head, payload, sizeof(payload));
	(void)push(r, random_below(100));
	(void)ew_ring_shrink(r, 1);
	(void)ew_ring_abort(r);
	(void)ew_ring_commit(r);
	(void)push(r, random_below(100));
}

static void any_damage(void **state)
{
	unsigned told = 0;
	struct guard g;

	(void)state;
	guard_init(&g, 4096);
	for (random_state = 1; random_state < SEEDS; random_state++) {
		uint32_t seed = random_state, open = random_below(3);
		struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .consumers = 1 + random_below(2), .slip = random_below(2),
					     .record_align = 8u << random_below(4), .policy = (enum ew_ring_policy)random_below(3)};
		size_t bytes = ew_ring_size_shared(ROOM, cfg.consumers);
		uint8_t *memory = guard_high(&g, bytes);
		const struct ew_event *e;
		struct ew_event *claimed;
		struct ew_ring *r;
		uint8_t *room;

		if (cfg.consumers == 1 && random_below(3) == 0)
			cfg.policy = EW_RING_COALESCE;
		assert_int_equal(ew_ring_init(memory, bytes, &cfg, &r), EW_OK);
		room = memory + EW_RING_CONTROL_BYTES;
		for (uint32_t i = random_below(20); i > 0; i--) {
			(void)push(r, random_below(100));
			ew_ring_release(r, random_below(2));
		}
		while (open-- > 0)
			(void)ew_ring_claim(r, 3, random_below(60), &claimed);
		damage(room, &r->own.head);
		told += ew_ring_peek(r, &e) == EW_ERR_MALFORMED;
		use_ring(r, room);
		ew_ring_recover(r);
		use_ring(r, room);
		ew_ring_recover(r);
		if (ew_ring_peek(r, &e) == EW_OK)
			check_event(e, room);
		random_state = seed;
	}
	print_message("%u of %u told at once\n", told, SEEDS - 1);
	assert_true(told > SEEDS / 20);
	guard_deinit(&g);
}

static void what_is_told(void **state)
{
	static const struct row {
		uint32_t frame;
		enum ew_status status;
	} rows[] = {
		{0, EW_ERR_EMPTY},
		{64, EW_OK}, /* 48, "abc" and 10 */
		{56, EW_ERR_MALFORMED},
		{72, EW_OK}, /* longer than what it holds: so is one that was replaced */
		{ROOM, EW_OK},
		{ROOM + 8, EW_ERR_MALFORMED},
		{0xfffffff8, EW_ERR_MALFORMED},
		{0 | EW_RING_PAD, EW_ERR_MALFORMED},
		{64 | EW_RING_PAD, EW_ERR_MALFORMED}, /* not up to the end */
		{ROOM | EW_RING_PAD, EW_ERR_MALFORMED}, /* leads to itself */
		{0 | EW_RING_SKIP, EW_ERR_MALFORMED},
		{64 | EW_RING_SKIP, EW_ERR_EMPTY},
		{ROOM | EW_RING_SKIP, EW_ERR_MALFORMED},
		{64 | EW_RING_SKIP | EW_RING_PAD, EW_ERR_MALFORMED},
		{64 | 4, EW_ERR_MALFORMED},
	};
	static uint64_t memory[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t bytes = ew_ring_size(ROOM);
		const struct ew_event *e, *list[2];
		uint8_t payload[32];
		struct ew_event head;
		struct ew_ring *r;

		assert_true(bytes <= sizeof(memory));
		assert_int_equal(ew_ring_init(memory, bytes, NULL, &r), EW_OK);
		assert_int_equal(push(r, 10), EW_OK);
		ew_ring_event_at(r, 0)->frame = rows[i].frame;
		assert_int_equal(ew_ring_peek(r, &e), rows[i].status);
		assert_int_equal(ew_ring_read(r, list, 1), rows[i].status == EW_OK);
		assert_int_equal(ew_ring_pop(r, &head, payload, sizeof(payload)), rows[i].status);
		/* What is committed behind the damage is given up, but not what comes. */
		ew_ring_recover(r);
		assert_int_equal(push(r, 11), EW_OK);
		do
			assert_int_equal(ew_ring_pop(r, &head, payload, sizeof(payload)), EW_OK);
		while (head.data_bytes != 11);
	}
}

static void attached(void **state)
{
	static uint64_t memory[200];
	struct ew_ring *r, *other;
	uint32_t *const words[] = {&((struct ew_ring *)(void *)memory)->size, &((struct ew_ring *)(void *)memory)->consumers,
				   &((struct ew_ring *)(void *)memory)->policy, &((struct ew_ring *)(void *)memory)->slip,
				   &((struct ew_ring *)(void *)memory)->max_payload, &((struct ew_ring *)(void *)memory)->align,
				   &((struct ew_ring *)(void *)memory)->magic};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(ew_ring_init(memory, ew_ring_size(ROOM), NULL, &r), EW_OK);
		assert_int_equal(ew_ring_attach(memory, ew_ring_size(ROOM), &other), EW_OK);
		*words[i] ^= 0x10000;
		assert_int_equal(ew_ring_attach(memory, ew_ring_size(ROOM), &other), EW_ERR_MALFORMED);
		assert_null(other);
	}
}

/* ---- several producers ---- */

static enum ew_status mpush(struct ew_mring *r, uint32_t bytes)
{
	struct ew_event e = {.data_bytes = bytes, .topic_bytes = 3};
	uint8_t data[ROOM] = {0};

	memset(data, 0x5a, bytes);
	return ew_mring_push(r, &e, "abc", data);
}

static void use_mring(struct ew_mring *r, const uint8_t *room)
{
	const struct ew_event *list[8], *e;
	uint8_t payload[ROOM];
	struct ew_event head;
	uint32_t n = ew_mring_read(r, list, 8);

	for (uint32_t i = 0; i < n; i++)
		check_event(list[i], room);
	if (ew_mring_peek(r, &e) == EW_OK)
		check_event(e, room);
	ew_mring_release(r, random_below(4));
	(void)ew_mring_pop(r, &head, payload, sizeof(payload));
	(void)mpush(r, random_below(100));
}

static void any_damage_mring(void **state)
{
	unsigned told = 0;
	struct guard g;

	(void)state;
	guard_init(&g, 4096);
	for (random_state = 1; random_state < SEEDS; random_state++) {
		uint32_t seed = random_state;
		struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .record_align = 8u << random_below(4),
					      .slip = random_below(2)};
		size_t bytes = ew_mring_size(ROOM);
		uint8_t *memory = guard_high(&g, bytes);
		const struct ew_event *e;
		struct ew_event *claimed;
		struct ew_mring *r;
		uint8_t *room;

		assert_int_equal(ew_mring_init(memory, bytes, &cfg, &r), EW_OK);
		room = memory + EWI_MRING_CONTROL_BYTES;
		for (uint32_t i = random_below(20); i > 0; i--) {
			(void)mpush(r, random_below(100));
			ew_mring_release(r, random_below(2));
		}
		if (random_below(2))
			(void)ew_mring_claim(r, 3, random_below(60), &claimed);
		damage(room, random_below(3) == 0 ? &r->release_to : &r->head);
		if (random_below(8) == 0)
			r->tail = wrong_word();
		told += ew_mring_peek(r, &e) == EW_ERR_MALFORMED;
		use_mring(r, room);
		ew_mring_recover_consumer(r);
		ew_mring_recover_producers(r);
		use_mring(r, room);
		ew_mring_recover_producers(r);
		random_state = seed;
	}
	print_message("%u of %u told at once\n", told, SEEDS - 1);
	assert_true(told > SEEDS / 20);
	guard_deinit(&g);
}

static void what_is_told_mring(void **state)
{
	static const struct row {
		uint32_t frame;
		enum ew_status status;
		uint32_t lost; /* places that ew_mring_recover_producers() gives up */
	} rows[] = {
		{64, EW_OK, 0},
		{0, EW_ERR_EMPTY, 1},
		{64 | EWI_RING_BUSY, EW_ERR_EMPTY, 1},
		{0 | EWI_RING_BUSY, EW_ERR_EMPTY, 1},
		{56, EW_ERR_MALFORMED, 1}, /* less than it says to hold */
		{ROOM, EW_OK, 1}, /* beyond the tail */
		{ROOM + 8, EW_ERR_MALFORMED, 1},
		{0 | EW_RING_PAD, EW_ERR_MALFORMED, 1},
		{0 | EW_RING_SKIP, EW_ERR_MALFORMED, 1},
		{64 | EW_RING_SKIP, EW_OK, 0}, /* the second event */
		{ROOM | EW_RING_SKIP, EW_ERR_MALFORMED, 1},
		{0xfffffff8, EW_ERR_MALFORMED, 1},
	};
	static uint64_t memory[400];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .record_align = 8};
		size_t bytes = ew_mring_size(ROOM);
		const struct ew_event *e;
		struct ew_mring *r;

		assert_true(bytes <= sizeof(memory));
		assert_int_equal(ew_mring_init(memory, bytes, &cfg, &r), EW_OK);
		assert_int_equal(mpush(r, 10), EW_OK);
		assert_int_equal(mpush(r, 11), EW_OK);
		((struct ew_event *)(void *)((uint8_t *)r + EWI_MRING_CONTROL_BYTES))->frame = rows[i].frame;
		assert_int_equal(ew_mring_peek(r, &e), rows[i].status);
		assert_int_equal(ew_mring_recover_producers(r) != 0, rows[i].lost != 0);
		if (rows[i].lost == 0)
			continue;
		assert_int_equal(mpush(r, 12), EW_OK);
		do {
			assert_int_equal(ew_mring_peek(r, &e), EW_OK);
			assert_int_equal(ew_mring_release(r, 1), 1);
		} while (e->data_bytes != 12 && ew_mring_peek(r, &e) == EW_OK);
		assert_int_equal(ew_mring_peek(r, &e), EW_ERR_EMPTY);
	}
}

static void attached_mring(void **state)
{
	static uint64_t memory[400];
	struct ew_mring *at = (struct ew_mring *)(void *)memory, *r;
	uint32_t *const words[] = {&at->magic, &at->units, &at->align, &at->align_bits, &at->offset_bits, &at->max_payload, &at->policy, &at->slip};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(ew_mring_init(memory, ew_mring_size(ROOM), NULL, &r), EW_OK);
		assert_int_equal(ew_mring_attach(memory, ew_mring_size(ROOM), &r), EW_OK);
		*words[i] ^= 0x10000;
		assert_int_equal(ew_mring_attach(memory, ew_mring_size(ROOM), &r), EW_ERR_MALFORMED);
		assert_null(r);
	}
}

/* A frame shorter than a header, so near the end of the room that the header would reach out of it. */
static void short_frames(void **state)
{
	struct guard g;

	(void)state;
	guard_init(&g, 4096);
	for (uint32_t frame = 8; frame < sizeof(struct ew_event); frame += 8)
		for (uint32_t from_end = frame; from_end < sizeof(struct ew_event); from_end += 8) {
			uint8_t *memory = guard_high(&g, ew_ring_size(ROOM));
			struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .record_align = 8};
			const struct ew_event *e;
			struct ew_mring *m;
			struct ew_ring *r;

			assert_int_equal(ew_ring_init(memory, ew_ring_size(ROOM), NULL, &r), EW_OK);
			assert_int_equal(push(r, 10), EW_OK);
			r->own.head = ROOM - from_end;
			*(uint32_t *)(void *)(memory + EW_RING_CONTROL_BYTES + ROOM - from_end) = frame;
			assert_int_equal(ew_ring_peek(r, &e), EW_ERR_MALFORMED);
			use_ring(r, memory + EW_RING_CONTROL_BYTES);
			ew_ring_recover(r);

			memory = guard_high(&g, ew_mring_size(ROOM));
			assert_int_equal(ew_mring_init(memory, ew_mring_size(ROOM), &cfg, &m), EW_OK);
			assert_int_equal(mpush(m, 10), EW_OK);
			m->head = (ROOM - from_end) >> EWI_MRING_UNIT_BITS(m);
			*(uint32_t *)(void *)(memory + EWI_MRING_CONTROL_BYTES + ROOM - from_end) = frame;
			assert_int_equal(ew_mring_peek(m, &e), EW_ERR_MALFORMED);
			use_mring(m, memory + EWI_MRING_CONTROL_BYTES);
			ew_mring_recover_producers(m);
		}
	guard_deinit(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_damage),	    cmocka_unit_test(what_is_told),	  cmocka_unit_test(attached),
		cmocka_unit_test(any_damage_mring), cmocka_unit_test(what_is_told_mring), cmocka_unit_test(attached_mring),
		cmocka_unit_test(short_frames),
	};

	return cmocka_run_group_tests_name("damaged rings", tests, NULL, NULL);
}
