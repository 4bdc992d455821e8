/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * status.h - how every function of the library says what happened.
 */
#ifndef EDGEWASM_STATUS_H
#define EDGEWASM_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define EW_API __attribute__((visibility("default")))
#define EW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define EW_API
#define EW_PRINTF(fmt, args)
#endif

/* EW_OK is 0, errors are negative, counts are positive.  Values never change meaning. */
enum ew_status {
	EW_OK = 0,
	EW_ERR_NOMEM = -1,	 /* the allocator said no; nothing was changed */
	EW_ERR_INVAL = -2,	 /* the host passed an argument the contract forbids */
	EW_ERR_MALFORMED = -3,	 /* bytes that do not parse (module, model, log) */
	EW_ERR_INVALID = -4,	 /* parses, but breaks a validation rule */
	EW_ERR_UNLINKABLE = -5,	 /* an import is missing, mistyped or not granted */
	EW_ERR_LIMIT = -6,	 /* a configured limit would be exceeded */
	EW_ERR_UNSUPPORTED = -7, /* well-formed, listed in the README as not supported */
	EW_ERR_TRAP = -8,	 /* the guest trapped: see struct ew_trap */
	EW_ERR_FUEL = -9,	 /* out of fuel: add some and run again */
	EW_ERR_INTERRUPT = -10,	 /* the deadline flag was set: run again to go on */
	EW_ERR_EXIT = -11,	 /* the guest asked to end (WASI proc_exit) */
	EW_ERR_NOENT = -12,	 /* no such name, key, export, model */
	EW_ERR_EXISTS = -13,	 /* the name is taken */
	EW_ERR_TYPE = -14,	 /* another type or signature than asked for */
	EW_ERR_SHAPE = -15,	 /* tensor shapes that do not fit together */
	EW_ERR_FULL = -16,	 /* ring, table, store or disk is full */
	EW_ERR_EMPTY = -17,	 /* nothing there (now) */
	EW_ERR_TOOBIG = -18,	 /* does not fit in what was offered */
	EW_ERR_DENIED = -19,	 /* the capability was not granted */
	EW_ERR_QUOTA = -20,	 /* the grant's quota is used up */
	EW_ERR_IO = -21,	 /* the storage back end failed */
	EW_ERR_CORRUPT = -22,	 /* stored data whose checksum is wrong */
	EW_ERR_STATE = -23,	 /* not now: busy, suspended, already ended */
	EW_ERR_BOUNDS = -24	 /* an offset outside its memory, table or tensor */
};

#define EW_ERROR_TEXT_BYTES 192

/*
 * What went wrong, by value: nothing to free.  Functions that take a struct ew_error pointer accept
 * NULL.  The first report wins: later failures while cleaning up do not overwrite it.
 */
struct ew_error {
	enum ew_status status;
	uint32_t offset; /* byte offset into the input, or 0 */
	char text[EW_ERROR_TEXT_BYTES]; /* UTF-8, NUL-terminated, no newline */
};

/* The name of a status ("EW_ERR_NOMEM") and a few words about it; static strings, never NULL. */
EW_API const char *ew_status_name(enum ew_status status);
EW_API const char *ew_status_text(enum ew_status status);

#ifdef __cplusplus
}
#endif
#endif
