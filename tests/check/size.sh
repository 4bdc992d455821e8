#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# size.sh TITLE BUILD "ROOM ..." SIZE [CORE]: bytes of code, constants and RAM of each room's objects.
# SIZE is the binutils program for the objects.  Constants are .rodata and relocated read-only data; RAM is .data
# and .bss; unwind tables (which strip and -fno-asynchronous-unwind-tables remove) are a column of their own.

# CORE: a program that runs guests and does nothing else, linked; a row of its own at the end.

title=$1 build=$2 rooms=$3 size=$4 core=$5
printf '%-12s %9s %9s %9s %9s\n' "$title" code constants ram unwind
for room in $rooms; do
	objects=$(find "$build/lib/$room" -name '*.o' 2>/dev/null)
	[ -n "$objects" ] || continue
	# shellcheck disable=SC2086
	"$size" -A $objects | awk -v room="$room" '
	/^\.text/ { code += $2 }
	/^(\.rodata|\.data\.rel\.ro)/ { constants += $2 }
	/^\.(data|bss|tdata|tbss)/ && !/^\.data\.rel\.ro/ { ram += $2 }
	/^COMMON/ { ram += $2 }
	/^\.(eh_frame|ARM\.ex)/ { unwind += $2 }
	END { printf "%-12s %9d %9d %9d %9d\n", "  " room, code, constants, ram, unwind }'
done | awk '{ print; for (i = 2; i <= 5; i++) s[i] += $i }
END { printf "%-12s %9d %9d %9d %9d\n", "  all", s[2], s[3], s[4], s[5] }'
[ -z "$core" ] || "$size" -A "$core" | awk '
/^\.text/ { code += $2 }
/^\.(rodata|data\.rel\.ro)/ { constants += $2 }
/^\.(data|bss)/ { ram += $2 }
END { printf "%-12s %9d %9d %9d   interpreter alone, linked: %d bytes of flash\n", "  core", code, constants, ram, code + constants }'
