/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_replay.c - a node's life, recorded, happens again: every record the same, or it is said where not.
 */
#include "jrun.h"

static enum ew_status replay(struct jrun *j, struct ew_replay_report *report, struct ew_error *err)
{
	struct ew_replay_config c = {.struct_bytes = sizeof(c), .log = j->log, .load = jrun_load, .user = j};
	struct ew_alloc alloc = ew_alloc_libc();

	return ew_node_replay(&c, &alloc, report, err);
}

static void same_again(struct jrun *j, const char *row, const uint8_t *state)
{
	struct ew_replay_report report;
	struct ew_log_stat stat;
	struct ew_error err;

	if (replay(j, &report, &err) != EW_OK)
		fail_msg("row %s: %s", row, err.text);
	if (report.parted_seq)
		fail_msg("row %s: %s", row, report.text);
	ew_log_stat(j->log, &stat);
	check_int(row, report.first_seq, 1);
	check_int(row, report.last_seq, stat.next_seq - 1);
	check_int(row, report.unfinished, 0);
	if (state)
		check_mem(row, report.state, state, EW_SHA256_BYTES);
	check_true(row, report.states > 0);
}

static void a_life_happens_again(void **state)
{
	struct ew_journal_stats before;
	struct ew_replay_report report;
	struct ew_error err;
	uint8_t hash[EW_SHA256_BYTES];
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open(&j);
	jrun_populate(&j);
	jrun_live(&j, 400);
	jrun_administer(&j);
	assert_int_equal(ew_node_state_hash(j.n.node, hash), EW_OK);
	assert_int_equal(ew_node_journal_stats(j.n.node, &before), EW_OK);
	assert_true(j.n.reports[EW_NODE_TRAP] && j.n.reports[EW_NODE_FUEL_OUT] && j.n.reports[EW_NODE_REFUSED] &&
		    j.n.reports[EW_NODE_PARKED] && j.n.reports[EW_NODE_ROLLED_BACK] && j.fallbacks);
	ew_node_destroy(j.n.node);
	j.n.node = NULL;
	same_again(&j, "life", hash);
	assert_int_equal(replay(&j, &report, &err), EW_OK);
	assert_int_equal(report.inputs, before.inputs);
	assert_int_equal(report.outputs, before.outputs);
	assert_int_equal(report.calls, before.calls);
	assert_true(report.outputs > 300 && before.reports > 50 && report.acts > 15);
	jrun_close(&j);
}

/* Other seeds, interruptions at other looks at the clock, buffers of other sizes. */
static void lives_of_all_kinds(void **state)
{
	static const struct row {
		const char *name;
		uint64_t seed;
		uint32_t interrupt_every, buffer_bytes, batch;
	} rows[] = {
		{"interrupted", 3, 4, 0, 0},	{"interrupted often", 4, 1, 0, 0}, {"interrupted again", 5, 3, 0, 0},
		{"small buffer", 6, 0, 512, 0}, {"small batches", 7, 7, 4096, 4},  {"one by one", 8, 5, 2048, 1},
	};
	uint32_t interrupted = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct jrun j;

		jrun_init(&j);
		j.random = rows[i].seed;
		j.interrupt_every = rows[i].interrupt_every;
		j.journal.buffer_bytes = rows[i].buffer_bytes;
		j.n.config.max_batch = rows[i].batch > 4 || !rows[i].batch ? 0 : 4;
		j.n.config.step_events = rows[i].batch;
		jrun_open(&j);
		jrun_populate(&j);
		jrun_live(&j, 300);
		interrupted += j.n.reports[EW_NODE_DEADLINE];
		ew_node_destroy(j.n.node);
		j.n.node = NULL;
		same_again(&j, rows[i].name, NULL);
		jrun_close(&j);
	}
	assert_true(interrupted >= 3);
}

