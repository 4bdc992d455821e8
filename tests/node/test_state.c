/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_state.c - what runs in a node is there again after a restart, and follows its store.
 */
#include "../abi/tiny_model.h"
#include "edgewasm/journal.h"
#include "edgewasm/state.h"
#include "nrun.h"

struct srun {
	struct nrun n;
	struct ew_storage storage;
	struct ew_kv *state;
	struct ew_state_config config;
	struct tiny model[2];
	const char *absent; /* a version that the host has lost */
};

static bool is_that(const void *bytes, size_t size, const uint8_t *sha256, struct ew_state_bytes *out)
{
	uint8_t hash[EW_SHA256_BYTES];

	ew_sha256(bytes, size, hash);
	out->bytes = bytes;
	out->size = size;
	return memcmp(hash, sha256, sizeof(hash)) == 0;
}

static enum ew_status load(void *user, const char *name, const char *version, const uint8_t sha256[EW_SHA256_BYTES],
			   struct ew_state_bytes *out)
{
	struct srun *s = user;

	(void)name;
	if (s->absent && strcmp(version, s->absent) == 0)
		return EW_ERR_NOENT;
	for (uint32_t i = 0; i < s->n.guest_count; i++)
		if (is_that(s->n.guests[i].bytes, s->n.guests[i].size, sha256, out))
			return EW_OK;
	for (int i = 0; i < 2; i++)
		if (is_that(s->model[i].bytes, s->model[i].size, sha256, out))
			return EW_OK;
	return EW_ERR_NOENT;
}

static void open_store(struct srun *s)
{
	struct ew_alloc alloc = ew_alloc_libc();

	assert_int_equal(ew_kv_durable_open(&s->storage, NULL, &alloc, &s->state, &s->n.err), EW_OK);
	s->config.kv = s->state;
}

static void open_state(struct srun *s)
{
	open_store(s);
	if (ew_node_state_open(s->n.node, &s->config, &s->n.err) != EW_OK)
		fail_msg("state: %s", s->n.err.text);
}

static void srun_open(struct srun *s)
{
	const struct ew_sim_config c = {.struct_bytes = sizeof(c), .kind = EW_SIM_RAM, .block_bytes = 65536,
					.block_count = 32};
	struct ew_alloc alloc = ew_alloc_libc();

	memset(s, 0, sizeof(*s));
	tiny_fc(&s->model[0], 1);
	tiny_fc(&s->model[1], 3);
	nrun_init(&s->n);
	nrun_open(&s->n);
	nrun_guest(&s->n, "count");
	nrun_guest(&s->n, "echo");
	assert_int_equal(ew_storage_sim_create(&c, &alloc, &s->storage), EW_OK);
	s->config = (struct ew_state_config){.struct_bytes = sizeof(s->config), .load = load, .user = s};
	open_state(s);
}

/* The node goes, and comes back with what the store has. */
static void new_node(struct srun *s)
{
	ew_node_destroy(s->n.node);
	ew_kv_destroy(s->state);
	assert_int_equal(ew_node_create(&s->n.node, &s->n.config, &s->n.mem.alloc, &s->n.err), EW_OK);
}

static void restart(struct srun *s)
{
	new_node(s);
	open_state(s);
}

static void srun_close(struct srun *s)
{
	nrun_close(&s->n);
	ew_kv_destroy(s->state);
	ew_storage_sim_destroy(&s->storage);
}

static void put_model(struct srun *s, int i, const char *version)
{
	struct ew_node_model_config c = {.struct_bytes = sizeof(c), .name = "m", .version = version,
					 .bytes = s->model[i].bytes, .size = s->model[i].size};

	assert_int_equal(ew_node_model_put(s->n.node, &c, &s->n.err), EW_OK);
}

static const char *current_model(struct srun *s)
{
	struct ew_models_entry e;

	for (uint32_t i = 0; ew_models_at(ew_node_models(s->n.node), i, &e) == EW_OK; i++)
		if (e.current)
			return e.version;
	return "none";
}

/* An event to "count", which says how many there were. */
static void count_is(struct srun *s, const char *row, uint32_t want)
{
	nrun_push(&s->n, "a", "x");
	s->n.now += 10;
	nrun_step(&s->n);
	check_int(row, nrun_u32(&s->n, row, "count"), want);
}

