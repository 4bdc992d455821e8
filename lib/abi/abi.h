/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* abi.h - one instance's ABI from the inside, and what its handlers share. */
#ifndef EW_ABI_ABI_H
#define EW_ABI_ABI_H

#include "abi/config_copy.h"
#include "base/alloc.h"
#include "base/bits.h"
#include "base/error.h"
#include "base/le.h"
#include "edgewasm/abi.h"
#include "edgewasm/model.h"

/*
 * The ABI's errors, as guest.h gives them; test_table.c compares.  (guest.h itself is for guests: its
 * functions would be undefined here.)
 */
enum {
	EDGE_DENIED = -1,
	EDGE_INVAL = -2,
	EDGE_FAULT = -3,
	EDGE_NOENT = -4,
	EDGE_TOOBIG = -5,
	EDGE_AGAIN = -6,
	EDGE_QUOTA = -7,
	EDGE_IO = -8,
	EDGE_NOSYS = -9,
	EDGE_STALE = -10
};

#define EWI_FUEL_CALL 8u      /* of every host function */
#define EWI_FUEL_BYTES 16u    /* bytes moved for one unit */
#define EWI_FUEL_MACS 16u     /* multiply-accumulates for one unit */
#define EWI_KEY_BYTES 255u    /* of the guest's part of a key */
#define EWI_PREFIX_BYTES 63u  /* of the host's part */
#define EWI_TOPIC_BYTES 255u  /* of what a guest emits */

struct ewi_file {
	void *host; /* what the struct ew_abi_fs gave; a preopen's dir */
	uint64_t offset;
	uint32_t flags; /* EW_FS_READ, EW_FS_WRITE, EW_FS_APPEND */
	uint8_t kind;	/* enum ew_fs_kind */
	bool open;
	const struct ew_abi_preopen *preopen; /* NULL: opened by the guest */
};

struct ewi_slot; /* models.h */

/* A wasi-nn graph: a model of the registry, or one that the guest loaded. */
struct ewi_graph {
	struct ewi_slot *slot;
	struct ew_model *own;
	void *bytes; /* of own */
	size_t bytes_size;
	bool used;
};

struct ewi_context {
	struct ew_model_exec *exec;
	const struct ew_model *model;
	const struct ewi_slot *slot; /* of the registry; NULL: the guest loaded it */
	uint64_t inputs_set; /* bit for each input; models with more than 64 are refused */
	uint32_t fuel;
	bool used, computed;
};

/* An executor of this instance's own, for a model that keeps state from run to run. */
struct ewi_stateful {
	struct ewi_slot *slot; /* NULL: free */
	struct ew_model_exec *exec;
};

struct ew_abi {
	/* Read by each call. */
	struct ew_grant grant;
	struct ew_abi_host host; /* a copy; what the host left out is NULL */
	void *user;
	uint64_t now_ns, deadline_ns;
	bool over_quota; /* the call in progress met a quota under EW_GRANT_STRICT */

	/* Quotas. */
	uint32_t in_call[EW_QUOTA_KINDS]; /* used since ew_abi_begin */
	struct ew_bucket bucket[EW_QUOTA_KINDS];
	uint32_t bucket_mask; /* bit for each kind with a per-second quota */
	struct ew_abi_stats stats;

	/* Events. */
	const struct ew_event *const *events;
	uint8_t *states;
	size_t event_count, event_next; /* [event_next, event_count) are waiting */
	uint8_t trace_id[EW_TRACE_ID_BYTES];
	size_t about; /* 1 + the index of the event that emits are about; 0: none */
	struct ew_ring *out;

	struct ew_kv *kv;
	size_t kv_prefix_len;
	char kv_prefix[EWI_PREFIX_BYTES + 1];

	/* Inference. */
	struct ew_models *models;
	const struct ewi_slot *last_model; /* of the registry, that this call ran last; NULL: none */
	struct ewi_graph *graphs;
	struct ewi_context *contexts;
	struct ewi_stateful *stateful; /* each of these max_contexts long; NULL without INFER */
	uint32_t max_contexts, max_model_bytes, model_bytes;
	uint32_t features; /* EW_CPU_* for kernels and EW_ISA_SCALAR; 0: not looked at yet */

	/* WASI. */
	const char *const *args, *const *environ_pairs;
	uint32_t arg_count, environ_count;
	struct ew_abi_fs fs; /* a copy */
	const struct ew_abi_preopen *preopens;
	uint32_t preopen_count;
	struct ewi_file *files; /* fd 3 is files[0]; NULL without FS */
	uint32_t max_files;
	uint32_t exit_code;
	uint8_t stdio_closed; /* bit for each of fd 0, 1, 2 */

	struct ew_alloc alloc;
};

/* Prototypes of all handlers. */
#define FN(module, name, signature, caps, handler)                                                 \
	enum ew_status handler(void *user, struct ew_instance *caller, union ew_value *v);
#include "abi/abi.def"
#undef FN

/* caps.c: would n more of kind be within the grant?  A refusal is counted. */
bool ewi_quota_allows(struct ew_abi *abi, enum ew_quota_kind kind, uint64_t n);
/* n more of kind were done. */
void ewi_quota_use(struct ew_abi *abi, enum ew_quota_kind kind, uint64_t n);
void ewi_quota_begin(struct ew_abi *abi, uint64_t now_ns);
enum ew_status ewi_quota_init(struct ew_abi *abi, struct ew_error *err);

/* abi.c: what a status of a callback or room is for the guest. */
int32_t ewi_edge_error(enum ew_status status);
/* Fuel for one host call that moved so many bytes. */
void ewi_pay(struct ew_abi *abi, struct ew_instance *caller, uint64_t bytes);
void ewi_burn(struct ew_abi *abi, struct ew_instance *caller, uint64_t fuel);

/* abi.c: the guest has made nothing that ew_abi_reset would take away. */
bool ewi_abi_is_bare(const struct ew_abi *abi);

/* nn.c, wasi_fs.c: close what the guest left open. */
void ewi_nn_reset(struct ew_abi *abi);
void ewi_files_reset(struct ew_abi *abi);

/* How every handler ends: with the guest's result, or by ending the run. */
EW_INLINE enum ew_status ewi_ret(struct ew_abi *abi, union ew_value *v, int32_t result)
{
	v->u64 = 0;
	v->i32 = result;
	if (EW_LIKELY(!abi->over_quota))
		return EW_OK;
	abi->over_quota = false;
	return EW_ERR_QUOTA;
}

EW_INLINE enum ew_status ewi_ret64(union ew_value *v, int64_t result)
{
	v->i64 = result;
	return EW_OK;
}

#endif
