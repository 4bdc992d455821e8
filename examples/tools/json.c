/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* json.c - see json.h. */
#include <stdlib.h>
#include <string.h>
#include "json.h"

struct reader {
	struct json *j;
	char *p, *start, *end;
	uint32_t open[JSON_DEPTH]; /* nodes that are not closed yet, outermost first */
	uint32_t last[JSON_DEPTH]; /* their last child so far */
	int depth;
};

static bool fail(struct reader *r, const char *why)
{
	r->j->error = why;
	r->j->at = (size_t)(r->p - r->start);
	return false;
}

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

static bool hex4(struct reader *r, uint32_t *out)
{
	uint32_t v = 0;

	if (r->end - r->p < 4)
		return fail(r, "cut escape");
	for (int i = 0; i < 4; i++) {
		char c = *r->p++;

		v <<= 4;
		if (c >= '0' && c <= '9')
			v |= (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v |= (uint32_t)((c | 32) - 'a' + 10);
		else
			return fail(r, "bad escape");
	}
	*out = v;
	return true;
}

/* At most as many bytes as the escape had: 4 for two of six, 3 for one of six. */
static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

static bool unicode(struct reader *r, char **out)
{
	uint32_t c, low;

	if (!hex4(r, &c))
		return false;
	if (c >= 0xdc00 && c <= 0xdfff)
		return fail(r, "lone surrogate");
	if (c >= 0xd800 && c <= 0xdbff) {
		if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
			return fail(r, "lone surrogate");
		r->p += 2;
		if (!hex4(r, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(r, "lone surrogate");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*out = put_utf8(*out, c);
	return true;
}

/* r->p is behind the opening quote; unescapes in place and leaves r->p behind the closing one. */
static bool string(struct reader *r, const char **text, size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char *out = r->p;

	*text = out;
	while (r->p < r->end && *r->p != '"') {
		const char *which;

		if ((unsigned char)*r->p < 0x20)
			return fail(r, "control character in a string");
		if (*r->p != '\\') {
			*out++ = *r->p++;
			continue;
		}
		if (++r->p == r->end)
			break;
		if (*r->p == 'u') {
			r->p++;
			if (!unicode(r, &out))
				return false;
			continue;
		}
		which = *r->p ? strchr(from, *r->p) : NULL;
		if (!which)
			return fail(r, "bad escape");
		*out++ = to[which - from];
		r->p++;
	}
	if (r->p == r->end)
		return fail(r, "string without end");
	*len = (size_t)(out - *text);
	r->p++;
	return true;
}

static struct json_node *new_node(struct reader *r)
{
	struct json *j = r->j;
	uint32_t index = j->count;

	if (j->count == j->cap) {
		uint32_t cap = j->cap ? j->cap * 2 : 256;
		struct json_node *nodes =
			cap > JSON_NODES ? NULL : realloc(j->nodes, cap * sizeof(*nodes));

		if (!nodes) {
			fail(r, "too many values");
			return NULL;
		}
		j->nodes = nodes;
		j->cap = cap;
	}
	memset(&j->nodes[index], 0, sizeof(j->nodes[index]));
	j->count++;
	if (r->depth > 0) {
		uint32_t *last = &r->last[r->depth - 1];

		if (*last)
			j->nodes[*last].next = index;
		else
			j->nodes[r->open[r->depth - 1]].first = index;
		*last = index;
	}
	return &j->nodes[index];
}

static bool number(struct reader *r, struct json_node *n)
{
	static const char allowed[] = "0123456789+-.eE";

	n->kind = JSON_NUMBER;
	n->text = r->p;
	while (r->p < r->end && *r->p && strchr(allowed, *r->p))
		r->p++;
	n->len = (size_t)(r->p - n->text);
	return n->len ? true : fail(r, "not a value");
}

static bool word(struct reader *r, struct json_node *n)
{
	static const char *const words[] = {"null", "true", "false"};

	for (size_t i = 0; i < 3; i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(r->end - r->p) >= len && memcmp(r->p, words[i], len) == 0) {
			n->kind = i ? JSON_BOOL : JSON_NULL;
			n->text = r->p;
			n->len = len;
			r->p += len;
			return true;
		}
	}
	return number(r, n);
}

/* One value; an array or object is opened, not read. */
static bool value(struct reader *r, const char *key, size_t key_len)
{
	struct json_node *n = new_node(r);

	if (!n)
		return false;
	n->key = key;
	n->key_len = (uint32_t)key_len;
	if (r->p == r->end)
		return fail(r, "text ends early");
	if (*r->p == '"') {
		r->p++;
		n->kind = JSON_STRING;
		return string(r, &n->text, &n->len);
	}
	if (*r->p != '[' && *r->p != '{')
		return word(r, n);
	if (r->depth == JSON_DEPTH)
		return fail(r, "nested too deeply");
	n->kind = *r->p == '[' ? JSON_ARRAY : JSON_OBJECT;
	r->open[r->depth] = (uint32_t)(n - r->j->nodes);
	r->last[r->depth++] = 0;
	r->p++;
	return true;
}

/* A member of the object or an element of the array that is open. */
static bool member(struct reader *r, bool in_object)
{
	const char *key = NULL;
	size_t key_len = 0;

	if (in_object) {
		if (r->p == r->end || *r->p != '"')
			return fail(r, "a key is missing");
		r->p++;
		if (!string(r, &key, &key_len))
			return false;
		skip_space(r);
		if (r->p == r->end || *r->p++ != ':')
			return fail(r, "a colon is missing");
		skip_space(r);
	}
	return value(r, key, key_len);
}

/* One step inside an open array or object: close it, or read what comes next. */
static bool step(struct reader *r, bool *fresh)
{
	bool in_object = r->j->nodes[r->open[r->depth - 1]].kind == JSON_OBJECT;
	int depth = r->depth;

	skip_space(r);
	if (r->p == r->end)
		return fail(r, "text ends early");
	if (*r->p == (in_object ? '}' : ']')) {
		r->p++;
		r->depth--;
		*fresh = false;
		return true;
	}
	if (!*fresh) {
		if (*r->p++ != ',')
			return fail(r, "a comma is missing");
		skip_space(r);
	}
	if (!member(r, in_object))
		return false;
	*fresh = r->depth > depth;
	return true;
}

bool json_parse(struct json *j, char *text, size_t len)
{
	struct reader r = {.j = j, .p = text, .start = text, .end = text + len};
	bool fresh = true;

	memset(j, 0, sizeof(*j));
	text[len] = '\0';
	skip_space(&r);
	if (!value(&r, NULL, 0))
		return false;
	while (r.depth > 0)
		if (!step(&r, &fresh))
			return false;
	skip_space(&r);
	return r.p == r.end ? true : fail(&r, "text goes on behind the document");
}

void json_free(struct json *j)
{
	free(j->nodes);
	j->nodes = NULL;
	j->count = j->cap = 0;
}

const struct json_node *json_first(const struct json *j, const struct json_node *parent)
{
	return parent && parent->first ? &j->nodes[parent->first] : NULL;
}

const struct json_node *json_next(const struct json *j, const struct json_node *node)
{
	return node && node->next ? &j->nodes[node->next] : NULL;
}

const struct json_node *json_get(const struct json *j, const struct json_node *object,
				 const char *key)
{
	size_t len = strlen(key);

	if (!object || object->kind != JSON_OBJECT)
		return NULL;
	for (const struct json_node *n = json_first(j, object); n; n = json_next(j, n))
		if (n->key_len == len && memcmp(n->key, key, len) == 0)
			return n;
	return NULL;
}

bool json_is(const struct json_node *node, const char *text)
{
	return node && (node->kind == JSON_STRING || node->kind == JSON_NUMBER) &&
	       node->len == strlen(text) && memcmp(node->text, text, node->len) == 0;
}

uint32_t json_u32(const struct json_node *node)
{
	uint64_t v = 0;

	if (!node || node->kind != JSON_NUMBER)
		return 0;
	for (size_t i = 0; i < node->len; i++) {
		if (node->text[i] < '0' || node->text[i] > '9')
			return 0;
		v = v * 10 + (uint64_t)(node->text[i] - '0');
		if (v > UINT32_MAX)
			return 0;
	}
	return (uint32_t)v;
}
