/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * rules.c - a house run by rules for a simulated day: each rule is compiled to a module of its own, sandboxed, and may
 * be replaced between two minutes.
 *
 *	rules [RULES [CHANGED]]           CHANGED replaces rules of the same names at noon
 *	rules --eval EXPRESSION [SENSOR=NUMBER]...     what an expression gives, computed in the sandbox
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../aid/aid.h"
#include "compile.h"

#define MINUTES 1440
#define RULES_MAX 32
#define RULE_FUEL 2000 /* more than a page of text needs */

enum sensor { HOUR, MOTION, LUX, TEMP, DOOR, SMOKE, POWER, SENSORS };
static const char *const sensors[SENSORS] = {"hour", "motion", "lux", "temp", "door", "smoke", "power"};

static const char day_rules[] = "rule night_light: when motion > 0 and lux < 20 and (hour >= 22 or hour < 6) then lamp = 15\n"
				"rule light:       when motion > 0 and lux < 150 and not (hour >= 22 or hour < 6) then lamp = min(100, 160 - lux)\n"
				"rule dark:        when motion == 0 then lamp = 0\n"
				"rule heating:     when temp < 20.5 then heater = min(2000, (21 - temp) * 1500)\n"
				"rule warm:        when temp >= 21 then heater = 0\n"
				"rule overload:    when power > 3500 then heater = 0   # the fuse is the limit\n"
				"rule fire:        when smoke > 0.3 or temp > 60 then siren = 1\n";
static const char noon_rules[] = "rule heating:     when temp < 18.5 and door == 0 then heater = (19 - temp) * 1500\n"
				 "rule warm:        when temp >= 19 or door > 0 then heater = 0\n";

struct house {
	struct ew_node *node;
	struct ew_ring *in;
	void *memory;
	struct rule *rules;
	unsigned rule_count, puts, version;
	double lamp, heater, siren; /* as set */
	double value[SENSORS], heat_minutes;
	uint64_t actions, failures, minute;
	char last_failure[160];
	double *result; /* --eval */
};

static enum ew_status on_emit(void *user, const char *function, const struct ew_event *header, const void *topic,
			      const void *data)
{
	struct house *h = user;
	const struct {
		const char *name;
		double *at;
	} actuators[] = {{"lamp", &h->lamp}, {"heater", &h->heater}, {"siren", &h->siren}, {"result", h->result}};

	(void)function;
	for (size_t i = 0; i < sizeof(actuators) / sizeof(actuators[0]); i++)
		if (actuators[i].at && header->topic_bytes == strlen(actuators[i].name) && header->data_bytes == 8 &&
		    !memcmp(topic, actuators[i].name, header->topic_bytes)) {
			*actuators[i].at = aid_get_double(data);
			h->actions++;
			return EW_OK;
		}
	return EW_ERR_DENIED; /* no such actuator */
}

static void on_report(void *user, const struct ew_node_report *r)
{
	struct house *h = user;

	h->failures++;
	snprintf(h->last_failure, sizeof(h->last_failure), "%s", r->text);
}

static bool house_open(struct house *h)
{
	static const struct ew_node_host host = {.struct_bytes = sizeof(host), .emit = on_emit, .report = on_report};
	struct ew_node_config config = {.struct_bytes = sizeof(config), .host = &host, .user = h};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {EW_OK, 0, ""};

	h->memory = malloc(ew_ring_size(4096));
	h->rules = calloc(RULES_MAX, sizeof(*h->rules));
	if (!h->memory || !h->rules || ew_ring_init(h->memory, ew_ring_size(4096), NULL, &h->in) != EW_OK)
		return false;
	config.in = h->in;
	return ew_node_create(&h->node, &config, &alloc, &err) == EW_OK;
}

static void house_close(struct house *h)
{
	ew_node_destroy(h->node);
	free(h->memory);
	free(h->rules);
}

