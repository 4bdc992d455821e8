/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * state.c - what runs, in a durable key-value store.  Writing comes before the change that it is about; what is read
 * is put through the node's own calls, so that a journal has it.
 */
#include "base/le.h"
#include "base/sha256.h"
#include "edgewasm/state.h"
#include "node/codec.h"

#if EW_CONFIG_NODE

#define KEY_BYTES 600u /* "s/", a name, 0, a key */
#define SETTINGS_MAX 4096u

struct keeper {
	struct ewi_keeper base;
	struct ew_state_config config;
	struct ew_alloc alloc;
	bool loading; /* what is put comes from the store */
	uint32_t next_route;
	uint64_t look_ns;
	uint8_t seen[EW_SHA256_BYTES]; /* what others may change, when it was last looked at */
};

struct key {
	uint8_t bytes[KEY_BYTES];
	size_t size;
};

/* "f/" and a name, or two texts with a 0 between them; false: they are too long. */
static bool make_key(struct key *k, char kind, const char *a, const char *b)
{
	size_t n = strlen(a), m = b ? strlen(b) + 1 : 0;

	k->size = 2 + n + m;
	if (n > KEY_BYTES || m > KEY_BYTES || k->size > KEY_BYTES)
		return false;
	k->bytes[0] = (uint8_t)kind;
	k->bytes[1] = '/';
	memcpy(k->bytes + 2, a, n);
	if (m) {
		k->bytes[2 + n] = '\0';
		memcpy(k->bytes + 3 + n, b, m - 1);
	}
	return true;
}

static enum ew_status put_one(struct keeper *k, const struct key *key, const void *value, size_t bytes)
{
	return ew_kv_put(k->config.kv, key->bytes, key->size, value, bytes);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static enum ew_status on_note(struct ewi_keeper *base, struct ewi_version *v, const struct ew_function_config *c)
{
	struct keeper *k = (struct keeper *)base;
	const struct ewi_act_args act = {.act = EWI_ACT_PUT, .function = c};
	struct ewi_bytes b = {.alloc = &k->alloc};

	ewi_act_encode(&b, &act);
	if (b.failed) {
		ewi_bytes_free(&b);
		return EW_ERR_NOMEM;
	}
	v->record = b.p;
	v->record_bytes = b.size;
	v->record_cap = b.cap;
	return EW_OK;
}

static enum ew_status on_swap(struct ewi_keeper *base, const struct ewi_function *f, const struct ewi_version *v,
			      bool keep)
{
	struct keeper *k = (struct keeper *)base;
	const struct ewi_version *kept = keep && f->version ? f->version : NULL;
	struct ew_kv_change changes[3];
	struct key running, old, trial;

	if (k->loading)
		return EW_OK;
	if (!make_key(&running, 'f', f->name, NULL) || !make_key(&old, 'k', f->name, NULL) ||
	    !make_key(&trial, 'c', f->name, NULL))
		return EW_ERR_TOOBIG;
	changes[0] = (struct ew_kv_change){running.bytes, running.size, v->record, v->record_bytes, false};
	changes[1] = (struct ew_kv_change){old.bytes, old.size, kept ? kept->record : NULL, kept ? kept->record_bytes : 0,
					   kept == NULL};
	changes[2] = (struct ew_kv_change){trial.bytes, trial.size, NULL, 0, true};
	return ew_kv_apply(k->config.kv, changes, 3);
}

static enum ew_status drop_one(struct keeper *k, const struct key *key)
{
	enum ew_status st = ew_kv_delete(k->config.kv, key->bytes, key->size);

	return st == EW_ERR_NOENT ? EW_OK : st;
}

/* What the version was put with, and how it is tried: fields stand in any order. */
static enum ew_status on_trial(struct ewi_keeper *base, const struct ewi_version *v, const struct ew_canary_config *canary)
{
	struct keeper *k = (struct keeper *)base;
	const struct ewi_act_args act = {.act = EWI_ACT_CANARY, .canary = canary};
	struct ewi_bytes b = {.alloc = &k->alloc};
	enum ew_status st;
	struct key key;

