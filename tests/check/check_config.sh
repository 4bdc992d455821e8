#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: a room that is switched off compiles to nothing, and the others still compile

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
flags='-std=gnu11 -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -Iinclude -Ilib'

# Files are compiled side by side: they are some seven hundred.
cat >"$dir/compile" <<'END'
# OUT DEFINES FILE: an object in OUT; what the compiler says of a file that it refuses
o=$1/$(echo "$3" | tr / _).o
$CC $FLAGS $2 -c -o "$o" "$3" 2>"$o.log" || { echo "$3:"; head -n 5 "$o.log"; }
END
jobs=$(nproc 2>/dev/null || echo 2)

compile() # OUT DEFINES FILES...: says what the compiler says
{
	out=$1 defines=$2
	shift 2
	mkdir -p "$out"
	printf '%s\n' "$@" | CC=$CC FLAGS=$flags xargs -n 1 -P "$jobs" sh "$dir/compile" "$out" "$defines"
}

# The room alone off: its files give objects without code, data or symbols.
for room in wasm tensor event store abi node; do
	set -- $(find "lib/$room" -name '*.c' 2>/dev/null)
	[ $# = 0 ] && continue
	upper=$(echo $room | tr a-z A-Z)
	left=$(compile "$dir/no-$room" "-DEW_CONFIG_$upper=0" "$@")
	[ -z "$left" ] && left=$(size -A "$dir/no-$room"/*.o | awk '/ :$/ { file = $1 } /^\.(text|rodata|data|bss)/ && $2 > 0 && !told[file]++ { print file }')
	if [ -z "$left" ]; then echo "pass: EW_CONFIG_$upper=0 leaves nothing of $# files"; else
		echo "FAIL: EW_CONFIG_$upper=0 leaves code or does not compile:$left"; fi
done

# A switch inside a room: the interpreter without vector instructions, their handlers gone.
left=$(compile "$dir/no-simd" -DEW_CONFIG_SIMD=0 lib/wasm/*.c)
[ -z "$left" ] && left=$(size -A "$dir/no-simd/lib_wasm_exec_simd.c.o" | awk '/^\.text/ && $2 > 0 { print "exec_simd.c" }')
if [ -z "$left" ]; then echo "pass: EW_CONFIG_SIMD=0 leaves no vector handler"; else
	echo "FAIL: EW_CONFIG_SIMD=0 leaves code or does not compile:$left"; fi

# The firmwares of the design: the interpreter alone, the kernels alone; base and one room link by themselves.
for room in wasm tensor event store; do
	set -- $(find lib/base "lib/$room" -name '*.c' 2>/dev/null)
	find "lib/$room" -name '*.c' 2>/dev/null | grep -q . || continue
	upper=$(echo $room | tr a-z A-Z)
	others=
	for o in WASM TENSOR EVENT STORE; do [ $o = "$upper" ] || others="$others -DEW_CONFIG_$o=0"; done
	bad=$(compile "$dir/$room" "$others" "$@")
	# Linked whole into a program that calls nothing: an import of another room shows as undefined.
	echo 'int main(void) { return 0; }' >"$dir/main.c"
	[ -z "$bad" ] && { $CC -o "$dir/prog" "$dir/main.c" "$dir/$room"/*.o $SYSLIBS 2>"$dir/log" || bad=$(grep undefined "$dir/log" | head -n 5); }
	if [ -z "$bad" ]; then echo "pass: base and $room link without the other rooms"; else
		echo "FAIL: base and $room without the other rooms: $bad"; fi
done

# What came after WebAssembly 2.0, and stepping, compiled away one by one: refused by name, and the others still taken.
cat >"$dir/later.c" <<'END'
#include <stdio.h>
#include "edgewasm/wasm.h"
static const struct { unsigned size; unsigned char bytes[40]; unsigned flags; } modules[] = {
	{8, {0, 'a', 's', 'm', 1, 0, 0, 0}, EW_MODULE_OBSERVE | EW_MODULE_LISTING},
	{19, {0, 'a', 's', 'm', 1, 0, 0, 0, 6, 9, 1, 0x7f, 0, 0x41, 1, 0x41, 2, 0x6a, 0x0b}, 0},
	{26, {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 0x0b}, 0},
	{14, {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 4, 1, 8, 1, 0}, 0},
	{15, {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 5, 2, 0, 1, 0, 1}, 0},
	{29, {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 0, 0xfd, 0x8d, 2, 0x1a, 0x0b}, 0},
	{13, {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 4, 1}, 0},
	{19, {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 13, 3, 1, 0, 0}, 0},
};
int main(void)
{
	struct ew_alloc alloc = ew_alloc_libc();
	for (unsigned i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		struct ew_module_config config = {.struct_bytes = sizeof(config), .flags = modules[i].flags};
		struct ew_error err = {0};
		struct ew_module *m;
		enum ew_status st = ew_module_load(&m, modules[i].bytes, modules[i].size, &config, &alloc, &err);
		printf("%s;", st == EW_OK ? "ok" : err.text);
		ew_module_free(m);
	}
	return 0;
}
END
i=0
features='TRACE EXTENDED_CONST TAIL_CALL CUSTOM_PAGE_SIZES MULTI_MEMORY RELAXED_SIMD MEMORY64 EXCEPTIONS'
for feature in $features; do
	i=$((i + 1))
	# shellcheck disable=SC2046
	bad=$(compile "$dir/$feature" "-O0 -DEW_CONFIG_TENSOR=0 -DEW_CONFIG_EVENT=0 -DEW_CONFIG_STORE=0 -DEW_CONFIG_$feature=0" \
		"$dir/later.c" $(find lib/base lib/wasm -name '*.c' 2>/dev/null))
	# shellcheck disable=SC2086
	[ -z "$bad" ] && { $CC -o "$dir/prog" "$dir/$feature"/*.o $SYSLIBS 2>"$dir/log" || bad=$(head -n 5 "$dir/log"); }
	[ -z "$bad" ] && { said=$("$dir/prog")
		told=$(echo "$said" | cut -d ';' -f $i)
		others=$(echo "$said" | tr ';' '\n' | grep -c '^ok$')
		case $told in *disabled*) ;; *) bad="told \"$said\"" ;; esac
		[ "$others" = $(($(echo "$features" | wc -w) - 1)) ] || bad="told \"$said\""; }
	if [ -z "$bad" ]; then echo "pass: EW_CONFIG_$feature=0: $told"; else echo "FAIL: EW_CONFIG_$feature=0: $bad"; fi
done
# Rings without compare-and-swap: what is imported is the firmware's critical section, and no atomic function.
for cc in "$CC" ${M0CC:-arm-none-eabi-gcc}; do
	command -v "${cc%% *}" >/dev/null || { echo "skip: EW_CONFIG_CRITICAL for Cortex-M0: no $cc"; continue; }
	case $cc in *arm-none-eabi*) cc="$cc -mcpu=cortex-m0 -mthumb -DEW_CONFIG_POSIX=0 -DEW_CONFIG_LIBC_ALLOC=0" ;; *) cc="$cc -DEW_CONFIG_CRITICAL=1" ;; esac
	echo '#include <string.h>' | $cc -E - >/dev/null 2>&1 || { echo "skip: EW_CONFIG_CRITICAL for Cortex-M0: no C library"; continue; }
	said=
	for f in lib/event/*.c; do
		# shellcheck disable=SC2086
		$cc $flags -c -o "$dir/o.o" "$f" 2>"$dir/log" || { said="$said $f: $(head -n 3 "$dir/log")"; continue; }
		nm -u "$dir/o.o" >>"$dir/imports"
	done
	grep -q ew_critical_enter "$dir/imports" || said="$said nothing calls ew_critical_enter"
	said="$said$(grep -E '__atomic|__sync' "$dir/imports")"
	rm -f "$dir/imports"
	if [ -z "$said" ]; then echo "pass: rings with EW_CONFIG_CRITICAL: ${cc%% *}"; else echo "FAIL: rings with EW_CONFIG_CRITICAL: $said"; fi
done
exit 0
