/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_canary.c - new versions on trial: a hundred bad ones, a hundred harmless ones, and the commands around them.
 */
#include <math.h>
#include "nrun.h"

#define KEYS 400u
#define ALL_EVENTS 100000u /* of which a bad version may meet 1 % */

/* A version's behaviour; `of 1024` are chances, drawn from a sequence that begins with the host's entropy. */
struct manner {
	uint32_t spin;	/* loop turns for each event */
	uint32_t leak;	/* more of them with each event */
	uint32_t trap;	/* of 1024 */
	uint32_t emit;	/* of 1024 */
	uint32_t logs;	/* each takes a microsecond of the host's time */
	int32_t skew;	/* added to scores, which are even in 0 to 1023 */
};

/* Leaves (global 0 >> shift & 1023) < chance as condition. */
#define CHANCE(shift, chance)                                                                              \
	GLOBAL_GET(0), I64_CONST(shift), 0x88, 0xa7, I32_CONST5(1023), 0x71, I32_CONST5(chance), 0x49

static void build(struct wmod *m, const struct manner *v)
{
	uint32_t define, record, emit, log, random, id, grown;

	wmod_init(m);
	define = wmod_import_func(m, "edge_v1", "metric_define", "(iii)i");
	record = wmod_import_func(m, "edge_v1", "metric_record", "(iF)i");
	emit = wmod_import_func(m, "edge_v1", "event_emit", "(iiiii)i");
	log = wmod_import_func(m, "edge_v1", "log", "(iii)i");
	random = wmod_import_func(m, "wasi_snapshot_preview1", "random_get", "(ii)i");
	wmod_memory(m, 1, 1);
	wmod_data(m, 0, "score", 5);
	wmod_global(m, T_I64, 1, CODE(I64_CONST(0)));
	id = wmod_global(m, T_I32, 1, CODE(I32_CONST(0)));
	grown = wmod_global(m, T_I32, 1, CODE(I32_CONST(0)));
	wmod_export(m, "edge_init", WMOD_FUNC,
		    wmod_func(m, "()i", "", CODE(I32_CONST(1), I32_CONST(0), I32_CONST(5), CALL((uint8_t)define),
						 GLOBAL_SET((uint8_t)id), I32_CONST(16), I32_CONST(8),
						 CALL((uint8_t)random), OP_DROP, I32_CONST(16), 0x29, 3, 0,
						 GLOBAL_SET(0), I32_CONST(0))));
	wmod_export(m, "edge_on_event", WMOD_FUNC, wmod_func(m, "(i)i", "i", CODE(
		/* seed = seed * 6364136223846793005 + 1442695040888963407 (Knuth) */
		GLOBAL_GET(0), 0x42, 0xad, 0xfe, 0xd5, 0xe4, 0xd4, 0x85, 0xfd, 0xa8, 0xd8, 0x00, 0x7e,
		0x42, 0xcf, 0x82, 0x9e, 0xbb, 0xef, 0xef, 0xde, 0x82, 0x14, 0x7c, GLOBAL_SET(0),
		/* spin + grown turns, and grown += leak */
		GLOBAL_GET((uint8_t)grown), I32_CONST5(v->leak), 0x6a, GLOBAL_SET((uint8_t)grown),
		I32_CONST5(v->spin), GLOBAL_GET((uint8_t)grown), 0x6a, LOCAL_SET(1),
		LOOP(T_VOID), LOCAL_GET(1), I32_CONST(1), 0x6b, LOCAL_TEE(1), BR_IF(0), OP_END,
		I32_CONST5(v->logs), LOCAL_SET(1),
		LOOP(T_VOID), I32_CONST(2), I32_CONST(0), I32_CONST(5), CALL((uint8_t)log), OP_DROP,
		LOCAL_GET(1), I32_CONST(1), 0x6b, LOCAL_TEE(1), BR_IF(0), OP_END,
		CHANCE(33, v->trap), IF(T_VOID), OP_UNREACHABLE, OP_END,
		CHANCE(20, v->emit), IF(T_VOID), I32_CONST(0), I32_CONST(1), I32_CONST(0), I32_CONST(1), I32_CONST(0),
		CALL((uint8_t)emit), OP_DROP, OP_END,
		GLOBAL_GET((uint8_t)id), GLOBAL_GET(0), I64_CONST(44), 0x88, 0xa7, I32_CONST5(1023), 0x71,
		I32_CONST5(v->skew), 0x6a, 0xb7, CALL((uint8_t)record), OP_DROP, I32_CONST(0))));
}

static void slow_log(void *user, const char *function, uint32_t level, const char *text, size_t len)
{
	struct nrun *n = user;

	nrun_log(user, function, level, text, len);
	n->clock += 1000;
}

