/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * journal.h - everything that happens in a node, in a durable log: for audits, for restarts, and to happen again.
 *
 *	ew_log_open(&storage, &log_config, &alloc, &log, &err);
 *	ew_node_create(&node, &config, &alloc, &err);
 *	ew_node_journal_open(node, &(struct ew_journal_config){sizeof(struct ew_journal_config), log}, &err);
 *	... put functions, step ...
 *	ew_node_destroy(node);                          writes what the state was at the end
 *
 *	ew_node_replay(&replay_config, &report, &err);  another day, on any machine: the same outputs, byte for byte
 *
 * Records are events of the log.  What a record is stands in bits 16 to 23 of its flags, so that a log of something
 * else (0 there) is told apart.  They come in groups, each from what began it to a DONE:
 *
 *	STEP      ew_node_step began, at this time; then ticks and events
 *	DISPATCH  ew_node_dispatch likewise
 *	ACT       a function was loaded, granted, updated, rolled back or removed, a route, a model or a setting changed,
 *	          a canary began: what, with its SHA-256, grants and limits.  topic: its name; content type: which act
 *	START     a node began: its limits, and the SHA-256 of its key-value store's pairs
 *	STOP      it ended; data: ew_node_state_hash() then
 *	STATE     ew_node_checkpoint(); likewise
 *
 * and in them, in the order in which it happened
 *
 *	INPUT     an event, as it came.  Bit 24 of the flags: it came together with the one before; bit 30: EW_EVENT_CONTEXT
 *	OUTPUT    an event that a function emitted; behind its data 16 bytes, its id (see below)
 *	CALL      a function was called and has ended: its verdict, and the fuel that took.  topic: its name
 *	REPORT    what struct ew_node_report says, canaries' decisions and their reasons among it; content type: the cause
 *	ANSWERS   what clock, entropy, fallback and a full ring answered, and where the functions' store failed, or
 *		  a signature was refused
 *	LOST      so many records before this one could not be written (8 bytes)
 *	DONE      the group is over; of an act 4 bytes more: its status; of a step after which batches hold events (next.held
 *		  of ew_node_step) how many
 *
 * A group without a DONE was cut off by a restart: what it did not finish was not acknowledged to anybody.
 *
 * Records are gathered in memory and appended by one ew_log_append_batch() when the group is over, before
 * ew_node_step() returns, so that a host that acknowledges its events then, and whose log has sync_every 1, has
 * never acknowledged one that a power cut takes; events that batches hold are not judged yet: a host that cannot send
 * them again acknowledges when none is held.  With write_behind the log gathers several groups.
 *
 * An output's id is a hash of its event's trace id, the function, which output of that event it is, topic and data;
 * of outputs that no event with a trace id caused, of the record's number as well.  The same event judged again after a
 * restart gives the same ids, for a peer that drops what it has seen.
 *
 * Threads: as the node's.  The log is the journal's to write; others may read it, and move its cursors between steps.
 */
#ifndef EDGEWASM_JOURNAL_H
#define EDGEWASM_JOURNAL_H

#include "edgewasm/log.h"
#include "edgewasm/node.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ew_journal_kind {
	EW_JOURNAL_START = 1,
	EW_JOURNAL_STOP,
	EW_JOURNAL_STEP,
	EW_JOURNAL_DISPATCH,
	EW_JOURNAL_ACT,
	EW_JOURNAL_STATE,
	EW_JOURNAL_INPUT,
	EW_JOURNAL_OUTPUT,
	EW_JOURNAL_CALL,
	EW_JOURNAL_REPORT,
	EW_JOURNAL_ANSWERS,
	EW_JOURNAL_LOST,
	EW_JOURNAL_DONE,
	EW_JOURNAL_KINDS
};
/* Of a record's flags; 0: it is none. */
#define EW_JOURNAL_KIND(flags) ((flags) >> 16 & 0xffu)
#define EW_JOURNAL_TOGETHER (1u << 24)
#define EW_JOURNAL_ID_BYTES 16u
EW_API const char *ew_journal_kind_name(enum ew_journal_kind kind); /* "input" */

#ifndef EW_JOURNAL_BYTES
#define EW_JOURNAL_BYTES (EW_CONFIG_SMALL ? 2048u : 65536u)
#endif

enum {
	/*
	 * When the log takes nothing (it is full, or failed), take no events either: ew_node_step, ew_node_dispatch
	 * and acts return its status and do nothing until what waits has been written.  A step that meets this half-way
	 * returns it too; what it took is judged, and waits.  Without it the node goes on, and counts what is lost.
	 */
	EW_JOURNAL_REQUIRED = 1u << 0
};

struct ew_journal_config {
	size_t struct_bytes;
	struct ew_log *log; /* borrowed until the node is destroyed */
	uint32_t flags;
	/*
	 * To gather records in, and half as much for a list of them; 0: EW_JOURNAL_BYTES.  At least 512.  No output is larger
	 * (functions are told TOOBIG), nor should the log's max_record_bytes be less.
	 */
	uint32_t buffer_bytes;
	/*
	 * Idempotent intake: of events with the same trace id (not all zeros) only the first is judged.  So many ids
	 * are remembered, 32 bytes each, for so long (0: by number only); when the journal is opened, those of the last
	 * events in the log that were judged to the end.  seed: anything that senders cannot guess.  0: no such rule.
	 */
	uint32_t dedup_ids;
	uint64_t dedup_window_ns, dedup_seed;
};

