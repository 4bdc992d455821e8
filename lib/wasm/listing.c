/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * listing.c - a function as text: WebAssembly on the left, the internal code that it became on the right.
 *
 * Internal code holds addresses of handlers, so they are looked up in a table made from the tables of handlers; where
 * instructions begin is known from translation (EW_MODULE_LISTING).  How operands are written follows from the class
 * and the form of an instruction, for the rest from a table here; what neither knows is shown field by field.
 */
#include "base/error.h"
#include "wasm/disasm.h"

#if EW_CONFIG_WASM && EW_CONFIG_TRACE

/* ---- names ---- */

/* clang-format off */
enum shape { PLAIN, BRANCH /* a compare that branches */, FIXED /* access at a fixed address */ };

static const struct {
	const char *name;
	enum shape shape;
} icodes[EWI_ICODES] = {
#define NAME(N) [EWI_##N] = {#N, PLAIN},
#define NAME_BRANCH(N) [EWI_##N] = {#N, BRANCH},
#if EW_CONFIG_EXEC_ACC
#define NAME_ACCESS(N) NAME(N) [EWI_##N##_AT] = {#N "_AT", FIXED},
#else
#define NAME_ACCESS(N) NAME(N)
#endif
#define BIN(N, R, T, E) NAME(N)
#define BINT(N, R, T, C, E) NAME(N)
#define CMP(N, T, E, S, G) NAME(N) NAME_BRANCH(BR_##N)
#define FCMP(N, T, E, S) NAME(N) NAME_BRANCH(BR_##N) NAME_BRANCH(BRN_##N)
#define UN(N, R, T, E) NAME(N)
#define UNT(N, R, T, C, E) NAME(N)
#define LOAD(N, R, B, E) NAME_ACCESS(N)
#define STORE(N, T, B, E) NAME_ACCESS(N)
#define SEL(N, T) NAME(N)
#define GLOB(N, T) NAME(N)
#define CTL(N) NAME(N)
#include "wasm/icode.def"
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms) NAME(N)
#define VINT(N, cls, R, T, forms) NAME(N)
#include "wasm/simd.def"
};

static const char *const forms[EWI_FORMS] = {
	[EWI_SS] = "", [EWI_SI] = ".SI",
#if EW_CONFIG_EXEC_ACC
	[EWI_RS] = ".RS", [EWI_SR] = ".SR", [EWI_RI] = ".RI", [EWI_SX] = ".SX", [EWI_RX] = ".RX",
#endif
};

/*
 * Operands: %a %b %c %d slots in these fields, %r the accumulator of operands, %i and %u the immediate, %s a small one
 * in b, %x 64 bits behind, %t and %k target and fuel of a branch or call, %l fuel of a list of branches and its
 * targets, %f the function imm; of a jump without operands %j the target, of a call %g the function, %n fuel.
 */
