/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_registry.c - what a function is from one event to the next: nothing leaks through a reset, versions never
 * change, modules come and go on demand.
 */
#include "../abi/tiny_model.h"
#include "fake_sign.h"
#include "nrun.h"

#define LOAD8(at) I32_CONST5(at), 0x2d, 0, 0
#define STORE8(at, value) I32_CONST5(at), I32_CONST5(value), 0x3a, 0, 0
#define OR_BIT(n) I32_CONST(n), 0x74, 0x72 /* acc | cond << n */

/* ---- nothing leaks ---------------------------------------------------------------------------- */

enum ending { RETURNS, TRAPS, LOOPS, EXITS };

/*
 * Returns minus a bit for each thing that is not as it was when the module was new (a dropped segment traps), and
 * changes all of them: a byte, a data segment's byte, the memory's size, a global, an element, the table's size,
 * a segment.
 */
static void spy(struct wmod *m, enum ending ending)
{
	static const uint8_t endings[][4] = {
		[RETURNS] = {I32_CONST(0), OP_NOP, OP_NOP},
		[TRAPS] = {OP_UNREACHABLE, OP_NOP, OP_NOP, OP_NOP},
		[LOOPS] = {BR(0), OP_NOP, OP_NOP},
		[EXITS] = {I32_CONST(7), CALL(0)},
	};
	const uint8_t *e = endings[ending];
	uint32_t self;

	wmod_init(m);
	wmod_import_func(m, "wasi_snapshot_preview1", "proc_exit", "(i)");
	wmod_memory(m, 1, 4);
	wmod_table(m, T_FUNC, 2, 10);
	wmod_global(m, T_I32, 1, CODE(I32_CONST(5)));
	wmod_data(m, 0, "A", 1);
	wmod_data_passive(m, "B", 1);
	m->data_count = 1;
	self = wmod_func(m, "(i)i", "i", CODE(
		LOAD8(100), I32_CONST(0), 0x47, 0x3f, 0, I32_CONST(1), 0x47, OR_BIT(1), GLOBAL_GET(0), I32_CONST(5), 0x47,
		OR_BIT(2), 0xfc, 0x10, 0, I32_CONST(2), 0x47, OR_BIT(3), I32_CONST(0), 0x25, 0, 0xd1, OR_BIT(4),
		LOAD8(0), I32_CONST5('A'), 0x47, OR_BIT(5), LOCAL_TEE(1),
		IF(T_VOID), I32_CONST(0), LOCAL_GET(1), 0x6b, OP_RETURN, OP_END,
		I32_CONST5(200), I32_CONST(0), I32_CONST(1), 0xfc, 0x08, 1, 0,
		STORE8(100, 1), STORE8(0, 'Z'), I32_CONST(1), 0x40, 0, OP_DROP, I32_CONST(9), GLOBAL_SET(0),
		I32_CONST(0), 0xd0, 0x70, 0x26, 0, 0xd0, 0x70, I32_CONST(3), 0xfc, 0x0f, 0, OP_DROP, 0xfc, 0x09, 1,
		LOOP(T_VOID), e[0], e[1], e[2], e[3], ending == RETURNS ? OP_RETURN : OP_NOP, OP_END, OP_UNREACHABLE));
	wmod_elem(m, 0, &self, 1);
	wmod_export(m, "edge_on_event", WMOD_FUNC, self);
}

static enum ew_status put(struct nrun *n, struct wmod *m, const char *name, const char *version)
{
	enum ew_status st;

	n->function.name = name;
	n->function.version = version;
	n->function.flags |= EW_FUNCTION_COPY;
	n->function.module_bytes = wmod_finish(m, &n->function.module_size);
	st = ew_node_function_put(n->node, &n->function, &n->err);
	wmod_free(m);
	return st;
}

