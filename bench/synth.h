/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* synth.h - a WebAssembly module of any size, for timing what loads it. */
#ifndef EW_BENCH_SYNTH_H
#define EW_BENCH_SYNTH_H

#include <stddef.h>
#include <stdint.h>

/*
 * A valid module of about want_bytes, the same for the same arguments: one
 * memory, one global, and functions (i32, i32) -> i32 of statements, loops and
 * calls with about the mix of instructions that C compiles to. Exports "run",
 * which ends. To be freed with free(); NULL when memory is short.
 */
uint8_t *synth_module(size_t want_bytes, uint32_t seed, size_t *size);
/*
 * The same with an export "edge_on_event" (i32) -> i32 in front of the others, which stores its argument at 64, counts at
 * 68 how often it has been called since the memory was new, and returns 0: a function for a node. want_bytes 0: with
 * nothing else in it.
 */
uint8_t *synth_function(size_t want_bytes, uint32_t seed, size_t *size);

#endif
