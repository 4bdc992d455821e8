/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * harness.h - what every bench program shares: options, pinning, clocks,
 * repeated runs and their statistics, and the three ways to print a result.
 * It knows nothing of the library; what is timed, and how its answer is
 * checked, is the caller's.
 *
 *	struct bench b;
 *	struct bench_stat s;
 *	int rc = bench_init(&b, "bench-ring", ewi_cpu_text, usage, &argc, argv);
 *
 *	if (rc != BENCH_GO)
 *		return rc;
 *	if (bench_wanted(&b, "spsc_64") && answer_is_right(&b)) {
 *		bench_time(&b, push_pop, &ctx, &s);
 *		bench_row(&b, "spsc_64");
 *		bench_num(&b, "ns", s.median, 2);
 *		bench_num(&b, "min_ns", s.min, 2);
 *		bench_pct(&b, "spread", s.spread);
 *		bench_end(&b);
 *	}
 *	return bench_finish(&b);
 */
#ifndef EW_BENCH_HARNESS_H
#define EW_BENCH_HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Columns of one row besides its name. */
#define BENCH_CELLS_MAX 32
#define BENCH_RUNS_MAX 101
#define BENCH_SUBJECTS_MAX 16
#define BENCH_CORES_MAX 1024

/* bench_init(): go on and time things. Every other value is an exit status. */
#define BENCH_GO (-1)

enum bench_format { BENCH_TABLE, BENCH_LINES, BENCH_QUIET };

struct bench_cell {
	const char *key;	/* at most 31 bytes; borrowed until bench_end() */
	char text[96];		/* as people read it */
	char json[96];		/* as a JSON value when is_text is false */
	bool is_text;
};

struct bench {
	const char *program;
	const char *cpu;	/* CPU features in use, in words, by the caller */
	const char *filter;	/* NULL: everything */
	unsigned runs;		/* repetitions that the median is taken over */
	unsigned min_ms;	/* a run shorter than this repeats its work */
	bool cpu_time;		/* the caller sets it: time by CPU, not by clock */
	int core;		/* the core pinned to, -1 when not pinned */
	enum bench_format format;
	FILE *json;		/* NULL: none; stdout when no file was named */
	unsigned failures;	/* answers that were wrong */
	unsigned rows;
	/* the row being filled, and the header last printed */
	const char *name;
	struct bench_cell cells[BENCH_CELLS_MAX];
	unsigned cell_count;
	char header[BENCH_CELLS_MAX][32];
	unsigned header_count;
};

/*
 * Figures over the runs, in nanoseconds for each repetition of the work.
 * spread is (max - min) / median: 0.03 says that runs differ by 3 %.
 */
struct bench_stat {
	double min, median, max, spread;
	uint64_t iters;		/* repetitions in each run */
};

/*
 * The work: do it @iters times. False stops the timing and counts as a wrong
 * answer, so that work which can check itself cheaply may do so every time.
 */
typedef bool bench_work(void *ctx, uint64_t iters);

struct bench_subject {
	bench_work *work;
	void *ctx;
	struct bench_stat stat;	/* out */
	double samples[BENCH_RUNS_MAX]; /* out: in the order of the rounds */
};

/*
 * Reads and removes the common options from argv, leaving the caller's own,
 * and pins the process to one core where the system lets it.
 *
 *   --runs N       repetitions (default 5)
 *   --min-ms N     least time of one run (default 50)
 *   --filter NAME  only rows with NAME in their name; commas separate several
 *   --json [FILE]  JSON, one object a line, appended to FILE (stdout without)
 *   --lines        key=value lines instead of the table
 *   --core N, --no-pin, --help
 *
 * @usage describes the caller's own options; NULL when there are none, and
 * then an argument left over is refused. Returns BENCH_GO, or an exit status.
 */
int bench_init(struct bench *b, const char *program, const char *cpu,
	       const char *usage, int *argc, char **argv);

/* Takes "--NAME VALUE" from what bench_init() left; NULL when not there. */
const char *bench_option(const char *name, int *argc, char **argv);
/* Takes "--NAME"; says whether it was there. */
bool bench_flag(const char *name, int *argc, char **argv);
/* BENCH_GO when nothing is left in argv, else says so; an exit status. */
int bench_no_more(const struct bench *b, int argc, char **argv);

bool bench_wanted(const struct bench *b, const char *name);

/* Cores that the process may use, as found before pinning. Returns how many. */
unsigned bench_cores(int *cores, unsigned max);
/* Pins the calling thread; false where the system does not let it. */
bool bench_pin(int core);

uint64_t bench_now_ns(void);	/* monotonic */
uint64_t bench_cpu_ns(void);	/* CPU time of this process */

/*
 * Says that an answer was wrong (printf style) unless @ok; returns @ok.
 * bench_finish() then returns 1. Call it before timing.
 */
bool bench_check(struct bench *b, bool ok, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Sorts @samples and sums them up; count from 1. */
struct bench_stat bench_stat_of(double *samples, unsigned count);

/* One untimed run to warm up, then b->runs timed ones. */
bool bench_time(struct bench *b, bench_work *work, void *ctx,
		struct bench_stat *out);
/*
 * The same for several subjects in turn (A B C B C A ...), so that a slow
 * spell of the machine hits all of them alike.
 */
bool bench_time_all(struct bench *b, struct bench_subject *subjects,
		    unsigned count);
/*
 * How many times as long as @b subject @a took: the median over the rounds of
 * bench_time_all(), each by itself, which slow spells leave alone.
 */
double bench_ratio(const struct bench *bench, const struct bench_subject *a,
		   const struct bench_subject *b);

/* A row: bench_row(), cells in order, bench_end(). Keys are borrowed. */
void bench_row(struct bench *b, const char *name);
void bench_text(struct bench *b, const char *key, const char *value);
void bench_uint(struct bench *b, const char *key, uint64_t value);
void bench_num(struct bench *b, const char *key, double value, int decimals);
/* A share: 0.031 prints as "3.1%" for people and 0.031 for programs. */
void bench_pct(struct bench *b, const char *key, double share);
void bench_end(struct bench *b);

/* The exit status: 0, or 1 when an answer was wrong or nothing was run. */
int bench_finish(struct bench *b);

/* Whole file, to be freed; NULL when it cannot be read. */
void *bench_read_file(const char *path, size_t *size);

#endif
