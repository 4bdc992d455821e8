/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_replay.c - a node's life, recorded, happens again: every record the same, or it is said where not.
 */
#include "../tensor/tfl.h"
#include "fake_sign.h"
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

/* ---- what nobody sees ---- */

/* y = s, s = x: an output is the input of the run before.  Without the last operator it is a model without state. */
static const struct tfl_tensor delay_tensors[] = {
	TFL_I8("x", 1.0f, 0, 4),
	{.name = "s", .type = EW_TENSOR_I8, TFL_DIMS(4), .scale_count = 1, .scale = 1.0f, .variable = true},
	TFL_I8("y", 1.0f, 0, 4),
};
static const struct tfl_op delay_ops[] = {
	{.code = 114, .in_count = 1, .in = {1}, .out = {2}}, {.code = 114, .in_count = 1, .in = {0}, .out = {1}},
};
static const struct tfl_op plain_ops[] = {{.code = 114, .in_count = 1, .in = {0}, .out = {2}}};
static const int32_t delay_inputs[] = {0}, delay_outputs[] = {2};

static uint8_t *build_model(bool stateful, size_t *size)
{
	const struct tfl model = {.tensors = delay_tensors, .tensor_count = ROWS(delay_tensors),
				  .ops = stateful ? delay_ops : plain_ops, .op_count = stateful ? 2 : 1,
				  .inputs = delay_inputs, .input_count = 1, .outputs = delay_outputs, .output_count = 1};

	return tfl_build(&model, size);
}

/* Asks "m" about the four bytes of each event, and leaves nothing of either in its memory. */
static void build_asker(struct wmod *m)
{
	wmod_init(m);
	wmod_import_func(m, "edge_v1", "event_poll", "(iii)i");
	wmod_import_func(m, "edge_v1", "model_open", "(ii)i");
	wmod_import_func(m, "edge_v1", "infer", "(iiiii)i");
	wmod_memory(m, 1, 1);
	wmod_data(m, 0, "m", 1);
	wmod_export(m, "edge_on_event", WMOD_FUNC,
		    wmod_func(m, "(i)i", "i",
			      CODE(I32_CONST5(256), I32_CONST5(512), I32_CONST5(64), CALL(0), OP_DROP, I32_CONST(0), I32_CONST(1), CALL(1),
				   I32_CONST5(513), I32_CONST(4), I32_CONST5(768), I32_CONST(4), CALL(2), LOCAL_SET(1), I32_CONST5(256),
				   I32_CONST(0), I32_CONST5(1024), 0xfc, 11, 0, I32_CONST(0), LOCAL_GET(1), LOCAL_GET(1), I32_CONST(0),
				   0x48, 0x1b))); /* its error, or 0 */
}

struct shelf {
	struct {
		const uint8_t *bytes;
		size_t size;
	} of[2];
};

static enum ew_status from_shelf(void *user, const char *name, const char *version, const uint8_t sha256[EW_SHA256_BYTES],
				 const void **bytes, size_t *size)
{
	const struct shelf *s = user;
	uint8_t hash[EW_SHA256_BYTES];

	(void)name, (void)version;
	for (int i = 0; i < 2; i++) {
		ew_sha256(s->of[i].bytes, s->of[i].size, hash);
		*bytes = s->of[i].bytes;
		*size = s->of[i].size;
		if (memcmp(hash, sha256, sizeof(hash)) == 0)
			return EW_OK;
	}
	return EW_ERR_NOENT;
}

static void send(struct jrun *j, const char *data)
{
	j->n.now += 10;
	nrun_push(&j->n, "t", data);
	nrun_step(&j->n);
}

