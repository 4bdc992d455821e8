#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: the rings' protocols as Promela models, every interleaving (needs spin)
#
# A model that is broken on purpose must be found out, or the check proves nothing.

if ! command -v spin >/dev/null; then
	echo "skip: models of the rings: no spin"
	exit 0
fi
root=$(pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

search() # NAME MODEL SPIN-FLAGS...: leaves what pan says in $dir/said
{
	name=$1 model=$2
	shift 2
	rm -f "$dir/said" pan pan.c
	spin "$@" -a "$model" >"$dir/log" 2>&1 && $CC -O2 -w -DSAFETY -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c 2>>"$dir/log" &&
		timeout 250 ./pan -m200000 -n >"$dir/said" 2>&1
}

try() # NAME MODEL SPIN-FLAGS...
{
	if search "$@" && grep -q 'errors: 0' "$dir/said" && ! grep -q 'max search depth too small' "$dir/said"; then
		echo "pass: $1: $(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$dir/said") states"
	else
		echo "FAIL: $1:"; tail -n 15 "$dir/log" "$dir/said"
	fi
}

broken() # NAME MODEL EDIT: the same with a fault in it
{
	sed "$3" "$2" >"$dir/broken.pml"
	cmp -s "$2" "$dir/broken.pml" && { echo "FAIL: $1: the edit changes nothing"; return; }
	if search "$1" "$dir/broken.pml" -DTOLD_LATE; [ -s "$dir/said" ] && grep -q 'errors: [1-9]' "$dir/said"; then
		echo "pass: found out: $1"; else echo "FAIL: not found out: $1"; tail -n 12 "$dir/log" "$dir/said"; fi
}

ring=$root/tests/event/ring.pml mring=$root/tests/event/mring.pml
try "ring, 4 words" "$ring" -DN=4
try "ring, 5 words" "$ring" -DN=5
broken "ring without the word after the last record" "$ring" 's/^\t\t\troom\[at\] = 0;$/\t\t\tskip;/'
broken "ring whose producer forgets to look at the head" "$ring" 's/at < seen \&\& at + size < seen/at < seen/'
try "mring" "$mring"
try "mring, head told late" "$mring" -DTOLD_LATE
broken "mring that does not zero" "$mring" 's/room\[(at + i) % N\] = 0 }/skip }/'
broken "mring that zeroes again what it has told" "$mring" 's/i = (TOLD -> size : 0)/i = 0/'
broken "mring that is filled to the last grain" "$mring" 's/pad + size < N - used/pad + size <= N - used/'
broken "mring whose tail has no sequence number" "$mring" 's/ \&\& tail_seq == seq \&\& claimed/ \&\& claimed/; s/tail_lap == lap/true/'
exit 0
