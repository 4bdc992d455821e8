/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * test_fleet.c - the demo's programs from outside: fleet-train makes the same file everywhere, fleet's verdicts
 * are those of native code and the same with hostile functions around, its counts add up, and what it cannot
 * use it refuses with a reason.
 */
#include "../aid/aid.h"

#include <unistd.h>

#define TEXT_BYTES (1u << 20)

static char trainer[1100], gateway[1100], folder[] = "/tmp/edgewasm-fleet-XXXXXX";
static char model[64], out[TEXT_BYTES], err[65536];

static const char judge[] = "examples/fleet/vibration.wasm";
static const char raw_judge[] = "examples/fleet/guest_raw.wasm";

static const char *in_folder(const char *name, char *path, size_t cap)
{
	snprintf(path, cap, "%s/%s", folder, name);
	return path;
}

#define IN_FOLDER(name) in_folder(name, (char[96]){ 0 }, 96)

/* Runs a program of the build with up to 24 arguments. */
static int run(const char *program, const char *const *args)
{
	const char *argv[32] = { program };
	int n = 1;

	while (*args && n < 31)
		argv[n++] = *args++;
	argv[n] = NULL;
	return run_program(argv, out, sizeof(out), err, sizeof(err));
}

#define RUN(program, ...) run(program, (const char *const[]){ __VA_ARGS__, NULL })

/* A number of the summary that --json prints. */
static double figure(const char *key)
{
	const char *at = strstr(out, "{\"summary\"");
	char want[64];

	snprintf(want, sizeof(want), "\"%s\":", key);
	at = at ? strstr(at, want) : NULL;
	if (!at) {
		print_message("no %s in: %.400s %.400s\n", want, out, err);
		fail();
		return -1.0;
	}
	return strtod(at + strlen(want), NULL);
}

static uint64_t digest(const uint8_t *bytes, size_t size)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ bytes[i]) * 1099511628211u;
	return h;
}

static void check_digest(const char *row, const char *path, uint64_t want)
{
	size_t size;
	uint8_t *bytes = read_file(path, &size);

	check_true(row, bytes != NULL);
	check_hex(row, digest(bytes, size), want);
	free(bytes);
}

static void check_same_file(const char *row, const char *a, const char *b)
{
	size_t a_size, b_size;
	uint8_t *a_bytes = read_file(a, &a_size), *b_bytes = read_file(b, &b_size);

	check_true(row, a_bytes && b_bytes && a_size > 0);
	check_int(row, a_size, b_size);
	check_mem(row, a_bytes, b_bytes, a_size);
	free(a_bytes);
	free(b_bytes);
}

/* ---- the trainer ---- */

/* The demo's model, and one that is made faster: the same bytes from every compiler and on every CPU. */
static void test_train(void **state)
{
	static const struct {
		const char *name, *seed, *machines, *epochs, *calibrate;
		uint64_t want;
	} rows[] = {
		{ "small", "1", "100", "2", "50", 0x09bf9f7f9db74ed4 },
		{ "other seed", "2", "100", "2", "50", 0x79cee5cd5a8e11c2 },
	};

	(void)state;
	check_digest("the demo's", model, 0x18f19afdb440bbc3);
	for (size_t r = 0; r < ROWS(rows); r++) {
		const char *path = IN_FOLDER("row.tflite");

		check_int(rows[r].name,
			  RUN(trainer, "-o", path, "--seed", rows[r].seed, "--machines", rows[r].machines,
			      "--epochs", rows[r].epochs, "--calibrate", rows[r].calibrate, "--quiet"),
			  0);
		check_str(rows[r].name, err, "");
		check_digest(rows[r].name, path, rows[r].want);
	}
}

