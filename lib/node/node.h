/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* node.h - the node from the inside. */
#ifndef EW_NODE_NODE_H
#define EW_NODE_NODE_H

#include <string.h>
#include "abi/config_copy.h"
#include "base/alloc.h"
#include "base/bits.h"
#include "base/error.h"
#include "edgewasm/node.h"
#include "edgewasm/snapshot.h"
#include "node/drift.h"

struct ewi_function;
struct ewi_outcome;
struct ewi_recorder;
struct ewi_version;

/* What administers a node; the numbers are in journals. */
enum ewi_act {
	EWI_ACT_PUT = 1,
	EWI_ACT_CANARY,
	EWI_ACT_PROMOTE,
	EWI_ACT_ROLLBACK,
	EWI_ACT_REMOVE,
	EWI_ACT_UNPARK,
	EWI_ACT_ROUTE,
	EWI_ACT_UNROUTE,
	EWI_ACT_MODEL,
	EWI_ACT_SELECT,
	EWI_ACT_SETTING,
	EWI_ACT_UNLOAD,
	EWI_ACT_TENANT,
	EWI_ACT_WATCH
};

struct ewi_act_args {
	enum ewi_act act;
	const char *name, *other; /* of what; the pattern of a route, the version of a model, the key of a setting */
	const struct ew_function_config *function; /* PUT, CANARY */
	const struct ew_canary_config *canary;
	const struct ew_node_model_config *model;
	const struct ew_tenant_config *tenant;
	const struct ew_node_watch_config *watch;
	const void *value; /* SETTING; NULL: back to what the function was put with */
	size_t value_bytes;
};

/*
 * Who records what happens, or compares it with what was recorded (journal.c, replay.c).  Behind pointers, so that
 * a node without a journal links none of it.  What happens comes in groups: a step, a dispatch, an act.
 */
struct ewi_recorder_ops {
	/* A group begins.  An error: nothing may happen now. */
	enum ew_status (*step)(struct ewi_recorder *r, bool dispatch);
	enum ew_status (*act)(struct ewi_recorder *r, const struct ewi_act_args *args);
	/* It is over. */
	enum ew_status (*end)(struct ewi_recorder *r, enum ew_status status);
	/* Events are about to be judged; those that were before are taken out.  How many are left. */
	uint32_t (*inputs)(struct ewi_recorder *r, const struct ew_event **events, uint32_t count);
	void (*call)(struct ewi_recorder *r, const struct ewi_version *v, const struct ew_event *first,
		     uint32_t count, uint32_t lost, const struct ewi_outcome *o, uint64_t fuel);
	void (*report)(struct ewi_recorder *r, const struct ew_node_report *report);
	/* Would the output fit?  Then, when it has been taken. */
	enum ew_status (*room)(struct ewi_recorder *r, const struct ew_event *header);
	void (*output)(struct ewi_recorder *r, const struct ewi_version *v, const struct ew_event *header,
		       const void *topic, const void *data);
	/* What the host answers: asked, or read from what was recorded. */
	enum ew_status (*clock)(struct ewi_recorder *r, uint32_t id, uint64_t *ns);
	enum ew_status (*random)(struct ewi_recorder *r, void *out, size_t bytes);
	enum ew_status (*emit)(struct ewi_recorder *r, const struct ewi_version *v, const struct ew_event *header,
			       const void *topic, const void *data);
	/* What the keeper said. */
	enum ew_status (*kept)(struct ewi_recorder *r, enum ew_status status);
	/* And the node's trust; err has the words. */
	enum ew_status (*vouched)(struct ewi_recorder *r, enum ew_status status, struct ew_error *err);
	bool (*fallback)(struct ewi_recorder *r, const char *function, const struct ew_event *event);
	enum ew_status (*load)(struct ewi_recorder *r, const struct ewi_version *v, const uint8_t *sha256,
			       const void **bytes, size_t *size);
	/* A call begins: the fuel at which it was interrupted, or UINT64_MAX.  And: it was, after so much. */
	uint64_t (*call_limit)(struct ewi_recorder *r);
	void (*interrupted)(struct ewi_recorder *r, uint64_t used);
	/* The node goes. */
	void (*close)(struct ewi_recorder *r);
};

