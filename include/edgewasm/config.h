/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * config.h - what is built in, and the default of every limit.
 *
 * Every switch can be set on the compiler's command line (-DEW_CONFIG_NODE=0); a room that is
 * switched off compiles to nothing.  Every limit is a default: the configuration structs of the
 * rooms override it at run time, where 0 means "this default".  Each says what it costs.
 */
#ifndef EDGEWASM_CONFIG_H
#define EDGEWASM_CONFIG_H

/* Rooms.  base is always there; abi needs wasm, tensor, event and store; node needs abi. */
#ifndef EW_CONFIG_WASM
#define EW_CONFIG_WASM 1
#endif
#ifndef EW_CONFIG_TENSOR
#define EW_CONFIG_TENSOR 1
#endif
#ifndef EW_CONFIG_EVENT
#define EW_CONFIG_EVENT 1
#endif
#ifndef EW_CONFIG_STORE
#define EW_CONFIG_STORE 1
#endif
#ifndef EW_CONFIG_ABI
#define EW_CONFIG_ABI (EW_CONFIG_WASM && EW_CONFIG_TENSOR && EW_CONFIG_EVENT && EW_CONFIG_STORE)
#endif
#ifndef EW_CONFIG_NODE
#define EW_CONFIG_NODE EW_CONFIG_ABI
#endif

/* POSIX files as a storage back end; off on bare metal. */
#ifndef EW_CONFIG_POSIX
#if defined(__unix__) || defined(__APPLE__)
#define EW_CONFIG_POSIX 1
#else
#define EW_CONFIG_POSIX 0
#endif
#endif

/* ew_alloc_libc(), the allocator over malloc; off where there is no heap. */
#ifndef EW_CONFIG_LIBC_ALLOC
#define EW_CONFIG_LIBC_ALLOC 1
#endif

/*
 * Execution profile of the interpreter.  1: results travel in an accumulator register and handlers
 * are specialised by operand place (about 220 KiB of x86-64 code, pairs and vectors included).  0: every operand is a frame
 * slot, one handler for each operation (firmware).  Results and fuel are the same.  Little-endian only:
 * an accumulator and a slot must agree about which half a 32-bit value is in.
 */
#ifndef EW_CONFIG_EXEC_ACC
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define EW_CONFIG_EXEC_ACC 0
#elif defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)
#define EW_CONFIG_EXEC_ACC 1
#else
#define EW_CONFIG_EXEC_ACC 0
#endif
#endif

/*
 * Handlers end in a sibling call where the compiler makes one: clang is told that it must; gcc does with
 * -foptimize-sibling-calls (in -O2 and -Os; the Makefile gives it always).  Otherwise, and under
 * sanitizers, which want a frame for each call, each handler returns to a loop that calls the next.
 */
#ifndef EW_CONFIG_EXEC_TAIL
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EW_CONFIG_EXEC_TAIL 0
#elif defined(__clang__)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer) || !__has_attribute(musttail)
#define EW_CONFIG_EXEC_TAIL 0
#else
#define EW_CONFIG_EXEC_TAIL 1
#endif
#elif defined(__GNUC__) && defined(__OPTIMIZE__)
#define EW_CONFIG_EXEC_TAIL 1
#else
#define EW_CONFIG_EXEC_TAIL 0
#endif
#endif

/* What came after WebAssembly 2.0, proposal by proposal: 0 compiles it away.  See EW_FEATURE_... in wasm.h. */
#ifndef EW_CONFIG_EXTENDED_CONST
#define EW_CONFIG_EXTENDED_CONST 1
#endif
#ifndef EW_CONFIG_TAIL_CALL
#define EW_CONFIG_TAIL_CALL 1
#endif
#ifndef EW_CONFIG_CUSTOM_PAGE_SIZES
#define EW_CONFIG_CUSTOM_PAGE_SIZES 1
#endif
#ifndef EW_CONFIG_MULTI_MEMORY
#define EW_CONFIG_MULTI_MEMORY 1
#endif

