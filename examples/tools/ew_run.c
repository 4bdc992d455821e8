/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * ew_run.c - runs a WASI command module, or one export, or all of them, from the shell.
 *
 * A command gets what any program started there has: arguments, environment, standard streams, clocks,
 * entropy.  Folders and everything of edge_v1 are given by --dir and --grant only.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "edgewasm/abi.h"
#include "edgewasm/guard.h"
#include "edgewasm/store.h"
#include "edgewasm/wasm.h"
#include "faults.h"
#include "files.h"
#include "host.h"
#include "hostfs.h"
#include "report.h"
#include "stubs.h"
#include "values.h"
#include "watch.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_TRAP = 134 };

#define LIST_MAX 64	/* --dir and --env options */
#define VALUES_MAX 1024 /* parameters or results of the function invoked */

struct options {
	const char *invoke;
	bool all_exports, stub_imports, guard, trace, profile, dump;
	const char *folded, *coredump; /* files for call chains, and for what a trap leaves */
	uint64_t fuel;
	bool has_fuel;
	uint32_t max_pages;
	uint32_t caps;
	struct ew_abi_preopen dirs[LIST_MAX];
	size_t dir_count;
	const char *env[LIST_MAX + 1];
	size_t env_count;
	bool has_env;
	char **argv; /* module first */
	int argc;
};

struct run {
	struct options o;
	struct ew_alloc alloc;
	void *bytes;
	struct ew_module *module;
	struct ew_exec *exec;
	struct ew_abi *abi;
	struct ew_kv *kv;
	struct ew_instance *instance;
	struct host host;
	struct stubs stubs;
	struct watch watch;
	union ew_value values[VALUES_MAX];
};

extern char **environ;

static const char usage_text[] =
	"usage: ew-run [OPTION]... MODULE.wasm [ARG]...\n"
	"Runs a WASI command, or a function of any module.\n"
	"  --invoke EXPORT      call this function with the arguments, and print its results\n"
	"  --all-exports        call every exported function without parameters, as wasm-interp does\n"
	"  --stub-imports       stand-ins for missing function imports: print the call, return zeros\n"
	"  --fuel N             end after N instructions\n"
	"  --guard              no bounds checks: pages that may not be touched instead, where that can be\n"
	"  --max-pages N        let memory grow to N pages of 64 KiB\n"
	"  --grant CAP,...      capabilities: LOG CLOCK RANDOM EMIT RECV KV_READ KV_WRITE METRIC CONFIG\n"
	"                       INFER INFER_LOAD STDIO FS, or ALL\n"
	"  --dir HOST::GUEST    let the guest see the folder HOST as GUEST (or HOST alone)\n"
	"  --env NAME[=VALUE]   the guest's environment, instead of all of this program's\n"
	"Debugging:\n"
	"  --trace              every instruction on standard error, with its operands\n"
	"  --profile            functions by fuel on standard error, at the end\n"
	"  --folded FILE        fuel by chain of callers, for flame-graph tools\n"
	"  --coredump FILE      after a trap, or without fuel: frames, locals, memories and globals, for debuggers\n"
	"  --dump               do not run: print every function, beside the internal code it becomes\n"
	"Exit status: the guest's; 134 after a trap; 1 when the module is refused; 2 for usage.\n";

/* ---- options ---- */

static bool number(const char *text, uint64_t max, uint64_t *out)
{
	union ew_value v;

	if (*text == '-' || !value_parse(EW_I64, text, &v) || v.u64 > max)
		return false;
	*out = v.u64;
	return true;
}

static bool add_dir(struct options *o, char *text)
{
	char *colons = strstr(text, "::");
	struct ew_abi_preopen *d = &o->dirs[o->dir_count];

	if (o->dir_count == LIST_MAX)
		return false;
	if (colons)
		*colons = '\0';
	d->name = colons ? colons + 2 : text;
	d->dir = hostfs_open(text);
	if (!d->dir) {
		fprintf(stderr, "ew-run: %s: %s\n", text, strerror(errno));
		return false;
	}
	o->dir_count++;
	o->caps |= EW_CAP_FS;
	return true;
}

