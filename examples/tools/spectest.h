/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * spectest.h - the host module that the WebAssembly spec scripts import, as test/core/README of the
 * spec repository describes it: print functions, four globals, a table and a memory.
 */
#ifndef TOOLS_SPECTEST_H
#define TOOLS_SPECTEST_H

#include "edgewasm/wasm.h"

struct spectest {
	struct ew_memory *memory;   /* 1 to 2 pages */
	struct ew_table *table;	    /* 10 to 20 funcref */
	struct ew_global *globals[4]; /* i32 666, i64 666, f32 666.6, f64 666.6 */
};

enum ew_status spectest_init(struct spectest *s, bool guard, const struct ew_alloc *alloc);
void spectest_deinit(struct spectest *s);
/* What the name is bound to; EW_ERR_NOENT. */
enum ew_status spectest_find(struct spectest *s, const struct ew_extern_type *want,
			     struct ew_import *out);

#endif
