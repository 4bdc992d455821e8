/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_log_keep.c - what the log keeps and for how long: when events become durable, cursors that survive, what
 * retention erases and what it must not, the index of a segment.
 */
#include "rig.h"

/* ---- durability ---- */

static void syncs_when_due(void **state)
{
	static const struct row {
		const char *name;
		uint32_t every;
		uint64_t after;
		bool behind;
		uint64_t syncs[6]; /* after 1 .. 6 events, the clock at 100 for each of them */
	} rows[] = {
		{"none", 0, 0, false, {0, 0, 0, 0, 0, 0}},
		{"every", 1, 0, false, {1, 2, 3, 4, 5, 6}},
		{"every, behind", 1, 0, true, {1, 2, 3, 4, 5, 6}},
		{"each third", 3, 0, false, {0, 0, 1, 1, 1, 2}},
		{"each third, behind", 3, 0, true, {0, 0, 1, 1, 1, 2}},
		{"by time alone", 0, 1000, true, {0, 0, 0, 0, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_log_config cfg = {.sync_every = rows[i].every, .sync_after_ns = rows[i].after,
					    .write_behind = rows[i].behind, .buffer_bytes = 4096};
		struct ew_log_stat stat;
		struct ew_log *log;
		struct rig r;

		rig_init(&r, 4096, 4, 0);
		log = open_log(&r.st, &cfg);
		check_status(rows[i].name, ew_log_poll(log, 100), EW_OK);
		for (uint64_t n = 1; n <= 6; n++) {
			check_status(rows[i].name, append_nth(log, n), EW_OK);
			check_int(rows[i].name, r.syncs, 1 + rows[i].syncs[n - 1]); /* 1: the first head of all */
			ew_log_stat(log, &stat);
			check_true(rows[i].name, (stat.durable_seq == n + 1) ==
							 (stat.waiting_bytes == 0 && r.synced_written == r.written && r.syncs));
			check_true(rows[i].name, rows[i].behind || stat.waiting_bytes == 0);
		}
		check_status(rows[i].name, ew_log_close(log), EW_OK);
		check_int(rows[i].name, r.synced_written == r.written, rows[i].every != 0 || rows[i].after != 0);
		rig_deinit(&r);
	}
}

/* Does a new segment wait until the one before it is durable?  Only where a rule asks for durability. */
static void segments_wait_by_rule(void **state)
{
	static const struct row {
		const char *name;
		uint32_t every;
		uint64_t after;
		bool cursor, waits;
	} rows[] = {
		{"no rule", 0, 0, false, false},
		{"no rule, a cursor", 0, 0, true, false},
		{"by count", 1000000, 0, false, true},
		{"by time, a cursor", 0, 1000, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_log_config cfg = {.sync_every = rows[i].every, .sync_after_ns = rows[i].after, .write_behind = true,
					    .buffer_bytes = 4096};
		struct ew_log_stat stat;
		struct ew_log *log;
		struct rig r;

		rig_init(&r, 4096, 16, 0);
		log = open_log(&r.st, &cfg);
		check_status(rows[i].name, append_nth(log, 1), EW_OK);
		if (rows[i].cursor)
			check_status(rows[i].name, ew_log_cursor_ack(log, "c", 0), EW_OK);
		for (uint64_t n = 2; n <= 200; n++)
			check_status(rows[i].name, append_nth(log, n), EW_OK);
		ew_log_stat(log, &stat);
		check_true(rows[i].name, stat.segments > 2);
		check_int(rows[i].name, r.syncs, 1 + (rows[i].waits ? stat.segments - 1 : 0)); /* 1: the first head of all */
		check_status(rows[i].name, ew_log_close(log), EW_OK);
		rig_deinit(&r);
	}
}

/* A reader that follows the log closely reads what was written, and not its buffer's worth each time. */
static void follows_cheaply(void **state)
{
	struct ew_log_config cfg = {.write_behind = true, .buffer_bytes = 65536};
	const struct ew_event *e;
	struct ew_log_reader *rd;
	struct ew_log *log;
	uint64_t n = 0, head;
	struct rig r;

	(void)state;
	rig_init(&r, 1u << 20, 4, 0);
	log = open_log(&r.st, &cfg);
	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 10; i++)
			assert_int_equal(append_nth(log, ++n), EW_OK);
		for (uint64_t k = n - 9; k <= n; k++) {
			assert_int_equal(ew_log_read(rd, &e), EW_OK);
			assert_true(event_is(e, k));
		}
		head = r.read;
		assert_int_equal(ew_log_read(rd, &e), EW_ERR_EMPTY);
		assert_int_equal(r.read, head); /* it knows where the end is */
	}
	assert_true(r.read < 2 * r.written + 100 * 256); /* of heads */
	ew_log_reader_destroy(rd);
	assert_int_equal(ew_log_close(log), EW_OK);
	rig_deinit(&r);
}

/* Group commit: events that wait for each other's sync share it. */
static void several_share_a_sync(void **state)
{
	struct ew_log_config cfg = {.sync_every = 1, .buffer_bytes = 4096};
	struct event events[9];
	const struct ew_event *list[9];
	struct ew_log_stat stat;
	struct ew_log *log;
	uint32_t done;
	struct rig r;

	(void)state;
	rig_init(&r, 16384, 4, 0);
	log = open_log(&r.st, &cfg);
	for (uint32_t i = 0; i < 9; i++) {
		event_make(&events[i], 1 + i);
		memmove(events[i].topic + events[i].e.topic_bytes, events[i].data, events[i].e.data_bytes);
		list[i] = &events[i].e;
	}
	for (uint32_t round = 1; round <= 3; round++) {
		assert_int_equal(ew_log_append_batch(log, list, 9, &done), EW_OK);
		assert_int_equal(done, 9);
		assert_int_equal(r.syncs, 1 + round); /* 1: the first head of all */
		assert_int_equal(r.synced_written, r.written);
		ew_log_stat(log, &stat);
		assert_int_equal(stat.durable_seq, 9 * round + 1);
	}
	assert_int_equal(ew_log_close(log), EW_OK);
	rig_deinit(&r);
}

static void syncs_by_time(void **state)
{
	struct ew_log_config cfg = {.sync_after_ns = 1000, .write_behind = true, .buffer_bytes = 4096};
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 4096, 4, 0);
	log = open_log(&r.st, &cfg);
	assert_true(ew_log_deadline(log) == UINT64_MAX);
	assert_int_equal(ew_log_poll(log, 5000), EW_OK);
	assert_int_equal(append_nth(log, 1), EW_OK);
	assert_int_equal(ew_log_deadline(log), 6000);
	assert_int_equal(ew_log_poll(log, 5999), EW_OK);
	assert_int_equal(r.syncs, 1); /* of the first head */
	assert_int_equal(append_nth(log, 2), EW_OK);
	assert_int_equal(ew_log_poll(log, 6000), EW_OK);
	assert_int_equal(r.syncs, 2);
	assert_int_equal(ew_log_poll(log, 9000), EW_OK); /* nothing to sync */
	assert_int_equal(r.syncs, 2);
	assert_int_equal(append_nth(log, 3), EW_OK);
	assert_int_equal(ew_log_poll(log, 3000), EW_OK); /* the clock steps back: nothing waits longer for that */
	assert_int_equal(ew_log_deadline(log), 4000);
	assert_int_equal(ew_log_poll(log, 4000), EW_OK);
	assert_int_equal(r.syncs, 3);
	assert_int_equal(ew_log_close(log), EW_OK);
	rig_deinit(&r);
}