static void populate(struct srun *s)
{
	static const struct ew_setting start = {"start", "40", 2};
	struct nrun *n = &s->n;

	n->function.flags = EW_FUNCTION_KEEP;
	n->function.settings = &start;
	n->function.setting_count = 1;
	n->function.fuel = 1234567;
	nrun_put(n, "count", "1", "count");
	nrun_put(n, "count", "2", "count");
	nrun_put(n, "echo", "1", "echo");
	nrun_put(n, "gone", "1", "echo");
	nrun_route(n, "a", "count");
	nrun_route(n, "a/b", "echo");
	nrun_route(n, "gone", "gone");
	nrun_route(n, "b", "echo");
	assert_int_equal(ew_node_route_remove(n->node, "a/b", "echo"), EW_OK);
	assert_int_equal(ew_node_setting_put(n->node, "gone", "k", "v", 1, &n->err), EW_OK);
	assert_int_equal(ew_node_function_remove(n->node, "gone"), EW_OK);
	put_model(s, 0, "1");
	put_model(s, 1, "2");
	assert_int_equal(ew_node_model_select(n->node, "m", "1", &n->err), EW_OK);
}

static void comes_back(void **state)
{
	struct ew_function_stats f;
	struct srun s;

	(void)state;
	srun_open(&s);
	populate(&s);
	count_is(&s, "before", 41);
	restart(&s);
	f = nrun_stats(&s.n, "count");
	assert_string_equal(f.version, "2");
	assert_string_equal(f.kept_version, "1");
	assert_int_equal(ew_node_function_find(s.n.node, "gone", &f), EW_ERR_NOENT);
	assert_string_equal(current_model(&s), "1");
	count_is(&s, "its settings", 41);
	nrun_push(&s.n, "b", "yes");
	nrun_push(&s.n, "a/b", "no");
	nrun_push(&s.n, "gone", "no");
	nrun_step(&s.n);
	nrun_expect(&s.n, "its routes", "echo", "yes");
	nrun_expect_nothing(&s.n, "and no others");
	assert_int_equal(ew_node_model_select(s.n.node, "m", "2", &s.n.err), EW_OK);
	assert_int_equal(ew_node_function_rollback(s.n.node, "count", &s.n.err), EW_OK);
	restart(&s);
	f = nrun_stats(&s.n, "count");
	assert_string_equal(f.version, "1");
	assert_string_equal(f.kept_version, "2");
	assert_string_equal(current_model(&s), "2");
	srun_close(&s);
}

/* A canary of "count" that misbehaves where an event asks for it. */
static enum ew_status try_out(struct srun *s, const char *version)
{
	const struct ew_canary_config canary = {.struct_bytes = sizeof(canary), .share = 500, .salt = 1, .events = 64,
						.fuel_tolerance = 1000000, .score = "score"};
	const struct nrun_guest *g = nrun_guest(&s->n, "misbehave");

	s->n.function.name = "count";
	s->n.function.version = version;
	s->n.function.module_bytes = g->bytes;
	s->n.function.module_size = g->size;
	return ew_node_canary_start(s->n.node, &s->n.function, &canary, &s->n.err);
}

/* Version 1 runs, and 2 is tried. */
static void open_trial(struct srun *s)
{
	srun_open(s);
	nrun_put(&s->n, "count", "1", "count");
	nrun_route(&s->n, "#", "count");
	assert_int_equal(try_out(s, "2"), EW_OK);
}

/* After a restart: what runs, what is tried, and whether the store says so. */
static void restart_with(struct srun *s, const char *row, const char *version, const char *canary)
{
	struct ew_function_stats f;
	size_t size;

	restart(s);
	f = nrun_stats(&s->n, "count");
	check_str(row, f.version, version);
	check_str(row, f.canary_version ? f.canary_version : "none", canary);
	check_true(row, f.canary_events == 0);
	check_true(row, s->absent || (ew_kv_get(s->state, "c/count", 7, NULL, 0, &size) == EW_ERR_NOENT) == !f.canary_version);
}

static void drain(struct srun *s)
{
	char topic[256], data[16];

	while (nrun_pop(&s->n, topic, data, sizeof(data)))
		;
}

static void many_events(struct srun *s, const char *data)
{
	char topic[16];

	for (uint32_t i = 0; i < 300 && nrun_stats(&s->n, "count").canary_version; i++) {
		snprintf(topic, sizeof(topic), "%u", (unsigned)i);
		nrun_push(&s->n, topic, data);
		nrun_step(&s->n);
		drain(s);
	}
}

