/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_wasm.c - how fast guests run: in this process beside the same C
 * compiled natively, or, with --peer, as whole programs in turn with other
 * interpreters. What a guest returns is compared with what its native twin
 * returns, before and while it is timed. With --pairs nothing is timed: the
 * internal instructions that follow one another are counted instead.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgewasm/wasm.h"
#include "base/cpu.h"
#include "cpu_text.h"
#include "harness.h"
#include "icount.h"
#include "process.h"

#define ROW(name, n, character) int32_t guest_##name(int32_t n_);
#include "guests/guests.def"
#undef ROW

struct guest {
	const char *name;
	int32_t full_n;
	const char *character;
	int32_t (*native)(int32_t n);
};

static const struct guest guests[] = {
#define ROW(name, n, character) { #name, n, character, guest_##name },
#include "guests/guests.def"
#undef ROW
};

#define GUEST_COUNT (sizeof(guests) / sizeof(guests[0]))
#define PEERS_MAX 8
#define PAIRS_MAX 2000
#define PATH_BYTES 1024
/* A whole program that takes longer than this has hung. */
#define CPU_LIMIT_S 120

struct contestant {
	char name[24];
	const char *command;
	double ms[BENCH_RUNS_MAX];
	double ratio[BENCH_RUNS_MAX];	/* first contestant's time over this one's */
	double log_sum;			/* over guests, for the geometric mean */
	char key_ms[32], key_ratio[32];
};

struct settings {
	const char *folder;	/* of the .wasm files */
	unsigned percent;	/* of each guest's full_n; 0: the mode's own */
	struct contestant contestants[PEERS_MAX + 1];
	unsigned contestant_count;
	unsigned pairs;		/* to print; 0: time the guests */
	unsigned done;		/* guests that went into the means */
	double log_sum;		/* of ours over native */
};

static const char usage[] =
	"  --work PERCENT of each guest's full work (25; whole programs 100)\n"
	"  --guests DIR   where the .wasm files are (bench/guests)\n"
	"  --pairs N      count instead: the N pairs of internal instructions that\n"
	"                 run most often one behind the other, over all guests\n"
	"  --peer NAME=COMMAND  compare whole programs, in turn on one core; {wasm}\n"
	"                 and {n} in the command are replaced; may be repeated\n"
	"  --ours COMMAND for that (ew-run beside this program, --invoke run\n"
	"                 {wasm} {n}); 'none' compares the peers with the first one\n";

static int32_t work_of(const struct guest *g, unsigned percent)
{
	int64_t n = (int64_t)g->full_n * percent / 100;

	return n > 1 ? (int32_t)n : 1;
}

static void wasm_path(const struct settings *s, const struct guest *g,
		      char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/%s.wasm", s->folder, g->name);
}

/* ---- in this process ---- */

struct engine {
	void *bytes;
	size_t size;
	struct ew_module *module;
	struct ew_instance *instance;
	struct ew_func *run;
};

/* What both kinds of work are given. */
struct work {
	const struct guest *guest;
	struct ew_func *run;
	int32_t n, want;
};

static bool ours_work(void *ctx, uint64_t iters)
{
	const struct work *w = ctx;

	for (uint64_t i = 0; i < iters; i++) {
		union ew_value v = { .i32 = w->n };

		if (ew_call(w->run, &v) != EW_OK || v.i32 != w->want)
			return false;
	}
	return true;
}

static bool native_work(void *ctx, uint64_t iters)
{
	const struct work *w = ctx;

	for (uint64_t i = 0; i < iters; i++)
		if (w->guest->native(w->n) != w->want)
			return false;
	return true;
}

static void engine_close(struct engine *e)
{
	if (e->instance != NULL)
		ew_instance_destroy(e->instance);
	ew_module_free(e->module);
	free(e->bytes);
}

static bool engine_open(struct bench *b, struct engine *e, const char *path)
{
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_instance_config config = { .struct_bytes = sizeof(config) };
	struct ew_error err = { 0 };
	enum ew_status status;

	memset(e, 0, sizeof(*e));
	e->bytes = bench_read_file(path, &e->size);
	if (!bench_check(b, e->bytes != NULL, "cannot read %s", path))
		return false;
	status = ew_module_load(&e->module, e->bytes, e->size, NULL, &alloc,
				&err);
	if (status == EW_OK)
		status = ew_instance_create(&e->instance, e->module, &config,
					    &alloc, NULL, &err);
	if (status == EW_OK)
		status = ew_func_find(e->instance, "run", "(i)i", &e->run);
	return bench_check(b, status == EW_OK, "%s: status %d, %s", path,
			   (int)status, err.text);
}

