/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * gateway.c - see gateway.h.  Everything that is the host's to decide is
 * decided here: sizes, grants, fuel, what may raise an alert.
 */
#define _POSIX_C_SOURCE 200809L

#include "gateway.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/resource.h>
#endif
#include <time.h>

#include "keep.h"
#include "rng.h"
#include "source.h"
#include "verdict.h"
#include "vib_features.h"

#define RING_BYTES (1u << 20)	/* 1,700 windows: a sixth of a second at 10,000 a second */
#define JUDGE "judge"
#define JUDGE_BYTES (sizeof(JUDGE) - 1)	/* with several tenants: "judge-03" */
#define MODEL "vibration"
#define NEXT_GUEST "vibration_simd.wasm"	/* --story: version 2, beside version 1 */
#define NEXT_MODEL "1.0.1"
#define JUDGE_FUEL 2000000u	/* of one window; a judgement takes about 30,000 */
#define HOSTILE_FUEL 500000u
#define HOSTILE_PAGES 16u
/* What each of several tenants may use.  A window takes 10,000 to 18,000. */
#define TENANT_FUEL 60000u
#define TENANT_FUEL_PER_S 400000000u
#define TENANT_FAILS 10u	/* in a row, and it rests for a second */
#define CALL_DEPTH 1024u
#define VERDICTS_MAX (2 * GATEWAY_STEP)	/* an alert and a verdict of each */

static const char *const hostile_names[GATEWAY_HOSTILE] = {
	"loop", "recurse", "grow", "pointer", "trap", "flood", "import",
};

/* The guest's next version, made ready beside the loop. */
struct next {
	pthread_t thread;
	bool begun;
	atomic_bool ready;
	char path[512];
	uint8_t *bytes;		/* NULL: could not be read */
	size_t size;
	struct ew_prepared *prepared;	/* NULL: was refused, see err */
	struct ew_error err;
};

struct gateway {
	struct ew_alloc alloc;
	struct ew_node *node;
	struct ew_ring *ring;
	struct ew_kv *kv;
	void *ring_memory;
	uint8_t *guest, *hostile_bytes[GATEWAY_HOSTILE];
	size_t guest_size, hostile_size[GATEWAY_HOSTILE];
	struct next next;
	uint32_t tenants;
	const char *hostile_tenant;
	struct keep *keep;	/* with --journal */
	struct gateway_memory memory;
	char story[192];	/* what became of the trial */
	struct gateway_model model;
	uint8_t *model_bytes;
	char version[EW_NODE_NAME_BYTES];
	bool verdicts, quiet;
	uint64_t trace_seed;
	struct gateway_verdict pending[VERDICTS_MAX];
	uint32_t pending_count, pending_at;
	uint64_t failures;
	char last_failure[192];
	struct gateway_hostile hostile[GATEWAY_HOSTILE];
};

uint64_t gateway_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The library's memory, counted. */
static void *counted_resize(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	const struct ew_alloc libc = ew_alloc_libc();
	struct gateway_memory *m = ctx;
	void *p = libc.resize(libc.ctx, block, old_bytes, new_bytes);

	if (p || !new_bytes) {
		m->bytes += new_bytes;
		m->bytes -= old_bytes;
		m->calls++;
		m->peak = m->bytes > m->peak ? m->bytes : m->peak;
	}
	return p;
}

void gateway_memory(const struct gateway *g, struct gateway_memory *out)
{
	*out = g->memory;
}

static void say(const char *what, const char *why)
{
	fprintf(stderr, "fleet: %s: %s\n", what, why);
}

/* ---- what the node asks of its host ---- */

static enum ew_status host_clock(void *user, uint32_t id, uint64_t *ns)
{
	(void)user;
	if (id != 1)
		return EW_ERR_UNSUPPORTED;
	*ns = gateway_clock();
	return EW_OK;
}

