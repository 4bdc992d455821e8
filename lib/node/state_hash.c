/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * state_hash.c - all that decides what a node will do next, as one SHA-256.  Numbers go in little-endian, with 8 bytes
 * each; texts and bytes behind their length; an instance as ew_snapshot_save() writes it.
 */
#include "abi/models.h"
#include "base/le.h"
#include "base/sha256.h"
#include "edgewasm/snapshot.h"
#include "node/journal.h"

#if EW_CONFIG_NODE

static void add_number(struct ewi_sha256 *s, uint64_t v)
{
	uint8_t bytes[8];

	ewi_put_le64(bytes, v);
	ewi_sha256_add(s, bytes, sizeof(bytes));
}

static void add_bytes(struct ewi_sha256 *s, const void *bytes, size_t size)
{
	add_number(s, size);
	if (size)
		ewi_sha256_add(s, bytes, size);
}

static void add_text(struct ewi_sha256 *s, const char *text)
{
	add_bytes(s, text, text ? strlen(text) : 0);
}

static void add_double(struct ewi_sha256 *s, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	add_number(s, bits);
}

static void add_kv(struct ewi_sha256 *s, struct ew_kv *kv)
{
	const void *key = NULL, *value;
	size_t key_bytes = 0, value_bytes;

	while (ew_kv_next(kv, key, key_bytes, &key, &key_bytes, &value, &value_bytes) == EW_OK) {
		add_bytes(s, key, key_bytes);
		add_bytes(s, value, value_bytes);
	}
}

void ewi_kv_hash(struct ew_kv *kv, uint8_t out[EW_SHA256_BYTES])
{
	struct ewi_sha256 s;

	ewi_sha256_init(&s);
	if (kv)
		add_kv(&s, kv);
	ewi_sha256_get(&s, out);
}

#if EW_CONFIG_SNAPSHOT
static enum ew_status add_piece(void *user, const void *bytes, size_t size)
{
	ewi_sha256_add(user, bytes, size);
	return EW_OK;
}

static enum ew_status add_version(struct ewi_sha256 *s, const struct ewi_version *v)
{
	struct ew_snapshot *snapshot;
	enum ew_status st;

	add_text(s, v ? v->version : NULL);
	if (!v)
		return EW_OK;
	ewi_sha256_add(s, v->sha256, sizeof(v->sha256));
	add_number(s, v->instance != NULL);
	for (uint32_t i = 0; i < v->setting_count; i++) {
		add_text(s, v->settings[i].key);
		add_bytes(s, v->settings[i].value, v->settings[i].len);
	}
	add_number(s, v->used);
	add_number(s, v->module != NULL);
	st = ewi_abi_state(v->abi, add_piece, s);
	if (!v->instance || st != EW_OK)
		return st;
	st = ew_snapshot_take(&snapshot, v->instance, &v->node->alloc, NULL);
	if (st != EW_OK)
		return st;
	st = ew_snapshot_save(snapshot, add_piece, s);
	ew_snapshot_free(snapshot);
	return st;
}

static void add_arm(struct ewi_sha256 *s, const struct ewi_arm *a)
{
	add_number(s, a->events);
	add_number(s, a->failed);
	add_number(s, a->fuel);
	add_number(s, a->busy_ns);
	add_number(s, a->scored);
	for (uint32_t i = 0; i < EWI_CANARY_EMITS; i++)
		add_number(s, a->emits[i]);
	for (uint32_t i = 0; i < EWI_CANARY_SCORES; i++)
		add_number(s, a->scores[i]);
}

static enum ew_status add_canary(struct ewi_sha256 *s, const struct ewi_canary *c)
{
	add_number(s, c != NULL);
	if (!c)
		return EW_OK;
	add_arm(s, &c->arms[0]);
	add_arm(s, &c->arms[1]);
	add_number(s, c->next_check);
	add_number(s, c->learned);
	for (uint32_t i = 0; i < c->learned; i++)
		add_double(s, c->learn[i]);
	return add_version(s, c->version);
}

/* Events that wait for their batch. */
static void add_hold(struct ewi_sha256 *s, const struct ewi_hold *h)
{
	add_number(s, h->batch.count);
	for (uint32_t i = 0; i < h->batch.count; i++) {
		const struct ew_event *e = h->events[i];

		add_number(s, e->seq);
		add_number(s, e->time_ns);
		ewi_sha256_add(s, e->trace_id, sizeof(e->trace_id));
		add_bytes(s, ew_event_topic(e), e->topic_bytes);
		add_bytes(s, ew_event_data(e), e->data_bytes);
	}
}