struct ewi_recorder {
	const struct ewi_recorder_ops *ops;
	struct ew_node *node;
	struct ew_kv *kv; /* what functions get in place of the node's store; NULL: it has none */
	bool stopped; /* it has to be written down, and cannot be: no more events in this step */
};

/* setting.c: a setting of a function that was changed while it ran. */
struct ewi_override {
	struct ewi_override *next;
	size_t key_bytes, value_bytes; /* the key's with its NUL */
	char text[];		       /* key, value */
};

/*
 * Who keeps what runs (state.c); behind pointers, as the recorder.  What it is told of happens when it has said EW_OK, except
 * for models, which are there already.
 */
struct ewi_keeper;
struct ewi_keeper_ops {
	/* A version was made: remember what of. */
	enum ew_status (*note)(struct ewi_keeper *k, struct ewi_version *v, const struct ew_function_config *c);
	enum ew_status (*swap)(struct ewi_keeper *k, const struct ewi_function *f, const struct ewi_version *v, bool keep);
	/* A version is on trial; canary NULL: no longer, and the old one runs on. */
	enum ew_status (*trial)(struct ewi_keeper *k, const struct ewi_version *v, const struct ew_canary_config *canary);
	enum ew_status (*remove)(struct ewi_keeper *k, const struct ewi_function *f);
	/* A tenant's quotas, a watch. */
	enum ew_status (*put)(struct ewi_keeper *k, const struct ewi_act_args *act);
	enum ew_status (*route)(struct ewi_keeper *k, const char *pattern, const char *function, bool add);
	enum ew_status (*setting)(struct ewi_keeper *k, const char *function, const char *key, const void *value,
				  size_t bytes);
	/* config NULL: it was selected. */
	enum ew_status (*model)(struct ewi_keeper *k, const struct ew_node_model_config *config, const char *name,
				const char *version);
	void (*watch)(struct ewi_keeper *k, uint64_t now_ns);
	void (*close)(struct ewi_keeper *k);
};

struct ewi_keeper {
	const struct ewi_keeper_ops *ops;
	struct ew_node *node;
	uint32_t changes; /* of the last refresh */
};

/* One version of a function: what ew_node_function_put makes and swaps. */
struct ewi_version {
	struct ew_node *node;
	struct ewi_function *function;
	char version[EW_NODE_NAME_BYTES];
	struct ew_module *module;
	void *copy; /* of the module's bytes, or NULL */
	size_t copy_bytes;
	struct ew_abi *abi;
	struct ew_setting *settings; /* their keys and values lie in strings */
	uint32_t setting_count;
	char *strings; /* settings, out_topic, fallback */
	size_t string_bytes;
	const char *out_topic, *fallback; /* NULL: none */
	uint8_t sha256[EW_SHA256_BYTES];  /* of the module's bytes, when hash_known */
	bool hash_known;
	const void *signature; /* detached, in strings; NULL: embedded */
	size_t signature_size;
	struct ew_prepared *lent; /* whose module it is until the version is in place; NULL */
	const void *bytes; /* EW_FUNCTION_ON_DEMAND: what host->load gave */
	size_t size;
	uint64_t used; /* node->uses when it last was; EW_FUNCTION_ON_DEMAND */
	uint32_t flags, batch, fail_limit, max_memory_pages;
	uint64_t fuel, deadline_ns, tick_ns, park_ns;
	uint64_t batch_age_ns;
	uint32_t batch_bytes;
	uint64_t cache_ttl_ns;
	struct ewi_tenant *tenant; /* NULL: none */
	uint64_t number; /* no other version, and not this one with other settings, has had it */
	struct ewi_hold *hold; /* for the function, when its own has less room; NULL: it is enough */

	uint8_t *record; /* what it was put with, encoded, for the keeper; NULL: there is none */
	size_t record_bytes, record_cap;

	struct ewi_arm *arm; /* what it is counted in while a canary runs; else NULL */

