/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_simd.c - vectors: a row or more for each class of instruction, a v128 in every place that a value can be in
 * (it is two slots wide), the limits of frames and memory, and what is refused.  Every lane of every instruction is the
 * spec suite's (test_spec.c).
 */
#include "wrun.h"

#if EW_CONFIG_SIMD

struct vec {
	uint64_t low, high;
};

static void simd(struct wbytes *b, uint32_t opcode)
{
	wb_u8(b, 0xfd);
	wb_u32(b, opcode);
}

static void v128_const(struct wbytes *b, struct vec v)
{
	simd(b, 0x0c);
	for (int i = 0; i < 16; i++)
		wb_u8(b, (uint8_t)((i < 8 ? v.low : v.high) >> 8 * (i % 8)));
}

static void check_vec(const char *row, const union ew_value *got, struct vec want)
{
	if (got[0].u64 != want.low || got[1].u64 != want.high)
		fail_msg("%s: got %016llx %016llx, want %016llx %016llx", row, (unsigned long long)got[1].u64,
			 (unsigned long long)got[0].u64, (unsigned long long)want.high,
			 (unsigned long long)want.low);
}

/* A function of the code so far, exported as "f"; frees code. */
static void define(struct wrun *w, const char *signature, const char *locals, struct wbytes *code)
{
	wmod_export(&w->m, "f", WMOD_FUNC, wmod_func(&w->m, signature, locals, code->p, code->len));
	wb_free(code);
}

/* ---- operations ------------------------------------------------------------------------------------ */

#define B(x) ((x)*0x0101010101010101u)
#define NO_LANE -1

/*
 * Operands: v a, b, c; i I f F the scalar bits.  The last instruction gives "v" or a scalar.  lane: an immediate.
 */