	if (k->loading)
		return EW_OK;
	if (!make_key(&key, 'c', v->function->name, NULL))
		return EW_ERR_TOOBIG;
	if (!canary)
		return drop_one(k, &key);
	ewi_bytes_add(&b, v->record, v->record_bytes);
	ewi_act_encode(&b, &act);
	st = b.failed ? EW_ERR_NOMEM : put_one(k, &key, b.p, b.size);
	ewi_bytes_free(&b);
	return st;
}

/* The key of a tenant, or of a watch. */
static bool make_act_key(struct key *key, const struct ewi_act_args *act)
{
	return act->act == EWI_ACT_TENANT ? make_key(key, 't', act->tenant->name, NULL) :
					    make_key(key, 'w', act->watch->function, act->watch->metric);
}

static enum ew_status on_put(struct ewi_keeper *base, const struct ewi_act_args *act)
{
	struct keeper *k = (struct keeper *)base;
	struct ewi_bytes b = {.alloc = &k->alloc};
	enum ew_status st;
	struct key key;

	if (k->loading)
		return EW_OK;
	if (!make_act_key(&key, act))
		return EW_ERR_TOOBIG;
	ewi_act_encode(&b, act);
	st = b.failed ? EW_ERR_NOMEM : put_one(k, &key, b.p, b.size);
	ewi_bytes_free(&b);
	return st;
}

/* The route's value: pattern, 0, function.  Its key, or false. */
static bool find_route(struct keeper *k, const char *pattern, const char *function, struct key *key)
{
	const void *at = NULL, *value;
	size_t at_bytes = 0, bytes, n = strlen(pattern) + 1, m = strlen(function);

	while (ew_kv_next_prefix(k->config.kv, "r/", 2, at, at_bytes, &at, &at_bytes, &value, &bytes) == EW_OK)
		if (bytes == n + m && memcmp(value, pattern, n) == 0 &&
		    memcmp((const uint8_t *)value + n, function, m) == 0 && at_bytes <= KEY_BYTES) {
			memcpy(key->bytes, at, at_bytes);
			key->size = at_bytes;
			return true;
		}
	return false;
}

static enum ew_status on_route(struct ewi_keeper *base, const char *pattern, const char *function, bool add)
{
	struct keeper *k = (struct keeper *)base;
	uint8_t value[EW_NODE_TOPIC_BYTES + 1 + EW_NODE_NAME_BYTES];
	size_t n = strlen(pattern) + 1, m = strlen(function);
	char number[16];
	struct key key;

	if (k->loading)
		return EW_OK;
	if (!add)
		return find_route(k, pattern, function, &key) ? ew_kv_delete(k->config.kv, key.bytes, key.size) : EW_OK;
	if (n + m > sizeof(value))
		return EW_ERR_TOOBIG;
	memcpy(value, pattern, n);
	memcpy(value + n, function, m);
	ewi_format(number, sizeof(number), "%08x", (unsigned)k->next_route);
	if (!make_key(&key, 'r', number, NULL))
		return EW_ERR_TOOBIG;
	k->next_route++;
	return put_one(k, &key, value, n + m);
}

/* The function, what is kept and what is tried; then its routes, settings and watches, which mean nothing without it. */
static enum ew_status on_remove(struct ewi_keeper *base, const struct ewi_function *f)
{
	struct keeper *k = (struct keeper *)base;
	const struct ew_node *node = base->node;
	static const char kinds[] = {'f', 'k', 'c'};
	struct ew_kv_change changes[sizeof(kinds)];
	struct key keys[sizeof(kinds)];
	enum ew_status st = EW_OK;

