/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_fleet.c - the whole path: a window into the ring, the node, the guest, the model, a verdict.
 *
 * What runs is the demo's own gateway (build/fleet), as a process of its own on this program's core; this
 * program checks its verdicts first (every one of a small run against the native computation, then with
 * hostile functions among the good one, then with a hostile tenant) and reads the figures from its summary.
 *
 * Rows "idle_*" are the machine's own: the same arrivals at a loop that does nothing for 8 microseconds a window.
 * What is late there is late because of other programs, other virtual machines, interrupts.
 */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cpu.h"
#include "cpu_text.h"
#include "harness.h"
#include "process.h"

#define PATH_MAX_BYTES 1024
#define LIMIT_S 120
#define SIMD "--guest examples/fleet/vibration_simd.wasm --ahead "
#define TENANTS "--machines 10000 --seconds 2 --tenants 10 --rate "
#define IDLE_NS 8000u /* of each window */
#define IDLE_S 2u
#define SLEEP_NS 120000u /* as the gateway does */

struct place {
	char folder[PATH_MAX_BYTES]; /* where this program lies, and the others of the build */
	char model[PATH_MAX_BYTES];
};

/* ---- the gateway as a process ---- */

/* A number of the summary; *ok turns false when it is not there. */
static double figure(const char *output, const char *key, bool *ok)
{
	const char *at = strstr(output, "{\"summary\"");
	char want[64];

	snprintf(want, sizeof(want), "\"%s\":", key);
	at = at ? strstr(at, want) : NULL;
	if (!at) {
		*ok = false;
		return 0.0;
	}
	return strtod(at + strlen(want), NULL);
}

static bool gateway(struct bench *b, const struct place *p, const char *args,
		    struct process_result *out)
{
	char command[3 * PATH_MAX_BYTES];
	bool ok = true;

	snprintf(command, sizeof(command), "%s/fleet --model %s --quiet --json %s", p->folder,
		 p->model, args);
	if (!process_run(command, NULL, 0, LIMIT_S, out) || !out->finished)
		return bench_check(b, false, "%s: %s: %.300s", command, out->why, out->output);
	figure(out->output, "windows", &ok);
	return bench_check(b, ok, "%s: no summary in what it printed", command);
}

static bool find_model(struct bench *b, struct place *p)
{
	char command[3 * PATH_MAX_BYTES];
	struct process_result out;
	FILE *f;

	snprintf(p->model, sizeof(p->model), "%.900s/vibration.tflite", p->folder);
	f = fopen(p->model, "rb");
	if (f) {
		fclose(f);
		return true;
	}
	snprintf(p->model, sizeof(p->model), "%.900s/bench-fleet.tflite", p->folder);
	snprintf(command, sizeof(command), "%s/fleet-train --quiet -o %s", p->folder, p->model);
	return bench_check(b, process_run(command, NULL, 0, LIMIT_S, &out) && out.finished,
			   "%s: %s", command, out.why);
}

/* ---- right first ---- */

static bool verified(struct bench *b, const struct place *p, const char *args)
{
	struct process_result out;
	bool ok = true;

	if (!gateway(b, p, args, &out))
		return false;
	const double compared = figure(out.output, "compared", &ok);
	const double differ = figure(out.output, "differ", &ok);
	const double crossings = figure(out.output, "crossings", &ok);
	const double at_once = figure(out.output, "in_crossing_window", &ok);

	return bench_check(b, ok && compared >= 4000 && differ == 0,
			   "%s: %.0f of %.0f verdicts are not what native code computes", args,
			   differ, compared) &&
	       bench_check(b, crossings > 0 && at_once == crossings,
			   "%s: %.0f of %.0f faults alerted in the window that crosses the threshold",
			   args, at_once, crossings);
}

/* ---- then fast ---- */

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The run whose `key` is the median of all. */
static bool median_run(struct bench *b, const struct place *p, const char *args, const char *key,
		       struct process_result *out)
{
	struct process_result *runs = calloc(b->runs, sizeof(*runs));
	double sorted[BENCH_RUNS_MAX];
	bool ok = runs != NULL;