static const struct {
	const char *name, *pops, *push;
	uint32_t opcode;
	int lane;
	struct vec a, b, c;
	uint64_t scalar;
	struct vec want;
} rows[] = {
	{"i8x16.add", "vv", "V", 0x6e, NO_LANE, {B(0xff), B(1)}, {B(2), B(0xff)}, {0}, 0, {B(1), B(0)}},
	{"i64x2.sub", "vv", "V", 0xd1, NO_LANE, {0, 5}, {1, 7}, {0}, 0, {UINT64_MAX, UINT64_MAX - 1}},
	{"i16x8.mul", "vv", "V", 0x95, NO_LANE, {0xffffffffffffffff, 0x0003000200010100}, {0xffffffff00020003, 0x0004000400040100},
	 {0}, 0, {0x00010001fffefffd, 0x000c000800040000}},
	{"i8x16.lt_s", "vv", "V", 0x25, NO_LANE, {0x00000000007f8001, 0}, {0x000000000080fe01, 0}, {0}, 0, {0x000000000000ff00, 0}},
	{"i8x16.lt_u", "vv", "V", 0x26, NO_LANE, {0x00000000007f8001, 0}, {0x000000000080fe01, 0}, {0}, 0, {0x0000000000ffff00, 0}},
	{"f64x2.le", "vv", "V", 0x4b, NO_LANE, {0x7ff8000000000000, 0x8000000000000000}, {0x7ff8000000000000, 0}, {0}, 0, {0, UINT64_MAX}},
	{"v128.andnot", "vv", "V", 0x4f, NO_LANE, {0xff00, 3}, {0x0f00, 1}, {0}, 0, {0xf000, 2}},
	{"v128.not", "v", "V", 0x4d, NO_LANE, {0, UINT64_MAX}, {0}, {0}, 0, {UINT64_MAX, 0}},
	{"v128.bitselect", "vvv", "V", 0x52, NO_LANE, {B(0xaa), B(0x11)}, {B(0x55), B(0x22)}, {B(0xf0), B(0x0f)}, 0, {B(0xa5), B(0x21)}},
	{"i8x16.add_sat_s", "vv", "V", 0x6f, NO_LANE, {B(0x7f), B(0x80)}, {B(1), B(0xff)}, {0}, 0, {B(0x7f), B(0x80)}},
	{"i8x16.add_sat_u", "vv", "V", 0x70, NO_LANE, {B(0xf0), B(1)}, {B(0x10), B(1)}, {0}, 0, {B(0xff), B(2)}},
	{"i16x8.sub_sat_u", "vv", "V", 0x93, NO_LANE, {0x0001000500000000, 0xffff}, {0x0002000400000001, 1}, {0}, 0, {0x0000000100000000, 0xfffe}},
	{"i16x8.q15mulr_sat_s", "vv", "V", 0x82, NO_LANE, {0x8000800040007fff, 0}, {0x80007fff40007fff, 0}, {0}, 0, {0x7fff800120007ffe, 0}},
	{"i32x4.dot_i16x8_s", "vv", "V", 0xba, NO_LANE, {0x8000800000020003, 0}, {0x80008000ffff0005, 0}, {0}, 0, {0x800000000000000d, 0}},
	{"i8x16.avgr_u", "vv", "V", 0x7b, NO_LANE, {B(0xff), B(1)}, {B(0xfe), B(2)}, {0}, 0, {B(0xff), B(2)}},
	{"i8x16.popcnt", "v", "V", 0x62, NO_LANE, {0xff7f3f1f0f070301, 0x80aa550010efdf00}, {0}, {0}, 0, {0x0807060504030201, 0x0104040001070700}},
	{"i8x16.abs", "v", "V", 0x60, NO_LANE, {0x80ff7f0100fe0302, 0}, {0}, {0}, 0, {0x80017f0100020302, 0}},
	{"i8x16.narrow_i16x8_s", "vv", "V", 0x65, NO_LANE, {0x8000ff80007f0080, 0x7fffffff00010000}, {0x0001000200030004, 0}, {0}, 0,
	 {0x7fff010080807f7f, 0x0000000001020304}},
	{"i16x8.narrow_i32x4_u", "vv", "V", 0x86, NO_LANE, {0x000100000000ffff, 0xffffffff7fffffff}, {1, 2}, {0}, 0,
	 {0x0000ffffffffffff, 0x0000000200000001}},
	{"i16x8.extend_low_i8x16_s", "v", "V", 0x87, NO_LANE, {0x80ff7f0100fe0302, B(9)}, {0}, {0}, 0, {0x0000fffe00030002, 0xff80ffff007f0001}},
	{"i64x2.extend_high_i32x4_u", "v", "V", 0xca, NO_LANE, {1, 0x80000000ffffffff}, {0}, {0}, 0, {0xffffffff, 0x80000000}},
	{"i32x4.extmul_high_i16x8_s", "vv", "V", 0xbd, NO_LANE, {0, 0x80000002ffff0003}, {0, 0x8000fffeffff0004}, {0}, 0,
	 {0x000000010000000c, 0x40000000fffffffc}},
	{"i32x4.extadd_pairwise_i16x8_u", "v", "V", 0x7f, NO_LANE, {0xffffffff00010002, 0x0003000480008000}, {0}, {0}, 0,
	 {0x0001fffe00000003, 0x0000000700010000}},
	{"i8x16.swizzle", "vv", "V", 0x0e, NO_LANE, {0x0706050403020100, 0x0f0e0d0c0b0a0908}, {0x10ff80070f000102, 0x0808080808080808}, {0}, 0,
	 {0x000000070f000102, B(8)}},
	{"i8x16.shl", "vi", "V", 0x6b, NO_LANE, {B(0x81), B(0x40)}, {0}, {0}, 9, {B(0x02), B(0x80)}},
	{"i64x2.shr_s", "vi", "V", 0xcc, NO_LANE, {0x8000000000000000, 64}, {0}, {0}, 63 + 64, {UINT64_MAX, 0}},
	{"i32x4.shr_u", "vi", "V", 0xad, NO_LANE, {0x80000000ffffffff, 32}, {0}, {0}, 31, {0x0000000100000001, 0}},
	{"v128.any_true", "v", "i", 0x53, NO_LANE, {0, 1ull << 63}, {0}, {0}, 0, {1, 0}},
	{"v128.any_true of 0", "v", "i", 0x53, NO_LANE, {0, 0}, {0}, {0}, 0, {0, 0}},
	{"i16x8.all_true", "v", "i", 0x83, NO_LANE, {0x0001000100010001, 0x0001000100010000}, {0}, {0}, 0, {0, 0}},
	{"i8x16.bitmask", "v", "i", 0x64, NO_LANE, {0x80, 0x80ff000000000000}, {0}, {0}, 0, {0xc001, 0}},
	{"i16x8.bitmask", "v", "i", 0x84, NO_LANE, {0x8000, 0x8000007f80000000}, {0}, {0}, 0, {0xa1, 0}},
	{"i64x2.bitmask", "v", "i", 0xc4, NO_LANE, {1, 1ull << 63}, {0}, {0}, 0, {2, 0}},
	{"i8x16.splat", "i", "V", 0x0f, NO_LANE, {0}, {0}, {0}, 0x1ab, {B(0xab), B(0xab)}},
	{"f64x2.splat of a signalling NaN", "F", "V", 0x14, NO_LANE, {0}, {0}, {0}, 0x7ff0000000000001, {0x7ff0000000000001, 0x7ff0000000000001}},
	{"i8x16.extract_lane_s 15", "v", "i", 0x15, 15, {0, 0x80ull << 56}, {0}, {0}, 0, {0xffffff80, 0}},
	{"i16x8.extract_lane_u 3", "v", "i", 0x19, 3, {0x8001000000000000, 0}, {0}, {0}, 0, {0x8001, 0}},
	{"i64x2.extract_lane 1", "v", "I", 0x1d, 1, {1, 2}, {0}, {0}, 0, {2, 0}},
	{"f32x4.extract_lane 2", "v", "f", 0x1f, 2, {0, 0x7fa0000140490fdb}, {0}, {0}, 0, {0x40490fdb, 0}},
	{"i32x4.replace_lane 3", "vi", "V", 0x1c, 3, {1, 2}, {0}, {0}, 0xcafe, {1, 0x0000cafe00000002}},
	{"i8x16.replace_lane 0", "vi", "V", 0x17, 0, {B(1), B(2)}, {0}, {0}, 0xffff, {B(1) + 0xfe, B(2)}},
	{"f64x2.replace_lane 0", "vF", "V", 0x22, 0, {1, 2}, {0}, {0}, 0x3ff0000000000000, {0x3ff0000000000000, 2}},
	{"f32x4.min", "vv", "V", 0xe8, NO_LANE, {0x8000000040000000, 0x7fc0000000000000}, {0x000000003f800000, 0x3f800000}, {0}, 0,
	 {0x800000003f800000, 0x7fc0000000000000}},
	{"f32x4.pmin", "vv", "V", 0xea, NO_LANE, {0x8000000040000000, 0x7fa0000000000000}, {0x000000003f800000, 0x3f800000}, {0}, 0,
	 {0x800000003f800000, 0x7fa0000000000000}},
	{"f64x2.nearest", "v", "V", 0x94, NO_LANE, {0x4004000000000000, 0xbfe0000000000000}, {0}, {0}, 0, {0x4000000000000000, 0x8000000000000000}},
	{"f32x4.neg", "v", "V", 0xe1, NO_LANE, {0x7fa00001, 0x3f800000}, {0}, {0}, 0, {0x80000000ffa00001, 0x80000000bf800000}},
	{"i32x4.trunc_sat_f64x2_u_zero", "v", "V", 0xfd, NO_LANE, {0x41efffffffe00000, 0xbff0000000000000}, {0}, {0}, 0, {0xffffffff, 0}},
	{"f64x2.convert_low_i32x4_s", "v", "V", 0xfe, NO_LANE, {0x00000002ffffffff, 9}, {0}, {0}, 0, {0xbff0000000000000, 0x4000000000000000}},
	{"f32x4.demote_f64x2_zero", "v", "V", 0x5e, NO_LANE, {0x3ff0000000000000, 0x4000000000000000}, {0}, {0}, 0, {0x400000003f800000, 0}},
	{"f64x2.promote_low_f32x4", "v", "V", 0x5f, NO_LANE, {0x400000003f800000, 9}, {0}, {0}, 0, {0x3ff0000000000000, 0x4000000000000000}},
#if EW_CONFIG_RELAXED_SIMD
	/* Where other engines may differ: each the only result that the deterministic profile allows. */
	{"i8x16.relaxed_swizzle", "vv", "V", 0x100, NO_LANE, {0x0706050403020100, 0x0f0e0d0c0b0a0908}, {0x10ff80070f000102, 0x0808080808081f7f}, {0}, 0,
	 {0x000000070f000102, 0x0808080808080000}},
	{"i32x4.relaxed_trunc_f32x4_s", "v", "V", 0x101, NO_LANE, {0x4f0000007fc00000, 0xff8000003fc00000}, {0}, {0}, 0, {0x7fffffff00000000, 0x8000000000000001}},
	{"i32x4.relaxed_trunc_f32x4_u", "v", "V", 0x102, NO_LANE, {0x4f8000007fc00000, 0xbf8000004f000000}, {0}, {0}, 0, {0xffffffff00000000, 0x80000000}},
	{"i32x4.relaxed_trunc_f64x2_s_zero", "v", "V", 0x103, NO_LANE, {0x41e0000000000000, 0xfff8000000000000}, {0}, {0}, 0, {0x7fffffff, 0}},
	{"i32x4.relaxed_trunc_f64x2_u_zero", "v", "V", 0x104, NO_LANE, {0x41f0000000000000, 0xbff0000000000000}, {0}, {0}, 0, {0xffffffff, 0}},
	{"f32x4.relaxed_madd", "vvv", "V", 0x105, NO_LANE, {0x3f8000027f7fffff, 0x40000000}, {0x3f80010040000000, 0x40400000},
	 {0xbf800102ff7fffff, 0x3f800000}, 0, {0x000000007f800000, 0x40e00000}},
	{"f32x4.relaxed_nmadd", "vvv", "V", 0x106, NO_LANE, {0xbf800002ff7fffff, 0x40000000}, {0x3f80010040000000, 0x40400000},
	 {0xbf800102ff7fffff, 0x3f800000}, 0, {0x000000007f800000, 0xc0a00000}},
	{"f64x2.relaxed_madd", "vvv", "V", 0x107, NO_LANE, {0x7fefffffffffffff, 0x4000000000000000}, {0x4000000000000000, 0x4008000000000000},
	 {0xffefffffffffffff, 0x3ff0000000000000}, 0, {0x7ff0000000000000, 0x401c000000000000}},
	{"f64x2.relaxed_nmadd", "vvv", "V", 0x108, NO_LANE, {0xffefffffffffffff, 0x4000000000000000}, {0x4000000000000000, 0x4008000000000000},
	 {0xffefffffffffffff, 0x3ff0000000000000}, 0, {0x7ff0000000000000, 0xc014000000000000}},
	{"i8x16.relaxed_laneselect", "vvv", "V", 0x109, NO_LANE, {B(0xaa), B(0x11)}, {B(0x55), B(0x22)}, {B(0xf0), B(0x0f)}, 0, {B(0xa5), B(0x21)}},
	{"i64x2.relaxed_laneselect", "vvv", "V", 0x10c, NO_LANE, {B(0xaa), B(0x11)}, {B(0x55), B(0x22)}, {B(0xf0), B(0x0f)}, 0, {B(0xa5), B(0x21)}},
	{"f32x4.relaxed_min", "vv", "V", 0x10d, NO_LANE, {0x8000000040000000, 0x7fc0000000000000}, {0x000000003f800000, 0x3f800000}, {0}, 0,
	 {0x800000003f800000, 0x7fc0000000000000}},
	{"f64x2.relaxed_max", "vv", "V", 0x110, NO_LANE, {0x8000000000000000, 0x7ff8000000000000}, {0, 0x3ff0000000000000}, {0}, 0, {0, 0x7ff8000000000000}},
	{"i16x8.relaxed_q15mulr_s", "vv", "V", 0x111, NO_LANE, {0x8000800040007fff, 0}, {0x80007fff40007fff, 0}, {0}, 0, {0x7fff800120007ffe, 0}},
	{"i16x8.relaxed_dot_i8x16_i7x16_s", "vv", "V", 0x112, NO_LANE, {0x020180807f7f8080, 5}, {0xff037f7f7f7f8080, 0xff}, {0}, 0,
	 {0x000181007e027fff, 0xfffb}},
	{"i32x4.relaxed_dot_i8x16_i7x16_add_s", "vvv", "V", 0x113, NO_LANE, {0x020180807f7f8080, 5}, {0xff037f7f7f7f8080, 0xff}, {0x0000000100000002, 0x80000000},
	 0, {0xffff81020000fe03, 0x7ffffffb}},
#endif
};

