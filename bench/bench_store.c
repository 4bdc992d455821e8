/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_store.c - 256-byte events into the durable log, beside bare writes of the same payload and, where their
 * libraries are installed, SQLite and LMDB; reading them back; opening a long log; wear of NOR flash.
 * Every event is read back and compared before anything is timed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "cpu_text.h"
#include "edgewasm/store.h"
#include "harness.h"
#include "peers.h"
#include "store/segment.h"

#define DATA 256u
#define BATCH 64u
#define COMMIT_MAX 1000u
#define SEGMENTS 8u
#define SEGMENT_BYTES (8u << 20)
#define LONG_SEGMENTS 1280u /* of SEGMENT_BYTES: 10 GiB */

static const char usage[] = "  --dir DIR      folder for files (TMPDIR, or /tmp); the disk that is measured\n";

struct event {
	struct ew_event e;
	uint8_t data[DATA];
};

struct rig {
	struct ew_alloc alloc;
	struct ew_storage st;
	struct ew_log *log;
	struct ew_log_reader *reader;
	char dir[400];
	uint32_t commit; /* events in one append, or one transaction */
	struct event *events;
	const struct ew_event *list[COMMIT_MAX];
	uint8_t *bytes; /* the same payload, for the others */
	int raw;
	uint32_t raw_at, raw_file;
};

static uint8_t byte_of(uint64_t seq, uint32_t i)
{
	return (uint8_t)(seq * 167 + i * 31 + (seq >> 8));
}

/* ---- files ---- */

static void raw_path(const struct rig *r, uint32_t n, char path[420])
{
	snprintf(path, 420, "%s/raw-%u", r->dir, (unsigned)n);
}

static bool open_log(struct rig *r, const struct ew_log_config *cfg)
{
	struct ew_storage_config files = {.struct_bytes = sizeof(files), .block_bytes = SEGMENT_BYTES,
					  .block_count = SEGMENTS};

	return ew_storage_files_open(r->dir, &files, &r->alloc, &r->st, NULL) == EW_OK &&
	       ew_log_open(&r->st, cfg, &r->alloc, &r->log, NULL) == EW_OK &&
	       ew_log_reader_create(r->log, &r->reader) == EW_OK;
}

static bool rig_init(struct rig *r, const char *dir)
{
	memset(r, 0, sizeof(*r));
	r->raw = -1;
	r->alloc = ew_alloc_libc();
	snprintf(r->dir, sizeof(r->dir), "%s/ew-bench-XXXXXX", dir);
	r->events = calloc(COMMIT_MAX, sizeof(r->events[0]));
	r->bytes = calloc(COMMIT_MAX, DATA);
	if (!mkdtemp(r->dir) || !r->events || !r->bytes)
		return false;
	for (uint32_t k = 0; k < COMMIT_MAX; k++) {
		r->events[k].e = (struct ew_event){.data_bytes = DATA};
		r->list[k] = &r->events[k].e;
	}
	return true;
}

static void close_log(struct rig *r)
{
	char path[420];

	ew_log_reader_destroy(r->reader);
	ew_log_close(r->log);
	for (uint32_t i = 0; r->st.ctx && i < r->st.block_count; i++)
		(void)r->st.erase(r->st.ctx, i);
	ew_storage_files_close(&r->st);
	snprintf(path, sizeof(path), "%s/geometry", r->dir);
	unlink(path);
	r->log = NULL;
	r->reader = NULL;
}

static void rig_deinit(struct rig *r)
{
	char path[420];

	close_log(r);
	if (r->raw >= 0)
		close(r->raw);
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		raw_path(r, i, path);
		unlink(path);
	}
	rmdir(r->dir);
	free(r->events);
	free(r->bytes);
}

/* ---- what is timed ---- */

static bool append_events(void *ctx, uint64_t iters)
{
	struct rig *r = ctx;

	for (uint64_t i = 0; i < iters; i++) {
		for (uint32_t k = 0; k < r->commit; k++)
			r->events[k].e.time_ns += r->commit * 1000000ull; /* time goes on */
		if (ew_log_append_batch(r->log, r->list, r->commit, NULL) != EW_OK)
			return false;
	}
	return true;
}

