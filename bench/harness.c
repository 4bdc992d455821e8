/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * harness.c - options, pinning, clocks, repeated runs and printing for the
 * bench programs. Leaves what is timed, and whether it is right, to them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* sched_setaffinity */
#endif
#include "harness.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sched.h>
#endif

#ifndef EW_COMMIT
#define EW_COMMIT "unknown"
#endif

#define STR_(x) #x
#define STR(x) STR_(x)
#if defined(__clang__)
#define COMPILER "clang-" STR(__clang_major__) "." STR(__clang_minor__) "." \
	STR(__clang_patchlevel__)
#elif defined(__GNUC__)
#define COMPILER "gcc-" STR(__GNUC__) "." STR(__GNUC_MINOR__) "." \
	STR(__GNUC_PATCHLEVEL__)
#else
#define COMPILER "unknown"
#endif

/* ---- time and place ---- */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t bench_cpu_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

#ifdef __linux__
/*
 * The mask that the process was started with. Pinning narrows the mask of
 * the main thread, so it is read once, before; it is const afterwards.
 */
static cpu_set_t start_mask;
static bool start_mask_known;

unsigned bench_cores(int *cores, unsigned max)
{
	unsigned count = 0;

	if (!start_mask_known) {
		CPU_ZERO(&start_mask);
		if (sched_getaffinity(0, sizeof(start_mask), &start_mask) != 0)
			return 0;
		start_mask_known = true;
	}
	for (int i = 0; i < CPU_SETSIZE && count < max; i++)
		if (CPU_ISSET(i, &start_mask))
			cores[count++] = i;
	return count;
}

bool bench_pin(int core)
{
	cpu_set_t set;

	if (core < 0 || core >= CPU_SETSIZE)
		return false;
	CPU_ZERO(&set);
	CPU_SET(core, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}
#else
unsigned bench_cores(int *cores, unsigned max)
{
	(void)cores;
	(void)max;
	return 0;
}

bool bench_pin(int core)
{
	(void)core;
	return false;
}
#endif

/* ---- options ---- */

static void drop_args(int *argc, char **argv, int at, int count)
{
	for (int i = at; i + count <= *argc; i++)
		argv[i] = argv[i + count];
	*argc -= count;
}

const char *bench_option(const char *name, int *argc, char **argv)
{
	for (int i = 1; i + 1 < *argc; i++) {
		const char *value = argv[i + 1];

		if (strcmp(argv[i], name) != 0)
			continue;
		drop_args(argc, argv, i, 2);
		return value;
	}
	return NULL;
}

bool bench_flag(const char *name, int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], name) != 0)
			continue;
		drop_args(argc, argv, i, 1);
		return true;
	}
	return false;
}

int bench_no_more(const struct bench *b, int argc, char **argv)
{
	if (argc <= 1)
		return BENCH_GO;
	fprintf(stderr, "%s: what is '%s'? See --help\n", b->program, argv[1]);
	return 2;
}

/* A whole number in low..high, or false with a word to the user. */
static bool number_option(const struct bench *b, const char *name, long low,
			  long high, int *argc, char **argv, long *out)
{
	const char *text = bench_option(name, argc, argv);
	char *end;
	long value;

	if (text == NULL)
		return true;
	value = strtol(text, &end, 10);
	if (end == text || *end != '\0' || value < low || value > high) {
		fprintf(stderr, "%s: %s takes %ld to %ld, not '%s'\n",
			b->program, name, low, high, text);
		return false;
	}
	*out = value;
	return true;
}

/* "--json" is followed by a file name, by another option, or by nothing. */
static bool json_option(struct bench *b, int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--json") != 0)
			continue;
		if (i + 1 < *argc && strncmp(argv[i + 1], "--", 2) != 0 &&
		    strcmp(argv[i + 1], "-") != 0) {
			b->json = fopen(argv[i + 1], "a");
			if (b->json == NULL) {
				fprintf(stderr, "%s: cannot append to %s\n",
					b->program, argv[i + 1]);
				return false;
			}
			drop_args(argc, argv, i, 2);
		} else {
			bool dash = i + 1 < *argc &&
				    strcmp(argv[i + 1], "-") == 0;

			b->json = stdout;
			b->format = BENCH_QUIET;
			drop_args(argc, argv, i, dash ? 2 : 1);
		}
		return true;
	}
	return true;
}

