/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * keep.h - what survives of a run: the node's journal in a folder, the uplink
 * that sends alerts from it to a headquarters played here, and the journal
 * happening again at the end.
 */
#ifndef FLEET_KEEP_H
#define FLEET_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "edgewasm/journal.h"

struct keep;

struct keep_figures {
	uint64_t records, bytes;	/* of the journal */
	uint64_t sent_bytes, batches;	/* of the uplink */
	uint64_t alerts;		/* that headquarters has, each once */
	uint64_t most_waiting;		/* alerts judged and not yet there, at most */
	uint64_t twice, out_of_order;	/* must stay 0 */
};

/* keep_open - a log in folder dir, which is made.  On failure says why and
 * returns NULL. */
struct keep *keep_open(const char *dir);
void keep_close(struct keep *k);

/* keep_attach - records what happens in a node without functions yet. */
bool keep_attach(struct keep *k, struct ew_node *node);

/* keep_pump - does a little of sending what waits, as far as the budget goes,
 * unless the uplink is away; at headquarters likewise.  True: there is more to
 * do at once.  alerts: how many were judged so far. */
bool keep_pump(struct keep *k, uint64_t now_ns, bool away, uint64_t alerts);

/* keep_replay - after the node is gone: everything again, compared byte for
 * byte.  load as in journal.h. */
bool keep_replay(struct keep *k,
		 enum ew_status (*load)(void *user, const char *name, const char *version,
					const uint8_t sha256[EW_SHA256_BYTES], const void **bytes,
					size_t *size),
		 void *user, struct ew_replay_report *report);

void keep_figures(struct keep *k, struct keep_figures *out);

#endif
