/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * registry.c - the bytes behind name@version: that they never change, and that they are in memory when they are
 * needed and, for functions put on demand, not for ever.  Leaves instances to function.c.
 */
#include "node/node.h"

#if EW_CONFIG_NODE

/* ---- a version is its bytes ------------------------------------------------------------------- */

static const struct ewi_past *past_of(const struct ewi_function *f, const char *version)
{
	for (uint32_t i = 0; i < EW_NODE_HISTORY; i++)
		if (f->history[i].version[0] && ewi_same_text(f->history[i].version, version))
			return &f->history[i];
	return NULL;
}

enum ew_status ewi_registry_check(const struct ewi_function *f, const char *version,
				  const uint8_t sha256[EW_SHA256_BYTES], struct ew_error *err)
{
	const struct ewi_past *p = past_of(f, version);

	if (!p || memcmp(p->sha256, sha256, EW_SHA256_BYTES) == 0)
		return EW_OK;
	return ewi_error(err, EW_ERR_EXISTS, 0, "%s@%s has been put with other bytes: a version never changes", f->name,
			 version);
}

void ewi_registry_note(struct ewi_function *f, const char *version, const uint8_t sha256[EW_SHA256_BYTES])
{
	struct ewi_past *p = &f->history[f->history_next];

	if (past_of(f, version))
		return;
	f->history_next = (f->history_next + 1) % EW_NODE_HISTORY;
	memset(p, 0, sizeof(*p));
	memcpy(p->version, version, strlen(version));
	memcpy(p->sha256, sha256, EW_SHA256_BYTES);
}

/* ---- modules ---------------------------------------------------------------------------------- */

/* The version is these bytes, unless it is to be others. */
static enum ew_status identify(struct ewi_version *v, const uint8_t sha256[EW_SHA256_BYTES], struct ew_error *err)
{
	enum ew_status st;

	if (v->hash_known && memcmp(v->sha256, sha256, EW_SHA256_BYTES) != 0)
		return ewi_error(err, EW_ERR_CORRUPT, 0, "the module's bytes are not those that sha256 names");
	st = ewi_registry_check(v->function, v->version, sha256, err);
	if (st != EW_OK)
		return st;
	memcpy(v->sha256, sha256, EW_SHA256_BYTES);
	v->hash_known = true;
	return EW_OK;
}

/* What must be true of the bytes before they are looked at any closer. */
static enum ew_status vouch(struct ewi_version *v, const void *bytes, size_t size, struct ew_error *err)
{
	uint8_t sha256[EW_SHA256_BYTES];
	enum ew_status st;

	st = ewi_update_signed(v->node, EW_SIGNED_MODULE, bytes, size, v->signature, v->signature_size, err);
	if (v->node->recorder)
		st = v->node->recorder->ops->vouched(v->node->recorder, st, err);
	if (st != EW_OK)
		return st;
	ew_sha256(bytes, size, sha256);
	return identify(v, sha256, err);
}

enum ew_status ewi_module_load(struct ewi_version *v, const void *bytes, size_t size, struct ew_error *err)
{
	struct ew_module_config c = {.struct_bytes = sizeof(c)};
	enum ew_status st = vouch(v, bytes, size, err);

	/* What is reset after each call notes where it writes. */
	if (EW_CONFIG_SNAPSHOT && v->flags & EW_FUNCTION_FRESH)
		c.flags |= EW_MODULE_TRACK;
	/* What may go again soon is translated as far as it is called. */
	if (EW_CONFIG_LAZY && v->flags & EW_FUNCTION_ON_DEMAND)
		c.flags |= EW_MODULE_LAZY;
	return st == EW_OK ? ew_module_load(&v->module, bytes, size, &c, &v->node->alloc, err) : st;
}

/* ---- beforehand ------------------------------------------------------------------------------- */

enum ew_status ew_function_prepare(struct ew_prepared **out, const struct ew_function_config *config,
				   const struct ew_trust *trust, uint64_t now_ns, const struct ew_alloc *alloc,
				   struct ew_error *err)
{
	struct ew_module_config m = {.struct_bytes = sizeof(m)};
	struct ew_function_config c;
	struct ew_prepared *p;
	enum ew_status st = EW_OK;

