/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * window.h - what one sensor window is on the wire, and the bearings of the
 * fleet.  Shared by the simulator (writes it), the guest and the trainer
 * (read it).  Freestanding: the guest is compiled without a libc.
 *
 * A window is 536 bytes, little-endian, without padding:
 *
 *   0  u16  magic 0x5746
 *   2  u8   layout version, 1
 *   3  u8   bearing type, index into fleet_bearings
 *   4  u32  machine
 *   8  u32  number of the window on this machine, from 0
 *  12  u16  spindle speed, rev/min
 *  14  u16  spindle load, permille of nominal
 *  16  u16  load averaged over the thermal time constant, permille (the
 *           drive's own overload monitor reports it)
 *  18  i16  bearing temperature, 1/100 degree Celsius
 *  20  i16  temperature of the machine bed, 1/100 degree Celsius
 *  22  u8   cutting edges of the tool in the spindle
 *  23  u8   0
 *  24  i16  256 samples of radial acceleration at 12.8 kHz (20 ms),
 *           1 LSB = 1/2048 g
 */
#ifndef FLEET_WINDOW_H
#define FLEET_WINDOW_H

#include <stdint.h>

#define FLEET_MAGIC 0x5746u
#define FLEET_LAYOUT 1u
#define FLEET_SAMPLES 256u
#define FLEET_RATE_HZ 12800u
#define FLEET_HEADER_BYTES 24u
#define FLEET_WINDOW_BYTES (FLEET_HEADER_BYTES + 2u * FLEET_SAMPLES)

/*
 * Frequencies at which a rolling bearing with a local defect is struck, in
 * units of the shaft's (1/256 of a shaft order).  With n balls of diameter d
 * on a pitch circle D at contact angle a, and g = d/D * cos(a):
 *
 *   outer race  bpfo = n/2 * (1 - g)       inner race  bpfi = n/2 * (1 + g)
 *   ball        2 bsf = D/d * (1 - g^2)    (a ball strikes both races)
 *   cage        ftf = 1/2 * (1 - g)
 *
 * Geometries are of the size of angular-contact spindle bearings with 40,
 * 50, 70 and 100 mm bore.
 */
struct fleet_bearing {
	uint8_t balls;
	uint16_t ball, pitch; /* d and D in 1/100 mm */
	uint8_t contact_deg;
	uint16_t bpfo, bpfi, bsf2, ftf; /* orders, Q8 */
};

#define FLEET_BEARINGS 4u

static const struct fleet_bearing fleet_bearings[FLEET_BEARINGS] = {
	/* n    d      D   a   bpfo  bpfi  2bsf  ftf */
	{ 17,  790,  5400, 15, 1869, 2483, 1715, 110 },
	{ 19,  870,  6500, 15, 2118, 2746, 1881, 111 },
	{ 20, 1190,  9000, 25, 2253, 2867, 1908, 113 },
	{ 21, 1590, 12500, 25, 2378, 2998, 1986, 113 },
};

static inline uint16_t fleet_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t fleet_get32(const uint8_t *p)
{
	return (uint32_t)fleet_get16(p) | (uint32_t)fleet_get16(p + 2) << 16;
}

static inline void fleet_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void fleet_put32(uint8_t *p, uint32_t v)
{
	fleet_put16(p, v);
	fleet_put16(p + 2, v >> 16);
}

#endif
