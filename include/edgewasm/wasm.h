/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * wasm.h - load, link and run WebAssembly modules.
 *
 *	struct ew_module *m;      immutable after ew_module_load (see EW_MODULE_LAZY); shared by instances and threads
 *	struct ew_exec *x;        a stack to run on; one thread at a time
 *	struct ew_instance *i;    memory, globals, tables of one module; runs on an ew_exec
 *	struct ew_func *f;        a function of an instance; found once, called many times
 *
 * Nothing here prints, reads a clock, or calls the allocator while a guest runs, except memory.grow, table.grow,
 * exceptions caught by reference and, of a lazy module, first calls.  Functions take NULL for struct ew_error pointers
 * that the host does not want.
 */
#ifndef EDGEWASM_WASM_H
#define EDGEWASM_WASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ew_module;
struct ew_exec;
struct ew_instance;
struct ew_func;
struct ew_memory;
struct ew_table;
struct ew_global;
struct ew_tag;
struct ew_exception;

/* Value types; the numbers are the binary format's. */
enum ew_type {
	EW_I32 = 0x7f,
	EW_I64 = 0x7e,
	EW_F32 = 0x7d,
	EW_F64 = 0x7c,
	EW_V128 = 0x7b,
	EW_FUNCREF = 0x70,
	EW_EXTERNREF = 0x6f,
	EW_EXNREF = 0x69 /* an exception: see there */
};

/*
 * One value, one stack slot.  Arguments and results are arrays of these in signature order; a v128 takes two
 * consecutive ones, the low 64 bits (lanes that come first) before the high, each as u64: so what comes behind it in a
 * signature moves up by one.
 * References: func is NULL or a function of an instance; ref is the host's own pointer, never followed.
 */
union ew_value {
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	float f32;
	double f64;
	struct ew_func *func;
	void *ref;
};

/*
 * Signatures as text, for host functions and look-ups: parameters in parentheses, then results;
 * i = i32, I = i64, f = f32, F = f64, V = v128, p = funcref, x = externref, e = exnref.  "(iiI)i" takes i32, i32, i64 and gives i32;
 * "()" takes and gives nothing.
 */

/* ---- modules ---------------------------------------------------------------------------------- */

enum {
	EW_MODULE_COPY = 1u << 0,	   /* copy the bytes; default: borrow until ew_module_free */
	EW_MODULE_NO_NAMES = 1u << 2,	   /* ignore the name section */
	EW_MODULE_TRACK = 1u << 4,	   /* note where guests write, for ew_snapshot_restore (snapshot.h): each store one instruction more */
	EW_MODULE_LAZY = 1u << 3,	   /* translate each function on its first call, see below */
	EW_MODULE_GUARD = 1u << 5,	   /* pages that may not be touched instead of checks, where that can be: see guard.h */
	EW_MODULE_OBSERVE = 1u << 8,	   /* to be run step by step, see debug.h: slower, code and tables several times as large */
	EW_MODULE_LISTING = 1u << 9	   /* keep what ew_module_list (debug.h) needs: 8 bytes for each internal instruction */
};

/*
 * Every NaN that an arithmetic instruction makes is the canonical one, which the specification always allows and leaves to
 * machines: a guest's results are the same bits on all of them.  What moves values, and what is defined on bits (neg, abs,
 * copysign, reinterpret), keeps the NaN that it is given.
 *
 * EW_MODULE_LAZY: ew_module_load validates everything, with the errors it always has, and translates nothing.  A function
 * is translated when it is first called, in memory from the module's allocator and in the thread that calls, so an
 * allocator that several threads' instances reach so must be thread-safe; no lock is taken, each function's code is
 * published at once and whole.  When memory is short or the function exceeds EW_MAX_CODE_FACTOR, the guest that called
 * it traps (EW_TRAP_TRANSLATION), or ew_call and ew_call_begin return that status; the next call tries again.  A call
 * between functions costs a load more.  Not for EW_CONFIG_LAZY 0; without effect beside EW_MODULE_OBSERVE and
 * EW_MODULE_LISTING.
 */

