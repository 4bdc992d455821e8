/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_uplink.c - what waits in a log is sent in its order, alerts first, until it has been acknowledged.
 */
#include "edgewasm/uplink.h"
#include "jrun.h"

#define ALERT 1u

struct urun {
	struct jrun j; /* its log and storage */
	struct ew_uplink_config config;
	struct ew_uplink *u;
	struct ew_error err;
};

static void open_uplink(struct urun *r)
{
	struct ew_alloc alloc = ew_alloc_libc();

	if (ew_uplink_open(&r->u, &r->config, &alloc, &r->err) != EW_OK)
		fail_msg("uplink: %s", r->err.text);
}

static void urun_init(struct urun *r, uint32_t block_bytes, uint32_t blocks)
{
	const struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .cursors = EW_LOG_CURSORS_HOLD};

	memset(r, 0, sizeof(*r));
	jrun_init(&r->j);
	jrun_open_log(&r->j, block_bytes, blocks, &cfg);
	r->config.struct_bytes = sizeof(r->config);
	r->config.log = r->j.log;
}

static void urun_close(struct urun *r)
{
	ew_uplink_close(r->u);
	assert_int_equal(ew_log_close(r->j.log), EW_OK);
	ew_storage_ram_destroy(&r->j.storage);
	fail_alloc_finish(&r->j.n.mem);
}

static void append(struct urun *r, uint32_t flags, const char *topic, const void *data, uint32_t bytes)
{
	const struct ew_event e = {.flags = flags, .time_ns = 7, .content_type = 3, .topic_bytes = (uint16_t)strlen(topic),
				   .data_bytes = bytes};

	assert_int_equal(ew_log_append(r->j.log, &e, topic, data, NULL), EW_OK);
}

static void append_number(struct urun *r, uint32_t flags, uint32_t n)
{
	append(r, flags, flags ? "alert" : "data", &n, sizeof(n));
}

/* The next batch, sent at that time. */
static struct ew_uplink_batch sent(struct urun *r, const char *row, uint64_t now)
{
	struct ew_uplink_batch b;
	enum ew_status st = ew_uplink_next(r->u, now, &b);

	check_status(row, st, EW_OK);
	return b;
}

static void nothing(struct urun *r, const char *row, uint64_t now, enum ew_status why, uint64_t deadline)
{
	struct ew_uplink_batch b;

	check_status(row, ew_uplink_next(r->u, now, &b), why);
	check_int(row, ew_uplink_deadline(r->u), deadline);
}

static uint64_t cursor(struct urun *r, const char *name)
{
	uint64_t next = 0;

	(void)ew_log_cursor_get(r->j.log, name, &next);
	return next;
}

/* The numbers in a batch, which go on from *n; their ids are new ones or those in ids. */
static void check_numbers(const char *row, const struct ew_uplink_batch *b, uint32_t *n, uint32_t step)
{
	struct ew_uplink_item item;
	size_t at = 0;
	uint32_t events = 0, number;

	for (; ew_uplink_item_get(b->bytes, b->size, &at, &item) == EW_OK; events++) {
		check_int(row, item.event.data_bytes, 4);
		memcpy(&number, item.data, 4);
		check_int(row, number, *n);
		check_int(row, item.event.time_ns, 7);
		check_int(row, item.event.content_type, 3);
		check_int(row, item.id[8], item.event.seq & 0xff);
		*n += step;
	}
	check_int(row, at, b->size);
	check_int(row, events, b->events);
}

