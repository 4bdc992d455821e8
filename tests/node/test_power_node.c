/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_power_node.c - a node with journal, state and uplink loses its power in the middle of every write, erase and sync
 * that any of its storages makes, and again in the middle of what starting makes: during updates, canaries,
 * rollbacks and while its backlog drains.  Each time: one version runs, and it is one that ran; what was on trial is tried
 * again, unless it has ended; every event that was acknowledged, and every one that is sent again because it was not, reaches the peer; under one id.
 */
#include "../store/power.h"
#include "edgewasm/journal.h"
#include "edgewasm/state.h"
#include "edgewasm/uplink.h"
#include "nrun.h"

#define EVENTS_MAX 16384u
#define BATCH 3u

/* What is on the storages, and what runs on them. */
struct world {
	struct ew_storage log_storage, state_storage;
	struct ew_log *log;
	struct ew_kv *state;
	struct ew_ring *in;
	void *ring;
	struct ew_node *node;
	struct ew_uplink *uplink;
	uint64_t now;
};

/* The peer: for each event, an id under which it came. */
struct peer {
	uint8_t id[EVENTS_MAX][EW_UPLINK_ID_BYTES];
	uint8_t have[EVENTS_MAX];
	uint32_t count;
};

static struct model {
	struct world w;
	struct peer peer;
	uint32_t offered, acked; /* events below were given to the node; and acknowledged by the host */
	char may_run[3][16];	 /* versions: what ran before this operation, and what may run after it; "": nothing more */
	char may_try[2][16];	 /* what was on trial before this operation, and what may be after it; "": nothing */
	uint32_t next_version;
	const struct power_kind *kind;
	uint32_t op;
	uint64_t seed;
	bool cutting; /* a cut is being looked at */
	unsigned long long cuts, second_cuts, resent, tried_on;
} m;

static struct peer scratch; /* the peer while a world is looked at */
static uint8_t *echo;
static size_t echo_size;

static _Noreturn void complain(const char *what, uint64_t a, uint64_t b)
{
	print_error("%s, operation %u: %s (%llu, %llu)\n", m.kind->name, (unsigned)m.op, what, (unsigned long long)a,
		    (unsigned long long)b);
	fail();
	abort();
}

/* ---- a world ---------------------------------------------------------------------------------- */

static enum ew_status load(void *user, const char *name, const char *version, const uint8_t *sha256,
			   struct ew_state_bytes *out)
{
	(void)user, (void)name, (void)version, (void)sha256;
	out->bytes = echo;
	out->size = echo_size;
	return EW_OK;
}

static void receive(struct peer *p, const struct ew_uplink_batch *b)
{
	struct ew_uplink_item item;
	size_t at = 0;

	while (ew_uplink_item_get(b->bytes, b->size, &at, &item) == EW_OK) {
		uint32_t n;

		memcpy(&n, item.data, sizeof(n));
		if (n >= EVENTS_MAX || b->lane != 0)
			complain("an alert that nobody sent", n, b->lane);
		if (!p->have[n])
			p->count++;
		else if (memcmp(p->id[n], item.id, sizeof(p->id[n])) != 0)
			complain("an alert under two ids", n, 0);
		p->have[n] = 1;
		memcpy(p->id[n], item.id, sizeof(p->id[n]));
	}
}

/* Some of what waits; what happens to it on its way is chance's. */
static void pump(struct world *w, struct peer *p, uint32_t batches, uint64_t *random)
{
	struct ew_uplink_batch b;

	for (; batches && ew_uplink_next(w->uplink, w->now += EW_UPLINK_RESEND_NS, &b) == EW_OK; batches--) {
		uint64_t chance = random ? noise(random) % 4 : 3;

		if (chance == 0)
			continue; /* lost */
		receive(p, &b);
		if (chance != 1) /* or the acknowledgement is */
			(void)ew_uplink_ack(w->uplink, b.token);
	}
}

