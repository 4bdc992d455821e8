/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guard.h - loads and stores without a check, of memories behind which 8 GiB of address space may not be touched.
 *
 * Each is one machine instruction of known address (a site), with what a trap has to know in fixed registers: the
 * instruction, the frame, the executor and the effective address.  A fault there is found by its site and becomes the
 * trap that the check would have been (guard.c).  As everything of the guest must be in place by then, a site is an
 * asm statement that clobbers memory.
 */
#ifndef EW_WASM_GUARD_H
#define EW_WASM_GUARD_H

#include "wasm/handler.h"

#if EW_CONFIG_GUARD

/* What is in `ew_guard_sites`: where the instruction is, from here, and how many bytes it wants. */
struct ewi_site {
	int32_t at;
	uint32_t bytes;
};

#define EWI_SITE(bytes)                                                                            \
	".pushsection ew_guard_sites,\"aR\"\n"                                                     \
	".balign 4\n"                                                                              \
	".long 1b - .\n"                                                                           \
	".long " #bytes "\n"                                                                       \
	".popsection"

union ewi_raw {
	uint8_t bytes[16];
	uint64_t u64[2];
};

#if defined(__x86_64__)

typedef float ewi_sixteen __attribute__((vector_size(16)));

/* pc, fp and x are where a handler gets them; the address is in rax. */
#define EWI_PINNED [mem] "r"(mem), [ea] "a"(ea), "D"(pc), "S"(fp), "d"(x)
#define EWI_READ(insn, T, where, n)                                                                \
	{                                                                                          \
		T v_;                                                                              \
		__asm__ volatile("1: " insn "\n" EWI_SITE(n) : [v] where(v_) : EWI_PINNED : "memory"); \
		memcpy(raw, &v_, n);                                                               \
		break;                                                                             \
	}
#define EWI_WRITE(insn, T, where, n)                                                               \
	{                                                                                          \
		T v_;                                                                              \
		memcpy(&v_, raw, n);                                                               \
		__asm__ volatile("1: " insn "\n" EWI_SITE(n) : : [v] where(v_), EWI_PINNED : "memory"); \
		break;                                                                             \
	}

/* An instruction that faults has written nothing, whatever pages it crosses. */
EW_INLINE void ewi_guard_read(union ewi_raw *raw, const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x,
			      const uint8_t *mem, uint64_t ea, unsigned bytes)
{
	switch (bytes) {
	case 1: EWI_READ("movzbl (%[mem],%[ea]), %k[v]", uint8_t, "=r", 1)
	case 2: EWI_READ("movzwl (%[mem],%[ea]), %k[v]", uint16_t, "=r", 2)
	case 4: EWI_READ("movl (%[mem],%[ea]), %k[v]", uint32_t, "=r", 4)
	case 8: EWI_READ("movq (%[mem],%[ea]), %q[v]", uint64_t, "=r", 8)
	default: EWI_READ("movups (%[mem],%[ea]), %[v]", ewi_sixteen, "=x", 16)
	}
}

EW_INLINE void ewi_guard_write(const union ewi_raw *raw, const struct ewi_ins *pc, union ew_value *fp,
			       struct ew_exec *x, uint8_t *mem, uint64_t ea, unsigned bytes)
{
	switch (bytes) {
	case 1: EWI_WRITE("movb %b[v], (%[mem],%[ea])", uint8_t, "r", 1)
	case 2: EWI_WRITE("movw %w[v], (%[mem],%[ea])", uint16_t, "r", 2)
	case 4: EWI_WRITE("movl %k[v], (%[mem],%[ea])", uint32_t, "r", 4)
	case 8: EWI_WRITE("movq %q[v], (%[mem],%[ea])", uint64_t, "r", 8)
	default: EWI_WRITE("movups %[v], (%[mem],%[ea])", ewi_sixteen, "x", 16)
	}
}

#else /* AArch64 */

/*
 * One byte, the last of the access: behind it nothing else can fault, and a store that crosses into a page it must not
 * touch may have written part of itself before it faults.
 */
EW_INLINE void ewi_guard_probe(const struct ewi_ins *pc_, union ew_value *fp_, struct ew_exec *x_, const uint8_t *mem,
			       uint64_t ea_, unsigned bytes)
{
	register const struct ewi_ins *pc __asm__("x0") = pc_;
	register union ew_value *fp __asm__("x1") = fp_;
	register struct ew_exec *x __asm__("x2") = x_;
	register uint64_t ea __asm__("x9") = ea_;
	const uint8_t *last = mem + (bytes - 1);

#define EWI_PROBE(n)                                                                               \
	__asm__ volatile("1: ldrb wzr, [%[last], %[ea]]\n" EWI_SITE(n)                             \
			 : : [last] "r"(last), [ea] "r"(ea), "r"(pc), "r"(fp), "r"(x) : "memory"); \
	break
	switch (bytes) {
	case 1: EWI_PROBE(1);
	case 2: EWI_PROBE(2);
	case 4: EWI_PROBE(4);
	case 8: EWI_PROBE(8);
	default: EWI_PROBE(16);
	}
#undef EWI_PROBE
}

EW_INLINE void ewi_guard_read(union ewi_raw *raw, const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x,
			      const uint8_t *mem, uint64_t ea, unsigned bytes)
{
	ewi_guard_probe(pc, fp, x, mem, ea, bytes);
	memcpy(raw, mem + ea, bytes);
}

EW_INLINE void ewi_guard_write(const union ewi_raw *raw, const struct ewi_ins *pc, union ew_value *fp,
			       struct ew_exec *x, uint8_t *mem, uint64_t ea, unsigned bytes)
{
	ewi_guard_probe(pc, fp, x, mem, ea, bytes);
	memcpy(mem + ea, raw, bytes);
}

#endif

#define FETCH(base, bytes_)                                                                        \
	union ewi_raw raw_;                                                                        \
	const uint8_t *at = raw_.bytes;                                                            \
	ewi_guard_read(&raw_, pc, fp, x, MEM, (uint64_t)(base) + pc->u.uimm, bytes_);
#define STORE_AT(base, bytes_, put)                                                                \
	{                                                                                          \
		uint64_t ea_ = (uint64_t)(base) + pc->u.uimm;                                      \
		union ewi_raw raw_;                                                                \
		uint8_t *at = raw_.bytes;                                                          \
		put;                                                                               \
		ewi_guard_write(&raw_, pc, fp, x, MEM, ea_, bytes_);                               \
	}

#endif
#endif
