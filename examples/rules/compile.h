/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * compile.h - a rule of a house, as text, to a WebAssembly function module.
 *
 *	rule night_light: when motion > 0 and lux < 20 and (hour >= 22 or hour < 6) then lamp = 40
 *
 *	rule      = "rule" NAME ":" "when" condition "then" NAME "=" number
 *	operators, loosest first:  or   and   not   < <= > >= == !=   + -   * /   - (sign)
 *	functions: min(a, b)  max(a, b)  abs(a)  floor(a)
 *
 * Names that stand for numbers are the host's sensors.  Conditions and numbers are different things: `a + (b < c)` is
 * an error.  "#" begins a comment.  No loops: a rule's fuel is known from its length.
 *
 * The module imports edge_v1's event_poll and event_emit and nothing else.  An event's data is one little-endian f64
 * for each sensor; where the condition holds, the number goes out as an f64 with the actuator's name as its topic.
 */
#ifndef RULES_COMPILE_H
#define RULES_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RULE_NAME_BYTES 32
#define RULE_MODULE_BYTES 16384

struct rule {
	char name[RULE_NAME_BYTES], actuator[RULE_NAME_BYTES];
	uint8_t wasm[RULE_MODULE_BYTES];
	size_t wasm_bytes;
};

struct rule_error {
	unsigned line, column;
	char text[96];
};

/*
 * Compile the next rule of *text and move *text behind it.  1: a rule; 0: no more; -1: *err says where and why.
 * `line` is the line of *text and is kept up to date; begin with 1.
 */
int rule_next(const char **text, unsigned *line, const char *const *sensors, uint32_t sensor_count,
	      struct rule *out, struct rule_error *err);

#endif