	*out = NULL;
	ewi_error_clear(err);
	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes) || c.flags & EW_FUNCTION_COPY)
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes is not set, or the bytes are to be copied");
	p = ewi_alloc(alloc, 1, sizeof(*p));
	if (!p)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	p->alloc = *alloc;
	p->trust = trust;
	p->size = c.module_size;
	if (trust)
		st = ew_trust_check(trust, EW_SIGNED_MODULE, c.module_bytes, c.module_size, c.signature, c.signature_size,
				    now_ns, NULL, err);
	if (st == EW_OK)
		ew_sha256(c.module_bytes, c.module_size, p->sha256);
	if (st == EW_OK && c.sha256 && memcmp(c.sha256, p->sha256, sizeof(p->sha256)) != 0)
		st = ewi_error(err, EW_ERR_CORRUPT, 0, "the module's bytes are not those that sha256 names");
	if (EW_CONFIG_SNAPSHOT && c.flags & EW_FUNCTION_FRESH)
		m.flags |= EW_MODULE_TRACK;
	if (st == EW_OK)
		st = ew_module_load(&p->module, c.module_bytes, c.module_size, &m, alloc, err);
	if (st != EW_OK) {
		ew_prepared_free(p);
		return st;
	}
	*out = p;
	return EW_OK;
}

void ew_prepared_free(struct ew_prepared *p)
{
	struct ew_alloc alloc;

	if (!p)
		return;
	alloc = p->alloc;
	ew_module_free(p->module);
	ewi_free(&alloc, p, 1, sizeof(*p));
}

enum ew_status ewi_module_take(struct ewi_version *v, struct ew_prepared *p, struct ew_error *err)
{
	enum ew_status st;

	if (v->node->trust && p->trust != v->node->trust)
		return ewi_error(err, EW_ERR_DENIED, 0, "what was prepared has not been checked against the node's trust");
	st = identify(v, p->sha256, err);
	if (st != EW_OK)
		return st;
	v->module = p->module;
	v->lent = p;
	return EW_OK;
}

/* ---- on demand -------------------------------------------------------------------------------- */

void ewi_module_unload(struct ewi_version *v)
{
	struct ew_node *node = v->node;

	if (!v->module)
		return;
	ewi_version_stop(v);
	ewi_version_forget(v);
	if (!v->lent)
		ew_module_free(v->module);
	v->module = NULL;
	v->lent = NULL;
	if (!(v->flags & EW_FUNCTION_ON_DEMAND))
		return;
	node->loaded--;
	if (node->host.unload)
		node->host.unload(node->user, v->function->name, v->version, v->bytes, v->size);
	v->bytes = NULL;
}

static void consider(struct ewi_version *v, const struct ewi_version *keep, struct ewi_version **oldest)
{
	if (v && v != keep && v->module && v->flags & EW_FUNCTION_ON_DEMAND && v->flags & EW_FUNCTION_FRESH &&
	    (!*oldest || v->used < (*oldest)->used))
		*oldest = v;
}

/* Room for one more: of those that keep no state, the one that was used longest ago goes. */
static void make_room(struct ew_node *node, const struct ewi_version *keep)
{
	struct ewi_version *oldest = NULL;

	if (node->max_loaded == 0 || node->loaded < node->max_loaded)
		return;
	for (uint32_t i = 0; i < node->function_count; i++) {
		struct ewi_function *f = node->functions[i];

		consider(f->version, keep, &oldest);
		consider(f->kept, keep, &oldest);
		consider(f->canary ? f->canary->version : NULL, keep, &oldest);
	}
	if (oldest)
		ewi_module_unload(oldest);
}

enum ew_status ewi_module_demand(struct ewi_version *v, struct ew_error *err)
{
	struct ew_node *node = v->node;
	enum ew_status st;

	v->used = ++node->uses;
	if (v->module)
		return EW_OK;
	make_room(node, v);
	if (node->recorder)
		st = node->recorder->ops->load(node->recorder, v, v->hash_known ? v->sha256 : NULL, &v->bytes, &v->size);
	else
		st = node->host.load(node->user, v->function->name, v->version, v->hash_known ? v->sha256 : NULL,
				     &v->bytes, &v->size);
	if (st != EW_OK)
		return ewi_error(err, st, 0, "the host has no bytes for it: %s", ew_status_text(st));
	st = ewi_module_load(v, v->bytes, v->size, err);
	if (st == EW_OK) {
		ewi_registry_note(v->function, v->version, v->sha256);
		node->loaded++;
		v->function->stats.loads++;
		return EW_OK;
	}
	if (node->host.unload)
		node->host.unload(node->user, v->function->name, v->version, v->bytes, v->size);
	v->bytes = NULL;
	return st;
}

static enum ew_status unload(struct ew_node *node, struct ewi_function *f)
{
	(void)node;
	if (!(f->version->flags & EW_FUNCTION_ON_DEMAND) || !(f->version->flags & EW_FUNCTION_FRESH))
		return EW_ERR_UNSUPPORTED;
	ewi_module_unload(f->version);
	return EW_OK;
}

enum ew_status ew_node_function_unload(struct ew_node *node, const char *name)
{
	return ewi_act_on(node, EWI_ACT_UNLOAD, name, unload);
}

#endif