/* The payload alone, so many events in one write, into files that live as the log's do. */
static bool write_raw(struct rig *r, uint32_t events)
{
	uint32_t bytes = events * DATA;

	if (r->raw < 0 || r->raw_at > SEGMENT_BYTES - bytes) {
		char path[420];

		if (r->raw >= 0)
			close(r->raw);
		raw_path(r, r->raw_file++ % SEGMENTS, path);
		unlink(path);
		r->raw = open(path, O_RDWR | O_CREAT, 0600);
		r->raw_at = 0;
		if (r->raw < 0 || posix_fallocate(r->raw, 0, SEGMENT_BYTES) != 0)
			return false;
	}
	if (pwrite(r->raw, r->bytes, bytes, (off_t)r->raw_at) != (ssize_t)bytes)
		return false;
	r->raw_at += bytes;
	return true;
}

static bool write_all(void *ctx, uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++)
		if (!write_raw(ctx, ((struct rig *)ctx)->commit))
			return false;
	return true;
}

/* One write for all events of a commit: what no log can beat that is as small. */
static bool write_once_and_sync(void *ctx, uint64_t iters)
{
	struct rig *r = ctx;

	for (uint64_t i = 0; i < iters; i++)
		if (!write_raw(r, r->commit) || fdatasync(r->raw) != 0)
			return false;
	return true;
}

/* A write for each event: what a program does that has no log. */
static bool write_each_and_sync(void *ctx, uint64_t iters)
{
	struct rig *r = ctx;

	for (uint64_t i = 0; i < iters; i++) {
		for (uint32_t k = 0; k < r->commit; k++)
			if (!write_raw(r, 1))
				return false;
		if (fdatasync(r->raw) != 0)
			return false;
	}
	return true;
}

/* Reads as many events as asked for, from the oldest again when it comes to the end. */
static bool scan_events(void *ctx, uint64_t iters)
{
	struct rig *r = ctx;

	for (uint64_t left = iters; left > 0;) {
		const struct ew_event *e;
		enum ew_status st = ew_log_read(r->reader, &e);

		if (st == EW_OK)
			left--;
		else if (st != EW_ERR_EMPTY || ew_log_seek_seq(r->reader, 1) != EW_OK)
			return false;
	}
	return true;
}

struct peer_rig {
	struct rig *rig;
	const struct peer_ops *ops;
	struct peer *peer;
};

static bool commit_to_peer(void *ctx, uint64_t iters)
{
	struct peer_rig *p = ctx;

	for (uint64_t i = 0; i < iters; i++)
		if (!p->ops->commit(p->peer, p->rig->bytes, DATA, p->rig->commit))
			return false;
	return true;
}

/* ---- rows ---- */

static bool log_is_right(struct rig *r)
{
	const struct ew_event *e;
	uint64_t seq = 1;

	for (uint32_t i = 0; i < 200; i++) {
		for (uint32_t k = 0; k < r->commit; k++) {
			uint64_t n = 1 + (uint64_t)i * r->commit + k;

			r->events[k].e.time_ns = 1700000000000000000u + (n - r->commit) * 1000000;
			for (uint32_t j = 0; j < DATA; j++)
				r->events[k].data[j] = byte_of(n, j);
		}
		if (!append_events(r, 1))
			return false;
	}
	for (; ew_log_read(r->reader, &e) == EW_OK; seq++) {
		if (e->seq != seq || e->time_ns != 1700000000000000000u + seq * 1000000 || e->data_bytes != DATA)
			return false;
		for (uint32_t j = 0; j < DATA; j++)
			if (ew_event_data(e)[j] != byte_of(seq, j))
				return false;
	}
	return seq == 1 + 200ull * r->commit;
}

static void put_rate(struct bench *b, const char *key, double ns, uint32_t events)
{
	bench_num(b, key, ns > 0 ? 1e6 * events / ns : 0, 1);
}

/* Without sync: nothing but encoding, sums, copies and the page cache. */
static void append_row(struct bench *b, const char *dir, const char *name, bool write_behind)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .when_full = EW_LOG_DROP_OLDEST,
				    .write_behind = write_behind, .buffer_bytes = write_behind ? 256u << 10 : 0};
	struct rig r;
	struct bench_subject subjects[2] = {{.work = append_events, .ctx = &r}, {.work = write_all, .ctx = &r}};

	if (!bench_wanted(b, name))
		return;
	if (bench_check(b, rig_init(&r, dir), "cannot make a folder in %s", dir)) {
		r.commit = BATCH;
		if (bench_check(b, open_log(&r, &cfg) && log_is_right(&r), "%s: an event is wrong", name) &&
		    bench_time_all(b, subjects, 2)) {
			double ns = subjects[0].stat.median;

			bench_row(b, name);
			put_rate(b, "k/s", ns, BATCH);
			bench_num(b, "ns", ns / BATCH, 1);
			bench_pct(b, "spread", subjects[0].stat.spread);
			put_rate(b, "raw k/s", subjects[1].stat.median, BATCH);
			bench_num(b, "of raw", bench_ratio(b, &subjects[1], &subjects[0]), 2);
			bench_end(b);
		}
	}
	rig_deinit(&r);
}

