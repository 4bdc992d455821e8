/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_log_damage.c - the power cut at every byte that the log writes, and every byte of a log changed:
 * what was acknowledged is there, what is returned is right, what is missing is told.
 */
#include "rig.h"
#include "base/le.h"
#include "store/crc32c.h"

static const struct kind {
	const char *name;
	uint32_t block_bytes, block_count, flash_unit;
	enum ew_log_full when_full;
	uint32_t batch; /* events in each append; 1: ew_log_append() */
} kinds[] = {
	{"ram, one by one", 512, 16, 0, EW_LOG_REJECT, 1},
	{"ram, batches", 512, 16, 0, EW_LOG_REJECT, 5},
	{"ram, drops oldest", 512, 4, 0, EW_LOG_DROP_OLDEST, 3},
	{"flash, one by one", 512, 16, 8, EW_LOG_REJECT, 1},
	{"flash 32, batches", 512, 24, 32, EW_LOG_REJECT, 5},
	{"flash 1, drops oldest", 512, 6, 1, EW_LOG_DROP_OLDEST, 3},
};

#define EVENTS 30

static struct ew_log_config config(const struct kind *k)
{
	return (struct ew_log_config){.struct_bytes = sizeof(struct ew_log_config),
				      .sync_every = 1,
				      .buffer_bytes = 512,
				      .when_full = k->when_full};
}

/* Appends events up to number `to`; *acked is the last one that was acknowledged. */
static void work(const struct kind *k, struct ew_log *log, uint64_t to, uint64_t *acked)
{
	struct event events[8];
	const struct ew_event *list[8];
	struct ew_log_stat stat;

	for (;;) {
		uint32_t n = 0;

		ew_log_stat(log, &stat);
		if (stat.next_seq > to)
			return;
		while (n < k->batch && stat.next_seq + n <= to) {
			event_make(&events[n], stat.next_seq + n);
			memmove(events[n].topic + events[n].e.topic_bytes, events[n].data, events[n].e.data_bytes);
			list[n] = &events[n].e;
			n++;
		}
		if (ew_log_append_batch(log, list, n, NULL) != EW_OK)
			return;
		*acked = stat.next_seq + n - 1;
	}
}

/* Opens the log and checks that it holds first..next-1 without a gap, acked among them.  Returns it. */
static struct ew_log *check_log(const struct kind *k, struct rig *r, uint64_t acked, uint64_t cut)
{
	struct ew_log_config cfg = config(k);
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_log_report report;
	struct ew_log_reader *rd;
	struct ew_log_stat stat;
	const struct ew_event *e;
	struct ew_error err;
	struct ew_log *log;
	uint64_t seq;

	if (ew_log_open(&r->st, &cfg, &alloc, &log, &err) != EW_OK)
		fail_msg("%s, cut at %llu: %s", k->name, (unsigned long long)cut, err.text);
	ew_log_stat(log, &stat);
	seq = stat.first_seq;
	/* what was being written when the power went, twice at most, may be whole or not there */
	if (stat.next_seq <= acked || stat.next_seq > acked + 2 * k->batch + 1)
		fail_msg("%s, cut at %llu: next %llu, acknowledged %llu", k->name, (unsigned long long)cut,
			 (unsigned long long)stat.next_seq, (unsigned long long)acked);
	if (k->when_full == EW_LOG_REJECT || stat.segments < k->block_count - 2)
		check_int(k->name, seq, 1);
	check_status(k->name, ew_log_reader_create(log, &rd), EW_OK);
	for (; ew_log_read(rd, &e) == EW_OK; seq++)
		if (!event_is(e, seq))
			fail_msg("%s, cut at %llu: event %llu is wrong", k->name, (unsigned long long)cut,
				 (unsigned long long)seq);
	check_int(k->name, seq, stat.next_seq);
	ew_log_reader_destroy(rd);
	check_status(k->name, ew_log_verify(log, NULL, NULL, &report), EW_OK);
	return log;
}