static void canaries_go_on(void **state)
{
	struct srun s;

	(void)state;
	open_trial(&s);
	many_events(&s, ".");
	restart_with(&s, "promoted", "2", "none");
	nrun_put(&s.n, "count", "2.5", "count");
	assert_int_equal(try_out(&s, "3"), EW_OK);
	restart_with(&s, "tried", "2.5", "3");
	restart_with(&s, "tried, again", "2.5", "3");
	s.absent = "3";
	restart_with(&s, "its bytes are lost", "2.5", "none");
	s.absent = NULL;
	restart_with(&s, "and there again", "2.5", "3");
	assert_int_equal(s.n.reports[EW_NODE_ROLLED_BACK], 0);
	many_events(&s, "t");
	assert_int_equal(s.n.reports[EW_NODE_ROLLED_BACK], 1);
	check_has("rolled back", s.n.last_text, "count@3");
	restart_with(&s, "rolled back by itself", "2.5", "none");
	assert_int_equal(try_out(&s, "3"), EW_OK);
	assert_int_equal(ew_node_function_rollback(s.n.node, "count", &s.n.err), EW_OK);
	restart_with(&s, "rolled back by command", "2.5", "none");
	assert_int_equal(try_out(&s, "3"), EW_OK);
	assert_int_equal(ew_node_canary_promote(s.n.node, "count"), EW_OK);
	restart_with(&s, "promoted by command", "3", "none");
	assert_int_equal(try_out(&s, "4"), EW_OK);
	nrun_put(&s.n, "count", "5", "count");
	restart_with(&s, "another was put", "5", "none");
	assert_int_equal(try_out(&s, "6"), EW_OK);
	restart(&s);
	assert_int_equal(ew_node_function_remove(s.n.node, "count"), EW_OK);
	nrun_put(&s.n, "count", "7", "count");
	restart_with(&s, "the function was removed", "7", "none");
	srun_close(&s);
}

/* As the operator asked for it: what differs from the defaults comes back, too. */
static void the_trial_is_the_same(void **state)
{
	uint8_t hash[2][EW_SHA256_BYTES] = {{0}};
	struct srun s;

	(void)state;
	srun_open(&s);
	nrun_put(&s.n, "count", "1", "count");
	nrun_route(&s.n, "#", "count");
	for (int i = 0; i < 2; i++) {
		uint32_t met[2] = {0, 0};

		if (i == 0)
			assert_int_equal(try_out(&s, "2"), EW_OK);
		else
			restart(&s);
		for (uint32_t k = 0; k < 100; k++) {
			char topic[16];

			snprintf(topic, sizeof(topic), "%u", (unsigned)k);
			met[0] = (uint32_t)nrun_stats(&s.n, "count").canary_events;
			nrun_push(&s.n, topic, ".");
			nrun_step(&s.n);
			met[1] = (uint32_t)nrun_stats(&s.n, "count").canary_events;
			hash[i][k % EW_SHA256_BYTES] = (uint8_t)(hash[i][k % EW_SHA256_BYTES] * 2 + (met[1] != met[0]));
			drain(&s);
		}
	}
	assert_memory_equal(hash[0], hash[1], EW_SHA256_BYTES); /* the same keys meet it */
	srun_close(&s);
}