/* What waits is seen by readers of this log, and lost when the process ends without closing. */
static void write_behind(void **state)
{
	struct ew_log_config cfg = {.write_behind = true, .buffer_bytes = 1024};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_log_reader *rd;
	struct ew_log_stat stat;
	const struct ew_event *e;
	struct ew_log *log, *other;
	struct rig r;

	(void)state;
	rig_init(&r, 4096, 4, 0);
	log = open_log(&r.st, &cfg);
	assert_int_equal(append_nth(log, 1), EW_OK);
	ew_log_stat(log, &stat);
	assert_true(stat.waiting_bytes > 0);
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &other, NULL), EW_OK);
	ew_log_stat(other, &stat);
	assert_int_equal(stat.next_seq, 1);
	ew_log_close(other);
	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	for (uint64_t n = 1; n <= 60; n++) { /* through several buffers and segments */
		assert_int_equal(ew_log_read(rd, &e), EW_OK);
		assert_true(event_is(e, n));
		assert_int_equal(append_nth(log, n + 1), EW_OK);
	}
	ew_log_reader_destroy(rd);
	assert_int_equal(ew_log_flush(log), EW_OK);
	ew_log_stat(log, &stat);
	assert_int_equal(stat.waiting_bytes, 0);
	assert_int_equal(ew_log_close(log), EW_OK);
	rig_deinit(&r);
}