/* 1,000 events, every tenth an alert; the cursors move when, and only when, the peer acknowledges. */
static void alerts_overtake(void **state)
{
	struct ew_uplink_stats stats;
	uint32_t next_alert = 0, next_data = 1;
	struct urun r;

	(void)state;
	urun_init(&r, 65536, 8);
	r.config.max_batch_events = 30;
	open_uplink(&r);
	for (uint32_t i = 0; i < 1000; i++)
		append_number(&r, i % 10 == 0 ? ALERT : 0, i);
	for (uint32_t i = 0; i < 4; i++) { /* 100 alerts */
		struct ew_uplink_batch b = sent(&r, "alerts", i), other;

		check_int("lane", b.lane, 0);
		check_numbers("alerts", &b, &next_alert, 10);
		if (i == 0) { /* while it is on its way, the other lane is not idle */
			other = sent(&r, "data", i);
			check_int("lane", other.lane, 1);
			check_int("first", other.first_seq, 2);
			nothing(&r, "all are on their way", i, EW_ERR_EMPTY, EW_UPLINK_RESEND_NS);
		}
		check_int("cursor", cursor(&r, "uplink.0"), i ? (uint64_t)(i * 300 + 1) : 1);
		check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
		check_status("twice", ew_uplink_ack(r.u, b.token), EW_ERR_NOENT);
	}
	check_int("cursor", cursor(&r, "uplink.0"), 1001);
	for (uint64_t now = EW_UPLINK_RESEND_NS; next_data < 1000; now++) {
		struct ew_uplink_batch b = sent(&r, "data", now);
		struct ew_uplink_item item;
		size_t at = 0;

		for (uint32_t k = 0; ew_uplink_item_get(b.bytes, b.size, &at, &item) == EW_OK; k++) {
			uint32_t number;

			memcpy(&number, item.data, 4);
			check_int("order", number, next_data);
			next_data += next_data % 10 == 9 ? 2 : 1;
		}
		check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	}
	nothing(&r, "done", 1u << 30, EW_ERR_EMPTY, UINT64_MAX);
	assert_int_equal(ew_uplink_stats(r.u, 1, &stats), EW_OK);
	assert_int_equal(stats.events, 900);
	assert_int_equal(stats.acked_events, 900);
	assert_int_equal(stats.resends, 1);
	assert_int_equal(stats.waiting, 0);
	assert_int_equal(ew_uplink_stats(r.u, 2, &stats), EW_ERR_INVAL);
	urun_close(&r);
}

static void sent_again_until_acknowledged(void **state)
{
	struct ew_uplink_batch first, again;
	uint8_t bytes[256];
	struct urun r;

	(void)state;
	urun_init(&r, 65536, 2);
	r.config.resend_ns = 100;
	open_uplink(&r);
	append_number(&r, 0, 1);
	first = sent(&r, "first", 1000);
	check_int("attempt", first.attempts, 1);
	memcpy(bytes, first.bytes, first.size);
	append_number(&r, 0, 2); /* which does not slip into it */
	nothing(&r, "waiting", 1099, EW_ERR_EMPTY, 1100);
	again = sent(&r, "again", 1100);
	check_int("attempt", again.attempts, 2);
	check_int("token", again.token, first.token);
	check_int("size", again.size, first.size);
	check_mem("bytes", again.bytes, bytes, first.size);
	check_status("nack", ew_uplink_nack(r.u, again.token, 5000), EW_OK);
	nothing(&r, "nack", 4999, EW_ERR_EMPTY, 5000);
	again = sent(&r, "a third time", 5000);
	check_status("ack of the first", ew_uplink_ack(r.u, first.token), EW_OK);
	check_status("nack, too late", ew_uplink_nack(r.u, again.token, 1), EW_ERR_NOENT);
	check_status("no lane", ew_uplink_ack(r.u, 3), EW_ERR_NOENT);
	again = sent(&r, "the second", 5001);
	check_int("first_seq", again.first_seq, 2);
	urun_close(&r);
}

