/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_span.c - what is told of each event and each line of the log, as JSON; and trace contexts from input to
 * output.
 */
#include "../abi/tiny_model.h"
#include "../aid/json.h"
#include "nrun.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"
#define IN_SPAN "resourceSpans.0.scopeSpans.0.spans.0."

static struct {
	struct nrun n; /* first: it is what callbacks get */
	char spans[16][2048], lines[16][1024];
	uint32_t span_count, line_count;
	size_t cap; /* of a line */
} t;

static void take_span(void *user, const struct ew_node_span *s)
{
	assert_ptr_equal(user, &t.n);
	if (t.span_count < 16)
		ew_node_span_json(s, "gateway \"7\"", t.spans[t.span_count], sizeof(t.spans[0]));
	t.span_count++;
}

static void take_entry(void *user, const struct ew_node_entry *e)
{
	assert_ptr_equal(user, &t.n);
	if (t.line_count < 16)
		assert_int_not_equal(ew_node_entry_json(e, t.lines[t.line_count], t.cap ? t.cap : sizeof(t.lines[0])), 0);
	t.line_count++;
}

static enum ew_status two_clocks(void *user, uint32_t id, uint64_t *ns)
{
	enum ew_status st = nrun_clock(user, id, ns);

	if (id == 0)
		*ns += 1700000000000000000u;
	return st;
}

static void begin(void)
{
	memset(&t, 0, sizeof(t));
	nrun_init(&t.n);
	t.n.host.span = take_span;
	t.n.host.entry = take_entry;
	t.n.host.clock = two_clocks;
	t.n.clock = 1000;
	t.n.clock_step = 10;
	t.n.config.trace_bytes = 4096;
}

static void check_json(const char *text, const char *place, const char *want)
{
	const char *got = json_find(text, place);

	if (!got)
		fail_msg("no %s in %s", place, text);
	check_str(place, got, want);
}

/* The attribute of this name; "" when there is none. */
static const char *attribute(const char *text, const char *name)
{
	for (int i = 0; i < 32; i++) {
		char place[96], want[64];
		const char *got;

		snprintf(place, sizeof(place), IN_SPAN "attributes.%d.key", i);
		snprintf(want, sizeof(want), "\"%s\"", name);
		got = json_find(text, place);
		if (!got)
			break;
		if (strcmp(got, want) != 0)
			continue;
		snprintf(place, sizeof(place), IN_SPAN "attributes.%d.value", i);
		return json_find(text, place);
	}
	return "";
}

static void push_traced(const char *topic, const char *data, const char *parent, const char *tracestate)
{
	struct ew_event e = {.time_ns = t.n.now, .topic_bytes = (uint16_t)strlen(topic), .data_bytes = (uint32_t)strlen(data)};
	struct ew_trace_context c;

	assert_int_equal(ew_traceparent_parse(parent, strlen(parent), &c), EW_OK);
	c.state = tracestate;
	c.state_bytes = (uint16_t)strlen(tracestate);
	assert_int_equal(ew_ring_push_traced(t.n.in, &e, topic, data, &c), EW_OK);
}

static void the_parser_is_strict(void **state)
{
	static const char *const good[] = {"{}", "[]", " [1, -2.5e+3 ,\"\\u00e9\\n\"] ", "{\"a\":{\"b\":[null,true,false]}}", "0"};
	static const char *const bad[] = {"", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", "\"\x01\"", "\"\\x\"", "[1]]", "tru", "'a'"};

	(void)state;
	for (size_t i = 0; i < ROWS(good); i++)
		check_true(good[i], json_find(good[i], "") != NULL);
	for (size_t i = 0; i < ROWS(bad); i++)
		check_true(bad[i], json_find(bad[i], "") == NULL);
	assert_string_equal(json_find("{\"a\":1,\"ab\":[{\"c\":\"x\"},2]}", "ab.0.c"), "\"x\"");
	assert_null(json_find("{\"a\":1}", "b"));
}

