/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_log.c - the durable log on whole storage: appending, reading, seeking, making room, limits, memory. */
#include "rig.h"

/* Every storage the log must run on. */
static const struct kind {
	const char *name;
	uint32_t block_bytes, block_count, flash_unit;
} kinds[] = {
	{"ram", 1024, 64, 0},	       {"ram, large blocks", 65536, 2, 0}, {"flash, 8", 1024, 64, 8},
	{"flash, 32", 1024, 100, 32},    {"flash, 1", 512, 100, 1},	    {"flash, 256", 4096, 100, 256},
};

/* Reads to the end; every event must be the one of its number. Returns how many; CORRUPT adds to *missing. */
static uint64_t read_on(const char *row, struct ew_log_reader *rd, uint64_t *missing)
{
	const struct ew_event *e;
	uint64_t n = 0;
	enum ew_status st;

	while ((st = ew_log_read(rd, &e)) != EW_ERR_EMPTY) {
		if (st == EW_ERR_CORRUPT && missing) {
			*missing += ew_log_reader_damage(rd)->events;
			continue;
		}
		check_status(row, st, EW_OK);
		check_true(row, event_is(e, e->seq));
		n++;
	}
	return n;
}

static uint64_t read_all(const char *row, struct ew_log *log, uint64_t *missing)
{
	struct ew_log_reader *rd;
	uint64_t n;

	check_status(row, ew_log_reader_create(log, &rd), EW_OK);
	n = read_on(row, rd, missing);
	ew_log_reader_destroy(rd);
	return n;
}

static void append_and_read(void **state)
{
	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		const char *row = kinds[k].name;
		struct ew_log_config cfg = {.sync_every = 1, .buffer_bytes = 512};
		struct ew_log_stat stat;
		struct ew_log_report report;
		struct ew_log *log;
		struct rig r;

		rig_init(&r, kinds[k].block_bytes, kinds[k].block_count, kinds[k].flash_unit);
		log = open_log(&r.st, &cfg);
		check_int(row, read_all(row, log, NULL), 0);
		ew_log_stat(log, &stat);
		check_int(row, stat.next_seq, 1);
		check_int(row, stat.segments, 0);
		for (uint64_t n = 1; n <= 100; n++) {
			check_status(row, append_nth(log, n), EW_OK);
			check_int(row, r.synced_written, r.written); /* durable when it says OK */
			if (n % 10 == 0) { /* closed and opened in between */
				check_status(row, ew_log_close(log), EW_OK);
				log = open_log(&r.st, &cfg);
				ew_log_stat(log, &stat);
				check_int(row, stat.next_seq, n + 1);
				check_int(row, stat.torn_bytes, 0);
			}
		}
		check_int(row, read_all(row, log, NULL), 100);
		ew_log_stat(log, &stat);
		check_int(row, stat.first_seq, 1);
		check_int(row, stat.first_time_ns, 10);
		check_int(row, stat.last_time_ns, 1000);
		check_int(row, stat.capacity_bytes, kinds[k].block_bytes * kinds[k].block_count);
		check_true(row, kinds[k].block_bytes > 60000 || stat.segments > 3);
		check_status(row, ew_log_verify(log, NULL, NULL, &report), EW_OK);
		check_int(row, report.events, 100);
		check_int(row, report.findings, 0);
		check_int(row, report.first_seq, 1);
		check_int(row, report.last_seq, 100);
		check_int(row, report.segments, stat.segments);
		check_status(row, ew_log_close(log), EW_OK);
		rig_deinit(&r);
	}
}

/* A reader made early sees what is appended later, however it falls on segments. */
static void a_reader_follows(void **state)
{
	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++)
		for (int read_only = 0; read_only < 2; read_only++) {
			const char *row = kinds[k].name;
			struct ew_log_config cfg = {.buffer_bytes = 512}, other = {.buffer_bytes = 512, .read_only = true};
			struct ew_log *log, *second = NULL;
			struct ew_log_reader *rd;
			const struct ew_event *e;
			struct rig r;
			uint64_t got = 0;

			rig_init(&r, kinds[k].block_bytes, kinds[k].block_count, kinds[k].flash_unit);
			log = open_log(&r.st, &cfg);
			if (read_only) /* as another process would */
				second = open_log(&r.st, &other);
			check_status(row, ew_log_reader_create(read_only ? second : log, &rd), EW_OK);
			check_status(row, ew_log_read(rd, &e), EW_ERR_EMPTY);
			for (uint64_t n = 1; n <= 60; n++) {
				check_status(row, append_nth(log, n), EW_OK);
				if (n % 7 < 3) {
					check_status(row, ew_log_read(rd, &e), EW_OK);
					check_true(row, event_is(e, ++got));
				}
				if (n % 20 == 0) {
					got += read_on(row, rd, NULL);
					check_int(row, got, n);
					check_status(row, ew_log_read(rd, &e), EW_ERR_EMPTY);
				}
			}
			ew_log_reader_destroy(rd);
			ew_log_close(second);
			ew_log_close(log);
			rig_deinit(&r);
		}
}

