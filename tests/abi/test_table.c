/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* test_table.c - abi.def against guest.h, and every function linked with and without its capability. */
#include "abi/abi.h"
#include "arun.h"

static char *guest_header(void)
{
	size_t size;
	char *text = (char *)read_file("include/edgewasm/guest.h", &size);

	if (!text)
		fail_msg("include/edgewasm/guest.h: tests run in the repository root");
	text = realloc(text, size + 1);
	text[size] = '\0';
	return text;
}

/* The Wasm type of a C declaration's words up to `end`. */
static char type_of(const char *at, const char *end)
{
	char words[128];
	size_t n = (size_t)(end - at) < sizeof(words) - 1 ? (size_t)(end - at) : sizeof(words) - 1;

	memcpy(words, at, n);
	words[n] = '\0';
	if (strchr(words, '*'))
		return 'i';
	if (strstr(words, "int64_t"))
		return 'I';
	if (strstr(words, "double"))
		return 'F';
	if (strstr(words, "int32_t"))
		return 'i';
	return strstr(words, "void") ? '\0' : '?';
}

/* "int32_t edge_log(int32_t level, ...);" to "(iii)i". */
static void signature_of(const char *declaration, char out[32])
{
	const char *open = strchr(declaration, '('), *close = strchr(open, ')'), *at = open + 1;
	size_t n = 0;
	char result;

	out[n++] = '(';
	while (at < close) {
		const char *comma = memchr(at, ',', (size_t)(close - at));
		char c = type_of(at, comma ? comma : close);

		if (c)
			out[n++] = c;
		at = comma ? comma + 1 : close;
	}
	out[n++] = ')';
	result = type_of(declaration, open);
	if (result)
		out[n++] = result;
	out[n] = '\0';
}

static void header_matches_table(void **state)
{
	char *text = guest_header(), *at = text;
	uint32_t found = 0, in_table = 0;
	struct ew_abi_function f;

	(void)state;
	for (uint32_t i = 0; ew_abi_function(i, &f) == EW_OK; i++)
		in_table += strcmp(f.module, "wasi_snapshot_preview1") != 0;
	while ((at = strstr(at, "\nEDGE_IMPORT(\"")) != NULL) {
		char module[32], name[32], signature[32];

		at += 14;
		if (sscanf(at, "%31[^\"]\", \"%31[^\"]\")", module, name) != 2)
			fail_msg("cannot read \"%.40s\"", at);
		at = strchr(at, ')') + 1;
		signature_of(at, signature);
		check_str(name, signature, arun_signature(module, name));
		/* edge_v1.kv_get is edge_kv_get() in C. */
		if (strcmp(module, "edge_v1") == 0) {
			char want[48];

			snprintf(want, sizeof(want), " edge_%s(", name);
			check_true(name, strstr(at, want) && strstr(at, want) < strchr(at, ';'));
		}
		found++;
	}
	check_int("functions in guest.h", found, in_table);
	free(text);
}

/* lib/abi/README.md has a row for each function, and no more rows. */
static void readme_lists_every_function(void **state)
{
	size_t size;
	char *text = (char *)read_file("lib/abi/README.md", &size), *at;
	struct ew_abi_function f;
	uint32_t count = 0;

	(void)state;
	assert_non_null(text);
	text = realloc(text, size + 1);
	text[size] = '\0';
	for (; ew_abi_function(count, &f) == EW_OK; count++) {
		char row[160], caps[64] = "";
		size_t n = 0;

		for (uint32_t cap = 1; cap <= EW_CAP_ALL; cap <<= 1)
			if (f.caps & cap)
				n += (size_t)snprintf(caps + n, sizeof(caps) - n, "%s%s",
						      n ? f.any_cap ? " or " : " and " : "", ew_cap_name(cap));
		snprintf(row, sizeof(row), "\n| `%s` | `%s` | %s |\n", f.name, f.signature,
			 n ? caps : f.implemented ? "-" : "- (ENOSYS)");
		check_has(f.name, text, row);
	}
	for (at = text; (at = strstr(at, "\n| `")) != NULL; at++)
		if (strstr(at, "` | `(") == strchr(at + 4, '`'))
			count--;
	assert_int_equal(count, 0);
	free(text);
}

