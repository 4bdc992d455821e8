/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_load.c - what it takes before a guest runs: loading (everything
 * translated, or only validated), instances, the first call, and the memory
 * that all this holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgewasm/wasm.h"
#include "base/cpu.h"
#include "cpu_text.h"
#include "harness.h"
#include "synth.h"

#define FILES_MAX 16

static const char usage[] =
	"  --module FILE  time loading this .wasm file too; may be repeated\n";

static struct ew_alloc alloc;

/* ---- loading ---- */

struct loading {
	const void *bytes;
	size_t size;
	uint32_t flags;
};

static enum ew_status load(const struct loading *l, struct ew_module **m,
			   struct ew_error *err)
{
	struct ew_module_config config = { .struct_bytes = sizeof(config),
					   .flags = l->flags };

	return ew_module_load(m, l->bytes, l->size, &config, &alloc, err);
}

static bool load_work(void *ctx, uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		struct ew_module *m;

		if (load(ctx, &m, NULL) != EW_OK)
			return false;
		ew_module_free(m);
	}
	return true;
}

/* Bytes of the code section: what internal code is compared with. */
static size_t code_section_bytes(const uint8_t *p, size_t size)
{
	const uint8_t *end = p + size;

	for (p += 8; p < end;) {
		unsigned id = *p++, shift = 0;
		size_t n = 0;

		do
			n |= (size_t)(*p & 0x7f) << shift, shift += 7;
		while (*p++ & 0x80);
		if (id == 10)
			return n;
		p += n;
	}
	return 0;
}

static void bench_module(struct bench *b, const char *name, const void *bytes,
			 size_t size)
{
	struct loading eager = { bytes, size, 0 };
	struct loading lazy = { bytes, size, EW_MODULE_LAZY };
	struct bench_subject subjects[2] = {
		{ .work = load_work, .ctx = &eager },
		{ .work = load_work, .ctx = &lazy },
	};
	size_t held, held_lazy, code, section;
	struct ew_module *m = NULL;
	struct ew_error err = { 0 };
	enum ew_status status = load(&lazy, &m, &err);

	held_lazy = m != NULL ? ew_module_size(m, NULL) : 0;
	ew_module_free(m);
	if (status == EW_OK)
		status = load(&eager, &m, &err);
	if (!bench_check(b, status == EW_OK, "%s: %s", name, err.text))
		return;
	held = ew_module_size(m, &code);
	ew_module_free(m);
	section = code_section_bytes(bytes, size);
	if (!bench_time_all(b, subjects, 2))
		return;
	bench_row(b, name);
	bench_uint(b, "bytes", size);
	bench_num(b, "us", subjects[0].stat.median / 1e3, 1);
	bench_num(b, "MB/s", (double)size * 1e3 / subjects[0].stat.median, 1);
	bench_num(b, "lazy_us", subjects[1].stat.median / 1e3, 1);
	bench_num(b, "lazy_MB/s", (double)size * 1e3 / subjects[1].stat.median, 1);
	bench_pct(b, "spread", subjects[1].stat.spread);
	bench_uint(b, "held", held);
	bench_uint(b, "held_lazy", held_lazy);
	bench_num(b, "code_factor", section ? (double)code / (double)section : 0, 2);
	bench_end(b);
}

/* Whole file, to be freed; NULL when it cannot be read. */
static void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	void *bytes = NULL;
	long end = -1;

	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0)
		end = ftell(f);
	if (end > 0 && fseek(f, 0, SEEK_SET) == 0)
		bytes = malloc((size_t)end);
	if (bytes != NULL && fread(bytes, 1, (size_t)end, f) != (size_t)end) {
		free(bytes);
		bytes = NULL;
	}
	fclose(f);
	*size = bytes != NULL ? (size_t)end : 0;
	return bytes;
}

static void bench_file(struct bench *b, const char *path)
{
	const char *name = strrchr(path, '/');
	size_t size = 0;
	void *bytes = read_file(path, &size);

	name = name != NULL ? name + 1 : path;
	if (bench_check(b, bytes != NULL, "cannot read %s", path) &&
	    bench_wanted(b, name))
		bench_module(b, name, bytes, size);
	free(bytes);
}

/* A run of the module with so much fuel: what it ends with. */
static bool run(const struct loading *l, union ew_value *v, int64_t *fuel)
{
	struct ew_instance *instance = NULL;
	struct ew_module *m = NULL;
	struct ew_func *f;
	enum ew_status status;
	bool ok;

	ok = load(l, &m, NULL) == EW_OK &&
	     ew_instance_create(&instance, m, NULL, &alloc, NULL, NULL) == EW_OK &&
	     ew_func_find(instance, "run", "(ii)i", &f) == EW_OK;
	if (ok) {
		ew_exec_set_fuel(ew_instance_exec(instance), 1000000);
		v[0].i32 = 12345;
		v[1].i32 = 678;
		status = ew_call(f, v);
		ok = status == EW_OK || status == EW_ERR_FUEL;
		*fuel = ew_exec_fuel(ew_instance_exec(instance));
	}
	ew_instance_destroy(instance);
	ew_module_free(m);
	return ok;
}

/* Over 1 MB, made here, so that the figure can be had everywhere. */
static void bench_synthetic(struct bench *b, const char *name, size_t want)
{
	struct loading l = { .flags = 0 };
	union ew_value eager[2], lazy[2];
	int64_t fuel = 0, fuel_lazy = 1;
	uint8_t *bytes;

	if (!bench_wanted(b, name))
		return;
	bytes = synth_module(want, 1, &l.size);
	l.bytes = bytes;
	if (bench_check(b, bytes != NULL, "no memory for a module")) {
		bool ok = run(&l, eager, &fuel);

		l.flags = EW_MODULE_LAZY;
		ok = ok && run(&l, lazy, &fuel_lazy);
		if (bench_check(b, ok && eager[0].i32 == lazy[0].i32 && fuel == fuel_lazy,
				"%s: loaded lazily it runs another way", name))
			bench_module(b, name, bytes, l.size);
	}
	free(bytes);
}

int main(int argc, char **argv)
{
	static char cpu[CPU_TEXT_BYTES];
	const char *files[FILES_MAX], *file;
	unsigned file_count = 0;
	struct bench b;
	int rc = bench_init(&b, "bench-load",
			    cpu_text(ewi_cpu_features(), cpu), usage, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	while (file_count < FILES_MAX &&
	       (file = bench_option("--module", &argc, argv)) != NULL)
		files[file_count++] = file;
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	b.cpu_time = true;
	alloc = ew_alloc_libc();
	bench_synthetic(&b, "synthetic 1.2 MB", 1200000);
	bench_synthetic(&b, "synthetic 8 KB", 8000);
	for (unsigned i = 0; i < file_count; i++)
		bench_file(&b, files[i]);
	return bench_finish(&b);
}