static void scan_row(struct bench *b, const char *dir)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg)};
	struct bench_stat s;
	struct rig r;

	if (!bench_wanted(b, "log_scan"))
		return;
	if (bench_check(b, rig_init(&r, dir), "cannot make a folder in %s", dir)) {
		r.commit = BATCH;
		if (bench_check(b, open_log(&r, &cfg) && log_is_right(&r) && append_events(&r, 500), "log_scan") &&
		    bench_time(b, scan_events, &r, &s)) {
			bench_row(b, "log_scan");
			put_rate(b, "k/s", s.median, 1);
			bench_num(b, "ns", s.median, 1);
			bench_pct(b, "spread", s.spread);
			bench_end(b);
		}
	}
	rig_deinit(&r);
}

/* A disk stalls now and then: many short rounds, of which a stall spoils one, in the time of a few long ones. */
static bool time_in_short_rounds(struct bench *b, struct bench_subject *subjects, unsigned count)
{
	unsigned runs = b->runs, min_ms = b->min_ms;
	bool ok;

	b->runs = runs < BENCH_RUNS_MAX / 5 ? runs * 5 : BENCH_RUNS_MAX;
	b->min_ms = min_ms < 10 ? min_ms : 10;
	ok = bench_time_all(b, subjects, count);
	b->runs = runs;
	b->min_ms = min_ms;
	return ok;
}

/* A sync for every `commit` events; all contenders in turn, on the same disk. */
static void sync_row(struct bench *b, const char *dir, uint32_t commit)
{
	static const struct peer_ops *const ops[] = {&peer_sqlite, &peer_lmdb};
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .when_full = EW_LOG_DROP_OLDEST, .sync_every = commit,
				    .buffer_bytes = 128u << 10};
	struct peer_rig peers[2];
	struct rig r;
	struct bench_subject subjects[5] = {{.work = append_events, .ctx = &r},
					    {.work = write_each_and_sync, .ctx = &r},
					    {.work = write_once_and_sync, .ctx = &r}};
	unsigned count = 3;
	char name[32];

	snprintf(name, sizeof(name), "log_sync_%u", (unsigned)commit);
	if (!bench_wanted(b, name))
		return;
	if (!bench_check(b, rig_init(&r, dir), "cannot make a folder in %s", dir)) {
		rig_deinit(&r);
		return;
	}
	r.commit = commit;
	for (unsigned i = 0; i < 2; i++) {
		peers[i] = (struct peer_rig){.rig = &r, .ops = ops[i], .peer = ops[i]->open(r.dir)};
		if (peers[i].peer && bench_check(b, commit_to_peer(&peers[i], 3) &&
							    ops[i]->count(peers[i].peer) == 3 * commit,
						 "%s: %s has not taken what it was given", name, ops[i]->name))
			subjects[count++] = (struct bench_subject){.work = commit_to_peer, .ctx = &peers[i]};
	}
	if (bench_check(b, open_log(&r, &cfg) && log_is_right(&r), "%s: an event is wrong", name) &&
	    time_in_short_rounds(b, subjects, count)) {
		double ns = subjects[0].stat.median;

		/* ratios are those of the rounds: what the columns beside them say may be a few per cent off */
		bench_row(b, name);
		put_rate(b, "k/s", ns, commit);
		bench_pct(b, "spread", subjects[0].stat.spread);
		put_rate(b, "raw k/s", subjects[1].stat.median, commit);
		bench_num(b, "of raw", bench_ratio(b, &subjects[1], &subjects[0]), 2);
		put_rate(b, "1 write k/s", subjects[2].stat.median, commit);
		bench_num(b, "of 1 write", bench_ratio(b, &subjects[2], &subjects[0]), 2);
		for (unsigned i = 0, at = 3; i < 2; i++) {
			const struct bench_subject *other = peers[i].peer ? &subjects[at++] : NULL;

			put_rate(b, i ? "lmdb k/s" : "sqlite k/s", other ? other->stat.median : 0, commit);
			bench_num(b, i ? "x lmdb" : "x sqlite", other ? bench_ratio(b, other, &subjects[0]) : 0, 2);
		}
		bench_end(b);
	}
	for (unsigned i = 0; i < 2; i++)
		if (peers[i].peer)
			ops[i]->close(peers[i].peer, r.dir);
	rig_deinit(&r);
}

