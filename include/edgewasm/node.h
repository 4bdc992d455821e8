/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * node.h - functions by name, fed from a ring, limited, counted and replaced while running.
 *
 *	ew_node_create(&node, &config, &alloc, &err);
 *	ew_node_function_put(node, &function, &err);          module, grants, limits
 *	ew_node_route_add(node, "spindle/+/window", "judge", &err);
 *	for (;;) {
 *		ew_node_step(node, now_ns, &next);            bounded work
 *		wait until next.at_ns, or until the ring has something;
 *	}
 *
 * The host drives: the node makes no thread, reads no clock and waits for nothing.  One thread at a time, but for
 * ew_node_interrupt (any), ew_function_prepare, ew_version_compare and the figures' formats, which touch no node.
 * Callbacks of struct ew_node_host are called in the thread that called the node; they may read figures and nothing else of it:
 * whatever would change the node returns EW_ERR_STATE there.
 *
 * Where there is a journal (journal.h) with EW_JOURNAL_REQUIRED, or a state (state.h), whatever changes the node also returns
 * what these say, and has changed nothing then.
 *
 * An event goes to every function that a route gives it to, in the order in which the routes were added, once
 * each.  A trap, a timeout, exhausted fuel or a refusal costs that function that event: it is counted, told
 * through the report callback, and never retried.  An operation that meets its quota is refused to the guest,
 * counted and told; with EW_GRANT_STRICT it costs the event too.  After anything but a refusal the instance is
 * thrown away and the next event meets a new one.  After `fail_limit` failures in a row the function is parked (its
 * circuit breaker opens): for `park_ns` its events go to its fallback, or are counted as dropped.  Then it is half
 * open: one event is tried; a failure parks it again, anything else ends it.
 *
 * A function that asks for batches gets several events in one call, and says with edge_event_about which one it
 * answers.
 *
 * Functions keep their memory from event to event (warm) unless EW_FUNCTION_FRESH.
 */
#ifndef EDGEWASM_NODE_H
#define EDGEWASM_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/abi.h"
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/event.h"
#include "edgewasm/sign.h"
#include "edgewasm/status.h"
#include "edgewasm/trace.h"
#include "edgewasm/wasm.h"
#include "edgewasm/watch.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ew_node;
struct ew_prepared;

#ifndef EW_NODE_FUNCTIONS /* 10 bytes each; 5 KiB (small: 1) and its ABI for one that is there, besides module and instance */
#define EW_NODE_FUNCTIONS (EW_CONFIG_SMALL ? 8u : 64u)
#endif
#ifndef EW_NODE_ROUTES /* 24 bytes and the pattern for each that is there */
#define EW_NODE_ROUTES (EW_CONFIG_SMALL ? 16u : 256u)
#endif
#ifndef EW_NODE_METRICS /* of all functions together; 112 bytes each, a histogram's buckets 256 more */
#define EW_NODE_METRICS (EW_CONFIG_SMALL ? 8u : 128u)
#endif
#ifndef EW_NODE_BATCH /* events that one call may offer; 9 bytes each, once for the node */
#define EW_NODE_BATCH (EW_CONFIG_SMALL ? 8u : 64u)
#endif
#ifndef EW_NODE_TENANTS /* about 400 bytes for each that is there */
#define EW_NODE_TENANTS (EW_CONFIG_SMALL ? 4u : 64u)
#endif
#ifndef EW_NODE_HISTORY /* versions of each function whose bytes are remembered by hash; 80 bytes each */
#define EW_NODE_HISTORY (EW_CONFIG_SMALL ? 2u : 16u)
#endif
#define EW_NODE_BATCH_MAX 4096u /* what config.max_batch may be */
#ifndef EW_NODE_BATCH_BYTES /* room of a function whose batches wait, and that sets no batch_bytes */
#define EW_NODE_BATCH_BYTES (EW_CONFIG_SMALL ? 2048u : 65536u)
#endif
#define EW_NODE_NAME_BYTES 48 /* of functions, versions: 47 bytes and a NUL */
#define EW_NODE_TOPIC_BYTES 255

/* Defaults of struct ew_function_config. */
#define EW_NODE_FUEL 50000000ull
#define EW_NODE_FAIL_LIMIT 8u
#define EW_NODE_PARK_NS 10000000000ull

/* ---- what the host is told -------------------------------------------------------------------- */

