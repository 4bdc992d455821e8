/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guard.c - memories behind which nothing may be touched, and what becomes of a fault there.
 *
 * A fault ends in ew_guard_fault, in the host's signal handler.  It finds the instruction among the sites of guard.h,
 * makes the interrupted thread go on in landed(), as if the handler of the guest's instruction had called it, and that
 * leaves the run as a trap does.  A handler may have a stack frame then, or have saved registers, so the way back is a
 * longjmp to where the run began.
 */
#if defined(__linux__)
#define _GNU_SOURCE /* names of registers in ucontext.h */
#endif
#include "edgewasm/guard.h"
#include "wasm/guard.h"

#if EW_CONFIG_WASM

#if EW_CONFIG_GUARD
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

/* ---- which modules ---- */

bool ewi_is_guarded(const struct ew_module *m)
{
	bool any = false;

	if (!(m->flags & EW_MODULE_GUARD) || (m->flags & (EW_MODULE_OBSERVE | EW_MODULE_LISTING)))
		return false;
	for (uint32_t k = 0; k < m->memory_count; k++) {
		if (EWI_IS64(&m->memories[k]))
			continue;
		if (m->memories[k].page_log2 != 16)
			return false;
		any = true;
	}
	return any;
}

bool ew_module_is_guarded(const struct ew_module *m)
{
	return ewi_is_guarded(m);
}

/* ---- memories ---- */

/* Pages of the system are no larger. */
#define PAGE ((size_t)64 << 10)
#define UP(bytes) (((bytes) + PAGE - 1) & ~(PAGE - 1))
#define BLOCK_MAX (((size_t)4 << 30) + PAGE)
#define RESERVED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static void *reserve(size_t bytes)
{
	void *p = mmap(NULL, EW_GUARD_BYTES, PROT_NONE, RESERVED, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p, UP(bytes), PROT_READ | PROT_WRITE) == 0)
		return p;
	munmap(p, EW_GUARD_BYTES);
	return NULL;
}

static void *guard_resize(void *ctx, void *block, size_t old_bytes, size_t new_bytes)
{
	uint8_t *p = block;
	size_t from = UP(old_bytes), to = UP(new_bytes);

	(void)ctx;
	if (new_bytes > BLOCK_MAX)
		return NULL;
	if (!block)
		return reserve(new_bytes);
	if (new_bytes == 0) {
		munmap(block, EW_GUARD_BYTES);
		return NULL;
	}
	if (to > from && mprotect(p + from, to - from, PROT_READ | PROT_WRITE) != 0)
		return NULL;
	if (to < from && mmap(p + to, from - to, PROT_NONE, RESERVED | MAP_FIXED, -1, 0) == MAP_FAILED)
		return NULL;
	if (new_bytes < old_bytes)
		memset(p + new_bytes, 0, to - new_bytes); /* to be zero when it grows again */
	return block;
}

struct ew_alloc ew_guard_alloc(void)
{
	return (struct ew_alloc){guard_resize, NULL};
}

/* ---- runs ---- */

enum ew_status ewi_guard_run(struct ew_exec *x)
{
	void *outer = x->guard_back;
	jmp_buf here;

	x->guard_back = &here;
	if (_setjmp(here) == 0)
		ewi_run(x, x->pc, x->fp);
	x->guard_back = outer;
	return x->status;
}

const struct ewi_ins *ewi_guard_refuse(const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x)
{
	ewi_trap(pc, fp, x, EW_TRAP_HOST);
	x->trap.status = EW_ERR_STATE;
	return NULL;
}

/* ---- faults ---- */

/* Made by the linker. */
extern const struct ewi_site __start_ew_guard_sites[] __attribute__((visibility("hidden")));
extern const struct ewi_site __stop_ew_guard_sites[] __attribute__((visibility("hidden")));

static const struct ewi_site *find_site(uintptr_t pc)
{
	for (const struct ewi_site *s = __start_ew_guard_sites; s < __stop_ew_guard_sites; s++)
		if ((uintptr_t)&s->at + (uintptr_t)(intptr_t)s->at == pc)
			return s;
	return NULL;
}

/* The access at pc was out of bounds. */
static void landed(const struct ewi_ins *pc, union ew_value *fp, struct ew_exec *x, uint64_t ea, uint32_t bytes)
{
	jmp_buf *back = x->guard_back;

	x->bad_address = ea;
	x->bad_bytes = bytes;
	ewi_trap_access(pc, fp, x, x->mem, 0, 0, 0 NO_VECTOR);
	longjmp(*back, 1);
}

/* Where guard.h has them at a site, and where a function of landed()'s parameters has them. */
#if defined(__x86_64__)
#define MACHINE_PC(u) ((u)->uc_mcontext.gregs[REG_RIP])
#define SITE_X(u) ((u)->uc_mcontext.gregs[REG_RDX])

/* As if called: 16-byte aligned but for the return address, below what the interrupted function keeps under its stack. */
static void go_on(ucontext_t *u, uint32_t bytes)
{
	greg_t *r = u->uc_mcontext.gregs;

	r[REG_RCX] = r[REG_RAX];
	r[REG_R8] = (greg_t)bytes;
	r[REG_RSP] = ((r[REG_RSP] - 128) & ~(greg_t)15) - 8;
	r[REG_RIP] = (greg_t)(uintptr_t)landed;
}
#else
#define MACHINE_PC(u) ((u)->uc_mcontext.pc)
#define SITE_X(u) ((u)->uc_mcontext.regs[2])

static void go_on(ucontext_t *u, uint32_t bytes)
{
	u->uc_mcontext.regs[3] = u->uc_mcontext.regs[9];
	u->uc_mcontext.regs[4] = bytes;
	u->uc_mcontext.pc = (uintptr_t)landed;
}
#endif

bool ew_guard_fault(const void *info, void *context)
{
	uintptr_t at = (uintptr_t)((const siginfo_t *)info)->si_addr;
	ucontext_t *u = context;
	const struct ewi_site *site = find_site((uintptr_t)MACHINE_PC(u));
	const struct ew_exec *x;

	if (!site)
		return false;
	x = (const struct ew_exec *)(uintptr_t)SITE_X(u);
	if (at - (uintptr_t)x->mem >= EW_GUARD_BYTES)
		return false;
	go_on(u, site->bytes);
	return true;
}

#else

bool ew_module_is_guarded(const struct ew_module *m)
{
	(void)m;
	return false;
}

struct ew_alloc ew_guard_alloc(void)
{
	return (struct ew_alloc){NULL, NULL};
}

enum ew_status ew_memory_create_guarded(struct ew_memory **out, uint32_t min_pages, uint32_t max_pages,
					const struct ew_alloc *guard, const struct ew_alloc *alloc)
{
	(void)guard;
	return ew_memory_create(out, min_pages, max_pages, alloc);
}

bool ew_guard_fault(const void *info, void *context)
{
	(void)info, (void)context;
	return false;
}
#endif

#endif
