/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* guest.c - calling a function, and what becomes of a call that does not end well. */
#include "abi/models.h"
#include "node/node.h"

#if EW_CONFIG_NODE

/*
 * Fuel between two looks at the clock, while a deadline runs: about 0.1 ms on a gateway, some milliseconds
 * on a microcontroller.
 */
#define SLICE 100000u

/* Of guest.h. */
#define LEVEL_INFO 2u
#define LEVEL_WARN 3u
#define LEVEL_ERROR 4u

/* ---- one call --------------------------------------------------------------------------------- */

struct ewi_outcome ewi_guest_call(struct ewi_version *v, struct ew_func *func,
				  union ew_value *values, uint64_t fuel, uint64_t deadline_ns,
				  uint64_t *used)
{
	struct ew_node *node = v->node;
	bool watched = deadline_ns && node->host.clock;
	struct ewi_outcome o = {EW_OK, 0, false};
	uint64_t left = fuel, total = 0, limit = node->recorder ? node->recorder->ops->call_limit(node->recorder) : UINT64_MAX;
	bool begun = false;

	ew_exec_clear_interrupt(node->exec);
	for (;;) {
		uint64_t slice = watched && left > SLICE ? SLICE : left, spent;
		bool last = limit - total <= slice; /* a replay: it was interrupted here */

		if (last)
			slice = limit - total;
		ew_exec_set_fuel(node->exec, slice);
		o.status = begun ? ew_resume(node->exec, values) : ew_call(func, values);
		begun = true;
		/* What is owed beyond the slice (fuel below 0) is taken from the next ones. */
		spent = slice - (uint64_t)ew_exec_fuel(node->exec);
		*used += spent;
		total += spent;
		left = spent < left ? left - spent : 0;
		if (last && o.status == EW_ERR_FUEL)
			o.status = EW_ERR_INTERRUPT;
		if (o.status == EW_ERR_INTERRUPT && node->recorder)
			node->recorder->ops->interrupted(node->recorder, total);
		if (o.status == EW_ERR_INTERRUPT)
			o.deadline = true;
		else if (o.status != EW_ERR_FUEL)
			return o;
		if (watched) {
			ewi_node_time(node);
			o.deadline |= node->now_ns >= deadline_ns;
		}
		if (o.deadline || left == 0)
			break;
	}
	ew_cancel(node->exec);
	return o;
}

/* ---- telling the host ------------------------------------------------------------------------- */

static void say(char *text, size_t cap, const struct ew_node_report *r)
{
	const char *name = NULL;
	size_t len = 0;

	if (r->trap && r->trap->frame_count) {
		name = ew_func_name(r->module, r->trap->frames[0].func, &len);
		ewi_format(text, cap, "%s@%s trapped in %.*s at byte %u: %s", r->function, r->version,
			   name ? (int)(len < 48 ? len : 48) : 10, name ? name : "a function",
			   (unsigned)r->trap->frames[0].offset, r->trap->text);
		return;
	}
	switch (r->cause) {
	case EW_NODE_REFUSED:
		ewi_format(text, cap, "%s@%s returned %d", r->function, r->version, (int)r->result);
		break;
	case EW_NODE_QUOTA:
		ewi_format(text, cap, "%s@%s met a quota of its grant", r->function, r->version);
		break;
	case EW_NODE_TENANT:
		ewi_format(text, cap, "the tenant of %s@%s has used up a quota", r->function, r->version);
		break;
	case EW_NODE_PARKED:
		ewi_format(text, cap, "%s@%s failed too often in a row and is parked", r->function,
			   r->version);
		break;
	default:
		ewi_format(text, cap, "%s@%s: %s", r->function, r->version,
			   r->text ? r->text : ew_node_cause_name(r->cause));
		break;
	}
}

void ewi_guest_report(struct ewi_version *v, struct ew_node_report *r)
{
	struct ewi_function *f = v->function;
	struct ew_node *node = v->node;
	char text[EW_ERROR_TEXT_BYTES];

	f->stats.causes[r->cause]++;
	f->stats.failed_events += r->events_lost;
	if (v->tenant)
		v->tenant->stats.failed_events += r->events_lost;
	if (!node->host.report && !node->host.entry && !node->recorder)
		return;
	r->function = f->name;
	r->version = v->version;
	r->module = v->module;
	say(text, sizeof(text), r);
	r->text = text;
	if (node->recorder)
		node->recorder->ops->report(node->recorder, r);
	if (node->host.report)
		node->host.report(node->user, r);
	if (node->host.entry)
		ewi_span_entry(v, r->event, r->trap ? LEVEL_ERROR : r->cause == EW_NODE_PROMOTED ? LEVEL_INFO : LEVEL_WARN,
			       text, strlen(text));
	r->text = NULL; /* it ends with this function */
}

