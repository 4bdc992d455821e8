/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * fused.h - what handlers of two or three instructions do, by the classes of halves.h: PAIR_HANDLER and TRIPLE_HANDLER
 * write one.  How loads and stores reach memory is said by who includes it: fused.c checks, exec_guard.c does not.
 */
#ifndef EW_WASM_FUSED_H
#define EW_WASM_FUSED_H

#include "wasm/compute.h"
#if EWI_VACC
#include "wasm/compute_simd.h"
#endif
#include "wasm/pairs.h"

/* clang-format off */

/* What a handler does between its head and its end, by class. */
#define PUT_keep(slot, R) fp[slot].R = v;
#define PUT_silent(slot, R)
#define VALUE_keep(N) value_##N
#define VALUE_silent(N) raw_##N
#define DO_BIN(N, R, T, F, K)                                                                         \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		C_##R v = VALUE_##K(N)(a, b);                                                      \
		SET_ACC_##R(v);                                                                    \
		PUT_##K(DST_##F, R)                                                                \
	}
#define DO_BINT(N, R, T, F, K)                                                                        \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		CHECK(trap_##N(a, b))                                                              \
		C_##R v = VALUE_##K(N)(a, b);                                                      \
		SET_ACC_##R(v);                                                                    \
		PUT_##K(DST_##F, R)                                                                \
	}
#define OPERAND_SS(T) fp[pc->a].T
#define OPERAND_RS(T) ACC_##T
#define DO_VALUE(R, K, V)                                                                          \
	C_##R v = (V);                                                                             \
	SET_ACC_##R(v);                                                                            \
	PUT_##K(pc->b, R)