/* ---- opening ---- */

static bool open_and_close(void *ctx, uint64_t iters)
{
	struct rig *r = ctx;
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg)};

	for (uint64_t i = 0; i < iters; i++) {
		struct ew_log *log;

		if (ew_log_open(&r->st, &cfg, &r->alloc, &log, NULL) != EW_OK || ew_log_close(log) != EW_OK)
			return false;
	}
	return true;
}

/* The heads of all segments but the last, as a log of that length has them; their records are holes. */
static bool write_heads(struct rig *r, uint32_t segments)
{
	struct ewi_segments s = {.st = r->st};
	uint8_t bytes[EWI_SEGMENT_HEAD];

	if (ewi_crc32c_init(&s.crc, ewi_cpu_features(), &r->alloc) != EW_OK)
		return false;
	ewi_segments_init(&s);
	for (uint32_t i = 1; i < segments; i++) {
		struct ewi_segment_head head = {.segment = i, .max_record = 64u << 10, .base = {i * 30000u, i, 0},
						.max_time_before = i};

		ewi_segment_encode(&s, &head, bytes);
		if (r->st.write(r->st.ctx, i - 1, 0, bytes, sizeof(bytes)) != EW_OK)
			return false;
	}
	ewi_crc32c_deinit(&s.crc, &r->alloc);
	return true;
}

/* What opening takes for each event of the last segment, which it reads: recovery. */
static void recover_row(struct bench *b, const char *dir)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg)};
	struct ew_log_stat stat = {0};
	uint64_t before = 0;
	struct bench_stat s;
	struct rig r;

	if (!bench_wanted(b, "log_recover"))
		return;
	if (bench_check(b, rig_init(&r, dir), "cannot make a folder in %s", dir)) {
		bool ok;

		r.commit = BATCH;
		ok = open_log(&r, &cfg) && log_is_right(&r);
		/* The second one, as the first has no pace yet. */
		while (ok && (ew_log_stat(r.log, &stat), stat.bytes < 2 * SEGMENT_BYTES - BATCH * 2 * DATA)) {
			if (stat.segments == 1)
				before = stat.next_seq;
			ok = append_events(&r, 1);
		}
		ew_log_reader_destroy(r.reader);
		ok = ew_log_close(r.log) == EW_OK && ok && stat.segments == 2;
		r.reader = NULL;
		r.log = NULL;
		if (bench_check(b, ok, "log_recover: cannot make the log") && bench_time(b, open_and_close, &r, &s)) {
			bench_row(b, "log_recover");
			bench_num(b, "ns", s.median / (double)(stat.next_seq - before), 1);
			bench_pct(b, "spread", s.spread);
			bench_uint(b, "events", stat.next_seq - before);
			bench_end(b);
		}
	}
	rig_deinit(&r);
}

static void open_row(struct bench *b, const char *dir, const char *name, uint32_t segments)
{
	struct ew_storage_config files = {.struct_bytes = sizeof(files), .block_bytes = SEGMENT_BYTES,
					  .block_count = segments + 1, .no_preallocate = true};
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg)};
	struct ew_log_stat stat = {0};
	struct bench_stat s;
	struct rig r;
	bool ok;

	if (!bench_wanted(b, name))
		return;
	ok = rig_init(&r, dir);
	r.commit = BATCH;
	ok = ok && ew_storage_files_open(r.dir, &files, &r.alloc, &r.st, NULL) == EW_OK && write_heads(&r, segments) &&
	     ew_log_open(&r.st, &cfg, &r.alloc, &r.log, NULL) == EW_OK;
	while (ok && (ew_log_stat(r.log, &stat), stat.segments != segments || stat.bytes % SEGMENT_BYTES < SEGMENT_BYTES / 2))
		ok = append_events(&r, 1);
	if (bench_check(b, ok && ew_log_close(r.log) == EW_OK, "%s: cannot make the log", name)) {
		r.log = NULL;
		if (bench_time(b, open_and_close, &r, &s)) {
			bench_row(b, name);
			bench_num(b, "ms", s.median / 1e6, 2);
			bench_uint(b, "segments", segments);
			bench_uint(b, "MiB", stat.bytes >> 20);
			bench_end(b);
		}
	}
	rig_deinit(&r);
}

