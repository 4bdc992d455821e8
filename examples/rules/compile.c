/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * compile.c - see compile.h.  One pass over the text: a lexer, precedence parsing with an explicit stack of
 * operators (E. W. Dijkstra's shunting yard), and each operator's instruction written when it leaves that stack, which
 * for a stack machine is all there is to do.
 */
#include "compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENDING_MAX 128 /* operators and parentheses that wait */
#define CODE_MAX 12288

enum token { T_END, T_NUMBER, T_NAME, T_SIGN, T_NEWLINE };
enum type { NUMBER, CONDITION };

struct emit {
	uint8_t *bytes;
	size_t used, cap;
	bool full;
};

struct parser {
	const char *at, *line_start;
	unsigned line;
	const char *const *sensors;
	uint32_t sensor_count;
	struct rule_error *err;
	bool failed;
	/* the token in hand */
	enum token token;
	const char *text;
	size_t len;
	double number;
	/* expressions */
	struct emit code;
	const struct op *pending[PENDING_MAX];
	uint8_t args[PENDING_MAX]; /* of a call: arguments begun */
	unsigned pending_count;
	enum type types[PENDING_MAX];
	unsigned type_count;
};

/* ---- what there is ---- */

/* level: how tightly it binds; opcode 0: nothing to write. */
struct op {
	const char *text;
	uint8_t level, operands, opcode;
	enum type takes, gives;
	bool prefix;
};

static const struct op ops[] = {
	{"or", 1, 2, 0x72, CONDITION, CONDITION, false},   {"and", 2, 2, 0x71, CONDITION, CONDITION, false},
	{"not", 3, 1, 0x45, CONDITION, CONDITION, true},   {"<", 4, 2, 0x63, NUMBER, CONDITION, false},
	{"<=", 4, 2, 0x65, NUMBER, CONDITION, false},	   {">", 4, 2, 0x64, NUMBER, CONDITION, false},
	{">=", 4, 2, 0x66, NUMBER, CONDITION, false},	   {"==", 4, 2, 0x61, NUMBER, CONDITION, false},
	{"!=", 4, 2, 0x62, NUMBER, CONDITION, false},	   {"+", 5, 2, 0xa0, NUMBER, NUMBER, false},
	{"-", 5, 2, 0xa1, NUMBER, NUMBER, false},	   {"*", 6, 2, 0xa2, NUMBER, NUMBER, false},
	{"/", 6, 2, 0xa3, NUMBER, NUMBER, false},	   {"-", 7, 1, 0x9a, NUMBER, NUMBER, true},
};
static const struct op functions[] = {
	{"min", 0, 2, 0xa4, NUMBER, NUMBER, true},
	{"max", 0, 2, 0xa5, NUMBER, NUMBER, true},
	{"abs", 0, 1, 0x99, NUMBER, NUMBER, true},
	{"floor", 0, 1, 0x9c, NUMBER, NUMBER, true},
};
static const struct op group = {"(", 0, 0, 0, NUMBER, NUMBER, true};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is(const struct parser *p, const char *word)
{
	return p->len == strlen(word) && !memcmp(p->text, word, p->len);
}

static const struct op *find(const struct parser *p, const struct op *table, size_t count, bool prefix)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].prefix == prefix && is(p, table[i].text))
			return &table[i];
	return NULL;
}

/* The first error counts. */
static bool fail(struct parser *p, const char *format, ...)
{
	va_list list;

	if (!p->failed) {
		p->err->line = p->line;
		p->err->column = (unsigned)(p->text - p->line_start) + 1;
		va_start(list, format);
		vsnprintf(p->err->text, sizeof(p->err->text), format, list);
		va_end(list);
	}
	p->failed = true;
	return false;
}

/* ---- lexer ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void next(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r' || *p->at == '#')
		if (*p->at++ == '#')
			while (*p->at && *p->at != '\n')
				p->at++;
	p->text = p->at;
	p->len = 1;
	if (!*p->at) {
		p->token = T_END;
		p->len = 0;
	} else if (*p->at == '\n') {
		p->token = T_NEWLINE;
		p->at++;
	} else if (is_letter(*p->at)) {
		while (is_letter(*p->at) || is_digit(*p->at))
			p->at++;
		p->token = T_NAME;
		p->len = (size_t)(p->at - p->text);
	} else if (is_digit(*p->at)) {
		char *end;

		p->number = strtod(p->text, &end);
		p->at = end;
		p->token = T_NUMBER;
		p->len = (size_t)(end - p->text);
	} else {
		p->token = T_SIGN;
		p->at++;
		if (*p->at == '=' && strchr("<>=!", *p->text)) {
			p->at++;
			p->len = 2;
		}
	}
}

/* ---- bytes ---- */

