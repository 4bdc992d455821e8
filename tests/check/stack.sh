#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# stack.sh TITLE BUILD: the public functions that take most stack with all they call, the largest single
# frames, and what must not be: recursion and frames of unknown size.

find "$2/lib" -name '*.ci' 2>/dev/null | sort | xargs awk -f tests/check/stack.awk | sort -k2,2nr -k3 | awk -v title="$1" '
$1 == "stack" && $3 ~ /^ew_/ && n++ < 20 { public = public sprintf("%7d  %s%s\n", $2, $3, $4 ? " and what it calls through pointers" : "") }
$1 == "frame" && m++ < 10 { frames = frames sprintf("%7d  %s (%s)\n", $2, $3, $4) }
$1 == "recursion" || $1 == "dynamic" { bad = bad $0 "\n" }
END {
	printf "%s: bytes of stack, with everything called\n%s", title, public
	printf "%s: largest frames\n%s", title, frames
	printf "%s", bad == "" ? "no recursion, no frame of unknown size\n" : bad
}'