/* Where the operands come from: that decides which handler runs. */
enum source { FROM_CONST, FROM_LOCAL, FROM_RESULT, SOURCES };

static void put_scalar_const(struct wbytes *code, char letter, uint64_t bits)
{
	switch (letter) {
	case 'i': wb_u8(code, 0x41); wb_s32(code, (int32_t)(uint32_t)bits); break;
	case 'I': wb_u8(code, 0x42); wb_s64(code, (int64_t)bits); break;
	default: /* floats by their bits: reinterpreted */
		wb_u8(code, 0x42);
		wb_s64(code, (int64_t)bits);
		wb_u8(code, 0xbf);
		break;
	}
}

static void run_row(size_t i, enum source source)
{
	const struct vec *vectors[] = {&rows[i].a, &rows[i].b, &rows[i].c};
	struct wbytes code = {0};
	char signature[16], where[80];
	union ew_value v[8] = {{0}};
	size_t n = strlen(rows[i].pops), at = 0, vector = 0;
	struct wrun w;

	wrun_init(&w);
	for (size_t k = 0; k < n; k++) {
		bool is_vector = rows[i].pops[k] == 'v';
		const struct vec *x = is_vector ? vectors[vector++] : NULL;

		if (source != FROM_CONST) {
			wb_u8(&code, 0x20);
			wb_u8(&code, (uint8_t)k);
			if (x) {
				v[at++].u64 = x->low;
				v[at++].u64 = x->high;
			} else if (rows[i].pops[k] == 'i') {
				v[at++].u32 = (uint32_t)rows[i].scalar;
			} else {
				v[at++].u64 = rows[i].scalar;
			}
		} else if (x) {
			v128_const(&code, *x);
		} else {
			put_scalar_const(&code, rows[i].pops[k], rows[i].scalar);
		}
		if (source == FROM_RESULT && x) {
			simd(&code, 0x4d); /* not, twice */
			simd(&code, 0x4d);
		} else if (source == FROM_RESULT && rows[i].pops[k] == 'i') {
			wb_put(&code, "\x41\x00\x6a", 3); /* + 0: in the accumulator */
		}
	}
	simd(&code, rows[i].opcode);
	if (rows[i].lane != NO_LANE)
		wb_u8(&code, (uint8_t)rows[i].lane);
	snprintf(signature, sizeof(signature), "(%s)%s", source == FROM_CONST ? "" : rows[i].pops, rows[i].push);
	for (char *p = signature; *p; p++)
		if (*p == 'v')
			*p = 'V';
	snprintf(where, sizeof(where), "%s, operands %d", rows[i].name, (int)source);
	define(&w, signature, "", &code);
	wrun_open(&w);
	check_status(where, wrun_call(&w, "f", v), EW_OK);
	if (rows[i].push[0] == 'V')
		check_vec(where, v, rows[i].want);
	else if (rows[i].push[0] == 'I')
		check_true(where, v[0].u64 == rows[i].want.low);
	else
		check_true(where, v[0].u32 == rows[i].want.low);
	wrun_close(&w);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		for (enum source s = FROM_CONST; s < SOURCES; s++)
			run_row(i, s);
}

/* Where there is an instruction for it, and where there is none. */
static void shuffle(const char *mask)
{
	static const uint8_t lanes[16] = {31, 0, 16, 15, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22};
	struct wbytes code = {0};
	union ew_value v[2];
	struct wrun w;

	setenv("EW_CPU_MASK", mask, 1);
	wrun_init(&w);
	v128_const(&code, (struct vec){0x0706050403020100, 0x0f0e0d0c0b0a0908});
	v128_const(&code, (struct vec){0x1716151413121110, 0x1f1e1d1c1b1a1918});
	simd(&code, 0x0d);
	wb_put(&code, lanes, 16);
	define(&w, "()V", "", &code);
	wrun_open(&w);
	assert_int_equal(wrun_call(&w, "f", v), EW_OK);
	check_vec("shuffle", v, (struct vec){0x120211010f10001f, 0x1606150514041303});
	wrun_close(&w);
	unsetenv("EW_CPU_MASK");
}

static void test_shuffle(void **state)
{
	(void)state;
	shuffle("0xffffffff");
	shuffle("0");
}

