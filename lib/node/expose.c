/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * expose.c - the node's figures as text: OpenMetrics 1.0, or the older text format of Prometheus.
 *
 * One table says what is told of functions, one what is told of the node.  Text is put together in a small buffer
 * and handed on whenever that is full, so the length of the page costs no memory.
 */
#include <float.h>
#include <stddef.h>
#include "node/node.h"

#if EW_CONFIG_NODE

#define DIGITS 9		/* of numbers that are not whole */
#define STEPS (1u << EW_HISTOGRAM_BITS)
#define FIRST_LATENCY_BUCKET (STEPS * (11 - EW_HISTOGRAM_BITS) - 1) /* up to 2^10 ns; below it nobody looks */

struct page {
	bool (*write)(void *user, const char *text, size_t len);
	void *user;
	enum ew_metrics_format format;
	bool refused;
	size_t len;
	char text[512];
};

/* ---- text ------------------------------------------------------------------------------------- */

static void flush(struct page *p)
{
	if (p->len != 0 && !p->refused)
		p->refused = !p->write(p->user, p->text, p->len);
	p->len = 0;
}

static void put_char(struct page *p, char c)
{
	if (p->len == sizeof(p->text))
		flush(p);
	p->text[p->len++] = c;
}

static void put(struct page *p, const char *text)
{
	while (*text)
		put_char(p, *text++);
}

static void put_u64(struct page *p, uint64_t v)
{
	char text[24];

	ewi_format(text, sizeof(text), "%llu", (unsigned long long)v);
	put(p, text);
}

/*
 * DIGITS significant digits as D.DDDDDDDDe+N: scaled to a whole number by powers of ten, each step rounded to 53
 * bits, which leaves more than DIGITS of them right.  Every machine writes the same.
 */
static void put_scaled(struct page *p, double v)
{
	char digits[24];
	uint64_t whole;
	int e = DIGITS - 1, n = DIGITS;

	for (; v >= 1e9; v /= 10)
		e++;
	for (; v < 1e8; v *= 10)
		e--;
	whole = (uint64_t)(v + 0.5);
	if (whole == 1000000000) { /* 9.9999999996 */
		whole /= 10;
		e++;
	}
	ewi_format(digits, sizeof(digits), "%llu", (unsigned long long)whole);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	put_char(p, digits[0]);
	if (n > 1)
		put_char(p, '.');
	for (int i = 1; i < n; i++)
		put_char(p, digits[i]);
	put(p, e < 0 ? "e-" : "e+");
	put_u64(p, (uint64_t)(e < 0 ? -e : e));
}