/* ---- cursors ---- */

static void check_cursor(const char *row, struct ew_log *log, const char *name, uint64_t want)
{
	uint64_t next = 77;

	check_status(row, ew_log_cursor_get(log, name, &next), want ? EW_OK : EW_ERR_NOENT);
	check_int(row, next, want);
}

static void cursors_survive(void **state)
{
	static const uint32_t units[] = {0, 1, 8, 256};

	(void)state;
	for (size_t i = 0; i < ROWS(units); i++) {
		struct ew_log_config cfg = {.sync_every = 1, .buffer_bytes = 512, .when_full = EW_LOG_DROP_OLDEST};
		const char *row = "cursors", *name;
		struct ew_log *log;
		struct rig r;
		uint64_t n = 1, next;

		rig_init(&r, 2048, 6, units[i]);
		log = open_log(&r.st, &cfg);
		check_status(row, ew_log_cursor_ack(log, "a", 0), EW_OK); /* in a log that has nothing yet */
		check_status(row, ew_log_cursor_ack(log, "a", 1), EW_ERR_INVAL);
		check_cursor(row, log, "a", 1);
		check_cursor(row, log, "b", 0);
		for (; n <= 300; n++) {
			check_status(row, append_nth(log, n), EW_OK);
			if (n % 3 == 0)
				check_status(row, ew_log_cursor_ack(log, "a", n - 1), EW_OK);
			if (n == 40)
				check_status(row, ew_log_cursor_ack(log, "uplink/2", 7), EW_OK);
			if (n % 17 == 0) {
				check_status(row, ew_log_close(log), EW_OK);
				log = open_log(&r.st, &cfg);
				check_cursor(row, log, "a", n / 3 * 3);
				check_cursor(row, log, "uplink/2", n >= 40 ? 8 : 0);
			}
		}
		check_status(row, ew_log_cursor_ack(log, "a", 5), EW_OK); /* it has been further */
		check_cursor(row, log, "a", 300);
		check_status(row, ew_log_cursor_at(log, 1, &name, &next), EW_OK);
		check_str(row, name, "uplink/2");
		check_int(row, next, 8);
		check_status(row, ew_log_cursor_at(log, 2, &name, &next), EW_ERR_NOENT);
		check_status(row, ew_log_cursor_remove(log, "a"), EW_OK);
		check_status(row, ew_log_cursor_remove(log, "a"), EW_ERR_NOENT);
		check_status(row, ew_log_cursor_remove(log, "uplink/2"), EW_OK);
		ew_log_close(log);
		log = open_log(&r.st, &cfg);
		check_cursor(row, log, "a", 0);
		check_cursor(row, log, "uplink/2", 0);
		ew_log_close(log);
		rig_deinit(&r);
	}
}

static void cursor_limits(void **state)
{
	struct ew_log_config cfg = {.sync_every = 1, .buffer_bytes = 512};
	struct ew_alloc alloc = ew_alloc_libc();
	char name[EW_LOG_CURSOR_NAME_BYTES + 1] = {0};
	struct ew_error err;
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 1024, 4, 0);
	log = open_log(&r.st, &cfg);
	assert_int_equal(append_nth(log, 1), EW_OK);
	assert_int_equal(ew_log_cursor_ack(log, "", 0), EW_ERR_INVAL);
	memset(name, 'x', EW_LOG_CURSOR_NAME_BYTES);
	assert_int_equal(ew_log_cursor_ack(log, name, 0), EW_ERR_INVAL);
	name[EW_LOG_CURSOR_NAME_BYTES - 1] = '\0';
	for (int i = 0; i < EW_LOG_MAX_CURSORS; i++) {
		name[0] = (char)('a' + i);
		assert_int_equal(ew_log_cursor_ack(log, name, 1), EW_OK);
	}
	name[0] = 'A';
	assert_int_equal(ew_log_cursor_ack(log, name, 1), EW_ERR_LIMIT);
	ew_log_close(log);
	cfg.buffer_bytes = 200; /* less than their table */
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, &err), EW_ERR_INVAL);
	cfg.read_only = true;
	log = open_log(&r.st, &cfg);
	assert_int_equal(ew_log_cursor_ack(log, "b", 1), EW_ERR_DENIED);
	ew_log_close(log);
	rig_deinit(&r);
	rig_init(&r, 1024, 4, 0);
	cfg.read_only = false;
	log = open_log(&r.st, &cfg);
	assert_int_equal(append_nth(log, 1), EW_OK);
	name[0] = 'a';
	for (int i = 0; i < 3; i++, name[0]++)
		assert_int_equal(ew_log_cursor_ack(log, name, 1), EW_OK);
	assert_int_equal(ew_log_cursor_ack(log, name, 1), EW_ERR_LIMIT); /* 4 * 40 bytes do not fit in 200 - 70 */
	check_cursor("fits", log, name, 0);
	assert_int_equal(append_nth(log, 2), EW_OK);
	ew_log_close(log);
	rig_deinit(&r);
}