static bool add_env(struct options *o, const char *text)
{
	size_t n = strlen(text);

	o->has_env = true;
	if (o->env_count == LIST_MAX)
		return false;
	if (!strchr(text, '=')) { /* the value it has here, if any */
		const char *pair = NULL;

		for (char **e = environ; *e && !pair; e++)
			if (strncmp(*e, text, n) == 0 && (*e)[n] == '=')
				pair = *e;
		if (!pair)
			return true;
		text = pair;
	}
	o->env[o->env_count++] = text;
	return true;
}

static bool set_option(struct options *o, const char *name, char *value)
{
	struct ew_error err = {0};
	uint64_t n;
	uint32_t caps;

	if (strcmp(name, "--invoke") == 0) {
		o->invoke = value;
		return true;
	}
	if (strcmp(name, "--fuel") == 0) {
		o->has_fuel = true;
		return number(value, INT64_MAX, &o->fuel);
	}
	if (strcmp(name, "--max-pages") == 0) {
		if (!number(value, 65536, &n) || n == 0)
			return false;
		o->max_pages = (uint32_t)n;
		return true;
	}
	if (strcmp(name, "--grant") == 0) {
		if (ew_cap_parse(value, &caps, &err) != EW_OK) {
			fprintf(stderr, "ew-run: %s\n", err.text);
			return false;
		}
		o->caps |= caps;
		return true;
	}
	if (strcmp(name, "--dir") == 0)
		return add_dir(o, value);
	if (strcmp(name, "--env") == 0)
		return add_env(o, value);
	if (strcmp(name, "--coredump") == 0) {
		o->coredump = value;
		return true;
	}
	if (strcmp(name, "--folded") == 0) {
		o->folded = value;
		return true;
	}
	return false;
}

/* Options without a value. */
static bool set_flag(struct options *o, const char *name)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"--all-exports", &o->all_exports},
		{"--stub-imports", &o->stub_imports},
		{"--guard", &o->guard},
		{"--trace", &o->trace},
		{"--profile", &o->profile},
		{"--dump", &o->dump},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(name, flags[i].name) == 0) {
			*flags[i].flag = true;
			return true;
		}
	}
	return false;
}

/* "--name value" and "--name=value"; false: usage. */
static bool parse_options(struct options *o, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		char *equals = strchr(argv[i], '='), *value;

		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (set_flag(o, argv[i]))
			continue;
		value = equals ? equals + 1 : argv[i + 1];
		if (equals)
			*equals = '\0';
		if (!value || !set_option(o, argv[i], value))
			return false;
		i += !equals;
	}
	o->argv = argv + i;
	o->argc = argc - i;
	return o->argc > 0 && !(o->invoke && o->all_exports) && !(o->all_exports && o->argc > 1);
}

/* ---- host ---- */

static enum ew_status resolve(void *user, const struct ew_extern_type *want, struct ew_import *out,
			      struct ew_error *err)
{
	struct run *r = user;
	struct ew_error denied = {0};
	enum ew_status status = r->abi ? ew_abi_resolve(r->abi, want, out, &denied) : EW_ERR_NOENT;

	if (status != EW_OK && r->o.stub_imports && want->kind == EW_EXTERN_FUNC)
		return stubs_add(&r->stubs, want, out);
	if (err && err->status == EW_OK)
		*err = denied;
	return status;
}

/*
 * The host ABI.  --all-exports is there to compare with wabt, which knows no host functions: there it is
 * left out unless something was granted.
 */
static enum ew_status create_abi(struct run *r, struct ew_error *err)
{
	const struct options *o = &r->o;
	size_t env_count = 0;
	struct ew_abi_config config = {
		.struct_bytes = sizeof(config),
		.grant.caps = o->caps,
		.host = &host_services,
		.fs = &hostfs,
		.user = &r->host,
		.args = (const char *const *)o->argv,
		.arg_count = (size_t)(o->invoke ? 1 : o->argc),
		.preopens = o->dirs,
		.preopen_count = o->dir_count,
	};
	enum ew_status status = EW_OK;