/*
 * What came after WebAssembly 2.0: all of it is understood unless it is named in ew_module_config.disable, or compiled
 * away (EW_CONFIG_EXTENDED_CONST ...).  A module that uses what is off is refused: EW_ERR_UNSUPPORTED, "... disabled".
 */
enum {
	EW_FEATURE_EXTENDED_CONST = 1u << 0,	/* add, sub and mul in constant expressions */
	EW_FEATURE_TAIL_CALL = 1u << 1,		/* return_call, return_call_indirect */
	EW_FEATURE_CUSTOM_PAGE_SIZES = 1u << 2, /* memories in pages of one byte */
	EW_FEATURE_MULTI_MEMORY = 1u << 3,	/* more than one memory in a module */
	EW_FEATURE_RELAXED_SIMD = 1u << 4,	/* relaxed vectors: as the specification's deterministic profile has them */
	EW_FEATURE_MEMORY64 = 1u << 5,		/* memories and tables indexed by i64 */
	EW_FEATURE_EXCEPTIONS = 1u << 6		/* tags, throw, throw_ref, try_table, exnref */
};

/* Zero means the default of config.h. */
struct ew_module_config {
	size_t struct_bytes; /* sizeof(struct ew_module_config) */
	uint32_t flags;
	uint32_t max_functions;
	uint32_t max_locals;
	uint32_t max_nesting;
	uint32_t max_body_bytes;
	uint32_t disable; /* EW_FEATURE_... */
};

/*
 * Decode, validate and translate a whole module.  bytes may lie in flash; they are read only, and
 * borrowed unless EW_MODULE_COPY.  config may be NULL.
 * Errors: MALFORMED, INVALID (err->offset: byte in the module), LIMIT, UNSUPPORTED, NOMEM; *out is then NULL.
 */
EW_API enum ew_status ew_module_load(struct ew_module **out, const void *bytes, size_t size,
				     const struct ew_module_config *config,
				     const struct ew_alloc *alloc, struct ew_error *err);
/*
 * Every instance of it must be gone, and every instance of a group that one of them was in: what others
 * still need of a destroyed instance (or of a creation that failed after it had written to a shared
 * table) lives on in the group, and needs the module and its bytes.  NULL is allowed.
 */
EW_API void ew_module_free(struct ew_module *module);

enum ew_extern_kind { EW_EXTERN_FUNC, EW_EXTERN_TABLE, EW_EXTERN_MEMORY, EW_EXTERN_GLOBAL, EW_EXTERN_TAG };

/* An import or export as the module declares it.  Names are not NUL-terminated: they live in the module. */
struct ew_extern_type {
	enum ew_extern_kind kind;
	const char *module; /* NULL for exports */
	const char *name;
	uint32_t module_len, name_len;
	uint64_t min, max;   /* table entries or memory pages; max UINT64_MAX: none */
	enum ew_type type;   /* of a global's value or a table's elements */
	bool mutable_global;
	const uint8_t *params, *results; /* of a function: enum ew_type, one byte each; a tag has params only */
	uint32_t param_count, result_count;
	uint32_t page_bytes; /* of a memory: 65536, or 1 where the module says so */
	bool index64;	     /* a memory or table whose addresses are i64 */
};

EW_API uint32_t ew_module_import_count(const struct ew_module *module);
EW_API uint32_t ew_module_export_count(const struct ew_module *module);
/* index below the count, or EW_ERR_INVAL. */
EW_API enum ew_status ew_module_import(const struct ew_module *module, uint32_t index,
				       struct ew_extern_type *out);
EW_API enum ew_status ew_module_export(const struct ew_module *module, uint32_t index,
				       struct ew_extern_type *out);
/* The first custom section of that name: its payload, borrowed; EW_ERR_NOENT when there is none. */
EW_API enum ew_status ew_module_custom(const struct ew_module *module, const char *name,
				       const uint8_t **payload, size_t *size);
/* Bytes the module holds from its allocator, its internal code among them. */
EW_API size_t ew_module_size(const struct ew_module *module, size_t *code_bytes);

/* ---- executors -------------------------------------------------------------------------------- */

struct ew_exec_config {
	size_t struct_bytes;
	uint32_t stack_slots; /* 8 bytes each; EW_STACK_SLOTS */
	uint32_t call_depth;  /* 16 bytes each; EW_CALL_DEPTH */
};