/* Cut at `cut`, start again (with the power cut in that as well, after `again` bytes), go on. */
static bool one_cut(const struct kind *k, uint64_t cut, uint64_t again)
{
	struct ew_log_config cfg = config(k);
	struct ew_alloc alloc = ew_alloc_libc();
	uint64_t acked = 0;
	struct ew_log *log;
	struct rig r;
	bool all;

	rig_init(&r, k->block_bytes, k->block_count, k->flash_unit);
	r.budget = cut;
	if (ew_log_open(&r.st, &cfg, &alloc, &log, NULL) == EW_OK) {
		work(k, log, EVENTS, &acked);
		ew_log_close(log);
	}
	all = acked == EVENTS;
	if (again != UINT64_MAX) {
		rig_power_on(&r);
		r.budget = again;
		if (ew_log_open(&r.st, &cfg, &alloc, &log, NULL) == EW_OK) {
			work(k, log, EVENTS, &acked);
			ew_log_close(log);
		}
	}
	rig_power_on(&r);
	log = check_log(k, &r, acked, cut);
	work(k, log, EVENTS + 10, &acked);
	check_int(k->name, acked, EVENTS + 10);
	check_status(k->name, ew_log_close(log), EW_OK);
	ew_log_close(check_log(k, &r, acked, cut)); /* the second boot */
	rig_deinit(&r);
	return all;
}

static void cut_at_every_byte(void **state)
{
	static const uint64_t again[] = {UINT64_MAX, 0, 1, 8, 51, 52, 53, 104, 137};
	unsigned long long cuts = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		for (uint64_t cut = 0;; cut++) {
			bool all = true;

			for (size_t a = 0; a < (cut % 5 == 0 ? ROWS(again) : 1); a++) {
				all &= one_cut(&kinds[i], cut, again[a]);
				cuts++;
			}
			if (all)
				break;
		}
	}
	print_message("survived %llu cuts\n", cuts);
	assert_true(cuts > 10000);
}

/* ---- single bytes ---- */

static void make_image(const struct kind *k, struct rig *r)
{
	struct ew_log_config cfg = config(k);
	uint64_t acked = 0;
	struct ew_log *log;

	rig_init(r, k->block_bytes, k->block_count, k->flash_unit);
	log = open_log(&r->st, &cfg);
	work(k, log, EVENTS, &acked);
	assert_int_equal(acked, EVENTS);
	assert_int_equal(ew_log_close(log), EW_OK);
}

struct told {
	unsigned count;
	uint64_t missing;
};

static void on_damage(void *ctx, const struct ew_log_damage *d)
{
	struct told *t = ctx;

	assert_non_null(d->reason);
	t->count++;
	t->missing += d->events;
}

/* The log as it is now, damaged in one byte: nothing wrong comes out, nothing that is gone stays untold. */
static void check_damaged(const struct kind *k, const struct ew_storage *st, uint64_t first, uint32_t block,
			  uint32_t at)
{
	struct ew_log_config cfg = config(k);
	struct ew_log_report report;
	struct ew_log_reader *rd;
	struct ew_log_stat stat;
	struct told told = {0, 0};
	const struct ew_event *e;
	struct ew_log *log;
	uint64_t got = 0, missing = 0;
	enum ew_status s;

	cfg.read_only = true;
	log = open_log(st, &cfg);
	ew_log_stat(log, &stat);
	s = ew_log_verify(log, on_damage, &told, &report);
	if (report.findings == 0 || report.findings != told.count || report.missing_events != told.missing)
		fail_msg("%s: block %u byte %u: %u findings told", k->name, block, at, told.count);
	check_int(k->name, report.events + report.missing_events, stat.next_seq - first);
	if (stat.next_seq != EVENTS + 1 || report.missing_events != 0)
		check_status(k->name, s, EW_ERR_CORRUPT);
	check_true(k->name, report.missing_events <= 1);
	check_true(k->name, stat.next_seq >= EVENTS); /* the last event alone may be taken for a torn one */
	check_status(k->name, ew_log_reader_create(log, &rd), EW_OK);
	while ((s = ew_log_read(rd, &e)) != EW_ERR_EMPTY) {
		if (s == EW_ERR_CORRUPT) {
			missing += ew_log_reader_damage(rd)->events;
			continue;
		}
		check_status(k->name, s, EW_OK);
		if (!event_is(e, e->seq))
			fail_msg("%s: block %u byte %u: a wrong event was returned", k->name, block, at);
		got++;
	}
	check_int(k->name, got + missing, stat.next_seq - first);
	check_int(k->name, got, report.events);
	for (uint64_t n = first; n <= EVENTS; n++) { /* seeking meets the damage too */
		check_status(k->name, ew_log_seek_seq(rd, n), EW_OK);
		while ((s = ew_log_read(rd, &e)) == EW_ERR_CORRUPT)
			;
		if (s == EW_OK)
			check_true(k->name, event_is(e, e->seq) && (e->seq == n || e->seq == n + 1));
		else
			check_int(k->name, n, EVENTS);
		check_status(k->name, ew_log_seek_time(rd, n * 10), EW_OK);
		while ((s = ew_log_read(rd, &e)) == EW_ERR_CORRUPT)
			;
		if (s == EW_OK)
			check_true(k->name, event_is(e, e->seq) && (e->seq == n || e->seq == n + 1));
	}
	ew_log_reader_destroy(rd);
	ew_log_close(log);
}

