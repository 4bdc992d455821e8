/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * watch.h - a guest looked at while it runs: every instruction as a line, and where its fuel goes.
 *
 *	struct watch w = {.trace = stderr, .profile = true};
 *
 *	watch_begin(&w, exec);    before each call; the module must have been loaded with EW_MODULE_OBSERVE
 *	status = ew_call(...);
 *	watch_end(&w, exec);      behind it
 *	watch_report(&w, stderr);
 *	watch_deinit(&w);
 */
#ifndef TOOLS_WATCH_H
#define TOOLS_WATCH_H

#include <stdbool.h>
#include <stdio.h>
#include "edgewasm/debug.h"

/* Call chains are told apart down to here; what is called deeper counts as called from the last. */
#define WATCH_DEPTH 256

/* One function as called through one chain of callers. */
struct watch_node {
	const struct ew_module *module;
	uint32_t func, parent, first_child, next_sibling; /* WATCH_NONE: none */
	uint64_t self, total; /* fuel; total is filled by the report */
};

struct watch {
	FILE *trace;  /* a line for each instruction goes there, unless NULL */
	bool profile; /* count fuel by chain of callers */
	bool failed;  /* no memory to count with */

	struct watch_node *nodes; /* callers before what they call */
	uint32_t node_count, node_cap, first_root;
	uint32_t stack[WATCH_DEPTH], stack_len;
	uint32_t current; /* the node that runs */
	int64_t fuel;	  /* when it was charged last */
	uint64_t sum;	  /* of all that was charged */
};

void watch_begin(struct watch *w, struct ew_exec *exec);
void watch_end(struct watch *w, struct ew_exec *exec);

/*
 * "profile: 5001 fuel in 2 functions" and a line for each, by its own fuel:
 *	own fuel, share, fuel with all it called, share, name
 */
void watch_report(struct watch *w, FILE *to);
/* "main;fib;fib 120", a line for each chain of callers that used fuel: what flame-graph tools read. */
void watch_folded(const struct watch *w, FILE *to);
void watch_deinit(struct watch *w);

#endif