/* ---- batches ---- */

/* Events one after the other in memory, topic and data behind each header, as a ring has them. */
static const struct ew_event *const *batch_of(uint64_t from, uint32_t count)
{
	static struct event events[200];
	static const struct ew_event *pointers[200];

	for (uint32_t i = 0; i < count; i++) {
		event_make(&events[i], from + i);
		memmove(events[i].topic + events[i].e.topic_bytes, events[i].data, events[i].e.data_bytes);
		pointers[i] = &events[i].e;
	}
	return pointers;
}

static void batches(void **state)
{
	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		const char *row = kinds[k].name;
		struct ew_log_config cfg = {.sync_every = 50, .buffer_bytes = 8192};
		struct ew_log_stat stat;
		struct ew_log *log;
		struct rig r;
		uint64_t n = 1;
		uint32_t done;

		rig_init(&r, kinds[k].block_bytes, kinds[k].block_count, kinds[k].flash_unit);
		log = open_log(&r.st, &cfg);
		check_status(row, ew_log_append_batch(log, NULL, 0, &done), EW_OK);
		check_int(row, done, 0);
		for (uint32_t count = 1; count < 16; n += count, count++) {
			check_status(row, ew_log_append_batch(log, batch_of(n, count), count, &done), EW_OK);
			check_int(row, done, count);
		}
		ew_log_stat(log, &stat);
		check_int(row, stat.appended, 120);
		check_int(row, stat.syncs >= 2, 1);
		check_true(row, stat.next_seq - stat.durable_seq < 50);
		if (kinds[k].block_bytes > 60000) { /* no batch is larger than the buffer: one write for each */
			check_int(row, stat.writes, 15 + 1);
			check_int(row, stat.syncs, 2 + 1);
		}
		check_int(row, read_all(row, log, NULL), 120);
		check_status(row, ew_log_sync(log), EW_OK);
		ew_log_stat(log, &stat);
		check_int(row, stat.durable_seq, 121);
		ew_log_close(log);
		rig_deinit(&r);
	}
}

/* A batch with an event that is too big: those before it are in, it and those after are not. */
static void a_batch_with_a_giant(void **state)
{
	struct ew_log_config cfg = {.buffer_bytes = 8192, .max_record_bytes = 200};
	const struct ew_event *list[3];
	static struct {
		struct ew_event e;
		uint8_t data[400];
	} giant = {.e = {.data_bytes = 135}};
	struct ew_log_stat stat;
	struct ew_log *log;
	struct rig r;
	uint32_t done;

	(void)state;
	rig_init(&r, 4096, 4, 0);
	log = open_log(&r.st, &cfg);
	list[0] = batch_of(1, 1)[0];
	list[1] = &giant.e;
	list[2] = list[0];
	assert_int_equal(ew_log_append_batch(log, list, 3, &done), EW_ERR_TOOBIG);
	assert_int_equal(done, 1);
	giant.e.data_bytes = 130; /* 70 + 130: exactly */
	assert_int_equal(ew_log_append(log, &giant.e, NULL, giant.data, NULL), EW_OK);
	ew_log_stat(log, &stat);
	assert_int_equal(stat.next_seq, 3);
	assert_int_equal(stat.rejected_too_big, 1);
	ew_log_close(log);
	rig_deinit(&r);
}

/* ---- limits ---- */