/* "EDGE_NAME = value" somewhere in the header. */
static long header_value(const char *text, const char *name)
{
	const char *at = text;
	size_t len = strlen(name);
	int shift_from, shift;

	while ((at = strstr(at, name)) != NULL) {
		if (strncmp(at + len, " = ", 3) == 0) {
			if (sscanf(at + len + 3, "%d << %d", &shift_from, &shift) == 2)
				return (long)shift_from << shift;
			return strtol(at + len + 3, NULL, 10);
		}
		at += len;
	}
	fail_msg("%s is not in guest.h", name);
	return 0;
}

static void numbers_match(void **state)
{
	static const struct row {
		const char *name;
		long want;
	} rows[] = {
		{"EDGE_DENIED", DENIED}, {"EDGE_INVAL", INVAL}, {"EDGE_FAULT", FAULT},
		{"EDGE_NOENT", NOENT}, {"EDGE_TOOBIG", TOOBIG}, {"EDGE_AGAIN", AGAIN},
		{"EDGE_QUOTA", QUOTA}, {"EDGE_IO", IO}, {"EDGE_NOSYS", NOSYS},
		{"EDGE_STALE", STALE},
	};
	char *text = guest_header();

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		check_int(rows[i].name, header_value(text, rows[i].name), rows[i].want);
	for (uint32_t cap = 1; cap <= EW_CAP_ALL; cap <<= 1) {
		char name[48];

		snprintf(name, sizeof(name), "EDGE_CAP_%s", ew_cap_name(cap));
		check_int(name, header_value(text, name), cap);
	}
	check_has("fuel", text, "\n#define EDGE_FUEL_CALL 8\n");
	assert_int_equal(EWI_FUEL_CALL, 8);
	free(text);
}

/* Links a guest that imports one function under these capabilities. */
static enum ew_status link_one(const struct ew_abi_function *f, uint32_t caps, struct ew_error *err)
{
	const char *names[2] = {f->name, NULL};
	enum ew_status st;
	struct arun r;

	arun_init(&r);
	r.config.grant.caps = caps;
	st = arun_try(&r, f->module, names);
	*err = r.err;
	arun_close(&r);
	return st;
}

static void every_function_needs_its_capability(void **state)
{
	struct ew_abi_function f;
	struct ew_error err;
	uint32_t gated = 0, count = 0;

	(void)state;
	for (uint32_t i = 0; ew_abi_function(i, &f) == EW_OK; i++, count++) {
		char full[80];

		snprintf(full, sizeof(full), "%s.%s", f.module, f.name);
		check_status(full, link_one(&f, EW_CAP_ALL, &err), EW_OK);
		check_status(full, link_one(&f, f.caps, &err), EW_OK);
		if (!f.caps) {
			check_status(full, link_one(&f, 0, &err), EW_OK);
			continue;
		}
		gated++;
		for (uint32_t cap = 1; cap <= EW_CAP_ALL; cap <<= 1) {
			if (!(f.caps & cap))
				continue;
			if (f.any_cap) {
				check_status(full, link_one(&f, cap, &err), EW_OK);
				continue;
			}
			check_status(full, link_one(&f, EW_CAP_ALL & ~cap, &err), EW_ERR_UNLINKABLE);
			check_has(full, err.text, full);
			check_has(full, err.text, ew_cap_name(cap));
			check_has(full, err.text, "not granted");
		}
		check_status(full, link_one(&f, EW_CAP_ALL & ~f.caps, &err), EW_ERR_UNLINKABLE);
		check_has(full, err.text, full);
	}
	assert_true(gated >= 25);
	assert_true(count >= 70);
}

/* Messages in full, one of each shape. */
static void link_errors_say_what_is_missing(void **state)
{
	static const struct row {
		const char *name;
		uint32_t caps;
		const char *want;
	} rows[] = {
		{"event_emit", 0, "edge_v1.event_emit needs capability EMIT, which was not granted"},
		{"kv_increment", 0, "edge_v1.kv_increment needs capability KV_READ and KV_WRITE, which was not granted"},
		{"kv_increment", EW_CAP_KV_READ, "edge_v1.kv_increment needs capability KV_WRITE, which was not granted"},
	};
	struct ew_abi_function f = {.module = "edge_v1"};
	struct ew_error err;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		f.name = rows[i].name;
		check_status(rows[i].name, link_one(&f, rows[i].caps, &err), EW_ERR_UNLINKABLE);
		check_has(rows[i].name, err.text, rows[i].want);
	}
	f.module = "wasi_snapshot_preview1";
	f.name = "fd_write";
	check_status("fd_write", link_one(&f, EW_CAP_CLOCK, &err), EW_ERR_UNLINKABLE);
	check_has("fd_write", err.text, "needs capability STDIO or FS, which was not granted");
}