/* What a model holds inside, and what of a quota is used up, is in the state's hash; and comes again in a replay. */
static void hidden_state(void **state)
{
	static const struct row {
		const char *name;
		bool stateful;
		uint32_t per_second;
		bool differs;
	} rows[] = {{"nothing", false, 0, false}, {"a model's state", true, 0, true}, {"a quota", false, 100, true}};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_node_model_config c = {.struct_bytes = sizeof(c), .name = "m", .version = "1"};
		uint8_t hash[3][EW_SHA256_BYTES];
		struct ew_replay_report report;
		struct ew_replay_config rc = {.struct_bytes = sizeof(rc), .load = from_shelf};
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_error err;
		struct shelf shelf;
		uint8_t *model;
		struct wmod m;
		struct jrun j;

		jrun_init(&j);
		jrun_open(&j);
		build_asker(&m);
		shelf.of[0].bytes = model = build_model(rows[i].stateful, &shelf.of[0].size);
		shelf.of[1].bytes = wmod_finish(&m, &shelf.of[1].size);
		c.bytes = shelf.of[0].bytes;
		c.size = shelf.of[0].size;
		check_status(rows[i].name, ew_node_model_put(j.n.node, &c, &j.n.err), EW_OK);
		j.n.function.name = "f";
		j.n.function.version = "1";
		j.n.function.module_bytes = shelf.of[1].bytes;
		j.n.function.module_size = shelf.of[1].size;
		j.n.function.grant.quota[EW_QUOTA_INFERENCES].per_second = rows[i].per_second;
		check_status(rows[i].name, ew_node_function_put(j.n.node, &j.n.function, &j.n.err), EW_OK);
		nrun_route(&j.n, "t", "f");
		send(&j, "\1\1\1\1");
		assert_int_equal(ew_node_state_hash(j.n.node, hash[0]), EW_OK);
		send(&j, "\2\2\2\2");
		assert_int_equal(ew_node_checkpoint(j.n.node), EW_OK);
		assert_int_equal(ew_node_state_hash(j.n.node, hash[1]), EW_OK);
		send(&j, "\3\3\3\3");
		check_int(rows[i].name, nrun_stats(&j.n, "f").failed_events, 0);
		check_int(rows[i].name, nrun_stats(&j.n, "f").inferences, 3);
		check_int(rows[i].name, memcmp(hash[0], hash[1], EW_SHA256_BYTES) != 0, rows[i].differs);
		assert_int_equal(ew_node_state_hash(j.n.node, hash[2]), EW_OK);
		ew_node_destroy(j.n.node);
		j.n.node = NULL;
		rc.log = j.log;
		rc.user = &shelf;
		check_status(rows[i].name, ew_node_replay(&rc, &alloc, &report, &err), EW_OK);
		check_str(rows[i].name, report.text, "");
		check_int(rows[i].name, report.states, 2);
		check_mem(rows[i].name, report.state, hash[2], EW_SHA256_BYTES);
		free(model);
		wmod_free(&m);
		jrun_close(&j);
	}
}

/* The functions' store fails where one in RAM would not: the guests are told the same again. */
static void stores_fail(void **state)
{
	const struct ew_sim_config sim = {.struct_bytes = sizeof(sim), .kind = EW_SIM_RAM, .block_bytes = 4096, .block_count = 16};
	const struct ew_kv_config kvs[] = {{.struct_bytes = sizeof(kvs[0]), .max_bytes = 2048, .max_keys = 8, .buffer_bytes = 512},
					   {.struct_bytes = sizeof(kvs[0]), .max_key_bytes = 8}};

	(void)state;
	for (int bad = 0; bad < 2; bad++) { /* the storage fails for good; keys are too long for it */
		struct ew_alloc alloc = ew_alloc_libc();
		struct ew_storage storage;
		uint64_t refused;
		struct jrun j;

		jrun_init(&j);
		jrun_open(&j);
		ew_node_destroy(j.n.node);
		ew_kv_destroy(j.n.kv);
		assert_int_equal(ew_storage_sim_create(&sim, &alloc, &storage), EW_OK);
		assert_int_equal(bad ? ew_kv_ram_create(&kvs[1], &alloc, &j.n.kv) :
				       ew_kv_durable_open(&storage, &kvs[0], &alloc, &j.n.kv, &j.n.err), EW_OK);
		j.n.config.kv = j.n.kv;
		assert_int_equal(ew_log_close(j.log), EW_OK);
		ew_storage_ram_destroy(&j.storage);
		jrun_open_log(&j, 1u << 20, 16, NULL);
		assert_int_equal(ew_node_create(&j.n.node, &j.n.config, &j.n.mem.alloc, &j.n.err), EW_OK);
		assert_int_equal(ew_node_journal_open(j.n.node, &j.journal, &j.n.err), EW_OK);
		jrun_populate(&j);
		jrun_live(&j, 60);
		refused = nrun_stats(&j.n, "services").causes[EW_NODE_REFUSED];
		if (!bad)
			ew_storage_sim_fail(&storage, EW_SIM_WRITE, 1, EW_ERR_IO);
		jrun_live(&j, 60);
		assert_true(nrun_stats(&j.n, "services").causes[EW_NODE_REFUSED] > (bad ? 4 : refused + 3));
		ew_node_destroy(j.n.node);
		j.n.node = NULL;
		same_again(&j, bad ? "long keys" : "failing storage", NULL);
		jrun_close(&j);
		ew_storage_sim_destroy(&storage);
	}
}

