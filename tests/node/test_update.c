/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_update.c - what may replace what, and what stands in: the order of versions, signatures, rollback, fallbacks.
 */
#include "../abi/tiny_model.h"
#include "fake_sign.h"
#include "nrun.h"

/* ---- versions --------------------------------------------------------------------------------- */

/* Each row is older than the next; a row with '=' in front is the same as the one before. */
static void versions_have_an_order(void **state)
{
	static const char *const rows[] = {
		"",	 "=0",	   "=0.0.0",	"0.1",	   "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
		"1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1", "=1.0.0", "=1.0.0+build.5", "=01.00", "1.0.0.1",
		"1.2",	 "1.9.9", "1.10",	"2",	   "10",	  "99999999999999999999", "100000000000000000000",
		"1a",	 "a",	   "a.1",	"b",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		for (size_t j = 0; j < ROWS(rows); j++) {
			const char *a = rows[i] + (rows[i][0] == '='), *b = rows[j] + (rows[j][0] == '=');
			int rank_i = 0, rank_j = 0;
			char row[96];

			for (size_t k = 1; k <= i; k++)
				rank_i += rows[k][0] != '=';
			for (size_t k = 1; k <= j; k++)
				rank_j += rows[k][0] != '=';
			snprintf(row, sizeof(row), "%s against %s", a, b);
			check_int(row, ew_version_compare(a, b), (rank_i > rank_j) - (rank_i < rank_j));
		}
}

static void older_versions_are_refused(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_put(&n, "f", "1.10.0", "count");
	assert_int_equal(nrun_try_put(&n, "f", "1.9.0", "echo"), EW_ERR_DENIED);
	check_has("why", n.err.text, "f@1.9.0 is older than 1.10.0");
	assert_string_equal(nrun_stats(&n, "f").version, "1.10.0");
	nrun_put(&n, "f", "1.10.0+again", "echo");
	n.function.flags = EW_FUNCTION_DOWNGRADE;
	nrun_put(&n, "f", "1.9.0", "echo");
	assert_string_equal(nrun_stats(&n, "f").version, "1.9.0");
	nrun_close(&n);
}

static void rollback_is_immediate(void **state)
{
	struct nrun n;
	uint8_t hash[32];

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_ERR_NOENT);
	n.function.flags = EW_FUNCTION_KEEP;
	nrun_put(&n, "f", "1", "count");
	nrun_route(&n, "t", "f");
	assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_ERR_NOENT);
	assert_null(nrun_stats(&n, "f").kept_version);
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(nrun_u32(&n, "first", "count"), 1);
	nrun_put(&n, "f", "2", "echo");
	assert_string_equal(nrun_stats(&n, "f").kept_version, "1");
	nrun_push(&n, "t", "x"); /* waits in the ring while versions change */
	assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_OK);
	assert_string_equal(nrun_stats(&n, "f").version, "1");
	assert_string_equal(nrun_stats(&n, "f").kept_version, "2");
	ew_sha256(nrun_guest(&n, "count")->bytes, nrun_guest(&n, "count")->size, hash);
	assert_memory_equal(nrun_stats(&n, "f").sha256, hash, 32);
	nrun_step(&n);
	assert_int_equal(nrun_u32(&n, "newly started", "count"), 1);
	assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_OK);
	nrun_push(&n, "t", "y");
	nrun_step(&n);
	nrun_expect(&n, "and forward", "echo", "y");
	/* Only the last one is kept, and without the flag none. */
	nrun_put(&n, "f", "3", "count");
	assert_string_equal(nrun_stats(&n, "f").kept_version, "2");
	n.function.flags = 0;
	nrun_put(&n, "f", "4", "echo");
	assert_null(nrun_stats(&n, "f").kept_version);
	assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_ERR_NOENT);
	nrun_close(&n);
}

/* A rollback whose start fails changes nothing. */
static void rollback_without_memory(void **state)
{
	struct nrun n;
	enum ew_status st = EW_ERR_NOMEM;
	uint32_t failures = 0;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.flags = EW_FUNCTION_KEEP;
	nrun_put(&n, "f", "1", "count");
	nrun_put(&n, "f", "2", "echo");
	nrun_route(&n, "t", "f");
	for (size_t k = 1; st != EW_OK; k++) {
		n.mem.fail_at = n.mem.requests + k;
		st = ew_node_function_rollback(n.node, "f", &n.err);
		n.mem.fail_at = 0;
		if (st != EW_OK) {
			assert_int_equal(st, EW_ERR_NOMEM);
			assert_string_equal(nrun_stats(&n, "f").version, "2");
			assert_string_equal(nrun_stats(&n, "f").kept_version, "1");
			nrun_push(&n, "t", "x");
			nrun_step(&n);
			nrun_expect(&n, "the running one runs on", "echo", "x");
			failures++;
		}
	}
	assert_true(failures > 0);
	assert_string_equal(nrun_stats(&n, "f").version, "1");
	nrun_close(&n);
}

