/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* function.c - functions by name: loading a version beside the running one, starting and stopping instances. */
#include "abi/models.h"
#include "node/node.h"

#if EW_CONFIG_NODE

/* ---- instances -------------------------------------------------------------------------------- */

void ewi_version_stop(struct ewi_version *v)
{
	ew_instance_destroy(v->instance);
	v->instance = NULL;
	v->on_event = v->on_tick = v->handle = v->allocate = v->deallocate = NULL;
	ew_abi_reset(v->abi);
}

void ewi_version_forget(struct ewi_version *v)
{
#if EW_CONFIG_SNAPSHOT
	if (!v->start)
		return;
	ewi_version_stop(v); /* instances must not outlive what they were restored from */
	ew_snapshot_free(v->start);
	v->start = NULL;
#else
	(void)v;
#endif
}

void ewi_version_changed(struct ewi_version *v)
{
	ewi_version_forget(v);
	v->number = ++v->node->versions;
}

#if EW_CONFIG_SNAPSHOT
/*
 * Keep the instance as edge_init left it, to be put back after each call.  What edge_init made outside of it (open
 * files, graphs) would not come back, and without memory there is nothing to be kept: then each call gets a new one.
 */
static void remember(struct ewi_version *v)
{
	struct ew_error err;

	if (v->start || !(v->flags & EW_FUNCTION_FRESH) || !ewi_abi_is_bare(v->abi) ||
	    ew_snapshot_take(&v->start, v->instance, &v->node->alloc, &err) != EW_OK)
		return;
	v->start_models = ewi_models_generation(v->node->models);
	/* The first time copies everything: here, and not at the first event. */
	if (ew_snapshot_restore(v->instance, v->start) == EW_OK)
		return;
	ew_snapshot_free(v->start);
	v->start = NULL;
}
#endif

void ewi_version_reset(struct ewi_version *v)
{
#if EW_CONFIG_SNAPSHOT
	if (v->instance && v->start && ew_snapshot_restore(v->instance, v->start) == EW_OK) {
		ew_abi_reset(v->abi);
		v->function->stats.resets++;
		return;
	}
#endif
	ewi_version_stop(v);
}

/* EW_OK with *out NULL when there is no such export; an error when it has another signature. */
static enum ew_status find(struct ewi_version *v, const char *name, const char *signature,
			   struct ew_func **out, struct ew_error *err)
{
	enum ew_status st = ew_func_find(v->instance, name, signature, out);

	if (st == EW_OK)
		return EW_OK;
	*out = NULL;
	if (st == EW_ERR_NOENT)
		return EW_OK;
	return ewi_error(err, st, 0, "export \"%s\" is not a function %s", name, signature);
}

static enum ew_status find_entries(struct ewi_version *v, struct ew_error *err)
{
	enum ew_status st = find(v, "edge_on_event", "(i)i", &v->on_event, err);

	if (st == EW_OK)
		st = find(v, "edge_on_tick", "(I)", &v->on_tick, err);
	if (st != EW_OK || v->on_event)
		return st;
	if (ew_func_find(v->instance, "handle", "(ii)i", &v->handle) != EW_OK) {
		st = find(v, "handle", "(ii)I", &v->handle, err);
		v->handle_gives_bytes = true;
	}
	if (st == EW_OK)
		st = find(v, "allocate", "(i)i", &v->allocate, err);
	if (st == EW_OK)
		st = find(v, "deallocate", "(ii)", &v->deallocate, err);
	if (st == EW_OK && (!v->handle || !v->allocate))
		return ewi_error(err, EW_ERR_NOENT, 0,
				 "exports neither edge_on_event nor allocate and handle");
	v->batch = 1; /* handle() takes one */
	return st;
}

/* A function of the start-up; trap and *result as in ewi_version_start. */
static enum ew_status call_once(struct ewi_version *v, const char *name, const char *signature,
				uint64_t *used, struct ew_trap *trap, int32_t *result,
				struct ew_error *err)
{
	union ew_value values[1] = {{.u64 = 0}};
	struct ewi_outcome o;
	struct ew_func *func;
	enum ew_status st = find(v, name, signature, &func, err);
	uint64_t left = v->fuel > *used ? v->fuel - *used : 0;

