/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * jrun.h - nrun.h's node with a journal in RAM, a host whose answers vary, and a life of it that meets everything.
 */
#ifndef TESTS_JRUN_H
#define TESTS_JRUN_H

#include "../abi/tiny_model.h"
#include "edgewasm/journal.h"
#include "edgewasm/state.h"
#include "nrun.h"

struct jrun {
	struct nrun n;
	struct ew_storage storage;
	struct ew_log *log;
	struct ew_journal_config journal;
	uint64_t random;	/* the host's entropy */
	uint32_t clock_looks, interrupt_every; /* looks at the clock, during which the host interrupts; 0: none */
	uint32_t fallbacks;
};

static inline enum ew_status jrun_clock(void *user, uint32_t id, uint64_t *ns)
{
	struct jrun *j = user;

	if (id == 0)
		return EW_ERR_UNSUPPORTED;
	if (j->interrupt_every && ++j->clock_looks % j->interrupt_every == 0)
		ew_node_interrupt(j->n.node);
	j->n.clock += noise(&j->random) % 1000;
	*ns = j->n.clock;
	return EW_OK;
}

static inline enum ew_status jrun_random(void *user, void *out, size_t bytes)
{
	struct jrun *j = user;

	if (noise(&j->random) % 8 == 0)
		return EW_ERR_IO;
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(noise(&j->random) >> 32);
	return EW_OK;
}

static inline bool jrun_fallback(void *user, const char *function, const struct ew_event *event)
{
	struct jrun *j = user;

	(void)function, (void)event;
	return ++j->fallbacks % 3 == 0;
}

/* The host has the bytes now and then. */
static inline enum ew_status jrun_demand(void *user, const char *name, const char *version, const uint8_t *sha256,
					 const void **bytes, size_t *size)
{
	struct jrun *j = user;

	(void)name, (void)version, (void)sha256;
	if (noise(&j->random) % 3 == 0)
		return EW_ERR_IO;
	*bytes = nrun_guest(&j->n, "echo")->bytes;
	*size = nrun_guest(&j->n, "echo")->size;
	return EW_OK;
}

static inline void jrun_report(void *user, const struct ew_node_report *r)
{
	nrun_report(&((struct jrun *)user)->n, r);
}

static inline void jrun_init(struct jrun *j)
{
	memset(j, 0, sizeof(*j));
	nrun_init(&j->n);
	j->random = 11;
	j->n.host.clock = jrun_clock;
	j->n.host.random = jrun_random;
	j->n.host.fallback = jrun_fallback;
	j->n.host.load = jrun_demand;
	j->n.host.report = jrun_report;
	j->n.host.log = NULL;
	j->n.config.user = j;
	j->n.config.cache_bytes = 16384;
	j->n.config.trace_bytes = 256;
	j->n.clock = j->n.now;
	j->journal.struct_bytes = sizeof(j->journal);
}

static inline void jrun_open_log(struct jrun *j, uint32_t block_bytes, uint32_t blocks, const struct ew_log_config *cfg)
{
	const struct ew_storage_config c = {.struct_bytes = sizeof(c), .block_bytes = block_bytes, .block_count = blocks};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err;

	assert_int_equal(ew_storage_ram_create(&c, &alloc, &j->storage), EW_OK);
	if (ew_log_open(&j->storage, cfg, &alloc, &j->log, &err) != EW_OK)
		fail_msg("log: %s", err.text);
	j->journal.log = j->log;
}

/* The node and its journal; what comes out goes to a ring that is soon full. */
static inline void jrun_open(struct jrun *j)
{
	jrun_open_log(j, 1u << 20, 16, NULL);
	nrun_open(&j->n);
	if (ew_node_journal_open(j->n.node, &j->journal, &j->n.err) != EW_OK)
		fail_msg("journal: %s", j->n.err.text);
}

static inline void jrun_close(struct jrun *j)
{
	nrun_close(&j->n);
	assert_int_equal(ew_log_close(j->log), EW_OK);
	ew_storage_ram_destroy(&j->storage);
}

/* One of the guests by its hash. */
static inline enum ew_status jrun_load(void *user, const char *name, const char *version,
				       const uint8_t sha256[EW_SHA256_BYTES], const void **bytes, size_t *size)
{
	struct jrun *j = user;
	uint8_t hash[EW_SHA256_BYTES];

	(void)name, (void)version;
	for (uint32_t i = 0; i < j->n.guest_count; i++) {
		const struct nrun_guest *g = &j->n.guests[i];

		ew_sha256(g->bytes, g->size, hash);
		if (memcmp(hash, sha256, sizeof(hash)) != 0)
			continue;
		*bytes = g->bytes;
		*size = g->size;
		return EW_OK;
	}
	return EW_ERR_NOENT;
}

