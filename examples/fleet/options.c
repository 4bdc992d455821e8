/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * options.c - the command line of build/fleet.
 */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway.h"

static const char usage[] =
	"usage: fleet [OPTION]... [--data FILE...]\n"
	"A gateway that judges the sensor windows of a fleet of machines by a sandboxed\n"
	"function and an int8 model, and prints alerts as JSON lines.\n"
	"\n"
	"  --model FILE     .tflite autoencoder (build/vibration.tflite)\n"
	"  --guest FILE     function module (examples/fleet/vibration.wasm; guest_raw.wasm beside\n"
	"                   it for --data that are the model's own inputs)\n"
	"  --machines N     simulated machines (10000)\n"
	"  --rate N         windows a second over all machines (one for each machine); 0: as\n"
	"                   fast as possible\n"
	"  --seconds N      how long (20)\n"
	"  --faults N       machines that fail during the run (one in 200)\n"
	"  --seed N         of the simulation (42)\n"
	"  --data FILE...   judge these windows instead: records of window.h, or raw inputs of\n"
	"                   the model, one after the other\n"
	"  --threshold X    instead of the model's own\n"
	"  --hostile        run hostile functions among the good one\n"
	"  --tenants N      as many functions, of one tenant each, share the machines (1)\n"
	"  --hostile-tenant WHAT\n"
	"                   the last tenant's function means harm: loop, recurse, grow, pointer,\n"
	"                   trap or flood\n"
	"  --ahead          make all windows before the run begins: for timing\n"
	"  --journal DIR    record everything in DIR, send alerts from there, and let it all happen\n"
	"                   again at the end\n"
	"  --story          in mid-run: the function's next version on trial, a new model, and an\n"
	"                   uplink that is away for a simulated hour\n"
	"  --verdicts FILE  write every verdict\n"
	"  --check          compute every verdict natively as well, and compare\n"
	"  --split          measure afterwards where the time of a judgement goes\n"
	"  --quiet          no progress and no alerts, only the summary\n"
	"  --json           the summary as one JSON line on standard output\n";

static bool whole(const char *text, uint64_t lo, uint64_t hi, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && end != text && *end == 0 && *text != '-' && *out >= lo && *out <= hi;
}

static bool real(const char *text, double lo, double hi, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == 0 && *out >= lo && *out <= hi;
}

static bool flag(struct fleet_options *opt, const char *name)
{
	if (!strcmp(name, "--hostile"))
		opt->hostile = true;
	else if (!strcmp(name, "--check"))
		opt->check = true;
	else if (!strcmp(name, "--split"))
		opt->split = true;
	else if (!strcmp(name, "--quiet"))
		opt->quiet = true;
	else if (!strcmp(name, "--json"))
		opt->json = true;
	else if (!strcmp(name, "--ahead"))
		opt->ahead = true;
	else if (!strcmp(name, "--story"))
		opt->story = true;
	else
		return false;
	return true;
}

static bool valued(struct fleet_options *opt, const char *name, const char *value)
{
	uint64_t n = 0;
	double x = 0.0;

	if (!strcmp(name, "--model")) {
		opt->model = value;
	} else if (!strcmp(name, "--guest")) {
		opt->guest = value;
	} else if (!strcmp(name, "--verdicts")) {
		opt->verdicts = value;
	} else if (!strcmp(name, "--journal")) {
		opt->journal = value;
	} else if (!strcmp(name, "--hostile-tenant") && gateway_is_hostile(value)) {
		opt->hostile_tenant = value;
	} else if (!strcmp(name, "--tenants") && whole(value, 1, FLEET_TENANTS_MAX, &n)) {
		opt->tenants = (uint32_t)n;
	} else if (!strcmp(name, "--machines") && whole(value, 1, 1000000, &n)) {
		opt->machines = (uint32_t)n;
	} else if (!strcmp(name, "--rate") && whole(value, 0, 10000000, &n)) {
		opt->rate = (uint32_t)n;
		opt->rate_given = true;
	} else if (!strcmp(name, "--seconds") && real(value, 0.001, 1e6, &x)) {
		opt->seconds = x;
	} else if (!strcmp(name, "--seed") && whole(value, 0, UINT64_MAX, &n)) {
		opt->seed = n;
	} else if (!strcmp(name, "--faults") && whole(value, 0, 1000000, &n)) {
		opt->faults = (uint32_t)n;
	} else if (!strcmp(name, "--threshold") && real(value, 0.0, 1e30, &x)) {
		opt->threshold = (float)x;
		opt->threshold_given = true;
	} else {
		return false;
	}
	return true;
}

static int complain(const char *what, const char *which)
{
	fprintf(stderr, "fleet: %s%s; fleet --help lists the options\n", what, which);
	return 2;
}

/* Defaults that depend on other options. */
static void settle(struct fleet_options *opt)
{
	if (!opt->rate_given)
		opt->rate = opt->data_count ? 0 : opt->machines;
	if (opt->faults == UINT32_MAX)
		opt->faults = (opt->machines + 199) / 200;
}

int options_parse(struct fleet_options *opt, int argc, char **argv)
{
	memset(opt, 0, sizeof(*opt));
	opt->model = "build/vibration.tflite";
	opt->machines = 10000;
	opt->tenants = 1;
	opt->seconds = 20.0;
	opt->seed = 42;
	opt->faults = UINT32_MAX;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help")) {
			fputs(usage, stdout);
			return 0;
		}
		if (flag(opt, argv[i]))
			continue;
		if (!strcmp(argv[i], "--data")) {
			if (opt->data_count)
				return complain("--data is given twice", "");
			opt->data = argv + i + 1;
			while (i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0) {
				opt->data_count++;
				i++;
			}
			if (!opt->data_count)
				return complain("--data needs a file", "");
			continue;
		}
		if (i + 1 == argc || !valued(opt, argv[i], argv[i + 1]))
			return complain("not understood: ", argv[i]);
		i++;
	}
	settle(opt);
	if (opt->faults > opt->machines)
		return complain("more faults than machines", "");
	if (opt->story && !opt->journal)
		return complain("--story needs --journal", "");
	if ((opt->story || opt->tenants > 1) && opt->data_count)
		return complain("--story and --tenants are for simulated machines", "");
	if (opt->hostile_tenant && (opt->tenants < 2 || opt->hostile))
		return complain("--hostile-tenant needs --tenants 2 or more, and no --hostile", "");
	return OPTIONS_RUN;
}
