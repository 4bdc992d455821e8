/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_trace.c - W3C Trace Context: its headers, and its place behind an event's data. */
#include "../aid/aid.h"
#include "edgewasm/trace.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"

static void parents_are_read(void **state)
{
	static const struct row {
		const char *name, *text;
		enum ew_status want;
		uint8_t flags;
	} rows[] = {
		{"sampled", "00-" TRACE "-" SPAN "-01", EW_OK, 1},
		{"not sampled", "00-" TRACE "-" SPAN "-00", EW_OK, 0},
		{"random", "00-" TRACE "-" SPAN "-03", EW_OK, 3},
		{"flags nobody knows", "00-" TRACE "-" SPAN "-fd", EW_OK, 1},
		{"a later version", "01-" TRACE "-" SPAN "-01", EW_OK, 1},
		{"a later version with more", "cc-" TRACE "-" SPAN "-01-what-comes", EW_OK, 1},
		{"a later version with a dash only", "cc-" TRACE "-" SPAN "-01-", EW_OK, 1},
		{"a later version that runs on", "cc-" TRACE "-" SPAN "-01what", EW_ERR_MALFORMED, 0},
		{"version ff", "ff-" TRACE "-" SPAN "-01", EW_ERR_MALFORMED, 0},
		{"version in upper case", "0A-" TRACE "-" SPAN "-01", EW_ERR_MALFORMED, 0},
		{"version with a letter", "0g-" TRACE "-" SPAN "-01", EW_ERR_MALFORMED, 0},
		{"version 00 with more", "00-" TRACE "-" SPAN "-01-x", EW_ERR_MALFORMED, 0},
		{"one more character", "00-" TRACE "-" SPAN "-011", EW_ERR_MALFORMED, 0},
		{"one character less", "00-" TRACE "-" SPAN "-0", EW_ERR_MALFORMED, 0},
		{"nothing", "", EW_ERR_MALFORMED, 0},
		{"no trace", "00-00000000000000000000000000000000-" SPAN "-01", EW_ERR_MALFORMED, 0},
		{"no span", "00-" TRACE "-0000000000000000-01", EW_ERR_MALFORMED, 0},
		{"trace in upper case", "00-0AF7651916cd43dd8448eb211c80319c-" SPAN "-01", EW_ERR_MALFORMED, 0},
		{"trace too short", "00-0af7651916cd43dd8448eb211c80319-" SPAN "-001", EW_ERR_MALFORMED, 0},
		{"span too long", "00-" TRACE "-" SPAN "0-1", EW_ERR_MALFORMED, 0},
		{"span with a letter", "00-" TRACE "-b7ad6b716920333x-01", EW_ERR_MALFORMED, 0},
		{"flags with a letter", "00-" TRACE "-" SPAN "-0.", EW_ERR_MALFORMED, 0},
		{"flags in upper case", "00-" TRACE "-" SPAN "-0A", EW_ERR_MALFORMED, 0},
		{"another separator", "00_" TRACE "-" SPAN "-01", EW_ERR_MALFORMED, 0},
		{"another separator", "00-" TRACE "_" SPAN "-01", EW_ERR_MALFORMED, 0},
		{"another separator", "00-" TRACE "-" SPAN "_01", EW_ERR_MALFORMED, 0},
		{"a blank before", " 00-" TRACE "-" SPAN "-01", EW_ERR_MALFORMED, 0},
	};
	static const uint8_t trace[] = {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd,
					0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_trace_context c, before;
		char text[EW_TRACEPARENT_BYTES], want[EW_TRACEPARENT_BYTES];

		memset(&c, 0x5a, sizeof(c));
		before = c;
		check_status(rows[i].name, ew_traceparent_parse(rows[i].text, strlen(rows[i].text), &c), rows[i].want);
		if (rows[i].want != EW_OK) {
			check_mem(rows[i].name, &c, &before, sizeof(c));
			continue;
		}
		check_mem(rows[i].name, c.trace_id, trace, 16);
		check_int(rows[i].name, c.span_id[0], 0xb7);
		check_int(rows[i].name, c.span_id[7], 0x31);
		check_int(rows[i].name, c.flags, rows[i].flags);
		check_int(rows[i].name, c.state_bytes, 0);
		/* Written as version 00, whatever was read. */
		snprintf(want, sizeof(want), "00-" TRACE "-" SPAN "-%02x", rows[i].flags);
		ew_traceparent_format(&c, text);
		check_str(rows[i].name, text, want);
	}
}

