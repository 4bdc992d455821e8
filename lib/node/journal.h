/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* journal.h - the recorder of a node, which appends to a log or, in a replay, compares with what one holds. */
#ifndef EW_NODE_JOURNAL_H
#define EW_NODE_JOURNAL_H

#include "edgewasm/journal.h"
#include "edgewasm/queue.h"
#include "node/codec.h"
#include "store/kv.h"

/*
 * Answers of the host, one behind the other: a tag, with STATUS set a status and nothing else; else
 *	clocks     the time less that clock's last answer, zigzag
 *	entropy    a length, the bytes; what was loaded likewise
 *	the others two numbers
 * Numbers are seven bits a byte, lowest first.
 */
enum ewi_answer {
	EWI_ANSWER_CLOCK = 1, /* + the clock's number */
	EWI_ANSWER_RANDOM = 3,
	EWI_ANSWER_EMIT,     /* which emission of the group failed, how */
	EWI_ANSWER_FALLBACK, /* taken or not, 0 */
	EWI_ANSWER_INTERRUPT, /* which call of the group, after so much fuel */
	EWI_ANSWER_SEQ,	      /* which input of the group has not its predecessor's number plus 1, but this */
	EWI_ANSWER_KEPT,      /* which question of the group, how the keeper failed */
	EWI_ANSWER_LOAD,      /* as entropy: the length (8 bytes) and SHA-256 of a module loaded on demand */
	EWI_ANSWER_KV,	      /* which access of the group to the functions' store failed, how */
	EWI_ANSWER_VOUCH,     /* as entropy: how, and with which words, a signature was refused just then */
	EWI_ANSWER_STATUS = 0x80
};
#define EWI_RANDOM_PIECE 256u /* entropy is asked for in pieces */

/* The beginning of START's data; the store's hash follows. */
struct ewi_start {
	uint32_t max_functions, max_routes, max_metrics, max_batch, step_events, stack_slots, call_depth, flags,
		buffer_bytes, kv_keys, kv_bytes, max_loaded, cache_low, cache_high, trace_bytes;
};
enum {
	EWI_START_CLOCK = 1u << 0,
	EWI_START_RANDOM = 1u << 1,
	EWI_START_FALLBACK = 1u << 2,
	EWI_START_KV = 1u << 3,
	EWI_START_LOAD = 1u << 4
};
#define EWI_START_VERSION 2u /* 2: more of the state in its hash */
#define EWI_START_WORDS 16u /* the version first */
#define EWI_START_BYTES (EWI_START_WORDS * 4 + EW_SHA256_BYTES)
void ewi_start_encode(uint8_t out[EWI_START_BYTES], const struct ewi_start *s, const uint8_t kv[EW_SHA256_BYTES]);
enum ew_status ewi_start_decode(const uint8_t *bytes, size_t size, struct ewi_start *out);

struct ewi_replay;

struct ewi_journal {
	struct ewi_recorder base;
	struct ew_alloc alloc;
	struct ew_log *log;	   /* NULL in a replay */
	struct ewi_replay *replay; /* NULL where there is a log */
	bool required;
	struct ewi_witness {
		struct ew_kv base;
		struct ewi_journal *j;
	} witness; /* of the node's store, for its functions */
	uint8_t *buf; /* records that wait: headers, topics, data, each at a multiple of 8 */
	const struct ew_event **list;
	uint32_t cap, used, list_cap, count;
	uint64_t lost; /* records that were lost and that no LOST tells of yet */
	struct ew_dedup *dedup;
	size_t dedup_bytes;

	/* The group. */
	enum ew_journal_kind pending; /* what began it, to be written before its first record; 0: it is */
	bool is_act;
	uint64_t begun_ns;
	uint64_t seq; /* of the next record, if nothing is lost */
	uint32_t emits, calls, inputs, keeps, accesses;
	uint64_t last_seq; /* of the event before, by its ring; of the groups before, too */
	uint64_t clock[2]; /* the last answers */
	uint8_t answers[1024];
	uint32_t answer_bytes;
	uint8_t last_trace[EW_TRACE_ID_BYTES];
	uint32_t index; /* of the next output with it */