static void geometry(void **state)
{
	static const struct row {
		const char *name;
		uint32_t block_bytes, block_count, write_bytes, buffer;
		enum ew_status want;
	} rows[] = {
		{"smallest", 144, 2, 1, 71, EW_OK},
		{"one block", 4096, 1, 1, 512, EW_ERR_INVAL},
		{"block too small", 136, 2, 1, 71, EW_ERR_INVAL},
		{"block not aligned", 4100, 2, 1, 512, EW_ERR_INVAL},
		{"buffer too small", 4096, 2, 1, 70, EW_ERR_INVAL},
		{"buffer not aligned", 4096, 2, 8, 516, EW_ERR_INVAL},
		{"large unit", 4096, 2, 256, 512, EW_OK},
		{"unit and block", 4096 - 128, 2, 256, 512, EW_ERR_INVAL},
		{"buffer less than a unit and a head", 4096, 2, 256, 256, EW_ERR_INVAL},
		{"unit too large", 4096, 2, 512, 1024, EW_ERR_INVAL},
		{"unit no power of two", 4096, 2, 24, 1024, EW_ERR_INVAL},
		{"unit 0", 4096, 2, 0, 1024, EW_ERR_INVAL},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = rows[i].buffer};
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_error err;
		struct ew_log *log;
		struct rig r;

		rig_init(&r, 4096, 2, 0);
		r.st.block_bytes = rows[i].block_bytes;
		r.st.block_count = rows[i].block_count;
		r.st.write_bytes = rows[i].write_bytes;
		check_status(rows[i].name, ew_log_open(&r.st, &cfg, &alloc, &log, &err), rows[i].want);
		check_int(rows[i].name, err.status, rows[i].want);
		check_true(rows[i].name, (log != NULL) == (rows[i].want == EW_OK));
		ew_log_close(log);
		rig_deinit(&r);
	}
}

static void record_limits(void **state)
{
	struct ew_log_config cfg = {.buffer_bytes = 4096};
	static uint8_t data[5000];
	struct ew_event e = {0};
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 1024, 4, 0); /* a block has room for 1024 - 52 */
	log = open_log(&r.st, &cfg);
	e.data_bytes = 1024 - 52 - 70 + 1;
	assert_int_equal(ew_log_append(log, &e, NULL, data, NULL), EW_ERR_TOOBIG);
	e.data_bytes--;
	assert_int_equal(ew_log_append(log, &e, NULL, data, NULL), EW_OK);
	e.data_bytes = UINT32_MAX;
	assert_int_equal(ew_log_append(log, &e, NULL, data, NULL), EW_ERR_TOOBIG);
	e.data_bytes = 0;
	assert_int_equal(ew_log_append(log, &e, NULL, NULL, NULL), EW_OK); /* in the next segment */
	ew_log_close(log);
	cfg.buffer_bytes = 256;
	log = open_log(&r.st, &cfg);
	e.data_bytes = 256 - 70 + 1;
	assert_int_equal(ew_log_append(log, &e, NULL, data, NULL), EW_ERR_TOOBIG);
	e.data_bytes--;
	assert_int_equal(ew_log_append(log, &e, NULL, data, NULL), EW_OK);
	ew_log_close(log);
	rig_deinit(&r);
}

/* An event written with a large buffer, read with a small one: told, and the next ones follow. */
static void larger_than_the_buffer(void **state)
{
	struct ew_log_config cfg = {.buffer_bytes = 4096};
	static uint8_t data[3000];
	struct ew_event e = {.data_bytes = 3000};
	const struct ew_event *got;
	struct ew_log_report report;
	struct ew_log_reader *rd;
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 8192, 4, 0);
	log = open_log(&r.st, &cfg);
	memset(data, 0x77, sizeof(data));
	assert_int_equal(append_nth(log, 1), EW_OK);
	assert_int_equal(ew_log_append(log, &e, NULL, data, NULL), EW_OK);
	assert_int_equal(append_nth(log, 3), EW_OK);
	ew_log_close(log);
	cfg.buffer_bytes = 200;
	log = open_log(&r.st, &cfg);
	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	assert_int_equal(ew_log_read(rd, &got), EW_OK);
	assert_int_equal(ew_log_read(rd, &got), EW_ERR_TOOBIG);
	assert_int_equal(ew_log_read(rd, &got), EW_OK);
	assert_true(event_is(got, 3));
	assert_int_equal(ew_log_read(rd, &got), EW_ERR_EMPTY);
	assert_int_equal(ew_log_verify(log, NULL, NULL, &report), EW_OK);
	assert_int_equal(report.events, 3);
	ew_storage_ram_block(&r.inner, 0)[52 + 200 + 1000] ^= 1; /* and damaged, it is found to be */
	assert_int_equal(ew_log_verify(log, NULL, NULL, &report), EW_ERR_CORRUPT);
	assert_int_equal(report.missing_events, 1);
	assert_int_equal(report.events, 2);
	ew_log_reader_destroy(rd);
	ew_log_close(log);
	rig_deinit(&r);
}