enum ew_node_cause {
	EW_NODE_REFUSED,  /* edge_on_event or edge_init returned a negative number: `result` */
	EW_NODE_TRAP,	  /* `trap` says where */
	EW_NODE_FUEL_OUT, /* the event's fuel was used up */
	EW_NODE_DEADLINE, /* the event's time was over */
	EW_NODE_QUOTA,	  /* operations met a quota; events_lost 0: the guest went on */
	EW_NODE_EXIT,	  /* the guest called proc_exit: a function must not end */
	EW_NODE_INSTANCE, /* a new instance could not be made: `status` */
	EW_NODE_PARKED,	  /* fail_limit reached; parked until until_ns */
	EW_NODE_PROMOTED,    /* a canary did well: `version` is in place */
	EW_NODE_ROLLED_BACK, /* a canary, `version`, did not; `text` says why */
	EW_NODE_TENANT,	     /* the function's tenant has used up a quota; told once, until it may go on */
	EW_NODE_DRIFT,	     /* a watched metric has moved: `text` */
	EW_NODE_CAUSES
};
EW_API const char *ew_node_cause_name(enum ew_node_cause cause); /* "trap" */

struct ew_node_report {
	enum ew_node_cause cause;
	enum ew_status status;
	int32_t result;
	const char *function, *version;
	const struct ew_module *module;
	const struct ew_event *event; /* the first one that is not acknowledged; NULL in init and tick */
	uint32_t events_lost;		  /* events of the call that count as failed */
	const struct ew_trap *trap;	  /* NULL unless TRAP */
	uint64_t until_ns;		  /* of PARKED */
	const char *text;		  /* one sentence for people */
};

/*
 * A function's work for one event: for exporters of traces, and for bills by the event.  Of a call with a batch each
 * event is told, with its share of fuel, inferences and time, which is the whole call's.  Times are the realtime
 * clock's (host->clock(0)), or without it those of ew_node_step.  All is borrowed during the call.
 */
struct ew_node_span {
	const struct ew_event *event;
	const char *function, *version;
	const char *tenant;		   /* NULL: none */
	const char *model, *model_version; /* the last that the call ran; NULL: none */
	const char *failure;		   /* NULL, or what ew_node_cause_name says */
	bool has_parent;		   /* context.span_id is the caller's */
	bool cached, canary;
	uint8_t span_id[EW_SPAN_ID_BYTES]; /* a function of event and version; zero when the event has no trace id */
	struct ew_trace_context context;
	uint64_t begin_ns, end_ns;
	uint64_t fuel, bytes /* of topic and data */, inferences;
	uint32_t batch;
};

/* A line of the log: what a guest logs, or what the report callback is told as well. */
struct ew_node_entry {
	uint64_t time_ns;      /* as in ew_node_span */
	uint32_t level;	       /* of guest.h: 0 trace to 5 critical */
	const char *text;      /* not NUL-terminated, not checked */
	size_t text_bytes;
	const char *function, *version;
	const char *tenant;		   /* NULL: none */
	const char *model, *model_version; /* the last that this call has run so far; NULL: none */
	const struct ew_event *event;	   /* that it is about; NULL: not known */
	uint8_t span_id[EW_SPAN_ID_BYTES]; /* of its span; zero: it has no trace id */
};

/* Any may be NULL; statuses as in struct ew_abi_host.  `function` is the function's name. */
struct ew_node_host {
	size_t struct_bytes;
	/*
	 * Times of the host.  With clock(1), which MUST be the clock of ew_node_step: deadlines are enforced and
	 * latencies have its resolution; without it, time stands still during ew_node_step.
	 */
	enum ew_status (*clock)(void *user, uint32_t id, uint64_t *ns);
	enum ew_status (*random)(void *user, void *out, size_t bytes);
	/* Also what a function with STDIO prints: stdout at level 2 (info), stderr at 4 (error). */
	void (*log)(void *user, const char *function, uint32_t level, const char *text, size_t len);
	/* Where emitted events go when there is no ring `out`. */
	enum ew_status (*emit)(void *user, const char *function, const struct ew_event *header,
			       const void *topic, const void *data);
	void (*report)(void *user, const struct ew_node_report *report);
	/*
	 * The local rule for events of a parked function that names no fallback: true when it took the event.
	 * Not for the events that parked it: those are told by report.
	 */
	bool (*fallback)(void *user, const char *function, const struct ew_event *event);
	/*
	 * The module of name@version, for EW_FUNCTION_ON_DEMAND: *bytes are borrowed until unload.  sha256 is what they
	 * will be compared with, NULL when it is not known yet.  Errors reach the event as EW_NODE_INSTANCE.
	 */
	enum ew_status (*load)(void *user, const char *name, const char *version, const uint8_t *sha256,
			       const void **bytes, size_t *size);
	void (*unload)(void *user, const char *name, const char *version, const void *bytes, size_t size);
	/* For each event, when its verdict is there.  See ew_node_span_json. */
	void (*span)(void *user, const struct ew_node_span *span);
	/* See ew_node_entry_json. */
	void (*entry)(void *user, const struct ew_node_entry *entry);
};

