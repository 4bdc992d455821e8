/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * icount.h - how often each internal instruction of a module runs, and which
 * follow one another: what pairs.def is chosen from.
 *
 * Counting puts a handler of its own in the place of every instruction's, so
 * guests run slower while it lasts and unchanged afterwards. It knows the
 * insides of lib/wasm. One module at a time.
 */
#ifndef EW_BENCH_ICOUNT_H
#define EW_BENCH_ICOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "edgewasm/wasm.h"

/* An instruction: icode, form and whether it leaves its slot alone. */
struct icount_op {
	uint16_t icode;
	uint8_t form;
	bool silent;
};

struct icount_row {
	struct icount_op first, second;
	uint64_t times, fused;	/* run; of these by one handler that does both */
};

/*
 * From now on runs of the module's instances are counted. False: out of
 * memory, or the code holds something that icount.c does not know.
 */
bool icount_begin(struct ew_module *m);
/* The module is as before. What was counted is added to the totals. */
void icount_end(void);

/* Instructions run, all modules together. */
uint64_t icount_total(void);
/*
 * Writes the most frequent pairs of neighbours, the second reached by the
 * first and not by a branch, to rows; returns how many.
 */
size_t icount_pairs(struct icount_row *rows, size_t max);
/* "i32_add.SI.silent" in at most size bytes, cut to fit. */
void icount_name(const struct icount_op *op, char *text, size_t size);

#endif
