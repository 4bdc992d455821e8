/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * nrun.h - a node with rings, store and the guests of examples/guests, under the test allocator.
 *
 *	nrun_init(&n);
 *	n.config.step_events = 4;              whatever the test is about
 *	nrun_open(&n);
 *	nrun_put(&n, "echo", "1", "echo");     function echo@1 of examples/guests/guest_echo.wasm
 *	nrun_route(&n, "a/#", "echo");
 *	nrun_push(&n, "a/b", "data");
 *	nrun_step(&n);
 *	nrun_pop(&n, ...);
 *	nrun_close(&n);                        finds leaks
 */
#ifndef TESTS_NRUN_H
#define TESTS_NRUN_H

#include "../aid/aid.h"
#include "edgewasm/node.h"

#define NRUN_RING 65536u
#define NRUN_CAPS (EW_CAP_LOG | EW_CAP_CLOCK | EW_CAP_RANDOM | EW_CAP_EMIT | EW_CAP_RECV | EW_CAP_KV_READ | \
		   EW_CAP_KV_WRITE | EW_CAP_METRIC | EW_CAP_CONFIG | EW_CAP_INFER)

struct nrun_guest {
	char name[32];
	uint8_t *bytes;
	size_t size;
};

struct nrun {
	struct fail_alloc mem;
	struct ew_node_host host;
	struct ew_node_config config;
	struct ew_function_config function; /* nrun_put fills in name, version and module */
	struct ew_node *node;
	struct ew_ring *in, *out;
	struct ew_kv *kv;
	void *in_memory, *out_memory;
	struct nrun_guest guests[8];
	uint32_t guest_count;
	struct ew_node_next next;
	uint64_t now;
	struct ew_error err;

	/* What the host was told. */
	uint32_t reports[EW_NODE_CAUSES];
	struct ew_node_report last; /* of any cause but PARKED */
	char last_text[256];
	struct ew_event last_event;
	uint64_t until;
	char log[128], log_function[64];
	uint32_t log_level, logs;
	uint64_t clock, clock_step; /* each look at the clock moves it on */
};

static inline void nrun_report(void *user, const struct ew_node_report *r)
{
	struct nrun *n = user;

	n->reports[r->cause]++;
	if (r->cause == EW_NODE_PARKED) {
		n->until = r->until_ns;
		return;
	}
	n->last = *r;
	snprintf(n->last_text, sizeof(n->last_text), "%s", r->text);
	if (r->event)
		n->last_event = *r->event;
}

static inline void nrun_log(void *user, const char *function, uint32_t level, const char *text, size_t len)
{
	struct nrun *n = user;

	n->logs++;
	n->log_level = level;
	snprintf(n->log, sizeof(n->log), "%.*s", (int)len, text);
	snprintf(n->log_function, sizeof(n->log_function), "%s", function);
}

static inline enum ew_status nrun_clock(void *user, uint32_t id, uint64_t *ns)
{
	struct nrun *n = user;

	(void)id;
	n->clock += n->clock_step;
	*ns = n->clock;
	return EW_OK;
}

static inline enum ew_status nrun_random(void *user, void *out, size_t bytes)
{
	(void)user;
	memset(out, 0x42, bytes);
	return EW_OK;
}

static inline void nrun_init(struct nrun *n)
{
	memset(n, 0, sizeof(*n));
	fail_alloc_init(&n->mem);
	n->host.struct_bytes = sizeof(n->host);
	n->host.report = nrun_report;
	n->host.log = nrun_log;
	n->host.random = nrun_random;
	n->config.struct_bytes = sizeof(n->config);
	n->config.host = &n->host;
	n->config.user = n;
	n->function.struct_bytes = sizeof(n->function);
	n->function.grant.caps = NRUN_CAPS;
	n->now = 1000;
}

static inline void nrun_open(struct nrun *n)
{
	n->in_memory = malloc(ew_ring_size(NRUN_RING));
	n->out_memory = malloc(ew_ring_size(NRUN_RING));
	if (ew_ring_init(n->in_memory, ew_ring_size(NRUN_RING), NULL, &n->in) != EW_OK ||
	    ew_ring_init(n->out_memory, ew_ring_size(NRUN_RING), NULL, &n->out) != EW_OK ||
	    ew_kv_ram_create(NULL, &n->mem.alloc, &n->kv) != EW_OK)
		fail_msg("no rings");
	n->config.in = n->in;
	n->config.out = n->out;
	n->config.kv = n->kv;
	if (ew_node_create(&n->node, &n->config, &n->mem.alloc, &n->err) != EW_OK)
		fail_msg("no node: %s", n->err.text);
}