/* ---- the node --------------------------------------------------------------------------------- */

/* Everything is borrowed until ew_node_destroy, the config itself only during ew_node_create. */
struct ew_node_config {
	size_t struct_bytes;
	const struct ew_node_host *host;
	void *user;
	struct ew_ring *in;  /* events for the functions; NULL: only ew_node_dispatch */
	struct ew_ring *out; /* emitted events; NULL: host->emit */
	/* Keys are "FUNCTION/KEY", or "KEY" for functions with EW_FUNCTION_KV_SHARED. */
	struct ew_kv *kv;
	uint32_t stack_slots, call_depth; /* of the one executor that all functions run on */
	uint32_t max_functions, max_routes, max_metrics, max_batch;
	uint32_t step_events; /* at most so many events in one step; default 256 */
	/*
	 * Take no module and no model (ew_node_model_put) without a good signature; NULL: take any.  Keys are
	 * judged by host->clock(0), the wall clock; without it only those that never expire are trusted.
	 */
	const struct ew_trust *trust;
	/*
	 * Modules of EW_FUNCTION_ON_DEMAND that may be in memory at a time: beyond it the one that was used longest ago
	 * goes, of those with EW_FUNCTION_FRESH (others hold state and stay).  0: any number.
	 */
	uint32_t max_loaded;
	/*
	 * The result cache of all functions with EW_FUNCTION_CACHE: bytes of events and results, the least recently
	 * used go first; an event with its result takes an eighth at most.  An eighth more and a table of a 64th come on
	 * top.  Memory comes and goes: not with an arena.  Results of another version of function or model are never
	 * given.  While a canary runs its function is worked out every time.  0: no cache.
	 */
	size_t cache_bytes;
	/*
	 * Carry trace contexts (trace.h) from input to output: what is emitted for an event with a trace id gets a
	 * context behind its data, with the function's span as the parent and the input's flags and tracestate.  So much
	 * room is taken for the data of one event and its context; larger ones carry their trace id only.  0: no contexts.
	 */
	uint32_t trace_bytes;
};

/*
 * A node without functions.  Errors: INVAL (struct_bytes of config or host is not set; `in` is `out`), LIMIT (max_batch is over
 * EW_NODE_BATCH_MAX), NOMEM; *out is NULL then.
 */
EW_API enum ew_status ew_node_create(struct ew_node **out, const struct ew_node_config *config,
				     const struct ew_alloc *alloc, struct ew_error *err);
/*
 * Not in a callback.  Its journal writes what waits; rings, stores, what was lent and host->load's modules stay the host's
 * (host->unload is called for these).  NULL is allowed.
 */
EW_API void ew_node_destroy(struct ew_node *node);

/*
 * The node's models: ew_models_put and the like between two steps, never in a callback.  What is put there directly
 * is not asked for a signature: that is the host's own word.
 */
EW_API struct ew_models *ew_node_models(struct ew_node *node);

enum {
	EW_MODEL_PUT_COPY = 1u << 0,	 /* as EW_MODELS_COPY */
	EW_MODEL_PUT_DOWNGRADE = 1u << 1 /* take an older version than the one that `name` stands for */
};

struct ew_node_model_config {
	size_t struct_bytes;
	const char *name, *version;
	const void *bytes;
	size_t size;
	uint32_t flags;
	const void *signature; /* detached, see sign.h; needed when the node has `trust` */
	size_t signature_size;
	uint32_t max_batch; /* windows that one inference may take, to EW_MODEL_BATCH; 0: 1 */
};

