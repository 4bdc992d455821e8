/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * audit.c - after the run: how good was it?  Machines that were given a fault
 * are simulated again and judged natively, to know in which window the score
 * crosses the threshold; with --check every window is.
 */
#include "strict_float.h"

#include <stdlib.h>
#include <string.h>

#include "native.h"
#include "run.h"

static int by_machine(const void *a, const void *b)
{
	const struct run_alert *x = a, *y = b;

	if (x->machine != y->machine)
		return x->machine < y->machine ? -1 : 1;
	return (x->window > y->window) - (x->window < y->window);
}

static void count_alerts(const struct run *r, const struct fleet_sim *sim, struct audit *out)
{
	for (uint64_t i = 0; i < r->alert_count; i++) {
		const struct run_alert *a = &r->alerts[i];

		if (fleet_fault_wear(fleet_sim_fault(sim, a->machine), a->window))
			out->true_alerts++;
		else
			out->false_alerts++;
	}
}

/* The first alert of a machine at or after a window, in sorted alerts. */
static const struct run_alert *first_alert(const struct run *r, uint32_t machine,
					   uint32_t window)
{
	uint64_t lo = 0, hi = r->alert_count;

	while (lo < hi) {
		const uint64_t mid = lo + (hi - lo) / 2;
		const struct run_alert key = { machine, window };

		if (by_machine(&r->alerts[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->alert_count && r->alerts[lo].machine == machine ? &r->alerts[lo] : NULL;
}

/* Machines report in a fixed order, so a machine's windows have ordinals
 * place, place + machines, ... */
static void audit_fault(struct run *r, struct native *n, const struct fleet_fault *f,
			const uint32_t *place, struct audit *out)
{
	struct fleet_sim *sim = source_sim(r->source);
	const struct run_alert *a = first_alert(r, f->machine, f->start);
	uint8_t window[FLEET_WINDOW_BYTES];
	uint64_t ordinal = place[f->machine];

	/* a run that was stopped has not met the later faults */
	if (run_is_hostile(r, f->machine) ||
	    ordinal + (uint64_t)f->start * r->opt.machines >= r->offered)
		return;
	out->faults++;
	if (a) {
		out->found++;
		if (a->window <= f->end)
			out->before_failure++;
	}
	fleet_sim_rewind(sim, f->machine);
	for (; ordinal < r->offered; ordinal += r->opt.machines) {
		const uint32_t k = fleet_sim_window(sim, f->machine, window);
		struct fleet_score s;

		if (k < f->start || r->lost[ordinal] ||
		    !native_judge(n, window, sizeof(window), false, &s) ||
		    !(s.score > n->threshold))
			continue;
		out->crossings++;
		if (a && a->window == k)
			out->in_crossing_window++;
		return;
	}
}

static bool audit_faults(struct run *r, struct native *n, struct audit *out)
{
	struct fleet_sim *sim = source_sim(r->source);
	uint32_t *place = calloc(r->opt.machines, sizeof(*place));
	uint32_t fault_count;
	const struct fleet_fault *faults = fleet_sim_faults(sim, &fault_count);
	struct source_window w;

	if (!place)
		return false;
	source_rewind(r->source);
	for (uint32_t i = 0; i < r->opt.machines && source_peek(r->source, &w); i++) {
		place[w.machine] = i;
		source_take(r->source);
	}
	if (r->alert_count)
		qsort(r->alerts, r->alert_count, sizeof(*r->alerts), by_machine);
	count_alerts(r, sim, out);
	for (uint32_t i = 0; i < fault_count; i++)
		audit_fault(r, n, &faults[i], place, out);
	free(place);
	return true;
}

static void audit_verdicts(struct run *r, struct native *n, struct audit *out)
{
	struct source_window w;

	source_rewind(r->source);
	for (; source_peek(r->source, &w); source_take(r->source)) {
		struct fleet_score s;

		if (w.ordinal >= r->offered || r->lost[w.ordinal])
			continue;
		out->compared++;
		if (!native_judge(n, w.bytes, w.size, source_is_raw(r->source), &s) ||
		    fleet_float_bits(s.score) != r->scores[w.ordinal])
			out->differ++;
	}
}

bool audit_run(struct run *r, struct audit *out)
{
	struct native n;
	bool ok = true;

	memset(out, 0, sizeof(*out));
	if (!native_open(&n, gateway_model(r->gateway)))
		return false;
	if (r->scores)
		audit_verdicts(r, &n, out);
	if (source_sim(r->source))
		ok = audit_faults(r, &n, out);
	native_close(&n);
	return ok;
}
