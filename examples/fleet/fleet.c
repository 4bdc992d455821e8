/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * fleet.c - the gateway program: one thread that lets windows arrive when
 * their time has come, and otherwise steps the node.  The library reads no
 * clock; this file does.
 *
 * Windows are made ahead of time, while the gateway has nothing to do: the
 * machines' work is not the gateway's.  A latency counts from the moment at
 * which the window was due, not from when the loop got round to it.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "run.h"
#include "vib_features.h"

#define FLIGHTS 8192u		/* more than the ring can hold */
#define HOSTILE_EVERY 100u	/* windows between two hostile events */
#define SLEEP_NS 120000u	/* less is not worth giving the core away */
#define PROGRESS_NS 1000000000u

/* What is in the ring, in its order. */
struct flight {
	uint64_t ordinal, arrival_ns;
	uint32_t machine, window;
	bool hostile;
};

struct flights {
	struct flight at[FLIGHTS];
	uint32_t first, count;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

/* ---- arrival ---- */

static bool push(struct run *r, struct flights *fl, const struct source_window *w,
		 uint64_t arrival_ns, int hostile)
{
	struct flight *f = &fl->at[(fl->first + fl->count) % FLIGHTS];
	const bool harm = hostile >= 0 || run_is_hostile(r, w->machine);

	if (fl->count == FLIGHTS ||
	    !gateway_offer(r->gateway, w->ordinal, arrival_ns, w->topic, w->topic_bytes, w->bytes,
			   w->size, hostile))
		return false;
	*f = (struct flight){ w->ordinal, arrival_ns, w->machine, w->window, harm };
	fl->count++;
	return true;
}

/* One window, and now and then something for a hostile function. */
static void arrive(struct run *r, struct flights *fl, const struct source_window *w,
		   uint64_t arrival_ns)
{
	r->offered++;
	if (run_is_hostile(r, w->machine)) {
		r->lost[w->ordinal] = 1; /* nobody judges it */
		r->hostile_offered += push(r, fl, w, arrival_ns, -1);
		return;
	}
	if (push(r, fl, w, arrival_ns, -1)) {
		r->bytes_in += w->topic_bytes + w->size;
	} else {
		r->dropped_full++;
		r->lost[w->ordinal] = 1;
	}
	if (r->opt.hostile && w->ordinal % HOSTILE_EVERY == 0) {
		const uint64_t turn = w->ordinal / HOSTILE_EVERY;

		/* the last one was refused and has no route */
		if (push(r, fl, w, arrival_ns, (int)(turn % (GATEWAY_HOSTILE - 1))))
			r->hostile_offered++;
	}
}

/* ---- verdict ---- */

static bool remember_alert(struct run *r, uint32_t machine, uint32_t window)
{
	if (r->alert_count == r->alert_cap) {
		const uint64_t cap = 2 * r->alert_cap + 256;
		struct run_alert *more = realloc(r->alerts, cap * sizeof(*more));

		if (!more)
			return false;
		r->alerts = more;
		r->alert_cap = cap;
	}
	r->alerts[r->alert_count++] = (struct run_alert){ machine, window };
	return true;
}

static void heard(struct run *r, const struct flight *f, const struct gateway_verdict *v,
		  uint64_t latency_ns)
{
	char text[1024];

	if (v->is_alert) {
		const int bytes = report_alert(text, sizeof(text), r, v, f->machine, f->window,
					       latency_ns);

		r->bytes_sent += bytes > 0 ? (uint64_t)bytes : 0;
		if (!r->opt.quiet)
			fputs(text, stdout);
		if (!remember_alert(r, f->machine, f->window))
			stopped = 1;
		return;
	}
	if (r->scores && v->ordinal < source_total(r->source))
		r->scores[v->ordinal] = fleet_float_bits(v->score);
	if (r->verdicts)
		fprintf(r->verdicts, "%llu %u %u %08x %u %d\n", (unsigned long long)v->ordinal,
			(unsigned)f->machine, (unsigned)f->window,
			(unsigned)fleet_float_bits(v->score), (unsigned)v->worst_idx,
			v->score > v->threshold);
	if (r->opt.data_count && !r->opt.quiet && !r->opt.rate && !(v->score > v->threshold)) {
		report_alert(text, sizeof(text), r, v, f->machine, f->window, latency_ns);
		fputs(text, stdout);
	}
}

/* The verdict's window, among the first so many flights. */
static const struct flight *flight_of(const struct flights *fl, uint32_t count, const struct gateway_verdict *v)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct flight *f = &fl->at[(fl->first + i) % FLIGHTS];

		if (f->ordinal == v->ordinal && !f->hostile)
			return f;
	}
	return NULL;
}

