/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_event.c - event_poll, event_ack, event_emit: lib/abi/fn_event.c. */
#include "arun.h"

/* Events as the ring lays them out: header, topic, data. */
struct offer {
	_Alignas(8) uint8_t bytes[4][512];
	const struct ew_event *list[4];
	uint8_t states[4];
};

static void offer_set(struct offer *o, uint32_t i, uint64_t seq, const char *topic, const char *data)
{
	struct ew_event *e = (struct ew_event *)(void *)o->bytes[i];

	memset(e, 0, sizeof(*e));
	e->seq = seq;
	e->time_ns = 1000 + seq;
	e->flags = 0x80000000u | 5; /* the high half is the library's and stays here */
	e->content_type = 9;
	memset(e->trace_id, (int)seq, sizeof(e->trace_id));
	e->topic_bytes = (uint16_t)strlen(topic);
	e->data_bytes = (uint32_t)strlen(data);
	memcpy(ew_event_topic(e), topic, strlen(topic));
	memcpy(ew_event_data(e), data, strlen(data));
	o->list[i] = e;
	o->states[i] = 0xee;
}

static struct {
	struct ew_event header;
	char topic[64], data[64];
	uint32_t calls;
	enum ew_status status;
} out;

static enum ew_status take_emit(void *user, const struct ew_event *header, const void *topic,
				const void *data)
{
	(void)user;
	out.calls++;
	out.header = *header;
	memset(out.topic, 0, sizeof(out.topic));
	memset(out.data, 0, sizeof(out.data));
	memcpy(out.topic, topic, header->topic_bytes < 63 ? header->topic_bytes : 63);
	memcpy(out.data, data, header->data_bytes < 63 ? header->data_bytes : 63);
	return out.status;
}

static void begin(struct arun *r)
{
	memset(&out, 0, sizeof(out));
	arun_init(r);
	r->config.grant.caps = EW_CAP_RECV | EW_CAP_EMIT;
	r->host.emit = take_emit;
	arun_open(r, "edge_v1", "event_poll", "event_ack", "event_emit", "event_about");
}

static void polling_takes_events_in_order(void **state)
{
	struct offer o;
	struct arun r;

	(void)state;
	begin(&r);
	offer_set(&o, 0, 7, "a/b", "hello");
	offer_set(&o, 1, 8, "c", "");
	assert_int_equal(arun_i32(&r, 0, 64, 100), AGAIN);
	ew_abi_offer(r.abi, o.list, o.states, 2);
	assert_int_equal(o.states[0], EW_EVENT_WAITING);
	assert_int_equal(arun_i32(&r, 0, 64, 100), 8);
	assert_int_equal(arun_le64(&r, 0), 7);
	assert_int_equal(arun_le64(&r, 8), 1007);
	check_mem("trace id", arun_mem(&r, 16, 16), "\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7", 16);
	assert_int_equal(arun_le32(&r, 32), 3);
	assert_int_equal(arun_le32(&r, 36), 5);
	assert_int_equal(arun_le32(&r, 40), 5);
	assert_int_equal(arun_le32(&r, 44), 9);
	check_mem("payload", arun_mem(&r, 64, 9), "a/bhello", 9);
	assert_int_equal(o.states[0], EW_EVENT_TAKEN);
	assert_int_equal(o.states[1], EW_EVENT_WAITING);
	assert_int_equal(arun_i32(&r, 0, 64, 100), 1);
	assert_int_equal(arun_le64(&r, 0), 8);
	assert_int_equal(arun_i32(&r, 0, 64, 100), AGAIN);
	assert_int_equal(ew_abi_stats(r.abi)->events_taken, 2);
	arun_close(&r);
}

static void what_does_not_fit_stays(void **state)
{
	struct offer o;
	struct arun r;

	(void)state;
	begin(&r);
	offer_set(&o, 0, 7, "a/b", "hello");
	ew_abi_offer(r.abi, o.list, o.states, 1);
	memset(arun_mem(&r, 0, 256), 0xa5, 256);
	assert_int_equal(arun_i32(&r, 0, 64, 7), 8);
	assert_int_equal(arun_le64(&r, 0), 7); /* the header says how large it is */
	assert_int_equal(arun_mem(&r, 64, 1)[0], 0xa5);
	assert_int_equal(o.states[0], EW_EVENT_WAITING);
	assert_int_equal(arun_i32(&r, 0, 64, 8), 8);
	assert_int_equal(o.states[0], EW_EVENT_TAKEN);
	assert_int_equal(arun_mem(&r, 72, 1)[0], 0xa5);
	arun_close(&r);
}

