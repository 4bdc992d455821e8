/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* abi.c - making an instance's ABI, and what its host says before and after each call. */
#include <string.h>
#include "abi/abi.h"

#if EW_CONFIG_ABI

int32_t ewi_edge_error(enum ew_status status)
{
	switch (status) {
	case EW_OK: return 0;
	case EW_ERR_DENIED: return EDGE_DENIED;
	case EW_ERR_INVAL:
	case EW_ERR_TYPE:
	case EW_ERR_SHAPE:
	case EW_ERR_LIMIT: return EDGE_INVAL;
	case EW_ERR_BOUNDS: return EDGE_FAULT;
	case EW_ERR_NOENT: return EDGE_NOENT;
	case EW_ERR_TOOBIG: return EDGE_TOOBIG;
	case EW_ERR_FULL:
	case EW_ERR_EMPTY:
	case EW_ERR_NOMEM: return EDGE_AGAIN;
	case EW_ERR_QUOTA: return EDGE_QUOTA;
	case EW_ERR_UNSUPPORTED: return EDGE_NOSYS;
	case EW_ERR_MALFORMED:
	case EW_ERR_INVALID:
	case EW_ERR_UNLINKABLE:
	case EW_ERR_TRAP:
	case EW_ERR_FUEL:
	case EW_ERR_INTERRUPT:
	case EW_ERR_EXIT:
	case EW_ERR_EXISTS:
	case EW_ERR_IO:
	case EW_ERR_CORRUPT:
	case EW_ERR_STATE: break;
	}
	return EDGE_IO;
}

void ewi_burn(struct ew_abi *abi, struct ew_instance *caller, uint64_t fuel)
{
	abi->stats.fuel_burned += fuel;
	ew_exec_burn(ew_instance_exec(caller), fuel);
}

void ewi_pay(struct ew_abi *abi, struct ew_instance *caller, uint64_t bytes)
{
	ewi_burn(abi, caller, EWI_FUEL_CALL + bytes / EWI_FUEL_BYTES);
}

static enum ew_status check(const struct ew_abi_config *c, struct ew_error *err)
{
	if ((c->host && c->host->struct_bytes < sizeof(size_t)) ||
	    (c->fs && c->fs->struct_bytes < sizeof(size_t)))
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes of host or fs is not set");
	if (c->grant.caps & ~EW_CAP_ALL)
		return ewi_error(err, EW_ERR_INVAL, 0, "grant.caps has unknown bits 0x%x",
				 (unsigned)(c->grant.caps & ~EW_CAP_ALL));
	if (c->kv_prefix && strlen(c->kv_prefix) > EWI_PREFIX_BYTES)
		return ewi_error(err, EW_ERR_INVAL, 0, "kv_prefix is longer than %u bytes",
				 EWI_PREFIX_BYTES);
	if ((c->arg_count && !c->args) || (c->environ_count && !c->environ_pairs) ||
	    (c->preopen_count && !c->preopens))
		return ewi_error(err, EW_ERR_INVAL, 0, "a count without its array");
	if (c->arg_count > UINT16_MAX || c->environ_count > UINT16_MAX)
		return ewi_error(err, EW_ERR_LIMIT, 0, "more than 65535 arguments or variables");
	if (c->max_contexts > 65535 || c->max_files > 65535)
		return ewi_error(err, EW_ERR_LIMIT, 0, "max_contexts or max_files is over 65535");
	if (c->preopen_count > (c->max_files ? c->max_files : EW_ABI_FILES))
		return ewi_error(err, EW_ERR_LIMIT, 0, "more preopened folders than max_files");
	return EW_OK;
}

static void set(struct ew_abi *abi, const struct ew_abi_config *c)
{
	abi->grant = c->grant;
	abi->user = c->user;
	abi->out = c->out;
	abi->kv = c->kv;
	abi->models = c->models;
	abi->args = c->args;
	abi->arg_count = (uint32_t)c->arg_count;
	abi->environ_pairs = c->environ_pairs;
	abi->environ_count = (uint32_t)c->environ_count;
	abi->preopens = c->preopens;
	abi->preopen_count = (uint32_t)c->preopen_count;
	abi->max_contexts = c->max_contexts ? c->max_contexts : EW_ABI_CONTEXTS;
	abi->max_files = c->max_files ? c->max_files : EW_ABI_FILES;
	abi->max_model_bytes = c->max_model_bytes ? c->max_model_bytes : EW_ABI_MODEL_BYTES;
	if (c->kv_prefix) {
		abi->kv_prefix_len = strlen(c->kv_prefix);
		memcpy(abi->kv_prefix, c->kv_prefix, abi->kv_prefix_len);
	}
	if (c->host)
		ewi_config_copy(&abi->host, sizeof(abi->host), c->host, c->host->struct_bytes);
	if (c->fs)
		ewi_config_copy(&abi->fs, sizeof(abi->fs), c->fs, c->fs->struct_bytes);
}

