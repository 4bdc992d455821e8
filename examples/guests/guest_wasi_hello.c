/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * guest_wasi_hello.c - a WASI command without a libc: greets its arguments on stdout and exits with their number.
 */
#include <stdint.h>

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name), visibility("default")))

struct iovec {
	const void *p;
	uint32_t len;
};

WASI("args_sizes_get") int32_t args_sizes_get(uint32_t *count, uint32_t *bytes);
WASI("args_get") int32_t args_get(char **args, char *buf);
WASI("fd_write") int32_t fd_write(int32_t fd, const struct iovec *iovs, uint32_t n, uint32_t *done);
WASI("proc_exit") _Noreturn void proc_exit(int32_t code);

EXPORT("_start") void start(void);

static char *args[16], buf[1024];

static uint32_t length(const char *s)
{
	uint32_t n = 0;

	while (s[n])
		n++;
	return n;
}

void start(void)
{
	uint32_t count, bytes, done;

	if (args_sizes_get(&count, &bytes) || count > 16 || bytes > sizeof(buf) || args_get(args, buf))
		proc_exit(100);
	for (uint32_t i = 0; i < count; i++) {
		struct iovec iovs[3] = {{"hello, ", 7}, {args[i], length(args[i])}, {"\n", 1}};

		if (fd_write(1, iovs, 3, &done) || done != length(args[i]) + 8)
			proc_exit(101);
	}
	proc_exit((int32_t)count);
}
