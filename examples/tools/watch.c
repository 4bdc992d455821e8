/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * watch.c - see watch.h.
 *
 * Every step tells how deep in calls it is and what fuel is left.  So the chain of callers follows from the depths
 * alone, and what a function has used is the difference from its step to the next one, whoever's that is: the sum of
 * all is the sum of the run by construction, what host functions burn included (their caller pays).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "report.h"
#include "values.h"
#include "watch.h"

#define WATCH_NONE UINT32_MAX

/* ---- trace ---- */

static void print_step(FILE *to, const struct ew_step *s)
{
	const struct ew_module *m = ew_instance_module(s->instance);
	const union ew_value *v = s->values;
	char text[160], value[64];

	if (ew_module_disasm(m, s->offset, text, sizeof(text), NULL) != EW_OK)
		text[0] = '\0';
	fprintf(to, "%4" PRIu32 " ", s->depth);
	report_func(to, m, s->func, 20);
	fprintf(to, " 0x%06" PRIx32 "  ", s->offset);
	fprintf(to, s->value_count ? "%-28s" : "%s", text);
	for (uint32_t i = 0; i < s->value_count; v += value_slots(s->types[i++])) {
		value_print(value, sizeof(value), s->types[i], v);
		fprintf(to, " %s", value);
	}
	fputc('\n', to);
}

/* ---- profile ---- */

static uint32_t add_node(struct watch *w, const struct ew_module *m, uint32_t func, uint32_t parent)
{
	struct watch_node *n;

	if (w->node_count == w->node_cap) {
		uint32_t cap = w->node_cap ? 2 * w->node_cap : 64;

		n = realloc(w->nodes, cap * sizeof(*n));
		if (!n) {
			w->failed = true;
			return WATCH_NONE;
		}
		w->nodes = n;
		w->node_cap = cap;
	}
	n = &w->nodes[w->node_count];
	*n = (struct watch_node){.module = m, .func = func, .parent = parent, .first_child = WATCH_NONE};
	n->next_sibling = parent == WATCH_NONE ? w->first_root : w->nodes[parent].first_child;
	if (parent == WATCH_NONE)
		w->first_root = w->node_count;
	else
		w->nodes[parent].first_child = w->node_count;
	return w->node_count++;
}

static uint32_t find_node(struct watch *w, const struct ew_module *m, uint32_t func, uint32_t parent)
{
	uint32_t i = parent == WATCH_NONE ? w->first_root : w->nodes[parent].first_child;

	for (; i != WATCH_NONE; i = w->nodes[i].next_sibling)
		if (w->nodes[i].func == func && w->nodes[i].module == m)
			return i;
	return add_node(w, m, func, parent);
}

static void charge(struct watch *w, int64_t fuel)
{
	if (w->current != WATCH_NONE) {
		w->nodes[w->current].self += (uint64_t)(w->fuel - fuel);
		w->sum += (uint64_t)(w->fuel - fuel);
	}
	w->fuel = fuel;
}

/* The function of this step is at this depth now; what was deeper has returned. */
static void enter(struct watch *w, const struct ew_step *s)
{
	const struct ew_module *m = ew_instance_module(s->instance);
	uint32_t depth = s->depth < WATCH_DEPTH ? s->depth : WATCH_DEPTH - 1, parent = WATCH_NONE;

	if (w->stack_len == depth + 1 && w->current != WATCH_NONE && w->nodes[w->current].func == s->func &&
	    w->nodes[w->current].module == m)
		return;
	while (w->stack_len < depth)
		w->stack[w->stack_len++] = WATCH_NONE;
	for (uint32_t d = depth; d > 0 && parent == WATCH_NONE; d--)
		parent = w->stack[d - 1];
	w->current = w->stack[depth] = find_node(w, m, s->func, parent);
	w->stack_len = depth + 1;
}

static enum ew_status on_step(void *user, const struct ew_step *s)
{
	struct watch *w = user;

