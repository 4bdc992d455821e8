/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_fused.c - vector instructions one behind the other.  What one makes the next may read from a register, leaving out
 * the slots, and one handler may do both; each two of them, in each way to hand on the vector, against the same code in
 * a module that is to be run step by step, in which every instruction stands alone.
 */
#include "wrun.h"

#if EW_CONFIG_SIMD

enum imm { IMM_NONE, IMM_LANE, IMM_V128, IMM_MEM0 = 8, IMM_MEM1, IMM_MEM2, IMM_MEM3, IMM_MEM4 };

static const struct op {
	const char *name, *pops, *pushes;
	uint16_t code;
	uint8_t imm;
} ops[] = {
#define VROW(code, N, text, imm, pops, pushes, cls, R, T, canon, forms) {text, pops, pushes, code, IMM_##imm},
#define VINT(N, cls, R, T, forms)
#include "wasm/simd.def"
};

enum way { AS_FIRST, AS_LAST, BY_LOCAL, WAYS };

/* Locals: 0 to 2 vectors, 3 an address, 4 a vector. */
#define ADDRESS 24

static void put_address(struct wbytes *b, unsigned kind)
{
	switch (kind % 3) {
	case 0: wb_put(b, (const uint8_t[]){I32_CONST(ADDRESS)}, 2); break;
	case 1: wb_put(b, (const uint8_t[]){LOCAL_GET(3)}, 2); break;
	default: wb_put(b, (const uint8_t[]){LOCAL_GET(3), I32_CONST(8), 0x6a}, 5); break;
	}
}

static void put_operand(struct wbytes *b, const struct op *op, size_t k, unsigned kind)
{
	switch (op->pops[k]) {
	case 'v': wb_put(b, (const uint8_t[]){LOCAL_GET((uint8_t)k)}, 2); break;
	case 'I': wb_put(b, (const uint8_t[]){I64_CONST(5)}, 2); break;
	case 'f': wb_put(b, (const uint8_t[]){0x43, 0, 0, 0x20, 0x40}, 5); break;
	case 'F': wb_put(b, (const uint8_t[]){0x44, 0, 0, 0, 0, 0, 0, 4, 0x40}, 9); break;
	default:
		if (op->imm >= IMM_MEM0)
			put_address(b, kind);
		else if (kind % 2)
			wb_put(b, (const uint8_t[]){LOCAL_GET(3)}, 2); /* of a shift, a splat */
		else
			wb_put(b, (const uint8_t[]){I32_CONST(3)}, 2);
	}
}

static void put_op(struct wbytes *b, const struct op *op)
{
	wb_u8(b, 0xfd);
	wb_u32(b, op->code);
	if (op->imm >= IMM_MEM0)
		wb_put(b, (const uint8_t[]){0, 16}, 2);
	if (op->imm == IMM_LANE || (op->imm >= IMM_MEM0 && strchr(op->name, 'n') && strstr(op->name, "_lane")))
		wb_u8(b, 1);
	for (unsigned i = 0; op->imm == IMM_V128 && i < 16; i++)
		wb_u8(b, (uint8_t)(i * 7 % 32));
}

/* Which of its operands is a vector, by way; -1: none. */
static int taken_by(const struct op *op, enum way way)
{
	const char *v = way == AS_LAST ? strrchr(op->pops, 'v') : strchr(op->pops, 'v');

	return v && (way != AS_LAST || v != strchr(op->pops, 'v')) ? (int)(v - op->pops) : -1;
}