static const char *const by_hand[EWI_ICODES] = {
	[EWI_UNREACHABLE] = " ",
	[EWI_OBSERVE] = " step %u",
	[EWI_FUEL] = " %i",
	[EWI_COPY] = " %b = %a",
	[EWI_COPY2] = " %b = %a, %d = %c",
	[EWI_CONST32] = " %b = %i",
	[EWI_CONST64_NARROW] = " %b = %i",
	[EWI_CONST64] = " %b = %x",
#if EW_CONFIG_EXEC_ACC
	[EWI_BR] = " -> %j, fuel %i", /* TAKE_JUMP in handler.h */
#else
	[EWI_BR] = " -> %t, fuel %k",
#endif
	[EWI_BR_TABLE] = " %a of%l",
	[EWI_RETURN] = " fuel %i",
	[EWI_RETURN_INT] = " %a, fuel %i",
	[EWI_RETURN_F32] = " %a, fuel %i",
	[EWI_RETURN_F64] = " %a, fuel %i",
	[EWI_CALL] = " %g, frame %a, fuel %n",
	[EWI_CALL_IMPORT] = " %f, frame %a, fuel %n",
	[EWI_RETURN_CALL] = " %f, frame %a, fuel %k",
	[EWI_RETURN_CALL_IMPORT] = " %f, frame %a, fuel %k",
	[EWI_CALL_INDIRECT] = " %b, frame %a, type key %x",
	[EWI_CALL_LATE] = " %f, frame %a, fuel %n",
	[EWI_RETURN_CALL_LATE] = " %f, frame %a, fuel %k",
	[EWI_CALL_INDIRECT_LONG] = " %b, frame %a, fuel %i",
	[EWI_THROW] = " tag %u, values %a, fuel %k",
	[EWI_THROW_REF] = " %a, fuel %i",
	[EWI_GLOBAL_SET] = " global %u = %a",
	[EWI_REF_FUNC] = " %b = %f",
	[EWI_TABLE_GET] = " %b = table %u %a",
	[EWI_TABLE_SET] = " table %u %a = %b",
	[EWI_TABLE_INDEX] = " %b = %a",
	[EWI_TABLE_SIZE] = " %b = table %u",
	[EWI_MEMORY_SIZE] = " %b = memory %u",
	[EWI_MEMORY_GROW] = " %b = memory %u + %a",
	[EWI_ADDRESS_ADD] = " %b = %a + %x",
	[EWI_STORE_INT] = " %b",
	[EWI_STORE_F32] = " %b",
	[EWI_STORE_F64] = " %b",
};
#if EW_CONFIG_EXEC_ACC
/* The same in form RS: the operand is in an accumulator. */
static const char *const by_hand_acc[EWI_ICODES] = {
	[EWI_BR_TABLE] = " R of%l",
	[EWI_RETURN_INT] = " R, fuel %i",
	[EWI_RETURN_F32] = " S, fuel %i",
	[EWI_RETURN_F64] = " D, fuel %i",
	[EWI_CALL_INDIRECT] = " R, frame %a, type key %x",
};
#endif

#if EW_CONFIG_EXEC_ACC
#define OPERANDS(ss, si, rs, sr, ri, sx, rx)                                                       \
	{[EWI_SS] = ss, [EWI_SI] = si, [EWI_RS] = rs, [EWI_SR] = sr, [EWI_RI] = ri, [EWI_SX] = sx, [EWI_RX] = rx}
#else
#define OPERANDS(ss, si, rs, sr, ri, sx, rx) {[EWI_SS] = ss, [EWI_SI] = si}
#endif
#define TWO OPERANDS("c%a, %b", "b%a, %i", "c%r, %b", "c%a, %r", "b%r, %i", "b%a, %x", "b%r, %x")
#define ONE(more) OPERANDS("b%a" more, NULL, "b%r" more, NULL, NULL, NULL, NULL)

/* By class and form: the letter of the field that the result goes to, or a blank, then the operands. */
static const char *const by_class[][EWI_FORMS] = {
	[EWI_CLASS_BIN] = TWO,
	[EWI_CLASS_CMP] = TWO,
	[EWI_CLASS_FCMP] = TWO,
	[EWI_CLASS_UN] = ONE(""),
	[EWI_CLASS_LOAD] = ONE(" + %u"),
	[EWI_CLASS_STORE] = OPERANDS(" %a + %u = %b", " %a + %u = %s", " %r + %u = %b", " %a + %u = %r", " %r + %u = %s", NULL, NULL),
	[EWI_CLASS_SEL] = OPERANDS("c%a or %b, if %d", NULL, "c%a or %b, if %r", NULL, NULL, NULL, NULL),
	[EWI_CLASS_GLOB] = ONE(""),
	[EWI_CLASS_VUN] = ONE(""),
	[EWI_CLASS_VBIN] = TWO,
	[EWI_CLASS_VTERN] = OPERANDS("c%a, %b, %d", NULL, NULL, NULL, NULL, NULL, NULL),
	[EWI_CLASS_VSHIFT] = TWO,
	[EWI_CLASS_VTEST] = ONE(""),
	[EWI_CLASS_VSPLAT] = ONE(""),
	[EWI_CLASS_VEXTRACT] = ONE(", lane %u"),
	[EWI_CLASS_VLOAD] = OPERANDS("b%a + %u", "b%u", "b%r + %u", NULL, NULL, NULL, NULL),
	[EWI_CLASS_VSTORE] = OPERANDS(" %a + %u = %b", " %u = %b", " %r + %u = %b", " %a + %u = V", " %u = V", NULL, " %r + %u = V"),
	[EWI_CLASS_VCONST] = {NULL}, /* the last class */
};
/* The same of what the class does not tell. */
static const char *const by_shape[][EWI_FORMS] = {
	[BRANCH] = OPERANDS(" %a, %b -> %t, fuel %k", " %a, %i -> %t, fuel %k", " %r, %b -> %t, fuel %k", NULL, " %r, %i -> %t, fuel %k", NULL, NULL),
	[FIXED] = OPERANDS(" %u = %b", " %u = %s", NULL, " %u = %r", NULL, NULL, NULL),
};
/* clang-format on */