static void print_usage(const struct bench *b, const char *usage)
{
	printf("usage: %s [option...]\n"
	       "  --runs N       repetitions, the median is shown (%u)\n"
	       "  --min-ms N     least time of one run (%u)\n"
	       "  --filter NAME  only rows with NAME in their name, or A,B,C\n"
	       "  --json [FILE]  one JSON object a line, appended to FILE\n"
	       "  --lines        key=value lines instead of the table\n"
	       "  --core N       pin to this core (the last one allowed)\n"
	       "  --no-pin       let the system move the process\n%s",
	       b->program, b->runs, b->min_ms, usage != NULL ? usage : "");
}

/* Pins to @core, or when it is -1 to the last allowed one. */
static bool pin_process(struct bench *b, long core)
{
	int cores[BENCH_CORES_MAX];
	unsigned count = bench_cores(cores, BENCH_CORES_MAX);
	bool asked = core >= 0;

	if (!asked && count > 0)
		core = cores[count - 1];
	if (bench_pin((int)core)) {
		b->core = (int)core;
		return true;
	}
	if (asked)
		fprintf(stderr, "%s: cannot pin to core %ld\n", b->program,
			core);
	return !asked;
}

int bench_init(struct bench *b, const char *program, const char *cpu,
	       const char *usage, int *argc, char **argv)
{
	long runs = 5, min_ms = 50, core = -1;

	memset(b, 0, sizeof(*b));
	b->program = program;
	b->cpu = cpu != NULL && cpu[0] != '\0' ? cpu : "none";
	b->core = -1;
	b->runs = (unsigned)runs;
	b->min_ms = (unsigned)min_ms;
	if (bench_flag("--help", argc, argv)) {
		print_usage(b, usage);
		return 0;
	}
	if (!number_option(b, "--runs", 1, BENCH_RUNS_MAX, argc, argv, &runs) ||
	    !number_option(b, "--min-ms", 0, 60000, argc, argv, &min_ms) ||
	    !number_option(b, "--core", 0, BENCH_CORES_MAX - 1, argc, argv,
			   &core))
		return 2;
	b->runs = (unsigned)runs;
	b->min_ms = (unsigned)min_ms;
	b->filter = bench_option("--filter", argc, argv);
	if (bench_flag("--lines", argc, argv))
		b->format = BENCH_LINES;
	if (!json_option(b, argc, argv))
		return 2;
	if (!bench_flag("--no-pin", argc, argv) && !pin_process(b, core))
		return 2;
	if (usage == NULL && bench_no_more(b, *argc, argv) != BENCH_GO)
		return 2;
	if (b->format == BENCH_TABLE)
		printf("%s: %s, commit %s, cpu %s, core %d, %u runs\n", program,
		       COMPILER, EW_COMMIT, b->cpu, b->core, b->runs);
	return BENCH_GO;
}

bool bench_wanted(const struct bench *b, const char *name)
{
	const char *at = b->filter;

	while (at != NULL) {
		const char *comma = strchr(at, ',');
		size_t len = comma != NULL ? (size_t)(comma - at) : strlen(at);

		for (const char *s = name; len > 0 && *s != '\0'; s++)
			if (strncmp(s, at, len) == 0)
				return true;
		at = comma != NULL ? comma + 1 : NULL;
	}
	return b->filter == NULL;
}