/* 1,000 bytes a second and 500 at once; batches of 100 and 400 bytes of data. */
static void within_the_budget(void **state)
{
	static uint8_t data[2000];
	struct ew_uplink_batch b;
	struct urun r;

	(void)state;
	urun_init(&r, 65536, 2);
	r.config.rate_bytes = 1000;
	r.config.period_ns = 1000000000;
	r.config.burst_bytes = 500;
	r.config.max_batch_events = 1;
	open_uplink(&r);
	append(&r, 0, "d", data, 400 - EW_UPLINK_HEAD_BYTES - 1);
	append(&r, 0, "d", data, 400 - EW_UPLINK_HEAD_BYTES - 1);
	b = sent(&r, "400 of 500", 0);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	nothing(&r, "100 are left", 0, EW_ERR_QUOTA, 300000000);
	append(&r, ALERT, "a", data, 200 - EW_UPLINK_HEAD_BYTES - 1);
	nothing(&r, "nor is there enough for an alert", 0, EW_ERR_QUOTA, 100000000);
	b = sent(&r, "the alert comes first", 100000000);
	check_int("lane", b.lane, 0);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	nothing(&r, "then it is 400 again", 100000000, EW_ERR_QUOTA, 500000000);
	b = sent(&r, "data", 500000000);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	append(&r, 0, "d", data, sizeof(data)); /* more than a burst: it costs one */
	nothing(&r, "large", 500000000, EW_ERR_QUOTA, 1000000000);
	b = sent(&r, "large", 1000000000);
	check_int("size", b.size, sizeof(data) + EW_UPLINK_HEAD_BYTES + 1);
	urun_close(&r);
}

/* In each run some batches arrive, fewer acknowledgements do; the peer drops ids that it has. */
static void restarts_drain_in_order(void **state)
{
	uint8_t have[512] = {0};
	uint64_t random = 99;
	uint32_t got = 0, twice = 0;
	struct urun r;

	(void)state;
	urun_init(&r, 16384, 8);
	r.config.max_batch_events = 7;
	for (uint32_t i = 0; i < 500; i++)
		append_number(&r, i % 5 == 0 ? ALERT : 0, i);
	for (int life = 0; life < 60 && got < 500; life++) {
		struct ew_uplink_batch b;
		uint32_t last[2] = {0, 0};

		open_uplink(&r);
		for (uint64_t now = 1; ew_uplink_next(r.u, now, &b) == EW_OK; now++) {
			struct ew_uplink_item item;
			size_t at = 0;

			while (ew_uplink_item_get(b.bytes, b.size, &at, &item) == EW_OK) {
				uint32_t n;

				memcpy(&n, item.data, 4);
				check_true("order", last[b.lane] <= n + 1);
				last[b.lane] = n + 1;
				twice += have[n];
				got += !have[n];
				have[n] = 1;
				check_int("id", item.id[8] | item.id[9] << 8, n + 1);
			}
			if (noise(&random) % 4 != 0)
				check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
		}
		ew_uplink_close(r.u);
		r.u = NULL;
	}
	assert_int_equal(got, 500);
	assert_true(twice > 0);
	urun_close(&r);
}

static void compressed(void **state)
{
	static uint8_t noise_bytes[32], out[65536];
	struct ew_event e = {.flags = (uint32_t)EW_JOURNAL_OUTPUT << 16, .topic_bytes = 1, .data_bytes = 16};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_uplink_batch b;
	struct ew_uplink_stats stats;
	uint64_t random = 5;
	uint32_t n = 0;
	size_t size;
	struct urun r;

	(void)state;
	urun_init(&r, 65536, 2);
	r.config.gzip_level = 1;
	if (ew_gzip_compress(&alloc, 1, "", 0, out, sizeof(out), &size) == EW_ERR_UNSUPPORTED) {
		assert_int_equal(ew_uplink_open(&r.u, &r.config, &alloc, &r.err), EW_ERR_UNSUPPORTED);
		urun_close(&r);
		print_message("skipped: without zlib\n");
		skip();
	}
	open_uplink(&r);
	for (uint32_t i = 0; i < 200; i++)
		append_number(&r, 0, i);
	b = sent(&r, "compressed", 1);
	check_true("gzip", b.gzip);
	check_status("expand", ew_gzip_expand(&alloc, b.bytes, b.size, out, sizeof(out), &size), EW_OK);
	check_true("smaller", b.size * 4 < size);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	b.bytes = out;
	b.size = size;
	check_numbers("expanded", &b, &n, 1);
	assert_int_equal(ew_uplink_stats(r.u, 1, &stats), EW_OK);
	assert_int_equal(stats.raw_bytes, size);
	for (size_t i = 0; i < sizeof(noise_bytes); i++)
		noise_bytes[i] = (uint8_t)(noise(&random) >> 40);
	memcpy(e.trace_id, noise_bytes, sizeof(e.trace_id));
	e.time_ns = random;
	assert_int_equal(ew_log_append(r.j.log, &e, "n", noise_bytes + 16, NULL), EW_OK);
	b = sent(&r, "noise", 2);
	check_true("plain", !b.gzip && b.size == EW_UPLINK_HEAD_BYTES + 1);
	urun_close(&r);
}

