/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * source.c - see source.h.
 */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES ((size_t)1 << 30)
#define SOURCE_TOPIC_BYTES 48
#define AHEAD_WINDOWS 256u	/* what source_ahead makes beforehand at most, but with --ahead */

struct file {
	const char *path;
	uint8_t *bytes;
	uint32_t windows;
};

/* A window that nobody has taken yet. */
struct made {
	struct source_window at;
	char topic[SOURCE_TOPIC_BYTES];
	uint8_t bytes[FLEET_WINDOW_BYTES];
};

struct source {
	/* the simulator, and its machines in the order in which they report */
	struct fleet_sim *sim;
	uint32_t *order;
	uint32_t machines;
	/* or files */
	struct file *files;
	uint32_t file_count, at_file, at_window;
	uint32_t raw_bytes;	/* 0: records of window.h */

	uint64_t total, period_ns, gap_ns;
	uint64_t taken, ordinal;	/* windows; of the next one to be made */
	uint32_t tenants;
	struct made *made;	/* window n, taken <= n < ordinal, at n % room */
	uint64_t room;
};

uint8_t *source_read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = NULL;
	size_t cap = 0, n = 0;

	while (f && !ferror(f) && !feof(f) && n < FILE_MAX_BYTES) {
		if (n == cap) {
			uint8_t *more = realloc(bytes, 2 * cap + 65536);

			if (!more)
				break;
			bytes = more;
			cap = 2 * cap + 65536;
		}
		n += fread(bytes + n, 1, cap - n, f);
	}
	if (!f || ferror(f) || !feof(f)) {
		fprintf(stderr, "fleet: %s: %s\n", path,
			!f || ferror(f) ? strerror(errno) : "too large");
		free(bytes);
		bytes = NULL;
	}
	if (f)
		fclose(f);
	*size = bytes ? n : 0;
	return bytes;
}

/* ---- the simulator ---- */

struct slot {
	uint32_t phase, machine;
};

static int by_phase(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	return x->machine < y->machine ? -1 : 1;
}

static bool open_sim(struct source *s, const struct fleet_options *opt)
{
	const double windows = opt->seconds *
			       (opt->rate ? (double)opt->rate : (double)opt->machines);
	struct fleet_sim_config config = { .machines = opt->machines, .faults = opt->faults,
					   .seed = opt->seed };
	struct slot *slots = calloc(opt->machines, sizeof(*slots));

	s->machines = opt->machines;
	s->total = (uint64_t)(windows + 0.5);
	if (s->total < 1)
		s->total = 1;
	config.windows = (uint32_t)((s->total + s->machines - 1) / s->machines);
	if (opt->rate)
		s->period_ns = (uint64_t)(1e9 * opt->machines / opt->rate);
	s->sim = fleet_sim_create(&config);
	s->order = calloc(s->machines, sizeof(*s->order));
	if (!slots || !s->sim || !s->order) {
		fputs("fleet: out of memory\n", stderr);
		free(slots);
		return false;
	}
	for (uint32_t i = 0; i < s->machines; i++)
		slots[i] = (struct slot){ fleet_sim_phase(s->sim, i), i };
	qsort(slots, s->machines, sizeof(*slots), by_phase);
	for (uint32_t i = 0; i < s->machines; i++)
		s->order[i] = slots[i].machine;
	free(slots);
	return true;
}

static void make_simulated(struct source *s, struct made *m)
{
	const uint64_t round = s->ordinal / s->machines;
	const uint32_t machine = s->order[s->ordinal % s->machines];

	m->at.due_ns = round * s->period_ns +
		       ((s->period_ns >> 16) * (fleet_sim_phase(s->sim, machine) >> 16));
	m->at.machine = machine;
	m->at.window = fleet_sim_window(s->sim, machine, m->bytes);
	m->at.bytes = m->bytes;
	m->at.size = FLEET_WINDOW_BYTES;
	if (s->tenants > 1)
		m->at.topic_bytes = (uint32_t)snprintf(m->topic, sizeof(m->topic),
						       "tenant%02u/%06u/window",
						       (unsigned)(machine % s->tenants),
						       (unsigned)machine);
	else
		m->at.topic_bytes = (uint32_t)snprintf(m->topic, sizeof(m->topic),
						       "spindle/%06u/window", (unsigned)machine);
}

/* ---- files ---- */