static void open_world(struct world *w, struct peer *peer)
{
	static const char *const alert[] = {"echo"};
	const struct ew_uplink_lane lanes[2] = {{.patterns = alert, .pattern_count = 1}, {.flags = 0}};
	const struct ew_log_config lc = {.struct_bytes = sizeof(lc), .sync_every = 1, .buffer_bytes = 2048,
					 .cursors = EW_LOG_CURSORS_HOLD};
	const struct ew_kv_config kc = {.struct_bytes = sizeof(kc), .buffer_bytes = 768, .max_bytes = 1536, .max_keys = 16};
	const struct ew_node_config nc = {.struct_bytes = sizeof(nc), .in = w->in, .stack_slots = 512, .call_depth = 32,
					  .max_batch = 8, .max_functions = 2, .max_routes = 2, .max_metrics = 1};
	struct ew_journal_config jc = {.struct_bytes = sizeof(jc), .flags = EW_JOURNAL_REQUIRED, .buffer_bytes = 2048,
				       .dedup_ids = 64};
	struct ew_state_config sc = {.struct_bytes = sizeof(sc), .load = load};
	struct ew_uplink_config uc = {.struct_bytes = sizeof(uc), .lanes = lanes, .lane_count = 2,
				      .max_batch_events = BATCH, .max_batch_bytes = 1024};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {EW_OK, 0, ""};
	enum ew_status st;

	if (ew_log_open(&w->log_storage, &lc, &alloc, &w->log, &err) != EW_OK ||
	    ew_kv_durable_open(&w->state_storage, &kc, &alloc, &w->state, &err) != EW_OK ||
	    ew_node_create(&w->node, &nc, &alloc, &err) != EW_OK)
		complain(err.text, 0, 0);
	jc.log = uc.log = w->log;
	sc.kv = w->state;
	/* The uplink first: its cursors keep what has not been sent. */
	if (ew_uplink_open(&w->uplink, &uc, &alloc, &err) != EW_OK)
		complain(err.text, 0, 0);
	for (int tries = 0; (st = ew_node_journal_open(w->node, &jc, &err)) == EW_ERR_FULL && tries < 100; tries++)
		pump(w, peer, 2, NULL); /* full of what was not sent */
	if (st == EW_OK)
		st = ew_node_state_open(w->node, &sc, &err);
	for (int tries = 0; st == EW_ERR_FULL && tries < 100; tries++) {
		ew_node_destroy(w->node);
		pump(w, peer, 2, NULL);
		if (ew_node_create(&w->node, &nc, &alloc, &err) != EW_OK)
			complain(err.text, 0, 0);
		st = ew_node_journal_open(w->node, &jc, &err);
		if (st == EW_OK)
			st = ew_node_state_open(w->node, &sc, &err);
	}
	if (st != EW_OK)
		complain(err.text, 0, 0);
}

static void close_world(struct world *w)
{
	ew_uplink_close(w->uplink);
	ew_node_destroy(w->node);
	ew_kv_destroy(w->state);
	(void)ew_log_close(w->log);
	memset(&w->uplink, 0, sizeof(w->uplink));
}

static void make_ring(struct world *w)
{
	w->ring = malloc(ew_ring_size(8192));
	assert_int_equal(ew_ring_init(w->ring, ew_ring_size(8192), NULL, &w->in), EW_OK);
}

/* ---- what happens in one ---------------------------------------------------------------------- */

/* Event n, with its own id, to the node; true when it was taken. */
static bool offer(struct world *w, uint32_t n)
{
	struct ew_event e = {.time_ns = w->now, .topic_bytes = 1, .data_bytes = 4};

	memcpy(e.trace_id, &n, sizeof(n));
	e.trace_id[15] = 1;
	assert_int_equal(ew_ring_push(w->in, &e, "e", &n), EW_OK);
	return ew_node_step(w->node, ++w->now, NULL) == EW_OK;
}

static const char *running(const struct world *w)
{
	struct ew_function_stats f;

	return ew_node_function_find(w->node, "echo", &f) == EW_OK ? f.version : "";
}

/* ---- after the power came back ---------------------------------------------------------------- */

static void check_version(const struct world *w)
{
	struct ew_function_stats f;

	if (ew_node_function_at(w->node, 1, &f) == EW_OK)
		complain("two functions", 0, 0);
	if (ew_node_function_find(w->node, "echo", &f) == EW_OK) {
		const char *tried = f.canary_version ? f.canary_version : "";

		if (strcmp(tried, m.may_try[0]) != 0 && strcmp(tried, m.may_try[1]) != 0) {
			print_error("tries %s, tried %s, may try %s\n", tried, m.may_try[0], m.may_try[1]);
			complain("a version that may not be tried", 0, 0);
		}
		if (f.canary_version && strcmp(f.canary_version, f.version) == 0)
			complain("it is tried and runs", 0, 0);
		m.tried_on += f.canary_version != NULL;
	}
	for (int i = 0; i < 3; i++)
		if (strcmp(running(w), m.may_run[i]) == 0 && (i == 0 || m.may_run[i][0]))
			return;
	print_error("runs %s, was %s, may be %s or %s\n", running(w), m.may_run[0], m.may_run[1], m.may_run[2]);
	complain("a version that may not run", 0, 0);
}