/* Only the pointer guest asks; it never gets any. */
static enum ew_status host_random(void *user, void *out, size_t bytes)
{
	(void)user;
	memset(out, 0x5a, bytes);
	return EW_OK;
}

static void host_log(void *user, const char *function, uint32_t level, const char *text,
		     size_t len)
{
	(void)user;
	(void)level;
	fprintf(stderr, "fleet: %s says: ", function);
	/* a guest's text must not drive the terminal */
	for (size_t i = 0; i < len; i++)
		fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i], stderr);
	fputc('\n', stderr);
}

/* The ordinal rides in the second half of the trace id. */
static uint64_t trace_ordinal(const uint8_t id[16])
{
	return (uint64_t)fleet_get32(id + 12) << 32 | fleet_get32(id + 8);
}

static struct gateway_hostile *hostile_find(struct gateway *g, const char *function)
{
	for (uint32_t i = 0; i < GATEWAY_HOSTILE; i++)
		if (g->hostile[i].name && !strcmp(g->hostile[i].name, function))
			return &g->hostile[i];
	return NULL;
}

/* Only the judging function is believed. */
static enum ew_status host_emit(void *user, const char *function, const struct ew_event *header,
				const void *topic, const void *data)
{
	struct gateway *g = user;
	const uint8_t *d = data;
	struct gateway_verdict *v;
	const bool alert = header->topic_bytes == sizeof(FLEET_TOPIC_ALERT) - 1 &&
			   !memcmp(topic, FLEET_TOPIC_ALERT, header->topic_bytes);

	if (strncmp(function, JUDGE, JUDGE_BYTES) != 0) {
		struct gateway_hostile *h = hostile_find(g, function);

		if (h)
			h->emitted++;
		return EW_ERR_DENIED;
	}
	if (header->data_bytes != FLEET_VERDICT_BYTES)
		return EW_ERR_DENIED;
	if (g->pending_count == VERDICTS_MAX)
		return EW_ERR_FULL;
	v = &g->pending[g->pending_count++];
	memcpy(v->trace_id, header->trace_id, sizeof(v->trace_id));
	v->ordinal = trace_ordinal(header->trace_id);
	v->machine = fleet_get32(d);
	v->window = fleet_get32(d + 4);
	v->score = fleet_float(fleet_get32(d + 8));
	v->threshold = fleet_float(fleet_get32(d + 12));
	v->worst_idx = fleet_get32(d + 16);
	v->is_alert = alert;
	return EW_OK;
}

static void host_report(void *user, const struct ew_node_report *r)
{
	struct gateway *g = user;
	struct gateway_hostile *h = hostile_find(g, r->function);

	if (h) {
		if (r->cause != EW_NODE_PARKED)
			snprintf(h->last, sizeof(h->last), "%s", r->text);
		if (r->cause == EW_NODE_REFUSED && r->result <= -1000)
			h->wrong_result = r->result;
		return;
	}
	if (r->cause == EW_NODE_PROMOTED || r->cause == EW_NODE_ROLLED_BACK) {
		snprintf(g->story, sizeof(g->story), "%s", r->text);
		return;
	}
	g->failures++;
	snprintf(g->last_failure, sizeof(g->last_failure), "%s", r->text);
}

static const struct ew_node_host host = {
	.struct_bytes = sizeof(host),
	.clock = host_clock,
	.random = host_random,
	.log = host_log,
	.emit = host_emit,
	.report = host_report,
};

/* ---- the model ---- */

/* Version, threshold: from the file's metadata where there is any. */
static void read_metadata(struct gateway *g)
{
	const uint8_t *bytes;
	size_t size;

	snprintf(g->version, sizeof(g->version), "unversioned");
	if (ew_model_metadata(g->model.model, "edgewasm.version", &bytes, &size) == EW_OK &&
	    size > 0 && size < sizeof(g->version))
		snprintf(g->version, sizeof(g->version), "%.*s", (int)size, (const char *)bytes);
	g->model.version = g->version;
	g->model.threshold = INFINITY;
	if (ew_model_metadata(g->model.model, "edgewasm.threshold", &bytes, &size) == EW_OK &&
	    size == 4)
		g->model.threshold = fleet_float(fleet_get32(bytes));
}

