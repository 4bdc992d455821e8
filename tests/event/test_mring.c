/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_mring.c - the ring of several producers on one thread: limits, every offset, claims in any order, deaths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "edgewasm/event.h"
#include "event/mring.h"

struct box {
	void *memory;
	struct ew_mring *ring;
};

static void box_init(struct box *b, size_t ring_bytes, uint32_t align, enum ew_ring_policy policy)
{
	struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .policy = policy, .record_align = align};
	size_t bytes = ew_mring_size(ring_bytes);

	assert_true(bytes != 0);
	b->memory = malloc(bytes);
	assert_non_null(b->memory);
	memset(b->memory, 0xa5, bytes);
	assert_int_equal(ew_mring_init(b->memory, bytes, &cfg, &b->ring), EW_OK);
}

static enum ew_status push(struct ew_mring *r, uint32_t value, uint32_t bytes)
{
	struct ew_event e = {.time_ns = value, .data_bytes = bytes};
	uint8_t data[512];

	memset(data, (int)(value | 1), sizeof(data)); /* never 0: what a frame must not be taken for */
	return ew_mring_push(r, &e, NULL, data);
}

static void check(const struct ew_event *e, uint32_t value, uint32_t bytes)
{
	assert_int_equal(e->time_ns, value);
	assert_int_equal(e->data_bytes, bytes);
	for (uint32_t i = 0; i < bytes; i++)
		assert_int_equal(ew_event_data(e)[i], (uint8_t)(value | 1));
}

/* The oldest event is this one, and then it is released. */
static void expect(struct ew_mring *r, uint32_t value, uint32_t bytes, uint64_t seq)
{
	const struct ew_event *e;

	assert_int_equal(ew_mring_peek(r, &e), EW_OK);
	check(e, value, bytes);
	assert_int_equal(e->seq, seq);
	assert_int_equal(ew_mring_release(r, 1), 1);
}

static struct ew_ring_stat stat_of(const struct ew_mring *r)
{
	struct ew_ring_stat st;

	ew_mring_stat(r, &st);
	return st;
}

static void creation(void **state)
{
	static uint64_t memory[400];
	static const struct row {
		size_t bytes;
		int policy;
		uint32_t align;
		enum ew_status want;
	} rows[] = {
		{sizeof(memory), EW_RING_REJECT, 0, EW_OK},
		{sizeof(memory), EW_RING_DROP_NEWEST, 8, EW_OK},
		{sizeof(memory), EW_RING_DROP_OLDEST, 8, EW_ERR_UNSUPPORTED},
		{sizeof(memory), EW_RING_REJECT, 4, EW_ERR_INVAL},
		{sizeof(memory), EW_RING_REJECT, 24, EW_ERR_INVAL},
		{sizeof(memory), EW_RING_REJECT, 64, EW_OK},
		{sizeof(memory), EW_RING_REJECT, 128, EW_ERR_INVAL},
		{100, EW_RING_REJECT, 0, EW_ERR_INVAL},
	};
	struct ew_mring *r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .record_align = rows[i].align,
					      .policy = (enum ew_ring_policy)rows[i].policy};

		if (ew_mring_init(memory, rows[i].bytes, &cfg, &r) != rows[i].want)
			fail_msg("row %zu", i);
		assert_true((r != NULL) == (rows[i].want == EW_OK));
	}
	assert_int_equal(ew_mring_size(EW_RING_MIN_BYTES - 8), 0);
	assert_int_equal(ew_mring_size(EW_RING_MIN_BYTES + 4), 0);
	assert_int_equal(ew_mring_size((size_t)EW_RING_MAX_BYTES + 8), 0);
	assert_int_equal(ew_mring_init(memory, sizeof(memory), NULL, &r), EW_OK);
	assert_int_equal(ew_mring_attach(memory, sizeof(memory), &r), EW_OK);
	assert_int_equal(ew_mring_attach(memory, ew_mring_size(EW_RING_MIN_BYTES), &r), EW_ERR_MALFORMED);
	*(unsigned char *)memory ^= 1;
	assert_int_equal(ew_mring_attach(memory, sizeof(memory), &r), EW_ERR_MALFORMED);
	assert_int_equal(ew_mring_init((char *)memory + 4, sizeof(memory) - 4, NULL, &r), EW_ERR_INVAL);
	assert_int_equal(ew_mring_init(NULL, 4096, NULL, &r), EW_ERR_INVAL);
}