/* The host sends what was not acknowledged, and some that was; the peer gets everything. */
static void check_events(struct world *w)
{
	struct ew_error err;

	if (running(w)[0] == '\0') { /* before the first version was put, nothing was acknowledged */
		if (m.acked)
			complain("nothing runs", m.acked, 0);
		return;
	}
	if (ew_node_route_add(w->node, "e", "echo", &err) == EW_OK && m.acked)
		complain("the route was gone", m.acked, 0);
	for (uint32_t n = m.acked > 5 ? m.acked - 5 : 0; n < m.offered; n++) {
		bool taken = offer(w, n);

		for (int tries = 0; !taken && tries < 200; tries++) { /* the log is full of what was not sent */
			pump(w, &scratch, 4, NULL);
			taken = ew_node_step(w->node, ++w->now, NULL) == EW_OK;
		}
		if (!taken)
			complain("it takes no more", n, 0);
		m.resent++;
	}
	pump(w, &scratch, UINT32_MAX, NULL);
	for (uint32_t n = 0; n < m.offered; n++)
		if (!scratch.have[n])
			complain("an event is lost", n, m.acked);
	if (scratch.count != m.offered)
		complain("alerts that nobody caused", scratch.count, m.offered);
}

/* Both storages as a cut leaves them: op is one of the log's, or of the state's. */
static void cut_world(const struct world *from, struct world *to, const struct ew_sim_op *op, bool in_log,
		      enum ew_sim_tear tear)
{
	memset(to, 0, sizeof(*to));
	assert_int_equal(ew_storage_sim_cut(&from->log_storage, in_log ? op : NULL, tear, noise(&m.seed), &to->log_storage),
			 EW_OK);
	assert_int_equal(ew_storage_sim_cut(&from->state_storage, in_log ? NULL : op, tear, noise(&m.seed),
					    &to->state_storage), EW_OK);
	to->now = from->now;
	make_ring(to);
}

static void drop_world(struct world *w)
{
	ew_storage_sim_destroy(&w->log_storage);
	ew_storage_sim_destroy(&w->state_storage);
	free(w->ring);
}

static void check_world(struct world *w, const struct peer *had)
{
	scratch = *had;
	open_world(w, &scratch);
	check_version(w);
	check_events(w);
	close_world(w);
}

struct hook {
	struct world *w; /* whose storage this is */
	struct peer *peer; /* who gets what is sent from there */
	enum ew_sim_tear tear;
	bool in_log;
};

/* During a start: cut once more. */
static void cut_start(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	const struct hook *h = ctx;
	struct world again;

	(void)st;
	cut_world(h->w, &again, op, h->in_log, h->tear);
	check_world(&again, h->peer);
	drop_world(&again);
	m.second_cuts++;
}

static void cut_here(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op)
{
	static struct peer first; /* the peer of the world after the cut */
	const struct hook *h = ctx;

	(void)st;
	for (int tear = 0; tear < 3; tear++) {
		struct hook hooks[2];
		struct world cut;

		cut_world(h->w, &cut, op, h->in_log, (enum ew_sim_tear)tear);
		first = m.peer;
		hooks[0] = (struct hook){&cut, &first, (enum ew_sim_tear)tear, true};
		hooks[1] = (struct hook){&cut, &first, (enum ew_sim_tear)tear, false};
		if (m.cuts % 16 == 0) { /* each start makes the same few writes */
			ew_storage_sim_hook(&cut.log_storage, cut_start, &hooks[0]);
			ew_storage_sim_hook(&cut.state_storage, cut_start, &hooks[1]);
			open_world(&cut, &first);
			ew_storage_sim_hook(&cut.log_storage, NULL, NULL);
			ew_storage_sim_hook(&cut.state_storage, NULL, NULL);
			close_world(&cut);
		}
		check_world(&cut, &first);
		drop_world(&cut);
		m.cuts++;
	}
}

/* ---- the workload ----------------------------------------------------------------------------- */

/* Before an operation: the versions that may run after it, besides the one that does, and the one that may be tried. */
static void may_run(const char *other, const char *third, const char *tried)
{
	struct ew_function_stats f = {.name = NULL};

	(void)ew_node_function_find(m.w.node, "echo", &f);
	snprintf(m.may_try[0], sizeof(m.may_try[0]), "%s", f.canary_version ? f.canary_version : "");
	snprintf(m.may_try[1], sizeof(m.may_try[1]), "%s", tried ? tried : m.may_try[0]);
	snprintf(m.may_run[0], sizeof(m.may_run[0]), "%s", running(&m.w));
	snprintf(m.may_run[1], sizeof(m.may_run[1]), "%s", other ? other : "");
	snprintf(m.may_run[2], sizeof(m.may_run[2]), "%s", third ? third : "");
}

static struct ew_function_config next_function(char version[16])
{
	struct ew_function_config c = {.struct_bytes = sizeof(c), .name = "echo", .version = version, .module_bytes = echo,
				       .module_size = echo_size, .flags = EW_FUNCTION_KEEP,
				       .grant.caps = EW_CAP_RECV | EW_CAP_EMIT};