static void spans_are_otlp(void **state)
{
	char own[4096];
	struct tiny model;

	(void)state;
	tiny_fc(&model, 1);
	begin();
	nrun_open(&t.n);
	assert_int_equal(ew_models_put(ew_node_models(t.n.node), "m", "2.1", model.bytes, model.size, 0, &t.n.err), EW_OK);
	t.n.function.tenant = "acme";
	nrun_put(&t.n, "f", "1.0", "batch");
	nrun_route(&t.n, "#", "f");
	push_traced("a/b", "1234", "00-" TRACE "-" SPAN "-01", "rojo=1");
	nrun_push(&t.n, "u", "5678"); /* a trace id, and no parent */
	nrun_step(&t.n);
	assert_int_equal(t.span_count, 2);
	assert_non_null(json_find(t.spans[0], ""));
	check_json(t.spans[0], "resourceSpans.0.resource.attributes.0.key", "\"service.name\"");
	check_json(t.spans[0], "resourceSpans.0.resource.attributes.0.value.stringValue", "\"gateway \\\"7\\\"\"");
	check_json(t.spans[0], "resourceSpans.0.scopeSpans.0.scope.name", "\"libedgewasm\"");
	check_json(t.spans[0], IN_SPAN "traceId", "\"" TRACE "\"");
	check_json(t.spans[0], IN_SPAN "parentSpanId", "\"" SPAN "\"");
	check_json(t.spans[0], IN_SPAN "traceState", "\"rojo=1\"");
	check_json(t.spans[0], IN_SPAN "flags", "769"); /* sampled, and the parent is known to be remote */
	check_json(t.spans[0], IN_SPAN "name", "\"f\"");
	check_json(t.spans[0], IN_SPAN "kind", "5");
	assert_null(json_find(t.spans[0], IN_SPAN "status"));
	snprintf(own, sizeof(own), "%s", json_find(t.spans[0], IN_SPAN "spanId"));
	assert_int_equal(strlen(own), 18);
	assert_string_not_equal(own, "\"0000000000000000\"");
	assert_string_not_equal(own, "\"" SPAN "\"");
	/* Wall time, as strings. */
	assert_int_equal(strncmp(json_find(t.spans[0], IN_SPAN "startTimeUnixNano"), "\"1700000000000001", 17), 0);
	assert_true(strcmp(json_find(t.spans[0], IN_SPAN "endTimeUnixNano"), "\"17000000000000010") > 0);
	assert_string_equal(attribute(t.spans[0], "faas.version"), "{\"stringValue\":\"1.0\"}");
	assert_string_equal(attribute(t.spans[0], "edgewasm.tenant"), "{\"stringValue\":\"acme\"}");
	assert_string_equal(attribute(t.spans[0], "edgewasm.model"), "{\"stringValue\":\"m@2.1\"}");
	assert_string_equal(attribute(t.spans[0], "messaging.destination.name"), "{\"stringValue\":\"a/b\"}");
	assert_string_equal(attribute(t.spans[0], "messaging.message.id"), "{\"stringValue\":\"1\"}");
	assert_string_equal(attribute(t.spans[0], "edgewasm.bytes"), "{\"intValue\":\"7\"}");
	assert_string_equal(attribute(t.spans[0], "edgewasm.inferences"), "{\"intValue\":\"1\"}");
	assert_string_equal(attribute(t.spans[0], "messaging.batch.message_count"), "{\"intValue\":\"1\"}");
	assert_string_equal(attribute(t.spans[0], "edgewasm.cached"), "");
	assert_string_not_equal(attribute(t.spans[0], "edgewasm.fuel"), "{\"intValue\":\"0\"}");
	assert_null(json_find(t.spans[1], IN_SPAN "parentSpanId"));
	assert_null(json_find(t.spans[1], IN_SPAN "traceState"));
	check_json(t.spans[1], IN_SPAN "flags", "1");
	assert_string_not_equal(own, json_find(t.spans[1], IN_SPAN "spanId"));
	nrun_close(&t.n);
}

