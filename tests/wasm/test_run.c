/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_run.c - ew-run from outside: options, values, exit status, refusals, WASI; and line by line the same
 * as wabt's wasm-interp on every module here, and on generated ones.
 */
#include <unistd.h>
#include "../aid/aid.h"

static char tool[1024], folder[64], module[128];
static char out[1 << 16], err[1 << 16];

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/ew-test-run-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(module, sizeof(module), "%s/m.wasm", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(module);
	return rmdir(folder);
}

/* Only builds for other machines leave the programs out. */
static void need_tool(void)
{
	if (build_path(tool, sizeof(tool), "ew-run"))
		return;
	if (!getenv("TEST_RUN") || !*getenv("TEST_RUN"))
		fail_msg("%s is not built", tool);
	print_message("skipped: %s is not built for this machine\n", tool);
	skip();
}

static void write_module(struct wmod *m)
{
	size_t size;
	const uint8_t *bytes = wmod_finish(m, &size);

	assert_true(write_file(module, bytes, size));
	wmod_free(m);
}

/* ew-run with up to seven arguments in front of the module, or behind it after "--". */
static int run(const char *const *args)
{
	const char *argv[16] = {tool};
	size_t n = 1;

	for (; *args; args++)
		argv[n++] = strcmp(*args, "@") == 0 ? module : *args;
	argv[n] = NULL;
	return run_program(argv, out, sizeof(out), err, sizeof(err));
}

#define ARGS(...) (const char *[]){__VA_ARGS__, NULL}

/* ---- values ---- */

static const struct {
	const char *row, *function, *arg, *printed; /* NULL: refused */
} values[] = {
	{"zero", "i", "0", "i32:0\n"},
	{"decimal", "i", "42", "i32:42\n"},
	{"negative", "i", "-1", "i32:-1\n"},
	{"unsigned", "i", "4294967295", "i32:-1\n"},
	{"plus", "i", "+7", "i32:7\n"},
	{"least", "i", "-2147483648", "i32:-2147483648\n"},
	{"below the least", "i", "-2147483649", NULL},
	{"above the greatest", "i", "4294967296", NULL},
	{"hexadecimal", "i", "0xDEADbeef", "i32:-559038737\n"},
	{"negative hexadecimal", "i", "-0x10", "i32:-16\n"},
	{"with its type", "i", "i32:5", "i32:5\n"},
	{"with another type", "i", "i64:5", NULL},
	{"empty", "i", "", NULL},
	{"space", "i", " 5", NULL},
	{"fraction", "i", "5.0", NULL},
	{"word", "i", "five", NULL},
	{"bare prefix", "i", "0x", NULL},
	{"two signs", "i", "--5", NULL},
	{"i64 greatest", "I", "18446744073709551615", "i64:-1\n"},
	{"i64 least", "I", "-9223372036854775808", "i64:-9223372036854775808\n"},
	{"i64 below", "I", "-9223372036854775809", NULL},
	{"i64 above", "I", "18446744073709551616", NULL},
	{"i64 hexadecimal", "I", "0x7fffffffffffffff", "i64:9223372036854775807\n"},
	{"f32 half", "f", "0.5", "f32:0.5\n"},
	{"f32 tenth", "f", "0.1", "f32:0.1\n"},
	{"f32 minus zero", "f", "-0", "f32:-0\n"},
	{"f32 exponent", "f", "1e10", "f32:1e+10\n"},
	{"f32 hexadecimal", "f", "0x1.8p3", "f32:12\n"},
	{"f32 rounded once", "f", "1.00000017881393432617187499", "f32:1.0000001\n"},
	{"f32 too large", "f", "1e39", "f32:inf\n"},
	{"f32 inf", "f", "inf", "f32:inf\n"},
	{"f32 -inf", "f", "-inf", "f32:-inf\n"},
	{"f32 nan", "f", "nan", "f32:nan\n"},
	{"f32 -nan", "f", "-nan", "f32:-nan\n"},
	{"f32 payload", "f", "nan:0x200001", "f32:nan:0x200001\n"},
	{"f32 payload 0", "f", "nan:0x0", NULL},
	{"f32 payload too wide", "f", "nan:0x800000", NULL},
	{"f32 least", "f", "1e-45", "f32:1e-45\n"},
	{"f32 word", "f", "infinite", NULL},
	{"f32 empty", "f", "", NULL},
	{"f32 two dots", "f", "1.2.3", NULL},
	{"f64 half", "F", "0.5", "f64:0.5\n"},
	{"f64 third", "F", "0.3333333333333333", "f64:0.3333333333333333\n"},
	{"f64 large", "F", "1e300", "f64:1e+300\n"},
	{"f64 payload", "F", "-nan:0x8000000000001", "f64:-nan:0x8000000000001\n"},
	{"f64 nan with the quiet bit only", "F", "nan:0x8000000000000", "f64:nan\n"},
	{"f64 least", "F", "5e-324", "f64:5e-324\n"},
	{"externref null", "x", "null", "externref:null\n"},
	{"externref number", "x", "4660", "externref:0x1234\n"},
	{"funcref null", "p", "null", "funcref:null\n"},
	{"funcref number", "p", "1", NULL},
};