/* 600 events, every tenth an alert, drained as a loop does that must not wait; batches come in the order as without steps. */
static void a_little_at_a_time(void **state)
{
	static const struct {
		const char *name;
		uint32_t records, bytes;
		int level;
		uint32_t more; /* calls that left something to do */
	} rows[] = {
		{"everything at once", 0, 0, 0, 0},
		{"records one by one", 1, 0, 0, 1197}, /* 600 and 599, the first one was seen; two batches were full with the last one */
		{"a hundred records", 100, 0, 0, 10},
		{"as many as there are", 600, 0, 0, 1}, /* that these were all */
		{"one more", 601, 0, 0, 0},
		{"bytes one by one", 0, 1, 1, 60 * 69 + 540 * 68 - 4}, /* the last of each batch ends it */
		{"a kilobyte", 0, 1024, 1, 37},
		{"both", 7, 512, 1, 246},
		{"compressed at once", 7, 0, 1, 169},
	};
	static uint8_t out[65536];
	struct ew_alloc alloc = ew_alloc_libc();
	bool zlib;
	size_t size;

	(void)state;
	zlib = ew_gzip_compress(&alloc, 1, "", 0, out, sizeof(out), &size) == EW_OK;
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t next_alert = 0, next_data = 1, more = 0;
		struct ew_uplink_batch b;
		struct urun r;

		if (rows[i].level && !zlib)
			continue;
		urun_init(&r, 65536, 2);
		r.config.step_records = rows[i].records;
		r.config.step_bytes = rows[i].bytes;
		r.config.gzip_level = rows[i].level;
		open_uplink(&r);
		for (uint32_t n = 0; n < 600; n++)
			append_number(&r, n % 10 ? 0 : ALERT, n);
		for (;;) {
			enum ew_status st = ew_uplink_next(r.u, 5, &b);

			if (st == EW_ERR_EMPTY && ew_uplink_deadline(r.u) > 5)
				break;
			more += st == EW_ERR_EMPTY;
			if (st == EW_ERR_EMPTY)
				continue;
			check_status(rows[i].name, st, EW_OK);
			check_status(rows[i].name, ew_uplink_ack(r.u, b.token), EW_OK);
			if (b.gzip) {
				check_status(rows[i].name, ew_gzip_expand(&alloc, b.bytes, b.size, out, sizeof(out), &size), EW_OK);
				b.bytes = out;
				b.size = size;
			}
			for (uint32_t n = 0; b.lane == 1 && n < b.events; n++, next_data += next_data % 10 == 9 ? 2 : 1) {
				uint32_t number; /* the last of an item, and all are as long */

				memcpy(&number, b.bytes + b.size / b.events * (n + 1) - 4, 4);
				check_int(rows[i].name, number, next_data);
				check_int(rows[i].name, next_alert, 600);
			}
			if (b.lane == 0)
				check_numbers(rows[i].name, &b, &next_alert, 10);
		}
		check_int(rows[i].name, next_data, 601);
		check_int(rows[i].name, more, rows[i].more);
		urun_close(&r);
	}
}