static void nothing_leaks(void **state)
{
	static const struct row {
		const char *name;
		enum ending ending;
		bool fresh;
		enum ew_node_cause cause;
		uint32_t told, leaks;
	} rows[] = {
		{"fresh, returns", RETURNS, true, EW_NODE_TRAP, 0, 0},
		{"fresh, traps", TRAPS, true, EW_NODE_TRAP, 4, 0},
		{"fresh, loops", LOOPS, true, EW_NODE_FUEL_OUT, 4, 0},
		{"fresh, exits", EXITS, true, EW_NODE_EXIT, 4, 0},
		/* That the spy does find what is there: a warm one is as the last event left it. */
		{"warm, returns", RETURNS, false, EW_NODE_TRAP, 0, 3},
		{"warm, traps", TRAPS, false, EW_NODE_TRAP, 4, 0},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		struct nrun n;
		struct wmod m;

		nrun_init(&n);
		nrun_open(&n);
		spy(&m, row->ending);
		n.function.flags = row->fresh ? EW_FUNCTION_FRESH : 0;
		n.function.fuel = 10000;
		check_status(row->name, put(&n, &m, "f", "1"), EW_OK);
		nrun_route(&n, "t", "f");
		for (int k = 0; k < 4; k++)
			nrun_push(&n, "t", "x");
		nrun_step(&n);
		check_int(row->name, n.reports[row->cause], row->told);
		check_int(row->name, n.reports[EW_NODE_REFUSED], row->leaks);
		check_int(row->name, n.last.result, row->leaks ? -0x3f : 0);
		check_int(row->name, nrun_stats(&n, "f").resets, row->fresh ? 4 : 0);
		check_int(row->name, nrun_stats(&n, "f").instances, row->fresh || row->leaks ? 1 : 4);
		nrun_close(&n);
	}
}

/* A handle that edge_init got is of no use after its model was replaced: then edge_init runs again, once. */
static void models_may_change(void **state)
{
	struct tiny model;
	struct nrun n;
	struct wmod m;

	(void)state;
	tiny_fc(&model, 1);
	nrun_init(&n);
	nrun_open(&n);
	assert_int_equal(ew_models_put(ew_node_models(n.node), "m", "1", model.bytes, model.size, 0, &n.err), EW_OK);
	wmod_init(&m);
	wmod_import_func(&m, "edge_v1", "model_open", "(ii)i");
	wmod_import_func(&m, "edge_v1", "model_version", "(iii)i");
	wmod_memory(&m, 1, 1);
	wmod_data(&m, 0, "m", 1);
	wmod_global(&m, T_I32, 1, CODE(I32_CONST(0)));
	wmod_export(&m, "edge_init", WMOD_FUNC, wmod_func(&m, "()i", "", CODE(I32_CONST(0), I32_CONST(1), CALL(0),
									      GLOBAL_SET(0), I32_CONST(0))));
	wmod_export(&m, "edge_on_event", WMOD_FUNC, wmod_func(&m, "(i)i", "", CODE(GLOBAL_GET(0), I32_CONST(8),
										  I32_CONST(8), CALL(1))));
	n.function.flags = EW_FUNCTION_FRESH;
	assert_int_equal(put(&n, &m, "f", "1"), EW_OK);
	nrun_route(&n, "t", "f");
	for (int k = 0; k < 3; k++) {
		static const char *const versions[] = {"2", "3", "4"};

		for (int e = 0; e < 2; e++)
			nrun_push(&n, "t", "x");
		nrun_step(&n);
		assert_int_equal(n.reports[EW_NODE_REFUSED], 0);
		assert_int_equal(nrun_stats(&n, "f").instances, k + 1);
		assert_int_equal(ew_models_put(ew_node_models(n.node), "m", versions[k], model.bytes, model.size, 0,
					       &n.err), EW_OK);
	}
	nrun_close(&n);
}