static void test_values(void **state)
{
	static const char *const signatures[] = {"(i)i", "(I)I", "(f)f", "(F)F", "(x)x", "(p)p"};
	static const char *const names[] = {"i", "I", "f", "F", "x", "p"};
	struct wmod m;

	(void)state;
	need_tool();
	wmod_init(&m);
	for (size_t i = 0; i < ROWS(signatures); i++)
		wmod_export(&m, names[i], WMOD_FUNC, wmod_func(&m, signatures[i], "", CODE(LOCAL_GET(0))));
	write_module(&m);
	for (size_t i = 0; i < ROWS(values); i++) {
		int rc = run(ARGS("--invoke", values[i].function, "@", values[i].arg));

		check_int(values[i].row, rc, values[i].printed ? 0 : 2);
		check_str(values[i].row, out, values[i].printed ? values[i].printed : "");
		check_true(values[i].row, (err[0] != '\0') == (values[i].printed == NULL));
	}
}

/* ---- exit status, messages ---- */

static void build_exits(struct wmod *m)
{
	static const char *const names[] = {"nothing", "inner", "outer"};

	wmod_func(m, "()", "", NO_CODE);
	wmod_func(m, "(ii)i", "", CODE(LOCAL_GET(0), LOCAL_GET(1), 0x6d));
	wmod_func(m, "(i)i", "", CODE(I32_CONST(1), LOCAL_GET(0), CALL(1)));
	wmod_func(m, "()", "", CODE(LOOP(T_VOID), BR(0), OP_END));
	wmod_func(m, "()iIfF", "", CODE(I32_CONST(1), I64_CONST(2), 0x43, 0, 0, 0x40, 0x40, 0x44, 0, 0, 0, 0, 0, 0, 0x10, 0x40));
	wmod_func(m, "()i", "", CODE(I32_CONST(5), 0x40, 0));
	wmod_memory(m, 1, WMOD_NO_MAX);
	wmod_export(m, "nothing", WMOD_FUNC, 0);
	wmod_export(m, "div", WMOD_FUNC, 2);
	wmod_export(m, "loop", WMOD_FUNC, 3);
	wmod_export(m, "four", WMOD_FUNC, 4);
	wmod_export(m, "grow", WMOD_FUNC, 5);
	wmod_export(m, "memory", WMOD_MEMORY, 0);
	wmod_names(m, names, 3);
}