/* A host that dies, and one that ends in order; the store is the same, or a new one each time. */
static void restarts(void **state)
{
	struct ew_replay_report report;
	struct ew_node *node;
	struct ew_error err;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open(&j);
	for (int life = 0; life < 3; life++) {
		jrun_populate(&j);
		jrun_live(&j, 50);
		ew_node_destroy(j.n.node);
		if (life == 1) { /* a store in RAM is empty after a restart */
			ew_kv_destroy(j.n.kv);
			assert_int_equal(ew_kv_ram_create(NULL, &j.n.mem.alloc, &j.n.kv), EW_OK);
			j.n.config.kv = j.n.kv;
		}
		assert_int_equal(ew_node_create(&j.n.node, &j.n.config, &j.n.mem.alloc, &j.n.err), EW_OK);
		assert_int_equal(ew_node_journal_open(j.n.node, &j.journal, &j.n.err), EW_OK);
	}
	ew_node_destroy(j.n.node);
	j.n.node = NULL;
	same_again(&j, "restarts", NULL);

	/* The host has changed the store meanwhile. */
	assert_int_equal(ew_kv_put(j.n.kv, "k", 1, "v", 1), EW_OK);
	assert_int_equal(ew_node_create(&node, &j.n.config, &j.n.mem.alloc, &j.n.err), EW_OK);
	assert_int_equal(ew_node_journal_open(node, &j.journal, &j.n.err), EW_OK);
	ew_node_destroy(node);
	assert_int_equal(replay(&j, &report, &err), EW_OK);
	assert_int_equal(report.parted_kind, EW_JOURNAL_START);
	check_has("store", report.text, "the key-value store held something else");
	jrun_close(&j);
}

/* ---- where it parts ---- */

struct edit {
	enum ew_journal_kind kind;
	uint32_t nth;
	enum { FLIP_DATA, FLIP_TOPIC, FLIP_TRACE, FLIP_TIME, FLIP_TYPE, DROP, TWICE, CUT } how;
};

static bool is_it(const struct edit *edit, const struct ew_event *e, uint32_t *seen)
{
	if (edit->kind == EW_JOURNAL_INPUT && e->topic_bytes != strlen("bad/x")) /* one that matters */
		return false;
	return (enum ew_journal_kind)EW_JOURNAL_KIND(e->flags) == edit->kind && ++*seen == edit->nth;
}

/* Copies j's log into another one with one thing changed; the number of the record there. */
static uint64_t edited(struct jrun *j, struct jrun *to, const struct edit *edit)
{
	struct ew_log_reader *rd;
	const struct ew_event *e;
	uint32_t seen = 0;
	uint64_t at = 0;

	*to = *j;
	jrun_open_log(to, 1u << 20, 16, NULL);
	assert_int_equal(ew_log_reader_create(j->log, &rd), EW_OK);
	while (ew_log_read(rd, &e) == EW_OK) {
		struct ew_event *w = (struct ew_event *)(uintptr_t)e; /* the reader's buffer */

		if (is_it(edit, e, &seen)) {
			struct ew_log_stat stat;

			ew_log_stat(to->log, &stat);
			at = stat.next_seq;
			ew_event_data(w)[0] ^= edit->how == FLIP_DATA;
			ew_event_topic(w)[0] ^= edit->how == FLIP_TOPIC;
			w->trace_id[0] ^= edit->how == FLIP_TRACE;
			w->time_ns += edit->how == FLIP_TIME;
			w->content_type ^= edit->how == FLIP_TYPE;
			if (edit->how == CUT)
				break;
			if (edit->how == TWICE)
				assert_int_equal(ew_log_append(to->log, e, ew_event_topic(e), ew_event_data(e), NULL), EW_OK);
			if (edit->how == DROP)
				continue;
		}
		assert_int_equal(ew_log_append(to->log, e, ew_event_topic(e), ew_event_data(e), NULL), EW_OK);
	}
	ew_log_reader_destroy(rd);
	return at;
}

