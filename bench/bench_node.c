/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_node.c - what the node adds: to an event, over a bare call of the same function; to a fresh function, from
 * prepared or from bytes; to a running stream, when versions are switched in it.
 *
 * The function does next to nothing, so that what is left is the node's.  Everything is checked first: that each
 * event was counted, that a fresh function never sees a second one, that no event of the stream is lost or doubled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "cpu_text.h"
#include "edgewasm/node.h"
#include "edgewasm/snapshot.h"
#include "harness.h"
#include "synth.h"

#define RING_BYTES (1u << 20)
#define FRESH_BYTES 16384u /* of the module that is loaded */
#define ROUND 64u	   /* events pushed before each step */

static const char usage[] = "  --swaps N      switches of version in the stream (1000)\n";

static struct ew_alloc alloc;

/* ---- a node with one function ---- */

struct site {
	struct ew_node *node;
	struct ew_ring *in;
	void *memory;
	struct ew_node_host host;
	uint64_t spans;
	uint8_t *bytes;
	size_t size;
	struct {
		struct ew_event header;
		char payload[16];
	} event; /* topic "t", 8 bytes of data */
};

static enum ew_status real_clock(void *user, uint32_t id, uint64_t *ns)
{
	(void)user, (void)id;
	*ns = bench_now_ns();
	return EW_OK;
}

static enum ew_status take_emit(void *user, const char *function, const struct ew_event *header, const void *topic,
				const void *data)
{
	(void)user, (void)function, (void)header, (void)topic, (void)data;
	return EW_OK;
}

static void take_span(void *user, const struct ew_node_span *span)
{
	struct site *s = user;

	s->spans += span->batch != 0;
}

static enum ew_status give_module(void *user, const char *name, const char *version, const uint8_t *sha256,
				  const void **bytes, size_t *size)
{
	struct site *s = user;

	(void)name, (void)version, (void)sha256;
	*bytes = s->bytes;
	*size = s->size;
	return EW_OK;
}

enum { CLOCK = 1, SPANS = 2, CACHE = 4, TENANT = 8, DEMAND = 16 };

static bool put(struct bench *b, struct site *s, const char *name, const char *version, uint32_t flags, uint32_t batch,
		uint32_t extra)
{
	struct ew_function_config f = {.struct_bytes = sizeof(f), .name = name, .version = version, .flags = flags,
				       .batch = batch, .grant.caps = EW_CAP_RECV | EW_CAP_EMIT};
	struct ew_error err = {EW_OK, 0, ""};

	if (!(flags & EW_FUNCTION_ON_DEMAND)) {
		f.module_bytes = s->bytes;
		f.module_size = s->size;
	}
	if (extra & TENANT)
		f.tenant = "tenant";
	return bench_check(b, ew_node_function_put(s->node, &f, &err) == EW_OK, "put: %s", err.text);
}

static bool open_site(struct bench *b, struct site *s, size_t module_bytes, uint32_t flags, uint32_t batch, uint32_t extra)
{
	struct ew_node_config c = {.struct_bytes = sizeof(c), .host = &s->host, .user = s};
	struct ew_tenant_config t = {.struct_bytes = sizeof(t), .name = "tenant", .fuel_per_second = 9000000000u,
				     .events_per_second = 9000000000u};
	struct ew_error err = {EW_OK, 0, ""};
	size_t bytes = ew_ring_size(RING_BYTES);

	memset(s, 0, sizeof(*s));
	s->bytes = synth_function(module_bytes, 1, &s->size);
	s->memory = malloc(bytes);
	if (!s->bytes || !s->memory || ew_ring_init(s->memory, bytes, NULL, &s->in) != EW_OK)
		return bench_check(b, false, "no memory");
	s->host.struct_bytes = sizeof(s->host);
	s->host.clock = extra & CLOCK ? real_clock : NULL;
	s->host.span = extra & SPANS ? take_span : NULL;
	s->host.load = give_module;
	s->host.emit = take_emit;
	c.in = s->in;
	c.trace_bytes = extra & SPANS ? 4096 : 0;
	c.cache_bytes = extra & CACHE ? 1 << 20 : 0;
	c.max_loaded = extra & DEMAND ? 1 : 0;
	if (!bench_check(b, ew_node_create(&s->node, &c, &alloc, &err) == EW_OK, "node: %s", err.text) ||
	    !put(b, s, "f", "1", flags | (extra & CACHE ? EW_FUNCTION_CACHE : 0) | (extra & DEMAND ? EW_FUNCTION_ON_DEMAND : 0),
		 batch, extra))
		return false;
	if (extra & TENANT && ew_node_tenant_put(s->node, &t, &err) != EW_OK)
		return bench_check(b, false, "tenant: %s", err.text);
	memset(s->event.header.trace_id, 7, sizeof(s->event.header.trace_id));
	s->event.header.time_ns = 1;
	s->event.header.topic_bytes = 1;
	s->event.header.data_bytes = 8;
	memcpy(s->event.payload, "t12345678", 9);
	return bench_check(b, ew_node_route_add(s->node, "t", "f", &err) == EW_OK, "route: %s", err.text);
}