	if (st != EW_OK || !func)
		return st;
	o = ewi_guest_call(v, func, values, left, 0, used);
	if (v->node->recorder) {
		o.result = o.status == EW_OK && signature[2] ? values[0].i32 : 0;
		v->node->recorder->ops->call(v->node->recorder, v, NULL, 0, 0, &o, *used);
	}
	if (o.status == EW_ERR_TRAP) {
		*trap = *ew_exec_trap(v->node->exec);
		return ewi_error(err, o.status, 0, "%s trapped: %s", name, trap->text);
	}
	if (o.status != EW_OK)
		return ewi_error(err, o.status, 0, "%s did not finish: %s", name,
				 ew_status_text(o.status));
	*result = signature[2] ? values[0].i32 : 0;
	if (*result < 0)
		return ewi_error(err, EW_ERR_STATE, 0, "%s returned %d", name, (int)*result);
	return EW_OK;
}

enum ew_status ewi_version_start(struct ewi_version *v, struct ew_trap *trap, int32_t *result,
				 struct ew_error *err)
{
	struct ew_instance_config c = {
		.struct_bytes = sizeof(c),
		.exec = v->node->exec,
		.max_memory_pages = v->max_memory_pages,
		.resolve = ew_abi_resolve,
		.resolve_user = v->abi,
		.user = v,
	};
	uint64_t used = 0;
	enum ew_status st;

	*result = 0;
	memset(trap, 0, sizeof(*trap));
	ew_abi_begin(v->abi, v->node->now_ns, 0);
	ew_exec_clear_interrupt(v->node->exec);
	ew_exec_set_fuel(v->node->exec, v->fuel);
	st = ew_instance_create(&v->instance, v->module, &c, &v->node->alloc, trap, err);
	used = v->fuel - (uint64_t)ew_exec_fuel(v->node->exec);
	if (st != EW_OK)
		return ewi_error(err, st, 0, "%s", ew_status_text(st));
	st = find_entries(v, err);
	if (st == EW_OK)
		st = call_once(v, "_initialize", "()", &used, trap, result, err);
	if (st == EW_OK)
		st = call_once(v, "edge_init", "()i", &used, trap, result, err);
	v->function->stats.fuel += used;
	if (v->tenant)
		ewi_tenant_charge(v->tenant, &(const struct ewi_cost){.fuel = used}, v->node->now_ns);
	if (st != EW_OK) {
		ewi_version_stop(v);
		return st;
	}
	v->function->stats.instances++;
#if EW_CONFIG_SNAPSHOT
	remember(v);
#endif
	return EW_OK;
}

/* ---- versions --------------------------------------------------------------------------------- */

static void version_free(struct ewi_version *v)
{
	struct ew_alloc alloc;

	if (!v)
		return;
	alloc = v->node->alloc;
	if (v->abi)
		ewi_module_unload(v);
	ew_abi_destroy(v->abi);
	ewi_hold_free(v->node, v->hold);
	ewi_free(&alloc, v->record, v->record_cap, 1);
	ewi_free(&alloc, v->copy, v->copy_bytes, 1);
	ewi_free(&alloc, v->settings, v->setting_count, sizeof(*v->settings));
	ewi_free(&alloc, v->strings, v->string_bytes, 1);
	ewi_free(&alloc, v, 1, sizeof(*v));
}

static char *put(char **at, const void *bytes, size_t len)
{
	char *p = *at;

	if (len)
		memcpy(p, bytes, len);
	p[len] = '\0';
	*at += len + 1;
	return p;
}