/* A stack for guests.  Any number of instances may run on it in turn, one (nest of calls) at a time. */
EW_API enum ew_status ew_exec_create(struct ew_exec **out, const struct ew_exec_config *config,
				     const struct ew_alloc *alloc);
/* No instance that was created on it may be left, and no group that one of them was in. */
EW_API void ew_exec_destroy(struct ew_exec *exec);

/*
 * Fuel: one unit for each executed Wasm instruction (block, loop, else, end and nop cost nothing), counted
 * exactly whether or not internal instructions are fused: the same run costs the same everywhere.  It is
 * looked at where control goes back or into a function, so a run may overshoot by one straight line of
 * code; what is left is then negative, and owed.  Default: EW_FUEL_MAX, in effect none.
 */
#define EW_FUEL_MAX (INT64_MAX / 4)
EW_API void ew_exec_set_fuel(struct ew_exec *exec, uint64_t fuel); /* cut to EW_FUEL_MAX */
EW_API int64_t ew_exec_fuel(const struct ew_exec *exec);
/* Take fuel for work that a host function does on the guest's behalf. */
EW_API void ew_exec_burn(struct ew_exec *exec, uint64_t fuel);

/*
 * Stop the guest at its next loop iteration or call with EW_ERR_INTERRUPT.  The only function that any
 * thread, signal handler or ISR may call at any time.  The flag clears when it has stopped a guest,
 * or by ew_exec_clear_interrupt.
 */
EW_API void ew_exec_interrupt(struct ew_exec *exec);
EW_API void ew_exec_clear_interrupt(struct ew_exec *exec);

/* ---- instances -------------------------------------------------------------------------------- */

/*
 * A host function.  values holds the arguments and receives the results, in place (the array has room
 * for the larger of both).  Returns EW_OK; EW_ERR_TRAP after ew_trap_set or ew_throw; EW_ERR_EXIT to end the run; any
 * other negative status ends the run as a trap of code EW_TRAP_HOST with that status.
 */
typedef enum ew_status (*ew_host_fn)(void *user, struct ew_instance *caller,
				     union ew_value *values);

/* What an import name is bound to.  name NULL with module set matches every name of that module. */
struct ew_import {
	const char *module;
	const char *name;
	enum ew_extern_kind kind;
	union {
		struct {
			const char *signature; /* see above */
			ew_host_fn fn;
			void *user;
		} host;			/* kind FUNC and fn not NULL */
		struct ew_func *func;	/* kind FUNC through from_instance = true */
		struct ew_table *table;
		struct ew_memory *memory;
		struct ew_global *global;
		struct ew_tag *tag;
	} u;
	bool from_instance; /* FUNC only: u.func instead of u.host */
};

/*
 * Looks up what is not in the import array; a host that has many functions binds them here.  Fills *out
 * (module and name are given) and returns EW_OK, or EW_ERR_NOENT, or EW_ERR_DENIED with a reason in err.
 */
typedef enum ew_status (*ew_resolve_fn)(void *user, const struct ew_extern_type *want,
					struct ew_import *out, struct ew_error *err);

struct ew_instance_config {
	size_t struct_bytes;
	struct ew_exec *exec;	     /* runs on it; NULL: the instance creates one of its own */
	uint32_t max_memory_pages;   /* of 64 KiB, in all its memories: grow beyond it fails; more at start is EW_ERR_LIMIT */
	uint32_t max_table_entries;
	const struct ew_import *imports; /* borrowed during the call only */
	size_t import_count;
	ew_resolve_fn resolve; /* may be NULL */
	void *resolve_user;
	void *user; /* ew_instance_user() */
	uint64_t max_memory_bytes; /* the same in bytes, for pages of one byte; 0: max_memory_pages alone */
	uint32_t max_exceptions;   /* that exnrefs hold at a time: EW_MAX_EXCEPTIONS */
	struct ew_alloc guard;	   /* what memories come from that need no checks: see guard.h.  No function: from alloc, like all */
};