/* The model under g->version: what MODEL stands for from now on. */
static enum ew_status put_model(struct gateway *g, struct ew_error *err)
{
	const struct ew_node_model_config config = {
		.struct_bytes = sizeof(config),
		.name = MODEL,
		.version = g->version,
		.bytes = g->model.bytes,
		.size = g->model.size,
	};

	return ew_node_model_put(g->node, &config, err);
}

/* Loads the file twice: once alone to learn its version, once into the node's
 * registry under that version. */
static bool load_model(struct gateway *g, const char *path)
{
	struct ew_error err = { 0 };
	struct ew_model *probe;
	struct ew_models_entry entry;
	enum ew_status status;

	g->model_bytes = source_read_file(path, &g->model.size);
	if (!g->model_bytes)
		return false;
	g->model.bytes = g->model_bytes;
	status = ew_model_load(&probe, g->model.bytes, g->model.size, NULL, &g->alloc, &err);
	if (status == EW_OK) {
		g->model.model = probe;
		read_metadata(g);
		ew_model_free(probe);
		status = put_model(g, &err);
	}
	if (status != EW_OK) {
		say(path, err.text);
		return false;
	}
	ew_models_at(ew_node_models(g->node), 0, &entry);
	g->model.model = entry.model;
	if (ew_model_input_info(entry.model, 0, &g->model.in) != EW_OK ||
	    ew_model_output_info(entry.model, 0, &g->model.out) != EW_OK ||
	    g->model.in.type != EW_TENSOR_I8 || g->model.out.type != EW_TENSOR_I8 ||
	    g->model.in.bytes != g->model.out.bytes) {
		say(path, "not an int8 autoencoder: its input and output differ");
		return false;
	}
	return true;
}

const struct gateway_model *gateway_model(const struct gateway *g)
{
	return &g->model;
}

/* ---- functions ---- */

static bool put_function(struct gateway *g, const struct ew_function_config *config,
			 const char *pattern, struct ew_error *err)
{
	if (ew_node_function_put(g->node, config, err) != EW_OK)
		return false;
	return ew_node_route_add(g->node, pattern, config->name, err) == EW_OK;
}

/* What a judging function may do and is told; settings: room for four. */
static struct ew_function_config judge_config(struct gateway *g, const void *bytes, size_t size,
					      struct ew_setting *settings, uint8_t threshold[4])
{
	struct ew_function_config config = {
		.struct_bytes = sizeof(config),
		.name = JUDGE,
		.version = "1",
		.module_bytes = bytes,
		.module_size = size,
		.grant.caps = EW_CAP_LOG | EW_CAP_EMIT | EW_CAP_RECV | EW_CAP_CONFIG | EW_CAP_INFER,
		.fuel = JUDGE_FUEL,
		.max_memory_pages = 4,
		.settings = settings,
		.setting_count = 2,
	};
	const uint8_t *norm;
	size_t norm_bytes;

	fleet_put32(threshold, fleet_float_bits(g->model.threshold));
	settings[0] = (struct ew_setting){ FLEET_SETTING_MODEL, MODEL, sizeof(MODEL) - 1 };
	settings[1] = (struct ew_setting){ FLEET_SETTING_THRESHOLD, threshold, 4 };
	if (ew_model_metadata(g->model.model, "edgewasm.norm", &norm, &norm_bytes) == EW_OK)
		settings[config.setting_count++] =
			(struct ew_setting){ FLEET_SETTING_NORM, norm, norm_bytes };
	if (g->verdicts)
		settings[config.setting_count++] =
			(struct ew_setting){ FLEET_SETTING_VERDICTS, "1", 1 };
	return config;
}