static void test_rows_older_cpu(void **state)
{
	setenv("EW_CPU_MASK", "0", 1);
	test_rows(state);
	unsetenv("EW_CPU_MASK");
}

/* ---- the vector made last ---------------------------------------------------------------------------- */

/* An operand that the instruction before has made comes from a register; here are ways to come near that and not be it. */
#define A LOCAL_GET(0)
#define BB LOCAL_GET(1)
#define XOR 0xfd, 0x51
#define ANDNOT 0xfd, 0x4f
#define NOT 0xfd, 0x4d
#define V_BLOCK 0x02, T_V128
#define V_IF 0x04, T_V128
#define CHAIN(name, want, ...) {name, want, {__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}

static const struct {
	const char *name;
	enum { AB_NOT_B, B_NOT_AB, NOTHING, JUST_A, AB_NOT_NOT_A, NEITHER, CHOICE, NOT_CHOICE, TURNS, JUST_AB } want;
	uint8_t code[64];
	uint8_t size;
} chains[] = {
	CHAIN("first", AB_NOT_B, A, BB, XOR, BB, ANDNOT),
	CHAIN("second", B_NOT_AB, BB, A, BB, XOR, ANDNOT),
	CHAIN("both", NOTHING, A, BB, XOR, LOCAL_TEE(3), LOCAL_GET(3), ANDNOT),
	CHAIN("copied", NOTHING, A, BB, XOR, LOCAL_TEE(3), LOCAL_TEE(4), LOCAL_GET(3), ANDNOT),
	CHAIN("copied, then another", JUST_AB, A, BB, XOR, LOCAL_TEE(3), LOCAL_TEE(4), OP_DROP, A, NOT, OP_DROP, LOCAL_GET(4)),
	CHAIN("one operand", JUST_A, A, NOT, NOT),
	CHAIN("in a local", AB_NOT_B, A, BB, XOR, LOCAL_SET(3), LOCAL_GET(3), BB, ANDNOT),
	CHAIN("in a local that was one", AB_NOT_B, A, BB, XOR, LOCAL_SET(0), A, BB, ANDNOT),
	CHAIN("shifted by nothing in a local", AB_NOT_B, A, BB, XOR, I32_CONST(0), 0xfd, 0xcb, 0x01, LOCAL_SET(3), LOCAL_GET(3), BB, ANDNOT),
	CHAIN("another one since", AB_NOT_NOT_A, A, BB, XOR, A, NOT, ANDNOT),
	CHAIN("two locals since", AB_NOT_NOT_A, A, BB, XOR, LOCAL_SET(3), A, NOT, LOCAL_SET(4), LOCAL_GET(3), LOCAL_GET(4), ANDNOT),
	CHAIN("overwritten", NEITHER, A, BB, XOR, LOCAL_SET(3), BB, NOT, LOCAL_SET(3), LOCAL_GET(3), A, ANDNOT),
	CHAIN("a select", CHOICE, A, NOT, BB, NOT, LOCAL_GET(2), OP_SELECT, BB, A, XOR, BB, XOR, ANDNOT),
	CHAIN("a block's result", CHOICE, V_BLOCK, A, NOT, LOCAL_GET(2), BR_IF(0), OP_DROP, BB, NOT, OP_END, A, ANDNOT),
	CHAIN("an if's result", CHOICE, LOCAL_GET(2), V_IF, A, NOT, 0x05, BB, NOT, OP_END, A, ANDNOT),
	CHAIN("an if's result, second", NOT_CHOICE, A, LOCAL_GET(2), V_IF, A, NOT, 0x05, BB, NOT, OP_END, ANDNOT),
	CHAIN("a loop", TURNS, A, NOT, LOCAL_SET(3), LOOP(0), LOCAL_GET(3), BB, XOR, LOCAL_SET(3), LOCAL_GET(2), I32_CONST(1), 0x6b,
	      LOCAL_TEE(2), BR_IF(0), OP_END, LOCAL_GET(3)),
};

/* Of one half of a and b. */
static uint64_t chain_want(size_t i, uint64_t a, uint64_t b, uint32_t n)
{
	switch (chains[i].want) {
	case AB_NOT_B: return (a ^ b) & ~b;
	case B_NOT_AB: return b & ~(a ^ b);
	case NOTHING: return 0;
	case JUST_A: return a;
	case JUST_AB: return a ^ b;
	case AB_NOT_NOT_A: return (a ^ b) & a;
	case NEITHER: return ~b & ~a;
	case CHOICE: return (n ? ~a : ~b) & ~a;
	case NOT_CHOICE: return a & ~(n ? ~a : ~b);
	case TURNS: return n % 2 ? ~a ^ b : ~a;
	}
	return 0;
}

static void test_chains(void **state)
{
	static const struct vec a = {0x123456789abcdef0, 0xff00ff0012345678}, b = {0x0f0f0f0f33335555, 0x00ff123400ff9876};

	(void)state;
	for (size_t i = 0; i < ROWS(chains); i++)
		for (uint32_t n = chains[i].want == TURNS; n <= (chains[i].want == TURNS ? 4u : 1u); n++) {
			union ew_value v[5] = {{.u64 = a.low}, {.u64 = a.high}, {.u64 = b.low}, {.u64 = b.high}, {.u32 = n}};
			struct wrun w;

			wrun_init(&w);
			wmod_type(&w.m, "()");
			wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, "(VVi)V", "VV", chains[i].code, chains[i].size));
			wrun_open(&w);
			check_status(chains[i].name, wrun_call(&w, "f", v), EW_OK);
			check_vec(chains[i].name, v,
				  (struct vec){chain_want(i, a.low, b.low, n), chain_want(i, a.high, b.high, n)});
			wrun_close(&w);
		}
}

/* ---- places ---------------------------------------------------------------------------------------- */

static const struct vec V1 = {0x1111111111111111, 0x2222222222222222};
static const struct vec V2 = {0x3333333333333333, 0x4444444444444444};

static void set(union ew_value *v, struct vec x)
{
	v[0].u64 = x.low;
	v[1].u64 = x.high;
}

/* (i V f V I) comes back in reverse, through each kind of code; which: the selector of those that branch. */
#define GET_ALL LOCAL_GET(4), LOCAL_GET(3), LOCAL_GET(2), LOCAL_GET(1), LOCAL_GET(0)
#define SIGNATURE "(iVfVI)IVfVi"