/*
 * ew_models_put for a model that comes from elsewhere: the signature and the order of versions are checked first.
 * Errors: those of ew_models_put and ew_trust_check; DENIED (an older version); STATE (in a callback).
 */
EW_API enum ew_status ew_node_model_put(struct ew_node *node,
					const struct ew_node_model_config *config,
					struct ew_error *err);

/* ew_models_select, recorded where there is a journal.  NOENT; STATE (in a callback). */
EW_API enum ew_status ew_node_model_select(struct ew_node *node, const char *name, const char *version,
					   struct ew_error *err);

/*
 * -1, 0 or 1 as version a is older than, the same as or newer than b: SemVer 2.0.0's precedence for any text.
 * Dotted identifiers, numbers by value and below words; missing ones are 0; a pre-release (behind '-') comes before
 * its release; what stands behind '+' does not count.
 */
EW_API int ew_version_compare(const char *a, const char *b);

/* ---- functions -------------------------------------------------------------------------------- */

enum {
	/*
	 * No state survives a call: memory, globals and tables are put back to what they were when edge_init had ended,
	 * and what the guest opened is closed.  Done by a snapshot (snapshot.h) in time that goes with what the call
	 * changed.  An edge_init that leaves files or wasi-nn graphs open is run again for each call, in a new instance.
	 */
	EW_FUNCTION_FRESH = 1u << 0,
	EW_FUNCTION_KV_SHARED = 1u << 1, /* keys without the function's name in front */
	EW_FUNCTION_COPY = 1u << 2,	 /* copy the module's bytes; default: borrow until it is replaced */
	EW_FUNCTION_DOWNGRADE = 1u << 3, /* replace a newer version */
	EW_FUNCTION_KEEP = 1u << 4,	 /* keep the replaced version for ew_node_function_rollback */
	/*
	 * module_bytes is NULL: host->load gives them when the first event comes, and its verdict about them is that
	 * event's: EW_NODE_INSTANCE.  Loaded with EW_MODULE_LAZY where EW_CONFIG_LAZY has it.  config.max_loaded and ew_node_function_unload take them out again.
	 */
	EW_FUNCTION_ON_DEMAND = 1u << 5,
	/*
	 * Do not work out again what was worked out before: what the function emitted for an event of the same topic,
	 * data, flags and content type is emitted again, and nothing is logged or counted by the guest a second time.
	 * The host's word that nothing else goes into it: not the event's number, time or trace id.  Only for
	 * EW_FUNCTION_FRESH, one event at a time, and no grants but RECV, EMIT, LOG, STDIO, CONFIG and INFER: else INVAL.
	 */
	EW_FUNCTION_CACHE = 1u << 6
};

struct ew_setting {
	const char *key;
	const void *value;
	size_t len;
};

/* Copied by ew_node_function_put, except module_bytes (see EW_FUNCTION_COPY). */
struct ew_function_config {
	size_t struct_bytes;
	const char *name;    /* 1 to 47 bytes, without '@' */
	const char *version; /* likewise */
	const void *module_bytes;
	size_t module_size;
	uint32_t flags;
	struct ew_grant grant;
	uint64_t fuel;	      /* of one event, and of edge_init; 0: EW_NODE_FUEL */
	uint64_t deadline_ns; /* of one call, from its begin; 0: none */
	uint32_t max_memory_pages;
	uint32_t batch; /* consecutive events offered in one call, 1 to max_batch; 0: 1.  Fuel is given for each */
	uint64_t tick_ns;     /* interval of edge_on_tick; 0: never */
	uint32_t fail_limit;  /* 0: EW_NODE_FAIL_LIMIT; UINT32_MAX: never park */
	uint64_t park_ns;     /* 0: EW_NODE_PARK_NS */
	const struct ew_setting *settings; /* config_get */
	uint32_t setting_count;
	/* For modules that export handle(ptr, len)->i64 (see below): the topic of what it returns. */
	const char *out_topic;
	const void *signature; /* detached, see sign.h; NULL: embedded in the module */
	size_t signature_size;
	/*
	 * The function that gets this one's events while it is parked, once each, unless it is parked itself or a
	 * route gave it the event anyway.  NULL: host->fallback.  Looked up by name when it is needed.
	 */
	const char *fallback;
	const uint8_t *sha256; /* EW_SHA256_BYTES that the module's bytes must have; NULL: not compared */
	/*
	 * A batch that waits: events are copied and kept until there are `batch` of them, or their topics and data are
	 * batch_bytes, or the first has been kept for batch_age_ns.  They need not follow each other, and meet the
	 * version that runs then.  0: a batch is what comes together, see `batch`.  Takes batch_bytes (0:
	 * EW_NODE_BATCH_BYTES) and 56 for each of `batch` (0: max_batch), once for the function; what is larger goes alone.
	 */
	uint64_t batch_age_ns;
	uint32_t batch_bytes; /* of topics and data in one call, whether it waits or not; an event may be larger alone; 0: any */
	uint64_t cache_ttl_ns; /* how long EW_FUNCTION_CACHE keeps a result; 0: for as long as there is room */
	const char *tenant;    /* who pays, see ew_node_tenant_put; NULL: nobody */
	/* Instead of module_bytes: what ew_function_prepare made, the node's from a success on. */
	struct ew_prepared *prepared;
};

