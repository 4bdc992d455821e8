/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * board.h - what edge.c needs of the machine it runs on: a console, a timer interrupt, an end.
 * board_cortex.c gives it on Cortex-M under a debugger or QEMU, board_host.c on the machine that builds.
 */
#ifndef FIRMWARE_BOARD_H
#define FIRMWARE_BOARD_H

#include <stddef.h>
#include <stdint.h>

/* The program: edge.c.  Its result is the exit status. */
int edge_main(void);

void board_write(const char *text);

/* From now on handler runs again and again, between any two instructions of edge_main where the machine
 * has interrupts; NULL stops it. */
void board_timer(void (*handler)(void));
/* Let some time pass.  Without interrupts this is when the handler runs. */
void board_wait(void);

/* CPU ticks since some time; 0 for ever where nothing counts them.  Not while board_timer is on. */
uint64_t board_ticks(void);
/* Bytes of stack that were ever used; 0 when unknown. */
size_t board_stack_peak(void);

/* Files that lie in the image (blobs.S). */
extern const uint8_t probe_wasm[], probe_wasm_end[];
#define ROW(name, n) extern const uint8_t small_##name[], small_##name##_end[];
#include "small.def"
#undef ROW
extern const uint8_t judge_wasm[], judge_wasm_end[];
extern const uint8_t model_tflite[], model_tflite_end[];
extern const uint8_t windows_bin[], windows_bin_end[];

#endif