static void bench_inside(struct bench *b, struct settings *s,
			 const struct guest *g)
{
	struct work w = { .guest = g, .n = work_of(g, s->percent) };
	struct bench_subject subjects[2] = {
		{ .work = ours_work, .ctx = &w },
		{ .work = native_work, .ctx = &w },
	};
	const struct bench_stat *ours = &subjects[0].stat;
	const struct bench_stat *native = &subjects[1].stat;
	struct engine e;
	char path[PATH_BYTES];
	size_t code_bytes = 0;

	wasm_path(s, g, path);
	w.want = g->native(w.n);
	if (engine_open(b, &e, path)) {
		w.run = e.run;
		if (bench_check(b, ours_work(&w, 1), "%s(%d) is not %d",
				g->name, (int)w.n, (int)w.want) &&
		    bench_time_all(b, subjects, 2)) {
			ew_module_size(e.module, &code_bytes);
			bench_row(b, g->name);
			bench_text(b, "character", g->character);
			bench_uint(b, "n", (uint64_t)w.n);
			bench_num(b, "ms", ours->median / 1e6, 2);
			bench_num(b, "min_ms", ours->min / 1e6, 2);
			bench_pct(b, "spread", ours->spread);
			bench_num(b, "native_ms", native->median / 1e6, 3);
			bench_num(b, "x_native", ours->median / native->median,
				  1);
			bench_uint(b, "wasm_bytes", e.size);
			bench_uint(b, "code_bytes", code_bytes);
			bench_end(b);
			s->log_sum += log(ours->median / native->median);
			s->done++;
		}
	}
	engine_close(&e);
}

/* ---- counting ---- */

static void bench_count(struct bench *b, struct settings *s,
			const struct guest *g)
{
	struct work w = { .guest = g, .n = work_of(g, s->percent) };
	struct engine e;
	char path[PATH_BYTES];

	wasm_path(s, g, path);
	w.want = g->native(w.n);
	if (engine_open(b, &e, path)) {
		w.run = e.run;
		if (bench_check(b, icount_begin(e.module), "%s: its code "
				"cannot be counted", g->name)) {
			bench_check(b, ours_work(&w, 1), "%s(%d) is not %d",
				    g->name, (int)w.n, (int)w.want);
			icount_end();
			s->done++;
		}
	}
	engine_close(&e);
}

static void pair_rows(struct bench *b, const struct settings *s)
{
	static struct icount_row rows[PAIRS_MAX];
	size_t count = icount_pairs(rows, s->pairs);
	double total = (double)icount_total();

	for (size_t i = 0; i < count; i++) {
		char first[48], second[48];

		icount_name(&rows[i].first, first, sizeof(first));
		icount_name(&rows[i].second, second, sizeof(second));
		bench_row(b, first);
		bench_text(b, "second", second);
		bench_pct(b, "share", (double)rows[i].times / total);
		bench_pct(b, "fused", (double)rows[i].fused /
				      (double)rows[i].times);
		bench_end(b);
	}
}

/* ---- as whole programs ---- */

static bool contest_round(struct bench *b, struct settings *s,
			  const struct guest *g, int32_t n, int32_t want,
			  unsigned run)
{
	char path[PATH_BYTES], number[16];
	struct process_place places[2] = {
		{ "{wasm}", path }, { "{n}", number },
	};
	static struct process_result result;

	wasm_path(s, g, path);
	snprintf(number, sizeof(number), "%d", (int)n);
	for (unsigned i = 0; i < s->contestant_count; i++) {
		struct contestant *c = &s->contestants[i];
		bool ok = process_run(c->command, places, 2, CPU_LIMIT_S,
				      &result) && result.finished;

		if (!bench_check(b, ok, "%s on %s: %s: %s", c->name, g->name,
				 result.why, result.output) ||
		    !bench_check(b, process_prints(result.output, want),
				 "%s on %s: %d expected, not '%s'", c->name,
				 g->name, (int)want, result.output))
			return false;
		c->ms[run] = result.cpu_ms;
		c->ratio[run] = s->contestants[0].ms[run] / result.cpu_ms;
	}
	return true;
}

static void contest_row(struct bench *b, struct settings *s,
			const struct guest *g, int32_t n)
{
	bench_row(b, g->name);
	bench_text(b, "character", g->character);
	bench_uint(b, "n", (uint64_t)n);
	for (unsigned i = 0; i < s->contestant_count; i++) {
		struct contestant *c = &s->contestants[i];
		struct bench_stat ms = bench_stat_of(c->ms, b->runs);
		struct bench_stat ratio = bench_stat_of(c->ratio, b->runs);

		bench_num(b, c->key_ms, ms.median, 1);
		if (i == 0)
			bench_pct(b, "spread", ms.spread);
		else
			bench_num(b, c->key_ratio, ratio.median, 3);
		c->log_sum += log(ratio.median);
	}
	bench_end(b);
	s->done++;
}

static void bench_contest(struct bench *b, struct settings *s,
			  const struct guest *g)
{
	int32_t n = work_of(g, s->percent), want = g->native(n);

	/* The first round warms the caches and is overwritten. */
	if (!contest_round(b, s, g, n, want, 0))
		return;
	for (unsigned run = 0; run < b->runs; run++)
		if (!contest_round(b, s, g, n, want, run))
			return;
	contest_row(b, s, g, n);
}

/* ---- options ---- */

