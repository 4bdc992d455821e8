/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* faults.h - the signal handler that guests without bounds checks need (edgewasm/guard.h). */
#ifndef TOOLS_FAULTS_H
#define TOOLS_FAULTS_H

/* From now on a guest's fault is its trap; the program's own end it as they did.  Nothing where there is no guard mode. */
void faults_begin(void);

#endif
