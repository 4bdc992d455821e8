/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_swap_threads.c - versions replaced, tried and rolled back while another thread pushes as fast as it can: every
 * event is answered once, in its order, whatever runs.
 */
#include <pthread.h>
#include "nrun.h"

#define EVENTS 60000u
#define EACH 500u /* events between two changes */

static struct {
	struct nrun n;
	uint64_t next; /* number of the event whose answer is due */
	uint32_t wrong;
} t;

static void *push_all(void *user)
{
	(void)user;
	for (uint64_t i = 1; i <= EVENTS;) {
		struct ew_event e = {.time_ns = 1, .topic_bytes = 3, .data_bytes = sizeof(i)};
		char topic[8];

		snprintf(topic, sizeof(topic), "k%02u", (unsigned)(i % 100));
		memset(e.trace_id, 1, sizeof(e.trace_id));
		if (ew_ring_push(t.n.in, &e, topic, &i) == EW_OK)
			i++;
		else
			sched_yield();
	}
	return NULL;
}

static enum ew_status take(void *user, const char *function, const struct ew_event *header, const void *topic,
			   const void *data)
{
	uint64_t number;

	(void)user, (void)function, (void)topic;
	assert_int_equal(header->data_bytes, sizeof(number));
	memcpy(&number, data, sizeof(number));
	t.wrong += number != t.next;
	t.next = number + 1;
	return EW_OK;
}

/* A new version put in place, prepared beforehand, tried on some keys, or rolled back: in turn. */
static void change(uint32_t number)
{
	struct ew_canary_config c = {.struct_bytes = sizeof(c), .share = 300, .events = 64};
	const struct nrun_guest *g = nrun_guest(&t.n, "echo");
	struct ew_function_config *f = &t.n.function;
	struct ew_alloc libc = ew_alloc_libc();
	char version[16];
	enum ew_status st;

	snprintf(version, sizeof(version), "1.%u", (unsigned)number);
	f->name = "f";
	f->version = version;
	f->module_bytes = g->bytes;
	f->module_size = g->size;
	f->batch = 1 + number % 3 * 7;
	f->batch_age_ns = number % 5 == 0 ? 1000 : 0;
	switch (number % 4) {
	case 0:
		assert_int_equal(ew_function_prepare(&f->prepared, f, NULL, 0, &libc, &t.n.err), EW_OK);
		f->module_bytes = NULL;
		f->module_size = 0;
		st = ew_node_function_put(t.n.node, f, &t.n.err);
		f->prepared = NULL;
		break;
	case 1: st = ew_node_canary_start(t.n.node, f, &c, &t.n.err); break;
	case 2: st = ew_node_function_rollback(t.n.node, "f", &t.n.err); break;
	default: st = ew_node_function_put(t.n.node, f, &t.n.err); break;
	}
	if (st != EW_OK)
		fail_msg("change %u: %s", (unsigned)number, t.n.err.text);
}

static void nothing_is_lost_or_doubled(void **state)
{
	uint32_t changes = 2; /* the first one puts a version, so that there is one to go back to */
	pthread_t producer;

	(void)state;
	memset(&t, 0, sizeof(t));
	nrun_init(&t.n);
	t.n.host.emit = take;
	t.n.function.flags = EW_FUNCTION_KEEP;
	t.next = 1;
	nrun_open(&t.n);
	ew_node_destroy(t.n.node); /* once more, with emit instead of the ring */
	t.n.config.out = NULL;
	assert_int_equal(ew_node_create(&t.n.node, &t.n.config, &t.n.mem.alloc, &t.n.err), EW_OK);
	nrun_put(&t.n, "f", "1", "echo");
	nrun_route(&t.n, "#", "f");
	assert_int_equal(pthread_create(&producer, NULL, push_all, NULL), 0);
	while (t.next <= EVENTS) {
		t.n.now += 100;
		nrun_step(&t.n);
		if (t.next > changes * EACH)
			change(++changes);
	}
	pthread_join(producer, NULL);
	nrun_step(&t.n);
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.next, EVENTS + 1);
	assert_int_equal(nrun_stats(&t.n, "f").events, EVENTS);
	assert_int_equal(nrun_stats(&t.n, "f").failed_events, 0);
	assert_true(changes > 100);
	assert_true(t.n.reports[EW_NODE_PROMOTED] > 10);
	print_message("%u changes, %u promoted, %u rolled back\n", (unsigned)changes, (unsigned)t.n.reports[EW_NODE_PROMOTED],
		      (unsigned)t.n.reports[EW_NODE_ROLLED_BACK]);
	nrun_close(&t.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_or_doubled)};

	return cmocka_run_group_tests_name("swap", tests, NULL, NULL);
}
