/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * board_cortex.c - start-up, faults, timer and console of a Cortex-M4F or M33.
 *
 * The console is semihosting: a breakpoint instruction that the debugger or QEMU answers.  No C library
 * start-up, no heap, no system calls: main memory is what the linker script says.
 * Source: Armv7-M and Armv8-M Architecture Reference Manuals (vector table, CPACR, SysTick); Semihosting for
 * AArch32 and AArch64, release 2.0.
 */
#include "board.h"

#include <string.h>

extern uint32_t stack_bottom[], stack_top[];
extern uint8_t data_load[], data_start[], data_end[], bss_start[], bss_end[];

#define REG(address) (*(volatile uint32_t *)(address))
#define SYSTICK_CONTROL REG(0xe000e010)
#define SYSTICK_RELOAD REG(0xe000e014)
#define SYSTICK_NOW REG(0xe000e018)
#define CPACR REG(0xe000ed88)
#define CFSR REG(0xe000ed28)

#define SYSTICK_MAX 0x00ffffffu
#define PAINT 0x5ec7a57eu

static volatile uint32_t wraps;
static void (*volatile timer)(void);

static uint32_t semihost(uint32_t operation, const void *argument)
{
	register uint32_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = argument;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

void board_write(const char *text)
{
	semihost(0x04, text); /* SYS_WRITE0 */
}

static void __attribute__((noreturn)) board_exit(uint32_t status)
{
	const uint32_t why[2] = { 0x20026, status }; /* ADP_Stopped_ApplicationExit */

	semihost(0x20, why); /* SYS_EXIT_EXTENDED */
	for (;;)
		;
}

static void systick_start(uint32_t period)
{
	SYSTICK_CONTROL = 0;
	SYSTICK_RELOAD = period;
	SYSTICK_NOW = 0;
	SYSTICK_CONTROL = 7; /* processor clock, interrupt, on */
}

void board_timer(void (*handler)(void))
{
	timer = handler;
	wraps = 0;
	systick_start(handler ? 1500 : SYSTICK_MAX);
}

void board_wait(void)
{
	__asm__ volatile("wfi");
}

uint64_t board_ticks(void)
{
	uint32_t w, now;

	do {
		w = wraps;
		now = SYSTICK_NOW;
	} while (w != wraps);
	return ((uint64_t)w << 24) + (SYSTICK_MAX - now);
}

size_t board_stack_peak(void)
{
	const uint32_t *p = stack_bottom;

	while (p < stack_top && *p == PAINT)
		p++;
	return (size_t)((const uint8_t *)stack_top - (const uint8_t *)p);
}

static void on_systick(void)
{
	if (timer)
		timer();
	else
		wraps++;
}

static void __attribute__((noreturn)) on_fault(void)
{
	board_write("fault\n");
	board_exit(3);
}

static void __attribute__((noinline, noreturn)) run(void)
{
	uint32_t *here;

	__asm__ volatile("mov %0, sp" : "=r"(here));
	for (uint32_t *p = stack_bottom; p < here; p++)
		*p = PAINT;
	memcpy(data_start, data_load, (size_t)(data_end - data_start));
	memset(bss_start, 0, (size_t)(bss_end - bss_start));
	board_timer(NULL);
	board_exit((uint32_t)edge_main());
}

static void __attribute__((noreturn)) on_reset(void)
{
	CPACR |= 0xfu << 20; /* floating-point unit on, before any code that may use it */
	__asm__ volatile("dsb\n\tisb" ::: "memory");
	run();
}

typedef void vector(void);
extern vector *const vectors[16];
vector *const vectors[16] __attribute__((section(".vectors"), used)) = {
	(vector *)stack_top, on_reset, on_fault, on_fault, on_fault, on_fault, on_fault,   on_fault,
	on_fault,	     on_fault, on_fault, on_fault, on_fault, on_fault, on_fault, on_systick,
};
