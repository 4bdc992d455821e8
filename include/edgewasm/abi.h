/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * abi.h - the host's side of what guests may import: edge_v1, wasi_snapshot_preview1, wasi_ephemeral_nn.
 *
 *	struct ew_abi *abi;       grants, quotas and host services of one instance (of one function)
 *	struct ew_models *models; models by name and version, shared by any number of struct ew_abi
 *
 * The table of every function is lib/abi/abi.def; the guest's side, with what each function means, is
 * guest.h.  Bind it while linking, say when a call begins, and that is all:
 *
 *	struct ew_abi_config ac = {sizeof(ac), .grant.caps = EW_CAP_LOG | EW_CAP_EMIT, .host = &host};
 *	ew_abi_create(&abi, &ac, &alloc, &err);
 *	struct ew_instance_config ic = {sizeof(ic), .resolve = ew_abi_resolve, .resolve_user = abi};
 *	ew_instance_create(&instance, module, &ic, &alloc, NULL, &err);
 *	ew_abi_begin(abi, now_ns, 0);
 *	ew_call(func, values);
 *
 * Nothing is granted by default.  A module that imports a function whose capability was not granted does not
 * link: EW_ERR_UNLINKABLE, "edge_v1.event_emit needs capability EMIT, which was not granted".
 *
 * The library reads no clock, file or entropy: everything a guest can reach is what the host puts into
 * struct ew_abi_config.  What is left out answers NOSYS.  One thread at a time for each struct ew_abi; its
 * callbacks run on the guest's thread, inside the guest's call, and must not call that guest.
 */
#ifndef EDGEWASM_ABI_H
#define EDGEWASM_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/event.h"
#include "edgewasm/status.h"
#include "edgewasm/store.h"
#include "edgewasm/wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ew_abi;
struct ew_models;
struct ew_model; /* model.h */

/* ---- capabilities, quotas, grants ------------------------------------------------------------- */

/* The numbers are guest.h's: guests see them. */
enum ew_cap {
	EW_CAP_LOG = 1 << 0,
	EW_CAP_CLOCK = 1 << 1,
	EW_CAP_RANDOM = 1 << 2,
	EW_CAP_EMIT = 1 << 3,
	EW_CAP_RECV = 1 << 4,
	EW_CAP_KV_READ = 1 << 5,
	EW_CAP_KV_WRITE = 1 << 6,
	EW_CAP_METRIC = 1 << 7,
	EW_CAP_CONFIG = 1 << 8,
	EW_CAP_INFER = 1 << 9,
	EW_CAP_INFER_LOAD = 1 << 10,
	EW_CAP_STDIO = 1 << 11,
	EW_CAP_FS = 1 << 12
};
#define EW_CAP_ALL ((1u << 13) - 1)

/* "EMIT"; NULL when it is not exactly one capability. */
EW_API const char *ew_cap_name(uint32_t cap);
/* "LOG,EMIT" (or "ALL", or "" for none), any case, to bits.  EW_ERR_NOENT names the word it does not know. */
EW_API enum ew_status ew_cap_parse(const char *text, uint32_t *caps, struct ew_error *err);

enum ew_quota_kind {
	EW_QUOTA_LOG_BYTES,   /* text of log; bytes written to stdio */
	EW_QUOTA_EMIT_EVENTS, /* events emitted */
	EW_QUOTA_EMIT_BYTES,  /* of topic and data */
	EW_QUOTA_KEYS,	      /* keys set, deleted, incremented */
	EW_QUOTA_INFERENCES,  /* infer, compute; a loaded model counts as one */
	EW_QUOTA_KINDS
};
EW_API const char *ew_quota_name(enum ew_quota_kind kind); /* "emit events" */

/*
 * 0 is "no quota" (to forbid, do not grant).  Per second: a bucket that holds one second's worth, full at
 * the start, refilled by the times given to ew_abi_begin; one operation of more than a second's worth never passes.
 */
struct ew_quota {
	uint32_t per_call, per_second;
};

enum {
	EW_GRANT_STRICT = 1u << 0 /* an operation beyond a quota ends the run (EW_ERR_TRAP with status
				     EW_ERR_QUOTA) instead of answering EDGE_QUOTA */
};

struct ew_grant {
	uint32_t caps;	/* EW_CAP_... */
	uint32_t flags; /* EW_GRANT_... */
	struct ew_quota quota[EW_QUOTA_KINDS];
};