/* Tenant t's function, within the bounds of all of them. */
static bool put_tenant(struct gateway *g, struct ew_function_config config, uint32_t t,
		       struct ew_error *err)
{
	char name[32], tenant[32], theirs[48];
	const struct ew_tenant_config quotas = { .struct_bytes = sizeof(quotas), .name = tenant,
						 .fuel_per_second = TENANT_FUEL_PER_S };

	snprintf(name, sizeof(name), JUDGE "-%02u", (unsigned)t);
	snprintf(tenant, sizeof(tenant), "tenant%02u", (unsigned)t);
	snprintf(theirs, sizeof(theirs), "%s/+/window", tenant);
	if (!config.name || strcmp(config.name, JUDGE) == 0)
		config.name = name;
	config.tenant = tenant;
	config.fuel = TENANT_FUEL;
	config.fail_limit = TENANT_FAILS;
	return ew_node_tenant_put(g->node, &quotas, err) == EW_OK &&
	       put_function(g, &config, theirs, err);
}

/* The judging function, or that of each tenant but one that means harm; `what`
 * names it in messages. */
static bool put_judge(struct gateway *g, const void *bytes, size_t size, const char *pattern,
		      const char *what)
{
	const uint32_t judges = g->tenants - (g->hostile_tenant != NULL);
	uint8_t threshold[4];
	struct ew_setting settings[4];
	const struct ew_function_config config = judge_config(g, bytes, size, settings, threshold);
	struct ew_error err = { 0 };
	bool ok = true;

	if (g->tenants == 1)
		ok = put_function(g, &config, pattern, &err);
	for (uint32_t t = 0; ok && g->tenants > 1 && t < judges; t++)
		ok = put_tenant(g, config, t, &err);
	if (!ok)
		say(what, err.text);
	return ok;
}

bool gateway_put_guest(struct gateway *g, const void *bytes, size_t size, const char *pattern)
{
	return put_judge(g, bytes, size, pattern, "guest");
}

bool gateway_load_guest(struct gateway *g, const char *path, const char *pattern)
{
	g->guest = source_read_file(path, &g->guest_size);
	return g->guest && put_judge(g, g->guest, g->guest_size, pattern, path);
}

/* ---- --story ---- */

/* In a thread: what takes long about a new version.  The windows go first. */
static void *make_ready(void *arg)
{
	struct next *n = arg;
	/* not the gateway's allocator, which counts and is the loop's */
	const struct ew_alloc alloc = ew_alloc_libc();
	struct ew_function_config config = { .struct_bytes = sizeof(config),
					     .flags = EW_FUNCTION_KEEP };

#ifdef __linux__
	setpriority(PRIO_PROCESS, 0, 19); /* of this thread, there */
#endif
	n->bytes = source_read_file(n->path, &n->size);
	if (n->bytes) {
		config.module_bytes = n->bytes;
		config.module_size = n->size;
		ew_function_prepare(&n->prepared, &config, NULL, 0, &alloc, &n->err);
	}
	atomic_store(&n->ready, true);
	return NULL;
}

bool gateway_prepare_next(struct gateway *g, const char *beside)
{
	const char *slash = strrchr(beside, '/');
	struct next *n = &g->next;

	snprintf(n->path, sizeof(n->path), "%.*s" NEXT_GUEST, slash ? (int)(slash + 1 - beside) : 0,
		 beside);
	n->begun = pthread_create(&n->thread, NULL, make_ready, n) == 0;
	if (!n->begun)
		say(n->path, "no thread to prepare it");
	return n->begun;
}

static void join(struct next *n)
{
	if (n->begun)
		pthread_join(n->thread, NULL);
	n->begun = false;
}