/* Opened for writing, the damaged log takes more events, and they come back. */
static void check_writable(const struct kind *k, struct rig *r)
{
	struct ew_log_config cfg = config(k);
	struct ew_log *log = open_log(&r->st, &cfg);
	struct ew_log_reader *rd;
	const struct ew_event *e;
	struct ew_log_stat stat;
	uint64_t acked = 0, last = 0;
	enum ew_status s;

	work(k, log, EVENTS + 5, &acked);
	check_int(k->name, acked, EVENTS + 5);
	ew_log_close(log);
	log = open_log(&r->st, &cfg);
	ew_log_stat(log, &stat);
	check_int(k->name, stat.next_seq, EVENTS + 6);
	check_status(k->name, ew_log_reader_create(log, &rd), EW_OK);
	while ((s = ew_log_read(rd, &e)) != EW_ERR_EMPTY)
		if (s == EW_OK) {
			check_true(k->name, event_is(e, e->seq) && e->seq > last);
			last = e->seq;
		}
	check_int(k->name, last, EVENTS + 5);
	ew_log_reader_destroy(rd);
	ew_log_close(log);
}

static void every_byte_changed(void **state)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};

	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		const struct kind *k = &kinds[i];
		struct ew_log_config cfg = config(k);
		uint32_t data = 52;
		struct ew_log_stat stat;
		struct ew_log *log;
		struct rig r;

		if (k->flash_unit != 0)
			data = (data + k->flash_unit - 1) / k->flash_unit * k->flash_unit;
		make_image(k, &r);
		cfg.read_only = true;
		log = open_log(&r.st, &cfg);
		ew_log_stat(log, &stat);
		ew_log_close(log);
		for (uint32_t b = 0; b < k->block_count; b++) {
			uint8_t *p = ew_storage_ram_block(&r.inner, b);

			if (stat.segments <= b)
				break; /* not used; with DROP_OLDEST all are */
			for (uint32_t at = 0; at < k->block_bytes; at++)
				for (size_t m = 0; m < ROWS(masks); m++) {
					if (at >= 52 && at < data)
						continue; /* between the head and the first record bytes mean nothing */
					p[at] ^= masks[m];
					check_damaged(k, &r.st, stat.first_seq, b, at);
					p[at] ^= masks[m];
				}
		}
		rig_deinit(&r);
	}
}

static void every_byte_changed_then_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(kinds); i++) {
		const struct kind *k = &kinds[i];

		for (uint32_t b = 0; b < k->block_count && b < 5; b++)
			for (uint32_t at = 0; at < k->block_bytes; at += 3) {
				struct rig r;

				make_image(k, &r);
				ew_storage_ram_block(&r.inner, b)[at] ^= 0x10;
				check_writable(k, &r);
				rig_deinit(&r);
			}
	}
}

