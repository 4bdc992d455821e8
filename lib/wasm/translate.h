/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* translate.h - what the translate_*.c share: translate.c has the loop, the others a topic each. */
#ifndef EW_WASM_TRANSLATE_H
#define EW_WASM_TRANSLATE_H

#include "wasm/emit.h"

/* Rows of opcodes.def. */
enum ewi_opcode {
#define OP(code, N, text, imm, pops, pushes, icode) EWI_OP_##N,
#define OPX OP
#include "wasm/opcodes.def"
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms) EWI_OP_##N,
#define VINT(N, cls, R, T, forms)
#define VALIAS(code, N, text, pops, icode) EWI_OP_##N,
#include "wasm/simd.def"
	EWI_OPS
};

enum ewi_imm {
	EWI_IMM_NONE,
	EWI_IMM_BLOCK,
	EWI_IMM_LABEL,
	EWI_IMM_LABELS,
	EWI_IMM_FUNC,
	EWI_IMM_INDIRECT,
	EWI_IMM_TYPES,
	EWI_IMM_TAG,
	EWI_IMM_TRY, /* block type, then clauses */
	EWI_IMM_LOCAL,
	EWI_IMM_GLOBAL,
	EWI_IMM_TABLE,
	EWI_IMM_TABLE2,
	EWI_IMM_MEM0,
	EWI_IMM_MEM1,
	EWI_IMM_MEM2,
	EWI_IMM_MEM3,
	EWI_IMM_MEM4,
	EWI_IMM_MEMORY,
	EWI_IMM_MEMORY2,
	EWI_IMM_DATA,
	EWI_IMM_DATA_MEMORY,
	EWI_IMM_ELEM,
	EWI_IMM_ELEM_TABLE,
	EWI_IMM_REFTYPE,
	EWI_IMM_I32,
	EWI_IMM_I64,
	EWI_IMM_F32,
	EWI_IMM_F64,
	EWI_IMM_LANE, /* one byte */
	EWI_IMM_V128  /* sixteen */
};

#define EWI_IMM_IS_ACCESS(imm) ((imm) >= EWI_IMM_MEM0 && (imm) <= EWI_IMM_MEM3)

/* The type of letter k of a literal string of operands, at compile time; 0: there is none, or it is no number's. */
#define EWI_LETTER(s, k) ((s)[(k) < sizeof(s) ? (k) : 0])
#define EWI_TYPE_AT(s, k)                                                                      \
	((k) + 1 >= sizeof(s)	   ? 0                                                             \
	 : EWI_LETTER(s, k) == 'i' ? EW_I32                                                        \
	 : EWI_LETTER(s, k) == 'I' ? EW_I64                                                        \
	 : EWI_LETTER(s, k) == 'f' ? EW_F32                                                        \
	 : EWI_LETTER(s, k) == 'F' ? EW_F64                                                        \
				   : 0)

#define EWI_BY_HAND EWI_ICODES

struct ewi_op {
#if EW_CONFIG_TRACE || EW_CONFIG_SIMD
	const char *text; /* nobody else asks for it, and strings are a third of the table */
#endif
	char pops[4], pushes[2];
	uint8_t imm;
	uint16_t icode;
};

#if EW_CONFIG_TRACE || EW_CONFIG_SIMD
#define EWI_TEXT(text) text,
#else
#define EWI_TEXT(text)
#endif

/* The row of the opcode that r is at, leaving r behind it; NULL: there is none. */
const struct ewi_op *ewi_read_opcode(struct ewi_reader *r);

/* Fuel fields have 24 bits at least; no straight line comes near them without an account. */
#define EWI_COST_MAX (1 << 22)

/* What costs no fuel. */
#define EWI_IS_FREE(op)                                                                            \
	((op) == EWI_OP_NOP || (op) == EWI_OP_BLOCK || (op) == EWI_OP_LOOP || (op) == EWI_OP_ELSE ||       \
	 (op) == EWI_OP_END || (op) == EWI_OP_TRY_TABLE)

/* The next instruction, whatever it is. */
void ewi_translate_op(struct ewi_translator *t);
/* quick.c: instructions to the end of the function, where what they become depends on no flag of the module. */
void ewi_quick_ops(struct ewi_translator *t);
/* validate.c: instructions to the end of the function, nothing emitted. */
void ewi_validate_ops(struct ewi_translator *t);