static void test_train_refuses(void **state)
{
	static const struct {
		const char *name;
		const char *args[4];
		int status;
		const char *says;
	} rows[] = {
		{ "no output", { "--quiet" }, 2, "usage" },
		{ "unknown", { "-o", "x", "--fast", "1" }, 2, "usage" },
		{ "no value", { "-o" }, 2, "usage" },
		{ "few machines", { "-o", "x", "--machines", "3" }, 2, "usage" },
		{ "no number", { "-o", "x", "--seed", "1x" }, 2, "usage" },
		{ "negative", { "-o", "x", "--epochs", "-1" }, 2, "usage" },
		{ "margin", { "-o", "x", "--margin", "0" }, 2, "usage" },
	};

	(void)state;
	for (size_t r = 0; r < ROWS(rows); r++) {
		const char *args[5] = { NULL };

		memcpy(args, rows[r].args, sizeof(rows[r].args));
		check_int(rows[r].name, run(trainer, args), rows[r].status);
		check_has(rows[r].name, err, rows[r].says);
	}
	check_int("no such folder",
		  RUN(trainer, "-o", IN_FOLDER("no/such/folder"), "--machines", "4", "--epochs", "1",
		      "--calibrate", "1", "--quiet"),
		  1);
	check_has("no such folder", err, "No such file");
}

/* ---- the gateway ---- */

/* Every verdict equals the native one, every fault is found in the window that crosses the threshold, and the
 * verdicts are those of every other machine. */
static void test_verdicts(void **state)
{
	(void)state;
	check_int("run",
		  RUN(gateway, "--model", model, "--guest", judge, "--machines", "200", "--seconds", "20",
		      "--rate", "0", "--faults", "10", "--quiet", "--json", "--check", "--verdicts",
		      IN_FOLDER("good")),
		  0);
	check_str("nothing to complain about", err, "");
	check_int("windows", figure("windows"), 4000);
	check_int("compared", figure("compared"), 4000);
	check_int("differ", figure("differ"), 0);
	check_int("inferences", figure("inferences"), 4000);
	check_int("faults", figure("faults"), 10);
	check_int("found", figure("found"), 10);
	check_int("crossings", figure("crossings"), 10);
	check_int("in the crossing window", figure("in_crossing_window"), 10);
	check_int("false alerts", figure("false_alerts"), 0);
	check_int("bytes in", figure("bytes_in"), 4000 * (536 + 21));
	check_true("far fewer sent", figure("bytes_sent") * 50 < figure("bytes_in"));
	check_true("fuel", figure("fuel_per_window") > 5000);
	check_int("drops", figure("ring_full") + figure("too_big") + figure("trap") + figure("parked"), 0);
	check_digest("verdicts", IN_FOLDER("good"), 0x2edf31ff79395aff);
}

/* The guest with vector instructions says the same, bit for bit. */
static void test_vectors(void **state)
{
	(void)state;
	check_int("run",
		  RUN(gateway, "--model", model, "--guest", "examples/fleet/vibration_simd.wasm", "--machines", "200",
		      "--seconds", "20", "--rate", "0", "--faults", "10", "--quiet", "--json", "--check", "--verdicts",
		      IN_FOLDER("vectors")),
		  0);
	check_int("differ", figure("differ"), 0);
	check_same_file("verdicts", IN_FOLDER("vectors"), IN_FOLDER("good"));
}

/* Ten tenants' functions instead of one: the same verdicts. */
static void test_tenants(void **state)
{
	(void)state;
	check_int("run",
		  RUN(gateway, "--model", model, "--guest", judge, "--machines", "200", "--seconds", "20", "--rate", "0",
		      "--faults", "10", "--quiet", "--json", "--check", "--tenants", "10", "--ahead", "--verdicts",
		      IN_FOLDER("tenants")),
		  0);
	check_int("windows", figure("windows"), 4000);
	check_int("inferences", figure("inferences"), 4000);
	check_int("differ", figure("differ"), 0);
	check_int("memory is flat", figure("memory_end"), figure("memory_begin"));
	check_same_file("verdicts", IN_FOLDER("tenants"), IN_FOLDER("good"));
}

/* The object of one hostile function in the summary. */
static const char *hostile(const char *name)
{
	char want[48];

	snprintf(want, sizeof(want), "{\"name\":\"%s\"", name);
	return strstr(out, want);
}