/* What edge_init leaves open would be closed by a reset: each call gets a new instance. */
static void open_graphs_come_again(void **state)
{
	struct tiny model;
	struct nrun n;
	struct wmod m;

	(void)state;
	tiny_fc(&model, 1);
	nrun_init(&n);
	nrun_open(&n);
	assert_int_equal(ew_models_put(ew_node_models(n.node), "m", "1", model.bytes, model.size, 0, &n.err), EW_OK);
	wmod_init(&m);
	wmod_import_func(&m, "wasi_ephemeral_nn", "load_by_name", "(iii)i");
	wmod_import_func(&m, "wasi_ephemeral_nn", "init_execution_context", "(ii)i");
	wmod_memory(&m, 1, 1);
	wmod_data(&m, 0, "m", 1);
	wmod_export(&m, "edge_init", WMOD_FUNC,
		    wmod_func(&m, "()i", "", CODE(I32_CONST(0), I32_CONST(1), I32_CONST(8), CALL(0))));
	/* 0, as long as the graph is there; its errno, negated, when not */
	wmod_export(&m, "edge_on_event", WMOD_FUNC,
		    wmod_func(&m, "(i)i", "", CODE(I32_CONST(0), I32_CONST(8), 0x28, 2, 0, I32_CONST(12), CALL(1), 0x6b)));
	n.function.flags = EW_FUNCTION_FRESH;
	assert_int_equal(put(&n, &m, "f", "1"), EW_OK);
	nrun_route(&n, "t", "f");
	for (int k = 0; k < 3; k++)
		nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_REFUSED], 0);
	assert_int_equal(nrun_stats(&n, "f").instances, 3);
	assert_int_equal(nrun_stats(&n, "f").resets, 0);
	nrun_close(&n);
}

/* Each allocation of a put and of two events fails in turn: an event is lost at most, never its cleanliness. */
static void without_memory(void **state)
{
	uint32_t refused = 0;

	(void)state;
	for (size_t k = 1;; k++) {
		struct nrun n;
		struct wmod m;
		enum ew_status st;
		bool hit;

		nrun_init(&n);
		nrun_open(&n);
		spy(&m, RETURNS);
		n.function.flags = EW_FUNCTION_FRESH;
		n.mem.fail_at = n.mem.requests + k;
		st = put(&n, &m, "f", "1");
		if (st == EW_OK) {
			st = ew_node_route_add(n.node, "t", "f", &n.err);
			assert_true(st == EW_OK || st == EW_ERR_NOMEM);
			for (int e = 0; e < 3; e++)
				nrun_push(&n, "t", "x");
			nrun_step(&n);
			assert_int_equal(n.reports[EW_NODE_REFUSED], 0);
		} else {
			assert_int_equal(st, EW_ERR_NOMEM);
			refused++;
		}
		hit = n.mem.requests >= n.mem.fail_at;
		n.mem.fail_at = 0;
		nrun_close(&n);
		if (!hit)
			break;
	}
	assert_true(refused > 5);
}

/* ---- versions never change -------------------------------------------------------------------- */

static void versions_never_change(void **state)
{
	uint8_t sha256[EW_SHA256_BYTES];
	struct nrun n;
	char version[16];

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.flags = EW_FUNCTION_DOWNGRADE;
	nrun_put(&n, "f", "1", "count");
	nrun_put(&n, "f", "2", "echo");
	assert_int_equal(nrun_try_put(&n, "f", "1", "echo"), EW_ERR_EXISTS);
	check_has("why", n.err.text, "f@1 has been put with other bytes");
	assert_string_equal(nrun_stats(&n, "f").version, "2");
	nrun_put(&n, "f", "1", "count");
	nrun_put(&n, "g", "1", "echo"); /* another function's 1 */
	/* As many versions as are remembered, f@1 and f@2 among them, and one more. */
	for (uint32_t i = 3; i <= EW_NODE_HISTORY; i++) {
		snprintf(version, sizeof(version), "%u", (unsigned)i);
		nrun_put(&n, "f", version, "count");
	}
	assert_int_equal(nrun_try_put(&n, "f", "1", "echo"), EW_ERR_EXISTS);
	nrun_put(&n, "f", "last", "count");
	nrun_put(&n, "f", "1", "echo");
	/* The hash may be given along. */
	ew_sha256(nrun_guest(&n, "echo")->bytes, nrun_guest(&n, "echo")->size, sha256);
	n.function.sha256 = sha256;
	nrun_put(&n, "h", "1", "echo");
	assert_int_equal(nrun_try_put(&n, "h", "2", "count"), EW_ERR_CORRUPT);
	check_has("why", n.err.text, "not those that sha256 names");
	sha256[31] ^= 1;
	assert_int_equal(nrun_try_put(&n, "h", "2", "echo"), EW_ERR_CORRUPT);
	assert_string_equal(nrun_stats(&n, "h").version, "1");
	nrun_close(&n);
}

/* ---- beforehand ------------------------------------------------------------------------------- */

