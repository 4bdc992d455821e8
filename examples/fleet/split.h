/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * split.h - where the time of a judgement goes, measured stage by stage on
 * windows of the run: nanoseconds for one window.
 */
#ifndef FLEET_SPLIT_H
#define FLEET_SPLIT_H

#include <stdbool.h>

#include "gateway.h"
#include "source.h"

struct split {
	double queue;		/* into the ring, and out of it */
	double dispatch;	/* routing, the call into a guest that does nothing, accounting */
	double inference;	/* the model alone, natively */
	double log;		/* recording it all, with --journal */
	double guest;		/* what is left: the guest's own work and its host calls */
	double total;		/* ring to verdict */
	double features_native;	/* for comparison: the guest's features in native code */
};

/* split_measure - rewinds the source and judges up to 20,000 of its windows.
 * False when memory is short or the source is empty. */
bool split_measure(const struct fleet_options *opt, struct source *source,
		   struct gateway *gateway, struct split *out);

#endif