/* All files must be of one kind; the first decides. */
static bool open_file(struct source *s, struct file *file, uint32_t raw_bytes, bool first)
{
	size_t size;
	bool record;
	uint32_t unit;

	file->bytes = source_read_file(file->path, &size);
	if (!file->bytes)
		return false;
	record = size >= FLEET_WINDOW_BYTES && size % FLEET_WINDOW_BYTES == 0 &&
		 fleet_get16(file->bytes) == FLEET_MAGIC;
	if (first)
		s->raw_bytes = record ? 0 : raw_bytes;
	unit = s->raw_bytes ? s->raw_bytes : FLEET_WINDOW_BYTES;
	if (size == 0 || size % unit != 0 || (!s->raw_bytes && !record)) {
		fprintf(stderr, "fleet: %s: %zu bytes are not a whole number of windows of %u bytes\n",
			file->path, size, (unsigned)unit);
		return false;
	}
	file->windows = (uint32_t)(size / unit);
	s->total += file->windows;
	return true;
}

static bool open_files(struct source *s, const struct fleet_options *opt, uint32_t raw_bytes)
{
	s->file_count = (uint32_t)opt->data_count;
	s->files = calloc(s->file_count, sizeof(*s->files));
	if (!s->files) {
		fputs("fleet: out of memory\n", stderr);
		return false;
	}
	for (uint32_t i = 0; i < s->file_count; i++) {
		s->files[i].path = opt->data[i];
		if (!open_file(s, &s->files[i], raw_bytes, i == 0))
			return false;
	}
	if (opt->rate) {
		s->gap_ns = 1000000000u / opt->rate;
		s->total = (uint64_t)(opt->seconds * opt->rate) + 1;
	}
	return true;
}

static void make_from_file(struct source *s, struct made *m)
{
	const struct file *file = &s->files[s->at_file];
	const uint32_t unit = s->raw_bytes ? s->raw_bytes : FLEET_WINDOW_BYTES;

	m->at.due_ns = s->ordinal * s->gap_ns;
	m->at.bytes = file->bytes + (size_t)s->at_window * unit;
	m->at.size = unit;
	m->at.machine = s->raw_bytes ? s->at_file : fleet_get32(m->at.bytes + 4);
	m->at.window = s->raw_bytes ? s->at_window : fleet_get32(m->at.bytes + 8);
	m->at.topic_bytes = (uint32_t)snprintf(m->topic, sizeof(m->topic), "%s/%06u/window",
					       s->raw_bytes ? "raw" : "spindle",
					       (unsigned)m->at.machine);
	if (++s->at_window == file->windows) {
		s->at_window = 0;
		s->at_file = (s->at_file + 1) % s->file_count;
	}
}

/* ---- either ---- */

struct source *source_create(const struct fleet_options *opt, uint32_t raw_bytes)
{
	struct source *s = calloc(1, sizeof(*s));
	bool ok;

	if (!s) {
		fputs("fleet: out of memory\n", stderr);
		return NULL;
	}
	s->tenants = opt->tenants;
	ok = opt->data_count ? open_files(s, opt, raw_bytes) : open_sim(s, opt);
	s->room = opt->ahead && s->total > AHEAD_WINDOWS ? s->total : AHEAD_WINDOWS;
	s->made = ok ? calloc(s->room, sizeof(*s->made)) : NULL;
	if (!s->made) {
		if (ok)
			fputs("fleet: out of memory\n", stderr);
		source_destroy(s);
		return NULL;
	}
	while (opt->ahead && source_ahead(s))
		;
	return s;
}

void source_destroy(struct source *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; s->files && i < s->file_count; i++)
		free(s->files[i].bytes);
	free(s->files);
	free(s->made);
	free(s->order);
	fleet_sim_destroy(s->sim);
	free(s);
}

bool source_ahead(struct source *s)
{
	struct made *m = &s->made[s->ordinal % s->room];

	if (s->ordinal == s->total || s->ordinal - s->taken == s->room)
		return false;
	m->at.ordinal = s->ordinal;
	m->at.topic = m->topic;
	if (s->sim)
		make_simulated(s, m);
	else
		make_from_file(s, m);
	s->ordinal++;
	return true;
}

bool source_peek(struct source *s, struct source_window *out)
{
	if (s->taken == s->ordinal && !source_ahead(s))
		return false;
	*out = s->made[s->taken % s->room].at;
	return true;
}

void source_take(struct source *s)
{
	s->taken++;
}

void source_rewind(struct source *s)
{
	s->taken = s->ordinal = 0;
	s->at_file = s->at_window = 0;
	for (uint32_t i = 0; s->sim && i < s->machines; i++)
		fleet_sim_rewind(s->sim, i);
}

uint64_t source_total(const struct source *s)
{
	return s->total;
}

bool source_is_raw(const struct source *s)
{
	return s->raw_bytes != 0;
}

struct fleet_sim *source_sim(struct source *s)
{
	return s->sim;
}

const char *source_file(const struct source *s, uint32_t machine)
{
	return s->files && machine < s->file_count ? s->files[machine].path : "";
}
