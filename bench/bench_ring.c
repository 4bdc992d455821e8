/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_ring.c - events through rings, on one core and between two (lanes.c), and events into the durable log, beside
 * bare writes.  Every record's number and bytes are checked before anything is timed, and numbers while it is.
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
#include "edgewasm/event.h"
#include "edgewasm/store.h"
#include "harness.h"
#include "lanes.h"
#include "store/crc32c.h"

static const char usage[] = "  --dir DIR      folder for the log's files (TMPDIR, or /tmp)\n" LANES_USAGE;

static uint8_t byte_of(uint64_t seq, uint32_t i)
{
	return (uint8_t)(seq * 167 + i * 31 + (seq >> 8));
}

/* ---- the log ---- */

#define LOG_EVENTS 64u /* in a batch */
#define LOG_DATA 256u
#define LOG_SEGMENTS 8u
#define SEGMENT_BYTES (8u << 20)

struct log_bench {
	struct ew_alloc alloc;
	struct ew_storage st;
	struct ew_log *log;
	struct ew_log_reader *reader;
	char dir[400];
	struct {
		struct ew_event e;
		uint8_t data[LOG_DATA];
	} events[LOG_EVENTS];
	const struct ew_event *list[LOG_EVENTS];
	int raw; /* the file being written without a log */
	uint32_t raw_at, raw_file;
	uint8_t *raw_bytes;
};

static void raw_path(const struct log_bench *l, uint32_t n, char path[420])
{
	snprintf(path, 420, "%s/raw-%u", l->dir, (unsigned)n);
}

static void stamp(struct log_bench *l, uint64_t seq)
{
	for (uint32_t k = 0; k < LOG_EVENTS; k++) {
		l->events[k].e.time_ns = seq + k;
		for (uint32_t i = 0; i < LOG_DATA; i++)
			l->events[k].data[i] = byte_of(seq + k, i);
	}
}

static bool append_events(void *ctx, uint64_t iters)
{
	struct log_bench *l = ctx;

	for (uint64_t i = 0; i < iters; i++)
		if (ew_log_append_batch(l->log, l->list, LOG_EVENTS, NULL) != EW_OK)
			return false;
	return true;
}

/* The same bytes as one batch in the log takes, into files that live as the log's do. */
#define RAW_BYTES (LOG_EVENTS * (sizeof(struct ew_event) + LOG_DATA))
static bool write_raw(void *ctx, uint64_t iters)
{
	struct log_bench *l = ctx;

	for (uint64_t i = 0; i < iters; i++) {
		if (l->raw < 0 || l->raw_at > SEGMENT_BYTES - RAW_BYTES) {
			char path[420];

			if (l->raw >= 0)
				close(l->raw);
			raw_path(l, l->raw_file++ % LOG_SEGMENTS, path);
			unlink(path);
			l->raw = open(path, O_RDWR | O_CREAT, 0600);
			l->raw_at = 0;
			if (l->raw < 0 || posix_fallocate(l->raw, 0, SEGMENT_BYTES) != 0)
				return false;
		}
		if (pwrite(l->raw, l->raw_bytes, RAW_BYTES, (off_t)l->raw_at) != (ssize_t)RAW_BYTES)
			return false;
		l->raw_at += (uint32_t)RAW_BYTES;
	}
	return true;
}

/* Reads as many events as asked for, from the start again when it comes to the end. */
static bool scan_events(void *ctx, uint64_t iters)
{
	struct log_bench *l = ctx;

	for (uint64_t left = iters * LOG_EVENTS; left > 0;) {
		const struct ew_event *e;
		enum ew_status st = ew_log_read(l->reader, &e);

		if (st == EW_OK)
			left--;
		else if (st == EW_ERR_EMPTY ? ew_log_seek_seq(l->reader, 1) != EW_OK
			 /* appending is timed in turn with this, and drops what was about to be read */
					    : ew_log_reader_damage(l->reader)->kind != EW_LOG_DROPPED)
			return false;
	}
	return true;
}

static bool log_is_right(struct log_bench *l)
{
	const struct ew_event *e;
	uint64_t seq = 1;

	for (int i = 0; i < 200; i++) {
		stamp(l, 1 + (uint64_t)i * LOG_EVENTS);
		if (!append_events(l, 1))
			return false;
	}
	if (ew_log_seek_seq(l->reader, 1) != EW_OK)
		return false;
	for (; ew_log_read(l->reader, &e) == EW_OK; seq++) {
		const uint8_t *data = ew_event_data(e);

		if (e->seq != seq || e->time_ns != seq || e->data_bytes != LOG_DATA)
			return false;
		for (uint32_t i = 0; i < LOG_DATA; i++)
			if (data[i] != byte_of(seq, i))
				return false;
	}
	return seq == 1 + 200 * LOG_EVENTS;
}

static bool log_open(struct log_bench *l, const char *dir)
{
	struct ew_storage_config files = {.struct_bytes = sizeof(files), .block_bytes = SEGMENT_BYTES,
					  .block_count = LOG_SEGMENTS};
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .when_full = EW_LOG_DROP_OLDEST};

	memset(l, 0, sizeof(*l));
	l->raw = -1;
	snprintf(l->dir, sizeof(l->dir), "%s/ew-bench-XXXXXX", dir);
	if (!mkdtemp(l->dir))
		return false;
	l->raw_bytes = calloc(1, RAW_BYTES);
	l->alloc = ew_alloc_libc();
	for (uint32_t k = 0; k < LOG_EVENTS; k++) {
		l->events[k].e = (struct ew_event){.data_bytes = LOG_DATA};
		l->list[k] = &l->events[k].e;
	}
	return l->raw_bytes && ew_storage_files_open(l->dir, &files, &l->alloc, &l->st, NULL) == EW_OK &&
	       ew_log_open(&l->st, &cfg, &l->alloc, &l->log, NULL) == EW_OK &&
	       ew_log_reader_create(l->log, &l->reader) == EW_OK;
}

