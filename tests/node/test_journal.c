/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_journal.c - what is written down of a node, what happens when it cannot be, and events that come twice.
 */
#include "edgewasm/sign.h"
#include "jrun.h"

/* Records of a kind, from a record on. */
static uint32_t count_kind(struct ew_log *log, enum ew_journal_kind kind, uint64_t from)
{
	struct ew_log_reader *rd;
	const struct ew_event *e;
	uint32_t n = 0;

	assert_int_equal(ew_log_reader_create(log, &rd), EW_OK);
	assert_int_equal(ew_log_seek_seq(rd, from), EW_OK);
	while (ew_log_read(rd, &e) == EW_OK)
		n += (enum ew_journal_kind)EW_JOURNAL_KIND(e->flags) == kind;
	ew_log_reader_destroy(rd);
	return n;
}

static void open_refuses(void **state)
{
	static const struct row {
		const char *name;
		uint32_t flags, buffer_bytes, dedup_ids;
		bool no_log, function;
		enum ew_status want;
	} rows[] = {
		{"no log", 0, 0, 0, true, false, EW_ERR_INVAL},
		{"an unknown flag", 2, 0, 0, false, false, EW_ERR_INVAL},
		{"a buffer of 511 bytes", 0, 511, 0, false, false, EW_ERR_INVAL},
		{"a buffer of 512 bytes", 0, 512, 0, false, false, EW_OK},
		{"a buffer of over 1 GiB", 0, (1u << 30) + 1, 0, false, false, EW_ERR_INVAL},
		{"2^20 ids", 0, 0, 1u << 20, false, false, EW_OK},
		{"more ids", 0, 0, (1u << 20) + 1, false, false, EW_ERR_INVAL},
		{"with a function", 0, 0, 0, false, true, EW_ERR_STATE},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_journal_stats stats;
		struct jrun j;

		jrun_init(&j);
		jrun_open_log(&j, 65536, 4, NULL);
		nrun_open(&j.n);
		j.journal.flags = rows[i].flags;
		j.journal.buffer_bytes = rows[i].buffer_bytes;
		j.journal.dedup_ids = rows[i].dedup_ids;
		if (rows[i].no_log)
			j.journal.log = NULL;
		if (rows[i].function)
			nrun_put(&j.n, "echo", "1", "echo");
		check_status(rows[i].name, ew_node_journal_open(j.n.node, &j.journal, &j.n.err), rows[i].want);
		check_status(rows[i].name, ew_node_journal_stats(j.n.node, &stats), rows[i].want ? EW_ERR_NOENT : EW_OK);
		check_status(rows[i].name, ew_node_journal_reopen(j.n.node, j.log), rows[i].want ? EW_ERR_NOENT : EW_OK);
		check_status(rows[i].name, ew_node_checkpoint(j.n.node), rows[i].want ? EW_ERR_NOENT : EW_OK);
		if (rows[i].want == EW_OK)
			check_status(rows[i].name, ew_node_journal_open(j.n.node, &j.journal, &j.n.err), EW_ERR_STATE);
		jrun_close(&j);
	}
}

static void kinds_have_names(void **state)
{
	(void)state;
	check_str("first", ew_journal_kind_name(EW_JOURNAL_START), "start");
	check_str("last", ew_journal_kind_name(EW_JOURNAL_DONE), "done");
	check_str("beyond", ew_journal_kind_name(EW_JOURNAL_KINDS), "unknown");
	assert_int_equal(EW_JOURNAL_KIND((uint32_t)EW_JOURNAL_INPUT << 16 | EW_JOURNAL_TOGETHER | 77), EW_JOURNAL_INPUT);
}