	/* The instance; NULL: the next event gets a new one. */
	struct ew_instance *instance;
	struct ew_func *on_event, *on_tick;		   /* edge_v1 */
	struct ew_func *handle, *allocate, *deallocate;	   /* the other convention */
	bool handle_gives_bytes;
	/* EW_FUNCTION_FRESH: the instance after edge_init, which it is put back to after each call; NULL: a new one. */
	struct ew_snapshot *start;
	uint32_t start_models; /* the models' generation then: handles that the guest holds are of it */
};

/* canary.c: one side of the comparison. */
#define EWI_CANARY_EMITS 4u
#define EWI_CANARY_SCORES 8u
#define EWI_CANARY_LEARN 128u
struct ewi_arm {
	uint64_t events, failed, fuel, busy_ns, scored;
	uint32_t emits[EWI_CANARY_EMITS]; /* events for which 0, 1, 2, more were emitted */
	uint32_t scores[EWI_CANARY_SCORES];
};

struct ewi_canary {
	struct ewi_version *version;
	struct ew_canary_config config;
	char score[64];
	struct ewi_arm arms[2]; /* old, new */
	uint32_t next_check;
	uint32_t learned;
	double learn[EWI_CANARY_LEARN]; /* scores of the old version, ascending */
};

/* registry.c: a module before it belongs to a version. */
struct ew_prepared {
	struct ew_alloc alloc;
	struct ew_module *module;
	const struct ew_trust *trust; /* that it has been checked against */
	uint8_t sha256[EW_SHA256_BYTES];
	size_t size;
};

/* registry.c: what a version was when it was first put. */
struct ewi_past {
	char version[EW_NODE_NAME_BYTES];
	uint8_t sha256[EW_SHA256_BYTES];
};

/* watch.c: a metric of a function that is watched for drift. */
struct ewi_watch {
	struct ewi_watch *next;
	char metric[64], topic[EW_NODE_TOPIC_BYTES + 1];
	double scale;
	bool mean, shape; /* which of the two are in use */
	struct ew_page_hinkley ph;
	struct ew_psi psi;
};

struct ewi_function {
	char name[EW_NODE_NAME_BYTES];
	struct ewi_version *version;
	struct ewi_version *kept; /* for a rollback, without an instance; NULL: none */
	struct ewi_canary *canary; /* NULL: none */
	struct ewi_watch *watches;
	struct ew_reservoir *sample; /* of its events; NULL: none */
	struct ewi_hold *hold; /* NULL: no version has waited for batches yet */
	struct ewi_override *overrides; /* settings that were changed while it ran */
	uint64_t stamp;	    /* of the event it was last matched with: once for each */
	uint64_t next_tick; /* EW_NODE_WHENEVER: none */
	uint64_t parked_until; /* 0: not parked */
	bool half_open; /* parked until now: one event shows whether it is well again */
	struct ewi_past history[EW_NODE_HISTORY];
	uint32_t history_next;
	struct ew_function_stats stats; /* counters only; the rest is filled in when asked */
	struct ew_histogram latency;
};

/* hold.c: events that wait for their batch to be whole. */
struct ewi_hold {
	struct ew_batch batch;
	const struct ew_event **events; /* node->max_batch */
	uint8_t *memory;		/* their copies */
	size_t size, used;
};

/* tenant.c */
enum { EWI_TENANT_QUOTAS = 5 };
struct ewi_tenant {
	struct ewi_tenant *next;
	char name[EW_NODE_NAME_BYTES];
	struct ew_bucket bucket[EWI_TENANT_QUOTAS]; /* events, bytes, fuel, time, inferences; rate 0: no quota */
	uint64_t debt[EWI_TENANT_QUOTAS];
	bool limited, broke;
	struct ew_tenant_stats stats; /* counters only */
};

/* What a call has cost. */
struct ewi_cost {
	uint64_t events, bytes, fuel, busy_ns, inferences;
};

/* guest.c: one call, or a result from the cache. */
struct ewi_call {
	const struct ew_event *const *events;
	uint32_t count;	      /* 0: a tick */
	uint32_t lost, first; /* events without a verdict, and the first of them */
	bool cached;
	uint64_t begin_ns;
	struct ewi_cost cost;
};

/* cache.c: what a result is found by; then the event's topic and data. */
struct ewi_cache_key {
	uint64_t hash, version;
	uint32_t models, flags;
	uint16_t content_type;
};
struct ewi_cache;

