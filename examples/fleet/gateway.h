/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * gateway.h - the library at work: a ring that windows go into, a node that
 * takes them out, a function that judges them with a model.  Knows nothing of
 * where windows come from or what becomes of alerts.
 */
#ifndef FLEET_GATEWAY_H
#define FLEET_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edgewasm/journal.h"
#include "edgewasm/model.h"
#include "edgewasm/node.h"
#include "edgewasm/store.h"
#include "options.h"

#define GATEWAY_HOSTILE 7u	/* hostile functions that there are */
#define GATEWAY_STEP 4u		/* so many share what a step costs; the first waits for the last */

struct gateway;

/* gateway_is_hostile - is there a hostile function of that name that can be linked? */
bool gateway_is_hostile(const char *name);

/* What a function said of a window. */
struct gateway_verdict {
	uint64_t ordinal;	/* of the window, from its trace id */
	uint8_t trace_id[16];
	uint32_t machine, window;	/* as the guest knows them */
	float score, threshold;
	uint32_t worst_idx;
	bool is_alert;
};

/* The model as a file and as what the library read from it. */
struct gateway_model {
	const struct ew_model *model;
	const char *version;
	float threshold;		/* infinity: the model has none */
	struct ew_tensor_info in, out;
	const uint8_t *bytes;
	size_t size;
};

/* How one hostile function fared. */
struct gateway_hostile {
	const char *name;
	char refused[192];	/* why it was not even linked, or "" */
	char last[192];		/* the last report about it */
	uint64_t events, failed, dropped_parked, emitted;
	uint64_t causes[EW_NODE_CAUSES];
	int32_t wrong_result;	/* an unexpected answer of the pointer guest, or 0 */
};

/* gateway_create - every verdict is reported when `verdicts`, else only
 * alerts.  On failure says why on stderr and returns NULL. */
struct gateway *gateway_create(const struct fleet_options *opt, bool verdicts);
void gateway_destroy(struct gateway *g);

/* gateway_load_guest - the judging function, routed from `pattern`.
 * gateway_put_guest takes its bytes, borrowed, instead of a file. */
bool gateway_load_guest(struct gateway *g, const char *path, const char *pattern);
bool gateway_put_guest(struct gateway *g, const void *bytes, size_t size, const char *pattern);

/* --story, between two windows.  gateway_prepare_next has the guest's next
 * version, from the folder of that path, read, checked and translated in a
 * thread of its own; gateway_try_next puts it on trial, *started, unless it is
 * not ready and is not waited for; gateway_next_model puts the model's in place.  gateway_story: what
 * became of the trial, or "". */
bool gateway_prepare_next(struct gateway *g, const char *beside);
bool gateway_try_next(struct gateway *g, bool wait, bool *started);
bool gateway_next_model(struct gateway *g);
const char *gateway_story(const struct gateway *g);

/* gateway_load_hostile - the hostile ones, from the folder of that path. */
bool gateway_load_hostile(struct gateway *g, const char *beside);

const struct gateway_model *gateway_model(const struct gateway *g);

/* gateway_offer - puts a window into the ring.  `hostile` is the number of a
 * hostile function to send it to instead, or -1.  False: the ring is full. */
bool gateway_offer(struct gateway *g, uint64_t ordinal, uint64_t arrival_ns,
		   const char *topic, uint32_t topic_bytes, const void *bytes, uint32_t size,
		   int hostile);

/* gateway_step - judges up to GATEWAY_STEP waiting events, the oldest first;
 * how many. */
uint32_t gateway_step(struct gateway *g, uint64_t now_ns);

/* gateway_next_verdict - what the step reported, in order; false: no more. */
bool gateway_next_verdict(struct gateway *g, struct gateway_verdict *out);

/* Figures: of the judging function; the ring; the node. */
void gateway_stats(const struct gateway *g, struct ew_function_stats *f,
		   struct ew_ring_stat *ring, struct ew_node_stats *node);
/* Hostile function number i, or false. */
bool gateway_hostile_at(struct gateway *g, uint32_t i, struct gateway_hostile *out);
/* The library's memory now, and at most; calls of its allocator. */
struct gateway_memory {
	size_t bytes, peak;
	uint64_t calls;
};
void gateway_memory(const struct gateway *g, struct gateway_memory *out);

/* What --journal keeps, or NULL. */
struct keep *gateway_keep(struct gateway *g);
/* gateway_stop - the end of judging: no model and no statistics any more.
 * gateway_replay - after that, with --journal: all of it once more. */
void gateway_stop(struct gateway *g);
bool gateway_replay(struct gateway *g, struct ew_replay_report *report);

/* Failures of the judging function that were reported, and the last one. */
uint64_t gateway_failures(const struct gateway *g, const char **last);

/* Nanoseconds of a clock that does not step. */
uint64_t gateway_clock(void);

#endif
