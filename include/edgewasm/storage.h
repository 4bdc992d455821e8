/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * storage.h - blocks that are read, written and erased: files, RAM, flash, and a simulator that breaks.
 *
 * The durable log and the durable key-value store sit on this and on nothing else.  A host with its own flash
 * driver fills in struct ew_storage.
 */
#ifndef EDGEWASM_STORAGE_H
#define EDGEWASM_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "edgewasm/alloc.h"
#include "edgewasm/config.h"
#include "edgewasm/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ---- Storage ----
 *
 * block_count blocks of block_bytes each.  An erased block reads as the byte `erased` everywhere.
 * Unless `rewrite` is set, a byte is written once between two erases, as on flash.  Offsets and
 * lengths of writes are multiples of write_bytes.  write() may be torn by a power cut; sync() returns
 * when everything written and erased before it would survive one.
 * Functions return EW_OK, EW_ERR_IO, EW_ERR_FULL (no space on the device) or EW_ERR_BOUNDS.
 */
struct ew_storage {
	enum ew_status (*read)(void *ctx, uint32_t block, uint32_t at, void *out, uint32_t bytes);
	enum ew_status (*write)(void *ctx, uint32_t block, uint32_t at, const void *in, uint32_t bytes);
	enum ew_status (*erase)(void *ctx, uint32_t block);
	enum ew_status (*sync)(void *ctx);
	/*
	 * The block holds these bytes from its start, and is erased behind them: all at once, durable when this
	 * returns, whatever a power cut does in between.  NULL where that cannot be, as on flash.
	 */
	enum ew_status (*replace)(void *ctx, uint32_t block, const void *in, uint32_t bytes);
	void *ctx;
	uint32_t block_count;
	uint32_t block_bytes;
	uint32_t write_bytes; /* 1 to 256, a power of two */
	uint8_t erased;	      /* 0x00 or 0xff */
	bool rewrite;
};

struct ew_storage_config {
	size_t struct_bytes;  /* sizeof(struct ew_storage_config) */
	uint32_t block_bytes; /* default: files 8 MiB, RAM and flash 4 KiB; a multiple of 8 (flash: of write_bytes too) */
	uint32_t block_count; /* default: files 4096, RAM and flash 16 */
	uint32_t write_bytes; /* flash only; default 8 */
	bool read_only;	      /* files only: nothing is created or changed, write and erase are EW_ERR_DENIED */
	bool no_preallocate;  /* files only: let them grow instead of reserving block_bytes at once */
};

#if EW_CONFIG_POSIX
/*
 * One file for each block in folder `dir`, made when it is not there.  In a folder that has files,
 * geometry comes from them: block_bytes and block_count in cfg are then ignored.
 */
EW_API enum ew_status ew_storage_files_open(const char *dir, const struct ew_storage_config *cfg,
					    const struct ew_alloc *alloc, struct ew_storage *out,
					    struct ew_error *err);
/* Closes the files; does not sync. */
EW_API void ew_storage_files_close(struct ew_storage *st);
#endif

/* RAM: lost with the process; erased bytes are 0.  Memory is block_bytes * block_count. */
EW_API enum ew_status ew_storage_ram_create(const struct ew_storage_config *cfg,
					    const struct ew_alloc *alloc, struct ew_storage *out);
/*
 * NOR flash played in RAM: erased bytes are 0xff, writing clears bits, and writing a byte a second
 * time before its block is erased is EW_ERR_STATE.  For tests, on any machine.
 */
EW_API enum ew_status ew_storage_flash_create(const struct ew_storage_config *cfg,
					      const struct ew_alloc *alloc, struct ew_storage *out);
EW_API void ew_storage_ram_destroy(struct ew_storage *st); /* either of the two */
/* The bytes of one block, to look at and to damage in tests; NULL when there is no such block. */
EW_API uint8_t *ew_storage_ram_block(const struct ew_storage *st, uint32_t block);
/* How often the block was erased. */
EW_API uint32_t ew_storage_ram_erases(const struct ew_storage *st, uint32_t block);

/*
 * ---- The simulator ----
 *
 * A storage that breaks on purpose, for tests of what sits on one, in RAM on any machine.  It plays files (what
 * is not synced is lost, kept or torn, each write for itself and so in any order), RAM (what is written is kept)
 * or NOR flash (likewise, with its rules).  A test is told of each write, erase and sync before it happens, and can
 * take from there what would be found after a power cut in the middle of it.  lib/store/sim.c; left out of a build
 * that does not use it.
 */
enum ew_sim_kind { EW_SIM_FILES = 0, EW_SIM_RAM = 1, EW_SIM_FLASH = 2 };

enum ew_sim_call { EW_SIM_WRITE = 0, EW_SIM_ERASE = 1, EW_SIM_SYNC = 2, EW_SIM_READ = 3, EW_SIM_REPLACE = 4 };

struct ew_sim_op {
	enum ew_sim_call call;
	uint32_t block, at, bytes; /* what a call does not have is 0 */
	const void *data;	   /* of a write, and of what replaces a block */
};

/* What a power cut leaves of a write or an erase.  A block is replaced or it is not. */
enum ew_sim_tear {
	EW_SIM_WHOLE = 0,     /* all or nothing */
	EW_SIM_TORN_BYTES = 1, /* its first bytes */
	EW_SIM_TORN_BITS = 2   /* some bits of its bytes */
};

struct ew_sim_config {
	size_t struct_bytes; /* sizeof(struct ew_sim_config) */
	enum ew_sim_kind kind;
	uint32_t block_bytes, block_count, write_bytes; /* as in struct ew_storage_config; write_bytes for flash only */
	/* Called before each write, erase, sync and replacing; MUST NOT change st.  May be NULL. */
	void (*before)(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op);
	void *ctx;
};

struct ew_sim_stat {
	uint64_t writes, erases, syncs, reads;
	uint64_t written_bytes;
	uint32_t least_erases, most_erases; /* of any block: wear */
};

EW_API enum ew_status ew_storage_sim_create(const struct ew_sim_config *cfg, const struct ew_alloc *alloc,
					    struct ew_storage *out);
EW_API void ew_storage_sim_destroy(struct ew_storage *st);
/*
 * *out gets a storage of its own, from the same allocator and without a hook: what is found after the power was cut
 * during op, or between two calls when op is NULL.  The same seed gives the same outcome.
 */
EW_API enum ew_status ew_storage_sim_cut(const struct ew_storage *st, const struct ew_sim_op *op, enum ew_sim_tear tear,
					 uint64_t seed, struct ew_storage *out);
EW_API void ew_storage_sim_hook(struct ew_storage *st,
				void (*before)(void *ctx, const struct ew_storage *st, const struct ew_sim_op *op),
				void *ctx);
/* The n-th such call from now (1: the next; 0: none) does nothing and returns status: an I/O error, a full disk. */
EW_API void ew_storage_sim_fail(struct ew_storage *st, enum ew_sim_call call, uint32_t n, enum ew_status status);
EW_API void ew_storage_sim_stat(const struct ew_storage *st, struct ew_sim_stat *out);
/* The bytes of one block as reads see them, to look at and to damage; NULL when there is no such block. */
EW_API uint8_t *ew_storage_sim_block(const struct ew_storage *st, uint32_t block);

#ifdef __cplusplus
}
#endif
#endif
