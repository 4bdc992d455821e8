/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/* wire.h - what the host and guest of `fusion` agree on. */
#ifndef FUSION_WIRE_H
#define FUSION_WIRE_H

/* Topics: "imu/gyro" in rad/s, "imu/accel" in g, "imu/mag" in any unit; three little-endian floats each. */
#define FUSION_SAMPLE_BYTES 12u
/* "attitude": four floats of a quaternion (w, x, y, z; body to world), then the time it is for, u64 ns. */
#define FUSION_ATTITUDE_BYTES 24u

#define FUSION_FRAME_NS 10000000u /* an attitude so often; and how late it may be: the deadline */
#define FUSION_WAIT_NS 6000000u	  /* of that, how long a frame waits for samples that are under way */

#endif
