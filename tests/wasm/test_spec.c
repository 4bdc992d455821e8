/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_spec.c - the WebAssembly 2.0 spec suite through ew-spec, whole; and ew-spec
 * itself on scripts that must fail, so that its silence means something.
 */
#include <unistd.h>
#include "../aid/aid.h"
#include "edgewasm/config.h"

static char tool[1024];

/* Only builds for other machines leave the programs out. */
static void need_tool(void)
{
	if (build_path(tool, sizeof(tool), "ew-spec"))
		return;
	if (!getenv("TEST_RUN") || !*getenv("TEST_RUN"))
		fail_msg("%s is not built", tool);
	print_message("skipped: %s is not built for this machine\n", tool);
	skip();
}

static void run_suite(const char *option)
{
	static char out[1 << 20], err[4096];
	char folder[1024];
	const char *argv[] = {tool, option, folder, NULL};
	unsigned long passed = 0, failed = 1, skipped = 1;
	const char *last;
	int rc;

	need_tool();
	skip_without_shared(folder, sizeof(folder), "data/spec/core-2.0");
	if (!have_program("wast2json")) {
		print_message("skipped: no wast2json (package wabt)\n");
		skip();
	}
	rc = run_program(argv, out, sizeof(out), err, sizeof(err));
	last = strlen(out) > 2 ? out + strlen(out) - 2 : out;
	while (last > out && last[-1] != '\n')
		last--;
	if (sscanf(last, "%lu passed, %lu failed, %lu skipped", &passed, &failed, &skipped) != 3 || rc != 0 || failed ||
	    skipped)
		fail_msg("exit status %d\n%s%s", rc, out, err);
	print_message("%s", last);
	assert_true(passed > 52131); /* nothing was left out */
}

static void test_suite(void **state)
{
	(void)state;
	run_suite("--verbose");
}

/* Functions that are validated at load, and translated when they are called. */
static void test_suite_lazy(void **state)
{
	(void)state;
	run_suite("--lazy");
}

/* Without bounds checks: what is out of bounds is a fault, and the trap that the scripts expect. */
static void test_suite_guard(void **state)
{
	(void)state;
	if (!EW_CONFIG_GUARD) {
		print_message("skipped: guards are compiled away\n");
		skip();
	}
	run_suite("--guard");
}

/* The same step by step: other internal code, the same results. */
static void test_observed(void **state)
{
	(void)state;
	if (!EW_CONFIG_TRACE) {
		print_message("skipped: steps are compiled away\n");
		skip();
	}
	run_suite("--observe");
}

/* What came after 2.0, as far as wast2json reads it.  at_least: nothing was left out. */
static const struct {
	const char *feature, *folder, *exclude; /* scripts that need another feature too */
	unsigned long at_least;
} proposals[] = {
	{"extended-const", "extended-const", "-", 268},
	{"tail-call", "tail-call", "-", 108},
	{"multi-memory", "multi-memory", "-", 877},
	{"memory64", "memory64", "-", 1409},
	/* throw, rethrow, try_catch and try_delegate are of the older proposal: test_exceptions.c */
	{"exceptions", "exception-handling", "*t[hr][ry]*", 451},
	{"relaxed-simd", "relaxed-simd", "relaxed_dot_product", 66}, /* wast2json 1.0.32 lacks its names: test_simd.c has them */
};

static void test_proposals(void **state)
{
	static char out[1 << 16], err[4096];
	unsigned long passed, failed, skipped;
	char folder[1024], path[64];
	const char *last;
	int rc;

	(void)state;
	need_tool();
	if (!have_program("wast2json")) {
		print_message("skipped: no wast2json (package wabt)\n");
		skip();
	}
	for (size_t k = 0; k < 2 * ROWS(proposals); k++) {
		size_t i = k / 2;
		const char *argv[] = {tool, "--enable", proposals[i].feature, "--exclude", proposals[i].exclude,
				      k % 2 ? "--lazy" : "--verbose", folder, NULL};

		snprintf(path, sizeof(path), "data/spec/proposals/%s", proposals[i].folder);
		skip_without_shared(folder, sizeof(folder), path);
		rc = run_program(argv, out, sizeof(out), err, sizeof(err));
		last = strlen(out) > 2 ? out + strlen(out) - 2 : out;
		while (last > out && last[-1] != '\n')
			last--;
		if (sscanf(last, "%lu passed, %lu failed, %lu skipped", &passed, &failed, &skipped) != 3 || rc != 0 ||
		    failed || skipped)
			fail_msg("%s: exit status %d\n%s%s", proposals[i].feature, rc, out, err);
		print_message("%s: %s", proposals[i].feature, last);
		check_true(proposals[i].feature, passed >= proposals[i].at_least);
	}
}

