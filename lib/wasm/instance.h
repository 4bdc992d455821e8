/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* instance.h - what a module becomes when it is linked: functions, memories, tables, globals. */
#ifndef EW_WASM_INSTANCE_H
#define EW_WASM_INSTANCE_H

#include "wasm/module.h"

/* A function as a reference points to it.  code NULL: a host function, or one of a lazy module that nobody has called. */
struct ew_func {
	const struct ewi_functype *type;
	struct ew_instance *instance; /* whose code it is; of a host function, who imported it */
	const void *code;	      /* struct ewi_head of its internal code (exec.h) */
	ew_host_fn host; /* NULL: not a host function */
	void *user;
	uint32_t index;	     /* in the instance's function index space */
	uint64_t type_key;   /* type->key, beside what call_indirect reads */
	struct ewi_functype *own_type; /* reserved for host functions made without a module */
};

struct ew_memory {
	uint8_t *base; /* NULL while it has no pages */
	uint64_t bytes;
	uint64_t pages;
	uint64_t max_pages;	/* smaller of the declared maximum and the instance's limit */
	uint64_t declared_max;	/* EWI_NO_MAX: none; what importers are checked against */
	uint8_t page_log2;	/* 16, or 0 */
	bool is64;		/* EWI_IS64 */
	uint8_t card_log2;
#if EW_CONFIG_GUARD
	bool guarded; /* comes from owner->guard */
#endif
	struct ew_instance *owner;
	uint8_t *cards; /* of EW_MODULE_TRACK: 1 where 2^card_log2 bytes may not be as in owner->base; NULL: nobody asks */
	uint32_t card_count;
};

struct ew_table {
	void **entries; /* struct ew_func * or the host's externref; NULL is null */
	uint32_t size;
	uint32_t max;	       /* smaller of the declared maximum and the instance's limit */
	uint64_t declared_max; /* EWI_NO_MAX: none */
	uint8_t type;
	bool is64; /* EWI_IS64 */
	bool touched; /* may not be as in owner->base */
	struct ew_instance *owner;
	uint32_t cap; /* allocated entries: growing by one at a time costs no more than growing at once */
};

struct ew_global {
	union ew_value value;
#if EW_CONFIG_SIMD
	union ew_value high; /* second half of a v128 */
#endif
	struct ew_instance *owner;
	uint8_t type;
	bool is_mutable;
};

/* What exceptions are told apart by: the object itself. */
struct ew_tag {
	const struct ewi_functype *type;
	struct ew_instance *owner;
};

struct ew_exception {
	struct ew_tag *tag;
	struct ew_instance *owner; /* in whose .exceptions it is */
	uint8_t mark;		   /* exception.c */
	union ew_value values[];   /* as in frame slots */
};

/*
 * Instances that may hold pointers into one another.  Merged when one imports from the other; all are freed
 * when the host has destroyed every one (live == 0).
 */
struct ewi_group {
	struct ew_alloc alloc;
	struct ew_instance *first; /* linked by ew_instance.group_next */
	uint32_t live;
	uint32_t count;	 /* instances in the list */
	uint32_t takers; /* of these, such whose module takes funcrefs in calls */
#if EW_CONFIG_GUARD
	uint32_t guarded; /* of these, such whose loads and stores go unchecked */
#endif
};

struct ew_instance {
	/* What the interpreter reads, first: one cache line. */
	struct ew_global **globals;
	struct ew_memory *memory; /* memory 0 or NULL */
	struct ew_table **tables;
	struct ew_func **funcs; /* function index space */
	const struct ew_module *module; /* NULL: holds one standalone memory, table or global */
	struct ew_exec *exec;
	struct ewi_late *late; /* the module's */
	void *user;

	struct ew_alloc alloc;
#if EW_CONFIG_GUARD
	struct ew_alloc guard;
#endif
	struct ew_func *own_funcs;    /* host imports and defined functions */
	struct ew_memory **memories;  /* memory index space: &memory where there is one at most */
	struct ew_memory *own_memories;
	uint64_t memory_room; /* bytes its own memories may still grow by, together */
	struct ew_table *own_tables;
	struct ew_global *own_globals;
	struct ew_tag **tags; /* tag index space */
	struct ew_tag *own_tags;
	struct ew_exception **exceptions; /* that references may hold */
	uint32_t exception_count, exception_cap, max_exceptions;
	uint32_t own_func_count, own_table_count, own_global_count, own_memory_count;
	uint8_t *dropped; /* bit for each element segment, then for each data segment */
	struct ewi_group *group; /* NULL: shares nothing with anybody */
	struct ew_instance *group_next, *group_prev;
	union ew_value *results; /* of the last finished call: max results of any function, or NULL */
	uint32_t result_cap;
	uint32_t table_room; /* entries its own tables may still grow by, together */
	const struct ew_snapshot *base; /* what it was restored from last, or NULL */
	struct ew_instance *pool_next;	/* idle in a pool */
	size_t block_bytes;  /* of the block that holds this struct and its arrays */
	bool owns_exec, destroyed;
	bool pinned; /* another instance may point into it: freed with its group only */
	bool takes_refs; /* as its module, which may be gone before the group is */
#if EW_CONFIG_GUARD
	bool guarded;	 /* the same: its loads and stores go unchecked */
#endif
};

/* link.c */

/* Look up, check and enter every import of i->module in i; nothing else is changed. */
enum ew_status ewi_link(struct ew_instance *i, const struct ew_instance_config *config,
			struct ew_error *err);
