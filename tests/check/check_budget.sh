#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: Cortex-M4 code, RAM and stack stay within tests/budget/cortex-m4.txt; no recursion anywhere
#
# Lines of the budget: "code ROOM BYTES", "constants ROOM BYTES", "ram ROOM BYTES", "flash core BYTES" (code and constants of
# the interpreter alone), "stack FUNCTION BYTES"; and
# "recursion A -> B -> A" for one that is known, and bounded as the comment above it says.
# Code differs between compilers, so another compiler than the budget's only gets the checks without figures.

budget=tests/budget/cortex-m4.txt
if [ ! -e "$BUILD/m4/libedgewasm.a" ]; then
	echo "skip: budgets of Cortex-M4: no arm-none-eabi-gcc with newlib"
	exit 0
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

find "$BUILD/m4/lib" -name '*.ci' | sort | xargs awk -f tests/check/stack.awk >"$dir/stack"
for what in recursion dynamic; do
	grep "^$what" "$dir/stack" | grep -vxFf $budget >"$dir/bad"
	if [ -s "$dir/bad" ]; then
		echo "FAIL: $what:"
		cat "$dir/bad"
	elif [ $what = recursion ]; then echo "pass: no recursion in $(grep -c ^frame "$dir/stack") functions"
	else echo "pass: every stack frame's size is known"; fi
done

version=$(arm-none-eabi-gcc -dumpfullversion)
want=$(sed -n 's/^compiler //p' $budget)
if [ "$version" != "$want" ]; then
	echo "skip: figures of Cortex-M4: arm-none-eabi-gcc is $version, the budget is for $want"
	exit 0
fi
sh tests/check/size.sh cortex-m4 "$BUILD/m4" "base wasm tensor event store abi node" arm-none-eabi-size "$BUILD/m4/core.elf" | awk '
NR > 1 { print "code", $1, $2; print "constants", $1, $3; print "ram", $1, $4; print "flash", $1, $2 + $3 }' >"$dir/got"
awk '$1 == "stack" { print $1, $3, $2 }' "$dir/stack" >>"$dir/got"
awk '
NR == FNR { got[$1, $2] = $3; next }
/^#/ || NF != 3 { next }
!(($1, $2) in got) { print "FAIL: the budget names " $1 " of " $2 ", which is not there"; next }
got[$1, $2] > $3 { printf "FAIL: %s of %s: %d bytes, the budget is %d\n", $1, $2, got[$1, $2], $3; next }
{ printf "pass: %s of %s: %d bytes of %d\n", $1, $2, got[$1, $2], $3 }' "$dir/got" $budget
exit 0
