/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * json.h - a small JSON reader for the tools: one pass, no recursion, bounded depth and size.
 *
 * The text is parsed in place (strings are unescaped where they stand) into one array of nodes, in the
 * order of the text.  Source: RFC 8259.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH 64	       /* nested arrays and objects */
#define JSON_NODES (1u << 24)  /* 48 bytes each */

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_node {
	enum json_kind kind;
	uint32_t next;	 /* index of the next sibling, 0: none */
	uint32_t first;	 /* index of the first member or element, 0: none */
	uint32_t key_len;
	const char *key;  /* of an object's member; not terminated */
	const char *text; /* string without quotes and escapes, number, true, false; not terminated */
	size_t len;
};

struct json {
	struct json_node *nodes; /* nodes[0] is the document */
	uint32_t count, cap;
	const char *error; /* what is wrong, when json_parse said false */
	size_t at;	   /* byte where it is */
};

/* text[len] must be writable and is set to 0.  The nodes point into text. */
bool json_parse(struct json *j, char *text, size_t len);
void json_free(struct json *j);

/* NULL when there is none; any of these takes a NULL node. */
const struct json_node *json_get(const struct json *j, const struct json_node *object,
				 const char *key);
const struct json_node *json_first(const struct json *j, const struct json_node *parent);
const struct json_node *json_next(const struct json *j, const struct json_node *node);

bool json_is(const struct json_node *node, const char *text); /* a string or number equal to text */
uint32_t json_u32(const struct json_node *node);	      /* 0 when it is not such a number */

#endif