	if (o->all_exports && !o->caps)
		return EW_OK;
	if (!o->all_exports)
		config.grant.caps |= EW_CAP_STDIO | EW_CAP_CLOCK | EW_CAP_RANDOM;
	while (environ[env_count])
		env_count++;
	config.environ_pairs = o->has_env ? o->env : (const char *const *)environ;
	config.environ_count = o->has_env ? o->env_count : env_count;
	if (o->caps & (EW_CAP_KV_READ | EW_CAP_KV_WRITE))
		status = ew_kv_ram_create(NULL, &r->alloc, &r->kv);
	config.kv = r->kv;
	if (status == EW_OK)
		status = ew_abi_create(&r->abi, &config, &r->alloc, err);
	return status;
}

/* ---- running ---- */

static enum ew_status write_file(void *user, const void *bytes, size_t len)
{
	return fwrite(bytes, 1, len, user) == len ? EW_OK : EW_ERR_IO;
}

/* What a trap has left, while it is there; a later trap takes the file over. */
static void dump_core(void *user, struct ew_exec *exec)
{
	struct run *r = user;
	FILE *to = fopen(r->o.coredump, "wb");
	enum ew_status status = to ? ew_coredump_write(exec, r->o.argv[0], write_file, to) : EW_ERR_IO;

	if (to && fclose(to) != 0)
		status = EW_ERR_IO;
	fflush(stdout);
	fprintf(stderr, "core dump: %s%s%s\n", r->o.coredump, status == EW_OK ? "" : ": ",
		status == EW_OK ? "" : ew_status_text(status));
}

static int trapped(struct run *r)
{
	fflush(stdout);
	report_trap(stderr, ew_exec_trap(r->exec));
	return EXIT_TRAP;
}

/* The exit status that the end of a call stands for; 0 after a normal one. */
static int finish(struct run *r, enum ew_status status)
{
	switch (status) {
	case EW_OK: return 0;
	case EW_ERR_EXIT: return (int)((r->abi ? ew_abi_exit_code(r->abi) : 0) & 0xff);
	case EW_ERR_TRAP: return trapped(r);
	case EW_ERR_FUEL:
		fflush(stdout);
		fprintf(stderr, "trap: out of fuel after %" PRIu64 "\n", r->o.fuel);
		if (r->o.coredump)
			dump_core(r, r->exec);
		ew_cancel(r->exec);
		return EXIT_TRAP;
	default:
		fflush(stdout);
		fprintf(stderr, "trap: %s\n", ew_status_text(status));
		return EXIT_TRAP;
	}
}

static enum ew_status call(struct run *r, struct ew_func *f)
{
	enum ew_status status;

	if (r->abi)
		ew_abi_begin(r->abi, host_now_ns(), 0);
	watch_begin(&r->watch, r->exec);
	status = ew_call(f, r->values);
	watch_end(&r->watch, r->exec);
	return status;
}

static void print_results(const uint8_t *types, uint32_t count, const union ew_value *values)
{
	char text[64];

	for (uint32_t i = 0; i < count; values += value_slots(types[i++])) {
		value_print(text, sizeof(text), types[i], values);
		puts(text);
	}
}

static int usage_of_function(const char *name, const uint8_t *params, uint32_t count)
{
	fprintf(stderr, "ew-run: %s takes (", name);
	for (uint32_t i = 0; i < count; i++)
		fprintf(stderr, "%s%s", i ? " " : "", type_name(params[i]));
	fprintf(stderr, ")\n");
	return EXIT_USAGE;
}

