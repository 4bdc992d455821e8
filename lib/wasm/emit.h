/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * emit.h - writing internal code.
 *
 * The translator keeps WebAssembly's operand stack as a stack of places, not of values.  Each entry has a slot of
 * its own, its home, behind the locals and the entries below it; a value is in it (TEMP), or still in a local's slot
 * (LOCAL: local.get emits nothing), or nowhere (CONST).  A result is written to its slot and also stands in the
 * accumulator of its kind; which slot each accumulator mirrors is known at every point of straight code and forgotten at
 * labels.  When a TEMP is consumed from the accumulator, nobody will read its slot any more, so the instruction that
 * made it is changed to its silent variant.
 *
 * A v128 takes two slots, low half first, and is in them or in a local's, never a CONST.  Where machines have registers for
 * it, the instruction behind the one that makes it reads it from there (translate_simd.c).
 */
#ifndef EW_WASM_EMIT_H
#define EW_WASM_EMIT_H

#include "wasm/icode.h"

enum ewi_place { EWI_TEMP, EWI_LOCAL, EWI_CONST };

#define EWI_UNKNOWN 0 /* type of an operand of unreachable code: matches any */

struct ewi_entry {
	uint64_t bits; /* of a CONST; i32 and f32 in the low half */
	uint16_t slot; /* of a LOCAL the local's; otherwise the home */
	uint16_t home; /* the entry's own slot */
	uint8_t type;  /* enum ew_type or EWI_UNKNOWN */
	uint8_t place;
};

/* What is known about an accumulator: it mirrors slot; the instruction with that start made it (EWI_NONE: keep it). */
struct ewi_mirror {
	uint32_t slot, start;
};

/* The last instruction, while nothing can jump between it and what comes next. */
struct ewi_last {
	uint32_t pos;	   /* EWI_NONE: none */
	uint32_t dst;	   /* slot of its result, or EWI_NONE */
	uint32_t mirrored; /* slot that the integer accumulator mirrored before it; EWI_NONE: none */
	uint16_t icode;
	uint8_t form;
};

/*
 * Where accumulators exist, instructions get no handler before their function is done.  Until then each is a key: which,
 * in which form, silent or not.  So choosing is arithmetic, and fuse.c, which puts the handlers in, need not ask what a
 * handler was.
 */
#define EWI_KEY(icode, form, silent) (((icode) * EWI_FORMS + (form)) * 2 + (silent))
#define EWI_KEYS EWI_KEY(EWI_ICODES, 0, 0)
#define EWI_KEY_ICODE(key) ((key) / (2 * EWI_FORMS))
/* Behind those: of a 64-bit memory, the address in a slot or in the accumulator. */
#define EWI_KEY_WIDE(icode, form) (EWI_KEYS + (icode) * 2 + ((form) != EWI_SS))

struct ewi_start {
	uint32_t pos; /* and 1 where it can be jumped to: positions are multiples of 4 */
	uint16_t key;
	uint16_t row; /* fuse.c: the pair or triple that begins here, + 1 */
};

/* A condition that has not been emitted: the operands of a compare to be fused with a branch. */
struct ewi_cond {
	uint16_t icode, a, b;
	uint8_t form;
	int32_t imm;
};

enum ewi_class {
	EWI_CLASS_CTL,
	EWI_CLASS_BIN,
	EWI_CLASS_CMP,
	EWI_CLASS_FCMP,
	EWI_CLASS_UN,
	EWI_CLASS_LOAD,
	EWI_CLASS_STORE,
	EWI_CLASS_SEL,
	EWI_CLASS_GLOB,
	/* Vectors, see simd.def. */
	EWI_CLASS_VUN,
	EWI_CLASS_VBIN,
	EWI_CLASS_VTERN,
	EWI_CLASS_VSHIFT,
	EWI_CLASS_VTEST,
	EWI_CLASS_VSPLAT,
	EWI_CLASS_VEXTRACT,
	EWI_CLASS_VREPLACE,
	EWI_CLASS_VLOAD,
	EWI_CLASS_VSTORE,
	EWI_CLASS_VLOADLANE,
	EWI_CLASS_VSTORELANE,
	EWI_CLASS_VSHUFFLE,
	EWI_CLASS_VCONST
};

struct ewi_icode_info {
	uint8_t cls;				 /* enum ewi_class */
	uint8_t result : 2, operand : 2; /* enum ewi_acc */
	uint8_t traps : 1, wide : 1, commutes : 1; /* wide: operands are 64-bit */
	uint8_t nan : 1, bits : 1;    /* silent it may make a NaN that is not canonical; its operand must not be such a one */
	uint16_t swapped, negated;    /* compares: b op a, !(a op b) */
};