/* Failures, batches, results from the cache, trials: each event is told once, with its share. */
static void every_event_is_told(void **state)
{
	struct ew_canary_config c = {.struct_bytes = sizeof(c), .share = 500};
	struct tiny model;
	uint32_t trials = 0;

	(void)state;
	tiny_fc(&model, 1);
	begin();
	t.n.config.cache_bytes = 65536;
	nrun_open(&t.n);
	assert_int_equal(ew_models_put(ew_node_models(t.n.node), "m", "1", model.bytes, model.size, EW_MODELS_BATCH(4),
				       &t.n.err), EW_OK);
	t.n.function.batch = 4;
	nrun_put(&t.n, "b", "1", "batch");
	t.n.function.batch = 0;
	t.n.function.fail_limit = UINT32_MAX;
	nrun_put(&t.n, "m", "1", "misbehave");
	t.n.function.flags = EW_FUNCTION_FRESH | EW_FUNCTION_CACHE;
	t.n.function.grant.caps = EW_CAP_RECV | EW_CAP_EMIT;
	nrun_put(&t.n, "c", "1", "echo");
	nrun_route(&t.n, "b", "b");
	nrun_route(&t.n, "m", "m");
	nrun_route(&t.n, "c", "c");
	for (int i = 0; i < 3; i++)
		nrun_push(&t.n, "b", "1234");
	nrun_push(&t.n, "m", "t");
	nrun_push(&t.n, "m", "x");
	nrun_push(&t.n, "c", "x");
	nrun_push(&t.n, "c", "x");
	nrun_step(&t.n);
	assert_int_equal(t.span_count, 7);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(attribute(t.spans[i], "messaging.batch.message_count"), "{\"intValue\":\"3\"}");
		assert_string_equal(attribute(t.spans[i], "edgewasm.inferences"), "{\"intValue\":\"1\"}");
	}
	check_json(t.spans[3], IN_SPAN "status.code", "2");
	check_json(t.spans[3], IN_SPAN "status.message", "\"trap\"");
	check_json(t.spans[4], IN_SPAN "status.message", "\"refused\"");
	assert_string_equal(attribute(t.spans[5], "edgewasm.cached"), "");
	assert_string_equal(attribute(t.spans[6], "edgewasm.cached"), "{\"boolValue\":true}");
	assert_string_equal(attribute(t.spans[6], "edgewasm.fuel"), "{\"intValue\":\"0\"}");
	t.span_count = 0;
	t.n.function.version = "2";
	t.n.function.name = "c";
	assert_int_equal(ew_node_canary_start(t.n.node, &t.n.function, &c, &t.n.err), EW_OK);
	nrun_route(&t.n, "k/#", "c");
	for (int i = 0; i < 8; i++) {
		char topic[8];

		snprintf(topic, sizeof(topic), "k/%d", i);
		nrun_push(&t.n, topic, "x");
	}
	nrun_step(&t.n);
	for (uint32_t i = 0; i < t.span_count; i++)
		trials += strcmp(attribute(t.spans[i], "edgewasm.canary"), "{\"boolValue\":true}") == 0;
	assert_int_equal(t.span_count, 8);
	assert_in_range(trials, 1, 7);
	nrun_close(&t.n);
}