/* A module comes on demand, and its signature is not good: the replay, which trusts nobody and anybody, says so again. */
static void refusals(void **state)
{
	static const struct ew_trusted_key keys[] = {{{9}, NULL, 0, 0, 0}};
	static const struct ew_trust trust = {sizeof(trust), keys, 1, NULL, 0, fake_verify, NULL};
	struct ew_replay_report report;
	struct ew_error err;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	j.n.config.trust = &trust;
	jrun_open(&j);
	j.n.function.name = "f";
	j.n.function.version = "1";
	j.n.function.flags = EW_FUNCTION_FRESH | EW_FUNCTION_ON_DEMAND;
	nrun_guest(&j.n, "echo");
	assert_int_equal(ew_node_function_put(j.n.node, &j.n.function, &j.n.err), EW_OK);
	nrun_route(&j.n, "t", "f");
	for (int i = 0; i < 12; i++) /* the host does not always have them */
		send(&j, "x");
	assert_true(j.n.reports[EW_NODE_INSTANCE] >= 8);
	assert_int_equal(nrun_stats(&j.n, "f").loads, 0);
	j.n.function.flags = 0; /* an act that is refused likewise */
	assert_int_equal(nrun_try_put(&j.n, "g", "1", "echo"), EW_ERR_DENIED);
	ew_node_destroy(j.n.node);
	j.n.node = NULL;
	same_again(&j, "refusals", NULL);
	assert_int_equal(replay(&j, &report, &err), EW_OK);
	assert_true(report.acts >= 3);
	jrun_close(&j);
}

/* ---- where it parts ---- */

