/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* wasi.h - numbers of wasi_snapshot_preview1, and what wasi.c and wasi_fs.c share. */
#ifndef EW_ABI_WASI_H
#define EW_ABI_WASI_H

#include "abi/span.h"

enum {
	WASI_OK = 0,
	WASI_ACCES = 2,
	WASI_BADF = 8,
	WASI_DQUOT = 19,
	WASI_FAULT = 21,
	WASI_INVAL = 28,
	WASI_IO = 29,
	WASI_NAMETOOLONG = 37,
	WASI_NFILE = 41,
	WASI_NOSPC = 51,
	WASI_NOSYS = 52,
	WASI_NOTDIR = 54,
	WASI_NOTSUP = 58,
	WASI_OVERFLOW = 61,
	WASI_SPIPE = 70,
	WASI_NOTCAPABLE = 76
};

enum { WASI_CHARACTER_DEVICE = 2 }; /* the other file types are enum ew_fs_kind */

#define WASI_RIGHT_READ (1u << 1)
#define WASI_RIGHT_SEEK (1u << 2)
#define WASI_RIGHT_TELL (1u << 5)
#define WASI_RIGHT_WRITE (1u << 6)
#define WASI_RIGHTS_ALL 0x1fffffffull

#define WASI_FDFLAG_APPEND 1u
#define WASI_FIRST_FILE 3u /* fds below are stdio */
#define WASI_IOVS 1024u	   /* in one call, as Linux has it */

/* What an errno callback of struct ew_abi_fs that is not there answers. */
static inline int32_t ewi_wasi_errno(enum ew_status st)
{
	switch (st) {
	case EW_OK: return WASI_OK;
	case EW_ERR_DENIED: return WASI_ACCES;
	case EW_ERR_QUOTA: return WASI_DQUOT;
	case EW_ERR_FULL: return WASI_NOSPC;
	case EW_ERR_UNSUPPORTED: return WASI_NOSYS;
	case EW_ERR_INVAL: return WASI_INVAL;
	case EW_ERR_STATE: return WASI_BADF;
	default: return WASI_IO;
	}
}

/* A scatter list in guest memory, checked as a whole. */
struct ewi_iovs {
	const uint8_t *list; /* count x { le32 address, le32 length } */
	uint32_t count;
	uint32_t bytes; /* all lengths together */
};

/* WASI_OK, WASI_FAULT, WASI_INVAL (too many, or too long together). */
int32_t ewi_iovs_get(struct ew_instance *caller, uint32_t gaddr, uint32_t count,
		     struct ewi_iovs *out);
/* Entry i; its address was checked by ewi_iovs_get, and nothing has moved since. */
void *ewi_iovs_at(struct ew_instance *caller, const struct ewi_iovs *iovs, uint32_t i, uint32_t *len);

/* wasi_fs.c: the open file behind fd, NULL: EBADF. */
struct ewi_file *ewi_file_of(struct ew_abi *abi, uint32_t fd);
/*
 * Reads (write false) or writes a list at *offset, which moves by what was done.  *done is the sum; an error
 * after the first byte is not told, as in POSIX.
 */
int32_t ewi_file_transfer(struct ew_abi *abi, struct ew_instance *caller, struct ewi_file *f,
			  const struct ewi_iovs *iovs, bool write, uint64_t *offset,
			  uint32_t *done);

/* wasi.c: is fd 0, 1 or 2, and open? */
bool ewi_stdio_open(const struct ew_abi *abi, uint32_t fd);

#endif