/* ---- ew-spec on what must fail --------------------------------------------------------------------- */

/* (module (func (export "f") (param i32) (result i32) local.get 0)
 *   (func (export "t") unreachable) (global (export "g") f32 (f32.const nan))) */
static void build_module(struct wmod *m)
{
	wmod_func(m, "(i)i", "", CODE(LOCAL_GET(0)));
	wmod_func(m, "()", "", CODE(OP_UNREACHABLE));
	wmod_func(m, "()", "", CODE(CALL(2)));
	wmod_func(m, "()fF", "", CODE(0x43, 1, 0, 0xa0, 0x7f, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0xff));
	wmod_global(m, T_I32, 0, CODE(I32_CONST(7)));
	wmod_export(m, "f", WMOD_FUNC, 0);
	wmod_export(m, "t", WMOD_FUNC, 1);
	wmod_export(m, "deep", WMOD_FUNC, 2);
	wmod_export(m, "nans", WMOD_FUNC, 3);
	wmod_export(m, "g", WMOD_GLOBAL, 0);
}

#define HEAD "{\"source_filename\": \"x.wast\", \"commands\": [{\"type\": \"module\", \"line\": 1, \"filename\": \"good.wasm\"}"
#define FIELD(name, args) "\"action\": {\"type\": \"invoke\", \"field\": \"" name "\", \"args\": [" args "]}"
#define I32(n) "{\"type\": \"i32\", \"value\": \"" #n "\"}"

