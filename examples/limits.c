/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * limits.c - a guest that never ends, made to end: by fuel, in portions between other work, by a timer's signal.
 * The module is  (func (export "forever") loop br 0 end)
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include "edgewasm/wasm.h"

static const unsigned char module_bytes[] = {
	0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01,
	0x00, 0x07, 0x0b, 0x01, 0x07, 'f',  'o',  'r',	 'e',  'v',  'e',  'r',	 0x00, 0x00, 0x0a, 0x09, 0x01,
	0x07, 0x00, 0x03, 0x40, 0x0c, 0x00, 0x0b, 0x0b,
};

static struct ew_exec *volatile running; /* what the signal handler may touch */

static void on_alarm(int number)
{
	(void)number;
	ew_exec_interrupt(running);
}

static void say(const char *what, enum ew_status st)
{
	printf("%-28s %s\n", what, ew_status_name(st));
}

int main(void)
{
	struct ew_exec_config stack = {sizeof(stack), .stack_slots = 256, .call_depth = 32};
	struct ew_instance_config config = {sizeof(config), .max_memory_pages = 1};
	struct itimerval in_20_ms = {.it_value = {0, 20000}};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {EW_OK, 0, ""};
	struct ew_instance *instance = NULL;
	struct ew_module *module = NULL;
	struct ew_exec *exec = NULL;
	struct ew_func *forever = NULL;
	union ew_value v[1];

	if (ew_module_load(&module, module_bytes, sizeof(module_bytes), NULL, &alloc, &err) != EW_OK ||
	    ew_exec_create(&exec, &stack, &alloc) != EW_OK ||
	    (config.exec = exec, ew_instance_create(&instance, module, &config, &alloc, NULL, &err)) != EW_OK ||
	    ew_func_find(instance, "forever", "()", &forever) != EW_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}

	/* A budget: when it is used up the call is suspended, and here it is given up. */
	ew_exec_set_fuel(exec, 1000000);
	say("with 1,000,000 fuel", ew_call(forever, v));
	ew_cancel(exec);

	/* In portions: a little of the guest between the host's own duties. */
	ew_call_begin(forever, v);
	for (int portion = 0; portion < 3; portion++)
		say("a portion of 1,000", ew_instance_run(instance, 1000));
	ew_cancel(exec);

	/* From outside: a signal handler, another thread or an ISR. */
	running = exec;
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &in_20_ms, NULL);
	ew_exec_set_fuel(exec, EW_FUEL_MAX);
	say("interrupted after 20 ms", ew_call(forever, v));
	ew_cancel(exec);

	ew_instance_destroy(instance);
	ew_exec_destroy(exec);
	ew_module_free(module);
	return 0;
}