/* Longer than a result can say: told before anything is touched. */
static void an_event_of_2_gib_is_too_big(void **state)
{
	struct offer o;
	struct arun r;

	(void)state;
	begin(&r);
	offer_set(&o, 0, 7, "a", "b");
	((struct ew_event *)(void *)o.bytes[0])->data_bytes = INT32_MAX;
	ew_abi_offer(r.abi, o.list, o.states, 1);
	assert_int_equal(arun_i32(&r, 0, 64, 100), TOOBIG);
	((struct ew_event *)(void *)o.bytes[0])->data_bytes = INT32_MAX - 1;
	assert_int_equal(arun_i32(&r, 0, 64, 100), INT32_MAX);
	assert_int_equal(o.states[0], EW_EVENT_WAITING);
	assert_int_equal(ew_abi_emit(r.abi, "t", 1, "", UINT32_MAX, 0), EW_ERR_TOOBIG);
	arun_close(&r);
}

static void acknowledging_is_for_what_was_taken(void **state)
{
	struct offer o;
	struct arun r;

	(void)state;
	begin(&r);
	for (uint32_t i = 0; i < 3; i++)
		offer_set(&o, i, 10 + i, "t", "x");
	ew_abi_offer(r.abi, o.list, o.states, 3);
	arun_i32(&r, 0, 64, 100);
	arun_i32(&r, 0, 64, 100);
	arun_pick(&r, "event_ack");
	assert_int_equal(arun_i32(&r, 12), STALE); /* waiting */
	assert_int_equal(arun_i32(&r, 9), STALE);  /* never offered */
	assert_int_equal(arun_i32(&r, 11), 0);
	assert_int_equal(arun_i32(&r, 11), STALE); /* twice */
	assert_int_equal(arun_i32(&r, 10), 0);
	assert_int_equal(o.states[0], EW_EVENT_ACKED);
	assert_int_equal(o.states[1], EW_EVENT_ACKED);
	assert_int_equal(o.states[2], EW_EVENT_WAITING);
	assert_int_equal(ew_abi_stats(r.abi)->events_acked, 2);
	ew_abi_offer(r.abi, NULL, NULL, 0);
	assert_int_equal(arun_i32(&r, 10), STALE);
	arun_pick(&r, "event_poll");
	assert_int_equal(arun_i32(&r, 0, 64, 100), AGAIN);
	arun_close(&r);
}

/* A guest that has taken several says which one it answers. */
static void emitting_is_about_a_taken_event(void **state)
{
	struct offer o;
	struct arun r;

	(void)state;
	begin(&r);
	for (uint32_t i = 0; i < 3; i++)
		offer_set(&o, i, 10 + i, "t", "x");
	ew_abi_offer(r.abi, o.list, o.states, 3);
	arun_pick(&r, "event_about");
	assert_int_equal(arun_i32(&r, 10), STALE); /* waiting */
	arun_pick(&r, "event_poll");
	arun_i32(&r, 0, 64, 100);
	arun_i32(&r, 0, 64, 100);
	arun_pick(&r, "event_ack");
	assert_int_equal(arun_i32(&r, 10), 0);
	for (uint32_t seq = 10; seq < 12; seq++) { /* done with or not */
		arun_pick(&r, "event_about");
		assert_int_equal(arun_i32(&r, seq), 0);
		arun_pick(&r, "event_emit");
		assert_int_equal(arun_i32(&r, 0, 1, 0, 1, 0), 0);
		assert_int_equal(out.header.trace_id[0], seq);
		assert_int_equal(out.header.trace_id[15], seq);
	}
	arun_pick(&r, "event_about");
	assert_int_equal(arun_i32(&r, 12), STALE);
	assert_int_equal(arun_i32(&r, 9), STALE);
	ew_abi_begin(r.abi, 1, 0);
	ew_abi_offer(r.abi, NULL, NULL, 0);
	assert_int_equal(arun_i32(&r, 10), STALE); /* of another call */
	arun_close(&r);
}

static void emitting_carries_time_trace_and_flags(void **state)
{
	static const uint8_t trace[16] = {0xab, 1};
	struct offer o;
	struct arun r;

	(void)state;
	begin(&r);
	ew_abi_begin(r.abi, 4242, 0);
	arun_put(&r, 0, "alert/3score=9");
	arun_pick(&r, "event_emit");
	assert_int_equal(arun_i32(&r, 0, 7, 7, 7, 0x00090001), 0);
	assert_string_equal(out.topic, "alert/3");
	assert_string_equal(out.data, "score=9");
	assert_int_equal(out.header.time_ns, 4242);
	assert_int_equal(out.header.flags, 1);
	assert_int_equal(out.header.content_type, 9);
	assert_int_equal(out.header.trace_id[0], 0);
	ew_abi_set_trace(r.abi, trace);
	assert_int_equal(arun_i32(&r, 0, 7, 7, 0, 0), 0);
	assert_int_equal(out.header.trace_id[0], 0xab);
	assert_int_equal(out.header.data_bytes, 0);
	/* An event that was taken gives its own to what follows; a new call begins without. */
	offer_set(&o, 0, 3, "t", "x");
	ew_abi_offer(r.abi, o.list, o.states, 1);
	arun_pick(&r, "event_poll");
	arun_i32(&r, 512, 1024, 100);
	arun_pick(&r, "event_emit");
	arun_i32(&r, 0, 7, 7, 7, 0);
	assert_int_equal(out.header.trace_id[15], 3);
	ew_abi_begin(r.abi, 0, 0);
	arun_i32(&r, 0, 7, 7, 7, 0);
	assert_int_equal(out.header.trace_id[15], 0);
	arun_close(&r);
}

