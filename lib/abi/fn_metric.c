/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* fn_metric.c - edge_v1: metrics and settings.  Keeping them is the host's. */
#include "abi/span.h"

#if EW_CONFIG_ABI

#define METRIC_KINDS 3u
#define METRIC_NAME_BYTES 63u

static bool name_is_good(const char *name, uint32_t len)
{
	if (len == 0 || len > METRIC_NAME_BYTES || (name[0] >= '0' && name[0] <= '9'))
		return false;
	for (uint32_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == ':'))
			return false;
	}
	return true;
}

/* metric_define(kind, name, len) */
enum ew_status ewi_fn_metric_define(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t kind = v[0].u32, len = v[2].u32, id = 0;
	const char *name = ewi_span(caller, v[1].u32, len);
	enum ew_status st;

	ewi_pay(abi, caller, 0);
	if (!name)
		return ewi_ret(abi, v, EDGE_FAULT);
	if (kind >= METRIC_KINDS || !name_is_good(name, len))
		return ewi_ret(abi, v, EDGE_INVAL);
	if (!abi->host.metric_define)
		return ewi_ret(abi, v, EDGE_NOSYS);
	st = abi->host.metric_define(abi->user, kind, name, len, &id);
	if (st == EW_ERR_FULL || (st == EW_OK && id > INT32_MAX))
		return ewi_ret(abi, v, EDGE_TOOBIG);
	return ewi_ret(abi, v, st == EW_OK ? (int32_t)id : ewi_edge_error(st));
}

/* metric_add(id, delta) */
enum ew_status ewi_fn_metric_add(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	ewi_pay(abi, caller, 0);
	if (!abi->host.metric_add)
		return ewi_ret(abi, v, EDGE_NOSYS);
	return ewi_ret(abi, v, ewi_edge_error(abi->host.metric_add(abi->user, v[0].u32, v[1].i64)));
}

/* metric_record(id, value) */
enum ew_status ewi_fn_metric_record(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	double value = v[1].f64;

	ewi_pay(abi, caller, 0);
	if (value != value)
		return ewi_ret(abi, v, EDGE_INVAL);
	if (!abi->host.metric_record)
		return ewi_ret(abi, v, EDGE_NOSYS);
	return ewi_ret(abi, v, ewi_edge_error(abi->host.metric_record(abi->user, v[0].u32, value)));
}

/* config_get(key, key_len, buf, cap) */
enum ew_status ewi_fn_config_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t key_len = v[1].u32, cap = v[3].u32;
	const char *key = ewi_span(caller, v[0].u32, key_len);
	void *buf = ewi_span(caller, v[2].u32, cap);
	const void *value = NULL;
	enum ew_status st;
	size_t len = 0;

	if (!key || !buf) {
		ewi_pay(abi, caller, 0);
		return ewi_ret(abi, v, EDGE_FAULT);
	}
	st = abi->host.config_get ?
		     abi->host.config_get(abi->user, key, key_len, &value, &len) :
		     EW_ERR_UNSUPPORTED;
	ewi_pay(abi, caller, st == EW_OK && len <= cap ? len : 0);
	if (st != EW_OK)
		return ewi_ret(abi, v, ewi_edge_error(st));
	if (len > INT32_MAX)
		return ewi_ret(abi, v, EDGE_TOOBIG);
	if (len && len <= cap)
		memcpy(buf, value, len);
	return ewi_ret(abi, v, (int32_t)len);
}

#endif