/* ---- making room ---- */

static void full(void **state)
{
	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		const char *row = kinds[k].name;
		struct ew_log_config cfg = {.buffer_bytes = 512};
		struct ew_log_stat stat;
		struct ew_log *log;
		struct rig r;
		uint64_t n = 1;
		uint32_t segments;
		enum ew_status st;

		rig_init(&r, kinds[k].block_bytes, kinds[k].block_count, kinds[k].flash_unit);
		log = open_log(&r.st, &cfg);
		while ((st = append_nth(log, n)) == EW_OK)
			n++;
		check_status(row, st, EW_ERR_FULL);
		ew_log_stat(log, &stat);
		check_int(row, stat.segments, kinds[k].block_count);
		check_int(row, stat.rejected_full, 1);
		check_int(row, stat.next_seq, n);
		check_status(row, append_nth(log, n), EW_ERR_FULL); /* still, and nothing is lost */
		check_int(row, read_all(row, log, NULL), n - 1);
		check_status(row, ew_log_trim(log, 1, &segments), EW_OK);
		check_int(row, segments, 0);
		check_status(row, ew_log_trim(log, UINT64_MAX, &segments), EW_OK);
		check_int(row, segments, kinds[k].block_count - 1); /* all but the last */
		ew_log_stat(log, &stat);
		check_int(row, stat.segments, 1);
		check_int(row, stat.next_seq, n);
		check_int(row, read_all(row, log, NULL), n - stat.first_seq);
		check_int(row, stat.first_time_ns, stat.first_seq * 10);
		for (int i = 0; i < 20; i++, n++)
			check_status(row, append_nth(log, n), EW_OK);
		ew_log_close(log);
		log = open_log(&r.st, &cfg);
		check_int(row, read_all(row, log, NULL), n - stat.first_seq);
		ew_log_close(log);
		rig_deinit(&r);
	}
}

static void drop_oldest(void **state)
{
	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		const char *row = kinds[k].name;
		struct ew_log_config cfg = {.buffer_bytes = 512, .when_full = EW_LOG_DROP_OLDEST};
		uint32_t least = UINT32_MAX, most = 0;
		struct ew_log_stat stat;
		struct ew_log *log;
		struct rig r;
		uint64_t dropped = 0;
		const uint64_t total = kinds[k].block_bytes > 60000 ? 5000 : 6000;

		rig_init(&r, kinds[k].block_bytes, kinds[k].block_count / 8 + 2, kinds[k].flash_unit);
		log = open_log(&r.st, &cfg);
		for (uint64_t n = 1; n <= total; n++) {
			check_status(row, append_nth(log, n), EW_OK);
			if (n % 997 == 0) {
				ew_log_stat(log, &stat);
				dropped += stat.dropped_events;
				ew_log_close(log);
				log = open_log(&r.st, &cfg);
			}
		}
		ew_log_stat(log, &stat);
		check_int(row, stat.next_seq, total + 1);
		check_true(row, stat.first_seq > 100);
		check_int(row, dropped + stat.dropped_events, stat.first_seq - 1);
		check_int(row, read_all(row, log, NULL), stat.next_seq - stat.first_seq);
		for (uint32_t b = 0; b < r.st.block_count; b++) {
			uint32_t e = ew_storage_ram_erases(&r.inner, b);

			least = e < least ? e : least;
			most = e > most ? e : most;
		}
		if (kinds[k].flash_unit) /* worn evenly */
			check_true(row, most - least <= 1);
		ew_log_close(log);
		rig_deinit(&r);
	}
}