struct edit {
	enum ew_journal_kind kind;
	uint32_t nth;
	enum { FLIP_DATA, FLIP_TOPIC, FLIP_TRACE, FLIP_TIME, FLIP_TYPE, FLIP_KIND, DROP, TWICE, CUT } how;
	uint32_t at; /* byte of the data */
	uint8_t mask; /* what is flipped of it; 0: 1 */
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
			if (edit->how == FLIP_DATA && edit->at >= e->data_bytes)
				at = 0;
			else if (edit->how == FLIP_DATA)
				ew_event_data(w)[edit->at] ^= edit->mask ? edit->mask : 1;
			ew_event_topic(w)[0] ^= edit->how == FLIP_TOPIC;
			w->trace_id[0] ^= edit->how == FLIP_TRACE;
			w->time_ns += edit->how == FLIP_TIME;
			w->content_type ^= edit->how == FLIP_TYPE ? edit->mask ? edit->mask : 1 : 0;
			if (edit->how == FLIP_KIND)
				w->flags ^= (uint32_t)edit->mask << 16;
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
		{"an output's byte", {EW_JOURNAL_OUTPUT, 7, FLIP_DATA, 0, 0}, 0, 0, "data: byte 0 of "},
		{"an output's topic", {EW_JOURNAL_OUTPUT, 30, FLIP_TOPIC, 0, 0}, 0, 0, "topic: byte 0 of "},
		{"an output's trace", {EW_JOURNAL_OUTPUT, 30, FLIP_TRACE, 0, 0}, 0, 0, "the trace id"},
		{"an output's type", {EW_JOURNAL_OUTPUT, 1, FLIP_TYPE, 0, 0}, 0, 0, "flags or content type"},
		{"a verdict", {EW_JOURNAL_CALL, 33, FLIP_DATA, 0, 0}, 0, 0, "data: byte 0 of "},
		{"a report", {EW_JOURNAL_REPORT, 5, FLIP_DATA, 0, 0}, 0, 0, "data: byte 0 of "},
		{"a report is not there", {EW_JOURNAL_REPORT, 5, DROP, 0, 0}, 0, 2, "now there is a record \"report\""},
		{"an output is not there", {EW_JOURNAL_OUTPUT, 9, DROP, 0, 0}, 0, 2, "now"},
		{"an output twice", {EW_JOURNAL_OUTPUT, 9, TWICE, 0, 0}, 1, 1, "now"},
		{"an input's topic", {EW_JOURNAL_INPUT, 3, FLIP_TOPIC, 0, 0}, 0, 20, ""},
		{"a step's time", {EW_JOURNAL_STEP, 12, FLIP_TIME, 0, 0}, 0, 20, ""},
		{"answers", {EW_JOURNAL_ANSWERS, 4, DROP, 0, 0}, -60, 2, ""},
		{"answers twice", {EW_JOURNAL_ANSWERS, 4, TWICE, 0, 0}, 0, 2, ""},
		{"an act's status", {EW_JOURNAL_DONE, 3, FLIP_DATA, 0, 0}, 0, 0, "data: byte 0 of 4"},
		{"an act's function", {EW_JOURNAL_ACT, 6, FLIP_TOPIC, 0, 0}, 0, 0, "topic"},
		{"the state", {EW_JOURNAL_STATE, 1, FLIP_DATA, 0, 0}, 0, 0, "data: byte 0 of 32"},
		{"the state at the end", {EW_JOURNAL_STOP, 1, FLIP_DATA, 0, 0}, 0, 0, "data: byte 0 of 32"},
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

/* No block over 16 MiB: a journal can ask for any number of things. */
static void *small_blocks(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	struct ew_alloc *libc = ctx;

	return new_bytes > 16u << 20 ? NULL : libc->resize(libc->ctx, block, old_bytes, new_bytes);
}

/*
 * Bytes of acts, beginnings, answers and inputs changed: it happens again, parts, or cannot be read; and never more than
 * that.
 */
static void hostile_journals(void **state)
{
	static const enum ew_journal_kind kinds[] = {EW_JOURNAL_START, EW_JOURNAL_ACT, EW_JOURNAL_ANSWERS, EW_JOURNAL_INPUT,
						     EW_JOURNAL_DONE};
	uint32_t tried = 0, parted = 0, refused = 0;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open(&j);
	jrun_populate(&j);
	assert_int_equal(ew_node_setting_put(j.n.node, "count", "start", "70", 2, &j.n.err), EW_OK);
	jrun_live(&j, 12);
	ew_node_destroy(j.n.node);
	j.n.node = NULL;
	for (size_t k = 0; k < ROWS(kinds); k++)
		for (uint32_t nth = 1; nth < 40; nth++)
			for (uint32_t at = 0; at < 400; at += 1 + (nth + at) % 13) {
				struct edit edit = {kinds[k], nth, FLIP_DATA, at, (uint8_t)(1u << (at + nth) % 8)};
				struct ew_replay_report report;
				struct ew_alloc libc = ew_alloc_libc(), alloc = {small_blocks, &libc};
				struct ew_replay_config c = {.struct_bytes = sizeof(c), .load = jrun_load, .user = &j};
				struct ew_error err = {EW_OK, 0, ""};
				struct jrun other;
				enum ew_status st;
				bool there = edited(&j, &other, &edit) != 0;

				c.log = other.log;
				if (there) {
					st = ew_node_replay(&c, &alloc, &report, &err);
					tried++;
					parted += st == EW_OK && report.parted_seq != 0;
					refused += st != EW_OK;
					assert_true(st == EW_OK || err.text[0]);
					assert_true(report.parted_seq == 0 || report.text[0]);
				}
				ew_log_close(other.log);
				ew_storage_ram_destroy(&other.storage);
				if (!there)
					break;
			}
	print_message("%u journals changed: %u part, %u are refused\n", (unsigned)tried, (unsigned)parted, (unsigned)refused);
	assert_true(tried > 250 && parted > tried / 4 && refused > tried / 4);
	jrun_close(&j);
}

static void count_records(void *user, const struct ew_event *record, const void *topic, const void *data)
{
	(void)record, (void)topic, (void)data;
	((struct jrun *)user)->clock_looks++;
}

static void append_of(struct jrun *j, uint32_t flags)
{
	const struct ew_event e = {.flags = flags, .data_bytes = 8};

	assert_int_equal(ew_log_append(j->log, &e, "", "01234567", NULL), EW_OK);
}

/* From where, to where, told of what; and journals that are none. */
static void what_can_be_asked(void **state)
{
	static const struct row {
		const char *name;
		struct edit edit;
		enum ew_status want;
		const char *text;
	} rows[] = {
		{"another version", {EW_JOURNAL_START, 1, FLIP_DATA, 0, 0x40}, EW_ERR_UNSUPPORTED, "another version"},
		{"an unknown act", {EW_JOURNAL_ACT, 2, FLIP_TYPE, 0, 0x40}, EW_ERR_UNSUPPORTED, "an act "},
		{"a field of a later version", {EW_JOURNAL_ACT, 2, FLIP_DATA, 0, 0x80}, EW_ERR_UNSUPPORTED, "cannot be read"},
		{"records were lost", {EW_JOURNAL_REPORT, 1, FLIP_KIND, 0, EW_JOURNAL_REPORT ^ EW_JOURNAL_LOST}, EW_ERR_CORRUPT, "lost"},
	};
	struct ew_replay_report report, half;
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_replay_config c = {.struct_bytes = sizeof(c), .load = jrun_load}, bad;
	struct ew_error err;
	struct jrun j;

	(void)state;
	jrun_init(&j);
	jrun_open_log(&j, 1u << 20, 16, NULL);
	append_of(&j, 0); /* somebody else's */
	append_of(&j, EW_JOURNAL_DONE << 16); /* the rest of what was not begun here */
	nrun_open(&j.n);
	assert_int_equal(ew_node_journal_open(j.n.node, &j.journal, &j.n.err), EW_OK);
	jrun_populate(&j);
	jrun_live(&j, 60);
	ew_node_destroy(j.n.node);
	j.n.node = NULL;
	append_of(&j, 0);
	c.log = j.log;
	c.user = &j;
	check_status("all", ew_node_replay(&c, &alloc, &report, &err), EW_OK);
	check_str("all", report.text, "");
	check_int("begins at", report.first_seq, 3);
	c.to_seq = report.last_seq / 2;
	check_status("half", ew_node_replay(&c, &alloc, &half, &err), EW_OK);
	check_str("half", half.text, "");
	check_true("half", half.last_seq >= c.to_seq && half.last_seq < report.last_seq && half.groups < report.groups);
	c.to_seq = 0;
	c.from_seq = 4;
	check_status("from behind its beginning", ew_node_replay(&c, &alloc, &half, &err), EW_ERR_NOENT);
	check_has("from behind its beginning", err.text, "no beginning");
	c.from_seq = 0;
	c.max_group_bytes = 200;
	check_status("a group too large", ew_node_replay(&c, &alloc, &half, &err), EW_ERR_LIMIT);
	check_has("a group too large", err.text, "more than 200 bytes");
	c.max_group_bytes = 0;
	c.load = NULL;
	check_status("nobody has bytes", ew_node_replay(&c, &alloc, &half, &err), EW_ERR_NOENT);
	check_has("nobody has bytes", err.text, "there are no bytes for count@1.0.0");
	c.load = jrun_load;
	bad = c;
	bad.log = NULL;
	check_status("no log", ew_node_replay(&bad, &alloc, &half, &err), EW_ERR_INVAL);
	bad = c;
	bad.struct_bytes = 0;
	check_status("no size", ew_node_replay(&bad, &alloc, &half, &err), EW_ERR_INVAL);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct jrun other;

		check_true(rows[i].name, edited(&j, &other, &rows[i].edit) != 0);
		c.log = other.log;
		check_status(rows[i].name, ew_node_replay(&c, &alloc, &half, &err), rows[i].want);
		check_has(rows[i].name, err.text, rows[i].text);
		ew_log_close(other.log);
		ew_storage_ram_destroy(&other.storage);
	}
	c.log = j.log;
	c.told = count_records;
	j.clock_looks = 0;
	check_status("told", ew_node_replay(&c, &alloc, &half, &err), EW_OK);
	check_true("told", j.clock_looks > half.outputs + half.inputs + half.calls &&
			   j.clock_looks <= half.last_seq - half.first_seq + 1);
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
			struct edit edit = {(enum ew_journal_kind)kind, nth, CUT, 0, 0};
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
		cmocka_unit_test(restarts),		cmocka_unit_test(hidden_state),
		cmocka_unit_test(stores_fail),		cmocka_unit_test(refusals),
		cmocka_unit_test(says_where_it_parts),
		cmocka_unit_test(a_torn_end),		cmocka_unit_test(hostile_journals),
		cmocka_unit_test(what_can_be_asked),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
