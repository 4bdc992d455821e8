/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * command.c - run a WASI command inside this process, with what it prints caught in a buffer and nothing else
 * granted: no clock, no files, no entropy.
 *
 *	command [MODULE.wasm [ARG...]]     default: examples/guests/guest_wasi_hello.wasm field
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edgewasm/abi.h"

struct caught {
	char text[4096];
	size_t len;
};

static enum ew_status on_write(void *user, int fd, const void *bytes, size_t len, size_t *done)
{
	struct caught *c = user;

	(void)fd;
	*done = len < sizeof(c->text) - c->len ? len : sizeof(c->text) - c->len;
	memcpy(c->text + c->len, bytes, *done);
	c->len += *done;
	return *done || !len ? EW_OK : EW_ERR_FULL;
}

static enum ew_status run(const void *bytes, size_t size, struct ew_abi *abi, struct ew_error *err)
{
	struct ew_instance_config config = {sizeof(config), .resolve = ew_abi_resolve, .resolve_user = abi};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_instance *instance = NULL;
	struct ew_module *module = NULL;
	struct ew_func *start;
	union ew_value none[1];
	enum ew_status st = ew_module_load(&module, bytes, size, NULL, &alloc, err);

	if (st == EW_OK)
		st = ew_instance_create(&instance, module, &config, &alloc, NULL, err);
	if (st == EW_OK)
		st = ew_func_find(instance, "_start", "()", &start);
	if (st == EW_OK) {
		ew_abi_begin(abi, 0, 0);
		ew_exec_set_fuel(ew_instance_exec(instance), 1000000000);
		st = ew_call(start, none);
	}
	if (st == EW_ERR_TRAP)
		snprintf(err->text, sizeof(err->text), "%s", ew_exec_trap(ew_instance_exec(instance))->text);
	ew_instance_destroy(instance);
	ew_module_free(module);
	return st;
}

int main(int argc, char **argv)
{
	static const char *const standard[] = {"hello", "field"};
	static struct caught caught;
	struct ew_abi_host host = {.struct_bytes = sizeof(host), .write = on_write};
	struct ew_abi_config config = {.struct_bytes = sizeof(config), .grant.caps = EW_CAP_STDIO, .host = &host,
				       .user = &caught, .args = standard, .arg_count = 2};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {EW_OK, 0, ""};
	struct ew_abi *abi = NULL;
	FILE *f = fopen(argc > 1 ? argv[1] : "examples/guests/guest_wasi_hello.wasm", "rb");
	void *bytes = malloc(16 << 20);
	size_t size = f && bytes ? fread(bytes, 1, 16 << 20, f) : 0;
	enum ew_status st;
	int code = 1;

	if (argc > 1) {
		config.args = (const char *const *)argv + 1;
		config.arg_count = (size_t)argc - 1;
	}
	st = ew_abi_create(&abi, &config, &alloc, &err);
	if (st == EW_OK)
		st = run(bytes, size, abi, &err);
	printf("it printed %zu bytes:\n%.*s", caught.len, (int)caught.len, caught.text);
	if (st == EW_OK || st == EW_ERR_EXIT)
		printf("and ended with %d\n", code = (int)ew_abi_exit_code(abi));
	else
		fprintf(stderr, "%s\n", err.text[0] ? err.text : ew_status_text(st));
	ew_abi_destroy(abi);
	free(bytes);
	if (f)
		fclose(f);
	return st == EW_OK || st == EW_ERR_EXIT ? 0 : code;
}