static const struct {
	const char *name;
	uint8_t code[64];
	uint8_t size;
} places[] = {
#define PLACE(name, ...) {name, {__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}
	PLACE("results", GET_ALL),
	PLACE("return", GET_ALL, OP_RETURN),
	PLACE("return with more below", I32_CONST(9), LOCAL_GET(1), GET_ALL, OP_RETURN),
	PLACE("br to the function", LOCAL_GET(1), GET_ALL, BR(0)),
	PLACE("block", BLOCK(0), GET_ALL, OP_END),
	PLACE("br out of a block", LOCAL_GET(3), BLOCK(0), LOCAL_GET(1), I32_CONST(3), GET_ALL, BR(0), OP_END,
	      LOCAL_SET(0), LOCAL_SET(1), LOCAL_SET(2), LOCAL_SET(3), LOCAL_SET(4), OP_DROP, GET_ALL),
	PLACE("br_if, taken", BLOCK(0), LOCAL_GET(1), GET_ALL, I32_CONST(1), BR_IF(0), OP_UNREACHABLE, OP_END),
	PLACE("br_if, not taken", BLOCK(0), GET_ALL, I32_CONST(0), BR_IF(0), OP_END),
	PLACE("br_if to the function", LOCAL_GET(3), GET_ALL, LOCAL_GET(0), BR_IF(0), OP_UNREACHABLE),
	PLACE("br_table, first", BLOCK(0), LOCAL_GET(3), BLOCK(0), LOCAL_GET(1), GET_ALL, I32_CONST(0), 0x0e, 1, 0, 1, OP_END,
	      BR(0), OP_END),
	PLACE("br_table, default", BLOCK(0), LOCAL_GET(3), BLOCK(0), LOCAL_GET(1), GET_ALL, I32_CONST(5), 0x0e, 1, 0, 1, OP_END,
	      OP_UNREACHABLE, OP_END),
	PLACE("if", LOCAL_GET(0), IF(0), GET_ALL, 0x05, OP_UNREACHABLE, OP_END),
	PLACE("else", I32_CONST(0), IF(0), OP_UNREACHABLE, 0x05, GET_ALL, OP_END),
	PLACE("block parameters", GET_ALL, BLOCK(1), OP_END),
	PLACE("loop parameters, twice round", GET_ALL, LOOP(1), LOCAL_GET(5), I32_CONST(1), LOCAL_SET(5), 0x45, BR_IF(0), OP_END),
	PLACE("call", GET_ALL, CALL(0)),
	PLACE("call above something", LOCAL_GET(1), I32_CONST(1), GET_ALL, CALL(0), LOCAL_SET(0), LOCAL_SET(1), LOCAL_SET(2),
	      LOCAL_SET(3), LOCAL_SET(4), OP_DROP, OP_DROP, GET_ALL),
	PLACE("call_indirect", GET_ALL, I32_CONST(0), CALL_INDIRECT(1, 0)),
	PLACE("locals", GET_ALL, LOCAL_SET(10), LOCAL_SET(9), LOCAL_SET(8), LOCAL_SET(7), LOCAL_SET(6), LOCAL_GET(6), LOCAL_GET(7),
	      LOCAL_GET(8), LOCAL_GET(9), LOCAL_GET(10)),
	PLACE("local.get, then changed", GET_ALL, LOCAL_GET(3), LOCAL_SET(1), LOCAL_GET(9), LOCAL_TEE(3), OP_DROP),
	PLACE("set where it is made", LOCAL_GET(1), 0xfd, 0x4d, LOCAL_SET(7), LOCAL_GET(4), LOCAL_GET(3), LOCAL_GET(2), LOCAL_GET(7),
	      0xfd, 0x4d, LOCAL_GET(0)),
	PLACE("select", LOCAL_GET(4), LOCAL_GET(3), LOCAL_GET(1), LOCAL_GET(0), OP_SELECT, LOCAL_GET(2), LOCAL_GET(3), LOCAL_GET(1),
	      I32_CONST(0), 0x1c, 1, T_V128, LOCAL_GET(0)),
	PLACE("globals", LOCAL_GET(1), GLOBAL_SET(0), LOCAL_GET(3), GLOBAL_SET(1), LOCAL_GET(4), GLOBAL_GET(1), LOCAL_GET(2),
	      GLOBAL_GET(0), LOCAL_GET(0)),
};

static void run_place(size_t i, const char *where, uint64_t *spent)
{
	static const uint8_t zero[] = {0xfd, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	union ew_value v[7] = {{0}};
	uint32_t zero_func = 0;
	struct wrun w;

	wrun_init(&w);
	wmod_type(&w.m, "()IVfVi");
	wmod_type(&w.m, "(IVfVi)IVfVi");
	wmod_func(&w.m, "(IVfVi)IVfVi", "", CODE(LOCAL_GET(0), LOCAL_GET(1), LOCAL_GET(2), LOCAL_GET(3), LOCAL_GET(4)));
	wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, SIGNATURE, "iIVfVi", places[i].code, places[i].size));
	wmod_table(&w.m, T_FUNC, 1, 1);
	wmod_elem(&w.m, 0, &zero_func, 1);
	wmod_global(&w.m, T_V128, 1, zero, sizeof(zero));
	wmod_global(&w.m, T_V128, 1, zero, sizeof(zero));
	wrun_open(&w);
	v[0].i32 = 7;
	set(v + 1, V1);
	v[3].f32 = 1.5f;
	set(v + 4, V2);
	v[6].i64 = -9;
	ew_exec_set_fuel(w.exec, 1000);
	check_status(where, wrun_call(&w, "f", v), EW_OK);
	*spent = 1000 - (uint64_t)ew_exec_fuel(w.exec);
	check_true(where, v[0].i64 == -9);
	check_vec(where, v + 1, V2);
	check_true(where, v[3].f32 == 1.5f);
	check_vec(where, v + 4, V1);
	check_true(where, v[6].i32 == 7);
	wrun_close(&w);
}

static void test_places(void **state)
{
	uint64_t spent;

	(void)state;
	for (size_t i = 0; i < ROWS(places); i++)
		run_place(i, places[i].name, &spent);
	run_place(0, places[0].name, &spent);
	assert_int_equal(spent, 5); /* a vector costs what any value costs */
}

/* Single results have a return of their own. */
static void test_single_result(void **state)
{
	union ew_value v[3] = {{0}};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_func(&w.m, "(iV)V", "", CODE(LOCAL_GET(1)));
	wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, "(iV)V", "", CODE(LOCAL_GET(0), LOCAL_GET(1), CALL(0))));
	wrun_open(&w);
	set(v + 1, V1);
	assert_int_equal(wrun_call(&w, "f", v), EW_OK);
	check_vec("single", v, V1);
	check_vec("kept", ew_instance_results(w.instance), V1);
	wrun_close(&w);
}

/* ---- the host's side ------------------------------------------------------------------------------- */

/* (iVI)VV: what it was given, the i32 and the i64 in the second vector; calls back when there is a guest. */
static enum ew_status host(void *user, struct ew_instance *caller, union ew_value *values)
{
	struct ew_func *back = *(struct ew_func **)user;
	union ew_value v[3] = {{0}};

	(void)caller;
	v[2].u64 = values[3].u64;
	v[1].u64 = values[0].u32;
	values[0] = values[1];
	values[1] = values[2];
	values[2] = v[1];
	values[3] = v[2];
	if (!back)
		return EW_OK;
	v[0].i32 = 1;
	set(v + 1, V2);
	if (ew_call(back, v) != EW_OK || v[0].u64 != V2.low || v[1].u64 != V2.high)
		return EW_ERR_INVAL;
	return EW_OK;
}

