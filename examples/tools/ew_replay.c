/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ew_replay.c - lets a node's journal happen again, here, and says whether every output was the same.
 *
 * Modules and models are found by their SHA-256 among the files that are named.
 */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* or 32-bit machines refuse large files and folders */
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edgewasm/journal.h"
#include "edgewasm/store.h"
#include "files.h"

#define EXIT_USAGE 2
#define FILES_MAX 256

static const char usage_text[] =
	"usage: ew-replay [--from-seq N] [--to-seq N] [--outputs] [--records] DIR FILE...\n"
	"  DIR is a journal's folder, each FILE a module or model that it needs\n"
	"  --from-seq N   begin with the first node that began at or behind this record\n"
	"  --to-seq N     end behind the group with this record\n"
	"  --outputs      print each output as it comes: time, topic and data\n"
	"  --records      print each record as it comes: its kind, time and topic\n";

struct file {
	uint8_t *bytes;
	size_t size;
	uint8_t sha256[EW_SHA256_BYTES];
};

struct replay {
	const char *dir;
	uint64_t from_seq, to_seq;
	bool outputs, records;
	struct file files[FILES_MAX];
	uint32_t file_count;
};

static bool number(const char *text, uint64_t *out)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0;
}

static bool add_file(struct replay *r, const char *path)
{
	struct file *f = &r->files[r->file_count];

	if (r->file_count == FILES_MAX) {
		fprintf(stderr, "ew-replay: more than %d files\n", FILES_MAX);
		return false;
	}
	f->bytes = file_read(path, &f->size);
	if (!f->bytes) {
		fprintf(stderr, "ew-replay: %s: %s\n", path, strerror(errno));
		return false;
	}
	ew_sha256(f->bytes, f->size, f->sha256);
	r->file_count++;
	return true;
}

/* EXIT_SUCCESS, EXIT_FAILURE or EXIT_USAGE. */
static int parse(struct replay *r, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--outputs") == 0)
			r->outputs = true;
		else if (strcmp(argv[i], "--records") == 0)
			r->records = true;
		else if (strcmp(argv[i], "--from-seq") == 0 && number(argv[i + 1], &r->from_seq))
			i++;
		else if (strcmp(argv[i], "--to-seq") == 0 && number(argv[i + 1], &r->to_seq))
			i++;
		else
			return EXIT_USAGE;
	}
	if (i == argc)
		return EXIT_USAGE;
	r->dir = argv[i++];
	for (; i < argc; i++)
		if (!add_file(r, argv[i]))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static enum ew_status load(void *user, const char *name, const char *version, const uint8_t sha256[EW_SHA256_BYTES],
			   const void **bytes, size_t *size)
{
	const struct replay *r = user;

	for (uint32_t i = 0; i < r->file_count; i++)
		if (memcmp(r->files[i].sha256, sha256, EW_SHA256_BYTES) == 0) {
			*bytes = r->files[i].bytes;
			*size = r->files[i].size;
			return EW_OK;
		}
	fprintf(stderr, "ew-replay: no file is %s@%s, SHA-256 ", name, version);
	for (int i = 0; i < (int)EW_SHA256_BYTES; i++)
		fprintf(stderr, "%02x", sha256[i]);
	fputc('\n', stderr);
	return EW_ERR_NOENT;
}

/* Guests' bytes must not drive a terminal. */
static void print_bytes(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\')
			putchar(p[i]);
		else
			printf("\\x%02x", p[i]);
}

/* An output's data, without its id and a trace context (trace.h). */
static size_t payload_bytes(const struct ew_event *e, const uint8_t *data)
{
	size_t bytes = e->data_bytes - EW_JOURNAL_ID_BYTES, state;

	if (!(e->flags & EW_EVENT_CONTEXT) || bytes < EW_EVENT_CONTEXT_BYTES)
		return bytes;
	state = data[bytes - 2] | (size_t)data[bytes - 1] << 8;
	return state > bytes - EW_EVENT_CONTEXT_BYTES ? bytes : bytes - EW_EVENT_CONTEXT_BYTES - state;
}

static void told(void *user, const struct ew_event *e, const void *topic, const void *data)
{
	const struct replay *r = user;
	enum ew_journal_kind kind = (enum ew_journal_kind)EW_JOURNAL_KIND(e->flags);

	if (r->records)
		printf("%-8s %llu ", ew_journal_kind_name(kind), (unsigned long long)e->time_ns);
	else if (!r->outputs || kind != EW_JOURNAL_OUTPUT)
		return;
	else
		printf("%llu ", (unsigned long long)e->time_ns);
	print_bytes(topic, e->topic_bytes);
	if (r->outputs && kind == EW_JOURNAL_OUTPUT) {
		putchar(' ');
		print_bytes(data, payload_bytes(e, data));
	}
	putchar('\n');
}

static int report(const struct ew_replay_report *p)
{
	printf("records %llu to %llu: %llu groups, %llu inputs, %llu calls, %llu outputs, %llu acts, %llu states; %llu unfinished\n",
	       (unsigned long long)p->first_seq, (unsigned long long)p->last_seq, (unsigned long long)p->groups,
	       (unsigned long long)p->inputs, (unsigned long long)p->calls, (unsigned long long)p->outputs,
	       (unsigned long long)p->acts, (unsigned long long)p->states, (unsigned long long)p->unfinished);
	if (p->parted_seq) {
		printf("PARTED at %s\n", p->text);
		return EXIT_FAILURE;
	}
	fputs("same; state ", stdout);
	for (int i = 0; i < (int)EW_SHA256_BYTES; i++)
		printf("%02x", p->state[i]);
	putchar('\n');
	return EXIT_SUCCESS;
}

static int run(struct replay *r)
{
	const struct ew_storage_config files = {.struct_bytes = sizeof(files), .read_only = true};
	const struct ew_log_config log = {.struct_bytes = sizeof(log), .buffer_bytes = 8u << 20, .read_only = true};
	struct ew_replay_config c = {.struct_bytes = sizeof(c), .from_seq = r->from_seq, .to_seq = r->to_seq, .load = load,
				     .user = r, .told = r->outputs || r->records ? told : NULL};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {EW_OK, 0, ""};
	struct ew_replay_report done;
	struct ew_storage storage;
	enum ew_status st = ew_storage_files_open(r->dir, &files, &alloc, &storage, &err);
	int rc = EXIT_FAILURE;

	if (st != EW_OK) {
		fprintf(stderr, "ew-replay: %s: %s\n", r->dir, err.text);
		return EXIT_FAILURE;
	}
	st = ew_log_open(&storage, &log, &alloc, &c.log, &err);
	if (st == EW_OK) {
		st = ew_node_replay(&c, &alloc, &done, &err);
		if (st == EW_OK)
			rc = report(&done);
		ew_log_close(c.log);
	}
	if (st != EW_OK)
		fprintf(stderr, "ew-replay: %s: %s\n", r->dir, err.text);
	ew_storage_files_close(&storage);
	return rc;
}

int main(int argc, char **argv)
{
	static struct replay r;
	int rc;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage_text, stdout);
		return EXIT_SUCCESS;
	}
	rc = parse(&r, argc, argv);
	if (rc == EXIT_USAGE)
		fputs(usage_text, stderr);
	if (rc == EXIT_SUCCESS)
		rc = run(&r);
	for (uint32_t i = 0; i < r.file_count; i++)
		free(r.files[i].bytes);
	return rc;
}