/* What is not in the table, or is no function, is for the next resolver (and then missing). */
static void strangers_are_not_resolved(void **state)
{
	static const struct row {
		const char *name, *module, *import;
		enum ew_extern_kind kind;
	} rows[] = {
		{"other module", "env", "log", EW_EXTERN_FUNC},
		{"other function", "edge_v1", "logs", EW_EXTERN_FUNC},
		{"prefix of one", "edge_v1", "lo", EW_EXTERN_FUNC},
		{"function of another module", "edge_v1", "fd_write", EW_EXTERN_FUNC},
		{"longer module", "edge_v11", "log", EW_EXTERN_FUNC},
		{"empty names", "", "", EW_EXTERN_FUNC},
		{"a memory", "edge_v1", "log", EW_EXTERN_MEMORY},
	};
	struct arun r;

	(void)state;
	arun_init(&r);
	r.config.grant.caps = EW_CAP_ALL;
	check_status("abi", ew_abi_create(&r.abi, &r.config, &r.mem.alloc, &r.err), EW_OK);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct ew_extern_type want = {
			.kind = rows[i].kind,
			.module = rows[i].module,
			.name = rows[i].import,
			.module_len = (uint32_t)strlen(rows[i].module),
			.name_len = (uint32_t)strlen(rows[i].import),
		};
		struct ew_import out;

		check_status(rows[i].name, ew_abi_resolve(r.abi, &want, &out, &r.err), EW_ERR_NOENT);
	}
	arun_close(&r);
}

/* A signature that is not the table's is refused by the linker, by name. */
static void other_signatures_do_not_link(void **state)
{
	struct ew_instance_config c = {.struct_bytes = sizeof(c), .resolve = ew_abi_resolve};
	const uint8_t *bytes;
	struct arun r;
	size_t size;

	(void)state;
	arun_init(&r);
	r.config.grant.caps = EW_CAP_ALL;
	wmod_import_func(&r.m, "edge_v1", "log", "(ii)i");
	bytes = wmod_finish(&r.m, &size);
	check_status("load", ew_module_load(&r.module, bytes, size, NULL, &r.mem.alloc, &r.err), EW_OK);
	check_status("abi", ew_abi_create(&r.abi, &r.config, &r.mem.alloc, &r.err), EW_OK);
	c.resolve_user = r.abi;
	check_status("link", ew_instance_create(&r.instance, r.module, &c, &r.mem.alloc, &r.trap, &r.err),
		     EW_ERR_UNLINKABLE);
	check_has("link", r.err.text, "log");
	arun_close(&r);
}

/* Without memory every function that takes a pointer answers with its fault, and none crashes. */
static void without_memory_pointers_fault(void **state)
{
	struct ew_abi_function f;
	uint32_t faults = 0;

	(void)state;
	for (uint32_t i = 0; ew_abi_function(i, &f) == EW_OK; i++) {
		const char *names[2] = {f.name, NULL};
		const int64_t zeros[16] = {0};
		struct arun r;

		arun_init(&r);
		r.pages = ARUN_NO_MEMORY;
		r.config.grant.caps = EW_CAP_ALL;
		arun_open_list(&r, f.module, names);
		arun_call(&r, zeros);
		if (strcmp(f.name, "proc_exit") == 0)
			check_status(f.name, r.status, EW_ERR_EXIT);
		else
			check_status(f.name, r.status, EW_OK);
		faults += r.values[0].i32 == FAULT || r.values[0].i32 == 21;
		arun_close(&r);
	}
	assert_true(faults >= 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_matches_table),
		cmocka_unit_test(readme_lists_every_function),
		cmocka_unit_test(numbers_match),
		cmocka_unit_test(every_function_needs_its_capability),
		cmocka_unit_test(link_errors_say_what_is_missing),
		cmocka_unit_test(strangers_are_not_resolved),
		cmocka_unit_test(other_signatures_do_not_link),
		cmocka_unit_test(without_memory_pointers_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