	snprintf(version, 16, "%u", (unsigned)m.next_version++);
	return c;
}

static void update(bool as_canary)
{
	struct ew_canary_config canary = {.struct_bytes = sizeof(canary), .share = 500, .events = 64};
	char version[16];
	struct ew_function_config c = next_function(version);

	if (as_canary) {
		may_run(NULL, NULL, version);
		(void)ew_node_canary_start(m.w.node, &c, &canary, NULL);
	} else {
		may_run(version, NULL, "");
		(void)ew_node_function_put(m.w.node, &c, NULL);
	}
}

static void decide(bool promote)
{
	struct ew_function_stats f = {.name = NULL};

	(void)ew_node_function_find(m.w.node, "echo", &f);
	may_run(f.canary_version, promote ? NULL : f.kept_version, "");
	if (promote)
		(void)ew_node_canary_promote(m.w.node, "echo");
	else
		(void)ew_node_function_rollback(m.w.node, "echo", NULL);
}

static void events(uint32_t count, uint64_t *random)
{
	struct ew_function_stats f = {.name = NULL};

	(void)ew_node_function_find(m.w.node, "echo", &f);
	may_run(f.canary_version, NULL, ""); /* it may be promoted meanwhile */
	for (uint32_t i = 0; i < count; i++) {
		bool taken;

		m.offered++;
		taken = offer(&m.w, m.offered - 1);
		for (int tries = 0; !taken && tries < 100; tries++) { /* the log is full of what was not sent */
			pump(&m.w, &m.peer, 8, random);
			taken = ew_node_step(m.w.node, ++m.w.now, NULL) == EW_OK;
		}
		if (!taken)
			complain("it takes no more events", m.offered, 0);
		m.acked = m.offered;
	}
}

static void run_kind(const struct power_kind *kind, uint32_t ops)
{
	struct hook hooks[2] = {{&m.w, &m.peer, EW_SIM_WHOLE, true}, {&m.w, &m.peer, EW_SIM_WHOLE, false}};
	uint64_t random = 20261121;

	memset(&m.w, 0, sizeof(m.w));
	memset(&m.peer, 0, sizeof(m.peer));
	memset(m.may_run, 0, sizeof(m.may_run));
	memset(m.may_try, 0, sizeof(m.may_try));
	m.offered = m.acked = 0;
	m.next_version = 1;
	m.kind = kind;
	m.seed = 7;
	m.w.log_storage = power_storage(kind, 2048, 12);
	m.w.state_storage = power_storage(kind, 2048, 24);
	make_ring(&m.w);
	ew_storage_sim_hook(&m.w.log_storage, cut_here, &hooks[0]);
	ew_storage_sim_hook(&m.w.state_storage, cut_here, &hooks[1]);
	open_world(&m.w, &m.peer);
	update(false);
	may_run(NULL, NULL, NULL);
	assert_int_equal(ew_node_route_add(m.w.node, "e", "echo", NULL), EW_OK);
	for (m.op = 0; m.op < ops && m.offered + 8 < EVENTS_MAX; m.op++) {
		uint64_t what = noise(&random) % 32;

		if (what < 16)
			events(1 + noise(&random) % 4, &random);
		else if (what < 24)
			may_run(NULL, NULL, NULL), pump(&m.w, &m.peer, 1 + noise(&random) % 4, &random);
		else if (what < 26)
			update(false);
		else if (what < 28)
			update(true);
		else if (what < 30)
			decide(what == 28);
		else if (what < 31)
			may_run(NULL, NULL, NULL), close_world(&m.w), open_world(&m.w, &m.peer);
	}
	may_run(NULL, NULL, NULL);
	close_world(&m.w);
	drop_world(&m.w);
}

static void survives_power_cuts(void **state)
{
	uint32_t ops = power_ops(40);

	(void)state;
	echo = read_file("examples/guests/guest_echo.wasm", &echo_size);
	assert_non_null(echo);
	for (size_t k = 0; k < ROWS(power_kinds); k++)
		run_kind(&power_kinds[k], ops);
	print_message("node: survived %llu power cuts, and %llu more while it started again; %llu events were sent again, %llu trials went on\n",
		      m.cuts, m.second_cuts, m.resent, m.tried_on);
	assert_true(m.tried_on > m.cuts / 20);
	assert_true(m.cuts > 3 * ops * ROWS(power_kinds));
	assert_true(m.second_cuts > m.cuts / 20);
	free(echo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(survives_power_cuts)};

	return cmocka_run_group_tests_name("node, power cuts", tests, NULL, NULL);
}