/*
 * Load, link and initialise a function beside the running one of that name, if there is one, and put it in its
 * place: the next event meets the new one, routes stay.  Not in a callback (EW_ERR_STATE).
 *
 * The module exports edge_on_event(i32)->i32, see guest.h; or, as other function services have it,
 * allocate(len)->ptr and handle(ptr, len)->i32 (< 0: failed) or ->i64 (result pointer << 32 | length; emitted
 * under out_topic; 0: nothing), with deallocate(ptr, len) called for both if it is exported.
 *
 * A version never changes: name@version with other bytes than before is refused, as far as EW_NODE_HISTORY remembers.
 *
 * Errors: those of ew_module_load and ew_instance_create; INVAL; EXISTS (this name@version runs already, or had other
 * bytes); CORRUPT (not the bytes that sha256 names); LIMIT;
 * NOENT (no entry point); TRAP, FUEL, STATE (edge_init failed or refused); with a trust those of ew_trust_check;
 * DENIED (older than the running version, without EW_FUNCTION_DOWNGRADE).  After an error the old one runs on.
 */
EW_API enum ew_status ew_node_function_put(struct ew_node *node,
					   const struct ew_function_config *config,
					   struct ew_error *err);
/*
 * What takes long about a new version, beforehand and in any thread, so that a node that works all the time stands
 * still only for the rest (an instance, edge_init, the switch): module_bytes (borrowed on, EW_FUNCTION_COPY is INVAL)
 * are checked against `trust` and config->sha256, hashed, validated and translated.  now_ns is of the clock that
 * trust's keys are judged by.  Of the config only flags, module_bytes, module_size, sha256 and the signature matter;
 * the version is put with the same flags, without them, and with `prepared`.
 * A node with a trust takes only what has been checked against the same one (DENIED).
 * Errors: those of ew_trust_check and ew_module_load; CORRUPT (sha256); INVAL.
 */
EW_API enum ew_status ew_function_prepare(struct ew_prepared **out, const struct ew_function_config *config,
					  const struct ew_trust *trust, uint64_t now_ns,
					  const struct ew_alloc *alloc, struct ew_error *err);
/* What no node has taken.  NULL is allowed. */
EW_API void ew_prepared_free(struct ew_prepared *prepared);

/*
 * Put the version that EW_FUNCTION_KEEP kept back in place, newly started, and keep the one that ran: a second
 * rollback takes the first one back.  While a canary runs, it is the canary that goes.  Errors: NOENT (no such function, nothing kept), STATE (in a callback), and
 * those of a start, after which the running one runs on.
 */
EW_API enum ew_status ew_node_function_rollback(struct ew_node *node, const char *name,
						struct ew_error *err);

/* Defaults of struct ew_canary_config. */
#define EW_CANARY_SHARE 50u
#define EW_CANARY_EVENTS 512u
#define EW_CANARY_FUEL_TOLERANCE 100u
#define EW_CANARY_TIME_TOLERANCE 500u

struct ew_canary_config {
	size_t struct_bytes;
	uint32_t share;	 /* of keys, in thousandths: 1 to 500.  An event's key is its topic */
	uint32_t salt;	 /* another one chooses other keys */
	uint32_t events; /* that the new version must have met to be promoted: 64 to 2^20 */
	/* What its fuel and time for an event may be more than the old one's, in thousandths. */
	uint32_t fuel_tolerance, time_tolerance;
	/*
	 * The metric (metric_record) whose distribution must stay the same; NULL: none.  The old version's next 128
	 * values say what the buckets are.  The number of emitted events for an event is always compared.
	 */
	const char *score;
};