static void close_site(struct site *s)
{
	ew_node_destroy(s->node);
	free(s->memory);
	free(s->bytes);
}

static struct ew_function_stats stats_of(const struct site *s, const char *name)
{
	struct ew_function_stats f = {.name = NULL};

	(void)ew_node_function_find(s->node, name, &f);
	return f;
}

/* ---- one event ---- */

struct bare {
	struct ew_module *module;
	struct ew_exec *exec;
	struct ew_instance *instance;
	struct ew_func *func;
	uint8_t *bytes;
	size_t size;
	uint32_t flags;
};

static bool open_bare(struct bench *b, struct bare *p, size_t module_bytes)
{
	struct ew_module_config m = {.struct_bytes = sizeof(m)};
	struct ew_instance_config c = {.struct_bytes = sizeof(c)};
	struct ew_error err = {EW_OK, 0, ""};

	memset(p, 0, sizeof(*p));
	p->bytes = synth_function(module_bytes, 1, &p->size);
	if (!p->bytes || ew_exec_create(&p->exec, NULL, &alloc) != EW_OK)
		return bench_check(b, false, "no memory");
	c.exec = p->exec;
	return bench_check(b, ew_module_load(&p->module, p->bytes, p->size, &m, &alloc, &err) == EW_OK &&
			   ew_instance_create(&p->instance, p->module, &c, &alloc, NULL, &err) == EW_OK &&
			   ew_func_find(p->instance, "edge_on_event", "(i)i", &p->func) == EW_OK, "bare: %s", err.text);
}

static void close_bare(struct bare *p)
{
	ew_instance_destroy(p->instance);
	ew_module_free(p->module);
	ew_exec_destroy(p->exec);
	free(p->bytes);
}

static bool call_work(void *ctx, uint64_t iters)
{
	struct bare *p = ctx;

	for (uint64_t i = 0; i < iters; i++) {
		union ew_value v[1] = {{.u64 = 1}};

		ew_exec_set_fuel(p->exec, EW_NODE_FUEL);
		if (ew_call(p->func, v) != EW_OK)
			return false;
	}
	return true;
}

static bool dispatch_work(void *ctx, uint64_t iters)
{
	struct site *s = ctx;

	for (uint64_t i = 0; i < iters; i++)
		if (ew_node_dispatch(s->node, &s->event.header, 1) != EW_OK)
			return false;
	return true;
}

/* Through the ring, pushing included. */
static bool ring_work(void *ctx, uint64_t iters)
{
	struct site *s = ctx;

	for (uint64_t i = 0; i < iters;) {
		uint64_t n = iters - i < ROUND ? iters - i : ROUND;
		struct ew_node_next next;

		for (uint64_t k = 0; k < n; k++)
			if (ew_ring_push(s->in, &s->event.header, s->event.payload, s->event.payload + 1) != EW_OK)
				return false;
		if (ew_node_step(s->node, 1, &next) != EW_OK || next.events != n)
			return false;
		i += n;
	}
	return true;
}