static void put_double(struct page *p, double v)
{
	bool negative = v < 0;

	v = negative ? -v : v;
	if (v != v || v > DBL_MAX) {
		put(p, v != v ? "NaN" : negative ? "-Inf" : "+Inf");
		return;
	}
	if (negative)
		put_char(p, '-');
	if (v < 1e15 && v == (double)(uint64_t)v)
		put_u64(p, (uint64_t)v);
	else
		put_scaled(p, v);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void put_label(struct page *p, const char *separator, const char *name, const char *value)
{
	put(p, separator);
	put(p, name);
	put(p, "=\"");
	for (; *value; value++) {
		if (*value == '\\' || *value == '"' || *value == '\n')
			put_char(p, '\\');
		put_char(p, *value == '\n' ? 'n' : *value);
	}
	put_char(p, '"');
}

/* Characters that names may not have become '_'. */
static char name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

static void put_name(struct page *p, const char *name)
{
	while (*name)
		put_char(p, name_char(*name++));
}

/* ---- families --------------------------------------------------------------------------------- */

enum kind { COUNTER, GAUGE, HISTOGRAM };
static const char *const kind_names[] = {"counter", "gauge", "histogram"};

/* The name of a family is prefix, then name; counters' samples end in _total, in the older format the family too. */
static void put_family(struct page *p, const char *prefix, const char *name, enum kind kind, const char *help)
{
	const char *end = kind == COUNTER && p->format == EW_METRICS_PROMETHEUS ? "_total" : "";

	put(p, "# HELP ");
	put(p, prefix);
	put_name(p, name);
	put(p, end);
	put_char(p, ' ');
	put(p, help);
	put(p, "\n# TYPE ");
	put(p, prefix);
	put_name(p, name);
	put(p, end);
	put_char(p, ' ');
	put(p, kind_names[kind]);
	put_char(p, '\n');
}

static void put_sample(struct page *p, const char *prefix, const char *name, const char *suffix, const char *function)
{
	put(p, prefix);
	put_name(p, name);
	put(p, suffix);
	if (function)
		put_label(p, "{", "function", function);
}

#define PREFIX "edgewasm_"

/* What is a uint64_t in a struct of figures. */
struct figure {
	const char *name, *help;
	size_t offset;
};

static uint64_t figure_of(const void *stats, const struct figure *f)
{
	uint64_t v;

	memcpy(&v, (const uint8_t *)stats + f->offset, sizeof(v));
	return v;
}

static void put_node(struct page *p, const struct ew_node *node)
{
	static const struct figure figures[] = {
		{"events", "Events taken.", offsetof(struct ew_node_stats, events)},
		{"unrouted_events", "Events that no route was for.", offsetof(struct ew_node_stats, unrouted)},
		{"emitted_events", "Events emitted by functions.", offsetof(struct ew_node_stats, emitted)},
		{"refused_emits", "Events emitted and not taken by the ring or host.",
		 offsetof(struct ew_node_stats, emit_refused)},
		{"cache_evicted", "Results that made room for others.", offsetof(struct ew_node_stats, cache_evicted)},
		{"cache_expired", "Results that were too old.", offsetof(struct ew_node_stats, cache_expired)},
	};

	static const struct figure levels[] = {
		{"cache_bytes", "Held by the result cache.", offsetof(struct ew_node_stats, cache_bytes)},
		{"cache_entries", "Results in the cache.", offsetof(struct ew_node_stats, cache_entries)},
	};
	struct ew_node_stats s;

	ew_node_stats(node, &s);
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		put_family(p, PREFIX, figures[i].name, COUNTER, figures[i].help);
		put_sample(p, PREFIX, figures[i].name, "_total ", NULL);
		put_u64(p, figure_of(&s, &figures[i]));
		put_char(p, '\n');
	}
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		put_family(p, PREFIX, levels[i].name, GAUGE, levels[i].help);
		put_sample(p, PREFIX, levels[i].name, " ", NULL);
		put_u64(p, figure_of(&s, &levels[i]));
		put_char(p, '\n');
	}
}

static void put_seconds(struct page *p, const char *name, const char *label, const char *of, uint64_t ns)
{
	put(p, PREFIX);
	put(p, name);
	put(p, "_total");
	put_label(p, "{", label, of);
	put(p, "} ");
	put_double(p, (double)ns / 1e9);
	put_char(p, '\n');
}

static void put_function_counters(struct page *p, const struct ew_node *node)
{
#define FIGURE(name, help) {"function_" #name, help, offsetof(struct ew_function_stats, name)}
	static const struct figure figures[] = {
		FIGURE(calls, "Calls of the function for events."),
		FIGURE(events, "Events that routes or fallbacks gave to the function."),
		FIGURE(ticks, "Calls of edge_on_tick."),
		FIGURE(failed_events, "Events that cost a failure."),
		FIGURE(bytes, "Bytes of topics and data of the events given to the function."),
		FIGURE(dropped_quota, "Events that came while its tenant had used up a quota, and nobody took."),
		FIGURE(dropped_parked, "Events that came while it was parked, and nobody took."),
		FIGURE(fallen_back, "Events that its fallback took."),
		FIGURE(instances, "Instances made."),
		FIGURE(resets, "Calls after which the instance was put back to its start."),
		FIGURE(loads, "Loads of the module on demand."),
		FIGURE(cache_hits, "Results from the cache."),
		FIGURE(cache_misses, "Results that were not in the cache."),
		FIGURE(fuel, "Fuel used."),
		FIGURE(emitted_events, "Events emitted."),
		FIGURE(emitted_bytes, "Bytes of topics and data emitted."),
		FIGURE(inferences, "Runs of models."),
	};
#undef FIGURE

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		put_family(p, PREFIX, figures[i].name, COUNTER, figures[i].help);
		for (uint32_t f = 0; f < node->function_count; f++) {
			put_sample(p, PREFIX, figures[i].name, "_total", node->functions[f]->name);
			put(p, "} ");
			put_u64(p, figure_of(&node->functions[f]->stats, &figures[i]));
			put_char(p, '\n');
		}
	}
	put_family(p, PREFIX, "function_busy_seconds", COUNTER, "Time in calls of the function.");
	for (uint32_t f = 0; f < node->function_count; f++)
		put_seconds(p, "function_busy_seconds", "function", node->functions[f]->name, node->functions[f]->stats.busy_ns);
	put_family(p, PREFIX, "function_reports", COUNTER, "What the host was told, by cause.");
	for (uint32_t f = 0; f < node->function_count; f++)
		for (int c = 0; c < EW_NODE_CAUSES; c++) {
			put_sample(p, PREFIX, "function_reports", "_total", node->functions[f]->name);
			put_label(p, ",", "cause", ew_node_cause_name((enum ew_node_cause)c));
			put(p, "} ");
			put_u64(p, node->functions[f]->stats.causes[c]);
			put_char(p, '\n');
		}
}

