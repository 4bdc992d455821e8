/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * access.h - how handlers reach 32-bit memories: what scalars (compute.h) and vectors share, with and without a check.
 *
 *	FETCH(base, bytes)		declares `at`: the bytes there
 *	STORE_AT(base, bytes, put)	puts what the statement leaves at `at`
 *
 * base is the address operand; the offset is the instruction's.  EWI_UNCHECKED is what exec_guard.c defines before:
 * pages behind the memory stand for the check.
 */
#ifndef EW_WASM_ACCESS_H
#define EW_WASM_ACCESS_H

#include "wasm/handler.h"

/* clang-format off */

#ifdef EWI_UNCHECKED
#include "wasm/guard.h"
#else
/* ea < 2^33, so the sum cannot wrap; an access may end at the last byte. */
#define ADDRESS(base, bytes)                                                                       \
	uint64_t ea = (uint64_t)(base) + pc->u.uimm;                                               \
	if (EW_UNLIKELY(ea + (bytes) > x->mem_bytes))                                              \
		TRAP_ACCESS(ea, bytes);
#define FETCH(base, bytes)                                                                         \
	ADDRESS(base, bytes)                                                                       \
	const uint8_t *at = MEM + ea;
#define STORE_AT(base, bytes, put)                                                                 \
	{                                                                                          \
		ADDRESS(base, bytes)                                                               \
		uint8_t *at = MEM + ea;                                                            \
		put;                                                                               \
	}
#endif

/* Vectors: V(name) begins a handler, IF_ACC keeps what needs accumulators. */
#define VLOAD_FORM(name, base, bytes, fn)                                                          \
	V(name)                                                                                    \
	{                                                                                          \
		FETCH(base, bytes)                                                                 \
		VPUT(fp + pc->b, fn(at));                                                          \
		NEXT;                                                                              \
	}
#define VLOAD_FORMS(N, bytes, fn)                                                                  \
	VLOAD_FORM(N, fp[pc->a].u32, bytes, fn)                                                    \
	IF_ACC(VLOAD_FORM(N##_RS, ACC_u32, bytes, fn) VLOAD_FORM(N##_SI, 0, bytes, fn))
#define VSTORE_FORM(name, base, v)                                                                 \
	V(name)                                                                                    \
	{                                                                                          \
		STORE_AT(base, 16, ewi_v128_store(at, v))                                          \
		NEXT;                                                                              \
	}
#define VSTORE_FORMS(N)                                                                            \
	VSTORE_FORM(N, fp[pc->a].u32, ewi_vget(fp + pc->b))                                        \
	IF_ACC(VSTORE_FORM(N##_RS, ACC_u32, ewi_vget(fp + pc->b)) VSTORE_FORM(N##_SI, 0, ewi_vget(fp + pc->b))) \
	IF_VACC(VSTORE_FORM(N##_SR, fp[pc->a].u32, VREG) VSTORE_FORM(N##_RX, ACC_u32, VREG) VSTORE_FORM(N##_RI, 0, VREG))
#define VLOADLANE_FORM(N, T)                                                                       \
	V(N)                                                                                       \
	{                                                                                          \
		FETCH(fp[pc->a].u32, sizeof(C_LANE_##T))                                           \
		ewi_vput(fp + REL(pc), ewi_vget(fp + pc->b));                                      \
		EWI_VLANE(REL(pc), T, (uint32_t)COST(pc)) = ewi_get_##T(at);                       \
		NEXTX;                                                                             \
	}
#define VSTORELANE_FORM(N, T)                                                                      \
	V(N)                                                                                       \
	{                                                                                          \
		STORE_AT(fp[pc->a].u32, sizeof(C_LANE_##T), ewi_set_##T(at, EWI_VLANE(pc->b, T, (uint32_t)COST(pc)))) \
		NEXTX;                                                                             \
	}

#endif
