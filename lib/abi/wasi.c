/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * wasi.c - wasi_snapshot_preview1 for command modules: arguments, environment, clocks, random, stdio, exit.
 * Files are wasi_fs.c's.  Results are errno, positive.
 * Source: WASI phases/snapshot/docs.md.
 */
#include "abi/wasi.h"

#if EW_CONFIG_ABI

enum ew_status ewi_wasi_nosys(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	ewi_pay(abi, caller, 0);
	return ewi_ret(abi, v, WASI_NOSYS);
}

/* ---- arguments and environment ---------------------------------------------------------------- */

/* False: they do not fit in 32 bits. */
static bool strings_bytes(const char *const *list, uint32_t count, uint32_t *out)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < count; i++)
		bytes += strlen(list[i]) + 1;
	*out = (uint32_t)bytes;
	return bytes <= UINT32_MAX;
}

/* (pointers, buffer): count addresses, and the strings behind one another with their NULs. */
static enum ew_status strings_get(struct ew_abi *abi, struct ew_instance *caller, union ew_value *v,
				  const char *const *list, uint32_t count)
{
	uint32_t bytes, at = v[1].u32;
	uint8_t *pointers = ewi_span_array(caller, v[0].u32, count, 4);
	char *buf;

	if (!strings_bytes(list, count, &bytes))
		return ewi_ret(abi, v, WASI_OVERFLOW);
	buf = ewi_span(caller, at, bytes);
	ewi_pay(abi, caller, pointers && buf ? bytes + 4ull * count : 0);
	if (!pointers || !buf)
		return ewi_ret(abi, v, WASI_FAULT);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t len = (uint32_t)strlen(list[i]) + 1;

		memcpy(buf, list[i], len);
		ewi_put_le32(pointers + 4 * (size_t)i, at);
		buf += len;
		at += len;
	}
	return ewi_ret(abi, v, WASI_OK);
}

/* (count, bytes) */
static enum ew_status strings_sizes(struct ew_abi *abi, struct ew_instance *caller,
				    union ew_value *v, const char *const *list, uint32_t count)
{
	uint8_t *n = ewi_span(caller, v[0].u32, 4), *size = ewi_span(caller, v[1].u32, 4);
	uint32_t bytes;

	ewi_pay(abi, caller, 8);
	if (!n || !size)
		return ewi_ret(abi, v, WASI_FAULT);
	if (!strings_bytes(list, count, &bytes))
		return ewi_ret(abi, v, WASI_OVERFLOW);
	ewi_put_le32(n, count);
	ewi_put_le32(size, bytes);
	return ewi_ret(abi, v, WASI_OK);
}

enum ew_status ewi_wasi_args_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	return strings_get(abi, caller, v, abi->args, abi->arg_count);
}

enum ew_status ewi_wasi_args_sizes_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	return strings_sizes(abi, caller, v, abi->args, abi->arg_count);
}

enum ew_status ewi_wasi_environ_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	return strings_get(abi, caller, v, abi->environ_pairs, abi->environ_count);
}

enum ew_status ewi_wasi_environ_sizes_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	return strings_sizes(abi, caller, v, abi->environ_pairs, abi->environ_count);
}

/* ---- clocks, random, yielding, exit ----------------------------------------------------------- */

/*
 * 0 realtime, 1 monotonic.  2 and 3 are CPU times of process and thread, which no host is asked for: a guest's
 * clock() gets the monotonic clock.
 */
static int32_t clock_read(struct ew_abi *abi, uint32_t id, uint64_t *ns)
{
	if (id > 3)
		return WASI_INVAL;
	if (!abi->host.clock)
		return WASI_NOSYS;
	return ewi_wasi_errno(abi->host.clock(abi->user, id ? 1 : 0, ns));
}

/* (clock, resolution): the host's callback speaks in nanoseconds, so one. */
enum ew_status ewi_wasi_clock_res_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint8_t *out = ewi_span(caller, v[1].u32, 8);
	uint64_t ns = 0;
	int32_t rc;

	ewi_pay(abi, caller, 0);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	rc = clock_read(abi, v[0].u32, &ns);
	if (rc == WASI_OK)
		ewi_put_le64(out, 1);
	return ewi_ret(abi, v, rc);
}

/* (clock, precision, time) */
enum ew_status ewi_wasi_clock_time_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint8_t *out = ewi_span(caller, v[2].u32, 8);
	uint64_t ns = 0;
	int32_t rc;

	ewi_pay(abi, caller, 0);
	if (!out)
		return ewi_ret(abi, v, WASI_FAULT);
	rc = clock_read(abi, v[0].u32, &ns);
	if (rc == WASI_OK)
		ewi_put_le64(out, ns);
	return ewi_ret(abi, v, rc);
}

/* (buf, len) */
enum ew_status ewi_wasi_random_get(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;
	uint32_t len = v[1].u32;
	void *buf = ewi_span(caller, v[0].u32, len);

	ewi_pay(abi, caller, buf ? len : 0);
	if (!buf)
		return ewi_ret(abi, v, WASI_FAULT);
	if (!abi->host.random)
		return ewi_ret(abi, v, WASI_NOSYS);
	return ewi_ret(abi, v, len ? ewi_wasi_errno(abi->host.random(abi->user, buf, len)) : WASI_OK);
}