/*
 * Load, link and initialise a version as ew_node_function_put does, and let a share of the keys meet it, always the
 * same ones.  After 64, 128, 256 ... events of it, and as many of the old one's, both are compared: failures, fuel,
 * time (with host->clock), emitted events, scores.  Worse: it goes, and the report says why; failures are acted on
 * at once.  Not worse after `events`: it takes the old one's place, which EW_FUNCTION_KEEP keeps.  Its failures
 * cost events as any, but never park the function.  ew_node_function_put and _rollback end a canary.
 * Errors: those of ew_node_function_put; NOENT (no function of that name); EXISTS (that version runs, or a canary).
 */
EW_API enum ew_status ew_node_canary_start(struct ew_node *node,
					   const struct ew_function_config *config,
					   const struct ew_canary_config *canary,
					   struct ew_error *err);
/* Promote it now.  NOENT: no canary.  STATE: in a callback. */
EW_API enum ew_status ew_node_canary_promote(struct ew_node *node, const char *name);

/* What its batch holds is judged; its routes go too.  NOENT. */
EW_API enum ew_status ew_node_function_remove(struct ew_node *node, const char *name);
/*
 * Take the module of an EW_FUNCTION_ON_DEMAND one out of memory until its next event.  NOENT; UNSUPPORTED: another one, or
 * it holds state (no EW_FUNCTION_FRESH); STATE: in a callback.
 */
EW_API enum ew_status ew_node_function_unload(struct ew_node *node, const char *name);
/* End a parking before its time.  NOENT.  STATE: in a callback. */
EW_API enum ew_status ew_node_function_unpark(struct ew_node *node, const char *name);

/*
 * Topics matching the pattern go to the function.  Topics and patterns are parts separated by '/'; '+' stands
 * for one part, '#' (last) for any number, none included.  Errors: INVAL (pattern), NOENT (function), EXISTS, LIMIT.
 */
EW_API enum ew_status ew_node_route_add(struct ew_node *node, const char *pattern,
					const char *function, struct ew_error *err);
/* That pattern, as it was given.  NOENT: there is no such route; STATE (in a callback); those of a journal and a store. */
EW_API enum ew_status ew_node_route_remove(struct ew_node *node, const char *pattern,
					   const char *function);

/* ---- running ---------------------------------------------------------------------------------- */

#define EW_NODE_WHENEVER UINT64_MAX

struct ew_node_next {
	uint32_t events; /* taken from the ring in this step */
	uint64_t at_ns;	 /* call again at this time: now_ns when events are still waiting; EW_NODE_WHENEVER: when
			    the ring has something */
	uint32_t held;	 /* events taken and not judged: their batches are not whole.  ew_node_destroy forgets them */
};

/*
 * Ticks and batches that are due, then at most step_events events of the ring.  now_ns must not step back (a step back is
 * taken as standing still) and is of the clock that stamps the ring's events.  next may be NULL.
 * Returns EW_OK whatever the functions did; STATE when called from a callback; what journal.h says where there is one.
 * next is filled in unless nothing was done.
 */
EW_API enum ew_status ew_node_step(struct ew_node *node, uint64_t now_ns,
				   struct ew_node_next *next);
/*
 * One event that does not come through the ring, topic and data behind its header: routed and judged at once, or put
 * into the batch that a function waits for.  Returns as ew_node_step does.
 */
EW_API enum ew_status ew_node_dispatch(struct ew_node *node, const struct ew_event *event,
				       uint64_t now_ns);

/*
 * Stop the function that is running, as if its deadline had come.  May be called by any thread, signal handler or
 * ISR, like ew_exec_interrupt: for hosts with a timer and without a clock callback.
 */
EW_API void ew_node_interrupt(struct ew_node *node);

/* ---- figures ---------------------------------------------------------------------------------- */

/*
 * A histogram in fixed memory: n = 2^EW_HISTOGRAM_BITS buckets to each doubling, so a value is known to within 1/n.
 * Bucket b < n holds the value b; above, bucket n * (e - BITS + 1) + m holds (n + m) << (e - BITS) up to
 * (n + m + 1) << (e - BITS), exclusive, for e >= BITS, m < n.  The last one holds everything above; 2^41 ns is 36 minutes.
 */
