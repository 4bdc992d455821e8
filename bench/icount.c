/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* icount.c - counting internal instructions. See icount.h. */
#include <stdlib.h>
#include <string.h>

#include "icount.h"
#include "wasm/emit.h"
#include "wasm/handler.h"

static const char *const names[EWI_ICODES] = {
#define BIN(N, R, T, E) [EWI_##N] = #N,
#define BINT(N, R, T, C, E) [EWI_##N] = #N,
#define CMP(N, T, E, S, G) [EWI_##N] = #N, [EWI_BR_##N] = "BR_" #N,
#define FCMP(N, T, E, S) \
	[EWI_##N] = #N, [EWI_BR_##N] = "BR_" #N, [EWI_BRN_##N] = "BRN_" #N,
#define UN(N, R, T, E) [EWI_##N] = #N,
#define UNT(N, R, T, C, E) [EWI_##N] = #N,
#if EW_CONFIG_EXEC_ACC
#define LOAD(N, R, B, E) [EWI_##N] = #N, [EWI_##N##_AT] = #N "_AT",
#else
#define LOAD(N, R, B, E) [EWI_##N] = #N,
#endif
#define STORE(N, T, B, E) LOAD(N, T, B, E)
#define SEL(N, T) [EWI_##N] = #N,
#define GLOB(N, T) [EWI_##N] = #N,
#define CTL(N) [EWI_##N] = #N,
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms) \
	[EWI_##N] = #N,
#define VINT(N, cls, R, T, forms) [EWI_##N] = #N,
#include "wasm/icode.def"
#include "wasm/simd.def"
};

/* Every handler there is, ordered by address. */
struct known {
	ewi_handler h;
	struct icount_op op;
};

/* An instruction of the module. */
struct place {
	struct icount_op op;
	uint32_t bytes;		/* 0: none begins here */
	uint8_t length;		/* instructions that its handler does */
	ewi_handler before;	/* what stood in it */
	ewi_handler single;	/* what does it alone */
	uint64_t times, fell;	/* run; of these behind its neighbour */
};

#define UNIT 8 /* instructions begin at multiples of it */

static struct {
	struct ew_module *module;
	struct place *places;	/* by position / UNIT */
	const struct ewi_ins *next;	/* behind the last one run */
	struct known *known;
	size_t known_count;
	struct icount_row *rows;
	size_t row_count, row_cap;
	uint64_t total;
} all;

static int by_address(const void *pa, const void *pb)
{
	uintptr_t a = (uintptr_t)((const struct known *)pa)->h;
	uintptr_t b = (uintptr_t)((const struct known *)pb)->h;

	return a < b ? -1 : a > b;
}

static bool learn(void)
{
	size_t n = 0, variants = EW_CONFIG_EXEC_ACC ? 2 : 1;

	if (all.known != NULL)
		return true;
	all.known = calloc(EWI_ICODES * EWI_FORMS * variants,
			   sizeof(*all.known));
	if (all.known == NULL)
		return false;
	for (unsigned i = 0; i < EWI_ICODES; i++)
		for (unsigned f = 0; f < EWI_FORMS; f++)
			for (unsigned v = 0; v < variants; v++) {
				ewi_handler h = EWI_HANDLER(i, f, v);

				if (h == NULL || (v > 0 && h == EWI_HANDLER(i, f, 0)))
					continue;
				all.known[n].h = h;
				all.known[n++].op = (struct icount_op){
					(uint16_t)i, (uint8_t)f, v > 0 };
			}
	qsort(all.known, n, sizeof(*all.known), by_address);
	all.known_count = n;
	return true;
}

static const struct known *find(ewi_handler h)
{
	struct known key = { .h = h };

	return bsearch(&key, all.known, all.known_count, sizeof(key),
		       by_address);
}

/* Of instructions done by one handler the first; others are themselves. */
static ewi_handler alone(ewi_handler h, unsigned *length)
{
	struct ewi_fused f;

	*length = 1;
	for (uint32_t i = 0; ewi_fused_at(i, &f); i++) {
		if (f.handler != h)
			continue;
		*length = f.length;
		return EWI_HANDLER(f.icode, f.form, f.silent);
	}
	return h;
}

/* Bytes of an instruction with what stands behind it. */
static uint32_t bytes_of(const struct icount_op *op, const struct ewi_ins *ins)
{
	unsigned cls = ewi_icode_info[op->icode].cls;
	uint32_t plain = sizeof(struct ewi_ins);
	uint32_t wide = sizeof(struct ewi_insx);

	switch (op->icode) {
	case EWI_BR_TABLE:
		return plain + 8 * (ins->u.uimm + 1);
	case EWI_BR: /* TAKE_JUMP in handler.h */
		return EW_CONFIG_EXEC_ACC ? plain : wide;
	case EWI_CONST64:
	case EWI_CALL_INDIRECT: case EWI_CALL_INDIRECT_LONG:
	case EWI_RETURN_CALL: case EWI_RETURN_CALL_IMPORT:
	case EWI_RETURN_CALL_INDIRECT:
		return wide;
	}
	if (strncmp(names[op->icode], "BR", 2) == 0)
		return wide;
#if EW_CONFIG_EXEC_ACC
	if ((op->form == EWI_SX || op->form == EWI_RX) &&
	    cls != EWI_CLASS_VSTORE)
		return wide;
#endif
	if (cls == EWI_CLASS_VSHUFFLE || cls == EWI_CLASS_VCONST)
		return plain + 16;
	return cls == EWI_CLASS_VLOADLANE || cls == EWI_CLASS_VSTORELANE ?
	       wide : plain;
}

static const struct ewi_ins *count(EWI_REGS)
{
	size_t at = (size_t)((const uint8_t *)pc - all.module->code) / UNIT;
	struct place *p = &all.places[at];

	p->times++;
	p->fell += all.next == pc;
	all.next = (const void *)((const uint8_t *)pc + p->bytes);
	MUST_TAIL return p->single(EWI_ARGS);
}

/* Take over the instructions from code position at to end. */
static bool take(struct ew_module *m, uint32_t at, uint32_t end)
{
	while (at < end) {
		struct ewi_ins *ins = (void *)(m->code + at);
		struct place *p = &all.places[at / UNIT];
		const struct known *k;
		unsigned length;

		p->before = ins->h;
		p->single = alone(ins->h, &length);
		p->length = (uint8_t)length;
		k = find(p->single);
		if (k == NULL)
			return false;
		p->op = k->op;
		p->bytes = bytes_of(&p->op, ins);
		ins->h = count;
		at += p->bytes;
	}
	return at == end;
}

bool icount_begin(struct ew_module *m)
{
	bool ok = learn();

	all.module = m;
	all.next = NULL;
	all.places = calloc(m->code_size / UNIT + 1, sizeof(*all.places));
	if (all.places == NULL)
		return false;
	for (uint32_t f = m->func_imports; ok && f < m->func_count; f++) {
		uint32_t end = f + 1 < m->func_count ? m->funcs[f + 1].code :
						       (uint32_t)m->code_size;

		ok = take(m, m->funcs[f].code +
			     (uint32_t)sizeof(struct ewi_head), end);
	}
	if (!ok)
		icount_end();
	return ok;
}

/* ---- pairs ---- */

static bool same(const struct icount_op *a, const struct icount_op *b)
{
	return a->icode == b->icode && a->form == b->form &&
	       a->silent == b->silent;
}

static void add_pair(const struct place *a, const struct place *b, bool fused)
{
	struct icount_row *r;

	for (size_t i = 0; i < all.row_count; i++) {
		r = &all.rows[i];
		if (same(&r->first, &a->op) && same(&r->second, &b->op)) {
			r->times += b->fell;
			r->fused += fused ? b->fell : 0;
			return;
		}
	}
	if (all.row_count == all.row_cap) {
		size_t cap = all.row_cap * 2 + 256;

		r = realloc(all.rows, cap * sizeof(*r));
		if (r == NULL)
			return;
		all.rows = r;
		all.row_cap = cap;
	}
	all.rows[all.row_count++] = (struct icount_row){
		a->op, b->op, b->fell, fused ? b->fell : 0 };
}

void icount_end(void)
{
	size_t units = all.module->code_size / UNIT;
	unsigned left = 0; /* of those that the last handler does */

	for (size_t i = 0; i < units; i++) {
		struct place *p = &all.places[i], *next;

		if (p->bytes == 0)
			continue;
		((struct ewi_ins *)(void *)(all.module->code + i * UNIT))->h =
			p->before;
		all.total += p->times;
		next = p + p->bytes / UNIT;
		left = left > 1 ? left - 1 : p->length;
		if (i + p->bytes / UNIT < units && next->fell > 0)
			add_pair(p, next, left > 1);
	}
	free(all.places);
	all.places = NULL;
}

uint64_t icount_total(void)
{
	return all.total;
}

static int by_times(const void *pa, const void *pb)
{
	const struct icount_row *a = pa, *b = pb;

	return a->times > b->times ? -1 : a->times < b->times;
}

size_t icount_pairs(struct icount_row *rows, size_t max)
{
	if (all.row_count == 0)
		return 0;
	qsort(all.rows, all.row_count, sizeof(*all.rows), by_times);
	if (max > all.row_count)
		max = all.row_count;
	memcpy(rows, all.rows, max * sizeof(*rows));
	return max;
}

void icount_name(const struct icount_op *op, char *text, size_t size)
{
	static const char *const forms[EWI_FORMS] = {
		[EWI_SS] = "SS", [EWI_SI] = "SI",
#if EW_CONFIG_EXEC_ACC
		[EWI_RS] = "RS", [EWI_SR] = "SR", [EWI_RI] = "RI",
		[EWI_SX] = "SX", [EWI_RX] = "RX",
#endif
	};

	snprintf(text, size, "%s.%s%s", names[op->icode], forms[op->form],
		 op->silent ? ".silent" : "");
}
