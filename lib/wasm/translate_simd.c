/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * translate_simd.c - vector instructions: their immediates, and where their operands are.
 *
 * The table gives types and class; which fields a class uses stands in simd.def.  A vector is in its slots, and what the
 * instruction before has made is in a register as well, on machines that have one for it.  If that is how it is read, and
 * it is a TEMP, nobody reads its slots: then what made it is silent, of which only handlers of several instructions make
 * use (pairs.def).
 */
#include "base/cpu.h"
#include "wasm/translate.h"

#if EW_CONFIG_WASM && EW_CONFIG_SIMD

/* Operands by position, popped; [0] is the deepest. */
struct operands {
	struct ewi_entry e[3];
	uint64_t offset;     /* of a memory access */
	uint32_t lane;
	const uint8_t *bytes; /* sixteen */
};

static uint32_t read_lane(struct ewi_translator *t, uint32_t lanes)
{
	uint32_t lane = ewi_read_u8(&t->r);

	if (!t->r.failed && lane >= lanes)
		ewi_fail(t, EW_ERR_INVALID, "invalid lane index");
	return lane;
}

/* Lanes of an extract or replace: by the shape that the name begins with, "i8x16" to "f64x2". */
static uint32_t lanes_of(const char *text)
{
	return text[1] == '8' ? 16 : text[1] == '1' ? 8 : text[1] == '3' ? 4 : 2;
}

static void read_immediates(struct ewi_translator *t, const struct ewi_op *op, unsigned cls, struct operands *o)
{
	if (op->imm >= EWI_IMM_MEM0 && op->imm <= EWI_IMM_MEM4) {
		o->offset = ewi_read_memarg(t, op->imm - EWI_IMM_MEM0);
		if (t->m->memory_count == 0)
			ewi_fail(t, EW_ERR_INVALID, "unknown memory 0");
	}
	if (cls == EWI_CLASS_VLOADLANE || cls == EWI_CLASS_VSTORELANE)
		o->lane = read_lane(t, 16u >> (op->imm - EWI_IMM_MEM0));
	else if (op->imm == EWI_IMM_LANE)
		o->lane = read_lane(t, lanes_of(op->text));
	else if (op->imm == EWI_IMM_V128)
		o->bytes = ewi_read_bytes(&t->r, 16);
	for (uint32_t i = 0; cls == EWI_CLASS_VSHUFFLE && o->bytes && i < 16; i++)
		if (o->bytes[i] >= 32)
			ewi_fail(t, EW_ERR_INVALID, "invalid lane index");
}

/* Sixteen bytes behind the instruction just emitted. */
static void emit_bytes(struct ewi_translator *t, const uint8_t *bytes)
{
	uint32_t last = t->last.pos;
	void *p = ewi_emit_raw(t, 16);

	if (!p)
		return;
	memcpy(p, bytes, 16);
	t->last.pos = last;
}

#if EWI_PSHUFB
static unsigned for_this_cpu(struct ewi_translator *t, unsigned icode)
{
	if (icode != EWI_I8X16_SHUFFLE && icode != EWI_I8X16_SWIZZLE)
		return icode;
	if (!t->cpu_known)
		t->cpu = ewi_cpu_features();
	t->cpu_known = true;
	if (!(t->cpu & EW_CPU_SSE41)) /* which is above SSSE3 */
		return icode;
	return icode == EWI_I8X16_SHUFFLE ? EWI_I8X16_SHUFFLE_SSSE3 : EWI_I8X16_SWIZZLE_SSSE3;
}
#else
#define for_this_cpu(t, icode) (icode)
#endif

#if EWI_VACC
/* The operand is what the instruction before has made, and that is all that can come before. */
static bool just_made(const struct ewi_translator *t, const struct ewi_entry *e)
{
	return !t->dead && t->last.pos != EWI_NONE && t->vec_end == ewi_here(t) &&
	       (t->vec_slot == e->slot || t->vec_copy == e->slot);
}

/* The same, read from the register, by an instruction that does not read its slots; bits: see consume in emit.c. */
static bool from_register(struct ewi_translator *t, const struct ewi_entry *e, bool bits)
{
	uint16_t *key;

	if (!just_made(t, e))
		return false;
	if (e->place != EWI_TEMP || t->vec_start == EWI_NONE || t->status != EW_OK)
		return true;
	key = &t->starts[t->vec_start].key;
	if (!bits || !ewi_icode_info[EWI_KEY_ICODE(*key)].nan)
		*key |= 1;
	return true;
}
#else
#endif