/* Events dropped under a reader are told to it, in this process and in another. */
static void dropped_under_a_reader(void **state)
{
	(void)state;
	for (int read_only = 0; read_only < 2; read_only++) {
		struct ew_log_config cfg = {.buffer_bytes = 512, .when_full = EW_LOG_DROP_OLDEST};
		struct ew_log_config other = {.buffer_bytes = 512, .read_only = true};
		struct ew_log *log, *second = NULL;
		struct ew_log_reader *rd;
		const struct ew_event *e;
		uint64_t n = 1, got = 0, missing = 0;
		struct rig r;

		rig_init(&r, 1024, 4, 8);
		log = open_log(&r.st, &cfg);
		while (n < 10)
			assert_int_equal(append_nth(log, n++), EW_OK);
		if (read_only)
			second = open_log(&r.st, &other);
		assert_int_equal(ew_log_reader_create(read_only ? second : log, &rd), EW_OK);
		assert_int_equal(ew_log_read(rd, &e), EW_OK);
		assert_true(event_is(e, ++got));
		while (n <= 300)
			assert_int_equal(append_nth(log, n++), EW_OK);
		for (;;) {
			enum ew_status st = ew_log_read(rd, &e);

			if (st == EW_ERR_EMPTY)
				break;
			if (st == EW_ERR_CORRUPT) {
				assert_int_equal(ew_log_reader_damage(rd)->kind, EW_LOG_DROPPED);
				missing += ew_log_reader_damage(rd)->events;
				continue;
			}
			assert_int_equal(st, EW_OK);
			assert_true(event_is(e, e->seq));
			got++;
		}
		assert_true(missing > 100);
		assert_int_equal(got + missing, 300);
		ew_log_reader_destroy(rd);
		ew_log_close(second);
		ew_log_close(log);
		rig_deinit(&r);
	}
}

/* ---- seeking ---- */

static void seek_everywhere(void **state)
{
	(void)state;
	for (size_t k = 0; k < ROWS(kinds); k++) {
		const char *row = kinds[k].name;
		struct ew_log_config cfg = {.buffer_bytes = 512};
		struct ew_log_reader *rd;
		struct ew_log *log;
		const struct ew_event *e;
		struct rig r;

		rig_init(&r, kinds[k].block_bytes, kinds[k].block_count, kinds[k].flash_unit);
		log = open_log(&r.st, &cfg);
		check_status(row, ew_log_reader_create(log, &rd), EW_OK);
		check_status(row, ew_log_seek_seq(rd, 1), EW_OK); /* nothing there yet */
		check_status(row, ew_log_read(rd, &e), EW_ERR_EMPTY);
		check_status(row, ew_log_seek_time(rd, 1), EW_OK);
		for (uint64_t n = 1; n <= 150; n++)
			check_status(row, append_nth(log, n), EW_OK);
		for (uint64_t n = 0; n <= 151; n++) {
			uint64_t want = n == 0 ? 1 : n;

			check_status(row, ew_log_seek_seq(rd, n), EW_OK);
			check_status(row, ew_log_read(rd, &e), n <= 150 ? EW_OK : EW_ERR_EMPTY);
			if (n <= 150)
				check_int(row, e->seq, want);
			check_status(row, ew_log_seek_time(rd, n * 10 - (n ? 9 : 0)), EW_OK); /* between two */
			check_status(row, ew_log_read(rd, &e), n <= 150 ? EW_OK : EW_ERR_EMPTY);
			if (n <= 150)
				check_int(row, e->seq, want);
			check_status(row, ew_log_seek_time(rd, n * 10), EW_OK);
			check_status(row, ew_log_read(rd, &e), n <= 150 ? EW_OK : EW_ERR_EMPTY);
			if (n <= 150)
				check_int(row, e->seq, want);
		}
		check_status(row, ew_log_seek_seq(rd, 70), EW_OK);
		check_int(row, read_on(row, rd, NULL), 81);
		ew_log_reader_destroy(rd);
		ew_log_close(log);
		rig_deinit(&r);
	}
}

/* The clock steps about; what is sought by time is the first in sequence order. */
static void seek_when_the_clock_steps(void **state)
{
	struct ew_log_config cfg = {.buffer_bytes = 512};
	uint64_t times[200], seed = 3;
	struct ew_log_report report;
	struct ew_log_reader *rd;
	const struct ew_event *e;
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 512, 100, 8);
	log = open_log(&r.st, &cfg);
	for (unsigned i = 0; i < 200; i++) {
		struct ew_event ev = {.time_ns = times[i] = i * 20 + noise(&seed) % 1000};

		assert_int_equal(ew_log_append(log, &ev, NULL, NULL, NULL), EW_OK);
	}
	for (int again = 0; again < 2; again++) {
		assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
		for (uint64_t t = 0; t < 5200; t += 13) {
			unsigned want = 0;

			while (want < 200 && times[want] < t)
				want++;
			assert_int_equal(ew_log_seek_time(rd, t), EW_OK);
			assert_int_equal(ew_log_read(rd, &e), want < 200 ? EW_OK : EW_ERR_EMPTY);
			if (want < 200)
				assert_int_equal(e->seq, want + 1);
		}
		assert_int_equal(ew_log_verify(log, NULL, NULL, &report), EW_OK);
		assert_true(report.clock_steps > 50);
		ew_log_reader_destroy(rd);
		ew_log_close(log);
		log = open_log(&r.st, &cfg);
	}
	ew_log_close(log);
	rig_deinit(&r);
}

