/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ew_spec.c - runs WebAssembly spec scripts.
 *
 * Paths are scripts that wast2json has converted (.json), scripts in text (.wast, converted here by the
 * wast2json found on PATH, into a folder that is removed again), or folders of either.  A .wast whose
 * .json stands beside it is not run twice.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "faults.h"
#include "files.h"
#include "edgewasm/wasm.h"
#include "spec.h"

#define FEATURES_MAX 32
#define EXCLUDES_MAX 64

struct job {
	struct spec_options options;
	struct spec_totals totals;
	const char *features[FEATURES_MAX];
	const char *excludes[EXCLUDES_MAX];
	size_t feature_count, exclude_count;
};

static const char usage_text[] =
	"usage: ew-spec [OPTION]... PATH...\n"
	"Runs WebAssembly spec scripts: .json as wast2json writes them, .wast, or folders of them.\n"
	"  --enable FEATURE   let wast2json read a proposal (--enable-FEATURE), and the engine take it; what came\n"
	"                     after WebAssembly 2.0 is off otherwise (may be repeated)\n"
	"  --exclude GLOB     leave out scripts whose name, without .wast or .json, matches (may be repeated)\n"
	"  --lazy             translate each function on its first call only\n"
	"  --guard            no bounds checks: pages that may not be touched instead, where that can be\n"
	"  --observe          run step by step, as ew-run does for traces, and check what the steps tell\n"
	"  --strict           a refused module must be refused as malformed or invalid as the script says\n"
	"  --verbose          a line for each script\n"
	"Assertions about the text format test wast2json, which reads it: they are told apart and not counted.\n";

/* wast2json's names for what the engine can leave out. */
static const struct {
	const char *name;
	unsigned bit;
} switchable[] = {
	{"extended-const", EW_FEATURE_EXTENDED_CONST},
	{"tail-call", EW_FEATURE_TAIL_CALL},
	{"custom-page-sizes", EW_FEATURE_CUSTOM_PAGE_SIZES},
	{"multi-memory", EW_FEATURE_MULTI_MEMORY},
	{"relaxed-simd", EW_FEATURE_RELAXED_SIMD},
	{"memory64", EW_FEATURE_MEMORY64},
	{"exceptions", EW_FEATURE_EXCEPTIONS},
};

/* The features that no --enable named. */
static unsigned disabled(const struct job *job)
{
	unsigned bits = 0;

	for (size_t k = 0; k < sizeof(switchable) / sizeof(switchable[0]); k++) {
		bool on = false;

		for (size_t i = 0; i < job->feature_count; i++)
			on |= strcmp(job->features[i], switchable[k].name) == 0 ||
			      strcmp(job->features[i], "all") == 0;
		bits |= on ? 0 : switchable[k].bit;
	}
	return bits;
}

static void complain(struct job *job, const char *path, const char *why)
{
	printf("%s:1: %s\n", path, why);
	job->totals.failed++;
}

static bool excluded(const struct job *job, const char *path)
{
	const char *base = path_base(path), *dot = strrchr(base, '.');
	char *stem = strndup(base, dot ? (size_t)(dot - base) : strlen(base));
	bool out = false;

	for (size_t i = 0; stem && i < job->exclude_count; i++)
		out |= fnmatch(job->excludes[i], stem, 0) == 0;
	free(stem);
	return out;
}

static void remove_folder(const char *folder)
{
	struct path_list list = {0};

	path_list_folder(&list, folder);
	for (size_t i = 0; i < list.count; i++)
		unlink(list.paths[i]);
	path_list_free(&list);
	rmdir(folder);
}

static void convert_and_run(struct job *job, const char *path, const char *folder)
{
	const char *argv[FEATURES_MAX + 6];
	char *json = path_join(folder, "script.json"), *flags[FEATURES_MAX] = {0};
	size_t n = 0;
	int status = -1;

	argv[n++] = "wast2json";
	for (size_t i = 0; i < job->feature_count; i++) {
		size_t len = strlen(job->features[i]) + sizeof("--enable-");

		flags[i] = malloc(len);
		if (flags[i])
			snprintf(flags[i], len, "--enable-%s", job->features[i]);
		argv[n++] = flags[i] ? flags[i] : "";
	}
	argv[n++] = "-o";
	argv[n++] = json;
	argv[n++] = path;
	argv[n] = NULL;
	if (json)
		status = run_child(argv);
	if (status == 0)
		spec_run(json, &job->options, &job->totals);
	else
		complain(job, path, status == 127 ? "wast2json is not installed (package wabt)"
						  : "wast2json could not convert it");
	for (size_t i = 0; i < job->feature_count; i++)
		free(flags[i]);
	free(json);
}

