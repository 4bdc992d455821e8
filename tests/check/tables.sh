#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# tables.sh FILE: writes the measured tables of lib/README.md between its "begin" and "end" comments.
# Needs what `make firmware` builds and has run; `make tables` sees to that.

file=$1
rooms='base wasm tensor event store abi node'
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
[ -e "$BUILD/firmware/mps2-an386.out" ] || { echo "tables.sh: needs arm-none-eabi-gcc and qemu-system-arm" >&2; exit 1; }

{
	echo "x86-64: $($CC --version | head -n 1), -O2.  Thumb-2: $(arm-none-eabi-gcc --version | head -n 1), -Os, Cortex-M4F."
	echo
	echo "| room | x86-64 code | constants | Thumb-2 code | constants | static RAM |"
	echo "|---|---:|---:|---:|---:|---:|"
	sh tests/check/size.sh host "$BUILD" "$rooms" size | awk 'NR > 1 { print $1, $2, $3, $4 }' >"$dir/host"
	sh tests/check/size.sh m4 "$BUILD/m4" "$rooms" arm-none-eabi-size | awk 'NR > 1 { print $1, $2, $3, $4 }' >"$dir/m4"
	awk 'NR == FNR { code[$1] = $2; constants[$1] = $3; next }
	{ printf "| %s | %d | %d | %d | %d | %d |\n", $1 == "all" ? "all" : "`" $1 "/`", code[$1], constants[$1], $2, $3, $4 }' "$dir/host" "$dir/m4"
} >"$dir/code"

{
	echo "| object | 64-bit | 32-bit |"
	echo "|---|---:|---:|"
	awk '$1 == "#" && $2 == "ram" {
		what = $0
		sub(/^# ram [0-9]+ /, "", what)
		if (NR == FNR) wide[what] = $3
		else printf "| %s | %s | %d |\n", what, wide[what] ? wide[what] : "", $3
	}' "$BUILD/firmware/host.out" "$BUILD/firmware/mps2-an386.out"
} >"$dir/ram"

{
	echo "| call | bytes of stack, Thumb-2 |"
	echo "|---|---:|"
	find "$BUILD/m4/lib" -name '*.ci' | sort | xargs awk -f tests/check/stack.awk |
		awk '$1 == "stack" && $3 ~ /^ew_/ { print $2, $3, $4 }' | sort -k1,1nr -k2 |
		awk 'NR <= 25 { printf "| `%s`%s | %d |\n", $2, $3 ? " +" : "", $1 }'
} >"$dir/stack"

awk -v dir="$dir" '
/^<!-- begin: / { print; name = $3; while ((getline line < (dir "/" name)) > 0) print line; skip = 1; next }
/^<!-- end/ { skip = 0 }
!skip { print }' "$file" >"$dir/new" && cp "$dir/new" "$file" && echo "$file: tables written"