/* The lines of file `all` that are not about machines of tenant 9 of 10 are those of file `some`. */
static void check_without_tenant(const char *row, const char *some, const char *all)
{
	char line[128], want[128];
	FILE *a = fopen(all, "r"), *s = fopen(some, "r");
	unsigned machine, lines = 0;

	assert_non_null(a);
	assert_non_null(s);
	while (fgets(want, sizeof(want), a)) {
		assert_int_equal(sscanf(want, "%*u %u", &machine), 1);
		if (machine % 10 == 9)
			continue;
		check_true(row, fgets(line, sizeof(line), s) != NULL);
		check_str(row, line, want);
		lines++;
	}
	check_int(row, lines, 3600);
	check_true(row, fgets(line, sizeof(line), s) == NULL);
	fclose(a);
	fclose(s);
}

/* One of ten tenants means harm with each of its windows: to the others nothing changes. */
static void test_hostile_tenant(void **state)
{
	static const char *const rows[] = { "loop", "recurse", "grow", "pointer", "trap", "flood" };

	(void)state;
	for (size_t r = 0; r < ROWS(rows); r++) {
		const char *what = rows[r], *at;
		unsigned events = 0, failed = 0, parked = 0;

		check_int(what,
			  RUN(gateway, "--model", model, "--guest", judge, "--machines", "200", "--seconds", "20", "--rate", "0",
			      "--faults", "10", "--quiet", "--json", "--check", "--tenants", "10", "--hostile-tenant", what,
			      "--verdicts", IN_FOLDER("tenants")),
			  0);
		check_int(what, figure("windows"), 3600);
		check_int(what, figure("compared"), 3600);
		check_int(what, figure("differ"), 0);
		check_int(what, figure("in_crossing_window"), figure("crossings"));
		check_int(what, figure("found"), figure("faults"));
		at = hostile(what);
		assert_non_null(at);
		check_int(what, sscanf(strstr(at, "\"events\":"), "\"events\":%u,\"failed\":%u,\"parked\":%u", &events, &failed, &parked), 3);
		/* ten in a row, then one after each second of rest; the others come while it rests */
		check_int(what, events, 400);
		check_true(what, failed >= 10 && failed < 40);
		check_int(what, failed + parked, 400);
		check_has(what, at, "\"got_through\":0");
		check_without_tenant(what, IN_FOLDER("tenants"), IN_FOLDER("good"));
	}
}

/*
 * The next version on trial, a new model and an hour without uplink in mid-run: not one verdict differs, every alert
 * arrives once and in order, and the whole of it happens again, byte for byte.
 */
static void test_story(void **state)
{
	char journal[96];

	(void)state;
	in_folder("journal", journal, sizeof(journal));
	check_int("run",
		  RUN(gateway, "--model", model, "--guest", judge, "--machines", "200", "--seconds", "20", "--rate", "0",
		      "--faults", "10", "--quiet", "--json", "--check", "--hostile", "--story", "--journal", journal,
		      "--verdicts", IN_FOLDER("story")),
		  0);
	check_str("nothing to complain about", err, "");
	check_same_file("verdicts", IN_FOLDER("story"), IN_FOLDER("good"));
	check_int("windows", figure("windows"), 4000);
	check_int("differ", figure("differ"), 0);
	check_has("decided", out, "\"trial\":\"judge@2: ");
	check_has("again", out, "\"replayed\":true");
	check_int("every output again", figure("again_outputs"), 4000 + figure("alerts"));
	check_true("every call again", figure("again_calls") >= 4000);
	check_true("the state too", figure("states") >= 1);
	check_int("arrived", figure("arrived"), figure("alerts"));
	check_int("twice", figure("twice"), 0);
	check_int("order", figure("out_of_order"), 0);
	check_true("some had to wait", figure("most_waiting") >= 10);
	check_int("again in the same folder",
		  RUN(gateway, "--model", model, "--guest", judge, "--machines", "50", "--seconds", "20", "--rate", "0",
		      "--faults", "2", "--quiet", "--json", "--journal", journal),
		  0);
	check_int("arrived", figure("arrived"), figure("alerts"));
	check_has("again", out, "\"replayed\":true");
	check_int("gone", run_program((const char *const[]){"rm", "-r", journal, NULL}, NULL, 0, NULL, 0), 0);
	check_int("needs a journal", RUN(gateway, "--story"), 2);
	check_has("needs a journal", err, "--story needs --journal");
	check_int("no such folder", RUN(gateway, "--model", model, "--journal", "no/such/folder"), 1);
	check_has("no such folder", err, "no/such/folder");
}