/* One step of two events, record by record. */
static void what_is_written(void **state)
{
	static const struct row {
		enum ew_journal_kind kind;
		const char *topic, *data;
		uint32_t extra; /* bytes behind `data` */
	} rows[] = {
		{EW_JOURNAL_STEP, "", "", 0},	    {EW_JOURNAL_INPUT, "echo", "hello", 0},
		{EW_JOURNAL_INPUT, "x", "nobody", 0}, {EW_JOURNAL_OUTPUT, "echo", "hello", 16},
		{EW_JOURNAL_CALL, "echo", NULL, 25},  {EW_JOURNAL_ANSWERS, "", NULL, 10},
		{EW_JOURNAL_DONE, "", "", 0},
	};
	struct ew_journal_stats stats;
	struct ew_log_reader *rd;
	const struct ew_event *e;
	struct ew_log_stat before;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	j.n.config.trace_bytes = 0;
	jrun_open(&j);
	nrun_put(&j.n, "echo", "1", "echo");
	nrun_route(&j.n, "echo", "echo");
	nrun_step(&j.n); /* nothing happens: nothing is written */
	ew_log_stat(j.log, &before);
	nrun_push(&j.n, "echo", "hello");
	nrun_push(&j.n, "x", "nobody");
	nrun_step(&j.n);
	assert_int_equal(ew_log_reader_create(j.log, &rd), EW_OK);
	assert_int_equal(ew_log_seek_seq(rd, before.next_seq), EW_OK);
	for (size_t i = 0; i < ROWS(rows); i++) {
		const char *name = ew_journal_kind_name(rows[i].kind);
		size_t data = rows[i].data ? strlen(rows[i].data) : 0;

		assert_int_equal(ew_log_read(rd, &e), EW_OK);
		check_str(name, ew_journal_kind_name((enum ew_journal_kind)EW_JOURNAL_KIND(e->flags)), name);
		check_int(name, e->topic_bytes, strlen(rows[i].topic));
		check_mem(name, ew_event_topic(e), rows[i].topic, e->topic_bytes);
		check_mem(name, ew_event_data(e), rows[i].data ? rows[i].data : "", data);
		if (rows[i].kind == EW_JOURNAL_ANSWERS)
			check_true(name, e->data_bytes < rows[i].extra);
		else
			check_int(name, e->data_bytes, data + rows[i].extra);
		check_int(name, !!(e->flags & EW_JOURNAL_TOGETHER), i == 2);
		if (rows[i].kind == EW_JOURNAL_INPUT || rows[i].kind == EW_JOURNAL_OUTPUT)
			check_int(name, e->trace_id[0], ew_event_data(e)[0]);
	}
	assert_int_equal(ew_log_read(rd, &e), EW_ERR_EMPTY);
	ew_log_reader_destroy(rd);
	assert_int_equal(ew_node_journal_stats(j.n.node, &stats), EW_OK);
	assert_int_equal(stats.inputs, 2);
	assert_int_equal(stats.outputs, 1);
	assert_int_equal(stats.acts, 2);
	assert_int_equal(stats.lost_records, 0);
	assert_int_equal(stats.appends, 4); /* START, two acts, one step */
	jrun_close(&j);
}

/* ---- a log that takes no more ---- */

static void fill(struct jrun *j, uint32_t events)
{
	for (uint32_t i = 0; i < events; i++)
		nrun_push(&j->n, "echo", "a text of some length, to fill a log with");
}

static void full_and_not_required(void **state)
{
	struct ew_replay_config c = {.struct_bytes = sizeof(c), .load = jrun_load};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_replay_report report;
	struct ew_journal_stats stats;
	struct ew_storage old;
	struct ew_log *small;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open_log(&j, 2048, 2, NULL);
	old = j.storage;
	small = j.log;
	nrun_open(&j.n);
	assert_int_equal(ew_node_journal_open(j.n.node, &j.journal, &j.n.err), EW_OK);
	nrun_put(&j.n, "echo", "1", "echo");
	nrun_route(&j.n, "echo", "echo");
	fill(&j, 100);
	nrun_step(&j.n);
	assert_int_equal(nrun_stats(&j.n, "echo").events, 100);
	ew_node_journal_stats(j.n.node, &stats);
	assert_int_equal(stats.status, EW_ERR_FULL);
	assert_true(stats.lost_records > 100);
	assert_int_equal(stats.waiting, 0);
	jrun_open_log(&j, 1u << 20, 2, NULL);
	assert_int_equal(ew_node_journal_reopen(j.n.node, j.log), EW_OK);
	fill(&j, 1);
	nrun_step(&j.n);
	assert_int_equal(count_kind(j.log, EW_JOURNAL_LOST, 0), 1);
	assert_int_equal(count_kind(j.log, EW_JOURNAL_INPUT, 0), 1);
	nrun_close(&j.n);
	c.log = j.log;
	c.user = &j;
	assert_int_equal(ew_node_replay(&c, &alloc, &report, &j.n.err), EW_ERR_NOENT);
	assert_int_equal(ew_log_close(small), EW_OK);
	ew_storage_ram_destroy(&old);
	assert_int_equal(ew_log_close(j.log), EW_OK);
	ew_storage_ram_destroy(&j.storage);
}