#define DO_UN(N, R, T, F, K) { DO_VALUE(R, K, VALUE_##K(N)(OPERAND_##F(T))) }
#define DO_LOAD(N, R, T, F, K) { FETCH(OPERAND_##F(u32), BYTES_##N) DO_VALUE(R, K, value_##N(at)) }
#define DO_LOADAT(N, R, T, F, K) { FETCH(0, BYTES_##N) DO_VALUE(R, K, value_##N(at)) }
#define DO_GLOB(N, R, T, F, K) { DO_VALUE(R, K, x->globals[pc->u.uimm]->value.T) }
#define DO_GSET(N, R, T, F, K) x->globals[pc->u.uimm]->value.u64 = fp[pc->a].u64;
#define BASE_SS fp[pc->a].u32
#define BASE_SR fp[pc->a].u32
#define BASE_SI fp[pc->a].u32
#define BASE_RS ACC_u32
#define BASE_RI ACC_u32
#define VALUE_SS(T) fp[pc->b].T
#define VALUE_RS(T) fp[pc->b].T
#define VALUE_SR(T) ACC_##T
#define VALUE_SI(T) SMALL(T)
#define VALUE_RI(T) SMALL(T)
#define DO_PUT(N, T, F, base)                                                                      \
	{                                                                                          \
		C_##T v = VALUE_##F(T);                                                            \
		STORE_AT(base, BYTES_##N, put_##N(at, v))                                          \
	}
#define DO_STORE(N, R, T, F, K) DO_PUT(N, T, F, BASE_##F)
#define DO_STOREAT(N, R, T, F, K) DO_PUT(N, T, F, 0)
#define CHOICE_SS fp[pc->u.s.d].u32
#define CHOICE_RS ACC_u32
#define DO_SEL(N, R, T, F, K)                                                                         \
	{                                                                                          \
		C_##T v = PICK_##T(CHOICE_##F);                                                    \
		SET_ACC_##T(v);                                                                    \
		PUT_##K(pc->u.s.c, T)                                                              \
	}
#define DO_BRANCH_IF(T, F, E)                                                                      \
	{                                                                                          \
		OPERANDS_##F(T);                                                                   \
		if (E)                                                                             \
			TAKE;                                                                      \
	}
#define DO_BRANCH(N, R, T, F, K) DO_BRANCH_IF(T, F, value_##N(a, b))
#define DO_BRANCHN(N, R, T, F, K) DO_BRANCH_IF(T, F, !value_##N(a, b))
#define DO_COPY(N, R, T, F, K) fp[pc->b] = fp[pc->a];
#define DO_COPY2(N, R, T, F, K) fp[pc->b] = fp[pc->a]; fp[pc->u.s.d] = fp[pc->u.s.c];
#define DO_CONST(N, R, T, F, K) fp[pc->b].u32 = pc->u.uimm;
#define DO_CONSTN(N, R, T, F, K) fp[pc->b].u64 = IMM_u64;
#define DO_MOVE(N, R, T, F, K) fp[pc->b].T = ACC_##T;
#define DO_JUMP(N, R, T, F, K) TAKE_JUMP;
#define DO_TABLE(N, R, T, F, K) BY_TABLE(OPERAND_##F(u32));
#define DO_RETURN(N, R, T, F, K)                                                                      \
	{                                                                                          \
		C_##T v = OPERAND_##F(T);                                                          \
		SET_ACC_##T(v);                                                                    \
		fp[0].T = v;                                                                       \
		LEAVE;                                                                             \
	}
#define DO_BACK(N, R, T, F, K) LEAVE;
#define DO_CALL(N, R, T, F, K) ENTER(CALLEE(pc), fp + pc->a, pc->b, AFTER);

/* Vectors: as in exec_simd.c. */
#define VPUT_keep(slot) ewi_vput(fp + (slot), v);
#define VPUT_silent(slot)
#define DO_VALUE_V(K, slot, V)                                                                     \
	union ewi_v128 v = (V);                                                                    \
	v0 = ewi_to_reg(v);                                                                        \
	VPUT_##K(slot)
#define FIRST_SS ewi_vget(fp + pc->a)
#define FIRST_SI ewi_vget(fp + pc->a)
#define FIRST_RS VREG
#define FIRST_RI VREG
#define FIRST_SR ewi_vget(fp + pc->a)
#define SECOND_SS ewi_vget(fp + pc->b)
#define SECOND_RS ewi_vget(fp + pc->b)
#define SECOND_SR VREG
#define DO_VUN(N, R, T, F, K) { DO_VALUE_V(K, pc->b, VALUE_##K(N)(FIRST_##F)) }
#define DO_VBIN(N, R, T, F, K) { DO_VALUE_V(K, pc->u.s.c, VALUE_##K(N)(FIRST_##F, SECOND_##F)) }
#define DO_VTERN(N, R, T, F, K)                                                                    \
	{ DO_VALUE_V(K, pc->u.s.c, VALUE_##K(N)(FIRST_SS, SECOND_SS, ewi_vget(fp + pc->u.s.d))) }
#define DO_VSHIFT(N, R, T, F, K) { DO_VALUE_V(K, pc->b, value_##N(FIRST_##F, pc->u.uimm)) }
#define BYTES_BEHIND ((const uint8_t *)AFTER)
#define DO_VCONST(N, R, T, F, K) { DO_VALUE_V(K, pc->b, ewi_v128_load(BYTES_BEHIND)) }
#define DO_VSHUFFLE(N, R, T, F, K) { DO_VALUE_V(K, pc->u.s.c, shuffle_##N(FIRST_##F, SECOND_##F, BYTES_BEHIND)) }
#define VBASE_SS fp[pc->a].u32
#define VBASE_SI 0
#define VBASE_RS ACC_u32
#define VBASE_SR fp[pc->a].u32
#define VBASE_RI 0
#define VBASE_RX ACC_u32
#define DO_VLOAD(N, R, T, F, K) { FETCH(VBASE_##F, BYTES_##N) DO_VALUE_V(K, pc->b, value_##N(at)) }
#define DO_VSTORE(N, R, T, F, K) STORE_AT(VBASE_##F, 16, ewi_v128_store(at, VREG))

/* To the next one, which is behind 16 or 24 bytes. */
#define STEP pc = AFTER;
#define STEPX pc = AFTERX;
#define STEP_SS STEP
#define STEP_SI STEP
#define STEP_RS STEP
#define STEP_SR STEP
#define STEP_RI STEP
#define STEP_SX STEPX
#define STEP_RX STEPX
#define STEP_BIN(F) STEP_##F
#define STEP_BINT(F) STEP_##F
#define STEP_UN(F) STEP
#define STEP_LOAD(F) STEP
#define STEP_LOADAT(F) STEP
#define STEP_GLOB(F) STEP
#define STEP_GSET(F) STEP
#define STEP_STORE(F) STEP
#define STEP_STOREAT(F) STEP
#define STEP_SEL(F) STEP
#define STEP_COPY(F) STEP
#define STEP_COPY2(F) STEP
#define STEP_CONST(F) STEP
#define STEP_CONSTN(F) STEP
#define STEP_MOVE(F) STEP
#define STEP_VUN(F) STEP
#define STEP_VBIN(F) STEP
#define STEP_VTERN(F) STEP
#define STEP_VSHIFT(F) STEP
#define STEP_VCONST(F) pc = (const void *)(BYTES_BEHIND + 16);
#define STEP_VSHUFFLE STEP_VCONST
#define STEP_VLOAD(F) STEP
#define STEP_VSTORE(F) STEP
#define STEP_BRANCH(F) STEPX
#define STEP_BRANCHN(F) STEPX

/* Those that always go elsewhere end by themselves. */
#define END_BIN(F) NEXT_##F;
#define END_BINT(F) NEXT_##F;
#define END_UN(F) NEXT;
#define END_LOAD(F) NEXT;
#define END_LOADAT(F) NEXT;
#define END_GLOB(F) NEXT;
#define END_GSET(F) NEXT;
#define END_STORE(F) NEXT;
#define END_STOREAT(F) NEXT;
#define END_SEL(F) NEXT;
#define END_COPY(F) NEXT;
#define END_COPY2(F) NEXT;
#define END_CONST(F) NEXT;
#define END_CONSTN(F) NEXT;
#define END_MOVE(F) NEXT;
#define END_VUN(F) NEXT;
#define END_VBIN(F) NEXT;
#define END_VTERN(F) NEXT;
#define END_VSHIFT(F) NEXT;
#define END_VCONST(F) GO((const void *)(BYTES_BEHIND + 16));
#define END_VSHUFFLE END_VCONST
#define END_VLOAD(F) NEXT;
#define END_VSTORE(F) NEXT;
#define END_BRANCH(F) NEXTX;
#define END_BRANCHN(F) NEXTX;
#define END_JUMP(F)
#define END_TABLE(F)
#define END_RETURN(F)
#define END_BACK(F)
#define END_CALL(F)

#define PAIR_NAME(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2) N1##_##F1##K1##__##N2##_##F2##K2##_##C1##C2
#define TRIPLE_NAME(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3)                    \
	N1##_##F1##K1##__##N2##_##F2##K2##__##N3##_##F3##K3##_##C1##C2##C3
#define PAIR_HANDLER(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2)                                           \
	H(PAIR_NAME(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2))                                       \
	{                                                                                          \
		DO_##C1(N1, R1, T1, F1, K1)                                                            \
		STEP_##C1(F1)                                                                      \
		DO_##C2(N2, R2, T2, F2, K2)                                                            \
		END_##C2(F2)                                                                       \
	}
#define TRIPLE_HANDLER(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3)                     \
	H(TRIPLE_NAME(C1, N1, R1, T1, F1, K1, C2, N2, R2, T2, F2, K2, C3, N3, R3, T3, F3, K3))                 \
	{                                                                                          \
		DO_##C1(N1, R1, T1, F1, K1)                                                            \
		STEP_##C1(F1)                                                                      \
		DO_##C2(N2, R2, T2, F2, K2)                                                            \
		STEP_##C2(F2)                                                                      \
		DO_##C3(N3, R3, T3, F3, K3)                                                            \
		END_##C3(F3)                                                                       \
	}

#endif
