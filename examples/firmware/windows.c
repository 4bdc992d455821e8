/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * windows.c - run on the machine that builds: writes the sensor windows that the firmware judges, of sound
 * machines and of machines shortly before they fail, from the demo's simulator.
 *
 *	windows OUT
 */
#include <stdio.h>

#include "fleet/sim.h"

#define WINDOWS 40u /* of each machine */

static int write_machine(FILE *out, struct fleet_sim *sim, uint32_t machine)
{
	uint8_t window[FLEET_WINDOW_BYTES];
	int ok = 1;

	for (uint32_t i = 0; i < WINDOWS; i++) {
		fleet_sim_window(sim, machine, window);
		/* one from before any fault, two from the end */
		if (i == 0 || i >= WINDOWS - 2)
			ok &= fwrite(window, sizeof(window), 1, out) == 1;
	}
	return ok;
}

int main(int argc, char **argv)
{
	const struct fleet_sim_config config = { 16, WINDOWS, 5, 386 };
	struct fleet_sim *sim = fleet_sim_create(&config);
	FILE *out = argc == 2 ? fopen(argv[1], "wb") : NULL;
	int ok = sim && out;

	for (uint32_t machine = 0; ok && machine < config.machines; machine++)
		ok = write_machine(out, sim, machine);
	if (out && fclose(out))
		ok = 0;
	fleet_sim_destroy(sim);
	if (!ok)
		fprintf(stderr, "usage: windows OUT\n");
	return !ok;
}