/* ---- fallbacks -------------------------------------------------------------------------------- */

static bool local_rule(void *user, const char *function, const struct ew_event *event)
{
	struct nrun *n = user;

	n->logs++;
	n->last_event = *event;
	snprintf(n->log_function, sizeof(n->log_function), "%s", function);
	return *ew_event_data(event) != 'n';
}

/* One failure parks `bad`; what becomes of the three events that follow, 'n' among them. */
static void fallbacks_stand_in(void **state)
{
	static const struct row {
		const char *name, *fallback, *route_to;
		bool host;
		uint64_t fallen_back, dropped, spare_events;
		uint32_t told;
	} rows[] = {
		{"nobody", NULL, NULL, false, 0, 3, 0, 0},
		{"a function", "spare", NULL, false, 3, 0, 3, 0},
		{"the host", NULL, NULL, true, 2, 1, 0, 3},
		{"a function before the host", "spare", NULL, true, 3, 0, 3, 0},
		{"a function that is not there", "nobody", NULL, true, 0, 3, 0, 0},
		{"itself", "bad", NULL, false, 0, 3, 0, 0},
		{"one that has the event anyway", "spare", "spare", false, 0, 3, 4, 0},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		struct nrun n;

		nrun_init(&n);
		n.host.fallback = r->host ? local_rule : NULL;
		nrun_open(&n);
		nrun_put(&n, "spare", "1", "count");
		n.function.fail_limit = 1;
		n.function.fallback = r->fallback;
		nrun_put(&n, "bad", "1", "misbehave");
		nrun_route(&n, "t", "bad");
		if (r->route_to)
			nrun_route(&n, "+", r->route_to);
		nrun_push(&n, "t", "t");
		nrun_push(&n, "t", "a");
		nrun_push(&n, "t", "n");
		nrun_push(&n, "t", "b");
		nrun_step(&n);
		check_true(r->name, nrun_stats(&n, "bad").parked);
		check_int(r->name, nrun_stats(&n, "bad").fallen_back, r->fallen_back);
		check_int(r->name, nrun_stats(&n, "bad").dropped_parked, r->dropped);
		check_int(r->name, nrun_stats(&n, "spare").events, r->spare_events);
		check_int(r->name, n.logs, r->told);
		nrun_close(&n);
	}
}

/* Two that stand in for each other, both parked: no event goes round, none is lost without being counted. */
static void fallbacks_do_not_go_round(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.fail_limit = 1;
	n.function.fallback = "b";
	nrun_put(&n, "a", "1", "misbehave");
	n.function.fallback = "a";
	nrun_put(&n, "b", "1", "misbehave");
	nrun_route(&n, "t", "a");
	for (int i = 0; i < 5; i++)
		nrun_push(&n, "t", "t"); /* traps whoever gets it */
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "a").events, 5);
	assert_int_equal(nrun_stats(&n, "a").failed_events, 1);
	assert_int_equal(nrun_stats(&n, "a").fallen_back, 1);
	assert_int_equal(nrun_stats(&n, "b").failed_events, 1);
	assert_int_equal(nrun_stats(&n, "a").dropped_parked, 3);
	nrun_close(&n);
}

/* Batches of the one that stands in, not of the one that is parked. */
static void fallbacks_take_batches(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.batch = 2;
	nrun_put(&n, "spare", "1", "echo");
	n.function.batch = 8;
	n.function.fail_limit = 1;
	n.function.fallback = "spare";
	nrun_put(&n, "bad", "1", "misbehave");
	nrun_route(&n, "t", "bad");
	nrun_push(&n, "t", "t");
	nrun_step(&n);
	for (int i = 0; i < 7; i++)
		nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "spare").events, 7);
	assert_int_equal(nrun_stats(&n, "spare").calls, 4);
	assert_int_equal(nrun_stats(&n, "bad").fallen_back, 7);
	nrun_close(&n);
}

/* ---- signatures ------------------------------------------------------------------------------- */

static struct ew_trusted_key key = {.public_key = {9}};
static const struct ew_trust trust = {sizeof(trust), &key, 1, NULL, 0, fake_verify, NULL};

static enum ew_status wall_clock(void *user, uint32_t id, uint64_t *ns)
{
	struct nrun *n = user;

	*ns = id == 0 ? n->clock : n->now;
	return EW_OK;
}