/* One more failure in a row; at the limit the function rests.  A canary's failures are the canary's. */
static void failed(struct ewi_version *v)
{
	struct ewi_function *f = v->function;
	struct ew_node_report r = {.cause = EW_NODE_PARKED, .status = EW_ERR_STATE};

	if (v != f->version)
		return;
	if (f->stats.fails_in_row < UINT32_MAX)
		f->stats.fails_in_row++;
	if (v->fail_limit == UINT32_MAX || f->stats.fails_in_row < v->fail_limit)
		return;
	f->parked_until = v->node->now_ns + v->park_ns;
	if (f->parked_until < v->park_ns) /* past the end of time */
		f->parked_until = UINT64_MAX;
	r.until_ns = f->parked_until;
	ewi_guest_report(v, &r);
}

static enum ew_node_cause cause_of(const struct ewi_outcome *o, const struct ew_trap *trap)
{
	if (o->deadline)
		return EW_NODE_DEADLINE;
	switch (o->status) {
	case EW_OK: return EW_NODE_REFUSED;
	case EW_ERR_FUEL: return EW_NODE_FUEL_OUT;
	case EW_ERR_EXIT: return EW_NODE_EXIT;
	case EW_ERR_TRAP:
		return trap && trap->code == EW_TRAP_HOST && trap->status == EW_ERR_QUOTA ?
			       EW_NODE_QUOTA :
			       EW_NODE_TRAP;
	default: return EW_NODE_TRAP;
	}
}

/*
 * After a call: count, tell, and throw away an instance that did not come to its end.  Of `count` events, `lost`
 * did not get their verdict when the call failed.
 */
static void judge(struct ewi_version *v, const struct ewi_outcome *o, const struct ew_event *event,
		  uint32_t lost)
{
	struct ew_node_report r = {.status = o->status, .result = o->result, .event = event};

	if (o->status == EW_OK && o->result >= 0) {
		if (v == v->function->version) {
			v->function->stats.fails_in_row = 0;
			v->function->half_open = false;
		}
		return;
	}
	if (o->status == EW_ERR_TRAP)
		r.trap = ew_exec_trap(v->node->exec);
	r.cause = cause_of(o, r.trap);
	r.events_lost = lost;
	ewi_guest_report(v, &r);
	if (o->status != EW_OK && !(v->flags & EW_FUNCTION_FRESH)) /* those are reset anyway */
		ewi_version_stop(v);
	failed(v);
}

static uint64_t refusals(const struct ew_abi_stats *s)
{
	uint64_t sum = 0;

	for (int k = 0; k < EW_QUOTA_KINDS; k++)
		sum += s->refused[k];
	return sum;
}

/* ---- events and ticks ------------------------------------------------------------------------- */

/* False: parked, and nothing is to be called.  Its time over, it is half open: the next call decides. */
static bool awake(struct ewi_function *f)
{
	if (!f->parked_until)
		return true;
	if (f->version->node->now_ns < f->parked_until)
		return false;
	/* On probation: one more failure parks it again. */
	f->parked_until = 0;
	f->stats.fails_in_row = f->version->fail_limit - 1;
	f->half_open = true;
	return true;
}

static bool ready(struct ewi_version *v, const struct ew_event *event, uint32_t count)
{
	struct ew_node_report r = {.cause = EW_NODE_INSTANCE, .event = event, .events_lost = count};
	struct ew_error err = {EW_OK, 0, ""};
	struct ew_trap trap;

	/* Handles of models that edge_init opened are stale once a name stands for another model. */
	if (v->start && v->start_models != ewi_models_generation(v->node->models))
		ewi_version_forget(v);
	if (v->instance && !(v->flags & EW_FUNCTION_ON_DEMAND))
		return true;
	r.status = v->flags & EW_FUNCTION_ON_DEMAND ? ewi_module_demand(v, &err) : EW_OK;
	if (r.status == EW_OK && !v->instance)
		r.status = ewi_version_start(v, &trap, &r.result, &err);
	if (r.status == EW_OK)
		return true;
	r.text = err.text;
	ewi_guest_report(v, &r);
	failed(v);
	return false;
}