	if (k->loading)
		return EW_OK;
	for (size_t i = 0; i < sizeof(kinds); i++) {
		if (!make_key(&keys[i], kinds[i], f->name, NULL))
			return EW_ERR_TOOBIG;
		changes[i] = (struct ew_kv_change){keys[i].bytes, keys[i].size, NULL, 0, true};
	}
	st = ew_kv_apply(k->config.kv, changes, sizeof(kinds));
	for (size_t i = 0; st == EW_OK && i < node->route_count; i++) {
		char pattern[EW_NODE_TOPIC_BYTES + 1];

		if (node->routes[i].function != f)
			continue;
		memcpy(pattern, node->routes[i].pattern, node->routes[i].len);
		pattern[node->routes[i].len] = '\0';
		st = on_route(base, pattern, f->name, false);
	}
	for (const struct ewi_override *o = f->overrides; st == EW_OK && o; o = o->next)
		st = make_key(&keys[0], 's', f->name, o->text) ? drop_one(k, &keys[0]) : EW_OK;
	for (const struct ewi_watch *w = f->watches; st == EW_OK && w; w = w->next)
		st = make_key(&keys[0], 'w', f->name, w->metric) ? drop_one(k, &keys[0]) : EW_OK;
	return st;
}

static enum ew_status on_setting(struct ewi_keeper *base, const char *function, const char *name, const void *value,
				 size_t bytes)
{
	struct keeper *k = (struct keeper *)base;
	struct key key;

	if (k->loading)
		return EW_OK;
	if (!make_key(&key, 's', function, name))
		return EW_ERR_TOOBIG;
	return value ? put_one(k, &key, value, bytes) : drop_one(k, &key);
}

/* config NULL: a version that is there already is selected. */
static enum ew_status on_model(struct ewi_keeper *base, const struct ew_node_model_config *config, const char *name,
			       const char *version)
{
	struct keeper *k = (struct keeper *)base;
	const struct ewi_act_args act = {.act = EWI_ACT_MODEL, .model = config};
	struct ew_kv_change changes[2];
	struct ewi_bytes b = {.alloc = &k->alloc};
	struct key current, put;
	enum ew_status st;

	if (k->loading)
		return EW_OK;
	if (!make_key(&current, 'm', name, NULL) || !make_key(&put, 'v', name, version))
		return EW_ERR_TOOBIG;
	changes[0] = (struct ew_kv_change){current.bytes, current.size, version, strlen(version), false};
	if (config)
		ewi_act_encode(&b, &act);
	changes[1] = (struct ew_kv_change){put.bytes, put.size, b.p, b.size, false};
	st = b.failed ? EW_ERR_NOMEM : ew_kv_apply(k->config.kv, changes, config ? 2 : 1);
	ewi_bytes_free(&b);
	return st;
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* A record with its settings, which lie in *settings; both are freed with free_record. */
struct record {
	struct ewi_act_record act;
	struct ew_setting *settings;
	uint32_t count;
	uint8_t *bytes; /* a copy: the store moves when it is changed */
	size_t size;
};

static void free_record(struct keeper *k, struct record *r)
{
	ewi_free(&k->alloc, r->settings, r->count, sizeof(*r->settings));
	ewi_free(&k->alloc, r->bytes, r->size, 1);
	memset(r, 0, sizeof(*r));
}

static enum ew_status decode(struct keeper *k, struct record *r, const void *value, size_t bytes)
{
	enum ew_status st;

	memset(r, 0, sizeof(*r));
	if (bytes == 0)
		return EW_ERR_MALFORMED;
	r->bytes = ewi_alloc(&k->alloc, bytes, 1);
	if (!r->bytes)
		return EW_ERR_NOMEM;
	r->size = bytes;
	memcpy(r->bytes, value, bytes);
	st = ewi_act_decode(r->bytes, bytes, &r->act, NULL, &r->count);
	if (st == EW_OK && r->count > SETTINGS_MAX)
		st = EW_ERR_MALFORMED;
	if (st != EW_OK || r->count == 0) {
		r->count = 0;
		return st;
	}
	r->settings = ewi_alloc(&k->alloc, r->count, sizeof(*r->settings));
	return r->settings ? ewi_act_decode(r->bytes, bytes, &r->act, r->settings, &r->count) : EW_ERR_NOMEM;
}

static enum ew_status bytes_for(struct keeper *k, const struct record *r, const char *name, const char *version,
				struct ew_state_bytes *out)
{
	memset(out, 0, sizeof(*out));
	if (!name || !version)
		return EW_ERR_MALFORMED;
	if (r->act.size == 0) /* on demand */
		return EW_OK;
	return k->config.load ? k->config.load(k->config.user, name, version, r->act.sha256, out) : EW_ERR_NOENT;
}

/* As the function's running version, or on trial beside it. */
static enum ew_status put_function(struct keeper *k, const void *value, size_t bytes, uint32_t flags, bool trial,
				   struct ew_error *err)
{
	struct ew_function_config *c;
	struct ew_state_bytes b;
	struct record r;
	enum ew_status st = decode(k, &r, value, bytes);

	c = &r.act.function;
	if (st == EW_OK)
		st = bytes_for(k, &r, c->name, c->version, &b);
	if (st == EW_OK) {
		c->module_bytes = b.bytes;
		c->module_size = b.size;
		c->signature = b.signature;
		c->signature_size = b.signature_size;
		c->sha256 = r.act.size ? r.act.sha256 : c->sha256;
		c->flags |= flags;
		st = trial ? ew_node_canary_start(k->base.node, c, &r.act.canary, err) :
			     ew_node_function_put(k->base.node, c, err);
	} else {
		ewi_error(err, st, 0, "%s@%s: %s", c->name ? c->name : "?", c->version ? c->version : "?", ew_status_text(st));
	}
	free_record(k, &r);
	return st;
}

static enum ew_status get(struct keeper *k, char kind, const char *name, const void **value, size_t *bytes)
{
	const void *at;
	size_t at_bytes;
	struct key key;

	if (!make_key(&key, kind, name, NULL))
		return EW_ERR_NOENT;
	if (ew_kv_next_prefix(k->config.kv, key.bytes, key.size, NULL, 0, &at, &at_bytes, value, bytes) != EW_OK ||
	    at_bytes != key.size)
		return EW_ERR_NOENT;
	return EW_OK;
}

/* What is kept first, so that the running version replaces it and it is kept again. */
static enum ew_status load_function(struct keeper *k, const char *name, struct ew_error *err)
{
	enum ew_status st = EW_ERR_NOENT, kept = EW_ERR_NOENT;
	const void *value;
	size_t bytes;

	if (get(k, 'k', name, &value, &bytes) == EW_OK)
		kept = put_function(k, value, bytes, EW_FUNCTION_DOWNGRADE, false, NULL);
	if (get(k, 'f', name, &value, &bytes) == EW_OK)
		st = put_function(k, value, bytes, EW_FUNCTION_DOWNGRADE | (kept == EW_OK ? EW_FUNCTION_KEEP : 0), false, err);
	if (st != EW_OK && kept == EW_OK)
		ewi_error_clear(err);
	return kept == EW_OK ? EW_OK : st;
}

/* The rest of a key, 0 behind it, in a copy, since this may change the store. */
typedef enum ew_status load_fn(struct keeper *k, char *rest, size_t rest_bytes, const void *value, size_t bytes,
			       struct ew_error *err);

/* One after another of the keys that begin with kind. */
static enum ew_status for_each(struct keeper *k, char kind, struct ew_error *err, load_fn *each)
{
	const char prefix[2] = {kind, '/'};
	uint8_t at[KEY_BYTES + 1];
	const void *key, *value;
	size_t at_bytes = 0, key_bytes, bytes;
	enum ew_status st = EW_OK;

	while (st == EW_OK &&
	       ew_kv_next_prefix(k->config.kv, prefix, 2, at, at_bytes, &key, &key_bytes, &value, &bytes) == EW_OK) {
		if (key_bytes > KEY_BYTES)
			return ewi_error(err, EW_ERR_MALFORMED, 0, "a key of %u bytes", (unsigned)key_bytes);
		memcpy(at, key, key_bytes);
		at[key_bytes] = '\0';
		at_bytes = key_bytes;
		st = each(k, (char *)at + 2, key_bytes - 2, value, bytes, err);
	}
	return st;
}

static enum ew_status load_one_function(struct keeper *k, char *rest, size_t rest_bytes, const void *value, size_t bytes,
					struct ew_error *err)
{
	(void)rest_bytes, (void)value, (void)bytes;
	return load_function(k, rest, err);
}

/*
 * The trial begins anew.  One that cannot, its function or its bytes are gone, is left for the next start; what is not its
 * fault, a full journal among it, is for the host to mend.
 */
static enum ew_status load_canary(struct keeper *k, char *rest, size_t rest_bytes, const void *value, size_t bytes,
				  struct ew_error *err)
{
	enum ew_status st = put_function(k, value, bytes, EW_FUNCTION_DOWNGRADE, true, err);

	(void)rest, (void)rest_bytes;
	if (st == EW_ERR_NOMEM || st == EW_ERR_FULL || st == EW_ERR_IO)
		return st;
	ewi_error_clear(err);
	return EW_OK;
}

/* A tenant's quotas, or a watch of a function that is there. */
static enum ew_status load_act(struct keeper *k, char *rest, size_t rest_bytes, const void *value, size_t bytes,
			       struct ew_error *err)
{
	struct record r;
	enum ew_status st = decode(k, &r, value, bytes);

	(void)rest_bytes;
	if (st != EW_OK)
		ewi_error(err, st, 0, "the record of %s: %s", rest, ew_status_text(st));
	else if (r.act.tenant.name)
		st = ew_node_tenant_put(k->base.node, &r.act.tenant, err);
	else if (r.act.watch.function && ewi_function_find(k->base.node, r.act.watch.function))
		st = ew_node_watch_put(k->base.node, &r.act.watch, err);
	free_record(k, &r);
	return st;
}

/* Does the store say that it is another version that the name stands for? */
static bool is_old(struct keeper *k, const char *name, const char *version)
{
	const void *value;
	size_t bytes;

	return get(k, 'm', name, &value, &bytes) == EW_OK && !ewi_name_is(version, value, bytes);
}

static enum ew_status load_model(struct keeper *k, char *rest, size_t rest_bytes, const void *value, size_t bytes,
				 struct ew_error *err)
{
	struct ew_node_model_config *c;
	struct ew_state_bytes b;
	struct record r;
	enum ew_status st = decode(k, &r, value, bytes);

	(void)rest_bytes;
	c = &r.act.model;
	if (st == EW_OK)
		st = bytes_for(k, &r, c->name, c->version, &b);
	if (st == EW_OK) {
		c->bytes = b.bytes;
		c->size = b.size;
		c->signature = b.signature;
		c->signature_size = b.signature_size;
		c->flags |= EW_MODEL_PUT_DOWNGRADE;
		st = ew_node_model_put(k->base.node, c, err);
	} else if (st == EW_ERR_NOENT && is_old(k, c->name, c->version)) {
		st = EW_OK; /* one that nobody asks for: the way back to it is closed */
	} else {
		ewi_error(err, st, 0, "model %s: %s", rest, ew_status_text(st));
	}
	free_record(k, &r);
	return st;
}

static bool is_current(const struct ew_node *node, const char *name, const char *version, size_t len)
{
	struct ew_models_entry e;

	for (uint32_t i = 0; ew_models_at(node->models, i, &e) == EW_OK; i++)
		if (e.current && ewi_same_text(e.name, name))
			return ewi_name_is(e.version, version, len);
	return false;
}

static enum ew_status select_model(struct keeper *k, char *rest, size_t rest_bytes, const void *value, size_t bytes,
				   struct ew_error *err)
{
	char version[EW_NODE_NAME_BYTES];
	enum ew_status st;

	(void)rest_bytes;
	if (bytes >= sizeof(version))
		return ewi_error(err, EW_ERR_NOENT, 0, "a version of %u bytes", (unsigned)bytes);
	if (is_current(k->base.node, rest, value, bytes))
		return EW_OK;
	memcpy(version, value, bytes);
	version[bytes] = '\0';
	st = ew_node_model_select(k->base.node, rest, version, err);
	k->base.changes += st == EW_OK;
	return st;
}

static enum ew_status load_route(struct keeper *k, char *rest, size_t rest_bytes, const void *value, size_t bytes,
				 struct ew_error *err)
{
	char text[EW_NODE_TOPIC_BYTES + 1 + EW_NODE_NAME_BYTES];
	const char *middle = bytes ? memchr(value, '\0', bytes) : NULL;
	uint32_t number = 0;
	enum ew_status st;

	if (!middle || bytes >= sizeof(text))
		return ewi_error(err, EW_ERR_MALFORMED, 0, "route %s cannot be read", rest);
	for (size_t i = 0; i < rest_bytes; i++)
		number = number << 4 | (uint32_t)(rest[i] <= '9' ? rest[i] - '0' : rest[i] - 'a' + 10);
	if (number >= k->next_route)
		k->next_route = number + 1;
	memcpy(text, value, bytes);
	text[bytes] = '\0';
	if (!ewi_function_find(k->base.node, text + (middle - (const char *)value) + 1))
		return EW_OK; /* the power went while it was removed */
	st = ew_node_route_add(k->base.node, text, text + (middle - (const char *)value) + 1, err);
	return st == EW_ERR_EXISTS ? EW_OK : st;
}

static enum ew_status load_setting(struct keeper *k, char *rest, size_t rest_bytes, const void *value, size_t bytes,
				   struct ew_error *err)
{
	const char *key = memchr(rest, '\0', rest_bytes);
	const struct ewi_function *f;
	const struct ewi_override *o;
	enum ew_status st;

	if (!key)
		return ewi_error(err, EW_ERR_MALFORMED, 0, "setting %s has no key", rest);
	f = ewi_function_find(k->base.node, rest);
	if (!f)
		return EW_OK; /* of a function that is not there yet */
	o = ewi_override_find(f, key + 1, strlen(key + 1));
	if (o && o->value_bytes == bytes && (bytes == 0 || memcmp(o->text + o->key_bytes, value, bytes) == 0))
		return EW_OK;
	st = ew_node_setting_put(k->base.node, rest, key + 1, value, bytes, err);
	k->base.changes += st == EW_OK;
	return st;
}

/* ---- watching --------------------------------------------------------------------------------- */

static void hash_of(struct keeper *k, uint8_t out[EW_SHA256_BYTES])
{
	static const char kinds[][3] = {"c/", "f/", "m/", "s/"};
	struct ewi_sha256 s;

	ewi_sha256_init(&s);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const void *key = NULL, *value;
		size_t key_bytes = 0, bytes;
		uint8_t sizes[16];

		while (ew_kv_next_prefix(k->config.kv, kinds[i], 2, key, key_bytes, &key, &key_bytes, &value, &bytes) == EW_OK) {
			ewi_put_le64(sizes, key_bytes);
			ewi_put_le64(sizes + 8, bytes);
			ewi_sha256_add(&s, sizes, sizeof(sizes));
			ewi_sha256_add(&s, key, key_bytes);
			if (bytes)
				ewi_sha256_add(&s, value, bytes);
		}
	}
	ewi_sha256_get(&s, out);
}

/* Functions, trials and settings that the store has no longer. */
static enum ew_status drop_gone(struct keeper *k, struct ew_error *err)
{
	struct ew_node *node = k->base.node;
	enum ew_status st = EW_OK;
	const void *value;
	size_t bytes;