/* ---- from a handler to what it is ---- */

struct known {
	ewi_handler handler;
	uint16_t icode;
	uint8_t form;
	bool silent;
	uint8_t length; /* instructions that it does, from this on */
	bool wide;	/* of a 64-bit memory */
};

struct index {
	struct known *slots; /* a hash table with free places */
	size_t cap;	     /* a power of 2 */
};

/* The handler's place, or the free one where it belongs. */
static struct known *place(const struct index *ix, ewi_handler h)
{
	uint64_t hash = (uint64_t)(uintptr_t)h * 0x9e3779b97f4a7c15u;
	size_t at = (size_t)(hash >> 32) & (ix->cap - 1);

	while (ix->slots[at].handler && ix->slots[at].handler != h)
		at = (at + 1) & (ix->cap - 1);
	return &ix->slots[at];
}

/* The first to be entered stays. */
static void enter(struct index *ix, const struct known *k)
{
	struct known *at = k->handler ? place(ix, k->handler) : NULL;

	if (at && !at->handler)
		*at = *k;
}

#define VARIANTS (EW_CONFIG_EXEC_ACC ? 2u : 1u)

static size_t handler_count(void)
{
	struct ewi_fused f;
	uint32_t fused = 0;

	while (ewi_fused_at(fused, &f))
		fused++;
	return EWI_ICODES * (EWI_FORMS * VARIANTS + 2) + fused;
}

static void enter_fused(struct index *ix)
{
	struct ewi_fused f;

	for (uint32_t i = 0; ewi_fused_at(i, &f); i++)
		enter(ix, &(struct known){f.handler, f.icode, f.form, f.silent, f.length, false});
}

/* Accesses of 64-bit memories have handlers besides. */
static void enter_wide(struct index *ix)
{
#if EW_CONFIG_MEMORY64
	for (unsigned i = 0; i < 2 * EWI_ICODES; i++) {
		struct known k = {ewi_wide_handlers[i / 2][i % 2], (uint16_t)(i / 2), EWI_SS, false, 1, true};

#if EW_CONFIG_EXEC_ACC
		k.form = i % 2 ? EWI_RS : EWI_SS;
#endif
		enter(ix, &k);
	}
#else
	(void)ix;
#endif
}

static bool make_index(struct index *ix, const struct ew_alloc *a)
{
	size_t count = handler_count();

	ix->cap = 1;
	while (ix->cap < 2 * count)
		ix->cap *= 2;
	ix->slots = ewi_alloc(a, ix->cap, sizeof(*ix->slots));
	if (!ix->slots)
		return false;
	for (unsigned silent = 0; silent < VARIANTS; silent++)
		for (unsigned icode = 0; icode < EWI_ICODES; icode++)
			for (unsigned form = 0; form < EWI_FORMS; form++)
				enter(ix, &(struct known){EWI_HANDLER(icode, form, silent), (uint16_t)icode,
							  (uint8_t)form, silent != 0, 1, false});
	enter_fused(ix);
	enter_wide(ix);
	return true;
}

/* ---- one instruction ---- */

/* Where an instruction stands: positions are shown from its function's first. */
struct place {
	const struct ew_module *m;
	const struct ewi_ins *ins;
	const uint8_t *first, *end; /* of the function's code; end of the instruction */
};

static void put_target(struct ewi_text *o, const struct place *p, const int32_t *pair)
{
	ewi_text_add(o, "%04x", (unsigned)((const uint8_t *)pair + pair[0] - p->first));
}

/* The pairs behind a br_table. */
static void put_targets(struct ewi_text *o, const struct place *p)
{
	const int32_t *pair = (const int32_t *)(const void *)(p->ins + 1);

	for (; (const uint8_t *)(pair + 2) <= p->end; pair += 2) {
		ewi_text_add(o, " ");
		put_target(o, p, pair);
	}
}