static const struct {
	const char *row, *json;
	int rc;
	const char *said; /* in the output */
} scripts[] = {
	{"a module", HEAD "]}", 0, "1 passed, 0 failed, 0 skipped"},
	{"right result", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("f", I32(4294967295)) ", \"expected\": [" I32(4294967295) "]}]}",
	 0, "2 passed, 0 failed, 0 skipped"},
	{"wrong result", HEAD ", {\"type\": \"assert_return\", \"line\": 23, " FIELD("f", I32(5)) ", \"expected\": [" I32(6) "]}]}", 1,
	 "x.wast:23: assert_return: got i32:5, want 6"},
	{"result missing", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("f", I32(5)) ", \"expected\": []}]}", 1, "1 results"},
	{"result too many", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("f", I32(5)) ", \"expected\": [" I32(5) ", " I32(5) "]}]}", 1,
	 "1 results"},
	{"result of another type", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("f", I32(5)) ", \"expected\": [{\"type\": \"i64\", \"value\": \"5\"}]}]}",
	 1, "result of type i32"},
	{"argument missing", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("f", "") ", \"expected\": [" I32(5) "]}]}", 1, "arguments"},
	{"argument of another type", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("f", "{\"type\": \"f32\", \"value\": \"5\"}") ", \"expected\": []}]}",
	 1, "f32 for a parameter of type i32"},
	{"argument beyond its type", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("f", I32(4294967296)) ", \"expected\": [" I32(0) "]}]}", 1,
	 "bad number"},
	{"no such function", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("ff", "") ", \"expected\": []}]}", 1, "no function \"ff\""},
	{"trap", HEAD ", {\"type\": \"assert_trap\", \"line\": 2, " FIELD("t", "") ", \"text\": \"unreachable\"}]}", 0, "2 passed"},
	{"trap with other words", HEAD ", {\"type\": \"assert_trap\", \"line\": 2, " FIELD("t", "") ", \"text\": \"integer overflow\"}]}", 1,
	 "trapped with \"unreachable\", want \"integer overflow\""},
	{"trap that does not come", HEAD ", {\"type\": \"assert_trap\", \"line\": 2, " FIELD("f", I32(1)) ", \"text\": \"unreachable\"}]}", 1,
	 "ended with EW_OK"},
	{"trap that was not expected", HEAD ", {\"type\": \"action\", \"line\": 2, " FIELD("t", "") "}]}", 1, "ended with unreachable"},
	{"exhaustion", HEAD ", {\"type\": \"assert_exhaustion\", \"line\": 2, " FIELD("deep", "") ", \"text\": \"call stack exhausted\"}]}", 0, "2 passed"},
	{"exhaustion that is a trap", HEAD ", {\"type\": \"assert_exhaustion\", \"line\": 2, " FIELD("t", "") ", \"text\": \"call stack exhausted\"}]}", 1,
	 "want the stack exhausted"},
	{"canonical NaN that is not", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("nans", "")
	 ", \"expected\": [{\"type\": \"f32\", \"value\": \"nan:canonical\"}, {\"type\": \"f64\", \"value\": \"nan:canonical\"}]}]}", 1, "want nan:canonical"},
	{"NaN that is not quiet", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("nans", "")
	 ", \"expected\": [{\"type\": \"f32\", \"value\": \"nan:arithmetic\"}, {\"type\": \"f64\", \"value\": \"nan:arithmetic\"}]}]}", 1, "want nan:arithmetic"},
	{"NaNs by their bits", HEAD ", {\"type\": \"assert_return\", \"line\": 2, " FIELD("nans", "")
	 ", \"expected\": [{\"type\": \"f32\", \"value\": \"2141192193\"}, {\"type\": \"f64\", \"value\": \"nan:canonical\"}]}]}", 0, "2 passed"},
	{"global", HEAD ", {\"type\": \"assert_return\", \"line\": 2, \"action\": {\"type\": \"get\", \"field\": \"g\"}, \"expected\": [" I32(7) "]}]}", 0, "2 passed"},
	{"global of another value", HEAD ", {\"type\": \"assert_return\", \"line\": 2, \"action\": {\"type\": \"get\", \"field\": \"g\"}, \"expected\": [" I32(8) "]}]}",
	 1, "got i32:7, want 8"},
	{"good module that should be malformed", HEAD ", {\"type\": \"assert_malformed\", \"line\": 2, \"filename\": \"good.wasm\", \"text\": \"x\", \"module_type\": \"binary\"}]}",
	 1, "accepted, want malformed"},
	{"good module that should be invalid", HEAD ", {\"type\": \"assert_invalid\", \"line\": 2, \"filename\": \"good.wasm\", \"text\": \"x\", \"module_type\": \"binary\"}]}",
	 1, "accepted, want invalid"},
	{"good module that should not link", HEAD ", {\"type\": \"assert_unlinkable\", \"line\": 2, \"filename\": \"good.wasm\", \"text\": \"x\", \"module_type\": \"binary\"}]}",
	 1, "linking gave EW_OK"},
	{"good module that should not start", HEAD ", {\"type\": \"assert_uninstantiable\", \"line\": 2, \"filename\": \"good.wasm\", \"text\": \"x\", \"module_type\": \"binary\"}]}",
	 1, "ended with EW_OK"},
	{"bad module that should be malformed", HEAD ", {\"type\": \"assert_malformed\", \"line\": 2, \"filename\": \"bad.wasm\", \"text\": \"x\", \"module_type\": \"binary\"}]}",
	 0, "2 passed"},
	{"bad module", HEAD ", {\"type\": \"module\", \"line\": 2, \"filename\": \"bad.wasm\"}]}", 1, "x.wast:2: module: module refused: EW_ERR_MALFORMED"},
	{"action on nothing", HEAD ", {\"type\": \"module\", \"line\": 2, \"filename\": \"bad.wasm\"}, {\"type\": \"action\", \"line\": 3, " FIELD("t", "") "}]}", 1,
	 "no module to act on"},
	{"file that is not there", HEAD ", {\"type\": \"module\", \"line\": 2, \"filename\": \"none.wasm\"}]}", 1, "cannot read"},
	{"file elsewhere", HEAD ", {\"type\": \"module\", \"line\": 2, \"filename\": \"../good.wasm\"}]}", 1, "names no file"},
	{"text is told apart", HEAD ", {\"type\": \"assert_malformed\", \"line\": 2, \"filename\": \"x.wat\", \"text\": \"x\", \"module_type\": \"text\"}]}", 0,
	 "not counted: 1 assertions about the text format\n1 passed, 0 failed, 0 skipped"},
	{"unknown command", HEAD ", {\"type\": \"assert_magic\", \"line\": 2}]}", 1, "unknown command assert_magic"},
	{"registration", HEAD ", {\"type\": \"register\", \"line\": 2, \"as\": \"m\"}]}", 0, "2 passed"},
	{"registration of nothing", HEAD ", {\"type\": \"register\", \"line\": 2, \"name\": \"$m\", \"as\": \"m\"}]}", 1, "no such module"},
	{"no commands", "{}", 1, "no commands"},
	{"an array", "[1, 2]", 1, "no commands"},
	{"nothing", "", 1, "text ends early"},
	{"comma missing", "[1 2]", 1, "a comma is missing"},
	{"comma too many", "[1, ]", 1, "not a value"},
	{"colon missing", "{\"a\" 1}", 1, "a colon is missing"},
	{"key missing", "{1: 1}", 1, "a key is missing"},
	{"not closed", "{\"a\": [1, 2", 1, "text ends early"},
	{"string not closed", "{\"a\": \"b", 1, "string without end"},
	{"bad escape", "[\"\\x\"]", 1, "bad escape"},
	{"lone surrogate", "[\"\\ud800\"]", 1, "lone surrogate"},
	{"control character", "[\"\n\"]", 1, "control character"},
	{"goes on", "[] []", 1, "goes on"},
	{"too deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 1, "nested too deeply"},
};

static void test_failures(void **state)
{
	static char out[65536], err[4096];
	char folder[] = "/tmp/ew-test-spec-XXXXXX", json[64], good[64], bad[64];
	const char *argv[] = {tool, json, NULL};
	const uint8_t *bytes;
	struct wmod m;
	size_t size;

	(void)state;
	need_tool();
	assert_non_null(mkdtemp(folder));
	snprintf(json, sizeof(json), "%s/x.json", folder);
	snprintf(good, sizeof(good), "%s/good.wasm", folder);
	snprintf(bad, sizeof(bad), "%s/bad.wasm", folder);
	wmod_init(&m);
	build_module(&m);
	bytes = wmod_finish(&m, &size);
	assert_true(write_file(good, bytes, size) && write_file(bad, "\0asm\2\0\0\0", 8));
	for (size_t i = 0; i < ROWS(scripts); i++) {
		assert_true(write_file(json, scripts[i].json, strlen(scripts[i].json)));
		check_int(scripts[i].row, run_program(argv, out, sizeof(out), err, sizeof(err)), scripts[i].rc);
		check_has(scripts[i].row, out, scripts[i].said);
	}
	unlink(json);
	unlink(good);
	unlink(bad);
	argv[1] = folder;
	assert_int_equal(run_program(argv, out, sizeof(out), err, sizeof(err)), 1);
	check_has("empty folder", out, "no scripts in this folder");
	rmdir(folder);
	wmod_free(&m);
}

static void test_usage(void **state)
{
	static char out[8192], err[8192];
	static const struct {
		const char *row, *argv[4];
		int rc;
		const char *said;
	} rows[] = {
		{"help", {tool, "--help"}, 0, "usage: ew-spec"},
		{"nothing", {tool}, 2, "usage: ew-spec"},
		{"unknown option", {tool, "--no-such", "x"}, 2, "usage: ew-spec"},
		{"value missing", {tool, "--exclude"}, 2, "usage: ew-spec"},
		{"no such path", {tool, "/nonexistent/x.json"}, 1, "cannot be read"},
		{"excluded", {tool, "--exclude=x*", "/nonexistent/x.json"}, 0, "0 passed, 0 failed, 0 skipped"},
	};

	(void)state;
	need_tool();
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_int(rows[i].row, run_program(rows[i].argv, out, sizeof(out), err, sizeof(err)), rows[i].rc);
		check_has(rows[i].row, rows[i].rc == 2 ? err : out, rows[i].said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite),
		cmocka_unit_test(test_suite_lazy), cmocka_unit_test(test_suite_guard),
		cmocka_unit_test(test_observed),
		cmocka_unit_test(test_proposals),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests_name("wasm/spec", tests, NULL, NULL);
}
