/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* setting.c - settings of a function that change while it runs. */
#include "edgewasm/state.h"
#include "node/node.h"

#if EW_CONFIG_NODE

#define KEY_MOST 255u

const struct ewi_override *ewi_override_find(const struct ewi_function *f, const char *key, size_t len)
{
	for (const struct ewi_override *o = f->overrides; o; o = o->next)
		if (ewi_name_is(o->text, key, len))
			return o;
	return NULL;
}

static size_t bytes_of(const struct ewi_override *o)
{
	return sizeof(*o) + o->key_bytes + o->value_bytes;
}

static void drop(struct ewi_function *f, const char *key, const struct ew_alloc *alloc)
{
	for (struct ewi_override **at = &f->overrides; *at; at = &(*at)->next) {
		struct ewi_override *o = *at;

		if (!ewi_same_text(o->text, key))
			continue;
		*at = o->next;
		ewi_free(alloc, o, bytes_of(o), 1);
		return;
	}
}

void ewi_overrides_free(struct ewi_function *f, const struct ew_alloc *alloc)
{
	while (f->overrides)
		drop(f, f->overrides->text, alloc);
}

/* In the order of their keys, so that it is the same however they came. */
static void link_in(struct ewi_function *f, struct ewi_override *o)
{
	struct ewi_override **at = &f->overrides;

	while (*at && memcmp((*at)->text, o->text, (*at)->key_bytes < o->key_bytes ? (*at)->key_bytes : o->key_bytes) < 0)
		at = &(*at)->next;
	o->next = *at;
	*at = o;
}

static void begin_anew(struct ewi_version *v)
{
	if (!v)
		return;
	ewi_version_changed(v);
	if (v->instance)
		ewi_version_stop(v);
}

static enum ew_status put(struct ew_node *node, const char *function, const char *key, const void *value, size_t value_bytes,
			  struct ew_error *err)
{
	struct ewi_function *f = function ? ewi_function_find(node, function) : NULL;
	size_t key_bytes = key ? strlen(key) + 1 : 0;
	struct ewi_override *o = NULL;
	enum ew_status st = EW_OK;

	if (key_bytes < 2 || key_bytes > KEY_MOST + 1)
		return ewi_error(err, EW_ERR_INVAL, 0, "a setting's key has 1 to %u bytes", KEY_MOST);
	if (!f)
		return ewi_error(err, EW_ERR_NOENT, 0, "no function is called %s", function ? function : "");
	if (value) {
		o = value_bytes < SIZE_MAX / 2 ? ewi_alloc(&node->alloc, sizeof(*o) + key_bytes + value_bytes, 1) : NULL;
		if (!o)
			return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
		o->key_bytes = key_bytes;
		o->value_bytes = value_bytes;
		memcpy(o->text, key, key_bytes);
		if (value_bytes)
			memcpy(o->text + key_bytes, value, value_bytes);
	}
	if (node->keeper)
		st = node->keeper->ops->setting(node->keeper, function, key, value, value_bytes);
	if (node->recorder)
		st = node->recorder->ops->kept(node->recorder, st);
	if (st != EW_OK) {
		if (o)
			ewi_free(&node->alloc, o, bytes_of(o), 1);
		return ewi_error(err, st, 0, "the setting cannot be kept: %s", ew_status_text(st));
	}
	drop(f, key, &node->alloc);
	if (o)
		link_in(f, o);
	begin_anew(f->version);
	begin_anew(f->kept);
	begin_anew(f->canary ? f->canary->version : NULL);
	return EW_OK;
}

enum ew_status ew_node_setting_put(struct ew_node *node, const char *function, const char *key, const void *value,
				   size_t value_bytes, struct ew_error *err)
{
	const struct ewi_act_args act = {.act = EWI_ACT_SETTING, .name = function, .other = key, .value = value,
					 .value_bytes = value_bytes};
	enum ew_status st = ewi_act_begin(node, &act, err);

	return st == EW_OK ? ewi_act_end(node, put(node, function, key, value, value_bytes, err)) : st;
}

#endif