static void put_field(struct ewi_text *o, const struct place *p, char field, uint8_t acc)
{
	static const char *const accs[] = {"R", "S", "D", "V"};
	const struct ewi_insx *x = (const struct ewi_insx *)p->ins;
	const struct ewi_ins *i = p->ins;

	switch (field) {
	case 'a': ewi_text_add(o, "[%u]", i->a); break;
	case 'b': ewi_text_add(o, "[%u]", i->b); break;
	case 'c': ewi_text_add(o, "[%u]", i->u.s.c); break;
	case 'd': ewi_text_add(o, "[%u]", i->u.s.d); break;
	case 'r': ewi_text_add(o, "%s", accs[acc]); break;
	case 'i': ewi_text_add(o, "%d", (int)i->u.imm); break;
	case 'u': ewi_text_add(o, "%u", (unsigned)i->u.uimm); break;
	case 's': ewi_text_add(o, "%d", (int16_t)i->b); break;
	case 'x': ewi_text_add(o, "0x%llx", (unsigned long long)ewi_behind(i)); break;
	case 't': put_target(o, p, &x->rel); break;
	case 'k': ewi_text_add(o, "%d", (int)x->cost); break;
	case 'l': put_targets(o, p); break;
	case 'f': ewi_text_func(o, p->m, i->u.uimm); break;
	case 'g': ewi_text_func(o, p->m, ((const struct ewi_head *)(const void *)((const char *)&i->u.imm + i->u.imm))->func); break;
	case 'j': put_target(o, p, (const int32_t *)(const void *)((const char *)i + offsetof(struct ewi_ins, a))); break;
	case 'n': ewi_text_add(o, "%u", i->b); break;
	}
}

static void put_fields(struct ewi_text *o, const struct place *p, const char *format, uint8_t acc)
{
	for (; *format; format++) {
		if (*format == '%')
			put_field(o, p, *++format, acc);
		else
			ewi_text_add(o, "%c", *format);
	}
}

/* How its operands are written, and in which accumulators they are; NULL: not known. */
static const char *format_of(const struct known *k, uint8_t *acc)
{
	const struct ewi_icode_info *info = &ewi_icode_info[k->icode];

	*acc = info->operand;
	switch (icodes[k->icode].shape) {
	case BRANCH: /* one or two behind the compare */
		info--;
		*acc = info->cls == EWI_CLASS_CTL ? info[-1].operand : info->operand;
		return by_shape[BRANCH][k->form];
	case FIXED:
		return info->cls == EWI_CLASS_LOAD ? "b%u" : by_shape[FIXED][k->form];
	case PLAIN:
		break;
	}
#if EW_CONFIG_EXEC_ACC
	if (k->form == EWI_RS && by_hand_acc[k->icode])
		return by_hand_acc[k->icode];
#endif
	if (by_hand[k->icode])
		return by_hand[k->icode];
	return info->cls <= EWI_CLASS_VCONST ? by_class[info->cls][k->form] : NULL;
}

static void put_icode(struct ewi_text *o, const struct place *p, const struct known *k)
{
	uint8_t acc;
	const char *format = format_of(k, &acc);

	ewi_text_add(o, "%s%s%s%s ", icodes[k->icode].name, k->wide ? "_64" : "", forms[k->form],
		     k->length > 2 ? " &&" : k->length > 1 ? " &" : "");
	if (!format) {
		ewi_text_add(o, "a %u, b %u, imm %d", p->ins->a, p->ins->b, (int)p->ins->u.imm);
		return;
	}
	if (*format != ' ') {
		put_field(o, p, k->silent ? 'r' : *format, ewi_icode_info[k->icode].result);
		ewi_text_add(o, " = ");
	}
	put_fields(o, p, format + 1, acc);
}

/* ---- a function ---- */

struct listing {
	const struct ew_module *m;
	struct index index;
	const struct ewi_line *line, *end; /* internal instructions left to write */
	uint32_t code, code_end;	   /* of the function */
	ew_write_fn write;
	void *user;
};

/* Column of the internal code. */
#define RIGHT 46

/* A line: the Wasm instruction's text, if any, and one internal instruction, if any is left of it. */
static enum ew_status put_line(struct listing *l, struct ewi_text *o, bool with_code)
{
	const struct ewi_line *at = l->line;
	struct place p = {.m = l->m, .first = l->m->code + l->code};

