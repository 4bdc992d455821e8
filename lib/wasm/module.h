/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* module.h - a decoded, validated and translated module.  Immutable once ew_module_load returns. */
#ifndef EW_WASM_MODULE_H
#define EW_WASM_MODULE_H

#include "base/alloc.h"
#include "base/reader.h"
#include "edgewasm/debug.h"
#include "wasm/types.h"

#define EWI_NONE UINT32_MAX
#define EWI_NO_MAX UINT64_MAX

struct ewi_name {
	const char *text; /* inside the module's bytes, valid UTF-8 */
	uint32_t len;
};

struct ewi_limits {
	uint64_t min, max; /* max EWI_NO_MAX: none, as good as 2^64 - 1 pages of one byte */
};

struct ewi_import {
	struct ewi_name module, name;
	enum ew_extern_kind kind;
	uint32_t index; /* in the index space of its kind */
};

struct ewi_export {
	struct ewi_name name;
	enum ew_extern_kind kind;
	uint32_t index;
};

/*
 * A constant expression, decoded: everything that Wasm 2.0 allows is one instruction.  Of several (extended constant
 * expressions) the bytes in the module are kept, and evaluated when the module is instantiated.
 */
enum ewi_const_kind {
	EWI_CONST_VALUE,
	EWI_CONST_NULL,
	EWI_CONST_FUNC,
	EWI_CONST_GLOBAL,
	EWI_CONST_EXPR
};

struct ewi_const {
	union ew_value value; /* of EWI_CONST_VALUE; a v128's ref is its 16 bytes in the module */
	uint32_t index;	      /* of a function or imported global; of an expression: its first byte's offset */
	uint8_t kind, type;
};

struct ewi_global_def {
	struct ewi_const init; /* unused for imports */
	uint8_t type;
	bool is_mutable;
};

struct ewi_table_def {
	struct ewi_limits limits;
	uint8_t type;
	bool is64; /* its indices are i64: EWI_IS64 */
};

struct ewi_memory_def {
	struct ewi_limits limits; /* in pages */
	uint8_t page_log2;	  /* 16; or 0, by the custom page sizes proposal */
	bool is64;		  /* its addresses are i64: EWI_IS64 */
};

enum ewi_segment_mode { EWI_ACTIVE, EWI_PASSIVE, EWI_DECLARATIVE };

#define EWI_ITEM_GLOBAL 0x80000000u /* indices stay below it: every index space is limited by the module's bytes */

struct ewi_elem {
	struct ewi_const offset; /* active only */
	uint32_t *items; /* count of them: a function index, EWI_ITEM_GLOBAL | global index, or EWI_NONE */
	uint32_t count, table;
	uint8_t mode, type;
};

struct ewi_data {
	struct ewi_const offset; /* active only */
	const uint8_t *bytes;
	uint32_t size, memory;
	uint8_t mode;
};

/* A function of the index space.  code and map are EWI_NONE for imports. */
struct ewi_func_def {
	uint32_t type;	      /* index in types */
	uint32_t code;	      /* its struct ewi_head, in bytes from ew_module.code */
	uint32_t map;	      /* its position map, in bytes from ew_module.map */
	uint32_t body_offset; /* first byte after the size of its code entry, in the module */
	uint32_t body_size;
	bool declared;	      /* may be the operand of ref.func: named in a segment, export or global */
};

#if EW_CONFIG_TRACE
/* What the hook before an instruction tells whoever looks on (EW_MODULE_OBSERVE). */
struct ewi_step {
	uint32_t func, offset;
	int32_t cost;  /* of the straight line before it */
	uint16_t base; /* slot of the first operand shown */
	uint8_t count;
	uint8_t types[EW_STEP_VALUES];
};

/* Where an internal instruction begins, and which Wasm instruction it comes from (EW_MODULE_LISTING). */
struct ewi_line {
	uint32_t code, offset;
};

/* What is noted of internal code for those who look on: the translator's, then the module's. */
struct ewi_notes {
	struct ewi_step *steps;
	struct ewi_line *lines;
	uint32_t step_count, step_cap, line_count, line_cap;
};

void ewi_notes_free(struct ewi_notes *n, const struct ew_alloc *a);
#endif

struct ew_module {
	struct ew_alloc alloc;
	const uint8_t *bytes;
	size_t size;
	uint32_t flags; /* EW_MODULE_... */
	uint32_t disable; /* EW_FEATURE_... */
	uint32_t max_functions, max_locals, max_nesting, max_body_bytes;

	struct ewi_functype *types;
	uint8_t *type_bytes; /* value types of all function types, in one block */
	struct ewi_import *imports;
	struct ewi_func_def *funcs; /* imports first, as in all index spaces */
	struct ewi_table_def *tables;
	struct ewi_memory_def *memories;
	struct ewi_global_def *globals;
	uint32_t *tags; /* index of the type of each */
	struct ewi_export *exports;
	struct ewi_elem *elems;
	struct ewi_data *datas;
	uint32_t *export_order; /* indices of exports, by length and bytes of the name */
	uint32_t type_count, import_count, func_count, table_count, memory_count, global_count, tag_count;
	uint32_t export_count, elem_count, data_count;
	uint32_t func_imports, table_imports, memory_imports, global_imports, tag_imports;
	uint32_t func_cap, table_cap, memory_cap, global_cap, tag_cap; /* allocated elements */
	size_t type_bytes_cap;
	uint32_t start; /* function index, or EWI_NONE */
	bool has_data_count;
	uint32_t func_objects; /* functions that an instance needs a struct ew_func for: ewi_func_is_object() */
	uint32_t max_results;  /* of any of them that has a body, in slots */
	bool takes_refs;       /* one of them has funcrefs in its type: calls can bring some in */

