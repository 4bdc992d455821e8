/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* guest_pack.c - a second of telemetry in, the same packed out; in the manner of other function services. */
#include "pack.h"

#define EXPORT(name) __attribute__((export_name(name), visibility("default")))

EXPORT("allocate") uint8_t *allocate(uint32_t len);
EXPORT("handle") uint64_t handle(const uint8_t *in, uint32_t len);

static uint8_t in_bytes[PACK_RECORDS_MAX * PACK_RECORD_BYTES + 64], out_bytes[PACK_MAX_BYTES];

uint8_t *allocate(uint32_t len)
{
	return len <= sizeof(in_bytes) ? in_bytes : (uint8_t *)0xffffff00u; /* an address that is none */
}

uint64_t handle(const uint8_t *in, uint32_t len)
{
	return (uint64_t)(uintptr_t)out_bytes << 32 | pack(in, len, out_bytes);
}