/* ---- retention ---- */

/* Store and forward on a log that fills: nothing unacknowledged is dropped, and acknowledging makes room. */
static void cursors_hold(void **state)
{
	static const enum ew_log_cursors rules[] = {EW_LOG_CURSORS_HOLD, EW_LOG_CURSORS_ERASE};

	(void)state;
	for (size_t i = 0; i < ROWS(rules); i++)
		for (int drop = 0; drop < 2; drop++) {
			struct ew_log_config cfg = {.sync_every = 1, .buffer_bytes = 512, .cursors = rules[i],
						    .when_full = drop ? EW_LOG_DROP_OLDEST : EW_LOG_REJECT};
			const char *row = rules[i] == EW_LOG_CURSORS_HOLD ? "hold" : "erase";
			struct ew_log_stat stat;
			struct ew_log *log;
			struct rig r;
			uint64_t n = 1, acked = 0;
			enum ew_status st;

			rig_init(&r, 1024, 8, 8);
			log = open_log(&r.st, &cfg);
			check_status(row, ew_log_cursor_ack(log, "fast", 0), EW_OK);
			check_status(row, ew_log_cursor_ack(log, "slow", 0), EW_OK);
			for (int round = 0; round < 20; round++) {
				while ((st = append_nth(log, n)) == EW_OK)
					n++;
				check_status(row, st, EW_ERR_FULL);
				check_status(row, ew_log_cursor_ack(log, "fast", n - 1), EW_OK);
				check_status(row, append_nth(log, n), EW_ERR_FULL);
				ew_log_stat(log, &stat);
				check_true(row, stat.first_seq <= acked + 1);
				acked = n - 2;
				check_status(row, ew_log_cursor_ack(log, "slow", acked), EW_OK);
				ew_log_stat(log, &stat);
				if (rules[i] == EW_LOG_CURSORS_ERASE)
					check_true(row, stat.segments <= 2);
			}
			check_true(row, n > 800);
			ew_log_close(log);
			log = open_log(&r.st, &cfg);
			check_cursor(row, log, "slow", acked + 1);
			ew_log_close(log);
			rig_deinit(&r);
		}
}

static void by_bytes(void **state)
{
	struct ew_log_config cfg = {.sync_every = 1, .buffer_bytes = 512, .max_bytes = 4 * 1024 + 1023};
	struct ew_log_stat stat;
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 1024, 16, 0);
	log = open_log(&r.st, &cfg);
	for (uint64_t n = 1; n <= 300; n++) {
		assert_int_equal(append_nth(log, n), EW_OK);
		ew_log_stat(log, &stat);
		assert_true(stat.segments <= 4 && stat.bytes <= cfg.max_bytes);
	}
	assert_int_equal(stat.segments, 4);
	assert_int_equal(stat.dropped_events, stat.first_seq - 1);
	ew_log_close(log);
	rig_deinit(&r);
}