/*
 * Link, allocate, copy active segments, run the start function (within the exec's fuel).
 * Errors: UNLINKABLE (missing, mistyped or refused import, by name), LIMIT, NOMEM, TRAP (a segment out of bounds,
 * or the start function: *trap if not NULL), FUEL, INTERRUPT.  After an error *out is NULL.
 *
 * Instances that share functions, tables, memories or globals form a group: what one of them still needs
 * of a destroyed one stays until the last of the group is destroyed.
 */
struct ew_trap;
EW_API enum ew_status ew_instance_create(struct ew_instance **out, const struct ew_module *module,
					 const struct ew_instance_config *config,
					 const struct ew_alloc *alloc, struct ew_trap *trap,
					 struct ew_error *err);
EW_API void ew_instance_destroy(struct ew_instance *instance);
EW_API void *ew_instance_user(const struct ew_instance *instance);
EW_API struct ew_exec *ew_instance_exec(const struct ew_instance *instance);
EW_API const struct ew_module *ew_instance_module(const struct ew_instance *instance);
/* Bytes held from the allocator, linear memories excluded. */
EW_API size_t ew_instance_size(const struct ew_instance *instance);

/* ---- calls ------------------------------------------------------------------------------------ */

/* An exported function; signature NULL accepts any.  Errors: NOENT, TYPE.  Belongs to the instance. */
EW_API enum ew_status ew_func_find(struct ew_instance *instance, const char *name,
				   const char *signature, struct ew_func **out);
/* The same by index, as in ew_module_export: for names that no C string can hold.  Errors: NOENT, TYPE. */
EW_API enum ew_status ew_func_at(struct ew_instance *instance, uint32_t export_index,
				 struct ew_func **out);
/* Types of a function: param_count and result_count values. */
EW_API void ew_func_type(const struct ew_func *func, const uint8_t **params, uint32_t *param_count,
			 const uint8_t **results, uint32_t *result_count);

/* Index in the function index space of its instance, and that instance: for whoever reports on references. */
EW_API uint32_t ew_func_index(const struct ew_func *func);
EW_API struct ew_instance *ew_func_instance(const struct ew_func *func);

/*
 * Call and wait.  values holds the arguments and receives the results, as they are: the types were looked at when the
 * function was found with its signature, so a call compares, boxes, allocates and parses nothing.
 * Returns EW_OK, EW_ERR_TRAP (ew_exec_trap), EW_ERR_EXIT, or EW_ERR_FUEL / EW_ERR_INTERRUPT: the call is
 * then suspended, and ew_resume goes on or ew_cancel gives up.
 */
EW_API enum ew_status ew_call(struct ew_func *func, union ew_value *values);
EW_API enum ew_status ew_resume(struct ew_exec *exec, union ew_value *results);
EW_API void ew_cancel(struct ew_exec *exec);

/*
 * The same in the host's rhythm: begin once, then run with portions of fuel until it is no longer
 * EW_ERR_FUEL.  Each portion comes on top of what is owed, so that the sum of the portions less
 * ew_exec_fuel() is what the call cost, however it was cut.
 */
EW_API enum ew_status ew_call_begin(struct ew_func *func, const union ew_value *args);
EW_API enum ew_status ew_instance_run(struct ew_instance *instance, uint64_t fuel);
/* Results of the last finished call, borrowed until the next. */
EW_API const union ew_value *ew_instance_results(const struct ew_instance *instance);

/* ---- traps ------------------------------------------------------------------------------------ */

enum ew_trap_code {
	EW_TRAP_NONE = 0,
	EW_TRAP_UNREACHABLE,
	EW_TRAP_MEMORY_BOUNDS,
	EW_TRAP_TABLE_BOUNDS,
	EW_TRAP_DIV_ZERO,
	EW_TRAP_INT_OVERFLOW,
	EW_TRAP_BAD_CONVERSION, /* float to int of NaN or out of range */
	EW_TRAP_UNDEFINED_ELEMENT, /* call_indirect beyond the table */
	EW_TRAP_UNINITIALIZED_ELEMENT, /* call_indirect of a null entry */
	EW_TRAP_INDIRECT_TYPE,
	EW_TRAP_STACK, /* call depth or value stack exhausted */
	EW_TRAP_HOST,  /* a host function failed: see status */
	EW_TRAP_TRANSLATION, /* EW_MODULE_LAZY: the function called has no code, see status: NOMEM or LIMIT */
	EW_TRAP_EXCEPTION,	/* nobody caught it: ew_exec_exception */
	EW_TRAP_NULL_EXCEPTION, /* throw_ref of null */
	EW_TRAP_EXCEPTIONS	/* no room for one more, see status: NOMEM or LIMIT */
};