bool bench_check(struct bench *b, bool ok, const char *fmt, ...)
{
	va_list args;

	if (ok)
		return true;
	b->failures++;
	fflush(stdout);
	fprintf(stderr, "%s: FAILED: ", b->program);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

/* ---- runs ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct bench_stat bench_stat_of(double *samples, unsigned count)
{
	struct bench_stat s = { 0, 0, 0, 0, 1 };

	if (count == 0)
		return s;
	qsort(samples, count, sizeof(*samples), by_value);
	s.min = samples[0];
	s.max = samples[count - 1];
	s.median = count % 2 != 0 ? samples[count / 2]
			: (samples[count / 2 - 1] + samples[count / 2]) / 2;
	s.spread = s.median > 0 ? (s.max - s.min) / s.median : 0;
	return s;
}

static uint64_t run_clock(const struct bench *b)
{
	return b->cpu_time ? bench_cpu_ns() : bench_now_ns();
}

/*
 * Warms up, and finds how often the work must be repeated for one run to last
 * min_ms. Each round at most grows tenfold, so that a first, cold call does
 * not make the run ten times too short for ever, and a fast one stays bounded.
 */
static bool calibrate(const struct bench *b, struct bench_subject *s)
{
	const uint64_t want = (uint64_t)b->min_ms * 1000000u;
	uint64_t iters = 1;

	for (;;) {
		uint64_t start = run_clock(b), took, next;

		if (!s->work(s->ctx, iters))
			return false;
		took = run_clock(b) - start;
		if (took >= want || iters >= UINT64_C(1) << 40)
			break;
		if (took * 10 >= want)
			next = iters * want / took + 1;
		else
			next = iters * 10;
		iters = next > iters ? next : iters + 1;
	}
	s->stat.iters = iters;
	return true;
}

bool bench_time_all(struct bench *b, struct bench_subject *subjects,
		    unsigned count)
{
	double samples[BENCH_RUNS_MAX];

	if (!bench_check(b, count <= BENCH_SUBJECTS_MAX, "%u subjects", count))
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!bench_check(b, calibrate(b, &subjects[i]),
				 "the work refused itself"))
			return false;
	for (unsigned run = 0; run < b->runs; run++) {
		for (unsigned i = 0; i < count; i++) {
			struct bench_subject *s = &subjects[(run + i) % count];
			uint64_t start = run_clock(b), took;
			bool ok = s->work(s->ctx, s->stat.iters);

			took = run_clock(b) - start;
			if (!bench_check(b, ok, "the work refused itself"))
				return false;
			s->samples[run] = (double)took / (double)s->stat.iters;
		}
	}
	for (unsigned i = 0; i < count; i++) {
		uint64_t iters = subjects[i].stat.iters;

		memcpy(samples, subjects[i].samples, sizeof(samples));
		subjects[i].stat = bench_stat_of(samples, b->runs);
		subjects[i].stat.iters = iters;
	}
	return true;
}

double bench_ratio(const struct bench *bench, const struct bench_subject *a,
		   const struct bench_subject *b)
{
	double ratios[BENCH_RUNS_MAX];

	for (unsigned i = 0; i < bench->runs; i++)
		ratios[i] = a->samples[i] / b->samples[i];
	return bench_stat_of(ratios, bench->runs).median;
}

bool bench_time(struct bench *b, bench_work *work, void *ctx,
		struct bench_stat *out)
{
	struct bench_subject one = { .work = work, .ctx = ctx };
	bool ok = bench_time_all(b, &one, 1);

	*out = one.stat;
	return ok;
}

/* ---- printing ---- */

void bench_row(struct bench *b, const char *name)
{
	b->name = name;
	b->cell_count = 0;
}

static struct bench_cell *new_cell(struct bench *b, const char *key)
{
	struct bench_cell *c;

	if (!bench_check(b, b->cell_count < BENCH_CELLS_MAX,
			 "row %s has too many columns", b->name))
		return NULL;
	c = &b->cells[b->cell_count++];
	memset(c, 0, sizeof(*c));
	c->key = key;
	return c;
}

void bench_text(struct bench *b, const char *key, const char *value)
{
	struct bench_cell *c = new_cell(b, key);

	if (c == NULL)
		return;
	c->is_text = true;
	snprintf(c->text, sizeof(c->text), "%s", value);
}

void bench_uint(struct bench *b, const char *key, uint64_t value)
{
	struct bench_cell *c = new_cell(b, key);

	if (c == NULL)
		return;
	snprintf(c->text, sizeof(c->text), "%llu", (unsigned long long)value);
	memcpy(c->json, c->text, sizeof(c->json));
}

/* JSON has no word for an infinity or a NaN; x - x is 0 for the rest only. */
static void json_number(struct bench_cell *c, double value)
{
	if (value - value == 0)
		snprintf(c->json, sizeof(c->json), "%.9g", value);
	else
		snprintf(c->json, sizeof(c->json), "null");
}

void bench_num(struct bench *b, const char *key, double value, int decimals)
{
	struct bench_cell *c = new_cell(b, key);

	if (c == NULL)
		return;
	snprintf(c->text, sizeof(c->text), "%.*f", decimals, value);
	json_number(c, value);
}

void bench_pct(struct bench *b, const char *key, double share)
{
	struct bench_cell *c = new_cell(b, key);

	if (c == NULL)
		return;
	snprintf(c->text, sizeof(c->text), "%.1f%%", share * 100);
	json_number(c, share);
}