/* A fault later or another seed is another run. */
static void test_seed(void **state)
{
	(void)state;
	check_int("run",
		  RUN(gateway, "--model", model, "--guest", judge, "--machines", "200", "--seconds", "20",
		      "--rate", "0", "--faults", "10", "--seed", "43", "--quiet", "--json", "--check",
		      "--verdicts", IN_FOLDER("other")),
		  0);
	check_int("differ", figure("differ"), 0);
	check_int("in the crossing window", figure("in_crossing_window"), figure("crossings"));
	check_digest("verdicts", IN_FOLDER("other"), 0x9862fc1e4e5ad159);
}

static void test_hostile(void **state)
{
	static const struct {
		const char *name, *says, *refused;
	} rows[] = {
		{ "loop", "fuel", "" },
		{ "recurse", "stack", "" },
		{ "grow", "fuel", "" },
		{ "pointer", "-3", "" },
		{ "trap", "trap", "" },
		{ "flood", "", "" },
		{ "import", "", "KV_WRITE" },
	};

	(void)state;
	check_int("run",
		  RUN(gateway, "--model", model, "--guest", judge, "--machines", "200", "--seconds", "20",
		      "--rate", "0", "--faults", "10", "--quiet", "--json", "--check", "--hostile",
		      "--verdicts", IN_FOLDER("hostile")),
		  0);
	check_int("windows", figure("windows"), 4000);
	check_int("differ", figure("differ"), 0);
	check_int("alerts of the good one only", figure("false_alerts"), 0);
	check_same_file("verdicts", IN_FOLDER("hostile"), IN_FOLDER("good"));
	for (size_t r = 0; r < ROWS(rows); r++) {
		const char *at = hostile(rows[r].name), *end;
		char object[2048];

		check_true(rows[r].name, at != NULL);
		end = strchr(at, '}');
		snprintf(object, sizeof(object), "%.*s", (int)(end - at), at);
		check_has(rows[r].name, object, "\"got_through\":0");
		check_has(rows[r].name, object, rows[r].says);
		check_has(rows[r].name, object, rows[r].refused);
		if (*rows[r].refused) {
			check_has(rows[r].name, object, "\"events\":0");
		} else {
			unsigned events = 0, failed = 0, parked = 0;

			sscanf(strstr(object, "\"events\":"), "\"events\":%u,\"failed\":%u,\"parked\":%u",
			       &events, &failed, &parked);
			check_true(rows[r].name, failed >= 6);
			check_int(rows[r].name, failed + parked, events);
		}
	}
}

/* In real time: everything arrives and is judged; nothing is said about how fast. */
static void test_rate(void **state)
{
	(void)state;
	check_int("run",
		  RUN(gateway, "--model", model, "--guest", judge, "--machines", "100", "--seconds", "0.5",
		      "--rate", "1000", "--quiet", "--json", "--check"),
		  0);
	check_int("windows", figure("windows") + figure("ring_full"), 500);
	check_int("differ", figure("differ"), 0);
	check_true("took its time", figure("seconds") > 0.4);
	check_true("median below maximum", figure("p50_us") <= figure("max_us"));
}

static void test_alert_lines(void **state)
{
	const char *at;
	unsigned lines = 0, machine = 0, window = 0;
	float score = 0, threshold = 0;

	(void)state;
	check_int("run",
		  RUN(gateway, "--model", model, "--guest", judge, "--machines", "50", "--seconds", "20",
		      "--rate", "0", "--faults", "2", "--json"),
		  0);
	for (at = out; (at = strstr(at, "{\"alert\":")) != NULL; at++)
		lines++;
	check_int("a line for each alert", lines, figure("alerts"));
	check_int("fields",
		  sscanf(out, "{\"alert\":{\"machine\":%u,\"window\":%u,\"score\":%f,\"threshold\":%f,", &machine,
			 &window, &score, &threshold),
		  4);
	check_true("above", score > threshold && threshold > 0);
	check_has("why", out, "\"why\":\"");
	check_has("model", out, "\"model\":\"vibration@1.0.0-");
	check_has("trace", out, "\"trace_id\":\"");
	check_has("latency", out, "\"latency_us\":");
	check_has("progress", err, "50 machines, 1,000 windows");
}