/* A rule in its sandbox: it may take events and send one number for each, and nothing else. */
static bool put_rule(struct house *h, const struct rule *rule)
{
	char version[16];
	struct ew_function_config config = {
		.struct_bytes = sizeof(config),
		.name = rule->name,
		.version = version,
		.module_bytes = rule->wasm,
		.module_size = rule->wasm_bytes,
		.flags = EW_FUNCTION_COPY,
		.grant.caps = EW_CAP_RECV | EW_CAP_EMIT,
		.grant.quota[EW_QUOTA_EMIT_EVENTS].per_call = 1,
		.fuel = RULE_FUEL,
		.max_memory_pages = 1,
	};
	struct ew_function_stats f;
	struct ew_error err = {EW_OK, 0, ""};
	const bool there = ew_node_function_find(h->node, rule->name, &f) == EW_OK;

	snprintf(version, sizeof(version), "%u", h->version);
	if (ew_node_function_put(h->node, &config, &err) != EW_OK ||
	    (!there && ew_node_route_add(h->node, "home/minute", rule->name, &err) != EW_OK)) {
		aid_fail("rules", rule->name, err.text);
		return false;
	}
	h->puts++;
	return true;
}

/* All rules of a text, or none: one that does not compile keeps the others from being replaced. */
static bool put_rules(struct house *h, const char *where, const char *text)
{
	struct rule_error err;
	unsigned line = 1;
	int rc = 1;

	h->version++;
	for (h->rule_count = 0; h->rule_count < RULES_MAX && rc > 0; h->rule_count += rc > 0)
		rc = rule_next(&text, &line, sensors, SENSORS, &h->rules[h->rule_count], &err);
	if (rc < 0) {
		fprintf(stderr, "rules: %s: line %u, column %u: %s\n", where, err.line, err.column, err.text);
		return false;
	}
	if (rc > 0) {
		aid_fail("rules", where, "too many rules");
		return false;
	}
	for (unsigned i = 0; i < h->rule_count; i++)
		if (!put_rule(h, &h->rules[i]))
			return false;
	return true;
}

static bool step(struct house *h)
{
	struct ew_event event = {.topic_bytes = 11, .data_bytes = 8 * SENSORS, .time_ns = h->minute * 60000000000u};
	uint8_t data[8 * SENSORS];

	for (int i = 0; i < SENSORS; i++)
		aid_put_double(data + 8 * i, h->value[i]);
	return ew_ring_push(h->in, &event, "home/minute", data) == EW_OK &&
	       ew_node_step(h->node, event.time_ns, NULL) == EW_OK;
}

/* ---- the house ---- */

/* What the day does to the house in a minute. */
static void live(struct house *h)
{
	const double hour = (double)h->minute / 60.0;
	const bool home = hour < 8.5 || hour >= 16.5, asleep = hour < 6.5 || hour >= 23;
	const double sun = hour > 7 && hour < 18 ? (hour - 7) * (18 - hour) / 30.25 : 0.0;

	h->value[HOUR] = hour;
	h->value[MOTION] = home && (!asleep || h->minute % 180 == 7) ? 1.0 : 0.0;
	h->value[LUX] = 4 + 2000 * sun;
	h->value[DOOR] = h->minute % 240 < 6 && home ? 1.0 : 0.0;
	h->value[SMOKE] = h->minute == 1130 ? 0.5 : 0.01;
	h->value[POWER] = 300 + h->heater + (h->minute > 1080 && h->minute < 1110 ? 2400 : 0) + 8 * h->lamp;
	/* 250 W hold one degree over the outside, half a MJ warms by one */
	h->value[TEMP] += (h->heater * 60 - (h->value[TEMP] - 4 - 6 * sun) * 60 * (h->value[DOOR] > 0 ? 400 : 90)) / 500000;
	h->heat_minutes += h->heater;
}

