/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* crc32c.c - which CRC-32C this machine uses. */
#include "store/crc32c.h"
#include "edgewasm/store.h"

#if EW_CONFIG_STORE
#include "base/alloc.h"
#include "base/cpu.h"

enum ew_status ewi_crc32c_init(struct ewi_crc32c *c, uint32_t cpu, const struct ew_alloc *alloc)
{
	c->tables = NULL;
	c->update = NULL;
#ifdef EWI_CRC32C_SSE42
	if (cpu & EW_CPU_SSE42)
		c->update = ewi_crc32c_sse42;
#endif
#ifdef EWI_CRC32C_CLMUL
	if (cpu & EW_CPU_SSE42 && cpu & EW_CPU_PCLMUL)
		c->update = ewi_crc32c_clmul;
#endif
#ifdef EWI_CRC32C_ARM
	if (cpu & EW_CPU_CRC32)
		c->update = ewi_crc32c_arm;
#endif
	(void)cpu;
	if (c->update)
		return EW_OK;
#if EW_CONFIG_SMALL
	(void)alloc;
	c->update = ewi_crc32c_ref;
	return EW_OK;
#else
	c->tables = ewi_alloc(alloc, 1, sizeof(*c->tables));
	if (!c->tables)
		return EW_ERR_NOMEM;
	ewi_crc32c_fill(c->tables);
	c->update = ewi_crc32c_slice8;
	return EW_OK;
#endif
}

void ewi_crc32c_deinit(struct ewi_crc32c *c, const struct ew_alloc *alloc)
{
	ewi_free(alloc, c->tables, 1, sizeof(*c->tables));
	c->tables = NULL;
}

#endif