static void by_age(void **state)
{
	struct ew_log_config cfg = {.sync_every = 1, .buffer_bytes = 512, .max_age_ns = 500};
	struct ew_log_stat stat;
	struct ew_log *log;
	uint32_t segments, total;
	struct rig r;

	(void)state;
	rig_init(&r, 1024, 64, 0);
	log = open_log(&r.st, &cfg);
	for (uint64_t n = 1; n <= 100; n++) /* at 10, 20, ... 1000 */
		assert_int_equal(append_nth(log, n), EW_OK);
	ew_log_stat(log, &stat);
	total = stat.segments;
	assert_int_equal(ew_log_expire(log, 500, &segments), EW_OK);
	assert_int_equal(segments, 0);
	assert_int_equal(ew_log_expire(log, 1000, &segments), EW_OK);
	assert_true(segments > 0 && segments < total);
	ew_log_stat(log, &stat);
	assert_true(stat.first_seq > 30 && stat.first_seq <= 51); /* whole segments, and nothing that is younger */
	assert_int_equal(ew_log_expire(log, 3, &segments), EW_OK); /* the clock has stepped back */
	assert_int_equal(segments, 0);
	assert_int_equal(ew_log_expire(log, 100000, &segments), EW_OK);
	ew_log_stat(log, &stat);
	assert_int_equal(stat.segments, 1); /* never the last */
	ew_log_close(log);
	rig_deinit(&r);
}

/* ---- the index ---- */

/* Bytes read for a seek and the event: a part of a large segment, closed or open, in this process and another. */
static uint64_t bytes_read;
static enum ew_status (*inner_read)(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes);

static enum ew_status counting_read(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes)
{
	bytes_read += bytes;
	return inner_read(ctx, block, at, out, bytes);
}

static void seeks_by_index(void **state)
{
	struct ew_log_config cfg = {.buffer_bytes = 4096}, other = {.buffer_bytes = 4096, .read_only = true};
	struct ew_log *log, *second;
	struct ew_log_reader *rd;
	const struct ew_event *e;
	struct rig r;

	(void)state;
	rig_init(&r, 1u << 20, 3, 0);
	inner_read = r.st.read;
	r.st.read = counting_read;
	log = open_log(&r.st, &cfg);
	for (uint64_t n = 1; n <= 20000; n++) /* about 100 bytes each: two segments closed, or nearly */
		assert_int_equal(append_nth(log, n), EW_OK);
	second = open_log(&r.st, &other);
	for (int k = 0; k < 2; k++) {
		assert_int_equal(ew_log_reader_create(k ? second : log, &rd), EW_OK);
		for (uint64_t n = 1; n <= 9000; n += 777) {
			bytes_read = 0;
			assert_int_equal(ew_log_seek_seq(rd, n), EW_OK);
			assert_int_equal(ew_log_read(rd, &e), EW_OK);
			assert_true(event_is(e, n));
			assert_true(bytes_read < (1u << 20) / 31 + 3 * 4096 + 4096);
			bytes_read = 0;
			assert_int_equal(ew_log_seek_time(rd, n * 10 - 3), EW_OK);
			assert_int_equal(ew_log_read(rd, &e), EW_OK);
			assert_true(event_is(e, n));
			assert_true(bytes_read < (1u << 20) / 31 + 3 * 4096 + 4096);
		}
		bytes_read = 0; /* the segment that is open: its writer knows, another process reads it through */
		assert_int_equal(ew_log_seek_seq(rd, 19990), EW_OK);
		assert_int_equal(ew_log_read(rd, &e), EW_OK);
		assert_true(event_is(e, 19990));
		assert_true(k == 1 || bytes_read < (1u << 20) / 31 + 3 * 4096);
		ew_log_reader_destroy(rd);
	}
	/* A damaged index costs time, no events. */
	ew_storage_ram_block(&r.inner, 0)[(1u << 20) - 300] ^= 1;
	assert_int_equal(ew_log_reader_create(second, &rd), EW_OK);
	assert_int_equal(ew_log_seek_seq(rd, 5000), EW_OK);
	assert_int_equal(ew_log_read(rd, &e), EW_OK);
	assert_true(event_is(e, 5000));
	ew_log_reader_destroy(rd);
	ew_log_close(second);
	ew_log_close(log);
	log = open_log(&r.st, &cfg); /* what was known of the open segment is known again */
	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	bytes_read = 0;
	assert_int_equal(ew_log_seek_time(rd, 199900), EW_OK);
	assert_int_equal(ew_log_read(rd, &e), EW_OK);
	assert_true(event_is(e, 19990));
	assert_true(bytes_read < (1u << 20) / 31 + 3 * 4096);
	ew_log_reader_destroy(rd);
	ew_log_close(log);
	rig_deinit(&r);
}

