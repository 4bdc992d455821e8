/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * crew.h - one more thread for the detector: the host's side of ew_model_exec_set_parallel.
 */
#ifndef CAMERA_CREW_H
#define CAMERA_CREW_H

#include "edgewasm/model.h"

struct crew;

/* NULL: no memory, no thread. */
struct crew *crew_create(void);
void crew_destroy(struct crew *c);
/* An ew_model_parallel_fn; user is the crew.  The caller does parts as well. */
void crew_do(void *user, uint32_t parts, ew_model_part_fn fn, void *work);

#endif
