/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* peers.c - SQLite and LMDB as sinks of records. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__unix__)
#include <dlfcn.h>

/* Both libraries' objects, and the functions in use, by the names their manuals give. */
struct peer {
	void *library;
	void *db, *insert; /* sqlite3 *, sqlite3_stmt * */
	void *env;	   /* MDB_env * */
	unsigned dbi;
	uint64_t next;
	int (*exec)(void *, const char *, void *, void *, void *);
	int (*prepare)(void *, const char *, int, void **, void *);
	int (*bind_int64)(void *, int, long long);
	int (*bind_blob)(void *, int, const void *, int, void *);
	int (*step)(void *);
	int (*reset)(void *);
	long long (*column_int64)(void *, int);
	int (*finalize)(void *);
	int (*close_db)(void *);
	int (*txn_begin)(void *, void *, unsigned, void **);
	int (*put)(void *, unsigned, void *, void *, unsigned);
	int (*txn_commit)(void *);
	void (*txn_abort)(void *);
	int (*stat)(void *, unsigned, void *);
	void (*env_close)(void *);
};

/* dlsym gives an object pointer where a function's is wanted: copied, as POSIX says one may. */
static bool take(const struct peer *p, const char *name, void *function)
{
	void *symbol = dlsym(p->library, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

static struct peer *load(const char *library)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p)
		p->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (p && !p->library) {
		free(p);
		return NULL;
	}
	return p;
}

static void unload(struct peer *p)
{
	dlclose(p->library);
	free(p);
}

static void remove_file(const char *dir, const char *name)
{
	char path[500];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

/* ---- SQLite ---- */

#define SQLITE_ROW 100
#define SQLITE_DONE 101

static struct peer *sqlite_open(const char *dir)
{
	struct peer *p = load("libsqlite3.so.0");
	int (*open_db)(const char *, void **);
	char path[500];

	if (!p)
		return NULL;
	snprintf(path, sizeof(path), "%s/peer.sqlite", dir);
	if (take(p, "sqlite3_open", &open_db) && take(p, "sqlite3_exec", &p->exec) &&
	    take(p, "sqlite3_prepare_v2", &p->prepare) && take(p, "sqlite3_bind_int64", &p->bind_int64) &&
	    take(p, "sqlite3_bind_blob", &p->bind_blob) && take(p, "sqlite3_step", &p->step) &&
	    take(p, "sqlite3_reset", &p->reset) && take(p, "sqlite3_finalize", &p->finalize) &&
	    take(p, "sqlite3_column_int64", &p->column_int64) && take(p, "sqlite3_close", &p->close_db) &&
	    open_db(path, &p->db) == 0 &&
	    p->exec(p->db, "pragma journal_mode=wal; pragma synchronous=full;"
			   "create table log (seq integer primary key, data blob)", NULL, NULL, NULL) == 0 &&
	    p->prepare(p->db, "insert into log values (?, ?)", -1, &p->insert, NULL) == 0)
		return p;
	unload(p);
	return NULL;
}

static bool sqlite_commit(struct peer *p, const uint8_t *data, uint32_t bytes, uint32_t count)
{
	bool ok = p->exec(p->db, "begin", NULL, NULL, NULL) == 0;

	for (uint32_t i = 0; ok && i < count; i++) {
		ok = p->bind_int64(p->insert, 1, (long long)++p->next) == 0 &&
		     p->bind_blob(p->insert, 2, data + (size_t)i * bytes, (int)bytes, NULL) == 0 &&
		     p->step(p->insert) == SQLITE_DONE;
		p->reset(p->insert);
	}
	return ok && p->exec(p->db, "commit", NULL, NULL, NULL) == 0;
}

static uint64_t sqlite_count(struct peer *p)
{
	void *statement;
	uint64_t n = 0;

	if (p->prepare(p->db, "select count(*) from log", -1, &statement, NULL) != 0)
		return 0;
	if (p->step(statement) == SQLITE_ROW)
		n = (uint64_t)p->column_int64(statement, 0);
	p->finalize(statement);
	return n;
}

static void sqlite_close(struct peer *p, const char *dir)
{
	p->finalize(p->insert);
	p->close_db(p->db);
	unload(p);
	remove_file(dir, "peer.sqlite");
	remove_file(dir, "peer.sqlite-wal");
	remove_file(dir, "peer.sqlite-shm");
}

const struct peer_ops peer_sqlite = {"sqlite", sqlite_open, sqlite_commit, sqlite_count, sqlite_close};

/* ---- LMDB ---- */

#define MDB_NOSUBDIR 0x4000u
#define MDB_INTEGERKEY 0x08u
#define MDB_APPEND 0x20000u

struct mdb_val {
	size_t size;
	const void *data;
};

struct mdb_stat {
	unsigned page_size, depth;
	size_t branch_pages, leaf_pages, overflow_pages, entries;
};

static struct peer *lmdb_open(const char *dir)
{
	struct peer *p = load("liblmdb.so.0");
	int (*env_create)(void **), (*set_mapsize)(void *, size_t), (*env_open)(void *, const char *, unsigned, unsigned);
	int (*dbi_open)(void *, const char *, unsigned, unsigned *);
	char path[500];
	void *txn;

	if (!p)
		return NULL;
	snprintf(path, sizeof(path), "%s/peer.lmdb", dir);
	if (take(p, "mdb_env_create", &env_create) && take(p, "mdb_env_set_mapsize", &set_mapsize) &&
	    take(p, "mdb_env_open", &env_open) && take(p, "mdb_dbi_open", &dbi_open) &&
	    take(p, "mdb_txn_begin", &p->txn_begin) && take(p, "mdb_txn_commit", &p->txn_commit) &&
	    take(p, "mdb_txn_abort", &p->txn_abort) && take(p, "mdb_put", &p->put) && take(p, "mdb_stat", &p->stat) &&
	    take(p, "mdb_env_close", &p->env_close) && env_create(&p->env) == 0 &&
	    set_mapsize(p->env, (size_t)8 << 30) == 0 && env_open(p->env, path, MDB_NOSUBDIR, 0600) == 0 &&
	    p->txn_begin(p->env, NULL, 0, &txn) == 0 && dbi_open(txn, NULL, MDB_INTEGERKEY, &p->dbi) == 0 &&
	    p->txn_commit(txn) == 0)
		return p;
	unload(p);
	return NULL;
}

static bool lmdb_commit(struct peer *p, const uint8_t *data, uint32_t bytes, uint32_t count)
{
	void *txn;

	if (p->txn_begin(p->env, NULL, 0, &txn) != 0)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		size_t seq = (size_t)++p->next;
		struct mdb_val key = {sizeof(seq), &seq}, value = {bytes, data + (size_t)i * bytes};

		if (p->put(txn, p->dbi, &key, &value, MDB_APPEND) != 0) {
			p->txn_abort(txn);
			return false;
		}
	}
	return p->txn_commit(txn) == 0;
}

static uint64_t lmdb_count(struct peer *p)
{
	struct mdb_stat stat = {0};
	void *txn;

	if (p->txn_begin(p->env, NULL, 0, &txn) != 0)
		return 0;
	p->stat(txn, p->dbi, &stat);
	p->txn_abort(txn);
	return stat.entries;
}

static void lmdb_close(struct peer *p, const char *dir)
{
	p->env_close(p->env);
	unload(p);
	remove_file(dir, "peer.lmdb");
	remove_file(dir, "peer.lmdb-lock");
}

const struct peer_ops peer_lmdb = {"lmdb", lmdb_open, lmdb_commit, lmdb_count, lmdb_close};

#endif