static void put_tenants(struct page *p, const struct ew_node *node)
{
#define FIGURE(name, help) {"tenant_" #name, help, offsetof(struct ew_tenant_stats, name)}
	static const struct figure figures[] = {
		FIGURE(calls, "Calls of the tenant's functions for events."),
		FIGURE(events, "Events that they were called for."),
		FIGURE(bytes, "Bytes of topics and data of these."),
		FIGURE(fuel, "Fuel used."),
		FIGURE(inferences, "Runs of models."),
		FIGURE(failed_events, "Events that cost a failure."),
		FIGURE(refused_events, "Events that came while a quota was used up."),
		FIGURE(emitted_events, "Events emitted."),
		FIGURE(emitted_bytes, "Bytes of topics and data emitted."),
	};
#undef FIGURE
	struct ew_tenant_stats s;

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]) && node->tenants; i++) {
		put_family(p, PREFIX, figures[i].name, COUNTER, figures[i].help);
		for (uint32_t t = 0; ew_node_tenant_at(node, t, &s) == EW_OK; t++) {
			put(p, PREFIX);
			put(p, figures[i].name);
			put(p, "_total");
			put_label(p, "{", "tenant", s.name);
			put(p, "} ");
			put_u64(p, figure_of(&s, &figures[i]));
			put_char(p, '\n');
		}
	}
	if (node->tenants)
		put_family(p, PREFIX, "tenant_busy_seconds", COUNTER, "Time in calls of the tenant's functions.");
	for (uint32_t t = 0; ew_node_tenant_at(node, t, &s) == EW_OK; t++)
		put_seconds(p, "tenant_busy_seconds", "tenant", s.name, s.busy_ns);
}

static void put_function_gauges(struct page *p, const struct ew_node *node)
{
	struct ew_function_stats s;

	put_family(p, PREFIX, "function_version", GAUGE, "1, with the running version and its hash.");
	for (uint32_t f = 0; ew_node_function_at(node, f, &s) == EW_OK; f++) {
		char hash[2 * EW_SHA256_BYTES + 1];

		for (int i = 0; i < EW_SHA256_BYTES; i++)
			ewi_format(hash + 2 * i, 3, "%02x", s.sha256[i]);
		put_sample(p, PREFIX, "function_version", "", s.name);
		put_label(p, ",", "version", s.version);
		put_label(p, ",", "sha256", hash);
		put(p, "} 1\n");
	}
	put_family(p, PREFIX, "function_parked", GAUGE, "1 while the function rests after failures.");
	for (uint32_t f = 0; ew_node_function_at(node, f, &s) == EW_OK; f++) {
		put_sample(p, PREFIX, "function_parked", "", s.name);
		put(p, s.parked ? "} 1\n" : "} 0\n");
	}
	put_family(p, PREFIX, "function_memory_bytes", GAUGE, "Linear memory of the instance.");
	for (uint32_t f = 0; ew_node_function_at(node, f, &s) == EW_OK; f++) {
		put_sample(p, PREFIX, "function_memory_bytes", "", s.name);
		put(p, "} ");
		put_u64(p, s.memory_bytes);
		put_char(p, '\n');
	}
}

/* ---- histograms ------------------------------------------------------------------------------- */

static void put_bucket(struct page *p, const char *prefix, const char *name, const char *function, double le,
		       uint64_t count)
{
	put_sample(p, prefix, name, "_bucket", function);
	put(p, ",le=\"");
	put_double(p, le);
	put(p, "\"} ");
	put_u64(p, count);
	put_char(p, '\n');
}