static int invoke(struct run *r)
{
	const uint8_t *params, *results;
	uint32_t param_count, result_count;
	union ew_value *arg = r->values;
	struct ew_func *f;
	enum ew_status status = ew_func_find(r->instance, r->o.invoke, NULL, &f);

	if (status != EW_OK) {
		fprintf(stderr, "ew-run: no function \"%s\": %s\n", r->o.invoke, ew_status_text(status));
		return EXIT_USAGE;
	}
	ew_func_type(f, &params, &param_count, &results, &result_count);
	if (param_count != (uint32_t)(r->o.argc - 1))
		return usage_of_function(r->o.invoke, params, param_count);
	if (values_slots(params, param_count) > VALUES_MAX || values_slots(results, result_count) > VALUES_MAX) {
		fprintf(stderr, "ew-run: more than %d values\n", VALUES_MAX);
		return EXIT_USAGE;
	}
	for (uint32_t i = 0; i < param_count; arg += value_slots(params[i++])) {
		if (!value_parse(params[i], r->o.argv[i + 1], arg)) {
			fprintf(stderr, "ew-run: \"%s\" is no %s\n", r->o.argv[i + 1], type_name(params[i]));
			return EXIT_USAGE;
		}
	}
	status = call(r, f);
	if (status == EW_OK)
		print_results(results, result_count, r->values);
	return finish(r, status);
}

/* One line of wasm-interp --run-all-exports. */
static void print_call(struct run *r, const struct ew_extern_type *type, struct ew_func *f)
{
	enum ew_status status = call(r, f);
	const union ew_value *value = r->values;
	char text[512];

	fwrite(type->name, 1, type->name_len, stdout);
	printf("() =>");
	if (status == EW_OK) {
		for (uint32_t i = 0; i < type->result_count; value += value_slots(type->results[i++])) {
			value_print_wabt(text, sizeof(text), type->results[i], value);
			printf("%s%s", i ? ", " : " ", text);
		}
	} else if (status == EW_ERR_TRAP) {
		printf(" error: %s", trap_text_wabt(ew_exec_trap(r->exec)));
	} else {
		printf(" error: %s", ew_status_text(status));
		ew_cancel(r->exec);
	}
	putchar('\n');
}

static int run_all_exports(struct run *r)
{
	for (uint32_t i = 0; i < ew_module_export_count(r->module); i++) {
		struct ew_extern_type type;
		struct ew_func *f;

		if (ew_module_export(r->module, i, &type) != EW_OK || type.kind != EW_EXTERN_FUNC ||
		    type.param_count > 0 || values_slots(type.results, type.result_count) > VALUES_MAX)
			continue;
		if (ew_func_at(r->instance, i, &f) == EW_OK)
			print_call(r, &type, f);
	}
	return 0;
}

/* A WASI command exports _start; a reactor _initialize, which comes before any other call. */
static int run_wasi(struct run *r)
{
	struct ew_func *f;
	enum ew_status status;

	if (r->o.invoke) {
		if (ew_func_find(r->instance, "_initialize", "()", &f) == EW_OK &&
		    strcmp(r->o.invoke, "_initialize") != 0) {
			status = call(r, f);
			if (status != EW_OK)
				return finish(r, status);
		}
		return invoke(r);
	}
	if (ew_func_find(r->instance, "_start", "()", &f) != EW_OK) {
		fprintf(stderr, "ew-run: not a command: no export \"_start\" of type (); "
				"choose a function with --invoke\n");
		return EXIT_USAGE;
	}
	return finish(r, call(r, f));
}

static int refused(enum ew_status status, const struct ew_error *err)
{
	report_refusal(stderr, status, err);
	return EXIT_REFUSED;
}

/* The start function has run when this returns. */
static enum ew_status create_instance(struct run *r, struct ew_trap *trap, struct ew_error *err)
{
	struct ew_instance_config config = {
		.struct_bytes = sizeof(config),
		.exec = r->exec,
		.max_memory_pages = r->o.max_pages,
		.resolve = resolve,
		.resolve_user = r,
	};

	enum ew_status status;

	if (r->o.guard) {
		config.guard = ew_guard_alloc();
		faults_begin();
	}
	if (r->abi)
		ew_abi_begin(r->abi, host_now_ns(), 0);
	watch_begin(&r->watch, r->exec);
	status = ew_instance_create(&r->instance, r->module, &config, &r->alloc, trap, err);
	watch_end(&r->watch, r->exec);
	return status;
}