/* Topic and data where they were read, at any alignment; the header is the same. */
static void reads_in_place(void **state)
{
	struct ew_log_config cfg = {.buffer_bytes = 512};
	struct ew_log_reader *rd, *same;
	struct ew_log_item item;
	const struct ew_event *e;
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 4096, 8, 0);
	log = open_log(&r.st, &cfg);
	for (uint64_t n = 1; n <= 100; n++)
		assert_int_equal(append_nth(log, n), EW_OK);
	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	assert_int_equal(ew_log_reader_create(log, &same), EW_OK);
	for (uint64_t n = 1; n <= 100; n++) {
		assert_int_equal(ew_log_next(rd, &item), EW_OK);
		assert_int_equal(ew_log_read(same, &e), EW_OK);
		assert_true(event_is(e, n));
		assert_int_equal((uintptr_t)e % 8, 0);
		assert_memory_equal(&item.event, e, sizeof(*e));
		assert_memory_equal(item.topic, ew_event_topic(e), e->topic_bytes);
		assert_memory_equal(item.data, ew_event_data(e), e->data_bytes);
	}
	assert_int_equal(ew_log_next(rd, &item), EW_ERR_EMPTY);
	ew_log_reader_destroy(rd);
	ew_log_reader_destroy(same);
	ew_log_close(log);
	rig_deinit(&r);
}

/*
 * Where bytes can be written twice, a log that is synced in small steps first writes the rest of a run as it is, once; with large
 * steps, with small buffers and on flash it does not.
 */
static void writes_ahead(void **state)
{
	static const struct row {
		const char *name;
		uint32_t unit, buffer, sync_every, data;
		bool ahead;
	} rows[] = {
		{"synced one by one", 0, 64u << 10, 1, 1000, true},
		{"nobody cares for syncs", 0, 64u << 10, 0, 1000, true},
		{"a small buffer", 0, 16u << 10, 1, 1000, false},
		{"a large step", 0, 64u << 10, 1, 40000, false},
		{"flash", 8, 64u << 10, 1, 1000, false},
	};
	static uint8_t data[40000];

	(void)state;
	memset(data, 0x5a, sizeof(data));
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		struct ew_log_config cfg = {.buffer_bytes = row->buffer, .sync_every = row->sync_every};
		struct ew_event e = {.data_bytes = row->data};
		struct ew_log_report report;
		struct ew_log_stat stat;
		struct ew_log *log;
		struct rig r;

		rig_init(&r, 100u << 10, 4, row->unit);
		log = open_log(&r.st, &cfg);
		do { /* until one more would begin another segment */
			check_status(row->name, ew_log_append(log, &e, NULL, data, NULL), EW_OK);
			ew_log_stat(log, &stat);
		} while (stat.bytes + row->data + 700 < 100u << 10);
		check_int(row->name, stat.segments, 1);
		if (row->ahead) /* each byte once as it is and once with a record in it, but for what follows 64 KiB in the buffer */
			check_true(row->name, r.written > stat.bytes + (90u << 10) && r.written < stat.bytes + (101u << 10));
		else if (row->data < 40000)
			check_int(row->name, r.written, stat.bytes);
		else /* behind the head alone */
			check_true(row->name, r.written < stat.bytes + (65u << 10));
		check_status(row->name, ew_log_close(log), EW_OK);
		log = open_log(&r.st, &cfg); /* what was written ahead is no torn write */
		ew_log_stat(log, &stat);
		check_int(row->name, stat.torn_bytes, 0);
		check_status(row->name, ew_log_append(log, &e, NULL, data, NULL), EW_OK);
		check_status(row->name, ew_log_verify(log, NULL, NULL, &report), EW_OK);
		check_int(row->name, report.events, stat.next_seq);
		check_int(row->name, report.findings, 0);
		check_status(row->name, ew_log_close(log), EW_OK);
		rig_deinit(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_ahead),
		cmocka_unit_test(syncs_when_due),  cmocka_unit_test(several_share_a_sync),  cmocka_unit_test(syncs_by_time), cmocka_unit_test(write_behind),
		cmocka_unit_test(cursors_survive), cmocka_unit_test(cursor_limits), cmocka_unit_test(cursors_hold),
		cmocka_unit_test(by_bytes),	   cmocka_unit_test(by_age),	    cmocka_unit_test(seeks_by_index),
		cmocka_unit_test(reads_in_place),  cmocka_unit_test(segments_wait_by_rule), cmocka_unit_test(follows_cheaply),
	};

	return cmocka_run_group_tests_name("log, keeping", tests, NULL, NULL);
}