static void states_are_checked(void **state)
{
	static char key256[300], key257[300], value256[300], value257[300], many32[400], many33[400], blank512[513], blank513[514];
	static const struct row {
		const char *name, *text;
		enum ew_status want;
	} rows[] = {
		{"one", "rojo=00f067aa0ba902b7", EW_OK},
		{"two", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", EW_OK},
		{"blanks", "a=1 ,\t b=2", EW_OK},
		{"blanks inside a value", "a=1 2", EW_OK},
		{"a tenant", "t61@vendor=x", EW_OK},
		{"every sign of a key", "0a_-*/=x", EW_OK},
		{"nothing", "", EW_OK},
		{"empty members", "a=1,,b=2,", EW_OK},
		{"twice", "a=1,a=2", EW_ERR_MALFORMED},
		{"no value", "a=", EW_ERR_MALFORMED},
		{"only a blank", "a= ", EW_ERR_MALFORMED},
		{"no key", "=1", EW_ERR_MALFORMED},
		{"no sign", "a", EW_ERR_MALFORMED},
		{"two signs", "a=1=2", EW_ERR_MALFORMED},
		{"a blank behind the key", "a =1", EW_ERR_MALFORMED},
		{"upper case", "A=1", EW_ERR_MALFORMED},
		{"begins with a sign", "_a=1", EW_ERR_MALFORMED},
		{"begins with an at", "@a=1", EW_ERR_MALFORMED},
		{"a control character", "a=1\x1f""2", EW_ERR_MALFORMED},
		{"a character beyond", "a=\x7f", EW_ERR_MALFORMED},
		{"longest key", key256, EW_OK},
		{"longer key", key257, EW_ERR_MALFORMED},
		{"longest value", value256, EW_OK},
		{"longer value", value257, EW_ERR_MALFORMED},
		{"most members", many32, EW_OK},
		{"more members", many33, EW_ERR_LIMIT},
		{"longest", blank512, EW_OK},
		{"longer", blank513, EW_ERR_LIMIT},
	};

	(void)state;
	snprintf(key256, sizeof(key256), "%0256d=1", 0);
	snprintf(key257, sizeof(key257), "%0257d=1", 0);
	snprintf(value256, sizeof(value256), "a=%0256d", 0);
	snprintf(value257, sizeof(value257), "a=%0257d", 0);
	for (int i = 0; i < 33; i++) {
		if (i < 32)
			snprintf(many32 + strlen(many32), 8, "%sk%d=1", i ? "," : "", i);
		snprintf(many33 + strlen(many33), 8, "%sk%d=1", i ? "," : "", i);
	}
	memset(blank512, ' ', 512);
	memset(blank513, ' ', 513);
	for (size_t i = 0; i < ROWS(rows); i++)
		check_status(rows[i].name, ew_tracestate_check(rows[i].text, strlen(rows[i].text)), rows[i].want);
}

/* Through a ring and out again, with any length of data and state. */
static void contexts_travel_behind_the_data(void **state)
{
	static const char *const states[] = {"", "a=1", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"};
	_Alignas(8) static uint8_t memory[4096];
	struct ew_ring *ring;

	(void)state;
	assert_int_equal(ew_ring_init(memory, sizeof(memory), NULL, &ring), EW_OK);
	for (size_t i = 0; i < ROWS(states); i++)
		for (uint32_t n = 0; n < 20; n++) {
			struct ew_event e = {.flags = 3, .time_ns = 77, .topic_bytes = 5, .data_bytes = n, .content_type = 9};
			struct ew_trace_context c, got;
			const struct ew_event *out;

			assert_int_equal(ew_traceparent_parse("00-" TRACE "-" SPAN "-01", 55, &c), EW_OK);
			c.state = states[i];
			c.state_bytes = (uint16_t)strlen(states[i]);
			assert_int_equal(ew_ring_push_traced(ring, &e, "topic", "01234567890123456789", &c), EW_OK);
			assert_int_equal(ew_ring_peek(ring, &out), EW_OK);
			assert_int_equal(ew_event_payload_bytes(out), n);
			assert_int_equal(out->data_bytes, n + ew_trace_trailer_bytes(&c));
			assert_memory_equal(ew_event_topic(out), "topic", 5);
			assert_memory_equal(ew_event_data(out), "01234567890123456789", n);
			assert_int_equal(out->flags & EW_EVENT_USER_FLAGS, 3);
			assert_int_equal(out->content_type, 9);
			assert_int_equal(out->time_ns, 77);
			assert_true(ew_event_context(out, &got));
			assert_memory_equal(got.trace_id, c.trace_id, 16);
			assert_memory_equal(got.span_id, c.span_id, 8);
			assert_int_equal(got.flags, 1);
			assert_int_equal(got.state_bytes, strlen(states[i]));
			if (got.state_bytes)
				assert_memory_equal(got.state, states[i], got.state_bytes);
			ew_ring_release(ring, 1);
		}
	{
		struct ew_event e = {.data_bytes = UINT32_MAX - 11};
		struct ew_trace_context c = {.flags = 0};

		assert_int_equal(ew_ring_push_traced(ring, &e, "", "", &c), EW_ERR_TOOBIG);
		e.data_bytes = sizeof(memory);
		assert_int_equal(ew_ring_push_traced(ring, &e, "", "", &c), EW_ERR_TOOBIG);
	}
}

/* What says that it ends in a context and does not is data. */
static void lies_are_data(void **state)
{
	static const struct row {
		const char *name;
		uint32_t flags, bytes;
		uint16_t state;
		uint32_t payload;
	} rows[] = {
		{"no flag", 0, 12, 0, 12},
		{"just one", EW_EVENT_CONTEXT, 12, 0, 0},
		{"too short", EW_EVENT_CONTEXT, 11, 0, 11},
		{"nothing", EW_EVENT_CONTEXT, 0, 0, 0},
		{"state fits", EW_EVENT_CONTEXT, 20, 8, 0},
		{"state too long", EW_EVENT_CONTEXT, 20, 9, 20},
		{"state far too long", EW_EVENT_CONTEXT, 20, 65535, 20},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct {
			struct ew_event e;
			uint8_t data[24];
		} v = {.e = {.flags = rows[i].flags, .data_bytes = rows[i].bytes, .trace_id = {7}}};
		struct ew_trace_context c;
		bool is;

		if (rows[i].bytes >= 2) {
			v.data[rows[i].bytes - 2] = (uint8_t)rows[i].state;
			v.data[rows[i].bytes - 1] = (uint8_t)(rows[i].state >> 8);
		}
		check_int(rows[i].name, ew_event_payload_bytes(&v.e), rows[i].payload);
		is = ew_event_context(&v.e, &c);
		check_true(rows[i].name, is == (rows[i].payload != rows[i].bytes));
		check_int(rows[i].name, c.trace_id[0], 7);
		check_int(rows[i].name, c.state_bytes, is ? rows[i].state : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parents_are_read),
		cmocka_unit_test(states_are_checked),
		cmocka_unit_test(contexts_travel_behind_the_data),
		cmocka_unit_test(lies_are_data),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
