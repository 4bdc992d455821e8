/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * peers.h - other stores, to be timed beside the durable log on the same disk in the same run.  Their shared
 * libraries are opened at run time, so that nothing has to be installed to build; the few functions used are
 * declared as their manuals give them.
 */
#ifndef EW_BENCH_PEERS_H
#define EW_BENCH_PEERS_H

#include <stdbool.h>
#include <stdint.h>

struct peer;

struct peer_ops {
	const char *name;
	/* A new store in folder dir; NULL: the library is not installed, or says no. */
	struct peer *(*open)(const char *dir);
	/* Write count records of `bytes` bytes each, from *data on, as one durable transaction. */
	bool (*commit)(struct peer *p, const uint8_t *data, uint32_t bytes, uint32_t count);
	uint64_t (*count)(struct peer *p);
	void (*close)(struct peer *p, const char *dir);
};

extern const struct peer_ops peer_sqlite; /* WAL, synchronous FULL, a table with an integer key */
extern const struct peer_ops peer_lmdb;	  /* default flags, appending in key order */

#endif
