/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* node.c - making a node, and stepping it: time, ticks, events from the ring to their functions. */
#include "node/node.h"

#if EW_CONFIG_NODE

#define STEP_EVENTS 256u

const char *ew_node_cause_name(enum ew_node_cause cause)
{
	switch (cause) {
	case EW_NODE_REFUSED: return "refused";
	case EW_NODE_TRAP: return "trap";
	case EW_NODE_FUEL_OUT: return "out of fuel";
	case EW_NODE_DEADLINE: return "deadline";
	case EW_NODE_QUOTA: return "quota";
	case EW_NODE_EXIT: return "exit";
	case EW_NODE_INSTANCE: return "no instance";
	case EW_NODE_PARKED: return "parked";
	case EW_NODE_PROMOTED: return "promoted";
	case EW_NODE_ROLLED_BACK: return "rolled back";
	case EW_NODE_TENANT: return "tenant quota";
	case EW_NODE_DRIFT: return "drift";
	case EW_NODE_CAUSES: break;
	}
	return "unknown cause";
}

/* ---- making ----------------------------------------------------------------------------------- */

static uint32_t or_default(uint32_t value, uint32_t standard)
{
	return value ? value : standard;
}

static void set(struct ew_node *node, const struct ew_node_config *c)
{
	if (c->host)
		ewi_config_copy(&node->host, sizeof(node->host), c->host, c->host->struct_bytes);
	node->user = c->user;
	node->in = c->in;
	node->out = c->out;
	node->kv = c->kv;
	node->trust = c->trust;
	node->max_functions = or_default(c->max_functions, EW_NODE_FUNCTIONS);
	node->max_routes = or_default(c->max_routes, EW_NODE_ROUTES);
	node->max_metrics = or_default(c->max_metrics, EW_NODE_METRICS);
	node->max_batch = or_default(c->max_batch, EW_NODE_BATCH);
	node->max_loaded = c->max_loaded;
	node->step_events = or_default(c->step_events, STEP_EVENTS);
	node->stack_slots = c->stack_slots;
	node->call_depth = c->call_depth;
	node->cache_bytes = c->cache_bytes;
	node->next_tick = node->next_hold = EW_NODE_WHENEVER;
}

static enum ew_status take(struct ew_node *node, const struct ew_node_config *c)
{
	struct ew_exec_config x = {sizeof(x), c->stack_slots, c->call_depth};
	const struct ew_alloc *a = &node->alloc;
	enum ew_status st;

	node->functions = ewi_alloc(a, node->max_functions, sizeof(*node->functions));
	node->match = ewi_alloc(a, node->max_functions, sizeof(*node->match));
	node->match_next = ewi_alloc(a, node->max_functions, sizeof(*node->match_next));
	node->events = ewi_alloc(a, node->max_batch, sizeof(*node->events));
	node->states = ewi_alloc(a, node->max_batch, 1);
	node->metrics = ewi_alloc(a, node->max_metrics, sizeof(*node->metrics));
	if (!node->functions || !node->match || !node->match_next || !node->events ||
	    !node->states || !node->metrics)
		return EW_ERR_NOMEM;
	st = ew_exec_create(&node->exec, &x, a);
	if (c->trace_bytes) {
		node->trace_room = ewi_alloc(a, c->trace_bytes, 1);
		node->trace_bytes = c->trace_bytes;
		if (!node->trace_room && st == EW_OK)
			st = EW_ERR_NOMEM;
	}
	if (st == EW_OK && c->cache_bytes)
		st = ewi_cache_create(&node->cache, c->cache_bytes, a);
	if (st == EW_OK)
		st = ew_models_create(&node->models, a);
	return st;
}

enum ew_status ew_node_create(struct ew_node **out, const struct ew_node_config *config,
			      const struct ew_alloc *alloc, struct ew_error *err)
{
	struct ew_node_config c;
	struct ew_node *node;
	enum ew_status st;

	*out = NULL;
	ewi_error_clear(err);
	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes) ||
	    (c.host && c.host->struct_bytes < sizeof(size_t)))
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes is not set");
	if (c.max_batch > EW_NODE_BATCH_MAX)
		return ewi_error(err, EW_ERR_LIMIT, 0, "max_batch is over %u",
				 (unsigned)EW_NODE_BATCH_MAX);
	if (c.in && c.in == c.out)
		return ewi_error(err, EW_ERR_INVAL, 0, "in and out are the same ring");
	node = ewi_alloc(alloc, 1, sizeof(*node));
	if (!node)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	node->alloc = *alloc;
	set(node, &c);
	st = take(node, &c);
	if (st != EW_OK) {
		ew_node_destroy(node);
		return ewi_error(err, st, 0, "the node cannot be made: %s", ew_status_text(st));
	}
	*out = node;
	return EW_OK;
}