struct ewi_route {
	struct ewi_function *function;
	char *pattern;
	uint32_t len;
};

struct ewi_metric {
	struct ewi_function *function; /* NULL: free */
	char name[64];
	uint32_t kind;
	int64_t count;
	double value, min, max;
	uint32_t *bucket; /* EWI_METRIC_BUCKETS of a histogram */
};
#define EWI_METRIC_BUCKETS 64u

struct ew_node {
	struct ew_alloc alloc;
	struct ew_node_host host; /* a copy */
	void *user;
	struct ew_ring *in, *out;
	struct ew_kv *kv;
	struct ew_models *models;
	const struct ew_trust *trust; /* NULL: anything is taken */
	struct ewi_recorder *recorder; /* NULL: nobody records */
	struct ewi_keeper *keeper;     /* NULL: nobody keeps what runs */
	struct ew_exec *exec;
	struct ewi_cache *cache; /* NULL: none */
	struct ewi_tenant *tenants; /* in the order in which they came */
	uint64_t versions;	 /* numbers given to them */
	uint8_t *trace_room;	 /* trace_bytes for what is emitted and its trace context; NULL: none is attached */
	uint32_t trace_bytes;
	uint64_t wall_offset;		/* of the realtime clock from now_ns, for what is told; 0: not known */
	const struct ew_event *asking; /* the event of a call that has only one; NULL */
	uint64_t now_ns;
	bool busy; /* in a step or put: a callback must not come back */

	struct ewi_function **functions; /* in order of first put */
	uint32_t function_count, max_functions;
	struct ewi_route *routes;
	size_t route_count, route_cap;
	uint32_t max_routes, max_metrics, max_batch, step_events;
	uint32_t stack_slots, call_depth; /* as they were asked for; */
	size_t cache_bytes;		  /* likewise */
	struct ewi_metric *metrics;
	uint64_t stamp, next_tick, next_hold;
	uint32_t held; /* events in all holds */
	uint64_t uses;
	uint32_t loaded, max_loaded; /* modules of functions put on demand */

	uint32_t in_read; /* events read from the ring and not released */
	/* Scratch of a step. */
	struct ewi_function **match, **match_next; /* max_functions each */
	const struct ew_event **events;		   /* max_batch */
	uint8_t *states;			   /* max_batch */

	struct ew_node_stats stats;
};

/* route.c */
bool ewi_topic_matches(const char *pattern, size_t len, const char *topic, size_t topic_len);
/* Functions for a topic, in order of their routes; returns how many. */
uint32_t ewi_route_match(struct ew_node *node, const char *topic, size_t len,
			 struct ewi_function **out);
void ewi_routes_drop(struct ew_node *node, const struct ewi_function *function);
void ewi_routes_free(struct ew_node *node);

/* function.c */
struct ewi_function *ewi_function_find(const struct ew_node *node, const char *name);
void ewi_function_free(struct ew_node *node, struct ewi_function *f);
/* An instance, initialised.  On failure the reason is in err (and *trap when the guest trapped). */
enum ew_status ewi_version_start(struct ewi_version *v, struct ew_trap *trap, int32_t *result,
				 struct ew_error *err);
void ewi_version_stop(struct ewi_version *v);
/* After a call of an EW_FUNCTION_FRESH one: the instance is what it was before, or there is none. */
void ewi_version_reset(struct ewi_version *v);
/* The state to reset to is not to be used any longer. */
void ewi_version_forget(struct ewi_version *v);
/* Its settings have changed: what was worked out with the old ones, edge_init's state among it, is forgotten. */
void ewi_version_changed(struct ewi_version *v);

/* registry.c */
/* EXISTS when version was put with other bytes before. */
enum ew_status ewi_registry_check(const struct ewi_function *f, const char *version,
				  const uint8_t sha256[EW_SHA256_BYTES], struct ew_error *err);