/* A deadline in the host's time, 0: none. */
static uint64_t deadline_from(const struct ewi_version *v)
{
	uint64_t at = v->node->now_ns + v->deadline_ns;

	if (!v->deadline_ns)
		return 0;
	return at < v->deadline_ns ? UINT64_MAX : at;
}

/* What a call has cost is known: to whom, and who is told. */
static void account(struct ewi_version *v, struct ewi_call *c, const struct ewi_outcome *o)
{
	struct ewi_function *f = v->function;
	struct ew_node *node = v->node;
	bool good = o->status == EW_OK && o->result >= 0;

	ewi_node_time(node);
	c->cost.events = c->count;
	c->cost.busy_ns = node->now_ns - c->begin_ns;
	for (uint32_t i = 0; i < c->count; i++) {
		const struct ew_event *e = c->events[i];

		if (f->sample)
			ew_reservoir_offer(f->sample, ew_event_data(e), ew_event_payload_bytes(e));
		c->cost.bytes += (uint64_t)e->topic_bytes + ew_event_payload_bytes(e);
		if (e->time_ns)
			ew_histogram_add(&f->latency, node->now_ns > e->time_ns ? node->now_ns - e->time_ns : 0);
	}
	if (node->recorder)
		node->recorder->ops->call(node->recorder, v, c->count ? c->events[0] : NULL, c->count, c->lost, o,
					  c->cost.fuel);
	f->stats.fuel += c->cost.fuel;
	f->stats.inferences += c->cost.inferences;
	f->stats.busy_ns += c->cost.busy_ns;
	f->stats.bytes += c->cost.bytes;
	if (v->tenant)
		ewi_tenant_charge(v->tenant, &c->cost, node->now_ns);
	if (node->host.span && c->count)
		ewi_span_tell(v, c, good ? NULL : ew_node_cause_name(cause_of(o, o->status == EW_ERR_TRAP ?
									      ew_exec_trap(node->exec) : NULL)));
}

static uint32_t unacked(const struct ew_node *node, uint32_t count, uint32_t *first)
{
	uint32_t n = 0;

	*first = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (node->states[i] == EW_EVENT_ACKED)
			continue;
		if (n++ == 0)
			*first = i;
	}
	return n;
}

/* The call itself; returns how many of the events have no verdict, *first the first of them. */
static uint32_t call(struct ewi_version *v, const struct ew_event *const *events, uint32_t count,
		     struct ewi_outcome *o, uint64_t *used, uint32_t *first)
{
	uint64_t deadline = deadline_from(v);
	union ew_value values[1] = {{.u64 = 0}};
	uint32_t lost;

	ew_abi_begin(v->abi, v->node->now_ns, deadline);
	ew_abi_offer(v->abi, events, v->node->states, count);
	if (v->on_event) {
		values[0].u32 = count;
		*o = ewi_guest_call(v, v->on_event, values, v->fuel * count, deadline, used);
		o->result = o->status == EW_OK ? values[0].i32 : 0;
	} else {
		*o = ewi_guest_handle(v, events[0], deadline, used);
	}
	lost = unacked(v->node, count, first);
	ew_abi_offer(v->abi, NULL, NULL, 0);
	return lost;
}

/* A result from the cache instead of a call.  False: there is none. */
static bool recall(struct ewi_version *v, struct ewi_call *c, struct ewi_cache_key *key)
{
	const struct ew_event *e = c->events[0];
	struct ewi_outcome o = {EW_OK, 0, false};
	enum ew_status st;

	ew_abi_begin(v->abi, v->node->now_ns, 0);
	ew_abi_set_trace(v->abi, e->trace_id);
	if (!ewi_cache_get(v, e, key, &st))
		return false;
	o.result = st == EW_OK ? 0 : ewi_edge_error(st);
	c->lost = st != EW_OK;
	c->cached = true;
	account(v, c, &o);
	judge(v, &o, c->lost ? e : NULL, c->lost);
	return true;
}

