/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_traps.c - a row for each way to trap: the code, its words, the function, the byte, the backtrace.
 *
 * Each row runs with its operands in locals, as constants, and fresh from another instruction, its
 * result used and dropped: these are different internal instructions.
 */
#include "wrun.h"

/* Begins every function that traps, so that its place in the module is found. */
#define MARK I32_CONST5(0x5ca1ab1e), OP_DROP
static const uint8_t mark[] = {MARK};

struct operand {
	char type; /* i I f F; 0: none */
	uint64_t bits;
};

#define I(v) {'i', (uint32_t)(v)}
#define L(v) {'I', (uint64_t)(v)}
#define FBITS(v) {'f', (v)}
#define DBITS(v) {'F', (v)}

static const struct {
	const char *row;
	uint8_t op[4];
	uint8_t op_len;
	struct operand a, b;
	char result;
	enum ew_trap_code code; /* EW_TRAP_NONE: the neighbour that must not trap */
} sums[] = {
	{"i32.div_s by 0", {0x6d}, 1, I(7), I(0), 'i', EW_TRAP_DIV_ZERO},
	{"i32.div_s overflow", {0x6d}, 1, I(INT32_MIN), I(-1), 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.div_s min by 1", {0x6d}, 1, I(INT32_MIN), I(1), 'i', EW_TRAP_NONE},
	{"i32.div_s min + 1 by -1", {0x6d}, 1, I(INT32_MIN + 1), I(-1), 'i', EW_TRAP_NONE},
	{"i32.div_u by 0", {0x6e}, 1, I(7), I(0), 'i', EW_TRAP_DIV_ZERO},
	{"i32.div_u min by -1", {0x6e}, 1, I(INT32_MIN), I(-1), 'i', EW_TRAP_NONE},
	{"i32.rem_s by 0", {0x6f}, 1, I(7), I(0), 'i', EW_TRAP_DIV_ZERO},
	{"i32.rem_s min by -1", {0x6f}, 1, I(INT32_MIN), I(-1), 'i', EW_TRAP_NONE},
	{"i32.rem_u by 0", {0x70}, 1, I(7), I(0), 'i', EW_TRAP_DIV_ZERO},
	{"i64.div_s by 0", {0x7f}, 1, L(7), L(0), 'I', EW_TRAP_DIV_ZERO},
	{"i64.div_s overflow", {0x7f}, 1, L(INT64_MIN), L(-1), 'I', EW_TRAP_INT_OVERFLOW},
	{"i64.div_s min by 1", {0x7f}, 1, L(INT64_MIN), L(1), 'I', EW_TRAP_NONE},
	{"i64.div_s INT32_MIN by -1", {0x7f}, 1, L(INT32_MIN), L(-1), 'I', EW_TRAP_NONE},
	{"i64.div_u by 0", {0x80}, 1, L(7), L(0), 'I', EW_TRAP_DIV_ZERO},
	{"i64.rem_s by 0", {0x81}, 1, L(7), L(0), 'I', EW_TRAP_DIV_ZERO},
	{"i64.rem_s min by -1", {0x81}, 1, L(INT64_MIN), L(-1), 'I', EW_TRAP_NONE},
	{"i64.rem_u by 0", {0x82}, 1, L(7), L(0), 'I', EW_TRAP_DIV_ZERO},
	{"i64.rem_u by 2^32", {0x82}, 1, L(7), L(1ll << 32), 'I', EW_TRAP_NONE},

	{"i32.trunc_f32_s NaN", {0xa8}, 1, FBITS(0x7fc00000), {0}, 'i', EW_TRAP_BAD_CONVERSION},
	{"i32.trunc_f32_s signalling NaN", {0xa8}, 1, FBITS(0xff800001), {0}, 'i', EW_TRAP_BAD_CONVERSION},
	{"i32.trunc_f32_s 2^31", {0xa8}, 1, FBITS(0x4f000000), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.trunc_f32_s below 2^31", {0xa8}, 1, FBITS(0x4effffff), {0}, 'i', EW_TRAP_NONE},
	{"i32.trunc_f32_s -2^31", {0xa8}, 1, FBITS(0xcf000000), {0}, 'i', EW_TRAP_NONE},
	{"i32.trunc_f32_s below -2^31", {0xa8}, 1, FBITS(0xcf000001), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.trunc_f32_s inf", {0xa8}, 1, FBITS(0x7f800000), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.trunc_f32_u NaN", {0xa9}, 1, FBITS(0x7fc00000), {0}, 'i', EW_TRAP_BAD_CONVERSION},
	{"i32.trunc_f32_u 2^32", {0xa9}, 1, FBITS(0x4f800000), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.trunc_f32_u below 2^32", {0xa9}, 1, FBITS(0x4f7fffff), {0}, 'i', EW_TRAP_NONE},
	{"i32.trunc_f32_u -1", {0xa9}, 1, FBITS(0xbf800000), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.trunc_f32_u above -1", {0xa9}, 1, FBITS(0xbf7fffff), {0}, 'i', EW_TRAP_NONE},
	{"i32.trunc_f64_s NaN", {0xaa}, 1, DBITS(0x7ff8000000000000), {0}, 'i', EW_TRAP_BAD_CONVERSION},
	{"i32.trunc_f64_s 2^31", {0xaa}, 1, DBITS(0x41e0000000000000), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.trunc_f64_s below 2^31", {0xaa}, 1, DBITS(0x41dfffffffffffff), {0}, 'i', EW_TRAP_NONE},
	{"i32.trunc_f64_s -2^31 - 1", {0xaa}, 1, DBITS(0xc1e0000000200000), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.trunc_f64_s above -2^31 - 1", {0xaa}, 1, DBITS(0xc1e00000001fffff), {0}, 'i', EW_TRAP_NONE},
	{"i32.trunc_f64_u NaN", {0xab}, 1, DBITS(0xfff8000000000000), {0}, 'i', EW_TRAP_BAD_CONVERSION},
	{"i32.trunc_f64_u 2^32", {0xab}, 1, DBITS(0x41f0000000000000), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i32.trunc_f64_u below 2^32", {0xab}, 1, DBITS(0x41efffffffffffff), {0}, 'i', EW_TRAP_NONE},
	{"i32.trunc_f64_u -1", {0xab}, 1, DBITS(0xbff0000000000000), {0}, 'i', EW_TRAP_INT_OVERFLOW},
	{"i64.trunc_f32_s NaN", {0xae}, 1, FBITS(0x7fc00000), {0}, 'I', EW_TRAP_BAD_CONVERSION},
	{"i64.trunc_f32_s 2^63", {0xae}, 1, FBITS(0x5f000000), {0}, 'I', EW_TRAP_INT_OVERFLOW},
	{"i64.trunc_f32_s below 2^63", {0xae}, 1, FBITS(0x5effffff), {0}, 'I', EW_TRAP_NONE},
	{"i64.trunc_f32_s -2^63", {0xae}, 1, FBITS(0xdf000000), {0}, 'I', EW_TRAP_NONE},
	{"i64.trunc_f32_s below -2^63", {0xae}, 1, FBITS(0xdf000001), {0}, 'I', EW_TRAP_INT_OVERFLOW},
	{"i64.trunc_f32_u NaN", {0xaf}, 1, FBITS(0x7fc00000), {0}, 'I', EW_TRAP_BAD_CONVERSION},
	{"i64.trunc_f32_u 2^64", {0xaf}, 1, FBITS(0x5f800000), {0}, 'I', EW_TRAP_INT_OVERFLOW},
	{"i64.trunc_f32_u below 2^64", {0xaf}, 1, FBITS(0x5f7fffff), {0}, 'I', EW_TRAP_NONE},
	{"i64.trunc_f32_u -1", {0xaf}, 1, FBITS(0xbf800000), {0}, 'I', EW_TRAP_INT_OVERFLOW},
	{"i64.trunc_f64_s NaN", {0xb0}, 1, DBITS(0x7ff8000000000000), {0}, 'I', EW_TRAP_BAD_CONVERSION},
	{"i64.trunc_f64_s 2^63", {0xb0}, 1, DBITS(0x43e0000000000000), {0}, 'I', EW_TRAP_INT_OVERFLOW},
	{"i64.trunc_f64_s below 2^63", {0xb0}, 1, DBITS(0x43dfffffffffffff), {0}, 'I', EW_TRAP_NONE},
	{"i64.trunc_f64_s below -2^63", {0xb0}, 1, DBITS(0xc3e0000000000001), {0}, 'I', EW_TRAP_INT_OVERFLOW},
	{"i64.trunc_f64_u NaN", {0xb1}, 1, DBITS(0x7ff8000000000000), {0}, 'I', EW_TRAP_BAD_CONVERSION},
	{"i64.trunc_f64_u 2^64", {0xb1}, 1, DBITS(0x43f0000000000000), {0}, 'I', EW_TRAP_INT_OVERFLOW},
	{"i64.trunc_f64_u below 2^64", {0xb1}, 1, DBITS(0x43efffffffffffff), {0}, 'I', EW_TRAP_NONE},
	{"i64.trunc_f64_u -1", {0xb1}, 1, DBITS(0xbff0000000000000), {0}, 'I', EW_TRAP_INT_OVERFLOW},
	{"saturating conversion of NaN", {0xfc, 0}, 2, FBITS(0x7fc00000), {0}, 'i', EW_TRAP_NONE},
};

static union ew_value value_of(const struct operand *o)
{
	union ew_value v = {.u64 = o->bits};

	if (o->type == 'i' || o->type == 'f')
		v.u32 = (uint32_t)o->bits;
	return v;
}

enum { IN_LOCALS, AS_CONSTANTS, SECOND_CONSTANT, FIRST_FRESH, SECOND_FRESH, FORMS };

static void put_constant(struct wbytes *b, const struct operand *v)
{
	switch (v->type) {
	case 'i':
		wb_u8(b, 0x41);
		wb_s32(b, (int32_t)(uint32_t)v->bits);
		break;
	case 'I':
		wb_u8(b, 0x42);
		wb_s64(b, (int64_t)v->bits);
		break;
	case 'f':
	case 'F':
		wb_u8(b, v->type == 'f' ? 0x43 : 0x44);
		for (int i = 0; i < (v->type == 'f' ? 4 : 8); i++)
			wb_u8(b, (uint8_t)(v->bits >> 8 * i));
		break;
	default: break;
	}
}

/* The same value through an instruction that changes nothing: + 0, or the sign turned twice. */
static void put_fresh(struct wbytes *b, char type, uint8_t local)
{
	static const uint8_t i32[] = {0x41, 0, 0x6a}, i64[] = {0x42, 0, 0x7c}, f32[] = {0x8c, 0x8c},
			     f64[] = {0x9a, 0x9a};

	wb_u8(b, 0x20);
	wb_u8(b, local);
	switch (type) {
	case 'i': wb_put(b, i32, sizeof(i32)); break;
	case 'I': wb_put(b, i64, sizeof(i64)); break;
	case 'f': wb_put(b, f32, sizeof(f32)); break;
	default: wb_put(b, f64, sizeof(f64)); break;
	}
}

static void put_operand(struct wbytes *b, const struct operand *v, uint8_t local, int form)
{
	if (!v->type)
		return;
	if (form == AS_CONSTANTS || (form == SECOND_CONSTANT && local == 1)) {
		put_constant(b, v);
	} else if ((form == FIRST_FRESH && local == 0) || (form == SECOND_FRESH && local == 1)) {
		put_fresh(b, v->type, local);
	} else {
		wb_u8(b, 0x20);
		wb_u8(b, local);
	}
}

/* Function 1 traps at byte `at` behind the mark; function 2 calls it, is exported, and is called. */
static void build_pair(struct wrun *w, const struct wbytes *code, const char *signature, char result)
{
	struct wbytes body = {0}, outer = {0};
	uint32_t params = (uint32_t)(strchr(signature, ')') - signature - 1);

	wb_put(&body, mark, sizeof(mark));
	wb_put(&body, code->p, code->len);
	wmod_func(&w->m, "()", "", CODE(OP_NOP)); /* so that the index is not 0 */
	wmod_func(&w->m, signature, "", body.p, body.len);
	for (uint32_t i = 0; i < params; i++) {
		wb_u8(&outer, 0x20);
		wb_u8(&outer, (uint8_t)i);
	}
	wb_u8(&outer, OP_NOP);
	wb_u8(&outer, 0x10);
	wb_u8(&outer, 1);
	(void)result;
	wmod_func(&w->m, signature, "", outer.p, outer.len);
	wmod_export(&w->m, "f", WMOD_FUNC, 2);
	wb_free(&body);
	wb_free(&outer);
}

/* Function 1 trapped `at` bytes behind its mark, called by function 2. */
static void check_place(const char *row, struct wrun *w, enum ew_trap_code code, size_t at)
{
	const struct ew_trap *t = ew_exec_trap(w->exec);
	uint32_t offset = wrun_offset(w, mark, sizeof(mark), sizeof(mark) + at);

	check_int(row, t->code, code);
	check_true(row, strncmp(t->text, ew_trap_text(code), strlen(ew_trap_text(code))) == 0);
	check_int(row, t->depth, 2);
	check_int(row, t->frame_count, 2);
	check_int(row, t->frames[0].func, 1);
	check_hex(row, t->frames[0].offset, offset);
	check_true(row, t->frames[0].instance == w->instance);
	check_int(row, t->frames[1].func, 2);
	check_true(row, t->frames[1].offset > offset && t->frames[1].offset < w->size);
	check_hex(row, w->bytes[t->frames[1].offset], 0x10); /* the call */
}

static void run_sum(size_t i, int form, bool dropped)
{
	char row[128], signature[8];
	struct wbytes code = {0};
	union ew_value v[2];
	struct wrun w;
	size_t at;

	snprintf(row, sizeof(row), "%s (form %d%s)", sums[i].row, form, dropped ? ", dropped" : "");
	if (sums[i].b.type)
		snprintf(signature, sizeof(signature), "(%c%c)%c", sums[i].a.type, sums[i].b.type, sums[i].result);
	else
		snprintf(signature, sizeof(signature), "(%c)%c", sums[i].a.type, sums[i].result);
	put_operand(&code, &sums[i].a, 0, form);
	put_operand(&code, &sums[i].b, 1, form);
	at = code.len;
	wb_put(&code, sums[i].op, sums[i].op_len);
	if (dropped) {
		static const struct operand zero32 = I(0), zero64 = L(0);

		wb_u8(&code, OP_DROP);
		put_constant(&code, sums[i].result == 'i' ? &zero32 : &zero64);
	}
	wrun_init(&w);
	build_pair(&w, &code, signature, sums[i].result);
	wrun_open(&w);
	v[0] = value_of(&sums[i].a);
	v[1] = value_of(&sums[i].b);
	if (sums[i].code == EW_TRAP_NONE) {
		check_status(row, wrun_call(&w, "f", v), EW_OK);
	} else {
		check_status(row, wrun_call(&w, "f", v), EW_ERR_TRAP);
		check_place(row, &w, sums[i].code, at);
	}
	wb_free(&code);
	wrun_close(&w);
}

static void test_sums(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(sums); i++)
		for (int form = 0; form < FORMS; form++)
			for (int dropped = 0; dropped < 2; dropped++)
				run_sum(i, form, dropped != 0);
}

/* ---- loads and stores: every one in the table ---- */

static const struct {
	const char *row;
	uint8_t code;
	int log2_bytes; /* -1: not an access to memory */
	const char *pops, *pushes;
} opcodes[] = {
#define LOG2_MEM0 0
#define LOG2_MEM1 1
#define LOG2_MEM2 2
#define LOG2_MEM3 3
#define OP(code, NAME, text, imm, pops, pushes, icode) {text, code, LOG2_##imm, pops, pushes},
#define OPX(code, NAME, text, imm, pops, pushes, icode)
#define LOG2_NONE -1
#define LOG2_BLOCK -1
#define LOG2_LABEL -1
#define LOG2_LABELS -1
#define LOG2_FUNC -1
#define LOG2_INDIRECT -1
#define LOG2_LOCAL -1
#define LOG2_GLOBAL -1
#define LOG2_TABLE -1
#define LOG2_I32 -1
#define LOG2_I64 -1
#define LOG2_F32 -1
#define LOG2_F64 -1
#define LOG2_TYPES -1
#define LOG2_MEMIDX -1
#define LOG2_MEMORY -1
#define LOG2_REFTYPE -1
#define LOG2_HEAPTYPE -1
#define LOG2_TAG -1
#define LOG2_TRY -1
#include "wasm/opcodes.def"
#undef OP
#undef OPX
};

/* Address and offset against one page; the last byte touched is address + offset + bytes - 1. */
static const struct {
	const char *row;
	int64_t address; /* from the end of memory when negative, then less the bytes of the access */
	uint32_t offset;
	bool traps;
} places[] = {
	{"first", 0, 0, false},
	{"last", -1, 0, false},
	{"one beyond", -2, 0, true},
	{"behind memory", 65536, 0, true},
	{"last by offset", -3, 65536, false},
	{"one beyond by offset", -4, 65536, true},
	{"address -1", 0xffffffff, 0, true},
	{"offset -1", 0, 0xffffffff, true},
	{"both", 0xffffffff, 0xffffffff, true},
	{"sum wraps to 0", 0xffffffff, 1, true},
	{"sum wraps to a place inside", 0xfffffff0, 0x40, true},
};

static void run_access(size_t i, size_t p, int form, bool dropped)
{
	bool is_store = strlen(opcodes[i].pops) == 2;
	uint32_t bytes = 1u << opcodes[i].log2_bytes;
	struct operand address = I(0), value = {0};
	char row[128], signature[8];
	struct wbytes code = {0};
	union ew_value v[2] = {{0}, {0}};
	uint32_t offset = places[p].offset;
	struct wrun w;
	size_t at;

	switch (places[p].address) {
	case -1: address.bits = 65536 - bytes; break;
	case -2: address.bits = 65536 - bytes + 1; break;
	case -3: offset -= bytes; break;
	case -4: offset -= bytes - 1; break;
	default: address.bits = (uint32_t)places[p].address; break;
	}
	snprintf(row, sizeof(row), "%s %s (form %d)", opcodes[i].row, places[p].row, form);
	if (is_store)
		value.type = opcodes[i].pops[1];
	snprintf(signature, sizeof(signature), is_store ? "(i%c)" : "(i)%c",
		 is_store ? opcodes[i].pops[1] : opcodes[i].pushes[0]);
	put_operand(&code, &address, 0, form);
	put_operand(&code, &value, 1, form);
	at = code.len;
	wb_u8(&code, opcodes[i].code);
	wb_u8(&code, 0);
	wb_u32(&code, offset);
	if (dropped && !is_store) {
		wb_u8(&code, OP_DROP);
		value.type = opcodes[i].pushes[0];
		put_constant(&code, &value);
	}
	wrun_init(&w);
	wmod_memory(&w.m, 1, 1);
	build_pair(&w, &code, signature, 0);
	wrun_open(&w);
	v[0] = value_of(&address);
	check_status(row, wrun_call(&w, "f", v), places[p].traps ? EW_ERR_TRAP : EW_OK);
	if (places[p].traps)
		check_place(row, &w, EW_TRAP_MEMORY_BOUNDS, at);
	wb_free(&code);
	wrun_close(&w);
}

static void test_accesses(void **state)
{
	int loads = 0, stores = 0;

	(void)state;
	for (size_t i = 0; i < ROWS(opcodes); i++) {
		if (opcodes[i].log2_bytes < 0)
			continue;
		if (strlen(opcodes[i].pops) == 2)
			stores++;
		else
			loads++;
		for (size_t p = 0; p < ROWS(places); p++)
			for (int form = 0; form < FORMS; form++)
				for (int dropped = 0; dropped < 2; dropped++)
					run_access(i, p, form, dropped != 0);
	}
	assert_int_equal(loads, 14);
	assert_int_equal(stores, 9);
}

/* ---- everything else ---- */

#define K(n) I32_CONST5(n)
/* Memory of one page, data segment 0 of 4 bytes; table 0 of 4 entries: null, f1, f0, null; table 1 externref of 2;
 * element segment 1 passive of 2.  Type 0 is (), type 1 ()i. */
static const struct {
	const char *row;
	uint8_t code[40];
	uint8_t len, at; /* at: the byte of code that traps */
	enum ew_trap_code trap;
} others[] = {
#define ROW(row, at, trap, ...) {row, {__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), at, trap}
	ROW("unreachable", 0, EW_TRAP_UNREACHABLE, OP_UNREACHABLE),
	ROW("unreachable in a block", 3, EW_TRAP_UNREACHABLE, OP_NOP, BLOCK(T_VOID), OP_UNREACHABLE, OP_END),
	ROW("call_indirect beyond", 6, EW_TRAP_UNDEFINED_ELEMENT, K(4), CALL_INDIRECT(0, 0)),
	ROW("call_indirect at -1", 6, EW_TRAP_UNDEFINED_ELEMENT, K(-1), CALL_INDIRECT(0, 0)),
	ROW("call_indirect of null", 6, EW_TRAP_UNINITIALIZED_ELEMENT, K(0), CALL_INDIRECT(0, 0)),
	ROW("call_indirect of the last null", 6, EW_TRAP_UNINITIALIZED_ELEMENT, K(3), CALL_INDIRECT(0, 0)),
	ROW("call_indirect of another type", 6, EW_TRAP_INDIRECT_TYPE, K(2), CALL_INDIRECT(1, 0), OP_DROP),
	ROW("call_indirect", 0, EW_TRAP_NONE, K(2), CALL_INDIRECT(0, 0)),
	ROW("table.get", 6, EW_TRAP_TABLE_BOUNDS, K(4), 0x25, 0, OP_DROP),
	ROW("table.get at -1", 6, EW_TRAP_TABLE_BOUNDS, K(-1), 0x25, 0, OP_DROP),
	ROW("table.get of the other table", 6, EW_TRAP_TABLE_BOUNDS, K(2), 0x25, 1, OP_DROP),
	ROW("table.get last", 0, EW_TRAP_NONE, K(3), 0x25, 0, OP_DROP),
	ROW("table.set", 8, EW_TRAP_TABLE_BOUNDS, K(4), 0xd0, T_FUNC, 0x26, 0),
	ROW("table.set last", 0, EW_TRAP_NONE, K(3), 0xd0, T_FUNC, 0x26, 0),
	ROW("table.fill beyond", 14, EW_TRAP_TABLE_BOUNDS, K(3), 0xd0, T_FUNC, K(2), 0xfc, 17, 0),
	ROW("table.fill of nothing at the end", 0, EW_TRAP_NONE, K(4), 0xd0, T_FUNC, K(0), 0xfc, 17, 0),
	ROW("table.fill of nothing beyond", 14, EW_TRAP_TABLE_BOUNDS, K(5), 0xd0, T_FUNC, K(0), 0xfc, 17, 0),
	ROW("table.copy to beyond", 18, EW_TRAP_TABLE_BOUNDS, K(3), K(0), K(2), 0xfc, 14, 0, 0),
	ROW("table.copy from beyond", 18, EW_TRAP_TABLE_BOUNDS, K(0), K(3), K(2), 0xfc, 14, 0, 0),
	ROW("table.copy wraps", 18, EW_TRAP_TABLE_BOUNDS, K(1), K(1), K(-1), 0xfc, 14, 0, 0),
	ROW("table.copy of nothing at the ends", 0, EW_TRAP_NONE, K(4), K(4), K(0), 0xfc, 14, 0, 0),
	ROW("table.init beyond the table", 18, EW_TRAP_TABLE_BOUNDS, K(3), K(0), K(2), 0xfc, 12, 1, 0),
	ROW("table.init beyond the segment", 18, EW_TRAP_TABLE_BOUNDS, K(0), K(1), K(2), 0xfc, 12, 1, 0),
	ROW("table.init of a dropped segment", 21, EW_TRAP_TABLE_BOUNDS, 0xfc, 13, 1, K(0), K(0), K(1), 0xfc, 12, 1, 0),
	ROW("table.init of an active segment", 18, EW_TRAP_TABLE_BOUNDS, K(0), K(0), K(1), 0xfc, 12, 0, 0),
	ROW("table.init of nothing, dropped", 0, EW_TRAP_NONE, 0xfc, 13, 1, K(0), K(0), K(0), 0xfc, 12, 1, 0),
	ROW("memory.fill beyond", 18, EW_TRAP_MEMORY_BOUNDS, K(65535), K(1), K(2), 0xfc, 11, 0),
	ROW("memory.fill wraps", 18, EW_TRAP_MEMORY_BOUNDS, K(-1), K(1), K(-1), 0xfc, 11, 0),
	ROW("memory.fill to the end", 0, EW_TRAP_NONE, K(65535), K(1), K(1), 0xfc, 11, 0),
	ROW("memory.fill of nothing beyond", 18, EW_TRAP_MEMORY_BOUNDS, K(65537), K(1), K(0), 0xfc, 11, 0),
	ROW("memory.copy to beyond", 18, EW_TRAP_MEMORY_BOUNDS, K(65535), K(1), K(2), 0xfc, 10, 0, 0),
	ROW("memory.copy from beyond", 18, EW_TRAP_MEMORY_BOUNDS, K(1), K(65535), K(2), 0xfc, 10, 0, 0),
	ROW("memory.copy of nothing at the ends", 0, EW_TRAP_NONE, K(65536), K(65536), K(0), 0xfc, 10, 0, 0),
	ROW("memory.init beyond memory", 18, EW_TRAP_MEMORY_BOUNDS, K(65535), K(0), K(2), 0xfc, 8, 0, 0),
	ROW("memory.init beyond the segment", 18, EW_TRAP_MEMORY_BOUNDS, K(0), K(3), K(2), 0xfc, 8, 0, 0),
	ROW("memory.init of a dropped segment", 21, EW_TRAP_MEMORY_BOUNDS, 0xfc, 9, 0, K(0), K(0), K(1), 0xfc, 8, 0, 0),
	ROW("memory.init of all", 0, EW_TRAP_NONE, K(65532), K(0), K(4), 0xfc, 8, 0, 0),
};

static void build_other(struct wmod *m)
{
	static const uint32_t funcs[] = {1, 0};

	wmod_type(m, "()");
	wmod_type(m, "()i");
	wmod_memory(m, 1, 1);
	wmod_table(m, T_FUNC, 4, 4);
	wmod_table(m, T_EXTERN, 2, 2);
	wmod_elem(m, 1, funcs, 2);
	wmod_elem_passive(m, funcs, 2);
	wmod_data_passive(m, "data", 4);
}

static void test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(others); i++) {
		struct wbytes code = {0};
		struct wrun w;

		wb_put(&code, others[i].code, others[i].len);
		wrun_init(&w);
		build_other(&w.m);
		build_pair(&w, &code, "()", 0);
		wrun_open(&w);
		if (others[i].trap == EW_TRAP_NONE) {
			check_status(others[i].row, wrun_call(&w, "f", NULL), EW_OK);
		} else {
			check_status(others[i].row, wrun_call(&w, "f", NULL), EW_ERR_TRAP);
			check_place(others[i].row, &w, others[i].trap, others[i].at);
		}
		wb_free(&code);
		wrun_close(&w);
	}
}

/* Nothing is written when a bulk operation traps. */
static void test_nothing_half_done(void **state)
{
	struct wrun w;
	uint8_t *p;

	(void)state;
	wrun_init(&w);
	wmod_memory(&w.m, 1, 1);
	wmod_func(&w.m, "()", "", CODE(K(65530), K(1), K(7), 0xfc, 11, 0));
	wmod_func(&w.m, "()", "", CODE(K(65534), I64_CONST(-1), 0x37, 3, 0));
	wmod_export(&w.m, "fill", WMOD_FUNC, 0);
	wmod_export(&w.m, "store", WMOD_FUNC, 1);
	wrun_open(&w);
	assert_int_equal(wrun_call(&w, "fill", NULL), EW_ERR_TRAP);
	assert_int_equal(wrun_call(&w, "store", NULL), EW_ERR_TRAP);
	p = ew_memory_span(ew_instance_memory(w.instance), 65530, 6);
	for (int i = 0; i < 6; i++)
		assert_int_equal(p[i], 0);
	wrun_close(&w);
}

/* ---- backtraces ---- */

/* f(n) calls itself n times, then traps: 16 frames are kept, all are counted. */
static void test_deep(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "(i)", "", /* if (n) f(n - 1) else unreachable */
		  CODE(LOCAL_GET(0), IF(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x6b, CALL(0), OP_ELSE, OP_UNREACHABLE,
		       OP_END));
	wmod_export(&w.m, "f", WMOD_FUNC, 0);
	wrun_open(&w);
	for (uint32_t n = 0; n < 40; n++) {
		union ew_value v = {.u32 = n};
		const struct ew_trap *t;

		assert_int_equal(wrun_call(&w, "f", &v), EW_ERR_TRAP);
		t = ew_exec_trap(w.exec);
		assert_int_equal(t->depth, n + 1);
		assert_int_equal(t->frame_count, n + 1 < EW_TRAP_FRAMES ? n + 1 : EW_TRAP_FRAMES);
		assert_int_equal(w.bytes[t->frames[0].offset], OP_UNREACHABLE);
		for (uint32_t i = 1; i < t->frame_count; i++)
			assert_int_equal(w.bytes[t->frames[i].offset], 0x10);
	}
	wrun_close(&w);
}

/* From one module into another: each frame names its instance, offsets are each module's own. */
static void test_across_instances(void **state)
{
	struct ew_import in = {.module = "m", .name = "f", .from_instance = true};
	const struct ew_trap *t;
	struct wrun a, b;

	(void)state;
	wrun_init(&a);
	wmod_func(&a.m, "()", "", CODE(MARK, OP_UNREACHABLE));
	wmod_export(&a.m, "f", WMOD_FUNC, 0);
	wrun_open(&a);
	in.u.func = wrun_func(&a, "f", NULL);
	wrun_init(&b);
	wmod_import_func(&b.m, "m", "f", "()");
	wmod_func(&b.m, "()", "", CODE(OP_NOP, OP_NOP, OP_NOP, CALL(0)));
	wmod_func(&b.m, "()", "", CODE(CALL(1)));
	wmod_export(&b.m, "f", WMOD_FUNC, 2);
	b.link.imports = &in;
	b.link.import_count = 1;
	b.exec = a.exec;
	wrun_open(&b);
	assert_int_equal(wrun_call(&b, "f", NULL), EW_ERR_TRAP);
	t = ew_exec_trap(b.exec);
	assert_int_equal(t->depth, 3);
	assert_ptr_equal(t->frames[0].instance, a.instance);
	assert_int_equal(t->frames[0].func, 0);
	assert_int_equal(t->frames[0].offset, wrun_offset(&a, mark, sizeof(mark), sizeof(mark)));
	assert_ptr_equal(t->frames[1].instance, b.instance);
	assert_int_equal(t->frames[1].func, 1);
	assert_int_equal(b.bytes[t->frames[1].offset], 0x10);
	assert_ptr_equal(t->frames[2].instance, b.instance);
	assert_int_equal(t->frames[2].func, 2);
	ew_instance_destroy(b.instance);
	ew_instance_destroy(a.instance); /* one group: both are freed now */
	a.instance = b.instance = NULL;
	b.exec = NULL;
	wrun_close(&b);
	wrun_close(&a);
}

/* The start function's trap comes through ew_instance_create. */
static void test_start_traps(void **state)
{
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "()", "", CODE(MARK, I32_CONST(0), I32_CONST(0), 0x6d, OP_DROP));
	wmod_start(&w.m, 0);
	assert_int_equal(wrun_load(&w), EW_OK);
	assert_int_equal(wrun_link(&w), EW_ERR_TRAP);
	assert_null(w.instance);
	assert_int_equal(w.trap.code, EW_TRAP_DIV_ZERO);
	assert_string_equal(w.trap.text, "integer divide by zero");
	assert_int_equal(w.trap.frame_count, 1);
	assert_int_equal(w.trap.frames[0].func, 0);
	assert_int_equal(w.trap.frames[0].offset, wrun_offset(&w, mark, sizeof(mark), sizeof(mark) + 4));
	wrun_close(&w);
}

static void test_words(void **state)
{
	static const struct {
		enum ew_trap_code code;
		const char *text;
	} rows[] = {
		{EW_TRAP_UNREACHABLE, "unreachable"},
		{EW_TRAP_MEMORY_BOUNDS, "out of bounds memory access"},
		{EW_TRAP_TABLE_BOUNDS, "out of bounds table access"},
		{EW_TRAP_DIV_ZERO, "integer divide by zero"},
		{EW_TRAP_INT_OVERFLOW, "integer overflow"},
		{EW_TRAP_BAD_CONVERSION, "invalid conversion to integer"},
		{EW_TRAP_UNDEFINED_ELEMENT, "undefined element"},
		{EW_TRAP_UNINITIALIZED_ELEMENT, "uninitialized element"},
		{EW_TRAP_INDIRECT_TYPE, "indirect call type mismatch"},
		{EW_TRAP_STACK, "call stack exhausted"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		check_str(rows[i].text, ew_trap_text(rows[i].code), rows[i].text);
	assert_non_null(ew_trap_text(EW_TRAP_NONE));
	assert_non_null(ew_trap_text(EW_TRAP_HOST));
	assert_non_null(ew_trap_text((enum ew_trap_code)99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_accesses),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_nothing_half_done),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_across_instances),
		cmocka_unit_test(test_start_traps),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("wasm/traps", tests, NULL, NULL);
}