static uint64_t entropy = 1;

static enum ew_status random_bytes(void *user, void *out, size_t bytes)
{
	(void)user;
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(noise(&entropy) >> 32);
	return EW_OK;
}

static enum ew_status sink(void *user, const char *function, const struct ew_event *header, const void *topic,
			   const void *data)
{
	(void)user, (void)function, (void)header, (void)topic, (void)data;
	return EW_OK;
}

static enum ew_status put(struct nrun *n, const char *version, const struct manner *v, const struct ew_canary_config *c)
{
	struct wmod m;
	enum ew_status st;

	build(&m, v);
	n->function.name = "f";
	n->function.version = version;
	n->function.fail_limit = UINT32_MAX;
	n->function.flags |= EW_FUNCTION_COPY;
	n->function.module_bytes = wmod_finish(&m, &n->function.module_size);
	st = c ? ew_node_canary_start(n->node, &n->function, c, &n->err) :
		 ew_node_function_put(n->node, &n->function, &n->err);
	wmod_free(&m);
	return st;
}

static const struct manner usual = {100, 0, 5, 100, 2, 0};

static void open_usual(struct nrun *n)
{
	nrun_init(n);
	n->host.clock = nrun_clock;
	n->host.log = slow_log;
	n->host.emit = sink;
	n->host.random = random_bytes;
	n->clock_step = 10;
	nrun_open(n);
	ew_node_destroy(n->node); /* once more, with emit instead of the ring */
	n->config.out = NULL;
	if (ew_node_create(&n->node, &n->config, &n->mem.alloc, &n->err) != EW_OK)
		fail_msg("no node: %s", n->err.text);
	if (put(n, "1", &usual, NULL) != EW_OK)
		fail_msg("usual: %s", n->err.text);
	nrun_route(n, "#", "f");
}

static void feed(struct nrun *n, uint32_t number)
{
	struct {
		struct ew_event header;
		char topic[16];
	} e = {.header = {.time_ns = n->clock + 1}};

	e.header.topic_bytes = (uint16_t)snprintf(e.topic, sizeof(e.topic), "k/%u", (unsigned)(number * 7919u % KEYS));
	if (ew_node_dispatch(n->node, &e.header, n->clock) != EW_OK)
		fail_msg("dispatch");
}

/* Events until the canary is decided; how many it met. */
static uint32_t decide(struct nrun *n)
{
	uint32_t met = 0;

	for (uint32_t k = 0; k < ALL_EVENTS; k++) {
		struct ew_function_stats s = nrun_stats(n, "f");

		if (!s.canary_version)
			return met;
		met = (uint32_t)s.canary_events;
		feed(n, k);
	}
	fail_msg("not decided after %u events", ALL_EVENTS);
	return 0;
}

static const struct ew_canary_config trial = {sizeof(trial), 200, 0, 0, 0, 0, "score"};

static uint32_t between(uint64_t *seed, uint32_t low, uint32_t high)
{
	return low + (uint32_t)(noise(seed) % (high - low + 1));
}

static struct manner bad(uint32_t kind, uint64_t *seed)
{
	struct manner v = usual;

	switch (kind) {
	case 0: v.logs = between(seed, 5, 20); break;
	case 1: v.trap = between(seed, 60, 1024); break;
	case 2: v.leak = between(seed, 1, 20); break;
	case 3: v.skew = (int32_t)between(seed, 250, 1000) * (noise(seed) & 1 ? 1 : -1); break;
	default: v.emit = noise(seed) & 1 ? between(seed, 400, 1024) : 0; break;
	}
	return v;
}

/* Another hundred with another EW_CANARY_SEED. */
static uint64_t seed_of(uint64_t usual_seed)
{
	const char *text = getenv("EW_CANARY_SEED");

	return text ? usual_seed + 1000 * strtoull(text, NULL, 10) : usual_seed;
}

static void bad_versions_go(void **state)
{
	static const char *const names[] = {"slower", "trapping", "leaking fuel", "skewed scores", "other alerts"};
	static const char *const texts[] = {"longer", "fails", "fuel", "scores", "emits"};
	uint32_t gone[5] = {0}, soon = 0, most = 0, told[5] = {0};
	uint64_t seed = seed_of(77);

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct manner v = bad(i % 5, &seed);
		struct nrun n;
		uint32_t met;

		open_usual(&n);
		assert_int_equal(put(&n, "2", &v, &trial), EW_OK);
		met = decide(&n);
		most = met > most ? met : most;
		soon += met <= ALL_EVENTS / 100;
		if (strcmp(nrun_stats(&n, "f").version, "1") == 0) {
			gone[i % 5]++;
			assert_int_equal(n.reports[EW_NODE_ROLLED_BACK], 1);
			told[i % 5] += strstr(n.last_text, texts[i % 5]) != NULL;
		}
		nrun_close(&n);
	}
	for (int k = 0; k < 5; k++)
		print_message("%s: %u of 20 rolled back, %u with that reason\n", names[k], (unsigned)gone[k], (unsigned)told[k]);
	print_message("after %u events at most\n", (unsigned)most);
	assert_true(gone[0] + gone[1] + gone[2] + gone[3] + gone[4] >= 99);
	for (int k = 0; k < 5; k++)
		assert_true(told[k] >= (k == 0 ? 1 : 15)); /* what is slower by host calls uses more fuel, too */
	assert_int_equal(soon, 100);
}