#define RECORDS 4000u

/* What has come of RECORDS, and the last of each lane. */
struct arrived {
	uint8_t lane[RECORDS]; /* plus 1; 0: not yet */
	uint32_t last[2];
};

/* Takes what is to be sent now; `keep` leaves the batch of lane 0 unacknowledged and returns its token. */
static uint64_t take_all(struct urun *r, const char *row, bool keep, struct arrived *a)
{
	struct ew_uplink_batch b;
	uint64_t kept = 0;

	while (ew_uplink_next(r->u, 1, &b) == EW_OK) {
		struct ew_uplink_item item;
		size_t at = 0;

		while (ew_uplink_item_get(b.bytes, b.size, &at, &item) == EW_OK) {
			uint32_t number;

			memcpy(&number, item.data, 4);
			check_true(row, number < RECORDS && number >= a->last[b.lane]);
			check_int(row, a->lane[number], 0);
			a->last[b.lane] = number;
			a->lane[number] = (uint8_t)(b.lane + 1);
		}
		if (keep && b.lane == 0)
			kept = b.token;
		else
			check_status(row, ew_uplink_ack(r->u, b.token), EW_OK);
	}
	return kept;
}

/*
 * Most records are for nobody: what one lane has looked at the others pass over, and lose nothing of theirs, whether that
 * comes soon or late, whether lane 0 is held up by a batch on its way, and after a restart.
 */
static void looked_at_once(void **state)
{
	static const struct {
		const char *name;
		uint32_t alert_every, data_every; /* the next number: no data or alert where the other one's turn is */
		bool late;			  /* lane 0 waits for its acknowledgement as long as 500 records take */
	} rows[] = {
		{"nothing", RECORDS, RECORDS, false},	{"alerts only", 7, RECORDS, false},
		{"data only", RECORDS, 7, false},	{"both, often", 3, 5, false},
		{"both, and alerts held up", 3, 5, true}, {"data seldom", 11, 1000, false},
		{"data seldom, alerts held up", 11, 1000, true}, {"alerts seldom", 1000, 11, false},
		{"both seldom", 700, 900, true},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		static struct arrived a;
		uint64_t token = 0;
		struct urun r;

		memset(&a, 0, sizeof(a));
		urun_init(&r, 65536, 16);
		open_uplink(&r);
		for (uint32_t n = 0; n < RECORDS; n++) {
			bool alert = n % rows[i].alert_every == 1, data = !alert && n % rows[i].data_every == 2;

			append_number(&r, alert ? ALERT : data ? 0 : (uint32_t)EW_JOURNAL_INPUT << 16, n);
			if (n % 500 == 499 && token)
				check_status(rows[i].name, ew_uplink_ack(r.u, token), EW_OK);
			if (n % 500 == 499)
				token = 0;
			if (n == 1999) {
				ew_uplink_close(r.u);
				open_uplink(&r);
			}
			if (n % 50 == 49)
				token += take_all(&r, rows[i].name, rows[i].late && n + 1 < RECORDS && n != 1949, &a);
		}
		take_all(&r, rows[i].name, false, &a);
		for (uint32_t n = 0; n < RECORDS; n++)
			check_int(rows[i].name, a.lane[n], n % rows[i].alert_every == 1 ? 1 : n % rows[i].data_every == 2 ? 2 : 0);
		urun_close(&r);
	}
}

