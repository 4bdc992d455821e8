/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * sim.h - a fleet of simulated CNC spindles, with faults whose time is known.
 *
 * Every machine runs jobs (speed, load, tool) and sends one window of
 * vibration and temperature at a time; see window.h for the record.  Some
 * machines are given a fault that grows from nothing to failure: ground truth
 * for whoever judges the windows.
 *
 * Everything is integer arithmetic on a seeded generator, so that the same
 * configuration gives the same bytes on every machine and with every
 * compiler.  A machine depends on no other machine: windows of one machine
 * can be made again alone (fleet_sim_rewind).
 *
 * A window costs about 2.5 us on a 3 GHz core, so the simulator can share
 * the core with the gateway that it feeds.
 */
#ifndef FLEET_SIM_H
#define FLEET_SIM_H

#include <stdint.h>

#include "window.h"

enum fleet_fault_kind {
	FLEET_FAULT_NONE,
	FLEET_FAULT_OUTER,	/* defect on the outer race */
	FLEET_FAULT_INNER,	/* on the inner race: turns through the load zone */
	FLEET_FAULT_BALL,	/* on a ball: comes and goes with the cage */
	FLEET_FAULT_UNBALANCE,	/* once a turn, grows with speed squared */
	FLEET_FAULT_LUBRICATION, /* friction: heat and high-frequency noise */
	FLEET_FAULT_KINDS
};

/* One injected fault.  Windows before `start` are healthy; wear grows until
 * window `end`, where the part has failed; it stays so. */
struct fleet_fault {
	uint32_t machine;
	uint32_t start, end;
	enum fleet_fault_kind kind;
};

struct fleet_sim_config {
	uint32_t machines;	/* 1 .. 1,000,000 */
	uint32_t windows;	/* windows per machine that the faults are spread over */
	uint32_t faults;	/* at most machines; on different machines */
	uint64_t seed;
};

struct fleet_sim;

/* fleet_sim_create - NULL when the configuration is out of range or memory
 * is short.  fleet_sim_destroy takes NULL too. */
struct fleet_sim *fleet_sim_create(const struct fleet_sim_config *config);
void fleet_sim_destroy(struct fleet_sim *sim);

/* fleet_sim_window - writes the next window of a machine and returns its
 * number. */
uint32_t fleet_sim_window(struct fleet_sim *sim, uint32_t machine,
			  uint8_t out[FLEET_WINDOW_BYTES]);

/* fleet_sim_rewind - puts one machine back before its window 0. */
void fleet_sim_rewind(struct fleet_sim *sim, uint32_t machine);

/* fleet_sim_fault - the fault of a machine, or NULL. */
const struct fleet_fault *fleet_sim_fault(const struct fleet_sim *sim,
					  uint32_t machine);

/* fleet_sim_faults - all faults, `count` of them, in order of injection. */
const struct fleet_fault *fleet_sim_faults(const struct fleet_sim *sim,
					   uint32_t *count);

/* fleet_sim_phase - where in the reporting period a machine sends, 0 to
 * 2^32-1 for the whole period: machines are not in step with each other. */
uint32_t fleet_sim_phase(const struct fleet_sim *sim, uint32_t machine);

/* fleet_fault_wear - 0 (sound) to 65536 (failed). */
uint32_t fleet_fault_wear(const struct fleet_fault *fault, uint32_t window);

const char *fleet_fault_name(enum fleet_fault_kind kind);

#endif
