/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* snapshot.h - a saved state, as snapshot.c makes it and snapshot_file.c writes it. */
#ifndef EW_WASM_SNAPSHOT_H
#define EW_WASM_SNAPSHOT_H

#include "edgewasm/snapshot.h"
#include "wasm/exec.h"

struct ewi_memory_image {
	uint8_t *bytes; /* size of them; the memory's others are 0 */
	uint64_t size;
	uint64_t pages;
};

/* A reference is 1 + the index of a function, 0 is null. */
struct ewi_table_image {
	uint32_t *entries;
	uint32_t size;
};

struct ewi_global_image {
	uint64_t low, high;
};

struct ew_snapshot {
	struct ew_alloc alloc;
	const struct ew_module *module;
	struct ewi_memory_image *memories; /* of the module's own ones; likewise all others */
	struct ewi_table_image *tables;
	struct ewi_global_image *globals; /* those that are immutable are not looked at */
	uint8_t *dropped;
	uint32_t memory_count, table_count, global_count, dropped_bytes;
	size_t bytes; /* held */
};

/* An empty one for m, all arrays there; EW_ERR_UNSUPPORTED: m's state is not all its own. */
enum ew_status ewi_snapshot_create(struct ew_snapshot **out, const struct ew_module *m, const struct ew_alloc *alloc,
				   struct ew_error *err);

#endif
