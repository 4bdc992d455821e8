/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* op_table.c - ops.def as objects, one for each operator, so that a program links those it names. */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "tensor/ops.h"

#define OP(code, NAME, name, version, imin, imax, omin, omax, options, prepare)                    \
	const struct ew_operator ew_operator_##name = {#NAME, code, version, imin,                 \
						       imax,  omin, omax,    options, prepare};
#include "tensor/ops.def"
#undef OP

/* Both lists name as many: with the linker's check that each public one is there, they name the same. */
enum {
#define OP(code, NAME, name, version, imin, imax, omin, omax, options, prepare) ROW_##name,
#include "tensor/ops.def"
#undef OP
	ROWS
};
enum {
#define OPERATOR(name) PUBLIC_##name,
	EW_OPERATORS(OPERATOR)
#undef OPERATOR
	PUBLIC
};
_Static_assert((int)ROWS == (int)PUBLIC, "ops.def and edgewasm/operators.h name the same operators");
#endif