static const struct {
	const char *row;
	const char *args[6];
	int rc;
	const char *out, *err; /* all of the output; in the messages */
} exits[] = {
	{"no result", {"--invoke", "nothing", "@"}, 0, "", ""},
	{"one result", {"--invoke", "div", "@", "1"}, 0, "i32:1\n", ""},
	{"four results", {"--invoke", "four", "@"}, 0, "i32:1\ni64:2\nf32:3\nf64:4\n", ""},
	{"joined option", {"--invoke=div", "@", "1"}, 0, "i32:1\n", ""},
	{"trap", {"--invoke", "div", "@", "0"}, 134, "", "trap: integer divide by zero\n  #0 inner (function 1) at byte 0x"},
	{"trap, second frame", {"--invoke", "div", "@", "0"}, 134, "", "\n  #1 outer (function 2) at byte 0x"},
	{"out of fuel", {"--fuel", "1000", "--invoke", "loop", "@"}, 134, "", "trap: out of fuel"},
	{"fuel enough", {"--fuel", "1000", "--invoke", "div", "@", "1"}, 0, "i32:1\n", ""},
	{"growth", {"--invoke", "grow", "@"}, 0, "i32:1\n", ""},
	{"growth at the limit", {"--max-pages", "6", "--invoke", "grow", "@"}, 0, "i32:1\n", ""},
	{"growth above the limit", {"--max-pages", "5", "--invoke", "grow", "@"}, 0, "i32:-1\n", ""},
	{"too few arguments", {"--invoke", "div", "@"}, 2, "", "div takes (i32)"},
	{"too many arguments", {"--invoke", "div", "@", "1", "2"}, 2, "", "div takes (i32)"},
	{"no such export", {"--invoke", "nix", "@"}, 2, "", "no function \"nix\""},
	{"not a function", {"--invoke", "memory", "@"}, 2, "", "no function \"memory\""},
	{"not a command", {"@"}, 2, "", "not a command"},
	{"no module", {"--invoke", "x"}, 2, "", "usage: ew-run"},
	{"no such file", {"/nonexistent.wasm"}, 2, "", "/nonexistent.wasm"},
	{"unknown option", {"--nix", "@"}, 2, "", "usage: ew-run"},
	{"bad fuel", {"--fuel", "-1", "@"}, 2, "", "usage: ew-run"},
	{"bad pages", {"--max-pages", "65537", "@"}, 2, "", "usage: ew-run"},
	{"bad capability", {"--grant", "LOG,MAGIC", "@"}, 2, "", "MAGIC"},
	{"bad folder", {"--dir", "/nonexistent::/x", "@"}, 2, "", "/nonexistent"},
	{"both modes", {"--all-exports", "--invoke", "div", "@"}, 2, "", "usage: ew-run"},
	{"help", {"--help"}, 0, NULL, ""},
};

static void test_exits(void **state)
{
	struct wmod m;

	(void)state;
	need_tool();
	wmod_init(&m);
	build_exits(&m);
	write_module(&m);
	for (size_t i = 0; i < ROWS(exits); i++) {
		check_int(exits[i].row, run(exits[i].args), exits[i].rc);
		if (exits[i].out)
			check_str(exits[i].row, out, exits[i].out);
		check_has(exits[i].row, err, exits[i].err);
		if (!exits[i].err[0])
			check_str(exits[i].row, err, "");
	}
}

/* ---- debugging ---- */

