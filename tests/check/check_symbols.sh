#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libedgewasm authors
#
# check: only ew_* is exported; archive symbols have our prefixes; rooms import no more than they may
#
# Imports that are allowed, by room: memory functions and libm everywhere; the heap in base/alloc.c; the
# auxiliary vector in base/cpu.c; pages and longjmp in wasm/guard.c; files in store/posix*.c; zlib in store/gzip.c.  Firmware objects import
# memory functions, the compiler's own arithmetic helpers (__aeabi_*) and, for guests' float instructions, libm's
# roundings and root; nothing else.
#
# Some linkers leave the __start_ and __stop_ of a section among the dynamic symbols though they are hidden; hidden ones are
# bound to by nobody.

nm=${NM:-nm}
mem='mem(cpy|move|set|cmp|chr)|bcmp|strlen'
libm='(sqrt|floor|ceil|trunc|rint|nearbyint|fabs|copysign|exp|expm1|log|log1p|log2|pow|tanh|sin|cos|ldexp|frexp|round|lround|llround)f?'

say() # WHAT OFFENDERS
{
	if [ -z "$2" ]; then echo "pass: $1"; else
		echo "FAIL: $1:"; echo "$2" | sed 's/^/    /'; fi
}

say "the shared library exports only ew_*" \
	"$(readelf --dyn-syms -W "$BUILD/libedgewasm.so" | awk '$1 ~ /^[0-9]+:$/ && $5 != "LOCAL" && $7 != "UND" && $6 != "HIDDEN" && $8 !~ /^ew_/ { print $8 }')"
say "the archive defines only ew_*, ewi_*, ewk_*" \
	"$($nm -g --defined-only "$BUILD/libedgewasm.a" | awk 'NF == 3 && $3 !~ /^(ew_|ewi_|ewk_)/ { print $3 }')"
say "SONAME" "$(objdump -p "$BUILD/libedgewasm.so" | awk '$1 == "SONAME" { s = $2 } END { if (s != "libedgewasm.so.0") print s }')"
say "no mutable globals" \
	"$(for o in $(find "$BUILD/lib" -name '*.o'); do $nm "$o" | awk -v o="${o#"$BUILD"/}" '
		NF == 3 && $2 ~ /^[dDbBC]$/ && $3 !~ /^\.?(L|__|DW)/ { print o ": " $3 " (" $2 ")" }'; done |
	  sh tests/check/relro.sh)"

# Imports of one room: undefined symbols that no object of the library defines.
imports() # BUILDDIR ROOM
{
	find "$1/lib/$2" -name '*.o' 2>/dev/null | sort | while read -r o; do
		$nm -u "$o" | awk -v o="${o#"$1"/}" '$2 !~ /^(ew_|ewi_|ewk_)/ { print o, $2 }'
	done
}

sanitized=$($nm -u "$BUILD/libedgewasm.so" | grep -c -e __asan_init -e __ubsan_handle)
for room in base wasm tensor event store abi node; do
	[ "$sanitized" != 0 ] && { echo "skip: imports of $room: this is a sanitizer build"; continue; }
	say "imports of $room" "$(imports "$BUILD" $room | awk -v mem="^($mem|$libm|__[a-z]+[sdt][if]2)$" '
		$2 ~ mem || $2 == "_GLOBAL_OFFSET_TABLE_" { next }
		$1 ~ /base\/alloc\.o/ && $2 ~ /^(malloc|calloc|realloc|free)$/ { next }
		$1 ~ /base\/cpu\.o/ && $2 == "getauxval" { next }
		$1 ~ /wasm\/guard\.o/ && $2 ~ /^(_setjmp|longjmp|__longjmp_chk|mmap(64)?|munmap|mprotect|__(start|stop)_ew_guard_sites)$/ { next }
		$1 ~ /store\/(posix[a-z_]*|gzip)\.o/ { next }
		{ print }')"
done

if [ -e "$BUILD/m4/libedgewasm.a" ]; then
	for room in base wasm tensor event store abi node; do
		say "firmware imports of $room" "$(imports "$BUILD/m4" $room |
			awk -v mem="^($mem|__aeabi_[a-z0-9_]+|__[a-z]+[sd][if]2?|(floor|ceil|trunc|rint|sqrt)f?)$" '$2 !~ mem { print }')"
	done
else
	echo "skip: firmware imports: no arm-none-eabi-gcc"
fi
exit 0
