/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * stubs.h - stand-ins for function imports that nobody offers: each prints one line and returns zeros,
 * as wabt's wasm-interp --dummy-import-func does.
 */
#ifndef TOOLS_STUBS_H
#define TOOLS_STUBS_H

#include "edgewasm/wasm.h"

struct stub;

struct stubs {
	struct stub *first;
};

/* A stand-in for the wanted function; EW_ERR_NOENT for any other kind of import. */
enum ew_status stubs_add(struct stubs *s, const struct ew_extern_type *want, struct ew_import *out);
/* After the instances that use them are gone. */
void stubs_deinit(struct stubs *s);

#endif