/* The bytes that a span or line takes, and every smaller room: whole, or not at all. */
static void what_does_not_fit_is_not_written(void **state)
{
	struct {
		struct ew_event e;
		char payload[2];
	} v = {.e = {.seq = UINT64_MAX, .trace_id = {1}, .topic_bytes = 2}, .payload = "\xff\""};
	struct ew_node_span s = {.event = &v.e, .function = "f\n", .version = "1", .span_id = {1}, .failure = "trap"};
	char out[2048], cut[2048];
	size_t n;

	(void)state;
	s.context.trace_id[0] = 1;
	n = ew_node_span_json(&s, "s", out, sizeof(out));
	assert_true(n > 100);
	assert_int_equal(strlen(out), n);
	assert_non_null(json_find(out, ""));
	check_json(out, IN_SPAN "name", "\"f\\u000a\"");
	assert_string_equal(attribute(out, "messaging.destination.name"), "{\"stringValue\":\"\xef\xbf\xbd\\\"\"}");
	assert_int_equal(ew_node_span_json(&s, "s", cut, n + 1), n);
	for (size_t cap = 0; cap <= n; cap++) {
		memset(cut, 0x5a, sizeof(cut));
		assert_int_equal(ew_node_span_json(&s, "s", cut, cap), 0);
		assert_int_equal(cut[cap], 0x5a);
	}
	memset(s.span_id, 0, sizeof(s.span_id)); /* no trace */
	assert_int_equal(ew_node_span_json(&s, "s", out, sizeof(out)), 0);
}

static void lines_say_whose_they_are(void **state)
{
	struct tiny model;
	char span[4096];

	(void)state;
	tiny_fc(&model, 1);
	begin();
	t.n.function.settings = (const struct ew_setting[]){{"limit", "12", 2}};
	t.n.function.setting_count = 1;
	nrun_open(&t.n);
	assert_int_equal(ew_models_put(ew_node_models(t.n.node), "m", "1", model.bytes, model.size, 0, &t.n.err), EW_OK);
	t.n.function.tenant = "acme";
	t.n.function.fail_limit = 1;
	nrun_put(&t.n, "judge", "1.2", "services");
	nrun_put(&t.n, "bad", "3", "misbehave");
	nrun_route(&t.n, "t", "judge");
	nrun_route(&t.n, "b", "bad");
	t.line_count = 0; /* edge_init's */
	push_traced("t", "\x0a\x14\x1e\x05", "00-" TRACE "-" SPAN "-01", "");
	push_traced("b", "t", "00-" TRACE "-" SPAN "-01", "");
	nrun_step(&t.n);
	assert_int_equal(t.line_count, 3); /* the guest's, the trap, and that it is parked */
	for (int i = 0; i < 2; i++) {
		assert_non_null(json_find(t.lines[i], ""));
		check_json(t.lines[i], "trace_id", "\"" TRACE "\"");
		snprintf(span, sizeof(span), "%s", json_find(t.spans[i], IN_SPAN "spanId"));
		check_json(t.lines[i], "span_id", span); /* the line is found from the span */
		check_json(t.lines[i], "tenant", "\"acme\"");
		check_json(t.lines[i], "request_id", i ? "\"2\"" : "\"1\"");
		assert_int_equal(strncmp(json_find(t.lines[i], "time_unix_nano"), "\"170000000000000", 16), 0);
	}
	check_json(t.lines[0], "function", "\"judge\"");
	check_json(t.lines[0], "function_version", "\"1.2\"");
	check_json(t.lines[1], "function", "\"bad\"");
	check_json(t.lines[1], "severity", "\"ERROR\"");
	check_json(t.lines[1], "severity_number", "17");
	check_has("why", json_find(t.lines[1], "body"), "bad@3 trapped in");
	check_json(t.lines[2], "severity", "\"WARN\"");
	assert_null(json_find(t.lines[2], "request_id"));
	nrun_close(&t.n);
}

