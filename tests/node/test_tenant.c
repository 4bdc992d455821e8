/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_tenant.c - who pays: what functions, tenants and events cost, and what becomes of who has used it up. */
#include "../abi/tiny_model.h"
#include "nrun.h"

static struct ew_tenant_stats tenant_of(const struct nrun *n, const char *name)
{
	struct ew_tenant_stats t;

	for (uint32_t i = 0; ew_node_tenant_at(n->node, i, &t) == EW_OK; i++)
		if (strcmp(t.name, name) == 0)
			return t;
	fail_msg("no tenant %s", name);
	return t;
}

static void set_quota(struct nrun *n, struct ew_tenant_config c)
{
	c.struct_bytes = sizeof(c);
	if (ew_node_tenant_put(n->node, &c, &n->err) != EW_OK)
		fail_msg("quota: %s", n->err.text);
}

/* What two functions of one tenant cost is what it is told, and nobody else's. */
static void costs_add_up(void **state)
{
	struct ew_function_stats a, b;
	struct ew_tenant_stats t;
	struct tiny model;
	struct nrun n;

	(void)state;
	tiny_fc(&model, 1);
	nrun_init(&n);
	n.host.clock = nrun_clock;
	n.clock = 1000;
	n.clock_step = 7;
	nrun_open(&n);
	assert_int_equal(ew_models_put(ew_node_models(n.node), "m", "1", model.bytes, model.size, EW_MODELS_BATCH(4), &n.err),
			 EW_OK);
	n.function.tenant = "acme";
	n.function.fail_limit = UINT32_MAX;
	nrun_put(&n, "a", "1", "batch");
	nrun_put(&n, "b", "1", "misbehave");
	n.function.tenant = "other";
	nrun_put(&n, "c", "1", "echo");
	n.function.tenant = NULL;
	nrun_put(&n, "d", "1", "echo");
	nrun_route(&n, "a", "a");
	nrun_route(&n, "b", "b");
	nrun_route(&n, "#", "c");
	nrun_route(&n, "#", "d");
	nrun_push(&n, "a", "1234");
	nrun_push(&n, "b", "t");
	nrun_push(&n, "a", "1234");
	nrun_step(&n);
	a = nrun_stats(&n, "a");
	b = nrun_stats(&n, "b");
	t = tenant_of(&n, "acme");
	assert_int_equal(a.bytes, 10);
	assert_true(a.busy_ns > 0 && a.fuel > 0);
	assert_int_equal(a.inferences, 2);
	assert_string_equal(a.tenant, "acme");
	assert_null(nrun_stats(&n, "d").tenant);
	assert_int_equal(t.calls, 3);
	assert_int_equal(t.events, 3);
	assert_int_equal(t.bytes, a.bytes + b.bytes);
	assert_int_equal(t.busy_ns, a.busy_ns + b.busy_ns);
	assert_int_equal(t.fuel, a.fuel + b.fuel);
	assert_int_equal(t.inferences, 2);
	assert_int_equal(t.failed_events, 1);
	assert_int_equal(t.emitted_events, 2);
	assert_int_equal(t.emitted_bytes, 2 * (6 + 2));
	assert_false(t.broke);
	assert_int_equal(tenant_of(&n, "other").events, 3);
	/* A tenant stays when its functions go. */
	assert_int_equal(ew_node_function_remove(n.node, "c"), EW_OK);
	assert_int_equal(tenant_of(&n, "other").events, 3);
	nrun_close(&n);
}

/*
 * Each kind of quota: what a second's worth lets through, that it comes back as time goes by, and that what one
 * event was too much is owed.
 */