static void emitting_answers_for_the_receiver(void **state)
{
	static const struct row {
		const char *name;
		uint32_t topic_len;
		enum ew_status status;
		int32_t want;
		uint32_t calls;
	} rows[] = {
		{"taken", 1, EW_OK, 0, 1},
		{"longest topic", 255, EW_OK, 0, 1},
		{"no topic", 0, EW_OK, INVAL, 0},
		{"topic too long", 256, EW_OK, INVAL, 0},
		{"full", 1, EW_ERR_FULL, AGAIN, 1},
		{"too big", 1, EW_ERR_TOOBIG, TOOBIG, 1},
		{"not this topic", 1, EW_ERR_DENIED, DENIED, 1},
		{"broken", 1, EW_ERR_IO, IO, 1},
	};
	struct arun r;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin(&r);
		out.status = rows[i].status;
		arun_pick(&r, "event_emit");
		check_int(rows[i].name, arun_i32(&r, 0, rows[i].topic_len, 0, 5, 0), rows[i].want);
		check_int(rows[i].name, out.calls, rows[i].calls);
		/* Only what was taken counts against quotas. */
		check_int(rows[i].name, ew_abi_stats(r.abi)->used[EW_QUOTA_EMIT_EVENTS], rows[i].want == 0);
		check_int(rows[i].name, ew_abi_stats(r.abi)->used[EW_QUOTA_EMIT_BYTES],
			  rows[i].want == 0 ? rows[i].topic_len + 5 : 0);
		arun_close(&r);
	}
}

static void a_ring_takes_events_whole(void **state)
{
	struct ew_ring *ring;
	const struct ew_event *e;
	_Alignas(8) static uint8_t memory[1024];
	struct arun r;
	uint32_t sent = 0, got = 0;
	int32_t rc;

	(void)state;
	memset(&out, 0, sizeof(out));
	arun_init(&r);
	r.config.grant.caps = EW_CAP_EMIT;
	r.host.emit = take_emit; /* not asked: there is a ring */
	assert_int_equal(ew_ring_init(memory, sizeof(memory), NULL, &ring), EW_OK);
	r.config.out = ring;
	arun_open(&r, "edge_v1", "event_emit");
	arun_put(&r, 0, "topicdata");
	while ((rc = arun_i32(&r, 0, 5, 5, 4, 0)) == 0)
		sent++;
	assert_int_equal(rc, AGAIN);
	assert_true(sent > 0);
	assert_int_equal(arun_i32(&r, 0, 5, 0, 60000, 0), TOOBIG);
	while (ew_ring_peek(ring, &e) == EW_OK) {
		assert_int_equal(e->topic_bytes, 5);
		assert_memory_equal(ew_event_topic(e), "topicdata", 9);
		ew_ring_release(ring, 1);
		got++;
	}
	assert_int_equal(got, sent);
	assert_int_equal(out.calls, 0);
	arun_close(&r);
}

static void the_host_may_emit_within_the_grant(void **state)
{
	struct arun r;

	(void)state;
	begin(&r);
	assert_int_equal(ew_abi_emit(r.abi, "t", 1, "abc", 3, 0), EW_OK);
	assert_string_equal(out.data, "abc");
	assert_int_equal(ew_abi_emit(r.abi, "t", 0, "abc", 3, 0), EW_ERR_INVAL);
	arun_close(&r);
	arun_init(&r);
	r.host.emit = take_emit;
	arun_open(&r, "edge_v1", "capabilities");
	assert_int_equal(ew_abi_emit(r.abi, "t", 1, "abc", 3, 0), EW_ERR_DENIED);
	arun_close(&r);
	arun_init(&r);
	r.config.grant.caps = EW_CAP_EMIT;
	arun_open(&r, "edge_v1", "event_emit");
	assert_int_equal(arun_i32(&r, 0, 1, 0, 1, 0), NOSYS); /* nobody to take it */
	arun_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polling_takes_events_in_order),
		cmocka_unit_test(what_does_not_fit_stays),
		cmocka_unit_test(an_event_of_2_gib_is_too_big),
		cmocka_unit_test(acknowledging_is_for_what_was_taken),
		cmocka_unit_test(emitting_is_about_a_taken_event),
		cmocka_unit_test(emitting_carries_time_trace_and_flags),
		cmocka_unit_test(emitting_answers_for_the_receiver),
		cmocka_unit_test(a_ring_takes_events_whole),
		cmocka_unit_test(the_host_may_emit_within_the_grant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
