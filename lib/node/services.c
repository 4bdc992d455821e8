/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* services.c - what the ABI's callbacks mean inside a node; `user` is the struct ewi_version. */
#include "node/node.h"

#if EW_CONFIG_NODE

#define LEVEL_INFO 2u
#define LEVEL_ERROR 4u

static void service_log(void *user, uint32_t level, const char *text, size_t len)
{
	const struct ewi_version *v = user;

	if (v->node->host.log)
		v->node->host.log(v->node->user, v->function->name, level, text, len);
	if (v->node->host.entry)
		ewi_span_entry(v, ewi_span_event(v), level, text, len);
}

/* stdout and stderr are lines of the log, without their line ends. */
static enum ew_status service_write(void *user, int fd, const void *bytes, size_t len, size_t *done)
{
	const char *text = bytes;
	size_t n = len;

	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n)
		service_log(user, fd == 2 ? LEVEL_ERROR : LEVEL_INFO, text, n);
	*done = len;
	return EW_OK;
}

static enum ew_status service_clock(void *user, uint32_t id, uint64_t *ns)
{
	const struct ewi_version *v = user;

	if (v->node->host.clock)
		return v->node->recorder ? v->node->recorder->ops->clock(v->node->recorder, id, ns) :
					   v->node->host.clock(v->node->user, id, ns);
	/* The time that the step was given is a monotonic one. */
	if (id != 1)
		return EW_ERR_UNSUPPORTED;
	*ns = v->node->now_ns;
	return EW_OK;
}

static enum ew_status service_random(void *user, void *out, size_t bytes)
{
	const struct ewi_version *v = user;

	if (!v->node->host.random)
		return EW_ERR_UNSUPPORTED;
	return v->node->recorder ? v->node->recorder->ops->random(v->node->recorder, out, bytes) :
				   v->node->host.random(v->node->user, out, bytes);
}

enum ew_status ewi_node_emit(struct ew_node *node, const struct ewi_version *v, const struct ew_event *header,
			     const void *topic, const void *data)
{
	if (node->out)
		return ew_ring_push(node->out, header, topic, data);
	if (node->host.emit)
		return node->host.emit(node->user, v->function->name, header, topic, data);
	return node->recorder ? EW_OK : EW_ERR_UNSUPPORTED; /* a journal is a place to emit to */
}

/* An event as it leaves, recorded where there is a journal. */
static enum ew_status send(const struct ewi_version *v, const struct ew_event *header, const void *topic,
			   const void *data)
{
	struct ew_node *node = v->node;
	struct ewi_recorder *r = node->recorder;
	enum ew_status st = r ? r->ops->room(r, header) : EW_OK;

	if (st == EW_OK)
		st = r ? r->ops->emit(r, v, header, topic, data) : ewi_node_emit(node, v, header, topic, data);
	if (st == EW_OK && r)
		r->ops->output(r, v, header, topic, data);
	return st;
}

enum ew_status ewi_services_emit(struct ewi_version *v, const struct ew_event *header, const void *topic, const void *data)
{
	return ewi_node_services.emit(v, header, topic, data);
}

static enum ew_status service_emit(void *user, const struct ew_event *header, const void *topic,
				   const void *data)
{
	const struct ewi_version *v = user;
	struct ew_node *node = v->node;
	struct ew_event traced = *header;
	const void *whole = data;
	enum ew_status st;

	st = ewi_span_attach(v, &traced, &whole) ? send(v, &traced, topic, whole) : send(v, header, topic, data);
	ewi_cache_emitted(node->cache, header, topic, data, st);
	if (st != EW_OK) {
		node->stats.emit_refused++;
		return st;
	}
	node->stats.emitted++;
	v->function->stats.emitted_events++;
	v->function->stats.emitted_bytes += (uint64_t)header->topic_bytes + header->data_bytes;
	if (v->tenant) {
		v->tenant->stats.emitted_events++;
		v->tenant->stats.emitted_bytes += (uint64_t)header->topic_bytes + header->data_bytes;
	}
	return EW_OK;
}

static enum ew_status service_metric_define(void *user, uint32_t kind, const char *name, size_t len,
					    uint32_t *id)
{
	const struct ewi_version *v = user;

	return ewi_metric_define(v->node, v->function, kind, name, len, id);
}

static enum ew_status service_metric_add(void *user, uint32_t id, int64_t delta)
{
	const struct ewi_version *v = user;

	return ewi_metric_add(v->node, v->function, id, delta);
}

static enum ew_status service_metric_record(void *user, uint32_t id, double value)
{
	struct ewi_version *v = user;
	enum ew_status st = ewi_metric_record(v->node, v->function, id, value);

	if (st == EW_OK && v->arm)
		ewi_canary_score(v, v->node->metrics[id].name, value);
	if (st == EW_OK && v->function->watches && v == v->function->version)
		ewi_watch_value(v, v->node->metrics[id].name, value);
	return st;
}

static enum ew_status service_config_get(void *user, const char *key, size_t key_len,
					 const void **value, size_t *len)
{
	const struct ewi_version *v = user;
	const struct ewi_override *o = v->function->overrides ? ewi_override_find(v->function, key, key_len) : NULL;

	if (o) {
		*value = o->text + o->key_bytes;
		*len = o->value_bytes;
		return EW_OK;
	}
	for (uint32_t i = 0; i < v->setting_count; i++) {
		const struct ew_setting *s = &v->settings[i];

		if (!ewi_name_is(s->key, key, key_len))
			continue;
		*value = s->value;
		*len = s->len;
		return EW_OK;
	}
	return EW_ERR_NOENT;
}

const struct ew_abi_host ewi_node_services = {
	.struct_bytes = sizeof(struct ew_abi_host),
	.log = service_log,
	.clock = service_clock,
	.random = service_random,
	.emit = service_emit,
	.metric_define = service_metric_define,
	.metric_add = service_metric_add,
	.metric_record = service_metric_record,
	.config_get = service_config_get,
	.write = service_write,
};

#endif
