/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * watch.c - what a function records about its inputs or scores, watched for drift; and its raw events, sampled.
 * Leaves the judgement to drift.c and reservoir.c.
 */
#include "node/node.h"

#if EW_CONFIG_NODE

static struct ewi_watch **place_of(struct ewi_function *f, const char *metric)
{
	struct ewi_watch **at = &f->watches;

	while (*at && !ewi_same_text((*at)->metric, metric))
		at = &(*at)->next;
	return at;
}

void ewi_watches_free(struct ew_node *node, struct ewi_function *f)
{
	while (f->watches) {
		struct ewi_watch *w = f->watches;

		f->watches = w->next;
		ewi_free(&node->alloc, w, 1, sizeof(*w));
	}
}

/* ---- values ----------------------------------------------------------------------------------- */

/* To the nearest whole number of the watch's unit; what is too large is the largest. */
static int32_t to_unit(double v)
{
	v = v < 0 ? v - 0.5 : v + 0.5;
	return v >= 2147483647.0 ? INT32_MAX : v <= -2147483648.0 ? INT32_MIN : (int32_t)v;
}

/* A name without what would end a JSON string; ewi_format takes care of control characters. */
static const char *plain(char *out, const char *name)
{
	char *p = out;

	for (; *name; name++)
		*p++ = *name == '"' ? '\'' : *name == '\\' ? '/' : *name;
	*p = '\0';
	return out;
}

/* {"function":"f","version":"1","metric":"score","drift":"up","psi":0} */
static void tell(struct ewi_version *v, const struct ewi_watch *w, enum ew_drift drift)
{
	static const char *const names[] = {"none", "up", "down", "shape"};
	struct ew_node_report r = {.cause = EW_NODE_DRIFT, .status = EW_OK, .event = ewi_span_event(v)};
	struct ew_event e = {.time_ns = v->node->now_ns, .topic_bytes = (uint16_t)strlen(w->topic)};
	char function[EW_NODE_NAME_BYTES], version[EW_NODE_NAME_BYTES], text[320];

	ewi_format(text, sizeof(text), "{\"function\":\"%s\",\"version\":\"%s\",\"metric\":\"%s\",\"drift\":\"%s\",\"psi\":%u}",
		   plain(function, v->function->name), plain(version, v->version), w->metric, names[drift],
		   (unsigned)(drift == EW_DRIFT_SHAPE ? w->psi.last : 0));
	e.data_bytes = (uint32_t)strlen(text);
	if (r.event)
		memcpy(e.trace_id, r.event->trace_id, sizeof(e.trace_id));
	(void)ewi_services_emit(v, &e, w->topic, text); /* what is refused is counted */
	r.text = names[drift];
	ewi_guest_report(v, &r);
}

void ewi_watch_value(struct ewi_version *v, const char *metric, double value)
{
	struct ewi_watch *w = *place_of(v->function, metric);
	enum ew_drift drift;
	int32_t unit;

	if (!w || value != value)
		return;
	unit = to_unit(value * w->scale);
	drift = w->mean ? ew_page_hinkley_add(&w->ph, unit) : EW_DRIFT_NONE;
	if (drift != EW_DRIFT_NONE)
		tell(v, w, drift);
	drift = w->shape ? ew_psi_add(&w->psi, unit) : EW_DRIFT_NONE;
	if (drift != EW_DRIFT_NONE)
		tell(v, w, drift);
}

/* ---- commands --------------------------------------------------------------------------------- */

static enum ew_status make(struct ewi_watch *w, const struct ew_node_watch_config *c, struct ew_error *err)
{
	enum ew_status st = EW_OK;

	memcpy(w->metric, c->metric, strlen(c->metric));
	memcpy(w->topic, c->topic, strlen(c->topic));
	w->scale = c->scale != 0 ? c->scale : 1;
	w->mean = c->lambda != 0;
	w->shape = c->buckets != 0;
	if ((!w->mean && !w->shape) || w->scale - w->scale != 0) /* neither; not a number, or without an end */
		st = EW_ERR_INVAL;
	if (st == EW_OK && w->mean)
		st = ew_page_hinkley_init(&w->ph, c->delta, c->lambda, c->min_count);
	if (st == EW_OK && w->shape)
		st = ew_psi_init(&w->psi, c->edges, c->buckets, c->reference_count, c->window_count, c->threshold);
	return st == EW_OK ? st : ewi_error(err, st, 0, "the scale is not finite, or neither ew_page_hinkley_init nor ew_psi_init would take these");
}

static enum ew_status put(struct ew_node *node, const struct ewi_act_args *act, struct ew_error *err)
{
	struct ew_node_watch_config c;
	struct ewi_watch *w, **at;
	struct ewi_function *f;
	enum ew_status st;

	if (!ewi_config_copy(&c, sizeof(c), act->watch, act->watch->struct_bytes) || !c.function ||
	    !c.metric || !c.metric[0] || strlen(c.metric) >= sizeof(w->metric) || !c.topic || !c.topic[0] ||
	    strlen(c.topic) > EW_NODE_TOPIC_BYTES)
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes, function, metric or topic is not set, or too long");
	f = ewi_function_find(node, c.function);
	if (!f)
		return ewi_error(err, EW_ERR_NOENT, 0, "no function \"%s\"", c.function);
	w = ewi_alloc(&node->alloc, 1, sizeof(*w));
	if (!w)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	st = make(w, &c, err);
	if (st == EW_OK)
		st = ewi_act_keep(node, act, err);
	if (st != EW_OK) {
		ewi_free(&node->alloc, w, 1, sizeof(*w));
		return st;
	}
	at = place_of(f, c.metric);
	w->next = *at ? (*at)->next : NULL;
	ewi_free(&node->alloc, *at, 1, sizeof(*w));
	*at = w;
	return EW_OK;
}

enum ew_status ew_node_watch_put(struct ew_node *node, const struct ew_node_watch_config *config, struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_WATCH, .watch = config};
	enum ew_status st = ewi_act_begin(node, &act, err);

	return st == EW_OK ? ewi_act_end(node, put(node, &act, err)) : st;
}

enum ew_status ew_node_sample(struct ew_node *node, const char *function, struct ew_reservoir *reservoir)
{
	struct ewi_function *f = ewi_function_find(node, function);

	if (node->busy)
		return EW_ERR_STATE;
	if (!f)
		return EW_ERR_NOENT;
	f->sample = reservoir;
	return EW_OK;
}

#endif