/* The operand stack.  Pushed entries are TEMP; the pointer is good until the next push. */
struct ewi_entry *ewi_push(struct ewi_translator *t, uint8_t type);
/* EWI_UNKNOWN accepts any type. */
struct ewi_entry ewi_pop(struct ewi_translator *t, uint8_t type);
void ewi_pop_types(struct ewi_translator *t, const uint8_t *types, uint32_t n);
void ewi_push_types(struct ewi_translator *t, const uint8_t *types, uint32_t n);
/* The top n entries have these types; they stay as they are. */
void ewi_check_top(struct ewi_translator *t, const uint8_t *types, uint32_t n);

/* A constant on the operand stack: no instruction until somebody needs it in a slot. */
void ewi_push_const(struct ewi_translator *t, uint8_t type, uint64_t bits);

/* An index, INVALID from count on. */
uint32_t ewi_read_index(struct ewi_translator *t, uint32_t count, const char *what);
/* A byte that must be 0: false after a failure. */
/* A value type, or a failure. */
uint8_t ewi_read_type(struct ewi_translator *t);
bool ewi_read_zero(struct ewi_translator *t);
/* INVALID where the module has no memory. */
bool ewi_need_memory(struct ewi_translator *t);
/* The immediates of a load or store: the memory goes to t->memory and t->wide, the offset is returned. */
uint64_t ewi_read_memarg(struct ewi_translator *t, unsigned natural);
/*
 * Around the emission of a load or store by t->memory and t->wide.  Of a 64-bit memory the instruction before adds what
 * the offset, which is returned, has no room for to the address a; the one behind gives it its own handler.
 */
uint32_t ewi_access_begin(struct ewi_translator *t, struct ewi_entry *a, uint64_t offset);
void ewi_access_end(struct ewi_translator *t);
/* A popped index of a table: as 32 bits in a slot. */
/* A store to there comes next: said to whoever undoes what guests touch (EW_MODULE_TRACK). */
void ewi_emit_touch(struct ewi_translator *t, const struct ewi_entry *addr, uint32_t offset);
void ewi_narrow_index(struct ewi_translator *t, bool is64, struct ewi_entry *index);

uint8_t ewi_type_of_letter(char c);

/* translate_simd.c: instructions of the classes from EWI_CLASS_VUN on. */
void ewi_simd_op(struct ewi_translator *t, const struct ewi_op *op);

/* translate_object.c: globals, references, tables, segments, bulk memory. */
void ewi_object_op(struct ewi_translator *t, enum ewi_opcode op);

/* translate_exception.c: throw, throw_ref, try_table; what its end and that of each block have to do. */
void ewi_exception_op(struct ewi_translator *t, enum ewi_opcode op);
void ewi_try_end(struct ewi_translator *t, const struct ewi_block *b);
/* The clauses in this chain lead here. */
void ewi_caught_bind(struct ewi_translator *t, uint32_t chain);
/* The tables of a function that has been translated, behind its code; its position from the head, 0: none. */
uint32_t ewi_tries_write(struct ewi_translator *t);

/* observe.c: bring all operands into their slots, and emit the hook before an instruction (EW_MODULE_OBSERVE). */
void ewi_emit_step(struct ewi_translator *t, const struct ewi_op *op, enum ewi_opcode code);

/* translate_control.c */
struct ewi_block *ewi_block_top(struct ewi_translator *t);
void ewi_unreachable(struct ewi_translator *t);
void ewi_read_block_type(struct ewi_translator *t, struct ewi_block *b);
/* Operands below and parameters into their slots, and the block on top; NULL: a failure. */
struct ewi_block *ewi_block_enter(struct ewi_translator *t, struct ewi_block *b);
/* NULL: no such label. */
struct ewi_block *ewi_label(struct ewi_translator *t, uint32_t depth);
const uint8_t *ewi_label_types(const struct ewi_block *b, uint32_t *n);
/* Arguments into consecutive slots; returns the first. */
uint16_t ewi_take_arguments(struct ewi_translator *t, const struct ewi_functype *type);
void ewi_function_begin(struct ewi_translator *t);
void ewi_control_op(struct ewi_translator *t, enum ewi_opcode op);
/* Charge what the straight line has used so far, and start a new account. */
void ewi_account(struct ewi_translator *t);
/* A value type as an array, for block types that are one byte; NULL: it is none. */
const uint8_t *ewi_single_type(uint8_t type);
/* A call of a function of this type, whose arguments stand in their slots from base on; t->at is where it is called. */
void ewi_emit_call(struct ewi_translator *t, uint32_t func, const struct ewi_functype *type, uint16_t base);
/* func has its code: calls that were emitted before lead there now. */
void ewi_resolve_calls(struct ewi_translator *t, uint32_t func);

#endif
