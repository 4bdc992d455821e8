/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * operators_all.c - the set of all operators.  Nothing else may stand in this file: a program that defines
 * `ew_operators` itself leaves this object in the library.
 */
#include "edgewasm/config.h"

#if EW_CONFIG_TENSOR
#include "edgewasm/operators.h"

static const struct ew_operator *const all[] = {
#define OPERATOR(name) &ew_operator_##name,
	EW_OPERATORS(OPERATOR)
#undef OPERATOR
};

const struct ew_operator_set ew_operators = {all, sizeof(all) / sizeof(all[0])};
#endif