static void tenants_and_watches(void **state)
{
	struct ew_tenant_config quota = {.struct_bytes = sizeof(quota), .name = "acme", .events_per_second = 2};
	struct ew_node_watch_config watch = {.struct_bytes = sizeof(watch), .function = "count", .metric = "counted",
					     .topic = "drift", .scale = 0.5, .delta = 1, .lambda = 5, .min_count = 2};
	uint8_t before[EW_SHA256_BYTES], after[EW_SHA256_BYTES];
	struct ew_tenant_stats t;
	struct srun s;
	size_t size;

	(void)state;
	srun_open(&s);
	s.n.function.tenant = "acme";
	nrun_put(&s.n, "count", "1", "count");
	nrun_route(&s.n, "a", "count");
	assert_int_equal(ew_node_tenant_put(s.n.node, &quota, &s.n.err), EW_OK);
	assert_int_equal(ew_node_watch_put(s.n.node, &watch, &s.n.err), EW_OK);
	nrun_step(&s.n);
	s.n.now = 2000000000;
	nrun_step(&s.n);
	restart(&s);
	s.n.now += 1000000000;
	nrun_step(&s.n);
	for (int i = 0; i < 3; i++)
		nrun_push(&s.n, "a", "x");
	nrun_step(&s.n);
	assert_int_equal(nrun_stats(&s.n, "count").dropped_quota, 1);
	assert_int_equal(ew_node_tenant_at(s.n.node, 0, &t), EW_OK);
	assert_string_equal(t.name, "acme");
	assert_true(t.broke);
	restart(&s);
	assert_int_equal(ew_node_state_hash(s.n.node, before), EW_OK); /* quotas and watches are in it */
	assert_int_equal(ew_node_watch_put(s.n.node, &watch, &s.n.err), EW_OK);
	assert_int_equal(ew_node_tenant_put(s.n.node, &quota, &s.n.err), EW_OK);
	assert_int_equal(ew_node_state_hash(s.n.node, after), EW_OK);
	assert_memory_equal(before, after, EW_SHA256_BYTES);
	watch.metric = "other";
	assert_int_equal(ew_node_watch_put(s.n.node, &watch, &s.n.err), EW_OK);
	assert_int_equal(ew_kv_get(s.state, "w/count\0other", 13, NULL, 0, &size), EW_ERR_TOOBIG);
	assert_int_equal(ew_node_function_remove(s.n.node, "count"), EW_OK);
	assert_int_equal(ew_kv_get(s.state, "w/count\0other", 13, NULL, 0, &size), EW_ERR_NOENT);
	assert_int_equal(ew_kv_get(s.state, "w/count\0counted", 15, NULL, 0, &size), EW_ERR_NOENT);
	assert_int_equal(ew_kv_get(s.state, "t/acme", 6, NULL, 0, &size), EW_ERR_TOOBIG);
	restart(&s);
	assert_int_equal(ew_node_tenant_at(s.n.node, 0, &t), EW_OK);
	/* Records that cannot be read are not passed over. */
	assert_int_equal(ew_kv_put(s.state, "t/evil", 6, "\x44", 1), EW_OK);
	new_node(&s);
	open_store(&s);
	check_status("damaged", ew_node_state_open(s.n.node, &s.config, &s.n.err), EW_ERR_MALFORMED);
	check_has("damaged", s.n.err.text, "evil");
	srun_close(&s);
}

static enum ew_status load_echo(void *user, const char *name, const char *version, const uint8_t *sha256, const void **bytes,
				size_t *size)
{
	const struct nrun_guest *g = nrun_guest(user, "echo");

	(void)name, (void)version, (void)sha256;
	*bytes = g->bytes;
	*size = g->size;
	return EW_OK;
}

/* Their bytes are asked for when the first event comes, after a restart as before; the bytes they must be are kept. */
static void on_demand(void **state)
{
	uint8_t hash[EW_SHA256_BYTES];
	struct srun s;

	(void)state;
	srun_open(&s);
	s.n.host.load = load_echo;
	restart(&s);
	s.n.function.name = "late";
	s.n.function.version = "1";
	s.n.function.flags = EW_FUNCTION_ON_DEMAND | EW_FUNCTION_FRESH;
	ew_sha256(nrun_guest(&s.n, "echo")->bytes, nrun_guest(&s.n, "echo")->size, hash);
	s.n.function.sha256 = hash;
	assert_int_equal(ew_node_function_put(s.n.node, &s.n.function, &s.n.err), EW_OK);
	nrun_route(&s.n, "l", "late");
	restart(&s);
	assert_false(nrun_stats(&s.n, "late").loaded);
	assert_memory_equal(nrun_stats(&s.n, "late").sha256, hash, sizeof(hash));
	nrun_push(&s.n, "l", "x");
	nrun_step(&s.n);
	nrun_expect(&s.n, "late", "echo", "x");
	assert_true(nrun_stats(&s.n, "late").loaded);
	/* Where the host no longer lends modules it cannot come back. */
	s.n.host.load = NULL;
	new_node(&s);
	open_store(&s);
	check_status("nobody lends", ew_node_state_open(s.n.node, &s.config, &s.n.err), EW_ERR_INVAL);
	check_has("nobody lends", s.n.err.text, "on demand");
	srun_close(&s);
}

