/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* pool.c - instances of one module, used again and again: a list of idle ones, each reset when it comes back. */
#include "base/error.h"
#include "wasm/snapshot.h"

#if EW_CONFIG_WASM && EW_CONFIG_SNAPSHOT

struct ew_pool {
	struct ew_alloc alloc;
	const struct ew_module *module;
	struct ew_instance_config config;
	const struct ew_snapshot *start;
	struct ew_snapshot *own_start; /* taken from the first instance where the host gave none */
	struct ew_instance *idle;      /* by pool_next */
	uint32_t max_instances, count; /* idle and in use */
};

enum ew_status ew_pool_create(struct ew_pool **out, const struct ew_module *module, const struct ew_pool_config *config,
			      const struct ew_alloc *alloc)
{
	struct ew_pool_config c;
	struct ew_pool *p;

	*out = NULL;
	ewi_config_read(&c, sizeof(c), config);
	if (c.start && c.start->module != module)
		return EW_ERR_INVAL;
	p = ewi_alloc(alloc, 1, sizeof(*p));
	if (!p)
		return EW_ERR_NOMEM;
	p->alloc = *alloc;
	p->module = module;
	ewi_config_read(&p->config, sizeof(p->config), c.instance);
	p->config.struct_bytes = sizeof(p->config);
	p->start = c.start;
	p->max_instances = c.max_instances;
	*out = p;
	return EW_OK;
}

void ew_pool_destroy(struct ew_pool *p)
{
	struct ew_alloc a;

	if (!p)
		return;
	a = p->alloc;
	while (p->idle) {
		struct ew_instance *i = p->idle;

		p->idle = i->pool_next;
		ew_instance_destroy(i);
	}
	ew_snapshot_free(p->own_start);
	ewi_free(&a, p, 1, sizeof(*p));
}

/* A new one, brought to the pool's state. */
static enum ew_status make(struct ew_pool *p, struct ew_instance **out, struct ew_error *err)
{
	struct ew_instance *i;
	enum ew_status st = ew_instance_create(&i, p->module, &p->config, &p->alloc, NULL, err);

	if (st != EW_OK)
		return st;
	if (!p->start) {
		st = ew_snapshot_take(&p->own_start, i, &p->alloc, err);
		p->start = p->own_start;
	}
	if (st == EW_OK)
		st = ew_snapshot_restore(i, p->start);
	if (st != EW_OK) {
		ew_instance_destroy(i);
		return ewi_error(err, st, 0, "%s", ew_status_text(st));
	}
	p->count++;
	*out = i;
	return EW_OK;
}

enum ew_status ew_pool_get(struct ew_pool *p, struct ew_instance **out, struct ew_error *err)
{
	*out = NULL;
	ewi_error_clear(err);
	if (p->idle) {
		*out = p->idle;
		p->idle = (*out)->pool_next;
		return EW_OK;
	}
	if (p->max_instances != 0 && p->count >= p->max_instances)
		return ewi_error(err, EW_ERR_LIMIT, 0, "all %u instances of the pool are in use",
				 (unsigned)p->max_instances);
	return make(p, out, err);
}

void ew_pool_put(struct ew_pool *p, struct ew_instance *i)
{
	if (!i)
		return;
	if (ew_snapshot_restore(i, p->start) != EW_OK) {
		ew_instance_destroy(i);
		p->count--;
		return;
	}
	i->pool_next = p->idle;
	p->idle = i;
}

#endif