static void put(struct emit *e, const void *bytes, size_t len)
{
	if (len > e->cap - e->used)
		e->full = true;
	else
		memcpy(e->bytes + e->used, bytes, len), e->used += len;
}

static void put_byte(struct emit *e, unsigned byte)
{
	put(e, &(uint8_t){(uint8_t)byte}, 1);
}

static void put_leb(struct emit *e, uint32_t v)
{
	for (; v >= 128; v >>= 7)
		put_byte(e, v | 128);
	put_byte(e, v);
}

/* i32.const of what is below 2^28, signed LEB. */
static void put_const(struct emit *e, uint32_t v)
{
	put_byte(e, 0x41);
	for (; v >= 64; v >>= 7)
		put_byte(e, v | 128);
	put_byte(e, v);
}

static void put_double(struct emit *e, double number)
{
	union {
		double f;
		uint64_t u;
	} v = {number};

	put_byte(e, 0x44);
	for (int i = 0; i < 8; i++)
		put_byte(e, (unsigned)(v.u >> 8 * i) & 255);
}

static void put_name(struct emit *e, const char *name)
{
	put_leb(e, (uint32_t)strlen(name));
	put(e, name, strlen(name));
}

/* ---- expressions ---- */

static void push_type(struct parser *p, enum type type)
{
	if (p->type_count == PENDING_MAX)
		fail(p, "too long");
	else
		p->types[p->type_count++] = type;
}

/* An operator's instruction, its operands being on the stack. */
static void apply(struct parser *p, const struct op *op)
{
	for (unsigned i = 0; i < op->operands; i++) {
		if (p->type_count == 0) {
			fail(p, "\"%s\" lacks an operand", op->text);
			return;
		}
		if (p->types[--p->type_count] != op->takes)
			fail(p, "\"%s\" takes %s", op->text, op->takes == NUMBER ? "numbers" : "conditions");
	}
	push_type(p, op->gives);
	put_byte(&p->code, op->opcode);
}

static void push(struct parser *p, const struct op *op)
{
	if (p->pending_count == PENDING_MAX) {
		fail(p, "nested too deeply");
		return;
	}
	p->args[p->pending_count] = 1;
	p->pending[p->pending_count++] = op;
}

/* Everything above the innermost parenthesis that binds at least so tightly. */
static void apply_down_to(struct parser *p, unsigned level)
{
	while (p->pending_count && p->pending[p->pending_count - 1]->level >= level &&
	       p->pending[p->pending_count - 1]->level > 0)
		apply(p, p->pending[--p->pending_count]);
}

static void operand(struct parser *p)
{
	if (p->token == T_NUMBER) {
		put_double(&p->code, p->number);
		push_type(p, NUMBER);
		return;
	}
	for (uint32_t i = 0; p->token == T_NAME && i < p->sensor_count; i++)
		if (is(p, p->sensors[i])) {
			put(&p->code, (const uint8_t[]){0x20, 1, 0x2b, 0}, 4); /* local.get 1, f64.load align 1 */
			put_leb(&p->code, 8 * i);
			push_type(p, NUMBER);
			return;
		}
	if (p->token == T_END || p->token == T_NEWLINE)
		fail(p, "a number is missing here");
	else
		fail(p, "\"%.*s\" is no sensor", (int)p->len, p->text);
}

/* What may begin an operand; false when an operand was read. */
static bool before_operand(struct parser *p)
{
	const struct op *op = find(p, ops, COUNT(ops), true);
	const struct op *fn = p->token == T_NAME ? find(p, functions, COUNT(functions), true) : NULL;

	if (op) {
		push(p, op);
	} else if (fn) {
		next(p);
		if (!is(p, "("))
			fail(p, "\"%s\" needs a parenthesis", fn->text);
		push(p, fn);
	} else if (is(p, "(")) {
		push(p, &group);
	} else {
		operand(p);
		return false;
	}
	return true;
}