static void quotas_hold(void **state)
{
	static const struct row {
		const char *name;
		struct ew_tenant_config quota;
		uint32_t through; /* of 5 at once */
		uint64_t wait;	  /* until one more gets through, ns; one less is too early */
	} rows[] = {
		{"none", {.name = "t"}, 5, 1},
		{"events", {.name = "t", .events_per_second = 2}, 2, 500000000},
		{"bytes, 5 each", {.name = "t", .bytes_per_second = 10}, 2, 100000000},
		{"bytes, two and a half", {.name = "t", .bytes_per_second = 13}, 3, 230769231},
		{"inferences", {.name = "t", .inferences_per_second = 4}, 4, 250000000},
		{"time, 8 ns each", {.name = "t", .busy_ns_per_second = 24}, 3, 41666667},
		{"the least of them", {.name = "t", .events_per_second = 4, .inferences_per_second = 1}, 1, 1000000000},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct row *row = &rows[i];
		struct tiny model;
		struct nrun n;
		uint32_t left;

		tiny_fc(&model, 1);
		nrun_init(&n);
		if (row->quota.busy_ns_per_second)
			n.host.clock = nrun_clock;
		nrun_open(&n);
		check_status(row->name, ew_models_put(ew_node_models(n.node), "m", "1", model.bytes, model.size, 0, &n.err),
			     EW_OK);
		n.function.tenant = "t";
		nrun_put(&n, "f", "1", "batch");
		nrun_route(&n, "#", "f");
		n.now = n.clock = 1000000000;
		n.clock_step = 8;
		nrun_step(&n);
		set_quota(&n, row->quota);
		for (int k = 0; k < 5; k++)
			nrun_push(&n, "t", "1234");
		if (n.host.clock) /* the clock goes on by itself: too little to matter */
			n.clock = n.now;
		nrun_step(&n);
		check_int(row->name, nrun_stats(&n, "f").calls, row->through);
		left = 5 - row->through;
		check_int(row->name, nrun_stats(&n, "f").dropped_quota, left);
		check_int(row->name, tenant_of(&n, "t").refused_events, left);
		check_int(row->name, n.reports[EW_NODE_TENANT], left != 0); /* told once */
		check_true(row->name, tenant_of(&n, "t").broke == (left != 0));
		if (!left) {
			nrun_close(&n);
			continue;
		}
		if (!n.host.clock) {
			n.now += row->wait - 1;
			nrun_push(&n, "t", "1234");
			nrun_step(&n);
			check_int(row->name, nrun_stats(&n, "f").calls, row->through);
			n.now++;
		} else {
			n.clock = n.now += 2 * row->wait;
		}
		nrun_push(&n, "t", "1234");
		nrun_push(&n, "t", "1234");
		nrun_step(&n);
		check_int(row->name, nrun_stats(&n, "f").calls, row->through + 1);
		check_int(row->name, n.reports[EW_NODE_TENANT], 2); /* it could go on, and then not again */
		nrun_close(&n);
	}
}

/* Fuel is known when the event is over: one event may be dear, and then the tenant waits. */
static void credit_is_paid_back(void **state)
{
	struct nrun n;
	uint64_t fuel;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	n.function.tenant = "t";
	n.function.fuel = 100000;
	n.function.fail_limit = UINT32_MAX;
	nrun_put(&n, "f", "1", "misbehave");
	nrun_route(&n, "#", "f");
	set_quota(&n, (struct ew_tenant_config){.name = "t", .fuel_per_second = 10000});
	nrun_push(&n, "t", "l"); /* loops: 100,000 and no more */
	nrun_step(&n);
	fuel = tenant_of(&n, "t").fuel;
	assert_true(fuel >= 100000);
	for (int second = 1; second < 20; second++) {
		n.now += 1000000000;
		nrun_push(&n, "t", ".");
		nrun_step(&n);
		if (tenant_of(&n, "t").fuel > fuel) {
			/* 10,000 at once were there, so 90,000 are owed: 9 seconds, and one in which it may go on. */
			assert_in_range(second, 9, 10);
			nrun_close(&n);
			return;
		}
	}
	fail_msg("it never came back");
}

/* Who cannot pay is stood in for as one who is parked; ticks wait, too; other tenants do not. */
static void others_go_on(void **state)
{
	struct nrun n;

	(void)state;
	nrun_init(&n);
	nrun_open(&n);
	nrun_step(&n);
	n.function.tenant = "poor";
	n.function.fallback = "spare";
	n.function.tick_ns = 10;
	n.function.batch = 4;
	nrun_put(&n, "f", "1", "count");
	n.function.tick_ns = 0;
	n.function.fallback = NULL;
	n.function.tenant = "rich";
	nrun_put(&n, "spare", "1", "echo");
	nrun_route(&n, "t", "f");
	set_quota(&n, (struct ew_tenant_config){.name = "poor", .events_per_second = 3});
	for (int i = 0; i < 8; i++)
		nrun_push(&n, "t", "x");
	nrun_step(&n);
	/* A batch of four is let through on credit; the other four fall back. */
	assert_int_equal(nrun_u32(&n, "f", "count"), 4);
	for (int i = 0; i < 4; i++)
		nrun_expect(&n, "spare", "echo", "x");
	assert_int_equal(nrun_stats(&n, "f").fallen_back, 4);
	assert_int_equal(nrun_stats(&n, "f").dropped_quota, 0);
	assert_int_equal(tenant_of(&n, "rich").events, 4);
	n.now += 10;
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "f").ticks, 0);
	n.now += 1000000000;
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "f").ticks, 1);
	/* A fallback that cannot pay either is none. */
	set_quota(&n, (struct ew_tenant_config){.name = "poor", .events_per_second = 1});
	set_quota(&n, (struct ew_tenant_config){.name = "rich", .events_per_second = 1});
	for (int i = 0; i < 12; i++)
		nrun_push(&n, "t", "x");
	nrun_step(&n);
	assert_int_equal(nrun_stats(&n, "f").fallen_back, 4 + 4);
	assert_int_equal(nrun_stats(&n, "f").dropped_quota, 4);
	nrun_close(&n);
}