#define EW_TRAP_FRAMES 16

struct ew_frame {
	uint32_t func;	 /* index in the module's function index space */
	uint32_t offset; /* byte in the module of the instruction that trapped or called */
	const struct ew_instance *instance;
};

struct ew_trap {
	enum ew_trap_code code;
	enum ew_status status; /* of EW_TRAP_HOST what the host function returned, of EW_TRAP_TRANSLATION and EW_TRAP_EXCEPTIONS the reason */
	uint32_t frame_count;  /* filled in frames, innermost first */
	uint32_t depth;	       /* frames there were */
	struct ew_frame frames[EW_TRAP_FRAMES];
	char text[96]; /* what ew_trap_set said, or the code's words */
};

/* The spec's words: "integer divide by zero", ... */
EW_API const char *ew_trap_text(enum ew_trap_code code);
/* The last trap on this executor; borrowed until the next call. */
EW_API const struct ew_trap *ew_exec_trap(const struct ew_exec *exec);
/* From a host function: the trap it is about to return EW_ERR_TRAP for. */
EW_API void ew_trap_set(struct ew_instance *caller, const char *text);
/* Name of a function from the name section, or its export name; not NUL-terminated; NULL when it has none. */
EW_API const char *ew_func_name(const struct ew_module *module, uint32_t func, size_t *len);

/* ---- exceptions ------------------------------------------------------------------------------- */

/*
 * A guest throws an exception of a tag, with values of the tag's types; a try_table of it or of a caller catches it, in
 * whatever instance that is.  What nobody catches ends the run as a trap of code EW_TRAP_EXCEPTION, its backtrace that
 * of the throw.
 *
 * Host functions.  One throws by `return ew_throw(caller, tag, values);`.  One that calls guests sees what they do not
 * catch as EW_ERR_TRAP from ew_call: it may go on (that is how it catches), or return EW_ERR_TRAP, and the same
 * exception goes on to its own caller.
 *
 * Memory.  What is caught by value costs none.  What is caught by reference, thrown by the host or not caught at all
 * is an object from the allocator of the instance that threw, at most max_exceptions of them at a time; those that no
 * slot, global or table of the group refers to are freed when that many are there and when the outermost call ends.  If
 * all are still held, or the allocator has none, throwing traps: EW_TRAP_EXCEPTIONS.
 *
 * References (exnref) stay inside: the host sees a pointer that it may compare with NULL and nothing else, and can
 * give NULL only (EW_ERR_INVAL, or a trap with that status when a host function gives one).
 *
 * Source: WebAssembly core specification 3.0.  Instructions of the older proposal (try, catch, delegate, rethrow)
 * are refused.
 */

/* An exported one; NOENT, TYPE.  Belongs to the instance. */
EW_API enum ew_status ew_tag_find(struct ew_instance *instance, const char *name, struct ew_tag **out);
/* A standalone one, to be imported: "(iI)".  Destroy after the instances.  INVAL: no such signature, or results. */
EW_API enum ew_status ew_tag_create(struct ew_tag **out, const char *signature, const struct ew_alloc *alloc);
EW_API void ew_tag_destroy(struct ew_tag *tag);
/* The types of its values. */
EW_API void ew_tag_type(const struct ew_tag *tag, const uint8_t **params, uint32_t *param_count);

/*
 * From a host function, which must return what this does: EW_ERR_TRAP, also when there is no room for the exception;
 * EW_ERR_INVAL for a reference that the caller must not have.
 */
EW_API enum ew_status ew_throw(struct ew_instance *caller, struct ew_tag *tag, const union ew_value *values);

/*
 * What the last run on this executor, or the last call that a host function made on it, did not catch; NULL: nothing.
 * Borrowed until the next call, or until an instance of its group is destroyed.
 */
