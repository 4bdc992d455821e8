/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_preempt.c - a producer of low priority is held after each single instruction of a push, and one of higher priority
 * runs: on the same ring its push succeeds at once, whatever the other was about to do, and through a lane of its
 * own its event is out before the other goes on.  Were there anything to wait for, this would never end.  The kernel's single steps stand for the preemption (Linux, ptrace).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "edgewasm/queue.h"

#if defined(__linux__)
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 1024u
#define STEPS_MAX 20000u /* of one push; a build with sanitizers has some thousand */
#define PLACES 400u /* to hold the producer at, spread over all its steps */

/* What both processes see. */
struct shared {
	volatile uint32_t inside; /* the low one is between the call of its push and its return */
	volatile uint32_t status;
	uint64_t common[(4096 + ROOM) / 8], urgent[(4096 + ROOM) / 8];
};

struct pair {
	struct shared *shared;
	struct ew_mring *common, *urgent;
	struct ew_queue queue;
	pid_t low;
};

static enum ew_status push(struct ew_mring *r, uint64_t who, uint32_t n)
{
	uint8_t data[60];
	struct ew_event e = {.time_ns = who, .data_bytes = sizeof(data)};

	memset(data, (int)(who * 16 + n % 16), sizeof(data));
	return ew_mring_push(r, &e, NULL, data);
}

static void check(const struct ew_event *e, uint64_t who, uint32_t n)
{
	assert_int_equal(e->time_ns, who);
	assert_int_equal(e->data_bytes, 60);
	for (uint32_t i = 0; i < 60; i++)
		assert_int_equal(ew_event_data(e)[i], (uint8_t)(who * 16 + n % 16));
}

/* The low one: stops, pushes, stops, for as long as it is let. */
static void be_low(struct shared *s, struct ew_mring *r)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(1);
	for (uint32_t n = 0;; n++) {
		raise(SIGSTOP);
		s->inside = 1;
		s->status = (uint32_t)push(r, 1, n);
		s->inside = 0;
	}
}

/* False: it ended.  Signals other than those of tracing would be lost here; there are none. */
static bool go_on(const struct pair *p, int how)
{
	int status;

	if (ptrace(how, p->low, NULL, NULL) != 0 || waitpid(p->low, &status, 0) != p->low)
		return false;
	return WIFSTOPPED(status);
}

/* 0, or the reason to leave the test out. */
static const char *pair_start(struct pair *p)
{
	struct ew_mring_config cfg = {.struct_bytes = sizeof(cfg), .slip = 1};
	int status;

	memset(p, 0, sizeof(*p));
	p->shared = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(p->shared != MAP_FAILED);
	assert_int_equal(ew_mring_init(p->shared->common, ew_mring_size(ROOM), &cfg, &p->common), EW_OK);
	assert_int_equal(ew_mring_init(p->shared->urgent, ew_mring_size(ROOM), &cfg, &p->urgent), EW_OK);
	{
		const struct ew_lane lanes[] = {{.mring = p->urgent}, {.mring = p->common}};
		struct ew_queue_config qc = {.struct_bytes = sizeof(qc), .lanes = lanes, .lane_count = 2};

		assert_int_equal(ew_queue_init(&p->queue, &qc), EW_OK);
	}
	p->low = fork();
	assert_true(p->low >= 0);
	if (p->low == 0)
		be_low(p->shared, p->common);
	if (waitpid(p->low, &status, 0) != p->low || !WIFSTOPPED(status)) {
		p->low = 0;
		return "no tracing here";
	}
	ptrace(PTRACE_SETOPTIONS, p->low, NULL, PTRACE_O_EXITKILL);
	return go_on(p, PTRACE_SINGLESTEP) ? NULL : "no single steps on this machine";
}

static void pair_end(struct pair *p)
{
	int status;

	if (p->low != 0) {
		kill(p->low, SIGKILL);
		waitpid(p->low, &status, 0);
	}
	munmap(p->shared, sizeof(*p->shared));
}

/* Let the low one make `steps` steps of its push; false: it was over before. */
static bool hold_after(const struct pair *p, uint32_t steps)
{
	while (!p->shared->inside)
		assert_true(go_on(p, PTRACE_SINGLESTEP));
	for (uint32_t i = 0; i < steps && p->shared->inside; i++)
		assert_true(go_on(p, PTRACE_SINGLESTEP));
	return p->shared->inside != 0;
}

/* Held where it is: the high one's push on the same ring, and its event through the other. */
static void preempt(struct pair *p, uint32_t n)
{
	const struct ew_event *e;
	uint32_t lane;

	assert_int_equal(push(p->common, 2, n), EW_OK);
	assert_int_equal(push(p->urgent, 3, n), EW_OK);
	assert_int_equal(ew_queue_peek(&p->queue, 0, &e, &lane), EW_OK);
	assert_int_equal(lane, 0);
	check(e, 3, n);
	assert_int_equal(ew_queue_release(&p->queue), EW_OK);
}

/* Both events of the common ring, in the order in which they were claimed; true: the low one's was first. */
static bool both_arrived(struct pair *p, uint32_t n)
{
	bool first = false, seen[3] = {false};
	const struct ew_event *e;
	uint32_t lane;

	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(ew_queue_peek(&p->queue, 0, &e, &lane), EW_OK);
		assert_int_equal(lane, 1);
		assert_true(e->time_ns == 1 || e->time_ns == 2);
		check(e, e->time_ns, n);
		assert_false(seen[e->time_ns]);
		seen[e->time_ns] = true;
		first = first || (i == 0 && e->time_ns == 1);
		assert_int_equal(ew_queue_release(&p->queue), EW_OK);
	}
	assert_int_equal(ew_queue_peek(&p->queue, 0, &e, &lane), EW_ERR_EMPTY);
	return first;
}

static uint32_t steps_of_a_push(struct pair *p)
{
	const struct ew_event *e;
	uint32_t steps = 0;

	(void)hold_after(p, 0);
	for (; p->shared->inside; steps++)
		assert_true(steps < STEPS_MAX && go_on(p, PTRACE_SINGLESTEP));
	assert_true(go_on(p, PTRACE_CONT));
	assert_int_equal(ew_mring_peek(p->common, &e), EW_OK);
	assert_int_equal(ew_mring_release(p->common, 1), 1);
	return steps;
}

static void held_anywhere(void **state)
{
	uint32_t steps, stride, n = 1, low_first = 0, high_first = 0;
	struct pair p;
	const char *why = pair_start(&p);

	(void)state;
	if (why) {
		print_message("%s\n", why);
		pair_end(&p);
		skip();
	}
	steps = steps_of_a_push(&p);
	stride = steps / PLACES + 1;
	for (uint32_t k = 0; k < steps + steps / 2; k += stride, n++) {
		bool held = hold_after(&p, k);

		preempt(&p, n);
		assert_true(go_on(&p, PTRACE_CONT));
		assert_int_equal(p.shared->status, EW_OK);
		*(both_arrived(&p, n) ? &low_first : &high_first) += 1;
		if (!held)
			break;
	}
	print_message("a push of %u instructions, held %u times before its claim and %u times behind it\n", steps, high_first,
		      low_first);
	assert_true(low_first > 1 && high_first > 1);
	pair_end(&p);
}
#else
static void held_anywhere(void **state)
{
	(void)state;
	print_message("ptrace is Linux's\n");
	skip();
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(held_anywhere)};

	return cmocka_run_group_tests_name("preempted producers", tests, NULL, NULL);
}
