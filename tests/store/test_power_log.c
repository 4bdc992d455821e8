/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_power_log.c - the power is cut in the middle of every write, erase and sync that the log makes, and again in
 * the middle of everything that opening it does.  After the first boot and after the second: what was
 * acknowledged as durable is there, once, in order; nothing is there that was not appended; cursors stand where
 * they stood together at some moment since they were last durable.
 */
#include "power.h"
#include "store/log.h"

#define BLOCK_BYTES 768u
#define BLOCK_COUNT 6u
#define HISTORY 64u

static const struct scene {
	const char *name;
	uint32_t sync_every;
	bool write_behind;
	enum ew_log_full when_full;
	enum ew_log_cursors cursors;
	bool deflate; /* closed segments, with every sync that is asked for */
	uint32_t buffer_bytes; /* 32768: where it can, the log also writes what is erased ahead of its records */
} scenes[] = {
	{"each event durable, oldest dropped", 1, false, EW_LOG_DROP_OLDEST, EW_LOG_CURSORS_IGNORE, false, 512},
	{"each seventh, waiting in the buffer", 7, true, EW_LOG_DROP_OLDEST, EW_LOG_CURSORS_IGNORE, false, 512},
	{"syncs asked for, erased when acknowledged", 0, false, EW_LOG_REJECT, EW_LOG_CURSORS_ERASE, false, 512},
	{"each third, held until acknowledged", 3, true, EW_LOG_REJECT, EW_LOG_CURSORS_HOLD, false, 512},
	{"closed segments deflated", 5, true, EW_LOG_DROP_OLDEST, EW_LOG_CURSORS_IGNORE, true, 32768},
	{"each event durable, erased bytes ahead of it", 1, false, EW_LOG_DROP_OLDEST, EW_LOG_CURSORS_IGNORE, false, 32768},
};

struct places {
	uint64_t next[2]; /* of cursors "a" and "b"; 0: there is none */
};

/* What a workload knows. */
static struct model {
	const struct scene *scene;
	const struct power_kind *kind;
	struct ew_log *log; /* NULL while it is being opened */
	uint64_t attempted; /* events below were given to the log */
	uint64_t durable;   /* events below are */
	uint64_t gone;	    /* events below may have been erased */
	struct places history[HISTORY]; /* since the cursors were durable, that moment included */
	uint32_t moments;
	uint32_t op; /* of the workload, for messages */
	uint64_t seed;
	unsigned long long cuts, second_cuts, deflated;
} m;

static struct ew_log_config config(const struct scene *s)
{
	return (struct ew_log_config){.struct_bytes = sizeof(struct ew_log_config), .sync_every = s->sync_every,
				      .buffer_bytes = s->buffer_bytes, .when_full = s->when_full, .cursors = s->cursors,
				      .write_behind = s->write_behind};
}

static _Noreturn void complain(const char *what, enum ew_sim_tear tear, uint64_t a, uint64_t b)
{
	print_error("%s, %s, %s, operation %u, seed %llu: %s (%llu, %llu)\n", m.scene->name, m.kind->name,
		    power_tears[tear], (unsigned)m.op, (unsigned long long)m.seed, what, (unsigned long long)a,
		    (unsigned long long)b);
	fail();
	abort();
}

/* ---- after the power came back ---- */

/* A bit for each event that is in the log. */
struct seen {
	uint64_t count, last;
	uint8_t bits[4096];
};

static void read_everything(struct ew_log *log, enum ew_sim_tear tear, struct seen *seen)
{
	const struct ew_event *e;
	struct ew_log_reader *rd;
	enum ew_status st;

	memset(seen, 0, sizeof(*seen));
	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	while ((st = ew_log_read(rd, &e)) != EW_ERR_EMPTY) {
		if (st == EW_ERR_CORRUPT)
			continue;
		if (st != EW_OK)
			complain(ew_status_name(st), tear, seen->last, 0);
		if (e->seq <= seen->last || !event_is(e, e->seq))
			complain("a wrong event", tear, e->seq, seen->last);
		if (e->seq >= m.attempted)
			complain("an event that nobody appended", tear, e->seq, m.attempted);
		seen->last = e->seq;
		seen->count++;
		seen->bits[e->seq / 8 % sizeof(seen->bits)] |= (uint8_t)(1u << e->seq % 8);
	}
	ew_log_reader_destroy(rd);
}

static bool has(const struct seen *seen, uint64_t seq)
{
	return seen->bits[seq / 8 % sizeof(seen->bits)] & 1u << seq % 8;
}

static struct places places_of(const struct ew_log *log)
{
	struct places p = {{0, 0}};

	(void)ew_log_cursor_get(log, "a", &p.next[0]);
	(void)ew_log_cursor_get(log, "b", &p.next[1]);
	return p;
}