/* Outputs of a node, and nothing else of its journal; their ids are the journal's. */
static void from_a_journal(void **state)
{
	static const char *const patterns[] = {"count"};
	struct ew_uplink_lane lanes[] = {{.patterns = patterns, .pattern_count = 1}, {.flags = 0}};
	struct ew_uplink_batch b;
	struct ew_log_reader *rd;
	const struct ew_event *e;
	uint64_t seen[2] = {0, 0};
	struct urun r;

	(void)state;
	urun_init(&r, 1u << 18, 4);
	nrun_open(&r.j.n);
	assert_int_equal(ew_node_journal_open(r.j.n.node, &r.j.journal, &r.j.n.err), EW_OK);
	jrun_populate(&r.j);
	jrun_live(&r.j, 100);
	r.config.lanes = lanes;
	r.config.lane_count = 2;
	open_uplink(&r);
	assert_int_equal(ew_log_reader_create(r.j.log, &rd), EW_OK);
	for (uint64_t now = 1; ew_uplink_next(r.u, now, &b) == EW_OK; now++) {
		struct ew_uplink_item item;
		size_t at = 0;

		while (ew_uplink_item_get(b.bytes, b.size, &at, &item) == EW_OK) {
			assert_int_equal(ew_log_seek_seq(rd, item.event.seq), EW_OK);
			assert_int_equal(ew_log_read(rd, &e), EW_OK);
			assert_int_equal(EW_JOURNAL_KIND(e->flags), EW_JOURNAL_OUTPUT);
			assert_int_equal(e->data_bytes, item.event.data_bytes + 16);
			assert_memory_equal(ew_event_data(e), item.data, item.event.data_bytes);
			assert_memory_equal(ew_event_data(e) + item.event.data_bytes, item.id, 16);
			assert_memory_equal(e->trace_id, item.event.trace_id, 16);
			assert_int_equal(b.lane, !(e->topic_bytes == 5 && memcmp(ew_event_topic(e), "count", 5) == 0));
			assert_true(e->seq > seen[b.lane]);
			seen[b.lane] = e->seq;
		}
		check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	}
	assert_true(seen[0] && seen[1]);
	ew_log_reader_destroy(rd);
	ew_node_destroy(r.j.n.node);
	r.j.n.node = NULL;
	ew_uplink_close(r.u);
	r.u = NULL;
	nrun_close(&r.j.n);
	fail_alloc_init(&r.j.n.mem);
	urun_close(&r);
}

static void lingers_for_more(void **state)
{
	const struct ew_uplink_lane lane = {.linger_ns = 1000};
	struct ew_uplink_batch b;
	struct urun r;

	(void)state;
	urun_init(&r, 65536, 2);
	r.config.lanes = &lane;
	r.config.lane_count = 1;
	r.config.max_batch_events = 3;
	open_uplink(&r);
	append_number(&r, 0, 0);
	nothing(&r, "one", 100, EW_ERR_EMPTY, 1100);
	append_number(&r, 0, 1);
	nothing(&r, "two", 1099, EW_ERR_EMPTY, 1100);
	b = sent(&r, "two, old enough", 1100);
	check_int("events", b.events, 2);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	for (uint32_t i = 2; i < 6; i++)
		append_number(&r, 0, i);
	b = sent(&r, "three are enough", 1101);
	check_int("events", b.events, 3);
	urun_close(&r);
}

/* What is not for a lane is passed over; that is written down when it is much. */
static void idle_lanes_hold_nothing(void **state)
{
	struct urun r;

	(void)state;
	urun_init(&r, 65536, 8);
	open_uplink(&r);
	for (uint32_t i = 0; i < EW_UPLINK_IDLE_RECORDS - 1; i++)
		append_number(&r, 0, i);
	(void)sent(&r, "data", 1);
	check_int("below", cursor(&r, "uplink.0"), 1);
	append_number(&r, 0, 0);
	nothing(&r, "at", 2, EW_ERR_EMPTY, 1 + EW_UPLINK_RESEND_NS);
	check_int("at", cursor(&r, "uplink.0"), EW_UPLINK_IDLE_RECORDS + 1);
	append_number(&r, 0, 0);
	nothing(&r, "and above", 2, EW_ERR_EMPTY, 1 + EW_UPLINK_RESEND_NS);
	check_int("above", cursor(&r, "uplink.0"), EW_UPLINK_IDLE_RECORDS + 1);
	ew_uplink_close(r.u);
	r.u = NULL;
	check_int("closed", cursor(&r, "uplink.0"), EW_UPLINK_IDLE_RECORDS + 2);
	check_int("not acknowledged", cursor(&r, "uplink.1"), 1);
	urun_close(&r);
}

