/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * source.h - where windows come from: the simulated fleet, or files.  Says
 * what arrives and when; leaves waiting for that time to others.
 *
 * Simulated machines report once in a period, each at a moment of its own, so
 * that arrivals are as irregular as those of machines that know nothing of
 * each other.
 */
#ifndef FLEET_SOURCE_H
#define FLEET_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "sim.h"

struct source;

struct source_window {
	uint64_t ordinal;	/* 0, 1, 2 ... */
	uint64_t due_ns;	/* from the start; 0 with rate 0 */
	uint32_t machine, window;
	const char *topic;
	uint32_t topic_bytes;
	const uint8_t *bytes;	/* borrowed until source_take */
	uint32_t size;
};

/* source_create - raw_bytes is the size of the model's input, for files that
 * are no records of window.h.  On failure says why and returns NULL. */
struct source *source_create(const struct fleet_options *opt, uint32_t raw_bytes);
void source_destroy(struct source *s);

/* source_peek - makes the next window if that is not done yet; false at the
 * end.  source_take goes on to the one after it. */
bool source_peek(struct source *s, struct source_window *out);
void source_take(struct source *s);
/* source_ahead - makes one more before it is asked for; false: no room, or
 * all are made.  With --ahead source_create has made all of them. */
bool source_ahead(struct source *s);

/* source_rewind - begins again: the same windows. */
void source_rewind(struct source *s);

uint64_t source_total(const struct source *s);
/* Windows from files are the model's input itself. */
bool source_is_raw(const struct source *s);
/* The simulated fleet, or NULL. */
struct fleet_sim *source_sim(struct source *s);
/* The file that a "machine" is. */
const char *source_file(const struct source *s, uint32_t machine);

/* source_read_file - a whole file, for free(); says why when it returns NULL. */
uint8_t *source_read_file(const char *path, size_t *size);

#endif
