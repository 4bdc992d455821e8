/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * tenant.c - who pays for a function: what all functions of a tenant have used, and what they may use in a second.
 *
 * What an event costs is known when it is over, so it is paid for then, on credit if need be: a tenant in debt waits
 * until its seconds have paid it back, and over any time it gets what it may have and one event more.
 */
#include "node/node.h"

#if EW_CONFIG_NODE

#define SECOND 1000000000u

struct ewi_tenant *ewi_tenant_find(const struct ew_node *node, const char *name)
{
	for (struct ewi_tenant *t = node->tenants; t; t = t->next)
		if (ewi_same_text(t->name, name))
			return t;
	return NULL;
}

enum ew_status ewi_tenant_get(struct ew_node *node, const char *name, struct ewi_tenant **out, struct ew_error *err)
{
	struct ewi_tenant **last = &node->tenants;
	uint32_t count = 0;

	*out = ewi_tenant_find(node, name);
	if (*out)
		return EW_OK;
	if (!name[0] || strlen(name) >= EW_NODE_NAME_BYTES)
		return ewi_error(err, EW_ERR_INVAL, 0, "a tenant's name is 1 to 47 bytes");
	for (; *last; last = &(*last)->next)
		count++;
	if (count >= EW_NODE_TENANTS)
		return ewi_error(err, EW_ERR_LIMIT, 0, "more than %u tenants", (unsigned)EW_NODE_TENANTS);
	*out = *last = ewi_alloc(&node->alloc, 1, sizeof(**out));
	if (!*out)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	memcpy((*out)->name, name, strlen(name));
	return EW_OK;
}

void ewi_tenants_free(struct ew_node *node)
{
	while (node->tenants) {
		struct ewi_tenant *t = node->tenants;

		node->tenants = t->next;
		ewi_free(&node->alloc, t, 1, sizeof(*t));
	}
}

/* ---- quotas ----------------------------------------------------------------------------------- */

static enum ew_status put(struct ew_node *node, const struct ewi_act_args *act, struct ew_error *err)
{
	struct ew_tenant_config c;
	struct ewi_tenant *t;
	struct ew_bucket b[EWI_TENANT_QUOTAS];
	enum ew_status st;

	if (!ewi_config_copy(&c, sizeof(c), act->tenant, act->tenant->struct_bytes) || !c.name)
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes or name is not set");
	for (int k = 0; k < EWI_TENANT_QUOTAS; k++) {
		uint64_t rate = (const uint64_t[]){c.events_per_second, c.bytes_per_second, c.fuel_per_second,
						   c.busy_ns_per_second, c.inferences_per_second}[k];

		st = ew_bucket_init(&b[k], rate, rate ? SECOND : 0, rate, node->now_ns);
		if (st != EW_OK)
			return ewi_error(err, st, 0, "a quota is over 2^33 a second");
	}
	st = ewi_tenant_get(node, c.name, &t, err);
	if (st != EW_OK)
		return st;
	st = ewi_act_keep(node, act, err);
	if (st != EW_OK)
		return st;
	memcpy(t->bucket, b, sizeof(b));
	memset(t->debt, 0, sizeof(t->debt));
	t->broke = false;
	t->limited = false;
	for (int k = 0; k < EWI_TENANT_QUOTAS; k++)
		t->limited |= b[k].rate != 0;
	return EW_OK;
}

enum ew_status ew_node_tenant_put(struct ew_node *node, const struct ew_tenant_config *config, struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_TENANT, .tenant = config};
	enum ew_status st = ewi_act_begin(node, &act, err);

	return st == EW_OK ? ewi_act_end(node, put(node, &act, err)) : st;
}

static void pay(struct ew_bucket *b, uint64_t *debt, uint64_t n, uint64_t now_ns)
{
	uint64_t can;

	if (!b->rate)
		return;
	*debt = n < UINT64_MAX - *debt ? *debt + n : UINT64_MAX;
	(void)ew_bucket_take(b, 0, now_ns); /* what has come since */
	can = *debt < b->tokens ? *debt : b->tokens;
	b->tokens -= can;
	*debt -= can;
}

bool ewi_tenant_allows(struct ewi_tenant *t, uint64_t now_ns, bool *told)
{
	bool broke = false;

	*told = t->broke;
	if (!t->limited)
		return true;
	for (int k = 0; k < EWI_TENANT_QUOTAS; k++) {
		pay(&t->bucket[k], &t->debt[k], 0, now_ns);
		broke |= t->debt[k] != 0 || (t->bucket[k].rate && t->bucket[k].tokens == 0);
	}
	t->broke = broke;
	return !broke;
}

void ewi_tenant_charge(struct ewi_tenant *t, const struct ewi_cost *c, uint64_t now_ns)
{
	const uint64_t costs[EWI_TENANT_QUOTAS] = {c->events, c->bytes, c->fuel, c->busy_ns, c->inferences};

	t->stats.calls += c->events != 0;
	t->stats.events += c->events;
	t->stats.bytes += c->bytes;
	t->stats.fuel += c->fuel;
	t->stats.busy_ns += c->busy_ns;
	t->stats.inferences += c->inferences;
	for (int k = 0; k < EWI_TENANT_QUOTAS && t->limited; k++)
		pay(&t->bucket[k], &t->debt[k], costs[k], now_ns);
}

/* ---- figures ---------------------------------------------------------------------------------- */

enum ew_status ew_node_tenant_at(const struct ew_node *node, uint32_t index, struct ew_tenant_stats *out)
{
	const struct ewi_tenant *t = node->tenants;

	while (t && index-- > 0)
		t = t->next;
	if (!t)
		return EW_ERR_NOENT;
	*out = t->stats;
	out->name = t->name;
	out->broke = t->broke;
	return EW_OK;
}

#endif
