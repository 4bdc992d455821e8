/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_programs.c - whole WASI commands, from toolchains where they are installed: C and C++ by clang and
 * wasi-libc, Rust by rustc, AssemblyScript by asc; and one without a libc that is committed.
 *
 * Each greets on stdout, where it can says something on stderr, reads a line, and exits with a code.
 */
#include <stdlib.h>
#include <unistd.h>
#include "../aid/aid.h"
#include "edgewasm/abi.h"

struct program {
	struct fail_alloc mem;
	char out[1024], err[1024];
	size_t out_len, err_len;
	const char *in;
	uint32_t exit_code;
	enum ew_status status;
	uint64_t fuel;
};

static enum ew_status do_write(void *user, int fd, const void *bytes, size_t len, size_t *done)
{
	struct program *p = user;
	char *to = fd == 2 ? p->err : p->out;
	size_t *used = fd == 2 ? &p->err_len : &p->out_len;

	if (len > 1023 - *used)
		return EW_ERR_FULL;
	memcpy(to + *used, bytes, len);
	*used += len;
	*done = len;
	return EW_OK;
}

static enum ew_status do_read(void *user, int fd, void *buf, size_t cap, size_t *done)
{
	struct program *p = user;
	size_t n = strlen(p->in) < cap ? strlen(p->in) : cap;

	(void)fd;
	memcpy(buf, p->in, n);
	p->in += n;
	*done = n;
	return EW_OK;
}

static enum ew_status do_clock(void *user, uint32_t id, uint64_t *ns)
{
	(void)user;
	*ns = id ? 5000000000u : 1700000000000000000u;
	return EW_OK;
}

static enum ew_status do_random(void *user, void *out, size_t bytes)
{
	(void)user;
	memset(out, 4, bytes); /* chosen by fair dice roll */
	return EW_OK;
}

static void run(struct program *p, const char *path)
{
	static const char *const args[] = {"hello", "edge"};
	static const char *const vars[] = {"PLACE=field"};
	struct ew_abi_host host = {.struct_bytes = sizeof(host), .read = do_read, .write = do_write,
				   .clock = do_clock, .random = do_random};
	struct ew_abi_config ac = {.struct_bytes = sizeof(ac), .host = &host, .user = p, .args = args,
				   .arg_count = 2, .environ_pairs = vars, .environ_count = 1};
	struct ew_instance_config ic = {.struct_bytes = sizeof(ic), .resolve = ew_abi_resolve};
	struct ew_instance *instance = NULL;
	struct ew_module *module = NULL;
	struct ew_exec *exec = NULL;
	struct ew_func *start = NULL;
	struct ew_error err = {EW_OK, 0, ""};
	struct ew_abi *abi = NULL;
	union ew_value none[1];
	size_t size;
	uint8_t *bytes = read_file(path, &size);

	memset(p, 0, sizeof(*p));
	p->in = "a line\n";
	fail_alloc_init(&p->mem);
	if (!bytes)
		fail_msg("no %s", path);
	ac.grant.caps = EW_CAP_STDIO | EW_CAP_CLOCK | EW_CAP_RANDOM;
	if (ew_module_load(&module, bytes, size, NULL, &p->mem.alloc, &err) != EW_OK ||
	    ew_exec_create(&exec, NULL, &p->mem.alloc) != EW_OK ||
	    ew_abi_create(&abi, &ac, &p->mem.alloc, &err) != EW_OK)
		fail_msg("%s: %s", path, err.text);
	ic.exec = exec;
	ic.resolve_user = abi;
	if (ew_instance_create(&instance, module, &ic, &p->mem.alloc, NULL, &err) != EW_OK ||
	    ew_func_find(instance, "_start", "()", &start) != EW_OK)
		fail_msg("%s: %s", path, err.text);
	ew_abi_begin(abi, 0, 0);
	ew_exec_set_fuel(exec, 100000000);
	p->status = ew_call(start, none);
	if (p->status == EW_ERR_TRAP)
		fail_msg("%s trapped: %s", path, ew_exec_trap(exec)->text);
	p->fuel = 100000000 - (uint64_t)ew_exec_fuel(exec);
	p->exit_code = ew_abi_exit_code(abi);
	ew_instance_destroy(instance);
	ew_abi_destroy(abi);
	ew_exec_destroy(exec);
	ew_module_free(module);
	free(bytes);
	fail_alloc_finish(&p->mem);
}