/* Bytes of a text and its end; NULL takes none. */
static size_t text_bytes(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* Settings, the out topic, the fallback's name and the signature, in one block. */
static enum ew_status copy_texts(struct ewi_version *v, const struct ew_function_config *c)
{
	const struct ew_alloc *alloc = &v->node->alloc;
	size_t signature = c->signature ? c->signature_size + 1 : 0;
	size_t bytes = text_bytes(c->out_topic) + text_bytes(c->fallback);
	char *at;

	if (signature >= SIZE_MAX / 2 - bytes)
		return EW_ERR_NOMEM;
	bytes += signature;

	for (uint32_t i = 0; i < c->setting_count; i++) {
		size_t key = strlen(c->settings[i].key) + 1, value = c->settings[i].len;

		if (value >= SIZE_MAX / 2 - key - bytes)
			return EW_ERR_NOMEM;
		bytes += key + value + 1;
	}
	if (!bytes)
		return EW_OK;
	v->strings = at = ewi_alloc(alloc, bytes, 1);
	if (!v->strings)
		return EW_ERR_NOMEM;
	v->string_bytes = bytes;
	if (c->out_topic)
		v->out_topic = put(&at, c->out_topic, strlen(c->out_topic));
	if (c->fallback)
		v->fallback = put(&at, c->fallback, strlen(c->fallback));
	if (c->signature) {
		v->signature = put(&at, c->signature, c->signature_size);
		v->signature_size = c->signature_size;
	}
	if (!c->setting_count)
		return EW_OK;
	v->settings = ewi_alloc(alloc, c->setting_count, sizeof(*v->settings));
	if (!v->settings)
		return EW_ERR_NOMEM;
	v->setting_count = c->setting_count;
	for (uint32_t i = 0; i < c->setting_count; i++) {
		const struct ew_setting *s = &c->settings[i];

		v->settings[i].key = put(&at, s->key, strlen(s->key));
		v->settings[i].value = put(&at, s->value, s->len);
		v->settings[i].len = s->len;
	}
	return EW_OK;
}

static enum ew_status make_abi(struct ewi_version *v, const struct ew_function_config *c,
			       struct ew_error *err)
{
	char prefix[EW_NODE_NAME_BYTES + 1];
	struct ew_abi_config a = {
		.struct_bytes = sizeof(a),
		.grant = c->grant,
		.host = &ewi_node_services,
		.user = v,
		.kv = v->node->recorder ? v->node->recorder->kv : v->node->kv,
		.models = v->node->models,
	};

	ewi_format(prefix, sizeof(prefix), "%s/", c->name);
	if (!(c->flags & EW_FUNCTION_KV_SHARED))
		a.kv_prefix = prefix;
	return ew_abi_create(&v->abi, &a, &v->node->alloc, err);
}

static void set(struct ewi_version *v, const struct ew_function_config *c)
{
	memcpy(v->version, c->version, strlen(c->version));
	v->flags = c->flags;
	v->batch = c->batch ? c->batch : c->batch_age_ns ? v->node->max_batch : 1;
	v->batch_age_ns = c->batch_age_ns;
	v->batch_bytes = c->batch_bytes;
	v->cache_ttl_ns = c->cache_ttl_ns;
	v->number = ++v->node->versions;
	v->fail_limit = c->fail_limit ? c->fail_limit : EW_NODE_FAIL_LIMIT;
	v->park_ns = c->park_ns ? c->park_ns : EW_NODE_PARK_NS;
	v->fuel = c->fuel ? c->fuel : EW_NODE_FUEL;
	v->deadline_ns = c->deadline_ns;
	v->tick_ns = c->tick_ns;
	v->max_memory_pages = c->max_memory_pages;
}

static enum ew_status load(struct ewi_version *v, const struct ew_function_config *c,
			   struct ew_error *err)
{
	const struct ew_alloc *alloc = &v->node->alloc;
	const void *bytes = c->module_bytes;
	enum ew_status st = copy_texts(v, c);

	if (st == EW_OK && c->tenant)
		st = ewi_tenant_get(v->node, c->tenant, &v->tenant, err);
	if (st == EW_OK && c->sha256) {
		memcpy(v->sha256, c->sha256, sizeof(v->sha256));
		v->hash_known = true;
		st = ewi_registry_check(v->function, v->version, v->sha256, err);
	}
	if (st == EW_OK)
		st = make_abi(v, c, err);
	if (st != EW_OK || c->flags & EW_FUNCTION_ON_DEMAND)
		return st;
	if (c->prepared)
		return ewi_module_take(v, c->prepared, err);
	if (c->flags & EW_FUNCTION_COPY && c->module_size) {
		v->copy = ewi_alloc(alloc, c->module_size, 1);
		if (!v->copy)
			return EW_ERR_NOMEM;
		v->copy_bytes = c->module_size;
		memcpy(v->copy, bytes, c->module_size);
		bytes = v->copy;
	}
	return ewi_module_load(v, bytes, c->module_size, err);
}

/* A whole new version, its instance running and initialised; on demand: not yet. */
static enum ew_status version_create(struct ewi_version **out, struct ew_node *node,
				     struct ewi_function *f, const struct ew_function_config *c,
				     struct ew_error *err)
{
	struct ewi_version *v = ewi_alloc(&node->alloc, 1, sizeof(*v));
	struct ew_trap trap;
	enum ew_status st;
	int32_t result;

	*out = NULL;
	if (!v)
		return EW_ERR_NOMEM;
	v->node = node;
	v->function = f;
	set(v, c);
	st = load(v, c, err);
	if (st == EW_OK && v->module)
		st = ewi_version_start(v, &trap, &result, err);
	if (st == EW_OK)
		st = ewi_hold_prepare(v);
	if (st == EW_OK && node->keeper)
		st = node->keeper->ops->note(node->keeper, v, c);
	if (st != EW_OK) {
		version_free(v);
		return st;
	}
	*out = v;
	return EW_OK;
}

/* ---- functions -------------------------------------------------------------------------------- */

static void canary_free(struct ewi_function *f)
{
	struct ewi_canary *c = f->canary;
	struct ew_alloc alloc;

	if (!c)
		return;
	alloc = f->version->node->alloc;
	f->version->arm = NULL;
	version_free(c->version);
	ewi_free(&alloc, c, 1, sizeof(*c));
	f->canary = NULL;
}

struct ewi_function *ewi_function_find(const struct ew_node *node, const char *name)
{
	for (uint32_t i = 0; i < node->function_count; i++)
		if (ewi_same_text(node->functions[i]->name, name))
			return node->functions[i];
	return NULL;
}

void ewi_function_free(struct ew_node *node, struct ewi_function *f)
{
	if (!f)
		return;
	ewi_routes_drop(node, f);
	canary_free(f);
	node->held -= f->hold ? f->hold->batch.count : 0;
	ewi_hold_free(node, f->hold);
	version_free(f->version);
	version_free(f->kept);
	ewi_metrics_drop(node, f);
	ewi_watches_free(node, f);
	ewi_overrides_free(f, &node->alloc);
	ewi_free(&node->alloc, f, 1, sizeof(*f));
}

static bool name_is_good(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	return len > 0 && len < EW_NODE_NAME_BYTES && !memchr(name, '@', len);
}

/* What it emits is worked out from the event alone, as far as can be seen from here. */
static bool is_cacheable(const struct ew_function_config *c)
{
	const uint32_t pure = EW_CAP_RECV | EW_CAP_EMIT | EW_CAP_LOG | EW_CAP_STDIO | EW_CAP_CONFIG | EW_CAP_INFER;

	return c->flags & EW_FUNCTION_FRESH && c->batch <= 1 && !c->batch_age_ns && !(c->grant.caps & ~pure);
}

static enum ew_status check(const struct ew_node *node, const struct ew_function_config *c,
			    const struct ewi_function *old, struct ew_error *err)
{
	const uint32_t known = EW_FUNCTION_FRESH | EW_FUNCTION_KV_SHARED | EW_FUNCTION_COPY |
			       EW_FUNCTION_DOWNGRADE | EW_FUNCTION_KEEP | EW_FUNCTION_ON_DEMAND | EW_FUNCTION_CACHE;

	if (c->flags & ~known)
		return ewi_error(err, EW_ERR_INVAL, 0, "unknown flags");
	if (c->flags & EW_FUNCTION_ON_DEMAND && (c->module_bytes || !node->host.load))
		return ewi_error(err, EW_ERR_INVAL, 0, "on demand means host->load and no module_bytes");
	if (c->prepared && (c->module_bytes || c->flags & (EW_FUNCTION_ON_DEMAND | EW_FUNCTION_COPY)))
		return ewi_error(err, EW_ERR_INVAL, 0, "what is prepared has its bytes already");
	if (c->flags & EW_FUNCTION_CACHE && (!node->cache || !is_cacheable(c)))
		return ewi_error(err, EW_ERR_INVAL, 0, "a cache needs config.cache_bytes, and a function that keeps no state (FRESH), "
				 "takes one event at a time and has no grant that tells it more than the event does");
	if (c->batch > node->max_batch)
		return ewi_error(err, EW_ERR_INVAL, 0, "batch %u is over the node's max_batch %u",
				 (unsigned)c->batch, (unsigned)node->max_batch);
	if (c->fuel > EW_FUEL_MAX / EW_NODE_BATCH_MAX)
		return ewi_error(err, EW_ERR_INVAL, 0, "fuel is too much to be multiplied by a batch");
	if (c->setting_count && !c->settings)
		return ewi_error(err, EW_ERR_INVAL, 0, "setting_count without settings");
	if (c->out_topic && (!c->out_topic[0] || strlen(c->out_topic) > EW_NODE_TOPIC_BYTES))
		return ewi_error(err, EW_ERR_INVAL, 0, "out_topic is 1 to %u bytes",
				 (unsigned)EW_NODE_TOPIC_BYTES);
	if (old && ewi_same_text(old->version->version, c->version))
		return ewi_error(err, EW_ERR_EXISTS, 0, "%s@%s is running already", c->name,
				 c->version);
	if (!old && node->function_count >= node->max_functions)
		return ewi_error(err, EW_ERR_LIMIT, 0, "more than %u functions",
				 (unsigned)node->max_functions);
	return ewi_update_newer(c->name, old ? old->version->version : NULL, c->version,
				c->flags & EW_FUNCTION_DOWNGRADE, err);
}

/* The next event meets v; what ran is kept for a rollback, or goes. */
static void swap(struct ew_node *node, struct ewi_function *f, struct ewi_version *v, bool keep)
{
	if (!f->version) {
		node->functions[node->function_count++] = f;
	} else {
		canary_free(f);
		if (f->kept != v)
			version_free(f->kept);
		f->kept = keep ? f->version : NULL;
		if (keep)
			ewi_version_stop(f->version);
		else
			version_free(f->version);
	}
	f->version = v;
	if (f->hold && f->hold->batch.count)
		node->next_hold = node->now_ns; /* v may wait less, or not at all */
	f->parked_until = 0;
	f->half_open = false;
	f->stats.fails_in_row = 0;
	f->next_tick = EW_NODE_WHENEVER;
	if (v->tick_ns && (v->on_tick || !v->module) && v->tick_ns < UINT64_MAX - node->now_ns)
		f->next_tick = node->now_ns + v->tick_ns;
	ewi_node_next_tick(node);
}

/* It is written down that v will run, before it does. */
static enum ew_status keep_swap(struct ewi_function *f, const struct ewi_version *v, bool keep)
{
	struct ew_node *node = v->node;

	return ewi_node_kept(node, node->keeper ? node->keeper->ops->swap(node->keeper, f, v, keep) : EW_OK);
}

enum ew_status ewi_canary_end(struct ewi_function *f, bool promote)
{
	struct ewi_version *v = f->canary->version;
	enum ew_status st = promote ? keep_swap(f, v, v->flags & EW_FUNCTION_KEEP) : EW_OK;

	if (!promote || st != EW_OK) {
		struct ewi_keeper *k = v->node->keeper;

		if (k) /* where that fails it is tried again after a restart */
			(void)k->ops->trial(k, v, NULL);
		canary_free(f);
		return st;
	}
	f->canary->version = NULL;
	v->arm = NULL;
	swap(v->node, f, v, v->flags & EW_FUNCTION_KEEP);
	return EW_OK;
}

/* It is written down: the version is known from now on, and a module that was prepared for it is its own. */
static void settle(struct ewi_version *v)
{
	if (v->hash_known)
		ewi_registry_note(v->function, v->version, v->sha256);
	if (!v->lent)
		return;
	v->lent->module = NULL;
	ew_prepared_free(v->lent);
	v->lent = NULL;
}

/* What put and canary have in common: *v is a checked, running version of *f, which is new when it has none yet. */
static enum ew_status prepare(struct ew_node *node, const struct ew_function_config *config, struct ewi_function **f,
			      struct ewi_version **v, struct ew_error *err)
{
	struct ew_function_config c;
	struct ewi_function *old;
	enum ew_status st;

	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes))
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes is not set");
	if (!name_is_good(c.name) || !name_is_good(c.version))
		return ewi_error(err, EW_ERR_INVAL, 0,
				 "a function's name and version are 1 to 47 bytes without '@'");
	*f = old = ewi_function_find(node, c.name);
	st = check(node, &c, old, err);
	if (st != EW_OK)
		return st;
	if (!old) {
		*f = ewi_alloc(&node->alloc, 1, sizeof(**f));
		if (!*f)
			return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
		memcpy((*f)->name, c.name, strlen(c.name));
	}
	node->busy = true;
	st = version_create(v, node, *f, &c, err);
	node->busy = false;
	if (st == EW_OK)
		return EW_OK;
	if (!old)
		ewi_function_free(node, *f);
	return ewi_error(err, st, 0, "%s@%s: %s", c.name, c.version, ew_status_text(st));
}

