/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guard.h - guests without bounds checks: pages that may not be touched stand for them.  64-bit Linux on x86-64 and
 * AArch64 (EW_CONFIG_GUARD); elsewhere everything here is there and modules keep their checks.
 *
 *	static void on_fault(int signal, siginfo_t *info, void *context)
 *	{
 *		if (!ew_guard_fault(info, context))
 *			_exit(128 + signal);     the host's own fault, or the next handler
 *	}
 *	...
 *	sigaction(SIGSEGV, &(struct sigaction){.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, NULL);
 *	load.flags = EW_MODULE_GUARD;
 *	config.guard = ew_guard_alloc();
 *
 * A load or store of such a module that is out of bounds is a fault; the host's handler hands it to ew_guard_fault,
 * and the call ends with the trap, backtrace and fuel that the check would have given.  The library installs no
 * handler: without one, such an access ends the process.  Faults of other origin stay the host's.
 *
 * What it costs: 8 GiB of address space for each memory (RLIMIT_AS, vm.max_map_count; no bytes of it are used), some
 * microseconds more for each instance made, renewed or grown, and some ns for each call from the host.  What it gains is
 * nothing that could be measured on Zen 3 (`make bench-guard`): a check is foretold, and nobody waits for it.
 */
#ifndef EDGEWASM_GUARD_H
#define EDGEWASM_GUARD_H

#include "edgewasm/wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a block of ew_guard_alloc() takes of the address space. */
#define EW_GUARD_BYTES (((uint64_t)8 << 30) + ((uint64_t)128 << 10))

/*
 * An allocator for ew_instance_config.guard, over mmap and mprotect; each block is followed by pages that may not be
 * touched, up to EW_GUARD_BYTES behind its beginning.  Thread-safe.  Blocks are at most 4 GiB and 64 KiB, and should be
 * whole pages of 64 KiB, as memories are.  A host may give one of its own that keeps that promise (huge pages, a pool
 * of reservations).  Without EW_CONFIG_GUARD it has no function, which says that nothing is guarded.
 */
EW_API struct ew_alloc ew_guard_alloc(void);

/*
 * Was the module loaded without checks?  EW_MODULE_GUARD is a wish: it is granted to modules that have a memory with
 * 32-bit addresses, all such in pages of 64 KiB, and are loaded without EW_MODULE_OBSERVE and EW_MODULE_LISTING.
 * Accesses of 64-bit memories, and what works on ranges (memory.copy ...), are checked always.
 *
 * Instances of one that was need ew_instance_config.guard (EW_ERR_INVAL), and imported memories must be guarded
 * (EW_ERR_UNLINKABLE): those of instances that had ew_instance_config.guard, whether or not their module has checks,
 * and ew_memory_create_guarded.  A guest that was already running when it was linked with the first such instance
 * (by a host function that it called) cannot call into that one before its own call ends: EW_TRAP_HOST, EW_ERR_STATE.
 */
EW_API bool ew_module_is_guarded(const struct ew_module *module);

/* As ew_memory_create.  Without EW_CONFIG_GUARD guard is ignored. */
EW_API enum ew_status ew_memory_create_guarded(struct ew_memory **out, uint32_t min_pages, uint32_t max_pages,
					       const struct ew_alloc *guard, const struct ew_alloc *alloc);

/*
 * From a handler of SIGSEGV (or SIGBUS): info is its siginfo_t, context its ucontext_t.  True: the fault was a guest's,
 * the handler returns and the interrupted thread goes on with the trap.  False: it was not, nothing was changed.  Calls
 * nothing, touches nothing but the context and the executor that faulted; on any thread, on any signal stack.
 */
EW_API bool ew_guard_fault(const void *info, void *context);

#ifdef __cplusplus
}
#endif
#endif
