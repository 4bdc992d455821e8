/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * json.c - reads device reports in JSON without building a tree: white space,
 * strings with escapes, numbers, words, nesting by an explicit stack.
 */
#include "guest.h"

#define DEPTH_MAX 16

struct reader {
	const char *at;
	uint32_t hash, values, depth;
	int32_t sum;		/* of all numbers, in thousandths */
	char open[DEPTH_MAX];
};

static const char report[] =
	"{\"device\": \"press-07\", \"firmware\": \"2.4.11\", \"up\": 918273,\n"
	" \"alarms\": [],\n"
	" \"site\": {\"hall\": 3, \"line\": \"B\\u0020north\", \"spare\": null},\n"
	" \"readings\": [\n"
	"  {\"t\": 1000, \"sensor\": \"bearing_temp\", \"value\": 61.25},\n"
	"  {\"t\": 1010, \"sensor\": \"bearing_temp\", \"value\": 61.375},\n"
	"  {\"t\": 1020, \"sensor\": \"oil_pressure\", \"value\": -0.125},\n"
	"  {\"t\": 1030, \"sensor\": \"vibration_x\", \"value\": 0.031,"
	" \"ok\": true},\n"
	"  {\"t\": 1040, \"sensor\": \"vibration_y\", \"value\": 0.029,"
	" \"ok\": false},\n"
	"  {\"t\": 1050, \"sensor\": \"door\", \"note\": \"quote \\\" and"
	" backslash \\\\\", \"path\": [[1, 2], [3, [4, 5]], []]}\n"
	" ]}\n";

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Past the opening quote; false at an unfinished string. */
static bool read_string(struct reader *r)
{
	for (; *r->at != '"'; r->at++) {
		if (*r->at == 0)
			return false;
		if (*r->at == '\\')
			r->at++;
		r->hash = (r->hash ^ (uint8_t)*r->at) * 16777619u;
	}
	r->at++;
	return true;
}

/* Up to six digits before the point, three after it. */
static void read_number(struct reader *r)
{
	int32_t value = 0, scale = 1000;
	bool negative = *r->at == '-';

	if (negative)
		r->at++;
	for (; is_digit(*r->at); r->at++)
		value = value * 10 + (*r->at - '0');
	value *= 1000;
	if (*r->at == '.') {
		for (r->at++; is_digit(*r->at); r->at++) {
			scale /= 10;
			value += (*r->at - '0') * scale;
		}
	}
	r->sum = (r->sum + (negative ? -value : value)) % 1000000007;
}

static bool read_word(struct reader *r)
{
	const char *start = r->at;

	while (*r->at >= 'a' && *r->at <= 'z')
		r->hash = (r->hash ^ (uint8_t)*r->at++) * 16777619u;
	return r->at != start;
}

static bool nest(struct reader *r, char c)
{
	if (c == '{' || c == '[') {
		if (r->depth == DEPTH_MAX)
			return false;
		r->open[r->depth++] = c;
		return true;
	}
	return r->depth > 0 && r->open[--r->depth] == (c == '}' ? '{' : '[');
}

static bool read_token(struct reader *r)
{
	char c = *r->at;

	switch (c) {
	case '{':
	case '[':
	case '}':
	case ']':
		r->at++;
		return nest(r, c);
	case ',':
	case ':':
		r->at++;
		return true;
	case '"':
		r->values++;
		r->at++;
		return read_string(r);
	default:
		r->values++;
		if (c == '-' || is_digit(c)) {
			read_number(r);
			return true;
		}
		return read_word(r);
	}
}

GUEST(json)
{
	struct reader r = { .hash = 2166136261u };
	uint32_t h = 1;

	for (int32_t i = 0; i < n; i++) {
		r.at = report;
		for (;;) {
			while (is_space(*r.at))
				r.at++;
			if (*r.at == 0)
				break;
			if (!read_token(&r))
				return -1;
		}
		if (r.depth != 0)
			return -2;
		h = fold(h, r.hash ^ (uint32_t)r.sum ^ r.values);
	}
	return (int32_t)h;
}
