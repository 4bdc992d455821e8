/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* lanes.h - rows of bench-ring: rings beside each other in the same rounds. */
#ifndef EW_BENCH_LANES_H
#define EW_BENCH_LANES_H

#include "harness.h"

/* Reads --peer FILE.so (several times) and --room BYTES from argv, loads the peers.  False: said why. */
bool lanes_options(int *argc, char **argv);
void lanes_rows(struct bench *b);

#define LANES_USAGE                                                                                \
	"  --peer FILE.so another ring in the same rounds (bench/lane.h says how); may be repeated\n"  \
	"  --room BYTES   of each ring (65536)\n"

#endif
