/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ew_log.c - a durable event log from the shell.
 *
 * append takes lines through a ring in batches, as a gateway would; the other commands open the log for
 * reading only, so they work while another process appends.
 */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* or 32-bit machines refuse large files and folders */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "edgewasm/event.h"
#include "edgewasm/store.h"

#define EXIT_USAGE 2
#define RING_BYTES (1u << 20)
#define BATCH 256

static const char usage_text[] =
	"usage: ew-log append DIR [FILE]   each line of FILE (or standard input) becomes an event\n"
	"         --topic T                its topic (none)\n"
	"         --type N                 its content type, 0 to 65535 (0)\n"
	"         --sync N                 events between syncs; 1: each is durable at once (1000)\n"
	"         --segment-bytes N --segments N   size of a log that is begun (8388608, 4096)\n"
	"         --drop-oldest            when full, erase the oldest segment instead of stopping\n"
	"       ew-log read DIR            print events, one a line\n"
	"         --from-seq N --from-time T   start there; T is nanoseconds or 2026-01-31T23:59:59.5Z\n"
	"         --cursor NAME            start at the first event that it has not acknowledged\n"
	"         --count N --topic T      at most so many; of this topic only\n"
	"         --json                   as JSON lines\n"
	"         --follow                 wait for more at the end\n"
	"       ew-log verify DIR          read all of it, explain what is wrong; exit status 1 if anything is\n"
	"       ew-log stat DIR [--json]   figures, and where cursors stand\n"
	"       --progress (append FILE, verify): tell how far it is; the default when stderr is a terminal\n";

struct options {
	const char *command, *dir, *file, *topic, *cursor;
	uint64_t from_seq, from_time, count;
	uint32_t sync, type, segment_bytes, segments;
	bool drop_oldest, json, follow, progress;
};

/* ---- options ---- */

static bool number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0 && *out <= max;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar; months from March, so that leap days come last. */
static int64_t days_from_date(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	m = (m + 9) % 12;
	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + d - 1 - 719468;
}

/* Nanoseconds, or YYYY-MM-DD[THH:MM[:SS[.FRACTION]]][Z], which is UTC. */
static bool parse_time(const char *text, uint64_t *out)
{
	unsigned y, mo, d, h = 0, mi = 0, s = 0;
	uint64_t ns = 0;
	int n = 0, used;

	if (!text)
		return false;
	if (number(text, UINT64_MAX, out))
		return true;
	if (sscanf(text, "%4u-%2u-%2u%n", &y, &mo, &d, &n) != 3 || y < 1970 || y > 2500 || mo < 1 || mo > 12 ||
	    d < 1 || d > 31)
		return false;
	text += n;
	if (*text == 'T' && sscanf(text, "T%2u:%2u%n", &h, &mi, &used) == 2) {
		text += used;
		if (sscanf(text, ":%2u%n", &s, &used) == 1)
			text += used;
		if (*text == '.') {
			uint64_t unit = 100000000;

			for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
				ns += (uint64_t)(*text - '0') * unit;
		}
	}
	if (*text == 'Z')
		text++;
	*out = ((uint64_t)days_from_date(y, mo, d) * 86400 + h * 3600u + mi * 60u + s) * 1000000000u + ns;
	return *text == '\0' && h < 24 && mi < 60 && s < 61;
}

/* One option that takes a value.  False: it is none, or the value is wrong. */
static bool take_value(struct options *o, const char *name, const char *value)
{
	uint64_t n = 0;
	bool append = strcmp(o->command, "append") == 0, read = strcmp(o->command, "read") == 0;

	if (strcmp(name, "--topic") == 0 && (append || read)) {
		o->topic = value;
		return value != NULL && strlen(value) <= EW_TOPIC_MAX_BYTES;
	}
	if (read && strcmp(name, "--cursor") == 0)
		return (o->cursor = value) != NULL;
	if (read && strcmp(name, "--from-time") == 0)
		return parse_time(value, &o->from_time);
	if (!number(value, UINT64_MAX, &n))
		return false;
	if (read && strcmp(name, "--from-seq") == 0)
		return (o->from_seq = n) > 0;
	if (read && strcmp(name, "--count") == 0)
		return (o->count = n) > 0;
	if (!append || n > UINT32_MAX)
		return false;
	if (strcmp(name, "--sync") == 0)
		return (o->sync = (uint32_t)n) > 0;
	if (strcmp(name, "--type") == 0)
		return (o->type = (uint32_t)n) <= 65535;
	if (strcmp(name, "--segment-bytes") == 0)
		return (o->segment_bytes = (uint32_t)n) > 0;
	if (strcmp(name, "--segments") == 0)
		return (o->segments = (uint32_t)n) > 0;
	return false;
}