/*
 * For a node without functions or models yet: from then on everything is recorded.  Not recorded: what the host does with
 * ew_node_models() itself, and what it changes in the key-value store; a replay does not know of it.
 * Errors: INVAL, STATE (there is something in the node, or a journal), NOMEM, those of appending with
 * EW_JOURNAL_REQUIRED, and of reading.
 */
EW_API enum ew_status ew_node_journal_open(struct ew_node *node, const struct ew_journal_config *config,
					   struct ew_error *err);
/*
 * Go on in another log, or in the same one, opened again after an error: what waits is written there.  Errors: NOENT (no
 * journal), STATE (in a callback), those of appending: what waits goes on waiting.
 */
EW_API enum ew_status ew_node_journal_reopen(struct ew_node *node, struct ew_log *log);

struct ew_journal_stats {
	uint64_t records, bytes; /* taken; bytes: topics and data */
	uint64_t appends;	 /* calls of ew_log_append_batch() or ew_log_append() */
	uint64_t inputs, outputs, calls, reports, acts;
	uint64_t duplicates;   /* events that were judged before, and are not again */
	uint64_t lost_records; /* that the log did not take */
	enum ew_status status; /* of the last append */
	uint32_t waiting;      /* records that wait for the log */
};
/* NOENT: the node has no journal. */
EW_API enum ew_status ew_node_journal_stats(const struct ew_node *node, struct ew_journal_stats *out);

/*
 * SHA-256 of all that decides what the node will do next: functions in their order with versions, parking, ticks, the state
 * of their instances (memories, tables, globals), quotas, open files and models' inner state; events that wait for their
 * batch; canaries with all they have counted; watches; tenants and what they owe; routes; what functions count; settings; which
 * models there are; the pairs of the key-value store; how much the result cache holds.  Not in it: figures of what has been,
 * which versions were put earlier, and what the host keeps itself (reservoirs, what its files hold).  The same on every machine.
 * Errors: STATE (in a callback), NOMEM, UNSUPPORTED (EW_CONFIG_SNAPSHOT is 0).
 */
EW_API enum ew_status ew_node_state_hash(struct ew_node *node, uint8_t out[EW_SHA256_BYTES]);
/* Record it, so that a replay compares it here.  Also NOENT: no journal. */
EW_API enum ew_status ew_node_checkpoint(struct ew_node *node);

/* ---- replay ----------------------------------------------------------------------------------- */

struct ew_replay_report {
	uint64_t first_seq, last_seq; /* records that were read */
	uint64_t groups, inputs, outputs, calls, acts, states; /* that happened again, and were the same */
	uint64_t unfinished; /* groups cut off by a restart: stepped over */
	/* Where it parted; 0: nowhere. */
	uint64_t parted_seq;
	enum ew_journal_kind parted_kind;
	uint64_t parted_time_ns;
	uint8_t parted_trace[EW_TRACE_ID_BYTES];
	char text[192]; /* why */
	uint8_t state[EW_SHA256_BYTES]; /* of the node when the replay ended */
};

struct ew_replay_config {
	size_t struct_bytes;
	struct ew_log *log;
	uint64_t from_seq; /* begin with the first START at or behind it */
	uint64_t to_seq;   /* end behind the group with this record; 0: with the log */
	/*
	 * As the node's store was at that START, which says how its pairs hash; changed here.  NULL: one in RAM, empty.
	 * Where a later START does not find what the last node left, and it was empty, it begins anew.
	 */
	struct ew_kv *kv;
	/* The bytes with this hash (as they were put), for as long as the replay lasts.  NOENT: nobody has them. */
	enum ew_status (*load)(void *user, const char *name, const char *version,
			       const uint8_t sha256[EW_SHA256_BYTES], const void **bytes, size_t *size);
	/* Told of everything that is recorded once more, before it is compared; may be NULL. */
	void (*told)(void *user, const struct ew_event *record, const void *topic, const void *data);
	void *user;
	uint32_t max_group_bytes; /* of the records of one group, which are held in memory; 0: 64 MiB, small targets 32 KiB */
};

/*
 * Let a journal happen again in a node made for it, with the clock, entropy, interruptions, refusals and failures of the
 * store that were recorded, and compare every record that comes of it: each output byte, verdict, report and state.
 * EW_OK: to the end, or up to where it parted (report->parted_seq).  Errors: INVAL, NOENT (no START), CORRUPT (records
 * are damaged or missing), UNSUPPORTED (a journal of another version), LIMIT (a group is larger than max_group_bytes),
 * NOMEM, and those of `load`.  The report is filled in as far as it came.
 */
EW_API enum ew_status ew_node_replay(const struct ew_replay_config *config, const struct ew_alloc *alloc,
				     struct ew_replay_report *report, struct ew_error *err);

#ifdef __cplusplus
}
#endif
#endif