#ifndef EW_HISTOGRAM_BITS /* 1 to 6; 2.4 KiB with 4, 640 bytes with 2 */
#define EW_HISTOGRAM_BITS (EW_CONFIG_SMALL ? 2 : 4)
#endif
#define EW_HISTOGRAM_BUCKETS ((42 - EW_HISTOGRAM_BITS) << EW_HISTOGRAM_BITS)
struct ew_histogram {
	uint64_t count, sum, max;
	uint32_t bucket[EW_HISTOGRAM_BUCKETS];
};
EW_API void ew_histogram_add(struct ew_histogram *h, uint64_t value);
/* Upper end of the bucket that holds the quantile, at most max; per_mille 0 to 1000.  0 when empty. */
EW_API uint64_t ew_histogram_quantile(const struct ew_histogram *h, uint32_t per_mille);

struct ew_function_stats {
	const char *name, *version;
	uint64_t calls, events, ticks;
	uint64_t failed_events;
	uint64_t dropped_parked; /* events that came while it was parked, and nobody took */
	uint64_t causes[EW_NODE_CAUSES];
	uint64_t instances;	 /* made, the first one among them */
	uint64_t fuel;
	uint64_t emitted_events, emitted_bytes, inferences;
	uint32_t fails_in_row;
	bool parked;
	uint64_t parked_until_ns;
	size_t memory_bytes; /* linear memory of the instance now */
	const struct ew_histogram *latency; /* ns from the event's time_ns to its verdict */
	uint64_t fallen_back;	  /* events that its fallback took while it was parked */
	const char *kept_version; /* what a rollback would bring back; NULL: nothing */
	const uint8_t *sha256;	  /* of the module's bytes: EW_SHA256_BYTES */
	const char *canary_version; /* NULL: no canary runs */
	uint64_t canary_events;	    /* that it has met */
	uint64_t resets;	    /* calls after which EW_FUNCTION_FRESH put the instance back */
	uint64_t loads;		    /* of the module, on demand */
	bool loaded;		    /* the module is in memory */
	uint64_t cache_hits, cache_misses;
	const char *tenant;	/* NULL: none */
	uint64_t busy_ns;	/* in its calls, as the host's clock has it */
	uint64_t bytes;		/* topics and data of the events given to it */
	uint64_t dropped_quota; /* events that came while its tenant had used up a quota, and nobody took */
};
/* Functions 0, 1, 2 ... until NOENT, in order of first put; or the one of that name.  Borrowed until the next call with the node. */
EW_API enum ew_status ew_node_function_at(const struct ew_node *node, uint32_t index,
					  struct ew_function_stats *out);
EW_API enum ew_status ew_node_function_find(const struct ew_node *node, const char *name,
					    struct ew_function_stats *out);

/*
 * Tenants: functions put with the same `tenant` are metered together, and together bounded.  Quotas are for a second,
 * 0 is none.  Calls are paid for when they are over, on credit: while something is owed, the tenant's events fall
 * back as those of a parked function do, or are counted in dropped_quota, and its ticks are left out.
 */
struct ew_tenant_config {
	size_t struct_bytes;
	const char *name; /* 1 to 47 bytes */
	uint64_t events_per_second, bytes_per_second /* of topics and data */, fuel_per_second;
	uint64_t busy_ns_per_second; /* with host->clock */
	uint64_t inferences_per_second;
};
/*
 * New quotas for a tenant, known from a function or not.  Errors: INVAL (name); LIMIT (EW_NODE_TENANTS; a quota over
 * 2^33); NOMEM; STATE (in a callback).
 */
EW_API enum ew_status ew_node_tenant_put(struct ew_node *node, const struct ew_tenant_config *config,
					 struct ew_error *err);

struct ew_tenant_stats {
	const char *name;
	uint64_t calls, events, bytes, fuel, busy_ns, inferences;
	uint64_t failed_events, emitted_events, emitted_bytes;
	uint64_t refused_events; /* that came while a quota was used up */
	bool broke;		 /* one is, as of the last event */
};
/* Tenants 0, 1, 2 ... until NOENT, in the order in which they came.  They stay when their functions go. */
EW_API enum ew_status ew_node_tenant_at(const struct ew_node *node, uint32_t index, struct ew_tenant_stats *out);

