/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* edge.h - what the parts of the firmware program share. */
#ifndef FIRMWARE_EDGE_H
#define FIRMWARE_EDGE_H

#include <stdbool.h>
#include "board.h"
#include "edgewasm.h"

#define WINDOW_BYTES 536u /* examples/fleet/window.h */

/* Things that went wrong; the exit status. */
extern int failures;

/* %s %u (unsigned) %d (int) %x (uint32_t, eight digits) %X (uint64_t, sixteen digits) %U (uint64_t). */
void say(const char *fmt, ...);

/* Bytes of RAM, for the table in lib/README.md. */
void cost(const char *what, size_t bytes);

/* Each begins with an arena that holds nothing. */
void part_wasm(struct ew_arena *arena, const struct ew_alloc *alloc);
void part_guests(struct ew_arena *arena, const struct ew_alloc *alloc);
void part_ring(void);
void part_judge(struct ew_arena *arena, const struct ew_alloc *alloc);
void part_keep(void); /* in an arena of its own */

#endif
