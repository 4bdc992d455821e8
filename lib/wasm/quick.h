/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * quick.h - what quick.c keeps of the translator in machine registers, and writes code with.
 *
 * The same as in emit.c, of instructions of 16 bytes, for which there is room: where a function there does it too, it is
 * named.
 */
#ifndef EW_WASM_QUICK_H
#define EW_WASM_QUICK_H

#include "base/bits.h"
#include "base/le.h"
#include "wasm/translate.h"

#if EW_CONFIG_WASM && EW_CONFIG_EXEC_ACC

/* ---- state ---- */

/* No instruction read here is longer than this: nothing is read where the module has fewer bytes left. */
#define LONGEST 16

/*
 * What of the translator is in machine registers meanwhile.  Between floor, where the innermost block's operands begin,
 * and top each entry takes one slot; room: top may not pass it, and no more than EWI_LAZY_MAX above floor.  The list of
 * LOCAL entries is made when this is left.  What emit.c changes is handed to it and back around each call (give, take).
 */
struct quick {
	const uint8_t *p, *last; /* last: where an instruction may begin at most */
	struct ewi_entry *top, *floor, *room, *high; /* high: the highest that top was */
	struct ewi_entry *stack;		     /* its first */
	const uint8_t *locals;			     /* their types */
	uint32_t one_byte;			     /* those that one byte names */
	uint32_t bias;	     /* of an entry's slot against its height */
	bool memory, stores; /* accesses, and stores, are of the usual kind */
	bool floats;	     /* an accumulator of floats mirrors a slot: those stay in the translator */
	int32_t cost;
	uint8_t *code, *out; /* the first instruction, and the next */
	struct ewi_start *start, *maker; /* the next; what made the integer accumulator's value, or NULL: keep it */
	uint32_t label;	     /* 1: the next can be jumped to */
	uint32_t slot;	     /* that the integer accumulator mirrors, or EWI_NONE */
	struct ewi_ins *before; /* the last instruction, or NULL, and what is known of it: see struct ewi_last */
	uint32_t before_key, before_dst, before_mirrored;
	uint8_t *map, *map_at; /* the position map's next entry, and the code of the one before */
	uint32_t map_offset;
	int32_t map_cost;
};

EW_INLINE void give(struct ewi_translator *t, const struct quick *f)
{
	t->cost = f->cost;
	t->code_size = (size_t)(f->out - f->code);
	t->start_count = (uint32_t)(f->start - t->starts);
	t->acc[EWI_ACC_INT].slot = f->slot;
	t->acc[EWI_ACC_INT].start = f->maker ? (uint32_t)(f->maker - t->starts) : EWI_NONE;
	t->last.pos = f->before ? (uint32_t)((uint8_t *)f->before - f->code) : EWI_NONE;
	t->last.dst = f->before_dst;
	t->last.mirrored = f->before_mirrored;
	t->last.icode = (uint16_t)(EWI_KEY_ICODE(f->before_key));
	t->last.form = (uint8_t)(f->before_key / EWI_KEY(0, 1, 0) % EWI_FORMS);
	t->map_size = (size_t)(f->map - t->map);
	t->map_pos = (uint32_t)(f->map_at - f->code);
	t->map_offset = f->map_offset;
	t->map_cost = f->map_cost;
}

EW_INLINE void take(const struct ewi_translator *t, struct quick *f)
{
	uint32_t maker = t->acc[EWI_ACC_INT].start;

	f->cost = t->cost;
	f->code = t->code;
	f->out = t->code + t->code_size;
	f->start = t->starts + t->start_count;
	f->label = t->label_pos == t->code_size;
	f->slot = t->acc[EWI_ACC_INT].slot;
	f->maker = maker == EWI_NONE ? NULL : t->starts + maker;
	f->floats = t->acc[EWI_ACC_F32].slot != EWI_NONE || t->acc[EWI_ACC_F64].slot != EWI_NONE;
	f->before = t->last.pos == EWI_NONE ? NULL : (struct ewi_ins *)(void *)(t->code + t->last.pos);
	f->before_key = EWI_KEY((uint32_t)t->last.icode, t->last.form, 0);
	f->before_dst = t->last.dst;
	f->before_mirrored = t->last.mirrored;
	f->map = t->map + t->map_size;
	f->map_at = t->code + t->map_pos;
	f->map_offset = t->map_offset;
	f->map_cost = t->map_cost;
}

/* An entry without constant, written at once: narrow stores would be waited for by whoever reads it whole. */
EW_INLINE void put_entry(struct ewi_entry *e, uint32_t slot, uint32_t home, uint8_t type, enum ewi_place place)
{
	uint64_t word = slot | home << 16 | (uint64_t)type << 32 | (uint64_t)place << 40;

	_Static_assert(offsetof(struct ewi_entry, slot) == 8 && offsetof(struct ewi_entry, home) == 10 &&
		       offsetof(struct ewi_entry, type) == 12 && offsetof(struct ewi_entry, place) == 13 &&
		       sizeof(*e) == 16, "little-endian, as all that have accumulators");
	memcpy(&e->slot, &word, sizeof(word));
}