/* rows of pieces that stand in the messages (or, for --dump, in the output), in this order */
static const struct {
	const char *row;
	const char *args[6];
	int rc;
	const char *pieces[8];
} watched[] = {
	{"trace", {"--trace", "--invoke", "div", "@", "2"}, 0,
	 {"   0 outer                0x", "  i32.const 1\n", "  call 1 <inner>               i32:1 i32:2\n",
	  "   1 inner                0x", "i32.div_s                    i32:1 i32:2\n", "   1 inner                0x",
	  "  end\n   0 outer                0x", "  end\n"}},
	{"the trapping instruction is the last", {"--trace", "--invoke", "div", "@", "0"}, 134,
	 {"  local.get 1\n", "i32.div_s                    i32:1 i32:0\ntrap: integer divide by zero\n  #0 inner (function 1)"}},
	{"trace of all exports", {"--trace", "--all-exports", "@"}, 0, {"nothing              0x", "loop                 0x", "  br 0\n"}},
	{"profile", {"--profile", "--invoke", "div", "@", "2"}, 0,
	 {"profile: 6 fuel in 2 functions\n", "own      %   with callees      %  function\n",
	  "             3  50.00              3  50.00  inner\n", "             3  50.00              6 100.00  outer\n"}},
	{"profile of a trap", {"--profile", "--invoke", "div", "@", "0"}, 134, {"trap: ", "profile: 6 fuel in 2 functions\n"}},
	{"profile of nothing", {"--profile", "--invoke", "nothing", "@"}, 0, {"profile: 0 fuel in 1 function\n", "  0.00  nothing\n"}},
	{"dump", {"--dump", "@"}, 0,
	 {"function 0 <nothing> (): 2 bytes, ", "function 1 <inner> (ii)i: ", "  local.get 1", "  i32.div_s ", "I32_DIV_S",
	  "function 2 <outer> (i)i: ", "  call 1 <inner> ", "CALL 1 <inner>, frame [1], fuel 3\n"}},
	{"folded file that cannot be", {"--folded", "/nonexistent/x", "--invoke", "nothing", "@"}, 2, {"ew-run: /nonexistent/x: "}},
	{"folded without a name", {"@", "--folded"}, 2, {NULL}},
};

static void test_watched(void **state)
{
	struct wmod m;

	(void)state;
	need_tool();
	wmod_init(&m);
	build_exits(&m);
	write_module(&m);
	for (size_t i = 0; i < ROWS(watched); i++) {
		const char *args[8] = {"--fuel", "100"};
		const char *at;

		memcpy(args + 2, watched[i].args, sizeof(watched[i].args));
		check_int(watched[i].row, run(args), watched[i].rc);
		at = strcmp(watched[i].row, "dump") == 0 ? out : err;
		for (size_t p = 0; p < ROWS(watched[i].pieces) && watched[i].pieces[p]; p++) {
			const char *found = strstr(at, watched[i].pieces[p]);

			if (!found)
				fail_msg("%s: \"%s\" is not in, or not behind the others in\n%s%s", watched[i].row,
					 watched[i].pieces[p], out, err);
			at = found + strlen(watched[i].pieces[p]);
		}
	}
}

static void test_coredump(void **state)
{
	char path[128];
	uint8_t *dump;
	struct wmod m;
	size_t size;

	(void)state;
	need_tool();
	wmod_init(&m);
	build_exits(&m);
	write_module(&m);
	snprintf(path, sizeof(path), "%s/core", folder);
	check_int("no trap", run(ARGS("--coredump", path, "--invoke", "div", "@", "2")), 0);
	check_int("no trap", access(path, F_OK), -1);
	check_int("trap", run(ARGS("--coredump", path, "--invoke", "div", "@", "0")), 134);
	check_has("trap", err, "core dump: /tmp/ew-test-run-");
	dump = read_file(path, &size);
	assert_non_null(dump);
	assert_true(size > 60 && memcmp(dump, "\0asm\1\0\0\0", 8) == 0 && memcmp(dump + 10, "\4core\0", 6) == 0);
	free(dump);
	unlink(path);
	check_int("fuel", run(ARGS("--coredump", path, "--fuel", "10", "--invoke", "loop", "@")), 134);
	check_int("fuel", access(path, F_OK), 0);
	unlink(path);
	check_int("bad path", run(ARGS("--coredump", "/nonexistent/x", "--invoke", "div", "@", "0")), 134);
	check_has("bad path", err, "core dump: /nonexistent/x: ");
}