static void check_log(struct ew_log *log, enum ew_sim_tear tear, uint64_t gone, struct seen *seen)
{
	struct places p = places_of(log);
	struct ew_log_report report;
	bool known = false;

	read_everything(log, tear, seen);
	for (uint64_t seq = gone; seq < m.durable; seq++)
		if (!has(seen, seq))
			complain("an event that was durable is gone", tear, seq, m.durable);
	for (uint32_t i = 0; i < m.moments; i++)
		known |= memcmp(&m.history[i], &p, sizeof(p)) == 0;
	if (!known)
		complain("cursors where they never stood", tear, p.next[0], p.next[1]);
	(void)ew_log_verify(log, NULL, NULL, &report);
	if (report.events != seen->count)
		complain("verify counts otherwise", tear, report.events, seen->count);
}

static struct ew_log *boot(const struct ew_storage *st, enum ew_sim_tear tear)
{
	struct ew_log_config cfg = config(m.scene);
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;
	struct ew_log *log;

	if (ew_log_open(st, &cfg, &alloc, &log, &err) != EW_OK)
		complain(err.text, tear, 0, 0);
	return log;
}

struct recovery {
	enum ew_sim_tear tear;
	uint64_t gone;
};

/* Before a write, erase or sync of an opening: cut there too, and boot once more. */
static void cut_recovery(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	const struct recovery *r = ctx;
	struct ew_storage cut;
	struct seen seen;
	struct ew_log *log;

	assert_int_equal(ew_storage_sim_cut(st, op, r->tear, noise(&m.seed), &cut), EW_OK);
	log = boot(&cut, r->tear);
	check_log(log, r->tear, r->gone, &seen);
	assert_int_equal(ew_log_close(log), EW_OK);
	ew_storage_sim_destroy(&cut);
	m.second_cuts++;
}

/* The log goes on: two more events, durable, and a third boot. */
static void go_on(struct ew_storage *st, enum ew_sim_tear tear, uint64_t gone, const struct seen *first)
{
	struct ew_log *log = boot(st, tear);
	uint64_t attempted = m.attempted;
	struct ew_log_stat stat, later;
	struct seen seen;

	ew_log_stat(log, &stat);
	m.attempted = stat.next_seq;
	for (int i = 0; i < 2; i++) {
		enum ew_status s = append_nth(log, m.attempted);

		if (s == EW_OK)
			m.attempted++;
		else if (s != EW_ERR_FULL || m.scene->when_full != EW_LOG_REJECT)
			complain("it takes no more events", tear, stat.next_seq, (uint64_t)-s);
	}
	if (ew_log_sync(log) != EW_OK || ew_log_close(log) != EW_OK)
		complain("it does not sync", tear, 0, 0);
	log = boot(st, tear);
	read_everything(log, tear, &seen);
	ew_log_stat(log, &later); /* the two may have needed the room of the oldest */
	for (uint64_t seq = later.first_seq > gone ? later.first_seq : gone; seq <= first->last; seq++)
		if (has(first, seq) && !has(&seen, seq))
			complain("an event was there once", tear, seq, first->last);
	if (seen.last + 1 != m.attempted && m.attempted > stat.next_seq)
		complain("what came after is gone", tear, seen.last, m.attempted);
	ew_log_close(log);
	m.attempted = attempted;
}

/* Where the second segment begins, if the oldest is what is being erased. */
static uint64_t gone_by(const struct ew_sim_op *op)
{
	struct ewi_segment_head head;

	if (!m.log || op->call != EW_SIM_ERASE || m.log->first >= m.log->last ||
	    op->block != ewi_segment_block(&m.log->seg, m.log->first))
		return m.gone;
	assert_int_equal(ewi_segment_read(&m.log->seg, ewi_segment_block(&m.log->seg, m.log->first + 1), &head), EW_OK);
	return m.gone > head.base.seq ? m.gone : head.base.seq;
}

static void cut_here(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	uint64_t gone = gone_by(op);

	(void)ctx;
	if (m.log && m.log->first_seq > gone)
		gone = m.log->first_seq; /* erased in this very call */
	for (int tear = 0; tear < 3; tear++) {
		struct recovery r = {(enum ew_sim_tear)tear, gone};
		struct ew_storage cut;
		struct seen first, second;
		struct ew_log *log;

		assert_int_equal(ew_storage_sim_cut(st, op, r.tear, noise(&m.seed), &cut), EW_OK);
		ew_storage_sim_hook(&cut, cut_recovery, &r);
		log = boot(&cut, r.tear);
		ew_storage_sim_hook(&cut, NULL, NULL);
		check_log(log, r.tear, gone, &first);
		assert_int_equal(ew_log_close(log), EW_OK);
		log = boot(&cut, r.tear);
		check_log(log, r.tear, gone, &second);
		if (memcmp(&first, &second, sizeof(first)) != 0)
			complain("the second boot finds something else", r.tear, first.count, second.count);
		assert_int_equal(ew_log_close(log), EW_OK);
		go_on(&cut, r.tear, gone, &first);
		ew_storage_sim_destroy(&cut);
		m.cuts++;
	}
}

/* ---- the workload ---- */

static void after_call(void)
{
	struct ew_log_stat stat;

	ew_log_stat(m.log, &stat);
	m.attempted = stat.next_seq;
	m.durable = stat.durable_seq;
	m.gone = stat.first_seq;
	if (m.log->unsynced == 0 && !m.log->dirty) {
		m.history[0] = places_of(m.log);
		m.moments = 1;
	}
}