/* A folder for what is compiled here. */
static char folder[64] = "";

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/ew-programs-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return run_program((const char *const[]){"rm", "-rf", folder, NULL}, NULL, 0, NULL, 0);
}

/* Compiles text; false, with a reason printed, when the toolchain is not there or cannot. */
static bool compile(const char *name, const char *text, const char *const *command, char *wasm, size_t cap)
{
	const char *argv[16];
	char source[128], log[2048] = "";
	size_t n = 0;

	if (command[0][0] == '/' ? access(command[0], X_OK) != 0 : !have_program(command[0])) {
		print_message("skipped: no %s\n", command[0]);
		return false;
	}
	snprintf(source, sizeof(source), "%s/%s", folder, name);
	snprintf(wasm, cap, "%s/%s.wasm", folder, name);
	if (!write_file(source, text, strlen(text)))
		fail_msg("cannot write %s", source);
	for (; command[n] && n < 12; n++)
		argv[n] = command[n];
	argv[n++] = "-o";
	argv[n++] = wasm;
	argv[n++] = source;
	argv[n] = NULL;
	if (run_program(argv, NULL, 0, log, sizeof(log)) != 0) {
		log[strcspn(log, "\n")] = '\0';
		print_message("skipped: %s cannot make WASI programs: %s\n", command[0], log);
		return false;
	}
	return true;
}

static void without_a_libc(void **state)
{
	struct program p;

	(void)state;
	run(&p, "examples/guests/guest_wasi_hello.wasm");
	assert_int_equal(p.status, EW_ERR_EXIT);
	assert_int_equal(p.exit_code, 2);
	assert_string_equal(p.out, "hello, hello\nhello, edge\n");
	assert_string_equal(p.err, "");
}

static const char c_text[] =
	"#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <time.h>\n"
	"int main(int argc, char **argv) {\n"
	"	char line[32], *heap = malloc(200000);\n"
	"	memset(heap, 7, 200000);\n"
	"	printf(\"hello %s %d %.3f %s %d %lld\\n\", argv[1], argc, 3.14159, getenv(\"PLACE\"), heap[199999],\n"
	"	       (long long)time(NULL));\n"
	"	if (fgets(line, sizeof(line), stdin)) printf(\"read %s\", line);\n"
	"	fprintf(stderr, \"to stderr\\n\");\n"
	"	if (fopen(\"/etc/passwd\", \"r\") || fopen(\"x\", \"w\")) return 99;\n"
	"	return 3;\n"
	"}\n";

static const char cc_text[] =
	"extern \"C\" int printf(const char *, ...);\n"
	"struct Greeter { const char *name; explicit Greeter(const char *n) : name(n) {}\n"
	"	virtual int greet(int n) const { return printf(\"hello %s %d\\n\", name, n); } };\n"
	"struct Loud : Greeter { using Greeter::Greeter;\n"
	"	int greet(int n) const override { return printf(\"HELLO %s %d\\n\", name, n); } };\n"
	"static Loud early(\"constructed\");\n"
	"int main(int argc, char **argv) { const Greeter &g = early; g.greet(1); Loud(argv[1]).greet(argc); return 4; }\n";

static void c_by_clang(void **state)
{
	static const char *const command[] = {"clang", "--target=wasm32-wasi", "-O1", "-x", "c", NULL};
	struct program p;
	char wasm[128];

	(void)state;
	if (!compile("hello.c", c_text, command, wasm, sizeof(wasm)))
		skip();
	run(&p, wasm);
	assert_string_equal(p.out, "hello edge 2 3.142 field 7 1700000000\nread a line\n");
	assert_string_equal(p.err, "to stderr\n");
	assert_int_equal(p.status, EW_ERR_EXIT);
	assert_int_equal(p.exit_code, 3);
}