static enum ew_status take_tables(struct ew_abi *abi)
{
	if (abi->grant.caps & EW_CAP_INFER) {
		abi->graphs = ewi_alloc(&abi->alloc, abi->max_contexts, sizeof(*abi->graphs));
		abi->contexts = ewi_alloc(&abi->alloc, abi->max_contexts, sizeof(*abi->contexts));
		abi->stateful = ewi_alloc(&abi->alloc, abi->max_contexts, sizeof(*abi->stateful));
		if (!abi->graphs || !abi->contexts || !abi->stateful)
			return EW_ERR_NOMEM;
	}
	if (abi->grant.caps & EW_CAP_FS) {
		abi->files = ewi_alloc(&abi->alloc, abi->max_files, sizeof(*abi->files));
		if (!abi->files)
			return EW_ERR_NOMEM;
	}
	return EW_OK;
}

enum ew_status ew_abi_create(struct ew_abi **out, const struct ew_abi_config *config,
			     const struct ew_alloc *alloc, struct ew_error *err)
{
	struct ew_abi_config c;
	struct ew_abi *abi;
	enum ew_status st;

	*out = NULL;
	ewi_error_clear(err);
	if (!ewi_config_copy(&c, sizeof(c), config, config->struct_bytes))
		return ewi_error(err, EW_ERR_INVAL, 0, "struct_bytes is not set");
	st = check(&c, err);
	if (st != EW_OK)
		return st;
	abi = ewi_alloc(alloc, 1, sizeof(*abi));
	if (!abi)
		return ewi_error(err, EW_ERR_NOMEM, 0, "out of memory");
	abi->alloc = *alloc;
	set(abi, &c);
	st = ewi_quota_init(abi, err);
	if (st == EW_OK)
		st = take_tables(abi);
	if (st != EW_OK) {
		ew_abi_destroy(abi);
		return ewi_error(err, st, 0, "out of memory");
	}
	ewi_files_reset(abi);
	*out = abi;
	return EW_OK;
}

void ew_abi_destroy(struct ew_abi *abi)
{
	struct ew_alloc alloc;

	if (!abi)
		return;
	ew_abi_reset(abi);
	alloc = abi->alloc;
	ewi_free(&alloc, abi->graphs, abi->max_contexts, sizeof(*abi->graphs));
	ewi_free(&alloc, abi->contexts, abi->max_contexts, sizeof(*abi->contexts));
	ewi_free(&alloc, abi->stateful, abi->max_contexts, sizeof(*abi->stateful));
	ewi_free(&alloc, abi->files, abi->max_files, sizeof(*abi->files));
	ewi_free(&alloc, abi, 1, sizeof(*abi));
}

void ew_abi_reset(struct ew_abi *abi)
{
	ewi_nn_reset(abi);
	ewi_files_reset(abi);
	abi->exit_code = 0;
	abi->over_quota = false;
}

bool ewi_abi_is_bare(const struct ew_abi *abi)
{
	for (uint32_t i = 0; i < abi->max_contexts && abi->graphs; i++)
		if (abi->graphs[i].used || abi->contexts[i].used || abi->stateful[i].slot)
			return false;
	for (uint32_t i = 0; i < abi->max_files && abi->files; i++)
		if (abi->files[i].open && !abi->files[i].preopen)
			return false;
	return abi->stdio_closed == 0;
}

void ew_abi_begin(struct ew_abi *abi, uint64_t now_ns, uint64_t deadline_ns)
{
	abi->now_ns = now_ns;
	abi->deadline_ns = deadline_ns;
	abi->over_quota = false;
	memset(abi->trace_id, 0, sizeof(abi->trace_id));
	abi->about = 0;
	abi->last_model = NULL;
	ewi_quota_begin(abi, now_ns);
}

void ew_abi_offer(struct ew_abi *abi, const struct ew_event *const *events, uint8_t *states,
		  size_t count)
{
	abi->events = events;
	abi->states = states;
	abi->event_count = count;
	abi->event_next = 0;
	abi->about = 0;
	if (count)
		memset(states, EW_EVENT_WAITING, count);
}

void ew_abi_set_trace(struct ew_abi *abi, const uint8_t trace_id[EW_TRACE_ID_BYTES])
{
	memcpy(abi->trace_id, trace_id, EW_TRACE_ID_BYTES);
}

uint32_t ew_abi_exit_code(const struct ew_abi *abi)
{
	return abi->exit_code;
}

const struct ew_abi_stats *ew_abi_stats(const struct ew_abi *abi)
{
	return &abi->stats;
}

#endif