static unsigned form_of(struct ewi_translator *t, const struct ewi_icode_info *info, const struct operands *o)
{
#if EWI_VACC
	unsigned cls = info->cls;

	if (cls != EWI_CLASS_VUN && cls != EWI_CLASS_VBIN && cls != EWI_CLASS_VSHUFFLE)
		return EWI_SS;
	if (cls != EWI_CLASS_VUN && o->e[0].slot == o->e[1].slot)
		return just_made(t, &o->e[0]) ? EWI_RS : EWI_SS; /* the slot is read, too */
	if (from_register(t, &o->e[0], info->bits))
		return EWI_RS;
	if (cls != EWI_CLASS_VUN && from_register(t, &o->e[1], info->bits))
		return EWI_SR;
#endif
	(void)t, (void)info, (void)o;
	return EWI_SS;
}

/* Instructions with vector operands only. */
static void emit_vectors(struct ewi_translator *t, unsigned icode, const struct operands *o, uint32_t dst)
{
	unsigned form = form_of(t, &ewi_icode_info[icode], o);
	struct ewi_insx *ins = ewi_emit(t, for_this_cpu(t, icode), form, false);

	ins->i.a = o->e[0].slot;
	switch (ewi_icode_info[icode].cls) {
	case EWI_CLASS_VUN:
	case EWI_CLASS_VTEST:
		ins->i.b = (uint16_t)dst;
		break;
	case EWI_CLASS_VEXTRACT:
		ins->i.b = (uint16_t)dst;
		ins->i.u.uimm = o->lane;
		break;
	case EWI_CLASS_VTERN:
		ins->i.u.s.d = o->e[2].slot; /* fall through */
	default:
		ins->i.b = o->e[1].slot;
		ins->i.u.s.c = (uint16_t)dst;
		break;
	}
	if (ewi_icode_info[icode].cls == EWI_CLASS_VSHUFFLE)
		emit_bytes(t, o->bytes);
}

static void emit_const(struct ewi_translator *t, const struct operands *o, uint32_t dst)
{
	ewi_emit(t, EWI_V128_CONST, EWI_SS, false)->i.b = (uint16_t)dst;
	emit_bytes(t, o->bytes);
}

/* Vector, then scalar. */
static void emit_shift(struct ewi_translator *t, unsigned icode, const struct operands *o, uint32_t dst)
{
	struct ewi_insx *ins;
	uint16_t count;
	unsigned form;

	if (o->e[1].place == EWI_CONST) {
#if EWI_VACC
		form = from_register(t, &o->e[0], true) ? EWI_RI : EWI_SI;
#else
		form = EWI_SI;
#endif
		ins = ewi_emit(t, icode, form, false);
		ins->i.a = o->e[0].slot;
		ins->i.b = (uint16_t)dst;
		ins->i.u.uimm = (uint32_t)o->e[1].bits;
		return;
	}
	form = ewi_one_operand(t, &o->e[1], EWI_ACC_INT, &count);
	ins = ewi_emit(t, icode, form, false);
	ins->i.a = o->e[0].slot;
	ins->i.b = count;
	ins->i.u.s.c = (uint16_t)dst;
}

static void emit_replace(struct ewi_translator *t, unsigned icode, const struct operands *o, uint32_t dst)
{
	uint16_t value;
	unsigned form = ewi_one_operand(t, &o->e[1], ewi_icode_info[icode].operand, &value);
	struct ewi_insx *ins = ewi_emit(t, icode, form, false);

	ins->i.a = o->e[0].slot;
	ins->i.b = value;
	ins->i.u.s.c = (uint16_t)dst;
	ins->i.u.s.d = (uint16_t)o->lane;
}

/* The value of a splat. */
static void emit_splat(struct ewi_translator *t, unsigned icode, const struct operands *o, uint32_t dst)
{
	uint16_t slot;
	unsigned form = ewi_one_operand(t, &o->e[0], ewi_icode_info[icode].operand, &slot);
	struct ewi_insx *ins = ewi_emit(t, icode, form, false);

	ins->i.a = slot;
	ins->i.b = (uint16_t)dst;
}

/* Of a store, the form in which the vector is the one made last; none where the address is 64 bits wide. */
static unsigned form_of_store(struct ewi_translator *t, const struct ewi_entry *v, unsigned form)
{
#if EWI_VACC
	static const uint8_t made[EWI_FORMS] = {[EWI_SS] = EWI_SR, [EWI_RS] = EWI_RX, [EWI_SI] = EWI_RI};

	if (!t->wide && from_register(t, v, true))
		return made[form];
#endif
	(void)t, (void)v;
	return form;
}

