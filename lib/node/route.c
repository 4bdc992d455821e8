/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * route.c - which topics go to which functions.
 *
 * Patterns are tried one after another: some ten nanoseconds each, most are refused by their first part.
 */
#include "node/node.h"

#if EW_CONFIG_NODE

static size_t part_len(const char *p, size_t len)
{
	const char *slash = len ? memchr(p, '/', len) : NULL;

	return slash ? (size_t)(slash - p) : len;
}

/* '+' and '#' stand alone in their part, '#' last. */
static bool pattern_is_good(const char *p, size_t len)
{
	if (len == 0 || len > EW_NODE_TOPIC_BYTES)
		return false;
	for (size_t at = 0;;) {
		size_t n = part_len(p + at, len - at);
		bool wild = n && (memchr(p + at, '+', n) || memchr(p + at, '#', n));

		if (wild && n != 1)
			return false;
		if (wild && p[at] == '#' && at + 1 != len)
			return false;
		at += n;
		if (at == len)
			return true;
		at++;
	}
}

bool ewi_topic_matches(const char *p, size_t plen, const char *t, size_t tlen)
{
	for (;;) {
		size_t pn = part_len(p, plen), tn;

		if (pn == 1 && p[0] == '#')
			return true;
		tn = part_len(t, tlen);
		if (!(pn == 1 && p[0] == '+') && (pn != tn || memcmp(p, t, pn) != 0))
			return false;
		if (tn == tlen) {
			/* The topic ends here: so must the pattern, but for "/#". */
			if (pn == plen)
				return true;
			return plen - pn == 2 && p[pn + 1] == '#';
		}
		if (pn == plen)
			return false;
		p += pn + 1;
		plen -= pn + 1;
		t += tn + 1;
		tlen -= tn + 1;
	}
}

uint32_t ewi_route_match(struct ew_node *node, const char *topic, size_t len,
			 struct ewi_function **out)
{
	uint32_t count = 0;

	node->stamp++;
	for (size_t i = 0; i < node->route_count; i++) {
		const struct ewi_route *r = &node->routes[i];

		if (r->function->stamp == node->stamp)
			continue;
		/* Refuse most by their first byte. */
		if (r->pattern[0] != '+' && r->pattern[0] != '#' && len &&
		    r->pattern[0] != topic[0])
			continue;
		if (!ewi_topic_matches(r->pattern, r->len, topic, len))
			continue;
		r->function->stamp = node->stamp;
		out[count++] = r->function;
	}
	return count;
}

static size_t find(const struct ew_node *node, const char *pattern, size_t len,
		   const struct ewi_function *f)
{
	size_t i = 0;

	while (i < node->route_count &&
	       !(node->routes[i].function == f && node->routes[i].len == len &&
		 memcmp(node->routes[i].pattern, pattern, len) == 0))
		i++;
	return i;
}

static enum ew_status add(struct ew_node *node, const char *pattern, const char *function, struct ew_error *err)
{
	struct ewi_function *f = ewi_function_find(node, function);
	size_t len = strlen(pattern), cap;
	struct ewi_route *r;
	enum ew_status st;

	if (!pattern_is_good(pattern, len))
		return ewi_error(err, EW_ERR_INVAL, 0,
				 "\"%s\": parts are text, '+' or a last '#', 1 to %u bytes", pattern,
				 (unsigned)EW_NODE_TOPIC_BYTES);
	if (!f)
		return ewi_error(err, EW_ERR_NOENT, 0, "no function is called %s", function);
	if (find(node, pattern, len, f) < node->route_count)
		return ewi_error(err, EW_ERR_EXISTS, 0, "%s goes to %s already", pattern, function);
	if (node->route_count >= node->max_routes)
		return ewi_error(err, EW_ERR_LIMIT, 0, "more than %u routes",
				 (unsigned)node->max_routes);
	if (node->route_count == node->route_cap) {
		cap = ewi_grow(&node->alloc, (void **)&node->routes, node->route_cap,
			       node->max_routes, sizeof(*node->routes));
		if (!cap)
			return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
		node->route_cap = cap;
	}
	r = &node->routes[node->route_count];
	r->pattern = ewi_alloc(&node->alloc, len, 1);
	if (!r->pattern)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	st = ewi_node_kept(node, node->keeper ? node->keeper->ops->route(node->keeper, pattern, function, true) : EW_OK);
	if (st != EW_OK) {
		ewi_free(&node->alloc, r->pattern, len, 1);
		return ewi_error(err, st, 0, "the route cannot be kept: %s", ew_status_text(st));
	}
	memcpy(r->pattern, pattern, len);
	r->len = (uint32_t)len;
	r->function = f;
	node->route_count++;
	return EW_OK;
}

enum ew_status ew_node_route_add(struct ew_node *node, const char *pattern, const char *function,
				 struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_ROUTE, .name = function, .other = pattern};
	enum ew_status st = ewi_act_begin(node, &act, err);

	return st == EW_OK ? ewi_act_end(node, add(node, pattern, function, err)) : st;
}

static void remove_at(struct ew_node *node, size_t i)
{
	ewi_free(&node->alloc, node->routes[i].pattern, node->routes[i].len, 1);
	node->route_count--;
	memmove(&node->routes[i], &node->routes[i + 1],
		(node->route_count - i) * sizeof(*node->routes));
}

enum ew_status ew_node_route_remove(struct ew_node *node, const char *pattern, const char *function)
{
	const struct ewi_act_args act = {.act = EWI_ACT_UNROUTE, .name = function, .other = pattern};
	enum ew_status st = ewi_act_begin(node, &act, NULL);
	const struct ewi_function *f = ewi_function_find(node, function);
	size_t i;

	if (st != EW_OK)
		return st;
	i = f ? find(node, pattern, strlen(pattern), f) : node->route_count;
	if (i == node->route_count)
		return ewi_act_end(node, EW_ERR_NOENT);
	st = ewi_node_kept(node, node->keeper ? node->keeper->ops->route(node->keeper, pattern, function, false) : EW_OK);
	if (st == EW_OK)
		remove_at(node, i);
	return ewi_act_end(node, st);
}

void ewi_routes_drop(struct ew_node *node, const struct ewi_function *function)
{
	for (size_t i = node->route_count; i > 0; i--)
		if (node->routes[i - 1].function == function)
			remove_at(node, i - 1);
}

void ewi_routes_free(struct ew_node *node)
{
	while (node->route_count)
		remove_at(node, node->route_count - 1);
	ewi_free(&node->alloc, node->routes, node->route_cap, sizeof(*node->routes));
}

#endif
