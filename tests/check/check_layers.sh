#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: includes follow the arrows between the rooms; public headers include nothing from lib/
#
# A room may include its own headers, those of the rooms that it knows, and the public headers of either.
# Only store/gzip.c sees zlib; only store/posix.c, base/cpu.c and wasm/guard.c see the operating system; examples see
# public headers alone.

awk '
function may(room, other) { return index(" " knows[room] " ", " " other " ") }
function bad(why) { print "FAIL: " FILENAME ":" FNR ": " why; faults[room]++ }
BEGIN {
	knows["base"] = "base"
	knows["wasm"] = "base wasm"
	knows["tensor"] = "base tensor"
	knows["event"] = "base event"
	knows["store"] = "base store"
	knows["abi"] = "base wasm tensor event store abi"
	knows["node"] = "base wasm tensor event store abi node"
	# Whose promises a public header makes.
	n = split("config base status base alloc base version base wasm wasm debug wasm snapshot wasm guard wasm model tensor operators tensor tensor tensor forest tensor " \
		  "trees tensor event event ring event trace event queue event batch event bucket event store store storage store " \
		  "log store kv store gzip store abi abi caps abi wasi abi nn abi guest abi node node journal node uplink node state node sign node watch node", m, " ")
	for (i = 1; i < n; i += 2)
		owner["edgewasm/" m[i] ".h"] = m[i + 1]
	n = split("limits.h inttypes.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h string.h float.h math.h", m, " ")
	for (i = 1; i <= n; i++)
		plain[m[i]] = 1
}
FNR == 1 {
	split(FILENAME, part, "/")
	room = part[1] == "lib" ? part[2] : FILENAME ~ /^include\/edgewasm\// ? owner[substr(FILENAME, 9)] : part[1]
	public = part[1] == "include"
	if (public && room == "")
		bad("whose header is this? tell tests/check/check_layers.sh")
	if (!(room in seen))
		rooms[++room_count] = room
	seen[room]++
}
!/^[ \t]*#[ \t]*include/ { next }
{
	name = $0
	sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", name)
	sub(/[">].*/, "", name)
	system_header = $0 ~ /include[ \t]*</
	if (name ~ /\.c$/)
		bad("includes a .c file, " name)
	else if (system_header) {
		if (part[1] == "examples" || name in plain)
			next
		if (name == "zlib.h" && FILENAME == "lib/store/gzip.c" || FILENAME ~ /^lib\/store\/posix/)
			next
		if (FILENAME ~ /^lib\/base\/cpu/ && name ~ /^(cpuid|sys\/auxv)\.h$/)
			next
		if (FILENAME == "lib/base/alloc.c" && name == "stdlib.h")
			next
		if (FILENAME == "lib/wasm/guard.c" && name ~ /^(setjmp|signal|sys\/mman|ucontext)\.h$/)
			next
		if (name ~ /^(immintrin|smmintrin|arm_neon|arm_mve|arm_acle|nmmintrin|wmmintrin|wasm_simd128)\.h$/ && !public)
			next
		bad("includes <" name ">, which its place does not allow")
	} else if (name ~ /^edgewasm\//) {
		if (FILENAME == "include/edgewasm.h")
			next
		# What the log keeps are events: store shares the type (its objects link without the event room,
		# check_config.sh sees to that), not the ring.
		if (name == "edgewasm/event.h" && room == "store")
			next
		if (part[1] != "examples" && name in owner && !may(room, owner[name]))
			bad("includes " name ", of the room " owner[name] " that " room " does not know")
	} else if (name == "edgewasm.h") {
		if (part[1] == "lib" || public)
			bad("includes the umbrella header")
	} else if (public)
		bad("a public header includes " name)
	else if (part[1] == "examples") {
		split(name, p, "/")
		if (p[1] in knows)
			bad("an example includes " name ", which is internal")
	} else if (split(name, p, "/") > 1 && !may(room, p[1]))
		bad("includes " name ", of a room that " room " does not know")
}
END {
	for (i = 1; i <= room_count; i++)
		if (!faults[rooms[i]])
			print "pass: " rooms[i] ": includes of " seen[rooms[i]] " files"
}' $(find lib include examples -name '*.[ch]' -o -name '*.def' -path 'lib/*' | grep -v -e '^examples/.*guest' -e '^examples/firmware/' | sort)

# A kernel may lean on the definition, never on another instruction set's file.
for isa in sse41 avx2 vnni neon dotprod i8mm mve; do
	set -- $(find lib/tensor -name "*_$isa.c")
	[ $# = 0 ] && continue
	if grep -nE 'ewk_[a-z0-9_]+_(sse41|avx2|vnni|neon|dotprod|i8mm|mve)\(' "$@" | grep -v "_$isa("; then
		echo "FAIL: $isa kernels call another instruction set's"
	else
		echo "pass: $isa kernels call no other's ($# files)"
	fi
done
exit 0
