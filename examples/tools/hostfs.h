/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * hostfs.h - folders of this machine as a guest's preopened ones.  No path of a guest leads out of
 * them, through symbolic links neither: Linux resolves beneath the folder (openat2), elsewhere no
 * symbolic link is followed at all.
 */
#ifndef TOOLS_HOSTFS_H
#define TOOLS_HOSTFS_H

#include "edgewasm/abi.h"

extern const struct ew_abi_fs hostfs;

/* An open folder for struct ew_abi_preopen; NULL with errno. */
void *hostfs_open(const char *path);
void hostfs_close(void *dir);

#endif