static bool take_flag(struct options *o, const char *name)
{
	bool append = strcmp(o->command, "append") == 0, read = strcmp(o->command, "read") == 0;

	if (append && strcmp(name, "--drop-oldest") == 0)
		return o->drop_oldest = true;
	if (strcmp(name, "--json") == 0 && (read || strcmp(o->command, "stat") == 0))
		return o->json = true;
	if (read && strcmp(name, "--follow") == 0)
		return o->follow = true;
	if (strcmp(name, "--progress") == 0 && (append || strcmp(o->command, "verify") == 0))
		return o->progress = true;
	return false;
}

static bool parse(struct options *o, int argc, char **argv)
{
	static const char *const commands[] = {"append", "read", "verify", "stat"};
	bool known = false;

	*o = (struct options){.sync = 1000, .count = UINT64_MAX, .progress = isatty(STDERR_FILENO) == 1};
	if (argc < 2)
		return false;
	o->command = argv[1];
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		known |= strcmp(commands[i], o->command) == 0;
	for (int i = 2; known && i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			if (take_flag(o, argv[i]))
				continue;
			if (i + 1 >= argc || !take_value(o, argv[i], argv[i + 1])) {
				fprintf(stderr, "ew-log: %s: what is '%s'?\n", o->command, argv[i]);
				return false;
			}
			i++;
		} else if (!o->dir) {
			o->dir = argv[i];
		} else if (!o->file && strcmp(o->command, "append") == 0) {
			o->file = argv[i];
		} else {
			return false;
		}
	}
	return known && o->dir;
}

/* ---- the log ---- */

struct opened {
	struct ew_alloc alloc;
	struct ew_storage storage;
	struct ew_log *log;
};

static bool open_log(const struct options *o, bool read_only, struct opened *out)
{
	struct ew_storage_config files = {.struct_bytes = sizeof(files),
					  .block_bytes = o->segment_bytes,
					  .block_count = o->segments,
					  .read_only = read_only};
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg),
				    .sync_every = o->sync,
				    .buffer_bytes = 1u << 20,
				    .when_full = o->drop_oldest ? EW_LOG_DROP_OLDEST : EW_LOG_REJECT,
				    .read_only = read_only};
	struct ew_error err;

	out->alloc = ew_alloc_libc();
	if (ew_storage_files_open(o->dir, &files, &out->alloc, &out->storage, &err) != EW_OK) {
		fprintf(stderr, "ew-log: %s: %s\n", o->dir, err.text);
		return false;
	}
	if (ew_log_open(&out->storage, &cfg, &out->alloc, &out->log, &err) != EW_OK) {
		fprintf(stderr, "ew-log: %s: %s\n", o->dir, err.text);
		ew_storage_files_close(&out->storage);
		return false;
	}
	return true;
}

static enum ew_status close_log(struct opened *l)
{
	enum ew_status st = ew_log_close(l->log);

	ew_storage_files_close(&l->storage);
	return st;
}

/* ---- progress ---- */

struct progress {
	bool wanted;
	const char *doing;
	uint64_t done, all;
	int percent; /* told last */
	struct ew_storage inner; /* verify: whose reads are counted */
};

