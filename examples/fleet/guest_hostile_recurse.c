/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_hostile_recurse.c - calls itself for ever.  The limit of call depth
 * ends it: trap, "call stack exhausted".
 */
#include "edgewasm/guest.h"

EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

/* Works with its result, so that it is a call and not a jump; the pointer
 * hides from the compiler that it never ends. */
static int32_t deeper(int32_t n);
static int32_t (*volatile next)(int32_t) = deeper;

static int32_t deeper(int32_t n)
{
	return next(n + 1) ^ n;
}

int32_t edge_on_event(int32_t pending)
{
	return deeper(pending);
}