/* Filled to the brim and emptied, from every offset, with every size: nothing lost, nothing twice. */
static void full_at_every_offset(void **state)
{
	(void)state;
	for (uint32_t align = 8; align <= 64; align *= 2)
		for (uint32_t start = 0; start < 20; start++)
			for (uint32_t bytes = 0; bytes < 100; bytes += 17) {
				uint32_t n = 0, i = 0, largest;
				struct box b;

				box_init(&b, 768, align, EW_RING_REJECT);
				for (; i < start; i++) {
					assert_int_equal(push(b.ring, i, 5), EW_OK);
					expect(b.ring, i, 5, i + 1);
				}
				while (push(b.ring, i + n, bytes) == EW_OK)
					n++;
				assert_true(n >= 768 / ew_ring_record_bytes(0, bytes + align) - 1 && n <= 16);
				assert_int_equal(stat_of(b.ring).rejected_full, 1);
				assert_int_equal(stat_of(b.ring).pushed, start + n);
				for (uint32_t k = 0; k < n; k++)
					expect(b.ring, i + k, bytes, i + k + 1);
				assert_int_equal(stat_of(b.ring).used_bytes, 0);
				assert_int_equal(stat_of(b.ring).released, start + n);
				/* the largest fits from here too, and not one byte more */
				largest = (uint32_t)(ew_mring_max_record(b.ring) - sizeof(struct ew_event));
				assert_int_equal(push(b.ring, 9, largest), EW_OK);
				expect(b.ring, 9, largest, start + n + 1);
				assert_int_equal(push(b.ring, 9, largest + 1), EW_ERR_TOOBIG);
				assert_int_equal(stat_of(b.ring).too_big, 1);
				free(b.memory);
			}
}

/* Claims are finished in any order; the consumer sees them in the order of claiming. */
static void out_of_order(void **state)
{
	const struct ew_event *got;
	struct ew_event *e[3];
	struct box b;

	(void)state;
	box_init(&b, 1024, 0, EW_RING_REJECT);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(ew_mring_claim(b.ring, 0, 30, &e[i]), EW_OK);
		e[i]->time_ns = i;
		memset(ew_event_data(e[i]), (int)(i | 1), 30);
	}
	ew_mring_commit(b.ring, e[2]);
	assert_int_equal(ew_mring_peek(b.ring, &got), EW_ERR_EMPTY);
	ew_mring_abort(b.ring, e[1]);
	assert_int_equal(ew_mring_peek(b.ring, &got), EW_ERR_EMPTY);
	e[0]->data_bytes = 7; /* fewer than claimed */
	ew_mring_commit(b.ring, e[0]);
	expect(b.ring, 0, 7, 1);
	expect(b.ring, 2, 30, 3);
	assert_int_equal(ew_mring_peek(b.ring, &got), EW_ERR_EMPTY);
	assert_null(got);
	assert_int_equal(stat_of(b.ring).aborted, 1);
	assert_int_equal(stat_of(b.ring).pushed, 2);
	assert_int_equal(ew_mring_release(b.ring, 1), 0);
	free(b.memory);
}

