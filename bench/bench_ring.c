/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * bench_ring.c - events through rings, on one core and between two (lanes.c), and CRC-32C.  What comes out is
 * checked before anything is timed, and while it is.
 */
#include <stdio.h>
#include <string.h>

#include "base/cpu.h"
#include "cpu_text.h"
#include "harness.h"
#include "lanes.h"
#include "store/crc32c.h"

static uint8_t byte_of(uint64_t seq, uint32_t i)
{
	return (uint8_t)(seq * 167 + i * 31 + (seq >> 8));
}

/* ---- CRC-32C ---- */

struct crc_bench {
	ewi_crc32c_update *update;
	struct ewi_crc32c_tables tables;
	uint8_t bytes[256];
	uint32_t sum;
};

static bool crc_256(void *ctx, uint64_t iters)
{
	struct crc_bench *c = ctx;

	for (uint64_t i = 0; i < iters; i++)
		c->sum ^= c->update(&c->tables, c->sum, c->bytes, sizeof(c->bytes));
	return true;
}

static void crc_row(struct bench *b, const char *name, ewi_crc32c_update *update)
{
	static struct crc_bench c;
	struct bench_stat s;
	uint32_t want;

	if (!bench_wanted(b, name))
		return;
	c.update = update;
	ewi_crc32c_fill(&c.tables);
	for (uint32_t i = 0; i < sizeof(c.bytes); i++)
		c.bytes[i] = byte_of(1, i);
	want = ewi_crc32c_ref(NULL, 0, c.bytes, sizeof(c.bytes));
	if (!bench_check(b, update(&c.tables, 0, c.bytes, sizeof(c.bytes)) == want, "%s", name) ||
	    !bench_time(b, crc_256, &c, &s))
		return;
	bench_row(b, name);
	bench_num(b, "ns", s.median, 1);
	bench_num(b, "GB/s", 256 / s.median, 2);
	bench_pct(b, "spread", s.spread);
	bench_end(b);
}

static void crc_rows(struct bench *b, uint32_t cpu)
{
	crc_row(b, "crc32c_ref", ewi_crc32c_ref);
	crc_row(b, "crc32c_slice8", ewi_crc32c_slice8);
#ifdef EWI_CRC32C_SSE42
	if (cpu & EW_CPU_SSE42)
		crc_row(b, "crc32c_sse42", ewi_crc32c_sse42);
#endif
#ifdef EWI_CRC32C_CLMUL
	if (cpu & EW_CPU_SSE42 && cpu & EW_CPU_PCLMUL)
		crc_row(b, "crc32c_clmul", ewi_crc32c_clmul);
#endif
#ifdef EWI_CRC32C_ARM
	if (cpu & EW_CPU_CRC32)
		crc_row(b, "crc32c_arm", ewi_crc32c_arm);
#endif
	(void)cpu;
}

int main(int argc, char **argv)
{
	uint32_t cpu = ewi_cpu_features();
	char text[CPU_TEXT_BYTES];
	struct bench b;
	int rc = bench_init(&b, "bench-ring", cpu_text(cpu, text), LANES_USAGE, &argc, argv);

	if (rc != BENCH_GO)
		return rc;
	if (!lanes_options(&argc, argv))
		return 2;
	rc = bench_no_more(&b, argc, argv);
	if (rc != BENCH_GO)
		return rc;
	lanes_rows(&b);
	crc_rows(&b, cpu);
	return bench_finish(&b);
}