enum ew_status ewi_wasi_sched_yield(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	ewi_pay(abi, caller, 0);
	return ewi_ret(abi, v, WASI_OK);
}

/* (code) */
enum ew_status ewi_wasi_proc_exit(void *user, struct ew_instance *caller, union ew_value *v)
{
	struct ew_abi *abi = user;

	ewi_pay(abi, caller, 0);
	abi->exit_code = v[0].u32;
	return EW_ERR_EXIT;
}

/* ---- stdio ------------------------------------------------------------------------------------ */

bool ewi_stdio_open(const struct ew_abi *abi, uint32_t fd)
{
	return fd < WASI_FIRST_FILE && abi->grant.caps & EW_CAP_STDIO &&
	       !(abi->stdio_closed >> fd & 1);
}

int32_t ewi_iovs_get(struct ew_instance *caller, uint32_t gaddr, uint32_t count,
		     struct ewi_iovs *out)
{
	uint64_t bytes = 0;

	if (count > WASI_IOVS)
		return WASI_INVAL;
	out->list = ewi_span_array(caller, gaddr, count, 8);
	if (!out->list)
		return WASI_FAULT;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t len = ewi_le32(out->list + 8 * (size_t)i + 4);

		if (!ewi_span(caller, ewi_le32(out->list + 8 * (size_t)i), len))
			return WASI_FAULT;
		bytes += len;
	}
	out->count = count;
	out->bytes = (uint32_t)bytes;
	return bytes > INT32_MAX ? WASI_INVAL : WASI_OK;
}

/*
 * Looked up again for each entry: a read may have written over the list itself, and what it says then is
 * checked like everything else.
 */
void *ewi_iovs_at(struct ew_instance *caller, const struct ewi_iovs *iovs, uint32_t i, uint32_t *len)
{
	*len = ewi_le32(iovs->list + 8 * (size_t)i + 4);
	return ewi_span(caller, ewi_le32(iovs->list + 8 * (size_t)i), *len);
}

static int32_t stdio_write(struct ew_abi *abi, struct ew_instance *caller, uint32_t fd,
			   const struct ewi_iovs *iovs, uint32_t *done)
{
	if (!abi->host.write)
		return WASI_NOSYS;
	if (!ewi_quota_allows(abi, EW_QUOTA_LOG_BYTES, iovs->bytes))
		return WASI_DQUOT;
	for (uint32_t i = 0; i < iovs->count; i++) {
		uint32_t len;
		const void *bytes = ewi_iovs_at(caller, iovs, i, &len);
		size_t n = 0;
		enum ew_status st = EW_OK;

		if (!bytes)
			break;
		if (len)
			st = abi->host.write(abi->user, (int)fd, bytes, len, &n);
		if (st != EW_OK && *done == 0)
			return ewi_wasi_errno(st);
		if (st != EW_OK || n > len)
			break;
		*done += (uint32_t)n;
		ewi_quota_use(abi, EW_QUOTA_LOG_BYTES, n);
		if (n < len)
			break;
	}
	return WASI_OK;
}

static int32_t stdio_read(struct ew_abi *abi, struct ew_instance *caller,
			  const struct ewi_iovs *iovs, uint32_t *done)
{
	if (!abi->host.read)
		return WASI_NOSYS;
	for (uint32_t i = 0; i < iovs->count; i++) {
		uint32_t len;
		void *buf = ewi_iovs_at(caller, iovs, i, &len);
		size_t n = 0;
		enum ew_status st = EW_OK;

		if (!buf)
			break;
		if (len)
			st = abi->host.read(abi->user, 0, buf, len, &n);
		if (st != EW_OK && *done == 0)
			return ewi_wasi_errno(st);
		if (st != EW_OK || n > len)
			break;
		*done += (uint32_t)n;
		if (n < len)
			break;
	}
	return WASI_OK;
}

/* (fd, iovs, count, done), to and from stdio or files */
static enum ew_status transfer(struct ew_abi *abi, struct ew_instance *caller, union ew_value *v,
			       bool write)
{
	uint32_t fd = v[0].u32, moved = 0;
	uint8_t *done = ewi_span(caller, v[3].u32, 4);
	struct ewi_file *f = ewi_file_of(abi, fd);
	struct ewi_iovs iovs;
	int32_t rc;

	if (!done)
		rc = WASI_FAULT;
	else if (!f && !(ewi_stdio_open(abi, fd) && (write ? fd != 0 : fd == 0)))
		rc = WASI_BADF;
	else
		rc = ewi_iovs_get(caller, v[1].u32, v[2].u32, &iovs);
	if (rc == WASI_OK && f)
		rc = ewi_file_transfer(abi, caller, f, &iovs, write, &f->offset, &moved);
	else if (rc == WASI_OK)
		rc = write ? stdio_write(abi, caller, fd, &iovs, &moved) :
			     stdio_read(abi, caller, &iovs, &moved);
	ewi_pay(abi, caller, moved);
	if (rc == WASI_OK)
		ewi_put_le32(done, moved);
	return ewi_ret(abi, v, rc);
}

enum ew_status ewi_wasi_fd_write(void *user, struct ew_instance *caller, union ew_value *v)
{
	return transfer(user, caller, v, true);
}

enum ew_status ewi_wasi_fd_read(void *user, struct ew_instance *caller, union ew_value *v)
{
	return transfer(user, caller, v, false);
}

#endif
