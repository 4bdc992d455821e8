#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: kernels with VPDPBUSD: compiled with tests/shim/vnni.h they give the definitions' bytes; built, they have the instruction

case $(uname -m) in
x86_64 | i?86) ;;
*) echo "skip: no such kernels on $(uname -m)"; exit 0 ;;
esac

objects=$(find "$BUILD/lib/tensor" -name '*vnni.o')
for o in $objects; do
	case $o in *avx512*) want='vpdpbusd' ;; *) want='{vex} vpdpbusd' ;; esac
	if objdump -d "$o" | grep -q "$want"; then
		echo "pass: ${o##*/} has $want"
	else
		echo "FAIL: no $want in $o"
	fi
done

if ! grep -q -m 1 -w avx2 /proc/cpuinfo 2>/dev/null; then
	echo "skip: the shim needs AVX2"
	exit 0
fi
for mask in 0x0f 0x3f; do # bits of lib/base/cpu.h: up to AVX-VNNI, and all
	for test in "$BUILD"/tests/shim/test_*; do
		case $test in *.* | *'*') continue ;; esac
		out=$BUILD/check/vnni-$mask-${test##*/}.res
		EW_CPU_MASK=$mask sh tests/check/run.sh cmocka "$out" "$test" >"$out.said"
		read -r passed failed skipped <"$out"
		if [ "$failed" = 0 ]; then
			echo "pass: ${test##*/} on the shim, EW_CPU_MASK=$mask: $passed tests"
		else
			echo "FAIL: ${test##*/} on the shim, EW_CPU_MASK=$mask:"
			cat "$out.said"
		fi
	done
done
exit 0