static void put_sum(struct page *p, const char *prefix, const char *name, const char *function, uint64_t count,
		    double sum)
{
	put_sample(p, prefix, name, "_bucket", function);
	put(p, ",le=\"+Inf\"} ");
	put_u64(p, count);
	put_char(p, '\n');
	put_sample(p, prefix, name, "_count", function);
	put(p, "} ");
	put_u64(p, count);
	put_char(p, '\n');
	put_sample(p, prefix, name, "_sum", function);
	put(p, "} ");
	put_double(p, sum);
	put_char(p, '\n');
}

/* A bound at each power of two: bucket STEPS * k + STEPS - 1 ends before 2^(k + BITS) ns. */
static void put_latency(struct page *p, const struct ew_node *node)
{
	static const char name[] = "function_latency_seconds";

	put_family(p, PREFIX, name, HISTOGRAM, "From an event's time to its verdict.");
	for (uint32_t f = 0; f < node->function_count; f++) {
		const struct ew_histogram *h = &node->functions[f]->latency;
		uint64_t seen = 0;

		for (uint32_t b = 0; b < EW_HISTOGRAM_BUCKETS - 1; b++) {
			seen += h->bucket[b];
			if (b % STEPS == STEPS - 1 && b >= FIRST_LATENCY_BUCKET)
				put_bucket(p, PREFIX, name, node->functions[f]->name,
					   (double)((uint64_t)1 << (b / STEPS + EW_HISTOGRAM_BITS)) / 1e9, seen);
		}
		put_sum(p, PREFIX, name, node->functions[f]->name, h->count, (double)h->sum / 1e9);
	}
}

/* ---- what guests define ----------------------------------------------------------------------- */

/* The same name to everybody who reads it: characters that become '_' are the same. */
static bool same_family(const struct ewi_metric *a, const struct ewi_metric *b)
{
	const char *x = a->name, *y = b->name;

	if (a->kind != b->kind)
		return false;
	for (; *x && *y; x++, y++)
		if (name_char(*x) != name_char(*y))
			return false;
	return *x == *y;
}

static void put_guest_sample(struct page *p, const char *prefix, const struct ewi_metric *m)
{
	uint64_t seen = 0;

	switch (m->kind) {
	case COUNTER:
		put_sample(p, prefix, m->name, "_total", m->function->name);
		put(p, "} ");
		put_u64(p, (uint64_t)m->count);
		break;
	case GAUGE:
		put_sample(p, prefix, m->name, "", m->function->name);
		put(p, "} ");
		put_double(p, m->value);
		break;
	default:
		for (uint32_t b = 0; b < EWI_METRIC_BUCKETS - 1; b++) {
			double le = b < 31 ? 1.0 / (double)((uint64_t)1 << (31 - b)) : (double)((uint64_t)1 << (b - 31));

			seen += m->bucket[b];
			if (m->bucket[b] != 0 || m->bucket[b + 1] != 0)
				put_bucket(p, prefix, m->name, m->function->name, le, seen);
		}
		put_sum(p, prefix, m->name, m->function->name, (uint64_t)m->count, m->value);
		return;
	}
	put_char(p, '\n');
}

/* Families must not come twice, so functions that use one name come together. */
static void put_guest_metrics(struct page *p, const struct ew_node *node)
{
	static const char *const prefixes[] = {"guest_count_", "guest_level_", "guest_observed_"};

	for (uint32_t i = 0; i < node->max_metrics; i++) {
		const struct ewi_metric *m = &node->metrics[i];
		bool first = m->function != NULL;

		for (uint32_t k = 0; first && k < i; k++)
			first = !(node->metrics[k].function && same_family(&node->metrics[k], m));
		if (!first)
			continue;
		put_family(p, prefixes[m->kind], m->name, (enum kind)m->kind, "Defined by a function.");
		for (uint32_t k = i; k < node->max_metrics; k++)
			if (node->metrics[k].function && same_family(&node->metrics[k], m))
				put_guest_sample(p, prefixes[m->kind], &node->metrics[k]);
	}
}

enum ew_status ew_node_metrics_write(const struct ew_node *node, enum ew_metrics_format format,
				     bool (*write)(void *user, const char *text, size_t len), void *user)
{
	struct page p = {.write = write, .user = user, .format = format};

	put_node(&p, node);
	put_function_counters(&p, node);
	put_function_gauges(&p, node);
	put_tenants(&p, node);
	put_latency(&p, node);
	put_guest_metrics(&p, node);
	if (format == EW_METRICS_OPENMETRICS)
		put(&p, "# EOF\n");
	flush(&p);
	return p.refused ? EW_ERR_IO : EW_OK;
}

#endif
