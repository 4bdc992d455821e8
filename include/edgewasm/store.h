/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * store.h - what survives: storage back ends, the durable event log, the key-value store, compression.
 *
 *	struct ew_storage     blocks that are read, written and erased: files, RAM, simulated flash
 *	struct ew_log         an append-only log of events on a storage
 *	struct ew_log_reader  reads it from a sequence number or a time
 *	struct ew_kv          small keys and values
 *
 * Memory comes from the allocator given at creation and from nowhere else.  No object here is shared
 * between threads without the host's lock.  The on-storage format is lib/store/FORMAT.md.
 */
#ifndef EDGEWASM_STORE_H
#define EDGEWASM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/event.h"
#include "edgewasm/status.h"

/* zlib for ew_gzip_*; without it they return EW_ERR_UNSUPPORTED. */
#ifndef EW_CONFIG_ZLIB
#define EW_CONFIG_ZLIB EW_CONFIG_POSIX
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---- Storage ----
 *
 * block_count blocks of block_bytes each.  An erased block reads as the byte `erased` everywhere.
 * Unless `rewrite` is set, a byte is written once between two erases, as on flash.  Offsets and
 * lengths of writes are multiples of write_bytes.  write() may be torn by a power cut; sync() returns
 * when everything written and erased before it would survive one.
 * Functions return EW_OK, EW_ERR_IO, EW_ERR_FULL (no space on the device) or EW_ERR_BOUNDS.
 */
struct ew_storage {
	enum ew_status (*read)(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes);
	enum ew_status (*write)(void *ctx, uint32_t block, uint32_t at, const void *in, uint32_t bytes);
	enum ew_status (*erase)(void *ctx, uint32_t block);
	enum ew_status (*sync)(void *ctx);
	void *ctx;
	uint32_t block_count;
	uint32_t block_bytes;
	uint32_t write_bytes; /* 1 to 256, a power of two */
	uint8_t erased;	      /* 0x00 or 0xff */
	bool rewrite;
};

struct ew_storage_config {
	size_t struct_bytes;  /* sizeof(struct ew_storage_config) */
	uint32_t block_bytes; /* default: files 8 MiB, RAM and flash 4 KiB; a multiple of 8 (flash: of write_bytes too) */
	uint32_t block_count; /* default: files 4096, RAM and flash 16 */
	uint32_t write_bytes; /* flash only; default 8 */
	bool read_only;	      /* files only: nothing is created or changed, write and erase are EW_ERR_DENIED */
	bool no_preallocate;  /* files only: let them grow instead of reserving block_bytes at once */
};

#if EW_CONFIG_POSIX
/*
 * One file for each block in folder `dir`, made when it is not there.  In a folder that has files,
 * geometry comes from them: block_bytes and block_count in cfg are then ignored.
 */
EW_API enum ew_status ew_storage_files_open(const char *dir, const struct ew_storage_config *cfg,
					    const struct ew_alloc *alloc, struct ew_storage *out,
					    struct ew_error *err);
/* Closes the files; does not sync. */
EW_API void ew_storage_files_close(struct ew_storage *st);
#endif

/* RAM: lost with the process; erased bytes are 0.  Memory is block_bytes * block_count. */
EW_API enum ew_status ew_storage_ram_create(const struct ew_storage_config *cfg,
					    const struct ew_alloc *alloc, struct ew_storage *out);
/*
 * NOR flash played in RAM: erased bytes are 0xff, writing clears bits, and writing a byte a second
 * time before its block is erased is EW_ERR_STATE.  For tests, on any machine.
 */
EW_API enum ew_status ew_storage_flash_create(const struct ew_storage_config *cfg,
					      const struct ew_alloc *alloc, struct ew_storage *out);
EW_API void ew_storage_ram_destroy(struct ew_storage *st); /* either of the two */
/* The bytes of one block, to look at and to damage in tests; NULL when there is no such block. */
EW_API uint8_t *ew_storage_ram_block(const struct ew_storage *st, uint32_t block);
/* How often the block was erased. */
EW_API uint32_t ew_storage_ram_erases(const struct ew_storage *st, uint32_t block);

/*
 * ---- The durable log ----
 *
 * Events get consecutive sequence numbers from 1 (struct ew_event's seq is ignored on the way in) and
 * are written with a CRC32C each.  After a power cut the log opens with every event whose append was
 * followed by a sync, and possibly later ones, never half of one.
 */
struct ew_log;
struct ew_log_reader;

enum ew_log_full {
	EW_LOG_REJECT = 0,     /* appending returns EW_ERR_FULL */
	EW_LOG_DROP_OLDEST = 1 /* the oldest segment is erased, and counted in ew_log_stat */
};

struct ew_log_config {
	size_t struct_bytes;   /* sizeof(struct ew_log_config) */
	uint32_t sync_every;   /* events between syncs: 1 every append, N; 0: only ew_log_sync() */
	uint32_t buffer_bytes; /* for one batched write, and as much for each reader; default 64 KiB, small targets 512 */
	uint32_t max_record_bytes; /* refused above; default: what fits in buffer_bytes */
	enum ew_log_full when_full;
	bool read_only; /* nothing is written; a torn tail is stepped over instead of cut */
};