/* A line is cut in its text, between characters; what is not UTF-8 is told so; every level has its name. */
static void lines_are_cut(void **state)
{
	static const char *const texts[] = {"plain text that goes on and on", "quotes \"\"\"\"\"\" and \\\\\\\\ strokes",
					    "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", "\n\t\x01\x02\x7f",
					    "\xff\xfe\xc0\x80\xed\xa0\x80\xf5\xf0\x80\x80\x80\xe2\x82", "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf",
					    ""};
	static const char *const names[] = {"\"TRACE\"", "\"DEBUG\"", "\"INFO\"", "\"WARN\"", "\"ERROR\"", "\"FATAL\"", "\"FATAL\""};
	struct ew_node_entry e = {.function = "f", .version = "1", .model = "m\"", .model_version = "2"};
	char whole[1024], out[1024];

	(void)state;
	for (size_t i = 0; i < ROWS(texts); i++) {
		size_t n, most;

		e.text = texts[i];
		e.text_bytes = strlen(texts[i]);
		n = ew_node_entry_json(&e, whole, sizeof(whole));
		assert_non_null(json_find(whole, ""));
		check_json(whole, "model", "\"m\\\"@2\"");
		most = (size_t)(strstr(whole, "\"body\":\"") - whole) + 8 + 3 + 2 + 1;
		for (size_t cap = 0; cap < n + 8; cap++) {
			size_t got = ew_node_entry_json(&e, out, cap);

			check_true(texts[i], (got != 0) == (cap >= most));
			if (!got)
				continue;
			check_true(texts[i], got < cap && strlen(out) == got && json_find(out, "") != NULL);
			if (got < n)
				check_has(texts[i], json_find(out, "body"), "...\"");
		}
	}
	e.text = "";
	e.text_bytes = 0;
	for (uint32_t level = 0; level < ROWS(names); level++) {
		e.level = level;
		assert_true(ew_node_entry_json(&e, out, sizeof(out)) != 0);
		check_json(out, "severity", names[level]);
	}
}

