/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * options.h - what the user of the gateway program asked for.
 */
#ifndef FLEET_OPTIONS_H
#define FLEET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define FLEET_TENANTS_MAX 32u

struct fleet_options {
	const char *model, *guest;
	const char *verdicts;	/* file to write every verdict to, or NULL */
	char **data;		/* files of windows instead of the simulator */
	int data_count;
	uint32_t machines;
	uint32_t rate;		/* windows a second; 0: as fast as they are judged */
	double seconds;
	uint64_t seed;
	uint32_t tenants;	/* functions that share the machines; 1 */
	const char *hostile_tenant;	/* what the last one's function does, or NULL */
	uint32_t faults;	/* 0: one for each 200 machines */
	bool rate_given, threshold_given;
	float threshold;
	const char *journal;	/* folder of the durable record, or NULL */
	bool hostile, check, split, quiet, json, ahead, story;
};

/* options_parse - 0, or the exit status when there is nothing to run (a
 * message has been printed).  argv is reordered. */
int options_parse(struct fleet_options *opt, int argc, char **argv);

#define OPTIONS_RUN (-1)

#endif