enum ew_status ew_node_function_put(struct ew_node *node, const struct ew_function_config *config,
				    struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_PUT, .function = config};
	enum ew_status st = ewi_act_begin(node, &act, err);
	struct ewi_function *f;
	struct ewi_version *v;

	if (st != EW_OK)
		return st;
	st = prepare(node, config, &f, &v, err);
	if (st != EW_OK)
		return ewi_act_end(node, st);
	st = keep_swap(f, v, v->flags & EW_FUNCTION_KEEP);
	if (st == EW_OK) {
		settle(v);
		swap(node, f, v, v->flags & EW_FUNCTION_KEEP);
		return ewi_act_end(node, EW_OK);
	}
	version_free(v);
	if (!f->version)
		ewi_function_free(node, f);
	return ewi_act_end(node, ewi_error(err, st, 0, "it cannot be written down that it runs: %s", ew_status_text(st)));
}

static enum ew_status canary_start(struct ew_node *node, const struct ew_function_config *config,
				   const struct ew_canary_config *canary, struct ew_error *err)
{
	struct ewi_function *f = config->name ? ewi_function_find(node, config->name) : NULL;
	struct ewi_canary *c;
	enum ew_status st;

	if (!f)
		return ewi_error(err, EW_ERR_NOENT, 0, "no function of that name runs");
	if (f->canary)
		return ewi_error(err, EW_ERR_EXISTS, 0, "%s@%s is being tried already", f->name,
				 f->canary->version->version);
	st = ewi_canary_create(&c, node, canary, err);
	if (st != EW_OK)
		return st;
	st = prepare(node, config, &f, &c->version, err);
	if (st == EW_OK) {
		st = ewi_node_kept(node, node->keeper ? node->keeper->ops->trial(node->keeper, c->version, &c->config) : EW_OK);
		if (st != EW_OK) {
			version_free(c->version);
			ewi_error(err, st, 0, "it cannot be written down that it is tried: %s", ew_status_text(st));
		}
	}
	if (st != EW_OK) {
		ewi_free(&node->alloc, c, 1, sizeof(*c));
		return st;
	}
	settle(c->version);
	f->canary = c;
	f->version->arm = &c->arms[0];
	c->version->arm = &c->arms[1];
	return EW_OK;
}