	struct ew_journal_stats stats;
};

/* A recorder for the node; log NULL: for replay. */
enum ew_status ewi_journal_create(struct ewi_journal **out, struct ew_node *node, struct ew_log *log,
				  struct ewi_replay *replay, uint32_t buffer_bytes);
void ewi_journal_destroy(struct ewi_journal *j);
/* A group that is one record with these bytes. */
enum ew_status ewi_journal_single(struct ewi_journal *j, enum ew_journal_kind kind, const void *data, uint32_t bytes);
/* One record.  head: all fields but frame and seq, flags without the kind. */
void ewi_journal_put(struct ewi_journal *j, enum ew_journal_kind kind, const struct ew_event *head, const void *topic,
		     const void *data);
/* Ids of the last events that the log says were judged to the end.  intake.c. */
enum ew_status ewi_journal_remember(struct ewi_journal *j, const struct ew_journal_config *config);
/* Those that were not there before, moved together; how many.  intake.c. */
uint32_t ewi_journal_fresh(struct ewi_journal *j, const struct ew_event **events, uint32_t count);

/* ---- answers.c: the host's answers, asked for and noted, or read; members of struct ewi_recorder_ops ---- */
enum ew_status ewi_answer_clock(struct ewi_recorder *r, uint32_t id, uint64_t *ns);
enum ew_status ewi_answer_random(struct ewi_recorder *r, void *out, size_t bytes);
enum ew_status ewi_answer_emit(struct ewi_recorder *r, const struct ewi_version *v, const struct ew_event *header,
			       const void *topic, const void *data);
enum ew_status ewi_answer_kept(struct ewi_recorder *r, enum ew_status status);
enum ew_status ewi_answer_vouched(struct ewi_recorder *r, enum ew_status status, struct ew_error *err);
bool ewi_answer_fallback(struct ewi_recorder *r, const char *function, const struct ew_event *event);
enum ew_status ewi_answer_load(struct ewi_recorder *r, const struct ewi_version *v, const uint8_t *sha256,
			       const void **bytes, size_t *size);
uint64_t ewi_answer_call_limit(struct ewi_recorder *r);
void ewi_answer_interrupted(struct ewi_recorder *r, uint64_t used);
/* A store that does what the node's does, and notes where that fails; in a replay it fails there again. */
void ewi_answer_kv(struct ewi_journal *j);
/* The group's n-th input: note what the ring has numbered it with, or set that. */
void ewi_answer_seq(struct ewi_journal *j, uint64_t input, struct ew_event *e);
/* Those that have not been written yet. */
void ewi_answers_flush(struct ewi_journal *j);

/* What is left of a group's answers. */
struct ewi_answers {
	const uint8_t *p, *end;
};
/* Is one among them that interrupts this call (NULL: any)? */
bool ewi_answers_interrupt(struct ewi_answers all, const uint64_t *call, uint64_t *used);

/* ---- replay.c ---- */
void ewi_replay_compare(struct ewi_journal *j, const struct ew_event *head, const void *topic, const void *data);
struct ewi_answers *ewi_replay_answers(struct ewi_replay *r);
enum ew_status ewi_replay_load(struct ewi_replay *r, const struct ewi_version *v, const uint8_t *sha256,
			       const void **bytes, size_t *size);
bool ewi_replay_interrupt(struct ewi_replay *r, uint64_t call, uint64_t *used);
void ewi_replay_parted(struct ewi_replay *r, const char *why);

/* ---- state_hash.c ---- */
void ewi_kv_hash(struct ew_kv *kv, uint8_t out[EW_SHA256_BYTES]);

#endif