static void harmless_versions_stay(void **state)
{
	uint64_t seed = seed_of(99);
	uint32_t promoted = 0;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct manner v = usual;
		struct nrun n;

		v.spin = between(&seed, 50, 105);
		v.trap = between(&seed, 0, 6);
		v.emit = between(&seed, 90, 110);
		v.skew = (int32_t)between(&seed, 0, 20) - 10;
		open_usual(&n);
		assert_int_equal(put(&n, "2", &v, &trial), EW_OK);
		decide(&n);
		promoted += strcmp(nrun_stats(&n, "f").version, "2") == 0;
		if (n.reports[EW_NODE_ROLLED_BACK])
			print_message("%u: %s\n", (unsigned)i, n.last_text);
		nrun_close(&n);
	}
	print_message("%u of 100 promoted\n", (unsigned)promoted);
	assert_true(promoted >= 99);
}

/* The same keys always meet the new version, as many as asked for; another salt chooses others. */
static void keys_are_shared_out(void **state)
{
	static const uint32_t shares[] = {1, 10, 100, 250, 500};
	uint32_t before[KEYS] = {0};

	(void)state;
	for (uint32_t i = 0; i < ROWS(shares); i++)
		for (uint32_t salt = 0; salt < 2; salt++) {
			struct ew_canary_config c = {sizeof(c), shares[i], salt, 1u << 20, 0, 0, NULL};
			uint32_t hits[KEYS] = {0}, chosen = 0, moved = 0;
			struct nrun n;
			char row[32];

			open_usual(&n);
			assert_int_equal(put(&n, "2", &usual, &c), EW_OK);
			for (uint32_t k = 0; k < 3 * KEYS; k++) {
				uint64_t met = nrun_stats(&n, "f").canary_events;

				feed(&n, k);
				hits[k * 7919u % KEYS] += nrun_stats(&n, "f").canary_events > met;
			}
			snprintf(row, sizeof(row), "%u", (unsigned)shares[i]);
			for (uint32_t k = 0; k < KEYS; k++) {
				check_true(row, hits[k] == 0 || hits[k] == 3);
				chosen += hits[k] != 0;
				moved += salt == 1 && before[k] != hits[k];
				before[k] = hits[k];
			}
			check_true(row, fabs(chosen - shares[i] * KEYS / 1000.0) <= 20);
			if (salt == 1 && shares[i] >= 100 && shares[i] <= 500)
				check_true(row, moved > 20);
			nrun_close(&n);
		}
}

static void commands(void **state)
{
	struct ew_canary_config c = trial;
	struct manner v = usual;
	struct nrun n;

	(void)state;
	open_usual(&n);
	assert_int_equal(ew_node_canary_promote(n.node, "f"), EW_ERR_NOENT);
	assert_int_equal(ew_node_canary_promote(n.node, "g"), EW_ERR_NOENT);
	assert_int_equal(put(&n, "1", &v, &c), EW_ERR_EXISTS);
	n.function.flags |= EW_FUNCTION_KEEP;
	assert_int_equal(put(&n, "2", &v, &c), EW_OK);
	assert_string_equal(nrun_stats(&n, "f").canary_version, "2");
	assert_int_equal(put(&n, "3", &v, &c), EW_ERR_EXISTS);
	check_has("two", n.err.text, "f@2 is being tried already");
	/* By hand: back, and again, and on. */
	assert_int_equal(ew_node_function_rollback(n.node, "f", &n.err), EW_OK);
	assert_null(nrun_stats(&n, "f").canary_version);
	assert_string_equal(nrun_stats(&n, "f").version, "1");
	assert_int_equal(put(&n, "2", &v, &c), EW_OK);
	assert_int_equal(ew_node_canary_promote(n.node, "f"), EW_OK);
	assert_string_equal(nrun_stats(&n, "f").version, "2");
	assert_string_equal(nrun_stats(&n, "f").kept_version, "1");
	/* A new version put in place, or the end of the function, ends it. */
	assert_int_equal(put(&n, "3", &v, &c), EW_OK);
	assert_int_equal(put(&n, "4", &v, NULL), EW_OK);
	assert_null(nrun_stats(&n, "f").canary_version);
	assert_int_equal(put(&n, "5", &v, &c), EW_OK);
	assert_int_equal(ew_node_function_remove(n.node, "f"), EW_OK);
	assert_int_equal(put(&n, "5", &v, &c), EW_ERR_NOENT);
	nrun_close(&n);
}