static int day(const char *morning_name, const char *morning, const char *noon_name, const char *noon)
{
	static struct house h = {.value = {[TEMP] = 19.0}};
	struct ew_function_stats f;
	double least = 99, most = -99;
	bool ok = house_open(&h) && put_rules(&h, morning_name, morning);
	uint64_t sirens = 0;

	for (h.minute = 0; ok && h.minute < MINUTES; h.minute++) {
		if (h.minute == 720)
			ok = put_rules(&h, noon_name, noon);
		live(&h);
		ok = ok && step(&h);
		sirens += h.siren > 0;
		h.siren = 0;
		least = h.value[TEMP] < least ? h.value[TEMP] : least;
		most = h.value[TEMP] > most ? h.value[TEMP] : most;
	}
	for (uint32_t i = 0; ok && ew_node_function_at(h.node, i, &f) == EW_OK; i++)
		printf("%-12s version %s, %llu events, %llu actions, %llu failed, %llu fuel an event\n", f.name, f.version,
		       (unsigned long long)f.events, (unsigned long long)f.emitted_events,
		       (unsigned long long)f.failed_events,
		       (unsigned long long)(f.events ? f.fuel / f.events : 0));
	if (ok)
		printf("%d minutes, %u modules compiled and put, %llu actions, %llu failures; %.1f to %.1f degrees, %.1f kWh of heat, "
		       "siren %llu\n",
		       MINUTES, h.puts, (unsigned long long)h.actions, (unsigned long long)h.failures, least, most,
		       h.heat_minutes / 60000, (unsigned long long)sirens);
	if (h.failures)
		aid_fail("rules", "last failure", h.last_failure);
	house_close(&h);
	return ok ? 0 : 1;
}

/* ---- one expression ---- */

static int eval(const char *expression, char **assignments, int count)
{
	static struct house h;
	double result = 0;
	char text[4096];
	bool ok = house_open(&h);

	h.result = &result;
	for (int i = 0; i < count; i++) {
		const char *equals = strchr(assignments[i], '=');
		int s = 0;

		while (s < SENSORS && (!equals || strncmp(assignments[i], sensors[s], (size_t)(equals - assignments[i])) != 0 ||
				       sensors[s][equals - assignments[i]]))
			s++;
		if (s == SENSORS) {
			house_close(&h);
			return aid_fail("rules", assignments[i], "is no SENSOR=NUMBER") + 1;
		}
		h.value[s] = atof(equals + 1);
	}
	snprintf(text, sizeof(text), "rule eval: when 1 == 1 then result = %s", expression);
	ok = ok && put_rules(&h, "--eval", text) && step(&h);
	if (ok && h.actions)
		printf("%.17g\n", result);
	if (h.failures)
		aid_fail("rules", "--eval", h.last_failure);
	ok = ok && h.actions && !h.failures;
	house_close(&h);
	return ok ? 0 : 1;
}

static char *read_text(const char *path)
{
	size_t size;
	uint8_t *bytes = aid_read_file(path, &size);
	char *text = bytes ? realloc(bytes, size + 1) : NULL;

	if (text)
		text[size] = 0;
	return text;
}

int main(int argc, char **argv)
{
	char *morning = NULL, *noon = NULL;
	int rc = 1;

	if (argc >= 3 && !strcmp(argv[1], "--eval"))
		return eval(argv[2], argv + 3, argc - 3);
	if (argc > 3 || (argc > 1 && argv[1][0] == '-')) {
		fputs("usage: rules [RULES [CHANGED]] | rules --eval EXPRESSION [SENSOR=NUMBER]...\n"
		      "sensors: hour motion lux temp door smoke power; actuators: lamp heater siren\n",
		      stderr);
		return 2;
	}
	if (argc > 1)
		morning = read_text(argv[1]);
	if (argc > 2)
		noon = read_text(argv[2]);
	if ((argc < 2 || morning) && (argc < 3 || noon))
		rc = day(argc > 1 ? argv[1] : "rules", morning ? morning : day_rules, argc > 2 ? argv[2] : "noon",
			 noon ? noon : argc > 1 ? "" : noon_rules);
	free(morning);
	free(noon);
	return rc;
}