static void settings_change(void **state)
{
	static const struct row {
		const char *name, *function, *key, *value;
		enum ew_status want;
	} rows[] = {
		{"no such function", "nobody", "k", "v", EW_ERR_NOENT},
		{"no key", "count", "", "v", EW_ERR_INVAL},
		{"nothing to go back to", "count", "k", NULL, EW_OK},
		{"an empty value", "count", "k", "", EW_OK},
	};
	char key[257];
	struct srun s;

	(void)state;
	srun_open(&s);
	populate(&s);
	count_is(&s, "as it was put", 41);
	assert_int_equal(ew_node_setting_put(s.n.node, "count", "start", "100", 3, &s.n.err), EW_OK);
	count_is(&s, "changed", 101);
	count_is(&s, "and it goes on", 102);
	restart(&s);
	count_is(&s, "kept", 101);
	assert_int_equal(ew_node_setting_put(s.n.node, "count", "start", "200", 3, &s.n.err), EW_OK);
	assert_int_equal(ew_node_setting_put(s.n.node, "count", "start", NULL, 0, &s.n.err), EW_OK);
	count_is(&s, "back", 41);
	restart(&s);
	count_is(&s, "back, kept", 41);
	for (size_t i = 0; i < ROWS(rows); i++)
		check_status(rows[i].name, ew_node_setting_put(s.n.node, rows[i].function, rows[i].key, rows[i].value,
							       rows[i].value ? strlen(rows[i].value) : 0, &s.n.err), rows[i].want);
	memset(key, 'k', sizeof(key));
	key[256] = '\0';
	assert_int_equal(ew_node_setting_put(s.n.node, "count", key, "v", 1, &s.n.err), EW_ERR_INVAL);
	key[200] = '\0'; /* with its prefix just what the store takes as a key */
	assert_int_equal(ew_node_setting_put(s.n.node, "count", key, "v", 1, &s.n.err), EW_OK);
	srun_close(&s);
}

/* Somebody else writes to the store. */
static void follows_the_store(void **state)
{
	struct ew_function_stats f;
	uint32_t changes;
	struct srun s;

	(void)state;
	srun_open(&s);
	populate(&s);
	s.config.watch_ns = 1000;
	restart(&s);
	count_is(&s, "before", 41);
	assert_int_equal(ew_kv_put(s.state, "s/count\0start", 13, "7", 1), EW_OK);
	assert_int_equal(ew_kv_put(s.state, "s/nobody\0start", 14, "7", 1), EW_OK);
	assert_int_equal(ew_kv_put(s.state, "m/m", 3, "2", 1), EW_OK);
	count_is(&s, "it is not time yet", 42);
	s.n.now += 1000;
	count_is(&s, "it is", 8);
	assert_string_equal(current_model(&s), "2");
	assert_int_equal(ew_kv_delete(s.state, "s/count\0start", 13), EW_OK);
	assert_int_equal(ew_kv_delete(s.state, "f/echo", 6), EW_OK);
	assert_int_equal(ew_node_state_refresh(s.n.node, &changes, &s.n.err), EW_OK);
	assert_int_equal(changes, 2);
	assert_int_equal(ew_node_state_refresh(s.n.node, &changes, &s.n.err), EW_OK);
	assert_int_equal(changes, 0);
	assert_int_equal(ew_node_function_find(s.n.node, "echo", &f), EW_ERR_NOENT);
	count_is(&s, "back", 41);
	assert_int_equal(ew_kv_put(s.state, "m/m", 3, "9", 1), EW_OK);
	assert_int_equal(ew_node_state_refresh(s.n.node, &changes, &s.n.err), EW_ERR_NOENT);
	check_has("why", s.n.err.text, "there is no model m@9");
	s.n.now += 10000;
	count_is(&s, "it goes on all the same", 42);
	srun_close(&s);
}

