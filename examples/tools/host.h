/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * host.h - what a command-line program offers a guest: the machine's clocks and entropy, its own
 * standard streams, metrics in memory, log lines on stderr, events on stdout.
 */
#ifndef TOOLS_HOST_H
#define TOOLS_HOST_H

#include "edgewasm/abi.h"

struct host_metric {
	char *name;
	uint32_t kind; /* as in guest.h: counter, gauge, histogram */
	int64_t sum;
	uint64_t records;
	double last, min, max;
};

#define HOST_METRICS_MAX 256

struct host {
	struct host_metric metrics[HOST_METRICS_MAX];
	uint32_t metric_count;
};

/* The callbacks; their user pointer is a struct host, zeroed at first. */
extern const struct ew_abi_host host_services;
void host_deinit(struct host *h);
/* A line for each metric on stderr. */
void host_print_metrics(const struct host *h);
/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t host_now_ns(void);

#endif