extern const struct ewi_icode_info ewi_icode_info[EWI_ICODES];

struct ewi_block {
	const uint8_t *params, *results;
	uint32_t param_count, result_count;
	uint32_t height;      /* of the operand stack below its parameters */
	uint32_t base;	      /* slot of its first parameter or result */
	uint32_t chain;	      /* forward branches to its end: position of the last pair, linked by rel */
	uint32_t loop;	      /* position of a loop's first instruction */
	int32_t loop_cost;    /* cost at it */
	uint32_t caught;      /* clauses that lead to it: index of the last + 1, linked by target */
	uint32_t try_start, try_first, try_count; /* of a try_table: where it begins, its clauses */
	uint32_t else_branch; /* position of the pair that an if jumps by, or EWI_NONE */
	uint32_t stub, stub_serial; /* a br_table's landing code for this label */
	/* A br_table may name a label often: its types are looked at once (checked), and where its values are (placed). */
	uint32_t checked_serial, placed_serial;
	uint8_t opcode;
	bool unreachable, was_dead;
	bool moves; /* of the br_table that placed_serial names */
};

#define EWI_LAZY_MAX 32

struct ewi_translator {
	const struct ew_module *m;
	struct ew_error *err;
	enum ew_status status; /* first failure */
	struct ewi_reader r;
	size_t at; /* module offset of the instruction being translated */

	uint8_t *code, *map; /* become the module's when all is translated */
	size_t code_size, code_cap, map_size, map_cap;
#if EW_CONFIG_TRACE
	struct ewi_notes notes;
#endif

	const struct ewi_functype *type;
	uint8_t *locals; /* types */
	uint32_t local_count, local_cap;
	uint16_t *local_slots; /* by local, as soon as one of them is a v128; before, a local's slot is its index */
	uint32_t slots_cap, local_slot_count;
	bool has_v128_locals;
	struct ewi_entry *stack;
	uint32_t sp, stack_cap;
	uint8_t *types; /* validate.c's */
	uint32_t types_cap;
	uint32_t next_slot, max_slot; /* home of the next entry, and the highest there was */
	struct ewi_block *blocks;
	uint32_t depth, block_cap;

	bool dead;    /* unreachable: emit nothing */
	int32_t cost; /* fuel of the straight line since the last account */
	struct ewi_mirror acc[EWI_ACCS];
	struct ewi_last last;
	uint32_t lazy[EWI_LAZY_MAX], lazy_count; /* heights of LOCAL entries, ascending */
	uint32_t br_table_serial;
	uint32_t memory; /* of the load or store being translated */
	bool wide;	 /* its addresses are i64: only forms SS and RS */
	/* Where the last vector was made, and where it was copied to; good while nothing follows the position vec_end. */
	uint32_t vec_end, vec_slot, vec_copy, vec_start; /* vec_start: what made it; EWI_NONE: keep it */
	bool cpu_known;	 /* cpu: what ewi_cpu_features() says, asked once */
	uint32_t cpu;
	struct ewi_start *starts;
	uint32_t start_count, start_cap;
	uint32_t label_pos; /* the last position that can be jumped to */

	uint32_t func, func_code;	   /* index; position of its head */
	size_t code_limit, code_room;	   /* its code may end here at most; and without growing */
	uint32_t map_pos, map_offset;	   /* last entry of the position map */
	int32_t map_cost;
	struct ewi_try *tries; /* of the function, innermost first */
	struct ewi_catch *clauses;
	uint32_t try_count, try_cap, clause_count, clause_cap;
	bool late;	 /* functions are translated one by one, and call one another through ew_module.late */
	uint32_t *calls; /* by function: position + 1 of the last unresolved call's pair */
	uint32_t calls_count;
	struct ewi_insx sink; /* written instead of code that is dead or has no room */
	struct ewi_entry spare; /* pushed to when there is no stack at all */
};

/* Record a failure (the first wins); returns false. */
bool ewi_fail(struct ewi_translator *t, enum ew_status status, const char *what);


/* An enum ewi_acc for a value type. */
static inline uint8_t ewi_acc_of(uint8_t type)
{
	if (ewi_is_v128(type))
		return EWI_ACC_NONE;
	return type == EW_F32 ? EWI_ACC_F32 : type == EW_F64 ? EWI_ACC_F64 : EWI_ACC_INT;
}

/*
 * Room for n more instructions; returns for how many there is, which is less where the function's limit is near.  One
 * takes so many bytes of code, and of the position map, at most.
 */
#define EWI_EMIT_CODE sizeof(struct ewi_insx)
#define EWI_EMIT_MAP 15u
size_t ewi_emit_room(struct ewi_translator *t, size_t n);