static void full_and_required(void **state)
{
	struct ew_journal_stats stats;
	struct ew_log_stat log;
	struct ew_storage old;
	struct ew_log *small;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open_log(&j, 2048, 2, NULL);
	old = j.storage;
	small = j.log;
	nrun_open(&j.n);
	j.journal.flags = EW_JOURNAL_REQUIRED;
	assert_int_equal(ew_node_journal_open(j.n.node, &j.journal, &j.n.err), EW_OK);
	nrun_put(&j.n, "echo", "1", "echo");
	nrun_route(&j.n, "echo", "echo");
	fill(&j, 100);
	assert_int_equal(ew_node_step(j.n.node, j.n.now, &j.n.next), EW_ERR_FULL);
	assert_int_equal(j.n.next.events, 100);
	ew_node_journal_stats(j.n.node, &stats);
	assert_true(stats.waiting > 100);
	fill(&j, 1);
	assert_int_equal(ew_node_step(j.n.node, j.n.now, &j.n.next), EW_ERR_FULL);
	assert_int_equal(ew_node_dispatch(j.n.node, &j.n.last_event, j.n.now), EW_ERR_FULL);
	assert_int_equal(ew_node_route_add(j.n.node, "b", "echo", &j.n.err), EW_ERR_FULL);
	check_has("why", j.n.err.text, "the journal takes nothing");
	assert_int_equal(ew_node_checkpoint(j.n.node), EW_ERR_FULL);
	assert_int_equal(nrun_stats(&j.n, "echo").events, 100);
	jrun_open_log(&j, 1u << 20, 2, NULL);
	assert_int_equal(ew_node_journal_reopen(j.n.node, j.log), EW_OK);
	nrun_step(&j.n);
	assert_int_equal(nrun_stats(&j.n, "echo").events, 101);
	ew_node_journal_stats(j.n.node, &stats);
	assert_int_equal(stats.lost_records, 0);
	assert_int_equal(stats.waiting, 0);
	ew_log_stat(small, &log);
	assert_int_equal(log.next_seq - 1 + count_kind(j.log, EW_JOURNAL_DONE, 0) > 0, 1);
	assert_int_equal(count_kind(small, EW_JOURNAL_INPUT, 0) + count_kind(j.log, EW_JOURNAL_INPUT, 0), 101);
	assert_int_equal(count_kind(small, EW_JOURNAL_OUTPUT, 0) + count_kind(j.log, EW_JOURNAL_OUTPUT, 0), 101);
	nrun_close(&j.n);
	assert_int_equal(ew_log_close(small), EW_OK);
	ew_storage_ram_destroy(&old);
	assert_int_equal(ew_log_close(j.log), EW_OK);
	ew_storage_ram_destroy(&j.storage);
}

/* Larger than the buffer; than what the log takes. */
static void large_events(void **state)
{
	const struct ew_log_config small = {.struct_bytes = sizeof(small), .buffer_bytes = 2048};
	char text[2049] = "";
	struct ew_journal_stats stats;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open_log(&j, 1u << 16, 4, &small);
	nrun_open(&j.n);
	j.journal.buffer_bytes = 512;
	assert_int_equal(ew_node_journal_open(j.n.node, &j.journal, &j.n.err), EW_OK);
	nrun_put(&j.n, "echo", "1", "echo");
	nrun_route(&j.n, "echo", "echo");
	memset(text, 'x', 900);
	nrun_push(&j.n, "echo", text); /* its output has no room, and echo is told */
	nrun_step(&j.n);
	assert_int_equal(count_kind(j.log, EW_JOURNAL_INPUT, 0), 1);
	assert_int_equal(count_kind(j.log, EW_JOURNAL_OUTPUT, 0), 0);
	assert_int_equal(j.n.reports[EW_NODE_REFUSED], 1);
	ew_node_journal_stats(j.n.node, &stats);
	assert_int_equal(stats.lost_records, 0);
	memset(text, 'x', 2048);
	nrun_push(&j.n, "none", text);
	nrun_push(&j.n, "echo", "small");
	nrun_step(&j.n);
	ew_node_journal_stats(j.n.node, &stats);
	assert_int_equal(stats.lost_records, 1);
	assert_int_equal(count_kind(j.log, EW_JOURNAL_LOST, 0), 1);
	assert_int_equal(count_kind(j.log, EW_JOURNAL_INPUT, 0), 2);
	jrun_close(&j);
}

/* ---- events that come twice ---- */

static void push_id(struct jrun *j, uint32_t id)
{
	struct ew_event e = {.time_ns = j->n.now, .topic_bytes = 1, .data_bytes = 1};

	memcpy(e.trace_id, &id, sizeof(id));
	assert_int_equal(ew_ring_push(j->n.in, &e, "a", "x"), EW_OK);
}

static void step_at(struct jrun *j, uint64_t now, const char *row, uint64_t judged)
{
	j->n.now = now;
	nrun_step(&j->n);
	check_int(row, nrun_stats(&j->n, "count").events, judged);
}