/* Small targets: 32-bit without an operating system gets smaller defaults. */
#if !defined(EW_CONFIG_SMALL)
#if defined(__ARM_ARCH_PROFILE) && (__ARM_ARCH_PROFILE == 'M')
#define EW_CONFIG_SMALL 1
#else
#define EW_CONFIG_SMALL 0
#endif
#endif

/* Operators of a model may be split over threads of the host's (ew_model_exec_set_parallel). */
#ifndef EW_CONFIG_PARALLEL
#define EW_CONFIG_PARALLEL (!EW_CONFIG_SMALL)
#endif

/* The storage that breaks on purpose, for tests (storage.h): 3 KiB of x86-64 code where it is used. */
#ifndef EW_CONFIG_STORAGE_SIM
#define EW_CONFIG_STORAGE_SIM (!EW_CONFIG_SMALL)
#endif

/*
 * Cores without compare-and-swap (Cortex-M0, RV32 without A): the rings that several sides write to call
 * ew_critical_enter() and ew_critical_exit() of event.h, which the firmware defines, around a few plain
 * instructions.  A ring with one producer and one consumer needs neither.
 */
#ifndef EW_CONFIG_CRITICAL
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__) || (defined(__riscv) && !defined(__riscv_atomic))
#define EW_CONFIG_CRITICAL 1
#else
#define EW_CONFIG_CRITICAL 0
#endif
#endif

/*
 * The vector instructions of WebAssembly (v128): about 30 KiB of x86-64 code, and as much of tables.  0: a module that uses them is refused
 * with EW_ERR_UNSUPPORTED.
 */
#ifndef EW_CONFIG_SIMD
#define EW_CONFIG_SIMD (!EW_CONFIG_SMALL)
#endif

/*
 * Modules that can be run step by step, and listed (debug.h): about 8 KiB of x86-64 code and 20 KiB of tables.  0: a module that is to be loaded so is
 * refused with EW_ERR_UNSUPPORTED.
 */
#ifndef EW_CONFIG_TRACE
#define EW_CONFIG_TRACE (!EW_CONFIG_SMALL)
#endif

/* Memories and tables with 64-bit addresses: about 8 KiB of x86-64 code, and as much of tables.  No use where there is less memory. */
#ifndef EW_CONFIG_MEMORY64
#define EW_CONFIG_MEMORY64 (!EW_CONFIG_SMALL)
#endif

/* EW_MODULE_LAZY (wasm.h): about 2 KiB of code.  0: a module that is to be loaded so is refused with EW_ERR_UNSUPPORTED. */
#ifndef EW_CONFIG_LAZY
#define EW_CONFIG_LAZY (!EW_CONFIG_SMALL)
#endif

/* Exception handling: about 7 KiB of x86-64 code. */
#ifndef EW_CONFIG_EXCEPTIONS
#define EW_CONFIG_EXCEPTIONS (!EW_CONFIG_SMALL)
#endif

/* Relaxed vector instructions: most are others by another name, the rest is about 1 KiB of x86-64 code. */
#ifndef EW_CONFIG_RELAXED_SIMD
#define EW_CONFIG_RELAXED_SIMD EW_CONFIG_SIMD
#endif

/*
 * EW_MODULE_GUARD (guard.h): modules whose loads and stores are not checked, memories with 8 GiB of address space each,
 * about 80 KiB of code.  64-bit Linux with accumulators, on the machines whose registers a signal handler finds.
 */
#ifndef EW_CONFIG_GUARD
#if defined(__linux__) && EW_CONFIG_WASM && EW_CONFIG_EXEC_ACC && EW_CONFIG_POSIX && defined(__GNUC__) && \
	((defined(__x86_64__) && !defined(__ILP32__)) || (defined(__aarch64__) && defined(__LP64__)))
#define EW_CONFIG_GUARD 1
#else
#define EW_CONFIG_GUARD 0
#endif
#endif

/* Saved states and pools of instances (snapshot.h): about 5 KiB of code. */
#ifndef EW_CONFIG_SNAPSHOT
#define EW_CONFIG_SNAPSHOT 1
#endif