	for (uint32_t i = 0; st == EW_OK && i < node->function_count;) {
		struct ewi_function *f = node->functions[i];
		const struct ewi_override *o = f->overrides, *gone = NULL;

		if (get(k, 'f', f->name, &value, &bytes) != EW_OK) {
			char name[EW_NODE_NAME_BYTES];

			memcpy(name, f->name, sizeof(name));
			st = ew_node_function_remove(node, name);
			k->base.changes++;
			continue;
		}
		if (f->canary && get(k, 'c', f->name, &value, &bytes) != EW_OK) {
			st = ew_node_function_rollback(node, f->name, err); /* which is the end of the trial */
			k->base.changes++;
		}
		for (; o && !gone; o = o->next) {
			struct key key;
			size_t size;

			if (make_key(&key, 's', f->name, o->text) &&
			    ew_kv_get(k->config.kv, key.bytes, key.size, NULL, 0, &size) == EW_ERR_NOENT)
				gone = o;
		}
		if (gone) {
			st = ew_node_setting_put(node, f->name, gone->text, NULL, 0, err);
			k->base.changes++;
		} else {
			i++;
		}
	}
	return st;
}

static enum ew_status refresh(struct keeper *k, struct ew_error *err)
{
	enum ew_status st;

	k->base.changes = 0;
	k->loading = true;
	st = drop_gone(k, err);
	if (st == EW_OK)
		st = for_each(k, 'm', err, select_model);
	if (st == EW_OK)
		st = for_each(k, 's', err, load_setting);
	k->loading = false;
	hash_of(k, k->seen);
	return st;
}

static void on_watch(struct ewi_keeper *base, uint64_t now_ns)
{
	struct keeper *k = (struct keeper *)base;
	uint8_t hash[EW_SHA256_BYTES];

	if (!k->config.watch_ns || now_ns < k->look_ns)
		return;
	k->look_ns = now_ns < UINT64_MAX - k->config.watch_ns ? now_ns + k->config.watch_ns : UINT64_MAX;
	hash_of(k, hash);
	if (memcmp(hash, k->seen, sizeof(hash)) != 0)
		(void)refresh(k, NULL); /* what cannot be done is in the journal, and stays as it is */
}

/* ---- opening ---------------------------------------------------------------------------------- */

static void on_close(struct ewi_keeper *base)
{
	struct keeper *k = (struct keeper *)base;
	struct ew_alloc alloc = k->alloc;

	base->node->keeper = NULL;
	ewi_free(&alloc, k, 1, sizeof(*k));
}

static const struct ewi_keeper_ops keeping = {
	.note = on_note,
	.swap = on_swap,
	.trial = on_trial,
	.put = on_put,
	.remove = on_remove,
	.route = on_route,
	.setting = on_setting,
	.model = on_model,
	.watch = on_watch,
	.close = on_close,
};

enum ew_status ew_node_state_open(struct ew_node *node, const struct ew_state_config *config, struct ew_error *err)
{
	static const struct {
		char kind;
		load_fn *each;
	} loads[] = { /* what is needed by others first; settings before edge_init of what is tried */
		{'v', load_model}, {'m', select_model}, {'t', load_act},     {'f', load_one_function},
		{'r', load_route}, {'w', load_act},	{'s', load_setting}, {'c', load_canary},
	};
	struct ew_models_entry model;
	struct ew_state_config c;
	struct keeper *k;
	enum ew_status st = EW_OK;