/* Call chains, by hand: main calls even twice, which calls odd, which calls even ... */
static void test_folded(void **state)
{
	static const char *const names[] = {"main", "even", "odd;x"};
	char path[128];
	size_t size;
	struct wmod m;
	char *text;

	(void)state;
	need_tool();
	wmod_init(&m);
	wmod_func(&m, "()", "", CODE(I32_CONST(2), CALL(1), I32_CONST(0), CALL(1)));
	wmod_func(&m, "(i)", "", CODE(LOCAL_GET(0), IF(T_VOID), LOCAL_GET(0), I32_CONST(1), 0x6b, CALL(2), OP_END));
	wmod_func(&m, "(i)", "", CODE(LOCAL_GET(0), I32_CONST(1), 0x6b, CALL(1)));
	wmod_export(&m, "main", WMOD_FUNC, 0);
	wmod_names(&m, names, 3);
	write_module(&m);
	snprintf(path, sizeof(path), "%s/folded", folder);
	check_int("folded", run(ARGS("--folded", path, "--invoke", "main", "@")), 0);
	check_str("folded", err, "");
	text = (char *)read_file(path, &size);
	assert_non_null(text);
	text[size - 1] = '\0';
	/* 2 for even(0) from main, 6 for even(2) */
	check_str("folded", text, "main 4\nmain;even 8\nmain;even;odd?x 4\nmain;even;odd?x;even 2");
	free(text);
	unlink(path);
}

static const struct {
	const char *row, *said;
	size_t size;
	uint8_t bytes[64];
} refused[] = {
#define M 0, 'a', 's', 'm', 1, 0, 0, 0
#define BYTES(...) sizeof((const uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}
	{"nothing", "malformed: ", 0, {0}},
	{"cut", "malformed: unexpected end", BYTES(0, 'a', 's')},
	{"bad section", "malformed: ", BYTES(M, 99, 0)},
	{"bad type", "invalid: ", BYTES(M, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 10, 4, 1, 2, 0, 0x0b)},
	{"unknown import", "unlinkable: unknown import \"a\" \"b\"",
	 BYTES(M, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 'a', 1, 'b', 0, 0)},
	{"capability", "unlinkable: edge_v1.event_emit needs capability EMIT",
	 BYTES(M, 1, 10, 1, 0x60, 5, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 2, 22, 1, 7, 'e', 'd', 'g', 'e', '_', 'v', '1', 10,
	       'e', 'v', 'e', 'n', 't', '_', 'e', 'm', 'i', 't', 0, 0)},
	{"signature", "unlinkable: ",
	 BYTES(M, 1, 4, 1, 0x60, 0, 0, 2, 22, 1, 7, 'e', 'd', 'g', 'e', '_', 'v', '1', 10, 'e', 'v', 'e', 'n', 't', '_', 'e', 'm',
	       'i', 't', 0, 0)},
	{"limit", "limit exceeded: ", BYTES(M, 4, 8, 1, 0x70, 0, 0xff, 0xff, 0xff, 0xff, 0x0f)},
};

static void test_refused(void **state)
{
	(void)state;
	need_tool();
	for (size_t i = 0; i < ROWS(refused); i++) {
		assert_true(write_file(module, refused[i].bytes, refused[i].size));
		check_int(refused[i].row, run(ARGS("--invoke", "f", "@")), 1);
		check_str(refused[i].row, out, "");
		check_true(refused[i].row, strncmp(err, refused[i].said, strlen(refused[i].said)) == 0);
	}
}

/* ---- WASI ---- */

/* A command that prints its own text and ends with the status given by the length of argv[1]. */
static void build_command(struct wmod *m)
{
	uint32_t fd_write = wmod_import_func(m, "wasi_snapshot_preview1", "fd_write", "(iiii)i");
	uint32_t args_sizes = wmod_import_func(m, "wasi_snapshot_preview1", "args_sizes_get", "(ii)i");
	uint32_t proc_exit = wmod_import_func(m, "wasi_snapshot_preview1", "proc_exit", "(i)");

	assert_true(fd_write == 0 && args_sizes == 1 && proc_exit == 2);
	wmod_memory(m, 1, 1);
	wmod_func(m, "()", "",
		  CODE(I32_CONST(1), I32_CONST(0), I32_CONST(1), I32_CONST(32), CALL(0), OP_DROP, /* fd_write(1, iovs, 1, &n) */
		       I32_CONST(2), I32_CONST(0), I32_CONST(1), I32_CONST(32), CALL(0), OP_DROP, I32_CONST(40),
		       I32_CONST(44), CALL(1), OP_DROP, I32_CONST(40), 0x28, 2, 0, CALL(2))); /* proc_exit(argc) */
	wmod_export(m, "_start", WMOD_FUNC, 3);
	wmod_export(m, "memory", WMOD_MEMORY, 0);
	wmod_data(m, 0, "\x10\0\0\0\x06\0\0\0", 8);
	wmod_data(m, 16, "hello\n", 6);
}