/* From input to output: the same trace, the function's span as the parent, flags and state as they were. */
static void contexts_are_carried(void **state)
{
	static const struct row {
		const char *name, *parent, *tracestate;
	} rows[] = {
		{"sampled", "00-" TRACE "-" SPAN "-01", ""},
		{"not sampled", "00-" TRACE "-" SPAN "-00", "a=1"},
		{"with state", "00-" TRACE "-" SPAN "-03", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_trace_context c;
		const struct ew_event *out;
		char text[EW_TRACEPARENT_BYTES], span[32];

		begin();
		nrun_open(&t.n);
		nrun_put(&t.n, "f", "1", "echo");
		nrun_put(&t.n, "h", "1", "handle");
		nrun_route(&t.n, "t", "f");
		push_traced("t", "hello", rows[i].parent, rows[i].tracestate);
		nrun_step(&t.n);
		assert_int_equal(ew_ring_peek(t.n.out, &out), EW_OK);
		check_int(rows[i].name, ew_event_payload_bytes(out), 5);
		check_mem(rows[i].name, ew_event_data(out), "hello", 5);
		check_true(rows[i].name, ew_event_context(out, &c));
		ew_traceparent_format(&c, text);
		check_mem(rows[i].name, text, rows[i].parent, 36); /* version and trace */
		check_str(rows[i].name, text + 53, rows[i].parent + 53);
		snprintf(span, sizeof(span), "\"%.16s\"", text + 36);
		check_str(rows[i].name, json_find(t.spans[0], IN_SPAN "spanId"), span);
		check_int(rows[i].name, c.state_bytes, strlen(rows[i].tracestate));
		check_mem(rows[i].name, c.state, rows[i].tracestate, c.state_bytes);
		check_int(rows[i].name, nrun_stats(&t.n, "f").emitted_bytes, 4 + 5);
		nrun_close(&t.n);
	}
}

/* Each event of a batch has its own; without a parent a trace begins; without room or a trace id there is none. */
static void contexts_of_others(void **state)
{
	const struct ew_event *out;
	struct ew_trace_context c;
	struct tiny model;
	char data[4096];

	(void)state;
	tiny_fc(&model, 1);
	begin();
	t.n.config.trace_bytes = 100;
	nrun_open(&t.n);
	assert_int_equal(ew_models_put(ew_node_models(t.n.node), "m", "1", model.bytes, model.size, EW_MODELS_BATCH(4),
				       &t.n.err), EW_OK);
	t.n.function.batch = 4;
	nrun_put(&t.n, "b", "1", "batch");
	t.n.function.batch = 1;
	nrun_put(&t.n, "e", "1", "echo");
	nrun_route(&t.n, "b", "b");
	nrun_route(&t.n, "e", "e");
	push_traced("b", "1234", "00-" TRACE "-" SPAN "-01", "");
	nrun_push(&t.n, "b", "5678");
	push_traced("b", "1234", "00-" TRACE "-" SPAN "-00", "a=1");
	nrun_step(&t.n);
	for (int i = 0; i < 3; i++) {
		char span[32];

		assert_int_equal(ew_ring_peek(t.n.out, &out), EW_OK);
		assert_true(ew_event_context(out, &c));
		assert_int_equal(c.trace_id[15], i == 1 ? '5' : 0x9c);
		assert_int_equal(c.flags, i != 2);
		assert_int_equal(c.state_bytes, i == 2 ? 3 : 0);
		snprintf(span, sizeof(span), "\"%02x%02x", c.span_id[0], c.span_id[1]);
		assert_memory_equal(json_find(t.spans[i], IN_SPAN "spanId"), span, 5);
		ew_ring_release(t.n.out, 1);
	}
	for (uint32_t size = 88; size < 90; size++) { /* 12 more */
		memset(data, 'x', size);
		data[size] = '\0';
		nrun_push(&t.n, "e", data);
		nrun_step(&t.n);
		assert_int_equal(ew_ring_peek(t.n.out, &out), EW_OK);
		assert_true(ew_event_context(out, &c) == (size == 88));
		assert_int_equal(ew_event_payload_bytes(out), size);
		assert_int_equal(c.trace_id[0], 'x');
		ew_ring_release(t.n.out, 1);
	}
	t.span_count = 0;
	t.spans[0][0] = 'x';
	{
		struct ew_event e = {.topic_bytes = 1, .data_bytes = 1};

		assert_int_equal(ew_ring_push(t.n.in, &e, "e", "x"), EW_OK);
	}
	nrun_step(&t.n);
	assert_int_equal(ew_ring_peek(t.n.out, &out), EW_OK);
	assert_false(ew_event_context(out, &c));
	assert_int_equal(t.span_count, 1); /* told, though it has no line */
	assert_int_equal(t.spans[0][0], 'x');
	nrun_close(&t.n);
}

/* Guests see the data alone, by either convention. */
static void guests_do_not_see_it(void **state)
{
	(void)state;
	begin();
	t.n.config.trace_bytes = 0;
	t.n.function.out_topic = "out";
	nrun_open(&t.n);
	nrun_put(&t.n, "h", "1", "handle");
	nrun_put(&t.n, "e", "1", "echo");
	nrun_route(&t.n, "t", "h");
	nrun_route(&t.n, "t", "e");
	push_traced("t", "abc", "00-" TRACE "-" SPAN "-01", "a=1");
	nrun_push(&t.n, "t", "abc");
	nrun_step(&t.n);
	for (int i = 0; i < 2; i++) {
		char topic[16], first[64], second[64];

		assert_true(nrun_pop(&t.n, topic, first, sizeof(first)));
		assert_true(nrun_pop(&t.n, topic, second, sizeof(second)));
		assert_int_equal(t.n.last_event.data_bytes, 3);
		assert_string_equal(second, "abc");
	}
	assert_int_equal(nrun_stats(&t.n, "e").bytes, 2 * 4);
	nrun_close(&t.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parser_is_strict),	   cmocka_unit_test(spans_are_otlp),
		cmocka_unit_test(every_event_is_told),	   cmocka_unit_test(what_does_not_fit_is_not_written),
		cmocka_unit_test(lines_say_whose_they_are), cmocka_unit_test(lines_are_cut),
		cmocka_unit_test(contexts_are_carried),	   cmocka_unit_test(contexts_of_others),
		cmocka_unit_test(guests_do_not_see_it),
	};

	return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