static uint64_t latency_of(const struct flight *f, uint64_t after)
{
	return after > f->arrival_ns ? after - f->arrival_ns : 0;
}

/* Judges the oldest events in the ring. */
static uint64_t judge(struct run *r, struct flights *fl, uint64_t now)
{
	const uint32_t count = gateway_step(r->gateway, now);
	const uint64_t after = gateway_clock();
	struct gateway_verdict v;
	uint32_t windows = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct flight *f = &fl->at[(fl->first + i) % FLIGHTS];

		if (f->hostile)
			continue;
		hist_add(&r->latency, latency_of(f, after));
		windows++;
	}
	r->judged += windows;
	r->busy_ns += windows ? after - now : 0;
	while (gateway_next_verdict(r->gateway, &v)) {
		const struct flight *f = flight_of(fl, count, &v);

		if (f)
			heard(r, f, &v, latency_of(f, after));
	}
	fl->first = (fl->first + count) % FLIGHTS;
	fl->count -= count;
	return after;
}

/* ---- what happens in mid-run ---- */

#define PUMP_EVERY 32u		/* windows between two looks at the uplink */
#define PUMP_LATEST 4096u	/* then even while windows wait */
#define HOUR_NS 3600000000000u

/* In --story a quarter of the run is an hour for the uplink. */
static uint64_t uplink_ns(const struct run *r)
{
	return (uint64_t)(4.0 * (double)HOUR_NS * (double)r->offered /
			  (double)source_total(r->source)) + 1;
}

/* A little of the uplink's work; true: it has more to do at once. */
static bool pump(struct run *r)
{
	return gateway_keep(r->gateway) &&
	       keep_pump(gateway_keep(r->gateway), uplink_ns(r), r->away_at && !r->back_at,
			 r->alert_count);
}

/* A tenth: the next version is made ready; a fifth: it is on trial; half: a
 * new model; from there to three quarters the uplink is away. */
static bool story(struct run *r)
{
	const uint64_t total = source_total(r->source), now = r->offered;

	if (!r->next_asked && now >= total / 10) {
		r->next_asked = true;
		if (!gateway_prepare_next(r->gateway, r->opt.guest))
			return false;
	}
	if (!r->tried_at && now >= total / 5) {
		bool started;

		/* without a pace nobody would notice */
		if (!gateway_try_next(r->gateway, !r->opt.rate, &started))
			return false;
		r->tried_at = started ? now : 0;
	}
	if (!r->away_at && now >= total / 2) {
		r->away_at = r->model_at = now;
		if (!gateway_next_model(r->gateway))
			return false;
	}
	if (!r->back_at && now >= total / 4 * 3)
		r->back_at = now;
	return true;
}

/* ---- the loop ---- */

static void wait_until(uint64_t due)
{
	const uint64_t now = gateway_clock();

	if (due > now + SLEEP_NS) {
		const uint64_t ns = due - now - SLEEP_NS / 2;
		const struct timespec t = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

		nanosleep(&t, NULL);
	}
}

static void loop(struct run *r, struct flights *fl)
{
	const bool tty = isatty(2);
	uint64_t now = gateway_clock(), told;
	struct source_window w;
	bool more = source_peek(r->source, &w);
	uint64_t pumped = 0;
	bool pumping = false;

	while (source_ahead(r->source))
		;
#ifdef __linux__
	prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0); /* wake within a microsecond, not within 50 */
#endif
	gateway_memory(r->gateway, &r->memory_begin);
	r->start_ns = told = now = gateway_clock();
	while (more || fl->count) {
		/* asked to stop: what has arrived is still judged */
		more = more && !stopped;
		if (r->opt.rate) {
			while (more && r->start_ns + w.due_ns <= now) {
				arrive(r, fl, &w, r->start_ns + w.due_ns);
				source_take(r->source);
				more = source_peek(r->source, &w);
			}
		} else if (more && !fl->count) {
			arrive(r, fl, &w, now = gateway_clock());
			source_take(r->source);
		}
		if (fl->count) {
			now = judge(r, fl, now);
		} else {
			/* what can wait is done while nobody waits for it */
			if (pumping)
				pumping = pump(r);
			else if (more && r->opt.rate && !source_ahead(r->source))
				wait_until(r->start_ns + w.due_ns);
			now = gateway_clock();
		}
		if (!r->opt.rate && !fl->count && more)
			more = source_peek(r->source, &w);
		if (r->opt.story && !story(r))
			stopped = 1;
		if (r->judged - pumped >= PUMP_EVERY && !pumping) {
			pumped = r->judged;
			pumping = true;
		}
		if (pumping && (!r->opt.rate || r->judged - pumped >= PUMP_LATEST))
			pumping = pump(r);
		if (now - told >= PROGRESS_NS) {
			fflush(stdout);
			if (!r->opt.quiet)
				report_progress(r, now, tty);
			told += PROGRESS_NS;
		}
	}
	r->end_ns = gateway_clock();
	gateway_memory(r->gateway, &r->memory_end);
	gateway_stats(r->gateway, &r->judge, &r->ring, &r->node);
	while (pump(r))
		;
	if (tty && !r->opt.quiet)
		fputs("\r\033[K", stderr);
}