EW_API const struct ew_exception *ew_exec_exception(const struct ew_exec *exec);
EW_API struct ew_tag *ew_exception_tag(const struct ew_exception *exception);
/* Its values in order of the tag's types, as arguments would be. */
EW_API void ew_exception_values(const struct ew_exception *exception, union ew_value *values);

/* ---- memories, tables, globals ---------------------------------------------------------------- */

/* Exports by name; EW_ERR_NOENT or EW_ERR_TYPE. */
EW_API enum ew_status ew_memory_find(struct ew_instance *instance, const char *name,
				     struct ew_memory **out);
EW_API enum ew_status ew_table_find(struct ew_instance *instance, const char *name,
				    struct ew_table **out);
EW_API enum ew_status ew_global_find(struct ew_instance *instance, const char *name,
				     struct ew_global **out);

/* Standalone ones, to be imported by instances.  max UINT32_MAX: none.  Destroy after the instances. */
EW_API enum ew_status ew_memory_create(struct ew_memory **out, uint32_t min_pages,
				       uint32_t max_pages, const struct ew_alloc *alloc);
EW_API enum ew_status ew_table_create(struct ew_table **out, enum ew_type type, uint32_t min,
				      uint32_t max, const struct ew_alloc *alloc);
EW_API enum ew_status ew_global_create(struct ew_global **out, enum ew_type type,
				       bool mutable_global, union ew_value value,
				       const struct ew_alloc *alloc);
/* The same with i64 addresses (memory64), for modules that import such; max UINT64_MAX: none.  EW_ERR_UNSUPPORTED without. */
EW_API enum ew_status ew_memory_create64(struct ew_memory **out, uint64_t min_pages,
					 uint64_t max_pages, const struct ew_alloc *alloc);
EW_API enum ew_status ew_table_create64(struct ew_table **out, enum ew_type type, uint64_t min,
					uint64_t max, const struct ew_alloc *alloc);
EW_API void ew_memory_destroy(struct ew_memory *memory);
EW_API void ew_table_destroy(struct ew_table *table);
EW_API void ew_global_destroy(struct ew_global *global);

/* The instance's memory 0, or NULL. */
EW_API struct ew_memory *ew_instance_memory(struct ew_instance *instance);
/*
 * Host address of guest bytes [gaddr, gaddr + len), or NULL when any of them is outside.  Valid until the
 * guest runs or the memory grows.  Guest data is little-endian at any alignment.
 */
EW_API void *ew_memory_span(struct ew_memory *memory, uint64_t gaddr, uint64_t len);
EW_API uint64_t ew_memory_size(const struct ew_memory *memory); /* bytes */
/* 65536, or 1 (custom page sizes): the unit of growing. */
EW_API uint32_t ew_memory_page_bytes(const struct ew_memory *memory);
EW_API enum ew_status ew_memory_grow(struct ew_memory *memory, uint64_t pages);

EW_API uint32_t ew_table_size(const struct ew_table *table);
EW_API enum ew_status ew_table_get(const struct ew_table *table, uint32_t index,
				   union ew_value *out);
EW_API enum ew_status ew_table_set(struct ew_table *table, uint32_t index, union ew_value value);
EW_API enum ew_status ew_table_grow(struct ew_table *table, uint32_t count, union ew_value fill);

EW_API enum ew_type ew_global_type(const struct ew_global *global, bool *mutable_global);
/* Of a v128 the low half. */
EW_API union ew_value ew_global_get(const struct ew_global *global);
/* EW_ERR_INVAL when it is immutable, or a v128. */
EW_API enum ew_status ew_global_set(struct ew_global *global, union ew_value value);
/*
 * The same for a v128, which is two values (see union ew_value).  EW_ERR_TYPE for any other type; without
 * EW_CONFIG_SIMD none can be created: EW_ERR_UNSUPPORTED.  ew_global_create makes one whose high half is 0.
 */
EW_API enum ew_status ew_global_create_v128(struct ew_global **out, bool mutable_global,
					    const union ew_value value[2], const struct ew_alloc *alloc);
EW_API enum ew_status ew_global_get_v128(const struct ew_global *global, union ew_value value[2]);
EW_API enum ew_status ew_global_set_v128(struct ew_global *global, const union ew_value value[2]);

#ifdef __cplusplus
}
#endif
#endif