static void test_command(void **state)
{
	struct wmod m;

	(void)state;
	need_tool();
	wmod_init(&m);
	build_command(&m);
	write_module(&m);
	assert_int_equal(run(ARGS("@")), 1);
	assert_string_equal(out, "hello\n");
	assert_string_equal(err, "hello\n");
	assert_int_equal(run(ARGS("@", "two", "three")), 3);
	assert_int_equal(run(ARGS("@", "--invoke", "x", "y")), 4); /* behind the module: the guest's */
	assert_int_equal(run(ARGS("--", "@", "--fuel")), 2);
}

/* ---- the same as wabt ---- */

/* Line by line, so that the first difference is what is told. */
static void check_lines(const char *row, const char *got, const char *want)
{
	char a[4096], b[4096];

	while (*got || *want) {
		size_t n = strcspn(got, "\n"), k = strcspn(want, "\n");

		snprintf(a, sizeof(a), "%.*s", (int)n, got);
		snprintf(b, sizeof(b), "%.*s", (int)k, want);
		check_str(row, a, b);
		got += n + (got[n] == '\n');
		want += k + (want[k] == '\n');
	}
}

static void same_as_wabt(const char *row)
{
	static char want[1 << 16], want_err[1 << 16];
	const char *wabt[] = {"wasm-interp", module, "--run-all-exports", "--dummy-import-func", NULL};

	if (run_program(wabt, want, sizeof(want), want_err, sizeof(want_err)) != 0)
		fail_msg("wasm-interp refuses: %s", want_err);
	check_int(row, run(ARGS("--all-exports", "--stub-imports", "@")), 0);
	check_lines(row, out, want);
}

static bool no_wabt(void)
{
	if (have_program("wasm-interp"))
		return false;
	print_message("skipped: no wasm-interp (package wabt)\n");
	return true;
}

