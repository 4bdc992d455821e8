#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# replay.sh BUILD: records a run of the fleet here, and lets it happen again here and on every other machine whose compiler
# and qemu-user are installed.  REPLAY_FLEET: the fleet's options.  All must print the same two lines: how much
# there was, and the hash of the last state.

build=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
make=${MAKE:-make}
# shellcheck disable=SC2086
"$build/fleet" --model "$build/vibration.tflite" --guest examples/fleet/vibration.wasm --journal "$dir/journal" --quiet \
	--rate 0 ${REPLAY_FLEET:---machines 50 --seconds 60 --hostile --verdicts /dev/null} >"$dir/fleet" 2>&1 || {
	echo "FAIL: the fleet:"; cat "$dir/fleet"; exit 1; }

again() # NAME PROGRAM...
{
	name=$1
	shift
	begin=$(date +%s)
	if "$@" "$dir/journal" "$build/vibration.tflite" examples/fleet/*.wasm >"$dir/$name" 2>"$dir/err"; then
		cmp -s "$dir/$name" "$dir/here" && echo "pass: $name: $(head -n 1 "$dir/$name") in $(($(date +%s) - begin)) s" ||
			{ echo "FAIL: $name:"; diff "$dir/here" "$dir/$name"; }
	else
		echo "FAIL: $name:"; cat "$dir/$name" "$dir/err"
	fi
}

"$build/ew-replay" "$dir/journal" "$build/vibration.tflite" examples/fleet/*.wasm >"$dir/here" 2>&1 || {
	echo "FAIL: here:"; cat "$dir/here"; exit 1; }
again here "$build/ew-replay"
for machine in aarch64-linux-gnu:qemu-aarch64 arm-linux-gnueabihf:qemu-arm s390x-linux-gnu:qemu-s390x riscv64-linux-gnu:qemu-riscv64; do
	triplet=${machine%:*} qemu=${machine#*:}
	if ! command -v "$triplet-gcc" >/dev/null || ! command -v "$qemu" >/dev/null; then
		echo "skip: $triplet: no compiler, or no $qemu"
		continue
	fi
	# Journals are not deflated here, and zlib for that machine may not be there.
	$make --no-print-directory BUILD="$build/replay/$triplet" ZLIB=0 CC="$triplet-gcc" AR="$triplet-ar" \
		"$build/replay/$triplet/ew-replay" >"$dir/build" 2>&1 || { echo "FAIL: $triplet:"; tail -n 5 "$dir/build"; continue; }
	again "$triplet" "$qemu" -L "/usr/$triplet" "$build/replay/$triplet/ew-replay"
done