/*
 * Drift: what a function records (metric_record; of its inputs or its scores) under this metric is watched, across
 * its versions but not while one is on trial.  A drift is reported, and raised as an event of the function's, about the event
 * that brought it: topic, and as data {"function":...,"version":...,"metric":...,"drift":"up" (or "down", "shape"),
 * "psi":index in thousandths}.  See watch.h for both methods; either may be left out (lambda 0, buckets 0).
 */
struct ew_node_watch_config {
	size_t struct_bytes;
	const char *function;
	const char *metric; /* 1 to 63 bytes */
	const char *topic;  /* 1 to 255 bytes */
	double scale;	    /* values are multiplied by it and rounded to the int32_t that watch.h takes; 0: 1 */
	int32_t delta, lambda; /* Page-Hinkley */
	uint32_t min_count;
	int32_t edges[EW_PSI_BUCKETS - 1]; /* population stability */
	uint32_t buckets, reference_count, window_count, threshold;
};
/*
 * Begin anew, or with another metric.  Errors: INVAL (names; a scale that is not finite); those of ew_page_hinkley_init and ew_psi_init; NOENT (no
 * function); NOMEM; STATE (in a callback).
 */
EW_API enum ew_status ew_node_watch_put(struct ew_node *node, const struct ew_node_watch_config *config,
					struct ew_error *err);
/*
 * The data of every event that the function is called for is offered to the reservoir (watch.h), which is borrowed;
 * NULL: no more.  Errors: NOENT, STATE.
 */
EW_API enum ew_status ew_node_sample(struct ew_node *node, const char *function, struct ew_reservoir *reservoir);

struct ew_node_stats {
	uint64_t events;   /* taken */
	uint64_t unrouted; /* of these, for nobody */
	uint64_t emitted, emit_refused; /* refused: the ring or host had no room, or did not want it */
	uint64_t cache_evicted, cache_expired; /* results that made room, or were too old */
	uint64_t cache_bytes, cache_entries;   /* held now */
};
EW_API void ew_node_stats(const struct ew_node *node, struct ew_node_stats *out);

/* What functions define by metric_define. */
struct ew_metric {
	const char *function, *name;
	uint32_t kind; /* enum edge_metric_kind of guest.h */
	int64_t count; /* counter's value; histogram's observations */
	double value;  /* gauge's value; histogram's sum */
	double min, max; /* of a histogram */
	/* Histogram: observations with 2^(b - 32) <= value < 2^(b - 31); bucket 0 also holds all below. */
	const uint32_t *bucket; /* 64, or NULL */
};
/* Metrics 0, 1, 2 ... until NOENT, of all functions.  Borrowed until the next call with the node. */
EW_API enum ew_status ew_node_metric_at(const struct ew_node *node, uint32_t index,
					struct ew_metric *out);

enum ew_metrics_format {
	EW_METRICS_OPENMETRICS, /* application/openmetrics-text; version=1.0.0; charset=utf-8 */
	EW_METRICS_PROMETHEUS	/* text/plain; version=0.0.4; charset=utf-8 */
};

/*
 * A span as one line of OTLP JSON, an ExportTraceServiceRequest of its own, without a line end; a log line as a JSON
 * object: time_unix_nano, severity, severity_number, function, function_version, tenant, model ("name@version"),
 * trace_id, span_id, request_id (the event's seq), body.  What is not known is left out; what is not UTF-8 becomes
 * U+FFFD.  The bytes written, besides a NUL.  0: it does not fit in cap, or the span has no trace id.  Only a log
 * line's body is cut, and then ends in "...".
 */
EW_API size_t ew_node_span_json(const struct ew_node_span *span, const char *service, char *out, size_t cap);
EW_API size_t ew_node_entry_json(const struct ew_node_entry *entry, char *out, size_t cap);

/*
 * All figures as text for a scrape: those of the node and its functions under edgewasm_, what functions define
 * under guest_count_, guest_level_ and guest_observed_ with the characters that names may not have as '_'.
 * Numbers that are not whole have 9 digits.  `write` gets the page in pieces; false stops it (EW_ERR_IO).
 */
EW_API enum ew_status ew_node_metrics_write(const struct ew_node *node, enum ew_metrics_format format,
					    bool (*write)(void *user, const char *text, size_t len),
					    void *user);

#ifdef __cplusplus
}
#endif
#endif