/* Ten tenants with the same quotas; what one of them does, it alone pays for. */
static void ten_tenants(void **state)
{
	static const char harm[] = "lrgqpbteoa";
	char names[10][8], topic[256], data[16];
	uint32_t counted = 0;
	struct nrun n;

	(void)state;
	nrun_init(&n);
	n.function.fail_limit = UINT32_MAX;
	n.function.fuel = 200000;
	n.function.max_memory_pages = 4;
	n.function.grant.quota[EW_QUOTA_EMIT_EVENTS].per_call = 4;
	nrun_open(&n);
	n.now = 1000000000;
	nrun_step(&n);
	for (int t = 0; t < 10; t++) {
		snprintf(names[t], sizeof(names[t]), "t%d", t);
		n.function.tenant = names[t];
		nrun_put(&n, names[t], "1", t == 3 ? "misbehave" : "count");
		nrun_route(&n, names[t], names[t]);
		set_quota(&n, (struct ew_tenant_config){.name = names[t], .events_per_second = 1000, .fuel_per_second = 1000000});
	}
	for (uint32_t round = 0; round < 40; round++) {
		for (int t = 0; t < 10; t++)
			nrun_push(&n, names[t], (const char[]){harm[round % 10], 0});
		nrun_step(&n);
		while (nrun_pop(&n, topic, data, sizeof(data)))
			counted += strcmp(topic, "count") == 0 && (uint8_t)data[0] == round + 1;
		check_int("the other nine have counted on", counted, 9 * (round + 1));
	}
	for (int t = 0; t < 10; t++) {
		const struct ew_tenant_stats s = tenant_of(&n, names[t]);

		check_int(names[t], s.broke, t == 3);
		check_int(names[t], s.refused_events != 0, t == 3);
		check_int(names[t], s.failed_events != 0, t == 3);
		check_true(names[t], t == 3 ? s.fuel > 1000000 : s.events == 40 && s.fuel < 1000000);
	}
	nrun_close(&n);
}

static void limits(void **state)
{
	static const struct row {
		const char *name;
		struct ew_tenant_config c;
		enum ew_status want;
	} rows[] = {
		{"no quota", {.struct_bytes = sizeof(rows[0].c), .name = "t"}, EW_OK},
		{"no size", {.name = "t"}, EW_ERR_INVAL},
		{"no name", {.struct_bytes = sizeof(rows[0].c)}, EW_ERR_INVAL},
		{"empty name", {.struct_bytes = sizeof(rows[0].c), .name = ""}, EW_ERR_INVAL},
		{"longest name", {.struct_bytes = sizeof(rows[0].c), .name = "01234567890123456789012345678901234567890123456"}, EW_OK},
		{"longer name", {.struct_bytes = sizeof(rows[0].c), .name = "012345678901234567890123456789012345678901234567"},
		 EW_ERR_INVAL},
		{"most", {.struct_bytes = sizeof(rows[0].c), .name = "t", .fuel_per_second = 9223372036u}, EW_OK},
		{"more", {.struct_bytes = sizeof(rows[0].c), .name = "t", .fuel_per_second = 9223372037u}, EW_ERR_LIMIT},
	};
	struct ew_tenant_stats t;
	struct nrun n;
	char name[16];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		nrun_init(&n);
		nrun_open(&n);
		check_status(rows[i].name, ew_node_tenant_put(n.node, &rows[i].c, &n.err), rows[i].want);
		check_status(rows[i].name, ew_node_tenant_at(n.node, 0, &t), rows[i].want == EW_OK ? EW_OK : EW_ERR_NOENT);
		nrun_close(&n);
	}
	nrun_init(&n);
	nrun_open(&n);
	for (uint32_t i = 0; i <= EW_NODE_TENANTS; i++) {
		snprintf(name, sizeof(name), "t%u", (unsigned)i);
		n.function.tenant = name;
		check_status(name, nrun_try_put(&n, name, "1", "echo"), i < EW_NODE_TENANTS ? EW_OK : EW_ERR_LIMIT);
		if (i < EW_NODE_TENANTS)
			assert_int_equal(ew_node_function_remove(n.node, name), EW_OK);
	}
	n.function.tenant = "t0"; /* is there */
	nrun_put(&n, "f", "1", "echo");
	nrun_close(&n);
	nrun_init(&n);
	nrun_open(&n);
	n.mem.fail_at = n.mem.requests + 1;
	assert_int_equal(ew_node_tenant_put(n.node, &rows[0].c, &n.err), EW_ERR_NOMEM);
	nrun_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(costs_add_up), cmocka_unit_test(quotas_hold), cmocka_unit_test(credit_is_paid_back),
		cmocka_unit_test(others_go_on), cmocka_unit_test(ten_tenants), cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests_name("tenant", tests, NULL, NULL);
}
