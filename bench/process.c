/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* process.c - commands run whole, with CPU time from wait4(). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* wait4 */
#endif
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 32
#define WORD_BYTES 1024
#define EXIT_NOT_FOUND 127

struct command {
	char words[WORDS_MAX][WORD_BYTES];
	char *argv[WORDS_MAX + 1];
};

/* Appends text to word, and says whether it fitted. */
static bool append(char *word, const char *text, size_t len)
{
	size_t used = strlen(word);

	if (used + len >= WORD_BYTES)
		return false;
	memcpy(word + used, text, len);
	word[used + len] = '\0';
	return true;
}

static bool fill_word(char *word, const char *from, size_t len,
		      const struct process_place *places, unsigned count)
{
	word[0] = '\0';
	for (size_t i = 0; i < len;) {
		const struct process_place *hit = NULL;

		for (unsigned k = 0; k < count && hit == NULL; k++) {
			size_t name = strlen(places[k].name);

			if (name <= len - i &&
			    memcmp(from + i, places[k].name, name) == 0)
				hit = &places[k];
		}
		if (!append(word, hit != NULL ? hit->value : from + i,
			    hit != NULL ? strlen(hit->value) : 1))
			return false;
		i += hit != NULL ? strlen(hit->name) : 1;
	}
	return true;
}

/* Splits and fills; false when there is no word, too many, or one too long. */
static bool parse(struct command *c, const char *text,
		  const struct process_place *places, unsigned count)
{
	unsigned words = 0;

	for (;;) {
		size_t len;

		text += strspn(text, " \t\n");
		len = strcspn(text, " \t\n");
		if (len == 0)
			break;
		if (words == WORDS_MAX ||
		    !fill_word(c->words[words], text, len, places, count))
			return false;
		c->argv[words] = c->words[words];
		words++;
		text += len;
	}
	c->argv[words] = NULL;
	return words > 0;
}

static void run_child(char **argv, int output, unsigned cpu_limit_s)
{
	struct rlimit limit = { cpu_limit_s, cpu_limit_s };
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CPU, &limit);
	setrlimit(RLIMIT_CORE, &no_core);
	if (dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0)
		execvp(argv[0], argv);
	_exit(EXIT_NOT_FOUND);
}

/* Reads to the end, so that the child never waits; keeps what fits. */
static void read_all(int fd, struct process_result *out)
{
	size_t used = 0;
	char buf[1024];

	for (;;) {
		ssize_t got = read(fd, buf, sizeof(buf));
		size_t keep;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		keep = sizeof(out->output) - 1 - used;
		if (keep > (size_t)got)
			keep = (size_t)got;
		memcpy(out->output + used, buf, keep);
		used += keep;
	}
	out->output[used] = '\0';
}

static double ms_of(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void explain(struct process_result *out, int status)
{
	out->finished = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (WIFSIGNALED(status))
		snprintf(out->why, sizeof(out->why), "ended by signal %d",
			 WTERMSIG(status));
	else if (WEXITSTATUS(status) == EXIT_NOT_FOUND)
		snprintf(out->why, sizeof(out->why), "cannot be run");
	else
		snprintf(out->why, sizeof(out->why), "exit status %d",
			 WEXITSTATUS(status));
}

bool process_run(const char *command, const struct process_place *places,
		 unsigned place_count, unsigned cpu_limit_s,
		 struct process_result *out)
{
	static struct command parsed;
	struct rusage usage;
	int ends[2], status = 0;
	pid_t child, got;

	memset(out, 0, sizeof(*out));
	snprintf(out->why, sizeof(out->why), "not a command");
	if (!parse(&parsed, command, places, place_count))
		return false;
	snprintf(out->why, sizeof(out->why), "cannot be started");
	if (pipe(ends) != 0)
		return false;
	fflush(stdout);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		run_child(parsed.argv, ends[1], cpu_limit_s);
	}
	close(ends[1]);
	if (child > 0)
		read_all(ends[0], out);
	close(ends[0]);
	if (child < 0)
		return false;
	do
		got = wait4(child, &status, 0, &usage);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return false;
	out->cpu_ms = ms_of(usage.ru_utime) + ms_of(usage.ru_stime);
	explain(out, status);
	return true;
}

static bool holds_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(text, word); at != NULL;
	     at = strstr(at + 1, word)) {
		unsigned char before = at > text ? (unsigned char)at[-1] : ' ';
		unsigned char after = (unsigned char)at[len];

		if (!isalnum(before) && before != '-' && before != '.' &&
		    !isalnum(after) && after != '.')
			return true;
	}
	return false;
}

bool process_prints(const char *text, int32_t value)
{
	char word[32];

	snprintf(word, sizeof(word), "%" PRId32, value);
	if (holds_word(text, word))
		return true;
	snprintf(word, sizeof(word), "%" PRIu32, (uint32_t)value);
	if (holds_word(text, word))
		return true;
	snprintf(word, sizeof(word), "0x%" PRIx32, (uint32_t)value);
	return holds_word(text, word);
}