/* One call with events for a version whose instance is ready. */
static void serve_call(struct ewi_version *v, const struct ew_event *const *events, uint32_t count)
{
	struct ewi_function *f = v->function;
	const struct ew_abi_stats *stats = ew_abi_stats(v->abi);
	struct ewi_call c = {.events = events, .count = count, .begin_ns = v->node->now_ns};
	uint64_t inferences = stats->used[EW_QUOTA_INFERENCES], refused = refusals(stats), emitted = f->stats.emitted_events;
	/* On trial every event is worked out: the two sides could not be compared otherwise. */
	bool cached = v->flags & EW_FUNCTION_CACHE && !v->arm;
	struct ewi_cache_key key;
	struct ewi_outcome o;

	if (cached && recall(v, &c, &key))
		return;
	if (cached)
		ewi_cache_begin(v->node->cache);
	c.lost = call(v, events, count, &o, &c.cost.fuel, &c.first);
	c.cost.inferences = stats->used[EW_QUOTA_INFERENCES] - inferences;
	f->stats.calls++;
	account(v, &c, &o);
	if (v->arm)
		ewi_canary_count(v->arm, count, o.status == EW_OK && o.result >= 0 ? 0 : c.lost, c.cost.fuel, c.cost.busy_ns,
				 f->stats.emitted_events - emitted);
	if (cached)
		ewi_cache_end(v, events[0], &key, o.status == EW_OK && o.result >= 0 && refusals(stats) == refused);
	judge(v, &o, c.lost ? events[c.first] : NULL, c.lost);
	if (refusals(stats) > refused && o.status == EW_OK) {
		struct ew_node_report r = {.cause = EW_NODE_QUOTA, .status = EW_ERR_QUOTA,
					   .event = events[0]};

		ewi_guest_report(v, &r);
	}
	if (v->flags & EW_FUNCTION_FRESH)
		ewi_version_reset(v);
}

/* Events whose version has no instance: that has been reported. */
static void not_served(struct ewi_version *v, const struct ew_event *const *events, uint32_t count)
{
	struct ewi_call c = {.events = events, .count = count, .begin_ns = v->node->now_ns};

	if (v->arm)
		ewi_canary_count(v->arm, count, count, 0, 0, 0);
	if (v->node->host.span)
		ewi_span_tell(v, &c, ew_node_cause_name(EW_NODE_INSTANCE));
}

/*
 * Events for a version that is awake, in calls of what it takes at once: known only when it has been loaded, since
 * handle() takes one.
 */
static void serve(struct ewi_version *v, const struct ew_event *const *events, uint32_t count)
{
	for (uint32_t at = 0, n; at < count; at += n) {
		bool can = ready(v, events[at], count - at);

		n = can && v->batch < count - at ? v->batch : count - at;
		v->node->asking = n == 1 ? events[at] : NULL;
		if (can)
			serve_call(v, events + at, n);
		else
			not_served(v, events + at, n);
	}
	v->node->asking = NULL;
}

/* Runs of events whose keys meet the same version; whenever the canary is decided, what is left meets the winner. */
static void serve_both(struct ewi_function *f, const struct ew_event *const *events, uint32_t count)
{
	for (uint32_t at = 0, n; at < count; at += n) {
		struct ewi_version *v = f->canary ? ewi_canary_choose(f, events[at]) : f->version;
		struct ew_node_report r = {.cause = EW_NODE_PROMOTED, .status = EW_OK};
		const char *why;

		for (n = 1; at + n < count && n < v->batch; n++)
			if (f->canary && ewi_canary_choose(f, events[at + n]) != v)
				break;
		serve(v, events + at, n);
		if (!f->canary || !ewi_canary_decided(f->canary, &why))
			continue;
		r.text = why;
		if (why) {
			r.cause = EW_NODE_ROLLED_BACK;
			ewi_guest_report(f->canary->version, &r);
			ewi_canary_end(f, false);
		} else {
			r.status = ewi_canary_end(f, true);
			if (r.status != EW_OK) {
				r.cause = EW_NODE_ROLLED_BACK;
				r.text = "that it runs cannot be written down";
			}
			ewi_guest_report(f->version, &r);
		}
	}
}