/* Every trap and every kind of result in one module. */
static void test_like_wabt(void **state)
{
	static const struct {
		const char *name, *signature;
		uint8_t len, code[32];
	} rows[] = {
#define FN(name, signature, ...) {name, signature, sizeof((uint8_t[]){__VA_ARGS__}), {__VA_ARGS__}}
		FN("i32", "()i", I32_CONST(-1)),
		FN("i64", "()I", I64_CONST(-1)),
		FN("f32", "()f", 0x43, 0xcd, 0xcc, 0xcc, 0x3d),
		FN("f64", "()F", 0x44, 0x9c, 0x75, 0, 0x88, 0x3c, 0xe4, 0x37, 0x7e),
		FN("nan", "()fF", 0x43, 1, 0, 0xa0, 0x7f, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0xff),
		FN("inf", "()fF", 0x43, 0, 0, 0x80, 0xff, 0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f),
		FN("none", "()", OP_NOP),
		FN("param", "(i)i", I32_CONST(1)),
		FN("null", "()px", 0xd0, T_FUNC, 0xd0, T_EXTERN),
		FN("unreachable", "()", OP_UNREACHABLE),
		FN("div", "()i", I32_CONST(1), I32_CONST(0), 0x6d),
		FN("overflow", "()i", I32_CONST5(INT32_MIN), I32_CONST(-1), 0x6d),
		FN("convert", "()i", 0x43, 0, 0, 0xc0, 0x7f, 0xa8),
		FN("convert2", "()I", 0x43, 0, 0, 0x80, 0x7f, 0xae),
		FN("load", "()i", I32_CONST5(65536), 0x28, 2, 0),
		FN("load8", "()I", I32_CONST5(-1), 0x30, 0, 5),
		FN("store", "()", I32_CONST5(65533), I64_CONST(3), 0x37, 3, 7),
		FN("fill", "()", I32_CONST5(65533), I32_CONST(3), I32_CONST(9), 0xfc, 11, 0),
		FN("copy", "()", I32_CONST5(65533), I32_CONST(3), I32_CONST(9), 0xfc, 10, 0, 0),
		FN("init", "()", I32_CONST5(65533), I32_CONST(3), I32_CONST(9), 0xfc, 8, 0, 0),
		FN("get", "()p", I32_CONST(7), 0x25, 0),
		FN("set", "()", I32_CONST(7), 0xd0, T_FUNC, 0x26, 0),
		FN("tfill", "()", I32_CONST(1), 0xd0, T_FUNC, I32_CONST(2), 0xfc, 17, 0),
		FN("tcopy", "()", I32_CONST(1), I32_CONST(1), I32_CONST(2), 0xfc, 14, 0, 0),
		FN("tinit", "()", I32_CONST(1), I32_CONST(1), I32_CONST(2), 0xfc, 12, 1, 0),
		FN("undefined", "()", I32_CONST(9), CALL_INDIRECT(2, 0)),
		FN("uninitialized", "()", I32_CONST(0), CALL_INDIRECT(2, 0)),
		FN("mismatch", "()i", I32_CONST(1), CALL_INDIRECT(3, 0)),
		FN("host", "()iF", I32_CONST(-5), 0x43, 0, 0, 0x80, 0x3e, I64_CONST(-7), CALL(0)),
		FN("host2", "()I", CALL(1)),
		FN("size", "()i", 0x3f, 0),
		FN("grow", "()i", I32_CONST(1), 0x40, 0),
		FN("grow2", "()i", I32_CONST(9), 0x40, 0),
	};
	struct wmod m;

	(void)state;
	need_tool();
	if (no_wabt())
		skip();
	wmod_init(&m);
	wmod_import_func(&m, "env", "f", "(ifI)iF");
	wmod_import_func(&m, "env", "g g", "()I");
	wmod_import_func(&m, "env", "again", "()");
	wmod_type(&m, "()");
	wmod_type(&m, "()i");
	wmod_memory(&m, 1, 3);
	wmod_table(&m, T_FUNC, 2, 2);
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint32_t f = wmod_func(&m, rows[i].signature, "", rows[i].code, rows[i].len);

		wmod_export(&m, rows[i].name, WMOD_FUNC, f);
	}
	wmod_func(&m, "()", "", CODE(CALL((uint8_t)(3 + ROWS(rows)))));
	wmod_export(&m, "recurse", WMOD_FUNC, 3 + ROWS(rows));
	wmod_export(&m, "again", WMOD_FUNC, 2);
	wmod_elem(&m, 1, (const uint32_t[]){8}, 1);
	wmod_elem_passive(&m, (const uint32_t[]){8}, 1);
	wmod_data_passive(&m, "abc", 3);
	write_module(&m);
	same_as_wabt("all");
}