static void emit_access(struct ewi_translator *t, unsigned icode, const struct operands *o, uint32_t dst)
{
	bool store = ewi_icode_info[icode].cls == EWI_CLASS_VSTORE;
	uint32_t offset = (uint32_t)o->offset;
	unsigned form = EWI_SI;
	struct ewi_insx *ins;
	uint16_t slot = 0;

	if (!ewi_fixed_address(t, &o->e[0], &offset))
		form = ewi_one_operand(t, &o->e[0], EWI_ACC_INT, &slot);
	if (store)
		form = form_of_store(t, &o->e[1], form);
	ewi_mark(t);
	ins = ewi_emit(t, icode, form, false);
	ins->i.a = slot;
	ins->i.b = store ? o->e[1].slot : (uint16_t)dst;
	ins->i.u.uimm = offset;
}

static void emit_lane_access(struct ewi_translator *t, unsigned icode, const struct operands *o, uint32_t dst)
{
	uint16_t slot = ewi_slot(t, &o->e[0]);
	struct ewi_insx *ins;

	ewi_mark(t);
	ins = ewi_emit(t, icode, EWI_SS, true);
	ins->i.a = slot;
	ins->i.b = o->e[1].slot;
	ins->i.u.uimm = (uint32_t)o->offset;
	ins->rel = (int32_t)dst;
	ins->cost = (int32_t)o->lane;
}

static void emit(struct ewi_translator *t, unsigned icode, const struct operands *o, uint32_t dst)
{
	switch (ewi_icode_info[icode].cls) {
	case EWI_CLASS_VCONST: emit_const(t, o, dst); break;
	case EWI_CLASS_VSHIFT: emit_shift(t, icode, o, dst); break;
	case EWI_CLASS_VREPLACE: emit_replace(t, icode, o, dst); break;
	case EWI_CLASS_VSPLAT: emit_splat(t, icode, o, dst); break;
	case EWI_CLASS_VLOAD:
	case EWI_CLASS_VSTORE: emit_access(t, icode, o, dst); break;
	case EWI_CLASS_VLOADLANE:
	case EWI_CLASS_VSTORELANE: emit_lane_access(t, icode, o, dst); break;
	default: emit_vectors(t, icode, o, dst); break;
	}
}

/* The instruction just emitted has left its result in the register for vectors too. */
static void made_vector(struct ewi_translator *t, const struct ewi_op *op, unsigned cls, uint32_t dst)
{
	const bool left = op->pushes[0] == 'v' && cls != EWI_CLASS_VLOADLANE && cls != EWI_CLASS_VREPLACE;

	t->vec_end = left ? (uint32_t)ewi_here(t) : EWI_NONE;
	t->vec_slot = dst;
	t->vec_copy = EWI_NONE;
	t->vec_start = EW_CONFIG_EXEC_ACC && left && !t->wide && !t->dead && t->start_count > 0 ? t->start_count - 1 : EWI_NONE;
}

void ewi_simd_op(struct ewi_translator *t, const struct ewi_op *op)
{
	const struct ewi_icode_info *info = &ewi_icode_info[op->icode];
	struct operands o = {0};
	uint32_t dst;

	t->memory = 0;
	t->wide = false;
	read_immediates(t, op, info->cls, &o);
	for (size_t i = strlen(op->pops); i-- > 0;)
		o.e[i] = ewi_pop(t, i == 0 && t->wide ? EW_I64 : ewi_type_of_letter(op->pops[i]));
	if (t->status != EW_OK || t->r.failed)
		return;
	dst = t->next_slot;
	o.offset = ewi_access_begin(t, &o.e[0], o.offset);
	if (info->cls == EWI_CLASS_VSTORE || info->cls == EWI_CLASS_VSTORELANE)
		ewi_emit_touch(t, &o.e[0], (uint32_t)o.offset);
	emit(t, op->icode, &o, dst);
	if (op->pushes[0])
		ewi_made(t, info->result, dst);
	made_vector(t, op, info->cls, dst);
	ewi_access_end(t);
	if (!op->pushes[0])
		return;
	if (info->cls == EWI_CLASS_VLOADLANE)
		t->last.dst = EWI_NONE; /* its slot is not where ewi_emit_local_set would look for it */
	ewi_push(t, ewi_type_of_letter(op->pushes[0]));
}

#endif