/* False: its tenant has used up a quota, which is told once. */
static bool affords(struct ewi_function *f, const struct ew_event *e)
{
	struct ewi_version *v = f->version;
	struct ew_node_report r = {.cause = EW_NODE_TENANT, .status = EW_ERR_QUOTA, .event = e};
	bool told;

	if (!v->tenant || ewi_tenant_allows(v->tenant, v->node->now_ns, &told))
		return true;
	if (!told)
		ewi_guest_report(v, &r);
	return false;
}

/* The function that takes f's events while it is parked, if it can: not one that a route gave them to anyway. */
static struct ewi_function *fallback_of(struct ewi_function *f, const struct ew_event *e)
{
	struct ew_node *node = f->version->node;
	struct ewi_function *to = f->version->fallback ? ewi_function_find(node, f->version->fallback) : NULL;
	uint32_t matched = to ? ewi_route_match(node, ew_event_topic(e), e->topic_bytes, node->match_next) : 0;

	for (uint32_t m = 0; m < matched; m++)
		if (node->match_next[m] == to)
			return NULL;
	return to && awake(to) && affords(to, e) ? to : NULL;
}

/* Events that f cannot take: to its fallback, to the host's local rule, or counted as dropped. */
static void fall_back(struct ewi_function *f, const struct ew_event *const *events, uint32_t count, uint64_t *dropped)
{
	struct ew_node *node = f->version->node;
	bool local = !f->version->fallback && node->host.fallback;

	for (uint32_t at = 0, n; at < count; at += n) {
		struct ewi_function *to = fallback_of(f, events[at]);
		bool taken = to || (local && (node->recorder ?
			node->recorder->ops->fallback(node->recorder, f->name, events[at]) :
			node->host.fallback(node->user, f->name, events[at])));

		for (n = 1; to && n < to->version->batch && at + n < count; n++)
			if (fallback_of(f, events[at + n]) != to)
				break;
		if (to) {
			to->stats.events += n;
			serve(to->version, events + at, n);
		}
		f->stats.fallen_back += taken ? n : 0;
		*dropped += taken ? 0 : n;
	}
}

/* With quotas events are let through call by call, since each may use up what is left. */
static uint32_t passable(const struct ewi_function *f, uint32_t count)
{
	const struct ewi_version *v = f->version;

	if (f->half_open)
		return 1;
	return v->tenant && v->tenant->limited && v->batch < count ? v->batch : count;
}

void ewi_guest_now(struct ewi_function *f, const struct ew_event *const *events, uint32_t count)
{
	for (uint32_t at = 0, n; at < count; at += n) {
		bool up = awake(f);

		n = passable(f, count - at);
		if (!up) {
			fall_back(f, events + at, n, &f->stats.dropped_parked);
		} else if (!affords(f, events[at])) {
			f->version->tenant->stats.refused_events += n;
			fall_back(f, events + at, n, &f->stats.dropped_quota);
		} else if (f->canary) {
			serve_both(f, events + at, n);
		} else {
			serve(f->version, events + at, n);
		}
	}
}

void ewi_guest_events(struct ewi_function *f, const struct ew_event *const *events, uint32_t count)
{
	f->stats.events += count;
	if (f->version->batch_age_ns) {
		ewi_hold_events(f, events, count);
		return;
	}
	ewi_hold_flush(f); /* what an earlier version waited with */
	ewi_guest_now(f, events, count);
}

void ewi_guest_tick(struct ewi_function *f)
{
	struct ewi_version *v = f->version;
	struct ewi_call c = {.count = 0};
	union ew_value values[1];
	struct ewi_outcome o;
	uint64_t deadline, inferences;

	if (!awake(f) || !affords(f, NULL) || !ready(v, NULL, 0) || !v->on_tick)
		return;
	c.begin_ns = v->node->now_ns;
	deadline = deadline_from(v);
	ew_abi_begin(v->abi, v->node->now_ns, deadline);
	values[0].u64 = v->node->now_ns;
	inferences = ew_abi_stats(v->abi)->used[EW_QUOTA_INFERENCES];
	o = ewi_guest_call(v, v->on_tick, values, v->fuel, deadline, &c.cost.fuel);
	c.cost.inferences = ew_abi_stats(v->abi)->used[EW_QUOTA_INFERENCES] - inferences;
	f->stats.ticks++;
	account(v, &c, &o);
	judge(v, &o, NULL, 0);
	if (v->flags & EW_FUNCTION_FRESH)
		ewi_version_reset(v);
}

#endif