/* A record is damaged; others are larger than a batch. */
static void damage_and_size(void **state)
{
	static uint8_t data[5000];
	struct ew_uplink_batch b;
	struct ew_uplink_stats stats;
	struct urun r;

	(void)state;
	urun_init(&r, 65536, 2);
	r.config.max_batch_bytes = 1024;
	memset(data, 0x77, sizeof(data));
	append_number(&r, 0, 0);
	append(&r, 0, "x", data, 100);
	append(&r, 0, "x", data, sizeof(data));
	append_number(&r, 0, 0);
	for (uint32_t i = 0; i < 65536; i++) {
		uint8_t *p = ew_storage_ram_block(&r.j.storage, 0) + i;

		if (*p == 0x77) {
			*p ^= 1;
			break;
		}
	}
	open_uplink(&r);
	b = sent(&r, "one", 1);
	check_int("the large one goes alone", b.events, 1);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	b = sent(&r, "large", 1);
	check_int("large", b.size, sizeof(data) + 1 + EW_UPLINK_HEAD_BYTES);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	b = sent(&r, "last", 1);
	check_int("last", b.last_seq, 4);
	assert_int_equal(ew_uplink_stats(r.u, 1, &stats), EW_OK);
	assert_int_equal(stats.missing, 1);
	urun_close(&r);
}

/* The log has no room for the cursor: the batch is over all the same, and the next acknowledgement says so. */
static void acknowledgements_that_fail(void **state)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .sync_every = 1};
	struct ew_sim_config sim = {.struct_bytes = sizeof(sim), .kind = EW_SIM_RAM, .block_bytes = 65536, .block_count = 2};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_uplink_batch b;
	struct ew_storage st;
	struct urun r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(ew_storage_sim_create(&sim, &alloc, &st), EW_OK);
	assert_int_equal(ew_log_open(&st, &cfg, &alloc, &r.j.log, &r.err), EW_OK);
	r.config.struct_bytes = sizeof(r.config);
	r.config.log = r.j.log;
	open_uplink(&r);
	append_number(&r, 0, 0);
	b = sent(&r, "sent", 1);
	ew_storage_sim_fail(&st, EW_SIM_WRITE, 1, EW_ERR_IO);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_ERR_IO);
	nothing(&r, "it is not sent again", 1u << 31, EW_ERR_EMPTY, UINT64_MAX);
	ew_uplink_close(r.u);
	ew_log_close(r.j.log);
	assert_int_equal(ew_log_open(&st, &cfg, &alloc, &r.j.log, &r.err), EW_OK);
	r.config.log = r.j.log;
	open_uplink(&r);
	b = sent(&r, "but after a restart", 1);
	check_int("first", b.first_seq, 1);
	check_status("ack", ew_uplink_ack(r.u, b.token), EW_OK);
	ew_uplink_close(r.u);
	ew_log_close(r.j.log);
	ew_storage_sim_destroy(&st);
}