enum ew_status ew_node_canary_start(struct ew_node *node, const struct ew_function_config *config,
				    const struct ew_canary_config *canary, struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_CANARY, .function = config, .canary = canary};
	enum ew_status st = ewi_act_begin(node, &act, err);

	return st == EW_OK ? ewi_act_end(node, canary_start(node, config, canary, err)) : st;
}

enum ew_status ewi_act_on(struct ew_node *node, enum ewi_act what, const char *name,
			  enum ew_status (*fn)(struct ew_node *node, struct ewi_function *f))
{
	const struct ewi_act_args act = {.act = what, .name = name};
	enum ew_status st = ewi_act_begin(node, &act, NULL);
	struct ewi_function *f = ewi_function_find(node, name);

	return st == EW_OK ? ewi_act_end(node, f ? fn(node, f) : EW_ERR_NOENT) : st;
}

static enum ew_status promote(struct ew_node *node, struct ewi_function *f)
{
	(void)node;
	return f->canary ? ewi_canary_end(f, true) : EW_ERR_NOENT;
}

enum ew_status ew_node_canary_promote(struct ew_node *node, const char *name)
{
	return ewi_act_on(node, EWI_ACT_PROMOTE, name, promote);
}

static enum ew_status rollback(struct ew_node *node, const char *name, struct ew_error *err)
{
	struct ewi_function *f = ewi_function_find(node, name);
	struct ew_trap trap;
	enum ew_status st;
	int32_t result;

