/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * keep.c - see keep.h.
 */
#include "keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgewasm/queue.h"
#include "edgewasm/uplink.h"

#define BUFFER_BYTES (1u << 18)
#define HOUR_NS 3600000000000u
#define BUDGET_BYTES 1000000u	/* an hour: what a satellite link gives */
#define BATCH_MAX_BYTES (1u << 20)
#define IDS 65536u
#define STEP_RECORDS 64u	/* of one keep_pump: 30 microseconds */
#define STEP_BYTES 2048u

struct keep {
	struct ew_alloc alloc;
	struct ew_storage storage;
	struct ew_log *log;
	struct ew_uplink *uplink;
	uint64_t first_seq;	/* of this run */
	/* headquarters */
	struct ew_uplink_batch batch;	/* that has come, and nobody has looked at */
	bool has_batch;
	void *ids;
	struct ew_dedup *seen;
	uint64_t last_seq;
	uint8_t *expanded;
	struct keep_figures f;
};

static bool open_uplink(struct keep *k, struct ew_error *err)
{
	const struct ew_uplink_config config = {
		.struct_bytes = sizeof(config),
		.log = k->log,
		.rate_bytes = BUDGET_BYTES,
		.period_ns = HOUR_NS,
		.burst_bytes = BUDGET_BYTES / 4,
		.gzip_level = EW_CONFIG_ZLIB ? 6 : 0,
		.step_records = STEP_RECORDS,
		.step_bytes = STEP_BYTES,
	};

	return ew_uplink_open(&k->uplink, &config, &k->alloc, err) == EW_OK;
}

struct keep *keep_open(const char *dir)
{
	const struct ew_log_config log = { .struct_bytes = sizeof(log), .buffer_bytes = BUFFER_BYTES,
					   .write_behind = true };
	struct keep *k = calloc(1, sizeof(*k));
	/* reserving 8 MiB at once would be waited for by windows that have come */
	const struct ew_storage_config files = { .struct_bytes = sizeof(files), .no_preallocate = true };
	struct ew_error err = { EW_OK, 0, "out of memory" };
	struct ew_log_stat stat;

	if (!k)
		return NULL;
	k->alloc = ew_alloc_libc();
	k->ids = malloc(ew_dedup_size(IDS));
	k->expanded = malloc(BATCH_MAX_BYTES);
	if (!k->ids || !k->expanded ||
	    ew_dedup_init(k->ids, ew_dedup_size(IDS), IDS, 0, 1, &k->seen) != EW_OK ||
	    ew_storage_files_open(dir, &files, &k->alloc, &k->storage, &err) != EW_OK ||
	    ew_log_open(&k->storage, &log, &k->alloc, &k->log, &err) != EW_OK ||
	    !open_uplink(k, &err)) {
		fprintf(stderr, "fleet: %s: %s\n", dir, err.text);
		keep_close(k);
		return NULL;
	}
	ew_log_stat(k->log, &stat);
	k->first_seq = stat.next_seq;
	return k;
}

void keep_close(struct keep *k)
{
	if (!k)
		return;
	ew_uplink_close(k->uplink);
	if (k->log)
		ew_log_close(k->log);
	if (k->storage.ctx)
		ew_storage_files_close(&k->storage);
	free(k->ids);
	free(k->expanded);
	free(k);
}

bool keep_attach(struct keep *k, struct ew_node *node)
{
	const struct ew_journal_config config = { .struct_bytes = sizeof(config), .log = k->log };
	struct ew_error err = { 0 };

	if (ew_node_journal_open(node, &config, &err) == EW_OK)
		return true;
	fprintf(stderr, "fleet: journal: %s\n", err.text);
	return false;
}

/* ---- headquarters ---- */

static bool receive(struct keep *k, const struct ew_uplink_batch *batch)
{
	const uint8_t *bytes = batch->bytes;
	size_t size = batch->size, at = 0;
	struct ew_uplink_item item;

	if (batch->gzip) {
		if (ew_gzip_expand(&k->alloc, batch->bytes, batch->size, k->expanded,
				   BATCH_MAX_BYTES, &size) != EW_OK)
			return false;
		bytes = k->expanded;
	}
	while (ew_uplink_item_get(bytes, size, &at, &item) == EW_OK) {
		/* what an earlier run in this folder left comes first, and is not this one's to count */
		if (item.event.seq < k->first_seq || item.event.topic_bytes != 5 ||
		    memcmp(item.topic, "alert", 5) != 0)
			continue;
		k->f.out_of_order += item.event.seq <= k->last_seq;
		k->last_seq = item.event.seq;
		if (ew_dedup_add(k->seen, item.id, 0) == EW_OK)
			k->f.alerts++;
		else
			k->f.twice++;
	}
	return at == size;
}

bool keep_pump(struct keep *k, uint64_t now_ns, bool away, uint64_t alerts)
{
	if (alerts > k->f.alerts && alerts - k->f.alerts > k->f.most_waiting)
		k->f.most_waiting = alerts - k->f.alerts;
	if (away)
		return false;
	if (k->has_batch) {
		k->has_batch = false;
		if (receive(k, &k->batch))
			ew_uplink_ack(k->uplink, k->batch.token);
		else
			ew_uplink_nack(k->uplink, k->batch.token, now_ns);
		return true;
	}
	k->has_batch = ew_uplink_next(k->uplink, now_ns, &k->batch) == EW_OK;
	if (!k->has_batch)
		return ew_uplink_deadline(k->uplink) <= now_ns;
	k->f.batches++;
	k->f.sent_bytes += k->batch.size;
	return true;
}

/* ---- again ---- */

bool keep_replay(struct keep *k,
		 enum ew_status (*load)(void *user, const char *name, const char *version,
					const uint8_t sha256[EW_SHA256_BYTES], const void **bytes,
					size_t *size),
		 void *user, struct ew_replay_report *report)
{
	const struct ew_replay_config config = { .struct_bytes = sizeof(config), .log = k->log,
						 .from_seq = k->first_seq, .load = load,
						 .user = user };
	struct ew_error err = { 0 };

	memset(report, 0, sizeof(*report));
	if (ew_node_replay(&config, &k->alloc, report, &err) != EW_OK) {
		fprintf(stderr, "fleet: replay: %s\n", err.text);
		return false;
	}
	if (report->parted_seq)
		fprintf(stderr, "fleet: replay: %s\n", report->text);
	return report->parted_seq == 0;
}

void keep_figures(struct keep *k, struct keep_figures *out)
{
	struct ew_log_stat stat;

	ew_log_stat(k->log, &stat);
	k->f.records = stat.next_seq - k->first_seq;
	k->f.bytes = stat.bytes;
	*out = k->f;
}