	if (w->trace)
		print_step(w->trace, s);
	if (w->profile && !w->failed) {
		charge(w, s->fuel);
		enter(w, s);
	}
	return EW_OK;
}

void watch_begin(struct watch *w, struct ew_exec *exec)
{
	if (w->node_count == 0)
		w->first_root = WATCH_NONE;
	w->stack_len = 0;
	w->current = WATCH_NONE;
	if (w->trace || w->profile)
		ew_exec_observe(exec, on_step, w);
}

void watch_end(struct watch *w, struct ew_exec *exec)
{
	charge(w, ew_exec_fuel(exec));
	w->current = WATCH_NONE;
	ew_exec_observe(exec, NULL, NULL);
}

/* ---- reports ---- */

static bool called_by_itself(const struct watch *w, uint32_t node)
{
	for (uint32_t p = w->nodes[node].parent; p != WATCH_NONE; p = w->nodes[p].parent)
		if (w->nodes[p].func == w->nodes[node].func && w->nodes[p].module == w->nodes[node].module)
			return true;
	return false;
}

static int by_self(const void *a, const void *b)
{
	const struct watch_node *x = a, *y = b;

	if (x->self != y->self)
		return x->self < y->self ? 1 : -1;
	return x->func < y->func ? -1 : x->func > y->func;
}

/* Nodes of one function into one row. */
static uint32_t add_up(struct watch *w, struct watch_node *rows)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < w->node_count; i++)
		w->nodes[i].total = w->nodes[i].self;
	for (uint32_t i = w->node_count; i-- > 0;)
		if (w->nodes[i].parent != WATCH_NONE)
			w->nodes[w->nodes[i].parent].total += w->nodes[i].total;
	for (uint32_t i = 0; i < w->node_count; i++) {
		const struct watch_node *n = &w->nodes[i];
		uint32_t r = 0;

		while (r < count && (rows[r].func != n->func || rows[r].module != n->module))
			r++;
		if (r == count)
			rows[count++] = (struct watch_node){.module = n->module, .func = n->func};
		rows[r].self += n->self;
		rows[r].total += called_by_itself(w, i) ? 0 : n->total;
	}
	qsort(rows, count, sizeof(*rows), by_self);
	return count;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

void watch_report(struct watch *w, FILE *to)
{
	struct watch_node *rows = malloc((w->node_count + 1) * sizeof(*rows));
	uint32_t count;

	if (!rows || w->failed) {
		fprintf(to, "profile: no memory\n");
		free(rows);
		return;
	}
	count = add_up(w, rows);
	fprintf(to, "profile: %" PRIu64 " fuel in %" PRIu32 " function%s\n", w->sum, count, count == 1 ? "" : "s");
	fprintf(to, "%14s %6s %14s %6s  function\n", "own", "%", "with callees", "%");
	for (uint32_t r = 0; r < count; r++) {
		fprintf(to, "%14" PRIu64 " %6.2f %14" PRIu64 " %6.2f  ", rows[r].self, share(rows[r].self, w->sum),
			rows[r].total, share(rows[r].total, w->sum));
		report_func(to, rows[r].module, rows[r].func, 0);
		fputc('\n', to);
	}
	free(rows);
}

void watch_folded(const struct watch *w, FILE *to)
{
	for (uint32_t i = 0; i < w->node_count; i++) {
		uint32_t chain[WATCH_DEPTH], n = 0;

		if (w->nodes[i].self == 0)
			continue;
		for (uint32_t p = i; p != WATCH_NONE; p = w->nodes[p].parent)
			chain[n++] = p;
		while (n-- > 0) {
			report_func(to, w->nodes[chain[n]].module, w->nodes[chain[n]].func, 0);
			fputc(n ? ';' : ' ', to);
		}
		fprintf(to, "%" PRIu64 "\n", w->nodes[i].self);
	}
}

void watch_deinit(struct watch *w)
{
	free(w->nodes);
	w->nodes = NULL;
	w->node_count = w->node_cap = 0;
}
