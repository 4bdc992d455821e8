/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * exec_memory64.c - the handlers of loads and stores whose addresses have 64 bits, made from the rows of icode.def and
 * simd.def, and their table.  The instructions are those of 32-bit memories; only the handler's address differs.  What
 * works on ranges of memory is in control.c, for both.
 * Source: the memory64 proposal.
 */
#include "wasm/handler.h"
#include "wasm/simd.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_MEMORY64

/* clang-format off */

#if EW_CONFIG_EXEC_ACC
#define IF_ACC(...) __VA_ARGS__
#else
#define IF_ACC(...)
#endif

/*
 * A memory ends far below 2^63 (it lies in ours), so behind the first compare no sum wraps.  Where it does, the trap
 * tells the largest address.
 */
#define ADDRESS(base, bytes)                                                                       \
	uint64_t ea = (base);                                                                      \
	if (EW_UNLIKELY(ea > x->mem_bytes || ea + pc->u.uimm + (bytes) > x->mem_bytes))            \
		TRAP_ACCESS(ea > UINT64_MAX - pc->u.uimm ? UINT64_MAX : ea + pc->u.uimm, bytes);   \
	ea += pc->u.uimm;

#define BIN(N, R, T, E)
#define BINT(N, R, T, C, E)
#define CMP(N, T, E, S, G)
#define FCMP(N, T, E, S)
#define UN(N, R, T, E)
#define UNT(N, R, T, C, E)
#define SEL(N, T)
#define GLOB(N, T)
#define CTL(N)
#define LOAD_FORM(N, F, R, A, B, E)                                                                \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		ADDRESS(A, B)                                                                      \
		const uint8_t *p = MEM + ea;                                                       \
		C_##R v = (E);                                                                     \
		SET_ACC_##R(v);                                                                    \
		fp[pc->b].R = v;                                                                   \
		NEXT;                                                                              \
	}
#define LOAD(N, R, B, E) LOAD_FORM(N, SS, R, fp[pc->a].u64, B, E) IF_ACC(LOAD_FORM(N, RS, R, r0, B, E))
#define STORE_FORM(N, F, T, A, B, E)                                                               \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		C_##T v = fp[pc->b].T;                                                             \
		ADDRESS(A, B)                                                                      \
		uint8_t *p = MEM + ea;                                                             \
		E;                                                                                 \
		NEXT;                                                                              \
	}
#define STORE(N, T, B, E) STORE_FORM(N, SS, T, fp[pc->a].u64, B, E) IF_ACC(STORE_FORM(N, RS, T, r0, B, E))
#include "wasm/icode.def"

#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms)
#define VINT(N, cls, R, T, forms)
#define VLOAD_FORM(N, F, A, bytes, fn)                                                             \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		ADDRESS(A, bytes)                                                                  \
		VPUT(fp + pc->b, fn(MEM + ea));                                                    \
		NEXT;                                                                              \
	}
#define VLOAD(code, N, text, align, bytes, fn)                                                     \
	VLOAD_FORM(N, SS, fp[pc->a].u64, bytes, fn) IF_ACC(VLOAD_FORM(N, RS, r0, bytes, fn))
#define VSTORE_FORM(N, F, A)                                                                       \
	H(N##_##F)                                                                                 \
	{                                                                                          \
		ADDRESS(A, 16)                                                                     \
		ewi_v128_store(MEM + ea, ewi_vget(fp + pc->b));                                    \
		NEXT;                                                                              \
	}
#define VSTORE(code, N, text) VSTORE_FORM(N, SS, fp[pc->a].u64) IF_ACC(VSTORE_FORM(N, RS, r0))
#define VLOADLANE(code, N, text, align, T)                                                         \
	H(N##_SS)                                                                                  \
	{                                                                                          \
		ADDRESS(fp[pc->a].u64, sizeof(C_LANE_##T))                                         \
		ewi_vput(fp + REL(pc), ewi_vget(fp + pc->b));                                      \
		EWI_VLANE(REL(pc), T, (uint32_t)COST(pc)) = ewi_get_##T(MEM + ea);                 \
		NEXTX;                                                                             \
	}
#define VSTORELANE(code, N, text, align, T)                                                        \
	H(N##_SS)                                                                                  \
	{                                                                                          \
		ADDRESS(fp[pc->a].u64, sizeof(C_LANE_##T))                                         \
		ewi_set_##T(MEM + ea, EWI_VLANE(pc->b, T, (uint32_t)COST(pc)));                    \
		NEXTX;                                                                             \
	}
#include "wasm/simd.def"

/* ---- the table ---- */

#define BIN(N, R, T, E)
#define BINT(N, R, T, C, E)
#define CMP(N, T, E, S, G)
#define FCMP(N, T, E, S)
#define UN(N, R, T, E)
#define UNT(N, R, T, C, E)
#define SEL(N, T)
#define GLOB(N, T)
#define CTL(N)
#define BOTH(N) [EWI_##N] = {N##_SS, IF_ACC(N##_RS)},
#define LOAD(N, R, B, E) BOTH(N)
#define STORE(N, T, B, E) BOTH(N)
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms)
#define VINT(N, cls, R, T, forms)
#define VLOAD(code, N, text, align, bytes, fn) BOTH(N)
#define VSTORE(code, N, text) BOTH(N)
#define VLOADLANE(code, N, text, align, T) [EWI_##N] = {N##_SS},
#define VSTORELANE(code, N, text, align, T) [EWI_##N] = {N##_SS},
const ewi_handler ewi_wide_handlers[EWI_ICODES][2] = {
#include "wasm/icode.def"
#include "wasm/simd.def"
};

/* clang-format on */

const struct ewi_ins *ewi_h_ADDRESS_ADD(EWI_REGS)
{
	uint64_t base = fp[pc->a].u64, offset = BEHIND_u64;

	fp[pc->b].u64 = base > UINT64_MAX - offset ? UINT64_MAX : base + offset;
	NEXTX;
}

#else
/* Never emitted. */
const struct ewi_ins *ewi_h_ADDRESS_ADD(EWI_REGS)
{
	NEXTX;
}
#endif

#endif