void ewi_registry_note(struct ewi_function *f, const char *version, const uint8_t sha256[EW_SHA256_BYTES]);
/* Check the bytes and make v->module of them; EW_FUNCTION_ON_DEMAND: of what the host loads, if it is not there. */
enum ew_status ewi_module_load(struct ewi_version *v, const void *bytes, size_t size, struct ew_error *err);
/* The same with a module that is there; it is the caller's as long as v->lent is set. */
enum ew_status ewi_module_take(struct ewi_version *v, struct ew_prepared *p, struct ew_error *err);
enum ew_status ewi_module_demand(struct ewi_version *v, struct ew_error *err);
/* Module and instance go. */
void ewi_module_unload(struct ewi_version *v);

/* The canary takes the old version's place, or goes; also when the keeper says that it must not. */
enum ew_status ewi_canary_end(struct ewi_function *f, bool promote);

/* setting.c */
const struct ewi_override *ewi_override_find(const struct ewi_function *f, const char *key, size_t len);
void ewi_overrides_free(struct ewi_function *f, const struct ew_alloc *alloc);

/* guest.c: what a call gives back. */
struct ewi_outcome {
	enum ew_status status;
	int32_t result; /* of the function, when status is EW_OK */
	bool deadline;	/* status EW_ERR_INTERRUPT or EW_ERR_FUEL because time was over */
};
/* fuel and deadline_ns (absolute, 0: none) bound the call; fuel used is added to *used. */
struct ewi_outcome ewi_guest_call(struct ewi_version *v, struct ew_func *func,
				  union ew_value *values, uint64_t fuel, uint64_t deadline_ns,
				  uint64_t *used);
/* handle.c: the same for one event of a module that exports handle(). */
struct ewi_outcome ewi_guest_handle(struct ewi_version *v, const struct ew_event *e,
				    uint64_t deadline_ns, uint64_t *used);
void ewi_guest_events(struct ewi_function *f, const struct ew_event *const *events, uint32_t count);
void ewi_guest_tick(struct ewi_function *f);
/* Count a cause, and tell the host; r->text is for what has no sentence of its own. */
void ewi_guest_report(struct ewi_version *v, struct ew_node_report *r);

void ewi_guest_now(struct ewi_function *f, const struct ew_event *const *events, uint32_t count);

/* hold.c */
/* Room for v's batches, if it waits for them. */
enum ew_status ewi_hold_prepare(struct ewi_version *v);
void ewi_hold_free(struct ew_node *node, struct ewi_hold *h);
void ewi_hold_events(struct ewi_function *f, const struct ew_event *const *events, uint32_t count);
/* Judge what is held now, or what is due. */
void ewi_hold_flush(struct ewi_function *f);
void ewi_hold_due(struct ew_node *node);

/* watch.c */
void ewi_watches_free(struct ew_node *node, struct ewi_function *f);
/* A function's metric has got a value. */
void ewi_watch_value(struct ewi_version *v, const char *metric, double value);

/* tenant.c */
struct ewi_tenant *ewi_tenant_find(const struct ew_node *node, const char *name);
/* The tenant of that name, made if there is none. */
enum ew_status ewi_tenant_get(struct ew_node *node, const char *name, struct ewi_tenant **out, struct ew_error *err);
void ewi_tenants_free(struct ew_node *node);
/* False: something is used up.  *told: so it was the last time. */
bool ewi_tenant_allows(struct ewi_tenant *t, uint64_t now_ns, bool *told);
void ewi_tenant_charge(struct ewi_tenant *t, const struct ewi_cost *c, uint64_t now_ns);

/* span.c */
/* The event that v is working for, as far as can be told; NULL. */
const struct ew_event *ewi_span_event(const struct ewi_version *v);
/* Its trace context behind what is emitted: true when header and data have been changed. */
bool ewi_span_attach(const struct ewi_version *v, struct ew_event *header, const void **data);
void ewi_span_clock(struct ew_node *node);
/* Only with host.span, host.entry.  failure: NULL, or the cause's name. */
void ewi_span_tell(struct ewi_version *v, const struct ewi_call *call, const char *failure);
void ewi_span_entry(const struct ewi_version *v, const struct ew_event *e, uint32_t level, const char *text, size_t len);

