/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * slip.h - letting the producer get ahead.
 *
 * A consumer as fast as its producer catches up after every event, and then each takes from the other, event by event,
 * the line that the other wants next.  (FastForward, Giacomoni et al. 2008, calls the remedy temporal slip.)  So when it
 * finds nothing for the first time since it took something, it waits for about as long as a line takes from core to
 * core, and looks again.  A producer that sends one event and waits for the answer must not be held up by that:
 * a wait that brought no more than one event is not repeated for 1, 3, 7 … 63 times.
 */
#ifndef EW_EVENT_SLIP_H
#define EW_EVENT_SLIP_H

#include <stdatomic.h>
#include <stdbool.h>
#include "edgewasm/ring.h"

/* Once round a loop that waits for another core: some nanoseconds, little else. */
static inline void ewi_relax(void)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
	__builtin_ia32_pause();
#elif defined(__GNUC__) && defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory");
#else
	atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* Nothing is there; so many events were released until now.  True: it waited `turns`, look again. */
static inline bool ewi_slip(struct ew_ring_slip *s, uint32_t turns, size_t released)
{
	uint32_t now = (uint32_t)released;

	if (now == s->idle_at)
		return false;
	s->idle_at = now;
	if (s->left == UINT32_MAX) {
		s->unslipped = now - s->slip_at < 2 ? (s->unslipped * 2 + 1) & 63 : 0;
		s->left = s->unslipped;
	}
	if (s->left > 0) {
		s->left--;
		return false;
	}
	s->left = UINT32_MAX;
	s->slip_at = now;
	while (turns-- > 0)
		ewi_relax();
	return true;
}

#endif