static void tell_progress(struct progress *p, uint64_t bytes)
{
	int percent;

	p->done += bytes;
	percent = p->all ? (int)(p->done >= p->all ? 100 : p->done * 100 / p->all) : 0;
	if (!p->wanted || p->all == 0 || percent == p->percent)
		return;
	p->percent = percent;
	fprintf(stderr, "\rew-log: %s %d %%", p->doing, percent);
}

static void end_progress(const struct progress *p)
{
	if (p->wanted && p->all)
		fputc('\n', stderr);
}

/* ---- append ---- */

struct appender {
	const struct options *o;
	struct ew_log *log;
	struct ew_ring *ring;
	uint64_t lines, too_long;
	struct progress progress;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* From the ring to the log, in batches. */
static bool drain(struct appender *a)
{
	const struct ew_event *events[BATCH];
	uint32_t n, done;

	while ((n = ew_ring_read(a->ring, events, BATCH)) > 0) {
		enum ew_status st = ew_log_append_batch(a->log, events, n, &done);

		ew_ring_release(a->ring, done);
		if (st == EW_ERR_TOOBIG) {
			a->too_long++;
			ew_ring_release(a->ring, 1);
		} else if (st != EW_OK) {
			fprintf(stderr, "ew-log: %s: %s\n", a->o->dir, ew_status_text(st));
			return false;
		}
	}
	return true;
}

static bool take_line(struct appender *a, const char *text, size_t bytes)
{
	struct ew_event e = {.time_ns = now_ns(), .content_type = (uint16_t)a->o->type,
			     .data_bytes = (uint32_t)bytes,
			     .topic_bytes = (uint16_t)(a->o->topic ? strlen(a->o->topic) : 0)};
	enum ew_status st = ew_ring_push(a->ring, &e, a->o->topic, text);

	a->lines++;
	if (st == EW_ERR_FULL) {
		if (!drain(a))
			return false;
		st = ew_ring_push(a->ring, &e, a->o->topic, text);
	}
	a->too_long += st != EW_OK;
	return true;
}

/* Reads what is there, takes its lines, and lets them out before waiting for more. */
static bool take_lines(struct appender *a, int fd)
{
	static char buf[RING_BYTES];
	size_t have = 0;
	bool too_long = false; /* in the middle of a line that does not fit */

	for (;;) {
		ssize_t n = read(fd, buf + have, sizeof(buf) - have);
		char *line = buf, *end;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fprintf(stderr, "ew-log: %s: %s\n", a->o->file ? a->o->file : "standard input",
				strerror(errno));
			return false;
		}
		if (n == 0)
			break;
		have += (size_t)n;
		tell_progress(&a->progress, (uint64_t)n);
		while ((end = memchr(line, '\n', have - (size_t)(line - buf))) != NULL) {
			if (!too_long && !take_line(a, line, (size_t)(end - line)))
				return false;
			too_long = false;
			line = end + 1;
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
		if (have == sizeof(buf)) {
			a->too_long += !too_long;
			a->lines += !too_long;
			too_long = true;
			have = 0;
		}
		if (!drain(a))
			return false;
	}
	if (have > 0 && !too_long && !take_line(a, buf, have)) /* a last line without its end */
		return false;
	return drain(a);
}

static int append(const struct options *o)
{
	struct opened l;
	struct appender a = {.o = o};
	struct ew_log_stat stat;
	struct stat info;
	int fd = o->file ? open(o->file, O_RDONLY) : STDIN_FILENO;
	void *memory = malloc(ew_ring_size(2 * RING_BYTES));
	bool ok;

	if (fd < 0 || !memory) {
		fprintf(stderr, "ew-log: %s: %s\n", o->file ? o->file : "memory", strerror(errno));
		free(memory);
		return EXIT_FAILURE;
	}
	if (!open_log(o, false, &l)) {
		free(memory);
		return EXIT_FAILURE;
	}
	ew_ring_init(memory, ew_ring_size(2 * RING_BYTES), NULL, &a.ring);
	a.log = l.log;
	a.progress = (struct progress){.wanted = o->progress, .doing = "appending", .percent = -1};
	if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
		a.progress.all = (uint64_t)info.st_size;
	ok = take_lines(&a, fd) && ew_log_sync(l.log) == EW_OK;
	end_progress(&a.progress);
	ew_log_stat(l.log, &stat);
	fprintf(stderr, "ew-log: %llu of %llu lines appended, next is %llu\n", (unsigned long long)stat.appended,
		(unsigned long long)a.lines, (unsigned long long)stat.next_seq);
	if (a.too_long > 0)
		fprintf(stderr, "ew-log: %llu lines are too long\n", (unsigned long long)a.too_long);
	if (stat.dropped_events > 0)
		fprintf(stderr, "ew-log: %llu old events dropped\n", (unsigned long long)stat.dropped_events);
	ok = close_log(&l) == EW_OK && ok && a.too_long == 0;
	free(memory);
	if (o->file)
		close(fd);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- read ---- */

/* Length of the well-formed UTF-8 sequence at p, 0 when there is none. */
static size_t utf8_bytes(const unsigned char *p, size_t left)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static bool is_text(const unsigned char *p, size_t bytes)
{
	for (size_t i = 0, n; i < bytes; i += n)
		if ((n = utf8_bytes(p + i, bytes - i)) == 0)
			return false;
	return true;
}

static void print_json_text(const unsigned char *p, size_t bytes)
{
	putchar('"');
	for (size_t i = 0; i < bytes; i++) {
		if (p[i] == '"' || p[i] == '\\')
			printf("\\%c", p[i]);
		else if (p[i] < 0x20 || p[i] == 0x7f)
			printf("\\u%04x", p[i]);
		else
			putchar(p[i]);
	}
	putchar('"');
}

static void print_base64(const unsigned char *p, size_t bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes; i += 3) {
		size_t n = bytes - i < 3 ? bytes - i : 3;
		unsigned v = (unsigned)p[i] << 16 | (n > 1 ? (unsigned)p[i + 1] << 8 : 0) | (n > 2 ? p[i + 2] : 0u);

		putchar(digits[v >> 18]);
		putchar(digits[v >> 12 & 63]);
		putchar(n > 1 ? digits[v >> 6 & 63] : '=');
		putchar(n > 2 ? digits[v & 63] : '=');
	}
}

/* "NAME":"text", or "NAME_base64":"…" when it is no text. */
static void print_json_bytes(const char *name, const void *bytes, size_t n)
{
	if (is_text(bytes, n)) {
		printf(",\"%s\":", name);
		print_json_text(bytes, n);
	} else {
		printf(",\"%s_base64\":\"", name);
		print_base64(bytes, n);
		putchar('"');
	}
}

static void print_time(uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	struct tm tm;
	char text[32];

	if (!gmtime_r(&seconds, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)(ns / 1000000000u));
	printf("%s.%09uZ", text, (unsigned)(ns % 1000000000u));
}

static void print_event(const struct ew_event *e, bool json)
{
	static const uint8_t none[EW_TRACE_ID_BYTES];

	if (!json) {
		printf("%llu ", (unsigned long long)e->seq);
		print_time(e->time_ns);
		printf(" %.*s ", e->topic_bytes ? (int)e->topic_bytes : 1, e->topic_bytes ? ew_event_topic(e) : "-");
		fwrite(ew_event_data(e), 1, e->data_bytes, stdout);
		putchar('\n');
		return;
	}
	printf("{\"seq\":%llu,\"time_ns\":%llu", (unsigned long long)e->seq, (unsigned long long)e->time_ns);
	print_json_bytes("topic", ew_event_topic(e), e->topic_bytes);
	if (e->flags)
		printf(",\"flags\":%u", (unsigned)e->flags);
	if (e->content_type)
		printf(",\"content_type\":%u", (unsigned)e->content_type);
	if (memcmp(e->trace_id, none, sizeof(none)) != 0) {
		printf(",\"trace_id\":\"");
		for (int i = 0; i < EW_TRACE_ID_BYTES; i++)
			printf("%02x", e->trace_id[i]);
		putchar('"');
	}
	print_json_bytes("data", ew_event_data(e), e->data_bytes);
	puts("}");
}

static bool wanted(const struct options *o, const struct ew_event *e)
{
	return !o->topic || (strlen(o->topic) == e->topic_bytes &&
			     memcmp(o->topic, ew_event_topic(e), e->topic_bytes) == 0);
}

static void say_damage(FILE *to, const struct ew_log_damage *d)
{
	fprintf(to, "segment %u (block %u), offset %u, %u bytes: %s", (unsigned)d->segment, (unsigned)d->block,
		(unsigned)d->offset, (unsigned)d->bytes, d->reason);
	if (d->events == 1)
		fprintf(to, "; event %llu is missing", (unsigned long long)d->first_seq);
	else if (d->events > 1)
		fprintf(to, "; events %llu to %llu are missing", (unsigned long long)d->first_seq,
			(unsigned long long)(d->first_seq + d->events - 1));
	fputc('\n', to);
}

static bool print_events(const struct options *o, struct ew_log_reader *rd)
{
	uint64_t printed = 0;
	bool ok = true;

	while (printed < o->count && !ferror(stdout)) {
		const struct ew_event *e;
		enum ew_status st = ew_log_read(rd, &e);

		if (st == EW_ERR_EMPTY) {
			if (!o->follow)
				break;
			fflush(stdout);
			nanosleep(&(struct timespec){0, 100000000}, NULL);
		} else if (st == EW_ERR_CORRUPT) {
			fputs("ew-log: ", stderr);
			say_damage(stderr, ew_log_reader_damage(rd));
			ok = false;
		} else if (st != EW_OK) {
			fprintf(stderr, "ew-log: %s: %s\n", o->dir, ew_status_text(st));
			ok = false;
			if (st != EW_ERR_TOOBIG)
				break;
		} else if (wanted(o, e)) {
			print_event(e, o->json);
			printed++;
		}
	}
	return ok && fflush(stdout) == 0;
}

static int read_log(const struct options *o)
{
	struct ew_log_reader *rd;
	enum ew_status st;
	struct opened l;
	uint64_t from = o->from_seq;
	bool ok = false;

	if (!open_log(o, true, &l))
		return EXIT_FAILURE;
	st = ew_log_reader_create(l.log, &rd);
	if (st == EW_OK) {
		if (o->cursor)
			st = ew_log_cursor_get(l.log, o->cursor, &from);
		if (st == EW_OK && o->from_time)
			st = ew_log_seek_time(rd, o->from_time);
		else if (st == EW_OK && from)
			st = ew_log_seek_seq(rd, from);
		if (st == EW_OK)
			ok = print_events(o, rd);
		ew_log_reader_destroy(rd);
	}
	if (st != EW_OK)
		fprintf(stderr, "ew-log: %s: %s\n", o->dir, ew_status_text(st));
	close_log(&l);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- verify and stat ---- */

static void on_damage(void *ctx, const struct ew_log_damage *d)
{
	(void)ctx;
	say_damage(stdout, d);
}

static enum ew_status counted_read(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes)
{
	struct progress *p = ctx;

	tell_progress(p, bytes);
	return p->inner.read(p->inner.ctx, block, at, out, bytes);
}

/* A log on the same files, whose reads are counted.  It is open for reading, so that is all it calls. */
static enum ew_status verify_slowly(const struct options *o, struct opened *l, struct ew_log_report *report)
{
	struct ew_log_config cfg = {.struct_bytes = sizeof(cfg), .buffer_bytes = 1u << 20, .read_only = true};
	struct progress p = {.wanted = o->progress, .doing = "verifying", .percent = -1, .inner = l->storage};
	struct ew_storage counted = l->storage;
	struct ew_log_stat stat;
	struct ew_log *log;
	enum ew_status st;

	ew_log_stat(l->log, &stat);
	counted.ctx = &p;
	counted.read = counted_read;
	st = ew_log_open(&counted, &cfg, &l->alloc, &log, NULL);
	if (st != EW_OK)
		return st;
	p.done = 0;
	p.all = stat.bytes;
	st = ew_log_verify(log, on_damage, NULL, report);
	end_progress(&p);
	ew_log_close(log);
	return st;
}

static int verify(const struct options *o)
{
	struct ew_log_report r;
	enum ew_status st;
	struct opened l;

	if (!open_log(o, true, &l))
		return EXIT_FAILURE;
	st = verify_slowly(o, &l, &r);
	close_log(&l);
	if (st != EW_OK && st != EW_ERR_CORRUPT) {
		fprintf(stderr, "ew-log: %s: %s\n", o->dir, ew_status_text(st));
		return EXIT_FAILURE;
	}
	printf("%llu events whole (%llu to %llu), %llu bytes in %u segments\n", (unsigned long long)r.events,
	       (unsigned long long)r.first_seq, (unsigned long long)r.last_seq, (unsigned long long)r.bytes,
	       (unsigned)r.segments);
	if (r.torn_bytes > 0)
		printf("%llu bytes of torn writes, in which nothing is missing\n", (unsigned long long)r.torn_bytes);
	if (r.clock_steps > 0)
		printf("%llu times the clock stepped back\n", (unsigned long long)r.clock_steps);
	if (st == EW_ERR_CORRUPT)
		printf("DAMAGED: %llu events missing, %llu bytes\n", (unsigned long long)r.missing_events,
		       (unsigned long long)r.damaged_bytes);
	else
		puts("ok");
	return st == EW_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int stat_log(const struct options *o)
{
	struct ew_log_stat s;
	const char *name;
	uint64_t next;
	struct opened l;

	if (!open_log(o, true, &l))
		return EXIT_FAILURE;
	ew_log_stat(l.log, &s);
	if (o->json) {
		printf("{\"first_seq\":%llu,\"next_seq\":%llu,\"first_time_ns\":%llu,\"last_time_ns\":%llu,",
		       (unsigned long long)s.first_seq, (unsigned long long)s.next_seq,
		       (unsigned long long)s.first_time_ns, (unsigned long long)s.last_time_ns);
		printf("\"segments\":%u,\"bytes\":%llu,\"capacity_bytes\":%llu,\"torn_bytes\":%llu,\"cursors\":{",
		       (unsigned)s.segments, (unsigned long long)s.bytes, (unsigned long long)s.capacity_bytes,
		       (unsigned long long)s.torn_bytes);
		for (uint32_t i = 0; ew_log_cursor_at(l.log, i, &name, &next) == EW_OK; i++) {
			if (i > 0)
				putchar(',');
			print_json_text((const unsigned char *)name, strlen(name));
			printf(":%llu", (unsigned long long)next);
		}
		puts("}}");
	} else {
		printf("events    %llu", (unsigned long long)(s.next_seq - s.first_seq));
		if (s.next_seq > s.first_seq) {
			printf(" (%llu to %llu)\nfrom      ", (unsigned long long)s.first_seq,
			       (unsigned long long)(s.next_seq - 1));
			print_time(s.first_time_ns);
			printf("\nto        ");
			print_time(s.last_time_ns);
		}
		printf("\nsegments  %u of %u, %u bytes each\n", (unsigned)s.segments,
		       (unsigned)l.storage.block_count, (unsigned)l.storage.block_bytes);
		printf("bytes     %llu of %llu\n", (unsigned long long)s.bytes, (unsigned long long)s.capacity_bytes);
		printf("torn      %llu bytes at the end\n", (unsigned long long)s.torn_bytes);
		for (uint32_t i = 0; ew_log_cursor_at(l.log, i, &name, &next) == EW_OK; i++)
			printf("cursor    %s: next is %llu\n", name, (unsigned long long)next);
	}
	close_log(&l);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct options o;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage_text, stdout);
		return EXIT_SUCCESS;
	}
	if (!parse(&o, argc, argv)) {
		fputs(usage_text, stderr);
		return EXIT_USAGE;
	}
	switch (o.command[0]) {
	case 'a': return append(&o);
	case 'r': return read_log(&o);
	case 'v': return verify(&o);
	default: return stat_log(&o);
	}
}