/* A write fails at each of the places where something would change: nothing does. */
static void what_cannot_be_written(void **state)
{
	(void)state;
	for (int what = 0; what < 12; what++) {
		struct ew_canary_config canary = {.struct_bytes = sizeof(canary)};
		struct ew_tenant_config quota = {.struct_bytes = sizeof(quota), .name = "acme", .events_per_second = 1};
		struct ew_node_watch_config watch = {.struct_bytes = sizeof(watch), .function = "count", .metric = "m",
						     .topic = "t", .lambda = 5, .min_count = 2};
		struct ew_alloc libc = ew_alloc_libc();
		char row[32];
		struct srun s;
		enum ew_status st = EW_OK;

		snprintf(row, sizeof(row), "change %d", what);
		srun_open(&s);
		populate(&s);
		s.n.function.version = "3";
		s.n.function.name = "count";
		s.n.function.module_bytes = nrun_guest(&s.n, "count")->bytes;
		s.n.function.module_size = nrun_guest(&s.n, "count")->size;
		if (what >= 10) {
			assert_int_equal(ew_function_prepare(&s.n.function.prepared, &s.n.function, NULL, 0, &libc, &s.n.err), EW_OK);
			s.n.function.module_bytes = NULL;
		}
		if (what == 4) {
			assert_int_equal(ew_node_canary_start(s.n.node, &s.n.function, &canary, &s.n.err), EW_OK);
		}
		ew_storage_sim_fail(&s.storage, EW_SIM_WRITE, 1, EW_ERR_IO);
		switch (what) {
		case 0: st = nrun_try_put(&s.n, "count", "3", "count"); break;
		case 1: st = nrun_try_put(&s.n, "new", "1", "count"); break;
		case 2: st = ew_node_function_rollback(s.n.node, "count", &s.n.err); break;
		case 3: st = ew_node_function_remove(s.n.node, "count"); break;
		case 4: st = ew_node_canary_promote(s.n.node, "count"); break;
		case 5: st = ew_node_route_add(s.n.node, "z", "count", &s.n.err); break;
		case 6: st = ew_node_model_select(s.n.node, "m", "2", &s.n.err); break;
		case 7: st = ew_node_setting_put(s.n.node, "count", "start", "9", 1, &s.n.err); break;
		case 8: st = ew_node_tenant_put(s.n.node, &quota, &s.n.err); break;
		case 9: st = ew_node_watch_put(s.n.node, &watch, &s.n.err); break;
		case 10: st = ew_node_canary_start(s.n.node, &s.n.function, &canary, &s.n.err); break;
		case 11: st = ew_node_function_put(s.n.node, &s.n.function, &s.n.err); break;
		}
		check_status(row, st, EW_ERR_IO);
		check_true(row, nrun_stats(&s.n, "count").canary_version == NULL);
		ew_prepared_free(s.n.function.prepared); /* still the host's */
		s.n.function.prepared = NULL;
		check_str(row, nrun_stats(&s.n, "count").version, "2");
		check_str(row, current_model(&s), "1");
		count_is(&s, row, 41);
		restart(&s);
		check_str(row, nrun_stats(&s.n, "count").version, "2");
		count_is(&s, row, 41);
		srun_close(&s);
	}
}

/* A canary does well, and that it runs cannot be written down: it goes. */
static void promotion_that_cannot_be_written(void **state)
{
	struct srun s;

	(void)state;
	open_trial(&s);
	ew_storage_sim_fail(&s.storage, EW_SIM_WRITE, 1, EW_ERR_IO);
	many_events(&s, ".");
	assert_int_equal(s.n.reports[EW_NODE_PROMOTED], 0);
	assert_int_equal(s.n.reports[EW_NODE_ROLLED_BACK], 1);
	check_has("why", s.n.last_text, "cannot be written down");
	assert_string_equal(nrun_stats(&s.n, "count").version, "1");
	/* The store takes nothing any longer: after a restart it is tried again. */
	restart(&s);
	assert_string_equal(nrun_stats(&s.n, "count").version, "1");
	assert_string_equal(nrun_stats(&s.n, "count").canary_version, "2");
	/* Somebody else ends the trial in the store. */
	{
		uint32_t changes;

		assert_int_equal(ew_kv_delete(s.state, "c/count", 7), EW_OK);
		assert_int_equal(ew_node_state_refresh(s.n.node, &changes, &s.n.err), EW_OK);
		assert_int_equal(changes, 1);
		assert_null(nrun_stats(&s.n, "count").canary_version);
	}
	srun_close(&s);
}

/* ---- stores that somebody has written who means harm ---- */

struct pair {
	uint8_t key[256], value[1024];
	size_t key_bytes, value_bytes;
};

static uint32_t all_pairs(struct ew_kv *kv, struct pair *out, uint32_t most)
{
	const void *key = NULL, *value;
	size_t key_bytes = 0, bytes;
	uint32_t n = 0;

	for (; ew_kv_next(kv, key, key_bytes, &key, &key_bytes, &value, &bytes) == EW_OK; n++) {
		assert_true(n < most && key_bytes <= sizeof(out->key) && bytes <= sizeof(out->value));
		memcpy(out[n].key, key, key_bytes);
		memcpy(out[n].value, value, bytes);
		out[n].key_bytes = key_bytes;
		out[n].value_bytes = bytes;
	}
	return n;
}

/* A node with these pairs, one of them changed: it begins, or says why not; it runs, and ends. */
static enum ew_status try_pairs(struct srun *s, const struct pair *pairs, uint32_t count)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_state_config c = s->config;
	enum ew_status st;

	ew_node_destroy(s->n.node);
	assert_int_equal(ew_node_create(&s->n.node, &s->n.config, &s->n.mem.alloc, &s->n.err), EW_OK);
	assert_int_equal(ew_kv_ram_create(NULL, &alloc, &c.kv), EW_OK);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(ew_kv_put(c.kv, pairs[i].key, pairs[i].key_bytes, pairs[i].value, pairs[i].value_bytes), EW_OK);
	st = ew_node_state_open(s->n.node, &c, &s->n.err);
	assert_true(st == EW_OK || s->n.err.text[0]);
	nrun_push(&s->n, "a", "x");
	nrun_step(&s->n);
	(void)ew_node_state_refresh(s->n.node, NULL, &s->n.err);
	ew_node_destroy(s->n.node);
	s->n.node = NULL;
	ew_kv_destroy(c.kv);
	drain(s);
	return st;
}