/* ---- data of one's own ---- */

/* Real machine sound: windows of a ToyCar that runs well, and noise; the score is what the golden output gives. */
static void test_toycar(void **state)
{
	char path[1200], golden[1200];
	const char *args[64] = { "--threshold", "30", "--json", "--check", "--guest", raw_judge, "--model" };
	char paths[36][1200];
	int n = 7;

	(void)state;
	skip_without_shared(path, sizeof(path), "data/nn/models/ad01_int8/ad01_int8.tflite");
	args[n++] = path;
	args[n++] = "--data";
	for (int i = 0; i < 17; i++) {
		char name[96];

		snprintf(name, sizeof(name), "data/nn/models/ad01_int8/ad01_int8.in%02d.bin", i < 9 ? i : i + 16);
		check_true("there", shared_path(paths[i], sizeof(paths[i]), name));
		args[n++] = paths[i];
	}
	check_int("run", run(gateway, args), 0);
	check_int("windows", figure("windows"), 17);
	check_int("differ", figure("differ"), 0);
	check_int("noise is not a ToyCar", figure("alerts"), 8);

	check_true("golden", shared_path(golden, sizeof(golden), "data/nn/models/ad01_int8/ad01_int8.out00.bin"));
	{
		size_t in_size, out_size;
		int8_t *in = (int8_t *)read_file(paths[0], &in_size);
		int8_t *want = (int8_t *)read_file(golden, &out_size);
		double sum = 0, score = 0;
		const char *at = strstr(out, "ad01_int8.in00.bin");

		check_int("size", in_size, out_size);
		for (size_t i = 0; i < in_size; i++) {
			const double d = (in[i] - 89) * 0.391015232 - (want[i] - 96) * 0.364498466;

			sum += d * d / (double)in_size;
		}
		check_true("its verdict is printed", at != NULL);
		sscanf(strstr(at, "\"score\":"), "\"score\":%lf", &score);
		check_true("score of window 0", score > sum * 0.9999 - 1e-3 && score < sum * 1.0001 + 1e-3);
		free(in);
		free(want);
	}
}

static void write_bytes(const char *name, uint8_t value, size_t size)
{
	uint8_t *bytes = malloc(size + 1);

	memset(bytes, value, size + 1);
	check_true(name, write_file(IN_FOLDER(name), bytes, size));
	free(bytes);
}

/* What cannot be used is refused, with the file and the reason; nothing is judged. */
static void test_refuses(void **state)
{
	const struct {
		const char *name, *model, *guest, *data;
		int status;
		const char *says;
	} rows[] = {
		{ "no model", "no.tflite", judge, NULL, 1, "no.tflite: No such file" },
		{ "no guest", model, "no.wasm", NULL, 1, "no.wasm: No such file" },
		{ "a model that is none", judge, judge, NULL, 1, "vibration.wasm: " },
		{ "a guest that is none", model, model, NULL, 1, "fleet.tflite: " },
		{ "a guest without its grant", model, "examples/fleet/guest_hostile_import.wasm", NULL, 1,
		  "KV_WRITE" },
		{ "no data", model, NULL, "no.bin", 1, "no.bin: No such file" },
		{ "half a window", model, NULL, "half", 1, "not a whole number of windows" },
		{ "empty data", model, NULL, "empty", 1, "not a whole number of windows" },
	};

	(void)state;
	write_bytes("half", 1, 33);
	write_bytes("empty", 1, 0);
	for (size_t r = 0; r < ROWS(rows); r++) {
		const char *args[12] = { "--json", "--machines", "10", "--model", rows[r].model };
		int n = 5;

		if (rows[r].guest) {
			args[n++] = "--guest";
			args[n++] = rows[r].guest;
		}
		if (rows[r].data) {
			args[n++] = "--data";
			args[n++] = IN_FOLDER(rows[r].data);
		}
		check_int(rows[r].name, run(gateway, args), rows[r].status);
		check_has(rows[r].name, err, rows[r].says);
		check_str(rows[r].name, out, "");
	}
}

