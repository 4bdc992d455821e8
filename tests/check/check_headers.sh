#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: each public header compiles alone, as C11 and C++17, and guest.h for wasm32

try() # WHAT HEADER COMPILER FLAGS...
{
	what=$1 header=$2
	shift 2
	if printf '#include "%s"\n#include "%s"\nextern int not_empty;\n' "$header" "$header" | "$@" -Wall -Wextra -Werror -pedantic -Iinclude -fsyntax-only - 2>"$log"; then
		echo "pass: $header as $what"
	else
		echo "FAIL: $header as $what:"
		head -n 20 "$log"
	fi
}

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
have_gxx=$(command -v g++) have_clang=$(command -v clang)
for path in include/*.h include/edgewasm/*.h; do
	[ -e "$path" ] || continue
	h=${path#include/}
	if [ "$h" != edgewasm/guest.h ]; then
		try "C11 ($CC)" "$h" "$CC" -x c -std=c11
		[ -n "$have_gxx" ] && try "C++17 (g++)" "$h" g++ -x c++ -std=c++17
		[ -n "$have_clang" ] && try "C++17 (clang)" "$h" clang -x c++ -std=c++17
	elif [ -n "$have_clang" ]; then
		try "C11 for wasm32" "$h" clang --target=wasm32 -ffreestanding -x c -std=c11
		try "C++17 for wasm32" "$h" clang --target=wasm32 -ffreestanding -x c++ -std=c++17
	fi
	grep -q 'extern "C"' "$path" || ! grep -q EW_API "$path" || echo 'FAIL: '"$h"' declares functions outside extern "C"'
done
[ -n "$have_gxx$have_clang" ] || echo "skip: headers as C++17: no g++ or clang"
[ -n "$have_clang" ] || echo "skip: guest.h for wasm32: no clang"
exit 0
