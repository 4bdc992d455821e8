/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * json.h - a JSON parser that is strict (RFC 8259) and small: is a text JSON, and what stands at a place in it?
 *
 *	json_find("{\"a\":[1,{\"b\":\"x\"}]}", "a.1.b")      "\"x\"": the value as it is written; NULL: not there
 *	json_find(text, "")                              the whole; NULL: it is not JSON
 */
#ifndef TESTS_JSON_H
#define TESTS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct json_text {
	const char *at, *want; /* want: what is left of the place that is looked for; NULL: nothing is */
	const char *found;
	size_t found_bytes;
	int depth;
};

static inline void json_blank(struct json_text *j)
{
	j->at += strspn(j->at, " \t\r\n");
}

static inline bool json_string(struct json_text *j)
{
	if (*j->at++ != '"')
		return false;
	for (; *j->at != '"'; j->at++) {
		unsigned char c = (unsigned char)*j->at;

		if (c < 0x20)
			return false;
		if (c != '\\')
			continue;
		j->at++;
		if (*j->at == 'u') {
			if (strspn(j->at + 1, "0123456789abcdefABCDEF") < 4)
				return false;
			j->at += 4;
		} else if (!*j->at || !strchr("\"\\/bfnrt", *j->at)) {
			return false;
		}
	}
	j->at++;
	return true;
}

static inline bool json_number(struct json_text *j)
{
	size_t n;

	j->at += *j->at == '-';
	n = strspn(j->at, "0123456789");
	if (n == 0 || (n > 1 && *j->at == '0'))
		return false;
	j->at += n;
	if (*j->at == '.') {
		n = strspn(++j->at, "0123456789");
		if (n == 0)
			return false;
		j->at += n;
	}
	if (*j->at == 'e' || *j->at == 'E') {
		j->at++;
		j->at += *j->at == '+' || *j->at == '-';
		n = strspn(j->at, "0123456789");
		if (n == 0)
			return false;
		j->at += n;
	}
	return true;
}

/* What is left of the place when its first part is this name; NULL: it is another. */
static inline const char *json_step(const char *want, const char *name, size_t len)
{
	if (!want || strncmp(want, name, len) != 0 || (want[len] && want[len] != '.'))
		return NULL;
	return want + len + (want[len] == '.');
}

static inline bool json_value(struct json_text *j);

static inline bool json_members(struct json_text *j, char end)
{
	const char *want = j->want && *j->want ? j->want : NULL;

	j->at++;
	json_blank(j);
	if (*j->at == end)
		return j->at++, true;
	for (uint32_t i = 0;; i++) {
		char index[16];
		const char *name = index;
		size_t len = (size_t)snprintf(index, sizeof(index), "%u", (unsigned)i);

		if (end == '}') {
			json_blank(j);
			name = j->at + 1;
			if (!json_string(j))
				return false;
			len = (size_t)(j->at - name - 1);
			json_blank(j);
			if (*j->at++ != ':')
				return false;
		}
		j->want = json_step(want, name, len);
		if (!json_value(j))
			return false;
		if (*j->at == end)
			return j->at++, true;
		if (*j->at++ != ',')
			return false;
	}
}

static inline bool json_value(struct json_text *j)
{
	const char *want = j->want, *from;
	bool ok;

	json_blank(j);
	from = j->at;
	if (++j->depth > 64)
		return false;
	if (*j->at == '{' || *j->at == '[')
		ok = json_members(j, *j->at == '{' ? '}' : ']');
	else if (*j->at == '"')
		ok = json_string(j);
	else if (strncmp(j->at, "true", 4) == 0 || strncmp(j->at, "null", 4) == 0)
		ok = true, j->at += 4;
	else if (strncmp(j->at, "false", 5) == 0)
		ok = true, j->at += 5;
	else
		ok = json_number(j);
	j->depth--;
	if (ok && want && !*want) {
		j->found = from;
		j->found_bytes = (size_t)(j->at - from);
	}
	if (ok)
		json_blank(j);
	return ok;
}

/* Borrowed until the next call. */
static inline const char *json_find(const char *text, const char *place)
{
	static char found[4096];
	struct json_text j = {.at = text, .want = place};

	if (!json_value(&j) || *j.at || !j.found || j.found_bytes >= sizeof(found))
		return NULL;
	memcpy(found, j.found, j.found_bytes);
	found[j.found_bytes] = '\0';
	return found;
}

#endif
