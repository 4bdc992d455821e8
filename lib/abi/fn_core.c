/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* fn_core.c - edge_v1: capabilities, deadline, log, clock, random. */
#include "abi/span.h"

#if EW_CONFIG_ABI

#define LOG_LEVELS 6u
#define CLOCKS 2u

enum ew_status ewi_fn_capabilities(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	ewi_pay(abi, caller, 0);
	return ewi_ret64(v, abi->grant.caps);
}

enum ew_status ewi_fn_deadline_left(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint64_t now = abi->now_ns, left;

	ewi_pay(abi, caller, 0);
	if (!abi->deadline_ns)
		return ewi_ret64(v, -1);
	if (abi->host.clock && abi->host.clock(abi->user, 1, &now) != EW_OK)
		now = abi->now_ns;
	left = abi->deadline_ns > now ? abi->deadline_ns - now : 0;
	return ewi_ret64(v, left > INT64_MAX ? INT64_MAX : (int64_t)left);
}

/* log(level, text, len) */
enum ew_status ewi_fn_log(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t level = v[0].u32, len = v[2].u32;
	const char *text = ewi_span(caller, v[1].u32, len);

	ewi_pay(abi, caller, text ? len : 0);
	if (!text)
		return ewi_ret(abi, v, EDGE_FAULT);
	if (level >= LOG_LEVELS)
		return ewi_ret(abi, v, EDGE_INVAL);
	if (!abi->host.log)
		return ewi_ret(abi, v, EDGE_NOSYS);
	if (!ewi_quota_allows(abi, EW_QUOTA_LOG_BYTES, len))
		return ewi_ret(abi, v, EDGE_QUOTA);
	abi->host.log(abi->user, level, text, len);
	ewi_quota_use(abi, EW_QUOTA_LOG_BYTES, len);
	return ewi_ret(abi, v, 0);
}

/* clock_now(clock) */
enum ew_status ewi_fn_clock_now(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t clock = v[0].u32;
	uint64_t ns = 0;
	enum ew_status st;

	ewi_pay(abi, caller, 0);
	if (clock >= CLOCKS)
		return ewi_ret64(v, EDGE_INVAL);
	if (!abi->host.clock)
		return ewi_ret64(v, EDGE_NOSYS);
	st = abi->host.clock(abi->user, clock, &ns);
	if (st != EW_OK)
		return ewi_ret64(v, ewi_edge_error(st));
	return ewi_ret64(v, ns > INT64_MAX ? INT64_MAX : (int64_t)ns);
}

/* random_fill(buf, len) */
enum ew_status ewi_fn_random_fill(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t len = v[1].u32;
	void *buf = ewi_span(caller, v[0].u32, len);

	ewi_pay(abi, caller, buf ? len : 0);
	if (!buf)
		return ewi_ret(abi, v, EDGE_FAULT);
	if (!abi->host.random)
		return ewi_ret(abi, v, EDGE_NOSYS);
	return ewi_ret(abi, v, len ? ewi_edge_error(abi->host.random(abi->user, buf, len)) : 0);
}

#endif
