/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * hello.c - load a module, give it one host function, call it, read its memory's worth of trouble: a trap with a
 * backtrace.  The module is
 *
 *	(import "host" "print" (func $print (param i32)))
 *	(func $divide (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
 *	(func $run (export "run") (param i32) i32.const 100 local.get 0 call $divide call $print)
 */
#include <stdio.h>
#include "edgewasm/wasm.h"

static const unsigned char module_bytes[] = {
	0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0b, 0x02, 0x60, 0x01, 0x7f, 0x00, 0x60,
	0x02, 0x7f, 0x7f, 0x01, 0x7f, 0x02, 0x0e, 0x01, 0x04, 0x68, 0x6f, 0x73, 0x74, 0x05, 0x70, 0x72,
	0x69, 0x6e, 0x74, 0x00, 0x00, 0x03, 0x03, 0x02, 0x01, 0x00, 0x07, 0x07, 0x01, 0x03, 0x72, 0x75,
	0x6e, 0x00, 0x02, 0x0a, 0x15, 0x02, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6d, 0x0b, 0x0b, 0x00,
	0x41, 0xe4, 0x00, 0x20, 0x00, 0x10, 0x01, 0x10, 0x00, 0x0b, 0x00, 0x25, 0x04, 0x6e, 0x61, 0x6d,
	0x65, 0x01, 0x15, 0x03, 0x00, 0x05, 0x70, 0x72, 0x69, 0x6e, 0x74, 0x01, 0x06, 0x64, 0x69, 0x76,
	0x69, 0x64, 0x65, 0x02, 0x03, 0x72, 0x75, 0x6e, 0x02, 0x07, 0x03, 0x00, 0x00, 0x01, 0x00, 0x02,
	0x00,
};

static enum ew_status print(void *user, struct ew_instance *caller, union ew_value *v)
{
	(void)user, (void)caller;
	printf("the guest says %d\n", (int)v[0].i32);
	return EW_OK;
}

static void print_trap(const struct ew_module *module, const struct ew_trap *trap)
{
	printf("trap: %s\n", trap->text);
	for (uint32_t i = 0; i < trap->frame_count; i++) {
		size_t len = 0;
		const char *name = ew_func_name(module, trap->frames[i].func, &len);

		printf("  in %.*s at byte %u\n", (int)len, name ? name : "", (unsigned)trap->frames[i].offset);
	}
}

int main(void)
{
	struct ew_import imports[] = {{.module = "host", .name = "print", .kind = EW_EXTERN_FUNC,
				       .u.host = {"(i)", print, NULL}}};
	struct ew_instance_config config = {sizeof(config), .imports = imports, .import_count = 1};
	struct ew_alloc alloc = ew_alloc_libc();
	struct ew_error err = {EW_OK, 0, ""};
	struct ew_instance *instance = NULL;
	struct ew_module *module = NULL;
	struct ew_func *run = NULL;
	union ew_value v[1];

	if (ew_module_load(&module, module_bytes, sizeof(module_bytes), NULL, &alloc, &err) != EW_OK ||
	    ew_instance_create(&instance, module, &config, &alloc, NULL, &err) != EW_OK ||
	    ew_func_find(instance, "run", "(i)", &run) != EW_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (int divisor = 7; divisor >= 0; divisor -= 7) {
		v[0].i32 = divisor;
		if (ew_call(run, v) == EW_ERR_TRAP)
			print_trap(module, ew_exec_trap(ew_instance_exec(instance)));
	}
	ew_instance_destroy(instance);
	ew_module_free(module);
	return 0;
}