/* ---- beginning and end ---- */

/* The guest that fits the data, beside where the other one is by default. */
static const char *default_guest(const struct run *r)
{
	return source_is_raw(r->source) ? "examples/fleet/guest_raw.wasm"
					: "examples/fleet/vibration.wasm";
}

static bool prepare(struct run *r)
{
	const struct fleet_options *opt = &r->opt;
	const bool every = opt->verdicts || opt->check || opt->data_count;

	r->gateway = gateway_create(opt, every);
	if (!r->gateway)
		return false;
	r->source = source_create(opt, (uint32_t)gateway_model(r->gateway)->in.bytes);
	if (!r->source)
		return false;
	if (!opt->guest)
		r->opt.guest = default_guest(r);
	if (!gateway_load_guest(r->gateway, opt->guest,
				source_is_raw(r->source) ? "raw/+/window" : "spindle/+/window"))
		return false;
	if ((opt->hostile || opt->hostile_tenant) &&
	    !gateway_load_hostile(r->gateway, opt->guest))
		return false;
	r->lost = calloc(source_total(r->source), 1);
	if (opt->check)
		r->scores = calloc(source_total(r->source), sizeof(*r->scores));
	if (!r->lost || (opt->check && !r->scores)) {
		fputs("fleet: out of memory\n", stderr);
		return false;
	}
	if (opt->verdicts) {
		r->verdicts = fopen(opt->verdicts, "w");
		if (!r->verdicts)
			fprintf(stderr, "fleet: %s: %s\n", opt->verdicts, strerror(errno));
	}
	return !opt->verdicts || r->verdicts;
}

/* A day later everything has arrived at headquarters; once. */
static bool delivered(struct run *r)
{
	if (!gateway_keep(r->gateway))
		return true;
	while (keep_pump(gateway_keep(r->gateway), uplink_ns(r) + 24 * HOUR_NS, false, r->alert_count))
		;
	keep_figures(gateway_keep(r->gateway), &r->keep);
	return !r->keep.twice && !r->keep.out_of_order && r->keep.alerts == r->alert_count;
}

/* The journal once more. */
static bool happen_again(struct run *r)
{
	uint64_t begin;

	gateway_stop(r->gateway);
	begin = gateway_clock();
	r->replayed = gateway_replay(r->gateway, &r->replay);
	r->replay_ns = gateway_clock() - begin;
	return r->replayed && (!r->opt.story || *gateway_story(r->gateway));
}

static int finish(struct run *r)
{
	struct audit audit;
	bool ok = delivered(r);

	if (r->verdicts && (ferror(r->verdicts) | fclose(r->verdicts)) != 0) {
		fprintf(stderr, "fleet: %s: %s\n", r->opt.verdicts, strerror(errno));
		ok = false;
	}
	r->verdicts = NULL;
	if (!audit_run(r, &audit)) {
		fputs("fleet: out of memory\n", stderr);
		return 1;
	}
	if (r->opt.split && !split_measure(&r->opt, r->source, r->gateway, &r->split)) {
		fputs("fleet: out of memory\n", stderr);
		return 1;
	}
	if (r->opt.journal)
		ok = happen_again(r) && ok;
	if (r->opt.json)
		report_json(r, &audit);
	else
		report_summary(r, &audit);
	return ok && audit.differ == 0 ? 0 : 1;
}

static void release(struct run *r, struct flights *fl)
{
	if (r->verdicts)
		fclose(r->verdicts);
	source_destroy(r->source);
	gateway_destroy(r->gateway);
	free(r->alerts);
	free(r->scores);
	free(r->lost);
	free(r);
	free(fl);
}

int main(int argc, char **argv)
{
	struct run *r = calloc(1, sizeof(*r));
	struct flights *fl = calloc(1, sizeof(*fl));
	int rc = 1;

	if (!r || !fl) {
		fputs("fleet: out of memory\n", stderr);
		free(r);
		free(fl);
		return 1;
	}
	rc = options_parse(&r->opt, argc, argv);
	if (rc == OPTIONS_RUN) {
		rc = 1;
		if (prepare(r)) {
			signal(SIGINT, stop);
			signal(SIGTERM, stop);
			if (!r->opt.quiet)
				report_banner(r);
			loop(r, fl);
			rc = finish(r);
		}
	}
	release(r, fl);
	return rc;
}