void ew_node_destroy(struct ew_node *node)
{
	struct ew_alloc a;

	if (!node)
		return;
	a = node->alloc;
	if (node->recorder)
		node->recorder->ops->close(node->recorder);
	if (node->keeper)
		node->keeper->ops->close(node->keeper);
	for (uint32_t i = 0; i < node->function_count; i++)
		ewi_function_free(node, node->functions[i]);
	ewi_routes_free(node);
	ew_models_destroy(node->models);
	ew_exec_destroy(node->exec);
	ewi_cache_destroy(node->cache);
	ewi_free(&a, node->trace_room, node->trace_bytes, 1);
	ewi_tenants_free(node);
	ewi_free(&a, node->functions, node->max_functions, sizeof(*node->functions));
	ewi_free(&a, node->match, node->max_functions, sizeof(*node->match));
	ewi_free(&a, node->match_next, node->max_functions, sizeof(*node->match_next));
	ewi_free(&a, node->events, node->max_batch, sizeof(*node->events));
	ewi_free(&a, node->states, node->max_batch, 1);
	ewi_free(&a, node->metrics, node->max_metrics, sizeof(*node->metrics));
	ewi_free(&a, node, 1, sizeof(*node));
}

struct ew_models *ew_node_models(struct ew_node *node)
{
	return node->models;
}

void ew_node_interrupt(struct ew_node *node)
{
	ew_exec_interrupt(node->exec);
}

void ew_node_stats(const struct ew_node *node, struct ew_node_stats *out)
{
	*out = node->stats;
	ewi_cache_stats(node->cache, out);
}

/* ---- time ------------------------------------------------------------------------------------- */

void ewi_node_advance(struct ew_node *node, uint64_t now_ns)
{
	if (now_ns > node->now_ns)
		node->now_ns = now_ns;
}

void ewi_node_time(struct ew_node *node)
{
	uint64_t ns;

	if (!node->host.clock)
		return;
	if ((node->recorder ? node->recorder->ops->clock(node->recorder, 1, &ns) :
			      node->host.clock(node->user, 1, &ns)) == EW_OK)
		ewi_node_advance(node, ns);
}

void ewi_node_next_tick(struct ew_node *node)
{
	node->next_tick = EW_NODE_WHENEVER;
	for (uint32_t i = 0; i < node->function_count; i++)
		if (node->functions[i]->next_tick < node->next_tick)
			node->next_tick = node->functions[i]->next_tick;
}

/* Each function that is due ticks once, however many of its intervals have gone by. */
static void run_ticks(struct ew_node *node)
{
	if (node->now_ns < node->next_tick)
		return;
	for (uint32_t i = 0; i < node->function_count; i++) {
		struct ewi_function *f = node->functions[i];
		uint64_t now = node->now_ns, late, interval = f->version->tick_ns;

		if (f->next_tick == EW_NODE_WHENEVER || now < f->next_tick)
			continue;
		late = (now - f->next_tick) / interval;
		f->next_tick = f->next_tick + late * interval <= UINT64_MAX - interval ?
				       f->next_tick + (late + 1) * interval :
				       EW_NODE_WHENEVER;
		ewi_guest_tick(f);
	}
	ewi_node_next_tick(node);
}

void ewi_node_ticks(struct ew_node *node)
{
	run_ticks(node);
	ewi_hold_due(node);
}

/* ---- events ----------------------------------------------------------------------------------- */

/* How many of the events, 1 at least, fit into one call of v. */
static uint32_t batch_length(const struct ewi_version *v, const struct ew_event *const *events, uint32_t count)
{
	uint32_t most = count < v->batch ? count : v->batch, n = 0;
	uint64_t bytes = 0;

	if (!v->batch_bytes)
		return most;
	for (; n < most; n++) {
		bytes += (uint64_t)events[n]->topic_bytes + events[n]->data_bytes;
		if (n && bytes > v->batch_bytes)
			break;
	}
	return n;
}

/* events all go to the same functions: each gets them in batches of the size it asked for. */
static void deliver(struct ew_node *node, const struct ew_event *const *events, uint32_t count,
		    uint32_t matched)
{
	for (uint32_t m = 0; m < matched; m++) {
		struct ewi_function *f = node->match[m];

		for (uint32_t at = 0, n; at < count; at += n) {
			n = batch_length(f->version, events + at, count - at);
			ewi_guest_events(f, events + at, n);
		}
	}
}

static uint32_t match(struct ew_node *node, const struct ew_event *e, struct ewi_function **out)
{
	return ewi_route_match(node, ew_event_topic(e), e->topic_bytes, out);
}