static void open_refuses(void **state)
{
	static const struct ew_uplink_lane lanes[5];
	static const struct row {
		const char *name, *cursors;
		uint32_t lanes;
		int level;
		uint64_t rate, period, burst;
		enum ew_status want;
	} rows[] = {
		{"as it is", NULL, 0, 0, 0, 0, 0, EW_OK},
		{"a name of 27 bytes", "123456789012345678901234567", 0, 0, 0, 0, 0, EW_OK},
		{"of 28 bytes", "1234567890123456789012345678", 0, 0, 0, 0, 0, EW_ERR_INVAL},
		{"no name", "", 0, 0, 0, 0, 0, EW_ERR_INVAL},
		{"four lanes", NULL, 4, 0, 0, 0, 0, EW_OK},
		{"five", NULL, 5, 0, 0, 0, 0, EW_ERR_INVAL},
		{"level 10", NULL, 0, 10, 0, 0, 0, EW_ERR_INVAL},
		{"level -1", NULL, 0, -1, 0, 0, 0, EW_ERR_INVAL},
		{"a rate without a burst", NULL, 0, 0, 1, 1, 0, EW_ERR_INVAL},
		{"a rate without a period", NULL, 0, 0, 1, 0, 1, EW_ERR_INVAL},
		{"a budget", NULL, 0, 0, 1, 1, 1, EW_OK},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct urun r;

		urun_init(&r, 65536, 2);
		r.config.name = rows[i].cursors;
		r.config.lanes = lanes;
		r.config.lane_count = rows[i].lanes;
		r.config.gzip_level = rows[i].level;
		r.config.rate_bytes = rows[i].rate;
		r.config.period_ns = rows[i].period;
		r.config.burst_bytes = rows[i].burst;
		check_status(rows[i].name, ew_uplink_open(&r.u, &r.config, &r.j.n.mem.alloc, &r.err), rows[i].want);
		urun_close(&r);
	}
}

static void batches_that_are_none(void **state)
{
	uint8_t bytes[EW_UPLINK_HEAD_BYTES + 8] = {0};
	struct ew_uplink_item item;

	(void)state;
	bytes[48] = 5; /* data */
	bytes[56] = 3; /* topic */
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		size_t at = 0;

		check_status("cut", ew_uplink_item_get(bytes, size, &at, &item),
			     size == 0 ? EW_ERR_EMPTY : size == sizeof(bytes) ? EW_OK : EW_ERR_MALFORMED);
		check_int("at", at, size == sizeof(bytes) ? size : 0);
	}
	for (int i = 48; i < 60; i++) {
		size_t at = 0;

		if (i == 52 || i == 53 || i == 54 || i == 55) /* flags, content type: anything */
			continue;
		bytes[i] ^= 0x80;
		check_status("too long", ew_uplink_item_get(bytes, sizeof(bytes), &at, &item), EW_ERR_MALFORMED);
		bytes[i] ^= 0x80;
	}
}


static enum ew_status live(void *ctx, const struct ew_alloc *alloc)
{
	struct urun *r = ctx;
	struct ew_uplink_batch b;
	enum ew_status st = ew_uplink_open(&r->u, &r->config, alloc, &r->err);

	if (st == EW_OK)
		st = ew_uplink_next(r->u, 1, &b);
	ew_uplink_close(r->u);
	r->u = NULL;
	return st;
}

static void memory_runs_out(void **state)
{
	struct urun r;

	(void)state;
	urun_init(&r, 65536, 2);
	append_number(&r, 0, 0);
	assert_true(fail_each(live, &r, false) >= 2);
	urun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_overtake),	 cmocka_unit_test(sent_again_until_acknowledged),
		cmocka_unit_test(within_the_budget),	 cmocka_unit_test(restarts_drain_in_order),
		cmocka_unit_test(compressed),		 cmocka_unit_test(from_a_journal),
		cmocka_unit_test(lingers_for_more),	 cmocka_unit_test(idle_lanes_hold_nothing),
		cmocka_unit_test(damage_and_size),	 cmocka_unit_test(acknowledgements_that_fail),
		cmocka_unit_test(open_refuses),		 cmocka_unit_test(batches_that_are_none),
		cmocka_unit_test(memory_runs_out),	 cmocka_unit_test(a_little_at_a_time),
		cmocka_unit_test(looked_at_once),
	};

	return cmocka_run_group_tests_name("uplink", tests, NULL, NULL);
}