	ewi_error_clear(err);
	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes) || !c.kv || c.kv == node->kv)
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes or kv is not set, or it is the functions' own");
	if (node->busy || node->keeper || node->function_count || ew_models_at(node->models, 0, &model) == EW_OK)
		return ewi_error(err, EW_ERR_STATE, 0, "a state is opened in a node without functions and models");
	k = ewi_alloc(&node->alloc, 1, sizeof(*k));
	if (!k)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	k->base.ops = &keeping;
	k->base.node = node;
	k->config = c;
	k->alloc = node->alloc;
	node->keeper = &k->base;
	k->loading = true;
	for (size_t i = 0; st == EW_OK && i < sizeof(loads) / sizeof(loads[0]); i++)
		st = for_each(k, loads[i].kind, err, loads[i].each);
	k->loading = false;
	hash_of(k, k->seen);
	if (st != EW_OK)
		on_close(&k->base);
	return st;
}

enum ew_status ew_node_state_refresh(struct ew_node *node, uint32_t *changes, struct ew_error *err)
{
	struct keeper *k = (struct keeper *)node->keeper;
	enum ew_status st;

	ewi_error_clear(err);
	if (changes)
		*changes = 0;
	if (node->busy)
		return ewi_error(err, EW_ERR_STATE, 0, "not in a callback");
	if (!k)
		return ewi_error(err, EW_ERR_NOENT, 0, "the node keeps no state");
	st = refresh(k, err);
	if (changes)
		*changes = k->base.changes;
	return st;
}

#endif