/* ewi_mark: three bytes, mostly. */
EW_INLINE void mark(struct ewi_translator *t, struct quick *f)
{
	uint32_t at = (uint32_t)(f->p - t->m->bytes), bytes = at - f->map_offset;
	uint32_t step = (uint32_t)(f->out - f->map_at) / 4;
	int32_t fuel = f->cost - f->map_cost;
	uint32_t zigzag = (uint32_t)fuel << 1 ^ (uint32_t)(fuel >> 31);

	if (EW_UNLIKELY((step | bytes | zigzag) > 0x7f)) {
		give(t, f);
		t->at = at;
		ewi_mark(t);
		take(t, f);
		return;
	}
	ewi_put_le32(f->map, step | bytes << 8 | zigzag << 16);
	f->map += 3;
	f->map_at = f->out;
	f->map_offset = at;
	f->map_cost = f->cost;
}

/* ewi_emit, of an instruction with these fields. */
EW_INLINE void put(struct quick *f, unsigned key, uint32_t a, uint32_t b, uint32_t imm)
{
	struct ewi_ins *ins = (struct ewi_ins *)(void *)f->out;
	uint64_t fields = a | b << 16 | (uint64_t)imm << 32;
	uint64_t start = (uint32_t)(f->out - f->code) | f->label | (uint64_t)key << 32;

	_Static_assert(offsetof(struct ewi_start, key) == 4 && sizeof(struct ewi_start) == 8, "written at once");
	memcpy(&ins->a, &fields, sizeof(fields));
	memcpy(f->start++, &start, sizeof(start));
	f->label = 0;
	f->before = ins;
	f->before_key = key;
	f->before_dst = EWI_NONE;
	f->out += sizeof(*ins);
}

EW_INLINE uint32_t mirrored(const struct ewi_translator *t, const struct quick *f, unsigned kind)
{
	return kind == EWI_ACC_INT ? f->slot : t->acc[kind].slot;
}

/* What stands in the floats' accumulators seldom goes away. */
EW_INLINE void floats_wrote_slot(struct ewi_translator *t, const struct quick *f, uint32_t slot)
{
	if (EW_LIKELY(!f->floats))
		return;
	if (t->acc[EWI_ACC_F32].slot == slot)
		t->acc[EWI_ACC_F32] = (struct ewi_mirror){EWI_NONE, EWI_NONE};
	if (t->acc[EWI_ACC_F64].slot == slot)
		t->acc[EWI_ACC_F64] = (struct ewi_mirror){EWI_NONE, EWI_NONE};
}

EW_INLINE void wrote_slot(struct ewi_translator *t, struct quick *f, uint32_t slot)
{
	if (f->slot == slot) {
		f->slot = EWI_NONE;
		f->maker = NULL;
	}
	floats_wrote_slot(t, f, slot);
}

/* ewi_made */
EW_INLINE void made(struct ewi_translator *t, struct quick *f, unsigned kind, uint32_t dst)
{
	f->before_dst = dst;
	if (EW_LIKELY(kind == EWI_ACC_INT)) {
		f->before_mirrored = f->slot;
		floats_wrote_slot(t, f, dst);
		f->slot = dst;
		f->maker = f->start - 1;
		return;
	}
	f->before_mirrored = EWI_NONE;
	wrote_slot(t, f, dst);
	t->acc[kind] = (struct ewi_mirror){dst, (uint32_t)(f->start - 1 - t->starts)};
	f->floats = true;
}

/* An operand that is read from its accumulator, by one that may show the bits of a NaN or not: see consume in emit.c. */
EW_INLINE void consume(struct ewi_translator *t, struct quick *f, const struct ewi_entry *e, unsigned kind, bool bits)
{
	struct ewi_mirror *acc = &t->acc[kind];
	uint16_t *key;

	if (e->place != EWI_TEMP)
		return;
	if (EW_LIKELY(kind == EWI_ACC_INT)) {
		if (!f->maker)
			return;
		f->maker->key |= 1;
		f->maker = NULL;
		f->slot = EWI_NONE;
	} else if (acc->start != EWI_NONE) {
		key = &t->starts[acc->start].key;
		if (!bits || !ewi_icode_info[EWI_KEY_ICODE(*key)].nan)
			*key |= 1;
		*acc = (struct ewi_mirror){EWI_NONE, EWI_NONE};
	}
}

/* That the accumulator mirrors a local, whatever made it. */
EW_INLINE void mirror(struct ewi_translator *t, struct quick *f, unsigned kind, uint32_t slot)
{
	if (EW_LIKELY(kind == EWI_ACC_INT)) {
		f->slot = slot;
		f->maker = NULL;
		return;
	}
	t->acc[kind] = (struct ewi_mirror){slot, EWI_NONE};
	f->floats = true;
}

/* A result in the place of the operands from e on. */
EW_INLINE void push_result(struct quick *f, struct ewi_entry *e, uint32_t dst, uint8_t type)
{
	put_entry(e, dst, dst, type, EWI_TEMP);
	f->top = e + 1;
}

/* The slot of an entry. */
EW_INLINE uint32_t home_of(const struct quick *f, const struct ewi_entry *e)
{
	return f->bias + (uint32_t)(e - f->stack);
}

/* One more operand has room; mostly so many were there before. */
EW_INLINE bool has_room(struct quick *f)
{
	if (EW_LIKELY(f->top < f->high))
		return true;
	if (f->top >= f->room)
		return false;
	f->high = f->top + 1;
	return true;
}

/* ---- immediates ---- */

/* An unsigned number of four bytes at most; false: it is longer. */
EW_INLINE bool small(const uint8_t **p, uint32_t *v)
{
	uint32_t byte = *(*p)++, shift = 7;

	*v = byte & 0x7f;
	for (; byte >= 0x80; shift += 7) {
		if (shift == 28)
			return false;
		byte = *(*p)++;
		*v |= (byte & 0x7f) << shift;
	}
	return true;
}

#endif

#endif