bool gateway_try_next(struct gateway *g, bool wait, bool *started)
{
	struct next *n = &g->next;
	const struct ew_canary_config canary = { .struct_bytes = sizeof(canary), .share = 100,
						 .events = 256 };
	struct ew_function_config config;
	struct ew_setting settings[4];
	struct ew_error err = { 0 };
	uint8_t threshold[4];

	*started = n->begun && (wait || atomic_load(&n->ready));
	if (!*started)
		return true;
	join(n);
	if (!n->bytes)
		return false;
	if (!n->prepared) {
		say(n->path, n->err.text);
		return false;
	}
	config = judge_config(g, NULL, 0, settings, threshold);
	config.version = "2";
	config.flags = EW_FUNCTION_KEEP;
	config.prepared = n->prepared;
	if (ew_node_canary_start(g->node, &config, &canary, &err) != EW_OK) {
		say(n->path, err.text);
		return false;
	}
	n->prepared = NULL; /* the node's now */
	return true;
}

bool gateway_next_model(struct gateway *g)
{
	struct ew_error err = { 0 };

	snprintf(g->version, sizeof(g->version), NEXT_MODEL);
	if (put_model(g, &err) == EW_OK)
		return true;
	say("model " NEXT_MODEL, err.text);
	return false;
}

const char *gateway_story(const struct gateway *g)
{
	return g->story;
}

struct keep *gateway_keep(struct gateway *g)
{
	return g->keep;
}

/* ---- functions that mean harm ---- */

bool gateway_is_hostile(const char *name)
{
	for (uint32_t i = 0; i + 1 < GATEWAY_HOSTILE; i++) /* the last one is not linked */
		if (!strcmp(name, hostile_names[i]))
			return true;
	return false;
}

static bool load_hostile(struct gateway *g, uint32_t i, struct gateway_hostile *h,
			 const char *folder, int folder_len)
{
	char path[512], pattern[64];
	struct ew_error err = { 0 };
	bool ok;
	struct ew_function_config config = {
		.struct_bytes = sizeof(config),
		.name = hostile_names[i],
		.version = "1",
		.grant.caps = EW_CAP_RECV | EW_CAP_EMIT,
		.grant.quota[EW_QUOTA_EMIT_EVENTS].per_call = 1,
		.fuel = HOSTILE_FUEL,
		.max_memory_pages = HOSTILE_PAGES,
		.fail_limit = 50,
		.park_ns = 1000000000u,
	};

	/* what the pointer guest may call, it must be able to link */
	if (!strcmp(hostile_names[i], "pointer"))
		config.grant.caps = EW_CAP_ALL & ~(uint32_t)(EW_CAP_FS | EW_CAP_STDIO);
	snprintf(path, sizeof(path), "%.*sguest_hostile_%s.wasm", folder_len, folder,
		 hostile_names[i]);
	snprintf(pattern, sizeof(pattern), "hostile/%s", hostile_names[i]);
	g->hostile_bytes[i] = source_read_file(path, &g->hostile_size[i]);
	config.module_size = g->hostile_size[i];
	if (!g->hostile_bytes[i])
		return false;
	config.module_bytes = g->hostile_bytes[i];
	h->name = hostile_names[i];
	ok = g->hostile_tenant ? put_tenant(g, config, g->tenants - 1, &err)
			       : put_function(g, &config, pattern, &err);
	if (!ok)
		snprintf(h->refused, sizeof(h->refused), "%s", err.text);
	return true;
}

bool gateway_load_hostile(struct gateway *g, const char *beside)
{
	const char *slash = strrchr(beside, '/');
	const int len = slash ? (int)(slash + 1 - beside) : 0;
	struct gateway_hostile *h = g->hostile;

	for (uint32_t i = 0; i < GATEWAY_HOSTILE; i++)
		if ((!g->hostile_tenant || !strcmp(g->hostile_tenant, hostile_names[i])) &&
		    !load_hostile(g, i, h++, beside, len))
			return false;
	return true;
}