	for (unsigned i = 0; ok && i < b->runs; i++) {
		ok = gateway(b, p, args, &runs[i]);
		sorted[i] = ok ? figure(runs[i].output, key, &ok) : 0.0;
	}
	if (ok) {
		qsort(sorted, b->runs, sizeof(*sorted), by_size);
		for (unsigned i = 0; i < b->runs; i++)
			if (figure(runs[i].output, key, &ok) == sorted[b->runs / 2])
				*out = runs[i];
	}
	free(runs);
	return ok;
}

static void row(struct bench *b, const struct place *p, const char *name, const char *args)
{
	struct process_result out;
	bool ok = true;

	if (!bench_wanted(b, name) || !median_run(b, p, args, "p99_us", &out))
		return;
	bench_row(b, name);
	bench_num(b, "windows_per_s", figure(out.output, "windows_per_s", &ok), 0);
	bench_pct(b, "busy", figure(out.output, "busy_share", &ok));
	bench_num(b, "p50_us", figure(out.output, "p50_us", &ok), 1);
	bench_num(b, "p99_us", figure(out.output, "p99_us", &ok), 1);
	bench_num(b, "p999_us", figure(out.output, "p999_us", &ok), 1);
	bench_num(b, "max_us", figure(out.output, "max_us", &ok), 1);
	bench_uint(b, "lost", (uint64_t)figure(out.output, "ring_full", &ok));
	bench_num(b, "memory_kB", figure(out.output, "memory_begin", &ok) / 1e3, 0);
	bench_num(b, "grown_kB", (figure(out.output, "memory_end", &ok) -
				  figure(out.output, "memory_begin", &ok)) / 1e3, 1);
	bench_uint(b, "fuel", (uint64_t)figure(out.output, "fuel_per_window", &ok));
	bench_end(b);
}

/* The folder of a journal that nobody looks at again. */
static void forget_journal(const struct place *p)
{
	char command[2 * PATH_MAX_BYTES];
	struct process_result gone;

	snprintf(command, sizeof(command), "rm -rf %s/bench-fleet.journal", p->folder);
	process_run(command, NULL, 0, LIMIT_S, &gone);
}

/* A row of a gateway that records everything. */
static void row_journal(struct bench *b, const struct place *p, const char *name, const char *args)
{
	char all[3 * PATH_MAX_BYTES];

	forget_journal(p);
	snprintf(all, sizeof(all), "%s --journal %s/bench-fleet.journal", args, p->folder);
	row(b, p, name, all);
	forget_journal(p);
}