static void each_id_once(void **state)
{
	struct ew_journal_stats stats;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	j.n.host.clock = NULL;
	j.journal.dedup_ids = 3;
	j.journal.dedup_window_ns = 1000;
	jrun_open(&j);
	nrun_put(&j.n, "count", "1", "count");
	nrun_route(&j.n, "#", "count");
	push_id(&j, 1), push_id(&j, 1), push_id(&j, 2), push_id(&j, 0), push_id(&j, 0);
	step_at(&j, 5000, "in one step; without an id each", 4);
	push_id(&j, 2), push_id(&j, 3);
	step_at(&j, 5100, "in the next", 5);
	push_id(&j, 4), push_id(&j, 1);
	step_at(&j, 5200, "there is room for three", 7);
	push_id(&j, 4);
	step_at(&j, 6201, "the window is over", 8);
	ew_node_journal_stats(j.n.node, &stats);
	assert_int_equal(stats.duplicates, 2);
	assert_int_equal(stats.inputs, 8);
	assert_int_equal(count_kind(j.log, EW_JOURNAL_INPUT, 0), 8);
	jrun_close(&j);
}

/* Ids are remembered from the log, those whose step came to its end. */
static void across_restarts(void **state)
{
	struct ew_event unfinished = {.flags = (uint32_t)EW_JOURNAL_INPUT << 16, .topic_bytes = 1, .data_bytes = 1};
	struct ew_event step = {.flags = (uint32_t)EW_JOURNAL_STEP << 16};
	const uint32_t nine = 9;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	j.n.host.clock = NULL;
	j.journal.dedup_ids = 16;
	jrun_open(&j);
	nrun_put(&j.n, "count", "1", "count");
	nrun_route(&j.n, "#", "count");
	for (uint32_t id = 1; id < 8; id++)
		push_id(&j, id);
	nrun_step(&j.n);
	for (uint32_t i = 0; i < 200; i++) { /* records enough that it must look further back */
		push_id(&j, 0);
		nrun_step(&j.n);
	}
	ew_node_destroy(j.n.node);
	memcpy(unfinished.trace_id, &nine, sizeof(nine));
	assert_int_equal(ew_log_append(j.log, &step, NULL, NULL, NULL), EW_OK);
	assert_int_equal(ew_log_append(j.log, &unfinished, "a", "x", NULL), EW_OK);
	assert_int_equal(ew_node_create(&j.n.node, &j.n.config, &j.n.mem.alloc, &j.n.err), EW_OK);
	assert_int_equal(ew_node_journal_open(j.n.node, &j.journal, &j.n.err), EW_OK);
	nrun_put(&j.n, "count", "1", "count");
	nrun_route(&j.n, "#", "count");
	push_id(&j, 1), push_id(&j, 7), push_id(&j, 8), push_id(&j, 9), push_id(&j, 9);
	step_at(&j, 5000, "8 is new, 9 was not finished", 2);
	jrun_close(&j);
}

/* ---- memory ---- */

static void memory_runs_out(void **state)
{
	struct ew_replay_config c = {.struct_bytes = sizeof(c), .load = jrun_load};
	struct fail_alloc mem;
	struct jrun j;
	enum ew_status st;
	uint32_t failures = 0;

	(void)state;
	jrun_init(&j);
	j.journal.dedup_ids = 64;
	jrun_open_log(&j, 1u << 20, 4, NULL);
	nrun_open(&j.n);
	for (uint32_t k = 1;; k++) {
		j.n.mem.fail_at = j.n.mem.requests + k;
		st = ew_node_journal_open(j.n.node, &j.journal, &j.n.err);
		j.n.mem.fail_at = 0;
		if (st == EW_OK)
			break;
		assert_int_equal(st, EW_ERR_NOMEM);
		failures++;
	}
	assert_true(failures >= 5);
	jrun_populate(&j);
	jrun_live(&j, 40);
	ew_node_destroy(j.n.node);
	j.n.node = NULL;
	c.log = j.log;
	c.user = &j;
	for (uint32_t k = 1;; k++) {
		struct ew_replay_report report;

		fail_alloc_init(&mem);
		mem.fail_at = k;
		st = ew_node_replay(&c, &mem.alloc, &report, &j.n.err);
		mem.fail_at = 0;
		fail_alloc_finish(&mem);
		/* where a put could not be made again for want of memory, that is where it parts */
		if (st == EW_OK && report.parted_seq == 0)
			break;
		assert_true(st == EW_ERR_NOMEM || report.parted_seq != 0);
		failures++;
	}
	assert_true(failures > 50);
	jrun_close(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_refuses),		 cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(what_is_written),	 cmocka_unit_test(full_and_not_required),
		cmocka_unit_test(full_and_required),	 cmocka_unit_test(large_events),
		cmocka_unit_test(each_id_once),		 cmocka_unit_test(across_restarts),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