static void test_host(void **state)
{
	struct ew_func *back = NULL;
	struct ew_import import = {.module = "m", .name = "f", .kind = EW_EXTERN_FUNC, .u.host = {"(iVI)VV", host, &back}};
	union ew_value v[5] = {{0}};
	struct wrun w;

	(void)state;
	wrun_init(&w);
	wmod_import_func(&w.m, "m", "f", "(iVI)VV");
	wmod_export(&w.m, "f", WMOD_FUNC, wmod_func(&w.m, "(iVI)VV", "", CODE(LOCAL_GET(0), LOCAL_GET(1), LOCAL_GET(2), CALL(0))));
	wmod_export(&w.m, "back", WMOD_FUNC, wmod_func(&w.m, "(iV)V", "", CODE(LOCAL_GET(1))));
	w.link.imports = &import;
	w.link.import_count = 1;
	wrun_open(&w);
	for (int nested = 0; nested < 2; nested++) {
		v[0].i32 = 77;
		set(v + 1, V1);
		v[3].i64 = -5;
		if (nested)
			back = wrun_func(&w, "back", "(iV)V");
		assert_int_equal(ew_call(wrun_func(&w, "f", "(iVI)VV"), v), EW_OK);
		check_vec("first", v, V1);
		check_vec("second", v + 2, (struct vec){77, (uint64_t)-5});
	}
	wrun_close(&w);
}

static void test_globals(void **state)
{
	union ew_value v[2], other[2];
	struct ew_import import = {.module = "m", .name = "g", .kind = EW_EXTERN_GLOBAL};
	struct wbytes init = {0};
	struct ew_global *g;
	struct wrun w;

	(void)state;
	wrun_init(&w);
	set(v, V1);
	assert_int_equal(ew_global_create_v128(&import.u.global, false, v, &w.mem.alloc), EW_OK);
	wmod_import_global(&w.m, "m", "g", T_V128, 0);
	v128_const(&init, V2);
	wmod_global(&w.m, T_V128, 1, init.p, init.len);
	wmod_global(&w.m, T_V128, 0, CODE(GLOBAL_GET(0)));
	wmod_export(&w.m, "own", WMOD_GLOBAL, 1);
	wmod_export(&w.m, "copy", WMOD_GLOBAL, 2);
	w.link.imports = &import;
	w.link.import_count = 1;
	wrun_open(&w);
	wb_free(&init);
	assert_int_equal(ew_global_find(w.instance, "own", &g), EW_OK);
	assert_int_equal(ew_global_type(g, NULL), EW_V128);
	assert_int_equal(ew_global_get_v128(g, other), EW_OK);
	check_vec("own", other, V2);
	assert_int_equal(ew_global_set_v128(g, v), EW_OK);
	assert_int_equal(ew_global_get_v128(g, other), EW_OK);
	check_vec("own, set", other, V1);
	assert_true(ew_global_get(g).u64 == V1.low);
	assert_int_equal(ew_global_set(g, v[0]), EW_ERR_INVAL);
	assert_int_equal(ew_global_find(w.instance, "copy", &g), EW_OK);
	assert_int_equal(ew_global_get_v128(g, other), EW_OK);
	check_vec("copy", other, V1);
	assert_int_equal(ew_global_set_v128(g, v), EW_ERR_INVAL);
	ew_instance_destroy(w.instance);
	w.instance = NULL;
	ew_global_destroy(import.u.global);
	assert_int_equal(ew_global_create(&g, EW_I32, true, v[0], &w.mem.alloc), EW_OK);
	assert_int_equal(ew_global_get_v128(g, other), EW_ERR_TYPE);
	assert_int_equal(ew_global_set_v128(g, v), EW_ERR_TYPE);
	ew_global_destroy(g);
	wrun_close(&w);
}

/* ---- limits ---------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint32_t locals; /* v128, two slots each */
	uint8_t code[8];
	uint8_t size;
	enum ew_status status;
} frames[] = {
	{"locals below", EW_MAX_FRAME_SLOTS / 2 - 1, {OP_NOP}, 1, EW_OK},
	{"locals fill it", EW_MAX_FRAME_SLOTS / 2, {OP_NOP}, 1, EW_OK},
	{"locals beyond", EW_MAX_FRAME_SLOTS / 2 + 1, {OP_NOP}, 1, EW_ERR_LIMIT},
	{"vector fills it", EW_MAX_FRAME_SLOTS / 2 - 1, {LOCAL_GET(0), OP_DROP}, 3, EW_OK},
	{"vector beyond", EW_MAX_FRAME_SLOTS / 2, {LOCAL_GET(0), OP_DROP}, 3, EW_ERR_LIMIT},
	{"half a vector beyond", EW_MAX_FRAME_SLOTS / 2 - 1, {I32_CONST(0), LOCAL_GET(0), OP_DROP, OP_DROP}, 6, EW_ERR_LIMIT},
	{"two scalars fill it", EW_MAX_FRAME_SLOTS / 2 - 1, {I32_CONST(0), I32_CONST(0), OP_DROP, OP_DROP}, 6, EW_OK},
};

static void test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(frames); i++) {
		struct wbytes body = {0};
		struct wrun w;

		wrun_init(&w);
		w.load.max_locals = EW_MAX_FRAME_SLOTS;
		wb_u8(&body, 1);
		wb_u32(&body, frames[i].locals);
		wb_u8(&body, T_V128);
		wb_put(&body, frames[i].code, frames[i].size);
		wb_u8(&body, OP_END);
		wmod_export(&w.m, "f", WMOD_FUNC, wmod_func_raw(&w.m, "()", body.p, body.len));
		wb_free(&body);
		check_status(frames[i].name, wrun_load(&w), frames[i].status);
		if (frames[i].status == EW_OK) {
			union ew_value none;

			check_status(frames[i].name, wrun_link(&w), EW_OK);
			check_status(frames[i].name, wrun_call(&w, "f", &none), EW_OK);
		}
		wrun_close(&w);
	}
}

/* (V)V with an i32 and a vector on top needs 2 + 1 + 2 slots. */
static void test_stack(void **state)
{
	(void)state;
	for (uint32_t slots = 4; slots <= 6; slots++) {
		union ew_value v[2];
		struct wrun w;

		wrun_init(&w);
		w.stack.stack_slots = slots;
		wmod_export(&w.m, "f", WMOD_FUNC,
			    wmod_func(&w.m, "(V)V", "", CODE(I32_CONST(1), OP_DROP, I32_CONST(0), LOCAL_GET(0), 0xfd, 0x4d, BR(0))));
		wrun_open(&w);
		set(v, V1);
		check_status("stack", wrun_call(&w, "f", v), slots < 5 ? EW_ERR_TRAP : EW_OK);
		if (slots < 5)
			assert_int_equal(ew_exec_trap(w.exec)->code, EW_TRAP_STACK);
		else
			check_vec("stack", v, (struct vec){~V1.low, ~V1.high});
		wrun_close(&w);
	}
}