struct ew_log_stat {
	uint64_t first_seq, next_seq; /* events first_seq..next_seq-1 are (or were, where damaged) in the log */
	uint64_t first_time_ns, last_time_ns; /* of the oldest and the newest readable event; 0 when empty */
	uint64_t bytes;		   /* used, headers of segments included */
	uint64_t capacity_bytes;   /* block_bytes * block_count */
	uint32_t segments;	   /* blocks in use */
	uint64_t appended, synced; /* events since open; how many of them are known to be durable */
	uint64_t writes, syncs;	   /* calls to the storage since open */
	uint64_t dropped_events;   /* by EW_LOG_DROP_OLDEST, since open */
	uint64_t rejected_full, rejected_too_big; /* events refused since open */
	uint64_t torn_bytes;	   /* cut (read_only: seen) at the end when the log was opened */
};

/*
 * Open the log on a storage, or begin one where every block is erased.  *st is copied; what it points
 * to outlives the log.  Takes under 400 bytes, buffer_bytes, and 8 KiB of CRC tables on large machines
 * without a CRC instruction, however many blocks there are.
 * EW_ERR_MALFORMED: blocks hold something else; EW_ERR_UNSUPPORTED: another version or geometry;
 * EW_ERR_INVAL: less than 2 blocks, or blocks or buffer_bytes too small for one event.
 */
EW_API enum ew_status ew_log_open(const struct ew_storage *st, const struct ew_log_config *cfg,
				  const struct ew_alloc *alloc, struct ew_log **out,
				  struct ew_error *err);
/* Frees everything; syncs first unless sync_every is 0.  Returns what the sync returned.  Readers go first. */
EW_API enum ew_status ew_log_close(struct ew_log *log);

/*
 * Append one event; header fields but frame and seq are taken from *e.  *seq (may be NULL) gets its
 * number.  EW_OK with sync_every 1 means durable.
 * EW_ERR_TOOBIG, EW_ERR_FULL; EW_ERR_IO: the log is then in doubt and takes nothing more until reopened.
 */
EW_API enum ew_status ew_log_append(struct ew_log *log, const struct ew_event *e, const void *topic,
				    const void *data, uint64_t *seq);
/*
 * Append events whose topic and data follow their headers, as ew_ring_read() gives them: one write for
 * each buffer_bytes (and segment), at most one sync.  *done (may be NULL) gets how many are in the log;
 * all of them when EW_OK is returned.
 */
EW_API enum ew_status ew_log_append_batch(struct ew_log *log, const struct ew_event *const *events,
					  uint32_t count, uint32_t *done);
/* Make everything appended durable. */
EW_API enum ew_status ew_log_sync(struct ew_log *log);
/* Erase whole segments in which every event is older than seq, never the last.  *segments: how many; may be NULL. */
EW_API enum ew_status ew_log_trim(struct ew_log *log, uint64_t seq, uint32_t *segments);
EW_API void ew_log_stat(struct ew_log *log, struct ew_log_stat *out);

enum ew_log_damage_kind {
	EW_LOG_TORN,	 /* a write given up at the end of a segment; no event is missing */
	EW_LOG_TAIL,	 /* the log's last bytes are no whole event: a torn write, or the last one damaged */
	EW_LOG_CHECKSUM, /* bytes that are no event */
	EW_LOG_MISSING,	 /* sequence numbers that are nowhere */
	EW_LOG_HEAD,	 /* the head of a segment; its events can still be read */
	EW_LOG_DROPPED	 /* erased before this reader got there */
};

/* A stretch that could not be read. */
struct ew_log_damage {
	enum ew_log_damage_kind kind;
	uint32_t segment, block; /* number of the segment, and the block it lies in */
	uint32_t offset, bytes;	 /* where in the block, and how much */
	uint64_t first_seq;	 /* the first event that is missing, or would be */
	uint64_t events;	 /* how many are missing */
	const char *reason;	 /* static text */
};

/* A reader starts at the oldest event.  It goes on after the log has grown; at most one process writes. */
EW_API enum ew_status ew_log_reader_create(struct ew_log *log, struct ew_log_reader **out);
EW_API void ew_log_reader_destroy(struct ew_log_reader *rd);
/* Go to the first event whose seq (time_ns) is at least this; the end when there is none.  Times: the
 * first in sequence order, wherever the clock stepped. */
EW_API enum ew_status ew_log_seek_seq(struct ew_log_reader *rd, uint64_t seq);
EW_API enum ew_status ew_log_seek_time(struct ew_log_reader *rd, uint64_t time_ns);
/*
 * The next event, topic and data behind it, borrowed until the next call on rd.
 * EW_ERR_EMPTY: the end; call again when more was appended.
 * EW_ERR_CORRUPT: events are missing here, see ew_log_reader_damage(); go on reading.
 * EW_ERR_TOOBIG: an event larger than this log's buffer_bytes was stepped over.
 */
EW_API enum ew_status ew_log_read(struct ew_log_reader *rd, const struct ew_event **out);
EW_API const struct ew_log_damage *ew_log_reader_damage(const struct ew_log_reader *rd);

