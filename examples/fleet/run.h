/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * run.h - what a run of the gateway has seen so far: counted by fleet.c, told
 * by report.c, compared with the truth by audit.c.
 */
#ifndef FLEET_RUN_H
#define FLEET_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "gateway.h"
#include "hist.h"
#include "keep.h"
#include "options.h"
#include "source.h"
#include "split.h"

struct run_alert {
	uint32_t machine, window;
};

struct run {
	struct fleet_options opt;
	struct source *source;
	struct gateway *gateway;
	FILE *verdicts;

	uint64_t start_ns, end_ns, busy_ns;
	uint64_t offered, judged;	/* windows; hostile events apart */
	uint64_t dropped_full;		/* windows that found the ring full */
	uint64_t hostile_offered;	/* for functions that mean harm */
	uint64_t bytes_in, bytes_sent;
	struct hist latency;		/* ns from arrival to verdict */

	struct run_alert *alerts;	/* in order */
	uint64_t alert_count, alert_cap;
	uint32_t *scores;		/* float bits by ordinal, with --check */
	uint8_t *lost;			/* by ordinal: never judged; for the audit */
	struct split split;		/* with --split */

	/* --story: how many windows had arrived when each thing happened */
	bool next_asked;
	uint64_t tried_at, model_at, away_at, back_at;
	/* --journal, after the end */
	struct keep_figures keep;
	struct ew_replay_report replay;
	bool replayed;
	uint64_t replay_ns;
	/* the library's memory when the first window came and after the last */
	struct gateway_memory memory_begin, memory_end;

	/* the library's figures at the end of the run */
	struct ew_function_stats judge;
	struct ew_ring_stat ring;
	struct ew_node_stats node;
};

/* Does the machine belong to a tenant that means harm?  Its windows are judged
 * by nobody, and count nowhere else. */
static inline bool run_is_hostile(const struct run *r, uint32_t machine)
{
	return r->opt.hostile_tenant && machine % r->opt.tenants == r->opt.tenants - 1;
}

/* What audit_faults and audit_verdicts find. */
struct audit {
	uint32_t faults, found, before_failure;	/* begun; alerted; in time */
	uint64_t true_alerts, false_alerts;
	/* faults whose native score crosses the threshold, and those of them
	 * alerted in that very window */
	uint32_t crossings, in_crossing_window;
	uint64_t compared, differ;	/* verdicts against native ones */
};

/* audit_run - compares alerts with the injected faults and with native
 * judgements.  Rewinds the source.  False when memory is short. */
bool audit_run(struct run *r, struct audit *out);

/* One alert as a JSON line: its bytes, in text. */
int report_alert(char *text, size_t size, const struct run *r, const struct gateway_verdict *v,
		 uint32_t machine, uint32_t window, uint64_t latency_ns);
/* Progress so far, on stderr. */
void report_progress(const struct run *r, uint64_t now_ns, bool tty);
void report_banner(const struct run *r);
void report_summary(const struct run *r, const struct audit *a);
void report_json(const struct run *r, const struct audit *a);

#endif