static const struct {
	const char *name;
	uint32_t opcode, bytes;
	uint8_t lane; /* NO_MEMORY_LANE: none */
	bool is_store;
} accesses[] = {
#define NO_MEMORY_LANE 0xff
	{"v128.load", 0x00, 16, NO_MEMORY_LANE, false},
	{"v128.load8x8_s", 0x01, 8, NO_MEMORY_LANE, false},
	{"v128.load16x4_u", 0x04, 8, NO_MEMORY_LANE, false},
	{"v128.load8_splat", 0x07, 1, NO_MEMORY_LANE, false},
	{"v128.load64_splat", 0x0a, 8, NO_MEMORY_LANE, false},
	{"v128.load32_zero", 0x5c, 4, NO_MEMORY_LANE, false},
	{"v128.load64_zero", 0x5d, 8, NO_MEMORY_LANE, false},
	{"v128.load8_lane", 0x54, 1, 15, false},
	{"v128.load16_lane", 0x55, 2, 7, false},
	{"v128.load64_lane", 0x57, 8, 1, false},
	{"v128.store", 0x0b, 16, NO_MEMORY_LANE, true},
	{"v128.store8_lane", 0x58, 1, 15, true},
	{"v128.store32_lane", 0x5a, 4, 3, true},
	{"v128.store64_lane", 0x5b, 8, 0, true},
};

/* In the last bytes, one beyond, and beyond by the offset; the address in a slot or just computed. */
static void run_access(size_t i, uint32_t beyond, uint32_t offset, bool computed)
{
	bool takes_vector = accesses[i].is_store || accesses[i].lane != NO_MEMORY_LANE;
	struct wbytes code = {0};
	union ew_value v[3] = {{0}};
	uint8_t *memory;
	char where[80];
	struct wrun w;

	snprintf(where, sizeof(where), "%s +%u %u beyond", accesses[i].name, offset, beyond);
	wrun_init(&w);
	wmod_memory(&w.m, 1, 1);
	wb_put(&code, "\x20\x00", 2);
	if (computed)
		wb_put(&code, "\x41\x00\x6a", 3);
	if (takes_vector)
		wb_put(&code, "\x20\x01", 2);
	simd(&code, accesses[i].opcode);
	wb_u8(&code, 0);
	wb_u32(&code, offset);
	if (accesses[i].lane != NO_MEMORY_LANE)
		wb_u8(&code, accesses[i].lane);
	define(&w, accesses[i].is_store ? "(iV)" : "(iV)V", "", &code);
	wrun_open(&w);
	memory = ew_memory_span(ew_instance_memory(w.instance), 0, 65536);
	memset(memory + 65536 - 16, 0x11, 16);
	v[0].u32 = 65536 - accesses[i].bytes + beyond - offset;
	set(v + 1, V2);
	check_status(where, wrun_call(&w, "f", v), beyond ? EW_ERR_TRAP : EW_OK);
	if (beyond)
		check_true(where, ew_exec_trap(w.exec)->code == EW_TRAP_MEMORY_BOUNDS);
	if (beyond || !accesses[i].is_store)
		for (uint32_t k = 1; k <= 16; k++)
			check_true(where, memory[65536 - k] == 0x11);
	else
		check_true(where, memory[65535] == (accesses[i].lane == 0 ? 0x33 : 0x44));
	if (!beyond && accesses[i].opcode == 0x54)
		check_vec(where, v, (struct vec){V2.low, V2.high - (0x33ull << 56)});
	if (!beyond && accesses[i].opcode == 0x00)
		check_vec(where, v, (struct vec){B(0x11), B(0x11)});
	wrun_close(&w);
}

static void test_bounds(void **state)
{
	static const uint32_t offsets[] = {0, 1, 65000};

	(void)state;
	for (size_t i = 0; i < ROWS(accesses); i++)
		for (size_t o = 0; o < ROWS(offsets); o++)
			for (uint32_t beyond = 0; beyond < 2; beyond++) {
				run_access(i, beyond, offsets[o], false);
				run_access(i, beyond, offsets[o], true);
			}
}

/* ---- refused --------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *signature;
	uint8_t code[32];
	uint8_t size;
	enum ew_status status;
} refused[] = {
#define REFUSED(name, signature, status, ...) {name, signature, {__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), status}
	REFUSED("lane 15 of 16", "(V)i", EW_OK, LOCAL_GET(0), 0xfd, 0x15, 15),
	REFUSED("lane 16 of 16", "(V)i", EW_ERR_INVALID, LOCAL_GET(0), 0xfd, 0x15, 16),
	REFUSED("lane 8 of 8", "(V)i", EW_ERR_INVALID, LOCAL_GET(0), 0xfd, 0x18, 8),
	REFUSED("lane 3 of 4", "(V)f", EW_OK, LOCAL_GET(0), 0xfd, 0x1f, 3),
	REFUSED("lane 4 of 4", "(V)f", EW_ERR_INVALID, LOCAL_GET(0), 0xfd, 0x1f, 4),
	REFUSED("lane 2 of 2", "(VI)V", EW_ERR_INVALID, LOCAL_GET(0), LOCAL_GET(1), 0xfd, 0x1e, 2),
	REFUSED("lane 7 loaded", "(iV)V", EW_OK, LOCAL_GET(0), LOCAL_GET(1), 0xfd, 0x55, 1, 0, 7),
	REFUSED("lane 8 loaded", "(iV)V", EW_ERR_INVALID, LOCAL_GET(0), LOCAL_GET(1), 0xfd, 0x55, 1, 0, 8),
	REFUSED("lane 4 stored", "(iV)", EW_ERR_INVALID, LOCAL_GET(0), LOCAL_GET(1), 0xfd, 0x5a, 2, 0, 4),
	REFUSED("aligned to 16", "(i)V", EW_OK, LOCAL_GET(0), 0xfd, 0x00, 4, 0),
	REFUSED("aligned to 32", "(i)V", EW_ERR_INVALID, LOCAL_GET(0), 0xfd, 0x00, 5, 0),
	REFUSED("lane aligned to 4", "(iV)V", EW_ERR_INVALID, LOCAL_GET(0), LOCAL_GET(1), 0xfd, 0x55, 2, 0, 0),
	REFUSED("shuffle 31", "(V)V", EW_OK, LOCAL_GET(0), LOCAL_GET(0), 0xfd, 0x0d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31),
	REFUSED("shuffle 32", "(V)V", EW_ERR_INVALID, LOCAL_GET(0), LOCAL_GET(0), 0xfd, 0x0d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32),
	REFUSED("no such opcode", "(V)V", EW_ERR_MALFORMED, LOCAL_GET(0), 0xfd, 0x9a, 1),
	REFUSED("behind the last opcode", "(VV)V", EW_ERR_MALFORMED, LOCAL_GET(0), LOCAL_GET(1), 0xfd, 0x94, 2),
	REFUSED("relaxed, of two operands", "(VV)V", EW_CONFIG_RELAXED_SIMD ? EW_ERR_INVALID : EW_ERR_UNSUPPORTED, LOCAL_GET(0), LOCAL_GET(1), 0xfd, 0x85, 2),
	REFUSED("opcode of 2^32 - 1", "(V)V", EW_ERR_MALFORMED, LOCAL_GET(0), 0xfd, 0xff, 0xff, 0xff, 0xff, 0x0f),
	REFUSED("constant cut off", "()V", EW_ERR_MALFORMED, 0xfd, 0x0c, 1, 2, 3),
	REFUSED("i32 for a vector", "(i)V", EW_ERR_INVALID, LOCAL_GET(0), 0xfd, 0x4d),
	REFUSED("vector for an i32", "(V)i", EW_ERR_INVALID, LOCAL_GET(0), 0x45),
	REFUSED("select of a vector and an i32", "(iV)i", EW_ERR_INVALID, LOCAL_GET(0), LOCAL_GET(1), LOCAL_GET(0), OP_SELECT),
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct wrun w;

		wrun_init(&w);
		wmod_memory(&w.m, 1, 1);
		wmod_func(&w.m, refused[i].signature, "", refused[i].code, refused[i].size);
		check_status(refused[i].name, wrun_load(&w), refused[i].status);
		wrun_close(&w);
	}
}

/* First and last of the relaxed ones, and their neighbours. */
static const struct {
	const char *name;
	uint32_t opcode;
	enum ew_status on, off;
} relaxed[] = {
	{"before", 0xff, EW_OK, EW_OK},
	{"first", 0x100, EW_OK, EW_ERR_UNSUPPORTED},
	{"last of two operands", 0x112, EW_OK, EW_ERR_UNSUPPORTED},
	{"last", 0x113, EW_ERR_INVALID, EW_ERR_UNSUPPORTED},
	{"behind", 0x114, EW_ERR_MALFORMED, EW_ERR_MALFORMED},
};