/* ---- what the host offers --------------------------------------------------------------------- */

/*
 * Callbacks; any may be NULL.  They return EW_OK or the status given beside them; other negative ones reach
 * the guest as EDGE_IO.  Bytes they are given are borrowed during the call.
 */
struct ew_abi_host {
	size_t struct_bytes;

	/* One line, level as in guest.h, control characters not yet replaced. */
	void (*log)(void *user, uint32_t level, const char *text, size_t len);
	/* id: 0 realtime, 1 monotonic.  EW_ERR_UNSUPPORTED: no such clock. */
	enum ew_status (*clock)(void *user, uint32_t id, uint64_t *ns);
	enum ew_status (*random)(void *user, void *out, size_t bytes);

	/*
	 * An emitted event, where the config has no ring `out`; topic and data lie in the guest.  header: time,
	 * trace id, flags, content type and lengths are filled in, seq is 0.
	 * EW_ERR_FULL: no room now.  EW_ERR_TOOBIG: never.  EW_ERR_DENIED: not this topic.
	 */
	enum ew_status (*emit)(void *user, const struct ew_event *header, const void *topic,
			       const void *data);

	/* kind as in guest.h; the name is checked.  *id: at most INT32_MAX.  EW_ERR_FULL, EW_ERR_TYPE. */
	enum ew_status (*metric_define)(void *user, uint32_t kind, const char *name, size_t len,
					uint32_t *id);
	/* EW_ERR_INVAL: no such id, or not for its kind. */
	enum ew_status (*metric_add)(void *user, uint32_t id, int64_t delta);
	enum ew_status (*metric_record)(void *user, uint32_t id, double value);

	/* *value is borrowed until the guest's call ends.  EW_ERR_NOENT. */
	enum ew_status (*config_get)(void *user, const char *key, size_t key_len,
				     const void **value, size_t *len);

	/* stdin is fd 0, stdout 1, stderr 2.  *done = bytes read (0: end of file) or written. */
	enum ew_status (*read)(void *user, int fd, void *buf, size_t cap, size_t *done);
	enum ew_status (*write)(void *user, int fd, const void *bytes, size_t len, size_t *done);
};

/* ---- preopened folders (FS) ------------------------------------------------------------------- */

enum ew_fs_kind { EW_FS_UNKNOWN = 0, EW_FS_FILE = 4, EW_FS_DIR = 3, EW_FS_LINK = 7 }; /* WASI's */

enum {
	EW_FS_CREATE = 1u << 0,
	EW_FS_DIRECTORY = 1u << 1,
	EW_FS_EXCL = 1u << 2,
	EW_FS_TRUNC = 1u << 3,
	EW_FS_READ = 1u << 4,
	EW_FS_WRITE = 1u << 5,
	EW_FS_APPEND = 1u << 6
};

struct ew_fs_stat {
	enum ew_fs_kind kind;
	uint64_t device, inode, links, size, atime_ns, mtime_ns, ctime_ns;
};

/*
 * Files as the host sees them.  dir is what the host put into struct ew_abi_preopen or what open gave for a
 * folder; path is relative, UTF-8, NUL-terminated, without empty, "." or ".." parts ("." alone means dir
 * itself), at most EW_FS_PATH_BYTES - 1 long.  The host MUST NOT follow a symbolic link that leads out of
 * the preopened folder (openat2 with RESOLVE_BENEATH, or O_NOFOLLOW part by part).
 * Functions return 0 or a positive WASI errno.  Any may be NULL: ENOSYS.
 */