static void batches(void **state)
{
	struct ew_event *out[6];
	const struct ew_event *got[6];
	struct box b;

	(void)state;
	box_init(&b, 1024, 8, EW_RING_REJECT);
	assert_int_equal(ew_mring_claim_batch(b.ring, 0, 0, 8, out), EW_ERR_INVAL);
	assert_int_equal(ew_mring_claim_batch(b.ring, 6, 0, 64, out), EW_ERR_TOOBIG);
	assert_null(out[0]);
	for (uint32_t lap = 0; lap < 30; lap++) {
		assert_int_equal(ew_mring_claim_batch(b.ring, 4, 0, 21, out), EW_OK);
		for (uint32_t i = 0; i < 4; i++) {
			out[i]->time_ns = i;
			memset(ew_event_data(out[i]), (int)(i | 1), 21);
		}
		assert_int_equal(ew_mring_read(b.ring, got, 6), 0);
		if (lap % 5 == 4) {
			ew_mring_abort_batch(b.ring, out[0], 4);
			assert_int_equal(ew_mring_read(b.ring, got, 6), 0);
			continue;
		}
		ew_mring_commit_batch(b.ring, out[0], 4);
		assert_int_equal(ew_mring_read(b.ring, got, 6), 4);
		for (uint32_t i = 0; i < 4; i++) {
			check(got[i], i, 21);
			assert_int_equal(got[i]->seq, lap * 4 + i + 1);
		}
		assert_int_equal(ew_mring_release(b.ring, 3), 3);
		expect(b.ring, 3, 21, lap * 4 + 4);
	}
	assert_int_equal(stat_of(b.ring).aborted, 24);
	assert_int_equal(stat_of(b.ring).too_big, 6);
	free(b.memory);
}

/* Nothing but aborted claims: they are given back by looking. */
static void only_aborted(void **state)
{
	const struct ew_event *got;
	struct ew_event *e;
	struct box b;

	(void)state;
	box_init(&b, 512, 8, EW_RING_REJECT);
	for (uint32_t lap = 0; lap < 50; lap++) {
		while (ew_mring_claim(b.ring, 0, 21, &e) == EW_OK)
			ew_mring_abort(b.ring, e);
		assert_int_equal(ew_mring_peek(b.ring, &got), EW_ERR_EMPTY);
		assert_int_equal(stat_of(b.ring).used_bytes, 0);
	}
	assert_int_equal(stat_of(b.ring).rejected_full, 50);
	assert_int_equal(stat_of(b.ring).pushed, 0);
	free(b.memory);
}

static void drop_newest(void **state)
{
	struct ew_event *e;
	struct box b;
	uint32_t n = 0;

	(void)state;
	box_init(&b, 704, 64, EW_RING_DROP_NEWEST); /* eleven grains, one of them always free */
	for (; n < 12; n++)
		assert_int_equal(push(b.ring, n, 16), EW_OK);
	assert_int_equal(ew_mring_claim(b.ring, 0, 16, &e), EW_ERR_FULL);
	assert_int_equal(stat_of(b.ring).dropped_newest, 3);
	assert_int_equal(stat_of(b.ring).pushed, 10);
	for (uint32_t i = 0; i < 10; i++)
		expect(b.ring, i, 16, i + 1);
	assert_int_equal(push(b.ring, 77, 16), EW_OK);
	expect(b.ring, 77, 16, 14);
	free(b.memory);
}

/* The number grows beyond the bits that the tail has for it. */
static void whole_numbers(void **state)
{
	static uint64_t memory[400];
	struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .first_seq = UINT64_C(0xfffffffffff0)};
	struct ew_mring *r;

	(void)state;
	assert_int_equal(ew_mring_init(memory, sizeof(memory), &cfg, &r), EW_OK);
	for (uint32_t i = 0; i < 200000; i++) {
		assert_int_equal(push(r, i, 3), EW_OK);
		expect(r, i, 3, cfg.first_seq + i);
	}
}

/* ---- deaths ---- */

/*
 * A consumer died while it gave room back: `zeroed` of the first words are 0 already.  Its successor finishes
 * that, and finds the events that were not released.
 */
