#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# size_operators.sh TITLE BUILD "COMPILER FLAGS ...": bytes of lib/tensor/ that a program links, with every operator
# and with only those of a model (edgewasm/operators.h), unused sections dropped.

title=$1 build=$2 cc=$3
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

row() # NAME OPERATOR...
{
	name=$1
	shift
	set -- $(for o; do printf ' &ew_operator_%s' "$o"; done)
	list=$(echo "$*" | sed 's/ /,/g')
	objects=$(find "$build/lib/tensor" "$build/lib/base" -name '*.o' ${list:+! -name operators_all.o})
	# shellcheck disable=SC2086
	$cc ${list:+"-DOPERATORS=$list"} -Iinclude -Os -ffunction-sections -fdata-sections -nostartfiles -Wl,-e,main \
		-Wl,--gc-sections -Wl,-Map="$dir/map" -o "$dir/elf" tests/check/size_operators.c $objects -lm 2>"$dir/said" || {
		cat "$dir/said" >&2
		return
	}
	# Sections that were kept have an address; a long name stands on a line of its own.
	awk -v name="$name" '
	/^Linker script and memory map/ { kept = 1 }
	!kept { next }
	NF == 1 && /^ \./ { section = $1; next }
	/^ \./ { section = $1; $1 = ""; $0 = $0 }
	/lib\/tensor\/[a-z0-9_]*\.o$/ && $1 ~ /^0x/ && $2 ~ /^0x/ && $3 ~ /\.o$/ {
		n = hex($2)
		if (section ~ /^\.text/) code += n
		if (section ~ /^\.(rodata|data\.rel\.ro)/) constants += n
		section = ""
	}
	function hex(s, v, i) {
		v = 0
		for (i = 3; i <= length(s); i++) v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
		return v
	}
	END { printf "  %-34s %9d %9d\n", name, code, constants }' "$dir/map"
}

printf '%-36s %9s %9s\n' "$title, tensor linked" code constants
row "every operator"
row "of an autoencoder (ad01)" fully_connected
row "of keyword spotting (kws)" conv_2d depthwise_conv_2d average_pool_2d reshape fully_connected softmax
row "of an image classifier (resnet8)" conv_2d add average_pool_2d reshape fully_connected softmax