bool gateway_hostile_at(struct gateway *g, uint32_t i, struct gateway_hostile *out)
{
	struct ew_function_stats f;

	if (i >= GATEWAY_HOSTILE || !g->hostile[i].name)
		return false;
	*out = g->hostile[i];
	if (g->node && ew_node_function_find(g->node, out->name, &f) == EW_OK) {
		out->events = f.events;
		out->failed = f.failed_events;
		out->dropped_parked = f.dropped_parked;
		memcpy(out->causes, f.causes, sizeof(out->causes));
	}
	return true;
}

/* ---- windows ---- */

static bool claim(struct gateway *g, const struct ew_event *like, const void *topic,
		  const void *bytes)
{
	struct ew_event *e;

	if (ew_ring_claim(g->ring, like->topic_bytes, like->data_bytes, &e) != EW_OK)
		return false;
	e->time_ns = like->time_ns;
	memcpy(e->trace_id, like->trace_id, sizeof(e->trace_id));
	memcpy(ew_event_topic(e), topic, like->topic_bytes);
	memcpy(ew_event_data(e), bytes, like->data_bytes);
	ew_ring_commit(g->ring);
	return true;
}

bool gateway_offer(struct gateway *g, uint64_t ordinal, uint64_t arrival_ns, const char *topic,
		   uint32_t topic_bytes, const void *bytes, uint32_t size, int hostile)
{
	char other[32];
	struct ew_event e = { .time_ns = arrival_ns, .data_bytes = size };
	const uint64_t id = fleet_rng_fork(g->trace_seed, ordinal, hostile >= 0 ? 6 : 5);

	if (hostile >= 0) {
		topic_bytes = (uint32_t)snprintf(other, sizeof(other), "hostile/%s",
						 hostile_names[hostile]);
		topic = other;
	}
	e.topic_bytes = (uint16_t)topic_bytes;
	fleet_put32(e.trace_id, (uint32_t)id);
	fleet_put32(e.trace_id + 4, (uint32_t)(id >> 32));
	fleet_put32(e.trace_id + 8, (uint32_t)ordinal);
	fleet_put32(e.trace_id + 12, (uint32_t)(ordinal >> 32));
	return claim(g, &e, topic, bytes);
}

uint32_t gateway_step(struct gateway *g, uint64_t now_ns)
{
	struct ew_node_next next;

	g->pending_count = g->pending_at = 0;
	return ew_node_step(g->node, now_ns, &next) == EW_OK ? next.events : 0;
}

bool gateway_next_verdict(struct gateway *g, struct gateway_verdict *out)
{
	if (g->pending_at == g->pending_count)
		return false;
	*out = g->pending[g->pending_at++];
	return true;
}

/* Of all tenants' together; name, version and latency are the first one's. */
static void judge_stats(const struct gateway *g, struct ew_function_stats *out)
{
	struct ew_function_stats f;
	bool first = true;

	for (uint32_t i = 0; ew_node_function_at(g->node, i, &f) == EW_OK; i++) {
		if (strncmp(f.name, JUDGE, JUDGE_BYTES) != 0)
			continue;
		if (first) {
			*out = f;
			first = false;
			continue;
		}
		out->events += f.events;
		out->fuel += f.fuel;
		out->inferences += f.inferences;
		out->dropped_parked += f.dropped_parked;
		for (int c = 0; c < EW_NODE_CAUSES; c++)
			out->causes[c] += f.causes[c];
	}
}

void gateway_stats(const struct gateway *g, struct ew_function_stats *f,
		   struct ew_ring_stat *ring, struct ew_node_stats *node)
{
	judge_stats(g, f);
	ew_ring_stat(g->ring, ring);
	ew_node_stats(g->node, node);
}

uint64_t gateway_failures(const struct gateway *g, const char **last)
{
	*last = g->last_failure;
	return g->failures;
}

/* ---- life ---- */