static void close_parenthesis(struct parser *p)
{
	const struct op *fn;

	apply_down_to(p, 1);
	if (!p->pending_count) {
		fail(p, "\")\" without \"(\"");
		return;
	}
	fn = p->pending[--p->pending_count];
	if (fn == &group)
		return;
	if (p->args[p->pending_count] != fn->operands)
		fail(p, "\"%s\" takes %u arguments", fn->text, (unsigned)fn->operands);
	else
		apply(p, fn);
}

/* After an operand; false when the expression is over.  *want_operand: what comes next. */
static bool after_operand(struct parser *p, bool *want_operand)
{
	const struct op *op = find(p, ops, COUNT(ops), false);

	if (op) {
		apply_down_to(p, op->level);
		push(p, op);
		*want_operand = true;
	} else if (is(p, ",")) {
		apply_down_to(p, 1);
		if (!p->pending_count || p->pending[p->pending_count - 1] == &group)
			return fail(p, "\",\" outside of a function's arguments");
		p->args[p->pending_count - 1]++;
		*want_operand = true;
	} else if (is(p, ")")) {
		close_parenthesis(p);
	} else {
		return false;
	}
	return true;
}

static void expression(struct parser *p, enum type want)
{
	bool want_operand = true;

	p->pending_count = p->type_count = 0;
	while (!p->failed) {
		if (want_operand)
			want_operand = before_operand(p);
		else if (!after_operand(p, &want_operand))
			break;
		next(p);
	}
	apply_down_to(p, 1);
	if (p->pending_count)
		fail(p, "\")\" is missing");
	else if (!p->failed && p->types[0] != want)
		fail(p, want == NUMBER ? "a number is wanted, this is a condition"
				       : "a condition is wanted, this is a number");
}

/* ---- the module ---- */

/* Guest memory: the event's header, its payload, the number to send, the actuator's name. */
enum { AT_PAYLOAD = 64, PAYLOAD_BYTES = 960, AT_NUMBER = 1024, AT_NAME = 1032, TOPIC_LEN = 32, DATA_LEN = 36 };

static void section(struct emit *out, unsigned id, const struct emit *body)
{
	put_byte(out, id);
	put_leb(out, (uint32_t)body->used);
	put(out, body->bytes, body->used);
	out->full |= body->full;
}

static void put_import(struct emit *e, const char *name, unsigned type)
{
	put_name(e, "edge_v1");
	put_name(e, name);
	put_byte(e, 0);
	put_byte(e, type);
}

/* (param $pending i32) (result i32) (local $base i32) (local $rc i32), up to where the condition begins. */
static void function_head(struct emit *e, uint32_t sensors)
{
	put(e, (const uint8_t[]){1, 2, 0x7f, 0x03, 0x40}, 5); /* two i32 locals; loop */
	put_const(e, 0);
	put_const(e, AT_PAYLOAD);
	put_const(e, PAYLOAD_BYTES);
	put(e, (const uint8_t[]){0x10, 0, 0x41, 0, 0x48, 0x04, 0x40, 0x41, 0x7f, 0x0f, 0x0b}, 11); /* poll < 0: return -1 */
	put_const(e, 0);
	put(e, (const uint8_t[]){0x28, 2, DATA_LEN}, 3);
	put_const(e, 8 * sensors);
	put(e, (const uint8_t[]){0x47, 0x04, 0x40, 0x41, 0x7e, 0x0f, 0x0b}, 7); /* another length: return -2 */
	put_const(e, 0);
	put(e, (const uint8_t[]){0x28, 2, TOPIC_LEN}, 3);
	put_const(e, AT_PAYLOAD);
	put(e, (const uint8_t[]){0x6a, 0x21, 1}, 3); /* base */
}

static void function_send(struct emit *e, const char *actuator, const struct emit *number)
{
	put(e, (const uint8_t[]){0x04, 0x40}, 2); /* if */
	put_const(e, AT_NUMBER);
	put(e, number->bytes, number->used);
	put(e, (const uint8_t[]){0x39, 3, 0}, 3); /* f64.store */
	put_const(e, AT_NAME);
	put_const(e, (uint32_t)strlen(actuator));
	put_const(e, AT_NUMBER);
	put_const(e, 8);
	put_const(e, 0);
	/* rc = emit; return it if < 0; end if */
	put(e, (const uint8_t[]){0x10, 1, 0x22, 2, 0x41, 0, 0x48, 0x04, 0x40, 0x20, 2, 0x0f, 0x0b, 0x0b}, 14);
	/* again while --pending; 0 */
	put(e, (const uint8_t[]){0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x41, 0, 0x0b}, 13);
}

