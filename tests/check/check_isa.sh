#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: tensor and check-sum tests pass with CPU features taken away one by one, newest first (EW_CPU_MASK)

# Bits of lib/base/cpu.h, and what the kernel calls the feature that each step takes away.
case $(uname -m) in
x86_64 | i?86) steps='0x1f:avx512_vnni 0x0f:avx512f 0x07:avx_vnni 0x03:avx2 0x01:sse4_2 0x00:sse4_1' ;;
aarch64) steps='0xbff:i8mm 0x9ff:asimddp 0x7ff:crc32 0x000:asimd' ;;
*) echo "skip: no CPU features to take away on $(uname -m)"; exit 0 ;;
esac

flags=$(grep -m 1 -i -E '^(flags|features)' /proc/cpuinfo 2>/dev/null)

run_step() # MASK FEATURE
{
	mask=$1 feature=$2 ran=0 bad=
	for test in "$BUILD"/tests/tensor/test_* "$BUILD"/tests/store/test_crc*; do
		case $test in *.* | *'*') continue ;; esac
		out=$BUILD/check/isa-$mask-${test##*/}.res
		EW_CPU_MASK=$mask sh tests/check/run.sh cmocka "$out" "$test" >"$out.said"
		read -r passed failed skipped <"$out"
		ran=$((ran + passed))
		[ "$failed" = 0 ] || bad="$bad $out.said"
	done
	if [ -n "$bad" ]; then
		echo "FAIL: without $feature (EW_CPU_MASK=$mask):"
		# shellcheck disable=SC2086
		cat $bad
	elif [ $ran = 0 ]; then
		echo "skip: no tensor tests are built"
	else
		echo "pass: without $feature: $ran tests (EW_CPU_MASK=$mask)"
	fi
}

# The steps run side by side, each into a file of its own.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
for step in $steps; do
	mask=${step%:*} feature=${step#*:}
	case " $flags " in
	"  " | *" $feature "*) run_step "$mask" "$feature" >"$dir/$mask" & ;;
	*) ;; # this machine never had it: the step would repeat the last one
	esac
done
wait
for step in $steps; do
	[ ! -e "$dir/${step%:*}" ] || cat "$dir/${step%:*}"
done
exit 0