/* Functions of all manners, some of which cannot be put. */
static inline void jrun_populate(struct jrun *j)
{
	static const struct ew_setting settings[] = {{"start", "40", 2}, {"limit", "\0\1\2", 3}};
	struct nrun *n = &j->n;

	n->function.settings = settings;
	n->function.setting_count = 2;
	n->function.tick_ns = 5000;
	n->function.batch = 4;
	nrun_put(n, "count", "1.0.0", "count");
	n->function.tick_ns = 0;
	n->function.batch = 0;
	n->function.tenant = "acme";
	nrun_put(n, "services", "2", "services");
	n->function.tenant = NULL;
	assert_int_equal(ew_node_tenant_put(n->node, &(const struct ew_tenant_config){.struct_bytes = sizeof(struct ew_tenant_config),
					    .name = "acme", .fuel_per_second = 100000000, .busy_ns_per_second = 500000000},
					    &n->err), EW_OK);
	assert_int_equal(ew_node_watch_put(n->node, &(const struct ew_node_watch_config){
					   .struct_bytes = sizeof(struct ew_node_watch_config), .function = "services",
					   .metric = "score", .topic = "drift", .scale = 0.5, .lambda = 5, .min_count = 4,
					   .edges = {0}, .buckets = 2, .reference_count = 8, .window_count = 8,
					   .threshold = 100}, &n->err), EW_OK);
	n->function.fuel = 200000;
	n->function.deadline_ns = 1000000; /* so that the clock is looked at in between */
	n->function.fail_limit = 3;
	n->function.park_ns = 20000;
	nrun_put(n, "bad", "1", "misbehave");
	n->function.fail_limit = 0;
	n->function.deadline_ns = 0;
	n->function.flags = EW_FUNCTION_FRESH;
	nrun_put(n, "echo", "1", "echo");
	n->function.flags |= EW_FUNCTION_CACHE;
	n->function.grant.caps = EW_CAP_RECV | EW_CAP_EMIT;
	n->function.cache_ttl_ns = 30000;
	nrun_put(n, "cached", "1", "echo");
	n->function.cache_ttl_ns = 0;
	n->function.grant.caps = NRUN_CAPS;
	n->function.flags = 0;
	nrun_route(n, "a/d", "cached");
	n->function.fuel = 0;
	check_status("older", nrun_try_put(n, "count", "0.9", "count"), EW_ERR_DENIED);
	n->function.settings = (const struct ew_setting[]){{"refuse", "", 0}};
	n->function.setting_count = 1;
	check_status("refuses", nrun_try_put(n, "count", "3", "count"), EW_ERR_STATE);
	n->function.settings = NULL;
	n->function.setting_count = 0;
	n->function.flags = EW_FUNCTION_FRESH | EW_FUNCTION_ON_DEMAND;
	n->function.name = "late";
	n->function.version = "1";
	n->function.module_bytes = NULL;
	n->function.module_size = 0;
	assert_int_equal(ew_node_function_put(n->node, &n->function, &n->err), EW_OK);
	n->function.flags = 0;
	n->function.batch = 3;
	n->function.batch_age_ns = 4000;
	nrun_put(n, "waits", "1", "count");
	n->function.batch = 0;
	n->function.batch_age_ns = 0;
	nrun_route(n, "a/f", "waits");
	nrun_route(n, "a/g", "late");
	nrun_route(n, "a/#", "count");
	nrun_route(n, "a/b", "services");
	nrun_route(n, "bad/+", "bad");
	nrun_route(n, "echo", "echo");
	check_status("twice", ew_node_route_add(n->node, "echo", "echo", NULL), EW_ERR_EXISTS);
}

/* An event, with a trace context of its own or without. */
static inline void jrun_push(struct jrun *j, const char *topic, const char *data, bool traced)
{
	struct ew_event e = {.time_ns = j->n.now, .topic_bytes = (uint16_t)strlen(topic), .data_bytes = (uint32_t)strlen(data)};
	struct ew_trace_context c = {.flags = EW_TRACE_SAMPLED, .state = "a=1", .state_bytes = 3};

	if (!traced) {
		nrun_push(&j->n, topic, data);
		return;
	}
	memset(c.trace_id, data[0], sizeof(c.trace_id));
	memset(c.span_id, data[3], sizeof(c.span_id));
	if (ew_ring_push_traced(j->n.in, &e, topic, data, &c) != EW_OK)
		fail_msg("the ring is full");
}