static void add_watch(struct ewi_sha256 *s, const struct ewi_watch *w)
{
	add_text(s, w->metric);
	add_text(s, w->topic);
	add_double(s, w->scale);
	add_number(s, (uint64_t)w->mean << 1 | w->shape);
	add_number(s, (uint64_t)(uint32_t)w->ph.delta << 32 | (uint32_t)w->ph.lambda);
	add_number(s, (uint64_t)w->ph.min_count << 32 | w->ph.count);
	add_number(s, (uint64_t)w->ph.sum);
	add_number(s, (uint64_t)w->ph.up);
	add_number(s, (uint64_t)w->ph.down);
	add_number(s, (uint64_t)w->psi.reference_count << 32 | w->psi.referred);
	add_number(s, (uint64_t)w->psi.window_count << 32 | w->psi.counted);
	add_number(s, w->psi.threshold);
	for (uint32_t b = 0; b < w->psi.buckets; b++) {
		add_number(s, b + 1 < w->psi.buckets ? (uint32_t)w->psi.edges[b] : 0);
		add_number(s, (uint64_t)w->psi.reference[b] << 32 | w->psi.window[b]);
	}
}

static enum ew_status add_function(struct ewi_sha256 *s, const struct ewi_function *f)
{
	enum ew_status st;

	add_text(s, f->name);
	add_number(s, f->parked_until);
	add_number(s, f->stats.fails_in_row);
	add_number(s, f->next_tick);
	add_number(s, f->half_open);
	for (const struct ewi_watch *w = f->watches; w; w = w->next)
		add_watch(s, w);
	if (f->hold)
		add_hold(s, f->hold);
	for (const struct ewi_override *o = f->overrides; o; o = o->next)
		add_bytes(s, o->text, o->key_bytes + o->value_bytes);
	st = add_version(s, f->version);
	if (st == EW_OK)
		st = add_version(s, f->kept);
	return st == EW_OK ? add_canary(s, f->canary) : st;
}

static void add_metrics(struct ewi_sha256 *s, const struct ew_node *node)
{
	for (uint32_t i = 0; i < node->max_metrics; i++) {
		const struct ewi_metric *m = &node->metrics[i];

		if (!m->function)
			continue;
		add_text(s, m->function->name);
		add_text(s, m->name);
		add_number(s, (uint64_t)m->count);
		add_double(s, m->value);
		add_double(s, m->min);
		add_double(s, m->max);
		for (uint32_t b = 0; m->bucket && b < EWI_METRIC_BUCKETS; b++)
			add_number(s, m->bucket[b]);
	}
}

static void add_tenants(struct ewi_sha256 *s, const struct ew_node *node)
{
	for (const struct ewi_tenant *t = node->tenants; t; t = t->next) {
		add_text(s, t->name);
		add_number(s, t->broke);
		for (int k = 0; k < EWI_TENANT_QUOTAS; k++) {
			add_number(s, t->bucket[k].rate);
			add_number(s, t->bucket[k].tokens);
			add_number(s, t->bucket[k].rest);
			add_number(s, t->bucket[k].last_ns);
			add_number(s, t->debt[k]);
		}
	}
}

static void add_models(struct ewi_sha256 *s, const struct ew_node *node)
{
	struct ew_models_entry m;

	for (uint32_t i = 0; ew_models_at(node->models, i, &m) == EW_OK; i++) {
		add_text(s, m.name);
		add_text(s, m.version);
		add_number(s, m.current);
	}
}

/* Which events it saves a call: as good as told by how many there are. */
static void add_cache(struct ewi_sha256 *s, const struct ew_node *node)
{
	struct ew_node_stats stats = {0};

	if (node->cache)
		ewi_cache_stats(node->cache, &stats);
	add_number(s, stats.cache_entries);
	add_number(s, stats.cache_bytes);
}

enum ew_status ew_node_state_hash(struct ew_node *node, uint8_t out[EW_SHA256_BYTES])
{
	struct ewi_sha256 s;
	enum ew_status st = EW_OK;

	if (node->busy)
		return EW_ERR_STATE;
	ewi_sha256_init(&s);
	for (uint32_t i = 0; st == EW_OK && i < node->function_count; i++)
		st = add_function(&s, node->functions[i]);
	if (st != EW_OK)
		return st;
	for (size_t i = 0; i < node->route_count; i++) {
		add_bytes(&s, node->routes[i].pattern, node->routes[i].len);
		add_text(&s, node->routes[i].function->name);
	}
	add_metrics(&s, node);
	add_tenants(&s, node);
	add_models(&s, node);
	add_cache(&s, node);
	if (node->kv)
		add_kv(&s, node->kv);
	ewi_sha256_get(&s, out);
	return EW_OK;
}
#else
enum ew_status ew_node_state_hash(struct ew_node *node, uint8_t out[EW_SHA256_BYTES])
{
	(void)node, (void)out;
	return EW_ERR_UNSUPPORTED;
}
#endif

#endif