	if (f && f->canary) {
		ewi_canary_end(f, false);
		return EW_OK;
	}
	if (!f || !f->kept)
		return ewi_error(err, EW_ERR_NOENT, 0, "no kept version of \"%s\"", name);
	node->busy = true;
	st = f->kept->module ? ewi_version_start(f->kept, &trap, &result, err) : EW_OK;
	node->busy = false;
	if (st != EW_OK)
		return ewi_error(err, st, 0, "%s@%s: %s", name, f->kept->version, ew_status_text(st));
	st = keep_swap(f, f->kept, true);
	if (st != EW_OK) {
		ewi_version_stop(f->kept);
		return ewi_error(err, st, 0, "it cannot be written down that %s runs: %s", f->kept->version,
				 ew_status_text(st));
	}
	swap(node, f, f->kept, true);
	return EW_OK;
}

enum ew_status ew_node_function_rollback(struct ew_node *node, const char *name, struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_ROLLBACK, .name = name};
	enum ew_status st = ewi_act_begin(node, &act, err);

	return st == EW_OK ? ewi_act_end(node, rollback(node, name, err)) : st;
}

static enum ew_status remove_function(struct ew_node *node, struct ewi_function *f)
{
	enum ew_status st;
	uint32_t i = 0;

	st = ewi_node_kept(node, node->keeper ? node->keeper->ops->remove(node->keeper, f) : EW_OK);
	if (st != EW_OK)
		return st;
	node->busy = true;
	ewi_hold_flush(f);
	node->busy = false;
	while (node->functions[i] != f)
		i++;
	node->function_count--;
	memmove(&node->functions[i], &node->functions[i + 1],
		(node->function_count - i) * sizeof(*node->functions));
	ewi_function_free(node, f);
	ewi_node_next_tick(node);
	return EW_OK;
}