/* ---- wear ---- */

struct meter {
	struct ew_storage inner;
	uint64_t programmed;
};

static enum ew_status meter_write(void *ctx, uint32_t block, uint32_t at, const void *in, uint32_t bytes)
{
	struct meter *m = ctx;

	m->programmed += bytes;
	return m->inner.write(m->inner.ctx, block, at, in, bytes);
}

static enum ew_status meter_read(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes)
{
	struct meter *m = ctx;

	return m->inner.read(m->inner.ctx, block, at, out, bytes);
}

static enum ew_status meter_erase(void *ctx, uint32_t block)
{
	struct meter *m = ctx;

	return m->inner.erase(m->inner.ctx, block);
}

static enum ew_status meter_sync(void *ctx)
{
	(void)ctx;
	return EW_OK;
}

/* Each event synced, an event each millisecond, until every block has been erased many times. */
static void wear_row(struct bench *b, const char *name, uint32_t block_bytes, uint32_t write_bytes)
{
	struct ew_storage_config flash = {.struct_bytes = sizeof(flash), .block_bytes = block_bytes, .block_count = 16,
					  .write_bytes = write_bytes};
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .sync_every = 1, .buffer_bytes = 512,
				    .when_full = EW_LOG_DROP_OLDEST};
	uint64_t events = 40ull * 16 * block_bytes / DATA;
	struct ew_alloc alloc = ew_alloc_libc();
	uint32_t least = UINT32_MAX, most = 0;
	struct event e = {.e = {.data_bytes = DATA, .time_ns = 1700000000000000000u}};
	struct ew_storage st;
	struct ew_log *log;
	struct meter m = {0};
	bool ok;

	if (!bench_wanted(b, name))
		return;
	ok = ew_storage_flash_create(&flash, &alloc, &m.inner) == EW_OK;
	st = m.inner;
	st.ctx = &m;
	st.read = meter_read;
	st.write = meter_write;
	st.erase = meter_erase;
	st.sync = meter_sync;
	ok = ok && ew_log_open(&st, &cfg, &alloc, &log, NULL) == EW_OK;
	for (uint64_t i = 0; ok && i < events; i++, e.e.time_ns += 1000000)
		ok = ew_log_append(log, &e.e, NULL, e.data, NULL) == EW_OK;
	if (bench_check(b, ok, "%s: the log does not take its events", name)) {
		ew_log_close(log);
		for (uint32_t i = 0; i < 16; i++) {
			uint32_t n = ew_storage_ram_erases(&m.inner, i);

			least = n < least ? n : least;
			most = n > most ? n : most;
		}
		bench_row(b, name);
		bench_uint(b, "events", events);
		bench_num(b, "amplification", (double)m.programmed / ((double)events * DATA), 4);
		bench_uint(b, "erases", most);
		bench_pct(b, "erase spread", (double)(most - least) / most);
		bench_end(b);
	}
	ew_storage_ram_destroy(&m.inner);
}

int main(int argc, char **argv)
{
	static const uint32_t commits[] = {1, 10, 100, 1000};
	const char *dir = getenv("TMPDIR"), *option;
	char text[CPU_TEXT_BYTES];
	struct bench b;
	int rc = bench_init(&b, "bench-store", cpu_text(ewi_cpu_features(), text), usage, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	option = bench_option("--dir", &argc, argv);
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	dir = option ? option : dir && *dir ? dir : "/tmp";
	append_row(&b, dir, "log_append", false);
	append_row(&b, dir, "log_append_behind", true);
	scan_row(&b, dir);
	recover_row(&b, dir);
	for (size_t i = 0; i < sizeof(commits) / sizeof(commits[0]); i++)
		sync_row(&b, dir, commits[i]);
	open_row(&b, dir, "log_open_1_segment", 1);
	open_row(&b, dir, "log_open_10_GiB", LONG_SEGMENTS);
	wear_row(&b, "nor_64k_byte", 64u << 10, 1);
	wear_row(&b, "nor_4k_byte", 4096, 1);
	wear_row(&b, "nor_4k_unit8", 4096, 8);
	return bench_finish(&b);
}