static void test_relaxed_disabled(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ROWS(relaxed); i++) {
		size_t k = i / 2;
		bool on = EW_CONFIG_RELAXED_SIMD && i % 2 == 0;
		struct wbytes code = {0};
		struct wrun w;

		wrun_init(&w);
		w.load.disable = i % 2 ? EW_FEATURE_RELAXED_SIMD : 0;
		v128_const(&code, (struct vec){0, 0});
		if (relaxed[k].opcode != 0xff)
			v128_const(&code, (struct vec){0, 0});
		simd(&code, relaxed[k].opcode);
		define(&w, "()V", "", &code);
		check_status(relaxed[k].name, wrun_load(&w), on ? relaxed[k].on : relaxed[k].off);
		if (!on && relaxed[k].off == EW_ERR_UNSUPPORTED)
			check_has(relaxed[k].name, w.err.text, "relaxed vector instructions are disabled");
		wrun_close(&w);
	}
}

/* ---- NaNs ------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	uint32_t opcode;
	struct vec a, b, expected;
} nans[] = {
	{"f32x4.add", 0xe4, {0xffe000013f800000, 0}, {0x3f8000003f800000, 0}, {0x7fc0000040000000, 0}},
	{"f64x2.max", 0xf5, {0xfff8000000000001, 0}, {0, 0}, {0x7ff8000000000000, 0}},
	{"f32x4.min", 0xe8, {0x7fa0000180000000, 0xbf800000}, {0x3f80000000000000, 0x40000000ffc00001},
	 {0x7fc0000080000000, 0x000000007fc00000}},
	{"f32x4.max", 0xe9, {0x3f80000080000000, 0}, {0x4000000000000000, 0xff80000100000000}, {0x4000000000000000, 0x7fc0000000000000}},
	{"f64x2.min", 0xf4, {0x8000000000000000, 0x3ff0000000000000}, {0, 0x7ff0000000000001}, {0x8000000000000000, 0x7ff8000000000000}},
	{"f64x2.sub", 0xf1, {0x7ff0000000000000, 1}, {0x7ff0000000000000, 0}, {0x7ff8000000000000, 1}},
	{"f32x4.div", 0xe7, {0, 0x3f80000000000000}, {0x8000000000000000, 0x3f800000}, {0x7fc000007fc00000, 0x7f80000000000000}},
	{"f32x4.pmax", 0xeb, {0xffe00001, 0}, {0x3f800000, 0}, {0xffe00001, 0}},
#if EW_CONFIG_RELAXED_SIMD
	{"f32x4.relaxed_madd", 0x105, {0xffe000013f800000, 0}, {0x3f8000003f800000, 0}, {0x7fc0000040000000, 0}},
	{"f64x2.relaxed_nmadd", 0x108, {0xfff8000000000001, 0}, {0, 0}, {0x7ff8000000000000, 0}},
	{"f64x2.relaxed_max", 0x110, {0xfff8000000000001, 0}, {0, 0}, {0x7ff8000000000000, 0}},
#endif
};

static void test_nans(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(nans); i++) {
		struct wbytes code = {0};
		union ew_value v[2];
		struct wrun w;

		wrun_init(&w);
		v128_const(&code, nans[i].a);
		v128_const(&code, nans[i].b);
		if (nans[i].opcode >= 0x105 && nans[i].opcode <= 0x108) /* a third operand */
			v128_const(&code, nans[i].b);
		simd(&code, nans[i].opcode);
		define(&w, "()V", "", &code);
		wrun_open(&w);
		check_status(nans[i].name, wrun_call(&w, "f", v), EW_OK);
		check_vec(nans[i].name, v, nans[i].expected);
		wrun_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	      cmocka_unit_test(test_shuffle),
		cmocka_unit_test(test_rows_older_cpu), cmocka_unit_test(test_chains),
		cmocka_unit_test(test_places),	      cmocka_unit_test(test_single_result),
		cmocka_unit_test(test_host),	      cmocka_unit_test(test_globals),
		cmocka_unit_test(test_frames),	      cmocka_unit_test(test_stack),
		cmocka_unit_test(test_bounds),	      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_relaxed_disabled), cmocka_unit_test(test_nans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* Without it every way in is closed, by name. */
static const struct {
	const char *name, *signature, *locals;
	uint8_t code[4];
	uint8_t size;
} closed[] = {
	{"type", "(V)", "", {OP_NOP}, 1},
	{"local", "()", "V", {OP_NOP}, 1},
	{"block", "()", "", {OP_UNREACHABLE, BLOCK(T_V128), OP_END}, 4},
	{"instruction", "()", "", {OP_UNREACHABLE, 0xfd, 0x4d}, 3},
};

static void test_closed(void **state)
{
	union ew_value v[2] = {{0}};
	struct ew_global *g;

	(void)state;
	for (size_t i = 0; i < ROWS(closed); i++) {
		struct wrun w;

		wrun_init(&w);
		wmod_func(&w.m, closed[i].signature, closed[i].locals, closed[i].code, closed[i].size);
		check_status(closed[i].name, wrun_load(&w), EW_ERR_UNSUPPORTED);
		check_true(closed[i].name, strstr(w.err.text, "v128") != NULL);
		assert_int_equal(ew_global_create_v128(&g, true, v, &w.mem.alloc), EW_ERR_UNSUPPORTED);
		wrun_close(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_closed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