static void module(struct rule *out, const struct emit *condition, const struct emit *number, uint32_t sensors,
		   struct emit *wasm)
{
	static const uint8_t types[] = {3, 0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 5, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f,
					0x60, 1, 0x7f, 1, 0x7f};
	static uint8_t scratch[CODE_MAX + 512], body_bytes[CODE_MAX + 512];
	struct emit s = {scratch, 0, sizeof(scratch), false}, body = {body_bytes, 0, sizeof(body_bytes), false};

	put(wasm, "\0asm\1\0\0\0", 8);
	put(&s, types, sizeof(types));
	section(wasm, 1, &s);
	s.used = 0;
	put_leb(&s, 2);
	put_import(&s, "event_poll", 0);
	put_import(&s, "event_emit", 1);
	section(wasm, 2, &s);
	put(wasm, (const uint8_t[]){3, 2, 1, 2, 5, 4, 1, 1, 1, 1}, 10); /* a function of type 2; a memory of one page */
	s.used = 0;
	put_leb(&s, 2);
	put_name(&s, "edge_on_event");
	put(&s, (const uint8_t[]){0, 2}, 2);
	put_name(&s, "memory");
	put(&s, (const uint8_t[]){2, 0}, 2);
	section(wasm, 7, &s);
	function_head(&body, sensors);
	put(&body, condition->bytes, condition->used);
	function_send(&body, out->actuator, number);
	s.used = 0;
	put_leb(&s, 1);
	put_leb(&s, (uint32_t)body.used);
	put(&s, body.bytes, body.used);
	s.full |= body.full;
	section(wasm, 10, &s);
	s.used = 0;
	put(&s, (const uint8_t[]){1, 0}, 2);
	put_const(&s, AT_NAME);
	put_byte(&s, 0x0b);
	put_name(&s, out->actuator);
	section(wasm, 11, &s);
}

/* ---- rules ---- */

static void expect(struct parser *p, const char *word)
{
	if (!is(p, word))
		fail(p, "\"%s\" is wanted here", word);
	next(p);
}

static void name(struct parser *p, char *out)
{
	if (p->token != T_NAME || p->len >= RULE_NAME_BYTES)
		fail(p, "a name of at most %d letters is wanted here", RULE_NAME_BYTES - 1);
	else
		snprintf(out, RULE_NAME_BYTES, "%.*s", (int)p->len, p->text);
	next(p);
}

static void skip_empty(struct parser *p)
{
	for (next(p); p->token == T_NEWLINE; next(p)) {
		p->line++;
		p->line_start = p->at;
	}
}

int rule_next(const char **text, unsigned *line, const char *const *sensors, uint32_t sensor_count, struct rule *out,
	      struct rule_error *err)
{
	static uint8_t code[CODE_MAX], number_code[CODE_MAX];
	struct parser p = {.at = *text, .line_start = *text, .line = *line, .sensors = sensors,
			   .sensor_count = sensor_count, .err = err, .code = {code, 0, CODE_MAX, false}};
	struct emit wasm = {out->wasm, 0, sizeof(out->wasm), false}, condition;

	skip_empty(&p);
	if (p.token == T_END)
		return 0;
	expect(&p, "rule");
	name(&p, out->name);
	expect(&p, ":");
	expect(&p, "when");
	expression(&p, CONDITION);
	condition = p.code;
	p.code = (struct emit){number_code, 0, CODE_MAX, false};
	expect(&p, "then");
	name(&p, out->actuator);
	expect(&p, "=");
	expression(&p, NUMBER);
	if (p.token != T_NEWLINE && p.token != T_END)
		fail(&p, "\"%.*s\" is not understood here", (int)p.len, p.text);
	if (!p.failed) {
		module(out, &condition, &p.code, sensor_count, &wasm);
		if (wasm.full || condition.full || p.code.full)
			fail(&p, "the rule is too long");
	}
	out->wasm_bytes = wasm.used;
	*text = p.text; /* at the line's end */
	*line = p.line;
	return p.failed ? -1 : 1;
}