/* Where the time of one judgement goes, without and with a journal. */
static void split(struct bench *b, const struct place *p, const char *name, const char *args, bool journal)
{
	static const char *const stages[] = { "total", "queue", "dispatch", "guest", "inference", "log",
					      "features_native" };
	char all[3 * PATH_MAX_BYTES];
	struct process_result out;
	bool ok = true;

	if (!bench_wanted(b, name))
		return;
	forget_journal(p);
	snprintf(all, sizeof(all), "%s --rate 0 --split %s%s%s", args, journal ? "--journal " : "",
		 journal ? p->folder : "", journal ? "/bench-fleet.journal" : "");
	ok = median_run(b, p, all, "total", &out);
	forget_journal(p);
	if (!ok)
		return;
	bench_row(b, name);
	for (unsigned i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		bench_num(b, stages[i], figure(out.output, stages[i], &ok), 0);
	bench_end(b);
}

/* ---- the machine itself ---- */

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Until `due`, asleep as far as that is worth it. */
static uint64_t wait_until(uint64_t due)
{
	uint64_t now = clock_ns();

	if (due > now + SLEEP_NS) {
		const struct timespec t = { 0, (long)(due - now - SLEEP_NS / 2) };

		nanosleep(&t, NULL);
	}
	while (now < due)
		now = clock_ns();
	return now;
}

static void idle_row(struct bench *b, const char *name, uint32_t rate)
{
	const uint32_t count = rate * IDLE_S;
	double *late_us = calloc(count, sizeof(*late_us));
	uint64_t start, random = 1;

	if (!late_us || !bench_wanted(b, name)) {
		free(late_us);
		return;
	}
	start = clock_ns() + 1000000u;
	for (uint32_t i = 0; i < count; i++) {
		/* somewhere within its share of time, as machines of any phase come */
		random = random * 6364136223846793005u + 1442695040888963407u;
		const uint64_t gap = 1000000000u / rate, due = start + i * gap + (random >> 33) % gap;
		uint64_t now = wait_until(due);
		const uint64_t done = now + IDLE_NS;

		while (now < done)
			now = clock_ns();
		late_us[i] = (double)(now - due) / 1e3;
	}
	qsort(late_us, count, sizeof(*late_us), by_size);
	bench_row(b, name);
	bench_num(b, "p50_us", late_us[count / 2], 1);
	bench_num(b, "p99_us", late_us[(uint64_t)count * 99 / 100], 1);
	bench_num(b, "p999_us", late_us[(uint64_t)count * 999 / 1000], 1);
	bench_num(b, "max_us", late_us[count - 1], 1);
	bench_end(b);
	free(late_us);
}

int main(int argc, char **argv)
{
	struct bench b;
	struct place p = { .folder = "." };
	const char *slash = strrchr(argv[0], '/');
	char cpu[CPU_TEXT_BYTES];
	const int rc = bench_init(&b, "bench-fleet", cpu_text(ewi_cpu_features(), cpu), NULL, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	if (slash)
		snprintf(p.folder, sizeof(p.folder), "%.*s", (int)(slash - argv[0]), argv[0]);
	if (!find_model(&b, &p) ||
	    !verified(&b, &p, "--machines 200 --seconds 20 --rate 0 --check") ||
	    !verified(&b, &p, "--machines 200 --seconds 20 --rate 0 --check --hostile") ||
	    !verified(&b, &p, "--machines 250 --seconds 20 --rate 0 --check --tenants 10 --hostile-tenant loop"))
		return bench_finish(&b);

	row(&b, &p, "as_fast_as_possible", "--machines 10000 --seconds 5 --rate 0");
	idle_row(&b, "idle_10000", 10000);
	row(&b, &p, "rate_10000", "--machines 10000 --seconds 3 --rate 10000");
	row_journal(&b, &p, "rate_10000_journal", "--machines 10000 --seconds 3 --rate 10000");
	row(&b, &p, "rate_10000_hostile", "--machines 10000 --seconds 3 --rate 10000 --hostile");
	/* an event is a window: 256 samples, a function and an autoencoder over each */
	row(&b, &p, "vectors", SIMD "--machines 10000 --seconds 5 --rate 0");
	row_journal(&b, &p, "vectors_journal", SIMD "--machines 10000 --seconds 5 --rate 0");
	idle_row(&b, "idle_50000", 50000);
	row(&b, &p, "rate_50000", SIMD "--machines 10000 --seconds 2 --rate 50000");
	row(&b, &p, "rate_75000", SIMD "--machines 10000 --seconds 2 --rate 75000");
	idle_row(&b, "idle_100000", 100000);
	row(&b, &p, "rate_100000", SIMD "--machines 10000 --seconds 2 --rate 100000");
	row_journal(&b, &p, "rate_100000_journal", SIMD "--machines 10000 --seconds 2 --rate 100000");
	/* ten functions of ten tenants; the windows of a tenant that means harm are left out of the figures */
	row(&b, &p, "tenants_10", SIMD TENANTS "50000");
	row(&b, &p, "tenants_10_one_loops", SIMD TENANTS "50000 --hostile-tenant loop");
	row(&b, &p, "tenants_10_one_floods", SIMD TENANTS "50000 --hostile-tenant flood");
	row(&b, &p, "tenants_100000_one_loops", SIMD TENANTS "100000 --hostile-tenant loop");
	row(&b, &p, "machines_1000", SIMD "--machines 1000 --seconds 2 --rate 50000");
	row(&b, &p, "machines_100000", SIMD "--machines 100000 --seconds 2 --rate 50000");
	split(&b, &p, "split", "--guest examples/fleet/vibration.wasm --machines 2000 --seconds 10", true);
	split(&b, &p, "split_vectors_1000", SIMD "--machines 1000 --seconds 20", false);
	split(&b, &p, "split_vectors_10000", SIMD "--machines 10000 --seconds 2", false);
	split(&b, &p, "split_vectors_100000", SIMD "--machines 100000 --seconds 1", false);
	split(&b, &p, "split_journal_1000", SIMD "--machines 1000 --seconds 20", true);
	split(&b, &p, "split_journal_10000", SIMD "--machines 10000 --seconds 2", true);
	split(&b, &p, "split_journal_100000", SIMD "--machines 100000 --seconds 1", true);
	return bench_finish(&b);
}
