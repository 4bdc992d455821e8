/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * debug.h - for the people who debug guests: every instruction as it is executed, modules taken apart, and what is
 * left after a trap as a file.
 *
 * Nothing of it costs anything while it is not used: a module is loaded for it (EW_MODULE_OBSERVE, EW_MODULE_LISTING),
 * and any other runs as ever.  EW_CONFIG_TRACE 0, as on microcontrollers, compiles all but core dumps away: what is
 * missing then returns EW_ERR_UNSUPPORTED.
 */
#ifndef EDGEWASM_DEBUG_H
#define EDGEWASM_DEBUG_H

#include "edgewasm/wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- step by step ----------------------------------------------------------------------------- */

#define EW_STEP_VALUES 8

/* One instruction, about to be executed.  Everything is borrowed until the callback returns. */
struct ew_step {
	struct ew_instance *instance;
	uint32_t func;	 /* index in the module's function index space */
	uint32_t offset; /* byte in the module of the instruction */
	uint32_t depth;	 /* call frames below this one; calls from host functions and into other instances leave gaps */
	uint32_t value_count; /* operands the instruction takes from the stack: the last EW_STEP_VALUES of them */
	int64_t fuel;	 /* what is left before the instruction, exactly */
	const uint8_t *types; /* enum ew_type of each operand, deepest first */
	const union ew_value *values; /* two for a v128; of references .u64, 0 for null */
};

/*
 * Called before every instruction that is reached in a module loaded with EW_MODULE_OBSERVE; other modules run
 * unobserved.  EW_OK goes on.  EW_ERR_INTERRUPT stops before the instruction: the call returns it and is suspended,
 * ew_resume goes on with the instruction, ew_cancel gives up.  Whatever else is taken for EW_OK.
 * It may read memories, tables and globals; it MUST NOT call guests or grow anything.
 *
 * else and end are reached only by falling into them: a branch goes behind an end.
 * Results and fuel are those of any other run, and the differences of fuel from step to step add up to the run's total,
 * what host functions burn and what a trap costs included.
 */
typedef enum ew_status (*ew_step_fn)(void *user, const struct ew_step *step);
/* fn NULL: no more.  EW_ERR_UNSUPPORTED without EW_CONFIG_TRACE. */
EW_API enum ew_status ew_exec_observe(struct ew_exec *exec, ew_step_fn fn, void *user);

/* ---- modules taken apart ---------------------------------------------------------------------- */

/* Takes bytes as they come; a status other than EW_OK ends the work and is returned by it. */
typedef enum ew_status (*ew_write_fn)(void *user, const void *bytes, size_t len);

/* Functions of the index space; the first *imports of them (may be NULL) are imported. */
EW_API uint32_t ew_module_func_count(const struct ew_module *module, uint32_t *imports);
/* Where the body of a function is in the module: its local declarations first.  EW_ERR_INVAL: imported, or none. */
EW_API enum ew_status ew_module_func_body(const struct ew_module *module, uint32_t func, uint32_t *offset,
					  uint32_t *size);
/*
 * The instruction at this byte of the module as text, "i32.load offset=8", cut to cap - 1 bytes and terminated; numbers
 * are decimal, floats hexadecimal.  *next, if wanted, is the byte behind it.  offset must be that of an instruction, as
 * traps and steps tell it; EW_ERR_INVAL: in no function, or nothing that decodes.
 */
EW_API enum ew_status ew_module_disasm(const struct ew_module *module, uint32_t offset, char *text, size_t cap,
				       uint32_t *next);
/*
 * A function as text, a line for each instruction: its byte in the module, the instruction, and on the right the
 * internal code it became, by position.  The module must have been loaded with EW_MODULE_LISTING: EW_ERR_STATE
 * otherwise.  Others: INVAL (no such function, or imported), NOMEM, what write returns.
 */
EW_API enum ew_status ew_module_list(const struct ew_module *module, uint32_t func, ew_write_fn write, void *user);

/* ---- what a trap leaves behind ---------------------------------------------------------------- */

/*
 * Called when a guest has trapped and before anything is taken down, a start function's instance among it: the time to
 * look at ew_exec_trap, at memories, and to write a core dump.  It MUST NOT call guests.  fn NULL: no more.
 */
typedef void (*ew_trap_fn)(void *user, struct ew_exec *exec);
EW_API void ew_exec_on_trap(struct ew_exec *exec, ew_trap_fn fn, void *user);

/*
 * Where a run stopped, in the coredump format of the WebAssembly tool conventions: frames with their locals, youngest
 * first, memories (without longer rows of zeros) and globals of every instance that has one or shares its own with one.
 * name is the program's, in the file; NULL for none.  Vectors and references have no form in it and are missing;
 * operand stacks are empty: internal code has none, and which values would be on it, and of what types, is not kept when
 * a function has been translated.  codeoffset counts from the function's local declarations (ew_module_func_body).
 *
 * Possible behind a trap until something runs on exec or an instance that ran on it is destroyed, in the callback above,
 * and while a call is suspended; EW_ERR_STATE otherwise.  Takes 24 bytes from the executor's allocator for each instance:
 * EW_ERR_NOMEM.  Bytes go to write in order, up to a memory at a time; its failure ends the work and is returned.
 */
EW_API enum ew_status ew_coredump_write(const struct ew_exec *exec, const char *name, ew_write_fn write, void *user);

#ifdef __cplusplus
}
#endif
#endif