static inline bool ewi_has_room(const struct ewi_translator *t, size_t n)
{
	return t->code_size + n * EWI_EMIT_CODE <= t->code_room && t->map_cap - t->map_size >= n * EWI_EMIT_MAP &&
	       t->start_cap - t->start_count >= n;
}

/* Append one instruction; wide: with the pair or constant behind.  Never NULL. */
struct ewi_insx *ewi_emit(struct ewi_translator *t, unsigned icode, unsigned form, bool wide);
uint32_t ewi_here(const struct ewi_translator *t);
/* n more bytes of code, zero; NULL when dead or out of memory. */
void *ewi_emit_raw(struct ewi_translator *t, size_t bytes);
/* Note the position for traps: call just before emitting what can trap or calls. */
void ewi_mark(struct ewi_translator *t);

/* Nothing is known after a label; after a branch, mirrors stay but their makers must not be silenced. */
void ewi_forget(struct ewi_translator *t);
void ewi_keep_slots(struct ewi_translator *t);
void ewi_wrote_slot(struct ewi_translator *t, uint32_t slot);
/* The instruction just emitted leaves its result in slot dst and in the accumulator of its kind. */
void ewi_made(struct ewi_translator *t, uint8_t kind, uint32_t dst);
/* Form of an instruction by where its one scalar operand is, EWI_SS or EWI_RS, and its slot field. */
/* A constant address, with the offset, fits the immediate: then the instruction is one of those without address operand. */
bool ewi_fixed_address(const struct ewi_translator *t, const struct ewi_entry *addr, uint32_t *offset);
unsigned ewi_one_operand(struct ewi_translator *t, const struct ewi_entry *a, uint8_t kind, uint16_t *slot);

void ewi_move(struct ewi_translator *t, uint32_t from, uint32_t to, uint8_t type);
void ewi_const_to(struct ewi_translator *t, const struct ewi_entry *e, uint32_t to);
/* Bring the entry at height h into its own slot. */
void ewi_settle(struct ewi_translator *t, uint32_t h);
/* Bring the top n entries into their slots. */
void ewi_settle_top(struct ewi_translator *t, uint32_t n);
/* Bring every LOCAL entry (of the local in this slot, or all for EWI_NONE) into its own slot. */
void ewi_settle_locals(struct ewi_translator *t, uint32_t local_slot);
/* The slot of a popped entry: a constant is first written to its own. */
uint16_t ewi_slot(struct ewi_translator *t, const struct ewi_entry *e);

/* Operands are popped entries; the result goes to slot dst. */
void ewi_emit_unary(struct ewi_translator *t, unsigned icode, const struct ewi_entry *a, uint32_t dst);
void ewi_emit_binary(struct ewi_translator *t, unsigned icode, struct ewi_entry a,
		     struct ewi_entry b, uint32_t dst);
void ewi_emit_load(struct ewi_translator *t, unsigned icode, const struct ewi_entry *addr,
		   uint32_t offset, uint32_t dst);
void ewi_emit_store(struct ewi_translator *t, unsigned icode, const struct ewi_entry *addr,
		    const struct ewi_entry *value, uint32_t offset);
void ewi_emit_select(struct ewi_translator *t, const struct ewi_entry *a, const struct ewi_entry *b,
		     const struct ewi_entry *cond, uint32_t dst);
void ewi_emit_global_get(struct ewi_translator *t, uint32_t global, uint8_t type, uint32_t dst);
void ewi_emit_eqz(struct ewi_translator *t, struct ewi_entry a, uint32_t dst);
/* A popped value into the local of this type in this slot. */
void ewi_emit_local_set(struct ewi_translator *t, uint32_t local_slot, uint8_t type, const struct ewi_entry *v);
/* The result of a call that stands in its slot and in its accumulator. */
void ewi_mirror_call(struct ewi_translator *t, uint32_t slot, uint8_t type);

/* Take a popped i32 as a condition; emit the branch for it, returning the position of its pair. */
void ewi_take_cond(struct ewi_translator *t, struct ewi_entry e, struct ewi_cond *out);
uint32_t ewi_emit_branch(struct ewi_translator *t, const struct ewi_cond *c, bool sense);
uint32_t ewi_emit_jump(struct ewi_translator *t);
/* Make the pair at pos lead to block's label. */
void ewi_emit_link(struct ewi_translator *t, struct ewi_block *block, uint32_t pair);
/* fuse.c: let one handler do two instructions, wherever pairs.def has them. */
void ewi_fuse(struct ewi_translator *t);
/* Make the pairs of a chain (linked by rel; 0 ends it) lead here. */
void ewi_emit_bind(struct ewi_translator *t, uint32_t chain);

#endif