static void hostile_stores(void **state)
{
	static const struct row {
		const char *name, *key;
		size_t key_bytes;
		const char *value;
		size_t bytes;
		enum ew_status want;
	} rows[] = {
		{"nothing", "x", 1, "", 0, EW_OK},
		{"a route without an end", "r/1", 3, "abc", 3, EW_ERR_MALFORMED},
		{"an empty route", "r/1", 3, "", 0, EW_ERR_MALFORMED},
		{"a route to nobody", "r/zz!", 5, "a\0nobody", 8, EW_OK},
		{"a route that is none", "r/1", 3, "a/#/b\0count", 11, EW_ERR_INVAL},
		{"a setting without a key", "s/count", 7, "v", 1, EW_ERR_MALFORMED},
		{"a setting of an empty key", "s/count\0", 8, "v", 1, EW_ERR_INVAL},
		{"a version too long", "m/m", 3, "012345678901234567890123456789012345678901234567", 48, EW_ERR_NOENT},
		{"an empty version", "m/m", 3, "", 0, EW_ERR_NOENT},
		{"a model of no name", "m/", 2, "1", 1, EW_ERR_NOENT},
		{"a function without a record", "f/count", 7, "", 0, EW_OK}, /* the one that is kept runs */
		{"an act of a later version", "f/echo", 6, "\376\0\0\0\0", 5, EW_ERR_UNSUPPORTED},
		{"a length over the end", "f/echo", 6, "\1\377\377\377\377", 5, EW_ERR_MALFORMED},
		{"a text without an end", "f/echo", 6, "\1\1\0\0\0e", 6, EW_ERR_MALFORMED},
		{"a setting's text", "f/echo", 6, "\50\1\0\0\0e", 6, EW_ERR_MALFORMED},
		{"a number of three bytes", "f/echo", 6, "\3\3\0\0\0\1\1\1", 8, EW_ERR_MALFORMED},
		{"half a hash", "f/echo", 6, "\22\1\0\0\0\1", 6, EW_ERR_MALFORMED},
		{"a trial without a record", "c/count", 7, "", 0, EW_OK},
		{"a watch without a record", "w/count", 7, "", 0, EW_ERR_MALFORMED},
		{"a tenant of a later version", "t/acme", 6, "\376\0\0\0\0", 5, EW_ERR_UNSUPPORTED},
	};
	static struct pair pairs[32];
	struct ew_tenant_config quota = {.struct_bytes = sizeof(quota), .name = "acme", .events_per_second = 1000};
	struct ew_node_watch_config watch = {.struct_bytes = sizeof(watch), .function = "count", .metric = "m", .topic = "t",
					     .lambda = 5, .min_count = 2};
	uint32_t count, taken = 0, refused = 0;
	struct srun s;

	(void)state;
	srun_open(&s);
	populate(&s);
	assert_int_equal(ew_node_setting_put(s.n.node, "count", "start", "5", 1, &s.n.err), EW_OK);
	assert_int_equal(ew_node_tenant_put(s.n.node, &quota, &s.n.err), EW_OK);
	assert_int_equal(ew_node_watch_put(s.n.node, &watch, &s.n.err), EW_OK);
	assert_int_equal(try_out(&s, "3"), EW_OK);
	count = all_pairs(s.state, pairs, ROWS(pairs) - 1);
	assert_true(count >= 12);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct pair kept;
		uint32_t at = 0;

		while (at < count && (pairs[at].key_bytes != rows[i].key_bytes ||
				      memcmp(pairs[at].key, rows[i].key, rows[i].key_bytes) != 0))
			at++;
		kept = pairs[at];
		memcpy(pairs[at].key, rows[i].key, rows[i].key_bytes);
		memcpy(pairs[at].value, rows[i].value, rows[i].bytes);
		pairs[at].key_bytes = rows[i].key_bytes;
		pairs[at].value_bytes = rows[i].bytes;
		check_status(rows[i].name, try_pairs(&s, pairs, count + (at == count)), rows[i].want);
		pairs[at] = kept;
	}
	for (uint32_t k = 0; k < count; k++) { /* each of them cut short, and with a byte changed */
		const struct pair kept = pairs[k];

		for (size_t at = 0; at < kept.value_bytes; at += 1 + kept.value_bytes / 24) {
			pairs[k].value_bytes = at;
			try_pairs(&s, pairs, count) == EW_OK ? taken++ : refused++;
			pairs[k] = kept;
			pairs[k].value[at] ^= (uint8_t)(0x81 + at);
			try_pairs(&s, pairs, count) == EW_OK ? taken++ : refused++;
			pairs[k] = kept;
		}
	}
	print_message("%u of %u stores refused\n", (unsigned)refused, (unsigned)(taken + refused));
	assert_true(taken > 20 && refused > 100);
	assert_int_equal(try_pairs(&s, pairs, count), EW_OK);
	srun_close(&s);
}