	const uint8_t *func_names; /* payload of the name section's function subsection, or NULL */
	uint32_t func_names_size;

	struct ewi_late *late; /* functions translated on their first call (late.c), or NULL: all are, to what follows */
	/* Written by translate.c. */
	uint8_t *code; /* internal code of all functions */
	uint8_t *map;  /* code position -> module offset and fuel, for traps */
	size_t code_size, map_size;
#if EW_CONFIG_TRACE
	struct ewi_notes notes;
#endif
};

/* Is a proposal off, for this module or because it is compiled away?  feature: TAIL_CALL ... */
#define EWI_OFF(m, feature) (!EW_CONFIG_##feature || ((m)->disable & EW_FEATURE_##feature))

static inline const struct ewi_functype *ewi_tag_type(const struct ew_module *m, uint32_t tag)
{
	return &m->types[m->tags[tag]];
}

/*
 * A byte where a value type stands: EW_OK, or why it is none, with *why in words: malformed, or of what is not built in
 * or disabled.
 */
enum ew_status ewi_check_type(const struct ew_module *m, uint8_t type, const char **why);

/* Of a memory or table, as declared or as it is: are its addresses i64?  They never are where that is compiled away. */
#define EWI_IS64(object) (EW_CONFIG_MEMORY64 && (object)->is64)

static inline uint8_t ewi_index_type(bool is64)
{
	return is64 ? EW_I64 : EW_I32;
}

static inline const struct ewi_functype *ewi_func_type(const struct ew_module *m, uint32_t func)
{
	return &m->types[m->funcs[func].type];
}

/* Does its internal code stop before each instruction? */
static inline bool ewi_is_observed(const struct ew_module *m)
{
	return EW_CONFIG_TRACE && (m->flags & EW_MODULE_OBSERVE);
}

/* Do its loads and stores go unchecked (guard.c)? */
#if EW_CONFIG_GUARD
bool ewi_is_guarded(const struct ew_module *m);
#else
static inline bool ewi_is_guarded(const struct ew_module *m)
{
	(void)m;
	return false;
}
#endif

/* Can anybody hold a reference to it, or is it called from outside?  Others need no struct ew_func. */
static inline bool ewi_func_is_object(const struct ew_module *m, uint32_t func)
{
	return func < m->func_imports || m->funcs[func].declared || func == m->start;
}

/* decode.c reads the sections and calls, once each code entry is framed: */
struct ewi_translator;
/* late: functions will be translated one at a time, or only validated. */
enum ew_status ewi_translator_create(struct ewi_translator **out, const struct ew_module *m, bool late,
				     struct ew_error *err);
/* Bodies of so many bytes come: room for what most of them become. */
enum ew_status ewi_translator_expect(struct ewi_translator *t, size_t body_bytes);
/*
 * Validate the body of a function, and translate it (locals and expression: the bytes after the entry's size) to the
 * end of the translator's buffers.  Needs types, imports, funcs (with declared and where the body is), tables, memories,
 * globals, elems and data_count complete.
 */
enum ew_status ewi_translate(struct ewi_translator *t, uint32_t func);
/* Validate it only: the same failures but those for want of memory or room for code. */
enum ew_status ewi_validate(struct ewi_translator *t, uint32_t func);
/* Translate as part of m: sets funcs[func].code and .map, and lets calls lead there. */
enum ew_status ewi_translate_into(struct ewi_translator *t, struct ew_module *m, uint32_t func);
/* All functions are translated: m gets the code. */
enum ew_status ewi_translator_finish(struct ewi_translator *t, struct ew_module *m);
void ewi_translator_destroy(struct ewi_translator *t);

/* late.c */
#if EW_CONFIG_LAZY
/* Validation of everything is over: room for the code of each function.  EW_ERR_NOMEM. */
enum ew_status ewi_late_create(struct ew_module *m);
void ewi_late_free(struct ew_module *m);
size_t ewi_late_size(const struct ew_module *m, size_t *code_bytes);
#endif
/* Where an address of internal code is. */
struct ewi_spot {
	uint32_t func;
	uint32_t pos;		  /* bytes from the function's struct ewi_head */
	const uint8_t *map, *end; /* the function's position map */
};
/* False: it is none of m's. */
bool ewi_spot_find(const struct ew_module *m, const void *pc, struct ewi_spot *out);

/* names.c */
/* Builds export_order.  EW_ERR_INVALID: two exports have the same name, *duplicate is one of them. */
enum ew_status ewi_export_sort(struct ew_module *m, uint32_t *duplicate);
/* Finds the function names in the payload of a name section; one that does not parse has none. */
void ewi_names_read(struct ew_module *m, const uint8_t *payload, size_t size);
const struct ewi_export *ewi_export_find(const struct ew_module *m, const char *name, size_t len);

/* Where a name stands in the module's bytes, for messages. */
static inline size_t ewi_name_at(const struct ew_module *m, const struct ewi_name *name)
{
	return (size_t)((const uint8_t *)name->text - m->bytes);
}

/* A name cut for a message: at most 40 bytes, whole UTF-8 sequences.  For "%.*s". */
int ewi_name_clip(const char *text, uint32_t len);

/*
 * The parameters that "(iiI)" names, at most one for each character: their number.  Other letters give no type, so that
 * ewi_signature_matches then finds a difference.
 */
uint32_t ewi_signature_params(const char *signature, uint8_t *params);
/* Parses "(ii)i": true when it is equal to type.  Malformed text is never equal. */
bool ewi_signature_matches(const char *signature, const struct ewi_functype *type);

#endif
