/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * core.c - the least that a program which runs guests calls: load, link a host's functions, call with fuel, see what
 * trapped, look at memory.  Linked with nothing else, so that `make size` can say what that takes.
 */
#include "edgewasm/wasm.h"

enum ew_status core(const void *bytes, size_t size, const struct ew_instance_config *config,
		    const struct ew_alloc *alloc, union ew_value *values);

enum ew_status core(const void *bytes, size_t size, const struct ew_instance_config *config,
		    const struct ew_alloc *alloc, union ew_value *values)
{
	struct ew_module *module;
	struct ew_instance *instance;
	struct ew_error err = { 0 };
	struct ew_func *func;
	enum ew_status status = ew_module_load(&module, bytes, size, NULL, alloc, &err);

	if (status != EW_OK)
		return status;
	status = ew_instance_create(&instance, module, config, alloc, NULL, &err);
	if (status == EW_OK) {
		status = ew_func_find(instance, "run", "(i)i", &func);
		ew_exec_set_fuel(ew_instance_exec(instance), 1000000);
		if (status == EW_OK)
			status = ew_call(func, values);
		if (status == EW_ERR_TRAP)
			values->u32 = ew_exec_trap(ew_instance_exec(instance))->frames[0].offset;
		if (status == EW_OK && !ew_memory_span(ew_instance_memory(instance), values->u32, 4))
			status = EW_ERR_INVAL;
		ew_cancel(ew_instance_exec(instance));
		ew_instance_destroy(instance);
	}
	ew_module_free(module);
	return status;
}