#define EW_FS_PATH_BYTES 512
struct ew_abi_fs {
	size_t struct_bytes;
	uint16_t (*open)(void *user, void *dir, const char *path, uint32_t flags, void **file,
			 enum ew_fs_kind *kind);
	void (*close)(void *user, void *file);
	/* offset is the byte to begin with; EW_FS_APPEND files ignore it when writing. */
	uint16_t (*read)(void *user, void *file, uint64_t offset, void *buf, size_t cap,
			 size_t *done);
	uint16_t (*write)(void *user, void *file, uint64_t offset, const void *bytes, size_t len,
			  size_t *done);
	uint16_t (*sync)(void *user, void *file);
	uint16_t (*truncate)(void *user, void *file, uint64_t size);
	uint16_t (*stat)(void *user, void *file, struct ew_fs_stat *out);
	uint16_t (*stat_at)(void *user, void *dir, const char *path, bool follow,
			    struct ew_fs_stat *out);
	/* Entry number `index` (0, 1, 2 ...) of a folder: name written NUL-terminated; *len 0 at the end. */
	uint16_t (*list)(void *user, void *dir, uint64_t index, char *name, size_t cap, size_t *len,
			 struct ew_fs_stat *out);
	uint16_t (*mkdir)(void *user, void *dir, const char *path);
	uint16_t (*rmdir)(void *user, void *dir, const char *path);
	uint16_t (*unlink)(void *user, void *dir, const char *path);
	uint16_t (*rename)(void *user, void *from_dir, const char *from, void *to_dir,
			   const char *to);
};

struct ew_abi_preopen {
	const char *name; /* what the guest sees: "/data" */
	void *dir;	  /* the host's, closed by the host */
};

/* ---- one instance's ABI ----------------------------------------------------------------------- */

#ifndef EW_ABI_CONTEXTS /* wasi-nn graphs and contexts of one instance; a context owns an executor's arena */
#define EW_ABI_CONTEXTS 8u
#endif
#ifndef EW_ABI_FILES /* open files of one instance, 40 bytes each, taken only with FS granted */
#define EW_ABI_FILES 32u
#endif
#ifndef EW_ABI_MODEL_BYTES /* models a guest may load from bytes (INFER_LOAD), all together */
#define EW_ABI_MODEL_BYTES (EW_CONFIG_SMALL ? (64u << 10) : (64u << 20))
#endif

/* Objects, texts and arrays are borrowed until ew_abi_destroy; the config, host and fs structs are copied. */
struct ew_abi_config {
	size_t struct_bytes; /* sizeof(struct ew_abi_config) */
	struct ew_grant grant;
	const struct ew_abi_host *host;
	const struct ew_abi_fs *fs;
	void *user;		  /* of both */
	struct ew_ring *out;	  /* EMIT; the abi is its producer; NULL: host->emit */
	struct ew_kv *kv;	  /* KV_READ, KV_WRITE */
	const char *kv_prefix;	  /* put in front of every key; at most 63 bytes; NULL: none */
	struct ew_models *models; /* INFER */
	const char *const *args; /* WASI: program name first */
	size_t arg_count;
	const char *const *environ_pairs; /* "NAME=value" */
	size_t environ_count;
	const struct ew_abi_preopen *preopens; /* FS */
	size_t preopen_count;
	uint32_t max_contexts, max_files, max_model_bytes; /* 0: the defaults above */
};

/* What one instance has done, since creation; never reset. */
struct ew_abi_stats {
	uint64_t used[EW_QUOTA_KINDS];	  /* bytes, events, keys, inferences */
	uint64_t refused[EW_QUOTA_KINDS]; /* operations that met their quota */
	uint64_t events_taken, events_acked;
	uint64_t fuel_burned; /* by host functions */
};

/* Errors: INVAL (names the field), NOMEM. */
EW_API enum ew_status ew_abi_create(struct ew_abi **out, const struct ew_abi_config *config,
				    const struct ew_alloc *alloc, struct ew_error *err);
/* The instances linked to it must be gone.  NULL is allowed. */
EW_API void ew_abi_destroy(struct ew_abi *abi);
/* Forget what the guest made: files, graphs, contexts, exit code.  Between two instances of one module. */
EW_API void ew_abi_reset(struct ew_abi *abi);

/* For struct ew_instance_config: resolve = ew_abi_resolve, resolve_user = the struct ew_abi. */
EW_API enum ew_status ew_abi_resolve(void *abi, const struct ew_extern_type *want,
				     struct ew_import *out, struct ew_error *err);

/*
 * A call into the guest is about to begin: per-call quotas start anew, per-second ones are refilled up to
 * now_ns (any clock that does not step back; a step back refills nothing).  deadline_ns is on the host's monotonic
 * clock and only told to the guest; 0: none.  Enforcing it is ew_exec_interrupt's or the fuel's job.
 */
EW_API void ew_abi_begin(struct ew_abi *abi, uint64_t now_ns, uint64_t deadline_ns);

enum ew_event_state { EW_EVENT_WAITING, EW_EVENT_TAKEN, EW_EVENT_ACKED };