/* cache.c */
enum ew_status ewi_cache_create(struct ewi_cache **out, size_t max_bytes, const struct ew_alloc *alloc);
void ewi_cache_destroy(struct ewi_cache *c);
void ewi_cache_stats(const struct ewi_cache *c, struct ew_node_stats *out);
/* True: it was there and has been emitted, or refused with *st.  *key is for _end in any case. */
bool ewi_cache_get(struct ewi_version *v, const struct ew_event *e, struct ewi_cache_key *key, enum ew_status *st);
/* What is emitted from now on is remembered, and kept by _end if the call was good. */
void ewi_cache_begin(struct ewi_cache *c);
void ewi_cache_emitted(struct ewi_cache *c, const struct ew_event *header, const void *topic, const void *data,
		       enum ew_status st);
void ewi_cache_end(struct ewi_version *v, const struct ew_event *e, const struct ewi_cache_key *key, bool good);

/* update.c */
/* EW_OK when the node asks for no signatures, or this is a good one. */
enum ew_status ewi_update_signed(struct ew_node *node, enum ew_signed_content content, const void *bytes,
				 size_t size, const void *signature, size_t signature_size,
				 struct ew_error *err);
/* DENIED when version comes before old (NULL: none) and is not forced. */
enum ew_status ewi_update_newer(const char *name, const char *old, const char *version, bool forced,
				struct ew_error *err);

/* canary.c */
enum ew_status ewi_canary_create(struct ewi_canary **out, const struct ew_node *node,
				 const struct ew_canary_config *config, struct ew_error *err);
/* The version that an event of this topic meets. */
struct ewi_version *ewi_canary_choose(const struct ewi_function *f, const struct ew_event *e);
void ewi_canary_count(struct ewi_arm *arm, uint32_t events, uint32_t failed, uint64_t fuel, uint64_t busy_ns,
		      uint64_t emitted);
void ewi_canary_score(struct ewi_version *v, const char *metric, double value);
/* True when it is over: *why says why it goes, NULL: it stays. */
bool ewi_canary_decided(struct ewi_canary *c, const char **why);

/* services.c: the callbacks that a function's ABI gets. */
extern const struct ew_abi_host ewi_node_services;
/* An event of v's, counted and recorded as those that its guest emits. */
enum ew_status ewi_services_emit(struct ewi_version *v, const struct ew_event *header, const void *topic, const void *data);

/* metrics.c */
void ewi_metrics_drop(struct ew_node *node, const struct ewi_function *function);
enum ew_status ewi_metric_define(struct ew_node *node, struct ewi_function *f, uint32_t kind,
				 const char *name, size_t len, uint32_t *id);
enum ew_status ewi_metric_add(struct ew_node *node, const struct ewi_function *f, uint32_t id,
			      int64_t delta);
enum ew_status ewi_metric_record(struct ew_node *node, const struct ewi_function *f, uint32_t id,
				 double value);

/* services.c: an emitted event goes where the host wants it. */
enum ew_status ewi_node_emit(struct ew_node *node, const struct ewi_version *v, const struct ew_event *header,
			     const void *topic, const void *data);

/* node.c: the host's time, if it tells it. */
void ewi_node_time(struct ew_node *node);
void ewi_node_advance(struct ew_node *node, uint64_t now_ns);
/* Ticks that are due. */
void ewi_node_ticks(struct ew_node *node);
/* Events that came together, at most max_batch, to their functions; those of the ring are released as they are done. */
void ewi_node_judge(struct ew_node *node, const struct ew_event **events, uint32_t count);
/* An act: recorded from its begin (an error: it must not happen) to its end, which returns status. */
enum ew_status ewi_act_begin(struct ew_node *node, const struct ewi_act_args *args, struct ew_error *err);
enum ew_status ewi_act_end(struct ew_node *node, enum ew_status status);
/* An act that is about a function: NOENT, or what `fn` says. */
enum ew_status ewi_act_on(struct ew_node *node, enum ewi_act act, const char *name,
			  enum ew_status (*fn)(struct ew_node *node, struct ewi_function *f));
/* The keeper's `put`, if there is one, before what it is about happens. */
enum ew_status ewi_act_keep(struct ew_node *node, const struct ewi_act_args *args, struct ew_error *err);
/* What the keeper said, or in a replay had said. */
enum ew_status ewi_node_kept(struct ew_node *node, enum ew_status status);
void ewi_node_next_tick(struct ew_node *node);

#endif