static bool open_node(struct gateway *g)
{
	struct ew_error err = { 0 };
	struct ew_node_config config = {
		.struct_bytes = sizeof(config),
		.host = &host,
		.user = g,
		.call_depth = CALL_DEPTH,
		.step_events = GATEWAY_STEP,
	};
	const size_t ring_bytes = ew_ring_size(RING_BYTES);

	/* aligned_alloc would want a multiple; malloc aligns enough */
	g->ring_memory = malloc(ring_bytes);
	if (g->ring_memory)
		memset(g->ring_memory, 0, ring_bytes); /* touched now, not by the first windows */
	if (!g->ring_memory || ew_ring_init(g->ring_memory, ring_bytes, NULL, &g->ring) != EW_OK ||
	    ew_kv_ram_create(NULL, &g->alloc, &g->kv) != EW_OK) {
		say("ring", "out of memory");
		return false;
	}
	config.in = g->ring;
	config.kv = g->kv;
	if (ew_node_create(&g->node, &config, &g->alloc, &err) != EW_OK) {
		say("node", err.text);
		return false;
	}
	return !g->keep || keep_attach(g->keep, g->node);
}

struct gateway *gateway_create(const struct fleet_options *opt, bool verdicts)
{
	struct gateway *g = calloc(1, sizeof(*g));

	if (!g) {
		say("gateway", "out of memory");
		return NULL;
	}
	g->alloc = (struct ew_alloc){ counted_resize, &g->memory };
	g->tenants = opt->tenants;
	g->hostile_tenant = opt->hostile_tenant;
	g->verdicts = verdicts;
	if (opt->journal) {
		g->keep = keep_open(opt->journal);
		if (!g->keep) {
			gateway_destroy(g);
			return NULL;
		}
	}
	g->trace_seed = opt->seed;
	if (!open_node(g) || !load_model(g, opt->model)) {
		gateway_destroy(g);
		return NULL;
	}
	if (opt->threshold_given)
		g->model.threshold = opt->threshold;
	return g;
}

void gateway_stop(struct gateway *g)
{
	struct gateway_hostile h;

	for (uint32_t i = 0; i < GATEWAY_HOSTILE; i++)
		if (gateway_hostile_at(g, i, &h))
			g->hostile[i] = h;
	ew_node_destroy(g->node);
	g->node = NULL;
	g->model.model = NULL;
}

/* The bytes that a replay asks for. */
static enum ew_status find_bytes(void *user, const char *name, const char *version,
				 const uint8_t sha256[EW_SHA256_BYTES], const void **bytes, size_t *size)
{
	const struct gateway *g = user;

	(void)sha256; /* compared by the library */
	*bytes = NULL;
	if (!strcmp(name, MODEL)) {
		*bytes = g->model_bytes;
		*size = g->model.size;
	} else if (!strncmp(name, JUDGE, JUDGE_BYTES)) {
		*bytes = strcmp(version, "1") ? g->next.bytes : g->guest;
		*size = strcmp(version, "1") ? g->next.size : g->guest_size;
	}
	for (uint32_t i = 0; i < GATEWAY_HOSTILE && !*bytes; i++)
		if (!strcmp(name, hostile_names[i])) {
			*bytes = g->hostile_bytes[i];
			*size = g->hostile_size[i];
		}
	return *bytes ? EW_OK : EW_ERR_NOENT;
}

bool gateway_replay(struct gateway *g, struct ew_replay_report *report)
{
	return keep_replay(g->keep, find_bytes, g, report);
}

void gateway_destroy(struct gateway *g)
{
	if (!g)
		return;
	join(&g->next);
	ew_prepared_free(g->next.prepared);
	ew_node_destroy(g->node);
	keep_close(g->keep);
	if (g->kv)
		ew_kv_destroy(g->kv);
	free(g->ring_memory);
	for (uint32_t i = 0; i < GATEWAY_HOSTILE; i++)
		free(g->hostile_bytes[i]);
	free(g->guest);
	free(g->next.bytes);
	free(g->model_bytes);
	free(g);
}