static inline void nrun_close(struct nrun *n)
{
	ew_node_destroy(n->node);
	ew_kv_destroy(n->kv);
	for (uint32_t i = 0; i < n->guest_count; i++)
		free(n->guests[i].bytes);
	free(n->in_memory);
	free(n->out_memory);
	fail_alloc_finish(&n->mem);
}

static inline const struct nrun_guest *nrun_guest(struct nrun *n, const char *name)
{
	struct nrun_guest *g;
	char path[96];

	for (uint32_t i = 0; i < n->guest_count; i++)
		if (strcmp(n->guests[i].name, name) == 0)
			return &n->guests[i];
	g = &n->guests[n->guest_count++];
	snprintf(g->name, sizeof(g->name), "%s", name);
	snprintf(path, sizeof(path), "examples/guests/guest_%s.wasm", name);
	g->bytes = read_file(path, &g->size);
	if (!g->bytes)
		fail_msg("no %s: tests run in the repository root", path);
	return g;
}

/* n->function with these names; what it holds besides is kept. */
static inline enum ew_status nrun_try_put(struct nrun *n, const char *name, const char *version,
					  const char *guest)
{
	const struct nrun_guest *g = nrun_guest(n, guest);

	n->function.name = name;
	n->function.version = version;
	n->function.module_bytes = g->bytes;
	n->function.module_size = g->size;
	return ew_node_function_put(n->node, &n->function, &n->err);
}

static inline void nrun_put(struct nrun *n, const char *name, const char *version, const char *guest)
{
	if (nrun_try_put(n, name, version, guest) != EW_OK)
		fail_msg("%s@%s: %s", name, version, n->err.text);
}

static inline void nrun_route(struct nrun *n, const char *pattern, const char *function)
{
	if (ew_node_route_add(n->node, pattern, function, &n->err) != EW_OK)
		fail_msg("route %s: %s", pattern, n->err.text);
}

static inline void nrun_push(struct nrun *n, const char *topic, const char *data)
{
	struct ew_event e = {.time_ns = n->now, .topic_bytes = (uint16_t)strlen(topic),
			     .data_bytes = (uint32_t)strlen(data)};

	memset(e.trace_id, data[0], sizeof(e.trace_id));
	if (ew_ring_push(n->in, &e, topic, data) != EW_OK)
		fail_msg("the ring is full");
}

static inline void nrun_step(struct nrun *n)
{
	if (ew_node_step(n->node, n->now, &n->next) != EW_OK)
		fail_msg("no step");
}

/* The next event out: its topic, and its data cut to cap - 1 and terminated; false when there is none. */
static inline bool nrun_pop(struct nrun *n, char *topic, char *data, size_t cap)
{
	uint8_t payload[2048];
	struct ew_event e;

	if (ew_ring_pop(n->out, &e, payload, sizeof(payload)) != EW_OK)
		return false;
	memcpy(topic, payload, e.topic_bytes);
	topic[e.topic_bytes] = '\0';
	memset(data, 0, cap);
	memcpy(data, payload + e.topic_bytes, e.data_bytes < cap ? e.data_bytes : cap - 1);
	n->last_event = e;
	return true;
}

/* The next event out has this topic and this text. */
static inline void nrun_expect(struct nrun *n, const char *row, const char *topic, const char *data)
{
	char got_topic[256], got[256];

	if (!nrun_pop(n, got_topic, got, sizeof(got)))
		fail_msg("row %s: nothing came out", row);
	check_str(row, got_topic, topic);
	if (data)
		check_str(row, got, data);
}

static inline void nrun_expect_nothing(struct nrun *n, const char *row)
{
	char topic[256], data[256];

	if (nrun_pop(n, topic, data, sizeof(data)))
		fail_msg("row %s: \"%s\" came out", row, topic);
}

/* The u32 that the next event out holds. */
static inline uint32_t nrun_u32(struct nrun *n, const char *row, const char *topic)
{
	char got_topic[256], got[16];
	const uint8_t *p = (const uint8_t *)got;

	if (!nrun_pop(n, got_topic, got, sizeof(got)))
		fail_msg("row %s: nothing came out", row);
	check_str(row, got_topic, topic);
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline struct ew_function_stats nrun_stats(struct nrun *n, const char *name)
{
	struct ew_function_stats s;

	if (ew_node_function_find(n->node, name, &s) != EW_OK)
		fail_msg("no function %s", name);
	return s;
}

#endif
