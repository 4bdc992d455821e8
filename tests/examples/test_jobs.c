/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_jobs.c - the examples of a folder each do their job, and say why where they cannot. */
#include "../aid/aid.h"

#include <unistd.h>

static char out[65536], err[65536];

/* Runs a program of the build; skips where it is not built. */
static int run(const char *program, const char *const *args)
{
	char path[1100];
	const char *argv[16] = {path};

	if (!build_path(path, sizeof(path), program)) {
		print_message("skipped: %s is not built\n", program);
		skip();
	}
	for (int n = 1; *args && n < 15; n++)
		argv[n] = *args++;
	return run_program(argv, out, sizeof(out), err, sizeof(err));
}

#define RUN(program, ...) run(program, (const char *const[]){__VA_ARGS__, NULL})

/* ---- rules ---- */

static void test_rules_expressions(void **state)
{
	static const struct {
		const char *expression, *sensor, *out;
	} rows[] = {
		{"2 + 3 * 4", NULL, "14\n"},
		{"(2 + 3) * 4", NULL, "20\n"},
		{"2 - 3 - 4", NULL, "-5\n"},
		{"8 / 2 / 2", NULL, "2\n"},
		{"-2 * -3", NULL, "6\n"},
		{"- (1 + 2)", NULL, "-3\n"},
		{"1e3 + .5e1", NULL, NULL},
		{"1e3 + 0.5e1", NULL, "1005\n"},
		{"temp", "temp=21.5", "21.5\n"},
		{"power", "power=7", "7\n"},
		{"min(temp, max(1, 2)) + abs(-3) + floor(2.9)", "temp=7", "7\n"},
		{"min(max(abs(floor(-2.5)), 1), 5)", NULL, "3\n"},
		{"((((((((1))))))))", NULL, "1\n"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_int(rows[i].expression, RUN("rules", "--eval", rows[i].expression, rows[i].sensor), !rows[i].out);
		check_str(rows[i].expression, out, rows[i].out ? rows[i].out : "");
	}
}

static void test_rules_errors(void **state)
{
	static const struct {
		const char *expression, *says;
	} rows[] = {
		{"foo", "column 38: \"foo\" is no sensor"},
		{"1 +", "a number is missing here"},
		{"(1", "\")\" is missing"},
		{"1)", "\")\" without \"(\""},
		{"min(1)", "\"min\" takes 2 arguments"},
		{"min(1, 2, 3)", "\"min\" takes 2 arguments"},
		{"abs 3", "\"abs\" needs a parenthesis"},
		{"1, 2", "\",\" outside of a function's arguments"},
		{"1 2", "\"2\" is not understood here"},
		{"1 < 2", "a number is wanted, this is a condition"},
		{"2 + (1 < 2)", "\"+\" takes numbers"},
		{"not 1", "\"not\" takes conditions"},
		{"1 $ 2", "\"$\" is not understood here"},
	};
	char deep[512];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_int(rows[i].expression, RUN("rules", "--eval", rows[i].expression), 1);
		check_has(rows[i].expression, err, rows[i].says);
	}
	memset(deep, '(', 200);
	strcpy(deep + 200, "1");
	check_int("deep", RUN("rules", "--eval", deep), 1);
	check_has("deep", err, "nested too deeply");
	check_int("sensor", RUN("rules", "--eval", "1", "wind=3"), 2);
	check_has("sensor", err, "wind=3: is no SENSOR=NUMBER");
	check_int("file", RUN("rules", "no-such-file"), 1);
	check_has("file", err, "no-such-file");
	check_int("usage", RUN("rules", "--help"), 2);
}

/* The day: every rule sees every minute, those of noon in their second version, and nothing fails. */
static void test_rules_day(void **state)
{
	const char *at;

	(void)state;
	check_int("day", run("rules", (const char *const[]){NULL}), 0);
	check_str("nothing to complain about", err, "");
	check_has("replaced", out, "heating      version 2, 1440 events, ");
	check_has("kept", out, "overload     version 1, 1440 events, ");
	check_has("fire", out, "fire         version 1, 1440 events, 1 actions, 0 failed");
	check_has("sum", out, "1440 minutes, 9 modules compiled and put, ");
	check_has("no failures", out, ", 0 failures;");
	for (at = out; (at = strstr(at, "events, ")) != NULL; at++)
		check_has("all", at - 5, "1440 events");
}

