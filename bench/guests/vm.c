/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * vm.c - a switch that runs a small stack machine, as rule engines do: one
 * br_table for each step. The program sums i * i % 7 over i.
 */
#include "guest.h"

enum op { PUSH, LOAD, STORE, ADD, SUB, MUL, MOD, LESS, JUMP_IF, DUP, HALT };

static const int16_t program[] = {
	PUSH, 0, STORE, 0,			/* sum = 0 */
	PUSH, 0, STORE, 1,			/* i = 0 */
	LOAD, 1, DUP, MUL, PUSH, 7, MOD,	/* 8: i * i % 7 */
	LOAD, 0, ADD, STORE, 0,
	LOAD, 1, PUSH, 1, ADD, STORE, 1,
	LOAD, 1, LOAD, 2, LESS, JUMP_IF, 8,
	LOAD, 0, PUSH, 3, SUB, HALT,
};

static uint32_t variables[4];

static NOINLINE uint32_t interpret(const int16_t *code)
{
	uint32_t stack[16], *top = stack;
	int32_t at = 0;

	for (;;) {
		switch ((enum op)code[at++]) {
		case PUSH:
			*++top = (uint32_t)code[at++];
			break;
		case LOAD:
			*++top = variables[code[at++]];
			break;
		case STORE:
			variables[code[at++]] = *top--;
			break;
		case ADD:
			top--;
			top[0] += top[1];
			break;
		case SUB:
			top--;
			top[0] -= top[1];
			break;
		case MUL:
			top--;
			top[0] *= top[1];
			break;
		case MOD:
			top--;
			top[0] = top[1] != 0 ? top[0] % top[1] : 0;
			break;
		case LESS:
			top--;
			top[0] = top[0] < top[1];
			break;
		case JUMP_IF:
			at = *top-- != 0 ? code[at] : at + 1;
			break;
		case DUP:
			top[1] = top[0];
			top++;
			break;
		case HALT:
			return *top;
		}
	}
}

GUEST(vm)
{
	uint32_t h = 1;

	for (int32_t i = 0; i < n; i++) {
		variables[2] = 100 + ((uint32_t)i & 15);
		h = fold(h, interpret(program));
	}
	return (int32_t)h;
}