/* Straight-line integer and float code from a seed: types are kept, values are whatever comes out. */
static void random_function(struct wbytes *code, uint64_t *seed)
{
	static const uint8_t i32_ops[] = {0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78,
					  0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f};
	static const uint8_t i64_ops[] = {0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a};
	static const uint8_t f64_ops[] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6};
	static const uint8_t i32_un[] = {0x67, 0x68, 0x69, 0x45, 0xc0, 0xc1}, i64_un[] = {0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4};
	static const uint8_t f64_un[] = {0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f};

	/* Locals: 0, 1 i32; 2, 3 i64; 4, 5 f64. */
	for (int n = 0; n < 24; n++) {
		uint8_t type = (uint8_t)(noise(seed) % 3 * 2), to = (uint8_t)(type + noise(seed) % 2);
		const uint8_t *ops = type == 0 ? i32_ops : type == 2 ? i64_ops : f64_ops;
		size_t count = type == 0 ? sizeof(i32_ops) : type == 2 ? sizeof(i64_ops) : sizeof(f64_ops);

		switch (noise(seed) % 8) {
		case 0: /* a constant */
			wb_u8(code, type == 0 ? 0x41 : type == 2 ? 0x42 : 0x44);
			if (type == 4)
				wb_f64(code, (double)(int64_t)noise(seed) / 65536.0);
			else
				wb_s64(code, type ? (int64_t)noise(seed) : (int32_t)noise(seed));
			break;
		case 1: /* one operand */
			wb_put(code, CODE(LOCAL_GET(to)));
			wb_u8(code, type == 0   ? i32_un[noise(seed) % sizeof(i32_un)]
				    : type == 2 ? i64_un[noise(seed) % sizeof(i64_un)]
						: f64_un[noise(seed) % sizeof(f64_un)]);
			break;
		case 2: /* from another type */
			if (type == 0)
				wb_put(code, CODE(LOCAL_GET(2), 0xa7));
			else if (type == 2)
				wb_put(code, CODE(LOCAL_GET(4), 0xfc, 6));
			else
				wb_put(code, CODE(LOCAL_GET(3), 0xb9));
			break;
		default: /* two operands */
			wb_put(code, CODE(LOCAL_GET((uint8_t)(type + noise(seed) % 2))));
			wb_put(code, CODE(LOCAL_GET((uint8_t)(type + noise(seed) % 2))));
			wb_u8(code, ops[noise(seed) % count]);
			break;
		}
		if (noise(seed) % 4 == 0 && type == 0) { /* through memory */
			wb_put(code, CODE(LOCAL_SET(to), LOCAL_GET(0), I32_CONST5(0xfffc), 0x71, LOCAL_GET(to), 0x36, 2, 0));
			wb_put(code, CODE(LOCAL_GET(1), I32_CONST5(0xfffc), 0x71, 0x28, 2, 0));
		}
		wb_put(code, CODE(LOCAL_SET(to)));
		if (noise(seed) % 6 == 0) /* a branch over nothing */
			wb_put(code, CODE(BLOCK(T_VOID), LOCAL_GET(0), BR_IF(0), LOCAL_GET(3), LOCAL_SET(2), OP_END));
	}
}

/* 1,000 functions; the sign of a NaN is not compared, for engines are free in it. */
static void test_random_like_wabt(void **state)
{
	uint64_t seed = 20261121;

	(void)state;
	need_tool();
	if (no_wabt())
		skip();
	for (int round = 0; round < 40; round++) {
		struct wmod m;

		wmod_init(&m);
		wmod_memory(&m, 1, 1);
		for (int f = 0; f < 25; f++) {
			struct wbytes code = {0};
			char name[16];

			random_function(&code, &seed);
			/* The sum of the f64 locals, or 0 when it is a NaN. */
			wb_put(&code, CODE(LOCAL_GET(0), LOCAL_GET(2), LOCAL_GET(4), LOCAL_GET(5), 0xa0, LOCAL_TEE(4),
							LOCAL_GET(4), 0x61, IF(T_F64), LOCAL_GET(4), OP_ELSE, 0x44, 0, 0, 0, 0, 0, 0,
							0, 0, OP_END));
			snprintf(name, sizeof(name), "f%d", f);
			wmod_export(&m, name, WMOD_FUNC, wmod_func(&m, "()iIF", "iiIIFF", code.p, code.len));
			wb_free(&code);
		}
		write_module(&m);
		same_as_wabt("random");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_exits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_coredump, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_folded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_command, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_like_wabt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_random_like_wabt, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("wasm/run", tests, NULL, NULL);
}