static void log_close(struct log_bench *l)
{
	char path[420];

	ew_log_reader_destroy(l->reader);
	ew_log_close(l->log);
	for (uint32_t i = 0; l->st.ctx && i < LOG_SEGMENTS; i++)
		(void)l->st.erase(l->st.ctx, i);
	ew_storage_files_close(&l->st);
	if (l->raw >= 0)
		close(l->raw);
	free(l->raw_bytes);
	for (uint32_t i = 0; i < LOG_SEGMENTS; i++) {
		raw_path(l, i, path);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/geometry", l->dir);
	unlink(path);
	rmdir(l->dir);
}

static void log_row(struct bench *b, const char *name, struct bench_stat *s, double bare)
{
	double ns = s->median / LOG_EVENTS;

	bench_row(b, name);
	bench_num(b, "M/s", 1000 / ns, 2);
	bench_num(b, "best M/s", 1000 * LOG_EVENTS / s->min, 2);
	bench_num(b, "ns", ns, 1);
	bench_num(b, "GB/s", LOG_DATA / ns, 2);
	bench_pct(b, "spread", s->spread);
	bench_num(b, "raw M/s", bare > 0 ? 1000 * LOG_EVENTS / bare : 0, 2);
	bench_num(b, "of raw", bare / s->median, 2);
	bench_end(b);
}

static void log_rows(struct bench *b, const char *dir)
{
	static struct log_bench l;
	struct bench_subject subjects[3] = {{.work = append_events, .ctx = &l},
					    {.work = write_raw, .ctx = &l},
					    {.work = scan_events, .ctx = &l}};
	bool ok;

	if (!bench_wanted(b, "log_append_256") && !bench_wanted(b, "log_scan_256"))
		return;
	ok = log_open(&l, dir);
	if (bench_check(b, ok, "cannot make a log in %s", dir) &&
	    bench_check(b, log_is_right(&l), "log: an event is wrong") && bench_time_all(b, subjects, 3)) {
		double bare = subjects[1].stat.median;

		log_row(b, "log_append_256", &subjects[0].stat, bare);
		log_row(b, "log_scan_256", &subjects[2].stat, bare);
	}
	log_close(&l);
}

/* ---- CRC-32C ---- */

struct crc_bench {
	ewi_crc32c_update *update;
	struct ewi_crc32c_tables tables;
	uint8_t bytes[256];
	uint32_t sum;
};

static bool crc_256(void *ctx, uint64_t iters)
{
	struct crc_bench *c = ctx;

	for (uint64_t i = 0; i < iters; i++)
		c->sum ^= c->update(&c->tables, c->sum, c->bytes, sizeof(c->bytes));
	return true;
}

static void crc_row(struct bench *b, const char *name, ewi_crc32c_update *update)
{
	static struct crc_bench c;
	struct bench_stat s;
	uint32_t want;

	if (!bench_wanted(b, name))
		return;
	c.update = update;
	ewi_crc32c_fill(&c.tables);
	for (uint32_t i = 0; i < sizeof(c.bytes); i++)
		c.bytes[i] = byte_of(1, i);
	want = ewi_crc32c_ref(NULL, 0, c.bytes, sizeof(c.bytes));
	if (!bench_check(b, update(&c.tables, 0, c.bytes, sizeof(c.bytes)) == want, "%s", name) ||
	    !bench_time(b, crc_256, &c, &s))
		return;
	bench_row(b, name);
	bench_num(b, "ns", s.median, 1);
	bench_num(b, "GB/s", 256 / s.median, 2);
	bench_pct(b, "spread", s.spread);
	bench_end(b);
}

static void crc_rows(struct bench *b, uint32_t cpu)
{
	crc_row(b, "crc32c_ref", ewi_crc32c_ref);
	crc_row(b, "crc32c_slice8", ewi_crc32c_slice8);
#ifdef EWI_CRC32C_SSE42
	if (cpu & EW_CPU_SSE42)
		crc_row(b, "crc32c_sse42", ewi_crc32c_sse42);
#endif
#ifdef EWI_CRC32C_ARM
	if (cpu & EW_CPU_CRC32)
		crc_row(b, "crc32c_arm", ewi_crc32c_arm);
#endif
	(void)cpu;
}

int main(int argc, char **argv)
{
	uint32_t cpu = ewi_cpu_features();
	char text[CPU_TEXT_BYTES];
	const char *dir = getenv("TMPDIR"), *option;
	struct bench b;
	int rc = bench_init(&b, "bench-ring", cpu_text(cpu, text), usage, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	option = bench_option("--dir", &argc, argv);
	if (!lanes_options(&argc, argv))
		return 2;
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	lanes_rows(&b);
	log_rows(&b, option ? option : dir && *dir ? dir : "/tmp");
	crc_rows(&b, cpu);
	return bench_finish(&b);
}