/* `events` events at random, in steps of several; the host takes outputs now and then, or they are refused. */
static inline void jrun_live(struct jrun *j, uint32_t events)
{
	static const char *const topics[] = {"a/b", "a/c", "a/d", "a/e", "a/f", "a/g", "bad/x", "echo", "nobody"};
	static const char *const bad = ".x.b.e.q.l.a";
	char data[64], topic[64];

	for (uint32_t i = 0; i < events; i++) {
		const char *t = topics[noise(&j->random) % 9];

		char kind = bad[noise(&j->random) % 12]; /* in this order on every machine */

		snprintf(data, sizeof(data), "%c--%u", kind, (unsigned)(noise(&j->random) % 60));
		jrun_push(j, t, data, noise(&j->random) % 4 == 0);
		j->n.now = j->n.clock += noise(&j->random) % 2000;
		if (noise(&j->random) % 4 == 0)
			nrun_step(&j->n);
		if (noise(&j->random) % 16 == 0)
			assert_int_equal(ew_node_function_unload(j->n.node, "late"), EW_OK);
		if (noise(&j->random) % 32 == 0)
			while (nrun_pop(&j->n, topic, data, sizeof(data)))
				;
	}
	nrun_step(&j->n);
}

/* Model "m" with n inputs; its bytes lie with the guests', where jrun_load finds them. */
static inline void jrun_model(struct jrun *j, const char *version, uint32_t n)
{
	struct ew_node_model_config c = {.struct_bytes = sizeof(c), .name = "m", .version = version};
	struct nrun_guest *g = &j->n.guests[j->n.guest_count++];
	struct tiny *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	tiny_fc(t, n);
	snprintf(g->name, sizeof(g->name), "model %s", version);
	g->bytes = malloc(t->size);
	g->size = t->size;
	memcpy(g->bytes, t->bytes, t->size);
	free(t);
	c.bytes = g->bytes;
	c.size = g->size;
	assert_int_equal(ew_node_model_put(j->n.node, &c, &j->n.err), EW_OK);
}

/* Everything that administers. */
static inline void jrun_administer(struct jrun *j)
{
	struct ew_canary_config canary = {.struct_bytes = sizeof(canary), .share = 500, .events = 64};
	const struct ew_event tick = {.time_ns = 1};
	struct nrun *n = &j->n;

	n->function.flags = EW_FUNCTION_KEEP;
	nrun_put(n, "count", "1.1.0", "count");
	jrun_live(j, 40);
	assert_int_equal(ew_node_function_rollback(n->node, "count", &n->err), EW_OK);
	n->function.module_bytes = nrun_guest(n, "misbehave")->bytes;
	n->function.module_size = nrun_guest(n, "misbehave")->size;
	n->function.name = "count";
	n->function.version = "1.2.0";
	assert_int_equal(ew_node_canary_start(n->node, &n->function, &canary, &n->err), EW_OK);
	jrun_live(j, 400);
	n->function.version = "1.3.0";
	if (ew_node_canary_start(n->node, &n->function, &canary, &n->err) == EW_OK)
		assert_int_equal(ew_node_canary_promote(n->node, "count"), EW_OK);
	assert_int_equal(ew_node_canary_promote(n->node, "nobody"), EW_ERR_NOENT);
	ew_node_function_unpark(n->node, "bad");
	assert_int_equal(ew_node_route_remove(n->node, "echo", "echo"), EW_OK);
	assert_int_equal(ew_node_function_remove(n->node, "echo"), EW_OK);
	assert_int_equal(ew_node_model_select(n->node, "m", "1", &n->err), EW_ERR_NOENT);
	jrun_model(j, "1", 1);
	jrun_live(j, 20);
	jrun_model(j, "2", 3);
	jrun_live(j, 20);
	assert_int_equal(ew_node_model_select(n->node, "m", "1", &n->err), EW_OK);
	assert_int_equal(ew_node_setting_put(n->node, "services", "limit", "\0again", 6, &n->err), EW_OK);
	assert_int_equal(ew_node_setting_put(n->node, "services", "empty", "", 0, &n->err), EW_OK);
	jrun_live(j, 40);
	assert_int_equal(ew_node_checkpoint(n->node), EW_OK);
	assert_int_equal(ew_node_setting_put(n->node, "services", "limit", NULL, 0, &n->err), EW_OK);
	assert_int_equal(ew_node_dispatch(n->node, &tick, n->now), EW_OK);
	assert_int_equal(ew_node_checkpoint(n->node), EW_OK);
	jrun_live(j, 60);
}

#endif