static bool add_contestant(struct settings *s, const char *name, size_t len,
			   const char *command)
{
	struct contestant *c = &s->contestants[s->contestant_count];

	if (s->contestant_count > PEERS_MAX || len == 0 ||
	    len >= sizeof(c->name))
		return false;
	memcpy(c->name, name, len);
	c->command = command;
	snprintf(c->key_ms, sizeof(c->key_ms), "%.*s_ms", (int)len, name);
	snprintf(c->key_ratio, sizeof(c->key_ratio), "/%.*s", (int)len, name);
	s->contestant_count++;
	return true;
}

/* Ours first, unless it is 'none'; then the peers in the order given. */
static int read_contestants(struct bench *b, struct settings *s, int *argc,
			    char **argv)
{
	static char beside[PATH_BYTES + 64];
	const char *ours = bench_option("--ours", argc, argv);
	const char *slash = strrchr(argv[0], '/');
	const char *peer = bench_option("--peer", argc, argv);

	if (peer == NULL)
		return BENCH_GO;
	snprintf(beside, sizeof(beside), "%.*sew-run --invoke run {wasm} {n}",
		 slash != NULL ? (int)(slash - argv[0] + 1) : 0, argv[0]);
	if (ours == NULL)
		ours = beside;
	if (strcmp(ours, "none") != 0)
		add_contestant(s, "ours", 4, ours);
	for (; peer != NULL; peer = bench_option("--peer", argc, argv)) {
		const char *eq = strchr(peer, '=');

		if (eq != NULL && add_contestant(s, peer, (size_t)(eq - peer),
						 eq + 1))
			continue;
		fprintf(stderr, "%s: --peer takes NAME=COMMAND, %d of them, "
			"not '%s'\n", b->program, PEERS_MAX, peer);
		return 2;
	}
	return BENCH_GO;
}

static int read_settings(struct bench *b, struct settings *s, int *argc,
			 char **argv)
{
	const char *work = bench_option("--work", argc, argv);
	const char *folder = bench_option("--guests", argc, argv);
	const char *pairs = bench_option("--pairs", argc, argv);
	int rc = read_contestants(b, s, argc, argv);

	if (rc != BENCH_GO)
		return rc;
	s->folder = folder != NULL ? folder : "bench/guests";
	s->percent = s->contestant_count > 0 ? 100 : 25;
	if (work != NULL) {
		char *end;
		unsigned long percent = strtoul(work, &end, 10);

		if (*end != '\0' || percent < 1 || percent > 10000) {
			fprintf(stderr, "%s: --work takes 1 to 10000, not "
				"'%s'\n", b->program, work);
			return 2;
		}
		s->percent = (unsigned)percent;
	}
	if (pairs != NULL) {
		char *end;
		unsigned long n = strtoul(pairs, &end, 10);

		if (*end != '\0' || n < 1 || n > PAIRS_MAX ||
		    s->contestant_count > 0) {
			fprintf(stderr, "%s: --pairs takes 1 to %d, not '%s', "
				"and no --peer\n", b->program, PAIRS_MAX, pairs);
			return 2;
		}
		s->pairs = (unsigned)n;
		if (work == NULL)
			s->percent = 1;
	}
	return bench_no_more(b, *argc, argv);
}

static void mean_row(struct bench *b, const struct settings *s)
{
	double done = s->done;

	bench_row(b, "geometric mean");
	bench_uint(b, "guests", s->done);
	if (s->contestant_count == 0)
		bench_num(b, "x_native", exp(s->log_sum / done), 2);
	for (unsigned i = 1; i < s->contestant_count; i++) {
		const struct contestant *c = &s->contestants[i];

		bench_num(b, c->key_ratio, exp(c->log_sum / done), 3);
	}
	bench_end(b);
}

/* Vectors, which not every peer has, are compared only where they are named. */
static bool wanted(const struct bench *b, const struct settings *s,
		   const struct guest *g)
{
	if (s->contestant_count > 0 && b->filter == NULL &&
	    strcmp(g->character, "simd") == 0)
		return false;
	return bench_wanted(b, g->name) || bench_wanted(b, g->character);
}

int main(int argc, char **argv)
{
	static struct settings s;
	static char cpu[CPU_TEXT_BYTES];
	struct bench b;
	int rc = bench_init(&b, "bench-wasm",
			    cpu_text(ewi_cpu_features(), cpu), usage, &argc,
			    argv);

	if (rc == BENCH_GO)
		rc = read_settings(&b, &s, &argc, argv);
	if (rc != BENCH_GO)
		return rc;
	b.cpu_time = true;
	for (size_t i = 0; i < GUEST_COUNT; i++) {
		if (!wanted(&b, &s, &guests[i]))
			continue;
		if (s.pairs > 0)
			bench_count(&b, &s, &guests[i]);
		else if (s.contestant_count > 0)
			bench_contest(&b, &s, &guests[i]);
		else
			bench_inside(&b, &s, &guests[i]);
	}
	if (s.pairs > 0)
		pair_rows(&b, &s);
	else if (s.done > 0)
		mean_row(&b, &s);
	if (s.contestant_count > 0 && b.format == BENCH_TABLE)
		printf("\n/NAME is the CPU time of %s over that of NAME, median "
		       "of rounds: below 1, %s is faster.\n",
		       s.contestants[0].name, s.contestants[0].name);
	return bench_finish(&b);
}
