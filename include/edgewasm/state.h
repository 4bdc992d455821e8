/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * state.h - what runs in a node, kept in a durable key-value store: loaded when the node begins, written when it
 * changes, and followed when somebody else changes it.
 *
 *	ew_kv_durable_open(&storage, &kv_config, &alloc, &kv, &err);
 *	ew_node_create(&node, ...);  ew_node_journal_open(node, ...);
 *	ew_node_state_open(node, &(struct ew_state_config){sizeof(struct ew_state_config), kv, load, user}, &err);
 *
 * A version of a function is what runs from the moment at which the store has it, in one ew_kv_apply() with what is kept
 * for a rollback and the end of a trial; a power cut leaves the old one or the new one.  A canary is tried on after a
 * restart, with the same share of the same keys, and judged anew: what had been counted is gone.  One whose bytes nobody
 * has, or whose edge_init fails, waits for the next start; the old version runs alone.  Tenants begin with a second's worth of
 * their quotas, watches with no values.  Bytes of modules and models are the host's to keep, found by SHA-256.
 *
 * Keys, and what the host or another program may change there itself, with ew_kv_put() or in one ew_kv_apply():
 *
 *	m/NAME              the version of the model that NAME stands for: one that has been put
 *	s/FUNCTION 0 KEY    a setting's value (0: a byte), before those that the function was put with
 *	v/NAME 0 VERSION    a model that has been put.  The node's own format
 *	f/NAME              a function's running version, k/NAME the one that a rollback brings back.  The node's own; who
 *			    deletes f/NAME removes the function
 *	c/NAME              a function's canary.  The node's own; who deletes it ends the trial
 *	r/NUMBER            a route; t/NAME a tenant's quotas; w/FUNCTION 0 METRIC a watch.  The node's own
 */
#ifndef EDGEWASM_STATE_H
#define EDGEWASM_STATE_H

#include "edgewasm/kv.h"
#include "edgewasm/node.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ew_state_bytes {
	const void *bytes; /* for as long as the node may need them, see EW_FUNCTION_COPY and EW_MODEL_PUT_COPY */
	size_t size;
	const void *signature; /* detached, if there is one */
	size_t signature_size;
};

struct ew_state_config {
	size_t struct_bytes;
	struct ew_kv *kv; /* borrowed until the node is destroyed; MUST NOT be the functions' */
	/* The bytes with this hash.  Not asked for functions that are loaded on demand. */
	enum ew_status (*load)(void *user, const char *name, const char *version, const uint8_t sha256[EW_SHA256_BYTES],
			       struct ew_state_bytes *out);
	void *user;
	uint64_t watch_ns; /* so often ew_node_step() looks for changes first; 0: only ew_node_state_refresh() does */
};

/*
 * Put what the store holds: models, tenants, functions, routes, watches, settings, canaries; from then on what the node's own
 * calls change is written there before they return, and before a canary is promoted.  Where that fails nothing changes: the
 * call returns the store's error, a canary that was to be promoted goes; one that goes, and of which that cannot be written,
 * is tried again after a restart.  A function whose running version cannot be had starts with the one that is kept.
 * Reservoirs (ew_node_sample) are not kept: they are the host's.
 * Errors: INVAL (kv is the node's), STATE (there are functions), those of load and of what is put.
 */
EW_API enum ew_status ew_node_state_open(struct ew_node *node, const struct ew_state_config *config, struct ew_error *err);
/*
 * Make the node what the store says, between two events: models select, settings change (the function's instance starts anew),
 * functions and trials go.  *changes (may be NULL): how many.  Errors: NOENT (no state is kept, or a model that was not put),
 * STATE (in a callback).
 */
EW_API enum ew_status ew_node_state_refresh(struct ew_node *node, uint32_t *changes, struct ew_error *err);

/*
 * A setting of a running function, before those that it was put with; value NULL: theirs again.  Its instance starts anew
 * with the next event, so that edge_init sees it.  With or without a store.
 * Errors: NOENT (no such function), INVAL (the key has 1 to 255 bytes), NOMEM, STATE (in a callback), those of the store.
 */
EW_API enum ew_status ew_node_setting_put(struct ew_node *node, const char *function, const char *key, const void *value,
					  size_t value_bytes, struct ew_error *err);

#ifdef __cplusplus
}
#endif
#endif
