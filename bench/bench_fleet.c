/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_fleet.c - the whole path: a window into the ring, the node, the guest, the model, a verdict.
 *
 * What runs is the demo's own gateway (build/fleet), as a process of its own on this program's core; this
 * program checks its verdicts first (every one of a small run against the native computation, then with
 * hostile functions among the good one) and reads the figures from its summary.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "cpu_text.h"
#include "harness.h"
#include "process.h"

#define PATH_MAX_BYTES 1024
#define LIMIT_S 120
#define SIMD "--guest examples/fleet/vibration_simd.wasm --ahead "

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

/* Where the time of one judgement goes; with a journal in a folder that is removed again. */
static void split(struct bench *b, const struct place *p, const char *name, const char *guest)
{
	static const char *const stages[] = { "total", "queue", "dispatch", "guest", "inference", "log",
					      "features_native" };
	char args[3 * PATH_MAX_BYTES], command[2 * PATH_MAX_BYTES];
	struct process_result out, gone;
	bool ok = true;

	if (!bench_wanted(b, name))
		return;
	snprintf(command, sizeof(command), "rm -rf %s/bench-fleet.journal", p->folder);
	process_run(command, NULL, 0, LIMIT_S, &gone);
	snprintf(args, sizeof(args),
		 "--machines 2000 --seconds 2 --rate 0 --split --guest %s --journal %s/bench-fleet.journal", guest,
		 p->folder);
	ok = median_run(b, p, args, "total", &out);
	process_run(command, NULL, 0, LIMIT_S, &gone);
	if (!ok)
		return;
	bench_row(b, name);
	for (unsigned i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		bench_num(b, stages[i], figure(out.output, stages[i], &ok), 0);
	bench_end(b);
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
	    !verified(&b, &p, "--machines 200 --seconds 20 --rate 0 --check --hostile"))
		return bench_finish(&b);

	row(&b, &p, "as_fast_as_possible", "--machines 10000 --seconds 5 --rate 0");
	row(&b, &p, "rate_10000", "--machines 10000 --seconds 3 --rate 10000");
	row(&b, &p, "rate_10000_hostile", "--machines 10000 --seconds 3 --rate 10000 --hostile");
	/* an event is a window: 256 samples, a function and an autoencoder over each */
	row(&b, &p, "vectors", SIMD "--machines 10000 --seconds 5 --rate 0");
	row(&b, &p, "rate_50000", SIMD "--machines 10000 --seconds 2 --rate 50000");
	row(&b, &p, "rate_75000", SIMD "--machines 10000 --seconds 2 --rate 75000");
	row(&b, &p, "rate_100000", SIMD "--machines 10000 --seconds 2 --rate 100000");
	row(&b, &p, "tenants_10", SIMD "--machines 10000 --seconds 2 --rate 50000 --tenants 10");
	row(&b, &p, "tenants_9_hostile", SIMD "--machines 10000 --seconds 2 --rate 50000 --tenants 9 --hostile");
	row(&b, &p, "machines_1000", SIMD "--machines 1000 --seconds 2 --rate 50000");
	row(&b, &p, "machines_100000", SIMD "--machines 100000 --seconds 2 --rate 50000");
	split(&b, &p, "split", "examples/fleet/vibration.wasm");
	split(&b, &p, "split_vectors", "examples/fleet/vibration_simd.wasm");
	return bench_finish(&b);
}