/* Put i in one group with everything it imports.  EW_ERR_NOMEM: nothing was changed. */
enum ew_status ewi_group_enter(struct ew_instance *i);
/* May a and b hold pointers into one another? */
bool ewi_group_same(const struct ew_instance *a, const struct ew_instance *b);
/* Two instances in one group.  EW_ERR_NOMEM: nothing was changed. */
enum ew_status ewi_group_join(struct ew_instance *a, struct ew_instance *b);
/*
 * The host, or a creation that failed, is done with i: free it, now or with its group.  The group goes when none of
 * it is left in use.
 */
void ewi_group_leave(struct ew_instance *i);
/*
 * May an object of holder keep a reference to f (NULL may be)?  If so f's instance stays as long as its group; false:
 * f belongs to another group.  To be asked wherever the host hands a funcref to a guest or puts it in a place.
 */
bool ewi_ref_admit(const struct ew_instance *holder, const struct ew_func *f);
/* Can functions of i have reached other instances, by what it imports? */
bool ewi_shares_refs(const struct ew_instance *i);

/* instance.c */

/* An instance without a module, for a standalone object of `extra` bytes behind it (*object). */
struct ew_instance *ewi_instance_bare(const struct ew_alloc *alloc, size_t extra, void **object);
/* Gives back what i holds, itself included; looks at nothing but i. */
void ewi_instance_free(struct ew_instance *i);
/*
 * Slots and globals keep a reference in u64, as the interpreter does, so that one 64-bit copy moves any value on
 * every host; the public calls turn it into .func or .ref.
 */
static inline union ew_value ewi_ref_value(const void *ref)
{
	union ew_value v;

	v.u64 = (uintptr_t)ref;
	return v;
}

static inline void *ewi_ref_of(union ew_value v)
{
	return (void *)(uintptr_t)v.u64;
}

/* The executor forgets i: a suspended call, its place in the last backtrace. */
void ewi_exec_forget(struct ew_exec *x, const struct ew_instance *i);

/* Bytes of a memory are about to be written: n of them, all inside. */
static inline void ewi_touch(struct ew_memory *m, uint64_t at, uint64_t n)
{
	if (m->cards && n != 0)
		for (uint64_t c = at >> m->card_log2; c <= (at + n - 1) >> m->card_log2 && c < m->card_count; c++)
			m->cards[c] = 1;
}

/* The value of a constant expression, not a v128, in i: its funcs and imported globals are there. */
union ew_value ewi_const_value(const struct ew_instance *i, const struct ewi_const *c);

/* const_eval.c: the same for one of several instructions, by where it begins in the module. */
union ew_value ewi_const_eval(const struct ew_instance *i, uint32_t offset);

/*
 * memory.c: a memory of `pages` more or fewer, or of none, at another address perhaps; limits have been looked at.  New
 * bytes are zero.  EW_ERR_NOMEM: nothing was changed.
 */
enum ew_status ewi_memory_resize(struct ew_memory *m, uint64_t pages);
/* One that has pages gets others, all zero; false: it keeps those it has. */
bool ewi_memory_renew(struct ew_memory *m);
/* The bytes of a memory that is gone. */
void ewi_memory_release(struct ew_memory *m);

/* Does it come from an allocator that stands for checks? */
static inline bool ewi_memory_guarded(const struct ew_memory *m)
{
#if EW_CONFIG_GUARD
	return m->guarded;
#else
	(void)m;
	return false;
#endif
}

/* memory.c, table.c: m and t have alloc, owner and limits set. */
enum ew_status ewi_memory_setup(struct ew_memory *m, struct ew_instance *owner,
				const struct ewi_memory_def *def, struct ew_error *err);
enum ew_status ewi_table_setup(struct ew_table *t, struct ew_instance *owner,
			       const struct ewi_table_def *def, struct ew_error *err);

/* instance.c, memory.c, table.c: what the interpreter calls.  Trap codes; EW_TRAP_NONE is success. */
enum ew_trap_code ewi_memory_init(struct ew_instance *i, uint32_t memory, uint32_t data, uint64_t dst,
				  uint32_t src, uint32_t n);
void ewi_data_drop(struct ew_instance *i, uint32_t data);
enum ew_trap_code ewi_memory_copy(struct ew_memory *to, struct ew_memory *from, uint64_t dst, uint64_t src,
				  uint64_t n);
enum ew_trap_code ewi_memory_fill(struct ew_memory *m, uint64_t dst, uint8_t value, uint64_t n);
/* Old size in pages, or UINT64_MAX: over the maximum or no memory. */
uint64_t ewi_memory_grow(struct ew_memory *m, uint64_t pages);
enum ew_trap_code ewi_table_init(struct ew_instance *i, uint32_t table, uint32_t elem, uint64_t dst,
				 uint32_t src, uint32_t n);
void ewi_elem_drop(struct ew_instance *i, uint32_t elem);
enum ew_trap_code ewi_table_copy(struct ew_table *dst_table, struct ew_table *src_table,
				 uint64_t dst, uint64_t src, uint64_t n);
enum ew_trap_code ewi_table_fill(struct ew_table *t, uint64_t dst, void *value, uint64_t n);
/* Old size, or UINT64_MAX. */
uint64_t ewi_table_grow(struct ew_table *t, uint64_t count, void *fill);

#endif
