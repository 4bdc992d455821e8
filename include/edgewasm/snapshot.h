/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * snapshot.h - go back to what an instance was: saved states, and pools of instances that are used again.
 *
 *	ew_pool_create(&p, module, &config, &alloc, &err);
 *	ew_pool_get(p, &i, &err);     an instance as it was instantiated, or as a snapshot has it
 *	... calls ...
 *	ew_pool_put(p, i);            what they changed is undone
 *
 * A state is all that a guest can read back: the module's own memories, tables and globals, which segments are dropped.
 * Not in it are the executor's fuel, and what the host keeps.  A module that imports memories, tables or mutable globals
 * has state elsewhere: EW_ERR_UNSUPPORTED.  So is a table or global that refers to what is not the instance's own.
 */
#ifndef EDGEWASM_SNAPSHOT_H
#define EDGEWASM_SNAPSHOT_H

#include "edgewasm/wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ew_snapshot;
struct ew_pool;

/*
 * The state of an instance that is not running (a suspended call is EW_ERR_STATE).  Immutable: shared by any number of
 * instances of the same module, in any threads.  It takes the memories' bytes up to the last that is not 0.
 * Errors: STATE, UNSUPPORTED, NOMEM.
 */
EW_API enum ew_status ew_snapshot_take(struct ew_snapshot **out, const struct ew_instance *instance,
				       const struct ew_alloc *alloc, struct ew_error *err);
/* Each instance restored from it must be gone, or have been restored from another one since.  NULL is allowed. */
EW_API void ew_snapshot_free(struct ew_snapshot *snapshot);
/* Bytes held from the allocator. */
EW_API size_t ew_snapshot_size(const struct ew_snapshot *snapshot);

/*
 * Make an instance of the same module what it was when the snapshot was taken.  A suspended call of it is cancelled, its
 * results are gone.  The first time, everything is copied; when the module was loaded with EW_MODULE_TRACK, later times
 * with the same snapshot only what has been touched since: its time goes with what the call did, not with memory.
 * Errors: INVAL (another module), STATE (its executor is in a call), LIMIT (more memory or table than the instance may have),
 * NOMEM: the instance is then of use for nothing but another try, or ew_instance_destroy.
 */
EW_API enum ew_status ew_snapshot_restore(struct ew_instance *instance, const struct ew_snapshot *snapshot);

/*
 * As bytes, the same on every machine, for a file or a peer.  The callbacks return EW_OK, or a status that ends it.
 * ew_snapshot_load believes nothing: what does not fit the module (checked by its size and a check sum of its bytes) or
 * is not whole is EW_ERR_MALFORMED, and memory is taken as bytes arrive.  A check sum is not a signature: guest memory is
 * what the bytes say it is.
 */
typedef enum ew_status (*ew_snapshot_write_fn)(void *user, const void *bytes, size_t size);
/* Exactly size bytes, or a status: EW_ERR_MALFORMED when there are no more. */
typedef enum ew_status (*ew_snapshot_read_fn)(void *user, void *bytes, size_t size);
EW_API enum ew_status ew_snapshot_save(const struct ew_snapshot *snapshot, ew_snapshot_write_fn fn, void *user);
EW_API enum ew_status ew_snapshot_load(struct ew_snapshot **out, const struct ew_module *module,
				       ew_snapshot_read_fn fn, void *user, const struct ew_alloc *alloc,
				       struct ew_error *err);

struct ew_pool_config {
	size_t struct_bytes;
	const struct ew_instance_config *instance; /* of each; what it points to must last as long as the pool */
	const struct ew_snapshot *start; /* borrowed; NULL: as the first instance is when it has been instantiated */
	uint32_t max_instances;		 /* in use and idle together; 0: no limit */
};

/*
 * Instances of one module, used again and again.  One thread at a time.  Nothing is made before it is asked for.
 * Errors of create: INVAL (start is of another module), NOMEM.
 */
EW_API enum ew_status ew_pool_create(struct ew_pool **out, const struct ew_module *module,
				     const struct ew_pool_config *config, const struct ew_alloc *alloc);
/* All instances must have come back.  NULL is allowed. */
EW_API void ew_pool_destroy(struct ew_pool *pool);
/* An instance in the pool's state.  Errors: those of ew_instance_create and ew_snapshot_take; LIMIT. */
EW_API enum ew_status ew_pool_get(struct ew_pool *pool, struct ew_instance **out, struct ew_error *err);
/* Done with it: it is reset now, so that nothing of this use is there any longer.  One that cannot be is destroyed. */
EW_API void ew_pool_put(struct ew_pool *pool, struct ew_instance *instance);

#ifdef __cplusplus
}
#endif
#endif