static void says_where_it_parts(void **state)
{
	static const struct row {
		const char *name;
		struct edit edit;
		int32_t from, to; /* of the parting, relative to what was changed */
		const char *text;
	} rows[] = {
		{"an output's byte", {EW_JOURNAL_OUTPUT, 7, FLIP_DATA}, 0, 0, "data: byte 0 of "},
		{"an output's topic", {EW_JOURNAL_OUTPUT, 30, FLIP_TOPIC}, 0, 0, "topic: byte 0 of "},
		{"an output's trace", {EW_JOURNAL_OUTPUT, 30, FLIP_TRACE}, 0, 0, "the trace id"},
		{"an output's type", {EW_JOURNAL_OUTPUT, 1, FLIP_TYPE}, 0, 0, "flags or content type"},
		{"a verdict", {EW_JOURNAL_CALL, 33, FLIP_DATA}, 0, 0, "data: byte 0 of "},
		{"a report", {EW_JOURNAL_REPORT, 5, FLIP_DATA}, 0, 0, "data: byte 0 of "},
		{"a report is not there", {EW_JOURNAL_REPORT, 5, DROP}, 0, 2, "now there is a record \"report\""},
		{"an output is not there", {EW_JOURNAL_OUTPUT, 9, DROP}, 0, 2, "now"},
		{"an output twice", {EW_JOURNAL_OUTPUT, 9, TWICE}, 1, 1, "now"},
		{"an input's topic", {EW_JOURNAL_INPUT, 3, FLIP_TOPIC}, 0, 20, ""},
		{"a step's time", {EW_JOURNAL_STEP, 12, FLIP_TIME}, 0, 20, ""},
		{"answers", {EW_JOURNAL_ANSWERS, 4, DROP}, -60, 2, ""},
		{"answers twice", {EW_JOURNAL_ANSWERS, 4, TWICE}, 0, 2, ""},
		{"an act's status", {EW_JOURNAL_DONE, 3, FLIP_DATA}, 0, 0, "data: byte 0 of 4"},
		{"an act's function", {EW_JOURNAL_ACT, 6, FLIP_TOPIC}, 0, 0, "topic"},
		{"the state", {EW_JOURNAL_STATE, 1, FLIP_DATA}, 0, 0, "data: byte 0 of 32"},
		{"the state at the end", {EW_JOURNAL_STOP, 1, FLIP_DATA}, 0, 0, "data: byte 0 of 32"},
	};
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open(&j);
	jrun_populate(&j);
	jrun_live(&j, 200);
	assert_int_equal(ew_node_checkpoint(j.n.node), EW_OK);
	ew_node_destroy(j.n.node);
	j.n.node = NULL;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_replay_report report;
		struct ew_error err = {EW_OK, 0, ""};
		struct jrun other;
		uint64_t at = edited(&j, &other, &rows[i].edit);

		check_true(rows[i].name, at != 0);
		check_status(rows[i].name, replay(&other, &report, &err), EW_OK);
		if (report.parted_seq < at + (uint64_t)(int64_t)rows[i].from ||
		    report.parted_seq > at + (uint64_t)rows[i].to || report.parted_seq == 0)
			fail_msg("row %s: changed at %u, parted at %u: %s", rows[i].name, (unsigned)at,
				 (unsigned)report.parted_seq, report.text);
		check_has(rows[i].name, report.text, rows[i].text);
		ew_log_close(other.log);
		ew_storage_ram_destroy(&other.storage);
	}
	jrun_close(&j);
}

/* The power goes at any record: what was not finished is stepped over. */
static void a_torn_end(void **state)
{
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open(&j);
	jrun_populate(&j);
	jrun_live(&j, 30);
	for (uint32_t kind = EW_JOURNAL_STOP; kind < EW_JOURNAL_KINDS; kind++)
		for (uint32_t nth = 1; nth <= 10; nth++) {
			struct edit edit = {(enum ew_journal_kind)kind, nth, CUT};
			struct ew_replay_report report;
			struct ew_node *node;
			struct ew_error err;
			struct jrun other;

			if (edited(&j, &other, &edit) == 0) {
				ew_log_close(other.log);
				ew_storage_ram_destroy(&other.storage);
				continue;
			}
			check_status("torn", replay(&other, &report, &err), EW_OK);
			check_int("torn", report.parted_seq, 0);
			/* and a new life behind it */
			assert_int_equal(ew_kv_ram_create(NULL, &j.n.mem.alloc, &other.n.config.kv), EW_OK);
			assert_int_equal(ew_node_create(&node, &other.n.config, &j.n.mem.alloc, &err), EW_OK);
			assert_int_equal(ew_node_journal_open(node, &other.journal, &err), EW_OK);
			ew_node_destroy(node);
			ew_kv_destroy(other.n.config.kv);
			check_status("torn", replay(&other, &report, &err), EW_OK);
			check_int("torn", report.parted_seq, 0);
			check_true("torn", report.unfinished <= 1);
			ew_log_close(other.log);
			ew_storage_ram_destroy(&other.storage);
		}
	jrun_close(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life_happens_again), cmocka_unit_test(lives_of_all_kinds),
		cmocka_unit_test(restarts),		cmocka_unit_test(says_where_it_parts),
		cmocka_unit_test(a_torn_end),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