static void limits(void **state)
{
	static char name63[64], name64[65];
	static const struct row {
		const char *name;
		struct ew_canary_config c;
		enum ew_status want;
	} rows[] = {
		{"defaults", {.struct_bytes = sizeof(struct ew_canary_config)}, EW_OK},
		{"no size", {.struct_bytes = 0}, EW_ERR_INVAL},
		{"share most", {sizeof(rows[0].c), 500, 0, 0, 0, 0, NULL}, EW_OK},
		{"share above", {sizeof(rows[0].c), 501, 0, 0, 0, 0, NULL}, EW_ERR_INVAL},
		{"events below", {sizeof(rows[0].c), 1, 0, 63, 0, 0, NULL}, EW_ERR_INVAL},
		{"events least", {sizeof(rows[0].c), 1, 0, 64, 0, 0, NULL}, EW_OK},
		{"events most", {sizeof(rows[0].c), 1, 0, 1u << 20, 0, 0, NULL}, EW_OK},
		{"events above", {sizeof(rows[0].c), 1, 0, (1u << 20) + 1, 0, 0, NULL}, EW_ERR_INVAL},
		{"tolerance most", {sizeof(rows[0].c), 1, 0, 64, 1000000, 1000000, NULL}, EW_OK},
		{"fuel above", {sizeof(rows[0].c), 1, 0, 64, 1000001, 0, NULL}, EW_ERR_INVAL},
		{"time above", {sizeof(rows[0].c), 1, 0, 64, 0, 1000001, NULL}, EW_ERR_INVAL},
		{"no name", {sizeof(rows[0].c), 1, 0, 64, 0, 0, ""}, EW_ERR_INVAL},
		{"longest name", {sizeof(rows[0].c), 1, 0, 64, 0, 0, name63}, EW_OK},
		{"longer name", {sizeof(rows[0].c), 1, 0, 64, 0, 0, name64}, EW_ERR_INVAL},
	};

	(void)state;
	memset(name63, 'x', 63);
	memset(name64, 'x', 64);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct nrun n;

		open_usual(&n);
		check_status(rows[i].name, put(&n, "2", &usual, &rows[i].c), rows[i].want);
		nrun_close(&n);
	}
}

/* Every allocation of a start fails in turn: the old one runs on, and nothing is left behind. */
static void without_memory(void **state)
{
	enum ew_status st = EW_ERR_NOMEM;
	struct nrun n;
	size_t failures = 0;

	(void)state;
	open_usual(&n);
	for (size_t k = 1; st != EW_OK; k++) {
		n.mem.fail_at = n.mem.requests + k;
		st = put(&n, "2", &usual, &trial);
		n.mem.fail_at = 0;
		if (st == EW_OK)
			break;
		assert_int_equal(st, EW_ERR_NOMEM);
		assert_null(nrun_stats(&n, "f").canary_version);
		feed(&n, (uint32_t)k);
		failures++;
	}
	assert_true(failures > 5);
	nrun_close(&n);
}

/* Batches are cut where keys part, and the decision may fall in the middle of one. */
static void batches(void **state)
{
	struct manner v = usual;
	struct nrun n;
	uint64_t events;

	(void)state;
	nrun_init(&n);
	n.host.emit = sink;
	n.function.batch = 16;
	nrun_open(&n);
	assert_int_equal(put(&n, "1", &usual, NULL), EW_OK);
	nrun_route(&n, "#", "f");
	v.trap = 1024;
	assert_int_equal(put(&n, "2", &v, &trial), EW_OK);
	for (uint32_t k = 0; k < 200; k++) {
		char topic[16];

		snprintf(topic, sizeof(topic), "k/%u", (unsigned)k);
		nrun_push(&n, topic, "x");
	}
	nrun_step(&n);
	events = nrun_stats(&n, "f").events;
	assert_int_equal(events, 200);
	assert_int_equal(n.reports[EW_NODE_ROLLED_BACK], 1);
	assert_string_equal(nrun_stats(&n, "f").version, "1");
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_versions_go), cmocka_unit_test(harmless_versions_stay),
		cmocka_unit_test(keys_are_shared_out), cmocka_unit_test(commands),
		cmocka_unit_test(limits),	   cmocka_unit_test(without_memory),
		cmocka_unit_test(batches),
	};

	return cmocka_run_group_tests_name("canary", tests, NULL, NULL);
}
