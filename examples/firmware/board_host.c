/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The libedgewasm authors */

/*
 * board_host.c - the same program on the machine that builds it, for the output to compare with.
 * There are no interrupts: the timer's handler runs in board_wait().
 */
#include "board.h"

#include <stdio.h>

static void (*timer)(void);

void board_write(const char *text)
{
	fputs(text, stdout);
}

void board_timer(void (*handler)(void))
{
	timer = handler;
}

void board_wait(void)
{
	if (timer)
		timer();
}

uint64_t board_ticks(void)
{
	return 0;
}

size_t board_stack_peak(void)
{
	return 0;
}

int main(void)
{
	return edge_main();
}