/* Wasm load limits: checked before anything is allocated for the thing counted. */
#ifndef EW_MAX_MODULE_BYTES /* the module itself, borrowed: no RAM */
#define EW_MAX_MODULE_BYTES (256u << 20)
#endif
#ifndef EW_MAX_TYPES /* 32 bytes each, and one for each parameter and result */
#define EW_MAX_TYPES 100000u
#endif
#ifndef EW_MAX_FUNCTIONS /* 24 bytes each in a module; 8 in an instance, and 64 if it can be referred to */
#define EW_MAX_FUNCTIONS 100000u
#endif
#ifndef EW_MAX_IMPORTS /* 48 bytes each */
#define EW_MAX_IMPORTS 10000u
#endif
#ifndef EW_MAX_EXPORTS /* 32 bytes each */
#define EW_MAX_EXPORTS 10000u
#endif
#ifndef EW_MAX_GLOBALS /* 24 bytes each in a module, 40 in an instance (32 without EW_CONFIG_SIMD) */
#define EW_MAX_GLOBALS 100000u
#endif
#ifndef EW_MAX_TABLES /* 48 bytes each, without elements */
#define EW_MAX_TABLES 100u
#endif
#ifndef EW_MAX_MEMORIES /* 64 bytes each, without pages */
#define EW_MAX_MEMORIES 100u
#endif
#ifndef EW_MAX_TAGS /* 4 bytes each in a module, 24 in an instance */
#define EW_MAX_TAGS 10000u
#endif
#ifndef EW_MAX_SEGMENTS /* 40 bytes each, data and element segments counted apart */
#define EW_MAX_SEGMENTS 100000u
#endif
#ifndef EW_MAX_CONST_DEPTH /* operands of a constant expression: 8 bytes of C stack each while one is evaluated */
#define EW_MAX_CONST_DEPTH (EW_CONFIG_SMALL ? 8u : 64u)
#endif
#ifndef EW_MAX_LOCALS /* parameters and locals of one function; 8 bytes of stack each while it runs, a v128 16 */
#define EW_MAX_LOCALS 50000u
#endif
#ifndef EW_MAX_NESTING /* nested blocks of one function; 88 bytes each while it is translated */
#define EW_MAX_NESTING 4096u
#endif
#ifndef EW_MAX_FRAME_SLOTS /* locals and operands of one function, a v128 two; operand fields have 16 bits */
#define EW_MAX_FRAME_SLOTS 65000u
#endif
#ifndef EW_MAX_BODY_BYTES /* one function body; its internal code is 3 to 6 times as large */
#define EW_MAX_BODY_BYTES (8u << 20)
#endif
#ifndef EW_MAX_CODE_FACTOR /* internal code of a function: at most 64 KiB and this many times its body */
#define EW_MAX_CODE_FACTOR 32u
#endif

/* Wasm run limits. */
#ifndef EW_MAX_MEMORY_PAGES /* of all memories of an instance together: 64 KiB each, committed as the allocator commits */
#define EW_MAX_MEMORY_PAGES (EW_CONFIG_SMALL ? 1u : 65536u)
#endif
#ifndef EW_MAX_TABLE_ENTRIES /* 8 bytes each (4 on 32-bit) */
#define EW_MAX_TABLE_ENTRIES (EW_CONFIG_SMALL ? 256u : 10000000u)
#endif
#ifndef EW_MAX_EXCEPTIONS /* that references hold, in one instance at a time: 40 bytes each, and 8 for each value */
#define EW_MAX_EXCEPTIONS (EW_CONFIG_SMALL ? 16u : 1024u)
#endif
#ifndef EW_STACK_SLOTS /* value stack of one ew_exec, 8 bytes each */
#define EW_STACK_SLOTS (EW_CONFIG_SMALL ? 256u : 131072u)
#endif
#ifndef EW_CALL_DEPTH /* call frames of one ew_exec, 16 bytes each (8 on 32-bit) */
#define EW_CALL_DEPTH (EW_CONFIG_SMALL ? 16u : 16384u)
#endif
#ifndef EW_HOST_DEPTH /* host function that calls the guest that calls the host ...: C stack */
#define EW_HOST_DEPTH 16u
#endif

#endif