/*
 * The events that event_poll gives out, in order: headers with topic and data behind them, as ew_ring_read()
 * gives them.  states has count entries, is set to EW_EVENT_WAITING, and is kept up to date as the guest takes and
 * acknowledges.  Both are borrowed until the next ew_abi_offer; count 0 ends the offer.
 */
EW_API void ew_abi_offer(struct ew_abi *abi, const struct ew_event *const *events, uint8_t *states,
			 size_t count);
/*
 * Emit on the guest's behalf, within its grant: what event_emit does.  Errors: DENIED (EMIT is not granted, or the
 * host says so), QUOTA, INVAL (topic), FULL, TOOBIG, UNSUPPORTED (no ring and no callback).
 */
EW_API enum ew_status ew_abi_emit(struct ew_abi *abi, const char *topic, size_t topic_len,
				  const void *data, size_t data_len, uint32_t flags);
/* The trace id of what is emitted before an event is taken (edge_init, ticks); zero after ew_abi_begin. */
EW_API void ew_abi_set_trace(struct ew_abi *abi, const uint8_t trace_id[EW_TRACE_ID_BYTES]);

/* After EW_ERR_EXIT: what the guest gave to proc_exit. */
EW_API uint32_t ew_abi_exit_code(const struct ew_abi *abi);
EW_API const struct ew_abi_stats *ew_abi_stats(const struct ew_abi *abi);

/* The table, for tools and documentation: functions 0, 1, 2 ... until EW_ERR_NOENT. */
struct ew_abi_function {
	const char *module, *name;
	const char *signature; /* as in wasm.h */
	uint32_t caps;	       /* all of these are needed; 0: always there */
	bool any_cap;	       /* one of caps is enough */
	bool implemented;      /* false: links, and answers ENOSYS */
};
EW_API enum ew_status ew_abi_function(uint32_t index, struct ew_abi_function *out);

/* ---- models ----------------------------------------------------------------------------------- */

#ifndef EW_ABI_MODELS /* versions in one registry, at most 256; 200 bytes each, besides model and executor */
#define EW_ABI_MODELS 64u
#endif

EW_API enum ew_status ew_models_create(struct ew_models **out, const struct ew_alloc *alloc);
/* Every struct ew_abi that uses it must be gone. */
EW_API void ew_models_destroy(struct ew_models *models);

enum {
	EW_MODELS_COPY = 1u << 0 /* copy the bytes; default: borrow until the model is removed */
};
/* In flags: edge_infer may give up to n windows (to EW_MODEL_BATCH) at once, in one run; the executor grows with n. */
#define EW_MODELS_BATCH(n) ((uint32_t)(n) << 16)
#define EW_MODELS_NAME_BYTES 48 /* of names and versions: 47 bytes and a NUL */

/*
 * Read, plan and register a .tflite as name@version, and make it what `name` stands for.  The version that
 * `name` stood for stays reachable as name@version until ew_models_remove.  Handles that guests got by name
 * become STALE.  Not while a guest that uses the registry runs: between two events.
 * Errors: those of ew_model_load; EXISTS (this name@version is there); INVAL (name or version is empty, longer
 * than 47 bytes or contains '@'); LIMIT.  After an error nothing has changed.
 */
EW_API enum ew_status ew_models_put(struct ew_models *models, const char *name, const char *version,
				    const void *bytes, size_t size, uint32_t flags,
				    struct ew_error *err);
/* Let `name` stand for a version that is there already: rollback.  NOENT. */
EW_API enum ew_status ew_models_select(struct ew_models *models, const char *name,
				       const char *version);
/* Version NULL: all of the name.  NOENT.  STATE: a wasi-nn graph, or a stateful model's executor, of some guest
 * still holds it (until its ew_abi_reset); nothing is removed then. */
EW_API enum ew_status ew_models_remove(struct ew_models *models, const char *name,
				       const char *version);

struct ew_models_entry {
	const char *name, *version;
	bool current;
	const struct ew_model *model;
	uint64_t inferences;
	uint32_t fuel; /* what one inference costs a guest */
	size_t size_bytes; /* of the file */
};
/* Entries 0, 1, 2 ... until NOENT, in no particular order. */
EW_API enum ew_status ew_models_at(const struct ew_models *models, uint32_t index,
				   struct ew_models_entry *out);

#ifdef __cplusplus
}
#endif
#endif
