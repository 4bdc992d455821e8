/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * guest_hostile_import.c - imports a function for which it has no grant: it is
 * refused before it runs, by name.
 */
#include "edgewasm/guest.h"

EDGE_EXPORT("edge_on_event") int32_t edge_on_event(int32_t pending);

int32_t edge_on_event(int32_t pending)
{
	(void)pending;
	return edge_kv_set("key", 3, "value", 5);
}