/* A guest and a model that do not fit each other: every window is refused and counted, none is judged. */
static void test_mismatch(void **state)
{
	char path[1200];

	(void)state;
	skip_without_shared(path, sizeof(path), "data/nn/models/ad01_int8/ad01_int8.tflite");
	check_int("guest that needs \"norm\"",
		  RUN(gateway, "--model", path, "--guest", judge, "--machines", "10", "--seconds", "1", "--json"),
		  1);
	check_has("reason", err, "norm");
}

static void test_usage(void **state)
{
	static const struct {
		const char *name;
		const char *args[4];
		int status;
		const char *says;
	} rows[] = {
		{ "unknown", { "--nonsense", "1" }, 2, "not understood: --nonsense" },
		{ "no value", { "--model" }, 2, "not understood: --model" },
		{ "no machines", { "--machines", "0" }, 2, "not understood: --machines" },
		{ "too many machines", { "--machines", "1000001" }, 2, "not understood: --machines" },
		{ "bad rate", { "--rate", "fast" }, 2, "not understood: --rate" },
		{ "no time", { "--seconds", "0" }, 2, "not understood: --seconds" },
		{ "more faults than machines", { "--machines", "5", "--faults", "6" }, 2, "more faults" },
		{ "data without files", { "--data" }, 2, "--data needs a file" },
		{ "tenants", { "--tenants", "33" }, 2, "not understood: --tenants" },
		{ "no tenants", { "--tenants", "0" }, 2, "not understood: --tenants" },
		{ "one tenant, and hostile", { "--hostile-tenant", "loop" }, 2, "needs --tenants 2" },
		{ "what is not linked", { "--hostile-tenant", "import" }, 2, "not understood: --hostile-tenant" },
		{ "no such harm", { "--hostile-tenant", "pray" }, 2, "not understood: --hostile-tenant" },
		{ "data twice", { "--data", "a", "--data", "b" }, 2, "--data is given twice" },
	};

	(void)state;
	for (size_t r = 0; r < ROWS(rows); r++) {
		const char *args[5] = { NULL };

		memcpy(args, rows[r].args, sizeof(rows[r].args));
		check_int(rows[r].name, run(gateway, args), rows[r].status);
		check_has(rows[r].name, err, rows[r].says);
	}
	check_int("help", RUN(gateway, "--help"), 0);
	check_has("help", out, "--hostile");
}

static int set_up(void **state)
{
	(void)state;
	if (!build_path(trainer, sizeof(trainer), "fleet-train") ||
	    !build_path(gateway, sizeof(gateway), "fleet") || !mkdtemp(folder)) {
		print_message("no %s or %s\n", trainer, gateway);
		return -1;
	}
	in_folder("fleet.tflite", model, sizeof(model));
	return RUN(trainer, "-o", model, "--quiet");
}

static int tear_down(void **state)
{
	static const char *const names[] = { "fleet.tflite", "row.tflite", "good", "other",
					     "vectors", "tenants", "story", "hostile", "half", "empty" };

	(void)state;
	for (size_t i = 0; i < ROWS(names); i++)
		unlink(IN_FOLDER(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_train),	    cmocka_unit_test(test_train_refuses),
		cmocka_unit_test(test_verdicts),    cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_tenants),	    cmocka_unit_test(test_story),
		cmocka_unit_test(test_seed),	    cmocka_unit_test(test_hostile_tenant),
		cmocka_unit_test(test_hostile),	    cmocka_unit_test(test_rate),
		cmocka_unit_test(test_alert_lines), cmocka_unit_test(test_toycar),
		cmocka_unit_test(test_refuses),	    cmocka_unit_test(test_mismatch),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