static enum ew_status make(struct nrun *n, const char *guest, struct ew_prepared **out, const struct ew_trust *trust,
			   uint64_t now_ns)
{
	const struct nrun_guest *g = nrun_guest(n, guest);
	enum ew_status st;

	n->function.module_bytes = g->bytes;
	n->function.module_size = g->size;
	st = ew_function_prepare(out, &n->function, trust, now_ns, &n->mem.alloc, &n->err);
	n->function.module_bytes = NULL;
	n->function.module_size = 0;
	return st;
}

static enum ew_status put_prepared(struct nrun *n, const char *version, struct ew_prepared *p)
{
	enum ew_status st;

	n->function.name = "f";
	n->function.version = version;
	n->function.prepared = p;
	st = ew_node_function_put(n->node, &n->function, &n->err);
	n->function.prepared = NULL;
	return st;
}

static void versions_are_prepared(void **state)
{
	static const struct ew_setting refuse[] = {{"refuse", "1", 1}};
	uint8_t sha256[EW_SHA256_BYTES];
	struct ew_prepared *p, *again;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.flags = EW_FUNCTION_FRESH;
	assert_int_equal(make(&n, "count", &p, NULL, 0), EW_OK);
	assert_int_equal(put_prepared(&n, "1", p), EW_OK);
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "x");
	nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(nrun_u32(&n, "reset", "count"), 1);
	assert_int_equal(nrun_u32(&n, "reset", "count"), 1);
	assert_int_equal(nrun_stats(&n, "f").resets, 2);
	ew_sha256(nrun_guest(&n, "count")->bytes, nrun_guest(&n, "count")->size, sha256);
	assert_memory_equal(nrun_stats(&n, "f").sha256, sha256, 32);
	/* What is not taken is still the caller's. */
	assert_int_equal(make(&n, "count", &again, NULL, 0), EW_OK);
	n.function.settings = refuse;
	n.function.setting_count = 1;
	assert_int_equal(put_prepared(&n, "2", again), EW_ERR_STATE);
	n.function.setting_count = 0;
	assert_int_equal(put_prepared(&n, "1", again), EW_ERR_EXISTS);
	assert_int_equal(put_prepared(&n, "2", again), EW_OK);
	assert_int_equal(make(&n, "echo", &p, NULL, 0), EW_OK);
	n.function.flags |= EW_FUNCTION_DOWNGRADE;
	assert_int_equal(put_prepared(&n, "1", p), EW_ERR_EXISTS); /* 1 was count */
	n.function.module_bytes = "x";
	assert_int_equal(put_prepared(&n, "3", p), EW_ERR_INVAL);
	n.function.module_bytes = NULL;
	n.function.sha256 = sha256;
	assert_int_equal(put_prepared(&n, "3", p), EW_ERR_CORRUPT);
	ew_prepared_free(p);
	ew_prepared_free(NULL);
	assert_int_equal(make(&n, "echo", &p, NULL, 0), EW_ERR_CORRUPT);
	n.function.sha256 = NULL;
	n.function.flags = EW_FUNCTION_COPY;
	assert_int_equal(make(&n, "echo", &p, NULL, 0), EW_ERR_INVAL);
	n.function.flags = 0;
	n.function.module_bytes = "no module";
	n.function.module_size = 9;
	assert_int_equal(ew_function_prepare(&p, &n.function, NULL, 0, &n.mem.alloc, &n.err), EW_ERR_MALFORMED);
	nrun_close(&n);
}