static int dump(struct run *r)
{
	uint32_t func, count = ew_module_func_count(r->module, &func);
	enum ew_status status = EW_OK;

	for (; func < count && status == EW_OK; func++)
		status = ew_module_list(r->module, func, write_file, stdout);
	if (status == EW_OK)
		return 0;
	fprintf(stderr, "ew-run: %s\n", ew_status_text(status));
	return EXIT_REFUSED;
}

/* What was asked for about the run that has ended, however it did. */
static int report_watch(struct run *r, int status)
{
	FILE *to;

	fflush(stdout);
	if (r->o.profile)
		watch_report(&r->watch, stderr);
	if (!r->o.folded)
		return status;
	to = fopen(r->o.folded, "w");
	if (to)
		watch_folded(&r->watch, to);
	if (!to || fclose(to) != 0) {
		fprintf(stderr, "ew-run: %s: %s\n", r->o.folded, strerror(errno));
		return EXIT_USAGE;
	}
	return status;
}

static int run_module(struct run *r, size_t size)
{
	struct ew_module_config config = {.struct_bytes = sizeof(config)};
	struct ew_error err = {0};
	struct ew_trap trap;
	enum ew_status status;

	r->watch.trace = r->o.trace ? stderr : NULL;
	r->watch.profile = r->o.profile || r->o.folded;
	config.flags = r->watch.trace || r->watch.profile ? EW_MODULE_OBSERVE : 0;
	config.flags |= r->o.dump ? EW_MODULE_LISTING : 0;
	config.flags |= r->o.guard ? EW_MODULE_GUARD : 0;
	status = ew_module_load(&r->module, r->bytes, size, &config, &r->alloc, &err);
	if (status == EW_OK && r->o.dump)
		return dump(r);

	if (status == EW_OK)
		status = ew_exec_create(&r->exec, NULL, &r->alloc);
	if (status == EW_OK)
		status = create_abi(r, &err);
	if (status != EW_OK)
		return refused(status, &err);
	if (r->o.coredump)
		ew_exec_on_trap(r->exec, dump_core, r);
	if (r->o.has_fuel)
		ew_exec_set_fuel(r->exec, r->o.fuel);
	memset(&trap, 0, sizeof(trap));
	status = create_instance(r, &trap, &err);
	if (status == EW_ERR_TRAP) {
		fflush(stdout);
		report_trap(stderr, &trap);
		return EXIT_TRAP;
	}
	if (status == EW_ERR_EXIT || status == EW_ERR_FUEL)
		return finish(r, status);
	if (status != EW_OK)
		return refused(status, &err);
	return r->o.all_exports ? run_all_exports(r) : run_wasi(r);
}

static void release(struct run *r)
{
	if (r->instance)
		ew_instance_destroy(r->instance);
	ew_abi_destroy(r->abi);
	if (r->exec)
		ew_exec_destroy(r->exec);
	ew_module_free(r->module);
	if (r->kv)
		ew_kv_destroy(r->kv);
	stubs_deinit(&r->stubs);
	host_deinit(&r->host);
	watch_deinit(&r->watch);
	for (size_t i = 0; i < r->o.dir_count; i++)
		hostfs_close(r->o.dirs[i].dir);
	free(r->bytes);
}

int main(int argc, char **argv)
{
	static struct run r;
	size_t size;
	int status;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage_text, stdout);
		return 0;
	}
	if (!parse_options(&r.o, argc, argv)) {
		fputs(usage_text, stderr);
		release(&r);
		return EXIT_USAGE;
	}
	r.alloc = ew_alloc_libc();
	r.bytes = file_read(r.o.argv[0], &size);
	if (!r.bytes) {
		fprintf(stderr, "ew-run: %s: %s\n", r.o.argv[0], strerror(errno));
		status = EXIT_USAGE;
	} else {
		status = run_module(&r, size);
		status = report_watch(&r, status);
	}
	host_print_metrics(&r.host);
	release(&r);
	if (fflush(stdout) != 0 && status == 0)
		status = EXIT_REFUSED;
	return status;
}