static void cc_by_clang(void **state)
{
	static const char *const command[] = {"clang", "--target=wasm32-wasi", "-O1", "-fno-exceptions",
					      "-fno-rtti", "-x", "c++", NULL};
	struct program p;
	char wasm[128];

	(void)state;
	if (!compile("hello.cc", cc_text, command, wasm, sizeof(wasm)))
		skip();
	run(&p, wasm);
	assert_string_equal(p.out, "HELLO constructed 1\nHELLO edge 2\n");
	assert_int_equal(p.exit_code, 4);
}

static const char rust_text[] =
	"use std::collections::HashMap;\nuse std::io::Read;\n"
	"fn main() {\n"
	"	let mut seen = HashMap::new();\n"
	"	for word in std::env::args() { *seen.entry(word).or_insert(0) += 1; }\n"
	"	let mut input = String::new();\n"
	"	std::io::stdin().read_to_string(&mut input).unwrap();\n"
	"	println!(\"hello {} {} {:?} {}\", seen[\"edge\"], seen.len(), std::env::var(\"PLACE\").unwrap(), input.trim());\n"
	"	eprintln!(\"to stderr\");\n"
	"	assert!(std::fs::File::open(\"/etc/passwd\").is_err());\n"
	"	std::process::exit(5);\n"
	"}\n";

static void rust_by_rustc(void **state)
{
	static const char *const commands[][8] = {
		{"rustc", "--target", "wasm32-wasip1", "-Copt-level=s", NULL},
		{"rustc", "--target", "wasm32-wasi", "-Copt-level=s", NULL},
		{"/usr/bin/rustc", "--target", "wasm32-wasi", "-Copt-level=s", NULL},
	};
	struct program p;
	char wasm[128];
	size_t i = 0;

	(void)state;
	while (i < ROWS(commands) && !compile("hello.rs", rust_text, commands[i], wasm, sizeof(wasm)))
		i++;
	if (i == ROWS(commands))
		skip();
	run(&p, wasm);
	assert_string_equal(p.out, "hello 1 2 \"field\" a line\n");
	assert_string_equal(p.err, "to stderr\n");
	assert_int_equal(p.exit_code, 5);
}

/* AssemblyScript has no WASI of its own: it declares what it imports, as its WASI shim does. */
static const char as_text[] =
	"@external(\"wasi_snapshot_preview1\", \"fd_write\")\n"
	"declare function fd_write(fd: i32, iovs: usize, n: i32, done: usize): i32;\n"
	"@external(\"wasi_snapshot_preview1\", \"proc_exit\")\n"
	"declare function proc_exit(code: i32): void;\n"
	"export function _start(): void {\n"
	"	const text = String.UTF8.encode(\"hello \" + (6 * 7).toString() + \"\\n\");\n"
	"	const iov = memory.data(16);\n"
	"	store<usize>(iov, changetype<usize>(text));\n"
	"	store<i32>(iov, text.byteLength, 4);\n"
	"	proc_exit(fd_write(1, iov, 1, iov + 8) == 0 ? 6 : 7);\n"
	"}\n";

static void assemblyscript_by_asc(void **state)
{
	static const char *const command[] = {"asc", "-O", "--runtime", "stub", "--use", "abort=", NULL};
	struct program p;
	char wasm[128];

	(void)state;
	if (!compile("hello.ts", as_text, command, wasm, sizeof(wasm)))
		skip();
	run(&p, wasm);
	assert_string_equal(p.out, "hello 42\n");
	assert_int_equal(p.exit_code, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_libc),
		cmocka_unit_test(c_by_clang),
		cmocka_unit_test(cc_by_clang),
		cmocka_unit_test(rust_by_rustc),
		cmocka_unit_test(assemblyscript_by_asc),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