enum ew_status ew_node_function_remove(struct ew_node *node, const char *name)
{
	return ewi_act_on(node, EWI_ACT_REMOVE, name, remove_function);
}

static enum ew_status unpark(struct ew_node *node, struct ewi_function *f)
{
	(void)node;
	f->parked_until = 0;
	f->half_open = false;
	f->stats.fails_in_row = 0;
	return EW_OK;
}

enum ew_status ew_node_function_unpark(struct ew_node *node, const char *name)
{
	return ewi_act_on(node, EWI_ACT_UNPARK, name, unpark);
}

/* ---- figures ---------------------------------------------------------------------------------- */

static void fill(const struct ewi_function *f, struct ew_function_stats *out)
{
	const struct ewi_version *v = f->version;
	struct ew_memory *memory = v->instance ? ew_instance_memory(v->instance) : NULL;

	*out = f->stats;
	out->name = f->name;
	out->version = v->version;
	out->parked = f->parked_until != 0;
	out->parked_until_ns = f->parked_until;
	out->memory_bytes = memory ? (size_t)ew_memory_size(memory) : 0;
	out->latency = &f->latency;
	out->kept_version = f->kept ? f->kept->version : NULL;
	out->sha256 = v->sha256;
	out->loaded = v->module != NULL;
	out->tenant = v->tenant ? v->tenant->name : NULL;
	out->canary_version = f->canary ? f->canary->version->version : NULL;
	out->canary_events = f->canary ? f->canary->arms[1].events : 0;
}

enum ew_status ew_node_function_at(const struct ew_node *node, uint32_t index,
				   struct ew_function_stats *out)
{
	if (index >= node->function_count)
		return EW_ERR_NOENT;
	fill(node->functions[index], out);
	return EW_OK;
}

enum ew_status ew_node_function_find(const struct ew_node *node, const char *name,
				     struct ew_function_stats *out)
{
	const struct ewi_function *f = ewi_function_find(node, name);

	if (!f)
		return EW_ERR_NOENT;
	fill(f, out);
	return EW_OK;
}

#endif