/* The second, whose operand `at` is what the first makes; then anything as a vector. */
static void put_two(struct wbytes *b, const struct op *first, const struct op *second, int at, enum way way, unsigned kind)
{
	static const char scalars[] = "iIfF";
	const char *scalar;

	for (size_t k = 0; k < strlen(second->pops); k++) {
		if ((int)k != at) {
			put_operand(b, second, k, kind);
			continue;
		}
		for (size_t j = 0; j < strlen(first->pops); j++)
			put_operand(b, first, j, kind / 3);
		put_op(b, first);
		if (way == BY_LOCAL)
			wb_put(b, (const uint8_t[]){LOCAL_SET(4), LOCAL_GET(4)}, 4);
	}
	put_op(b, second);
	scalar = second->pushes[0] ? strchr(scalars, second->pushes[0]) : NULL;
	if (scalar)
		wb_put(b, (const uint8_t[]){0xfd, (uint8_t)(0x11 + (scalar - scalars))}, 2); /* splat */
	if (way == BY_LOCAL && second->pushes[0])
		wb_put(b, (const uint8_t[]){LOCAL_GET(4), 0xfd, 0x51}, 4); /* xor: it is there still */
	if (!second->pushes[0]) /* stored */
		wb_put(b, (const uint8_t[]){I32_CONST(ADDRESS), 0xfd, 0x00, 0, 16, I32_CONST(ADDRESS), 0xfd, 0x00, 0, 24, 0xfd, 0x51},
		       14);
}

/* One function for each second; returns how many. */
static unsigned build(struct wrun *w, const struct op *first, uint32_t flags)
{
	unsigned n = 0;

	wrun_init(w);
	w->load.flags = flags;
	wmod_memory(&w->m, 1, 1);
	for (size_t i = 0; i < ROWS(ops); i++)
		for (enum way way = 0; way < WAYS; way++) {
			struct wbytes code = {0};
			int at = taken_by(&ops[i], way);
			char name[12];

			if (at < 0)
				continue;
			put_two(&code, first, &ops[i], at, way, (unsigned)(i + way));
			snprintf(name, sizeof(name), "%u", n++);
			wmod_export(&w->m, name, WMOD_FUNC, wmod_func(&w->m, "(VVVi)V", "V", code.p, code.len));
			wb_free(&code);
		}
	wrun_open(w);
	return n;
}

/* Numbers, and a NaN of each kind. */
static const uint64_t operands[2][6] = {
	{0x123456789abcdef0, 0xff00ff0012345678, 0x3fc00000c0200000, 0x7fffffff80000001, 0x4010000000000000, 0xbff8000000000000},
	{0xffe1234540490fdb, 0x7fa0000100000000, 0xfff4000000000001, 0x3ff0000000000000, 0x8000000000000000, 0x7f800000ff800000},
};

static void compare(const struct op *first, struct wrun *fused, struct wrun *alone, unsigned n)
{
	for (unsigned k = 0; k < 2 * n; k++) {
		union ew_value v[7] = {{0}}, want[7];
		char name[12];

		for (int i = 0; i < 6; i++)
			v[i].u64 = operands[k % 2][i];
		v[6].u32 = ADDRESS;
		memcpy(want, v, sizeof(v));
		snprintf(name, sizeof(name), "%u", k / 2);
		check_status(first->name, wrun_call(fused, name, v), EW_OK);
		check_status(first->name, wrun_call(alone, name, want), EW_OK);
		if (v[0].u64 != want[0].u64 || v[1].u64 != want[1].u64)
			fail_msg("%s, then function %s, operands %u: %016llx %016llx, alone %016llx %016llx", first->name, name,
				 k % 2, (unsigned long long)v[1].u64, (unsigned long long)v[0].u64,
				 (unsigned long long)want[1].u64, (unsigned long long)want[0].u64);
	}
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(ops); i++) {
		struct wrun fused, alone;
		unsigned n;

		if (ops[i].pushes[0] != 'v')
			continue;
		n = build(&fused, &ops[i], 0);
		assert_int_equal(build(&alone, &ops[i], EW_MODULE_OBSERVE), n);
		compare(&ops[i], &fused, &alone, n);
		wrun_close(&fused);
		wrun_close(&alone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};

	return cmocka_run_group_tests_name("wasm/fused", tests, NULL, NULL);
}
#else
int main(void)
{
	puts("skip: no vector instructions");
	return 0;
}
#endif