static void signatures_are_asked_for(void **state)
{
	static const struct row {
		const char *name;
		uint64_t until, wall; /* wall 0: the host has no clock */
		bool embedded, detached, other;
		enum ew_status want;
		const char *text;
	} rows[] = {
		{"unsigned", 0, 5, false, false, false, EW_ERR_DENIED, "not signed"},
		{"embedded", 0, 5, true, false, false, EW_OK, ""},
		{"detached", 0, 5, false, true, false, EW_OK, ""},
		{"of another module", 0, 5, false, true, true, EW_ERR_CORRUPT, "not those that were signed"},
		{"in time", 6, 5, true, false, false, EW_OK, ""},
		{"too late", 5, 5, true, false, false, EW_ERR_DENIED, "expired"},
		{"no clock, no end", 0, 0, true, false, false, EW_OK, ""},
		{"no clock, an end", UINT64_MAX, 0, true, false, false, EW_ERR_DENIED, "expired"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *r = &rows[i];
		uint8_t payload[256], *module;
		const struct nrun_guest *g;
		struct nrun n;
		size_t size;

		nrun_init(&n);
		n.host.clock = r->wall ? wall_clock : NULL;
		n.clock = r->wall;
		n.config.trust = &trust;
		key.until_ns = r->until;
		nrun_open(&n);
		g = nrun_guest(&n, "echo");
		size = fake_payload(payload, sizeof(payload), EW_SIGNED_MODULE, g->bytes, g->size, key.public_key, NULL);
		module = malloc(g->size + 300);
		memcpy(module, g->bytes, g->size);
		n.function.name = "f";
		n.function.version = "1";
		n.function.module_bytes = module;
		n.function.module_size = g->size;
		if (r->embedded)
			n.function.module_size = ew_sign_embed(g->bytes, g->size, payload, size, module, g->size + 300, NULL);
		if (r->detached) {
			n.function.signature = payload;
			n.function.signature_size = size;
		}
		if (r->other)
			n.function.module_bytes = nrun_guest(&n, "count")->bytes, n.function.module_size = nrun_guest(&n, "count")->size;
		check_status(r->name, ew_node_function_put(n.node, &n.function, &n.err), r->want);
		check_has(r->name, n.err.text, r->text);
		nrun_close(&n);
		free(module);
	}
	key.until_ns = 0;
}

static void models_are_asked_too(void **state)
{
	struct nrun n;
	struct ew_node_model_config c = {.struct_bytes = sizeof(c), .name = "m", .version = "2", .flags = EW_MODEL_PUT_COPY};
	static struct tiny tiny;
	struct ew_models_entry entry;
	uint8_t payload[256];

	(void)state;
	tiny_fc(&tiny, 1);
	nrun_init(&n);
	n.config.trust = &trust;
	nrun_open(&n);
	c.bytes = tiny.bytes;
	c.size = tiny.size;
	assert_int_equal(ew_node_model_put(n.node, &c, &n.err), EW_ERR_DENIED);
	assert_string_equal(n.err.text, "not signed");
	c.signature = payload;
	c.signature_size = fake_payload(payload, sizeof(payload), EW_SIGNED_MODULE, "\0asm\1\0\0\0", 8, key.public_key, NULL);
	assert_int_equal(ew_node_model_put(n.node, &c, &n.err), EW_ERR_UNSUPPORTED); /* a module's signature */
	c.signature_size = fake_payload(payload, sizeof(payload), EW_SIGNED_MODEL, c.bytes, c.size, key.public_key, NULL);
	assert_int_equal(ew_node_model_put(n.node, &c, &n.err), EW_OK);
	assert_int_equal(ew_node_model_put(n.node, &c, &n.err), EW_ERR_EXISTS);
	c.version = "1";
	assert_int_equal(ew_node_model_put(n.node, &c, &n.err), EW_ERR_DENIED);
	check_has("older", n.err.text, "m@1 is older than 2");
	c.flags |= EW_MODEL_PUT_DOWNGRADE;
	assert_int_equal(ew_node_model_put(n.node, &c, &n.err), EW_OK);
	assert_int_equal(ew_models_at(ew_node_models(n.node), 0, &entry), EW_OK);
	c.flags |= 4;
	assert_int_equal(ew_node_model_put(n.node, &c, &n.err), EW_ERR_INVAL);
	c.flags = 0;
	c.name = NULL;
	assert_int_equal(ew_node_model_put(n.node, &c, &n.err), EW_ERR_INVAL);
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_have_an_order),   cmocka_unit_test(older_versions_are_refused),
		cmocka_unit_test(rollback_is_immediate),    cmocka_unit_test(rollback_without_memory),
		cmocka_unit_test(fallbacks_stand_in),	    cmocka_unit_test(fallbacks_do_not_go_round),
		cmocka_unit_test(fallbacks_take_batches),   cmocka_unit_test(signatures_are_asked_for),
		cmocka_unit_test(models_are_asked_too),
	};

	return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