/* How many of the events, from the first on, go where the first one goes, as far as batches want it. */
static uint32_t run_length(struct ew_node *node, const struct ew_event *const *events,
			   uint32_t count, uint32_t matched)
{
	uint32_t want = 1, n = 1;

	for (uint32_t m = 0; m < matched; m++)
		if (node->match[m]->version->batch > want)
			want = node->match[m]->version->batch;
	if (want > count)
		want = count;
	while (n < want && match(node, events[n], node->match_next) == matched &&
	       memcmp(node->match, node->match_next, matched * sizeof(*node->match)) == 0)
		n++;
	return n;
}

void ewi_node_judge(struct ew_node *node, const struct ew_event **events, uint32_t count)
{
	for (uint32_t at = 0, n; at < count; at += n) {
		uint32_t matched = match(node, events[at], node->match);

		n = run_length(node, events + at, count - at, matched);
		node->stats.events += n;
		if (matched == 0)
			node->stats.unrouted += n;
		deliver(node, events + at, n, matched);
		if (node->in && node->in_read >= n) {
			ew_ring_release(node->in, n);
			node->in_read -= n;
		}
	}
}

static uint32_t run_events(struct ew_node *node)
{
	uint32_t done = 0;

	while (done < node->step_events && !(node->recorder && node->recorder->stopped)) {
		uint32_t room = node->step_events - done, count, fresh;

		count = fresh = ew_ring_read(node->in, node->events,
					     room < node->max_batch ? room : node->max_batch);
		if (count == 0)
			break;
		if (node->recorder)
			fresh = node->recorder->ops->inputs(node->recorder, node->events, count);
		node->in_read = count;
		ewi_node_judge(node, node->events, fresh);
		ew_ring_release(node->in, node->in_read); /* those that were there before */
		node->in_read = 0;
		done += count;
	}
	return done;
}

static enum ew_status begin(struct ew_node *node, uint64_t now_ns, bool dispatch)
{
	enum ew_status st = EW_OK;

	if (node->busy)
		return EW_ERR_STATE;
	ewi_node_advance(node, now_ns);
	ewi_span_clock(node);
	if (node->recorder)
		st = node->recorder->ops->step(node->recorder, dispatch);
	node->busy = st == EW_OK;
	return st;
}

static enum ew_status end(struct ew_node *node)
{
	node->busy = false;
	return node->recorder ? node->recorder->ops->end(node->recorder, EW_OK) : EW_OK;
}

enum ew_status ew_node_step(struct ew_node *node, uint64_t now_ns, struct ew_node_next *next)
{
	const struct ew_event *waiting;
	enum ew_status st;
	uint32_t done = 0;

	if (node->keeper && !node->busy)
		node->keeper->ops->watch(node->keeper, now_ns);
	st = begin(node, now_ns, false);
	if (st != EW_OK)
		return st;
	ewi_node_ticks(node);
	if (node->in)
		done = run_events(node);
	st = end(node);
	if (!next)
		return st;
	next->events = done;
	next->held = node->held;
	next->at_ns = node->held && node->next_hold < node->next_tick ? node->next_hold : node->next_tick;
	if (node->in && ew_ring_peek(node->in, &waiting) == EW_OK)
		next->at_ns = node->now_ns;
	return st;
}

enum ew_status ew_node_dispatch(struct ew_node *node, const struct ew_event *event, uint64_t now_ns)
{
	enum ew_status st = begin(node, now_ns, true);

	if (st != EW_OK)
		return st;
	if (!node->recorder || node->recorder->ops->inputs(node->recorder, &event, 1) == 1)
		ewi_node_judge(node, &event, 1);
	return end(node);
}

/* ---- acts ------------------------------------------------------------------------------------- */

enum ew_status ewi_act_begin(struct ew_node *node, const struct ewi_act_args *args, struct ew_error *err)
{
	enum ew_status st = EW_OK;

	ewi_error_clear(err);
	if (node->busy)
		return ewi_error(err, EW_ERR_STATE, 0, "not in a callback");
	if (node->recorder)
		st = node->recorder->ops->act(node->recorder, args);
	return st == EW_OK ? st : ewi_error(err, st, 0, "the journal takes nothing: %s", ew_status_text(st));
}

enum ew_status ewi_node_kept(struct ew_node *node, enum ew_status status)
{
	return node->recorder ? node->recorder->ops->kept(node->recorder, status) : status;
}

enum ew_status ewi_act_keep(struct ew_node *node, const struct ewi_act_args *args, struct ew_error *err)
{
	enum ew_status st = ewi_node_kept(node, node->keeper ? node->keeper->ops->put(node->keeper, args) : EW_OK);

	return st == EW_OK ? st : ewi_error(err, st, 0, "it cannot be written down: %s", ew_status_text(st));
}

enum ew_status ewi_act_end(struct ew_node *node, enum ew_status status)
{
	return node->recorder ? node->recorder->ops->end(node->recorder, status) : status;
}

#endif