static void consumer_died(void **state)
{
	(void)state;
	for (uint32_t start = 0; start < 12; start++)
		for (uint32_t zeroed = 0; zeroed <= 6; zeroed++) {
			const struct ew_event *e;
			struct box b;

			box_init(&b, 704, 64, EW_RING_REJECT);
			for (uint32_t i = 0; i < start; i++) {
				push(b.ring, i, 30);
				expect(b.ring, i, 30, i + 1);
			}
			for (uint32_t i = 0; i < 4; i++)
				assert_int_equal(push(b.ring, i, 30), EW_OK); /* 2 grains each */
			/* what ew_mring_release(ring, 3) stores before the first zero */
			assert_int_equal(ew_mring_peek(b.ring, &e), EW_OK);
			{
				struct ew_mring copy = *b.ring;
				uint32_t at = (copy.head & ((1u << copy.offset_bits) - 1)) / (copy.units / 11);

				assert_int_equal(ew_mring_release(b.ring, 3), 3);
				b.ring->head = copy.head;
				b.ring->next_seq = copy.next_seq;
				b.ring->released = copy.released;
				b.ring->head_told = copy.head_told;
				b.ring->taken = copy.taken;
				for (uint32_t i = zeroed; i < 6; i++) /* not yet */
					*(uint32_t *)(void *)((char *)b.memory + EWI_MRING_CONTROL_BYTES +
							      (at + i) % 11 * 64) = 0x01010101;
			}
			ew_mring_recover_consumer(b.ring);
			assert_int_equal(stat_of(b.ring).released, start + 3);
			expect(b.ring, 3, 30, start + 4);
			for (uint32_t i = 0; i < 4; i++)
				assert_int_equal(push(b.ring, i, 30), EW_OK);
			for (uint32_t i = 0; i < 4; i++)
				expect(b.ring, i, 30, start + 5 + i);
			free(b.memory);
		}
}

/*
 * A consumer died one store before the end of a release: head is where it was, but producers may have been told
 * (in the small room always, in the large one mostly), and went on.  What they wrote, and the claim that is
 * open while the successor recovers, stays.  Done twice it is the same.
 */
static void consumer_died_told(void **state)
{
	static const size_t rooms[] = {704, 4096};
	uint32_t told = 0, untold = 0;

	(void)state;
	for (uint32_t start = 0; start < 80; start++) {
		struct ew_event *open;
		uint32_t head, more = 0;
		struct box b;

		box_init(&b, rooms[start % 7 & 1], 64, EW_RING_REJECT);
		for (uint32_t i = 0; i < start; i++) {
			push(b.ring, i, 30);
			expect(b.ring, i, 30, i + 1);
		}
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(push(b.ring, i, 30), EW_OK); /* 2 grains each */
		head = b.ring->head;
		assert_int_equal(ew_mring_release(b.ring, 3), 3);
		*(b.ring->head_told == b.ring->head ? &told : &untold) += 1;
		b.ring->head = head;
		assert_int_equal(ew_mring_claim(b.ring, 0, 30, &open), EW_OK);
		while (push(b.ring, 4 + more, 30) == EW_OK)
			more++;
		assert_true(more >= 2);
		ew_mring_recover_consumer(b.ring);
		b.ring->head = head;
		ew_mring_recover_consumer(b.ring);
		assert_int_equal(stat_of(b.ring).released, start + 3);
		expect(b.ring, 3, 30, start + 4);
		open->time_ns = 99;
		memset(ew_event_data(open), 99, 30);
		ew_mring_commit(b.ring, open);
		expect(b.ring, 99, 30, start + 5);
		for (uint32_t i = 0; i < more; i++)
			expect(b.ring, 4 + i, 30, start + 6 + i);
		assert_int_equal(stat_of(b.ring).used_bytes, 0);
		free(b.memory);
	}
	assert_true(told > 40 && untold > 0);
}