/* A change that does not compile changes nothing. */
static void test_rules_file(void **state)
{
	char folder[] = "/tmp/edgewasm-rules-XXXXXX", rules[64], changed[64];
	static const char good[] = "# one rule\nrule cold: when temp < 30 and hour >= 1 then heater = 100 # watts\n";
	static const char bad[] = "rule cold: when temp < 5 then heater = 0\n\nrule worse: when temp << 5 then heater = 0\n";

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(rules, sizeof(rules), "%s/rules", folder);
	snprintf(changed, sizeof(changed), "%s/changed", folder);
	check_true("written", write_file(rules, good, sizeof(good) - 1) && write_file(changed, bad, sizeof(bad) - 1));
	check_int("good", RUN("rules", rules), 0);
	check_has("good", out, "cold         version 1, 1440 events, 1380 actions, 0 failed");
	check_int("bad", RUN("rules", rules, changed), 1);
	check_has("bad", err, "line 3, column 24: \"<\" is no sensor");
	unlink(rules);
	unlink(changed);
	rmdir(folder);
}

/* ---- stream ---- */

static void test_stream_demo(void **state)
{
	(void)state;
	check_int("demo", RUN("stream", "--demo", "0.4"), 0);
	check_has("4096", out, "pieces of 4096     0.4 MB in");
	check_has("1", out, "pieces of 1        0.0 MB in");
	check_has("all", out, "pieces of all sizes 0.0 MB in");
	check_has("bounded", out, " 1 pages of memory");
	check_true("the same", !strstr(out, "DIFFERENT"));
}

static void test_stream_filter(void **state)
{
	static const struct {
		const char *name, *in, *out, *says;
	} rows[] = {
		{"plain", "time,machine,temp\\n1,lathe,21.5\\n", "machine,machine=lathe temp=21.5 1\n", "1 lines, 0 left out"},
		{"text", "t,m,state\\n1,a,run\\n", "m,m=a state=\"run\" 1\n", "0 left out"},
		{"space", "t,m,v\\n1,lathe 7,2\\n", "m,m=lathe\\ 7 v=2 1\n", "0 left out"},
		{"quoted", "t,m,v\\n1,\"a,b\",\"say \"\"so\"\"\"\\n", "m,m=a\\,b v=\"say \\\"so\\\"\" 1\n", "0 left out"},
		{"empty cell", "t,m,v,w\\n1,a,,3\\n", "m,m=a w=3 1\n", "0 left out"},
		{"no cell at all", "t,m,v\\n1,a,\\n", "", "1 lines, 1 left out"},
		{"cells missing", "t,m,v\\n1,a\\n2,b,3\\n", "m,m=b v=3 2\n", "2 lines, 1 left out"},
		{"no time", "t,m,v\\nx,a,1\\n", "", "1 left out"},
		{"no last line feed", "t,m,v\\r\\n1,a,2\\r\\n2,b,3", "m,m=a v=2 1\nm,m=b v=3 2\n", "2 lines, 0 left out"},
		{"exponent", "t,m,v\\n1,a,-1.5e-3\\n", "m,m=a v=-1.5e-3 1\n", "0 left out"},
		{"no exponent", "t,m,v\\n1,a,1e\\n", "m,m=a v=\"1e\" 1\n", "0 left out"},
		{"nothing", "", "", "0 lines, 0 left out"},
	};
	char path[1100], command[1400];

	(void)state;
	if (!build_path(path, sizeof(path), "stream"))
		skip();
	for (size_t i = 0; i < ROWS(rows); i++) {
		snprintf(command, sizeof(command), "printf '%s' | %s", rows[i].in, path);
		check_int(rows[i].name, run_program((const char *const[]){"sh", "-c", command, NULL}, out, sizeof(out), err,
						    sizeof(err)), 0);
		check_str(rows[i].name, out, rows[i].out);
		check_has(rows[i].name, err, rows[i].says);
	}
	check_int("usage", RUN("stream", "--demo"), 2);
}

