/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * report.c - everything that the gateway program says: alerts, progress, and
 * the summary, for people or as JSON.
 */
#include "strict_float.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "run.h"
#include "vib_features.h"

static const char *const feature_names[FLEET_FEATURES] = {
	"band 0.05 kHz", "band 0.1 kHz", "band 0.15 kHz", "band 0.2 kHz", "band 0.3 kHz",
	"band 0.4 kHz", "band 0.5 kHz", "band 0.7 kHz", "band 0.9 kHz", "band 1.3 kHz",
	"band 1.8 kHz", "band 2.6 kHz", "shaft 1x", "shaft 2x", "shaft 3x", "cutting edges",
	"outer race 1x", "outer race 2x", "outer race 3x", "inner race 1x", "inner race 2x",
	"inner race sideband", "ball 1x", "ball 2x", "envelope at shaft speed", "power",
	"envelope level", "envelope kurtosis", "envelope crest", "heat", "speed", "load",
};

/* 1234567 as "1,234,567"; the text lives in a buffer of the caller's. */
static const char *grouped(uint64_t v, char *buf, size_t size)
{
	char digits[24];
	const int n = snprintf(digits, sizeof(digits), "%" PRIu64, v);
	size_t at = 0;

	for (int i = 0; i < n && at + 2 < size; i++) {
		if (i && (n - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = 0;
	return buf;
}

#define GROUPED(v) grouped((v), (char[32]){ 0 }, 32)

static const char *amount(double bytes, char *buf, size_t size)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	unsigned u = 0;

	for (; bytes >= 1000.0 && u < 4; u++)
		bytes /= 1000.0;
	snprintf(buf, size, u ? "%.1f %s" : "%.0f %s", bytes, units[u]);
	return buf;
}

#define AMOUNT(v) amount((double)(v), (char[32]){ 0 }, 32)

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 100.0;
}

/* ---- alerts ---- */

/* A JSON string, quotes included; cut when it is very long. */
static void quote(const char *text, char *buf, size_t size)
{
	size_t at = 0;

	buf[at++] = '"';
	for (; *text && at + 8 < size; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			at += (size_t)snprintf(buf + at, size - at, "\\%c", c);
		else if (c < 0x20)
			at += (size_t)snprintf(buf + at, size - at, "\\u%04x", c);
		else
			buf[at++] = (char)c;
	}
	buf[at++] = '"';
	buf[at] = 0;
}

int report_alert(char *text, size_t size, const struct run *r, const struct gateway_verdict *v,
		 uint32_t machine, uint32_t window, uint64_t latency_ns)
{
	char who[600], why[48], trace[33], threshold[32] = "null";

	if (source_is_raw(r->source)) {
		char name[512];

		quote(source_file(r->source, machine), name, sizeof(name));
		snprintf(who, sizeof(who), "\"file\":%s", name);
		snprintf(why, sizeof(why), "input %" PRIu32, v->worst_idx);
	} else {
		snprintf(who, sizeof(who), "\"machine\":%" PRIu32, machine);
		snprintf(why, sizeof(why), "%s",
			 v->worst_idx < FLEET_FEATURES ? feature_names[v->worst_idx] : "?");
	}
	if (isfinite(v->threshold))
		snprintf(threshold, sizeof(threshold), "%.4f", (double)v->threshold);
	for (int i = 0; i < 16; i++)
		snprintf(trace + 2 * i, 3, "%02x", v->trace_id[i]);
	return snprintf(text, size,
		       "{\"%s\":{%s,\"window\":%" PRIu32 ",\"score\":%.4f,\"threshold\":%s,"
		       "\"why\":\"%s\",\"model\":\"vibration@%s\",\"trace_id\":\"%s\","
		       "\"latency_us\":%.1f}}\n",
		       v->is_alert ? "alert" : "verdict", who, window, (double)v->score, threshold,
		       why, gateway_model(r->gateway)->version, trace, (double)latency_ns / 1e3);
}

/* ---- while it runs ---- */

void report_banner(const struct run *r)
{
	const struct gateway_model *m = gateway_model(r->gateway);

	fprintf(stderr, "fleet: model %s (version %s, %zu int8 inputs, threshold ", r->opt.model,
		m->version, m->in.bytes);
	if (isfinite(m->threshold))
		fprintf(stderr, "%.4f)\n", (double)m->threshold);
	else
		fputs("none: scores only)\n", stderr);
	if (source_sim(r->source))
		fprintf(stderr, "fleet: %s machines, %s windows", GROUPED(r->opt.machines),
			GROUPED(source_total(r->source)));
	else
		fprintf(stderr, "fleet: %s windows from %d files",
			GROUPED(source_total(r->source)), r->opt.data_count);
	if (r->opt.rate)
		fprintf(stderr, " at %s a second\n", GROUPED(r->opt.rate));
	else
		fputs(" as fast as they are judged\n", stderr);
}

void report_progress(const struct run *r, uint64_t now_ns, bool tty)
{
	const double s = (double)(now_ns - r->start_ns) / 1e9;

	fprintf(stderr, "%s  %5.1f s  %11s windows  %9s/s  p99 %.3f ms  %" PRIu64 " alerts%s",
		tty ? "\r" : "", s, GROUPED(r->judged), GROUPED((uint64_t)((double)r->judged / s)),
		(double)hist_quantile(&r->latency, 0.99) / 1e6, r->alert_count, tty ? " " : "\n");
	fflush(stderr);
}

/* ---- the summary ---- */

/* Causes that cost an event. */
static bool is_drop(int cause)
{
	return cause != EW_NODE_PARKED && cause != EW_NODE_PROMOTED && cause != EW_NODE_ROLLED_BACK;
}

static void summarise_drops(const struct run *r)
{
	const char *sep = "", *last;
	const uint64_t failures = gateway_failures(r->gateway, &last);

	fputs("  drops        ", stderr);
	if (r->dropped_full) {
		fprintf(stderr, "ring full %s", GROUPED(r->dropped_full));
		sep = ", ";
	}
	if (r->ring.too_big) {
		fprintf(stderr, "%stoo big %s", sep, GROUPED(r->ring.too_big));
		sep = ", ";
	}
	if (r->judge.dropped_parked) {
		fprintf(stderr, "%swhile parked %s", sep, GROUPED(r->judge.dropped_parked));
		sep = ", ";
	}
	for (int c = 0; c < EW_NODE_CAUSES; c++)
		if (is_drop(c) && r->judge.causes[c]) {
			fprintf(stderr, "%s%s %s", sep, ew_node_cause_name((enum ew_node_cause)c),
				GROUPED(r->judge.causes[c]));
			sep = ", ";
		}
	fputs(*sep ? "\n" : "none\n", stderr);
	if (failures)
		fprintf(stderr, "               last failure: %s\n", last);
}

static void summarise_hostile(const struct run *r)
{
	struct gateway_hostile h;

	if (!r->opt.hostile && !r->opt.hostile_tenant)
		return;
	fprintf(stderr, "  hostile      %s events for functions that mean harm\n",
		GROUPED(r->hostile_offered));
	for (uint32_t i = 0; gateway_hostile_at(r->gateway, i, &h); i++) {
		if (*h.refused) {
			fprintf(stderr, "    %-10s refused: %s\n", h.name, h.refused);
			continue;
		}
		fprintf(stderr, "    %-10s %s events, %s failed, %s while parked; last: %s\n",
			h.name, GROUPED(h.events), GROUPED(h.failed), GROUPED(h.dropped_parked),
			*h.last ? h.last : "-");
		if (h.wrong_result)
			fprintf(stderr, "    %-10s GOT THROUGH: call %d\n", "",
				-1000 - h.wrong_result);
	}
}

static void summarise_truth(const struct run *r, const struct audit *a)
{
	if (source_sim(r->source)) {
		fprintf(stderr,
			"  faults       %" PRIu32 " injected, %" PRIu32
			" found (recall %.1f %%), %" PRIu32 " before the part failed\n",
			a->faults, a->found, percent(a->found, a->faults), a->before_failure);
		fprintf(stderr,
			"  alerts       %s, %s of them of worn machines (precision %.1f %%)\n",
			GROUPED(r->alert_count), GROUPED(a->true_alerts),
			percent(a->true_alerts, r->alert_count));
		fprintf(stderr,
			"  crossing     %" PRIu32 " of %" PRIu32
			" alerted in the very window whose score crosses the threshold\n",
			a->in_crossing_window, a->crossings);
	} else {
		fprintf(stderr, "  alerts       %s\n", GROUPED(r->alert_count));
	}
	if (r->scores)
		fprintf(stderr, "  check        %s verdicts computed natively as well, %s differ\n",
			GROUPED(a->compared), GROUPED(a->differ));
}

static void summarise_journal(const struct run *r)
{
	const struct keep_figures *k = &r->keep;

	if (r->opt.story) {
		fprintf(stderr, "  trial        %s\n", gateway_story(r->gateway));
		fprintf(stderr, "  model        version %s put in place after %s windows, none lost\n",
			gateway_model(r->gateway)->version, GROUPED(r->model_at));
		fprintf(stderr, "  uplink       away for an hour (%s windows): %s alerts waited",
			GROUPED(r->back_at - r->away_at), GROUPED(k->most_waiting));
	} else {
		fprintf(stderr, "  uplink       at most %s alerts waited", GROUPED(k->most_waiting));
	}
	fprintf(stderr, "; %s arrived, %s in order, %s twice, in %s batches of %s\n", GROUPED(k->alerts),
		k->out_of_order ? "NOT all" : "all", k->twice ? GROUPED(k->twice) : "none",
		GROUPED(k->batches), AMOUNT(k->sent_bytes));
	fprintf(stderr, "  journal      %s records, %s; ", GROUPED(k->records), AMOUNT(k->bytes));
	if (r->replayed)
		fprintf(stderr,
			"again in %.1f s: %s calls, %s outputs and the end's state the same, byte for byte\n",
			(double)r->replay_ns / 1e9, GROUPED(r->replay.calls), GROUPED(r->replay.outputs));
	else
		fprintf(stderr, "happened again OTHERWISE: %s\n", r->replay.text);
}

void report_summary(const struct run *r, const struct audit *a)
{
	const double seconds = (double)(r->end_ns - r->start_ns) / 1e9;
	const double busy = (double)r->busy_ns / 1e9;

	fprintf(stderr, "\nfleet: %s windows judged in %.1f s\n", GROUPED(r->judged), seconds);
	fprintf(stderr,
		"  sustained    %s windows/s, core busy judging %.1f %% of the time (alone: %s/s)\n",
		GROUPED((uint64_t)((double)r->judged / seconds + 0.5)), 100.0 * busy / seconds,
		GROUPED((uint64_t)((double)r->judged / busy + 0.5)));
	fprintf(stderr, "  latency      p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, max %.3f ms from arrival to verdict\n",
		(double)hist_quantile(&r->latency, 0.5) / 1e6,
		(double)hist_quantile(&r->latency, 0.99) / 1e6,
		(double)hist_quantile(&r->latency, 0.999) / 1e6, (double)r->latency.max / 1e6);
	summarise_truth(r, a);
	fprintf(stderr, "  traffic      %s in, %s sent", AMOUNT(r->bytes_in),
		AMOUNT(r->bytes_sent));
	if (r->bytes_sent)
		fprintf(stderr, " (1 byte for each %s)", GROUPED(r->bytes_in / r->bytes_sent));
	fprintf(stderr, "\n  fuel         %s a window, %s inferences\n",
		GROUPED(r->judge.events ? r->judge.fuel / r->judge.events : 0),
		GROUPED(r->judge.inferences));
	fprintf(stderr, "  memory       %s of the library's, %+.1f kB by the end\n",
		AMOUNT(r->memory_begin.bytes),
		((double)r->memory_end.bytes - (double)r->memory_begin.bytes) / 1e3);
	if (r->opt.journal)
		summarise_journal(r);
	summarise_drops(r);
	summarise_hostile(r);
	if (r->opt.split)
		fprintf(stderr,
			"  split        %.2f us a window: queue %.2f, dispatch %.2f, guest %.2f, inference %.2f,"
			" log %.2f (its features natively: %.2f)\n",
			r->split.total / 1e3, r->split.queue / 1e3, r->split.dispatch / 1e3,
			r->split.guest / 1e3, r->split.inference / 1e3, r->split.log / 1e3,
			r->split.features_native / 1e3);
}

static void json_hostile(const struct run *r)
{
	struct gateway_hostile h;

	for (uint32_t i = 0; gateway_hostile_at(r->gateway, i, &h); i++) {
		char refused[256], last[256];

		quote(h.refused, refused, sizeof(refused));
		quote(h.last, last, sizeof(last));
		printf("%s{\"name\":\"%s\",\"refused\":%s,\"events\":%" PRIu64 ",\"failed\":%" PRIu64
		       ",\"parked\":%" PRIu64 ",\"emitted\":%" PRIu64
		       ",\"got_through\":%d,\"last\":%s}",
		       i ? "," : "", h.name, refused, h.events, h.failed, h.dropped_parked,
		       h.emitted, h.wrong_result ? -1000 - h.wrong_result : 0, last);
	}
}

void report_json(const struct run *r, const struct audit *a)
{
	const double seconds = (double)(r->end_ns - r->start_ns) / 1e9;

	printf("{\"summary\":{\"windows\":%" PRIu64 ",\"seconds\":%.3f,\"windows_per_s\":%.1f,"
	       "\"busy_share\":%.4f,\"capacity_per_s\":%.1f,",
	       r->judged, seconds, (double)r->judged / seconds,
	       (double)r->busy_ns / 1e9 / seconds, 1e9 * (double)r->judged / (double)r->busy_ns);
	printf("\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,",
	       (double)hist_quantile(&r->latency, 0.5) / 1e3,
	       (double)hist_quantile(&r->latency, 0.99) / 1e3,
	       (double)hist_quantile(&r->latency, 0.999) / 1e3, (double)r->latency.max / 1e3);
	printf("\"alerts\":%" PRIu64 ",\"true_alerts\":%" PRIu64 ",\"false_alerts\":%" PRIu64
	       ",\"faults\":%" PRIu32 ",\"found\":%" PRIu32 ",\"before_failure\":%" PRIu32
	       ",\"crossings\":%" PRIu32 ",\"in_crossing_window\":%" PRIu32 ",",
	       r->alert_count, a->true_alerts, a->false_alerts, a->faults, a->found,
	       a->before_failure, a->crossings, a->in_crossing_window);
	printf("\"compared\":%" PRIu64 ",\"differ\":%" PRIu64 ",\"bytes_in\":%" PRIu64
	       ",\"bytes_sent\":%" PRIu64 ",\"fuel_per_window\":%" PRIu64
	       ",\"inferences\":%" PRIu64 ",",
	       a->compared, a->differ, r->bytes_in, r->bytes_sent,
	       r->judge.events ? r->judge.fuel / r->judge.events : 0, r->judge.inferences);
	printf("\"drops\":{\"ring_full\":%" PRIu64 ",\"too_big\":%" PRIu64 ",\"parked\":%" PRIu64,
	       r->dropped_full, (uint64_t)r->ring.too_big, r->judge.dropped_parked);
	for (int c = 0; c < EW_NODE_CAUSES; c++)
		if (is_drop(c))
			printf(",\"%s\":%" PRIu64, ew_node_cause_name((enum ew_node_cause)c),
			       r->judge.causes[c]);
	printf("},");
	printf("\"memory_begin\":%zu,\"memory_end\":%zu,\"memory_calls\":%" PRIu64 ",",
	       r->memory_begin.bytes, r->memory_end.bytes, r->memory_end.calls - r->memory_begin.calls);
	if (r->opt.journal)
		printf("\"journal\":{\"records\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"replayed\":%s,"
		       "\"again_calls\":%" PRIu64 ",\"again_outputs\":%" PRIu64 ",\"states\":%" PRIu64
		       ",\"arrived\":%" PRIu64 ",\"twice\":%" PRIu64 ",\"out_of_order\":%" PRIu64
		       ",\"most_waiting\":%" PRIu64 "},",
		       r->keep.records, r->keep.bytes, r->replayed ? "true" : "false", r->replay.calls,
		       r->replay.outputs, r->replay.states, r->keep.alerts, r->keep.twice,
		       r->keep.out_of_order, r->keep.most_waiting);
	if (r->opt.story) {
		char trial[256];

		quote(gateway_story(r->gateway), trial, sizeof(trial));
		printf("\"trial\":%s,", trial);
	}
	if (r->opt.split)
		printf("\"split_ns\":{\"total\":%.1f,\"queue\":%.1f,\"dispatch\":%.1f,"
		       "\"guest\":%.1f,\"inference\":%.1f,\"log\":%.1f,"
		       "\"features_native\":%.1f},",
		       r->split.total, r->split.queue, r->split.dispatch, r->split.guest,
		       r->split.inference, r->split.log, r->split.features_native);
	printf("\"hostile\":[");
	json_hostile(r);
	printf("]}}\n");
}