struct ew_log_report {
	uint64_t events, bytes; /* whole events, and their bytes on the storage */
	uint64_t first_seq, last_seq; /* of these; 0 when there is none */
	uint64_t findings;	/* of all kinds */
	uint64_t missing_events, damaged_bytes;
	uint64_t torn_bytes;	/* in findings of kind EW_LOG_TORN */
	uint64_t clock_steps; /* events whose time is before their predecessor's: allowed, told */
	uint32_t segments;
};

/*
 * Read everything.  told(ctx, damage) is called for each finding in order and may be NULL.  EW_OK: every
 * event is there and whole, and nothing was found but EW_LOG_TORN; else EW_ERR_CORRUPT.  Open the log
 * read_only to find a torn tail: opening it for writing cuts that off.
 */
EW_API enum ew_status ew_log_verify(struct ew_log *log,
				    void (*told)(void *ctx, const struct ew_log_damage *damage),
				    void *ctx, struct ew_log_report *out);

/*
 * ---- The key-value store ----
 *
 * One interface over several implementations; keys are byte strings in memcmp order.
 */
struct ew_kv;

struct ew_kv_config {
	size_t struct_bytes;   /* sizeof(struct ew_kv_config) */
	uint32_t max_keys;     /* 4 bytes each; default 1024, small targets 32 */
	uint32_t max_bytes;    /* keys, values and 8 bytes for each pair; default 256 KiB, small targets 1 KiB */
	uint32_t max_key_bytes;	  /* default 255, at most 65535 */
	uint32_t max_value_bytes; /* default: whatever fits in max_bytes */
};

struct ew_kv_stat {
	uint32_t keys, max_keys;
	uint32_t used_bytes, max_bytes; /* used: by live pairs */
	uint32_t compactions;
};

/* In RAM.  Everything is allocated here; no call below allocates. */
EW_API enum ew_status ew_kv_ram_create(const struct ew_kv_config *cfg, const struct ew_alloc *alloc,
				       struct ew_kv **out);
EW_API void ew_kv_destroy(struct ew_kv *kv);

/*
 * Copy the value to buf.  *value_bytes (never NULL) gets its full length; EW_ERR_TOOBIG when that
 * exceeds cap: nothing is written.  EW_ERR_NOENT: no such key, *value_bytes is 0.
 * A key of 0 bytes or more than max_key_bytes is EW_ERR_INVAL in all of these.
 */
EW_API enum ew_status ew_kv_get(struct ew_kv *kv, const void *key, size_t key_bytes, void *buf,
				size_t cap, size_t *value_bytes);
/*
 * Set or replace.  EW_ERR_FULL (keys or bytes), EW_ERR_TOOBIG (for an empty store): the old value stays.
 * key and value MUST NOT point into the store.
 */
EW_API enum ew_status ew_kv_put(struct ew_kv *kv, const void *key, size_t key_bytes,
				const void *value, size_t value_bytes);
EW_API enum ew_status ew_kv_delete(struct ew_kv *kv, const void *key, size_t key_bytes);
/*
 * Add delta to an int64 held as 8 little-endian bytes (absent: 0); *result (may be NULL) gets the sum.
 * EW_ERR_TYPE: the value is not 8 bytes; EW_ERR_LIMIT: the sum overflows.  Nothing changes then.
 */
EW_API enum ew_status ew_kv_increment(struct ew_kv *kv, const void *key, size_t key_bytes,
				      int64_t delta, int64_t *result);
/*
 * The first pair whose key is greater than this one (key_bytes 0: the first of all).  Pointers are
 * borrowed until the next put, delete or increment.  EW_ERR_NOENT: there is none.
 */
EW_API enum ew_status ew_kv_next(struct ew_kv *kv, const void *key, size_t key_bytes,
				 const void **next_key, size_t *next_key_bytes,
				 const void **value, size_t *value_bytes);
EW_API void ew_kv_stat(const struct ew_kv *kv, struct ew_kv_stat *out);

/*
 * ---- Compression ----
 *
 * One gzip member for each call (RFC 1952), for batches and closed segments.  zlib's working memory
 * (about 268 KiB to compress, 44 KiB to expand) comes from alloc and is given back.
 */
/* The most that ew_gzip_compress() writes for so many bytes. */
EW_API size_t ew_gzip_bound(size_t in_bytes);
/* level 1 to 9.  *out_bytes gets the length.  EW_ERR_TOOBIG: cap is too small. */
EW_API enum ew_status ew_gzip_compress(const struct ew_alloc *alloc, int level, const void *in,
				       size_t in_bytes, void *out, size_t cap, size_t *out_bytes);
/*
 * Expands at most cap bytes: EW_ERR_TOOBIG beyond, whatever the input claims.  EW_ERR_CORRUPT: not a
 * gzip member, cut short, a wrong check sum, or bytes after it.
 */
EW_API enum ew_status ew_gzip_expand(const struct ew_alloc *alloc, const void *in, size_t in_bytes,
				     void *out, size_t cap, size_t *out_bytes);

#ifdef __cplusplus
}
#endif
#endif