static void json_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s != '\0'; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == '"' || ch == '\\')
			fprintf(f, "\\%c", ch);
		else if (ch < 0x20)
			fprintf(f, "\\u%04x", (unsigned)ch);
		else
			fputc(ch, f);
	}
	fputc('"', f);
}

static void json_pair(FILE *f, const char *key, const char *value)
{
	json_string(f, key);
	fputc(':', f);
	json_string(f, value);
	fputc(',', f);
}

static void print_json(const struct bench *b, FILE *f)
{
	fputc('{', f);
	json_pair(f, "bench", b->program);
	json_pair(f, "name", b->name);
	for (unsigned i = 0; i < b->cell_count; i++) {
		const struct bench_cell *c = &b->cells[i];

		if (c->is_text) {
			json_pair(f, c->key, c->text);
			continue;
		}
		json_string(f, c->key);
		fprintf(f, ":%s,", c->json);
	}
	json_pair(f, "compiler", COMPILER);
	json_pair(f, "commit", EW_COMMIT);
	json_pair(f, "cpu", b->cpu);
	fprintf(f, "\"core\":%d,\"runs\":%u}\n", b->core, b->runs);
	fflush(f);
}

/* A value with a space or a quote is printed as a JSON string. */
static void print_pair(const char *key, const char *value)
{
	printf(" %s=", key);
	if (value[0] == '\0' || strpbrk(value, " \t\"\\") != NULL)
		json_string(stdout, value);
	else
		fputs(value, stdout);
}

static void print_lines(const struct bench *b)
{
	printf("bench=%s", b->program);
	print_pair("name", b->name);
	for (unsigned i = 0; i < b->cell_count; i++) {
		const struct bench_cell *c = &b->cells[i];

		print_pair(c->key, c->is_text ? c->text : c->json);
	}
	print_pair("compiler", COMPILER);
	print_pair("commit", EW_COMMIT);
	print_pair("cpu", b->cpu);
	printf(" core=%d runs=%u\n", b->core, b->runs);
}

static int column_width(const char *key)
{
	size_t len = strlen(key);

	return len > 9 ? (int)len : 9;
}

/* Rows are printed as they come; a new set of columns prints a new header. */
static void print_table(struct bench *b)
{
	bool same = b->cell_count == b->header_count;

	for (unsigned i = 0; same && i < b->cell_count; i++)
		same = strcmp(b->cells[i].key, b->header[i]) == 0;
	if (!same || b->rows == 0) {
		printf("\n%-24s", "name");
		for (unsigned i = 0; i < b->cell_count; i++) {
			snprintf(b->header[i], sizeof(b->header[i]), "%s",
				 b->cells[i].key);
			printf(" %*s", column_width(b->header[i]), b->header[i]);
		}
		b->header_count = b->cell_count;
		putchar('\n');
	}
	printf("%-24s", b->name);
	for (unsigned i = 0; i < b->cell_count; i++)
		printf(" %*s", column_width(b->cells[i].key), b->cells[i].text);
	putchar('\n');
}

void bench_end(struct bench *b)
{
	if (b->json != NULL)
		print_json(b, b->json);
	if (b->format == BENCH_TABLE)
		print_table(b);
	else if (b->format == BENCH_LINES)
		print_lines(b);
	fflush(stdout);
	b->rows++;
}

int bench_finish(struct bench *b)
{
	if (b->json != NULL && b->json != stdout)
		fclose(b->json);
	b->json = NULL;
	if (b->rows == 0 && b->failures == 0)
		fprintf(stderr, "%s: nothing was run\n", b->program);
	if (b->failures > 0)
		fprintf(stderr, "%s: %u failed\n", b->program, b->failures);
	return b->failures > 0 || b->rows == 0 ? 1 : 0;
}

void *bench_read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	void *bytes = NULL;
	long end = -1;

	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0)
		end = ftell(f);
	if (end > 0 && fseek(f, 0, SEEK_SET) == 0)
		bytes = malloc((size_t)end);
	if (bytes != NULL && fread(bytes, 1, (size_t)end, f) != (size_t)end) {
		free(bytes);
		bytes = NULL;
	}
	fclose(f);
	*size = bytes != NULL ? (size_t)end : 0;
	return bytes;
}