/* A line that is too long is left out, those around it are not; a header that doubles everything fits as well. */
static void test_stream_long(void **state)
{
	static const char script[] = "awk 'BEGIN { n = sprintf(\"%400s\", \"\"); gsub(/ /, \"m\", n); print \"t,\" n \",v\"; "
				     "for (i = 1; i <= 500; i++) print i \",a,1\"; x = n n n; print \"501,\" x \",1\"; "
				     "print \"502,b,1\" }' | ";
	char path[1100], command[1600];

	(void)state;
	if (!build_path(path, sizeof(path), "stream"))
		skip();
	snprintf(command, sizeof(command), "%s%s | wc -l", script, path);
	check_int("run", run_program((const char *const[]){"sh", "-c", command, NULL}, out, sizeof(out), err, sizeof(err)), 0);
	check_int("lines", atoi(out), 501);
	check_has("counted", err, "502 lines, 1 left out");
}

/* ---- fusion, sync, camera ---- */

static void test_fusion(void **state)
{
	unsigned counted = 0, sent = 1;
	double rms = 99, most = 99;
	const char *at;

	(void)state;
	check_int("run", RUN("fusion", "--simulated", "20"), 0);
	check_has("attitudes", out, "11003 samples of 3 sensors, 2000 attitudes, one each 10 ms: each for its moment");
	at = strstr(out, "late samples: ");
	check_true("late", at && sscanf(at, "late samples: %u counted and left out, %u were sent so", &counted, &sent) == 2);
	check_int("late", counted, sent);
	check_true("some were", counted > 20);
	at = strstr(out, "error: ");
	check_true("error", at && sscanf(at, "error: %lf degrees rms, %lf at most", &rms, &most) == 2);
	check_true("small", rms < 4 && most < 8);
	check_int("usage", RUN("fusion", "3"), 2);
}

static void test_sync(void **state)
{
	static const char *const seeds[] = {"1", "2", "3"};

	(void)state;
	for (size_t i = 0; i < ROWS(seeds); i++) {
		check_int(seeds[i], RUN("sync", seeds[i]), 0);
		check_has(seeds[i], out, "power: cut 2 times; ");
		check_has(seeds[i], out, "in order: yes, every byte: yes");
		if (strstr(out, "NOT encrypted"))
			print_message("libsodium is not installed: encryption was not looked at\n");
	}
	check_int("usage", RUN("sync", "0"), 2);
}

static void test_camera(void **state)
{
	static char both[sizeof(out)];

	(void)state;
	check_int("run", RUN("camera", "--fast", "--seconds", "4", "--cameras", "2", "--thinner", "16"), 0);
	check_str("nothing to complain about", err, "");
	check_has("alert", out, "alert: camera 1, frame ");
	check_has("counts", out, "120 frames of 2 cameras, 24 taken, 0 dropped, 24 verdicts in 6 batches; 1 alerts, as many as visits: yes");
	check_has("pixels", out, "the eye's first 2 pictures are what the definition gives");
	memcpy(both, out, sizeof(out));
	check_int("alone", RUN("camera", "--fast", "--seconds", "4", "--cameras", "2", "--thinner", "16", "--alone"), 0);
	check_str("the same from one thread", out, both);
	check_int("usage", RUN("camera", "--cameras", "17"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_expressions), cmocka_unit_test(test_rules_errors),
		cmocka_unit_test(test_rules_day),	  cmocka_unit_test(test_rules_file),
		cmocka_unit_test(test_stream_demo),	  cmocka_unit_test(test_stream_filter),
		cmocka_unit_test(test_stream_long),	  cmocka_unit_test(test_fusion),
		cmocka_unit_test(test_sync),		  cmocka_unit_test(test_camera),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