/* Checked against the node's trust, not another, while the key was good. */
static void what_is_prepared_is_signed(void **state)
{
	static const uint8_t key[32] = {9};
	static const struct ew_trusted_key keys[] = {{{9}, NULL, 0, 100, 200}};
	static const struct ew_trust trust = {sizeof(trust), keys, 1, NULL, 0, fake_verify, NULL};
	static const struct ew_trust other = {sizeof(trust), keys, 1, NULL, 0, fake_verify, NULL};
	static const struct row {
		const char *name;
		const struct ew_trust *trust;
		uint64_t now;
		bool sign;
		enum ew_status prepare, put;
	} rows[] = {
		{"good", &trust, 150, true, EW_OK, EW_OK},
		{"not signed", &trust, 150, false, EW_ERR_DENIED, EW_OK},
		{"expired", &trust, 200, true, EW_ERR_DENIED, EW_OK},
		{"another trust", &other, 150, true, EW_OK, EW_ERR_DENIED},
		{"no trust", NULL, 150, true, EW_OK, EW_ERR_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct nrun_guest *g;
		struct ew_prepared *p;
		uint8_t payload[256];
		struct nrun n;

		nrun_init(&n);
		n.config.trust = &trust;
		nrun_open(&n);
		g = nrun_guest(&n, "echo");
		n.function.signature = rows[i].sign ? payload : NULL;
		n.function.signature_size = rows[i].sign ? fake_payload(payload, sizeof(payload), EW_SIGNED_MODULE, g->bytes,
									g->size, key, NULL) : 0;
		check_status(rows[i].name, make(&n, "echo", &p, rows[i].trust, rows[i].now), rows[i].prepare);
		n.function.signature = NULL;
		n.function.signature_size = 0;
		if (rows[i].prepare == EW_OK)
			check_status(rows[i].name, put_prepared(&n, "1", p), rows[i].put);
		if (rows[i].prepare == EW_OK && rows[i].put != EW_OK)
			ew_prepared_free(p);
		nrun_close(&n);
	}
}

/* ---- on demand -------------------------------------------------------------------------------- */

struct depot {
	struct nrun n;
	const char *guest; /* of every function; NULL: none */
	uint32_t loads, unloads, hashes;
	char last[64];
};

static enum ew_status depot_load(void *user, const char *name, const char *version, const uint8_t *sha256,
				 const void **bytes, size_t *size)
{
	struct depot *d = user;
	const struct nrun_guest *g;

	d->loads++;
	d->hashes += sha256 != NULL;
	snprintf(d->last, sizeof(d->last), "%s@%s", name, version);
	if (!d->guest)
		return EW_ERR_NOENT;
	g = nrun_guest(&d->n, d->guest);
	*bytes = g->bytes;
	*size = g->size;
	return EW_OK;
}

static void depot_unload(void *user, const char *name, const char *version, const void *bytes, size_t size)
{
	struct depot *d = user;

	(void)size;
	assert_non_null(bytes);
	d->unloads++;
	snprintf(d->last, sizeof(d->last), "-%s@%s", name, version);
}

static void depot_open(struct depot *d, const char *guest, uint32_t max_loaded)
{
	memset(d, 0, sizeof(*d));
	nrun_init(&d->n);
	d->guest = guest;
	d->n.host.load = depot_load;
	d->n.host.unload = depot_unload;
	d->n.config.max_loaded = max_loaded;
	nrun_open(&d->n);
	d->n.function.flags = EW_FUNCTION_ON_DEMAND | EW_FUNCTION_FRESH;
}

static enum ew_status depot_put(struct depot *d, const char *name, const char *version)
{
	d->n.function.name = name;
	d->n.function.version = version;
	d->n.function.module_bytes = NULL;
	d->n.function.module_size = 0;
	return ew_node_function_put(d->n.node, &d->n.function, &d->n.err);
}

static void send(struct depot *d, const char *topic)
{
	nrun_push(&d->n, topic, "x");
	nrun_step(&d->n);
}

static void modules_come_and_go(void **state)
{
	uint8_t sha256[EW_SHA256_BYTES];
	struct depot d;

	(void)state;
	depot_open(&d, "echo", 2);
	assert_int_equal(depot_put(&d, "a", "1"), EW_OK);
	assert_int_equal(depot_put(&d, "b", "1"), EW_OK);
	assert_int_equal(depot_put(&d, "c", "1"), EW_OK);
	d.n.function.flags &= ~(uint32_t)EW_FUNCTION_FRESH;
	assert_int_equal(depot_put(&d, "warm", "1"), EW_OK);
	assert_int_equal(d.loads, 0);
	assert_false(nrun_stats(&d.n, "a").loaded);
	nrun_route(&d.n, "a", "a");
	nrun_route(&d.n, "b", "b");
	nrun_route(&d.n, "c", "c");
	nrun_route(&d.n, "w", "warm");
	send(&d, "a");
	nrun_expect(&d.n, "a", "echo", "x");
	assert_string_equal(d.last, "a@1");
	assert_int_equal(d.hashes, 0);
	ew_sha256(nrun_guest(&d.n, "echo")->bytes, nrun_guest(&d.n, "echo")->size, sha256);
	assert_memory_equal(nrun_stats(&d.n, "a").sha256, sha256, 32);
	send(&d, "a");
	assert_int_equal(d.loads, 1);
	send(&d, "b");
	send(&d, "a"); /* b is now the older */
	assert_int_equal(d.unloads, 0);
	send(&d, "c");
	assert_int_equal(d.loads, 3);
	assert_int_equal(d.unloads, 1);
	assert_false(nrun_stats(&d.n, "b").loaded);
	assert_true(nrun_stats(&d.n, "a").loaded);
	/* The one that holds state is not taken away. */
	send(&d, "w");
	send(&d, "b");
	send(&d, "a");
	assert_true(nrun_stats(&d.n, "warm").loaded);
	assert_int_equal(nrun_stats(&d.n, "warm").loads, 1);
	assert_int_equal(nrun_stats(&d.n, "a").loads, 2);
	assert_int_equal(d.hashes, 2); /* a and b again: what they must be is known */
	/* By command. */
	assert_int_equal(ew_node_function_unload(d.n.node, "a"), EW_OK);
	assert_false(nrun_stats(&d.n, "a").loaded);
	assert_int_equal(ew_node_function_unload(d.n.node, "x"), EW_ERR_NOENT);
	d.n.function.flags = 0;
	nrun_put(&d.n, "plain", "1", "echo");
	assert_int_equal(ew_node_function_unload(d.n.node, "plain"), EW_ERR_UNSUPPORTED);
	assert_int_equal(ew_node_function_remove(d.n.node, "warm"), EW_OK);
	assert_string_equal(d.last, "-warm@1");
	ew_node_destroy(d.n.node);
	d.n.node = NULL;
	assert_int_equal(d.loads, d.unloads);
	nrun_close(&d.n);
}

/* Bytes that are not there, changed, or not signed cost the event, and in a row park the function. */
static void what_comes_is_checked(void **state)
{
	static const uint8_t key[32] = {9};
	static const struct ew_trusted_key keys[] = {{{9}, NULL, 0, 0, 0}};
	static const struct ew_trust trust = {sizeof(trust), keys, 1, NULL, 0, fake_verify, NULL};
	uint8_t payload[256];
	const struct nrun_guest *g;
	struct depot d;

	(void)state;
	depot_open(&d, NULL, 0);
	d.n.function.fail_limit = 3;
	assert_int_equal(depot_put(&d, "f", "1"), EW_OK);
	nrun_route(&d.n, "t", "f");
	send(&d, "t");
	assert_int_equal(d.n.reports[EW_NODE_INSTANCE], 1);
	assert_int_equal(d.n.last.status, EW_ERR_NOENT);
	check_has("why", d.n.last_text, "no bytes for it");
	d.guest = "echo";
	send(&d, "t");
	nrun_expect(&d.n, "there now", "echo", "x");
	assert_int_equal(ew_node_function_unload(d.n.node, "f"), EW_OK);
	d.guest = "count";
	for (int i = 0; i < 3; i++)
		send(&d, "t");
	assert_int_equal(d.n.last.status, EW_ERR_CORRUPT);
	assert_int_equal(d.n.reports[EW_NODE_PARKED], 1);
	assert_int_equal(d.loads, d.unloads + 1); /* the one that was not there */
	send(&d, "t");
	assert_int_equal(nrun_stats(&d.n, "f").dropped_parked, 1);
	nrun_close(&d.n);
	/* Signed beside it. */
	depot_open(&d, "echo", 0);
	ew_node_destroy(d.n.node);
	d.n.config.trust = &trust;
	assert_int_equal(ew_node_create(&d.n.node, &d.n.config, &d.n.mem.alloc, &d.n.err), EW_OK);
	assert_int_equal(depot_put(&d, "f", "1"), EW_OK);
	g = nrun_guest(&d.n, "echo");
	d.n.function.signature = payload;
	d.n.function.signature_size = fake_payload(payload, sizeof(payload), EW_SIGNED_MODULE, g->bytes, g->size, key, NULL);
	assert_int_equal(depot_put(&d, "g", "1"), EW_OK);
	memset(payload, 0, sizeof(payload)); /* it was copied */
	nrun_route(&d.n, "t", "f");
	nrun_route(&d.n, "t", "g");
	send(&d, "t");
	assert_int_equal(d.n.last.status, EW_ERR_DENIED);
	assert_int_equal(d.n.reports[EW_NODE_INSTANCE], 1);
	nrun_expect(&d.n, "g", "echo", "x");
	nrun_close(&d.n);
}

/* Batches, ticks, versions and rollbacks of functions whose module is not there yet. */
static void on_demand_as_any_other(void **state)
{
	struct depot d;

	(void)state;
	depot_open(&d, "handle", 0);
	d.n.function.batch = 4;
	d.n.function.out_topic = "out";
	assert_int_equal(depot_put(&d, "f", "1"), EW_OK);
	nrun_route(&d.n, "t", "f");
	for (int i = 0; i < 3; i++)
		nrun_push(&d.n, "t", "x");
	nrun_step(&d.n);
	assert_int_equal(nrun_stats(&d.n, "f").calls, 3); /* handle() takes one */
	nrun_close(&d.n);
	depot_open(&d, "count", 0);
	d.n.function.flags |= EW_FUNCTION_KEEP;
	d.n.function.tick_ns = 100;
	nrun_step(&d.n);
	assert_int_equal(depot_put(&d, "f", "1"), EW_OK);
	d.n.now += 100;
	nrun_step(&d.n);
	assert_int_equal(nrun_stats(&d.n, "f").ticks, 1);
	assert_int_equal(depot_put(&d, "f", "2"), EW_OK);
	assert_int_equal(ew_node_function_rollback(d.n.node, "f", &d.n.err), EW_OK);
	assert_string_equal(nrun_stats(&d.n, "f").version, "1");
	d.n.function.module_bytes = "x";
	assert_int_equal(ew_node_function_put(d.n.node, &d.n.function, &d.n.err), EW_ERR_INVAL);
	nrun_close(&d.n);
	nrun_init(&d.n); /* nobody to load from */
	nrun_open(&d.n);
	d.n.function.flags = EW_FUNCTION_ON_DEMAND;
	assert_int_equal(depot_put(&d, "f", "1"), EW_ERR_INVAL);
	nrun_close(&d.n);
}

/* ---- half open -------------------------------------------------------------------------------- */

/* When its time is over one event is tried, however many wait. */
static void half_open_tries_one(void **state)
{
	struct ew_function_stats s;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.function.batch = 8;
	n.function.fail_limit = 1;
	n.function.park_ns = 100;
	n.function.fallback = "spare";
	nrun_open(&n);
	nrun_put(&n, "f", "1", "misbehave");
	n.function.fallback = NULL;
	nrun_put(&n, "spare", "1", "echo");
	nrun_route(&n, "t", "f");
	nrun_push(&n, "t", "t");
	nrun_step(&n);
	assert_int_equal(n.reports[EW_NODE_PARKED], 1);
	n.now += 100;
	nrun_push(&n, "t", "t"); /* the one that is tried traps */
	for (int i = 0; i < 4; i++)
		nrun_push(&n, "t", ".");
	nrun_step(&n);
	s = nrun_stats(&n, "f");
	assert_int_equal(n.reports[EW_NODE_TRAP], 2);
	assert_int_equal(n.reports[EW_NODE_PARKED], 2);
	assert_int_equal(s.failed_events, 2);
	assert_int_equal(s.fallen_back, 4);
	n.now += 100;
	for (int i = 0; i < 5; i++)
		nrun_push(&n, "t", ".");
	nrun_step(&n);
	s = nrun_stats(&n, "f");
	assert_int_equal(s.fallen_back, 4);
	assert_int_equal(s.calls, 2 + 2); /* the one alone, then the other four */
	assert_false(s.parked);
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_leaks),	   cmocka_unit_test(models_may_change),
		cmocka_unit_test(open_graphs_come_again),  cmocka_unit_test(without_memory),
		cmocka_unit_test(versions_never_change),   cmocka_unit_test(versions_are_prepared),
		cmocka_unit_test(what_is_prepared_is_signed),   cmocka_unit_test(modules_come_and_go),
		cmocka_unit_test(what_comes_is_checked),   cmocka_unit_test(on_demand_as_any_other),
		cmocka_unit_test(half_open_tries_one),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
