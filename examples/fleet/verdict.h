/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */
/*
 * verdict.h - what the guests emit: 20 bytes, little-endian, under topic
 * "alert" when a window's score is above the threshold, and, for every window,
 * under topic "verdict" when the setting "verdicts" is there (for tests).
 *
 *   0  u32  machine; the low half of the event's number where the guest
 *           cannot know it
 *   4  u32  number of the window on this machine, or 0
 *   8  f32  score
 *  12  f32  threshold
 *  16  u32  which input most exceeds what the model expects
 */
#ifndef FLEET_VERDICT_H
#define FLEET_VERDICT_H

#define FLEET_VERDICT_BYTES 20u
#define FLEET_TOPIC_ALERT "alert"
#define FLEET_TOPIC_VERDICT "verdict"

/* Settings of the guests, and metadata of the model under "edgewasm.". */
#define FLEET_SETTING_MODEL "model"
#define FLEET_SETTING_THRESHOLD "threshold"	/* f32 */
#define FLEET_SETTING_NORM "norm"		/* see struct fleet_norm */
#define FLEET_SETTING_VERDICTS "verdicts"	/* anything: emit every verdict */

#endif