static const struct way {
	const char *name;
	bench_work *work;
	uint32_t flags, batch, extra;
} ways[] = {
	{"dispatch", dispatch_work, 0, 1, 0},
	{"ring", ring_work, 0, 1, 0},
	{"ring_batch16", ring_work, 0, 16, 0},
	{"ring_clock", ring_work, 0, 1, CLOCK},
	{"ring_tenant", ring_work, 0, 1, TENANT},
	{"ring_spans", ring_work, 0, 1, SPANS},
	{"ring_fresh", ring_work, EW_FUNCTION_FRESH, 1, 0},
	{"ring_cached", ring_work, EW_FUNCTION_FRESH, 1, CACHE},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void bench_dispatch(struct bench *b)
{
	struct bench_subject subjects[WAYS + 1];
	struct site sites[WAYS];
	struct bare bare;
	bool ok = open_bare(b, &bare, 0);

	subjects[0] = (struct bench_subject){.work = call_work, .ctx = &bare};
	for (size_t i = 0; i < WAYS; i++) {
		ok = open_site(b, &sites[i], 0, ways[i].flags, ways[i].batch, ways[i].extra) && ok;
		ok = ok && ways[i].work(&sites[i], 1000) &&
		     bench_check(b, stats_of(&sites[i], "f").events == 1000 && stats_of(&sites[i], "f").failed_events == 0,
				 "%s: not every event was judged", ways[i].name);
		subjects[i + 1] = (struct bench_subject){.work = ways[i].work, .ctx = &sites[i]};
	}
	if (ok && bench_time_all(b, subjects, WAYS + 1)) {
		bench_row(b, "call");
		bench_num(b, "ns", subjects[0].stat.median, 1);
		bench_num(b, "over_call_ns", 0, 1);
		bench_num(b, "min_ns", subjects[0].stat.min, 1);
		bench_num(b, "over_min_ns", 0, 1);
		bench_pct(b, "spread", subjects[0].stat.spread);
		bench_end(b);
	}
	for (size_t i = 0; i < WAYS && ok; i++) {
		const struct bench_stat *st = &subjects[i + 1].stat;

		bench_row(b, ways[i].name);
		bench_num(b, "ns", st->median, 1);
		bench_num(b, "over_call_ns", st->median - subjects[0].stat.median, 1);
		bench_num(b, "min_ns", st->min, 1);
		bench_num(b, "over_min_ns", st->min - subjects[0].stat.min, 1);
		bench_pct(b, "spread", st->spread);
		bench_end(b);
	}
	for (size_t i = 0; i < WAYS; i++)
		close_site(&sites[i]);
	close_bare(&bare);
}

/* ---- a fresh function ---- */

/* An instance of a module that is there: made, called, gone. */
static bool instance_work(void *ctx, uint64_t iters)
{
	struct bare *p = ctx;
	struct ew_instance_config c = {.struct_bytes = sizeof(c), .exec = p->exec};

	for (uint64_t i = 0; i < iters; i++) {
		union ew_value v[1] = {{.u64 = 1}};
		struct ew_instance *instance;
		struct ew_func *func;

		ew_exec_set_fuel(p->exec, EW_NODE_FUEL);
		if (ew_instance_create(&instance, p->module, &c, &alloc, NULL, NULL) != EW_OK ||
		    ew_func_find(instance, "edge_on_event", "(i)i", &func) != EW_OK || ew_call(func, v) != EW_OK)
			return false;
		ew_instance_destroy(instance);
	}
	return true;
}

/* From its bytes, which have never been seen before. */
static bool bytes_work(void *ctx, uint64_t iters)
{
	struct bare *p = ctx;
	struct ew_module_config m = {.struct_bytes = sizeof(m), .flags = p->flags};
	struct ew_instance_config c = {.struct_bytes = sizeof(c), .exec = p->exec};

	for (uint64_t i = 0; i < iters; i++) {
		union ew_value v[1] = {{.u64 = 1}};
		struct ew_instance *instance;
		struct ew_module *module;
		struct ew_func *func;

		ew_exec_set_fuel(p->exec, EW_NODE_FUEL);
		if (ew_module_load(&module, p->bytes, p->size, &m, &alloc, NULL) != EW_OK ||
		    ew_instance_create(&instance, module, &c, &alloc, NULL, NULL) != EW_OK ||
		    ew_func_find(instance, "edge_on_event", "(i)i", &func) != EW_OK || ew_call(func, v) != EW_OK)
			return false;
		ew_instance_destroy(instance);
		ew_module_free(module);
	}
	return true;
}

/* Two functions, and room for one module: each event loads, and lets the other go. */
static bool demand_work(void *ctx, uint64_t iters)
{
	struct site *s = ctx;

	for (uint64_t i = 0; i < iters; i++) {
		s->event.payload[0] = "tu"[i & 1];
		if (ew_node_dispatch(s->node, &s->event.header, 1) != EW_OK)
			return false;
	}
	return true;
}

static void fresh_row(struct bench *b, const char *name, bench_work *work, void *ctx, size_t module_bytes)
{
	struct bench_stat st;

	if (!bench_wanted(b, name) || !bench_time(b, work, ctx, &st))
		return;
	bench_row(b, name);
	bench_num(b, "us", st.median / 1000, 3);
	bench_num(b, "min_us", st.min / 1000, 3);
	bench_uint(b, "module_bytes", module_bytes);
	bench_pct(b, "spread", st.spread);
	bench_end(b);
}

static void bench_fresh(struct bench *b)
{
	struct ew_function_stats f;
	struct ew_error err;
	struct site reset, demand;
	struct bare bare;
	bool ok = open_bare(b, &bare, FRESH_BYTES);

	ok = open_site(b, &reset, FRESH_BYTES, EW_FUNCTION_FRESH, 1, 0) && ok;
	ok = open_site(b, &demand, FRESH_BYTES, EW_FUNCTION_FRESH, 1, DEMAND) && ok;
	ok = ok && put(b, &demand, "g", "1", EW_FUNCTION_FRESH | EW_FUNCTION_ON_DEMAND, 1, 0) &&
	     bench_check(b, ew_node_route_add(demand.node, "u", "g", &err) == EW_OK, "route: %s", err.text);
	if (ok && dispatch_work(&reset, 100) && demand_work(&demand, 100)) {
		f = stats_of(&reset, "f");
		bench_check(b, f.resets == 100 && f.instances == 1 && f.failed_events == 0, "not reset after each call");
		f = stats_of(&demand, "f");
		bench_check(b, f.loads == 50 && f.failed_events == 0, "not loaded for each event");
		fresh_row(b, "fresh_reset", dispatch_work, &reset, bare.size);
		fresh_row(b, "fresh_instance", instance_work, &bare, bare.size);
		bare.flags = EW_MODULE_LAZY;
		fresh_row(b, "fresh_bytes_lazy", bytes_work, &bare, bare.size);
		bare.flags = 0;
		fresh_row(b, "fresh_bytes", bytes_work, &bare, bare.size);
		fresh_row(b, "fresh_demand", demand_work, &demand, bare.size);
	}
	close_site(&demand);
	close_site(&reset);
	close_bare(&bare);
}

/* ---- versions switched in a stream ---- */

struct stream {
	struct site site;
	uint64_t pushed, swaps;
	double *pauses, *prepares; /* ns */
};

/* Keep the ring full, and step once. */
static bool feed(struct stream *t, uint32_t waiting)
{
	struct ew_ring_stat st;
	struct ew_node_next next;

	for (;;) {
		ew_ring_stat(t->site.in, &st);
		if (st.pushed - st.released >= waiting)
			break;
		if (ew_ring_push(t->site.in, &t->site.event.header, t->site.event.payload, t->site.event.payload + 1) != EW_OK)
			break;
		t->pushed++;
	}
	return ew_node_step(t->site.node, 1, &next) == EW_OK && next.events > 0;
}

/*
 * One switch with thousands of events waiting: from the last event judged by the old version to the first judged by
 * the new one.  ahead: the module is prepared before (what another thread would do), and only that is left out.
 */
static bool swap_once(struct stream *t, uint64_t number, bool ahead)
{
	struct site *s = &t->site;
	struct ew_function_config f = {.struct_bytes = sizeof(f), .name = "f", .flags = EW_FUNCTION_KEEP,
				       .module_bytes = s->bytes, .module_size = s->size,
				       .grant.caps = EW_CAP_RECV | EW_CAP_EMIT};
	uint64_t begin = bench_now_ns(), ready;
	char version[24];

	snprintf(version, sizeof(version), "1.%llu", (unsigned long long)number);
	f.version = version;
	if (ahead) {
		if (ew_function_prepare(&f.prepared, &f, NULL, 0, &alloc, NULL) != EW_OK)
			return false;
		f.module_bytes = NULL;
		f.module_size = 0;
	}
	ready = bench_now_ns();
	if (ew_node_function_put(s->node, &f, NULL) != EW_OK)
		return false;
	if (ew_node_dispatch(s->node, &s->event.header, 1) != EW_OK)
		return false;
	t->pushed++;
	t->pauses[t->swaps] = (double)(bench_now_ns() - ready);
	t->prepares[t->swaps++] = (double)(ready - begin);
	return true;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void swap_row(struct bench *b, const char *name, size_t module_bytes, uint32_t swaps, bool ahead)
{
	struct stream t;
	bool ok;

	if (!bench_wanted(b, name))
		return;
	memset(&t, 0, sizeof(t));
	ok = open_site(b, &t.site, module_bytes, EW_FUNCTION_KEEP, 1, 0);
	t.pauses = calloc(swaps, sizeof(double));
	t.prepares = calloc(swaps, sizeof(double));
	ok = ok && t.pauses && t.prepares;
	for (uint32_t i = 0; ok && i < swaps; i++)
		ok = feed(&t, 4096) && swap_once(&t, i + 2, ahead);
	for (struct ew_ring_stat st; ok; ) {
		struct ew_node_next next;

		ew_ring_stat(t.site.in, &st);
		if (st.pushed == st.released)
			break;
		ok = ew_node_step(t.site.node, 1, &next) == EW_OK;
	}
	bench_check(b, ok, "%s: the stream broke off", name);
	bench_check(b, !ok || (stats_of(&t.site, "f").events == t.pushed && stats_of(&t.site, "f").calls == t.pushed &&
			       stats_of(&t.site, "f").failed_events == 0), "%s: events were lost or doubled", name);
	if (ok) {
		qsort(t.pauses, swaps, sizeof(double), by_size);
		qsort(t.prepares, swaps, sizeof(double), by_size);
		bench_row(b, name);
		bench_num(b, "pause_us", t.pauses[swaps / 2] / 1000, 2);
		bench_num(b, "p99_us", t.pauses[swaps - 1 - swaps / 100] / 1000, 2);
		bench_num(b, "max_us", t.pauses[swaps - 1] / 1000, 2);
		bench_num(b, "ahead_us", t.prepares[swaps / 2] / 1000, 2);
		bench_uint(b, "module_bytes", t.site.size);
		bench_uint(b, "swaps", swaps);
		bench_uint(b, "events", t.pushed);
		bench_end(b);
	}
	free(t.pauses);
	free(t.prepares);
	close_site(&t.site);
}

int main(int argc, char **argv)
{
	const char *swaps;
	struct bench b;
	char cpu[CPU_TEXT_BYTES];
	uint32_t count = 1000;
	int rc;

	alloc = ew_alloc_libc();
	rc = bench_init(&b, "bench-node", cpu_text(ewi_cpu_features(), cpu), usage, &argc, argv);
	if (rc != BENCH_GO)
		return rc;
	swaps = bench_option("--swaps", &argc, argv);
	if (swaps)
		count = (uint32_t)strtoul(swaps, NULL, 10);
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	if (count < 1 || count > 1000000) {
		fprintf(stderr, "bench-node: --swaps takes 1 to 1000000\n");
		return 2;
	}
	if (bench_wanted(&b, "dispatch"))
		bench_dispatch(&b);
	bench_fresh(&b);
	swap_row(&b, "swap_prepared_16k", FRESH_BYTES, count, true);
	swap_row(&b, "swap_bytes_16k", FRESH_BYTES, count, false);
	swap_row(&b, "swap_prepared_small", 0, count, true);
	swap_row(&b, "swap_bytes_small", 0, count, false);
	return bench_finish(&b);
}
