#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: Cortex-M images under QEMU print what the same program prints here, and import no heap
#
# VERBOSE=1 shows what they print.  Lines that begin with '#' are the machine's own (bytes, ticks).

host=$BUILD/firmware/host
dir=$BUILD/firmware
timeout 60 "$host" >"$dir/host.out" 2>&1
status=$?
if [ $status = 0 ]; then echo "pass: firmware program on this machine"; else
	echo "FAIL: firmware program on this machine, exit status $status"; cat "$dir/host.out"; fi
grep -v '^#' "$dir/host.out" >"$dir/host.want"

for board in mps2-an386 mps2-an505; do
	image=$dir/$board.elf
	if [ ! -e "$image" ]; then
		echo "skip: $board: no image, arm-none-eabi-gcc with newlib is not installed"
		continue
	fi
	heap=$(arm-none-eabi-nm "$image" | grep -E ' (_*malloc(_r)?|_*sbrk(_r)?|_*free(_r)?|printf|_*exit)$')
	if [ -z "$heap" ]; then echo "pass: $board: no heap, no printf"; else echo "FAIL: $board links" $heap; fi
	# What must lie in flash, and RAM besides the arena and the stack.
	arm-none-eabi-size "$image" | awk -v board=$board 'NR == 2 { print "# " board ": " $1 " bytes in flash, " $2 + $3 " in RAM" }'
	if ! command -v qemu-system-arm >/dev/null; then
		echo "skip: $board: qemu-system-arm is not installed"
		continue
	fi
	timeout 120 qemu-system-arm -M $board -nographic -monitor none -serial none \
		-semihosting-config enable=on,target=native -icount shift=6 -kernel "$image" >"$dir/$board.out" 2>&1 </dev/null
	status=$?
	[ -n "$VERBOSE" ] && { echo "---- $board"; cat "$dir/$board.out"; }
	grep -v '^#' "$dir/$board.out" >"$dir/$board.got"
	if [ $status != 0 ]; then
		echo "FAIL: $board: exit status $status"
		tail -n 20 "$dir/$board.out"
	elif ! diff "$dir/host.want" "$dir/$board.got" >"$dir/$board.diff"; then
		echo "FAIL: $board prints something else than this machine:"
		head -n 20 "$dir/$board.diff"
	else
		echo "pass: $board prints what this machine prints, $(wc -l <"$dir/$board.got") lines"
	fi
done
exit 0