static void acknowledge(int which, uint64_t *random)
{
	struct ew_log_stat stat;
	struct places p = places_of(m.log);
	uint64_t to;
	enum ew_status st;

	ew_log_stat(m.log, &stat);
	to = stat.next_seq - 1 - noise(random) % 4 % stat.next_seq;
	if (to + 1 > p.next[which])
		p.next[which] = to + 1;
	if (m.moments == HISTORY)
		assert_int_equal(ew_log_sync(m.log), EW_OK), after_call();
	m.history[m.moments++] = p;
	st = ew_log_cursor_ack(m.log, which ? "b" : "a", to);
	if (st != EW_OK && st != EW_ERR_FULL)
		complain("an acknowledgement is refused", EW_SIM_WHOLE, to, (uint64_t)-st);
	if (st == EW_ERR_FULL)
		m.moments--;
}

static void append_some(uint64_t *random)
{
	struct event events[4];
	const struct ew_event *list[4];
	uint32_t n = noise(random) % 3 ? 1 : 4, done;
	struct ew_log_stat stat;
	enum ew_status st;

	ew_log_stat(m.log, &stat);
	for (uint32_t i = 0; i < n; i++) {
		event_make(&events[i], stat.next_seq + i);
		memmove(events[i].topic + events[i].e.topic_bytes, events[i].data, events[i].e.data_bytes);
		list[i] = &events[i].e;
	}
	m.attempted = stat.next_seq + n;
	st = ew_log_append_batch(m.log, list, n, &done);
	if (st != EW_OK && st != EW_ERR_FULL)
		complain("an event is refused", EW_SIM_WHOLE, stat.next_seq, (uint64_t)-st);
	if (st == EW_ERR_FULL) /* store and forward: the other side takes over what there is */
		for (int which = 0; which < 2; which++)
			after_call(), acknowledge(which, random);
}

static void deflate_one(void)
{
	uint32_t segments = 0;

	after_call();
	if (ew_log_deflate(m.log, 1, &segments) != EW_OK)
		complain("a segment is not deflated", EW_SIM_WHOLE, 0, 0);
	m.deflated += segments;
}

/* Is there zlib, and can blocks be replaced? */
static bool takes_part(const struct scene *scene, const struct power_kind *kind)
{
	return !scene->deflate || (EW_CONFIG_ZLIB && kind->kind != EW_SIM_FLASH);
}

static void run_scene(const struct scene *scene, const struct power_kind *kind, uint32_t ops)
{
	struct ew_storage st = power_storage(kind, BLOCK_BYTES, BLOCK_COUNT);
	uint64_t random = 20261121;

	m = (struct model){.scene = scene, .kind = kind, .attempted = 1, .durable = 1, .gone = 1, .moments = 1,
			   .seed = 7, .cuts = m.cuts, .second_cuts = m.second_cuts,
			   .deflated = m.deflated};
	event_bits = scene->deflate ? 1 : 0xff;
	ew_storage_sim_hook(&st, cut_here, NULL);
	m.log = boot(&st, EW_SIM_WHOLE);
	for (m.op = 0; m.op < ops; m.op++) {
		uint64_t what = noise(&random) % 32;

		if (what < 22) {
			append_some(&random);
		} else if (what < 28) {
			acknowledge(what & 1, &random);
		} else if (what < 31) {
			assert_int_equal(ew_log_sync(m.log), EW_OK);
			if (scene->deflate)
				deflate_one();
		} else {
			struct ew_log *log = m.log;

			assert_int_equal(ew_log_sync(log), EW_OK);
			after_call();
			m.log = NULL;
			assert_int_equal(ew_log_close(log), EW_OK);
			m.log = boot(&st, EW_SIM_WHOLE);
		}
		after_call();
	}
	{
		struct ew_log *log = m.log;

		m.log = NULL;
		assert_int_equal(ew_log_close(log), EW_OK);
	}
	ew_storage_sim_destroy(&st);
}

static void survives_power_cuts(void **state)
{
	uint32_t ops = power_ops(40);

	(void)state;
	for (size_t s = 0; s < ROWS(scenes); s++)
		for (size_t k = 0; k < ROWS(power_kinds); k++)
			if (takes_part(&scenes[s], &power_kinds[k]))
				run_scene(&scenes[s], &power_kinds[k], ops);
	print_message("log: survived %llu power cuts, and %llu more while it started again; %llu segments were deflated\n",
		      m.cuts, m.second_cuts, m.deflated);
	assert_true(m.cuts > ops * (ROWS(scenes) - 1) * ROWS(power_kinds));
	assert_true(m.deflated > ops / 50 || !EW_CONFIG_ZLIB);
	assert_true(m.second_cuts > m.cuts / 10);
	assert_true(ops < 2000 || m.cuts >= 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(survives_power_cuts)};

	return cmocka_run_group_tests_name("log, power cuts", tests, NULL, NULL);
}