static void run_wast(struct job *job, const char *path)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = path_join(tmp && *tmp ? tmp : "/tmp", "ew-spec-XXXXXX");

	if (!folder || !mkdtemp(folder)) {
		complain(job, path, "no temporary folder");
	} else {
		convert_and_run(job, path, folder);
		remove_folder(folder);
	}
	free(folder);
}

static bool has_json(const char *wast)
{
	size_t n = strlen(wast) - strlen(".wast");
	char *json = malloc(n + sizeof(".json"));
	bool there;

	if (!json)
		return false;
	memcpy(json, wast, n);
	memcpy(json + n, ".json", sizeof(".json"));
	there = access(json, R_OK) == 0;
	free(json);
	return there;
}

static void run_script(struct job *job, const char *path)
{
	if (path_ends(path, ".wast"))
		run_wast(job, path);
	else
		spec_run(path, &job->options, &job->totals);
}

/* Scripts of a folder; folders inside it are left alone, the suite keeps proposals there. */
static void run_folder(struct job *job, const char *folder)
{
	struct path_list list = {0};
	unsigned long scripts = 0;

	if (!path_list_folder(&list, folder)) {
		complain(job, folder, strerror(errno));
	} else {
		for (size_t i = 0; i < list.count; i++) {
			const char *path = list.paths[i];
			bool wast = path_ends(path, ".wast");

			if (!(wast || path_ends(path, ".json")) || (wast && has_json(path)))
				continue;
			scripts++;
			if (!excluded(job, path))
				run_script(job, path);
		}
		if (scripts == 0)
			complain(job, folder, "no scripts in this folder");
	}
	path_list_free(&list);
}

/* An option with a value, joined by '=' or in the next argument; NULL: not this option. */
static const char *option(const char *name, char **argv, int *i)
{
	size_t n = strlen(name);

	if (strncmp(argv[*i], name, n) != 0)
		return NULL;
	if (argv[*i][n] == '=')
		return argv[*i] + n + 1;
	if (argv[*i][n] != '\0' || !argv[*i + 1])
		return NULL;
	return argv[++*i];
}

static int usage(FILE *to, int status)
{
	fputs(usage_text, to);
	return status;
}

int main(int argc, char **argv)
{
	static struct job job;
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const char *value;

		if (strcmp(argv[i], "--help") == 0)
			return usage(stdout, 0);
		if (strcmp(argv[i], "--lazy") == 0)
			job.options.lazy = true;
		else if (strcmp(argv[i], "--guard") == 0)
			job.options.guard = true;
		else if (strcmp(argv[i], "--strict") == 0)
			job.options.strict = true;
		else if (strcmp(argv[i], "--observe") == 0)
			job.options.observe = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			job.options.verbose = true;
		else if (job.feature_count < FEATURES_MAX && (value = option("--enable", argv, &i)))
			job.features[job.feature_count++] = value;
		else if (job.exclude_count < EXCLUDES_MAX && (value = option("--exclude", argv, &i)))
			job.excludes[job.exclude_count++] = value;
		else
			return usage(stderr, 2);
	}
	if (i == argc)
		return usage(stderr, 2);
	job.options.disable = disabled(&job);
	if (job.options.guard)
		faults_begin();
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; i < argc; i++) {
		if (path_is_folder(argv[i]))
			run_folder(&job, argv[i]);
		else if (!excluded(&job, argv[i]))
			run_script(&job, argv[i]);
	}
	if (job.totals.text)
		printf("not counted: %lu assertions about the text format\n", job.totals.text);
	printf("%lu passed, %lu failed, %lu skipped\n", job.totals.passed, job.totals.failed,
	       job.totals.skipped);
	return job.totals.failed ? 1 : 0;
}