/* Producers died between claim and commit, one of them before it could even say how much it had claimed. */
static void producer_died(void **state)
{
	(void)state;
	for (uint32_t start = 0; start < 12; start++)
		for (uint32_t which = 0; which < 8; which++) { /* bit i: the producer of claim i is dead */
			struct ew_event *e[3];
			uint32_t places = 0;
			struct box b;

			box_init(&b, 640, 64, EW_RING_REJECT);
			for (uint32_t i = 0; i < start; i++) {
				push(b.ring, i, 30);
				expect(b.ring, i, 30, i + 1);
			}
			for (uint32_t i = 0; i < 3; i++) {
				assert_int_equal(ew_mring_claim(b.ring, 0, 30, &e[i]), EW_OK);
				e[i]->time_ns = i;
				memset(ew_event_data(e[i]), (int)(i | 1), 30);
			}
			for (uint32_t i = 0; i < 3; i++) {
				if (!(which >> i & 1)) {
					ew_mring_commit(b.ring, e[i]);
					continue;
				}
				if (i != 1) /* before its first store */
					memset(e[i], 0, 78);
				places++;
			}
			assert_true(ew_mring_recover_producers(b.ring) <= places + 1);
			assert_true((stat_of(b.ring).abandoned > 0) == (places > 0));
			for (uint32_t i = 0; i < 3; i++)
				if (!(which >> i & 1))
					expect(b.ring, i, 30, start + i + 1);
			for (uint32_t i = 0; i < 9; i++) {
				assert_int_equal(push(b.ring, i, 30), EW_OK);
				expect(b.ring, i, 30, start + 4 + i);
			}
			assert_int_equal(ew_mring_recover_producers(b.ring), 0);
			free(b.memory);
		}
}

/* To a ring with room for two events of four bytes, and no more. */
static void forwarded(void **state)
{
	static const struct row {
		enum ew_ring_policy policy;
		uint32_t max, want, left; /* in the first ring */
		enum ew_status why;
		uint32_t first, count; /* in the second */
	} rows[] = {
		{EW_RING_REJECT, 9, 2, 3, EW_ERR_FULL, 0, 2},	   {EW_RING_REJECT, 2, 2, 3, EW_OK, 0, 2},
		{EW_RING_REJECT, 0, 0, 5, EW_OK, 0, 0},		   {EW_RING_DROP_NEWEST, 9, 5, 0, EW_ERR_EMPTY, 0, 2},
		{EW_RING_DROP_OLDEST, 9, 5, 0, EW_ERR_EMPTY, 4, 1}, /* behind padding */
		{EW_RING_COALESCE, 9, 5, 0, EW_ERR_EMPTY, 0, 2}, /* the second was replaced by the last */
	};
	static uint64_t memory[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ew_ring_config cfg = {.struct_bytes = sizeof(cfg), .policy = rows[i].policy};
		enum ew_status why = EW_ERR_IO;
		const struct ew_event *e;
		struct ew_ring *to;
		struct box b;

		box_init(&b, 1024, 8, EW_RING_REJECT);
		assert_int_equal(ew_ring_init(memory, ew_ring_size(128), &cfg, &to), EW_OK);
		for (uint32_t n = 0; n < 5; n++)
			assert_int_equal(push(b.ring, n, 4), EW_OK);
		assert_int_equal(ew_mring_forward(b.ring, to, rows[i].max, &why), rows[i].want);
		assert_int_equal(why, rows[i].why);
		for (uint32_t n = 5 - rows[i].left; n < 5; n++)
			expect(b.ring, n, 4, n + 1);
		assert_int_equal(ew_mring_forward(b.ring, to, 1, NULL), 0);
		for (uint32_t n = 0; n < rows[i].count; n++) {
			uint32_t value = rows[i].policy == EW_RING_COALESCE && n == 1 ? 4 : rows[i].first + n;

			assert_int_equal(ew_ring_peek(to, &e), EW_OK);
			check(e, value, 4);
			assert_int_equal(ew_ring_release(to, 1), 1);
		}
		assert_int_equal(ew_ring_peek(to, &e), EW_ERR_EMPTY);
		free(b.memory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwarded),	 cmocka_unit_test(creation),	 cmocka_unit_test(full_at_every_offset),
		cmocka_unit_test(out_of_order),	 cmocka_unit_test(batches),
		cmocka_unit_test(only_aborted),	 cmocka_unit_test(drop_newest),	 cmocka_unit_test(whole_numbers),
		cmocka_unit_test(consumer_died), cmocka_unit_test(consumer_died_told), cmocka_unit_test(producer_died),
	};

	return cmocka_run_group_tests_name("ring of several producers", tests, NULL, NULL);
}