/* ---- storage that fails, memory that runs out ---- */

static void failing_storage(void **state)
{
	struct ew_log_config cfg = {.sync_every = 1, .buffer_bytes = 512};
	struct ew_log_stat stat;
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 1024, 16, 0);
	log = open_log(&r.st, &cfg);
	assert_int_equal(append_nth(log, 1), EW_OK);
	r.fail_write = 1;
	assert_int_equal(append_nth(log, 2), EW_ERR_IO);
	assert_int_equal(append_nth(log, 2), EW_ERR_IO); /* in doubt until it is opened again */
	assert_int_equal(ew_log_sync(log), EW_ERR_IO);
	assert_int_equal(ew_log_close(log), EW_ERR_IO);
	log = open_log(&r.st, &cfg);
	assert_int_equal(append_nth(log, 2), EW_OK);
	r.fail_sync = 1;
	assert_int_equal(append_nth(log, 3), EW_ERR_IO);
	assert_int_equal(append_nth(log, 4), EW_ERR_IO);
	ew_log_close(log);
	log = open_log(&r.st, &cfg);
	ew_log_stat(log, &stat);
	assert_int_equal(stat.next_seq, 4); /* it was written, if not synced */
	ew_log_close(log);
	rig_deinit(&r);
}

/* No room on the device when a segment is begun: refused, not in doubt, and it goes on when there is. */
static void full_device(void **state)
{
	struct ew_log_config cfg = {.buffer_bytes = 512};
	struct ew_log *log;
	struct rig r;
	uint64_t n = 1;

	(void)state;
	rig_init(&r, 1024, 16, 0);
	r.fail_with = EW_ERR_FULL;
	log = open_log(&r.st, &cfg);
	r.fail_write = 1;
	assert_int_equal(append_nth(log, n), EW_ERR_FULL);
	r.fail_erase = 1;
	assert_int_equal(append_nth(log, n), EW_ERR_FULL);
	for (; n <= 30; n++)
		assert_int_equal(append_nth(log, n), EW_OK);
	assert_int_equal(read_all("after", log, NULL), 30);
	ew_log_close(log);
	rig_deinit(&r);
}

/* Every read of opening, reading and seeking fails in turn: a status, and the log is as it was. */
static void failing_reads(void **state)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = 512};
	struct ew_alloc alloc = ew_alloc_libc();
	const struct ew_event *e;
	struct ew_log_reader *rd;
	struct ew_log_report report;
	struct ew_log *log;
	struct rig r;
	uint32_t at;

	(void)state;
	rig_init(&r, 1024, 16, 8);
	log = open_log(&r.st, &cfg);
	for (uint64_t n = 1; n <= 40; n++)
		assert_int_equal(append_nth(log, n), EW_OK);
	ew_log_close(log);
	for (at = 1;; at++) {
		enum ew_status st;

		r.fail_read = at;
		st = ew_log_open(&r.st, &cfg, &alloc, &log, NULL);
		if (r.fail_read != 0) {
			assert_int_equal(st, EW_OK);
			break;
		}
		assert_int_equal(st, EW_ERR_IO);
		assert_null(log);
	}
	assert_true(at > 16);
	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	for (at = 1;; at++) {
		enum ew_status st, last = EW_OK;

		r.fail_read = at;
		assert_true((st = ew_log_seek_seq(rd, 30)) == EW_OK || st == EW_ERR_IO);
		while ((st = ew_log_read(rd, &e)) == EW_OK)
			assert_true(event_is(e, e->seq));
		last = st;
		assert_true((st = ew_log_verify(log, NULL, NULL, &report)) == EW_OK || st == EW_ERR_IO);
		if (r.fail_read != 0) {
			assert_int_equal(last, EW_ERR_EMPTY);
			assert_int_equal(st, EW_OK);
			break;
		}
	}
	r.fail_read = 0;
	assert_int_equal(ew_log_seek_seq(rd, 30), EW_OK);
	assert_int_equal(read_on("afterwards", rd, NULL), 11);
	ew_log_reader_destroy(rd);
	ew_log_close(log);
	rig_deinit(&r);
}