static void open_refuses(void **state)
{
	struct ew_state_config c;
	struct srun s;

	(void)state;
	srun_open(&s);
	populate(&s);
	check_status("twice", ew_node_state_open(s.n.node, &s.config, &s.n.err), EW_ERR_STATE);
	new_node(&s);
	check_status("no state", ew_node_state_refresh(s.n.node, NULL, &s.n.err), EW_ERR_NOENT);
	c = s.config;
	c.kv = s.n.kv;
	check_status("the functions' store", ew_node_state_open(s.n.node, &c, &s.n.err), EW_ERR_INVAL);
	c.kv = NULL;
	check_status("no store", ew_node_state_open(s.n.node, &c, &s.n.err), EW_ERR_INVAL);
	nrun_put(&s.n, "f", "1", "echo");
	check_status("with a function", ew_node_state_open(s.n.node, &s.config, &s.n.err), EW_ERR_STATE);
	ew_node_destroy(s.n.node);
	assert_int_equal(ew_node_create(&s.n.node, &s.n.config, &s.n.mem.alloc, &s.n.err), EW_OK);
	s.absent = "2";
	open_state(&s); /* m@2 is not current */
	check_str("what was kept", nrun_stats(&s.n, "count").version, "1");
	s.absent = "1";
	new_node(&s);
	open_store(&s);
	check_status("nobody has it", ew_node_state_open(s.n.node, &s.config, &s.n.err), EW_ERR_NOENT);
	srun_close(&s);
}

static void memory_runs_out(void **state)
{
	struct ew_tenant_config quota = {.struct_bytes = sizeof(quota), .name = "acme", .events_per_second = 1};
	struct ew_node_watch_config watch = {.struct_bytes = sizeof(watch), .function = "count", .metric = "m", .topic = "t",
					     .lambda = 5, .min_count = 2};
	enum ew_status st;
	uint32_t failures = 0;
	struct srun s;

	(void)state;
	srun_open(&s);
	populate(&s);
	assert_int_equal(ew_node_setting_put(s.n.node, "count", "start", "5", 1, &s.n.err), EW_OK);
	assert_int_equal(ew_node_tenant_put(s.n.node, &quota, &s.n.err), EW_OK);
	assert_int_equal(ew_node_watch_put(s.n.node, &watch, &s.n.err), EW_OK);
	assert_int_equal(try_out(&s, "3"), EW_OK);
	for (uint32_t k = 1;; k++, failures++) {
		ew_node_destroy(s.n.node);
		assert_int_equal(ew_node_create(&s.n.node, &s.n.config, &s.n.mem.alloc, &s.n.err), EW_OK);
		s.n.mem.fail_at = s.n.mem.requests + k;
		st = ew_node_state_open(s.n.node, &s.config, &s.n.err);
		if (s.n.mem.fail_at > s.n.mem.requests)
			break;
		s.n.mem.fail_at = 0;
		/* one version that could not be had for want of memory leaves the other */
		assert_true(st == EW_ERR_NOMEM || st == EW_OK);
	}
	s.n.mem.fail_at = 0;
	assert_int_equal(st, EW_OK);
	assert_true(failures > 50);
	assert_string_equal(nrun_stats(&s.n, "count").canary_version, "3");
	assert_int_equal(ew_node_function_rollback(s.n.node, "count", &s.n.err), EW_OK);
	count_is(&s, "in the end", 6);
	srun_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),		 cmocka_unit_test(canaries_go_on),
		cmocka_unit_test(the_trial_is_the_same), cmocka_unit_test(tenants_and_watches),
		cmocka_unit_test(on_demand),
		cmocka_unit_test(settings_change),	 cmocka_unit_test(follows_the_store),
		cmocka_unit_test(what_cannot_be_written), cmocka_unit_test(open_refuses),
		cmocka_unit_test(promotion_that_cannot_be_written), cmocka_unit_test(hostile_stores),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
