/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* faults.c - see faults.h. */
#include <signal.h>
#include <string.h>
#include "edgewasm/guard.h"
#include "faults.h"

#if EW_CONFIG_GUARD
/* What is not a guest's happens again without a handler, and ends the program. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	if (!ew_guard_fault(info, context))
		signal(number, SIG_DFL);
}

void faults_begin(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO;
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, NULL);
}
#else
void faults_begin(void)
{
}
#endif