	if (with_code) {
		const struct known *k;

		while (o->len < RIGHT)
			ewi_text_add(o, " ");
		p.ins = (const struct ewi_ins *)(const void *)(l->m->code + at->code);
		p.end = l->m->code + (at + 1 < l->end ? at[1].code : l->code_end);
		ewi_text_add(o, " %04x  ", (unsigned)(at->code - l->code));
		k = place(&l->index, p.ins->h);
		if (k->handler)
			put_icode(o, &p, k);
		else
			ewi_text_add(o, "?");
		l->line++;
	}
	if (o->len + 2 > o->cap)
		o->len = o->cap - 2;
	o->p[o->len++] = '\n';
	return l->write(l->user, o->p, o->len);
}

/* The Wasm instruction that r is at, and what became of it. */
static enum ew_status put_instruction(struct listing *l, struct ewi_reader *r)
{
	char text[240];
	struct ewi_text o = {text, sizeof(text) - 1, 0};
	uint32_t offset = (uint32_t)ewi_reader_at(r);
	enum ew_status status;

	ewi_text_add(&o, "  0x%06x  ", (unsigned)offset);
	if (!ewi_disasm(r, l->m, &o))
		return EW_ERR_INVAL;
	if (o.len > RIGHT - 1 && l->line < l->end && l->line->offset == offset) { /* too long for one line */
		status = put_line(l, &o, false);
		o.len = 0;
		if (status != EW_OK)
			return status;
	}
	do {
		status = put_line(l, &o, l->line < l->end && l->line->offset <= offset);
		o.len = 0;
	} while (status == EW_OK && l->line < l->end && l->line->offset <= offset);
	return status;
}

static void find_lines(struct listing *l, uint32_t func)
{
	const struct ew_module *m = l->m;
	uint32_t low = 0, high = m->notes.line_count;

	l->code = m->funcs[func].code;
	l->code_end = func + 1 < m->func_count ? m->funcs[func + 1].code : (uint32_t)m->code_size;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (m->notes.lines[mid].code < l->code)
			low = mid + 1;
		else
			high = mid;
	}
	l->line = l->end = m->notes.lines + low;
	while (l->end < m->notes.lines + m->notes.line_count && l->end->code < l->code_end)
		l->end++;
}

static void skip_locals(struct ewi_reader *r)
{
	for (uint32_t n = ewi_read_u32(r); n > 0 && !r->failed; n--) {
		ewi_read_u32(r);
		ewi_read_u8(r);
	}
}

enum ew_status ew_module_list(const struct ew_module *m, uint32_t func, ew_write_fn write, void *user)
{
	struct listing l = {.m = m, .write = write, .user = user};
	char text[240], signature[EWI_SIGNATURE_BYTES];
	struct ewi_text o = {text, sizeof(text) - 1, 0};
	const struct ewi_func_def *f;
	struct ewi_reader r;
	enum ew_status status;

	if (func < m->func_imports || func >= m->func_count)
		return EW_ERR_INVAL;
	if (!(m->flags & EW_MODULE_LISTING))
		return EW_ERR_STATE;
	if (!make_index(&l.index, &m->alloc))
		return EW_ERR_NOMEM;
	f = &m->funcs[func];
	find_lines(&l, func);
	ewi_signature_format(signature, sizeof(signature), ewi_func_type(m, func));
	ewi_text_add(&o, "function ");
	ewi_text_func(&o, m, func);
	ewi_text_add(&o, " %s: %u bytes, %u of internal code", signature, (unsigned)f->body_size,
		     (unsigned)(l.code_end - l.code));
	status = put_line(&l, &o, false);
	ewi_reader_init(&r, m->bytes + f->body_offset, f->body_size, f->body_offset, NULL);
	skip_locals(&r);
	while (status == EW_OK && ewi_reader_left(&r) > 0)
		status = put_instruction(&l, &r);
	ewi_free(&m->alloc, l.index.slots, l.index.cap, sizeof(*l.index.slots));
	return status;
}

#elif EW_CONFIG_WASM
enum ew_status ew_module_list(const struct ew_module *m, uint32_t func, ew_write_fn write, void *user)
{
	(void)m, (void)func, (void)write, (void)user;
	return EW_ERR_UNSUPPORTED;
}
#endif
