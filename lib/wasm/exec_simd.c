/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* exec_simd.c - the handlers of vector instructions, made from simd.def.  The arithmetic is in simd.h and compute_simd.h. */
#include "wasm/compute_simd.h"

#if EW_CONFIG_WASM && EW_CONFIG_SIMD

/* clang-format off */

#define V(name) const struct ewi_ins *ewi_h_##name(EWI_REGS)
/* The sixteen bytes behind an instruction, and what follows them. */
#define BYTES ((const uint8_t *)AFTER)
#define NEXT16 GO((const struct ewi_ins *)(const void *)(BYTES + 16))

/* Forms RS and SR: the first, the second operand is the vector made last. */
#define VUN_FORM(name, N, A) V(name) { VPUT(fp + pc->b, value_##N(A)); NEXT; }
#define VUN(code, N, text, canon, fn)                                                              \
	VUN_FORM(N, N, ewi_vget(fp + pc->a)) IF_VACC(VUN_FORM(N##_RS, N, VREG))
#define VBIN_FORM(name, N, A, B) V(name) { VPUT(fp + pc->u.s.c, value_##N(A, B)); NEXT; }
#define VBIN(code, N, text, canon, fn)                                                             \
	VBIN_FORM(N, N, ewi_vget(fp + pc->a), ewi_vget(fp + pc->b))                                \
	IF_VACC(VBIN_FORM(N##_RS, N, VREG, ewi_vget(fp + pc->b))                                   \
		VBIN_FORM(N##_SR, N, ewi_vget(fp + pc->a), VREG))
#define VMAP1(code, N, text, R, T, canon, E) VUN(code, N, text, canon, )
#define VMAP2(code, N, text, R, T, canon, E) VBIN(code, N, text, canon, )

#define VTERN(code, N, text, canon, fn)                                                            \
	V(N)                                                                                       \
	{                                                                                          \
		VPUT(fp + pc->u.s.c, value_##N(ewi_vget(fp + pc->a), ewi_vget(fp + pc->b), ewi_vget(fp + pc->u.s.d))); \
		NEXT;                                                                              \
	}

#define VSHIFT(code, N, text, T, E)                                                                \
	V(N) { VPUT(fp + pc->u.s.c, value_##N(ewi_vget(fp + pc->a), fp[pc->b].u32)); NEXT; }       \
	V(N##_SI) { VPUT(fp + pc->b, value_##N(ewi_vget(fp + pc->a), pc->u.uimm)); NEXT; }         \
	IF_ACC(V(N##_RS) { VPUT(fp + pc->u.s.c, value_##N(ewi_vget(fp + pc->a), ACC_u32)); NEXT; }) \
	IF_VACC(V(N##_RI) { VPUT(fp + pc->b, value_##N(VREG, pc->u.uimm)); NEXT; })

#define VTEST(code, N, text, fn)                                                                   \
	V(N)                                                                                       \
	{                                                                                          \
		uint32_t v = fn(ewi_vget(fp + pc->a));                                                  \
		SET_ACC_u32(v);                                                                    \
		fp[pc->b].u32 = v;                                                                 \
		NEXT;                                                                              \
	}                                                                                          \
	IF_ACC(V(N##_silent) { SET_ACC_u32(fn(ewi_vget(fp + pc->a))); NEXT; })

#define VSPLAT(code, N, text, pops, S, T)                                                          \
	EW_INLINE union ewi_v128 splat_##N(C_LANE_##T x)                                           \
	{                                                                                          \
		union ewi_v128 r;                                                                  \
		EWI_EACH(T, i)                                                                     \
			r.T[i] = x;                                                                \
		return r;                                                                          \
	}                                                                                          \
	V(N) { VPUT(fp + pc->b, splat_##N((C_LANE_##T)fp[pc->a].S)); NEXT; }                        \
	IF_ACC(V(N##_RS) { VPUT(fp + pc->b, splat_##N((C_LANE_##T)ACC_##S)); NEXT; })

#define VEXTRACT(code, N, text, pushes, S, T, E)                                                   \
	EW_INLINE C_##S lane_##N(C_LANE_##T x) { return E; }                                       \
	V(N)                                                                                       \
	{                                                                                          \
		C_##S v = lane_##N(EWI_VLANE(pc->a, T, pc->u.uimm));                                      \
		SET_ACC_##S(v);                                                                    \
		fp[pc->b].S = v;                                                                   \
		NEXT;                                                                              \
	}                                                                                          \
	IF_ACC(V(N##_silent) { SET_ACC_##S(lane_##N(EWI_VLANE(pc->a, T, pc->u.uimm))); NEXT; })

/* v is read before the copy: its slot may be among those written. */
#define REPLACE(N, T, X)                                                                           \
	V(N)                                                                                       \
	{                                                                                          \
		C_LANE_##T v = (C_LANE_##T)(X);                                                    \
		ewi_vput(fp + pc->u.s.c, ewi_vget(fp + pc->a));                                              \
		EWI_VLANE(pc->u.s.c, T, pc->u.s.d) = v;                                                   \
		NEXT;                                                                              \
	}
#define VREPLACE(code, N, text, pops, S, T)                                                        \
	REPLACE(N, T, fp[pc->b].S)                                                                 \
	IF_ACC(REPLACE(N##_RS, T, ACC_##S))

#define VLOAD(code, N, text, align, bytes, fn) VLOAD_FORMS(N, bytes, fn)
#define VSTORE(code, N, text) VSTORE_FORMS(N)
#define VLOADLANE(code, N, text, align, T) VLOADLANE_FORM(N, T)
#define VSTORELANE(code, N, text, align, T) VSTORELANE_FORM(N, T)

#define VCONST(code, N, text)                                                                      \
	V(N) { VPUT(fp + pc->b, ewi_v128_load(BYTES)); NEXT16; }
#define VSHUFFLE_FORM(name, A, B) V(name) { VPUT(fp + pc->u.s.c, shuffle_I8X16_SHUFFLE(A, B, BYTES)); NEXT16; }
#define VSHUFFLE(code, N, text)                                                                    \
	VSHUFFLE_FORM(N, ewi_vget(fp + pc->a), ewi_vget(fp + pc->b))                               \
	IF_VACC(VSHUFFLE_FORM(N##_RS, VREG, ewi_vget(fp + pc->b)) VSHUFFLE_FORM(N##_SR, ewi_vget(fp + pc->a), VREG))
#define VSEL(N)                                                                                    \
	V(N) { ewi_vput(fp + pc->u.s.c, ewi_vget(fp + (fp[pc->u.s.d].u32 ? pc->a : pc->b))); NEXT; }         \
	IF_ACC(V(N##_RS) { ewi_vput(fp + pc->u.s.c, ewi_vget(fp + (ACC_u32 ? pc->a : pc->b))); NEXT; })
#define VCTL(N)
#define VBYTES(N, cls)

#include "wasm/simd.def"

#if EWI_PSHUFB
#define SHUFFLE_FORM(name, A, B) V(name) { VPUT(fp + pc->u.s.c, shuffle_I8X16_SHUFFLE_SSSE3(A, B, BYTES)); NEXT16; }
SHUFFLE_FORM(I8X16_SHUFFLE_SSSE3, ewi_vget(fp + pc->a), ewi_vget(fp + pc->b))
VBIN_FORM(I8X16_SWIZZLE_SSSE3, I8X16_SWIZZLE_SSSE3, ewi_vget(fp + pc->a), ewi_vget(fp + pc->b))
IF_VACC(SHUFFLE_FORM(I8X16_SHUFFLE_SSSE3_RS, VREG, ewi_vget(fp + pc->b))
	SHUFFLE_FORM(I8X16_SHUFFLE_SSSE3_SR, ewi_vget(fp + pc->a), VREG)
	VBIN_FORM(I8X16_SWIZZLE_SSSE3_RS, I8X16_SWIZZLE_SSSE3, VREG, ewi_vget(fp + pc->b))
	VBIN_FORM(I8X16_SWIZZLE_SSSE3_SR, I8X16_SWIZZLE_SSSE3, ewi_vget(fp + pc->a), VREG))
#endif

V(COPY_V128)
{
	ewi_vput(fp + pc->b, ewi_vget(fp + pc->a));
	NEXT;
}

V(GLOBAL_GET_V128)
{
	const struct ew_global *g = x->globals[pc->u.uimm];

	fp[pc->b].u64 = g->value.u64;
	fp[pc->b + 1].u64 = g->high.u64;
	NEXT;
}

V(GLOBAL_SET_V128)
{
	struct ew_global *g = x->globals[pc->u.uimm];

	g->value.u64 = fp[pc->a].u64;
	g->high.u64 = fp[pc->a + 1].u64;
	NEXT;
}

V(RETURN_V128)
{
	struct ewi_call_frame *top = --x->top;

	ewi_vput(fp, ewi_vget(fp + pc->a));
	CHARGE(x, pc->u.imm);
	fp = top->fp;
	GO(top->pc);
}

#endif