/* A whole segment gone, in the middle: what it held is told, what follows is read. */
static void a_segment_lost(void **state)
{
	(void)state;
	for (int whole = 0; whole < 2; whole++) {
		const struct kind *k = &kinds[0];
		struct ew_log_config cfg = config(k);
		struct ew_log_report report;
		struct ew_log *log;
		struct rig r;

		make_image(k, &r);
		if (whole)
			r.inner.erase(r.inner.ctx, 1);
		else
			memset(ew_storage_ram_block(&r.inner, 1), 0x5a, k->block_bytes);
		log = open_log(&r.st, &cfg);
		assert_int_equal(ew_log_verify(log, NULL, NULL, &report), EW_ERR_CORRUPT);
		assert_int_equal(report.findings, 1);
		assert_true(report.missing_events >= 3);
		assert_int_equal(report.events + report.missing_events, EVENTS);
		assert_int_equal(report.last_seq, EVENTS);
		ew_log_close(log);
		rig_deinit(&r);
	}
}

/* What is not a log is not overwritten, but the torn head of a first segment is. */
static void foreign_data(void **state)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = 512};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct ew_log *log;
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_init(&r, 512, 4, 0);
	memset(ew_storage_ram_block(&r.inner, 2), 'x', 100);
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, &err), EW_ERR_MALFORMED);
	assert_non_null(strstr(err.text, "block 2"));
	memset(ew_storage_ram_block(&r.inner, 2) + 52, 0, 48);
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, &err), EW_OK);
	for (uint64_t n = 1; n <= 15; n++)
		assert_int_equal(append_nth(log, n), EW_OK);
	ew_log_close(log);
	/* another version with a right check sum: refused, not overwritten */
	p = ew_storage_ram_block(&r.inner, 1);
	for (char version = '1'; version <= '4'; version++) {
		p[3] = (uint8_t)version;
		ewi_put_le32(p + 4, ewi_crc32c_ref(NULL, ewi_crc32c_ref(NULL, 0, p, 4), p + 8, version < '3' ? 40 : 44));
		check_status("another version", ew_log_open(&r.st, &cfg, &alloc, &log, &err),
			     version == '3' ? EW_OK : EW_ERR_UNSUPPORTED);
		ew_log_close(log);
	}
	rig_deinit(&r);
}

/* Another geometry is told, not guessed at. */
static void other_geometry(void **state)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = 512};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct ew_log *log;
	struct rig r;

	(void)state;
	rig_init(&r, 512, 4, 0);
	log = open_log(&r.st, &cfg);
	assert_int_equal(append_nth(log, 1), EW_OK);
	ew_log_close(log);
	r.st.block_count = 3;
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, &err), EW_ERR_UNSUPPORTED);
	r.st.block_count = 4;
	r.st.block_bytes = 256;
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, &err), EW_ERR_UNSUPPORTED);
	r.st.block_bytes = 512;
	r.st.write_bytes = 16;
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, &err), EW_ERR_UNSUPPORTED);
	r.st.write_bytes = 1;
	assert_int_equal(ew_log_open(&r.st, &cfg, &alloc, &log, &err), EW_OK);
	ew_log_close(log);
	rig_deinit(&r);
}

/* The image of a log inside an event's data is never taken for events, even where a record is damaged. */
static void a_log_within_a_log(void **state)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg)};
	struct ew_log_report report;
	struct ew_event e = {.data_bytes = 512};
	static uint8_t image[512];
	struct ew_log *log;
	struct rig r;

	(void)state;
	make_image(&kinds[0], &r);
	memcpy(image, ew_storage_ram_block(&r.inner, 0), 512);
	rig_deinit(&r);
	rig_init(&r, 4096, 4, 0);
	log = open_log(&r.st, &cfg);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ew_log_append(log, &e, NULL, image, NULL), EW_OK);
	assert_int_equal(append_nth(log, 4), EW_OK);
	ew_storage_ram_block(&r.inner, 0)[52] ^= 1; /* the first record's check sum */
	assert_int_equal(ew_log_verify(log, NULL, NULL, &report), EW_ERR_CORRUPT);
	assert_int_equal(report.events, 3);
	assert_int_equal(report.missing_events, 1);
	ew_log_close(log);
	rig_deinit(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_every_byte),
		cmocka_unit_test(every_byte_changed),
		cmocka_unit_test(every_byte_changed_then_written),
		cmocka_unit_test(a_segment_lost),
		cmocka_unit_test(foreign_data),
		cmocka_unit_test(other_geometry),
		cmocka_unit_test(a_log_within_a_log),
	};

	return cmocka_run_group_tests_name("log, damaged", tests, NULL, NULL);
}