struct use {
	struct rig *rig;
};

static enum ew_status open_use_close(void *ctx, const struct ew_alloc *alloc)
{
	struct use *u = ctx;
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = 512};
	struct ew_log_report report;
	struct ew_log_reader *rd;
	struct ew_error err;
	struct ew_log *log;
	enum ew_status st = ew_log_open(&u->rig->st, &cfg, alloc, &log, &err);

	if (st != EW_OK) {
		assert_null(log);
		assert_int_equal(err.status, st);
		return st;
	}
	st = ew_log_reader_create(log, &rd);
	if (st == EW_OK) {
		assert_int_equal(read_on("oom", rd, NULL), 20);
		ew_log_reader_destroy(rd);
		st = ew_log_verify(log, NULL, NULL, &report);
	}
	ew_log_close(log);
	return st;
}

static void out_of_memory(void **state)
{
	struct ew_log_config cfg = {.buffer_bytes = 512};
	struct use u;
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 1024, 16, 0);
	log = open_log(&r.st, &cfg);
	for (uint64_t n = 1; n <= 20; n++)
		assert_int_equal(append_nth(log, n), EW_OK);
	ew_log_close(log);
	u.rig = &r;
	assert_true(fail_each(open_use_close, &u, false) >= 6);
	/* 512 each for the log and its readers, their structs, and tables where the CPU has no CRC */
	assert_true(arena_each(open_use_close, &u, 64, 65536) <= 2 * 512 + 2048 + 8192);
	rig_deinit(&r);
}

static enum ew_status make_storage(void *ctx, const struct ew_alloc *alloc)
{
	struct ew_storage_config cfg = {.struct_bytes = sizeof(cfg), .block_bytes = 256, .block_count = 2};
	struct ew_storage st;
	enum ew_status s = *(bool *)ctx ? ew_storage_flash_create(&cfg, alloc, &st)
					: ew_storage_ram_create(&cfg, alloc, &st);

	ew_storage_ram_destroy(&st);
	return s;
}

static void out_of_memory_for_storage(void **state)
{
	bool flash = false;

	(void)state;
	assert_int_equal(fail_each(make_storage, &flash, false), 3);
	flash = true;
	assert_int_equal(fail_each(make_storage, &flash, false), 4);
}

static void configurations(void **state)
{
	struct ew_log_config cfg = {.struct_bytes = 0};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 4096, 4, 0);
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, NULL), EW_ERR_INVAL);
	cfg.struct_bytes = sizeof(cfg);
	cfg.when_full = (enum ew_log_full)2;
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, NULL), EW_ERR_INVAL);
	assert_int_equal(ew_log_open(&r.st, NULL, &alloc, &log, NULL), EW_OK);
	assert_int_equal(append_nth(log, 1), EW_OK);
	assert_int_equal(ew_log_close(log), EW_OK);
	assert_int_equal(ew_log_close(NULL), EW_OK);
	cfg.when_full = EW_LOG_REJECT;
	cfg.read_only = true;
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, NULL), EW_OK);
	assert_int_equal(append_nth(log, 2), EW_ERR_DENIED);
	assert_int_equal(ew_log_sync(log), EW_ERR_DENIED);
	assert_int_equal(ew_log_trim(log, 9, NULL), EW_ERR_DENIED);
	ew_log_close(log);
	rig_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_and_read),
		cmocka_unit_test(a_reader_follows),
		cmocka_unit_test(batches),
		cmocka_unit_test(a_batch_with_a_giant),
		cmocka_unit_test(geometry),
		cmocka_unit_test(record_limits),
		cmocka_unit_test(larger_than_the_buffer),
		cmocka_unit_test(full),
		cmocka_unit_test(drop_oldest),
		cmocka_unit_test(dropped_under_a_reader),
		cmocka_unit_test(seek_everywhere),
		cmocka_unit_test(seek_when_the_clock_steps),
		cmocka_unit_test(failing_storage),
		cmocka_unit_test(full_device),
		cmocka_unit_test(failing_reads),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(out_of_memory_for_storage),
		cmocka_unit_test(configurations),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
