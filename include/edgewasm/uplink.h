/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * uplink.h - store and forward: what waits in a durable log goes to somebody who is not always there.
 *
 *	ew_uplink_open(&u, &config, &alloc, &err);
 *	for (;;) {
 *		while (ew_uplink_next(u, now_ns, &batch) == EW_OK)
 *			send batch.bytes, remember batch.token;
 *		when the peer has acknowledged: ew_uplink_ack(u, token);
 *		wait until an answer, or until ew_uplink_deadline(u);
 *	}
 *
 * From a node's journal (journal.h) its outputs are sent; from any other log all its events.  They are sorted into lanes,
 * and lane 0 is sent before lane 1 and so on: alerts overtake telemetry.  Within a lane order is kept: one batch of each
 * lane is on its way at a time, and is sent again, byte for byte, until it is acknowledged.  Where a lane stands is a cursor of the
 * log ("uplink.0"): it moves when the peer has acknowledged and not before, so a restart sends some events again,
 * under the same ids.  A peer that drops ids it has seen gets each event once.
 *
 * The host drives, sends and receives; nothing here waits.  One thread at a time, the log's.
 */
#ifndef EDGEWASM_UPLINK_H
#define EDGEWASM_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/event.h"
#include "edgewasm/log.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ew_uplink;

#define EW_UPLINK_LANES 4u
#define EW_UPLINK_ID_BYTES 16u
#define EW_UPLINK_NAME_BYTES 28u /* with the NUL */

/* Defaults of struct ew_uplink_config. */
#define EW_UPLINK_BATCH_EVENTS 256u
#define EW_UPLINK_BATCH_BYTES (EW_CONFIG_SMALL ? 1024u : 65536u)
#define EW_UPLINK_RESEND_NS 30000000000ull
/* So many records without anything for a lane are passed over before that is written down; a 32nd in a log half full. */
#define EW_UPLINK_IDLE_RECORDS 1024u

/* Events go to the first lane that wants them; the last one takes the rest. */
struct ew_uplink_lane {
	uint32_t flags; /* that the event has one of */
	const char *const *patterns; /* or a topic that matches one, as in ew_node_route_add(); borrowed */
	uint32_t pattern_count;
	uint64_t linger_ns; /* wait so long for more before a batch that is not full is sent; 0: not at all */
};

struct ew_uplink_config {
	size_t struct_bytes;
	struct ew_log *log; /* borrowed.  Its cursors should HOLD or ERASE, or what was not sent may be erased */
	const char *name;   /* of the cursors, before the '.': default "uplink" */
	const struct ew_uplink_lane *lanes; /* default: two, the first for events emitted with EDGE_EMIT_URGENT */
	uint32_t lane_count;
	uint32_t max_batch_events, max_batch_bytes; /* before compression; a larger event goes alone */
	uint64_t resend_ns; /* without an acknowledgement */
	/* The budget: at most burst_bytes at once, rate_bytes each period_ns.  rate 0: none. */
	uint64_t rate_bytes, period_ns, burst_bytes;
	int gzip_level; /* 1 to 9; 0: do not compress.  What does not shrink is sent as it is */
	/*
	 * A loop that must not wait: ew_uplink_next() reads about so many records of the log, and compresses so many
	 * bytes, then says EMPTY, and ew_uplink_deadline() says at once.  0: all there is.  With step_bytes zlib's memory is
	 * kept until the uplink is closed.
	 */
	uint32_t step_records, step_bytes;
	uint64_t origin; /* of ids of events that have none: a number of this machine */
};

struct ew_uplink_batch {
	const uint8_t *bytes; /* borrowed until it is acknowledged, or the uplink closed */
	size_t size;
	uint64_t token;
	uint32_t lane, events;
	uint64_t first_seq, last_seq; /* of the log */
	bool gzip;	   /* bytes are one gzip member */
	uint32_t attempts; /* 1: for the first time */
};

/* Errors: INVAL (names, lanes, a level, a budget that struct ew_bucket refuses), UNSUPPORTED (gzip without zlib), NOMEM, LIMIT (cursors). */
EW_API enum ew_status ew_uplink_open(struct ew_uplink **out, const struct ew_uplink_config *config,
				     const struct ew_alloc *alloc, struct ew_error *err);
/* Writes down what was passed over.  NULL is allowed. */
EW_API void ew_uplink_close(struct ew_uplink *u);

/*
 * What is to be sent now.  EMPTY: nothing, see ew_uplink_deadline(); QUOTA: the budget is used up until then.  Others are
 * those of reading the log, NOMEM.
 */
EW_API enum ew_status ew_uplink_next(struct ew_uplink *u, uint64_t now_ns, struct ew_uplink_batch *out);
/*
 * The peer has taken the batch over, for good.  NOENT: no such batch is on its way (any longer).  Errors of
 * ew_log_cursor_ack(): it is not sent again while this uplink is open, and the next acknowledgement covers it.
 */
EW_API enum ew_status ew_uplink_ack(struct ew_uplink *u, uint64_t token);
/* It did not arrive: send it again from at_ns on.  NOENT. */
EW_API enum ew_status ew_uplink_nack(struct ew_uplink *u, uint64_t token, uint64_t at_ns);
/*
 * When ew_uplink_next(), which has said EMPTY or QUOTA, should be called next, if the log gets nothing more and no
 * acknowledgement comes; UINT64_MAX: then it need not.
 */
EW_API uint64_t ew_uplink_deadline(const struct ew_uplink *u);

struct ew_uplink_stats {
	uint64_t batches, resends;	/* sent; of these not for the first time */
	uint64_t events, acked_events;	/* sent for the first time; acknowledged */
	uint64_t raw_bytes, sent_bytes; /* before and after compression, resends among them */
	uint64_t missing;    /* events that could not be read: damaged, or erased before they were sent */
	uint64_t waiting;    /* records of the log behind the cursor, of whatever kind */
};
/* EW_ERR_INVAL: there is no such lane. */
EW_API enum ew_status ew_uplink_stats(const struct ew_uplink *u, uint32_t lane, struct ew_uplink_stats *out);

/*
 * ---- The peer's side ----
 *
 * A batch, after expansion, is events one behind the other, numbers little-endian: id (16 bytes), trace id (16), number in
 * the log (8), time (8), length of data (4), low half of flags (2), content type (2), length of topic (2), high half (2; only
 * EW_EVENT_CONTEXT of it, then data ends in a trace context, trace.h); topic; data.
 */
#define EW_UPLINK_HEAD_BYTES 60u

struct ew_uplink_item {
	const uint8_t *id; /* EW_UPLINK_ID_BYTES */
	struct ew_event event;
	const char *topic;
	const uint8_t *data;
};
/* The event at *at, which moves behind it.  EMPTY: the end; MALFORMED. */
EW_API enum ew_status ew_uplink_item_get(const void *bytes, size_t size, size_t *at, struct ew_uplink_item *out);

#ifdef __cplusplus
}
#endif
#endif
